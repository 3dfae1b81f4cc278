/** Where access holds. @see https://learn.microsoft.com/azure/role-based-access-control/scope-overview */
import { listScopes, type SCOPE_ORDERS, type ScopeRow } from '../src/store/scope.ts';
import { builder, ProviderEnum, ScopeKindEnum } from './builder.ts';
import { ownId, property } from './column.ts';
import { connectionOf, orderInput, pageArguments } from './connection.ts';
import { globalId, idOf } from './ids.ts';
import { Node } from './node.ts';
import { Principal } from './principal.ts';
import { type Source, wantedOf } from './selection.ts';

export const SCOPE: Source = { fields: { parent: ['parentId'], principal: ['principalId'] } };

export const Scope = builder.objectRef<ScopeRow>('Scope');
Scope.implement({
  description: 'The directory or a part of it, a level of the Azure tree, or a group.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({
      ...ownId(),
      description: 'Opaque and stable: names the object to `node` and in inputs.',
      resolve: ({ id }) => globalId('Scope', id),
    }),
    provider: t.field({
      ...property('provider'),
      type: ProviderEnum,
      description: 'Whose roles it takes.',
      resolve: ({ provider }) => provider,
    }),
    kind: t.field({
      ...property('kind'),
      type: ScopeKindEnum,
      description: 'What it is.',
      resolve: ({ kind }) => kind,
    }),
    path: t.field({
      ...property('path'),
      type: 'ScopePath',
      description: 'Its path as the provider writes it.',
      resolve: ({ path }) => path,
    }),
    displayName: t.exposeString('displayName', { ...property('displayName'), description: 'Its name for people.' }),
    resourceType: t.exposeString('resourceType', {
      ...property('resourceType'),
      nullable: true,
      description: 'Azure resource type, such as `Microsoft.KeyVault/vaults`; null for everything but resources.',
    }),
    locked: t.exposeBoolean('locked', {
      ...property('locked'),
      description: 'No access can be given here or below until it is unlocked.',
    }),
    parent: t.field({
      type: Scope,
      nullable: true,
      description: 'The scope directly above; null at a root and for groups.',
      resolve: ({ parentId }, _args, { loaders }) => (parentId === null ? null : loaders.scope.load(parentId)),
    }),
    principal: t.field({
      type: Principal,
      nullable: true,
      description: 'The group, application or service principal that the scope is; null for all others.',
      resolve: ({ principalId }, _args, { loaders }) =>
        principalId === null ? null : loaders.principal.load(principalId),
    }),
  }),
});

const ScopeConnection = connectionOf(Scope, 'Scope');

const ScopeFilter = builder.inputType('ScopeFilter', {
  description: 'Which scopes; every field given must hold.',
  fields: (t) => ({
    providers: t.field({ type: [ProviderEnum], description: 'One of these providers.' }),
    kinds: t.field({ type: [ScopeKindEnum], description: 'One of these kinds.' }),
    below: t.field({ type: 'ScopePath', description: 'This scope itself and everything below it.' }),
    startsWith: t.string({ description: 'Beginning of the display name, in any letter case.' }),
    search: t.string({
      description: 'Part of the display name, at least 3 characters, in any letter case. Default: all.',
    }),
  }),
});

const ScopeOrder = orderInput('ScopeOrder', {
  PATH: 'The path, which puts what lies below behind what it lies below.',
  DISPLAY_NAME: 'The name for people.',
} satisfies Record<(typeof SCOPE_ORDERS)[number], string>);

builder.queryFields((t) => ({
  scope: t.field({
    type: Scope,
    nullable: true,
    description: 'A scope by its id. Null when there is none, or none that the caller may see.',
    args: { id: t.arg.id({ required: true, description: "A scope's id." }) },
    resolve: (_root, { id }, { loaders }) => loaders.visibleScope.load(idOf(id, 'Scope')),
  }),
  scopes: t.field({
    type: ScopeConnection,
    description:
      'Scopes, by path unless ordered otherwise. Azure scopes show where the caller may read assignments or holds something, there, above or below.',
    args: {
      ...pageArguments(),
      filter: t.arg({ type: ScopeFilter, description: 'Default: all.' }),
      orderBy: t.arg({ type: ScopeOrder, description: 'Default: `PATH`, `ASC`.' }),
    },
    resolve: (_root, { filter, orderBy, ...page }, { db, viewer }, info) =>
      listScopes(db(), viewer, { ...filter, orderBy }, page, wantedOf(info, SCOPE)),
  }),
}));
