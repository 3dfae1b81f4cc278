/** How does a directory come in? One file, judged as a whole, written in one transaction with one event; or not at all. */
import { decideImport, type ImportRefusal, type JsonPath } from '../decision/import.ts';
import type { Database } from '../store/database.ts';
import { record } from '../store/event.ts';
import { type ImportCounts, type ImportProgress, knownDirectory, lockImports, writeImport } from '../store/import.ts';
import { type JsonFile, readJsonFile } from '../store/jsonFile.ts';
import { databaseNow, type Transaction, transact } from '../store/transaction.ts';

export interface ImportOptions {
  /** Write what is fit although something else is refused. Default false: one refusal, and nothing is written. */
  readonly skipRefused?: boolean;
  /** Do everything, constraints included, and undo it. Default false. */
  readonly dryRun?: boolean;
}

export interface RefusedLine {
  /** Where in the file, such as `users.value[17]`. */
  readonly where: string;
  /** Counted from 1. */
  readonly line?: number;
  readonly reason: string;
}

export interface ImportSummary {
  /** Items, members and owners in the file. */
  readonly read: number;
  /** Rows added, changed or ended. */
  readonly written: number;
  /** Items, members and owners that were as they are already; those of a file that is refused were not compared. */
  readonly unchanged: number;
  readonly refusals: readonly RefusedLine[];
}

const NOTHING: ImportCounts = { principals: 0, scopes: 0, roles: 0, relations: 0, ended: 0 };

/**
 * Loads users, groups, service principals, administrative units, scopes and custom roles. A second run of the same file
 * changes nothing; an interrupted one has changed nothing.
 * @throws SettingError when the file cannot be read or is not JSON
 */
export async function importDirectory(
  database: Database,
  file: string,
  report: ImportProgress = () => undefined,
  { skipRefused = false, dryRun = false }: ImportOptions = {},
): Promise<ImportSummary> {
  const json = await readJsonFile(file);
  const work = async (tx: Transaction) => {
    const { read, rows, refusals } = await judge(tx, json);
    const refused = refusals.length > 0 && !skipRefused;
    const counts = refused ? NOTHING : await write(tx, rows, report);
    return summarize(read, counts, { refused, refusals: linesOf(json, refusals) });
  };
  return dryRun ? rehearse(database, work) : transact(database, work);
}

async function judge(tx: Transaction, json: JsonFile) {
  await lockImports(tx.getKysely());
  return decideImport(json.value, await knownDirectory(tx.getKysely()));
}

async function write(tx: Transaction, rows: Parameters<typeof writeImport>[1], report: ImportProgress) {
  const now = await databaseNow(tx);
  const counts = await writeImport(tx.getKysely(), rows, { now, report });
  if (sum(counts) > 0) {
    await record(tx, { type: 'directory.imported', at: now, actorId: null, payload: { ...counts } });
  }
  return counts;
}

function summarize(
  read: number,
  counts: ImportCounts,
  { refused, refusals }: { refused: boolean; refusals: readonly RefusedLine[] },
): ImportSummary {
  const written = sum(counts);
  const unchanged = refused ? 0 : Math.max(0, read - refusals.length - (written - counts.ended));
  return { read, written, unchanged, refusals };
}

function sum(counts: ImportCounts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function linesOf(json: JsonFile, refusals: readonly ImportRefusal[]): RefusedLine[] {
  const lines = refusals.length === 0 ? [] : json.linesOf(refusals.map(({ path }) => path));
  return refusals.map(({ path, reason }, at) => {
    const line = lines[at];
    return line === undefined ? { where: whereIs(path), reason } : { where: whereIs(path), line, reason };
  });
}

/** `['users', 'value', 17]` → `users.value[17]`. */
function whereIs(path: JsonPath): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
  return text.replace(/^\./, '') || 'the file';
}

/** Carries the summary out of a transaction that must not be kept. */
class Rehearsed extends Error {
  readonly summary: ImportSummary;
  constructor(summary: ImportSummary) {
    super();
    this.summary = summary;
  }
}

async function rehearse(database: Database, work: (tx: Transaction) => Promise<ImportSummary>): Promise<ImportSummary> {
  try {
    return await transact(database, async (tx) => {
      throw new Rehearsed(await work(tx));
    });
  } catch (error) {
    if (!(error instanceof Rehearsed)) throw error;
    return error.summary;
  }
}
