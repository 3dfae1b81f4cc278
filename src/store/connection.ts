/** Which page of a list? Keyset pagination over one SQL statement, as Relay's Cursor Connections ask. */
import { type RawBuilder, sql } from 'kysely';
import { PROVIDERS, type Provider } from '../decision/words.ts';
import { BinaryPage, type Layout } from './binaryPage.ts';
import type { BinaryRows } from './binaryRows.ts';
import type { Sql } from './database.ts';
import { AS_ARRAYS, AS_BINARY, PLANNED_FOR_VALUES, WITH_OTHERS } from './preparingClient.ts';
import { instant } from './transaction.ts';

export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

export interface Page<Row> {
  /** Empty where they came in binary. */
  readonly nodes: readonly Row[];
  /** The same rows, for whoever wanted them so. */
  readonly binary: BinaryPage | null;
  readonly length: number;
  /** What the cursor of a row is made of, where somebody looks at cursors. */
  readonly keyAt: (index: number) => readonly string[];
  /** The list's name, which every cursor carries. */
  readonly list: string;
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** Rows of the whole list; a statement of its own, run when it is asked for, unless the page is the whole list. */
  readonly count: () => Promise<number>;
}

/** Properties of a row, and the expressions they are read from. */
export type Columns = Readonly<Record<string, RawBuilder<unknown>>>;

/** Columns of a table, in the alias it has in the statement. */
export function columnsOf<const Names extends Readonly<Record<string, string>>>(
  alias: string,
  names: Names,
): { readonly [Name in keyof Names]: RawBuilder<unknown> } {
  const entries = Object.entries(names).map(([name, column]) => [name, sql`${sql.ref(`${alias}.${column}`)}`]);
  return Object.fromEntries(entries);
}

/** For a statement whose rows are objects. */
export function selectAll(columns: Columns): RawBuilder<unknown> {
  return sql.join(Object.entries(columns).map(([name, column]) => sql`${column} AS ${sql.ref(name)}`));
}

/** A row that another one names, read with it. */
export interface Join {
  readonly from: RawBuilder<unknown>;
  /** The first is never null where there is a row. */
  readonly columns: Columns;
  /** Whoever sees the row that names it need not see it: each list says to whom it is there. Default false. */
  readonly isGuarded?: boolean;
}

export interface ListView {
  /** Part of every cursor, and of each order another one: one list's cursor means nothing to another. */
  readonly name: string;
  readonly columns: Columns;
  /** The alias of the one table the list is made of; needed for joins, which are looked up for the rows of the page alone. */
  readonly alias?: string;
  readonly joins?: Readonly<Record<string, Join>>;
  /** When rows of the guarded joins are there, by their names. */
  readonly visible?: Readonly<Record<string, () => RawBuilder<boolean>>>;
  readonly from: RawBuilder<unknown>;
  /** The same without what only orders it, for its count. Default: `from`. */
  readonly counted?: RawBuilder<unknown>;
  readonly where: readonly RawBuilder<boolean>[];
  /** Expressions that order the list, the last one unique; `type` is their PostgreSQL type. */
  readonly order: readonly OrderPart[];
  readonly descending: boolean;
  /** Conditions whose values decide how the list is best found. Default false: one plan for all of them. */
  readonly isPlannedForValues?: boolean;
  /** A small page of it is: others may wait for it. Default false. */
  readonly isSoonFound?: boolean;
}

/** Whether a filter asks for nothing but these. */
export function asksOnly(filter: object, names: readonly string[]): boolean {
  return Object.entries(filter).every(([name, value]) => value == null || names.includes(name));
}

/** What a row of a list has to meet. */
export interface Condition {
  readonly condition: RawBuilder<boolean>;
  /** Few rows meet it, and an index finds them; otherwise the rows of a page are soon found among all. */
  readonly isFew: boolean;
  /** Only rows of theirs meet it. Default: of any. */
  readonly providers?: readonly Provider[];
}

export interface OrderPart {
  readonly by: RawBuilder<unknown>;
  readonly type: 'text' | 'uuid' | 'timestamptz' | 'bigint';
}

