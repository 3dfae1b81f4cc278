/** How do many subscriptions live together? Shared work, bounds, beats, and sockets that outlive their tokens. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { globalId } from '../../schema/ids.ts';
import { persona } from '../../src/company/personas.ts';
import { DIRECTORY_SCOPE, ENTRA } from '../../src/decision/role.ts';
import {
  type Anything,
  open,
  type RawSocket,
  rawSocket,
  type Stream,
  startGateway,
  type TestGateway,
  TRANSPORTS,
} from '../support/gateway.ts';
import { until } from '../support/process.ts';
import { watchStatements } from '../support/statements.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({
    config: { subscriptionsPerSocket: 3, subscriptionsPerPrincipal: 12, heartbeatSeconds: 1 },
  });
  await until('what the company did before to be numbered', async () => {
    const waiting = await execute('SELECT FROM event WHERE position IS NULL');
    return waiting.length === 0;
  });
});
afterAll(() => gateway.close());

const opened: { stop(): void }[] = [];
afterEach(() => {
  for (const stream of opened.splice(0)) stream.stop();
});

const execute = (statement: string, parameters: unknown[] = []) =>
  gateway.database.em.fork().execute(statement, parameters) as Promise<Anything[]>;
const end = async () => (await gateway.ask('grace', '{ eventCursor }')).data.eventCursor as string;
const follow = async (...args: Parameters<typeof open> extends [unknown, ...infer Rest] ? Rest : never) => {
  const stream = await open(gateway, ...args);
  opened.push(stream);
  return stream;
};

/** An event about an assignment of an Entra role. @param of which one; default one of Maya's */
const happen = (of = `principal_id = '${persona('maya')}' AND type = 'ELIGIBLE'`) =>
  execute(
    `INSERT INTO event (at, type, provider, assignment_type, principal_id, role_id, scope_id, assignment_id, payload)
    SELECT clock_timestamp(), 'assignment.updated', provider, type, principal_id, role_id, scope_id, id, '{}'
    FROM assignment WHERE ${of} ORDER BY id LIMIT 1`,
  );

/** Users who see every Entra assignment. */
async function readers(count: number): Promise<{ id: string; token: string }[]> {
  const ids = Array.from({ length: count }, () => crypto.randomUUID());
  for (const id of ids) {
    await execute(
      `INSERT INTO principal (id, kind, display_name, enabled, created_at, user_principal_name, user_type)
      VALUES (?, 'USER', 'Reader', true, now(), ?, 'MEMBER')`,
      [id, `${id}@example.com`],
    );
    await execute(
      `INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, created_at)
      VALUES (gen_random_uuid(), 'ENTRA_ROLE', ?, ?, ?, 'ACTIVE', now() - interval '1 day', now())`,
      [ENTRA.securityReader, DIRECTORY_SCOPE, id],
    );
  }
  return Promise.all(ids.map(async (id) => ({ id, token: await gateway.tokenOf(id) })));
}

const document = (selection: string) => `subscription Live($after: Cursor) {
  assignmentEvents(after: $after) { position assignment { id ${selection} } }
}`;

