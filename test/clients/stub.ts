/** How does a test see the SDK meet what no good gateway does? A server of real sockets that does only what the test says. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { Queue } from '../../clients/typescript/queue.ts';

/** One attempt of a client, in the test's hands. */
export interface StubStream {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly authorization: string;
  /** An item; its cursor is `c` and its position. */
  item(kind: string, position: number, more?: object): void;
  event(position: number): void;
  /** The last item, as the gateway ends a stream. */
  fail(code: string, extensions?: object): void;
  complete(): void;
  /** Whatever else can be written on such a connection. */
  raw(text: string): void;
  /** Resets the connection. */
  cut(): void;
  /** Closes the connection in order; over WebSocket with that code. */
  close(code?: number, reason?: string): void;
  /** Resolves when the client is gone, or has said that it wants no more. */
  readonly left: Promise<unknown>;
}

export type Stub = Awaited<ReturnType<typeof startStub>>;

/** What a client says on a socket beside its streams. */
interface Aside {
  readonly type: string;
  readonly payload?: unknown;
}

export async function startStub() {
  const streams = new Queue<StubStream>();
  const opened = streams.read();
  const asides = new Queue<Aside>();
  const stub = {
    url: '',
    /** What `eventCursor` answers. */
    head: 'c0',
    /** Of SSE requests: answered instead of a stream. */
    refuse: null as { readonly status: number; readonly body: string } | null,
    /** Sockets are closed with this code as soon as they introduce themselves. */
    refuseSockets: null as number | null,
    /** Every token that was shown, in order. */
    authorizations: [] as string[],
    sockets: 0,
    /** The next attempt to open a stream. */
    next: async () => (await opened.next()).value as StubStream,
    asides: asides.read(),
    close: () => Promise.resolve(),
  };
  const add = (stream: StubStream) => {
    stub.authorizations.push(stream.authorization);
    streams.push(stream);
  };
  const server = createServer((req, res) => void answer(stub, add, req, res));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    stub.sockets++;
    speak(stub, add, (aside) => asides.push(aside), socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stub.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  stub.close = () => close(server, sockets);
  return stub;
}

async function close(server: Server, sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.terminate();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

type Add = (stream: StubStream) => void;

async function answer(stub: Stub, add: Add, req: IncomingMessage, res: ServerResponse): Promise<void> {
  let text = '';
  for await (const chunk of req.setEncoding('utf8')) text += chunk;
  const { authorization = '', accept } = req.headers;
  if (!accept?.includes('text/event-stream')) {
    res.setHeader('content-type', 'application/json').end(JSON.stringify({ data: { eventCursor: stub.head } }));
  } else if (stub.refuse) {
    stub.authorizations.push(authorization);
    res.writeHead(stub.refuse.status).end(stub.refuse.body);
  } else {
    res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    const { variables } = JSON.parse(text);
    const left = new Promise((resolve) => res.once('close', resolve));
    const finish = () => res.end('event: complete\ndata:\n\n');
    const send = (payload: object) => res.write(`event: next\ndata: ${JSON.stringify(payload)}\n\n`);
    const cut = () => (res.socket as Duplex & { resetAndDestroy(): void }).resetAndDestroy();
    add(
      inHand({
        variables,
        authorization,
        left,
        send,
        finish,
        cut,
        close: () => res.end(),
        raw: (text) => res.write(text),
      }),
    );
  }
}

function speak(stub: Stub, add: Add, onAside: (aside: Aside) => void, socket: WebSocket): void {
  let authorization = '';
  const leave = new Map<string, () => void>();
  const say = (message: object) => socket.send(JSON.stringify(message));
  socket.on('error', () => undefined);
  socket.on('close', () => leave.forEach((left) => void left()));
  socket.on('message', (data) => {
    const { type, id, payload } = JSON.parse(String(data));
    if (type === 'ping' || type === 'pong') onAside({ type, payload });
    if (type === 'complete') leave.get(id)?.();
    if (type === 'connection_init') {
      authorization = payload.authorization;
      if (stub.refuseSockets === null) return say({ type: 'connection_ack' });
      stub.authorizations.push(authorization);
      return socket.close(stub.refuseSockets, 'refused');
    }
    if (type !== 'subscribe') return;
    const { variables } = payload;
    const left = new Promise<void>((resolve) => leave.set(id, resolve));
    const send = (result: object) => say({ type: 'next', id, payload: result });
    const finish = () => say({ type: 'complete', id });
    const cut = () => (socket as unknown as { _socket: { resetAndDestroy(): void } })._socket.resetAndDestroy();
    const end = (code?: number, reason?: string) => socket.close(code ?? 1001, reason);
    add(inHand({ variables, authorization, left, send, finish, cut, close: end, raw: (text) => socket.send(text) }));
  });
}

interface Wire extends Pick<StubStream, 'variables' | 'authorization' | 'left' | 'cut' | 'close' | 'raw'> {
  send(payload: object): void;
  finish(): void;
}

function inHand({ send, finish, ...wire }: Wire): StubStream {
  const at = '2026-11-23T10:00:00.000Z';
  const item = (kind: string, position: number, more: object = {}) =>
    send({ data: { assignmentEvents: { kind, position, cursor: `c${position}`, at, ...more } } });
  return {
    ...wire,
    item,
    event: (position) => item('EVENT', position),
    fail(code, extensions = {}) {
      send({ data: null, errors: [{ message: `It ends: ${code}.`, extensions: { code, ...extensions } }] });
      finish();
    },
    complete: finish,
  };
}
