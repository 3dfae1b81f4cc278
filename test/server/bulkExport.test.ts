/** Is an export what the query would have shown at one moment, to whoever may see it, and can it be had from any byte on? */
import { parse } from 'csv-parse/sync';
import { type RawBuilder, sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { decodeId, globalId } from '../../schema/ids.ts';
import { type BulkExecutor, type BulkRunner, startBulkRunner } from '../../src/schedule/bulk.ts';
import { readFrozen } from '../../src/store/transaction.ts';
import { type Anything, type Caller, startGateway, type TestGateway } from '../support/gateway.ts';
import { until } from '../support/process.ts';
import { PLAIN_ROLE, type Rows, rowsOf } from '../support/rows.ts';
import { watchStatements } from '../support/statements.ts';

const ROWS = 2_500;
const GLOBAL_ADMINISTRATOR = '62e90394-69f5-4237-9190-012177145e10';
const ASSIGNMENTS = `{ assignments(filter: { phases: [IN_FORCE, FUTURE, ENDED] }) { nodes { id principal { displayName } } } }`;
const EXPORT = `mutation ($input: BulkExportInput!) { bulkExport(input: $input) {
  operation { id status url } refusals { code message field } } }`;
const OPERATION = `query ($id: ID!) { bulkOperation(id: $id) { id status processed total bytes errorCode url } }`;

let gateway: TestGateway;
let rows: Rows;
let administratorId: string;
let administrator: { readonly token: string };
let runners: BulkRunner[] = [];
beforeAll(async () => {
  gateway = await startGateway({ empty: true });
  rows = rowsOf(gateway.database);
  const id = await rows.user('=HYPERLINK("https://evil.example")');
  await rows.assignment({ principal: id, role: GLOBAL_ADMINISTRATOR, starts: -60 });
  administratorId = id;
  // Somebody must be left when that one is not.
  const other = await rows.user('Other');
  await rows.assignment({ principal: other, role: GLOBAL_ADMINISTRATOR, starts: -60 });
  administrator = { token: await gateway.tokenOf(id) };
  await rows.run(sql`
    WITH people AS (INSERT INTO principal (id, kind, display_name, user_principal_name, user_type)
      SELECT gen_random_uuid(), 'USER', 'Person ' || n, 'p' || n || '@example.com', 'MEMBER' FROM generate_series(1, ${ROWS}::int) n
      RETURNING id, display_name)
    INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, state, starts_at, created_at)
    SELECT gen_random_uuid(), 'ENTRA_ROLE', ${PLAIN_ROLE}, (SELECT id FROM scope WHERE kind = 'DIRECTORY'), id, 'ELIGIBLE', 'ASSIGNED',
      now() - interval '1 day', now() - interval '1 day' FROM people`);
});
afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
  runners = [];
});
afterAll(() => gateway.close());

type Between = (count: number) => Promise<unknown>;

/** @param between is called after each thing that is written: the head, then each page */
function run(between: Between = () => Promise.resolve()) {
  const execute = gateway.executors.EXPORT as BulkExecutor;
  let count = 0;
  const executor: BulkExecutor = (given) =>
    execute({
      ...given,
      async write(bytes) {
        await given.write(bytes);
        await between(count++);
      },
    });
  const onFault = (error: unknown) => {
    throw error;
  };
  runners.push(startBulkRunner({ url: gateway.databaseUrl, executors: { EXPORT: executor }, onFault }));
}

async function ask(caller: Caller, input: object): Promise<Anything> {
  const { data, errors } = await gateway.ask(caller, EXPORT, { input });
  return errors ? { errors } : data.bulkExport;
}

async function over(caller: Caller, id: string) {
  return until('the end of the export', async () => {
    const { data } = await gateway.ask(caller, OPERATION, { id });
    const { status } = data.bulkOperation;
    return status !== 'CREATED' && status !== 'RUNNING' && data.bulkOperation;
  });
}

async function fetchFile(caller: Caller, url: string, headers: Record<string, string> = {}, method = 'GET') {
  const address = new URL(url, gateway.url);
  return fetch(address, { method, headers: { ...(await gateway.authorization(caller)), ...headers } });
}

