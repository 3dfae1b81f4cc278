/** What happens when an approver decides? Everything is judged again at that instant, and one decision counts. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ActivateInput, activate } from '../../src/action/activation.ts';
import { approve, type DecideInput, deny } from '../../src/action/approval.ts';
import type { Outcome } from '../../src/action/perform.ts';
import { defaultPolicy } from '../../src/decision/policy.ts';
import type { Proof } from '../../src/decision/rules.ts';
import type { RefusalCode } from '../../src/refusals.ts';
import { BECAUSE, type Company, codesIn, foundCompany, NOW_FOR, refusedWith } from '../support/company.ts';
import { AZURE_CONTRIBUTOR } from '../support/rows.ts';

let company: Company;
let eligibility: string;
beforeEach(async () => {
  company = await foundCompany();
  eligibility = await company.eligibleContributor(company.una);
});
afterEach(() => company.drop());

const at = () => ({ role: AZURE_CONTRIBUTOR, provider: 'AZURE_RESOURCE' as const, scope: company.scopes.subscription });
const approvedBy = (...approvers: string[]) => company.approvedBy(approvers, at());

/** Una asks; the approvers are the company's unless the story has set others. */
async function ask(change: Partial<ActivateInput> = {}, proof: Partial<Proof> = {}): Promise<string> {
  const item = { eligibilityId: eligibility, scope: null, schedule: NOW_FOR(60), reasons: BECAUSE, ...change };
  const outcome = await activate(await company.as(company.una, proof), item);
  expect(outcome).toMatchObject({ status: 'PENDING_APPROVAL', refusals: [] });
  return outcome.requestId as string;
}

const decision = (requestId: string, change: Partial<DecideInput> = {}): DecideInput => ({
  ...{ requestIds: [requestId], justification: 'Expected', durationMinutes: null },
  ...change,
});
async function yes(who: string, requestId: string, change: Partial<DecideInput> = {}): Promise<Outcome> {
  const [outcome] = await approve(await company.as(who), decision(requestId, change));
  return outcome as Outcome;
}
async function no(who: string, requestId: string): Promise<Outcome> {
  const [outcome] = await deny(await company.as(who), decision(requestId));
  return outcome as Outcome;
}
async function statusOf(requestId: string): Promise<unknown> {
  const [row] = await company.run(sql<{ status: string }>`SELECT status FROM request WHERE id = ${requestId}`);
  return row?.status;
}
const held = () => company.active(company.una);

describe('an approval', () => {
  test('grants the whole duration from now on, with one event for each thing that happened', async () => {
    await approvedBy(company.ben, company.cleo);
    const request = await ask({ scope: { id: company.scopes.shop } });
    const outcome = await yes(company.ben, request);
    expect(outcome).toMatchObject({ requestId: request, status: 'PROVISIONED', refusals: [] });
    expect(await held()).toMatchObject([
      { id: outcome.assignmentId, scopeId: company.scopes.shop, eligibilityId: eligibility, minutes: 60 },
    ]);
    expect(await company.eventTypes()).toEqual(['request.created', 'request.approved', 'assignment.activated']);
    expect(await statusOf(request)).toBe('PROVISIONED');
  });

  test('of a start that lies ahead grants it for then', async () => {
    await approvedBy(company.ben);
    const startsAt = new Date(Date.now() + 3_600_000);
    const request = await ask({ schedule: { startsAt, endsAt: null, durationMinutes: 60 } });
    expect(await yes(company.ben, request)).toMatchObject({ status: 'GRANTED', assignmentId: expect.any(String) });
    expect(await held()).toEqual([]);
  });

  test('reaches whoever is a member of the group that is named, through nesting too', async () => {
    const { crew, nested } = company.groups;
    await approvedBy(crew.id);
    await company.join(nested.id, crew);
    await company.join(company.cleo, nested);
    expect(await yes(company.cleo, await ask())).toMatchObject({ status: 'PROVISIONED' });
  });

  test('ends with the eligible assignment when the wait has used the time up', async () => {
    await approvedBy(company.ben);
    const request = await ask();
    await company.run(
      sql`UPDATE assignment SET ends_at = clock_timestamp() + interval '30 minutes' WHERE id = ${eligibility}`,
    );
    await yes(company.ben, request);
    const [activation] = await held();
    expect(activation?.minutes).toBeGreaterThan(29.8);
    expect(activation?.minutes).toBeLessThanOrEqual(30);
  });

  test('of several requests answers each on its own, in order', async () => {
    await approvedBy(company.ben);
    const request = await ask();
    const requestIds = [randomUUID(), request, request];
    const outcomes = await approve(await company.as(company.ben), decision(request, { requestIds }));
    expect(codesIn(outcomes)).toEqual(['REQUEST_NOT_FOUND', 'PROVISIONED', 'REQUEST_NOT_PENDING']);
  });

  test('by two at once counts once', async () => {
    await approvedBy(company.ben, company.cleo);
    const request = await ask();
    const outcomes = await Promise.all([
      yes(company.ben, request),
      no(company.cleo, request),
      yes(company.cleo, request),
    ]);
    const codes = codesIn(outcomes);
    expect(codes.filter((code) => code === 'REQUEST_NOT_PENDING')).toHaveLength(2);
    const approved = codes.includes('PROVISIONED');
    expect(await held()).toHaveLength(approved ? 1 : 0);
    expect(await statusOf(request)).toBe(approved ? 'PROVISIONED' : 'DENIED');
  });
});

