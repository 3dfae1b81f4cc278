/** What do all test files share? One PostgreSQL server without durability, and a migrated template with the catalogue. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { loadCatalogue } from '../../src/store/catalogue.ts';
import { migrate, openDatabase } from '../../src/store/database.ts';
import { startEmbedded } from '../../src/store/embedded.ts';
import { GATEWAY } from '../../src/store/embeddedRole.ts';
import { TEMPLATE, urlOf, withServer } from './database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the shared server, for its administrator; its path names no particular database. */
    serverUrl: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'portcullis-test-'));
  // As root the server runs as another user, who has to get in.
  await chmod(folder, 0o755);
  const server = await startEmbedded({ folder, pid: process.pid, fast: true }).catch(async (error) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  const url = urlOf(server.url, TEMPLATE);
  await withServer(server.administratorUrl, async (client) => {
    await client.query(`CREATE DATABASE ${TEMPLATE} OWNER ${GATEWAY}`);
    // So that a test can put a row where the rules would not let it come to be.
    await client.query(`GRANT SET ON PARAMETER session_replication_role TO ${GATEWAY}`);
  });
  const database = await openDatabase(url);
  await migrate(database, url);
  await loadCatalogue(database);
  await database.close();
  await withServer(server.administratorUrl, (client) =>
    client.query(`ALTER DATABASE ${TEMPLATE} ALLOW_CONNECTIONS false`),
  );
  project.provide('serverUrl', server.administratorUrl);
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
