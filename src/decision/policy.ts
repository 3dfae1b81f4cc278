/** Which rules govern a role at a scope? The 17 rules of a PIM policy under their own ids, and each provider's defaults. */
import type { Provider } from './words.ts';

export interface ExpirationRule {
  /** False: permanent assignments are allowed. Always true for activations. */
  readonly isExpirationRequired: boolean;
  readonly maximumMinutes: number;
}

export interface ActivationExpirationRule extends ExpirationRule {
  /** Minutes an activation lasts before its holder may end it. Default 5, as in Entra, where it is fixed. */
  readonly minimumMinutes: number;
  /** A running activation may be extended up to the maximum from its start. Default false: Entra knows no such thing. */
  readonly isExtensionAllowed: boolean;
}

export type EnabledRule = 'MULTI_FACTOR_AUTHENTICATION' | 'JUSTIFICATION' | 'TICKETING';

export interface EnablementRule {
  readonly enabledRules: readonly EnabledRule[];
}

export interface ActivationEnablementRule extends EnablementRule {
  /** How old the proof of more than one factor may be. Default null: once in the session, as in Entra. */
  readonly multiFactorMaximumAgeMinutes: number | null;
}

/** One stage of an approval: who may decide it, and how many of them must approve. A single denial ends the request. */
export interface ApprovalStage {
  /** Object ids of users and groups. Empty on an Entra role: its active Privileged Role and Global Administrators. */
  readonly approvers: readonly string[];
  /** Approvals needed, each by another person. Default 1: the first answer decides, as in Entra. */
  readonly quorum: number;
  /** Who may decide as well once the stage has waited so long; null: nobody. */
  readonly escalation: { readonly afterMinutes: number; readonly approvers: readonly string[] } | null;
}

export interface ApprovalRule {
  readonly isApprovalRequired: boolean;
  /** Extending a running activation asks for approval as well. */
  readonly isApprovalRequiredForExtension: boolean;
  /** Minutes until an undecided request times out. Default 24 hours. */
  readonly timeoutMinutes: number;
  readonly isApproverJustificationRequired: boolean;
  /** Decided one after the other, nobody in more than one of them. Default one, as in Entra. */
  readonly stages: readonly ApprovalStage[];
}

export interface AuthenticationContextRule {
  readonly isEnabled: boolean;
  /** `c1` … `c99`, the value the token's `acrs` claim must hold. */
  readonly claimValue: string | null;
}

export interface NotificationRule {
  readonly notificationLevel: 'NONE' | 'CRITICAL' | 'ALL';
  readonly isDefaultRecipientsEnabled: boolean;
  readonly notificationRecipients: readonly string[];
}

/** @see https://learn.microsoft.com/graph/identity-governance-pim-rules-overview */
export interface RolePolicyRules {
  readonly Expiration_Admin_Eligibility: ExpirationRule;
  readonly Enablement_Admin_Eligibility: EnablementRule;
  readonly Notification_Admin_Admin_Eligibility: NotificationRule;
  readonly Notification_Requestor_Admin_Eligibility: NotificationRule;
  readonly Notification_Approver_Admin_Eligibility: NotificationRule;
  readonly Expiration_Admin_Assignment: ExpirationRule;
  readonly Enablement_Admin_Assignment: EnablementRule;
  readonly Notification_Admin_Admin_Assignment: NotificationRule;
  readonly Notification_Requestor_Admin_Assignment: NotificationRule;
  readonly Notification_Approver_Admin_Assignment: NotificationRule;
  readonly Expiration_EndUser_Assignment: ActivationExpirationRule;
  readonly Enablement_EndUser_Assignment: ActivationEnablementRule;
  readonly Approval_EndUser_Assignment: ApprovalRule;
  readonly AuthenticationContext_EndUser_Assignment: AuthenticationContextRule;
  readonly Notification_Admin_EndUser_Assignment: NotificationRule;
  readonly Notification_Requestor_EndUser_Assignment: NotificationRule;
  readonly Notification_Approver_EndUser_Assignment: NotificationRule;
}

export type RuleId = keyof RolePolicyRules;

const DAY = 24 * 60;

const NOTIFY_ALL: NotificationRule = {
  notificationLevel: 'ALL',
  isDefaultRecipientsEnabled: true,
  notificationRecipients: [],
};

/** The policy of a role whose settings nobody has touched. Permanent access is allowed for Entra roles only. */
export function defaultPolicy(provider: Provider): RolePolicyRules {
  const entra = provider === 'ENTRA_ROLE';
  return {
    Expiration_Admin_Eligibility: { isExpirationRequired: !entra, maximumMinutes: 365 * DAY },
    Enablement_Admin_Eligibility: { enabledRules: [] },
    Notification_Admin_Admin_Eligibility: NOTIFY_ALL,
    Notification_Requestor_Admin_Eligibility: NOTIFY_ALL,
    Notification_Approver_Admin_Eligibility: NOTIFY_ALL,
    Expiration_Admin_Assignment: { isExpirationRequired: !entra, maximumMinutes: 180 * DAY },
    Enablement_Admin_Assignment: { enabledRules: ['JUSTIFICATION'] },
    Notification_Admin_Admin_Assignment: NOTIFY_ALL,
    Notification_Requestor_Admin_Assignment: NOTIFY_ALL,
    Notification_Approver_Admin_Assignment: NOTIFY_ALL,
    Expiration_EndUser_Assignment: {
      isExpirationRequired: true,
      maximumMinutes: 8 * 60,
      minimumMinutes: 5,
      isExtensionAllowed: false,
    },
    Enablement_EndUser_Assignment: {
      enabledRules: entra ? ['MULTI_FACTOR_AUTHENTICATION', 'JUSTIFICATION'] : ['JUSTIFICATION'],
      multiFactorMaximumAgeMinutes: null,
    },
    Approval_EndUser_Assignment: {
      isApprovalRequired: false,
      isApprovalRequiredForExtension: false,
      timeoutMinutes: DAY,
      isApproverJustificationRequired: true,
      stages: [{ approvers: [], quorum: 1, escalation: null }],
    },
    AuthenticationContext_EndUser_Assignment: { isEnabled: false, claimValue: null },
    Notification_Admin_EndUser_Assignment: NOTIFY_ALL,
    Notification_Requestor_EndUser_Assignment: NOTIFY_ALL,
    Notification_Approver_EndUser_Assignment: NOTIFY_ALL,
  };
}

/** All 17, in the order of the standard. */
export const RULE_IDS = Object.keys(defaultPolicy('ENTRA_ROLE')) as readonly RuleId[];
