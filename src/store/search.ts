/** Which rows have a text in their name? By the index of trigrams, in any letter case. */
import { type RawBuilder, sql } from 'kysely';
import type { Provider } from '../decision/words.ts';
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
export function named(alias: string, text: string, providers?: readonly Provider[]): RawBuilder<boolean> {
  const fits = contains(sql`n.display_name`, text);
  const role = providers ? sql`${fits} AND ${ofProviders(providers)}` : fits;
  const among = (column: string, table: string, where: RawBuilder<unknown>) =>
    sql<boolean>`${sql.ref(`${alias}.${column}`)} = ANY(ARRAY(SELECT n.id FROM ${sql.table(table)} n WHERE ${where}))`;
  const parts = [
    among('principal_id', 'principal', fits),
    among('role_id', 'role', role),
    among('scope_id', 'scope', fits),
  ];
  return sql`(${sql.join(parts, sql` OR `)})`;
}

const ofProviders = (providers: readonly Provider[]) => sql<boolean>`n.provider = ANY(${[...providers]})`;

/** So many people and places, and so many assignments or requests of roles, are few. */
const FEW = { names: 500, rows: 2_000 };

export interface NamedRows {
  readonly table: 'assignment' | 'request';
  readonly alias: string;
  readonly text: string;
  /** Of which the viewer sees many. */
  readonly wide: readonly Provider[];
  /** What the viewer sees of the others, and finds by indexes. */
  readonly others: RawBuilder<boolean>;
}

/**
 * The same of assignments or requests, by how much of it there is: a name that nobody has is looked for in a million rows
 * otherwise. What roles of other providers are called matters for the little that is seen of those alone.
 */
export async function fewNamed(db: Sql, { table, alias, text, wide, others }: NamedRows): Promise<Condition[]> {
  const rows = sql.lit(FEW.rows + 1);
  const fits: Fits = (name) => contains(name, text);
  const found = await sql<{ isFew: boolean }>`
    SELECT ${hasFew('principal', fits)} AND ${hasFew('scope', fits)} AND (SELECT count(*) FROM (
      SELECT FROM role n CROSS JOIN LATERAL (SELECT FROM ${sql.table(table)} held WHERE held.role_id = n.id LIMIT ${rows}) held
      WHERE ${fits(sql`n.display_name`)} AND ${ofProviders(wide)} LIMIT ${rows}) found) < ${rows} AS "isFew"`.execute(
    db,
  );
  const condition = named(alias, text);
  if (found.rows[0]?.isFew !== true) return [{ condition, isFew: false }];
  return [
    { condition: sql`(${named(alias, text, wide)} OR ${others})`, isFew: true },
    { condition, isFew: false },
  ];
}

/** Whether few are called what fits. */
export async function isRare(db: Sql, table: 'principal' | 'scope', fits: Fits): Promise<boolean> {
  const { rows } = await sql<{ isFew: boolean }>`SELECT ${hasFew(table, fits)} AS "isFew"`.execute(db);
  return rows[0]?.isFew === true;
}

type Fits = (name: RawBuilder<unknown>) => RawBuilder<boolean>;

/** What a name has to fit, in a filter of what has names. @throws ArgumentError */
export function textFits({ startsWith, search }: TextFilter): Fits[] {
  const fits: Fits[] = [];
  if (startsWith != null) fits.push((name) => begins(name, startsWith));
  if (search != null) fits.push((name) => contains(name, search));
  return fits;
}

interface TextFilter {
  readonly startsWith?: string | null | undefined;
  readonly search?: string | null | undefined;
}

function hasFew(table: 'principal' | 'scope', fits: Fits): RawBuilder<boolean> {
  const names = table === 'principal' ? [sql`n.display_name`, sql`n.user_principal_name`] : [sql`n.display_name`];
  return sql`(SELECT count(*) FROM (SELECT FROM ${sql.table(table)} n
    WHERE ${sql.join(names.map(fits), sql` OR `)} LIMIT ${sql.lit(FEW.names + 1)}) found) <= ${sql.lit(FEW.names)}`;
}

/** What LIKE takes for more than itself is taken for itself. PostgreSQL lowers it as it does the name: others know other letters. */
const literal = (text: string) => text.replaceAll(/[\\%_]/g, '\\$&');