describe('subscriptions of one document', () => {
  it.each([
    ['share one execution when they see the same', 'endsAt principal { displayName }', 1],
    // Each of them reads the activation, and what it rests on.
    ['have one for each viewer when they show something of the viewer', 'eligibility { via { displayName } }', 8],
  ])('%s', async (_what, selection, loadsOfAll) => {
    const activation = "eligibility_id IS NOT NULL AND provider = 'ENTRA_ROLE'";
    const after = await end();
    const streams = await Promise.all(
      (await readers(4)).flatMap(({ token }) =>
        TRANSPORTS.map((transport) => follow(transport, { token }, document(selection), { after })),
      ),
    );
    // Once to learn what the document shows, once to be counted.
    await happen(activation);
    await Promise.all(streams.map((stream) => stream.atLeast(1)));
    using statements = watchStatements();
    await happen(activation);
    await Promise.all(streams.map((stream) => stream.atLeast(2)));
    const loads = statements
      .reads()
      .filter(({ text }) => /FROM assignment a\s+(LEFT JOIN .*)?WHERE .*"a"\."id"/s.test(text));
    expect(loads).toHaveLength(loadsOfAll);
    expect(new Set(streams.map(({ items }) => JSON.stringify(items[1]))).size).toBe(1);
    expect(streams[0]?.items[1]?.data.assignmentEvents.assignment.id).toEqual(expect.any(String));
  });

  it('of another filter share it too', async () => {
    const query = `subscription Live($after: Cursor, $filter: AssignmentEventFilter) {
      assignmentEvents(after: $after, filter: $filter) { position assignment { id } }
    }`;
    const [reader] = await readers(1);
    const after = await end();
    const filters = [{}, { providers: ['ENTRA_ROLE'] }, { principals: [globalId('User', persona('maya'))] }];
    const streams = await Promise.all(
      filters.map((filter) => follow('WebSocket', { token: reader?.token as string }, query, { after, filter })),
    );
    await happen();
    await Promise.all(streams.map((stream) => stream.atLeast(1)));
    using statements = watchStatements();
    await happen();
    await Promise.all(streams.map((stream) => stream.atLeast(2)));
    expect(
      statements.reads().filter(({ text }) => /FROM assignment a\s+(LEFT JOIN .*)?WHERE .*"a"\."id"/s.test(text)),
    ).toHaveLength(1);
  });
});

/** A socket with its token, and what it is told. */
async function connected(authorization: object): Promise<RawSocket> {
  const socket = await rawSocket(gateway.wsUrl);
  opened.push({ stop: () => socket.socket.terminate() });
  socket.send({ type: 'connection_init', payload: authorization });
  await socket.messages.atLeast(1);
  return socket;
}

const subscribe = (socket: RawSocket, id: string, after: string) =>
  socket.send({ type: 'subscribe', id, payload: { query: document(''), variables: { after } } });
const of = (socket: RawSocket, id: string) => socket.messages.items.filter((message: Anything) => message.id === id);

describe('one too many', () => {
  it('on a socket is refused alone; the others live on', async () => {
    const after = await end();
    const socket = await connected(await gateway.authorization('grace'));
    for (const id of ['1', '2', '3', '4']) subscribe(socket, id, after);
    await until('the refusal', () => of(socket, '4').length > 0);
    expect(of(socket, '4')).toMatchObject([
      { type: 'error', payload: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS', limit: 3 } }] },
    ]);
    await happen();
    await until('the others', () => ['1', '2', '3'].every((id) => of(socket, id).length === 1));
    socket.send({ type: 'complete', id: '1' });
    subscribe(socket, '5', after);
    await until('a place to be free', () => of(socket, '5').length > 0);
    expect(of(socket, '5')).toMatchObject([{ type: 'next', payload: { data: {} } }]);
  });

  it.each(TRANSPORTS)('of a principal is refused over %s, and one that ends makes room', async (transport) => {
    const [reader] = await readers(1);
    const token = reader?.token as string;
    const after = await end();
    await happen();
    const streams: Stream[] = [];
    for (let count = 0; count < 12; count++) {
      const stream = await follow(transport, { token }, document(''), { after });
      await stream.atLeast(1);
      streams.push(stream);
    }
    const refused = await open(gateway, transport, { token }, document(''), { after });
    const [item] = await refused.all();
    expect(item?.errors?.[0]?.extensions).toMatchObject({ code: 'TOO_MANY_SUBSCRIPTIONS', limit: 12 });
    streams[0]?.stop();
    await until('room', async () => {
      const again = await open(gateway, transport, { token }, document(''), { after });
      opened.push(again);
      return (await again.atLeast(1))[0]?.errors === undefined;
    });
  });
});

describe('a token given in band', () => {
  it('prolongs the socket and its streams beyond the end of the first', async () => {
    const after = await end();
    const first = await gateway.token('grace', { lifetimeSeconds: 5 });
    const socket = await connected({ authorization: `Bearer ${first}` });
    subscribe(socket, '1', after);
    const second = await gateway.token('grace', { lifetimeSeconds: 60 });
    socket.send({ type: 'ping', payload: { authorization: `Bearer ${second}` } });
    await until('the pong', () => socket.messages.items.some(({ type }: Anything) => type === 'pong'));
    const pong = socket.messages.items.find(({ type }: Anything) => type === 'pong');
    const expiresAt = (token: string) =>
      new Date(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).exp * 1000);
    expect(pong).toEqual({ type: 'pong', payload: { expiresAt: expiresAt(second).toISOString() } });
    // A socket with the first token alone is the clock: it closes when that one is over.
    const clock = await connected({ authorization: `Bearer ${first}` });
    expect((await clock.closed).code).toBe(4403);
    await happen();
    await until('an event after the end of the first', () => of(socket, '1').length === 1);
    expect(of(socket, '1')).toMatchObject([{ type: 'next', payload: { data: {} } }]);
  });

  it.each([
    ['of somebody else', () => gateway.token('olga')],
    ['that is none', async () => 'nonsense'],
    ['that is over', () => gateway.token('grace', { lifetimeSeconds: -120 })],
  ])('%s closes the socket', async (_what, token) => {
    const socket = await connected(await gateway.authorization('grace'));
    socket.send({ type: 'ping', payload: { authorization: `Bearer ${await token()}` } });
    expect((await socket.closed).code).toBe(4403);
  });

  it('is asked of nobody: a plain ping is answered', async () => {
    const socket = await connected(await gateway.authorization('grace'));
    socket.send({ type: 'ping' });
    await socket.messages.atLeast(2);
    expect(socket.messages.items[1]).toEqual({ type: 'pong' });
  });
});

