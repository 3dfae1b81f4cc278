/** Does a stream of the SDK outlive every way in which it can be interrupted, and never keep quiet about a gap? */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createEvents } from '../../clients/typescript/http.ts';
import { createPortcullis, type LiveOptions, type PortcullisOptions } from '../../clients/typescript/portcullis.ts';
import { lifetimeOf } from '../../clients/typescript/token.ts';
import { until } from '../support/process.ts';
import { type Stub, startStub } from './stub.ts';

let stub: Stub;

beforeEach(async () => {
  stub = await startStub();
});

afterEach(async () => {
  // In this order: what was spied upon may be the false timers.
  vi.restoreAllMocks();
  vi.useRealTimers();
  await stub.close();
});

// biome-ignore lint/suspicious/noExplicitAny: the stub speaks of no particular schema
type Anything = any;

interface Start {
  readonly variables?: Anything;
  readonly options?: LiveOptions;
  readonly client?: Partial<PortcullisOptions>;
}

const ended = { done: true, value: undefined };
/** The clocks by which silence is noticed. */
const SILENCE: Parameters<typeof vi.useFakeTimers>[0] = { toFake: ['setTimeout', 'clearTimeout', 'performance'] };

/** The next attempt, which comes after so many false milliseconds and the pause behind them. */
async function nextAfter(milliseconds: number) {
  let stream: Awaited<ReturnType<Stub['next']>> | null = null;
  void stub.next().then((next) => {
    stream = next;
  });
  await vi.advanceTimersByTimeAsync(milliseconds);
  return until('another attempt', async () => {
    await vi.advanceTimersByTimeAsync(1);
    return stream;
  });
}
const start = ({ variables = { after: 'c0' }, options = {}, client = {} }: Start = {}) =>
  createPortcullis({ url: stub.url, token: () => 'token', ...client }).live.assignmentEvents(variables as never, {
    firstPauseMilliseconds: 1,
    ...options,
  });
type Live = ReturnType<typeof start>;

const take = async (live: Live, count: number) => {
  const items: Anything[] = [];
  while (items.length < count) items.push(((await live.next()).value as Anything)?.assignmentEvents);
  return items.map(({ kind, position }) => (kind === 'EVENT' ? position : `${kind} ${position}`));
};

/** A JSON Web Token that nobody signed. */
const jwt = (claims: object) =>
  ['{}', JSON.stringify(claims), ''].map((part) => Buffer.from(part).toString('base64url')).join('.');

