/** Holders turn eligible assignments into active ones, and end them. @see https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-activate-role */
import type { InputFieldBuilder } from '@pothos/core';
import { activate, activateMany } from '../src/action/activation.ts';
import { extendActivation } from '../src/action/activationExtension.ts';
import { deactivate } from '../src/action/deactivation.ts';
import { ArgumentError } from '../src/store/connection.ts';
import { builder } from './builder.ts';
import { idOf } from './ids.ts';
import { payload, reasonsOf, ScopeInput, scheduleOf, scopeOf, TicketInput } from './outcome.ts';

const activationFields = (t: InputFieldBuilder<typeof builder.$inferSchemaTypes, 'InputObject'>) => ({
  eligibility: t.id({
    required: true,
    description: "An eligible assignment of the caller's, or of a group of theirs.",
  }),
  scope: t.field({
    type: ScopeInput,
    description: 'Where: the scope of the eligible assignment, the default, or one below.',
  }),
  startsAt: t.field({
    type: 'DateTime',
    description: 'When it begins. Default, and for an instant in the past: now.',
  }),
  endsAt: t.field({ type: 'DateTime', description: 'When it ends; excludes `duration`.' }),
  duration: t.field({
    type: 'Duration',
    description: 'How long it lasts, at least PT5M; excludes `endsAt`. Default: as long as the role settings allow.',
  }),
  justification: t.string({ description: 'Why.' }),
  ticket: t.field({ type: TicketInput, description: 'A ticket that explains it.' }),
});

const ActivateInput = builder.inputType('ActivateInput', {
  description: 'What to activate, for how long and why.',
  fields: (t) => ({
    ...activationFields(t),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
    validateOnly: t.boolean({ description: 'Judge and answer, but write nothing. Default false.' }),
  }),
});

const ActivationItem = builder.inputType('ActivationItem', {
  description: 'What to activate, for how long and why, as one of several.',
  fields: activationFields,
});

const BATCH_MAXIMUM = 50;

const ActivateManyInput = builder.inputType('ActivateManyInput', {
  description: 'Several activations, of any providers.',
  fields: (t) => ({
    activations: t.field({
      type: [ActivationItem],
      required: true,
      description: `What to activate, 1 to ${BATCH_MAXIMUM}.`,
    }),
    atomic: t.boolean({ description: 'All of them or none. Default false: each on its own.' }),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
    validateOnly: t.boolean({ description: 'Judge and answer, but write nothing. Default false.' }),
  }),
});

const DeactivateInput = builder.inputType('DeactivateInput', {
  description: 'Which activation to end.',
  fields: (t) => ({
    assignment: t.id({ required: true, description: 'A running or future activation.' }),
    justification: t.string({ description: 'Why.' }),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
    validateOnly: t.boolean({ description: 'Judge and answer, but write nothing. Default false.' }),
  }),
});

const ExtendActivationInput = builder.inputType('ExtendActivationInput', {
  description: 'Which running activation shall last longer, and why. Give either `duration` or `endsAt`.',
  fields: (t) => ({
    assignment: t.id({ required: true, description: "A running activation of the caller's." }),
    endsAt: t.field({ type: 'DateTime', description: 'The new end.' }),
    duration: t.field({ type: 'Duration', description: 'How much longer than until its present end.' }),
    justification: t.string({ description: 'Why.' }),
    ticket: t.field({ type: TicketInput, description: 'A ticket that explains it.' }),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
    validateOnly: t.boolean({ description: 'Judge and answer, but write nothing. Default false.' }),
  }),
});

builder.mutationFields((t) => ({
  activate: t.field({
    type: payload('ActivatePayload', 'What `activate` did, or why not.'),
    description:
      'The caller activates an eligible assignment. Where the role settings ask for approval, the request waits for it.',
    args: { input: t.arg({ type: ActivateInput, required: true, description: 'The activation.' }) },
    resolve: (_root, { input }, context) =>
      activate(context, {
        ...activationOf(input),
        idempotencyKey: input.idempotencyKey,
        validateOnly: input.validateOnly,
      }),
  }),
  activateMany: t.field({
    type: [payload('ActivateManyPayload', 'What became of one activation, or why nothing did.')],
    description: 'The caller activates several eligible assignments: one payload for each, in the order given.',
    args: { input: t.arg({ type: ActivateManyInput, required: true, description: 'The activations.' }) },
    resolve: (_root, { input }, context) => {
      const { activations, atomic, idempotencyKey, validateOnly } = input;
      if (activations.length === 0 || activations.length > BATCH_MAXIMUM) {
        throw new ArgumentError(`activations holds ${activations.length} items: give 1 to ${BATCH_MAXIMUM}.`);
      }
      const common = { atomic: atomic ?? false, idempotencyKey, validateOnly };
      return activateMany(context, { ...common, activations: activations.map(activationOf) });
    },
  }),
  extendActivation: t.field({
    type: payload('ExtendActivationPayload', 'What `extendActivation` did, or why not.'),
    description:
      'The caller makes a running activation last longer, without a gap, where the role settings allow it: at most their maximum from its start, and with approval where the role asks for it.',
    args: { input: t.arg({ type: ExtendActivationInput, required: true, description: 'The extension.' }) },
    resolve: (_root, { input }, context) =>
      extendActivation(context, {
        assignmentId: idOf(input.assignment, 'Assignment'),
        endsAt: input.endsAt ?? null,
        durationMinutes: input.duration ?? null,
        reasons: reasonsOf(input),
        idempotencyKey: input.idempotencyKey,
        validateOnly: input.validateOnly,
      }),
  }),
  deactivate: t.field({
    type: payload('DeactivatePayload', 'What `deactivate` did, or why not.'),
    description:
      'Ends an activation before its end: its holder once it has lasted five minutes, or what the role settings say instead; an administrator at any time.',
    args: { input: t.arg({ type: DeactivateInput, required: true, description: 'The activation to end.' }) },
    resolve: (_root, { input }, context) =>
      deactivate(context, {
        assignmentId: idOf(input.assignment, 'Assignment'),
        justification: input.justification ?? null,
        idempotencyKey: input.idempotencyKey,
        validateOnly: input.validateOnly,
      }),
  }),
}));

function activationOf(input: typeof ActivationItem.$inferInput) {
  return {
    eligibilityId: idOf(input.eligibility, 'Assignment'),
    scope: scopeOf(input.scope),
    schedule: scheduleOf(input),
    reasons: reasonsOf(input),
  };
}
