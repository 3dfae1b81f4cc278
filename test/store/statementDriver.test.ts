/** Which statements share a connection, and does one of them stand in the way of another? */
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Database, openDatabase, type Sql, sqlOf } from '../../src/store/database.ts';
import { AS_ARRAYS, AS_BINARY, PLANNED_FOR_VALUES, WITH_OTHERS } from '../../src/store/preparingClient.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/process.ts';

const LOCK = 3;
const BEGIN = 1_000;

let clone: TestDatabase;
beforeAll(async () => {
  clone = await cloneDatabase();
});
afterAll(() => clone.drop());

let database: Database;
let db: Sql;
beforeEach(async () => {
  // What is sent in one turn is sent at one moment, however long the turn takes.
  vi.spyOn(performance, 'now').mockReturnValue(BEGIN);
  database = await openDatabase(clone.url);
  db = sqlOf(database);
});
afterEach(() => {
  vi.restoreAllMocks();
  return database.close();
});

/** The number of the server's process that answers. */
const server = async (marks: string) =>
  (await sql<{ pid: number }>`${sql.raw(marks)} SELECT pg_backend_pid() AS pid`.execute(db)).rows[0]?.pid;
const servers = async (marks: readonly string[]) => new Set(await Promise.all(marks.map(server))).size;

it('shares one where statements say so', async () => {
  expect(await servers([WITH_OTHERS, WITH_OTHERS, WITH_OTHERS])).toBe(1);
  const array = async () =>
    (await sql<[number]>`${sql.raw(`${AS_ARRAYS} ${WITH_OTHERS}`)} SELECT pg_backend_pid()`.execute(db)).rows[0]?.[0];
  expect(await array()).toBe(await server(WITH_OTHERS));
});

it.each(['', AS_BINARY, `${AS_BINARY} ${PLANNED_FOR_VALUES}`])('gives others one each, such as %j', async (marks) => {
  using sent = watchServers();
  await Promise.all([1, 2, 3].map(() => sql`${sql.raw(marks)} SELECT ${1}::int AS one`.execute(db)));
  expect(sent.clients.size).toBe(3);
});

it('lets no more than eight wait for one another', async () => {
  expect(await servers(Array.from({ length: 17 }, () => WITH_OTHERS))).toBe(3);
});

it('sends all of a turn in one write', async () => {
  await server(WITH_OTHERS);
  using sent = watchServers();
  await servers([WITH_OTHERS, WITH_OTHERS, WITH_OTHERS]);
  expect(sent.writes).toHaveLength(1);
});

it('answers each by itself: one that fails takes nothing from the others', async () => {
  const answers = await Promise.allSettled([
    server(WITH_OTHERS),
    sql`${sql.raw(WITH_OTHERS)} SELECT ${'x'}::date`.execute(db),
    server(WITH_OTHERS),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await server(WITH_OTHERS)).toEqual(expect.any(Number));
});

describe('while one is at work', () => {
  let holder: pg.Client;
  let slow: Promise<unknown>;
  let number: number | undefined;
  beforeEach(async () => {
    holder = new pg.Client({ connectionString: clone.url });
    await holder.connect();
    await holder.query('SELECT pg_advisory_lock($1)', [LOCK]);
    number = await server(WITH_OTHERS);
    slow = sql`${sql.raw(WITH_OTHERS)} SELECT pg_advisory_xact_lock(${LOCK})`.execute(db);
    await until('it to wait', async () => {
      const { rowCount } = await holder.query(
        `SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted AND pid = $2`,
        [LOCK, number],
      );
      return rowCount === 1;
    });
  });
  afterEach(() => slow);

  it('sends what is asked soon behind it', async () => {
    vi.mocked(performance.now).mockReturnValue(BEGIN + 19);
    const next = server(WITH_OTHERS);
    await holder.end();
    expect(await next).toBe(number);
  });

  it('leaves what is asked later to another one', async () => {
    vi.mocked(performance.now).mockReturnValue(BEGIN + 20);
    expect(await server(WITH_OTHERS)).not.toBe(number);
    await holder.end();
  });

  it('sends nothing behind it that does not say so', async () => {
    expect(await server('')).not.toBe(number);
    await holder.end();
  });
});

it('fails all of a turn where there is no connection, and finds one for the next', async () => {
  const administrator = new pg.Client({ connectionString: clone.administratorUrl });
  await administrator.connect();
  const limit = (connections: number) =>
    administrator.query(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT ${connections}', current_database()); END $$`,
    );
  await limit(0);
  const answers = await Promise.allSettled([server(WITH_OTHERS), server(WITH_OTHERS), server('')]);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  await limit(-1);
  await administrator.end();
  expect(await server(WITH_OTHERS)).toEqual(expect.any(Number));
});

it('says of each why it failed, where the first of equal ones fails while it is planned', async () => {
  const holder = new pg.Client({ connectionString: clone.url });
  await holder.connect();
  await holder.query('BEGIN; LOCK TABLE principal IN ACCESS EXCLUSIVE MODE');
  const impatient = await openDatabase(clone.url, { statementTimeoutSeconds: 1 });
  const statement = sql`${sql.raw(WITH_OTHERS)} SELECT FROM principal WHERE id = ${crypto.randomUUID()}`;
  const failed = [1, 2].map(() => expect(statement.execute(sqlOf(impatient))).rejects.toMatchObject({ code: '57014' }));
  await Promise.all(failed);
  await holder.end();
  expect((await statement.execute(sqlOf(impatient))).rows).toEqual([]);
  await impatient.close();
});

it('sends nothing to a server that has gone', async () => {
  const gone = sql`${sql.raw(WITH_OTHERS)} SELECT pg_terminate_backend(pg_backend_pid())`.execute(db);
  const next = gone.catch(() => server(WITH_OTHERS));
  expect(await next).toEqual(expect.any(Number));
});

it('leaves no connection behind when the database is closed', async () => {
  await server('');
  const pool = await database.em.getConnection().getNativeClient();
  await database.close();
  expect(pool.ending).toBe(true);
});

it('has none for a transaction', async () => {
  await expect(db.transaction().execute(async () => undefined)).rejects.toThrow(
    'a transaction needs a connection of its own',
  );
});

/** Connections that statements are sent on, and writes to all of them. */
function watchServers() {
  const clients = new Set<pg.Client>();
  const writes: unknown[] = [];
  const { query } = pg.Client.prototype as unknown as { query(...args: unknown[]): unknown };
  const watch = (client: pg.Client) => {
    const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
    for (const name of ['_write', '_writev'] as const) {
      const write = stream[name];
      stream[name] = function (this: unknown, ...args: unknown[]) {
        writes.push(args[0]);
        return write.apply(this, args);
      };
    }
  };
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    if (!clients.has(this)) watch(this);
    clients.add(this);
    return query.apply(this, args);
  } as pg.Client['query'];
  return {
    clients,
    writes,
    [Symbol.dispose]() {
      pg.Client.prototype.query = query as pg.Client['query'];
    },
  };
}

type Writable = Record<'_write' | '_writev', (this: unknown, ...args: unknown[]) => unknown>;
