/** An administrator makes expired assignments anew; a former holder asks for it. Each on its own. */
import { decideRenewal, type RenewalFacts } from '../decision/renewal.ts';
import type { Reasons } from '../decision/rules.ts';
import type { Period } from '../decision/schedule.ts';
import type { EndInput } from '../decision/update.ts';
import type { AssignmentType } from '../decision/words.ts';
import { isRefused } from '../refusals.ts';
import { insertAssignment } from '../store/assignment.ts';
import { otherPeriods, type TargetAssignment } from '../store/change.ts';
import { record } from '../store/event.ts';
import { principalsById } from '../store/principal.ts';
import { closeOverdue, hasPendingRequest, insertRequest } from '../store/request.ts';
import { rolesById } from '../store/role.ts';
import { scopeFacts } from '../store/scope.ts';
import type { Transaction } from '../store/transaction.ts';
import { type ActionContext, type Attempt, type CommonInput, type Outcome, perform, type Written } from './perform.ts';
import { changeOf, subjectOf } from './removal.ts';
import { changeFacts } from './update.ts';

interface Wish {
  readonly schedule: EndInput;
  readonly reasons: Reasons;
}

export interface RenewInput extends CommonInput, Wish {
  readonly assignmentIds: readonly string[];
}

/** One after the other, in the order given; each has its own answer, and its own share of the idempotency key. */
export async function renew(
  context: ActionContext,
  { assignmentIds, idempotencyKey: key, ...wish }: RenewInput,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const assignmentId of assignmentIds) {
    const input = { ...wish, assignmentId, idempotencyKey: key == null ? null : `${key} ${assignmentId}` };
    outcomes.push(await perform(context, 'renew', input, (attempt) => renewOne(attempt, assignmentId, wish)));
  }
  return outcomes;
}

async function renewOne(attempt: Attempt, assignmentId: string, { schedule, reasons }: Wish) {
  const { tx, viewer } = attempt;
  const { row, policyVersionId, ...facts } = await changeFacts(attempt, assignmentId);
  const { now } = facts;
  const decision = decideRenewal(row && { ...facts, ...(await renewalFacts(attempt, row, now)), schedule, reasons });
  if (isRefused(decision)) return { ...decision, subject: row ? subjectOf(row) : {} };
  if (row === null) throw new Error('a renewal was decided on no assignment');
  const { startsAt, endsAt, durationMinutes } = schedule;
  const change = changeOf(row, { viewer, reasons, policyVersionId, now });
  const order = { ...change, startsAt, endsAt, durationMinutes, condition: row.condition };
  const { renewed } = decision;
  if (decision.by === 'HOLDER') {
    const waiting = { action: 'SELF_RENEW', status: 'PENDING_ADMIN_DECISION', completedAt: null } as const;
    await closeOverdue(tx, order, now);
    const requestId = await insertRequest(tx, { ...order, ...waiting });
    const event = { ...subjectOf(row), type: 'request.created', at: now, actorId: viewer.id, requestId } as const;
    await record(tx, { ...event, payload: { ...renewed } });
    return { requestId, assignmentId: null, status: waiting.status } satisfies Written;
  }
  const status = renewed.startsAt > now ? 'GRANTED' : 'PROVISIONED';
  const requestId = await insertRequest(tx, { ...order, action: 'ADMIN_RENEW', status, completedAt: renewed.startsAt });
  const made = { actorId: viewer.id, at: now, requestId, type: row.type };
  return { requestId, assignmentId: await makeAnew(tx, row, renewed, made), status } satisfies Written;
}

/** What could be made today, by the same principal at the same scope. */
async function renewalFacts({ tx, viewer }: Attempt, row: TargetAssignment, now: Date) {
  const pending = await hasPendingRequest(tx.getKysely(), { ...row, assignmentType: row.type }, now);
  return { ...(await legalityFacts(tx, row)), viewer, pending, held: await otherPeriods(tx, row.id, row) };
}

export async function legalityFacts(
  tx: Transaction,
  row: TargetAssignment,
): Promise<Pick<RenewalFacts, 'role' | 'scope' | 'principal'>> {
  const db = tx.getKysely();
  const [role] = await rolesById(db, [row.roleId]);
  const scope = await scopeFacts(db, null, { id: row.scopeId });
  if (!role || scope === null) throw new Error('an assignment has no role or no scope');
  const [principal] = await principalsById(db, [row.principalId]);
  return { role, scope, principal: principal ?? null };
}

interface Made {
  readonly type: AssignmentType;
  readonly requestId: string;
  readonly actorId: string;
  readonly at: Date;
}

/** A new assignment in the place of an old one, and its event. */
export async function makeAnew(tx: Transaction, row: TargetAssignment, period: Period, made: Made): Promise<string> {
  const { type, requestId, actorId, at } = made;
  const { provider, roleId, scopeId, principalId, condition } = row;
  const assignmentId = await insertAssignment(tx, {
    ...{ provider, roleId, scopeId, principalId, type, condition, requestId, createdAt: at },
    ...{ state: 'ASSIGNED', eligibilityId: null, startsAt: period.startsAt, endsAt: period.endsAt },
  });
  const event = {
    ...subjectOf(row),
    type: 'assignment.renewed',
    assignmentType: type,
    assignmentId,
    requestId,
  } as const;
  await record(tx, { ...event, at, actorId, payload: { ...period, inPlaceOf: row.id } });
  return assignmentId;
}
