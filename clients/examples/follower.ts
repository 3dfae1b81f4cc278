/** What does one person see of what happens? A live stream, kept and told as it comes. */
import type { AssignmentEventsSubscription, AssignmentEventType, Portcullis } from '../typescript/portcullis.ts';

export type AssignmentEvent = AssignmentEventsSubscription['assignmentEvents'];

const PATIENCE_MILLISECONDS = 10_000;

export interface FollowerOptions {
  readonly portcullis: Portcullis;
  /** Follow what comes behind it: nothing is missed, however long the stream takes to open. */
  readonly after: string;
  /** Told of each event as it arrives. */
  readonly onEvent: (event: AssignmentEvent) => void;
}

export class Follower {
  /** In the order of arrival. */
  readonly seen: AssignmentEvent[] = [];
  readonly #stream: ReturnType<Portcullis['live']['assignmentEvents']>;
  #news = Promise.withResolvers<void>();
  #failure: unknown = null;

  constructor({ portcullis, after, onEvent }: FollowerOptions) {
    this.#stream = portcullis.live.assignmentEvents({ after });
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
    for await (const { assignmentEvents: event } of this.#stream) {
      this.seen.push(event);
      onEvent(event);
      this.#tell();
    }
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}
