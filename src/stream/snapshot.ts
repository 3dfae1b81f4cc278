/** How do things stand? The rows of now, and the place in the log that they stand at, read as of one moment. */
import type { Viewer } from '../decision/powers.ts';
import type { Database } from '../store/database.ts';
import { logMoment } from '../store/event.ts';
import { instant, readTogether } from '../store/transaction.ts';
import type { Feed } from './item.ts';

export interface Snapshot {
  readonly rows: readonly unknown[];
  readonly epoch: string;
  readonly position: number;
  /** Events behind the position that the rows contain: committed by then, numbered later. */
  readonly contained: ReadonlySet<string>;
  readonly at: Date;
}

/** Without rows of its own, a feed begins with the oldest event that is kept. */
export function readSnapshot(database: Database, { rows }: Feed, viewer: Viewer): Promise<Snapshot> {
  return readTogether(database, async (db) => {
    const { epoch, position, oldest, unnumberedIds, now } = await logMoment(db);
    const at = instant(now);
    if (rows === null) return { rows: [], epoch, position: Number(oldest), contained: new Set(), at };
    return { rows: await rows(db, viewer), epoch, position: Number(position), contained: new Set(unnumberedIds), at };
  });
}
