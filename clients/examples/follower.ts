/** What does one person see of what happens? A live stream, kept and told as it comes. */
import type { AssignmentEventsSubscription, AssignmentEventType } from '../typescript/portcullis.ts';

export type AssignmentEvent = AssignmentEventsSubscription['assignmentEvents'];

/** `assignmentEvents`, `myAccess` or `requestProgress`: by that name each item has its event. */
type Stream = AsyncIterableIterator<{ readonly [name: string]: AssignmentEvent }, undefined>;

const PATIENCE_MILLISECONDS = 10_000;

export interface FollowerOptions {
  readonly stream: Stream;
  /** Told of each event as it arrives. */
  readonly onEvent: (event: AssignmentEvent) => void;
}

export class Follower {
  /** In the order of arrival. */
  readonly seen: AssignmentEvent[] = [];
  readonly #stream: Stream;
  #news = Promise.withResolvers<void>();
  #failure: unknown = null;

  constructor({ stream, onEvent }: FollowerOptions) {
    this.#stream = stream;
    this.#follow(onEvent).catch((error) => {
      this.#failure = error;
      this.#tell();
    });
  }

  /** The event, which may have come already. @throws when it does not come within ten seconds, or the stream ends */
  async expect(type: AssignmentEventType, about: (event: AssignmentEvent) => boolean): Promise<AssignmentEvent> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#tell();
    }, PATIENCE_MILLISECONDS);
    try {
      for (;;) {
        this.check();
        const found = this.seen.find((event) => event.type === type && about(event));
        if (found) return found;
        if (late) throw new Error(`waited ${PATIENCE_MILLISECONDS / 1000} s for ${type}`);
        await this.#news.promise;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** @throws when the stream is over or its order is wrong */
  check(): void {
    if (this.#failure !== null) throw this.#failure;
    const positions = this.seen.map(({ position }) => position);
    if (positions.some((position, index) => position <= (positions[index - 1] ?? 0))) {
      throw new Error(`events arrived out of order: ${positions.join(', ')}`);
    }
  }

  async stop(): Promise<void> {
    await this.#stream.return?.();
  }

  async #follow(onEvent: FollowerOptions['onEvent']): Promise<void> {
    for await (const item of this.#stream) {
      for (const event of Object.values(item)) {
        this.seen.push(event);
        onEvent(event);
      }
      this.#tell();
    }
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}
