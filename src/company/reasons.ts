/** Why do people ask, and what do others answer? Lines for the past of the demo company. */

export const ACTIVATION_REASONS = [
  'Checkout queue is stuck, looking at the service bus',
  'Rotating the payment provider keys',
  'Monthly access report for the audit',
  'New till rollout in the northern stores',
  'Restoring a mailbox for a returning colleague',
  'Reset of a locked account, caller verified',
  'Patch window for the warehouse servers',
  'Tracing failed sign-ins of a partner',
  'Release 26.4 of the web shop',
  'Capacity review before the spring campaign',
] as const;

export const ASSIGNMENT_REASONS = [
  'Joined the platform team',
  'Cover during parental leave',
  'Access agreed in the quarterly review',
  'Takes over the on-call rota',
  'Project Harbour, until the migration is done',
  'Least privilege clean-up: eligible instead of permanent',
] as const;

export const REMOVAL_REASONS = ['Moved to another team', 'Project has ended', 'Not used for three months'] as const;
export const APPROVAL_REASONS = ['Agreed, matches the change', 'Fine, ticket checked', 'Known and expected'] as const;
export const DENIAL_REASONS = [
  'Please use the reader role',
  'No ticket for this',
  'Not during the change freeze',
] as const;
