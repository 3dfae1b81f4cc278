/** Who holds what? Assignments as lists, by id, as facts for decisions, and their writes. */
import { type RawBuilder, sql } from 'kysely';
import type { Viewer } from '../decision/powers.ts';
import type { Period } from '../decision/schedule.ts';
import type { AssignmentState, AssignmentType, EndReason, Provider } from '../decision/words.ts';
import { insertRow } from './bulk.ts';
import { columnsOf, type Page, type PageArguments, readPage, selectAll, type Wanted } from './connection.ts';
import { among, type Sql } from './database.ts';
import { AssignmentEntity } from './entities.ts';
import { policyShared } from './policy.ts';
import { type PrincipalRow, principalJoin } from './principal.ts';
import type { Read } from './reads.ts';
import { type RoleRow, roleJoin } from './role.ts';
import { atOrBelow, type ScopeRow, scopeJoin } from './scope.ts';
import { instant, type Transaction } from './transaction.ts';
import { visibleAccess } from './visibility.ts';

export interface AssignmentRow {
  readonly id: string;
  readonly provider: Provider;
  readonly roleId: string;
  readonly scopeId: string;
  readonly principalId: string;
  readonly type: AssignmentType;
  readonly state: AssignmentState;
  readonly startsAt: string;
  readonly endsAt: string | null;
  readonly endedBy: EndReason | null;
  readonly eligibilityId: string | null;
  readonly requestId: string | null;
  readonly condition: string | null;
  readonly createdAt: string;
  /** What it names, where that was read with it. */
  readonly principal?: PrincipalRow;
  readonly role?: RoleRow;
  readonly scope?: ScopeRow;
}

export interface AssignmentFilter {
  readonly providers?: readonly Provider[] | null | undefined;
  readonly types?: readonly AssignmentType[] | null | undefined;
  readonly states?: readonly AssignmentState[] | null | undefined;
  readonly principalIds?: readonly string[] | null | undefined;
  readonly roleIds?: readonly string[] | null | undefined;
  /** Path of a scope: assignments at it and below it. */
  readonly below?: string | null | undefined;
  readonly permanent?: boolean | null | undefined;
  readonly endsBefore?: Date | null | undefined;
  /** Which of their times: in force now is the default. */
  readonly phases?: readonly AssignmentPhase[] | null | undefined;
  /** Assignments as they were at this past instant; default now. */
  readonly asOf?: Date | null | undefined;
}

/** Where the clock stands to a period. */
export const ASSIGNMENT_PHASES = ['FUTURE', 'IN_FORCE', 'ENDED'] as const;
export type AssignmentPhase = (typeof ASSIGNMENT_PHASES)[number];

const A = columnsOf('a', {
  ...{ id: 'id', provider: 'provider', roleId: 'role_id', scopeId: 'scope_id', principalId: 'principal_id' },
  ...{ type: 'type', state: 'state', startsAt: 'starts_at', endsAt: 'ends_at', endedBy: 'ended_by' },
  ...{ eligibilityId: 'eligibility_id', requestId: 'request_id', condition: 'condition', createdAt: 'created_at' },
} as const satisfies Record<Exclude<keyof AssignmentRow, 'principal' | 'role' | 'scope'>, string>);
const COLUMNS = selectAll(A);

const JOINS = { principal: principalJoin('p', A.principalId), role: roleJoin(A.roleId), scope: scopeJoin(A.scopeId) };

const phaseAt = (at: RawBuilder<unknown>) => ({
  FUTURE: sql<boolean>`(a.starts_at > ${at} AND a.starts_at IS DISTINCT FROM a.ends_at)`,
  IN_FORCE: sql<boolean>`a.during @> ${at}`,
  ENDED: sql<boolean>`(a.ends_at <= ${at} OR a.starts_at = a.ends_at)`,
});

export function listAssignments(
  db: Sql,
  viewer: Viewer,
  filter: AssignmentFilter,
  page: PageArguments,
  wanted?: Wanted,
): Promise<Page<AssignmentRow>> {
  const phases = filter.phases ?? ['IN_FORCE'];
  const { asOf = null } = filter;
  const inPhase = phaseAt(asOf === null ? sql`clock_timestamp()` : sql`${asOf}::timestamptz`);
  const where = [
    visibleAccess(viewer, { alias: 'a', typeColumn: 'type' }),
    sql<boolean>`(${sql.join([sql`false`, ...phases.map((phase) => inPhase[phase])], sql` OR `)})`,
  ];
  if (filter.providers) where.push(sql<boolean>`a.provider = ANY(${[...filter.providers]})`);
  if (filter.types) where.push(sql<boolean>`a.type = ANY(${[...filter.types]})`);
  if (filter.states) where.push(sql<boolean>`a.state = ANY(${[...filter.states]})`);
  if (filter.principalIds) where.push(sql<boolean>`a.principal_id = ANY(${[...filter.principalIds]}::uuid[])`);
  if (filter.roleIds) where.push(sql<boolean>`a.role_id = ANY(${[...filter.roleIds]}::uuid[])`);
  if (filter.below != null) where.push(atOrBelow('a', 'scope_id', filter.below));
  if (filter.permanent != null) where.push(sql<boolean>`(a.ends_at IS NULL) = ${filter.permanent}`);
  if (filter.endsBefore != null) where.push(sql<boolean>`a.ends_at < ${filter.endsBefore}`);
  const order = [
    { by: A.createdAt, type: 'timestamptz' },
    { by: A.id, type: 'uuid' },
  ] as const;
  return readPage(
    db,
    {
      name: 'assignments',
      columns: A,
      alias: 'a',
      joins: JOINS,
      from: asOf === null ? sql`assignment a` : sql`assignments_at(${asOf}::timestamptz) a`,
      where,
      order,
      descending: true,
    },
    page,
    wanted,
  );
}

