/** How does the gateway reach its data? One MikroORM over one pool, migrated before anything else looks at it. */
import path from 'node:path';
import { Migrator } from '@mikro-orm/migrations';
import { defineConfig, MikroORM } from '@mikro-orm/postgresql';
import { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, type RawBuilder, sql } from 'kysely';
import pg from 'pg';
import { PROJECT_FOLDER, SettingError } from '../config.ts';
import { ENTITIES } from './entities.ts';
import { PreparingClient } from './preparingClient.ts';
import { StatementDriver } from './statementDriver.ts';

/** Any number nobody else takes: two starting gateways migrate one after the other. */
const MIGRATION_LOCK = 7_041_776_001;
const OLDEST_SERVER = 150_000;

export interface DatabaseOptions {
  /** Connections at most. Default 10. */
  readonly poolSize?: number;
  /** A statement that takes longer is ended. Default 15. */
  readonly statementTimeoutSeconds?: number;
}

/** Rows are in memory, or on a disk that seeks at once; and compiling costs more than any statement here gains by it. */
export const SESSION = '-c timezone=UTC -c random_page_cost=1.1 -c jit=off';

/** The driver reads the URL itself: MikroORM leaves out its parameters, such as `sslmode` and a socket's folder. */
const connect = (url: string, dbName: string, { poolSize = 10, statementTimeoutSeconds = 15 }: DatabaseOptions) =>
  MikroORM.init(
    defineConfig({
      entities: ENTITIES,
      clientUrl: url,
      dbName,
      pool: { min: 0, max: poolSize },
      driverOptions: {
        Client: PreparingClient,
        // Statements are sent without waiting for the answers to those before them.
        pipeline: true,
        connectionString: url,
        options: SESSION,
        connectionTimeoutMillis: 5_000,
        statement_timeout: statementTimeoutSeconds * 1_000,
        idle_in_transaction_session_timeout: 30_000,
      },
      extensions: [Migrator],
      migrations: {
        path: path.join(PROJECT_FOLDER, 'migrations'),
        glob: '*.ts',
        tableName: 'migration',
        snapshot: false,
        silent: true,
      },
      forceUtcTimezone: true,
      ensureDatabase: false,
    }),
  );

export type Database = Awaited<ReturnType<typeof connect>>;
/** A unit of work: entities for writes, and SQL in the same transaction through `tx.getKysely()`. */
export type EntityManager = Database['em'];
/** SQL whose tables and columns are typed by the entities. */
export type Sql = ReturnType<typeof kyselyOf>;

function kyselyOf(em: EntityManager) {
  return em.getKysely();
}

const outside = new WeakMap<Database, Sql>();

/** For statements outside transactions, each on its own. */
export function sqlOf(database: Database): Sql {
  const known = outside.get(database) ?? statementsOf(database);
  outside.set(database, known);
  return known;
}

function statementsOf(database: Database): Sql {
  return new Kysely({
    dialect: {
      createDriver: () => new StatementDriver(() => poolOf(database)),
      createAdapter: () => new PostgresAdapter(),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createIntrospector: (db) => new PostgresIntrospector(db),
    },
  });
}

async function poolOf(database: Database): Promise<pg.Pool> {
  const connection = database.em.getConnection();
  const pool = await connection.getNativeClient();
  // MikroORM ends no pool that it has not used.
  await connection
    .getClient()
    .getExecutor()
    .provideConnection(async () => undefined);
  return pool;
}

/**
 * For rows that are found by their principal. `during @> now` says the same to the index of periods, which the planner
 * takes for far more selective than it is: it read every assignment in force to find the three of a person.
 */
export function inForce(alias: string, now: RawBuilder<unknown>): RawBuilder<boolean> {
  const [startsAt, endsAt] = [sql.ref(`${alias}.starts_at`), sql.ref(`${alias}.ends_at`)];
  return sql`(${startsAt} <= ${now} AND (${endsAt} IS NULL OR ${endsAt} > ${now}))`;
}

/** Looked up by an index, however many they are. */
export function among(column: RawBuilder<unknown>, ids: readonly string[]): RawBuilder<boolean> {
  return ids.length === 1 ? sql`${column} = ${ids[0]}` : sql`${column} = ANY(${unseen(ids)})`;
}

