/** In which order did things happen? One process at a time gives committed events their dense positions. */
import pg from 'pg';

/** Any number nobody else takes: whoever holds it numbers the events, and loses it with its connection. */
const LEADER_LOCK = 7_041_776_010;
export const POSITIONS_CHANNEL = 'portcullis_positions';

const BATCH = 1000;
/** How often a leader looks for new events, and a follower for a vacant lead. One look is one index probe, about 0.1 ms. */
const LEADER_INTERVAL = 20;
const FOLLOWER_INTERVAL = 500;
const RECONNECT_INTERVAL = 1000;

export interface Sequencer {
  stop(): Promise<void>;
}

/** @param onFault told of every failure; the sequencer itself carries on with a new connection */
export function startSequencer(url: string, onFault: (error: unknown) => void): Sequencer {
  const stopped = new AbortController();
  const running = run(url, stopped.signal, onFault);
  return {
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

async function run(url: string, stopped: AbortSignal, onFault: (error: unknown) => void): Promise<void> {
  while (!stopped.aborted) {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: 5_000,
      // A database that is silent without being gone is given up on.
      query_timeout: 30_000,
      keepAlive: true,
      application_name: 'portcullis sequencer',
    });
    client.on('error', () => undefined); // the query that needs the connection reports its loss
    try {
      await client.connect();
      await lead(client, stopped);
    } catch (error) {
      onFault(error);
      await pause(RECONNECT_INTERVAL, stopped);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

async function lead(client: pg.Client, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted && !(await acquireLead(client))) await pause(FOLLOWER_INTERVAL, stopped);
  while (!stopped.aborted) {
    const given = await sequence(client);
    if (given < BATCH) await pause(LEADER_INTERVAL, stopped);
  }
}

async function acquireLead(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ leads: boolean }>('SELECT pg_try_advisory_lock($1) AS leads', [LEADER_LOCK]);
  return rows[0]?.leads === true;
}

/**
 * One batch. The row of `event_log` is locked before the events are read, so that positions stay dense even if two
 * processes took themselves for the leader. Ids order what a row lock has ordered: whoever waited inserted later.
 */
export async function sequence(client: pg.Client): Promise<number> {
  const { rows: waiting } = await client.query('SELECT 1 FROM event WHERE position IS NULL LIMIT 1');
  if (waiting.length === 0) return 0;
  await client.query('BEGIN');
  try {
    const { rows } = await client.query<{ position: string }>('SELECT position FROM event_log FOR UPDATE');
    const { rowCount } = await client.query(
      `WITH fresh AS (SELECT id, row_number() OVER (ORDER BY id) AS step
         FROM (SELECT id FROM event WHERE position IS NULL ORDER BY id LIMIT ${BATCH}) AS oldest)
       UPDATE event SET position = $1::bigint + fresh.step FROM fresh WHERE event.id = fresh.id`,
      [rows[0]?.position],
    );
    const given = rowCount ?? 0;
    await client.query('UPDATE event_log SET position = position + $1', [given]);
    await client.query(`NOTIFY ${POSITIONS_CHANNEL}`);
    await client.query('COMMIT');
    return given;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

function pause(milliseconds: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stopped.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    stopped.addEventListener('abort', done);
  });
}
