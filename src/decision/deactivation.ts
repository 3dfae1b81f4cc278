/** May this activation be ended before its end? */
import { type Refused, refuse } from '../refusals.ts';
import { mayManage, type Powers, type Target } from './powers.ts';
import { isOver, type Period, plus } from './schedule.ts';
import type { AssignmentState } from './words.ts';

export interface DeactivationFacts {
  readonly now: Date;
  readonly viewerId: string;
  readonly powers: Powers;
  /** Null: absent, or hidden from the viewer. */
  readonly assignment:
    | (Period & { readonly principalId: string; readonly state: AssignmentState; readonly target: Target })
    | null;
  /** Minutes the activation must have lasted before its holder may end it; an administrator need not wait. */
  readonly minimumMinutes: number;
}

export type DeactivationDecision = { readonly endedAt: Date; readonly by: 'HOLDER' | 'ADMINISTRATOR' };

export function decideDeactivation(f: DeactivationFacts): DeactivationDecision | Refused {
  if (f.assignment === null) return refuse('ASSIGNMENT_NOT_FOUND', { field: ['assignment'] });
  const own = f.assignment.principalId === f.viewerId;
  const administrator = mayManage(f.powers, f.assignment.target);
  if (!own && !administrator) return refuse('INSUFFICIENT_PERMISSIONS');
  if (f.assignment.state !== 'ACTIVATED' || isOver(f.assignment, f.now)) {
    return refuse('NOT_ACTIVATED', { field: ['assignment'] });
  }
  // An activation that has not begun ends where it would begin: it never was.
  if (f.assignment.startsAt > f.now) return { endedAt: f.assignment.startsAt, by: own ? 'HOLDER' : 'ADMINISTRATOR' };
  const earliest = plus(f.assignment.startsAt, f.minimumMinutes);
  if (own && !administrator && f.now < earliest) {
    return refuse('ACTIVE_TOO_BRIEFLY', { hint: `You can deactivate from ${earliest.toISOString()} on.` });
  }
  return { endedAt: f.now, by: own ? 'HOLDER' : 'ADMINISTRATOR' };
}
