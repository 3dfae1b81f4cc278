/** How are role settings given? Any of the rules, and of each any field; what is left out stays as it is. */
import type { RuleId } from '../src/decision/policy.ts';
import type { RuleChanges } from '../src/decision/policyChange.ts';
import { builder } from './builder.ts';
import { idOf } from './ids.ts';
import { EnabledRuleEnum, NotificationLevelEnum, RULES } from './policyRule.ts';

const ExpirationRuleInput = builder.inputType('ExpirationRuleInput', {
  description: 'How long an assignment that an administrator makes may last.',
  fields: (t) => ({
    isExpirationRequired: t.boolean({ description: 'False: permanent assignments are allowed.' }),
    maximumDuration: t.field({
      type: 'Duration',
      description: 'The longest: `P15D`, `P30D`, `P90D`, `P180D` or `P365D`.',
    }),
  }),
});

const ActivationExpirationRuleInput = builder.inputType('ActivationExpirationRuleInput', {
  description: 'How long an activation may last.',
  fields: (t) => ({
    maximumDuration: t.field({ type: 'Duration', description: 'The longest, `PT5M` to `P1D`.' }),
    minimumDuration: t.field({ type: 'Duration', description: 'How long it lasts before its holder may end it.' }),
    isExtensionAllowed: t.boolean({ description: 'A running activation may be extended.' }),
  }),
});

const EnablementRuleInput = builder.inputType('EnablementRuleInput', {
  description: 'What an administrator must give or prove to make an assignment.',
  fields: (t) => ({ enabledRules: t.field({ type: [EnabledRuleEnum], description: 'All of it.' }) }),
});

const ActivationEnablementRuleInput = builder.inputType('ActivationEnablementRuleInput', {
  description: 'What a holder must give or prove to activate.',
  fields: (t) => ({
    enabledRules: t.field({
      type: [EnabledRuleEnum],
      description: 'All of it. Multi-factor authentication excludes an authentication context.',
    }),
    multiFactorMaximumAge: t.field({
      type: 'Duration',
      description: 'How old the proof of more than one factor may be, `PT1M` to `P1D`; null: any of this session.',
    }),
  }),
});

const EscalationInput = builder.inputType('ApprovalEscalationInput', {
  description: 'Who may decide as well once a stage has waited too long.',
  fields: (t) => ({
    after: t.field({ type: 'Duration', required: true, description: 'How long it waits; less than the time-out.' }),
    approvers: t.idList({ required: true, description: 'Backup approvers: users and groups.' }),
  }),
});

const ApprovalStageInput = builder.inputType('ApprovalStageInput', {
  description: 'A stage of an approval.',
  fields: (t) => ({
    approvers: t.idList({
      required: true,
      description: 'Users and groups. May be empty for an Entra role only.',
    }),
    quorum: t.int({ description: 'How many of them must approve. Default 1.' }),
    escalation: t.field({ type: EscalationInput, description: 'Who decides when nobody does. Default: nobody.' }),
  }),
});

const ApprovalRuleInput = builder.inputType('ApprovalRuleInput', {
  description: 'Whether somebody else must approve an activation, and who.',
  fields: (t) => ({
    isApprovalRequired: t.boolean({ description: 'Activations wait for approval.' }),
    isApprovalRequiredForExtension: t.boolean({ description: 'Extensions of running activations wait for approval.' }),
    timeout: t.field({ type: 'Duration', description: 'How long an undecided request waits, `PT5M` to `P30D`.' }),
    isApproverJustificationRequired: t.boolean({ description: 'An approver gives a reason.' }),
    stages: t.field({
      type: [ApprovalStageInput],
      description: 'One to three, in place of all there were; one after the other.',
    }),
  }),
});

const AuthenticationContextRuleInput = builder.inputType('AuthenticationContextRuleInput', {
  description: 'Whether an activation asks for an authentication context.',
  fields: (t) => ({
    isEnabled: t.boolean({ description: 'It does. Excludes multi-factor authentication.' }),
    claimValue: t.string({ description: '`c1` to `c99`; null: none.' }),
  }),
});

const NotificationRuleInput = builder.inputType('NotificationRuleInput', {
  description: 'Who is told by mail.',
  fields: (t) => ({
    notificationLevel: t.field({ type: NotificationLevelEnum, description: 'Of what.' }),
    isDefaultRecipientsEnabled: t.boolean({ description: 'Those whom the provider tells by default are told.' }),
    notificationRecipients: t.stringList({
      description: 'Further mail addresses, at most 1000, in place of all there were.',
    }),
  }),
});

function inputOf(id: RuleId) {
  const [kind, caller] = id.split('_');
  if (kind === 'Expiration') return caller === 'EndUser' ? ActivationExpirationRuleInput : ExpirationRuleInput;
  if (kind === 'Enablement') return caller === 'EndUser' ? ActivationEnablementRuleInput : EnablementRuleInput;
  if (kind === 'Approval') return ApprovalRuleInput;
  return kind === 'AuthenticationContext' ? AuthenticationContextRuleInput : NotificationRuleInput;
}

type Fields = Record<string, unknown>;
type RulesInput = { [Id in RuleId]?: Fields | null | undefined };

export const RolePolicyRulesInput = builder.inputRef<RulesInput>('RolePolicyRulesInput').implement({
  description: 'Any of the 17 rules. A rule, and a field of it, that is left out stays as it is.',
  fields: (t) =>
    Object.fromEntries(
      Object.entries(RULES).map(([id, description]) => [
        id,
        t.field({ type: inputOf(id as RuleId) as never, description }),
      ]),
    ) as never,
});

/** Fields whose unit the contract leaves to the scalar. */
const NAMES: Record<string, string> = {
  maximumDuration: 'maximumMinutes',
  minimumDuration: 'minimumMinutes',
  multiFactorMaximumAge: 'multiFactorMaximumAgeMinutes',
  timeout: 'timeoutMinutes',
};

/** Where null says something; elsewhere it is as good as left out. */
const CLEARABLE = ['claimValue', 'multiFactorMaximumAge'];

export function ruleChangesOf(input: RulesInput | null | undefined): RuleChanges {
  const rules = Object.entries(input ?? {}).filter(([, fields]) => fields != null);
  return Object.fromEntries(rules.map(([id, fields]) => [id, changesOf(fields as Fields)])) as RuleChanges;
}

function changesOf(fields: Fields): Fields {
  const set = Object.entries(fields).filter(
    ([name, value]) => value !== undefined && (value !== null || CLEARABLE.includes(name)),
  );
  return Object.fromEntries(set.map(([name, value]) => [NAMES[name] ?? name, inWords(name, value)]));
}

function inWords(name: string, value: unknown): unknown {
  if (name === 'stages') return (value as (typeof ApprovalStageInput.$inferInput)[]).map(stageOf);
  return Array.isArray(value) ? [...new Set(value)] : value;
}

function stageOf({ approvers, quorum, escalation }: typeof ApprovalStageInput.$inferInput) {
  const backups = escalation && { afterMinutes: escalation.after, approvers: principalsOf(escalation.approvers) };
  return { approvers: principalsOf(approvers), quorum: quorum ?? 1, escalation: backups ?? null };
}

function principalsOf(ids: readonly string[]): string[] {
  return [...new Set(ids)].map((id) => idOf(id, 'User', 'Group'));
}
