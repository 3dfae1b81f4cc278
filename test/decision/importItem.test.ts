/** Does each kind of entry become the row it means? */
import { expect, test } from 'vitest';
import { readItem } from '../../src/decision/importItem.ts';

const ID = '10000000-0000-4000-8000-00000000000A';
const GRAPH = 'https://graph.microsoft.com/v1.0/$metadata#';
const BASE = { id: ID, displayName: 'One' };

test.each([
  ['its own type', { ...BASE, '@odata.type': '#microsoft.graph.group' }, '', 'GROUP'],
  ['the context of its page', BASE, `${GRAPH}groups(id,members())`, 'GROUP'],
  ['the context of a single answer', { ...BASE, userPrincipalName: 'a@b.example' }, `${GRAPH}users/$entity`, 'USER'],
  ['the name of its page', BASE, 'servicePrincipals', 'SERVICE_PRINCIPAL'],
  ['a path of names', BASE, `${GRAPH}directory/administrativeUnits`, 'ADMINISTRATIVE_UNIT'],
  ['its own type without a #', { ...BASE, '@odata.type': 'Microsoft.Graph.Group' }, 'users', 'GROUP'],
  ['the context of a single group', BASE, `${GRAPH}groups/$entity`, 'GROUP'],
  ['a path that ends with /', BASE, 'groups/', 'GROUP'],
  ['the name of its page, in another case', BASE, 'AdministrativeUnits', 'ADMINISTRATIVE_UNIT'],
  ['its sign-in name', { ...BASE, userPrincipalName: 'a@b.example' }, '', 'USER'],
  ['its kind of service principal', { ...BASE, servicePrincipalType: 'ManagedIdentity' }, '', 'MANAGED_IDENTITY'],
  ['what a group is secured by', { ...BASE, securityEnabled: false }, 'page', 'GROUP'],
  ['what a group may be assigned', { ...BASE, isAssignableToRole: false }, '', 'GROUP'],
  ['what types of group it has', { ...BASE, groupTypes: [] }, '', 'GROUP'],
])('an item is known by %s', (_how, item, hint, kind) => {
  const problems: string[] = [];
  expect(readItem(item, hint, problems)?.row).toMatchObject({ kind, displayName: 'One' });
  expect(problems).toEqual([]);
});

test('ids are written in small letters, and absent fields are what Microsoft Graph means by their absence', () => {
  expect(readItem({ ...BASE, userPrincipalName: 'a@b.example' }, 'users', [])?.row).toMatchObject({
    ...{ id: ID.toLowerCase(), enabled: true, userType: 'MEMBER', lastSignInAt: null, createdAt: null },
  });
});

test.each([
  ['microsoft.directory/users/password/update', true, false],
  ['microsoft.directory/groups.security/create', true, false],
  ['microsoft.directory/applications/credentials/update', false, true],
  ['microsoft.directory/domains/allProperties/read', false, false],
])(
  'a custom Entra role that grants %s: units %s, applications %s',
  (action, administrativeUnitScope, applicationScope) => {
    const item = { ...BASE, isBuiltIn: false, rolePermissions: [{ allowedResourceActions: [action] }] };
    expect(readItem(item, 'roleDefinitions', [])?.row).toMatchObject({ administrativeUnitScope, applicationScope });
  },
);

test.each([
  ['a directory role', { ...BASE, rolePermissions: [] }, ''],
  ['a directory role by its type', { ...BASE, '@odata.type': '#microsoft.graph.unifiedRoleDefinition' }, 'users'],
])('%s is known without a page', (_what, item, hint) => {
  expect(readItem(item, hint, [])).toMatchObject({ is: 'ROLE', row: { provider: 'ENTRA_ROLE' } });
});

test.each([
  ['nothing to go by', BASE],
  ['a type with more before it', { ...BASE, '@odata.type': 'my.microsoft.graph.group' }],
  ['a type of somebody else', { ...BASE, '@odata.type': '#example.graph.group' }],
])('an item with %s is of no kind', (_what, item) => {
  const problems: string[] = [];
  expect(readItem(item, 'page', problems)).toBeNull();
  expect(problems).toEqual([
    'its kind is not known: expected are users, groups, servicePrincipals, administrativeUnits and roleDefinitions of ' +
      'Microsoft Graph, and management groups, subscriptions, resource groups, resources and roleDefinitions of ARM',
  ]);
});

