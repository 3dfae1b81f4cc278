/** Who holds what, and administrators' making of it. @see https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentschedule */
import type { InputFieldBuilder } from '@pothos/core';
import { assign, assignMany } from '../src/action/assignment.ts';
import type { RolePolicyRules } from '../src/decision/policy.ts';
import { CONDITION_VERSION } from '../src/decision/words.ts';
import { refuseFuture } from '../src/store/access.ts';
import {
  type ASSIGNMENT_ORDERS,
  type AssignmentRow,
  type AssignmentFilter as Filter,
  listAssignments,
} from '../src/store/assignment.ts';
import { type ActivationRules, activationRules } from '../src/store/policy.ts';
import type { PrincipalRow } from '../src/store/principal.ts';
import { instantText } from '../src/store/transaction.ts';
import {
  AssignmentPhaseEnum,
  AssignmentStateEnum,
  AssignmentTypeEnum,
  builder,
  EndReasonEnum,
  ProviderEnum,
} from './builder.ts';
import { ownId, property, row } from './column.ts';
import { connectionOf, orderInput, pageArguments } from './connection.ts';
import type { Loaders } from './context.ts';
import { globalId, idOf, idsOf, PRINCIPAL_TYPES } from './ids.ts';
import { Node } from './node.ts';
import {
  BATCH_MAXIMUM,
  batchFields,
  batchOf,
  itemPayload,
  numbered,
  payload,
  reasonsOf,
  ScopeInput,
  scheduleOf,
  scopeOf,
  sharedReasons,
  TicketInput,
  withinBatch,
} from './outcome.ts';
import { PRINCIPAL, Principal } from './principal.ts';
import { ROLE, Role } from './role.ts';
import { SCOPE, Scope } from './scope.ts';
import { type Source, wantedOf, wantedRowOf } from './selection.ts';

const REQUIREMENTS = {
  MFA: 'A token that proves multi-factor authentication in this session.',
  AUTHENTICATION_CONTEXT: 'A token that holds the authentication context.',
  JUSTIFICATION: 'A reason.',
  TICKET: "A ticket's number and system.",
  APPROVAL: 'The approval of somebody else.',
} as const;
type Requirement = keyof typeof REQUIREMENTS;

const RequirementEnum = builder.enumType('ActivationRequirement', {
  description: 'What activating may ask for.',
  values: Object.fromEntries(
    Object.entries(REQUIREMENTS).map(([name, description]) => [name, { description }]),
  ) as Record<Requirement, { description: string }>,
});

interface Activation {
  readonly rules: ActivationRules;
  /** As the rules name them, where they were read with these. */
  readonly approvers?: readonly PrincipalRow[] | null | undefined;
}

const ActivationSettings = builder.objectRef<Activation>('ActivationSettings').implement({
  description: 'What activating an eligible assignment will ask for, by the role settings of now.',
  fields: (t) => ({
    maximumDuration: t.field({
      type: 'Duration',
      description: 'The longest an activation may last.',
      resolve: ({ rules }) => rules.Expiration_EndUser_Assignment.maximumMinutes,
    }),
    requires: t.field({
      type: [RequirementEnum],
      description: 'Everything that must be given or proved; empty when nothing is asked.',
      resolve: ({ rules }) => requirementsOf(rules),
    }),
    authenticationContext: t.string({
      nullable: true,
      description: 'The `acrs` value to prove, such as `c1`; null when none is asked.',
      resolve: ({ rules: { AuthenticationContext_EndUser_Assignment: rule } }) =>
        rule.isEnabled ? rule.claimValue : null,
    }),
    approvers: t.field({
      type: [Principal],
      description:
        "Users and groups named as approvers. Empty when no approval is asked, and where an Entra role's active Privileged Role and Global Administrators decide.",
      resolve: ({ rules: { Approval_EndUser_Assignment: rule }, approvers }, _args, { loaders }) =>
        rule.isApprovalRequired ? (approvers ?? approversOf(rule, loaders)) : [],
    }),
  }),
});

const ACTIVATION: Source = {
  fields: {
    maximumDuration: ['Expiration_EndUser_Assignment'],
    requires: [
      'Enablement_EndUser_Assignment',
      'AuthenticationContext_EndUser_Assignment',
      'Approval_EndUser_Assignment',
    ],
    authenticationContext: ['AuthenticationContext_EndUser_Assignment'],
    approvers: ['Approval_EndUser_Assignment', 'approvers'],
  },
};

const FIELDS = { via: ['principalId'], conditionVersion: ['condition'], eligibility: ['eligibilityId'] };

const ELIGIBILITY: Source = {
  fields: FIELDS,
  unless: ['principal', 'via', 'role', 'scope', 'eligibility', 'activation'],
};

