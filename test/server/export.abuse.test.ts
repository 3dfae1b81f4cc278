/** What does somebody get who exports and downloads in bad faith? An answer with a code, and nothing that is not theirs. */
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { globalId } from '../../schema/ids.ts';
import { type BulkRunner, startBulkRunner } from '../../src/schedule/bulk.ts';
import { type Anything, type Caller, open, startGateway, type TestGateway, TRANSPORTS } from '../support/gateway.ts';
import { until } from '../support/process.ts';
import { type Rows, rowsOf } from '../support/rows.ts';

const GLOBAL_ADMINISTRATOR = '62e90394-69f5-4237-9190-012177145e10';
const ROLES = '{ roles { nodes { id } } }';
const EXPORT = `mutation ($input: BulkExportInput!) { bulkExport(input: $input) {
  operation { id } refusals { code message } } }`;

let gateway: TestGateway;
let rows: Rows;
let administratorId: string;
let administrator: Caller;
let stranger: Caller;
let runner: BulkRunner | null = null;
beforeAll(async () => {
  gateway = await startGateway({
    empty: true,
    config: { costPerOperation: 5_000, costPerMinute: 40_000, exportCostPerMinute: 5_000 },
  });
  rows = rowsOf(gateway.database);
  administratorId = await rows.user('Administrator');
  await rows.assignment({ principal: administratorId, role: GLOBAL_ADMINISTRATOR, starts: -60 });
  administrator = { token: await gateway.tokenOf(administratorId) };
  stranger = { token: await gateway.tokenOf(await rows.user('Stranger')) };
});
afterEach(async () => {
  await runner?.stop();
  runner = null;
  await rows.run(
    sql`UPDATE bulk_operation SET status = 'CANCELED', completed_at = now(), expires_at = now() WHERE completed_at IS NULL`,
  );
});
afterAll(() => gateway.close());

function run() {
  const onFault = (error: unknown) => {
    throw error;
  };
  runner = startBulkRunner({ url: gateway.databaseUrl, executors: gateway.executors, onFault });
}

async function begin(caller: Caller, input: object): Promise<Anything> {
  const { data, errors } = await gateway.ask(caller, EXPORT, { input });
  return errors ? { errors } : data.bulkExport;
}

async function over(caller: Caller, id: string): Promise<Anything> {
  return until('the end of the export', async () => {
    const query = 'query ($id: ID!) { bulkOperation(id: $id) { id status processed errorCode url } }';
    const { data } = await gateway.ask(caller, query, { id });
    return !['CREATED', 'RUNNING'].includes(data.bulkOperation.status) && data.bulkOperation;
  });
}

async function fetchFile(caller: Caller, url: string, headers: Record<string, string> = {}) {
  return fetch(new URL(url, gateway.url), { headers: { ...(await gateway.authorization(caller)), ...headers } });
}

/** By somebody whose budgets are whole: everybody sees the roles. */
async function exported(query: string, variables: object = {}, format = 'JSONL') {
  if (runner === null) run();
  const caller = { token: await gateway.tokenOf(await rows.user()) };
  const { operation, refusals, errors } = await begin(caller, { query, variables, format });
  expect([refusals, errors]).toEqual([[], undefined]);
  const { url, status } = await over(caller, operation.id);
  expect(status).toBe('COMPLETED');
  return { caller, url, text: await (await fetchFile(caller, url)).text() };
}

describe("somebody else's export", () => {
  test('is none, whatever one asks about it', async () => {
    const { operation } = await begin(administrator, { query: ROLES });
    const ids = [operation.id, globalId('BulkOperation', crypto.randomUUID())];
    const answers = await Promise.all(
      ids.map(async (id) => {
        const { data } = await gateway.ask(
          stranger,
          `query ($id: ID!) { bulkOperation(id: $id) { status } node(id: $id) { id } nodes(ids: [$id]) { id }
            bulkOperations { nodes { id } } }`,
          { id },
        );
        const canceled = await gateway.ask(
          stranger,
          'mutation ($id: ID!) { cancelBulkOperation(input: { id: $id }) { operation { id } refusals { code } } }',
          { id },
        );
        const file = await fetchFile(stranger, `/exports/${id}`, { range: 'bytes=0-' });
        return { data, canceled: canceled.data, file: [file.status, await file.text()] };
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toMatchObject({
      data: { bulkOperation: null, node: null, nodes: [null], bulkOperations: { nodes: [] } },
      canceled: { cancelBulkOperation: { operation: null, refusals: [{ code: 'BULK_OPERATION_NOT_FOUND' }] } },
      file: [404, expect.any(String)],
    });
  });

  test.each(TRANSPORTS)('has no progress over %s', async (transport) => {
    const { operation } = await begin(administrator, { query: ROLES });
    const query =
      'subscription ($id: ID!) { bulkOperationProgress(id: $id, snapshot: true) { kind operation { id } } }';
    const stream = await open(gateway, transport, stranger, query, { id: operation.id });
    const items = await stream.all();
    expect(items.filter(({ data }) => data?.bulkOperationProgress.operation)).toEqual([]);
  });
});

describe('many exports', () => {
  test('at once are three', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => begin(administrator, { query: ROLES })));
    expect(answers.filter(({ operation }) => operation)).toHaveLength(3);
    const codes = new Set(answers.flatMap(({ refusals }) => refusals.map(({ code }: Anything) => code)));
    expect([...codes]).toEqual(['TOO_MANY_BULK_OPERATIONS']);
  });

  test('cost as much as their first pages do as queries', async () => {
    const token = await gateway.tokenOf(await rows.user());
    const codes: string[] = [];
    while (codes.length < 100 && codes.at(-1) !== 'BUDGET_EXHAUSTED') {
      const { refusals, errors } = await begin({ token }, { query: ROLES });
      codes.push(errors?.[0].extensions.code ?? refusals[0]?.code ?? 'BEGUN');
    }
    expect([codes.length < 50, codes.at(-1)]).toEqual([true, 'BUDGET_EXHAUSTED']);
    const [list] = await Promise.all([fetchFile({ token }, '/lists/assignments.jsonl')]);
    expect([list.status, list.headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^\d+$/)]);
  });

  test('of a page that no query may cost are none', async () => {
    const nodes = 'id principal { id } role { id } scope { id } eligibility { id role { id } scope { id } }';
    const { errors } = await begin(administrator, { query: `{ assignments { nodes { ${nodes} } } }` });
    expect(errors[0].extensions.code).toBe('OPERATION_TOO_COSTLY');
  });

  test('wait where the budget of the minute is spent, and are whole in the end', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    // A thousand of five objects cost all of it.
    const { operation } = await begin(administrator, { query: PAGES });
    run();
    const processed = async () =>
      (await gateway.ask(administrator, 'query ($id: ID!) { bulkOperation(id: $id) { processed status } }', operation))
        .data.bulkOperation;
    await until('a page', async () => (await processed()).processed === 1000);
    expect(await processed()).toMatchObject({ status: 'RUNNING' });
    vi.setSystemTime(Date.now() + 60_000);
    expect(await over(administrator, operation.id)).toMatchObject({ status: 'COMPLETED', processed: 1080 });
  });
});