describe.each(['websocket', 'sse'] as const)('a stream over %s', (transport) => {
  const open = ({ client = {}, ...more }: Start = {}) => start({ ...more, client: { transport, ...client } });

  test('begins where the log ended when it was asked for, whenever the gateway answers', async () => {
    stub.head = 'c41';
    const live = open({ variables: {} });
    const stream = await stub.next();
    expect(stream.variables).toEqual({ after: 'c41', snapshot: false, heartbeats: true });
    stream.event(42);
    expect(await take(live, 1)).toEqual([42]);
    await live.return?.();
  });

  test.each<[string, (stream: Awaited<ReturnType<Stub['next']>>) => void]>([
    ['the connection is cut', (stream) => stream.cut()],
    ['the connection is closed', (stream) => stream.close()],
    ['the gateway stops', (stream) => stream.fail('GATEWAY_STOPPING', { cursor: 'c3' })],
    ['it was too slow', (stream) => stream.fail('RESYNC_REQUIRED', { reason: 'OVERFLOW', cursor: 'c3' })],
    ['its token has expired', (stream) => stream.fail('UNAUTHENTICATED', { cursor: 'c3' })],
    ['the gateway has a fault', (stream) => stream.fail('INTERNAL_SERVER_ERROR', { id: '1' })],
  ])('goes on behind its last item when %s', async (_what, interrupt) => {
    const live = open({ variables: { after: 'c1', filter: { types: [] } } });
    const first = await stub.next();
    expect(first.variables).toEqual({ after: 'c1', snapshot: false, heartbeats: true, filter: { types: [] } });
    for (const position of [2, 3]) first.event(position);
    expect(await take(live, 2)).toEqual([2, 3]);
    interrupt(first);
    const second = await stub.next();
    expect(second.variables).toEqual({ after: 'c3', snapshot: false, heartbeats: true, filter: { types: [] } });
    second.event(4);
    expect(await take(live, 1)).toEqual([4]);
    await live.return?.();
    await second.left;
  });

  test('hands nothing on twice, and nothing that comes too late', async () => {
    const live = open();
    const first = await stub.next();
    for (const position of [1, 2, 2, 1, 3]) first.event(position);
    expect(await take(live, 3)).toEqual([1, 2, 3]);
    first.cut();
    const second = await stub.next();
    for (const position of [2, 3, 4]) second.event(position);
    expect(await take(live, 1)).toEqual([4]);
    await live.return?.();
  });

  test('moves on with heartbeats, which it tells in their place and hands to nobody', async () => {
    const told: unknown[] = [];
    const onHeartbeat: LiveOptions['onHeartbeat'] = ({ position, at }) => told.push([position, at]);
    const live = open({ options: { onHeartbeat } });
    const first = await stub.next();
    first.event(1);
    for (const position of [1, 7, 9]) first.item('HEARTBEAT', position);
    first.event(10);
    first.item('HEARTBEAT', 10);
    first.item('HEARTBEAT', 12);
    first.close();
    expect((await stub.next()).variables.after).toBe('c12');
    expect(await take(live, 1)).toEqual([1]);
    expect(told).toEqual([]);
    expect(await take(live, 1)).toEqual([10]);
    expect(told).toEqual([[9, '2026-11-23T10:00:00.000Z']]);
    await live.return?.();
  });

  test('tells a heartbeat that says no more than the event before it, and none from before that', async () => {
    const told: number[] = [];
    const live = open({ options: { onHeartbeat: ({ position }) => told.push(position) } });
    const first = await stub.next();
    first.event(5);
    first.item('HEARTBEAT', 4);
    first.item('HEARTBEAT', 5);
    first.event(6);
    expect(await take(live, 2)).toEqual([5, 6]);
    expect(told).toEqual([5]);
    await live.return?.();
  });

  test('goes on after a snapshot without another one', async () => {
    const live = open({ variables: { snapshot: true } });
    const first = await stub.next();
    expect(first.variables).toEqual({ snapshot: true, heartbeats: true });
    first.item('SNAPSHOT', 5);
    first.item('SNAPSHOT', 5);
    first.item('SNAPSHOT_COMPLETE', 5);
    expect(await take(live, 3)).toEqual(['SNAPSHOT 5', 'SNAPSHOT 5', 'SNAPSHOT_COMPLETE 5']);
    first.cut();
    const second = await stub.next();
    expect(second.variables).toEqual({ after: 'c5', snapshot: false, heartbeats: true });
    await live.return?.();
  });

  test('begins a snapshot again when it was cut in the middle, and says so between the two', async () => {
    const order: unknown[] = [];
    const live = open({ variables: { snapshot: true }, options: { onGap: (gap) => void order.push(gap) } });
    const first = await stub.next();
    first.item('SNAPSHOT', 5);
    expect(await take(live, 1)).toEqual(['SNAPSHOT 5']);
    first.item('HEARTBEAT', 6);
    first.cut();
    const second = await stub.next();
    expect(second.variables).toEqual({ snapshot: true, heartbeats: true });
    expect(order).toEqual([]);
    second.item('SNAPSHOT', 8);
    order.push(...(await take(live, 1)));
    expect(order).toEqual([{ reason: 'SNAPSHOT_RESTARTED', cursor: null, lastCursor: null }, 'SNAPSHOT 8']);
    await live.return?.();
  });

  test('begins a snapshot again without a word when nothing of it had come', async () => {
    const live = open({ variables: { snapshot: true } });
    (await stub.next()).cut();
    const second = await stub.next();
    second.item('SNAPSHOT_COMPLETE', 5);
    expect(await take(live, 1)).toEqual(['SNAPSHOT_COMPLETE 5']);
    await live.return?.();
  });

  test('ends in the middle of a snapshot when nobody listens for gaps', async () => {
    const live = open({ variables: { snapshot: true } });
    const first = await stub.next();
    first.item('SNAPSHOT', 5);
    expect(await take(live, 1)).toEqual(['SNAPSHOT 5']);
    first.cut();
    await expect(live.next()).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });

  describe.each(['CURSOR_TOO_OLD', 'OTHER_EPOCH'] as const)('that meets a gap, %s,', (reason) => {
    test('goes on behind it after having said so, also from a lower position', async () => {
      const order: unknown[] = [];
      const live = open({ variables: { after: 'c70' }, options: { onGap: (gap) => void order.push(gap) } });
      const first = await stub.next();
      first.event(71);
      first.fail('RESYNC_REQUIRED', { reason, cursor: 'c3' });
      const second = await stub.next();
      expect(second.variables.after).toBe('c3');
      second.event(4);
      expect(await take(live, 1)).toEqual([71]);
      expect(order).toEqual([]);
      expect(await take(live, 1)).toEqual([4]);
      expect(order).toEqual([{ reason, cursor: 'c3', lastCursor: 'c71' }]);
      await live.return?.();
    });

    test('goes on with a new snapshot if it began with one', async () => {
      const gaps: unknown[] = [];
      const live = open({ variables: { snapshot: true }, options: { onGap: (gap) => void gaps.push(gap) } });
      const first = await stub.next();
      first.item('SNAPSHOT_COMPLETE', 70);
      first.fail('RESYNC_REQUIRED', { reason, cursor: 'c3' });
      const second = await stub.next();
      expect(second.variables).toEqual({ snapshot: true, heartbeats: true });
      second.item('SNAPSHOT', 3);
      second.item('SNAPSHOT_COMPLETE', 3);
      second.event(4);
      expect(await take(live, 4)).toEqual(['SNAPSHOT_COMPLETE 70', 'SNAPSHOT 3', 'SNAPSHOT_COMPLETE 3', 4]);
      expect(gaps).toEqual([{ reason, cursor: 'c3', lastCursor: 'c70' }]);
      await live.return?.();
    });

    test('ends with the error when nobody listens for gaps, after what came before', async () => {
      const live = open({ variables: { after: 'c70' } });
      const first = await stub.next();
      first.event(71);
      first.fail('RESYNC_REQUIRED', { reason, cursor: 'c3' });
      expect(await take(live, 1)).toEqual([71]);
      await expect(live.next()).rejects.toMatchObject({ name: 'PortcullisError', code: 'RESYNC_REQUIRED' });
      expect(await live.next()).toEqual(ended);
    });
  });

  test('waits for what its callback for gaps does', async () => {
    const order: unknown[] = [];
    // When the second connection is over, what it brought is there.
    const arrived = Promise.withResolvers<void>();
    let pauses = 0;
    const onState: LiveOptions['onState'] = (state) => {
      if (state === 'waiting' && ++pauses === 2) arrived.resolve();
    };
    const onGap = async () => {
      await arrived.promise;
      order.push('prepared');
    };
    const live = open({ variables: { after: 'c70' }, options: { onGap, onState } });
    const taken = take(live, 1).then((items) => order.push(...items));
    (await stub.next()).fail('RESYNC_REQUIRED', { reason: 'OTHER_EPOCH', cursor: 'c3' });
    const second = await stub.next();
    second.event(4);
    second.close();
    await taken;
    expect(order).toEqual(['prepared', 4]);
    await live.return?.();
  });

  test('ends with what its callback for gaps throws, and leaves', async () => {
    const onGap = () => {
      throw new Error('not prepared for this');
    };
    const live = open({ variables: { after: 'c70' }, options: { onGap } });
    (await stub.next()).fail('RESYNC_REQUIRED', { reason: 'OTHER_EPOCH', cursor: 'c3' });
    const second = await stub.next();
    await expect(live.next()).rejects.toThrow('not prepared for this');
    await second.left;
    expect(await live.next()).toEqual(ended);
  });

  test.each(['FORBIDDEN', 'BAD_CURSOR', 'SNAPSHOT_TOO_LARGE', 'BAD_USER_INPUT'])(
    'ends with %s, and does not ask again',
    async (code) => {
      const live = open();
      const first = await stub.next();
      first.event(1);
      first.fail(code, { reason: 'RIGHTS_LOST', cursor: 'c1' });
      expect(await take(live, 1)).toEqual([1]);
      await expect(live.next()).rejects.toMatchObject({ name: 'PortcullisError', code });
      expect(stub.authorizations).toHaveLength(1);
    },
  );

  test('does not end when it is resumed before the gateway knows that it was lost', async () => {
    const live = open();
    const first = await stub.next();
    first.event(1);
    expect(await take(live, 1)).toEqual([1]);
    first.cut();
    (await stub.next()).fail('TOO_MANY_SUBSCRIPTIONS', { limit: 50 });
    const third = await stub.next();
    third.event(2);
    expect(await take(live, 1)).toEqual([2]);
    await live.return?.();
  });

  test('ends when there is no room for it from the first', async () => {
    const live = open();
    (await stub.next()).fail('TOO_MANY_SUBSCRIPTIONS', { limit: 50 });
    await expect(live.next()).rejects.toMatchObject({ code: 'TOO_MANY_SUBSCRIPTIONS' });
  });

  test('ends when the gateway completes it', async () => {
    const live = open();
    const first = await stub.next();
    first.event(1);
    first.complete();
    expect(await take(live, 1)).toEqual([1]);
    expect(await live.next()).toEqual(ended);
    expect(stub.authorizations).toHaveLength(1);
  });

  test('asks for the token anew whenever it opens', async () => {
    let asked = 0;
    const live = open({ client: { token: async () => `t${++asked}` } });
    for (let time = 0; time < 4; time++) (await stub.next()).fail('UNAUTHENTICATED', { cursor: 'c0' });
    const last = await stub.next();
    expect(stub.authorizations).toEqual([1, 2, 3, 4, 5].map((number) => `Bearer t${number}`));
    last.event(1);
    expect(await take(live, 1)).toEqual([1]);
    await live.return?.();
  });

  test('tries again when no token can be had', async () => {
    let asked = 0;
    const token = () => {
      if (++asked < 3) throw new Error('the issuer is away');
      return 'token';
    };
    const live = open({ client: { token } });
    (await stub.next()).event(1);
    expect(await take(live, 1)).toEqual([1]);
    await live.return?.();
  });

  test.each<[string, PortcullisOptions['token'], number]>([
    ['that is always the same', 'nonsense', 1],
    ['after the third in a row', () => 'nonsense', 3],
  ])('ends for a token that is not accepted, %s', async (_which, token, times) => {
    stub.refuseSockets = 4403;
    const errors = [{ message: 'No.', extensions: { code: 'UNAUTHENTICATED' } }];
    stub.refuse = { status: 401, body: JSON.stringify({ errors }) };
    const live = open({ client: { token } });
    await expect(live.next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(stub.authorizations).toHaveLength(times);
  });

  test('says what it is doing', async () => {
    const states: unknown[] = [];
    const onState: LiveOptions['onState'] = (state, reason) => states.push(reason ? [state, reason.code] : state);
    const live = open({ options: { onState } });
    (await stub.next()).fail('GATEWAY_STOPPING', { cursor: 'c0' });
    (await stub.next()).event(1);
    expect(await take(live, 1)).toEqual([1]);
    const failed = ['waiting', 'GATEWAY_STOPPING'];
    expect(states).toEqual(['connecting', 'live', failed, 'connecting', 'live']);
    await live.return?.();
  });

  test('gives up after as many attempts without an item as it was told', async () => {
    const live = open({ options: { retries: 2 } });
    const first = await stub.next();
    first.event(1);
    expect(await take(live, 1)).toEqual([1]);
    first.cut();
    (await stub.next()).cut();
    const third = await stub.next();
    third.event(2);
    expect(await take(live, 1)).toEqual([2]);
    third.cut();
    for (let attempt = 0; attempt < 2; attempt++) (await stub.next()).cut();
    await expect(live.next()).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });

  test('takes silence for a lost connection', async () => {
    vi.useFakeTimers(SILENCE);
    const reasons: unknown[] = [];
    const onState: LiveOptions['onState'] = (_state, reason) => reason && reasons.push(reason.message);
    const live = open({ options: { silenceMilliseconds: 1_000, onState } });
    const first = await stub.next();
    first.event(1);
    expect(await take(live, 1)).toEqual([1]);
    const second = await nextAfter(1_000);
    expect(second.variables.after).toBe('c1');
    await first.left;
    expect(reasons).toEqual(['Nothing was heard for 1 s.']);
    second.event(2);
    expect(await take(live, 1)).toEqual([2]);
    await live.return?.();
  });

  test('lets go of the stream when its consumer does not read, until half is read, and loses nothing', async () => {
    const states: string[] = [];
    const options = { waitingItems: 4, onState: (state: string) => states.push(state) };
    const live = open({ options });
    const first = await stub.next();
    for (let position = 1; position <= 9; position++) first.event(position);
    await first.left;
    expect(await take(live, 2)).toEqual([1, 2]);
    await new Promise(setImmediate);
    expect(states).toEqual(['connecting', 'live', 'waiting']);
    expect(await take(live, 1)).toEqual([3]);
    const second = await stub.next();
    expect(second.variables.after).toBe('c4');
    for (let position = 5; position <= 6; position++) second.event(position);
    expect(await take(live, 3)).toEqual([4, 5, 6]);
    await live.return?.();
  });

  test('keeps a snapshot whole, however long it is', async () => {
    const live = open({ variables: { snapshot: true }, options: { waitingItems: 2 } });
    const first = await stub.next();
    for (let row = 0; row < 5; row++) first.item('SNAPSHOT', 7);
    first.item('SNAPSHOT_COMPLETE', 7);
    await first.left;
    expect(await take(live, 6)).toEqual([...Array(5).fill('SNAPSHOT 7'), 'SNAPSHOT_COMPLETE 7']);
    expect((await stub.next()).variables).toEqual({ after: 'c7', snapshot: false, heartbeats: true });
    await live.return?.();
  });

  test.each<[string, (live: Live, stop: AbortController) => unknown]>([
    ['is left', (live) => live.return?.()],
    ['is told to stop', (_live, stop) => stop.abort()],
  ])('ends at once when it %s, whatever it is doing', async (_how, end) => {
    const stop = new AbortController();
    const live = open({ options: { signal: stop.signal, firstPauseMilliseconds: 1e9 } });
    const first = await stub.next();
    first.event(1);
    await take(live, 1);
    const waiting = live.next();
    end(live, stop);
    expect(await waiting).toEqual(ended);
    await first.left;

    const pausing = open({
      options: { signal: stop.signal, firstPauseMilliseconds: 1e9, longestPauseMilliseconds: 1e9 },
    });
    if (!stop.signal.aborted) (await stub.next()).cut();
    const pending = pausing.next();
    end(pausing, stop);
    expect(await pending).toEqual(ended);
  });

  test('gives up what it waits to open when it is left', async () => {
    const live = open({ variables: {} });
    const pending = live.next();
    await live.return?.();
    expect(await pending).toEqual(ended);
  });
});

describe('a pause', () => {
  test('is a random part of twice as much each time, until the longest; an item makes it short again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.999);
    const pauses = vi.spyOn(globalThis, 'setTimeout');
    const seen: number[] = [];
    const interrupt = async () => {
      const stream = await stub.next();
      pauses.mockClear();
      stream.cut();
      await until('a pause', () => states.at(-1) === 'waiting');
      seen.push(Math.round(Number(pauses.mock.lastCall?.[1])));
      vi.advanceTimersByTime(10_000);
    };
    const states: string[] = [];
    const options = { firstPauseMilliseconds: 250, onState: (state: string) => states.push(state) };
    const live = start({ options });
    for (let attempt = 0; attempt < 8; attempt++) await interrupt();
    expect(seen).toEqual([250, 500, 999, 1998, 3996, 7992, 9990, 9990]);
    random.mockReturnValue(0.5);
    const stream = await stub.next();
    stream.event(1);
    expect(await take(live, 1)).toEqual([1]);
    stream.close();
    await until('a pause', () => states.at(-1) === 'waiting');
    expect(pauses.mock.lastCall?.[1]).toBe(125);
    await live.return?.();
  });
});

