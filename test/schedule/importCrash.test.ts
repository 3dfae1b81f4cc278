/** What is left of an import whose gateway is killed? Nothing, or all that it says; and another gateway says so. */
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cloneDemoDatabase, type TestDatabase } from '../support/database.ts';
import type { Anything } from '../support/gateway.ts';
import { createGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { holdOperation } from '../support/heldOperation.ts';
import { until } from '../support/process.ts';
import { PLAIN_ROLE, type Rows, rowsOf } from '../support/rows.ts';

const ROWS = 12_000;
const PEOPLE = 100;

let clone: TestDatabase;
let rows: Rows;
let dying: GatewayProcess;
let surviving: GatewayProcess;
beforeEach(async () => {
  clone = await cloneDemoDatabase();
  rows = rowsOf(clone.database);
  dying = await createGatewayProcess(clone);
  surviving = await createGatewayProcess(clone);
});
afterEach(async () => {
  await dying.close();
  await surviving.close();
  await clone.drop();
});

/** Hours of many people, in the order of the lines. */
async function fileOf(): Promise<string> {
  const found = await rows.run(sql<{ id: string }>`
    INSERT INTO principal (id, kind, display_name, user_principal_name, user_type)
    SELECT id, 'USER', 'Many', id || '@example.com', 'MEMBER' FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, ${PEOPLE}::int)) many
    RETURNING id`);
  const lines = Array.from({ length: ROWS }, (_, index) => {
    const startsAt = new Date(Date.UTC(2100, 0, 1, Math.floor(index / PEOPLE))).toISOString();
    return `${found[index % PEOPLE]?.id},${PLAIN_ROLE},ELIGIBLE,${startsAt},PT1H\n`;
  });
  return `principal,role,type,startsAt,duration\n${lines.join('')}`;
}

async function begin(gateway: GatewayProcess, file: string, mode: string): Promise<string> {
  const headers = { authorization: `Bearer ${await gateway.token('grace')}` };
  const sent = { method: 'POST', headers: { ...headers, 'content-type': 'text/csv' }, body: file };
  const { id: upload } = (await (await fetch(`${gateway.url}/uploads`, sent)).json()) as { id: string };
  const query = `mutation ($input: ImportAssignmentsInput!) { importAssignments(input: $input) { operation { id } } }`;
  const body = JSON.stringify({ query, variables: { input: { upload, mode, justification: 'Because' } } });
  const asked = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body };
  const answer = (await (await fetch(`${gateway.url}/graphql`, asked)).json()) as Anything;
  return Buffer.from(answer.data.importAssignments.operation.id, 'base64url').toString().split(':')[1] as string;
}

interface Found {
  readonly status: string;
  readonly code: string | null;
  readonly processed: number;
  readonly result: { readonly written?: number; readonly committedThroughLine?: number };
}
async function operation(id: string): Promise<Found> {
  const [found] = await rows.run(sql<Found>`
    SELECT status, error_code AS code, processed::int AS processed, result FROM bulk_operation WHERE id = ${id}`);
  return found as Found;
}
const became = (id: string, status: string) =>
  until(`the operation to be ${status}`, async () => {
    const found = await operation(id);
    return found.status === status && found;
  });
/** Of everything that an import writes. */
async function written(): Promise<readonly number[]> {
  const [found] = await rows.run(sql<{ counts: number[] }>`
    SELECT ARRAY[(SELECT count(*)::int FROM assignment WHERE starts_at >= '2100-01-01'),
      (SELECT count(*)::int FROM request WHERE starts_at >= '2100-01-01'),
      (SELECT count(*)::int FROM event WHERE type = 'assignment.assigned' AND payload ->> 'startsAt' >= '2100')] AS counts`);
  return found?.counts as number[];
}
const times3 = (count: number) => [count, count, count];

async function killedInTheMiddle(file: string, mode: string): Promise<Found> {
  await dying.start();
  const held = await holdOperation(clone.url, 'OLD.processed > 0');
  const id = await begin(dying, file, mode);
  await until('the middle', async () => (await operation(id)).processed > 0);
  await dying.stop('SIGKILL');
  await held.release();
  await surviving.start();
  // As if the other one had been silent for long enough.
  await rows.run(sql`UPDATE bulk_operation SET alive_at = clock_timestamp() - interval '16 seconds' WHERE id = ${id}`);
  return became(id, 'FAILED');
}

test.each(['DRY_RUN', 'ATOMIC'])('nothing, of one in the mode %s', async (mode) => {
  const lost = await killedInTheMiddle(await fileOf(), mode);
  expect(lost).toMatchObject({ status: 'FAILED', code: 'GATEWAY_LOST', result: {} });
  expect(lost.processed).toBeLessThan(ROWS);
  expect(await written()).toEqual(times3(0));
});

test('what it says, of one that writes what may be written; and the same file adds the rest', async () => {
  const file = await fileOf();
  const { code, result } = await killedInTheMiddle(file, 'BEST_EFFORT');
  const { written: said = 0, committedThroughLine = 0 } = result;
  expect([code, committedThroughLine]).toEqual(['GATEWAY_LOST', said + 1]);
  expect(said).toBeGreaterThan(0);
  expect(said).toBeLessThan(ROWS);
  expect(await written()).toEqual(times3(said));
  const again = await became(await begin(surviving, file, 'BEST_EFFORT'), 'COMPLETED');
  expect(again.result).toMatchObject({ rows: ROWS, written: ROWS - said, refused: said });
  expect(await written()).toEqual(times3(ROWS));
});
