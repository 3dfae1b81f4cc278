/** An administrator makes an eligible or active assignment. */
import { type AssignmentDecision, type AssignmentFacts, decideAssignment } from '../decision/assignment.ts';
import { DIRECTORY_SCOPE } from '../decision/role.ts';
import type { Reasons } from '../decision/rules.ts';
import type { ScheduleInput } from '../decision/schedule.ts';
import type { AssignmentType, Provider } from '../decision/words.ts';
import { isRefused } from '../refusals.ts';
import { assignmentRow, heldPeriods } from '../store/assignment.ts';
import { insertRow } from '../store/bulk.ts';
import { type EventSubject, record } from '../store/event.ts';
import { currentPolicy } from '../store/policy.ts';
import { principalFacts } from '../store/principal.ts';
import { hasPendingRequest, requestRow } from '../store/request.ts';
import { rolesById } from '../store/role.ts';
import { type ScopeReference, scopeFacts } from '../store/scope.ts';
import { databaseNow } from '../store/transaction.ts';
import { type BatchInput, performMany } from './batch.ts';
import {
  type ActionContext,
  type Attempt,
  type CommonInput,
  type Outcome,
  perform,
  type RefusedAttempt,
  type Written,
} from './perform.ts';

export interface AssignInput extends CommonInput {
  readonly principalId: string;
  readonly roleId: string;
  /** Null: the directory, for an Entra role. A path is one of the role's provider. */
  readonly scope: ScopeArgument | null;
  readonly type: AssignmentType;
  readonly schedule: ScheduleInput;
  readonly reasons: Reasons;
  /** An ABAC condition that narrows an Azure role. */
  readonly condition: string | null;
}

export type ScopeArgument = { readonly id: string } | { readonly path: string };

export function assign(context: ActionContext, input: AssignInput): Promise<Outcome> {
  return perform(context, 'assign', input, (attempt) => assignOne(attempt, input));
}

export interface AssignManyInput extends BatchInput {
  readonly assignments: readonly AssignInput[];
}

export function assignMany(context: ActionContext, input: AssignManyInput): Promise<Outcome[]> {
  return performMany(context, 'assignMany', input, {
    items: input.assignments,
    verb: 'assign',
    work: assignOne,
  });
}

export async function assignOne(attempt: Attempt, input: AssignInput): Promise<Written | RefusedAttempt> {
  const { facts, policyVersionId } = await assignmentFacts(attempt, input);
  const decision = decideAssignment(facts);
  if (isRefused(decision)) return { ...decision, subject: subjectOf(facts) };
  const { tx, viewer } = attempt;
  const made = madeBy(facts, decision, { viewerId: viewer.id, policyVersionId });
  await insertRow(tx.getKysely(), 'request', made.request);
  await insertRow(tx.getKysely(), 'assignment', made.assignment);
  await record(tx, made.event);
  return made.written;
}

interface Making {
  readonly viewerId: string;
  readonly policyVersionId: string | null;
  /** The bulk operation that makes it, if any. */
  readonly operationId?: string;
}

/** The rows of one assignment: what asked for it, the assignment itself, and what is on record about it. */
export function madeBy(
  facts: AssignmentFacts,
  { assigned }: AssignmentDecision,
  { viewerId, policyVersionId, operationId }: Making,
) {
  const status = assigned.startsAt > facts.now ? 'GRANTED' : 'PROVISIONED';
  const { startsAt, endsAt, ...access } = assigned;
  const [requestId, assignmentId] = [crypto.randomUUID(), crypto.randomUUID()];
  const request = requestRow(requestId, {
    ...access,
    ...facts.schedule,
    ...facts.reasons,
    ...facts.proof,
    condition: facts.condition,
    action: 'ADMIN_ASSIGN',
    status,
    assignmentType: facts.type,
    requestorId: viewerId,
    eligibilityId: null,
    policyVersionId,
    createdAt: facts.now,
    expiresAt: null,
    escalatesAt: null,
    completedAt: startsAt,
  });
  const assignment = assignmentRow(assignmentId, {
    ...assigned,
    type: facts.type,
    state: 'ASSIGNED',
    eligibilityId: null,
    requestId,
    condition: facts.condition,
    createdAt: facts.now,
  });
  const event = {
    ...access,
    type: 'assignment.assigned',
    at: facts.now,
    actorId: viewerId,
    assignmentType: facts.type,
    assignmentId,
    requestId,
    payload: { startsAt, endsAt, ...(operationId !== undefined && { operationId }) },
  } as const;
  return { request, assignment, event, written: { requestId, assignmentId, status } satisfies Written };
}

async function assignmentFacts({ tx, viewer }: Attempt, input: AssignInput) {
  const db = tx.getKysely();
  const [role = null] = await rolesById(db, [input.roleId]);
  const scope = role && (await scopeFacts(db, viewer, scopeReference(input.scope, role.provider)));
  const principal = await principalFacts(db, viewer, input.principalId);
  const provider = role?.provider ?? 'ENTRA_ROLE';
  const scopeId = scope?.id ?? DIRECTORY_SCOPE;
  const held = { principalId: input.principalId, roleId: input.roleId, scopeId, type: input.type };
  const policy = await currentPolicy(db, { provider, roleId: input.roleId, scopeId });
  const now = await databaseNow(tx);
  const facts = {
    now,
    powers: viewer.powers,
    role,
    scope,
    principal,
    type: input.type,
    schedule: input.schedule,
    reasons: input.reasons,
    proof: viewer.proof,
    held: await heldPeriods(db, held),
    pending: await hasPendingRequest(db, { ...held, assignmentType: input.type }, now),
    rules: policy.rules,
    condition: input.condition,
  };
  return { facts, policyVersionId: policy.versionId };
}

/** Without a scope: the directory for an Entra role; for the other providers a path that no scope has. */
export function scopeReference(scope: ScopeArgument | null, provider: Provider): ScopeReference {
  if (scope === null) return provider === 'ENTRA_ROLE' ? { id: DIRECTORY_SCOPE } : { provider, path: '' };
  return 'id' in scope ? scope : { provider, path: scope.path };
}

/** Only what exists and the viewer may see is named on record. */
function subjectOf({ role, scope, principal, type }: AssignmentFacts): EventSubject {
  return {
    assignmentType: type,
    ...(role && { provider: role.provider, roleId: role.id }),
    ...(scope && { scopeId: scope.id }),
    ...(principal && { principalId: principal.id }),
  };
}
