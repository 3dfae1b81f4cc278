/** How is all that a decision rests on read at one instant? By one statement: each read is a part of it, and comes back as JSON. */
import { type RawBuilder, sql } from 'kysely';
import type { Sql } from './database.ts';
import { instant } from './transaction.ts';

/** Rows still to be read, and what is made of them. Their instants are text that `instant` understands. */
export interface Read<T> {
  readonly query: RawBuilder<unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: each query has rows of its own, which its maker knows
  of(rows: readonly any[]): T;
}

type Reads<T extends readonly unknown[]> = { readonly [Name in keyof T]: Read<T[Name]> };

/** @returns the database's clock in milliseconds, and what was read, in the order asked */
export async function readAtOnce<T extends readonly unknown[]>(
  db: Sql,
  ...reads: Reads<T>
): Promise<readonly [now: Date, ...T]> {
  const parts = reads.map(({ query }) => sql`(SELECT coalesce(json_agg(part), '[]') FROM (${query}) part)`);
  const { rows } = await sql<{ now: string; parts: unknown[][] }>`
    SELECT date_trunc('milliseconds', clock_timestamp()) AS now, json_build_array(${sql.join(parts)}) AS parts`.execute(
    db,
  );
  const { now, parts: read } = rows[0] as { now: string; parts: unknown[][] };
  return [instant(now), ...(reads.map((each, index) => each.of(read[index] ?? [])) as unknown as T)];
}
