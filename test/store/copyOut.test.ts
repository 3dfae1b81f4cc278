/** Do all bytes of a COPY arrive, and does whoever takes them hear of it when they do not? */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CopyOut } from '../../src/store/copyOut.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await cloneDatabase();
});
afterAll(() => database.drop());

async function copied(query: string): Promise<string> {
  const client = new pg.Client({ connectionString: database.url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const found: Buffer[] = [];
    const copy = client.query(new CopyOut(`COPY (${query}) TO STDOUT`));
    for await (const _ of copy.chunks((chunk, from, end) => found.push(Buffer.from(chunk.subarray(from, end)))));
    return Buffer.concat(found).toString();
  } finally {
    await client.end();
  }
}

describe('a COPY', () => {
  test.each([
    ['of nothing', 'SELECT 1 WHERE false', ''],
    ['of one row', "SELECT 'one'", 'one\n'],
    [
      'of rows larger than what is read at once',
      "SELECT repeat('x', 300000) FROM generate_series(1, 3)",
      `${'x'.repeat(300_000)}\n`.repeat(3),
    ],
    [
      'of many rows',
      'SELECT n FROM generate_series(1, 50000) n',
      Array.from({ length: 50_000 }, (_, n) => `${n + 1}\n`).join(''),
    ],
  ])('%s arrives whole', async (_what, query, expected) => {
    expect((await copied(query)) === expected).toBe(true);
  });

  test.each([
    ['from the start', 'SELECT nothing', 'column "nothing" does not exist'],
    ['in the middle', 'SELECT 1 / (n - 40000) FROM generate_series(1, 50000) n', 'division by zero'],
  ])('that fails %s says why', async (_when, query, message) => {
    await expect(copied(query)).rejects.toThrow(message);
  });

  test('whose connection is cut fails', async () => {
    await expect(copied('SELECT pg_terminate_backend(pg_backend_pid())')).rejects.toThrow();
  });
});
