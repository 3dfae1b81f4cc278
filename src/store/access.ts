/** Who can do what, where, by which way, and until when? Answers of now and of any past instant, in one or two statements. */
import { type RawBuilder, sql } from 'kysely';
import { type AccessPath, lastingWay, type Membership, mayViewAccess, reachesNested } from '../decision/access.ts';
import type { ScopeFacts } from '../decision/assignment.ts';
import type { Viewer } from '../decision/powers.ts';
import { DIRECTORY_SCOPE, GROUP_MEMBER } from '../decision/role.ts';
import {
  ASSIGNMENT_TYPES,
  type AssignmentType,
  PROVIDERS,
  type PrincipalKind,
  type Provider,
} from '../decision/words.ts';
import { ArgumentError, columnsOf, type Page, type PageArguments, readPage } from './connection.ts';
import { inForce, type Sql } from './database.ts';
import { atOrBelow, scopeFacts } from './scope.ts';
import { instant } from './transaction.ts';
import { visibleAccess, visiblePrincipal } from './visibility.ts';

/** Assignments as they are, or as they were at an instant, with whether one is in force. */
interface Source {
  readonly table: RawBuilder<unknown>;
  readonly at: RawBuilder<unknown>;
  inForce(alias: string): RawBuilder<boolean>;
}

export function sourceOf(at: Date | null): Source {
  const instant = at === null ? sql`clock_timestamp()` : sql`${at}::timestamptz`;
  const table = at === null ? sql`assignment` : sql`assignments_at(${instant})`;
  return { table, at: instant, inForce: (alias) => inForce(alias, instant) };
}

/** @throws ArgumentError for an instant that has not come */
export async function refuseFuture(db: Sql, at: Date | null, argument: string): Promise<void> {
  if (at === null) return;
  const { rows } = await sql<{ future: boolean }>`SELECT ${at}::timestamptz > clock_timestamp() AS future`.execute(db);
  if (rows[0]?.future)
    throw new ArgumentError(`${argument} lies in the future: give a past instant, or nothing for now.`);
}

/** Deleted groups pass nothing on. Disabling is not kept with its time: it counts for answers of now. */
export const present = (alias: string, at: Date | null) => {
  const deleted = sql.ref(`${alias}.deleted_at`);
  if (at !== null) return sql<boolean>`(${deleted} IS NULL OR ${deleted} > ${at})`;
  return sql<boolean>`(${deleted} IS NULL AND ${sql.ref(`${alias}.enabled`)})`;
};

/** As an array and not as a join: the planner, who cannot know how few they are, would read every assignment there is. */
export const ANY_AROUND = sql`ANY(ARRAY(SELECT id FROM walk))`;

/**
 * The groups around the starting principals, as `walk (id)`, and the memberships that lead there, as `step`. A row of the
 * walk is a membership and the group it leads to; as there are finitely many, it ends where groups form a cycle.
 */
export function membershipsUp(start: RawBuilder<unknown>, at: Date | null): RawBuilder<unknown> {
  const source = sourceOf(at);
  return sql`
    walk (member, id, ends_at) AS (
      SELECT NULL::uuid, start.id, NULL::timestamptz FROM (${start}) start(id)
      UNION
      SELECT m.principal_id, g.id, m.ends_at FROM walk
      JOIN ${source.table} m ON m.principal_id = walk.id AND m.role_id = ${GROUP_MEMBER} AND m.type = 'ACTIVE' AND ${source.inForce('m')}
      JOIN scope s ON s.id = m.scope_id JOIN principal g ON g.id = s.principal_id AND ${present('g', at)}),
    step AS (SELECT member AS "memberId", id AS "groupId", ends_at AS "endsAt" FROM walk WHERE member IS NOT NULL)`;
}

export type InstantsAsText<T> = Omit<T, 'endsAt'> & { endsAt: string | null };

export interface EffectiveAccessFilter {
  readonly providers?: readonly Provider[] | null | undefined;
  /** Default active alone. */
  readonly types?: readonly AssignmentType[] | null | undefined;
  readonly roleIds?: readonly string[] | null | undefined;
  readonly principalIds?: readonly string[] | null | undefined;
  readonly principalKinds?: readonly PrincipalKind[] | null | undefined;
  /** Path of a scope: what is assigned at it and below it. */
  readonly below?: string | null | undefined;
  /** Only what is assigned above the scope asked about, or only what is assigned at it. */
  readonly inherited?: boolean | null | undefined;
}

/** Everybody at a scope, or everything of a principal. */
export type EffectiveAccessSubject =
  | { readonly scope: { readonly id: string } | { readonly provider: Provider | null; readonly path: string } }
  | { readonly principalId: string };

export interface EffectiveAccessQuestion {
  readonly subject: EffectiveAccessSubject;
  readonly filter: EffectiveAccessFilter;
  /** Null: now. */
  readonly at: Date | null;
}

interface EffectiveRow {
  readonly assignmentId: string;
  readonly type: AssignmentType;
  readonly provider: Provider;
  readonly principalId: string;
  readonly holderId: string;
  readonly roleId: string;
  readonly scopeId: string;
  readonly inherited: boolean;
  readonly until: string | null;
  readonly condition: string | null;
}

