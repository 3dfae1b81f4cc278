/** Who has access, by which way and until when? The walks, against worked examples. */
import { describe, expect, test } from 'vitest';
import {
  type AccessFacts,
  type Candidate,
  decideAccess,
  lastingWay,
  mayViewAccess,
  reachesNested,
} from '../../src/decision/access.ts';
import { powersOf } from '../../src/decision/powers.ts';
import { DIRECTORY_SCOPE, ENTRA, GROUP_MEMBER, GROUP_OWNER } from '../../src/decision/role.ts';
import type { AssignmentType, Provider } from '../../src/decision/words.ts';

const at = (hour: number) => new Date(Date.UTC(2026, 2, 1, hour));
const step = (memberId: string, groupId: string, hour: number | null) => ({
  memberId,
  groupId,
  endsAt: hour === null ? null : at(hour),
});

test.each<[Provider, AssignmentType, string, boolean]>([
  ['ENTRA_ROLE', 'ACTIVE', 'role', false],
  ['ENTRA_ROLE', 'ELIGIBLE', 'role', false],
  ['AZURE_RESOURCE', 'ACTIVE', 'role', true],
  ['AZURE_RESOURCE', 'ELIGIBLE', 'role', true],
  ['GROUP', 'ACTIVE', GROUP_MEMBER, true],
  ['GROUP', 'ACTIVE', GROUP_OWNER, false],
  ['GROUP', 'ELIGIBLE', GROUP_OWNER, true],
])('%s %s %s reaches nested members: %s', (provider, type, roleId, nested) => {
  expect(reachesNested({ provider, type, roleId })).toBe(nested);
});

describe('the way that lasts longest', () => {
  const memberships = [
    step('una', 'a', 10),
    step('una', 'b', null),
    step('a', 'top', null),
    step('b', 'c', 12),
    step('c', 'top', null),
    step('top', 'a', null),
    step('b', 'b', null),
  ];
  test.each<[string, string, string, boolean, readonly string[] | null, Date | null]>([
    ['oneself', 'una', 'una', true, [], null],
    ['a direct group', 'una', 'a', false, ['a'], at(10)],
    ['a direct group by a longer way', 'una', 'a', true, ['a', 'top', 'c', 'b'], at(12)],
    ['a nested group', 'una', 'top', true, ['top', 'c', 'b'], at(12)],
    ['a nested group where only direct members count', 'una', 'top', false, null, null],
    ['no way at all', 'una', 'z', true, null, null],
    ['not downwards', 'top', 'b', true, null, null],
  ])('%s', (_name, principalId, holderId, nested, groupIds, until) => {
    expect(lastingWay(memberships, { holderId, principalId, nested })).toEqual(groupIds && { groupIds, until });
  });

  test('of two that last as long it is the shorter one', () => {
    const both = [step('una', 'a', null), step('a', 'b', null), step('b', 'top', null), step('a', 'top', null)];
    expect(lastingWay(both, { holderId: 'top', principalId: 'una', nested: true })?.groupIds).toEqual(['top', 'a']);
  });
});

