/** Are positions dense, in order, never given twice, and given whoever dies? */
import { generateKeyPairSync } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processNow } from '../../src/clock.ts';
import { type Verdict, verifyLog } from '../../src/store/verification.ts';
import { checkpoint, POSITIONS_CHANNEL, sequence, startSequencer } from '../../src/stream/sequencer.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { type Program, runNode, until } from '../support/process.ts';

const checkpointKey = generateKeyPairSync('ed25519').privateKey;

let clone: TestDatabase;
let client: pg.Client;
let stack: AsyncDisposableStack;

beforeEach(async () => {
  clone = await cloneDatabase();
  stack = new AsyncDisposableStack();
  stack.defer(() => clone.drop());
  client = await connect();
});

afterEach(() => stack.disposeAsync());

async function connect(url = clone.url): Promise<pg.Client> {
  const another = new pg.Client({ connectionString: url });
  await another.connect();
  stack.defer(() => another.end());
  return another;
}

function start(faults: unknown[] = []) {
  const onFault = (error: unknown) => faults.push(error);
  // A test that stands still for a second leads on.
  const sequencer = startSequencer({ url: clone.url, checkpointKey, onFault, silenceMilliseconds: 60_000 });
  stack.defer(() => sequencer.stop());
  return sequencer;
}

const insert = (by: pg.Client, payload: object = {}) =>
  by.query("INSERT INTO event (at, type, payload) VALUES (clock_timestamp(), 'directory.imported', $1)", [payload]);

/** Whoever has signed: every sequencer here has a key of its own. */
async function verdict(): Promise<Verdict> {
  const { rows } = await client.query<{ public_key: Buffer }>('SELECT public_key FROM event_checkpoint');
  const trusted = rows.map((row) => row.public_key);
  return verifyLog(clone.url, { trusted, kept: null, auditRetentionDays: 400, now: processNow() });
}

const unnumbered = async () => (await client.query('SELECT FROM event WHERE position IS NULL')).rowCount ?? 0;
const numbered = () => until('every event to be numbered', async () => (await unnumbered()) === 0);

async function log(): Promise<{ position: number; payload: { aggregate: number; step: number } }[]> {
  const { rows } = await client.query('SELECT position::int, payload FROM event ORDER BY position');
  return rows;
}

/** Commits or rolls back, after a while or at once; each aggregate is locked as a business transaction locks its rows. */
async function write(by: pg.Client, aggregate: number, seed: number): Promise<void> {
  await by.query('BEGIN');
  if (seed % 3 === 0) await by.query('SELECT pg_sleep(0.004)');
  const { rows } = await by.query('UPDATE counter SET step = step + 1 WHERE aggregate = $1 RETURNING step', [
    aggregate,
  ]);
  for (let part = 0; part < 1 + (seed % 2); part++) await insert(by, { aggregate, step: rows[0].step + part / 10 });
  if (seed % 4 === 1) await by.query('SELECT pg_sleep(0.006)');
  await by.query(seed % 5 === 2 ? 'ROLLBACK' : 'COMMIT');
}

async function writers(count: number, transactions: number): Promise<void> {
  await client.query('CREATE TABLE counter (aggregate int PRIMARY KEY, step int NOT NULL)');
  await client.query('INSERT INTO counter SELECT n, 0 FROM generate_series(0, 3) n');
  await Promise.all(
    Array.from({ length: count }, async (_, writer) => {
      const by = await connect();
      for (let turn = 0; turn < transactions; turn++) await write(by, (writer + turn) % 4, writer * 7 + turn * 11);
    }),
  );
}

async function expectDenseAndInOrder(): Promise<void> {
  const events = await log();
  expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1));
  for (const aggregate of [0, 1, 2, 3]) {
    const steps = events.filter(({ payload }) => payload.aggregate === aggregate).map(({ payload }) => payload.step);
    expect(steps.length).toBeGreaterThan(10);
    expect(steps).toEqual(steps.toSorted((one, other) => one - other));
  }
  const { rows } = await client.query('SELECT position::int FROM event_log');
  expect(rows).toEqual([{ position: events.length }]);
}

it('gives twelve writers that delay and roll back dense positions, in the order of each aggregate', async () => {
  const faults: unknown[] = [];
  start(faults);
  await writers(12, 12);
  await numbered();
  const { rows } = await client.query('SELECT count(*)::int AS count, max(id)::int AS last FROM event');
  // The control: the writers did roll back, so that the serial ids themselves have holes.
  expect(rows[0].last).toBeGreaterThan(rows[0].count);
  await expectDenseAndInOrder();
  expect(faults).toEqual([]);
});

it('numbers once what several sequencers number at the same time', async () => {
  let writing = true;
  const rivals = Array.from({ length: 3 }, async () => {
    const by = await connect();
    let given = 0;
    while (writing || (await unnumbered()) > 0) given += await sequence(by);
    return given;
  });
  await writers(6, 16);
  writing = false;
  const given = await Promise.all(rivals);
  await expectDenseAndInOrder();
  expect(given.reduce((sum, count) => sum + count)).toBe((await log()).length);
});

