/** A file of assignments comes in: every row is judged like `assign` judges it, and written with all others, with some, or not at all. */
import {
  type AssignmentFacts,
  canonicalKey,
  decideAssignment,
  type PrincipalFacts,
  type RoleFacts,
} from '../decision/assignment.ts';
import { ASSIGNMENT_COLUMNS, type ReadAssignmentRow, readAssignmentRow } from '../decision/assignmentRow.ts';
import { defaultPolicy } from '../decision/policy.ts';
import type { Viewer } from '../decision/powers.ts';
import type { Reasons } from '../decision/rules.ts';
import { addPeriod, besideStart, decidePeriod, type Period } from '../decision/schedule.ts';
import type { AssignmentType } from '../decision/words.ts';
import { isRefused, type Refusal, type RowProblem, refuse } from '../refusals.ts';
import {
  keepImportResult,
  periodsHeld,
  principalsNamed,
  requestsPending,
  rolesNamed,
} from '../store/assignmentImport.ts';
import { CopyLines } from '../store/bulk.ts';
import type { BulkClaim, BulkOperationRow } from '../store/bulkOperation.ts';
import { type Database, type Sql, sqlOf } from '../store/database.ts';
import { eventRow } from '../store/event.ts';
import { type PolicyKey, policiesHeld, policyVersions, shareAllPolicies } from '../store/policy.ts';
import { rolesById } from '../store/role.ts';
import { type RawRow, RowFileError, readRows } from '../store/rowFile.ts';
import { scopeFactsAt } from '../store/scope.ts';
import { databaseNow, type Transaction, transact } from '../store/transaction.ts';
import { keptUpload, readUpload } from '../store/upload.ts';
import { currentViewer } from '../store/viewer.ts';
import { madeBy } from './assignment.ts';
import { beginBulkOperation } from './bulkOperation.ts';
import type { ActionContext, CommonInput, Outcome, Written } from './perform.ts';

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
      return upload === null ? { ...refuse('UPLOAD_NOT_FOUND', { field: ['upload'] }), subject: {} } : null;
    },
  });
}

/** What runs it gives it. */
export interface ImportRun {
  readonly operation: BulkOperationRow;
  readonly viewer: Viewer;
  readonly database: Database;
  readonly signal: AbortSignal;
  progress(processed: number): void;
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

type Problem = RowProblem & { readonly line: number };

const NOTHING_YET: Progress = { rows: 0, written: 0, refused: 0, line: 0, problems: [] };

/** What became of a chunk. */
interface Answers {
  readonly accepted: number;
  readonly refused: readonly Problem[];
  readonly line: number;
  /** A line of the report for each row that was accepted. */
  readonly report: string;
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
  const answers = { accepted: 0, refused: [{ line, code: 'CONFLICT', column: null, reason }], line, report: '' };
  await keep(sqlOf(run.database), run, order, after(before, answers));
  return report(run, before, answers);
}

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

/** One transaction, which is undone when one row is refused, and after a dry run: rows that stand against each other are found. */
async function allOrNothing(run: ImportRun, order: ImportOrder): Promise<void> {
  try {
    await run.database.em.fork().transactional(async (em) => {
      const tx = em as Transaction;
      const settings = await policyVersions(tx.getKysely());
      let progress = NOTHING_YET;
      for await (const chunk of oneAhead(chunksOf(run, order))) {
        progress = await report(run, progress, await writeJudged(tx, run, order, chunk));
      }
      if (order.mode === 'DRY_RUN' || progress.refused > 0) throw new Undone(progress);
      // Whoever wants to change settings waits for the commit alone, and not for minutes.
      await shareAllPolicies(tx);
      if ((await policyVersions(tx.getKysely())) !== settings) throw new ImportFailure('CONFLICT', SETTINGS_CHANGED);
      await keep(tx.getKysely(), run, order, progress);
    });
  } catch (error) {
    if (isObjection(error)) {
      throw new ImportFailure(
        'CONFLICT',
        'Something else was written at the same time; nothing was imported: try again.',
      );
    }
    if (!(error instanceof Undone)) throw error;
    await keep(sqlOf(run.database), run, order, error.progress);
  }
}

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
  run.progress(progress.rows);
  const none = { requestId: null, assignmentId: null };
  const lines = refused.map(
    ({ line, ...problem }) => `${JSON.stringify({ line, status: 'REFUSED', ...problem, ...none })}\n`,
  );
  if (lines.length > 0) await run.write(lines.join(''));
  if (accepted !== '') await run.writeBehind(accepted);
  return progress;
}