/** What somebody looks at of a row: its properties, and those of the rows joined to it. Null: all of its own, and no other. */
export type WantedRow = { readonly [name: string]: true | WantedRow } | null;

/** What somebody looks at of a page; nothing else is read. */
export interface Wanted {
  /** False: the count alone, or nothing. */
  readonly page: boolean;
  readonly row: WantedRow;
  readonly cursors: boolean;
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** As bytes. Default false: as objects. */
  readonly binary?: boolean;
}

const EVERYTHING: Wanted = { page: true, row: null, cursors: true, hasNextPage: true, hasPreviousPage: true };

export const PAGE_DEFAULT = 50;
export const PAGE_MAXIMUM = 1000;

export type ArgumentCode = 'BAD_USER_INPUT' | 'BAD_CURSOR' | 'PAGE_TOO_LARGE' | 'CONTRADICTING_FILTER';

/** An argument of a list that cannot be used; its message names the argument and what is allowed. */
export class ArgumentError extends Error {
  readonly code: ArgumentCode;
  constructor(message: string, code: ArgumentCode = 'BAD_USER_INPUT') {
    super(message);
    this.code = code;
  }
}

/** No row could ever fit both. */
export function contradiction(one: string, other: string): ArgumentError {
  return new ArgumentError(`${one} and ${other} exclude each other: give one of them.`, 'CONTRADICTING_FILTER');
}

/** @throws ArgumentError when no instant lies between the two */
export function refuseEmptySpan(
  [after, from]: readonly [name: string, at: Date | null | undefined],
  [before, until]: readonly [name: string, at: Date | null | undefined],
): void {
  if (from == null || until == null || from < until) return;
  throw new ArgumentError(`${after} is not before ${before}: no instant lies between them.`, 'CONTRADICTING_FILTER');
}

/** Which way round a list is wanted. */
export interface Ordering<Field extends string> {
  readonly field: Field;
  readonly direction: OrderDirection;
}

export const ORDER_DIRECTIONS = ['ASC', 'DESC'] as const;
export type OrderDirection = (typeof ORDER_DIRECTIONS)[number];

/** The order of a view; every order but the usual one has a name of its own, so that a cursor is of one order only. */
export function ordered<Field extends string>(
  list: string,
  { fields, id, usual }: Orders<Field>,
  asked: Ordering<Field> | null | undefined,
): Pick<ListView, 'name' | 'order' | 'descending'> {
  const { field, direction } = asked ?? usual;
  return {
    name: isUsual(usual, asked) ? list : `${list}:${field}:${direction}`,
    order: [fields[field], { by: id, type: 'uuid' }],
    descending: direction === 'DESC',
  };
}

export function isUsual<Field extends string>(
  usual: Ordering<Field>,
  asked: Ordering<Field> | null | undefined,
): boolean {
  return asked == null || (asked.field === usual.field && asked.direction === usual.direction);
}

export interface Orders<Field extends string> {
  readonly fields: Readonly<Record<Field, OrderPart>>;
  /** Tells rows apart that are otherwise in the same place. */
  readonly id: RawBuilder<unknown>;
  readonly usual: Ordering<Field>;
}

/** @throws ArgumentError */
export async function readPage<Row extends object>(
  db: Sql,
  view: ListView,
  args: PageArguments,
  wanted: Wanted = EVERYTHING,
): Promise<Page<Row>> {
  const { size, backward } = pageSize(args);
  const where = [...view.where];
  if (args.after != null) where.push(beyond(view, 'after', args.after, view.descending));
  if (args.before != null) where.push(beyond(view, 'before', args.before, !view.descending));
  let counted: Promise<number> | undefined;
  const count = () => {
    counted ??= countRows(db, view);
    return counted;
  };
  if (!wanted.page) {
    const none = { nodes: [], binary: null, length: 0, keyAt: () => [] };
    return { ...none, list: view.name, hasNextPage: false, hasPreviousPage: false, count };
  }
  const oneMore = backward ? wanted.hasPreviousPage : wanted.hasNextPage;
  const shape = shapeOf(view, wanted);
  const limit = oneMore ? size + 1 : size;
  const { binary = false } = wanted;
  const statement = pageStatement(db, view, where, { shape, backward, binary, limit });
  const { rows } = await statement.execute(db);
  const found = binary ? (rows[0] as BinaryRows).starts : (rows as unknown[][]);
  const isWhole = args.after == null && args.before == null && found.length < limit;
  const more = found.length > size;
  if (more) found.length = size;
  if (backward) found.reverse();
  return {
    ...(binary ? binaryPage(view, shape, rows[0] as BinaryRows) : objectPage<Row>(shape, rows as unknown[][])),
    list: view.name,
    hasNextPage: backward ? args.before != null : more,
    hasPreviousPage: backward ? more : args.after != null,
    count: isWhole ? () => Promise.resolve(found.length) : count,
  };
}

