/** What do role settings consist of? The 17 rules of a policy, each under its own id and with where it comes from. */
import type {
  ActivationEnablementRule as ActivationEnablement,
  ActivationExpirationRule as ActivationExpiration,
  ApprovalRule as Approval,
  AuthenticationContextRule as Context,
  EnabledRule,
  EnablementRule as Enablement,
  ExpirationRule as Expiration,
  NotificationRule as Notification,
  RuleId,
  ApprovalStage as Stage,
} from '../src/decision/policy.ts';
import type { RuleOrigin as Origin } from '../src/decision/policyOrigin.ts';
import type { RULE_ORIGINS, RuleOriginKind } from '../src/decision/words.ts';
import type { RuleRow } from '../src/store/policy.ts';
import { builder } from './builder.ts';
import type { Loaders } from './context.ts';
import { Principal } from './principal.ts';
import { Scope } from './scope.ts';

export const EnabledRuleEnum = builder.enumType('EnabledRule', {
  description: 'What must be given or proved.',
  values: {
    MULTI_FACTOR_AUTHENTICATION: { description: 'A token that proves multi-factor authentication in this session.' },
    JUSTIFICATION: { description: 'A reason.' },
    TICKETING: { description: "A ticket's number and system." },
  } satisfies Record<EnabledRule, { description: string }>,
});

export const NotificationLevelEnum = builder.enumType('NotificationLevel', {
  description: 'Which mails are sent.',
  values: {
    NONE: { description: 'None.' },
    CRITICAL: { description: 'Only those that ask somebody to act.' },
    ALL: { description: 'All.' },
  } satisfies Record<Notification['notificationLevel'], { description: string }>,
});

const RuleOriginEnum = builder.enumType('RuleOriginKind', {
  description: 'Where the value of a rule comes from.',
  values: {
    DEFAULT: { description: 'It is as the provider has it.' },
    OWN: { description: 'It was set for this role at this scope.' },
    INHERITED: { description: 'It is that of a scope above.' },
    TEMPLATE: { description: 'It is as the template has it that the settings were made from.' },
  } satisfies Record<(typeof RULE_ORIGINS)[number], { description: string }>,
});

export const PolicyTemplateVersion = builder.objectRef<{ readonly versionId: string }>('PolicyTemplateVersion');

const RuleOrigin = builder.objectRef<Origin>('RuleOrigin').implement({
  description: 'Where the value of a rule comes from.',
  fields: (t) => ({
    kind: t.field({ type: RuleOriginEnum, description: 'From what.', resolve: ({ kind }): RuleOriginKind => kind }),
    scope: t.field({
      type: Scope,
      nullable: true,
      description: 'The scope above whose settings these are; null unless inherited.',
      resolve: ({ scopeId }, _args, { loaders }) => (scopeId === null ? null : loaders.scope.load(scopeId)),
    }),
    template: t.field({
      type: PolicyTemplateVersion,
      nullable: true,
      description: 'The version of a template that it is copied from; null unless it is.',
      resolve: ({ templateVersionId: versionId }) => (versionId === null ? null : { versionId }),
    }),
  }),
});

type TypeName =
  | `${'' | 'Activation'}${'Expiration' | 'Enablement'}Rule`
  | `${'Approval' | 'AuthenticationContext' | 'Notification'}Rule`;

/** Everything that has a type by its id. */
function typeOf(id: RuleId): TypeName {
  const [kind] = id.split('_') as ['Expiration' | 'Enablement' | 'Approval' | 'AuthenticationContext' | 'Notification'];
  if (kind !== 'Expiration' && kind !== 'Enablement') return `${kind}Rule`;
  return id.includes('_EndUser_') ? `Activation${kind}Rule` : `${kind}Rule`;
}

export const RolePolicyRule = builder.interfaceRef<RuleRow>('RolePolicyRule').implement({
  description: 'One of the 17 rules of a policy.',
  resolveType: ({ ruleId }) => typeOf(ruleId),
  fields: (t) => ({
    ruleId: t.exposeString('ruleId', { description: 'Its immutable id, such as `Expiration_EndUser_Assignment`.' }),
    origin: t.field({ type: RuleOrigin, description: 'Where its value comes from.', resolve: ({ origin }) => origin }),
  }),
});

