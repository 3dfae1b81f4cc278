/** What is on record? Every event, for auditors all of them and for everybody else their own. @see https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-use-audit-log */
import { AUDIT_EVENTS } from '../src/events.ts';
import { type AuditFilter, type AuditRow, listAudit } from '../src/store/audit.ts';
import { instant } from '../src/store/transaction.ts';
import { encodeCursor } from '../src/stream/cursor.ts';
import type { StreamItem } from '../src/stream/item.ts';
import { Assignment } from './assignment.ts';
import { builder, ProviderEnum } from './builder.ts';
import { property, row } from './column.ts';
import { connectionOf, pageArguments } from './connection.ts';
import { idsOf, PRINCIPAL_TYPES } from './ids.ts';
import { PRINCIPAL, Principal } from './principal.ts';
import { Request } from './request.ts';
import { ROLE, Role } from './role.ts';
import { SCOPE, Scope } from './scope.ts';
import { type Source, wantedOf } from './selection.ts';
import { eventTypes, feed, itemFields, loadOptional, streamArguments } from './stream.ts';

const AuditEventType = eventTypes('AuditEventType', 'What happened.', AUDIT_EVENTS);

/** An entry is no property of its row, but all of it together. */
const AUDIT: Source = {
  always: ['epoch', 'at', 'type'],
  fields: { cursor: [], kind: [], assignment: ['assignmentId'], request: ['requestId'], details: ['payload'] },
  joins: { actor: PRINCIPAL, principal: PRINCIPAL, role: ROLE, scope: SCOPE },
};

const AuditEvent = builder.objectRef<StreamItem>('AuditEvent');
AuditEvent.implement({
  description:
    'An entry of the audit: what happened, when, by whom, to whom, where, and everything that was noted with it.',
  fields: (t) => ({
    provider: t.field({
      ...property('provider'),
      type: ProviderEnum,
      nullable: true,
      description: 'Which kind of access; null when it concerns none in particular.',
      resolve: ({ event }) => event?.provider ?? null,
    }),
    principal: t.field({
      ...row('principal'),
      type: Principal,
      nullable: true,
      description: 'Whose access; null when it concerns nobody in particular.',
      resolve: ({ event, named }, _args, { loaders }) =>
        named?.principal ?? loadOptional(event?.principalId, loaders.principal),
    }),
    role: t.field({
      ...row('role'),
      type: Role,
      nullable: true,
      description: 'The role; null when it concerns none in particular.',
      resolve: ({ event, named }, _args, { loaders }) => named?.role ?? loadOptional(event?.roleId, loaders.role),
    }),
    scope: t.field({
      ...row('scope'),
      type: Scope,
      nullable: true,
      description: 'Where; null when it concerns no scope in particular.',
      resolve: ({ event, named }, _args, { loaders }) => named?.scope ?? loadOptional(event?.scopeId, loaders.scope),
    }),
    assignment: t.field({
      type: Assignment,
      nullable: true,
      description: 'The assignment as it is now; null when there is none, or none that the caller may see.',
      resolve: ({ event }, _args, { loaders }) => loadOptional(event?.assignmentId, loaders.assignment),
    }),
    request: t.field({
      type: Request,
      nullable: true,
      description: 'The request as it is now; null when there is none, or none that the caller may see.',
      resolve: ({ event }, _args, { loaders }) => loadOptional(event?.requestId, loaders.request),
    }),
    details: t.field({
      ...property('payload'),
      type: 'JSONObject',
      nullable: true,
      description: 'What was noted with it; its shape depends on the type. Null for what is no event.',
      resolve: ({ event }) => event?.payload ?? null,
    }),
  }),
});
itemFields(AuditEvent, AuditEventType);

const AuditEventFilter = builder.inputType('AuditEventFilter', {
  description: 'Which events; every field given must hold.',
  fields: (t) => ({
    types: t.field({ type: [AuditEventType], description: 'One of these types.' }),
    providers: t.field({ type: [ProviderEnum], description: 'One of these providers.' }),
    actors: t.idList({ description: 'Done by one of these.' }),
    principals: t.idList({ description: 'About the access of one of these.' }),
    roles: t.idList({ description: 'For one of these roles.' }),
    below: t.field({ type: 'ScopePath', description: 'At this scope or anywhere below it.' }),
  }),
});

