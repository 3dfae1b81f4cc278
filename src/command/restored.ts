/** What is to be done after a backup was restored? A new epoch, so that no stream goes on from what is not there any more. */
import type { Config } from '../config.ts';
import { migrate, openDatabase } from '../store/database.ts';
import { joinEmbedded } from '../store/embedded.ts';
import { beginEpoch } from '../store/eventLog.ts';

export interface RestoredCommand {
  readonly pid: number;
  /** A line for people. */
  readonly say: (line: string) => void;
}

/** @throws SettingError when the database cannot be reached */
export async function restored(config: Config, { pid, say }: RestoredCommand): Promise<void> {
  const embedded = config.databaseUrl === null ? await joinEmbedded({ folder: config.dataFolder, pid }) : null;
  try {
    const url = embedded?.url ?? config.databaseUrl ?? '';
    const database = await openDatabase(url, { poolSize: 2 });
    try {
      await migrate(database, url);
      say(`A new epoch of the event log has begun: ${await beginEpoch(database)}.`);
    } finally {
      await database.close();
    }
  } finally {
    await embedded?.stop();
  }
  say('Streams that come with a cursor of the time before are told to read everything anew (RESYNC_REQUIRED).');
}
