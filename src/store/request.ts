/** What was asked for? Requests as lists, by id, as facts for decisions, and their writes. */
import { type RawBuilder, sql } from 'kysely';
import type { ApprovalStageFacts, Vote } from '../decision/approval.ts';
import { managesSomething, type Viewer } from '../decision/powers.ts';
import {
  type ApprovalResult,
  type AssignmentType,
  type Provider,
  REQUEST_ACTIONS,
  REQUEST_STATUSES,
  type RequestAction,
  type RequestStatus,
} from '../decision/words.ts';
import type { At } from './assignment.ts';
import { insertRow, insertRows } from './bulk.ts';
import {
  asksOnly,
  byPrincipalName,
  type Condition,
  chosenFrom,
  columnsOf,
  contradiction,
  firstFew,
  type IndexRange,
  isUsual,
  type Ordering,
  type Orders,
  ordered,
  type Page,
  type PageArguments,
  providersOf,
  readPage,
  readRows,
  refuseEmptySpan,
  type Wanted,
  type WantedRow,
} from './connection.ts';
import { among, type Sql } from './database.ts';
import { ApprovalDecisionEntity, RequestEntity } from './entities.ts';
import { record } from './event.ts';
import { type PrincipalRow, principalJoin } from './principal.ts';
import type { Read } from './reads.ts';
import { type RoleRow, roleJoin } from './role.ts';
import { atOrBelow, placeBelow, type ScopeRow, scopeJoin } from './scope.ts';
import { fewNamed, named } from './search.ts';
import { instant, type Transaction } from './transaction.ts';
import { manageableAccess, seesWidely, visibleRequest, visibleSingleRequest } from './visibility.ts';

export interface RequestRow {
  readonly id: string;
  readonly action: RequestAction;
  readonly status: RequestStatus;
  readonly assignmentType: AssignmentType;
  readonly provider: Provider;
  readonly roleId: string;
  readonly scopeId: string;
  readonly principalId: string;
  readonly requestorId: string | null;
  readonly eligibilityId: string | null;
  readonly targetId: string | null;
  readonly condition: string | null;
  readonly justification: string | null;
  readonly ticketNumber: string | null;
  readonly ticketSystem: string | null;
  readonly startsAt: string | null;
  readonly endsAt: string | null;
  readonly durationMinutes: number | null;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly completedAt: string | null;
  /** What it names, where that was read with it. */
  readonly principal?: PrincipalRow;
  readonly requestor?: PrincipalRow | null;
  readonly role?: RoleRow;
  readonly scope?: ScopeRow;
}

export interface RequestFilter {
  readonly providers?: readonly Provider[] | null | undefined;
  readonly actions?: readonly RequestAction[] | null | undefined;
  readonly statuses?: readonly RequestStatus[] | null | undefined;
  readonly principalIds?: readonly string[] | null | undefined;
  readonly requestorIds?: readonly string[] | null | undefined;
  /** Part of the display name of the principal, the role or the scope, in any letter case. */
  readonly search?: string | null | undefined;
  readonly roleIds?: readonly string[] | null | undefined;
  readonly below?: string | null | undefined;
  readonly createdAfter?: Date | null | undefined;
  readonly createdBefore?: Date | null | undefined;
  /** Only those that wait for the viewer's decision. */
  readonly awaitingMyApproval?: boolean | null | undefined;
}

/** Time passes without anybody writing it down: an overdue request has timed out, a granted one that has begun is provisioned. */
export const REQUEST_STATUS = sql<RequestStatus>`CASE
  WHEN q.status = 'PENDING_APPROVAL' AND q.expires_at <= clock_timestamp() THEN 'TIMED_OUT'
  WHEN q.status = 'GRANTED' AND q.completed_at <= clock_timestamp() THEN 'PROVISIONED'
  ELSE q.status END`;

