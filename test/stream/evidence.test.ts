/** Does it come out when somebody who owns the database changes the past? Every attack, beside the log that nobody touched. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processNow } from '../../src/clock.ts';
import { migrate, openDatabase } from '../../src/store/database.ts';
import { type Checkpoint, nodeHash, publicKeyOf, signCheckpoint } from '../../src/store/evidence.ts';
import { type Verdict, type VerificationOptions, verifyLog } from '../../src/store/verification.ts';
import { checkpoint, sequence } from '../../src/stream/sequencer.ts';
import { cloneDatabase, createEmptyDatabase, type TestDatabase } from '../support/database.ts';

const key = generateKeyPairSync('ed25519').privateKey;
const stranger = generateKeyPairSync('ed25519').privateKey;

let clone: TestDatabase;
/** The gateway's session. */
let client: pg.Client;
/** A superuser's session: no trigger and no grant stops it. */
let attacker: pg.Client;

beforeEach(async () => {
  clone = await cloneDatabase();
  client = await connect(clone.url);
  attacker = await connect(clone.administratorUrl);
  // Five batches of five events, signed behind the second, the fourth and the fifth.
  for (const batch of [1, 2, 3, 4, 5]) {
    await insert(5);
    await sequence(client);
    if (batch % 2 === 0 || batch === 5) await checkpoint(client, key);
  }
  for (const table of ['event', 'event_batch', 'event_checkpoint', 'event_log']) {
    await attacker.query(`ALTER TABLE ${table} DISABLE TRIGGER ALL`);
  }
});

afterEach(async () => {
  await client.end();
  await attacker.end();
  await clone.drop();
});

async function connect(url: string): Promise<pg.Client> {
  const another = new pg.Client({ connectionString: url });
  await another.connect();
  return another;
}

async function insert(count: number, payload: object = { some: 'thing' }): Promise<void> {
  await client.query(
    `INSERT INTO event (at, type, provider, payload)
     SELECT clock_timestamp(), 'directory.imported', 'ENTRA_ROLE', $2 FROM generate_series(1, $1::int)`,
    [count, payload],
  );
}

const options = { trusted: [publicKeyOf(key)], kept: null, auditRetentionDays: 400, now: processNow() };
const check = (changes: Partial<VerificationOptions> = {}): Promise<Verdict> =>
  verifyLog(clone.url, { ...options, ...changes });

async function newest(): Promise<Checkpoint> {
  return (await check()).newest as Checkpoint;
}

/** Position and complaint, as one text. */
async function complaint(kept: Checkpoint | null = null): Promise<string> {
  const { fault, intactUpTo } = await check({ kept });
  if (!fault) return 'nothing';
  expect(intactUpTo).toBe(fault.position - 1n);
  return `${fault.position}: ${fault.what}`;
}

const SWAP = `
  UPDATE event SET position = 1000 + position WHERE position IN (7, OTHER);
  UPDATE event SET position = CASE position WHEN 1007 THEN OTHER ELSE 7 END WHERE position > 1000;`;
const KEEP_LEAVES = `
  WITH leaves AS (SELECT position, leaf_hash FROM event WHERE position IN (7, OTHER))
  UPDATE event e SET leaf_hash = l.leaf_hash FROM leaves l WHERE e.position IN (7, OTHER) AND e.position <> l.position;`;
const CUT = 'DELETE FROM event WHERE position > 20;';
const CUT_BATCH = 'DELETE FROM event_batch WHERE last_position > 20;';
const CUT_CHECKPOINT = 'DELETE FROM event_checkpoint WHERE position > 20;';
const CUT_HEAD = `UPDATE event_log SET position = 20, log_root = (SELECT log_root FROM event_batch WHERE last_position = 20);`;

