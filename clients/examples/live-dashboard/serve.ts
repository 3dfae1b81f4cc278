/** How does the dashboard get into a browser? The files of clients/, with the types taken out on the way: `npm run dashboard`. */
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { reachGateway } from '../gateway.ts';

const CLIENTS = path.resolve(import.meta.dirname, '..', '..');
/** Relative to clients/, and so are the imports of its script. */
const PAGE = '/examples/live-dashboard/';
const SCRIPT = 'text/javascript';
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.ts': SCRIPT };
const PORT = 4080;

export interface DashboardOptions {
  /** Of the gateway, without a path. It has to allow the dashboard's origin. */
  readonly gateway: string;
  readonly port: number;
}

/** Serves on this machine only. */
export async function serveDashboard({ gateway, port }: DashboardOptions) {
  const settings = JSON.stringify({
    gateway,
    // The development issuer; with one of your own, what you registered there.
    issuer: `${gateway}/identity`,
    clientId: 'portcullis-development',
    scope: 'openid offline_access access_as_user',
  });
  const server = createServer((req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://dashboard');
    res.setHeader('content-security-policy', policy(gateway));
    if (pathname === '/') res.writeHead(302, { location: PAGE }).end();
    else if (pathname === `${PAGE}settings.json`) res.setHeader('content-type', 'application/json').end(settings);
    else void sendFile(pathname === PAGE ? `${PAGE}index.html` : pathname, res);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, 'localhost', resolve);
  });
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url, close };
}

/** Scripts from here, words with the gateway, and nothing else. */
function policy(gateway: string): string {
  const socket = gateway.replace(/^http/, 'ws');
  return `default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; connect-src 'self' ${gateway} ${socket}`;
}

async function sendFile(name: string, res: ServerResponse): Promise<void> {
  const type = TYPES[path.extname(name)];
  const text = await readFile(path.join(CLIENTS, path.normalize(name)), 'utf8').catch(() => null);
  if (type === undefined || text === null) res.writeHead(404).end();
  else res.setHeader('content-type', `${type}; charset=utf-8`).end(type === SCRIPT ? stripTypeScriptTypes(text) : text);
}

/** Whether pages of that origin may call it. */
async function allows(gateway: string, origin: string): Promise<boolean> {
  const headers = { origin, 'access-control-request-method': 'POST' };
  const { headers: answer } = await fetch(`${gateway}/graphql`, { method: 'OPTIONS', headers });
  return answer.get('access-control-allow-origin') === origin;
}

async function main(): Promise<void> {
  const port = Number(process.env.DASHBOARD_PORT || PORT);
  // For the gateway that is started here when none runs.
  process.env.ALLOWED_ORIGINS ||= `http://localhost:${port}`;
  const gateway = await reachGateway();
  const { url, close } = await serveDashboard({ gateway: gateway.url, port });
  if (!(await allows(gateway.url, url)))
    console.log(`The gateway refuses pages from ${url}: start it with ALLOWED_ORIGINS=${url}`);
  console.log(
    `The dashboard is at ${url}; sign in as grace, who sees all of Entra, or as any other of the demo company.`,
  );
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, async () => {
      await close();
      await gateway.stop();
    });
  }
}

if (import.meta.main) await main();
