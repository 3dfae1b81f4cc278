/** Is what was asked for in bulk run once, told of, taken back, and taken up again when whoever ran it is gone? */
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  beginBulkOperation,
  cancelBulkOperation,
  submitBulkOperation,
  takeBulkOperation,
} from '../../src/action/bulkOperation.ts';
import { type BulkExecutor, BulkFailure, type BulkRunner, startBulkRunner } from '../../src/schedule/bulk.ts';
import {
  bulkOperationsById,
  CHUNK_BYTES,
  purgeBulkFiles,
  readFile,
  writeInput,
  writeOutput,
} from '../../src/store/bulkOperation.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/process.ts';
import { type Rows, rowsOf } from '../support/rows.ts';
import { contextOf } from '../support/viewer.ts';

let clone: TestDatabase;
let rows: Rows;
let context: Awaited<ReturnType<typeof contextOf>>;
let runners: BulkRunner[] = [];
let faults: unknown[] = [];
beforeEach(async () => {
  clone = await cloneDatabase();
  rows = rowsOf(clone.database);
  context = await contextOf(clone.database, await rows.user());
  faults = [];
});
afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
  runners = [];
  await clone.drop();
  expect(faults).toEqual([]);
});

const db = () => clone.database.em.fork().getKysely();
const begin = async (kind: 'EXPORT' | 'IMPORT' = 'EXPORT', uploading = false) =>
  (await beginBulkOperation(context, 'bulkExport', { kind, input: { of: 'anything' }, uploading }))
    .operationId as string;
const operation = async (id: string) => (await bulkOperationsById(db(), [id], context.viewer))[0];
const became = (id: string, status: string) =>
  until(`${id} to be ${status}`, async () => {
    const found = await operation(id);
    return found?.status === status && found;
  });
const told = async (id: string) =>
  (
    await rows.run(sql<{ type: string }>`
      SELECT type FROM event WHERE payload ->> 'operationId' = ${id} AND type <> 'bulkOperation.progressed' ORDER BY id`)
  ).map(({ type }) => type.split('.')[1]);
const contents = async (id: string) => {
  const parts: Buffer[] = [];
  for await (const part of readFile(db, id, 'OUTPUT')) parts.push(part);
  return Buffer.concat(parts);
};
function start(execute: BulkExecutor, options: { kind?: 'EXPORT' | 'IMPORT'; lostAfterSeconds?: number } = {}) {
  const { kind = 'EXPORT', ...rest } = options;
  const onFault = (error: unknown) => faults.push(error);
  const runner = startBulkRunner({ url: clone.url, executors: { [kind]: execute }, onFault, ...rest });
  runners.push(runner);
  return runner;
}
/** Until it is told that it is over. */
const forEver: BulkExecutor = ({ signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));

