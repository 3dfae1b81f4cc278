/** Is a token that was checked before taken for good only as long as it would be found good again? */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { KnownTokens } from '../../src/identity/knownTokens.ts';
import { createTokenVerifier } from '../../src/identity/token.ts';
import { AUDIENCE, goodClaims, makeKey, OBJECT_ID, sign, startIssuer } from './testIssuer.ts';

const [key, other] = await Promise.all([makeKey('signing'), makeKey('signing')]);

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-03T09:00:00Z') }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});
const wait = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

const ISSUER = 'https://login.example.com/tenant/v2.0';
const options = { audience: AUDIENCE, objectIdClaim: 'oid' };
const verifierOf = (publicJwk: typeof key.publicJwk) =>
  createTokenVerifier({ ...options, issuer: ISSUER, keys: { keys: [publicJwk] } });
const seconds = () => Math.floor(Date.now() / 1000);

describe('a known token', () => {
  test('is not checked again', async () => {
    const checked = vi.spyOn(crypto.subtle, 'verify');
    const verifier = verifierOf(key.publicJwk);
    const [token, another] = [
      await sign(key, goodClaims(ISSUER)),
      await sign(key, { ...goodClaims(ISSUER), jti: '2' }),
    ];
    const first = await verifier.verify(token);
    expect(await verifier.verify(token)).toEqual(first);
    expect(checked).toHaveBeenCalledTimes(1);
    await verifier.verify(another);
    expect(checked).toHaveBeenCalledTimes(2);
  });

  test('expires all the same', async () => {
    const verifier = verifierOf(key.publicJwk);
    const token = await sign(key, { ...goodClaims(ISSUER), exp: seconds() + 100 });
    await verifier.verify(token);
    wait(159);
    expect(await verifier.verify(token)).toMatchObject({ objectId: OBJECT_ID });
    wait(2);
    await expect(verifier.verify(token)).rejects.toThrow(/^The token expired at /);
  });

  test('is not good before its time when the clock is set back', async () => {
    const verifier = verifierOf(key.publicJwk);
    const token = await sign(key, { ...goodClaims(ISSUER), nbf: seconds() });
    await verifier.verify(token);
    wait(-61);
    await expect(verifier.verify(token)).rejects.toThrow(/^The token is not valid before /);
  });

  test('is refused once another key goes by the name of the one that signed it', async () => {
    await using issuer = await startIssuer(key);
    const verifier = createTokenVerifier({ ...options, issuer: issuer.url });
    const token = await sign(key, goodClaims(issuer.url));
    await verifier.verify(token);
    issuer.keys = [other];
    wait(601);
    await expect(verifier.verify(token)).rejects.toThrow(/^The signature of the token is wrong/);
  });

  test('is known without being kept, and forgotten when there are too many', async () => {
    const known = new KnownTokens<number>(() => Promise.resolve(key.publicKey));
    const now = new Date();
    const keep = (value: number) =>
      known.keep(`token ${value}`, {
        value,
        header: { alg: 'ES256' },
        key: key.publicKey,
        from: now,
        until: new Date(now.getTime() + 1),
      });
    for (let value = 0; value < 10_000; value++) keep(value);
    expect(await known.find('token 0', now)).toBe(0);
    keep(10_000);
    expect(await known.find('token 0', now)).toBeNull();
    expect(await known.find('token 1', now)).toBe(1);
    expect(await known.find('token 10000', now)).toBe(10_000);
  });
});
