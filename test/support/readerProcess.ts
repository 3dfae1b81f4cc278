/** How does a test freeze a subscriber? As a process of its own, which the system stops and lets go on. */
import { readFileSync } from 'node:fs';
import type { Caller, Reachable } from './gateway.ts';
import { runNode, until } from './process.ts';
import type { ReaderLine } from './reader.ts';

export interface ReaderOptions {
  readonly caller: Caller;
  readonly query: string;
  readonly after: string;
  /** Of each transport. */
  readonly streams: number;
}

export async function startReader({ url, wsUrl, authorization }: Reachable, { caller, ...options }: ReaderOptions) {
  const task = { ...options, url, wsUrl, ...(await authorization(caller)) };
  const { child, ended, output } = runNode('test/support/reader.ts', [JSON.stringify(task)], {});
  const isStopped = () => /^State:\s+T/m.test(systemStatus(child.pid));
  return {
    isStopped,
    /** Everything that it has said so far. */
    lines: (): ReaderLine[] =>
      output()
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    async freeze(): Promise<void> {
      child.kill('SIGSTOP');
      await until('the reader to stand still', isStopped);
    },
    thaw: () => child.kill('SIGCONT'),
    async end(): Promise<void> {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** What Linux knows of a process. */
function systemStatus(pid: number | undefined): string {
  return readFileSync(`/proc/${pid}/status`, 'utf8');
}
