/** Is a directory loaded as a whole, again without harm, and refused line by line? */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { importDirectory } from '../../src/action/import.ts';
import { GROUP_MEMBER } from '../../src/decision/role.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';

const SAMPLE = fileURLToPath(new URL('../support/import/brackwater.json', import.meta.url));
const ADA = '10000000-0000-4000-8000-000000000001';
const BEN = '10000000-0000-4000-8000-000000000002';
const CLEO = '10000000-0000-4000-8000-000000000003';
const DOCK_CREW = '20000000-0000-4000-8000-000000000001';

let folder: string;
let clone: TestDatabase;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'portcullis-import-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  clone = await cloneDatabase();
});
afterEach(() => clone.drop());

const load = (file: string, options = {}) => importDirectory(clone.database, file, undefined, options);
const rows = async <T>(query: ReturnType<typeof sql<T>>) =>
  (await query.execute(clone.database.em.fork().getKysely())).rows;

/** Everything an import may touch, in one value to compare. */
const everything = () =>
  rows(sql`
    SELECT (SELECT json_agg(p ORDER BY id) FROM principal p) AS principals, (SELECT json_agg(s ORDER BY id) FROM scope s) AS scopes,
      (SELECT json_agg(r ORDER BY id) FROM role r WHERE NOT built_in) AS roles, (SELECT json_agg(a ORDER BY id) FROM assignment a) AS access,
      (SELECT json_agg(u ORDER BY principal_id) FROM administrative_unit_member u) AS units, (SELECT json_agg(e) FROM event e) AS events`);

/** The sample after a change, as a file. */
async function changed(change: (document: Sample) => void): Promise<string> {
  const document = JSON.parse(await readFile(SAMPLE, 'utf8'));
  change(document);
  return written(JSON.stringify(document, null, 2));
}

async function written(text: string): Promise<string> {
  const file = path.join(folder, `${Math.random()}.json`);
  await writeFile(file, text);
  return file;
}

type Item = Record<string, unknown> & { members: { id: string }[] };
type Sample = Record<'users' | 'groups' | 'administrativeUnits' | 'managementGroups', { value: Item[] }>;

const membersOf = async (group: string) =>
  (
    await rows<{ principalId: string }>(sql`
      SELECT a.principal_id AS "principalId" FROM assignment a JOIN scope s ON s.id = a.scope_id
      WHERE s.principal_id = ${group} AND a.role_id = ${GROUP_MEMBER} AND a.during @> clock_timestamp() ORDER BY 1`)
  ).map(({ principalId }) => principalId);

test('a directory comes in as a whole, with progress and one event', async () => {
  const told: [number, number, string][] = [];
  const summary = await importDirectory(clone.database, SAMPLE, (...progress) => told.push(progress));
  expect(summary).toEqual({ read: 28, written: 27, unchanged: 1, refusals: [] });
  expect(told.at(-1)).toEqual([27, 27, 'members and owners']);
  expect(told.map(([done]) => done)).toEqual(told.map(([done]) => done).sort((a, b) => a - b));
  expect(await rows(sql`SELECT type, actor_id, payload FROM event`)).toEqual([
    {
      ...{ type: 'directory.imported', actor_id: null },
      payload: { principals: 9, scopes: 8, roles: 2, relations: 8, ended: 0 },
    },
  ]);
  expect(await membersOf(DOCK_CREW)).toEqual([ADA, BEN, '20000000-0000-4000-8000-000000000003']);
  const [database] = await rows<{ path: string[] }>(sql`
    SELECT array_agg(above.display_name ORDER BY a.depth) AS path FROM scope s JOIN scope_ancestor a ON a.scope_id = s.id
    JOIN scope above ON above.id = a.ancestor_id WHERE s.display_name = 'Loads'`);
  const above = ['Loads', 'sql-cranes', 'rg-Cranes', 'Cranes', 'Quay', 'Brackwater', 'Tenant root'];
  expect(database?.path).toEqual(above);
  expect(await rows(sql`SELECT display_name, enabled, user_type FROM principal WHERE id = ${CLEO}`)).toEqual([
    { display_name: 'Cleo Marsh', enabled: false, user_type: 'MEMBER' },
  ]);
});

