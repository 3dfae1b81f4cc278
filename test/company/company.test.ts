/** Is the demo company what it says it is, and the same every time? */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoCompany } from '../../src/company/company.ts';
import { PERSONAS, persona } from '../../src/company/personas.ts';
import type { AssignmentRow } from '../../src/company/rows.ts';
import { defaultPolicy } from '../../src/decision/policy.ts';
import { DIRECTORY_SCOPE, ENTRA, GROUP_MEMBER, TENANT_ROOT_SCOPE } from '../../src/decision/role.ts';
import { covers, minutesBetween, plus } from '../../src/decision/schedule.ts';
import { isEmpty, loadDemoCompany } from '../../src/store/company.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const DAY = 24 * 60;
const company = demoCompany(NOW);
const inForce = company.assignments.filter((row) => covers(row, NOW));
const principals = new Map(company.principals.map((row) => [row.id, row]));
const scopes = new Map(company.scopes.map((row) => [row.id, row]));

/** How many rows there are of each kind. */
function count<T>(rows: readonly T[], kind: (row: T) => string): Record<string, number> {
  const groups = Map.groupBy(rows, kind);
  return Object.fromEntries([...groups].map(([name, members]) => [name, members.length]).sort());
}

/** The roles of the database, by id. */
let roles: Map<string, Record<'provider' | 'display_name', string> & Record<string, boolean>>;
let clone: TestDatabase;
beforeAll(async () => {
  clone = await cloneDatabase();
  const db = clone.database.em.fork().getKysely();
  const { rows } = await sql<{ id: string }>`SELECT * FROM role`.execute(db);
  roles = new Map(rows.map((row) => [row.id, row as never]));
});
afterAll(() => clone.drop());

test('the same instant gives the same company, and another one moves it in time only', () => {
  expect(demoCompany(NOW)).toEqual(company);
  const later = demoCompany(plus(NOW, 90));
  const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);
  expect(idsOf(later.assignments)).toEqual(idsOf(company.assignments));
  expect(idsOf(later.requests)).toEqual(idsOf(company.requests));
});

test('the directory has the size of a company', () => {
  expect(count(company.principals, ({ kind }) => kind)).toEqual({
    ...{ USER: 2_000, GROUP: 60, SERVICE_PRINCIPAL: 25, MANAGED_IDENTITY: 15 },
  });
  expect(count(company.scopes, ({ kind }) => kind)).toEqual({
    ...{ ADMINISTRATIVE_UNIT: 8, DIRECTORY_OBJECT: 25, GROUP: 60 },
    ...{ MANAGEMENT_GROUP: 8, SUBSCRIPTION: 14, RESOURCE_GROUP: 45, RESOURCE: 326 },
  });
  const users = company.principals.filter(({ kind }) => kind === 'USER');
  const stale = users.filter(({ lastSignInAt }) => lastSignInAt && lastSignInAt < plus(NOW, -60 * DAY));
  expect(users.filter(({ userType }) => userType === 'GUEST').length).toBe(121);
  expect(users.filter(({ enabled }) => !enabled).length).toBeGreaterThan(30);
  expect(stale.length).toBeGreaterThan(50);
  const groups = company.principals.filter(({ kind }) => kind === 'GROUP');
  expect(groups.filter(({ roleAssignable }) => roleAssignable)).toHaveLength(10);
  expect(groups.filter((group) => group.dynamicMembership || group.synchronized)).toHaveLength(8);
});

test('exactly 3,000 assignments are in force', () => {
  expect(count(inForce, ({ provider, type }) => `${provider} ${type}`)).toEqual({
    ...{ 'ENTRA_ROLE ELIGIBLE': 320, 'ENTRA_ROLE ACTIVE': 180 },
    ...{ 'AZURE_RESOURCE ELIGIBLE': 400, 'AZURE_RESOURCE ACTIVE': 310 },
    ...{ 'GROUP ELIGIBLE': 150, 'GROUP ACTIVE': 1_640 },
  });
  expect(
    count(
      company.assignments.filter((row) => row.startsAt > NOW),
      ({ state }) => state,
    ),
  ).toEqual({ ASSIGNED: 15 });
  const soon = inForce.filter((row) => row.state === 'ASSIGNED' && row.endsAt && row.endsAt < plus(NOW, 14 * DAY));
  expect(soon.length).toBeGreaterThan(30);
  expect(inForce.filter(({ state }) => state === 'ACTIVATED')).toHaveLength(10);
});

