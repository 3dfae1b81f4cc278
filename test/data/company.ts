/** How does a large company come into an empty database? The people of the demo company, and then as much likely access as asked for. */
import { CompiledQuery, sql } from 'kysely';
import pg from 'pg';
import { openBook } from '../../src/company/book.ts';
import { nameAccess } from '../../src/company/named.ts';
import { places } from '../../src/company/places.ts';
import { policies } from '../../src/company/policies.ts';
import { seeded } from '../../src/company/random.ts';
import { insertRows } from '../../src/store/bulk.ts';
import { loadCatalogue } from '../../src/store/catalogue.ts';
import { isEmpty } from '../../src/store/company.ts';
import { type Database, migrate, openDatabase } from '../../src/store/database.ts';
import { takeWarningsAsGiven } from '../../src/store/due.ts';
import type { SigningKey } from '../../src/store/evidence.ts';
import type { Transaction } from '../../src/store/transaction.ts';
import { checkpoint, PLANS, sequence } from '../../src/stream/sequencer.ts';
import {
  ACTIVATABLE,
  ACTIVATIONS_SHARE,
  APPROVALS,
  APPROVED,
  activations,
  approvalPolicies,
  assignmentsOf,
  CATEGORIES,
  type Category,
  choices,
  EVENTS,
  FUNCTIONS,
  MEMBERSHIPS,
  people,
  type Sizes,
  type Step,
  sizesOf,
  tree,
} from './rows.ts';

export const FEWEST = 1_000;
export const MOST = 10_000_000;
export const SEED = 1;
/** Of assignments, so that progress is told every second or so. */
const ROWS_PER_STATEMENT = 10_000;
/** Eligible for each subscription whose contributors need an approval. */
const APPROVED_EACH = 4;

export interface CompanyOptions {
  /** From 1,000 to 10,000,000: how many there are in all. */
  readonly assignments: number;
  /** A whole number; the same one gives the same company. Default 1. */
  readonly seed?: number;
  /** The instant the company is told at; another one gives the same company at another time. */
  readonly at: Date;
  /** Told of assignments written so far, and of what is being written. */
  readonly progress?: (done: number, what: string) => void;
}

/** What is in the database is not the company asked for: one sentence for people. */
export class OtherCompany extends Error {}

/**
 * Migrates the database and fills it in one transaction. What happened has no positions yet: a gateway gives them, or `numberEvents`.
 * @returns false when the same company is there already
 * @throws OtherCompany when anybody else is
 */
export async function makeCompany(url: string, options: CompanyOptions): Promise<boolean> {
  const database = await openDatabase(url, { poolSize: 2 });
  try {
    await migrate(database, url);
    await loadCatalogue(database);
    if (!(await isEmpty(database))) {
      await expectSame(database, options);
      return false;
    }
    await database.em.fork().transactional((tx) => fill(tx, options));
  } finally {
    await database.close();
  }
  await tidyUp(url, options);
  return true;
}

async function expectSame(database: Database, { assignments, seed = SEED }: CompanyOptions): Promise<void> {
  const { rows } = await sql<{ assignments: string; seed: string }>`
    SELECT payload ->> 'assignments' AS assignments, payload ->> 'seed' AS seed FROM event
    WHERE type = 'directory.imported' AND payload ? 'seed' ORDER BY id LIMIT 1`.execute(database.em.fork().getKysely());
  const [made] = rows;
  if (made?.assignments === String(assignments) && made.seed === String(seed)) return;
  const found = made
    ? `a company made with --assignments ${made.assignments} --seed ${made.seed}`
    : 'a company already';
  throw new OtherCompany(`The database holds ${found}: give another database, or another DATA_FOLDER.`);
}

async function fill(tx: Transaction, { assignments, seed = SEED, at, progress }: CompanyOptions): Promise<void> {
  const run = runner(tx, seed, at);
  // Each has the statistics it needs within the transaction; time is bounded by the number of rows.
  await run("SET LOCAL statement_timeout = 0; SET LOCAL jit = off; SET LOCAL work_mem = '64MB'");
  await run(FUNCTIONS);
  const sizes = sizesOf(assignments);
  let done = await nameCompany(tx, at);
  for (const { what, text } of [...people(sizes), ...tree(sizes)]) {
    progress?.(done, what);
    await run(text);
  }
  await run(choices(sizes));
  await run(approvalPolicies(sizes));
  const write = async ({ what, text }: Step, count: number) => {
    for (let from = 0; from < count; from += ROWS_PER_STATEMENT) {
      progress?.(done, what);
      const to = Math.min(from + ROWS_PER_STATEMENT, count);
      await run(text, [from, to - 1]);
      done += to - from;
    }
  };
  const checkOverlaps = await checkLater(tx);
  for (const { category, count } of parts(assignments - done, sizes)) {
    const holders = await countOf(tx, `holder WHERE pool = '${category.holders}'`);
    const targets = await countOf(tx, `target WHERE list = '${category.targets}'`);
    await write(assignmentsOf(category, { count, holders, targets }), count);
  }
  await run(ACTIVATABLE);
  await write(activations(await countOf(tx, 'activatable')), assignments - done);
  progress?.(done, 'the check that nothing overlaps');
  await checkOverlaps();
  progress?.(done, APPROVALS.what);
  await run(APPROVALS.text);
  await takeWarningsAsGiven(tx.getKysely());
  progress?.(done, EVENTS.what);
  await run(EVENTS.text);
}