describe('the verifier names the first bad position and what is wrong after', () => {
  it.each<[string, string, string]>([
    [
      'an edited row',
      `UPDATE event SET payload = '{"forged": true}' WHERE position = 7`,
      '7: the row of this position was edited',
    ],
    [
      'two edited rows',
      `UPDATE event SET payload = '{"forged": true}' WHERE position IN (23, 9)`,
      '9: the row of this position was edited',
    ],
    [
      'an edited hash',
      `UPDATE event SET leaf_hash = sha256('') WHERE position = 7`,
      '7: the row of this position was edited',
    ],
    [
      'a row that was edited together with its hash',
      `UPDATE event SET payload = '{}' WHERE position = 7;
       UPDATE event SET leaf_hash = event_leaf(epoch, event.position, event) FROM event_log WHERE event.position = 7`,
      '6: rows from here to position 10 were edited together with their hashes',
    ],
    ['a deleted row', 'DELETE FROM event WHERE position = 9', '9: the row of this position was deleted'],
    ['a deleted first row', 'DELETE FROM event WHERE position = 1', '1: the row of this position was deleted'],
    ['a deleted last row', 'DELETE FROM event WHERE position = 25', '25: the row of this position was deleted'],
    [
      'a row whose position was taken away',
      'UPDATE event SET position = NULL, leaf_hash = NULL WHERE position = 12',
      '12: the row of this position was deleted',
    ],
    [
      'a row inserted behind the end',
      `INSERT INTO event (position, leaf_hash, at, type, payload) VALUES (26, sha256(''), now(), 'a.b', '{}')`,
      '26: a row was inserted at position 26',
    ],
    [
      'a row inserted before the beginning',
      `ALTER TABLE event DROP CONSTRAINT event_position_from_one;
       INSERT INTO event (position, leaf_hash, at, type, payload) VALUES (0, sha256(''), now(), 'a.b', '{}')`,
      '0: a row was inserted at this position',
    ],
    [
      'a row inserted beside another',
      `ALTER TABLE event DROP CONSTRAINT event_position_unique;
       INSERT INTO event (position, leaf_hash, at, type, payload) VALUES (8, sha256(''), now(), 'a.b', '{}')`,
      '8: a row was inserted at this position',
    ],
    [
      'a row inserted in the middle, the others moved on',
      `UPDATE event SET position = 1000 + position WHERE position >= 7; UPDATE event SET position = position - 999 WHERE position > 1000;
       INSERT INTO event (position, leaf_hash, at, type, payload) SELECT 7, leaf_hash, now(), 'a.b', '{}' FROM event WHERE position = 8`,
      '7: the row of this position was edited',
    ],
    [
      'two neighbours exchanged',
      SWAP.replaceAll('OTHER', '8'),
      '7: the log was reordered: the row of position 8 stands here',
    ],
    [
      'two rows of two batches exchanged',
      SWAP.replaceAll('OTHER', '18'),
      '7: the log was reordered: the row of position 18 stands here',
    ],
    [
      'two rows exchanged under their hashes',
      (SWAP + KEEP_LEAVES).replaceAll('OTHER', '18'),
      '7: the log was reordered: the row of position 18 stands here',
    ],
    ['an end that was cut off', CUT, '21: the row of this position was deleted'],
    [
      '… with its batch',
      CUT + CUT_BATCH,
      '21: the end of the log was cut off from this position on: there is a checkpoint of position 25',
    ],
    [
      '… and its checkpoint',
      CUT + CUT_BATCH + CUT_CHECKPOINT,
      '21: the end of the log was cut off from this position on: 25 positions had been given',
    ],
    [
      'a deleted batch',
      'DELETE FROM event_batch WHERE first_position = 11',
      '11: the batch that sealed this position was deleted',
    ],
    [
      'a second batch',
      `ALTER TABLE event_batch DROP CONSTRAINT event_batch_pkey, DROP CONSTRAINT event_batch_first_unique;
       INSERT INTO event_batch SELECT * FROM event_batch WHERE first_position = 11`,
      '11: a second batch claims to have sealed this position',
    ],
    [
      'an edited root',
      `UPDATE event_batch SET root = sha256('') WHERE first_position = 11`,
      '11: rows from here to position 15 were edited',
    ],
    [
      'an edited chain',
      `UPDATE event_batch SET log_root = sha256('') WHERE first_position = 11`,
      '11: the batch from this position on was edited',
    ],
    [
      'an edited head',
      `UPDATE event_log SET log_root = sha256('')`,
      '26: the root that the next batch continues was edited',
    ],
    ['a deleted head', 'DELETE FROM event_log', '1: the row that says how far the log is was deleted'],
    [
      'another epoch',
      'UPDATE event_batch SET epoch = gen_random_uuid() WHERE first_position = 11',
      '11: the row of this position was edited',
    ],
    [
      'an edited checkpoint',
      `UPDATE event_checkpoint SET signed_at = signed_at - interval '1 day' WHERE position = 20`,
      '11: the checkpoint of position 20 is forged',
    ],
    [
      'a checkpoint of another position',
      'UPDATE event_checkpoint SET position = 15 WHERE position = 20',
      '11: the checkpoint of position 15 is forged',
    ],
    [
      'rows deleted as if their retention were over',
      'UPDATE event_log SET purged = 10; DELETE FROM event WHERE position <= 10',
      '1: the rows up to position 10 were deleted before their retention of 400 days was over',
    ],
    [
      '… together with every checkpoint',
      'UPDATE event_log SET purged = 10; DELETE FROM event WHERE position <= 10; DELETE FROM event_checkpoint',
      '1: the rows up to position 10 were deleted, and no checkpoint says how old they were',
    ],
    [
      'an edited row in a database that was taught to lie about hashes',
      `UPDATE event SET at = at - interval '1 day' WHERE position = 7;
       CREATE OR REPLACE FUNCTION event_leaf(epoch uuid, given bigint, e event) RETURNS bytea LANGUAGE sql STABLE RETURN e.leaf_hash;
       CREATE FUNCTION public.to_char(timestamp, text) RETURNS text LANGUAGE sql AS
         $$ SELECT pg_catalog.to_char($1 + interval '1 day', $2) $$;
       DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$`,
      '7: the row of this position was edited',
    ],
  ])('%s', async (_attack, statements, expected) => {
    // The control: before, everything is in order.
    expect(await complaint()).toBe('nothing');
    await attacker.query(statements);
    expect(await complaint()).toContain(expected);
  });

  it('an end that was cut off without a trace, against a checkpoint that was kept elsewhere', async () => {
    const kept = await newest();
    expect(await complaint(kept)).toBe('nothing');
    await attacker.query(CUT + CUT_BATCH + CUT_CHECKPOINT + CUT_HEAD);
    // The control: without it, nothing is to be seen.
    expect(await complaint()).toBe('nothing');
    expect(await complaint(kept)).toBe(
      '21: the end of the log was cut off from this position on: the checkpoint that was kept is of position 25',
    );
  });

  it('a past that was rewritten with all its hashes, by the signature over the first one', async () => {
    await rewriteFrom(11n, '{"forged": true}');
    expect(await complaint()).toContain(
      '11: the log from here to position 20 was rewritten: a checkpoint of that position signed',
    );
  });

  it('… and without its checkpoints, against the one that was kept', async () => {
    const kept = await newest();
    await rewriteFrom(11n, '{"forged": true}');
    await attacker.query('DELETE FROM event_checkpoint WHERE position > 10');
    expect(await complaint()).toBe('nothing');
    expect(await complaint(kept)).toContain(
      '11: the log from here to position 25 was rewritten: the checkpoint that was kept of that position signed',
    );
  });

  it('… and with checkpoints of a key of his own', async () => {
    await rewriteFrom(11n, '{"forged": true}');
    await attacker.query('DELETE FROM event_checkpoint WHERE position > 10');
    await checkpoint(attacker, stranger);
    expect(await complaint()).toMatch(
      /^11: the checkpoint of position 25 is forged, or another gateway's: its key portcullis\/event-log\+/,
    );
    // The control: it is the key alone that gives it away.
    expect(await check({ trusted: [publicKeyOf(key), publicKeyOf(stranger)] })).toMatchObject({ fault: null });
  });

  it('… and with checkpoints in the name of the right key', async () => {
    await rewriteFrom(11n, '{"forged": true}');
    const rows = await attacker.query('SELECT * FROM event_batch WHERE last_position = 20');
    const { epoch, log_root: logRoot } = rows.rows[0];
    const forged = signCheckpoint({ position: 20n, logRoot, epoch, signedAt: '2026-01-01T00:00:00.000000Z' }, stranger);
    await attacker.query(
      'UPDATE event_checkpoint SET log_root = $1, signature = $2, signed_at = $3 WHERE position = 20',
      [logRoot, forged.signature, forged.signedAt],
    );
    expect(await complaint()).toBe('11: the checkpoint of position 20 is forged: nobody signed it');
  });

  it('batches that were merged so that a checkpoint lies within one', async () => {
    const kept = await newest();
    await attacker.query(`DELETE FROM event_checkpoint WHERE position > 10`);
    const { rows } = await attacker.query('SELECT leaf_hash FROM event WHERE position > 20 ORDER BY position');
    await attacker.query('DELETE FROM event_batch WHERE first_position > 20');
    const { rows: before } = await attacker.query('SELECT epoch, log_root FROM event_batch WHERE last_position = 20');
    await insert(1);
    await client.query(`UPDATE event SET position = 26, leaf_hash = event_leaf($1, 26, event) WHERE position IS NULL`, [
      before[0].epoch,
    ]);
    const { rows: last } = await attacker.query('SELECT leaf_hash FROM event WHERE position = 26');
    await seal(
      21n,
      [...rows, ...last].map((row) => row.leaf_hash),
      before[0],
    );
    expect(await complaint()).toBe('nothing');
    expect(await complaint(kept)).toContain('11: the log from here to position 25 was rewritten');
  });
});

