/** How does one subscription get its frames? In order, none twice, and no more of them waiting than a bound. */
import { processNow } from '../clock.ts';
import { encodeCursor } from './cursor.ts';
import type { Frame, Rendering } from './frame.ts';
import { type Feed, type StreamEnd, StreamEndedError } from './item.ts';
import type { LiveViewer } from './viewers.ts';

/** What waits for a slow reader: beyond either of them the stream ends. */
const QUEUE_EVENTS = 256;
const QUEUE_BYTES = 1_000_000;

/** Milliseconds without a sign of the reader after which nobody waits for it. */
const PATIENCE = 100;

/** Where frames leave the gateway. */
export interface Outlet {
  /** Takes the frame; false when it wants no other until it calls `onReady`. */
  write(frame: Frame): boolean;
  /** Set by the subscriber. */
  onReady: () => void;
  /** Nothing comes after it. Null: the stream is complete. */
  finish(error: Error | null): void;
}

/** Of the connection: a token refreshed in band prolongs all of its streams. */
export interface Session {
  expiresAt: Date;
}

interface Waiting {
  readonly frame: Frame;
  readonly position: number;
}

export class Subscriber {
  readonly feed: Feed;
  readonly rendering: Rendering;
  readonly live: LiveViewer;
  /** Up to where everything has been looked at for this subscription. */
  position = 0;
  /** Events of a snapshot's moment that had no position yet: its rows contain them. */
  skipped: ReadonlySet<string> = new Set();
  /** Among those who are given events as they are read. */
  isMember = false;
  ended = false;
  lastPushAt = processNow();
  /** Told once, with the reason where there is one. */
  onEnd: (reason: StreamEnd | null) => void = () => undefined;
  readonly #session: Session;
  readonly #outlet: Outlet;
  #epoch = '';
  /** Of the last item that the outlet took; null while a resumption would not be complete. */
  #written: number | null = null;
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  #isReady = true;
  /** By performance.now(): since when the outlet takes no more. */
  #blockedAt = 0;
  #onDrained: (() => void) | null = null;

  constructor(
    feed: Feed,
    rendering: Rendering,
    live: LiveViewer,
    { session, outlet }: { session: Session; outlet: Outlet },
  ) {
    this.feed = feed;
    this.rendering = rendering;
    this.live = live;
    this.#session = session;
    this.#outlet = outlet;
    outlet.onReady = () => this.#flush();
  }

  /** From here on a resumption is complete. */
  begin(epoch: string, position: number): void {
    this.#epoch = epoch;
    this.position = position;
    this.#written = position;
  }

  get hasBegun(): boolean {
    return this.#written !== null;
  }

  /** @returns false once the stream is over */
  push(frame: Frame, position: number, now = processNow()): boolean {
    if (this.ended) return false;
    if (this.#session.expiresAt <= now) return this.end('UNAUTHENTICATED');
    if (frame.failure) return this.#finish(frame.failure);
    this.lastPushAt = now;
    if (this.#isReady) {
      this.#write({ frame, position });
      return true;
    }
    this.#queue.push({ frame, position });
    this.#queuedBytes += frame.bytes.length;
    if (this.#queue.length > QUEUE_EVENTS || this.#queuedBytes > QUEUE_BYTES) return this.end('OVERFLOW');
    return true;
  }

  /** Resolves once nothing waits, or the stream is over. */
  drained(): Promise<void> {
    if (this.ended || this.#isReady) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onDrained = resolve;
    });
  }

  get isExpired(): boolean {
    return this.#session.expiresAt <= processNow();
  }

  /** Nothing waits for the reader. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Half of what may wait is waiting, and the reader has not been still for long: a little patience helps. */
  get isPressed(): boolean {
    const isFull = this.#queue.length > QUEUE_EVENTS / 2 || this.#queuedBytes > QUEUE_BYTES / 2;
    return !this.ended && isFull && performance.now() - this.#blockedAt < PATIENCE;
  }

  /** With the cursor to go on from, wherever there is one. */
  end(reason: StreamEnd): false {
    const [epoch, position] = [this.#epoch, this.#written];
    const cursor = position === null ? {} : { cursor: encodeCursor({ epoch, position }) };
    return this.#finish(new StreamEndedError(reason, cursor), reason);
  }

  fail(error: Error): void {
    this.#finish(error);
  }

  complete(): void {
    this.#finish(null);
  }

  /** The subscriber wants no more: nobody is told. */
  stop(reason: StreamEnd | null = null): void {
    if (this.ended) return;
    this.ended = true;
    this.#queue = [];
    this.#onDrained?.();
    this.onEnd(reason);
  }

  #finish(error: Error | null, reason: StreamEnd | null = null): false {
    if (this.ended) return false;
    this.stop(reason);
    this.#outlet.finish(error);
    return false;
  }

  #write({ frame, position }: Waiting): void {
    this.#isReady = this.#outlet.write(frame);
    if (!this.#isReady) this.#blockedAt = performance.now();
    if (this.#written !== null) this.#written = position;
  }

  #flush(): void {
    if (this.ended) return;
    this.#isReady = true;
    while (this.#isReady) {
      const next = this.#queue.shift();
      if (!next) break;
      this.#queuedBytes -= next.frame.bytes.length;
      this.#write(next);
    }
    if (!this.#isReady) return;
    this.#onDrained?.();
    this.#onDrained = null;
  }
}
