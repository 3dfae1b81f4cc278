/**
 * Is the log what it was? Walks all of it in one snapshot, makes every hash again and checks every signature, in constant
 * memory. Nothing that the database could have been taught to say is believed: it gives rows and no hashes of them.
 */
import pg from 'pg';
import { type Checkpoint, EMPTY_LOG_ROOT, isSigned, leafHash, MerkleTree, nodeHash, verifierKey } from './evidence.ts';

/** Rows fetched at a time. */
const PAGE = 2000;
const DAY_MILLISECONDS = 86_400_000;

export interface VerificationOptions {
  /** The public keys whose checkpoints are believed. */
  readonly trusted: readonly Buffer[];
  /** A checkpoint that was kept elsewhere: without one, an end that was cut off together with its checkpoints is not seen. */
  readonly kept: Checkpoint | null;
  /** What is missing at the beginning must have been so old. */
  readonly auditRetentionDays: number;
  readonly now: Date;
}

export interface Verdict {
  /** The last position in order; everything before it is as well. */
  readonly intactUpTo: bigint;
  /** Why it is not the end of the log; null when everything is in order. */
  readonly fault: { readonly position: bigint; readonly what: string } | null;
  /** Events up to here were removed after their retention. */
  readonly purged: bigint;
  /** The last position that a checkpoint covers. */
  readonly signedUpTo: bigint;
  readonly checkpoints: number;
  readonly newest: Checkpoint | null;
}

/** Texts as PostgreSQL prints them; its functions by their own names, whatever else the database calls so. */
export async function verifyLog(url: string, options: VerificationOptions): Promise<Verdict> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    types: { getTypeParser: () => (text: string) => text },
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(PLAIN);
    return await new Walk(client, options).verdict();
  } finally {
    await client.end();
  }
}

/** Rows that a policy hides are an error, and no name means anything but PostgreSQL's own. */
const PLAIN =
  'SET LOCAL search_path = pg_catalog; SET LOCAL timezone = UTC; SET LOCAL bytea_output = hex; SET LOCAL row_security = off';

class LogFault extends Error {
  readonly position: bigint;

  constructor(position: bigint, what: string) {
    super(what);
    this.position = position;
  }
}

interface Batch {
  readonly first: bigint;
  readonly last: bigint;
  readonly epoch: string;
  readonly root: Buffer;
  readonly logRoot: Buffer;
}

interface SealedEvent {
  readonly position: bigint;
  readonly leaf: Buffer;
  readonly columns: readonly (string | null)[];
}

class Walk {
  readonly #client: pg.Client;
  readonly #options: VerificationOptions;
  readonly #events: Rows<SealedEvent>;
  readonly #checkpoints: Rows<Checkpoint>;
  /** What has been found in order so far. */
  #position = 0n;
  #logRoot: Buffer = EMPTY_LOG_ROOT;
  #signedUpTo = 0n;
  #purged = 0n;
  #checked = 0;
  #newest: Checkpoint | null = null;

  constructor(client: pg.Client, options: VerificationOptions) {
    this.#client = client;
    this.#options = options;
    this.#events = new Rows(client, 'events', EVENTS, toEvent);
    this.#checkpoints = new Rows(client, 'checkpoints', CHECKPOINTS, toCheckpoint);
  }