/**
 * Ids that the planner does not look at. It makes another plan for every array that it sees, which takes three times as long
 * as a list of a person's roles; of this one it expects ten, and keeps the plan.
 */
export function unseen(ids: readonly string[]): RawBuilder<string[]> {
  return sql`(SELECT ${[...ids]}::uuid[])::uuid[]`;
}

/** @throws SettingError in one sentence when the server cannot be reached or is older than PostgreSQL 15 */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  return connect(url, await checkServer(url), options);
}

/** Ended by an administrator, after a crash or for its idleness, lost, or refused by a server that is full or not there. */
const LOST = /^(57P0\d|25P03|53300|08\d{3}|E(CONN\w+|PIPE|NOENT|NOTFOUND|AI_AGAIN|(HOST|NET)UNREACH|TIMEDOUT))$/;
/** The driver's own errors have no code. */
const LOST_MESSAGE = /^Connection terminated|not queryable$/;

/** What graphile-worker tries again soonest: after 50 ms at first, and every 5 s at last. */
const SERIALIZATION_FAILURE = '40001';

/** It does not wait until the end of a job is written down, and the process ends where that fails. */
function asRetried(error: NodeJS.ErrnoException): never {
  const isLost = LOST.test(error.code ?? '') || LOST_MESSAGE.test(error.message);
  throw isLost ? Object.assign(new Error(error.message, { cause: error }), { code: SERIALIZATION_FAILURE }) : error;
}

class RetriedClient extends pg.Client {
  override query = ((...args: unknown[]) => {
    const result = (super.query as (...all: unknown[]) => unknown)(...args);
    return result instanceof Promise ? result.catch(asRetried) : result;
  }) as pg.Client['query'];
}

class RetriedPool extends pg.Pool {
  override connect = ((...args: []) => {
    // Whoever tries again after the end waits for ever, and nobody waits for them.
    if (this.ending) return new Promise(() => undefined);
    const connecting: unknown = super.connect(...args);
    return connecting instanceof Promise ? connecting.catch(asRetried) : connecting;
  }) as pg.Pool['connect'];
}

export interface ConnectionPool {
  readonly pool: pg.Pool;
  /** Waits until every connection has ended, unlike the driver's own. */
  close(): Promise<void>;
}

/** For graphile-worker, which tries again what it has to tell the database after a serialization failure, and here after the loss of a connection too. */
export function openPool(url: string, size: number, onFault: (error: unknown) => void): ConnectionPool {
  const pool = new RetriedPool({ connectionString: url, max: size, Client: RetriedClient });
  const open = new Set<Promise<unknown>>();
  pool.on('error', onFault);
  pool.on('connect', (client) => {
    // Also when nobody works with it any more: an error that nobody hears would end the process.
    client.on('error', () => undefined);
    const ended = new Promise((resolve) => client.once('end', resolve));
    open.add(ended);
    client.once('end', () => open.delete(ended));
  });
  return {
    pool,
    async close() {
      await pool.end();
      await Promise.all(open);
    },
  };
}

/** Brings the schema up to this version; a no-op when it already is. */
export async function migrate(database: Database, url: string): Promise<void> {
  const lock = new pg.Client({ connectionString: url });
  await lock.connect();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await database.migrator.up();
  } finally {
    await lock.end();
  }
}

/** @returns the name of the database */
async function checkServer(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ version: number; name: string }>(
      "SELECT current_setting('server_version_num')::int AS version, current_database() AS name",
    );
    const { version, name } = rows[0] ?? { version: 0, name: '' };
    if (version < OLDEST_SERVER) {
      throw new SettingError(
        `The database server is PostgreSQL ${Math.floor(version / 10_000)}: Portcullis needs 15 or newer.`,
      );
    }
    return name;
  } catch (error) {
    if (error instanceof SettingError) throw error;
    // A name with several addresses fails with one error for each and an empty message of its own.
    const { message, code } = error as NodeJS.ErrnoException;
    throw new SettingError(`The database at ${withoutPassword(url)} cannot be reached: ${message || code}.`);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = '';
  shown.searchParams.delete('password');
  return shown.toString();
}
