/** What do the decision tables start from? One morning, one role, one scope and the rules that nobody has touched. */
import type { PrincipalFacts, RoleFacts, ScopeFacts } from '../../src/decision/assignment.ts';
import { type Powers, powersOf } from '../../src/decision/powers.ts';
import { DIRECTORY_SCOPE, ENTRA, GROUP_MEMBER } from '../../src/decision/role.ts';

export const NOW = new Date('2026-03-01T09:00:00Z');

export function inMinutes(minutes: number): Date {
  return new Date(NOW.getTime() + minutes * 60_000);
}

export const ENTRA_ROLE: RoleFacts = {
  id: ENTRA.securityReader,
  provider: 'ENTRA_ROLE',
  displayName: 'Security Reader',
  assignable: true,
  deprecated: false,
  administrativeUnitScope: false,
  applicationScope: false,
  assignableScopes: [],
};
export const AZURE_ROLE: RoleFacts = {
  ...ENTRA_ROLE,
  id: 'contributor',
  provider: 'AZURE_RESOURCE',
  displayName: 'Contributor',
  assignableScopes: ['/'],
};
export const MEMBER: RoleFacts = { ...ENTRA_ROLE, id: GROUP_MEMBER, provider: 'GROUP', displayName: 'Member' };

export const DIRECTORY: ScopeFacts = {
  id: DIRECTORY_SCOPE,
  provider: 'ENTRA_ROLE',
  kind: 'DIRECTORY',
  path: '/',
  locked: false,
  ancestorIds: [DIRECTORY_SCOPE],
  ancestorKeys: ['/'],
  group: null,
};
export const RESOURCE_GROUP: ScopeFacts = {
  id: 'shop',
  provider: 'AZURE_RESOURCE',
  kind: 'RESOURCE_GROUP',
  path: '/subscriptions/A/resourceGroups/Shop',
  locked: false,
  ancestorIds: ['shop', 'subscription', 'root'],
  ancestorKeys: ['/subscriptions/a/resourcegroups/shop', '/subscriptions/a', '/'],
  group: null,
};
export const GROUP_FACTS = { id: 'crew', roleAssignable: false, dynamicMembership: false, synchronized: false };
export const GROUP_SCOPE: ScopeFacts = {
  ...DIRECTORY,
  id: 'crew-scope',
  provider: 'GROUP',
  kind: 'GROUP',
  path: '/groups/crew',
  ancestorIds: ['crew-scope'],
  ancestorKeys: ['/groups/crew'],
  group: GROUP_FACTS,
};

export const USER: PrincipalFacts = { id: 'una', kind: 'USER', roleAssignable: false, securityEnabled: false };

export const NO_POWERS: Powers = powersOf([], [], []);
export const ADMINISTRATOR: Powers = powersOf(
  [
    {
      provider: 'ENTRA_ROLE',
      roleId: ENTRA.globalAdministrator,
      scopeId: DIRECTORY_SCOPE,
      groupId: null,
      managesAssignments: false,
      readsAssignments: false,
      conditional: false,
    },
  ],
  [],
  [],
);
