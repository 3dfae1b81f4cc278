/** Approvers decide requests. @see https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-approval-workflow */
import { approve, type DecideInput as Decide, deny } from '../src/action/approval.ts';
import { ArgumentError } from '../src/store/connection.ts';
import { AssignmentTypeEnum, builder } from './builder.ts';
import { idOf } from './ids.ts';
import { payload } from './outcome.ts';

const REQUESTS_MAXIMUM = 50;

const DecideInput = builder.inputType('DecideInput', {
  description: 'Which requests to decide, and why so.',
  fields: (t) => ({
    requests: t.idList({ required: true, description: `Requests that wait for a decision, 1 to ${REQUESTS_MAXIMUM}.` }),
    justification: t.string({ description: 'Why; needed for both decisions, and kept with them.' }),
    duration: t.field({
      type: 'Duration',
      description:
        'For an activation, a shorter duration than was asked for. For an extension or a renewal, how long it goes on; excludes `endsAt`. Default: as asked. Means nothing to a denial.',
    }),
    assignmentType: t.field({
      type: AssignmentTypeEnum,
      description: 'For an extension or a renewal: eligible or active from now on. Default: as it was.',
    }),
    startsAt: t.field({
      type: 'DateTime',
      description: 'For a renewal, or another type: when it begins. Default: as asked, at once.',
    }),
    endsAt: t.field({
      type: 'DateTime',
      description: 'For an extension or a renewal: when it ends; excludes `duration`. Default: as asked.',
    }),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
    validateOnly: t.boolean({ description: 'Judge and answer, but write nothing. Default false.' }),
  }),
});

type Input = typeof DecideInput.$inferInput;

const DecidePayload = payload('DecidePayload', 'What became of one request, or why nothing did.');

builder.mutationFields((t) => ({
  approve: t.field({
    type: [DecidePayload],
    description: 'Approves requests: one payload for each, in the order given, each decided on its own.',
    args: { input: t.arg({ type: DecideInput, required: true, description: 'The decision.' }) },
    resolve: (_root, { input }, context) => approve(context, decisionOf(input)),
  }),
  deny: t.field({
    type: [DecidePayload],
    description: 'Denies requests: one payload for each, in the order given, each decided on its own.',
    args: { input: t.arg({ type: DecideInput, required: true, description: 'The decision.' }) },
    resolve: (_root, { input }, context) => deny(context, decisionOf(input)),
  }),
}));

function decisionOf({ requests, justification, duration, ...common }: Input): Decide {
  if (requests.length === 0 || requests.length > REQUESTS_MAXIMUM) {
    throw new ArgumentError(`requests holds ${requests.length} ids: give 1 to ${REQUESTS_MAXIMUM}.`);
  }
  const decision = { justification: justification ?? null, durationMinutes: duration ?? null };
  return { ...common, ...decision, requestIds: requests.map((id) => idOf(id, 'Request')) };
}
