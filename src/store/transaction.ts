/** How is something changed? In one transaction that is run again when another one got in its way. */
import { IsolationLevel } from '@mikro-orm/core';
import { sql } from 'kysely';
import type { Database, EntityManager, Sql } from './database.ts';

export type Transaction = EntityManager;

const ATTEMPTS = 5;

/** Serialization failure, deadlock, and an exclusion or unique constraint that a concurrent transaction filled first. */
const CONFLICTS = new Set(['40001', '40P01', '23P01', '23505']);

/** Runs the work again from its start on a conflict, so that it sees what the other transaction did and answers to it. */
export async function transact<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await database.em.fork().transactional((tx) => work(tx as Transaction));
    } catch (error) {
      if (attempt >= ATTEMPTS || !CONFLICTS.has(sqlState(error))) throw error;
    }
  }
}

/** Everything read in it is as of one moment. */
export function readTogether<T>(database: Database, read: (db: Sql) => Promise<T>): Promise<T> {
  const options = { isolationLevel: IsolationLevel.REPEATABLE_READ, readOnly: true };
  return database.em.fork().transactional((tx) => read((tx as Transaction).getKysely()), options);
}

/** The same by a clock that stands still: nothing begins or ends meanwhile. */
export function readFrozen<T>(database: Database, read: (db: Sql) => Promise<T>): Promise<T> {
  return readTogether(database, async (db) => {
    await sql`SET LOCAL search_path = frozen_clock, pg_catalog, public`.execute(db);
    return read(db);
  });
}

/** Whoever does something now and then is not taken for somebody who has gone. */
export async function keepOpen(db: Sql): Promise<void> {
  await sql`SELECT`.execute(db);
}

/** The database's clock in milliseconds. Read it after taking locks, so that waiting never back-dates a grant. */
export async function databaseNow(tx: Transaction): Promise<Date> {
  const { rows } = await sql<{ now: string }>`
    SELECT date_trunc('milliseconds', clock_timestamp()) AS now`.execute(tx.getKysely());
  return instant(rows[0]?.now as string);
}

/** PostgreSQL's text of a timestamptz in UTC, also as it is in JSON. */
export function instant(text: string): Date;
export function instant(text: string | null): Date | null;
export function instant(text: string | null): Date | null {
  return text === null ? null : new Date(`${text.slice(0, 10)}T${text.slice(11).replace(/\+00$/, 'Z')}`);
}

/** The same as RFC 3339 writes it, in milliseconds, without a detour by way of a Date. */
export function instantText(text: string): string;
export function instantText(text: string | null): string | null;
export function instantText(text: string | null): string | null {
  if (text === null) return null;
  const fraction = text.charAt(19) === '.' ? text.slice(20, text.indexOf('+')) : '';
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
}

function sqlState(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
