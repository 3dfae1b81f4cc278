/** Who is told of each event? One reader of the log for the whole process, and from it to every subscription. */
import { setImmediate } from 'node:timers/promises';
import { processNow } from '../clock.ts';
import { type Audience, concerns, isChosen, showsByPowers, takesPart } from '../decision/event.ts';
import type { Viewer } from '../decision/powers.ts';
import { type Database, type Sql, sqlOf } from '../store/database.ts';
import { type EventRow, logMoment, oldestReplayable, readEvents } from '../store/event.ts';
import { instant } from '../store/transaction.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { Entry, type Frame, Moment, type Rendering } from './frame.ts';
import { type Feed, type ItemKind, type StreamEnd, StreamEndedError, type StreamItem } from './item.ts';
import { Recent } from './recent.ts';
import { readSnapshot } from './snapshot.ts';
import { type Outlet, type Session, Subscriber } from './subscriber.ts';
import type { Tail } from './tail.ts';
import { type LiveViewer, type Loss, Viewers } from './viewers.ts';

/** Events read at a time, and rows of a snapshot put into words: few enough for a reader who keeps up to take them all. */
const BATCH = 64;
/** Events that a subscription which catches up is given at a time, and how long what they say may be given, in milliseconds. */
const PAGE = 64;
const PAGE_HOLDS = 500;
/** So few events may be missing when a subscription joins the others, who wait meanwhile. */
const JOINABLE = 64;
/** Rights, tokens and silence are looked at this often, in milliseconds, also when nothing happens. */
const SWEEP_INTERVAL = 1_000;
const RETRY_INTERVAL = 500;
/** Milliseconds of rest between two batches at most. */
const BREATH = 20;
/** Milliseconds for which events are kept in mind for whoever was cut off, though nobody is left who listens. */
const COMEBACK = 60_000;
/** Positions that one statement looks through for somebody who may see few of the events there. */
const SCAN = 20_000;
/** One's own access, and what one is asked to decide, is one's to follow whatever one may view beside it. */
const ALWAYS_OWN: readonly Audience['kind'][] = ['OWN_ACCESS', 'APPROVALS', 'BULK_OPERATION'];
/** Whose events the predicate for access says nothing about. */
const NOT_ACCESS: readonly Audience['kind'][] = ['POLICIES', 'AUDIT'];

export interface HubOptions {
  readonly database: Database;
  readonly tail: Tail;
  /** Of one principal, on this gateway. */
  readonly subscriptionsPerPrincipal: number;
  /** A stream that asks for heartbeats is silent for so long at most. */
  readonly heartbeatSeconds: number;
  readonly onFault: (error: unknown) => void;
}

export interface Opening {
  readonly feed: Feed;
  readonly rendering: Rendering;
  readonly session: Session;
  readonly outlet: Outlet;
}

/** Subscriptions that want the same events in the same words. */
interface Group {
  readonly rendering: Rendering;
  readonly feed: Feed;
  readonly members: Map<LiveViewer, Set<Subscriber>>;
}

export interface StreamCounts {
  subscriptions: number;
  deliveries: number;
  overflows: number;
}