it('closes the sockets of a disabled principal, those without a stream too', async () => {
  const [reader] = await readers(1);
  const authorization = { authorization: `Bearer ${reader?.token}` };
  const [idle, busy, other] = [
    await connected(authorization),
    await connected(authorization),
    await connected(await gateway.authorization('grace')),
  ];
  subscribe(busy, '1', await end());
  await happen();
  await until('an event', () => of(busy, '1').length === 1);
  await execute('UPDATE principal SET enabled = false WHERE id = ?', [reader?.id]);
  const codes = await Promise.all([idle.closed, busy.closed]);
  expect(codes.map(({ code }) => code)).toEqual([4403, 4403]);
  expect(of(busy, '1').at(-2)?.payload.errors[0].extensions).toMatchObject({
    code: 'FORBIDDEN',
    reason: 'PRINCIPAL_DISABLED',
  });
  expect(other.socket.readyState).toBe(other.socket.OPEN);
});

describe('heartbeats', () => {
  const query = `subscription Beat($after: Cursor, $heartbeats: Boolean!) {
    assignmentEvents(after: $after, heartbeats: $heartbeats) { kind position cursor type }
  }`;

  it.each(TRANSPORTS)('over %s carry the position up to which nothing was missed', async (transport) => {
    await happen();
    const after = await end();
    const quiet = await follow(transport, 'olga', query, { after, heartbeats: false });
    const beating = await follow(transport, 'olga', query, { after, heartbeats: true });
    // Seen by others, not by olga: the position moves on without an event.
    await happen();
    const [{ position }] = await until('the number', async () => {
      const rows = await execute('SELECT position::int FROM event_log');
      const [{ waiting }] = await execute('SELECT count(*)::int AS waiting FROM event WHERE position IS NULL');
      return waiting === 0 ? (rows as [Anything]) : undefined;
    });
    await until('a heartbeat there', () =>
      beating.items.some(({ data }) => data?.assignmentEvents.position >= position),
    );
    const beats = beating.items.map(({ data }) => data?.assignmentEvents);
    expect(new Set(beats.map(({ kind, type }) => `${kind} ${type}`))).toEqual(new Set(['HEARTBEAT null']));
    expect(quiet.items).toEqual([]);
    const resumed = await follow(transport, 'grace', query, { after: beats.at(-1).cursor, heartbeats: false });
    await happen();
    const [first] = await resumed.atLeast(1);
    expect(first?.data.assignmentEvents).toMatchObject({ kind: 'EVENT', position: beats.at(-1).position + 1 });
  });
});

