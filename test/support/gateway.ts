/** How does a test talk to a gateway? To the real one, on a port of its own, over HTTP, SSE and WebSocket. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { WebSocket } from 'ws';
import { PERSONAS, type PersonaName } from '../../src/company/personas.ts';
import { type Config, readConfig } from '../../src/config.ts';
import {
  type DevelopmentTokenOptions,
  loadDevelopmentKeys,
  signDevelopmentToken,
} from '../../src/identity/developmentKeys.ts';
import type { Persona } from '../../src/identity/persona.ts';
import { createGateway } from '../../src/server/gateway.ts';
import { listen } from '../../src/server/http.ts';
import { cloneDatabase, cloneDemoDatabase, type TestDatabase } from './database.ts';
import { PATIENCE_MILLISECONDS, temporaryFolder } from './process.ts';

export interface Result<Data = Record<string, unknown>> {
  readonly data?: Data | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: { readonly code: string; readonly id?: string };
  }[];
}

export interface Answer<Data> extends Result<Data> {
  readonly status: number;
  /** The whole body, as it came. */
  readonly text: string;
  readonly headers: Headers;
}

export type TokenOptions = Partial<Omit<DevelopmentTokenOptions, 'persona' | 'issuer'>>;
export type TestGateway = Awaited<ReturnType<typeof startGateway>>;
/** What a stream is opened at: a gateway of this process or of another one. */
export type Reachable = Pick<TestGateway, 'url' | 'wsUrl' | 'authorization'>;
/** Who asks: a persona, a token, or nobody. */
export type Caller = PersonaName | { readonly token: string } | null;

// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects by what it compares with
export type Anything = any;

interface GatewayOptions {
  /** Default: the demo company. */
  readonly empty?: boolean;
  readonly config?: Partial<Config>;
  /** Another gateway's database, which that one drops. Default: one of its own. */
  readonly database?: TestDatabase;
}

/** Closed with `await using` or `close()`. */
export async function startGateway({ empty = false, config: changes = {}, database: shared }: GatewayOptions = {}) {
  const { folder, remove } = await temporaryFolder();
  const clone = shared ?? (await (empty ? cloneDatabase() : cloneDemoDatabase()));
  const http = await listen({ port: 0, host: '127.0.0.1' });
  const publicUrl = `http://127.0.0.1:${http.port}`;
  const { EXECUTION } = process.env;
  const read = readConfig({ DATA_FOLDER: folder, EXECUTION });
  const config: Config = { ...read, port: http.port, publicUrl, ...changes };
  const { database, url } = clone;
  const gateway = await createGateway({ config, database, url });
  http.serve({ ...gateway, check: () => Promise.resolve() });
  const keys = await loadDevelopmentKeys(folder);
  let closing: Promise<void> | null = null;
  const close = async () => {
    const drained = http.close();
    await gateway.close();
    await drained;
    if (!shared) await clone.drop();
    await remove();
  };
  const sign = (persona: Persona, options: TokenOptions = {}) =>
    signDevelopmentToken(keys, { ...options, issuer: `${publicUrl}/identity`, persona });
  const tokens = new Map<string, Promise<string>>();
  const self = {
    ...{
      executors: gateway.executors,
      clone,
      config,
      database,
      databaseUrl: url,
      keys,
      port: http.port,
      url: `${publicUrl}/graphql`,
      sign,
    },
    wsUrl: `ws://127.0.0.1:${http.port}/graphql`,
    /** Stops the gateway alone; `close` is still to come. */
    stop: () => gateway.close(),
    close: () => {
      closing ??= close();
      return closing;
    },
    [Symbol.asyncDispose]: () => self.close(),
    /** A token for a persona; without options always the same one. */
    token(name: PersonaName, options?: TokenOptions): Promise<string> {
      const persona = PERSONAS.find((each) => each.name === name) as Persona;
      if (options) return sign(persona, options);
      const known = tokens.get(name) ?? sign(persona, { multiFactor: true });
      tokens.set(name, known);
      return known;
    },
    /** A token for any principal of the database. */
    tokenOf(objectId: string, kind: Persona['kind'] = 'USER', options: TokenOptions = {}): Promise<string> {
      return sign({ objectId, kind, name: 'somebody', displayName: 'Somebody', description: '' }, options);
    },
    async authorization(caller: Caller): Promise<Record<string, string>> {
      if (caller === null) return {};
      const token = typeof caller === 'string' ? await self.token(caller) : caller.token;
      return { authorization: `Bearer ${token}` };
    },
    /** A POST as a well-behaved client sends it. */
    async ask<Data = Anything>(caller: Caller, query: string, variables?: object): Promise<Answer<Data>> {
      return self.post(caller, JSON.stringify({ query, variables }));
    },
    async post<Data = Anything>(caller: Caller, body: string, headers: object = {}): Promise<Answer<Data>> {
      const response = await fetch(self.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/graphql-response+json',
          ...(await self.authorization(caller)),
          ...headers,
        },
        body,
      });
      return answered<Data>(response);
    },
  };
  return self;
}

export async function answered<Data>(response: Response): Promise<Answer<Data>> {
  const text = await response.text();
  const { status, headers } = response;
  return { ...(text.startsWith('{') ? JSON.parse(text) : {}), status, headers, text };
}

const PATIENCE = new Error('patience is over');

/** What came over a stream so far, and a way to wait for more. */
export class Received<Item = Anything> {
  readonly items: Item[] = [];
  ended = false;
  error: unknown = null;
  #wake: () => void = () => undefined;

