/** What does every mutation take and answer? The inputs they share, and a payload of objects and refusals. */

import type { InputFieldBuilder, ObjectFieldBuilder } from '@pothos/core';
import { GraphQLError } from 'graphql';
import type { ScopeArgument } from '../src/action/assignment.ts';
import type { Outcome } from '../src/action/perform.ts';
import type { Reasons } from '../src/decision/rules.ts';
import type { ScheduleInput } from '../src/decision/schedule.ts';
import { ArgumentError } from '../src/store/connection.ts';
import { ASSIGNMENT, Assignment } from './assignment.ts';
import { builder, RequestStatusEnum } from './builder.ts';
import { idOf } from './ids.ts';
import { Refusal } from './refusal.ts';
import { REQUEST, Request } from './request.ts';
import { wantedRowOf } from './selection.ts';

/** A payload type of its own for each mutation, so that each can grow alone. */
export function payload(name: string, description: string) {
  return builder.objectRef<Outcome>(name).implement({ description, fields: outcomeFields });
}

/** What became of one item of a batch. */
export interface ItemOutcome extends Outcome {
  readonly index: number;
}

/** The same of a batch: one for each item. */
export function itemPayload(name: string, description: string) {
  return builder.objectRef<ItemOutcome>(name).implement({
    description,
    fields: (t) => ({
      index: t.exposeInt('index', { description: 'Place of the item in the input, from 0.' }),
      ...outcomeFields(t),
    }),
  });
}

export const BATCH_MAXIMUM = 1000;

/** @throws ArgumentError, and a GraphQLError that says how many there may be */
export function withinBatch<Item>(name: string, items: readonly Item[]): readonly Item[] {
  if (items.length === 0) throw new ArgumentError(`${name} is empty: give 1 to ${BATCH_MAXIMUM} items.`);
  if (items.length > BATCH_MAXIMUM) {
    const sentence = `${name} holds ${items.length} items: give at most ${BATCH_MAXIMUM}.`;
    throw new GraphQLError(sentence, {
      extensions: { code: 'TOO_MANY_ITEMS', given: items.length, allowed: BATCH_MAXIMUM },
    });
  }
  return items;
}

export function numbered(outcomes: readonly Outcome[]): ItemOutcome[] {
  return outcomes.map((outcome, index) => ({ ...outcome, index }));
}

/** What every payload about one item holds. */
export function outcomeFields<Shape extends Outcome>(t: ObjectFieldBuilder<typeof builder.$inferSchemaTypes, Shape>) {
  return {
    request: t.field({
      type: Request,
      nullable: true,
      description: 'The request; null when refused or only validated.',
      resolve: ({ requestId }, _args, { loaders }, info) =>
        requestId === null ? null : loaders.requestWith(wantedRowOf(info, REQUEST)).load(requestId),
    }),
    assignment: t.field({
      type: Assignment,
      nullable: true,
      description: 'The assignment made or ended; null until granted, and when refused or only validated.',
      resolve: ({ assignmentId }, _args, { loaders }, info) =>
        assignmentId === null ? null : loaders.assignmentWith(wantedRowOf(info, ASSIGNMENT)).load(assignmentId),
    }),
    status: t.field({
      type: RequestStatusEnum,
      nullable: true,
      description: 'Status of the request, or the one it would have when only validated; null when refused.',
      resolve: ({ status }) => status,
    }),
    refusals: t.field({
      type: [Refusal],
      description: 'Every reason for a no; empty when it was done.',
      resolve: ({ refusals }) => refusals,
    }),
  };
}

export const ScopeInput = builder.inputType('ScopeInput', {
  description: 'A scope by its id or by its path.',
  isOneOf: true,
  fields: (t) => ({
    id: t.id({ description: "A scope's id." }),
    path: t.field({ type: 'ScopePath', description: "A path of the role's provider." }),
  }),
});

export const TicketInput = builder.inputType('TicketInput', {
  description: 'A ticket in the system where the work is tracked. Kept as information; it is not looked up.',
  fields: (t) => ({
    number: t.string({ required: true, description: 'Its number.' }),
    system: t.string({ required: true, description: 'The system that numbers it.' }),
  }),
});

export function scopeOf(
  input: { id?: string | null | undefined; path?: string | null | undefined } | null | undefined,
): ScopeArgument | null {
  if (input?.id != null) return { id: idOf(input.id, 'Scope') };
  return input?.path != null ? { path: input.path } : null;
}

const LAST_YEAR = 9000;

export function scheduleOf(input: {
  startsAt?: Date | null | undefined;
  endsAt?: Date | null | undefined;
  duration?: number | null | undefined;
}): ScheduleInput {
  // The longest duration there is ends before the year 9999, the last that an instant can have.
  if (input.startsAt && input.startsAt.getUTCFullYear() > LAST_YEAR) {
    throw new ArgumentError(
      `startsAt is ${input.startsAt.toISOString()}: give an instant up to the year ${LAST_YEAR}.`,
    );
  }
  return {
    startsAt: input.startsAt ?? null,
    endsAt: input.endsAt ?? null,
    durationMinutes: input.duration ?? null,
  };
}

interface ReasonsInput {
  justification?: string | null | undefined;
  ticket?: { number: string; system: string } | null | undefined;
}

export function reasonsOf(input: ReasonsInput): Reasons {
  return {
    justification: input.justification ?? null,
    ticketNumber: input.ticket?.number ?? null,
    ticketSystem: input.ticket?.system ?? null,
  };
}

/** What every batch may be given beside its items. */
export const batchFields = (t: InputFieldBuilder<typeof builder.$inferSchemaTypes, 'InputObject'>) => ({
  atomic: t.boolean({ description: 'All of them or none. Default false: each on its own.' }),
  justification: t.string({ description: 'Why, of every item that does not say.' }),
  ticket: t.field({ type: TicketInput, description: 'A ticket, of every item that names none.' }),
  idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
  validateOnly: t.boolean({
    description: 'Judge and answer, each item after those before it, but write nothing. Default false.',
  }),
});

interface BatchArguments extends ReasonsInput {
  atomic?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
  validateOnly?: boolean | null | undefined;
}

export function batchOf({ atomic, idempotencyKey, validateOnly }: BatchArguments) {
  return { atomic: atomic ?? false, idempotencyKey, validateOnly };
}

export function sharedReasons(item: ReasonsInput, batch: ReasonsInput): ReasonsInput {
  return { justification: item.justification ?? batch.justification, ticket: item.ticket ?? batch.ticket };
}
