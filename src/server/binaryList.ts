/** How is a list written whose rows are bytes? By what its selection is in columns, found out once, and straight into text. */
import type { GraphQLObjectType } from 'graphql';
import { typeIn } from '../../schema/column.ts';
import type { Context } from '../../schema/context.ts';
import { formatDuration } from '../decision/duration.ts';
import { type BinaryPage, type Layout, uuidOf } from '../store/binaryPage.ts';
import {
  copied,
  ESCAPED_BYTES,
  globalId,
  instant,
  int32,
  integer,
  json,
  jsonText,
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
    if (column.kind === 'PROPERTY') return leafWriter(each, 0) !== null;
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

/** The JSON of each row of the page, with the separator between them. */
export function binaryRows(
  field: FieldPlan,
  page: BinaryPage,
  { variables, context, separator }: { variables: Variables; context: Context; separator: number },
): string {
  const { write, bytes, copies } = writerOf(field, page.layout, variables);
  const row = new PlacedRow(page, context);
  const kept = out;
  let at = 0;
  for (let index = 0; index < page.length; index++) {
    const room = bytes + page.find(row, index) * copies * ESCAPED_BYTES;
    if (at + room > out.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (at + room));
      out.copy(larger, 0, 0, at);
      out = larger;
    }
    if (index > 0) out[at++] = separator;
    at = write(out, at, row);
  }
  const text = out.toString('utf8', 0, at);
  if (out.length > KEPT_BYTES) out = kept;
  return text;
}

function writerOf(field: FieldPlan, layout: Layout, variables: Variables): BinaryWriter {
  const known = field.writers.get(layout);
  if (known) return known;
  const compiler = new Compiler(variables);
  const write = compiler.object(field, itemOf(field.shape), layout);
  const writer = { write, bytes: compiler.bytes, copies: Math.max(1, ...compiler.copies.values()) };
  field.writers.set(layout, writer);
  return writer;
}

const NULL = Buffer.from('null');
const [QUOTE, SEPARATOR_BYTES] = [0x22, 1];

class Compiler {
  bytes = SEPARATOR_BYTES;
  /** How often the text of each column is written. */
  readonly copies = new Map<number, number>();
  readonly #variables: Variables;

  constructor(variables: Variables) {
    this.#variables = variables;
  }

  /** Of the type that the row says it is. */
  object(field: FieldPlan, shape: Shape, layout: Layout): Write {
    const of = (type: GraphQLObjectType) => this.#fields(field.selection(type, this.#variables), layout);
    const types = typesOf(field, shape);
    const [only] = types;
    if (shape.kind !== 'ABSTRACT') return of(only as GraphQLObjectType);
    const { property, types: names } = typeIn(shape.type.extensions) as NonNullable<ReturnType<typeof typeIn>>;
    const column = columnOf(layout, property);
    const writes = new Map(Object.keys(names).map((word, index) => [word, of(types[index] as GraphQLObjectType)]));
    return (to, at, row) => {
      const write = writes.get(wordOf(row, column));
      if (write === undefined) throw new Error(`no type for the ${property} ${wordOf(row, column)}`);
      return write(to, at, row);
    };
  }

  #fields({ fields }: Selection, layout: Layout): Write {
    const parts: { readonly before: Uint8Array; readonly write: Write }[] = [];
    let text = '{';
    for (const [index, field] of fields.entries()) {
      text += index > 0 ? field.furtherLabel : field.label;
      const constant = constantOf(field);
      if (constant !== null) text += constant;
      else {
        parts.push({ before: Buffer.from(text), write: this.#value(field, layout) });
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

  #value(field: FieldPlan, layout: Layout): Write {
    const column = field.column as NonNullable<FieldPlan['column']>;
    this.bytes += VALUE_BYTES;
    switch (column.kind) {
      case 'PROPERTY': {
        const at = columnOf(layout, column.property);
        this.#copies(at, 1);
        return orNull(field, [at], leafWriter(field, at) as Write);
      }
      case 'GLOBAL_ID': {
        const prefix = Buffer.from(`${field.parentType.name}:`);
        return quoted(globalId(columnOf(layout, 'id'), () => prefix));
      }
      case 'ROW': {
        const named = layout.rows.get(column.name) as Layout;
        const write = orNull(field, [named.first], this.object(field, withoutNull(field.shape), named));
        return column.among ? among(column.among, named, write) : write;
      }
      case 'SAME_ROW': {
        const write = this.object(field, withoutNull(field.shape), layout);
        return column.unless.length === 0
          ? write
          : orNull(
              field,
              column.unless.map((name) => columnOf(layout, name)),
              write,
            );
      }
      case 'CURSOR':
        // Of texts that are as long as the row, in JSON and that in base64.
        this.#copies(-1, 2);
        return quoted((to, at, row) => putText(to, at, (row as PlacedRow).page.cursorOf(row)));
      case 'TEXT':
        return quoted((to, at, row) =>
          putText(
            to,
            at,
            column.text(row, (name) => columnOf(layout, name)),
          ),
        );
      default:
        throw new Error(`${field.parentType.name}.${field.key} is no value of a row`);
    }
  }

  #copies(column: number, times: number): void {
    this.copies.set(column, (this.copies.get(column) ?? 0) + times);
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

/** Null where all of the columns are. */
function orNull(field: FieldPlan, columns: readonly number[], write: Write): Write {
  const [first = 0, ...others] = columns;
  return (to, at, row) => {
    if (row.lengths[first] !== -1 || others.some((column) => row.lengths[column] !== -1)) return write(to, at, row);
    if (field.isNullable) return put(to, at, NULL);
    throw new Error(`Cannot return null for non-nullable field ${field.parentType.name}.${field.field.name}.`);
  };
}

function among(ids: (context: Context) => readonly string[], { columns }: Layout, write: Write): Write {
  const column = columns.get('id') as number;
  return (to, at, row) => {
    const chosen = ids((row as PlacedRow).context);
    return chosen.length > 0 && chosen.includes(uuidOf(row, column)) ? write(to, at, row) : put(to, at, NULL);
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

/** Null: a list of such values is one of objects. */
function leafWriter({ shape }: FieldPlan, column: number): Write | null {
  const leaf = withoutNull(shape);
  if (leaf.kind !== 'LEAF') return null;
  if (leaf.texts !== null) return enumWriter(leaf.texts, column);
  switch (leaf.type.name) {
    case 'String':
    case 'ScopePath':
      return quoted(jsonText(column));
    case 'ID':
      return quoted(uuid(column));
    case 'DateTime':
      return quoted(instant(column));
    case 'Duration':
      return quoted((to, at, { bytes, starts }) =>
        putText(to, at, formatDuration(int32(bytes, starts[column] as number))),
      );
    case 'Boolean':
      return truth(column);
    case 'SafeInt':
      return integer(column);
    case 'JSONObject':
      return json(column);
    default:
      return null;
  }
}

function enumWriter(texts: ReadonlyMap<unknown, string>, column: number): Write {
  if ([...texts].every(([word, text]) => text === `"${word}"`)) return quoted(copied(column));
  const known = new Map([...texts].map(([word, text]) => [word, Buffer.from(text)]));
  return (to, at, row) => {
    const text = known.get(wordOf(row, column));
    if (text === undefined) throw new Error(`no name for ${wordOf(row, column)}`);
    return put(to, at, text);
  };
}

function wordOf({ bytes, starts, lengths }: Row, column: number): string {
  const from = starts[column] as number;
  return bytes.toString('latin1', from, from + (lengths[column] as number));
}
