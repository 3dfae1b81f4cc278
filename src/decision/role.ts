/** What does a role grant? Azure permission blocks are patterns; the roles that matter to this gateway are named here. */
import type { Provider } from './words.ts';

/** One permission block of an Azure role definition; an absent list is empty. @see https://learn.microsoft.com/azure/role-based-access-control/role-definitions */
export interface Permission {
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  readonly dataActions?: readonly string[];
  readonly notDataActions?: readonly string[];
  /** ABAC condition under which alone the block grants anything. */
  readonly condition?: string;
  readonly conditionVersion?: string;
}

export const GROUP_MEMBER = '00000000-0000-4000-8000-0000000000a1';
export const GROUP_OWNER = '00000000-0000-4000-8000-0000000000a2';
export const DIRECTORY_SCOPE = '00000000-0000-4000-8000-000000000001';
export const TENANT_ROOT_SCOPE = '00000000-0000-4000-8000-000000000002';

/** Template ids of the Entra roles that carry rights in PIM itself. @see https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference */
export const ENTRA = {
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
} as const;

export const ASSIGNMENTS_WRITE = 'Microsoft.Authorization/roleAssignments/write';
export const ASSIGNMENTS_READ = 'Microsoft.Authorization/roleAssignments/read';

/** True when some block grants the action and does not take it away again; `*` stands for any run of characters. */
export function grantsAction(permissions: readonly Permission[], action: string): boolean {
  return permissions.some((p) => matchesAny(p.actions, action) && !matchesAny(p.notActions, action));
}

/**
 * The two rights this gateway asks a role for. A block that holds only under an ABAC condition does not make its holder
 * a resource administrator here: the condition limits whom they may name, and the gateway cannot see that limit.
 */
export function assignmentRights(provider: Provider, permissions: readonly Permission[]) {
  const unconditional = provider === 'AZURE_RESOURCE' ? permissions.filter((p) => p.condition === undefined) : [];
  return {
    managesAssignments: grantsAction(unconditional, ASSIGNMENTS_WRITE),
    readsAssignments: grantsAction(unconditional, ASSIGNMENTS_READ),
  };
}

function matchesAny(patterns: readonly string[] | undefined, action: string): boolean {
  return (patterns ?? []).some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase()));
}

/** Pieces between the stars appear in order: no regular expression, so no pattern can be slow. */
function matches(pattern: string, action: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === action;
  const last = rest.pop() ?? '';
  if (!action.startsWith(first) || !action.endsWith(last) || action.length < first.length + last.length) return false;
  let from = first.length;
  const until = action.length - last.length;
  for (const piece of rest) {
    const found = action.indexOf(piece, from);
    if (found < 0 || found + piece.length > until) return false;
    from = found + piece.length;
  }
  return true;
}
