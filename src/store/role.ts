/** Which roles are there? The catalogue and custom roles as lists and by id. */
import { type RawBuilder, sql } from 'kysely';
import type { RoleFacts } from '../decision/assignment.ts';
import type { Permission } from '../decision/role.ts';
import type { Provider } from '../decision/words.ts';
import { columnsOf, type Join, type Page, type PageArguments, readPage, selectAll, type Wanted } from './connection.ts';
import { among, type Sql } from './database.ts';
import { WITH_OTHERS } from './preparingClient.ts';
import type { Read } from './reads.ts';
import { begins, contains } from './search.ts';

export interface RoleRow extends RoleFacts {
  readonly builtIn: boolean;
  readonly privileged: boolean;
  readonly categories: readonly string[];
  readonly permissions: readonly Permission[];
}

export interface RoleFilter {
  readonly providers?: readonly Provider[] | null | undefined;
  readonly builtIn?: boolean | null | undefined;
  readonly privileged?: boolean | null | undefined;
  readonly assignable?: boolean | null | undefined;
  readonly category?: string | null | undefined;
  /** Beginning of a display name, in any letter case. */
  readonly startsWith?: string | null | undefined;
  /** Part of it, in any letter case. */
  readonly search?: string | null | undefined;
}

const NAMES = {
  ...{ id: 'id', provider: 'provider', displayName: 'display_name', builtIn: 'built_in', privileged: 'privileged' },
  ...{ assignable: 'assignable', deprecated: 'deprecated', administrativeUnitScope: 'administrative_unit_scope' },
  ...{ applicationScope: 'application_scope', categories: 'categories', assignableScopes: 'assignable_scopes' },
  ...{ permissions: 'permissions' },
} as const satisfies Record<keyof RoleRow, string>;

const R = columnsOf('r', NAMES);
const COLUMNS = selectAll(R);

/** The role that a column names. */
export function roleJoin(column: RawBuilder<unknown>): Join {
  return { from: sql`LEFT JOIN role r ON r.id = ${column}`, columns: R };
}

/** Role definitions are public to every known caller. */
export function listRoles(db: Sql, filter: RoleFilter, page: PageArguments, wanted?: Wanted): Promise<Page<RoleRow>> {
  const where = [];
  if (filter.providers) where.push(sql<boolean>`r.provider = ANY(${[...filter.providers]})`);
  if (filter.builtIn != null) where.push(sql<boolean>`r.built_in = ${filter.builtIn}`);
  if (filter.privileged != null) where.push(sql<boolean>`r.privileged = ${filter.privileged}`);
  if (filter.assignable != null) where.push(sql<boolean>`(r.assignable AND NOT r.deprecated) = ${filter.assignable}`);
  if (filter.category != null) where.push(sql<boolean>`${filter.category} = ANY(r.categories)`);
  if (filter.startsWith != null) where.push(begins(R.displayName, filter.startsWith));
  if (filter.search != null) where.push(contains(R.displayName, filter.search));
  const order = [
    { by: R.displayName, type: 'text' },
    { by: R.id, type: 'uuid' },
  ] as const;
  return readPage(db, { name: 'roles', columns: R, from: sql`role r`, where, order, descending: false }, page, wanted);
}

export async function rolesById(db: Sql, ids: readonly string[]): Promise<RoleRow[]> {
  const { rows } =
    await sql<RoleRow>`${sql.raw(WITH_OTHERS)} SELECT ${COLUMNS} FROM role r WHERE ${among(sql`r.id`, ids)}`.execute(
      db,
    );
  return rows;
}

/** Of a row that names it. */
export function roleRead(id: string): Read<RoleFacts> {
  return { query: sql`SELECT ${COLUMNS} FROM role r WHERE r.id = ${id}`, of: ([row]) => row };
}
