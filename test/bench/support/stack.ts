/** What is measured? A gateway as people start it: a process of its own, on a data folder of its own, with the demo company. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay, setInterval } from 'node:timers/promises';
import { PROJECT_FOLDER } from '../../../src/config.ts';
import { loadDevelopmentKeys, signDevelopmentToken } from '../../../src/identity/developmentKeys.ts';
import type { Persona } from '../../../src/identity/persona.ts';
import { joinEmbedded } from '../../../src/store/embedded.ts';

const POLL_MILLISECONDS = 10;
const MEMORY_MILLISECONDS = 50;
const TOO_LONG_MILLISECONDS = 60_000;

/** Seconds of processor time since the start. */
export interface ProcessorTime {
  readonly gateway: number;
  /** The server and all of its sessions. */
  readonly database: number;
}

export interface Stack {
  /** Of the GraphQL endpoint. */
  readonly url: string;
  readonly databaseUrl: string;
  /** An access token with the second factor proved just now. @param lifetimeSeconds default: a day */
  token(principal: Pick<Persona, 'objectId' | 'kind' | 'appPermissions'>, lifetimeSeconds?: number): Promise<string>;
  processorTime(): Promise<ProcessorTime>;
  /** Resident memory of the gateway's process, in megabytes. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * @param nodeOptions for node itself, such as `--cpu-prof`
 * @param settings of the gateway, beside those that every bench needs
 * @param prepare fills the data folder before the gateway starts; otherwise it has the demo company
 */
export async function startStack(
  nodeOptions: readonly string[] = [],
  settings: Readonly<Record<string, string>> = {},
  prepare?: (folder: string) => Promise<void>,
): Promise<Stack> {
  const folder = await temporaryFolder();
  await prepare?.(folder);
  const port = await freePort();
  const env = {
    ...process.env,
    // A bench asks more in a minute than anybody else.
    COST_PER_MINUTE: '1000000000000',
    EXPORT_COST_PER_MINUTE: '1000000000000',
    ...settings,
    PORT: String(port),
    DATA_FOLDER: folder,
    PUBLIC_URL: '',
    DATABASE_URL: '',
  };
  const stdio = ['ignore', 'ignore', 'inherit'] as const;
  const child = spawn(process.execPath, [...nodeOptions, 'src/main.ts', 'start'], {
    ...{ cwd: PROJECT_FOLDER, env },
    stdio: [...stdio],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const address = `http://localhost:${port}`;
    await ready(`${address}/healthz`, child);
    const keys = await loadDevelopmentKeys(folder);
    const pid = child.pid ?? 0;
    const { url: databaseUrl } = await joinEmbedded({ folder, pid });
    return {
      ...{ url: `${address}/graphql`, databaseUrl, stop },
      token: (principal, lifetimeSeconds = 24 * 3600) =>
        signDevelopmentToken(keys, {
          ...{ issuer: `${address}/identity`, multiFactor: true, lifetimeSeconds },
          persona: { name: '', displayName: '', description: '', ...principal },
        }),
      memory: () => memoryOf(pid),
      async processorTime() {
        const all = await processorTimeOf(pid);
        const gateway = await processorTimeOf(pid, false);
        return { gateway, database: all - gateway };
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  const giveUpAt = performance.now() + TOO_LONG_MILLISECONDS;
  while (performance.now() < giveUpAt && child.exitCode === null) {
    const answer = await fetch(url).catch(() => null);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    await delay(POLL_MILLISECONDS);
  }
  throw new Error('the gateway did not start');
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'portcullis-bench-'));
  await chmod(folder, 0o755);
  return folder;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

/**
 * In seconds, of a process and of everything it started, the ended ones included, as Linux tells it; NaN where the system
 * does not tell.
 * @param family false: of the process alone
 */
export async function processorTimeOf(root: number, family = true): Promise<number> {
  const pids = family ? await readdir('/proc').catch(() => []) : [String(root)];
  const stats = await Promise.all(
    pids.filter((pid) => /^\d+$/.test(pid)).map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')),
  );
  // After the name in parentheses, which may hold anything: state, parent, …, and from the 12th on the four times.
  const processes = stats.filter(Boolean).map((stat) => {
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, family ? 15 : 13).reduce((sum, each) => sum + Number(each), 0);
    return { pid: Number.parseInt(stat, 10), parent: Number(fields[1]), ticks };
  });
  const members = new Set([root]);
  for (let size = 0; size < members.size; ) {
    size = members.size;
    for (const { pid, parent } of processes) if (members.has(parent)) members.add(pid);
  }
  const ticks = processes.filter(({ pid }) => members.has(pid)).reduce((sum, each) => sum + each.ticks, 0);
  return processes.length === 0 ? Number.NaN : ticks / TICKS_PER_SECOND;
}

/** The most resident memory of the gateway from now on, in megabytes. */
export function watchMemory(stack: Stack): { stop(): Promise<number> } {
  const stopped = new AbortController();
  let most = 0;
  const watching = (async () => {
    for await (const _ of setInterval(MEMORY_MILLISECONDS, undefined, { signal: stopped.signal })) {
      most = Math.max(most, await stack.memory());
    }
  })().catch((error: unknown) => {
    if (!stopped.signal.aborted) throw error;
  });
  return {
    async stop() {
      stopped.abort();
      await watching;
      return most;
    },
  };
}

/** Megabytes of resident memory, as Linux tells it; NaN where the system does not tell. */
export async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1000;
}

/** What Linux counts processor time in, on every platform Node runs on. */
const TICKS_PER_SECOND = 100;
