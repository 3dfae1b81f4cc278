/** How do the rows of a list come in as PostgreSQL has them? In binary, one behind the other, with no object for any of them. */
import { EventEmitter } from 'node:events';
import pg from 'pg';
import { release } from './copyOut.ts';

/** Rows as bytes, in the order in which they came. */
export class BinaryRows {
  /** Where each of them begins. */
  readonly starts: number[] = [];
  #bytes: Buffer;
  #length = 0;

  /** @param expected bytes of all rows */
  constructor(expected: number) {
    this.#bytes = Buffer.allocUnsafeSlow(expected);
  }

  /** @see https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-DATAROW */
  get bytes(): Buffer {
    return this.#bytes;
  }

  get length(): number {
    return this.#length;
  }

  begin(): void {
    this.starts.push(this.#length);
  }

  take(chunk: Buffer, from: number, end: number): void {
    const needed = this.#length + end - from;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    chunk.copy(this.#bytes, this.#length, from, end);
    this.#length = needed;
  }
}

/** Of a statement that was not sent before: those of a small page. */
const FIRST_BYTES = 16_384;
/** Statements whose size is remembered at most. */
const MOST = 500;

/** What the rows of each statement were last time: buffers that grow are garbage that nobody sees in the heap. */
const sizes = new Map<string, number>();

/** A statement as the driver runs it, whose rows `deliverRows` takes off the wire. */
export class BinaryQuery extends pg.Query {
  /** Not `rows`, which is something of the driver's: how many it may get. */
  readonly found: BinaryRows;

  constructor(
    statement: { name?: string; text: string; values: unknown[] },
    done: (error: Error | null, rows: BinaryRows) => void,
  ) {
    const found = new BinaryRows(sizes.get(statement.text) ?? FIRST_BYTES);
    const finish = (error: Error | null) => {
      if (!sizes.has(statement.text) && sizes.size >= MOST) sizes.clear();
      if (!error) sizes.set(statement.text, Math.max(found.length, FIRST_BYTES));
      done(error, found);
    };
    // What has no values would be sent in a way that knows no binary.
    super({ ...statement, binary: true, queryMode: 'extended' } as pg.QueryConfig, finish as never);
    this.found = found;
  }

  /** Whoever asked knows the columns: a description of thirty of them is longer than a row. */
  prepare(connection: Wire): void {
    const { parsedStatements, submittedNamedStatements } = connection;
    const wire: Wire = {
      ...{ parsedStatements, submittedNamedStatements },
      parse: (message) => connection.parse(message),
      bind: (message) => connection.bind(message),
      describe: () => undefined,
      execute: (message) => connection.execute(message),
      close: (message) => connection.close(message),
      sync: () => connection.sync(),
    };
    (pg.Query.prototype as unknown as { prepare(wire: Wire): void }).prepare.call(this, wire);
  }
}

/** What the driver sends a statement with. */
interface Wire
  extends Readonly<Record<'parse' | 'bind' | 'describe' | 'execute' | 'close', (message: object) => void>> {
  readonly parsedStatements: object;
  readonly submittedNamedStatements: object;
  sync(): void;
}

type Stream = Pick<EventEmitter, 'on'>;

/** Everything else that comes is left to the driver. @param taker whose rows are next; null: the driver's own */
export function deliverRows(client: pg.Client, taker: () => BinaryRows | null): void {
  const { connection } = client as unknown as { connection: { attachListeners(stream: Stream): void } };
  const attach = connection.attachListeners.bind(connection);
  connection.attachListeners = (stream) => {
    const others = new EventEmitter();
    attach(others);
    const messages = new Messages((bytes) => others.emit('data', bytes), taker);
    stream.on('data', (chunk: Buffer) => messages.receive(chunk));
    stream.on('end', () => others.emit('end'));
  };
}

/** The type, and the length that counts itself. */
const HEADER_BYTES = 5;
const DATA_ROW = 0x44;
const NONE = Buffer.alloc(0);

class Messages {
  readonly #pass: (bytes: Buffer) => void;
  readonly #taker: () => BinaryRows | null;
  /** A header that has not come in whole. */
  #header: Buffer = NONE;
  /** Bytes of a message that have not come yet. */
  #missing = 0;
  /** Whose message that is; null: the driver's. */
  #rows: BinaryRows | null = null;
  /** It is a row, and so was the one before: of the same statement. */
  #isRow = false;

  constructor(pass: (bytes: Buffer) => void, taker: () => BinaryRows | null) {
    this.#pass = pass;
    this.#taker = taker;
  }

  receive(part: Buffer): void {
    const chunk = this.#header.length > 0 ? Buffer.concat([this.#header, part]) : part;
    this.#header = NONE;
    let isPassed = false;
    /** Where what the driver gets begins. */
    let from = 0;
    const pass = (end: number) => {
      if (from === end) return;
      isPassed = true;
      this.#pass(chunk.subarray(from, end));
    };
    let at = 0;
    while (at < chunk.length) {
      if (this.#missing === 0) {
        if (at + HEADER_BYTES > chunk.length) {
          this.#header = Buffer.from(chunk.subarray(at));
          break;
        }
        const isRow = chunk[at] === DATA_ROW;
        if (isRow && !this.#isRow) {
          // What came before may have ended a statement: only then does the driver know whose rows these are.
          pass(at);
          from = at;
        }
        at = this.#begin(chunk, at, isRow);
      }
      const end = Math.min(at + this.#missing, chunk.length);
      if (this.#rows) {
        this.#rows.take(chunk, at, end);
        from = end;
      }
      this.#missing -= end - at;
      at = end;
    }
    pass(at);
    if (!isPassed) release(part);
  }

  /** @returns where what somebody takes of it begins */
  #begin(chunk: Buffer, at: number, isRow: boolean): number {
    if (!isRow) this.#rows = null;
    else if (!this.#isRow) this.#rows = this.#taker();
    this.#isRow = isRow;
    this.#missing = 1 + chunk.readInt32BE(at + 1);
    if (this.#rows === null) return at;
    this.#rows.begin();
    this.#missing -= HEADER_BYTES;
    return at + HEADER_BYTES;
  }
}
