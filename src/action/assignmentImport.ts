/** A file of assignments comes in: every row is judged like `assign` judges it, and written with all others, with some, or not at all. */
import { type AssignmentFacts, decideAssignment } from '../decision/assignment.ts';
import { ASSIGNMENT_COLUMNS, readAssignmentRow } from '../decision/assignmentRow.ts';
import type { Viewer } from '../decision/powers.ts';
import type { Reasons } from '../decision/rules.ts';
import { addPeriod } from '../decision/schedule.ts';
import { isRefused, type Refusal, type RowProblem, refuse } from '../refusals.ts';
import { keepImportResult } from '../store/assignmentImport.ts';
import { CopyLines } from '../store/bulk.ts';
import type { BulkClaim, BulkOperationRow } from '../store/bulkOperation.ts';
import { type Database, type Sql, sqlOf } from '../store/database.ts';
import { eventRow } from '../store/event.ts';
import { policyVersions, shareAllPolicies } from '../store/policy.ts';
import { type RawRow, RowFileError, readRows } from '../store/rowFile.ts';
import { type Transaction, transact } from '../store/transaction.ts';
import { keptUpload, readUpload } from '../store/upload.ts';
import { currentViewer } from '../store/viewer.ts';
import { madeBy } from './assignment.ts';
import { lookUp, type Row } from './assignmentImportFacts.ts';
import {
  type AcceptedRow,
  type AcceptedStatus,
  acceptedLines,
  type Problem,
  packed,
  refusedLines,
  unpacked,
} from './assignmentImportReport.ts';
import { beginBulkOperation } from './bulkOperation.ts';
import type { ActionContext, CommonInput, Outcome } from './perform.ts';

export const IMPORT_MODES = ['DRY_RUN', 'ATOMIC', 'BEST_EFFORT'] as const;
export type ImportMode = (typeof IMPORT_MODES)[number];

interface ImportOrder {
  readonly uploadId: string;
  readonly mode: ImportMode;
  /** Of every row that does not say. */
  readonly reasons: Reasons;
}

export type ImportAssignmentsInput = CommonInput & ImportOrder;

/** The upload is kept for another day. */
export function importAssignments(context: ActionContext, input: ImportAssignmentsInput): Promise<Outcome> {
  const { uploadId, mode, reasons, idempotencyKey } = input;
  return beginBulkOperation(context, 'importAssignments', {
    ...{ kind: 'IMPORT', input: { uploadId, mode, reasons }, idempotencyKey },
    async judge({ tx, viewer }) {
      const upload = await keptUpload(tx.getKysely(), viewer.id, uploadId);
      if (upload === null) return { ...refuse('UPLOAD_NOT_FOUND', { field: ['upload'] }), subject: {} };
      const { format, bytes, sha256 } = upload;
      return { onRecord: { file: { format, bytes, sha256 } } };
    },
  });
}

/** What runs it gives it. */
export interface ImportRun {
  readonly operation: BulkOperationRow;
  readonly viewer: Viewer;
  readonly database: Database;
  readonly signal: AbortSignal;
  /** Waited for. */
  progress(processed: number): void | Promise<void>;
  /** Appends to the report … */
  write(text: string): Promise<void>;
  /** … and to what stands behind all of that. */
  writeBehind(text: string): Promise<void>;
}

/** It ends, with what is written so far. */
export class ImportFailure extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const ROWS_PER_CHUNK = 2_000;
/** Judged at a stretch. */
const ROWS_PER_TURN = 100;

/** The first of them stand in the result, all of them in the report. */
const PROBLEMS_SHOWN = 100;

/** How far it has come. */
interface Progress {
  readonly rows: number;
  readonly written: number;
  readonly refused: number;
  /** Everything up to this line is done. */
  readonly line: number;
  readonly problems: readonly Problem[];
}

const NOTHING_YET: Progress = { rows: 0, written: 0, refused: 0, line: 0, problems: [] };

/** What became of a chunk. */
interface Answers {
  readonly accepted: number;
  readonly refused: readonly Problem[];
  readonly line: number;
  /** Of the rows that were accepted, where it is known at once what becomes of them … */
  readonly report: string;
  /** … and where it is not, what will be told of them in the end. */
  readonly held: Buffer;
}

/** @throws ImportFailure */
export async function runAssignmentImport(run: ImportRun): Promise<void> {
  const order = run.operation.input as unknown as ImportOrder;
  try {
    await (order.mode === 'BEST_EFFORT' ? chunkByChunk(run, order) : allOrNothing(run, order));
  } catch (error) {
    if (error instanceof RowFileError) throw new ImportFailure(error.code, error.message);
    throw error;
  }
}

