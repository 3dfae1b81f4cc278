/** How sure of the user does the client want to be? Step-up for the development issuer: what is asked, and what is missing. */
import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';

/** `c1` … `c99`, as Entra names authentication contexts. */
const AUTHENTICATION_CONTEXTS = Array.from({ length: 99 }, (_, index) => `c${index + 1}`);
/** Asked for like a context, this is multi-factor without one. */
const MULTI_FACTOR_VALUE = 'mfa';

export const ACR_VALUES = [...AUTHENTICATION_CONTEXTS, MULTI_FACTOR_VALUE];

/** Those of the asked-for values that are authentication contexts. */
export const contextsIn = (values: readonly string[]) =>
  values.filter((value) => AUTHENTICATION_CONTEXTS.includes(value));

/** A session keeps its contexts in its one `acr`, separated by spaces. */
export const contextsOf = (acr: string | undefined) => contextsIn((acr ?? '').split(' '));

/**
 * oidc-provider's own policy with two changes: nobody is asked to consent to an application on their own machine, and
 * `acr_values` (voluntary in OpenID Connect) is binding, as RFC 9470 wants it for step-up.
 */
export function signInPolicy(): interactionPolicy.DefaultPolicy {
  const { Check, Prompt, base } = interactionPolicy;
  const policy = base();
  const login = policy.get('login');
  login?.checks.remove('essential_acr');
  login?.checks.remove('essential_acrs');
  login?.checks.add(
    new Check(
      'assurance',
      'The sign-in is not strong enough',
      'unmet_authentication_requirements',
      (ctx) => missingAssurance(ctx).length > 0,
      (ctx) => ({ assurance: askedAssurance(ctx) }),
    ),
  );
  policy.remove('consent');
  policy.add(new Prompt({ name: 'consent', requestable: true }));
  return policy;
}

function missingAssurance(ctx: KoaContextWithOIDC): string[] {
  const { session } = ctx.oidc;
  const met = [...contextsOf(session?.acr), ...(session?.amr ?? [])];
  return askedAssurance(ctx).filter((value) => !met.includes(value));
}

/** `acr_values` (which oidc-provider hands over as the `acr` claim), or `acr` and `amr` in the `claims` parameter. */
function askedAssurance({ oidc }: KoaContextWithOIDC): string[] {
  const asked = oidc.claims.id_token ?? {};
  const values = [asked.acr, asked.amr].flatMap((claim) => [claim?.value, ...(claim?.values ?? [])]);
  return ACR_VALUES.filter((value) => values.includes(value));
}
