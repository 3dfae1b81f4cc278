/** Does the process start, stop and complain as a person expects? Real processes, from the command line to the exit code. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../src/config.ts';
import { createEmptyDatabase } from './support/database.ts';
import { endAt, freePort, type Program, runNode, temporaryFolder, until } from './support/process.ts';

let root: string;
let remove: () => Promise<void>;
/** Set up once, by the first gateway that is started on it. */
let folder: string;
let programs: Program[] = [];

beforeAll(async () => {
  ({ folder: root, remove } = await temporaryFolder());
  folder = path.join(root, 'a data folder');
});

afterEach(async () => {
  for (const { child } of programs) child.kill('SIGTERM');
  await Promise.all(programs.map(({ ended }) => ended));
  programs = [];
});

afterAll(() => remove());

/** What was typed after `portcullis`; port 0 is the system's choice. */
function portcullis(words: string, env: Record<string, string> = {}): Program {
  const program = runNode('src/main.ts', words.split(' '), { PORT: '0', DATA_FOLDER: folder, ...env });
  programs.push(program);
  return program;
}

/** The address of a gateway once it says that it is ready. */
function ready(gateway: Program): Promise<string> {
  return until('the gateway', () => {
    if (gateway.child.exitCode !== null) throw new Error(gateway.output());
    return /GraphiQL +(\S+)\/graphql/.exec(gateway.output())?.[1] ?? null;
  });
}

async function outcome(program: Program): Promise<{ code: number | null; output: string }> {
  return { code: await program.ended, output: program.output() };
}

const serverFile = (home: string) => path.join(home, 'postgres', 'data', 'postmaster.pid');
const health = async (url: string) => (await fetch(`${url}/healthz`)).status;

const user = (id: number, name: string) => ({
  id: `00000000-0000-4000-a000-${String(id).padStart(12, '0')}`,
  displayName: name,
  userPrincipalName: `${name}@example.com`,
});
const good = { users: { value: [user(1, 'ada'), user(2, 'grace')] } };
const bad = { users: { value: [user(3, 'edith'), { ...user(4, 'mary'), id: 'four' }] } };

async function load(document: object, words: string, env: Record<string, string> = {}) {
  const file = path.join(root, 'directory.json');
  await writeFile(file, JSON.stringify(document, null, 2));
  const { code, output } = await outcome(portcullis(`import ${file} ${words}`.trim(), env));
  return { code, output: output.replaceAll(file, 'FILE') };
}