/** Null: no such scope or principal, or none that the viewer may see. */
export async function listEffectiveAccess(
  db: Sql,
  viewer: Viewer,
  { subject, filter, at }: EffectiveAccessQuestion,
  page: PageArguments,
): Promise<Page<AccessPath> | null> {
  await refuseFuture(db, at, 'at');
  const reach = await ('scope' in subject
    ? reachAt(db, viewer, subject.scope)
    : reachOf(db, viewer, subject.principalId));
  if (reach === null) return null;
  const where = [reach.visible, present('p', at)];
  if (filter.providers) where.push(sql<boolean>`e.provider = ANY(${[...filter.providers]})`);
  if (filter.roleIds) where.push(sql<boolean>`e.role_id = ANY(${[...filter.roleIds]}::uuid[])`);
  if (filter.principalIds) where.push(sql<boolean>`e.member_id = ANY(${[...filter.principalIds]}::uuid[])`);
  if (filter.principalKinds) where.push(sql<boolean>`p.kind = ANY(${[...filter.principalKinds]})`);
  if (filter.below != null) where.push(atOrBelow('e.scope_id', filter.below));
  if (filter.inherited != null) where.push(sql<boolean>`${reach.inherited} = ${filter.inherited}`);
  const columns = {
    ...columnsOf('e', { assignmentId: 'id', type: 'type', provider: 'provider', principalId: 'member_id' }),
    ...columnsOf('e', { holderId: 'principal_id', roleId: 'role_id', scopeId: 'scope_id', condition: 'condition' }),
    ...{ inherited: reach.inherited, until: sql`nullif(e.until, 'infinity')::text` },
  };
  const order = [
    { by: sql`p.display_name`, type: 'text' },
    { by: sql`e.member_id`, type: 'uuid' },
    { by: sql`e.id`, type: 'uuid' },
  ] as const;
  const from = sql`(${reachedBy(reach, filter.types ?? ['ACTIVE'], at)}) e JOIN principal p ON p.id = e.member_id`;
  const found = await readPage<EffectiveRow>(
    db,
    { name: 'effectiveAccess', columns, from, where, order, descending: false },
    page,
  );
  return { ...found, nodes: await withWays(db, found.nodes, at) };
}

interface Reach {
  /** Which assignments: a condition on `a`. */
  readonly held: RawBuilder<boolean>;
  /** Only the ways to this principal; null: to everybody. */
  readonly principalId: string | null;
  readonly inherited: RawBuilder<boolean>;
  readonly visible: RawBuilder<boolean>;
}

/** Whoever may view the access at a scope sees whom it reaches there, also what is inherited and who is in its groups. */
async function reachAt(
  db: Sql,
  viewer: Viewer,
  named: { id: string } | { provider: Provider | null; path: string },
): Promise<Reach | null> {
  const scope = await namedScope(db, viewer, named);
  if (scope === null) return null;
  const types = ASSIGNMENT_TYPES.filter((type) => mayViewAccess(viewer.powers, { ...scope, type }));
  const own = [viewer.id, ...viewer.powers.groups];
  return {
    held: sql<boolean>`a.scope_id = ANY(${[...scope.ancestorIds]}::uuid[])`,
    principalId: null,
    inherited: sql<boolean>`(e.scope_id <> ${scope.id})`,
    visible: sql<boolean>`(e.type = ANY(${types}) OR e.member_id = ${viewer.id}
      OR (e.member_id = e.principal_id AND (e.member_id = ANY(${own}::uuid[]) OR ${visibleAccess(viewer, { alias: 'e', typeColumn: 'type' })})))`,
  };
}

/** `/` is the directory unless the provider says otherwise. */
async function namedScope(
  db: Sql,
  viewer: Viewer,
  named: { id: string } | { provider: Provider | null; path: string },
): Promise<ScopeFacts | null> {
  if ('id' in named) return scopeFacts(db, viewer, named);
  for (const provider of named.provider ? [named.provider] : PROVIDERS) {
    const scope = await scopeFacts(db, viewer, { provider, path: named.path });
    if (scope) return scope;
  }
  return null;
}

async function reachOf(db: Sql, viewer: Viewer, principalId: string): Promise<Reach | null> {
  const { rows } =
    await sql`SELECT FROM principal p WHERE p.id = ${principalId} AND ${visiblePrincipal(viewer, 'p')}`.execute(db);
  if (rows.length === 0) return null;
  const own = principalId === viewer.id || viewer.powers.groups.includes(principalId);
  return {
    held: sql<boolean>`a.principal_id IN (SELECT holder FROM reach)`,
    principalId,
    inherited: sql<boolean>`false`,
    visible: own ? sql<boolean>`true` : visibleAccess(viewer, { alias: 'e', typeColumn: 'type' }),
  };
}

const NESTED = sql<boolean>`(a.provider = 'AZURE_RESOURCE' OR (a.provider = 'GROUP' AND (a.type = 'ELIGIBLE' OR a.role_id = ${GROUP_MEMBER})))`;

