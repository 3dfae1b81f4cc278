/** What concerns the caller: what they hold, what they asked for, what waits for them. */
import type { Viewer as ViewerShape } from '../src/decision/powers.ts';
import { managesSomething } from '../src/decision/powers.ts';
import { type ManagedArea as Area, managedAreas } from '../src/store/access.ts';
import { listAssignments } from '../src/store/assignment.ts';
import { listRequests } from '../src/store/request.ts';
import { ASSIGNMENT, AssignmentConnection, present } from './assignment.ts';
import { AssignmentTypeEnum, builder, ProviderEnum } from './builder.ts';
import { pageArguments } from './connection.ts';
import { Principal } from './principal.ts';
import { REQUEST, RequestConnection } from './request.ts';
import { Scope } from './scope.ts';
import { wantedOf } from './selection.ts';

const ManagedArea = builder.objectRef<Area>('ManagedArea').implement({
  description: 'A part of the company whose assignments the caller may manage.',
  fields: (t) => ({
    provider: t.field({
      type: ProviderEnum,
      description: 'Which kind of access.',
      resolve: ({ provider }) => provider,
    }),
    types: t.field({
      type: [AssignmentTypeEnum],
      description: 'Which types of assignments.',
      resolve: ({ types }) => [...types],
    }),
    scope: t.field({
      type: Scope,
      nullable: true,
      description: 'This scope and everything below it; null for every group of a kind.',
      resolve: ({ scopeId }, _args, { loaders }) => (scopeId === null ? null : loaders.scope.load(scopeId)),
    }),
    roleAssignableGroups: t.exposeBoolean('roleAssignableGroups', {
      nullable: true,
      description: 'For every group of a kind: the role-assignable ones, or all others; null where there is a scope.',
    }),
  }),
});

const Viewer = builder.objectRef<ViewerShape>('Viewer').implement({
  description: 'The caller.',
  fields: (t) => ({
    principal: t.field({
      type: Principal,
      description: 'The principal that the access token names.',
      resolve: async ({ id }, _args, { loaders }) => present(await loaders.principal.load(id)),
    }),
    multiFactorAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the token says that more than one factor was checked; null when it does not.',
      resolve: ({ proof }) => proof.multiFactorAt,
    }),
    authenticationContexts: t.stringList({
      description: 'Authentication contexts that the token proves.',
      resolve: ({ proof }) => [...proof.authenticationContexts],
    }),
    tokenExpiresAt: t.field({
      type: 'DateTime',
      description: 'When the access token ends, and with it every stream opened with it.',
      resolve: ({ expiresAt }) => expiresAt,
    }),
    manages: t.boolean({
      description: 'True when the caller may manage assignments or role settings somewhere, now.',
      resolve: ({ powers }) => managesSomething(powers),
    }),
    managing: t.field({
      type: [ManagedArea],
      description: 'Where the caller may manage assignments, now; empty when nowhere.',
      resolve: (viewer, _args, { db }) => managedAreas(db(), viewer),
    }),
    eligible: t.field({
      type: AssignmentConnection,
      description: 'What the caller may activate, directly or through a group.',
      args: pageArguments(),
      resolve: (viewer, page, { db }, info) =>
        listAssignments(
          db(),
          viewer,
          { types: ['ELIGIBLE'], principalIds: [viewer.id, ...viewer.powers.groups] },
          page,
          wantedOf(info, ASSIGNMENT),
        ),
    }),
    active: t.field({
      type: AssignmentConnection,
      description: 'What the caller holds now, directly or through a group.',
      args: pageArguments(),
      resolve: (viewer, page, { db }, info) =>
        listAssignments(
          db(),
          viewer,
          { types: ['ACTIVE'], principalIds: [viewer.id, ...viewer.powers.groups] },
          page,
          wantedOf(info, ASSIGNMENT),
        ),
    }),
    requests: t.field({
      type: RequestConnection,
      description: "Requests about the caller's own access, newest first.",
      args: pageArguments(),
      resolve: (viewer, page, { db }, info) =>
        listRequests(db(), viewer, { principalIds: [viewer.id] }, page, wantedOf(info, REQUEST)),
    }),
    approvals: t.field({
      type: RequestConnection,
      description: "Requests that wait for the caller's decision.",
      args: pageArguments(),
      resolve: (viewer, page, { db }, info) =>
        listRequests(db(), viewer, { awaitingMyApproval: true }, page, wantedOf(info, REQUEST)),
    }),
  }),
});

builder.queryFields((t) => ({
  me: t.field({ type: Viewer, description: 'The caller.', resolve: (_root, _args, { viewer }) => viewer }),
}));
