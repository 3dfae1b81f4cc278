/** How do streams travel over WebSocket? graphql-transport-ws: one socket for all streams of a client, open while there are any. */
import { connectionError, PortcullisError } from './error.ts';
import { dataOf, type Request, type Result } from './http.ts';
import { Queue, returnable } from './queue.ts';
import { lifetimeOf } from './token.ts';
import type { Channel, Transport } from './transport.ts';

export interface SocketOptions {
  /** Of the GraphQL endpoint, with http or https. */
  readonly url: string;
  /** Asked whenever a socket is opened, and before the token of an open one expires. */
  readonly token: () => Promise<string>;
  /** Whether the token may be another one when it is asked for again. */
  readonly renewable: boolean;
  /** Default: the one of the platform. */
  readonly WebSocket?: unknown;
}

/** @see https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md */
const PROTOCOL = 'graphql-transport-ws';
const UNAUTHORIZED = 4401;
const FORBIDDEN = 4403;
/** The other side holds what was sent for wrong: to send it again would not help. */
const WRONG = [1002, 1003, 1007, 1008, 1009, 1010, 4400, 4406, 4409, 4429];
/** A program may close with 1000 and with 3000 to 4999. */
const NORMAL = 1000;
const BAD_MESSAGE = 4400;
const NO_MESSAGE = 'The gateway sent what is no message of graphql-transport-ws.';
/** Of what is left of a token's life: then the next one is asked for. */
const RENEWAL_SHARE = 0.8;
const SHORTEST_RENEWAL_MILLISECONDS = 1_000;

/** Streams over WebSocket. */
export function createSockets(options: SocketOptions): Transport {
  let line: Line | null = null;
  return {
    open(request, onOpen) {
      if (!line || line.isOver) line = new Line(options);
      return line.open(request, onOpen);
    },
  };
}

/** What both sides say. */
interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

interface Operation {
  readonly request: Request;
  readonly onOpen: () => void;
  readonly results: Queue<unknown>;
}

/** One socket, from its opening to its end. */
class Line {
  isOver = false;
  #failure: unknown = null;
  readonly #options: SocketOptions;
  readonly #socket: WebSocket | null = null;
  readonly #operations = new Map<string, Operation>();
  #isAcknowledged = false;
  #opened = 0;
  #token = '';
  #renewal: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SocketOptions) {
    this.#options = options;
    const Socket = (options.WebSocket ?? WebSocket) as typeof WebSocket;
    try {
      const socket = new Socket(options.url.replace(/^http/, 'ws'), PROTOCOL);
      this.#socket = socket;
      socket.onopen = () => this.#introduce().catch((error) => this.#end(error));
      socket.onmessage = ({ data }) => this.#hear(String(data));
      socket.onclose = (event) => this.#end(closeError(event));
      // A close follows; without a listener some platforms take it for a fault of the program.
      socket.onerror = () => undefined;
    } catch (cause) {
      this.#end(connectionError('CONNECTION_FAILED', `No socket can be opened to ${options.url}.`, { cause }));
    }
  }

  open(request: Request, onOpen: () => void): Channel {
    const id = `${++this.#opened}`;
    const operation = { request, onOpen, results: new Queue<unknown>() };
    this.#operations.set(id, operation);
    if (this.isOver) operation.results.end(this.#failure);
    if (this.#isAcknowledged) this.#subscribe(id, operation);
    const release = () => this.#release(id);
    return { items: returnable(this.#read(operation, release), release), drop: (error) => this.#end(error) };
  }

  async *#read({ results }: Operation, release: () => void): AsyncGenerator<unknown, undefined, undefined> {
    try {
      for await (const result of results.read()) yield dataOf(result as Result, null);
    } finally {
      release();
    }
  }

  /** Of no effect for an operation that is over. */
  #release(id: string): void {
    const operation = this.#operations.get(id);
    if (!operation) return;
    this.#send({ type: 'complete', id });
    this.#finish(id);
    operation.results.clear();
  }

  /** The last stream takes the socket with it. */
  #finish(id: string, error: unknown = null): void {
    this.#operations.get(id)?.results.end(error);
    this.#operations.delete(id);
    if (this.#operations.size === 0) this.#end(null);
  }

  async #introduce(): Promise<void> {
    this.#token = await this.#options.token();
    this.#send({ type: 'connection_init', payload: { authorization: `Bearer ${this.#token}` } });
  }

  #hear(text: string): void {
    const message = parse(text);
    if (message === null) this.#end(connectionError('BAD_RESPONSE', NO_MESSAGE), BAD_MESSAGE);
    else this.#obey(message);
  }

  #obey({ type, id = '', payload }: Message): void {
    if (type === 'connection_ack') this.#begin();
    else if (type === 'ping') this.#send({ type: 'pong', payload });
    else if (type === 'next') this.#operations.get(id)?.results.push(payload);
    else if (type === 'complete') this.#finish(id);
    else if (type === 'error') this.#finish(id, new PortcullisError(payload as never, null));
  }

  #begin(): void {
    this.#isAcknowledged = true;
    for (const [id, operation] of this.#operations) this.#subscribe(id, operation);
    this.#renewLater();
  }

  #subscribe(id: string, { request, onOpen }: Operation): void {
    // The protocol wants a query to be there; an empty one says that the document is the one of the id.
    this.#send({ type: 'subscribe', id, payload: { ...request, query: '' } });
    onOpen();
  }

  #renewLater(): void {
    const left = this.#options.renewable && !this.isOver ? lifetimeOf(this.#token) : null;
    if (left === null) return;
    const delay = Math.max(SHORTEST_RENEWAL_MILLISECONDS, left * RENEWAL_SHARE);
    this.#renewal = setTimeout(() => this.#renew(), Math.min(delay, 2 ** 31 - 1));
  }

  /** The socket outlives the token: the next one is told to the gateway, which checks that it is the same person's. */
  async #renew(): Promise<void> {
    // Without a new token there is the close at expiry, after which it is asked for again.
    const token = await this.#options.token().catch(() => this.#token);
    if (token !== this.#token) this.#send({ type: 'ping', payload: { authorization: `Bearer ${token}` } });
    this.#token = token;
    this.#renewLater();
  }

  #send(message: Message): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(message));
  }

  #end(error: unknown, code = NORMAL): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#failure = error;
    clearTimeout(this.#renewal);
    for (const { results } of this.#operations.values()) results.end(error);
    this.#operations.clear();
    this.#socket?.close(code);
  }
}

function parse(text: string): Message | null {
  try {
    const message = JSON.parse(text) as Message | null;
    return typeof message?.type === 'string' ? message : null;
  } catch {
    return null;
  }
}

function closeError(event: CloseEvent): PortcullisError {
  const { code, reason } = event;
  if (code === UNAUTHORIZED || code === FORBIDDEN) {
    return connectionError('UNAUTHENTICATED', reason || 'The access token is not accepted.', { cause: event });
  }
  const sentence = reason ? `The gateway closed the socket: ${reason}` : 'The connection to the gateway was lost.';
  return connectionError(WRONG.includes(code) ? 'BAD_RESPONSE' : 'CONNECTION_FAILED', sentence, { cause: event });
}
