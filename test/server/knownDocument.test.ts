/** Does a document that was accepted before get the answers that Yoga gives it? Asked by both, and told apart by whether Yoga was asked. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { parse } from 'graphql';
import { YogaServer } from 'graphql-yoga';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { trustedDocuments } from '../../src/server/documents.ts';
import { answersKnown, type Executed, KnownDocuments } from '../../src/server/knownDocument.ts';
import { documentIdOf, documentOf } from '../support/documents.ts';
import { type Answer, type Anything, type Caller, startGateway, type TestGateway } from '../support/gateway.ts';
import { watchStatements } from '../support/statements.ts';

const CONSOLE = 'https://console.example.com';
/** One that Yoga knows better than the path past it. */
const YOGAS = { accept: 'application/graphql-response+json, text/html;q=0.1' };

let gateway: TestGateway;
let yoga: ReturnType<typeof vi.spyOn>;
beforeAll(async () => {
  gateway = await startGateway({ config: { allowedOrigins: [CONSOLE] } });
  yoga = vi.spyOn(YogaServer.prototype, 'graphqlEndpoint', 'get');
});
afterAll(async () => {
  yoga.mockRestore();
  await gateway.close();
});
afterEach(() => void yoga.mockClear());

interface Asked {
  readonly caller?: Caller;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

/** Whether Yoga was asked, and all that the answer says but for what is left of the budget and the hour. */
async function ask({ caller = 'grace', body, headers = {} }: Asked, at: TestGateway = gateway) {
  yoga.mockClear();
  const given = await at.post(caller, typeof body === 'string' ? body : JSON.stringify(body), headers);
  return { byYoga: yoga.mock.calls.length > 0, told: toldBy(given) };
}

function toldBy({ status, text, headers }: Answer<Anything>) {
  const { date: _date, ...others } = Object.fromEntries(headers);
  const rest = text.replace(/"remaining":\d+,"secondsToReset":\d+/g, '"remaining":0').replace(/[0-9a-f-]{36}/g, 'id');
  // As long as the budget is written with as many digits.
  return { status, headers: { ...others, 'content-length': null }, text: rest };
}

const NAMES = '{ principals(first: 100) { nodes { __typename id displayName } pageInfo { endCursor hasNextPage } } }';
const TWO = 'query A { me { principal { id } } } query B($n: Int) { roles(first: $n) { nodes { displayName } } }';
const COSTLY = `{ ${Array.from({ length: 15 }, (_, n) => `l${n}: assignments(first: 1000) { nodes { id role { id } scope { id } principal { id } } }`).join(' ')} }`;
const REFUSED = 'mutation ($id: ID!) { activate(input: { eligibility: $id, duration: "PT1H" }) { refusals { code } } }';
/** The second of them is forbidden to whoever manages nothing. */
const HALF = `mutation ($id: ID!) {
  activate(input: { eligibility: $id, duration: "PT1H" }) { refusals { code } }
  remove(input: { assignment: $id }) { refusals { code } }
}`;

async function eligibilityOfMaya(): Promise<string> {
  const { data } = await gateway.ask('maya', '{ me { eligible { nodes { id } } } }');
  return data?.me.eligible.nodes[0].id;
}

describe('a known document is answered without Yoga, and as Yoga does', () => {
  it.each<[string, Asked]>([
    ['a list', { body: { query: NAMES } }],
    ['with everything else null', { body: { query: NAMES, variables: null, operationName: null, documentId: null } }],
    ['one of two operations, with variables', { body: { query: TWO, operationName: 'B', variables: { n: 3 } } }],
    ['a trusted document', { body: { documentId: documentIdOf('MyRoles') }, caller: 'maya' }],
    ['nothing but its own name', { body: { query: '{ __typename }' }, caller: 'olga' }],
    ['a page of an allowed origin', { body: { query: NAMES }, headers: { origin: CONSOLE } }],
    ['a page of a foreign origin', { body: { query: NAMES }, headers: { origin: 'https://elsewhere.example' } }],
  ])('%s', async (_what, asked) => {
    const headers = { ...asked.headers, ...YOGAS };
    const first = await ask({ ...asked, headers });
    const again = await ask(asked);
    expect([first.byYoga, again.byYoga]).toEqual([true, false]);
    expect(again.told.status).toBe(200);
    expect(again.told).toEqual(first.told);
  });

  it.each([['application/json'], ['application/graphql-response+json'], ['*/*']])('to %s', async (accept) => {
    await ask({ body: { query: NAMES } });
    const own = await ask({ body: { query: NAMES }, headers: { accept } });
    const yogas = await ask({ body: { query: NAMES }, headers: { accept: `${accept}, image/png;q=0.1` } });
    expect([own.byYoga, yogas.byYoga]).toEqual([false, true]);
    expect(own.told).toEqual(yogas.told);
  });

  it('a mutation that is refused', async () => {
    const asked = { body: { query: REFUSED, variables: { id: await eligibilityOfMaya() } }, caller: 'maya' } as const;
    const first = await ask({ ...asked, headers: YOGAS });
    const again = await ask(asked);
    expect([first.byYoga, again.byYoga, again.told.status]).toEqual([true, false, 200]);
    expect(again.told).toEqual(first.told);
  });

  it('with variables that lie deeper than calls can', async () => {
    const depth = 40_000;
    const variables = `{"x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    const body = `{"query":${JSON.stringify(NAMES)},"variables":${variables}}`;
    const first = await ask({ body, headers: YOGAS });
    const again = await ask({ body });
    expect([first.byYoga, again.byYoga, again.told.status]).toEqual([true, false, 200]);
    expect(again.told).toEqual(first.told);
  });

  it('and costs the same, once', async () => {
    const spent = async () => {
      const { extensions } = JSON.parse((await gateway.ask('uma', NAMES)).text);
      return extensions.cost.budget.remaining as number;
    };
    const left = [await spent(), await spent(), await spent()];
    expect(left.map((each, index) => (left[index - 1] ?? each) - each)).toEqual([0, 102, 102]);
  });
});

describe('what is not plain is left to Yoga', () => {
  it.each<[string, Asked]>([
    ['a parameter of another name', { body: { query: NAMES, other: 1 } }],
    ['extensions', { body: { query: NAMES, extensions: {} } }],
    ['a list of operations', { body: [{ query: NAMES }] }],
    ['variables that are a list', { body: { query: NAMES, variables: [] } }],
    ['an operation name that is none', { body: { query: NAMES, operationName: 7 } }],
    ['an operation that is not there', { body: { query: TWO, operationName: 'C' } }],
    ['neither of two operations', { body: { query: TWO } }],
    ['a document and its id', { body: { query: NAMES, documentId: documentIdOf('MyRoles') } }],
    ['no JSON', { body: '{"query":' }],
    ['null', { body: 'null' }],
    ['a document that is invalid', { body: { query: '{ nothing }' } }],
    ['a document that cannot be read', { body: { query: '{ nothing' } }],
    ['a stream', { body: { query: 'subscription { myAccess { position } }' } }],
    [
      'a body that says how it is written',
      { body: { query: NAMES }, headers: { 'content-type': 'application/json; charset=utf-8' } },
    ],
    ['an answer that nobody can give', { body: { query: NAMES }, headers: { accept: 'image/png' } }],
    ['nobody', { body: { query: NAMES }, caller: null }],
    ['a token that is none', { body: { query: NAMES }, caller: { token: 'abc' } }],
  ])('%s', async (_what, asked) => {
    await ask({ body: { query: NAMES } });
    await ask({ body: { query: TWO, operationName: 'A' } });
    const first = await ask(asked);
    const again = await ask(asked);
    expect([first.byYoga, again.byYoga]).toEqual([true, true]);
    expect(again.told).toEqual(first.told);
  });
});

describe('what ends in errors is told by Yoga', () => {
  it.each<[string, Asked, number, string]>([
    [
      'a variable of the wrong type',
      { body: { query: TWO, operationName: 'B', variables: { n: 'x' } } },
      400,
      'BAD_USER_INPUT',
    ],
    [
      'a page that is too large',
      { body: { query: TWO, operationName: 'B', variables: { n: 2000 } } },
      400,
      'PAGE_TOO_LARGE',
    ],
    [
      'a text that cannot be kept',
      { body: { query: TWO, operationName: 'A', variables: { n: '\0' } } },
      400,
      'BAD_USER_INPUT',
    ],
    ['an operation that costs too much', { body: { query: COSTLY } }, 400, 'OPERATION_TOO_COSTLY'],
  ])('%s', async (_what, asked, status, code) => {
    const first = await ask({ ...asked, headers: YOGAS });
    const again = await ask(asked);
    expect(again.told).toEqual(first.told);
    expect([again.told.status, JSON.parse(again.told.text).errors[0].extensions.code]).toEqual([status, code]);
  });

  it('with what was done before, which is not done again', async () => {
    const client = new pg.Client({ connectionString: gateway.databaseUrl });
    await client.connect();
    try {
      const count = async () =>
        (await client.query('SELECT count(*)::int AS count FROM event')).rows[0].count as number;
      const body = { query: HALF, variables: { id: await eligibilityOfMaya() } };
      const done: number[] = [];
      for (let time = 0; time < 2; time++) {
        const before = await count();
        const { told } = await ask({ body, caller: 'maya' });
        expect([told.status, JSON.parse(told.text)]).toMatchObject([
          403,
          { data: null, errors: [{ path: ['remove'] }] },
        ]);
        done.push((await count()) - before);
      }
      expect(done).toEqual([1, 1]);
    } finally {
      await client.end();
    }
  });

  it('to a caller whom nobody knows, for whom the database is asked once', async () => {
    const id = crypto.randomUUID();
    const caller = { token: await gateway.tokenOf(id) };
    await ask({ body: { query: NAMES } });
    using statements = watchStatements();
    const { told } = await ask({ body: { query: NAMES }, caller });
    expect([told.status, told.text]).toEqual([403, expect.stringContaining('UNKNOWN_PRINCIPAL')]);
    expect(statements.sent.filter(({ values }) => values.includes(id))).toHaveLength(1);
  });

  it('to a caller who is disabled meanwhile', async () => {
    await ask({ body: { query: NAMES }, caller: 'gus' });
    const client = new pg.Client({ connectionString: gateway.databaseUrl });
    await client.connect();
    await client.query(`UPDATE principal SET enabled = false WHERE display_name LIKE 'Gus%'`);
    await client.end();
    const { told } = await ask({ body: { query: NAMES }, caller: 'gus' });
    expect([told.status, told.text]).toEqual([403, expect.stringContaining('PRINCIPAL_DISABLED')]);
  });
});

it('only trusted documents are run where nothing else is', async () => {
  await using strict = await startGateway({ config: { trustedDocumentsOnly: true } });
  const body = { documentId: documentIdOf('MyRoles') };
  const answers = [await ask({ body, caller: 'maya' }, strict), await ask({ body, caller: 'maya' }, strict)];
  expect(answers.map(({ byYoga, told }) => [byYoga, told.status])).toEqual([
    [true, 200],
    [false, 200],
  ]);
  const { told } = await ask({ body: { query: documentOf('MyRoles') }, caller: 'maya' }, strict);
  expect([told.status, told.text]).toEqual([400, expect.stringContaining('DOCUMENT_NOT_TRUSTED')]);
});

it('a body that never comes whole is nobody’s loss', async () => {
  const { authorization } = await gateway.authorization('grace');
  const socket = connect(gateway.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"query":`,
  );
  socket.destroy();
  await once(socket, 'close');
  expect((await gateway.ask('grace', NAMES)).status).toBe(200);
});

it('an execution that fails in a way of its own is told by Yoga, and ends nothing', async () => {
  const known = new KnownDocuments();
  const document = parse(NAMES);
  known.parsed.set(NAMES, document);
  known.accept(document);
  const parts = {
    ...{ known, config: gateway.config, database: gateway.database, documents: trustedDocuments(false) },
    verifier: { verify: async () => ({ objectId: 'x', appOnly: false }) },
    readViewer: async () => ({ principal: { id: 'x', kind: 'USER', enabled: true } }),
    budgets: { charge: () => null },
    execute: () => {
      throw new Error('broken');
    },
  };
  const given = Promise.withResolvers<Executed>();
  const stub = (_req: unknown, res: { end(): void }, { executed }: { executed: Executed }) => {
    given.resolve(executed);
    res.end();
  };
  const server = createServer(answersKnown(parts as never, stub as never)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  const headers = { 'content-type': 'application/json', authorization: 'Bearer x' };
  await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query: NAMES }) });
  server.close();
  expect((await given.promise).result.errors).toEqual([new Error('broken')]);
});
