/** Is a statement planned once on a connection, and only what keeps its text given a name? */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';

let clone: TestDatabase;
let database: Database;
beforeAll(async () => {
  clone = await cloneDatabase();
  database = await openDatabase(clone.url, 1);
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
