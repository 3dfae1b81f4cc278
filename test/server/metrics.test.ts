/** Can operators see whether events get their positions, and can nobody else? */
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics, mayRead } from '../../src/server/metrics.ts';
import { watchLag } from '../../src/stream/lag.ts';
import { cloneDatabase } from '../support/database.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { until } from '../support/process.ts';

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  stack.defer(() => client.end());
  return client;
}

const insert = (client: pg.Client, secondsAgo = 0) =>
  client.query(
    "INSERT INTO event (at, type, payload) VALUES (clock_timestamp() - make_interval(secs => $1), 'directory.imported', '{}')",
    [secondsAgo],
  );

const scrape = (gateway: TestGateway, headers: Record<string, string> = {}) =>
  fetch(gateway.url.replace('/graphql', '/metrics'), { headers });

async function metric(gateway: TestGateway, name: string): Promise<number> {
  const text = await (await scrape(gateway)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

describe('the metrics', () => {
  it('say how far the log is, how late it is, and which of two gateways numbers it', async () => {
    const first = stack.use(await startGateway({ empty: true }));
    const second = stack.use(await startGateway({ database: first.clone }));
    const leads = () => Promise.all([first, second].map((each) => metric(each, 'portcullis_event_log_leader')));
    await until('one leader', async () => (await leads()).toSorted().join() === '0,1');
    const client = await connect(first.databaseUrl);
    await insert(client);
    await insert(client);
    for (const gateway of [first, second]) {
      await until('the position', async () => (await metric(gateway, 'portcullis_event_log_position')) === 2);
      expect(await metric(gateway, 'portcullis_event_log_lag_seconds')).toBe(0);
    }
    // Nobody can number while another session holds the log.
    await client.query('BEGIN; SELECT FROM event_log FOR UPDATE');
    await insert(await connect(first.databaseUrl), 100);
    await until('the lag', async () => (await metric(first, 'portcullis_event_log_lag_seconds')) > 99);
    await client.query('ROLLBACK');
    await until('its end', async () => (await metric(first, 'portcullis_event_log_lag_seconds')) === 0);
  });

  it('are text as Prometheus reads it, about the process too where it is asked for', async () => {
    const gateway = stack.use(await startGateway({ empty: true }));
    const response = await scrape(gateway);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await response.text()).toMatch(/^# TYPE portcullis_event_log_lag_seconds gauge$/m);
    expect(await createMetrics({ token: null, ofProcess: true }).registry.metrics()).toMatch(
      /^process_cpu_seconds_total /m,
    );
    const post = await fetch(gateway.url.replace('/graphql', '/metrics'), { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('are for this machine alone, and what a proxy passes on is not from here', async () => {
    const gateway = stack.use(await startGateway({ empty: true }));
    expect((await scrape(gateway, { 'x-forwarded-for': '192.0.2.1' })).status).toBe(403);
    const from = (remoteAddress: string, headers = {}) =>
      mayRead({ headers, socket: { remoteAddress } } as never, null);
    expect(['127.0.0.1', '::1', '::ffff:127.0.0.1'].map((address) => from(address))).toEqual([true, true, true]);
    expect(['192.0.2.1', '::ffff:192.0.2.1', '2001:db8::127.0.0.1', ''].map((address) => from(address))).toEqual(
      Array(4).fill(false),
    );
    expect([from('127.0.0.1', { forwarded: 'for=192.0.2.1' }), from('127.0.0.1', { via: '1.1 proxy' })]).toEqual([
      false,
      false,
    ]);
  });

  it('ask for the token where there is one', async () => {
    const gateway = stack.use(await startGateway({ empty: true, config: { metricsToken: 'secret' } }));
    const statuses = await Promise.all(
      [{}, { authorization: 'Bearer other' }, { authorization: 'secret' }, { authorization: 'Bearer secret' }].map(
        async (headers) => (await scrape(gateway, headers)).status,
      ),
    );
    expect(statuses).toEqual([401, 401, 401, 200]);
    expect((await scrape(gateway)).headers.get('www-authenticate')).toBe('Bearer');
  });
});

describe('the alarm', () => {
  it('is given once when an event waits too long, and called off once', async () => {
    const clone = await cloneDatabase();
    stack.defer(() => clone.drop());
    const client = await connect(clone.url);
    const said: string[] = [];
    const watch = watchLag({ ...clone, alarmSeconds: 5, onAlarm: (line) => said.push(line) });
    stack.defer(() => watch.stop());
    await insert(client, 3.5);
    await until('the first look', () => (watch.state?.lagSeconds ?? 0) > 3);
    // It grows older than the threshold by itself, look by look.
    await until('the alarm', () => said.length > 0);
    await until('another look', () => (watch.state?.lagSeconds ?? 0) > 9);
    expect(said).toHaveLength(1);
    const [, seconds] =
      /^Event log: an event has been waiting for its position for (\d+\.\d) s, longer than the 5 s of LAG_ALARM_SECONDS\./.exec(
        said[0] as string,
      ) ?? [];
    // The third look at which it is too late, a second behind each other.
    expect(Number(seconds)).toBeGreaterThanOrEqual(7);
    await client.query("UPDATE event SET position = 1, leaf_hash = sha256('')");
    await until('the end', () => said.length > 1);
    expect(said[1]).toBe('Event log: every event has its position again.');
    expect(watch.state?.lagSeconds).toBe(0);
  });

  it('is not given for what happened long ago and was recorded just now', async () => {
    const clone = await cloneDatabase();
    stack.defer(() => clone.drop());
    const client = await connect(clone.url);
    const said: string[] = [];
    const watch = watchLag({ ...clone, alarmSeconds: 5, onAlarm: (line) => said.push(line) });
    stack.defer(() => watch.stop());
    await insert(client, 1_000_000);
    await until('a look', () => (watch.state?.lagSeconds ?? 0) > 5);
    await client.query("UPDATE event SET position = 1, leaf_hash = sha256('')");
    await until('the next look', () => watch.state?.lagSeconds === 0);
    expect(said).toEqual([]);
  });

  it('knows nothing while the database does not answer', async () => {
    const clone = await cloneDatabase();
    stack.defer(() => clone.drop());
    const client = await connect(clone.url);
    await client.query('ALTER TABLE event_log RENAME TO hidden');
    const watch = watchLag({ ...clone, alarmSeconds: 5, onAlarm: () => undefined });
    stack.defer(() => watch.stop());
    await client.query('ALTER TABLE hidden RENAME TO event_log');
    await until('an answer', () => watch.state !== null);
    await client.query('ALTER TABLE event_log RENAME TO hidden');
    await until('no answer', () => watch.state === null);
  });
});
