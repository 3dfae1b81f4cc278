/** Does the predicate in the SQL say what the standard's tables say? Every persona and every row, against a reading of the tables in plain sets. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processNow } from '../../src/clock.ts';
import { PERSONAS, type Persona } from '../../src/company/personas.ts';
import type { Viewer } from '../../src/decision/powers.ts';
import { TENANT_ROOT_SCOPE } from '../../src/decision/role.ts';
import { viewerFacts } from '../../src/store/viewer.ts';
import {
  auditedEvent,
  visibleAccess,
  visibleEvent,
  visiblePrincipal,
  visibleRequest,
  visibleScope,
} from '../../src/store/visibility.ts';
import { cloneDemoDatabase, type TestDatabase } from '../support/database.ts';
import { readWorld, Sight, type World } from '../support/sight.ts';

let clone: TestDatabase;
let world: World;
const db = () => clone.database.em.fork().getKysely();

beforeAll(async () => {
  clone = await cloneDemoDatabase();
  world = await readWorld(db());
});
afterAll(() => clone.drop());

describe.each(PERSONAS.map((persona): [string, Persona] => [persona.name, persona]))('%s', (_name, persona) => {
  test('sees exactly the assignments of the tables', async () => {
    const seen = await idsOf(sql`assignment x`, (viewer) => visibleAccess(viewer, { alias: 'x', typeColumn: 'type' }));
    const sight = new Sight(world, persona);
    expect(seen).toEqual(expected(world.assignments, (row) => sight.access(row)));
  });

  test('sees exactly the requests of the tables', async () => {
    const seen = await idsOf(sql`request x`, (viewer) => visibleRequest(viewer, 'x'));
    const sight = new Sight(world, persona);
    expect(seen).toEqual(expected([...world.requests.values()], (row) => sight.asked(row)));
  });

  test('sees exactly the events of the tables', async () => {
    const seen = await idsOf(sql`event x`, (viewer) => visibleEvent(viewer, 'x'));
    const sight = new Sight(world, persona);
    expect(seen).toEqual(expected(world.events, (row) => sight.asked(row)));
  });

  test('sees exactly the audit of the tables', async () => {
    const seen = await idsOf(sql`event x`, (viewer) => auditedEvent(viewer, 'x'));
    const sight = new Sight(world, persona);
    expect(seen).toEqual(expected(world.events, (row) => sight.audit(row)));
  });

  test('sees exactly the principals of the tables', async () => {
    const seen = await idsOf(sql`principal x`, (viewer) => visiblePrincipal(viewer, 'x'));
    const sight = new Sight(world, persona);
    expect(seen).toEqual(expected([...world.principals.values()], (row) => sight.principal(row)));
  });

  test('sees exactly the scopes of the tables', async () => {
    const seen = await idsOf(sql`scope x`, (viewer) => visibleScope(viewer, 'x'));
    expect(seen).toEqual([...new Sight(world, persona).scopes()].toSorted());
  });

  async function idsOf(from: ReturnType<typeof sql>, predicate: (viewer: Viewer) => ReturnType<typeof sql<boolean>>) {
    const viewer = await viewerFor(persona);
    const { rows } = await sql<{ id: string }>`SELECT x.id::text AS id FROM ${from} WHERE ${predicate(viewer)}`.execute(
      db(),
    );
    return rows.map(({ id }) => id).toSorted();
  }
});

test('the personas see different things: everything, something, nothing', async () => {
  const counts = new Set(
    PERSONAS.map((each) => {
      const sight = new Sight(world, each);
      return world.assignments.filter((row) => sight.access(row)).length;
    }),
  );
  expect(counts.size).toBeGreaterThan(6);
  expect(world.assignments.length).toBeGreaterThan(2000);
});

const EVERYTHING: Partial<Viewer['powers']> = {
  ...{ entraView: ['ELIGIBLE', 'ACTIVE'], azureView: [TENANT_ROOT_SCOPE], azureReach: undefined },
  ...{ roleAssignableGroupsView: true, otherGroupsView: true, entraAudit: true, azureManage: [TENANT_ROOT_SCOPE] },
};

test.each<[string, Partial<Viewer['powers']>, boolean]>([
  ['all of them', {}, true],
  ['none of active Entra assignments', { entraView: ['ELIGIBLE'] }, false],
  ['none of Azure', { azureView: [] }, false],
  ['none of role-assignable groups', { roleAssignableGroupsView: false }, false],
  ['none of other groups', { otherGroupsView: false }, false],
])('whoever has powers over %s sees every assignment, or not', async (_what, less, all) => {
  const viewer = await viewerFor(PERSONAS.find(({ name }) => name === 'olga') as Persona);
  const powers = { ...viewer.powers, ...EVERYTHING, ...less };
  const sees = visibleAccess({ ...viewer, powers }, { alias: 'x', typeColumn: 'type' });
  const { rows } = await sql<{ seen: number; all: number }>`
    SELECT count(*) FILTER (WHERE ${sees})::int AS seen, count(*)::int AS all FROM assignment x`.execute(db());
  expect(rows[0]?.seen === rows[0]?.all).toBe(all);
});

test.each<[string, Partial<Viewer['powers']>, boolean]>([
  ['everything', {}, true],
  ['nothing of the directory', { entraAudit: false }, false],
  ['nothing of Azure', { azureManage: [] }, false],
  ['no role-assignable groups', { roleAssignableGroupsView: false }, false],
  ['no other groups', { otherGroupsView: false }, false],
])('whoever audits %s has every event, or not', async (_what, less, all) => {
  const viewer = await viewerFor(PERSONAS.find(({ name }) => name === 'olga') as Persona);
  const powers = { ...viewer.powers, ...EVERYTHING, ...less };
  const condition = auditedEvent({ ...viewer, powers }, 'x');
  const { rows } = await sql<{ seen: number; all: number }>`
    SELECT count(*) FILTER (WHERE ${condition})::int AS seen, count(*)::int AS all FROM event x`.execute(db());
  expect(rows[0]?.seen === rows[0]?.all).toBe(all);
});

function expected<Row extends { id: string }>(rows: readonly Row[], sees: (row: Row) => boolean): string[] {
  return rows
    .filter(sees)
    .map(({ id }) => id)
    .toSorted();
}

async function viewerFor({ objectId, appPermissions = [] }: Persona): Promise<Viewer> {
  const { principal, powers } = await viewerFacts(db(), objectId, appPermissions);
  if (principal === null) throw new Error('a persona is not there');
  const { kind, userType } = principal;
  const proof = { multiFactorAt: null, authenticationContexts: [] };
  return {
    id: objectId,
    kind,
    userType,
    proof,
    expiresAt: processNow(),
    applicationPermissions: appPermissions,
    powers,
  };
}
