/** Who can sign in for development, and what does an access token about them say? */
import type { JWTPayload } from 'jose';

export interface Persona {
  readonly objectId: string;
  /** Short login name, such as `maya`. */
  readonly name: string;
  readonly displayName: string;
  /** One sentence on what this persona is good for, shown on the sign-in page. */
  readonly description: string;
  readonly kind: 'USER' | 'SERVICE_PRINCIPAL';
  /** For service principals. Default none. */
  readonly appPermissions?: readonly string[];
}

/** What was proved at sign-in. */
export interface SignIn {
  /** Seconds since 1970, as in every token. */
  readonly authTime: number;
  readonly multiFactor: boolean;
  /** `c1` … `c99`. */
  readonly authenticationContexts: readonly string[];
}

/** The audience of every access token for this gateway that the development issuer makes. */
export const DEVELOPMENT_AUDIENCE = 'api://portcullis';
/** The one delegated permission there is: to call the gateway as the user. */
export const DEVELOPMENT_SCOPE = 'access_as_user';
export const SINGLE_FACTOR = ['pwd'];
export const MULTI_FACTOR = ['pwd', 'mfa'];

/** The claims of an Entra access token, for users and for apps. */
export function personaClaims(persona: Persona, signIn: SignIn): JWTPayload {
  if (persona.kind === 'SERVICE_PRINCIPAL') {
    return { oid: persona.objectId, idtyp: 'app', roles: [...(persona.appPermissions ?? [])] };
  }
  return {
    oid: persona.objectId,
    scp: DEVELOPMENT_SCOPE,
    amr: signIn.multiFactor ? MULTI_FACTOR : SINGLE_FACTOR,
    auth_time: signIn.authTime,
    acrs: [...signIn.authenticationContexts],
  };
}
