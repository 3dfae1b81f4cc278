/**
 * How do many gateways hear that the log has grown, if not by PostgreSQL's notifications? By a channel of a Redis. What it
 * carries is a hint and nothing else: without it every gateway looks each second, so that it may go and come as it likes.
 */
import type { RedisClientType } from '@redis/client';

export interface WakeUps {
  /** Tells every gateway. For the leader, once a batch is committed. */
  announce(): void;
  /** Calls back for every announcement, and whenever one may have been missed. */
  onWake(listener: () => void): void;
  close(): Promise<void>;
}

/** Of several logs that share a Redis each hears the others' as well: one look too many, and nothing is found. */
export const WAKE_UPS_CHANNEL = 'portcullis:positions';

const RECONNECT_INTERVAL = 500;
/** A Redis that is silent without being gone is asked this often, and given up on, in milliseconds. */
const PING_INTERVAL = 2_000;
const SILENCE = 5_000;
/** Announcements that may wait for an answer. */
const UNANSWERED = 100;

/** Does not wait for the Redis. @param onChange told in one sentence when it goes and when it comes */
export async function connectWakeUps(url: string, onChange: (sentence: string) => void): Promise<WakeUps> {
  // Loaded by those alone who use it.
  const { createClient } = await import('@redis/client');
  const create = (): RedisClientType =>
    createClient({
      url,
      name: 'portcullis',
      socket: { reconnectStrategy: () => RECONNECT_INTERVAL, connectTimeout: SILENCE, socketTimeout: SILENCE },
      pingInterval: PING_INTERVAL,
      commandsQueueMaxLength: UNANSWERED,
    }) as RedisClientType;
  return new RedisWakeUps(create(), create(), onChange);
}

/** Whoever subscribes on a connection can say nothing else on it: there are two. */
class RedisWakeUps implements WakeUps {
  readonly #publisher: RedisClientType;
  readonly #subscriber: RedisClientType;
  readonly #onChange: (sentence: string) => void;
  #isAway = false;
  #wake: () => void = () => undefined;

  constructor(publisher: RedisClientType, subscriber: RedisClientType, onChange: (sentence: string) => void) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#onChange = onChange;
    for (const client of [publisher, subscriber]) {
      client.on('error', (error) => this.#lost(error));
      client.on('ready', () => this.#back());
      // Goes on until it succeeds: what fails on the way is told as an event.
      client.connect().catch(() => undefined);
    }
    subscriber.subscribe(WAKE_UPS_CHANNEL, () => this.#wake()).catch(() => undefined);
  }

  announce(): void {
    // To nobody, rather than later: by then everybody has looked.
    if (this.#publisher.isReady) this.#publisher.publish(WAKE_UPS_CHANNEL, '').catch(() => undefined);
  }

  onWake(listener: () => void): void {
    this.#wake = listener;
  }

  close(): Promise<void> {
    for (const client of [this.#publisher, this.#subscriber]) if (client.isOpen) client.destroy();
    return Promise.resolve();
  }

  #lost(error: unknown): void {
    if (this.#isAway) return;
    this.#isAway = true;
    this.#onChange(`Redis is not there (${reasonOf(error)}): until it is, every gateway looks for events each second.`);
  }

  #back(): void {
    if (!this.#publisher.isReady || !this.#subscriber.isReady) return;
    this.#wake();
    if (this.#isAway) this.#onChange('Redis is there again: it wakes the gateways from now on.');
    this.#isAway = false;
  }
}

/** Its code, or the first word of what Redis answered, such as WRONGPASS: neither holds anything secret. */
function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code ?? /^\w+/.exec(message ?? '')?.[0] ?? 'no reason given';
}
