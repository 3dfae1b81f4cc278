/** How is a list written whose rows are bytes? By what its selection is in columns, found out once, and straight into text. */
import type { GraphQLObjectType } from 'graphql';
import { typeIn } from '../../schema/column.ts';
import type { Context } from '../../schema/context.ts';
import { formatDuration } from '../decision/duration.ts';
import { type BinaryPage, type Layout, uuidOf } from '../store/binaryPage.ts';
import {
  copied,
  csvText,
  ESCAPED_BYTES,
  globalId,
  instant,
  int32,
  integer,
  JSONB_VERSION_BYTES,
  json,
  jsonText,
  logCursor,
  put,
  putText,
  type Row,
  truth,
  uuid,
  VALUE_BYTES,
  type Write,
} from '../store/binaryValue.ts';
import { byWord, ofWord } from '../store/binaryWord.ts';
import type { FieldPlan, Selection, Shape, Variables } from './plan.ts';

/** The rows of a list of these fields stand in columns, all that is selected of them. */
export function takesBinary(field: FieldPlan, variables: Variables): boolean {
  field.takesBinary ??= judge(field, variables);
  return field.takesBinary;
}

function judge(field: FieldPlan, variables: Variables): boolean {
  const shape = withoutNull(field.shape);
  if (shape.kind !== 'OBJECT') return false;
  try {
    const lists = field.selection(shape.type, variables).fields.filter(({ column }) => column?.kind === 'ROWS');
    return lists.length > 0 && lists.every((list) => isStored(list, itemOf(list.shape), variables));
  } catch {
    // A directive lacks its value, which the execution tells.
    return false;
  }
}

function isStored(field: FieldPlan, shape: Shape, variables: Variables): boolean {
  const types = typesOf(field, shape);
  return types.length > 0 && types.every((type) => field.selection(type, variables).fields.every(isColumn));

  function isColumn(each: FieldPlan): boolean {
    if (each.typename !== null) return true;
    const { column } = each;
    if (column === undefined || column.kind === 'ROWS') return false;
    if (column.kind === 'PROPERTY') return leafOf(each, 0) !== null;
    if (column.kind !== 'ROW' && column.kind !== 'SAME_ROW') return true;
    return isStored(each, withoutNull(each.shape), variables);
  }
}

const withoutNull = (shape: Shape): Shape => (shape.kind === 'NON_NULL' ? shape.of : shape);

function itemOf(shape: Shape): Shape {
  const list = withoutNull(shape);
  return list.kind === 'LIST' ? withoutNull(list.of) : list;
}

/** Empty: nobody can tell them apart by a column. */
function typesOf({ plan }: FieldPlan, shape: Shape): readonly GraphQLObjectType[] {
  if (shape.kind === 'OBJECT') return [shape.type];
  const { types = {} } = (shape.kind === 'ABSTRACT' && typeIn(shape.type.extensions)) || {};
  return Object.values(types).map((name) => plan.schema.getType(name) as GraphQLObjectType);
}

/** The row of a page, and for whom it is written. */
interface PlacedRow extends Row {
  readonly page: BinaryPage;
  readonly context: Context;
}

/** What becomes of a row: an item of a list, a line of JSON, or a line of CSV with these cells. */
export type RowForm = 'ITEM' | 'LINE' | Cells;

/** Where in a row each cell stands, by the names that the response has. */
export type Cells = readonly { readonly path: readonly string[] }[];

export interface BinaryWriter {
  readonly write: Write;
  /** That a row becomes at most, beside … */
  readonly bytes: number;
  /** … so many times what it has. */
  readonly copies: number;
}

/** For all lists: what is written is text before anybody else writes. */
let out = Buffer.allocUnsafeSlow(262_144);
/** What is larger is not kept. */
const KEPT_BYTES = 1_048_576;

