/** A browser by hand: keeps cookies, follows redirects one at a time, sends forms, and stops at the client's own address. */
import { createHash, randomBytes } from 'node:crypto';

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
}

/** Nobody listens there: a redirect to it is the end of a sign-in. */
export const REDIRECT_URI = 'http://127.0.0.1:51234/callback';

export function openBrowser() {
  const jar = new Map<string, { readonly path: string; readonly value: string }>();

  async function visit(url: string, form?: Record<string, string>): Promise<Page> {
    const response = await fetch(url, {
      redirect: 'manual',
      method: form ? 'POST' : 'GET',
      headers: { cookie: cookiesFor(url), accept: 'text/html' },
      ...(form && { body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) keep(line);
    const location = response.headers.get('location');
    if (!location) return { url, status: response.status, headers: response.headers, html: await response.text() };
    const next = new URL(location, url).href;
    return next.startsWith(REDIRECT_URI)
      ? { url: next, status: 303, headers: response.headers, html: '' }
      : visit(next);
  }

  function keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const path = attributes.find((attribute) => attribute.startsWith('path='))?.slice('path='.length) ?? '/';
    const [name = '', value = ''] = pair.split('=');
    if (value) jar.set(name, { path, value });
    else jar.delete(name);
  }

  const cookiesFor = (url: string) =>
    [...jar]
      .filter(([, { path }]) => new URL(url).pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');

  /** Presses the one button of a page that submits itself by script. */
  const submit = ({ url, html }: Page) => {
    const action = /<form method="post" action="([^"]+)"/.exec(html)?.[1] ?? '';
    const fields = [...html.matchAll(/name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]);
    return visit(new URL(action, url).href, Object.fromEntries(fields));
  };

  return { visit, submit };
}

/** RFC 7636. */
export function makePkce() {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}
