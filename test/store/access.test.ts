/** Do the answers agree with a reading of the same company that knows no SQL, over random small companies full of cycles? */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decideAccess } from '../../src/decision/access.ts';
import type { Viewer } from '../../src/decision/powers.ts';
import { DIRECTORY_SCOPE, ENTRA, GROUP_MEMBER, GROUP_OWNER, TENANT_ROOT_SCOPE } from '../../src/decision/role.ts';
import type { Provider } from '../../src/decision/words.ts';
import { listEffectiveAccess, managedAreas } from '../../src/store/access.ts';
import { accessFacts } from '../../src/store/accessCheck.ts';
import { listAssignments } from '../../src/store/assignment.ts';
import { insertRows } from '../../src/store/bulk.ts';
import { cursorAt } from '../../src/store/connection.ts';
import { instant } from '../../src/store/transaction.ts';
import { viewerFacts } from '../../src/store/viewer.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { AZURE_CONTRIBUTOR, AZURE_READER, PLAIN_ROLE, type Rows, rowsOf } from '../support/rows.ts';

let clone: TestDatabase;
let given: Rows;
/** Sees everything: Global Reader and Groups Administrator of the directory, Reader of all Azure. */
let auditor: Viewer;
beforeAll(async () => {
  clone = await cloneDatabase();
  given = rowsOf(clone.database);
  auditor = await viewer(await given.user('Auditor'));
});
afterAll(() => clone.drop());

const db = () => clone.database.em.fork().getKysely();

async function viewer(id: string): Promise<Viewer> {
  const { powers } = await viewerFacts(db(), id, []);
  const proof = { multiFactorAt: null, authenticationContexts: [] };
  return { id, kind: 'USER', userType: 'MEMBER', proof, expiresAt: new Date(8e15), applicationPermissions: [], powers };
}

/** Everything between the tests goes; the viewers get their roles anew. */
beforeEach(async () => {
  await clear();
  await given.assignment({ principal: auditor.id, role: ENTRA.globalReader });
  await given.assignment({ principal: auditor.id, role: ENTRA.groupsAdministrator });
  await given.assignment({
    principal: auditor.id,
    role: AZURE_READER,
    provider: 'AZURE_RESOURCE',
    scope: TENANT_ROOT_SCOPE,
  });
  auditor = await viewer(auditor.id);
});

const clear = async () => {
  await clone.database.em.fork().transactional(async (tx) => {
    const here = tx.getKysely();
    await sql`SET LOCAL session_replication_role = replica`.execute(here);
    for (const table of ['event', 'assignment_warning', 'assignment', 'request']) {
      await sql`ALTER TABLE ${sql.table(table)} DISABLE TRIGGER USER`.execute(here);
      // The owner of a table may give itself the right that the log's grants leave out.
      await sql`GRANT DELETE ON ${sql.table(table)} TO CURRENT_USER`.execute(here);
      await sql`DELETE FROM ${sql.table(table)}`.execute(here);
      await sql`ALTER TABLE ${sql.table(table)} ENABLE TRIGGER USER`.execute(here);
    }
  });
};

interface Company {
  readonly users: readonly { enabled: boolean }[];
  readonly memberships: readonly { member: number; group: number; ends: number }[];
  readonly grants: readonly {
    holder: number;
    kind: number;
    scope: number;
    starts: number;
    ends: number;
    condition: boolean;
  }[];
}

const USERS = 4;
/** As many groups as users. */
const GROUPS = USERS;
const KINDS = [
  { provider: 'ENTRA_ROLE', role: PLAIN_ROLE },
  { provider: 'AZURE_RESOURCE', role: AZURE_CONTRIBUTOR },
  { provider: 'AZURE_RESOURCE', role: AZURE_READER },
  { provider: 'GROUP', role: GROUP_OWNER },
] as const satisfies readonly { provider: Provider; role: string }[];