const CREATED = '2026-01-31T12:00:00Z';
const NOBODY = {
  ...{ id: ID.toLowerCase(), displayName: 'One', enabled: true, createdAt: null, userPrincipalName: null, mail: null },
  ...{ userType: null, jobTitle: null, department: null, lastSignInAt: null, roleAssignable: false },
  ...{ dynamicMembership: false, synchronized: false, securityEnabled: false, appId: null },
};
const USER = { ...BASE, userPrincipalName: 'a@b.example' };
const A_USER = { ...NOBODY, kind: 'USER', userPrincipalName: 'a@b.example', userType: 'MEMBER' };

test.each([
  ['a bare user', USER, 'users', A_USER],
  [
    'a user with everything',
    {
      ...{ ...USER, accountEnabled: false, createdDateTime: CREATED, mail: 'm@b.example', userType: 'Guest' },
      ...{ jobTitle: 'Diver', department: 'Quay', signInActivity: { lastSignInDateTime: '2026-02-01T12:00:00Z' } },
    },
    'users',
    {
      ...{ ...A_USER, enabled: false, createdAt: new Date(CREATED), mail: 'm@b.example', userType: 'GUEST' },
      ...{ jobTitle: 'Diver', department: 'Quay', lastSignInAt: new Date('2026-02-01T12:00:00Z') },
    },
  ],
  ['a member who says so', { ...USER, userType: 'member' }, 'users', A_USER],
  ['a user who has never signed in', { ...USER, signInActivity: null }, 'users', A_USER],
  ['a bare group', BASE, 'groups', { ...NOBODY, kind: 'GROUP' }],
  [
    'a synchronized group',
    {
      ...{ ...BASE, createdDateTime: CREATED, mail: 'm@b.example', onPremisesSyncEnabled: true, securityEnabled: true },
      ...{ groupTypes: ['Unified', 'DynamicMembership'] },
    },
    'groups',
    {
      ...{ ...NOBODY, kind: 'GROUP', createdAt: new Date(CREATED), mail: 'm@b.example', synchronized: true },
      ...{ securityEnabled: true, dynamicMembership: true },
    },
  ],
  [
    'a role-assignable group',
    { ...BASE, isAssignableToRole: true, groupTypes: ['Unified'] },
    'groups',
    { ...NOBODY, kind: 'GROUP', roleAssignable: true },
  ],
  ['a bare service principal', BASE, 'servicePrincipals', { ...NOBODY, kind: 'SERVICE_PRINCIPAL' }],
  [
    'a managed identity',
    {
      ...{ ...BASE, servicePrincipalType: 'ManagedIdentity', accountEnabled: false },
      ...{ createdDateTime: CREATED, appId: ID },
    },
    '',
    {
      ...{ ...NOBODY, kind: 'MANAGED_IDENTITY', enabled: false, createdAt: new Date(CREATED), appId: ID.toLowerCase() },
    },
  ],
  [
    'an administrative unit',
    BASE,
    'administrativeUnits',
    {
      ...{ provider: 'ENTRA_ROLE', kind: 'ADMINISTRATIVE_UNIT', path: `/administrativeUnits/${ID.toLowerCase()}` },
      ...{ parentPath: '/', displayName: 'One', resourceType: null, objectId: ID.toLowerCase() },
    },
  ],
])('each field of %s is read', (_what, item, hint, row) => {
  const problems: string[] = [];
  expect(readItem(item, hint, problems)?.row).toEqual(row);
  expect(problems).toEqual([]);
});

const RIGHTS = { managesAssignments: false, readsAssignments: false };
const A_ROLE = {
  ...{ id: ID.toLowerCase(), displayName: 'One', builtIn: false, privileged: false, assignable: true },
  ...{ administrativeUnitScope: false, applicationScope: false, ...RIGHTS },
};
const ENTRA_ROLE = { ...A_ROLE, provider: 'ENTRA_ROLE', assignableScopes: ['/'] };
const AZURE_ROLE = { ...A_ROLE, provider: 'AZURE_RESOURCE' };
const AZURE = {
  id: `/providers/Microsoft.Authorization/roleDefinitions/${ID}`,
  properties: { roleName: 'One' } as Record<string, unknown>,
};
const EMPTY_BLOCK = { actions: [], notActions: [], dataActions: [], notDataActions: [] };

