/** Assignments that end soon are extended, and expired ones renewed. @see https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-renew-extend */
import { extend } from '../src/action/extension.ts';
import { renew } from '../src/action/renewal.ts';
import { ArgumentError } from '../src/store/connection.ts';
import { builder } from './builder.ts';
import { idOf } from './ids.ts';
import { payload, reasonsOf, scheduleOf, TicketInput } from './outcome.ts';

const ASSIGNMENTS_MAXIMUM = 50;

const ExtendInput = builder.inputType('ExtendInput', {
  description: 'Which assignment goes on, until when and why.',
  fields: (t) => ({
    assignment: t.id({ required: true, description: 'One with an end to come; no activation.' }),
    endsAt: t.field({ type: 'DateTime', description: 'The new end, later than the present one; excludes `duration`.' }),
    duration: t.field({
      type: 'Duration',
      description: 'How long it goes on from now; excludes `endsAt`. Default: as long as the role settings allow.',
    }),
    permanent: t.boolean({ description: 'Without an end; only by an administrator. Default false.' }),
    justification: t.string({ description: 'Why; a holder must say so.' }),
    ticket: t.field({ type: TicketInput, description: 'A ticket that explains it.' }),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
    validateOnly: t.boolean({ description: 'Judge and answer, but write nothing. Default false.' }),
  }),
});

const RenewInput = builder.inputType('RenewInput', {
  description: 'Which expired assignments are made anew, for how long and why.',
  fields: (t) => ({
    assignments: t.idList({
      required: true,
      description: `Assignments that ended within the last 30 days, 1 to ${ASSIGNMENTS_MAXIMUM}.`,
    }),
    startsAt: t.field({
      type: 'DateTime',
      description: 'When they begin. Default, and for an instant in the past: now.',
    }),
    endsAt: t.field({ type: 'DateTime', description: 'When they end; excludes `duration`.' }),
    duration: t.field({
      type: 'Duration',
      description: 'How long they last; excludes `endsAt`. Default: as long as the role settings allow.',
    }),
    permanent: t.boolean({ description: 'Without an end; only by an administrator. Default false.' }),
    justification: t.string({ description: 'Why; a holder must say so.' }),
    ticket: t.field({ type: TicketInput, description: 'A ticket that explains it.' }),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
    validateOnly: t.boolean({ description: 'Judge and answer, but write nothing. Default false.' }),
  }),
});

builder.mutationFields((t) => ({
  extend: t.field({
    type: payload('ExtendPayload', 'What `extend` did, or why not.'),
    description:
      'Gives an assignment a later end: an administrator at once; its direct holder asks for it in the last 14 days, and the request waits for an administrator.',
    args: { input: t.arg({ type: ExtendInput, required: true, description: 'The extension.' }) },
    resolve: (_root, { input }, context) =>
      extend(context, {
        assignmentId: idOf(input.assignment, 'Assignment'),
        schedule: { ...scheduleOf(input), permanent: input.permanent ?? false },
        reasons: reasonsOf(input),
        idempotencyKey: input.idempotencyKey,
        validateOnly: input.validateOnly,
      }),
  }),
  renew: t.field({
    type: [payload('RenewPayload', 'What became of one assignment, or why nothing did.')],
    description:
      'Makes expired assignments anew within 30 days: an administrator at once; the former direct holder asks for it, and the request waits for an administrator. One payload for each, in the order given.',
    args: { input: t.arg({ type: RenewInput, required: true, description: 'The renewal.' }) },
    resolve: (_root, { input }, context) =>
      renew(context, {
        assignmentIds: assignmentsOf(input.assignments),
        schedule: { ...scheduleOf(input), permanent: input.permanent ?? false },
        reasons: reasonsOf(input),
        idempotencyKey: input.idempotencyKey,
        validateOnly: input.validateOnly,
      }),
  }),
}));

function assignmentsOf(ids: readonly string[]): string[] {
  if (ids.length > 0 && ids.length <= ASSIGNMENTS_MAXIMUM) return ids.map((id) => idOf(id, 'Assignment'));
  throw new ArgumentError(`assignments holds ${ids.length} ids: give 1 to ${ASSIGNMENTS_MAXIMUM}.`);
}