const company: fc.Arbitrary<Company> = fc.record({
  users: fc.array(fc.record({ enabled: fc.boolean() }), { minLength: USERS, maxLength: USERS }),
  memberships: fc.uniqueArray(
    fc.record({
      member: fc.nat(USERS + GROUPS - 1),
      group: fc.integer({ min: USERS, max: USERS + GROUPS - 1 }),
      ends: fc.constantFrom(-10, 60, 120, 0),
    }),
    { maxLength: 10, selector: ({ member, group }) => `${member} ${group}` },
  ),
  grants: fc.uniqueArray(
    fc.record({
      holder: fc.nat(USERS + GROUPS - 1),
      kind: fc.nat(KINDS.length - 1),
      scope: fc.nat(3),
      starts: fc.constantFrom(-60, -60, 5),
      ends: fc.constantFrom(-10, 30, 90, 0),
      condition: fc.boolean(),
    }),
    { maxLength: 8, selector: ({ holder, kind, scope }) => `${holder} ${kind} ${scope}` },
  ),
});

/** The tree: the tenant root, a management group in it, a subscription in that; and another management group beside. */
let azure: readonly string[] = [];
const ABOVE = [[0], [1, 0], [2, 1, 0], [3, 0]];

interface Built {
  readonly ids: readonly string[];
  readonly groupScopes: readonly string[];
}

async function build(c: Company): Promise<Built> {
  if (azure.length === 0) {
    const top = await given.scope(
      'MANAGEMENT_GROUP',
      TENANT_ROOT_SCOPE,
      '/providers/Microsoft.Management/managementGroups/a',
    );
    const subscription = await given.scope('SUBSCRIPTION', top, '/subscriptions/a');
    const beside = await given.scope(
      'MANAGEMENT_GROUP',
      TENANT_ROOT_SCOPE,
      '/providers/Microsoft.Management/managementGroups/ab',
    );
    azure = [TENANT_ROOT_SCOPE, top, subscription, beside];
  }
  const users = await Promise.all(c.users.map(({ enabled }, index) => given.user(`User ${index}`, enabled)));
  const groups = await Promise.all(c.users.map(() => given.group(true)));
  const ids = [...users, ...groups.map(({ id }) => id)];
  const now = instant(
    (
      (await given.run(sql<{ now: string }>`SELECT date_trunc('second', clock_timestamp()) AS now`))[0] as {
        now: string;
      }
    ).now,
  );
  const inMinutes = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
  const common = { type: 'ACTIVE', state: 'ASSIGNED', createdAt: inMinutes(-600) };
  const rows = [
    ...c.memberships.map(({ member, group, ends }) => ({
      ...common,
      ...{
        id: randomUUID(),
        provider: 'GROUP',
        roleId: GROUP_MEMBER,
        scopeId: groups[group - USERS]?.scope,
        principalId: ids[member],
      },
      ...{ startsAt: inMinutes(-60), endsAt: ends === 0 ? null : inMinutes(ends), condition: null },
    })),
    ...c.grants.map(({ holder, kind, scope, starts, ends, condition }) => ({
      ...common,
      ...{ id: randomUUID(), provider: KINDS[kind]?.provider, roleId: KINDS[kind]?.role, principalId: ids[holder] },
      scopeId: scopeOf(
        kind,
        scope,
        groups.map((group) => group.scope),
      ),
      ...{ startsAt: inMinutes(starts), endsAt: ends === 0 ? null : inMinutes(ends < 0 && starts > 0 ? 30 : ends) },
      condition: condition && KINDS[kind]?.provider === 'AZURE_RESOURCE' ? "@Resource[name] StringEquals 'x'" : null,
    })),
  ];
  const seen = new Set<string>();
  const distinct = rows.filter(({ principalId, roleId, scopeId }) => {
    const key = `${principalId} ${roleId} ${scopeId}`;
    return !seen.has(key) && seen.add(key);
  });
  if (distinct.length > 0) await insertRows(db(), 'assignment', distinct);
  return { ids, groupScopes: groups.map(({ scope }) => scope) };
}

