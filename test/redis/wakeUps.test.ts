/** Do many gateways hear of events through a Redis, at once while it is there and completely whatever becomes of it? */
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { persona } from '../../src/company/personas.ts';
import { DIRECTORY_SCOPE, ENTRA } from '../../src/decision/role.ts';
import { WAKE_UPS_CHANNEL } from '../../src/stream/wakeUps.ts';
import { type Anything, open, type Stream, startGateway, type TestGateway, TRANSPORTS } from '../support/gateway.ts';
import { until } from '../support/process.ts';
import { watchStatements } from '../support/statements.ts';
import { createRedis, type RedisServer } from './server.ts';

const LIVE = 'subscription Live($after: Cursor) { assignmentEvents(after: $after) { position } }';
const PASSWORD = 'a-secret-of-the-operator';

let redis: RedisServer;
let stack: AsyncDisposableStack;
let complaints: MockInstance<typeof console.error>;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  redis = stack.use(await createRedis(PASSWORD));
  complaints = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  stack.defer(() => complaints.mockRestore());
});
afterEach(() => stack.disposeAsync());

/** What the gateways said of Redis. */
const said = () => complaints.mock.calls.filter(([id]) => id === 'wake-ups').map(([, sentence]) => sentence as string);

/** On one database. */
async function startGateways(redisUrl = redis.url): Promise<[TestGateway, TestGateway]> {
  const first = stack.use(await startGateway({ config: { redisUrl } }));
  return [first, stack.use(await startGateway({ config: { redisUrl }, database: first.clone }))];
}

const happen = ({ database }: TestGateway, count = 1) =>
  database.em.fork().execute(
    `INSERT INTO event (at, type, provider, assignment_type, principal_id, role_id, scope_id, payload)
    SELECT clock_timestamp(), 'assignment.assigned', 'ENTRA_ROLE', 'ACTIVE', ?, ?, ?, '{}' FROM generate_series(1, ?::int)`,
    [persona('olga'), ENTRA.globalReader, DIRECTORY_SCOPE, count],
  );

/** Of either transport at either gateway, each with its first event. */
async function openStreams(gateways: readonly TestGateway[]): Promise<Stream[]> {
  const [first] = gateways as [TestGateway];
  await until('every event to be numbered', async () => {
    const [row] = await first.database.em.fork().execute('SELECT FROM event WHERE position IS NULL LIMIT 1');
    return row === undefined;
  });
  const after = (await first.ask('olga', '{ eventCursor }')).data.eventCursor;
  const streams = await Promise.all(
    gateways.flatMap((gateway) => TRANSPORTS.map((transport) => open(gateway, transport, 'olga', LIVE, { after }))),
  );
  await happen(first);
  await Promise.all(streams.map((stream) => stream.atLeast(1)));
  return streams;
}

function expectComplete(streams: readonly Stream[], count: number): void {
  for (const { items } of streams) {
    const positions = items.map(({ data }: Anything) => data.assignmentEvents.position as number);
    expect(positions).toEqual(Array.from({ length: count }, (_, index) => (positions[0] as number) + index));
  }
}

const listening = () =>
  redis.ask(async (client) => (await client.pubSubNumSub([WAKE_UPS_CHANNEL]))[WAKE_UPS_CHANNEL] ?? 0);
const bothListen = () => until('both gateways to subscribe', async () => (await listening()) === 2);

/** Milliseconds until everybody has one more event, of so many one after the other. */
async function delivered(gateway: TestGateway, streams: readonly Stream[], rounds: number): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const count = (streams[0] as Stream).items.length + 1;
    const begunAt = performance.now();
    await happen(gateway);
    await Promise.all(streams.map((stream) => stream.atLeast(count)));
    times.push(performance.now() - begunAt);
  }
  return times;
}

/** Looks come each second: of events one behind the other, all but the first would wait a whole one for them. */
async function expectWoken(gateway: TestGateway, streams: readonly Stream[], rounds = 5): Promise<void> {
  let heard = 0;
  await redis.ask(async (client) => {
    await client.subscribe(WAKE_UPS_CHANNEL, () => {
      heard++;
    });
    expect(Math.min(...(await delivered(gateway, streams, rounds)).slice(1))).toBeLessThan(500);
    await until('every announcement', () => heard >= rounds);
  });
  expect(heard).toBe(rounds);
}

it('wakes every gateway through Redis, and PostgreSQL notifies nobody', async () => {
  await redis.start();
  using statements = watchStatements();
  const gateways = await startGateways();
  const streams = await openStreams(gateways);
  await bothListen();
  await expectWoken(gateways[0], streams, 10);
  expectComplete(streams, 11);
  expect(statements.sent.filter(({ text }) => /\b(NOTIFY|LISTEN)\s/.test(text)).map(({ text }) => text)).toEqual([]);
  expect(said()).toEqual([]);
});

it('is notified by PostgreSQL as ever without the setting', async () => {
  using statements = watchStatements();
  const gateway = stack.use(await startGateway());
  const streams = await openStreams([gateway]);
  expectComplete(streams, 1);
  const texts = statements.sent.map(({ text }) => text).join();
  expect(texts).toMatch(/\bLISTEN portcullis_positions/);
  expect(texts).toMatch(/\bNOTIFY portcullis_positions/);
});

describe('when Redis', () => {
  it('is killed, streams go on and miss nothing; when it is back it wakes again', async () => {
    await redis.start();
    const gateways = await startGateways();
    const streams = await openStreams(gateways);
    await bothListen();
    await happen(gateways[0], 5);
    await redis.kill();
    await happen(gateways[0], 5);
    await delivered(gateways[0], streams, 3);
    expectComplete(streams, 14);
    await until('both to notice', () => said().length === 2);
    await redis.start();
    await bothListen();
    await until('both to be back', () => said().length === 4);
    await expectWoken(gateways[0], streams);
    expectComplete(streams, 19);
    expect(said().map((sentence) => /^Redis is (not there|there again)/.exec(sentence)?.[1])).toEqual([
      'not there',
      'not there',
      'there again',
      'there again',
    ]);
    expect(complaints.mock.calls.join()).not.toContain(PASSWORD);
  });

  it('is not there at the start, the gateways serve; once it is they are woken', async () => {
    const gateways = await startGateways();
    const streams = await openStreams(gateways);
    await delivered(gateways[0], streams, 2);
    // However often they try.
    expect(said()).toHaveLength(2);
    await redis.start();
    await bothListen();
    await expectWoken(gateways[0], streams);
    expectComplete(streams, 8);
    expect(said()).toHaveLength(4);
  });

  it('stands still, streams go on and miss nothing', async () => {
    await redis.start();
    const gateways = await startGateways();
    const streams = await openStreams(gateways);
    await bothListen();
    redis.freeze();
    await delivered(gateways[0], streams, 3);
    redis.thaw();
    await bothListen();
    await expectWoken(gateways[0], streams);
    expectComplete(streams, 9);
  });

  it('does not accept the password, the gateways serve and do not say it', async () => {
    await redis.start();
    const gateways = await startGateways(redis.url.replace(PASSWORD, 'another-secret'));
    const streams = await openStreams(gateways);
    await delivered(gateways[0], streams, 2);
    expectComplete(streams, 3);
    expect(said()).toEqual(Array(2).fill(expect.stringMatching(/^Redis is not there \(WRONGPASS\)/)));
    expect(complaints.mock.calls.join()).not.toContain('another-secret');
  });
});
