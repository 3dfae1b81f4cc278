/** Requests are taken back. @see https://learn.microsoft.com/graph/api/unifiedroleassignmentschedulerequest-cancel */
import { cancel } from '../src/action/cancellation.ts';
import { ArgumentError } from '../src/store/connection.ts';
import { builder } from './builder.ts';
import { idOf } from './ids.ts';
import { payload } from './outcome.ts';

const REQUESTS_MAXIMUM = 50;

const CancelInput = builder.inputType('CancelInput', {
  description: 'Which requests to take back, and why.',
  fields: (t) => ({
    requests: t.idList({
      required: true,
      description: `Requests that wait for a decision or were granted for later, 1 to ${REQUESTS_MAXIMUM}.`,
    }),
    justification: t.string({ description: 'Why.' }),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
    validateOnly: t.boolean({ description: 'Judge and answer, but write nothing. Default false.' }),
  }),
});

builder.mutationFields((t) => ({
  cancel: t.field({
    type: [payload('CancelPayload', 'What became of one request, or why nothing did.')],
    description:
      'Takes requests back: whoever made them, or an administrator. What was granted for later never begins. One payload for each, in the order given.',
    args: { input: t.arg({ type: CancelInput, required: true, description: 'The requests.' }) },
    resolve: (_root, { input: { requests, justification, ...common } }, context) => {
      if (requests.length === 0 || requests.length > REQUESTS_MAXIMUM) {
        throw new ArgumentError(`requests holds ${requests.length} ids: give 1 to ${REQUESTS_MAXIMUM}.`);
      }
      const requestIds = requests.map((id) => idOf(id, 'Request'));
      return cancel(context, { ...common, requestIds, justification: justification ?? null });
    },
  }),
}));
