/** Where does each rule come from, and what has changed? */
import { expect, test } from 'vitest';
import { defaultPolicy, RULE_IDS } from '../../src/decision/policy.ts';
import { type PolicySource, ruleDifferences, ruleOrigin, same } from '../../src/decision/policyOrigin.ts';

const DEFAULTS = defaultPolicy('GROUP');
const shorter = { ...DEFAULTS.Expiration_EndUser_Assignment, maximumMinutes: 60 };
const OWN: PolicySource = {
  provider: 'GROUP',
  rules: { ...DEFAULTS, Expiration_EndUser_Assignment: shorter },
  sourceScopeId: 'crew',
  inherited: false,
  template: null,
};
const template = { versionId: 'strict-1', rules: { Expiration_EndUser_Assignment: shorter } };
const none = { scopeId: null, templateVersionId: null };

test.each([
  ['nobody has touched it', { ...OWN, rules: DEFAULTS, sourceScopeId: null }, { ...none, kind: 'DEFAULT' }],
  ['a scope above has it', { ...OWN, inherited: true }, { ...none, kind: 'INHERITED', scopeId: 'crew' }],
  [
    'a scope above has it from a template',
    { ...OWN, inherited: true, template },
    { ...none, kind: 'INHERITED', scopeId: 'crew' },
  ],
  ['it is as the template has it', { ...OWN, template }, { ...none, kind: 'TEMPLATE', templateVersionId: 'strict-1' }],
  ['it differs from the template', { ...OWN, template: { ...template, rules: DEFAULTS } }, { ...none, kind: 'OWN' }],
  ['the template says nothing about it', { ...OWN, template: { ...template, rules: {} } }, { ...none, kind: 'OWN' }],
  ['it was set by hand', OWN, { ...none, kind: 'OWN' }],
  ['it was left alone', { ...OWN, rules: DEFAULTS }, { ...none, kind: 'DEFAULT' }],
])('where a value comes from: %s', (_name, policy, origin) => {
  expect(ruleOrigin(policy, 'Expiration_EndUser_Assignment')).toEqual(origin);
});

test('every rule has an origin, and there are 17', () => {
  expect(RULE_IDS).toHaveLength(17);
  expect(RULE_IDS.filter((id) => ruleOrigin(OWN, id).kind === 'OWN')).toEqual(['Expiration_EndUser_Assignment']);
});

test('a difference names the rule before and after, and rules that came or went', () => {
  expect(ruleDifferences(DEFAULTS, OWN.rules)).toEqual({
    Expiration_EndUser_Assignment: { before: DEFAULTS.Expiration_EndUser_Assignment, after: shorter },
  });
  expect(ruleDifferences({}, template.rules)).toEqual({
    Expiration_EndUser_Assignment: { before: null, after: shorter },
  });
  expect(ruleDifferences(DEFAULTS, DEFAULTS)).toEqual({});
});

test.each([
  [1, 1, true],
  [1, '1', false],
  [null, null, true],
  [null, {}, false],
  [{}, null, false],
  [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, true],
  [{ a: 1 }, { a: 1, b: undefined }, false],
  [{ a: undefined }, { b: undefined }, false],
  [[1, 2], [2, 1], false],
  [[], {}, false],
  [{ a: { b: 1 } }, { a: { b: 2 } }, false],
])('%j and %j are the same: %s', (one, other, expected) => {
  expect(same(one, other)).toBe(expected);
});
