/** How does a network fail? Between a client and a gateway stands this, and cuts or freezes what goes through it. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export type Network = Awaited<ReturnType<typeof openNetwork>>;

export async function openNetwork(target: { readonly port: number }) {
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((client) => {
    network.connections++;
    const gateway = connect(target.port, 'localhost');
    const pair = [client, gateway] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [gateway, client]] as const) {
      from.on('error', () => to.destroy());
      from.on('close', () => pairs.delete(pair) && to.destroy());
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const network = {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    /** Ever opened. */
    connections: 0,
    /** Resets every connection. */
    cut() {
      for (const [client, gateway] of pairs) {
        client.resetAndDestroy();
        gateway.resetAndDestroy();
      }
    },
    /** Nothing more arrives over the connections there are, and nobody is told. */
    freeze() {
      for (const pair of pairs) for (const socket of pair) socket.unpipe().pause();
    },
    async close() {
      network.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return network;
}