  async verdict(): Promise<Verdict> {
    const fault = await this.#walk().then(
      () => null,
      (error) => {
        if (error instanceof LogFault) return { position: error.position, what: error.message };
        throw error;
      },
    );
    return {
      intactUpTo: fault ? fault.position - 1n : this.#position,
      fault,
      purged: this.#purged,
      signedUpTo: this.#signedUpTo,
      checkpoints: this.#checked,
      newest: this.#newest,
    };
  }

  async #walk(): Promise<void> {
    const head = await this.#head();
    this.#purged = head.purged;
    const batches = new Rows(this.#client, 'batches', BATCHES, toBatch);
    for (let batch = await batches.take(); batch; batch = await batches.take()) {
      await this.#checkBatch(batch);
      await this.#checkCheckpoints(batch);
      this.#checkKept(batch);
    }
    await this.#checkEnd(head.position, head.logRoot);
  }

  async #head() {
    const { rows } = await this.#client.query('SELECT position, log_root, purged FROM public.event_log');
    const [row] = rows;
    if (!row) throw new LogFault(1n, 'the row that says how far the log is was deleted');
    return { position: BigInt(row.position), logRoot: bytes(row.log_root), purged: BigInt(row.purged) };
  }

  async #checkBatch(batch: Batch): Promise<void> {
    const expected = this.#position + 1n;
    if (batch.first > expected) throw new LogFault(expected, 'the batch that sealed this position was deleted');
    if (batch.first < expected) throw new LogFault(batch.first, 'a second batch claims to have sealed this position');
    const removed = batch.last <= this.#purged;
    const root = removed ? batch.root : await this.#rootOf(batch);
    if (!root.equals(batch.root)) {
      throw new LogFault(
        batch.first,
        `rows from here to position ${batch.last} were edited together with their hashes: the batch sealed others`,
      );
    }
    const logRoot = nodeHash(this.#logRoot, root);
    if (!logRoot.equals(batch.logRoot)) {
      throw new LogFault(batch.first, 'the batch from this position on was edited: it does not continue the log');
    }
    this.#position = batch.last;
    this.#logRoot = logRoot;
  }

  /** Of the rows that are there. */
  async #rootOf({ first, last, epoch }: Batch): Promise<Buffer> {
    const tree = new MerkleTree();
    for (let position = first; position <= last; position++) {
      const event = await this.#events.take();
      if (!event || event.position > position) throw new LogFault(position, 'the row of this position was deleted');
      if (event.position < position) throw new LogFault(event.position, 'a row was inserted at this position');
      const leaf = leafHash(epoch, position, event.columns);
      if (!leaf.equals(event.leaf)) throw new LogFault(position, await this.#changeOf(event, epoch));
      tree.add(leaf);
    }
    return tree.root();
  }

  /** Whether the row is another position's: that one's hash says so, or the one that it brought along. */
  async #changeOf(event: SealedEvent, epoch: string): Promise<string> {
    const sealed = new Rows(this.#client, 'sealed', EVENTS, toEvent);
    for (let other = await sealed.take(); other; other = await sealed.take()) {
      const leaf = leafHash(epoch, other.position, event.columns);
      if (other.position !== event.position && (leaf.equals(other.leaf) || leaf.equals(event.leaf))) {
        return `the log was reordered: the row of position ${other.position} stands here`;
      }
    }
    return 'the row of this position was edited: it is not the one that was sealed';
  }

  /** Those that were signed behind this batch; none lies within one. */
  async #checkCheckpoints(batch: Batch): Promise<void> {
    for (let next = await this.#checkpoints.peek(); next && next.position <= batch.last; ) {
      await this.#checkpoints.take();
      this.#checkSignature(next);
      this.#compare(next, batch, 'a checkpoint');
      this.#checkPurgedAge(next);
      this.#signedUpTo = next.position;
      this.#newest = next;
      this.#checked++;
      next = await this.#checkpoints.peek();
    }
  }

  #checkSignature(checkpoint: Checkpoint): void {
    const { position, publicKey } = checkpoint;
    const from = this.#signedUpTo + 1n;
    if (!isSigned(checkpoint))
      throw new LogFault(from, `the checkpoint of position ${position} is forged: nobody signed it`);
    if (this.#options.trusted.some((key) => key.equals(publicKey))) return;
    throw new LogFault(
      from,
      `the checkpoint of position ${position} is forged, or another gateway's: its key ${verifierKey(publicKey)} is not one to trust`,
    );
  }

  /** Below what is signed nothing can be told apart any more: the first bad position is behind the last good signature. */
  #compare(checkpoint: Checkpoint, batch: Batch, which: string): void {
    const same =
      checkpoint.position === batch.last &&
      checkpoint.epoch === batch.epoch &&
      checkpoint.logRoot.equals(this.#logRoot);
    if (same) return;
    throw new LogFault(
      this.#signedUpTo + 1n,
      `the log from here to position ${checkpoint.position} was rewritten: ${which} of that position signed another one`,
    );
  }

  /** A checkpoint's time is the one thing about the age of what is gone that nobody could write without the key. */
  #checkPurgedAge({ position, signedAt }: Checkpoint): void {
    if (this.#purged === 0n || position < this.#purged || this.#signedUpTo >= this.#purged) return;
    const { now, auditRetentionDays } = this.#options;
    if (new Date(signedAt).getTime() <= now.getTime() - auditRetentionDays * DAY_MILLISECONDS) return;
    throw new LogFault(
      1n,
      `the rows up to position ${this.#purged} were deleted before their retention of ${auditRetentionDays} days was over`,
    );
  }

  #checkKept(batch: Batch): void {
    const { kept } = this.#options;
    if (!kept || kept.position < batch.first || kept.position > batch.last) return;
    this.#compare(kept, batch, 'the checkpoint that was kept');
  }

  async #checkEnd(position: bigint, logRoot: Buffer): Promise<void> {
    const { kept } = this.#options;
    const next = this.#position + 1n;
    const event = await this.#events.take();
    if (event && event.position < next) throw new LogFault(event.position, 'a row was inserted at this position');
    if (event)
      throw new LogFault(next, `a row was inserted at position ${event.position}, behind everything that was sealed`);
    const checkpoint = await this.#checkpoints.take();
    const cut = 'the end of the log was cut off from this position on';
    if (checkpoint) throw new LogFault(next, `${cut}: there is a checkpoint of position ${checkpoint.position}`);
    if (kept && kept.position > this.#position)
      throw new LogFault(next, `${cut}: the checkpoint that was kept is of position ${kept.position}`);
    if (position !== this.#position) throw new LogFault(next, `${cut}: ${position} positions had been given`);
    if (!logRoot.equals(this.#logRoot)) throw new LogFault(next, 'the root that the next batch continues was edited');
    if (this.#purged > this.#signedUpTo)
      throw new LogFault(
        1n,
        `the rows up to position ${this.#purged} were deleted, and no checkpoint says how old they were`,
      );
  }
}

/** Rows that share a position, or lie where none was given, come where they are noticed. */
const EVENTS = `
  SELECT position, leaf_hash, id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), type, actor_id, provider, assignment_type,
    principal_id, role_id, scope_id, assignment_id, request_id, payload
  FROM public.event WHERE position IS NOT NULL ORDER BY position, id`;
const BATCHES = `
  SELECT first_position, last_position, epoch, root, log_root FROM public.event_batch ORDER BY last_position, first_position`;
const CHECKPOINTS = `
  SELECT position, log_root, epoch, to_char(signed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), public_key, signature
  FROM public.event_checkpoint ORDER BY position, signed_at`;

type Texts = readonly (string | null)[];

/** A hash that is not there is one that fits nothing. */
const bytes = (text: string | null | undefined) => Buffer.from((text ?? '').slice(2), 'hex');
const integer = (text: string | null | undefined) => BigInt(text ?? 0);

function toEvent([position, leaf, ...columns]: Texts): SealedEvent {
  return { position: integer(position), leaf: bytes(leaf), columns };
}

function toBatch([first, last, epoch, root, logRoot]: Texts): Batch {
  return { first: integer(first), last: integer(last), epoch: epoch ?? '', root: bytes(root), logRoot: bytes(logRoot) };
}

function toCheckpoint([position, logRoot, epoch, signedAt, publicKey, signature]: Texts): Checkpoint {
  return {
    position: integer(position),
    logRoot: bytes(logRoot),
    epoch: epoch ?? '',
    signedAt: signedAt ?? '',
    publicKey: bytes(publicKey),
    signature: bytes(signature),
  };
}

/** The rows of a query, page by page. */
class Rows<Row> {
  readonly #client: pg.Client;
  readonly #name: string;
  readonly #query: string;
  readonly #read: (texts: Texts) => Row;
  #page: Row[] = [];
  #next = 0;
  #declared = false;

  constructor(client: pg.Client, name: string, query: string, read: (texts: Texts) => Row) {
    this.#client = client;
    this.#name = name;
    this.#query = query;
    this.#read = read;
  }

  /** @returns null behind the last one */
  async take(): Promise<Row | null> {
    const row = await this.peek();
    if (row) this.#next++;
    return row;
  }

  async peek(): Promise<Row | null> {
    if (this.#next >= this.#page.length) await this.#fetch();
    return this.#page[this.#next] ?? null;
  }

  async #fetch(): Promise<void> {
    if (!this.#declared) await this.#client.query(`DECLARE ${this.#name} NO SCROLL CURSOR FOR ${this.#query}`);
    this.#declared = true;
    const { rows } = await this.#client.query<string[]>({
      text: `FETCH ${PAGE} FROM ${this.#name}`,
      rowMode: 'array',
    });
    this.#page = rows.map(this.#read);
    this.#next = 0;
  }
}