export const ASSIGNMENT: Source = {
  fields: FIELDS,
  joins: { principal: PRINCIPAL, role: ROLE, scope: SCOPE, activation: ACTIVATION, eligibility: ELIGIBILITY },
  sameAs: { via: 'principal' },
};

export const Assignment = builder.objectRef<AssignmentRow>('Assignment');
Assignment.implement({
  description:
    'A principal holds a role at a scope for a time, eligible or active. Whether it is in force is a question to the clock.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({
      ...ownId(),
      description: 'Opaque and stable: names the object to `node` and in inputs.',
      resolve: ({ id }) => globalId('Assignment', id),
    }),
    provider: t.field({
      ...property('provider'),
      type: ProviderEnum,
      description: 'Which kind of access.',
      resolve: ({ provider }) => provider,
    }),
    type: t.field({
      ...property('type'),
      type: AssignmentTypeEnum,
      description: 'Eligible or active.',
      resolve: ({ type }) => type,
    }),
    state: t.field({
      ...property('state'),
      type: AssignmentStateEnum,
      description: 'Assigned or activated.',
      resolve: ({ state }) => state,
    }),
    principal: t.field({
      ...row('principal'),
      type: Principal,
      description: 'Who holds it.',
      resolve: ({ principal, principalId }, _args, { loaders }) =>
        principal ?? loaders.principal.load(principalId).then(present),
    }),
    role: t.field({
      ...row('role'),
      type: Role,
      description: 'What is held.',
      resolve: ({ role, roleId }, _args, { loaders }) => role ?? loaders.role.load(roleId).then(present),
    }),
    scope: t.field({
      ...row('scope'),
      type: Scope,
      description: 'Where it is held; it reaches everything below.',
      resolve: ({ scope, scopeId }, _args, { loaders }) => scope ?? loaders.scope.load(scopeId).then(present),
    }),
    via: t.field({
      ...row('principal', ({ viewer }) => viewer.powers.groups),
      type: Principal,
      nullable: true,
      description:
        'The group through which it reaches the caller; null when the caller holds it directly or not at all.',
      resolve: ({ principal, principalId }, _args, { loaders, viewer }) =>
        viewer.powers.groups.includes(principalId) ? (principal ?? loaders.principal.load(principalId)) : null,
    }),
    startsAt: t.field({
      ...property('startsAt'),
      type: 'DateTime',
      description: 'When it begins.',
      resolve: (row) => instantText(row.startsAt),
    }),
    endsAt: t.field({
      ...property('endsAt'),
      type: 'DateTime',
      nullable: true,
      description: 'The first instant at which it no longer holds; null when permanent.',
      resolve: (row) => instantText(row.endsAt),
    }),
    endedBy: t.field({
      ...property('endedBy'),
      type: EndReasonEnum,
      nullable: true,
      description: 'Why it is over; null until somebody ends it.',
      resolve: ({ endedBy }) => endedBy,
    }),
    condition: t.exposeString('condition', {
      ...property('condition'),
      nullable: true,
      description: 'ABAC condition that narrows an Azure role; null when there is none.',
    }),
    conditionVersion: t.string({
      nullable: true,
      description: 'Version of the language of the condition; null when there is none.',
      resolve: ({ condition }) => (condition === null ? null : CONDITION_VERSION),
    }),
    createdAt: t.field({
      ...property('createdAt'),
      type: 'DateTime',
      description: 'When it was made.',
      resolve: (row) => instantText(row.createdAt),
    }),
    eligibility: t.field({
      ...row('eligibility'),
      type: Assignment,
      nullable: true,
      description:
        'The eligible assignment that an activation rests on; null for all others, and when hidden from the caller.',
      resolve: ({ eligibility, eligibilityId }, _args, { loaders }, info) => {
        if (eligibility !== undefined || eligibilityId === null) return eligibility ?? null;
        return loaders.assignmentWith(wantedRowOf(info, ASSIGNMENT)).load(eligibilityId);
      },
    }),
    activation: t.field({
      type: ActivationSettings,
      nullable: true,
      description: 'What activating will ask for; null for an active assignment.',
      resolve: ({ activation, type, provider, roleId, scopeId }, _args, { loaders }) => {
        if (activation) return { rules: activationRules(activation), approvers: activation.approvers };
        if (activation === null || type !== 'ELIGIBLE') return null;
        return loaders.policy.load({ provider, roleId, scopeId }).then(({ rules }) => ({ rules }));
      },
    }),
  }),
});

export const AssignmentConnection = connectionOf(Assignment, 'Assignment');

