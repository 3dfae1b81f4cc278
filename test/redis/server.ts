/** Where does a test get a Redis that it may kill? Debian's server as a process of its own, which keeps nothing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createClient, type RedisClientType } from '@redis/client';
import { freePort } from '../support/process.ts';

export type RedisServer = Awaited<ReturnType<typeof createRedis>>;

/** Not started yet; on a port of its own, the same one after each start. */
export async function createRedis(password: string) {
  const port = await freePort();
  const url = `redis://:${password}@127.0.0.1:${port}`;
  let running: ChildProcess | null = null;
  const self = {
    url,
    async start(): Promise<void> {
      running = await run(port, password);
    },
    async kill(): Promise<void> {
      const ended = running && once(running, 'exit');
      running?.kill('SIGKILL');
      await ended;
      running = null;
    },
    /** It keeps its connections and says nothing on them. */
    freeze: () => running?.kill('SIGSTOP'),
    thaw: () => running?.kill('SIGCONT'),
    /** One session. */
    async ask<T>(work: (client: RedisClientType) => Promise<T>): Promise<T> {
      const client = createClient({ url }) as RedisClientType;
      await client.connect();
      try {
        return await work(client);
      } finally {
        client.destroy();
      }
    },
    [Symbol.asyncDispose]: () => self.kill(),
  };
  return self;
}

async function run(port: number, password: string): Promise<ChildProcess> {
  const words = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no'];
  const child = spawn('redis-server', [...words, '--requirepass', password], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const text of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    output += text;
    if (output.includes('Ready to accept connections')) break;
  }
  child.stdout.resume();
  if (child.exitCode !== null) throw new Error(`redis-server ended: ${output}`);
  return child;
}
