/** Who listens? A process of its own with any number of subscribers, each on a WebSocket of its own, that counts what arrives. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { WebSocket } from 'ws';

/** What is asked of the process; every one is answered once it is done. */
export type Command =
  | {
      readonly do: 'connect';
      readonly url: string;
      readonly count: number;
      /** Taken in turn. */
      readonly tokens: readonly string[];
      /** Null: a server that speaks no GraphQL and sends at once. */
      readonly query: string | null;
      /** Everybody goes on after it, or after what they had last. */
      readonly after: string | null;
    }
  | { readonly do: 'drop' }
  /** Until everybody has that many. */
  | { readonly do: 'await'; readonly deliveries: number }
  | { readonly do: 'report' };

export interface Listened {
  readonly subscribers: number;
  /** The fewest and the most that one of them was given. */
  readonly least: number;
  readonly most: number;
  /** Deliveries that came twice or out of order. */
  readonly misplaced: number;
  /** Milliseconds from the event's own time to its arrival, of every tenth subscriber. */
  readonly median: number;
  readonly p99: number;
}

export interface Subscribers {
  tell(command: Command): Promise<Listened>;
  stop(): void;
}

export function startSubscribers(): Subscribers {
  const child: ChildProcess = fork(import.meta.filename);
  return {
    async tell(command) {
      child.send(command);
      const told = new AbortController();
      const failed = once(child, 'exit', { signal: told.signal }).then(() => {
        throw new Error('the subscribers have failed');
      });
      failed.catch(() => undefined);
      try {
        const [answer] = (await Promise.race([once(child, 'message', { signal: told.signal }), failed])) as [Listened];
        return answer;
      } finally {
        told.abort();
      }
    },
    stop: () => child.disconnect(),
  };
}

/** Looks at as little as it can: what the listeners need of two processors the server does not have. */
class Listener {
  count = 0;
  position = 0;
  last: Buffer | null = null;
  socket: WebSocket | null = null;
  readonly #samples: number[] | null;

  constructor(samples: number[] | null) {
    this.#samples = samples;
  }

  /** Resolves once the subscription has been sent. */
  connect({ url, query, after }: Command & { do: 'connect' }, token: string): Promise<void> {
    const socket = new WebSocket(url, query === null ? [] : 'graphql-transport-ws', { perMessageDeflate: false });
    this.socket = socket;
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('open', () => {
        if (query === null) resolve();
        else socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
      });
      socket.on('message', (data: Buffer) => {
        const found = data.indexOf(POSITION, 40);
        if (found !== -1) this.take(data, found + POSITION.length);
        else if (data.includes('"connection_ack"')) {
          const cursor = this.last ? textAfter(this.last, '"cursor":').slice(1, -1) : after;
          const payload = { query, variables: { after: cursor } };
          socket.send(JSON.stringify({ id: crypto.randomUUID(), type: 'subscribe', payload }));
          resolve();
        } else if (data.includes('"errors"')) reject(new Error(data.toString()));
      });
    });
  }

  take(data: Buffer, start: number): void {
    let position = 0;
    for (let index = start; ; index++) {
      const digit = (data[index] as number) - 48;
      if (digit < 0 || digit > 9) break;
      position = position * 10 + digit;
    }
    if (position <= this.position) misplaced++;
    this.position = position;
    this.last = data;
    this.count++;
    if (this.#samples) {
      const at = Date.parse(textAfter(data, '"at":').slice(1, -1));
      this.#samples.push(performance.timeOrigin + performance.now() - at);
    }
    onDelivery();
  }
}

const POSITION = Buffer.from('"position":');

function textAfter(data: Buffer, name: string): string {
  return /^[^,}]*/.exec(data.toString('latin1', data.indexOf(name) + name.length))?.[0] ?? '';
}

let misplaced = 0;
let onDelivery: () => void = () => undefined;
const listeners: Listener[] = [];
const samples: number[] = [];
/** Handshakes under way at a time. */
const AT_ONCE = 200;

async function connect(command: Command & { do: 'connect' }): Promise<void> {
  while (listeners.length < command.count) listeners.push(new Listener(listeners.length % 10 === 0 ? samples : null));
  const waiting = listeners.map((listener, index) => ({
    listener,
    token: command.tokens[index % command.tokens.length],
  }));
  const one = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await next.listener.connect(command, next.token ?? '');
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

function everybodyHas(deliveries: number): Promise<void> {
  return new Promise((resolve) => {
    let left = 0;
    onDelivery = () => {
      // Looking at everybody is dear: it is done as often as there are listeners.
      if (left-- > 0) return;
      left = listeners.filter(({ count }) => count < deliveries).length;
      if (left === 0) resolve();
      left = Math.max(0, left - 1);
    };
    onDelivery();
  });
}

function report(): Listened {
  const counts = listeners.map(({ count }) => count);
  const sorted = samples.splice(0).sort((one, other) => one - other);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  for (const listener of listeners) listener.count = 0;
  const found = { subscribers: listeners.length, least, most, misplaced, median: at(0.5), p99: at(0.99) };
  misplaced = 0;
  return found;
}

if (process.argv[1] === import.meta.filename) {
  process.on('message', async (command: Command) => {
    if (command.do === 'connect') await connect(command);
    if (command.do === 'drop') for (const { socket } of listeners) socket?.terminate();
    if (command.do === 'await') await everybodyHas(command.deliveries);
    process.send?.(command.do === 'report' ? report() : { subscribers: listeners.length });
  });
  process.on('disconnect', () => process.exit());
}
