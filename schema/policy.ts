/** What governs a role at a scope. @see https://learn.microsoft.com/graph/api/resources/unifiedrolemanagementpolicy */

import type { Outcome } from '../src/action/perform.ts';
import { updateRolePolicy } from '../src/action/policy.ts';
import {
  type EffectivePolicy,
  findRolePolicy,
  listRolePolicies,
  type RolePolicyRow,
  ruleRows,
} from '../src/store/policy.ts';
import { instant } from '../src/store/transaction.ts';
import { present } from './assignment.ts';
import { builder, ProviderEnum } from './builder.ts';
import { connectionOf, pageArguments } from './connection.ts';
import type { Context } from './context.ts';
import { globalId, idOf, idsOf } from './ids.ts';
import { Node } from './node.ts';
import { ScopeInput, scopeOf } from './outcome.ts';
import { PolicyTemplateVersion, RolePolicyRule, RolePolicyRules } from './policyRule.ts';
import { RolePolicyRulesInput, ruleChangesOf } from './policyRuleInput.ts';
import { Principal } from './principal.ts';
import { Refusal } from './refusal.ts';
import { ROLE, Role } from './role.ts';
import { SCOPE, Scope } from './scope.ts';
import { type Source, wantedOf } from './selection.ts';

/** What holds now, asked once for all fields. */
const current = (row: RolePolicyRow, { loaders }: Context): Promise<EffectivePolicy> => loaders.policy.load(row);

/** Everything else of a policy is read by all that its row says. */
const KEY = ['provider', 'roleId', 'scopeId'];
const READ = ['version', 'lastModifiedAt', 'lastModifiedBy', 'rules', 'effectiveRules', 'inheritable', 'inheritedFrom'];
const ROLE_POLICY: Source = {
  fields: Object.fromEntries(READ.map((field) => [field, KEY])),
  joins: { role: ROLE, scope: SCOPE },
};

export const RolePolicy = builder.objectRef<RolePolicyRow>('RolePolicy').implement({
  description:
    'The role settings of a role at a scope. There always are some: the defaults of the provider until somebody changes them.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({
      description: 'Opaque and stable: names the object to `node` and in inputs.',
      resolve: ({ id }) => globalId('RolePolicy', id),
    }),
    provider: t.field({
      type: ProviderEnum,
      description: 'Which kind of access.',
      resolve: ({ provider }) => provider,
    }),
    role: t.field({
      type: Role,
      description: 'The role.',
      resolve: ({ role, roleId }, _args, { loaders }) => role ?? loaders.role.load(roleId).then(present),
    }),
    scope: t.field({
      type: Scope,
      description: 'Where; an Entra role has one policy for the whole directory.',
      resolve: ({ scope, scopeId }, _args, { loaders }) => scope ?? loaders.scope.load(scopeId).then(present),
    }),
    version: t.int({
      description: 'Counts the changes made here; 0: nobody has touched these settings. Give it as `expectedVersion`.',
      resolve: async (row, _args, context) => (await current(row, context)).version,
    }),
    lastModifiedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When they were changed last; null when nobody has touched them.',
      resolve: async (row, _args, context) => instant((await current(row, context)).modifiedAt),
    }),
    lastModifiedBy: t.field({
      type: Principal,
      nullable: true,
      description: 'Who changed them last; null when nobody has touched them, or the gateway itself did.',
      resolve: async (row, _args, context) => {
        const { modifiedBy } = await current(row, context);
        return modifiedBy === null ? null : context.loaders.principal.load(modifiedBy);
      },
    }),
    rules: t.field({
      type: RolePolicyRules,
      description: 'What holds now, rule by rule.',
      resolve: async (row, _args, context) => ruleRows(await current(row, context)),
    }),
    effectiveRules: t.field({
      type: [RolePolicyRule],
      description: 'The same 17 rules as a list.',
      resolve: async (row, _args, context) => ruleRows(await current(row, context)),
    }),
    inheritable: t.boolean({
      description: 'Scopes below without settings of their own take these. Off unless switched on, and for Azure only.',
      resolve: async (row, _args, context) => (await current(row, context)).inheritable,
    }),
    inheritedFrom: t.field({
      type: Scope,
      nullable: true,
      description: 'The scope above whose settings hold here; null when they are its own, or the defaults.',
      resolve: async (row, _args, context) => {
        const { inherited, sourceScopeId } = await current(row, context);
        return inherited && sourceScopeId !== null ? context.loaders.scope.load(sourceScopeId) : null;
      },
    }),
    template: t.field({
      type: PolicyTemplateVersion,
      nullable: true,
      description: 'The template that the settings which hold were made from; null when they were not.',
      resolve: async (row, _args, context) => (await current(row, context)).template,
    }),
  }),
});

