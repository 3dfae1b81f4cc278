/** Is a streamed list the list itself, for whoever may see it, and is a broken one never taken for a whole? */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { parse } from 'csv-parse/sync';
import { type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PERSONAS, type PersonaName } from '../../src/company/personas.ts';
import { collectGarbage } from '../../src/server/garbage.ts';
import { literal } from '../../src/store/listFile.ts';
import { withServer } from '../support/database.ts';
import { type Anything, type Caller, startGateway, type TestGateway } from '../support/gateway.ts';
import { until } from '../support/process.ts';
import { PLAIN_ROLE, type Rows, rowsOf } from '../support/rows.ts';

let gateway: TestGateway;
let rows: Rows;
beforeAll(async () => {
  gateway = await startGateway({ config: { exportStreams: 4 } });
  rows = rowsOf(gateway.database);
  const { data } = await gateway.ask('maya', '{ me { eligible { nodes { id } } } }');
  const input = {
    eligibility: data.me.eligible.nodes[0].id,
    duration: 'PT30M',
    justification: 'A "reason",\n\\ \u2028 ünï',
  };
  await gateway.ask('maya', 'mutation ($input: ActivateInput!) { activate(input: $input) { status } }', { input });
  await until('its event', async () => {
    const audit = await gateway.ask(
      'maya',
      '{ auditEvents(filter: { types: [ASSIGNMENT_ACTIVATED] }) { nodes { position } } }',
    );
    return audit.data.auditEvents.nodes.length > 0;
  });
});
afterAll(() => gateway.close());

type Parameters = Record<string, string> | [string, string][];
async function get(caller: Caller, address: string, parameters: Parameters = {}, method = 'GET') {
  const url = new URL(`/lists/${address}?${new URLSearchParams(parameters)}`, gateway.url);
  return fetch(url, { method, headers: await gateway.authorization(caller) });
}
const lines = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Anything);

const PRINCIPAL = 'id displayName kind ... on User { userPrincipalName }';
const NAMED = `role { id displayName } scope { id kind path displayName }`;

/** Of each list, by its address, the query of the same rows. */
const QUERIES = {
  assignments: `assignments: AssignmentFilter: id provider type state startsAt endsAt endedBy condition createdAt
    principal { ${PRINCIPAL} } ${NAMED}`,
  requests: `requests: RequestFilter: id action status provider assignmentType condition justification ticket { number system }
    startsAt endsAt duration createdAt expiresAt completedAt principal { ${PRINCIPAL} } requestor { ${PRINCIPAL} } ${NAMED}`,
  'audit-events': `auditEvents: AuditLogFilter: position type at provider actor { ${PRINCIPAL} } principal { ${PRINCIPAL} } ${NAMED}
    assignment { id } request { id } details`,
};
type Address = keyof typeof QUERIES;

/** All of them, as the query shows them. */
async function asked(caller: Caller, address: Address, filter: object): Promise<Anything[]> {
  const [field = '', type = '', nodes = ''] = QUERIES[address].split(/: ?/);
  const found: Anything[] = [];
  for (let after: string | null = null; ; ) {
    const { data }: Anything = await gateway.ask(
      caller,
      `query ($filter: ${type}, $after: Cursor) { list: ${field}(first: 1000, filter: $filter, after: $after) {
        nodes { ${nodes} } pageInfo { hasNextPage endCursor } } }`,
      { filter, after },
    );
    found.push(...data.list.nodes);
    if (!data.list.pageInfo.hasNextPage) return found;
    after = data.list.pageInfo.endCursor;
  }
}

const named = (principal: Anything) => principal && { userPrincipalName: null, ...principal };
/** Only users have a user principal name; in a file, whoever has none has null. */
const inOrder = (list: Anything[]) =>
  list
    .map((row) => ({ ...row, ...(row.principal && { principal: named(row.principal) }) }))
    .map((row) => ({ ...row, ...('actor' in row && { actor: named(row.actor) }) }))
    .map((row) => ({ ...row, ...('requestor' in row && { requestor: named(row.requestor) }) }))
    .sort((one, other) => ((one.id ?? one.position) < (other.id ?? other.position) ? -1 : 1));

