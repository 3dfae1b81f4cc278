/** Who runs what was asked for in bulk? Every gateway a few at a time, on connections of their own; what a dead one ran is taken up. */
import {
  finishBulkOperation,
  giveUpBulkOperation,
  noteBulkProgress,
  takeBulkOperation,
} from '../action/bulkOperation.ts';
import type { Viewer } from '../decision/powers.ts';
import type { BulkKind } from '../decision/words.ts';
import {
  type BulkFile,
  type BulkOperationRow,
  type BulkProgress,
  bulkViewer,
  CHUNK_BYTES,
  type ClaimedOperation,
  keepBulkPowers,
  purgeBulkFiles,
  readFile,
  writeOutput,
} from '../store/bulkOperation.ts';
import { release } from '../store/copyOut.ts';
import { type Database, openDatabase, sqlOf } from '../store/database.ts';
import { purgeUploads } from '../store/upload.ts';

/** A look for something to run, and the most often that progress is told, in milliseconds. */
const BEAT = 1_000;
const PURGE_INTERVAL = 60_000;
/** A runner that has not been heard of for so long is lost: its connections would have been cut by then too. */
const LOST_AFTER_SECONDS = 15;
const CONCURRENCY = 2;

/** What an executor is given. */
export interface BulkRun {
  readonly operation: BulkOperationRow;
  /** Whoever asked, with the powers of the moment the run began. */
  readonly viewer: Viewer;
  /** The same with the powers of now; null once gone or disabled. */
  present(): Promise<Viewer | null>;
  /** Keeps what the viewer may do with the operation: whoever may do less later has no use of its file. */
  rememberPowers(): Promise<void>;
  /** Connections that nobody waits for who asks for something small. */
  readonly database: Database;
  /** Aborted when it was canceled, somebody else runs it, or the gateway stops: there is nothing more to do then. */
  readonly signal: AbortSignal;
  /** Told at most once a second. @param result the kind's own, kept beside it */
  progress(processed: number, total?: number | null, result?: object): void;
  /** Appends to the output file, and has the bytes to itself … */
  write(bytes: Buffer | string): Promise<void>;
  /** … and to what stands behind all of that in the end. */
  writeBehind(bytes: Buffer | string): Promise<void>;
  read(file: BulkFile): AsyncGenerator<Buffer>;
}

/** Does the work. @throws BulkFailure for what the caller should know; anything else is a fault of the gateway */
export type BulkExecutor = (run: BulkRun) => Promise<void>;

export type BulkExecutors = Readonly<Partial<Record<BulkKind, BulkExecutor>>>;

/** The operation ends as failed, with a code for programs and a sentence for people. */
export class BulkFailure extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface BulkRunnerOptions {
  /** The database, for connections of its own. */
  readonly url: string;
  readonly executors: BulkExecutors;
  readonly onFault: (error: unknown) => void;
  /** Files are kept for so long. Default 24. */
  readonly expiryHours?: number;
  /** Default 15. */
  readonly lostAfterSeconds?: number;
}

export interface BulkRunner {
  /** Gives up what is under way, for another gateway. */
  stop(): Promise<void>;
}