async function exported(input: object = { query: ASSIGNMENTS }, between?: Between) {
  run(between);
  const { operation } = await ask(administrator, input);
  const done = await over(administrator, operation.id);
  return { ...done, text: done.url ? await (await fetchFile(administrator, done.url)).text() : null };
}

const refusedFor = async (query: string, more: object = {}) => {
  const { refusals } = await ask(administrator, { query, ...more });
  return refusals[0];
};

const countEvents = async (type: string) =>
  (await rows.run(sql<{ count: number }>`SELECT count(*)::int AS count FROM event WHERE type = ${type}`))[0]?.count;

describe('an export', () => {
  test('holds every row once, as the query shows it', async () => {
    const { status, processed, total, bytes, text } = await exported();
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line: string) => JSON.parse(line));
    expect({ status, processed, total, bytes }).toEqual({
      ...{ status: 'COMPLETED', processed: ROWS + 2, total: ROWS + 2, bytes: Buffer.byteLength(text) },
    });
    expect(new Set(lines.map(({ id }: Anything) => id)).size).toBe(ROWS + 2);
    const names = lines.map(({ principal }: Anything) => principal.displayName);
    expect(names).toContain('Person 1234');
  });

  test('is as of one moment, whatever is written meanwhile', async () => {
    // Of what comes last one goes, and another comes; without a snapshot both would be seen.
    const person = await rows.user('Too late');
    const { text } = await exported(undefined, async (count) => {
      if (count !== 1) return;
      await rows.run(sql`UPDATE principal SET display_name = 'Changed' WHERE display_name LIKE 'Person 1%'`);
      await rows.run(sql`INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, state, starts_at, created_at)
        SELECT gen_random_uuid(), 'ENTRA_ROLE', ${PLAIN_ROLE}, (SELECT id FROM scope WHERE kind = 'DIRECTORY'), ${person}, 'ELIGIBLE',
          'ASSIGNED', now() - interval '2 days', now() - interval '2 days'`);
    });
    expect([text.split('\n').length - 1, text.includes('Too late'), text.includes('Changed')]).toEqual([
      ...[ROWS + 2, false, false],
    ]);
    await rows.run(sql`DELETE FROM assignment WHERE principal_id = ${person}`);
  });

  test.each(['clock_timestamp()', 'statement_timestamp()'])(
    'has one answer to what is in force: the clock stands still, asked by %s',
    async (clock) => {
      const [first, second] = await readFrozen(gateway.database, async (db) => {
        const now = async () => (await sql<{ now: string }>`SELECT ${sql.raw(clock)} AS now`.execute(db)).rows[0]?.now;
        return [await now(), await now()];
      });
      expect(first).toBe(second);
    },
  );

  test('in CSV has a column for each value, and no formula', async () => {
    const query = `query ($search: [AssignmentType!]) { list: assignments(filter: { types: $search }) { edges { node {
      type endsAt principal { ...P } role { name: displayName } } } } }
      fragment P on Principal { displayName ... on User { userPrincipalName } }`;
    const { text } = await exported({ query, format: 'CSV', variables: { search: ['ACTIVE'] } });
    expect(text.split('\r\n')[0]).toBe('type,endsAt,principal.displayName,principal.userPrincipalName,role.name');
    const parsed = parse(text, { columns: true }) as Record<string, string>[];
    const [row] = parsed.filter((each) => each['principal.displayName']?.includes('HYPER'));
    const others = parsed.filter((each) => each !== row);
    expect([row?.['principal.displayName'], row?.endsAt, row?.['role.name'], others.length]).toEqual([
      ...[`'=HYPERLINK("https://evil.example")`, '', 'Global Administrator', 1],
    ]);
  });

  test('with the same idempotency key is one', async () => {
    const input = { query: ASSIGNMENTS, idempotencyKey: 'once' };
    const [one, other] = [await ask(administrator, input), await ask(administrator, input)];
    expect(one.operation.id).toBe(other.operation.id);
    run();
    await over(administrator, one.operation.id);
  });

  test('ends when some of the rights are lost', async () => {
    const { status, errorCode, url } = await exported(undefined, async (count) => {
      if (count === 1) await withoutRights();
    });
    await withRights();
    expect([status, errorCode, url]).toEqual(['FAILED', 'RIGHTS_LOST', null]);
  });

  test('ends when whoever asked is disabled', async () => {
    const enable = (enabled: boolean) =>
      rows.run(sql`UPDATE principal SET enabled = ${enabled} WHERE id = ${administratorId}`);
    run(async (count) => {
      if (count === 1) await enable(false);
    });
    const { operation } = await ask(administrator, { query: ASSIGNMENTS });
    const [failed] = await until('the end', async () => {
      const found = await rows.run(sql<{ code: string }>`
        SELECT error_code AS code FROM bulk_operation WHERE error_code IS NOT NULL AND id = ${decodeId(operation.id)?.id}`);
      return found.length > 0 && found;
    });
    await enable(true);
    expect(failed?.code).toBe('PRINCIPAL_DISABLED');
  });

  test('holds its snapshot for no longer than it may', async () => {
    await using hasty = await startGateway({ database: gateway.clone, config: { exportMaximumMinutes: 0 } });
    const { executors } = hasty;
    const { operation } = await ask(administrator, { query: ASSIGNMENTS });
    runners.push(startBulkRunner({ url: gateway.databaseUrl, executors, onFault: () => undefined }));
    const { status, errorCode } = await over(administrator, operation.id);
    expect([status, errorCode]).toEqual(['FAILED', 'EXPORT_TOO_LONG']);
  });

  test('that is canceled stops', async () => {
    let id = '';
    run(async (count) => {
      if (count !== 1) return;
      await gateway.ask(
        administrator,
        'mutation ($id: ID!) { cancelBulkOperation(input: { id: $id }) { refusals { code } } }',
        { id },
      );
    });
    const { operation } = await ask(administrator, { query: ASSIGNMENTS });
    id = operation.id;
    expect((await over(administrator, id)).status).toBe('CANCELED');
    const gone = await fetchFile(administrator, `/exports/${id}`);
    expect([gone.status, await gone.json()]).toMatchObject([
      410,
      { errors: [{ extensions: { code: 'EXPORT_CANCELED' } }] },
    ]);
  });
});

