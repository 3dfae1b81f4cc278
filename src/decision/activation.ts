/** May this holder turn an eligible assignment into an active one, now, for this long? */
import { type Refused, refuse } from '../refusals.ts';
import type { ApprovalStageFacts } from './approval.ts';
import { type Access, overlap, type RoleFacts, type ScopeFacts, scopeRefusal } from './assignment.ts';
import type { RolePolicyRules } from './policy.ts';
import { activationRuleRefusals, type Proof, type Reasons } from './rules.ts';
import {
  covers,
  decidePeriod,
  MINIMUM_MINUTES,
  minutesBetween,
  type Period,
  plus,
  type ScheduleInput,
} from './schedule.ts';

export interface Eligibility extends Period {
  readonly id: string;
  readonly role: RoleFacts;
  /** The ABAC condition that the activation carries on. */
  readonly condition: string | null;
  /** Scope and everything above it; the activation's scope must lie in or below. */
  readonly scopeId: string;
}

export interface ActivationFacts {
  readonly now: Date;
  /** Whoever activates. */
  readonly viewerId: string;
  /** Null: absent, ended, or not the viewer's own, directly or as an active member of the group that holds it. */
  readonly eligibility: Eligibility | null;
  /** Null: absent, or hidden from the viewer. */
  readonly scope: ScopeFacts | null;
  readonly schedule: ScheduleInput;
  readonly reasons: Reasons;
  readonly proof: Proof;
  /** When the proof was shown: now, or when the request was made that is decided now. */
  readonly provedAt: Date;
  /** Periods in which the viewer already holds the role actively at the scope. */
  readonly held: readonly Period[];
  readonly pending: boolean;
  readonly rules: RolePolicyRules;
  /** Who could decide, stage by stage, the viewer never among them. */
  readonly stages: readonly ApprovalStageFacts[];
}

/** The access that is made, and the eligible assignment it rests on. */
export interface Activation extends Access {
  readonly eligibilityId: string;
  readonly condition: string | null;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

export type ActivationDecision =
  | { readonly granted: Activation }
  | { readonly pendingApproval: Activation; readonly expiresAt: Date; readonly stages: readonly ApprovalStageFacts[] };

/** Checks run in order of precedence; the first that fails is the answer, but for policy rules, which are named together. */
export function decideActivation(f: ActivationFacts): ActivationDecision | Refused {
  if (f.eligibility === null) return refuse('NOT_ELIGIBLE', { field: ['eligibility'] });
  if (f.scope === null) return refuse('SCOPE_NOT_FOUND', { field: ['scope'] });
  if (!f.scope.ancestorIds.includes(f.eligibility.scopeId)) {
    return refuse('SCOPE_NOT_ALLOWED', {
      field: ['scope'],
      hint: "Give the eligible assignment's scope or one below it.",
    });
  }
  const misplaced = scopeRefusal(f.eligibility.role, f.scope);
  if (misplaced) return { refusals: [misplaced] };
  if (f.scope.locked) return refuse('RESOURCE_LOCKED', { field: ['scope'] });
  const period = activationPeriod(f.schedule, f.rules, f.eligibility, f.now);
  if ('refusals' in period) return period;
  if (!covers(f.eligibility, period.startsAt)) return refuse('NOT_ELIGIBLE', { field: ['eligibility'] });
  if (minutesBetween(period.startsAt, period.endsAt) < MINIMUM_MINUTES) {
    return refuse('DURATION_TOO_SHORT', { field: ['eligibility'], hint: 'The eligible assignment is about to end.' });
  }
  if (f.held.some((held) => overlap(held, period))) return refuse('ALREADY_ACTIVE');
  if (f.pending) return refuse('REQUEST_PENDING');
  if (f.eligibility.endsAt !== null && period.endsAt > f.eligibility.endsAt) {
    const hint = `The eligible assignment ends at ${f.eligibility.endsAt.toISOString()}.`;
    return refuse('INVALID_SCHEDULE', { field: [f.schedule.endsAt ? 'endsAt' : 'duration'], hint });
  }
  const failed = activationRuleRefusals(f.rules, { period, reasons: f.reasons, proof: f.proof, now: f.provedAt });
  if (failed.length) return { refusals: failed };
  const approval = f.rules.Approval_EndUser_Assignment;
  const undecidable = f.stages.length === 0 || f.stages.some(({ approvers, quorum }) => approvers.length < quorum);
  if (approval.isApprovalRequired && undecidable) return refuse('NO_APPROVER');
  // From here on the request is admissible.
  const activation = activationOf(f.viewerId, f.eligibility, f.scope, period);
  if (!approval.isApprovalRequired) return { granted: activation };
  return { pendingApproval: activation, expiresAt: plus(f.now, approval.timeoutMinutes), stages: f.stages };
}

export function activationOf(
  principalId: string,
  { id, role, condition }: Eligibility,
  scope: ScopeFacts,
  period: { startsAt: Date; endsAt: Date },
): Activation {
  const access = { provider: role.provider, roleId: role.id, scopeId: scope.id, principalId };
  return { ...access, eligibilityId: id, condition, ...period };
}

/** Without a wish, the activation lasts as long as the policy and the eligible assignment allow. */
export function activationPeriod(
  schedule: ScheduleInput,
  rules: RolePolicyRules,
  eligibility: Eligibility,
  now: Date,
): { startsAt: Date; endsAt: Date } | Refused {
  const longest = rules.Expiration_EndUser_Assignment.maximumMinutes;
  const open = schedule.endsAt === null && schedule.durationMinutes === null;
  const period = decidePeriod(open ? { ...schedule, durationMinutes: longest } : schedule, now);
  if ('refusals' in period) return period;
  const { startsAt, endsAt } = period;
  const latest = plus(startsAt, longest);
  if (!open) return { startsAt, endsAt: endsAt ?? latest };
  return { startsAt, endsAt: eligibility.endsAt !== null && eligibility.endsAt < latest ? eligibility.endsAt : latest };
}
