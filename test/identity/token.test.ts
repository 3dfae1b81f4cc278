/** Does a token become the right identity, and a wrong one the right sentence? */
import { UnsecuredJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createTokenVerifier, UnauthenticatedError } from '../../src/identity/token.ts';
import { AUDIENCE, goodClaims, makeKey, OBJECT_ID, sign } from './testIssuer.ts';

const ISSUER = 'https://login.example.com/tenant/v2.0';
const NOW = new Date('2026-11-03T09:00:00Z');
const NOW_SECONDS = NOW.getTime() / 1000;
const at = (seconds: number) => new Date((NOW_SECONDS + seconds) * 1000);

const key = await makeKey('signing');
const verifier = createTokenVerifier({
  issuer: ISSUER,
  audience: AUDIENCE,
  objectIdClaim: 'oid',
  keys: { keys: [key.publicJwk] },
  now: () => NOW,
});
const good = goodClaims(ISSUER, NOW.getTime());
const { scp: _scope, ...unscoped } = good;

async function verify(changes: Record<string, unknown>, header: Record<string, unknown> = {}) {
  return verifier.verify(await sign(key, { ...good, ...changes }, header));
}

async function refusal(changes: Record<string, unknown>, header: Record<string, unknown> = {}) {
  const error = await verify(changes, header).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UnauthenticatedError);
  return (error as Error).message;
}

describe('a token of the right issuer', () => {
  test('becomes an identity', async () => {
    expect(await verify({ oid: OBJECT_ID.toUpperCase() })).toEqual({
      objectId: OBJECT_ID,
      appOnly: false,
      appPermissions: [],
      authenticatedAt: null,
      multiFactorAt: null,
      authenticationContexts: [],
      expiresAt: at(3600),
    });
  });

  test('may be one of several audiences', async () => {
    expect(await verify({ aud: ['api://other', AUDIENCE] })).toMatchObject({ objectId: OBJECT_ID });
  });

  test.each([undefined, 'JWT', 'at+jwt', 'application/at+jwt'])('may have the type %s', async (typ) => {
    expect(await verify({}, { typ })).toMatchObject({ objectId: OBJECT_ID });
  });

  test('is read with another object id claim when one is configured', async () => {
    const bySubject = createTokenVerifier({
      issuer: ISSUER,
      audience: AUDIENCE,
      objectIdClaim: 'sub',
      keys: { keys: [key.publicJwk] },
      now: () => NOW,
    });
    const token = await sign(key, { ...good, sub: OBJECT_ID, oid: 'not looked at' });
    expect(await bySubject.verify(token)).toMatchObject({ objectId: OBJECT_ID, appOnly: false });
  });
});

describe('the clocks of issuer and gateway', () => {
  test.each([
    ['exp', -59],
    ['nbf', 59],
    ['iat', 59],
    ['auth_time', 59],
  ])('may differ: %s at %i s is accepted', async (claim, seconds) => {
    expect(await verify({ [claim]: NOW_SECONDS + seconds })).toMatchObject({ objectId: OBJECT_ID });
  });

  test.each([
    ['exp', -61, 'The token expired at 2026-11-03T08:58:59.000Z: refresh it or sign in again.'],
    ['nbf', 61, 'The token is not valid before 2026-11-03T09:01:01.000Z: wait, or check the clocks.'],
    ['iat', 61, 'The token\'s "iat" is in the future (2026-11-03T09:01:01.000Z): check the clocks.'],
    ['auth_time', 61, 'The token\'s "auth_time" is in the future (2026-11-03T09:01:01.000Z): check the clocks.'],
  ])('do not differ by more than a minute: %s at %i s is refused', async (claim, seconds, message) => {
    expect(await refusal({ [claim]: NOW_SECONDS + seconds })).toBe(message);
  });
});

