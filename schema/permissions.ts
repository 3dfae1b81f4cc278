/** Who may knock at all? A row for every root field and every sensitive one. What needs facts belongs to a decision. */
import { createRequire } from 'node:module';
import { managesSomething, readsDirectory, type Viewer } from '../src/decision/powers.ts';
import type { Context } from './context.ts';

// The ESM build of graphql-shield does not load on this Node; see PATCHES.md.
const { rule, or } = createRequire(import.meta.url)('graphql-shield') as typeof import('graphql-shield');

/** An atom reads the viewer and the parent, and nothing else: no query, no cache, no exception. */
const atom = (name: string, holds: (viewer: Viewer, parent: unknown) => boolean) =>
  rule(name, { cache: 'no_cache' })((parent: unknown, _args: unknown, { viewer }: Context) => holds(viewer, parent));

const isKnown = atom('isKnown', () => true);
const isUser = atom('isUser', ({ kind }) => kind === 'USER');
const isManager = atom('isManager', ({ powers }) => managesSomething(powers));
const isDirectoryReader = atom('isDirectoryReader', ({ powers }) => readsDirectory(powers));
const isSelf = atom('isSelf', ({ id }, parent) => (parent as { id?: string }).id === id);

export const MATRIX = {
  Query: {
    checkAccess: isKnown,
    effectiveAccess: isKnown,
    explainActivation: isUser,
    assignment: isKnown,
    assignments: isKnown,
    auditEvents: isKnown,
    bulkOperation: isKnown,
    bulkOperations: isKnown,
    eventCursor: isKnown,
    me: isKnown,
    node: isKnown,
    nodes: isKnown,
    policyTemplates: isManager,
    principal: isKnown,
    principals: isKnown,
    request: isKnown,
    requests: isKnown,
    role: isKnown,
    rolePolicies: isKnown,
    rolePolicy: isKnown,
    roles: isKnown,
    scope: isKnown,
    scopes: isKnown,
  },
  Mutation: {
    activate: isUser,
    activateMany: isUser,
    approve: isUser,
    assign: isManager,
    assignMany: isManager,
    bulkExport: isKnown,
    cancel: or(isUser, isManager),
    cancelBulkOperation: isKnown,
    copyAssignments: isManager,
    createPolicyTemplate: isManager,
    deactivate: or(isUser, isManager),
    deny: isUser,
    extend: or(isUser, isManager),
    extendActivation: isUser,
    importAssignments: isManager,
    remove: isManager,
    removeMany: isManager,
    renew: or(isUser, isManager),
    update: isManager,
    updateMany: isManager,
    updatePolicyTemplate: isManager,
    updateRolePolicy: isManager,
  },
  Subscription: {
    approvalEvents: isUser,
    assignmentEvents: isKnown,
    auditEvents: isKnown,
    bulkOperationProgress: isKnown,
    myAccess: isKnown,
    policyEvents: isKnown,
    requestProgress: isKnown,
  },
  User: {
    lastSignInAt: or(isSelf, isDirectoryReader),
  },
} as const;
