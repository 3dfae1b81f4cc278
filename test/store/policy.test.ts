/** Does the database keep the rules of role settings by itself? Every constraint, by the row that it alone forbids. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultPolicy } from '../../src/decision/policy.ts';
import { DIRECTORY_SCOPE } from '../../src/decision/role.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { AZURE_READER, PLAIN_ROLE, rowsOf } from '../support/rows.ts';

const RULES = JSON.stringify(defaultPolicy('ENTRA_ROLE'));
const NOBODY = randomUUID();

let clone: TestDatabase;
let run: ReturnType<typeof rowsOf>['run'];
let strict: string;
let strictVersion: string;

beforeAll(async () => {
  clone = await cloneDatabase();
  run = rowsOf(clone.database).run;
  strict = await template();
  strictVersion = await templateVersion();
  await policy();
});
afterAll(() => clone.drop());

async function template({ provider = 'ENTRA_ROLE', name = 'Strict' } = {}): Promise<string> {
  const id = randomUUID();
  await run(
    sql`INSERT INTO policy_template (id, provider, name, created_at) VALUES (${id}, ${provider}, ${name}, now())`,
  );
  return id;
}

async function templateVersion({ of = strict, version = 1, by = null as string | null } = {}): Promise<string> {
  const id = randomUUID();
  await run(sql`INSERT INTO policy_template_version (id, template_id, version, rules, created_at, created_by)
    VALUES (${id}, ${of}, ${version}, '{}', now(), ${by})`);
  return id;
}

interface PolicyRow {
  readonly role?: string;
  readonly scope?: string;
  readonly version?: number;
  readonly rules?: string | null;
  readonly inheritable?: boolean;
  readonly from?: string | null;
  readonly by?: string | null;
}

async function policy(row: PolicyRow = {}): Promise<void> {
  const { role = PLAIN_ROLE, scope = DIRECTORY_SCOPE, version = 1, rules = RULES } = row;
  const { inheritable = false, from = null, by = null } = row;
  await run(sql`INSERT INTO role_policy_version (id, provider, role_id, scope_id, version, rules, inheritable, template_version_id, created_at, created_by)
    VALUES (${randomUUID()}, 'ENTRA_ROLE', ${role}, ${scope}, ${version}, ${rules}::jsonb, ${inheritable}, ${from}, now(), ${by})`);
}

test.each<[string, () => Promise<unknown>]>([
  ['role_policy_version_counts_up', () => policy()],
  ['role_policy_version_from_one', () => policy({ version: 0 })],
  ['role_policy_version_role_exists', () => policy({ role: AZURE_READER })],
  ['role_policy_version_scope_exists', () => policy({ scope: NOBODY })],
  ['role_policy_version_author_exists', () => policy({ version: 2, by: NOBODY })],
  ['role_policy_version_template_exists', () => policy({ version: 2, from: NOBODY })],
  ['role_policy_version_passes_on_its_own', () => policy({ version: 2, rules: null, inheritable: true })],
  ['role_policy_version_passes_on_its_own', () => policy({ version: 2, rules: null, from: strictVersion })],
  ['role_policy_version_immutable', () => run(sql`UPDATE role_policy_version SET inheritable = true`)],
  ['role_policy_version_immutable', () => run(sql`DELETE FROM role_policy_version`)],
  ['policy_template_provider_known', () => template({ provider: 'AWS', name: 'Other' })],
  ['policy_template_name_length', () => template({ name: '  ' })],
  ['policy_template_name_length', () => template({ name: 'a'.repeat(101) })],
  ['policy_template_name_unique', () => template({ name: 'STRICT' })],
  ['policy_template_version_counts_up', () => templateVersion()],
  ['policy_template_version_from_one', () => templateVersion({ version: 0 })],
  ['policy_template_version_template_exists', () => templateVersion({ of: NOBODY })],
  ['policy_template_version_author_exists', () => templateVersion({ version: 2, by: NOBODY })],
  // One function keeps both tables, and says so in one way.
  ['role_policy_version_immutable', () => run(sql`UPDATE policy_template_version SET version = 9`)],
  ['role_policy_version_immutable', () => run(sql`DELETE FROM policy_template_version`)],
])('%s', async (constraint, write) => {
  await expect(write()).rejects.toMatchObject({ constraint });
});

test('a session in replica mode does not get past the immutability of versions', async () => {
  for (const table of ['role_policy_version', 'policy_template_version']) {
    const change = clone.database.em.fork().transactional(async (tx) => {
      await tx.execute('SET LOCAL session_replication_role = replica');
      await tx.execute(`UPDATE ${table} SET version = 9`);
    });
    await expect(change).rejects.toMatchObject({ constraint: 'role_policy_version_immutable' });
  }
});

test('without rules a version is what holds without settings of its own', async () => {
  await policy({ version: 2, rules: null });
  await policy({ version: 3, from: strictVersion, inheritable: true });
});
