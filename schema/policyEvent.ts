/** How role settings change, as it happens. */
import { POLICY_EVENTS } from '../src/events.ts';
import { listRolePolicies } from '../src/store/policy.ts';
import { listPolicyTemplates } from '../src/store/policyTemplate.ts';
import type { StreamItem } from '../src/stream/item.ts';
import { builder, ProviderEnum } from './builder.ts';
import { idsOf } from './ids.ts';
import { RolePolicy } from './policy.ts';
import { PolicyTemplate } from './policyTemplate.ts';
import { allRows, eventTypes, feed, itemFields, loadOptional, rowOf, streamArguments, subjectOf } from './stream.ts';

const PolicyEventType = eventTypes(
  'PolicyEventType',
  'What happened to role settings or to a template.',
  POLICY_EVENTS,
);

const PolicyEvent = builder.objectRef<StreamItem>('PolicyEvent');
PolicyEvent.implement({
  description: 'Something that happened to role settings, with the settings as the caller may see them now.',
  fields: (t) => ({
    provider: t.field({
      type: ProviderEnum,
      nullable: true,
      description: 'Whose settings; null for what is no event and no row.',
      resolve: (item) => subjectOf(item).provider ?? null,
    }),
    policy: t.field({
      type: RolePolicy,
      nullable: true,
      description: 'The role settings as they are now; null when it concerns a template.',
      resolve: (item, _args, { loaders }) => rowOf(item)?.policy ?? loadOptional(policyOf(item), loaders.rolePolicy),
    }),
    template: t.field({
      type: PolicyTemplate,
      nullable: true,
      description: 'The template as it is now; null when it concerns the settings of a role.',
      resolve: (item, _args, { loaders }) =>
        rowOf(item)?.template ??
        loadOptional(item.event?.payload.templateId as string | undefined, loaders.policyTemplate),
    }),
  }),
});
itemFields(PolicyEvent, PolicyEventType);

function policyOf({ event }: StreamItem): string | null {
  return event?.type === 'policy.updated' ? `${event.roleId}/${event.scopeId}` : null;
}

const PolicyEventFilter = builder.inputType('PolicyEventFilter', {
  description: 'Which events; every field given must hold.',
  fields: (t) => ({
    types: t.field({ type: [PolicyEventType], description: 'One of these types; does not concern a snapshot.' }),
    providers: t.field({ type: [ProviderEnum], description: 'One of these providers.' }),
    roles: t.idList({ description: 'For one of these roles; leaves out templates.' }),
    below: t.field({ type: 'ScopePath', description: 'At this scope or anywhere below it; leaves out templates.' }),
  }),
});

builder.subscriptionFields((t) => ({
  policyEvents: t.field({
    type: PolicyEvent,
    description:
      'Every change of role settings that the caller may see, and for whoever manages something those of templates. A snapshot holds the settings that somebody has touched, and the templates.',
    args: { ...streamArguments(t), filter: t.arg({ type: PolicyEventFilter, description: 'Default: all.' }) },
    subscribe: (_root, { filter, ...beginning }, context) => {
      const { types, providers, below, roles } = filter ?? {};
      const choice = { providers, below, roleIds: idsOf(roles, 'Role') };
      return feed(context, beginning, {
        audience: { kind: 'POLICIES' },
        filter: { ...choice, types: types ?? POLICY_EVENTS },
        rows: async (db, viewer) => {
          const policies = await allRows((page) => listRolePolicies(db, viewer, choice, page));
          const withTemplates = below == null && roles == null;
          const templates = withTemplates ? await allRows((page) => listPolicyTemplates(db, viewer, choice, page)) : [];
          return [...policies.map((policy) => ({ policy })), ...templates.map((template) => ({ template }))];
        },
      });
    },
    resolve: (item) => item,
  }),
}));