describe('a list', () => {
  const PHASES = { phases: ['IN_FORCE', 'FUTURE', 'ENDED'] };
  test.each<[Address, object]>([
    ['assignments', PHASES],
    ['requests', {}],
    ['audit-events', { until: '2999-01-01T00:00:00Z' }],
  ])('of %s shows everybody what the query shows them', async (address, filter) => {
    for (const { name } of PERSONAS) {
      const query = await asked(name as PersonaName, address, filter);
      const answer = await get(name as PersonaName, `${address}.jsonl`, { filter: JSON.stringify(filter) });
      const found = lines(await answer.text());
      expect(answer.headers.get('content-type')).toBe('application/jsonl; charset=utf-8');
      // The list itself is on record by then, and so is that of the persona before.
      const later = new Set(query.map((row) => row.id ?? row.position));
      expect(inOrder(found.filter((row) => later.has(row.id ?? row.position)))).toEqual(inOrder(query));
      expect(address === 'audit-events' || found.length === query.length).toBe(true);
    }
  });

  test.each<object>([
    {},
    { types: ['ELIGIBLE'], permanent: false },
    { providers: ['AZURE_RESOURCE'], below: '/subscriptions' },
    { endsBefore: '2027-01-01T00:00:00Z', providers: [] },
    { search: "o'b", phases: ['IN_FORCE', 'ENDED'] },
    { search: '\\"$1{}' },
  ])('is chosen like the query by %o', async (filter) => {
    const found = lines(await (await get('pia', 'assignments.jsonl', { filter: JSON.stringify(filter) })).text());
    expect(inOrder(found)).toEqual(inOrder(await asked('pia', 'assignments', filter)));
  });

  test.each<[Address, object, number]>([
    ['requests', { statuses: ['PENDING_APPROVAL'], awaitingMyApproval: false }, 1],
    ['requests', { createdBefore: '2000-01-01T00:00:00Z' }, 0],
    ['audit-events', { types: ['ASSIGNMENT_ACTIVATED'], providers: ['ENTRA_ROLE'] }, 1],
    ['audit-events', { until: '2000-01-01T00:00:00Z' }, 0],
  ])('of %s is chosen like the query by %o', async (address, filter, least) => {
    const found = lines(await (await get('pia', `${address}.jsonl`, { filter: JSON.stringify(filter) })).text());
    expect(inOrder(found)).toEqual(inOrder(await asked('pia', address, filter)));
    expect(found.length).toBeGreaterThanOrEqual(least);
  });

  test('of the audit names no assignment and no request that the query hides', async () => {
    const [actor, other] = [await rows.user(), await rows.user()];
    await rows.assignment({ principal: other, role: PLAIN_ROLE });
    await rows.run(sql`
      INSERT INTO event (at, type, actor_id, provider, assignment_type, principal_id, assignment_id, request_id, payload)
      SELECT now(), 'assignment.assigned', ${actor}, 'ENTRA_ROLE', 'ELIGIBLE', ${other},
        (SELECT id FROM assignment WHERE principal_id = ${other}), (SELECT id FROM request LIMIT 1), '{}'`);
    const caller = { token: await gateway.tokenOf(actor) };
    const query = await until('the event', async () => {
      const found = await asked(caller, 'audit-events', {});
      return found.length > 0 && found;
    });
    const found = lines(await (await get(caller, 'audit-events.jsonl')).text());
    expect(inOrder(found.filter(({ type }) => type === 'ASSIGNMENT_ASSIGNED'))).toEqual(inOrder(query));
    expect(query[0]).toMatchObject({ assignment: null, request: null });
  });

  test('follows another without a wait', async () => {
    const one = async () => {
      const answer = await get('pia', 'assignments.jsonl', { filter: '{"types":[]}' });
      await answer.text();
      return answer.status;
    };
    for (let count = 0; count < 20; count++) expect(await Promise.all([one(), one()])).toEqual([200, 200]);
  });

  test('is as it was at an instant', async () => {
    const asOf = new Date(performance.timeOrigin - 86_400_000).toISOString();
    const answer = await get('pia', 'assignments.jsonl', { asOf });
    expect(answer.status).toBe(200);
    const found = lines(await answer.text());
    const { data } = await gateway.ask('pia', 'query ($at: DateTime) { assignments(asOf: $at) { totalCount } }', {
      at: asOf,
    });
    expect(found).toHaveLength(data.assignments.totalCount);
  });

  test('in CSV is quoted, and holds no formula', async () => {
    const name = '=cmd|"x", \n\\ \u2028 ünï';
    await rows.assignment({ principal: await rows.user(name), role: PLAIN_ROLE });
    const filter = JSON.stringify({ search: '=cmd|' });
    const text = await (await get('pia', 'assignments.csv', { filter })).text();
    const [row] = parse(text, { columns: true }) as Record<string, string>[];
    expect([text.split('\r\n')[0], row?.['principal.displayName'], row?.endsAt]).toEqual([
      'id,provider,type,state,principal.id,principal.kind,principal.displayName,principal.userPrincipalName,role.id,role.displayName,scope.id,scope.kind,scope.path,scope.displayName,startsAt,endsAt,endedBy,condition,createdAt',
      ...[`'${name}`, ''],
    ]);
    const [line] = lines(await (await get('pia', 'assignments.jsonl', { filter })).text());
    expect(line.principal.displayName).toBe(name);
  });

  test('of nothing is empty, with its header in CSV', async () => {
    const filter = '{"types":[]}';
    expect(await (await get('pia', 'assignments.jsonl', { filter })).text()).toBe('');
    expect((await (await get('pia', 'assignments.csv', { filter })).text()).split('\n')).toHaveLength(2);
  });

  test('is on record', async () => {
    await (await get('maya', 'assignments.csv', { filter: '{"types":["ACTIVE"]}' })).text();
    const [event] = await rows.run(
      sql`SELECT payload FROM event WHERE type = 'list.exported' ORDER BY id DESC LIMIT 1`,
    );
    expect(event).toEqual({
      payload: { list: 'assignments', format: 'CSV', filter: { types: ['ACTIVE'] }, asOf: null },
    });
  });
});

