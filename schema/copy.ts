/** Administrators give somebody, or some place, the assignments of another. */
import { COPY_MAXIMUM, type CopyOutcome, copyAssignments } from '../src/action/copy.ts';
import { ArgumentError } from '../src/store/connection.ts';
import { Assignment } from './assignment.ts';
import { AssignmentPhaseEnum, AssignmentTypeEnum, builder, ProviderEnum } from './builder.ts';
import { idOf, idsOf, PRINCIPAL_TYPES } from './ids.ts';
import { batchFields, batchOf, type ItemOutcome, outcomeFields, reasonsOf, TicketInput } from './outcome.ts';
import { Refusal } from './refusal.ts';

const EndsOfCopyInput = builder.inputType('EndsOfCopyInput', {
  description: 'From where to where.',
  fields: (t) => ({
    from: t.id({ required: true, description: 'Whose assignments, or the assignments at which scope.' }),
    to: t.id({ required: true, description: 'Who gets them, or the scope where they are made.' }),
  }),
});

const CopyBetweenInput = builder.inputType('CopyBetweenInput', {
  description: 'Between two principals, or between two scopes.',
  isOneOf: true,
  fields: (t) => ({
    principals: t.field({
      type: EndsOfCopyInput,
      description: 'What one principal holds directly goes to another; the scopes stay.',
    }),
    scopes: t.field({
      type: EndsOfCopyInput,
      description:
        'What is held at one scope, not below it, is made at another of the same provider; the holders stay.',
    }),
  }),
});

const CopyFilter = builder.inputType('CopyFilter', {
  description: 'Which assignments are copied; every field given must hold. Activations and what is over never are.',
  fields: (t) => ({
    providers: t.field({ type: [ProviderEnum], description: 'Of one of these providers.' }),
    types: t.field({ type: [AssignmentTypeEnum], description: 'Of one of these types.' }),
    roles: t.idList({ description: 'Of one of these roles.' }),
    phases: t.field({
      type: [AssignmentPhaseEnum],
      description: 'In one of these phases, which are `IN_FORCE` and `FUTURE`. Default: both.',
    }),
  }),
});

const CopyAssignmentsInput = builder.inputType('CopyAssignmentsInput', {
  description: 'What is copied, from where to where, for how long and why.',
  fields: (t) => ({
    between: t.field({ type: CopyBetweenInput, required: true, description: 'From where to where.' }),
    filter: t.field({ type: CopyFilter, description: 'Default: everything that is in force or still to begin.' }),
    keepEnd: t.boolean({
      description: 'Each copy ends when its source does. Default true; false: without an end. Not with `duration`.',
    }),
    duration: t.field({
      type: 'Duration',
      description: 'How long each copy lasts, instead of until the end of its source.',
    }),
    ...batchFields(t),
    justification: t.string({ description: 'Why.' }),
    ticket: t.field({ type: TicketInput, description: 'A ticket that explains it.' }),
  }),
});

type Copy = ItemOutcome & { readonly sourceId: string };

const CopiedAssignment = builder.objectRef<Copy>('CopiedAssignment').implement({
  description: 'What became of the copy of one assignment, or why there is none.',
  fields: (t) => ({
    source: t.field({
      type: Assignment,
      nullable: true,
      description: 'What is copied; null when the caller may not see it any more.',
      resolve: ({ sourceId }, _args, { loaders }) => loaders.assignment.load(sourceId),
    }),
    ...outcomeFields(t),
  }),
});

const CopyAssignmentsPayload = builder.objectRef<CopyOutcome>('CopyAssignmentsPayload').implement({
  description: 'What `copyAssignments` did, or why not.',
  fields: (t) => ({
    copies: t.field({
      type: [CopiedAssignment],
      description: 'One for each assignment that the caller sees and the filter takes, oldest first.',
      resolve: ({ copies }) => copies.map((copy, index) => ({ ...copy, index })),
    }),
    refusals: t.field({
      type: [Refusal],
      description: 'Why nothing was copied at all; empty otherwise. Each copy has its own.',
      resolve: ({ refusals }) => refusals,
    }),
  }),
});

builder.mutationFields((t) => ({
  copyAssignments: t.field({
    type: CopyAssignmentsPayload,
    description: `An administrator gives another principal what one holds, or makes at another scope what is held at one: at most ${COPY_MAXIMUM} assignments, each judged like \`assign\` judges it. What is still to begin keeps its start.`,
    // Nobody knows how many there are before it runs: it costs as many as it may be.
    extensions: { mostItems: COPY_MAXIMUM },
    args: { input: t.arg({ type: CopyAssignmentsInput, required: true, description: 'The copy.' }) },
    resolve: (_root, { input }, context) => copyAssignments(context, copyOf(input)),
  }),
}));

function copyOf(input: typeof CopyAssignmentsInput.$inferInput) {
  const { between, filter, keepEnd, duration } = input;
  if (keepEnd && duration != null)
    throw new ArgumentError('keepEnd and duration exclude each other: give one of them.');
  const { roles, phases, ...rest } = filter ?? {};
  return {
    ...batchOf(input),
    ...endsOf(between),
    filter: { ...rest, roleIds: idsOf(roles, 'Role'), phases: phases?.map(present) },
    durationMinutes: duration ?? null,
    keepEnd: keepEnd ?? true,
    reasons: reasonsOf(input),
  };
}

function endsOf({ principals, scopes }: typeof CopyBetweenInput.$inferInput) {
  if (principals) {
    const [fromId, toId] = [principals.from, principals.to].map((id) => idOf(id, ...PRINCIPAL_TYPES));
    return { what: 'PRINCIPAL', fromId, toId } as { what: 'PRINCIPAL'; fromId: string; toId: string };
  }
  const [fromId, toId] = [scopes?.from ?? '', scopes?.to ?? ''].map((id) => idOf(id, 'Scope'));
  return { what: 'SCOPE', fromId, toId } as { what: 'SCOPE'; fromId: string; toId: string };
}

function present(phase: typeof AssignmentPhaseEnum.$inferType) {
  if (phase === 'ENDED')
    throw new ArgumentError('phases holds ENDED, which is not copied: give IN_FORCE, FUTURE or both.');
  return phase;
}
