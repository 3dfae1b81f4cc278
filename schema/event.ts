/** What happens, as it happens: a stream that is ordered, resumable, and judged again at every delivery. */
import { ASSIGNMENT_EVENTS, type AssignmentEventType, EVENTS, eventName } from '../src/events.ts';
import { logHead } from '../src/store/event.ts';
import { instant } from '../src/store/transaction.ts';
import { encodeCursor } from '../src/stream/cursor.ts';
import { type Delivery, subscribe } from '../src/stream/subscribe.ts';
import { Assignment } from './assignment.ts';
import { builder, ProviderEnum } from './builder.ts';
import { type Context, renew } from './context.ts';
import { idsOf, PRINCIPAL_TYPES } from './ids.ts';
import { Principal } from './principal.ts';
import { Request } from './request.ts';
import { Role } from './role.ts';
import { Scope } from './scope.ts';

const AssignmentEventEnum = builder.enumType('AssignmentEventType', {
  description: 'What happened to the access of a principal.',
  values: Object.fromEntries(
    ASSIGNMENT_EVENTS.map((type) => [eventName(type), { value: type, description: EVENTS[type] }]),
  ) as Record<string, { value: AssignmentEventType; description: string }>,
});

const AssignmentEvent = builder.objectRef<Delivery>('AssignmentEvent').implement({
  description: 'Something that happened, with the objects it concerns as the caller may see them now.',
  fields: (t) => ({
    position: t.field({
      type: 'SafeInt',
      description: 'Its place in the event log, counted from 1 without gaps over all events of the gateway.',
      resolve: ({ event }) => Number(event.position),
    }),
    cursor: t.field({
      type: 'Cursor',
      description: 'Give it as `after` to go on behind this event.',
      resolve: ({ cursor }) => cursor,
    }),
    type: t.field({
      type: AssignmentEventEnum,
      description: 'What happened.',
      resolve: ({ event }) => event.type as AssignmentEventType,
    }),
    at: t.field({
      type: 'DateTime',
      description: "When, by the database's clock.",
      resolve: ({ event }) => instant(event.at),
    }),
    actor: t.field({
      type: Principal,
      nullable: true,
      description: 'Who did it; null when it was the gateway itself.',
      resolve: ({ event }, _args, { loaders }) => optional(event.actorId, loaders.principal),
    }),
    provider: t.field({
      type: ProviderEnum,
      nullable: true,
      description: 'Which kind of access; null when it concerns none in particular.',
      resolve: ({ event }) => event.provider,
    }),
    principal: t.field({
      type: Principal,
      nullable: true,
      description: 'Whose access; null when it concerns nobody in particular.',
      resolve: ({ event }, _args, { loaders }) => optional(event.principalId, loaders.principal),
    }),
    role: t.field({
      type: Role,
      nullable: true,
      description: 'The role; null when it concerns none in particular.',
      resolve: ({ event }, _args, { loaders }) => optional(event.roleId, loaders.role),
    }),
    scope: t.field({
      type: Scope,
      nullable: true,
      description: 'Where; null when it concerns no scope in particular.',
      resolve: ({ event }, _args, { loaders }) => optional(event.scopeId, loaders.scope),
    }),
    assignment: t.field({
      type: Assignment,
      nullable: true,
      description: 'The assignment as it is now; null when there is none, or none that the caller may see.',
      resolve: ({ event }, _args, { loaders }) => optional(event.assignmentId, loaders.assignment),
    }),
    request: t.field({
      type: Request,
      nullable: true,
      description: 'The request as it is now; null when there is none, or none that the caller may see.',
      resolve: ({ event }, _args, { loaders }) => optional(event.requestId, loaders.request),
    }),
  }),
});

const AssignmentEventFilter = builder.inputType('AssignmentEventFilter', {
  description: 'Which events; every field given must hold.',
  fields: (t) => ({
    types: t.field({ type: [AssignmentEventEnum], description: 'One of these types.' }),
    providers: t.field({ type: [ProviderEnum], description: 'One of these providers.' }),
    principals: t.idList({ description: 'About the access of one of these.' }),
    roles: t.idList({ description: 'For one of these roles.' }),
    below: t.field({ type: 'ScopePath', description: 'At this scope or anywhere below it.' }),
  }),
});

builder.queryFields((t) => ({
  eventCursor: t.field({
    type: 'Cursor',
    description: 'The end of the event log. Read it before a list, and subscribe after it: no change falls in between.',
    resolve: async (_root, _args, { db }) => {
      const { epoch, position } = await logHead(db());
      return encodeCursor({ epoch, position: BigInt(position) });
    },
  }),
}));

builder.subscriptionFields((t) => ({
  assignmentEvents: t.field({
    type: AssignmentEvent,
    description:
      'Everything that happens to access, in order, nothing twice and nothing left out: for the caller, what they may see at the moment of delivery. Ends with an error that says why when it cannot go on.',
    args: {
      after: t.arg({ type: 'Cursor', description: 'Go on behind this event. Default: from now on.' }),
      filter: t.arg({ type: AssignmentEventFilter, description: 'Default: all.' }),
    },
    subscribe: (_root, { after, filter }, context) => {
      const { types, providers, below, principals, roles } = filter ?? {};
      return delivered(
        context,
        subscribe({
          db: context.db,
          tail: context.tail,
          viewer: context.viewer,
          after: after ?? null,
          filter: {
            types: types ?? ASSIGNMENT_EVENTS,
            ...{ providers, below },
            principalIds: idsOf(principals, ...PRINCIPAL_TYPES),
            roleIds: idsOf(roles, 'Role'),
          },
        }),
      );
    },
    resolve: (delivery) => {
      if (delivery instanceof Error) throw delivery;
      return delivery;
    },
  }),
}));

/** Renews the context for every event, and hands an end on as a last item, which every transport knows how to deliver. */
function delivered(
  context: Context,
  deliveries: AsyncIterableIterator<Delivery>,
): AsyncIterableIterator<Delivery | Error> {
  return {
    async next() {
      try {
        const result = await deliveries.next();
        if (!result.done) renew(context, result.value.viewer);
        return result;
      } catch (error) {
        return { done: false, value: error as Error };
      }
    },
    // At once, and therefore no generator: one that waits for the next event is returned only after it.
    return: async () => (await deliveries.return?.()) ?? { done: true, value: undefined },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function optional<T>(id: string | null, loader: { load(id: string): Promise<T | null> }): Promise<T | null> | null {
  return id === null ? null : loader.load(id);
}
