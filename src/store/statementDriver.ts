/** On which connection is a statement outside transactions sent? On one of its own, or with others of its turn on one for all. */
import { nextTick } from 'node:process';
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';
import type pg from 'pg';
import { mayShare } from './preparingClient.ts';

/** Statements that wait for one another at most. */
const TOGETHER = 4;

const WRITES = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/** A connection for the statements of one turn. */
interface Shared {
  readonly client: Promise<pg.PoolClient>;
  statements: number;
  unanswered: number;
}

/**
 * What is asked in one turn of the event loop and is answered soon, such as the two lists of one's roles, goes out in one
 * write: a write wakes a server, and that costs more than reading ten rows.
 */
export class StatementDriver implements Driver {
  readonly #open: () => Promise<pg.Pool>;
  #pool: pg.Pool | null = null;
  #shared: Shared | null = null;
  /** No connection in particular: each statement finds its own. */
  readonly #connection: DatabaseConnection = {
    executeQuery: <Row>(query: CompiledQuery) => this.#execute<Row>(query),
    streamQuery: () => refuse('a cursor'),
  };

  constructor(open: () => Promise<pg.Pool>) {
    this.#open = open;
  }

  async init(): Promise<void> {
    this.#pool = await this.#open();
  }
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }
  async releaseConnection(): Promise<void> {}
  async beginTransaction(): Promise<void> {
    refuse('a transaction');
  }
  async commitTransaction(): Promise<void> {
    refuse('a transaction');
  }
  async rollbackTransaction(): Promise<void> {
    refuse('a transaction');
  }
  /** The pool is somebody else's. */
  async destroy(): Promise<void> {}

  async #execute<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const shared = mayShare(sql) ? this.#ofThisTurn() : this.#newShared();
    shared.statements++;
    shared.unanswered++;
    const client = await shared.client;
    try {
      const { command, rowCount, rows } = await client.query(sql, parameters as unknown[]);
      return { rows, ...(WRITES.has(command) && { numAffectedRows: BigInt(rowCount ?? 0) }) };
    } finally {
      shared.unanswered--;
      if (shared.unanswered === 0) client.release();
    }
  }

  #ofThisTurn(): Shared {
    const known = this.#shared;
    if (known && known.statements < TOGETHER) return known;
    const shared = this.#newShared();
    this.#shared = shared;
    nextTick(() => {
      if (this.#shared === shared) this.#shared = null;
    });
    return shared;
  }

  #newShared(): Shared {
    const client = (this.#pool as pg.Pool).connect().then((connected) => {
      const { stream } = (connected as unknown as { connection: { stream: { cork(): void; uncork(): void } } })
        .connection;
      // All of them are sent before the next turn.
      stream.cork();
      nextTick(() => stream.uncork());
      return connected;
    });
    return { client, statements: 0, unanswered: 0 };
  }
}

function refuse(what: string): never {
  throw new Error(`${what} needs a connection of its own: ask for one by readTogether or transact`);
}