type Rows<Row> = Pick<Page<Row>, 'nodes' | 'binary' | 'length' | 'keyAt'>;

function objectPage<Row>(shape: Shape, arrays: readonly (readonly unknown[])[]): Rows<Row> {
  return {
    nodes: arrays.map((values) => rowOf(values, shape) as Row),
    binary: null,
    length: arrays.length,
    keyAt: (index) => shape.key.map((at) => arrays[index]?.[at] as string),
  };
}

function binaryPage<Row>(view: ListView, { layout, selected, key }: Shape, { bytes, starts }: BinaryRows): Rows<Row> {
  const binary = new BinaryPage({
    ...{ bytes, starts, layout, columns: selected.length },
    key: key.map((column, index) => ({ column, type: (view.order[index] as OrderPart).type })),
    cursor: (parts) => encode(view.name, parts),
  });
  return { nodes: [], binary, length: binary.length, keyAt: (index) => binary.keyAt(index) };
}

/** Rows that are looked up and make no page, with what is looked at of them and of the rows that they name. */
export async function readRows<Row extends object>(
  db: Sql,
  view: Pick<ListView, 'columns' | 'joins' | 'visible' | 'from' | 'where'>,
  row: WantedRow,
): Promise<Row[]> {
  const shape = newShape({ ...view, order: [] }, { row, cursors: false });
  const columns = sql.join(shape.selected.map((each, index) => sql`${each} AS ${sql.ref(`c${index}`)}`));
  const joined = sequence([...shape.joined, ...guardedJoins(view, shape)]);
  const statement = sql<
    unknown[]
  >`${sql.raw(`${AS_ARRAYS} ${WITH_OTHERS}`)} SELECT ${columns} FROM ${view.from} ${joined}
    WHERE ${conjunction(view.where)}`;
  return (await statement.execute(db)).rows.map((values) => rowOf(values, shape) as Row);
}

/** The cursor of the page's row of that number. */
export function cursorAt(page: Page<unknown>, index: number): string {
  return encode(page.list, page.keyAt(index));
}

/** Where the values of a row stand in what comes from the database. */
interface Shape {
  readonly selected: readonly RawBuilder<unknown>[];
  readonly own: readonly string[];
  readonly joins: readonly { readonly name: string; readonly names: readonly string[]; readonly at: number }[];
  /** What is joined for everybody. */
  readonly joined: readonly RawBuilder<unknown>[];
  /** Names of the other joins. */
  readonly guarded: readonly string[];
  readonly key: readonly number[];
  readonly layout: Layout;
  /** Text around the conditions, for each direction and bound. */
  readonly statements: Map<string, PageText>;
}

/** Columns are the same objects in every call of a list, and so is what a place in a document wants. */
const shapes = new WeakMap<Columns, WeakMap<Wanted, Map<string, Shape>>>();

function shapeOf(view: ListView, wanted: Wanted): Shape {
  const ofColumns = shapes.get(view.columns) ?? new WeakMap<Wanted, Map<string, Shape>>();
  shapes.set(view.columns, ofColumns);
  const ofOrders = ofColumns.get(wanted) ?? new Map<string, Shape>();
  ofColumns.set(wanted, ofOrders);
  const shape = ofOrders.get(view.name) ?? newShape(view, wanted);
  ofOrders.set(view.name, shape);
  return shape;
}

