/** Who can do what? Every role of the standard's tables for all three providers, and everything that gives nothing. */
import { describe, expect, test } from 'vitest';
import {
  browsesDirectory,
  type HeldRole,
  managesSomething,
  mayManage,
  mayManagePolicy,
  POWERFUL_ROLES,
  type Powers,
  powersOf,
  readsDirectory,
  type Target,
  type Viewer,
} from '../../src/decision/powers.ts';
import { DIRECTORY_SCOPE, ENTRA, GROUP_MEMBER, GROUP_OWNER } from '../../src/decision/role.ts';
import { NO_POWERS, NOW } from './facts.ts';

type EntraRole = keyof typeof ENTRA;

const entra = (role: EntraRole, scopeId: string = DIRECTORY_SCOPE): HeldRole => ({
  provider: 'ENTRA_ROLE',
  roleId: ENTRA[role],
  scopeId,
  groupId: null,
  managesAssignments: false,
  readsAssignments: false,
  conditional: false,
});
const azure = (change: Partial<HeldRole>): HeldRole => ({
  ...entra('globalReader', 'subscription'),
  provider: 'AZURE_RESOURCE',
  roleId: 'an Azure role',
  ...change,
});
const owner = (groupId: string): HeldRole => ({
  ...entra('globalReader', `${groupId}-scope`),
  provider: 'GROUP',
  roleId: GROUP_OWNER,
  groupId,
});

const target = (change: Partial<Target>): Target => ({
  provider: 'ENTRA_ROLE',
  type: 'ELIGIBLE',
  ancestorIds: [DIRECTORY_SCOPE],
  group: null,
  ...change,
});
const TARGETS = {
  entra: target({}),
  azure: target({ provider: 'AZURE_RESOURCE', ancestorIds: ['shop', 'subscription', 'root'] }),
  roleAssignableGroup: target({ provider: 'GROUP', group: { id: 'admins', roleAssignable: true } }),
  otherGroup: target({ provider: 'GROUP', group: { id: 'crew', roleAssignable: false } }),
};

/** What the holder views and manages: `v` and `m`, or `-`, of Entra roles, Azure, role-assignable groups, other groups. */
function summary(powers: Powers): string {
  const views = [
    powers.entraView.length === 2,
    powers.azureView.length > 0,
    powers.roleAssignableGroupsView,
    powers.otherGroupsView,
  ];
  return Object.values(TARGETS)
    .map((each, index) => `${views[index] ? 'v' : '-'}${mayManage(powers, each) ? 'm' : '-'}`)
    .join(' ');
}

const TABLE: Record<EntraRole, string> = {
  globalAdministrator: 'vm -- vm --',
  privilegedRoleAdministrator: 'vm -- vm --',
  securityAdministrator: 'v- -- -- --',
  globalReader: 'v- -- v- v-',
  securityReader: 'v- -- -- --',
  securityOperator: 'v- -- -- --',
  directoryWriters: '-- -- -- vm',
  groupsAdministrator: '-- -- -- vm',
  identityGovernanceAdministrator: '-- -- -- vm',
  userAdministrator: '-- -- -- vm',
};

describe('an active Entra role', () => {
  const roles = Object.entries(TABLE) as [EntraRole, string][];

  test.each(roles)('%s gives %s', (role, expected) => {
    expect(summary(powersOf([entra(role)], [], []))).toBe(expected);
  });

  test.each(roles)('%s gives nothing when it is held for an administrative unit', (role) => {
    expect(powersOf([entra(role, 'a unit')], [], [])).toEqual(NO_POWERS);
  });

  test('gives both types of assignments alike', () => {
    const powers = powersOf([entra('privilegedRoleAdministrator')], [], []);
    expect(powers.entraManage).toEqual(['ELIGIBLE', 'ACTIVE']);
    expect(mayManage(powers, target({ type: 'ACTIVE' }))).toBe(true);
  });

  test('gives role settings with the assignments', () => {
    const settings = (role: EntraRole) => {
      const { entraPoliciesView, entraPoliciesManage } = powersOf([entra(role)], [], []);
      return [entraPoliciesView, entraPoliciesManage];
    };
    for (const [role, expected] of roles) expect(settings(role)).toEqual([expected[0] === 'v', expected[1] === 'm']);
  });

  test('gives the audit to those who read what is on record', () => {
    const auditors = roles.filter(([role]) => powersOf([entra(role)], [], []).entraAudit).map(([role]) => role);
    expect(auditors).toEqual([
      ...['globalAdministrator', 'privilegedRoleAdministrator', 'securityAdministrator'],
      ...['globalReader', 'securityReader'],
    ]);
  });

  test('of the same id but another provider gives nothing', () => {
    const disguised = { ...entra('globalAdministrator'), provider: 'AZURE_RESOURCE' } as const;
    expect(powersOf([disguised], [], [])).toEqual(NO_POWERS);
  });
});

