/**
 * What does the order of events cost those who write them, and how late does it come? Writers in a process of their own commit
 * events one by one, on a durable PostgreSQL, with the sequencer running and without.
 */
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { PROJECT_FOLDER } from '../../src/config.ts';
import { POSITIONS_CHANNEL, type Sequencer, startSequencer } from '../../src/stream/sequencer.ts';
import { type Measure, median, report } from './report.ts';
import { startServer } from './support/server.ts';

const RUNS = 3;
const WRITERS = [16, 32];
const SATURATED_SECONDS = 4;
const PACED_SECONDS = 10;
const PACE_PER_SECOND = 100;
const BACKLOG = 200_000;
const TICK_MICROSECONDS = 10_000;

const run = promisify(execFile);

export async function bench(): Promise<void> {
  const { url, client, stop } = await startServer();
  try {
    const measures: Measure[] = [];
    for (const writers of WRITERS) measures.push(...(await saturate(url, client, writers)));
    measures.push(...(await pace(url, client)), await catchUp(url, client));
    report('log', measures);
  } finally {
    await stop();
  }
}

function start(url: string): Sequencer {
  const checkpointKey = generateKeyPairSync('ed25519').privateKey;
  return startSequencer({ url, checkpointKey, onFault: (error) => console.error(error) });
}

/** @returns commits a second */
async function write(url: string, writers: number, seconds: number, perSecond = 0): Promise<number> {
  const file = path.join(PROJECT_FOLDER, 'test/bench/support/eventWriters.ts');
  const args = [file, url, writers, seconds, perSecond].map(String);
  const { stdout } = await run(process.execPath, args);
  const result = JSON.parse(stdout) as { committed: number; seconds: number };
  return result.committed / result.seconds;
}

/** Until the last committed event has its position. */
async function drain(client: pg.Client): Promise<void> {
  while ((await client.query('SELECT FROM event WHERE position IS NULL LIMIT 1')).rowCount !== 0) await delay(20);
}

const lastId = async (client: pg.Client) => (await client.query('SELECT max(id) AS id FROM event')).rows[0].id ?? '0';

async function saturate(url: string, client: pg.Client, writers: number): Promise<Measure[]> {
  const without: number[] = [];
  const beside: number[] = [];
  const lags: number[] = [];
  const processor: number[] = [];
  const own: number[] = [];
  for (let index = 0; index < RUNS; index++) {
    without.push(await write(url, writers, SATURATED_SECONDS));
    const sequencer = start(url);
    await drain(client);
    const since = await lastId(client);
    const before = await leaderTicks(client);
    const ownBefore = process.cpuUsage();
    beside.push(await write(url, writers, SATURATED_SECONDS));
    await drain(client);
    const events = Number(await lastId(client)) - Number(since);
    processor.push((((await leaderTicks(client)) - before) * TICK_MICROSECONDS) / events);
    const { user, system } = process.cpuUsage(ownBefore);
    own.push((user + system) / events);
    await sequencer.stop();
    lags.push(...(await sealedAfter(client, since)));
  }
  const ratio = median(without.map((each, index) => (beside[index] ?? 0) / each));
  return [
    { what: `${writers} writers without the sequencer, commits/s`, value: median(without) },
    { what: `${writers} writers beside it, commits/s`, value: median(beside) },
    { what: `${writers} writers, beside / without`, value: ratio, gate: 0.7, better: 'higher' },
    { what: `${writers} writers, commit to position p50, ms`, value: percentile(lags, 50) },
    { what: `${writers} writers, commit to position p99, ms`, value: percentile(lags, 99) },
    { what: `${writers} writers, the leader's PostgreSQL session, µs/event`, value: median(processor) },
    { what: `${writers} writers, the leader's process, µs/event`, value: median(own) },
  ];
}

/** Milliseconds from an insert to the moment its batch was sealed: longer than from its commit. */
async function sealedAfter(client: pg.Client, id: string): Promise<number[]> {
  const { rows } = await client.query<{ lag: string }>(
    `SELECT extract(epoch FROM sealed_at - at) * 1000 AS lag
     FROM event JOIN event_batch ON position BETWEEN first_position AND last_position WHERE id > $1`,
    [id],
  );
  return rows.map(({ lag }) => Number(lag));
}

/** At a pace that a busy company might have; measured where a gateway hears of it. */
async function pace(url: string, client: pg.Client): Promise<Measure[]> {
  const sequencer = start(url);
  await drain(client);
  const lags: number[] = [];
  const listener = new pg.Client({ connectionString: url });
  await listener.connect();
  let position = (await client.query('SELECT position FROM event_log')).rows[0].position as string;
  let reading = Promise.resolve();
  const read = async () => {
    const heard = performance.timeOrigin + performance.now();
    const { rows } = await client.query<{ position: string; at: string }>(
      'SELECT position, extract(epoch FROM at) * 1000 AS at FROM event WHERE position > $1 ORDER BY position',
      [position],
    );
    position = rows.at(-1)?.position ?? position;
    lags.push(...rows.map(({ at }) => heard - Number(at)));
  };
  listener.on('notification', () => {
    reading = reading.then(read);
  });
  await listener.query(`LISTEN ${POSITIONS_CHANNEL}`);
  await write(url, 4, PACED_SECONDS, PACE_PER_SECOND);
  await drain(client);
  await reading;
  await listener.end();
  await sequencer.stop();
  const pace = `${PACE_PER_SECOND} events/s`;
  return [
    { what: `${pace}, insert to notification p50, ms`, value: percentile(lags, 50), gate: 50 },
    { what: `${pace}, insert to notification p99, ms`, value: percentile(lags, 99), gate: 250, goal: 100 },
  ];
}

/** After a time without a gateway. */
async function catchUp(url: string, client: pg.Client): Promise<Measure> {
  await client.query(
    `INSERT INTO event (at, type, payload) SELECT clock_timestamp(), 'directory.imported', '{}' FROM generate_series(1, ${BACKLOG})`,
  );
  const begin = performance.now();
  const sequencer = start(url);
  await drain(client);
  const perSecond = BACKLOG / ((performance.now() - begin) / 1000);
  await sequencer.stop();
  return { what: `catching up with ${BACKLOG} events, events/s`, value: perSecond, gate: 5000, better: 'higher' };
}

function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? Number.NaN;
}

/** Processor time of the session that numbers, as Linux counts it; NaN elsewhere. */
async function leaderTicks(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'portcullis sequencer'",
  );
  const stat = await readFile(`/proc/${rows[0]?.pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
