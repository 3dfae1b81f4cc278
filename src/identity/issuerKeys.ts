/** Which keys does the issuer sign with? Its discovery document names them; they are kept, renewed and never fetched in a storm. */
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose';

/** After an unknown key id, how long until the keys are asked for again: a flood of invented ids costs one fetch. */
const UNKNOWN_KEY_COOL_DOWN_MS = 30_000;
/** A key the issuer has withdrawn is refused after at most this long. */
const KEYS_MAX_AGE_MS = 10 * 60_000;
/** After a failure, how long until the issuer is asked again: short, because callers see 503 meanwhile. */
const FAILURE_COOL_DOWN_MS = 5_000;
const TIMEOUT_MS = 5_000;

/** The issuer did not give its keys: not the caller's fault, so the answer is 503. The `cause` is for the log. */
export class IdentityProviderUnavailable extends Error {
  constructor(cause: unknown) {
    super('The identity provider does not answer, so no token can be checked: try again shortly.', { cause });
  }
}

/**
 * The keys of an issuer, fetched on first use. One reload is two requests: the discovery document, then the key set it
 * names; so a `jwks_uri` that moves is followed without a restart.
 *
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */
export function issuerKeys(issuer: string, now: () => Date): JWTVerifyGetKey {
  const discovery = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const keys = createRemoteJWKSet(discovery, {
    cooldownDuration: UNKNOWN_KEY_COOL_DOWN_MS,
    cacheMaxAge: KEYS_MAX_AGE_MS,
    timeoutDuration: TIMEOUT_MS,
    [customFetch]: restingAfterFailure(now, (url, options) => fetchKeys(issuer, url, options)),
  });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      throw new IdentityProviderUnavailable(error);
    }
  };
}

const fetchKeys: (issuer: string, ...args: Parameters<FetchImplementation>) => Promise<Response> = async (
  issuer,
  discovery,
  options,
) => {
  const document = (await fetchJson(discovery, options)) as { issuer?: unknown; jwks_uri?: unknown };
  if (document.issuer !== issuer) {
    throw new Error(`${discovery} speaks for ${JSON.stringify(document.issuer)}, not for ${issuer}.`);
  }
  const location = new URL(String(document.jwks_uri));
  if (issuer.startsWith('https:') && location.protocol !== 'https:') {
    throw new Error(`The keys of ${issuer} are not served over https: ${location}.`);
  }
  const keys = await fetchJson(location.href, options);
  createLocalJWKSet(keys as JSONWebKeySet); // Throws here, where a failure is remembered, when it is no key set.
  return Response.json(keys);
};

async function fetchJson(url: string, options: Parameters<FetchImplementation>[1]): Promise<unknown> {
  const response = await fetch(url, options);
  if (!response.ok) throw new Error(`${url} answers ${response.status}.`);
  return response.json();
}

/** jose rests after a success only; while the issuer is down every token would knock again. */
function restingAfterFailure(now: () => Date, load: FetchImplementation): FetchImplementation {
  let failure: { readonly error: unknown; readonly until: number } | null = null;
  return async (url, options) => {
    if (failure && now().getTime() < failure.until) throw failure.error;
    try {
      const response = await load(url, options);
      failure = null;
      return response;
    } catch (error) {
      failure = { error, until: now().getTime() + FAILURE_COOL_DOWN_MS };
      throw error;
    }
  };
}