test.each([
  ['a bare Entra role', { ...BASE, rolePermissions: [] }, { ...ENTRA_ROLE, permissions: [] }],
  [
    'an Entra role',
    {
      ...{ ...BASE, isBuiltIn: true, isPrivileged: true, isEnabled: false },
      rolePermissions: [
        { allowedResourceActions: ['a', 'microsoft.directory/users/read'], excludedResourceActions: ['b'] },
        { allowedResourceActions: ['c', 'microsoft.directory/applications/read'], condition: 'if' },
      ],
    },
    {
      ...{ ...ENTRA_ROLE, builtIn: true, privileged: true, assignable: false },
      ...{ administrativeUnitScope: true, applicationScope: true },
      permissions: [
        { actions: ['a', 'microsoft.directory/users/read'], notActions: ['b'] },
        { actions: ['c', 'microsoft.directory/applications/read'], notActions: [], condition: 'if' },
      ],
    },
  ],
  [
    'an Entra role about neither',
    {
      ...BASE,
      rolePermissions: [
        { allowedResourceActions: ['x/microsoft.directory/users/y', 'x/microsoft.directory/applications/y', '*'] },
      ],
    },
    {
      ...ENTRA_ROLE,
      permissions: [
        {
          actions: ['x/microsoft.directory/users/y', 'x/microsoft.directory/applications/y', '*'],
          notActions: [],
        },
      ],
    },
  ],
  ['a bare Azure role', AZURE, { ...AZURE_ROLE, assignableScopes: [], permissions: [] }],
  [
    'an Azure role',
    {
      ...AZURE,
      properties: {
        ...{ roleName: 'One', type: 'BuiltInRole', assignableScopes: ['/subscriptions/a'] },
        permissions: [
          { actions: ['*/read'], notActions: ['b'], dataActions: ['c'], notDataActions: ['d'] },
          { condition: 'if' },
          { condition: 'if', conditionVersion: '1.0' },
        ],
      },
    },
    {
      ...{ ...AZURE_ROLE, builtIn: true, assignableScopes: ['/subscriptions/a'], readsAssignments: true },
      permissions: [
        { actions: ['*/read'], notActions: ['b'], dataActions: ['c'], notDataActions: ['d'] },
        { ...EMPTY_BLOCK, condition: 'if', conditionVersion: '2.0' },
        { ...EMPTY_BLOCK, condition: 'if', conditionVersion: '1.0' },
      ],
    },
  ],
])('each field of %s is read', (_what, item, row) => {
  const problems: string[] = [];
  expect(readItem(item, '', problems)).toEqual({ is: 'ROLE', row });
  expect(problems).toEqual([]);
});

test('what lies below the definition of a role is none', () => {
  expect(readItem({ id: `${AZURE.id}/things/one` }, '', [])?.is).toBe('SCOPE');
});

test.each([
  ['a user of no type', { ...USER, userType: 'Alien' }, 'users', 'userType is "Alien": it must be Member or Guest'],
  [
    'an Azure role of no type',
    { ...AZURE, properties: { roleName: 'One', type: 'Own' } },
    '',
    'properties.type is "Own": it must be CustomRole or BuiltInRole',
  ],
  ['an Azure role without its fields', { id: AZURE.id }, '', 'roleName is missing: it must be given'],
  [
    'a dynamic role-assignable group',
    { ...BASE, isAssignableToRole: true, groupTypes: ['DynamicMembership'] },
    'groups',
    'isAssignableToRole is true: such a group must be neither dynamic nor synchronized',
  ],
  [
    'a synchronized role-assignable group',
    { ...BASE, isAssignableToRole: true, onPremisesSyncEnabled: true },
    'groups',
    'isAssignableToRole is true: such a group must be neither dynamic nor synchronized',
  ],
  [
    'an instant of a last sign-in that is none',
    { ...USER, signInActivity: { lastSignInDateTime: 'yesterday' } },
    'users',
    'lastSignInDateTime is "yesterday": it must be an instant that exists, such as 2026-01-31T12:00:00Z',
  ],
])('%s is a problem', (_what, item, hint, problem) => {
  const problems: string[] = [];
  readItem(item, hint, problems);
  expect(problems).toEqual([problem]);
});

test('a condition of a custom Azure role keeps it from managing assignments', () => {
  const permission = { actions: ['Microsoft.Authorization/roleAssignments/*'] };
  const item = (permissions: object[]) => ({
    id: `/providers/Microsoft.Authorization/roleDefinitions/${ID}`,
    properties: { roleName: 'One', type: 'CustomRole', assignableScopes: ['/'], permissions },
  });
  expect(readItem(item([permission]), '', [])?.row).toMatchObject({ managesAssignments: true });
  expect(readItem(item([{ ...permission, condition: 'x' }]), '', [])?.row).toMatchObject({ managesAssignments: false });
});
