/** Is the large company one that could be, and the same one for the same seed? Made in databases of their own. */
import { generateKeyPairSync } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processNow } from '../../src/clock.ts';
import { persona } from '../../src/company/personas.ts';
import { loadDemoCompany } from '../../src/store/company.ts';
import { openDatabase } from '../../src/store/database.ts';
import { dueItems } from '../../src/store/due.ts';
import { publicKeyOf } from '../../src/store/evidence.ts';
import { verifyLog } from '../../src/store/verification.ts';
import { cloneDatabase, createEmptyDatabase } from '../support/database.ts';
import { runNode, temporaryFolder } from '../support/process.ts';
import { makeCompany, numberEvents, OtherCompany } from './company.ts';

const AT = new Date(Math.floor(processNow().getTime() / 60_000) * 60_000);
const ASSIGNMENTS = 3_000;
const TABLES = [
  ...['principal', 'scope', 'scope_ancestor', 'administrative_unit_member', 'role_policy_version', 'assignment'],
  ...['request', 'request_approver', 'approval_decision', 'event'],
];

let company: { url: string; drop(): Promise<void> };

beforeAll(async () => {
  company = await createEmptyDatabase();
  await makeCompany(company.url, { assignments: ASSIGNMENTS, at: AT });
});

afterAll(() => company.drop());

