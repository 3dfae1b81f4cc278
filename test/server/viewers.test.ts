/** Are callers who arrive together read together, each as they are, and anew each time? */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createViewerReader } from '../../src/server/viewers.ts';
import { viewerFacts } from '../../src/store/viewer.ts';
import { type Company, foundCompany } from '../support/company.ts';
import { watchStatements } from '../support/statements.ts';

let company: Company;
beforeAll(async () => {
  company = await foundCompany();
});
afterAll(() => company.drop());

const NOBODY = '00000000-0000-4000-8000-00000000dead';
const withoutNow = ({ now: _, ...facts }: Awaited<ReturnType<typeof viewerFacts>>) => facts;

test('those of one moment are read by few statements, each as if alone', async () => {
  const { una, ben, cleo, dan, gail, petra, olive, database } = company;
  const asked = [gail, una, NOBODY, olive, ben, gail, cleo, dan, petra, dan].map((principalId, index) => ({
    principalId,
    applicationPermissions: index === 9 ? ['RoleManagement.Read.Directory'] : [],
  }));
  const read = createViewerReader(database);
  using statements = watchStatements();
  const together = await Promise.all(asked.map(read));
  expect(statements.sent).toHaveLength(2);
  const db = () => database.em.fork().getKysely();
  const alone = await Promise.all(
    asked.map(({ principalId, applicationPermissions }) => viewerFacts(db(), principalId, applicationPermissions)),
  );
  expect(together.map(withoutNow)).toEqual(alone.map(withoutNow));
  expect(together[2]?.principal).toBeNull();
  expect(together[9]?.powers).not.toEqual(together[7]?.powers);
});

test('nobody is remembered', async () => {
  const { una, database } = company;
  const read = createViewerReader(database);
  const enabled = async () => (await read({ principalId: una, applicationPermissions: [] })).principal?.enabled;
  expect(await enabled()).toBe(true);
  await company.run(sql`UPDATE principal SET enabled = false WHERE id = ${una}`);
  expect(await enabled()).toBe(false);
});
