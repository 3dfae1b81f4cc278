/** How is the log kept? For how long, how far behind its writers it is, and what happens to it after a restore. */
import { sql } from 'kysely';
import { type Database, type Sql, sqlOf } from './database.ts';

export interface Retention {
  readonly auditRetentionDays: number;
  readonly replayRetentionDays: number;
}

/** Puts the settings where the database's own guard reads them. */
export async function keepRetention(database: Database, retention: Retention): Promise<void> {
  const { auditRetentionDays: audit, replayRetentionDays: replay } = retention;
  await sql`
    UPDATE event_log SET audit_retention_days = ${audit}, replay_retention_days = ${replay}
    WHERE (audit_retention_days, replay_retention_days) <> (${audit}, ${replay})`.execute(sqlOf(database));
}

/** Events at a time: the sequencer waits while they go, about 10 ms. */
const PURGE_BATCH = 1000;

/**
 * Removes the events whose retention is over; what proves the others stays.
 * @param signal aborted, it stops behind the batch it is at
 * @returns how many were removed
 */
export async function purgeEvents(database: Database, signal?: AbortSignal): Promise<number> {
  let removed = 0;
  while (!signal?.aborted) {
    const { rows } = await sql<{ removed: string }>`SELECT purge_events(${PURGE_BATCH}) AS removed`.execute(
      sqlOf(database),
    );
    const batch = Number(rows[0]?.removed);
    if (batch === 0) break;
    removed += batch;
  }
  return removed;
}

/**
 * The position behind which nothing is older than the retention for replay: a stream may be resumed from there or from later.
 * A look at the ten youngest of the batches that hold something older, and at the events of the last of them: what was
 * recorded at the same moment may have got its positions in another order.
 */
export async function oldestReplayable(db: Sql): Promise<string> {
  const { rows } = await sql<{ position: string }>`
    WITH replay AS (SELECT purged, clock_timestamp() - make_interval(days => replay_retention_days) AS begins_at FROM event_log),
    older AS (SELECT first_position, last_position FROM event_batch WHERE oldest_at < (SELECT begins_at FROM replay)
      ORDER BY oldest_at DESC LIMIT 10),
    last AS (SELECT * FROM older ORDER BY last_position DESC LIMIT 1)
    SELECT greatest(purged, (SELECT max(e.position) FROM last JOIN event e ON e.position BETWEEN first_position AND last_position
      WHERE e.at < begins_at)) AS position
    FROM replay`.execute(db);
  return rows[0]?.position as string;
}

export interface LogState {
  readonly position: number;
  /** Age of the oldest committed event without a position; 0 when there is none. */
  readonly lagSeconds: number;
}

export async function logState(db: Sql): Promise<LogState> {
  const { rows } = await sql<{ position: string; lag: string }>`
    SELECT position, greatest(0, extract(epoch FROM clock_timestamp()
      - (SELECT at FROM event WHERE position IS NULL ORDER BY id LIMIT 1))) AS lag FROM event_log`.execute(db);
  const { position, lag } = rows[0] as { position: string; lag: string };
  return { position: Number(position), lagSeconds: Number(lag) };
}

/** Cursors of what came behind the backup are not those of what comes behind it now. @returns the new epoch */
export async function beginEpoch(database: Database): Promise<string> {
  const { rows } = await sql<{ epoch: string }>`UPDATE event_log SET epoch = gen_random_uuid() RETURNING epoch`.execute(
    sqlOf(database),
  );
  return rows[0]?.epoch as string;
}