test('30 days have left exactly 600 requests', () => {
  expect(count(company.requests, ({ action, status }) => `${action} ${status}`)).toEqual({
    ...{ 'ADMIN_ASSIGN PROVISIONED': 270, 'ADMIN_ASSIGN GRANTED': 15, 'ADMIN_REMOVE REVOKED': 15 },
    ...{ 'SELF_ACTIVATE PROVISIONED': 195, 'SELF_DEACTIVATE REVOKED': 50, 'SELF_ACTIVATE DENIED': 20 },
    ...{ 'SELF_ACTIVATE CANCELED': 14, 'SELF_ACTIVATE TIMED_OUT': 13, 'SELF_ACTIVATE PENDING_APPROVAL': 8 },
  });
  const past = company.requests.every(({ createdAt }) => createdAt <= NOW && createdAt >= plus(NOW, -30 * DAY));
  expect(past).toBe(true);
  const pending = company.requests.filter(({ status }) => status === 'PENDING_APPROVAL');
  expect(pending.every(({ expiresAt }) => expiresAt !== null && expiresAt > NOW)).toBe(true);
});

/** domain: who may hold what. @returns the broken rule, or null */
function broken({ provider, type, principalId, roleId, scopeId }: AssignmentRow): string | null {
  const [holder, role, scope] = [principals.get(principalId), roles.get(roleId), scopes.get(scopeId)];
  if (!holder || !role || role.provider !== provider) return 'the holder and the role exist';
  if (!role.assignable || role.deprecated) return 'the role can be assigned';
  if (type === 'ELIGIBLE' && !['USER', 'GROUP'].includes(holder.kind)) return 'only users and groups are eligible';
  if (provider === 'ENTRA_ROLE') {
    if (holder.kind === 'GROUP' && !holder.roleAssignable) return 'only role-assignable groups hold Entra roles';
    if (scopeId === DIRECTORY_SCOPE) return null;
    if (scope?.kind === 'ADMINISTRATIVE_UNIT') return role.administrative_unit_scope ? null : 'the role has unit scope';
    return scope?.kind === 'DIRECTORY_OBJECT' && role.application_scope ? null : 'the role has application scope';
  }
  if (provider === 'AZURE_RESOURCE') {
    if (holder.kind === 'GROUP' && !holder.securityEnabled) return 'only security groups hold Azure roles';
    return scope?.provider === 'AZURE_RESOURCE' || scopeId === TENANT_ROOT_SCOPE ? null : 'the scope is one of Azure';
  }
  const group = principals.get(scope?.principalId ?? '');
  if (group?.kind !== 'GROUP') return 'the scope is a group';
  if (type === 'ELIGIBLE' && (group.dynamicMembership || group.synchronized)) return 'PIM leaves that group alone';
  if (type === 'ACTIVE' && holder.kind === 'GROUP' && group.roleAssignable)
    return 'no groups in role-assignable groups';
  return null;
}

test('every assignment is legal for its holder, role and scope', () => {
  expect(company.assignments.map(broken).filter((rule) => rule !== null)).toEqual([]);
});

test('what PIM gave lasts no longer than the default policy allows', () => {
  const tooLong = company.assignments.filter((row) => {
    const { provider, type, state, startsAt, endsAt, requestId } = row;
    if (provider === 'GROUP' && type === 'ACTIVE' && requestId === null) return false;
    const rules = defaultPolicy(provider);
    const rule = type === 'ELIGIBLE' ? rules.Expiration_Admin_Eligibility : rules.Expiration_Admin_Assignment;
    if (endsAt === null) return rule.isExpirationRequired || state === 'ACTIVATED';
    return minutesBetween(startsAt, endsAt) > rule.maximumMinutes;
  });
  expect(tooLong).toEqual([]);
});

test('every activation keeps to its policy, and rests on an eligibility of its holder that covers it', () => {
  const byId = new Map(company.assignments.map((row) => [row.id, row]));
  const policies = new Map(company.policyVersions.map((row) => [`${row.roleId} ${row.scopeId}`, row.rules]));
  const activations = company.assignments.filter(({ state }) => state === 'ACTIVATED');
  for (const row of activations) {
    const eligibility = byId.get(row.eligibilityId ?? '') as AssignmentRow;
    expect(eligibility).toMatchObject({ principalId: row.principalId, roleId: row.roleId, scopeId: row.scopeId });
    expect(covers(eligibility, row.startsAt)).toBe(true);
    const rules = policies.get(`${row.roleId} ${row.scopeId}`) ?? defaultPolicy(row.provider);
    const { maximumMinutes } = rules.Expiration_EndUser_Assignment;
    expect(minutesBetween(row.startsAt, row.endsAt as Date)).toBeLessThanOrEqual(maximumMinutes);
    const approved = company.approvalDecisions.find(({ requestId }) => requestId === row.requestId);
    expect(approved !== undefined).toBe(rules.Approval_EndUser_Assignment.isApprovalRequired);
  }
  expect(activations).toHaveLength(195);
});

