/** What was granted for later begins, if everything it was granted by still holds. */
import { decideStart } from '../decision/start.ts';
import { isRefused } from '../refusals.ts';
import { unlessLast } from '../store/administrators.ts';
import { endAssignment, lockEligibility } from '../store/assignment.ts';
import type { Database } from '../store/database.ts';
import { lockStarting, type StartingAssignment } from '../store/due.ts';
import { RequestEntity } from '../store/entities.ts';
import { record } from '../store/event.ts';
import { currentPolicy } from '../store/policy.ts';
import { rolesById } from '../store/role.ts';
import { scopeFacts } from '../store/scope.ts';
import { databaseNow, type Transaction, transact } from '../store/transaction.ts';

/** @returns false when there was nothing to do: it has begun, ended, or another scheduler is at it */
export function startAssignment(database: Database, id: string): Promise<boolean> {
  return transact(database, async (tx) => {
    const starting = await lockStarting(tx, id);
    if (starting === null) return false;
    const decision = decideStart(await startFacts(tx, starting));
    const now = await databaseNow(tx);
    const { requestId, startsAt, endsAt } = starting;
    const event = { ...subjectOf(starting), at: now, actorId: null };
    const begin = async () => {
      await tx.nativeUpdate(RequestEntity, { id: requestId }, { status: 'PROVISIONED', completedAt: startsAt });
      await record(tx, { ...event, type: 'assignment.started', payload: { startsAt, endsAt } });
    };
    if (!isRefused(decision)) await begin();
    else {
      const refusals = decision.refusals.map(({ code, failedRules }) => ({ code, failedRules }));
      const failed = await unlessLast(tx, async (inner) => {
        // What is found late was in force by the clock until now, and the record does not deny it.
        await endAssignment(inner, id, endsAt !== null && endsAt < now ? endsAt : now, 'FAILED');
        await inner.nativeUpdate(RequestEntity, { id: requestId }, { status: 'FAILED', completedAt: now });
        await record(inner, { ...event, type: 'request.failed', payload: { startsAt, endsAt, refusals } });
      });
      // By the clock it is in force already, and nobody else is left.
      if (!failed) await begin();
    }
    return true;
  });
}

async function startFacts(tx: Transaction, starting: StartingAssignment) {
  const db = tx.getKysely();
  const { provider, roleId, scopeId, principalId, eligibilityId, requestedAt } = starting;
  const eligibility = eligibilityId === null ? null : await lockEligibility(tx, principalId, eligibilityId);
  const [role] = await rolesById(db, [roleId]);
  const scope = await scopeFacts(db, null, { id: scopeId });
  if (!role || scope === null) throw new Error('an assignment has no role or no scope');
  // As for every activation, the policy is that of the eligible assignment's scope.
  const policy = await currentPolicy(db, { provider, roleId, scopeId: eligibility?.scopeId ?? scopeId });
  const { type, state, principalEnabled, approved, startsAt, endsAt } = starting;
  const { justification, ticketNumber, ticketSystem, multiFactorAt, authenticationContexts } = starting;
  return {
    ...{ type, state, principalEnabled, approved, requestedAt, eligibility, role, scope, rules: policy.rules },
    period: { startsAt, endsAt },
    reasons: { justification, ticketNumber, ticketSystem },
    proof: { multiFactorAt, authenticationContexts },
  };
}

function subjectOf({ id, provider, roleId, scopeId, principalId, type, requestId }: StartingAssignment) {
  return { provider, roleId, scopeId, principalId, assignmentType: type, assignmentId: id, requestId };
}
