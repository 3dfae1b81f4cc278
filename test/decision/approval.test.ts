/** May this request be decided, and does everything it was judged by still hold? The table in order, and the fold over stages. */
import { describe, expect, test } from 'vitest';
import type { ActivationFacts } from '../../src/decision/activation.ts';
import {
  type ApprovalFacts,
  type ApprovalStageFacts,
  decideApproval,
  escalatesAt,
  foldApproval,
  type Vote,
} from '../../src/decision/approval.ts';
import { defaultPolicy } from '../../src/decision/policy.ts';
import { REQUEST_STATUSES } from '../../src/decision/words.ts';
import { AZURE_ROLE, inMinutes, NOW, RESOURCE_GROUP } from './facts.ts';
import { codesOf, refusesInOrder } from './precedence.ts';

const rules = defaultPolicy('AZURE_RESOURCE');
const stage: ApprovalStageFacts = { approvers: ['ben'], backups: [], escalateAfterMinutes: null, quorum: 1 };
const activation: ActivationFacts = {
  now: NOW,
  viewerId: 'una',
  eligibility: {
    id: 'eligibility',
    role: AZURE_ROLE,
    condition: null,
    scopeId: 'subscription',
    startsAt: inMinutes(-1000),
    endsAt: null,
  },
  scope: RESOURCE_GROUP,
  schedule: { startsAt: null, endsAt: null, durationMinutes: 60 },
  reasons: { justification: 'Release', ticketNumber: null, ticketSystem: null },
  proof: { multiFactorAt: null, authenticationContexts: [] },
  provedAt: NOW,
  held: [],
  pending: true,
  rules,
  stages: [stage],
};
const request: NonNullable<ApprovalFacts['request']> = {
  requestorId: 'una',
  principalId: 'una',
  status: 'PENDING_APPROVAL',
  createdAt: inMinutes(-60),
  expiresAt: inMinutes(60),
};
const FACTS: ApprovalFacts = {
  now: NOW,
  viewerId: 'ben',
  result: 'APPROVE',
  justification: 'Planned',
  durationMinutes: null,
  request,
  stages: [stage],
  stagesNow: [stage],
  votes: [],
  activation,
  extension: null,
};

const withRequest = (change: Partial<typeof request>) => (f: ApprovalFacts) => ({
  ...f,
  request: f.request && { ...f.request, ...change },
});
const withActivation = (change: Partial<ActivationFacts>) => (f: ApprovalFacts) => ({
  ...f,
  activation: f.activation && { ...f.activation, ...change },
});
const vote = (by: string, more: Partial<Vote> = {}): Vote => ({
  ...{ stage: 1, by, result: 'APPROVE', at: inMinutes(-10), durationMinutes: null },
  ...more,
});

