/** An administrator decides a holder's wish to extend or to renew. */
import { type AdministrationDecision, decideAdministration as decide } from '../decision/administration.ts';
import type { ScheduleInput } from '../decision/schedule.ts';
import type { ApprovalResult, AssignmentType } from '../decision/words.ts';
import { isRefused } from '../refusals.ts';
import { changeAssignment, lockTarget, otherPeriods, type TargetAssignment } from '../store/change.ts';
import { record } from '../store/event.ts';
import { currentPolicy } from '../store/policy.ts';
import { closeRequest, insertDecision, type LockedRequest } from '../store/request.ts';
import { databaseNow } from '../store/transaction.ts';
import type { Attempt, RefusedAttempt, Written } from './perform.ts';
import { endWithAllItCarries, existingAssignment, fitActivations, subjectOf } from './removal.ts';
import { legalityFacts, makeAnew } from './renewal.ts';

export interface AdministrationInput {
  readonly justification: string | null;
  /** Absent: as it was. */
  readonly assignmentType?: AssignmentType | null | undefined;
  /** Absent: as asked for. */
  readonly startsAt?: Date | null | undefined;
  readonly endsAt?: Date | null | undefined;
  readonly durationMinutes: number | null;
}

/** Decided by whoever may manage the assignment, and not by approvers; a longer activation is decided like an activation. */
export function asksAdministrator({ action, eligibilityId }: LockedRequest): boolean {
  return (action === 'SELF_EXTEND' && eligibilityId === null) || action === 'SELF_RENEW';
}

export async function decideAdministration(
  { tx, viewer }: Attempt,
  result: ApprovalResult,
  request: LockedRequest,
  input: AdministrationInput,
): Promise<Written | RefusedAttempt> {
  const row = await lockTarget(tx, null, request.targetId as string);
  if (row === null) throw new Error('a request to extend or renew names no assignment');
  const type = input.assignmentType ?? row.type;
  const { ticketNumber, ticketSystem } = request;
  const assignment = await existingAssignment(tx, row);
  const { rules } = await currentPolicy(tx.getKysely(), row);
  const held = await otherPeriods(tx, row.id, { ...row, type });
  const legality = await legalityFacts(tx, row);
  const now = await databaseNow(tx);
  const decision = decide({
    ...{ now, viewer, powers: viewer.powers, proof: viewer.proof, result, rules, held, request, assignment, type },
    ...{ ...legality, justification: input.justification, schedule: scheduleOf(input) },
    ticket: { ticketNumber, ticketSystem },
  });
  const subject = { ...subjectOf(row), requestId: request.id };
  if (isRefused(decision)) return { ...decision, subject };
  const { justification } = input;
  await insertDecision(tx, {
    ...{ requestId: request.id, requestorId: request.requestorId as string, stage: 1, decidedBy: viewer.id },
    ...{ result, justification: justification as string, durationMinutes: null, decidedAt: now },
  });
  const denied = decision.outcome === 'DENIED';
  const startsAt = decision.outcome === 'MADE' ? decision.period.startsAt : now;
  const status = denied ? 'DENIED' : startsAt > now ? 'GRANTED' : 'PROVISIONED';
  await closeRequest(tx, request.id, status, startsAt);
  const event = { ...subject, at: now, actorId: viewer.id, payload: { justification } };
  await record(tx, { ...event, type: denied ? 'request.denied' : 'request.approved' });
  const ending = { now, actorId: viewer.id, requestId: request.id };
  return { requestId: request.id, assignmentId: await carryOut({ tx, row, type, decision, ending }), status };
}

function scheduleOf({ startsAt, endsAt, durationMinutes }: AdministrationInput): ScheduleInput {
  return { startsAt: startsAt ?? null, endsAt: endsAt ?? null, durationMinutes };
}

interface Carried {
  readonly tx: Attempt['tx'];
  readonly row: TargetAssignment;
  readonly type: AssignmentType;
  readonly decision: AdministrationDecision;
  readonly ending: { readonly now: Date; readonly actorId: string; readonly requestId: string };
}

/** @returns the assignment that holds from now on; null when denied */
async function carryOut({ tx, row, type, decision, ending }: Carried): Promise<string | null> {
  const { now, actorId, requestId } = ending;
  switch (decision.outcome) {
    case 'DENIED':
      return null;
    case 'EXTENDED': {
      const { endsAt } = decision;
      await changeAssignment(tx, row.id, { endsAt });
      const event = { ...subjectOf(row), type: 'assignment.extended', at: now, actorId, requestId } as const;
      await record(tx, { ...event, payload: { endsAt, endedBefore: row.endsAt } });
      return row.id;
    }
    case 'MADE': {
      const { period, replacedAt } = decision;
      if (replacedAt !== null) await replace({ tx, row, replacedAt, ending });
      return makeAnew(tx, row, period, { type, requestId, actorId, at: now });
    }
    default:
      return decision satisfies never;
  }
}

/** The assignment of the other type goes when the new one comes: at once, or at its later start. */
async function replace({ tx, row, replacedAt, ending }: Omit<Carried, 'type' | 'decision'> & { replacedAt: Date }) {
  if (replacedAt <= ending.now || row.startsAt >= replacedAt) return endWithAllItCarries(tx, row, ending);
  await changeAssignment(tx, row.id, { endsAt: replacedAt });
  const { now: at, actorId, requestId } = ending;
  const payload = { startsAt: row.startsAt, endsAt: replacedAt, endedBefore: row.endsAt };
  await record(tx, { ...subjectOf(row), type: 'assignment.updated', at, actorId, requestId, payload });
  await fitActivations(tx, row.id, { startsAt: row.startsAt, endsAt: replacedAt }, ending);
}
