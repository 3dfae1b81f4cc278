/** What have all streams in common? How they begin, what every item says, and what stands in its place when it is no event. */
import type { Audience, EventFilter } from '../src/decision/event.ts';
import { EVENTS, type EventType, eventName } from '../src/events.ts';
import type { AssignmentRow } from '../src/store/assignment.ts';
import { ArgumentError, cursorAt, PAGE_MAXIMUM, type Page, type PageArguments } from '../src/store/connection.ts';
import type { EventRow } from '../src/store/event.ts';
import type { RolePolicyRow } from '../src/store/policy.ts';
import type { PolicyTemplateRow } from '../src/store/policyTemplate.ts';
import type { RequestRow } from '../src/store/request.ts';
import { type Feed, ITEM_KINDS, StreamEndedError, type StreamItem } from '../src/stream/item.ts';
import { builder } from './builder.ts';
import { constant, logCursor, property, row } from './column.ts';
import type { Context } from './context.ts';
import { Principal } from './principal.ts';

/** Of a snapshot: what the stream is about. */
export interface SnapshotRow {
  readonly assignment?: AssignmentRow;
  readonly request?: RequestRow;
  readonly policy?: RolePolicyRow;
  readonly template?: PolicyTemplateRow;
}

/** Rows of a snapshot at most: whoever has more reads the list in pages, and subscribes after `eventCursor`. */
const SNAPSHOT_ROWS = 10_000;

const KINDS = {
  EVENT: 'Something happened.',
  SNAPSHOT: 'How one thing stands at the beginning of the stream.',
  SNAPSHOT_COMPLETE: 'The snapshot is complete; what follows happened after it.',
  HEARTBEAT: 'Nothing happened that the caller may see: the stream is complete up to this position.',
} as const;

const StreamItemKind = builder.enumType('StreamItemKind', {
  description: 'What an item of a stream is.',
  values: Object.fromEntries(ITEM_KINDS.map((kind) => [kind, { description: KINDS[kind] }])) as Record<
    (typeof ITEM_KINDS)[number],
    { description: string }
  >,
});

/** The enum of the event types that a stream may deliver. */
export function eventTypes(name: string, description: string, types: readonly EventType[]) {
  return builder.enumType(name, {
    description,
    values: Object.fromEntries(
      types.map((type) => [eventName(type), { value: type, description: EVENTS[type] }]),
    ) as Record<string, { value: EventType; description: string }>,
  });
}

/** What every item says, whatever stream it belongs to. */
export function itemFields(
  ref: ReturnType<typeof builder.objectRef<StreamItem>>,
  types: ReturnType<typeof eventTypes>,
): void {
  builder.objectFields(ref, (t) => ({
    kind: t.field({
      ...constant('EVENT'),
      type: StreamItemKind,
      description: 'An event, or what stands in its place.',
      resolve: ({ kind }) => kind,
    }),
    position: t.field({
      ...property('position'),
      type: 'SafeInt',
      description:
        "A place in the event log, counted from 1 without gaps over all events of the gateway: the event's own, or that up to which everything has been delivered.",
      resolve: ({ position }) => position,
    }),
    cursor: t.field({
      ...logCursor('epoch', 'position'),
      type: 'Cursor',
      description: 'Give it as `after` to go on behind this item.',
      resolve: ({ cursor }) => cursor,
    }),
    type: t.field({
      ...property('type'),
      type: types,
      nullable: true,
      description: 'What happened; null for what is no event.',
      resolve: ({ event }) => event?.type ?? null,
    }),
    at: t.field({
      ...property('at'),
      type: 'DateTime',
      description: "When it happened, by the database's clock; for what is no event, when it was read.",
      resolve: ({ at }) => at,
    }),
    actor: t.field({
      ...row('actor'),
      type: Principal,
      nullable: true,
      description: 'Who did it; null when it was the gateway itself, and for what is no event.',
      resolve: ({ event, named }, _args, { loaders }) =>
        named?.actor ?? loadOptional(event?.actorId ?? null, loaders.principal),
    }),
  }));
}

export const rowOf = ({ row }: StreamItem) => row as SnapshotRow | null;

/** What an item is about. */
export function subjectOf(
  item: StreamItem,
): Partial<Pick<EventRow, 'provider' | 'principalId' | 'roleId' | 'scopeId'>> {
  const row = rowOf(item);
  return item.event ?? row?.assignment ?? row?.request ?? row?.policy ?? row?.template ?? {};
}

export function loadOptional<T>(
  id: string | null | undefined,
  loader: { load(id: string): Promise<T | null> },
): Promise<T | null> | null {
  return id == null ? null : loader.load(id);
}

/** How a stream begins. */
export function streamArguments(t: Parameters<Parameters<typeof builder.subscriptionField>[1]>[0]) {
  return {
    after: t.arg({ type: 'Cursor', description: 'Go on behind this item; excludes `snapshot`. Default: from now on.' }),
    snapshot: t.arg.boolean({
      required: true,
      defaultValue: false,
      description:
        'Begin with how things stand, at most 10000 rows, then what happens after it: no change between them is left out, and none that the rows contain is repeated.',
    }),
    heartbeats: t.arg.boolean({
      required: true,
      defaultValue: false,
      description:
        'Deliver an item of kind `HEARTBEAT` after some time without another one, 10 seconds unless the gateway is set otherwise.',
    }),
  };
}

interface Beginning {
  readonly after?: string | null | undefined;
  readonly snapshot: boolean;
  readonly heartbeats: boolean;
}

interface Subject extends Pick<Feed, 'rows' | 'isOver' | 'isStillVisible'> {
  readonly audience: Audience;
  readonly filter: EventFilter;
}

/** What the hub is asked for; graphql-js wants something to iterate over, and the transports open it. */
export function feed(
  { viewer }: Context,
  { after, snapshot, heartbeats }: Beginning,
  subject: Subject,
): AsyncIterable<StreamItem> & Feed {
  if (after != null && snapshot) throw new ArgumentError('after and snapshot exclude each other: give one of them.');
  return {
    ...{ ...subject, viewer, after: after ?? null, snapshot, heartbeats },
    [Symbol.asyncIterator](): never {
      throw new Error('a feed is opened by the hub');
    },
  };
}

/** Every row of a list, page by page. @throws StreamEndedError when there are too many */
export async function allRows<Row>(list: (page: PageArguments) => Promise<Page<Row>>): Promise<Row[]> {
  const rows: Row[] = [];
  for (let after: string | null = null; ; ) {
    const page: Page<Row> = await list({ first: PAGE_MAXIMUM, after });
    rows.push(...page.nodes);
    if (rows.length > SNAPSHOT_ROWS) throw new StreamEndedError('SNAPSHOT_TOO_LARGE', { limit: SNAPSHOT_ROWS });
    if (!page.hasNextPage) return rows;
    after = cursorAt(page, page.nodes.length - 1);
  }
}
