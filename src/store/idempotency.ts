/** Was this asked before? A key belongs to its caller and to the input it first came with. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { ArgumentError } from './connection.ts';
import type { Transaction } from './transaction.ts';

export type ClaimedKey = 'NEW' | 'OTHER_INPUT' | { readonly answer: unknown };

export interface KeyClaim {
  readonly principalId: string;
  readonly key: string;
  /** The mutation's name and its input. */
  readonly body: unknown;
  readonly now: Date;
}

/** Waits for a transaction that holds the same key, and then gives its answer. */
export async function claimKey(tx: Transaction, { principalId, key, body, now }: KeyClaim): Promise<ClaimedKey> {
  // Of several answers each has its own key: the caller's, a space, and what it is about.
  if (key.length > 200 || !/^[^ ]/.test(key)) {
    throw new ArgumentError('idempotencyKey is empty, too long or begins with a space: give 1 to 160 characters.');
  }
  const hash = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const db = tx.getKysely();
  const { rows: inserted } = await sql`
    INSERT INTO idempotency_key (principal_id, key, body_hash, created_at) VALUES (${principalId}, ${key}, ${hash}, ${now})
    ON CONFLICT ON CONSTRAINT idempotency_key_pkey DO NOTHING RETURNING key`.execute(db);
  if (inserted.length > 0) return 'NEW';
  const { rows } = await sql<{ bodyHash: string; answer: unknown }>`
    SELECT body_hash AS "bodyHash", answer FROM idempotency_key
    WHERE principal_id = ${principalId} AND key = ${key}`.execute(db);
  return rows[0]?.bodyHash === hash ? { answer: rows[0].answer } : 'OTHER_INPUT';
}

/** A refusal changed nothing: whoever signs in anew or mends the input may come back with the same key. */
export async function releaseKey(tx: Transaction, principalId: string, key: string): Promise<void> {
  await sql`DELETE FROM idempotency_key WHERE principal_id = ${principalId} AND key = ${key}`.execute(tx.getKysely());
}

export async function keepAnswer(tx: Transaction, principalId: string, key: string, answer: unknown): Promise<void> {
  await sql`UPDATE idempotency_key SET answer = ${JSON.stringify(answer)}::jsonb
    WHERE principal_id = ${principalId} AND key = ${key}`.execute(tx.getKysely());
}
