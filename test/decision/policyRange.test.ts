/** What may role settings say? Every range, at its edges. */
import { describe, expect, test } from 'vitest';
import { defaultPolicy, type RolePolicyRules, type RuleId } from '../../src/decision/policy.ts';
import { proofConflict, rangeRefusals } from '../../src/decision/policyRange.ts';
import { PROVIDERS, type PrincipalKind, type Provider } from '../../src/decision/words.ts';

const DAY = 1440;
const APPROVERS = new Map<string, PrincipalKind>([
  ['una', 'USER'],
  ['ursula', 'USER'],
  ['crew', 'GROUP'],
  ['robot', 'SERVICE_PRINCIPAL'],
]);

/** What is wrong with a rule that is otherwise as nobody has touched it: field, allowed value and what was given. */
function wrong<Id extends RuleId>(id: Id, change: Partial<RolePolicyRules[Id]>, provider: Provider = 'GROUP') {
  const rules = { [id]: { ...defaultPolicy(provider)[id], ...change } };
  return rangeRefusals({ provider, rules, approvers: APPROVERS }).map(({ code, message, field, failedRules }) => {
    expect(code).toBe('INVALID_POLICY');
    expect(field.slice(0, 2)).toEqual(['rules', id]);
    expect(failedRules).toHaveLength(1);
    const [verdict] = failedRules;
    expect(verdict?.ruleId).toBe(id);
    expect(verdict?.remedy).toBe(`Give ${verdict?.allowed}.`);
    expect(message).toContain(`${field.slice(1).join('.')} takes ${verdict?.allowed}, not ${verdict?.given}.`);
    return `${field.slice(2).join('.')}: ${verdict?.allowed}, not ${verdict?.given}`;
  });
}

test.each(PROVIDERS)('the defaults of %s are in range', (provider) => {
  expect(rangeRefusals({ provider, rules: defaultPolicy(provider), approvers: new Map() })).toEqual([]);
  expect(proofConflict(defaultPolicy(provider))).toEqual([]);
});

describe.each(['Expiration_Admin_Eligibility', 'Expiration_Admin_Assignment'] as const)('%s', (id) => {
  test.each([15, 30, 90, 180, 365])('takes %i days', (days) => {
    expect(wrong(id, { maximumMinutes: days * DAY })).toEqual([]);
  });
  test.each([0, 14 * DAY, 15 * DAY - 1, 31 * DAY, 366 * DAY])('does not take %i minutes', (maximumMinutes) => {
    const [reason] = wrong(id, { maximumMinutes });
    expect(reason).toMatch(/^maximumDuration: one of P15D, P30D, P90D, P180D, P365D, not /);
  });
});

describe('Expiration_EndUser_Assignment', () => {
  const id = 'Expiration_EndUser_Assignment';
  test.each([5, 6, 30, 105, DAY - 1, DAY])('takes %i minutes', (maximumMinutes) => {
    expect(wrong(id, { maximumMinutes })).toEqual([]);
  });
  test.each([
    [{ maximumMinutes: 4, minimumMinutes: 0 }, 'maximumDuration: PT5M to P1D, not PT4M'],
    [{ maximumMinutes: DAY + 1 }, 'maximumDuration: PT5M to P1D, not P1DT1M'],
    [{ maximumMinutes: 60, minimumMinutes: 61 }, 'minimumDuration: PT0M to PT1H, not PT1H1M'],
  ])('does not take %o', (change, reason) => {
    expect(wrong(id, change)).toEqual([reason]);
  });
  test('may end at once, or not before its longest', () => {
    expect(wrong(id, { maximumMinutes: 60, minimumMinutes: 0 })).toEqual([]);
    expect(wrong(id, { maximumMinutes: 60, minimumMinutes: 60 })).toEqual([]);
  });
});

test('a proof of more than one factor is good for a minute to a day', () => {
  const id = 'Enablement_EndUser_Assignment';
  for (const age of [null, 1, DAY]) expect(wrong(id, { multiFactorMaximumAgeMinutes: age })).toEqual([]);
  for (const age of [0, DAY + 1]) {
    expect(wrong(id, { multiFactorMaximumAgeMinutes: age })[0]).toMatch(/^multiFactorMaximumAge: PT1M to P1D, not /);
  }
});