/**
 * A row for each assignment and each principal that it reaches. `reach` holds every end that a way may have, so that it
 * is finite also where groups form a cycle; the last of them counts.
 */
function reachedBy(
  { held, principalId }: Reach,
  types: readonly AssignmentType[],
  at: Date | null,
): RawBuilder<unknown> {
  const source = sourceOf(at);
  const inForce = sql`a.type = ANY(${[...types]}) AND a.during @> ${source.at}`;
  const member = sql`m.role_id = ${GROUP_MEMBER} AND m.type = 'ACTIVE' AND m.during @> ${source.at}`;
  const start =
    principalId === null
      ? sql`SELECT DISTINCT a.principal_id, a.principal_id, 'infinity'::timestamptz, 0 FROM ${source.table} a WHERE ${inForce} AND ${held}`
      : sql`SELECT ${principalId}::uuid, ${principalId}::uuid, 'infinity'::timestamptz, 0`;
  const step =
    principalId === null
      ? sql`SELECT reach.holder, m.principal_id, least(reach.until, coalesce(m.ends_at, 'infinity')), least(reach.steps + 1, 2)
          FROM reach JOIN principal g ON g.id = reach.member AND g.kind = 'GROUP' AND ${present('g', at)}
          JOIN scope s ON s.principal_id = g.id AND s.kind = 'GROUP'
          JOIN ${source.table} m ON m.scope_id = s.id AND ${member}`
      : sql`SELECT g.id, reach.member, least(reach.until, coalesce(m.ends_at, 'infinity')), least(reach.steps + 1, 2)
          FROM reach JOIN ${source.table} m ON m.principal_id = reach.holder AND ${member}
          JOIN scope s ON s.id = m.scope_id JOIN principal g ON g.id = s.principal_id AND ${present('g', at)}`;
  return sql`
    WITH RECURSIVE reach (holder, member, until, steps) AS (${start} UNION ${step}),
    way AS (
      SELECT holder, member, max(until) AS until, max(until) FILTER (WHERE steps <= 1) AS direct_until
      FROM reach GROUP BY holder, member)
    SELECT a.*, way.member AS member_id,
      least(coalesce(a.ends_at, 'infinity'), CASE WHEN ${NESTED} THEN way.until ELSE way.direct_until END) AS until
    FROM ${source.table} a JOIN way ON way.holder = a.principal_id
    WHERE ${inForce} AND ${held} AND (way.direct_until IS NOT NULL OR ${NESTED})`;
}

/** The groups on the way of each row that has some, from one more statement. */
async function withWays(db: Sql, rows: readonly EffectiveRow[], at: Date | null): Promise<AccessPath[]> {
  const members = [...new Set(rows.filter((row) => row.holderId !== row.principalId).map((row) => row.principalId))];
  const memberships = members.length > 0 ? await membershipsAround(db, members, at) : [];
  return rows.map(({ holderId, until, ...row }) => {
    const way = lastingWay(memberships, { holderId, principalId: row.principalId, nested: reachesNested(row) });
    return { ...row, groupIds: way?.groupIds ?? [holderId], until: instant(until) };
  });
}

async function membershipsAround(db: Sql, ids: readonly string[], at: Date | null): Promise<Membership[]> {
  const { rows } = await sql<InstantsAsText<Membership>>`
    WITH RECURSIVE ${membershipsUp(sql`SELECT unnest(${[...ids]}::uuid[])`, at)} SELECT * FROM step`.execute(db);
  return rows.map((row) => ({ ...row, endsAt: instant(row.endsAt) }));
}

/** A part of the company whose assignments a viewer may manage. */
export interface ManagedArea {
  readonly provider: Provider;
  readonly types: readonly AssignmentType[];
  /** Null: every group of a kind. */
  readonly scopeId: string | null;
  /** For every group of a kind: whether the role-assignable ones or the others. */
  readonly roleAssignableGroups: boolean | null;
}

export async function managedAreas(db: Sql, { powers }: Viewer): Promise<ManagedArea[]> {
  const area = { provider: 'GROUP', types: ASSIGNMENT_TYPES, scopeId: null, roleAssignableGroups: null } as const;
  const areas: ManagedArea[] = [];
  if (powers.entraManage.length > 0) {
    areas.push({ ...area, provider: 'ENTRA_ROLE', types: powers.entraManage, scopeId: DIRECTORY_SCOPE });
  }
  for (const scopeId of new Set(powers.azureManage)) areas.push({ ...area, provider: 'AZURE_RESOURCE', scopeId });
  if (powers.roleAssignableGroupsManage) areas.push({ ...area, roleAssignableGroups: true });
  if (powers.otherGroupsManage) areas.push({ ...area, roleAssignableGroups: false });
  if (powers.ownedGroups.length > 0) {
    const { rows } = await sql<{ id: string }>`
      SELECT s.id FROM scope s JOIN principal g ON g.id = s.principal_id AND g.deleted_at IS NULL
      WHERE s.kind = 'GROUP' AND g.id = ANY(${[...powers.ownedGroups]}::uuid[]) ORDER BY s.path`.execute(db);
    for (const { id: scopeId } of rows) areas.push({ ...area, scopeId });
  }
  return areas;
}