type Row<Rule> = Omit<RuleRow, 'rule'> & { readonly rule: Rule };

const row = <Rule>(name: TypeName) => builder.objectRef<Row<Rule>>(name);
const interfaces = () => [RolePolicyRule] as never;

const ExpirationRule = row<Expiration>('ExpirationRule').implement({
  description: 'How long an assignment that an administrator makes may last.',
  interfaces,
  fields: (t) => ({
    isExpirationRequired: t.boolean({
      description: 'False: permanent assignments are allowed, and the maximum is what is offered first.',
      resolve: ({ rule }) => rule.isExpirationRequired,
    }),
    maximumDuration: t.field({
      type: 'Duration',
      description: 'The longest.',
      resolve: ({ rule }) => rule.maximumMinutes,
    }),
  }),
});

const ActivationExpirationRule = row<ActivationExpiration>('ActivationExpirationRule').implement({
  description: 'How long an activation may last.',
  interfaces,
  fields: (t) => ({
    maximumDuration: t.field({
      type: 'Duration',
      description: 'The longest.',
      resolve: ({ rule }) => rule.maximumMinutes,
    }),
    minimumDuration: t.field({
      type: 'Duration',
      description: 'How long it lasts before its holder may end it.',
      resolve: ({ rule }) => rule.minimumMinutes,
    }),
    isExtensionAllowed: t.boolean({
      description: 'A running activation may be extended, up to the longest from its start.',
      resolve: ({ rule }) => rule.isExtensionAllowed,
    }),
  }),
});

const EnablementRule = row<Enablement>('EnablementRule').implement({
  description: 'What an administrator must give or prove to make an assignment.',
  interfaces,
  fields: (t) => ({
    enabledRules: t.field({
      type: [EnabledRuleEnum],
      description: 'All of it.',
      resolve: ({ rule }) => rule.enabledRules,
    }),
  }),
});

const ActivationEnablementRule = row<ActivationEnablement>('ActivationEnablementRule').implement({
  description: 'What a holder must give or prove to activate.',
  interfaces,
  fields: (t) => ({
    enabledRules: t.field({
      type: [EnabledRuleEnum],
      description: 'All of it.',
      resolve: ({ rule }) => rule.enabledRules,
    }),
    multiFactorMaximumAge: t.field({
      type: 'Duration',
      nullable: true,
      description: 'How old the proof of more than one factor may be; null: any of this session.',
      resolve: ({ rule }) => rule.multiFactorMaximumAgeMinutes,
    }),
  }),
});

const Escalation = builder.objectRef<NonNullable<Stage['escalation']>>('ApprovalEscalation').implement({
  description: 'Who may decide as well once a stage has waited too long.',
  fields: (t) => ({
    after: t.field({
      type: 'Duration',
      description: 'How long it waits.',
      resolve: ({ afterMinutes }) => afterMinutes,
    }),
    approvers: t.field({
      type: [Principal],
      description: 'Backup approvers: users and groups.',
      resolve: ({ approvers }, _args, { loaders }) => named(approvers, loaders),
    }),
  }),
});

const ApprovalStage = builder.objectRef<Stage>('ApprovalStage').implement({
  description: 'A stage of an approval.',
  fields: (t) => ({
    approvers: t.field({
      type: [Principal],
      description:
        'Users and groups. Empty for an Entra role: its active Privileged Role and Global Administrators decide.',
      resolve: ({ approvers }, _args, { loaders }) => named(approvers, loaders),
    }),
    quorum: t.exposeInt('quorum', { description: 'How many of them must approve. One denial ends it.' }),
    escalation: t.field({
      type: Escalation,
      nullable: true,
      description: 'Who decides when nobody does; null: nobody.',
      resolve: ({ escalation }) => escalation,
    }),
  }),
});

async function named(ids: readonly string[], { principal }: Loaders) {
  const rows = await Promise.all(ids.map((id) => principal.load(id)));
  return rows.filter((found) => found !== null);
}