function scopeOf(kind: number, scope: number, groupScopes: readonly string[]): string {
  switch (KINDS[kind]?.provider) {
    case 'ENTRA_ROLE':
      return DIRECTORY_SCOPE;
    case 'GROUP':
      return groupScopes[scope] as string;
    default:
      return azure[scope] as string;
  }
}

interface Plain {
  id: string;
  provider: Provider;
  role: string;
  scope: string;
  holder: string;
  until: number;
  condition: string | null;
}

/** The rows themselves, and sets: everything that is in force, read once. */
async function oracle({ ids }: Built) {
  const rows = await given.run(sql<{
    id: string;
    provider: Provider;
    role: string;
    scope: string;
    holder: string;
    endsAt: string | null;
    condition: string | null;
  }>`
    SELECT id, provider, role_id AS role, scope_id AS scope, principal_id AS holder, ends_at AS "endsAt", condition FROM assignment
    WHERE starts_at <= clock_timestamp() AND (ends_at IS NULL OR ends_at > clock_timestamp())`);
  const grants: Plain[] = rows.map(({ endsAt, ...row }) => ({
    ...row,
    until: endsAt === null ? Infinity : instant(endsAt).getTime(),
  }));
  const scopes = new Map(
    (
      await given.run(
        sql<{ id: string; group: string }>`SELECT id, principal_id AS "group" FROM scope WHERE kind = 'GROUP'`,
      )
    ).map(({ id, group }) => [id, group]),
  );
  const edges = grants
    .filter(({ role }) => role === GROUP_MEMBER)
    .map(({ holder, scope, until }) => ({ member: holder, group: scopes.get(scope) as string, until }));
  /** Every simple way, by trying all: the best end of each. */
  const best = (from: string, to: string, visited: readonly string[]): number =>
    from === to
      ? Infinity
      : Math.max(
          -1,
          ...edges
            .filter(({ member, group }) => member === from && !visited.includes(group))
            .map(({ group, until }) => Math.min(until, best(group, to, [...visited, group]))),
        );
  const reaches = ({ provider, role, holder }: Plain, who: string): number => {
    if (who === holder) return Infinity;
    if (provider === 'AZURE_RESOURCE' || role === GROUP_MEMBER) return best(who, holder, [who]);
    return Math.max(
      -1,
      ...edges.filter(({ member, group }) => member === who && group === holder).map(({ until }) => until),
    );
  };
  const ways = grants
    .flatMap((grant) => ids.map((who) => ({ grant, who, until: Math.min(grant.until, reaches(grant, who)) })))
    .filter(({ until }) => until > 0);
  return { grants, ways };
}

const time = (until: Date | null) => until?.getTime() ?? Infinity;

test('checkAccess agrees with the oracle, for every principal, role and scope', async () => {
  await fc.assert(
    fc.asyncProperty(company, async (c) => {
      await clear();
      const built = await build(c);
      const { ways } = await oracle(built);
      const places = [
        { role: PLAIN_ROLE, scope: DIRECTORY_SCOPE, above: [DIRECTORY_SCOPE] },
        ...ABOVE.flatMap((above, index) =>
          [AZURE_CONTRIBUTOR, AZURE_READER].map((role) => ({
            role,
            scope: azure[index] as string,
            above: above.map((i) => azure[i] as string),
          })),
        ),
        ...built.groupScopes.flatMap((scope) =>
          [GROUP_MEMBER, GROUP_OWNER].map((role) => ({ role, scope, above: [scope] })),
        ),
      ];
      for (const [index, principalId] of built.ids.entries()) {
        for (const { role, scope, above } of places) {
          const facts = await accessFacts(db(), auditor, {
            principalId,
            question: { roleId: role },
            scope: { id: scope },
            at: null,
          });
          if (facts === null) throw new Error('the auditor sees everything');
          const enabled = c.users[index]?.enabled ?? true;
          const expected = enabled
            ? ways.filter(({ grant, who }) => who === principalId && grant.role === role && above.includes(grant.scope))
            : [];
          const decision = decideAccess(facts);
          expect(
            new Map(
              decision.paths.map((path) => [path.assignmentId, [time(path.until), path.condition, path.inherited]]),
            ),
          ).toEqual(
            new Map(expected.map(({ grant, until }) => [grant.id, [until, grant.condition, grant.scope !== scope]])),
          );
          expect(decision.allowed).toBe(expected.some(({ grant }) => grant.condition === null));
        }
      }
    }),
    { numRuns: 15 },
  );
});