function newShape(
  view: Pick<ListView, 'columns' | 'joins' | 'order' | 'alias'>,
  { row, cursors, binary = false }: Pick<Wanted, 'row' | 'cursors' | 'binary'>,
): Shape {
  const own = Object.keys(view.columns).filter((name, index) => index === 0 || row === null || row[name] !== undefined);
  const selected = own.map((name) => view.columns[name] as RawBuilder<unknown>);
  const joins: Shape['joins'][number][] = [];
  const joined: RawBuilder<unknown>[] = [];
  const guarded: string[] = [];
  for (const [name, join] of Object.entries(view.joins ?? {})) {
    const part = row?.[name];
    if (part === undefined || part === true || part === null) continue;
    const names = Object.keys(join.columns).filter((column, index) => index === 0 || part[column] !== undefined);
    joins.push({ name, names, at: selected.length });
    if (join.isGuarded) guarded.push(name);
    else joined.push(join.from);
    selected.push(...names.map((column) => join.columns[column] as RawBuilder<unknown>));
  }
  const places = view.order.map(({ by }, index) => ({
    by,
    read: view.alias === undefined ? by : keyColumn(view.alias, index),
  }));
  const key = cursors ? places.map((place) => indexOf(selected, place, binary)) : [];
  const layout = layoutOf(own, 0, new Map(joins.map(({ name, names, at }) => [name, layoutOf(names, at)])));
  return { selected, own, joins, joined, guarded, key, layout, statements: new Map() };
}

function layoutOf(names: readonly string[], first: number, rows: Layout['rows'] = new Map()): Layout {
  return { columns: new Map(names.map((name, index) => [name, first + index])), rows, first };
}

/** Put together for each viewer, and never remembered. */
function guardedJoins(
  { joins, visible }: Pick<ListView, 'joins' | 'visible'>,
  { guarded }: Shape,
): RawBuilder<unknown>[] {
  return guarded.map((name) => {
    const isVisible = visible?.[name];
    if (!isVisible) throw new Error(`nobody says to whom the ${name} is there`);
    return sql`${joins?.[name]?.from} AND ${isVisible()}`;
  });
}

const sequence = (parts: readonly RawBuilder<unknown>[]) => (parts.length > 0 ? sql.join([...parts], sql` `) : sql``);

/** A column of the order that is read anyway is not read twice: both come as PostgreSQL's text, or as its bytes. */
function indexOf(
  selected: RawBuilder<unknown>[],
  { by, read }: Record<'by' | 'read', RawBuilder<unknown>>,
  binary: boolean,
): number {
  const known = selected.indexOf(by);
  return known === -1 ? selected.push(binary ? read : sql`(${read})::text`) - 1 : known;
}

/** What a page of rows with joins is ordered by, once it is found. */
const keyColumn = (alias: string, index: number) => sql`${sql.ref(`${alias}.key${index}`)}`;

/** Plain objects, made once, of the values as they came. */
function rowOf(values: readonly unknown[], { own, joins }: Shape): object {
  const row: Record<string, unknown> = {};
  for (let n = 0; n < own.length; n++) row[own[n] as string] = values[n];
  for (const { name, names, at } of joins) {
    let part: Record<string, unknown> | null = null;
    if (values[at] !== null) {
      part = {};
      for (let n = 0; n < names.length; n++) part[names[n] as string] = values[at + n];
    }
    row[name] = part;
  }
  return row;
}

/** Pages of most clients, each with a statement of its own; with the row that tells whether there are more, or without it. */
const USUAL = new Set([PAGE_DEFAULT, 100, 200, 250, 500, PAGE_MAXIMUM].flatMap((size) => [size, size + 1]));
/** Nobody waits long for a page of so many rows. */
const SMALL = 101;
/** Of any other page. */
const BOUNDS = [PAGE_DEFAULT, PAGE_MAXIMUM + 1];

/**
 * The page is found first and what it names is joined to it. The bound that is written out tells the planner how small a
 * page is: of a parameter it expects a tenth of the table, and joins whole tables to that.
 */