it('keeps an event whose transaction took an earlier id and committed later', async () => {
  const slow = await connect();
  await slow.query('BEGIN');
  await insert(slow, { name: 'slow' });
  await insert(client, { name: 'quick' });
  await sequence(client);
  const byId = async (after: number) =>
    (await client.query("SELECT id::int, payload->>'name' AS name FROM event WHERE id > $1 ORDER BY id", [after])).rows;
  const [seen] = await byId(0);
  expect(seen.name).toBe('quick');
  await slow.query('COMMIT');
  await sequence(client);
  // The control: whoever reads on by id never sees it.
  expect(await byId(seen.id)).toEqual([]);
  expect((await log()).map(({ payload }) => payload)).toEqual([{ name: 'quick' }, { name: 'slow' }]);
});

it('numbers a batch in the order of the inserts, and the next batch behind it', async () => {
  await client.query(`INSERT INTO event (at, type, payload)
    SELECT clock_timestamp(), 'directory.imported', json_build_object('n', n) FROM generate_series(1, 2500) n`);
  expect([await sequence(client), await sequence(client), await sequence(client), await sequence(client)]).toEqual([
    1000, 1000, 500, 0,
  ]);
  const { rows } = await client.query(
    "SELECT count(*)::int AS wrong FROM event WHERE position <> (payload->>'n')::int",
  );
  expect(rows).toEqual([{ wrong: 0 }]);
});

it('notifies once for a batch, and not at all when there is nothing to number', async () => {
  const listener = await connect();
  const heard: string[] = [];
  listener.on('notification', ({ channel }) => heard.push(channel));
  await listener.query(`LISTEN ${POSITIONS_CHANNEL}`);
  await sequence(client);
  for (let count = 0; count < 5; count++) await insert(client);
  await sequence(client);
  await client.query('NOTIFY the_end');
  await listener.query('LISTEN the_end');
  await client.query('NOTIFY the_end');
  await until('the last notification', () => heard.includes('the_end'));
  expect(heard.filter((channel) => channel === POSITIONS_CHANNEL)).toHaveLength(1);
});

const leaders = async () => {
  const { rows } = await client.query<{ pid: number }>(`
    SELECT a.pid FROM pg_stat_activity a JOIN pg_locks l USING (pid)
    WHERE a.datname = current_database() AND a.application_name = 'portcullis sequencer'
      AND l.locktype = 'advisory' AND l.granted`);
  return rows.map(({ pid }) => pid);
};
const leader = () => until('a leader', async () => (await leaders())[0]);
const sessions = async () =>
  (
    await client.query(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'portcullis sequencer'",
    )
  ).rowCount ?? 0;

describe('when the connection of the leader is killed', () => {
  it.each([
    ['the only one', 1],
    ['one of two', 2],
  ])('%s, numbering goes on', async (_who, sequencers) => {
    const faults: unknown[] = [];
    for (let count = 0; count < sequencers; count++) start(faults);
    const first = await leader();
    await insert(client);
    await numbered();
    await client.query('SELECT pg_terminate_backend($1)', [first]);
    await insert(client);
    await numbered();
    expect(await leaders()).toEqual([expect.not.toBeOneOf([first])]);
    expect((await log()).map(({ position }) => position)).toEqual([1, 2]);
    await until('the fault', () => faults.length === 1);
  });

  it('leads alone: of three, one holds the lock, and a stopped one hands it over', async () => {
    const sequencers = [start(), start(), start()];
    await leader();
    expect(await leaders()).toHaveLength(1);
    for (const sequencer of sequencers.slice(0, 2)) await sequencer.stop();
    await insert(client);
    await numbered();
    expect(await leaders()).toHaveLength(1);
  });
});

