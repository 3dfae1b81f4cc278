/** Which policy rules does a request fail? All of them are asked, so that the caller sees everything missing at once. */
import type { Refusal, RuleVerdict, StepUpChallenge } from '../refusals.ts';
import { refusal } from '../refusals.ts';
import { formatDuration } from './duration.ts';
import type { AuthenticationContextRule, EnablementRule, ExpirationRule, RolePolicyRules } from './policy.ts';
import { minutesBetween, type Period, plus } from './schedule.ts';
import type { AssignmentType } from './words.ts';

/** What the caller's access token proves. */
export interface Proof {
  /** When more than one factor was last checked in this session; null: it was not. */
  readonly multiFactorAt: Date | null;
  /** Authentication contexts (`c1` … `c99`) met now. */
  readonly authenticationContexts: readonly string[];
}

export interface Reasons {
  readonly justification: string | null;
  readonly ticketNumber: string | null;
  readonly ticketSystem: string | null;
}

/** Asks for more than one factor, by the name that `amr` has for it. @see https://www.rfc-editor.org/rfc/rfc8176#section-2 */
export const MULTI_FACTOR_ACR = 'mfa';

interface Request {
  readonly period: Period;
  readonly reasons: Reasons;
  readonly proof: Proof;
}

/** Waiting for a decision, or for a later start, does not age a proof: it was shown when the request was made. */
interface ProvedRequest extends Request {
  readonly now: Date;
}

/** The rules for an administrator who makes an assignment of the type. */
export function assignmentRuleRefusals(rules: RolePolicyRules, type: AssignmentType, request: Request): Refusal[] {
  const level = type === 'ELIGIBLE' ? 'Eligibility' : 'Assignment';
  return refusals([
    ...expiration(`Expiration_Admin_${level}`, rules[`Expiration_Admin_${level}`], request.period),
    ...enablement(`Enablement_Admin_${level}`, rules[`Enablement_Admin_${level}`], request),
  ]);
}

/** The rules for a holder who activates. */
export function activationRuleRefusals(rules: RolePolicyRules, request: ProvedRequest): Refusal[] {
  const { multiFactorMaximumAgeMinutes: maximumAge } = rules.Enablement_EndUser_Assignment;
  const proof = maximumAge === null ? request.proof : withoutOldProof(request, maximumAge);
  const failed = [
    ...expiration('Expiration_EndUser_Assignment', rules.Expiration_EndUser_Assignment, request.period),
    ...enablement('Enablement_EndUser_Assignment', rules.Enablement_EndUser_Assignment, { ...request, proof }),
    ...authenticationContext(rules.AuthenticationContext_EndUser_Assignment, request.proof),
  ];
  return refusals(failed, maximumAge);
}

/** A proof that is too old proves nothing. */
function withoutOldProof({ proof, now }: ProvedRequest, maximumAgeMinutes: number): Proof {
  const { multiFactorAt } = proof;
  const tooOld = multiFactorAt !== null && plus(multiFactorAt, maximumAgeMinutes) < now;
  return tooOld ? { ...proof, multiFactorAt: null } : proof;
}

function expiration(ruleId: string, rule: ExpirationRule, { startsAt, endsAt }: Period): RuleVerdict[] {
  if (!rule.isExpirationRequired) return [];
  const longest = formatDuration(rule.maximumMinutes);
  const remedy = `Ask for at most ${longest}.`;
  if (endsAt === null)
    return [{ rule: 'EXPIRATION', ruleId, allowed: `at most ${longest}`, given: 'permanent', remedy }];
  const minutes = minutesBetween(startsAt, endsAt);
  if (minutes <= rule.maximumMinutes) return [];
  return [
    { rule: 'EXPIRATION', ruleId, allowed: `at most ${longest}`, given: formatDuration(Math.ceil(minutes)), remedy },
  ];
}

function enablement(ruleId: string, { enabledRules }: EnablementRule, { reasons, proof }: Request): RuleVerdict[] {
  const failed: RuleVerdict[] = [];
  if (enabledRules.includes('JUSTIFICATION') && blank(reasons.justification)) {
    failed.push({ rule: 'JUSTIFICATION', ruleId, allowed: 'a reason', given: 'none', remedy: 'Give a justification.' });
  }
  if (enabledRules.includes('TICKETING') && (blank(reasons.ticketNumber) || blank(reasons.ticketSystem))) {
    const given = blank(reasons.ticketNumber) ? (blank(reasons.ticketSystem) ? 'none' : 'no number') : 'no system';
    failed.push({
      rule: 'TICKETING',
      ruleId,
      allowed: 'a ticket',
      given,
      remedy: "Give the ticket's number and system.",
    });
  }
  if (enabledRules.includes('MULTI_FACTOR_AUTHENTICATION') && proof.multiFactorAt === null) {
    const remedy = 'Sign in with a second factor and ask again with the new token.';
    failed.push({
      rule: 'MFA',
      ruleId,
      allowed: 'multi-factor authentication',
      given: 'no such proof, or one that is too old',
      remedy,
    });
  }
  return failed;
}

/** Multi-factor authentication and a context exclude each other in a policy, so the context is asked on its own. */
function authenticationContext({ isEnabled, claimValue }: AuthenticationContextRule, proof: Proof): RuleVerdict[] {
  if (!isEnabled || claimValue === null || proof.authenticationContexts.includes(claimValue)) return [];
  return [
    {
      rule: 'AUTHENTICATION_CONTEXT',
      ruleId: 'AuthenticationContext_EndUser_Assignment',
      allowed: claimValue,
      given: proof.authenticationContexts.join(' ') || 'none',
      remedy: `Sign in for the authentication context ${claimValue} and ask again with the new token.`,
    },
  ];
}

/** The context has a code of its own, as in Entra; everything else is one refusal that names every rule. */
function refusals(failed: readonly RuleVerdict[], maximumAgeMinutes: number | null = null): Refusal[] {
  const context = failed.filter((verdict) => verdict.rule === 'AUTHENTICATION_CONTEXT');
  const others = failed.filter((verdict) => verdict.rule !== 'AUTHENTICATION_CONTEXT');
  const found: Refusal[] = [];
  if (others.length) {
    const stepUp = others.some((verdict) => verdict.rule === 'MFA')
      ? challenge(MULTI_FACTOR_ACR, maximumAgeMinutes)
      : null;
    found.push(refusal('POLICY_RULES_FAILED', { failedRules: others, stepUp }));
  }
  for (const verdict of context) {
    found.push(
      refusal('AUTHENTICATION_CONTEXT_REQUIRED', { failedRules: [verdict], stepUp: challenge(verdict.allowed) }),
    );
  }
  return found;
}

/** @see https://learn.microsoft.com/entra/identity-platform/developer-guide-conditional-access-authentication-context */
function challenge(acr: string, maximumAgeMinutes: number | null = null): StepUpChallenge {
  const claims = acr === MULTI_FACTOR_ACR ? null : { access_token: { acrs: { essential: true, value: acr } } };
  const maxAgeSeconds = maximumAgeMinutes === null ? null : maximumAgeMinutes * 60;
  return { acrValues: [acr], maxAgeSeconds, claims: claims && JSON.stringify(claims) };
}

function blank(text: string | null): boolean {
  return text === null || text.trim() === '';
}