const withoutRights = () => setRights(sql`clock_timestamp()`);
const withRights = () => setRights(sql`NULL`);
const setRights = (endsAt: RawBuilder<unknown>) =>
  rows.run(sql`UPDATE assignment SET ends_at = ${endsAt} WHERE principal_id = ${administratorId}`);

describe('what cannot be exported has its own code', () => {
  test.each([
    ['EXPORT_CONNECTION_REQUIRED', '{ me { principal { id } } }'],
    ['EXPORT_CONNECTION_REQUIRED', 'query { ...Q } fragment Q on Query { roles { nodes { id } } }'],
    ['EXPORT_ONE_CONNECTION', '{ roles { nodes { id } } scopes { nodes { id } } }'],
    ['EXPORT_ONE_CONNECTION', '{ roles { nodes { id } } me { principal { id } } }'],
    ['EXPORT_NOT_A_QUERY', 'subscription { assignmentEvents { kind } }'],
    ['EXPORT_NOT_A_QUERY', 'query A { roles { nodes { id } } } query B { scopes { nodes { id } } }'],
    ['EXPORT_NOT_A_QUERY', 'mutation { cancel(input: { requests: [] }) { status } }'],
    ['EXPORT_PAGE_ARGUMENTS', '{ roles(first: 3) { nodes { id } } }'],
    ['EXPORT_NODES_REQUIRED', '{ roles { totalCount nodes { id } } }'],
    ['EXPORT_NODES_REQUIRED', '{ roles { edges { cursor } } }'],
    ['EXPORT_DOCUMENT_INVALID', '{ roles { nodes { secret } } }'],
    ['EXPORT_DOCUMENT_INVALID', '{ roles { nodes {'],
    ['EXPORT_DOCUMENT_INVALID', '{ assignments(filter: { below: "//" }) { nodes { id } } }'],
    ['EXPORT_DOCUMENT_INVALID', `{ roles { nodes { ${Array.from({ length: 16 }, (_, n) => `a${n}: id`)} } } }`],
  ])('%s: %s', async (code, query) => {
    expect(await refusedFor(query)).toMatchObject({ code, field: ['query'] });
  });

  test('and an invalid document is told what is wrong with it', async () => {
    const { message } = await refusedFor('{ roles { nodes { secret } } }');
    expect(message).toContain('Cannot query field "secret" on type "Role".');
  });

  test('and so is none at all', async () => {
    for (const none of [{}, { query: null }]) {
      const { errors } = await ask(administrator, none);
      expect(errors).toMatchObject([
        { message: 'Give a query, or a documentId.', extensions: { code: 'BAD_USER_INPUT' } },
      ]);
    }
  });

  test.each([
    ['query ($p: ScopePath) { assignments(filter: { below: $p }) { nodes { id } } }', { p: '//' }, 'BAD_USER_INPUT'],
    [
      'query ($f: AssignmentFilter) { assignments(filter: $f) { nodes { id } } }',
      { f: { types: ['BOTH'] } },
      'BAD_USER_INPUT',
    ],
    [
      'query ($id: [ID!]) { assignments(filter: { principals: $id }) { nodes { id } } }',
      { id: ['\0'] },
      'BAD_USER_INPUT',
    ],
  ])('and what fails as a query fails the same: %s %o', async (query, variables, code) => {
    const { errors } = await ask(administrator, { query, variables });
    expect(errors[0].extensions.code).toBe(code);
  });

  test('and what the matrix forbids is forbidden', async () => {
    const token = await gateway.tokenOf(await rows.user());
    const { errors } = await ask({ token }, { query: '{ policyTemplates { nodes { id } } }' });
    expect(errors[0].extensions.code).toBe('FORBIDDEN');
  });
});

