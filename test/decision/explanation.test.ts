/** Does the explanation agree with the decision, whatever is spoilt, and does it name every rule? */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ActivationFacts, decideActivation } from '../../src/decision/activation.ts';
import type { RoleFacts, ScopeFacts } from '../../src/decision/assignment.ts';
import { explainActivation } from '../../src/decision/explanation.ts';
import { defaultPolicy, type EnabledRule, type RolePolicyRules } from '../../src/decision/policy.ts';
import { DIRECTORY_SCOPE } from '../../src/decision/role.ts';

const NOW = new Date('2026-03-01T10:00:00Z');
const rules = defaultPolicy('ENTRA_ROLE');
const strict: RolePolicyRules = {
  ...rules,
  Enablement_EndUser_Assignment: {
    ...rules.Enablement_EndUser_Assignment,
    enabledRules: ['MULTI_FACTOR_AUTHENTICATION', 'JUSTIFICATION', 'TICKETING'],
  },
  AuthenticationContext_EndUser_Assignment: { isEnabled: true, claimValue: 'c1' },
};
const stage = { approvers: ['arun'], backups: [], escalateAfterMinutes: null, quorum: 1 };
const approval = { ...rules.Approval_EndUser_Assignment, isApprovalRequired: true };

const role: RoleFacts = {
  ...({ id: 'role', provider: 'ENTRA_ROLE', displayName: 'Role', assignable: true, deprecated: false } as const),
  ...{ administrativeUnitScope: false, applicationScope: false, assignableScopes: [] },
};
const scope: ScopeFacts = {
  ...({ id: DIRECTORY_SCOPE, provider: 'ENTRA_ROLE', kind: 'DIRECTORY', path: '/', locked: false } as const),
  ...{ ancestorIds: [DIRECTORY_SCOPE], ancestorKeys: ['/'], group: null },
};

const FACTS: ActivationFacts = {
  now: NOW,
  provedAt: NOW,
  viewerId: 'maya',
  eligibility: {
    id: 'eligibility',
    role,
    condition: null,
    scopeId: DIRECTORY_SCOPE,
    startsAt: new Date(0),
    endsAt: null,
  },
  scope,
  schedule: { startsAt: null, endsAt: null, durationMinutes: 60 },
  reasons: { justification: 'Because', ticketNumber: '1', ticketSystem: 'Desk' },
  proof: { multiFactorAt: NOW, authenticationContexts: ['c1'] },
  held: [],
  pending: false,
  rules: strict,
  stages: [stage],
};

test('everything is met', () => {
  const explanation = explainActivation(FACTS);
  expect(explanation).toMatchObject({ outcome: 'GRANTED', refusals: [], stages: [], expiresAt: null, startsAt: NOW });
  expect(explanation.rules.map(({ rule, met }) => [rule, met])).toEqual([
    ['EXPIRATION', true],
    ['JUSTIFICATION', true],
    ['TICKETING', true],
    ['MFA', true],
    ['AUTHENTICATION_CONTEXT', true],
  ]);
});

test('each rule that is missed says what would help, the others that they are met', () => {
  const reasons = { justification: ' ', ticketNumber: '1', ticketSystem: null };
  const proof = { multiFactorAt: null, authenticationContexts: [] };
  const { outcome, rules: checks, refusals } = explainActivation({ ...FACTS, reasons, proof });
  expect(outcome).toBe('REFUSED');
  expect(checks.map(({ rule, met, remedy }) => [rule, met, remedy === null])).toEqual([
    ['EXPIRATION', true, true],
    ['JUSTIFICATION', false, false],
    ['TICKETING', false, false],
    ['MFA', false, false],
    ['AUTHENTICATION_CONTEXT', false, false],
  ]);
  expect(refusals.map(({ stepUp }) => stepUp?.acrValues)).toEqual([['mfa'], ['c1']]);
});

test('rules are named also where something else refuses first', () => {
  const { refusals, rules: checks } = explainActivation({
    ...FACTS,
    pending: true,
    reasons: { ...FACTS.reasons, justification: null },
  });
  expect(refusals.map(({ code }) => code)).toEqual(['REQUEST_PENDING']);
  expect(checks.filter(({ met }) => !met).map(({ rule }) => rule)).toEqual(['JUSTIFICATION']);
});

