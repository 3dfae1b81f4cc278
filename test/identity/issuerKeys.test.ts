/** Are the issuer’s keys followed through rotation, floods and outages? */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { IdentityProviderUnavailable } from '../../src/identity/issuerKeys.ts';
import { createTokenVerifier, UnauthenticatedError } from '../../src/identity/token.ts';
import { AUDIENCE, goodClaims, makeKey, OBJECT_ID, sign, startIssuer } from './testIssuer.ts';

const [first, second] = await Promise.all([makeKey('first', 'RS256'), makeKey('second')]);

// The clock is the only fake: jose dates its cool-downs by it, the network does not.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-03T09:00:00Z') }));
afterEach(() => void vi.useRealTimers());
const wait = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

const verifierFor = (issuer: string) => createTokenVerifier({ issuer, audience: AUDIENCE, objectIdClaim: 'oid' });
const keyFetches = (requests: string[]) => requests.filter((path) => path === '/keys').length;

describe('the keys of the issuer', () => {
  test('are not fetched before the first token, and once for many', async () => {
    await using issuer = await startIssuer(first);
    const verifier = verifierFor(issuer.url);
    const token = await sign(first, goodClaims(issuer.url));
    expect(issuer.requests).toEqual([]);
    await Promise.all(Array.from({ length: 50 }, () => verifier.verify(token)));
    expect(issuer.requests).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  test('are fetched again for a new key after the cool-down, without one false refusal', async () => {
    await using issuer = await startIssuer(first);
    const verifier = verifierFor(issuer.url);
    const claims = goodClaims(issuer.url);
    await verifier.verify(await sign(first, claims));
    issuer.keys = [first, second];
    wait(31);
    const tokens = await Promise.all(
      Array.from({ length: 50 }, (_, index) => sign(index % 2 ? first : second, claims)),
    );
    const identities = await Promise.all(tokens.map((token) => verifier.verify(token)));
    expect(identities.every(({ objectId }) => objectId === OBJECT_ID)).toBe(true);
    expect(keyFetches(issuer.requests)).toBe(2);
  });

  test('are no longer trusted ten minutes after the issuer withdrew them', async () => {
    await using issuer = await startIssuer(first);
    const verifier = verifierFor(issuer.url);
    const token = await sign(first, goodClaims(issuer.url));
    await verifier.verify(token);
    issuer.keys = [second];
    wait(599);
    await expect(verifier.verify(token)).resolves.toMatchObject({ objectId: OBJECT_ID });
    wait(2);
    await expect(verifier.verify(token)).rejects.toThrow(/a key that http.* does not publish: sign in again\.$/);
  });

  test('are asked for at most once per cool-down by a flood of invented key ids', async () => {
    await using issuer = await startIssuer(first);
    const verifier = verifierFor(issuer.url);
    const claims = goodClaims(issuer.url);
    await verifier.verify(await sign(first, claims));
    for (const expected of [1, 2, 3]) {
      const flood = Array.from({ length: 40 }, (_, index) => sign(second, claims, { kid: `${expected}-${index}` }));
      for (const token of await Promise.all(flood)) {
        await expect(verifier.verify(token)).rejects.toBeInstanceOf(UnauthenticatedError);
      }
      expect(keyFetches(issuer.requests)).toBe(expected);
      wait(31);
    }
  });
});

describe('an issuer that cannot be relied on', () => {
  test('is asked again after a rest, and is another answer than a bad token', async () => {
    await using issuer = await startIssuer(first);
    const verifier = verifierFor(issuer.url);
    const token = await sign(first, goodClaims(issuer.url));
    issuer.down = true;
    for (let attempt = 0; attempt < 20; attempt++) {
      await expect(verifier.verify(token)).rejects.toBeInstanceOf(IdentityProviderUnavailable);
    }
    expect(issuer.requests).toHaveLength(1);
    issuer.down = false;
    wait(6);
    await expect(verifier.verify(token)).resolves.toMatchObject({ objectId: OBJECT_ID });
  });

  test('does not stop tokens whose key is known, whatever key ids others invent', async () => {
    await using issuer = await startIssuer(first);
    const verifier = verifierFor(issuer.url);
    const claims = goodClaims(issuer.url);
    const token = await sign(first, claims);
    await verifier.verify(token);
    issuer.down = true;
    wait(31);
    const invented = await sign(second, claims);
    await expect(verifier.verify(invented)).rejects.toBeInstanceOf(IdentityProviderUnavailable);
    await expect(verifier.verify(token)).resolves.toMatchObject({ objectId: OBJECT_ID });
  });

  test('is not there at all', async () => {
    const issuer = await startIssuer(first);
    await issuer[Symbol.asyncDispose]();
    const token = await sign(first, goodClaims(issuer.url));
    await expect(verifierFor(issuer.url).verify(token)).rejects.toThrow(new IdentityProviderUnavailable(null).message);
  });

  test('is not believed when its discovery document speaks for somebody else', async () => {
    await using issuer = await startIssuer(first);
    issuer.claimedIssuer = `${issuer.url}/`;
    const error = await verifierFor(issuer.url)
      .verify(await sign(first, goodClaims(issuer.url)))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(IdentityProviderUnavailable);
    expect(String((error as Error).cause)).toContain(`speaks for "${issuer.url}/", not for ${issuer.url}`);
    expect(keyFetches(issuer.requests)).toBe(0);
  });
});
