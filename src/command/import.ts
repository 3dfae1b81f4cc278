/** How does a directory come into the gateway from the command line? Beside a gateway that runs, or without one. */
import { type ImportSummary, importDirectory } from '../action/import.ts';
import type { Config } from '../config.ts';
import { loadCatalogue } from '../store/catalogue.ts';
import { migrate, openDatabase } from '../store/database.ts';
import { joinEmbedded } from '../store/embedded.ts';
import type { ImportProgress } from '../store/import.ts';

const POOL_SIZE = 2;

export interface ImportCommand {
  readonly file: string;
  readonly skipRefused: boolean;
  readonly dryRun: boolean;
  readonly pid: number;
  /** A line for people. */
  readonly say: (line: string) => void;
  /** A line about something that was refused. */
  readonly complain: (line: string) => void;
}

/**
 * @returns whether nothing was refused
 * @throws SettingError when the file cannot be read or the database cannot be reached
 */
export async function importFile(config: Config, command: ImportCommand): Promise<boolean> {
  const embedded =
    config.databaseUrl === null ? await joinEmbedded({ folder: config.dataFolder, pid: command.pid }) : null;
  try {
    const summary = await importInto(embedded?.url ?? config.databaseUrl ?? '', command);
    tell(summary, command);
    return summary.refusals.length === 0;
  } finally {
    await embedded?.stop();
  }
}

async function importInto(url: string, { file, skipRefused, dryRun, say }: ImportCommand): Promise<ImportSummary> {
  const database = await openDatabase(url, { poolSize: POOL_SIZE });
  try {
    await migrate(database, url);
    await loadCatalogue(database);
    return await importDirectory(database, file, progress(say), { skipRefused, dryRun });
  } finally {
    await database.close();
  }
}

/** A line for every tenth that is done, however small the parts in which it is written. */
function progress(say: (line: string) => void): ImportProgress {
  let told = 0;
  return (done, total, what) => {
    const tenth = Math.floor((10 * done) / total);
    if (tenth === told) return;
    told = tenth;
    say(`${tenth * 10} % (${done} of ${total}): ${what}`);
  };
}

function tell({ read, written, unchanged, refusals }: ImportSummary, command: ImportCommand): void {
  const { file, skipRefused, dryRun, say, complain } = command;
  for (const { line, where, reason } of refusals) {
    complain(`${file}${line === undefined ? '' : `:${line}`} ${where}: ${reason}`);
  }
  if (refusals.length > 0 && !skipRefused) {
    complain(
      `Nothing has been written: ${refusals.length} of ${read} entries are refused. With --skip-refused the others are written.`,
    );
    return;
  }
  say(`${read} entries read: ${written} written, ${unchanged} as they were, ${refusals.length} refused.`);
  if (dryRun) say('This was a dry run: nothing has been kept.');
}
