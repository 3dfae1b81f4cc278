/** An approver decides requests: each in its own transaction, everything judged again at that instant. */
import type { ActivationFacts } from '../decision/activation.ts';
import { decideApproval, escalatesAt } from '../decision/approval.ts';
import { defaultPolicy } from '../decision/policy.ts';
import type { ApprovalResult, RequestStatus } from '../decision/words.ts';
import { isRefused, refuse } from '../refusals.ts';
import { lockActivation } from '../store/assignment.ts';
import { record } from '../store/event.ts';
import { currentPolicy, policyVersion } from '../store/policy.ts';
import {
  approvalSoFar,
  closeRequest,
  insertDecision,
  type LockedRequest,
  lockRequest,
  openStage,
  timeOut,
} from '../store/request.ts';
import { databaseNow, type Transaction } from '../store/transaction.ts';
import { activationFacts, grant, stagesOf } from './activation.ts';
import { prolong } from './activationExtension.ts';
import { type AdministrationInput, asksAdministrator, decideAdministration } from './administration.ts';
import { type ActionContext, type Attempt, type CommonInput, type Outcome, perform, type Written } from './perform.ts';

export interface DecideInput extends CommonInput, Decision {
  readonly requestIds: readonly string[];
}

/** A duration shorter than was asked for, for an activation; null: as asked. */
type Decision = AdministrationInput;

export function approve(context: ActionContext, input: DecideInput): Promise<Outcome[]> {
  return decideEach(context, 'APPROVE', input);
}

export function deny(context: ActionContext, input: DecideInput): Promise<Outcome[]> {
  return decideEach(context, 'DENY', input);
}

/** One after the other, in the order given; each has its own answer, and its own share of the idempotency key. */
async function decideEach(
  context: ActionContext,
  result: ApprovalResult,
  { requestIds, idempotencyKey: key, ...decision }: DecideInput,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const requestId of requestIds) {
    const input = { ...decision, requestId, idempotencyKey: key == null ? null : `${key} ${requestId}` };
    outcomes.push(await perform(context, result, input, (attempt) => decide(attempt, result, requestId, decision)));
  }
  return outcomes;
}

async function decide(attempt: Attempt, result: ApprovalResult, requestId: string, asked: Decision) {
  const { tx, viewer } = attempt;
  const request = await lockRequest(tx, viewer, requestId);
  if (request === null) return { ...refuse('REQUEST_NOT_FOUND', { field: ['requests'] }), subject: {} };
  if (asksAdministrator(request)) return decideAdministration(attempt, result, request, asked);
  const subject = subjectOf(request);
  const facts = await approvalFacts(attempt, request);
  const { now } = facts;
  const decision = decideApproval({ ...facts, ...asked, result });
  if (isRefused(decision)) {
    if (decision.refusals[0]?.code === 'REQUEST_TIMED_OUT') await timeOut(tx, request.id, now);
    return { ...decision, subject };
  }
  const { justification, durationMinutes } = asked;
  await insertDecision(tx, {
    ...{ requestId, requestorId: request.requestorId as string, stage: decision.stage, decidedBy: viewer.id },
    ...{ result, justification: justification as string, durationMinutes, decidedAt: now },
  });
  const event = { ...subject, at: now, actorId: viewer.id };
  const payload = { justification, stage: decision.stage };
  switch (decision.outcome) {
    case 'DENIED':
      await closeRequest(tx, requestId, 'DENIED', now);
      await record(tx, { ...event, type: 'request.denied', payload });
      return written(requestId, 'DENIED');
    case 'STAGE_APPROVED': {
      const { stage, openedAt } = decision.next;
      if (stage > decision.stage) await openStage(tx, requestId, stage, escalatesAt(facts.stages[stage - 1], openedAt));
      await record(tx, { ...event, type: 'request.stageApproved', payload });
      return written(requestId, 'PENDING_APPROVAL');
    }
    case 'APPROVED': {
      const { granted } = decision;
      const startsAt = 'startsAt' in granted ? granted.startsAt : now;
      const status = startsAt > now ? 'GRANTED' : 'PROVISIONED';
      await closeRequest(tx, requestId, status, startsAt);
      await record(tx, { ...event, type: 'request.approved', payload });
      const by = { requestId, actorId: viewer.id, at: now };
      const assignmentId =
        'startsAt' in granted ? await grant(tx, granted, by) : await prolong(tx, granted, subject, by);
      return { requestId, assignmentId, status } satisfies Written;
    }
    default:
      return decision satisfies never;
  }
}

/** The activation as it would be asked for now, by the same person with the same proof; and who was, and is, to decide. */
async function approvalFacts({ tx, viewer }: Attempt, request: LockedRequest) {
  const db = tx.getKysely();
  const { facts: activation } = await activationFacts(tx, {
    viewerId: request.principalId,
    eligibilityId: request.eligibilityId ?? request.id,
    scope: { id: request.scopeId },
    scopeViewer: null,
    schedule: request,
    reasons: request,
    proof: request,
  });
  const { policyVersionId, provider } = request;
  const rules = policyVersionId === null ? defaultPolicy(provider) : await policyVersion(db, policyVersionId);
  const { named, votes } = await approvalSoFar(db, request.id);
  const stages = named.map((stage, index) => {
    const rule = rules.Approval_EndUser_Assignment.stages[index];
    return { ...stage, quorum: rule?.quorum ?? 1, escalateAfterMinutes: rule?.escalation?.afterMinutes ?? null };
  });
  const now = await databaseNow(tx);
  const common = { now, viewerId: viewer.kind === 'USER' ? viewer.id : '', request, votes };
  const policyNow = await currentPolicy(db, { ...request, scopeId: request.policyScopeId });
  const stagesNow = await stagesOf(db, provider, policyNow.rules, request.principalId);
  const extension = request.action === 'SELF_EXTEND' ? await askedExtension(tx, request, activation) : null;
  return { ...common, stages, stagesNow, activation: { ...activation, now, provedAt: request.createdAt }, extension };
}

/** The longer end as it would be asked for now. */
async function askedExtension(tx: Transaction, request: LockedRequest, activation: ActivationFacts) {
  const assignment = await lockActivation(tx, request);
  const { eligibility, held, reasons, proof, rules, stages, now } = activation;
  const others = held.filter((period) => period.startsAt.getTime() !== assignment?.startsAt.getTime());
  const { principalId: viewerId, endsAt, durationMinutes } = request;
  const wish = { viewerId, assignment, endsAt, durationMinutes, held: others, pending: false };
  return { ...wish, now, provedAt: request.createdAt, eligibility, reasons, proof, rules, stages };
}

function written(requestId: string, status: RequestStatus): Written {
  return { requestId, assignmentId: null, status };
}

function subjectOf({ id, provider, assignmentType, principalId, roleId, scopeId }: LockedRequest) {
  return { requestId: id, provider, assignmentType, principalId, roleId, scopeId };
}
