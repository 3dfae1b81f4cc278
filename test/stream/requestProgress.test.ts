/** Is a request followed to its very end? What time decides is over once it is on record, and has been told. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { globalId } from '../../schema/ids.ts';
import { sweep } from '../../src/schedule/sweep.ts';
import { open, startGateway, type TestGateway, TRANSPORTS } from '../support/gateway.ts';
import { until } from '../support/process.ts';
import { type Rows, rowsOf } from '../support/rows.ts';

const FOLLOW = `subscription ($id: ID!, $snapshot: Boolean!) {
  item: requestProgress(id: $id, snapshot: $snapshot) { kind type request { status } }
}`;

let gateway: TestGateway;
let rows: Rows;
beforeAll(async () => {
  gateway = await startGateway({ empty: true });
  rows = rowsOf(gateway.database);
});
afterAll(() => gateway.close());

const runDue = () =>
  sweep(gateway.database, {
    onFault: (error) => {
      throw error;
    },
  });

async function follow(transport: (typeof TRANSPORTS)[number], principal: string, requestId: string) {
  const token = await gateway.tokenOf(principal);
  const id = globalId('Request', requestId);
  const stream = await open(gateway, transport, { token }, FOLLOW, { id, snapshot: true });
  await until('its snapshot', () => stream.items.some(({ data }) => data?.item.kind === 'SNAPSHOT_COMPLETE'));
  const items = () => stream.items.map(({ data }) => [data?.item.type ?? data?.item.kind, data?.item.request?.status]);
  return { stream, items };
}

it.each(TRANSPORTS)(
  'over %s an overdue request is followed until it is on record that it timed out',
  async (transport) => {
    const principal = await rows.user();
    const eligibility = await rows.assignment({ principal, type: 'ELIGIBLE' });
    const request = await rows.request({ principal, status: 'PENDING_APPROVAL', expires: -1, eligibility });
    const { stream, items } = await follow(transport, principal, request);
    await runDue();
    await stream.all();
    expect(items()).toEqual([
      ['SNAPSHOT', 'TIMED_OUT'],
      ['SNAPSHOT_COMPLETE', undefined],
      ['REQUEST_TIMED_OUT', 'TIMED_OUT'],
    ]);
  },
);

it.each(TRANSPORTS)('over %s what was granted for later is followed until it has begun', async (transport) => {
  const principal = await rows.user();
  const eligibility = await rows.assignment({ principal, type: 'ELIGIBLE', starts: -5000 });
  const request = await rows.request({ principal, status: 'GRANTED', starts: -1, eligibility });
  await rows.assignment({ principal, starts: -1, ends: 59, eligibility, request });
  const { stream, items } = await follow(transport, principal, request);
  await runDue();
  await stream.all();
  expect(items()).toEqual([
    ['SNAPSHOT', 'PROVISIONED'],
    ['SNAPSHOT_COMPLETE', undefined],
    ['ASSIGNMENT_STARTED', 'PROVISIONED'],
  ]);
});
