/** What was asked for, and how far it is. @see https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentschedulerequest */
import {
  type RequestFilter as Filter,
  listRequests,
  type REQUEST_ORDERS,
  type RequestRow,
} from '../src/store/request.ts';
import { instantText } from '../src/store/transaction.ts';
import { ASSIGNMENT, Assignment, present } from './assignment.ts';
import { AssignmentTypeEnum, builder, ProviderEnum, RequestActionEnum, RequestStatusEnum } from './builder.ts';
import { ownId, property, row, sameRow } from './column.ts';
import { connectionOf, orderInput, pageArguments } from './connection.ts';
import { globalId, idOf, idsOf, PRINCIPAL_TYPES } from './ids.ts';
import { Node } from './node.ts';
import { PRINCIPAL, Principal } from './principal.ts';
import { ROLE, Role } from './role.ts';
import { SCOPE, Scope } from './scope.ts';
import { type Source, wantedOf, wantedRowOf } from './selection.ts';

const Ticket = builder.objectRef<{ number: string | null; system: string | null }>('Ticket').implement({
  description: 'A ticket in the system where the work is tracked.',
  fields: (t) => ({
    number: t.exposeString('number', {
      ...property('ticketNumber'),
      nullable: true,
      description: 'Its number; null when not given.',
    }),
    system: t.exposeString('system', {
      ...property('ticketSystem'),
      nullable: true,
      description: 'The system that numbers it; null when not given.',
    }),
  }),
});

export const REQUEST: Source = {
  fields: { assignment: ['targetId'], ticket: ['ticketNumber', 'ticketSystem'], duration: ['durationMinutes'] },
  joins: { principal: PRINCIPAL, requestor: PRINCIPAL, role: ROLE, scope: SCOPE },
};

export const Request = builder.objectRef<RequestRow>('Request');
Request.implement({
  description: 'An order to change access. Requests are kept for ever.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({
      ...ownId(),
      description: 'Opaque and stable: names the object to `node` and in inputs.',
      resolve: ({ id }) => globalId('Request', id),
    }),
    action: t.field({
      ...property('action'),
      type: RequestActionEnum,
      description: 'What it asks for.',
      resolve: ({ action }) => action,
    }),
    status: t.field({
      ...property('status'),
      type: RequestStatusEnum,
      description: 'How far it is, now.',
      resolve: ({ status }) => status,
    }),
    provider: t.field({
      ...property('provider'),
      type: ProviderEnum,
      description: 'Which kind of access.',
      resolve: ({ provider }) => provider,
    }),
    assignmentType: t.field({
      ...property('assignmentType'),
      type: AssignmentTypeEnum,
      description: 'The type of the assignment it concerns.',
      resolve: ({ assignmentType }) => assignmentType,
    }),
    principal: t.field({
      ...row('principal'),
      type: Principal,
      description: 'Whose access it concerns.',
      resolve: ({ principal, principalId }, _args, { loaders }) =>
        principal ?? loaders.principal.load(principalId).then(present),
    }),
    requestor: t.field({
      ...row('requestor'),
      type: Principal,
      nullable: true,
      description: 'Who asked; null when the gateway itself did.',
      resolve: ({ requestor, requestorId }, _args, { loaders }) =>
        requestor !== undefined || requestorId === null ? (requestor ?? null) : loaders.principal.load(requestorId),
    }),
    role: t.field({
      ...row('role'),
      type: Role,
      description: 'The role.',
      resolve: ({ role, roleId }, _args, { loaders }) => role ?? loaders.role.load(roleId).then(present),
    }),
    scope: t.field({
      ...row('scope'),
      type: Scope,
      description: 'Where.',
      resolve: ({ scope, scopeId }, _args, { loaders }) => scope ?? loaders.scope.load(scopeId).then(present),
    }),
    assignment: t.field({
      type: Assignment,
      nullable: true,
      description:
        'The assignment that it ends, changes, extends or renews; null for all others, and when hidden from the caller.',
      resolve: ({ targetId }, _args, { loaders }, info) =>
        targetId === null ? null : loaders.assignmentWith(wantedRowOf(info, ASSIGNMENT)).load(targetId),
    }),
    condition: t.exposeString('condition', {
      ...property('condition'),
      nullable: true,
      description: 'The ABAC condition asked for; null when there is none.',
    }),
    justification: t.exposeString('justification', {
      ...property('justification'),
      nullable: true,
      description: 'Why; null when none was given.',
    }),
    ticket: t.field({
      ...sameRow('ticketNumber', 'ticketSystem'),
      type: Ticket,
      nullable: true,
      description: 'A ticket that explains it; null when none was given.',
      resolve: ({ ticketNumber: number, ticketSystem: system }) =>
        number === null && system === null ? null : { number, system },
    }),
    startsAt: t.field({
      ...property('startsAt'),
      type: 'DateTime',
      nullable: true,
      description: 'The start asked for; null for at once.',
      resolve: (row) => instantText(row.startsAt),
    }),
    endsAt: t.field({
      ...property('endsAt'),
      type: 'DateTime',
      nullable: true,
      description: 'The end asked for; null when a duration, or nothing, was asked for.',
      resolve: (row) => instantText(row.endsAt),
    }),
    duration: t.field({
      ...property('durationMinutes'),
      type: 'Duration',
      nullable: true,
      description: 'The duration asked for; null when an end, or nothing, was asked for.',
      resolve: ({ durationMinutes }) => durationMinutes,
    }),
    createdAt: t.field({
      ...property('createdAt'),
      type: 'DateTime',
      description: 'When it was made.',
      resolve: (row) => instantText(row.createdAt),
    }),
    expiresAt: t.field({
      ...property('expiresAt'),
      type: 'DateTime',
      nullable: true,
      description: 'When it times out unless decided; null when no decision is needed.',
      resolve: (row) => instantText(row.expiresAt),
    }),
    completedAt: t.field({
      ...property('completedAt'),
      type: 'DateTime',
      nullable: true,
      description: 'When it was carried out or closed, or the later start it was granted for; null while it waits.',
      resolve: (row) => instantText(row.completedAt),
    }),
  }),
});

