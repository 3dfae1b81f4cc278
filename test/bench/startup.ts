/**
 * How long does a person wait after `npm start`? From the command to the first answered query of a signed-in person, on an
 * empty data folder and on one that has been used, beside what PostgreSQL alone needs on the same machine at the same time.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { PROJECT_FOLDER } from '../../src/config.ts';
import { type EmbeddedHost, PLAIN, prepareHost } from '../../src/store/embeddedHost.ts';
import { median, report } from './report.ts';
import { freePort, processorTimeOf, temporaryFolder } from './support/stack.ts';

const RUNS = 3;
const POLL_MILLISECONDS = 10;
const TOO_LONG_MILLISECONDS = 60_000;
const run = promisify(execFile);

interface Timing {
  readonly seconds: number;
  /** Of all processes together; NaN where the system does not tell. */
  readonly cpuSeconds: number;
}

export async function bench(): Promise<void> {
  const empty: Timing[] = [];
  const existing: Timing[] = [];
  const bareEmpty: number[] = [];
  const bareExisting: number[] = [];
  for (let index = 0; index < RUNS; index++) {
    const folder = await temporaryFolder();
    const bareFolder = await temporaryFolder();
    try {
      empty.push(await startGateway(folder));
      existing.push(await startGateway(folder));
      const host = await prepareHost(bareFolder);
      bareEmpty.push(await startBare(host, true));
      bareExisting.push(await startBare(host, false));
    } finally {
      await rm(folder, { recursive: true, force: true });
      await rm(bareFolder, { recursive: true, force: true });
    }
  }
  const seconds = (timings: Timing[]) => median(timings.map((timing) => timing.seconds));
  const cpuSeconds = (timings: Timing[]) => median(timings.map((timing) => timing.cpuSeconds));
  report('startup', [
    { what: 'empty folder: npm start to first answer, s', value: seconds(empty), gate: 6, goal: 3 },
    { what: 'existing folder: npm start to first answer, s', value: seconds(existing), gate: 3, goal: 1.5 },
    { what: 'empty folder: processor time, s', value: cpuSeconds(empty) },
    { what: 'existing folder: processor time, s', value: cpuSeconds(existing) },
    { what: 'bare limit: initdb, postgres, first connection, s', value: median(bareEmpty) },
    { what: 'bare limit: postgres, first connection, s', value: median(bareExisting) },
  ]);
}

async function startGateway(folder: string): Promise<Timing> {
  const port = await freePort();
  const env = { ...process.env, PORT: String(port), DATA_FOLDER: folder, PUBLIC_URL: '', DATABASE_URL: '' };
  // Made before the clock starts: a person has signed in, or signs in afterwards.
  const token = (await run('npm', ['run', '-s', 'portcullis', '--', 'token', 'maya'], { cwd: PROJECT_FOLDER, env }))
    .stdout;
  const begin = performance.now();
  const child = spawn('npm', ['start'], { cwd: PROJECT_FOLDER, env, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    await firstAnswer(`http://localhost:${port}/graphql`, token.trim(), child);
    const seconds = (performance.now() - begin) / 1000;
    return { seconds, cpuSeconds: await processorTimeOf(child.pid ?? 0) };
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

async function firstAnswer(url: string, token: string, child: ChildProcess): Promise<void> {
  const giveUpAt = performance.now() + TOO_LONG_MILLISECONDS;
  let last: unknown;
  while (performance.now() < giveUpAt && child.exitCode === null) {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: '{ me { __typename } }' }),
      });
      const body = await response.text();
      if (response.ok && body.includes('"__typename"')) return;
      last = body;
    } catch (error) {
      last = error;
    }
    await delay(POLL_MILLISECONDS);
  }
  throw new Error('the gateway did not answer', { cause: last });
}

/** What PostgreSQL needs without any of our code around it. */
async function startBare(host: EmbeddedHost, initialise: boolean): Promise<number> {
  const data = path.join(host.home, 'bare');
  const options = { ...host.runAs, ...PLAIN };
  const begin = performance.now();
  if (initialise) {
    const args = ['-D', data, '-U', 'portcullis', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    await run(path.join(host.binaries, 'initdb'), args, options);
  }
  const args = ['-D', data, '-c', 'listen_addresses=', '-c', `unix_socket_directories=${host.home}`];
  const server = spawn(path.join(host.binaries, 'postgres'), args, { ...options, stdio: 'ignore' });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  try {
    await firstConnection(host.home);
    return (performance.now() - begin) / 1000;
  } finally {
    server.kill('SIGINT');
    await ended;
  }
}

async function firstConnection(socketFolder: string): Promise<void> {
  const giveUpAt = performance.now() + TOO_LONG_MILLISECONDS;
  while (performance.now() < giveUpAt) {
    const client = new pg.Client({ host: socketFolder, port: 5432, user: 'portcullis', database: 'postgres' });
    client.on('error', () => undefined);
    const connected = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => undefined);
    if (connected) return;
    await delay(POLL_MILLISECONDS);
  }
  throw new Error('PostgreSQL alone did not start');
}
