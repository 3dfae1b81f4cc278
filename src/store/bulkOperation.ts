/** What was asked for in bulk, how far is it, and where are its bytes? Operations, whoever runs them, and their files in pieces. */
import { sql } from 'kysely';
import type { Powers, Viewer } from '../decision/powers.ts';
import type { BulkKind, BulkStatus } from '../decision/words.ts';
import type { BinaryRows } from './binaryRows.ts';
import { findRow } from './binaryValue.ts';
import { insertRow } from './bulk.ts';
import { columnsOf, type Page, type PageArguments, readPage, selectAll } from './connection.ts';
import { among, type Sql } from './database.ts';
import { AS_BINARY } from './preparingClient.ts';
import type { Transaction } from './transaction.ts';
import { currentViewer } from './viewer.ts';

export interface BulkOperationRow {
  readonly id: string;
  readonly kind: BulkKind;
  readonly status: BulkStatus;
  readonly principalId: string;
  /** What was asked for; its shape is the kind's own, and so is that of the result. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly result: Readonly<Record<string, unknown>>;
  readonly processed: number;
  readonly total: number | null;
  readonly bytes: number;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly completedAt: string | null;
  readonly expiresAt: string | null;
  /** Its time is not over. */
  readonly kept: boolean;
}

/** What comes in, what goes out, and what will stand behind that. */
export type BulkFile = 'INPUT' | 'OUTPUT' | 'BEHIND';

/** The most that a chunk holds: what a slow reader keeps in memory. */
export const CHUNK_BYTES = 262_144;

/** One number for the bound on open operations, which is counted under it. */
const OPEN_LOCK = 7_041_776_011;

const O = {
  ...columnsOf('o', { id: 'id', kind: 'kind', principalId: 'principal_id', input: 'input', result: 'result' }),
  ...columnsOf('o', { errorCode: 'error_code', errorMessage: 'error_message', createdAt: 'created_at' }),
  ...columnsOf('o', { startedAt: 'started_at', completedAt: 'completed_at', expiresAt: 'expires_at' }),
  ...{ processed: sql`o.processed::float8`, total: sql`o.total::float8`, bytes: sql`o.bytes::float8` },
  kept: sql`coalesce(o.expires_at > clock_timestamp(), false)`,
  // Nobody has to write down that the file has expired.
  status: sql`CASE WHEN o.status = 'COMPLETED' AND o.expires_at <= clock_timestamp() THEN 'EXPIRED' ELSE o.status END`,
};
const COLUMNS = selectAll(O);

/** It is not over. */
export const OPEN = sql<boolean>`o.status IN ('UPLOADING', 'CREATED', 'RUNNING')`;

export async function bulkOperationsById(db: Sql, ids: readonly string[], viewer: Viewer): Promise<BulkOperationRow[]> {
  const { rows } = await sql<BulkOperationRow>`
    SELECT ${COLUMNS} FROM bulk_operation o WHERE ${among(sql`o.id`, ids)} AND o.principal_id = ${viewer.id}`.execute(
    db,
  );
  return rows;
}

export function listBulkOperations(db: Sql, viewer: Viewer, page: PageArguments): Promise<Page<BulkOperationRow>> {
  const order = [
    { by: O.createdAt, type: 'timestamptz' },
    { by: O.id, type: 'uuid' },
  ] as const;
  const where = [sql<boolean>`o.principal_id = ${viewer.id}`];
  const view = { columns: O, from: sql`bulk_operation o`, where, order, descending: true };
  return readPage(db, { name: 'bulkOperations', ...view }, page);
}

/** Nobody else begins one until the transaction is over. */
export async function lockOpenOperations(tx: Transaction, principalId: string): Promise<{ own: number; all: number }> {
  const db = tx.getKysely();
  await sql`SELECT pg_advisory_xact_lock(${OPEN_LOCK})`.execute(db);
  const { rows } = await sql<{ own: number; all: number }>`
    SELECT count(*) FILTER (WHERE o.principal_id = ${principalId})::int AS own, count(*)::int AS all
    FROM bulk_operation o WHERE ${OPEN}`.execute(db);
  return rows[0] as { own: number; all: number };
}

