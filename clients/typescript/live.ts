/** How does a stream outlive its connections? It is opened again behind the last item that it had, and says so when that cannot be. */
import { connectionError, PortcullisError } from './error.ts';
import type { Request } from './http.ts';
import { pause } from './pause.ts';
import { Queue, returnable } from './queue.ts';
import type { Channel, Transport } from './transport.ts';

/** Where a stream may have missed something. */
export interface Gap {
  /**
   * `CURSOR_TOO_OLD`: the gateway no longer keeps what followed. `OTHER_EPOCH`: its log is another one, as after a restored
   * backup. `SNAPSHOT_RESTARTED`: the connection was lost amid the snapshot, and its rows come again from the first.
   */
  readonly reason: 'CURSOR_TOO_OLD' | 'OTHER_EPOCH' | 'SNAPSHOT_RESTARTED';
  /** Behind which the stream goes on; null when it goes on with a new snapshot. */
  readonly cursor: string | null;
  /** Up to which nothing was missed; null when the stream had come nowhere. */
  readonly lastCursor: string | null;
}

/** Up to here the stream is complete, and this was the time at the gateway. */
export interface Heartbeat {
  readonly position: number;
  readonly cursor: string;
  readonly at: string;
}

/** `waiting`: for the next attempt, or for the consumer to make room. */
export type LiveState = 'connecting' | 'live' | 'waiting';

export interface LiveOptions {
  /** Aborted, the stream ends. */
  readonly signal?: AbortSignal;
  /**
   * Called between the items before the gap and those after it; what it promises is waited for. The stream goes on with a new
   * snapshot if it began with one, and otherwise behind the gap. Without it a gap ends the stream with a PortcullisError.
   */
  readonly onGap?: (gap: Gap) => void | Promise<void>;
  /** Called in its place between the items: about every ten seconds without one. */
  readonly onHeartbeat?: (heartbeat: Heartbeat) => void;
  /** Called at once, whatever waits to be read; with the reason where there is one. */
  readonly onState?: (state: LiveState, reason: PortcullisError | null) => void;
  /** Attempts in a row that bring no item, after which the stream ends with the last error. Default: no limit. */
  readonly retries?: number;
  /** The first pause is a random part of this; each further one of twice as much. Default 250. */
  readonly firstPauseMilliseconds?: number;
  /** Default 10,000. */
  readonly longestPauseMilliseconds?: number;
  /** No item and no heartbeat for so long is a lost connection. Default 30,000: three heartbeats of a gateway by default. */
  readonly silenceMilliseconds?: number;
  /** So many items wait to be read; then the stream is left until half of them have been, and resumed. Default 10,000. */
  readonly waitingItems?: number;
}

/** What streams are made of. */
export interface Source {
  readonly transport: Transport;
  /** Whether asking for the token again may bring another one. */
  readonly renewable: boolean;
  /** The cursor at which the log ends now. */
  readonly end: (signal: AbortSignal) => Promise<string>;
}

/** What the SDK needs to know of every item of every stream. */
interface Item {
  readonly kind?: 'EVENT' | 'SNAPSHOT' | 'SNAPSHOT_COMPLETE' | 'HEARTBEAT';
  readonly position: number;
  readonly cursor: string;
  readonly at: string;
}

type Entry = { readonly data: unknown } | { readonly heartbeat: Heartbeat } | { readonly gap: Gap };

const DEFAULTS = {
  retries: Number.POSITIVE_INFINITY,
  firstPauseMilliseconds: 250,
  longestPauseMilliseconds: 10_000,
  silenceMilliseconds: 30_000,
  waitingItems: 10_000,
};
/** Of tokens in a row, each asked for anew: then there is none that the gateway accepts. */
const REFUSED_TOKENS = 3;
/** The stream, or the one behind a gap, can be had by asking again. */
const PASSING = [
  ...['CONNECTION_FAILED', 'TOKEN_FAILED', 'GATEWAY_STOPPING', 'RESYNC_REQUIRED', 'INTERNAL_SERVER_ERROR'],
  'BUDGET_EXHAUSTED',
];
/** Of an answer that is not the gateway's, but of what stands before it. */
const PASSING_STATUS = [408, 429, 500, 502, 503, 504];

/** Starts at once and keeps what arrives until it is asked for. */
export function follow(
  source: Source,
  request: Request,
  options: LiveOptions,
): AsyncIterableIterator<unknown, undefined> {
  const stream = new Stream(source, request, options);
  return returnable(stream.read(), () => stream.stop());
}

