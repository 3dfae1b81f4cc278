/** Does the gateway's own database survive its owner, guard its folder and say what is wrong? On real servers. */
import { chmod, mkdir, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SettingError } from '../../src/config.ts';
import { type Embedded, type EmbeddedOptions, joinEmbedded, startEmbedded } from '../../src/store/embedded.ts';
import { endAt, runNode, temporaryFolder, until } from '../support/process.ts';

let root: string;
let remove: () => Promise<void>;
/** Set up once, by the first test that starts it. */
let folder: string;
let started: Embedded[] = [];

beforeAll(async () => {
  ({ folder: root, remove } = await temporaryFolder());
  folder = path.join(root, 'a folder with spaces');
});

afterEach(async () => {
  for (const server of started) await server.stop();
  started = [];
});

afterAll(() => remove());

async function start(options: Partial<EmbeddedOptions> = {}): Promise<Embedded> {
  const server = await startEmbedded({ folder, pid: 4711, fast: true, ...options });
  started.push(server);
  return server;
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  // Some tests ask a server that is about to end; the query that fails says so.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const serverPid = async (home: string) =>
  Number.parseInt(await readFile(path.join(home, 'postgres', 'data', 'postmaster.pid'), 'utf8'), 10);

const hold = (home: string, env: Record<string, string> = {}) => runNode('test/support/holdEmbedded.ts', [home], env);

describe('a data folder', () => {
  it('keeps its data from one start to the next, also with spaces in its name', async () => {
    const first = await start({ fast: false });
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const second = await start({ fast: false });
    expect(await query(second.url, 'SELECT * FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('is reached through a socket in a private folder and through no port', async () => {
    const { url } = await start();
    const socketFolder = new URL(url).searchParams.get('host') ?? '';
    expect((await stat(socketFolder)).mode & 0o077).toBe(0);
    expect(await query(url, "SELECT current_setting('listen_addresses') AS addresses")).toEqual([{ addresses: '' }]);
  });

  it('is worked in as an ordinary role, also one of the time when there was none', async () => {
    const first = await start({ fast: false });
    const owners = `SELECT DISTINCT pg_get_userbyid(owner) AS owner FROM (
      SELECT relowner AS owner FROM pg_class WHERE relname IN ('old', 'old_id_seq', 'old_view', 'old_sequence', 'inner_table')
      UNION SELECT nspowner FROM pg_namespace WHERE nspname = 'within' UNION SELECT proowner FROM pg_proc WHERE proname = 'old_function'
      UNION SELECT typowner FROM pg_type WHERE typname IN ('old_enum', 'old_composite') UNION SELECT datdba FROM pg_database WHERE datname = 'portcullis') owned`;
    await query(
      first.administratorUrl,
      `ALTER DATABASE portcullis OWNER TO portcullis;
       CREATE EXTENSION btree_gist; CREATE SCHEMA within; CREATE TABLE within.inner_table (a int);
       CREATE TABLE old (id bigint GENERATED ALWAYS AS IDENTITY, a int); CREATE VIEW old_view AS SELECT a FROM old;
       CREATE SEQUENCE old_sequence; CREATE TYPE old_enum AS ENUM ('a'); CREATE TYPE old_composite AS (a int);
       CREATE FUNCTION old_function() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
    );
    // The control: as it was made before, the role may not even read.
    await expect(query(first.url, 'SELECT * FROM old')).rejects.toThrow('permission denied for table old');
    await first.stop();
    const { url } = await start({ fast: false });
    expect(await query(url, owners)).toEqual([{ owner: 'gateway' }]);
    expect(await query(url, 'INSERT INTO old (a) SELECT old_function() RETURNING a')).toEqual([{ a: 1 }]);
    const rights =
      'SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls AS any FROM pg_roles WHERE rolname = current_user';
    expect(await query(url, rights)).toEqual([{ any: false }]);
    await query(url, 'DROP TABLE old CASCADE; DROP SCHEMA within CASCADE; DROP SEQUENCE old_sequence');
  });

  it('is durable, unless it was made for tests', async () => {
    const settings = "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit";
    const durable = await start({ fast: false });
    expect(await query(durable.url, settings)).toEqual([{ fsync: 'on', commit: 'on' }]);
    await durable.stop();
    expect(await query((await start()).url, settings)).toEqual([{ fsync: 'off', commit: 'off' }]);
  });

  it('works below a folder that nobody else may enter', async () => {
    const home = path.join(root, 'private', 'data');
    await mkdir(home, { recursive: true });
    await chmod(path.join(root, 'private'), 0o700);
    const { url } = await start({ folder: home });
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const where = await realpath(path.join(home, 'postgres'));
    await Promise.all(started.map((server) => server.stop()));
    await rm(where, { recursive: true });
  });

  it('of another version of PostgreSQL is refused', async () => {
    await (await start()).stop();
    const file = path.join(folder, 'postgres', 'data', 'PG_VERSION');
    await writeFile(file, '17\n');
    await expect(start()).rejects.toThrow(
      new SettingError(
        `The data folder ${folder} was made by PostgreSQL 17 and this Portcullis brings 18: use the Portcullis that made it, or set DATA_FOLDER to another folder.`,
      ),
    );
    await writeFile(file, '18\n');
  });
});

describe('an owner', () => {
  const inUse = (pid: number) =>
    `The data folder ${folder} is in use by another Portcullis (process ${pid}): stop it, or set DATA_FOLDER to another folder.`;

  it('keeps every other out, and is not disturbed', async () => {
    const { url } = await start({ pid: 4711 });
    await expect(start({ pid: 4712 })).rejects.toThrow(new SettingError(inUse(4711)));
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('is one of two that start at the same moment', async () => {
    const empty = path.join(root, 'empty');
    const attempts = await Promise.allSettled([1, 2].map((pid) => start({ pid, folder: empty })));
    const refused = attempts.filter((attempt) => attempt.status === 'rejected');
    expect(refused).toHaveLength(1);
    expect(refused[0]?.reason.message).toMatch(/is in use by another Portcullis \(process [12]\)/);
  });

  it('shares the database with a command beside it', async () => {
    const { url } = await start();
    const joined = await joinEmbedded({ folder, pid: 4712 });
    expect(joined.url).toBe(url);
    await joined.stop();
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('that was killed leaves a server which the next one replaces', async () => {
    const killed = hold(folder);
    const oldUrl = await until('the first owner', () => killed.output().trim() || null);
    await query(oldUrl, 'CREATE TABLE left_behind AS SELECT 42 AS answer');
    const orphan = await serverPid(folder);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const { url } = await start();
    expect(await serverPid(folder)).not.toBe(orphan);
    expect(await query(url, 'SELECT * FROM left_behind')).toEqual([{ answer: 42 }]);
    await expect(stat(new URL(oldUrl).searchParams.get('host') ?? '')).rejects.toThrow('ENOENT');
  });

  it('that was killed while it set up the folder leaves nothing that matters', async () => {
    const home = path.join(root, 'interrupted');
    const names = () => readdir(path.join(home, 'postgres'));
    await hold(home, endAt(path.join(home, 'postgres'), 'unfinished-', 'SIGKILL')).ended;
    expect(await names()).not.toContain('data');
    const { url } = await start({ folder: home });
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await names()).sort()).toEqual(['data', 'server.log']);
  });

  it('is told when the server ends, and can start another', async () => {
    const told = Promise.withResolvers<string>();
    await start({ onExit: told.resolve });
    process.kill(await serverPid(folder), 'SIGKILL');
    expect(await told.promise).toBe('The embedded PostgreSQL has stopped unexpectedly.');
    expect(await query((await start()).url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('is still the owner after a crash of one session', async () => {
    let ended = false;
    const { url } = await start({
      onExit: () => {
        ended = true;
      },
    });
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    process.kill(rows[0].pid, 'SIGKILL');
    await until('recovery', () => query(url, 'SELECT 1').catch(() => null));
    await expect(start({ pid: 4712 })).rejects.toThrow(new SettingError(inUse(4711)));
    expect(ended).toBe(false);
  });
});

it('trusts no left-over file whose process number belongs to another program by now', async () => {
  await (await start()).stop();
  const file = path.join(folder, 'postgres', 'data', 'postmaster.pid');
  await writeFile(
    file,
    `${process.pid}\n${path.dirname(file)}\n1700000000\n5432\n/tmp/portcullis-gone\n\n  0 0\nready   \n`,
  );
  expect(await query((await start()).url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});
