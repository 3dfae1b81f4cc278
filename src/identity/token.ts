/** Whom does this bearer token speak for? A signed access token becomes a TokenIdentity, or one sentence on what is wrong. */
import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTHeaderParameters,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { processNow } from '../clock.ts';
import { issuerKeys } from './issuerKeys.ts';
import { type Known, KnownTokens } from './knownTokens.ts';

/** What the issuer vouches for. Which principal that is, and whether it is enabled, the database says. */
export interface TokenIdentity {
  /** UUID in lower case. */
  readonly objectId: string;
  /** A service principal acting as itself, with no user behind it. */
  readonly appOnly: boolean;
  /** The `roles` of an app-only token; empty for users, whose powers are their assignments. */
  readonly appPermissions: readonly string[];
  /** When the user last signed in (`auth_time`); null when the issuer does not say. */
  readonly authenticatedAt: Date | null;
  /** When several factors were last proved; null when they were not. */
  readonly multiFactorAt: Date | null;
  /** The authentication contexts met, such as `c1`: `acrs` and `acr` together. */
  readonly authenticationContexts: readonly string[];
  readonly expiresAt: Date;
}

/** The caller is not known: 401. The message is one sentence for the caller: what is wrong and what to do. */
export class UnauthenticatedError extends Error {}

export interface TokenVerifierOptions {
  /** Exactly as in the tokens' `iss` and in the issuer's discovery document. */
  readonly issuer: string;
  readonly audience: string;
  /** The claim that holds the principal's object id: `oid` at Entra. */
  readonly objectIdClaim: string;
  /** Keys already at hand, as the development issuer's are. Default: those the issuer publishes. */
  readonly keys?: JSONWebKeySet;
  /** Default: the clock of the process. */
  readonly now?: () => Date;
}

export interface TokenVerifier {
  /**
   * @throws UnauthenticatedError when the token is not to be trusted
   * @throws IdentityProviderUnavailable when the issuer does not give its keys
   */
  verify(token: string): Promise<TokenIdentity>;
}

type Expected = Pick<TokenVerifierOptions, 'issuer' | 'audience'>;

/**
 * Fixed, so that neither `none` nor an HMAC keyed with a public key is ever tried.
 *
 * @see RFC 8725 (JSON Web Token Best Current Practices), section 3.1
 */
const ALGORITHMS = ['RS256', 'ES256'];
/** How far the clocks of issuer and gateway may be apart. */
const CLOCK_TOLERANCE_SECONDS = 60;
/** RFC 9068, section 4, and what issuers wrote before it. */
const ACCESS_TOKEN_TYPES: readonly unknown[] = [undefined, 'jwt', 'at+jwt', 'application/at+jwt'];
/** Claims that OpenID Connect Core (3.1.3.6, 3.3.2.11) gives to id tokens only. */
const ID_TOKEN_CLAIMS = ['at_hash', 'c_hash', 's_hash'];
/**
 * Values of `amr` that say by themselves that several factors were proved: `mfa` of RFC 8176, which Entra adds to every
 * multi-factor sign-in, and Entra's `ngcmfa`, a fresh proof. Single methods (`otp`, `hwk`, `fido`, …) do not count:
 * RFC 8176 lists them as one factor each, and two names of one factor would pass for two.
 */
const MULTI_FACTOR_METHODS = ['mfa', 'ngcmfa'];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { issuer, audience, objectIdClaim, now = processNow } = options;
  const keys = options.keys ? createLocalJWKSet(options.keys) : issuerKeys(issuer, now);
  const known = new KnownTokens<TokenIdentity>(keys);
  return {
    async verify(token) {
      const instant = now();
      const seen = await known.find(token, instant);
      if (seen !== null) return seen;
      const { claims, header, key } = await verifySignature(token, keys, { issuer, audience, currentDate: instant });
      const appOnly = isAppOnly(claims, objectIdClaim);
      refuseOtherTokens(claims, (header as JWTHeaderParameters).typ?.toLowerCase(), appOnly);
      refuseFuture(claims, instant);
      const identity = identityOf(claims, objectIdOf(claims, objectIdClaim), appOnly);
      known.keep(token, { value: identity, header, key, from: instant, until: endOf(identity) });
      return identity;
    },
  };
}

/** From here on the whole check is made, and says in its own words that the token has expired. */
const endOf = ({ expiresAt }: TokenIdentity) => new Date(expiresAt.getTime() + CLOCK_TOLERANCE_SECONDS * 1000);

/** Signature, `iss`, `aud`, `exp` and `nbf`. Key material in the header (`jwk`, `jku`, `x5c`, `x5u`) is never looked at. */
async function verifySignature(
  token: string,
  keys: JWTVerifyGetKey,
  expected: Expected & { readonly currentDate: Date },
): Promise<{ claims: JWTPayload } & Pick<Known<unknown>, 'header' | 'key'>> {
  try {
    const { payload, protectedHeader, key } = await jwtVerify(token, keys, {
      ...expected,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['exp'],
    });
    return { claims: payload, header: protectedHeader, key };
  } catch (error) {
    if (error instanceof errors.JOSEError) throw new UnauthenticatedError(sentenceFor(error, expected));
    throw error;
  }
}

