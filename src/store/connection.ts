/** Which page of a list? Keyset pagination over one SQL statement, as Relay's Cursor Connections ask. */
import { type RawBuilder, sql } from 'kysely';
import type { Sql } from './database.ts';
import { instant } from './transaction.ts';

export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

export interface Page<Row> {
  readonly nodes: readonly Row[];
  /** One for each node. */
  readonly cursors: readonly string[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** Rows of the whole list; a statement of its own, run when it is asked for. */
  readonly count: () => Promise<number>;
}

export interface ListView {
  /** Part of every cursor: one list's cursor means nothing to another. */
  readonly name: string;
  readonly columns: RawBuilder<unknown>;
  readonly from: RawBuilder<unknown>;
  readonly where: readonly RawBuilder<boolean>[];
  /** Expressions that order the list, the last one unique; `type` is their PostgreSQL type. */
  readonly order: readonly { readonly by: RawBuilder<unknown>; readonly type: 'text' | 'uuid' | 'timestamptz' }[];
  readonly descending: boolean;
}

export const PAGE_DEFAULT = 50;
export const PAGE_MAXIMUM = 1000;

/** An argument of a list that cannot be used; its message names the argument and what is allowed. */
export class ArgumentError extends Error {
  readonly code: 'BAD_USER_INPUT' | 'BAD_CURSOR';
  constructor(message: string, code: 'BAD_USER_INPUT' | 'BAD_CURSOR' = 'BAD_USER_INPUT') {
    super(message);
    this.code = code;
  }
}

type Keyed = { cursorKey: string[] };

/** @throws ArgumentError */
export async function readPage<Row extends object>(db: Sql, view: ListView, args: PageArguments): Promise<Page<Row>> {
  const { size, backward } = pageSize(args);
  const descending = view.descending !== backward;
  const direction = descending ? sql`DESC` : sql`ASC`;
  const where = [...view.where];
  if (args.after != null) where.push(beyond(view, 'after', args.after, view.descending));
  if (args.before != null) where.push(beyond(view, 'before', args.before, !view.descending));
  const { rows } = await sql<Row & Keyed>`
    SELECT ${view.columns}, ARRAY[${sql.join(view.order.map(({ by }) => sql`(${by})::text`))}] AS "cursorKey"
    FROM ${view.from}
    WHERE ${conjunction(where)}
    ORDER BY ${sql.join(view.order.map(({ by }) => sql`${by} ${direction}`))}
    LIMIT ${size + 1}`.execute(db);
  const more = rows.length > size;
  const nodes = more ? rows.slice(0, size) : rows;
  if (backward) nodes.reverse();
  return {
    nodes,
    cursors: nodes.map((row) => encode(view.name, row.cursorKey)),
    hasNextPage: backward ? args.before != null : more,
    hasPreviousPage: backward ? more : args.after != null,
    count: () => countRows(db, view),
  };
}

async function countRows(db: Sql, view: ListView): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    SELECT count(*) AS count FROM ${view.from} WHERE ${conjunction(view.where)}`.execute(db);
  return Number(rows[0]?.count);
}

function pageSize({ first, last }: PageArguments): { size: number; backward: boolean } {
  if (first != null && last != null) throw new ArgumentError('first and last exclude each other: give one of them.');
  const name = last != null ? 'last' : 'first';
  const size = last ?? first ?? PAGE_DEFAULT;
  if (size < 0 || size > PAGE_MAXIMUM) {
    throw new ArgumentError(`${name} is ${size}: give a number from 0 to ${PAGE_MAXIMUM}.`);
  }
  return { size, backward: last != null };
}

function beyond(view: ListView, argument: string, cursor: string, descending: boolean): RawBuilder<boolean> {
  const key = decode(view, argument, cursor);
  const columns = sql.join(view.order.map(({ by }) => by));
  const values = sql.join(view.order.map(({ type }, index) => sql`${key[index]}::${sql.raw(type)}`));
  return descending ? sql<boolean>`(${columns}) < (${values})` : sql<boolean>`(${columns}) > (${values})`;
}

function conjunction(parts: readonly RawBuilder<boolean>[]): RawBuilder<unknown> {
  return parts.length > 0 ? sql.join([...parts], sql` AND `) : sql`true`;
}

function encode(list: string, key: readonly string[]): string {
  return Buffer.from(JSON.stringify([list, ...key])).toString('base64url');
}

const KEY_FORM = {
  text: /^[^\0]*$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  timestamptz: /^(?!0000)\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00$/,
} as const;

/** JavaScript takes the 30th of February for the 2nd of March; PostgreSQL does not take it. */
function isDay(timestamp: string): boolean {
  const at = instant(timestamp);
  return !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === timestamp.slice(0, 10);
}

function decode(view: ListView, argument: string, cursor: string): string[] {
  const bad = () =>
    new ArgumentError(`${argument} is not a cursor of this list: give one that the list returned.`, 'BAD_CURSOR');
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw bad();
  }
  if (!Array.isArray(parsed)) throw bad();
  const [list, ...key] = parsed as unknown[];
  const fits = (value: unknown, index: number) => {
    const type = view.order[index]?.type;
    if (typeof value !== 'string' || type === undefined || !KEY_FORM[type].test(value)) return false;
    return type !== 'timestamptz' || isDay(value);
  };
  if (list !== view.name || key.length !== view.order.length || !key.every(fits)) throw bad();
  return key as string[];
}
