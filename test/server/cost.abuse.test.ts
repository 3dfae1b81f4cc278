/** What does somebody get who asks for too much? What the operation costs, what is allowed, and what to change. */
import { readFileSync } from 'node:fs';
import { parse } from 'graphql';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createSchema } from '../../schema/schema.ts';
import { persona } from '../../src/company/personas.ts';
import { readConfig } from '../../src/config.ts';
import { Budgets } from '../../src/server/budget.ts';
import { operationCost } from '../../src/server/cost.ts';
import { MANIFEST } from '../../src/server/documents.ts';
import { operationOf } from '../../src/server/plan.ts';
import { openDatabase } from '../../src/store/database.ts';
import { type Anything, open, startGateway, type TestGateway, TRANSPORTS } from '../support/gateway.ts';

const schema = createSchema();

function priced(query: string) {
  const document = parse(query);
  return operationCost(schema, document, operationOf(document.definitions, null) as never);
}

const costOf = (query: string, variables: Record<string, unknown> = {}) => priced(query).of(variables);

const PAGE = `query Page($first: Int, $last: Int, $all: Boolean = false) { assignments(first: $first, last: $last) {
  nodes { id principal { displayName } role { displayName } scope { path } } totalCount @include(if: $all) } }`;

describe('the cost', () => {
  it.each([
    ['a scalar of an object', '{ me { manages } }', {}, 1],
    ['a page of the default size', '{ roles { nodes { id } } }', {}, 1 + 50],
    ['a page whose size is a variable', PAGE, { first: 1000 }, 1 + 1000 * 4],
    ['a page from the back', PAGE, { last: 7 }, 1 + 7 * 4],
    ['a count', PAGE, { first: 0, all: true }, 1 + 10],
    ['a page beyond the maximum, which the list refuses', PAGE, { first: 1e9 }, 1 + 1000 * 4],
    ['a page of less than nothing', PAGE, { first: -5 }, 1],
    [
      'edges, and the nodes in them',
      '{ roles(first: 3) { edges { cursor node { id } } pageInfo { endCursor } } }',
      {},
      1 + 3 * 2 + 1,
    ],
    ['aliases', '{ a: roles(first: 3) { nodes { id } } b: roles(first: 4) { nodes { id } } }', {}, 1 + 3 + 1 + 4],
    [
      'fragments',
      '{ ...A ...A } fragment A on Query { roles(first: 3) { ...N } } fragment N on RoleConnection { nodes { id } }',
      {},
      2 * (1 + 3),
    ],
    [
      'ids',
      'query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Group { displayName } } }',
      { ids: ['a', 'b', 'c'] },
      3,
    ],
    ['what describes the schema', '{ __schema { types { name fields { name } } } __typename }', {}, 0],
    [
      'a mutation',
      'mutation($input: DenyInput!) { deny(input: $input) { refusals { code } } }',
      { input: { requests: ['a'] } },
      10 + 10 + 1 * (1 + 2),
    ],
    [
      'a mutation of many',
      'mutation($input: ActivateManyInput!) { activateMany(input: $input) { __typename } }',
      { input: { activations: [{}, {}, {}] } },
      10 + 3 * 10 + 3,
    ],
    [
      'a copy as all that it may copy, whatever it is given',
      'mutation($input: CopyAssignmentsInput!) { copyAssignments(input: $input) { copies { request { id } } } }',
      { input: { filter: { roles: ['a', 'b'] } } },
      10 + 1000 * 10 + 1 + 1000 * (1 + 1),
    ],
    ['a stream', 'subscription { myAccess { __typename } }', {}, 10 + 1],
  ])('counts %s', (_what, query, variables, expected) => {
    expect(costOf(query, variables)).toBe(expected);
  });

  it('is found quickly for fragments that double at each level', () => {
    const names = Array.from({ length: 40 }, (_, index) => index);
    const fragments = names.map((n) => `fragment F${n} on Query { ...F${n + 1} ... { ...F${n + 1} } }`).join(' ');
    expect(costOf(`{ ...F0 } ${fragments} fragment F40 on Query { me { manages } }`)).toBe(2 ** 40);
  });

  it.each([
    [
      'by the name in the answer',
      '{ a: roles(first: 3) { nodes { id } } b: roles(first: 4) { nodes { id } } }',
      {},
      'b',
    ],
    [
      'where the list lies',
      '{ roles(first: 3) { nodes { id } } me { eligible(first: 9) { nodes { id } } } }',
      {},
      'me.eligible',
    ],
    [
      'within fragments',
      'query { ...A } fragment A on Query { ...B me { ...C } } fragment B on Query { roles(first: 3) { nodes { id } } } fragment C on Viewer { active(first: 7) { nodes { id } } }',
      {},
      'me.active',
    ],
    [
      'but nothing that is left out',
      'query ($no: Boolean!) { a: roles(first: 90) @include(if: $no) { nodes { id } } ... @skip(if: true) { c: roles(first: 80) { nodes { id } } } b: roles(first: 4) { nodes { id } } }',
      { no: false },
      'b',
    ],
  ])('names what costs most: %s', (_what, query, variables, expected) => {
    expect(priced(query).costliest(variables)).toBe(expected);
  });

  it('names it quickly for fragments that double at each level', () => {
    const names = Array.from({ length: 40 }, (_, index) => index);
    const fragments = names.map((n) => `fragment F${n} on Query { ...F${n + 1} ... { ...F${n + 1} } }`).join(' ');
    const query = `{ ...F0 } ${fragments} fragment F40 on Query { me { manages } }`;
    expect(priced(query).costliest({})).toBe('me');
  });

  it('lets every operation of ours be asked for with a thousand rows', () => {
    const limit = readConfig({}).costPerOperation;
    const documents = Object.values(JSON.parse(readFileSync(MANIFEST, 'utf8')) as Record<string, string>);
    const tooCostly = documents.filter((document) => costOf(document, { first: 1000, count: true }) > limit);
    expect([documents.length > 40, tooCostly]).toEqual([true, []]);
  });

  it('lets a hundred pages of a thousand assignments be asked for in a minute', () => {
    const { costPerMinute } = readConfig({});
    expect(100 * costOf(PAGE, { first: 1000, all: true })).toBeLessThanOrEqual(costPerMinute);
  });
});