const Q = {
  ...columnsOf('q', {
    ...{ id: 'id', action: 'action', assignmentType: 'assignment_type', provider: 'provider', roleId: 'role_id' },
    ...{
      scopeId: 'scope_id',
      principalId: 'principal_id',
      requestorId: 'requestor_id',
      eligibilityId: 'eligibility_id',
    },
    ...{ targetId: 'target_id', condition: 'condition', justification: 'justification', ticketNumber: 'ticket_number' },
    ...{ ticketSystem: 'ticket_system', startsAt: 'starts_at', endsAt: 'ends_at', durationMinutes: 'duration_minutes' },
    ...{ createdAt: 'created_at', expiresAt: 'expires_at', completedAt: 'completed_at' },
  } as const),
  status: REQUEST_STATUS,
} satisfies Record<Exclude<keyof RequestRow, 'principal' | 'requestor' | 'role' | 'scope'>, RawBuilder<unknown>>;

const JOINS = {
  principal: principalJoin('p', Q.principalId),
  requestor: principalJoin('o', Q.requestorId),
  role: roleJoin(Q.roleId),
  scope: scopeJoin(Q.scopeId),
};

export const REQUEST_ORDERS = ['CREATED_AT', 'PRINCIPAL_NAME'] as const;
export type RequestOrder = Ordering<(typeof REQUEST_ORDERS)[number]>;

const ORDERS: Orders<RequestOrder['field']> = {
  fields: {
    CREATED_AT: { by: Q.createdAt, type: 'timestamptz' },
    PRINCIPAL_NAME: { by: sql`holder.display_name`, type: 'text' },
  },
  id: Q.id,
  usual: { field: 'CREATED_AT', direction: 'DESC' },
};

export async function listRequests(
  db: Sql,
  viewer: Viewer,
  { orderBy, ...filter }: RequestFilter & { readonly orderBy?: RequestOrder | null | undefined },
  page: PageArguments,
  wanted?: Wanted,
): Promise<Page<RequestRow>> {
  const isUsualOrder = isUsual(ORDERS.usual, orderBy);
  const conditions = await requestConditions(db, viewer, filter, isUsualOrder);
  const { from, where, isFew } = chosenFrom(sql`request q`, 'q', conditions);
  const isRare = isFew || filter.awaitingMyApproval === true;
  const byName = orderBy?.field === 'PRINCIPAL_NAME' ? byPrincipalName(from, 'q', isRare) : { from };
  const list = { columns: Q, alias: 'q', joins: JOINS, where, ...byName, ...ordered('requests', ORDERS, orderBy) };
  return readPage(db, { ...list, isSoonFound: isSoonFound(filter) }, page, wanted);
}

/** As with assignments, few of them are found first. */
async function requestConditions(
  db: Sql,
  viewer: Viewer,
  filter: RequestFilter,
  isUsualOrder: boolean,
): Promise<Condition[]> {
  const { below, search, ...rest } = filter;
  const conditions: Condition[] = chosenRequests(viewer, rest).map((condition) => ({ condition, isFew: false }));
  const found = below == null ? [] : [await placeBelow(db, 'q.scope_id', below)];
  if (!isUsualOrder) conditions.push(...(await firstFew(db, sql`request q`, indexRanges(filter))));
  const providers = providersOf(filter.providers, found);
  const wide = seesWidely(viewer, providers);
  if (search != null) {
    const narrow = providers.filter((provider) => !wide.includes(provider));
    const others = visibleRequest(viewer, 'q', { providers: narrow, isFew: true });
    conditions.push(...(await fewNamed(db, { table: 'request', alias: 'q', text: search, wide, others })));
  }
  // Whoever is asked to decide a request sees it.
  if (filter.awaitingMyApproval !== true) {
    const isFew = wide.length === 0;
    conditions.push({ condition: visibleRequest(viewer, 'q', { providers, isFew }), isFew });
  }
  return [...conditions, ...found];
}