describe('a decision is refused, first of all, for', () => {
  refusesInOrder(FACTS, decideApproval, [
    ['no such request', 'REQUEST_NOT_FOUND', (f) => ({ ...f, request: null })],
    ['an activation that cannot be looked up', 'REQUEST_NOT_FOUND', (f) => ({ ...f, activation: null })],
    ['the requestor', 'SELF_APPROVAL', withRequest({ requestorId: 'ben', principalId: 'una' })],
    ['the holder, whoever asked', 'SELF_APPROVAL', withRequest({ requestorId: 'una', principalId: 'ben' })],
    [
      'somebody who was never named',
      'NOT_APPROVER',
      (f) => ({ ...f, stages: [{ ...stage, approvers: ['cleo'] }], stagesNow: [stage] }),
    ],
    [
      'somebody who is named no more',
      'NOT_APPROVER',
      (f) => ({ ...f, stages: [stage], votes: [], stagesNow: [{ ...stage, approvers: ['cleo'] }] }),
    ],
    [
      'a request that is over',
      'REQUEST_NOT_PENDING',
      (f) => withRequest({ status: 'CANCELED' })({ ...f, stages: [stage], stagesNow: [stage] }),
    ],
    [
      'a request that was not decided in time',
      'REQUEST_TIMED_OUT',
      withRequest({ status: 'PENDING_APPROVAL', expiresAt: NOW }),
    ],
    [
      'somebody who has decided before',
      'ALREADY_DECIDED',
      (f) => ({ ...f, stages: [{ ...stage, quorum: 2 }], votes: [vote('ben')] }),
    ],
    ['no justification', 'JUSTIFICATION_REQUIRED', (f) => ({ ...f, justification: null })],
    ['a blank justification', 'JUSTIFICATION_REQUIRED', (f) => ({ ...f, justification: ' \t' })],
    ['settings that ask for more', 'REQUEST_OUTDATED', (f) => ({ ...f, stagesNow: [...f.stagesNow, stage, stage] })],
    [
      'a longer duration than was asked for',
      'INVALID_SCHEDULE',
      (f) => withActivation({ schedule: activation.schedule })({ ...f, durationMinutes: 61 }),
    ],
    ['an eligible assignment that is gone', 'NOT_ELIGIBLE', withActivation({ eligibility: null })],
    ['a scope that is gone', 'NOT_ELIGIBLE', withActivation({ scope: null })],
    [
      'a scope that no longer lies below the eligible one',
      'SCOPE_NOT_ALLOWED',
      (f) =>
        withActivation({ eligibility: activation.eligibility, scope: { ...RESOURCE_GROUP, ancestorIds: ['shop'] } })(f),
    ],
    [
      'a role that is no longer assignable there',
      'SCOPE_NOT_ALLOWED',
      (f) =>
        withActivation({
          scope: { ...RESOURCE_GROUP, locked: true },
          eligibility: activation.eligibility && {
            ...activation.eligibility,
            role: { ...AZURE_ROLE, assignableScopes: ['/subscriptions/ab'] },
          },
        })(f),
    ],
    [
      'a locked resource',
      'RESOURCE_LOCKED',
      withActivation({ eligibility: activation.eligibility, scope: { ...RESOURCE_GROUP, locked: true } }),
    ],
    [
      'an end that has passed',
      'INVALID_SCHEDULE',
      withActivation({
        eligibility: activation.eligibility,
        scope: RESOURCE_GROUP,
        schedule: { startsAt: null, endsAt: inMinutes(-1), durationMinutes: null },
      }),
    ],
    [
      'an eligible assignment that has ended',
      'NOT_ELIGIBLE',
      withActivation({
        schedule: activation.schedule,
        eligibility: activation.eligibility && { ...activation.eligibility, endsAt: NOW },
      }),
    ],
    [
      'an eligible assignment that is about to end',
      'DURATION_TOO_SHORT',
      withActivation({ eligibility: activation.eligibility && { ...activation.eligibility, endsAt: inMinutes(4) } }),
    ],
    [
      'what has been made active since',
      'ALREADY_ACTIVE',
      withActivation({ eligibility: activation.eligibility, held: [{ startsAt: inMinutes(59), endsAt: null }] }),
    ],
    [
      'rules that the request does not meet any more',
      'POLICY_RULES_FAILED',
      withActivation({ reasons: { justification: null, ticketNumber: null, ticketSystem: null } }),
    ],
  ]);

  test.each(REQUEST_STATUSES.filter((status) => status !== 'PENDING_APPROVAL'))('REQUEST_NOT_PENDING: %s', (status) => {
    expect(codesOf(decideApproval(withRequest({ status })(FACTS)))).toEqual(['REQUEST_NOT_PENDING']);
  });

  test('REQUEST_OUTDATED: a quorum that has grown', () => {
    expect(codesOf(decideApproval({ ...FACTS, stagesNow: [{ ...stage, quorum: 2 }] }))).toEqual(['REQUEST_OUTDATED']);
  });

  test('a denial needs only somebody who may decide, and a justification', () => {
    const spoilt = withActivation({ eligibility: null, scope: null })({
      ...FACTS,
      result: 'DENY',
      stagesNow: [stage, stage],
    });
    expect(decideApproval({ ...spoilt, durationMinutes: 61 })).toEqual({ outcome: 'DENIED', stage: 1 });
    expect(codesOf(decideApproval({ ...spoilt, justification: '' }))).toEqual(['JUSTIFICATION_REQUIRED']);
    expect(codesOf(decideApproval({ ...spoilt, viewerId: 'una' }))).toEqual(['SELF_APPROVAL']);
  });

  test('a backup approver decides from the escalation on, not before', () => {
    const backed = { ...stage, backups: ['cleo'], escalateAfterMinutes: 60 };
    const asked = { ...FACTS, viewerId: 'cleo', stages: [backed], stagesNow: [backed] };
    expect(decideApproval(asked)).toMatchObject({ outcome: 'APPROVED' });
    expect(codesOf(decideApproval({ ...asked, now: inMinutes(-0.001) }))).toEqual(['NOT_APPROVER']);
  });
});

