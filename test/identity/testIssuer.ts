/** A real OpenID issuer on loopback, whose keys and answers a test decides. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

export const AUDIENCE = 'api://portcullis-test';
export const OBJECT_ID = '3f2b0c1e-8a4d-4c55-9d1e-6b7a8c9d0e1f';

export interface SigningKey {
  readonly alg: 'RS256' | 'ES256';
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly publicJwk: JWK;
}

export async function makeKey(kid: string, alg: SigningKey['alg'] = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, publicKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** A server on a free port of this machine, closed with `await using`. */
export async function serve(handle: (req: IncomingMessage, res: ServerResponse) => void) {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export async function startIssuer(...keys: SigningKey[]) {
  const issuer = {
    url: '',
    /** What the key set holds now: rotation is an assignment. */
    keys,
    /** What the discovery document says its issuer is; null for the truth. */
    claimedIssuer: null as string | null,
    /** Answers 503 to everything. */
    down: false,
    /** Paths asked for so far. */
    requests: [] as string[],
  };
  const answers = (): Record<string, unknown> => ({
    '/.well-known/openid-configuration': {
      issuer: issuer.claimedIssuer ?? issuer.url,
      jwks_uri: `${issuer.url}/keys`,
    },
    '/keys': { keys: issuer.keys.map(({ publicJwk }) => publicJwk) },
  });
  const server = await serve((req, res) => {
    issuer.requests.push(req.url ?? '');
    const answer = answers()[req.url ?? ''];
    res.writeHead(issuer.down ? 503 : answer ? 200 : 404, { 'content-type': 'application/json' });
    res.end(JSON.stringify(answer));
  });
  issuer.url = server.url;
  return Object.assign(issuer, { [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() });
}

/** Claims of a user's access token that nothing is wrong with. */
export function goodClaims(issuer: string, now = Date.now()): JWTPayload {
  const seconds = Math.floor(now / 1000);
  return { iss: issuer, aud: AUDIENCE, oid: OBJECT_ID, sub: 'pairwise', scp: 'all', iat: seconds, exp: seconds + 3600 };
}

export function sign(key: SigningKey, claims: JWTPayload, header: Record<string, unknown> = {}): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
    .sign(key.privateKey);
}
