/** How does a file come whole over a network that breaks? From the byte on that is missing, as long as it is the same file. */
import { connectionError, PortcullisError } from './error.ts';
import type { Connection, Result } from './http.ts';
import { pause, retryAfter } from './pause.ts';

export interface DownloadOptions {
  /** Aborted, the download fails with the signal's reason. */
  readonly signal?: AbortSignal;
  /** The first byte that is wanted: as many as one has already. Default 0. */
  readonly from?: number;
  /** Attempts in a row that bring no byte, after which it fails with the last error. Default 10. */
  readonly retries?: number;
  /** The first pause is a random part of this; each further one of twice as much, up to 10 seconds. Default 250. */
  readonly firstPauseMilliseconds?: number;
}

const LONGEST_PAUSE = 10_000;
/** Another attempt may succeed. */
const PASSING_STATUS = [408, 429, 500, 502, 503, 504];

interface Place {
  at: number;
  /** Of the file that was begun. */
  etag: string | null;
  /** Whether it can be had from any byte on. */
  isResumable: boolean;
}

export async function* download(
  connection: Connection,
  path: string,
  { signal, from = 0, retries = 10, firstPauseMilliseconds = 250 }: DownloadOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const address = addressOf(connection, path);
  const place: Place = { at: from, etag: null, isResumable: true };
  for (let failures = 0; ; ) {
    let wait = 0;
    try {
      const response = await request(connection, address, place, signal);
      const size = sizeOf(response, place);
      if (size === null && !response.ok) {
        wait = retryAfter(response) ?? 0;
        throw await problemOf(response);
      }
      if (response.ok) {
        for await (const bytes of bytesOf(response)) {
          place.at += bytes.length;
          failures = 0;
          yield bytes;
        }
      }
      if (size === null || place.at >= size) return;
      throw connectionError('CONNECTION_FAILED', `The file ends at byte ${place.at} of ${size}.`);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!isPassing(error) || !place.isResumable || ++failures > retries) throw error;
    }
    const own = Math.random() * Math.min(LONGEST_PAUSE, firstPauseMilliseconds * 2 ** (failures - 1));
    await pause(Math.max(wait, own), signal);
    signal?.throwIfAborted();
  }
}

/** Nobody else is shown the token. */
function addressOf({ url }: Connection, path: string): URL {
  const gateway = new URL(url);
  const address = new URL(path, gateway);
  if (address.origin !== gateway.origin) throw new TypeError(`${address.origin} is not ${gateway.origin}.`);
  return address;
}

async function request(
  { token, fetch }: Connection,
  address: URL,
  { at, etag }: Place,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const headers: Record<string, string> = { authorization: `Bearer ${await token()}` };
  if (at > 0) headers.range = `bytes=${at}-`;
  if (at > 0 && etag !== null) headers['if-range'] = etag;
  try {
    return await fetch(address, { headers, signal: signal ?? null });
  } catch (cause) {
    throw connectionError('CONNECTION_FAILED', `The gateway at ${address.origin} cannot be reached.`, { cause });
  }
}

/** Bytes of the whole file; null when the answer does not say. @throws PortcullisError when it is another file, or another part of it */
function sizeOf(response: Response, place: Place): number | null {
  const { status, headers } = response;
  const [, first, size] = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  // One has all of it already.
  if (status === 416 && Number(size) === place.at) return place.at;
  if (!response.ok) return null;
  if (place.at > 0 && (status !== 206 || Number(first) !== place.at)) {
    place.isResumable = false;
    throw connectionError('BAD_RESPONSE', 'The file is another one by now, or cannot be had in parts.', { status });
  }
  place.etag = headers.get('etag');
  place.isResumable = headers.get('accept-ranges') === 'bytes';
  const length = headers.get('content-length');
  return size !== undefined ? Number(size) : length === null ? null : Number(length);
}

async function problemOf(response: Response): Promise<PortcullisError> {
  const { status } = response;
  try {
    const { errors = [] } = (await response.json()) as Result;
    if (errors.length > 0) return new PortcullisError(errors, status);
  } catch {
    // What stands before a gateway answers in its own way.
  }
  return connectionError('BAD_RESPONSE', `The gateway gave no file (status ${status}).`, { status });
}

/** Safari iterates over no stream. */
async function* bytesOf({ body }: Response): AsyncGenerator<Uint8Array, void, void> {
  const reader = body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw connectionError('CONNECTION_FAILED', 'The connection to the gateway was lost.', { cause });
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof PortcullisError)) return false;
  return error.code === 'CONNECTION_FAILED' || PASSING_STATUS.includes(error.status ?? 0);
}
