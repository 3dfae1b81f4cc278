/** May this administrator give this principal this role at this scope for this time? */
import { type Refusal, type Refused, refusal, refuse } from '../refusals.ts';
import { conditionRefusal } from './condition.ts';
import type { RolePolicyRules } from './policy.ts';
import { mayManage, type Powers } from './powers.ts';
import { assignmentRuleRefusals, type Proof, type Reasons } from './rules.ts';
import { decidePeriod, type Period, type ScheduleInput } from './schedule.ts';
import type { AssignmentType, PrincipalKind, Provider, ScopeKind } from './words.ts';

export interface RoleFacts {
  readonly id: string;
  readonly provider: Provider;
  readonly displayName: string;
  readonly assignable: boolean;
  readonly deprecated: boolean;
  readonly administrativeUnitScope: boolean;
  readonly applicationScope: boolean;
  readonly assignableScopes: readonly string[];
}

export interface ScopeFacts {
  readonly id: string;
  readonly provider: Provider;
  readonly kind: ScopeKind;
  readonly path: string;
  /** The scope itself or anything above it is locked. */
  readonly locked: boolean;
  /** The scope itself and everything above it. */
  readonly ancestorIds: readonly string[];
  /** Their canonical paths. */
  readonly ancestorKeys: readonly string[];
  /** The group of a GROUP scope. */
  readonly group: {
    readonly id: string;
    readonly roleAssignable: boolean;
    readonly dynamicMembership: boolean;
    readonly synchronized: boolean;
  } | null;
}

export interface PrincipalFacts {
  readonly id: string;
  readonly kind: PrincipalKind;
  readonly roleAssignable: boolean;
  readonly securityEnabled: boolean;
}

export interface AssignmentFacts {
  readonly now: Date;
  readonly powers: Powers;
  /** Null: absent, or hidden from the viewer, which is the same answer. */
  readonly role: RoleFacts | null;
  readonly scope: ScopeFacts | null;
  readonly principal: PrincipalFacts | null;
  readonly type: AssignmentType;
  readonly schedule: ScheduleInput;
  readonly reasons: Reasons;
  readonly proof: Proof;
  /** Periods in which the principal already holds the role at the scope in this type. */
  readonly held: readonly Period[];
  readonly pending: boolean;
  readonly rules: RolePolicyRules;
  /** An ABAC condition that narrows an Azure role. */
  readonly condition: string | null;
}

/** The access that is made: what a request asks for and an assignment grants. */
export interface Access {
  readonly provider: Provider;
  readonly roleId: string;
  readonly scopeId: string;
  readonly principalId: string;
}

export type AssignmentDecision = { readonly assigned: Access & Period };

/** Checks run in order of precedence; the first that fails is the answer, but for policy rules, which are named together. */
export function decideAssignment(f: AssignmentFacts): AssignmentDecision | Refused {
  if (f.role === null) return refuse('ROLE_NOT_FOUND', { field: ['role'] });
  if (f.scope === null) return refuse('SCOPE_NOT_FOUND', { field: ['scope'] });
  if (f.principal === null) return refuse('PRINCIPAL_NOT_FOUND', { field: ['principal'] });
  const { provider } = f.role;
  if (!f.role.assignable || f.role.deprecated) return refuse('ROLE_NOT_ASSIGNABLE', { field: ['role'] });
  const misplaced = scopeRefusal(f.role, f.scope);
  if (misplaced) return { refusals: [misplaced] };
  if (f.scope.locked) return refuse('RESOURCE_LOCKED', { field: ['scope'] });
  const { ancestorIds, group } = f.scope;
  if (!mayManage(f.powers, { provider, type: f.type, ancestorIds, group })) return refuse('INSUFFICIENT_PERMISSIONS');
  const illegal = principalRefusal(f.role, f.scope, f.principal, f.type);
  if (illegal) return { refusals: [illegal] };
  const unreadable = conditionRefusal(provider, f.condition ?? null);
  if (unreadable) return { refusals: [unreadable] };
  const period = decidePeriod(f.schedule, f.now);
  if ('refusals' in period) return period;
  if (f.held.some((held) => overlap(held, period))) return refuse('ASSIGNMENT_EXISTS');
  if (f.pending) return refuse('REQUEST_PENDING');
  const failed = assignmentRuleRefusals(f.rules, f.type, { period, reasons: f.reasons, proof: f.proof });
  if (failed.length) return { refusals: failed };
  // From here on the assignment is made.
  return { assigned: { provider, roleId: f.role.id, scopeId: f.scope.id, principalId: f.principal.id, ...period } };
}

