/** What would activating take? The answer that `activate` would give, with every rule, met or not, and who would decide. */
import type { Refusal, RuleVerdict } from '../refusals.ts';
import { type ActivationFacts, activationPeriod, decideActivation } from './activation.ts';
import type { ApprovalStageFacts } from './approval.ts';
import { activationRuleRefusals } from './rules.ts';
import type { Period } from './schedule.ts';

export const ACTIVATION_OUTCOMES = ['GRANTED', 'PENDING_APPROVAL', 'REFUSED'] as const;
export type ActivationOutcome = (typeof ACTIVATION_OUTCOMES)[number];

export interface RuleCheck extends Omit<RuleVerdict, 'given' | 'remedy'> {
  readonly met: boolean;
  /** Null when the rule is met. */
  readonly given: string | null;
  readonly remedy: string | null;
}

export interface ActivationExplanation {
  readonly outcome: ActivationOutcome;
  /** Exactly those of `activate`; empty unless refused. */
  readonly refusals: readonly Refusal[];
  /** Every rule that asks for something; none where the eligible assignment is not one of the caller's. */
  readonly rules: readonly RuleCheck[];
  /** Null when the schedule asked for is none. */
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
  /** Until when it would have to be decided; null when no approval is asked. */
  readonly expiresAt: Date | null;
  /** Empty when no approval is asked. */
  readonly stages: readonly ApprovalStageFacts[];
}

export function explainActivation(f: ActivationFacts): ActivationExplanation {
  const decision = decideActivation(f);
  const outcome = 'refusals' in decision ? 'REFUSED' : 'granted' in decision ? 'GRANTED' : 'PENDING_APPROVAL';
  const wished = f.eligibility && activationPeriod(f.schedule, f.rules, f.eligibility, f.now);
  const period = wished && !('refusals' in wished) ? wished : null;
  const known = f.eligibility !== null && f.scope !== null;
  return {
    outcome,
    refusals: 'refusals' in decision ? decision.refusals : [],
    rules: known ? checks(f, period) : [],
    startsAt: period?.startsAt ?? null,
    endsAt: period?.endsAt ?? null,
    expiresAt: 'pendingApproval' in decision ? decision.expiresAt : null,
    stages: known && f.rules.Approval_EndUser_Assignment.isApprovalRequired ? f.stages : [],
  };
}

/** Whoever gives and proves nothing, and asks for ever, fails every rule that there is: so the rules are found. */
function checks(f: ActivationFacts, period: Period | null): RuleCheck[] {
  const nothing = { justification: null, ticketNumber: null, ticketSystem: null };
  const unproved = { multiFactorAt: null, authenticationContexts: [] };
  const forever = { startsAt: f.now, endsAt: null };
  const { rules, reasons, proof } = f;
  const asked = verdicts(
    activationRuleRefusals(rules, { period: forever, reasons: nothing, proof: unproved, now: f.provedAt }),
  );
  // Without a period there is none to be too long: the schedule has its own refusal.
  const failed = verdicts(
    activationRuleRefusals(rules, { period: period ?? forever, reasons, proof, now: f.provedAt }),
  ).filter(({ rule }) => period !== null || rule !== 'EXPIRATION');
  return asked.map(({ rule, ruleId, allowed }) => {
    const verdict = failed.find((one) => one.rule === rule && one.ruleId === ruleId);
    if (verdict === undefined) return { rule, ruleId, allowed, met: true, given: null, remedy: null };
    return { ...verdict, met: false };
  });
}

const verdicts = (refusals: readonly Refusal[]) => refusals.flatMap(({ failedRules }) => failedRules);
