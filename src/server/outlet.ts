/** How do frames leave? Straight onto a WebSocket, or one by one to whoever iterates, as SSE does. */
import type { Duplex } from 'node:stream';
import type { ExecutionResult, GraphQLError } from 'graphql';
import type { WebSocket } from 'ws';
import type { Frame } from '../stream/frame.ts';
import type { Outlet } from '../stream/subscriber.ts';
import { withoutStatus } from './errors.ts';

export type Results = AsyncIterableIterator<ExecutionResult, undefined>;

/** An outlet, and what the transport iterates over: at the least the end of the stream. */
export interface Sink extends Outlet {
  readonly results: Results;
}

export interface SinkOptions {
  /** Puts what ended the stream into words. */
  readonly describe: (error: Error) => GraphQLError;
  /** The transport has ended the stream. */
  readonly onReturn: () => void;
}

/** Results in a row, as long as somebody asks for them. */
class Pulled implements Sink {
  onReady: () => void = () => undefined;
  readonly results: Results;
  readonly #options: SinkOptions;
  readonly #ready: ExecutionResult[] = [];
  #waiting: ((result: IteratorResult<ExecutionResult, undefined>) => void) | null = null;
  #isOver = false;

  constructor(options: SinkOptions) {
    this.#options = options;
    this.results = {
      next: () => this.#next(),
      return: () => {
        this.#isOver = true;
        this.#waiting?.({ done: true, value: undefined });
        options.onReturn();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  write(frame: Frame): boolean {
    // Yoga puts a result into text by its own `stringify`, where it has one: the frame is text already.
    this.give({ data: {}, stringify: () => frame.text } as ExecutionResult);
    return this.#waiting !== null;
  }

  finish(error: Error | null): void {
    if (error) this.give({ errors: [withoutStatus(this.#options.describe(error))] });
    this.#isOver = true;
    this.#waiting?.({ done: true, value: undefined });
    this.#waiting = null;
  }

  protected give(result: ExecutionResult): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting) waiting({ done: false, value: result });
    else this.#ready.push(result);
  }

  #next(): Promise<IteratorResult<ExecutionResult, undefined>> {
    const value = this.#ready.shift();
    if (value) return Promise.resolve({ done: false, value });
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    const next = new Promise<IteratorResult<ExecutionResult, undefined>>((resolve) => {
      this.#waiting = resolve;
    });
    this.onReady();
    return next;
  }
}

export function pulledSink(options: SinkOptions): Sink {
  return new Pulled(options);
}

/** Sockets that hold messages back for the others of the same turn. */
const holding: SocketSinks[] = [];
/** Bytes that a socket holds back at most. */
const HELD = 64_000;

/**
 * Of one WebSocket, for all of its subscriptions. Messages of one turn of the event loop leave together: at a hundred events
 * a second to a thousand subscribers the system calls are what a delivery costs.
 */
export class SocketSinks {
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  readonly #waiting = new Set<SocketSink>();
  #held: Buffer[] = [];
  #heldBytes = 0;

  /** @param socket the connection below the WebSocket, which has no extensions: a frame is a header and the text */
  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    socket.on('drain', () => {
      for (const sink of [...this.#waiting]) {
        this.#waiting.delete(sink);
        sink.onReady();
      }
    });
  }

  /** Frames go onto the socket as messages of that operation; the transport sees the end alone. */
  sink(id: string, options: SinkOptions): Sink {
    return new SocketSink(this, Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`), options);
  }

  send(message: Buffer, sink: SocketSink): boolean {
    if (this.#held.length === 0 && holding.push(this) === 1) setImmediate(letGo);
    this.#held.push(message);
    this.#heldBytes += message.length;
    if (this.#heldBytes > HELD) this.release();
    if (!this.#socket.writableNeedDrain) return true;
    this.#waiting.add(sink);
    return false;
  }

  /** What is held leaves now: before anything that the transport itself sends about the same operation. */
  release(): void {
    if (this.#held.length === 0) return;
    const [first] = this.#held;
    const bytes = this.#held.length === 1 ? (first as Buffer) : Buffer.concat(this.#held, this.#heldBytes);
    this.#held = [];
    this.#heldBytes = 0;
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#socket.write(bytes);
  }
}

function letGo(): void {
  for (const sinks of holding.splice(0)) sinks.release();
}

const CLOSING_BRACE = 0x7d;

/** @see https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md#next */
class SocketSink extends Pulled {
  readonly #sinks: SocketSinks;
  readonly #prefix: Buffer;

  constructor(sinks: SocketSinks, prefix: Buffer, options: SinkOptions) {
    super(options);
    this.#sinks = sinks;
    this.#prefix = prefix;
  }

  override finish(error: Error | null): void {
    this.#sinks.release();
    super.finish(error);
  }

  override write({ bytes }: Frame): boolean {
    const prefix = this.#prefix;
    const { message, start } = textFrame(prefix.length + bytes.length + 1);
    prefix.copy(message, start);
    bytes.copy(message, start + prefix.length);
    message[message.length - 1] = CLOSING_BRACE;
    return this.#sinks.send(message, this);
  }
}

/** The header of a final text frame as a server sends it, and room for the text. @see https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
function textFrame(length: number): { message: Buffer; start: number } {
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const message = Buffer.allocUnsafe(start + length);
  message[0] = 0x81;
  if (start === 2) message[1] = length;
  else if (start === 4) {
    message[1] = 126;
    message.writeUInt16BE(length, 2);
  } else {
    message[1] = 127;
    message.writeBigUInt64BE(BigInt(length), 2);
  }
  return { message, start };
}
