/** Whose request is this? A checked access token becomes the viewer: the principal it names, with its powers of now. */
import type { Viewer } from '../decision/powers.ts';
import type { ViewerFacts, ViewerQuestion } from '../store/viewer.ts';
import type { TokenIdentity } from './token.ts';

/** The token is good, but it names nobody this gateway knows. */
export class UnknownPrincipalError extends Error {
  constructor() {
    super('The access token names a principal that this gateway does not know: have it imported first.');
  }
}

/** The principal is known, and may not sign in. */
export class DisabledPrincipalError extends Error {
  constructor() {
    super('The principal that the access token names is disabled.');
  }
}

export type ReadViewer = (question: ViewerQuestion) => Promise<ViewerFacts>;

/** @throws UnknownPrincipalError, DisabledPrincipalError */
export async function viewerOf(read: ReadViewer, identity: TokenIdentity): Promise<{ viewer: Viewer; now: Date }> {
  const permissions = identity.appOnly ? identity.appPermissions : [];
  const { now, principal, powers } = await read({
    principalId: identity.objectId,
    applicationPermissions: permissions,
  });
  // A token of an application cannot speak for a person, nor a person's token for an application; none does for a group.
  if (principal === null || (principal.kind === 'USER') === identity.appOnly || principal.kind === 'GROUP') {
    throw new UnknownPrincipalError();
  }
  if (!principal.enabled) throw new DisabledPrincipalError();
  const { id, kind, userType } = principal;
  const proof = {
    multiFactorAt: identity.multiFactorAt,
    authenticationContexts: identity.authenticationContexts,
  };
  const viewer = {
    id,
    kind,
    userType,
    proof,
    expiresAt: identity.expiresAt,
    applicationPermissions: permissions,
    powers,
  };
  return { viewer, now };
}
