/** May an eligible assignment be activated? The table of refusals in order, and what is admitted. */
import { describe, expect, test } from 'vitest';
import {
  type Activation,
  type ActivationFacts,
  decideActivation,
  type Eligibility,
} from '../../src/decision/activation.ts';
import type { ScopeFacts } from '../../src/decision/assignment.ts';
import { defaultPolicy, type RolePolicyRules } from '../../src/decision/policy.ts';
import { isRefused } from '../../src/refusals.ts';
import { AZURE_ROLE, inMinutes, NOW, RESOURCE_GROUP } from './facts.ts';
import { codesOf, refusesInOrder } from './precedence.ts';

const rules = defaultPolicy('AZURE_RESOURCE');
const eligibility: Eligibility = {
  id: 'eligibility',
  role: AZURE_ROLE,
  condition: "@Resource[a:b] StringEquals 'c'",
  scopeId: 'subscription',
  startsAt: inMinutes(-1000),
  endsAt: inMinutes(600),
};
const FACTS: ActivationFacts = {
  now: NOW,
  viewerId: 'una',
  eligibility,
  scope: RESOURCE_GROUP,
  schedule: { startsAt: null, endsAt: null, durationMinutes: 60 },
  reasons: { justification: 'Release', ticketNumber: null, ticketSystem: null },
  proof: { multiFactorAt: null, authenticationContexts: [] },
  provedAt: NOW,
  held: [],
  pending: false,
  rules,
  stages: [],
};

const withEligibility = (change: Partial<Eligibility>) => (f: ActivationFacts) => ({
  ...f,
  eligibility: f.eligibility && { ...f.eligibility, ...change },
});
const withScope = (change: Partial<ScopeFacts>) => (f: ActivationFacts) => ({
  ...f,
  scope: f.scope && { ...f.scope, ...change },
});
const withSchedule = (change: Partial<ActivationFacts['schedule']>) => (f: ActivationFacts) => ({
  ...f,
  schedule: { ...f.schedule, ...change },
});
const withRules = (change: Partial<RolePolicyRules>) => (f: ActivationFacts) => ({
  ...f,
  rules: { ...f.rules, ...change },
});
const approval = (required: boolean) => ({
  Approval_EndUser_Assignment: { ...rules.Approval_EndUser_Assignment, isApprovalRequired: required },
});

describe('an activation is refused, first of all, for', () => {
  refusesInOrder(FACTS, decideActivation, [
    ['no eligible assignment', 'NOT_ELIGIBLE', (f) => ({ ...f, eligibility: null })],
    ['no such scope', 'SCOPE_NOT_FOUND', (f) => ({ ...f, scope: null })],
    ['a scope beside the eligible one', 'SCOPE_NOT_ALLOWED', withScope({ ancestorIds: ['shop', 'root'] })],
    [
      'a scope that the role is no longer assignable at',
      'SCOPE_NOT_ALLOWED',
      withEligibility({ role: { ...AZURE_ROLE, assignableScopes: ['/subscriptions/ab'] } }),
    ],
    ['a locked resource', 'RESOURCE_LOCKED', withScope({ locked: true })],
    ['an end and a duration', 'INVALID_SCHEDULE', withSchedule({ durationMinutes: 60, endsAt: inMinutes(60) })],
    ['an end in the past', 'INVALID_SCHEDULE', withSchedule({ durationMinutes: null, endsAt: inMinutes(-1) })],
    ['less than five minutes', 'DURATION_TOO_SHORT', withSchedule({ endsAt: null, durationMinutes: 4 })],
    [
      'an eligible assignment that begins later',
      'NOT_ELIGIBLE',
      (f) =>
        withEligibility({ startsAt: inMinutes(1), endsAt: null })(
          withSchedule({ durationMinutes: 60, endsAt: null })(f),
        ),
    ],
    [
      'an eligible assignment that ends just then',
      'NOT_ELIGIBLE',
      (f) =>
        withEligibility({ startsAt: inMinutes(-9), endsAt: NOW })(
          withSchedule({ durationMinutes: 60, endsAt: null })(f),
        ),
    ],
    [
      'what is held in that time',
      'ALREADY_ACTIVE',
      (f) => ({ ...withEligibility({ endsAt: inMinutes(30) })(f), held: [{ startsAt: inMinutes(59), endsAt: null }] }),
    ],
    ['a request that waits', 'REQUEST_PENDING', (f) => ({ ...f, pending: true })],
    ['an end after the eligible one', 'INVALID_SCHEDULE', withEligibility({ endsAt: inMinutes(59) })],
    ['a rule of the policy', 'POLICY_RULES_FAILED', (f) => ({ ...f, reasons: { ...f.reasons, justification: ' \n' } })],
    [
      'an authentication context',
      'AUTHENTICATION_CONTEXT_REQUIRED',
      withRules({ AuthenticationContext_EndUser_Assignment: { isEnabled: true, claimValue: 'c1' } }),
    ],
    ['an approval that nobody can give', 'NO_APPROVER', withRules(approval(true))],
  ]);

  test.each([
    ['a stage without approvers', [{ approvers: [], backups: ['ben'], escalateAfterMinutes: 5, quorum: 1 }]],
    [
      'fewer approvers than the quorum',
      [{ approvers: ['ben'], backups: ['cleo'], escalateAfterMinutes: 5, quorum: 2 }],
    ],
    [
      'a second stage that nobody can decide',
      [
        { approvers: ['ben'], backups: [], escalateAfterMinutes: null, quorum: 1 },
        { approvers: [], backups: [], escalateAfterMinutes: null, quorum: 1 },
      ],
    ],
  ])('NO_APPROVER: %s', (_name, stages) => {
    expect(codesOf(decideActivation({ ...withRules(approval(true))(FACTS), stages }))).toEqual(['NO_APPROVER']);
  });

  test('every rule at once, the context under its own code', () => {
    const strict = withRules({
      Expiration_EndUser_Assignment: { ...rules.Expiration_EndUser_Assignment, maximumMinutes: 30 },
      Enablement_EndUser_Assignment: {
        ...rules.Enablement_EndUser_Assignment,
        enabledRules: ['JUSTIFICATION', 'TICKETING', 'MULTI_FACTOR_AUTHENTICATION'],
      },
      AuthenticationContext_EndUser_Assignment: { isEnabled: true, claimValue: 'c7' },
    })({ ...FACTS, reasons: { justification: null, ticketNumber: null, ticketSystem: null } });
    const decision = decideActivation(strict);
    if (!isRefused(decision)) throw new Error('it was admitted');
    expect(decision.refusals.map(({ code, failedRules }) => [code, failedRules.map(({ rule }) => rule)])).toEqual([
      ['POLICY_RULES_FAILED', ['EXPIRATION', 'JUSTIFICATION', 'TICKETING', 'MFA']],
      ['AUTHENTICATION_CONTEXT_REQUIRED', ['AUTHENTICATION_CONTEXT']],
    ]);
  });

  test('names the field at fault', () => {
    const late = { ...FACTS, schedule: { startsAt: null, endsAt: inMinutes(601), durationMinutes: null } };
    expect(decideActivation(late)).toMatchObject({ refusals: [{ code: 'INVALID_SCHEDULE', field: ['endsAt'] }] });
    const long = withEligibility({ endsAt: inMinutes(59) })(FACTS);
    expect(decideActivation(long)).toMatchObject({ refusals: [{ code: 'INVALID_SCHEDULE', field: ['duration'] }] });
  });
});