describe('start', () => {
  it('serves from an empty folder, says 503 until then, and a signal stops everything in order', async () => {
    const url = `http://localhost:${await freePort()}`;
    const gateway = portcullis('start', { PORT: new URL(url).port });
    const seen = new Set<number>();
    await until('200', async () => {
      const status = await health(url).catch(() => 0);
      if (status !== 0) seen.add(status);
      return status === 200;
    });
    expect([...seen]).toEqual([503, 200]);
    await ready(gateway);
    await until('the demo company', async () => gateway.output().includes('The demo company has been loaded'));
    expect(existsSync(serverFile(folder))).toBe(true);
    gateway.child.kill('SIGTERM');
    expect(await gateway.ended).toBe(0);
    expect(existsSync(serverFile(folder))).toBe(false);
    expect(existsSync(path.join(folder, 'running.json'))).toBe(false);
  });

  it('is refused on a port that another program uses, before anything else is touched', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const home = path.join(root, 'untouched');
    expect(await outcome(portcullis('start', { PORT: String(port), DATA_FOLDER: home }))).toEqual({
      code: 1,
      output: `Port ${port} is in use by another program: stop it, or set PORT to a free one.\n`,
    });
    expect(existsSync(home)).toBe(false);
    await new Promise((resolve) => other.close(resolve));
  });

  it('goes on with its data after it was killed', async () => {
    const killed = portcullis('start');
    await ready(killed);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const gateway = portcullis('start');
    expect(await health(await ready(gateway))).toBe(200);
    expect(gateway.output()).not.toContain('The demo company has been loaded');
  });

  it('ends with one sentence when its database server ends', async () => {
    const gateway = portcullis('start');
    await ready(gateway);
    process.kill(Number.parseInt(await readFile(serverFile(folder), 'utf8'), 10), 'SIGKILL');
    expect(await gateway.ended).toBe(1);
    expect(gateway.output()).toMatch(/^The embedded PostgreSQL has stopped unexpectedly\.$/m);
  });

  it('can be stopped while it starts', async () => {
    const home = path.join(root, 'stopped');
    const gateway = portcullis('start', { DATA_FOLDER: home, ...endAt(home, 'postgres', 'SIGINT') });
    expect(await outcome(gateway)).toEqual({ code: 0, output: '' });
    expect(existsSync(serverFile(home))).toBe(false);
  });

  it('works twice at once on one database that others run', async () => {
    const { url, drop } = await createEmptyDatabase();
    const env = { DATABASE_URL: url, DATABASE_POOL_SIZE: '2' };
    const gateways = [portcullis('start', env), portcullis('start', env)];
    for (const gateway of gateways) {
      expect(await health(await ready(gateway))).toBe(200);
      expect(gateway.output()).not.toContain('The demo company has been loaded');
    }
    for (const { child } of gateways) child.kill('SIGINT');
    expect(await Promise.all(gateways.map(({ ended }) => ended))).toEqual([0, 0]);
    await drop();
  });

  it.each([
    ['PORT', 'abc', 'PORT is "abc": give a whole number from 0 to 65535.'],
    ['DATABASE_URL', 'mysql://localhost/x', 'DATABASE_URL is not a PostgreSQL connection string'],
    [
      'DATABASE_URL',
      'postgres://someone:secret@127.0.0.1:1/x',
      'The database at postgres://someone@127.0.0.1:1/x cannot be reached: connect ECONNREFUSED 127.0.0.1:1.',
    ],
    ['REDIS_URL', 'redis://localhost/names', 'REDIS_URL is not the address of a Redis'],
    ['REDIS_URL', 'redis://someone:%@localhost', 'REDIS_URL is not the address of a Redis'],
    ['REDIS_URL', 'http://someone:secret@localhost', 'REDIS_URL is not the address of a Redis'],
    ['HOST', '192.0.2.1', 'HOST is "192.0.2.1", which is no address of this machine'],
    ['NODE_ENV', 'production', 'OIDC_ISSUER is not set'],
  ])('refuses %s=%s in one sentence', async (name, value, sentence) => {
    const { code, output } = await outcome(portcullis('start', { [name]: value }));
    expect(code).toBe(1);
    expect(output).toContain(sentence);
    expect(output.trim().split('\n')).toHaveLength(1);
  });
});

describe('beside a gateway that runs', () => {
  let gateway: Program;
  let url: string;
  beforeAll(async () => {
    gateway = runNode('src/main.ts', ['start'], { PORT: '0', DATA_FOLDER: folder });
    url = await ready(gateway);
  });
  afterEach(async () => {
    expect(await health(url)).toBe(200);
  });
  afterAll(async () => {
    gateway.child.kill('SIGTERM');
    await gateway.ended;
  });

  it('another one on the same folder is refused', async () => {
    expect(await outcome(portcullis('start'))).toEqual({
      code: 1,
      output: `The data folder ${folder} is in use by another Portcullis (process ${gateway.child.pid}): stop it, or set DATA_FOLDER to another folder.\n`,
    });
  });

  it('a token is in its name, whatever the settings of the command', async () => {
    const { output } = await outcome(portcullis('token maya --mfa --context c1 --context c2', { PORT: '4321' }));
    expect(decodeJwt(output.trim())).toMatchObject({ iss: `${url}/identity`, amr: ['pwd', 'mfa'], acrs: ['c1', 'c2'] });
  });

  it('an import goes into its database', async () => {
    expect(await load(good, '')).toMatchObject({ code: 0 });
  });
});