export interface NewBulkOperation {
  readonly kind: BulkKind;
  readonly status: 'UPLOADING' | 'CREATED';
  readonly viewer: Viewer;
  readonly input: object;
  readonly createdAt: Date;
}

export async function insertBulkOperation(tx: Transaction, operation: NewBulkOperation): Promise<string> {
  const id = crypto.randomUUID();
  const { viewer, input, ...rest } = operation;
  const { powers: _, ...asked } = viewer;
  await insertRow(tx.getKysely(), 'bulk_operation', {
    ...{ id, ...rest, principalId: viewer.id },
    ...{ viewer: JSON.stringify(asked), input: JSON.stringify(input) },
  });
  return id;
}

/** Null: there is none, or none of the viewer's. */
export async function lockBulkOperation(tx: Transaction, viewer: Viewer, id: string): Promise<BulkOperationRow | null> {
  const { rows } = await sql<BulkOperationRow>`
    SELECT ${COLUMNS} FROM bulk_operation o WHERE o.id = ${id} AND o.principal_id = ${viewer.id}
    FOR UPDATE OF o`.execute(tx.getKysely());
  return rows[0] ?? null;
}

/** What was uploaded waits for somebody to run it. */
export async function releaseBulkOperation(tx: Transaction, id: string): Promise<void> {
  await sql`UPDATE bulk_operation SET status = 'CREATED' WHERE id = ${id} AND status = 'UPLOADING'`.execute(
    tx.getKysely(),
  );
}

export interface BulkEnd {
  readonly status: 'COMPLETED' | 'FAILED' | 'CANCELED';
  readonly at: Date;
  /** Zero: at once. */
  readonly keptHours: number;
  /** Of the file; left out: as it is known. */
  readonly bytes?: number;
  readonly errorCode?: string;
  readonly errorMessage?: string;
}

export async function endBulkOperation(tx: Transaction, id: string, end: BulkEnd): Promise<void> {
  await sql`
    UPDATE bulk_operation SET status = ${end.status}, completed_at = ${end.at}, error_code = ${end.errorCode ?? null},
      error_message = ${end.errorMessage ?? null}, bytes = coalesce(${end.bytes ?? null}, bytes),
      expires_at = ${end.at}::timestamptz + make_interval(hours => ${end.keptHours}::int)
    WHERE id = ${id}`.execute(tx.getKysely());
}

/** Who runs an operation: another one that has taken it over has another id. */
export interface BulkClaim {
  readonly id: string;
  readonly runnerId: string;
}

const heldBy = ({ id, runnerId }: BulkClaim) =>
  sql<boolean>`o.id = ${id} AND o.runner_id = ${runnerId} AND o.status = 'RUNNING'`;

const isLost = (seconds: number) =>
  sql<boolean>`(o.status = 'RUNNING' AND o.alive_at < clock_timestamp() - make_interval(secs => ${seconds}::float8))`;

/** Operations whose runner has not been heard of, and which nobody takes up again, locked. */
export async function lockLostOperations(
  tx: Transaction,
  lostAfterSeconds: number,
  attempts: number,
): Promise<BulkOperationRow[]> {
  const { rows } = await sql<BulkOperationRow>`
    SELECT ${COLUMNS} FROM bulk_operation o
    WHERE ${isLost(lostAfterSeconds)} AND (o.attempts >= ${attempts} OR o.kind <> 'EXPORT')
    FOR UPDATE OF o SKIP LOCKED`.execute(tx.getKysely());
  return rows;
}

export interface ClaimedOperation {
  readonly operation: BulkOperationRow;
  /** With no powers. */
  readonly asked: Viewer;
  readonly isFirst: boolean;
}

