/** What was asked for? Requests as lists, by id, as facts for decisions, and their writes. */
import { sql } from 'kysely';
import type { Viewer } from '../decision/powers.ts';
import type { ApprovalResult, AssignmentType, Provider, RequestAction, RequestStatus } from '../decision/words.ts';
import { type Page, type PageArguments, readPage } from './connection.ts';
import type { Sql } from './database.ts';
import { ApprovalDecisionEntity, RequestApproverEntity, RequestEntity } from './entities.ts';
import { record } from './event.ts';
import { atOrBelow } from './scope.ts';
import { instant, type Transaction } from './transaction.ts';
import { visibleRequest } from './visibility.ts';

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
  readonly justification: string | null;
  readonly ticketNumber: string | null;
  readonly ticketSystem: string | null;
  readonly startsAt: string | null;
  readonly endsAt: string | null;
  readonly durationMinutes: number | null;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly completedAt: string | null;
}

export interface RequestFilter {
  readonly providers?: readonly Provider[] | null | undefined;
  readonly actions?: readonly RequestAction[] | null | undefined;
  readonly statuses?: readonly RequestStatus[] | null | undefined;
  readonly principalIds?: readonly string[] | null | undefined;
  readonly roleIds?: readonly string[] | null | undefined;
  readonly below?: string | null | undefined;
  readonly createdAfter?: Date | null | undefined;
  readonly createdBefore?: Date | null | undefined;
  /** Only those that wait for the viewer's decision. */
  readonly awaitingMyApproval?: boolean | null | undefined;
}

/** Time passes without anybody writing it down: an overdue request has timed out, a granted one that has begun is provisioned. */
const STATUS = sql<RequestStatus>`CASE
  WHEN q.status = 'PENDING_APPROVAL' AND q.expires_at <= clock_timestamp() THEN 'TIMED_OUT'
  WHEN q.status = 'GRANTED' AND q.completed_at <= clock_timestamp() THEN 'PROVISIONED'
  ELSE q.status END`;

const COLUMNS = sql`q.id, q.action, ${STATUS} AS status, q.assignment_type AS "assignmentType", q.provider, q.role_id AS "roleId",
  q.scope_id AS "scopeId", q.principal_id AS "principalId", q.requestor_id AS "requestorId", q.eligibility_id AS "eligibilityId",
  q.justification, q.ticket_number AS "ticketNumber", q.ticket_system AS "ticketSystem", q.starts_at AS "startsAt",
  q.ends_at AS "endsAt", q.duration_minutes AS "durationMinutes", q.created_at AS "createdAt", q.expires_at AS "expiresAt",
  q.completed_at AS "completedAt"`;

export function listRequests(
  db: Sql,
  viewer: Viewer,
  filter: RequestFilter,
  page: PageArguments,
): Promise<Page<RequestRow>> {
  const where = [visibleRequest(viewer, 'q')];
  if (filter.providers) where.push(sql<boolean>`q.provider = ANY(${[...filter.providers]})`);
  if (filter.actions) where.push(sql<boolean>`q.action = ANY(${[...filter.actions]})`);
  if (filter.statuses) where.push(sql<boolean>`${STATUS} = ANY(${[...filter.statuses]})`);
  if (filter.principalIds) where.push(sql<boolean>`q.principal_id = ANY(${[...filter.principalIds]}::uuid[])`);
  if (filter.roleIds) where.push(sql<boolean>`q.role_id = ANY(${[...filter.roleIds]}::uuid[])`);
  if (filter.below != null) where.push(atOrBelow('q', 'scope_id', filter.below));
  if (filter.createdAfter != null) where.push(sql<boolean>`q.created_at > ${filter.createdAfter}`);
  if (filter.createdBefore != null) where.push(sql<boolean>`q.created_at < ${filter.createdBefore}`);
  if (filter.awaitingMyApproval != null) {
    const waiting = sql<boolean>`(q.status = 'PENDING_APPROVAL' AND q.expires_at > clock_timestamp()
      AND q.id IN (SELECT request_id FROM request_approver WHERE approver_id = ${viewer.id}))`;
    where.push(filter.awaitingMyApproval ? waiting : sql<boolean>`NOT ${waiting}`);
  }
  const order = [
    { by: sql`q.created_at`, type: 'timestamptz' },
    { by: sql`q.id`, type: 'uuid' },
  ] as const;
  return readPage(
    db,
    { name: 'requests', columns: COLUMNS, from: sql`request q`, where, order, descending: true },
    page,
  );
}

