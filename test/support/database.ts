/** Where does a test get its database? A clone of a template on the shared server: real, its own, and there in 20 ms. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { processNow } from '../../src/clock.ts';
import { loadDemoCompany } from '../../src/store/company.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { GATEWAY } from '../../src/store/embeddedRole.ts';

/** Migrated, with the catalogue of built-in roles, and nobody in it. */
export const TEMPLATE = 'template_empty';

const DEMO_TEMPLATE = 'template_demo';
/** Any number nobody else takes: of test files that run at once, one makes the template. */
const DEMO_LOCK = 7_041_776_003;

export interface TestDatabase {
  /** For the ordinary role that owns it, as a gateway has it. */
  readonly url: string;
  /** For the server's administrator, whom no grant binds. */
  readonly administratorUrl: string;
  readonly database: Database;
  /** Closes the database, whoever else uses it, and removes it. */
  drop(): Promise<void>;
}

/** A database with the built-in roles and no principals. */
export function cloneDatabase(): Promise<TestDatabase> {
  return clone(TEMPLATE);
}

/** A database with the demo company as of now; the first to ask for one waits a second until its template is made. */
export async function cloneDemoDatabase(): Promise<TestDatabase> {
  await withServer(inject('serverUrl'), async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [DEMO_LOCK]);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DEMO_TEMPLATE]);
    if (rowCount === 0) await createDemoTemplate(client);
  });
  return clone(DEMO_TEMPLATE);
}

/** Under its name only once it is complete. */
async function createDemoTemplate(client: pg.Client): Promise<void> {
  const draft = `${DEMO_TEMPLATE}_draft`;
  await client.query(`DROP DATABASE IF EXISTS ${draft}`);
  await client.query(`CREATE DATABASE ${draft} TEMPLATE ${TEMPLATE} OWNER ${GATEWAY}`);
  const database = await openDatabase(urlOf(inject('serverUrl'), draft, GATEWAY));
  await loadDemoCompany(database, processNow());
  await database.em.fork().execute('ANALYZE');
  await database.close();
  await client.query(`ALTER DATABASE ${draft} RENAME TO ${DEMO_TEMPLATE}`);
}

/** A database with nothing in it at all, not even a table. */
export async function createEmptyDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }> {
  return createDatabase('template0');
}

async function clone(template: string): Promise<TestDatabase> {
  const { url, administratorUrl, drop } = await createDatabase(template);
  const database = await openDatabase(url);
  return {
    url,
    administratorUrl,
    database,
    drop: async () => {
      await database.close();
      await drop();
    },
  };
}

/** Copying the files takes 15 ms and writing them through the log 20 ms (a server without fsync, an 11 MB template). */
/** Pools say they have ended a moment before their connections have; whoever stays longer is cut off. */
async function sessionsEnded(client: pg.Client, name: string): Promise<void> {
  const patience = performance.now() + 2_000;
  const open = () => client.query('SELECT FROM pg_stat_activity WHERE datname = $1', [name]);
  while ((await open()).rowCount !== 0 && performance.now() < patience);
}

async function createDatabase(template: string) {
  const server = inject('serverUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await withServer(server, (client) =>
    client.query(`CREATE DATABASE ${name} TEMPLATE ${template} OWNER ${GATEWAY} STRATEGY file_copy`),
  );
  return {
    url: urlOf(server, name, GATEWAY),
    administratorUrl: urlOf(server, name),
    drop: async () => {
      await withServer(server, async (client) => {
        await sessionsEnded(client, name);
        await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
      });
    },
  };
}

/** The URL of another database of the same server, for the same user or another one. */
export function urlOf(serverUrl: string, database: string, user?: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  if (user !== undefined) url.username = user;
  return url.toString();
}

/** One session in the server's own database. */
export async function withServer<T>(serverUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: urlOf(serverUrl, 'postgres') });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
