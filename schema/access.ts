/** Who can do what, where, why and until when; and what activating would take. */

import DataLoader from 'dataloader';
import { type AccessDecision, checkAccess } from '../src/action/access.ts';
import { explainActivation } from '../src/action/explanation.ts';
import type { AccessPath } from '../src/decision/access.ts';
import type { ApprovalStageFacts } from '../src/decision/approval.ts';
import type { ActivationExplanation, ActivationOutcome, RuleCheck } from '../src/decision/explanation.ts';
import { listEffectiveAccess } from '../src/store/access.ts';
import { type AccessQuery, asksLikeOthers, type CheckInput, FEW_QUESTIONS } from '../src/store/accessCheck.ts';
import { ArgumentError } from '../src/store/connection.ts';
import { type Database, sqlOf } from '../src/store/database.ts';
import { Assignment, present } from './assignment.ts';
import { AssignmentTypeEnum, builder, PrincipalKindEnum, ProviderEnum } from './builder.ts';
import { connectionOf, pageArguments } from './connection.ts';
import type { Context } from './context.ts';
import { idOf, idsOf, PRINCIPAL_TYPES } from './ids.ts';
import { reasonsOf, ScopeInput, scheduleOf, scopeOf, TicketInput } from './outcome.ts';
import { Principal } from './principal.ts';
import { PolicyRuleEnum, Refusal } from './refusal.ts';
import { Role } from './role.ts';
import { Scope } from './scope.ts';

const Access = builder.objectRef<AccessPath>('Access').implement({
  description: 'One way in which a principal holds a role at a scope.',
  fields: (t) => ({
    type: t.field({ type: AssignmentTypeEnum, description: 'Eligible or active.', resolve: ({ type }) => type }),
    principal: t.field({
      type: Principal,
      description: 'Who is reached.',
      resolve: async ({ principalId }, _args, { loaders }) => present(await loaders.principal.load(principalId)),
    }),
    role: t.field({
      type: Role,
      description: 'What is held.',
      resolve: async ({ roleId }, _args, { loaders }) => present(await loaders.role.load(roleId)),
    }),
    scope: t.field({
      type: Scope,
      description: 'Where it is assigned; it reaches everything below.',
      resolve: async ({ scopeId }, _args, { loaders }) => present(await loaders.scope.load(scopeId)),
    }),
    inherited: t.exposeBoolean('inherited', { description: 'Assigned above the scope that was asked about.' }),
    via: t.field({
      type: [Principal],
      description:
        'The groups on the way: first the one that holds the assignment, last the one that the principal is a member of. Empty when held directly.',
      resolve: ({ groupIds }, _args, { loaders }) =>
        Promise.all(groupIds.map(async (id) => present(await loaders.principal.load(id)))),
    }),
    until: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the assignment or a membership on the way ends, whichever comes first; null when none does.',
      resolve: ({ until }) => until,
    }),
    condition: t.exposeString('condition', {
      nullable: true,
      description: 'ABAC condition, of the assignment or of the role, that narrows it; null when there is none.',
    }),
    assignment: t.field({
      type: Assignment,
      nullable: true,
      description:
        'The assignment as it is now; null when it lies where the caller may not look, as above a scope whose access they view.',
      resolve: ({ assignmentId }, _args, { loaders }) => loaders.assignment.load(assignmentId),
    }),
  }),
});

const AccessCheck = builder.objectRef<AccessDecision>('AccessCheck').implement({
  description: 'Whether a principal has access, by which ways and until when.',
  fields: (t) => ({
    allowed: t.exposeBoolean('allowed', {
      description:
        'True when some path grants it that no condition narrows. False for a disabled or deleted principal.',
    }),
    conditional: t.exposeBoolean('conditional', {
      description:
        'True when every path is narrowed by an ABAC condition, which the gateway reports and cannot judge: `allowed` is false then.',
    }),
    until: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the last path ends that the answer rests on; null when it does not end, or there is none.',
      resolve: ({ until }) => until,
    }),
    at: t.field({ type: 'DateTime', description: 'The instant that the answer is about.', resolve: ({ at }) => at }),
    paths: t.field({
      type: [Access],
      description: 'Every assignment that grants it, the one that lasts longest first.',
      resolve: ({ paths }) => paths,
    }),
  }),
});