export async function requestsById(db: Sql, ids: readonly string[], viewer: Viewer): Promise<RequestRow[]> {
  const { rows } = await sql<RequestRow>`
    SELECT ${COLUMNS} FROM request q WHERE q.id = ANY(${[...ids]}::uuid[]) AND ${visibleRequest(viewer, 'q')}`.execute(
    db,
  );
  return rows;
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

/** Closes requests for the same access that nobody decided in time, so that a new one can be opened. */
export async function closeOverdue(tx: Transaction, key: RequestKey, now: Date): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM request WHERE ${openFor(key)} AND expires_at <= ${now} FOR UPDATE`.execute(tx.getKysely());
  for (const { id } of rows) await timeOut(tx, id, now);
}

function openFor({ principalId, roleId, scopeId, assignmentType }: RequestKey) {
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
  readonly expiresAt: Date | null;
  /** The viewer was named as an approver when the request was made. */
  readonly namesViewer: boolean;
}

const INSTANTS = ['startsAt', 'endsAt', 'multiFactorAt', 'expiresAt'] as const;

/** Two decisions on one request wait for each other here. Null: absent, or hidden from the viewer. */
export async function lockRequest(tx: Transaction, viewer: Viewer, id: string): Promise<LockedRequest | null> {
  const { rows } = await sql<Record<string, unknown>>`
    SELECT q.id, q.action, q.status, q.assignment_type AS "assignmentType", q.provider, q.role_id AS "roleId", q.scope_id AS "scopeId",
      q.principal_id AS "principalId", q.requestor_id AS "requestorId", q.eligibility_id AS "eligibilityId", q.justification,
      q.ticket_number AS "ticketNumber", q.ticket_system AS "ticketSystem", q.starts_at AS "startsAt", q.ends_at AS "endsAt",
      q.duration_minutes AS "durationMinutes", q.multi_factor_at AS "multiFactorAt",
      q.authentication_contexts AS "authenticationContexts", q.expires_at AS "expiresAt",
      EXISTS (SELECT 1 FROM request_approver r WHERE r.request_id = q.id AND r.approver_id = ${viewer.id}) AS "namesViewer"
    FROM request q WHERE q.id = ${id} AND ${visibleRequest(viewer, 'q')}
    FOR UPDATE OF q`.execute(tx.getKysely());
  const [row] = rows;
  if (!row) return null;
  for (const name of INSTANTS) row[name] = instant(row[name] as string | null);
  return row as unknown as LockedRequest;
}

export interface NewRequest extends Omit<LockedRequest, 'id' | 'namesViewer'> {
  readonly policyVersionId: string | null;
  readonly createdAt: Date;
  readonly completedAt: Date | null;
}

export async function insertRequest(
  tx: Transaction,
  row: NewRequest,
  approvers: readonly string[] = [],
): Promise<string> {
  const id = crypto.randomUUID();
  await tx.insert(RequestEntity, {
    ...row,
    id,
    authenticationContexts: [...row.authenticationContexts],
    condition: null,
  });
  await tx.insertMany(
    RequestApproverEntity,
    approvers.map((approverId) => ({ requestId: id, approverId })),
  );
  return id;
}

export interface NewDecision {
  readonly requestId: string;
  readonly requestorId: string;
  readonly decidedBy: string;
  readonly result: ApprovalResult;
  readonly justification: string;
  readonly decidedAt: Date;
}

export async function closeRequest(
  tx: Transaction,
  decision: NewDecision,
  status: RequestStatus,
  completedAt: Date,
): Promise<void> {
  await tx.insert(ApprovalDecisionEntity, { ...decision, id: crypto.randomUUID() });
  await tx.nativeUpdate(RequestEntity, { id: decision.requestId }, { status, completedAt });
}
