/** What does a change of an assignment find, and what follows from it? Its row and whatever rests on it, locked, and their writes. */
import { sql } from 'kysely';
import type { Viewer } from '../decision/powers.ts';
import type { Period } from '../decision/schedule.ts';
import type { EndReason } from '../decision/words.ts';
import { type Held, LOCKED_COLUMNS, type LockedAssignment } from './assignment.ts';
import { AssignmentEntity, RequestEntity } from './entities.ts';
import type { RequestKey } from './request.ts';
import { instant, type Transaction } from './transaction.ts';
import { visibleAccess } from './visibility.ts';

export interface TargetAssignment extends LockedAssignment {
  readonly endedBy: EndReason | null;
  /** The request that made it; null for access that was given outside and imported. */
  readonly requestId: string | null;
}

type Row = Omit<TargetAssignment, 'startsAt' | 'endsAt'> & { startsAt: string; endsAt: string | null };

const dated = (row: Row): TargetAssignment => ({
  ...row,
  startsAt: instant(row.startsAt),
  endsAt: instant(row.endsAt),
});

/**
 * Nobody ends, changes or activates it until the transaction is over. Null: absent, or hidden from the viewer.
 * @param viewer null when the caller already sees a request that names it
 */
export async function lockTarget(tx: Transaction, viewer: Viewer | null, id: string): Promise<TargetAssignment | null> {
  const visible = viewer ? visibleAccess(viewer, { alias: 'a', typeColumn: 'type' }) : sql<boolean>`true`;
  const { rows } = await sql<Row>`
    SELECT ${LOCKED_COLUMNS} FROM assignment a WHERE a.id = ${id} AND ${visible}
    FOR NO KEY UPDATE OF a`.execute(tx.getKysely());
  return rows[0] ? dated(rows[0]) : null;
}

/** The assignment that a request made, when it made one. */
export async function grantedBy(tx: Transaction, requestId: string): Promise<TargetAssignment | null> {
  const { rows } = await sql<Row>`
    SELECT ${LOCKED_COLUMNS} FROM assignment a WHERE a.request_id = ${requestId} ORDER BY a.created_at DESC LIMIT 1
    FOR NO KEY UPDATE OF a`.execute(tx.getKysely());
  return rows[0] ? dated(rows[0]) : null;
}

/** Activations of an eligible assignment that do not lie within the period, or all when it is null; none that is over. */
export async function lockActivations(
  tx: Transaction,
  eligibilityId: string,
  within: Period | null,
): Promise<TargetAssignment[]> {
  const outside = within
    ? sql<boolean>`NOT a.during <@ tstzrange(${within.startsAt}, ${within.endsAt}, '[)')`
    : sql<boolean>`true`;
  const { rows } = await sql<Row>`
    SELECT ${LOCKED_COLUMNS} FROM assignment a
    WHERE a.eligibility_id = ${eligibilityId} AND NOT isempty(a.during) AND a.ends_at > clock_timestamp() AND ${outside}
    ORDER BY a.id FOR NO KEY UPDATE OF a`.execute(tx.getKysely());
  return rows.map(dated);
}

/** The other periods, running or to come, in which the principal holds the role at the scope; what rests on the assignment goes where it goes. */
export async function otherPeriods(tx: Transaction, id: string, held: Held): Promise<Period[]> {
  const { rows } = await sql<{ startsAt: string; endsAt: string | null }>`
    SELECT starts_at AS "startsAt", ends_at AS "endsAt" FROM assignment
    WHERE principal_id = ${held.principalId} AND role_id = ${held.roleId} AND scope_id = ${held.scopeId} AND type = ${held.type}
      AND id <> ${id} AND eligibility_id IS DISTINCT FROM ${id} AND NOT isempty(during) AND (ends_at IS NULL OR ends_at > clock_timestamp())`.execute(
    tx.getKysely(),
  );
  return rows.map((row) => ({ startsAt: instant(row.startsAt), endsAt: instant(row.endsAt) }));
}

export async function changeAssignment(
  tx: Transaction,
  id: string,
  change: Partial<Period & { readonly condition: string | null }>,
): Promise<void> {
  await tx.nativeUpdate(AssignmentEntity, { id }, change);
}

export interface OpenRequest extends RequestKey {
  readonly id: string;
  readonly provider: LockedAssignment['provider'];
  readonly overdue: boolean;
}

const OPEN_COLUMNS = sql`q.id, q.provider, q.role_id AS "roleId", q.scope_id AS "scopeId", q.principal_id AS "principalId",
  q.assignment_type AS "assignmentType", coalesce(q.expires_at <= clock_timestamp(), false) AS overdue`;

/**
 * Requests about an assignment that wait for a decision: to activate it, or to extend or renew it. Decisions lock the
 * request before the assignment, and so does whoever ends the assignment: locked in another order, each would wait for
 * the other.
 */
export async function lockOpenRequests(tx: Transaction, assignmentId: string): Promise<OpenRequest[]> {
  const { rows } = await sql<OpenRequest>`
    SELECT ${OPEN_COLUMNS} FROM request q
    WHERE (q.eligibility_id = ${assignmentId} OR q.target_id = ${assignmentId})
      AND q.status IN ('PENDING_APPROVAL', 'PENDING_ADMIN_DECISION')
    ORDER BY q.id FOR UPDATE OF q`.execute(tx.getKysely());
  return rows;
}

/** Null: it was not granted for later, or has begun. */
export async function lockGranted(tx: Transaction, requestId: string): Promise<OpenRequest | null> {
  const { rows } = await sql<OpenRequest>`
    SELECT ${OPEN_COLUMNS} FROM request q WHERE q.id = ${requestId} AND q.status = 'GRANTED'
    FOR UPDATE OF q`.execute(tx.getKysely());
  return rows[0] ?? null;
}

/** A request that was granted for later is carried out at the new start. */
export async function moveGrantedStart(tx: Transaction, requestId: string, startsAt: Date): Promise<void> {
  await tx.nativeUpdate(RequestEntity, { id: requestId, status: 'GRANTED' }, { completedAt: startsAt });
}