/** Refusals name the fields of `assign`, which are the columns of the file. */
function problemOf({ code, message, field, failedRules }: Refusal): RowProblem {
  const remedies = failedRules.map(({ ruleId, remedy }) => ` ${ruleId}: ${remedy}`);
  return { code, column: field[0] ?? null, reason: `${message}${remedies.join('')}` };
}

interface Row {
  readonly line: number;
  readonly read: ReadAssignmentRow;
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
  const accepted: string[] = [];
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
    const made = madeBy(facts as AssignmentFacts, decision, { viewerId: viewer.id, policyVersionId });
    requests.add(made.request);
    assignments.add(made.assignment);
    events.add(eventRow(made.event));
    accepted.push(acceptedLine(row.line, mode, made.written));
  }
  refused.sort((a, b) => a.line - b.line);
  const line = chunk.at(-1)?.line ?? 0;
  return {
    accepted: accepted.length,
    refused,
    line,
    report: accepted.join(''),
    tables: [requests, assignments, events],
  };
}

type Tables = [requests: CopyLines, assignments: CopyLines, events: CopyLines];

/** Of what may still be undone no id is given. */
function acceptedLine(line: number, mode: ImportMode, { requestId, assignmentId }: Written): string {
  const ids = mode === 'BEST_EFFORT' ? { requestId, assignmentId } : { requestId: null, assignmentId: null };
  const status = mode === 'BEST_EFFORT' ? 'WRITTEN' : 'ACCEPTED';
  return `${JSON.stringify({ line, status, code: null, column: null, reason: null, ...ids })}\n`;
}

function isProblem(value: object): value is RowProblem {
  return 'code' in value && 'reason' in value;
}

interface Judged {
  /** Set when a name stands for several. */
  readonly problem: RowProblem | null;
  readonly facts: AssignmentFacts | null;
  readonly policyVersionId: string | null;
  /** Shared by the rows about the same access, in their order. */
  readonly held: Period[];
}

/** What thousands of rows may be about: read once. */
interface Access extends PolicyKey {
  readonly principalId: string;
  readonly type: AssignmentType;
}

/** @returns what each row is judged by, as of those before it */
async function lookUp(tx: Transaction, viewer: Viewer, rows: readonly Row[], shared: Reasons) {
  const db = tx.getKysely();
  const principalOf = await findPrincipals(tx, viewer, rows);
  const roleOf = await findRoles(tx, rows);
  const scopeOf = await findScopes(tx, viewer, rows, roleOf);
  const accesses = new Map<string, Access>();
  const keys = rows.map(({ read }, index) => {
    const [principal, role, scope] = [principalOf(read), roleOf(read), scopeOf(index)];
    if (!principal || !role || !scope || principal === 'AMBIGUOUS' || role === 'AMBIGUOUS') return '';
    const { type } = read;
    const access = { principalId: principal.id, roleId: role.id, scopeId: scope.id, provider: role.provider, type };
    const key = `${principal.id} ${role.id} ${scope.id} ${type}`;
    if (!accesses.has(key)) accesses.set(key, access);
    return key;
  });
  const distinct = [...accesses.values()];
  const policies = await policiesHeld(db, distinct);
  const periods = await periodsHeld(db, distinct);
  const now = await databaseNow(tx);
  const pending = await requestsPending(db, distinct, now);
  const places = new Map([...accesses.keys()].map((key, index) => [key, index]));
  return ({ read }: Row, index: number): Judged => {
    const [principal, role, scope] = [principalOf(read), roleOf(read), scopeOf(index)];
    if (principal === 'AMBIGUOUS') return unclear('principal');
    if (role === 'AMBIGUOUS') return unclear('role');
    const place = places.get(keys[index] as string);
    // Of what is not there nothing is held, and no rule is read.
    const { rules, versionId } = (place === undefined ? undefined : policies[place]) ?? NO_POLICY;
    const held = (place === undefined ? undefined : periods[place]) ?? [];
    const period = decidePeriod(read.schedule, now);
    const { justification, ticketNumber, ticketSystem } = read.reasons;
    const facts: AssignmentFacts = {
      ...{ now, powers: viewer.powers, proof: viewer.proof, role, scope, principal, rules },
      ...{ type: read.type, schedule: read.schedule, condition: read.condition },
      reasons: {
        justification: justification ?? shared.justification,
        ticketNumber: ticketNumber ?? shared.ticketNumber,
        ticketSystem: ticketSystem ?? shared.ticketSystem,
      },
      held: 'refusals' in period ? [] : besideStart(held, period),
      pending: place !== undefined && pending.has(place),
    };
    return { problem: null, facts, policyVersionId: versionId, held };
  };
}

