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

/** A row, and whose page it is in. */
class PlacedRow implements Row {
  readonly bytes: Buffer;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  readonly page: BinaryPage;
  readonly context: Context;

  constructor(page: BinaryPage, context: Context) {
    const { bytes, starts, lengths } = page.row();
    this.bytes = bytes;
    this.starts = starts;
    this.lengths = lengths;
    this.page = page;
    this.context = context;
  }
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
  const row = new PlacedRow(page, context);
  let to = out;
  let at = 0;
  for (let index = 0; index < page.length; index++) {
    const most = at + bytes + page.find(row, index) * copies * ESCAPED_BYTES;
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

const NULL = Buffer.from('null');
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
    return (to, at, row) => {
      const ofWord = writes.get(wordOf(row, column));
      if (ofWord === undefined) throw new Error(`no type for the ${property} ${wordOf(row, column)}`);
      return ofWord(to, at, row);
    };
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
    return this.#value(field, layout, {
      ofLeaf: ({ cell }) => cell,
      ofObject: below,
      isNull: EMPTY,
      around: (write) => write,
    });
  }

  #fields({ fields }: Selection, layout: Layout): Write {
    const parts: { readonly before: Uint8Array; readonly write: Write }[] = [];
    let text = '{';
    for (const [index, field] of fields.entries()) {
      text += index > 0 ? field.furtherLabel : field.label;
      const constant = constantOf(field);
      if (constant !== null) text += constant;
      else {
        parts.push({ before: Buffer.from(text), write: this.#member(field, layout) });
        this.bytes += text.length;
        text = '';
      }
    }
    const end = Buffer.from(`${text}}`);
    this.bytes += end.length;
    return (to, at, row) => {
      let next = at;
      for (let index = 0; index < parts.length; index++) {
        const { before, write } = parts[index] as (typeof parts)[number];
        next = write(to, put(to, next, before), row);
      }
      return put(to, next, end);
    };
  }

  #member(field: FieldPlan, layout: Layout): Write {
    const isNull: Write = (to, at) => {
      if (field.isNullable) return put(to, at, NULL);
      throw new Error(`Cannot return null for non-nullable field ${field.parentType.name}.${field.field.name}.`);
    };
    const ofObject = (inner: Layout) => this.#object(field, withoutNull(field.shape), inner);
    return this.#value(field, layout, { ofLeaf: ({ json }) => json, ofObject, isNull, around: quoted });
  }

  #value(field: FieldPlan, layout: Layout, { ofLeaf, ofObject, isNull, around }: ValueForm): Write {
    const column = field.column as NonNullable<FieldPlan['column']>;
    this.bytes += VALUE_BYTES;
    switch (column.kind) {
      case 'PROPERTY': {
        const at = columnOf(layout, column.property);
        this.copies.set(at, (this.copies.get(at) ?? 0) + 1);
        const write = ofLeaf(leafOf(field, at) as Leaf);
        return unlessNull([at], field.isNullable ? ifKnown(field, at, { write, isNull }) : write, isNull);
      }
      case 'GLOBAL_ID': {
        const prefix = Buffer.from(`${field.parentType.name}:`);
        return around(globalId(columnOf(layout, 'id'), () => prefix));
      }
      case 'ROW': {
        const named = layout.rows.get(column.name) as Layout;
        const write = unlessNull([named.first], ofObject(named), isNull);
        return column.among ? among(column.among, named, { write, isNull }) : write;
      }
      case 'SAME_ROW': {
        const columns = column.unless.map((name) => columnOf(layout, name));
        return columns.length === 0 ? ofObject(layout) : unlessNull(columns, ofObject(layout), isNull);
      }
      case 'CURSOR':
        // Of values of the row, as a list in JSON and that in base64.
        this.bytes += 2 * VALUE_BYTES;
        this.cursorCopies += 2;
        return around((to, at, row) => putText(to, at, (row as PlacedRow).page.cursorOf(row)));
      case 'LOG_CURSOR':
        return around(logCursor(columnOf(layout, column.epoch), columnOf(layout, column.position)));
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

/** How a value is written as a member of an object, or as a cell. */
interface ValueForm {
  readonly ofLeaf: (leaf: Leaf) => Write;
  readonly ofObject: (layout: Layout) => Write;
  readonly isNull: Write;
  /** Of a text that nothing of is escaped. */
  readonly around: (write: Write) => Write;
}

const EMPTY: Write = (_to, at) => at;

function text(constant: string): Write {
  const bytes = Buffer.from(constant);
  return (to, at) => put(to, at, bytes);
}

/** Null where all of the columns are. */
function unlessNull([first = 0, ...others]: readonly number[], write: Write, isNull: Write): Write {
  return (to, at, row) => {
    const isThere = row.lengths[first] !== -1 || others.some((column) => row.lengths[column] !== -1);
    return isThere ? write(to, at, row) : isNull(to, at, row);
  };
}

function among(
  ids: (context: Context) => readonly string[],
  { columns }: Layout,
  { write, isNull }: { write: Write; isNull: Write },
): Write {
  const column = columns.get('id') as number;
  return (to, at, row) => {
    const chosen = ids((row as PlacedRow).context);
    const isChosen = chosen.length > 0 && chosen.includes(uuidOf(row, column));
    return isChosen ? write(to, at, row) : isNull(to, at, row);
  };
}

function quoted(write: Write): Write {
  return (to, at, row) => {
    to[at] = QUOTE;
    const end = write(to, at + 1, row);
    to[end] = QUOTE;
    return end + 1;
  };
}

/** A value in JSON, and as a cell of CSV. */
interface Leaf {
  readonly json: Write;
  readonly cell: Write;
}

/** Null: a list of such values is one of objects. */
function leafOf({ shape }: FieldPlan, column: number): Leaf | null {
  const leaf = withoutNull(shape);
  if (leaf.kind !== 'LEAF') return null;
  if (leaf.texts !== null) return word(enumWriter(leaf.texts, column));
  switch (leaf.type.name) {
    case 'String':
    case 'ScopePath':
      return { json: quoted(jsonText(column)), cell: csvText(column, true) };
    case 'ID':
      return word(uuid(column));
    case 'DateTime':
      return word(instant(column));
    case 'Duration':
      return word((to, at, { bytes, starts }) =>
        putText(to, at, formatDuration(int32(bytes, starts[column] as number))),
      );
    case 'Boolean':
      return { json: truth(column), cell: truth(column) };
    case 'SafeInt':
      return { json: integer(column), cell: integer(column) };
    case 'JSONObject':
      return { json: json(column), cell: csvText(column, false, JSONB_VERSION_BYTES) };
    default:
      return null;
  }
}

/** Nothing of it is escaped. */
const word = (write: Write): Leaf => ({ json: quoted(write), cell: write });

/** A word of another version of the gateway is null, and the other rows are there. */
function ifKnown({ shape }: FieldPlan, column: number, { write, isNull }: { write: Write; isNull: Write }): Write {
  const leaf = withoutNull(shape);
  const texts = leaf.kind === 'LEAF' ? leaf.texts : null;
  // A constraint of the database holds all others.
  if (texts === null || isCopied(texts)) return write;
  return (to, at, row) => (texts.has(wordOf(row, column)) ? write : isNull)(to, at, row);
}

const isCopied = (texts: ReadonlyMap<unknown, string>) =>
  [...texts].every(([name, quotedName]) => quotedName === `"${name}"`);

function enumWriter(texts: ReadonlyMap<unknown, string>, column: number): Write {
  if (isCopied(texts)) return copied(column);
  const known = new Map([...texts].map(([name, quotedName]) => [name, Buffer.from(JSON.parse(quotedName))]));
  return (to, at, row) => {
    const name = known.get(wordOf(row, column));
    if (name === undefined) throw new Error(`no name for ${wordOf(row, column)}`);
    return put(to, at, name);
  };
}

function wordOf({ bytes, starts, lengths }: Row, column: number): string {
  const from = starts[column] as number;
  return bytes.toString('latin1', from, from + (lengths[column] as number));
}
