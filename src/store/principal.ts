/** Who is there? Principals as lists, by id, and as facts for decisions. */
import { type RawBuilder, sql } from 'kysely';
import type { PrincipalFacts } from '../decision/assignment.ts';
import type { Viewer } from '../decision/powers.ts';
import { GROUP_MEMBER } from '../decision/role.ts';
import type { PrincipalKind, UserType } from '../decision/words.ts';
import { membersOf } from './assignmentFilter.ts';
import {
  type Condition,
  chosenFrom,
  columnsOf,
  contradiction,
  type Join,
  type Ordering,
  type Orders,
  ordered,
  type Page,
  type PageArguments,
  readPage,
  selectAll,
  type Wanted,
} from './connection.ts';
import { among, type Sql } from './database.ts';
import { WITH_OTHERS } from './preparingClient.ts';
import { isRare, textFits } from './search.ts';
import { visiblePrincipal } from './visibility.ts';

export interface PrincipalRow {
  readonly id: string;
  readonly kind: PrincipalKind;
  readonly displayName: string;
  readonly enabled: boolean;
  readonly createdAt: string;
  readonly userPrincipalName: string | null;
  readonly mail: string | null;
  readonly userType: UserType | null;
  readonly jobTitle: string | null;
  readonly department: string | null;
  readonly lastSignInAt: string | null;
  readonly roleAssignable: boolean;
  readonly dynamicMembership: boolean;
  readonly synchronized: boolean;
  readonly securityEnabled: boolean;
  readonly appId: string | null;
}

export interface PrincipalFilter {
  readonly kinds?: readonly PrincipalKind[] | null | undefined;
  /** Beginning of a display name or user principal name, in any letter case. */
  readonly startsWith?: string | null | undefined;
  /** Part of one of them, in any letter case. */
  readonly search?: string | null | undefined;
  /** Members of one of these groups, through nesting too, as far as the viewer may see who is a member. */
  readonly memberOfIds?: readonly string[] | null | undefined;
  readonly enabled?: boolean | null | undefined;
  readonly roleAssignable?: boolean | null | undefined;
}

const NAMES = {
  ...{ id: 'id', kind: 'kind', displayName: 'display_name', enabled: 'enabled', createdAt: 'created_at' },
  ...{ userPrincipalName: 'user_principal_name', mail: 'mail', userType: 'user_type', jobTitle: 'job_title' },
  ...{ department: 'department', lastSignInAt: 'last_sign_in_at', roleAssignable: 'role_assignable' },
  ...{ dynamicMembership: 'dynamic_membership', synchronized: 'synchronized', securityEnabled: 'security_enabled' },
  ...{ appId: 'app_id' },
} as const satisfies Record<keyof PrincipalRow, string>;

const P = columnsOf('p', NAMES);
const COLUMNS = selectAll(P);

/** The principal that a column names. */
export function principalJoin(alias: string, column: RawBuilder<unknown>): Join {
  return {
    from: sql`LEFT JOIN principal ${sql.ref(alias)} ON ${sql.ref(`${alias}.id`)} = ${column}`,
    columns: columnsOf(alias, NAMES),
  };
}

