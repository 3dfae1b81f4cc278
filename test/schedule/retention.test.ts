/** Does what happened stay as long as it must, go when its time is over, and leave what remains proved? */
import { generateKeyPairSync } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processNow } from '../../src/clock.ts';
import { readConfig, SettingError } from '../../src/config.ts';
import { startScheduler } from '../../src/schedule/scheduler.ts';
import { oldestReplayable } from '../../src/store/event.ts';
import { keepRetention, purgeEvents } from '../../src/store/eventLog.ts';
import { publicKeyOf, signCheckpoint } from '../../src/store/evidence.ts';
import { verifyLog } from '../../src/store/verification.ts';
import { checkpoint, sequence } from '../../src/stream/sequencer.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/process.ts';

const key = generateKeyPairSync('ed25519').privateKey;
const DAY_MILLISECONDS = 86_400_000;

let clone: TestDatabase;
let client: pg.Client;

beforeEach(async () => {
  clone = await cloneDatabase();
  client = new pg.Client({ connectionString: clone.url });
  await client.connect();
});

afterEach(async () => {
  await client.end();
  await clone.drop();
});

const daysAgo = (days: number) => new Date(processNow().getTime() - days * DAY_MILLISECONDS);

/** A batch of events of that age, and a checkpoint behind it that was signed then. */
async function happened(days: number, count = 1, signedDays: number | null = days): Promise<void> {
  await client.query(
    "INSERT INTO event (at, type, payload) SELECT $1, 'directory.imported', '{}' FROM generate_series(1, $2::int)",
    [daysAgo(days), count],
  );
  await sequence(client);
  if (signedDays !== null) await sign(signedDays);
}

async function sign(days: number): Promise<void> {
  const { rows } = await client.query('SELECT * FROM event_batch ORDER BY last_position DESC LIMIT 1');
  const { last_position: position, log_root: logRoot, epoch } = rows[0];
  const signedAt = `${daysAgo(days).toISOString().slice(0, -1)}000Z`;
  const signed = signCheckpoint({ position: BigInt(position), logRoot, epoch, signedAt }, key);
  await client.query('INSERT INTO event_checkpoint VALUES ($1, $2, $3, $4, $5, $6)', [
    position,
    epoch,
    logRoot,
    signedAt,
    signed.publicKey,
    signed.signature,
  ]);
}

const positions = async () =>
  (await client.query('SELECT position::int FROM event ORDER BY position')).rows.map((row) => row.position as number);
const verdict = (auditRetentionDays = 400) =>
  verifyLog(clone.url, { trusted: [publicKeyOf(key)], kept: null, auditRetentionDays, now: processNow() });
const replayable = () => oldestReplayable(clone.database.em.fork().getKysely());

