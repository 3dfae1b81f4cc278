/** Which rows exist: every table as MikroORM knows it. References are plain ids; the migrations hold the constraints. */
import { defineEntity, p } from '@mikro-orm/core';
import type { RolePolicyRules } from '../decision/policy.ts';
import type { Permission } from '../decision/role.ts';
import type {
  ApprovalResult,
  AssignmentState,
  AssignmentType,
  EndReason,
  PrincipalKind,
  Provider,
  RequestAction,
  RequestStatus,
  ScopeKind,
  UserType,
} from '../decision/words.ts';

export const PrincipalEntity = defineEntity({
  name: 'Principal',
  tableName: 'principal',
  properties: {
    id: p.uuid().primary(),
    kind: p.string().$type<PrincipalKind>(),
    displayName: p.text(),
    enabled: p.boolean(),
    createdAt: p.datetime(),
    deletedAt: p.datetime().nullable(),
    userPrincipalName: p.text().nullable(),
    mail: p.text().nullable(),
    userType: p.string().$type<UserType>().nullable(),
    jobTitle: p.text().nullable(),
    department: p.text().nullable(),
    lastSignInAt: p.datetime().nullable(),
    roleAssignable: p.boolean(),
    dynamicMembership: p.boolean(),
    synchronized: p.boolean(),
    securityEnabled: p.boolean(),
    appId: p.uuid().nullable(),
  },
});

export const ScopeEntity = defineEntity({
  name: 'Scope',
  tableName: 'scope',
  properties: {
    id: p.uuid().primary(),
    provider: p.string().$type<Provider>(),
    kind: p.string().$type<ScopeKind>(),
    path: p.text(),
    key: p.text().persist(false),
    parentId: p.uuid().nullable(),
    displayName: p.text(),
    resourceType: p.text().nullable(),
    principalId: p.uuid().nullable(),
    locked: p.boolean(),
  },
});

export const ScopeAncestorEntity = defineEntity({
  name: 'ScopeAncestor',
  tableName: 'scope_ancestor',
  properties: { scopeId: p.uuid().primary(), ancestorId: p.uuid().primary(), depth: p.integer() },
});

export const AdministrativeUnitMemberEntity = defineEntity({
  name: 'AdministrativeUnitMember',
  tableName: 'administrative_unit_member',
  properties: { scopeId: p.uuid().primary(), principalId: p.uuid().primary() },
});

export const RoleEntity = defineEntity({
  name: 'Role',
  tableName: 'role',
  properties: {
    id: p.uuid().primary(),
    provider: p.string().$type<Provider>(),
    displayName: p.text(),
    builtIn: p.boolean(),
    privileged: p.boolean(),
    assignable: p.boolean(),
    deprecated: p.boolean(),
    administrativeUnitScope: p.boolean(),
    applicationScope: p.boolean(),
    categories: p.array().$type<string[]>(),
    assignableScopes: p.array().$type<string[]>(),
    permissions: p.json().$type<Permission[]>(),
    managesAssignments: p.boolean(),
    readsAssignments: p.boolean(),
  },
});

export const RolePolicyVersionEntity = defineEntity({
  name: 'RolePolicyVersion',
  tableName: 'role_policy_version',
  properties: {
    id: p.uuid().primary(),
    provider: p.string().$type<Provider>(),
    roleId: p.uuid(),
    scopeId: p.uuid(),
    version: p.integer(),
    rules: p.json().$type<RolePolicyRules>().nullable(),
    inheritable: p.boolean(),
    templateVersionId: p.uuid().nullable(),
    createdAt: p.datetime(),
    createdBy: p.uuid().nullable(),
  },
});

export const PolicyTemplateEntity = defineEntity({
  name: 'PolicyTemplate',
  tableName: 'policy_template',
  properties: {
    id: p.uuid().primary(),
    provider: p.string().$type<Provider>(),
    name: p.text(),
    createdAt: p.datetime(),
  },
});

export const PolicyTemplateVersionEntity = defineEntity({
  name: 'PolicyTemplateVersion',
  tableName: 'policy_template_version',
  properties: {
    id: p.uuid().primary(),
    templateId: p.uuid(),
    version: p.integer(),
    description: p.text().nullable(),
    rules: p.json().$type<Partial<RolePolicyRules>>(),
    createdAt: p.datetime(),
    createdBy: p.uuid().nullable(),
  },
});