const AccessQuestionInput = builder.inputType('AccessQuestion', {
  description: 'What is asked for.',
  isOneOf: true,
  fields: (t) => ({
    role: t.id({ description: 'This role.' }),
    action: t.string({
      description: "An operation of Azure's control plane, such as `Microsoft.Storage/storageAccounts/write`.",
    }),
    dataAction: t.string({
      description:
        "An operation of Azure's data plane, such as `Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read`.",
    }),
  }),
});

const CheckAccessInput = builder.inputType('CheckAccessInput', {
  description: 'Who, what, where and when.',
  fields: (t) => ({
    principal: t.id({ required: true, description: 'Who.' }),
    access: t.field({ type: AccessQuestionInput, required: true, description: 'What.' }),
    scope: t.field({ type: ScopeInput, description: 'Where. Default for an Entra role: the directory.' }),
    at: t.field({ type: 'DateTime', description: 'A past instant. Default: now.' }),
  }),
});

const HISTORY =
  'Assignments and memberships are those of the instant, also where they were changed or ended since. The gateway does not keep when roles, scopes and the enabling of principals changed: for those it answers with what they are now.';

const EffectiveAccessFilter = builder.inputType('EffectiveAccessFilter', {
  description: 'Which access; every field given must hold.',
  fields: (t) => ({
    providers: t.field({ type: [ProviderEnum], description: 'One of these providers.' }),
    types: t.field({ type: [AssignmentTypeEnum], description: 'One of these types. Default: `[ACTIVE]`.' }),
    roles: t.idList({ description: 'Of one of these roles.' }),
    principals: t.idList({ description: 'Reaching one of these.' }),
    principalKinds: t.field({ type: [PrincipalKindEnum], description: 'Reaching a principal of one of these kinds.' }),
    below: t.field({ type: 'ScopePath', description: 'Assigned at this scope or anywhere below it.' }),
    inherited: t.boolean({ description: 'Assigned above the scope asked about, or at it.' }),
  }),
});

type Filter = typeof EffectiveAccessFilter.$inferInput;

const AccessConnection = connectionOf(Access, 'Access');

builder.queryFields((t) => ({
  checkAccess: t.field({
    type: AccessCheck,
    nullable: true,
    description: `Does a principal hold a role, or may they perform an operation, at a scope? Through groups and from the scopes above as well. Null when there is no such principal, role or scope, or none whose access the caller may see. ${HISTORY}`,
    args: { input: t.arg({ type: CheckAccessInput, required: true, description: 'The question.' }) },
    resolve: (_root, { input }, context) => {
      const { principal, access, scope, at } = input;
      const { role, action, dataAction } = access;
      const question =
        role != null ? { roleId: idOf(role, 'Role') } : action != null ? { action } : { dataAction: dataAction ?? '' };
      const principalId = idOf(principal, ...PRINCIPAL_TYPES);
      return check(context, { principalId, question, scope: scopeOf(scope), at: at ?? null });
    },
  }),
  effectiveAccess: t.field({
    type: AccessConnection,
    nullable: true,
    description: `Who can do what at a scope, or what a principal can do, by every way and until when: a row for each assignment and each principal that it reaches, by name. Null when there is no such scope or principal, or none that the caller may see. Of other people's access it holds what the caller may view. ${HISTORY}`,
    args: {
      ...pageArguments(),
      scope: t.arg({
        type: ScopeInput,
        description:
          'Who can do what here; excludes `principal`. The path `/` is the directory, unless the filter names another provider alone.',
      }),
      principal: t.arg.id({ description: 'What this principal can do; excludes `scope`.' }),
      filter: t.arg({ type: EffectiveAccessFilter, description: 'Default: all that is active.' }),
      at: t.arg({ type: 'DateTime', description: 'A past instant. Default: now.' }),
    },
    resolve: (_root, { scope, principal, filter, at, ...page }, context) =>
      effectiveAccess(context, { scope, principal, filter: filter ?? {}, at: at ?? null }, page),
  }),
}));

