/** How long does a client wait before it asks again? */

/** Ends early when the signal is aborted, which is for the caller to notice. */
export function pause(milliseconds: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(go, milliseconds);
    function go() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', go);
      resolve();
    }
    signal?.addEventListener('abort', go);
    if (signal?.aborted) go();
  });
}

/** In milliseconds; null where the answer does not say in seconds. @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after */
export function retryAfter({ headers }: Response): number | null {
  const seconds = headers.get('retry-after');
  return seconds !== null && /^\d{1,9}$/.test(seconds) ? Number(seconds) * 1000 : null;
}
