/** Which rows have a text in their name? By the index of trigrams, in any letter case. */
import { type RawBuilder, sql } from 'kysely';
import { ArgumentError, type Condition } from './connection.ts';
import type { Sql } from './database.ts';

/** Shorter ones fit nearly every name, and no index knows them. */
const SHORTEST = 3;

/** @throws ArgumentError */
export function contains(column: RawBuilder<unknown>, text: string): RawBuilder<boolean> {
  const { length } = [...text.trim()];
  if (length < SHORTEST) {
    throw new ArgumentError(`search has ${length} characters without blanks around them: give at least ${SHORTEST}.`);
  }
  return sql`lower(${column}) LIKE lower(${`%${literal(text.trim())}%`})`;
}

/** For the same index, of any length. */
export function begins(column: RawBuilder<unknown>, text: string): RawBuilder<boolean> {
  return sql`lower(${column}) LIKE lower(${`${literal(text)}%`})`;
}

/** Rows of an alias of `assignment` or `request` whose principal, role or scope has the text in its name. */
export function named(alias: string, text: string): RawBuilder<boolean> {
  const among = (column: string, table: string) => sql<boolean>`${sql.ref(`${alias}.${column}`)} = ANY(ARRAY(
    SELECT n.id FROM ${sql.table(table)} n WHERE ${contains(sql`n.display_name`, text)}))`;
  const parts = [among('principal_id', 'principal'), among('role_id', 'role'), among('scope_id', 'scope')];
  return sql`(${sql.join(parts, sql` OR `)})`;
}

/** So many people and places, and so many assignments of roles, are few. */
const FEW = { names: 500, assignments: 2_000 };

/** The same of assignments, by how much of it there is: a name that nobody has is looked for in a million rows otherwise. */
export async function fewNamed(db: Sql, alias: string, text: string): Promise<Condition> {
  const fits = contains(sql`n.display_name`, text);
  const names = (table: 'principal' | 'scope') => sql`(SELECT count(*) FROM (
    SELECT FROM ${sql.table(table)} n WHERE ${fits} LIMIT ${sql.lit(FEW.names + 1)}) found) <= ${sql.lit(FEW.names)}`;
  const rows = sql.lit(FEW.assignments + 1);
  const found = await sql<{ isFew: boolean }>`
    SELECT ${names('principal')} AND ${names('scope')} AND (SELECT count(*) FROM (
      SELECT FROM role n CROSS JOIN LATERAL (SELECT FROM assignment held WHERE held.role_id = n.id LIMIT ${rows}) held
      WHERE ${fits} LIMIT ${rows}) found) < ${rows} AS "isFew"`.execute(db);
  return { condition: named(alias, text), isFew: found.rows[0]?.isFew === true };
}

/** What LIKE takes for more than itself is taken for itself. PostgreSQL lowers it as it does the name: others know other letters. */
const literal = (text: string) => text.replaceAll(/[\\%_]/g, '\\$&');