function sentenceFor(error: errors.JOSEError, expected: Expected): string {
  if (error instanceof errors.JWTExpired) {
    return `The token expired at ${instantOf(error.payload.exp)?.toISOString()}: refresh it or sign in again.`;
  }
  if (error instanceof errors.JWTClaimValidationFailed) return claimSentence(error, expected);
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return `The token is not signed with ${ALGORITHMS.join(' or ')}: send an access token of ${expected.issuer}.`;
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return `The token is signed with a key that ${expected.issuer} does not publish: sign in again.`;
  }
  if (error instanceof errors.JWKSMultipleMatchingKeys) {
    return 'The token does not name the key it is signed with ("kid"): send one that does.';
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return 'The signature of the token is wrong: send it exactly as the issuer gave it, or sign in again.';
  }
  return 'The token is not a signed JSON Web Token: send the access token exactly as the issuer gave it.';
}

function claimSentence(error: errors.JWTClaimValidationFailed, { issuer, audience }: Expected): string {
  switch (error.claim) {
    case 'iss':
      return `The token is from another issuer: get one from ${issuer}.`;
    case 'aud':
      return `The token is for another audience: ask the issuer for an access token for ${audience}.`;
    case 'nbf':
      return `The token is not valid before ${instantOf(error.payload.nbf)?.toISOString() ?? 'the instant in "nbf"'}: wait, or check the clocks.`;
    default:
      return `The token's "${error.claim}" claim is missing or malformed: get a new token.`;
  }
}

/**
 * Entra marks app-only tokens with the optional claim `idtyp`. Without it, only an app's own token has a subject equal
 * to its object id (a user's is pairwise) and neither delegated scopes nor a sign-in; where the object id *is* the
 * subject that says nothing, and the safe answer is a user, who gets no app permissions.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
function isAppOnly(claims: JWTPayload, objectIdClaim: string): boolean {
  if (claims.idtyp !== undefined) return claims.idtyp === 'app';
  if (objectIdClaim === 'sub' || claims.sub !== claims[objectIdClaim]) return false;
  return [claims.scp, claims.scope, claims.amr, claims.auth_time].every((claim) => claim === undefined);
}

/**
 * The audience alone does not tell an id token from an access token where client and API share an id, so an access
 * token must show itself: by its type, by a delegated scope, or by being an app's own. A token bound to a key (`cnf`:
 * DPoP, mutual TLS) is no bearer token, and possession of the key is not checked here.
 */
function refuseOtherTokens(claims: JWTPayload, type: unknown, appOnly: boolean): void {
  if (!ACCESS_TOKEN_TYPES.includes(type)) {
    throw new UnauthenticatedError('The token is of another type than "JWT" and "at+jwt": send an access token.');
  }
  const typed = type !== undefined && type !== 'jwt';
  const scoped = claims.scp !== undefined || claims.scope !== undefined;
  const idToken = ID_TOKEN_CLAIMS.some((claim) => claim in claims) || (!typed && 'nonce' in claims);
  if (idToken || !(typed || scoped || appOnly)) {
    throw new UnauthenticatedError('The token is not an access token: send the access token, not the id token.');
  }
  if (claims.cnf !== undefined) {
    throw new UnauthenticatedError('The token is bound to a key ("cnf"): send a plain bearer token.');
  }
}

/** An instant from the future would make a proof of sign-in look fresh for longer than it is. */
function refuseFuture(claims: JWTPayload, now: Date): void {
  const latest = now.getTime() + CLOCK_TOLERANCE_SECONDS * 1000;
  for (const name of ['iat', 'auth_time']) {
    if (claims[name] === undefined) continue;
    const instant = instantOf(claims[name]);
    if (!instant) throw new UnauthenticatedError(`The token's "${name}" claim is malformed: get a new token.`);
    if (instant.getTime() > latest) {
      throw new UnauthenticatedError(
        `The token's "${name}" is in the future (${instant.toISOString()}): check the clocks.`,
      );
    }
  }
}

function objectIdOf(claims: JWTPayload, name: string): string {
  const value = claims[name];
  if (typeof value !== 'string' || !UUID.test(value)) {
    throw new UnauthenticatedError(
      `The token holds no object id: its "${name}" claim must be the UUID of the principal.`,
    );
  }
  return value.toLowerCase();
}

/**
 * Where `auth_time` is missing, `iat` stands for the instant of the proof. That flatters a refreshed token, so ask the
 * issuer to include `auth_time` (at Entra an optional claim) where policies limit the age of a proof.
 */
function identityOf(claims: JWTPayload, objectId: string, appOnly: boolean): TokenIdentity {
  const expiresAt = instantOf(claims.exp);
  if (!expiresAt) throw new UnauthenticatedError('The token\'s "exp" claim is malformed: get a new token.');
  const authenticatedAt = instantOf(claims.auth_time);
  const multiFactor = strings(claims.amr).some((method) => MULTI_FACTOR_METHODS.includes(method));
  return {
    objectId,
    appOnly,
    appPermissions: appOnly ? strings(claims.roles) : [],
    authenticatedAt,
    multiFactorAt: multiFactor ? (authenticatedAt ?? instantOf(claims.iat)) : null,
    authenticationContexts: [...new Set([...strings(claims.acrs), ...strings(claims.acr)])],
    expiresAt,
  };
}

/** A NumericDate (RFC 7519, section 2); null when it is none. */
function instantOf(seconds: unknown): Date | null {
  if (typeof seconds !== 'number') return null;
  const instant = new Date(seconds * 1000);
  return Number.isNaN(instant.getTime()) ? null : instant;
}

/** Issuers write one value as a string and several as an array. */
function strings(claim: unknown): string[] {
  const values = Array.isArray(claim) ? claim : [claim];
  return values.filter((value) => typeof value === 'string');
}
