/** What happens when a holder activates? At once, later, after an approval, or not at all; once, whoever else is at it. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ActivateInput, activate } from '../../src/action/activation.ts';
import type { Outcome } from '../../src/action/perform.ts';
import { defaultPolicy } from '../../src/decision/policy.ts';
import type { Proof } from '../../src/decision/rules.ts';
import type { RefusalCode } from '../../src/refusals.ts';
import { BECAUSE, type Company, codesIn, foundCompany, NOW_FOR, refusedWith } from '../support/company.ts';
import { AZURE_CONTRIBUTOR, PLAIN_ROLE } from '../support/rows.ts';

let company: Company;
beforeEach(async () => {
  company = await foundCompany();
});
afterEach(() => company.drop());

const item = (eligibilityId: string, change: Partial<ActivateInput> = {}): ActivateInput => ({
  ...{ eligibilityId, scope: null, schedule: NOW_FOR(60), reasons: BECAUSE },
  ...change,
});
const unaActivates = async (eligibility: string, change: Partial<ActivateInput> = {}, proof: Partial<Proof> = {}) =>
  activate(await company.as(company.una, proof), item(eligibility, change));
const eligible = () => company.assignment({ principal: company.una, type: 'ELIGIBLE' });

const AT_SUBSCRIPTION = () => ({
  role: AZURE_CONTRIBUTOR,
  provider: 'AZURE_RESOURCE' as const,
  scope: company.scopes.subscription,
});

describe('a holder', () => {
  test('activates at once: one request, one active assignment, one event', async () => {
    const eligibility = await eligible();
    const before = await company.counts();
    const outcome = await unaActivates(eligibility);
    expect(outcome).toMatchObject({ status: 'PROVISIONED', refusals: [] });
    const grown = { request: 1, assignment: 1, event: 1 };
    const after = await company.counts();
    for (const [table, count] of Object.entries(before)) {
      expect([table, (after[table] ?? 0) - count]).toEqual([table, grown[table as keyof typeof grown] ?? 0]);
    }
    expect(await company.active(company.una)).toEqual([
      expect.objectContaining({
        id: outcome.assignmentId,
        roleId: PLAIN_ROLE,
        eligibilityId: eligibility,
        minutes: 60,
      }),
    ]);
    expect(await company.events()).toMatchObject([
      { type: 'assignment.activated', assignmentId: outcome.assignmentId, requestId: outcome.requestId },
    ]);
  });

  test('activates for later: granted, and nothing is active yet', async () => {
    const eligibility = await eligible();
    const startsAt = new Date(Date.now() + 3_600_000);
    const outcome = await unaActivates(eligibility, { schedule: { startsAt, endsAt: null, durationMinutes: 60 } });
    expect(outcome).toMatchObject({ status: 'GRANTED', assignmentId: expect.any(String) });
    expect(await company.active(company.una)).toEqual([]);
    expect(await unaActivates(eligibility, { schedule: NOW_FOR(90) })).toMatchObject(refusedWith('ALREADY_ACTIVE'));
    expect(await unaActivates(eligibility, { schedule: NOW_FOR(30) })).toMatchObject({ status: 'PROVISIONED' });
  });

  test('activates what a group of theirs is eligible for; the activation is theirs alone', async () => {
    const { crew } = company.groups;
    await company.join(company.una, crew);
    const eligibility = await company.eligibleContributor(crew.id);
    const outcome = await unaActivates(eligibility);
    expect(outcome).toMatchObject({ status: 'PROVISIONED' });
    expect(await company.active(company.una)).toContainEqual(
      expect.objectContaining({ id: outcome.assignmentId, scopeId: company.scopes.subscription }),
    );
    expect(await activate(await company.as(company.dan), item(eligibility))).toMatchObject(refusedWith('NOT_ELIGIBLE'));
  });

  test('reaches an Azure role through nested groups, an Entra role through their own only', async () => {
    const { crew, nested, admins } = company.groups;
    await company.join(company.una, nested);
    await company.join(nested.id, crew);
    await company.join(nested.id, admins);
    expect(await unaActivates(await company.eligibleContributor(crew.id))).toMatchObject({ status: 'PROVISIONED' });
    const directory = await company.assignment({ principal: admins.id, type: 'ELIGIBLE' });
    expect(await unaActivates(directory)).toMatchObject(refusedWith('NOT_ELIGIBLE'));
    await company.join(company.una, admins);
    expect(await unaActivates(directory)).toMatchObject({ status: 'PROVISIONED' });
  });

  test('loses what a group gives with the membership', async () => {
    const { crew } = company.groups;
    const membership = await company.join(company.una, crew);
    const eligibility = await company.eligibleContributor(crew.id);
    await company.end(membership);
    expect(await unaActivates(eligibility)).toMatchObject(refusedWith('NOT_ELIGIBLE'));
  });

  test('activates at a narrower scope, by its path, under the policy of the eligible one', async () => {
    const eligibility = await company.eligibleContributor(company.una);
    await company.approvedBy([company.ben], AT_SUBSCRIPTION());
    // A milder policy further down is none for this eligible assignment.
    await company.settle({}, { ...AT_SUBSCRIPTION(), scope: company.scopes.shop });
    const outcome = await unaActivates(eligibility, { scope: { path: '/Subscriptions/web/resourcegroups/SHOP/' } });
    expect(outcome).toMatchObject({ status: 'PENDING_APPROVAL', assignmentId: null });
    expect(await company.active(company.una)).toEqual([]);
    const [request] = await company.run(sql`SELECT scope_id AS scope FROM request WHERE id = ${outcome.requestId}`);
    expect(request).toEqual({ scope: company.scopes.shop });
  });

  test('is asked for more by a policy further down only when eligible there', async () => {
    const eligibility = await company.eligibleContributor(company.una);
    await company.approvedBy([company.ben], { ...AT_SUBSCRIPTION(), scope: company.scopes.shop });
    expect(await unaActivates(eligibility, { scope: { id: company.scopes.shop } })).toMatchObject({
      status: 'PROVISIONED',
    });
  });

  test('waits for approval, with the approvers of then on record', async () => {
    const eligibility = await eligible();
    const { crew } = company.groups;
    await company.join(company.una, crew);
    await company.join(company.cleo, crew);
    await company.approvedBy([company.ben, crew.id, company.una]);
    const outcome = await unaActivates(eligibility);
    expect(outcome).toMatchObject({ status: 'PENDING_APPROVAL', assignmentId: null, refusals: [] });
    expect(await company.events()).toMatchObject([{ type: 'request.created', requestId: outcome.requestId }]);
    const asked = await company.run(
      sql<{ id: string }>`SELECT approver_id AS id FROM request_approver WHERE request_id = ${outcome.requestId}`,
    );
    expect(asked.map(({ id }) => id).toSorted()).toEqual([company.ben, company.cleo].toSorted());
    expect(await company.active(company.una)).toHaveLength(1);
  });

  test('is approved by the administrators of the directory where an Entra role names nobody', async () => {
    await company.assignment({
      principal: company.dan,
      role: '62e90394-69f5-4237-9190-012177145e10',
      type: 'ELIGIBLE',
    });
    await company.approvedBy([]);
    const { requestId } = await unaActivates(await eligible());
    const asked = await company.run(
      sql<{ id: string }>`SELECT approver_id AS id FROM request_approver WHERE request_id = ${requestId}`,
    );
    expect(asked.map(({ id }) => id).toSorted()).toEqual([company.gail, company.petra].toSorted());
  });

  test('asks again once a request has timed out, which closes it', async () => {
    const eligibility = await eligible();
    await company.approvedBy([company.ben]);
    const first = await unaActivates(eligibility);
    expect(await unaActivates(eligibility)).toMatchObject(refusedWith('REQUEST_PENDING'));
    await company.run(sql`UPDATE request SET expires_at = clock_timestamp() WHERE id = ${first.requestId}`);
    const second = await unaActivates(eligibility);
    expect(second).toMatchObject({ status: 'PENDING_APPROVAL' });
    const [old] = await company.run(sql`SELECT status FROM request WHERE id = ${first.requestId}`);
    expect(old).toEqual({ status: 'TIMED_OUT' });
    expect(await company.eventTypes()).toEqual([
      ...['request.created', 'request.refused', 'request.timedOut', 'request.created'],
    ]);
  });
});

describe('an activation is refused, and the attempt is on record, for', () => {
  type Scene = { eligibility: string; change?: Partial<ActivateInput>; proof?: Partial<Proof> };
  const strict = async (rules: Parameters<Company['settle']>[0]) => {
    await company.settle(rules);
    return { eligibility: await eligible() };
  };
  const azure = async () => company.eligibleContributor(company.una);
  const cases: [RefusalCode, string, () => Promise<Scene>][] = [
    ['NOT_ELIGIBLE', 'what is not there', async () => ({ eligibility: randomUUID() })],
    [
      'NOT_ELIGIBLE',
      'what is somebody else’s',
      async () => ({ eligibility: await company.eligibleContributor(company.dan) }),
    ],
    [
      'NOT_ELIGIBLE',
      'an active assignment',
      async () => ({ eligibility: await company.assignment({ principal: company.una }) }),
    ],
    [
      'NOT_ELIGIBLE',
      'what has ended',
      async () => ({ eligibility: await company.eligibleContributor(company.una, -1) }),
    ],
    [
      'NOT_ELIGIBLE',
      'what has not begun',
      async () => ({ eligibility: await company.assignment({ principal: company.una, type: 'ELIGIBLE', starts: 10 }) }),
    ],
    [
      'SCOPE_NOT_FOUND',
      'a scope that is not there',
      async () => ({ eligibility: await azure(), change: { scope: { id: randomUUID() } } }),
    ],
    [
      'SCOPE_NOT_ALLOWED',
      'a scope above',
      async () => ({ eligibility: await azure(), change: { scope: { id: company.scopes.retail } } }),
    ],
    [
      'RESOURCE_LOCKED',
      'a lock above',
      async () => {
        await company.run(sql`UPDATE scope SET locked = true WHERE id = ${company.scopes.retail}`);
        return { eligibility: await azure() };
      },
    ],
    [
      'INVALID_SCHEDULE',
      'more than the eligible assignment lasts',
      async () => ({ eligibility: await company.eligibleContributor(company.una, 30) }),
    ],
    [
      'DURATION_TOO_SHORT',
      'four minutes',
      async () => ({ eligibility: await eligible(), change: { schedule: NOW_FOR(4) } }),
    ],
    [
      'DURATION_TOO_SHORT',
      'an eligible assignment about to end',
      async () => ({
        eligibility: await company.eligibleContributor(company.una, 4),
        change: { schedule: NOW_FOR(null) },
      }),
    ],
    [
      'ALREADY_ACTIVE',
      'what is active already',
      async () => {
        await company.assignment({ principal: company.una });
        return { eligibility: await eligible() };
      },
    ],
    [
      'POLICY_RULES_FAILED',
      'one factor',
      async () => ({ eligibility: await eligible(), proof: { multiFactorAt: null } }),
    ],
    [
      'AUTHENTICATION_CONTEXT_REQUIRED',
      'another context',
      () => strict({ AuthenticationContext_EndUser_Assignment: { isEnabled: true, claimValue: 'c1' } }),
    ],
    [
      'NO_APPROVER',
      'nobody but oneself to approve',
      async () => {
        await company.approvedBy([company.una]);
        return { eligibility: await eligible() };
      },
    ],
    [
      'NO_APPROVER',
      'an approver who is disabled',
      async () => {
        await company.approvedBy([company.ben]);
        await company.disable(company.ben);
        return { eligibility: await eligible() };
      },
    ],
    [
      'NO_APPROVER',
      'an Azure role that names nobody',
      async () => {
        await company.approvedBy([], AT_SUBSCRIPTION());
        return { eligibility: await azure() };
      },
    ],
  ];
  test.each(cases)('%s: %s', async (code, _name, prepare) => {
    const { eligibility, change, proof } = await prepare();
    const before = await company.counts();
    expect(await unaActivates(eligibility, change, proof)).toMatchObject(refusedWith(code));
    expect(await company.counts()).toEqual({ ...before, event: (before.event ?? 0) + 1 });
    expect(await company.events()).toMatchObject([
      { type: 'request.refused', payload: { verb: 'activate', refusals: [{ code }] } },
    ]);
  });

  test('every failed rule at once, each on record', async () => {
    const defaults = defaultPolicy('ENTRA_ROLE');
    const { eligibility } = await strict({
      Expiration_EndUser_Assignment: { ...defaults.Expiration_EndUser_Assignment, maximumMinutes: 30 },
      Enablement_EndUser_Assignment: {
        ...defaults.Enablement_EndUser_Assignment,
        enabledRules: ['MULTI_FACTOR_AUTHENTICATION', 'JUSTIFICATION', 'TICKETING'],
      },
      AuthenticationContext_EndUser_Assignment: { isEnabled: true, claimValue: 'c1' },
    });
    const reasons = { justification: '', ticketNumber: null, ticketSystem: null };
    const outcome = await unaActivates(eligibility, { reasons }, { multiFactorAt: null });
    expect(outcome).toMatchObject(refusedWith('POLICY_RULES_FAILED', 'AUTHENTICATION_CONTEXT_REQUIRED'));
    const failed = outcome.refusals.flatMap(({ failedRules }) => failedRules.map(({ rule }) => rule));
    expect(failed).toEqual(['EXPIRATION', 'JUSTIFICATION', 'TICKETING', 'MFA', 'AUTHENTICATION_CONTEXT']);
    const events = await company.events();
    expect(events).toHaveLength(1);
    expect(JSON.stringify(events[0]?.payload).match(/"rule":/g)).toHaveLength(5);
  });

  test('an application, even as a member of a group that is eligible', async () => {
    const robot = randomUUID();
    await company.run(
      sql`INSERT INTO principal (id, kind, display_name) VALUES (${robot}, 'SERVICE_PRINCIPAL', 'Robot')`,
    );
    const { crew } = company.groups;
    await company.join(robot, crew);
    const eligibility = await company.eligibleContributor(crew.id);
    expect(await activate(await company.as(robot), item(eligibility))).toMatchObject(refusedWith('NOT_ELIGIBLE'));
  });
});

test('a hidden eligible assignment answers like one that is not there', async () => {
  const hidden = await company.eligibleContributor(company.dan);
  expect(await unaActivates(hidden)).toEqual(await unaActivates(randomUUID()));
});

test('a scope that is hidden answers like one that is not there', async () => {
  const eligibility = await company.eligibleContributor(company.una);
  const hidden = await unaActivates(eligibility, { scope: { id: company.scopes.elsewhere } });
  expect(hidden).toMatchObject(refusedWith('SCOPE_NOT_FOUND'));
  expect(hidden).toEqual(await unaActivates(eligibility, { scope: { path: '/subscriptions/none' } }));
});

describe('twenty at once', () => {
  const race = async (eligibility: string): Promise<(string | null)[]> => {
    const context = await company.as(company.una);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (): Promise<Outcome> => activate(context, item(eligibility))),
    );
    return codesIn(outcomes).toSorted();
  };

  test('make one active assignment', async () => {
    expect(await race(await eligible())).toEqual([...Array(19).fill('ALREADY_ACTIVE'), 'PROVISIONED']);
    expect(await company.active(company.una)).toHaveLength(1);
    expect((await company.eventTypes()).filter((type) => type === 'assignment.activated')).toHaveLength(1);
  });

  test('make one request where approval is asked for', async () => {
    await company.approvedBy([company.ben]);
    expect(await race(await eligible())).toEqual(['PENDING_APPROVAL', ...Array(19).fill('REQUEST_PENDING')]);
    expect(await company.active(company.una)).toEqual([]);
  });
});
