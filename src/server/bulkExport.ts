/** How does a query become a file? Page by page through the schema, in one snapshot, as whoever asked, with the rights of now. */
import { setTimeout as delay } from 'node:timers/promises';
import { type ExecutionArgs, type ExecutionResult, GraphQLError, type GraphQLSchema } from 'graphql';
import { createContext, type ExportJudge } from '../../schema/context.ts';
import { viewsLess } from '../decision/event.ts';
import type { Viewer } from '../decision/powers.ts';
import { isRefused } from '../refusals.ts';
import { type BulkExecutor, BulkFailure, type BulkRun } from '../schedule/bulk.ts';
import { type Database, type Sql, sqlOf } from '../store/database.ts';
import { keepOpen, readFrozen } from '../store/transaction.ts';
import type { Budgets } from './budget.ts';
import type { Execute } from './compiled.ts';
import type { Documents } from './documents.ts';
import { clientError, type FaultLog } from './errors.ts';
import {
  type ExportDocument,
  exportDocument,
  PAGE_FIELD,
  PAGE_SIZE_VARIABLE,
  PAGE_START_VARIABLE,
} from './exportDocument.ts';
import { type ExportFormat, rowFormat } from './exportFormat.ts';
import { refuseUnfitVariables } from './values.ts';
import { WrittenLines } from './written.ts';

export interface ExportParts {
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly execute: Execute;
  readonly log: FaultLog;
  /** Of callers: to begin an export costs what its first page does. */
  readonly budgets: Budgets;
  /** Of exports, which wait where that of the minute is spent. */
  readonly exportBudgets: Budgets;
  /** No snapshot is held for longer, in minutes. */
  readonly maximumMinutes: number;
  /** Rows of a page. Default 1000. */
  readonly pageSize?: number;
}

/** As an operation keeps it. */
interface ExportInput {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | null;
  readonly format: ExportFormat;
}

const PAGE_SIZE = 1_000;
const pageSizeOf = ({ pageSize = PAGE_SIZE }: ExportParts) => pageSize;
/** Of a wait for the budget, in milliseconds: the database ends what does nothing in a transaction for longer than 30 seconds. */
const WAIT = 1_000;

/** Refuses what cannot be exported, and fails like the query itself where the caller may not ask it: its first row is read. */
export function exportJudge(parts: ExportParts): ExportJudge {
  return async ({ database, viewer }, { query, documentId, variables, operationName }) => {
    const text = parts.documents.resolve({ query, documentId });
    if (text == null) throw noDocument();
    refuseUnfitVariables(variables);
    const document = exportDocument(parts.schema, { query: text, operationName });
    if (isRefused(document)) return document;
    const db = () => sqlOf(database);
    const page = { database, db, viewer, first: 1, after: null };
    parts.budgets.charge(argumentsOf(parts, document, variables, { ...page, first: pageSizeOf(parts) }));
    const { errors } = await parts.execute(argumentsOf(parts, document, variables, page));
    if (errors?.[0]) throw errors[0].originalError ?? errors[0];
    return { query: text };
  };
}

export function exportExecutor(parts: ExportParts): BulkExecutor {
  return async (run) => {
    const input = run.operation.input as unknown as ExportInput;
    const document = exportDocument(parts.schema, input);
    // It was none when it was asked for: another version of the gateway runs it.
    if (isRefused(document)) throw new BulkFailure('EXPORT_DOCUMENT_INVALID', document.refusals[0]?.message ?? '');
    await run.rememberPowers();
    await readFrozen(run.database, (db) => writePages(parts, document, input, { run, db }));
  };
}

async function writePages(
  parts: ExportParts,
  document: ExportDocument,
  { variables, format }: ExportInput,
  { run, db }: { run: BulkRun; db: Sql },
): Promise<void> {
  const { database, viewer, signal, write, progress } = run;
  const { head, lines } = rowFormat(format, document.columns);
  const watch = watchOver(run, parts.maximumMinutes);
  await write(head);
  const first = pageSizeOf(parts);
  for (let [after, count]: [string | null, number] = [null, 0]; ; ) {
    const request = { database, db: () => db, viewer, first, after };
    const args = argumentsOf(parts, document, variables, request);
    signal.throwIfAborted();
    await watch();
    await afford(parts, args, { db, signal, watch });
    const result = await parts.execute(args, format === 'JSONL' ? 'lines' : document.columns);
    const { found, endCursor } = pageOf(result, document, parts.log);
    await write(found instanceof WrittenLines ? found.bytes : lines(found));
    count += found.length;
    progress(count, endCursor === null ? count : null);
    after = endCursor;
    if (after === null) return;
  }
}

interface Waiting {
  readonly db: Sql;
  readonly signal: AbortSignal;
  readonly watch: () => Promise<void>;
}

/** Waits where the budget of the minute is spent; meanwhile the rights are looked at, and the snapshot is kept. */
async function afford({ exportBudgets }: ExportParts, args: ExecutionArgs, { db, signal, watch }: Waiting) {
  for (let wait = exportBudgets.chargeOrWait(args); wait > 0; wait = exportBudgets.chargeOrWait(args)) {
    await delay(Math.min(wait, WAIT), undefined, { signal });
    await watch();
    await keepOpen(db);
  }
}

interface PageRequest {
  readonly database: Database;
  readonly db: () => Sql;
  readonly viewer: Viewer;
  readonly first: number;
  readonly after: string | null;
}

function argumentsOf(
  { schema }: ExportParts,
  { document, operationName }: ExportDocument,
  variables: Readonly<Record<string, unknown>>,
  { database, db, viewer, first, after }: PageRequest,
): ExecutionArgs {
  return {
    ...{ schema, document, operationName },
    contextValue: createContext(database, viewer, { db }),
    variableValues: { ...variables, [PAGE_SIZE_VARIABLE]: first, [PAGE_START_VARIABLE]: after },
  };
}

type Data = Record<string, unknown>;

/** @throws BulkFailure: a row that cannot be shown is not left out of the file, or in it with holes */
function pageOf({ data, errors }: ExecutionResult, { field, rows }: ExportDocument, log: FaultLog) {
  const [error] = errors ?? [];
  if (error) {
    const { message, extensions } = clientError(error, log);
    throw new BulkFailure(String(extensions.code), message);
  }
  const list = (data as Data)[field] as Data | undefined;
  // A directive has left it out.
  if (list === undefined) return { found: [], endCursor: null };
  const { hasNextPage, endCursor } = list[PAGE_FIELD] as { hasNextPage: boolean; endCursor: string | null };
  return { found: (list[rows] ?? []) as WrittenLines | Data[], endCursor: hasNextPage ? endCursor : null };
}

/** Ends the run of somebody who may see less by now, and one that takes too long. */
function watchOver({ viewer, present }: BulkRun, maximumMinutes: number): () => Promise<void> {
  const begunAt = performance.now();
  return async () => {
    if (performance.now() - begunAt > maximumMinutes * 60_000) {
      throw new BulkFailure('EXPORT_TOO_LONG', `It took more than ${maximumMinutes} minutes: narrow the filter.`);
    }
    const current = await present();
    if (current === null) throw new BulkFailure('PRINCIPAL_DISABLED', 'The principal was disabled or deleted.');
    if (viewsLess(viewer.powers, current.powers)) {
      throw new BulkFailure('RIGHTS_LOST', 'You may see less than when the export began.');
    }
  };
}

const noDocument = () => new GraphQLError('Give a query, or a documentId.', { extensions: { code: 'BAD_USER_INPUT' } });