function pageStatement(
  db: Sql,
  view: ListView,
  where: readonly RawBuilder<boolean>[],
  { shape, backward, binary, limit }: { shape: Shape; backward: boolean; binary: boolean; limit: number },
): RawBuilder<unknown> {
  const isUsual = USUAL.has(limit);
  const bound = isUsual ? limit : (BOUNDS.find((each) => limit <= each) as number);
  const name = `${bound} ${backward} ${view.isPlannedForValues} ${view.isSoonFound}`;
  const text = shape.statements.get(name) ?? pageText(db, view, { shape, backward, binary, bound });
  shape.statements.set(name, text);
  const { before, between, behind, end } = text;
  const guarded = sequence(guardedJoins(view, shape));
  return sql`${before} ${view.from} WHERE ${conjunction(where)} ${between} ${isUsual ? sql`` : sql`LIMIT ${limit}`} ${behind} ${guarded} ${end}`;
}

/** What surrounds the conditions, the limit and the guarded joins. */
type PageText = Readonly<Record<'before' | 'between' | 'behind' | 'end', RawBuilder<unknown>>>;

function pageText(
  db: Sql,
  view: ListView,
  {
    shape: { selected, joined },
    backward,
    binary,
    bound,
  }: Omit<Parameters<typeof pageStatement>[3], 'limit'> & { bound: number },
): PageText {
  const direction = view.descending !== backward ? sql`DESC` : sql`ASC`;
  const form = binary ? AS_BINARY : AS_ARRAYS;
  const isSoon = view.isSoonFound && bound <= SMALL;
  const way = view.isPlannedForValues ? ` ${PLANNED_FOR_VALUES}` : isSoon ? ` ${WITH_OTHERS}` : '';
  const first = sql.raw(`${form}${way}`);
  const order = sql.join(view.order.map(({ by }) => sql`${by} ${direction}`));
  const columns = sql.join(selected.map((each, index) => sql`${each} AS ${sql.ref(`c${index}`)}`));
  const between = sql`ORDER BY ${order} LIMIT ${sql.lit(bound)}) page`;
  if (view.alias === undefined) {
    const before = sql`${first} SELECT * FROM (SELECT ${columns} FROM`;
    return { before: asText(db, before), between: asText(db, between), behind: sql``, end: sql`` };
  }
  const alias = sql.ref(view.alias);
  const keys = sql.join(view.order.map(({ by }, index) => sql`${by} AS ${sql.ref(`key${index}`)}`));
  const again = sql.join(view.order.map((_, index) => sql`${keyColumn(view.alias as string, index)} ${direction}`));
  const behind = sql`) ${alias} ${sequence(joined)}`;
  const before = sql`${first} SELECT ${columns} FROM (SELECT * FROM (SELECT ${alias}.*, ${keys} FROM`;
  const end = sql`ORDER BY ${again}`;
  return {
    ...{ before: asText(db, before), between: asText(db, between) },
    ...{ behind: asText(db, behind), end: asText(db, end) },
  };
}

/** Put together once: Kysely takes a tenth of a millisecond for the parts of a list. What holds values stays as it is. */
function asText(db: Sql, part: RawBuilder<unknown>): RawBuilder<unknown> {
  const { sql: text, parameters } = part.compile(db);
  return parameters.length === 0 ? sql.raw(text) : part;
}