describe('an operation', () => {
  test('is run, and its file is what was written, however large the pieces', async () => {
    const written = Buffer.alloc(2.5 * CHUNK_BYTES, 'line\n');
    start(async ({ write, progress }) => {
      await write(written.subarray(0, 7));
      await write(written.subarray(7));
      progress(3, 3, { counted: 'by hand' });
    });
    const id = await begin();
    expect(await became(id, 'COMPLETED')).toMatchObject({
      ...{ processed: 3, total: 3, bytes: written.length, result: { counted: 'by hand' }, errorCode: null },
    });
    expect((await contents(id)).equals(written)).toBe(true);
    expect(await told(id)).toEqual(['created', 'started', 'completed']);
  });

  test('is run by one of several gateways', async () => {
    let runs = 0;
    for (const _ of [1, 2, 3]) {
      start(async () => {
        runs++;
      });
    }
    const ids = [await begin(), await begin(), await begin()];
    for (const id of ids) await became(id, 'COMPLETED');
    expect(runs).toBe(3);
  });

  test('fails with the reason that its executor gives', async () => {
    start(async ({ write }) => {
      await write('half');
      throw new BulkFailure('RIGHTS_LOST', 'You may see less than before.');
    });
    const id = await begin();
    expect(await became(id, 'FAILED')).toMatchObject({
      ...{ errorCode: 'RIGHTS_LOST', errorMessage: 'You may see less than before.' },
    });
    await purgeBulkFiles(db(), 24);
    expect([await told(id), (await contents(id)).length]).toEqual([['created', 'started', 'failed'], 0]);
  });

  test('that meets a fault of the gateway says no more than that', async () => {
    start(() => Promise.reject(new Error('a secret')));
    const id = await begin();
    const failed = await became(id, 'FAILED');
    expect([failed.errorCode, failed.errorMessage?.includes('secret')]).toEqual(['INTERNAL_SERVER_ERROR', false]);
    expect(faults.splice(0)).toHaveLength(1);
  });

  test('is told of as it goes', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    start(async ({ progress }) => {
      progress(10, 20);
      await promise;
    });
    const id = await begin();
    await until('progress', async () => (await operation(id))?.processed === 10);
    const progressed = sql<{ payload: unknown }>`SELECT payload FROM event WHERE type = 'bulkOperation.progressed'`;
    const found = await until('an event', async () => (await rows.run(progressed))[0]);
    expect(found.payload).toEqual({ operationId: id, processed: 10, total: 20, bytes: 0 });
    resolve();
    await became(id, 'COMPLETED');
  });

  test('is not run for somebody who is disabled', async () => {
    const id = await begin();
    await rows.run(sql`UPDATE principal SET enabled = false WHERE id = ${context.viewer.id}`);
    start(async () => undefined);
    expect((await became(id, 'FAILED')).errorCode).toBe('PRINCIPAL_DISABLED');
  });

  test('is seen by nobody else', async () => {
    const id = await begin();
    const other = await contextOf(clone.database, await rows.user('Other'));
    expect(await bulkOperationsById(db(), [id], other.viewer)).toEqual([]);
    const refused = await cancelBulkOperation(other, { operationId: id });
    expect(refused.refusals).toMatchObject([{ code: 'BULK_OPERATION_NOT_FOUND' }]);
  });

  test('waits for its upload', async () => {
    const id = await begin('IMPORT', true);
    expect(await takeBulkOperation(clone.database, crypto.randomUUID(), 15)).toBeNull();
    expect(await writeInput(db(), id, { startByte: 0, bytes: Buffer.from('a,b\n') })).toBe(true);
    await submitBulkOperation(context, id);
    expect(await writeInput(db(), id, { startByte: 4, bytes: Buffer.from('late') })).toBe(false);
    const read: string[] = [];
    start(
      async (run) => {
        for await (const part of run.read('INPUT')) read.push(part.toString());
      },
      { kind: 'IMPORT' },
    );
    await became(id, 'COMPLETED');
    expect(read).toEqual(['a,b\n']);
  });
});

describe('a bound', () => {
  test('of three is on what one principal has open', async () => {
    for (const _ of [1, 2, 3]) await begin();
    const input = { kind: 'EXPORT', input: {} } as const;
    const refused = await beginBulkOperation(context, 'bulkExport', input);
    expect(refused.refusals).toMatchObject([{ code: 'TOO_MANY_BULK_OPERATIONS' }]);
    const other = await contextOf(clone.database, await rows.user('Other'));
    expect((await beginBulkOperation(other, 'bulkExport', input)).refusals).toEqual([]);
  });

  test('holds for those who ask at the same moment', async () => {
    const input = { kind: 'EXPORT', input: {} } as const;
    const asked = await Promise.all([1, 2, 3, 4, 5, 6].map(() => beginBulkOperation(context, 'bulkExport', input)));
    expect(asked.filter(({ refusals }) => refusals.length === 0)).toHaveLength(3);
  });
});

