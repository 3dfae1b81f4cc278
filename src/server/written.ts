/**
 * How is a list written whose rows are all at hand? As JSON text, without an object for each of its rows. What waits, fails or
 * wants to know where it stands is left to the execution, which then begins the list anew.
 */
import {
  defaultFieldResolver,
  defaultTypeResolver,
  type GraphQLAbstractType,
  type GraphQLLeafType,
  type GraphQLResolveInfo,
  isObjectType,
} from 'graphql';
import { isPromise } from 'graphql/jsutils/isPromise.js';
import type { Context } from '../../schema/context.ts';
import { BinaryPage } from '../store/binaryPage.ts';
import { binaryRows, type RowForm } from './binaryList.ts';
import type { FieldPlan, Selection, Shape, Variables } from './plan.ts';

/** A list of a result whose rows are JSON already. */
export class Written {
  readonly json: string;

  constructor(json: string) {
    this.json = json;
  }

  toJSON(): unknown {
    if (found === null) return JSON.parse(this.json);
    found.push(this.json);
    return MARK;
  }
}

/** The same as lines of a file, one for each row. */
export class WrittenLines {
  readonly bytes: Buffer;
  readonly length: number;

  constructor(bytes: Buffer, length: number) {
    this.bytes = bytes;
    this.length = length;
  }
}

/** What stands for such a part while the rest becomes text. Nobody is ever shown it, so that no value holds it. */
const MARK = `written ${crypto.randomUUID()}`;
const QUOTED_MARK = JSON.stringify(MARK);
let found: string[] | null = null;

/** The JSON of a result, whose written parts are put in as they are. */
export function stringifyWritten(result: unknown): string {
  const parts: string[] = [];
  found = parts;
  let text: string;
  try {
    text = JSON.stringify(result);
  } finally {
    found = null;
  }
  let whole = '';
  let from = 0;
  for (const part of parts) {
    const at = text.indexOf(QUOTED_MARK, from);
    whole += text.slice(from, at) + part;
    from = at + QUOTED_MARK.length;
  }
  return whole + text.slice(from);
}

/** Thrown, and caught here, by whatever cannot be written: with these rows, or with any. */
const THIS_TIME = withoutStack('not these rows');
const ALWAYS = withoutStack('no rows');

/** Nobody reads the stack of what is always caught. */
function withoutStack(message: string): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new Error(message);
  Error.stackTraceLimit = stackTraceLimit;
  return error;
}

/** Whoever asks where a field stands is not told here. */
const NOWHERE = new Proxy({} as GraphQLResolveInfo, {
  get() {
    throw ALWAYS;
  },
});

export class ListWriter {
  readonly #variables: Variables;
  readonly #context: unknown;
  readonly #form: RowForm;

  /** @param form of the rows of a connection */
  constructor(variables: Variables, context: unknown, form: RowForm) {
    this.#variables = variables;
    this.#context = context;
    this.#form = form;
  }

  /** Null: it has to be executed. */
  list(item: Shape, field: FieldPlan, rows: unknown): Written | WrittenLines | null {
    const form = field.column?.kind === 'ROWS' ? this.#form : 'ITEM';
    if (rows instanceof BinaryPage) return this.#binary(field, rows, form);
    const texts = typeof form === 'string' ? this.#rows(item, field, rows) : null;
    if (texts === null) return null;
    if (form === 'ITEM') return new Written(`[${texts.join(',')}]`);
    return new WrittenLines(Buffer.from(texts.map((text) => `${text}\n`).join('')), texts.length);
  }

