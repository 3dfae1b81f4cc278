/** Is what a stream of the SDK hands on the log itself, in order and once, whatever befalls the gateway and the network? */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPortcullis, type LiveOptions, type PortcullisOptions } from '../../clients/typescript/portcullis.ts';
import { cloneDemoDatabase, type TestDatabase } from '../support/database.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { createGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { until } from '../support/process.ts';
import { type Network, openNetwork } from './network.ts';

let database: TestDatabase;
/** The gateway that the streams come from. */
let gateway: GatewayProcess;
/** Another one on the same database, through which things happen. */
let others: TestGateway;
let network: Network;

beforeAll(async () => {
  database = await cloneDemoDatabase();
  others = await startGateway({ database });
  gateway = await createGatewayProcess(database);
  await gateway.start();
});

afterAll(async () => {
  await gateway.close();
  await others.close();
  await database.drop();
});

beforeEach(async () => {
  network = await openNetwork(gateway);
});

afterEach(() => network.close());

/** Two events: devon activates what he may, and ursula ends it. */
async function happen(): Promise<void> {
  const as = (name: 'devon' | 'ursula') => createPortcullis({ url: others.url, token: () => others.token(name) });
  const { me } = await as('devon').myRoles();
  const ticket = { number: 'CHG-1', system: 'Changes' };
  const wish = { duration: 'PT30M', justification: 'Release', ticket };
  const { activate } = await as('devon').activate({
    input: { ...wish, eligibility: me.eligible.nodes[0]?.id as string },
  });
  expect(activate.refusals).toEqual([]);
  const input = { assignment: activate.assignment?.id as string };
  expect((await as('ursula').deactivate({ input })).deactivate.refusals).toEqual([]);
}

const rows = (statement: string, values: readonly unknown[] = []) =>
  database.database.em.fork().execute(statement, [...values]);

/** Waits until everything that has happened has its position. */
async function head(): Promise<number> {
  const isNumbered = async () => (await rows('SELECT FROM event WHERE position IS NULL')).length === 0;
  await until('the positions of all events', isNumbered);
  const [log] = await rows('SELECT position FROM event_log');
  return Number(log?.position);
}

async function logged(after: number): Promise<string[]> {
  const upTo = await head();
  const statement = `SELECT position, type FROM event WHERE position > ? AND position <= ? AND type IN (?, ?) ORDER BY position`;
  const types = ['assignment.activated', 'assignment.deactivated'];
  return (await rows(statement, [after, upTo, ...types])).map(({ position, type }) => `${position} ${type}`);
}

interface Follow extends LiveOptions {
  readonly token?: PortcullisOptions['token'];
}

describe.each(['websocket', 'sse'] as const)('over %s', (transport) => {
  /** Everything that the stream hands on from now on, as the log has it. */
  async function follow({ token = () => gateway.token('ursula'), ...options }: Follow = {}) {
    const { eventCursor: after } = await createPortcullis({ url: `${gateway.url}/graphql`, token }).eventCursor();
    const { live } = createPortcullis({ url: `${network.url}/graphql`, token, transport });
    const types = ['ASSIGNMENT_ACTIVATED', 'ASSIGNMENT_DEACTIVATED'] as const;
    const stream = live.assignmentEvents({ after, filter: { types } }, { firstPauseMilliseconds: 10, ...options });
    const seen: string[] = [];
    const ended = (async () => {
      for await (const { assignmentEvents: event } of stream) {
        seen.push(`${event.position} ${event.type?.toLowerCase().replace('_', '.')}`);
      }
    })();
    return { seen, ended, stop: () => stream.return?.() };
  }

  async function recordIsComplete(seen: readonly string[], start: number): Promise<void> {
    const expected = await logged(start);
    await until(`${expected.length} events`, () => seen.length >= expected.length);
    expect(seen).toEqual(expected);
  }

  test.each<[string, () => unknown]>([
    ['connections are cut', () => network.cut()],
    ['the gateway is restarted', () => gateway.stop().then(() => gateway.start())],
    ['the gateway is killed', () => gateway.stop('SIGKILL').then(() => gateway.start())],
  ])('the record is the log when %s', async (_what, interrupt) => {
    const start = await head();
    const { seen, ended, stop } = await follow();
    await happen();
    for (let time = 0; time < 2; time++) {
      await Promise.all([interrupt(), happen().then(happen)]);
    }
    await recordIsComplete(seen, start);
    await stop();
    await ended;
  });

  test('the record is the log when a connection is silently lost', async () => {
    const start = await head();
    const { seen, ended, stop } = await follow({ silenceMilliseconds: 1_000 });
    await happen();
    await recordIsComplete(seen, start);
    network.freeze();
    await happen();
    await recordIsComplete(seen, start);
    await stop();
    await ended;
  });

  test('the record is the log beyond the life of several tokens', async () => {
    const start = await head();
    let tokens = 0;
    const token = () => {
      tokens++;
      return gateway.token('ursula', 3);
    };
    const { seen, ended, stop } = await follow({ token });
    await happen();
    // One for the cursor, one for the stream, and then one whenever one comes to its end.
    await until('the fifth token', () => tokens >= 5);
    await happen();
    await recordIsComplete(seen, start);
    // A socket is given new tokens while it is open, and few are late for it; an event stream begins anew for each.
    if (transport === 'websocket') expect(network.connections).toBeLessThan(tokens - 1);
    await stop();
    await ended;
  });
});
