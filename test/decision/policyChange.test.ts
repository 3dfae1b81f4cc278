/** May these settings become those? The table in order. */
import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '../../src/decision/policy.ts';
import { approversNamed, decidePolicyChange, type PolicyChangeFacts } from '../../src/decision/policyChange.ts';
import { powersOf } from '../../src/decision/powers.ts';
import {
  ADMINISTRATOR,
  AZURE_ROLE,
  DIRECTORY,
  ENTRA_ROLE,
  GROUP_SCOPE,
  MEMBER,
  NO_POWERS,
  RESOURCE_GROUP,
} from './facts.ts';
import { codesOf, refusesInOrder } from './precedence.ts';

const hours = (count: number) => ({ Expiration_EndUser_Assignment: { maximumMinutes: count * 60 } });

const FACTS: PolicyChangeFacts = {
  powers: ADMINISTRATOR,
  role: { ...ENTRA_ROLE, administrativeUnitScope: true },
  scope: DIRECTORY,
  current: {
    version: 3,
    rules: defaultPolicy('ENTRA_ROLE'),
    own: true,
    inheritable: false,
    templateVersionId: null,
  },
  expectedVersion: 3,
  rules: hours(4),
  inherit: false,
  inheritable: null,
  templateNamed: false,
  template: null,
  approvers: new Map(),
};
const AZURE: PolicyChangeFacts = {
  ...FACTS,
  powers: { ...NO_POWERS, azureManage: ['subscription'] },
  role: AZURE_ROLE,
  scope: RESOURCE_GROUP,
  current: { ...FACTS.current, rules: defaultPolicy('AZURE_RESOURCE') },
};
const TEMPLATE = {
  versionId: 'template-2',
  provider: 'ENTRA_ROLE',
  rules: { Enablement_EndUser_Assignment: { enabledRules: [], multiFactorMaximumAgeMinutes: null } },
} as const;

describe('a change is refused in the order of what is asked', () => {
  refusesInOrder(FACTS, decidePolicyChange, [
    ['no such role', 'ROLE_NOT_FOUND', (f) => ({ ...f, role: null })],
    ['no such scope', 'SCOPE_NOT_FOUND', (f) => ({ ...f, scope: null })],
    [
      'an Entra role has one policy',
      'SCOPE_NOT_ALLOWED',
      (f) => ({ ...f, scope: { ...DIRECTORY, id: 'unit', kind: 'ADMINISTRATIVE_UNIT' as const } }),
    ],
    ['not an administrator', 'INSUFFICIENT_PERMISSIONS', (f) => ({ ...f, powers: NO_POWERS })],
    ['no such template', 'POLICY_TEMPLATE_NOT_FOUND', (f) => ({ ...f, templateNamed: true, template: null })],
    ['made for another version', 'POLICY_CHANGED', (f) => ({ ...f, expectedVersion: 2 })],
    ['contradicts itself', 'INVALID_POLICY', (f) => ({ ...f, inherit: true })],
  ]);
});

test.each([
  ['an Entra role at an Azure scope', FACTS.role, RESOURCE_GROUP],
  ['an Azure role in an administrative unit', AZURE_ROLE, { ...DIRECTORY, kind: 'ADMINISTRATIVE_UNIT' as const }],
])('a role of another provider has no settings at the scope: %s', (_name, role, scope) => {
  const decision = decidePolicyChange({ ...FACTS, role, scope });
  expect(codesOf(decision)).toEqual(['SCOPE_NOT_ALLOWED']);
  // The reason is the scope, and not that an Entra role has one policy.
  expect(decision).toMatchSnapshot();
});

describe('whoever manages', () => {
  test('an Azure scope or one above it changes its settings', () => {
    expect(decidePolicyChange(AZURE)).toMatchObject({ version: 4, scopeId: 'shop' });
    const elsewhere = { ...AZURE, powers: { ...NO_POWERS, azureManage: ['other'], entraPoliciesManage: true } };
    expect(codesOf(decidePolicyChange(elsewhere))).toEqual(['INSUFFICIENT_PERMISSIONS']);
  });

  test('a group changes its settings', () => {
    const group = { ...FACTS, role: MEMBER, scope: GROUP_SCOPE };
    expect(decidePolicyChange({ ...group, powers: { ...NO_POWERS, ownedGroups: ['crew'] } })).toMatchObject({
      version: 4,
    });
    expect(codesOf(decidePolicyChange({ ...group, powers: { ...NO_POWERS, ownedGroups: ['other'] } }))).toEqual([
      'INSUFFICIENT_PERMISSIONS',
    ]);
  });

  test.each([
    ['RoleManagementPolicy.ReadWrite.Directory', []],
    ['RoleManagement.ReadWrite.Directory', []],
    ['RoleManagementPolicy.Read.Directory', ['INSUFFICIENT_PERMISSIONS']],
    ['RoleEligibilitySchedule.ReadWrite.Directory', ['INSUFFICIENT_PERMISSIONS']],
  ])('Entra roles as an application needs a permission for policies: %s', (permission, expected) => {
    expect(codesOf(decidePolicyChange({ ...FACTS, powers: powersOf([], [], [permission]) }))).toEqual(expected);
  });
});

