/** An approver decides requests: each in its own transaction, everything judged again at that instant. */
import { decideApproval } from '../decision/approval.ts';
import type { ApprovalResult } from '../decision/words.ts';
import { isRefused } from '../refusals.ts';
import { record } from '../store/event.ts';
import { closeRequest, type LockedRequest, lockRequest, timeOut } from '../store/request.ts';
import { databaseNow, type Transaction } from '../store/transaction.ts';
import { activationFacts, approversOf, grant } from './activation.ts';
import { type ActionContext, type Attempt, type CommonInput, type Outcome, perform, type Written } from './perform.ts';

export interface DecideInput extends CommonInput {
  readonly requestIds: readonly string[];
  readonly justification: string | null;
}

export function approve(context: ActionContext, input: DecideInput): Promise<Outcome[]> {
  return decideEach(context, 'APPROVE', input);
}

export function deny(context: ActionContext, input: DecideInput): Promise<Outcome[]> {
  return decideEach(context, 'DENY', input);
}

/** One after the other, in the order given; each has its own answer, and its own share of the idempotency key. */
async function decideEach(context: ActionContext, result: ApprovalResult, input: DecideInput): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const requestId of input.requestIds) {
    const idempotencyKey = input.idempotencyKey == null ? null : `${input.idempotencyKey} ${requestId}`;
    const { validateOnly, justification } = input;
    const common = { requestId, justification, idempotencyKey, validateOnly };
    outcomes.push(await perform(context, result, common, (attempt) => decide(attempt, result, common)));
  }
  return outcomes;
}

interface Decide {
  readonly requestId: string;
  readonly justification: string | null;
}

async function decide(attempt: Attempt, result: ApprovalResult, { requestId, justification }: Decide) {
  const { tx, viewer } = attempt;
  const request = await lockRequest(tx, viewer, requestId);
  const question = request && (await askedActivation(tx, request));
  const now = await databaseNow(tx);
  const decision = decideApproval({
    ...{ now, viewerId: viewer.id, result, justification, request },
    isApprover:
      viewer.kind === 'USER' && request?.namesViewer === true && question?.approvers.includes(viewer.id) === true,
    activation: question && { ...question.facts, now },
  });
  if (isRefused(decision)) {
    if (request && decision.refusals[0]?.code === 'REQUEST_TIMED_OUT') {
      await timeOut(tx, request.id, now);
    }
    return { ...decision, subject: request ? subjectOf(request) : {} };
  }
  if (request === null) throw new Error('a decision was taken on no request');
  const approved = 'approved' in decision ? decision.approved : null;
  const status = approved === null ? 'DENIED' : approved.startsAt > now ? 'GRANTED' : 'PROVISIONED';
  const closed = {
    ...{ requestId: request.id, requestorId: request.requestorId as string, decidedBy: viewer.id, decidedAt: now },
    ...{ result, justification: justification as string },
  };
  await closeRequest(tx, closed, status, approved?.startsAt ?? now);
  const type = approved ? 'request.approved' : 'request.denied';
  await record(tx, { ...subjectOf(request), type, at: now, actorId: viewer.id, payload: { justification } });
  const granted = { requestId: request.id, actorId: viewer.id, at: now };
  const assignmentId = approved ? await grant(tx, approved, granted) : null;
  return { requestId: request.id, assignmentId, status } satisfies Written;
}

/** The activation as it would be asked for now, by the same person with the same proof. */
async function askedActivation(tx: Transaction, request: LockedRequest) {
  const { facts } = await activationFacts(tx, {
    viewerId: request.principalId,
    eligibilityId: request.eligibilityId ?? request.id,
    scope: { id: request.scopeId },
    scopeViewer: null,
    schedule: request,
    reasons: request,
    proof: request,
  });
  const approvers = await approversOf(tx, request.provider, facts.rules, request.principalId);
  return { facts, approvers };
}

function subjectOf({ id, provider, assignmentType, principalId, roleId, scopeId }: LockedRequest) {
  return { requestId: id, provider, assignmentType, principalId, roleId, scopeId };
}
