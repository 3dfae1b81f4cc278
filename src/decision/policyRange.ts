/** Which values may the rules of a policy take? Every bad one is named, all at once. @see https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-change-default-settings */
import { type PolicyRuleName, type Refusal, refusal } from '../refusals.ts';
import { formatDuration } from './duration.ts';
import {
  type ActivationExpirationRule,
  type ApprovalRule,
  type AuthenticationContextRule,
  type ExpirationRule,
  type NotificationRule,
  type RolePolicyRules,
  RULE_IDS,
  type RuleId,
} from './policy.ts';
import type { PrincipalKind, Provider } from './words.ts';

const HOUR = 60;
const DAY = 24 * HOUR;

/** What the portal offers for eligible and active assignments, in days. */
const EXPIRE_AFTER_DAYS = [15, 30, 90, 180, 365];
const ACTIVATION_SHORTEST = 5;
const ACTIVATION_LONGEST = DAY;
const PROOF_LONGEST = DAY;
const TIMEOUT_SHORTEST = 5;
const TIMEOUT_LONGEST = 30 * DAY;
const STAGES_MAXIMUM = 3;
/** Further recipients would be left out silently. */
const RECIPIENTS_MAXIMUM = 1000;
const ADDRESS = /^[^\s@;,<>]{1,64}@[^\s@;,<>.]+(\.[^\s@;,<>.]+)+$/;
const ADDRESS_LONGEST = 254;

export interface RangeFacts {
  readonly provider: Provider;
  /** The rules that are set anew, complete. */
  readonly rules: Partial<RolePolicyRules>;
  /** What every named approver is; those that do not exist, or are hidden from the viewer, are left out. */
  readonly approvers: ReadonlyMap<string, PrincipalKind>;
}

/** Names a field of a rule, and what would be allowed there. */
type Bad = (field: readonly string[], allowed: string, given: string) => Refusal;

export function rangeRefusals({ provider, rules, approvers }: RangeFacts): Refusal[] {
  return RULE_IDS.flatMap((id) => {
    const bad: Bad = (field, allowed, given) => invalid(nameOf(id), id, field, allowed, given);
    switch (id) {
      case 'Expiration_Admin_Eligibility':
      case 'Expiration_Admin_Assignment':
        return rules[id] ? expirationRefusals(rules[id], bad) : [];
      case 'Expiration_EndUser_Assignment':
        return rules[id] ? activationRefusals(rules[id], bad) : [];
      case 'Enablement_EndUser_Assignment':
        return rules[id] ? proofRefusals(rules[id].multiFactorMaximumAgeMinutes, bad) : [];
      case 'Approval_EndUser_Assignment':
        return rules[id] ? approvalRefusals(rules[id], { provider, approvers }, bad) : [];
      case 'AuthenticationContext_EndUser_Assignment':
        return rules[id] ? contextRefusals(rules[id], bad) : [];
      case 'Enablement_Admin_Eligibility':
      case 'Enablement_Admin_Assignment':
        return [];
      default:
        return rules[id] ? recipientRefusals(rules[id], bad) : [];
    }
  });
}

/** Multi-factor authentication and an authentication context exclude each other. */
export function proofConflict(rules: Partial<RolePolicyRules>): Refusal[] {
  const asksForFactors = rules.Enablement_EndUser_Assignment?.enabledRules.includes('MULTI_FACTOR_AUTHENTICATION');
  if (!asksForFactors || !rules.AuthenticationContext_EndUser_Assignment?.isEnabled) return [];
  const id = 'AuthenticationContext_EndUser_Assignment';
  const allowed = 'either an authentication context or MULTI_FACTOR_AUTHENTICATION in Enablement_EndUser_Assignment';
  return [invalid(nameOf(id), id, ['isEnabled'], allowed, 'both')];
}

function invalid(rule: PolicyRuleName, id: RuleId, field: readonly string[], allowed: string, given: string): Refusal {
  return refusal('INVALID_POLICY', {
    field: ['rules', id, ...field],
    hint: `${[id, ...field].join('.')} takes ${allowed}, not ${given}.`,
    failedRules: [{ rule, ruleId: id, allowed, given, remedy: `Give ${allowed}.` }],
  });
}

function nameOf(id: RuleId): PolicyRuleName {
  if (id.startsWith('Expiration')) return 'EXPIRATION';
  if (id.startsWith('Notification')) return 'NOTIFICATION';
  if (id.startsWith('AuthenticationContext')) return 'AUTHENTICATION_CONTEXT';
  return id.startsWith('Approval') ? 'APPROVAL' : 'MFA';
}

