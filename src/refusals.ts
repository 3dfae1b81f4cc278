/** Why does the gateway say no? Every expected refusal once: its code and the sentence that explains it. */

/** @see https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentschedulerequest for the Entra names in brackets */
export const REFUSALS = {
  ROLE_NOT_FOUND: 'There is no such role. [RoleNotFound]',
  PRINCIPAL_NOT_FOUND: 'There is no such principal. [SubjectNotFound]',
  SCOPE_NOT_FOUND: 'There is no such scope. [ResourceNotFound]',
  REQUEST_NOT_FOUND: 'There is no such request.',
  ASSIGNMENT_NOT_FOUND: 'There is no such assignment. [RoleAssignmentDoesNotExist]',
  ROLE_NOT_ASSIGNABLE: 'The role cannot be assigned: it is deprecated or assigned by the system only.',
  SCOPE_NOT_ALLOWED: 'The role cannot be assigned at this scope. [InvalidScope]',
  PRINCIPAL_NOT_ALLOWED: 'This kind of principal cannot hold such an assignment.',
  RESOURCE_LOCKED: 'The resource is locked against changes. [ResourceIsLocked]',
  INSUFFICIENT_PERMISSIONS: 'You may not manage this role at this scope. [InsufficientPermissions]',
  ASSIGNMENT_EXISTS:
    'The principal already holds such an assignment of this role at this scope. [RoleAssignmentExists]',
  ALREADY_ACTIVE: 'You already hold the role actively at this scope in that time. [RoleAssignmentExists]',
  REQUEST_PENDING: 'A request for this access is already waiting for a decision. [PendingRoleAssignmentRequest]',
  PRINCIPAL_DISABLED: 'The principal is disabled or deleted. [SubjectNotFound]',
  ASSIGNMENT_ENDED: 'The assignment is over. [RoleAssignmentDoesNotExist]',
  IS_ACTIVATION: 'An activation is not changed: it is deactivated or removed, or it expires.',
  NOTHING_TO_CHANGE: 'Nothing was given that would change the assignment.',
  NOT_EXTENDABLE: 'The assignment is permanent: there is no end to move.',
  EXTENSION_WINDOW_CLOSED: 'A holder asks for an extension in the last 14 days before the end.',
  NOT_RENEWABLE: 'Only what has expired is renewed.',
  RENEWAL_WINDOW_CLOSED: 'An assignment is renewed within 30 days after its end.',
  REASON_REQUIRED: 'Whoever asks for an extension or a renewal says why. [JustificationRule]',
  NOT_CANCELABLE: 'The request can no longer be canceled.',
  CONDITION_NOT_ALLOWED: 'Only an Azure role can be narrowed by a condition.',
  CONDITION_INVALID: 'The condition cannot be read.',
  NOT_ELIGIBLE: 'You hold no eligible assignment that is in force for this. [EligibilityRule]',
  NOT_ACTIVATED: 'This is not a running activation of yours. [RoleAssignmentDoesNotExist]',
  INVALID_SCHEDULE: 'The start and the end do not fit. [InvalidRoleAssignmentRequestSchedule]',
  DURATION_TOO_SHORT: 'An assignment lasts at least 5 minutes. [ActiveDurationTooShort]',
  ACTIVE_TOO_BRIEFLY: 'The activation has not lasted long enough to be deactivated. [ActiveDurationTooShort]',
  EXTENSION_NOT_ALLOWED: 'The role settings do not allow a running activation to be extended.',
  POLICY_RULES_FAILED:
    'The role settings are not met: see failedRules for each rule. [RoleAssignmentRequestPolicyValidationFailed]',
  AUTHENTICATION_CONTEXT_REQUIRED:
    'The role settings ask for an authentication context that your token does not hold. [RoleAssignmentRequestAcrsValidationFailed]',
  LAST_ADMINISTRATOR:
    'It would leave the directory without the administrators it must keep: give the role to somebody else first.',
  LAST_OWNER: 'It would leave the group without an owner: name another owner first.',
  NO_APPROVER: 'The role settings ask for approval, and nobody but you could give it. [InvalidPolicy]',
  NOT_APPROVED: 'The role settings have come to ask for an approval that the request never had.',
  SELF_APPROVAL: 'Nobody decides on their own request.',
  NOT_APPROVER: 'You are not an approver of this request.',
  ALREADY_DECIDED: "You have decided on this request before: the next decision is somebody else's.",
  REQUEST_OUTDATED: 'The role settings have become stricter since: the request must be made again.',
  REQUEST_NOT_PENDING: 'The request is no longer waiting for a decision.',
  REQUEST_TIMED_OUT: 'The request was not decided in time; it must be made again.',
  JUSTIFICATION_REQUIRED: 'A decision needs a justification.',
  INVALID_POLICY: 'These role settings cannot be made. [InvalidPolicy]',
  POLICY_CHANGED: 'Somebody has changed the settings since: read them again.',
  POLICY_UNCHANGED: 'The settings are like this already.',
  POLICY_TEMPLATE_NOT_FOUND: 'There is no such policy template.',
  POLICY_TEMPLATE_EXISTS: 'There is a policy template of this name already.',
  EXPORT_DOCUMENT_INVALID: 'The document cannot be executed.',
  EXPORT_NOT_A_QUERY: 'Only a query is exported: give one, and its name where the document holds several operations.',
  EXPORT_CONNECTION_REQUIRED: 'The query has no list at its root: select one there, such as assignments.',
  EXPORT_ONE_CONNECTION: 'The query selects more than one list: an export holds the rows of one.',
  EXPORT_PAGE_ARGUMENTS: 'An export turns the pages itself: leave first, after, last and before out.',
  EXPORT_NODES_REQUIRED:
    'Select nodes { … } or edges { node { … } } of the list and nothing beside it: the rest is about pages.',
  EXPORT_NESTED_CONNECTION: 'There is a list within the rows: export it by itself.',
  BULK_OPERATION_NOT_FOUND: 'There is no such bulk operation.',
  BULK_OPERATION_OVER: 'The bulk operation is over already.',
  TOO_MANY_BULK_OPERATIONS: 'There are too many bulk operations: wait until one is over, or cancel it.',
  BATCH_REFUSED: 'Another item of the batch was refused, so that nothing of it was done.',
  DUPLICATE_ITEM: 'The batch names this more than once: name it once.',
  PROVIDER_DIFFERS: 'Assignments are copied between scopes of one provider only.',
  COPY_TOO_LARGE: 'More assignments are found than one copy may make: narrow the filter, or import them.',
  UPLOAD_NOT_FOUND: 'There is no such upload of yours, or it has expired: upload the file again.',
  IDEMPOTENCY_KEY_REUSED: 'This idempotency key came before with another input: use a new key for a new request.',
} as const;