describe('a denial', () => {
  test('closes the request with one event, and another one may be made', async () => {
    await approvedBy(company.ben);
    const request = await ask();
    expect(await no(company.ben, request)).toMatchObject({ status: 'DENIED', assignmentId: null, refusals: [] });
    expect(await company.eventTypes()).toEqual(['request.created', 'request.denied']);
    expect(await held()).toEqual([]);
    await ask();
  });

  test('is possible of what could no longer be approved', async () => {
    await approvedBy(company.ben);
    const request = await ask();
    await company.end(eligibility);
    expect(await no(company.ben, request)).toMatchObject({ status: 'DENIED' });
  });
});

describe('a decision is refused, and the attempt is on record, for', () => {
  type Scene = { who?: string; request: string; change?: Partial<DecideInput>; status?: string };
  const benApproves = async () => {
    await approvedBy(company.ben);
    return ask();
  };
  const settle = (rules: Parameters<Company['settle']>[0]) => {
    const { Approval_EndUser_Assignment: approval } = defaultPolicy('AZURE_RESOURCE');
    const stages = [{ approvers: [company.ben], quorum: 1, escalation: null }];
    return company.settle(
      { Approval_EndUser_Assignment: { ...approval, isApprovalRequired: true, stages }, ...rules },
      at(),
    );
  };
  const cases: [RefusalCode, string, () => Promise<Scene>][] = [
    ['REQUEST_NOT_FOUND', 'what is not there', async () => ({ request: randomUUID() })],
    ['REQUEST_NOT_FOUND', 'what is hidden', async () => ({ who: company.dan, request: await benApproves() })],
    ['SELF_APPROVAL', 'one’s own request', async () => ({ who: company.una, request: await benApproves() })],
    [
      'SELF_APPROVAL',
      'one’s own request, as a named approver',
      async () => {
        await approvedBy(company.ben, company.una);
        return { who: company.una, request: await ask() };
      },
    ],
    [
      'SELF_APPROVAL',
      'one’s own request, as a member of a group of approvers',
      async () => {
        const { crew } = company.groups;
        await company.join(company.una, crew);
        await approvedBy(crew.id, company.ben);
        return { who: company.una, request: await ask() };
      },
    ],
    [
      'SELF_APPROVAL',
      'one’s own request, as an administrator of the resource',
      async () => {
        await company.assignment({
          ...{ principal: company.una, provider: 'AZURE_RESOURCE', role: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635' },
          scope: company.scopes.subscription,
        });
        return { who: company.una, request: await benApproves() };
      },
    ],
    [
      'NOT_APPROVER',
      'an administrator who is not named',
      async () => ({ who: company.olive, request: await benApproves() }),
    ],
    [
      'NOT_APPROVER',
      'an approver whom the policy names no more',
      async () => {
        const request = await benApproves();
        await approvedBy(company.cleo);
        return { request };
      },
    ],
    [
      'NOT_APPROVER',
      'an approver whom the policy names since',
      async () => {
        await approvedBy(company.cleo);
        const request = await ask();
        await approvedBy(company.cleo, company.olive);
        return { who: company.olive, request };
      },
    ],
    [
      'NOT_APPROVER',
      'an approver who has left the group',
      async () => {
        const { crew } = company.groups;
        const membership = await company.join(company.ben, crew);
        await approvedBy(crew.id);
        const request = await ask();
        await company.end(membership);
        return { request };
      },
    ],
    [
      'REQUEST_NOT_PENDING',
      'what has been denied',
      async () => {
        const request = await benApproves();
        await no(company.ben, request);
        return { request, status: 'DENIED' };
      },
    ],
    [
      'JUSTIFICATION_REQUIRED',
      'no reason',
      async () => ({ request: await benApproves(), change: { justification: ' ' } }),
    ],
    [
      'REQUEST_OUTDATED',
      'a quorum that has grown',
      async () => {
        const request = await benApproves();
        const { Approval_EndUser_Assignment: approval } = defaultPolicy('AZURE_RESOURCE');
        const stages = [{ approvers: [company.ben, company.cleo], quorum: 2, escalation: null }];
        await settle({ Approval_EndUser_Assignment: { ...approval, isApprovalRequired: true, stages } });
        return { request };
      },
    ],
    [
      'INVALID_SCHEDULE',
      'a longer duration',
      async () => ({ request: await benApproves(), change: { durationMinutes: 61 } }),
    ],
    [
      'NOT_ELIGIBLE',
      'an eligible assignment that was removed',
      async () => {
        const request = await benApproves();
        await company.end(eligibility);
        return { request };
      },
    ],
    [
      'NOT_ELIGIBLE',
      'a group that the requestor has left',
      async () => {
        const { crew } = company.groups;
        const membership = await company.join(company.una, crew);
        await company.end(eligibility);
        eligibility = await company.eligibleContributor(crew.id);
        const request = await benApproves();
        await company.end(membership);
        return { request };
      },
    ],
    [
      'NOT_ELIGIBLE',
      'a requestor who is disabled',
      async () => {
        const request = await benApproves();
        await company.disable(company.una);
        return { request };
      },
    ],
    [
      'DURATION_TOO_SHORT',
      'an eligible assignment about to end',
      async () => {
        const request = await benApproves();
        await company.run(
          sql`UPDATE assignment SET ends_at = clock_timestamp() + interval '4 minutes' WHERE id = ${eligibility}`,
        );
        return { request };
      },
    ],
    [
      'RESOURCE_LOCKED',
      'a resource that was locked',
      async () => {
        const request = await benApproves();
        await company.run(sql`UPDATE scope SET locked = true WHERE id = ${company.scopes.retail}`);
        return { request };
      },
    ],
    [
      'SCOPE_NOT_ALLOWED',
      'a scope that was moved elsewhere',
      async () => {
        await approvedBy(company.ben);
        const request = await ask({ scope: { id: company.scopes.shop } });
        await company.run(
          sql`UPDATE scope SET parent_id = ${company.scopes.elsewhere} WHERE id = ${company.scopes.shop}`,
        );
        return { request };
      },
    ],
    [
      'ALREADY_ACTIVE',
      'what was assigned since',
      async () => {
        const request = await benApproves();
        await company.assignment({ principal: company.una, ...at(), starts: 0, ends: 600 });
        return { request };
      },
    ],
    [
      'POLICY_RULES_FAILED',
      'rules that were tightened since',
      async () => {
        const request = await benApproves();
        const { Expiration_EndUser_Assignment: expiration } = defaultPolicy('AZURE_RESOURCE');
        await settle({ Expiration_EndUser_Assignment: { ...expiration, maximumMinutes: 30 } });
        return { request };
      },
    ],
    [
      'AUTHENTICATION_CONTEXT_REQUIRED',
      'a context that is asked for since',
      async () => {
        const request = await benApproves();
        await settle({ AuthenticationContext_EndUser_Assignment: { isEnabled: true, claimValue: 'c1' } });
        return { request };
      },
    ],
  ];
  test.each(cases)('%s: %s', async (code, _name, prepare) => {
    const { who = company.ben, request, change, status } = await prepare();
    const before = await company.counts();
    const activeBefore = await held();
    expect(await yes(who, request, change)).toMatchObject(refusedWith(code));
    expect(await company.counts()).toEqual({ ...before, event: (before.event ?? 0) + 1 });
    const refused = (await company.events()).at(-1);
    expect(refused).toMatchObject({ type: 'request.refused', payload: { verb: 'APPROVE', refusals: [{ code }] } });
    expect(await held()).toEqual(activeBefore);
    if (code !== 'REQUEST_NOT_FOUND') expect(await statusOf(request)).toBe(status ?? 'PENDING_APPROVAL');
  });

  test('REQUEST_TIMED_OUT: the request is closed with it', async () => {
    const request = await benApproves();
    await company.run(sql`UPDATE request SET expires_at = clock_timestamp() WHERE id = ${request}`);
    expect(await yes(company.ben, request)).toMatchObject(refusedWith('REQUEST_TIMED_OUT'));
    expect(await statusOf(request)).toBe('TIMED_OUT');
    expect(await company.eventTypes()).toEqual(['request.created', 'request.timedOut', 'request.refused']);
    expect(await yes(company.ben, request)).toMatchObject(refusedWith('REQUEST_NOT_PENDING'));
  });

  test('an approver who is disabled', async () => {
    const request = await benApproves();
    const context = await company.as(company.ben);
    await company.disable(company.ben);
    await expect(approve(context, decision(request))).rejects.toThrow();
    expect(await statusOf(request)).toBe('PENDING_APPROVAL');
  });

  test('a longer proof is not asked of the approver: the requestor’s own is kept with the request', async () => {
    await approvedBy(company.ben);
    const request = await ask({}, { multiFactorAt: null });
    const { Enablement_EndUser_Assignment: enablement } = defaultPolicy('AZURE_RESOURCE');
    await settle({ Enablement_EndUser_Assignment: { ...enablement, enabledRules: ['MULTI_FACTOR_AUTHENTICATION'] } });
    expect(await yes(company.ben, request)).toMatchObject(refusedWith('POLICY_RULES_FAILED'));
  });
});

test('what is hidden answers exactly like what is not there', async () => {
  await approvedBy(company.ben);
  const request = await ask();
  expect(await yes(company.dan, request)).toEqual(await yes(company.dan, randomUUID()));
});
