/** What does a person see who checks the event log, or has restored a backup? Real processes, beside a database of tests. */
import { generateKeyPairSync } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCheckpointKey } from '../../src/store/checkpointKey.ts';
import { publicKeyOf, type SigningKey, verifierKey } from '../../src/store/evidence.ts';
import { checkpoint, sequence } from '../../src/stream/sequencer.ts';
import { cloneDatabase, createEmptyDatabase, type TestDatabase } from '../support/database.ts';
import { open, startGateway } from '../support/gateway.ts';
import { runNode, temporaryFolder, until } from '../support/process.ts';

const STREAM = `subscription ($after: Cursor) { assignmentEvents(after: $after) { kind } }`;

let clone: TestDatabase;
let client: pg.Client;
let folder: string;
let remove: () => Promise<void>;
let key: SigningKey;

beforeAll(async () => {
  clone = await cloneDatabase();
  ({ folder, remove } = await temporaryFolder());
  client = new pg.Client({ connectionString: clone.url });
  await client.connect();
  key = await loadCheckpointKey(path.join(folder, 'checkpoint-key.pem'));
  await write(3);
});

afterAll(async () => {
  await client.end();
  await clone.drop();
  await remove();
});

async function sessionOf(url: string) {
  const session = new pg.Client({ connectionString: url });
  await session.connect();
  return Object.assign(session, { [Symbol.asyncDispose]: () => session.end() });
}

async function write(count: number): Promise<void> {
  await client.query(
    "INSERT INTO event (at, type, payload) SELECT now(), 'directory.imported', '{}' FROM generate_series(1, $1::int)",
    [count],
  );
  await sequence(client);
  await checkpoint(client, key);
}

async function portcullis(words: string[], env: Record<string, string> = {}) {
  const program = runNode('src/main.ts', words, { DATABASE_URL: clone.url, DATA_FOLDER: folder, ...env });
  return { code: await program.ended, output: program.output() };
}