const ApprovalRule = row<Approval>('ApprovalRule').implement({
  description: 'Whether somebody else must approve an activation, and who.',
  interfaces,
  fields: (t) => ({
    isApprovalRequired: t.boolean({
      description: 'Activations wait for approval.',
      resolve: ({ rule }) => rule.isApprovalRequired,
    }),
    isApprovalRequiredForExtension: t.boolean({
      description: 'Extensions of running activations wait for approval.',
      resolve: ({ rule }) => rule.isApprovalRequiredForExtension,
    }),
    timeout: t.field({
      type: 'Duration',
      description: 'How long an undecided request waits.',
      resolve: ({ rule }) => rule.timeoutMinutes,
    }),
    isApproverJustificationRequired: t.boolean({
      description: 'An approver gives a reason.',
      resolve: ({ rule }) => rule.isApproverJustificationRequired,
    }),
    stages: t.field({
      type: [ApprovalStage],
      description: 'One after the other; nobody decides in more than one of them.',
      resolve: ({ rule }) => rule.stages,
    }),
  }),
});

const AuthenticationContextRule = row<Context>('AuthenticationContextRule').implement({
  description:
    'Whether an activation asks for an authentication context; it takes the place of multi-factor authentication.',
  interfaces,
  fields: (t) => ({
    isEnabled: t.boolean({ description: 'It does.', resolve: ({ rule }) => rule.isEnabled }),
    claimValue: t.string({
      nullable: true,
      description: '`c1` to `c99`; null when none is named.',
      resolve: ({ rule }) => rule.claimValue,
    }),
  }),
});

const NotificationRule = row<Notification>('NotificationRule').implement({
  description: 'Who is told by mail.',
  interfaces,
  fields: (t) => ({
    notificationLevel: t.field({
      type: NotificationLevelEnum,
      description: 'Of what.',
      resolve: ({ rule }) => rule.notificationLevel,
    }),
    isDefaultRecipientsEnabled: t.boolean({
      description: 'Those whom the provider tells by default are told.',
      resolve: ({ rule }) => rule.isDefaultRecipientsEnabled,
    }),
    notificationRecipients: t.stringList({
      description: 'Further mail addresses.',
      resolve: ({ rule }) => [...rule.notificationRecipients],
    }),
  }),
});

const TYPES = {
  ExpirationRule,
  ActivationExpirationRule,
  EnablementRule,
  ActivationEnablementRule,
  ApprovalRule,
  AuthenticationContextRule,
  NotificationRule,
};

/** What each rule is about; the input says the same. */
export const RULES: Record<RuleId, string> = {
  Expiration_Admin_Eligibility: 'How long eligible assignments may last.',
  Enablement_Admin_Eligibility: 'What making an eligible assignment asks for.',
  Notification_Admin_Admin_Eligibility: 'Eligible assignments: what administrators are told.',
  Notification_Requestor_Admin_Eligibility: 'Eligible assignments: what the assigned are told.',
  Notification_Approver_Admin_Eligibility:
    'Eligible assignments: what those are told who decide on extensions and renewals.',
  Expiration_Admin_Assignment: 'How long active assignments may last.',
  Enablement_Admin_Assignment: 'What making an active assignment asks for.',
  Notification_Admin_Admin_Assignment: 'Active assignments: what administrators are told.',
  Notification_Requestor_Admin_Assignment: 'Active assignments: what the assigned are told.',
  Notification_Approver_Admin_Assignment:
    'Active assignments: what those are told who decide on extensions and renewals.',
  Expiration_EndUser_Assignment: 'How long activations may last.',
  Enablement_EndUser_Assignment: 'What activating asks for.',
  Approval_EndUser_Assignment: 'Who approves activations.',
  AuthenticationContext_EndUser_Assignment: 'The authentication context that activating asks for.',
  Notification_Admin_EndUser_Assignment: 'Activations: what administrators are told.',
  Notification_Requestor_EndUser_Assignment: 'Activations: what the activating are told.',
  Notification_Approver_EndUser_Assignment: 'Activations: what approvers are told.',
};

export const RolePolicyRules = builder.objectRef<readonly RuleRow[]>('RolePolicyRules').implement({
  description: 'The rules that hold, each under its id.',
  fields: (t) =>
    Object.fromEntries(
      Object.entries(RULES).map(([id, description]) => [
        id,
        t.field({
          type: TYPES[typeOf(id as RuleId)] as typeof NotificationRule,
          description,
          resolve: (rows) => rows.find(({ ruleId }) => ruleId === id) as Row<Notification>,
        }),
      ]),
    ),
});