describe('after the retention of the audit', () => {
  it('whole batches go, the oldest first, and the verifier says from where on the rest is proved', async () => {
    await happened(402, 3);
    await happened(401, 2);
    await happened(399, 2);
    await happened(1, 1);
    expect(await purgeEvents(clone.database)).toBe(5);
    expect(await positions()).toEqual([6, 7, 8]);
    expect(await verdict()).toMatchObject({ fault: null, intactUpTo: 8n, purged: 5n, signedUpTo: 8n });
    expect(await purgeEvents(clone.database)).toBe(0);
    // What is gone cannot be replayed, whatever is set.
    expect(await replayable()).toBe('7');
    await happened(0, 1);
    expect(await positions()).toEqual([6, 7, 8, 9]);
    expect(await verdict()).toMatchObject({ fault: null, intactUpTo: 9n });
  });

  it('a batch stays until its youngest event and everything before it may go', async () => {
    await happened(500, 2);
    await client.query("INSERT INTO event (at, type, payload) VALUES ($1, 'directory.imported', '{}')", [daysAgo(500)]);
    await happened(399);
    await happened(500, 1, null);
    await sign(450);
    expect(await purgeEvents(clone.database)).toBe(2);
    expect(await positions()).toEqual([3, 4, 5]);
  });

  it('what no checkpoint of that age covers stays, so that nobody can make events look older than they are', async () => {
    await happened(500, 2, null);
    await checkpoint(client, key);
    expect(await purgeEvents(clone.database)).toBe(0);
    expect(await positions()).toEqual([1, 2]);
  });

  it('any number of them goes, a thousand at a time', async () => {
    for (let batch = 0; batch < 3; batch++) await happened(401, 900);
    await happened(401, 10);
    expect(await purgeEvents(clone.database)).toBe(2710);
    expect(await positions()).toEqual([]);
    expect(await verdict()).toMatchObject({ fault: null, intactUpTo: 2710n, purged: 2710n });
  });

  it('the scheduler sees to it', async () => {
    await happened(401, 2);
    await happened(1, 1);
    const faults: unknown[] = [];
    const scheduler = startScheduler({
      database: clone.database,
      url: clone.url,
      onFault: (error) => faults.push(error),
    });
    await until('the end of what is old', async () => (await positions()).length === 1);
    await scheduler.stop();
    expect(faults).toEqual([]);
  });

  it('none of it goes by another way, and nothing young goes at all', async () => {
    await happened(401, 2);
    await happened(399, 2);
    await expect(client.query('DELETE FROM event WHERE position = 1')).rejects.toThrow(
      'permission denied for table event',
    );
    const administrator = new pg.Client({ connectionString: clone.administratorUrl });
    await administrator.connect();
    await expect(administrator.query('DELETE FROM event WHERE position = 1')).rejects.toThrow(
      'the event log is append-only',
    );
    // Not even where the log says that it has gone.
    await administrator.query('UPDATE event_log SET purged = position');
    await expect(administrator.query('DELETE FROM event WHERE position = 3')).rejects.toThrow(
      'the event log is append-only',
    );
    await administrator.query('DELETE FROM event WHERE position = 1');
    await administrator.end();
    expect(await purgeEvents(clone.database)).toBe(0);
  });

  it('the right to delete is gone again, and was never there for anybody else', async () => {
    await happened(401, 2);
    await client.query('BEGIN');
    await client.query('SELECT purge_events(1000)');
    const other = new pg.Client({ connectionString: clone.url });
    await other.connect();
    const may = "SELECT has_table_privilege('event', 'DELETE') AS may";
    expect((await other.query(may)).rows).toEqual([{ may: false }]);
    await client.query('COMMIT');
    expect((await client.query(may)).rows).toEqual([{ may: false }]);
    expect((await other.query(may)).rows).toEqual([{ may: false }]);
    await other.end();
  });

  it('a retention of one’s own holds, for the verifier too', async () => {
    await happened(11, 2);
    await happened(9, 2);
    await keepRetention(clone.database, { auditRetentionDays: 10, replayRetentionDays: 5 });
    expect(await purgeEvents(clone.database)).toBe(2);
    expect(await verdict(10)).toMatchObject({ fault: null, purged: 2n });
    expect((await verdict(400)).fault?.what).toBe(
      'the rows up to position 2 were deleted before their retention of 400 days was over',
    );
  });
});

describe('a stream may be resumed', () => {
  it('from anywhere in a log that is younger than the retention for replay', async () => {
    expect(await replayable()).toBe('0');
    await happened(29, 3);
    expect(await replayable()).toBe('0');
  });

  it('from behind the last event that is older', async () => {
    await happened(40, 2);
    await client.query("INSERT INTO event (at, type, payload) VALUES ($1, 'directory.imported', '{}')", [daysAgo(31)]);
    await happened(29, 1);
    await happened(1, 2);
    expect(await replayable()).toBe('3');
    await keepRetention(clone.database, { auditRetentionDays: 400, replayRetentionDays: 39 });
    expect(await replayable()).toBe('2');
    await keepRetention(clone.database, { auditRetentionDays: 400, replayRetentionDays: 41 });
    expect(await replayable()).toBe('0');
  });

  it('from the same place in a log of many batches', async () => {
    for (let batch = 0; batch < 60; batch++) await happened(batch < 30 ? 40 : 1, 3, null);
    expect(await replayable()).toBe('90');
  });
});

describe('the settings', () => {
  it.each([
    [{}, { auditRetentionDays: 400, replayRetentionDays: 30 }],
    [{ AUDIT_RETENTION_DAYS: '20' }, { auditRetentionDays: 20, replayRetentionDays: 20 }],
    [
      { AUDIT_RETENTION_DAYS: '20', REPLAY_RETENTION_DAYS: '7' },
      { auditRetentionDays: 20, replayRetentionDays: 7 },
    ],
  ])('%j mean %j', (env, expected) => {
    expect(readConfig(env)).toMatchObject(expected);
  });

  it('are refused where replay would need what is gone', () => {
    expect(() => readConfig({ AUDIT_RETENTION_DAYS: '20', REPLAY_RETENTION_DAYS: '21' })).toThrow(
      new SettingError(
        'REPLAY_RETENTION_DAYS is 21 and AUDIT_RETENTION_DAYS 20: what is no longer there cannot be replayed.',
      ),
    );
  });
});
