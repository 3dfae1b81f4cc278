/** Who holds what? Assignments as lists, by id, as facts for decisions, and their writes. */
import { type RawBuilder, sql } from 'kysely';
import type { Viewer } from '../decision/powers.ts';
import type { Period } from '../decision/schedule.ts';
import type { AssignmentState, AssignmentType, EndReason, Provider } from '../decision/words.ts';
import {
  type AssignmentFilter,
  type AssignmentPhase,
  assignmentConditions,
  chosenAssignments,
  dependsOnValues,
  isSoonFound,
} from './assignmentFilter.ts';
import { insertRow } from './bulk.ts';
import {
  byPrincipalName,
  chosenFrom,
  columnsOf,
  isUsual,
  type Join,
  type Ordering,
  type Orders,
  ordered,
  type Page,
  type PageArguments,
  readPage,
  readRows,
  selectAll,
  type Wanted,
  type WantedRow,
} from './connection.ts';
import { among, type Sql } from './database.ts';
import { AssignmentEntity } from './entities.ts';
import { type ActivationRow, activationJoin, policyShared } from './policy.ts';
import { type PrincipalRow, principalJoin } from './principal.ts';
import type { Read } from './reads.ts';
import { type RoleRow, roleJoin } from './role.ts';
import { type ScopeRow, scopeJoin } from './scope.ts';
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
  /** Null for an active one. */
  readonly activation?: ActivationRow | null;
  /** Null where there is none for the viewer. */
  readonly eligibility?: AssignmentRow | null;
}

export { ASSIGNMENT_PHASES, type AssignmentFilter, type AssignmentPhase } from './assignmentFilter.ts';

const NAMES = {
  ...{ id: 'id', provider: 'provider', roleId: 'role_id', scopeId: 'scope_id', principalId: 'principal_id' },
  ...{ type: 'type', state: 'state', startsAt: 'starts_at', endsAt: 'ends_at', endedBy: 'ended_by' },
  ...{ eligibilityId: 'eligibility_id', requestId: 'request_id', condition: 'condition', createdAt: 'created_at' },
} as const satisfies Record<
  Exclude<keyof AssignmentRow, 'principal' | 'role' | 'scope' | 'activation' | 'eligibility'>,
  string
>;
const A = columnsOf('a', NAMES);
const COLUMNS = selectAll(A);

const JOINS = {
  ...{ principal: principalJoin('p', A.principalId), role: roleJoin(A.roleId), scope: scopeJoin(A.scopeId) },
  activation: activationJoin(A),
  eligibility: {
    from: sql`LEFT JOIN assignment eligible ON eligible.id = ${A.eligibilityId}`,
    columns: columnsOf('eligible', NAMES),
    isGuarded: true,
  },
} satisfies Record<string, Join>;

const visibleTo = (viewer: Viewer) => ({
  eligibility: () => visibleAccess(viewer, { alias: 'eligible', typeColumn: 'type', isFound: true }),
});

export const ASSIGNMENT_ORDERS = ['CREATED_AT', 'STARTS_AT', 'ENDS_AT', 'PRINCIPAL_NAME'] as const;
export type AssignmentOrder = Ordering<(typeof ASSIGNMENT_ORDERS)[number]>;

const ORDERS: Orders<AssignmentOrder['field']> = {
  fields: {
    CREATED_AT: { by: A.createdAt, type: 'timestamptz' },
    STARTS_AT: { by: A.startsAt, type: 'timestamptz' },
    ENDS_AT: { by: sql`coalesce(a.ends_at, 'infinity')`, type: 'timestamptz' },
    PRINCIPAL_NAME: { by: sql`holder.display_name`, type: 'text' },
  },
  id: A.id,
  usual: { field: 'CREATED_AT', direction: 'DESC' },
};

export async function listAssignments(
  db: Sql,
  viewer: Viewer,
  { orderBy, ...filter }: AssignmentFilter & { readonly orderBy?: AssignmentOrder | null | undefined },
  page: PageArguments,
  wanted?: Wanted,
): Promise<Page<AssignmentRow>> {
  const isUsualOrder = isUsual(ORDERS.usual, orderBy);
  const conditions = await assignmentConditions(db, viewer, filter, isUsualOrder);
  const asOf = filter.asOf ?? null;
  const table = asOf === null ? sql`assignment a` : sql`assignments_at(${asOf}::timestamptz) a`;
  const { from, where, isFew } = chosenFrom(table, 'a', conditions);
  // What was activated long ago may be rare, and nobody knows before.
  const isRare = isFew || asOf !== null || filter.lastActivatedBefore != null;
  const byName = orderBy?.field === 'PRINCIPAL_NAME' ? byPrincipalName(from, 'a', isRare) : { from };
  const order = ordered('assignments', ORDERS, orderBy);
  const list = { columns: A, alias: 'a', joins: JOINS, visible: visibleTo(viewer), where, ...byName, ...order };
  return readPage(
    db,
    { ...list, isPlannedForValues: dependsOnValues(filter), isSoonFound: isSoonFound(filter, isUsualOrder) },
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
  const where = [
    sql<boolean>`a.state = 'ASSIGNED' AND ${sql.ref(what === 'SCOPE' ? 'a.scope_id' : 'a.principal_id')} = ${fromId}`,
    visibleAccess(viewer, { alias: 'a', typeColumn: 'type' }),
    ...chosenAssignments(viewer, { ...filter, phases: filter.phases ?? ['IN_FORCE', 'FUTURE'] }),
  ];
  const { rows } = await sql<{ id: string }>`SELECT a.id FROM assignment a WHERE ${sql.join(where, sql` AND `)}
    ORDER BY a.created_at, a.id LIMIT ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}

export function assignmentsById(
  db: Sql,
  ids: readonly string[],
  viewer: Viewer,
  wanted: WantedRow = null,
): Promise<AssignmentRow[]> {
  const where = [among(A.id, ids), visibleAccess(viewer, { alias: 'a', typeColumn: 'type', isFound: true })];
  const view = { columns: A, joins: JOINS, visible: visibleTo(viewer), from: sql`assignment a`, where };
  return readRows(db, view, wanted);
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