describe('a file', () => {
  let url = '';
  let whole = Buffer.alloc(0);
  beforeAll(async () => {
    await rows.run(
      sql`UPDATE bulk_operation SET status = 'CANCELED', completed_at = now(), expires_at = now() WHERE completed_at IS NULL`,
    );
    const done = await exported();
    url = done.url;
    whole = Buffer.from(done.text);
  });

  test('says what it is', async () => {
    const head = await fetchFile(administrator, url, {}, 'HEAD');
    expect([head.status, Object.fromEntries(head.headers)]).toMatchObject([
      200,
      {
        ...{ 'content-type': 'application/jsonl; charset=utf-8', 'accept-ranges': 'bytes' },
        ...{
          'content-length': String(whole.length),
          'content-disposition': expect.stringMatching(/^attachment; .*\.jsonl"$/),
        },
      },
    ]);
  });

  test.each<[string, number, (size: number) => [number, number]]>([
    ['bytes=0-9', 206, () => [0, 10]],
    ['bytes=262100-262200', 206, () => [262_100, 262_201]],
    ['bytes=1000-', 206, (size) => [1000, size]],
    ['bytes=-7', 206, (size) => [size - 7, size]],
    ['bytes=0-999999999', 206, (size) => [0, size]],
    ['bytes=0-1,5-6', 200, (size) => [0, size]],
    ['bytes=9-1', 200, (size) => [0, size]],
    ['lines=1-2', 200, (size) => [0, size]],
  ])('gives %s', async (range, status, bounds) => {
    const answer = await fetchFile(administrator, url, { range });
    const [from, to] = bounds(whole.length);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect([answer.status, bytes.equals(whole.subarray(from, to))]).toEqual([status, true]);
    const found = answer.headers.get('content-range');
    expect(found).toBe(status === 206 ? `bytes ${from}-${to - 1}/${whole.length}` : null);
  });

  test.each(['bytes=99999999-', 'bytes=-0'])('has nothing at %s', async (range) => {
    const answer = await fetchFile(administrator, url, { range });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([416, `bytes */${whole.length}`]);
  });

  test('goes on where it was cut off only as long as it is the same', async () => {
    const etag = (await fetchFile(administrator, url, {}, 'HEAD')).headers.get('etag') as string;
    const same = await fetchFile(administrator, url, { range: 'bytes=10-', 'if-range': etag });
    expect([same.status, Buffer.from(await same.arrayBuffer()).equals(whole.subarray(10))]).toEqual([206, true]);
    const other = await fetchFile(administrator, url, { range: 'bytes=10-', 'if-range': '"another"' });
    expect([other.status, (await other.arrayBuffer()).byteLength]).toEqual([200, whole.length]);
    expect((await fetchFile(administrator, url, { 'if-none-match': etag })).status).toBe(304);
  });

  test('is on record before its first byte', async () => {
    const before = (await countEvents('bulkOperation.downloaded')) as number;
    await (await fetchFile(administrator, url, { range: 'bytes=0-0' })).arrayBuffer();
    expect(await countEvents('bulkOperation.downloaded')).toBe(before + 1);
  });

  test('is nobody else’s', async () => {
    const token = await gateway.tokenOf(await rows.user());
    const hidden = await fetchFile({ token }, url);
    const missing = await fetchFile({ token }, `/exports/${globalId('BulkOperation', crypto.randomUUID())}`);
    expect([hidden.status, await hidden.text()]).toEqual([missing.status, await missing.text()]);
    expect(hidden.status).toBe(404);
  });

  test.each<[string, Caller, number]>([
    ['nobody', null, 401],
    ['a token that is none', { token: 'none' }, 401],
  ])('is not for %s', async (_who, caller, status) => {
    const answer = await fetchFile(caller, url);
    expect([answer.status, await answer.json()]).toMatchObject([
      status,
      { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    ]);
  });

  test('is no longer for whoever may see less by now, or is disabled', async () => {
    await withoutRights();
    const lost = await fetchFile(administrator, url);
    await withRights();
    expect([lost.status, await lost.json()]).toMatchObject([
      403,
      { errors: [{ extensions: { reason: 'RIGHTS_LOST' } }] },
    ]);
    await rows.run(sql`UPDATE principal SET enabled = false WHERE display_name LIKE '=HYPER%'`);
    const disabled = await fetchFile(administrator, url);
    await rows.run(sql`UPDATE principal SET enabled = true WHERE display_name LIKE '=HYPER%'`);
    expect([disabled.status, await disabled.json()]).toMatchObject([
      403,
      { errors: [{ extensions: { code: 'PRINCIPAL_DISABLED' } }] },
    ]);
  });

  test('is cut off for whoever is disabled while reading', async () => {
    // More than all buffers on the way hold.
    const large = Buffer.alloc(262_144, 'x');
    const id = decodeId(url.slice('/exports/'.length))?.id;
    await rows.run(sql`INSERT INTO bulk_chunk (operation_id, file, start_byte, bytes)
      SELECT ${id}, 'OUTPUT', ${whole.length} + n * ${large.length}, ${large} FROM generate_series(0, 99) n`);
    await rows.run(sql`UPDATE bulk_operation SET bytes = ${whole.length} + 100 * ${large.length} WHERE id = ${id}`);
    const { body } = await fetchFile(administrator, url);
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await rows.run(sql`UPDATE principal SET enabled = false WHERE id = ${administratorId}`);
    using statements = watchStatements();
    await until('a look', () => {
      return statements.sent.some(({ values }) => values.includes(administratorId)) && statements.areAnswered();
    });
    const rest = async () => {
      while (!(await reader.read()).done);
    };
    await expect(rest()).rejects.toThrow('terminated');
    await rows.run(sql`UPDATE principal SET enabled = true WHERE id = ${administratorId}`);
    await rows.run(sql`DELETE FROM bulk_chunk WHERE operation_id = ${id} AND start_byte >= ${whole.length}`);
    await rows.run(sql`UPDATE bulk_operation SET bytes = ${whole.length} WHERE id = ${id}`);
  });

  test.each(['/exports/', '/exports/nothing', '/exports/a/b', '/exports/..%2f'])('is not at %s', async (address) => {
    expect((await fetchFile(administrator, address)).status).toBe(404);
  });

  test('is only read', async () => {
    const answer = await fetchFile(administrator, url, {}, 'DELETE');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('is not there before the end, and not after its time', async () => {
    const { operation } = await ask(administrator, { query: ASSIGNMENTS });
    const early = await fetchFile(administrator, `/exports/${operation.id}`);
    expect([early.status, await early.json()]).toMatchObject([
      409,
      { errors: [{ extensions: { code: 'EXPORT_NOT_COMPLETE', status: 'CREATED', processed: 0 } }] },
    ]);
    await rows.run(sql`UPDATE bulk_operation SET expires_at = now() WHERE status = 'COMPLETED'`);
    const late = await fetchFile(administrator, url);
    expect([late.status, await late.json()]).toMatchObject([
      410,
      { errors: [{ extensions: { code: 'EXPORT_EXPIRED' } }] },
    ]);
  });
});
