/** What happens to access, as it happens: ordered, resumable, and judged again at every delivery. */
import type { Audience } from '../src/decision/event.ts';
import type { Viewer } from '../src/decision/powers.ts';
import { APPROVAL_EVENTS, ASSIGNMENT_EVENTS } from '../src/events.ts';
import { listAssignments } from '../src/store/assignment.ts';
import type { Sql } from '../src/store/database.ts';
import { logHead } from '../src/store/event.ts';
import { listRequests, requestIsOver, requestsById } from '../src/store/request.ts';
import { encodeCursor } from '../src/stream/cursor.ts';
import type { StreamItem } from '../src/stream/item.ts';
import { Assignment } from './assignment.ts';
import { builder, ProviderEnum } from './builder.ts';
import { idOf, idsOf, PRINCIPAL_TYPES } from './ids.ts';
import { Principal } from './principal.ts';
import { Request } from './request.ts';
import { Role } from './role.ts';
import { Scope } from './scope.ts';
import { allRows, eventTypes, feed, itemFields, loadOptional, rowOf, streamArguments, subjectOf } from './stream.ts';

const AssignmentEventType = eventTypes(
  'AssignmentEventType',
  'What happened to the access of a principal.',
  ASSIGNMENT_EVENTS,
);
const ApprovalEventType = eventTypes(
  'ApprovalEventType',
  'What happened to a request that is decided.',
  APPROVAL_EVENTS,
);

const AssignmentEvent = builder.objectRef<StreamItem>('AssignmentEvent');
AssignmentEvent.implement({
  description: 'Something that happened to access, with the objects it concerns as the caller may see them now.',
});
itemFields(AssignmentEvent, AssignmentEventType);
accessFields(AssignmentEvent);
assignmentFields(AssignmentEvent);

const ApprovalEvent = builder.objectRef<StreamItem>('ApprovalEvent');
ApprovalEvent.implement({
  description: 'Something that happened to a request that the caller decides, or was asked to decide.',
});
itemFields(ApprovalEvent, ApprovalEventType);
accessFields(ApprovalEvent);

/** Whose access, to what, and the request behind it. */
function accessFields(ref: typeof AssignmentEvent): void {
  builder.objectFields(ref, (t) => ({
    provider: t.field({
      type: ProviderEnum,
      nullable: true,
      description: 'Which kind of access; null when it concerns none in particular.',
      resolve: (item) => subjectOf(item).provider ?? null,
    }),
    principal: t.field({
      type: Principal,
      nullable: true,
      description: 'Whose access; null when it concerns nobody in particular.',
      resolve: (item, _args, { loaders }) => loadOptional(subjectOf(item).principalId, loaders.principal),
    }),
    role: t.field({
      type: Role,
      nullable: true,
      description: 'The role; null when it concerns none in particular.',
      resolve: (item, _args, { loaders }) => loadOptional(subjectOf(item).roleId, loaders.role),
    }),
    scope: t.field({
      type: Scope,
      nullable: true,
      description: 'Where; null when it concerns no scope in particular.',
      resolve: (item, _args, { loaders }) => loadOptional(subjectOf(item).scopeId, loaders.scope),
    }),
    request: t.field({
      type: Request,
      nullable: true,
      description: 'The request as it is now; null when there is none, or none that the caller may see.',
      resolve: (item, _args, { loaders }) =>
        rowOf(item)?.request ?? loadOptional(item.event?.requestId, loaders.request),
    }),
  }));
}

function assignmentFields(ref: typeof AssignmentEvent): void {
  builder.objectFields(ref, (t) => ({
    assignment: t.field({
      type: Assignment,
      nullable: true,
      description: 'The assignment as it is now; null when there is none, or none that the caller may see.',
      resolve: (item, _args, { loaders }) =>
        rowOf(item)?.assignment ?? loadOptional(item.event?.assignmentId, loaders.assignment),
    }),
    endsIn: t.field({
      type: 'Duration',
      nullable: true,
      description: 'For a warning, how long before the end it was given; null for everything else.',
      resolve: ({ event }) => (event?.type === 'assignment.expiring' ? (event.payload.minutesLeft as number) : null),
    }),
  }));
}

const AssignmentEventFilter = builder.inputType('AssignmentEventFilter', {
  description: 'Which events; every field given must hold.',
  fields: (t) => ({
    types: t.field({ type: [AssignmentEventType], description: 'One of these types; does not concern a snapshot.' }),
    providers: t.field({ type: [ProviderEnum], description: 'One of these providers.' }),
    principals: t.idList({ description: 'About the access of one of these.' }),
    roles: t.idList({ description: 'For one of these roles.' }),
    below: t.field({ type: 'ScopePath', description: 'At this scope or anywhere below it.' }),
  }),
});

const ApprovalEventFilter = builder.inputType('ApprovalEventFilter', {
  description: 'Which events; every field given must hold.',
  fields: (t) => ({
    types: t.field({ type: [ApprovalEventType], description: 'One of these types; does not concern a snapshot.' }),
    providers: t.field({ type: [ProviderEnum], description: 'One of these providers.' }),
    principals: t.idList({ description: 'About the access of one of these.' }),
    roles: t.idList({ description: 'For one of these roles.' }),
    below: t.field({ type: 'ScopePath', description: 'At this scope or anywhere below it.' }),
  }),
});

