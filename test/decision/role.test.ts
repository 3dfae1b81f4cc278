/** What does an Azure role grant? Wildcards, what is taken away again, letter case, conditions. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ASSIGNMENTS_READ, ASSIGNMENTS_WRITE, assignmentRights, grantsAction } from '../../src/decision/role.ts';

const WRITE = 'Microsoft.Authorization/roleAssignments/write';

describe('an action', () => {
  test.each([
    ['*', true],
    ['*/write', true],
    ['Microsoft.Authorization/*', true],
    ['Microsoft.Authorization/*/Write', true],
    ['microsoft.authorization/ROLEASSIGNMENTS/write', true],
    ['Microsoft.Authorization/roleAssignments/write*', true],
    ['*Microsoft.Authorization/roleAssignments/write', true],
    ['**', true],
    ['Micro*soft*write', true],
    ['*/read', false],
    ['Microsoft.Authorization/roleAssignments', false],
    ['Microsoft.Authorization/roleAssignments/write/*', false],
    ['Microsoft.Authorization/*/delete', false],
    ['Microsoft.Storage/*', false],
    ['Microsoft-Authorization/roleAssignments/write', false],
    ['*write*write', false],
    ['', false],
  ])('is granted by %j: %s', (pattern, expected) => {
    expect(grantsAction([{ actions: [pattern] }], WRITE)).toBe(expected);
  });

  test('is taken away by notActions of the same block only', () => {
    const contributor = { actions: ['*'], notActions: ['Microsoft.Authorization/*/Write'] };
    expect(grantsAction([contributor], WRITE)).toBe(false);
    expect(grantsAction([contributor], WRITE.toUpperCase())).toBe(false);
    expect(grantsAction([contributor], ASSIGNMENTS_READ)).toBe(true);
    expect(grantsAction([contributor, { actions: [WRITE] }], WRITE)).toBe(true);
  });

  test('is not granted by data actions, nor by nothing', () => {
    expect(grantsAction([{ dataActions: ['*'] }], WRITE)).toBe(false);
    expect(grantsAction([{}], WRITE)).toBe(false);
    expect(grantsAction([], WRITE)).toBe(false);
  });

  test('matches a pattern exactly as a regular expression would', () => {
    const pattern = fc.stringMatching(/^[ab/.*]{0,8}$/);
    const action = fc.stringMatching(/^[abAB/.]{0,10}$/);
    fc.assert(
      fc.property(pattern, action, (given, asked) => {
        const form = given
          .split('*')
          .map((piece) => piece.replaceAll('.', '\\.'))
          .join('.*');
        return grantsAction([{ actions: [given] }], asked) === new RegExp(`^${form}$`, 'i').test(asked);
      }),
      { numRuns: 2000 },
    );
  });

  test('is judged in no time, whatever the pattern', () => {
    const pattern = '*a'.repeat(2000);
    const started = performance.now();
    expect(grantsAction([{ actions: [`${pattern}b`] }], 'a'.repeat(20_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('the rights over assignments', () => {
  test.each([
    [['*'], true, true],
    [['*/read'], false, true],
    [[ASSIGNMENTS_WRITE], true, false],
    [['Microsoft.Compute/*'], false, false],
  ])('of %o are write %s, read %s', (actions, managesAssignments, readsAssignments) => {
    expect(assignmentRights('AZURE_RESOURCE', [{ actions }])).toEqual({ managesAssignments, readsAssignments });
  });

  test('are nobody’s under a condition', () => {
    const conditional = { actions: ['*'], condition: "@Request[a:b] StringEquals 'c'", conditionVersion: '2.0' };
    expect(assignmentRights('AZURE_RESOURCE', [conditional])).toEqual({
      managesAssignments: false,
      readsAssignments: false,
    });
    expect(assignmentRights('AZURE_RESOURCE', [conditional, { actions: ['*/read'] }])).toEqual({
      managesAssignments: false,
      readsAssignments: true,
    });
  });

  test.each(['ENTRA_ROLE', 'GROUP'] as const)('are no matter of %s', (provider) => {
    expect(assignmentRights(provider, [{ actions: ['*'] }])).toEqual({
      managesAssignments: false,
      readsAssignments: false,
    });
  });
});
