/** May this administrator decide a holder's wish to extend or renew, and what becomes of the assignment then? */
import { type Refused, refuse } from '../refusals.ts';
import { overlap } from './assignment.ts';
import { laterEnd, withDefaultEnd } from './extension.ts';
import { mayManage } from './powers.ts';
import type { ExistingAssignment } from './removal.ts';
import { legalityRefusal, type RenewalFacts, wasTaken } from './renewal.ts';
import { assignmentRuleRefusals } from './rules.ts';
import { isOver, type Period, type ScheduleInput } from './schedule.ts';
import { decideEnd, namesEnd } from './update.ts';
import type { ApprovalResult, AssignmentType, RequestStatus } from './words.ts';

export interface AdministrationFacts
  extends Pick<
    RenewalFacts,
    'now' | 'viewer' | 'powers' | 'role' | 'scope' | 'principal' | 'proof' | 'rules' | 'held'
  > {
  readonly result: ApprovalResult;
  readonly justification: string | null;
  readonly ticket: { readonly ticketNumber: string | null; readonly ticketSystem: string | null };
  readonly request: ScheduleInput & { readonly requestorId: string | null; readonly status: RequestStatus };
  /** What the request is about, as it is now. */
  readonly assignment: ExistingAssignment;
  /** Whether the administrator chose another type than the holder has: the rules and the held periods are of that type. */
  readonly type: AssignmentType;
  /** What the administrator sets instead of what was asked for; nothing given: as asked. */
  readonly schedule: ScheduleInput;
}

export type AdministrationDecision =
  | { readonly outcome: 'DENIED' }
  | { readonly outcome: 'EXTENDED'; readonly endsAt: Date | null }
  | {
      readonly outcome: 'MADE';
      readonly period: Period;
      /** When the assignment of the other type ends; null: it is over, or ends by itself before. */
      readonly replacedAt: Date | null;
    };

/** Checks run in order of precedence; whatever an assignment must meet is asked again, and must hold now. */
export function decideAdministration(f: AdministrationFacts): AdministrationDecision | Refused {
  const { assignment, request, now } = f;
  if (f.viewer.id === request.requestorId || f.viewer.id === assignment.principalId) return refuse('SELF_APPROVAL');
  const manages = (type: AssignmentType) => mayManage(f.powers, { ...assignment.target, type });
  if (!manages(assignment.type) || !manages(f.type)) return refuse('INSUFFICIENT_PERMISSIONS');
  if (request.status !== 'PENDING_ADMIN_DECISION') {
    return refuse('REQUEST_NOT_PENDING', { hint: `It is ${request.status}.` });
  }
  const reasons = { justification: f.justification, ...f.ticket };
  if (!f.justification?.trim()) return refuse('JUSTIFICATION_REQUIRED', { field: ['justification'] });
  if (f.result === 'DENY') return { outcome: 'DENIED' };
  const over = isOver(assignment, now);
  if (over && wasTaken(assignment)) return refuse('ASSIGNMENT_ENDED');
  if (assignment.locked) return refuse('RESOURCE_LOCKED');
  const illegal = legalityRefusal(f, f.type);
  if (illegal) return { refusals: [illegal] };
  // What expired while the request waited is made anew.
  const extending = !over && f.type === assignment.type;
  const period = extending ? extendedPeriod(f) : newPeriod(f);
  if ('refusals' in period) return period;
  const occupied = extending ? { ...period, startsAt: assignment.startsAt } : period;
  if (f.held.some((held) => overlap(held, occupied))) return refuse('ASSIGNMENT_EXISTS');
  const failed = assignmentRuleRefusals(f.rules, f.type, { period, reasons, proof: f.proof });
  if (failed.length) return { refusals: failed };
  if (extending) return { outcome: 'EXTENDED', endsAt: period.endsAt };
  const outlives = !over && (assignment.endsAt === null || assignment.endsAt > period.startsAt);
  return { outcome: 'MADE', period, replacedAt: outlives ? period.startsAt : null };
}

function extendedPeriod(f: AdministrationFacts): Period | Refused {
  if (f.assignment.endsAt === null) return refuse('NOT_EXTENDABLE');
  if (f.schedule.startsAt !== null) {
    return refuse('INVALID_SCHEDULE', { field: ['startsAt'], hint: 'What is extended goes on without a gap.' });
  }
  return laterEnd(f.assignment, chosen(f), f.rules, f.now);
}

function newPeriod(f: AdministrationFacts): Period | Refused {
  return decideEnd(withDefaultEnd(chosen(f), f.rules, f.type), f.now);
}

/** An end that the administrator names replaces the end asked for, and a start the start. */
function chosen({ schedule, request }: AdministrationFacts) {
  const { endsAt, durationMinutes } = namesEnd({ ...schedule, permanent: false }) ? schedule : request;
  return { startsAt: schedule.startsAt ?? request.startsAt, endsAt, durationMinutes, permanent: false };
}
