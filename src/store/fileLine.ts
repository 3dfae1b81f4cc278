/** How does a row become a line of a file? Straight from the bytes that PostgreSQL sends into those that leave, in two buffers that stay. */
import { formatDuration } from '../decision/duration.ts';
import {
  copied,
  csvText,
  ESCAPED_BYTES,
  findRow,
  globalId,
  instant,
  int32,
  jsonText,
  put,
  putText,
  type Row,
  VALUE_BYTES,
  type Write,
} from './binaryValue.ts';
import { byWord, ofWord } from './binaryWord.ts';

export const FILE_FORMATS = ['JSONL', 'CSV'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

/** A word in a column, by the name that the schema has for it. */
export interface Name {
  readonly column: number;
  readonly nameOf: (word: string) => string;
}

/** A value of a line. A `WORD` has nothing in it that JSON or CSV would escape; `JSON` and `NUMBER` come as text. */
export type Value =
  | { readonly kind: 'WORD' | 'TEXT' | 'INSTANT' | 'DURATION' | 'JSON' | 'NUMBER'; readonly column: number }
  | ({ readonly kind: 'NAME' } & Name)
  | { readonly kind: 'ID'; readonly column: number; readonly type: string | Name };

/** An object is null where all of its values are. */
export type Members = Readonly<Record<string, Value | { readonly [name: string]: Value }>>;

const BUFFER_BYTES = 131_072;
/** What stands before the first row. @see https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS */
const HEAD_BYTES = 19;

export class LineWriter {
  readonly #line: Line;
  readonly #row: Row;
  readonly #found: (from: number) => number;
  #pendingBytes = 0;
  #out = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #at: number;
  #begun = false;

  constructor(members: Members, columns: number, format: FileFormat) {
    this.#line = format === 'JSONL' ? jsonLine(members) : csvLine(members);
    const [starts, lengths] = [new Int32Array(columns), new Int32Array(columns)];
    this.#row = { bytes: Buffer.allocUnsafeSlow(BUFFER_BYTES), starts, lengths };
    this.#found = (from) => findRow(this.#row, from, this.#pendingBytes);
    this.#at = this.#out.write(this.#line.head);
  }

  /** Copies the next bytes of `COPY … TO STDOUT (FORMAT binary)`, which may begin and end anywhere. */
  take(chunk: Buffer, from: number, end: number): void {
    const needed = this.#pendingBytes + end - from;
    if (needed > this.#row.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * needed);
      this.#row.bytes.copy(larger, 0, 0, this.#pendingBytes);
      this.#row.bytes = larger;
    }
    chunk.copy(this.#row.bytes, this.#pendingBytes, from, end);
    this.#pendingBytes = needed;
  }

  /** Full buffers of the lines of all rows so far, each of which is written over as soon as the next one is asked for. */
  *lines(): Generator<Buffer, void, void> {
    if (!this.#begun && this.#pendingBytes < HEAD_BYTES) return;
    let from = this.#begun ? 0 : HEAD_BYTES;
    this.#begun = true;
    for (let end = this.#found(from); end > 0; end = this.#found(from)) {
      const room = this.#line.bytes + (end - from) * ESCAPED_BYTES;
      if (this.#at + room > this.#out.length) {
        yield this.rest();
        if (room > this.#out.length) this.#out = Buffer.allocUnsafeSlow(room);
      }
      this.#at = this.#line.write(this.#out, this.#at, this.#row);
      from = end;
    }
    this.#row.bytes.copyWithin(0, from, this.#pendingBytes);
    this.#pendingBytes -= from;
  }

  /** What is left behind the last full buffer. */
  rest(): Buffer {
    const filled = this.#out.subarray(0, this.#at);
    this.#at = 0;
    return filled;
  }
}

interface Line {
  readonly head: string;
  readonly write: Write;
  /** That it has at most beside its texts. */
  readonly bytes: number;
}

const isValue = (member: Members[string]): member is Value => typeof member.kind === 'string';
const NULL = Buffer.from('null');
const [QUOTE, COMMA, CARRIAGE_RETURN, LINE_FEED] = [0x22, 0x2c, 0x0d, 0x0a];

function jsonLine(members: Members): Line {
  return { head: '', ...jsonObject(members, '}\n') };
}

function jsonObject(members: Members, close: string): Omit<Line, 'head'> {
  const end = Buffer.from(close);
  let size = end.length;
  const parts = Object.entries(members).map(([name, member], index) => {
    const before = Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`);
    const { write, bytes } = isValue(member) ? { write: jsonValue(member), bytes: VALUE_BYTES } : jsonMember(member);
    size += before.length + bytes;
    return { before, write };
  });
  const write: Write = (out, at, row) => {
    let next = at;
    for (const part of parts) next = part.write(out, put(out, next, part.before), row);
    return put(out, next, end);
  };
  return { write, bytes: size };
}

function jsonMember(members: Readonly<Record<string, Value>>): Omit<Line, 'head'> {
  const { write, bytes } = jsonObject(members, '}');
  const columns = Object.values(members).map(({ column }) => column);
  const isNull = ({ lengths }: Row) => columns.every((column) => lengths[column] === -1);
  return { write: (out, at, row) => (isNull(row) ? put(out, at, NULL) : write(out, at, row)), bytes };
}

function jsonValue(value: Value): Write {
  const { column, kind } = value;
  const write = kind === 'TEXT' ? jsonText(column) : plain(value);
  const isQuoted = kind !== 'JSON' && kind !== 'NUMBER';
  return (out, at, row) => {
    if (row.lengths[column] === -1) return put(out, at, NULL);
    if (!isQuoted) return write(out, at, row);
    out[at] = QUOTE;
    const end = write(out, at + 1, row);
    out[end] = QUOTE;
    return end + 1;
  };
}

/** An object's values have cells of their own. */
function csvLine(members: Members): Line {
  const cells = Object.entries(members).flatMap(([name, member]): [string, Value][] => {
    if (isValue(member)) return [[name, member]];
    return Object.entries(member).map(([inner, value]) => [`${name}.${inner}`, value]);
  });
  const writes = cells.map(([, value]) => ({ column: value.column, write: csvValue(value) }));
  const write: Write = (out, at, row) => {
    let next = at;
    for (const cell of writes) {
      if (row.lengths[cell.column] !== -1) next = cell.write(out, next, row);
      out[next++] = COMMA;
    }
    out[next - 1] = CARRIAGE_RETURN;
    out[next] = LINE_FEED;
    return next + 1;
  };
  return {
    head: `${cells.map(([name]) => name).join(',')}\r\n`,
    ...{ write, bytes: cells.length * VALUE_BYTES },
  };
}

function csvValue(value: Value): Write {
  if (value.kind === 'TEXT') return csvText(value.column, true);
  return value.kind === 'JSON' ? csvText(value.column, false) : plain(value);
}

/** What looks the same in JSON, between quotes, and in CSV. */
function plain(value: Value): Write {
  const { column, kind } = value;
  switch (kind) {
    case 'ID':
      return idOf(column, value.type);
    case 'NAME': {
      const nameOf = ofWord(column, (word) => Buffer.from(value.nameOf(word)));
      return (out, at, row) => put(out, at, nameOf(row));
    }
    case 'INSTANT':
      return instant(column);
    case 'DURATION':
      return (out, at, { bytes, starts }) => putText(out, at, formatDuration(int32(bytes, starts[column] as number)));
    default:
      return copied(column);
  }
}

function idOf(column: number, type: string | Name): Write {
  const ofType = (name: string) => globalId(column, Buffer.from(`${name}:`));
  if (typeof type === 'string') return ofType(type);
  return byWord(type.column, (word) => ofType(type.nameOf(word)));
}
