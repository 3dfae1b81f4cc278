/** Does the scheduler come up, do what is due within seconds, survive the loss of its connections, and stop? */
import { once } from 'node:events';
import net from 'node:net';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startScheduler } from '../../src/schedule/scheduler.ts';
import { openPool } from '../../src/store/database.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/process.ts';
import { type Rows, rowsOf } from '../support/rows.ts';

let clone: TestDatabase;
let given: Rows;
beforeEach(async () => {
  clone = await cloneDatabase();
  given = rowsOf(clone.database);
});
afterEach(() => clone.drop());

const expired = async (count: number) => (await given.events()).length === count;

test('what falls due happens, once, with two gateways on one database', async () => {
  const faults: unknown[] = [];
  const options = { database: clone.database, url: clone.url, onFault: (error: unknown) => faults.push(error) };
  const schedulers = [startScheduler(options), startScheduler(options)];
  try {
    await given.assignment({ principal: await given.user(), ends: -1 });
    await until('the first end', () => expired(1));
    await given.assignment({ principal: await given.user(), ends: 1 / 60 });
    await until('the second end', () => expired(2));
  } finally {
    await Promise.all(schedulers.map((scheduler) => scheduler.stop()));
  }
  expect(faults).toEqual([]);
});

test('it takes up its work again after its connections were lost, and after a worker died at it', async () => {
  const scheduler = startScheduler({ database: clone.database, url: clone.url, onFault: () => undefined });
  try {
    await given.assignment({ principal: await given.user(), ends: -1 });
    await until('the first end', () => expired(1));
    await given.run(sql`UPDATE graphile_worker._private_jobs SET locked_at = now(), locked_by = 'dead'`);
    await given.run(sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND (query LIKE '%graphile_worker%' OR query LIKE 'LISTEN "jobs%')`);
    await given.assignment({ principal: await given.user(), ends: -1 });
    await until('the second end', () => expired(2));
  } finally {
    await scheduler.stop();
  }
});

test('a job whose end cannot be told takes nothing else with it', async () => {
  const scheduler = startScheduler({ database: clone.database, url: clone.url, onFault: () => undefined });
  try {
    await given.assignment({ principal: await given.user(), ends: -1 });
    await until('the first end', () => expired(1));
    await given.run(sql`DO $do$ BEGIN
      CREATE SEQUENCE lost;
      CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('lost') <= 3 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
        RETURN OLD;
      END $$;
      CREATE TRIGGER lose AFTER DELETE ON graphile_worker._private_jobs FOR EACH ROW EXECUTE FUNCTION lose();
    END $do$`);
    await until('three to be lost, and another one', async () => {
      const [{ count } = { count: '0' }] = await given.run(
        sql<{ count: string }>`SELECT last_value AS count FROM lost`,
      );
      return Number(count) > 3;
    });
    await given.assignment({ principal: await given.user(), ends: -1 });
    await until('the second end', () => expired(2));
  } finally {
    await scheduler.stop();
  }
});

test('it stops while the database is away', async () => {
  const sockets = new Set<net.Socket>();
  const { searchParams } = new URL(clone.url);
  const between = net.createServer((socket) => {
    const server = net.connect(`${searchParams.get('host')}/.s.PGSQL.5432`);
    for (const [one, other] of [[socket, server] as const, [server, socket] as const]) {
      sockets.add(one);
      one.on('error', () => undefined).on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  between.listen(0, '127.0.0.1');
  await once(between, 'listening');
  const url = new URL(clone.url);
  url.hostname = '127.0.0.1';
  url.port = String((between.address() as net.AddressInfo).port);
  url.searchParams.delete('host');
  const scheduler = startScheduler({ database: clone.database, url: url.href, onFault: () => undefined });
  await given.assignment({ principal: await given.user(), ends: -1 });
  await until('the first end', () => expired(1));
  between.close();
  for (const socket of sockets) socket.destroy();
  const faults = new Set<string>();
  const again = startScheduler({
    ...{ database: clone.database, url: url.href },
    onFault: (error) => faults.add(String(error)),
  });
  await until('it to miss the database', async () => faults.size > 0);
  await Promise.all([scheduler.stop(), again.stop()]);
  await expect(openPool(url.href, 1, () => undefined).pool.connect()).rejects.toMatchObject({ code: '40001' });
});

test('it can be stopped before it has come up', async () => {
  const scheduler = startScheduler({ database: clone.database, url: clone.url, onFault: () => undefined });
  await scheduler.stop();
});

test('nothing of it is left once it has stopped, whenever that is', async () => {
  const faults: unknown[] = [];
  for (const queued of [false, true]) {
    const options = { database: clone.database, url: clone.url, onFault: (error: unknown) => faults.push(error) };
    const scheduler = startScheduler(options);
    // It has just begun to queue, or has come so far that it listens.
    const library =
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query ~ 'graphile_worker|jobs:insert'";
    await until('its sessions', async () => (await given.run(sql.raw(library))).length > (queued ? 1 : 0));
    await scheduler.stop();
    // Whoever is still there hears of it, as when the database is stopped behind it.
    await given
      .run(sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`)
      .catch(() => undefined);
  }
  expect(faults).toEqual([]);
});