const AssignmentFilter = builder.inputType('AssignmentFilter', {
  description: 'Which assignments; every field given must hold.',
  fields: (t) => ({
    providers: t.field({ type: [ProviderEnum], description: 'One of these providers.' }),
    types: t.field({ type: [AssignmentTypeEnum], description: 'One of these types.' }),
    states: t.field({ type: [AssignmentStateEnum], description: 'One of these states.' }),
    phases: t.field({ type: [AssignmentPhaseEnum], description: 'One of these phases. Default: `[IN_FORCE]`.' }),
    principals: t.idList({ description: 'Held by one of these, directly. Default: by anybody.' }),
    memberOf: t.idList({
      description:
        'Held by a member of one of these groups, directly or through groups in groups, as of now or `asOf`, as far as the caller may see who is a member. Default: by anybody.',
    }),
    roles: t.idList({ description: 'Of one of these roles. Default: of any.' }),
    roleCategory: t.string({ description: 'Of a role with this category, spelled exactly so. Default: of any role.' }),
    privileged: t.boolean({ description: 'Only of privileged roles, or only of others. Default: of both.' }),
    below: t.field({ type: 'ScopePath', description: 'At this scope or anywhere below it. Default: anywhere.' }),
    permanent: t.boolean({
      description:
        'Only without an end, or only with one. `true` excludes `endsBefore` and `endsAfter`. Default: both.',
    }),
    endsBefore: t.field({ type: 'DateTime', description: 'Has an end, before this instant. Default: any or none.' }),
    endsAfter: t.field({ type: 'DateTime', description: 'Has an end, after this instant. Default: any or none.' }),
    neverActivated: t.boolean({
      description:
        'Only eligible assignments that nobody has ever activated, or only those that somebody has, as far as the caller may see activations. `true` excludes `lastActivatedBefore`. Default: both, and active ones.',
    }),
    lastActivatedBefore: t.field({
      type: 'DateTime',
      description: 'Only eligible assignments activated before this instant and not since. Default: all.',
    }),
    createdBy: t.idList({ description: 'Asked for by one of these. Default: by anybody.' }),
    search: t.string({
      description:
        'Part of the display name of the principal, the role or the scope, at least 3 characters, in any letter case. Default: all.',
    }),
  }),
});

const AssignmentOrder = orderInput('AssignmentOrder', {
  CREATED_AT: 'When it was made.',
  STARTS_AT: 'When it begins.',
  ENDS_AT: 'When it ends; permanent ones come after all others.',
  PRINCIPAL_NAME: 'The display name of whoever holds it.',
} satisfies Record<(typeof ASSIGNMENT_ORDERS)[number], string>);

/** A filter as the store knows it. */
export function assignmentFilterOf(filter: typeof AssignmentFilter.$inferInput | null | undefined): Filter {
  const { principals, memberOf, roles, createdBy, ...rest } = filter ?? {};
  return {
    ...rest,
    principalIds: idsOf(principals, ...PRINCIPAL_TYPES),
    memberOfIds: idsOf(memberOf, 'Group'),
    roleIds: idsOf(roles, 'Role'),
    createdByIds: idsOf(createdBy, ...PRINCIPAL_TYPES),
  };
}

builder.queryFields((t) => ({
  assignment: t.field({
    type: Assignment,
    nullable: true,
    description:
      'An assignment by its id, whatever its phase. Null when there is none, or none that the caller may see.',
    args: { id: t.arg.id({ required: true, description: "An assignment's id." }) },
    resolve: (_root, { id }, { loaders }, info) =>
      loaders.assignmentWith(wantedRowOf(info, ASSIGNMENT)).load(idOf(id, 'Assignment')),
  }),
  assignments: t.field({
    type: AssignmentConnection,
    description:
      "Assignments, newest first unless ordered otherwise: the caller's own and those of their groups, and what their active roles let them view.",
    args: {
      ...pageArguments(),
      filter: t.arg({ type: AssignmentFilter, description: 'Default: all in force.' }),
      orderBy: t.arg({ type: AssignmentOrder, description: 'Default: `CREATED_AT`, `DESC`.' }),
      asOf: t.arg({
        type: 'DateTime',
        description:
          'Assignments as they were at this past instant, with the end, the condition and the phase they had then, also where they were changed or ended since. What was changed before this gateway kept history shows as it was when history began. Default: now.',
      }),
    },
    resolve: async (_root, { filter, orderBy, asOf, ...page }, { db, viewer }, info) => {
      await refuseFuture(db(), asOf ?? null, 'asOf');
      const chosen = { ...assignmentFilterOf(filter), orderBy, asOf };
      return listAssignments(db(), viewer, chosen, page, wantedOf(info, ASSIGNMENT));
    },
  }),
}));

