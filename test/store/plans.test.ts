/** Are the rows of a person found by the person, however many others there are? */
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Viewer } from '../../src/decision/powers.ts';
import { DIRECTORY_SCOPE, ENTRA, GROUP_MEMBER, TENANT_ROOT_SCOPE } from '../../src/decision/role.ts';
import type { Provider } from '../../src/decision/words.ts';
import { accessFacts } from '../../src/store/accessCheck.ts';
import { type AssignmentFilter, listAssignments } from '../../src/store/assignment.ts';
import { listAudit } from '../../src/store/audit.ts';
import { SESSION } from '../../src/store/database.ts';
import { listRequests, type RequestFilter } from '../../src/store/request.ts';
import { fewNamed } from '../../src/store/search.ts';
import { viewerFacts } from '../../src/store/viewer.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { AZURE_READER, PLAIN_ROLE, rowsOf } from '../support/rows.ts';
import { type Statement, watchStatements } from '../support/statements.ts';

let clone: TestDatabase;
let member: string;
beforeAll(async () => {
  clone = await cloneDatabase();
  const rows = rowsOf(clone.database);
  member = await rows.user();
  const [group, above] = [await rows.group(), await rows.group()];
  await rows.assignment({ principal: member, role: GROUP_MEMBER, scope: group.scope, provider: 'GROUP' });
  await rows.assignment({ principal: group.id, role: GROUP_MEMBER, scope: above.scope, provider: 'GROUP' });
  await rows.assignment({ principal: above.id });
  // Everybody else holds the same role, and is a member of the same group.
  await rows.run(sql`
    WITH others AS (
      INSERT INTO principal (id, kind, display_name, user_principal_name, user_type)
      SELECT gen_random_uuid(), 'USER', 'Other ' || n, n || '@example.com', 'MEMBER' FROM generate_series(1, ${OTHERS}) n RETURNING id)
    INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, created_at)
    SELECT gen_random_uuid(), place.provider, place.role_id, place.scope_id, others.id, 'ACTIVE', now() - interval '1 day', now()
    FROM others CROSS JOIN (VALUES ('ENTRA_ROLE', ${PLAIN_ROLE}::uuid, ${DIRECTORY_SCOPE}::uuid),
      ('GROUP', ${GROUP_MEMBER}::uuid, ${group.scope}::uuid)) place (provider, role_id, scope_id)`);
  // Each of them asked for it, and nobody else did; one activation of an old one runs, and one is to begin.
  await rows.run(sql`INSERT INTO request (id, action, status, assignment_type, provider, role_id, scope_id, principal_id, requestor_id,
      justification, created_at, completed_at)
    SELECT gen_random_uuid(), 'SELF_ACTIVATE', 'REVOKED', 'ACTIVE', 'ENTRA_ROLE', ${PLAIN_ROLE}, ${DIRECTORY_SCOPE}, p.id, p.id, 'Because', now(), now()
    FROM principal p WHERE p.display_name LIKE 'Other %'`);
  const late = await rows.user('Zoe');
  const eligibility = await rows.assignment({ principal: late, role: ENTRA.globalReader, type: 'ELIGIBLE' });
  await rows.assignment({ principal: late, role: ENTRA.globalReader, eligibility, starts: -5, ends: 60 });
  await rows.assignment({ principal: late, role: ENTRA.securityReader, starts: 60 });
  await rows.request({ principal: late, role: ENTRA.globalReader, status: 'DENIED' });
  // The last in every order.
  await rows.run(sql`UPDATE assignment SET created_at = now() + interval '1 second' WHERE principal_id = ${late}`);
  await rows.run(sql`UPDATE request SET created_at = now() + interval '1 second' WHERE principal_id = ${late}`);
  await rows.run(sql`ANALYZE`);
});
afterAll(() => clone.drop());

const OTHERS = 4_000;

const db = () => clone.database.em.fork().getKysely();

test('who asks is read by their own rows', async () => {
  expect(await rowsRead(() => viewerFacts(db(), member, []))).toBeLessThan(OTHERS / 4);
});

test('an access is checked by the rows of whom it is asked about', async () => {
  const { powers } = await viewerFacts(db(), member, []);
  const viewer = { id: member, kind: 'USER', userType: 'MEMBER', powers } as Viewer;
  const question = { principalId: member, question: { roleId: PLAIN_ROLE }, scope: null, at: null };
  expect(await rowsRead(() => accessFacts(db(), viewer, question))).toBeLessThan(OTHERS / 4);
});

test('a page of whoever sees little is read by what they see, in every order', async () => {
  const id = await lonely();
  const viewer = { id, kind: 'USER', userType: 'MEMBER', powers: (await viewerFacts(db(), id, [])).powers } as Viewer;
  for (const field of ['CREATED_AT', 'STARTS_AT', 'ENDS_AT'] as const) {
    const orderBy = { field, direction: 'ASC' } as const;
    expect(await rowsRead(() => listAssignments(db(), viewer, { orderBy }, { first: 50 })), field).toBeLessThan(
      OTHERS / 4,
    );
  }
});