test('groups lie in groups, three deep', () => {
  const nested = inForce.filter(
    (row) => row.roleId === GROUP_MEMBER && principals.get(row.principalId)?.kind === 'GROUP',
  );
  const outer = new Map(nested.filter(({ type }) => type === 'ACTIVE').map((row) => [row.principalId, row.scopeId]));
  const depth = (id: string): number => (outer.has(id) ? 1 + depth(outer.get(id) as string) : 0);
  expect(Math.max(...[...outer.keys()].map(depth))).toBe(3);
  expect(nested.some(({ type, scopeId }) => type === 'ELIGIBLE' && principals.get(scopeId)?.roleAssignable)).toBe(true);
});

const holdings = (name: Parameters<typeof persona>[0]) =>
  inForce
    .filter((row) => row.principalId === persona(name))
    .map((row) => {
      const scope = scopes.get(row.scopeId)?.displayName ?? 'Directory';
      return `${row.type} ${roles.get(row.roleId)?.display_name} of ${scope}`;
    });

test.each([
  ['maya', ['ELIGIBLE Global Reader of Directory']],
  ['arun', []],
  ['olga', []],
  ['grace', ['ACTIVE Global Administrator of Directory']],
  ['pia', ['ACTIVE Privileged Role Administrator of Directory']],
  ['piet', ['ELIGIBLE Privileged Role Administrator of Directory']],
  ['sam', ['ACTIVE Security Reader of Directory']],
  ['owen', ['ACTIVE Owner of Retail Production']],
  ['ursula', ['ACTIVE User Access Administrator of Retail']],
  ['rita', ['ACTIVE Reader of rg-Checkout-production']],
  ['gwen', ['ACTIVE Owner of Helpdesk Operators']],
  ['uma', ['ACTIVE Groups Administrator of Directory']],
  ['gus', ['ELIGIBLE Website Contributor of rg-Shop-production', 'ACTIVE Member of All Guests']],
  ['devon', ['ELIGIBLE Contributor of Retail Development']],
  ['mia', ['ELIGIBLE Member of Helpdesk Operators']],
  ['robot', []],
] as const)('%s holds %j', (name, expected) => {
  expect(holdings(name)).toEqual(expected);
});

test('maya needs MFA, a reason and the approval of arun, for at most four hours', () => {
  const policy = company.policyVersions.findLast(({ roleId }) => roleId === ENTRA.globalReader)?.rules;
  expect(policy).toMatchObject({
    Enablement_EndUser_Assignment: { enabledRules: ['MULTI_FACTOR_AUTHENTICATION', 'JUSTIFICATION'] },
    Expiration_EndUser_Assignment: { maximumMinutes: 240 },
    Approval_EndUser_Assignment: { isApprovalRequired: true, stages: [{ approvers: [persona('arun')] }] },
  });
  const open = company.requests.filter(
    ({ status, principalId }) => status === 'PENDING_APPROVAL' && principalId === persona('maya'),
  );
  expect(open).toEqual([]);
});

test('two people are permanently active Global Administrators', () => {
  const permanent = inForce.filter(
    (row) => row.roleId === ENTRA.globalAdministrator && row.type === 'ACTIVE' && !row.endsAt,
  );
  expect(permanent).toHaveLength(2);
});

test('personas are in the directory under their object ids, and have names of their own', () => {
  for (const { objectId, kind } of PERSONAS) expect(principals.get(objectId)?.kind).toBe(kind);
  expect(new Set(PERSONAS.map(({ name }) => name)).size).toBe(PERSONAS.length);
});

test('the database takes the whole company, once', async () => {
  expect(await isEmpty(clone.database)).toBe(true);
  await loadDemoCompany(clone.database, NOW);
  expect(await isEmpty(clone.database)).toBe(false);
  const { rows } = await sql`
    SELECT (SELECT count(*)::int FROM principal) AS principals,
      (SELECT count(*)::int FROM assignment WHERE during @> ${NOW}::timestamptz) AS "inForce",
      (SELECT count(*)::int FROM request) AS requests, (SELECT count(*)::int FROM event) AS events,
      (SELECT bool_and(ordered) FROM (SELECT at >= lag(at, 1, at) OVER (ORDER BY id) AS ordered FROM event) e) AS ordered,
      (SELECT count(*)::int FROM event WHERE position IS NULL) AS unnumbered`.execute(
    clone.database.em.fork().getKysely(),
  );
  const events = company.events.length;
  expect(rows).toEqual([
    { principals: 2_100, inForce: 3_000, requests: 600, events, ordered: true, unnumbered: events },
  ]);
  await expect(loadDemoCompany(clone.database, NOW)).rejects.toThrow(/principal_pkey/);
});
