/** Who can hold access. @see https://learn.microsoft.com/graph/api/resources/directoryobject */
import { listPrincipals, type PRINCIPAL_ORDERS, type PrincipalRow } from '../src/store/principal.ts';
import { instant } from '../src/store/transaction.ts';
import { builder, PrincipalKindEnum, UserTypeEnum } from './builder.ts';
import { ownId, property } from './column.ts';
import { connectionOf, orderInput, pageArguments } from './connection.ts';
import { globalId, idOf, idsOf, PRINCIPAL_TYPES } from './ids.ts';
import { Node } from './node.ts';
import { type Source, wantedOf } from './selection.ts';

const TYPE_OF = {
  USER: 'User',
  GROUP: 'Group',
  SERVICE_PRINCIPAL: 'ServicePrincipal',
  MANAGED_IDENTITY: 'ManagedIdentity',
} as const;

/** Its type is its kind. */
export const PRINCIPAL: Source = {
  always: ['kind'],
  fields: { objectId: ['id'] },
};

export const Principal = builder.interfaceRef<PrincipalRow>('Principal').implement({
  description: 'A user, a group, a service principal or a managed identity.',
  interfaces: [Node],
  resolveType: ({ kind }) => TYPE_OF[kind],
  extensions: { typeOf: { property: 'kind', types: TYPE_OF } },
  fields: (t) => ({
    id: t.id({
      ...ownId(),
      description: 'Opaque and stable: names the object to `node` and in inputs.',
      resolve: ({ kind, id }) => globalId(TYPE_OF[kind], id),
    }),
    objectId: t.exposeID('id', {
      ...property('id'),
      description: 'The object id in the directory, a UUID; never used again for another.',
    }),
    kind: t.field({
      ...property('kind'),
      type: PrincipalKindEnum,
      description: 'What it is.',
      resolve: ({ kind }) => kind,
    }),
    displayName: t.exposeString('displayName', { ...property('displayName'), description: 'Its name for people.' }),
    enabled: t.exposeBoolean('enabled', {
      ...property('enabled'),
      description: 'False: it cannot sign in, whatever it holds.',
    }),
  }),
});

builder.objectType(builder.objectRef<PrincipalRow>('User'), {
  description: 'A person.',
  interfaces: [Node, Principal],
  fields: (t) => ({
    userPrincipalName: t.string({
      ...property('userPrincipalName'),
      description: 'The name to sign in with.',
      resolve: ({ userPrincipalName }) => userPrincipalName as string,
    }),
    userType: t.field({
      ...property('userType'),
      type: UserTypeEnum,
      description: 'Member or guest.',
      resolve: ({ userType }) => userType as NonNullable<typeof userType>,
    }),
    mail: t.exposeString('mail', {
      ...property('mail'),
      nullable: true,
      description: 'Mail address; null when there is none.',
    }),
    jobTitle: t.exposeString('jobTitle', {
      ...property('jobTitle'),
      nullable: true,
      description: 'Null when unknown.',
    }),
    department: t.exposeString('department', {
      ...property('department'),
      nullable: true,
      description: 'Null when unknown.',
    }),
    lastSignInAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        "When the user last signed in; null when never or unknown. Others' need a right to read the directory.",
      resolve: ({ lastSignInAt }) => instant(lastSignInAt),
    }),
  }),
});

builder.objectType(builder.objectRef<PrincipalRow>('Group'), {
  description: 'A group of principals.',
  interfaces: [Node, Principal],
  fields: (t) => ({
    roleAssignable: t.exposeBoolean('roleAssignable', {
      ...property('roleAssignable'),
      description: 'It can hold Entra roles. Never changes.',
    }),
    securityEnabled: t.exposeBoolean('securityEnabled', {
      ...property('securityEnabled'),
      description: 'It can hold Azure roles.',
    }),
    dynamicMembership: t.exposeBoolean('dynamicMembership', {
      ...property('dynamicMembership'),
      description: 'A rule decides its members, so that they cannot be assigned.',
    }),
    synchronized: t.exposeBoolean('synchronized', {
      ...property('synchronized'),
      description: 'Kept in step with a directory elsewhere.',
    }),
  }),
});

builder.objectType(builder.objectRef<PrincipalRow>('ServicePrincipal'), {
  description: 'An application in the directory. It can be active in a role, never eligible.',
  interfaces: [Node, Principal],
  fields: (t) => ({
    appId: t.exposeID('appId', {
      ...property('appId'),
      nullable: true,
      description: 'The application (client) id; null when unknown.',
    }),
  }),
});

builder.objectType(builder.objectRef<PrincipalRow>('ManagedIdentity'), {
  description: 'The identity of an Azure resource. It can be active in a role, never eligible.',
  interfaces: [Node, Principal],
});

const PrincipalConnection = connectionOf(Principal, 'Principal');

const PrincipalFilter = builder.inputType('PrincipalFilter', {
  description: 'Which principals; every field given must hold.',
  fields: (t) => ({
    kinds: t.field({ type: [PrincipalKindEnum], description: 'One of these kinds.' }),
    startsWith: t.string({
      description: 'Beginning of the display name or user principal name, in any letter case.',
    }),
    search: t.string({
      description:
        'Part of the display name or user principal name, at least 3 characters, in any letter case. Default: all.',
    }),
    memberOf: t.idList({
      description:
        'Members of one of these groups now, directly or through groups in groups, as far as the caller may see who is a member. Default: all.',
    }),
    enabled: t.boolean({ description: 'Only enabled, or only disabled ones.' }),
    roleAssignable: t.boolean({
      description: 'Only groups that are role-assignable, or only principals that are not.',
    }),
  }),
});

const PrincipalOrder = orderInput('PrincipalOrder', {
  DISPLAY_NAME: 'The name for people.',
  CREATED_AT: 'When it came into the directory.',
} satisfies Record<(typeof PRINCIPAL_ORDERS)[number], string>);

builder.queryFields((t) => ({
  principal: t.field({
    type: Principal,
    nullable: true,
    description: 'A principal by its id. Null when there is none, or none that the caller may see.',
    args: { id: t.arg.id({ required: true, description: "A principal's id." }) },
    resolve: (_root, { id }, { loaders }) => loaders.visiblePrincipal.load(idOf(id, ...PRINCIPAL_TYPES)),
  }),
  principals: t.field({
    type: PrincipalConnection,
    description:
      'Principals, by display name unless ordered otherwise. Members of the directory see all; guests and applications without rights only themselves and their groups.',
    args: {
      ...pageArguments(),
      filter: t.arg({ type: PrincipalFilter, description: 'Default: all.' }),
      orderBy: t.arg({ type: PrincipalOrder, description: 'Default: `DISPLAY_NAME`, `ASC`.' }),
    },
    resolve: (_root, { filter, orderBy, ...page }, { db, viewer }, info) => {
      const { memberOf, ...rest } = filter ?? {};
      const chosen = { ...rest, memberOfIds: idsOf(memberOf, 'Group'), orderBy };
      return listPrincipals(db(), viewer, chosen, page, wantedOf(info, PRINCIPAL));
    },
  }),
}));
