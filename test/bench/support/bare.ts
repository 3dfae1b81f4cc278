/** What is the limit? A WebSocket server that does nothing but send the same frame to everybody, in a process of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { memoryOf, processorTimeOf } from './stack.ts';

interface Broadcast {
  /** With the place of the time left open. */
  readonly frame: string;
  readonly times: number;
  readonly perSecond: number;
}

export interface Bare {
  readonly url: string;
  /** Resolves when the last frame has been sent. */
  broadcast(broadcast: Broadcast): Promise<void>;
  processorTime(): Promise<number>;
  memory(): Promise<number>;
  stop(): void;
}

export const NOW = 'yyyy-mm-ddThh:mm:ss.sssZ';
export const POSITION = '"position":0';

export async function startBare(): Promise<Bare> {
  const child: ChildProcess = fork(import.meta.filename);
  const [port] = (await once(child, 'message')) as [number];
  const pid = child.pid ?? 0;
  return {
    url: `ws://127.0.0.1:${port}`,
    async broadcast(broadcast) {
      child.send(broadcast);
      await once(child, 'message');
    },
    processorTime: () => processorTimeOf(pid, false),
    memory: () => memoryOf(pid),
    stop: () => child.disconnect(),
  };
}

if (process.argv[1] === import.meta.filename) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  let position = 0;
  server.on('listening', () => process.send?.((server.address() as AddressInfo).port));
  process.on('message', ({ frame, times, perSecond }: Broadcast) => {
    let sent = 0;
    const startedAt = performance.now();
    const send = () => {
      while (sent < times && performance.now() - startedAt >= (sent * 1000) / perSecond) {
        sent++;
        position++;
        const now = new Date(performance.timeOrigin + performance.now()).toISOString();
        const data = Buffer.from(frame.replace(NOW, now).replace(POSITION, `"position":${position}`));
        for (const client of server.clients) client.send(data, { binary: false });
      }
      if (sent < times) setTimeout(send, 1);
      else process.send?.('sent');
    };
    send();
  });
  process.on('disconnect', () => process.exit());
}
