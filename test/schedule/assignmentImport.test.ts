/** What happens when assignments come in by the file? Every row is judged and answered for, and written as its mode says. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type PersonaName, persona } from '../../src/company/personas.ts';
import { importAssignmentRows } from '../../src/schedule/assignmentImport.ts';
import { type BulkRunner, startBulkRunner } from '../../src/schedule/bulk.ts';
import { purgeUploads } from '../../src/store/upload.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { PLAIN_ROLE, type Rows, rowsOf } from '../support/rows.ts';

let gateway: TestGateway;
let rows: Rows;
let runner: BulkRunner;
const faults: unknown[] = [];
beforeAll(async () => {
  gateway = await startGateway({ config: { uploadMaximumMegabytes: 1 } });
  rows = rowsOf(gateway.database);
  runner = startBulkRunner({
    url: gateway.databaseUrl,
    executors: { IMPORT: importAssignmentRows },
    onFault: (error) => faults.push(error),
  });
});
afterAll(async () => {
  await runner.stop();
  await gateway.close();
});
afterEach(async () => {
  await rows.run(sql`DELETE FROM upload`);
  expect(faults.splice(0)).toEqual([]);
});

const url = () => gateway.url.replace('/graphql', '/uploads');
async function send(caller: PersonaName | null, body: BodyInit, type = 'text/csv', method = 'POST') {
  const headers = { 'content-type': type, ...(await gateway.authorization(caller)) };
  const response = await fetch(url(), { method, headers, body, duplex: 'half' } as RequestInit);
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
}
const upload = async (content: string, type?: string) => (await send('grace', content, type)).body.id as string;

const START = `mutation ($input: ImportAssignmentsInput!) {
  importAssignments(input: $input) { operation { id } refusals { code field } } }`;
async function begin(id: string, mode: string, more: object = {}, caller: PersonaName = 'grace') {
  const input = { upload: id, mode, justification: 'Because', ...more };
  return (await gateway.ask(caller, START, { input })).data?.importAssignments;
}
/** How it ended, with its report. */
async function run(content: string, mode: string, type?: string) {
  const { operation } = await begin(await upload(content, type), mode);
  return ended(operation.id);
}
async function ended(operationId: string) {
  const query = '{ status processed result errorCode errorMessage }';
  for (;;) {
    const answer = await gateway.ask('grace', `query ($id: ID!) { bulkOperation(id: $id) ${query} }`, {
      id: operationId,
    });
    const operation = answer.data?.bulkOperation;
    if (['COMPLETED', 'FAILED', 'CANCELED'].includes(operation.status))
      return { ...operation, report: await report(operationId) };
    await rows.run(sql`SELECT pg_sleep(0.05)`);
  }
}
async function report(operationId: string) {
  const id = Buffer.from(operationId, 'base64url').toString().split(':')[1];
  const chunks = await rows.run(sql<{ bytes: Buffer }>`
    SELECT bytes FROM bulk_chunk WHERE operation_id = ${id} AND file = 'OUTPUT' ORDER BY start_byte`);
  const text = Buffer.concat(chunks.map(({ bytes }) => bytes)).toString();
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
const held = (principal: string) =>
  rows.run(sql<{ id: string; requestId: string }>`
    SELECT id, request_id AS "requestId" FROM assignment WHERE principal_id = ${principal}`);
const codesOf = (lines: readonly { line: number; status: string; code: string | null }[]) =>
  lines.map(({ line, status, code }) => [line, code ?? status]);
const eligible = (principal: string, more = '') => `${principal},${PLAIN_ROLE},ELIGIBLE${more}\n`;
const HEADER = 'principal,role,type\n';

describe('an import', () => {
  test('is tried first: every row has its answer, and nothing is written', async () => {
    const una = await rows.user('Una');
    const [before] = await rows.run(sql`SELECT count(*)::int AS count FROM request`);
    const file = `${HEADER + eligible(una) + eligible(randomUUID()) + eligible(una)}${una},${PLAIN_ROLE},x\n`;
    const { status, result, report: lines } = await run(file, 'DRY_RUN');
    expect(status).toBe('COMPLETED');
    expect(codesOf(lines)).toEqual([
      [3, 'PRINCIPAL_NOT_FOUND'],
      [4, 'ASSIGNMENT_EXISTS'],
      [5, 'INVALID_VALUE'],
      [2, 'ACCEPTED'],
    ]);
    expect(lines[0]).toMatchObject({
      column: 'principal',
      reason: expect.stringMatching(/no such principal/),
      assignmentId: null,
    });
    expect(lines[2]).toMatchObject({ column: 'type', reason: 'Give one of ELIGIBLE, ACTIVE.' });
    type Line = { line: number; code: string; column: string; reason: string };
    const problems = lines.slice(0, 3).map(({ line, code, column, reason }: Line) => ({ line, code, column, reason }));
    expect(result).toEqual({ mode: 'DRY_RUN', rows: 4, written: 0, refused: 3, committedThroughLine: 0, problems });
    expect(await held(una)).toEqual([]);
    expect(await rows.run(sql`SELECT count(*)::int AS count FROM request`)).toEqual([before]);
  });

  test('writes what may be written, each as `assign` writes it', async () => {
    const [una, ben] = [await rows.user('Una'), await rows.user('Ben')];
    const file = `principal,role,provider,type,duration\n${una}@example.com,message center reader,ENTRA_ROLE,ELIGIBLE,P30D\n${randomUUID()},${PLAIN_ROLE},,ELIGIBLE,\n`;
    const { result, report: lines } = await run(file, 'BEST_EFFORT');
    expect(codesOf(lines)).toEqual([
      [3, 'PRINCIPAL_NOT_FOUND'],
      [2, 'WRITTEN'],
    ]);
    expect(result).toMatchObject({ rows: 2, written: 1, refused: 1, committedThroughLine: 3 });
    expect(await held(una)).toEqual([{ id: lines[1].assignmentId, requestId: lines[1].requestId }]);
    const ASSIGN = `mutation { assign(input: { principal: "${Buffer.from(`User:${ben}`).toString('base64url')}",
      role: "${Buffer.from(`Role:${PLAIN_ROLE}`).toString('base64url')}", type: ELIGIBLE, duration: "P30D", justification: "Because" }) { status } }`;
    expect((await gateway.ask('grace', ASSIGN)).data?.assign.status).toBe('PROVISIONED');
    const OWN = sql`ARRAY['id', 'position', 'at', 'principal_id', 'assignment_id', 'request_id', 'payload', 'created_at', 'completed_at', 'starts_at', 'ends_at', 'during', 'multi_factor_at', 'leaf_hash']`;
    const written = (table: string, own: string) =>
      rows.run(
        sql<{ row: object }>`SELECT to_jsonb(t) - ${OWN} AS row FROM ${sql.table(table)} t WHERE principal_id = ${own}`,
      );
    for (const table of ['request', 'assignment', 'event']) {
      expect(await written(table, una)).toEqual(await written(table, ben));
      expect(await written(table, una)).toHaveLength(1);
    }
    const [event] = await rows.run(sql<{ payload: object }>`SELECT payload FROM event WHERE principal_id = ${una}`);
    expect(event?.payload).toMatchObject({ startsAt: expect.any(String), endsAt: expect.any(String) });
  });

  test('writes all or nothing when atomic', async () => {
    const [una, ben] = [await rows.user('Una'), await rows.user('Ben')];
    const good = HEADER + eligible(una) + eligible(ben);
    const spoiled = await run(good + eligible(randomUUID()), 'ATOMIC');
    expect(codesOf(spoiled.report)).toEqual([
      [4, 'PRINCIPAL_NOT_FOUND'],
      [2, 'ACCEPTED'],
      [3, 'ACCEPTED'],
    ]);
    expect(spoiled.result).toMatchObject({ rows: 3, written: 0, refused: 1, committedThroughLine: 0 });
    expect(await held(una)).toEqual([]);
    expect((await run(good, 'ATOMIC')).result).toMatchObject({
      rows: 2,
      written: 2,
      refused: 0,
      committedThroughLine: 3,
    });
    expect([...(await held(una)), ...(await held(ben))]).toHaveLength(2);
  });

  test('takes JSON lines, names, and refuses a name that several have', async () => {
    const name = `Twin ${randomUUID()}`;
    const [una] = [await rows.user(`Only ${name}`), await rows.user(name), await rows.user(name)];
    const line = (value: object) => `${JSON.stringify({ role: PLAIN_ROLE, type: 'ELIGIBLE', ...value })}\n`;
    const file =
      line({ principal: `only ${name}` }) +
      line({ principal: name }) +
      line({ principal: `${una}@example.com`, role: 'Contributor' });
    const { report: lines } = await run(file, 'BEST_EFFORT', 'application/x-ndjson');
    expect(codesOf(lines)).toEqual([
      [2, 'PRINCIPAL_AMBIGUOUS'],
      [3, 'SCOPE_NOT_FOUND'],
      [1, 'WRITTEN'],
    ]);
    expect(lines[0]).toMatchObject({ column: 'principal' });
  });

  test('over many chunks finds rows that stand against each other, and keeps order', async () => {
    const people = await Promise.all(Array.from({ length: 50 }, () => rows.user('Una')));
    const hour = (index: number) => new Date(Date.UTC(2100, 0, 1, index)).toISOString();
    const lines = Array.from(
      { length: 4_500 },
      (_, index) => `${people[index % 50]},${PLAIN_ROLE},ELIGIBLE,${hour(index)},PT1H\n`,
    );
    lines.push(lines[0] as string);
    const {
      result,
      report: answers,
      processed,
    } = await run(`principal,role,type,startsAt,duration\n${lines.join('')}`, 'BEST_EFFORT');
    expect({ ...result, processed }).toMatchObject({ rows: 4_501, written: 4_500, refused: 1, processed: 4_501 });
    expect(answers[0]).toMatchObject({ line: 4_502, code: 'ASSIGNMENT_EXISTS' });
    expect(answers.slice(1).map(({ line }: { line: number }) => line)).toEqual(
      lines.slice(1).map((_, index) => index + 2),
    );
    const again = await run(`principal,role,type,startsAt,duration\n${lines.join('')}`, 'BEST_EFFORT');
    expect(again.result).toMatchObject({ written: 0, refused: 4_501 });
    expect(await held(people[0] as string)).toHaveLength(90);
  });

  test.each([
    ['an unknown column', 'principal,role,type,zebra\n', 'UNKNOWN_COLUMN', /"zebra"/],
    ['a missing column', 'principal,role\n', 'MISSING_COLUMN', /"type"/],
    ['a quote that is not closed', `${HEADER}"x\n`, 'BROKEN_CSV', /Line \d/],
  ])('of a file with %s fails, and says why', async (_what, content, code, message) => {
    expect(await run(content, 'BEST_EFFORT')).toMatchObject({
      ...{ status: 'FAILED', errorCode: code, errorMessage: expect.stringMatching(message) },
    });
  });

  test('of a header alone has nothing to do', async () => {
    expect((await run(HEADER, 'ATOMIC')).result).toMatchObject({ rows: 0, written: 0, refused: 0 });
  });

  test('names the row with a character that cannot be kept', async () => {
    const { report: lines } = await run(`${HEADER}${eligible('a\0b')}`, 'ATOMIC');
    expect(codesOf(lines)).toEqual([[2, 'INVALID_VALUE']]);
  });

  test('goes by the rights of the moment of the run, and ends for whoever is disabled', async () => {
    const una = await rows.user('Una');
    const boss = persona('grace');
    const id = await upload(HEADER + eligible(una));
    const { operation } = await begin(id, 'BEST_EFFORT');
    await rows.run(
      sql`UPDATE principal SET enabled = false WHERE id = ${boss} AND EXISTS (SELECT 1 FROM bulk_operation WHERE status = 'CREATED')`,
    );
    const [state] = await rows.run(sql<{ enabled: boolean }>`SELECT enabled FROM principal WHERE id = ${boss}`);
    for (;;) {
      const [over] = await rows.run(sql<{
        code: string | null;
      }>`SELECT error_code AS code FROM bulk_operation WHERE completed_at IS NOT NULL
        AND id = ${Buffer.from(operation.id, 'base64url').toString().split(':')[1]}`);
      if (over) {
        if (state?.enabled === false) expect(over.code).toBe('PRINCIPAL_DISABLED');
        break;
      }
      await rows.run(sql`SELECT pg_sleep(0.05)`);
    }
    await rows.run(sql`UPDATE principal SET enabled = true WHERE id = ${boss}`);
    if (state?.enabled === false) expect(await held(una)).toEqual([]);
  });

  test("takes nobody else's upload, none that has expired, and none that is not there", async () => {
    const id = await upload(HEADER);
    const refused = { operation: null, refusals: [{ code: 'UPLOAD_NOT_FOUND', field: ['upload'] }] };
    await rows.run(sql`UPDATE upload SET principal_id = ${persona('olga')}`);
    expect(await begin(id, 'DRY_RUN')).toEqual(refused);
    await rows.run(sql`UPDATE upload SET principal_id = ${persona('grace')}, expires_at = clock_timestamp()`);
    expect(await begin(id, 'DRY_RUN')).toEqual(refused);
    expect(await begin('x', 'DRY_RUN')).toEqual(refused);
    await purgeUploads(gateway.database.em.fork().getKysely());
    expect(await rows.run(sql`SELECT 1 FROM upload_chunk`)).toEqual([]);
  });

  test('begins once for each key', async () => {
    const id = await upload(HEADER);
    const [first, second] = [
      await begin(id, 'DRY_RUN', { idempotencyKey: 'k' }),
      await begin(id, 'DRY_RUN', { idempotencyKey: 'k' }),
    ];
    expect(second).toEqual(first);
    await ended(first.operation.id);
  });
});

describe('an upload', () => {
  test('is answered with its id, its size and its end', async () => {
    const { status, body } = await send('grace', HEADER, 'text/csv; charset=utf-8');
    expect([status, body]).toEqual([
      201,
      { id: expect.any(String), bytes: HEADER.length, expiresAt: expect.any(String) },
    ]);
  });

  test.each<[string, () => ReturnType<typeof send>, number, string]>([
    ['nobody', () => send(null, 'x'), 401, 'UNAUTHENTICATED'],
    ['somebody who manages nothing', () => send('maya', 'x'), 403, 'FORBIDDEN'],
    ['a form', () => send('grace', 'x', 'multipart/form-data; boundary=x'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a PUT', () => send('grace', 'x', 'text/csv', 'PUT'), 405, 'METHOD_NOT_ALLOWED'],
    ['an empty file', () => send('grace', ''), 400, 'EMPTY_FILE'],
    ['too large a file', () => send('grace', 'x'.repeat(1_000_001)), 413, 'REQUEST_ENTITY_TOO_LARGE'],
    [
      'too large a file that does not say so',
      () => send('grace', new Blob(['x'.repeat(1_000_001)]).stream()),
      413,
      'REQUEST_ENTITY_TOO_LARGE',
    ],
  ])('of %s is refused, and leaves nothing', async (_what, ask, status, code) => {
    const answer = await ask();
    expect([answer.status, answer.body.errors?.[0].extensions.code]).toEqual([status, code]);
    expect(await rows.run(sql`SELECT 1 FROM upload`)).toEqual([]);
  });

  test('is taken up to ten times', async () => {
    for (let count = 0; count < 10; count++) expect((await send('grace', HEADER)).status).toBe(201);
    const answer = await send('grace', HEADER);
    expect([answer.status, answer.body.errors?.[0].extensions.code]).toEqual([429, 'TOO_MANY_UPLOADS']);
  });
});