/**
 * Row by row the index of overlaps takes three quarters of the time. Nobody sees the table without it: it is there again, and has
 * looked at every row, before the transaction ends.
 */
async function checkLater(tx: Transaction): Promise<() => Promise<void>> {
  const db = tx.getKysely();
  const { rows } = await sql<{ definition: string }>`
    SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conname = 'assignment_no_overlap'`.execute(
    db,
  );
  await sql`ALTER TABLE assignment DROP CONSTRAINT assignment_no_overlap`.execute(db);
  return async () => {
    const definition = sql.raw(rows[0]?.definition ?? '');
    await sql`ALTER TABLE assignment ADD CONSTRAINT assignment_no_overlap ${definition}`.execute(db);
  };
}

function runner(tx: Transaction, seed: number, at: Date) {
  const words: Readonly<Record<string, string>> = {
    SEED: `${seed}::bigint`,
    NOW_IS: `'${at.toISOString()}'::timestamptz`,
  };
  return async (text: string, values: readonly number[] = []) => {
    const filled = text.replace(/\b(SEED|NOW_IS)\b/g, (word) => words[word] ?? word);
    // The look-ups of foreign keys are planned with the first of them, for tables that are nearly empty and read from end to end.
    await tx.getKysely().executeQuery(CompiledQuery.raw('DISCARD PLANS'));
    await tx.getKysely().executeQuery(CompiledQuery.raw(filled, [...values]));
  };
}

async function countOf(tx: Transaction, what: string): Promise<number> {
  const { rows } = await sql<{ count: string }>`SELECT count(*) AS count FROM ${sql.raw(what)}`.execute(tx.getKysely());
  return Number(rows[0]?.count);
}

/** The people, places, role settings and named access of the demo company, so that one can sign in as its personas. @returns its assignments */
async function nameCompany(tx: Transaction, at: Date): Promise<number> {
  const db = tx.getKysely();
  const all = places(at);
  const book = openBook(seeded(8), at);
  nameAccess(all, book);
  await insertRows(db, 'principal', [...all.users, ...all.groups, ...all.servicePrincipals, ...all.managedIdentities]);
  await insertRows(db, 'scope', [...all.scopes, ...all.tree]);
  await insertRows(db, 'administrative_unit_member', all.administrativeUnitMembers);
  const settings = policies(all, at);
  const versions = settings.map(({ approvers: _approvers, deciders: _deciders, ...version }) => version);
  await insertRows(db, 'role_policy_version', versions);
  await insertRows(db, 'assignment', book.rows);
  return book.rows.length;
}

/** How many of each kind; activations are left, and made last. */
function parts(assignments: number, { subscriptions }: Sizes): { category: Category; count: number }[] {
  const some = [
    ...CATEGORIES.map((category) => ({ category, count: Math.floor((assignments * category.share) / 1_000) })),
    { category: APPROVED, count: APPROVED_EACH * subscriptions },
  ];
  const left = some.reduce(
    (rest, { count }) => rest - count,
    assignments - Math.floor((assignments * ACTIVATIONS_SHARE) / 1_000),
  );
  return [{ category: MEMBERSHIPS, count: left }, ...some];
}

/** What a server would come to by itself after a while: plans that know the sizes, and pages that are known to be visible to all. */
async function tidyUp(url: string, { assignments, progress }: CompanyOptions): Promise<void> {
  progress?.(assignments, 'statistics');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('VACUUM ANALYZE');
  } finally {
    await client.end();
  }
}

/** Gives what happened its positions, batch by batch as a gateway does it, and signs the end. */
export async function numberEvents(
  url: string,
  key: SigningKey,
  progress?: (given: number, of: number) => void,
): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(PLANS);
    const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM event WHERE position IS NULL');
    for (let given = 0, batch = 1; batch > 0; given += batch) {
      progress?.(given, Number(rows[0]?.count));
      batch = await sequence(client);
    }
    await checkpoint(client, key);
  } finally {
    await client.end();
  }
}
