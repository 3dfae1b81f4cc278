/** Which events reach this subscriber? Those after the cursor that the viewer may see at the moment of delivery. */
import { processNow } from '../clock.ts';
import type { Viewer } from '../decision/powers.ts';
import type { Sql } from '../store/database.ts';
import { type EventFilter, type EventRow, eventsAfter, logHead } from '../store/event.ts';
import { currentViewer } from '../store/viewer.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { Tail } from './tail.ts';

/** Rows read at a time. Nothing is buffered beyond them: a slow subscriber waits in the log, which keeps everything. */
const BATCH = 256;
/** A judgement of who may see a batch is used this long, in milliseconds; for the rest of the batch it is made again. */
const JUDGEMENT_HOLDS = 500;
/** Rights are looked at this often also when nothing happens, so that a disabled principal's stream ends. */
const IDLE_CHECK = 1000;

export interface Subscription {
  /** Each use is one statement outside any transaction. */
  readonly db: () => Sql;
  readonly tail: Tail;
  readonly viewer: Viewer;
  readonly filter: EventFilter;
  /** Deliver what came after it; null: from now on. */
  readonly after: string | null;
}

export type StreamEnd = keyof typeof SENTENCES;

const SENTENCES = {
  BAD_CURSOR: 'after is not a cursor of this stream: give one that an event of it carried.',
  RESYNC_REQUIRED: 'The cursor belongs to another event log: read the current state anew and subscribe without after.',
  UNAUTHENTICATED: 'The access token has expired: subscribe again with a new one and the last cursor.',
  FORBIDDEN: 'The principal was disabled or deleted.',
  GATEWAY_STOPPING: 'The gateway is stopping: subscribe again with the last cursor.',
} as const;

/** The stream is over for a reason that the subscriber should know. */
export class StreamEndedError extends Error {
  readonly code: StreamEnd;
  constructor(code: StreamEnd) {
    super(SENTENCES[code]);
    this.code = code;
  }
}

export interface Delivery {
  readonly event: EventRow;
  readonly cursor: string;
  /** Whoever subscribed, with the powers by which this event was judged. */
  readonly viewer: Viewer;
}

/** Delivers until the consumer returns or a StreamEndedError says why it is over. */
export function subscribe(subscription: Subscription): AsyncIterableIterator<Delivery> {
  const stop = new AbortController();
  const deliveries = deliver(subscription, stop.signal);
  return {
    next: () => deliveries.next(),
    // A generator that waits cannot be returned; it is woken first.
    return: () => {
      stop.abort();
      return deliveries.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* deliver(subscription: Subscription, stopped: AbortSignal): AsyncGenerator<Delivery, void, void> {
  const { tail, db, filter, viewer } = subscription;
  const { epoch } = tail;
  let position = await startOf(subscription);
  while (!stopped.aborted) {
    if (tail.stopped) throw new StreamEndedError('GATEWAY_STOPPING');
    if (viewer.expiresAt <= processNow()) throw new StreamEndedError('UNAUTHENTICATED');
    // Before the rights, so that these are not older than any event up to there.
    const upTo = tail.position;
    const present = await currentViewer(db(), viewer);
    if (present === null) throw new StreamEndedError('FORBIDDEN');
    if (tail.epoch !== epoch) throw new StreamEndedError('RESYNC_REQUIRED');
    const range = { after: `${position}`, upTo: `${upTo}`, limit: BATCH };
    const events = position < upTo ? await eventsAfter(db(), present, filter, range) : [];
    const judgedAt = performance.now();
    let delivered = 0;
    for (const event of events) {
      if (performance.now() - judgedAt > JUDGEMENT_HOLDS) break;
      position = BigInt(event.position);
      delivered++;
      yield { event, cursor: encodeCursor({ epoch, position }), viewer: present };
    }
    if (delivered === events.length && events.length < BATCH) {
      if (upTo > position) position = upTo;
      await tail.after(position, AbortSignal.any([stopped, AbortSignal.timeout(waitFor(viewer))]));
    }
  }
}

async function startOf({ tail, db, after }: Subscription): Promise<bigint> {
  if (after === null) return tail.position;
  const cursor = decodeCursor(after);
  if (cursor === null) throw new StreamEndedError('BAD_CURSOR');
  // A cursor that comes straight from the log, or from another gateway, may be ahead of what this one has heard.
  const { epoch, position } = cursor.position > tail.position ? await logHead(db()) : tail;
  if (cursor.epoch !== epoch || cursor.position > BigInt(position)) throw new StreamEndedError('RESYNC_REQUIRED');
  return cursor.position;
}

function waitFor({ expiresAt }: Viewer): number {
  return Math.max(1, Math.min(IDLE_CHECK, expiresAt.getTime() - processNow().getTime()));
}