export class Hub {
  readonly counts: StreamCounts = { subscriptions: 0, deliveries: 0, overflows: 0 };
  readonly #options: HubOptions;
  readonly #viewers: Viewers;
  readonly #subscribers = new Set<Subscriber>();
  readonly #groups = new Map<string, Group>();
  /** Documents that show something of the viewer's own. */
  readonly #personalRenderings = new Set<string>();
  readonly #stopped = new AbortController();
  readonly #sweeper: NodeJS.Timeout;
  /** Events that have been handed to those who had joined by then. */
  readonly #recent: Recent;
  /** When the last subscription ended, by performance.now(); to begin with, as if those of the gateway before had. */
  #leftAt = performance.now();
  #epoch: string;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #running: Promise<void>;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#recent = new Recent(options.tail.position);
    this.#epoch = options.tail.epoch;
    this.#viewers = new Viewers(this.#db, (live, loss) => this.#lose(live, loss));
    this.#sweeper = setInterval(() => void this.#sweep(), SWEEP_INTERVAL);
    this.#running = this.#run();
  }

  /** @returns what ends it without a word */
  open(opening: Opening): () => void {
    const subscriber = this.#admit(opening);
    if (subscriber === null) return () => undefined;
    this.#begin(subscriber).catch((error) => {
      if (!(error instanceof StreamEndedError)) this.#options.onFault(error);
      subscriber.fail(error);
    });
    return () => subscriber.stop();
  }

  /** Of a principal that has subscriptions: as of the last event, and never older than a second. */
  viewer(principalId: string, applicationPermissions: readonly string[]): Viewer | null {
    return this.#viewers.find(principalId, applicationPermissions);
  }

  /** The principal is disabled or deleted: at once, and not at the next look. */
  expel(principalId: string): void {
    for (const subscriber of [...this.#subscribers]) {
      if (subscriber.live.viewer.id === principalId) subscriber.end('PRINCIPAL_DISABLED');
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#stopped.abort();
    for (const subscriber of this.#subscribers) subscriber.end('GATEWAY_STOPPING');
    await this.#running;
  }

  readonly #db = (): Sql => sqlOf(this.#options.database);

  /** Null: it has been told why not. */
  #admit({ feed, rendering, session, outlet }: Opening): Subscriber | null {
    const limit = this.#options.subscriptionsPerPrincipal;
    const refusal = this.#stopped.signal.aborted
      ? new StreamEndedError('GATEWAY_STOPPING')
      : this.#viewers.subscriptionsOf(feed.viewer.id) >= limit
        ? new StreamEndedError('TOO_MANY_SUBSCRIPTIONS', { limit })
        : null;
    if (refusal) {
      outlet.finish(refusal);
      return null;
    }
    const subscriber = new Subscriber(feed, rendering, this.#viewers.claim(feed.viewer), { session, outlet });
    subscriber.onEnd = (reason) => this.#leave(subscriber, reason);
    this.#subscribers.add(subscriber);
    this.counts.subscriptions++;
    return subscriber;
  }

  async #begin(subscriber: Subscriber): Promise<void> {
    const { feed, live } = subscriber;
    const from = this.#options.tail.position;
    await this.#viewers.settle(live);
    if (feed.snapshot) await this.#snapshot(subscriber);
    else subscriber.begin(this.#epoch, feed.after === null ? from : await this.#after(feed.after, feed));
    await this.#catchUp(subscriber);
  }

  #leave(subscriber: Subscriber, reason: StreamEnd | null): void {
    this.#subscribers.delete(subscriber);
    this.#leftAt = performance.now();
    this.counts.subscriptions--;
    if (reason === 'OVERFLOW') this.counts.overflows++;
    const key = groupKey(subscriber);
    const group = this.#groups.get(key);
    const members = group?.members.get(subscriber.live);
    if (members?.delete(subscriber) && members.size === 0) group?.members.delete(subscriber.live);
    if (group?.members.size === 0) this.#groups.delete(key);
    this.#viewers.leave(subscriber.live);
  }

  #lose(live: LiveViewer, loss: Loss): void {
    for (const subscriber of [...this.#subscribers]) {
      if (subscriber.live !== live) continue;
      const { feed } = subscriber;
      if (loss === 'RIGHTS_LOST' && feed.isStillVisible) {
        feed
          .isStillVisible(this.#db(), live.viewer)
          .then((isVisible) => isVisible || subscriber.end(loss))
          .catch(this.#options.onFault);
      } else if (loss === 'PRINCIPAL_DISABLED' || !ALWAYS_OWN.includes(feed.audience.kind)) subscriber.end(loss);
    }
  }

  /** Where a stream goes on that was cut off. @throws StreamEndedError */
  async #after(text: string, { audience }: Feed): Promise<number> {
    const cursor = decodeCursor(text);
    if (cursor === null) throw new StreamEndedError('BAD_CURSOR');
    const { epoch, position } = cursor;
    if (epoch === this.#epoch && position <= this.#recent.position && this.#recent.covers(position)) return position;
    // A cursor that comes straight from the log, or from another gateway, may be ahead of what this one has heard.
    const head = await logMoment(this.#db());
    const cursorAt = (at: number) => ({ cursor: encodeCursor({ epoch: head.epoch, position: at }) });
    if (epoch !== head.epoch || epoch !== this.#epoch || position > Number(head.position)) {
      throw new StreamEndedError('OTHER_EPOCH', cursorAt(Number(head.position)));
    }
    // The audit is replayed as long as it is kept.
    const oldest = Number(audience.kind === 'AUDIT' ? head.oldest : await oldestReplayable(this.#db()));
    if (position < oldest) throw new StreamEndedError('CURSOR_TOO_OLD', cursorAt(oldest));
    return position;
  }

  async #snapshot(subscriber: Subscriber): Promise<void> {
    const { feed, live, rendering } = subscriber;
    const { rows, position, epoch, contained, at } = await readSnapshot(this.#options.database, feed, live.viewer);
    const item = (kind: ItemKind, row: unknown): StreamItem => ({
      ...{ kind, position, row, at, cursor: encodeCursor({ epoch, position }), event: null },
    });
    const items = rows.map((row) => item('SNAPSHOT', row));
    for (let start = 0; start < items.length; start += BATCH) {
      const moment = new Moment();
      const frames = items.slice(start, start + BATCH).map((each) => new Entry(each).personal(rendering, live, moment));
      for (const frame of frames) {
        await subscriber.drained();
        if (!subscriber.push(await frame, position)) return;
      }
    }
    subscriber.skipped = contained;
    await subscriber.drained();
    subscriber.push(await new Entry(item('SNAPSHOT_COMPLETE', null)).personal(rendering, live, new Moment()), position);
    subscriber.begin(epoch, position);
  }

  /** From the log, as fast as the subscriber reads, until it may join the others. */
  async #catchUp(subscriber: Subscriber): Promise<void> {
    while (!subscriber.ended && !(await this.#exclusively(() => this.#join(subscriber)))) {
      const { entries, upTo } = await this.#missing(subscriber);
      if (await this.#handOver(entries, subscriber)) subscriber.position = Math.max(subscriber.position, upTo);
      await subscriber.drained();
    }
  }

  /** A page of what lies between a subscriber and the others. */
  async #missing({ position, feed, live }: Subscriber): Promise<{ entries: readonly Entry[]; upTo: number }> {
    if (this.#recent.covers(position)) {
      const entries = this.#recent.since(position).slice(0, PAGE);
      return { entries, upTo: entries.at(-1)?.item.position ?? position };
    }
    const upTo = Math.min(position + SCAN, this.#recent.position);
    const { audience, filter } = feed;
    const requestId = audience.kind === 'REQUEST' ? audience.requestId : null;
    const viewer = NOT_ACCESS.includes(audience.kind) ? null : live.viewer;
    const rows = await readEvents(this.#db(), { after: position, upTo, limit: PAGE }, { filter, viewer, requestId });
    const last = rows.length === PAGE ? (rows.at(-1) as EventRow).position : upTo;
    return { entries: rows.map((row) => this.#entry(row)), upTo: last };
  }

  /** @returns false when the reader was so slow that what is left has to be judged again */
  async #handOver(entries: readonly Entry[], subscriber: Subscriber): Promise<boolean> {
    const [moment, begunAt] = [new Moment(), performance.now()];
    const frames = entries.map((entry) => this.#frameFor(entry, subscriber, moment));
    for (const [index, entry] of entries.entries()) {
      const frame = await frames[index];
      await subscriber.drained();
      if (performance.now() - begunAt > PAGE_HOLDS && index > 0) return false;
      if (frame) this.#push(frame, entry, subscriber);
      subscriber.position = Math.max(subscriber.position, entry.item.position);
    }
    return true;
  }

  /** @returns false when too much is missing for the others to wait */
  async #join(subscriber: Subscriber): Promise<boolean> {
    if (subscriber.ended) return true;
    const missing = this.#recent.since(subscriber.position);
    if (!this.#recent.covers(subscriber.position) || missing.length > JOINABLE || !subscriber.isReady) return false;
    const moment = new Moment();
    for (const entry of missing) {
      const frame = await this.#frameFor(entry, subscriber, moment);
      if (!subscriber.isReady) return subscriber.ended;
      if (frame) this.#push(frame, entry, subscriber);
      subscriber.position = entry.item.position;
    }
    if (subscriber.ended) return true;
    subscriber.position = Math.max(subscriber.position, this.#recent.position);
    const key = groupKey(subscriber);
    const { rendering, feed, live } = subscriber;
    const group = this.#groups.get(key) ?? { rendering, feed, members: new Map() };
    this.#groups.set(key, group);
    subscriber.isMember = true;
    group.members.set(live, (group.members.get(live) ?? new Set()).add(subscriber));
    this.#endIfOver(subscriber);
    return true;
  }

  /** Null when the subscriber is not to be told. */
  async #frameFor(
    entry: Entry,
    { feed, live, rendering }: Pick<Subscriber, 'feed' | 'live' | 'rendering'>,
    moment: Moment,
  ): Promise<Frame | null> {
    const event = entry.item.event as EventRow;
    if (!isChosen(feed.filter, event)) return null;
    const how = this.#howTold(feed, live, event, rendering);
    if (how === null) return null;
    const shared = how === 'shared' ? await entry.shared(rendering, live, moment) : null;
    if (how === 'shared' && shared === null) this.#notePersonal(rendering.key);
    return shared ?? entry.personal(rendering, live, moment);
  }

  #push(frame: Frame, { item: { position, event } }: Entry, subscriber: Subscriber): void {
    if (subscriber.skipped.has((event as EventRow).id)) return;
    if (subscriber.push(frame, position)) this.counts.deliveries++;
  }

  /** As many as the server keeps in mind; whichever is forgotten is noticed again. */
  #notePersonal(key: string): void {
    if (this.#personalRenderings.size >= 1_000) this.#personalRenderings.clear();
    this.#personalRenderings.add(key);
  }

  /** Null: not at all. */
  #howTold({ audience }: Feed, { viewer }: LiveViewer, event: EventRow, { key }: Rendering) {
    const isPart = takesPart(viewer, event);
    const shows = showsByPowers(audience, viewer.powers, event);
    if (!shows && !concerns(audience, viewer, event)) return null;
    return shows && !isPart && !this.#personalRenderings.has(key) ? 'shared' : 'personal';
  }

  #entry(event: EventRow): Entry {
    const cursor = encodeCursor({ epoch: this.#epoch, position: event.position });
    const { position } = event;
    return new Entry({ kind: 'EVENT', position, cursor, at: instant(event.at), event, row: null });
  }

  async #run(): Promise<void> {
    const { tail, onFault } = this.#options;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await tail.after(this.#recent.position, AbortSignal.any([signal, AbortSignal.timeout(SWEEP_INTERVAL)]));
      if (signal.aborted) return;
      try {
        if (tail.epoch !== this.#epoch) this.#restart();
        else if (tail.position > this.#recent.position) await this.#breathe(() => this.#advance(tail.position), signal);
      } catch (error) {
        onFault(error);
        await pause(RETRY_INTERVAL, signal);
      }
    }
  }

  /** Rests as long as it worked, within a bound: what comes meanwhile leaves together, and the processor is not ours alone. */
  async #breathe(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const begunAt = performance.now();
    await work();
    const worked = performance.now() - begunAt;
    if (worked > 2) await pause(Math.min(worked, BREATH), signal);
  }

  /** The log is another one: no position means what it meant. */
  #restart(): void {
    const { epoch, position } = this.#options.tail;
    for (const subscriber of [...this.#subscribers]) {
      subscriber.fail(new StreamEndedError('OTHER_EPOCH', { cursor: encodeCursor({ epoch, position }) }));
    }
    this.#epoch = epoch;
    this.#recent.restart(position);
  }

  /** Nobody listens, nor has anybody lately who may come back: whoever begins then reads the log. */
  #isDeserted(): boolean {
    return this.#subscribers.size === 0 && performance.now() - this.#leftAt > COMEBACK;
  }

  async #advance(upTo: number): Promise<void> {
    if (this.#isDeserted()) return this.#recent.restart(upTo);
    const rows = await readEvents(this.#db(), { after: this.#recent.position, upTo, limit: BATCH });
    // After the events, so that no right is older than what it shows.
    await this.#viewers.refreshFor(rows);
    const entries = rows.map((row) => this.#entry(row));
    await this.#exclusively(async () => {
      const reached = await this.#deliver(entries);
      this.#recent.add(entries);
      for (const subscriber of reached) this.#endIfOver(subscriber);
    });
  }

  /** @returns those told of something after which nothing more may come */
  /** @returns those of whom something may have come to its end */
  async #deliver(entries: readonly Entry[]): Promise<ReadonlySet<Subscriber>> {
    const moment = new Moment();
    // All are put into words at the same time, so that what they load is loaded together.
    const plans = [...this.#groups.values()].flatMap(({ rendering, feed, members }) => {
      const chosen = entries.filter(({ item }) => isChosen(feed.filter, item.event as EventRow));
      if (chosen.length === 0) return [];
      return [...members].map(([live, subscribers]) => {
        const frames = chosen.map((entry) => this.#frameFor(entry, { rendering, feed, live }, moment));
        return { subscribers, chosen, frames: Promise.all(frames) };
      });
    });
    const reached = new Set<Subscriber>();
    const patience = new Patience();
    for (const { subscribers, chosen, frames } of plans) {
      const made = await frames;
      if (made.every((frame) => frame === null)) continue;
      for (const subscriber of subscribers) {
        // One after the other, each all of theirs: what leaves together costs one system call.
        await this.#pushAll(subscriber, chosen, made, patience);
        if (subscriber.feed.isOver) reached.add(subscriber);
        await patience.turn();
      }
    }
    return reached;
  }

  async #pushAll(
    subscriber: Subscriber,
    entries: readonly Entry[],
    frames: readonly (Frame | null)[],
    patience: Patience,
  ): Promise<void> {
    const now = processNow();
    for (const [index, { item }] of entries.entries()) {
      const frame = frames[index];
      if (!frame || item.position <= subscriber.position) continue;
      if (subscriber.skipped.has((item.event as EventRow).id)) continue;
      if (subscriber.isPressed) await patience.waitFor(subscriber);
      if (!subscriber.push(frame, item.position, now)) return;
      this.counts.deliveries++;
    }
  }

  /** Nobody waits for it: the others have theirs to get. */
  #endIfOver(subscriber: Subscriber): void {
    const { feed, live } = subscriber;
    const position = Math.max(this.#recent.position, subscriber.position);
    feed
      .isOver?.(this.#db(), live.viewer, position)
      .then(async (isOver) => {
        if (!isOver) return;
        await subscriber.drained();
        subscriber.complete();
      })
      .catch(this.#options.onFault);
  }

  /** One after the other: who joins between two batches misses none and sees none twice. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #sweep(): Promise<void> {
    this.#recent.forgetFrames();
    for (const subscriber of [...this.#subscribers]) if (subscriber.isExpired) subscriber.end('UNAUTHENTICATED');
    try {
      await this.#viewers.refreshAll();
      await this.#exclusively(() => this.#beat());
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  /** Up to here nothing was missed: said to those who asked for it and have heard nothing for long. */
  async #beat(): Promise<void> {
    const now = processNow();
    const silentSince = now.getTime() - this.#options.heartbeatSeconds * 1000;
    const entries = new Map<number, Entry>();
    const moment = new Moment();
    for (const subscriber of this.#subscribers) {
      const { feed, rendering, live, hasBegun, isReady, lastPushAt } = subscriber;
      if (!feed.heartbeats || !hasBegun || !isReady || lastPushAt.getTime() > silentSince) continue;
      const position = subscriber.isMember ? this.#recent.position : subscriber.position;
      const cursor = encodeCursor({ epoch: this.#epoch, position });
      const entry =
        entries.get(position) ?? new Entry({ kind: 'HEARTBEAT', position, cursor, at: now, event: null, row: null });
      entries.set(position, entry);
      const shared = await entry.shared(rendering, live, moment);
      subscriber.push(shared ?? (await entry.personal(rendering, live, moment)), position);
    }
  }
}

/** Deliveries go on for so long, in milliseconds, before everything else has its turn. */
const TURN = 20;
/** Milliseconds of a batch that may be spent on readers of whom much waits. */
const PATIENCE = 100;

/** A burst is no reason to call a reader slow, nor to keep everything else waiting. */
class Patience {
  #begunAt = performance.now();
  #left = PATIENCE;

  async turn(): Promise<void> {
    if (performance.now() - this.#begunAt < TURN) return;
    await setImmediate();
    this.#begunAt = performance.now();
  }

  async waitFor(subscriber: Subscriber): Promise<void> {
    const from = performance.now();
    while (subscriber.isPressed && performance.now() - from < this.#left) await setImmediate();
    this.#left -= performance.now() - from;
  }
}

/** Of one document and one choice of events. */
function groupKey({ rendering, feed: { audience, filter } }: Subscriber): string {
  return JSON.stringify([rendering.key, audience, filter]);
}

function pause(milliseconds: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    stopped.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
