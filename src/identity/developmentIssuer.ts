/** Who vouches for people while there is no real issuer? A complete OpenID provider below `/identity`, for development only. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Configuration, errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { type Config, SettingError } from '../config.ts';
import { ACR_VALUES, contextsOf, signInPolicy } from './assurance.ts';
import { DEVELOPMENT_ALGORITHM, DEVELOPMENT_LIFETIME_SECONDS, type DevelopmentKeys } from './developmentKeys.ts';
import { memoryStore } from './developmentStore.ts';
import { DEVELOPMENT_AUDIENCE, DEVELOPMENT_SCOPE, type Persona, personaClaims } from './persona.ts';
import { PAGE_HEADERS, sendPage, signInHandler } from './signIn.ts';
import { renderProblemPage } from './signInPage.ts';

export interface DevelopmentIssuer {
  /** What the tokens carry as `iss`. */
  readonly issuer: string;
  readonly audience: string;
  /** Answers every request whose path is `/identity` or below. */
  handle(req: IncomingMessage, res: ServerResponse): void;
}

export interface DevelopmentIssuerOptions {
  readonly config: Config;
  /** Where browsers reach the gateway, without a trailing slash. */
  readonly publicUrl: string;
  readonly keys: DevelopmentKeys;
  readonly personas: readonly Persona[];
}

/** A public client with PKCE: redirects to the gateway itself and to any port of this machine. */
export const DEVELOPMENT_CLIENT = 'portcullis-development';
const MOUNTED_AT = '/identity';
const SIGN_IN_AT = '/sign-in/';
const DAY_SECONDS = 86_400;
/** In seconds. */
const LIFETIMES = {
  AccessToken: DEVELOPMENT_LIFETIME_SECONDS,
  IdToken: DEVELOPMENT_LIFETIME_SECONDS,
  Interaction: DEVELOPMENT_LIFETIME_SECONDS,
  Session: DAY_SECONDS,
  Grant: 14 * DAY_SECONDS,
  RefreshToken: 14 * DAY_SECONDS,
};
const LOOPBACKS = ['localhost', '127.0.0.1', '[::1]'];

/** @throws SettingError in production mode or beside a configured issuer: anybody may sign in here as anybody */
export function createDevelopmentIssuer(options: DevelopmentIssuerOptions): DevelopmentIssuer {
  const { config, publicUrl, personas } = options;
  if (config.production) {
    throw new SettingError('The development issuer does not exist in production mode: set OIDC_ISSUER.');
  }
  if (config.issuer) {
    throw new SettingError('The development issuer does not exist beside OIDC_ISSUER: unset one of the two.');
  }
  const issuer = `${publicUrl}${MOUNTED_AT}`;
  const users = personas.filter(({ kind }) => kind === 'USER');
  const provider = new Provider(issuer, configuration(options, issuer, users));
  // Behind a proxy that ends TLS, the scheme and host of links come from the X-Forwarded headers.
  provider.proxy = publicUrl.startsWith('https:');
  provider.Client.prototype.redirectUriAllowed = (uri) => isRedirectAllowed(uri, publicUrl);
  provider.on('server_error', (_ctx, error) => console.error(error));
  const answer = provider.callback();
  const signIn = signInHandler(provider, users);
  return {
    issuer,
    audience: DEVELOPMENT_AUDIENCE,
    handle(req, res) {
      const rest = (req.url ?? '').slice(MOUNTED_AT.length) || '/';
      if (rest.startsWith(SIGN_IN_AT)) {
        signIn(req, res).catch((error) => fail(res, error));
        return;
      }
      // oidc-provider builds its links from the difference between the two.
      Object.assign(req, { url: rest, originalUrl: `${new URL(issuer).pathname}${rest}` });
      answer(req, res);
    },
  };
}

