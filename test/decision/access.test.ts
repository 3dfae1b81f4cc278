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
import { type Powers, powersOf } from '../../src/decision/powers.ts';
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
    ['oneself, where only direct members count', 'una', 'una', false, [], null],
    ['a direct group', 'una', 'a', false, ['a'], at(10)],
    ['a direct group by a longer way', 'una', 'a', true, ['a', 'top', 'c', 'b'], at(12)],
    ['a nested group', 'una', 'top', true, ['top', 'c', 'b'], at(12)],
    ['a nested group where only direct members count', 'una', 'top', false, null, null],
    ['no way at all', 'una', 'z', true, null, null],
    ['not downwards', 'top', 'b', true, null, null],
    ['nobody, where only direct members count', 'ida', 'a', false, null, null],
    ['a direct group for good', 'una', 'b', false, ['b'], null],
    ['a direct group for good, among nested ones', 'una', 'b', true, ['b'], null],
    ['a group that somebody else is in', 'a', 'b', false, null, null],
  ])('%s', (_name, principalId, holderId, nested, groupIds, until) => {
    expect(lastingWay(memberships, { holderId, principalId, nested })).toEqual(groupIds && { groupIds, until });
  });

  test('of two that last as long it is the shorter one', () => {
    const both = [step('una', 'a', null), step('a', 'b', null), step('b', 'top', null), step('a', 'top', null)];
    expect(lastingWay(both, { holderId: 'top', principalId: 'una', nested: true })?.groupIds).toEqual(['top', 'a']);
  });
});

test('the shorter of two ways that end together is found last', () => {
  const ways = [step('una', 'b', null), step('b', 'c', null), step('c', 'top', 12), step('una', 'a', 12)];
  const found = lastingWay([...ways, step('a', 'top', null)], { holderId: 'top', principalId: 'una', nested: true });
  expect(found).toEqual({ groupIds: ['top', 'a'], until: at(12) });
});

test('of two direct memberships the later end counts, and none is the latest', () => {
  const direct = { holderId: 'a', principalId: 'una', nested: false };
  const twice = [step('una', 'a', 12), step('una', 'a', 10)];
  expect(lastingWay(twice, direct)).toEqual({ groupIds: ['a'], until: at(12) });
  expect(lastingWay([...twice, step('una', 'a', null)], direct)).toEqual({ groupIds: ['a'], until: null });
});

