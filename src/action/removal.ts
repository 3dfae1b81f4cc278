/** An administrator ends an assignment; whatever rests on it ends with it. */
import { decideRemoval, type ExistingAssignment, endedFrom } from '../decision/removal.ts';
import type { Reasons } from '../decision/rules.ts';
import type { Period } from '../decision/schedule.ts';
import { isRefused } from '../refusals.ts';
import { endAssignment } from '../store/assignment.ts';
import {
  changeAssignment,
  lockActivations,
  lockGranted,
  lockOpenRequests,
  lockTarget,
  type OpenRequest,
  type TargetAssignment,
} from '../store/change.ts';
import { record } from '../store/event.ts';
import { currentPolicy } from '../store/policy.ts';
import { closeRequest, insertRequest, timeOut } from '../store/request.ts';
import { scopeFacts } from '../store/scope.ts';
import { databaseNow, type Transaction } from '../store/transaction.ts';
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

export interface RemoveInput extends CommonInput {
  readonly assignmentId: string;
  readonly reasons: Reasons;
}

export function remove(context: ActionContext, input: RemoveInput): Promise<Outcome> {
  return perform(context, 'remove', input, (attempt) => removeOne(attempt, input));
}

export interface RemoveManyInput extends BatchInput {
  readonly removals: readonly RemoveInput[];
}

/** The same assignment twice is refused the second time. */
export function removeMany(context: ActionContext, input: RemoveManyInput): Promise<Outcome[]> {
  const again = repeated(input.removals);
  return performMany(context, 'removeMany', input, {
    items: input.removals,
    verb: 'remove',
    work: async (attempt, item) => (again.has(item) ? DUPLICATE : removeOne(attempt, item)),
  });
}

async function removeOne({ tx, viewer }: Attempt, input: RemoveInput): Promise<Written | RefusedAttempt> {
  await lockOpenRequests(tx, input.assignmentId);
  const row = await lockTarget(tx, viewer, input.assignmentId);
  const assignment = row && (await existingAssignment(tx, row));
  const now = await databaseNow(tx);
  const decision = decideRemoval({ now, powers: viewer.powers, assignment });
  if (isRefused(decision)) return { ...decision, subject: row ? subjectOf(row) : {} };
  if (row === null) throw new Error('a removal was decided on no assignment');
  const policyScopeId = row.eligibilityScopeId ?? row.scopeId;
  const { versionId } = await currentPolicy(tx.getKysely(), { ...row, scopeId: policyScopeId });
  const requestId = await insertRequest(tx, {
    ...changeOf(row, { viewer, reasons: input.reasons, policyVersionId: versionId, now }),
    ...{ action: 'ADMIN_REMOVE', status: 'REVOKED', startsAt: null, endsAt: null, durationMinutes: null },
  });
  const ending = { now, actorId: viewer.id, requestId };
  await endWithAllItCarries(tx, row, ending);
  return { requestId, assignmentId: row.id, status: 'REVOKED' } satisfies Written;
}

export interface Ending {
  readonly now: Date;
  readonly actorId: string;
  /** The request that asked for it. */
  readonly requestId: string;
}

/** The assignment, its activations, and the requests about it: each with its own event. */
export async function endWithAllItCarries(tx: Transaction, row: TargetAssignment, ending: Ending): Promise<void> {
  await end(tx, row, ending);
  await dropWhatItCarries(tx, row.id, ending);
}

/** What was granted for later never begins; it has no event of its own here, but whatever rests on it has. */
export async function withdraw(tx: Transaction, row: TargetAssignment, ending: Ending): Promise<void> {
  await endAssignment(tx, row.id, endedFrom(row, ending.now), 'REMOVED');
  await dropWhatItCarries(tx, row.id, ending);
}

/** Ends every activation of an eligible assignment and cancels every open request about it. */
async function dropWhatItCarries(tx: Transaction, assignmentId: string, ending: Ending): Promise<void> {
  for (const activation of await lockActivations(tx, assignmentId, null)) await end(tx, activation, ending);
  for (const request of await lockOpenRequests(tx, assignmentId)) await cancelOpen(tx, request, ending);
}

async function end(tx: Transaction, row: TargetAssignment, { now, actorId, requestId }: Ending): Promise<void> {
  const endedAt = endedFrom(row, now);
  await endAssignment(tx, row.id, endedAt, 'REMOVED');
  const event = { ...subjectOf(row), at: now, actorId, requestId };
  await record(tx, { ...event, type: 'assignment.removed', payload: { endedAt, endedBefore: row.endsAt } });
  if (row.startsAt > now) await cancelGranted(tx, row, { now, actorId });
}

/** What was granted for later never begins: nor does its request say that it did. */
export async function cancelGranted(
  tx: Transaction,
  { requestId }: Pick<TargetAssignment, 'requestId'>,
  ending: Omit<Ending, 'requestId'>,
): Promise<void> {
  const granted = requestId === null ? null : await lockGranted(tx, requestId);
  if (granted) await cancelOpen(tx, { ...granted, overdue: false }, ending);
}

async function cancelOpen(
  tx: Transaction,
  request: OpenRequest,
  { now, actorId }: Omit<Ending, 'requestId'>,
): Promise<void> {
  const { id, overdue, ...access } = request;
  if (overdue) return timeOut(tx, id, now);
  await closeRequest(tx, id, 'CANCELED', now);
  await record(tx, { ...access, requestId: id, type: 'request.canceled', at: now, actorId });
}

/** Activations reach no further than the eligible assignment they rest on: what lies outside its new period is cut off. */
export async function fitActivations(tx: Transaction, id: string, within: Period, ending: Ending): Promise<void> {
  for (const activation of await lockActivations(tx, id, within)) {
    const { startsAt } = activation;
    const cut =
      within.endsAt !== null && startsAt >= within.startsAt && startsAt < within.endsAt ? within.endsAt : null;
    if (cut === null) {
      await end(tx, activation, ending);
      continue;
    }
    await changeAssignment(tx, activation.id, { endsAt: cut });
    const { now: at, actorId, requestId } = ending;
    const payload = { startsAt, endsAt: cut, endedBefore: activation.endsAt };
    await record(tx, { ...subjectOf(activation), type: 'assignment.updated', at, actorId, requestId, payload });
  }
}

export async function existingAssignment(tx: Transaction, row: TargetAssignment): Promise<ExistingAssignment> {
  const scope = await scopeFacts(tx.getKysely(), null, { id: row.scopeId });
  if (scope === null) throw new Error('an assignment has no scope');
  const { provider, type } = row;
  const target = { provider, type, ancestorIds: scope.ancestorIds, group: scope.group };
  return { ...row, locked: scope.locked, target };
}

interface Change {
  readonly viewer: Attempt['viewer'];
  readonly reasons: Reasons;
  readonly policyVersionId: string | null;
  readonly now: Date;
}

/** A request of an administrator that is carried out at once. */
export function changeOf(row: TargetAssignment, { viewer, reasons, policyVersionId, now }: Change) {
  const { provider, roleId, scopeId, principalId, type, eligibilityId } = row;
  return {
    ...{ provider, roleId, scopeId, principalId, assignmentType: type, eligibilityId, targetId: row.id },
    ...reasons,
    ...viewer.proof,
    ...{
      requestorId: viewer.id,
      policyVersionId,
      createdAt: now,
      completedAt: now,
      expiresAt: null,
      escalatesAt: null,
    },
  } as const;
}

export function subjectOf({ id, provider, roleId, scopeId, principalId, type }: TargetAssignment) {
  return { provider, roleId, scopeId, principalId, assignmentType: type, assignmentId: id };
}