describe('the answer', () => {
  const candidate: Candidate = {
    ...{ assignmentId: 'one', provider: 'AZURE_RESOURCE', roleId: 'contributor', holderId: 'una', scopeId: 'above' },
    ...{ endsAt: at(10), condition: null },
    permissions: [{ actions: ['*'], notActions: ['*/delete'], dataActions: ['Blobs/read'] }],
  };
  const facts: AccessFacts = {
    ...{ question: { action: 'Things/write' }, principalId: 'una', principalEnabled: true, scopeId: 'here' },
    ...{ candidates: [candidate], memberships: [] },
  };
  const narrowed = { ...candidate, assignmentId: 'two', endsAt: null, condition: 'if' };
  const own = { actions: ['*'], condition: 'role' };

  test.each<[string, Partial<AccessFacts>, { allowed: boolean; conditional: boolean; until: Date | null }]>([
    ['an action that is granted', {}, { allowed: true, conditional: false, until: at(10) }],
    ['a disabled principal', { principalEnabled: false }, { allowed: false, conditional: false, until: null }],
    [
      'an action that is taken away',
      { question: { action: 'Things/Delete' } },
      { allowed: false, conditional: false, until: null },
    ],
    [
      'data are no actions',
      { question: { dataAction: 'Things/write' } },
      { allowed: false, conditional: false, until: null },
    ],
    ['data', { question: { dataAction: 'blobs/READ' } }, { allowed: true, conditional: false, until: at(10) }],
    ['the role', { question: { roleId: 'contributor' } }, { allowed: true, conditional: false, until: at(10) }],
    ['another role', { question: { roleId: 'reader' } }, { allowed: false, conditional: false, until: null }],
    ['a condition alone', { candidates: [narrowed] }, { allowed: false, conditional: true, until: null }],
    [
      'a condition beside a firm path',
      { candidates: [narrowed, candidate] },
      { allowed: true, conditional: false, until: at(10) },
    ],
    [
      "the role's own condition",
      { candidates: [{ ...candidate, permissions: [own] }] },
      { allowed: false, conditional: true, until: at(10) },
    ],
    [
      "the role's own condition beside a firm block",
      { candidates: [{ ...candidate, permissions: [own, { actions: ['*'] }] }] },
      { allowed: true, conditional: false, until: at(10) },
    ],
    [
      'a group that does not reach',
      { candidates: [{ ...candidate, holderId: 'group' }] },
      { allowed: false, conditional: false, until: null },
    ],
    [
      'a membership that ends first',
      { candidates: [{ ...candidate, holderId: 'group' }], memberships: [step('una', 'group', 9)] },
      { allowed: true, conditional: false, until: at(9) },
    ],
  ])('%s', (_name, change, answer) => {
    expect(decideAccess({ ...facts, ...change })).toMatchObject(answer);
  });

  test('the path says where it is assigned, and the one that lasts longest comes first', () => {
    const here = { ...candidate, assignmentId: 'three', scopeId: 'here', endsAt: at(11) };
    expect(decideAccess({ ...facts, candidates: [candidate, here] }).paths).toMatchObject([
      { assignmentId: 'three', inherited: false, until: at(11), groupIds: [] },
      { assignmentId: 'one', inherited: true, until: at(10), groupIds: [] },
    ]);
  });
});

describe('who may view the access at a scope', () => {
  const held = {
    provider: 'ENTRA_ROLE',
    scopeId: DIRECTORY_SCOPE,
    groupId: null,
    managesAssignments: false,
    readsAssignments: false,
    conditional: false,
  } as const;
  const reader = powersOf([{ ...held, roleId: ENTRA.globalReader }], [], []);
  const azure = powersOf(
    [{ ...held, provider: 'AZURE_RESOURCE', roleId: 'r', scopeId: 'mg', readsAssignments: true }],
    [],
    [],
  );
  const member = powersOf([], ['g'], []);
  const nobody = powersOf([], [], []);
  const target = { type: 'ACTIVE', ancestorIds: ['sub', 'mg'], group: null } as const;
  const group = { ...target, provider: 'GROUP', group: { id: 'g', roleAssignable: false } } as const;
  const roleAssignable = { ...group, group: { id: 'r', roleAssignable: true } } as const;

  test.each([
    ['a Global Reader, in the directory', reader, { ...target, provider: 'ENTRA_ROLE' }, true],
    ['a Global Reader, in Azure', reader, { ...target, provider: 'AZURE_RESOURCE' }, false],
    ['a Global Reader, in a group', reader, group, true],
    ['a Global Reader, in a role-assignable group', reader, roleAssignable, true],
    ['a Reader of the management group, below it', azure, { ...target, provider: 'AZURE_RESOURCE' }, true],
    [
      'a Reader of the management group, elsewhere',
      azure,
      { ...target, provider: 'AZURE_RESOURCE', ancestorIds: ['x'] },
      false,
    ],
    ['a member, in the group', member, group, true],
    ['a member, in another group', member, roleAssignable, false],
    ['nobody in particular, in the directory', nobody, { ...target, provider: 'ENTRA_ROLE' }, false],
    ['nobody in particular, in a group', nobody, group, false],
    ['anybody, in a group that there is not', reader, { ...group, group: null }, false],
  ] as const)('%s', (_name, powers, where, may) => {
    expect(mayViewAccess(powers, where)).toBe(may);
  });
});
