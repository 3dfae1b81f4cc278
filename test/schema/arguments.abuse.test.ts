/** What does a caller get who writes an argument wrongly? An error that names it and what is allowed; never a fault. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { globalId } from '../../schema/ids.ts';
import { persona } from '../../src/company/personas.ts';
import { ENTRA } from '../../src/decision/role.ts';
import { type Answer, type Anything, startGateway, type TestGateway } from '../support/gateway.ts';

const INSIDES =
  /\bselect\b[^"]*\bfrom\b|pg_|node_modules|\bat [\w.<>]+ \(|\.(ts|js|mjs|cjs)\b|constraint|violates|kysely|mikro|stack/i;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const base64 = (text: string) => Buffer.from(text).toString('base64url');
const cursor = (...parts: string[]) => base64(JSON.stringify(parts));

function expectRefused(answer: Answer<Anything>, code: string, message: RegExp): void {
  expect(answer.errors).toHaveLength(1);
  expect([answer.status, answer.errors?.[0]?.extensions.code]).toEqual([400, code]);
  expect(answer.errors?.[0]?.message).toMatch(message);
  expect(answer.text).not.toMatch(INSIDES);
}

const BAD_PATHS = [
  '',
  'subscriptions',
  '//',
  '/a//b',
  '/a/../b',
  '/a/./b',
  '/a%2fb',
  ' /a',
  '/ a',
  `/${'a'.repeat(2048)}`,
];
const BAD_DURATIONS = ['', 'PT', 'P', '5', 'PT1.5H', 'P1Y', 'P1M', 'PT30S', '-PT5M', 'PT5M ', 'pt5m', 'P99999999D'];
const lists = ['principals', 'roles', 'scopes', 'assignments', 'requests'];

describe.each([
  ['in a variable', true],
  ['in the document', false],
])('%s', (_where, variable) => {
  const ask = (type: string, value: unknown, document: (value: string) => string) =>
    variable
      ? gateway.ask('grace', `query ($value: ${type}) ${document('$value')}`, { value })
      : gateway.ask('grace', document(JSON.stringify(value)));
  const name = (argument: string) => (variable ? '\\$value' : argument);

  it.each(BAD_PATHS)('the path %j is refused', async (path) => {
    for (const list of ['scopes', 'assignments', 'requests']) {
      const answer = await ask('ScopePath', path, (value) => `{ ${list}(filter: { below: ${value} }) { totalCount } }`);
      expectRefused(
        answer,
        variable ? 'BAD_USER_INPUT' : 'GRAPHQL_VALIDATION_FAILED',
        new RegExp(`${name('below')}.*Give the path of a scope`),
      );
    }
  });

  it.each(BAD_DURATIONS)('the duration %j is refused', async (duration) => {
    const input = `eligibility: "x", duration:`;
    const answer = variable
      ? await gateway.ask('grace', `mutation ($value: Duration) { activate(input: { ${input} $value }) { status } }`, {
          value: duration,
        })
      : await gateway.ask('grace', `mutation { activate(input: { ${input} ${JSON.stringify(duration)} }) { status } }`);
    expectRefused(
      answer,
      variable ? 'BAD_USER_INPUT' : 'GRAPHQL_VALIDATION_FAILED',
      new RegExp(`${name('duration')}.*ISO 8601 duration`),
    );
  });

  it.each(['', 'a b', 'é', 'x'.repeat(10_001), 5])('the cursor %j is refused', async (text) => {
    const answer = await ask('Cursor', text, (value) => `{ roles(after: ${value}) { totalCount } }`);
    expectRefused(
      answer,
      variable ? 'BAD_CURSOR' : 'GRAPHQL_VALIDATION_FAILED',
      new RegExp(`${name('after')}.*Give a cursor`),
    );
  });

  it.each(['yesterday', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z', '2026-01-01', 5])(
    'the instant %j is refused',
    async (text) => {
      const answer = await ask(
        'DateTime',
        text,
        (value) => `{ assignments(filter: { endsBefore: ${value} }) { totalCount } }`,
      );
      expectRefused(answer, variable ? 'BAD_USER_INPUT' : 'GRAPHQL_VALIDATION_FAILED', new RegExp(name('endsBefore')));
    },
  );

  it.each(['NONSENSE', 5, ['ENTRA_ROLE', 'NONSENSE']])('the enum value %j is refused', async (value) => {
    const answer = variable
      ? await gateway.ask(
          'grace',
          'query ($value: [Provider!]) { roles(filter: { providers: $value }) { totalCount } }',
          { value },
        )
      : await gateway.ask(
          'grace',
          `{ roles(filter: { providers: ${JSON.stringify(value).replaceAll('"', '')} }) { totalCount } }`,
        );
    expectRefused(
      answer,
      variable ? 'BAD_USER_INPUT' : 'GRAPHQL_VALIDATION_FAILED',
      new RegExp(`${name('providers')}.*Provider`),
    );
  });
});

describe.each(lists)('the list %s', (list) => {
  const ask = (page: string) => gateway.ask('grace', `{ ${list}(${page}) { nodes { id } } }`);

  it.each<[string, RegExp, string?]>([
    ['first: -1', /^first is -1: .*0 to 1000/],
    ['first: 1001', /^first is 1001: .*0 to 1000/, 'PAGE_TOO_LARGE'],
    ['last: -1', /^last is -1/],
    ['last: 1001', /^last is 1001/, 'PAGE_TOO_LARGE'],
    ['first: 1, last: 1', /first.*last|last.*first/],
  ])('refuses the page %s', async (page, message, code = 'BAD_USER_INPUT') => {
    expectRefused(await ask(page), code, message);
  });

  it.each([
    ['garbage', base64('garbage')],
    ['null', base64('null')],
    ['an object', base64('{"0":"x"}')],
    ['another list', cursor(list === 'roles' ? 'scopes' : 'roles', 'a', crypto.randomUUID())],
    ['too few parts', cursor(list, 'a')],
    ['too many parts', cursor(list, 'a', crypto.randomUUID(), 'b')],
    ['an id that is none', cursor(list, '2026-01-01 00:00:00+00', 'x')],
    ['a zero byte', cursor(list, 'a\0', crypto.randomUUID())],
    ['numbers', base64(JSON.stringify([list, 1, 2]))],
    ['the event log', base64(`${crypto.randomUUID()}:1`)],
  ])('refuses a cursor of %s', async (_what, after) => {
    for (const argument of ['after', 'before']) {
      expectRefused(await ask(`first: 1, ${argument}: "${after}"`), 'BAD_CURSOR', new RegExp(`${argument}.*cursor`));
    }
  });

  it.each(['2026-02-30 00:00:00+00', '0000-01-01 00:00:00+00', '2026-01-01 24:00:00+00', '2026-01-01 23:60:00+00'])(
    'refuses a cursor with the instant %s where it orders by instants',
    async (at) => {
      const answer = await ask(`first: 1, after: "${cursor(list, at, crypto.randomUUID())}"`);
      if (list === 'assignments' || list === 'requests') expectRefused(answer, 'BAD_CURSOR', /after.*cursor/);
      else expect(answer.errors).toBeUndefined();
    },
  );

  it.each(['first: 0', 'first: 1000', 'last: 1000', 'first: null, after: null'])(
    'takes the page %s: the control',
    async (page) => {
      expect((await ask(page)).errors).toBeUndefined();
    },
  );
});

describe('a filter that contradicts itself', () => {
  const at = (year: number) => `"${year}-01-01T00:00:00Z"`;
  it.each([
    ['assignments', `endsAfter: ${at(2030)}, endsBefore: ${at(2029)}`, /^endsAfter .*endsBefore/],
    ['assignments', `endsAfter: ${at(2030)}, endsBefore: ${at(2030)}`, /^endsAfter .*endsBefore/],
    ['assignments', `permanent: true, endsBefore: ${at(2030)}`, /^permanent: true and endsBefore/],
    ['assignments', `permanent: true, endsAfter: ${at(2030)}`, /^permanent: true and endsAfter/],
    ['assignments', 'permanent: true, states: [ACTIVATED]', /^permanent: true and states/],
    ['assignments', `neverActivated: true, lastActivatedBefore: ${at(2026)}`, /^neverActivated: true and lastAct/],
    ['assignments', 'neverActivated: true, types: [ACTIVE]', /^neverActivated and types/],
    ['assignments', `lastActivatedBefore: ${at(2026)}, types: [ACTIVE]`, /^lastActivatedBefore and types/],
    ['assignments', 'neverActivated: false, states: [ACTIVATED]', /^neverActivated and states/],
    ['assignments', `lastActivatedBefore: ${at(2026)}, states: [ACTIVATED]`, /^lastActivatedBefore and states/],
    ['assignments', 'types: [ELIGIBLE], states: [ACTIVATED]', /^states: .* and types/],
    ['assignments', 'permanent: true, phases: [ENDED]', /^permanent: true and phases/],
    ['requests', `createdAfter: ${at(2026)}, createdBefore: ${at(2025)}`, /^createdAfter .*createdBefore/],
    [
      'requests',
      'awaitingMyApproval: true, statuses: [DENIED, FAILED]',
      /^awaitingMyApproval: true and statuses without/,
    ],
    ['principals', 'roleAssignable: true, kinds: [USER]', /^roleAssignable: true and kinds without GROUP/],
    ['scopes', 'providers: [ENTRA_ROLE, GROUP], kinds: [SUBSCRIPTION]', /^providers: .* and kinds: /],
  ])('of %s, { %s }, is refused', async (list, filter, message) => {
    const answer = await gateway.ask('grace', `{ ${list}(filter: { ${filter} }) { totalCount } }`);
    expectRefused(answer, 'CONTRADICTING_FILTER', message);
  });

  it.each([
    ['assignments', `endsAfter: ${at(2029)}, endsBefore: ${at(2030)}`],
    ['assignments', `permanent: false, endsBefore: ${at(2030)}`],
    ['assignments', 'permanent: true, phases: [ENDED, IN_FORCE]'],
    ['assignments', 'neverActivated: true, types: [ACTIVE, ELIGIBLE]'],
    ['assignments', `neverActivated: false, lastActivatedBefore: ${at(2026)}`],
    ['assignments', 'types: [ELIGIBLE, ACTIVE], states: [ACTIVATED]'],
    ['assignments', 'permanent: true, states: [ACTIVATED, ASSIGNED]'],
    ['requests', 'awaitingMyApproval: true, statuses: [DENIED, PENDING_APPROVAL]'],
    ['requests', 'awaitingMyApproval: false, statuses: [DENIED]'],
    ['principals', 'roleAssignable: false, kinds: [USER]'],
    ['scopes', 'providers: [ENTRA_ROLE, AZURE_RESOURCE], kinds: [SUBSCRIPTION]'],
    ['scopes', 'providers: [ENTRA_ROLE], kinds: []'],
  ])('of %s is not { %s }: the control', async (list, filter) => {
    const answer = await gateway.ask('grace', `{ ${list}(filter: { ${filter} }) { totalCount } }`);
    expect(answer.errors).toBeUndefined();
  });

  it.each(['principals', 'roles', 'scopes', 'assignments', 'requests'])(
    'of %s: no search of less than 3 characters',
    async (list) => {
      const ask = (text: string) => gateway.ask('grace', `{ ${list}(filter: { search: "${text}" }) { totalCount } }`);
      expectRefused(await ask(' ab '), 'BAD_USER_INPUT', /^search has 2 characters.*at least 3/);
      expect((await ask('abc')).errors).toBeUndefined();
    },
  );
});

it('refuses a cursor of another order of the same list', async () => {
  const ask = (page: string) => gateway.ask('grace', `{ assignments(first: 1${page}) { pageInfo { endCursor } } }`);
  const cursorOf = async (page: string) => (await ask(page)).data.assignments.pageInfo.endCursor;
  const orders = ['', ', orderBy: { field: STARTS_AT }', ', orderBy: { field: STARTS_AT, direction: DESC }'];
  for (const given of orders) {
    for (const asked of orders) {
      const answer = await ask(`${asked}, after: "${await cursorOf(given)}"`);
      if (given === asked) expect(answer.errors).toBeUndefined();
      else expectRefused(answer, 'BAD_CURSOR', /^after is not a cursor of this list/);
    }
  }
});

it('refuses more than 100 ids in nodes, and more than 50 requests or none in a decision', async () => {
  const ids = (count: number) => JSON.stringify(Array.from({ length: count }, () => 'x'));
  expectRefused(
    await gateway.ask('grace', `{ nodes(ids: ${ids(101)}) { id } }`),
    'BAD_USER_INPUT',
    /^ids .*at most 100/,
  );
  expect((await gateway.ask('grace', `{ nodes(ids: ${ids(100)}) { id } }`)).errors).toBeUndefined();
  for (const count of [0, 51]) {
    const answer = await gateway.ask('grace', `mutation { deny(input: { requests: ${ids(count)} }) { status } }`);
    expectRefused(answer, 'BAD_USER_INPUT', /^requests .*1 to 50/);
  }
});

describe('text that no database keeps', () => {
  const principal = () => globalId('User', persona('olga'));
  const role = globalId('Role', ENTRA.globalReader);
  const documents: [string, string][] = [
    ['a filter of principals', 'query ($text: String) { principals(filter: { startsWith: $text }) { totalCount } }'],
    [
      'a filter of roles',
      'query ($text: String) { roles(filter: { startsWith: $text, category: $text }) { totalCount } }',
    ],
    ['a filter of scopes', 'query ($text: String) { scopes(filter: { startsWith: $text }) { totalCount } }'],
    [
      'a justification',
      `mutation ($text: String, $principal: ID!) { assign(input: { principal: $principal, role: "${role}", type: ELIGIBLE, justification: $text }) { refusals { code } } }`,
    ],
    [
      'a ticket',
      `mutation ($text: String!, $principal: ID!) { assign(input: { principal: $principal, role: "${role}", type: ELIGIBLE, ticket: { number: $text, system: "x" } }) { refusals { code } } }`,
    ],
    [
      'an idempotency key',
      'mutation ($text: ID) { activate(input: { eligibility: "x", idempotencyKey: $text }) { refusals { code } } }',
    ],
  ];
  const texts: [string, string][] = [
    ['a zero byte', 'a\0b'],
    ['half a character', 'a\ud800b'],
  ];

  const cases = documents.flatMap(([what, document]) =>
    texts.map(([kind, text]) => [what, kind, document, text] as const),
  );

  it.each(cases)('%s with %s is refused', async (_what, _kind, document, text) => {
    const variables = document.includes('$principal') ? { text, principal: principal() } : { text };
    expectRefused(await gateway.ask('grace', document, variables), 'BAD_USER_INPUT', /\$text.*character/);
  });

  it.each(cases)('%s with %s in the document is refused', async (_what, _kind, document, text) => {
    const written = document
      .replaceAll(/\$(text|principal): \w+!?,? ?/g, '')
      .replace('()', '')
      .replaceAll('$text', JSON.stringify(text))
      .replaceAll('$principal', JSON.stringify(principal()));
    const answer = await gateway.ask('grace', written);
    expect(answer.status).toBe(400);
    expect(answer.errors?.[0]?.extensions.code).toMatch(/^GRAPHQL_(VALIDATION|PARSE)_FAILED$/);
    expect(answer.text).not.toMatch(INSIDES);
  });

  it.each(['', 'k'.repeat(300)])('an idempotency key such as %j is refused', async (key) => {
    const activate =
      'mutation ($key: ID) { activate(input: { eligibility: "x", idempotencyKey: $key }) { refusals { code } } }';
    const approve =
      'mutation ($key: ID) { approve(input: { requests: ["x"], idempotencyKey: $key }) { refusals { code } } }';
    for (const document of [activate, approve]) {
      expectRefused(await gateway.ask('grace', document, { key }), 'BAD_USER_INPUT', /^idempotencyKey/);
    }
  });
});

describe('times at the edge of what there is', () => {
  const assign = (input: object) =>
    gateway.ask(
      'grace',
      'mutation ($input: AssignInput!) { assign(input: $input) { status assignment { startsAt endsAt } refusals { code } } }',
      {
        input: {
          principal: globalId('User', persona('olga')),
          role: globalId('Role', ENTRA.globalReader),
          type: 'ELIGIBLE',
          justification: 'x',
          validateOnly: true,
          ...input,
        },
      },
    );

  it.each([
    { startsAt: '9000-12-31T23:59:59.999Z' },
    { startsAt: '9000-12-31T23:59:59.999Z', duration: 'P9999W99999DT999999H99999999M' },
    { startsAt: '0001-01-01T00:00:00Z' },
    { startsAt: '0001-01-01T00:00:00Z', endsAt: '9999-12-31T23:59:59.999Z' },
    { endsAt: '0001-01-01T00:00:00Z' },
    { duration: 'P9999W99999DT999999H99999999M' },
    { duration: 'PT0M' },
    { startsAt: '2026-01-01T00:00:00+23:59', duration: 'PT5M' },
  ])('%j is judged', async (input) => {
    const answer = await assign(input);
    expect([answer.status, answer.errors]).toEqual([200, undefined]);
  });

  it.each([
    [{ startsAt: '9001-01-01T00:00:00Z' }, /^startsAt is 9001-.*9000/],
    [{ startsAt: '0000-01-01T00:00:00Z' }, /input\.startsAt.*years 1 to 9999/],
    [{ endsAt: '9999-12-31T23:59:59-23:59' }, /input\.endsAt.*years 1 to 9999/],
  ])('%j is refused', async (input, message) => {
    expectRefused(await assign(input), 'BAD_USER_INPUT', message);
  });

  it.each(['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'])('%s is a filter like any other', async (at) => {
    const answer = await gateway.ask(
      'grace',
      `{ assignments(filter: { endsBefore: "${at}" }) { totalCount } requests(filter: { createdAfter: "${at}" } ) { totalCount } before: requests(filter: { createdBefore: "${at}" }) { totalCount } }`,
    );
    expect([answer.status, answer.errors]).toEqual([200, undefined]);
  });
});

describe('a batch', () => {
  const item = { principal: 'x', role: 'x', type: 'ELIGIBLE' };
  it.each([
    ['assignMany', 'assignments', item],
    ['updateMany', 'updates', { assignment: 'x' }],
    ['removeMany', 'assignments', 'x'],
  ])('of %s has 1 to 1000 items', async (verb, field, one) => {
    const input = `${verb[0]?.toUpperCase()}${verb.slice(1)}Input`;
    const send = (size: number) =>
      gateway.ask('grace', `mutation ($input: ${input}!) { ${verb}(input: $input) { index refusals { code } } }`, {
        input: { [field]: Array.from({ length: size }, () => one), validateOnly: true },
      });
    expectRefused(await send(0), 'BAD_USER_INPUT', new RegExp(`^${field} is empty: give 1 to 1000 items`));
    const answer = await send(1001);
    expectRefused(answer, 'TOO_MANY_ITEMS', new RegExp(`^${field} holds 1001 items: give at most 1000`));
    expect(answer.errors?.[0]?.extensions).toMatchObject({ given: 1001, allowed: 1000 });
    expect((await send(2)).data?.[verb].map(({ index }: { index: number }) => index)).toEqual([0, 1]);
  });

  it('copies for a time or until the end of what it copies, not both, and nothing that is over', async () => {
    const copy = (fields: string) =>
      gateway.ask(
        'grace',
        `mutation { copyAssignments(input: { between: { scopes: { from: "x", to: "y" } }, ${fields} }) { refusals { code } } }`,
      );
    expectRefused(await copy('keepEnd: true, duration: "PT1H"'), 'BAD_USER_INPUT', /^keepEnd and duration exclude/);
    expectRefused(await copy('filter: { phases: [ENDED] }'), 'BAD_USER_INPUT', /^phases holds ENDED/);
    expect((await copy('duration: "PT1H"')).data?.copyAssignments.refusals).toEqual([{ code: 'SCOPE_NOT_FOUND' }]);
  });
});