const AuditEventConnection = connectionOf(AuditEvent, 'AuditEvent');

const AuditLogFilter = builder.inputType('AuditLogFilter', {
  description: 'Which entries; every field given must hold.',
  fields: (t) => ({
    types: t.field({ type: [AuditEventType], description: 'One of these types. Default: any.' }),
    providers: t.field({ type: [ProviderEnum], description: 'One of these providers. Default: any, and none.' }),
    actors: t.idList({ description: 'Done by one of these. Default: by anybody.' }),
    principals: t.idList({ description: 'About the access of one of these. Default: of anybody.' }),
    roles: t.idList({ description: 'For one of these roles. Default: for any.' }),
    requests: t.idList({ description: 'About one of these requests. Default: about any.' }),
    below: t.field({ type: 'ScopePath', description: 'At this scope or anywhere below it. Default: anywhere.' }),
    from: t.field({
      type: 'DateTime',
      description: 'At this instant or later. Default: from the oldest that is kept.',
    }),
    until: t.field({ type: 'DateTime', description: 'Before this instant. Default: up to the newest.' }),
  }),
});

/** As the stream delivers it, with the cursor from which a stream goes on. */
function itemOf(row: AuditRow): StreamItem {
  const { epoch, at } = row;
  const position = Number(row.position);
  const event = { ...row, position } as StreamItem['event'] & AuditRow;
  return {
    kind: 'EVENT',
    position,
    cursor: encodeCursor({ epoch, position }),
    at: instant(at),
    event,
    row: null,
    named: row,
  };
}

/** A filter as the store knows it. */
export function auditFilterOf(filter: typeof AuditLogFilter.$inferInput | null | undefined): AuditFilter {
  const { actors, principals, roles, requests, ...rest } = filter ?? {};
  return {
    ...rest,
    actorIds: idsOf(actors, ...PRINCIPAL_TYPES),
    principalIds: idsOf(principals, ...PRINCIPAL_TYPES),
    roleIds: idsOf(roles, 'Role'),
    requestIds: idsOf(requests, 'Request'),
  };
}

builder.queryFields((t) => ({
  auditEvents: t.field({
    type: AuditEventConnection,
    description:
      'The audit, newest first: for auditors what they audit, for everybody else what they did and what concerned them. The `cursor` of an entry is one of the stream `auditEvents`; those of `edges` and `pageInfo` are of this list.',
    args: { ...pageArguments(), filter: t.arg({ type: AuditLogFilter, description: 'Default: all that is kept.' }) },
    resolve: async (_root, { filter, ...page }, { db, viewer }, info) => {
      const found = await listAudit(db(), viewer, auditFilterOf(filter), page, wantedOf(info, AUDIT));
      return { ...found, nodes: found.nodes.map(itemOf) };
    },
  }),
}));

builder.subscriptionFields((t) => ({
  auditEvents: t.field({
    type: AuditEvent,
    description:
      'The audit as it is written: for auditors what they audit, for everybody else what they did and what concerned them. Here a snapshot is the audit itself: every event from the oldest that is kept.',
    args: { ...streamArguments(t), filter: t.arg({ type: AuditEventFilter, description: 'Default: all.' }) },
    subscribe: (_root, { filter, ...beginning }, context) => {
      const { types, providers, below, actors, principals, roles } = filter ?? {};
      const people = {
        actorIds: idsOf(actors, ...PRINCIPAL_TYPES),
        principalIds: idsOf(principals, ...PRINCIPAL_TYPES),
      };
      const choice = { providers, below, roleIds: idsOf(roles, 'Role'), ...people };
      return feed(context, beginning, {
        audience: { kind: 'AUDIT' },
        filter: { ...choice, types: types ?? AUDIT_EVENTS },
        rows: null,
      });
    },
    resolve: (item) => item,
  }),
}));