/** What somebody with every right but without the key can do: edit the rows, and make every hash from there on anew. */
async function rewriteFrom(position: bigint, payload: string): Promise<void> {
  await attacker.query('UPDATE event SET payload = $2 WHERE position = $1', [position, payload]);
  await attacker.query(`UPDATE event SET leaf_hash = event_leaf(epoch, event.position, event) FROM event_log`);
  const { rows } = await attacker.query('DELETE FROM event_batch WHERE last_position >= $1 RETURNING first_position', [
    position,
  ]);
  const { rows: kept } = await attacker.query(
    'SELECT epoch, log_root FROM event_batch ORDER BY last_position DESC LIMIT 1',
  );
  let before = kept[0];
  for (const first of rows.map((row) => BigInt(row.first_position)).sort((a, b) => Number(a - b))) {
    const { rows: leaves } = await attacker.query(
      'SELECT leaf_hash FROM event WHERE position BETWEEN $1 AND $1 + 4 ORDER BY position',
      [first],
    );
    before = await seal(
      first,
      leaves.map((row) => row.leaf_hash),
      before,
    );
  }
}

/** The Merkle tree hash by RFC 6962's own definition. */
function treeHash(leaves: Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0] as Buffer;
  const split = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return nodeHash(treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split)));
}

async function seal(first: bigint, leaves: Buffer[], before: { epoch: string; log_root: Buffer }) {
  const root = treeHash(leaves);
  const logRoot = createHash('sha256').update(Buffer.of(1)).update(before.log_root).update(root).digest();
  const last = first + BigInt(leaves.length) - 1n;
  await attacker.query(
    'INSERT INTO event_batch (first_position, last_position, epoch, root, log_root, oldest_at, newest_at) VALUES ($1, $2, $3, $4, $5, now(), now())',
    [first, last, before.epoch, root, logRoot],
  );
  await attacker.query('UPDATE event_log SET position = $1, log_root = $2', [last, logRoot]);
  return { epoch: before.epoch, log_root: logRoot };
}

