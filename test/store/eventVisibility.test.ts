/** Is an event judged alike by the log's reader and in memory? Any viewer and any filter, over everything that can happen. */
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processNow } from '../../src/clock.ts';
import { type Audience, concerns, type EventFilter, isChosen, showsByPowers } from '../../src/decision/event.ts';
import type { Viewer } from '../../src/decision/powers.ts';
import { EVENTS, type EventType } from '../../src/events.ts';
import { type EventRow, readEvents } from '../../src/store/event.ts';
import { currentViewers } from '../../src/store/viewer.ts';
import { visibleEvent } from '../../src/store/visibility.ts';
import { cloneDemoDatabase, type TestDatabase } from '../support/database.ts';
import { ask, gather, happen } from '../support/happenings.ts';
import { type Rows, rowsOf } from '../support/rows.ts';

let clone: TestDatabase;
let events: EventRow[];
let viewers: Viewer[];
const TYPES = Object.keys(EVENTS) as EventType[];
const RANGE = { after: 0, upTo: 1_000_000, limit: 1_000_000 };
const db = () => clone.database.em.fork().getKysely();

beforeAll(async () => {
  clone = await cloneDemoDatabase();
  const cast = await gather(clone.database);
  await happen(clone.database, cast, await ask(clone.database, cast));
  const rows = rowsOf(clone.database);
  // No gateway numbers them here.
  await rows.run(sql`UPDATE event SET position = id, leaf_hash = '' WHERE position IS NULL`);
  events = await readEvents(db(), RANGE);
  viewers = await viewersOf(
    rows,
    cast.audience.map(({ objectId }) => objectId),
  );
});
afterAll(() => clone.drop());

/** Whoever holds, asks or decides something, and some of those who do not; applications with permissions of every kind. */
async function viewersOf(rows: Rows, first: readonly string[]): Promise<Viewer[]> {
  const found = await rows.run(sql<Pick<Viewer, 'id' | 'kind' | 'userType'>>`
    SELECT id, kind, user_type AS "userType" FROM principal p WHERE kind <> 'GROUP' AND enabled AND deleted_at IS NULL
    ORDER BY id = ANY(${`{${first}}`}::uuid[]) DESC, NOT EXISTS (SELECT FROM assignment a WHERE a.principal_id = p.id AND a.type = 'ACTIVE' AND a.during @> now()),
      NOT EXISTS (SELECT FROM request_approver asked WHERE asked.approver_id = p.id), md5(id::text) LIMIT 300`);
  const nouns = ['RoleManagement', 'RoleEligibilitySchedule', 'RoleAssignmentSchedule', 'RoleManagementPolicy'];
  const permissions = [
    'AuditLog.Read.All',
    ...nouns.flatMap((noun) => [`${noun}.Read.Directory`, `${noun}.ReadWrite.Directory`]),
  ];
  const asked = found.map((each, index) => ({
    ...each,
    proof: { multiFactorAt: null, authenticationContexts: [] },
    expiresAt: processNow(),
    // Every one alone, then pairs of them.
    applicationPermissions:
      each.kind === 'USER'
        ? []
        : permissions.filter((_, n) => n === index % 9 || (index > 50 && n === (index * 5) % 9)),
    powers: {} as Viewer['powers'],
  }));
  return (await currentViewers(db(), asked)).flatMap(({ viewer }) => viewer ?? []);
}

test('everybody is shown by the statement what they are shown in memory, and the other way round', async () => {
  const ASSIGNMENTS: Audience = { kind: 'ASSIGNMENTS' };
  const sizes = new Set<number>();
  for (const viewer of viewers) {
    const inMemory = events.filter(
      (event) => showsByPowers(ASSIGNMENTS, viewer.powers, event) || concerns(ASSIGNMENTS, viewer, event),
    );
    const { rows } = await sql<{ position: number }>`
      SELECT position::float8 FROM event e WHERE ${visibleEvent(viewer, 'e')} ORDER BY position`.execute(db());
    expect([viewer.id, rows.map(({ position }) => position)]).toEqual([
      viewer.id,
      inMemory.map(({ position }) => position),
    ]);
    sizes.add(inMemory.length);
  }
  expect([viewers.length, events.length > 1300, sizes.size > 50]).toEqual([300, true, true]);
});

test('nobody decides, or holds, what the statement leaves out', () => {
  for (const viewer of viewers) {
    for (const event of events) {
      const told = (kind: 'ASSIGNMENTS' | 'APPROVALS' | 'OWN_ACCESS') =>
        showsByPowers({ kind }, viewer.powers, event) || concerns({ kind }, viewer, event);
      if (told('APPROVALS') || told('OWN_ACCESS')) expect(told('ASSIGNMENTS')).toBe(true);
    }
  }
});

test('a filter chooses the same in the statement and in memory', async () => {
  const of = <T>(values: readonly T[]) => fc.option(fc.subarray([...values]), { nil: undefined });
  const distinct = <T>(pick: (event: EventRow) => T | null) =>
    [...new Set(events.map(pick))].filter((value) => value !== null).slice(0, 60) as T[];
  const paths = (await rowsOf(clone.database).run(sql<{ path: string }>`SELECT path FROM scope`)).map(
    ({ path }) => path,
  );
  const spelled = fc
    .tuple(fc.constantFrom(...paths), fc.boolean())
    .map(([path, loud]) => (loud ? path.toUpperCase() : path));
  const filters = fc.record({
    types: fc.subarray(TYPES, { minLength: 5 }),
    providers: of(['ENTRA_ROLE', 'AZURE_RESOURCE', 'GROUP'] as const),
    principalIds: of(distinct(({ principalId }) => principalId)),
    roleIds: of(distinct(({ roleId }) => roleId)),
    actorIds: of(distinct(({ actorId }) => actorId)),
    below: fc.option(spelled, { nil: undefined }),
  });
  let chosen = 0;
  // Those that are drawn may all be narrow.
  const nothing = { providers: undefined, principalIds: undefined, roleIds: undefined, actorIds: undefined };
  const widest = { ...nothing, types: TYPES, below: undefined };
  await fc.assert(
    fc.asyncProperty(filters, fc.boolean(), async (given, one) => {
      // All of them together leave almost nothing.
      const filter: EventFilter = one ? { types: given.types, below: given.below } : given;
      const read = await readEvents(db(), RANGE, { filter, viewer: null, requestId: null });
      expect(read.map(({ position }) => position)).toEqual(
        events.filter((event) => isChosen(filter, event)).map(({ position }) => position),
      );
      chosen += read.length;
    }),
    { numRuns: 80, examples: [[widest, true]] },
  );
  expect(chosen).toBeGreaterThan(1000);
});
