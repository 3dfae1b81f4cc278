/** Does every subscriber get its due when gateways are killed, lines are cut and readers stand still? Real processes. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PersonaName, persona } from '../../src/company/personas.ts';
import { seeded } from '../../src/company/random.ts';
import { DIRECTORY_SCOPE, ENTRA } from '../../src/decision/role.ts';
import { cloneDemoDatabase, type TestDatabase } from '../support/database.ts';
import { FOLLOWED, Follower, flaw } from '../support/follower.ts';
import { type Anything, open, type Reachable, TRANSPORTS } from '../support/gateway.ts';
import { createGatewayProcess } from '../support/gatewayProcess.ts';
import { until } from '../support/process.ts';
import type { ReaderLine } from '../support/reader.ts';
import { startReader } from '../support/readerProcess.ts';
import { AZURE_READER } from '../support/rows.ts';
import { insertEvents, type Subject, write } from '../support/writers.ts';

/** `CHAOS_RUNS=20 CHAOS_SEED=7 vitest run test/stream/chaos.test.ts` plays more of it, or one run again. */
const RUNS = Number(process.env.CHAOS_RUNS ?? 1);
const SEED = Number(process.env.CHAOS_SEED ?? 1);

let clone: TestDatabase;
let client: pg.Client;
let stack: AsyncDisposableStack;
let azure: Subject;

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  clone = await cloneDemoDatabase();
  stack.defer(() => clone.drop());
  client = new pg.Client({ connectionString: clone.url });
  await client.connect();
  stack.defer(() => client.end());
  const retail = await scopeNamed('Retail Production');
  azure = { provider: 'AZURE_RESOURCE', principalId: persona('devon'), roleId: AZURE_READER, scopeId: retail };
});

afterAll(() => stack.disposeAsync());

const entra = (name: 'olga' | 'maya'): Subject => ({
  provider: 'ENTRA_ROLE',
  principalId: persona(name),
  roleId: ENTRA.globalReader,
  scopeId: DIRECTORY_SCOPE,
});

async function scopeNamed(name: string): Promise<string> {
  const { rows } = await client.query("SELECT id FROM scope WHERE display_name = $1 AND kind = 'SUBSCRIPTION'", [name]);
  return rows[0].id;
}

interface Node extends Reachable {
  /** Bytes that it holds on to. */
  memory(): Promise<number>;
  /** With nothing said to anybody. */
  kill(): Promise<void>;
}

async function startNode(preloads: readonly string[] = []): Promise<Node> {
  const { start, stop, close, token, pid, output, url } = await createGatewayProcess(clone);
  stack.defer(close);
  await start({ NODE_OPTIONS: preloads.map((file) => `--import=./test/support/${file}`).join(' ') });
  return {
    url: `${url}/graphql`,
    wsUrl: `${url.replace('http', 'ws')}/graphql`,
    authorization: async (caller) => ({ authorization: `Bearer ${await token(caller as PersonaName)}` }),
    kill: () => stop('SIGKILL'),
    async memory() {
      const said = output().length;
      process.kill(pid() as number, 'SIGUSR2');
      return until('what it holds', () => Number(/holds (\d+) bytes/.exec(output().slice(said))?.[1]));
    },
  };
}

/** Everything before it is numbered. */
async function head(): Promise<{ cursor: string; position: number }> {
  await settled();
  const { rows } = await client.query('SELECT epoch, position::int FROM event_log');
  const [{ epoch, position }] = rows;
  return { cursor: Buffer.from(`${epoch}:${position}`).toString('base64url'), position };
}

/** Who may see which of the subjects, written down without asking the code that decides it. */
const SIGHTS = {
  grace: "provider = 'ENTRA_ROLE'",
  sam: "provider = 'ENTRA_ROLE'",
  owen: "provider = 'AZURE_RESOURCE'",
  olga: `principal_id = '${persona('olga')}'`,
} as const;
type Viewer = keyof typeof SIGHTS;
const VIEWERS = Object.keys(SIGHTS) as Viewer[];

async function dueTo(viewer: Viewer, after: number): Promise<number[]> {
  const { rows } = await client.query(
    `SELECT position::int FROM event WHERE position > $1 AND type IN ('assignment.assigned', 'assignment.removed')
      AND ${SIGHTS[viewer]} ORDER BY position`,
    [after],
  );
  return rows.map(({ position }) => position);
}

const positionOf = ({ data }: Anything): number => data.assignmentEvents.position;

const settled = () =>
  until('every event to be numbered', async () => {
    const { rowCount } = await client.query('SELECT FROM event WHERE position IS NULL LIMIT 1');
    return rowCount === 0;
  });

it.each(Array.from({ length: RUNS }, (_, run) => SEED + run))(
  'twelve writers, restless subscribers, and one of two gateways is killed: each record is what its viewer may see, in order, once (seed %i)',
  async (seed) => {
    const random = seeded(seed);
    // The first one numbers the events.
    const leader = await startNode();
    const other = await startNode();
    let nodes = [leader, other];
    const { cursor: after, position } = await head();
    const common = { random, after, gateways: () => nodes };
    const followers = [...VIEWERS, ...VIEWERS, ...VIEWERS].map((caller) => new Follower({ ...common, caller }));
    const forgetful = new Follower({ ...common, caller: 'sam', resumes: false });
    const stopped = new AbortController();
    const following = followers.map((follower) => follower.follow(stopped.signal));
    const followingFromNow = forgetful.follow(stopped.signal);
    let killed: Promise<void> | null = null;
    await write({
      ...{ url: clone.url, random, transactions: 45, subjects: [entra('olga'), entra('maya'), azure] },
      onProgress(share) {
        if (share < 0.5 || killed) return;
        nodes = [other];
        killed = leader.kill();
      },
    });
    await killed;
    await settled();
    // One of each provider, so that everybody hears of one.
    for (const subject of [entra('olga'), azure]) await insertEvents(client, subject, 'assignment.removed');
    await Promise.all(following);
    stopped.abort();
    await followingFromNow;

    for (const { caller, record } of followers) {
      const due = await dueTo(caller as Viewer, position);
      expect([caller, flaw(record, due)]).toEqual([caller, null]);
    }
    await expectChaos(position, followers);
    await expectFlawsNoticed(await dueTo('sam', position), forgetful.record);
    await other.kill();
  },
);