describe('cancelling', () => {
  test('ends what waits, and nobody runs it', async () => {
    const id = await begin();
    await cancelBulkOperation(context, { operationId: id });
    expect(await takeBulkOperation(clone.database, crypto.randomUUID(), 15)).toBeNull();
    expect([(await operation(id))?.status, await told(id)]).toEqual(['CANCELED', ['created', 'canceled']]);
    const again = await cancelBulkOperation(context, { operationId: id });
    expect(again.refusals).toMatchObject([{ code: 'BULK_OPERATION_OVER' }]);
  });

  test('stops what runs, which writes nothing more', async () => {
    let stopped = false;
    start(async (run) => {
      await run.write('half');
      await forEver(run).catch(() => {
        stopped = true;
      });
    });
    const id = await begin();
    await became(id, 'RUNNING');
    await cancelBulkOperation(context, { operationId: id });
    await until('the run to stop', () => stopped);
    await purgeBulkFiles(db(), 24);
    expect([(await operation(id))?.status, await contents(id)]).toEqual(['CANCELED', Buffer.alloc(0)]);
  });
});

describe('a lost gateway', () => {
  /** As one that has gone after its first chunk. */
  const lose = async (id: string) => {
    const runnerId = crypto.randomUUID();
    await takeBulkOperation(clone.database, runnerId, 15);
    await writeOutput(db(), { id, runnerId }, { file: 'OUTPUT', startByte: 0, bytes: Buffer.from('half of it') });
    await rows.run(
      sql`UPDATE bulk_operation SET alive_at = clock_timestamp() - interval '16 seconds' WHERE id = ${id}`,
    );
    return { id, runnerId };
  };

  test('loses no export: another one begins it again, and nothing of the first is left', async () => {
    const id = await begin();
    const claim = await lose(id);
    start(({ write }) => write('whole'));
    await became(id, 'COMPLETED');
    expect((await contents(id)).toString()).toBe('whole');
    // It was only slow, and comes back.
    expect(await writeOutput(db(), claim, { file: 'OUTPUT', startByte: 0, bytes: Buffer.from('more') })).toBe(false);
    expect(await told(id)).toEqual(['created', 'started', 'started', 'completed']);
  });

  test('fails an export that has lost three of them', async () => {
    const id = await begin();
    for (const _ of [1, 2, 3]) await lose(id);
    expect(await takeBulkOperation(clone.database, crypto.randomUUID(), 15)).toBeNull();
    expect(await operation(id)).toMatchObject({ status: 'FAILED', errorCode: 'GATEWAY_LOST' });
  });

  test('fails an import, which may not begin again', async () => {
    const id = await begin('IMPORT');
    await lose(id);
    expect(await takeBulkOperation(clone.database, crypto.randomUUID(), 15)).toBeNull();
    expect(await operation(id)).toMatchObject({ status: 'FAILED', errorCode: 'GATEWAY_LOST' });
  });

  test('is not one that says that it is alive', async () => {
    const id = await begin();
    const runner = start(forEver, { lostAfterSeconds: 10 });
    await became(id, 'RUNNING');
    await rows.run(sql`UPDATE bulk_operation SET alive_at = clock_timestamp() - interval '2 seconds' WHERE id = ${id}`);
    await until('a sign of life', async () => {
      const found = await rows.run(
        sql`SELECT FROM bulk_operation WHERE alive_at > clock_timestamp() - interval '1 second'`,
      );
      return found.length > 0;
    });
    await runner.stop();
    expect((await operation(id))?.status).toBe('CREATED');
  });
});

test('a file goes when its time is over', async () => {
  const runner = start(({ write }) => write('whole'));
  const id = await begin();
  await became(id, 'COMPLETED');
  // It clears away, too.
  await runner.stop();
  expect(await purgeBulkFiles(db(), 24)).toBe(0);
  await rows.run(sql`UPDATE bulk_operation SET expires_at = clock_timestamp() - interval '1 second' WHERE id = ${id}`);
  expect((await operation(id))?.status).toBe('EXPIRED');
  expect(await purgeBulkFiles(db(), 24)).toBe(1);
  expect((await contents(id)).length).toBe(0);
});