describe('verify', () => {
  it('says how far the log is intact, and prints a checkpoint that can be given to it again', async () => {
    const { code, output } = await portcullis(['verify']);
    expect(output).toMatch(
      /^Intact up to position 3\.\nSigned up to position 3; checkpoints: 1\.\nSigned with portcullis/,
    );
    expect(output).toContain(verifierKey(publicKeyOf(key)));
    expect(code).toBe(0);
    const file = path.join(folder, 'printed');
    await writeFile(file, `${output.slice(output.indexOf('portcullis/event-log\n')).trim()}\n`);
    expect(await portcullis(['verify', '--checkpoint', file])).toMatchObject({ code: 0 });
  });

  it('writes the newest checkpoint to a file, and finds with it what was cut off', async () => {
    const file = path.join(folder, 'kept');
    const saved = await portcullis(['verify', '--save', file]);
    expect(saved.output).toContain(`The newest checkpoint is in ${file}: keep it`);
    const other = await cloneDatabase();
    const { code, output } = await portcullis(['verify', '--checkpoint', file], { DATABASE_URL: other.url });
    expect(output).toBe(
      'Position 1: the end of the log was cut off from this position on: the checkpoint that was kept is of position 3.\n' +
        'Intact up to position 0.\nSigned up to position 0; checkpoints: 0.\n',
    );
    expect(code).toBe(1);
    await other.drop();
  });

  it("believes another gateway's key on request", async () => {
    const env = { DATA_FOLDER: path.join(folder, 'elsewhere') };
    const trusting = await portcullis(['verify', '--trust', verifierKey(publicKeyOf(key))], env);
    expect(trusting.output).toContain('Intact up to position 3.');
    const stranger = verifierKey(publicKeyOf(generateKeyPairSync('ed25519').privateKey));
    const doubting = await portcullis(['verify', '--trust', stranger], env);
    expect(doubting.output).toMatch(/^Position 1: the checkpoint of position 3 is forged, or another gateway's/);
    expect([trusting.code, doubting.code]).toEqual([0, 1]);
  });

  it.each([
    [
      'without any key',
      [],
      { CHECKPOINT_KEY_FILE: '/nowhere/key.pem' },
      'There is no checkpoint key in /nowhere/key.pem',
    ],
    ['with something that is no key', ['--trust', 'me'], {}, '--trust is "me"'],
    [
      'with a checkpoint that is not there',
      ['--checkpoint', '/nowhere/kept'],
      {},
      'The checkpoint in /nowhere/kept cannot be read',
    ],
    ['with something that is no checkpoint', ['--checkpoint', 'package.json'], {}, 'package.json holds no checkpoint'],
    ['into a file that cannot be written', ['--save', '/nowhere/new'], {}, 'cannot be written to /nowhere/new'],
  ])('refuses in one sentence to work %s', async (_how, words, env, sentence) => {
    const { code, output } = await portcullis(['verify', ...words], env);
    expect(output).toContain(sentence);
    expect(output).not.toContain('this is a bug');
    expect(code).toBe(1);
  });

  it('has nothing to check in a database where no gateway has been', async () => {
    const { url, drop } = await createEmptyDatabase();
    expect(await portcullis(['verify'], { DATABASE_URL: url })).toEqual({
      code: 1,
      output: 'There is no event log in this database: start the gateway first.\n',
    });
    await drop();
  });

  it('checks the gateway’s own database as well, whoever starts it', async () => {
    const env = { DATABASE_URL: '', DATA_FOLDER: path.join(folder, 'own'), PORT: '0' };
    await loadCheckpointKey(path.join(folder, 'own', 'checkpoint-key.pem'));
    expect(await portcullis(['restored'], env)).toMatchObject({ code: 0 });
    const { output } = await portcullis(['verify'], env);
    expect(output).toBe('Intact up to position 0.\nSigned up to position 0; checkpoints: 0.\n');
    await rm(path.join(folder, 'own'), { recursive: true, force: true });
  });
});

describe('restored', () => {
  it('begins another epoch, in which the log goes on and its past stays proved', async () => {
    const epoch = async () => (await client.query('SELECT epoch FROM event_log')).rows[0].epoch as string;
    const before = await epoch();
    const { code, output } = await portcullis(['restored']);
    expect(output).toContain(`A new epoch of the event log has begun: ${await epoch()}.`);
    expect(await epoch()).not.toBe(before);
    expect(code).toBe(0);
    await write(2);
    const verified = await portcullis(['verify', '--save', path.join(folder, 'after')]);
    expect(verified.output).toMatch(/^Intact up to position 5\.\nSigned up to position 5; checkpoints: 2\./);
    expect(await readFile(path.join(folder, 'after'), 'utf8')).toContain(`epoch ${await epoch()}`);
  });

  it('tells a stream that comes with a cursor of the time before to read everything anew', async () => {
    await using gateway = await startGateway();
    await using session = await sessionOf(gateway.databaseUrl);
    await until('the past of the demo company', async () => {
      const { rowCount } = await session.query('SELECT FROM event WHERE position IS NULL');
      return rowCount === 0;
    });
    const { data } = await gateway.ask('grace', '{ eventCursor }');
    await session.query(`INSERT INTO event (at, type, provider, assignment_type, principal_id, role_id, scope_id, payload)
      SELECT now(), type, provider, assignment_type, principal_id, role_id, scope_id, payload FROM event
      WHERE type = 'assignment.assigned' AND provider = 'ENTRA_ROLE' LIMIT 1`);
    const resume = async () => {
      const stream = await open(gateway, 'SSE', 'grace', STREAM, { after: data?.eventCursor });
      const [first] = await stream.atLeast(1);
      stream.stop();
      return first;
    };
    // The control: in the same epoch the stream goes on.
    expect(await resume()).toMatchObject({ data: { assignmentEvents: { kind: 'EVENT' } } });
    expect(await portcullis(['restored'], { DATABASE_URL: gateway.databaseUrl })).toMatchObject({ code: 0 });
    const error = await until('the gateway to know', async () => (await resume())?.errors?.[0]);
    expect(error.extensions).toMatchObject({ code: 'RESYNC_REQUIRED', reason: 'OTHER_EPOCH' });
  });
});