function expirationRefusals({ maximumMinutes }: ExpirationRule, bad: Bad): Refusal[] {
  if (EXPIRE_AFTER_DAYS.some((days) => days * DAY === maximumMinutes)) return [];
  const allowed = EXPIRE_AFTER_DAYS.map((days) => `P${days}D`).join(', ');
  return [bad(['maximumDuration'], `one of ${allowed}`, formatDuration(maximumMinutes))];
}

function activationRefusals({ maximumMinutes, minimumMinutes }: ActivationExpirationRule, bad: Bad): Refusal[] {
  return [
    ...within([ACTIVATION_SHORTEST, ACTIVATION_LONGEST], maximumMinutes, ['maximumDuration'], bad),
    ...within([0, Math.min(maximumMinutes, ACTIVATION_LONGEST)], minimumMinutes, ['minimumDuration'], bad),
  ];
}

function proofRefusals(maximumAge: number | null, bad: Bad): Refusal[] {
  return maximumAge === null ? [] : within([1, PROOF_LONGEST], maximumAge, ['multiFactorMaximumAge'], bad);
}

function within([least, most]: readonly [number, number], minutes: number, field: string[], bad: Bad): Refusal[] {
  if (minutes >= least && minutes <= most) return [];
  return [bad(field, `${formatDuration(least)} to ${formatDuration(most)}`, formatDuration(minutes))];
}

function contextRefusals({ isEnabled, claimValue }: AuthenticationContextRule, bad: Bad): Refusal[] {
  if (claimValue === null ? !isEnabled : /^c[1-9]\d?$/.test(claimValue)) return [];
  return [bad(['claimValue'], 'c1 to c99', claimValue ?? 'none')];
}

function recipientRefusals({ notificationRecipients: given }: NotificationRule, bad: Bad): Refusal[] {
  const field = 'notificationRecipients';
  if (given.length > RECIPIENTS_MAXIMUM) {
    return [bad([field], `at most ${RECIPIENTS_MAXIMUM} addresses`, `${given.length}`)];
  }
  return given.flatMap((address, index) =>
    ADDRESS.test(address) && address.length <= ADDRESS_LONGEST
      ? []
      : [bad([field, `${index}`], 'a mail address', JSON.stringify(address.slice(0, ADDRESS_LONGEST)))],
  );
}

type ApproverFacts = Pick<RangeFacts, 'provider' | 'approvers'>;

function approvalRefusals(rule: ApprovalRule, facts: ApproverFacts, bad: Bad): Refusal[] {
  const { stages, timeoutMinutes } = rule;
  const timeout = within([TIMEOUT_SHORTEST, TIMEOUT_LONGEST], timeoutMinutes, ['timeout'], bad);
  if (stages.length === 0 || stages.length > STAGES_MAXIMUM) {
    return [...timeout, bad(['stages'], `1 to ${STAGES_MAXIMUM} stages`, `${stages.length}`)];
  }
  return [...timeout, ...stages.flatMap((_, index) => stageRefusals(rule, index, facts, bad))];
}

function stageRefusals(rule: ApprovalRule, index: number, { provider, approvers: known }: ApproverFacts, bad: Bad) {
  const { approvers, quorum, escalation } = rule.stages[index] as ApprovalRule['stages'][number];
  const at = (...field: string[]) => ['stages', `${index}`, ...field];
  const found: Refusal[] = [];
  const unknown = (ids: readonly string[], ...field: string[]) => {
    for (const [place, id] of ids.entries()) {
      const kind = known.get(id);
      if (kind === 'USER' || kind === 'GROUP') continue;
      found.push(bad(at(...field, `${place}`), 'a user or a group', kind ?? 'nobody that you may see'));
    }
  };
  unknown(approvers, 'approvers');
  const needed = rule.isApprovalRequired || rule.isApprovalRequiredForExtension;
  // An Entra role that names nobody is left to its active Privileged Role and Global Administrators.
  if (needed && approvers.length === 0 && provider !== 'ENTRA_ROLE') {
    found.push(bad(at('approvers'), 'at least one approver', 'none'));
  }
  // Who is in a group, and who is an administrator, changes; only named users can be counted now.
  const countable = approvers.length > 0 && approvers.every((id) => known.get(id) === 'USER');
  const most = countable ? new Set(approvers).size : Number.POSITIVE_INFINITY;
  if (quorum < 1 || quorum > most) {
    found.push(bad(at('quorum'), countable ? `1 to ${most}, the number of approvers` : 'at least 1', `${quorum}`));
  }
  if (escalation !== null) {
    unknown(escalation.approvers, 'escalation', 'approvers');
    if (escalation.approvers.length === 0) {
      found.push(bad(at('escalation', 'approvers'), 'at least one backup approver', 'none'));
    }
    found.push(...within([1, rule.timeoutMinutes - 1], escalation.afterMinutes, at('escalation', 'after'), bad));
  }
  return found;
}