it('counts its streams, and what they are given', async () => {
  await using other = await startGateway({ database: gateway.clone });
  const metric = async (name: string) => {
    const text = await (await fetch(other.url.replace('/graphql', '/metrics'))).text();
    return Number(new RegExp(`^portcullis_stream_${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };
  expect([await metric('subscriptions'), await metric('deliveries_total')]).toEqual([0, 0]);
  const after = await end();
  const [one, two] = [
    await open(other, 'SSE', 'grace', document(''), { after }),
    await open(other, 'WebSocket', 'olga', document(''), { after }),
  ];
  await happen();
  await one.atLeast(1);
  await until('both', async () => (await metric('subscriptions')) === 2);
  expect([await metric('deliveries_total'), await metric('overflows_total')]).toEqual([1, 0]);
  one.stop();
  two.stop();
  await until('none', async () => (await metric('subscriptions')) === 0);
});

it('ends a stream from before what is kept for replay, with the cursor where the log begins', async () => {
  await using old = await startGateway();
  const run = (statement: string) => old.database.em.fork().execute(statement) as Promise<Anything[]>;
  const cursor = async () => (await old.ask('grace', '{ eventCursor }')).data.eventCursor as string;
  const insert = (age: string) =>
    run(`INSERT INTO event (at, type, payload) SELECT now() - interval '${age}', 'directory.imported', '{}'`);
  const numbered = () =>
    until('the numbers', async () => (await run('SELECT FROM event WHERE position IS NULL')).length === 0);
  await numbered();
  const before = await cursor();
  await insert('31 days');
  await numbered();
  const oldest = await cursor();
  await insert('29 days');
  await numbered();
  // The one that has just started remembers nothing, and asks the log.
  await using fresh = await startGateway({ database: old.clone });
  const query = `subscription Audit($after: Cursor) { auditEvents(after: $after) { position } }`;
  const live = `subscription Live($after: Cursor) { policyEvents(after: $after) { position } }`;
  const [item] = await (await open(fresh, 'SSE', 'grace', live, { after: before })).all();
  expect(item?.errors?.[0]?.extensions).toMatchObject({
    code: 'RESYNC_REQUIRED',
    reason: 'CURSOR_TOO_OLD',
    cursor: oldest,
  });
  // The audit goes back as far as it is kept, and a cursor at the edge is taken.
  const audit = await open(fresh, 'SSE', 'grace', query, { after: before });
  await audit.atLeast(2);
  audit.stop();
  const edge = await open(fresh, 'SSE', 'grace', query.replaceAll('auditEvents', 'auditEvents'), { after: oldest });
  await edge.atLeast(1);
  edge.stop();
});

describe('requestProgress', () => {
  const query = `subscription Progress($id: ID!, $after: Cursor, $snapshot: Boolean!) {
    requestProgress(id: $id, after: $after, snapshot: $snapshot) { kind type request { status } }
  }`;

  it.each(TRANSPORTS)('over %s is complete once the request is decided, and all of it delivered', async (transport) => {
    const after = await end();
    const { data } = await gateway.ask('maya', '{ me { eligible { nodes { id } } } }');
    const input = { eligibility: data.me.eligible.nodes[0].id, justification: 'Quarterly review', duration: 'PT1H' };
    const asked = await gateway.ask(
      'maya',
      'mutation($input: ActivateInput!) { activate(input: $input) { request { id } refusals { code } } }',
      { input },
    );
    const { request, refusals } = asked.data.activate;
    expect(refusals).toEqual([]);
    const live = await follow(transport, 'maya', query, { id: request.id, after, snapshot: false });
    const snapshot = await follow(transport, 'maya', query, { id: request.id, snapshot: true });
    await live.atLeast(1);
    await snapshot.atLeast(2);
    const denied = await gateway.ask(
      'arun',
      'mutation($input: DecideInput!) { deny(input: $input) { refusals { code } } }',
      { input: { requests: [request.id], justification: 'Not now' } },
    );
    expect(denied.data.deny).toEqual([{ refusals: [] }]);
    const types = (items: Anything[]) => items.map(({ data: { requestProgress: item } }) => item.type ?? item.kind);
    expect(types(await live.all())).toEqual(['REQUEST_CREATED', 'REQUEST_DENIED']);
    expect(types(await snapshot.all())).toEqual(['SNAPSHOT', 'SNAPSHOT_COMPLETE', 'REQUEST_DENIED']);
    const late = await open(gateway, transport, 'maya', query, { id: request.id, snapshot: true });
    expect(types(await late.all())).toEqual(['SNAPSHOT', 'SNAPSHOT_COMPLETE']);
  });
});
