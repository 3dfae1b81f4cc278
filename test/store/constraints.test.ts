/** Does every rule of the schema hold, and would anybody notice if it were gone? Each is broken, and then broken without it. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { CASES, type Case, ECHOES, insert, ROWS, setScene } from './constraintCases.ts';

let clone: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  clone = await cloneDatabase();
  // Grants would refuse some of it before a rule can.
  client = new pg.Client({ connectionString: clone.administratorUrl });
  await client.connect();
  await setScene(client);
});

afterAll(async () => {
  await client.end();
  await clone.drop();
});

const objects = [...new Set(CASES.map(({ object }) => object))];
const echoes = ECHOES.map((each) => [each.object, each] as const);
const byObject = objects.map((object) => [object, CASES.filter((each) => each.object === object)] as const);

describe('the schema', () => {
  test('has a case here for each of its constraints, unique indexes and triggers', async () => {
    const { rows } = await client.query<{ object: string }>(OBJECTS);
    const known = [...objects, ...ECHOES.map(({ object }) => object)].sort();
    expect(known).toEqual(rows.map(({ object }) => object));
  });

  test.each(Object.keys(ROWS))('takes a row of %s that breaks none of them', async (table) => {
    await expect(undone(() => insert(client, table))).resolves.toBeUndefined();
  });

  test.each(byObject)('has %s do its work', async (_object, cases) => {
    for (const each of cases) expect(await undone(() => outcomeOf(each))).toBe('as it should');
  });

  // Whatever is dropped comes back with the transaction.
  test.each(byObject)('is not the same without %s', async (object, cases) => {
    const outcomes: string[] = [];
    for (const each of cases) {
      outcomes.push(
        await undone(async () => {
          await drop(object);
          return outcomeOf(each);
        }),
      );
    }
    expect(outcomes).not.toContain('as it should');
  });

  test.each(echoes)('refuses with and without %s', async (object, each) => {
    expect(await undone(() => outcomeOf(each))).toBe(each.says);
    const without = async () => {
      await drop(object);
      return outcomeOf(each);
    };
    expect(await undone(without)).toBe(each.says);
  });
});

/** `as it should`, or what happened instead. */
async function outcomeOf({ object, breach, says = object, holds }: Case): Promise<string> {
  try {
    await breach(client);
    await client.query('SET CONSTRAINTS ALL IMMEDIATE');
  } catch (error) {
    const { constraint, message } = error as { constraint?: string; message: string };
    return constraint === says ? 'as it should' : message;
  }
  if (holds === undefined) return 'nothing was refused';
  const { rows } = await client.query<[boolean]>({ text: holds, rowMode: 'array' });
  return rows[0]?.[0] ? 'as it should' : 'nothing was done';
}

async function undone<T>(work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    return await work();
  } finally {
    await client.query('ROLLBACK');
  }
}

async function drop(object: string): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(
    `SELECT CASE kind
        WHEN 'trigger' THEN format('DROP TRIGGER %I ON %s', object, tab)
        WHEN 'index' THEN format('DROP INDEX %I', object)
        ELSE format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', tab, object) END AS statement
      FROM (${OBJECTS}) known WHERE object = $1`,
    [object],
  );
  await client.query(rows[0]?.statement as string);
}

/** NOT NULL aside, which is a column's type in all but name; the table of migrations is MikroORM's. */
const OBJECTS = `
  SELECT object, kind, tab::regclass::text AS tab FROM (
    SELECT conname::text AS object, 'constraint' AS kind, conrelid AS tab FROM pg_constraint WHERE contype IN ('c', 'f', 'p', 'u', 'x')
    UNION ALL
    SELECT tgname::text, 'trigger', tgrelid FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT c.relname::text, 'index', i.indrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indisunique AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
  ) named
  JOIN pg_class r ON r.oid = named.tab
  WHERE r.relnamespace = 'public'::regnamespace AND r.relname <> 'migration'
  ORDER BY object COLLATE "C"`;