const AUDITED = { roleAssignableGroupsView: true, otherGroupsView: true, entraView: ['ELIGIBLE', 'ACTIVE'] } as const;

const auditor = async (powers: Partial<Viewer['powers']> = AUDITED) => {
  const own = (await viewerFacts(db(), member, [])).powers;
  const id = crypto.randomUUID();
  return { id, kind: 'USER', userType: 'MEMBER', powers: { ...own, groups: [], ...powers } } as unknown as Viewer;
};

test.each<[string, () => AssignmentFilter]>([
  ['by one who holds something', () => ({ principalIds: [member] })],
  ['by a category that no role has', () => ({ roleCategory: 'nothing' })],
  ['by a path that is none', () => ({ below: '/nowhere' })],
])('whoever sees everything finds little without looking at all of it: %s', async (_what, filter) => {
  const viewer = await auditor();
  expect(await rowsRead(() => listAssignments(db(), viewer, filter(), { first: 50 }))).toBeLessThan(OTHERS / 4);
});

const OLDEST = { field: 'CREATED_AT', direction: 'ASC' } as const;
const BY_NAME = { field: 'PRINCIPAL_NAME', direction: 'ASC' } as const;

test.each<[string, AssignmentFilter]>([
  ['that runs', { states: ['ACTIVATED'] }],
  ['that is to begin', { phases: ['FUTURE'] }],
  ['that ends soon', { endsBefore: new Date(Date.now() + 7_200_000) }],
  ['of a rare role', { roleIds: [ENTRA.globalReader] }],
  ['of somebody who asked for nothing', { createdByIds: [crypto.randomUUID()] }],
])('what is rare is found wherever it stands in the order: %s', async (_what, filter) => {
  const viewer = await auditor();
  for (const orderBy of [OLDEST, BY_NAME]) {
    const read = () => listAssignments(db(), viewer, { ...filter, orderBy }, { first: 50 });
    expect(await rowsRead(read), orderBy.field).toBeLessThan(OTHERS / 4);
  }
});

test('what is common is walked in the order of names', async () => {
  const viewer = await auditor();
  const read = () => listAssignments(db(), viewer, { privileged: false, orderBy: BY_NAME }, { first: 20 });
  expect(await rowsRead(read)).toBeLessThan(OTHERS / 4);
});

test.each<[string, AssignmentFilter]>([
  ['below the directory', { below: '/' }],
  ['of roles of the directory', { privileged: true }],
])('whoever sees groups alone looks at nothing else: %s', async (_what, filter) => {
  const viewer = await auditor({ entraView: [], roleAssignableGroupsView: true, otherGroupsView: true });
  expect(await rowsRead(() => listAssignments(db(), viewer, filter, { first: 50 }))).toBeLessThan(OTHERS / 4);
});

test('what many roles of others are called is no reason to look at all of it', async () => {
  const asked = { table: 'assignment', alias: 'a', text: 'message center', others: sql<boolean>`false` } as const;
  const isFew = async (wide: readonly Provider[]) => (await fewNamed(db(), { ...asked, wide }))[0]?.isFew;
  expect([await isFew(['GROUP']), await isFew(['ENTRA_ROLE'])]).toEqual([true, false]);
});

test('requests of whoever sees little are read by what they see, in every order', async () => {
  const viewer = await auditor({ entraView: [] });
  for (const orderBy of [null, OLDEST, BY_NAME]) {
    const read = () => listRequests(db(), viewer, { orderBy }, { first: 50 });
    expect(await rowsRead(read), orderBy?.field).toBeLessThan(OTHERS / 4);
  }
});

test.each<[string, RequestFilter]>([
  ['by their role', { roleIds: [ENTRA.globalReader] }],
  ['by their status', { statuses: ['DENIED'] }],
  ['by a status that time has made', { statuses: ['TIMED_OUT'] }],
  ['by what they ask for', { actions: ['SELF_RENEW'] }],
  ['by who asked', { requestorIds: [crypto.randomUUID()] }],
  ['by their time', { createdBefore: new Date('2020-01-01T00:00:00Z') }],
])('few requests are found without looking at all of them: %s', async (_what, filter) => {
  const viewer = await auditor();
  for (const orderBy of [null, OLDEST, BY_NAME]) {
    const read = () => listRequests(db(), viewer, { ...filter, orderBy }, { first: 50 });
    expect(await rowsRead(read), orderBy?.field).toBeLessThan(OTHERS / 4);
  }
});

test("the plan of a page of one's own is kept, however many groups that comes from", async () => {
  const { powers } = await viewerFacts(db(), member, []);
  const viewer = { id: member, kind: 'USER', userType: 'MEMBER', powers } as Viewer;
  const filter: AssignmentFilter = { types: ['ACTIVE'], principalIds: [member, ...powers.groups] };
  const statement = await lastStatement(() => listAssignments(db(), viewer, filter, { first: 50 }));
  const kept = await prepared(statement, async (client, execute) => {
    // PostgreSQL compares the plans of the first five with the one that it would keep.
    for (let count = 0; count < 6; count++) await client.query(execute);
    const { rows } = await client.query('SELECT generic_plans FROM pg_prepared_statements');
    return Number(rows[0].generic_plans);
  });
  expect(kept).toBe(1);
});

