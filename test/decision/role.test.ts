/** What does an Azure role grant? Wildcards, what is taken away again, letter case, conditions. */
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ASSIGNMENTS_READ,
  ASSIGNMENTS_WRITE,
  assignmentRights,
  DIRECTORY_SCOPE,
  ENTRA,
  GROUP_MEMBER,
  GROUP_OWNER,
  grantsAction,
  TENANT_ROOT_SCOPE,
} from '../../src/decision/role.ts';
import { PATIENCE_MILLISECONDS } from '../support/process.ts';

const WRITE = 'Microsoft.Authorization/roleAssignments/write';

test('what is named here is known to databases and to Microsoft by the same names', () => {
  expect({ ASSIGNMENTS_READ, ASSIGNMENTS_WRITE }).toEqual({
    ASSIGNMENTS_READ: 'Microsoft.Authorization/roleAssignments/read',
    ASSIGNMENTS_WRITE: 'Microsoft.Authorization/roleAssignments/write',
  });
  expect([GROUP_MEMBER, GROUP_OWNER, DIRECTORY_SCOPE, TENANT_ROOT_SCOPE]).toEqual([
    '00000000-0000-4000-8000-0000000000a1',
    '00000000-0000-4000-8000-0000000000a2',
    '00000000-0000-4000-8000-000000000001',
    '00000000-0000-4000-8000-000000000002',
  ]);
  expect(ENTRA).toEqual({
    globalAdministrator: '62e90394-69f5-4237-9190-012177145e10',
    privilegedRoleAdministrator: 'e8611ab8-c189-46e8-94e1-60213ab1f814',
    securityAdministrator: '194ae4cb-b126-40b2-bd5b-6091b380977d',
    globalReader: 'f2ef992c-3afb-46b9-b7cf-a126ee74c451',
    securityReader: '5d6b6bb7-de71-4623-b4af-96380a352509',
    securityOperator: '5f2222b1-57c3-48ba-8ad5-d4759f1fde6f',
    directoryWriters: '9360feb5-f418-4baa-8175-e2a00bac4301',
    groupsAdministrator: 'fdd7a751-b60b-444a-984c-02652fe8fa1c',
    identityGovernanceAdministrator: '45d8d3c5-c802-45c6-b32a-1d70b5e1e86e',
    userAdministrator: 'fe930be7-5e62-47db-91af-98c3a49a38b1',
  });
});

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
    ['*Assignments*Assignments*', false],
    ['Microsoft.Authorization/role*roleAssignments/write', false],
    ['*roleAssignments*/write', true],
    ['*/write*write', false],
    ['*o*o*o*o*write', true],
    ['*q*', false],
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
    const judge = () => grantsAction([{ actions: [`${pattern}b`] }], 'a'.repeat(20_000));
    // Only so is something ended that would go on for years without giving way.
    expect(runInNewContext('judge()', { judge }, { timeout: PATIENCE_MILLISECONDS })).toBe(false);
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