test.each<[string, ReturnType<typeof step>[], string[], Date | null]>([
  [
    'the longer way is known first',
    [step('a', 'top', 9), step('una', 'b', 11), step('b', 'top', null)],
    ['top', 'b'],
    at(11),
  ],
  [
    'the way known first lasts longer',
    [step('una', 'b', 9), step('b', 'top', null), step('a', 'top', 11)],
    ['top', 'a'],
    at(11),
  ],
  [
    'both last as long, the longer one known first',
    [step('una', 'b', null), step('b', 'c', null), step('c', 'top', 12), step('a', 'top', 12)],
    ['top', 'a'],
    at(12),
  ],
  [
    'both are alike, the first one stays',
    [step('a', 'top', 12), step('b', 'top', 12), step('una', 'b', null)],
    ['top', 'a'],
    at(12),
  ],
])('where %s', (_name, memberships, groupIds, until) => {
  const both = [step('una', 'a', null), ...memberships];
  expect(lastingWay(both, { holderId: 'top', principalId: 'una', nested: true })).toEqual({ groupIds, until });
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
    ['nothing at all', { candidates: [] }, { allowed: false, conditional: false, until: null }],
    [
      'a firm path for good',
      { candidates: [candidate, { ...candidate, endsAt: null }] },
      { allowed: true, conditional: false, until: null },
    ],
    [
      'data that are taken away',
      {
        question: { dataAction: 'Blobs/delete' },
        candidates: [{ ...candidate, permissions: [{ dataActions: ['*'], notDataActions: ['*/delete'] }] }],
      },
      { allowed: false, conditional: false, until: null },
    ],
    [
      'actions are no data',
      { question: { action: 'Blobs/read' }, candidates: [{ ...candidate, permissions: [{ dataActions: ['*'] }] }] },
      { allowed: false, conditional: false, until: null },
    ],
    [
      'a role that grants nothing',
      { candidates: [{ ...candidate, permissions: [] }] },
      { allowed: false, conditional: false, until: null },
    ],
    [
      "the role's own condition, where the role itself is asked for",
      { question: { roleId: 'contributor' }, candidates: [{ ...candidate, permissions: [own] }] },
      { allowed: true, conditional: false, until: at(10) },
    ],
    [
      'an Entra role of a group around the group',
      {
        candidates: [{ ...candidate, provider: 'ENTRA_ROLE', holderId: 'top' }],
        memberships: [step('una', 'group', null), step('group', 'top', null)],
      },
      { allowed: false, conditional: false, until: null },
    ],
    [
      'an Azure role of a group around the group',
      {
        candidates: [{ ...candidate, holderId: 'top' }],
        memberships: [step('una', 'group', null), step('group', 'top', null)],
      },
      { allowed: true, conditional: false, until: at(10) },
    ],
    [
      'an ownership of a group around the group',
      {
        question: { roleId: GROUP_OWNER },
        candidates: [{ ...candidate, provider: 'GROUP', roleId: GROUP_OWNER, holderId: 'top' }],
        memberships: [step('una', 'group', null), step('group', 'top', null)],
      },
      { allowed: false, conditional: false, until: null },
    ],
  ])('%s', (_name, change, answer) => {
    expect(decideAccess({ ...facts, ...change })).toMatchObject(answer);
  });

  test('the path says where it is assigned, and the one that lasts longest comes first', () => {
    const here = { ...candidate, assignmentId: 'three', scopeId: 'here', endsAt: at(11) };
    const path = { type: 'ACTIVE', provider: 'AZURE_RESOURCE', principalId: 'una', roleId: 'contributor' };
    const common = { ...path, groupIds: [], condition: null };
    expect(decideAccess({ ...facts, candidates: [candidate, here] }).paths).toEqual([
      { ...common, assignmentId: 'three', scopeId: 'here', inherited: false, until: at(11) },
      { ...common, assignmentId: 'one', scopeId: 'above', inherited: true, until: at(10) },
    ]);
  });

  test('paths that last as long are in the order of their ids', () => {
    const named = (assignmentId: string, endsAt: Date | null) => ({ ...candidate, assignmentId, endsAt });
    const candidates = [named('c', at(10)), named('a', at(10)), named('f', null), named('b', at(10)), named('e', null)];
    const { paths } = decideAccess({ ...facts, candidates });
    expect(paths.map(({ assignmentId }) => assignmentId)).toEqual(['e', 'f', 'a', 'b', 'c']);
  });

  test.each<[string, Partial<Candidate>, string | null]>([
    ['of the assignment', { condition: 'if', permissions: [own] }, 'if'],
    ['of the role', { permissions: [own] }, 'role'],
    ['of the first block that grants it', { permissions: [{ ...own, actions: ['x'] }, own] }, 'role'],
    [
      'of the first of several blocks',
      {
        permissions: [
          { ...own, condition: 'first' },
          { ...own, condition: 'second' },
        ],
      },
      'first',
    ],
    ['of no block, when one has none', { permissions: [own, { actions: ['*'] }] }, null],
    ['of the role, when what is firm grants something else', { permissions: [{ actions: ['x'] }, own] }, 'role'],
  ])('the path has the condition %s', (_name, change, condition) => {
    const { paths } = decideAccess({ ...facts, candidates: [{ ...candidate, ...change }] });
    expect(paths.map((path) => path.condition)).toEqual([condition]);
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
  const owner: Powers = { ...powersOf([], [], []), ownedGroups: ['r'] };
  const everywhere: Powers = { ...powersOf([], [], []), otherGroupsView: true };
  const eligible: Powers = { ...powersOf([], [], []), entraView: ['ELIGIBLE'] };
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
    ['an owner, in the group', owner, roleAssignable, true],
    ['an owner, in another group', owner, group, false],
    ['who sees other groups, in one', everywhere, group, true],
    ['who sees other groups, in a role-assignable one', everywhere, roleAssignable, false],
    ['who sees what is eligible, what is active', eligible, { ...target, provider: 'ENTRA_ROLE' }, false],
    ['a member, in another group', member, roleAssignable, false],
    ['nobody in particular, in the directory', nobody, { ...target, provider: 'ENTRA_ROLE' }, false],
    ['nobody in particular, in a group', nobody, group, false],
    ['anybody, in a group that there is not', reader, { ...group, group: null }, false],
  ] as const)('%s', (_name, powers, where, may) => {
    expect(mayViewAccess(powers, where)).toBe(may);
  });
});
