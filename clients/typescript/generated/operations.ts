/** What can be asked, and what comes back? Written by `npm run codegen`. */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** Which events; every field given must hold. */
export type AccessEventFilter = {
  /** At this scope or anywhere below it. */
  readonly below?: string | null | undefined;
  /** One of these providers. */
  readonly providers?: ReadonlyArray<Provider> | null | undefined;
  /** For one of these roles. */
  readonly roles?: ReadonlyArray<string> | null | undefined;
  /** One of these types; does not concern a snapshot. */
  readonly types?: ReadonlyArray<AssignmentEventType> | null | undefined;
};

/** What is asked for. */
export type AccessQuestion =
  {   /** An operation of Azure's control plane, such as `Microsoft.Storage/storageAccounts/write`. */
  readonly action: string; readonly dataAction?: never; readonly role?: never; }
  |  { readonly action?: never;   /** An operation of Azure's data plane, such as `Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read`. */
  readonly dataAction: string; readonly role?: never; }
  |  { readonly action?: never; readonly dataAction?: never;   /** This role. */
  readonly role: string; };

/** What to activate, for how long and why. */
export type ActivateInput = {
  /** How long it lasts, at least PT5M; excludes `endsAt`. Default: as long as the role settings allow. */
  readonly duration?: string | null | undefined;
  /** An eligible assignment of the caller's, or of a group of theirs. */
  readonly eligibility: string;
  /** When it ends; excludes `duration`. */
  readonly endsAt?: string | null | undefined;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** Why. */
  readonly justification?: string | null | undefined;
  /** Where: the scope of the eligible assignment, the default, or one below. */
  readonly scope?: ScopeInput | null | undefined;
  /** When it begins. Default, and for an instant in the past: now. */
  readonly startsAt?: string | null | undefined;
  /** A ticket that explains it. */
  readonly ticket?: TicketInput | null | undefined;
  /** Judge and answer, but write nothing. Default false. */
  readonly validateOnly?: boolean | null | undefined;
};

/** Several activations, of any providers. */
export type ActivateManyInput = {
  /** What to activate, 1 to 50. */
  readonly activations: ReadonlyArray<ActivationItem>;
  /** All of them or none. Default false: each on its own. */
  readonly atomic?: boolean | null | undefined;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** Judge and answer, but write nothing. Default false. */
  readonly validateOnly?: boolean | null | undefined;
};

/** What a holder must give or prove to activate. */
export type ActivationEnablementRuleInput = {
  /** All of it. Multi-factor authentication excludes an authentication context. */
  readonly enabledRules?: ReadonlyArray<EnabledRule> | null | undefined;
  /** How old the proof of more than one factor may be, `PT1M` to `P1D`; null: any of this session. */
  readonly multiFactorMaximumAge?: string | null | undefined;
};

/** How long an activation may last. */
export type ActivationExpirationRuleInput = {
  /** A running activation may be extended. */
  readonly isExtensionAllowed?: boolean | null | undefined;
  /** The longest, `PT5M` to `P1D`. */
  readonly maximumDuration?: string | null | undefined;
  /** How long it lasts before its holder may end it. */
  readonly minimumDuration?: string | null | undefined;
};

/** What to activate, for how long and why, as one of several. */
export type ActivationItem = {
  /** How long it lasts, at least PT5M; excludes `endsAt`. Default: as long as the role settings allow. */
  readonly duration?: string | null | undefined;
  /** An eligible assignment of the caller's, or of a group of theirs. */
  readonly eligibility: string;
  /** When it ends; excludes `duration`. */
  readonly endsAt?: string | null | undefined;
  /** Why. */
  readonly justification?: string | null | undefined;
  /** Where: the scope of the eligible assignment, the default, or one below. */
  readonly scope?: ScopeInput | null | undefined;
  /** When it begins. Default, and for an instant in the past: now. */
  readonly startsAt?: string | null | undefined;
  /** A ticket that explains it. */
  readonly ticket?: TicketInput | null | undefined;
};

/** What `activate` would answer. */
export type ActivationOutcome =
  /** It would be granted. */
  | 'GRANTED'
  /** A request would wait for approval. */
  | 'PENDING_APPROVAL'
  /** It would be refused. */
  | 'REFUSED';

/** What activating may ask for. */
export type ActivationRequirement =
  /** The approval of somebody else. */
  | 'APPROVAL'
  /** A token that holds the authentication context. */
  | 'AUTHENTICATION_CONTEXT'
  /** A reason. */
  | 'JUSTIFICATION'
  /** A token that proves multi-factor authentication in this session. */
  | 'MFA'
  /** A ticket's number and system. */
  | 'TICKET';

/** Who may decide as well once a stage has waited too long. */
export type ApprovalEscalationInput = {
  /** How long it waits; less than the time-out. */
  readonly after: string;
  /** Backup approvers: users and groups. */
  readonly approvers: ReadonlyArray<string>;
};

/** Which events; every field given must hold. */
export type ApprovalEventFilter = {
  /** At this scope or anywhere below it. */
  readonly below?: string | null | undefined;
  /** About the access of one of these. */
  readonly principals?: ReadonlyArray<string> | null | undefined;
  /** One of these providers. */
  readonly providers?: ReadonlyArray<Provider> | null | undefined;
  /** For one of these roles. */
  readonly roles?: ReadonlyArray<string> | null | undefined;
  /** One of these types; does not concern a snapshot. */
  readonly types?: ReadonlyArray<ApprovalEventType> | null | undefined;
};

/** What happened to a request that is decided. */
export type ApprovalEventType =
  /** The last approval that a request needed was given. */
  | 'REQUEST_APPROVED'
  /** A request was taken back, or lost what it was about. */
  | 'REQUEST_CANCELED'
  /** A request was made and waits for a decision. */
  | 'REQUEST_CREATED'
  /** An approver denied a request. */
  | 'REQUEST_DENIED'
  /** The approvers of a stage were silent: its backup approvers may decide as well. */
  | 'REQUEST_ESCALATED'
  /** An approver approved a request that waits for further approvals. */
  | 'REQUEST_STAGE_APPROVED'
  /** A request was not decided in time. */
  | 'REQUEST_TIMED_OUT';

/** Whether somebody else must approve an activation, and who. */
export type ApprovalRuleInput = {
  /** Activations wait for approval. */
  readonly isApprovalRequired?: boolean | null | undefined;
  /** Extensions of running activations wait for approval. */
  readonly isApprovalRequiredForExtension?: boolean | null | undefined;
  /** An approver gives a reason. */
  readonly isApproverJustificationRequired?: boolean | null | undefined;
  /** One to three, in place of all there were; one after the other. */
  readonly stages?: ReadonlyArray<ApprovalStageInput> | null | undefined;
  /** How long an undecided request waits, `PT5M` to `P30D`. */
  readonly timeout?: string | null | undefined;
};

/** A stage of an approval. */
export type ApprovalStageInput = {
  /** Users and groups. May be empty for an Entra role only. */
  readonly approvers: ReadonlyArray<string>;
  /** Who decides when nobody does. Default: nobody. */
  readonly escalation?: ApprovalEscalationInput | null | undefined;
  /** How many of them must approve. Default 1. */
  readonly quorum?: number | null | undefined;
};

/** Who gets what, where, when and why. */
export type AssignInput = {
  /** An ABAC condition, version 2.0, that narrows an Azure role. Default: none. */
  readonly condition?: string | null | undefined;
  /** How long it lasts, at least PT5M; excludes `endsAt`. */
  readonly duration?: string | null | undefined;
  /** When it ends; excludes `duration`. Default: permanent. */
  readonly endsAt?: string | null | undefined;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** Why. */
  readonly justification?: string | null | undefined;
  /** Who gets it. */
  readonly principal: string;
  /** What is given. */
  readonly role: string;
  /** Where. Default for an Entra role: the directory. */
  readonly scope?: ScopeInput | null | undefined;
  /** When it begins. Default, and for an instant in the past: now. */
  readonly startsAt?: string | null | undefined;
  /** A ticket that explains it. */
  readonly ticket?: TicketInput | null | undefined;
  /** Eligible or active. */
  readonly type: AssignmentType;
  /** Judge and answer, but write nothing. Default false. */
  readonly validateOnly?: boolean | null | undefined;
};

/** Who gets what, where, when and why, as one of several. */
export type AssignItem = {
  /** An ABAC condition, version 2.0, that narrows an Azure role. Default: none. */
  readonly condition?: string | null | undefined;
  /** How long it lasts, at least PT5M; excludes `endsAt`. */
  readonly duration?: string | null | undefined;
  /** When it ends; excludes `duration`. Default: permanent. */
  readonly endsAt?: string | null | undefined;
  /** Why. */
  readonly justification?: string | null | undefined;
  /** Who gets it. */
  readonly principal: string;
  /** What is given. */
  readonly role: string;
  /** Where. Default for an Entra role: the directory. */
  readonly scope?: ScopeInput | null | undefined;
  /** When it begins. Default, and for an instant in the past: now. */
  readonly startsAt?: string | null | undefined;
  /** A ticket that explains it. */
  readonly ticket?: TicketInput | null | undefined;
  /** Eligible or active. */
  readonly type: AssignmentType;
};

/** Several assignments, of any providers. */
export type AssignManyInput = {
  /** What to make, 1 to 1000. */
  readonly assignments: ReadonlyArray<AssignItem>;
  /** All of them or none. Default false: each on its own. */
  readonly atomic?: boolean | null | undefined;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** Why, of every item that does not say. */
  readonly justification?: string | null | undefined;
  /** A ticket, of every item that names none. */
  readonly ticket?: TicketInput | null | undefined;
  /** Judge and answer, each item after those before it, but write nothing. Default false. */
  readonly validateOnly?: boolean | null | undefined;
};

/** Which events; every field given must hold. */
export type AssignmentEventFilter = {
  /** At this scope or anywhere below it. */
  readonly below?: string | null | undefined;
  /** About the access of one of these. */
  readonly principals?: ReadonlyArray<string> | null | undefined;
  /** One of these providers. */
  readonly providers?: ReadonlyArray<Provider> | null | undefined;
  /** For one of these roles. */
  readonly roles?: ReadonlyArray<string> | null | undefined;
  /** One of these types; does not concern a snapshot. */
  readonly types?: ReadonlyArray<AssignmentEventType> | null | undefined;
};

/** What happened to the access of a principal. */
export type AssignmentEventType =
  /** A holder activated an eligible assignment. */
  | 'ASSIGNMENT_ACTIVATED'
  /** An administrator made an eligible or active assignment; the payload names the import that did, if any. */
  | 'ASSIGNMENT_ASSIGNED'
  /** A holder, or an administrator, ended an activation before its end. */
  | 'ASSIGNMENT_DEACTIVATED'
  /** An assignment reached its end. */
  | 'ASSIGNMENT_EXPIRED'
  /** An assignment ends soon; the payload says in how many minutes. */
  | 'ASSIGNMENT_EXPIRING'
  /** The end of an assignment was moved to a later instant, or taken away. */
  | 'ASSIGNMENT_EXTENDED'
  /** An administrator ended an assignment before its end. */
  | 'ASSIGNMENT_REMOVED'
  /** An assignment that had expired was made anew. */
  | 'ASSIGNMENT_RENEWED'
  /** An assignment that was granted for later began. */
  | 'ASSIGNMENT_STARTED'
  /** An administrator changed the period or the condition of an assignment. */
  | 'ASSIGNMENT_UPDATED'
  /** The last approval that a request needed was given. */
  | 'REQUEST_APPROVED'
  /** A request was taken back, or lost what it was about. */
  | 'REQUEST_CANCELED'
  /** A request was made and waits for a decision. */
  | 'REQUEST_CREATED'
  /** An approver denied a request. */
  | 'REQUEST_DENIED'
  /** The approvers of a stage were silent: its backup approvers may decide as well. */
  | 'REQUEST_ESCALATED'
  /** What was granted for later could not begin; the payload names every refusal. */
  | 'REQUEST_FAILED'
  /** An approver approved a request that waits for further approvals. */
  | 'REQUEST_STAGE_APPROVED'
  /** A request was not decided in time. */
  | 'REQUEST_TIMED_OUT';

/** Which assignments; every field given must hold. */
export type AssignmentFilter = {
  /** At this scope or anywhere below it. Default: anywhere. */
  readonly below?: string | null | undefined;
  /** Asked for by one of these. Default: by anybody. */
  readonly createdBy?: ReadonlyArray<string> | null | undefined;
  /** Has an end, after this instant. Default: any or none. */
  readonly endsAfter?: string | null | undefined;
  /** Has an end, before this instant. Default: any or none. */
  readonly endsBefore?: string | null | undefined;
  /** Only eligible assignments activated before this instant and not since. Default: all. */
  readonly lastActivatedBefore?: string | null | undefined;
  /** Held by a member of one of these groups, directly or through groups in groups, as of now or `asOf`, as far as the caller may see who is a member. Default: by anybody. */
  readonly memberOf?: ReadonlyArray<string> | null | undefined;
  /** Only eligible assignments that nobody has ever activated, or only those that somebody has, as far as the caller may see activations. `true` excludes `lastActivatedBefore`. Default: both, and active ones. */
  readonly neverActivated?: boolean | null | undefined;
  /** Only without an end, or only with one. `true` excludes `endsBefore` and `endsAfter`. Default: both. */
  readonly permanent?: boolean | null | undefined;
  /** One of these phases. Default: `[IN_FORCE]`. */
  readonly phases?: ReadonlyArray<AssignmentPhase> | null | undefined;
  /** Held by one of these, directly. Default: by anybody. */
  readonly principals?: ReadonlyArray<string> | null | undefined;
  /** Only of privileged roles, or only of others. Default: of both. */
  readonly privileged?: boolean | null | undefined;
  /** One of these providers. */
  readonly providers?: ReadonlyArray<Provider> | null | undefined;
  /** Of a role with this category, spelled exactly so. Default: of any role. */
  readonly roleCategory?: string | null | undefined;
  /** Of one of these roles. Default: of any. */
  readonly roles?: ReadonlyArray<string> | null | undefined;
  /** Part of the display name of the principal, the role or the scope, at least 3 characters, in any letter case. Default: all. */
  readonly search?: string | null | undefined;
  /** One of these states. */
  readonly states?: ReadonlyArray<AssignmentState> | null | undefined;
  /** One of these types. */
  readonly types?: ReadonlyArray<AssignmentType> | null | undefined;
};

/** In which order. Rows in the same place are told apart by their ids. */
export type AssignmentOrder = {
  /** Which way round. Default `ASC`. */
  readonly direction?: OrderDirection;
  /** What to order by. */
  readonly field: AssignmentOrderField;
};

/** What to order by. */
export type AssignmentOrderField =
  /** When it was made. */
  | 'CREATED_AT'
  /** When it ends; permanent ones come after all others. */
  | 'ENDS_AT'
  /** The display name of whoever holds it. */
  | 'PRINCIPAL_NAME'
  /** When it begins. */
  | 'STARTS_AT';

