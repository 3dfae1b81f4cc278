/** An administrator gives an assignment a later end; a holder asks for one. */
import { decideExtension } from '../decision/extension.ts';
import type { Reasons } from '../decision/rules.ts';
import type { EndInput } from '../decision/update.ts';
import { isRefused } from '../refusals.ts';
import { changeAssignment } from '../store/change.ts';
import { record } from '../store/event.ts';
import { closeOverdue, hasPendingRequest, insertRequest } from '../store/request.ts';
import { type ActionContext, type CommonInput, type Outcome, perform, type Written } from './perform.ts';
import { changeOf, subjectOf } from './removal.ts';
import { changeFacts } from './update.ts';

export interface ExtendInput extends CommonInput {
  readonly assignmentId: string;
  /** Counted from now; without an end, as long as the role settings allow. Its start means nothing. */
  readonly schedule: EndInput;
  readonly reasons: Reasons;
}

export function extend(context: ActionContext, input: ExtendInput): Promise<Outcome> {
  return perform(context, 'extend', input, async (attempt) => {
    const { tx, viewer } = attempt;
    const { row, policyVersionId, ...facts } = await changeFacts(attempt, input.assignmentId);
    const { schedule, reasons } = input;
    const { now } = facts;
    const key = row && { ...row, assignmentType: row.type };
    const pending = key !== null && (await hasPendingRequest(tx.getKysely(), key, now));
    const decision = decideExtension({ ...facts, viewer, schedule, reasons, pending });
    if (isRefused(decision)) return { ...decision, subject: row ? subjectOf(row) : {} };
    if (row === null) throw new Error('an extension was decided on no assignment');
    const { endsAt } = decision;
    const { durationMinutes } = schedule;
    const asked = { startsAt: null, endsAt: schedule.endsAt, durationMinutes };
    const order = { ...changeOf(row, { viewer, reasons, policyVersionId, now }), ...asked };
    if (decision.by === 'HOLDER') {
      const waiting = { action: 'SELF_EXTEND', status: 'PENDING_ADMIN_DECISION', completedAt: null } as const;
      await closeOverdue(tx, order, now);
      const requestId = await insertRequest(tx, { ...order, ...waiting });
      const event = { ...subjectOf(row), type: 'request.created', at: now, actorId: viewer.id, requestId } as const;
      await record(tx, { ...event, payload: { endsAt } });
      return { requestId, assignmentId: row.id, status: waiting.status } satisfies Written;
    }
    const requestId = await insertRequest(tx, { ...order, action: 'ADMIN_EXTEND', status: 'PROVISIONED' });
    await changeAssignment(tx, row.id, { endsAt });
    const event = { ...subjectOf(row), type: 'assignment.extended', at: now, actorId: viewer.id, requestId } as const;
    await record(tx, { ...event, payload: { endsAt, endedBefore: row.endsAt } });
    return { requestId, assignmentId: row.id, status: 'PROVISIONED' } satisfies Written;
  });
}
