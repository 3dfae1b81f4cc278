/** May a running activation last longer? The table in order, and the ends that are allowed. */
import { describe, expect, test } from 'vitest';
import { type ActivationExtensionFacts, decideActivationExtension } from '../../src/decision/activationExtension.ts';
import { defaultPolicy, type RolePolicyRules } from '../../src/decision/policy.ts';
import { inMinutes, NOW } from './facts.ts';
import { codesOf, refusesInOrder } from './precedence.ts';

const defaults = defaultPolicy('AZURE_RESOURCE');
const rules: RolePolicyRules = {
  ...defaults,
  Expiration_EndUser_Assignment: {
    ...defaults.Expiration_EndUser_Assignment,
    maximumMinutes: 120,
    isExtensionAllowed: true,
  },
};
const assignment = {
  id: 'activation',
  principalId: 'una',
  state: 'ACTIVATED',
  startsAt: inMinutes(-30),
  endsAt: inMinutes(30),
} as const;
const FACTS: ActivationExtensionFacts = {
  now: NOW,
  viewerId: 'una',
  assignment,
  eligibility: { startsAt: inMinutes(-1000), endsAt: inMinutes(1000) },
  endsAt: null,
  durationMinutes: 60,
  reasons: { justification: 'Not done yet', ticketNumber: null, ticketSystem: null },
  proof: { multiFactorAt: null, authenticationContexts: [] },
  provedAt: NOW,
  held: [],
  pending: false,
  rules,
  stages: [{ approvers: ['ben'], backups: [], escalateAfterMinutes: null, quorum: 1 }],
};

type Facts = ActivationExtensionFacts;
const asking = (change: Partial<RolePolicyRules['Approval_EndUser_Assignment']>) => (f: Facts) => ({
  ...f,
  rules: { ...f.rules, Approval_EndUser_Assignment: { ...f.rules.Approval_EndUser_Assignment, ...change } },
});
const forbidden = (f: Facts): Facts => ({
  ...f,
  rules: {
    ...f.rules,
    Expiration_EndUser_Assignment: { ...f.rules.Expiration_EndUser_Assignment, isExtensionAllowed: false },
  },
});

