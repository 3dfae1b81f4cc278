/** How do events come to be at the same time? Twelve connections whose transactions wait, overlap and roll back. */
import pg from 'pg';
import type { Random } from '../../src/company/random.ts';

/** What an event is about, and the type of it. */
export interface Subject {
  readonly provider: 'ENTRA_ROLE' | 'AZURE_RESOURCE';
  readonly principalId: string;
  readonly roleId: string;
  readonly scopeId: string;
}

export async function insertEvents(by: pg.Client, subject: Subject, type = 'assignment.assigned', count = 1) {
  const { provider, principalId, roleId, scopeId } = subject;
  await by.query(
    `INSERT INTO event (at, type, provider, assignment_type, principal_id, role_id, scope_id, payload)
    SELECT clock_timestamp(), $1, $2, 'ACTIVE', $3, $4, $5, '{}' FROM generate_series(1, $6::int)`,
    [type, provider, principalId, roleId, scopeId, count],
  );
}

export interface WritersOptions {
  readonly url: string;
  readonly subjects: readonly Subject[];
  readonly random: Random;
  /** Of each writer. */
  readonly transactions: number;
  /** Told after each transaction, with the share of all that are done. */
  readonly onProgress: (share: number) => void;
}

const WRITERS = 12;

export async function write(options: WritersOptions): Promise<void> {
  let done = 0;
  const all = WRITERS * options.transactions;
  await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      const by = new pg.Client({ connectionString: options.url });
      await by.connect();
      for (let turn = 0; turn < options.transactions; turn++) {
        await transact(by, options);
        options.onProgress(++done / all);
      }
      await by.end();
    }),
  );
}

async function transact(by: pg.Client, { subjects, random }: WritersOptions): Promise<void> {
  await by.query('BEGIN');
  for (let part = random.between(1, 3); part > 0; part--) {
    await insertEvents(by, random.pick(subjects));
    if (random.below(2) === 0) await by.query('SELECT pg_sleep($1)', [random.below(20) / 1000]);
  }
  await by.query(random.below(5) === 0 ? 'ROLLBACK' : 'COMMIT');
}
