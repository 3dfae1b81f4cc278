/** May this administrator end this assignment? */
import { type Refusal, type Refused, refusal, refuse } from '../refusals.ts';
import { mayManage, type Powers, type Target } from './powers.ts';
import { isOver, type Period } from './schedule.ts';
import type { AssignmentState, AssignmentType, EndReason, Provider } from './words.ts';

/** An assignment that somebody wants to end or change, as it is now. */
export interface ExistingAssignment extends Period {
  readonly id: string;
  readonly provider: Provider;
  readonly principalId: string;
  readonly type: AssignmentType;
  readonly state: AssignmentState;
  readonly endedBy: EndReason | null;
  readonly condition: string | null;
  /** Its scope, or anything above that, is locked. */
  readonly locked: boolean;
  readonly target: Target;
}

export interface RemovalFacts {
  readonly now: Date;
  readonly powers: Powers;
  /** Null: absent, or hidden from the viewer. */
  readonly assignment: ExistingAssignment | null;
}

export type RemovalDecision = { readonly endedAt: Date };

/** An administrator need not wait: the five minutes that a holder waits are against mistakes, not against misuse. */
export function decideRemoval(f: RemovalFacts): RemovalDecision | Refused {
  if (f.assignment === null) return refuse('ASSIGNMENT_NOT_FOUND', { field: ['assignment'] });
  if (f.assignment.locked) return refuse('RESOURCE_LOCKED', { field: ['assignment'] });
  if (!mayManage(f.powers, f.assignment.target)) return refuse('INSUFFICIENT_PERMISSIONS');
  const over = overRefusal(f.assignment, f.now);
  if (over) return { refusals: [over] };
  return { endedAt: endedFrom(f.assignment, f.now) };
}

export function overRefusal(assignment: Period, now: Date): Refusal | null {
  if (!isOver(assignment, now)) return null;
  const hint = `It ended at ${assignment.endsAt?.toISOString()}.`;
  return refusal('ASSIGNMENT_ENDED', { field: ['assignment'], hint });
}

/** What has not begun ends where it would begin: it never was. */
export function endedFrom({ startsAt }: Period, now: Date): Date {
  return startsAt > now ? startsAt : now;
}
