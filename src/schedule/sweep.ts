/** Everything that has fallen due happens, the oldest first, each in a transaction of its own. */
import { escalateRequest, expireAssignment, timeOutRequest, warnOfEnd } from '../action/expiry.ts';
import { startAssignment } from '../action/start.ts';
import type { Warning } from '../decision/warning.ts';
import { type Database, sqlOf } from '../store/database.ts';
import { type DueItem, type DueKind, dueItems } from '../store/due.ts';

/** Rows read at a time; a sweep goes on until it finds nothing new. */
const BATCH = 200;

/** Every action looks again under its lock, so that two sweeps at once do each thing once. */
const ACTIONS: Record<DueKind, (database: Database, item: DueItem) => Promise<boolean>> = {
  START: (database, { id }) => startAssignment(database, id),
  ESCALATION: (database, { id }) => escalateRequest(database, id),
  TIME_OUT: (database, { id }) => timeOutRequest(database, id),
  WARNING: (database, { id, warning }) => warnOfEnd(database, id, warning as Warning['kind']),
  END: (database, { id }) => expireAssignment(database, id),
};

export interface SweepOptions {
  /** Told of what could not be done; the sweep goes on, and the next one tries again. */
  readonly onFault: (error: unknown) => void;
  /** Aborted, the sweep stops behind the item it is at. */
  readonly signal?: AbortSignal;
}

/** @returns how many things were done */
export async function sweep(database: Database, { onFault, signal }: SweepOptions): Promise<number> {
  const tried = new Set<string>();
  let done = 0;
  while (!signal?.aborted) {
    const found = await dueItems(sqlOf(database), BATCH + tried.size);
    const fresh = found.filter((item) => !tried.has(keyOf(item)));
    if (fresh.length === 0) return done;
    for (const item of fresh) {
      if (signal?.aborted) break;
      tried.add(keyOf(item));
      try {
        if (await ACTIONS[item.kind](database, item)) done++;
      } catch (error) {
        onFault(error);
      }
    }
  }
  return done;
}

const keyOf = ({ kind, id, warning }: DueItem) => `${kind} ${id} ${warning ?? ''}`;