  #binary(field: FieldPlan, page: BinaryPage, form: RowForm): Written | WrittenLines {
    const context = this.#context as Context;
    const bytes = binaryRows(field, page, { variables: this.#variables, context, form });
    if (form !== 'ITEM') return new WrittenLines(Buffer.from(bytes), page.length);
    // As text: bytes lie outside V8's heap, and after 64 MB of them it marks all of that, twice a second under load.
    return new Written(`[${bytes.toString('utf8', 0, Math.max(bytes.length - 1, 0))}]`);
  }

  #rows(item: Shape, field: FieldPlan, rows: unknown): string[] | null {
    if (field.waits || !Array.isArray(rows)) return null;
    try {
      return rows.map((row) => this.#value(item, field, row));
    } catch (error) {
      if (error === ALWAYS) field.waits = true;
      return null;
    }
  }

  #list(item: Shape, field: FieldPlan, rows: readonly unknown[]): string {
    let text = '[';
    for (let index = 0; index < rows.length; index++) {
      if (index > 0) text += ',';
      text += this.#value(item, field, rows[index]);
    }
    return `${text}]`;
  }

  #object({ fields }: Selection, source: unknown): string {
    let text = '{';
    for (let index = 0; index < fields.length; index++) {
      const field = fields[index] as FieldPlan;
      text += index > 0 ? field.furtherLabel : field.label;
      text += field.typename ?? this.#value(field.shape, field, this.#resolved(field, source));
    }
    return `${text}}`;
  }

  #resolved(field: FieldPlan, source: unknown): unknown {
    if (field.resolve === defaultFieldResolver) return (source as Record<string, unknown>)[field.field.name];
    return field.resolve(source, field.arguments(this.#variables), this.#context, NOWHERE);
  }

  #value(shape: Shape, field: FieldPlan, value: unknown): string {
    if (value === null || value === undefined) {
      if (shape.kind === 'NON_NULL') throw THIS_TIME;
      return 'null';
    }
    switch (shape.kind) {
      case 'NON_NULL':
        return this.#value(shape.of, field, value);
      case 'LEAF':
        return leafText(shape, value);
      case 'LIST':
        if (Array.isArray(value)) return this.#list(shape.of, field, value);
        throw refused(value);
      case 'OBJECT':
        if (typeof value !== 'object' || isPromise(value) || value instanceof Error) throw refused(value);
        if (shape.type.isTypeOf) throw ALWAYS;
        return this.#object(field.selection(shape.type, this.#variables), value);
      default:
        return this.#abstract(shape.type, field, value);
    }
  }

  #abstract(type: GraphQLAbstractType, field: FieldPlan, value: unknown): string {
    if (typeof value !== 'object' || isPromise(value) || value instanceof Error) throw refused(value);
    const resolveType = type.resolveType ?? defaultTypeResolver;
    const name = resolveType(value, this.#context, NOWHERE, type);
    const { schema } = field.plan;
    const known = typeof name === 'string' ? schema.getType(name) : undefined;
    if (!isObjectType(known) || known.isTypeOf || !schema.isSubType(type, known)) throw refused(name);
    return this.#object(field.selection(known, this.#variables), value);
  }
}

/** What has to be waited for will have to be the next time as well. */
function refused(value: unknown): Error {
  if (isPromise(value)) value.then(undefined, () => undefined);
  return isPromise(value) || typeof value === 'function' ? ALWAYS : THIS_TIME;
}

const NEEDS_ESCAPING = /[^ !#-[\]-~]/;

function leafText({ type, texts, isString }: Shape & { kind: 'LEAF' }, value: unknown): string {
  if (texts !== null) return texts.get(value) ?? serializedText(type, value);
  if (!isString || typeof value !== 'string') return serializedText(type, value);
  return NEEDS_ESCAPING.test(value) ? JSON.stringify(value) : `"${value}"`;
}

function serializedText(type: GraphQLLeafType, value: unknown): string {
  if (typeof value === 'function' || isPromise(value) || value instanceof Error) throw refused(value);
  const serialized = type.serialize(value);
  if (serialized === null || serialized === undefined) throw THIS_TIME;
  const text = JSON.stringify(serialized);
  if (text === undefined) throw THIS_TIME;
  return text;
}