describe('over WebSocket', () => {
  /** The next token is there when it is asked for again. */
  const renewing = (...tokens: string[]) => {
    let asked = 0;
    return () => tokens[Math.min(asked++, tokens.length - 1)] as string;
  };

  test('streams of one client share a socket, which ends with the last of them', async () => {
    const { live } = createPortcullis({ url: stub.url, token: 'token' });
    const one = live.assignmentEvents({ after: 'c0' });
    const first = await stub.next();
    const other = live.assignmentEvents({ after: 'c1' });
    const second = await stub.next();
    expect(stub.sockets).toBe(1);
    await one.return?.();
    await first.left;
    second.event(2);
    expect(await take(other, 1)).toEqual([2]);
    await other.return?.();
    const third = live.assignmentEvents({ after: 'c2' });
    await stub.next();
    expect(stub.sockets).toBe(2);
    await third.return?.();
  });

  test('a token is replaced in band when a fifth of its life is left, and the stream goes on', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const now = Math.floor(Date.now() / 1000);
    const [old, fresh] = [jwt({ iat: now, exp: now + 100 }), jwt({ iat: now, exp: now + 1000 })];
    const live = start({ client: { token: renewing(old, old, fresh) }, options: { silenceMilliseconds: 1e6 } });
    const stream = await stub.next();
    // Asked too early for a new one, it asks again when a fifth of the rest is left.
    await vi.advanceTimersByTimeAsync(80_000);
    await vi.advanceTimersByTimeAsync(80_000);
    const { value: ping } = await stub.asides.next();
    expect(ping).toEqual({ type: 'ping', payload: { authorization: `Bearer ${fresh}` } });
    stream.event(1);
    expect(await take(live, 1)).toEqual([1]);
    expect(stub.sockets).toBe(1);
    await live.return?.();
  });

  test('nothing is heard on a socket that is dead: the next attempt opens another one', async () => {
    vi.useFakeTimers(SILENCE);
    const live = start({ options: { silenceMilliseconds: 1_000 } });
    await stub.next();
    await nextAfter(1_000);
    expect(stub.sockets).toBe(2);
    await live.return?.();
  });

  test.each(['GATEWAY_STOPPING', 'UNAUTHENTICATED'])(
    '%s is about the socket: all its streams go to another',
    async (code) => {
      const { live } = createPortcullis({ url: stub.url, token: () => 'token' });
      const both = [0, 1].map(() => live.assignmentEvents({ after: 'c0' }, { firstPauseMilliseconds: 1 }));
      const [first] = [await stub.next(), await stub.next()];
      first?.fail(code, { cursor: 'c0' });
      for (const resumed of [await stub.next(), await stub.next()]) resumed.event(1);
      expect(await Promise.all(both.map((stream) => take(stream, 1)))).toEqual([[1], [1]]);
      expect(stub.sockets).toBeGreaterThan(1);
      for (const stream of both) await stream.return?.();
    },
  );

  test('a ping is answered with its payload', async () => {
    const live = start();
    (await stub.next()).raw('{"type":"ping","payload":{"number":1}}');
    expect((await stub.asides.next()).value).toEqual({ type: 'pong', payload: { number: 1 } });
    await live.return?.();
  });

  test('an operation that is refused ends with the errors', async () => {
    const live = start();
    const stream = await stub.next();
    stream.raw(
      JSON.stringify({ type: 'error', id: '1', payload: [{ message: 'No.', extensions: { code: 'FORBIDDEN' } }] }),
    );
    await expect(live.next()).rejects.toMatchObject({ name: 'PortcullisError', code: 'FORBIDDEN', message: 'No.' });
    await stream.left;
  });

  test.each(['nonsense', '{}', 'null'])('%s on a socket ends it', async (text) => {
    const live = start();
    const stream = await stub.next();
    stream.raw(text);
    await expect(live.next()).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
    await stream.left;
  });

  test.each([4400, 4406, 1009])('a socket that is closed with %i ends the stream', async (code) => {
    const live = start();
    (await stub.next()).close(code, 'no sense');
    await expect(live.next()).rejects.toMatchObject({
      code: 'BAD_RESPONSE',
      message: 'The gateway closed the socket: no sense',
    });
  });

  test.each([1000, 1001, 1011, 4408, 4500])('a socket that is closed with %i is opened again', async (code) => {
    const live = start();
    (await stub.next()).close(code);
    (await stub.next()).event(1);
    expect(await take(live, 1)).toEqual([1]);
    await live.return?.();
  });
});

