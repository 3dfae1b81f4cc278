/**
 * What does it cost to tell everybody? A gateway with many subscribers of one document, twenty people in turn who all see
 * every Entra assignment, beside a WebSocket server that sends the same frame to as many and does nothing else.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { DIRECTORY_SCOPE, ENTRA } from '../../src/decision/role.ts';
import { type Measure, median, report } from './report.ts';
import { type Bare, NOW, POSITION, startBare } from './support/bare.ts';
import { type Stack, startStack } from './support/stack.ts';
import { type Listened, startSubscribers } from './support/subscribers.ts';

const QUERY = `subscription Live($after: Cursor) {
  assignmentEvents(after: $after) {
    position cursor at type
    principal { displayName } role { displayName } scope { path } assignment { id endsAt }
  }
}`;
const SUBSCRIBERS = 1_000;
const MANY = 10_000;
const RETURNING = 5_000;
const READERS = 20;
const ROUNDS = 3;
/** Events a second at which the price of a delivery is taken: both servers keep up with it easily. */
const CALM = 20;
const BUSY = 100;

const SETTINGS = { SUBSCRIPTIONS_PER_PRINCIPAL: '100000' };

export async function bench(): Promise<void> {
  const measures: Measure[] = [];
  // Each begins with servers that have done nothing yet: memory that one needed is not given back for the next.
  for (const part of [prices, crowd, returning]) measures.push(...(await onStage(part)));
  report('fanout', measures);
}

async function onStage(part: (scene: Scene) => Promise<Measure[]>): Promise<Measure[]> {
  const stack = await startStack([], SETTINGS);
  const bare = await startBare();
  const client = new pg.Client({ connectionString: stack.databaseUrl });
  try {
    await client.connect();
    return await part({ stack, bare, client, tokens: await readers(stack, client) });
  } finally {
    await client.end();
    bare.stop();
    await stack.stop();
  }
}

interface Scene {
  readonly stack: Stack;
  readonly bare: Bare;
  readonly client: pg.Client;
  readonly tokens: readonly string[];
}

/** People who see every Entra assignment, and nothing else in common. */
async function readers(stack: Stack, client: pg.Client): Promise<string[]> {
  const ids = Array.from({ length: READERS }, () => crypto.randomUUID());
  await client.query(
    `INSERT INTO principal (id, kind, display_name, enabled, created_at, user_principal_name, user_type)
    SELECT id, 'USER', 'Reader ' || n, true, now(), 'reader' || n || '@example.com', 'MEMBER'
    FROM unnest($1::uuid[]) WITH ORDINALITY AS reader (id, n)`,
    [ids],
  );
  await client.query(
    `INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, created_at)
    SELECT gen_random_uuid(), 'ENTRA_ROLE', $2, $3, id, 'ACTIVE', now() - interval '1 day', now()
    FROM unnest($1::uuid[]) AS reader (id)`,
    [ids, ENTRA.securityReader, DIRECTORY_SCOPE],
  );
  return Promise.all(ids.map((objectId) => stack.token({ objectId, kind: 'USER' })));
}

/** Commits events about one assignment of the demo company, each in a transaction of its own. */
async function happen({ client }: Scene, times: number, perSecond: number): Promise<void> {
  const startedAt = performance.now();
  for (let sent = 0; sent < times; sent++) {
    const early = (sent * 1000) / perSecond - (performance.now() - startedAt);
    if (early > 0) await delay(early);
    await client.query(
      `INSERT INTO event (at, type, provider, assignment_type, principal_id, role_id, scope_id, assignment_id, payload)
      SELECT clock_timestamp(), 'assignment.updated', provider, type, principal_id, role_id, scope_id, id, '{}'
      FROM assignment WHERE provider = 'ENTRA_ROLE' AND type = 'ACTIVE' ORDER BY id LIMIT 1`,
    );
  }
}

/** What a frame of the gateway looks like, for the other server to send. */
async function frameOf({ stack, tokens }: Scene, cursor: string): Promise<string> {
  const answer = await fetch(stack.url, {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      authorization: `Bearer ${tokens[0]}`,
    },
    body: JSON.stringify({ query: QUERY, variables: { after: cursor } }),
  });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!/^data: (.+)$/m.test(text)) text += (await reader?.read())?.value ?? '';
  await reader?.cancel();
  const payload = /^data: (.+)$/m.exec(text)?.[1] ?? '';
  const filled = payload.replace(/"position":\d+/, POSITION).replace(/"at":"[^"]+"/, `"at":"${NOW}"`);
  return `{"id":"${crypto.randomUUID()}","type":"next","payload":${filled}}`;
}

