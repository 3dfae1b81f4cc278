/** A holder, or an administrator, ends an activation before its end. */
import { decideDeactivation } from '../decision/deactivation.ts';
import { defaultPolicy } from '../decision/policy.ts';
import { isRefused } from '../refusals.ts';
import { endAssignment } from '../store/assignment.ts';
import { lockTarget, type TargetAssignment } from '../store/change.ts';
import { record } from '../store/event.ts';
import { currentPolicy } from '../store/policy.ts';
import { insertRequest } from '../store/request.ts';
import { scopeFacts } from '../store/scope.ts';
import { databaseNow } from '../store/transaction.ts';
import { type ActionContext, type Attempt, type CommonInput, type Outcome, perform } from './perform.ts';
import { cancelGranted } from './removal.ts';

export interface DeactivateInput extends CommonInput {
  readonly assignmentId: string;
  readonly justification: string | null;
}

export function deactivate(context: ActionContext, input: DeactivateInput): Promise<Outcome> {
  return perform(context, 'deactivate', input, async (attempt) => {
    const { tx, viewer } = attempt;
    const { facts, policyVersionId, subject } = await deactivationFacts(attempt, input.assignmentId);
    const decision = decideDeactivation(facts);
    if (isRefused(decision)) return { ...decision, subject: subject ?? {} };
    if (subject === null) throw new Error('a deactivation was decided on no assignment');
    const { assignmentId, ...access } = subject;
    const holder = decision.by === 'HOLDER';
    const requestId = await insertRequest(tx, {
      ...access,
      ...viewer.proof,
      ...{ action: holder ? 'SELF_DEACTIVATE' : 'ADMIN_REMOVE', status: 'REVOKED', requestorId: viewer.id },
      ...{ eligibilityId: facts.assignment?.eligibilityId ?? null, targetId: assignmentId, policyVersionId },
      ...{ justification: input.justification, ticketNumber: null, ticketSystem: null },
      ...{ startsAt: null, endsAt: null, durationMinutes: null, expiresAt: null, escalatesAt: null },
      ...{ createdAt: facts.now, completedAt: facts.now },
    });
    await endAssignment(tx, assignmentId, decision.endedAt, holder ? 'DEACTIVATED' : 'REMOVED');
    const event = { type: 'assignment.deactivated', at: facts.now, actorId: viewer.id, requestId } as const;
    await record(tx, { ...subject, ...event, payload: { endedAt: decision.endedAt } });
    if (facts.assignment && facts.assignment.startsAt > facts.now) {
      await cancelGranted(tx, facts.assignment, { now: facts.now, actorId: viewer.id });
    }
    return { requestId, assignmentId, status: 'REVOKED' };
  });
}

async function deactivationFacts({ tx, viewer }: Attempt, id: string) {
  const db = tx.getKysely();
  const row = await lockTarget(tx, viewer, id);
  const scope = row && (await scopeFacts(db, null, { id: row.scopeId }));
  const policy = row && (await currentPolicy(db, { ...row, scopeId: row.eligibilityScopeId ?? row.scopeId }));
  const assignment = row && scope && { ...row, target: { ...row, ancestorIds: scope.ancestorIds, group: scope.group } };
  const { minimumMinutes } = (policy?.rules ?? defaultPolicy('ENTRA_ROLE')).Expiration_EndUser_Assignment;
  const facts = { now: await databaseNow(tx), viewerId: viewer.id, powers: viewer.powers, assignment, minimumMinutes };
  return { facts, policyVersionId: policy?.versionId ?? null, subject: row && subjectOf(row) };
}

function subjectOf({ id, provider, roleId, scopeId, principalId, type }: TargetAssignment) {
  return { provider, roleId, scopeId, principalId, assignmentType: type, assignmentId: id };
}