describe('a token is refused', () => {
  const cases: [string, Record<string, unknown>, string, Record<string, unknown>?][] = [
    [
      'of another issuer',
      { iss: 'https://evil.example.com' },
      `The token is from another issuer: get one from ${ISSUER}.`,
    ],
    [
      'of the same issuer with a slash more',
      { iss: `${ISSUER}/` },
      `The token is from another issuer: get one from ${ISSUER}.`,
    ],
    [
      'for another audience',
      { aud: 'api://other' },
      `The token is for another audience: ask the issuer for an access token for ${AUDIENCE}.`,
    ],
    ['without an expiry', { exp: undefined }, 'The token\'s "exp" claim is missing or malformed: get a new token.'],
    ['with an expiry beyond all dates', { exp: 1e300 }, 'The token\'s "exp" claim is malformed: get a new token.'],
    [
      'with an instant of sign-in that is none',
      { auth_time: 'today' },
      'The token\'s "auth_time" claim is malformed: get a new token.',
    ],
    [
      'without an object id',
      { oid: undefined },
      'The token holds no object id: its "oid" claim must be the UUID of the principal.',
    ],
    [
      'with an object id that is no UUID',
      { oid: `${OBJECT_ID}' OR true` },
      'The token holds no object id: its "oid" claim must be the UUID of the principal.',
    ],
    [
      'with several object ids',
      { oid: [OBJECT_ID] },
      'The token holds no object id: its "oid" claim must be the UUID of the principal.',
    ],
    [
      'with a hash that only id tokens have',
      { at_hash: 'x' },
      'The token is not an access token: send the access token, not the id token.',
    ],
    [
      'with a nonce and no type that excuses it',
      { nonce: 'x' },
      'The token is not an access token: send the access token, not the id token.',
      { typ: 'JWT' },
    ],
    [
      'without scope, type or app',
      { scp: undefined },
      'The token is not an access token: send the access token, not the id token.',
      { typ: 'JWT' },
    ],
    [
      'of another type',
      {},
      'The token is of another type than "JWT" and "at+jwt": send an access token.',
      { typ: 'logout+jwt' },
    ],
    [
      'that is bound to a key',
      { cnf: { jkt: 'thumbprint' } },
      'The token is bound to a key ("cnf"): send a plain bearer token.',
    ],
  ];
  test.each(cases)('%s', async (_what, changes, message, header) => {
    expect(await refusal(changes, header)).toBe(message);
  });

  test.each([
    ['nothing', ''],
    ['words', 'let me in'],
    ['three empty parts', '..'],
    ['an encrypted token', 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aXY.Y2lwaGVy.dGFn'],
    ['an unsigned token', new UnsecuredJWT(good).encode()],
  ])('when it is %s', async (_what, token) => {
    await expect(verifier.verify(token)).rejects.toBeInstanceOf(UnauthenticatedError);
  });
});

describe('multi-factor', () => {
  const signedInAt = { auth_time: NOW_SECONDS - 600 };

  test.each([[['pwd', 'mfa']], [['ngcmfa']], ['mfa']])('is proved by %j at the instant of sign-in', async (amr) => {
    expect(await verify({ ...signedInAt, amr })).toMatchObject({ multiFactorAt: at(-600), authenticatedAt: at(-600) });
  });

  test('is dated by the token where the issuer gives no instant of sign-in', async () => {
    expect(await verify({ amr: ['mfa'], iat: NOW_SECONDS - 30 })).toMatchObject({
      multiFactorAt: at(-30),
      authenticatedAt: null,
    });
  });

  test.each([
    [undefined],
    [['pwd']],
    [['pwd', 'otp']],
    [['fido']],
    [['hwk', 'pin']],
    [['MFA']],
    [[{ mfa: true }]],
    [true],
  ])('is not proved by %j', async (amr) => {
    expect(await verify({ ...signedInAt, amr })).toMatchObject({ multiFactorAt: null, authenticatedAt: at(-600) });
  });

  test('comes with the authentication contexts of acrs and acr, each once', async () => {
    expect(await verify({ acrs: ['c1', 'c2', 7], acr: 'c1' })).toMatchObject({ authenticationContexts: ['c1', 'c2'] });
    expect(await verify({ acrs: 'c3' })).toMatchObject({ authenticationContexts: ['c3'] });
  });
});

describe('an app-only token', () => {
  const roles = ['RoleManagement.Read.Directory'];
  const app = { ...unscoped, sub: OBJECT_ID, roles };
  const verifyOnly = async (claims: Record<string, unknown>) => verifier.verify(await sign(key, claims));

  test('is marked by idtyp and brings its permissions', async () => {
    expect(await verify({ idtyp: 'app', roles })).toMatchObject({ appOnly: true, appPermissions: roles });
  });

  test('is recognised without the mark by its subject, when nobody signed in', async () => {
    expect(await verifyOnly(app)).toMatchObject({ appOnly: true, appPermissions: roles });
  });

  test.each([
    ['a scope', { scp: 'all' }],
    ['a scope by its other name', { scope: 'all' }],
    ['a sign-in', { amr: ['pwd'] }],
    ['an instant of sign-in', { auth_time: NOW_SECONDS }],
    ['another subject', { sub: 'pairwise' }],
    ['the mark of a user', { idtyp: 'user' }],
  ])('is not what has %s: its roles give no permissions', async (_what, change) => {
    expect(await verifyOnly({ ...app, ...change })).toMatchObject({ appOnly: false, appPermissions: [] });
  });

  test('is not recognised by its subject where the subject is every token’s object id', async () => {
    const bySubject = createTokenVerifier({
      issuer: ISSUER,
      audience: AUDIENCE,
      objectIdClaim: 'sub',
      keys: { keys: [key.publicJwk] },
      now: () => NOW,
    });
    expect(await bySubject.verify(await sign(key, app))).toMatchObject({ appOnly: false, appPermissions: [] });
  });
});