/** Where the clock stands to it. */
export type AssignmentPhase =
  /** Is over. */
  | 'ENDED'
  /** Begins later. */
  | 'FUTURE'
  /** Has begun and not ended. */
  | 'IN_FORCE';

/** Where an assignment comes from. */
export type AssignmentState =
  /** Made by its holder from an eligible assignment. */
  | 'ACTIVATED'
  /** Made by an administrator, or outside this gateway. */
  | 'ASSIGNED';

/** What an assignment gives. */
export type AssignmentType =
  /** The role itself, with no further step. */
  | 'ACTIVE'
  /** The right to activate; nothing else until then. */
  | 'ELIGIBLE';

/** Which events; every field given must hold. */
export type AuditEventFilter = {
  /** Done by one of these. */
  readonly actors?: ReadonlyArray<string> | null | undefined;
  /** At this scope or anywhere below it. */
  readonly below?: string | null | undefined;
  /** About the access of one of these. */
  readonly principals?: ReadonlyArray<string> | null | undefined;
  /** One of these providers. */
  readonly providers?: ReadonlyArray<Provider> | null | undefined;
  /** For one of these roles. */
  readonly roles?: ReadonlyArray<string> | null | undefined;
  /** One of these types. */
  readonly types?: ReadonlyArray<AuditEventType> | null | undefined;
};

/** What happened. */
export type AuditEventType =
  /** A holder activated an eligible assignment. */
  | 'ASSIGNMENT_ACTIVATED'
  /** An administrator made an eligible or active assignment; the payload names the import that did, if any. */
  | 'ASSIGNMENT_ASSIGNED'
  /** A holder, or an administrator, ended an activation before its end. */
  | 'ASSIGNMENT_DEACTIVATED'
  /** An assignment reached its end. */
  | 'ASSIGNMENT_EXPIRED'
  /** An assignment ends soon; the payload says in how many minutes. */
  | 'ASSIGNMENT_EXPIRING'
  /** The end of an assignment was moved to a later instant, or taken away. */
  | 'ASSIGNMENT_EXTENDED'
  /** An administrator ended an assignment before its end. */
  | 'ASSIGNMENT_REMOVED'
  /** An assignment that had expired was made anew. */
  | 'ASSIGNMENT_RENEWED'
  /** An assignment that was granted for later began. */
  | 'ASSIGNMENT_STARTED'
  /** An administrator changed the period or the condition of an assignment. */
  | 'ASSIGNMENT_UPDATED'
  /** A bulk operation was taken back. */
  | 'BULK_OPERATION_CANCELED'
  /** A bulk operation was carried out; the payload counts. */
  | 'BULK_OPERATION_COMPLETED'
  /** A bulk operation was asked for; the payload says what, and of an import which file. */
  | 'BULK_OPERATION_CREATED'
  /** Somebody began to download the file of a bulk operation. */
  | 'BULK_OPERATION_DOWNLOADED'
  /** A bulk operation could not be carried out; the payload says why. */
  | 'BULK_OPERATION_FAILED'
  /** A bulk operation has come further; at most one event a second. */
  | 'BULK_OPERATION_PROGRESSED'
  /** A bulk operation began to run. */
  | 'BULK_OPERATION_STARTED'
  /** Principals, scopes and roles were imported; the payload counts them. */
  | 'DIRECTORY_IMPORTED'
  /** Somebody began to stream a whole list; the payload says which, and with which filter. */
  | 'LIST_EXPORTED'
  /** A policy template was made. */
  | 'POLICY_TEMPLATE_CREATED'
  /** A policy template was changed; the payload holds each rule before and after. */
  | 'POLICY_TEMPLATE_UPDATED'
  /** The role settings of a role at a scope were changed; the payload holds each rule before and after. */
  | 'POLICY_UPDATED'
  /** The last approval that a request needed was given. */
  | 'REQUEST_APPROVED'
  /** A request was taken back, or lost what it was about. */
  | 'REQUEST_CANCELED'
  /** A request was made and waits for a decision. */
  | 'REQUEST_CREATED'
  /** An approver denied a request. */
  | 'REQUEST_DENIED'
  /** The approvers of a stage were silent: its backup approvers may decide as well. */
  | 'REQUEST_ESCALATED'
  /** What was granted for later could not begin; the payload names every refusal. */
  | 'REQUEST_FAILED'
  /** A request was refused; the payload names every refusal and failed rule. */
  | 'REQUEST_REFUSED'
  /** An approver approved a request that waits for further approvals. */
  | 'REQUEST_STAGE_APPROVED'
  /** A request was not decided in time. */
  | 'REQUEST_TIMED_OUT';

/** Which entries; every field given must hold. */
export type AuditLogFilter = {
  /** Done by one of these. Default: by anybody. */
  readonly actors?: ReadonlyArray<string> | null | undefined;
  /** At this scope or anywhere below it. Default: anywhere. */
  readonly below?: string | null | undefined;
  /** At this instant or later. Default: from the oldest that is kept. */
  readonly from?: string | null | undefined;
  /** About the access of one of these. Default: of anybody. */
  readonly principals?: ReadonlyArray<string> | null | undefined;
  /** One of these providers. Default: any, and none. */
  readonly providers?: ReadonlyArray<Provider> | null | undefined;
  /** About one of these requests. Default: about any. */
  readonly requests?: ReadonlyArray<string> | null | undefined;
  /** For one of these roles. Default: for any. */
  readonly roles?: ReadonlyArray<string> | null | undefined;
  /** One of these types. Default: any. */
  readonly types?: ReadonlyArray<AuditEventType> | null | undefined;
  /** Before this instant. Default: up to the newest. */
  readonly until?: string | null | undefined;
};

/** Whether an activation asks for an authentication context. */
export type AuthenticationContextRuleInput = {
  /** `c1` to `c99`; null: none. */
  readonly claimValue?: string | null | undefined;
  /** It does. Excludes multi-factor authentication. */
  readonly isEnabled?: boolean | null | undefined;
};

/** What a row of an export looks like. */
export type BulkExportFormat =
  /** A line of CSV (RFC 4180) under a header of names such as `principal.displayName`; a list is JSON. A text that begins with = + - @ has an apostrophe in front, so that no spreadsheet takes it for a formula. */
  | 'CSV'
  /** A line of JSON: the node as the query selects it. */
  | 'JSONL';

/** Which rows to export, and as what. */
export type BulkExportInput = {
  /** A trusted document instead. */
  readonly documentId?: string | null | undefined;
  /** Default: `JSONL`. */
  readonly format?: BulkExportFormat | null | undefined;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** Which operation, where the document holds several. */
  readonly operationName?: string | null | undefined;
  /** A query with one list at its root, of which `nodes` or `edges { node }` is selected, without page arguments. Either this or `documentId`. */
  readonly query?: string | null | undefined;
  /** The variables of the query. Default: none. */
  readonly variables?: unknown;
};

/** What became of a bulk operation. */
export type BulkOperationEventType =
  /** A bulk operation was taken back. */
  | 'BULK_OPERATION_CANCELED'
  /** A bulk operation was carried out; the payload counts. */
  | 'BULK_OPERATION_COMPLETED'
  /** A bulk operation was asked for; the payload says what, and of an import which file. */
  | 'BULK_OPERATION_CREATED'
  /** A bulk operation could not be carried out; the payload says why. */
  | 'BULK_OPERATION_FAILED'
  /** A bulk operation has come further; at most one event a second. */
  | 'BULK_OPERATION_PROGRESSED'
  /** A bulk operation began to run. */
  | 'BULK_OPERATION_STARTED';

/** Which way the rows go. */
export type BulkOperationKind =
  /** Rows go out, as a file. */
  | 'EXPORT'
  /** Rows come in, from a file. */
  | 'IMPORT';

/** How far a bulk operation is. */
export type BulkOperationStatus =
  /** Taken back. */
  | 'CANCELED'
  /** Carried out; its file can be downloaded. */
  | 'COMPLETED'
  /** Waits for a gateway to run it. */
  | 'CREATED'
  /** Carried out, and its file is gone. */
  | 'EXPIRED'
  /** Could not be carried out: see `errorCode`. */
  | 'FAILED'
  /** A gateway runs it. */
  | 'RUNNING'
  /** Its file is on its way. */
  | 'UPLOADING';

/** Which bulk operation to take back. */
export type CancelBulkOperationInput = {
  /** A bulk operation's id. */
  readonly id: string;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
};

/** Which requests to take back, and why. */
export type CancelInput = {
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** Why. */
  readonly justification?: string | null | undefined;
  /** Requests that wait for a decision or were granted for later, 1 to 50. */
  readonly requests: ReadonlyArray<string>;
  /** Judge and answer, but write nothing. Default false. */
  readonly validateOnly?: boolean | null | undefined;
};

/** Who, what, where and when. */
export type CheckAccessInput = {
  /** What. */
  readonly access: AccessQuestion;
  /** A past instant. Default: now. */
  readonly at?: string | null | undefined;
  /** Who. */
  readonly principal: string;
  /** Where. Default for an Entra role: the directory. */
  readonly scope?: ScopeInput | null | undefined;
};

/** What is copied, from where to where, for how long and why. */
export type CopyAssignmentsInput = {
  /** All of them or none. Default false: each on its own. */
  readonly atomic?: boolean | null | undefined;
  /** From where to where. */
  readonly between: CopyBetweenInput;
  /** How long each copy lasts, instead of until the end of its source. */
  readonly duration?: string | null | undefined;
  /** Default: everything that is in force or still to begin. */
  readonly filter?: CopyFilter | null | undefined;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** Why. */
  readonly justification?: string | null | undefined;
  /** Each copy ends when its source does. Default true; false: without an end. Not with `duration`. */
  readonly keepEnd?: boolean | null | undefined;
  /** A ticket that explains it. */
  readonly ticket?: TicketInput | null | undefined;
  /** Judge and answer, each item after those before it, but write nothing. Default false. */
  readonly validateOnly?: boolean | null | undefined;
};

/** Between two principals, or between two scopes. */
export type CopyBetweenInput =
  {   /** What one principal holds directly goes to another; the scopes stay. */
  readonly principals: EndsOfCopyInput; readonly scopes?: never; }
  |  { readonly principals?: never;   /** What is held at one scope, not below it, is made at another of the same provider; the holders stay. */
  readonly scopes: EndsOfCopyInput; };

/** Which assignments are copied; every field given must hold. Activations and what is over never are. */
export type CopyFilter = {
  /** In one of these phases, which are `IN_FORCE` and `FUTURE`. Default: both. */
  readonly phases?: ReadonlyArray<AssignmentPhase> | null | undefined;
  /** Of one of these providers. */
  readonly providers?: ReadonlyArray<Provider> | null | undefined;
  /** Of one of these roles. */
  readonly roles?: ReadonlyArray<string> | null | undefined;
  /** Of one of these types. */
  readonly types?: ReadonlyArray<AssignmentType> | null | undefined;
};

/** The template to make. */
export type CreatePolicyTemplateInput = {
  /** What it is for. */
  readonly description?: string | null | undefined;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** Its name, 1 to 100 characters, unlike that of any other. */
  readonly name: string;
  /** Whose roles it fits. */
  readonly provider: Provider;
  /** Its rules, at least one; a field that is left out is as the provider has it by default. */
  readonly rules: RolePolicyRulesInput;
  /** Judge and answer, but write nothing. Default false. */
  readonly validateOnly?: boolean | null | undefined;
};

/** Which activation to end. */
export type DeactivateInput = {
  /** A running or future activation. */
  readonly assignment: string;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** Why. */
  readonly justification?: string | null | undefined;
  /** Judge and answer, but write nothing. Default false. */
  readonly validateOnly?: boolean | null | undefined;
};

/** Which requests to decide, and why so. */
export type DecideInput = {
  /** For an extension or a renewal: eligible or active from now on. Default: as it was. */
  readonly assignmentType?: AssignmentType | null | undefined;
  /** For an activation, a shorter duration than was asked for. For an extension or a renewal, how long it goes on; excludes `endsAt`. Default: as asked. Means nothing to a denial. */
  readonly duration?: string | null | undefined;
  /** For an extension or a renewal: when it ends; excludes `duration`. Default: as asked. */
  readonly endsAt?: string | null | undefined;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** Why; needed for both decisions, and kept with them. */
  readonly justification?: string | null | undefined;
  /** Requests that wait for a decision, 1 to 50. */
  readonly requests: ReadonlyArray<string>;
  /** For a renewal, or another type: when it begins. Default: as asked, at once. */
  readonly startsAt?: string | null | undefined;
  /** Judge and answer, but write nothing. Default false. */
  readonly validateOnly?: boolean | null | undefined;
};

/** Which access; every field given must hold. */
export type EffectiveAccessFilter = {
  /** Assigned at this scope or anywhere below it. */
  readonly below?: string | null | undefined;
  /** Assigned above the scope asked about, or at it. */
  readonly inherited?: boolean | null | undefined;
  /** Reaching a principal of one of these kinds. */
  readonly principalKinds?: ReadonlyArray<PrincipalKind> | null | undefined;
  /** Reaching one of these. */
  readonly principals?: ReadonlyArray<string> | null | undefined;
  /** One of these providers. */
  readonly providers?: ReadonlyArray<Provider> | null | undefined;
  /** Of one of these roles. */
  readonly roles?: ReadonlyArray<string> | null | undefined;
  /** One of these types. Default: `[ACTIVE]`. */
  readonly types?: ReadonlyArray<AssignmentType> | null | undefined;
};

/** What must be given or proved. */
export type EnabledRule =
  /** A reason. */
  | 'JUSTIFICATION'
  /** A token that proves multi-factor authentication in this session. */
  | 'MULTI_FACTOR_AUTHENTICATION'
  /** A ticket's number and system. */
  | 'TICKETING';

/** What an administrator must give or prove to make an assignment. */
export type EnablementRuleInput = {
  /** All of it. */
  readonly enabledRules?: ReadonlyArray<EnabledRule> | null | undefined;
};

/** Why an assignment is over. */
export type EndReason =
  /** Its holder deactivated it. */
  | 'DEACTIVATED'
  /** It reached its end. */
  | 'EXPIRED'
  /** At its start something that it had been granted by no longer held. */
  | 'FAILED'
  /** An administrator removed it. */
  | 'REMOVED';

/** From where to where. */
export type EndsOfCopyInput = {
  /** Whose assignments, or the assignments at which scope. */
  readonly from: string;
  /** Who gets them, or the scope where they are made. */
  readonly to: string;
};

/** How long an assignment that an administrator makes may last. */
export type ExpirationRuleInput = {
  /** False: permanent assignments are allowed. */
  readonly isExpirationRequired?: boolean | null | undefined;
  /** The longest: `P15D`, `P30D`, `P90D`, `P180D` or `P365D`. */
  readonly maximumDuration?: string | null | undefined;
};

