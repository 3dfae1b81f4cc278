/** Time is up, or nearly: assignments end, requests time out, and people are warned of an end before it comes. */
import { minutesLeft, WARNINGS, type Warning } from '../decision/warning.ts';
import { keepLastWay } from '../store/administrators.ts';
import type { Database } from '../store/database.ts';
import { claimEscalation, claimWarning, type EndingAssignment, lockEnding, lockOverdue } from '../store/due.ts';
import { AssignmentEntity } from '../store/entities.ts';
import { record } from '../store/event.ts';
import { timeOut } from '../store/request.ts';
import { databaseNow, transact } from '../store/transaction.ts';

/** The access itself ended with the clock; this puts it on record, unless nobody else were left. @returns false when there was nothing to do */
export function expireAssignment(database: Database, id: string): Promise<boolean> {
  return transact(database, async (tx) => {
    const ending = await lockEnding(tx, id);
    if (ending === null) return false;
    const { startsAt, endsAt } = ending;
    const keptUntil = await keepLastWay(tx, id);
    if (keptUntil !== null) {
      const event = { type: 'assignment.extended', at: await databaseNow(tx), actorId: null } as const;
      await record(tx, { ...subjectOf(ending), ...event, payload: { endsAt: keptUntil, lastWay: true } });
      return true;
    }
    await tx.nativeUpdate(AssignmentEntity, { id }, { endedBy: 'EXPIRED' });
    const at = await databaseNow(tx);
    await record(tx, {
      ...subjectOf(ending),
      type: 'assignment.expired',
      at,
      actorId: null,
      payload: { startsAt, endsAt },
    });
    return true;
  });
}

/** @returns false when there was nothing to do */
export function timeOutRequest(database: Database, id: string): Promise<boolean> {
  return transact(database, async (tx) => {
    if (!(await lockOverdue(tx, id))) return false;
    await timeOut(tx, id, await databaseNow(tx));
    return true;
  });
}

/** Its backup approvers may decide from this instant on, also unannounced. @returns false when there was nothing to do */
export function escalateRequest(database: Database, id: string): Promise<boolean> {
  return transact(database, async (tx) => {
    const escalated = await claimEscalation(tx, id);
    if (escalated === null) return false;
    const { id: requestId, stage, ...access } = escalated;
    const at = await databaseNow(tx);
    await record(tx, { ...access, requestId, type: 'request.escalated', at, actorId: null, payload: { stage } });
    return true;
  });
}

/** @returns false when there was nothing to do */
export function warnOfEnd(database: Database, id: string, kind: Warning['kind']): Promise<boolean> {
  const warning = WARNINGS.find((one) => one.kind === kind);
  if (warning === undefined) throw new Error(`there is no warning ${kind}`);
  return transact(database, async (tx) => {
    const ending = await claimWarning(tx, id, warning);
    if (ending === null) return false;
    const at = await databaseNow(tx);
    const endsAt = ending.endsAt as Date;
    const payload = { kind, endsAt, minutesLeft: minutesLeft(endsAt, at) };
    await record(tx, { ...subjectOf(ending), type: 'assignment.expiring', at, actorId: null, payload });
    return true;
  });
}

function subjectOf({ id, provider, roleId, scopeId, principalId, type, requestId }: EndingAssignment) {
  return { provider, roleId, scopeId, principalId, assignmentType: type, assignmentId: id, requestId };
}