  #listen: (item: Item) => void = () => undefined;

  /** Calls back for every item, those that are there included. */
  each(listen: (item: Item) => void): void {
    this.items.forEach(listen);
    this.#listen = listen;
  }

  add(item: Item): void {
    if (this.ended) return;
    this.items.push(item);
    this.#listen(item);
    this.#wake();
  }

  end(error: unknown = null): void {
    if (this.ended) return;
    this.error = error;
    this.ended = true;
    this.#wake();
  }

  /** Waits until there are this many, or more. */
  async atLeast(count: number): Promise<Item[]> {
    await this.#until(() => this.items.length >= count, `${count} items`);
    return this.items;
  }

  /** Waits for the end, and gives everything that came before it. */
  async all(): Promise<Item[]> {
    await this.#until(() => this.ended && this.error !== PATIENCE, 'the end');
    return this.items;
  }

  async #until(holds: () => boolean, what: string): Promise<void> {
    const patience = setTimeout(() => this.end(PATIENCE), PATIENCE_MILLISECONDS);
    while (!holds()) {
      if (this.ended) {
        clearTimeout(patience);
        throw new Error(`ended before ${what}: ${JSON.stringify(this.items)}`, { cause: this.error });
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(patience);
  }
}

export interface Stream extends Received<Result<Anything>> {
  /** Ends it as a client does. */
  stop(): void;
  /** Resets the connection, as a lost network does. */
  cut(): void;
  /** How the socket was closed; null over SSE. */
  readonly closed: RawSocket['closed'] | null;
  /** Reads nothing more from the network … */
  pause(): void;
  /** … until it does, after this or after having been opened `paused`. */
  resume(): void;
}

export type Transport = 'WebSocket' | 'SSE';
export const TRANSPORTS: readonly Transport[] = ['WebSocket', 'SSE'];

interface Variables {
  readonly [name: string]: unknown;
  /** No variable: nothing is read from the network until `resume`. */
  readonly paused?: boolean;
}

/** A subscription. Give it a cursor where it matters from when on it is under way: nobody is told. */
export function open(
  gateway: Reachable,
  transport: Transport,
  caller: Caller,
  query: string,
  { paused = false, ...variables }: Variables = {},
): Promise<Stream> {
  const payload = { query, variables };
  return transport === 'SSE' ? openSse(gateway, caller, payload, paused) : openSocket(gateway, caller, payload, paused);
}

async function openSocket(gateway: Reachable, caller: Caller, payload: object, paused: boolean): Promise<Stream> {
  // Before the socket is open: the gateway does not wait long for who it is.
  const authorization = await gateway.authorization(caller);
  const { socket, messages, closed, send } = await rawSocket(gateway.wsUrl);
  send({ type: 'connection_init', payload: authorization });
  const received = new Received<Result<Anything>>();
  messages.each((message) => {
    if (message.type === 'next') received.add(message.payload);
    if (message.type === 'error') received.add({ errors: message.payload });
    if (message.type === 'error' || message.type === 'complete') received.end();
  });
  void closed.then((reason) => received.end(reason));
  await Promise.race([messages.atLeast(1), closed]);
  send({ type: 'subscribe', id: '1', payload });
  if (paused) socket.pause();
  return Object.assign(received, {
    closed,
    stop: () => send({ type: 'complete', id: '1' }),
    cut: () => socket.terminate(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  });
}

async function openSse(gateway: Reachable, caller: Caller, payload: object, paused: boolean): Promise<Stream> {
  const sent = request(gateway.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...(await gateway.authorization(caller)),
    },
  });
  sent.end(JSON.stringify(payload));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const received = new Received<Result<Anything>>();
  if (!paused) readEvents(response, received);
  return Object.assign(received, {
    closed: null,
    stop: () => sent.destroy(),
    cut: () => sent.socket?.resetAndDestroy(),
    pause: () => response.pause(),
    resume: () => (paused ? readEvents(response, received) : response.resume()),
  });
}

/** @see https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md, distinct connections mode */
function readEvents(response: IncomingMessage, received: Received): void {
  const decoder = new TextDecoder();
  let rest: string[] = [];
  response.on('data', (bytes: Buffer) => {
    rest.push(decoder.decode(bytes, { stream: true }));
    if (!rest.at(-1)?.includes('\n')) return;
    const blocks = rest.join('').split('\n\n');
    rest = [blocks.pop() ?? ''];
    for (const block of blocks) {
      const event = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (event === 'next' && data) received.add(JSON.parse(data));
      if (event === 'complete') received.end();
    }
  });
  response.on('error', (error) => received.end(error));
  response.on('close', () => received.end(response.statusCode === 200 ? null : { status: response.statusCode, rest }));
}

export interface RawSocket {
  readonly socket: WebSocket;
  readonly messages: Received;
  /** Its code and reason. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  send(message: object): void;
}

/** A socket that says only what the test makes it say; null when the upgrade was refused with that status. */
export async function rawSocket(url: string, headers: Record<string, string> = {}): Promise<RawSocket> {
  const socket = new WebSocket(url, 'graphql-transport-ws', { headers });
  const messages = new Received();
  socket.on('message', (data) => messages.add(JSON.parse(String(data))));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => {
      messages.end();
      resolve({ code, reason: String(reason) });
    });
  });
  await once(socket, 'open');
  return { socket, messages, closed, send: (message) => socket.send(JSON.stringify(message)) };
}
