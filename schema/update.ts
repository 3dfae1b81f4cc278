/** Administrators change assignments. @see https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignmentschedulerequests */
import { update } from '../src/action/update.ts';
import { builder } from './builder.ts';
import { idOf } from './ids.ts';
import { payload, reasonsOf, scheduleOf, TicketInput } from './outcome.ts';

const UpdateInput = builder.inputType('UpdateInput', {
  description: 'What to change. Whatever is not given stays as it is.',
  fields: (t) => ({
    assignment: t.id({ required: true, description: 'One that runs, or that is still to begin; no activation.' }),
    startsAt: t.field({
      type: 'DateTime',
      description: 'When it begins, while it has not begun. An instant in the past: now.',
    }),
    endsAt: t.field({ type: 'DateTime', description: 'When it ends; excludes `duration` and `permanent`.' }),
    duration: t.field({
      type: 'Duration',
      description:
        'How long it lasts from now, or from a later start, at least PT5M; excludes `endsAt` and `permanent`.',
    }),
    permanent: t.boolean({ description: 'Without an end. Default false.' }),
    condition: t.string({
      description:
        'An ABAC condition, version 2.0, that narrows an Azure role; null takes it away. Running activations keep theirs.',
    }),
    justification: t.string({ description: 'Why.' }),
    ticket: t.field({ type: TicketInput, description: 'A ticket that explains it.' }),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
    validateOnly: t.boolean({ description: 'Judge and answer, but write nothing. Default false.' }),
  }),
});

builder.mutationFields((t) => ({
  update: t.field({
    type: payload('UpdatePayload', 'What `update` did, or why not.'),
    description:
      'An administrator changes the period or the condition of an assignment, by the role settings of now. Activations of an eligible one end with it at the latest.',
    args: { input: t.arg({ type: UpdateInput, required: true, description: 'The change.' }) },
    resolve: (_root, { input }, context) =>
      update(context, {
        assignmentId: idOf(input.assignment, 'Assignment'),
        schedule: { ...scheduleOf(input), permanent: input.permanent ?? false },
        condition: input.condition,
        reasons: reasonsOf(input),
        idempotencyKey: input.idempotencyKey,
        validateOnly: input.validateOnly,
      }),
  }),
}));