describe('what is refused', () => {
  test.each<[string, Parameters, string, string, string?]>([
    [
      'a filter that is given twice',
      [
        ['filter', '{"types":["ACTIVE"]}'],
        ['filter', '{"types":["ELIGIBLE"]}'],
      ],
      'BAD_USER_INPUT',
      'filter is given more than once',
    ],
    ['a filter that is no JSON', { filter: '{' }, 'BAD_USER_INPUT', 'filter is not JSON'],
    ['an unknown field', { filter: '{"sort":1}' }, 'BAD_USER_INPUT', 'filter: Field "sort"'],
    ['an unknown word', { filter: '{"types":["BOTH"]}' }, 'BAD_USER_INPUT', 'filter.types.0'],
    ['a broken path', { filter: '{"below":"//"}' }, 'BAD_USER_INPUT', 'filter.below'],
    ['an unfit character', { filter: '{"search":"\\u0000"}' }, 'BAD_USER_INPUT', 'filter'],
    [
      'a contradiction',
      { filter: '{"permanent":true,"endsBefore":"2027-01-01T00:00:00Z"}' },
      'CONTRADICTING_FILTER',
      'permanent',
    ],
    ['the future', { asOf: '2999-01-01T00:00:00Z' }, 'BAD_USER_INPUT', 'asOf'],
    ['an unknown parameter', { first: '3' }, 'BAD_USER_INPUT', 'first is no parameter'],
    [
      'an instant of a list that has none',
      { asOf: '2020-01-01T00:00:00Z' },
      'BAD_USER_INPUT',
      'asOf',
      'requests.jsonl',
    ],
  ])('says why: %s', async (_what, parameters, code, message, address = 'assignments.jsonl') => {
    const answer = await get('pia', address, parameters);
    const { errors } = (await answer.json()) as Anything;
    expect([answer.status, errors[0].extensions.code]).toEqual([400, code]);
    expect(errors[0].message).toContain(message);
  });

  test.each(['secrets.jsonl', 'constructor.csv', 'assignments', 'assignments.xml', 'assignments.jsonl/x'])(
    'is no list: %s',
    async (address) => {
      expect((await get('pia', address)).status).toBe(404);
    },
  );

  test('is whoever has no token, and whoever wants to write', async () => {
    expect((await get(null, 'assignments.jsonl')).status).toBe(401);
    expect((await get('pia', 'assignments.jsonl', {}, 'POST')).status).toBe(405);
  });
});

test.each<[unknown, string, unknown]>([
  [null, 'text', null],
  [true, 'boolean', true],
  [5, 'integer', 5],
  ["'; DROP TABLE x; --", 'text', "'; DROP TABLE x; --"],
  ['$1 \\ \' " {}', 'text', '$1 \\ \' " {}'],
  [['a"b,', '\\', "'", '{}', 'NULL', ''], 'text[]', ['a"b,', '\\', "'", '{}', 'NULL', '']],
  [[null], 'text[]', [null]],
])('the value %o is written so that it is read as it was', async (value, type, expected) => {
  const found = await gateway.database.em
    .fork()
    .execute(`SELECT ${literal(value).replaceAll('?', '??')}::${type} AS value`);
  expect(found).toEqual([{ value: expected }]);
});

