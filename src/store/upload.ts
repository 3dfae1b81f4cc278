/** What have callers uploaded? Files in pieces that any gateway can read, each for whoever uploaded it and for a day. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { CHUNK_BYTES, OPEN } from './bulkOperation.ts';
import { release } from './copyOut.ts';
import type { Sql } from './database.ts';
import { instant, type Transaction } from './transaction.ts';

export type UploadFormat = 'CSV' | 'JSONL';

export interface Upload extends FileIdentity {
  readonly id: string;
  readonly format: UploadFormat;
  readonly expiresAt: Date;
}

const KEPT_HOURS = 24;

/** How many of the principal's have not expired? None is added to them until the transaction is over. */
export async function lockUploads(tx: Transaction, principalId: string): Promise<number> {
  const db = tx.getKysely();
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`uploads of ${principalId}`}, 0))`.execute(db);
  const { rows } = await sql<{ count: number }>`
    SELECT count(*)::int AS count FROM upload WHERE principal_id = ${principalId} AND expires_at > clock_timestamp()`.execute(
    db,
  );
  return (rows[0] as { count: number }).count;
}

/** Its bytes are still to come. @returns its id */
export async function insertUpload(tx: Transaction, principalId: string, format: UploadFormat): Promise<string> {
  const id = crypto.randomUUID();
  await sql`
    INSERT INTO upload (id, principal_id, format, expires_at)
    VALUES (${id}, ${principalId}, ${format}, clock_timestamp() + make_interval(hours => ${KEPT_HOURS}::int))`.execute(
    tx.getKysely(),
  );
  return id;
}

/** Whoever begins to import it comes before or after. @returns null when there is none, none of theirs, or its bytes still come */
export async function lockUpload(tx: Transaction, principalId: string, id: string): Promise<{ inUse: boolean } | null> {
  const db = tx.getKysely();
  const { rows } = await sql`
    SELECT FROM upload WHERE id = ${id} AND principal_id = ${principalId} AND bytes IS NOT NULL FOR UPDATE`.execute(db);
  if (rows.length === 0) return null;
  const { rows: reading } = await sql`
    SELECT FROM bulk_operation o
    WHERE o.principal_id = ${principalId} AND ${OPEN} AND o.kind = 'IMPORT' AND o.input ->> 'uploadId' = ${id}`.execute(
    db,
  );
  return { inUse: reading.length > 0 };
}

/** All bytes of a file, by their number and their digest. */
export interface FileIdentity {
  readonly bytes: number;
  /** In hexadecimal; null of uploads from before it was kept. */
  readonly sha256: string | null;
}

export async function fillUpload(db: () => Sql, id: string, source: AsyncIterable<Buffer>): Promise<FileIdentity> {
  const digest = createHash('sha256');
  let waiting: Buffer[] = [];
  let size = 0;
  let written = 0;
  const flush = async () => {
    const bytes = Buffer.concat(waiting);
    await sql`INSERT INTO upload_chunk (upload_id, start_byte, bytes) VALUES (${id}, ${written}, ${bytes}::bytea)`.execute(
      db(),
    );
    written += bytes.length;
    release(bytes);
    waiting = [];
    size = 0;
  };
  for await (const bytes of source) {
    digest.update(bytes);
    waiting.push(bytes);
    size += bytes.length;
    if (size >= CHUNK_BYTES) await flush();
  }
  if (size > 0) await flush();
  return { bytes: written, sha256: digest.digest('hex') };
}

export async function completeUpload(db: Sql, id: string, { bytes, sha256 }: FileIdentity): Promise<Date> {
  const { rows } = await sql<{ expiresAt: string }>`
    UPDATE upload SET bytes = ${bytes}, sha256 = ${sha256} WHERE id = ${id} RETURNING expires_at AS "expiresAt"`.execute(
    db,
  );
  return instant(rows[0]?.expiresAt as string);
}

export async function removeUpload(db: Sql, id: string): Promise<void> {
  await sql`DELETE FROM upload WHERE id = ${id}`.execute(db);
}

/** Kept for another day from now on. Null: there is none, none of theirs, or it has expired. */
export async function keptUpload(db: Sql, principalId: string, id: string): Promise<Upload | null> {
  const { rows } = await sql<Omit<Upload, 'expiresAt'> & { expiresAt: string }>`
    UPDATE upload SET expires_at = clock_timestamp() + make_interval(hours => ${KEPT_HOURS}::int)
    WHERE id = ${id} AND principal_id = ${principalId} AND bytes IS NOT NULL AND expires_at > clock_timestamp()
    RETURNING id, format, bytes::float8 AS bytes, sha256, expires_at AS "expiresAt"`.execute(db);
  return rows[0] ? { ...rows[0], expiresAt: instant(rows[0].expiresAt) } : null;
}

/** A piece at a time, from the beginning to the end. */
export async function* readUpload(db: () => Sql, { id, bytes }: Upload): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes; ) {
    const { rows } = await sql<{ bytes: Buffer }>`
      SELECT bytes FROM upload_chunk WHERE upload_id = ${id} AND start_byte = ${at}`.execute(db());
    const piece = rows[0]?.bytes;
    if (!piece) throw new Error('an upload has lost a piece');
    yield piece;
    at += piece.length;
  }
}

export async function purgeUploads(db: Sql): Promise<void> {
  await sql`DELETE FROM upload WHERE expires_at <= clock_timestamp()`.execute(db);
}
