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
  ['its fields', { ...BASE, servicePrincipalType: 'ManagedIdentity' }, '', 'MANAGED_IDENTITY'],
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

test('a condition of a custom Azure role keeps it from managing assignments', () => {
  const permission = { actions: ['Microsoft.Authorization/roleAssignments/*'] };
  const item = (permissions: object[]) => ({
    id: `/providers/Microsoft.Authorization/roleDefinitions/${ID}`,
    properties: { roleName: 'One', type: 'CustomRole', assignableScopes: ['/'], permissions },
  });
  expect(readItem(item([permission]), '', [])?.row).toMatchObject({ managesAssignments: true });
  expect(readItem(item([{ ...permission, condition: 'x' }]), '', [])?.row).toMatchObject({ managesAssignments: false });
});
