/** When does a stream end, and does it leave anything behind? Rights, tokens, principals, sockets and servers all end. */
import { once } from 'node:events';
import { connect } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { persona } from '../../src/company/personas.ts';
import { DIRECTORY_SCOPE, ENTRA } from '../../src/decision/role.ts';
import { type Anything, open, type Stream, startGateway, type TestGateway, TRANSPORTS } from '../support/gateway.ts';
import { until } from '../support/process.ts';
import { watchStatements } from '../support/statements.ts';

const LIVE = `subscription Live($after: Cursor) {
  assignmentEvents(after: $after) { position principal { objectId displayName } }
}`;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
  // What the company lived through comes first.
  await settled();
});
afterAll(() => gateway.close());

const execute = (statement: string, parameters: unknown[] = []) =>
  gateway.database.em.fork().execute(statement, parameters) as Promise<Anything[]>;

const EVENT = `INSERT INTO event (at, type, provider, assignment_type, principal_id, role_id, scope_id, payload)
  SELECT clock_timestamp(), 'assignment.assigned', 'ENTRA_ROLE', 'ACTIVE', ?, '${ENTRA.globalReader}', '${DIRECTORY_SCOPE}', '{}'
  FROM generate_series(1, ?::int)`;

/** What an administrator's removal leaves in the log, in the same transaction. */
const REMOVED = EVENT.replace('assignment.assigned', 'assignment.removed').replace('?::int', '1');
const MINE = 'subscription Mine($after: Cursor) { myAccess(after: $after) { position type principal { objectId } } }';

const happen = (principalId: string, count = 1) => execute(EVENT, [principalId, count]);

const end = async () => (await gateway.ask('olga', '{ eventCursor }')).data.eventCursor as string;
const positions = (stream: Stream) =>
  stream.items.flatMap(({ data }) => (data?.assignmentEvents ? [data.assignmentEvents.position as number] : []));
const whose = (stream: Stream) => stream.items.map(({ data }) => data?.assignmentEvents?.principal.objectId);
const codes = (stream: Stream) => stream.items.flatMap(({ errors }) => errors?.map((e) => e.extensions.code) ?? []);

const lastError = (stream: Stream) => stream.items.at(-1)?.errors?.[0]?.extensions;

const settled = () =>
  until('every event to be numbered', async () => {
    const [row] = await execute('SELECT count(*)::int AS waiting FROM event WHERE position IS NULL');
    return row.waiting === 0;
  });

/** A user who sees nothing but their own access. */
async function outsider(): Promise<{ id: string; token: string }> {
  const { id, token, revoke } = await reader();
  await execute(revoke);
  return { id, token };
}

/** A user who reads every Entra assignment until the statement that revokes it is run. */
async function reader(): Promise<{ id: string; token: string; revoke: string }> {
  const [id, assignmentId] = [crypto.randomUUID(), crypto.randomUUID()];
  await execute(
    `INSERT INTO principal (id, kind, display_name, enabled, created_at, user_principal_name, user_type)
    VALUES (?, 'USER', 'Reader', true, now(), ?, 'MEMBER')`,
    [id, `${id}@example.com`],
  );
  await execute(
    `INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, created_at)
    VALUES (?, 'ENTRA_ROLE', ?, ?, ?, 'ACTIVE', now() - interval '1 day', now())`,
    [assignmentId, ENTRA.securityReader, DIRECTORY_SCOPE, id],
  );
  const revoke = `UPDATE assignment SET ends_at = clock_timestamp(), ended_by = 'REMOVED' WHERE id = '${assignmentId}'`;
  return { id, token: await gateway.tokenOf(id), revoke };
}

it('over SSE leaves nothing behind when subscribers leave before they are answered', async () => {
  const { id } = await reader();
  await using one = await startGateway({ database: gateway.clone, config: { subscriptionsPerPrincipal: 1 } });
  const token = await one.tokenOf(id);
  const body = JSON.stringify({ query: LIVE });
  const client = new pg.Client({ connectionString: gateway.databaseUrl });
  await client.connect();
  // Until the end of it nobody is told who asks.
  await client.query('BEGIN; LOCK TABLE principal IN ACCESS EXCLUSIVE MODE');
  const sockets = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const socket = connect(one.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(
        `POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      return socket;
    }),
  );
  await until('the gateway to ask who they are', async () => {
    const [row] = await execute(`SELECT count(*)::int AS waiting FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%changesAt%'`);
    return row.waiting > 0;
  });
  await Promise.all(
    sockets.map(async (socket) => {
      socket.destroy();
      await once(socket, 'close');
    }),
  );
  await client.query('COMMIT');
  await client.end();
  for (let turn = 0; turn < 3; turn++) expect((await one.ask({ token }, '{ __typename }')).status).toBe(200);
  const stream = await open(one, 'SSE', { token }, LIVE, { after: await end() });
  await happen(id);
  await stream.atLeast(1);
  expect(codes(stream)).toEqual([]);
  stream.stop();
});

