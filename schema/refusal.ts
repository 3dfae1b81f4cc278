/** Why the answer is no, as data: every refusal with its code, its rule and what would help. */
import {
  type POLICY_RULES,
  REFUSALS,
  type RefusalCode,
  type Refusal as RefusalShape,
  type RuleVerdict,
} from '../src/refusals.ts';
import { builder } from './builder.ts';

const RefusalCodeEnum = builder.enumType('RefusalCode', {
  description: 'Stable codes. In brackets, where there is one, the code that Microsoft Entra gives.',
  values: Object.fromEntries(
    Object.entries(REFUSALS).map(([code, sentence]) => [code, { description: sentence }]),
  ) as Record<RefusalCode, { description: string }>,
});

export const PolicyRuleEnum = builder.enumType('PolicyRule', {
  description: 'What a rule of the role settings is about.',
  values: {
    EXPIRATION: { description: 'How long it may last, and whether it must end.' },
    JUSTIFICATION: { description: 'A reason.' },
    TICKETING: { description: 'A ticket.' },
    MFA: { description: 'Multi-factor authentication.' },
    AUTHENTICATION_CONTEXT: { description: 'An authentication context.' },
    APPROVAL: { description: 'Who approves, and how.' },
    NOTIFICATION: { description: 'Who is told.' },
  } satisfies Record<(typeof POLICY_RULES)[number], { description: string }>,
});

const RuleVerdictType = builder.objectRef<RuleVerdict>('RuleVerdict').implement({
  description: 'A rule of the role settings that was not met.',
  fields: (t) => ({
    rule: t.field({ type: PolicyRuleEnum, description: 'What it is about.', resolve: ({ rule }) => rule }),
    ruleId: t.exposeString('ruleId', { description: 'Its id in the policy, such as `Expiration_EndUser_Assignment`.' }),
    allowed: t.exposeString('allowed', { description: 'What it allows.' }),
    given: t.exposeString('given', { description: 'What was given.' }),
    remedy: t.exposeString('remedy', { description: 'What would help.' }),
  }),
});

const StepUpChallenge = builder.objectRef<NonNullable<RefusalShape['stepUp']>>('StepUpChallenge').implement({
  description: 'What the next access token must prove; give it to the authorization request.',
  fields: (t) => ({
    acrValues: t.stringList({
      description: '`acr_values`: `mfa` for multi-factor authentication, `c1` to `c99` for an authentication context.',
      resolve: ({ acrValues }) => [...acrValues],
    }),
    maxAgeSeconds: t.exposeInt('maxAgeSeconds', {
      nullable: true,
      description: '`max_age` in seconds; null when any sign-in of this session will do.',
    }),
    claims: t.exposeString('claims', {
      nullable: true,
      description: "`claims` as JSON, the claims challenge of Microsoft's identity platform; null when none is needed.",
    }),
  }),
});

export const Refusal = builder.objectRef<RefusalShape>('Refusal').implement({
  description: 'An expected no. Nothing was changed; the attempt is on record.',
  fields: (t) => ({
    code: t.field({ type: RefusalCodeEnum, description: 'For programs.', resolve: ({ code }) => code }),
    message: t.exposeString('message', { description: 'For people.' }),
    field: t.stringList({
      description: 'The field of the input at fault, outermost first; empty when it is none in particular.',
      resolve: ({ field }) => [...field],
    }),
    failedRules: t.field({
      type: [RuleVerdictType],
      description: 'Every rule that was not met, all at once; empty for other refusals.',
      resolve: ({ failedRules }) => failedRules,
    }),
    stepUp: t.field({
      type: StepUpChallenge,
      nullable: true,
      description: 'Set when signing in anew would help; null otherwise.',
      resolve: ({ stepUp }) => stepUp,
    }),
  }),
});