describe('over SSE', () => {
  const open = () => start({ client: { transport: 'sse' } });

  test('a connection that is left is done, and not broken', async () => {
    const connection = { url: stub.url, token: async () => 'token', fetch };
    const { items } = createEvents(connection).open({ documentId: 'x', variables: {} }, () => undefined);
    const stream = await stub.next();
    const pending = items.next();
    await items.return?.();
    expect(await pending).toEqual(ended);
    await stream.left;
  });

  test.each([502, 503, 429])('an answer of status %i is asked for again', async (status) => {
    stub.refuse = { status, body: '<h1>Not now</h1>' };
    const live = open();
    await until('another attempt', () => stub.authorizations.length > 1);
    stub.refuse = null;
    (await stub.next()).event(1);
    expect(await take(live, 1)).toEqual([1]);
    await live.return?.();
  });

  test.each([200, 404])('an answer of status %i that is no stream ends it', async (status) => {
    stub.refuse = { status, body: '<h1>Welcome</h1>' };
    await expect(open().next()).rejects.toMatchObject({ code: 'BAD_RESPONSE', status });
  });
});

describe('the life of a token', () => {
  const now = 1_800_000_000;
  beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: now * 1000 }));

  test.each<[string, string, number | null]>([
    ['is what is left of it', jwt({ iat: now - 60, exp: now + 40 }), 40_000],
    ['is also known without its beginning', jwt({ exp: now + 40 }), 40_000],
    ['is whole when the clock here is fast', jwt({ iat: now - 7200, exp: now - 3600 }), 3_600_000],
    ['is whole when the clock here is slow', jwt({ iat: now + 3600, exp: now + 7200 }), 3_600_000],
    ['is over without its beginning', jwt({ exp: now - 1 }), 0],
    ['is not told without its end', jwt({ iat: now }), null],
    ['is not told by another kind of token', 'opaque', null],
    ['is not told by nonsense', 'a.bnVsbA.c', null],
  ])('%s', (_which, token, expected) => expect(lifetimeOf(token)).toBe(expected));
});
