/** How do requests get in? One HTTP server: health here, everything else to the gateway, and nobody cut off while it stops. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { SettingError } from '../config.ts';

/** How long requests under way may take to finish when the server stops. */
const DRAIN_MILLISECONDS = 5_000;
const DRAIN_POLL_MILLISECONDS = 20;
const HEALTH_MILLISECONDS = 2_000;

export interface Handler {
  handle(req: IncomingMessage, res: ServerResponse): void;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Whether requests can be answered now; a rejection means no. */
  check(): Promise<unknown>;
}

export interface HttpServer {
  /** As bound: the system's choice when the setting is 0. */
  readonly port: number;
  /** From now on requests are answered; until then each gets 503. */
  serve(handler: Handler): void;
  /** Takes no more connections and lets requests under way finish; after five seconds they are cut off. */
  close(): Promise<void>;
}

/** Binds the port and nothing more. @throws SettingError when it cannot be had */
export async function listen({ port, host }: { port: number; host: string }): Promise<HttpServer> {
  let handler: Handler | null = null;
  const upgraded = new Set<Duplex>();
  const server = createServer((req, res) => {
    if (req.url?.split('?')[0] === '/healthz') void answerHealth(handler, res);
    else if (handler) handler.handle(req, res);
    else answer(res, 503, { status: 'starting' });
  });
  server.on('upgrade', (req, socket, head) => {
    // Its peer may be gone before it is answered, and nobody else listens yet.
    socket.on('error', () => socket.destroy());
    if (!handler) return socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    return handler.upgrade(req, socket, head);
  });
  await bind(server, port, host);
  return {
    port: (server.address() as AddressInfo).port,
    serve(ready) {
      handler = ready;
    },
    close: () => drain(server, upgraded),
  };
}

function bind(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new SettingError(bindProblem(error, port, host))));
    server.listen(port, host, resolve);
  });
}

function bindProblem({ code, message }: NodeJS.ErrnoException, port: number, host: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is in use by another program: stop it, or set PORT to a free one.`;
    case 'EACCES':
      return `Port ${port} is reserved for the system's administrator: set PORT to one above 1023.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST is ${JSON.stringify(host)}, which is no address of this machine: give one, or 0.0.0.0 for all of them.`;
    default:
      return `Port ${port} on ${host} cannot be used: ${message}.`;
  }
}

async function answerHealth(handler: Handler | null, res: ServerResponse): Promise<void> {
  if (!handler) return answer(res, 503, { status: 'starting' });
  const healthy = await Promise.race([handler.check().then(() => true), after(HEALTH_MILLISECONDS)]).catch(() => false);
  return healthy ? answer(res, 200, { status: 'ok' }) : answer(res, 503, { status: 'the database does not answer' });
}

const after = (milliseconds: number) =>
  new Promise<boolean>((resolve) => setTimeout(resolve, milliseconds, false).unref());

function answer(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(status === 503 && { 'retry-after': '1' }),
  });
  res.end(JSON.stringify(body));
}

async function drain(server: Server, upgraded: ReadonlySet<Duplex>): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  // A connection that was busy when the server began to close would otherwise be kept alive for the next request.
  const idle = setInterval(() => server.closeIdleConnections(), DRAIN_POLL_MILLISECONDS);
  const patience = setTimeout(() => {
    server.closeAllConnections();
    for (const socket of upgraded) socket.destroy();
  }, DRAIN_MILLISECONDS);
  await closed;
  clearInterval(idle);
  clearTimeout(patience);
}
