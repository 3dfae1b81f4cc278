/** Administrators change assignments. @see https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignmentschedulerequests */
import type { InputFieldBuilder } from '@pothos/core';
import { update, updateMany } from '../src/action/update.ts';
import { builder } from './builder.ts';
import { idOf } from './ids.ts';
import {
  BATCH_MAXIMUM,
  batchFields,
  batchOf,
  itemPayload,
  numbered,
  payload,
  reasonsOf,
  scheduleOf,
  sharedReasons,
  TicketInput,
  withinBatch,
} from './outcome.ts';

const changeFields = (t: InputFieldBuilder<typeof builder.$inferSchemaTypes, 'InputObject'>) => ({
  assignment: t.id({ required: true, description: 'One that runs, or that is still to begin; no activation.' }),
  startsAt: t.field({
    type: 'DateTime',
    description: 'When it begins, while it has not begun. An instant in the past: now.',
  }),
  endsAt: t.field({ type: 'DateTime', description: 'When it ends; excludes `duration` and `permanent`.' }),
  duration: t.field({
    type: 'Duration',
    description: 'How long it lasts from now, or from a later start, at least PT5M; excludes `endsAt` and `permanent`.',
  }),
  permanent: t.boolean({ description: 'Without an end. Default false.' }),
  condition: t.string({
    description:
      'An ABAC condition, version 2.0, that narrows an Azure role; null takes it away. Running activations keep theirs.',
  }),
  justification: t.string({ description: 'Why.' }),
  ticket: t.field({ type: TicketInput, description: 'A ticket that explains it.' }),
});

const UpdateInput = builder.inputType('UpdateInput', {
  description: 'What to change. Whatever is not given stays as it is.',
  fields: (t) => ({
    ...changeFields(t),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
    validateOnly: t.boolean({ description: 'Judge and answer, but write nothing. Default false.' }),
  }),
});

const UpdateItem = builder.inputType('UpdateItem', {
  description: 'What to change of one of several assignments. Whatever is not given stays as it is.',
  fields: changeFields,
});

const UpdateManyInput = builder.inputType('UpdateManyInput', {
  description: 'Changes of several assignments, each named once.',
  fields: (t) => ({
    updates: t.field({ type: [UpdateItem], required: true, description: `The changes, 1 to ${BATCH_MAXIMUM}.` }),
    ...batchFields(t),
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
        ...changeOf(input),
        idempotencyKey: input.idempotencyKey,
        validateOnly: input.validateOnly,
      }),
  }),
  updateMany: t.field({
    type: [itemPayload('UpdateManyPayload', 'What became of one change, or why nothing did.')],
    description: 'An administrator changes several assignments: one payload for each, in the order given.',
    args: { input: t.arg({ type: UpdateManyInput, required: true, description: 'The changes.' }) },
    resolve: async (_root, { input }, context) => {
      const items = withinBatch('updates', input.updates);
      const updates = items.map((item) => changeOf({ ...item, ...sharedReasons(item, input) }));
      return numbered(await updateMany(context, { ...batchOf(input), updates }));
    },
  }),
}));

function changeOf(input: typeof UpdateItem.$inferInput) {
  return {
    assignmentId: idOf(input.assignment, 'Assignment'),
    schedule: { ...scheduleOf(input), permanent: input.permanent ?? false },
    condition: input.condition,
    reasons: reasonsOf(input),
  };
}
