/** Which settings hold where nobody has touched them? The 17 rules with the standard's defaults. */
import { expect, test } from 'vitest';
import { defaultPolicy } from '../../src/decision/policy.ts';
import { PROVIDERS } from '../../src/decision/words.ts';

const DAY = 24 * 60;

/** @see https://learn.microsoft.com/graph/identity-governance-pim-rules-overview */
const RULE_IDS = [
  'Expiration_Admin_Eligibility',
  'Enablement_Admin_Eligibility',
  'Notification_Admin_Admin_Eligibility',
  'Notification_Requestor_Admin_Eligibility',
  'Notification_Approver_Admin_Eligibility',
  'Expiration_Admin_Assignment',
  'Enablement_Admin_Assignment',
  'Notification_Admin_Admin_Assignment',
  'Notification_Requestor_Admin_Assignment',
  'Notification_Approver_Admin_Assignment',
  'Expiration_EndUser_Assignment',
  'Enablement_EndUser_Assignment',
  'Approval_EndUser_Assignment',
  'AuthenticationContext_EndUser_Assignment',
  'Notification_Admin_EndUser_Assignment',
  'Notification_Requestor_EndUser_Assignment',
  'Notification_Approver_EndUser_Assignment',
];

test.each(PROVIDERS)('%s has all 17 rules, and the nine notifications at full', (provider) => {
  const rules = defaultPolicy(provider);
  expect(Object.keys(rules).toSorted()).toEqual(RULE_IDS.toSorted());
  const all = { notificationLevel: 'ALL', isDefaultRecipientsEnabled: true, notificationRecipients: [] };
  const notifications = Object.entries(rules).filter(([id]) => id.startsWith('Notification_'));
  expect(notifications.map(([, rule]) => rule)).toEqual(Array.from({ length: 9 }, () => all));
});

test.each([
  ['ENTRA_ROLE', false, ['MULTI_FACTOR_AUTHENTICATION', 'JUSTIFICATION']],
  ['AZURE_RESOURCE', true, ['JUSTIFICATION']],
  ['GROUP', true, ['JUSTIFICATION']],
] as const)('%s: an end is required: %s; activating asks for %o', (provider, isExpirationRequired, enabledRules) => {
  expect(defaultPolicy(provider)).toMatchObject({
    Expiration_Admin_Eligibility: { isExpirationRequired, maximumMinutes: 365 * DAY },
    Enablement_Admin_Eligibility: { enabledRules: [] },
    Expiration_Admin_Assignment: { isExpirationRequired, maximumMinutes: 180 * DAY },
    Enablement_Admin_Assignment: { enabledRules: ['JUSTIFICATION'] },
    Expiration_EndUser_Assignment: {
      isExpirationRequired: true,
      maximumMinutes: 8 * 60,
      minimumMinutes: 5,
      isExtensionAllowed: false,
    },
    Enablement_EndUser_Assignment: { enabledRules, multiFactorMaximumAgeMinutes: null },
    Approval_EndUser_Assignment: {
      isApprovalRequired: false,
      isApprovalRequiredForExtension: false,
      timeoutMinutes: DAY,
      isApproverJustificationRequired: true,
      stages: [{ approvers: [], quorum: 1, escalation: null }],
    },
    AuthenticationContext_EndUser_Assignment: { isEnabled: false, claimValue: null },
  });
});
