/** Does any forged or garbled token get through, call out, or learn something? */
import fc from 'fast-check';
import { base64url, exportJWK, exportSPKI, SignJWT, UnsecuredJWT } from 'jose';
import { expect, test } from 'vitest';
import { createTokenVerifier, UnauthenticatedError } from '../../src/identity/token.ts';
import { AUDIENCE, goodClaims, makeKey, type SigningKey, sign, startIssuer } from './testIssuer.ts';

const rsa = await makeKey('rsa', 'RS256');
const ec = await makeKey('ec', 'ES256');
const foreign = await makeKey('ec', 'ES256');

/** An issuer with an RSA and an EC key, a verifier that has used it once, and a second server that counts its callers. */
async function underAttack() {
  const stack = new AsyncDisposableStack();
  const issuer = stack.use(await startIssuer(rsa, ec));
  const trap = stack.use(await startIssuer(foreign));
  const verifier = createTokenVerifier({ issuer: issuer.url, audience: AUDIENCE, objectIdClaim: 'oid' });
  const claims = goodClaims(issuer.url);
  await verifier.verify(await sign(rsa, claims));
  await verifier.verify(await sign(ec, claims));
  return { issuer, trap, verifier, claims, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

type Attack = Awaited<ReturnType<typeof underAttack>>;

const hmac = (claims: Attack['claims'], secret: Uint8Array, alg = 'HS256') =>
  new SignJWT(claims).setProtectedHeader({ alg, kid: 'rsa', typ: 'at+jwt' }).sign(secret);

const withHeader = async (claims: Attack['claims'], header: Record<string, unknown>, key: SigningKey = foreign) =>
  sign(key, claims, header);

const part = (value: unknown) => base64url.encode(JSON.stringify(value));

const forgeries: [string, (attack: Attack) => Promise<string>][] = [
  ['alg none', async ({ claims }) => new UnsecuredJWT(claims).encode()],
  ['alg none in capitals with a signature', async ({ claims }) => `${part({ alg: 'NONE' })}.${part(claims)}.c2ln`],
  [
    'HS256 with the RSA public key in PEM',
    async ({ claims }) => hmac(claims, new TextEncoder().encode(await exportSPKI(rsa.publicKey))),
  ],
  [
    'HS256 with the RSA modulus',
    async ({ claims }) => hmac(claims, base64url.decode((await exportJWK(rsa.publicKey)).n ?? '')),
  ],
  ['a key id the issuer does not have', async ({ claims }) => withHeader(claims, { kid: 'unknown' })],
  ['no key id', async ({ claims }) => withHeader(claims, { kid: undefined })],
  ['the key id of the issuer on a foreign signature', async ({ claims }) => withHeader(claims, {})],
  ['a key id that is a path', async ({ claims }) => withHeader(claims, { kid: '../../dev/null' })],
  ['its own key in the header', async ({ claims }) => withHeader(claims, { jwk: foreign.publicJwk })],
  [
    'its own key behind jku',
    async ({ claims, trap }) => withHeader(claims, { kid: 'evil', jku: `${trap.url}/keys`, x5u: `${trap.url}/keys` }),
  ],
  [
    'an unknown critical header',
    async ({ claims }) => `${part({ alg: 'ES256', kid: 'ec', crit: ['x'], x: 1 })}.${part(claims)}.c2ln`,
  ],
  [
    'a payload that was changed',
    async ({ claims }) => {
      const [header, , signature] = (await sign(ec, claims)).split('.');
      return `${header}.${part({ ...claims, oid: '00000000-0000-0000-0000-000000000001' })}.${signature}`;
    },
  ],
  ['a signature that was cut off', async ({ claims }) => (await sign(ec, claims)).replace(/[^.]*$/, '')],
  ['the algorithm of the other key', async ({ claims }) => withHeader(claims, { kid: 'rsa' })],
];

test.each(forgeries)('a token with %s is refused and nobody else is called', async (_what, forge) => {
  await using attack = await underAttack();
  const before = attack.issuer.requests.length;
  await expect(attack.verifier.verify(await forge(attack))).rejects.toBeInstanceOf(UnauthenticatedError);
  expect(attack.trap.requests).toEqual([]);
  expect(attack.issuer.requests).toHaveLength(before);
});

test('whatever text is sent, the answer is a sentence without internals', async () => {
  await using attack = await underAttack();
  const segment = fc.oneof(
    fc.string(),
    fc.json().map(base64url.encode),
    fc.constant(part({ alg: 'ES256', kid: 'ec' })),
  );
  const texts = fc.oneof(
    fc.string(),
    fc.array(segment, { minLength: 2, maxLength: 5 }).map((parts) => parts.join('.')),
  );
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const error = await attack.verifier.verify(text).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UnauthenticatedError);
      expect((error as Error).message).toMatch(/^The (token|signature) [^\n]*\.$/);
      expect((error as Error).message).not.toMatch(/jose|node_modules|\.ts\b|ERR_/i);
    }),
    { numRuns: 500 },
  );
});
