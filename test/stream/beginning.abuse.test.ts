/** What is somebody told who subscribes in a way that cannot be? A code of its own for everything, and the socket lives on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { globalId } from '../../schema/ids.ts';
import { type PersonaName, persona } from '../../src/company/personas.ts';
import { encodeCursor } from '../../src/stream/cursor.ts';
import { type Anything, open, rawSocket, startGateway, type TestGateway, TRANSPORTS } from '../support/gateway.ts';
import { until } from '../support/process.ts';

const STREAMS = ['assignmentEvents', 'approvalEvents', 'myAccess', 'requestProgress', 'policyEvents', 'auditEvents'];

let gateway: TestGateway;
let epoch: string;
beforeAll(async () => {
  gateway = await startGateway();
  await until('every event to be numbered', async () => {
    const [row] = await execute('SELECT count(*)::int AS waiting FROM event WHERE position IS NULL');
    return row.waiting === 0;
  });
  epoch = (await execute('SELECT epoch FROM event_log'))[0].epoch;
});
afterAll(() => gateway.close());

const execute = (statement: string, parameters: unknown[] = []) =>
  gateway.database.em.fork().execute(statement, parameters) as Promise<Anything[]>;

const base64 = (text: string) => Buffer.from(text).toString('base64url');
const documentOf = (stream: string, args = '') => {
  const id = stream === 'requestProgress' ? `id: "${globalId('Request', crypto.randomUUID())}"` : '';
  return `subscription ($after: Cursor) { item: ${stream}(${[id, 'after: $after', args].join(' ')}) { kind position cursor } }`;
};

/** The one answer there is before the end. */
async function answer(transport: (typeof TRANSPORTS)[number], who: PersonaName, query: string, variables: object = {}) {
  const stream = await open(gateway, transport, who, query, { ...variables });
  const items = await stream.all();
  expect(items).toHaveLength(1);
  expect(items[0]?.data ?? null).toBeNull();
  const [error] = items[0]?.errors ?? [];
  return error as unknown as { message: string; extensions: Record<string, unknown> };
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  // Each stream over one of them.
  describe.each(STREAMS.filter((_, index) => TRANSPORTS[index % 2] === transport))('%s', (stream) => {
    it.each<[string, () => string, object]>([
      ['no cursor at all', () => 'x', { code: 'BAD_CURSOR' }],
      ['nothing', () => '', { code: 'BAD_CURSOR' }],
      ['the cursor of a list', () => base64('["assignments","2026-01-01T00:00:00Z","x"]'), { code: 'BAD_CURSOR' }],
      ['a position that is none', () => base64(`${epoch}:1e3`), { code: 'BAD_CURSOR' }],
      [
        'a cursor of another log',
        () => encodeCursor({ epoch: crypto.randomUUID(), position: 1 }),
        { code: 'RESYNC_REQUIRED', reason: 'OTHER_EPOCH', cursor: expect.any(String) },
      ],
      [
        'a cursor of the time to come',
        () => encodeCursor({ epoch, position: 10 ** 9 }),
        { code: 'RESYNC_REQUIRED', reason: 'OTHER_EPOCH', cursor: expect.any(String) },
      ],
    ])('after %s', async (_what, after, extensions) => {
      expect((await answer(transport, 'grace', documentOf(stream), { after: after() })).extensions).toEqual(extensions);
    });

    it('after something, and a snapshot', async () => {
      const after = encodeCursor({ epoch, position: 1 });
      const { extensions } = await answer(transport, 'grace', documentOf(stream, 'snapshot: true'), { after });
      expect(extensions.code).toBe('BAD_USER_INPUT');
    });
  });

  it('the cursor that comes with the refusal is one to go on from', async () => {
    const after = encodeCursor({ epoch: crypto.randomUUID(), position: 1 });
    const { extensions } = await answer(transport, 'grace', documentOf('assignmentEvents'), { after });
    const next = await open(gateway, transport, 'maya', documentOf('assignmentEvents'), { after: extensions.cursor });
    await execute(
      `INSERT INTO event (at, type, provider, assignment_type, principal_id, payload)
      VALUES (clock_timestamp(), 'assignment.updated', 'ENTRA_ROLE', 'ACTIVE', ?, '{}')`,
      [persona('maya')],
    );
    expect((await next.atLeast(1))[0]?.errors).toBeUndefined();
    next.stop();
  });

  it.each([
    ['an event type that there is not', 'filter: { types: [ASSIGNMENT_FORGOTTEN] }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a provider that there is not', 'filter: { providers: [AWS] }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a field that there is not', 'filter: { tenants: ["x"] }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a path that is none', 'filter: { below: "nowhere" }', 'GRAPHQL_VALIDATION_FAILED'],
  ])('a filter with %s', async (_what, filter, code) => {
    const error = await answer(transport, 'grace', documentOf('assignmentEvents', filter));
    expect(error.extensions.code).toBe(code);
  });

  it.each([
    ['an event type that there is not', { types: ['ASSIGNMENT_FORGOTTEN'] }],
    ['a path that is none', { below: 'nowhere' }],
  ])('a filter in a variable with %s', async (_what, filter) => {
    const query = 'subscription ($filter: AssignmentEventFilter) { assignmentEvents(filter: $filter) { kind } }';
    expect((await answer(transport, 'grace', query, { filter })).extensions.code).toBe('BAD_USER_INPUT');
  });

  it('a filter that names what is not there chooses nothing, and is no error', async () => {
    const filter = `filter: { principals: ["${globalId('User', crypto.randomUUID())}", "x"] } snapshot: true`;
    const stream = await open(gateway, transport, 'grace', documentOf('assignmentEvents', filter));
    const [first] = await stream.atLeast(1);
    stream.stop();
    expect(first?.data?.item.kind).toBe('SNAPSHOT_COMPLETE');
  });

  it('a request that is hidden is followed like one that is not there: to its end, at once', async () => {
    const [row] = await execute("SELECT id FROM request WHERE status = 'PENDING_APPROVAL' LIMIT 1");
    const told = async (id: string, snapshot: boolean) => {
      const query = `subscription { requestProgress(id: "${id}", snapshot: ${snapshot}) { kind request { id } } }`;
      const stream = await open(gateway, transport, 'olga', query);
      return (await stream.all()).map(({ data, errors }) => errors ?? data?.requestProgress);
    };
    const ids = [globalId('Request', row.id), globalId('Request', crypto.randomUUID()), globalId('User', row.id), 'x'];
    for (const id of ids) {
      expect(await told(id, false)).toEqual([]);
      expect(await told(id, true)).toEqual([{ kind: 'SNAPSHOT_COMPLETE', request: null }]);
    }
    // The control: whoever may see it is told of it, and kept waiting for more.
    const query = `subscription { requestProgress(id: "${ids[0]}", snapshot: true) { kind request { id } } }`;
    const seeing = await open(gateway, transport, 'grace', query);
    expect((await seeing.atLeast(2)).map(({ data }) => data?.requestProgress.request?.id)).toEqual([ids[0], undefined]);
    expect(seeing.ended).toBe(false);
    seeing.stop();
  });
});