class Stream {
  readonly #source: Source;
  readonly #request: Request;
  readonly #options: LiveOptions & typeof DEFAULTS;
  readonly #place: Place;
  readonly #entries = new Queue<Entry>();
  readonly #stopped = new AbortController();
  #hasHadItems = false;
  /** Attempts in a row without an item. */
  #failures = 0;
  /** Tokens in a row that were not accepted. */
  #refused = 0;

  constructor(source: Source, request: Request, options: LiveOptions) {
    this.#source = source;
    this.#request = request;
    this.#options = { ...DEFAULTS, ...options };
    this.#place = new Place(request.variables);
    options.signal?.addEventListener('abort', () => this.stop(), { once: true });
    if (options.signal?.aborted) this.stop();
    this.#run().then(
      () => this.#entries.end(),
      (error) => this.#entries.end(error),
    );
  }

  stop(): void {
    this.#stopped.abort();
    this.#entries.clear();
  }

  async *read(): AsyncGenerator<unknown, undefined, undefined> {
    const { onGap, onHeartbeat } = this.#options;
    try {
      for await (const entry of this.#entries.read()) {
        if ('gap' in entry) await onGap?.(entry.gap);
        else if ('heartbeat' in entry) onHeartbeat?.(entry.heartbeat);
        else yield entry.data;
      }
    } finally {
      this.stop();
    }
  }

  async #run(): Promise<void> {
    const { waitingItems, onState } = this.#options;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      if (this.#entries.size >= waitingItems) onState?.('waiting', null);
      await this.#entries.below(Math.max(1, waitingItems / 2));
      const failure = await this.#attempt();
      if (signal.aborted || failure === 'COMPLETE') return;
      if (failure !== 'FULL') await this.#recover(failure);
    }
  }

  /** One connection's worth. @returns why it is over */
  async #attempt(): Promise<'COMPLETE' | 'FULL' | PortcullisError> {
    this.#options.onState?.('connecting', null);
    let channel: Channel | null = null;
    const leave = () => channel?.items.return?.();
    const silence = new Silence(this.#options.silenceMilliseconds, (error) => channel?.drop(error));
    this.#stopped.signal.addEventListener('abort', leave);
    try {
      await this.#begin();
      channel = this.#source.transport.open(this.#place.request(this.#request), () => this.#isOpen());
      for await (const data of channel.items) {
        silence.isBroken();
        this.#accept(data);
        if (this.#isFull) return 'FULL';
      }
      return 'COMPLETE';
    } catch (error) {
      if (!(error instanceof PortcullisError)) throw error;
      // What shares the connection has lost it too, or is about to.
      if (error.code === 'UNAUTHENTICATED' || error.code === 'GATEWAY_STOPPING') channel?.drop(error);
      return error;
    } finally {
      silence.end();
      this.#stopped.signal.removeEventListener('abort', leave);
    }
  }

  /** From now on means from the moment the program said so: what happens while no stream is open yet is not lost. */
  async #begin(): Promise<void> {
    if (!this.#place.isNowhere) return;
    const { silenceMilliseconds } = this.#options;
    const patience = AbortSignal.timeout(silenceMilliseconds);
    try {
      const cursor = await this.#source.end(AbortSignal.any([this.#stopped.signal, patience]));
      this.#place.goTo(cursor);
    } catch (cause) {
      if (cause instanceof PortcullisError) throw cause;
      throw connectionError('CONNECTION_FAILED', 'The gateway does not say where the log ends.', { cause });
    }
  }

  #isOpen(): void {
    this.#refused = 0;
    this.#options.onState?.('live', null);
  }

  #accept(data: unknown): void {
    this.#failures = 0;
    this.#hasHadItems = true;
    const [item] = Object.values(data as Record<string, Item>) as [Item];
    const isNews = this.#place.reach(item);
    if (item.kind !== 'HEARTBEAT') {
      if (isNews) this.#entries.push({ data });
    } else if (isNews) {
      const { position, cursor, at } = item;
      // One says all that those before it said: a consumer that does not read gathers no more than that.
      this.#entries.replaceLast({ heartbeat: { position, cursor, at } }, (last) => 'heartbeat' in last);
    }
  }

  /** A snapshot is kept whole: resumed, it would begin anew. */
  get #isFull(): boolean {
    return this.#entries.size >= this.#options.waitingItems && !this.#place.isInSnapshot;
  }

  /** Prepares the next attempt and waits for its time. @throws the failure when there is to be none */
  async #recover(failure: PortcullisError): Promise<void> {
    const { retries, onGap, onState } = this.#options;
    const gap = this.#place.gapBy(failure);
    if (!this.#isPassing(failure) || (gap && !onGap) || ++this.#failures > retries) throw failure;
    if (gap) {
      this.#entries.push({ gap });
      this.#place.pass(gap);
    }
    onState?.('waiting', failure);
    await this.#pause();
  }

  #isPassing(failure: PortcullisError): boolean {
    const { code, status } = failure;
    if (code === 'UNAUTHENTICATED') return this.#source.renewable && ++this.#refused < REFUSED_TOKENS;
    // Of a stream that is resumed, the lost connection may still be counted.
    if (code === 'TOO_MANY_SUBSCRIPTIONS') return this.#hasHadItems;
    return PASSING.includes(code) || PASSING_STATUS.includes(status ?? 0);
  }

  /** Exponential, with full jitter: after a restart the clients of a gateway do not all come back at once. */
  async #pause(): Promise<void> {
    const { firstPauseMilliseconds: first, longestPauseMilliseconds: longest } = this.#options;
    await pause(Math.random() * Math.min(longest, first * 2 ** (this.#failures - 1)), this.#stopped.signal);
  }
}

const isOverflow = ({ code, errors }: PortcullisError) =>
  code === 'RESYNC_REQUIRED' && errors[0]?.extensions?.reason === 'OVERFLOW';

/** How far a stream has come, and so where its next connection begins. */
class Place {
  readonly #startsWithSnapshot: boolean;
  #cursor: string | null;
  /** Of the last item. A cursor does not tell its own. */
  #position = Number.NEGATIVE_INFINITY;
  #rows = 0;
  isInSnapshot: boolean;

  constructor({ after, snapshot }: Request['variables']) {
    this.#startsWithSnapshot = snapshot === true;
    this.isInSnapshot = this.#startsWithSnapshot;
    this.#cursor = typeof after === 'string' ? after : null;
  }

  get isNowhere(): boolean {
    return this.#cursor === null && !this.isInSnapshot;
  }

  goTo(cursor: string): void {
    this.#cursor = cursor;
  }

  request({ documentId, variables }: Request): Request {
    const start = this.isInSnapshot ? {} : { after: this.#cursor, snapshot: false };
    return { documentId, variables: { ...variables, ...start, heartbeats: true } };
  }

  /** @returns whether the item says something that was not known yet */
  reach({ kind, position, cursor }: Item): boolean {
    if (kind === 'SNAPSHOT') this.#rows++;
    if (kind === 'SNAPSHOT_COMPLETE') this.isInSnapshot = false;
    if (this.isInSnapshot) return kind !== 'HEARTBEAT';
    // A heartbeat may repeat the position of the last event; an event never does.
    if (kind === 'HEARTBEAT' ? position < this.#position : position <= this.#position) return false;
    this.#position = position;
    this.#cursor = cursor;
    return true;
  }

  /** Null when the stream can go on without one, or not at all. */
  gapBy(failure: PortcullisError): Gap | null {
    const lastCursor = this.#cursor;
    const { reason, cursor } = failure.errors[0]?.extensions ?? {};
    if (failure.code === 'RESYNC_REQUIRED' && !isOverflow(failure)) {
      return { reason: reason as Gap['reason'], cursor: (cursor as string | undefined) ?? null, lastCursor };
    }
    const isCut = this.isInSnapshot && this.#rows > 0;
    return isCut ? { reason: 'SNAPSHOT_RESTARTED', cursor: null, lastCursor } : null;
  }

  pass({ cursor }: Gap): void {
    this.#position = Number.NEGATIVE_INFINITY;
    this.#rows = 0;
    this.isInSnapshot = this.#startsWithSnapshot;
    this.#cursor = cursor;
  }
}

/** Tells when nothing is heard any more: a connection that breaks without a word is open for ever. */
class Silence {
  #heardAt = performance.now();
  #timer: ReturnType<typeof setTimeout>;

  constructor(milliseconds: number, onSilence: (error: PortcullisError) => void) {
    const look = () => {
      const left = this.#heardAt + milliseconds - performance.now();
      if (left > 0) this.#timer = setTimeout(look, left);
      else onSilence(connectionError('CONNECTION_FAILED', `Nothing was heard for ${milliseconds / 1000} s.`));
    };
    this.#timer = setTimeout(look, milliseconds);
  }

  isBroken(): void {
    this.#heardAt = performance.now();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