describe('a role that gives powers by what it is', () => {
  test.each(Object.keys(ENTRA) as EntraRole[])('is known as one, or gives nothing: %s', (role) => {
    const givesNothing = summary(powersOf([entra(role)], [], [])) === '-- -- -- --';
    expect(POWERFUL_ROLES.includes(ENTRA[role])).toBe(!givesNothing);
  });

  test('is ownership too, and membership is not', () => {
    expect([POWERFUL_ROLES.includes(GROUP_OWNER), POWERFUL_ROLES.includes(GROUP_MEMBER)]).toEqual([true, false]);
  });
});

describe('an active Azure role', () => {
  test.each([
    [{ managesAssignments: true, readsAssignments: true }, '-- vm -- --'],
    [{ managesAssignments: true, readsAssignments: false }, '-- vm -- --'],
    [{ managesAssignments: false, readsAssignments: true }, '-- v- -- --'],
    [{ managesAssignments: false, readsAssignments: false }, '-- -- -- --'],
    [{ managesAssignments: true, readsAssignments: true, conditional: true }, '-- -- -- --'],
  ])('with %o gives %s', (rights, expected) => {
    expect(summary(powersOf([azure(rights)], [], []))).toBe(expected);
  });

  test('is the only one that reaches Azure', () => {
    const rights = { managesAssignments: true, readsAssignments: true };
    expect(powersOf([{ ...entra('securityReader', 'subscription'), ...rights }], [], [])).toEqual(NO_POWERS);
  });

  test('reaches its scope and everything below, nothing beside or above', () => {
    const powers = powersOf([azure({ managesAssignments: true, scopeId: 'subscription' })], [], []);
    const at = (...ancestorIds: string[]) => mayManage(powers, target({ provider: 'AZURE_RESOURCE', ancestorIds }));
    expect(at('subscription', 'root')).toBe(true);
    expect(at('shop', 'subscription', 'root')).toBe(true);
    expect(at('other', 'root')).toBe(false);
    expect(at('root')).toBe(false);
  });
});

describe('a group', () => {
  test('is managed by its owner, of either kind, and by no other owner', () => {
    const powers = powersOf([owner('admins')], [], []);
    expect(powers.ownedGroups).toEqual(['admins']);
    expect(mayManage(powers, TARGETS.roleAssignableGroup)).toBe(true);
    expect(mayManage(powers, TARGETS.otherGroup)).toBe(false);
    expect(mayManage(powersOf([owner('crew')], [], []), TARGETS.otherGroup)).toBe(true);
  });

  test('is not managed by its members', () => {
    const powers = powersOf([{ ...owner('crew'), roleId: GROUP_MEMBER }], ['crew'], []);
    expect(powers.groups).toEqual(['crew']);
    expect(mayManage(powers, TARGETS.otherGroup)).toBe(false);
  });

  test('is not owned where none is named', () => {
    expect(powersOf([{ ...owner('crew'), groupId: null }], [], []).ownedGroups).toEqual([]);
  });

  test('that is no group is managed by nobody', () => {
    const everything = powersOf(
      (Object.keys(ENTRA) as EntraRole[]).map((role) => entra(role)),
      [],
      [],
    );
    expect(mayManage(everything, target({ provider: 'GROUP' }))).toBe(false);
  });
});

