/** What happens when assignments come in by the file? Every row is judged and answered for, and written as its mode says. */
import { createHash, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { persona } from '../../src/company/personas.ts';
import { DIRECTORY_SCOPE } from '../../src/decision/role.ts';
import { importAssignmentRows } from '../../src/schedule/assignmentImport.ts';
import { type BulkRunner, startBulkRunner } from '../../src/schedule/bulk.ts';
import { lockPolicy } from '../../src/store/policy.ts';
import type { Transaction } from '../../src/store/transaction.ts';
import { purgeUploads } from '../../src/store/upload.ts';
import { type Anything, type Caller, open, startGateway, type TestGateway, TRANSPORTS } from '../support/gateway.ts';
import { until } from '../support/process.ts';
import { PLAIN_ROLE, type Rows, rowsOf } from '../support/rows.ts';
import { told, type Uploads, uploadsOf } from '../support/uploads.ts';

const PRIVILEGED_ROLE_ADMINISTRATOR = 'e8611ab8-c189-46e8-94e1-60213ab1f814';

let gateway: TestGateway;
let rows: Rows;
let runner: BulkRunner;
/** The last one that began. */
let running: Promise<void>;
/** Called after each chunk, before the next one is judged. */
let between: () => Promise<unknown> = () => Promise.resolve();
const faults: unknown[] = [];
beforeAll(async () => {
  gateway = await startGateway({ config: { uploadMaximumMegabytes: 1 } });
  rows = rowsOf(gateway.database);
  uploads = uploadsOf(gateway);
  runner = startBulkRunner({
    url: gateway.databaseUrl,
    executors: {
      IMPORT: (given) => {
        running = importAssignmentRows({
          ...given,
          async progress(processed) {
            given.progress(processed);
            await between();
          },
        });
        return running;
      },
    },
    onFault: (error) => faults.push(error),
  });
});
afterAll(async () => {
  await runner.stop();
  await gateway.close();
});
afterEach(async () => {
  between = () => Promise.resolve();
  await rows.run(sql`DELETE FROM upload`);
  expect(faults.splice(0)).toEqual([]);
});

let uploads: Uploads;
const upload = (content: BodyInit, type?: string, caller?: Caller) => uploads.upload(content, type, caller);

const START = `mutation ($input: ImportAssignmentsInput!) {
  importAssignments(input: $input) { operation { id } refusals { code field } } }`;
async function begin(id: string, mode: string, more: object = {}, caller: Caller = 'grace') {
  const input = { upload: id, mode, justification: 'Because', ...more };
  return (await gateway.ask(caller, START, { input })).data?.importAssignments;
}
/** How it ended, with its report. */
async function run(content: BodyInit, mode: string, type?: string, caller: Caller = 'grace') {
  const { operation } = await begin(await upload(content, type, caller), mode, {}, caller);
  return ended(operation.id, caller);
}
async function ended(operationId: string, caller: Caller = 'grace') {
  const query = '{ status processed result errorCode errorMessage url }';
  for (;;) {
    const answer = await gateway.ask(caller, `query ($id: ID!) { bulkOperation(id: $id) ${query} }`, {
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
const operationRow = async (operationId: string) => {
  const id = Buffer.from(operationId, 'base64url').toString().split(':')[1];
  const [row] = await rows.run(sql<{ status: string; code: string | null; result: object }>`
    SELECT status, error_code AS code, result FROM bulk_operation WHERE id = ${id}`);
  return row as { status: string; code: string | null; result: object };
};
/** Somebody of one's own to take rights from. */
async function administrator() {
  const id = await rows.user('Ada');
  await rows.assignment({ principal: id, role: PRIVILEGED_ROLE_ADMINISTRATOR });
  return { id, token: await gateway.tokenOf(id) };
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
    expect(event?.payload).toEqual({
      ...{ startsAt: expect.any(String), endsAt: expect.any(String), operationId: expect.any(String) },
    });
  });

  test.each(['ATOMIC', 'BEST_EFFORT'])(
    'is on record with its file, and with each assignment it makes: %s',
    async (mode) => {
      const [una, ben] = [await rows.user('Una'), await rows.user('Ben')];
      const file = HEADER + eligible(una) + eligible(ben);
      const { operation } = await begin(await upload(file), mode);
      await ended(operation.id);
      const operationId = Buffer.from(operation.id, 'base64url').toString().split(':')[1];
      const AUDIT = `query ($type: AuditEventType!) { auditEvents(filter: { types: [$type] }, first: 2) {
      nodes { actor { displayName } principal { objectId } details } } }`;
      const audited = (type: string) =>
        until('the position of it', async () => {
          const answer = await gateway.ask('grace', AUDIT, { type });
          const nodes = answer.data?.auditEvents.nodes as Anything[];
          return nodes.some(({ details }) => details.operationId === operationId) && nodes;
        });
      expect((await audited('BULK_OPERATION_CREATED'))[0].details).toMatchObject({
        ...{ operationId, kind: 'IMPORT', input: { mode } },
        file: { format: 'CSV', bytes: file.length, sha256: createHash('sha256').update(file).digest('hex') },
      });
      const assigned = await audited('ASSIGNMENT_ASSIGNED');
      expect(assigned.map(({ details }) => details.operationId)).toEqual([operationId, operationId]);
      expect(assigned.map(({ principal }) => principal.objectId).sort()).toEqual([una, ben].sort());
    },
  );

  test('writes all or nothing when atomic', async () => {
    const [una, ben] = [await rows.user('Una'), await rows.user('Ben')];
    const good = HEADER + eligible(una) + eligible(ben);
    const spoiled = await run(good + eligible(randomUUID()), 'ATOMIC');
    expect(codesOf(spoiled.report)).toEqual([
      [4, 'PRINCIPAL_NOT_FOUND'],
      [2, 'NOT_WRITTEN'],
      [3, 'NOT_WRITTEN'],
    ]);
    expect(spoiled.report[1]).toMatchObject({ code: null, requestId: null, assignmentId: null });
    expect(spoiled.result).toMatchObject({ rows: 3, written: 0, refused: 1, committedThroughLine: 0 });
    expect(await held(una)).toEqual([]);
    const done = await run(good, 'ATOMIC');
    expect(done.result).toMatchObject({ rows: 2, written: 2, refused: 0, committedThroughLine: 3 });
    expect(codesOf(done.report)).toEqual([
      [2, 'WRITTEN'],
      [3, 'WRITTEN'],
    ]);
    const ids = done.report.map(({ requestId, assignmentId }: Anything) => ({ id: assignmentId, requestId }));
    expect([...(await held(una)), ...(await held(ben))]).toEqual(ids);
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

  /** More than a chunk, each for somebody else. */
  async function many(count: number): Promise<{ people: string[]; file: string }> {
    const found = await rows.run(sql<{ id: string }>`
      INSERT INTO principal (id, kind, display_name, user_principal_name, user_type)
      SELECT id, 'USER', 'Many', id || '@example.com', 'MEMBER' FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, ${count}::int)) many
      RETURNING id`);
    const people = found.map(({ id }) => id);
    return { people, file: HEADER + people.map((id) => eligible(id)).join('') };
  }
  const heldByAll = async (people: readonly string[]) =>
    (await rows.run(sql`SELECT FROM assignment WHERE principal_id = ANY(${[...people]}::uuid[])`)).length;
  const once = (work: () => Promise<unknown>) => {
    between = async () => {
      between = () => Promise.resolve();
      await work();
    };
  };

  test('ends in the middle for whoever is disabled', async () => {
    const { people, file } = await many(2_100);
    const boss = await administrator();
    once(() => rows.run(sql`UPDATE principal SET enabled = false WHERE id = ${boss.id}`));
    const id = await upload(file, 'text/csv', boss);
    const { operation } = await begin(id, 'BEST_EFFORT', {}, boss);
    const over = await until(
      'the end',
      async () => (await operationRow(operation.id)).status === 'FAILED' && operationRow(operation.id),
    );
    expect(over).toMatchObject({
      code: 'PRINCIPAL_DISABLED',
      result: { rows: 2_000, written: 2_000, committedThroughLine: 2_001 },
    });
    expect(await heldByAll(people)).toBe(2_000);
  });

  test('goes by the rights of each moment', async () => {
    const { people, file } = await many(2_003);
    const boss = await administrator();
    once(() =>
      rows.run(
        sql`UPDATE assignment SET ends_at = clock_timestamp(), ended_by = 'REMOVED' WHERE principal_id = ${boss.id}`,
      ),
    );
    const { result, report: lines } = await run(file, 'BEST_EFFORT', 'text/csv', boss);
    expect(result).toMatchObject({ rows: 2_003, written: 2_000, refused: 3 });
    expect(lines.slice(0, 3).map(({ code }: Anything) => code)).toEqual(Array(3).fill('INSUFFICIENT_PERMISSIONS'));
    expect(await heldByAll(people)).toBe(2_000);
  });

  test.each([
    ['BEST_EFFORT', 2_000],
    ['ATOMIC', 0],
    ['DRY_RUN', 0],
  ])('that is canceled stops, and has written no more than it says: %s', async (mode, written) => {
    const { people, file } = await many(2_100);
    const id = await upload(file);
    let operationId = '';
    once(async () => {
      const CANCEL =
        'mutation ($input: CancelBulkOperationInput!) { cancelBulkOperation(input: $input) { refusals { code } } }';
      await gateway.ask('grace', CANCEL, { input: { id: operationId } });
    });
    operationId = (await begin(id, mode)).operation.id;
    expect(await ended(operationId)).toMatchObject({ status: 'CANCELED', url: null });
    await running.catch(() => undefined);
    const { result } = await operationRow(operationId);
    expect([await heldByAll(people), (result as { written?: number }).written ?? 0]).toEqual([written, written]);
  });

  test('that is atomic keeps nobody from changing settings, and writes nothing that was judged by others', async () => {
    const { people, file } = await many(2_100);
    once(() => rows.policy((rules) => rules));
    const { status, errorCode, errorMessage, report: lines } = await run(file, 'ATOMIC');
    expect([status, errorCode, errorMessage]).toEqual(['FAILED', 'CONFLICT', expect.stringMatching(/settings/)]);
    expect(await heldByAll(people)).toBe(0);
    expect(lines.map(({ line, status }: Anything) => [line, status])).toEqual(
      people.map((_, index) => [index + 2, 'NOT_WRITTEN']),
    );
  });

  test('judges by the settings of the moment: nobody changes them between the judgement and the commit', async () => {
    const una = await rows.user('Una');
    const { promise, resolve } = Promise.withResolvers<void>();
    const changing = gateway.database.em.fork().transactional(async (tx) => {
      await lockPolicy(tx as Transaction, { provider: 'ENTRA_ROLE', roleId: PLAIN_ROLE, scopeId: DIRECTORY_SCOPE });
      await promise;
    });
    const running = run(HEADER + eligible(una), 'BEST_EFFORT');
    const waiting = sql`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND mode = 'ShareLock'`;
    await until('the import to wait', async () => (await rows.run(waiting)).length > 0);
    resolve();
    await changing;
    expect((await running).result).toMatchObject({ written: 1 });
  });

  test('refuses what waits for a decision already', async () => {
    const una = await rows.user('Una');
    await rows.request({ principal: una, type: 'ELIGIBLE', status: 'PENDING_APPROVAL', expires: 60 });
    expect(codesOf((await run(HEADER + eligible(una), 'BEST_EFFORT')).report)).toEqual([[2, 'REQUEST_PENDING']]);
  });

  test('finds the row that the database objects to, and writes all others', async () => {
    const { people, file } = await many(9);
    await rows.run(sql`CREATE FUNCTION object() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation'; END $$`);
    await rows.run(sql`CREATE TRIGGER object BEFORE INSERT ON assignment FOR EACH ROW
      WHEN (NEW.principal_id = ${sql.lit(people[6])}) EXECUTE FUNCTION object()`);
    const best = await run(file, 'BEST_EFFORT');
    expect(best.result).toMatchObject({ rows: 9, written: 8, refused: 1, committedThroughLine: 10 });
    expect(codesOf(best.report)).toEqual([
      [8, 'CONFLICT'],
      ...[2, 3, 4, 5, 6, 7, 9, 10].map((line) => [line, 'WRITTEN']),
    ]);
    expect(await heldByAll(people)).toBe(8);
    const others = await many(0);
    const atomic = await run(`${others.file}${eligible(people[6] as string)}`, 'ATOMIC');
    await rows.run(sql`DROP FUNCTION object CASCADE`);
    expect(atomic).toMatchObject({ status: 'FAILED', errorCode: 'CONFLICT', result: {} });
    expect(await heldByAll(people)).toBe(8);
  });

  test('waits for whoever gives the same access at the same moment, and then answers to that', async () => {
    const una = await rows.user('Una');
    const { promise, resolve } = Promise.withResolvers<void>();
    const giving = gateway.database.em.fork().transactional(async (tx) => {
      await sql`INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, created_at)
        SELECT gen_random_uuid(), 'ENTRA_ROLE', ${PLAIN_ROLE}, id, ${una}, 'ELIGIBLE', now(), now() FROM scope WHERE kind = 'DIRECTORY'`.execute(
        (tx as Transaction).getKysely(),
      );
      await promise;
    });
    const running = run(HEADER + eligible(una), 'BEST_EFFORT');
    await until('the import to wait', async () => {
      const waiting = sql`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%COPY%'`;
      return (await rows.run(waiting)).length > 0;
    });
    resolve();
    await giving;
    expect(codesOf((await running).report)).toEqual([[2, 'ASSIGNMENT_EXISTS']]);
  });

  test.each(['ATOMIC', 'BEST_EFFORT'])('that fails in the middle of a file can be read about: %s', async (mode) => {
    const { people, file } = await many(2_100);
    const broken = `${HEADER}${eligible(randomUUID())}${file.slice(HEADER.length)}"x\n`;
    const { status, errorCode, url: address, result } = await run(broken, mode);
    expect([status, errorCode]).toEqual(['FAILED', 'BROKEN_CSV']);
    const written = mode === 'ATOMIC' ? 0 : 2_100;
    expect(await heldByAll(people)).toBe(written);
    expect(result).toMatchObject(mode === 'ATOMIC' ? {} : { written, refused: 1, committedThroughLine: 2_102 });
    const answer = await fetch(new URL(address, gateway.url), { headers: await gateway.authorization('grace') });
    const lines = (await answer.text()).trimEnd().split('\n');
    expect([answer.status, lines.length]).toEqual([200, 2_101]);
    expect(JSON.parse(lines[0] as string)).toMatchObject({ line: 2, code: 'PRINCIPAL_NOT_FOUND', column: 'principal' });
    expect(JSON.parse(lines[2_100] as string)).toMatchObject({
      ...{ line: 2_102, status: mode === 'ATOMIC' ? 'NOT_WRITTEN' : 'WRITTEN' },
    });
    await rows.run(sql`UPDATE bulk_operation SET expires_at = clock_timestamp() WHERE status = 'FAILED'`);
    const gone = await fetch(new URL(address, gateway.url), { headers: await gateway.authorization('grace') });
    expect(gone.status).toBe(410);
  });

  test('of a file in another encoding has done what stands before the line that it names', async () => {
    const { people, file } = await many(3);
    const content = Buffer.concat([
      Buffer.from(file),
      Buffer.from(eligible('Ren\xe9'), 'latin1'),
      Buffer.from('x,y,z\n'),
    ]);
    const { status, errorCode, errorMessage, result, report: lines } = await run(content, 'BEST_EFFORT');
    expect([status, errorCode, errorMessage]).toEqual([
      'FAILED',
      'INVALID_ENCODING',
      expect.stringMatching(/^Line 5: /),
    ]);
    expect(result).toMatchObject({ rows: 3, written: 3, refused: 0, committedThroughLine: 4 });
    expect(lines.map(({ line }: Anything) => line)).toEqual([2, 3, 4]);
    expect(await heldByAll(people)).toBe(3);
  });

  test('tells of many problems in the report, and of the first hundred in the result', async () => {
    const { result, report: lines } = await run(HEADER + eligible(randomUUID()).repeat(150), 'DRY_RUN');
    expect([result.problems.length, lines.length, result.refused]).toEqual([100, 150, 150]);
  });

  test.each(TRANSPORTS)('is followed as it goes, to its end: %s', async (transport) => {
    const { file } = await many(2_100);
    const told = Promise.withResolvers<void>();
    once(() => told.promise);
    const { operation } = await begin(await upload(file), 'BEST_EFFORT');
    const FOLLOW = `subscription ($id: ID!) { bulkOperationProgress(id: $id, snapshot: true) {
      kind type operation { status processed result } } }`;
    const stream = await open(gateway, transport, 'grace', FOLLOW, { id: operation.id });
    const isProgress = (item: Anything) => item.data?.bulkOperationProgress.type === 'BULK_OPERATION_PROGRESSED';
    await until('progress', () => stream.items.some(isProgress));
    told.resolve();
    const items = (await stream.all()).map(({ data }) => data.bulkOperationProgress);
    const progressed = items.find(({ type }) => type === 'BULK_OPERATION_PROGRESSED');
    expect(progressed.operation.processed).toBe(2_000);
    expect(items.at(-1)).toMatchObject({
      type: 'BULK_OPERATION_COMPLETED',
      operation: { status: 'COMPLETED', processed: 2_100 },
    });
  });

  test('knows nobody who was deleted, by whatever name, and no role by a name that two have', async () => {
    const [una, ben] = [await rows.user('Una'), await rows.user('Ben')];
    const mail = `${una}@mail.example`;
    await rows.run(sql`UPDATE principal SET mail = ${mail} WHERE id IN (${una}, ${ben})`);
    const told = async (principal: string, role = PLAIN_ROLE) =>
      codesOf((await run(`${HEADER}${principal},${role},ELIGIBLE\n`, 'DRY_RUN')).report);
    expect(await told(mail)).toEqual([[2, 'PRINCIPAL_AMBIGUOUS']]);
    await rows.run(sql`UPDATE principal SET deleted_at = clock_timestamp() WHERE id = ${ben}`);
    expect(await told(mail)).toEqual([[2, 'ACCEPTED']]);
    for (const name of [ben, `${ben}@example.com`]) expect(await told(name)).toEqual([[2, 'PRINCIPAL_NOT_FOUND']]);
    expect(await told(una, 'owner')).toEqual([[2, 'ROLE_AMBIGUOUS']]);
  });

  test('takes the same upload again, in whatever mode', async () => {
    const una = await rows.user('Una');
    const id = await upload(HEADER + eligible(una));
    const written: number[] = [];
    for (const mode of ['DRY_RUN', 'ATOMIC', 'ATOMIC']) {
      written.push((await ended((await begin(id, mode)).operation.id)).result.written);
    }
    expect(written).toEqual([0, 1, 0]);
  });

  test.each([
    ['a role of another provider than it says', `${PLAIN_ROLE},AZURE_RESOURCE,/`, 'ROLE_NOT_FOUND'],
    [
      'a scope of another provider',
      `${PLAIN_ROLE},,/providers/Microsoft.Management/managementGroups/none`,
      'SCOPE_NOT_FOUND',
    ],
  ])('refuses a row with %s', async (_what, values, code) => {
    const una = await rows.user('Una');
    const { report: lines } = await run(
      `principal,role,provider,scope,type\n${una},${values},ELIGIBLE\n`,
      'BEST_EFFORT',
    );
    expect(codesOf(lines)).toEqual([[2, code]]);
  });

  test('tells the reasons of a policy, and keeps reasons and texts as they are given', async () => {
    const una = await rows.user('Una');
    const justification = 'a\tb\\N\nc "d" \\. é';
    const cell = `"${justification.replaceAll('"', '""')}"`;
    await run(`principal,role,type,justification\n${una},${PLAIN_ROLE},ELIGIBLE,${cell}\n`, 'ATOMIC');
    const kept = await rows.run(
      sql<{ text: string }>`SELECT justification AS text FROM request WHERE principal_id = ${una}`,
    );
    expect(kept).toEqual([{ text: justification }]);
  });

  test("takes nobody else's upload, none that has expired, and none that is not there", async () => {
    const id = await upload(HEADER);
    const refused = { operation: null, refusals: [{ code: 'UPLOAD_NOT_FOUND', field: ['upload'] }] };
    await rows.run(sql`UPDATE upload SET principal_id = ${persona('olga')}`);
    expect(await begin(id, 'DRY_RUN')).toEqual(refused);
    await rows.run(sql`UPDATE upload SET principal_id = ${persona('grace')}, expires_at = clock_timestamp()`);
    expect(await begin(id, 'DRY_RUN')).toEqual(refused);
    expect(await begin('x', 'DRY_RUN')).toEqual(refused);
    // Its last byte has not come.
    await rows.run(sql`UPDATE upload SET expires_at = clock_timestamp() + interval '1 hour', bytes = NULL`);
    expect(await begin(id, 'DRY_RUN')).toEqual(refused);
    await rows.run(sql`UPDATE upload SET expires_at = clock_timestamp()`);
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
    expect((await uploads.remove('grace', id)).status).toBe(204);
    expect(await begin(id, 'DRY_RUN', { idempotencyKey: 'k' })).toEqual(first);
    expect((await begin(id, 'ATOMIC', { idempotencyKey: 'k' })).refusals).toMatchObject([
      { code: 'IDEMPOTENCY_KEY_REUSED' },
    ]);
    expect((await begin(id, 'DRY_RUN')).refusals).toMatchObject([{ code: 'UPLOAD_NOT_FOUND' }]);
  });

  test('keeps its upload while it reads it', async () => {
    const id = await upload(HEADER + eligible(await rows.user('Una')));
    const reading = Promise.withResolvers<void>();
    const removed = Promise.withResolvers<void>();
    between = () => {
      reading.resolve();
      return removed.promise;
    };
    const { operation } = await begin(id, 'DRY_RUN');
    await reading.promise;
    const answer = await uploads.remove('grace', id);
    removed.resolve();
    expect(told(answer).slice(0, 2)).toEqual([409, 'UPLOAD_IN_USE']);
    expect((await ended(operation.id)).status).toBe('COMPLETED');
    expect((await uploads.remove('grace', id)).status).toBe(204);
  });
});
