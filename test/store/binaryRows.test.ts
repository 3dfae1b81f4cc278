/** Do rows in binary come in whole, however the bytes arrive, and do all others still reach the driver? */
import type { EventEmitter } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BinaryRows } from '../../src/store/binaryRows.ts';
import { AS_BINARY, PreparingClient } from '../../src/store/preparingClient.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await cloneDatabase();
});
afterAll(() => database.drop());

/** What the system has read in one go comes in so many bytes at a time. */
class Crumbs extends net.Socket {
  readonly #size: number;

  constructor(size: number) {
    super();
    this.#size = size;
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event !== 'data') return super.emit(event, ...args);
    const [chunk] = args as [Buffer];
    for (let from = 0; from < chunk.length; from += this.#size)
      super.emit('data', chunk.subarray(from, from + this.#size));
    return true;
  }
}

async function connected(size: number): Promise<PreparingClient> {
  const settings = { connectionString: database.url, pipeline: true, stream: () => new Crumbs(size) };
  const client = new PreparingClient(settings);
  await client.connect();
  return client;
}

/** Of rows of an integer and a text. */
function textsOf({ bytes, starts }: BinaryRows): [number, string | null][] {
  return starts.map((start) => {
    const length = bytes.readInt32BE(start + 10);
    return [bytes.readInt32BE(start + 6), length < 0 ? null : bytes.toString('utf8', start + 14, start + 14 + length)];
  });
}

const binary = async (client: PreparingClient, text: string, values: unknown[] = []) =>
  ((await client.query(`${AS_BINARY} ${text}`, values)) as unknown as { rows: [BinaryRows] }).rows[0];

const ROWS = "SELECT n::int, CASE WHEN n % 3 > 0 THEN repeat('ü', n * $1::int) END FROM generate_series(1, 40) n";
const expected = (times: number) =>
  Array.from({ length: 40 }, (_, index): [number, string | null] => [
    index + 1,
    (index + 1) % 3 > 0 ? 'ü'.repeat((index + 1) * times) : null,
  ]);

test.each([1, 2, 3, 4, 5, 6, 7, 11, 64, 1_000, 100_000])('%i bytes at a time', async (size) => {
  const client = await connected(size);
  try {
    const [before, first, failed, none, larger, after] = await Promise.allSettled([
      client.query('SELECT n FROM generate_series(1, 5) n'),
      binary(client, ROWS, [2]),
      binary(client, 'SELECT 1 / (n - 3), $1::text FROM generate_series(1, 5) n', ['x']),
      binary(client, 'SELECT 1, NULL WHERE false'),
      binary(client, ROWS, [900]),
      client.query({ text: 'SELECT $1::text', values: ['after'], rowMode: 'array' }),
    ]);
    expect(before).toMatchObject({ value: { rows: [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }, { n: 5 }] } });
    expect(textsOf((first as PromiseFulfilledResult<BinaryRows>).value)).toEqual(expected(2));
    expect(failed).toMatchObject({ reason: { message: 'division by zero' } });
    expect((none as PromiseFulfilledResult<BinaryRows>).value.starts).toEqual([]);
    expect(textsOf((larger as PromiseFulfilledResult<BinaryRows>).value)).toEqual(expected(900));
    expect(after).toMatchObject({ value: { rows: [['after']] } });
  } finally {
    await client.end();
  }
});

test('a connection that is cut while rows come fails whoever waits for them', async () => {
  const client = await connected(100_000);
  client.on('error', () => undefined);
  const statement =
    'SELECT CASE n WHEN 3000 THEN pg_terminate_backend(pg_backend_pid()) END, repeat($1, 100) FROM generate_series(1, 5000) n';
  await expect(binary(client, statement, ['x'])).rejects.toThrow();
  await client.end();
});

test('columns are described to the driver alone', async () => {
  const client = await connected(100_000);
  try {
    let described = 0;
    const { connection } = client as unknown as { connection: EventEmitter };
    connection.on('rowDescription', () => void described++).on('noData', () => void described++);
    expect(textsOf(await binary(client, ROWS, [1]))).toEqual(expected(1));
    expect((await binary(client, 'SELECT 1 WHERE $1', [false])).starts).toEqual([]);
    expect(described).toBe(0);
    await client.query('SELECT $1::text', ['x']);
    expect(described).toBe(1);
  } finally {
    await client.end();
  }
});
