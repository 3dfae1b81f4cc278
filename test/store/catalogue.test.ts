/** Are all built-in roles there, and loaded again only when they changed? */
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ENTRA } from '../../src/decision/role.ts';
import { loadCatalogue } from '../../src/store/catalogue.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';

let clone: TestDatabase;
beforeEach(async () => {
  clone = await cloneDatabase();
});
afterEach(() => clone.drop());

const rows = async <T>(query: ReturnType<typeof sql<T>>) =>
  (await query.execute(clone.database.em.fork().getKysely())).rows;

test('all built-in roles of Entra and Azure are there', async () => {
  const counts = await rows<{ provider: string; n: number }>(sql`
    SELECT provider, count(*)::int AS n FROM role WHERE built_in GROUP BY provider ORDER BY provider`);
  expect(counts).toEqual([
    { provider: 'AZURE_RESOURCE', n: 933 },
    { provider: 'ENTRA_ROLE', n: 145 },
    { provider: 'GROUP', n: 2 },
  ]);
});

test('a role has the facts of the catalogue', async () => {
  const [helpdesk] = await rows(sql`
    SELECT privileged, assignable, deprecated, administrative_unit_scope, application_scope, categories
    FROM role WHERE provider = 'ENTRA_ROLE' AND display_name = 'Helpdesk Administrator'`);
  expect(helpdesk).toEqual({
    ...{ privileged: true, assignable: true, deprecated: false },
    ...{ administrative_unit_scope: true, application_scope: false, categories: ['identity'] },
  });
  const named = await rows<{ id: string }>(
    sql`SELECT id FROM role WHERE id = ANY(${Object.values(ENTRA)}::uuid[]) AND assignable`,
  );
  expect(named).toHaveLength(Object.keys(ENTRA).length);
});

test('who manages and who reads assignments is derived from the permissions', async () => {
  const rights = await rows(sql`
    SELECT display_name, manages_assignments AS manages, reads_assignments AS reads FROM role WHERE provider = 'AZURE_RESOURCE'
      AND display_name IN ('Owner', 'Contributor', 'Reader', 'AcrPull', 'User Access Administrator') ORDER BY display_name`);
  expect(rights).toEqual([
    { display_name: 'AcrPull', manages: false, reads: false },
    { display_name: 'Contributor', manages: false, reads: true },
    { display_name: 'Owner', manages: true, reads: true },
    { display_name: 'Reader', manages: false, reads: true },
    { display_name: 'User Access Administrator', manages: true, reads: true },
  ]);
});

test('a catalogue that has not changed is not written again', async () => {
  const versions = () => rows(sql`SELECT id, xmin::text FROM role ORDER BY id`);
  const before = await versions();
  await loadCatalogue(clone.database);
  expect(await versions()).toEqual(before);
});

test('another catalogue brings every role up to date, and only those that differ are written', async () => {
  await rows(
    sql`UPDATE role SET display_name = 'Old name', manages_assignments = true WHERE id = ${ENTRA.globalReader}`,
  );
  await rows(sql`UPDATE catalogue SET digest = 'of an older release'`);
  const before = await rows<{ id: string; xmin: string }>(sql`SELECT id, xmin::text FROM role ORDER BY id`);
  await loadCatalogue(clone.database);
  const [role] = await rows(sql`SELECT display_name, manages_assignments FROM role WHERE id = ${ENTRA.globalReader}`);
  expect(role).toEqual({ display_name: 'Global Reader', manages_assignments: false });
  const after = await rows<{ id: string; xmin: string }>(sql`SELECT id, xmin::text FROM role ORDER BY id`);
  expect(after.filter((row, at) => row.xmin !== before[at]?.xmin).map(({ id }) => id)).toEqual([ENTRA.globalReader]);
});