test('effectiveAccess agrees with the oracle, at every scope and of every principal, page by page', async () => {
  await fc.assert(
    fc.asyncProperty(company, fc.integer({ min: 1, max: 4 }), async (c, first) => {
      await clear();
      const built = await build(c);
      const { ways } = await oracle(built);
      const enabled = new Set(built.ids.filter((_id, index) => c.users[index]?.enabled ?? true));
      const usable = ways.filter(({ who }) => enabled.has(who));
      const subjects = [
        { subject: { scope: { id: DIRECTORY_SCOPE } }, holds: (at: string) => at === DIRECTORY_SCOPE },
        ...ABOVE.map((above, index) => ({
          subject: { scope: { id: azure[index] as string } },
          holds: (at: string) => above.some((i) => azure[i] === at),
        })),
        ...built.groupScopes.map((id) => ({ subject: { scope: { id } }, holds: (at: string) => at === id })),
      ];
      for (const { subject, holds } of subjects) {
        const seen = await everyPage({ subject, filter: { principalIds: built.ids }, at: null }, first);
        expect(seen).toEqual(keys(usable.filter(({ grant }) => holds(grant.scope))));
      }
      for (const principalId of built.ids) {
        const seen = await everyPage({ subject: { principalId }, filter: {}, at: null }, first);
        expect(seen).toEqual(keys(usable.filter(({ who }) => who === principalId)));
      }
    }),
    { numRuns: 15 },
  );
});

const keys = (ways: readonly { grant: Plain; who: string; until: number }[]) =>
  ways.map(({ grant, who, until }) => `${who} ${grant.id} ${until}`).sort();

async function everyPage(question: Parameters<typeof listEffectiveAccess>[2], first: number): Promise<string[]> {
  const seen: string[] = [];
  for (let after: string | null = null; ; ) {
    const page = await listEffectiveAccess(db(), auditor, question, { first, after });
    if (page === null) throw new Error('the auditor sees everything');
    seen.push(
      ...page.nodes.map(({ principalId, assignmentId, until }) => `${principalId} ${assignmentId} ${time(until)}`),
    );
    for (const { groupIds, principalId } of page.nodes)
      expect(new Set([...groupIds, principalId]).size).toBe(groupIds.length + 1);
    if (!page.hasNextPage) return seen.sort();
    after = cursorAt(page, page.nodes.length - 1);
  }
}