type Checks = DataLoader<AccessQuery, AccessDecision | null>;

/** Of a document, and of everybody who asks at the same moment. */
const checks = new WeakMap<Context | Database, Checks>();

/** Whoever asks several questions in a document is answered by one statement, and so are all who ask such as anybody's. */
function check(context: Context, input: CheckInput): Promise<AccessDecision | null> {
  const { database, db, viewer } = context;
  const query = { viewer, input };
  const shared = asksLikeOthers(query);
  const key = shared ? database : context;
  const read = shared ? () => sqlOf(database) : db;
  const loader =
    checks.get(key) ??
    new DataLoader<AccessQuery, AccessDecision | null>((queries) => checkAccess(read(), queries), {
      cache: false,
      // As many as a statement is kept for, once all who have arrived have asked.
      ...(shared && { maxBatchSize: FEW_QUESTIONS, batchScheduleFn: (dispatch: () => void) => setImmediate(dispatch) }),
    });
  checks.set(key, loader);
  return loader.load(query);
}

interface EffectiveAccessArguments {
  readonly scope: typeof ScopeInput.$inferInput | null | undefined;
  readonly principal: string | null | undefined;
  readonly filter: Filter;
  readonly at: Date | null;
}

function effectiveAccess(
  { db, viewer }: Context,
  { scope, principal, filter, at }: EffectiveAccessArguments,
  page: Parameters<typeof listEffectiveAccess>[3],
) {
  const named = scopeOf(scope);
  if ((named === null) === (principal == null)) throw new ArgumentError('Give either scope or principal.');
  const { roles, principals, ...rest } = filter;
  const provider = filter.providers?.length === 1 ? (filter.providers[0] ?? null) : null;
  const subject =
    named === null
      ? { principalId: idOf(principal ?? '', ...PRINCIPAL_TYPES) }
      : { scope: 'id' in named ? named : { provider, path: named.path } };
  const ids = { roleIds: idsOf(roles, 'Role'), principalIds: idsOf(principals, ...PRINCIPAL_TYPES) };
  return listEffectiveAccess(db(), viewer, { subject, filter: { ...rest, ...ids }, at }, page);
}

const OUTCOMES = {
  GRANTED: 'It would be granted.',
  PENDING_APPROVAL: 'A request would wait for approval.',
  REFUSED: 'It would be refused.',
} as const satisfies Record<ActivationOutcome, string>;

const ActivationOutcomeEnum = builder.enumType('ActivationOutcome', {
  description: 'What `activate` would answer.',
  values: Object.fromEntries(Object.entries(OUTCOMES).map(([name, description]) => [name, { description }])) as Record<
    ActivationOutcome,
    { description: string }
  >,
});

const ActivationRuleCheck = builder.objectRef<RuleCheck>('ActivationRuleCheck').implement({
  description: 'A rule of the role settings, and whether it is met.',
  fields: (t) => ({
    rule: t.field({ type: PolicyRuleEnum, description: 'What it is about.', resolve: ({ rule }) => rule }),
    ruleId: t.exposeString('ruleId', { description: 'Its id in the policy, such as `Expiration_EndUser_Assignment`.' }),
    met: t.exposeBoolean('met', { description: 'Nothing more is asked here.' }),
    allowed: t.exposeString('allowed', { description: 'What it allows.' }),
    given: t.exposeString('given', { nullable: true, description: 'What was given; null when it is met.' }),
    remedy: t.exposeString('remedy', { nullable: true, description: 'What would help; null when it is met.' }),
  }),
});