test('a path with capitals beyond A to Z comes in again, with what lies below it', async () => {
  const text = (await readFile(SAMPLE, 'utf8')).replaceAll('rg-Cranes', 'RG-Äste');
  const first = await load(await written(text));
  expect(first.refusals).toEqual([]);
  const renamed = text.replaceAll('"name": "RG-Äste"', '"name": "Branches"').replaceAll('kv-Cranes', 'kv-New');
  expect(await load(await written(renamed))).toMatchObject({ refusals: [], written: 2 });
  expect(
    await rows(sql`SELECT s.display_name AS name, up.display_name AS above FROM scope s JOIN scope up ON up.id = s.parent_id
      WHERE s.display_name IN ('Branches', 'kv-New') ORDER BY 1`),
  ).toEqual([
    { name: 'Branches', above: 'Cranes' },
    { name: 'kv-New', above: 'Branches' },
  ]);
});

test('a second run changes nothing and records nothing', async () => {
  await load(SAMPLE);
  const before = await everything();
  expect(await load(SAMPLE)).toEqual({ read: 28, written: 0, unchanged: 28, refusals: [] });
  expect(await everything()).toEqual(before);
});

test('one refusal, and nothing is written; the refusal names place, line and reason', async () => {
  const file = await changed(({ users, groups }) => {
    (users.value[1] as Item).userType = 'Robot';
    (groups.value[0] as Item).members.push({ id: '10000000-0000-4000-8000-0000000000ff' });
  });
  const before = await everything();
  const { refusals, ...counts } = await load(file);
  expect(counts).toEqual({ read: 29, written: 0, unchanged: 0 });
  const lines = (await readFile(file, 'utf8')).split('\n');
  // Counted from 0, which is one line above when counted from 1.
  const lineOf = (text: string) => lines.findIndex((line) => line.includes(text));
  expect(refusals).toEqual([
    {
      where: 'users.value[1]',
      line: lineOf('"displayName": "Ben Okoye"') - 1,
      reason: 'userType is "Robot": it must be Member or Guest',
    },
    {
      where: 'groups.value[0].members[1]',
      line: expect.any(Number),
      reason: expect.stringContaining('neither in the file nor known'),
    },
    {
      where: 'groups.value[0].members[3]',
      line: lineOf('0000000000ff'),
      reason: expect.stringContaining('neither in the file nor known'),
    },
  ]);
  expect(await everything()).toEqual(before);
});

test('with skipRefused the rest is written, and a list with a refused entry ends nothing', async () => {
  await load(SAMPLE);
  const file = await changed(({ users, groups }) => {
    (users.value[3] as Item).userType = 'Robot';
    const crew = groups.value[0] as Item;
    crew.members = [{ id: ADA }, { id: '10000000-0000-4000-8000-0000000000ff' }];
    crew.displayName = 'Dock Hands';
  });
  expect(await load(file, { skipRefused: true })).toMatchObject({ written: 1, refusals: [{}, {}] });
  expect(await membersOf(DOCK_CREW)).toHaveLength(3);
  expect(await rows(sql`SELECT display_name FROM principal WHERE id = ${DOCK_CREW}`)).toEqual([
    { display_name: 'Dock Hands' },
  ]);
});

test('an empty list is read without progress, change or event', async () => {
  const before = await everything();
  const told: unknown[] = [];
  const file = await written('{"value": []}');
  const summary = await importDirectory(clone.database, file, (...progress) => told.push(progress));
  expect({ summary, told }).toEqual({ summary: { read: 0, written: 0, unchanged: 0, refusals: [] }, told: [] });
  expect(await everything()).toEqual(before);
});

test('a dry run tells the same and writes nothing', async () => {
  const before = await everything();
  expect(await load(SAMPLE, { dryRun: true })).toEqual({ read: 28, written: 27, unchanged: 1, refusals: [] });
  expect(await everything()).toEqual(before);
});

test('who has left the list is no member any more, and the history says removed', async () => {
  await load(SAMPLE);
  const file = await changed(({ groups, administrativeUnits }) => {
    (groups.value[0] as Item).members = [{ id: BEN }];
    (administrativeUnits.value[0] as Item).members = [{ id: CLEO }];
  });
  expect(await load(file)).toMatchObject({ written: 5, refusals: [] });
  expect(await membersOf(DOCK_CREW)).toEqual([BEN]);
  const ended = await rows(
    sql`SELECT DISTINCT ended_by FROM assignment WHERE principal_id = ${ADA} AND ends_at IS NOT NULL`,
  );
  expect(ended).toEqual([{ ended_by: 'REMOVED' }]);
  expect(await rows(sql`SELECT principal_id FROM administrative_unit_member`)).toEqual([{ principal_id: CLEO }]);
});