function indexRanges(filter: RequestFilter): IndexRange[] {
  const { statuses, actions, principalIds, requestorIds, roleIds, createdAfter, createdBefore } = filter;
  const ranges: IndexRange[] = [];
  if (principalIds) ranges.push({ where: among(Q.principalId, principalIds), by: Q.principalId });
  if (requestorIds) ranges.push({ where: among(Q.requestorId, requestorIds), by: Q.requestorId });
  if (roleIds) ranges.push({ where: among(Q.roleId, roleIds), by: Q.roleId });
  if (statuses) ranges.push({ where: ofStatuses(statuses), by: sql`q.status` });
  if (actions) ranges.push({ where: ofActions(actions), by: Q.action });
  if (createdAfter != null || createdBefore != null) {
    const after = createdAfter ?? '-infinity';
    const before = createdBefore ?? 'infinity';
    const where = sql<boolean>`(q.created_at > ${after}::timestamptz AND q.created_at < ${before}::timestamptz)`;
    ranges.push({ where, by: Q.createdAt });
  }
  return ranges;
}

/** Few wait for anybody, and few are about one. */
function isSoonFound(filter: RequestFilter): boolean {
  const isOfFew = filter.awaitingMyApproval === true || filter.principalIds != null;
  return isOfFew && asksOnly(filter, ['awaitingMyApproval', 'principalIds']);
}

/** Of the alias `q`. @throws ArgumentError when no request could ever fit */
export function chosenRequests(viewer: Viewer, filter: RequestFilter): RawBuilder<boolean>[] {
  refuseContradictions(filter);
  const where: RawBuilder<boolean>[] = [];
  if (filter.providers) where.push(sql<boolean>`q.provider = ANY(${[...filter.providers]})`);
  if (filter.actions) where.push(ofActions(filter.actions));
  if (filter.statuses) where.push(ofStatuses(filter.statuses));
  if (filter.principalIds) where.push(among(Q.principalId, filter.principalIds));
  if (filter.requestorIds) where.push(among(Q.requestorId, filter.requestorIds));
  if (filter.search != null) where.push(named('q', filter.search));
  if (filter.roleIds) where.push(among(Q.roleId, filter.roleIds));
  if (filter.below != null) where.push(atOrBelow('q.scope_id', filter.below));
  if (filter.createdAfter != null) where.push(sql<boolean>`q.created_at > ${filter.createdAfter}`);
  if (filter.createdBefore != null) where.push(sql<boolean>`q.created_at < ${filter.createdBefore}`);
  if (filter.awaitingMyApproval != null) {
    where.push(filter.awaitingMyApproval ? waitsFor(viewer) : sql<boolean>`NOT ${waitsFor(viewer)}`);
  }
  return where;
}

/** Written out, so that the plan is one for these. */
function ofActions(actions: readonly RequestAction[]): RawBuilder<boolean> {
  const asked = REQUEST_ACTIONS.filter((action) => actions.includes(action)).map((action) => sql.lit(action));
  return asked.length === 0 ? sql`false` : sql`q.action IN (${sql.join(asked)})`;
}

/** By what is stored, as the index has it: one status each, and what time has made of another. */
function ofStatuses(statuses: readonly RequestStatus[]): RawBuilder<boolean> {
  const stored = (status: RequestStatus) => sql<boolean>`q.status = ${sql.lit(status)}`;
  const isOverdue = sql`(q.expires_at <= clock_timestamp()) IS TRUE`;
  const hasBegun = sql`(q.completed_at <= clock_timestamp()) IS TRUE`;
  const parts = REQUEST_STATUSES.filter((status) => statuses.includes(status)).map((status) => {
    switch (status) {
      case 'PENDING_APPROVAL':
        return sql`(${stored(status)} AND NOT ${isOverdue})`;
      case 'TIMED_OUT':
        return sql`(${stored(status)} OR ${stored('PENDING_APPROVAL')} AND ${isOverdue})`;
      case 'GRANTED':
        return sql`(${stored(status)} AND NOT ${hasBegun})`;
      case 'PROVISIONED':
        return sql`(${stored(status)} OR ${stored('GRANTED')} AND ${hasBegun})`;
      default:
        return stored(status);
    }
  });
  return sql`(${sql.join([...parts, ...(parts.length === 0 ? [sql`false`] : [])], sql` OR `)})`;
}

