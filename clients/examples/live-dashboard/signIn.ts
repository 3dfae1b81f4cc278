/** How does a page get access tokens? OpenID Connect: an authorization code with PKCE, and afterwards a refresh token. */

export interface Issuer {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
}

/** What the issuer answers. @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1 */
interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  /** In seconds. */
  readonly expires_in: number;
}

const VERIFIER = 'verifier';
const STATE = 'state';
const REFRESH_TOKEN = 'refresh token';
/** Of a token's life: then another one is asked for. */
const USABLE_SHARE = 0.75;
/** Neither the query nor the fragment: the same at the departure and at the return. */
const here = () => location.origin + location.pathname;

/** Leaves the page, which comes back with a code. */
export async function signIn(to: Issuer): Promise<void> {
  const [verifier, state] = [random(), random()];
  sessionStorage.setItem(VERIFIER, verifier);
  sessionStorage.setItem(STATE, state);
  const challenge = base64url(
    new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))),
  );
  const { authorization_endpoint } = await endpoints(to);
  const query = new URLSearchParams({
    ...{
      client_id: to.clientId,
      redirect_uri: here(),
      response_type: 'code',
      scope: to.scope,
      state,
    },
    ...{ code_challenge: challenge, code_challenge_method: 'S256' },
  });
  location.assign(`${authorization_endpoint}?${query}`);
}

/** @returns what gives an access token whenever it is asked, or null when somebody has to sign in first */
export async function signedIn(to: Issuer, onSignedOut: () => void): Promise<(() => Promise<string>) | null> {
  const first = await firstTokens(to);
  if (first === null) return null;
  let usable = keep(first);
  return async () => {
    if (performance.now() < usable.until) return usable.token;
    const tokens = await refresh(to);
    if (tokens === null) onSignedOut();
    else usable = keep(tokens);
    return usable.token;
  };
}

/** With the code that the page came back with, or with what an earlier visit of this tab has left. */
async function firstTokens(to: Issuer): Promise<Tokens | null> {
  const query = new URLSearchParams(location.search);
  const code = query.get('code');
  const [verifier, state] = [VERIFIER, STATE].map((name) => sessionStorage.getItem(name));
  if (code === null) return refresh(to);
  history.replaceState(null, '', here());
  if (!verifier || query.get('state') !== state) return null;
  sessionStorage.removeItem(VERIFIER);
  return exchange(to, { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: here() });
}

async function refresh(to: Issuer): Promise<Tokens | null> {
  const token = sessionStorage.getItem(REFRESH_TOKEN);
  return token === null ? null : exchange(to, { grant_type: 'refresh_token', refresh_token: token });
}

function keep({ access_token, refresh_token, expires_in }: Tokens): { readonly token: string; readonly until: number } {
  if (refresh_token) sessionStorage.setItem(REFRESH_TOKEN, refresh_token);
  return { token: access_token, until: performance.now() + expires_in * 1000 * USABLE_SHARE };
}

/** @returns null when the issuer refuses @throws when it cannot be reached */
async function exchange(to: Issuer, form: Record<string, string>): Promise<Tokens | null> {
  const { token_endpoint } = await endpoints(to);
  const body = new URLSearchParams({ client_id: to.clientId, ...form });
  const response = await fetch(token_endpoint, { method: 'POST', body });
  return response.ok ? ((await response.json()) as Tokens) : null;
}

async function endpoints({ issuer }: Issuer) {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`);
  return (await response.json()) as { readonly authorization_endpoint: string; readonly token_endpoint: string };
}

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
