/** What is measured without a gateway? A PostgreSQL of its own, durable, with the gateway's schema and nothing in it. */
import { rm } from 'node:fs/promises';
import pg from 'pg';
import { migrate, openDatabase } from '../../../src/store/database.ts';
import { startEmbedded } from '../../../src/store/embedded.ts';
import { temporaryFolder } from './stack.ts';

export async function startServer() {
  const folder = await temporaryFolder();
  const server = await startEmbedded({ folder, pid: process.pid });
  const client = new pg.Client({ connectionString: server.url });
  const stop = async () => {
    await client.end();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const database = await openDatabase(server.url);
    await migrate(database, server.url);
    await database.close();
    await client.connect();
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: server.url, client, stop };
}