async function countRows(db: Sql, view: ListView): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    SELECT count(*) AS count FROM ${view.counted ?? view.from} WHERE ${conjunction(view.where)}`.execute(db);
  return Number(rows[0]?.count);
}

function pageSize({ first, last }: PageArguments): { size: number; backward: boolean } {
  if (first != null && last != null) throw new ArgumentError('first and last exclude each other: give one of them.');
  const name = last != null ? 'last' : 'first';
  const size = last ?? first ?? PAGE_DEFAULT;
  if (size < 0 || size > PAGE_MAXIMUM) {
    const sentence = `${name} is ${size}: give a number from 0 to ${PAGE_MAXIMUM}.`;
    throw new ArgumentError(sentence, size > PAGE_MAXIMUM ? 'PAGE_TOO_LARGE' : 'BAD_USER_INPUT');
  }
  return { size, backward: last != null };
}

function beyond(view: ListView, argument: string, cursor: string, descending: boolean): RawBuilder<boolean> {
  const key = decode(view, argument, cursor);
  const columns = sql.join(view.order.map(({ by }) => by));
  const values = sql.join(view.order.map(({ type }, index) => sql`${key[index]}::${sql.raw(type)}`));
  // The first column alone as well, for an index of it where the others are those of another table.
  const [{ by: first, type }] = view.order as [OrderPart];
  const [direction, orEqual] = descending ? [sql`<`, sql`<=`] : [sql`>`, sql`>=`];
  return sql`((${columns}) ${direction} (${values}) AND ${first} ${orEqual} ${key[0]}::${sql.raw(type)})`;
}

/** Of which providers rows may be that meet all of the conditions. */
export function providersOf(
  asked: readonly Provider[] | null | undefined,
  conditions: readonly Condition[],
): readonly Provider[] {
  const each = conditions.map(({ providers = PROVIDERS }) => providers);
  return PROVIDERS.filter((provider) => [asked ?? PROVIDERS, ...each].every((some) => some.includes(provider)));
}

/** Where the rows of the alias come from, and what they have to meet besides: first what few of them meet. */
export function chosenFrom(
  table: RawBuilder<unknown>,
  alias: string,
  conditions: readonly Condition[],
): Pick<ListView, 'from' | 'where'> & { readonly isFew: boolean } {
  const few = conditions.find(({ isFew }) => isFew);
  const where = conditions.filter((each) => each !== few).map(({ condition }) => condition);
  return { from: few ? wholly(table, alias, few.condition) : table, where, isFew: few !== undefined };
}

/**
 * All rows that the condition chooses, where they are few. PostgreSQL expects a list that is ordered by an index to be full
 * soon, and walked through a million rows for the twelve that somebody sees; OFFSET 0 lets it see no list.
 */
function wholly(table: RawBuilder<unknown>, alias: string, condition: RawBuilder<boolean>) {
  const name = sql.ref(alias);
  return sql`(SELECT ${name}.* FROM ${table} WHERE ${condition} OFFSET 0) ${name}`;
}

/**
 * Rows of the alias with the names of their principals, as `holder`, to be ordered by. Where they are many, by the names:
 * OFFSET 0 keeps PostgreSQL from joining and sorting all of them for a page.
 */
export function byPrincipalName(
  table: RawBuilder<unknown>,
  alias: string,
  isFew: boolean,
): Pick<ListView, 'from' | 'counted'> {
  const name = sql.ref(alias);
  if (isFew) return { from: sql`${table} JOIN principal holder ON holder.id = ${name}.principal_id`, counted: table };
  const held = sql`SELECT ${name}.* FROM ${table} WHERE ${name}.principal_id = holder.id OFFSET 0`;
  return { from: sql`principal holder CROSS JOIN LATERAL (${held}) ${name}`, counted: table };
}

/** Rows that an index finds, and the order that it has them in. */
export interface IndexRange {
  readonly where: RawBuilder<boolean>;
  readonly by: RawBuilder<unknown>;
}

/** So many are found, and put into another order, in the time that a walk in that order takes past all others. */
const RANGE_MAXIMUM = 20_000;

/** The first of them that holds few rows. */
export async function firstFew(
  db: Sql,
  table: RawBuilder<unknown>,
  ranges: readonly IndexRange[],
): Promise<Condition[]> {
  for (const range of ranges) if (await holdsFew(db, table, range)) return [{ condition: range.where, isFew: true }];
  return [];
}

/** PostgreSQL does not know it of values to come. */
export async function holdsFew(db: Sql, table: RawBuilder<unknown>, { where, by }: IndexRange): Promise<boolean> {
  const { rows } = await sql<{ isFew: boolean }>`SELECT count(*) <= ${sql.lit(RANGE_MAXIMUM)} AS "isFew" FROM (
    SELECT FROM ${table} WHERE ${where} ORDER BY ${by} LIMIT ${sql.lit(RANGE_MAXIMUM + 1)}) found`.execute(db);
  return rows[0]?.isFew === true;
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
  timestamptz: /^(infinity|(?!0000)\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00)$/,
  bigint: /^\d{1,18}$/,
} as const;

/** JavaScript takes the 30th of February for the 2nd of March; PostgreSQL does not take it. */
function isDay(timestamp: string): boolean {
  if (timestamp === 'infinity') return true;
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
