/** May this request be taken back? */
import { type Refused, refuse } from '../refusals.ts';
import { mayManage, type Powers, type Target } from './powers.ts';
import { isOver, type Period } from './schedule.ts';
import type { RequestStatus } from './words.ts';

export interface CancellationFacts {
  readonly now: Date;
  readonly viewerId: string;
  readonly powers: Powers;
  /** Null: absent, or hidden from the viewer. */
  readonly request: {
    readonly requestorId: string | null;
    readonly status: RequestStatus;
    readonly expiresAt: Date | null;
    readonly target: Target;
  } | null;
  /** What was granted; null: nothing was. */
  readonly assignment: Period | null;
}

export type CancellationDecision = {
  /** When the assignment that was granted ends, which is where it would have begun; null: none was granted. */
  readonly endedAt: Date | null;
};

export function decideCancellation(f: CancellationFacts): CancellationDecision | Refused {
  const { request, assignment, now } = f;
  if (request === null) return refuse('REQUEST_NOT_FOUND', { field: ['requests'] });
  const own = request.requestorId === f.viewerId;
  if (!own && !mayManage(f.powers, request.target)) return refuse('INSUFFICIENT_PERMISSIONS');
  switch (request.status) {
    case 'PENDING_APPROVAL':
    case 'PENDING_ADMIN_DECISION':
      if (request.expiresAt !== null && request.expiresAt <= now) return refuse('REQUEST_TIMED_OUT');
      return { endedAt: null };
    case 'GRANTED':
      if (assignment !== null && assignment.startsAt > now && !isOver(assignment, now)) {
        return { endedAt: assignment.startsAt };
      }
      return refuse('NOT_CANCELABLE', { hint: 'What it granted has begun, or is over.' });
    case 'PROVISIONED':
    case 'REVOKED':
    case 'DENIED':
    case 'CANCELED':
    case 'TIMED_OUT':
    case 'FAILED':
      return refuse('NOT_CANCELABLE', { hint: `It is ${request.status}.` });
    default:
      return request.status satisfies never;
  }
}
