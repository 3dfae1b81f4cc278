/** A holder makes a running activation last longer, at once or once it is approved. */
import { type ActivationExtension, decideActivationExtension } from '../decision/activationExtension.ts';
import { escalatesAt } from '../decision/approval.ts';
import { defaultPolicy } from '../decision/policy.ts';
import type { Reasons } from '../decision/rules.ts';
import { isRefused } from '../refusals.ts';
import {
  assignmentsById,
  extendAssignment,
  heldPeriods,
  type LockedAssignment,
  lockAssignment,
  lockEligibility,
} from '../store/assignment.ts';
import { type EventSubject, record } from '../store/event.ts';
import { currentPolicy } from '../store/policy.ts';
import { closeOverdue, hasPendingRequest, insertRequest } from '../store/request.ts';
import { databaseNow, type Transaction } from '../store/transaction.ts';
import { stagesOf } from './activation.ts';
import { type ActionContext, type Attempt, type CommonInput, type Outcome, perform, type Written } from './perform.ts';

export interface ExtendActivationInput extends CommonInput {
  readonly assignmentId: string;
  /** The new end, or how much longer than until the present one. */
  readonly endsAt: Date | null;
  readonly durationMinutes: number | null;
  readonly reasons: Reasons;
}

export function extendActivation(context: ActionContext, input: ExtendActivationInput): Promise<Outcome> {
  return perform(context, 'extendActivation', input, async (attempt) => {
    const { tx, viewer } = attempt;
    const { facts, row, policyVersionId } = await extensionFacts(attempt, input);
    const decision = decideActivationExtension(facts);
    const subject = row === null ? {} : subjectOf(row);
    if (isRefused(decision)) return { ...decision, subject };
    if (row === null) throw new Error('an extension was decided on no assignment');
    const { now } = facts;
    const by = { actorId: viewer.id, at: now };
    const request = requestOf(row, { ...input, policyVersionId, createdAt: now, proof: viewer.proof });
    if ('extended' in decision) {
      const closed = { status: 'PROVISIONED', expiresAt: null, escalatesAt: null, completedAt: now } as const;
      const requestId = await insertRequest(tx, { ...request, ...closed });
      const assignmentId = await prolong(tx, decision.extended, subject, { ...by, requestId });
      return { requestId, assignmentId, status: 'PROVISIONED' } satisfies Written;
    }
    const { expiresAt, stages } = decision.pendingApproval;
    const open = { status: 'PENDING_APPROVAL', expiresAt, completedAt: null } as const;
    await closeOverdue(tx, request, now);
    const asked = { ...request, ...open, escalatesAt: escalatesAt(stages[0], now) };
    const requestId = await insertRequest(tx, asked, stages);
    await record(tx, { ...subject, ...by, type: 'request.created', requestId, payload: { expiresAt } });
    return { requestId, assignmentId: null, status: 'PENDING_APPROVAL' } satisfies Written;
  });
}

/** Moves the end of the running row: there is no instant at which the role is not held. */
export async function prolong(
  tx: Transaction,
  { assignmentId, endsAt }: ActivationExtension,
  subject: EventSubject,
  { requestId, actorId, at }: { requestId: string; actorId: string; at: Date },
): Promise<string> {
  await extendAssignment(tx, assignmentId, endsAt);
  await record(tx, {
    ...subject,
    type: 'assignment.extended',
    at,
    actorId,
    assignmentId,
    requestId,
    payload: { endsAt },
  });
  return assignmentId;
}

async function extensionFacts({ tx, viewer }: Attempt, input: ExtendActivationInput) {
  const db = tx.getKysely();
  // What it rests on is locked before it, as by whoever removes that: in another order each would wait for the other.
  const [seen] = await assignmentsById(db, [input.assignmentId], viewer);
  const eligibility = seen?.eligibilityId ? await lockEligibility(tx, seen.principalId, seen.eligibilityId) : null;
  const row = await lockAssignment(tx, viewer, input.assignmentId);
  const policy = row && (await currentPolicy(db, { ...row, scopeId: row.eligibilityScopeId ?? row.scopeId }));
  const rules = policy?.rules ?? defaultPolicy('ENTRA_ROLE');
  const now = await databaseNow(tx);
  const held = row === null ? [] : await heldPeriods(db, row);
  const { endsAt, durationMinutes, reasons } = input;
  const facts = {
    ...{ now, viewerId: viewer.id, assignment: row, eligibility, endsAt, durationMinutes, reasons, rules },
    proof: viewer.proof,
    provedAt: now,
    held: held.filter((period) => period.startsAt.getTime() !== row?.startsAt.getTime()),
    pending: row !== null && (await hasPendingRequest(db, { ...row, assignmentType: row.type }, now)),
    stages: row === null ? [] : await stagesOf(db, row.provider, rules, viewer.id),
  };
  return { facts, row, policyVersionId: policy?.versionId ?? null };
}

type Asked = Pick<ExtendActivationInput, 'endsAt' | 'durationMinutes' | 'reasons'> & {
  readonly policyVersionId: string | null;
  readonly createdAt: Date;
  readonly proof: Attempt['viewer']['proof'];
};

function requestOf(
  row: LockedAssignment,
  { endsAt, durationMinutes, reasons, policyVersionId, createdAt, proof }: Asked,
) {
  const { provider, roleId, scopeId, principalId, type: assignmentType, eligibilityId } = row;
  return {
    ...{ provider, roleId, scopeId, principalId, assignmentType, eligibilityId, policyVersionId, createdAt },
    action: 'SELF_EXTEND',
    ...{ requestorId: principalId, targetId: row.id, startsAt: null, endsAt, durationMinutes },
    ...reasons,
    ...proof,
  } as const;
}

function subjectOf({ id, provider, roleId, scopeId, principalId, type }: LockedAssignment): EventSubject {
  return { provider, roleId, scopeId, principalId, assignmentType: type, assignmentId: id };
}
