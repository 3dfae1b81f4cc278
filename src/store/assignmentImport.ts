/** What must be known to judge thousands of assignments at once, and how are they written? A statement for each kind of fact. */
import { sql } from 'kysely';
import type { PrincipalFacts } from '../decision/assignment.ts';
import type { Viewer } from '../decision/powers.ts';
import type { Period } from '../decision/schedule.ts';
import type { Held } from './assignment.ts';
import type { BulkClaim } from './bulkOperation.ts';
import { among, type Sql } from './database.ts';
import { instant } from './transaction.ts';
import { visiblePrincipal } from './visibility.ts';

type NamedPrincipal = PrincipalFacts & { readonly names: readonly string[] };

/** Those that the viewer sees; each with the names, in small letters, that it was looked for by. */
export async function principalsNamed(
  db: Sql,
  viewer: Viewer,
  { ids, names }: { ids: readonly string[]; names: readonly string[] },
): Promise<NamedPrincipal[]> {
  const columns = sql`p.id, p.kind, p.role_assignable AS "roleAssignable", p.security_enabled AS "securityEnabled"`;
  const { rows } = await sql<NamedPrincipal>`
    SELECT ${columns}, '{}'::text[] AS names FROM principal p WHERE ${among(sql`p.id`, ids)} AND ${visiblePrincipal(viewer, 'p')}
    UNION ALL
    SELECT ${columns}, ARRAY[lower(p.user_principal_name COLLATE "C"), lower(p.mail), lower(p.display_name)] AS names
    FROM principal p WHERE ${names.length > 0} AND ${visiblePrincipal(viewer, 'p')} AND (
      lower(p.user_principal_name COLLATE "C") = ANY(${[...names]}) OR lower(p.mail) = ANY(${[...names]}) OR lower(p.display_name) = ANY(${[...names]}))`.execute(
    db,
  );
  return rows;
}

export interface NamedRole {
  readonly id: string;
  readonly name: string;
}

/** By display names in small letters. */
export async function rolesNamed(db: Sql, names: readonly string[]): Promise<NamedRole[]> {
  const { rows } = await sql<NamedRole>`
    SELECT id, lower(display_name) AS name FROM role WHERE lower(display_name) = ANY(${[...names]})`.execute(db);
  return rows;
}

const wanted = (held: readonly Held[]) => sql`unnest(
  ${held.map(({ principalId }) => principalId)}::uuid[], ${held.map(({ roleId }) => roleId)}::uuid[],
  ${held.map(({ scopeId }) => scopeId)}::uuid[], ${held.map(({ type }) => type)}::text[])
  WITH ORDINALITY w (principal_id, role_id, scope_id, type, n)`;

/** For each, the periods, running or to come, in which it is held. */
export async function periodsHeld(db: Sql, held: readonly Held[]): Promise<Period[][]> {
  const { rows } = await sql<{ n: string; startsAt: string; endsAt: string | null }>`
    SELECT w.n, a.starts_at AS "startsAt", a.ends_at AS "endsAt" FROM ${wanted(held)}
    JOIN assignment a ON a.principal_id = w.principal_id AND a.role_id = w.role_id AND a.scope_id = w.scope_id AND a.type = w.type
    WHERE NOT isempty(a.during) AND (a.ends_at IS NULL OR a.ends_at > clock_timestamp())`.execute(db);
  const periods: Period[][] = held.map(() => []);
  for (const { n, startsAt, endsAt } of rows) {
    periods[Number(n) - 1]?.push({ startsAt: instant(startsAt), endsAt: instant(endsAt) });
  }
  return periods;
}

/** Places of those for which a request waits for a decision. */
export async function requestsPending(db: Sql, held: readonly Held[], now: Date): Promise<ReadonlySet<number>> {
  const { rows } = await sql<{ n: string }>`
    SELECT w.n FROM ${wanted(held)}
    JOIN request q ON q.principal_id = w.principal_id AND q.role_id = w.role_id AND q.scope_id = w.scope_id AND q.assignment_type = w.type
    WHERE q.status IN ('PENDING_APPROVAL', 'PENDING_ADMIN_DECISION') AND (q.expires_at IS NULL OR q.expires_at > ${now})`.execute(
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
