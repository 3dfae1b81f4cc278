/** Whoever asked, or an administrator, takes requests back: each on its own. */
import { decideCancellation } from '../decision/cancellation.ts';
import { isRefused } from '../refusals.ts';
import { grantedBy } from '../store/change.ts';
import { record } from '../store/event.ts';
import { closeRequest, type LockedRequest, lockRequest, timeOut } from '../store/request.ts';
import { scopeFacts } from '../store/scope.ts';
import { databaseNow } from '../store/transaction.ts';
import { type ActionContext, type Attempt, type CommonInput, type Outcome, perform, type Written } from './perform.ts';
import { withdraw } from './removal.ts';

export interface CancelInput extends CommonInput {
  readonly requestIds: readonly string[];
  readonly justification: string | null;
}

/** One after the other, in the order given; each has its own answer, and its own share of the idempotency key. */
export async function cancel(
  context: ActionContext,
  { requestIds, idempotencyKey: key, ...rest }: CancelInput,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const requestId of requestIds) {
    const input = { ...rest, requestId, idempotencyKey: key == null ? null : `${key} ${requestId}` };
    const work = (attempt: Attempt) => cancelOne(attempt, requestId, rest.justification);
    outcomes.push(await perform(context, 'cancel', input, work));
  }
  return outcomes;
}

async function cancelOne({ tx, viewer }: Attempt, id: string, justification: string | null) {
  const request = await lockRequest(tx, viewer, id);
  const row = request && (await grantedBy(tx, request.id));
  const scope = request && (await scopeFacts(tx.getKysely(), null, { id: request.scopeId }));
  const now = await databaseNow(tx);
  const decision = decideCancellation({
    ...{ now, viewerId: viewer.id, powers: viewer.powers, assignment: row },
    request: request && scope && { ...request, target: { ...request, type: request.assignmentType, ...scope } },
  });
  if (isRefused(decision)) {
    if (request && decision.refusals[0]?.code === 'REQUEST_TIMED_OUT') await timeOut(tx, id, now);
    return { ...decision, subject: request ? subjectOf(request) : {} };
  }
  if (request === null) throw new Error('a cancellation was decided on no request');
  await closeRequest(tx, id, 'CANCELED', now);
  const granted = decision.endedAt === null ? null : row;
  const event = { ...subjectOf(request), type: 'request.canceled', at: now, actorId: viewer.id } as const;
  await record(tx, { ...event, assignmentId: granted?.id ?? null, payload: { justification } });
  // Its end is part of this event; what rested on it has events of its own.
  if (granted) await withdraw(tx, granted, { now, actorId: viewer.id, requestId: id });
  return { requestId: id, assignmentId: granted?.id ?? null, status: 'CANCELED' } satisfies Written;
}

function subjectOf({ id, provider, assignmentType, principalId, roleId, scopeId }: LockedRequest) {
  return { requestId: id, provider, assignmentType, principalId, roleId, scopeId };
}