/** Of the 1,080 roles that are built in. */
const PAGES = '{ roles(filter: {}) { nodes { id permissions { actions } } } }';

describe('a document', () => {
  test.each<[string, string, object]>([
    ['whose list is left out', 'query ($no: Boolean!) { roles @include(if: $no) { nodes { id } } }', { no: false }],
    ['whose rows are left out', '{ roles { nodes @skip(if: true) { id } } }', {}],
  ])('%s gives an empty file', async (_what, query, variables) => {
    expect((await exported(query, variables)).text).toBe('');
  });

  test('whose values are left out gives empty rows, of the same columns', async () => {
    const query =
      'query ($yes: Boolean!) { list: roles(filter: { search: "Global Reader" }) { all: nodes { id @skip(if: $yes) name: displayName } } }';
    expect((await exported(query, { yes: true })).text).toBe('{"name":"Global Reader"}\n');
    expect((await exported(query, { yes: true }, 'CSV')).text).toBe('id,name\r\n,Global Reader\r\n');
  });

  test('that fragments and aliases take apart is put together', async () => {
    const query = `query Q { r: roles(filter: { search: "Global Reader" }) { e: edges { n: node { ...A ...A ... on Role { twice: displayName } } } } }
      fragment A on Role { displayName ...B } fragment B on Role { provider }`;
    expect((await exported(query)).text).toBe(
      '{"displayName":"Global Reader","provider":"ENTRA_ROLE","twice":"Global Reader"}\n',
    );
  });

  test.each([
    ['EXPORT_DOCUMENT_INVALID', '{ roles { portcullisPage: nodes { id } } }'],
    [
      'EXPORT_DOCUMENT_INVALID',
      'query ($portcullisFirst: Boolean!) { roles { nodes { id @skip(if: $portcullisFirst) } } }',
    ],
    [
      'EXPORT_DOCUMENT_INVALID',
      'query ($portcullisAfter: Boolean!) { roles { nodes { id @skip(if: $portcullisAfter) } } }',
    ],
    ['EXPORT_ONE_CONNECTION', '{ a: roles { nodes { id } } b: roles { nodes { id } } }'],
    ['EXPORT_ONE_CONNECTION', '{ roles { nodes { id } } ...F } fragment F on Query { scopes { nodes { id } } }'],
    ['EXPORT_DOCUMENT_INVALID', 'query { roles { nodes { ...F } } } fragment F on Role { ...F }'],
    ['EXPORT_NOT_A_QUERY', 'mutation { cancelBulkOperation(input: { id: "x" }) { refusals { code } } }'],
    ['EXPORT_NOT_A_QUERY', 'subscription { auditEvents { kind } }'],
    ['EXPORT_PAGE_ARGUMENTS', 'query ($n: Int) { roles(last: $n) { nodes { id } } }'],
  ])('is refused: %s %s', async (code, query) => {
    const { operation, refusals } = await begin(administrator, {
      query,
      variables: { portcullisFirst: true, portcullisAfter: true },
    });
    expect([operation, refusals[0].code]).toEqual([null, code]);
  });
});

test('a range that is none, or too many, does no harm', async () => {
  const { caller, url, text } = await exported('{ roles(filter: { search: "Global" }) { nodes { id } } }');
  const long = '9'.repeat(400);
  const none = ['bytes=-', 'bytes=a-b', 'bytes=--1', 'bytes=1e3-', 'bytes', 'bytes=0x1-', 'bytes=1-2,3-4'];
  const many = `bytes=${Array.from({ length: 500 }, (_, n) => `${n}-${n}`).join()}`;
  const answers = [
    ...[...none, many].map((range) => [range, 200] as const),
    ...[`bytes=${long}-`, `bytes=${long}-${long}`].map((range) => [range, 416] as const),
    ...[`bytes=0-${long}`, `bytes=-${long}`].map((range) => [range, 206] as const),
  ];
  for (const [range, status] of answers) {
    const answer = await fetchFile(caller, url, { range });
    const body = await answer.text();
    expect([range.slice(0, 20), answer.status, status === 416 || body === text]).toEqual([
      range.slice(0, 20),
      status,
      true,
    ]);
  }
});