function configuration(
  { config, publicUrl, keys }: DevelopmentIssuerOptions,
  issuer: string,
  users: readonly Persona[],
): Configuration {
  const origins = [new URL(publicUrl).origin, ...config.allowedOrigins];
  const user = (objectId: string | undefined) => users.find((candidate) => candidate.objectId === objectId);
  return {
    adapter: memoryStore(),
    jwks: { keys: [keys.privateKey] },
    clients: [client(publicUrl)],
    clientDefaults: { id_token_signed_response_alg: DEVELOPMENT_ALGORITHM },
    responseTypes: ['code'],
    clientAuthMethods: ['none'],
    scopes: ['openid', 'offline_access'],
    acrValues: ACR_VALUES,
    clientBasedCORS: (_ctx, origin) => origins.includes(origin),
    cookies: {
      // Sessions live as long as this process; so does the key that signs their cookies.
      keys: [randomBytes(32).toString('base64url')],
      names: { session: 'portcullis.session', interaction: 'portcullis.signIn', resume: 'portcullis.resume' },
    },
    interactions: {
      policy: signInPolicy(),
      url: (_ctx, interaction) => `${new URL(issuer).pathname}${SIGN_IN_AT}${interaction.uid}`,
    },
    findAccount: (_ctx, sub) => {
      const found = user(sub);
      return found && { accountId: sub, claims: () => ({ sub, name: found.displayName }) };
    },
    loadExistingGrant: grantEverything,
    // Every client is given one, whether or not it says `offline_access`, which OpenID Connect ties to a consent page.
    issueRefreshToken: () => true,
    expiresWithSession: () => false,
    rotateRefreshToken: true,
    extraTokenClaims: (ctx, token) => {
      const persona = token.kind === 'AccessToken' ? user(token.accountId) : undefined;
      return persona && personaClaims(persona, signInOf(ctx));
    },
    // The scope is in `scp`, as Entra writes it; with both, two truths.
    formats: { customizers: { jwt: (_ctx, _token, parts) => void delete parts.payload.scope } },
    features: features(),
    ttl: LIFETIMES,
    renderError: (ctx, out) => {
      ctx.set(PAGE_HEADERS);
      ctx.body = renderProblemPage('Sign-in failed', out.error_description ?? out.error);
    },
  };
}

function client(publicUrl: string): NonNullable<Configuration['clients']>[number] {
  return {
    client_id: DEVELOPMENT_CLIENT,
    client_name: 'Portcullis (development)',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: [`${publicUrl}/`],
  };
}

/** What a public client with PKCE needs, and nothing beside it. One audience, whether or not the client names it. */
function features(): Configuration['features'] {
  return {
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    userinfo: { enabled: false },
    claimsParameter: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => DEVELOPMENT_AUDIENCE,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => {
        if (resource !== DEVELOPMENT_AUDIENCE) throw new errors.InvalidTarget();
        return {
          audience: DEVELOPMENT_AUDIENCE,
          scope: DEVELOPMENT_SCOPE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: DEVELOPMENT_LIFETIME_SECONDS,
          jwt: { sign: { alg: DEVELOPMENT_ALGORITHM } },
        };
      },
    },
  };
}

/** Consent without a question: whoever signed in grants the client all there is. */
async function grantEverything({ oidc }: KoaContextWithOIDC) {
  const grant = new oidc.provider.Grant({
    clientId: oidc.client?.clientId,
    accountId: oidc.session?.accountId,
  });
  grant.addOIDCScope('openid offline_access');
  grant.addResourceScope(DEVELOPMENT_AUDIENCE, DEVELOPMENT_SCOPE);
  await grant.save();
  return grant;
}

/** The sign-in behind the code or refresh token that is being exchanged. */
function signInOf({ oidc }: KoaContextWithOIDC) {
  const source = oidc.entities.AuthorizationCode ?? oidc.entities.RefreshToken;
  if (!source?.authTime) throw new Error('An access token is made from a code or a refresh token only.');
  return {
    authTime: source.authTime,
    multiFactor: source.amr?.includes('mfa') ?? false,
    authenticationContexts: contextsOf(source.acr),
  };
}

/** Any path of the gateway, and any port of this machine (RFC 8252, section 7.3). */
function isRedirectAllowed(uri: string, publicUrl: string): boolean {
  if (!URL.canParse(uri)) return false;
  const { origin, protocol, hostname, hash } = new URL(uri);
  if (hash) return false;
  return origin === new URL(publicUrl).origin || (protocol === 'http:' && LOOPBACKS.includes(hostname));
}

function fail(res: ServerResponse, error: unknown): void {
  console.error(error);
  if (res.headersSent) res.destroy();
  else sendPage(res, 500, renderProblemPage('Sign-in failed', 'The gateway made a mistake; its log says which.'));
}