test('a schedule that is none has its own refusal, and no end', () => {
  const schedule = { startsAt: null, endsAt: null, durationMinutes: 1 };
  const explanation = explainActivation({ ...FACTS, schedule });
  expect(explanation).toMatchObject({ outcome: 'REFUSED', startsAt: null, endsAt: null });
  expect(explanation.rules.every(({ met }) => met)).toBe(true);
});

test('nothing is told about the settings to whoever is not eligible', () => {
  const explanation = explainActivation({
    ...FACTS,
    eligibility: null,
    rules: { ...strict, Approval_EndUser_Assignment: approval },
  });
  expect(explanation).toMatchObject({ outcome: 'REFUSED', rules: [], stages: [] });
});

test('who would decide', () => {
  const explanation = explainActivation({ ...FACTS, rules: { ...strict, Approval_EndUser_Assignment: approval } });
  expect(explanation).toMatchObject({
    outcome: 'PENDING_APPROVAL',
    stages: [stage],
    expiresAt: new Date('2026-03-02T10:00:00Z'),
  });
});

const facts: fc.Arbitrary<ActivationFacts> = fc
  .record({
    eligible: fc.constantFrom('permanent', 'ended', 'none'),
    locked: fc.boolean(),
    minutes: fc.constantFrom(null, 1, 60, 600),
    startsIn: fc.constantFrom(null, 30),
    justification: fc.constantFrom(null, 'Because'),
    ticketNumber: fc.constantFrom(null, '1'),
    multiFactor: fc.boolean(),
    contexts: fc.subarray(['c1', 'c2']),
    enabledRules: fc.subarray<EnabledRule>(['MULTI_FACTOR_AUTHENTICATION', 'JUSTIFICATION', 'TICKETING']),
    context: fc.boolean(),
    isApprovalRequired: fc.boolean(),
    stages: fc.constantFrom([], [stage], [{ ...stage, quorum: 2 }]),
    pending: fc.boolean(),
    held: fc.boolean(),
  })
  .map((x) => ({
    ...FACTS,
    eligibility:
      x.eligible === 'none' || FACTS.eligibility === null
        ? null
        : { ...FACTS.eligibility, endsAt: x.eligible === 'ended' ? NOW : null },
    scope: { ...scope, locked: x.locked },
    schedule: {
      startsAt: x.startsIn === null ? null : new Date(NOW.getTime() + x.startsIn * 60_000),
      endsAt: null,
      durationMinutes: x.minutes,
    },
    reasons: { justification: x.justification, ticketNumber: x.ticketNumber, ticketSystem: 'Desk' },
    proof: { multiFactorAt: x.multiFactor ? NOW : null, authenticationContexts: x.contexts },
    pending: x.pending,
    held: x.held ? [{ startsAt: new Date(0), endsAt: null }] : [],
    stages: x.stages,
    rules: {
      ...rules,
      Enablement_EndUser_Assignment: { ...rules.Enablement_EndUser_Assignment, enabledRules: x.enabledRules },
      AuthenticationContext_EndUser_Assignment: { isEnabled: x.context, claimValue: x.context ? 'c1' : null },
      Approval_EndUser_Assignment: { ...approval, isApprovalRequired: x.isApprovalRequired },
    },
  }));

test('it always agrees with the decision, and with the rules that the decision names', () => {
  fc.assert(
    fc.property(facts, (f) => {
      const decision = decideActivation(f);
      const explanation = explainActivation(f);
      const refusals = 'refusals' in decision ? decision.refusals : [];
      expect(explanation.refusals).toEqual(refusals);
      expect(explanation.outcome).toBe(
        'refusals' in decision ? 'REFUSED' : 'granted' in decision ? 'GRANTED' : 'PENDING_APPROVAL',
      );
      const named = refusals.flatMap(({ failedRules }) => failedRules.map(({ rule }) => rule));
      const missed = explanation.rules.filter(({ met }) => !met).map(({ rule }) => rule);
      if (named.length > 0) expect(missed).toEqual(named);
      if (refusals.length === 0) expect(missed).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});