const NO_POLICY = { rules: defaultPolicy('ENTRA_ROLE'), versionId: null };

const unclear = (column: 'principal' | 'role'): Judged => ({
  ...{ problem: ambiguous(column), facts: null, policyVersionId: null, held: [] },
});

function ambiguous(column: 'principal' | 'role'): RowProblem {
  const reason =
    column === 'role'
      ? 'Several roles have this name: name the provider too, or give an id.'
      : 'Several principals have this name: give an id.';
  return { code: column === 'role' ? 'ROLE_AMBIGUOUS' : 'PRINCIPAL_AMBIGUOUS', column, reason };
}

async function findPrincipals(tx: Transaction, viewer: Viewer, rows: readonly Row[]) {
  const ids = new Set<string>();
  const names = new Set<string>();
  for (const { read } of rows) {
    if ('id' in read.principal) ids.add(read.principal.id);
    else names.add(read.principal.name);
  }
  const found = await principalsNamed(tx.getKysely(), viewer, { ids: [...ids], names: [...names] });
  const known = new Map<string, PrincipalFacts | 'AMBIGUOUS'>();
  for (const { calledAs, ...facts } of found) {
    const before = known.get(calledAs);
    known.set(
      calledAs,
      before === undefined || (before !== 'AMBIGUOUS' && before.id === facts.id) ? facts : 'AMBIGUOUS',
    );
  }
  return ({ principal }: ReadAssignmentRow) => known.get('id' in principal ? principal.id : principal.name) ?? null;
}

async function findRoles(tx: Transaction, rows: readonly Row[]) {
  const db = tx.getKysely();
  const names = new Set(rows.flatMap(({ read: { role } }) => ('name' in role ? [role.name] : [])));
  const named = await rolesNamed(db, [...names]);
  const ids = new Set(rows.flatMap(({ read: { role } }) => ('id' in role ? [role.id] : [])));
  for (const { id } of named) ids.add(id);
  const byId = new Map<string, RoleFacts>((await rolesById(db, [...ids])).map((role) => [role.id, role]));
  const byName = new Map<string, RoleFacts[]>();
  for (const { id, name } of named) byName.set(name, [...(byName.get(name) ?? []), byId.get(id) as RoleFacts]);
  return ({ role, provider }: ReadAssignmentRow): RoleFacts | 'AMBIGUOUS' | null => {
    const candidates = 'id' in role ? [byId.get(role.id)] : (byName.get(role.name) ?? []);
    const fitting = candidates.filter((each) => each && (provider === null || each.provider === provider));
    return fitting.length > 1 ? 'AMBIGUOUS' : (fitting[0] ?? null);
  };
}

async function findScopes(
  tx: Transaction,
  viewer: Viewer,
  rows: readonly Row[],
  roles: Awaited<ReturnType<typeof findRoles>>,
) {
  const places = rows.map(({ read }) => {
    const role = roles(read);
    if (role === null || role === 'AMBIGUOUS') return null;
    const path = read.scope ?? (role.provider === 'ENTRA_ROLE' ? '/' : '');
    return { provider: role.provider, path };
  });
  const keyOf = ({ provider, path }: NonNullable<(typeof places)[number]>) => `${provider} ${canonicalKey(path)}`;
  const distinct = new Map(places.flatMap((place) => (place ? [[keyOf(place), place] as const] : [])));
  const found = await scopeFactsAt(tx.getKysely(), viewer, [...distinct.values()]);
  const byKey = new Map(found.map((scope) => [`${scope.provider} ${scope.key}`, scope]));
  return (index: number) => {
    const place = places[index];
    return (place && byKey.get(keyOf(place))) || null;
  };
}
