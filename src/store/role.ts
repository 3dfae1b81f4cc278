/** Which roles are there? The catalogue and custom roles as lists and by id. */
import { sql } from 'kysely';
import type { RoleFacts } from '../decision/assignment.ts';
import type { Permission } from '../decision/role.ts';
import type { Provider } from '../decision/words.ts';
import { type Page, type PageArguments, readPage } from './connection.ts';
import { among, type Sql } from './database.ts';
import type { Read } from './reads.ts';

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
}

const COLUMNS = sql`r.id, r.provider, r.display_name AS "displayName", r.built_in AS "builtIn", r.privileged, r.assignable,
  r.deprecated, r.administrative_unit_scope AS "administrativeUnitScope", r.application_scope AS "applicationScope",
  r.categories, r.assignable_scopes AS "assignableScopes", r.permissions`;

/** Role definitions are public to every known caller. */
export function listRoles(db: Sql, filter: RoleFilter, page: PageArguments): Promise<Page<RoleRow>> {
  const where = [];
  if (filter.providers) where.push(sql<boolean>`r.provider = ANY(${[...filter.providers]})`);
  if (filter.builtIn != null) where.push(sql<boolean>`r.built_in = ${filter.builtIn}`);
  if (filter.privileged != null) where.push(sql<boolean>`r.privileged = ${filter.privileged}`);
  if (filter.assignable != null) where.push(sql<boolean>`(r.assignable AND NOT r.deprecated) = ${filter.assignable}`);
  if (filter.category != null) where.push(sql<boolean>`${filter.category} = ANY(r.categories)`);
  if (filter.startsWith != null) {
    where.push(sql<boolean>`starts_with(lower(r.display_name), ${filter.startsWith.toLowerCase()})`);
  }
  const order = [
    { by: sql`r.display_name`, type: 'text' },
    { by: sql`r.id`, type: 'uuid' },
  ] as const;
  return readPage(db, { name: 'roles', columns: COLUMNS, from: sql`role r`, where, order, descending: false }, page);
}

export async function rolesById(db: Sql, ids: readonly string[]): Promise<RoleRow[]> {
  const { rows } = await sql<RoleRow>`SELECT ${COLUMNS} FROM role r WHERE ${among(sql`r.id`, ids)}`.execute(db);
  return rows;
}

/** Of a row that names it. */
export function roleRead(id: string): Read<RoleFacts> {
  return { query: sql`SELECT ${COLUMNS} FROM role r WHERE r.id = ${id}`, of: ([row]) => row };
}
