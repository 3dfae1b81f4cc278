/** What does it take for the gateway to serve? Port, database, schema, catalogue, gateway; and all of it back in order. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { processNow } from '../clock.ts';
import type { Config } from '../config.ts';
import { type BulkRunner, startBulkRunner } from '../schedule/bulk.ts';
import { type Scheduler, startScheduler } from '../schedule/scheduler.ts';
import { collectGarbage } from '../server/garbage.ts';
import type { Gateway } from '../server/gateway.ts';
import { type HttpServer, listen } from '../server/http.ts';
import { keepAdministrators } from '../store/administrators.ts';
import { loadCatalogue } from '../store/catalogue.ts';
import { isEmpty, loadDemoCompany } from '../store/company.ts';
import { type Database, migrate, openDatabase } from '../store/database.ts';
import { type Embedded, startEmbedded } from '../store/embedded.ts';
import { abandonEmbedded } from '../store/embeddedServer.ts';
import { keepRetention } from '../store/eventLog.ts';
import { RUNNING_FILE } from './token.ts';

export interface StartOptions {
  readonly config: Config;
  readonly pid: number;
  /** Aborted while the gateway starts, it stops what has been started; the promise is then rejected with the reason. */
  readonly signal: AbortSignal;
  /** A line for the person who started the gateway. */
  readonly say: (line: string) => void;
  /** Told in one sentence when the gateway cannot go on. */
  readonly onFailure: (sentence: string) => void;
}

interface Parts {
  http?: HttpServer;
  embedded?: Embedded;
  database?: Database;
  gateway?: Gateway;
  scheduler?: Scheduler;
  bulk?: BulkRunner;
}

/**
 * @returns what stops it
 * @throws SettingError in one sentence; nothing is left running
 */
export async function start(options: StartOptions): Promise<() => Promise<void>> {
  const parts: Parts = {};
  try {
    await startParts(parts, options);
    return () => stopParts(parts, options.config);
  } catch (error) {
    await stopParts(parts, options.config);
    throw error;
  }
}

/** Asks what would outlive the process to end, and does not wait: for the moment the process exits. */
export const abandon = abandonEmbedded;

async function startParts(parts: Parts, options: StartOptions): Promise<void> {
  const { signal } = options;
  // The port first: when it is taken, nothing else has been touched.
  parts.http = await listen(options.config);
  const config = withPort(options.config, parts.http.port);
  // Loading the GraphQL libraries takes about as long as the database needs to come up: side by side.
  const gatewayModule = import('../server/gateway.ts');
  gatewayModule.catch(() => undefined);
  const url = config.databaseUrl ?? (await startDatabase(parts, options));
  signal.throwIfAborted();
  const database = await openDatabase(url, {
    poolSize: config.databasePoolSize,
    statementTimeoutSeconds: config.statementTimeoutSeconds,
  });
  parts.database = database;
  await migrate(database, url);
  await loadCatalogue(database);
  await keepAdministrators(database, config.minimumAdministrators);
  await keepRetention(database, config);
  signal.throwIfAborted();
  const isNew = await loadDemo(config, database);
  signal.throwIfAborted();
  const { createGateway } = await gatewayModule;
  const gateway = await createGateway({ config, database, url, ofProcess: true });
  parts.gateway = gateway;
  signal.throwIfAborted();
  parts.http.serve({
    handle: (req, res) => gateway.handle(req, res),
    upgrade: (req, socket, head) => gateway.upgrade(req, socket, head),
    check: () => database.em.fork().execute('SELECT 1'),
  });
  parts.bulk = startBulkRunner({
    ...{ url, executors: gateway.executors, expiryHours: config.bulkExpiryHours },
    onFault: (error) => console.error('bulk operations', error),
  });
  parts.scheduler = startScheduler({ database, url, onFault: (error) => console.error('scheduler', error) });
  await leaveNote(config, options.pid);
  welcome(config, isNew).forEach(options.say);
  // A third of what the process has by now was for its start, and what its first work needs would be on top of it.
  collectGarbage();
}

/** With port 0 the system chooses, and only now its choice can be part of the gateway's address. */
function withPort(config: Config, port: number): Config {
  return config.port === 0 && config.publicUrl === 'http://localhost:0'
    ? { ...config, port, publicUrl: `http://localhost:${port}` }
    : { ...config, port };
}

async function startDatabase(parts: Parts, { config, pid, onFailure }: StartOptions): Promise<string> {
  parts.embedded = await startEmbedded({ folder: config.dataFolder, pid, onExit: onFailure });
  return parts.embedded.url;
}

/** Only into a database of the gateway's own in which nobody has been yet. */
async function loadDemo(config: Config, database: Database): Promise<boolean> {
  if (config.databaseUrl !== null || config.production || !(await isEmpty(database))) return false;
  await loadDemoCompany(database, processNow());
  // A tenth of a second now; PostgreSQL would come to it by itself only after the first minute of guessed plans.
  await database.em.fork().execute('ANALYZE');
  return true;
}

/** Streams end first: their connections would use up the time that requests under way get to finish. */
async function stopParts(parts: Parts, config: Config): Promise<void> {
  const drained = parts.http?.close();
  if (parts.gateway) await removeNote(config);
  await parts.bulk?.stop();
  await parts.scheduler?.stop();
  await parts.gateway?.close();
  await drained;
  await parts.database?.close();
  await parts.embedded?.stop();
}

/** For `portcullis token`, which signs in the name of the gateway that runs. */
async function leaveNote(config: Config, pid: number): Promise<void> {
  if (config.issuer !== null) return;
  await mkdir(config.dataFolder, { recursive: true });
  await writeFile(path.join(config.dataFolder, RUNNING_FILE), JSON.stringify({ pid, publicUrl: config.publicUrl }));
}

const removeNote = (config: Config) => rm(path.join(config.dataFolder, RUNNING_FILE), { force: true });

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;
const OPEN_DOOR =
  'Beware: anybody who reaches this address may sign in as anybody. Set OIDC_ISSUER, or HOST to an address of this machine alone.';

function welcome(config: Config, demo: boolean): string[] {
  const { publicUrl, issuer, dataFolder, databaseUrl } = config;
  return [
    'Portcullis is ready.',
    `  GraphQL and GraphiQL  ${publicUrl}/graphql`,
    `  Health                ${publicUrl}/healthz`,
    `  Metrics               ${publicUrl}/metrics`,
    issuer
      ? `  Tokens are from       ${issuer.url}`
      : `  Issuer                ${publicUrl}/identity  (development only; a token: npm run -s portcullis -- token maya)`,
    databaseUrl === null
      ? `  Data                  ${dataFolder}`
      : '  Data                  the database of DATABASE_URL',
    ...(issuer === null && !LOOPBACK.test(config.host) ? [OPEN_DOOR] : []),
    ...(demo ? ['The demo company has been loaded: sign in as maya, arun, olga or any other of its people.'] : []),
  ];
}
