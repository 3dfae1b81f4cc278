/** What is on record? Every event, for auditors all of them and for everybody else their own. @see https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-use-audit-log */
import { AUDIT_EVENTS } from '../src/events.ts';
import type { StreamItem } from '../src/stream/item.ts';
import { Assignment } from './assignment.ts';
import { builder, ProviderEnum } from './builder.ts';
import { idsOf, PRINCIPAL_TYPES } from './ids.ts';
import { Principal } from './principal.ts';
import { Request } from './request.ts';
import { Role } from './role.ts';
import { Scope } from './scope.ts';
import { eventTypes, feed, itemFields, loadOptional, streamArguments } from './stream.ts';

const AuditEventType = eventTypes('AuditEventType', 'What happened.', AUDIT_EVENTS);

const AuditEvent = builder.objectRef<StreamItem>('AuditEvent');
AuditEvent.implement({
  description:
    'An entry of the audit: what happened, when, by whom, to whom, where, and everything that was noted with it.',
  fields: (t) => ({
    provider: t.field({
      type: ProviderEnum,
      nullable: true,
      description: 'Which kind of access; null when it concerns none in particular.',
      resolve: ({ event }) => event?.provider ?? null,
    }),
    principal: t.field({
      type: Principal,
      nullable: true,
      description: 'Whose access; null when it concerns nobody in particular.',
      resolve: ({ event }, _args, { loaders }) => loadOptional(event?.principalId, loaders.principal),
    }),
    role: t.field({
      type: Role,
      nullable: true,
      description: 'The role; null when it concerns none in particular.',
      resolve: ({ event }, _args, { loaders }) => loadOptional(event?.roleId, loaders.role),
    }),
    scope: t.field({
      type: Scope,
      nullable: true,
      description: 'Where; null when it concerns no scope in particular.',
      resolve: ({ event }, _args, { loaders }) => loadOptional(event?.scopeId, loaders.scope),
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