export const RequestConnection = connectionOf(Request, 'Request');

const RequestFilter = builder.inputType('RequestFilter', {
  description: 'Which requests; every field given must hold.',
  fields: (t) => ({
    providers: t.field({ type: [ProviderEnum], description: 'One of these providers.' }),
    actions: t.field({ type: [RequestActionEnum], description: 'One of these actions.' }),
    statuses: t.field({ type: [RequestStatusEnum], description: 'One of these statuses.' }),
    principals: t.idList({ description: 'About the access of one of these. Default: of anybody.' }),
    requestors: t.idList({ description: 'Made by one of these. Default: by anybody.' }),
    search: t.string({
      description:
        'Part of the display name of the principal, the role or the scope, at least 3 characters, in any letter case. Default: all.',
    }),
    roles: t.idList({ description: 'For one of these roles.' }),
    below: t.field({ type: 'ScopePath', description: 'At this scope or anywhere below it.' }),
    createdAfter: t.field({ type: 'DateTime', description: 'Made after this instant.' }),
    createdBefore: t.field({ type: 'DateTime', description: 'Made before this instant.' }),
    awaitingMyApproval: t.boolean({ description: "Only those that wait for the caller's decision, or only others." }),
  }),
});

const RequestOrder = orderInput('RequestOrder', {
  CREATED_AT: 'When it was made.',
  PRINCIPAL_NAME: 'The display name of whose access it concerns.',
} satisfies Record<(typeof REQUEST_ORDERS)[number], string>);

/** A filter as the store knows it. */
export function requestFilterOf(filter: typeof RequestFilter.$inferInput | null | undefined): Filter {
  const { principals, requestors, roles, ...rest } = filter ?? {};
  return {
    ...rest,
    principalIds: idsOf(principals, ...PRINCIPAL_TYPES),
    requestorIds: idsOf(requestors, ...PRINCIPAL_TYPES),
    roleIds: idsOf(roles, 'Role'),
  };
}

builder.queryFields((t) => ({
  request: t.field({
    type: Request,
    nullable: true,
    description: 'A request by its id. Null when there is none, or none that the caller may see.',
    args: { id: t.arg.id({ required: true, description: "A request's id." }) },
    resolve: (_root, { id }, { loaders }, info) =>
      loaders.requestWith(wantedRowOf(info, REQUEST)).load(idOf(id, 'Request')),
  }),
  requests: t.field({
    type: RequestConnection,
    description:
      "Requests, newest first unless ordered otherwise: the caller's own, those that they may decide, and those about access that they may view.",
    args: {
      ...pageArguments(),
      filter: t.arg({ type: RequestFilter, description: 'Default: all.' }),
      orderBy: t.arg({ type: RequestOrder, description: 'Default: `CREATED_AT`, `DESC`.' }),
    },
    resolve: (_root, { filter, orderBy, ...page }, { db, viewer }, info) =>
      listRequests(db(), viewer, { ...requestFilterOf(filter), orderBy }, page, wantedOf(info, REQUEST)),
  }),
}));