describe('a budget', () => {
  const document = parse(PAGE);
  const charge = (budgets: Budgets, id: string, first: number) =>
    budgets.charge({ schema, document, variableValues: { first }, contextValue: { viewer: { id } } });

  it("is each principal's own, and is whole again after a minute", () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const budgets = new Budgets({ schema, costPerOperation: 1_000, costPerMinute: 1_000 });
    expect(charge(budgets, 'maya', 200)?.budget).toEqual({ perMinute: 1_000, remaining: 199, secondsToReset: 60 });
    expect(() => charge(budgets, 'maya', 200)).toThrow(
      'The operation costs 801, and of 1000 for this minute 199 is left',
    );
    expect(charge(budgets, 'maya', 20)?.budget.remaining).toBe(118);
    expect(charge(budgets, 'arun', 200)?.budget.remaining).toBe(199);
    vi.setSystemTime(Date.now() + 59_999);
    expect(() => charge(budgets, 'maya', 200)).toThrow('come back in 1 s');
    vi.setSystemTime(Date.now() + 1);
    expect(charge(budgets, 'maya', 200)?.budget.remaining).toBe(199);
  });

  it('that could never pay for an operation is no setting', () => {
    expect(() => readConfig({ COST_PER_OPERATION: '2000', COST_PER_MINUTE: '1000' })).toThrow('could never run');
    expect(() => readConfig({ EXECUTION: 'fast' })).toThrow('EXECUTION is "fast": give compiled or interpreted.');
  });
});