describe('whoever may decide', () => {
  const backed = { ...stage, backups: ['cleo'] };

  test('is no backup approver of a stage that never escalates', () => {
    const asked = { ...FACTS, viewerId: 'cleo', stages: [backed], stagesNow: [backed] };
    expect(codesOf(decideApproval(asked))).toEqual(['NOT_APPROVER']);
  });

  test('is nobody else when the stage has escalated', () => {
    const stages = [{ ...backed, escalateAfterMinutes: 0 }];
    const stagesNow = [{ ...stage, approvers: ['ben', 'dora'] }];
    expect(codesOf(decideApproval({ ...FACTS, viewerId: 'dora', stages, stagesNow }))).toEqual(['NOT_APPROVER']);
  });

  test('hears that all stages have their quorum, named for whichever of them', () => {
    const stages = [stage, { ...stage, approvers: ['cleo'] }];
    const votes = [vote('dora'), vote('cleo', { stage: 2 })];
    expect(codesOf(decideApproval({ ...FACTS, stages, stagesNow: stages, votes }))).toEqual(['REQUEST_NOT_PENDING']);
  });

  test('is asked again when any one of the stages has a quorum that has grown, or is new', () => {
    const more = { ...stage, quorum: 2 };
    const facts = { ...FACTS, stages: [stage, stage] };
    expect(codesOf(decideApproval({ ...facts, stagesNow: [stage, more] }))).toEqual(['REQUEST_OUTDATED']);
    expect(codesOf(decideApproval({ ...facts, stagesNow: [stage, stage, stage] }))).toEqual(['REQUEST_OUTDATED']);
    expect(codesOf(decideApproval({ ...facts, stagesNow: [stage] }))).toEqual([]);
  });

  test('has time without end when the request has', () => {
    expect(decideApproval(withRequest({ expiresAt: null })(FACTS))).toMatchObject({ outcome: 'APPROVED' });
  });
});

describe('an approval of a longer end', () => {
  const { Expiration_EndUser_Assignment: expiration } = rules;
  const extension: NonNullable<ApprovalFacts['extension']> = {
    now: NOW,
    viewerId: 'una',
    assignment: {
      ...{ id: 'running', principalId: 'una', state: 'ACTIVATED' },
      ...{ startsAt: inMinutes(-30), endsAt: inMinutes(30) },
    },
    eligibility: { startsAt: inMinutes(-1000), endsAt: null },
    endsAt: null,
    durationMinutes: 60,
    reasons: activation.reasons,
    proof: activation.proof,
    provedAt: NOW,
    held: [],
    pending: true,
    rules: { ...rules, Expiration_EndUser_Assignment: { ...expiration, isExtensionAllowed: true } },
    stages: [stage],
  };

  test.each([
    [null, 90],
    [20, 50],
  ])('for %s minutes moves the end of the running activation', (durationMinutes, end) => {
    expect(decideApproval({ ...FACTS, extension, durationMinutes })).toEqual({
      outcome: 'APPROVED',
      stage: 1,
      granted: { assignmentId: 'running', endsAt: inMinutes(end) },
    });
  });

  test('asks again what the extension must meet', () => {
    const lost = { ...extension, eligibility: null };
    expect(codesOf(decideApproval({ ...FACTS, extension: lost }))).toEqual(['NOT_ELIGIBLE']);
  });
});

