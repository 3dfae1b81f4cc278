/** What may a viewer see and manage? Derived from the viewer's own assignments that are active now, and from nothing else. */
import { DIRECTORY_SCOPE, ENTRA, GROUP_OWNER } from './role.ts';
import type { Proof } from './rules.ts';
import { ASSIGNMENT_TYPES, type AssignmentType, type PrincipalKind, type Provider, type UserType } from './words.ts';

/** An active assignment of the viewer, held directly or through a group. */
export interface HeldRole {
  readonly provider: Provider;
  readonly roleId: string;
  readonly scopeId: string;
  /** The group of a GROUP scope; null otherwise. */
  readonly groupId: string | null;
  readonly managesAssignments: boolean;
  readonly readsAssignments: boolean;
  /** An ABAC condition narrows what the role reaches in a way this gateway cannot judge. */
  readonly conditional: boolean;
  /** For a role that reads Azure assignments below the root: its scope and those below, at most `FEW_SCOPES` and one. */
  readonly reach?: readonly string[] | null | undefined;
}

/** So many are looked up one by one. */
export const FEW_SCOPES = 500;

/** Plain lists, so that the same powers fill the SQL of every list and every stream. */
export interface Powers {
  /** Groups the viewer is an active member of, through nesting too. */
  readonly groups: readonly string[];
  readonly ownedGroups: readonly string[];
  /** Types of Entra assignments the viewer may view, and manage. */
  readonly entraView: readonly AssignmentType[];
  readonly entraManage: readonly AssignmentType[];
  /** What is on record about Entra roles and about the directory. */
  readonly entraAudit: boolean;
  /** Role settings of Entra roles. */
  readonly entraPoliciesView: boolean;
  readonly entraPoliciesManage: boolean;
  /** Azure scopes at and below which the viewer may view, and manage. */
  readonly azureView: readonly string[];
  readonly azureManage: readonly string[];
  /** Every scope that `azureView` reaches, where they are few; left out where they are many. */
  readonly azureReach?: readonly string[] | undefined;
  readonly roleAssignableGroupsView: boolean;
  readonly roleAssignableGroupsManage: boolean;
  readonly otherGroupsView: boolean;
  readonly otherGroupsManage: boolean;
}

/** Who asks: the principal behind a checked access token, with what the token proves and what the principal may do now. */
export interface Viewer {
  readonly id: string;
  readonly kind: PrincipalKind;
  readonly userType: UserType | null;
  readonly proof: Proof;
  /** When the access token ends, and with it every stream that it opened. */
  readonly expiresAt: Date;
  readonly applicationPermissions: readonly string[];
  readonly powers: Powers;
}

/** Where an assignment would lie, as far as rights are concerned. */
export interface Target {
  readonly provider: Provider;
  readonly type: AssignmentType;
  /** The scope itself and everything above it. */
  readonly ancestorIds: readonly string[];
  readonly group: { readonly id: string; readonly roleAssignable: boolean } | null;
}

const { globalAdministrator, privilegedRoleAdministrator, securityAdministrator, globalReader } = ENTRA;
const { securityReader, securityOperator } = ENTRA;
const { directoryWriters, groupsAdministrator, identityGovernanceAdministrator, userAdministrator } = ENTRA;

/** @see https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-roles */
const ENTRA_MANAGERS = [globalAdministrator, privilegedRoleAdministrator];
const ENTRA_AUDITORS = [...ENTRA_MANAGERS, securityAdministrator, globalReader, securityReader];
const ENTRA_VIEWERS = [...ENTRA_AUDITORS, securityOperator];

/** @see https://learn.microsoft.com/entra/id-governance/privileged-identity-management/groups-discover-groups */
const ROLE_ASSIGNABLE_GROUP_MANAGERS = [privilegedRoleAdministrator, globalAdministrator];
const ROLE_ASSIGNABLE_GROUP_VIEWERS = [globalReader, ...ROLE_ASSIGNABLE_GROUP_MANAGERS];
const OTHER_GROUP_MANAGERS = [
  directoryWriters,
  groupsAdministrator,
  identityGovernanceAdministrator,
  userAdministrator,
];
const OTHER_GROUP_VIEWERS = [globalReader, ...OTHER_GROUP_MANAGERS];

/** Roles that give powers by what they are; Azure roles do by what they allow. */
export const POWERFUL_ROLES: readonly string[] = [
  ...new Set([...ENTRA_VIEWERS, ...ROLE_ASSIGNABLE_GROUP_VIEWERS, ...OTHER_GROUP_VIEWERS, GROUP_OWNER]),
];