describe('when the process of the leader', () => {
  let program: Program;
  let first: number;

  beforeEach(async () => {
    program = runNode('test/support/holdSequencer.ts', [clone.url], {});
    stack.defer(async () => {
      program.child.kill('SIGKILL');
      await program.ended;
    });
    first = await leader();
    await insert(client);
    await numbered();
    start();
    await until('a follower', async () => (await sessions()) === 2);
  });

  const takenOver = async () => {
    await insert(client);
    await numbered();
    expect(await leaders()).toEqual([expect.not.toBeOneOf([first])]);
  };

  it('is killed, the follower numbers', async () => {
    program.child.kill('SIGKILL');
    await takenOver();
    expect((await log()).map(({ position }) => position)).toEqual([1, 2]);
  });

  it('stands still, the follower numbers, and nothing is numbered twice when it moves again', async () => {
    program.child.kill('SIGSTOP');
    await takenOver();
    program.child.kill('SIGCONT');
    await until('the old leader to follow', async () => program.output() !== '' && (await sessions()) === 2);
    await insert(client);
    await numbered();
    expect(await leaders()).toHaveLength(1);
    expect((await log()).map(({ position }) => position)).toEqual([1, 2, 3]);
    expect(await verdict()).toMatchObject({ fault: null, intactUpTo: 3n });
  });

  it('stands still in the middle of a batch, what it had begun is undone and done by the follower', async () => {
    const rival = await connect();
    await rival.query('BEGIN; SELECT FROM event_log FOR UPDATE');
    await insert(client);
    await until('the leader to wait', async () => {
      const { rows } = await client.query('SELECT wait_event_type AS type FROM pg_stat_activity WHERE pid = $1', [
        first,
      ]);
      return rows[0]?.type === 'Lock';
    });
    program.child.kill('SIGSTOP');
    await rival.query('ROLLBACK');
    // Its session holds the row now, and nobody is there to go on.
    await takenOver();
    program.child.kill('SIGCONT');
    await until('the old leader to follow', async () => program.output() !== '' && (await sessions()) === 2);
    expect((await log()).map(({ position }) => position)).toEqual([1, 2, 3]);
    expect(await verdict()).toMatchObject({ fault: null, intactUpTo: 3n });
  });
});

it('signs what it has numbered, and before it stops', async () => {
  const signed = async () =>
    Number((await client.query('SELECT max(position) AS position FROM event_checkpoint')).rows[0].position);
  const sequencer = start();
  await insert(client);
  await until('the first checkpoint', async () => (await signed()) === 1);
  await insert(client);
  await until('the second checkpoint', async () => (await signed()) === 2);
  await insert(client);
  await numbered();
  await sequencer.stop();
  expect(await signed()).toBe(3);
  expect(await verdict()).toMatchObject({ fault: null, signedUpTo: 3n, checkpoints: 3 });
});

describe('the event log is append-only', () => {
  const refusals = [
    ['changing what happened', 'UPDATE event SET payload = \'{"forged": true}\''],
    ['changing when it happened', "UPDATE event SET at = at - interval '1 day'"],
    ['changing a position', 'UPDATE event SET position = position + 10'],
    ['taking a position back', 'UPDATE event SET position = NULL'],
    ['numbering and changing at once', "UPDATE event SET position = 99, type = 'a.b'"],
    ['deleting', 'DELETE FROM event'],
    ['truncating', 'TRUNCATE event'],
    ['truncating what it refers to', 'TRUNCATE principal CASCADE'],
  ] as const;

  const evidence = [
    ['changing a batch', 'UPDATE event_batch SET root = log_root'],
    ['deleting a batch', 'DELETE FROM event_batch'],
    ['truncating batches', 'TRUNCATE event_batch'],
    ['changing a checkpoint', 'UPDATE event_checkpoint SET log_root = public_key'],
    ['deleting a checkpoint', 'DELETE FROM event_checkpoint'],
    ['truncating checkpoints', 'TRUNCATE event_checkpoint'],
  ] as const;

  beforeEach(async () => {
    await insert(client, { name: 'numbered' });
    await sequence(client);
    await checkpoint(client, checkpointKey);
    await insert(client, { name: 'waiting' });
  });

  it.each(['origin', 'replica'])('by trigger to an administrator in a session of role %s', async (role) => {
    const before = await log();
    const administrator = await connect(clone.administratorUrl);
    await administrator.query(`SET session_replication_role = ${role}`);
    for (const [what, statement] of [...refusals, ...evidence]) {
      await expect(administrator.query(statement), what).rejects.toThrow(
        /^the (evidence of the )?event log is append-only/,
      );
    }
    expect(await log()).toEqual(before);
  });

  it('by grant to the role that owns it, also with the triggers disabled', async () => {
    for (const table of ['event', 'event_batch', 'event_checkpoint']) {
      await client.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    }
    for (const [what, statement] of [
      ...refusals.filter(([, text]) => !/SET position|principal/.test(text)),
      ...evidence,
    ]) {
      await expect(client.query(statement), what).rejects.toThrow(/^permission denied for table event/);
    }
    const cascade = client.query('TRUNCATE principal CASCADE');
    await expect(cascade).rejects.toThrow('permission denied for table event');
    const inserted = client.query(
      "INSERT INTO event (position, leaf_hash, at, type, payload) VALUES (9, sha256(''), now(), 'a.b', '{}')",
    );
    await expect(inserted).rejects.toThrow('permission denied for table event');
    await expect(client.query('DELETE FROM event_log')).rejects.toThrow('permission denied for table event_log');
    // The control: it is the grants that are in the way.
    await client.query('GRANT DELETE ON event TO CURRENT_USER');
    await expect(client.query('DELETE FROM event')).resolves.toMatchObject({ rowCount: 2 });
  });

  it('but takes a position where there was none, which is all that the sequencer does', async () => {
    await client.query("UPDATE event SET position = 2, leaf_hash = sha256('') WHERE position IS NULL");
    expect((await log()).map(({ position }) => position)).toEqual([1, 2]);
  });
});