/** Each row of the page, with what ends it; it is written over by the next one who writes. */
export function binaryRows(
  field: FieldPlan,
  page: BinaryPage,
  { variables, context, form }: { variables: Variables; context: Context; form: RowForm },
): Buffer {
  const { write, bytes, copies } = writerOf(field, page.layout, { variables, form });
  const row: PlacedRow = { ...page.row, page, context };
  let to = out;
  let at = 0;
  for (let index = 0; index < page.length; index++) {
    const most = at + bytes + page.find(index) * copies * ESCAPED_BYTES;
    if (most > to.length) {
      const larger = Buffer.allocUnsafeSlow(2 * most);
      to.copy(larger, 0, 0, at);
      to = larger;
    }
    at = write(to, at, row);
    // What is written behind the end is lost without a word, and something that was in memory would be answered in its place.
    if (at > most) throw new Error(`a row took ${at - most} bytes more than there was room for`);
  }
  if (to.length <= KEPT_BYTES) out = to;
  return to.subarray(0, at);
}

function writerOf(
  field: FieldPlan,
  layout: Layout,
  { variables, form }: { variables: Variables; form: RowForm },
): BinaryWriter {
  const ofLayout = field.writers.get(layout) ?? new Map<RowForm, BinaryWriter>();
  field.writers.set(layout, ofLayout);
  const writer = ofLayout.get(form) ?? newWriter(field, layout, { variables, form });
  ofLayout.set(form, writer);
  return writer;
}

function newWriter(field: FieldPlan, layout: Layout, asked: { variables: Variables; form: RowForm }): BinaryWriter {
  const compiler = new Compiler(asked.variables);
  const write = compiler.row(field, layout, asked.form);
  return { write, bytes: compiler.bytes, copies: Math.max(1, ...compiler.copies.values()) + compiler.cursorCopies };
}

const [QUOTE, COMMA, CARRIAGE_RETURN, LINE_FEED] = [0x22, 0x2c, 0x0d, 0x0a];
/** What ends a row. */
const END_BYTES = 2;

class Compiler {
  bytes = END_BYTES;
  /** How often the text of each column is written. */
  readonly copies = new Map<number, number>();
  /** The same for that of all columns in cursors: it comes on top of the columns themselves. */
  cursorCopies = 0;
  readonly #variables: Variables;

  constructor(variables: Variables) {
    this.#variables = variables;
  }

  row(field: FieldPlan, layout: Layout, form: RowForm): Write {
    const item = itemOf(field.shape);
    if (typeof form !== 'string') return this.#line(form.map(({ path }) => this.#cell(field, item, layout, path)));
    const write = this.#object(field, item, layout);
    const end = form === 'ITEM' ? COMMA : LINE_FEED;
    return (to, at, row) => {
      const next = write(to, at, row);
      to[next] = end;
      return next + 1;
    };
  }