export interface CopyFilter extends Pick<AssignmentFilter, 'providers' | 'types' | 'roleIds'> {
  /** What is over is not copied. */
  readonly phases?: readonly Exclude<AssignmentPhase, 'ENDED'>[] | null | undefined;
}

interface Copyable {
  readonly what: 'PRINCIPAL' | 'SCOPE';
  readonly fromId: string;
  readonly filter: CopyFilter;
  readonly limit: number;
}

/** Ids, oldest first, of what the viewer sees of a principal's or at a scope; no activations. */
export async function copyable(db: Sql, viewer: Viewer, { what, fromId, filter, limit }: Copyable): Promise<string[]> {
  const inPhase = phaseAt(sql`clock_timestamp()`);
  const phases = (filter.phases ?? ['IN_FORCE', 'FUTURE']).map((phase) => inPhase[phase]);
  const where = [
    sql<boolean>`a.state = 'ASSIGNED' AND ${sql.ref(what === 'SCOPE' ? 'a.scope_id' : 'a.principal_id')} = ${fromId}`,
    visibleAccess(viewer, { alias: 'a', typeColumn: 'type' }),
    sql<boolean>`(${sql.join([sql`false`, ...phases], sql` OR `)})`,
  ];
  if (filter.providers) where.push(sql<boolean>`a.provider = ANY(${[...filter.providers]})`);
  if (filter.types) where.push(sql<boolean>`a.type = ANY(${[...filter.types]})`);
  if (filter.roleIds) where.push(sql<boolean>`a.role_id = ANY(${[...filter.roleIds]}::uuid[])`);
  const { rows } = await sql<{ id: string }>`SELECT a.id FROM assignment a WHERE ${sql.join(where, sql` AND `)}
    ORDER BY a.created_at, a.id LIMIT ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}

export async function assignmentsById(db: Sql, ids: readonly string[], viewer: Viewer): Promise<AssignmentRow[]> {
  const { rows } = await sql<AssignmentRow>`
    SELECT ${COLUMNS} FROM assignment a
    WHERE ${among(sql`a.id`, ids)} AND ${visibleAccess(viewer, { alias: 'a', typeColumn: 'type' })}`.execute(db);
  return rows;
}

export interface Held {
  readonly principalId: string;
  readonly roleId: string;
  readonly scopeId: string;
  readonly type: AssignmentType;
}

/** Periods, running or to come, in which the principal holds the role at the scope. */
export async function heldPeriods(db: Sql, held: Held): Promise<Period[]> {
  const { query, of } = heldRead(held);
  return of((await sql`${query}`.execute(db)).rows);
}

export function heldRead({ principalId, roleId, scopeId, type }: At<Held>): Read<Period[]> {
  const query = sql`
    SELECT starts_at AS "startsAt", ends_at AS "endsAt" FROM assignment
    WHERE principal_id = ${principalId} AND role_id = ${roleId} AND scope_id = ${scopeId} AND type = ${type}
      AND NOT isempty(during) AND (ends_at IS NULL OR ends_at > clock_timestamp())`;
  return {
    query,
    of: (rows) => rows.map((row) => ({ startsAt: instant(row.startsAt), endsAt: instant(row.endsAt) })),
  };
}

/** The scope may be one that the statement itself looks up. */
export type At<T extends { readonly scopeId: string }> = Omit<T, 'scopeId'> & {
  readonly scopeId: string | RawBuilder<unknown>;
};

export interface LockedAssignment extends Period {
  readonly id: string;
  readonly provider: Provider;
  readonly roleId: string;
  readonly scopeId: string;
  readonly principalId: string;
  readonly type: AssignmentType;
  readonly state: AssignmentState;
  readonly eligibilityId: string | null;
  /** Where the eligible assignment lies that an activation rests on; its policy governs the activation. */
  readonly eligibilityScopeId: string | null;
  readonly condition: string | null;
}

export const LOCKED_COLUMNS = sql`${COLUMNS},
  (SELECT e.scope_id FROM assignment e WHERE e.id = a.eligibility_id) AS "eligibilityScopeId"`;

type LockedRow = Omit<LockedAssignment, 'startsAt' | 'endsAt'> & { startsAt: string; endsAt: string | null };

/** Nobody ends or changes the row until the transaction is over. Null: absent, or hidden from the viewer. */
export async function lockAssignment(tx: Transaction, viewer: Viewer, id: string): Promise<LockedAssignment | null> {
  const { rows } = await sql<LockedRow>`
    SELECT ${LOCKED_COLUMNS} FROM assignment a
    WHERE a.id = ${id} AND ${visibleAccess(viewer, { alias: 'a', typeColumn: 'type' })}
    FOR NO KEY UPDATE OF a`.execute(tx.getKysely());
  return rows[0] ? { ...rows[0], startsAt: instant(rows[0].startsAt), endsAt: instant(rows[0].endsAt) } : null;
}

/**
 * The eligible assignment, when the principal holds it directly or as an active member of the group that does.
 * An Entra role reaches direct members only. Nobody but an enabled user has use of it: an application in the group cannot
 * take the steps of an activation. The settings that govern it are shared with it, until the transaction is over.
 */
export async function lockEligibility(
  tx: Transaction,
  principalId: string,
  id: string,
): Promise<LockedAssignment | null> {
  const { rows } = await sql<LockedRow>`
    WITH eligible AS MATERIALIZED (SELECT ${LOCKED_COLUMNS} FROM assignment a
    WHERE a.id = ${id} AND a.type = 'ELIGIBLE' AND (a.principal_id = ${principalId} OR a.principal_id IN (
      SELECT g.group_id FROM groups_of(${principalId}, clock_timestamp()) g WHERE g.direct OR a.provider <> 'ENTRA_ROLE'))
      AND EXISTS (SELECT 1 FROM principal p WHERE p.id = ${principalId} AND p.kind = 'USER' AND p.enabled AND p.deleted_at IS NULL)
    FOR SHARE OF a)
    SELECT *, ${policyShared({ provider: sql`provider`, roleId: sql`"roleId"`, scopeId: sql`"scopeId"` })} FROM eligible`.execute(
    tx.getKysely(),
  );
  return rows[0] ? { ...rows[0], startsAt: instant(rows[0].startsAt), endsAt: instant(rows[0].endsAt) } : null;
}

/** The activation that runs now, for the same access. */
export async function lockActivation(
  tx: Transaction,
  { principalId, roleId, scopeId }: Omit<Held, 'type'>,
): Promise<LockedAssignment | null> {
  const { rows } = await sql<LockedRow>`
    SELECT ${LOCKED_COLUMNS} FROM assignment a
    WHERE a.principal_id = ${principalId} AND a.role_id = ${roleId} AND a.scope_id = ${scopeId}
      AND a.type = 'ACTIVE' AND a.state = 'ACTIVATED' AND a.during @> clock_timestamp()
    FOR NO KEY UPDATE OF a`.execute(tx.getKysely());
  return rows[0] ? { ...rows[0], startsAt: instant(rows[0].startsAt), endsAt: instant(rows[0].endsAt) } : null;
}

export async function extendAssignment(tx: Transaction, id: string, endsAt: Date): Promise<void> {
  await tx.nativeUpdate(AssignmentEntity, { id }, { endsAt });
}

export async function insertAssignment(tx: Transaction, row: NewAssignment): Promise<string> {
  const id = crypto.randomUUID();
  await insertRow(tx.getKysely(), 'assignment', assignmentRow(id, row));
  return id;
}

/** Whatever else the given object carries is left out. */
export function assignmentRow(id: string, row: NewAssignment): object {
  const { provider, roleId, scopeId, principalId, type, state, startsAt, endsAt } = row;
  const { eligibilityId, requestId, condition, createdAt } = row;
  return {
    ...{ id, provider, roleId, scopeId, principalId, type, state, startsAt, endsAt },
    ...{ eligibilityId, requestId, condition, createdAt },
  };
}

export interface NewAssignment extends Held, Period {
  readonly provider: Provider;
  readonly state: AssignmentState;
  readonly eligibilityId: string | null;
  readonly requestId: string;
  readonly condition: string | null;
  readonly createdAt: Date;
}

export async function endAssignment(tx: Transaction, id: string, endsAt: Date, endedBy: EndReason): Promise<void> {
  // An imported row may begin between two milliseconds: cut to one, its start is no end for it.
  await sql`UPDATE assignment SET ends_at = greatest(starts_at, ${endsAt}::timestamptz), ended_by = ${endedBy}
    WHERE id = ${id}`.execute(tx.getKysely());
}