describe('operations of Azure', () => {
  const check = async (principalId: string, question: { action: string } | { dataAction: string }) => {
    const facts = await accessFacts(db(), auditor, {
      principalId,
      question,
      scope: { path: '/Subscriptions/A/' },
      at: null,
    });
    return facts && decideAccess(facts);
  };
  test.each([
    ['a Reader reads', AZURE_READER, { action: 'Microsoft.Storage/storageAccounts/read' }, true],
    ['a Reader does not write', AZURE_READER, { action: 'Microsoft.Storage/storageAccounts/write' }, false],
    ['a Contributor writes', AZURE_CONTRIBUTOR, { action: 'microsoft.storage/STORAGEACCOUNTS/write' }, true],
    [
      'a Contributor gives no access',
      AZURE_CONTRIBUTOR,
      { action: 'Microsoft.Authorization/roleAssignments/write' },
      false,
    ],
    [
      'a Contributor reads no data',
      AZURE_CONTRIBUTOR,
      { dataAction: 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read' },
      false,
    ],
  ])('%s', async (_name, role, question, allowed) => {
    await build({ users: [], memberships: [], grants: [] });
    const principal = await given.user();
    await given.assignment({ principal, role, provider: 'AZURE_RESOURCE', scope: azure[1] as string });
    expect((await check(principal, question))?.allowed).toBe(allowed);
  });
});

describe('the past', () => {
  const at = async (seconds: number) =>
    instant(
      (
        (
          await given.run(
            // An instant of the API has whole milliseconds: it is read in the one after whatever happened before.
            sql<{
              at: string;
            }>`SELECT clock_timestamp() - make_interval(secs => ${seconds}::float8) AS at FROM pg_sleep(0.002)`,
          )
        )[0] as { at: string }
      ).at,
    );
  const inForceAt = async (asOf: Date) =>
    (await listAssignments(db(), auditor, { asOf, roleIds: [PLAIN_ROLE] }, {})).nodes.map(
      ({ id, endsAt, condition }) => [id, endsAt, condition],
    );

  test('an end that was moved, a condition that was changed and a removal are as they were then', async () => {
    const principal = await given.user();
    const assignment = await given.assignment({ principal, ends: 60, condition: 'one' });
    const [before] = await given.run(
      sql<{ endsAt: string }>`SELECT ends_at AS "endsAt" FROM assignment WHERE id = ${assignment}`,
    );
    const first = await at(0);
    await given.run(
      sql`UPDATE assignment SET ends_at = ends_at + interval '1 hour', condition = 'two' WHERE id = ${assignment}`,
    );
    const [after] = await given.run(
      sql<{ endsAt: string }>`SELECT ends_at AS "endsAt" FROM assignment WHERE id = ${assignment}`,
    );
    const second = await at(0);
    await given.run(
      sql`UPDATE assignment SET starts_at = clock_timestamp(), ends_at = clock_timestamp() + interval '1 day' WHERE id = ${assignment}`,
    );
    const third = await at(0);
    await given.run(
      sql`UPDATE assignment SET ends_at = clock_timestamp(), ended_by = 'REMOVED' WHERE id = ${assignment}`,
    );
    expect(await inForceAt(first)).toEqual([[assignment, before?.endsAt, 'one']]);
    expect(await inForceAt(second)).toEqual([[assignment, after?.endsAt, 'two']]);
    expect(await inForceAt(third)).toMatchObject([[assignment, expect.any(String), 'two']]);
    expect(await inForceAt(await at(0))).toEqual([]);
    expect(await inForceAt(await at(2 * 3600))).toEqual([]);
  });

  test('checkAccess answers for a past instant, through a membership that has ended since', async () => {
    const principal = await given.user();
    const group = await given.group(true);
    const membership = await given.assignment({ principal, role: GROUP_MEMBER, provider: 'GROUP', scope: group.scope });
    await given.assignment({ principal: group.id });
    const then = await at(0);
    await given.run(
      sql`UPDATE assignment SET ends_at = clock_timestamp(), ended_by = 'REMOVED' WHERE id = ${membership}`,
    );
    const check = async (instant: Date | null) => {
      const facts = await accessFacts(db(), auditor, {
        principalId: principal,
        question: { roleId: PLAIN_ROLE },
        scope: null,
        at: instant,
      });
      return facts && decideAccess(facts);
    };
    expect(await check(then)).toMatchObject({ allowed: true, paths: [{ groupIds: [group.id] }] });
    expect(await check(null)).toMatchObject({ allowed: false });
  });

  test('history cannot be rewritten', async () => {
    const assignment = await given.assignment({ principal: await given.user() });
    await given.run(sql`UPDATE assignment SET ends_at = clock_timestamp() WHERE id = ${assignment}`);
    const append = { constraint: 'assignment_history_append_only' };
    await expect(given.run(sql`UPDATE assignment_history SET ends_at = NULL`)).rejects.toMatchObject(append);
    await expect(given.run(sql`DELETE FROM assignment_history`)).rejects.toMatchObject(append);
    await expect(given.run(sql`TRUNCATE assignment_history`)).rejects.toMatchObject(append);
  });
});

describe('who may ask', () => {
  test('oneself, and about others whoever may view the access at the scope; anybody else learns nothing', async () => {
    const una = await viewer(await given.user());
    const vic = await viewer(await given.user());
    const assignment = await given.assignment({ principal: una.id });
    const input = { principalId: una.id, question: { roleId: PLAIN_ROLE }, scope: null, at: null };
    expect(await accessFacts(db(), una, input)).toMatchObject({ candidates: [{ assignmentId: assignment }] });
    expect(await accessFacts(db(), auditor, input)).toMatchObject({ candidates: [{ assignmentId: assignment }] });
    expect(await accessFacts(db(), vic, input)).toBeNull();
    const list = async (who: Viewer, principalId: string) =>
      (await listEffectiveAccess(db(), who, { subject: { principalId }, filter: {}, at: null }, {}))?.nodes.length;
    expect([await list(una, una.id), await list(auditor, una.id), await list(vic, una.id)]).toEqual([1, 1, 0]);
    const here = async (who: Viewer) =>
      (
        await listEffectiveAccess(
          db(),
          who,
          { subject: { scope: { id: DIRECTORY_SCOPE } }, filter: { roleIds: [PLAIN_ROLE] }, at: null },
          {},
        )
      )?.nodes.map(({ principalId }) => principalId);
    expect([await here(una), await here(auditor), await here(vic)]).toEqual([[una.id], [una.id], []]);
  });

  test('a resource administrator sees what is inherited from above, without the assignment itself', async () => {
    await build({ users: [], memberships: [], grants: [] });
    const owner = await viewer(await given.user());
    const principal = await given.user();
    await given.assignment({
      principal: owner.id,
      role: AZURE_READER,
      provider: 'AZURE_RESOURCE',
      scope: azure[2] as string,
    });
    await given.assignment({
      principal,
      role: AZURE_CONTRIBUTOR,
      provider: 'AZURE_RESOURCE',
      scope: azure[1] as string,
    });
    const present = await viewer(owner.id);
    const page = await listEffectiveAccess(
      db(),
      present,
      {
        subject: { scope: { provider: null, path: '/subscriptions/a' } },
        filter: { inherited: true, principalIds: [principal] },
        at: null,
      },
      {},
    );
    expect(page?.nodes).toMatchObject([{ principalId: principal, inherited: true, scopeId: azure[1] }]);
    const above = await listEffectiveAccess(
      db(),
      present,
      { subject: { scope: { id: azure[1] as string } }, filter: {}, at: null },
      {},
    );
    expect(above?.nodes).toEqual([]);
  });

  test('what one manages is named', async () => {
    const olga = await given.user();
    const group = await given.group();
    await given.assignment({ principal: olga, role: ENTRA.privilegedRoleAdministrator });
    await given.assignment({ principal: olga, role: GROUP_OWNER, provider: 'GROUP', scope: group.scope });
    expect(await managedAreas(db(), await viewer(olga))).toMatchObject([
      { provider: 'ENTRA_ROLE', scopeId: DIRECTORY_SCOPE, types: ['ELIGIBLE', 'ACTIVE'] },
      { provider: 'GROUP', scopeId: null, roleAssignableGroups: true },
      { provider: 'GROUP', scopeId: group.scope },
    ]);
    expect(await managedAreas(db(), await viewer(await given.user()))).toEqual([]);
  });
});