describe('an activation', () => {
  const granted = (facts: ActivationFacts): Activation => {
    const decision = decideActivation(facts);
    if (!('granted' in decision)) throw new Error(`it was not granted: ${JSON.stringify(decision)}`);
    return decision.granted;
  };

  test('is granted to the viewer at the scope asked for, with the condition of the eligible assignment', () => {
    expect(granted(FACTS)).toEqual({
      eligibilityId: 'eligibility',
      provider: 'AZURE_RESOURCE',
      roleId: 'contributor',
      scopeId: 'shop',
      principalId: 'una',
      condition: eligibility.condition,
      startsAt: NOW,
      endsAt: inMinutes(60),
    });
  });

  test('lasts without a wish as long as the policy allows', () => {
    const open = withSchedule({ durationMinutes: null })(FACTS);
    expect(granted(open).endsAt).toEqual(inMinutes(480));
  });

  test('ends without a wish with the eligible assignment, if that is sooner', () => {
    const open = withSchedule({ durationMinutes: null })(withEligibility({ endsAt: inMinutes(90) })(FACTS));
    expect(granted(open).endsAt).toEqual(inMinutes(90));
  });

  test('is never made for less than five minutes, not even without a wish', () => {
    const open = withSchedule({ durationMinutes: null });
    expect(codesOf(decideActivation(open(withEligibility({ endsAt: inMinutes(4) })(FACTS))))).toEqual([
      'DURATION_TOO_SHORT',
    ]);
    expect(granted(open(withEligibility({ endsAt: inMinutes(5) })(FACTS))).endsAt).toEqual(inMinutes(5));
    expect(codesOf(decideActivation(open(withEligibility({ endsAt: NOW })(FACTS))))).toEqual(['NOT_ELIGIBLE']);
  });

  test('begins later when asked to, and lasts from then', () => {
    const later = withSchedule({ startsAt: inMinutes(30) })(FACTS);
    expect(granted(later)).toMatchObject({ startsAt: inMinutes(30), endsAt: inMinutes(90) });
  });

  test('may end exactly with the eligible assignment, and last exactly the maximum', () => {
    expect(granted(withEligibility({ endsAt: inMinutes(60) })(FACTS)).endsAt).toEqual(inMinutes(60));
    expect(granted(withSchedule({ durationMinutes: 480 })(FACTS)).endsAt).toEqual(inMinutes(480));
    expect(codesOf(decideActivation(withSchedule({ durationMinutes: 481 })(FACTS)))).toEqual(['POLICY_RULES_FAILED']);
  });

  test('may begin where another one ends', () => {
    expect(granted({ ...FACTS, held: [{ startsAt: inMinutes(-60), endsAt: NOW }] }).startsAt).toEqual(NOW);
  });

  test('may be of a permanent eligible assignment', () => {
    expect(granted(withEligibility({ endsAt: null })(FACTS)).endsAt).toEqual(inMinutes(60));
  });

  test('waits for approval as long as the policy says, before the approvers of then', () => {
    const stages = [{ approvers: ['ben'], backups: [], escalateAfterMinutes: null, quorum: 1 }];
    const waits = { ...withRules(approval(true))(FACTS), stages };
    expect(decideActivation(waits)).toEqual({
      pendingApproval: granted(FACTS),
      expiresAt: inMinutes(24 * 60),
      stages,
    });
  });

  test('needs no approver where no approval is asked for', () => {
    expect(granted({ ...withRules(approval(false))(FACTS), stages: [] })).toEqual(granted(FACTS));
  });
});
