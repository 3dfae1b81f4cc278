/** Which policy rules fail? Each alone with its twin that passes, all of them at once, and what would help. */
import { describe, expect, test } from 'vitest';
import { defaultPolicy, type EnabledRule, type RolePolicyRules } from '../../src/decision/policy.ts';
import { activationRuleRefusals, assignmentRuleRefusals, type Proof, type Reasons } from '../../src/decision/rules.ts';
import type { Period } from '../../src/decision/schedule.ts';
import type { AssignmentType } from '../../src/decision/words.ts';
import type { Refusal } from '../../src/refusals.ts';
import { inMinutes, NOW } from './facts.ts';

const NONE: Reasons = { justification: null, ticketNumber: null, ticketSystem: null };
const ALL: Reasons = { justification: 'Because', ticketNumber: 'INC-7', ticketSystem: 'Desk' };
const WEAK: Proof = { multiFactorAt: null, authenticationContexts: [] };
const STRONG: Proof = { multiFactorAt: NOW, authenticationContexts: ['c3'] };

const hour: Period = { startsAt: NOW, endsAt: inMinutes(60) };
const asked = (reasons: Reasons, proof: Proof, period = hour) => ({ reasons, proof, period, now: NOW });

const defaults = defaultPolicy('GROUP');
const enabling = (...enabledRules: EnabledRule[]): RolePolicyRules => ({
  ...defaults,
  Enablement_Admin_Eligibility: { enabledRules },
  Enablement_Admin_Assignment: { enabledRules },
  Enablement_EndUser_Assignment: { ...defaults.Enablement_EndUser_Assignment, enabledRules },
});
const context = (claimValue: string | null, isEnabled = true): RolePolicyRules => ({
  ...enabling(),
  AuthenticationContext_EndUser_Assignment: { isEnabled, claimValue },
});
const failed = (refusals: readonly Refusal[]) =>
  refusals.flatMap(({ failedRules }) => failedRules.map(({ rule }) => rule));

