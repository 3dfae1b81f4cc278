/** What does a stream deliver, and why does it end? */
import type { Audience, EventFilter } from '../decision/event.ts';
import type { Viewer } from '../decision/powers.ts';
import type { AuditRow } from '../store/audit.ts';
import type { Sql } from '../store/database.ts';
import type { EventRow } from '../store/event.ts';

export const ITEM_KINDS = ['EVENT', 'SNAPSHOT', 'SNAPSHOT_COMPLETE', 'HEARTBEAT'] as const;
export type ItemKind = (typeof ITEM_KINDS)[number];

export interface StreamItem {
  readonly kind: ItemKind;
  /** Everything up to here that the viewer may see has been delivered, this item included. */
  readonly position: number;
  readonly cursor: string;
  /** When it happened; for what is no event, when it was read. */
  readonly at: Date;
  /** Null unless the item is an event. */
  readonly event: EventRow | null;
  /** A row of a snapshot; null otherwise. */
  readonly row: unknown;
  /** What an event names, where that was read with it. */
  readonly named?: Pick<AuditRow, 'actor' | 'principal' | 'role' | 'scope'>;
}

/** What somebody subscribes to. */
export interface Feed {
  readonly audience: Audience;
  readonly filter: EventFilter;
  readonly viewer: Viewer;
  /** Deliver what came after it. Null: from now on. */
  readonly after: string | null;
  /** Begin with the rows of now. */
  readonly snapshot: boolean;
  readonly heartbeats: boolean;
  /** The rows of a snapshot. Null: the events themselves, from the oldest one kept. */
  readonly rows: ((db: Sql, viewer: Viewer) => Promise<readonly unknown[]>) | null;
  /** Whether a viewer who has lost a right may follow it all the same; left out where every loss ends it. */
  readonly isStillVisible?: (db: Sql, viewer: Viewer) => Promise<boolean>;
  /** Whether nothing more can come behind that position; left out when something always can. */
  readonly isOver?: (db: Sql, viewer: Viewer, position: number) => Promise<boolean>;
}

const SENTENCES = {
  BAD_CURSOR: 'after is not a cursor of this stream: give one that an item of it carried.',
  OVERFLOW: 'More waited than a stream keeps for a slow reader: subscribe again after the cursor, nothing is lost.',
  CURSOR_TOO_OLD: 'The events after the cursor are no longer kept for replay: read the current state anew.',
  OTHER_EPOCH: 'The cursor belongs to another event log: read the current state anew.',
  UNAUTHENTICATED: 'The access token has expired: subscribe again with a new one, after the cursor.',
  PRINCIPAL_DISABLED: 'The principal was disabled or deleted.',
  RIGHTS_LOST: 'The caller may see less than before: subscribe again to follow what is left.',
  GATEWAY_STOPPING: 'The gateway is stopping: subscribe again after the cursor.',
  TOO_MANY_SUBSCRIPTIONS: 'The caller has as many subscriptions as are allowed: end one of them first.',
  SNAPSHOT_TOO_LARGE:
    'The snapshot has too many rows: narrow the filter, or read the list and subscribe after eventCursor.',
} as const;
export type StreamEnd = keyof typeof SENTENCES;

/** The code of each end; where several share one, the reason tells them apart. */
const CODES: Partial<Record<StreamEnd, string>> = {
  OVERFLOW: 'RESYNC_REQUIRED',
  CURSOR_TOO_OLD: 'RESYNC_REQUIRED',
  OTHER_EPOCH: 'RESYNC_REQUIRED',
  PRINCIPAL_DISABLED: 'FORBIDDEN',
  RIGHTS_LOST: 'FORBIDDEN',
};

/** The stream is over for a reason that the subscriber should know. */
export class StreamEndedError extends Error {
  readonly code: string;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(reason: StreamEnd, extensions: Readonly<Record<string, unknown>> = {}) {
    super(SENTENCES[reason]);
    this.code = CODES[reason] ?? reason;
    this.extensions = reason in CODES ? { reason, ...extensions } : extensions;
  }
}