  #object(field: FieldPlan, shape: Shape, layout: Layout): Write {
    return this.#ofType(field, shape, layout, (selection) => this.#fields(selection, layout));
  }

  /** By the type that the row says it is. */
  #ofType(field: FieldPlan, shape: Shape, layout: Layout, write: (selection: Selection) => Write): Write {
    const of = (type: GraphQLObjectType) => write(field.selection(type, this.#variables));
    const types = typesOf(field, shape);
    const [only] = types;
    if (shape.kind !== 'ABSTRACT') return of(only as GraphQLObjectType);
    const { property, types: names } = typeIn(shape.type.extensions) as NonNullable<ReturnType<typeof typeIn>>;
    const column = columnOf(layout, property);
    const writes = new Map(Object.keys(names).map((word, index) => [word, of(types[index] as GraphQLObjectType)]));
    return byWord(column, (word) => {
      const known = writes.get(word);
      if (known === undefined) throw new Error(`no type for the ${property} ${word}`);
      return known;
    });
  }

  /** @see https://www.rfc-editor.org/rfc/rfc4180#section-2 */
  #line(cells: readonly Write[]): Write {
    this.bytes += cells.length * VALUE_BYTES;
    return (to, at, row) => {
      let next = at;
      for (let index = 0; index < cells.length; index++) {
        if (index > 0) to[next++] = COMMA;
        next = (cells[index] as Write)(to, next, row);
      }
      to[next] = CARRIAGE_RETURN;
      to[next + 1] = LINE_FEED;
      return next + 2;
    };
  }

  /** Empty where it is null, and in rows of a type that has no such field. */
  #cell(field: FieldPlan, shape: Shape, layout: Layout, [key, ...rest]: readonly string[]): Write {
    return this.#ofType(field, shape, layout, ({ fields }) => {
      const inner = fields.find((each) => each.key === key);
      return inner ? this.#cellOf(inner, layout, rest) : EMPTY;
    });
  }

  #cellOf(field: FieldPlan, layout: Layout, path: readonly string[]): Write {
    const constant = constantOf(field);
    if (constant !== null) return text(JSON.parse(constant));
    const below = (inner: Layout) => this.#cell(field, withoutNull(field.shape), inner, path);
    const value = this.#value(field, layout, ({ cell }) => cell, below);
    return (to, at, row) => (isNull(value, row) ? at : value.write(to, at, row));
  }

  #fields({ fields }: Selection, layout: Layout): Write {
    const parts: (Value & { readonly before: Uint8Array; readonly orNull: Write })[] = [];
    let text = '{';
    for (const [index, field] of fields.entries()) {
      text += index > 0 ? field.furtherLabel : field.label;
      const constant = constantOf(field);
      if (constant !== null) text += constant;
      else {
        parts.push({ ...this.#member(field, layout), before: Buffer.from(text), orNull: orNull(field) });
        this.bytes += text.length;
        text = '';
      }
    }
    const end = Buffer.from(`${text}}`);
    this.bytes += end.length;
    return (to, at, row) => {
      let next = at;
      for (let index = 0; index < parts.length; index++) {
        const part = parts[index] as (typeof parts)[number];
        next = put(to, next, part.before);
        if (isNull(part, row)) next = part.orNull(to, next, row);
        else if (part.isQuoted) {
          to[next] = QUOTE;
          next = part.write(to, next + 1, row);
          to[next++] = QUOTE;
        } else next = part.write(to, next, row);
      }
      return put(to, next, end);
    };
  }

  #member(field: FieldPlan, layout: Layout): Value {
    const ofObject = (inner: Layout) => this.#object(field, withoutNull(field.shape), inner);
    return this.#value(field, layout, ({ json }) => json, ofObject);
  }

  #value(field: FieldPlan, layout: Layout, ofLeaf: (leaf: Leaf) => Write, ofObject: (layout: Layout) => Write): Value {
    const column = field.column as NonNullable<FieldPlan['column']>;
    this.bytes += VALUE_BYTES;
    switch (column.kind) {
      case 'PROPERTY': {
        const at = columnOf(layout, column.property);
        this.copies.set(at, (this.copies.get(at) ?? 0) + 1);
        const leaf = leafOf(field, at) as Leaf;
        return { column: at, isAbsent: leaf.isAbsent, isQuoted: leaf.isQuoted, write: ofLeaf(leaf) };
      }
      case 'GLOBAL_ID':
        return quoted(globalId(columnOf(layout, 'id'), Buffer.from(`${field.parentType.name}:`)));
      case 'ROW': {
        const named = layout.rows.get(column.name) as Layout;
        const isAbsent = column.among ? notAmong(column.among, named) : null;
        return { column: named.first, isAbsent, isQuoted: false, write: ofObject(named) };
      }
      case 'SAME_ROW': {
        const columns = column.unless.map((name) => columnOf(layout, name));
        const isAbsent =
          columns.length === 0 ? null : ({ lengths }: Row) => columns.every((each) => lengths[each] === -1);
        return { column: NONE, isAbsent, isQuoted: false, write: ofObject(layout) };
      }
      case 'CURSOR':
        // Of values of the row, as a list in JSON and that in base64.
        this.bytes += 2 * VALUE_BYTES;
        this.cursorCopies += 2;
        return quoted((to, at, row) => putText(to, at, (row as PlacedRow).page.cursorOf(row)));
      case 'LOG_CURSOR':
        return quoted(logCursor(columnOf(layout, column.epoch), columnOf(layout, column.position)));
      default:
        throw new Error(`${field.parentType.name}.${field.key} is no value of a row`);
    }
  }
}

