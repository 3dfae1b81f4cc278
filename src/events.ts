/** What can happen? Every event once, as `noun.pastParticiple`; the log is audit, outbox and stream in one. */

export const EVENTS = {
  'assignment.assigned':
    'An administrator made an eligible or active assignment; the payload names the import that did, if any.',
  'assignment.activated': 'A holder activated an eligible assignment.',
  'assignment.deactivated': 'A holder, or an administrator, ended an activation before its end.',
  'assignment.updated': 'An administrator changed the period or the condition of an assignment.',
  'assignment.extended': 'The end of an assignment was moved to a later instant, or taken away.',
  'assignment.renewed': 'An assignment that had expired was made anew.',
  'assignment.removed': 'An administrator ended an assignment before its end.',
  'assignment.started': 'An assignment that was granted for later began.',
  'assignment.expiring': 'An assignment ends soon; the payload says in how many minutes.',
  'assignment.expired': 'An assignment reached its end.',
  'request.created': 'A request was made and waits for a decision.',
  'request.stageApproved': 'An approver approved a request that waits for further approvals.',
  'request.approved': 'The last approval that a request needed was given.',
  'request.denied': 'An approver denied a request.',
  'request.escalated': 'The approvers of a stage were silent: its backup approvers may decide as well.',
  'request.timedOut': 'A request was not decided in time.',
  'request.failed': 'What was granted for later could not begin; the payload names every refusal.',
  'request.canceled': 'A request was taken back, or lost what it was about.',
  'request.refused': 'A request was refused; the payload names every refusal and failed rule.',
  'policy.updated':
    'The role settings of a role at a scope were changed; the payload holds each rule before and after.',
  'policyTemplate.created': 'A policy template was made.',
  'policyTemplate.updated': 'A policy template was changed; the payload holds each rule before and after.',
  'bulkOperation.created': 'A bulk operation was asked for; the payload says what, and of an import which file.',
  'bulkOperation.started': 'A bulk operation began to run.',
  'bulkOperation.progressed': 'A bulk operation has come further; at most one event a second.',
  'bulkOperation.completed': 'A bulk operation was carried out; the payload counts.',
  'bulkOperation.failed': 'A bulk operation could not be carried out; the payload says why.',
  'bulkOperation.canceled': 'A bulk operation was taken back.',
  'bulkOperation.downloaded': 'Somebody began to download the file of a bulk operation.',
  'list.exported': 'Somebody began to stream a whole list; the payload says which, and with which filter.',
  'directory.imported': 'Principals, scopes and roles were imported; the payload counts them.',
} as const;

export type EventType = keyof typeof EVENTS;

/** The events a subscription to assignments delivers: all that concern one principal's access. */
export const ASSIGNMENT_EVENTS = [
  'assignment.assigned',
  'assignment.activated',
  'assignment.deactivated',
  'assignment.updated',
  'assignment.extended',
  'assignment.renewed',
  'assignment.removed',
  'assignment.started',
  'assignment.expiring',
  'assignment.expired',
  'request.created',
  'request.stageApproved',
  'request.approved',
  'request.denied',
  'request.escalated',
  'request.timedOut',
  'request.canceled',
  'request.failed',
] as const satisfies readonly EventType[];
export type AssignmentEventType = (typeof ASSIGNMENT_EVENTS)[number];

/** The life of a request that somebody decides. */
export const APPROVAL_EVENTS = [
  'request.created',
  'request.stageApproved',
  'request.approved',
  'request.denied',
  'request.escalated',
  'request.timedOut',
  'request.canceled',
] as const satisfies readonly EventType[];

export const POLICY_EVENTS = [
  'policy.updated',
  'policyTemplate.created',
  'policyTemplate.updated',
] as const satisfies readonly EventType[];

/** The life of a bulk operation. */
export const BULK_EVENTS = [
  'bulkOperation.created',
  'bulkOperation.started',
  'bulkOperation.progressed',
  'bulkOperation.completed',
  'bulkOperation.failed',
  'bulkOperation.canceled',
] as const satisfies readonly EventType[];

/** The audit leaves nothing out. */
export const AUDIT_EVENTS = Object.keys(EVENTS) as EventType[];

/** `assignment.assigned` → `ASSIGNMENT_ASSIGNED`: an event's name in GraphQL. */
export function eventName(type: EventType): string {
  return type
    .replace('.', '_')
    .replace(/([A-Z])/g, '_$1')
    .toUpperCase();
}