export const RequestEntity = defineEntity({
  name: 'Request',
  tableName: 'request',
  properties: {
    id: p.uuid().primary(),
    action: p.string().$type<RequestAction>(),
    status: p.string().$type<RequestStatus>(),
    assignmentType: p.string().$type<AssignmentType>(),
    provider: p.string().$type<Provider>(),
    roleId: p.uuid(),
    scopeId: p.uuid(),
    principalId: p.uuid(),
    requestorId: p.uuid().nullable(),
    eligibilityId: p.uuid().nullable(),
    policyVersionId: p.uuid().nullable(),
    justification: p.text().nullable(),
    ticketNumber: p.text().nullable(),
    ticketSystem: p.text().nullable(),
    startsAt: p.datetime().nullable(),
    endsAt: p.datetime().nullable(),
    durationMinutes: p.integer().nullable(),
    targetId: p.uuid().nullable(),
    condition: p.text().nullable(),
    multiFactorAt: p.datetime().nullable(),
    authenticationContexts: p.array().$type<string[]>(),
    createdAt: p.datetime(),
    expiresAt: p.datetime().nullable(),
    stage: p.integer(),
    escalatesAt: p.datetime().nullable(),
    completedAt: p.datetime().nullable(),
  },
});

export const RequestApproverEntity = defineEntity({
  name: 'RequestApprover',
  tableName: 'request_approver',
  properties: {
    requestId: p.uuid().primary(),
    stage: p.integer().primary(),
    approverId: p.uuid().primary(),
    escalation: p.boolean(),
  },
});

export const ApprovalDecisionEntity = defineEntity({
  name: 'ApprovalDecision',
  tableName: 'approval_decision',
  properties: {
    id: p.uuid().primary(),
    requestId: p.uuid(),
    requestorId: p.uuid(),
    stage: p.integer(),
    decidedBy: p.uuid(),
    result: p.string().$type<ApprovalResult>(),
    durationMinutes: p.integer().nullable(),
    justification: p.text(),
    decidedAt: p.datetime(),
  },
});

export const AssignmentEntity = defineEntity({
  name: 'Assignment',
  tableName: 'assignment',
  properties: {
    id: p.uuid().primary(),
    provider: p.string().$type<Provider>(),
    roleId: p.uuid(),
    scopeId: p.uuid(),
    principalId: p.uuid(),
    type: p.string().$type<AssignmentType>(),
    state: p.string().$type<AssignmentState>(),
    startsAt: p.datetime(),
    endsAt: p.datetime().nullable(),
    endedBy: p.string().$type<EndReason>().nullable(),
    eligibilityId: p.uuid().nullable(),
    requestId: p.uuid().nullable(),
    condition: p.text().nullable(),
    createdAt: p.datetime(),
  },
});

export const EventEntity = defineEntity({
  name: 'Event',
  tableName: 'event',
  properties: {
    id: p.bigint('string').primary().autoincrement(),
    position: p.bigint('string').nullable(),
    at: p.datetime(),
    type: p.text(),
    actorId: p.uuid().nullable(),
    provider: p.string().$type<Provider>().nullable(),
    assignmentType: p.string().$type<AssignmentType>().nullable(),
    principalId: p.uuid().nullable(),
    roleId: p.uuid().nullable(),
    scopeId: p.uuid().nullable(),
    assignmentId: p.uuid().nullable(),
    requestId: p.uuid().nullable(),
    payload: p.json().$type<Record<string, unknown>>(),
  },
});

export const IdempotencyKeyEntity = defineEntity({
  name: 'IdempotencyKey',
  tableName: 'idempotency_key',
  properties: {
    principalId: p.uuid().primary(),
    key: p.text().primary(),
    bodyHash: p.text(),
    answer: p.json().$type<unknown>().nullable(),
    createdAt: p.datetime(),
  },
});

export const ENTITIES = [
  PrincipalEntity,
  ScopeEntity,
  ScopeAncestorEntity,
  AdministrativeUnitMemberEntity,
  RoleEntity,
  RolePolicyVersionEntity,
  PolicyTemplateEntity,
  PolicyTemplateVersionEntity,
  RequestEntity,
  RequestApproverEntity,
  ApprovalDecisionEntity,
  AssignmentEntity,
  EventEntity,
  IdempotencyKeyEntity,
] as const;