describe('an activation', () => {
  const fails = (rules: RolePolicyRules, reasons: Reasons, proof: Proof) =>
    failed(activationRuleRefusals(rules, asked(reasons, proof)));

  test.each<[EnabledRule, string]>([
    ['JUSTIFICATION', 'JUSTIFICATION'],
    ['TICKETING', 'TICKETING'],
    ['MULTI_FACTOR_AUTHENTICATION', 'MFA'],
  ])('fails %s when it is enabled, and only then', (enabled, rule) => {
    expect(fails(enabling(enabled), NONE, WEAK)).toEqual([rule]);
    expect(fails(enabling(enabled), ALL, STRONG)).toEqual([]);
    expect(fails(enabling(), NONE, WEAK)).toEqual([]);
  });

  test('is told of every rule what it allows, what was given and what would help', () => {
    const rules = enabling('JUSTIFICATION', 'TICKETING', 'MULTI_FACTOR_AUTHENTICATION');
    const ruleId = 'Enablement_EndUser_Assignment';
    expect(activationRuleRefusals(rules, asked(NONE, WEAK, { startsAt: NOW, endsAt: null }))).toMatchObject([
      {
        code: 'POLICY_RULES_FAILED',
        failedRules: [
          {
            ...{ rule: 'EXPIRATION', ruleId: 'Expiration_EndUser_Assignment', allowed: 'at most PT8H' },
            ...{ given: 'permanent', remedy: 'Ask for at most PT8H.' },
          },
          { rule: 'JUSTIFICATION', ruleId, allowed: 'a reason', given: 'none', remedy: 'Give a justification.' },
          {
            ...{ rule: 'TICKETING', ruleId, allowed: 'a ticket', given: 'none' },
            remedy: "Give the ticket's number and system.",
          },
          {
            ...{ rule: 'MFA', ruleId, allowed: 'multi-factor authentication' },
            given: 'no such proof, or one that is too old',
            remedy: 'Sign in with a second factor and ask again with the new token.',
          },
        ],
      },
    ]);
  });

  test.each([
    [[], 'none'],
    [['c2', 'c3'], 'c2 c3'],
  ])('is told how to meet an authentication context, having met %o', (authenticationContexts, given) => {
    const [refused] = activationRuleRefusals(context('c1'), asked(NONE, { ...STRONG, authenticationContexts }));
    expect(refused?.failedRules).toEqual([
      {
        ...{ rule: 'AUTHENTICATION_CONTEXT', ruleId: 'AuthenticationContext_EndUser_Assignment' },
        ...{ allowed: 'c1', given },
        remedy: 'Sign in for the authentication context c1 and ask again with the new token.',
      },
    ]);
    expect(refused?.stepUp?.maxAgeSeconds).toBeNull();
  });

  test.each([
    ['a proof just young enough', -30, []],
    ['one a minute older', -31, ['MFA']],
    ['none', null, ['MFA']],
  ])('judges the age of a proof of more than one factor: %s', (_name, minutes, expected) => {
    const rules = enabling('MULTI_FACTOR_AUTHENTICATION');
    const enablement = { ...rules.Enablement_EndUser_Assignment, multiFactorMaximumAgeMinutes: 30 };
    const multiFactorAt = minutes === null ? null : inMinutes(minutes);
    const aged = { ...rules, Enablement_EndUser_Assignment: enablement };
    const refusals = activationRuleRefusals(aged, asked(NONE, { ...WEAK, multiFactorAt }));
    expect(failed(refusals)).toEqual(expected);
    expect(refusals.map(({ stepUp }) => stepUp)).toEqual(
      expected.map(() => ({ acrValues: ['mfa'], maxAgeSeconds: 1800, claims: null })),
    );
    // Where no age is set, one proof is good for the session.
    expect(fails(rules, NONE, { ...WEAK, multiFactorAt })).toEqual(minutes === null ? ['MFA'] : []);
  });

  test('keeps what a context proved when the proof of more than one factor is too old', () => {
    const rules = context('c3');
    const enablement = { ...rules.Enablement_EndUser_Assignment, multiFactorMaximumAgeMinutes: 30 };
    const old = { ...STRONG, multiFactorAt: inMinutes(-31) };
    expect(fails({ ...rules, Enablement_EndUser_Assignment: enablement }, NONE, old)).toEqual([]);
  });

  test('needs both the number and the system of a ticket, and says which is missing', () => {
    const given = (reasons: Partial<Reasons>) =>
      activationRuleRefusals(enabling('TICKETING'), asked({ ...ALL, ...reasons }, WEAK))[0]?.failedRules[0]?.given;
    expect(given({ ticketNumber: ' ', ticketSystem: null })).toBe('none');
    expect(given({ ticketNumber: '' })).toBe('no number');
    expect(given({ ticketSystem: '' })).toBe('no system');
  });

  test('fails an authentication context that is not met, with the claims to ask for', () => {
    const refusals = activationRuleRefusals(context('c1'), asked(NONE, STRONG));
    expect(refusals).toMatchObject([
      {
        code: 'AUTHENTICATION_CONTEXT_REQUIRED',
        failedRules: [{ rule: 'AUTHENTICATION_CONTEXT', allowed: 'c1', given: 'c3' }],
        stepUp: { acrValues: ['c1'], claims: '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}' },
      },
    ]);
    expect(fails(context('c3'), NONE, STRONG)).toEqual([]);
    expect(fails(context('c1', false), NONE, STRONG)).toEqual([]);
    expect(fails(context(null), NONE, STRONG)).toEqual([]);
  });

  test('is told how to step up for a second factor, and only then', () => {
    const rules = enabling('MULTI_FACTOR_AUTHENTICATION', 'JUSTIFICATION');
    expect(activationRuleRefusals(rules, asked(NONE, WEAK))).toMatchObject([
      { stepUp: { acrValues: ['mfa'], maxAgeSeconds: null, claims: null } },
    ]);
    expect(activationRuleRefusals(rules, asked(NONE, STRONG))).toMatchObject([{ stepUp: null }]);
  });

  test('fails the maximum by a single second, and rounds what was given up', () => {
    const period = (seconds: number) => ({ startsAt: NOW, endsAt: inMinutes(480 + seconds / 60) });
    expect(activationRuleRefusals(enabling(), asked(NONE, WEAK, period(0)))).toEqual([]);
    expect(activationRuleRefusals(enabling(), asked(NONE, WEAK, period(1)))).toMatchObject([
      {
        code: 'POLICY_RULES_FAILED',
        failedRules: [
          { rule: 'EXPIRATION', ruleId: 'Expiration_EndUser_Assignment', allowed: 'at most PT8H', given: 'PT8H1M' },
        ],
      },
    ]);
  });

  test('names every failed rule at once', () => {
    const rules = { ...enabling('TICKETING', 'MULTI_FACTOR_AUTHENTICATION', 'JUSTIFICATION'), ...{} };
    const strict = { ...rules, AuthenticationContext_EndUser_Assignment: { isEnabled: true, claimValue: 'c1' } };
    const long = { startsAt: NOW, endsAt: inMinutes(481) };
    const refusals = activationRuleRefusals(strict, asked(NONE, WEAK, long));
    expect(refusals.map(({ code }) => code)).toEqual(['POLICY_RULES_FAILED', 'AUTHENTICATION_CONTEXT_REQUIRED']);
    expect(failed(refusals)).toEqual(['EXPIRATION', 'JUSTIFICATION', 'TICKETING', 'MFA', 'AUTHENTICATION_CONTEXT']);
  });
});

describe.each<[AssignmentType, string, number]>([
  ['ELIGIBLE', 'Eligibility', 365 * 1440],
  ['ACTIVE', 'Assignment', 180 * 1440],
])('an assignment of type %s', (type, level, maximum) => {
  const fails = (rules: RolePolicyRules, period: Period) =>
    assignmentRuleRefusals(rules, type, asked(NONE, WEAK, period)).flatMap(({ failedRules }) =>
      failedRules.map(({ ruleId }) => ruleId),
    );
  const permanent = { startsAt: NOW, endsAt: null };

  test('fails its own rules and never those of activations', () => {
    const rules = enabling('JUSTIFICATION', 'TICKETING', 'MULTI_FACTOR_AUTHENTICATION');
    const all = { ...rules, AuthenticationContext_EndUser_Assignment: { isEnabled: true, claimValue: 'c1' } };
    expect(fails(all, permanent)).toEqual([`Expiration_Admin_${level}`, ...Array(3).fill(`Enablement_Admin_${level}`)]);
  });

  test('ends where an end is required, and within the maximum', () => {
    expect(fails(enabling(), { startsAt: NOW, endsAt: inMinutes(maximum) })).toEqual([]);
    expect(fails(enabling(), { startsAt: NOW, endsAt: inMinutes(maximum + 1) })).toEqual([`Expiration_Admin_${level}`]);
    const entra = { ...defaultPolicy('ENTRA_ROLE'), Enablement_Admin_Assignment: { enabledRules: [] } };
    expect(fails(entra, permanent)).toEqual([]);
    expect(fails(entra, { startsAt: NOW, endsAt: inMinutes(maximum + 1) })).toEqual([]);
  });
});