const RolePolicyConnection = connectionOf(RolePolicy, 'RolePolicy');

const RolePolicyFilter = builder.inputType('RolePolicyFilter', {
  description: 'Which policies; every field given must hold.',
  fields: (t) => ({
    providers: t.field({ type: [ProviderEnum], description: 'One of these providers.' }),
    roles: t.idList({ description: 'Of one of these roles.' }),
    below: t.field({ type: 'ScopePath', description: 'At this scope or anywhere below it.' }),
    inheritable: t.boolean({ description: 'Only those that scopes below may take, or only others.' }),
  }),
});

builder.queryFields((t) => ({
  rolePolicy: t.field({
    type: RolePolicy,
    nullable: true,
    description:
      'The policy that governs a role at a scope. Null when there is no such role or scope, or none whose settings the caller may see.',
    args: {
      role: t.arg.id({ required: true, description: 'The role.' }),
      scope: t.arg({ type: ScopeInput, description: 'Where. Default for an Entra role: the directory.' }),
    },
    resolve: (_root, { role, scope }, { db, viewer }) =>
      findRolePolicy(db(), viewer, { roleId: idOf(role, 'Role'), scope: scopeOf(scope) }),
  }),
  rolePolicies: t.field({
    type: RolePolicyConnection,
    description: 'Policies that somebody has touched, the latest first; all others are the defaults of their provider.',
    args: { ...pageArguments(), filter: t.arg({ type: RolePolicyFilter, description: 'Default: all.' }) },
    resolve: (_root, { filter, ...page }, { db, viewer }, info) => {
      const { roles, ...rest } = filter ?? {};
      const wanted = wantedOf(info, ROLE_POLICY);
      return listRolePolicies(db(), viewer, { ...rest, roleIds: idsOf(roles, 'Role') }, page, wanted);
    },
  }),
}));

const UpdateRolePolicyInput = builder.inputType('UpdateRolePolicyInput', {
  description: 'Which settings to change, and how.',
  fields: (t) => ({
    role: t.id({ required: true, description: 'The role.' }),
    scope: t.field({ type: ScopeInput, description: 'Where. Default for an Entra role: the directory.' }),
    expectedVersion: t.int({
      required: true,
      description: 'The version that was read: nothing is changed when it is another by now.',
    }),
    rules: t.field({ type: RolePolicyRulesInput, description: 'The rules to change.' }),
    template: t.id({ description: 'A template whose rules are copied first; `rules` come on top.' }),
    inheritable: t.boolean({ description: 'Whether Azure scopes below without settings of their own take these.' }),
    inherit: t.boolean({
      description:
        'True: give up the settings of this scope, for those that it inherits or the defaults; excludes all others. Default false.',
    }),
    justification: t.string({ description: 'Why; kept with the change.' }),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
    validateOnly: t.boolean({ description: 'Judge and answer, but write nothing. Default false.' }),
  }),
});

const UpdateRolePolicyPayload = builder.objectRef<Outcome>('UpdateRolePolicyPayload').implement({
  description: 'What `updateRolePolicy` did, or why not.',
  fields: (t) => ({
    policy: t.field({
      type: RolePolicy,
      nullable: true,
      description: 'The policy as it is now; null when refused or only validated.',
      resolve: async ({ settingsId }, _args, { loaders }) => {
        const row = settingsId === undefined ? null : await loaders.rolePolicy.load(settingsId);
        // Another mutation of the same operation may have read what held before.
        if (row) loaders.policy.clear(row);
        return row;
      },
    }),
    refusals: t.field({
      type: [Refusal],
      description: 'Every reason for a no; empty when it was done.',
      resolve: ({ refusals }) => refusals,
    }),
  }),
});

builder.mutationFields((t) => ({
  updateRolePolicy: t.field({
    type: UpdateRolePolicyPayload,
    description:
      'Changes role settings: whatever is asked for or decided from now on is judged by them. Assignments that exist keep their dates.',
    args: { input: t.arg({ type: UpdateRolePolicyInput, required: true, description: 'The change.' }) },
    resolve: (_root, { input }, context) =>
      updateRolePolicy(context, {
        roleId: idOf(input.role, 'Role'),
        scope: scopeOf(input.scope),
        expectedVersion: input.expectedVersion,
        rules: ruleChangesOf(input.rules),
        templateId: input.template == null ? null : idOf(input.template, 'PolicyTemplate'),
        inherit: input.inherit ?? false,
        inheritable: input.inheritable ?? null,
        justification: input.justification ?? null,
        idempotencyKey: input.idempotencyKey,
        validateOnly: input.validateOnly,
      }),
  }),
}));
