/**
 * In which order did things happen? One process at a time gives committed events their dense positions, seals each batch of
 * them with hashes and signs the log's root.
 *
 * The leader is whoever holds an advisory lock, and PostgreSQL takes it away from a leader that is silent for a second: one
 * that was killed, frozen or cut off from the network. The next one is there within two.
 */
import pg from 'pg';
import { batchRoot, nodeHash, type SigningKey, signCheckpoint } from '../store/evidence.ts';

/** Any number nobody else takes: whoever holds it numbers the events, and loses it with its connection. */
const LEADER_LOCK = 7_041_776_010;
export const POSITIONS_CHANNEL = 'portcullis_positions';

const BATCH = 1000;
/** How often a leader looks for new events, and a follower for a vacant lead. One look is one index probe, about 0.1 ms. */
const LEADER_INTERVAL = 20;
/** … while there was something within the last second: half of a batch's way to its readers would be waiting. */
const BUSY_INTERVAL = 5;
const BUSY_MILLISECONDS = 1000;
const FOLLOWER_INTERVAL = 250;
const RECONNECT_INTERVAL = 500;
/** What was sealed since the last checkpoint is proved by the next one, so much later. */
const CHECKPOINT_INTERVAL = 1000;

export interface SequencerOptions {
  readonly url: string;
  /** Signs the checkpoints. */
  readonly checkpointKey: SigningKey;
  /** Told of every failure; the sequencer itself carries on with a new connection. */
  readonly onFault: (error: unknown) => void;
  /** Tells the gateways of new positions, once they are committed. Left out: PostgreSQL notifies them with the commit. */
  readonly announce?: (() => void) | undefined;
  /**
   * A leader that says nothing for so long is none any more. It speaks every 20 ms; only a process that stands still does
   * not. Default 1,000.
   */
  readonly silenceMilliseconds?: number;
}

export interface Sequencer {
  /** Whether this process is the one that numbers. */
  readonly leads: boolean;
  stop(): Promise<void>;
}

export function startSequencer(options: SequencerOptions): Sequencer {
  const stopped = new AbortController();
  const self = {
    leads: false,
    async stop() {
      stopped.abort();
      await running;
    },
  };
  const running = run(options, self, stopped.signal);
  return self;
}

async function run(options: SequencerOptions, self: { leads: boolean }, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    const client = new pg.Client({
      connectionString: options.url,
      connectionTimeoutMillis: 5_000,
      statement_timeout: 10_000,
      // A database that is silent without being gone is given up on.
      query_timeout: 15_000,
      keepAlive: true,
      application_name: 'portcullis sequencer',
    });
    client.on('error', () => undefined); // the query that needs the connection reports its loss
    try {
      await client.connect();
      await client.query(PLANS);
      while (!stopped.aborted && !self.leads) {
        self.leads = await acquireLead(client, options.silenceMilliseconds ?? 1000);
        if (!self.leads) await pause(FOLLOWER_INTERVAL, stopped);
      }
      if (self.leads) await lead(client, options, stopped);
    } catch (error) {
      options.onFault(error);
      await pause(RECONNECT_INTERVAL, stopped);
    } finally {
      self.leads = false;
      await client.end().catch(() => undefined);
    }
  }
}

/**
 * A batch is read through the index of what has no position, whatever the statistics say: how much that is changes from one
 * moment to the next, and a plan that sorts all of it for each batch never catches up with a million of them.
 */
export const PLANS =
  'SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off';

/** The session's deadlines come with the lead, in one statement: there is no moment at which it could be held for ever. */
async function acquireLead(client: pg.Client, silenceMilliseconds: number): Promise<boolean> {
  const { rows } = await client.query<{ leads: boolean }>(
    `WITH tried AS MATERIALIZED (SELECT pg_try_advisory_lock($1) AS leads)
     SELECT leads, CASE WHEN leads THEN set_config('idle_session_timeout', $2, false) END,
       CASE WHEN leads THEN set_config('idle_in_transaction_session_timeout', $2, false) END FROM tried`,
    [LEADER_LOCK, String(silenceMilliseconds)],
  );
  return rows[0]?.leads === true;
}

async function lead(
  client: pg.Client,
  { checkpointKey: key, announce }: SequencerOptions,
  stopped: AbortSignal,
): Promise<void> {
  let unsigned = true;
  let signedAt = Number.NEGATIVE_INFINITY;
  let givenAt = Number.NEGATIVE_INFINITY;
  while (!stopped.aborted) {
    const given = await sequence(client, announce === undefined);
    const now = performance.now();
    if (given > 0) {
      announce?.();
      unsigned = true;
      givenAt = now;
    }
    if (unsigned && now - signedAt >= CHECKPOINT_INTERVAL) {
      await checkpoint(client, key);
      unsigned = false;
      signedAt = now;
    }
    if (given < BATCH) await pause(now - givenAt < BUSY_MILLISECONDS ? BUSY_INTERVAL : LEADER_INTERVAL, stopped);
  }
  if (unsigned) await checkpoint(client, key);
}