describe.each(TRANSPORTS)('over %s', (transport) => {
  it('ends once the right to see it is gone, and delivers nothing after that', async () => {
    const { id, token, revoke } = await reader();
    const stream = await open(gateway, transport, { token }, LIVE, { after: await end() });
    await happen(persona('maya'));
    await stream.atLeast(1);
    await execute(`${revoke}; ${REMOVED}`, [id]);
    await happen(persona('maya'));
    await stream.all();
    expect(whose(stream).filter(Boolean)).toEqual([persona('maya')]);
    expect(lastError(stream)).toMatchObject({ code: 'FORBIDDEN', reason: 'RIGHTS_LOST', cursor: expect.any(String) });
  });

  it('goes on as my own access when a right to see that of others is gone', async () => {
    const { id, token, revoke } = await reader();
    const stream = await open(gateway, transport, { token }, MINE, { after: await end() });
    await happen(id);
    await stream.atLeast(1);
    await execute(`${revoke}; ${REMOVED}`, [id]);
    await happen(id);
    await stream.atLeast(3);
    stream.stop();
    expect(stream.items.map(({ errors }) => errors)).toEqual([undefined, undefined, undefined]);
  });

  it('judges an event by rights that are not older than the event', async () => {
    const { id, token, revoke } = await reader();
    const stream = await open(gateway, transport, { token }, LIVE, { after: await end() });
    await happen(persona('maya'));
    await stream.atLeast(1);
    // From now on reading the rights of anybody takes so long that they change meanwhile.
    const [{ definition }] = await execute(
      "SELECT pg_get_functiondef('groups_of(uuid, timestamptz)'::regprocedure) AS definition",
    );
    await execute(definition.replace(/AS \$function\$/, '$& SELECT pg_sleep(0.25);'));
    using statements = watchStatements();
    await happen(id);
    await until('rights to be read', () => statements.reads().some(({ text }) => text.includes('groups_of')));
    await execute(`${revoke}; ${REMOVED}; ${EVENT}`, [id, persona('grace'), 1]);
    await stream.all();
    await execute(definition);
    expect(whose(stream)).not.toContain(persona('grace'));
    expect(codes(stream)).toEqual(['FORBIDDEN']);
  });

  it('ends when the token does', async () => {
    const token = await gateway.token('olga', { lifetimeSeconds: 5 });
    const stream = await open(gateway, transport, { token }, LIVE, { after: await end() });
    await happen(persona('olga'));
    await stream.atLeast(1);
    await stream.all();
    const endedAt = Date.now();
    await happen(persona('olga'));
    expect(whose(stream).filter(Boolean)).toEqual([persona('olga')]);
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    // Two clocks cut off their milliseconds.
    expect(endedAt - exp * 1000).toBeGreaterThanOrEqual(-1);
    if (transport === 'SSE') expect(codes(stream)).toEqual(['UNAUTHENTICATED']);
    else expect(await stream.closed).toEqual({ code: 4403, reason: 'The access token has expired.' });
  });

  it.each([
    ['disabled', 'UPDATE principal SET enabled = false WHERE id = ?'],
    ['deleted', 'UPDATE principal SET deleted_at = now() WHERE id = ?'],
  ])('ends when the principal is %s, though nothing happens', async (_what, statement) => {
    const { id, token } = await reader();
    const stream = await open(gateway, transport, { token }, LIVE, { after: await end() });
    await happen(id);
    await stream.atLeast(1);
    await execute(statement, [id]);
    await stream.all();
    expect(codes(stream)).toEqual(['FORBIDDEN']);
  });

  it.each(['unsubscribed', 'cut off'])('leaves nothing behind when a waiting subscriber has %s', async (how) => {
    const { id, token } = await outsider();
    const other = await open(gateway, transport, 'grace', LIVE, { after: await end() });
    const streams = await Promise.all(
      Array.from({ length: 8 }, async () => open(gateway, transport, { token }, LIVE, { after: await end() })),
    );
    await happen(id);
    await Promise.all(streams.map((stream) => stream.atLeast(1)));
    for (const stream of streams) how === 'cut off' ? stream.cut() : stream.stop();
    using statements = watchStatements();
    await until('the subscriptions to be gone', async () => {
      const [before, seen] = [statements.sent.length, other.items.length];
      await happen(persona('maya'));
      await other.atLeast(seen + 1);
      await happen(persona('maya'));
      await other.atLeast(seen + 2);
      return !statements.sent.slice(before).some(({ values }) => values.includes(id));
    });
    other.stop();
  });

  it('lets a subscriber that reads the past too slowly wait in the log, and nobody else', async () => {
    const { id, token } = await reader();
    await execute("UPDATE principal SET display_name = repeat('x', 100000) WHERE id = ?", [id]);
    const after = await end();
    await happen(id, 300);
    await settled();
    // Another gateway that remembers nothing: all 300 are read from the log, page by page.
    await using fresh = await startGateway({ database: gateway.clone });
    const asked = { token: await fresh.tokenOf(id) };
    const slow = await open(fresh, transport, asked, LIVE, { after, paused: true });
    const other = await open(gateway, transport, { token }, LIVE, { after });
    await other.atLeast(300);
    other.stop();
    expect(whose(slow)).toEqual([]);
    slow.resume();
    await slow.atLeast(300);
    slow.stop();
    expect(new Set(whose(slow))).toEqual(new Set([id]));
  });

  it('ends a stream for which too much waits, with the cursor that it goes on from; nobody else notices', async () => {
    const { id, token } = await reader();
    await execute("UPDATE principal SET display_name = repeat('x', 100000) WHERE id = ?", [id]);
    const after = await end();
    const slow = await open(gateway, transport, { token }, LIVE, { after });
    const other = await open(gateway, transport, 'grace', LIVE, { after });
    await happen(id);
    await slow.atLeast(1);
    slow.pause();
    // Never more at a time than a stream keeps: the others keep up, and the networks of two kernels fill up for the one.
    for (let count = 1; count <= 320; count += 8) {
      await happen(id, 8);
      await other.atLeast(count + 8);
    }
    slow.resume();
    await slow.all();
    const { code, reason, cursor } = lastError(slow) as Anything;
    expect({ code, reason }).toEqual({ code: 'RESYNC_REQUIRED', reason: 'OVERFLOW' });
    const received = positions(slow);
    const resumed = await open(gateway, transport, { token }, LIVE, { after: cursor });
    await resumed.atLeast(321 - received.length);
    for (const stream of [other, resumed]) stream.stop();
    expect([...received, ...positions(resumed)]).toEqual(positions(other));
  });
});