describe('token', () => {
  it('prints a token of the development issuer and nothing else', async () => {
    const { code, output } = await outcome(portcullis('token maya', { PORT: '4321' }));
    expect(code).toBe(0);
    expect(decodeJwt(output.trim())).toMatchObject({ iss: 'http://localhost:4321/identity', amr: ['pwd'], acrs: [] });
  });

  it.each([
    ['token nobody', {}, 'Nobody is called "nobody": give one of maya, '],
    ['token maya --context c100', {}, '--context is "c100": give an authentication context from c1 to c99.'],
    [
      'token maya',
      { OIDC_ISSUER: 'https://login.example.com', OIDC_AUDIENCE: 'api://x' },
      'There are no development tokens beside OIDC_ISSUER',
    ],
  ])('refuses %s with %j', async (words, env, sentence) => {
    const { code, output } = await outcome(portcullis(words, env));
    expect(code).toBe(1);
    expect(output).toContain(sentence);
  });
});

describe('import', () => {
  it('works without a gateway, again, and before the first start, which then brings no demo company', async () => {
    const env = { DATA_FOLDER: path.join(root, 'imported') };
    const first = await load(good, '', env);
    expect(first).toEqual({ code: 0, output: expect.stringContaining('2 entries read: 2 written, 0 as they were') });
    const again = await load(good, '', env);
    expect(again).toEqual({ code: 0, output: expect.stringContaining('2 entries read: 0 written, 2 as they were') });
    const gateway = portcullis('start', env);
    await ready(gateway);
    expect(gateway.output()).not.toContain('The demo company has been loaded');
  });

  it('says line by line what it refuses, and writes nothing or, if told so, the rest', async () => {
    const all = await load(bad, '');
    expect(all.code).toBe(1);
    expect(all.output).toMatch(
      /^FILE:9 users\.value\[1\]\S*: .*\nNothing has been written: 1 of 2 entries are refused\./,
    );
    expect(await load(bad, '--skip-refused --dry-run')).toEqual({
      code: 1,
      output: expect.stringMatching(/2 entries read: 1 written, 0 as they were, 1 refused\.\nThis was a dry run/),
    });
    expect((await load(bad, '--skip-refused')).output).toContain(
      '2 entries read: 1 written, 0 as they were, 1 refused.',
    );
  });

  it('names a file that it cannot read', async () => {
    const { code, output } = await outcome(portcullis('import /does/not/exist.json'));
    expect(code).toBe(1);
    expect(output).toMatch(/^\/does\/not\/exist\.json cannot be read: .*\n$/);
  });
});

describe('the command line', () => {
  it.each([
    ['tokn', 'There is no command "tokn".'],
    ['token', 'PERSONA is missing.'],
    ['token maya arun', '"arun" is one word too many.'],
    ['start --mfa', '--mfa belongs to token.'],
    ['token maya --dry-run', '--dry-run belongs to import.'],
    ['start --verbose', "Unknown option '--verbose'."],
  ])('answers %j with what is wrong with it and code 2', async (words, sentence) => {
    const { code, output } = await outcome(portcullis(words));
    expect(code).toBe(2);
    expect(output).toContain(sentence);
    expect(output).toContain('npm run -s portcullis -- help');
  });

  it('names every command on request', async () => {
    const { code, output } = await outcome(portcullis('help'));
    expect(code).toBe(0);
    for (const command of ['start', 'token', 'import', 'version', 'help']) expect(output).toContain(`  ${command}`);
  });

  it("runs on the project's own Node through npm, whichever the machine has", async () => {
    const env = { ...process.env, PATH: `/usr/local/bin:/usr/bin:/bin:${path.dirname(process.execPath)}` };
    const { stdout } = await promisify(execFile)('npm', ['run', '-s', 'portcullis', '--', 'version'], {
      cwd: PROJECT_FOLDER,
      env,
    });
    expect(stdout.trim()).toBe(JSON.parse(await readFile(path.join(PROJECT_FOLDER, 'package.json'), 'utf8')).version);
  });
});
