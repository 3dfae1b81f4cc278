/** What happens when an administrator assigns? Rows, one event, or a refusal that is on record. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AssignInput, assign } from '../../src/action/assignment.ts';
import { DIRECTORY_SCOPE, ENTRA, GROUP_MEMBER, TENANT_ROOT_SCOPE } from '../../src/decision/role.ts';
import type { RefusalCode } from '../../src/refusals.ts';
import { AZURE_OWNER, BECAUSE, type Company, codesIn, foundCompany, NOW_FOR, refusedWith } from '../support/company.ts';
import { AZURE_CONTRIBUTOR, PLAIN_ROLE } from '../support/rows.ts';

let company: Company;
beforeEach(async () => {
  company = await foundCompany();
});
afterEach(() => company.drop());

const input = (change: Partial<AssignInput> = {}): AssignInput => ({
  principalId: company.una,
  roleId: PLAIN_ROLE,
  scope: null,
  type: 'ELIGIBLE',
  schedule: NOW_FOR(null),
  reasons: BECAUSE,
  condition: null,
  ...change,
});
const gailAssigns = async (change: Partial<AssignInput> = {}) => assign(await company.as(company.gail), input(change));

describe('an administrator', () => {
  test('makes somebody eligible: one request, one assignment, one event', async () => {
    const before = await company.counts();
    const outcome = await gailAssigns();
    expect(outcome).toMatchObject({ status: 'PROVISIONED', refusals: [] });
    const after = await company.counts();
    const { request, assignment, event, ...others } = after;
    expect({ request, assignment, event }).toEqual({
      request: (before.request ?? 0) + 1,
      assignment: (before.assignment ?? 0) + 1,
      event: (before.event ?? 0) + 1,
    });
    expect({ ...before, request, assignment, event }).toEqual({ ...others, request, assignment, event });
    expect(await company.events()).toMatchObject([
      { type: 'assignment.assigned', assignmentId: outcome.assignmentId, requestId: outcome.requestId },
    ]);
    const [row] =
      await company.run(sql`SELECT type, state, principal_id AS "principalId", scope_id AS "scopeId", ends_at AS "endsAt"
      FROM assignment WHERE id = ${outcome.assignmentId}`);
    expect(row).toEqual({
      ...{ type: 'ELIGIBLE', state: 'ASSIGNED', principalId: company.una },
      scopeId: DIRECTORY_SCOPE,
      endsAt: null,
    });
  });

  test('assigns for later: granted, and nothing holds yet', async () => {
    const startsAt = new Date(Date.now() + 3_600_000);
    const outcome = await gailAssigns({ type: 'ACTIVE', schedule: { startsAt, endsAt: null, durationMinutes: 60 } });
    expect(outcome).toMatchObject({ status: 'GRANTED' });
    expect(await company.active(company.una)).toEqual([]);
    expect(await gailAssigns({ type: 'ACTIVE', schedule: NOW_FOR(90) })).toMatchObject(
      refusedWith('ASSIGNMENT_EXISTS'),
    );
    expect(await gailAssigns({ type: 'ACTIVE', schedule: NOW_FOR(30) })).toMatchObject({ status: 'PROVISIONED' });
  });

  test('names an Azure scope by its path, in any letter case', async () => {
    const change = {
      roleId: AZURE_CONTRIBUTOR,
      schedule: NOW_FOR(60),
      scope: { path: '/SUBSCRIPTIONS/web/resourcegroups/shop/' },
    };
    const outcome = await assign(await company.as(company.olive), input(change));
    expect(outcome).toMatchObject({ status: 'PROVISIONED' });
    const beside = { ...change, scope: { id: company.scopes.elsewhere } };
    expect(await assign(await company.as(company.olive), input(beside))).toMatchObject(refusedWith('SCOPE_NOT_FOUND'));
  });

  test('of one provider is none of another', async () => {
    const azure = { roleId: AZURE_CONTRIBUTOR, scope: { id: company.scopes.shop }, schedule: NOW_FOR(60) };
    expect(await gailAssigns(azure)).toMatchObject(refusedWith('SCOPE_NOT_FOUND'));
    expect(await assign(await company.as(company.olive), input())).toMatchObject(
      refusedWith('INSUFFICIENT_PERMISSIONS'),
    );
  });

  test('of a group is its owner, or whoever the kind of the group says', async () => {
    const { crew, admins } = company.groups;
    const member = (group: { scope: string }) =>
      input({ roleId: GROUP_MEMBER, scope: { id: group.scope }, schedule: NOW_FOR(60) });
    expect(await assign(await company.as(company.dan), member(crew))).toMatchObject(
      refusedWith('INSUFFICIENT_PERMISSIONS'),
    );
    await company.own(company.dan, crew);
    expect(await assign(await company.as(company.dan), member(crew))).toMatchObject({ status: 'PROVISIONED' });
    expect(await assign(await company.as(company.dan), member(admins))).toMatchObject(
      refusedWith('INSUFFICIENT_PERMISSIONS'),
    );
    expect(await assign(await company.as(company.petra), member(admins))).toMatchObject({ status: 'PROVISIONED' });
  });

  test('is one only while the role is active', async () => {
    await company.assignment({ principal: company.dan, role: ENTRA.privilegedRoleAdministrator, type: 'ELIGIBLE' });
    await company.assignment({ principal: company.dan, role: ENTRA.globalAdministrator, starts: -60, ends: -1 });
    expect(await assign(await company.as(company.dan), input())).toMatchObject(refusedWith('INSUFFICIENT_PERMISSIONS'));
    const context = await company.as(company.gail);
    const [held] = await company.active(company.gail);
    await company.assignment({ principal: company.cleo, role: ENTRA.globalAdministrator });
    await company.end(held?.id as string);
    expect(await assign(context, input())).toMatchObject(refusedWith('INSUFFICIENT_PERMISSIONS'));
  });
});

describe('an assignment is refused, and the attempt is on record, for', () => {
  const nowhere = () => ({ id: randomUUID() });
  const azure = () => ({ roleId: AZURE_CONTRIBUTOR, scope: { id: company.scopes.shop }, schedule: NOW_FOR(60) });
  const robot = async (): Promise<string> => {
    const id = randomUUID();
    await company.run(sql`INSERT INTO principal (id, kind, display_name) VALUES (${id}, 'SERVICE_PRINCIPAL', 'Robot')`);
    return id;
  };
  const deprecated = async () => {
    const id = randomUUID();
    await company.run(
      sql`INSERT INTO role (id, provider, display_name, built_in, deprecated) VALUES (${id}, 'ENTRA_ROLE', 'Old', false, true)`,
    );
    return id;
  };
  const cases: [RefusalCode, string, () => Promise<Partial<AssignInput>>][] = [
    ['ROLE_NOT_FOUND', 'a role that is not there', async () => ({ roleId: randomUUID() })],
    ['SCOPE_NOT_FOUND', 'a scope that is not there', async () => ({ scope: nowhere() })],
    ['SCOPE_NOT_FOUND', 'a path that is not there', async () => ({ scope: { path: '/administrativeUnits/none' } })],
    ['SCOPE_NOT_FOUND', 'an Azure role without a scope', async () => ({ roleId: AZURE_CONTRIBUTOR })],
    ['PRINCIPAL_NOT_FOUND', 'a principal that is not there', async () => ({ principalId: randomUUID() })],
    ['ROLE_NOT_ASSIGNABLE', 'a deprecated role', async () => ({ roleId: await deprecated() })],
    [
      'SCOPE_NOT_ALLOWED',
      'a unit that the role cannot be limited to',
      async () => ({ scope: { id: company.scopes.unit } }),
    ],
    [
      'RESOURCE_LOCKED',
      'a lock above the scope',
      async () => {
        await company.run(sql`UPDATE scope SET locked = true WHERE id = ${company.scopes.subscription}`);
        return azure();
      },
    ],
    [
      'INSUFFICIENT_PERMISSIONS',
      'a scope above one’s own',
      async () => ({ ...azure(), scope: { id: company.scopes.retail } }),
    ],
    ['PRINCIPAL_NOT_ALLOWED', 'an eligible application', async () => ({ ...azure(), principalId: await robot() })],
    [
      'CONDITION_NOT_ALLOWED',
      'a condition on an Entra role',
      async () => ({ condition: "@Resource[a:b] StringEquals 'c'" }),
    ],
    ['CONDITION_INVALID', 'a condition that cannot be read', async () => ({ ...azure(), condition: 'whenever' })],
    ['INVALID_SCHEDULE', 'an end in the past', async () => ({ schedule: { ...NOW_FOR(null), endsAt: new Date(0) } })],
    ['DURATION_TOO_SHORT', 'four minutes', async () => ({ schedule: NOW_FOR(4) })],
    [
      'ASSIGNMENT_EXISTS',
      'what is held already',
      async () => {
        await company.assignment({ principal: company.una, type: 'ELIGIBLE' });
        return {};
      },
    ],
    [
      'REQUEST_PENDING',
      'what waits for a decision',
      async () => {
        await company.request({ principal: company.una, status: 'PENDING_APPROVAL', expires: 60 });
        return { type: 'ACTIVE' };
      },
    ],
    [
      'POLICY_RULES_FAILED',
      'no reason where one is asked for',
      async () => ({
        type: 'ACTIVE',
        reasons: { ...BECAUSE, justification: '' },
      }),
    ],
  ];
  test.each(cases)('%s: %s', async (code, _name, prepare) => {
    const change = await prepare();
    const isAzure = 'roleId' in change && change.roleId === AZURE_CONTRIBUTOR;
    const context = await company.as(isAzure && change.scope ? company.olive : company.gail);
    const before = await company.counts();
    expect(await assign(context, input(change))).toMatchObject(refusedWith(code));
    expect(await company.counts()).toEqual({ ...before, event: (before.event ?? 0) + 1 });
    expect((await company.events()).at(-1)).toMatchObject({
      type: 'request.refused',
      payload: { verb: 'assign', refusals: [{ code }] },
    });
  });

  test('every failed rule at once', async () => {
    await company.settle({
      Expiration_Admin_Assignment: { isExpirationRequired: true, maximumMinutes: 60 },
      Enablement_Admin_Assignment: { enabledRules: ['JUSTIFICATION', 'TICKETING', 'MULTI_FACTOR_AUTHENTICATION'] },
    });
    const context = await company.as(company.gail, { multiFactorAt: null });
    const reasons = { justification: null, ticketNumber: null, ticketSystem: null };
    const outcome = await assign(context, input({ type: 'ACTIVE', reasons }));
    const rules = ['EXPIRATION', 'JUSTIFICATION', 'TICKETING', 'MFA'];
    expect(outcome).toMatchObject(refusedWith('POLICY_RULES_FAILED'));
    expect(outcome.refusals[0]?.failedRules.map(({ rule }) => rule)).toEqual(rules);
    const [event] = await company.events();
    expect(event?.payload).toMatchObject({ refusals: [{ failedRules: rules.map((rule) => ({ rule })) }] });
  });
});

test('what is hidden answers like what is absent', async () => {
  await company.run(sql`UPDATE principal SET user_type = 'GUEST' WHERE id = ${company.dan}`);
  const context = await company.as(company.dan);
  for (const scope of [{ id: company.scopes.shop }, { id: randomUUID() }, { path: '/subscriptions/web' }]) {
    const outcome = await assign(context, input({ roleId: AZURE_OWNER, scope }));
    expect(outcome).toEqual(
      await assign(context, input({ roleId: AZURE_OWNER, scope: { path: '/subscriptions/none' } })),
    );
  }
  const hidden = await assign(context, input({ principalId: company.una }));
  expect(hidden).toMatchObject(refusedWith('PRINCIPAL_NOT_FOUND'));
  expect(hidden).toEqual(await assign(context, input({ principalId: randomUUID() })));
});

test('twenty at once make one assignment', async () => {
  const context = await company.as(company.gail);
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => assign(context, input())));
  expect(codesIn(outcomes).toSorted()).toEqual([...Array(19).fill('ASSIGNMENT_EXISTS'), 'PROVISIONED']);
  const [row] = await company.run(
    sql<{ count: string }>`SELECT count(*) FROM assignment WHERE principal_id = ${company.una}`,
  );
  expect(row?.count).toBe('1');
});

test('the root is above everything of Azure, and no scope of the directory', async () => {
  await company.assignment({
    principal: company.dan,
    role: AZURE_OWNER,
    provider: 'AZURE_RESOURCE',
    scope: TENANT_ROOT_SCOPE,
  });
  const context = await company.as(company.dan);
  const at = (scope: string) => input({ roleId: AZURE_CONTRIBUTOR, scope: { id: scope }, schedule: NOW_FOR(60) });
  expect(await assign(context, at(company.scopes.elsewhere))).toMatchObject({ status: 'PROVISIONED' });
  expect(await assign(context, input())).toMatchObject(refusedWith('INSUFFICIENT_PERMISSIONS'));
  expect(await assign(context, at(DIRECTORY_SCOPE))).toMatchObject(refusedWith('SCOPE_NOT_ALLOWED'));
});