export type RefusalCode = keyof typeof REFUSALS;

export const POLICY_RULES = [
  'EXPIRATION',
  'JUSTIFICATION',
  'TICKETING',
  'MFA',
  'AUTHENTICATION_CONTEXT',
  'APPROVAL',
  'NOTIFICATION',
] as const;
export type PolicyRuleName = (typeof POLICY_RULES)[number];

/** One rule that was not met: what it allows, what was given, and what would help. */
export interface RuleVerdict {
  readonly rule: PolicyRuleName;
  /** The rule's immutable id, such as `Expiration_EndUser_Assignment`. */
  readonly ruleId: string;
  readonly allowed: string;
  readonly given: string;
  readonly remedy: string;
}

/** What the next access token must prove. @see https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest */
export interface StepUpChallenge {
  /** For the authorization request's `acr_values`, in order of preference. */
  readonly acrValues: readonly string[];
  /** For the authorization request's `max_age`; null when any sign-in of this session will do. */
  readonly maxAgeSeconds: number | null;
  /** The `claims` request parameter as JSON; null when `acr_values` say it all. */
  readonly claims: string | null;
}

export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  /** Path of the input field at fault, outermost first; empty when it is none in particular. */
  readonly field: readonly string[];
  readonly failedRules: readonly RuleVerdict[];
  readonly stepUp: StepUpChallenge | null;
}

export interface Refused {
  readonly refusals: readonly Refusal[];
}

/** Why a row of a file was not taken. */
export interface RowProblem {
  readonly code: string;
  /** Null: it is none in particular. */
  readonly column: string | null;
  readonly reason: string;
}

interface RefusalDetail {
  readonly field?: readonly string[];
  /** Says what is allowed; added to the code's sentence. */
  readonly hint?: string;
  readonly failedRules?: readonly RuleVerdict[];
  readonly stepUp?: StepUpChallenge | null;
}

export function refusal(code: RefusalCode, detail: RefusalDetail = {}): Refusal {
  const sentence = REFUSALS[code].replace(/ \[\w+\]$/, '');
  return {
    code,
    message: detail.hint ? `${sentence} ${detail.hint}` : sentence,
    field: detail.field ?? [],
    failedRules: detail.failedRules ?? [],
    stepUp: detail.stepUp ?? null,
  };
}

export function refuse(code: RefusalCode, detail?: RefusalDetail): Refused {
  return { refusals: [refusal(code, detail)] };
}

export function isRefused<T extends object>(decision: T | Refused): decision is Refused {
  return 'refusals' in decision;
}