/** The activation to explain: the fields of `ActivateInput`. */
export type ExplainActivationInput = {
  /** How long it would last; excludes `endsAt`. */
  readonly duration?: string | null | undefined;
  /** An eligible assignment of the caller's, or of a group of theirs. */
  readonly eligibility: string;
  /** When it would end; excludes `duration`. */
  readonly endsAt?: string | null | undefined;
  /** Why. */
  readonly justification?: string | null | undefined;
  /** Where: the scope of the eligible assignment, the default, or one below. */
  readonly scope?: ScopeInput | null | undefined;
  /** When it would begin. Default: now. */
  readonly startsAt?: string | null | undefined;
  /** A ticket that explains it. */
  readonly ticket?: TicketInput | null | undefined;
};

/** Which running activation shall last longer, and why. Give either `duration` or `endsAt`. */
export type ExtendActivationInput = {
  /** A running activation of the caller's. */
  readonly assignment: string;
  /** How much longer than until its present end. */
  readonly duration?: string | null | undefined;
  /** The new end. */
  readonly endsAt?: string | null | undefined;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** Why. */
  readonly justification?: string | null | undefined;
  /** A ticket that explains it. */
  readonly ticket?: TicketInput | null | undefined;
  /** Judge and answer, but write nothing. Default false. */
  readonly validateOnly?: boolean | null | undefined;
};

/** Which assignment goes on, until when and why. */
export type ExtendInput = {
  /** One with an end to come; no activation. */
  readonly assignment: string;
  /** How long it goes on from now; excludes `endsAt`. Default: as long as the role settings allow. */
  readonly duration?: string | null | undefined;
  /** The new end, later than the present one; excludes `duration`. */
  readonly endsAt?: string | null | undefined;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** Why; a holder must say so. */
  readonly justification?: string | null | undefined;
  /** Without an end; only by an administrator. Default false. */
  readonly permanent?: boolean | null | undefined;
  /** A ticket that explains it. */
  readonly ticket?: TicketInput | null | undefined;
  /** Judge and answer, but write nothing. Default false. */
  readonly validateOnly?: boolean | null | undefined;
};

/** Which file to bring in, how, and why. */
export type ImportAssignmentsInput = {
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** Why, of every row that does not say. */
  readonly justification?: string | null | undefined;
  /** Try it, all or nothing, or what can be. */
  readonly mode: ImportMode;
  /** A ticket, of every row that names none. */
  readonly ticket?: TicketInput | null | undefined;
  /** What `POST /uploads` answered as `id`. Any mode may follow another. */
  readonly upload: string;
};

/** How a file is brought in. */
export type ImportMode =
  /** All rows in one transaction, or none when one is refused, or when role settings change meanwhile. */
  | 'ATOMIC'
  /** Whatever may be written is, a few thousand rows at a time. */
  | 'BEST_EFFORT'
  /** Every row is judged, each after those before it, and nothing is written. */
  | 'DRY_RUN';

/** Which mails are sent. */
export type NotificationLevel =
  /** All. */
  | 'ALL'
  /** Only those that ask somebody to act. */
  | 'CRITICAL'
  /** None. */
  | 'NONE';

/** Who is told by mail. */
export type NotificationRuleInput = {
  /** Those whom the provider tells by default are told. */
  readonly isDefaultRecipientsEnabled?: boolean | null | undefined;
  /** Of what. */
  readonly notificationLevel?: NotificationLevel | null | undefined;
  /** Further mail addresses, at most 1000, in place of all there were. */
  readonly notificationRecipients?: ReadonlyArray<string> | null | undefined;
};

/** Which way round. */
export type OrderDirection =
  /** From the least to the greatest, from the earliest to the latest. */
  | 'ASC'
  /** From the greatest to the least, from the latest to the earliest. */
  | 'DESC';

/** Which events; every field given must hold. */
export type PolicyEventFilter = {
  /** At this scope or anywhere below it; leaves out templates. */
  readonly below?: string | null | undefined;
  /** One of these providers. */
  readonly providers?: ReadonlyArray<Provider> | null | undefined;
  /** For one of these roles; leaves out templates. */
  readonly roles?: ReadonlyArray<string> | null | undefined;
  /** One of these types; does not concern a snapshot. */
  readonly types?: ReadonlyArray<PolicyEventType> | null | undefined;
};

/** What happened to role settings or to a template. */
export type PolicyEventType =
  /** A policy template was made. */
  | 'POLICY_TEMPLATE_CREATED'
  /** A policy template was changed; the payload holds each rule before and after. */
  | 'POLICY_TEMPLATE_UPDATED'
  /** The role settings of a role at a scope were changed; the payload holds each rule before and after. */
  | 'POLICY_UPDATED';

/** What a rule of the role settings is about. */
export type PolicyRule =
  /** Who approves, and how. */
  | 'APPROVAL'
  /** An authentication context. */
  | 'AUTHENTICATION_CONTEXT'
  /** How long it may last, and whether it must end. */
  | 'EXPIRATION'
  /** A reason. */
  | 'JUSTIFICATION'
  /** Multi-factor authentication. */
  | 'MFA'
  /** Who is told. */
  | 'NOTIFICATION'
  /** A ticket. */
  | 'TICKETING';

/** Which templates; every field given must hold. */
export type PolicyTemplateFilter = {
  /** For one of these providers. */
  readonly providers?: ReadonlyArray<Provider> | null | undefined;
};

/** Which principals; every field given must hold. */
export type PrincipalFilter = {
  /** Only enabled, or only disabled ones. */
  readonly enabled?: boolean | null | undefined;
  /** One of these kinds. */
  readonly kinds?: ReadonlyArray<PrincipalKind> | null | undefined;
  /** Members of one of these groups now, directly or through groups in groups, as far as the caller may see who is a member. Default: all. */
  readonly memberOf?: ReadonlyArray<string> | null | undefined;
  /** Only groups that are role-assignable, or only principals that are not. */
  readonly roleAssignable?: boolean | null | undefined;
  /** Part of the display name or user principal name, at least 3 characters, in any letter case. Default: all. */
  readonly search?: string | null | undefined;
  /** Beginning of the display name or user principal name, in any letter case. */
  readonly startsWith?: string | null | undefined;
};

/** What a principal is. */
export type PrincipalKind =
  /** A security or Microsoft 365 group. */
  | 'GROUP'
  /** The identity of an Azure resource. */
  | 'MANAGED_IDENTITY'
  /** An application in the directory. */
  | 'SERVICE_PRINCIPAL'
  /** A person, as a member or a guest. */
  | 'USER';

/** In which order. Rows in the same place are told apart by their ids. */
export type PrincipalOrder = {
  /** Which way round. Default `ASC`. */
  readonly direction?: OrderDirection;
  /** What to order by. */
  readonly field: PrincipalOrderField;
};

/** What to order by. */
export type PrincipalOrderField =
  /** When it came into the directory. */
  | 'CREATED_AT'
  /** The name for people. */
  | 'DISPLAY_NAME';

/** Which kind of access is managed. */
export type Provider =
  /** Azure resource roles. */
  | 'AZURE_RESOURCE'
  /** Microsoft Entra directory roles. */
  | 'ENTRA_ROLE'
  /** Membership and ownership of groups. */
  | 'GROUP';

/** Stable codes. In brackets, where there is one, the code that Microsoft Entra gives. */
export type RefusalCode =
  /** The activation has not lasted long enough to be deactivated. [ActiveDurationTooShort] */
  | 'ACTIVE_TOO_BRIEFLY'
  /** You already hold the role actively at this scope in that time. [RoleAssignmentExists] */
  | 'ALREADY_ACTIVE'
  /** You have decided on this request before: the next decision is somebody else's. */
  | 'ALREADY_DECIDED'
  /** The assignment is over. [RoleAssignmentDoesNotExist] */
  | 'ASSIGNMENT_ENDED'
  /** The principal already holds such an assignment of this role at this scope. [RoleAssignmentExists] */
  | 'ASSIGNMENT_EXISTS'
  /** There is no such assignment. [RoleAssignmentDoesNotExist] */
  | 'ASSIGNMENT_NOT_FOUND'
  /** The role settings ask for an authentication context that your token does not hold. [RoleAssignmentRequestAcrsValidationFailed] */
  | 'AUTHENTICATION_CONTEXT_REQUIRED'
  /** Another item of the batch was refused, so that nothing of it was done. */
  | 'BATCH_REFUSED'
  /** There is no such bulk operation. */
  | 'BULK_OPERATION_NOT_FOUND'
  /** The bulk operation is over already. */
  | 'BULK_OPERATION_OVER'
  /** The condition cannot be read. */
  | 'CONDITION_INVALID'
  /** Only an Azure role can be narrowed by a condition. */
  | 'CONDITION_NOT_ALLOWED'
  /** More assignments are found than one copy may make: narrow the filter, or import them. */
  | 'COPY_TOO_LARGE'
  /** The batch names this more than once: name it once. */
  | 'DUPLICATE_ITEM'
  /** An assignment lasts at least 5 minutes. [ActiveDurationTooShort] */
  | 'DURATION_TOO_SHORT'
  /** The query has no list at its root: select one there, such as assignments. */
  | 'EXPORT_CONNECTION_REQUIRED'
  /** The document cannot be executed. */
  | 'EXPORT_DOCUMENT_INVALID'
  /** There is a list within the rows: export it by itself. */
  | 'EXPORT_NESTED_CONNECTION'
  /** Select nodes { … } or edges { node { … } } of the list and nothing beside it: the rest is about pages. */
  | 'EXPORT_NODES_REQUIRED'
  /** Only a query is exported: give one, and its name where the document holds several operations. */
  | 'EXPORT_NOT_A_QUERY'
  /** The query selects more than one list: an export holds the rows of one. */
  | 'EXPORT_ONE_CONNECTION'
  /** An export turns the pages itself: leave first, after, last and before out. */
  | 'EXPORT_PAGE_ARGUMENTS'
  /** The role settings do not allow a running activation to be extended. */
  | 'EXTENSION_NOT_ALLOWED'
  /** A holder asks for an extension in the last 14 days before the end. */
  | 'EXTENSION_WINDOW_CLOSED'
  /** This idempotency key came before with another input: use a new key for a new request. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** You may not manage this role at this scope. [InsufficientPermissions] */
  | 'INSUFFICIENT_PERMISSIONS'
  /** These role settings cannot be made. [InvalidPolicy] */
  | 'INVALID_POLICY'
  /** The start and the end do not fit. [InvalidRoleAssignmentRequestSchedule] */
  | 'INVALID_SCHEDULE'
  /** An activation is not changed: it is deactivated or removed, or it expires. */
  | 'IS_ACTIVATION'
  /** A decision needs a justification. */
  | 'JUSTIFICATION_REQUIRED'
  /** It would leave the directory without the administrators it must keep: give the role to somebody else first. */
  | 'LAST_ADMINISTRATOR'
  /** It would leave the group without an owner: name another owner first. */
  | 'LAST_OWNER'
  /** Nothing was given that would change the assignment. */
  | 'NOTHING_TO_CHANGE'
  /** This is not a running activation of yours. [RoleAssignmentDoesNotExist] */
  | 'NOT_ACTIVATED'
  /** The role settings have come to ask for an approval that the request never had. */
  | 'NOT_APPROVED'
  /** You are not an approver of this request. */
  | 'NOT_APPROVER'
  /** The request can no longer be canceled. */
  | 'NOT_CANCELABLE'
  /** You hold no eligible assignment that is in force for this. [EligibilityRule] */
  | 'NOT_ELIGIBLE'
  /** The assignment is permanent: there is no end to move. */
  | 'NOT_EXTENDABLE'
  /** Only what has expired is renewed. */
  | 'NOT_RENEWABLE'
  /** The role settings ask for approval, and nobody but you could give it. [InvalidPolicy] */
  | 'NO_APPROVER'
  /** Somebody has changed the settings since: read them again. */
  | 'POLICY_CHANGED'
  /** The role settings are not met: see failedRules for each rule. [RoleAssignmentRequestPolicyValidationFailed] */
  | 'POLICY_RULES_FAILED'
  /** There is a policy template of this name already. */
  | 'POLICY_TEMPLATE_EXISTS'
  /** There is no such policy template. */
  | 'POLICY_TEMPLATE_NOT_FOUND'
  /** The settings are like this already. */
  | 'POLICY_UNCHANGED'
  /** The principal is disabled or deleted. [SubjectNotFound] */
  | 'PRINCIPAL_DISABLED'
  /** This kind of principal cannot hold such an assignment. */
  | 'PRINCIPAL_NOT_ALLOWED'
  /** There is no such principal. [SubjectNotFound] */
  | 'PRINCIPAL_NOT_FOUND'
  /** Assignments are copied between scopes of one provider only. */
  | 'PROVIDER_DIFFERS'
  /** Whoever asks for an extension or a renewal says why. [JustificationRule] */
  | 'REASON_REQUIRED'
  /** An assignment is renewed within 30 days after its end. */
  | 'RENEWAL_WINDOW_CLOSED'
  /** There is no such request. */
  | 'REQUEST_NOT_FOUND'
  /** The request is no longer waiting for a decision. */
  | 'REQUEST_NOT_PENDING'
  /** The role settings have become stricter since: the request must be made again. */
  | 'REQUEST_OUTDATED'
  /** A request for this access is already waiting for a decision. [PendingRoleAssignmentRequest] */
  | 'REQUEST_PENDING'
  /** The request was not decided in time; it must be made again. */
  | 'REQUEST_TIMED_OUT'
  /** The resource is locked against changes. [ResourceIsLocked] */
  | 'RESOURCE_LOCKED'
  /** The role cannot be assigned: it is deprecated or assigned by the system only. */
  | 'ROLE_NOT_ASSIGNABLE'
  /** There is no such role. [RoleNotFound] */
  | 'ROLE_NOT_FOUND'
  /** The role cannot be assigned at this scope. [InvalidScope] */
  | 'SCOPE_NOT_ALLOWED'
  /** There is no such scope. [ResourceNotFound] */
  | 'SCOPE_NOT_FOUND'
  /** Nobody decides on their own request. */
  | 'SELF_APPROVAL'
  /** There are too many bulk operations: wait until one is over, or cancel it. */
  | 'TOO_MANY_BULK_OPERATIONS'
  /** There is no such upload of yours, or it has expired: upload the file again. */
  | 'UPLOAD_NOT_FOUND';

/** Which assignment to end, and why. */
export type RemoveInput = {
  /** One that runs, or that is still to begin. */
  readonly assignment: string;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** Why. */
  readonly justification?: string | null | undefined;
  /** A ticket that explains it. */
  readonly ticket?: TicketInput | null | undefined;
  /** Judge and answer, but write nothing. Default false. */
  readonly validateOnly?: boolean | null | undefined;
};

/** Which assignments to end, each named once, and why. */
export type RemoveManyInput = {
  /** Assignments that run, or that are still to begin, 1 to 1000. */
  readonly assignments: ReadonlyArray<string>;
  /** All of them or none. Default false: each on its own. */
  readonly atomic?: boolean | null | undefined;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** Why. */
  readonly justification?: string | null | undefined;
  /** A ticket that explains it. */
  readonly ticket?: TicketInput | null | undefined;
  /** Judge and answer, each item after those before it, but write nothing. Default false. */
  readonly validateOnly?: boolean | null | undefined;
};