describe('an application permission', () => {
  const types = (view: readonly string[], manage: readonly string[]) => ({ entraView: view, entraManage: manage });
  test.each([
    ['RoleManagement.Read.Directory', types(['ELIGIBLE', 'ACTIVE'], [])],
    ['RoleManagement.ReadWrite.Directory', types(['ELIGIBLE', 'ACTIVE'], ['ELIGIBLE', 'ACTIVE'])],
    ['RoleEligibilitySchedule.Read.Directory', types(['ELIGIBLE'], [])],
    ['RoleEligibilitySchedule.ReadWrite.Directory', types(['ELIGIBLE'], ['ELIGIBLE'])],
    ['RoleAssignmentSchedule.Read.Directory', types(['ACTIVE'], [])],
    ['RoleAssignmentSchedule.ReadWrite.Directory', types(['ACTIVE'], ['ACTIVE'])],
    ['RoleManagementPolicy.Read.Directory', types([], [])],
    ['rolemanagement.readwrite.directory', types([], [])],
    ['Directory.ReadWrite.All', types([], [])],
  ])('%s gives %o', (permission, expected) => {
    const powers = powersOf([], [], [permission]);
    expect(powers).toMatchObject(expected);
    expect(summary(powers).slice(2)).toBe(' -- -- --');
  });

  test.each([
    ['AuditLog.Read.All', true],
    ['RoleManagement.ReadWrite.Directory', false],
    ['AuditLog.Read', false],
  ])('%s gives the audit: %s', (permission, entraAudit) => {
    expect(powersOf([], [], [permission])).toEqual({ ...powersOf([], [], [permission]), entraAudit });
    if (entraAudit) expect(powersOf([], [], [permission])).toEqual({ ...NO_POWERS, entraAudit });
  });

  test.each([
    ['RoleManagementPolicy.Read.Directory', true, false],
    ['RoleManagementPolicy.ReadWrite.Directory', true, true],
    ['RoleManagement.Read.Directory', true, false],
    ['RoleManagement.ReadWrite.Directory', true, true],
    ['RoleAssignmentSchedule.ReadWrite.Directory', false, false],
  ])('%s gives role settings to view %s, to manage %s', (permission, entraPoliciesView, entraPoliciesManage) => {
    expect(powersOf([], [], [permission])).toMatchObject({ entraPoliciesView, entraPoliciesManage });
  });
});

test.each<[string, Powers, boolean]>([
  ['nothing', NO_POWERS, false],
  ['a role that only views', powersOf([entra('globalReader')], [], []), false],
  ['a membership', powersOf([], ['crew'], []), false],
  ['an Entra role that manages', powersOf([entra('globalAdministrator')], [], []), true],
  ['an application permission', powersOf([], [], ['RoleAssignmentSchedule.ReadWrite.Directory']), true],
  ['an application permission for role settings', powersOf([], [], ['RoleManagementPolicy.ReadWrite.Directory']), true],
  ['an Azure role that manages', powersOf([azure({ managesAssignments: true })], [], []), true],
  ['an owned group', powersOf([owner('crew')], [], []), true],
  ['a role that manages groups', powersOf([entra('userAdministrator')], [], []), true],
])('whoever holds %s manages something: %s', (_name, powers, expected) => {
  expect(managesSomething(powers)).toBe(expected);
});

test.each<[string, Partial<Viewer>, boolean]>([
  ['a member', { userType: 'MEMBER' }, true],
  ['a guest', { userType: 'GUEST' }, false],
  [
    'a guest who reads Entra assignments',
    { userType: 'GUEST', powers: powersOf([entra('securityReader')], [], []) },
    true,
  ],
  ['a guest who owns a group', { userType: 'GUEST', powers: powersOf([owner('crew')], [], []) }, true],
  ['an application', { kind: 'SERVICE_PRINCIPAL', userType: null }, false],
  ['an application of the home tenant', { kind: 'SERVICE_PRINCIPAL', userType: 'MEMBER' }, false],
  [
    'an application that reads',
    { kind: 'SERVICE_PRINCIPAL', userType: null, powers: powersOf([], [], ['RoleEligibilitySchedule.Read.Directory']) },
    true,
  ],
])('%s browses the directory: %s', (_name, change, expected) => {
  const viewer: Viewer = {
    id: 'una',
    kind: 'USER',
    userType: 'MEMBER',
    proof: { multiFactorAt: null, authenticationContexts: [] },
    expiresAt: NOW,
    applicationPermissions: [],
    powers: NO_POWERS,
    ...change,
  };
  expect(browsesDirectory(viewer)).toBe(expected);
});

test('the directory is read by whoever views Entra assignments', () => {
  expect(readsDirectory(powersOf([entra('securityOperator')], [], []))).toBe(true);
  expect(readsDirectory(powersOf([entra('groupsAdministrator')], [], []))).toBe(false);
});

test('role settings are managed with the assignments, by an application with a permission of its own', () => {
  const settings = (powers: Powers) => Object.values(TARGETS).map((each) => mayManagePolicy(powers, each));
  expect(settings(powersOf([entra('privilegedRoleAdministrator')], [], []))).toEqual([true, false, true, false]);
  expect(settings(powersOf([azure({ managesAssignments: true })], [], []))).toEqual([false, true, false, false]);
  expect(settings(powersOf([owner('crew')], [], []))).toEqual([false, false, false, true]);
  const application = (permission: string) => settings(powersOf([], [], [permission]))[0];
  expect(application('RoleEligibilitySchedule.ReadWrite.Directory')).toBe(false);
  expect(application('RoleManagementPolicy.ReadWrite.Directory')).toBe(true);
});
