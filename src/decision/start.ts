/** Access was granted for later, and now it is later: does everything still hold that it was granted by? */
import { type Refused, refuse } from '../refusals.ts';
import type { RoleFacts, ScopeFacts } from './assignment.ts';
import type { RolePolicyRules } from './policy.ts';
import { activationRuleRefusals, assignmentRuleRefusals, type Proof, type Reasons } from './rules.ts';
import { covers, type Period } from './schedule.ts';
import type { AssignmentState, AssignmentType } from './words.ts';

export interface StartFacts {
  /** Neither disabled nor deleted. */
  readonly principalEnabled: boolean;
  readonly type: AssignmentType;
  readonly state: AssignmentState;
  readonly period: Period;
  /** The eligible assignment that an activation rests on; null: gone, no longer the holder's, or not needed. */
  readonly eligibility: Period | null;
  readonly role: Pick<RoleFacts, 'assignable' | 'deprecated'>;
  readonly scope: Pick<ScopeFacts, 'locked'>;
  /** The policy of now. */
  readonly rules: RolePolicyRules;
  /** As given, and proved, with the request. */
  readonly reasons: Reasons;
  readonly proof: Proof;
  readonly requestedAt: Date;
  /** Somebody approved the request. */
  readonly approved: boolean;
}

export type StartDecision = { readonly started: true };

/** Checks run in order of precedence; the first that fails is the answer, but for policy rules, which are named together. */
export function decideStart(f: StartFacts): StartDecision | Refused {
  if (!f.principalEnabled) return refuse('PRINCIPAL_DISABLED');
  const activated = f.state === 'ACTIVATED';
  if (activated && (f.eligibility === null || !covers(f.eligibility, f.period.startsAt))) return refuse('NOT_ELIGIBLE');
  if (!activated && (!f.role.assignable || f.role.deprecated)) return refuse('ROLE_NOT_ASSIGNABLE');
  if (f.scope.locked) return refuse('RESOURCE_LOCKED');
  const { period, reasons, proof } = f;
  // The proof was as old as it was when the request was made: waiting for the start has not aged it.
  const request = { period, reasons, proof, now: f.requestedAt };
  const failed = activated
    ? activationRuleRefusals(f.rules, request)
    : assignmentRuleRefusals(f.rules, f.type, request);
  if (failed.length) return { refusals: failed };
  if (activated && f.rules.Approval_EndUser_Assignment.isApprovalRequired && !f.approved) return refuse('NOT_APPROVED');
  return { started: true };
}