/** Which expired assignments are made anew, for how long and why. */
export type RenewInput = {
  /** Assignments that ended within the last 30 days, 1 to 50. */
  readonly assignments: ReadonlyArray<string>;
  /** How long they last; excludes `endsAt`. Default: as long as the role settings allow. */
  readonly duration?: string | null | undefined;
  /** When they end; excludes `duration`. */
  readonly endsAt?: string | null | undefined;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** Why; a holder must say so. */
  readonly justification?: string | null | undefined;
  /** Without an end; only by an administrator. Default false. */
  readonly permanent?: boolean | null | undefined;
  /** When they begin. Default, and for an instant in the past: now. */
  readonly startsAt?: string | null | undefined;
  /** A ticket that explains it. */
  readonly ticket?: TicketInput | null | undefined;
  /** Judge and answer, but write nothing. Default false. */
  readonly validateOnly?: boolean | null | undefined;
};

/** What a request asks for. */
export type RequestAction =
  /** An administrator makes an assignment. */
  | 'ADMIN_ASSIGN'
  /** An administrator moves its end. */
  | 'ADMIN_EXTEND'
  /** An administrator removes one. */
  | 'ADMIN_REMOVE'
  /** An administrator makes an expired one anew. */
  | 'ADMIN_RENEW'
  /** An administrator changes one. */
  | 'ADMIN_UPDATE'
  /** A holder activates an eligible assignment. */
  | 'SELF_ACTIVATE'
  /** A holder ends an activation. */
  | 'SELF_DEACTIVATE'
  /** A holder asks for a later end. */
  | 'SELF_EXTEND'
  /** A former holder asks for an expired one anew. */
  | 'SELF_RENEW';

/** Which requests; every field given must hold. */
export type RequestFilter = {
  /** One of these actions. */
  readonly actions?: ReadonlyArray<RequestAction> | null | undefined;
  /** Only those that wait for the caller's decision, or only others. */
  readonly awaitingMyApproval?: boolean | null | undefined;
  /** At this scope or anywhere below it. */
  readonly below?: string | null | undefined;
  /** Made after this instant. */
  readonly createdAfter?: string | null | undefined;
  /** Made before this instant. */
  readonly createdBefore?: string | null | undefined;
  /** About the access of one of these. Default: of anybody. */
  readonly principals?: ReadonlyArray<string> | null | undefined;
  /** One of these providers. */
  readonly providers?: ReadonlyArray<Provider> | null | undefined;
  /** Made by one of these. Default: by anybody. */
  readonly requestors?: ReadonlyArray<string> | null | undefined;
  /** For one of these roles. */
  readonly roles?: ReadonlyArray<string> | null | undefined;
  /** Part of the display name of the principal, the role or the scope, at least 3 characters, in any letter case. Default: all. */
  readonly search?: string | null | undefined;
  /** One of these statuses. */
  readonly statuses?: ReadonlyArray<RequestStatus> | null | undefined;
};

/** In which order. Rows in the same place are told apart by their ids. */
export type RequestOrder = {
  /** Which way round. Default `ASC`. */
  readonly direction?: OrderDirection;
  /** What to order by. */
  readonly field: RequestOrderField;
};

/** What to order by. */
export type RequestOrderField =
  /** When it was made. */
  | 'CREATED_AT'
  /** The display name of whose access it concerns. */
  | 'PRINCIPAL_NAME';

/** How far a request is. */
export type RequestStatus =
  /** Taken back before a decision. */
  | 'CANCELED'
  /** An approver denied it. */
  | 'DENIED'
  /** Could not be carried out. */
  | 'FAILED'
  /** Granted for a later start. */
  | 'GRANTED'
  /** Waits for an administrator. */
  | 'PENDING_ADMIN_DECISION'
  /** Waits for an approver. */
  | 'PENDING_APPROVAL'
  /** Carried out: the assignment is in force. */
  | 'PROVISIONED'
  /** Carried out: the assignment is over. */
  | 'REVOKED'
  /** Not decided in time. */
  | 'TIMED_OUT';

/** Which roles; every field given must hold. */
export type RoleFilter = {
  /** Only those that can be assigned, or only others. */
  readonly assignable?: boolean | null | undefined;
  /** Only built-in, or only custom ones. */
  readonly builtIn?: boolean | null | undefined;
  /** Has this category, spelled exactly so. */
  readonly category?: string | null | undefined;
  /** Only privileged, or only others. */
  readonly privileged?: boolean | null | undefined;
  /** One of these providers. */
  readonly providers?: ReadonlyArray<Provider> | null | undefined;
  /** Part of the display name, at least 3 characters, in any letter case. Default: all. */
  readonly search?: string | null | undefined;
  /** Beginning of the display name, in any letter case. */
  readonly startsWith?: string | null | undefined;
};

/** Which policies; every field given must hold. */
export type RolePolicyFilter = {
  /** At this scope or anywhere below it. */
  readonly below?: string | null | undefined;
  /** Only those that scopes below may take, or only others. */
  readonly inheritable?: boolean | null | undefined;
  /** One of these providers. */
  readonly providers?: ReadonlyArray<Provider> | null | undefined;
  /** Of one of these roles. */
  readonly roles?: ReadonlyArray<string> | null | undefined;
};

/** Any of the 17 rules. A rule, and a field of it, that is left out stays as it is. */
export type RolePolicyRulesInput = {
  /** Who approves activations. */
  readonly Approval_EndUser_Assignment?: ApprovalRuleInput | null | undefined;
  /** The authentication context that activating asks for. */
  readonly AuthenticationContext_EndUser_Assignment?: AuthenticationContextRuleInput | null | undefined;
  /** What making an active assignment asks for. */
  readonly Enablement_Admin_Assignment?: EnablementRuleInput | null | undefined;
  /** What making an eligible assignment asks for. */
  readonly Enablement_Admin_Eligibility?: EnablementRuleInput | null | undefined;
  /** What activating asks for. */
  readonly Enablement_EndUser_Assignment?: ActivationEnablementRuleInput | null | undefined;
  /** How long active assignments may last. */
  readonly Expiration_Admin_Assignment?: ExpirationRuleInput | null | undefined;
  /** How long eligible assignments may last. */
  readonly Expiration_Admin_Eligibility?: ExpirationRuleInput | null | undefined;
  /** How long activations may last. */
  readonly Expiration_EndUser_Assignment?: ActivationExpirationRuleInput | null | undefined;
  /** Active assignments: what administrators are told. */
  readonly Notification_Admin_Admin_Assignment?: NotificationRuleInput | null | undefined;
  /** Eligible assignments: what administrators are told. */
  readonly Notification_Admin_Admin_Eligibility?: NotificationRuleInput | null | undefined;
  /** Activations: what administrators are told. */
  readonly Notification_Admin_EndUser_Assignment?: NotificationRuleInput | null | undefined;
  /** Active assignments: what those are told who decide on extensions and renewals. */
  readonly Notification_Approver_Admin_Assignment?: NotificationRuleInput | null | undefined;
  /** Eligible assignments: what those are told who decide on extensions and renewals. */
  readonly Notification_Approver_Admin_Eligibility?: NotificationRuleInput | null | undefined;
  /** Activations: what approvers are told. */
  readonly Notification_Approver_EndUser_Assignment?: NotificationRuleInput | null | undefined;
  /** Active assignments: what the assigned are told. */
  readonly Notification_Requestor_Admin_Assignment?: NotificationRuleInput | null | undefined;
  /** Eligible assignments: what the assigned are told. */
  readonly Notification_Requestor_Admin_Eligibility?: NotificationRuleInput | null | undefined;
  /** Activations: what the activating are told. */
  readonly Notification_Requestor_EndUser_Assignment?: NotificationRuleInput | null | undefined;
};

/** Where the value of a rule comes from. */
export type RuleOriginKind =
  /** It is as the provider has it. */
  | 'DEFAULT'
  /** It is that of a scope above. */
  | 'INHERITED'
  /** It was set for this role at this scope. */
  | 'OWN'
  /** It is as the template has it that the settings were made from. */
  | 'TEMPLATE';

/** Which scopes; every field given must hold. */
export type ScopeFilter = {
  /** This scope itself and everything below it. */
  readonly below?: string | null | undefined;
  /** One of these kinds. */
  readonly kinds?: ReadonlyArray<ScopeKind> | null | undefined;
  /** One of these providers. */
  readonly providers?: ReadonlyArray<Provider> | null | undefined;
  /** Part of the display name, at least 3 characters, in any letter case. Default: all. */
  readonly search?: string | null | undefined;
  /** Beginning of the display name, in any letter case. */
  readonly startsWith?: string | null | undefined;
};

/** A scope by its id or by its path. */
export type ScopeInput =
  {   /** A scope's id. */
  readonly id: string; readonly path?: never; }
  |  { readonly id?: never;   /** A path of the role's provider. */
  readonly path: string; };

/** What a scope is. */
export type ScopeKind =
  /** The members of an administrative unit. */
  | 'ADMINISTRATIVE_UNIT'
  /** The whole directory, `/`. */
  | 'DIRECTORY'
  /** One application or service principal. */
  | 'DIRECTORY_OBJECT'
  /** A group, for its members and owners. */
  | 'GROUP'
  /** An Azure management group. */
  | 'MANAGEMENT_GROUP'
  /** One Azure resource. */
  | 'RESOURCE'
  /** An Azure resource group. */
  | 'RESOURCE_GROUP'
  /** An Azure subscription. */
  | 'SUBSCRIPTION'
  /** Above all Azure management groups, `/`. */
  | 'TENANT_ROOT';

/** In which order. Rows in the same place are told apart by their ids. */
export type ScopeOrder = {
  /** Which way round. Default `ASC`. */
  readonly direction?: OrderDirection;
  /** What to order by. */
  readonly field: ScopeOrderField;
};

/** What to order by. */
export type ScopeOrderField =
  /** The name for people. */
  | 'DISPLAY_NAME'
  /** The path, which puts what lies below behind what it lies below. */
  | 'PATH';

/** What an item of a stream is. */
export type StreamItemKind =
  /** Something happened. */
  | 'EVENT'
  /** Nothing happened that the caller may see: the stream is complete up to this position. */
  | 'HEARTBEAT'
  /** How one thing stands at the beginning of the stream. */
  | 'SNAPSHOT'
  /** The snapshot is complete; what follows happened after it. */
  | 'SNAPSHOT_COMPLETE';

/** A ticket in the system where the work is tracked. Kept as information; it is not looked up. */
export type TicketInput = {
  /** Its number. */
  readonly number: string;
  /** The system that numbers it. */
  readonly system: string;
};

/** What to change. Whatever is not given stays as it is. */
export type UpdateInput = {
  /** One that runs, or that is still to begin; no activation. */
  readonly assignment: string;
  /** An ABAC condition, version 2.0, that narrows an Azure role; null takes it away. Running activations keep theirs. */
  readonly condition?: string | null | undefined;
  /** How long it lasts from now, or from a later start, at least PT5M; excludes `endsAt` and `permanent`. */
  readonly duration?: string | null | undefined;
  /** When it ends; excludes `duration` and `permanent`. */
  readonly endsAt?: string | null | undefined;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** Why. */
  readonly justification?: string | null | undefined;
  /** Without an end. Default false. */
  readonly permanent?: boolean | null | undefined;
  /** When it begins, while it has not begun. An instant in the past: now. */
  readonly startsAt?: string | null | undefined;
  /** A ticket that explains it. */
  readonly ticket?: TicketInput | null | undefined;
  /** Judge and answer, but write nothing. Default false. */
  readonly validateOnly?: boolean | null | undefined;
};

/** What to change of one of several assignments. Whatever is not given stays as it is. */
export type UpdateItem = {
  /** One that runs, or that is still to begin; no activation. */
  readonly assignment: string;
  /** An ABAC condition, version 2.0, that narrows an Azure role; null takes it away. Running activations keep theirs. */
  readonly condition?: string | null | undefined;
  /** How long it lasts from now, or from a later start, at least PT5M; excludes `endsAt` and `permanent`. */
  readonly duration?: string | null | undefined;
  /** When it ends; excludes `duration` and `permanent`. */
  readonly endsAt?: string | null | undefined;
  /** Why. */
  readonly justification?: string | null | undefined;
  /** Without an end. Default false. */
  readonly permanent?: boolean | null | undefined;
  /** When it begins, while it has not begun. An instant in the past: now. */
  readonly startsAt?: string | null | undefined;
  /** A ticket that explains it. */
  readonly ticket?: TicketInput | null | undefined;
};

/** Changes of several assignments, each named once. */
export type UpdateManyInput = {
  /** All of them or none. Default false: each on its own. */
  readonly atomic?: boolean | null | undefined;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** Why, of every item that does not say. */
  readonly justification?: string | null | undefined;
  /** A ticket, of every item that names none. */
  readonly ticket?: TicketInput | null | undefined;
  /** The changes, 1 to 1000. */
  readonly updates: ReadonlyArray<UpdateItem>;
  /** Judge and answer, each item after those before it, but write nothing. Default false. */
  readonly validateOnly?: boolean | null | undefined;
};

/** Which template to change, and how. */
export type UpdatePolicyTemplateInput = {
  /** What it is for. Default: as it was. */
  readonly description?: string | null | undefined;
  /** The version that was read: nothing is changed when it is another by now. */
  readonly expectedVersion: number;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** The rules to change or to add. */
  readonly rules?: RolePolicyRulesInput | null | undefined;
  /** The template. */
  readonly template: string;
  /** Judge and answer, but write nothing. Default false. */
  readonly validateOnly?: boolean | null | undefined;
};

/** Which settings to change, and how. */
export type UpdateRolePolicyInput = {
  /** The version that was read: nothing is changed when it is another by now. */
  readonly expectedVersion: number;
  /** The same key with the same input gives the same answer, and acts once. */
  readonly idempotencyKey?: string | null | undefined;
  /** True: give up the settings of this scope, for those that it inherits or the defaults; excludes all others. Default false. */
  readonly inherit?: boolean | null | undefined;
  /** Whether Azure scopes below without settings of their own take these. */
  readonly inheritable?: boolean | null | undefined;
  /** Why; kept with the change. */
  readonly justification?: string | null | undefined;
  /** The role. */
  readonly role: string;
  /** The rules to change. */
  readonly rules?: RolePolicyRulesInput | null | undefined;
  /** Where. Default for an Entra role: the directory. */
  readonly scope?: ScopeInput | null | undefined;
  /** A template whose rules are copied first; `rules` come on top. */
  readonly template?: string | null | undefined;
  /** Judge and answer, but write nothing. Default false. */
  readonly validateOnly?: boolean | null | undefined;
};

/** How a user belongs to the directory. */
export type UserType =
  /** Invited from outside. */
  | 'GUEST'
  /** Belongs to the organization. */
  | 'MEMBER';

export type ActivateMutationVariables = Exact<{
  input: ActivateInput;
}>;


export type ActivateMutation = { readonly activate: { readonly status: RequestStatus | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> } };