/** The control of the chaos: transactions rolled back and overtook each other, and the kill cut streams. */
async function expectChaos(after: number, followers: readonly Follower[]): Promise<void> {
  const { rows } = await client.query(
    `SELECT count(*)::int AS count, max(id) - min(id) + 1 AS ids, count(*) FILTER (WHERE gap)::int AS gaps
    FROM (SELECT id, id < max(id) OVER (ORDER BY position) AS gap FROM event WHERE position > $1) AS numbered`,
    [after],
  );
  const [{ count, ids, gaps }] = rows;
  expect(Number(ids)).toBeGreaterThan(count);
  expect(gaps).toBeGreaterThan(0);
  expect(followers.filter(({ losses }) => losses > 0).length).toBeGreaterThan(0);
  for (const { visits } of followers) expect(visits).toBeGreaterThan(1);
}

/** The control of the check: whoever does not resume loses events, and each kind of flaw is seen in a record that had none. */
async function expectFlawsNoticed(due: readonly number[], forgetful: readonly number[]): Promise<void> {
  expect(flaw(forgetful, due)).toMatch(/^lost/);
  const [first = 0, second = 0, ...rest] = due;
  expect(flaw([first, ...rest], due)).toMatch(/^lost: \d+ \(1\)$/);
  expect(flaw([first, second, second, ...rest], due)).toMatch(/^twice: \d+ \(1\)$/);
  expect(flaw([second, first, ...rest], due)).toMatch(/^late: \d+ \(1\)$/);
  expect(flaw(due, [first, ...rest])).toMatch(/^foreign: \d+ \(1\)$/);
}

describe('a subscriber that stands still', () => {
  /** Of each transport. */
  const STREAMS = 2;
  const EVENTS = 250;
  const BURST = 5;
  /** Bytes that a gateway may hold for the streams of one that stands still: each event is 100 kB, and 1 MB may wait. */
  const BOUND = STREAMS * 2 * 3_000_000;

  beforeAll(() =>
    client.query("UPDATE principal SET display_name = repeat('x', 100000) WHERE id = $1", [persona('maya')]),
  );

  /** Others get many events while one reader is frozen. */
  async function freeze(...preloads: string[]) {
    const node = await startNode(['memoryReport.ts', ...preloads]);
    const { cursor: after, position } = await head();
    const reader = await startReader(node, { caller: 'sam', query: FOLLOWED, after, streams: STREAMS });
    stack.defer(reader.end);
    const others = await Promise.all(
      TRANSPORTS.map((transport) => open(node, transport, 'grace', FOLLOWED, { after })),
    );
    await insertEvents(client, entra('maya'));
    await until('all to read', () => reader.lines().length === 2 * STREAMS);
    await reader.freeze();
    const before = await node.memory();
    // As many at a time as a stream keeps for whoever reads.
    for (let got = 1; got <= EVENTS; got += BURST) {
      await insertEvents(client, entra('maya'), 'assignment.assigned', BURST);
      for (const other of others) await other.atLeast(got + BURST);
    }
    return { node, reader, others, before, due: await dueTo('sam', position) };
  }

  it('costs the gateway little and the others nothing, is told where to go on, and misses nothing', async () => {
    const { node, reader, others, before, due } = await freeze();
    // The control: it has read nothing more, and the others have had everything.
    expect(reader.isStopped()).toBe(true);
    expect(reader.lines()).toHaveLength(2 * STREAMS);
    for (const { items } of others) expect(flaw(items.map(positionOf), due)).toBeNull();
    await until('what was for the others to be forgotten', async () => (await node.memory()) - before < BOUND);
    reader.thaw();
    const records = await until('the reader to have everything', () => {
      const streams = Object.values(Object.groupBy(reader.lines(), ({ stream }) => stream)) as ReaderLine[][];
      return streams.every((lines) => lines.some(({ position }) => position === due.at(-1))) ? streams : null;
    });
    for (const lines of records) {
      expect(
        flaw(
          lines.flatMap(({ position }) => position ?? []),
          due,
        ),
      ).toBeNull();
      const ends = lines.flatMap(({ end }) => end ?? []);
      expect(ends.length).toBeGreaterThan(0);
      for (const end of ends) {
        expect(end).toEqual({ code: 'RESYNC_REQUIRED', reason: 'OVERFLOW', cursor: expect.any(String) });
      }
    }
    await node.kill();
  });

  it('would cost far more without the bound on what waits for it', async () => {
    const { node, before } = await freeze('unbounded.ts');
    let least = Number.POSITIVE_INFINITY;
    // Longer than what was for the others is kept.
    const enoughAt = performance.now() + 2_000;
    await until('enough to be measured', async () => {
      least = Math.min(least, (await node.memory()) - before);
      return performance.now() > enoughAt;
    });
    expect(least).toBeGreaterThan(2 * BOUND);
    await node.kill();
  });
});
