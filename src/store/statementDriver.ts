/** On which connection is a statement outside transactions sent? On one of its own, or behind others that are soon answered. */
import { nextTick } from 'node:process';
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';
import type pg from 'pg';
import { mayShare } from './preparingClient.ts';

/** Statements on one connection that are not answered, at most. */
const TOGETHER = 8;
/** Milliseconds: behind a statement that has taken so long nobody is sent any more, as it may take longer. */
const SOON = 20;

/** invalid_sql_statement_name */
const UNPREPARED = '26000';
const WRITES = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/**
 * Statements that are soon answered are sent to a server that is at work already, without waiting for its answers, and those of
 * one turn of the event loop in one write: to wake a server that sleeps costs this process a tenth of a millisecond and the
 * server as much, which is more than reading ten rows.
 */
export class StatementDriver implements Driver {
  readonly #open: () => Promise<pg.Pool>;
  #pool: pg.Pool | null = null;
  readonly #pipelines = new Set<Pipeline>();
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

  async #execute<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      return await this.#send<Row>(query);
    } catch (error) {
      // The same statement was sent before it and has failed while it was planned: this one has not been run.
      if ((error as { code?: string }).code === UNPREPARED) return this.#send<Row>(query);
      throw error;
    }
  }

  async #send<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const pipeline = mayShare(query.sql) ? this.#shared() : new Pipeline(this.#pool as pg.Pool);
    try {
      const { command, rowCount, rows } = await pipeline.send(query);
      return { rows, ...(WRITES.has(command) && { numAffectedRows: BigInt(rowCount ?? 0) }) };
    } finally {
      if (pipeline.isOver) this.#pipelines.delete(pipeline);
    }
  }

  #shared(): Pipeline {
    for (const pipeline of this.#pipelines) if (pipeline.takesMore) return pipeline;
    const pipeline = new Pipeline(this.#pool as pg.Pool);
    this.#pipelines.add(pipeline);
    return pipeline;
  }
}

/**
 * A connection for as long as a statement on it is not answered.
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
class Pipeline {
  readonly #client: Promise<pg.PoolClient>;
  #unanswered = 0;
  /** When the first of them became the first. */
  #since = performance.now();
  #isCorked = false;
  #isLost = false;

  constructor(pool: pg.Pool) {
    this.#client = pool.connect();
  }

  get isOver(): boolean {
    return this.#unanswered === 0;
  }

  get takesMore(): boolean {
    return !this.isOver && !this.#isLost && this.#unanswered < TOGETHER && performance.now() - this.#since < SOON;
  }

  async send({ sql, parameters }: CompiledQuery): Promise<pg.QueryResult> {
    this.#unanswered++;
    try {
      const client = await this.#client;
      this.#gather(client);
      return await client.query(sql, parameters as unknown[]);
    } catch (error) {
      // Of a statement the server says ERROR; whatever else there is to say is about the connection.
      if ((error as { severity?: string }).severity !== 'ERROR') this.#isLost = true;
      throw error;
    } finally {
      this.#unanswered--;
      this.#since = performance.now();
      if (this.isOver) this.#release();
    }
  }

  /** What is sent in this turn leaves at its end. */
  #gather(client: pg.PoolClient): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    const { stream } = (client as unknown as { connection: { stream: { cork(): void; uncork(): void } } }).connection;
    stream.cork();
    nextTick(() => {
      this.#isCorked = false;
      stream.uncork();
    });
  }

  #release(): void {
    this.#client.then(
      (client) => client.release(this.#isLost),
      () => undefined,
    );
  }
}

function refuse(what: string): never {
  throw new Error(`${what} needs a connection of its own: ask for one by readTogether or transact`);
}