/** @see https://learn.microsoft.com/graph/permissions-reference for the application permissions */
const APPLICATION_VIEW: Record<AssignmentType, readonly string[]> = {
  ELIGIBLE: ['RoleManagement', 'RoleEligibilitySchedule'].flatMap((noun) => readsOf(noun)),
  ACTIVE: ['RoleManagement', 'RoleAssignmentSchedule'].flatMap((noun) => readsOf(noun)),
};
const APPLICATION_MANAGE: Record<AssignmentType, readonly string[]> = {
  ELIGIBLE: ['RoleManagement.ReadWrite.Directory', 'RoleEligibilitySchedule.ReadWrite.Directory'],
  ACTIVE: ['RoleManagement.ReadWrite.Directory', 'RoleAssignmentSchedule.ReadWrite.Directory'],
};
const APPLICATION_AUDIT = ['AuditLog.Read.All'];
const APPLICATION_POLICIES_VIEW = ['RoleManagement', 'RoleManagementPolicy'].flatMap((noun) => readsOf(noun));
const APPLICATION_POLICIES_MANAGE = ['RoleManagement.ReadWrite.Directory', 'RoleManagementPolicy.ReadWrite.Directory'];

export function powersOf(
  held: readonly HeldRole[],
  groups: readonly string[],
  applicationPermissions: readonly string[],
): Powers {
  // A role held for one administrative unit or application says nothing about the directory.
  const directoryRoles = held.filter((h) => h.provider === 'ENTRA_ROLE' && h.scopeId === DIRECTORY_SCOPE);
  const holds = (roles: readonly string[]) => directoryRoles.some((h) => roles.includes(h.roleId));
  const permitted = (allowed: readonly string[]) => applicationPermissions.some((given) => allowed.includes(given));
  const unconditional = held.filter((h) => h.provider === 'AZURE_RESOURCE' && !h.conditional);
  return {
    groups,
    ownedGroups: held.flatMap((h) => (h.roleId === GROUP_OWNER && h.groupId !== null ? [h.groupId] : [])),
    entraView: ASSIGNMENT_TYPES.filter((type) => holds(ENTRA_VIEWERS) || permitted(APPLICATION_VIEW[type])),
    entraManage: ASSIGNMENT_TYPES.filter((type) => holds(ENTRA_MANAGERS) || permitted(APPLICATION_MANAGE[type])),
    entraAudit: holds(ENTRA_AUDITORS) || permitted(APPLICATION_AUDIT),
    entraPoliciesView: holds(ENTRA_VIEWERS) || permitted(APPLICATION_POLICIES_VIEW),
    entraPoliciesManage: holds(ENTRA_MANAGERS) || permitted(APPLICATION_POLICIES_MANAGE),
    azureView: unconditional.filter((h) => h.readsAssignments || h.managesAssignments).map((h) => h.scopeId),
    azureReach: reachOf(unconditional.filter((h) => h.readsAssignments || h.managesAssignments)),
    azureManage: unconditional.filter((h) => h.managesAssignments).map((h) => h.scopeId),
    roleAssignableGroupsView: holds(ROLE_ASSIGNABLE_GROUP_VIEWERS),
    roleAssignableGroupsManage: holds(ROLE_ASSIGNABLE_GROUP_MANAGERS),
    otherGroupsView: holds(OTHER_GROUP_VIEWERS),
    otherGroupsManage: holds(OTHER_GROUP_MANAGERS),
  };
}

function reachOf(held: readonly HeldRole[]): readonly string[] | undefined {
  const scopes = held.flatMap((h) => h.reach ?? [h.scopeId]);
  const known = held.every((h) => h.reach != null) && scopes.length <= FEW_SCOPES;
  return held.length > 0 && known ? scopes : undefined;
}

export function mayManage(powers: Powers, target: Target): boolean {
  switch (target.provider) {
    case 'ENTRA_ROLE':
      return powers.entraManage.includes(target.type);
    case 'AZURE_RESOURCE':
      return powers.azureManage.some((scopeId) => target.ancestorIds.includes(scopeId));
    case 'GROUP':
      if (target.group === null) return false;
      if (powers.ownedGroups.includes(target.group.id)) return true;
      return target.group.roleAssignable ? powers.roleAssignableGroupsManage : powers.otherGroupsManage;
    default:
      return target.provider satisfies never;
  }
}

/** Whoever manages assignments manages the role settings with them; for Entra roles an application needs a permission of its own. */
export function mayManagePolicy(powers: Powers, target: Omit<Target, 'type'>): boolean {
  if (target.provider === 'ENTRA_ROLE') return powers.entraPoliciesManage;
  return mayManage(powers, { ...target, type: 'ELIGIBLE' });
}

/** True for whoever manages something at all: the first question, asked before any fact is looked up. */
export function managesSomething(powers: Powers): boolean {
  return (
    powers.entraManage.length > 0 ||
    powers.entraPoliciesManage ||
    powers.azureManage.length > 0 ||
    powers.ownedGroups.length > 0 ||
    powers.roleAssignableGroupsManage ||
    powers.otherGroupsManage
  );
}

/** True for whoever reads other people's Entra assignments, and with them the sensitive details of principals. */
export function readsDirectory(powers: Powers): boolean {
  return powers.entraView.length > 0;
}

/** Members of the directory read its public properties by default; guests and applications only what they are given. */
export function browsesDirectory({ kind, userType, powers }: Viewer): boolean {
  return (kind === 'USER' && userType === 'MEMBER') || readsDirectory(powers) || managesSomething(powers);
}

function readsOf(noun: string): string[] {
  return [`${noun}.Read.Directory`, `${noun}.ReadWrite.Directory`];
}
