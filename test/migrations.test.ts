/** Is the schema reproducible, and does every rule in it have a name of its own? */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, openDatabase } from '../src/store/database.ts';
import { cloneDatabase, createEmptyDatabase, type TestDatabase } from './support/database.ts';

describe('a migrated database', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await cloneDatabase();
  });
  afterAll(() => test.drop());

  const select = (text: string) => test.database.em.fork().execute<{ name: string }[]>(text);

  it('is left as it is by a second run', async () => {
    const before = await select('SELECT * FROM migration ORDER BY id');
    await migrate(test.database, test.url);
    expect(await select('SELECT * FROM migration ORDER BY id')).toEqual(before);
    expect(before.length).toBeGreaterThanOrEqual(8);
  });

  // A primary key is called what PostgreSQL would call it; every other rule says what it protects.
  it('has no constraint with a name that PostgreSQL made up', async () => {
    const unnamed = await select(`
      SELECT conrelid::regclass || '.' || conname AS name FROM pg_constraint
      WHERE connamespace = 'public'::regnamespace AND conrelid <> 'migration'::regclass
        AND contype IN ('c', 'f', 'u', 'x') AND conname ~ '_(check|fkey|key|excl)[0-9]*$'`);
    expect(unnamed).toEqual([]);
  });

  it('has no index with a name that PostgreSQL made up', async () => {
    const unnamed = await select(`
      SELECT indexrelid::regclass::text AS name FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
      WHERE relnamespace = 'public'::regnamespace AND relname ~ '_(idx|key)[0-9]*$'`);
    expect(unnamed).toEqual([]);
  });

  it('has a primary key, or holds a single row, in every table', async () => {
    const without = await select(`
      SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = pg_class.oid AND (contype = 'p' OR conname ~ '_singleton$'))`);
    expect(without).toEqual([]);
  });
});

it('is migrated once by gateways that start at the same moment', async () => {
  const { url, drop } = await createEmptyDatabase();
  const databases = await Promise.all([1, 2, 3].map(() => openDatabase(url)));
  await Promise.all(databases.map((database) => migrate(database, url)));
  const [first] = databases;
  expect(await first?.migrator.getPending()).toEqual([]);
  await Promise.all(databases.map((database) => database.close()));
  await drop();
});