describe('what contradicts itself is named all at once', () => {
  test.each([
    ['nothing is changed', { rules: {} }, ['rules']],
    ['inherit and rules', { inherit: true }, ['inherit']],
    ['inherit and a template', { inherit: true, rules: {}, templateNamed: true, template: TEMPLATE }, ['inherit']],
    ['inherit and pass on', { inherit: true, rules: {}, inheritable: true }, ['inherit', 'inheritable']],
    ['nothing lies below the directory', { inheritable: true }, ['inheritable']],
    [
      'a template of another provider',
      { templateNamed: true, template: { ...TEMPLATE, provider: 'GROUP' as const } },
      ['template'],
    ],
  ])('%s', (_name, change, fields) => {
    const decision = decidePolicyChange({ ...FACTS, ...change });
    expect(codesOf(decision)).toEqual(fields.map(() => 'INVALID_POLICY'));
    expect('refusals' in decision && decision.refusals.map(({ field }) => field[0])).toEqual(fields);
    // Every sentence that a caller reads is reviewed here.
    expect(decision).toMatchSnapshot();
  });
});

describe('the new version', () => {
  test('changes the fields that are named, and no others', () => {
    const rules = defaultPolicy('ENTRA_ROLE');
    expect(decidePolicyChange(FACTS)).toEqual({
      ...{ provider: 'ENTRA_ROLE', roleId: ENTRA_ROLE.id, scopeId: DIRECTORY.id, version: 4 },
      rules: {
        ...rules,
        Expiration_EndUser_Assignment: { ...rules.Expiration_EndUser_Assignment, maximumMinutes: 240 },
      },
      ...{ inheritable: false, templateVersionId: null },
    });
  });

  test('takes the template first and the rules on top', () => {
    const enabled = { Enablement_EndUser_Assignment: { multiFactorMaximumAgeMinutes: 30 } };
    const decision = decidePolicyChange({ ...FACTS, rules: enabled, templateNamed: true, template: TEMPLATE });
    expect(decision).toMatchObject({
      templateVersionId: 'template-2',
      rules: { Enablement_EndUser_Assignment: { enabledRules: [], multiFactorMaximumAgeMinutes: 30 } },
    });
  });

  test('keeps the template it was made from, and whether it is passed on', () => {
    const current = { ...AZURE.current, inheritable: true, templateVersionId: 'template-1' };
    expect(decidePolicyChange({ ...AZURE, current })).toMatchObject({
      inheritable: true,
      templateVersionId: 'template-1',
    });
    expect(decidePolicyChange({ ...AZURE, current, inheritable: false })).toMatchObject({ inheritable: false });
  });

  test('gives up its own rules for what it inherits', () => {
    const giveUp = { ...AZURE, rules: {}, inherit: true };
    expect(decidePolicyChange(giveUp)).toMatchObject({
      version: 4,
      rules: null,
      inheritable: false,
      templateVersionId: null,
    });
    const none = { ...giveUp, current: { ...AZURE.current, own: false } };
    expect(codesOf(decidePolicyChange(none))).toEqual(['POLICY_UNCHANGED']);
  });

  test('is none when everything is like that already, unless it was inherited so far', () => {
    const same = { ...FACTS, rules: hours(8) };
    expect(codesOf(decidePolicyChange(same))).toEqual(['POLICY_UNCHANGED']);
    expect(codesOf(decidePolicyChange({ ...same, current: { ...FACTS.current, own: false } }))).toEqual([]);
    expect(codesOf(decidePolicyChange({ ...AZURE, rules: {}, inheritable: true }))).toEqual([]);
    expect(codesOf(decidePolicyChange({ ...AZURE, rules: {}, inheritable: false }))).toEqual(['POLICY_UNCHANGED']);
    const applied = { ...FACTS, rules: {}, templateNamed: true, template: { ...TEMPLATE, rules: {} } };
    expect(codesOf(decidePolicyChange(applied))).toEqual([]);
  });

  test('is refused for every value out of range, those of the template too, and for proofs that exclude each other', () => {
    const context = { AuthenticationContext_EndUser_Assignment: { isEnabled: true, claimValue: 'c1' } };
    const template = {
      ...TEMPLATE,
      rules: { Expiration_Admin_Assignment: { isExpirationRequired: true, maximumMinutes: 1 } },
    };
    const decision = decidePolicyChange({
      ...FACTS,
      rules: { ...hours(25), ...context },
      templateNamed: true,
      template,
    });
    expect('refusals' in decision && decision.refusals.map(({ field }) => field.join('.'))).toEqual([
      'rules.Expiration_Admin_Assignment.maximumDuration',
      'rules.Expiration_EndUser_Assignment.maximumDuration',
      'rules.AuthenticationContext_EndUser_Assignment.isEnabled',
    ]);
  });

  test('is not refused for an approver who has gone since, where approval is not changed', () => {
    const stages = [{ approvers: ['gone'], quorum: 1, escalation: null }];
    const approval = { ...FACTS.current.rules.Approval_EndUser_Assignment, isApprovalRequired: true, stages };
    const current = { ...FACTS.current, rules: { ...FACTS.current.rules, Approval_EndUser_Assignment: approval } };
    expect(codesOf(decidePolicyChange({ ...FACTS, current }))).toEqual([]);
    const touched = { Approval_EndUser_Assignment: { timeoutMinutes: 60 } };
    expect(codesOf(decidePolicyChange({ ...FACTS, current, rules: touched }))).toEqual(['INVALID_POLICY']);
  });
});

test('approvers are named in stages and as backups, each once', () => {
  const stages = [
    { approvers: ['una', 'crew'], quorum: 1, escalation: { afterMinutes: 5, approvers: ['una', 'ursula'] } },
    { approvers: ['ursula'], quorum: 1, escalation: null },
  ];
  expect(approversNamed({ Approval_EndUser_Assignment: { stages } })).toEqual(['una', 'crew', 'ursula']);
  expect(approversNamed({ Approval_EndUser_Assignment: {} })).toEqual([]);
  expect(approversNamed({})).toEqual([]);
});