describe('when the connection that listens is killed', () => {
  const cutTail = async () => {
    const [row] = await execute(
      `SELECT pg_terminate_backend(pid) AS killed FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'portcullis tail'`,
    );
    expect(row).toEqual({ killed: true });
  };

  it.each(TRANSPORTS)('streams over %s go on, and miss nothing', async (transport) => {
    const stream = await open(gateway, transport, 'olga', LIVE, { after: await end() });
    await happen(persona('olga'));
    await stream.atLeast(1);
    await cutTail();
    await happen(persona('olga'), 3);
    await stream.atLeast(4);
    stream.stop();
  });

  it.each(TRANSPORTS)(
    'a cursor over %s that the log is ahead with is taken, and what follows comes',
    async (transport) => {
      await cutTail();
      await happen(persona('olga'));
      await settled();
      const stream = await open(gateway, transport, 'olga', LIVE, { after: await end() });
      await happen(persona('olga'));
      expect((await stream.atLeast(1))[0]?.errors).toBeUndefined();
      await happen(persona('olga'));
      const positions = (await stream.atLeast(2)).map(({ data }) => data?.assignmentEvents.position);
      expect(positions).toEqual([positions[0], positions[0] + 1]);
      stream.stop();
    },
  );
});

it.each(TRANSPORTS)(
  'a gateway that stops ends its streams over %s at once, and asks nothing more',
  async (transport) => {
    const other = await startGateway({ database: gateway.clone });
    const stream = await open(other, transport, 'olga', LIVE, { after: await end() });
    await happen(persona('olga'));
    await stream.atLeast(1);
    using statements = watchStatements();
    const closed = other.close();
    await stream.all();
    await closed;
    expect(statements.reads().filter(({ values }) => values.includes(persona('olga'))).length).toBeLessThan(5);
    if (transport === 'SSE') expect(codes(stream)).toEqual(['GATEWAY_STOPPING']);
    else expect(await stream.closed).toMatchObject({ code: 1001 });
  },
);