describe('a reader', () => {
  let administratorId: string;
  let administrator: { token: string };
  beforeAll(async () => {
    const id = await rows.user('Reader of everything');
    await rows.assignment({ principal: id, role: '62e90394-69f5-4237-9190-012177145e10' });
    administratorId = id;
    administrator = { token: await gateway.tokenOf(id) };
    // Some 30 megabytes: more than all buffers on the way hold.
    await rows.run(sql`
      WITH people AS (INSERT INTO principal (id, kind, display_name, user_principal_name, user_type)
        SELECT gen_random_uuid(), 'USER', 'Long ' || n, 'many' || n || '@example.com', 'MEMBER' FROM generate_series(1, 20000) n
        RETURNING id)
      INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, state, starts_at, created_at, condition)
      SELECT gen_random_uuid(), 'ENTRA_ROLE', ${PLAIN_ROLE}, (SELECT id FROM scope WHERE kind = 'DIRECTORY'), id, 'ELIGIBLE', 'ASSIGNED',
        now() - interval '1 day', now(), repeat('long ', 200) FROM people`);
  });

  async function slow(
    caller: Caller = administrator,
  ): Promise<{ sent: ReturnType<typeof request>; response: IncomingMessage }> {
    const address = new URL('/lists/assignments.jsonl', gateway.url);
    const sent = request(address, { headers: await gateway.authorization(caller), agent: false });
    sent.on('error', () => undefined).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.on('error', () => undefined).pause();
    return { sent, response };
  }
  const copying = async () =>
    withServer(gateway.clone.administratorUrl, async (client) => {
      const { rows: found } = await client.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY (%' AND state = 'active' AND datname = $1`,
        [new URL(gateway.databaseUrl).pathname.slice(1)],
      );
      return found.map(({ pid }) => pid);
    });

  test('who goes away leaves no connection behind', async () => {
    const { sent } = await slow();
    await until('a connection', async () => (await copying()).length === 1);
    sent.destroy();
    await until('none', async () => (await copying()).length === 0);
  });

  test('who goes away before the first row leaves their place', async () => {
    await gateway.database.em.fork().transactional(async (tx) => {
      await tx.execute('LOCK TABLE request_approver');
      const headers = await gateway.authorization(administrator);
      const address = new URL('/lists/requests.jsonl', gateway.url);
      const waiting = [1, 2].map(() => request(address, { headers, agent: false }));
      for (const sent of waiting) sent.on('error', () => undefined).end();
      await until('both', async () => (await copying()).length === 2);
      for (const sent of waiting) sent.destroy();
      await until('a place', async () => {
        const answer = await get(administrator, 'assignments.jsonl', { filter: '{"types":[]}' });
        await answer.text();
        return answer.status === 200;
      });
    });
    await until('none', async () => (await copying()).length === 0);
  });

  test('who takes their time costs no memory, and keeps nobody else waiting', async () => {
    const two = [await slow(), await slow()];
    await until('two connections', async () => (await copying()).length === 2);
    const busy = await get(administrator, 'assignments.jsonl');
    expect([busy.status, ((await busy.json()) as Anything).errors[0].extensions.code]).toEqual([
      429,
      'TOO_MANY_EXPORTS',
    ]);
    // Others have the other half; then there is none left.
    const others = [await slow('pia'), await slow('pia')];
    expect((await get('maya', 'assignments.jsonl')).status).toBe(429);
    for (const { sent } of others) sent.destroy();
    expect((await gateway.ask(administrator, '{ me { principal { id } } }')).status).toBe(200);
    collectGarbage();
    const { external } = process.memoryUsage();
    expect(external).toBeLessThan(75_000_000);
    for (const { response } of two) {
      let size = 0;
      for await (const part of response) size += (part as Buffer).length;
      expect([size > 20_000_000, response.complete]).toEqual([true, true]);
    }
    await until('none', async () => (await copying()).length === 0);
  });

  const cutOff = async (what: () => Promise<unknown>, caller: Caller = administrator) => {
    const { response } = await slow(caller);
    await until('a connection', async () => (await copying()).length === 1);
    await what();
    await until('none', async () => (await copying()).length === 0);
    const read = async () => {
      for await (const _ of response);
    };
    await expect(read()).rejects.toThrow('aborted');
  };

  test('who is disabled, or may see less, reads no further', async () => {
    const set = (statement: RawBuilder<unknown>) => () => rows.run(statement);
    await cutOff(set(sql`UPDATE principal SET enabled = false WHERE id = ${administratorId}`));
    await rows.run(sql`UPDATE principal SET enabled = true WHERE id = ${administratorId}`);
    await cutOff(set(sql`UPDATE assignment SET ends_at = now() WHERE principal_id = ${administratorId}`));
    await rows.run(sql`UPDATE assignment SET ends_at = NULL WHERE principal_id = ${administratorId}`);
  });

  test('whose token expires reads no further', async () => {
    const token = await gateway.tokenOf(administratorId, 'USER', { lifetimeSeconds: 5 });
    await cutOff(() => Promise.resolve(), { token });
  });

  test('whose list breaks in the middle is told', async () => {
    const { response } = await slow();
    const [pid] = await until('a connection', async () => {
      const found = await copying();
      return found.length > 0 && found;
    });
    await withServer(gateway.clone.administratorUrl, (client) =>
      client.query('SELECT pg_terminate_backend($1)', [pid]),
    );
    const read = async () => {
      for await (const _ of response);
    };
    await expect(read()).rejects.toThrow('aborted');
    expect(response.complete).toBe(false);
  });
});
