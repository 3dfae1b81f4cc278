/** What does one server process need? To be found, started, owned by a session, and stopped. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { SettingError } from '../config.ts';
import type { Embedded, EmbeddedOptions } from './embedded.ts';
import { type EmbeddedHost, give, PLAIN } from './embeddedHost.ts';
import { ADMINISTRATOR, DATABASE, GATEWAY, prepareDatabase } from './embeddedRole.ts';

/** Names the socket file only; nothing listens on TCP. */
const PORT = 5432;
/** Any number nobody else takes; held by the owner for as long as it lives. */
const OWNER_LOCK = 7_041_776_002;
/** A server younger than this may have an owner that has not come to take its lock. */
const ORPHAN_AGE_SECONDS = 2;
export const STOP_MILLISECONDS = 20_000;
const POLL_MILLISECONDS = 5;
/** The system's limit for a socket's path is 107 bytes on Linux and 103 on macOS, the file name included. */
const LONGEST_SOCKET_FOLDER = 80;

const runFile = promisify(execFile);

/** The servers of this process that run. */
const servers = new Set<ChildProcess>();

/** Asks every server of this process to stop, and does not wait: for the moment the process exits. */
export function abandonEmbedded(): void {
  for (const server of servers) server.kill('SIGINT');
}

/** Port and `sslmode` are given so that no PGPORT or PGSSLMODE of the environment applies. */
function databaseUrl(socketFolder: string, user: string, database: string): string {
  return `postgres://${user}@localhost:${PORT}/${database}?host=${encodeURIComponent(socketFolder)}&sslmode=disable`;
}

/** The addresses of the gateway's database. */
export function embeddedUrls(socketFolder: string): Pick<Embedded, 'url' | 'administratorUrl'> {
  const url = databaseUrl(socketFolder, GATEWAY, DATABASE);
  return { url, administratorUrl: databaseUrl(socketFolder, ADMINISTRATOR, DATABASE) };
}

export interface RunningServer {
  readonly socketFolder: string;
  /** Such as "process 123"; null when no gateway holds it. */
  readonly owner: string | null;
  /** Without an owner for too long to be one that is starting. */
  readonly orphaned: boolean;
}