async function* chunksOf({ database, viewer, signal }: ImportRun, { uploadId }: ImportOrder): AsyncGenerator<RawRow[]> {
  const db = () => sqlOf(database);
  const upload = await keptUpload(db(), viewer.id, uploadId);
  if (upload === null) throw new ImportFailure('UPLOAD_NOT_FOUND', 'The upload has expired: upload the file again.');
  let chunk: RawRow[] = [];
  let broken: RowFileError | null = null;
  try {
    for await (const row of readRows(readUpload(db, upload), upload.format, ASSIGNMENT_COLUMNS)) {
      signal.throwIfAborted();
      chunk.push(row);
      if (chunk.length < ROWS_PER_CHUNK) continue;
      yield chunk;
      chunk = [];
    }
  } catch (error) {
    if (!(error instanceof RowFileError)) throw error;
    broken = error;
  }
  // What was read before the file broke is judged like all before it.
  if (chunk.length > 0) yield chunk;
  if (broken !== null) throw broken;
}

/** The next chunk is read while this one is judged and written. */
async function* oneAhead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    let next = source.next();
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = source.next();
      // It is heard of when its turn comes.
      next.catch(() => undefined);
      yield value;
    }
  } finally {
    await source.return(undefined).catch(() => undefined);
  }
}

/** Each chunk is a transaction, which says how far it has come. */
async function chunkByChunk(run: ImportRun, order: ImportOrder): Promise<void> {
  let progress = NOTHING_YET;
  for await (const chunk of oneAhead(chunksOf(run, order))) {
    progress = await writeChunk(run, order, chunk, progress);
  }
}

/** What the database objects to is tried in halves, until it is a single row that is refused. */
async function writeChunk(run: ImportRun, order: ImportOrder, chunk: RawRow[], before: Progress): Promise<Progress> {
  try {
    const answers = await transact(run.database, async (tx) => {
      const judged = await writeJudged(tx, run, order, chunk);
      await keep(tx.getKysely(), run, order, after(before, judged));
      return judged;
    });
    return await report(run, before, answers);
  } catch (error) {
    if (!isObjection(error)) throw error;
    if (chunk.length === 1) return refuseRow(run, order, chunk[0] as RawRow, before);
    const half = Math.ceil(chunk.length / 2);
    const progress = await writeChunk(run, order, chunk.slice(0, half), before);
    return writeChunk(run, order, chunk.slice(half), progress);
  }
}

async function refuseRow(run: ImportRun, order: ImportOrder, { line }: RawRow, before: Progress): Promise<Progress> {
  const reason = 'Something else that happens at the same time stands against it: try it again.';
  const answers = { accepted: 0, refused: [{ line, code: 'CONFLICT', column: null, reason }], line, ...NONE_ACCEPTED };
  await keep(sqlOf(run.database), run, order, after(before, answers));
  return report(run, before, answers);
}

const NONE_ACCEPTED = { report: '', held: Buffer.alloc(0) };

/** @throws ImportFailure when somebody has ended it */
async function keep(db: Sql, { operation }: ImportRun, order: ImportOrder, progress: Progress): Promise<void> {
  if (await keepImportResult(db, operation as BulkOperationRow & BulkClaim, resultOf(order, progress))) return;
  throw new ImportFailure('CANCELED', 'The operation was canceled.');
}

/** Integrity constraint violations. */
function isObjection(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^23/.test(code);
}

/** Carries how far it came out of a transaction that must not be kept. */
class Undone extends Error {
  readonly progress: Progress;
  constructor(progress: Progress) {
    super();
    this.progress = { ...progress, written: 0 };
  }
}

/** Of the rows of an atomic import the report says in the end whether they are written. */
async function allOrNothing(run: ImportRun, order: ImportOrder): Promise<void> {
  const held: Buffer[] = [];
  let undone: Progress | null;
  try {
    undone = await inOneTransaction(run, order, held);
  } catch (error) {
    // Of other errors nobody knows whether they came before the commit or after it.
    if (error instanceof ImportFailure || error instanceof RowFileError) await reportHeld(run, held, 'NOT_WRITTEN');
    throw error;
  }
  await reportHeld(run, held, undone === null ? 'WRITTEN' : 'NOT_WRITTEN');
  if (undone !== null) await keep(sqlOf(run.database), run, order, undone);
}

/**
 * It is undone when one row is refused, and after a dry run: rows that stand against each other are found.
 * @returns null when it is committed
 */
async function inOneTransaction(run: ImportRun, order: ImportOrder, held: Buffer[]): Promise<Progress | null> {
  try {
    await run.database.em.fork().transactional(async (em) => {
      const tx = em as Transaction;
      const settings = await policyVersions(tx.getKysely());
      let progress = NOTHING_YET;
      for await (const chunk of oneAhead(chunksOf(run, order))) {
        const answers = await writeJudged(tx, run, order, chunk);
        held.push(answers.held);
        progress = await report(run, progress, answers);
      }
      if (order.mode === 'DRY_RUN' || progress.refused > 0) throw new Undone(progress);
      // Whoever wants to change settings waits for the commit alone, and not for minutes.
      await shareAllPolicies(tx);
      if ((await policyVersions(tx.getKysely())) !== settings) throw new ImportFailure('CONFLICT', SETTINGS_CHANGED);
      await keep(tx.getKysely(), run, order, progress);
    });
    return null;
  } catch (error) {
    if (isObjection(error)) throw new ImportFailure('CONFLICT', WRITTEN_MEANWHILE);
    if (error instanceof Undone) return error.progress;
    throw error;
  }
}

