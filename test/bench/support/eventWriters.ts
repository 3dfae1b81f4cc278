/** `node eventWriters.ts URL WRITERS SECONDS [PER_SECOND]`: commits events, each alone, and prints how many; a process of its own. */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

const [url = '', writers = '', seconds = '', perSecond = '0'] = process.argv.slice(2);

/** As the actions do it: one row, with what an assignment's event holds. */
const INSERT = {
  name: 'event',
  text: `INSERT INTO event (at, type, provider, assignment_type, payload) VALUES (clock_timestamp(), 'assignment.activated', 'ENTRA_ROLE', 'ACTIVE', $1)`,
  values: [JSON.stringify({ endsAt: '2026-11-23T07:00:00.000Z', justification: 'Quarterly check', ticket: null })],
};

let committed = 0;
const clients = await Promise.all(
  Array.from({ length: Number(writers) }, async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return client;
  }),
);
const begin = performance.now();
const end = begin + Number(seconds) * 1000;
await Promise.all(clients.map((client, index) => write(client, index)));
console.log(JSON.stringify({ committed, seconds: (performance.now() - begin) / 1000 }));
await Promise.all(clients.map((client) => client.end()));

/** With a rate, the writers take turns and nobody waits for anybody else's commit. */
async function write(client: pg.Client, index: number): Promise<void> {
  const interval = Number(perSecond) > 0 ? (1000 * clients.length) / Number(perSecond) : 0;
  let next = begin + (interval * index) / clients.length;
  while (performance.now() < end) {
    await client.query(INSERT);
    committed++;
    next += interval;
    if (interval > 0) await delay(Math.max(0, next - performance.now()));
  }
}