it('what is wrong with one subscription is no other’s concern', async () => {
  const { send, messages, socket } = await rawSocket(gateway.wsUrl);
  send({ type: 'connection_init', payload: await gateway.authorization('grace') });
  await messages.atLeast(1);
  const subscribe = (id: string, query: string) => send({ type: 'subscribe', id, payload: { query } });
  subscribe('good', documentOf('myAccess', 'snapshot: true'));
  subscribe('cursor', documentOf('myAccess').replace('$after)', '"x")').replace('($after: Cursor) ', ''));
  subscribe('filter', documentOf('myAccess', 'filter: { types: [NONE] }'));
  subscribe(
    'both',
    documentOf('myAccess', 'snapshot: true')
      .replace('$after', `"${encodeCursor({ epoch, position: 1 })}"`)
      .replace('($after: Cursor) ', ''),
  );
  await until(
    'three to be refused',
    () => messages.items.filter(({ id, type }) => id !== 'good' && type !== 'next').length >= 3,
  );
  const good = () =>
    messages.items.flatMap(({ id, payload }) => (id === 'good' && payload ? [payload.data?.item.kind] : []));
  await until('the good one to be under way', () => good().includes('SNAPSHOT_COMPLETE'));
  await execute(
    `INSERT INTO event (at, type, provider, assignment_type, principal_id, payload)
    VALUES (clock_timestamp(), 'assignment.updated', 'ENTRA_ROLE', 'ACTIVE', ?, '{}')`,
    [persona('grace')],
  );
  await until('the good one to go on', () => good().includes('EVENT'));
  socket.close();
});

it('a snapshot of more than 10000 rows is refused, and a narrower one is not', async () => {
  const [group, scope] = [crypto.randomUUID(), crypto.randomUUID()];
  await execute(`INSERT INTO principal (id, kind, display_name, security_enabled) VALUES (?, 'GROUP', 'Crowd', true)`, [
    group,
  ]);
  await execute(
    `INSERT INTO scope (id, provider, kind, path, display_name, principal_id) VALUES (?, 'GROUP', 'GROUP', '/groups/' || ?, 'Crowd', ?)`,
    [scope, group, group],
  );
  // Day by day, for as many days as it takes.
  await execute(
    `INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, ends_at, created_at)
    SELECT gen_random_uuid(), 'GROUP', '00000000-0000-4000-8000-0000000000a1', ?, ?, 'ELIGIBLE',
      now() + n * interval '1 day', now() + (n + 1) * interval '1 day', now() - n * interval '1 minute' FROM generate_series(1, 10001) n`,
    [scope, persona('maya')],
  );
  for (const transport of TRANSPORTS) {
    const error = await answer(transport, 'maya', documentOf('myAccess', 'snapshot: true'));
    expect(error.extensions).toEqual({ code: 'SNAPSHOT_TOO_LARGE', limit: 10_000 });
    const filter = 'snapshot: true, filter: { providers: [ENTRA_ROLE] }';
    const narrower = await open(gateway, transport, 'maya', documentOf('myAccess', filter));
    const kinds = (await narrower.atLeast(2)).map(({ data }) => data?.item.kind);
    narrower.stop();
    expect(kinds).toEqual(['SNAPSHOT', 'SNAPSHOT_COMPLETE']);
  }
});