/** Those whose ids a set of JSON strings holds, as JSON, each where it is named first. */
export function principalsNamed(ids: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(SELECT coalesce(json_agg(to_json(p) ORDER BY named.n), '[]') FROM (
      SELECT (each.id #>> '{}')::uuid AS id, min(each.n) AS n FROM ${ids} WITH ORDINALITY each(id, n) GROUP BY 1) named
    CROSS JOIN LATERAL (SELECT ${COLUMNS} FROM principal p WHERE p.id = named.id) p)`;
}

export const PRINCIPAL_ORDERS = ['DISPLAY_NAME', 'CREATED_AT'] as const;
export type PrincipalOrder = Ordering<(typeof PRINCIPAL_ORDERS)[number]>;

const ORDERS: Orders<PrincipalOrder['field']> = {
  fields: { DISPLAY_NAME: { by: P.displayName, type: 'text' }, CREATED_AT: { by: P.createdAt, type: 'timestamptz' } },
  id: P.id,
  usual: { field: 'DISPLAY_NAME', direction: 'ASC' },
};

export async function listPrincipals(
  db: Sql,
  viewer: Viewer,
  { orderBy, ...filter }: PrincipalFilter & { readonly orderBy?: PrincipalOrder | null | undefined },
  page: PageArguments,
  wanted?: Wanted,
): Promise<Page<PrincipalRow>> {
  const noGroups = filter.kinds != null && filter.kinds.length > 0 && !filter.kinds.includes('GROUP');
  if (filter.roleAssignable === true && noGroups) throw contradiction('roleAssignable: true', 'kinds without GROUP');
  const chosen = [visiblePrincipal(viewer, 'p')];
  if (filter.kinds) chosen.push(sql<boolean>`p.kind = ANY(${[...filter.kinds]})`);
  if (filter.enabled != null) chosen.push(sql<boolean>`p.enabled = ${filter.enabled}`);
  if (filter.roleAssignable != null) chosen.push(sql<boolean>`p.role_assignable = ${filter.roleAssignable}`);
  const conditions: Condition[] = chosen.map((condition) => ({ condition, isFew: false }));
  for (const fits of textFits(filter)) {
    const condition = sql<boolean>`(${fits(P.displayName)} OR ${fits(P.userPrincipalName)})`;
    conditions.push({ condition, isFew: await isRare(db, 'principal', fits) });
  }
  const { memberOfIds } = filter;
  if (memberOfIds) {
    const members = membersOf(viewer, memberOfIds, sql`clock_timestamp()`);
    conditions.push({ condition: sql`p.id = ANY(${members})`, isFew: true });
  }
  const { from, where } = chosenFrom(sql`principal p`, 'p', conditions);
  return readPage(db, { columns: P, from, where, ...ordered('principals', ORDERS, orderBy) }, page, wanted);
}

/** @param viewer null when the caller already sees a row that names them */
export async function principalsById(
  db: Sql,
  ids: readonly string[],
  viewer: Viewer | null = null,
): Promise<PrincipalRow[]> {
  const visible = viewer ? visiblePrincipal(viewer, 'p') : sql<boolean>`true`;
  const { rows } = await sql<PrincipalRow>`
    ${sql.raw(WITH_OTHERS)} SELECT ${COLUMNS} FROM principal p WHERE ${among(sql`p.id`, ids)} AND ${visible}`.execute(
    db,
  );
  return rows;
}

export async function principalFacts(db: Sql, viewer: Viewer, id: string): Promise<PrincipalFacts | null> {
  const [row] = await principalsById(db, [id], viewer);
  return row ?? null;
}

/** Enabled users among the named ones and among the members of the named groups, through nesting. */
export async function enabledUsers(db: Sql, ids: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    WITH RECURSIVE named (id) AS (
      SELECT unnest(${[...ids]}::uuid[])
      UNION
      SELECT a.principal_id
      FROM named n
      JOIN principal g ON g.id = n.id AND g.deleted_at IS NULL
      JOIN scope s ON s.principal_id = n.id AND s.kind = 'GROUP'
      JOIN assignment a ON a.scope_id = s.id AND a.role_id = ${GROUP_MEMBER}
        AND a.type = 'ACTIVE' AND a.during @> clock_timestamp())
    SELECT p.id FROM named JOIN principal p USING (id)
    WHERE p.kind = 'USER' AND p.enabled AND p.deleted_at IS NULL
    ORDER BY p.id`.execute(db);
  return rows.map(({ id }) => id);
}

/** Principals that hold one of the roles actively at the scope, as enabled users. */
export async function enabledHolders(db: Sql, roleIds: readonly string[], scopeId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT principal_id AS id FROM assignment
    WHERE role_id = ANY(${[...roleIds]}::uuid[]) AND scope_id = ${scopeId} AND type = 'ACTIVE' AND during @> clock_timestamp()`.execute(
    db,
  );
  return enabledUsers(
    db,
    rows.map(({ id }) => id),
  );
}

/** Those of them that are disabled or deleted. */
export async function absentPrincipals(db: Sql, ids: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM principal WHERE id = ANY(${[...ids]}::uuid[]) AND (NOT enabled OR deleted_at IS NOT NULL)`.execute(
    db,
  );
  return rows.map(({ id }) => id);
}
