/** What access grants. @see https://learn.microsoft.com/graph/api/resources/unifiedroledefinition */
import { listRoles, type RoleRow } from '../src/store/role.ts';
import { builder, ProviderEnum } from './builder.ts';
import { ownId, property } from './column.ts';
import { connectionOf, pageArguments } from './connection.ts';
import { globalId, idOf } from './ids.ts';
import { Node } from './node.ts';
import { type Source, wantedOf } from './selection.ts';

export const ROLE: Source = { fields: { templateId: ['id'], assignable: ['assignable', 'deprecated'] } };

const Permission = builder.objectRef<RoleRow['permissions'][number]>('Permission').implement({
  description: 'A block of an Azure role: what it allows, less what it excludes. `*` stands for any run of characters.',
  fields: (t) => ({
    actions: t.stringList({ description: 'Control-plane operations.', resolve: ({ actions }) => [...(actions ?? [])] }),
    notActions: t.stringList({
      description: 'Excluded from them.',
      resolve: ({ notActions }) => [...(notActions ?? [])],
    }),
    dataActions: t.stringList({
      description: 'Data-plane operations.',
      resolve: ({ dataActions }) => [...(dataActions ?? [])],
    }),
    notDataActions: t.stringList({
      description: 'Excluded from them.',
      resolve: ({ notDataActions }) => [...(notDataActions ?? [])],
    }),
    condition: t.string({
      nullable: true,
      description: 'ABAC condition under which alone the block holds; null when it always does.',
      resolve: ({ condition }) => condition ?? null,
    }),
  }),
});

export const Role = builder.objectRef<RoleRow>('Role').implement({
  description: 'An Entra or Azure role, or the membership or ownership of groups.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({
      ...ownId(),
      description: 'Opaque and stable: names the object to `node` and in inputs.',
      resolve: ({ id }) => globalId('Role', id),
    }),
    templateId: t.exposeID('id', { ...property('id'), description: 'The role definition id of the provider, a UUID.' }),
    provider: t.field({
      ...property('provider'),
      type: ProviderEnum,
      description: 'Where it applies.',
      resolve: ({ provider }) => provider,
    }),
    displayName: t.exposeString('displayName', { ...property('displayName'), description: 'Its name for people.' }),
    builtIn: t.exposeBoolean('builtIn', {
      ...property('builtIn'),
      description: 'Part of the provider, not made by the organization.',
    }),
    privileged: t.exposeBoolean('privileged', {
      ...property('privileged'),
      description: 'Can lead to control over others.',
    }),
    assignable: t.boolean({
      description: 'False: assigned by the system only, or deprecated.',
      resolve: ({ assignable, deprecated }) => assignable && !deprecated,
    }),
    administrativeUnitScope: t.exposeBoolean('administrativeUnitScope', {
      ...property('administrativeUnitScope'),
      description: 'It can be limited to an administrative unit.',
    }),
    applicationScope: t.exposeBoolean('applicationScope', {
      ...property('applicationScope'),
      description: 'It can be limited to an application.',
    }),
    assignableScopes: t.stringList({
      description: 'Azure paths at and below which it can be assigned; empty for other providers.',
      resolve: ({ assignableScopes }) => [...assignableScopes],
    }),
    categories: t.stringList({ description: 'What it is about.', resolve: ({ categories }) => [...categories] }),
    permissions: t.field({
      type: [Permission],
      description: 'What it allows, as far as this gateway knows; empty for built-in Entra roles.',
      resolve: ({ permissions }) => permissions,
    }),
  }),
});

const RoleConnection = connectionOf(Role, 'Role');

const RoleFilter = builder.inputType('RoleFilter', {
  description: 'Which roles; every field given must hold.',
  fields: (t) => ({
    providers: t.field({ type: [ProviderEnum], description: 'One of these providers.' }),
    builtIn: t.boolean({ description: 'Only built-in, or only custom ones.' }),
    privileged: t.boolean({ description: 'Only privileged, or only others.' }),
    assignable: t.boolean({ description: 'Only those that can be assigned, or only others.' }),
    category: t.string({ description: 'Has this category, spelled exactly so.' }),
    startsWith: t.string({ description: 'Beginning of the display name, in any letter case.' }),
    search: t.string({
      description: 'Part of the display name, at least 3 characters, in any letter case. Default: all.',
    }),
  }),
});

builder.queryFields((t) => ({
  role: t.field({
    type: Role,
    nullable: true,
    description: 'A role by its id. Null when there is none.',
    args: { id: t.arg.id({ required: true, description: "A role's id." }) },
    resolve: (_root, { id }, { loaders }) => loaders.role.load(idOf(id, 'Role')),
  }),
  roles: t.field({
    type: RoleConnection,
    description: 'Roles by display name. Role definitions are visible to every known caller.',
    args: { ...pageArguments(), filter: t.arg({ type: RoleFilter, description: 'Default: all.' }) },
    resolve: (_root, { filter, ...page }, { db }, info) => listRoles(db(), filter ?? {}, page, wantedOf(info, ROLE)),
  }),
}));