test('what waits for somebody is found by that, however much waits for others', async () => {
  const rows = rowsOf(clone.database);
  await rows.run(sql`INSERT INTO request (id, action, status, assignment_type, provider, role_id, scope_id, principal_id, requestor_id,
      justification, created_at, expires_at)
    SELECT gen_random_uuid(), 'SELF_ACTIVATE', 'PENDING_APPROVAL', 'ACTIVE', 'ENTRA_ROLE', ${PLAIN_ROLE}, ${DIRECTORY_SCOPE}, p.id, p.id,
      'Because', now(), now() + interval '1 hour'
    FROM principal p WHERE p.display_name LIKE 'Other %'`);
  const request = await rows.request({ principal: member, status: 'PENDING_APPROVAL', expires: 60 });
  const approver = await rows.user('Approver');
  await rows.run(sql`INSERT INTO request_approver (request_id, approver_id, stage, escalation)
    SELECT id, CASE id WHEN ${request} THEN ${approver}::uuid ELSE ${member}::uuid END, 1, false
    FROM request WHERE status = 'PENDING_APPROVAL'`);
  await rows.run(sql`ANALYZE`);
  const viewer = { ...(await auditor({ entraView: [] })), id: approver };
  const read = () => listRequests(db(), viewer, { awaitingMyApproval: true }, { first: 50 });
  expect((await read()).nodes.map(({ id }) => id)).toEqual([request]);
  expect(await rowsRead(read)).toBeLessThan(OTHERS / 4);
});

test('the audit of a place is found by the place, however much happened elsewhere', async () => {
  const rows = rowsOf(clone.database);
  const place = await rows.scope('SUBSCRIPTION', TENANT_ROOT_SCOPE, '/subscriptions/quiet');
  const other = await rows.scope('SUBSCRIPTION', TENANT_ROOT_SCOPE, '/subscriptions/loud');
  await rows.run(sql`INSERT INTO event (at, type, provider, assignment_type, principal_id, role_id, scope_id, payload)
    SELECT now(), 'assignment.assigned', 'AZURE_RESOURCE', 'ACTIVE', ${member}, ${AZURE_READER},
      CASE n WHEN 1 THEN ${place}::uuid ELSE ${other}::uuid END, '{}' FROM generate_series(1, ${OTHERS}) n`);
  await rows.run(sql`UPDATE event SET position = id, leaf_hash = sha256(id::text::bytea) WHERE position IS NULL`);
  await rows.run(sql`ANALYZE`);
  const viewer = await auditor({ ...AUDITED, entraAudit: true, azureManage: [TENANT_ROOT_SCOPE] });
  const read = () => listAudit(db(), viewer, { below: '/subscriptions/quiet' }, { first: 50 });
  expect((await read()).nodes).toHaveLength(1);
  expect(await rowsRead(read)).toBeLessThan(OTHERS / 4);
});

async function lonely(): Promise<string> {
  const rows = rowsOf(clone.database);
  const id = await rows.user();
  await rows.assignment({ principal: id });
  return id;
}

interface Plan {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly Plan[];
}

/** Assignments, requests and events, in all steps of the plan that PostgreSQL keeps for the statement. */
async function rowsRead(read: () => Promise<unknown>): Promise<number> {
  return prepared(await lastStatement(read), async (client, execute) => {
    await client.query('SET plan_cache_mode = force_generic_plan');
    const { rows } = await client.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${execute}`);
    return rowsOfPlan(rows[0]['QUERY PLAN'][0].Plan);
  });
}

async function lastStatement(read: () => Promise<unknown>): Promise<Statement> {
  using statements = watchStatements();
  await read();
  return statements.sent.at(-1) as Statement;
}

async function prepared<T>({ text, values }: Statement, use: (client: pg.Client, execute: string) => Promise<T>) {
  const client = new pg.Client({ connectionString: clone.url, options: SESSION });
  await client.connect();
  try {
    await client.query(`PREPARE asked AS ${text}`);
    const literal = (value: unknown) => (value === null ? 'NULL' : client.escapeLiteral(textOf(value)));
    return await use(client, `EXECUTE asked(${values.map(literal).join(', ')})`);
  } finally {
    await client.end();
  }
}

function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return Array.isArray(value) ? `{${value.join()}}` : String(value);
}

function rowsOfPlan(plan: Plan): number {
  const seen = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
  const own = ['assignment', 'request', 'event'].includes(plan['Relation Name'] ?? '') ? seen : 0;
  return (plan.Plans ?? []).reduce((sum, part) => sum + rowsOfPlan(part), own);
}
