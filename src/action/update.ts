/** An administrator changes the period, or the condition, of an assignment. */
import type { Reasons } from '../decision/rules.ts';
import { decideUpdate, type EndInput } from '../decision/update.ts';
import { isRefused } from '../refusals.ts';
import { changeAssignment, lockTarget, moveGrantedStart, otherPeriods } from '../store/change.ts';
import { record } from '../store/event.ts';
import { currentPolicy } from '../store/policy.ts';
import { insertRequest } from '../store/request.ts';
import { databaseNow } from '../store/transaction.ts';
import { type BatchInput, DUPLICATE, performMany, repeated } from './batch.ts';
import {
  type ActionContext,
  type Attempt,
  type CommonInput,
  type Outcome,
  perform,
  type RefusedAttempt,
  type Written,
} from './perform.ts';
import { changeOf, existingAssignment, fitActivations, subjectOf } from './removal.ts';

export interface UpdateInput extends CommonInput {
  readonly assignmentId: string;
  /** What is null stays as it is. */
  readonly schedule: EndInput;
  /** Null: none from now on. Undefined: as it is. */
  readonly condition: string | null | undefined;
  readonly reasons: Reasons;
}

export function update(context: ActionContext, input: UpdateInput): Promise<Outcome> {
  return perform(context, 'update', input, (attempt) => updateOne(attempt, input));
}

export interface UpdateManyInput extends BatchInput {
  readonly updates: readonly UpdateInput[];
}

/** The same assignment twice is refused the second time. */
export function updateMany(context: ActionContext, input: UpdateManyInput): Promise<Outcome[]> {
  const again = repeated(input.updates);
  return performMany(context, 'updateMany', input, {
    items: input.updates,
    verb: 'update',
    work: async (attempt, item) => (again.has(item) ? DUPLICATE : updateOne(attempt, item)),
  });
}

async function updateOne(attempt: Attempt, input: UpdateInput): Promise<Written | RefusedAttempt> {
  const { tx, viewer } = attempt;
  const { row, policyVersionId, ...facts } = await changeFacts(attempt, input.assignmentId);
  const { schedule, condition, reasons } = input;
  const decision = decideUpdate({ ...facts, schedule, condition, reasons });
  if (isRefused(decision)) return { ...decision, subject: row ? subjectOf(row) : {} };
  if (row === null) throw new Error('an update was decided on no assignment');
  const { now } = facts;
  const { updated } = decision;
  const requestId = await insertRequest(tx, {
    ...changeOf(row, { viewer, reasons, policyVersionId, now }),
    ...{ action: 'ADMIN_UPDATE', status: 'PROVISIONED', condition: updated.condition },
    ...{ startsAt: schedule.startsAt, endsAt: schedule.endsAt, durationMinutes: schedule.durationMinutes },
  });
  await changeAssignment(tx, row.id, updated);
  if (row.requestId !== null && row.startsAt > now) await moveGrantedStart(tx, row.requestId, updated.startsAt);
  const before = { startsAt: row.startsAt, endsAt: row.endsAt, condition: row.condition };
  const event = { ...subjectOf(row), type: 'assignment.updated', at: now, actorId: viewer.id, requestId } as const;
  await record(tx, { ...event, payload: { ...updated, before } });
  await fitActivations(tx, row.id, updated, { now, actorId: viewer.id, requestId });
  return { requestId, assignmentId: row.id, status: 'PROVISIONED' } satisfies Written;
}

/** What an update or an extension is judged by; the assignment is locked. */
export async function changeFacts({ tx, viewer }: Attempt, id: string) {
  const db = tx.getKysely();
  const row = await lockTarget(tx, viewer, id);
  const policy = await currentPolicy(db, row ?? NO_ACCESS);
  return {
    row,
    policyVersionId: policy.versionId,
    powers: viewer.powers,
    proof: viewer.proof,
    rules: policy.rules,
    assignment: row && (await existingAssignment(tx, row)),
    held: row ? await otherPeriods(tx, row.id, row) : [],
    now: await databaseNow(tx),
  };
}

/** Rules are asked for what is absent as well, and never read. */
const NOTHING = '00000000-0000-0000-0000-000000000000';
const NO_ACCESS = { provider: 'ENTRA_ROLE', roleId: NOTHING, scopeId: NOTHING } as const;
