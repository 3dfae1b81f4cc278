/** What must be known to judge thousands of assignments at once, and how are they written? A statement for each kind of fact. */
import { sql } from 'kysely';
import type { PrincipalFacts } from '../decision/assignment.ts';
import type { Viewer } from '../decision/powers.ts';
import type { Period } from '../decision/schedule.ts';
import { arrayOf } from './arrayText.ts';
import type { Held } from './assignment.ts';
import type { BulkClaim } from './bulkOperation.ts';
import type { Sql } from './database.ts';
import { instant } from './transaction.ts';
import { visiblePrincipal } from './visibility.ts';

/** A principal as it was looked for. */
export type NamedPrincipal = PrincipalFacts & { readonly calledAs: string };

/** By what people write: what signs in, where mail goes, or the whole name, in any letter case. */
const BY_NAME = [
  sql`lower(p.user_principal_name COLLATE "C") = lower(w.name COLLATE "C")`,
  sql`lower(p.mail) = lower(w.name)`,
  sql`lower(p.display_name) = lower(w.name)`,
];

/** Those that the viewer sees, for each way in which they are called so. */
export async function principalsNamed(
  db: Sql,
  viewer: Viewer,
  { ids, names }: { ids: readonly string[]; names: readonly string[] },
): Promise<NamedPrincipal[]> {
  const columns = sql`p.id, p.kind, p.role_assignable AS "roleAssignable", p.security_enabled AS "securityEnabled"`;
  const visible = visiblePrincipal(viewer, 'p');
  // A look-up for each name and each way: together they would be a look at every principal.
  const looked = arrayOf(names);
  const byName = BY_NAME.map(
    (called) => sql`SELECT ${columns}, w.name AS "calledAs" FROM unnest(${looked}::text[]) w (name)
      JOIN principal p ON ${called} WHERE ${visible}`,
  );
  const { rows } = await sql<NamedPrincipal>`
    SELECT ${columns}, w.id::text AS "calledAs" FROM unnest(${arrayOf(ids)}::uuid[]) w (id) JOIN principal p ON p.id = w.id WHERE ${visible}
    UNION ALL ${sql.join(byName, sql` UNION ALL `)}`.execute(db);
  return rows;
}

export interface NamedRole {
  readonly id: string;
  /** As it was asked for. */
  readonly name: string;
}

/** By display names, in any letter case. */
export async function rolesNamed(db: Sql, names: readonly string[]): Promise<NamedRole[]> {
  const { rows } = await sql<NamedRole>`
    SELECT r.id, w.name FROM unnest(${arrayOf(names)}::text[]) w (name)
    JOIN role r ON lower(r.display_name) = lower(w.name)`.execute(db);
  return rows;
}

const wanted = (held: readonly Held[]) => sql`unnest(
  ${arrayOf(held.map(({ principalId }) => principalId))}::uuid[], ${arrayOf(held.map(({ roleId }) => roleId))}::uuid[],
  ${arrayOf(held.map(({ scopeId }) => scopeId))}::uuid[], ${arrayOf(held.map(({ type }) => type))}::text[])
  WITH ORDINALITY w (principal_id, role_id, scope_id, type, n)`;

/** For each, the periods, running or to come, in which it is held, in their order. */
export async function periodsHeld(db: Sql, held: readonly Held[]): Promise<Period[][]> {
  // A look-up for each: PostgreSQL would rather read the whole table once.
  const { rows } = await sql<{ n: string; startsAt: string; endsAt: string | null }>`
    SELECT w.n, a.starts_at AS "startsAt", a.ends_at AS "endsAt" FROM ${wanted(held)} CROSS JOIN LATERAL (
      SELECT a.starts_at, a.ends_at FROM assignment a
      WHERE a.principal_id = w.principal_id AND a.type = w.type AND a.role_id = w.role_id AND a.scope_id = w.scope_id
        AND NOT isempty(a.during) AND (a.ends_at IS NULL OR a.ends_at > clock_timestamp()) OFFSET 0) a
    ORDER BY a.starts_at`.execute(db);
  const periods: Period[][] = held.map(() => []);
  for (const { n, startsAt, endsAt } of rows) {
    periods[Number(n) - 1]?.push({ startsAt: instant(startsAt), endsAt: instant(endsAt) });
  }
  return periods;
}

/** Places of those for which a request waits for a decision. */
export async function requestsPending(db: Sql, held: readonly Held[], now: Date): Promise<ReadonlySet<number>> {
  const { rows } = await sql<{ n: string }>`
    SELECT w.n FROM ${wanted(held)} CROSS JOIN LATERAL (
      SELECT FROM request q
      WHERE q.principal_id = w.principal_id AND q.role_id = w.role_id AND q.scope_id = w.scope_id AND q.assignment_type = w.type
        AND q.status IN ('PENDING_APPROVAL', 'PENDING_ADMIN_DECISION') AND (q.expires_at IS NULL OR q.expires_at > ${now}) OFFSET 0) q`.execute(
    db,
  );
  return new Set(rows.map(({ n }) => Number(n) - 1));
}

/** In the transaction that did it, so that it says exactly what is done. @returns false when somebody else runs it, or it is over */
export async function keepImportResult(db: Sql, { id, runnerId }: BulkClaim, result: object): Promise<boolean> {
  const { rows } = await sql`
    UPDATE bulk_operation SET result = ${JSON.stringify(result)}::jsonb, alive_at = clock_timestamp()
    WHERE id = ${id} AND runner_id = ${runnerId} AND status = 'RUNNING' RETURNING id`.execute(db);
  return rows.length > 0;
}
