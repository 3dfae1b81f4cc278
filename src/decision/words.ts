/** Which words the product speaks: the enumerations of Microsoft Entra PIM, in our case. @see https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagementv3-overview */

export const PROVIDERS = ['ENTRA_ROLE', 'AZURE_RESOURCE', 'GROUP'] as const;
export type Provider = (typeof PROVIDERS)[number];

export const PRINCIPAL_KINDS = ['USER', 'GROUP', 'SERVICE_PRINCIPAL', 'MANAGED_IDENTITY'] as const;
export type PrincipalKind = (typeof PRINCIPAL_KINDS)[number];

export const USER_TYPES = ['MEMBER', 'GUEST'] as const;
export type UserType = (typeof USER_TYPES)[number];

export const SCOPE_KINDS = [
  'DIRECTORY',
  'ADMINISTRATIVE_UNIT',
  'DIRECTORY_OBJECT',
  'TENANT_ROOT',
  'MANAGEMENT_GROUP',
  'SUBSCRIPTION',
  'RESOURCE_GROUP',
  'RESOURCE',
  'GROUP',
] as const;
export type ScopeKind = (typeof SCOPE_KINDS)[number];

export const KINDS_OF_PROVIDER: Readonly<Record<Provider, readonly ScopeKind[]>> = {
  ENTRA_ROLE: ['DIRECTORY', 'ADMINISTRATIVE_UNIT', 'DIRECTORY_OBJECT'],
  AZURE_RESOURCE: ['TENANT_ROOT', 'MANAGEMENT_GROUP', 'SUBSCRIPTION', 'RESOURCE_GROUP', 'RESOURCE'],
  GROUP: ['GROUP'],
};

export const ASSIGNMENT_TYPES = ['ELIGIBLE', 'ACTIVE'] as const;
export type AssignmentType = (typeof ASSIGNMENT_TYPES)[number];

export const ASSIGNMENT_STATES = ['ASSIGNED', 'ACTIVATED'] as const;
export type AssignmentState = (typeof ASSIGNMENT_STATES)[number];

export const END_REASONS = ['REMOVED', 'DEACTIVATED', 'EXPIRED', 'FAILED'] as const;
export type EndReason = (typeof END_REASONS)[number];

export const REQUEST_ACTIONS = [
  'ADMIN_ASSIGN',
  'ADMIN_UPDATE',
  'ADMIN_REMOVE',
  'ADMIN_EXTEND',
  'ADMIN_RENEW',
  'SELF_ACTIVATE',
  'SELF_DEACTIVATE',
  'SELF_EXTEND',
  'SELF_RENEW',
] as const;
export type RequestAction = (typeof REQUEST_ACTIONS)[number];

export const REQUEST_STATUSES = [
  'PENDING_APPROVAL',
  'PENDING_ADMIN_DECISION',
  'GRANTED',
  'PROVISIONED',
  'REVOKED',
  'DENIED',
  'CANCELED',
  'TIMED_OUT',
  'FAILED',
] as const;
export type RequestStatus = (typeof REQUEST_STATUSES)[number];

export const APPROVAL_RESULTS = ['APPROVE', 'DENY'] as const;
export type ApprovalResult = (typeof APPROVAL_RESULTS)[number];

export const RULE_ORIGINS = ['DEFAULT', 'OWN', 'INHERITED', 'TEMPLATE'] as const;
export type RuleOriginKind = (typeof RULE_ORIGINS)[number];

/** The only version of the language of ABAC conditions that this gateway takes. */
export const CONDITION_VERSION = '2.0';

export const BULK_KINDS = ['EXPORT', 'IMPORT'] as const;
export type BulkKind = (typeof BULK_KINDS)[number];

export const BULK_STATUSES = ['UPLOADING', 'CREATED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED'] as const;
export type BulkStatus = (typeof BULK_STATUSES)[number];
/** Nothing more becomes of it. */
export const BULK_OVER: readonly BulkStatus[] = ['COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED'];
