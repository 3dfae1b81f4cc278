/** Does a person get a token the gateway believes? The whole way over HTTP, as a browser and a client would go it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { readConfig, SettingError } from '../../src/config.ts';
import { createDevelopmentIssuer, DEVELOPMENT_CLIENT } from '../../src/identity/developmentIssuer.ts';
import { loadDevelopmentKeys, signDevelopmentToken } from '../../src/identity/developmentKeys.ts';
import type { Persona } from '../../src/identity/persona.ts';
import { createTokenVerifier } from '../../src/identity/token.ts';
import { makePkce, openBrowser, REDIRECT_URI } from './browser.ts';
import { serve } from './testIssuer.ts';

const maya: Persona = {
  objectId: '11111111-1111-4111-8111-111111111111',
  name: 'maya',
  displayName: 'Maya <Okafor> & "friends"',
  description: 'May become User Administrator.',
  kind: 'USER',
};
const tom: Persona = {
  ...maya,
  objectId: '22222222-2222-4222-8222-222222222222',
  name: 'tom',
  displayName: 'Tom Berg',
};
const robot: Persona = {
  objectId: '33333333-3333-4333-8333-333333333333',
  name: 'robot',
  displayName: 'Nightly robot',
  description: 'Reads.',
  kind: 'SERVICE_PRINCIPAL',
  appPermissions: ['RoleManagement.Read.Directory'],
};
const personas = [maya, tom, robot];

const folder = await mkdtemp(path.join(tmpdir(), 'portcullis-issuer-'));
afterAll(() => rm(folder, { recursive: true }));
const keys = await loadDevelopmentKeys(folder);

async function startGateway() {
  let handle: ReturnType<typeof createDevelopmentIssuer>['handle'] = () => undefined;
  const server = await serve((req, res) => handle(req, res));
  const config = readConfig({ PUBLIC_URL: server.url, ALLOWED_ORIGINS: 'https://console.example.com' });
  const issuer = createDevelopmentIssuer({ config, publicUrl: server.url, keys, personas });
  handle = issuer.handle;
  return Object.assign(server, {
    issuer,
    verifier: createTokenVerifier({ issuer: issuer.issuer, audience: issuer.audience, objectIdClaim: 'oid' }),
  });
}

type Gateway = Awaited<ReturnType<typeof startGateway>>;

/** A client that asks for a sign-in; `extra` are parameters of its authorization request. */
function startSignIn(gateway: Gateway, browser: ReturnType<typeof openBrowser>, extra: Record<string, string> = {}) {
  const pkce = makePkce();
  const query = new URLSearchParams({
    client_id: DEVELOPMENT_CLIENT,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: 'openid offline_access access_as_user',
    state: 'kept',
    code_challenge: pkce.challenge,
    code_challenge_method: 'S256',
    ...extra,
  });
  const page = browser.visit(`${gateway.issuer.issuer}/auth?${query}`);
  return { pkce, page };
}

