/**
 * How does a gateway bring its own database? A real PostgreSQL, started, guarded and stopped by the gateway, reachable only
 * through a Unix socket in a private folder: no port, no password, nobody else on the machine.
 *
 * The cluster is guarded by PostgreSQL itself: its owner keeps one session that holds an advisory lock. When a gateway is
 * killed the session ends with it, whatever process gets its number later; the next gateway finds a server without an owner,
 * stops it and starts its own.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SettingError } from '../config.ts';
import { type EmbeddedHost, embeddedHome, give, PLAIN, prepareHost } from './embeddedHost.ts';
import { embeddedUrls, findServer, launchServer, removeSocketFolder, STOP_MILLISECONDS } from './embeddedServer.ts';

const SERVER_VERSION = '18';
/** After a crash of one session the owner is back within a few milliseconds. */
const OWNER_RETURN_MILLISECONDS = 250;
const START_MILLISECONDS = 60_000;
const POLL_MILLISECONDS = 5;

const runFile = promisify(execFile);

export interface EmbeddedOptions {
  /** The gateway's data folder; the cluster is in its `postgres`. */
  readonly folder: string;
  /** Number of the owning process, for the message a second gateway gives. */
  readonly pid: number;
  /** Give up durability for speed: for tests. Default false. */
  readonly fast?: boolean;
  /** Told in one sentence when the server ends although nobody stopped it. */
  readonly onExit?: (sentence: string) => void;
}

export interface Embedded {
  /** Of the gateway's database, for the ordinary role that owns it. */
  readonly url: string;
  /** The same for the server's administrator, whom no grant binds. */
  readonly administratorUrl: string;
  /** The server is asked to stop before this returns, and has stopped once the promise is fulfilled. */
  stop(): Promise<void>;
}

/** @throws SettingError when another gateway owns the folder, or another version of PostgreSQL made it */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const host = await prepareHost(options.folder);
  const cluster = path.join(host.home, 'data');
  const giveUpAt = performance.now() + START_MILLISECONDS;
  while (performance.now() < giveUpAt) {
    const running = await findServer(cluster);
    if (running?.owner) throw inUse(options.folder, running.owner);
    if (running?.orphaned && (await remainsOrphaned(cluster))) await stopOrphan(host, cluster, running.socketFolder);
    else if (running) await delay(POLL_MILLISECONDS);
    else {
      await createCluster(host, cluster);
      await checkVersion(options.folder, cluster);
      const server = await launchServer(host, cluster, options);
      if (server) {
        await removeUnfinished(host.home);
        return server;
      }
    }
  }
  throw new SettingError(
    `The embedded PostgreSQL in ${host.home} did not start within ${START_MILLISECONDS / 1000} s.`,
  );
}

/** The database of a folder for a command beside the gateway: of the gateway that runs, otherwise started for this command. */
export async function joinEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const home = await embeddedHome(options.folder);
  const running = home === null ? null : await findServer(path.join(home, 'data'));
  return running?.owner
    ? { ...embeddedUrls(running.socketFolder), stop: () => Promise.resolve() }
    : startEmbedded(options);
}

const inUse = (folder: string, owner: string) =>
  new SettingError(
    `The data folder ${folder} is in use by another Portcullis (${owner}): stop it, or set DATA_FOLDER to another folder.`,
  );

async function remainsOrphaned(cluster: string): Promise<boolean> {
  await delay(OWNER_RETURN_MILLISECONDS);
  return (await findServer(cluster))?.orphaned === true;
}

async function stopOrphan(host: EmbeddedHost, cluster: string, socketFolder: string): Promise<void> {
  const args = ['stop', '--pgdata', cluster, '--mode', 'fast', '--wait', '--timeout', `${STOP_MILLISECONDS / 1000}`];
  // When another gateway was faster there is nothing left to stop, and the next look says so.
  await runFile(path.join(host.binaries, 'pg_ctl'), args, { ...host.runAs, ...PLAIN }).catch(() => undefined);
  await removeSocketFolder(socketFolder);
}

/** Made under another name and moved into place: an interrupted one is never taken for a cluster. */
async function createCluster(host: EmbeddedHost, cluster: string): Promise<void> {
  if (await exists(cluster)) return;
  const unfinished = await mkdtemp(path.join(host.home, 'unfinished-'));
  await give(unfinished, host.runAs);
  const args = ['--pgdata', unfinished, '--username=portcullis', '--auth=trust', '--encoding=UTF8', '--locale=C'];
  args.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-sync', '--no-instructions');
  try {
    await runFile(path.join(host.binaries, 'initdb'), args, { ...host.runAs, ...PLAIN });
    await rename(unfinished, cluster);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another gateway that started at the same moment may have been first.
    if (await exists(cluster)) return;
    throw new SettingError(`The embedded PostgreSQL could not be set up in ${host.home}: ${lastLine(error)}`);
  }
}

const exists = (cluster: string) =>
  readFile(path.join(cluster, 'PG_VERSION')).then(
    () => true,
    () => false,
  );

function lastLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr || message).trim().split('\n').at(-1) ?? '';
}

async function checkVersion(folder: string, cluster: string): Promise<void> {
  const version = (await readFile(path.join(cluster, 'PG_VERSION'), 'utf8')).trim();
  if (version === SERVER_VERSION) return;
  throw new SettingError(
    `The data folder ${folder} was made by PostgreSQL ${version} and this Portcullis brings ${SERVER_VERSION}: use the Portcullis that made it, or set DATA_FOLDER to another folder.`,
  );
}

/** What interrupted starts have left; nobody else makes any while this gateway owns the folder. */
async function removeUnfinished(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (name.startsWith('unfinished-')) await rm(path.join(home, name), { recursive: true, force: true });
  }
}