/** Signs the log's root behind the last batch, unless that has been done. */
export async function checkpoint(client: pg.Client, key: SigningKey): Promise<void> {
  const { rows } = await client.query<{ position: string; epoch: string; log_root: Buffer; signed_at: string }>(
    `SELECT last_position AS position, epoch, log_root,
       to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS signed_at
     FROM event_batch ORDER BY last_position DESC LIMIT 1`,
  );
  const [head] = rows;
  if (!head) return;
  const body = { position: BigInt(head.position), epoch: head.epoch, logRoot: head.log_root, signedAt: head.signed_at };
  const { publicKey, signature } = signCheckpoint(body, key);
  await client.query(
    `INSERT INTO event_checkpoint (position, epoch, log_root, signed_at, public_key, signature)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (position) DO NOTHING`,
    [head.position, head.epoch, head.log_root, head.signed_at, publicKey, signature],
  );
}

interface Head {
  readonly position: string;
  readonly epoch: string;
  readonly log_root: Buffer;
}

interface Sealed {
  readonly given: number;
  /** Leaf hashes side by side, in the order of their positions. */
  readonly leaves: Buffer;
  readonly oldest: string;
  readonly newest: string;
}

/**
 * One batch. The row of `event_log` is locked before the events are read, so that positions stay dense even if two
 * processes took themselves for the leader. Ids order what a row lock has ordered: whoever waited inserted later.
 */
export async function sequence(client: pg.Client, notifies = true): Promise<number> {
  const { rows: waiting } = await client.query(WAITING);
  if (waiting.length === 0) return 0;
  try {
    const head = await lockHead(client);
    const { rows } = await client.query<Sealed>(SEAL, [head.position, head.epoch]);
    const sealed = rows[0] as Sealed;
    // A rival was faster.
    if (sealed.given === 0) await client.query('ROLLBACK');
    else await client.query(extension(head, sealed, notifies));
    return sealed.given;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

const WAITING = { name: 'portcullis waiting', text: 'SELECT 1 FROM event WHERE position IS NULL LIMIT 1' };

/** Positions and leaves in one statement: no event leaves the database for its hash. */
const SEAL = {
  name: 'portcullis seal',
  text: `
    WITH fresh AS (SELECT id, $1::bigint + row_number() OVER (ORDER BY id) AS given
      FROM (SELECT id FROM event WHERE position IS NULL ORDER BY id LIMIT ${BATCH}) AS oldest),
    sealed AS (UPDATE event SET position = fresh.given, leaf_hash = event_leaf($2::uuid, fresh.given, event)
      FROM fresh WHERE event.id = fresh.id RETURNING event.position, event.leaf_hash, event.at)
    SELECT count(*)::int AS given, string_agg(leaf_hash, ''::bytea ORDER BY position) AS leaves,
      min(at)::text AS oldest, max(at)::text AS newest
    FROM sealed`,
};

async function lockHead(client: pg.Client): Promise<Head> {
  const results = await client.query<Head>(
    'BEGIN ISOLATION LEVEL READ COMMITTED; SELECT position, epoch, log_root FROM event_log FOR UPDATE',
  );
  // Of two statements there are two results, which the driver's types do not know.
  const [, locked] = results as unknown as readonly { readonly rows: readonly Head[] }[];
  return locked?.rows[0] as Head;
}

/** Everything that is left to do for a batch, in one message. */
function extension(head: Head, { given, leaves, oldest, newest }: Sealed, notifies: boolean): string {
  const first = BigInt(head.position) + 1n;
  const last = BigInt(head.position) + BigInt(given);
  const root = batchRoot(leaves);
  const hex = (bytes: Buffer) => `'\\x${bytes.toString('hex')}'`;
  const logRoot = hex(nodeHash(head.log_root, root));
  return `
    UPDATE event_log SET position = ${last}, log_root = ${logRoot};
    INSERT INTO event_batch (first_position, last_position, epoch, root, log_root, oldest_at, newest_at)
      VALUES (${first}, ${last}, '${head.epoch}', ${hex(root)}, ${logRoot}, '${oldest}', '${newest}');
    ${notifies ? `NOTIFY ${POSITIONS_CHANNEL};` : ''}
    COMMIT`;
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