const AccessEventFilter = builder.inputType('AccessEventFilter', {
  description: 'Which events; every field given must hold.',
  fields: (t) => ({
    types: t.field({ type: [AssignmentEventType], description: 'One of these types; does not concern a snapshot.' }),
    providers: t.field({ type: [ProviderEnum], description: 'One of these providers.' }),
    roles: t.idList({ description: 'For one of these roles.' }),
    below: t.field({ type: 'ScopePath', description: 'At this scope or anywhere below it.' }),
  }),
});

type FilterInput = Omit<typeof AssignmentEventFilter.$inferInput, 'types'>;

/** The same for the rows of a snapshot and for the events. */
function chosen({ providers, below, principals, roles }: FilterInput) {
  const ids = { principalIds: idsOf(principals, ...PRINCIPAL_TYPES), roleIds: idsOf(roles, 'Role') };
  return { providers, below, ...ids };
}

/** Those that hold, and those that will. */
const PRESENT = ['IN_FORCE', 'FUTURE'] as const;

const assignmentRows = (filter: ReturnType<typeof chosen>, own: boolean) => async (db: Sql, viewer: Viewer) => {
  const principalIds = own ? [viewer.id, ...viewer.powers.groups] : filter.principalIds;
  const wanted = { ...filter, phases: PRESENT, principalIds };
  const rows = await allRows((page) => listAssignments(db, viewer, wanted, page));
  return rows.map((assignment) => ({ assignment }));
};

const waitingRows = (filter: ReturnType<typeof chosen>) => async (db: Sql, viewer: Viewer) => {
  const rows = await allRows((page) => listRequests(db, viewer, { ...filter, awaitingMyApproval: true }, page));
  return rows.map((request) => ({ request }));
};

builder.queryFields((t) => ({
  eventCursor: t.field({
    type: 'Cursor',
    description: 'The end of the event log. Read it before a list, and subscribe after it: no change falls in between.',
    resolve: async (_root, _args, { db }) => {
      const { epoch, position } = await logHead(db());
      return encodeCursor({ epoch, position: Number(position) });
    },
  }),
}));

const ASSIGNMENTS: Audience = { kind: 'ASSIGNMENTS' };
const APPROVALS: Audience = { kind: 'APPROVALS' };
const OWN_ACCESS: Audience = { kind: 'OWN_ACCESS' };

builder.subscriptionFields((t) => ({
  assignmentEvents: t.field({
    type: AssignmentEvent,
    description:
      'Everything that happens to access, in order, nothing twice and nothing left out: for the caller, what they may see at the moment of delivery. Ends with an error that says why when it cannot go on. A snapshot holds the assignments in force and to come.',
    args: {
      ...streamArguments(t),
      filter: t.arg({ type: AssignmentEventFilter, description: 'Default: all.' }),
    },
    subscribe: (_root, { filter, ...beginning }, context) => {
      const choice = chosen(filter ?? {});
      const types = filter?.types ?? ASSIGNMENT_EVENTS;
      const subject = { audience: ASSIGNMENTS, filter: { ...choice, types }, rows: assignmentRows(choice, false) };
      return feed(context, beginning, subject);
    },
    resolve: (item) => item,
  }),
  approvalEvents: t.field({
    type: ApprovalEvent,
    description:
      "The caller's inbox as an approver: requests that they are asked to decide, and what becomes of them. A snapshot holds the requests that wait for the caller.",
    args: {
      ...streamArguments(t),
      filter: t.arg({ type: ApprovalEventFilter, description: 'Default: all.' }),
    },
    subscribe: (_root, { filter, ...beginning }, context) => {
      const choice = chosen(filter ?? {});
      const types = filter?.types ?? APPROVAL_EVENTS;
      return feed(context, beginning, { audience: APPROVALS, filter: { ...choice, types }, rows: waitingRows(choice) });
    },
    resolve: (item) => item,
  }),
  myAccess: t.field({
    type: AssignmentEvent,
    description:
      'Everything that changes what the caller holds, directly or through a group, with warnings before it ends. A snapshot holds the assignments of the caller and of their groups, in force and to come.',
    args: {
      ...streamArguments(t),
      filter: t.arg({ type: AccessEventFilter, description: 'Default: all.' }),
    },
    subscribe: (_root, { filter, ...beginning }, context) => {
      const choice = chosen(filter ?? {});
      const types = filter?.types ?? ASSIGNMENT_EVENTS;
      const subject = { audience: OWN_ACCESS, filter: { ...choice, types }, rows: assignmentRows(choice, true) };
      return feed(context, beginning, subject);
    },
    resolve: (item) => item,
  }),
  requestProgress: t.field({
    type: AssignmentEvent,
    description:
      'What becomes of one request. Complete once its status is final and everything about it has been delivered. A snapshot holds the request.',
    args: {
      id: t.arg.id({ required: true, description: 'The request.' }),
      ...streamArguments(t),
    },
    subscribe: (_root, { id, ...beginning }, context) => {
      const requestId = idOf(id, 'Request');
      const audience: Audience = { kind: 'REQUEST', requestId };
      return feed(context, beginning, {
        audience,
        filter: { types: ASSIGNMENT_EVENTS },
        rows: async (db, viewer) => (await requestsById(db, [requestId], viewer)).map((request) => ({ request })),
        isStillVisible: async (db, viewer) => (await requestsById(db, [requestId], viewer)).length > 0,
        isOver: (db, viewer, position) => requestIsOver(db, viewer, { id: requestId, position }),
      });
    },
    resolve: (item) => item,
  }),
}));
