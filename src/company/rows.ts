/** What does a company consist of? One row type for each table it fills, in the words of the tables. */
import type { RolePolicyRules } from '../decision/policy.ts';
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
import type { EventType } from '../events.ts';

export interface PrincipalRow {
  readonly id: string;
  readonly kind: PrincipalKind;
  readonly displayName: string;
  readonly enabled: boolean;
  readonly createdAt: Date;
  readonly userPrincipalName: string | null;
  readonly mail: string | null;
  readonly userType: UserType | null;
  readonly jobTitle: string | null;
  readonly department: string | null;
  readonly lastSignInAt: Date | null;
  readonly roleAssignable: boolean;
  readonly dynamicMembership: boolean;
  readonly synchronized: boolean;
  readonly securityEnabled: boolean;
  readonly appId: string | null;
}

export interface ScopeRow {
  readonly id: string;
  readonly provider: Provider;
  readonly kind: ScopeKind;
  readonly path: string;
  readonly parentId: string | null;
  readonly displayName: string;
  readonly resourceType: string | null;
  readonly principalId: string | null;
  readonly locked: boolean;
}

export interface AdministrativeUnitMemberRow {
  readonly scopeId: string;
  readonly principalId: string;
}

export interface PolicyVersionRow {
  readonly id: string;
  readonly provider: Provider;
  readonly roleId: string;
  readonly scopeId: string;
  readonly version: number;
  readonly rules: RolePolicyRules;
  readonly createdAt: Date;
  readonly createdBy: string;
}

/** One role at one scope: what an assignment, a request or a policy is about. */
export interface Target {
  readonly provider: Provider;
  readonly roleId: string;
  readonly scopeId: string;
}

export interface AssignmentRow extends Target {
  readonly id: string;
  readonly principalId: string;
  readonly type: AssignmentType;
  readonly state: AssignmentState;
  readonly startsAt: Date;
  readonly endsAt: Date | null;
  readonly endedBy: EndReason | null;
  readonly eligibilityId: string | null;
  readonly requestId: string | null;
  readonly createdAt: Date;
}

export interface RequestRow extends Target {
  readonly id: string;
  readonly action: RequestAction;
  readonly status: RequestStatus;
  readonly assignmentType: AssignmentType;
  readonly principalId: string;
  readonly requestorId: string;
  readonly eligibilityId: string | null;
  readonly policyVersionId: string | null;
  readonly justification: string | null;
  readonly ticketNumber: string | null;
  readonly ticketSystem: string | null;
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
  readonly durationMinutes: number | null;
  readonly multiFactorAt: Date | null;
  readonly authenticationContexts: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly completedAt: Date | null;
}

export interface RequestApproverRow {
  readonly requestId: string;
  readonly approverId: string;
}

export interface ApprovalDecisionRow {
  readonly id: string;
  readonly requestId: string;
  readonly requestorId: string;
  readonly decidedBy: string;
  readonly result: ApprovalResult;
  readonly justification: string;
  readonly decidedAt: Date;
}

export interface EventRow {
  readonly at: Date;
  readonly type: EventType;
  readonly actorId: string | null;
  readonly provider: Provider | null;
  readonly assignmentType: AssignmentType | null;
  readonly principalId: string | null;
  readonly roleId: string | null;
  readonly scopeId: string | null;
  readonly assignmentId: string | null;
  readonly requestId: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
}