describe('AuthenticationContext_EndUser_Assignment', () => {
  const id = 'AuthenticationContext_EndUser_Assignment';
  test.each(['c1', 'c9', 'c10', 'c99'])('takes %s', (claimValue) => {
    expect(wrong(id, { isEnabled: true, claimValue })).toEqual([]);
  });
  test.each(['', 'c', 'c0', 'c01', 'c100', 'C1', 'c1 ', 'xc1'])('does not take "%s"', (claimValue) => {
    expect(wrong(id, { isEnabled: false, claimValue })).toEqual([`claimValue: c1 to c99, not ${claimValue}`]);
  });
  test('names one when it is on', () => {
    expect(wrong(id, { isEnabled: true, claimValue: null })).toEqual(['claimValue: c1 to c99, not none']);
    expect(wrong(id, { isEnabled: false, claimValue: null })).toEqual([]);
  });
  test('excludes multi-factor authentication', () => {
    const rules = defaultPolicy('ENTRA_ROLE');
    const context = { isEnabled: true, claimValue: 'c1' };
    const both = { ...rules, AuthenticationContext_EndUser_Assignment: context };
    expect(proofConflict(both)).toMatchObject([
      { code: 'INVALID_POLICY', field: ['rules', 'AuthenticationContext_EndUser_Assignment', 'isEnabled'] },
    ]);
    expect(
      proofConflict({ ...both, AuthenticationContext_EndUser_Assignment: { ...context, isEnabled: false } }),
    ).toEqual([]);
    const enablement = { enabledRules: ['JUSTIFICATION'], multiFactorMaximumAgeMinutes: null } as const;
    expect(proofConflict({ ...both, Enablement_EndUser_Assignment: enablement })).toEqual([]);
    expect(proofConflict({ AuthenticationContext_EndUser_Assignment: context })).toEqual([]);
  });
});

describe('a notification rule', () => {
  const id = 'Notification_Approver_EndUser_Assignment';
  test.each(['a@example.com', 'first.last+tag@sub.example.org', 'ü@example.com', `a@${'b'.repeat(248)}.com`])(
    'takes %s',
    (address) => {
      expect(wrong(id, { notificationRecipients: [address] })).toEqual([]);
    },
  );
  test.each([
    '',
    'a',
    '@example.com',
    'a@',
    'a@example',
    'a@example..com',
    'a@.com',
    'a b@example.com',
    'a@b.com;c@d.com',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b'.repeat(250)}.com`,
  ])('does not take "%s"', (address) => {
    expect(wrong(id, { notificationRecipients: ['b@example.com', address] })).toEqual([
      `notificationRecipients.1: a mail address, not ${JSON.stringify(address.slice(0, 254))}`,
    ]);
  });
  test('has at most 1000 recipients', () => {
    const many = (count: number) => ({
      notificationRecipients: Array.from({ length: count }, (_, index) => `a${index}@example.com`),
    });
    expect(wrong(id, many(1000))).toEqual([]);
    expect(wrong(id, many(1001))).toEqual(['notificationRecipients: at most 1000 addresses, not 1001']);
  });
});

describe('Approval_EndUser_Assignment', () => {
  const id = 'Approval_EndUser_Assignment';
  const stage = (approvers: string[], more: object = {}) => ({ approvers, quorum: 1, escalation: null, ...more });
  const on = (...stages: ReturnType<typeof stage>[]) => ({ isApprovalRequired: true, stages });

  test.each([
    ['a user', on(stage(['una']))],
    ['a group', on(stage(['crew']))],
    ['three stages', on(stage(['una']), stage(['ursula']), stage(['crew']))],
    ['as many approvals as there are users', on(stage(['una', 'ursula'], { quorum: 2 }))],
    ['more approvals than approvers where a group may hold them', on(stage(['una', 'crew'], { quorum: 9 }))],
    [
      'a backup just before the time-out',
      on(stage(['una'], { escalation: { afterMinutes: DAY - 1, approvers: ['crew'] } })),
    ],
    ['the shortest time-out', { timeoutMinutes: 5 }],
    ['the longest time-out', { timeoutMinutes: 30 * DAY }],
    ['nobody while it is off', { isApprovalRequired: false, stages: [stage([])] }],
  ])('takes %s', (_name, change) => {
    expect(wrong(id, change)).toEqual([]);
  });

  test.each([
    ['no stage', on(), 'stages: 1 to 3 stages, not 0'],
    ['four stages', on(...[1, 2, 3, 4].map(() => stage(['una']))), 'stages: 1 to 3 stages, not 4'],
    ['nobody', on(stage([])), 'stages.0.approvers: at least one approver, not none'],
    [
      'nobody for extensions',
      { isApprovalRequiredForExtension: true, stages: [stage([])] },
      'stages.0.approvers: at least one approver, not none',
    ],
    ['nobody in a later stage', on(stage(['una']), stage([])), 'stages.1.approvers: at least one approver, not none'],
    ['an application', on(stage(['robot'])), 'stages.0.approvers.0: a user or a group, not SERVICE_PRINCIPAL'],
    ['a stranger', on(stage(['una', 'who'])), 'stages.0.approvers.1: a user or a group, not nobody that you may see'],
    ['no approval at all', on(stage(['crew'], { quorum: 0 })), 'stages.0.quorum: at least 1, not 0'],
    [
      'more approvals than users',
      on(stage(['una', 'ursula'], { quorum: 3 })),
      'stages.0.quorum: 1 to 2, the number of approvers, not 3',
    ],
    [
      'the same user twice for two approvals',
      on(stage(['una', 'una'], { quorum: 2 })),
      'stages.0.quorum: 1 to 1, the number of approvers, not 2',
    ],
    [
      'a strange backup',
      on(stage(['una'], { escalation: { afterMinutes: 60, approvers: ['who'] } })),
      'stages.0.escalation.approvers.0: a user or a group, not nobody that you may see',
    ],
    [
      'no backup',
      on(stage(['una'], { escalation: { afterMinutes: 60, approvers: [] } })),
      'stages.0.escalation.approvers: at least one backup approver, not none',
    ],
    [
      'a backup at the time-out',
      on(stage(['una'], { escalation: { afterMinutes: DAY, approvers: ['crew'] } })),
      'stages.0.escalation.after: PT1M to PT23H59M, not P1D',
    ],
    [
      'a backup at once',
      on(stage(['una'], { escalation: { afterMinutes: 0, approvers: ['crew'] } })),
      'stages.0.escalation.after: PT1M to PT23H59M, not PT0M',
    ],
    ['too short a time-out', { timeoutMinutes: 4 }, 'timeout: PT5M to P30D, not PT4M'],
    ['too long a time-out', { timeoutMinutes: 30 * DAY + 1 }, 'timeout: PT5M to P30D, not P30DT1M'],
  ])('does not take %s', (_name, change, reason) => {
    expect(wrong(id, change)).toEqual([reason]);
  });

  test('may name nobody for an Entra role, whose administrators decide then', () => {
    expect(wrong(id, on(stage([], { quorum: 2 })), 'ENTRA_ROLE')).toEqual([]);
    expect(wrong(id, on(stage([])), 'AZURE_RESOURCE')).toHaveLength(1);
  });
});

