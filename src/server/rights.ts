/** May whoever reads a file still have it? Asked again while its bytes leave. */
import { processNow } from '../clock.ts';
import { viewsLess } from '../decision/event.ts';
import type { Powers, Viewer } from '../decision/powers.ts';
import { type Database, sqlOf } from '../store/database.ts';
import { currentViewer } from '../store/viewer.ts';

/** In milliseconds: with the time that a look takes, a right that was lost ends a file within two seconds, as it ends a stream. */
const INTERVAL = 1_000;

export interface Reading {
  readonly database: Database;
  readonly viewer: Viewer;
  /** What the file shows is what these show. */
  readonly powers: Powers;
  /** The token has expired, the principal is disabled or gone, sees less, or nobody can say. */
  readonly onLost: () => void;
}

/** @returns what ends the watch */
export function watchRights({ database, viewer, powers, onLost }: Reading): () => void {
  let isLooking = false;
  const look = async () => {
    if (processNow() >= viewer.expiresAt) return false;
    const current = await currentViewer(sqlOf(database), viewer);
    return current !== null && !viewsLess(powers, current.powers);
  };
  const timer = setInterval(async () => {
    if (isLooking) return;
    isLooking = true;
    if (!(await look().catch(() => false))) onLost();
    isLooking = false;
  }, INTERVAL);
  return () => clearInterval(timer);
}
