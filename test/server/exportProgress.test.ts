/** Does somebody who follows an export hear of its progress and its end, over what clients really use? */
import { createClient } from 'graphql-ws';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { decodeId } from '../../schema/ids.ts';
import { type BulkExecutor, type BulkRunner, startBulkRunner } from '../../src/schedule/bulk.ts';
import { type Anything, open, startGateway, type TestGateway } from '../support/gateway.ts';
import { until } from '../support/process.ts';
import { type Rows, rowsOf } from '../support/rows.ts';

const EXPORT = 'mutation { bulkExport(input: { query: "{ roles { nodes { id } } }" }) { operation { id } } }';
const PROGRESS = `subscription ($id: ID!) { bulkOperationProgress(id: $id, snapshot: true) {
  kind type operation { status processed total url } } }`;
const ROLES = 1080;

let gateway: TestGateway;
let rows: Rows;
let runner: BulkRunner;
beforeAll(async () => {
  gateway = await startGateway();
  rows = rowsOf(gateway.database);
});
afterEach(() => runner.stop());
afterAll(() => gateway.close());

/** Goes on behind its first page when that has been told. */
function run(id: string) {
  const execute = gateway.executors.EXPORT as BulkExecutor;
  const told = () =>
    until('progress', async () => {
      const found = await rows.run(
        sql`SELECT FROM event WHERE type = 'bulkOperation.progressed' AND payload ->> 'operationId' = ${decodeId(id)?.id}`,
      );
      return found.length > 0;
    });
  const executor: BulkExecutor = (given) => {
    let writes = 0;
    return execute({
      ...given,
      async write(bytes) {
        // The head, the first page, the second.
        if (++writes === 3) await told();
        await given.write(bytes);
      },
    });
  };
  const onFault = (error: unknown) => {
    throw error;
  };
  runner = startBulkRunner({ url: gateway.databaseUrl, executors: { EXPORT: executor }, onFault });
}

const FOLLOW: Record<string, (id: string) => Promise<Anything[]>> = {
  async 'a WebSocket of graphql-ws'(id) {
    const connectionParams = await gateway.authorization('maya');
    const client = createClient({ url: gateway.wsUrl, webSocketImpl: WebSocket, connectionParams });
    const found: Anything[] = [];
    run(id);
    for await (const result of client.iterate({ query: PROGRESS, variables: { id } })) found.push(result);
    await client.dispose();
    return found;
  },
  async SSE(id) {
    const stream = await open(gateway, 'SSE', 'maya', PROGRESS, { id });
    run(id);
    return stream.all();
  },
};

test.each(Object.keys(FOLLOW))('an export is followed over %s to its end', async (transport) => {
  const { data } = await gateway.ask('maya', EXPORT);
  const results = (await FOLLOW[transport]?.(data.bulkExport.operation.id)) ?? [];
  const items = results.map((result) => result.data.bulkOperationProgress);
  expect(items[0]).toMatchObject({ kind: 'SNAPSHOT' });
  const events = items.filter(({ kind }) => kind === 'EVENT').map(({ type }) => type);
  expect(events.filter((type, index) => type !== events[index - 1])).toEqual(
    expect.arrayContaining(['BULK_OPERATION_PROGRESSED', 'BULK_OPERATION_COMPLETED']),
  );
  const under = items.find(({ type }) => type === 'BULK_OPERATION_PROGRESSED');
  expect(under.operation.processed).toBeGreaterThanOrEqual(1000);
  expect(items.at(-1)).toMatchObject({
    type: 'BULK_OPERATION_COMPLETED',
    operation: { status: 'COMPLETED', processed: ROLES, total: ROLES, url: expect.stringMatching(/^\/exports\//) },
  });
});