const assignmentFields = (t: InputFieldBuilder<typeof builder.$inferSchemaTypes, 'InputObject'>) => ({
  principal: t.id({ required: true, description: 'Who gets it.' }),
  role: t.id({ required: true, description: 'What is given.' }),
  scope: t.field({ type: ScopeInput, description: 'Where. Default for an Entra role: the directory.' }),
  type: t.field({ type: AssignmentTypeEnum, required: true, description: 'Eligible or active.' }),
  startsAt: t.field({
    type: 'DateTime',
    description: 'When it begins. Default, and for an instant in the past: now.',
  }),
  endsAt: t.field({ type: 'DateTime', description: 'When it ends; excludes `duration`. Default: permanent.' }),
  duration: t.field({ type: 'Duration', description: 'How long it lasts, at least PT5M; excludes `endsAt`.' }),
  condition: t.string({ description: 'An ABAC condition, version 2.0, that narrows an Azure role. Default: none.' }),
  justification: t.string({ description: 'Why.' }),
  ticket: t.field({ type: TicketInput, description: 'A ticket that explains it.' }),
});

const AssignInput = builder.inputType('AssignInput', {
  description: 'Who gets what, where, when and why.',
  fields: (t) => ({
    ...assignmentFields(t),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
    validateOnly: t.boolean({ description: 'Judge and answer, but write nothing. Default false.' }),
  }),
});

const AssignItem = builder.inputType('AssignItem', {
  description: 'Who gets what, where, when and why, as one of several.',
  fields: assignmentFields,
});

const AssignManyInput = builder.inputType('AssignManyInput', {
  description: 'Several assignments, of any providers.',
  fields: (t) => ({
    assignments: t.field({ type: [AssignItem], required: true, description: `What to make, 1 to ${BATCH_MAXIMUM}.` }),
    ...batchFields(t),
  }),
});

builder.mutationFields((t) => ({
  assign: t.field({
    type: payload('AssignPayload', 'What `assign` did, or why not.'),
    description: 'An administrator makes an assignment. No approval is needed; the role settings are.',
    args: { input: t.arg({ type: AssignInput, required: true, description: 'The assignment.' }) },
    resolve: (_root, { input }, context) =>
      assign(context, {
        ...assignmentOf(input),
        idempotencyKey: input.idempotencyKey,
        validateOnly: input.validateOnly,
      }),
  }),
  assignMany: t.field({
    type: [itemPayload('AssignManyPayload', 'What became of one assignment, or why nothing did.')],
    description:
      'An administrator makes several assignments: one payload for each, in the order given. Each is judged like `assign` judges it, after those before it.',
    args: { input: t.arg({ type: AssignManyInput, required: true, description: 'The assignments.' }) },
    resolve: async (_root, { input }, context) => {
      const items = withinBatch('assignments', input.assignments);
      const assignments = items.map((item) => assignmentOf({ ...item, ...sharedReasons(item, input) }));
      return numbered(await assignMany(context, { ...batchOf(input), assignments }));
    },
  }),
}));

function assignmentOf(input: typeof AssignItem.$inferInput) {
  return {
    principalId: idOf(input.principal, ...PRINCIPAL_TYPES),
    roleId: idOf(input.role, 'Role'),
    scope: scopeOf(input.scope),
    type: input.type,
    schedule: scheduleOf(input),
    reasons: reasonsOf(input),
    condition: input.condition ?? null,
  };
}

/** A foreign key leads there: the row exists. */
export function present<T>(row: T | null): T {
  if (row === null) throw new Error('a referenced row is missing');
  return row;
}

async function approversOf({ stages }: RolePolicyRules['Approval_EndUser_Assignment'], { principal }: Loaders) {
  const ids = new Set(stages.flatMap(({ approvers }) => approvers));
  const rows = await Promise.all([...ids].map((id) => principal.load(id)));
  return rows.filter((row) => row !== null);
}

function requirementsOf(rules: ActivationRules): Requirement[] {
  const { enabledRules } = rules.Enablement_EndUser_Assignment;
  const asked: Requirement[] = [];
  if (enabledRules.includes('MULTI_FACTOR_AUTHENTICATION')) asked.push('MFA');
  if (rules.AuthenticationContext_EndUser_Assignment.isEnabled) asked.push('AUTHENTICATION_CONTEXT');
  if (enabledRules.includes('JUSTIFICATION')) asked.push('JUSTIFICATION');
  if (enabledRules.includes('TICKETING')) asked.push('TICKET');
  if (rules.Approval_EndUser_Assignment.isApprovalRequired) asked.push('APPROVAL');
  return asked;
}