describe('an approval', () => {
  test('grants the activation from now on, for the whole duration asked for', () => {
    expect(decideApproval(FACTS)).toEqual({
      outcome: 'APPROVED',
      stage: 1,
      granted: {
        eligibilityId: 'eligibility',
        provider: 'AZURE_RESOURCE',
        roleId: 'contributor',
        scopeId: 'shop',
        principalId: 'una',
        condition: null,
        startsAt: NOW,
        endsAt: inMinutes(60),
      },
    });
  });

  test('keeps a start that lies ahead, and an end that was asked for', () => {
    const ahead = withActivation({ schedule: { startsAt: inMinutes(30), endsAt: null, durationMinutes: 60 } })(FACTS);
    expect(decideApproval(ahead)).toMatchObject({ granted: { startsAt: inMinutes(30), endsAt: inMinutes(90) } });
    const until = withActivation({
      schedule: { startsAt: inMinutes(-30), endsAt: inMinutes(30), durationMinutes: null },
    })(FACTS);
    expect(decideApproval(until)).toMatchObject({ granted: { startsAt: NOW, endsAt: inMinutes(30) } });
  });

  test('ends with the eligible assignment: waiting does not cost the request', () => {
    const soon = withActivation({
      eligibility: activation.eligibility && { ...activation.eligibility, endsAt: inMinutes(30) },
    });
    expect(decideApproval(soon(FACTS))).toMatchObject({ granted: { endsAt: inMinutes(30) } });
  });

  test('may be shorter than asked for; the shortest wish of all approvers holds', () => {
    const two = { ...stage, approvers: ['ben', 'cleo'], quorum: 2 };
    const second = { ...FACTS, stages: [two], stagesNow: [two], votes: [vote('cleo', { durationMinutes: 30 })] };
    expect(decideApproval({ ...FACTS, durationMinutes: 60 })).toMatchObject({ granted: { endsAt: inMinutes(60) } });
    expect(decideApproval({ ...second, durationMinutes: 45 })).toMatchObject({ granted: { endsAt: inMinutes(30) } });
    expect(decideApproval({ ...second, durationMinutes: 15 })).toMatchObject({ granted: { endsAt: inMinutes(15) } });
    expect(codesOf(decideApproval({ ...FACTS, durationMinutes: 4 }))).toEqual(['DURATION_TOO_SHORT']);
  });

  test('never moves an end that was asked for', () => {
    const until = withActivation({ schedule: { startsAt: null, endsAt: inMinutes(30), durationMinutes: null } })(FACTS);
    expect(decideApproval({ ...until, durationMinutes: 60 })).toMatchObject({ granted: { endsAt: inMinutes(30) } });
    expect(decideApproval({ ...until, durationMinutes: 20 })).toMatchObject({ granted: { endsAt: inMinutes(20) } });
  });

  test.each([
    ['ahead', 30, 60, 40, 60],
    ['ahead', 30, 60, 20, 50],
    ['behind', -30, 30, 45, 30],
  ])('counts a shorter duration from the start that lies %s, or from now', (_name, start, end, minutes, expected) => {
    const schedule = { startsAt: inMinutes(start), endsAt: inMinutes(end), durationMinutes: null };
    const facts = { ...withActivation({ schedule })(FACTS), durationMinutes: minutes };
    expect(decideApproval(facts)).toMatchObject({ granted: { endsAt: inMinutes(expected) } });
  });

  test.each([
    ['later', 90, 60],
    ['five minutes from now', 5, 5],
  ])('of an eligible assignment that ends %s', (_name, end, expected) => {
    const eligibility = activation.eligibility && { ...activation.eligibility, endsAt: inMinutes(end) };
    const granted = { startsAt: NOW, endsAt: inMinutes(expected) };
    expect(decideApproval(withActivation({ eligibility })(FACTS))).toMatchObject({ granted });
  });

  test('that leaves a quorum or a stage open says what is open', () => {
    const stages = [
      { ...stage, quorum: 2, approvers: ['ben', 'dora'] },
      { ...stage, approvers: ['cleo'] },
    ];
    const first = { ...FACTS, stages, stagesNow: stages };
    expect(decideApproval(first)).toEqual({
      outcome: 'STAGE_APPROVED',
      stage: 1,
      next: { state: 'OPEN', stage: 1, openedAt: request.createdAt, approvals: 1 },
    });
    expect(decideApproval({ ...first, votes: [vote('dora')] })).toEqual({
      outcome: 'STAGE_APPROVED',
      stage: 1,
      next: { state: 'OPEN', stage: 2, openedAt: NOW, approvals: 0 },
    });
    const votes = [vote('ben'), vote('dora')];
    expect(decideApproval({ ...first, viewerId: 'cleo', votes })).toMatchObject({ outcome: 'APPROVED', stage: 2 });
    expect(codesOf(decideApproval({ ...first, viewerId: 'cleo' }))).toEqual(['NOT_APPROVER']);
  });
});

describe('the fold over votes', () => {
  const two = [{ ...stage, quorum: 2 }, stage];
  test('is open at the first stage without its quorum', () => {
    expect(foldApproval(two, [], NOW)).toEqual({ state: 'OPEN', stage: 1, openedAt: NOW, approvals: 0 });
    expect(foldApproval(two, [vote('a')], NOW)).toEqual({ state: 'OPEN', stage: 1, openedAt: NOW, approvals: 1 });
    const done = [vote('a', { at: inMinutes(1) }), vote('b', { at: inMinutes(2) })];
    expect(foldApproval(two, done, NOW)).toEqual({ state: 'OPEN', stage: 2, openedAt: inMinutes(2), approvals: 0 });
    expect(foldApproval(two, [...done, vote('c', { stage: 2 })], NOW)).toEqual({ state: 'APPROVED' });
  });

  test('passes a stage that asks for nobody', () => {
    expect(foldApproval([{ ...stage, quorum: 0 }], [], NOW)).toEqual({ state: 'APPROVED' });
  });

  test('is denied by a single denial, in whichever stage', () => {
    expect(foldApproval(two, [vote('a'), vote('b', { result: 'DENY' })], NOW)).toEqual({ state: 'DENIED' });
    expect(foldApproval(two, [vote('b', { stage: 2, result: 'DENY' })], NOW)).toEqual({ state: 'DENIED' });
  });

  test('escalates a stage only where it says when', () => {
    expect(escalatesAt(undefined, NOW)).toBeNull();
    expect(escalatesAt(stage, NOW)).toBeNull();
    expect(escalatesAt({ ...stage, escalateAfterMinutes: 0 }, NOW)).toEqual(NOW);
    expect(escalatesAt({ ...stage, escalateAfterMinutes: 5 }, NOW)).toEqual(inMinutes(5));
  });
});
