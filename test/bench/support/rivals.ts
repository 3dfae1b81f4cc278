/** Who else answers? Servers beside the gateway, each in a process of its own, on the gateway's database. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';

export interface Rival {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** @param input left behind in a file for the process */
export async function startRival(file: 'postgraphile' | 'limit', input: object): Promise<Rival> {
  const inputFile = path.join(os.tmpdir(), `portcullis-bench-${crypto.randomUUID()}.json`);
  writeFileSync(inputFile, JSON.stringify(input));
  const env = { ...process.env, NODE_ENV: 'production', GRAPHILE_ENV: 'production' };
  const child = fork(path.join(import.meta.dirname, `${file}.ts`), [inputFile], { env });
  const ended = once(child, 'exit');
  const [answer] = (await Promise.race([once(child, 'message'), ended])) as [AddressInfo | number | null];
  rmSync(inputFile, { force: true });
  if (answer === null || typeof answer === 'number') throw new Error(`${file} did not start`);
  return {
    ...{ url: `http://127.0.0.1:${answer.port}/graphql`, pid: child.pid ?? 0 },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
