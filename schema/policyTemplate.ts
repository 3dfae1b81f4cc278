/** Sets of rules under a name, to be copied into role settings. */
import type { Outcome } from '../src/action/perform.ts';
import { createPolicyTemplate, updatePolicyTemplate } from '../src/action/policyTemplate.ts';
import { listPolicyTemplates, type PolicyTemplateRow, templateRuleRows } from '../src/store/policyTemplate.ts';
import { instant } from '../src/store/transaction.ts';
import { present } from './assignment.ts';
import { builder, ProviderEnum } from './builder.ts';
import { connectionOf, pageArguments } from './connection.ts';
import { globalId, idOf } from './ids.ts';
import { Node } from './node.ts';
import { PolicyTemplateVersion, RolePolicyRule } from './policyRule.ts';
import { RolePolicyRulesInput, ruleChangesOf } from './policyRuleInput.ts';
import { Principal } from './principal.ts';
import { Refusal } from './refusal.ts';

export const PolicyTemplate = builder.objectRef<PolicyTemplateRow>('PolicyTemplate').implement({
  description:
    'A named set of rules. Settings made from it keep a copy and the version it came from; a change of the template does not reach them.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({
      description: 'Opaque and stable: names the object to `node` and in inputs.',
      resolve: ({ id }) => globalId('PolicyTemplate', id),
    }),
    provider: t.field({ type: ProviderEnum, description: 'Whose roles it fits.', resolve: ({ provider }) => provider }),
    name: t.exposeString('name', { description: 'Its name for people, unlike that of any other.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'What it is for; null when nobody says.',
    }),
    version: t.exposeInt('version', { description: 'Counts its changes from 1. Give it as `expectedVersion`.' }),
    rules: t.field({
      type: [RolePolicyRule],
      description: 'Its rules; those that it does not have stay as they are where it is applied.',
      resolve: templateRuleRows,
    }),
    lastModifiedAt: t.field({
      type: 'DateTime',
      description: 'When it was changed last.',
      resolve: ({ modifiedAt }) => instant(modifiedAt),
    }),
    lastModifiedBy: t.field({
      type: Principal,
      nullable: true,
      description: 'Who changed it last; null when the gateway itself did.',
      resolve: ({ modifiedBy }, _args, { loaders }) =>
        modifiedBy === null ? null : loaders.principal.load(modifiedBy),
    }),
  }),
});

PolicyTemplateVersion.implement({
  description: 'A template as it was when settings were made from it.',
  fields: (t) => ({
    version: t.int({
      description: 'Which version of it.',
      resolve: async ({ versionId }, _args, { loaders }) =>
        present(await loaders.templateVersion.load(versionId)).version,
    }),
    template: t.field({
      type: PolicyTemplate,
      nullable: true,
      description: 'The template as it is now; null when the caller may not see it.',
      resolve: async ({ versionId }, _args, { loaders }) =>
        loaders.policyTemplate.load(present(await loaders.templateVersion.load(versionId)).templateId),
    }),
  }),
});

const PolicyTemplateConnection = connectionOf(PolicyTemplate, 'PolicyTemplate');

const PolicyTemplateFilter = builder.inputType('PolicyTemplateFilter', {
  description: 'Which templates; every field given must hold.',
  fields: (t) => ({ providers: t.field({ type: [ProviderEnum], description: 'For one of these providers.' }) }),
});

builder.queryFields((t) => ({
  policyTemplates: t.field({
    type: PolicyTemplateConnection,
    description: 'Templates by name, for whoever manages something.',
    args: { ...pageArguments(), filter: t.arg({ type: PolicyTemplateFilter, description: 'Default: all.' }) },
    resolve: (_root, { filter, ...page }, { db, viewer }) => listPolicyTemplates(db(), viewer, filter ?? {}, page),
  }),
}));

const CreatePolicyTemplateInput = builder.inputType('CreatePolicyTemplateInput', {
  description: 'The template to make.',
  fields: (t) => ({
    provider: t.field({ type: ProviderEnum, required: true, description: 'Whose roles it fits.' }),
    name: t.string({ required: true, description: 'Its name, 1 to 100 characters, unlike that of any other.' }),
    description: t.string({ description: 'What it is for.' }),
    rules: t.field({
      type: RolePolicyRulesInput,
      required: true,
      description: 'Its rules, at least one; a field that is left out is as the provider has it by default.',
    }),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
    validateOnly: t.boolean({ description: 'Judge and answer, but write nothing. Default false.' }),
  }),
});

const UpdatePolicyTemplateInput = builder.inputType('UpdatePolicyTemplateInput', {
  description: 'Which template to change, and how.',
  fields: (t) => ({
    template: t.id({ required: true, description: 'The template.' }),
    expectedVersion: t.int({
      required: true,
      description: 'The version that was read: nothing is changed when it is another by now.',
    }),
    description: t.string({ description: 'What it is for. Default: as it was.' }),
    rules: t.field({ type: RolePolicyRulesInput, description: 'The rules to change or to add.' }),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
    validateOnly: t.boolean({ description: 'Judge and answer, but write nothing. Default false.' }),
  }),
});

const payload = (name: string, description: string) =>
  builder.objectRef<Outcome>(name).implement({
    description,
    fields: (t) => ({
      template: t.field({
        type: PolicyTemplate,
        nullable: true,
        description: 'The template as it is now; null when refused or only validated.',
        resolve: ({ settingsId }, _args, { loaders }) =>
          settingsId === undefined ? null : loaders.policyTemplate.clear(settingsId).load(settingsId),
      }),
      refusals: t.field({
        type: [Refusal],
        description: 'Every reason for a no; empty when it was done.',
        resolve: ({ refusals }) => refusals,
      }),
    }),
  });

builder.mutationFields((t) => ({
  createPolicyTemplate: t.field({
    type: payload('CreatePolicyTemplatePayload', 'What `createPolicyTemplate` did, or why not.'),
    description: 'Makes a template. For those who manage the role settings of the directory.',
    args: { input: t.arg({ type: CreatePolicyTemplateInput, required: true, description: 'The template.' }) },
    resolve: (_root, { input: { description, rules, ...input } }, context) =>
      createPolicyTemplate(context, { ...input, description: description ?? null, rules: ruleChangesOf(rules) }),
  }),
  updatePolicyTemplate: t.field({
    type: payload('UpdatePolicyTemplatePayload', 'What `updatePolicyTemplate` did, or why not.'),
    description: 'Changes a template, and no settings that were made from it.',
    args: { input: t.arg({ type: UpdatePolicyTemplateInput, required: true, description: 'The change.' }) },
    resolve: (_root, { input: { template, description, rules, ...input } }, context) =>
      updatePolicyTemplate(context, {
        ...input,
        templateId: idOf(template, 'PolicyTemplate'),
        description: description ?? null,
        rules: ruleChangesOf(rules),
      }),
  }),
}));