describe('the gateway', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ config: { costPerOperation: 1_000, costPerMinute: 2_000 } });
  });
  afterAll(() => gateway?.close());

  it('says what an operation costs, over HTTP and over a socket', async () => {
    const answer = (await gateway.ask('grace', PAGE, { first: 10 })) as Anything;
    expect(answer.extensions.cost).toMatchObject({
      requested: 41,
      limit: 1_000,
      budget: { perMinute: 2_000, remaining: 1_959 },
    });
    const stream = await open(gateway, 'WebSocket', 'grace', PAGE, { first: 5 });
    const [item] = (await stream.all()) as Anything[];
    expect(item.extensions.cost).toMatchObject({ requested: 21, budget: { remaining: 1_938 } });
  });

  it('asks as much for a trusted document as for any other', async () => {
    const documents = Object.entries(JSON.parse(readFileSync(MANIFEST, 'utf8')) as Record<string, string>);
    const [documentId, text] = documents.find(([, each]) => each.startsWith('query Assignments')) as [string, string];
    const ask = async (first: number) =>
      (await gateway.post('maya', JSON.stringify({ documentId, variables: { first } }))) as Anything;
    expect((await ask(10)).extensions.cost.requested).toBe(costOf(text, { first: 10 }));
    const refused = await ask(1_000);
    expect(refused.errors).toMatchObject([{ extensions: { code: 'OPERATION_TOO_COSTLY', costliest: 'assignments' } }]);
  });

  it('runs nothing that costs more than is allowed, and says what to change', async () => {
    const answer = await gateway.ask('grace', PAGE, { first: 1000 });
    expect([answer.status, answer.data, answer.errors]).toMatchObject([
      400,
      undefined,
      [
        {
          message:
            'The operation costs 4001: at most 1000 is allowed. Most of it is for assignments: ask for smaller pages there (first, last), or for fewer lists within lists.',
          extensions: { code: 'OPERATION_TOO_COSTLY', given: 4001, allowed: 1000, costliest: 'assignments' },
        },
      ],
    ]);
  });

  it('copies nothing that costs more than is allowed', async () => {
    const id = (name: 'sam' | 'olga') => Buffer.from(`User:${persona(name)}`).toString('base64url');
    const COPY = `mutation { copyAssignments(input: { between: { principals: { from: "${id('sam')}", to: "${id('olga')}" } },
      justification: "x" }) { copies { status } refusals { code } } }`;
    const answer = await gateway.ask('gwen', COPY);
    expect([answer.data, answer.errors?.[0]]).toMatchObject([
      undefined,
      {
        message: expect.stringMatching(
          /^The operation costs 12011: at most 1000 is allowed\. Most of it is for copyAssignments/,
        ),
        extensions: { code: 'OPERATION_TOO_COSTLY' },
      },
    ]);
    const { rows } = await sql`SELECT FROM assignment WHERE principal_id = ${persona('olga')}`.execute(
      gateway.database.em.fork().getKysely(),
    );
    expect(rows).toEqual([]);
  });

  it('lets a principal come back when the budget is used up, whichever token it shows, and others go on', async () => {
    for (const multiFactor of [true, false]) {
      await gateway.ask({ token: await gateway.token('arun', { multiFactor }) }, PAGE, { first: 249 });
    }
    const answer = await gateway.ask('arun', PAGE, { first: 10 });
    const seconds = Number(answer.headers.get('retry-after'));
    expect([answer.status, answer.errors?.[0]?.extensions.code]).toEqual([429, 'BUDGET_EXHAUSTED']);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect((await gateway.ask('maya', PAGE, { first: 10 })).status).toBe(200);
  });

  it.each(TRANSPORTS)('begins no stream without a budget for it, over %s', async (transport) => {
    const caller = transport === 'SSE' ? 'olga' : 'pia';
    for (const first of [249, 248]) await gateway.ask(caller, PAGE, { first });
    const stream = await open(gateway, transport, caller, 'subscription { myAccess { __typename } }');
    expect((await stream.all()).map(({ errors }) => errors?.[0]?.extensions.code)).toEqual(['BUDGET_EXHAUSTED']);
  });

  it('says that a statement took too long, and what to change', async () => {
    const database = await openDatabase(gateway.databaseUrl, { statementTimeoutSeconds: 1 });
    const slow = await startGateway({ database: { ...gateway.clone, database } });
    const client = new pg.Client({ connectionString: gateway.databaseUrl });
    await client.connect();
    onTestFinished(async () => {
      await client.end();
      await slow.close();
      await database.close();
    });
    await client.query('BEGIN; LOCK TABLE role IN ACCESS EXCLUSIVE MODE');
    const answer = await slow.ask('grace', '{ roles { totalCount } }');
    expect([answer.status, answer.errors]).toMatchObject([
      400,
      [
        {
          message:
            'The database took too long, and nothing was changed: narrow the filter, ask for a smaller page, or leave out totalCount.',
          extensions: { code: 'STATEMENT_TIMED_OUT' },
        },
      ],
    ]);
  });
});