it('every column of an event is in its hash', async () => {
  const { rows } = await attacker.query<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute WHERE attrelid = 'event'::regclass AND attnum > 0 AND NOT attisdropped`,
  );
  const other: Record<string, string> = {
    bigint: '99',
    uuid: 'gen_random_uuid()',
    text: "'x.y'",
    jsonb: `'{"an": "other"}'`,
    'timestamp with time zone': "now() + interval '1 microsecond'",
  };
  await attacker.query('ALTER TABLE event ALTER COLUMN id DROP IDENTITY');
  for (const { name, type } of rows.filter(({ name }) => !['position', 'leaf_hash'].includes(name))) {
    await attacker.query('BEGIN');
    const { rows: leaves } = await attacker.query(
      `WITH changed AS (UPDATE event SET ${name} = ${other[type]} WHERE position = 7 RETURNING *)
       SELECT event_leaf(epoch, 7, changed::event) AS leaf, changed.leaf_hash AS sealed FROM changed, event_log`,
    );
    await attacker.query('ROLLBACK');
    expect(leaves[0].leaf, name).not.toEqual(leaves[0].sealed);
  }
});

it('is intact whatever an event holds, and in whatever time zone it was sealed', async () => {
  const texts = [
    '"\\/\b\f\n\r\t\u0001\u001f\u007f\u0080\u2028\u2029\ufeff',
    'ÄÖ ß 漢字 🦉 e\u0301',
    '{"a": [1.50, 1e400, -0]}',
    '',
  ];
  await client.query(`SET timezone = 'Asia/Kathmandu'; SET datestyle = 'German'; SET bytea_output = 'escape'`);
  for (const text of texts) await insert(1, { text, [text]: [null, true, 1.5, text] });
  await sequence(client);
  await checkpoint(client, key);
  expect(await check()).toMatchObject({ fault: null, intactUpTo: 29n, signedUpTo: 29n, checkpoints: 4 });
});

it('says how far the log is signed', async () => {
  await insert(3);
  await sequence(client);
  expect(await check()).toMatchObject({ fault: null, intactUpTo: 28n, signedUpTo: 25n, checkpoints: 3 });
});

it('is intact when it is empty, and when a batch is larger than a page', async () => {
  const empty = await cloneDatabase();
  expect(await verifyLog(empty.url, options)).toMatchObject({ fault: null, intactUpTo: 0n, newest: null });
  await empty.drop();
  for (let count = 0; count < 3; count++) {
    await insert(1000);
    await sequence(client);
  }
  expect(await check()).toMatchObject({ fault: null, intactUpTo: 3025n });
});

it('a database that had events before there was evidence is sealed as it is, and goes on', async () => {
  const { url, drop } = await createEmptyDatabase();
  const database = await openDatabase(url);
  await database.migrator.up({ to: '0014_changes' });
  const old = await connect(url);
  await old.query(`INSERT INTO event (at, type, payload)
    SELECT clock_timestamp(), 'directory.imported', json_build_object('n', n) FROM generate_series(1, 2503) n`);
  await old.query('UPDATE event SET position = id WHERE id <= 2501; UPDATE event_log SET position = 2501');
  await migrate(database, url);
  expect(await verifyLog(url, options)).toMatchObject({ fault: null, intactUpTo: 2501n });
  await sequence(old);
  await checkpoint(old, key);
  expect(await verifyLog(url, options)).toMatchObject({ fault: null, intactUpTo: 2503n, signedUpTo: 2503n });
  const { rows } = await old.query(
    'SELECT first_position::int AS first, last_position::int AS last FROM event_batch ORDER BY 1',
  );
  expect(rows).toEqual([
    { first: 1, last: 1000 },
    { first: 1001, last: 2000 },
    { first: 2001, last: 2501 },
    { first: 2502, last: 2503 },
  ]);
  await old.end();
  await database.close();
  await drop();
});
