/** Is a statement planned once on a connection, and only what keeps its text given a name? Does what can wait go out with the next? */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertTogether } from '../../src/store/bulk.ts';
import { type Database, openDatabase, type Sql } from '../../src/store/database.ts';
import { AS_ARRAYS, AS_BINARY, PLANNED_FOR_VALUES, WITH_THE_NEXT } from '../../src/store/preparingClient.ts';
import { transact } from '../../src/store/transaction.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { watchStatements } from '../support/statements.ts';

let clone: TestDatabase;
let database: Database;
beforeAll(async () => {
  clone = await cloneDatabase();
  database = await openDatabase(clone.url, { poolSize: 1 });
});
afterAll(async () => {
  await database.close();
  await clone.drop();
});

const db = () => database.em.fork().getKysely();
const prepared = async () =>
  (
    await sql<{ statement: string }>`SELECT statement FROM pg_prepared_statements ORDER BY statement`.execute(db())
  ).rows.map(({ statement }) => statement);

test('what comes with values is prepared once, whatever the values are', async () => {
  for (const value of [1, 2]) await sql`SELECT ${value}::int AS one`.execute(db());
  await sql`SELECT ${'a'}::text AS two`.execute(db());
  await sql`SELECT 3 AS three`.execute(db());
  expect(await prepared()).toEqual(['SELECT $1::int AS one', 'SELECT $1::text AS two']);
});

test.each([AS_ARRAYS, AS_BINARY])('%s: a page is prepared without values too', async (form) => {
  const text = `${form} SELECT 4 AS page`;
  await sql`${sql.raw(text)}`.execute(db());
  expect(await prepared()).toContain(text);
});

test.each([
  ['', [{ planned: 7 }]],
  [`${AS_ARRAYS} `, [[7]]],
  [`${AS_BINARY} `, [expect.objectContaining({ starts: [0] })]],
])('what is planned for its values is not prepared, behind %j', async (before, rows) => {
  const statement = sql`${sql.raw(`${before}${PLANNED_FOR_VALUES}`)} SELECT ${7}::int AS planned`;
  expect((await statement.execute(db())).rows).toEqual(rows);
  expect((await prepared()).filter((text) => text.includes('planned'))).toEqual([]);
});

test('a statement that fails can be sent again', async () => {
  for (const value of ['x', 'y']) {
    await expect(sql`SELECT ${value}::date`.execute(db())).rejects.toThrow('invalid input syntax for type date');
  }
  await expect(sql`SELECT ${'2026-11-03'}::date AS day`.execute(db())).resolves.toMatchObject({ rows: [{}] });
});

test('a connection keeps five hundred and no more', async () => {
  for (let n = 0; n < 510; n++) await sql`SELECT ${n}::int AS ${sql.ref(`c${n}`)}`.execute(db());
  expect((await prepared()).length).toBe(500);
  await expect(sql`SELECT ${7}::int AS c509`.execute(db())).resolves.toMatchObject({ rows: [{ c509: 7 }] });
});

describe('a transaction', () => {
  const idOf = (n: number) => `00000000-0000-4000-8000-00000000f00${n}`;
  const group = (n: number) =>
    ['principal', { id: idOf(n), kind: 'GROUP', displayName: `Group ${n}`, roleAssignable: false }] as const;
  const found = async (n: number) =>
    (await sql`SELECT FROM principal WHERE id = ${idOf(n)}`.execute(db())).rows.length === 1;
  const inTransaction = (work: (tx: Sql) => Promise<unknown>) => transact(database, (tx) => work(tx.getKysely()));

  test('of which nothing comes is not begun', async () => {
    using statements = watchStatements();
    await inTransaction(async () => undefined);
    await expect(inTransaction(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(statements.sent).toEqual([]);
  });

  test('is begun with its first statement, and committed with its last write', async () => {
    using statements = watchStatements();
    await inTransaction(async (tx) => {
      await insertTogether(tx, [group(1), group(2)]);
      expect(statements.sent).toEqual([]);
    });
    expect(statements.sent.map(({ text }) => text.split(' ')[0])).toEqual([
      'begin',
      WITH_THE_NEXT.split(' ')[0],
      'commit',
    ]);
    expect([await found(1), await found(2)]).toEqual([true, true]);
  });

  test('sees what it has written', async () => {
    const seen = await inTransaction(async (tx) => {
      await insertTogether(tx, [group(3), group(4)]);
      return (await sql`SELECT FROM principal WHERE id IN (${idOf(3)}, ${idOf(4)})`.execute(tx)).rows.length;
    });
    expect(seen).toBe(2);
  });

  test('whose last write fails is told so by its commit, and leaves nothing', async () => {
    const twice = inTransaction(async (tx) => {
      await insertTogether(tx, [group(5), group(6)]);
      await insertTogether(tx, [group(7), ['principal', { ...group(8)[1], kind: 'NOBODY' }]]);
    });
    await expect(twice).rejects.toMatchObject({ constraint: 'principal_kind_known' });
    expect([await found(5), await found(7)]).toEqual([false, false]);
    await inTransaction((tx) => insertTogether(tx, [group(7), group(8)]));
    expect(await found(7)).toBe(true);
  });

  test('that is rolled back sends no write that waits', async () => {
    const given = inTransaction(async (tx) => {
      await sql`SELECT 1`.execute(tx);
      await insertTogether(tx, [group(9), group(9)]);
      throw new Error('given up');
    });
    await expect(given).rejects.toThrow('given up');
    expect(await found(9)).toBe(false);
  });

  const end = sql`SELECT pg_terminate_backend(pg_backend_pid())`;
  test.each<[string, (tx: Sql) => Promise<unknown>]>([
    ['by its first statement', (tx) => end.execute(tx)],
    ['by a later one', async (tx) => [await sql`SELECT 1`.execute(tx), await end.execute(tx)]],
    [
      'by what goes out with its commit',
      (tx) => sql`${sql.raw(WITH_THE_NEXT)} SELECT pg_terminate_backend(pg_backend_pid()), ${1}::int`.execute(tx),
    ],
    ['and ends by an error of its own', (tx) => end.execute(tx).catch(() => Promise.reject(new Error('given up')))],
  ])('whose connection is lost %s gives it back', async (_when, work) => {
    await expect(inTransaction(work)).rejects.toThrow();
    expect(await found(1)).toBe(true);
  });
});

test('a write outside a transaction waits for nothing', async () => {
  const row = {
    id: '00000000-0000-4000-8000-00000000f010',
    kind: 'GROUP',
    displayName: 'Alone',
    roleAssignable: false,
  };
  await insertTogether(db(), [
    ['principal', row],
    [
      'scope',
      {
        id: row.id,
        provider: 'GROUP',
        kind: 'GROUP',
        path: `/groups/${row.id}`,
        displayName: 'Alone',
        principalId: row.id,
      },
    ],
  ]);
  expect((await sql`SELECT FROM scope WHERE id = ${row.id}`.execute(db())).rows.length).toBe(1);
});