async function token(gateway: Gateway, body: Record<string, string>, headers: Record<string, string> = {}) {
  const response = await fetch(`${gateway.issuer.issuer}/token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams({ client_id: DEVELOPMENT_CLIENT, ...body }),
  });
  return { response, body: (await response.json()) as Record<string, string> };
}

const codeIn = (url: string) => new URL(url).searchParams.get('code') ?? '';

function redeem(gateway: Gateway, url: string, verifier: string) {
  return token(gateway, {
    grant_type: 'authorization_code',
    code: codeIn(url),
    redirect_uri: REDIRECT_URI,
    code_verifier: verifier,
  });
}

/** From the client's question to its tokens. */
async function signIn(
  gateway: Gateway,
  browser: ReturnType<typeof openBrowser>,
  answer: Record<string, string> | null,
  extra: Record<string, string> = {},
) {
  const { pkce, page } = startSignIn(gateway, browser, extra);
  const asked = await page;
  const done = answer ? await browser.visit(asked.url, answer) : asked;
  const { response, body } = await redeem(gateway, done.url, pkce.verifier);
  expect(response.status, JSON.stringify(body)).toBe(200);
  return { asked, accessToken: body.access_token ?? '', refreshToken: body.refresh_token ?? '' };
}

describe('signing in', () => {
  test('shows the people, escaped, on a page that needs nothing from elsewhere', async () => {
    await using gateway = await startGateway();
    const page = await startSignIn(gateway, openBrowser()).page;
    expect(page.status).toBe(200);
    expect(page.html).toContain('Maya &#60;Okafor&#62; &#38; &#34;friends&#34;');
    expect(page.html).toContain('aria-label="Sign in with MFA as Tom Berg"');
    expect(page.html).not.toContain(robot.displayName);
    expect(page.html).not.toMatch(/https?:|<script|src=/);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('gives a token that the gateway believes', async () => {
    await using gateway = await startGateway();
    const { accessToken } = await signIn(gateway, openBrowser(), { signIn: 'maya' });
    expect(await gateway.verifier.verify(accessToken)).toMatchObject({
      objectId: maya.objectId,
      appOnly: false,
      multiFactorAt: null,
      authenticatedAt: expect.any(Date),
      authenticationContexts: [],
    });
    const { iat = 0, exp = 0 } = decodeJwt(accessToken);
    expect(exp - iat).toBe(3600);
  });

  test('with MFA proves several factors', async () => {
    await using gateway = await startGateway();
    const { accessToken } = await signIn(gateway, openBrowser(), { signInWithMfa: 'maya' });
    expect(decodeJwt(accessToken)).toMatchObject({ amr: ['pwd', 'mfa'], acrs: [] });
    const identity = await gateway.verifier.verify(accessToken);
    expect(identity.multiFactorAt).toEqual(identity.authenticatedAt);
  });

  test('is not asked twice in one browser, and a client may ask for consent', async () => {
    await using gateway = await startGateway();
    const browser = openBrowser();
    await signIn(gateway, browser, { signIn: 'maya' });
    const { accessToken } = await signIn(gateway, browser, null, { prompt: 'consent' });
    expect(decodeJwt(accessToken)).toMatchObject({ oid: maya.objectId, amr: ['pwd'] });
  });

  test('as somebody else replaces the session', async () => {
    await using gateway = await startGateway();
    const browser = openBrowser();
    await signIn(gateway, browser, { signIn: 'maya' });
    const { pkce, page } = startSignIn(gateway, browser, { prompt: 'login' });
    const switching = await browser.visit((await page).url, { signIn: 'tom' });
    const done = await browser.submit(switching);
    const { body } = await redeem(gateway, done.url, pkce.verifier);
    expect(decodeJwt(body.access_token ?? '')).toMatchObject({ oid: tom.objectId });
  });

  test.each([
    ['somebody who does not exist', { signIn: 'mallory' }],
    ['a service principal', { signIn: 'robot' }],
    ['nobody', {}],
    ['more than a form holds', { signIn: 'm'.repeat(10_000) }],
  ])('as %s is asked again', async (_who, answer) => {
    await using gateway = await startGateway();
    const browser = openBrowser();
    const page = await browser.visit((await startSignIn(gateway, browser).page).url, answer);
    expect(page.status).toBe(400);
    expect(page.html).toContain('<p role="alert">Nobody of that name can sign in here: choose one of the list.</p>');
  });

  test('in a browser that did not start it is over', async () => {
    await using gateway = await startGateway();
    const { url } = await startSignIn(gateway, openBrowser()).page;
    const page = await openBrowser().visit(url, { signIn: 'maya' });
    expect(page.status).toBe(400);
    expect(page.html).toContain('This sign-in is over');
  });
});

describe('a client', () => {
  test('with the wrong PKCE verifier gets nothing', async () => {
    await using gateway = await startGateway();
    const browser = openBrowser();
    const done = await browser.visit((await startSignIn(gateway, browser).page).url, { signIn: 'maya' });
    const { response, body } = await redeem(gateway, done.url, makePkce().verifier);
    expect(response.status).toBe(400);
    expect(body).toMatchObject({ error: 'invalid_grant' });
  });

  test('without PKCE is sent back with an error', async () => {
    await using gateway = await startGateway();
    const { url } = await startSignIn(gateway, openBrowser(), { code_challenge: '', code_challenge_method: '' }).page;
    expect(new URL(url).searchParams.get('error')).toBe('invalid_request');
  });

  test.each(['https://evil.example.com/', 'javascript:alert(1)', 'http://127.0.0.1.evil.example.com/'])(
    'is not redirected to %s',
    async (uri) => {
      await using gateway = await startGateway();
      const page = await startSignIn(gateway, openBrowser(), { redirect_uri: uri }).page;
      expect(page.status).toBe(400);
      expect(page.html).toContain('Sign-in failed');
    },
  );

  test('cannot ask for a token for another audience', async () => {
    await using gateway = await startGateway();
    const { url } = await startSignIn(gateway, openBrowser(), { resource: 'api://other' }).page;
    expect(new URL(url).searchParams.get('error')).toBe('invalid_target');
  });

  test('refreshes with a token that changes each time and dies when it is used twice', async () => {
    await using gateway = await startGateway();
    const first = await signIn(gateway, openBrowser(), { signInWithMfa: 'maya' }, { acr_values: 'c1' });
    const refresh = (refreshToken: string) =>
      token(gateway, { grant_type: 'refresh_token', refresh_token: refreshToken });
    const { body } = await refresh(first.refreshToken);
    const { auth_time, acrs, amr, oid } = decodeJwt(first.accessToken);
    expect(decodeJwt(body.access_token ?? '')).toMatchObject({ auth_time, acrs, amr, oid });
    await gateway.verifier.verify(body.access_token ?? '');
    expect(body.refresh_token).not.toBe(first.refreshToken);
    expect((await refresh(first.refreshToken)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await refresh(body.refresh_token ?? '')).body).toMatchObject({ error: 'invalid_grant' });
  });

  test('in a page of the gateway or an allowed origin may call the token endpoint, others may not', async () => {
    await using gateway = await startGateway();
    const call = async (origin: string) => {
      const { response } = await token(gateway, { grant_type: 'refresh_token', refresh_token: 'x' }, { origin });
      return response.headers.get('access-control-allow-origin');
    };
    expect(await call(gateway.url)).toBe(gateway.url);
    expect(await call('https://console.example.com')).toBe('https://console.example.com');
    expect(await call('https://evil.example.com')).toBe(null);
  });
});

describe('step-up', () => {
  const claims = JSON.stringify({ id_token: { amr: { essential: true, values: ['mfa'] } } });
  test.each([
    ['acr_values=c1', { acr_values: 'c1' }, ['c1']],
    ['two contexts', { acr_values: 'c1 c99 unknown' }, ['c1', 'c99']],
    ['acr_values=mfa', { acr_values: 'mfa' }, []],
    ['the claims parameter', { claims }, []],
  ])('by %s asks again and gives several factors and the contexts', async (_how, extra, contexts) => {
    await using gateway = await startGateway();
    const browser = openBrowser();
    await signIn(gateway, browser, { signIn: 'maya' });
    const { asked, accessToken } = await signIn(gateway, browser, { signInWithMfa: 'maya' }, extra);
    expect(asked.html).toContain('Confirm it is you');
    expect(asked.html).not.toContain('name="signIn"');
    const identity = await gateway.verifier.verify(accessToken);
    expect(identity).toMatchObject({ objectId: maya.objectId, authenticationContexts: contexts });
    expect(identity.multiFactorAt).toBeInstanceOf(Date);
  });

  test('by max_age asks again once the sign-in is older, and dates the proof anew', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    await using gateway = await startGateway();
    const browser = openBrowser();
    await signIn(gateway, browser, { signInWithMfa: 'maya' });
    vi.setSystemTime(Date.now() + 50_000);
    const early = await signIn(gateway, browser, null, { max_age: '60' });
    const before = await gateway.verifier.verify(early.accessToken);
    vi.setSystemTime(Date.now() + 50_000);
    const late = await signIn(gateway, browser, { signInWithMfa: 'maya' }, { max_age: '60' });
    expect(late.asked.html).toContain('Confirm it is you');
    const after = await gateway.verifier.verify(late.accessToken);
    expect((after.multiFactorAt?.getTime() ?? 0) - (before.multiFactorAt?.getTime() ?? 0)).toBe(100_000);
  });

  test('offers the person of the session only', async () => {
    await using gateway = await startGateway();
    const browser = openBrowser();
    await signIn(gateway, browser, { signIn: 'tom' });
    const page = await startSignIn(gateway, browser, { acr_values: 'c1' }).page;
    expect(page.html).toContain(tom.displayName);
    expect(page.html).not.toContain('value="maya"');
  });

  test('is not passed with a password', async () => {
    await using gateway = await startGateway();
    const browser = openBrowser();
    const page = await startSignIn(gateway, browser, { acr_values: 'c1' }).page;
    const again = await browser.visit(page.url, { signIn: 'maya' });
    expect(again.status).toBe(400);
    expect(again.html).toContain('sign in with MFA');
  });

  test('is not asked for twice, and its proof stays in the session', async () => {
    await using gateway = await startGateway();
    const browser = openBrowser();
    await signIn(gateway, browser, { signInWithMfa: 'maya' }, { acr_values: 'c1' });
    const { accessToken } = await signIn(gateway, browser, null, { acr_values: 'c1' });
    expect(decodeJwt(accessToken)).toMatchObject({ acrs: ['c1'], amr: ['pwd', 'mfa'] });
  });
});

describe('the command line', () => {
  test('makes the same token as the sign-in page', async () => {
    await using gateway = await startGateway();
    const { accessToken } = await signIn(gateway, openBrowser(), { signInWithMfa: 'maya' }, { acr_values: 'c1' });
    const signed = await signDevelopmentToken(keys, {
      issuer: gateway.issuer.issuer,
      persona: maya,
      multiFactor: true,
      authenticationContexts: ['c1'],
    });
    const { client_id: _client, ...issued } = decodeJwt(accessToken);
    expect(Object.keys(decodeJwt(signed)).sort()).toEqual(Object.keys(issued).sort());
    expect(decodeProtectedHeader(signed)).toEqual(decodeProtectedHeader(accessToken));
    expect(await gateway.verifier.verify(signed)).toMatchObject({
      objectId: maya.objectId,
      authenticationContexts: ['c1'],
    });
  });

  test('makes app-only tokens for service principals', async () => {
    await using gateway = await startGateway();
    const signed = await signDevelopmentToken(keys, { issuer: gateway.issuer.issuer, persona: robot });
    expect(await gateway.verifier.verify(signed)).toMatchObject({
      objectId: robot.objectId,
      appOnly: true,
      appPermissions: robot.appPermissions,
      multiFactorAt: null,
    });
  });

  test('makes tokens that are believed without asking the issuer for its keys', async () => {
    const issuer = 'http://localhost:4000/identity';
    const now = new Date('2026-11-03T09:00:00Z');
    const signed = await signDevelopmentToken(keys, { issuer, persona: maya, lifetimeSeconds: 60, now });
    const verifier = createTokenVerifier({
      issuer,
      audience: 'api://portcullis',
      objectIdClaim: 'oid',
      keys: keys.publicKeys,
      now: () => now,
    });
    expect(await verifier.verify(signed)).toMatchObject({
      multiFactorAt: null,
      expiresAt: new Date('2026-11-03T09:01:00Z'),
    });
  });
});

test.each([
  ['in production mode', { NODE_ENV: 'production', OIDC_ISSUER: 'https://a.example', OIDC_AUDIENCE: 'api://a' }],
  ['beside a configured issuer', { OIDC_ISSUER: 'https://a.example', OIDC_AUDIENCE: 'api://a' }],
])('%s the development issuer refuses to exist', (_when, env) => {
  const config = readConfig(env);
  expect(() => createDevelopmentIssuer({ config, publicUrl: 'http://localhost:4000', keys, personas })).toThrow(
    SettingError,
  );
});
