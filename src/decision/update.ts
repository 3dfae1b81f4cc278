/** May this administrator change the period, or the condition, of this assignment? */
import { type Refused, refuse } from '../refusals.ts';
import { overlap } from './assignment.ts';
import { conditionRefusal } from './condition.ts';
import type { RolePolicyRules } from './policy.ts';
import { mayManage, type Powers } from './powers.ts';
import { type ExistingAssignment, overRefusal } from './removal.ts';
import { assignmentRuleRefusals, type Proof, type Reasons } from './rules.ts';
import { decidePeriod, type Period, type ScheduleInput } from './schedule.ts';

/** A schedule that may also say: without an end. */
export interface EndInput extends ScheduleInput {
  readonly permanent: boolean;
}

export interface UpdateFacts {
  readonly now: Date;
  readonly powers: Powers;
  /** Null: absent, or hidden from the viewer. */
  readonly assignment: ExistingAssignment | null;
  /** What is null stays as it is. */
  readonly schedule: EndInput;
  /** Null: none from now on. Undefined: as it is. */
  readonly condition: string | null | undefined;
  readonly reasons: Reasons;
  readonly proof: Proof;
  /** The other periods in which the principal holds the role at the scope in this type. */
  readonly held: readonly Period[];
  readonly rules: RolePolicyRules;
}

export type UpdateDecision = { readonly updated: Period & { readonly condition: string | null } };

/** Checks run in order of precedence; the first that fails is the answer, but for policy rules, which are named together. */
export function decideUpdate(f: UpdateFacts): UpdateDecision | Refused {
  const { assignment, schedule, now } = f;
  if (assignment === null) return refuse('ASSIGNMENT_NOT_FOUND', { field: ['assignment'] });
  if (assignment.locked) return refuse('RESOURCE_LOCKED', { field: ['assignment'] });
  if (!mayManage(f.powers, assignment.target)) return refuse('INSUFFICIENT_PERMISSIONS');
  const over = overRefusal(assignment, now);
  if (over) return { refusals: [over] };
  if (assignment.state === 'ACTIVATED') return refuse('IS_ACTIVATION', { field: ['assignment'] });
  if (schedule.startsAt === null && !namesEnd(schedule) && f.condition === undefined)
    return refuse('NOTHING_TO_CHANGE');
  const condition = f.condition === undefined ? assignment.condition : f.condition;
  const unreadable = f.condition === undefined ? null : conditionRefusal(assignment.provider, condition);
  if (unreadable) return { refusals: [unreadable] };
  const begun = assignment.startsAt <= now;
  if (begun && schedule.startsAt !== null) {
    const hint = `It began at ${assignment.startsAt.toISOString()}.`;
    return refuse('INVALID_SCHEDULE', { field: ['startsAt'], hint });
  }
  const kept = { ...schedule, endsAt: namesEnd(schedule) ? schedule.endsAt : assignment.endsAt };
  const judged = decideEnd({ ...kept, startsAt: schedule.startsAt ?? assignment.startsAt }, now);
  if ('refusals' in judged) return judged;
  const period = begun ? { ...judged, startsAt: assignment.startsAt } : judged;
  if (f.held.some((held) => overlap(held, period))) return refuse('ASSIGNMENT_EXISTS');
  const failed = assignmentRuleRefusals(f.rules, assignment.type, {
    period: judged,
    reasons: f.reasons,
    proof: f.proof,
  });
  if (failed.length) return { refusals: failed };
  // From here on the assignment is changed.
  return { updated: { ...period, condition } };
}

export function namesEnd({ endsAt, durationMinutes, permanent }: EndInput): boolean {
  return endsAt !== null || durationMinutes !== null || permanent;
}

/** From the start or from now, whichever is later: what lies behind counts towards no maximum. */
export function decideEnd({ permanent, ...schedule }: EndInput, now: Date): Period | Refused {
  if (permanent && (schedule.endsAt !== null || schedule.durationMinutes !== null)) {
    const hint = 'Give either permanent or an end, not both.';
    return refuse('INVALID_SCHEDULE', { field: ['permanent'], hint });
  }
  return decidePeriod(schedule, now);
}