/** The server that runs on a cluster, found through the file PostgreSQL keeps beside its data. */
export async function findServer(cluster: string): Promise<RunningServer | null> {
  const { pid, socketFolder } = await readServerFile(cluster);
  if (!pid) return null;
  const client = socketFolder ? await connect(socketFolder) : 'starting';
  if (client === 'starting' || client === 'gone') {
    if (await isServer(pid, cluster)) return { socketFolder, owner: null, orphaned: false };
    // Left over by a server that was killed. PostgreSQL would trust it if its number has gone to another process since.
    await rm(path.join(cluster, 'postmaster.pid'), { force: true });
    await removeSocketFolder(socketFolder);
    return null;
  }
  try {
    const { rows } = await client.query<{ owner: string | null; old: boolean }>(
      // The same number means another lock in another database: the gateway has some of its own.
      `SELECT (SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)
         WHERE locktype = 'advisory' AND granted AND datname = current_database()
           AND classid = $1::bigint >> 32 AND objid::bigint = $1::bigint & 4294967295) AS owner,
        pg_postmaster_start_time() < clock_timestamp() - make_interval(secs => $2) AS old`,
      [OWNER_LOCK, ORPHAN_AGE_SECONDS],
    );
    const owner = rows[0]?.owner ?? null;
    return { socketFolder, owner, orphaned: owner === null && rows[0]?.old === true };
  } catch {
    // It is stopping at this moment: the next look says what has become of it.
    return { socketFolder, owner: null, orphaned: false };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** @see https://www.postgresql.org/docs/18/storage-file-layout.html postmaster.pid; empty strings for what is not there (yet) */
async function readServerFile(cluster: string): Promise<{ pid: string; socketFolder: string; status: string }> {
  const text = await readFile(path.join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const [pid = '', , , , socketFolder = '', , , status = ''] = text.split('\n').map((line) => line.trim());
  return { pid, socketFolder, status };
}

/** Whether a process is a PostgreSQL server on this cluster; its command line is public, unlike its folder. */
async function isServer(pid: string, cluster: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() =>
    runFile('ps', ['-o', 'command=', '-p', pid]).then(
      ({ stdout }) => stdout,
      () => '',
    ),
  );
  return command.includes(cluster);
}

function administratorOf(socketFolder: string, database: string, name = 'portcullis'): pg.Client {
  const client = new pg.Client({
    connectionString: databaseUrl(socketFolder, ADMINISTRATOR, database),
    application_name: name,
    connectionTimeoutMillis: 5_000,
  });
  // The server may end at any time; whoever uses the client learns it from its next query or from 'end'.
  client.on('error', () => undefined);
  return client;
}

async function connect(socketFolder: string, name?: string): Promise<pg.Client | 'starting' | 'gone'> {
  const client = administratorOf(socketFolder, 'postgres', name);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    const { code } = error as { code?: string };
    return code === 'ENOENT' || code === 'ECONNREFUSED' ? 'gone' : 'starting';
  }
}

/** Only what this file has made: the path may come from a file. */
export async function removeSocketFolder(folder: string): Promise<void> {
  if (path.basename(folder).startsWith('portcullis-')) await rm(folder, { recursive: true, force: true });
}

/** @returns null when another gateway's server got hold of the cluster first */
export async function launchServer(
  host: EmbeddedHost,
  cluster: string,
  options: EmbeddedOptions,
): Promise<Embedded | null> {
  const temporary = Buffer.byteLength(os.tmpdir()) <= LONGEST_SOCKET_FOLDER ? os.tmpdir() : '/tmp';
  const socketFolder = await mkdtemp(path.join(temporary, 'portcullis-'));
  await give(socketFolder, host.runAs);
  const log = await open(path.join(host.home, 'server.log'), 'a+');
  if (host.runAs.uid !== undefined) await log.chown(host.runAs.uid, host.runAs.gid);
  const logStart = (await log.stat()).size;
  const child = spawn(
    path.join(host.binaries, 'postgres'),
    ['-D', cluster, '-p', String(PORT), ...settings(socketFolder, options.fast === true)],
    // Its own process group: Ctrl-C reaches the gateway only, which stops the server last.
    { ...host.runAs, ...PLAIN, stdio: ['ignore', log.fd, log.fd], detached: true },
  );
  const server = new Server(child, cluster, socketFolder, options);
  try {
    if (await server.own()) return server;
    const text = (await log.read({ position: logStart, buffer: Buffer.alloc(16_384) })).buffer.toString();
    await server.stop();
    if (text.includes('postmaster.pid')) return null;
    const fatal = text.split('\n').findLast((line) => line.includes('FATAL')) ?? 'it says nothing';
    throw new SettingError(
      `The embedded PostgreSQL did not start: ${fatal.replace(/^.*FATAL: +/, '')} (${path.join(host.home, 'server.log')}).`,
    );
  } finally {
    await log.close();
  }
}

/** For a small server: everything durable, nothing chatty. */
function settings(socketFolder: string, fast: boolean): string[] {
  const values = {
    listen_addresses: '',
    unix_socket_directories: `"${socketFolder}"`,
    unix_socket_permissions: '0700',
    max_connections: fast ? '300' : '100',
    log_checkpoints: 'off',
    log_min_messages: 'log',
    timezone: 'UTC',
    log_timezone: 'UTC',
    jit: 'off',
    ...(fast && { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', autovacuum: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** A started server and the session that owns it. */
class Server implements Embedded {
  readonly url: string;
  readonly administratorUrl: string;
  readonly #child: ChildProcess;
  readonly #cluster: string;
  readonly #socketFolder: string;
  readonly #options: EmbeddedOptions;
  readonly #ended: Promise<unknown>;
  #running = true;
  #owned = false;
  #stopping = false;

  constructor(child: ChildProcess, cluster: string, socketFolder: string, options: EmbeddedOptions) {
    ({ url: this.url, administratorUrl: this.administratorUrl } = embeddedUrls(socketFolder));
    this.#child = child;
    this.#cluster = cluster;
    this.#socketFolder = socketFolder;
    this.#options = options;
    servers.add(child);
    this.#ended = new Promise((resolve) => {
      child.once('error', resolve);
      child.once('exit', resolve);
    }).then(() => this.#end());
  }

  /** Waits until the server answers and takes its lock; false when the server ends before. */
  async own(): Promise<boolean> {
    while (this.#running && !this.#stopping) {
      const client = (await this.#ready()) && (await connect(this.#socketFolder, `process ${this.#options.pid}`));
      if (client instanceof pg.Client) {
        if (await this.#takeLock(client)) return true;
      } else await delay(POLL_MILLISECONDS);
    }
    return false;
  }

  /** Reading a file costs less than connecting in vain, and leaves no complaint in the log. */
  async #ready(): Promise<boolean> {
    const { pid, status } = await readServerFile(this.#cluster);
    return status === 'ready' && pid === String(this.#child.pid);
  }

  async #takeLock(client: pg.Client): Promise<boolean> {
    try {
      await client.query('SELECT pg_advisory_lock($1)', [OWNER_LOCK]);
      await prepareDatabase(client, async () => {
        const inside = administratorOf(this.#socketFolder, DATABASE);
        await inside.connect();
        return inside;
      });
    } catch {
      await client.end().catch(() => undefined);
      return false;
    }
    this.#owned = true;
    // A crashed session makes PostgreSQL end all of them and recover: the owner comes back.
    client.once('end', () => void this.own());
    return true;
  }

  #end(): void {
    this.#running = false;
    servers.delete(this.#child);
    if (this.#owned && !this.#stopping) this.#options.onExit?.('The embedded PostgreSQL has stopped unexpectedly.');
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#running) this.#child.kill(this.#options.fast ? 'SIGQUIT' : 'SIGINT');
    const patience = setTimeout(() => this.#child.kill('SIGQUIT'), STOP_MILLISECONDS);
    await this.#ended;
    clearTimeout(patience);
    await removeSocketFolder(this.#socketFolder);
  }
}