async function rowsOf<T extends pg.QueryResultRow>(url: string, text: string, values: unknown[] = []): Promise<T[]> {
  const client = new pg.Client({ connectionString: url, options: '-c timezone=UTC' });
  await client.connect();
  try {
    return (await client.query<T>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Of every row of every table. */
async function contentOf(url: string): Promise<Record<string, string>> {
  const texts = TABLES.map(
    (table) =>
      `SELECT '${table}' AS "table", md5(string_agg(r::text, ',' ORDER BY r::text COLLATE "C")) AS hash FROM ${table} r`,
  );
  const rows = await rowsOf<{ table: string; hash: string }>(url, texts.join(' UNION ALL '));
  return Object.fromEntries(rows.map(({ table, hash }) => [table, hash]));
}

const count = async (text: string) =>
  Number((await rowsOf<{ count: string }>(company.url, `SELECT count(*) ${text}`, []))[0]?.count);

describe('a large company', () => {
  it('has exactly as many assignments as asked for, of every kind', async () => {
    expect(await count('FROM assignment')).toBe(ASSIGNMENTS);
    const kinds = await rowsOf<{ kind: string }>(
      company.url,
      `SELECT DISTINCT provider || ' ' || type || ' ' || state || ' ' || CASE WHEN ended_by IS NOT NULL THEN 'over'
         WHEN starts_at > $1 THEN 'later' WHEN ends_at IS NULL THEN 'permanent' ELSE 'bounded' END AS kind FROM assignment ORDER BY 1`,
      [AT],
    );
    expect(kinds.map(({ kind }) => kind)).toMatchSnapshot();
  });

  it('is the same for the same seed, row by row, and another one for another seed', async () => {
    const [same, other] = [await createEmptyDatabase(), await createEmptyDatabase()];
    await makeCompany(same.url, { assignments: ASSIGNMENTS, at: AT, seed: 1 });
    await makeCompany(other.url, { assignments: ASSIGNMENTS, at: AT, seed: 2 });
    const content = await contentOf(company.url);
    expect(await contentOf(same.url)).toEqual(content);
    const differing = Object.entries(await contentOf(other.url)).filter(([table, hash]) => hash !== content[table]);
    expect(differing.map(([table]) => table)).toEqual(TABLES.filter((table) => table !== 'administrative_unit_member'));
    await Promise.all([same.drop(), other.drop()]);
  });

  it('leaves nothing to be made up for: no end, start, warning or time-out is overdue', async () => {
    const database = await openDatabase(company.url, { poolSize: 1 });
    expect(await dueItems(database.em.fork().getKysely(), 10)).toEqual([]);
    await database.close();
  });

  it('lets every activation rest on an eligibility of its holder that covers it', async () => {
    expect(await count("FROM assignment WHERE state = 'ACTIVATED' AND ended_by IS NULL")).toBeGreaterThan(0);
    expect(
      await count(`FROM assignment a JOIN assignment e ON e.id = a.eligibility_id WHERE e.type = 'ACTIVE' OR NOT e.during @> a.during
        OR (e.principal_id, e.role_id, e.scope_id) <> (a.principal_id, a.role_id, a.scope_id)`),
    ).toBe(0);
  });

  it('has requests that wait for an approver of their role settings, of arun among others', async () => {
    const waiting = `FROM request q JOIN request_approver asked ON asked.request_id = q.id
      WHERE q.status = 'PENDING_APPROVAL' AND q.expires_at > clock_timestamp() + interval '1 hour'`;
    expect(await count(`${waiting} AND asked.approver_id = '${persona('arun')}'`)).toBeGreaterThan(10);
    expect(await count('FROM request q JOIN approval_decision d ON d.request_id = q.id')).toBeGreaterThan(10);
  });

  it('has groups in groups, Azure roles of security groups only, and a tree below the tenant root', async () => {
    expect(
      await count(
        `FROM assignment a JOIN principal p ON p.id = a.principal_id WHERE p.kind = 'GROUP' AND a.provider = 'GROUP'`,
      ),
    ).toBeGreaterThan(8);
    expect(
      await count(`FROM assignment a JOIN principal p ON p.id = a.principal_id
        WHERE p.kind = 'GROUP' AND a.provider = 'AZURE_RESOURCE' AND NOT p.security_enabled`),
    ).toBe(0);
    expect(await count('FROM scope_ancestor WHERE depth >= 6')).toBeGreaterThan(0);
  });

  it('is checked for overlaps as everything after it', async () => {
    const again = `INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, created_at)
      SELECT gen_random_uuid(), provider, role_id, scope_id, principal_id, type, starts_at, created_at FROM assignment
      WHERE ends_at IS NULL LIMIT 1`;
    await expect(rowsOf(company.url, again)).rejects.toMatchObject({ constraint: 'assignment_no_overlap' });
  });

  it('keeps its last administrators', async () => {
    const remove = `UPDATE assignment SET ends_at = clock_timestamp(), ended_by = 'REMOVED'
      WHERE role_id = '62e90394-69f5-4237-9190-012177145e10' AND type = 'ACTIVE'`;
    await expect(rowsOf(company.url, remove)).rejects.toMatchObject({ constraint: 'last_administrator' });
  });

  it('has a log in the order of time, which proves itself', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    await numberEvents(company.url, privateKey);
    const options = { trusted: [publicKeyOf(privateKey)], kept: null, auditRetentionDays: 400, now: processNow() };
    const verdict = await verifyLog(company.url, options);
    expect(verdict.fault).toBeNull();
    expect(verdict.intactUpTo).toBe(BigInt(await count('FROM event')));
    expect(await count('FROM (SELECT at < lag(at) OVER (ORDER BY position) AS back FROM event) e WHERE back')).toBe(0);
  });

  it('is recognized when it is asked for again, and takes no other company for it', async () => {
    expect(await makeCompany(company.url, { assignments: ASSIGNMENTS, at: AT })).toBe(false);
    const others = [{ assignments: ASSIGNMENTS, seed: 2 }, { assignments: ASSIGNMENTS + 1 }];
    for (const other of others) {
      await expect(makeCompany(company.url, { ...other, at: AT })).rejects.toThrow(
        new OtherCompany(
          'The database holds a company made with --assignments 3000 --seed 1: give another database, or another DATA_FOLDER.',
        ),
      );
    }
    const demo = await cloneDatabase();
    await loadDemoCompany(demo.database, AT);
    await expect(makeCompany(demo.url, { assignments: ASSIGNMENTS, at: AT })).rejects.toThrow(
      'The database holds a company already: give another database, or another DATA_FOLDER.',
    );
    await demo.drop();
  });
});

describe('the command', () => {
  const data = async (words: string[], env: Record<string, string> = {}) => {
    const program = runNode('test/data/main.ts', words, env);
    return { code: await program.ended, output: program.output() };
  };

  it('says line by line what it does, and is done at once when it has been done', async () => {
    const { folder, remove } = await temporaryFolder();
    const made = await data(['--assignments', '1000', '--seed', '7', '--at', AT.toISOString()], {
      DATA_FOLDER: folder,
    });
    expect(made.output).toContain('1000 of 1000 assignments; next: events\n');
    expect(made.output).toMatch(/1000 assignments in [\d.]+ s: \d+ a second; seed 7/);
    expect(made.code).toBe(0);
    expect(await data(['--assignments', '1000', '--seed', '7'], { DATA_FOLDER: folder })).toEqual({
      code: 0,
      output: 'This company is there already: 1000 assignments, seed 7.\n',
    });
    const refused = await data(['--assignments', '2000'], { DATA_FOLDER: folder });
    expect(refused).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^The database holds a company made with .*\n$/),
    });
    await remove();
  });

  it.each([
    [[], /^Usage: npm run data -- --assignments NUMBER/],
    [['--assignments', '999'], /^--assignments is "999": give a whole number from 1000 to 10000000\.\n$/],
    [['--assignments', '1e6'], /^--assignments is "1e6": /],
    [['--assignments', '1000', '--seed', '-1'], /^[^\n]*--seed[^\n]*\n/],
    [['--assignments', '1000', '--seed', 'x'], /^--seed is "x": give a whole number from 0 to 2147483647\.\n$/],
    [['--assignments', '1000', '--at', 'noon'], /^--at is "noon": give an instant that exists, such as /],
    [['--assignments', '1000', '--at', '2027-02-31T00:00:00Z'], /^--at is "2027-02-31T00:00:00Z": give an instant /],
    [['--assignments', '1000', '--database', 'here'], /^DATABASE_URL is not a PostgreSQL connection string/],
    [['--rows', '1000'], /^Unknown option '--rows'\. Usage: /],
  ])('answers %j in one sentence', async (words, sentence) => {
    const { code, output } = await data(words);
    expect(output).toMatch(sentence);
    expect(output.trim()).not.toContain('    at ');
    expect(code).toBe(1);
  });
});