export type ActivateManyMutationVariables = Exact<{
  input: ActivateManyInput;
}>;


export type ActivateManyMutation = { readonly activateMany: ReadonlyArray<{ readonly status: RequestStatus | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> }> };

export type ApprovalEventsSubscriptionVariables = Exact<{
  after?: string | null | undefined;
  snapshot?: boolean;
  heartbeats?: boolean;
  filter?: ApprovalEventFilter | null | undefined;
}>;


export type ApprovalEventsSubscription = { readonly approvalEvents: { readonly kind: StreamItemKind, readonly position: number, readonly cursor: string, readonly type: ApprovalEventType | null, readonly at: string, readonly provider: Provider | null, readonly actor: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ) | null, readonly principal: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean } | null, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null } };

export type ApproveMutationVariables = Exact<{
  input: DecideInput;
}>;


export type ApproveMutation = { readonly approve: ReadonlyArray<{ readonly status: RequestStatus | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> }> };

export type AssignMutationVariables = Exact<{
  input: AssignInput;
}>;


export type AssignMutation = { readonly assign: { readonly status: RequestStatus | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> } };

export type AssignManyMutationVariables = Exact<{
  input: AssignManyInput;
}>;


export type AssignManyMutation = { readonly assignMany: ReadonlyArray<{ readonly index: number, readonly status: RequestStatus | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> }> };

export type AssignmentQueryVariables = Exact<{
  id: string;
}>;


export type AssignmentQuery = { readonly assignment: { readonly createdAt: string, readonly condition: string | null, readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly activation: { readonly maximumDuration: string, readonly requires: ReadonlyArray<ActivationRequirement>, readonly authenticationContext: string | null, readonly approvers: ReadonlyArray<(
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      )> } | null, readonly eligibility: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly principal: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ), readonly via: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null };

export type AssignmentEventsSubscriptionVariables = Exact<{
  after?: string | null | undefined;
  snapshot?: boolean;
  heartbeats?: boolean;
  filter?: AssignmentEventFilter | null | undefined;
}>;


export type AssignmentEventsSubscription = { readonly assignmentEvents: { readonly kind: StreamItemKind, readonly position: number, readonly cursor: string, readonly type: AssignmentEventType | null, readonly at: string, readonly endsIn: string | null, readonly provider: Provider | null, readonly actor: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ) | null, readonly principal: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean } | null, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null } };

export type AssignmentsQueryVariables = Exact<{
  filter?: AssignmentFilter | null | undefined;
  orderBy?: AssignmentOrder | null | undefined;
  asOf?: string | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  count?: boolean;
}>;


export type AssignmentsQuery = { readonly assignments: { readonly totalCount?: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null, readonly hasPreviousPage: boolean, readonly startCursor: string | null } } };

export type AuditEventsSubscriptionVariables = Exact<{
  after?: string | null | undefined;
  snapshot?: boolean;
  heartbeats?: boolean;
  filter?: AuditEventFilter | null | undefined;
}>;


export type AuditEventsSubscription = { readonly auditEvents: { readonly kind: StreamItemKind, readonly position: number, readonly cursor: string, readonly type: AuditEventType | null, readonly at: string, readonly provider: Provider | null, readonly details: unknown, readonly actor: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ) | null, readonly principal: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean } | null, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null } };

export type AuditLogQueryVariables = Exact<{
  filter?: AuditLogFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  count?: boolean;
}>;


export type AuditLogQuery = { readonly auditEvents: { readonly totalCount?: number, readonly nodes: ReadonlyArray<{ readonly position: number, readonly cursor: string, readonly type: AuditEventType | null, readonly at: string, readonly provider: Provider | null, readonly details: unknown, readonly actor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean } | null, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null, readonly hasPreviousPage: boolean, readonly startCursor: string | null } } };

export type BulkExportMutationVariables = Exact<{
  input: BulkExportInput;
}>;


export type BulkExportMutation = { readonly bulkExport: { readonly operation: { readonly id: string, readonly kind: BulkOperationKind, readonly status: BulkOperationStatus, readonly processed: number, readonly total: number | null, readonly bytes: number, readonly result: unknown, readonly errorCode: string | null, readonly errorMessage: string | null, readonly url: string | null, readonly createdAt: string, readonly startedAt: string | null, readonly completedAt: string | null, readonly expiresAt: string | null } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> } };

export type BulkOperationQueryVariables = Exact<{
  id: string;
}>;


export type BulkOperationQuery = { readonly bulkOperation: { readonly id: string, readonly kind: BulkOperationKind, readonly status: BulkOperationStatus, readonly processed: number, readonly total: number | null, readonly bytes: number, readonly result: unknown, readonly errorCode: string | null, readonly errorMessage: string | null, readonly url: string | null, readonly createdAt: string, readonly startedAt: string | null, readonly completedAt: string | null, readonly expiresAt: string | null } | null };

export type BulkOperationProgressSubscriptionVariables = Exact<{
  id: string;
  after?: string | null | undefined;
  snapshot?: boolean;
  heartbeats?: boolean;
}>;


export type BulkOperationProgressSubscription = { readonly bulkOperationProgress: { readonly kind: StreamItemKind, readonly position: number, readonly cursor: string, readonly type: BulkOperationEventType | null, readonly at: string, readonly operation: { readonly id: string, readonly kind: BulkOperationKind, readonly status: BulkOperationStatus, readonly processed: number, readonly total: number | null, readonly bytes: number, readonly result: unknown, readonly errorCode: string | null, readonly errorMessage: string | null, readonly url: string | null, readonly createdAt: string, readonly startedAt: string | null, readonly completedAt: string | null, readonly expiresAt: string | null } | null } };

export type BulkOperationsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}>;


export type BulkOperationsQuery = { readonly bulkOperations: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly kind: BulkOperationKind, readonly status: BulkOperationStatus, readonly processed: number, readonly total: number | null, readonly bytes: number, readonly result: unknown, readonly errorCode: string | null, readonly errorMessage: string | null, readonly url: string | null, readonly createdAt: string, readonly startedAt: string | null, readonly completedAt: string | null, readonly expiresAt: string | null }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null, readonly hasPreviousPage: boolean, readonly startCursor: string | null } } };

export type CancelMutationVariables = Exact<{
  input: CancelInput;
}>;


export type CancelMutation = { readonly cancel: ReadonlyArray<{ readonly status: RequestStatus | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> }> };

export type CancelBulkOperationMutationVariables = Exact<{
  input: CancelBulkOperationInput;
}>;


export type CancelBulkOperationMutation = { readonly cancelBulkOperation: { readonly operation: { readonly id: string, readonly kind: BulkOperationKind, readonly status: BulkOperationStatus, readonly processed: number, readonly total: number | null, readonly bytes: number, readonly result: unknown, readonly errorCode: string | null, readonly errorMessage: string | null, readonly url: string | null, readonly createdAt: string, readonly startedAt: string | null, readonly completedAt: string | null, readonly expiresAt: string | null } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> } };

export type CheckAccessQueryVariables = Exact<{
  input: CheckAccessInput;
}>;


export type CheckAccessQuery = { readonly checkAccess: { readonly allowed: boolean, readonly conditional: boolean, readonly until: string | null, readonly at: string, readonly paths: ReadonlyArray<{ readonly type: AssignmentType, readonly inherited: boolean, readonly until: string | null, readonly condition: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly via: ReadonlyArray<(
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      )>, readonly assignment: { readonly id: string } | null }> } | null };

export type CopyAssignmentsMutationVariables = Exact<{
  input: CopyAssignmentsInput;
}>;


