/** How does a test run what a person types? As a process of its own, with its own environment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PROJECT_FOLDER } from '../../src/config.ts';

/** Whoever waits longer waits in vain; the time-out of a test says nothing of what it waited for. */
export const PATIENCE_MILLISECONDS = 60_000;
const POLL_MILLISECONDS = 10;

export interface Program {
  readonly child: ChildProcess;
  /** What it has printed so far, complaints included. */
  output(): string;
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** `node FILE WORDS…` in the checkout, with nothing of this process's environment but the search path and the execution. */
export function runNode(file: string, words: readonly string[], env: Record<string, string>): Program {
  const child = spawn(process.execPath, [path.join(PROJECT_FOLDER, file), ...words], {
    cwd: PROJECT_FOLDER,
    env: { PATH: process.env.PATH, EXECUTION: process.env.EXECUTION, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return {
    child,
    output: () => output,
    ended: new Promise((resolve) => child.once('close', resolve)),
  };
}

/**
 * What `runNode` is given for a process that ends in the middle of something: with the signal, as soon as the folder holds a
 * name that begins so.
 */
export function endAt(folder: string, name: string, signal: NodeJS.Signals): Record<string, string> {
  const { href } = new URL('endAt.ts', import.meta.url);
  return { NODE_OPTIONS: `--import ${href}`, END_IN: folder, END_AT: name, END_WITH: signal };
}

/** A port of 127.0.0.1 that the system gives to nobody who does not ask for it: free, and still so when it is used. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(randomInt(20_000, 32_768), '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** Asks again until there is an answer; what it waited for is in the failure. */
export async function until<T>(what: string, ask: () => Promise<T | null | undefined | false> | T | null): Promise<T> {
  const giveUpAt = performance.now() + PATIENCE_MILLISECONDS;
  while (performance.now() < giveUpAt) {
    const answer = await ask();
    if (answer) return answer;
    await delay(POLL_MILLISECONDS);
  }
  throw new Error(`waited in vain for ${what}`);
}

/** A folder that other users may enter, as the embedded server's does when root runs the tests; removed with `remove`. */
export async function temporaryFolder(): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  // Also what is made in it, whatever the mask of the person who runs the tests.
  process.umask(0o022);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'portcullis-test-'));
  await chmod(folder, 0o755);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
