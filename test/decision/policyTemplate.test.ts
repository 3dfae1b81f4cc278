/** May a template be made or changed so? The table in order. */
import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '../../src/decision/policy.ts';
import {
  decideNewTemplate,
  decideTemplateChange,
  type NewTemplateFacts,
  type TemplateChangeFacts,
} from '../../src/decision/policyTemplate.ts';
import { ADMINISTRATOR, NO_POWERS } from './facts.ts';
import { codesOf, refusesInOrder } from './precedence.ts';

const DEFAULTS = defaultPolicy('AZURE_RESOURCE');
const hours = (count: number) => ({ Expiration_EndUser_Assignment: { maximumMinutes: count * 60 } });
const lasting = (count: number) => ({ ...DEFAULTS.Expiration_EndUser_Assignment, maximumMinutes: count * 60 });

const NEW: NewTemplateFacts = {
  ...{ powers: ADMINISTRATOR, provider: 'AZURE_RESOURCE', name: 'Strict', nameTaken: false },
  ...{ rules: hours(1), description: null, approvers: new Map() },
};
const CHANGE: TemplateChangeFacts = {
  ...{ powers: ADMINISTRATOR, rules: hours(2), description: null, approvers: new Map(), expectedVersion: 2 },
  template: {
    ...{ version: 2, provider: 'AZURE_RESOURCE', description: 'For production' },
    rules: { Expiration_EndUser_Assignment: lasting(1) },
  },
};

describe('a new template is refused in the order of what is asked', () => {
  refusesInOrder(NEW, decideNewTemplate, [
    [
      'not an administrator',
      'INSUFFICIENT_PERMISSIONS',
      (f) => ({ ...f, powers: { ...NO_POWERS, azureManage: ['root'] } }),
    ],
    ['no name', 'INVALID_POLICY', (f) => ({ ...f, name: '  ' })],
    ['a name that is taken', 'POLICY_TEMPLATE_EXISTS', (f) => ({ ...f, nameTaken: true })],
    ['no rules', 'INVALID_POLICY', (f) => ({ ...f, rules: {} })],
  ]);
  test('a long name', () => {
    expect(codesOf(decideNewTemplate({ ...NEW, name: 'a'.repeat(100) }))).toEqual([]);
    expect(codesOf(decideNewTemplate({ ...NEW, name: 'a'.repeat(101) }))).toEqual(['INVALID_POLICY']);
  });
});

describe('a change of a template is refused in the order of what is asked', () => {
  refusesInOrder(CHANGE, decideTemplateChange, [
    ['not an administrator', 'INSUFFICIENT_PERMISSIONS', (f) => ({ ...f, powers: NO_POWERS })],
    ['no such template', 'POLICY_TEMPLATE_NOT_FOUND', (f) => ({ ...f, template: null })],
    ['made for another version', 'POLICY_CHANGED', (f) => ({ ...f, expectedVersion: 1 })],
    ['a value out of range', 'INVALID_POLICY', (f) => ({ ...f, rules: hours(25) })],
  ]);
  test('like that already', () => {
    const same = { ...CHANGE, rules: hours(1) };
    expect(codesOf(decideTemplateChange(same))).toEqual(['POLICY_UNCHANGED']);
    expect(codesOf(decideTemplateChange({ ...same, description: 'For production' }))).toEqual(['POLICY_UNCHANGED']);
    expect(codesOf(decideTemplateChange({ ...same, description: 'For tests' }))).toEqual([]);
  });
});

test('a template holds complete rules, those it was given and no others', () => {
  expect(decideNewTemplate(NEW)).toEqual({
    ...{ version: 1, description: null },
    rules: { Expiration_EndUser_Assignment: lasting(1) },
  });
  const enablement = { Enablement_Admin_Assignment: { enabledRules: ['TICKETING'] } } as const;
  expect(decideTemplateChange({ ...CHANGE, rules: enablement })).toEqual({
    ...{ version: 3, description: 'For production' },
    rules: { Expiration_EndUser_Assignment: lasting(1), ...enablement },
  });
});

test('proofs that exclude each other do so in a template too', () => {
  const rules = {
    Enablement_EndUser_Assignment: { enabledRules: ['MULTI_FACTOR_AUTHENTICATION'] },
    AuthenticationContext_EndUser_Assignment: { isEnabled: true, claimValue: 'c1' },
  } as const;
  expect(codesOf(decideNewTemplate({ ...NEW, rules }))).toEqual(['INVALID_POLICY']);
});