/** Where a role may be assigned. @see https://learn.microsoft.com/entra/identity/role-based-access-control/custom-overview#scope */
export function scopeRefusal(role: RoleFacts, scope: ScopeFacts): Refusal | null {
  const no = (hint: string) => refusal('SCOPE_NOT_ALLOWED', { field: ['scope'], hint });
  if (role.provider !== scope.provider) return no(`${role.displayName} is a role of another provider than the scope.`);
  switch (scope.kind) {
    case 'ADMINISTRATIVE_UNIT':
      return role.administrativeUnitScope
        ? null
        : no(`${role.displayName} cannot be limited to an administrative unit.`);
    case 'DIRECTORY_OBJECT':
      return role.applicationScope ? null : no(`${role.displayName} cannot be limited to an application.`);
    case 'GROUP':
      if (scope.group?.dynamicMembership) return no('The membership of the group is dynamic.');
      return scope.group?.synchronized ? no('The group is synchronized from elsewhere.') : null;
    case 'DIRECTORY':
      return null;
    case 'TENANT_ROOT':
    case 'MANAGEMENT_GROUP':
    case 'SUBSCRIPTION':
    case 'RESOURCE_GROUP':
    case 'RESOURCE':
      return assignableAt(role, scope)
        ? null
        : no(`${role.displayName} is assignable at ${role.assignableScopes.join(', ')} only.`);
    default:
      return scope.kind satisfies never;
  }
}

function assignableAt(role: RoleFacts, scope: ScopeFacts): boolean {
  return role.assignableScopes.some((path) => path === '/' || scope.ancestorKeys.includes(canonicalKey(path)));
}

/** As PostgreSQL's `lower` has it in the collation C: no locale's letters. */
export function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Azure identifiers are compared without regard to ASCII letter case and to a trailing slash. */
export function canonicalKey(path: string): string {
  const key = asciiLower(path);
  return key.length > 1 && key.endsWith('/') ? key.slice(0, -1) : key;
}

/** Nothing that cannot perform activation steps may be eligible; groups as each provider allows. */
export function principalRefusal(
  role: RoleFacts,
  scope: ScopeFacts,
  principal: PrincipalFacts,
  type: AssignmentType,
): Refusal | null {
  const no = (hint: string) => refusal('PRINCIPAL_NOT_ALLOWED', { field: ['principal'], hint });
  switch (principal.kind) {
    case 'USER':
      return null;
    case 'SERVICE_PRINCIPAL':
    case 'MANAGED_IDENTITY':
      return type === 'ELIGIBLE'
        ? no('Service principals and managed identities can be active only, never eligible.')
        : null;
    case 'GROUP':
      return groupRefusal(role, scope, principal, type, no);
    default:
      return principal.kind satisfies never;
  }
}

function groupRefusal(
  role: RoleFacts,
  scope: ScopeFacts,
  principal: PrincipalFacts,
  type: AssignmentType,
  no: (hint: string) => Refusal,
): Refusal | null {
  switch (role.provider) {
    case 'ENTRA_ROLE':
      return principal.roleAssignable ? null : no('Only a role-assignable group can hold an Entra role.');
    case 'AZURE_RESOURCE':
      return principal.securityEnabled ? null : no('Only a security group can hold an Azure role.');
    case 'GROUP':
      if (scope.group?.id === principal.id) return no('A group cannot be a member or an owner of itself.');
      if (type === 'ACTIVE' && scope.group?.roleAssignable) {
        return no('A group cannot be an active member or owner of a role-assignable group.');
      }
      return null;
    default:
      return role.provider satisfies never;
  }
}

export function overlap(a: Period, b: Period): boolean {
  const startsBeforeEnd = (x: Period, y: Period) => y.endsAt === null || x.startsAt < y.endsAt;
  return startsBeforeEnd(a, b) && startsBeforeEnd(b, a);
}