test('a list that is not in the file changes no members', async () => {
  await load(SAMPLE);
  const file = await changed(({ groups }) => {
    const crew = groups.value[0] as Partial<Item>;
    delete crew.members;
  });
  expect(await load(file)).toMatchObject({ written: 0 });
  expect(await membersOf(DOCK_CREW)).toHaveLength(3);
});

test('memberships that PIM gave are left alone, and one it has scheduled begins in time', async () => {
  await load(SAMPLE);
  await rows(sql`
    WITH asked AS (
      INSERT INTO request (id, action, status, assignment_type, provider, role_id, scope_id, principal_id, created_at, completed_at)
      SELECT gen_random_uuid(), 'ADMIN_ASSIGN', 'PROVISIONED', 'ACTIVE', 'GROUP', ${GROUP_MEMBER}, ${DOCK_CREW}, p, now(), now()
      FROM unnest(${[CLEO, '10000000-0000-4000-8000-000000000004']}::uuid[]) p RETURNING *)
    INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, ends_at, request_id, created_at)
    SELECT gen_random_uuid(), 'GROUP', role_id, scope_id, principal_id, 'ACTIVE',
      date_trunc('milliseconds', now()) + CASE WHEN principal_id = ${CLEO} THEN interval '-1 hour' ELSE '5 days' END, now() + interval '9 days', id, now() FROM asked`);
  expect(await load(SAMPLE)).toMatchObject({ written: 0 });
  expect(await membersOf(DOCK_CREW)).toContain(CLEO);
  const file = await changed(({ groups }) => {
    (groups.value[0] as Item).members.push({ id: '10000000-0000-4000-8000-000000000004' });
  });
  expect(await load(file)).toMatchObject({ written: 1, refusals: [] });
  const [early, late] = await rows<{ ends_at: string; starts_at: string }>(sql`
    SELECT starts_at, ends_at FROM assignment WHERE principal_id = '10000000-0000-4000-8000-000000000004'
      AND scope_id = ${DOCK_CREW} ORDER BY starts_at`);
  expect(early?.ends_at).toEqual(late?.starts_at);
});

test('a management group moves with all that is below it, also past its own parent', async () => {
  await load(SAMPLE);
  const file = await changed(({ managementGroups }) => {
    const [quay, top] = managementGroups.value as [Item, Item];
    top.properties = { displayName: 'Brackwater', details: { parent: { id: quay.id } } };
    quay.properties = { displayName: 'Quay', details: {} };
  });
  // Quay does not say where it hangs, so it stays below Brackwater, which would now be below Quay.
  expect((await load(file)).refusals.map(({ reason }) => reason)).toContain('it would lie below itself');
  const moved = await changed(({ managementGroups }) => {
    (managementGroups.value[0] as Item).managementGroupId = '/';
    (managementGroups.value[0] as Item).properties = { displayName: 'Quay' };
    (managementGroups.value[1] as Item).managementGroupId = 'quay';
  });
  expect(await load(moved)).toMatchObject({ written: 2, refusals: [] });
  const [{ path: above } = { path: [] }] = await rows<{ path: string[] }>(sql`
    SELECT array_agg(s.display_name ORDER BY a.depth) AS path FROM scope_ancestor a JOIN scope s ON s.id = a.ancestor_id
    WHERE a.scope_id = (SELECT id FROM scope WHERE display_name = 'Brackwater')`);
  expect(above).toEqual(['Brackwater', 'Quay', 'Tenant root']);
});

test.each([
  ['{"users": ', /is not JSON: .* at line 1, column 11\./],
  ['{\n  "users": [1,]\n}', /is not JSON: .* at line 2, column 15\./],
  ['{\n// no comments\n}', /is not JSON: .* at line 2, column 1\./],
  ['', /is not JSON: .* at line 1, column 1\./],
  ['['.repeat(200_000), /is not JSON: .*nested too deeply\./],
])('malformed text %# is told with line and column', async (text, message) => {
  await expect(load(await written(text))).rejects.toThrow(message);
});

test('a file that is not there is told in one sentence', async () => {
  await expect(load(path.join(folder, 'nowhere.json'))).rejects.toThrow(
    /nowhere\.json cannot be read: there is no such file\./,
  );
});

test('two imports at once both end well, and the second finds nothing to do', async () => {
  const both = await Promise.all([load(SAMPLE), load(SAMPLE)]);
  expect(both.map((summary) => summary.written).sort((a, b) => a - b)).toEqual([0, 27]);
});
