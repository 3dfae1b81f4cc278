/**
 * How does a statement reach PostgreSQL? Planned once for each connection, and in one write with whatever can wait for it:
 * each write costs this process, and the server's, about a twentieth of a millisecond.
 */
import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { BinaryQuery, deliverRows } from './binaryRows.ts';

/** Filters and rights make variants of a statement; past this many, further ones are planned each time. */
const MOST = 500;

/** What a statement begins with whose rows are to come as arrays of their values, in the order of its columns. */
export const AS_ARRAYS = '/* rows as arrays */';

/** The same for a statement whose one row is all of its rows, as `BinaryRows`. */
export const AS_BINARY = '/* rows in binary */';

/**
 * What may stand behind that, or at the beginning: the plan depends on the values. A range of time may hold nearly every row,
 * or none, and the plan that is kept is the one for something in between.
 */
export const PLANNED_FOR_VALUES = '/* planned for its values */';

/** What may stand there instead: it is soon answered, and may share a connection with others that are. */
export const WITH_OTHERS = '/* with others */';

/**
 * What a write begins with that waits for the next statement of its transaction, mostly the commit. Whoever sends it goes on
 * at once, and hears of its failure from that statement. Outside a transaction it waits for nothing.
 */
export const WITH_THE_NEXT = '/* with the next statement */';

/** What a COPY … FROM STDIN begins with whose one value is a list of its lines, many in a part. */
export const LINES_FOLLOW = '/* lines follow */';

/** Of a page: its values are none of its text. */
const LIST = /^\/\* rows \w+ \w+ \*\//;
const PLANNED = /^(\/\* rows \w+ \w+ \*\/ )?\/\* planned for its values \*\//;
const SHARING = /^\s*(\/\* rows \w+ \w+ \*\/ )?\/\* with others \*\//;
const BEGIN = /^(begin|start transaction)\b/;

export function mayShare(text: string): boolean {
  return SHARING.test(text);
}

/** Of the whole process: every connection calls a statement by the same name. */
const names = new Map<string, string>();

function nameOf(text: string): string | null {
  const known = names.get(text);
  if (known !== undefined) return known;
  if (names.size >= MOST) return null;
  const name = createHash('sha256').update(text).digest('base64url');
  names.set(text, name);
  return name;
}

const hasAny = (values: unknown) => Array.isArray(values) && values.length > 0;

type Query = (...args: unknown[]) => unknown;

const NOTHING = Object.freeze({ command: '', rowCount: null, rows: [], fields: [] });

/**
 * A connection that names pages of lists, and whatever comes as text with values. Planning takes 1 to 3 ms for the statements that look along
 * groups and scopes, and running them 0.1 ms: of 23 ms of a PostgreSQL's time for one activation it was two thirds.
 * What else comes without values may hold them in its text, and is sent as it is. A plan is made anew once a table that has
 * grown was analysed, which PostgreSQL does by itself within a minute or two.
 *
 * A transaction begins together with its first statement: before that it would have neither a snapshot nor a lock.
 */
export class PreparingClient extends pg.Client {
  #waiting: unknown[][] = [];

  constructor(config?: pg.ClientConfig) {
    super(config);
    deliverRows(this, () => {
      const { _activeQuery: active } = this as unknown as { _activeQuery: unknown };
      return active instanceof BinaryQuery ? active.found : null;
    });
  }

  // The overloads of the driver all come down to this.
  override query = ((...args: unknown[]) => {
    const [text] = args;
    if (this.#waits(args)) {
      this.#waiting.push(args);
      return Promise.resolve(NOTHING);
    }
    const waiting = this.#waiting;
    if (waiting.length === 0) return text === 'rollback' ? this.#rollBack(args) : this.#send(args);
    this.#waiting = [];
    const isBegun = !BEGIN.test(String(waiting[0]?.[0]));
    if (text === 'rollback' || (text === 'commit' && waiting.length === (isBegun ? 0 : 1))) {
      if (!isBegun) return Promise.resolve(NOTHING);
      return text === 'rollback' ? this.#rollBack(args) : this.#send(args);
    }
    return this.#sendTogether(waiting, args);
  }) as pg.Client['query'];

  #waits([text, , callback]: unknown[]): boolean {
    if (typeof text !== 'string' || callback !== undefined) return false;
    if (BEGIN.test(text)) return true;
    return text.startsWith(WITH_THE_NEXT) && (this.#waiting.length > 0 || this.getTransactionStatus() === 'T');
  }

  /** A transaction ends with its connection; Kysely would never give back one on which a rollback has failed. */
  async #rollBack(args: unknown[]): Promise<unknown> {
    try {
      return await this.#send(args);
    } catch {
      void this.end();
      return NOTHING;
    }
  }

  #sendTogether(waiting: unknown[][], args: unknown[]): unknown {
    const { stream } = (this as unknown as { connection: { stream: { cork(): void; uncork(): void } } }).connection;
    stream.cork();
    const before = waiting.map((each) => this.#send(each));
    const last = this.#send(args);
    stream.uncork();
    const together = Promise.all([...before, last]).then((results) => results.at(-1));
    if (typeof args[0] === 'string') return together;
    // A cursor is no promise; it fails by itself in a transaction that has failed.
    together.catch(() => undefined);
    return last;
  }

  #send([text, values, ...rest]: unknown[]): unknown {
    const isNamed = typeof text === 'string' && !PLANNED.test(text) && (LIST.test(text) || hasAny(values));
    const name = isNamed ? nameOf(text) : null;
    const query = super.query as Query;
    if (typeof text === 'string' && text.startsWith(LINES_FOLLOW)) {
      return sendLines(query.call(this, copyFrom(text)) as Writable, (values as [string[]])[0]);
    }
    if (typeof text === 'string' && text.startsWith(AS_BINARY)) {
      return this.#binary({ ...(name !== null && { name }), text, values: values as unknown[] });
    }
    if (typeof text === 'string' && text.startsWith(AS_ARRAYS)) {
      return query.call(this, { ...(name !== null && { name }), text, values, rowMode: 'array' }, ...rest);
    }
    return name === null ? query.call(this, text, values, ...rest) : query.call(this, { name, text, values }, ...rest);
  }

  #binary(statement: { name?: string; text: string; values: unknown[] }): Promise<unknown> {
    return new Promise((resolve, reject) => {
      super.query(
        new BinaryQuery(statement, (error, found) => (error ? reject(error) : resolve({ ...NOTHING, rows: [found] }))),
      );
    });
  }
}

function sendLines(stream: Writable, parts: readonly string[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    stream.on('error', reject).once('finish', () => resolve(NOTHING));
    for (const part of parts) stream.write(part);
    stream.end();
  });
}
