/** What becomes of an export, and of a download, whose gateway is killed in the middle? Real processes, on one database. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPortcullis } from '../../clients/typescript/portcullis.ts';
import { decodeId } from '../../schema/ids.ts';
import { cloneDemoDatabase, type TestDatabase } from '../support/database.ts';
import type { Anything } from '../support/gateway.ts';
import { createGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { holdOperation } from '../support/heldOperation.ts';
import { until } from '../support/process.ts';
import { PLAIN_ROLE, type Rows, rowsOf } from '../support/rows.ts';

const ROWS = 20_000;
const QUERY = `query ($roles: [ID!]) { assignments(filter: { roles: $roles, types: [ELIGIBLE], search: "crash" }) {
  nodes { id condition principal { ... on User { jobTitle } } } } }`;

let database: TestDatabase;
let rows: Rows;
let gateways: GatewayProcess[];
beforeAll(async () => {
  database = await cloneDemoDatabase();
  rows = rowsOf(database.database);
  gateways = [await createGatewayProcess(database), await createGatewayProcess(database)];
  // Some 20 megabytes: more than all buffers on the way of a download hold.
  await rows.run(sql`
    WITH people AS (INSERT INTO principal (id, kind, display_name, user_principal_name, user_type, job_title)
      SELECT gen_random_uuid(), 'USER', 'Crash ' || n, 'crash' || n || '@example.com', 'MEMBER', 'first' FROM generate_series(1, ${ROWS}::int) n
      RETURNING id)
    INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, state, starts_at, created_at, condition)
    SELECT gen_random_uuid(), 'ENTRA_ROLE', ${PLAIN_ROLE}, (SELECT id FROM scope WHERE kind = 'DIRECTORY'), id, 'ELIGIBLE', 'ASSIGNED',
      now() - interval '1 day', now(), repeat('long ', 200) FROM people`);
});
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await database.drop();
});

const sdk = ({ url, token }: GatewayProcess) =>
  createPortcullis({ url: `${url}/graphql`, token: () => token('grace') });
/** All of them at one moment. */
const rename = (title: string) =>
  rows.run(sql`UPDATE principal SET job_title = ${title} WHERE display_name LIKE 'Crash %'`);
const attemptsOf = async (id: string) =>
  (await rows.run(sql<{ attempts: number }>`SELECT attempts FROM bulk_operation WHERE id = ${id}`))[0]?.attempts;

test('an export whose gateway is killed is made by another one, as of one moment, and a download outlives a kill', async () => {
  const [first, second] = gateways as [GatewayProcess, GatewayProcess];
  await first.start();
  const held = await holdOperation(database.url, "NEW.status = 'COMPLETED'");
  const { bulkExport } = await sdk(first).bulkExport({ input: { query: QUERY } });
  const operation = bulkExport.operation as { id: string };
  const { id } = decodeId(operation.id) as { id: string };
  await until('bytes of the first run', async () => {
    const chunks = await rows.run(sql`SELECT FROM bulk_chunk WHERE operation_id = ${id} LIMIT 1`);
    return chunks.length > 0;
  });
  await first.stop('SIGKILL');
  await held.release();
  expect(await attemptsOf(id)).toBe(1);
  await rename('second');
  // Time passes until the first gateway is given up for lost.
  await rows.run(sql`UPDATE bulk_operation SET alive_at = alive_at - interval '1 minute' WHERE id = ${id}`);
  await second.start();
  await until('the second run', async () => (await attemptsOf(id)) === 2);
  await rename('third');
  const done = await until('the end', async () => {
    const { bulkOperation } = await sdk(second).bulkOperation({ id: operation.id });
    return bulkOperation?.status === 'COMPLETED' && bulkOperation;
  });

  const whole: Uint8Array[] = [];
  for await (const part of sdk(second).download(done.url as string)) whole.push(part);
  const lines = Buffer.concat(whole)
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Anything);
  expect([lines.length, new Set(lines.map((line) => line.id)).size, done.processed]).toEqual([ROWS, ROWS, ROWS]);
  const titles = new Set(lines.map(({ principal }) => principal.jobTitle));
  expect([titles.size, titles.has('first')]).toEqual([1, false]);

  const parts: Uint8Array[] = [];
  for await (const part of sdk(second).download(done.url as string)) {
    if (parts.push(part) > 1) continue;
    await second.stop('SIGKILL');
    await second.start();
  }
  expect(Buffer.concat(parts).equals(Buffer.concat(whole))).toBe(true);
  const [downloads] = await rows.run(sql<{ ranges: Anything[] }>`
    SELECT array_agg(payload -> 'range' ->> 'from' ORDER BY id) AS ranges FROM event WHERE type = 'bulkOperation.downloaded'`);
  expect([downloads?.ranges.length, Number(downloads?.ranges[2]) > 0]).toEqual([3, true]);
});
