/** Does the HTTP server say how it is, and does it let everybody finish? */
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Handler, type HttpServer, listen } from '../../src/server/http.ts';
import { until } from '../support/process.ts';

let server: HttpServer;
let url: string;

beforeEach(async () => {
  server = await listen({ port: 0, host: '127.0.0.1' });
  url = `http://127.0.0.1:${server.port}`;
});

afterEach(() => server.close());

function serve(handler: Partial<Handler> = {}): void {
  server.serve({
    handle: (_req, res) => res.end('handled'),
    upgrade: (_req, socket) => socket.end(),
    check: () => Promise.resolve(),
    ...handler,
  });
}

it('answers 503 to everything until it serves', async () => {
  for (const path of ['/healthz', '/graphql']) {
    const response = await fetch(url + path);
    expect([response.status, await response.json()]).toEqual([503, { status: 'starting' }]);
  }
  const socket = connect(server.port, '127.0.0.1');
  socket.write('GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 503 /);
});

it('is healthy as long as the check passes', async () => {
  let broken = false;
  serve({ check: () => (broken ? Promise.reject(new Error('no database')) : Promise.resolve()) });
  expect((await fetch(`${url}/healthz?from=probe`)).status).toBe(200);
  expect(await (await fetch(`${url}/anything`)).text()).toBe('handled');
  broken = true;
  const response = await fetch(`${url}/healthz`);
  expect([response.status, await response.json()]).toEqual([503, { status: 'the database does not answer' }]);
});

it('lets a request under way finish, and takes no new one, when it closes', async () => {
  let waiting: ServerResponse | null = null;
  serve({
    handle: (_req, res) => {
      waiting = res;
    },
  });
  const answer = fetch(url).then((response) => response.text());
  const response = await until<ServerResponse>('the request', () => waiting);
  const closed = server.close();
  await expect(fetch(url)).rejects.toThrow('fetch failed');
  response.end('late, and complete');
  expect(await answer).toBe('late, and complete');
  await closed;
});

it.each([
  ['127.0.0.1', (port: number) => `Port ${port} is in use by another program: stop it, or set PORT to a free one.`],
  [
    '192.0.2.1',
    () => 'HOST is "192.0.2.1", which is no address of this machine: give one, or 0.0.0.0 for all of them.',
  ],
])('says in one sentence why it cannot have a port of %s', async (host, sentence) => {
  await expect(listen({ port: server.port, host })).rejects.toThrow(sentence(server.port));
});
