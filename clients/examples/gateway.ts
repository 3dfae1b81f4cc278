/** Against which gateway does an example run? The one that answers, or one started for as long as the example takes. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const FOLDER = path.resolve(import.meta.dirname, '..', '..');
const PROGRAM = path.join('src', 'main.ts');
/** Setting up an empty data folder takes a few seconds; a slow disk gets its time. */
const START_MILLISECONDS = 60_000;
const STOP_MILLISECONDS = 15_000;
const POLL_MILLISECONDS = 50;
/** What a gateway answers until it serves. */
const STARTING = 503;

export interface Gateway {
  /** Without a path. */
  readonly url: string;
  /** Started for the example, and not there before. */
  readonly started: boolean;
  /** Stops the gateway if it was started for the example. */
  stop(): Promise<void>;
}

/** With the settings of `npm start`: PORT, PUBLIC_URL, DATA_FOLDER and so on. */
export async function reachGateway(): Promise<Gateway> {
  const url = process.env.PUBLIC_URL || `http://localhost:${process.env.PORT || 4000}`;
  const child = (await health(url)) === null ? start() : null;
  const stop = async () => {
    if (child) await end(child);
  };
  try {
    await untilHealthy(url, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, started: child !== null, stop };
}

/** What `npm run portcullis -- token NAME` prints. */
export async function tokenOf(name: string, ...options: '--mfa'[]): Promise<string> {
  const words = [PROGRAM, 'token', name, ...options];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: FOLDER });
  return stdout.trim();
}

/** Its complaints, such as a port that is taken, are shown as they come. */
function start(): ChildProcess {
  return spawn(process.execPath, [PROGRAM, 'start'], { cwd: FOLDER, stdio: ['ignore', 'ignore', 'inherit'] });
}

async function untilHealthy(url: string, child: ChildProcess | null): Promise<void> {
  const giveUpAt = performance.now() + START_MILLISECONDS;
  while (performance.now() < giveUpAt) {
    const status = await health(url);
    if (status === 200) return;
    if (status !== null && status !== STARTING) throw new Error(`${url}/healthz answers ${status}: it is no gateway.`);
    if (child && hasEnded(child)) throw new Error('The gateway could not be started.');
    await delay(POLL_MILLISECONDS);
  }
  throw new Error(`${url}/healthz has not answered with 200 within ${START_MILLISECONDS / 1000} s.`);
}

/** The status of the gateway's health; null when nobody listens there. */
async function health(url: string): Promise<number | null> {
  try {
    return (await fetch(`${url}/healthz`)).status;
  } catch {
    return null;
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MILLISECONDS);
  await ended;
  clearTimeout(patience);
}
