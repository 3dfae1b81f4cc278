/** What has fallen due? One statement finds it all by the database's clock; each row is locked and looked at again before it is acted on. */
import { type RawBuilder, sql } from 'kysely';
import type { Warning } from '../decision/warning.ts';
import { WARNINGS } from '../decision/warning.ts';
import type { AssignmentType, Provider } from '../decision/words.ts';
import type { LockedAssignment } from './assignment.ts';
import type { Sql } from './database.ts';
import { instant, type Transaction } from './transaction.ts';

export const DUE_KINDS = ['START', 'ESCALATION', 'TIME_OUT', 'WARNING', 'END'] as const;
export type DueKind = (typeof DUE_KINDS)[number];

export interface DueItem {
  readonly kind: DueKind;
  /** Of the assignment, or of the request. */
  readonly id: string;
  readonly dueAt: string;
  /** Which warning; null for everything else. */
  readonly warning: Warning['kind'] | null;
}

/** A kind a line: another thing that falls due is another statement here and another action in `src/schedule/sweep.ts`. */
const DUE: Record<DueKind, RawBuilder<unknown>> = {
  // What was granted for later is completed at its start.
  START: sql`SELECT a.id, a.starts_at AS due_at, NULL AS warning
    FROM request q CROSS JOIN LATERAL (SELECT * FROM assignment a WHERE a.request_id = q.id OFFSET 0) a
    WHERE q.status = 'GRANTED' AND q.completed_at <= statement_timestamp() AND a.starts_at <= statement_timestamp() AND a.ended_by IS NULL AND NOT isempty(a.during)`,
  ESCALATION: sql`SELECT q.id, q.escalates_at AS due_at, NULL AS warning
    FROM request q
    WHERE q.status = 'PENDING_APPROVAL' AND q.escalates_at <= statement_timestamp() AND q.expires_at > statement_timestamp()
      AND NOT EXISTS (SELECT FROM request_escalation e WHERE e.request_id = q.id AND e.stage = q.stage)`,
  TIME_OUT: sql`SELECT q.id, q.expires_at AS due_at, NULL AS warning
    FROM request q
    WHERE q.status IN ('PENDING_APPROVAL', 'PENDING_ADMIN_DECISION') AND q.expires_at <= statement_timestamp()`,
  WARNING: sql`SELECT a.id, a.ends_at - w.before AS due_at, w.kind AS warning
    FROM (VALUES ${sql.join(WARNINGS.map(warningRow))}) AS w (kind, state, before)
    -- One range of the index for each of them; joined, everything that has an end would be read.
    CROSS JOIN LATERAL (SELECT a.id, a.ends_at FROM assignment a
      WHERE a.state = w.state AND a.ended_by IS NULL AND a.ends_at > statement_timestamp()
        AND a.ends_at <= statement_timestamp() + w.before AND a.ends_at - w.before > a.starts_at OFFSET 0) a
    WHERE NOT EXISTS (SELECT FROM assignment_warning given
      WHERE given.assignment_id = a.id AND given.ends_at = a.ends_at AND given.kind = w.kind)`,
  END: sql`SELECT a.id, a.ends_at AS due_at, NULL AS warning
    FROM assignment a
    WHERE a.ended_by IS NULL AND a.ends_at <= statement_timestamp() AND NOT isempty(a.during)`,
};

function warningRow({ kind, state, minutesBefore }: Warning) {
  return sql`(${kind}, ${state}, make_interval(mins => ${minutesBefore}::int))`;
}

/** The oldest first: after a time without a scheduler everything happens in the order in which it should have. */
export async function dueItems(db: Sql, limit: number): Promise<DueItem[]> {
  const kinds = DUE_KINDS.map(
    (kind, index) => sql`SELECT ${sql.lit(kind)} AS kind, ${sql.lit(index)} AS rank, d.* FROM (${DUE[kind]}) d`,
  );
  const { rows } = await sql<DueItem>`
    SELECT kind, id, due_at AS "dueAt", warning FROM (${sql.join(kinds, sql` UNION ALL `)}) due
    ORDER BY due_at, rank, id LIMIT ${limit}`.execute(db);
  return rows;
}

export interface StartingAssignment extends Omit<LockedAssignment, 'eligibilityScopeId'> {
  readonly requestId: string;
  readonly justification: string | null;
  readonly ticketNumber: string | null;
  readonly ticketSystem: string | null;
  readonly multiFactorAt: Date | null;
  readonly authenticationContexts: readonly string[];
  readonly requestedAt: Date;
  readonly principalEnabled: boolean;
  readonly approved: boolean;
}

const COLUMNS = sql`a.id, a.provider, a.role_id AS "roleId", a.scope_id AS "scopeId", a.principal_id AS "principalId", a.type, a.state,
  a.starts_at AS "startsAt", a.ends_at AS "endsAt", a.eligibility_id AS "eligibilityId", a.condition`;