function constantOf({ typename, column }: FieldPlan): string | null {
  return column?.kind === 'CONSTANT' ? JSON.stringify(column.value) : typename;
}

function columnOf({ columns }: Layout, property: string): number {
  const column = columns.get(property);
  if (column === undefined) throw new Error(`${property} was not read`);
  return column;
}

/** When a value is null, and how it is written otherwise. */
interface Value {
  /** Where this one is null. */
  readonly column: number;
  /** And in these rows. */
  readonly isAbsent: ((row: Row) => boolean) | null;
  /** In JSON. */
  readonly isQuoted: boolean;
  readonly write: Write;
}

/** Of a value that no column of its own makes null. */
const NONE = -1;

const quoted = (write: Write): Value => ({ column: NONE, isAbsent: null, isQuoted: true, write });

function isNull({ column, isAbsent }: Value, row: Row): boolean {
  return (column !== NONE && row.lengths[column] === -1) || isAbsent?.(row) === true;
}

function orNull({ isNullable, parentType, field }: FieldPlan): Write {
  if (isNullable) return text('null');
  return () => {
    throw new Error(`Cannot return null for non-nullable field ${parentType.name}.${field.name}.`);
  };
}

const EMPTY: Write = (_to, at) => at;

function text(constant: string): Write {
  const bytes = Buffer.from(constant);
  return (to, at) => put(to, at, bytes);
}

function notAmong(ids: (context: Context) => readonly string[], { columns }: Layout): (row: Row) => boolean {
  const column = columns.get('id') as number;
  return (row) => {
    const chosen = ids((row as PlacedRow).context);
    return chosen.length === 0 || !chosen.includes(uuidOf(row, column));
  };
}

/** A value in JSON, and as a cell of CSV. */
interface Leaf {
  readonly json: Write;
  readonly cell: Write;
  readonly isQuoted: boolean;
  /** In rows whose word has no name in the schema; null: every value has one. */
  readonly isAbsent: ((row: Row) => boolean) | null;
}

/** Null: a list of such values is one of objects. */
function leafOf({ shape }: FieldPlan, column: number): Leaf | null {
  const leaf = withoutNull(shape);
  if (leaf.kind !== 'LEAF') return null;
  if (leaf.texts !== null) return enumLeaf(leaf.texts, column);
  switch (leaf.type.name) {
    case 'String':
    case 'ScopePath':
      return { ...word(jsonText(column)), cell: csvText(column, true) };
    case 'ID':
      return word(uuid(column));
    case 'DateTime':
      return word(instant(column));
    case 'Duration':
      return word((to, at, { bytes, starts }) =>
        putText(to, at, formatDuration(int32(bytes, starts[column] as number))),
      );
    case 'Boolean':
      return bare(truth(column));
    case 'SafeInt':
      return bare(integer(column));
    case 'JSONObject':
      return { ...bare(json(column)), cell: csvText(column, false, JSONB_VERSION_BYTES) };
    default:
      return null;
  }
}

/** The same in JSON and in CSV: nothing of it is escaped. */
const bare = (write: Write): Leaf => ({ json: write, cell: write, isQuoted: false, isAbsent: null });
const word = (write: Write): Leaf => ({ ...bare(write), isQuoted: true });

/** Names that are the words of the column need no looking up: a constraint of the database holds all others. */
function enumLeaf(texts: ReadonlyMap<unknown, string>, column: number): Leaf {
  if ([...texts].every(([name, quotedName]) => quotedName === `"${name}"`)) return word(copied(column));
  const nameOf = ofWord(column, (stored) => {
    const quotedName = texts.get(stored);
    return quotedName === undefined ? null : Buffer.from(JSON.parse(quotedName));
  });
  const write: Write = (to, at, row) => put(to, at, nameOf(row) as Buffer);
  // A word of another version of the gateway is null where that may be, and the other rows are there.
  return { ...word(write), isAbsent: (row) => nameOf(row) === null };
}