test('rules that are not set anew are not looked at, and all bad values are named in the order of the rules', () => {
  expect(rangeRefusals({ provider: 'GROUP', rules: {}, approvers: APPROVERS })).toEqual([]);
  const rules = defaultPolicy('GROUP');
  const found = rangeRefusals({
    provider: 'GROUP',
    approvers: APPROVERS,
    rules: {
      AuthenticationContext_EndUser_Assignment: { isEnabled: true, claimValue: null },
      Expiration_Admin_Assignment: { isExpirationRequired: true, maximumMinutes: 1 },
      Expiration_EndUser_Assignment: { ...rules.Expiration_EndUser_Assignment, maximumMinutes: 4, minimumMinutes: 5 },
    },
  });
  expect(found.map(({ field, failedRules }) => [field.slice(1).join('.'), failedRules[0]?.rule])).toEqual([
    ['Expiration_Admin_Assignment.maximumDuration', 'EXPIRATION'],
    ['Expiration_EndUser_Assignment.maximumDuration', 'EXPIRATION'],
    ['Expiration_EndUser_Assignment.minimumDuration', 'EXPIRATION'],
    ['AuthenticationContext_EndUser_Assignment.claimValue', 'AUTHENTICATION_CONTEXT'],
  ]);
});

test('a bad value is called by the name of its rule', () => {
  const rules = defaultPolicy('GROUP');
  const notify = { ...rules.Notification_Admin_EndUser_Assignment, notificationRecipients: ['nobody'] };
  const found = rangeRefusals({
    provider: 'GROUP',
    approvers: APPROVERS,
    rules: {
      Expiration_Admin_Eligibility: { isExpirationRequired: true, maximumMinutes: 1 },
      Notification_Admin_Admin_Eligibility: notify,
      Enablement_EndUser_Assignment: { enabledRules: [], multiFactorMaximumAgeMinutes: 0 },
      Approval_EndUser_Assignment: { ...rules.Approval_EndUser_Assignment, stages: [] },
      AuthenticationContext_EndUser_Assignment: { isEnabled: true, claimValue: null },
      Notification_Approver_EndUser_Assignment: notify,
    },
  });
  expect(found.flatMap(({ failedRules }) => failedRules.map(({ rule, ruleId }) => [ruleId, rule]))).toEqual([
    ['Expiration_Admin_Eligibility', 'EXPIRATION'],
    ['Notification_Admin_Admin_Eligibility', 'NOTIFICATION'],
    ['Enablement_EndUser_Assignment', 'MFA'],
    ['Approval_EndUser_Assignment', 'APPROVAL'],
    ['AuthenticationContext_EndUser_Assignment', 'AUTHENTICATION_CONTEXT'],
    ['Notification_Approver_EndUser_Assignment', 'NOTIFICATION'],
  ]);
});

test('proofs that exclude each other are both named', () => {
  const allowed = 'either an authentication context or MULTI_FACTOR_AUTHENTICATION in Enablement_EndUser_Assignment';
  const ruleId = 'AuthenticationContext_EndUser_Assignment';
  const both = { ...defaultPolicy('ENTRA_ROLE'), [ruleId]: { isEnabled: true, claimValue: 'c1' } };
  expect(proofConflict(both).flatMap(({ failedRules }) => failedRules)).toEqual([
    { rule: 'AUTHENTICATION_CONTEXT', ruleId, allowed, given: 'both', remedy: `Give ${allowed}.` },
  ]);
  const { [ruleId]: _, ...others } = both;
  expect(proofConflict(others)).toEqual([]);
});