describe('an extension of an activation', () => {
  refusesInOrder<Facts>(FACTS, decideActivationExtension, [
    ['there is no such assignment', 'ASSIGNMENT_NOT_FOUND', (f) => ({ ...f, assignment: null })],
    ["it is somebody else's", 'NOT_ACTIVATED', (f) => ({ ...f, viewerId: 'ben' })],
    ['the policy does not allow it', 'EXTENSION_NOT_ALLOWED', forbidden],
    ['the eligible assignment is gone', 'NOT_ELIGIBLE', (f) => ({ ...f, eligibility: null })],
    ['neither an end nor a duration is given', 'INVALID_SCHEDULE', (f) => ({ ...f, durationMinutes: null })],
    [
      'the role is held in that time already',
      'ALREADY_ACTIVE',
      (f) => ({ ...f, held: [{ startsAt: inMinutes(40), endsAt: inMinutes(50) }] }),
    ],
    [
      'no reason is given',
      'POLICY_RULES_FAILED',
      (f) => ({ ...f, reasons: { justification: ' ', ticketNumber: null, ticketSystem: null } }),
    ],
    ['a request waits already', 'REQUEST_PENDING', (f) => ({ ...f, pending: true })],
    [
      'nobody could approve it',
      'NO_APPROVER',
      (f) =>
        asking({ isApprovalRequired: true })({
          ...f,
          stages: [{ ...(f.stages[0] as (typeof f.stages)[number]), approvers: [] }],
        }),
    ],
  ]);

  test('moves the end by the duration, or to the instant given', () => {
    expect(decideActivationExtension(FACTS)).toEqual({
      extended: { assignmentId: 'activation', endsAt: inMinutes(90) },
    });
    const until = { ...FACTS, durationMinutes: null, endsAt: inMinutes(45) };
    expect(decideActivationExtension(until)).toEqual({
      extended: { assignmentId: 'activation', endsAt: inMinutes(45) },
    });
  });

  test.each([
    ['an end and a duration together', { endsAt: inMinutes(60) }, 'duration', 'Give either duration or endsAt.'],
    [
      'an end that is no later',
      { endsAt: inMinutes(30), durationMinutes: null },
      'endsAt',
      'It ends at 2026-03-01T09:30:00.000Z already.',
    ],
    ['no duration at all', { durationMinutes: 0 }, 'duration', 'It ends at 2026-03-01T09:30:00.000Z already.'],
    [
      'a duration beyond the end of the eligible assignment',
      { eligibility: { startsAt: inMinutes(-1000), endsAt: inMinutes(80) } },
      'duration',
      'The eligible assignment ends at 2026-03-01T10:20:00.000Z.',
    ],
    [
      'an end after that of the eligible assignment',
      {
        eligibility: { startsAt: inMinutes(-1000), endsAt: inMinutes(80) },
        endsAt: inMinutes(81),
        durationMinutes: null,
      },
      'endsAt',
      'The eligible assignment ends at 2026-03-01T10:20:00.000Z.',
    ],
  ])('refuses %s', (_name, change, field, hint) => {
    expect(decideActivationExtension({ ...FACTS, ...change })).toMatchObject({
      refusals: [{ code: 'INVALID_SCHEDULE', field: [field], message: expect.stringContaining(hint) }],
    });
  });

  test.each([
    ['the very end of the eligible assignment', inMinutes(90)],
    ['any end of a permanent one', null],
  ])('may reach %s', (_name, endsAt) => {
    const facts = { ...FACTS, eligibility: { startsAt: inMinutes(-1000), endsAt } };
    expect(decideActivationExtension(facts)).toMatchObject({ extended: { endsAt: inMinutes(90) } });
  });

  test('waits for nobody when one of the stages has no approver', () => {
    const [stage] = FACTS.stages as [(typeof FACTS.stages)[number]];
    const facts = asking({ isApprovalRequired: true })({ ...FACTS, stages: [stage, { ...stage, approvers: [] }] });
    expect(codesOf(decideActivationExtension(facts))).toEqual(['NO_APPROVER']);
  });

  test.each([
    ['assigned and not activated', { assignment: { ...assignment, state: 'ASSIGNED' as const } }],
    ['over', { assignment: { ...assignment, endsAt: NOW } }],
    ['permanent', { assignment: { ...assignment, endsAt: null } }],
    ['still to come', { assignment: { ...assignment, startsAt: inMinutes(1) } }],
  ])('is not for an assignment that is %s', (_name, change) => {
    expect(codesOf(decideActivationExtension({ ...FACTS, ...change }))).toEqual(['NOT_ACTIVATED']);
  });

  test('lasts at most the maximum from the start of the activation, to the minute', () => {
    expect(codesOf(decideActivationExtension({ ...FACTS, durationMinutes: 61 }))).toEqual(['POLICY_RULES_FAILED']);
    expect(codesOf(decideActivationExtension({ ...FACTS, durationMinutes: 60 }))).toEqual([]);
  });

  test.each([{ isApprovalRequired: true }, { isApprovalRequiredForExtension: true }])(
    'waits for approval where the role asks for it: %o',
    (change) => {
      const decision = decideActivationExtension(asking(change)(FACTS));
      expect(decision).toEqual({ pendingApproval: { expiresAt: inMinutes(1440), stages: FACTS.stages } });
    },
  );

  test('judges a proof by its age when it was shown', () => {
    const { Enablement_EndUser_Assignment: enablement } = rules;
    const strict = {
      ...enablement,
      enabledRules: ['MULTI_FACTOR_AUTHENTICATION'] as const,
      multiFactorMaximumAgeMinutes: 10,
    };
    const facts = {
      ...FACTS,
      rules: { ...rules, Enablement_EndUser_Assignment: strict },
      proof: { multiFactorAt: inMinutes(-15), authenticationContexts: [] },
    };
    expect(codesOf(decideActivationExtension(facts))).toEqual(['POLICY_RULES_FAILED']);
    expect(codesOf(decideActivationExtension({ ...facts, provedAt: inMinutes(-5) }))).toEqual([]);
  });
});