async function reportHeld(run: ImportRun, held: readonly Buffer[], status: AcceptedStatus): Promise<void> {
  for (const rows of held) if (rows.length > 0) await run.writeBehind(acceptedLines(unpacked(rows), status));
}

const WRITTEN_MEANWHILE = 'Something else was written at the same time; nothing was imported: try again.';
const SETTINGS_CHANGED = 'Role settings were changed while the rows were judged; nothing was imported: try again.';

function after(before: Progress, { accepted, refused, line }: Answers): Progress {
  return {
    rows: before.rows + accepted + refused.length,
    written: before.written + accepted,
    refused: before.refused + refused.length,
    line,
    problems: [...before.problems, ...refused].slice(0, PROBLEMS_SHOWN),
  };
}

function resultOf({ mode }: ImportOrder, { rows, written, refused, line, problems }: Progress): object {
  return { mode, rows, written, refused, committedThroughLine: written === 0 ? 0 : line, problems };
}

/** What was refused comes first in it. */
async function report(run: ImportRun, before: Progress, answers: Answers): Promise<Progress> {
  const { refused, report: accepted } = answers;
  const progress = after(before, answers);
  if (refused.length > 0) await run.write(refusedLines(refused));
  if (accepted !== '') await run.writeBehind(accepted);
  await run.progress(progress.rows);
  return progress;
}

/** Refusals name the fields of `assign`, which are the columns of the file. */
function problemOf({ code, message, field, failedRules }: Refusal): RowProblem {
  const remedies = failedRules.map(({ ruleId, remedy }) => ` ${ruleId}: ${remedy}`);
  return { code, column: field[0] ?? null, reason: `${message}${remedies.join('')}` };
}

interface JudgedChunk extends Answers {
  /** In the order in which they are written. */
  readonly tables: readonly CopyLines[];
}

async function writeJudged(
  tx: Transaction,
  run: ImportRun,
  order: ImportOrder,
  chunk: readonly RawRow[],
): Promise<Answers> {
  const { tables, ...answers } = await judgeChunk(tx, run, order, chunk);
  // By now nothing but these lines is left of the rows: while they are written, which takes longest, everything else may go.
  for (const table of tables) await table.write(tx.getKysely());
  return answers;
}

/** Judged in order, each after those before it; what may be made is ready to be written. */
async function judgeChunk(
  tx: Transaction,
  run: ImportRun,
  { mode, reasons }: ImportOrder,
  chunk: readonly RawRow[],
): Promise<JudgedChunk> {
  const operationId = run.operation.id;
  const viewer = await currentViewer(tx.getKysely(), run.viewer);
  if (viewer === null) throw new ImportFailure('PRINCIPAL_DISABLED', 'The principal was disabled or deleted.');
  if (mode === 'BEST_EFFORT') await shareAllPolicies(tx);
  const refused: Problem[] = [];
  const rows: Row[] = [];
  for (const { line, values } of chunk) {
    const read = isProblem(values) ? values : readAssignmentRow(values);
    if (isProblem(read)) refused.push({ line, ...read });
    else rows.push({ line, read });
  }
  const judgedBy = await lookUp(tx, viewer, rows, reasons);
  const [requests, assignments, events] = ['request', 'assignment', 'event'].map(
    (table) => new CopyLines(table),
  ) as Tables;
  const accepted: AcceptedRow[] = [];
  for (const [index, row] of rows.entries()) {
    // Others wait for the same processor: streams, and whoever asks for something small.
    if (index % ROWS_PER_TURN === ROWS_PER_TURN - 1) await new Promise((resolve) => setImmediate(resolve));
    const { problem, facts, policyVersionId, held } = judgedBy(row, index);
    const decision = problem === null ? decideAssignment(facts as AssignmentFacts) : problem;
    if (isProblem(decision) || isRefused(decision)) {
      refused.push({
        line: row.line,
        ...(isProblem(decision) ? decision : problemOf(decision.refusals[0] as Refusal)),
      });
      continue;
    }
    addPeriod(held, decision.assigned);
    const made = madeBy(facts as AssignmentFacts, decision, { viewerId: viewer.id, policyVersionId, operationId });
    requests.add(made.request);
    assignments.add(made.assignment);
    events.add(eventRow(made.event));
    accepted.push({ line: row.line, ...made.written });
  }
  refused.sort((a, b) => a.line - b.line);
  const line = chunk.at(-1)?.line ?? 0;
  return {
    accepted: accepted.length,
    refused,
    line,
    ...(mode === 'ATOMIC'
      ? { report: '', held: packed(accepted) }
      : { ...NONE_ACCEPTED, report: acceptedLines(accepted, mode === 'DRY_RUN' ? 'ACCEPTED' : 'WRITTEN') }),
    tables: [requests, assignments, events],
  };
}

type Tables = [requests: CopyLines, assignments: CopyLines, events: CopyLines];

function isProblem(value: object): value is RowProblem {
  return 'code' in value && 'reason' in value;
}