/** The next one that waits, or whose runner was lost; its output begins anew. */
export async function claimBulkOperation(
  tx: Transaction,
  runnerId: string,
  lostAfterSeconds: number,
): Promise<ClaimedOperation | null> {
  const db = tx.getKysely();
  const { rows } = await sql<BulkOperationRow & { viewer: Viewer & { expiresAt: string }; attempts: number }>`
    UPDATE bulk_operation o SET status = 'RUNNING', runner_id = ${runnerId}, alive_at = clock_timestamp(), processed = 0, bytes = 0,
      started_at = clock_timestamp(), attempts = attempts + 1
    WHERE o.id = (SELECT o.id FROM bulk_operation o WHERE o.status = 'CREATED' OR ${isLost(lostAfterSeconds)}
      ORDER BY o.created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING ${COLUMNS}, o.viewer, o.attempts`.execute(db);
  const found = rows[0];
  if (!found) return null;
  await sql`DELETE FROM bulk_chunk WHERE operation_id = ${found.id} AND file = 'OUTPUT'`.execute(db);
  const { viewer, attempts, ...operation } = found;
  return { operation, asked: revived(viewer), isFirst: attempts === 1 };
}

function revived(viewer: Viewer): Viewer {
  const { multiFactorAt } = viewer.proof as { multiFactorAt: Date | string | null };
  const at = multiFactorAt === null ? null : new Date(multiFactorAt);
  return { ...viewer, expiresAt: new Date(viewer.expiresAt), proof: { ...viewer.proof, multiFactorAt: at } };
}

/** With the powers of now; null once the principal is gone or disabled. */
export function bulkViewer(db: Sql, asked: Viewer): Promise<Viewer | null> {
  return currentViewer(db, asked);
}

/** What whoever asked could do when it was run. */
export async function keepBulkPowers(db: Sql, id: string, powers: Powers): Promise<void> {
  await sql`UPDATE bulk_operation SET viewer = jsonb_set(viewer, '{powers}', ${JSON.stringify(powers)}::jsonb)
    WHERE id = ${id}`.execute(db);
}

/** Null: nobody has kept them, and the file is whoever's that asked. */
export async function keptBulkPowers(db: Sql, id: string): Promise<Powers | null> {
  const { rows } = await sql<{ powers: Powers | null }>`
    SELECT viewer -> 'powers' AS powers FROM bulk_operation WHERE id = ${id}`.execute(db);
  return rows[0]?.powers ?? null;
}

export interface BulkProgress {
  readonly processed: number;
  readonly total: number | null;
  readonly bytes: number;
  readonly result: object | null;
}

/** @returns false when somebody else runs it, or it is over */
export async function keepBulkProgress(db: Sql, claim: BulkClaim, progress: BulkProgress): Promise<boolean> {
  const { processed, total, bytes, result } = progress;
  const { rows } = await sql`
    UPDATE bulk_operation o SET alive_at = clock_timestamp(), processed = ${processed}, total = ${total}, bytes = ${bytes},
      result = coalesce(${result === null ? null : JSON.stringify(result)}::jsonb, o.result)
    WHERE ${heldBy(claim)} RETURNING o.id`.execute(db);
  return rows.length > 0;
}

/** Nobody takes it over, cancels or ends it until the transaction is over. @returns false when somebody has */
export async function lockClaim(tx: Transaction, claim: BulkClaim): Promise<boolean> {
  const { rows } = await sql`SELECT o.id FROM bulk_operation o WHERE ${heldBy(claim)} FOR UPDATE OF o`.execute(
    tx.getKysely(),
  );
  return rows.length > 0;
}

/** Somebody else may run it: this gateway stops, and that is no attempt. */
export async function yieldBulkOperation(tx: Transaction, id: string): Promise<void> {
  await sql`UPDATE bulk_operation SET status = 'CREATED', attempts = attempts - 1 WHERE id = ${id}`.execute(
    tx.getKysely(),
  );
}

export interface Chunk {
  readonly file: BulkFile;
  readonly startByte: number;
  readonly bytes: Buffer;
}

/** Shares the operation, so that whoever takes it over comes either before or after. @returns false when somebody has */
export async function writeOutput(db: Sql, claim: BulkClaim, { file, startByte, bytes }: Chunk) {
  const { rows } = await sql`
    INSERT INTO bulk_chunk (operation_id, file, start_byte, bytes)
    SELECT o.id, ${file}, ${startByte}, ${bytes}::bytea FROM (SELECT o.id FROM bulk_operation o WHERE ${heldBy(claim)} FOR SHARE) o
    RETURNING start_byte`.execute(db);
  return rows.length > 0;
}