export type CopyAssignmentsMutation = { readonly copyAssignments: { readonly copies: ReadonlyArray<{ readonly status: RequestStatus | null, readonly source: { readonly id: string } | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
          { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
          & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
        ), readonly requestor: (
          { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
          & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
        ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
          { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
          & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
        ), readonly via: (
          { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
          & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
        ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> }>, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> } };

export type CreatePolicyTemplateMutationVariables = Exact<{
  input: CreatePolicyTemplateInput;
}>;


export type CreatePolicyTemplateMutation = { readonly createPolicyTemplate: { readonly template: { readonly id: string, readonly provider: Provider, readonly name: string, readonly description: string | null, readonly version: number, readonly lastModifiedAt: string, readonly rules: ReadonlyArray<
        | (
          { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly multiFactorMaximumAge: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ActivationEnablementRule' }
        )
        | (
          { readonly maximumDuration: string, readonly minimumDuration: string, readonly isExtensionAllowed: boolean, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ActivationExpirationRule' }
        )
        | (
          { readonly isApprovalRequired: boolean, readonly isApprovalRequiredForExtension: boolean, readonly timeout: string, readonly isApproverJustificationRequired: boolean, readonly ruleId: string, readonly stages: ReadonlyArray<{ readonly quorum: number, readonly approvers: ReadonlyArray<(
              { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
              & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
            )>, readonly escalation: { readonly after: string, readonly approvers: ReadonlyArray<(
                { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
                & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
              )> } | null }>, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ApprovalRule' }
        )
        | (
          { readonly isEnabled: boolean, readonly claimValue: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'AuthenticationContextRule' }
        )
        | (
          { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'EnablementRule' }
        )
        | (
          { readonly isExpirationRequired: boolean, readonly maximumDuration: string, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ExpirationRule' }
        )
        | (
          { readonly notificationLevel: NotificationLevel, readonly isDefaultRecipientsEnabled: boolean, readonly notificationRecipients: ReadonlyArray<string>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'NotificationRule' }
        )
      > } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> } };

export type DeactivateMutationVariables = Exact<{
  input: DeactivateInput;
}>;


export type DeactivateMutation = { readonly deactivate: { readonly status: RequestStatus | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> } };

export type DenyMutationVariables = Exact<{
  input: DecideInput;
}>;


export type DenyMutation = { readonly deny: ReadonlyArray<{ readonly status: RequestStatus | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> }> };

export type EffectiveAccessQueryVariables = Exact<{
  scope?: ScopeInput | null | undefined;
  principal?: string | null | undefined;
  filter?: EffectiveAccessFilter | null | undefined;
  at?: string | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  count?: boolean;
}>;


export type EffectiveAccessQuery = { readonly effectiveAccess: { readonly totalCount?: number, readonly nodes: ReadonlyArray<{ readonly type: AssignmentType, readonly inherited: boolean, readonly until: string | null, readonly condition: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly via: ReadonlyArray<(
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      )>, readonly assignment: { readonly id: string } | null }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null, readonly hasPreviousPage: boolean, readonly startCursor: string | null } } | null };

export type EventCursorQueryVariables = Exact<{ [key: string]: never; }>;


export type EventCursorQuery = { readonly eventCursor: string };

export type ExplainActivationQueryVariables = Exact<{
  input: ExplainActivationInput;
}>;


export type ExplainActivationQuery = { readonly explainActivation: { readonly outcome: ActivationOutcome, readonly startsAt: string | null, readonly endsAt: string | null, readonly expiresAt: string | null, readonly rules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly met: boolean, readonly allowed: string, readonly given: string | null, readonly remedy: string | null }>, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }>, readonly stages: ReadonlyArray<{ readonly quorum: number, readonly approverCount: number, readonly escalatesAfter: string | null, readonly approvers: ReadonlyArray<(
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      )>, readonly backups: ReadonlyArray<(
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      )> }> } };

export type ExtendMutationVariables = Exact<{
  input: ExtendInput;
}>;


export type ExtendMutation = { readonly extend: { readonly status: RequestStatus | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> } };

export type ExtendActivationMutationVariables = Exact<{
  input: ExtendActivationInput;
}>;


export type ExtendActivationMutation = { readonly extendActivation: { readonly status: RequestStatus | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> } };

export type ImportAssignmentsMutationVariables = Exact<{
  input: ImportAssignmentsInput;
}>;


export type ImportAssignmentsMutation = { readonly importAssignments: { readonly operation: { readonly id: string, readonly kind: BulkOperationKind, readonly status: BulkOperationStatus, readonly processed: number, readonly total: number | null, readonly bytes: number, readonly result: unknown, readonly errorCode: string | null, readonly errorMessage: string | null, readonly url: string | null, readonly createdAt: string, readonly startedAt: string | null, readonly completedAt: string | null, readonly expiresAt: string | null } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> } };

export type MeQueryVariables = Exact<{ [key: string]: never; }>;


export type MeQuery = { readonly me: { readonly manages: boolean, readonly multiFactorAt: string | null, readonly authenticationContexts: ReadonlyArray<string>, readonly tokenExpiresAt: string, readonly principal:
      | (
        { readonly roleAssignable: boolean, readonly securityEnabled: boolean, readonly dynamicMembership: boolean, readonly synchronized: boolean, readonly enabled: boolean, readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' }
      )
      | (
        { readonly enabled: boolean, readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'ManagedIdentity' }
      )
      | (
        { readonly appId: string | null, readonly enabled: boolean, readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'ServicePrincipal' }
      )
      | (
        { readonly lastSignInAt: string | null, readonly userPrincipalName: string, readonly userType: UserType, readonly mail: string | null, readonly jobTitle: string | null, readonly department: string | null, readonly enabled: boolean, readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'User' }
      )
    , readonly managing: ReadonlyArray<{ readonly provider: Provider, readonly types: ReadonlyArray<AssignmentType>, readonly roleAssignableGroups: boolean | null, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null }> } };

export type MyAccessSubscriptionVariables = Exact<{
  after?: string | null | undefined;
  snapshot?: boolean;
  heartbeats?: boolean;
  filter?: AccessEventFilter | null | undefined;
}>;


export type MyAccessSubscription = { readonly myAccess: { readonly kind: StreamItemKind, readonly position: number, readonly cursor: string, readonly type: AssignmentEventType | null, readonly at: string, readonly endsIn: string | null, readonly provider: Provider | null, readonly actor: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ) | null, readonly principal: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean } | null, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null } };

export type MyApprovalsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type MyApprovalsQuery = { readonly me: { readonly approvals: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
          { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
          & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
        ), readonly requestor: (
          { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
          & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
        ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null, readonly hasPreviousPage: boolean, readonly startCursor: string | null } } } };

export type MyRequestsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type MyRequestsQuery = { readonly me: { readonly requests: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
          { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
          & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
        ), readonly requestor: (
          { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
          & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
        ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null, readonly hasPreviousPage: boolean, readonly startCursor: string | null } } } };

export type MyRolesQueryVariables = Exact<{
  first?: number | null | undefined;
  eligibleAfter?: string | null | undefined;
  activeAfter?: string | null | undefined;
}>;


export type MyRolesQuery = { readonly me: { readonly eligible: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly activation: { readonly maximumDuration: string, readonly requires: ReadonlyArray<ActivationRequirement>, readonly authenticationContext: string | null, readonly approvers: ReadonlyArray<(
            { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
            & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
          )> } | null, readonly principal: (
          { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
          & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
        ), readonly via: (
          { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
          & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
        ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null, readonly hasPreviousPage: boolean, readonly startCursor: string | null } }, readonly active: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly eligibility: { readonly id: string } | null, readonly principal: (
          { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
          & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
        ), readonly via: (
          { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
          & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
        ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null, readonly hasPreviousPage: boolean, readonly startCursor: string | null } } } };

export type NodeQueryVariables = Exact<{
  id: string;
}>;


export type NodeQuery = { readonly node:
    | (
      { readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly id: string, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } }
      & { readonly __typename: 'Assignment' }
    )
    | (
      { readonly id: string }
      & { readonly __typename: 'BulkOperation' | 'PolicyTemplate' | 'RolePolicy' }
    )
    | (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    )
    | (
      { readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly id: string, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } }
      & { readonly __typename: 'Request' }
    )
    | (
      { readonly displayName: string, readonly provider: Provider, readonly id: string }
      & { readonly __typename: 'Role' }
    )
    | (
      { readonly displayName: string, readonly path: string, readonly provider: Provider, readonly id: string }
      & { readonly __typename: 'Scope' }
    )
   | null };

export type NodesQueryVariables = Exact<{
  ids: ReadonlyArray<string>;
}>;


export type NodesQuery = { readonly nodes: ReadonlyArray<
    | (
      { readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly id: string, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } }
      & { readonly __typename: 'Assignment' }
    )
    | (
      { readonly id: string }
      & { readonly __typename: 'BulkOperation' | 'PolicyTemplate' | 'RolePolicy' }
    )
    | (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    )
    | (
      { readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly id: string, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } }
      & { readonly __typename: 'Request' }
    )
    | (
      { readonly displayName: string, readonly provider: Provider, readonly id: string }
      & { readonly __typename: 'Role' }
    )
    | (
      { readonly displayName: string, readonly path: string, readonly provider: Provider, readonly id: string }
      & { readonly __typename: 'Scope' }
    )
   | null> };

export type PolicyEventsSubscriptionVariables = Exact<{
  after?: string | null | undefined;
  snapshot?: boolean;
  heartbeats?: boolean;
  filter?: PolicyEventFilter | null | undefined;
}>;


export type PolicyEventsSubscription = { readonly policyEvents: { readonly kind: StreamItemKind, readonly position: number, readonly cursor: string, readonly type: PolicyEventType | null, readonly at: string, readonly provider: Provider | null, readonly actor: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ) | null, readonly policy: { readonly id: string, readonly provider: Provider, readonly version: number, readonly lastModifiedAt: string | null, readonly inheritable: boolean, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly lastModifiedBy: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly inheritedFrom: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly effectiveRules: ReadonlyArray<
        | (
          { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly multiFactorMaximumAge: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ActivationEnablementRule' }
        )
        | (
          { readonly maximumDuration: string, readonly minimumDuration: string, readonly isExtensionAllowed: boolean, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ActivationExpirationRule' }
        )
        | (
          { readonly isApprovalRequired: boolean, readonly isApprovalRequiredForExtension: boolean, readonly timeout: string, readonly isApproverJustificationRequired: boolean, readonly ruleId: string, readonly stages: ReadonlyArray<{ readonly quorum: number, readonly approvers: ReadonlyArray<(
              { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
              & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
            )>, readonly escalation: { readonly after: string, readonly approvers: ReadonlyArray<(
                { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
                & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
              )> } | null }>, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ApprovalRule' }
        )
        | (
          { readonly isEnabled: boolean, readonly claimValue: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'AuthenticationContextRule' }
        )
        | (
          { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'EnablementRule' }
        )
        | (
          { readonly isExpirationRequired: boolean, readonly maximumDuration: string, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ExpirationRule' }
        )
        | (
          { readonly notificationLevel: NotificationLevel, readonly isDefaultRecipientsEnabled: boolean, readonly notificationRecipients: ReadonlyArray<string>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'NotificationRule' }
        )
      > } | null, readonly template: { readonly id: string, readonly provider: Provider, readonly name: string, readonly description: string | null, readonly version: number, readonly lastModifiedAt: string, readonly rules: ReadonlyArray<
        | (
          { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly multiFactorMaximumAge: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ActivationEnablementRule' }
        )
        | (
          { readonly maximumDuration: string, readonly minimumDuration: string, readonly isExtensionAllowed: boolean, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ActivationExpirationRule' }
        )
        | (
          { readonly isApprovalRequired: boolean, readonly isApprovalRequiredForExtension: boolean, readonly timeout: string, readonly isApproverJustificationRequired: boolean, readonly ruleId: string, readonly stages: ReadonlyArray<{ readonly quorum: number, readonly approvers: ReadonlyArray<(
              { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
              & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
            )>, readonly escalation: { readonly after: string, readonly approvers: ReadonlyArray<(
                { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
                & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
              )> } | null }>, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ApprovalRule' }
        )
        | (
          { readonly isEnabled: boolean, readonly claimValue: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'AuthenticationContextRule' }
        )
        | (
          { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'EnablementRule' }
        )
        | (
          { readonly isExpirationRequired: boolean, readonly maximumDuration: string, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ExpirationRule' }
        )
        | (
          { readonly notificationLevel: NotificationLevel, readonly isDefaultRecipientsEnabled: boolean, readonly notificationRecipients: ReadonlyArray<string>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'NotificationRule' }
        )
      > } | null } };

export type PolicyTemplatesQueryVariables = Exact<{
  filter?: PolicyTemplateFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  count?: boolean;
}>;


export type PolicyTemplatesQuery = { readonly policyTemplates: { readonly totalCount?: number, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null, readonly hasPreviousPage: boolean, readonly startCursor: string | null }, readonly nodes: ReadonlyArray<{ readonly id: string, readonly provider: Provider, readonly name: string, readonly description: string | null, readonly version: number, readonly lastModifiedAt: string, readonly rules: ReadonlyArray<
        | (
          { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly multiFactorMaximumAge: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ActivationEnablementRule' }
        )
        | (
          { readonly maximumDuration: string, readonly minimumDuration: string, readonly isExtensionAllowed: boolean, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ActivationExpirationRule' }
        )
        | (
          { readonly isApprovalRequired: boolean, readonly isApprovalRequiredForExtension: boolean, readonly timeout: string, readonly isApproverJustificationRequired: boolean, readonly ruleId: string, readonly stages: ReadonlyArray<{ readonly quorum: number, readonly approvers: ReadonlyArray<(
              { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
              & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
            )>, readonly escalation: { readonly after: string, readonly approvers: ReadonlyArray<(
                { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
                & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
              )> } | null }>, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ApprovalRule' }
        )
        | (
          { readonly isEnabled: boolean, readonly claimValue: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'AuthenticationContextRule' }
        )
        | (
          { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'EnablementRule' }
        )
        | (
          { readonly isExpirationRequired: boolean, readonly maximumDuration: string, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ExpirationRule' }
        )
        | (
          { readonly notificationLevel: NotificationLevel, readonly isDefaultRecipientsEnabled: boolean, readonly notificationRecipients: ReadonlyArray<string>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'NotificationRule' }
        )
      > }> } };

export type PrincipalQueryVariables = Exact<{
  id: string;
}>;


export type PrincipalQuery = { readonly principal:
    | (
      { readonly roleAssignable: boolean, readonly securityEnabled: boolean, readonly dynamicMembership: boolean, readonly synchronized: boolean, readonly enabled: boolean, readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' }
    )
    | (
      { readonly enabled: boolean, readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'ManagedIdentity' }
    )
    | (
      { readonly appId: string | null, readonly enabled: boolean, readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'ServicePrincipal' }
    )
    | (
      { readonly userPrincipalName: string, readonly userType: UserType, readonly mail: string | null, readonly jobTitle: string | null, readonly department: string | null, readonly enabled: boolean, readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'User' }
    )
   | null };

export type PrincipalsQueryVariables = Exact<{
  filter?: PrincipalFilter | null | undefined;
  orderBy?: PrincipalOrder | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  count?: boolean;
}>;


export type PrincipalsQuery = { readonly principals: { readonly totalCount?: number, readonly nodes: ReadonlyArray<
      | (
        { readonly roleAssignable: boolean, readonly securityEnabled: boolean, readonly dynamicMembership: boolean, readonly synchronized: boolean, readonly enabled: boolean, readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' }
      )
      | (
        { readonly enabled: boolean, readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'ManagedIdentity' }
      )
      | (
        { readonly appId: string | null, readonly enabled: boolean, readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'ServicePrincipal' }
      )
      | (
        { readonly userPrincipalName: string, readonly userType: UserType, readonly mail: string | null, readonly jobTitle: string | null, readonly department: string | null, readonly enabled: boolean, readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'User' }
      )
    >, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null, readonly hasPreviousPage: boolean, readonly startCursor: string | null } } };

export type RemoveMutationVariables = Exact<{
  input: RemoveInput;
}>;


export type RemoveMutation = { readonly remove: { readonly status: RequestStatus | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> } };

export type RemoveManyMutationVariables = Exact<{
  input: RemoveManyInput;
}>;


export type RemoveManyMutation = { readonly removeMany: ReadonlyArray<{ readonly index: number, readonly status: RequestStatus | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> }> };

export type RenewMutationVariables = Exact<{
  input: RenewInput;
}>;


export type RenewMutation = { readonly renew: ReadonlyArray<{ readonly status: RequestStatus | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> }> };

export type RequestQueryVariables = Exact<{
  id: string;
}>;


export type RequestQuery = { readonly request: { readonly condition: string | null, readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly principal: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ), readonly requestor: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null };

export type RequestProgressSubscriptionVariables = Exact<{
  id: string;
  after?: string | null | undefined;
  snapshot?: boolean;
  heartbeats?: boolean;
}>;


export type RequestProgressSubscription = { readonly requestProgress: { readonly kind: StreamItemKind, readonly position: number, readonly cursor: string, readonly type: AssignmentEventType | null, readonly at: string, readonly endsIn: string | null, readonly provider: Provider | null, readonly actor: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ) | null, readonly principal: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean } | null, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null } };

export type RequestsQueryVariables = Exact<{
  filter?: RequestFilter | null | undefined;
  orderBy?: RequestOrder | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  count?: boolean;
}>;


export type RequestsQuery = { readonly requests: { readonly totalCount?: number, readonly nodes: ReadonlyArray<{ readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null, readonly hasPreviousPage: boolean, readonly startCursor: string | null } } };

export type RoleQueryVariables = Exact<{
  id: string;
}>;


export type RoleQuery = { readonly role: { readonly templateId: string, readonly builtIn: boolean, readonly assignable: boolean, readonly categories: ReadonlyArray<string>, readonly assignableScopes: ReadonlyArray<string>, readonly administrativeUnitScope: boolean, readonly applicationScope: boolean, readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean, readonly permissions: ReadonlyArray<{ readonly actions: ReadonlyArray<string>, readonly notActions: ReadonlyArray<string>, readonly dataActions: ReadonlyArray<string>, readonly notDataActions: ReadonlyArray<string>, readonly condition: string | null }> } | null };

export type RolePoliciesQueryVariables = Exact<{
  filter?: RolePolicyFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  count?: boolean;
}>;


export type RolePoliciesQuery = { readonly rolePolicies: { readonly totalCount?: number, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null, readonly hasPreviousPage: boolean, readonly startCursor: string | null }, readonly nodes: ReadonlyArray<{ readonly id: string, readonly provider: Provider, readonly version: number, readonly inheritable: boolean, readonly lastModifiedAt: string | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly lastModifiedBy: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null }> } };

export type RolePolicyQueryVariables = Exact<{
  role: string;
  scope?: ScopeInput | null | undefined;
}>;


export type RolePolicyQuery = { readonly rolePolicy: { readonly id: string, readonly provider: Provider, readonly version: number, readonly lastModifiedAt: string | null, readonly inheritable: boolean, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly lastModifiedBy: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ) | null, readonly inheritedFrom: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly effectiveRules: ReadonlyArray<
      | (
        { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly multiFactorMaximumAge: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
        & { readonly __typename: 'ActivationEnablementRule' }
      )
      | (
        { readonly maximumDuration: string, readonly minimumDuration: string, readonly isExtensionAllowed: boolean, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
        & { readonly __typename: 'ActivationExpirationRule' }
      )
      | (
        { readonly isApprovalRequired: boolean, readonly isApprovalRequiredForExtension: boolean, readonly timeout: string, readonly isApproverJustificationRequired: boolean, readonly ruleId: string, readonly stages: ReadonlyArray<{ readonly quorum: number, readonly approvers: ReadonlyArray<(
            { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
            & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
          )>, readonly escalation: { readonly after: string, readonly approvers: ReadonlyArray<(
              { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
              & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
            )> } | null }>, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
        & { readonly __typename: 'ApprovalRule' }
      )
      | (
        { readonly isEnabled: boolean, readonly claimValue: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
        & { readonly __typename: 'AuthenticationContextRule' }
      )
      | (
        { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
        & { readonly __typename: 'EnablementRule' }
      )
      | (
        { readonly isExpirationRequired: boolean, readonly maximumDuration: string, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
        & { readonly __typename: 'ExpirationRule' }
      )
      | (
        { readonly notificationLevel: NotificationLevel, readonly isDefaultRecipientsEnabled: boolean, readonly notificationRecipients: ReadonlyArray<string>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
        & { readonly __typename: 'NotificationRule' }
      )
    > } | null };

export type RolesQueryVariables = Exact<{
  filter?: RoleFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  count?: boolean;
}>;


export type RolesQuery = { readonly roles: { readonly totalCount?: number, readonly nodes: ReadonlyArray<{ readonly templateId: string, readonly builtIn: boolean, readonly assignable: boolean, readonly categories: ReadonlyArray<string>, readonly assignableScopes: ReadonlyArray<string>, readonly administrativeUnitScope: boolean, readonly applicationScope: boolean, readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null, readonly hasPreviousPage: boolean, readonly startCursor: string | null } } };

export type ScopeQueryVariables = Exact<{
  id: string;
}>;


export type ScopeQuery = { readonly scope: { readonly provider: Provider, readonly resourceType: string | null, readonly locked: boolean, readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string, readonly parent: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly principal: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ) | null } | null };

export type ScopesQueryVariables = Exact<{
  filter?: ScopeFilter | null | undefined;
  orderBy?: ScopeOrder | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  count?: boolean;
}>;


export type ScopesQuery = { readonly scopes: { readonly totalCount?: number, readonly nodes: ReadonlyArray<{ readonly provider: Provider, readonly resourceType: string | null, readonly locked: boolean, readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string, readonly parent: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null, readonly hasPreviousPage: boolean, readonly startCursor: string | null } } };

export type UpdateMutationVariables = Exact<{
  input: UpdateInput;
}>;


export type UpdateMutation = { readonly update: { readonly status: RequestStatus | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> } };

export type UpdateManyMutationVariables = Exact<{
  input: UpdateManyInput;
}>;


export type UpdateManyMutation = { readonly updateMany: ReadonlyArray<{ readonly index: number, readonly status: RequestStatus | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly requestor: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ), readonly via: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> }> };

export type UpdatePolicyTemplateMutationVariables = Exact<{
  input: UpdatePolicyTemplateInput;
}>;


export type UpdatePolicyTemplateMutation = { readonly updatePolicyTemplate: { readonly template: { readonly id: string, readonly provider: Provider, readonly name: string, readonly description: string | null, readonly version: number, readonly lastModifiedAt: string, readonly rules: ReadonlyArray<
        | (
          { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly multiFactorMaximumAge: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ActivationEnablementRule' }
        )
        | (
          { readonly maximumDuration: string, readonly minimumDuration: string, readonly isExtensionAllowed: boolean, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ActivationExpirationRule' }
        )
        | (
          { readonly isApprovalRequired: boolean, readonly isApprovalRequiredForExtension: boolean, readonly timeout: string, readonly isApproverJustificationRequired: boolean, readonly ruleId: string, readonly stages: ReadonlyArray<{ readonly quorum: number, readonly approvers: ReadonlyArray<(
              { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
              & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
            )>, readonly escalation: { readonly after: string, readonly approvers: ReadonlyArray<(
                { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
                & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
              )> } | null }>, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ApprovalRule' }
        )
        | (
          { readonly isEnabled: boolean, readonly claimValue: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'AuthenticationContextRule' }
        )
        | (
          { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'EnablementRule' }
        )
        | (
          { readonly isExpirationRequired: boolean, readonly maximumDuration: string, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ExpirationRule' }
        )
        | (
          { readonly notificationLevel: NotificationLevel, readonly isDefaultRecipientsEnabled: boolean, readonly notificationRecipients: ReadonlyArray<string>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'NotificationRule' }
        )
      > } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> } };

export type UpdateRolePolicyMutationVariables = Exact<{
  input: UpdateRolePolicyInput;
}>;


export type UpdateRolePolicyMutation = { readonly updateRolePolicy: { readonly policy: { readonly id: string, readonly provider: Provider, readonly version: number, readonly lastModifiedAt: string | null, readonly inheritable: boolean, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly lastModifiedBy: (
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      ) | null, readonly inheritedFrom: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly effectiveRules: ReadonlyArray<
        | (
          { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly multiFactorMaximumAge: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ActivationEnablementRule' }
        )
        | (
          { readonly maximumDuration: string, readonly minimumDuration: string, readonly isExtensionAllowed: boolean, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ActivationExpirationRule' }
        )
        | (
          { readonly isApprovalRequired: boolean, readonly isApprovalRequiredForExtension: boolean, readonly timeout: string, readonly isApproverJustificationRequired: boolean, readonly ruleId: string, readonly stages: ReadonlyArray<{ readonly quorum: number, readonly approvers: ReadonlyArray<(
              { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
              & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
            )>, readonly escalation: { readonly after: string, readonly approvers: ReadonlyArray<(
                { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
                & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
              )> } | null }>, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ApprovalRule' }
        )
        | (
          { readonly isEnabled: boolean, readonly claimValue: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'AuthenticationContextRule' }
        )
        | (
          { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'EnablementRule' }
        )
        | (
          { readonly isExpirationRequired: boolean, readonly maximumDuration: string, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'ExpirationRule' }
        )
        | (
          { readonly notificationLevel: NotificationLevel, readonly isDefaultRecipientsEnabled: boolean, readonly notificationRecipients: ReadonlyArray<string>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
          & { readonly __typename: 'NotificationRule' }
        )
      > } | null, readonly refusals: ReadonlyArray<{ readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null }> } };

export type PrincipalNameFragment = (
  { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
  & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
);

type PrincipalDetails_Group_Fragment = (
  { readonly roleAssignable: boolean, readonly securityEnabled: boolean, readonly dynamicMembership: boolean, readonly synchronized: boolean, readonly enabled: boolean, readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
  & { readonly __typename: 'Group' }
);

type PrincipalDetails_ManagedIdentity_Fragment = (
  { readonly enabled: boolean, readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
  & { readonly __typename: 'ManagedIdentity' }
);

type PrincipalDetails_ServicePrincipal_Fragment = (
  { readonly appId: string | null, readonly enabled: boolean, readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
  & { readonly __typename: 'ServicePrincipal' }
);

type PrincipalDetails_User_Fragment = (
  { readonly userPrincipalName: string, readonly userType: UserType, readonly mail: string | null, readonly jobTitle: string | null, readonly department: string | null, readonly enabled: boolean, readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
  & { readonly __typename: 'User' }
);

export type PrincipalDetailsFragment =
  | PrincipalDetails_Group_Fragment
  | PrincipalDetails_ManagedIdentity_Fragment
  | PrincipalDetails_ServicePrincipal_Fragment
  | PrincipalDetails_User_Fragment
;

export type RoleNameFragment = { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean };

export type RoleDetailsFragment = { readonly templateId: string, readonly builtIn: boolean, readonly assignable: boolean, readonly categories: ReadonlyArray<string>, readonly assignableScopes: ReadonlyArray<string>, readonly administrativeUnitScope: boolean, readonly applicationScope: boolean, readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean };

export type ScopeNameFragment = { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string };

export type ScopeDetailsFragment = { readonly provider: Provider, readonly resourceType: string | null, readonly locked: boolean, readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string, readonly parent: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly principal: (
    { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
    & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
  ) | null };

export type AssignmentDetailsFragment = { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
    { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
    & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
  ), readonly via: (
    { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
    & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
  ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } };

export type ActivationDetailsFragment = { readonly maximumDuration: string, readonly requires: ReadonlyArray<ActivationRequirement>, readonly authenticationContext: string | null, readonly approvers: ReadonlyArray<(
    { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
    & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
  )> };

export type RequestDetailsFragment = { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
    { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
    & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
  ), readonly requestor: (
    { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
    & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
  ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null };

export type RefusalDetailsFragment = { readonly code: RefusalCode, readonly message: string, readonly field: ReadonlyArray<string>, readonly failedRules: ReadonlyArray<{ readonly rule: PolicyRule, readonly ruleId: string, readonly allowed: string, readonly given: string, readonly remedy: string }>, readonly stepUp: { readonly acrValues: ReadonlyArray<string>, readonly maxAgeSeconds: number | null, readonly claims: string | null } | null };

export type PageDetailsFragment = { readonly hasNextPage: boolean, readonly endCursor: string | null, readonly hasPreviousPage: boolean, readonly startCursor: string | null };

type RuleDetails_ActivationEnablementRule_Fragment = (
  { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly multiFactorMaximumAge: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
  & { readonly __typename: 'ActivationEnablementRule' }
);

type RuleDetails_ActivationExpirationRule_Fragment = (
  { readonly maximumDuration: string, readonly minimumDuration: string, readonly isExtensionAllowed: boolean, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
  & { readonly __typename: 'ActivationExpirationRule' }
);

type RuleDetails_ApprovalRule_Fragment = (
  { readonly isApprovalRequired: boolean, readonly isApprovalRequiredForExtension: boolean, readonly timeout: string, readonly isApproverJustificationRequired: boolean, readonly ruleId: string, readonly stages: ReadonlyArray<{ readonly quorum: number, readonly approvers: ReadonlyArray<(
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    )>, readonly escalation: { readonly after: string, readonly approvers: ReadonlyArray<(
        { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
        & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
      )> } | null }>, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
  & { readonly __typename: 'ApprovalRule' }
);

type RuleDetails_AuthenticationContextRule_Fragment = (
  { readonly isEnabled: boolean, readonly claimValue: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
  & { readonly __typename: 'AuthenticationContextRule' }
);

type RuleDetails_EnablementRule_Fragment = (
  { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
  & { readonly __typename: 'EnablementRule' }
);

type RuleDetails_ExpirationRule_Fragment = (
  { readonly isExpirationRequired: boolean, readonly maximumDuration: string, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
  & { readonly __typename: 'ExpirationRule' }
);

type RuleDetails_NotificationRule_Fragment = (
  { readonly notificationLevel: NotificationLevel, readonly isDefaultRecipientsEnabled: boolean, readonly notificationRecipients: ReadonlyArray<string>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
  & { readonly __typename: 'NotificationRule' }
);

export type RuleDetailsFragment =
  | RuleDetails_ActivationEnablementRule_Fragment
  | RuleDetails_ActivationExpirationRule_Fragment
  | RuleDetails_ApprovalRule_Fragment
  | RuleDetails_AuthenticationContextRule_Fragment
  | RuleDetails_EnablementRule_Fragment
  | RuleDetails_ExpirationRule_Fragment
  | RuleDetails_NotificationRule_Fragment
;

export type RolePolicyDetailsFragment = { readonly id: string, readonly provider: Provider, readonly version: number, readonly lastModifiedAt: string | null, readonly inheritable: boolean, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly lastModifiedBy: (
    { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
    & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
  ) | null, readonly inheritedFrom: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly effectiveRules: ReadonlyArray<
    | (
      { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly multiFactorMaximumAge: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
      & { readonly __typename: 'ActivationEnablementRule' }
    )
    | (
      { readonly maximumDuration: string, readonly minimumDuration: string, readonly isExtensionAllowed: boolean, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
      & { readonly __typename: 'ActivationExpirationRule' }
    )
    | (
      { readonly isApprovalRequired: boolean, readonly isApprovalRequiredForExtension: boolean, readonly timeout: string, readonly isApproverJustificationRequired: boolean, readonly ruleId: string, readonly stages: ReadonlyArray<{ readonly quorum: number, readonly approvers: ReadonlyArray<(
          { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
          & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
        )>, readonly escalation: { readonly after: string, readonly approvers: ReadonlyArray<(
            { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
            & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
          )> } | null }>, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
      & { readonly __typename: 'ApprovalRule' }
    )
    | (
      { readonly isEnabled: boolean, readonly claimValue: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
      & { readonly __typename: 'AuthenticationContextRule' }
    )
    | (
      { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
      & { readonly __typename: 'EnablementRule' }
    )
    | (
      { readonly isExpirationRequired: boolean, readonly maximumDuration: string, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
      & { readonly __typename: 'ExpirationRule' }
    )
    | (
      { readonly notificationLevel: NotificationLevel, readonly isDefaultRecipientsEnabled: boolean, readonly notificationRecipients: ReadonlyArray<string>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
      & { readonly __typename: 'NotificationRule' }
    )
  > };

export type PolicyTemplateDetailsFragment = { readonly id: string, readonly provider: Provider, readonly name: string, readonly description: string | null, readonly version: number, readonly lastModifiedAt: string, readonly rules: ReadonlyArray<
    | (
      { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly multiFactorMaximumAge: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
      & { readonly __typename: 'ActivationEnablementRule' }
    )
    | (
      { readonly maximumDuration: string, readonly minimumDuration: string, readonly isExtensionAllowed: boolean, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
      & { readonly __typename: 'ActivationExpirationRule' }
    )
    | (
      { readonly isApprovalRequired: boolean, readonly isApprovalRequiredForExtension: boolean, readonly timeout: string, readonly isApproverJustificationRequired: boolean, readonly ruleId: string, readonly stages: ReadonlyArray<{ readonly quorum: number, readonly approvers: ReadonlyArray<(
          { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
          & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
        )>, readonly escalation: { readonly after: string, readonly approvers: ReadonlyArray<(
            { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
            & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
          )> } | null }>, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
      & { readonly __typename: 'ApprovalRule' }
    )
    | (
      { readonly isEnabled: boolean, readonly claimValue: string | null, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
      & { readonly __typename: 'AuthenticationContextRule' }
    )
    | (
      { readonly enabledRules: ReadonlyArray<EnabledRule>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
      & { readonly __typename: 'EnablementRule' }
    )
    | (
      { readonly isExpirationRequired: boolean, readonly maximumDuration: string, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
      & { readonly __typename: 'ExpirationRule' }
    )
    | (
      { readonly notificationLevel: NotificationLevel, readonly isDefaultRecipientsEnabled: boolean, readonly notificationRecipients: ReadonlyArray<string>, readonly ruleId: string, readonly origin: { readonly kind: RuleOriginKind, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly template: { readonly version: number, readonly template: { readonly id: string, readonly name: string } | null } | null } }
      & { readonly __typename: 'NotificationRule' }
    )
  > };

export type AccessDetailsFragment = { readonly type: AssignmentType, readonly inherited: boolean, readonly until: string | null, readonly condition: string | null, readonly principal: (
    { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
    & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
  ), readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly via: ReadonlyArray<(
    { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
    & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
  )>, readonly assignment: { readonly id: string } | null };

export type AssignmentEventDetailsFragment = { readonly kind: StreamItemKind, readonly position: number, readonly cursor: string, readonly type: AssignmentEventType | null, readonly at: string, readonly endsIn: string | null, readonly provider: Provider | null, readonly actor: (
    { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
    & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
  ) | null, readonly principal: (
    { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
    & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
  ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean } | null, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } | null, readonly assignment: { readonly id: string, readonly provider: Provider, readonly type: AssignmentType, readonly state: AssignmentState, readonly startsAt: string, readonly endsAt: string | null, readonly endedBy: EndReason | null, readonly principal: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ), readonly via: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string } } | null, readonly request: { readonly id: string, readonly provider: Provider, readonly action: RequestAction, readonly status: RequestStatus, readonly assignmentType: AssignmentType, readonly justification: string | null, readonly startsAt: string | null, readonly endsAt: string | null, readonly duration: string | null, readonly createdAt: string, readonly expiresAt: string | null, readonly completedAt: string | null, readonly principal: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ), readonly requestor: (
      { readonly id: string, readonly objectId: string, readonly kind: PrincipalKind, readonly displayName: string }
      & { readonly __typename: 'Group' | 'ManagedIdentity' | 'ServicePrincipal' | 'User' }
    ) | null, readonly role: { readonly id: string, readonly provider: Provider, readonly displayName: string, readonly privileged: boolean }, readonly scope: { readonly id: string, readonly kind: ScopeKind, readonly displayName: string, readonly path: string }, readonly ticket: { readonly number: string | null, readonly system: string | null } | null } | null };

export type BulkOperationDetailsFragment = { readonly id: string, readonly kind: BulkOperationKind, readonly status: BulkOperationStatus, readonly processed: number, readonly total: number | null, readonly bytes: number, readonly result: unknown, readonly errorCode: string | null, readonly errorMessage: string | null, readonly url: string | null, readonly createdAt: string, readonly startedAt: string | null, readonly completedAt: string | null, readonly expiresAt: string | null };


/** Each operation, named by the hash of its document. */
export const OPERATIONS = {
  activate: { kind: 'mutation', documentId: 'sha256:567b276ce7e7159f9e95dc8e5f2440674e3d5989e31e78a681fa2f27f8c1935d' },
  activateMany: { kind: 'mutation', documentId: 'sha256:3ab0feabb4e3766a963c093f340cba7d33bed75a2c86a30d4546dd03db1cbae9' },
  approvalEvents: { kind: 'subscription', documentId: 'sha256:b09d866f42c04ae12c8db4b2e62979a6736251670df7de6aa0efde2b1e1a876a' },
  approve: { kind: 'mutation', documentId: 'sha256:053ae53521da95336f428adb4a2f8029df366226679bf259198bd21b553b22e8' },
  assign: { kind: 'mutation', documentId: 'sha256:f1d4df2cd9cb7e7313d353d15ffc31962c3fd8207bf5548c8ee362a14e10347e' },
  assignMany: { kind: 'mutation', documentId: 'sha256:73605e9dc5d200f7b1747f99a3397b42cc07d624cf29debc43d89cebfb5f54a7' },
  assignment: { kind: 'query', documentId: 'sha256:351e6b4b0e6fcb09688b5adc93ff7707439a0210b268db02188c729e5d1d7495' },
  assignmentEvents: { kind: 'subscription', documentId: 'sha256:06ef409570d9a12f41bfa87878cb3b83fa3512446d7a42621282c81f876d5671' },
  assignments: { kind: 'query', documentId: 'sha256:fc661796c82305337eae5102d3c9f7cab6df6c685cf971a0d1abb0f2a3e8a54a' },
  auditEvents: { kind: 'subscription', documentId: 'sha256:7936fac701a451fb188d3fd924ec395187682460d4dd27318c878ebcd3187d53' },
  auditLog: { kind: 'query', documentId: 'sha256:76c3013765f54be733bda322440bf19b37f8901b4bb833ff32faac5decadd998' },
  bulkExport: { kind: 'mutation', documentId: 'sha256:6c4f4c887bc2ca88d279792fa732f9978f7df951cccdc20c821eb8bc7f8af905' },
  bulkOperation: { kind: 'query', documentId: 'sha256:50d4244bf1cd018930f1a3c7ba31b2ebea6f0ddea795a3ce3ef6d1b23a3b33e5' },
  bulkOperationProgress: { kind: 'subscription', documentId: 'sha256:71c0966194e0968e8099bf5f81334de59a31098b2a1819c9d3364a196b3287db' },
  bulkOperations: { kind: 'query', documentId: 'sha256:3cd8e9fc8dcee2d611039a869db74a56d5e39d4dd50c2e25fb57db899e4abc2e' },
  cancel: { kind: 'mutation', documentId: 'sha256:644327b486c1ba34e3dffff37930ee914c38f0066fdbb77c4500d4692fabc688' },
  cancelBulkOperation: { kind: 'mutation', documentId: 'sha256:90959a1b39de1834c4c8db6838d04cc2eb4b05daaf52785b85f0c277a8e90baf' },
  checkAccess: { kind: 'query', documentId: 'sha256:afa519cc72ea4a7f5c70d9ce489e379fa8b32fa99f43d8c4ac7b4775aba70f42' },
  copyAssignments: { kind: 'mutation', documentId: 'sha256:d17b8d9f1076c9a01e533808d19eb8c26ea5343eb712d2f535b828cb8381aa86' },
  createPolicyTemplate: { kind: 'mutation', documentId: 'sha256:24581989862641947d1645903e798370b33902c3d9f2dd8b94baaa97120fd62a' },
  deactivate: { kind: 'mutation', documentId: 'sha256:f5827b083992b21e86a80310445774ecced809896d9bf09aa7503511d61cb2ca' },
  deny: { kind: 'mutation', documentId: 'sha256:43896b270ce1eb0dd717fe8df3b631c71f42beff7adb2e1f98d6db38c19a1275' },
  effectiveAccess: { kind: 'query', documentId: 'sha256:f40852363924d9a7bd7e5580145489ffa8c6f5376e09723c7a1cf8e9bcaf1e3a' },
  eventCursor: { kind: 'query', documentId: 'sha256:e0431c5f87bfb390dde89c5100ea87b5d1242dd80a3e1ad8afd1ba190a2eb31f' },
  explainActivation: { kind: 'query', documentId: 'sha256:fcbad637dfe092fdbdf122783ce141acb49c8fb4b13b88118f0d532108bbcf37' },
  extend: { kind: 'mutation', documentId: 'sha256:9f783ec95664927fb55508e5d1fd074654404430d45f1b7c7398c9cf1200b7d6' },
  extendActivation: { kind: 'mutation', documentId: 'sha256:7864af29376f2167df5e80767a6ee2d8918242c8d804004ed43f3e353f1a1eb9' },
  importAssignments: { kind: 'mutation', documentId: 'sha256:6671e53f8eb10b46aaae972c80372b990e89808e48c6695e268a5d5c922204aa' },
  me: { kind: 'query', documentId: 'sha256:3434e803d60e72e42fbc5f1ad9fc57fd386d27da239a62695fcf8a4d7c39b414' },
  myAccess: { kind: 'subscription', documentId: 'sha256:360d7b8b7eed9b1d7a43d269a8cecc6979699b9f97058154d64117e744df5c07' },
  myApprovals: { kind: 'query', documentId: 'sha256:e67587c22c1cf1180bc4493b4e0d85579b1e8dc680a9021e5b4181f1ed8c0d71' },
  myRequests: { kind: 'query', documentId: 'sha256:c475b8148abd7dbb4ed516e7045a44af788a6fcb0c09bb6f7458da6b6be9e5ef' },
  myRoles: { kind: 'query', documentId: 'sha256:33c90c5ecc2c2e84c229cb1e4ff6b9c00847502b8d39a82b3e60c5510b718f06' },
  node: { kind: 'query', documentId: 'sha256:75cfbd8bbbc478f3619c6c7ebbf8b3f7d3fd1fb7e7b68780aacc3677323c29cc' },
  nodes: { kind: 'query', documentId: 'sha256:34e65f4c94f1a6df62675402c1963ea8f2a4dc09922959a2ef4a8e3b704204e2' },
  policyEvents: { kind: 'subscription', documentId: 'sha256:a7f23eb42a7d3bc8461bbfdb5197695dde2743344f9f6694157782392ea233d2' },
  policyTemplates: { kind: 'query', documentId: 'sha256:0635fb0ee0ce11ac9d1504d116a31449856e044232f6e31abb07334ac1b9b0b2' },
  principal: { kind: 'query', documentId: 'sha256:bc032c591624f27fcc28bd75f1bb4aef5854e3a67a7bf2484cff865c041a815a' },
  principals: { kind: 'query', documentId: 'sha256:e631193d4d5b33a5d3b57b1f885ad592b8b3f2ef7f8d5a153bcb45b4bdbd1e06' },
  remove: { kind: 'mutation', documentId: 'sha256:f388a1cb26c6ed19a1f10621b6dd6be06f2cd758ea7b945557d5af7dc8abb4e9' },
  removeMany: { kind: 'mutation', documentId: 'sha256:5e89b4d1da55267a3933abc694859251c5af9b9a544b6f40e87f2da72bd37d74' },
  renew: { kind: 'mutation', documentId: 'sha256:98fb607efe5c49b4767346dc8a09eade06a90116cf8802a2d3eec08e7c8af3a1' },
  request: { kind: 'query', documentId: 'sha256:cb85a2693a733213059db7f043b60dabe635ed44a8ce1fb1a71464bbe152a7e2' },
  requestProgress: { kind: 'subscription', documentId: 'sha256:222b787c0794358a922fa33de57708c0ed1b152c69a6b5dd58e8a13cb2f082a3' },
  requests: { kind: 'query', documentId: 'sha256:b936314991e94b9f042f610811dc0daa5273b8a747f1c764353ac4e6d6f8a15f' },
  role: { kind: 'query', documentId: 'sha256:63d435efa6e39b6f615479e28ceb630f9a00d9598dca461b08b33e8eeab7b48c' },
  rolePolicies: { kind: 'query', documentId: 'sha256:26e09fb2314f20054fe5ec0b8f057547578d6db02a5a61c4701cdfe80ef0fd4e' },
  rolePolicy: { kind: 'query', documentId: 'sha256:da167bde6cb72464d9688d9905b8020756ee1acdd0aaf928dc8007cb2bf1db0a' },
  roles: { kind: 'query', documentId: 'sha256:4de28133c5e3500582f2cc329e181ed29443ad5a64ff24c5ad89651ba75f794b' },
  scope: { kind: 'query', documentId: 'sha256:732d646dabfea315f43b135b6ad246b870413d528b3248b358f002f555687abe' },
  scopes: { kind: 'query', documentId: 'sha256:5f4de517c515c53f0a57852fa51778359a12780c501e9c9ef9d6c1c50cad7785' },
  update: { kind: 'mutation', documentId: 'sha256:a81fdacea1c3f5b566068236565763c5bed529f411e981d46208e84782d8580e' },
  updateMany: { kind: 'mutation', documentId: 'sha256:d57fc8006abb3c00c38bba1e312f4dfc2de342ebff73fdf4b59ec158b7477de8' },
  updatePolicyTemplate: { kind: 'mutation', documentId: 'sha256:6e1b191fbf794b75b317d0de12f24f77f0d698c31d07cc155280c17ebcab78c9' },
  updateRolePolicy: { kind: 'mutation', documentId: 'sha256:cab97f8ed138929f9fe47d560d278761bcdbbcd159c359f2b6c487af7e002f22' },
} as const;

/** The types of each operation. */
export interface Operations {
  readonly activate: { readonly variables: ActivateMutationVariables; readonly data: ActivateMutation };
  readonly activateMany: { readonly variables: ActivateManyMutationVariables; readonly data: ActivateManyMutation };
  readonly approvalEvents: { readonly variables: ApprovalEventsSubscriptionVariables; readonly data: ApprovalEventsSubscription };
  readonly approve: { readonly variables: ApproveMutationVariables; readonly data: ApproveMutation };
  readonly assign: { readonly variables: AssignMutationVariables; readonly data: AssignMutation };
  readonly assignMany: { readonly variables: AssignManyMutationVariables; readonly data: AssignManyMutation };
  readonly assignment: { readonly variables: AssignmentQueryVariables; readonly data: AssignmentQuery };
  readonly assignmentEvents: { readonly variables: AssignmentEventsSubscriptionVariables; readonly data: AssignmentEventsSubscription };
  readonly assignments: { readonly variables: AssignmentsQueryVariables; readonly data: AssignmentsQuery };
  readonly auditEvents: { readonly variables: AuditEventsSubscriptionVariables; readonly data: AuditEventsSubscription };
  readonly auditLog: { readonly variables: AuditLogQueryVariables; readonly data: AuditLogQuery };
  readonly bulkExport: { readonly variables: BulkExportMutationVariables; readonly data: BulkExportMutation };
  readonly bulkOperation: { readonly variables: BulkOperationQueryVariables; readonly data: BulkOperationQuery };
  readonly bulkOperationProgress: { readonly variables: BulkOperationProgressSubscriptionVariables; readonly data: BulkOperationProgressSubscription };
  readonly bulkOperations: { readonly variables: BulkOperationsQueryVariables; readonly data: BulkOperationsQuery };
  readonly cancel: { readonly variables: CancelMutationVariables; readonly data: CancelMutation };
  readonly cancelBulkOperation: { readonly variables: CancelBulkOperationMutationVariables; readonly data: CancelBulkOperationMutation };
  readonly checkAccess: { readonly variables: CheckAccessQueryVariables; readonly data: CheckAccessQuery };
  readonly copyAssignments: { readonly variables: CopyAssignmentsMutationVariables; readonly data: CopyAssignmentsMutation };
  readonly createPolicyTemplate: { readonly variables: CreatePolicyTemplateMutationVariables; readonly data: CreatePolicyTemplateMutation };
  readonly deactivate: { readonly variables: DeactivateMutationVariables; readonly data: DeactivateMutation };
  readonly deny: { readonly variables: DenyMutationVariables; readonly data: DenyMutation };
  readonly effectiveAccess: { readonly variables: EffectiveAccessQueryVariables; readonly data: EffectiveAccessQuery };
  readonly eventCursor: { readonly variables: EventCursorQueryVariables; readonly data: EventCursorQuery };
  readonly explainActivation: { readonly variables: ExplainActivationQueryVariables; readonly data: ExplainActivationQuery };
  readonly extend: { readonly variables: ExtendMutationVariables; readonly data: ExtendMutation };
  readonly extendActivation: { readonly variables: ExtendActivationMutationVariables; readonly data: ExtendActivationMutation };
  readonly importAssignments: { readonly variables: ImportAssignmentsMutationVariables; readonly data: ImportAssignmentsMutation };
  readonly me: { readonly variables: MeQueryVariables; readonly data: MeQuery };
  readonly myAccess: { readonly variables: MyAccessSubscriptionVariables; readonly data: MyAccessSubscription };
  readonly myApprovals: { readonly variables: MyApprovalsQueryVariables; readonly data: MyApprovalsQuery };
  readonly myRequests: { readonly variables: MyRequestsQueryVariables; readonly data: MyRequestsQuery };
  readonly myRoles: { readonly variables: MyRolesQueryVariables; readonly data: MyRolesQuery };
  readonly node: { readonly variables: NodeQueryVariables; readonly data: NodeQuery };
  readonly nodes: { readonly variables: NodesQueryVariables; readonly data: NodesQuery };
  readonly policyEvents: { readonly variables: PolicyEventsSubscriptionVariables; readonly data: PolicyEventsSubscription };
  readonly policyTemplates: { readonly variables: PolicyTemplatesQueryVariables; readonly data: PolicyTemplatesQuery };
  readonly principal: { readonly variables: PrincipalQueryVariables; readonly data: PrincipalQuery };
  readonly principals: { readonly variables: PrincipalsQueryVariables; readonly data: PrincipalsQuery };
  readonly remove: { readonly variables: RemoveMutationVariables; readonly data: RemoveMutation };
  readonly removeMany: { readonly variables: RemoveManyMutationVariables; readonly data: RemoveManyMutation };
  readonly renew: { readonly variables: RenewMutationVariables; readonly data: RenewMutation };
  readonly request: { readonly variables: RequestQueryVariables; readonly data: RequestQuery };
  readonly requestProgress: { readonly variables: RequestProgressSubscriptionVariables; readonly data: RequestProgressSubscription };
  readonly requests: { readonly variables: RequestsQueryVariables; readonly data: RequestsQuery };
  readonly role: { readonly variables: RoleQueryVariables; readonly data: RoleQuery };
  readonly rolePolicies: { readonly variables: RolePoliciesQueryVariables; readonly data: RolePoliciesQuery };
  readonly rolePolicy: { readonly variables: RolePolicyQueryVariables; readonly data: RolePolicyQuery };
  readonly roles: { readonly variables: RolesQueryVariables; readonly data: RolesQuery };
  readonly scope: { readonly variables: ScopeQueryVariables; readonly data: ScopeQuery };
  readonly scopes: { readonly variables: ScopesQueryVariables; readonly data: ScopesQuery };
  readonly update: { readonly variables: UpdateMutationVariables; readonly data: UpdateMutation };
  readonly updateMany: { readonly variables: UpdateManyMutationVariables; readonly data: UpdateManyMutation };
  readonly updatePolicyTemplate: { readonly variables: UpdatePolicyTemplateMutationVariables; readonly data: UpdatePolicyTemplateMutation };
  readonly updateRolePolicy: { readonly variables: UpdateRolePolicyMutationVariables; readonly data: UpdateRolePolicyMutation };
}
