/** Which statements share a connection, and does one of them stand in the way of another? */
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Database, openDatabase, type Sql, sqlOf } from '../../src/store/database.ts';
import { AS_ARRAYS, AS_BINARY, PLANNED_FOR_VALUES, WITH_OTHERS } from '../../src/store/preparingClient.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/process.ts';

const LOCK = 3;

let clone: TestDatabase;
beforeAll(async () => {
  clone = await cloneDatabase();
});
afterAll(() => clone.drop());

let database: Database;
let db: Sql;
beforeEach(async () => {
  database = await openDatabase(clone.url);
  db = sqlOf(database);
});
afterEach(() => database.close());

/** The number of the server's process that answers. */
const server = async (marks: string) =>
  (await sql<{ pid: number }>`${sql.raw(marks)} SELECT pg_backend_pid() AS pid`.execute(db)).rows[0]?.pid;
const servers = async (marks: readonly string[]) => new Set(await Promise.all(marks.map(server))).size;

it('shares one where the statements of a turn say so', async () => {
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

it('lets no more than four wait for one another', async () => {
  expect(await servers(Array.from({ length: 9 }, () => WITH_OTHERS))).toBe(3);
});

it('sends all of them in one write', async () => {
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

it('leaves what is asked later to another one, while the first is at work', async () => {
  const holder = new pg.Client({ connectionString: clone.url });
  await holder.connect();
  await holder.query('SELECT pg_advisory_lock($1)', [LOCK]);
  const slow = sql`${sql.raw(WITH_OTHERS)} SELECT pg_advisory_lock(${LOCK})`.execute(db);
  await until('it to wait', async () => {
    const { rowCount } = await holder.query(
      `SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted`,
      [LOCK],
    );
    return rowCount === 1;
  });
  expect(await server(WITH_OTHERS)).toEqual(expect.any(Number));
  await holder.end();
  await slow;
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
