/** Does a scope cover what lies below it, and nothing else? Random trees, moved about, against a walk up the parents. */
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ENTRA, TENANT_ROOT_SCOPE } from '../../src/decision/role.ts';
import { listAssignments } from '../../src/store/assignment.ts';
import { placeBelow, scopeFacts } from '../../src/store/scope.ts';
import { viewerFacts } from '../../src/store/viewer.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { AZURE_CONTRIBUTOR, type Rows, rowsOf } from '../support/rows.ts';
import { contextOf } from '../support/viewer.ts';

let clone: TestDatabase;
let rows: Rows;
const db = () => clone.database.em.fork().getKysely();

beforeAll(async () => {
  clone = await cloneDatabase();
  rows = rowsOf(clone.database);
});

afterAll(() => clone.drop());

/** Each scope hangs below an earlier one; each move hangs one below another, where that makes no circle. */
const trees = fc.record({
  parents: fc.array(fc.nat(), { minLength: 3, maxLength: 12 }),
  moves: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 6 }),
});

test('the closure of every tree, moved about at will, is what a walk up the parents finds', async () => {
  let trial = 0;
  const property = fc.asyncProperty(trees, async ({ parents, moves }) => {
    trial++;
    const scopes: string[] = [];
    const parentOf = new Map<string, string>();
    for (const [index, choice] of parents.entries()) {
      const parent = scopes.length === 0 ? TENANT_ROOT_SCOPE : (scopes[choice % scopes.length] as string);
      const id = await rows.scope('MANAGEMENT_GROUP', parent, `/providers/trial${trial}/scope${index}`);
      scopes.push(id);
      parentOf.set(id, parent);
    }
    for (const [which, where] of moves) {
      const moved = scopes[which % scopes.length] as string;
      const below = scopes[where % scopes.length] as string;
      const move = rows.run(sql`UPDATE scope SET parent_id = ${below} WHERE id = ${moved}`);
      if (above(below, parentOf).includes(moved)) {
        await expect(move).rejects.toMatchObject({ constraint: 'scope_tree_acyclic' });
      } else {
        await move;
        parentOf.set(moved, below);
      }
    }
    for (const id of scopes) {
      const facts = await scopeFacts(db(), null, { id });
      expect(new Set(facts?.ancestorIds)).toEqual(new Set(above(id, parentOf)));
    }
  });
  await fc.assert(property, { numRuns: 40 });
});

/** The scope itself and everything above it. */
function above(id: string, parentOf: ReadonlyMap<string, string>): string[] {
  const parent = parentOf.get(id);
  return parent === undefined ? [id] : [id, ...above(parent, parentOf)];
}

test('letter case and a trailing slash name the same scope, and a sibling with the same beginning is another', async () => {
  const near = await rows.scope('SUBSCRIPTION', TENANT_ROOT_SCOPE, '/subscriptions/Retail');
  const sibling = await rows.scope('SUBSCRIPTION', TENANT_ROOT_SCOPE, '/subscriptions/Retail-Web');
  const child = await rows.scope('RESOURCE_GROUP', near, '/subscriptions/Retail/resourceGroups/Shop');
  const spellings = ['/subscriptions/retail', '/SUBSCRIPTIONS/RETAIL', '/Subscriptions/Retail/'];
  for (const path of spellings) {
    expect((await scopeFacts(db(), null, { provider: 'AZURE_RESOURCE', path }))?.id).toBe(near);
  }
  await expect(rows.scope('SUBSCRIPTION', TENANT_ROOT_SCOPE, '/SUBSCRIPTIONS/retail')).rejects.toMatchObject({
    constraint: 'scope_key_unique',
  });
  const reader = await rows.user('Reader');
  const at = (scope: string) =>
    rows.assignment({ principal: reader, role: AZURE_CONTRIBUTOR, scope, provider: 'AZURE_RESOURCE' });
  const held = [await at(near), await at(child)];
  await at(sibling);
  const { viewer } = await contextOf(clone.database, reader);
  for (const below of spellings) {
    const page = await listAssignments(db(), viewer, { below }, {});
    expect(new Set(page.nodes.map(({ id }) => id))).toEqual(new Set(held));
  }
});

test('a role for one administrative unit gives no power over the directory', async () => {
  const unit = crypto.randomUUID();
  await rows.run(sql`INSERT INTO scope (id, provider, kind, path, parent_id, display_name)
    VALUES (${unit}, 'ENTRA_ROLE', 'ADMINISTRATIVE_UNIT', ${`/administrativeUnits/${unit}`},
      '00000000-0000-4000-8000-000000000001', 'Unit')`);
  const administrator = await rows.user();
  await rows.assignment({ principal: administrator, role: ENTRA.userAdministrator, scope: unit });
  const { powers } = await viewerFacts(db(), administrator, []);
  expect(powers).toMatchObject({ otherGroupsManage: false, otherGroupsView: false, entraView: [], entraManage: [] });
});

test('assignments below a scope are the same ones, however many scopes lie there', async () => {
  const [top, deep] = [
    { few: 500, fewPart: 0.03, hashed: 5_000 },
    { few: 0, fewPart: 0, hashed: 5_000 },
  ];
  const chosen = async (path: string, bounds: typeof top) => {
    const { condition, isFew } = await placeBelow(db(), 'a.scope_id', path, bounds);
    const found = await sql<{ id: string }>`SELECT a.id FROM assignment a WHERE ${condition} ORDER BY a.id`.execute(
      db(),
    );
    return { isFew, ids: found.rows.map(({ id }) => id) };
  };
  const group = '/providers/Microsoft.Management/managementGroups/placed';
  const placed = await rows.scope('MANAGEMENT_GROUP', TENANT_ROOT_SCOPE, group);
  const web = await rows.scope('SUBSCRIPTION', placed, '/subscriptions/placed');
  for (const scope of [placed, web, TENANT_ROOT_SCOPE]) {
    const principal = await rows.user('Placed');
    await rows.assignment({ principal, role: AZURE_CONTRIBUTOR, provider: 'AZURE_RESOURCE', scope });
  }
  expect((await chosen(group, top)).ids).toHaveLength(2);
  for (const path of ['/', group, '/nowhere']) {
    const few = await chosen(path, top);
    const hashed = await chosen(path, deep);
    const each = await chosen(path, { ...deep, hashed: 0 });
    const isFew = { '/': [false, false, false], '/nowhere': [true, true, true] }[path] ?? [true, false, false];
    expect([few.isFew, hashed.isFew, each.isFew], path).toEqual(isFew);
    expect(hashed.ids).toEqual(few.ids);
    expect(each.ids).toEqual(few.ids);
  }
});