/** Null: begun already, over, or in the hands of another scheduler. */
export async function lockStarting(tx: Transaction, id: string): Promise<StartingAssignment | null> {
  const { rows } = await sql<Record<string, unknown>>`
    SELECT ${COLUMNS}, q.id AS "requestId", q.justification, q.ticket_number AS "ticketNumber", q.ticket_system AS "ticketSystem",
      q.multi_factor_at AS "multiFactorAt", q.authentication_contexts AS "authenticationContexts", q.created_at AS "requestedAt",
      p.enabled AND p.deleted_at IS NULL AS "principalEnabled",
      EXISTS (SELECT FROM approval_decision d WHERE d.request_id = q.id AND d.result = 'APPROVE') AS approved
    FROM assignment a JOIN request q ON q.id = a.request_id JOIN principal p ON p.id = a.principal_id
    WHERE a.id = ${id} AND q.status = 'GRANTED' AND a.starts_at <= clock_timestamp()
      AND a.ended_by IS NULL AND NOT isempty(a.during)
    FOR NO KEY UPDATE OF a, q SKIP LOCKED`.execute(tx.getKysely());
  return rows[0] ? (withInstants(rows[0], 'multiFactorAt', 'requestedAt') as unknown as StartingAssignment) : null;
}

export interface EndingAssignment extends Omit<LockedAssignment, 'eligibilityScopeId'> {
  readonly requestId: string | null;
}

/** Null: ended already, moved, not even begun on record, or in the hands of another scheduler. */
export async function lockEnding(tx: Transaction, id: string): Promise<EndingAssignment | null> {
  const { rows } = await sql<Record<string, unknown>>`
    SELECT ${COLUMNS}, a.request_id AS "requestId" FROM assignment a
    WHERE a.id = ${id} AND a.ended_by IS NULL AND a.ends_at <= clock_timestamp() AND NOT isempty(a.during)
      AND NOT EXISTS (SELECT FROM request q WHERE q.id = a.request_id AND q.status = 'GRANTED')
    FOR NO KEY UPDATE OF a SKIP LOCKED`.execute(tx.getKysely());
  return rows[0] ? (withInstants(rows[0]) as unknown as EndingAssignment) : null;
}

/** Null: warned of already, ended, moved, or in the hands of another scheduler. */
export async function claimWarning(
  tx: Transaction,
  id: string,
  { kind, state, minutesBefore }: Warning,
): Promise<EndingAssignment | null> {
  const { rows } = await sql<Record<string, unknown>>`
    WITH ending AS (
      SELECT ${COLUMNS}, a.request_id AS "requestId" FROM assignment a
      WHERE a.id = ${id} AND a.state = ${state} AND a.ended_by IS NULL AND a.ends_at > clock_timestamp()
        AND a.ends_at <= clock_timestamp() + make_interval(mins => ${minutesBefore}::int)
      FOR NO KEY UPDATE OF a SKIP LOCKED),
    claimed AS (
      INSERT INTO assignment_warning (assignment_id, ends_at, kind, warned_at)
      SELECT id, "endsAt", ${kind}, clock_timestamp() FROM ending
      ON CONFLICT DO NOTHING RETURNING assignment_id)
    SELECT ending.* FROM ending JOIN claimed ON claimed.assignment_id = ending.id`.execute(tx.getKysely());
  return rows[0] ? (withInstants(rows[0]) as unknown as EndingAssignment) : null;
}

/** What came from elsewhere was warned of there: only what falls due from now on is announced here. */
export async function takeWarningsAsGiven(db: Sql): Promise<void> {
  await sql`INSERT INTO assignment_warning (assignment_id, ends_at, kind, warned_at)
    SELECT due.id, a.ends_at, due.warning, clock_timestamp()
    FROM (${DUE.WARNING}) due JOIN assignment a ON a.id = due.id`.execute(db);
}

/** False: decided already, or in the hands of another scheduler or of whoever decides it. */
export async function lockOverdue(tx: Transaction, requestId: string): Promise<boolean> {
  const { rows } = await sql`
    SELECT q.id FROM request q
    WHERE q.id = ${requestId} AND q.status IN ('PENDING_APPROVAL', 'PENDING_ADMIN_DECISION') AND q.expires_at <= clock_timestamp()
    FOR NO KEY UPDATE OF q SKIP LOCKED`.execute(tx.getKysely());
  return rows.length > 0;
}

export interface EscalatedRequest {
  readonly id: string;
  readonly provider: Provider;
  readonly roleId: string;
  readonly scopeId: string;
  readonly principalId: string;
  readonly assignmentType: AssignmentType;
  readonly stage: number;
}

/** Null: escalated already, decided, or in the hands of another scheduler or of whoever decides it. */
export async function claimEscalation(tx: Transaction, requestId: string): Promise<EscalatedRequest | null> {
  const { rows } = await sql<EscalatedRequest>`
    WITH silent AS (
      SELECT q.id, q.provider, q.role_id AS "roleId", q.scope_id AS "scopeId", q.principal_id AS "principalId",
        q.assignment_type AS "assignmentType", q.stage
      FROM request q
      WHERE q.id = ${requestId} AND q.status = 'PENDING_APPROVAL' AND q.escalates_at <= clock_timestamp() AND q.expires_at > clock_timestamp()
      FOR NO KEY UPDATE OF q SKIP LOCKED),
    claimed AS (
      INSERT INTO request_escalation (request_id, stage, escalated_at)
      SELECT id, stage, clock_timestamp() FROM silent ON CONFLICT DO NOTHING RETURNING request_id)
    SELECT silent.* FROM silent JOIN claimed ON claimed.request_id = silent.id`.execute(tx.getKysely());
  return rows[0] ?? null;
}

function withInstants(row: Record<string, unknown>, ...names: readonly string[]): Record<string, unknown> {
  for (const name of ['startsAt', 'endsAt', ...names]) row[name] = instant(row[name] as string | null);
  return row;
}