const UNDECIDED: readonly RequestStatus[] = ['PENDING_APPROVAL', 'PENDING_ADMIN_DECISION'];

function refuseContradictions({ createdAfter, createdBefore, awaitingMyApproval, statuses }: RequestFilter): void {
  refuseEmptySpan(['createdAfter', createdAfter], ['createdBefore', createdBefore]);
  const decided = statuses != null && statuses.length > 0 && !statuses.some((status) => UNDECIDED.includes(status));
  if (awaitingMyApproval === true && decided) {
    throw contradiction('awaitingMyApproval: true', `statuses without ${UNDECIDED.join(' and ')}`);
  }
}

/** True for a request of the alias `q` that the viewer may decide now. */
function waitsFor(viewer: Viewer): RawBuilder<boolean> {
  // IS TRUE hides it from the index of statuses: more waits for anybody than for the viewer.
  const approved = sql<boolean>`((q.status = 'PENDING_APPROVAL') IS TRUE AND q.expires_at > clock_timestamp()
    AND q.id IN (SELECT asked.request_id FROM request_approver asked WHERE asked.approver_id = ${viewer.id})
    AND EXISTS (SELECT 1 FROM request_approver asked
      WHERE asked.request_id = q.id AND asked.approver_id = ${viewer.id} AND asked.stage = q.stage
        AND (NOT asked.escalation OR q.escalates_at <= clock_timestamp()))
    AND NOT EXISTS (SELECT 1 FROM approval_decision d WHERE d.request_id = q.id AND d.decided_by = ${viewer.id}))`;
  // Alone, it begins with what the viewer was asked.
  if (viewer.kind !== 'USER' || !managesSomething(viewer.powers)) return approved;
  return sql<boolean>`(${approved} OR (q.status = 'PENDING_ADMIN_DECISION' AND q.principal_id <> ${viewer.id}
    AND ${manageableAccess(viewer, { alias: 'q', typeColumn: 'assignment_type' })}))`;
}

export function requestsById(
  db: Sql,
  ids: readonly string[],
  viewer: Viewer,
  wanted: WantedRow = null,
): Promise<RequestRow[]> {
  const where = [among(Q.id, ids), visibleSingleRequest(viewer)];
  return readRows(db, { columns: Q, joins: JOINS, from: sql`request q`, where }, wanted);
}

export interface RequestKey {
  readonly principalId: string;
  readonly roleId: string;
  readonly scopeId: string;
  readonly assignmentType: AssignmentType;
}

/** True while another request for the same access waits for a decision. */
export async function hasPendingRequest(db: Sql, key: RequestKey, now: Date): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM request WHERE ${openFor(key)} AND (expires_at IS NULL OR expires_at > ${now})`.execute(db);
  return rows.length > 0;
}

/** The same as of the clock of the statement. */
export function pendingRead(key: At<RequestKey>): Read<boolean> {
  const now = sql`date_trunc('milliseconds', clock_timestamp())`;
  return {
    query: sql`SELECT 1 FROM request WHERE ${openFor(key)} AND (expires_at IS NULL OR expires_at > ${now})`,
    of: (rows) => rows.length > 0,
  };
}

/** Closes requests for the same access that nobody decided in time, so that a new one can be opened. */
export async function closeOverdue(tx: Transaction, key: RequestKey, now: Date): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM request WHERE ${openFor(key)} AND expires_at <= ${now} FOR UPDATE`.execute(tx.getKysely());
  for (const { id } of rows) await timeOut(tx, id, now);
}

function openFor({ principalId, roleId, scopeId, assignmentType }: At<RequestKey>) {
  return sql<boolean>`principal_id = ${principalId} AND role_id = ${roleId} AND scope_id = ${scopeId}
    AND assignment_type = ${assignmentType} AND status IN ('PENDING_APPROVAL', 'PENDING_ADMIN_DECISION')`;
}

