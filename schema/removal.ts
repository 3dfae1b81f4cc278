/** Administrators end assignments. @see https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-add-role-to-user */
import { remove, removeMany } from '../src/action/removal.ts';
import { builder } from './builder.ts';
import { idOf } from './ids.ts';
import {
  BATCH_MAXIMUM,
  batchOf,
  itemPayload,
  numbered,
  payload,
  reasonsOf,
  TicketInput,
  withinBatch,
} from './outcome.ts';

const RemoveInput = builder.inputType('RemoveInput', {
  description: 'Which assignment to end, and why.',
  fields: (t) => ({
    assignment: t.id({ required: true, description: 'One that runs, or that is still to begin.' }),
    justification: t.string({ description: 'Why.' }),
    ticket: t.field({ type: TicketInput, description: 'A ticket that explains it.' }),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
    validateOnly: t.boolean({ description: 'Judge and answer, but write nothing. Default false.' }),
  }),
});

const RemoveManyInput = builder.inputType('RemoveManyInput', {
  description: 'Which assignments to end, each named once, and why.',
  fields: (t) => ({
    assignments: t.idList({
      required: true,
      description: `Assignments that run, or that are still to begin, 1 to ${BATCH_MAXIMUM}.`,
    }),
    atomic: t.boolean({ description: 'All of them or none. Default false: each on its own.' }),
    justification: t.string({ description: 'Why.' }),
    ticket: t.field({ type: TicketInput, description: 'A ticket that explains it.' }),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
    validateOnly: t.boolean({
      description: 'Judge and answer, each item after those before it, but write nothing. Default false.',
    }),
  }),
});

builder.mutationFields((t) => ({
  remove: t.field({
    type: payload('RemovePayload', 'What `remove` did, or why not.'),
    description:
      'An administrator ends an assignment, eligible or active. The activations of an eligible one end with it, and the requests about it are canceled. What has not begun never will.',
    args: { input: t.arg({ type: RemoveInput, required: true, description: 'The removal.' }) },
    resolve: (_root, { input }, context) =>
      remove(context, {
        assignmentId: idOf(input.assignment, 'Assignment'),
        reasons: reasonsOf(input),
        idempotencyKey: input.idempotencyKey,
        validateOnly: input.validateOnly,
      }),
  }),
  removeMany: t.field({
    type: [itemPayload('RemoveManyPayload', 'What became of one removal, or why nothing did.')],
    description: 'An administrator ends several assignments: one payload for each, in the order given.',
    args: { input: t.arg({ type: RemoveManyInput, required: true, description: 'The removals.' }) },
    resolve: async (_root, { input }, context) => {
      const ids = withinBatch('assignments', input.assignments);
      const reasons = reasonsOf(input);
      const removals = ids.map((id) => ({ assignmentId: idOf(id, 'Assignment'), reasons }));
      return numbered(await removeMany(context, { ...batchOf(input), removals }));
    },
  }),
}));
