/** May this holder make a running activation last longer, without a gap? Entra knows no such thing, so a policy must allow it. */
import { type Refused, refuse } from '../refusals.ts';
import type { ApprovalStageFacts } from './approval.ts';
import { overlap } from './assignment.ts';
import type { RolePolicyRules } from './policy.ts';
import { activationRuleRefusals, type Proof, type Reasons } from './rules.ts';
import { covers, type Period, plus } from './schedule.ts';
import type { AssignmentState } from './words.ts';

export interface ActivationExtensionFacts {
  readonly now: Date;
  readonly viewerId: string;
  /** Null: absent, or hidden from the viewer. */
  readonly assignment:
    | (Period & { readonly id: string; readonly principalId: string; readonly state: AssignmentState })
    | null;
  /** The eligible assignment it rests on; null when the holder has lost it. */
  readonly eligibility: Period | null;
  /** The new end, or how much longer than until the present one. */
  readonly endsAt: Date | null;
  readonly durationMinutes: number | null;
  readonly reasons: Reasons;
  readonly proof: Proof;
  /** When the proof was shown: now, or when the request was made that is decided now. */
  readonly provedAt: Date;
  /** Other periods, running or to come, in which the holder holds the role actively at the scope. */
  readonly held: readonly Period[];
  readonly pending: boolean;
  readonly rules: RolePolicyRules;
  readonly stages: readonly ApprovalStageFacts[];
}

export interface ActivationExtension {
  readonly assignmentId: string;
  readonly endsAt: Date;
}

export type ActivationExtensionDecision =
  | { readonly extended: ActivationExtension }
  | { readonly pendingApproval: { readonly expiresAt: Date; readonly stages: readonly ApprovalStageFacts[] } };

/** Checks run in order of precedence; the first that fails is the answer, but for policy rules, which are named together. */
export function decideActivationExtension(f: ActivationExtensionFacts): ActivationExtensionDecision | Refused {
  const decision = decideLongerEnd(f);
  if ('refusals' in decision) return decision;
  if (f.pending) return refuse('REQUEST_PENDING');
  const approval = f.rules.Approval_EndUser_Assignment;
  if (!approval.isApprovalRequired && !approval.isApprovalRequiredForExtension) return { extended: decision };
  if (f.stages.some(({ approvers, quorum }) => approvers.length < quorum)) return refuse('NO_APPROVER');
  return { pendingApproval: { expiresAt: plus(f.now, approval.timeoutMinutes), stages: f.stages } };
}

/** What must hold when it is asked for, and still when it is approved. */
export function decideLongerEnd(f: ActivationExtensionFacts): ActivationExtension | Refused {
  if (f.assignment === null) return refuse('ASSIGNMENT_NOT_FOUND', { field: ['assignment'] });
  const { id, principalId, state, startsAt, endsAt: presentEnd } = f.assignment;
  if (principalId !== f.viewerId || state !== 'ACTIVATED' || !covers(f.assignment, f.now) || presentEnd === null) {
    return refuse('NOT_ACTIVATED', { field: ['assignment'] });
  }
  if (!f.rules.Expiration_EndUser_Assignment.isExtensionAllowed) return refuse('EXTENSION_NOT_ALLOWED');
  if (f.eligibility === null || !covers(f.eligibility, f.now)) return refuse('NOT_ELIGIBLE');
  if ((f.endsAt === null) === (f.durationMinutes === null)) {
    return refuse('INVALID_SCHEDULE', { field: ['duration'], hint: 'Give either duration or endsAt.' });
  }
  const endsAt = f.endsAt ?? plus(presentEnd, f.durationMinutes ?? 0);
  const field = [f.endsAt ? 'endsAt' : 'duration'];
  if (endsAt <= presentEnd) {
    return refuse('INVALID_SCHEDULE', { field, hint: `It ends at ${presentEnd.toISOString()} already.` });
  }
  if (f.eligibility.endsAt !== null && endsAt > f.eligibility.endsAt) {
    return refuse('INVALID_SCHEDULE', {
      field,
      hint: `The eligible assignment ends at ${f.eligibility.endsAt.toISOString()}.`,
    });
  }
  if (f.held.some((held) => overlap(held, { startsAt, endsAt }))) return refuse('ALREADY_ACTIVE');
  // From its start: an extension never makes an activation longer than the settings allow one to be.
  const { reasons, proof, provedAt } = f;
  const asked = { period: { startsAt, endsAt }, reasons, proof, now: provedAt };
  const failed = activationRuleRefusals(f.rules, asked);
  return failed.length > 0 ? { refusals: failed } : { assignmentId: id, endsAt };
}