export async function timeOut(tx: Transaction, id: string, now: Date): Promise<void> {
  const row = await tx.findOneOrFail(RequestEntity, { id });
  Object.assign(row, { status: 'TIMED_OUT', completedAt: now });
  await tx.flush();
  const { provider, assignmentType, principalId, roleId, scopeId } = row;
  const subject = { provider, assignmentType, principalId, roleId, scopeId, requestId: id };
  await record(tx, { ...subject, type: 'request.timedOut', at: now, actorId: null });
}

export interface LockedRequest extends RequestKey {
  readonly id: string;
  readonly action: RequestAction;
  readonly status: RequestStatus;
  readonly provider: Provider;
  readonly requestorId: string | null;
  readonly eligibilityId: string | null;
  readonly justification: string | null;
  readonly ticketNumber: string | null;
  readonly ticketSystem: string | null;
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
  readonly durationMinutes: number | null;
  readonly multiFactorAt: Date | null;
  readonly authenticationContexts: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  /** The policy it was judged by; null: the defaults of then. */
  readonly policyVersionId: string | null;
  /** Where the policy is that governs it: an activation's is that of the eligible assignment's scope. */
  readonly policyScopeId: string;
  /** The assignment that it changes, extends, renews or removes. */
  readonly targetId: string | null;
}

const INSTANTS = ['startsAt', 'endsAt', 'multiFactorAt', 'createdAt', 'expiresAt'] as const;

/** Two decisions on one request wait for each other here. Null: absent, or hidden from the viewer. */
export async function lockRequest(tx: Transaction, viewer: Viewer, id: string): Promise<LockedRequest | null> {
  const { rows } = await sql<Record<string, unknown>>`
    SELECT q.id, q.action, q.status, q.assignment_type AS "assignmentType", q.provider, q.role_id AS "roleId", q.scope_id AS "scopeId",
      q.principal_id AS "principalId", q.requestor_id AS "requestorId", q.eligibility_id AS "eligibilityId", q.justification,
      q.ticket_number AS "ticketNumber", q.ticket_system AS "ticketSystem", q.starts_at AS "startsAt", q.ends_at AS "endsAt",
      q.duration_minutes AS "durationMinutes", q.multi_factor_at AS "multiFactorAt",
      q.authentication_contexts AS "authenticationContexts", q.created_at AS "createdAt", q.expires_at AS "expiresAt",
      q.policy_version_id AS "policyVersionId", q.target_id AS "targetId",
      coalesce((SELECT e.scope_id FROM assignment e WHERE e.id = q.eligibility_id), q.scope_id) AS "policyScopeId"
    FROM request q WHERE q.id = ${id} AND ${visibleSingleRequest(viewer)}
    FOR UPDATE OF q`.execute(tx.getKysely());
  const [row] = rows;
  if (!row) return null;
  for (const name of INSTANTS) row[name] = instant(row[name] as string | null);
  return row as unknown as LockedRequest;
}

export interface NewRequest extends Omit<LockedRequest, 'id' | 'policyScopeId' | 'targetId'> {
  readonly targetId?: string | null;
  readonly condition?: string | null;
  /** When the backup approvers of the first stage may decide; null: never. */
  readonly escalatesAt: Date | null;
  readonly completedAt: Date | null;
}

export async function insertRequest(
  tx: Transaction,
  row: NewRequest,
  stages: readonly ApprovalStageFacts[] = [],
): Promise<string> {
  const id = crypto.randomUUID();
  await insertRow(tx.getKysely(), 'request', requestRow(id, row));
  const asked = stages.flatMap(({ approvers, backups }, index) => [
    ...approvers.map((approverId) => ({ approverId, stage: index + 1, escalation: false })),
    ...backups.map((approverId) => ({ approverId, stage: index + 1, escalation: true })),
  ]);
  await insertRows(
    tx.getKysely(),
    'request_approver',
    asked.map((approver) => ({ requestId: id, ...approver })),
  );
  return id;
}

