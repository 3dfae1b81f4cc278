/** How do thousands of rows get into a table? As one JSON parameter, which PostgreSQL reads by the table's own column types. */
import { type QueryExecutorProvider, sql } from 'kysely';
import { LINES_FOLLOW, WITH_THE_NEXT } from './preparingClient.ts';

/** Rows a statement carries: a directory of any size is written piece by piece, each within the statement timeout. */
const ROWS_PER_STATEMENT = 5_000;

/** Inserts rows whose properties are the columns in camel case; every row has the properties of the first. */
export async function insertRows(db: QueryExecutorProvider, table: string, rows: readonly object[]): Promise<void> {
  for (const part of parts(rows)) await insertFrom(table, part).execute(db);
}

/** Rows of one table as COPY takes them, in half the time that JSON takes: texts, numbers, instants, lists of texts, and objects for JSON. */
export class CopyLines {
  readonly #table: string;
  #columns: readonly string[] = [];
  #lines: string[] = [];
  #parts: string[] = [];

  constructor(table: string) {
    this.#table = table;
  }

  /** Every row has the properties of the first, which are the columns in camel case. */
  add(row: object): void {
    if (this.#columns.length === 0) this.#columns = columnsOf([row]);
    this.#lines.push(`${Object.values(row).map(copyValue).join('\t')}\n`);
    if (this.#lines.length >= LINES_PER_PART) this.#close();
  }

  async write(db: QueryExecutorProvider): Promise<void> {
    this.#close();
    const parts = this.#parts;
    this.#parts = [];
    if (parts.length === 0) return;
    const columns = sql.join(this.#columns.map((column) => sql.ref(column)));
    await sql`${sql.raw(LINES_FOLLOW)} COPY ${sql.table(this.#table)} (${columns}) FROM STDIN /* ${parts} */`.execute(
      db,
    );
  }

  #close(): void {
    if (this.#lines.length > 0) this.#parts.push(this.#lines.join(''));
    this.#lines = [];
  }
}

/** Parts of some 50 kB: what is larger is not given back to the system for a long time. */
const LINES_PER_PART = 100;

/** @see https://www.postgresql.org/docs/current/sql-copy.html Text Format */
function copyValue(value: unknown): string {
  if (value === null || value === undefined) return '\\N';
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string') return escaped(value);
  if (Array.isArray(value))
    return escaped(`{${value.map((each) => `"${String(each).replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`);
  return escaped(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const escaped = (text: string) =>
  /[\\\t\n\r]/.test(text) ? text.replaceAll(/[\\\t\n\r]/g, (each) => ESCAPES[each] as string) : text;

/** Inserts rows, or brings those with the same key up to date; gives how many differed from what was there. */
export async function upsertRows(
  db: QueryExecutorProvider,
  table: string,
  rows: readonly object[],
  key: { columns: readonly string[]; keep?: readonly string[] },
): Promise<number> {
  const kept = [...key.columns, ...(key.keep ?? [])];
  const changing = columnsOf(rows).filter((column) => !kept.includes(column));
  const set = sql.join(changing.map((column) => sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`));
  const now = sql.join(changing.map((column) => sql.ref(`${table}.${column}`)));
  const then = sql.join(changing.map((column) => sql.ref(`excluded.${column}`)));
  let written = 0;
  for (const part of parts(rows)) {
    const result =
      await sql`${insertFrom(table, part)} ON CONFLICT (${sql.join(key.columns.map((column) => sql.ref(column)))})
      DO UPDATE SET ${set} WHERE (${now}) IS DISTINCT FROM (${then})`.execute(db);
    written += Number(result.numAffectedRows ?? 0);
  }
  return written;
}

/** One row, whose properties are the columns in camel case. */
export async function insertRow(db: QueryExecutorProvider, table: string, row: object): Promise<void> {
  await insertOf(table, row).execute(db);
}

/**
 * One row for each of several tables by one statement: whom a row refers to may be among them. In a transaction they are
 * sent with the statement that follows, which tells of their failure.
 */
export async function insertTogether(
  db: QueryExecutorProvider,
  rows: readonly (readonly [table: string, row: object])[],
): Promise<void> {
  const inserts = rows.map(([table, row]) => insertOf(table, row));
  const parts = inserts.slice(0, -1).map((insert, index) => sql`${sql.ref(`part_${index}`)} AS (${insert})`);
  await sql`${sql.raw(WITH_THE_NEXT)} WITH ${sql.join(parts)} ${inserts.at(-1)}`.execute(db);
}

function insertOf(table: string, row: object) {
  const columns = columnsOf([row]).map((column) => sql.ref(column));
  return sql`INSERT INTO ${sql.table(table)} (${sql.join(columns)}) VALUES (${sql.join(Object.values(row))})`;
}

function insertFrom(table: string, rows: readonly object[]) {
  const columns = sql.join(columnsOf(rows).map((column) => sql.ref(column)));
  // json is parsed once and thrown away, which takes half the time of building a jsonb value first.
  return sql`INSERT INTO ${sql.table(table)} (${columns})
    SELECT ${columns} FROM json_populate_recordset(NULL::${sql.table(table)}, ${toJson(rows)}::json)`;
}

function columnsOf(rows: readonly object[]): string[] {
  return Object.keys(rows[0] ?? {}).map(snakeCase);
}

/** The rows in order, a statement's worth at a time. */
export function* parts<T>(rows: readonly T[]): Generator<T[]> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) yield rows.slice(from, from + ROWS_PER_STATEMENT);
}

/** The names are converted once and not for every row: that would take longer than the rest. */
function toJson(rows: readonly object[]): string {
  const names = Object.keys(rows[0] ?? {}).map((name) => [name, snakeCase(name)] as const);
  return JSON.stringify(
    rows.map((row) => {
      const values: Readonly<Record<string, unknown>> = { ...row };
      const columns: Record<string, unknown> = {};
      for (const [name, column] of names) columns[column] = values[name];
      return columns;
    }),
  );
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