const ExplainedStage = builder.objectRef<ApprovalStageFacts>('ExplainedApprovalStage').implement({
  description: 'A stage of the approval that an activation would wait for.',
  fields: (t) => ({
    quorum: t.exposeInt('quorum', { description: 'Approvals that it needs.' }),
    approvers: t.field({
      type: [Principal],
      description: 'People who could approve, as far as the caller may see them.',
      resolve: ({ approvers }, _args, context) => visible(context, approvers),
    }),
    approverCount: t.int({
      description: 'How many people would be asked.',
      resolve: ({ approvers }) => approvers.length,
    }),
    backups: t.field({
      type: [Principal],
      description: 'People who could approve as well once the stage has waited, as far as the caller may see them.',
      resolve: ({ backups }, _args, context) => visible(context, backups),
    }),
    escalatesAfter: t.field({
      type: 'Duration',
      nullable: true,
      description: 'How long it waits for that; null: for ever.',
      resolve: ({ escalateAfterMinutes }) => escalateAfterMinutes,
    }),
  }),
});

const Explanation = builder.objectRef<ActivationExplanation>('ActivationExplanation').implement({
  description: 'What activating would take, judged by the same facts and rules as `activate`.',
  fields: (t) => ({
    outcome: t.field({
      type: ActivationOutcomeEnum,
      description: 'What would happen now.',
      resolve: ({ outcome }) => outcome,
    }),
    refusals: t.field({
      type: [Refusal],
      description: 'The refusals that `activate` would give; empty when it would give none.',
      resolve: ({ refusals }) => refusals,
    }),
    rules: t.field({
      type: [ActivationRuleCheck],
      description: 'Every rule that asks for something, met or not; empty when the eligible assignment is not usable.',
      resolve: ({ rules }) => rules,
    }),
    startsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it would begin, were it granted now; null when the schedule is refused.',
      resolve: ({ startsAt }) => startsAt,
    }),
    endsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it would end, were it granted now; null when the schedule is refused.',
      resolve: ({ endsAt }) => endsAt,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the request would time out; null unless it would wait for approval.',
      resolve: ({ expiresAt }) => expiresAt,
    }),
    stages: t.field({
      type: [ExplainedStage],
      description: 'Who would decide, stage by stage; empty when no approval is asked.',
      resolve: ({ stages }) => stages,
    }),
  }),
});

const ExplainActivationInput = builder.inputType('ExplainActivationInput', {
  description: 'The activation to explain: the fields of `ActivateInput`.',
  fields: (t) => ({
    eligibility: t.id({
      required: true,
      description: "An eligible assignment of the caller's, or of a group of theirs.",
    }),
    scope: t.field({
      type: ScopeInput,
      description: 'Where: the scope of the eligible assignment, the default, or one below.',
    }),
    startsAt: t.field({ type: 'DateTime', description: 'When it would begin. Default: now.' }),
    endsAt: t.field({ type: 'DateTime', description: 'When it would end; excludes `duration`.' }),
    duration: t.field({ type: 'Duration', description: 'How long it would last; excludes `endsAt`.' }),
    justification: t.string({ description: 'Why.' }),
    ticket: t.field({ type: TicketInput, description: 'A ticket that explains it.' }),
  }),
});

builder.queryFields((t) => ({
  explainActivation: t.field({
    type: Explanation,
    description:
      'What activating would take: every rule, met or not, what is missing and what would help, and who would decide. Writes nothing, and leaves no attempt on record.',
    args: { input: t.arg({ type: ExplainActivationInput, required: true, description: 'The activation.' }) },
    resolve: (_root, { input }, context) =>
      explainActivation(context, {
        eligibilityId: idOf(input.eligibility, 'Assignment'),
        scope: scopeOf(input.scope),
        schedule: scheduleOf(input),
        reasons: reasonsOf(input),
      }),
  }),
}));

async function visible({ loaders }: Context, ids: readonly string[]) {
  const rows = await Promise.all(ids.map((id) => loaders.visiblePrincipal.load(id)));
  return rows.filter((row) => row !== null);
}