/** Whatever else the given object carries is left out: facts about a policy or a viewer are spread into it. */
export function requestRow(id: string, row: NewRequest): object {
  const { action, status, assignmentType, provider, roleId, scopeId, principalId, requestorId, eligibilityId } = row;
  const { policyVersionId, justification, ticketNumber, ticketSystem, startsAt, endsAt, durationMinutes } = row;
  const { targetId = null, condition = null, multiFactorAt, authenticationContexts } = row;
  const { createdAt, expiresAt, escalatesAt, completedAt } = row;
  return {
    ...{ id, action, status, assignmentType, provider, roleId, scopeId, principalId, requestorId, eligibilityId },
    ...{ policyVersionId, justification, ticketNumber, ticketSystem, startsAt, endsAt, durationMinutes },
    ...{ targetId, condition, multiFactorAt, authenticationContexts: [...authenticationContexts] },
    ...{ createdAt, expiresAt, escalatesAt, completedAt },
  };
}

/** Who was named when the request was made, stage by stage, and what has been decided since. */
export async function approvalSoFar(
  db: Sql,
  requestId: string,
): Promise<{ named: readonly Pick<ApprovalStageFacts, 'approvers' | 'backups'>[]; votes: readonly Vote[] }> {
  const { rows: asked } = await sql<{ approverId: string; stage: number; escalation: boolean }>`
    SELECT approver_id AS "approverId", stage, escalation FROM request_approver WHERE request_id = ${requestId}`.execute(
    db,
  );
  const { rows } = await sql<Omit<Vote, 'at'> & { at: string }>`
    SELECT stage, decided_by AS "by", result, decided_at AS "at", duration_minutes AS "durationMinutes"
    FROM approval_decision WHERE request_id = ${requestId} ORDER BY decided_at`.execute(db);
  const named = Array.from({ length: Math.max(0, ...asked.map(({ stage }) => stage)) }, (_, index) => {
    const here = asked.filter(({ stage }) => stage === index + 1);
    const idsOf = (escalation: boolean) =>
      here.filter((one) => one.escalation === escalation).map(({ approverId }) => approverId);
    return { approvers: idsOf(false), backups: idsOf(true) };
  });
  return { named, votes: rows.map((row) => ({ ...row, at: instant(row.at) })) };
}

export interface NewDecision {
  readonly requestId: string;
  readonly requestorId: string;
  readonly stage: number;
  readonly decidedBy: string;
  readonly result: ApprovalResult;
  readonly justification: string;
  readonly durationMinutes: number | null;
  readonly decidedAt: Date;
}

export async function insertDecision(tx: Transaction, decision: NewDecision): Promise<void> {
  await tx.insert(ApprovalDecisionEntity, { ...decision, id: crypto.randomUUID() });
}

export async function openStage(tx: Transaction, id: string, stage: number, escalatesAt: Date | null): Promise<void> {
  await tx.nativeUpdate(RequestEntity, { id }, { stage, escalatesAt });
}

/** Backup approvers who have not been asked by now never will be, and are shown nothing of it. */
export async function closeRequest(
  tx: Transaction,
  id: string,
  status: RequestStatus,
  completedAt: Date,
): Promise<void> {
  await sql`UPDATE request SET status = ${status}, completed_at = ${completedAt},
      escalates_at = CASE WHEN escalates_at <= clock_timestamp() THEN escalates_at END
    WHERE id = ${id}`.execute(tx.getKysely());
}

/**
 * Whether the status is final and no event behind the position is about it; true as well for one that the viewer may not
 * see. What time has decided is final once it is written down: its event is still to come.
 */
export async function requestIsOver(
  db: Sql,
  viewer: Viewer,
  { id, position }: { id: string; position: number },
): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM request q WHERE q.id = ${id} AND ${visibleSingleRequest(viewer)} AND (
      q.status IN ('PENDING_APPROVAL', 'PENDING_ADMIN_DECISION', 'GRANTED')
      OR EXISTS (SELECT FROM event e WHERE e.request_id = q.id AND (e.position IS NULL OR e.position > ${position})))`.execute(
    db,
  );
  return rows.length === 0;
}