async function cursorOf({ stack, tokens }: Scene): Promise<string> {
  const answer = await fetch(stack.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens[0]}` },
    body: '{"query":"{ eventCursor }"}',
  });
  return ((await answer.json()) as { data: { eventCursor: string } }).data.eventCursor;
}

const webSocketUrl = ({ stack }: Scene) => stack.url.replace('http', 'ws').replace('localhost', '127.0.0.1');

/** Microseconds of the server's processor a delivery, and how late it is, of both servers in turn. */
async function prices(scene: Scene): Promise<Measure[]> {
  const { stack, bare, tokens } = scene;
  const cursor = await cursorOf(scene);
  await happen(scene, 1, CALM);
  const frame = await frameOf(scene, cursor);
  const [ours, theirs] = [startSubscribers(), startSubscribers()];
  const after = await cursorOf(scene);
  const connection = { do: 'connect', count: SUBSCRIBERS, tokens, after } as const;
  await ours.tell({ ...connection, url: webSocketUrl(scene), query: QUERY });
  await theirs.tell({ ...connection, url: bare.url, query: null });
  const price: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
  const busyPrice: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
  const late: { ours: Listened[]; theirs: Listened[] } = { ours: [], theirs: [] };
  const run = async (perSecond: number, times: number) => {
    const [gateway, plain] = [(await stack.processorTime()).gateway, await bare.processorTime()];
    await Promise.all([happen(scene, times, perSecond), ours.tell({ do: 'await', deliveries: times })]);
    const gatewayAfter = (await stack.processorTime()).gateway;
    const heard = await ours.tell({ do: 'report' });
    await Promise.all([bare.broadcast({ frame, times, perSecond }), theirs.tell({ do: 'await', deliveries: times })]);
    const plainAfter = await bare.processorTime();
    const bareHeard = await theirs.tell({ do: 'report' });
    complete(heard, times);
    return { heard, bareHeard, gateway: gatewayAfter - gateway, plain: plainAfter - plain };
  };
  await run(CALM, CALM);
  for (let round = 0; round < ROUNDS; round++) {
    const times = CALM * 4;
    const { gateway, plain } = await run(CALM, times);
    price.ours.push((gateway * 1e6) / (times * SUBSCRIBERS));
    price.theirs.push((plain * 1e6) / (times * SUBSCRIBERS));
    const { heard, bareHeard, ...busy } = await run(BUSY, BUSY * 3);
    busyPrice.ours.push((busy.gateway * 1e6) / (BUSY * 3 * SUBSCRIBERS));
    busyPrice.theirs.push((busy.plain * 1e6) / (BUSY * 3 * SUBSCRIBERS));
    late.ours.push(heard);
    late.theirs.push(bareHeard);
  }
  ours.stop();
  theirs.stop();
  const [gateway, plain] = [median(price.ours), median(price.theirs)];
  const of = (heard: readonly Listened[], which: 'median' | 'p99') => median(heard.map((each) => each[which]));
  return [
    {
      what: `${SUBSCRIBERS} subscribers: server CPU a delivery, times that of bare ws`,
      value: gateway / plain,
      gate: 2,
      goal: 1.3,
    },
    { what: 'the gateway, µs of CPU a delivery', value: gateway },
    { what: 'bare ws, µs of CPU a delivery', value: plain },
    {
      what: `${BUSY} events/s to ${SUBSCRIBERS}: commit to delivery, p50 ms`,
      value: of(late.ours, 'median'),
      gate: 50,
    },
    { what: `${BUSY} events/s to ${SUBSCRIBERS}: commit to delivery, p99 ms`, value: of(late.ours, 'p99'), gate: 250 },
    { what: 'the gateway at that rate, µs of CPU a delivery', value: median(busyPrice.ours) },
    { what: 'bare ws at that rate, µs of CPU a delivery', value: median(busyPrice.theirs) },
    { what: 'bare ws at the same rate: p50 ms', value: of(late.theirs, 'median') },
    { what: 'bare ws at the same rate: p99 ms', value: of(late.theirs, 'p99') },
  ];
}

/** Whatever is lost, doubled or out of order is no measurement. */
function complete({ least, most, misplaced, subscribers }: Listened, times: number): void {
  if (least === times && most === times && misplaced === 0) return;
  throw new Error(`of ${times} deliveries ${subscribers} subscribers had ${least} to ${most}, ${misplaced} misplaced`);
}

/** Megabytes with ten thousand subscribers who have been told something. */
async function crowd(scene: Scene): Promise<Measure[]> {
  const { stack, bare, tokens } = scene;
  const empty = await stack.memory();
  const [ours, theirs] = [startSubscribers(), startSubscribers()];
  const after = await cursorOf(scene);
  const connection = { do: 'connect', count: MANY, tokens, after } as const;
  await ours.tell({ ...connection, url: webSocketUrl(scene), query: QUERY });
  await Promise.all([happen(scene, 10, 2), ours.tell({ do: 'await', deliveries: 10 })]);
  complete(await ours.tell({ do: 'report' }), 10);
  const full = await stack.memory();
  ours.stop();
  await theirs.tell({ ...connection, url: bare.url, query: null });
  await Promise.all([
    bare.broadcast({ frame: `${'x'.repeat(300)}${POSITION},${'x'.repeat(300)}`, times: 10, perSecond: 2 }),
    theirs.tell({ do: 'await', deliveries: 10 }),
  ]);
  const plain = await bare.memory();
  theirs.stop();
  return [
    { what: `${MANY} subscribers: resident memory of the gateway, MB`, value: full, gate: 500, goal: 300 },
    { what: 'the gateway before they came, MB', value: empty },
    { what: `${MANY} subscribers: resident memory of bare ws, MB`, value: plain },
  ];
}

/** Seconds until everybody who was cut off is back and has what happened meanwhile. */
async function returning(scene: Scene): Promise<Measure[]> {
  const { tokens } = scene;
  const ours = startSubscribers();
  const after = await cursorOf(scene);
  const connection = {
    do: 'connect',
    count: RETURNING,
    tokens,
    after,
    url: webSocketUrl(scene),
    query: QUERY,
  } as const;
  await ours.tell(connection);
  await Promise.all([happen(scene, 1, 1), ours.tell({ do: 'await', deliveries: 1 })]);
  await ours.tell({ do: 'report' });
  await ours.tell({ do: 'drop' });
  await happen(scene, 50, BUSY);
  const begin = performance.now();
  await ours.tell(connection);
  const connected = (performance.now() - begin) / 1000;
  await ours.tell({ do: 'await', deliveries: 50 });
  const seconds = (performance.now() - begin) / 1000;
  complete(await ours.tell({ do: 'report' }), 50);
  ours.stop();
  return [
    { what: `${RETURNING} clients back with all they missed, s`, value: seconds, gate: 30, goal: 10 },
    { what: 'of that until the last had subscribed, s', value: connected },
  ];
}