export function startBulkRunner(options: BulkRunnerOptions): BulkRunner {
  const stopped = new AbortController();
  const running = keepRunning(options, stopped.signal);
  return {
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

async function keepRunning(options: BulkRunnerOptions, stopped: AbortSignal): Promise<void> {
  const { url, onFault } = options;
  let database: Database | null = null;
  const underWay = new Set<Promise<void>>();
  let purgedAt = Number.NEGATIVE_INFINITY;
  while (!stopped.aborted) {
    try {
      // For each of them the snapshot it reads and what it writes meanwhile, and one to look for the next.
      database ??= await openDatabase(url, { poolSize: 2 * CONCURRENCY + 1 });
      while (underWay.size < CONCURRENCY && !stopped.aborted) {
        const runnerId = crypto.randomUUID();
        const claimed = await takeBulkOperation(database, runnerId, options.lostAfterSeconds ?? LOST_AFTER_SECONDS);
        if (claimed === null) break;
        const run = new Run({ options, database, claimed, runnerId, stopped }).toTheEnd();
        const settled = run.catch(onFault).finally(() => underWay.delete(settled));
        underWay.add(settled);
      }
      if (performance.now() - purgedAt > PURGE_INTERVAL) {
        await purgeBulkFiles(sqlOf(database), options.expiryHours ?? 24);
        await purgeUploads(sqlOf(database));
        purgedAt = performance.now();
      }
    } catch (error) {
      if (!stopped.aborted) onFault(error);
    }
    await pause(BEAT, stopped);
  }
  await Promise.all(underWay);
  await database?.close();
}

interface Taken {
  readonly options: BulkRunnerOptions;
  readonly database: Database;
  readonly claimed: ClaimedOperation;
  readonly runnerId: string;
  readonly stopped: AbortSignal;
}

class Run {
  readonly #taken: Taken;
  readonly #operation: BulkOperationRow & { readonly runnerId: string };
  readonly #over = new AbortController();
  #progress: BulkProgress = { processed: 0, total: null, bytes: 0, result: null };
  #told = 0;
  #noting: Promise<void> = Promise.resolve();
  readonly #output = new Output('OUTPUT');
  readonly #behind = new Output('BEHIND');

  constructor(taken: Taken) {
    this.#taken = taken;
    this.#operation = { ...taken.claimed.operation, runnerId: taken.runnerId };
  }

  async toTheEnd(): Promise<void> {
    const { database, stopped } = this.#taken;
    const stop = () => this.#over.abort();
    stopped.addEventListener('abort', stop, { once: true });
    if (stopped.aborted) stop();
    const beat = setInterval(() => {
      this.#noting = this.#noting.then(() => this.#note());
    }, BEAT);
    try {
      await this.#execute();
      await this.#finish({ status: 'COMPLETED' });
    } catch (error) {
      if (stopped.aborted) await giveUpBulkOperation(database, this.#operation);
      else if (!this.#over.signal.aborted) await this.#fail(error).catch((late) => this.#unlessOver(late));
    } finally {
      clearInterval(beat);
      stopped.removeEventListener('abort', stop);
      await this.#noting;
    }
  }

  async #execute(): Promise<void> {
    const { options, database, claimed } = this.#taken;
    const present = () => bulkViewer(sqlOf(database), claimed.asked);
    const viewer = await present();
    if (viewer === null) throw new BulkFailure('PRINCIPAL_DISABLED', 'The principal was disabled or deleted.');
    const execute = options.executors[this.#operation.kind];
    if (!execute) throw new Error(`nobody runs operations of the kind ${this.#operation.kind}`);
    await execute({
      ...{ operation: this.#operation, viewer, present, database, signal: this.#over.signal },
      rememberPowers: () => keepBulkPowers(sqlOf(database), this.#operation.id, viewer.powers),
      progress: (processed, total, result) => {
        const { total: before, result: kept } = this.#progress;
        this.#progress = { ...this.#progress, processed, total: total ?? before, result: result ?? kept };
      },
      write: (bytes) => this.#write(this.#output, bytes),
      writeBehind: (bytes) => this.#write(this.#behind, bytes),
      read: (file) => readFile(() => sqlOf(database), this.#operation.id, file),
    });
    this.#over.signal.throwIfAborted();
  }

  async #write(output: Output, bytes: Buffer | string): Promise<void> {
    if (output.add(bytes) >= CHUNK_BYTES) await this.#flush(output);
  }

  async #flush(output: Output): Promise<void> {
    for (const chunk of output.take()) {
      this.#over.signal.throwIfAborted();
      const db = sqlOf(this.#taken.database);
      if (!(await writeOutput(db, this.#operation, { file: output.file, ...chunk }))) this.#over.abort();
      this.#over.signal.throwIfAborted();
      if (output === this.#output) this.#progress = { ...this.#progress, bytes: output.written };
    }
  }

  /** Says that it is alive, and how far it has come. */
  async #note(): Promise<void> {
    const { processed } = this.#progress;
    try {
      const isNews = processed !== this.#told;
      const isOurs = await noteBulkProgress(this.#taken.database, this.#operation, this.#progress, isNews);
      if (!isOurs) this.#over.abort();
      this.#told = processed;
    } catch (error) {
      this.#taken.options.onFault(error);
    }
  }

  /** Whoever has ended it meanwhile has the last word. */
  #unlessOver(error: unknown): void {
    if (!this.#over.signal.aborted) throw error;
  }

  async #fail(error: unknown): Promise<void> {
    const known = error instanceof BulkFailure;
    if (!known) this.#taken.options.onFault(error);
    const sentence = 'Something went wrong in the gateway. It is on record there under the id of the operation.';
    await this.#finish({
      status: 'FAILED',
      errorCode: known ? error.code : 'INTERNAL_SERVER_ERROR',
      errorMessage: known ? error.message : sentence,
    });
  }

  async #finish(end: { status: 'COMPLETED' | 'FAILED'; errorCode?: string; errorMessage?: string }): Promise<void> {
    const { options, database } = this.#taken;
    // Half an export is of no use to anybody; what an import did has a report.
    const isKept = end.status === 'COMPLETED' || this.#operation.kind === 'IMPORT';
    if (isKept) for (const output of [this.#output, this.#behind]) await this.#flush(output);
    const keptHours = isKept ? (options.expiryHours ?? 24) : 0;
    await finishBulkOperation(database, this.#operation, this.#progress, { ...end, keptHours });
  }
}

/** A file that grows, until there is enough of it for a chunk. */
class Output {
  readonly file: BulkFile;
  /** Bytes that have been taken from here. */
  written = 0;
  #parts: Buffer[] = [];
  #waiting = 0;

  constructor(file: BulkFile) {
    this.file = file;
  }

  /** @returns how many bytes wait */
  add(bytes: Buffer | string): number {
    const part = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    this.#parts.push(part);
    this.#waiting += part.length;
    return this.#waiting;
  }

  *take(): Generator<{ readonly startByte: number; readonly bytes: Buffer }> {
    const [first, ...others] = this.#parts as [Buffer, ...Buffer[]];
    if (first === undefined) return;
    const all = others.length === 0 ? first : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#waiting = 0;
    for (let from = 0; from < all.length; from += CHUNK_BYTES) {
      const bytes = all.subarray(from, from + CHUNK_BYTES);
      this.written += bytes.length;
      yield { startByte: this.written - bytes.length, bytes };
    }
    release(all);
  }
}

function pause(milliseconds: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stopped.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    stopped.addEventListener('abort', done);
    if (stopped.aborted) done();
  });
}