/** Makes one file of the two, for whoever has it locked. @returns its size */
export async function putTogether(tx: Transaction, id: string): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    WITH before AS (SELECT coalesce(sum(octet_length(bytes)), 0) AS size FROM bulk_chunk WHERE operation_id = ${id} AND file = 'OUTPUT'),
    moved AS (UPDATE bulk_chunk SET file = 'OUTPUT', start_byte = start_byte + (SELECT size FROM before)
      WHERE operation_id = ${id} AND file = 'BEHIND' RETURNING octet_length(bytes) AS size)
    SELECT ((SELECT size FROM before) + coalesce(sum(size), 0))::float8 AS bytes FROM moved`.execute(tx.getKysely());
  return (rows[0] as { bytes: number }).bytes;
}

/** For as long as it is being uploaded. @returns false when it is not */
export async function writeInput(db: Sql, id: string, { startByte, bytes }: Omit<Chunk, 'file'>): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO bulk_chunk (operation_id, file, start_byte, bytes)
    SELECT o.id, 'INPUT', ${startByte}, ${bytes}::bytea
    FROM (SELECT o.id FROM bulk_operation o WHERE o.id = ${id} AND o.status = 'UPLOADING' FOR SHARE) o
    RETURNING start_byte`.execute(db);
  return rows.length > 0;
}

/**
 * What stands from that byte on in the chunk that holds it; null behind the end, or once the file has expired. It comes in binary:
 * as text a file of 74 MB left 110 MB of garbage behind whoever downloaded it.
 */
export async function readChunk(db: Sql, id: string, file: BulkFile, fromByte: number): Promise<Buffer | null> {
  const { rows } = await sql<BinaryRows>`${sql.raw(AS_BINARY)} SELECT start_byte, bytes FROM bulk_chunk
    WHERE operation_id = ${id} AND file = ${file} AND start_byte <= ${fromByte} ORDER BY start_byte DESC LIMIT 1`.execute(
    db,
  );
  const { bytes, starts: found } = rows[0] as BinaryRows;
  if (found.length === 0) return null;
  const row = { bytes, starts: new Int32Array(2), lengths: new Int32Array(2) };
  const end = findRow(row, 0, bytes.length);
  const [startByte, chunk] = row.starts as unknown as [number, number];
  const rest = bytes.subarray(chunk + fromByte - Number(bytes.readBigInt64BE(startByte)), end);
  return rest.length > 0 ? rest : null;
}

/** The whole file, a chunk at a time. */
export async function* readFile(db: () => Sql, id: string, file: BulkFile): AsyncGenerator<Buffer> {
  for (let at = 0; ; ) {
    const bytes = await readChunk(db(), id, file, at);
    if (bytes === null) return;
    yield bytes;
    at += bytes.length;
  }
}

/** Removes the files whose time is over, also of uploads that nobody has finished. @returns how many operations had one */
export async function purgeBulkFiles(db: Sql, keptHours: number): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    WITH abandoned AS (
      UPDATE bulk_operation o SET status = 'CANCELED', completed_at = clock_timestamp(), expires_at = clock_timestamp()
      WHERE o.status = 'UPLOADING' AND o.created_at < clock_timestamp() - make_interval(hours => ${keptHours}::int) RETURNING o.id),
    gone AS (
      DELETE FROM bulk_chunk c USING bulk_operation o
      WHERE o.id = c.operation_id AND (o.expires_at <= clock_timestamp() OR o.id IN (SELECT id FROM abandoned)) RETURNING o.id)
    SELECT DISTINCT id FROM gone`.execute(db);
  return rows.length;
}

/** Whether nothing more becomes of it, and everything about it has been told up to the position. */
export async function bulkOperationIsOver(
  db: Sql,
  viewer: Viewer,
  { id, position }: { id: string; position: number },
): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM bulk_operation o WHERE o.id = ${id} AND o.principal_id = ${viewer.id} AND (${OPEN}
      OR EXISTS (SELECT FROM event e WHERE (e.position IS NULL OR e.position > ${position}) AND e.principal_id = o.principal_id
        AND e.payload ->> 'operationId' = o.id::text))`.execute(db);
  return rows.length === 0;
}
