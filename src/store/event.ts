/** What happened? Appending to the event log, and reading it in the order of its positions. */
import { sql } from 'kysely';
import type { EventFacts, EventFilter } from '../decision/event.ts';
import type { Viewer } from '../decision/powers.ts';
import type { AssignmentType, Provider } from '../decision/words.ts';
import type { EventType } from '../events.ts';
import { insertRow } from './bulk.ts';
import type { Sql } from './database.ts';
import { atOrBelow } from './scope.ts';
import type { Transaction } from './transaction.ts';
import { administratorsDecide, decidersOfRequest, visibleEvent } from './visibility.ts';

export { oldestReplayable } from './eventLog.ts';

/** What an event is about; whatever does not apply is left out. */
export interface EventSubject {
  readonly provider?: Provider;
  readonly assignmentType?: AssignmentType;
  readonly principalId?: string;
  readonly roleId?: string;
  readonly scopeId?: string;
  readonly assignmentId?: string | null;
  readonly requestId?: string | null;
}

export interface EventInput extends EventSubject {
  readonly type: EventType;
  readonly at: Date;
  /** Null: the gateway itself. */
  readonly actorId: string | null;
  readonly payload?: Record<string, unknown>;
}

/** An event with all that it takes to judge who may be told of it. */
export interface EventRow extends EventFacts {
  readonly id: string;
  readonly position: number;
  readonly at: string;
  readonly scopeId: string | null;
  readonly assignmentId: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** One row and nothing more: no notification, no lock, no number. The sequencer does those once it is committed. */
export async function record(tx: Transaction, event: EventInput): Promise<void> {
  await insertRow(tx.getKysely(), 'event', eventRow(event));
}

/** For whoever writes it together with what it is about. */
export function eventRow(event: EventInput): object {
  const { at, type, actorId, provider = null, assignmentType = null, principalId = null, roleId = null } = event;
  const { scopeId = null, assignmentId = null, requestId = null, payload = {} } = event;
  return {
    ...{ at, type, actorId, provider, assignmentType, principalId, roleId, scopeId, assignmentId, requestId },
    payload: JSON.stringify(payload),
  };
}

export interface LogHead {
  /** Another one after a restore: positions of two epochs do not compare. */
  readonly epoch: string;
  readonly position: string;
}

export async function logHead(db: Sql): Promise<LogHead> {
  const { rows } = await sql<LogHead>`SELECT epoch, position FROM event_log`.execute(db);
  return rows[0] as LogHead;
}

export interface EventRange {
  /** The events behind this position … */
  readonly after: number;
  /** … up to and with this one. */
  readonly upTo: number;
  readonly limit: number;
}

/** Leaves out what is not asked for, so that a stream that starts in the past need not read all of it. */
export interface EventSelection {
  readonly filter: EventFilter;
  /** Only what the viewer may see of people's access; null leaves nothing out. */
  readonly viewer: Viewer | null;
  readonly requestId: string | null;
}

/** The next events, oldest first. */
export async function readEvents(
  db: Sql,
  { after, upTo, limit }: EventRange,
  selection: EventSelection | null = null,
): Promise<EventRow[]> {
  const where = [sql<boolean>`e.position > ${after} AND e.position <= ${upTo}`];
  if (selection) where.push(...chosen(selection.filter));
  if (selection?.requestId) where.push(sql<boolean>`e.request_id = ${selection.requestId}`);
  if (selection?.viewer) where.push(visibleEvent(selection.viewer, 'e'));
  const { rows } = await sql<EventRow & { position: string }>`
    SELECT e.id, e.position, e.at, e.type, e.actor_id AS "actorId", e.provider,
      e.assignment_type AS "assignmentType", e.principal_id AS "principalId", e.role_id AS "roleId", e.scope_id AS "scopeId",
      e.assignment_id AS "assignmentId", e.request_id AS "requestId", e.payload,
      e.payload ->> 'operationId' AS "operationId",
      ARRAY(SELECT up.ancestor_id FROM scope_ancestor up WHERE up.scope_id = e.scope_id) AS "ancestorIds",
      ARRAY(SELECT t.key FROM scope_ancestor up JOIN scope t ON t.id = up.ancestor_id WHERE up.scope_id = e.scope_id) AS "ancestorKeys",
      CASE WHEN g.id IS NOT NULL THEN json_build_object('id', g.id, 'roleAssignable', g.role_assignable) END AS "group",
      q.requestor_id AS "requestorId", ARRAY(${decidersOfRequest}) AS "deciderIds",
      coalesce(${administratorsDecide}, false) AS "administratorsDecide"
    FROM event e
    LEFT JOIN scope s ON s.id = e.scope_id AND s.kind = 'GROUP'
    LEFT JOIN principal g ON g.id = s.principal_id
    LEFT JOIN request q ON q.id = e.request_id
    WHERE ${sql.join(where, sql` AND `)}
    ORDER BY e.position LIMIT ${limit}`.execute(db);
  return rows.map((row) => ({ ...row, position: Number(row.position) }));
}

function chosen(filter: EventFilter) {
  const where = [sql<boolean>`e.type = ANY(${[...filter.types]})`];
  if (filter.providers) where.push(sql<boolean>`e.provider = ANY(${[...filter.providers]})`);
  if (filter.principalIds) where.push(sql<boolean>`e.principal_id = ANY(${[...filter.principalIds]}::uuid[])`);
  if (filter.roleIds) where.push(sql<boolean>`e.role_id = ANY(${[...filter.roleIds]}::uuid[])`);
  if (filter.actorIds) where.push(sql<boolean>`e.actor_id = ANY(${[...filter.actorIds]}::uuid[])`);
  if (filter.below != null) where.push(atOrBelow('e.scope_id', filter.below));
  return where;
}

/** What stood in the log at the moment that other rows were read, in the same transaction. */
export interface LogMoment extends LogHead {
  readonly now: string;
  /** The position before the oldest event that is kept. */
  readonly oldest: string;
  /** Committed by then and not numbered yet. */
  readonly unnumberedIds: readonly string[];
}

export async function logMoment(db: Sql): Promise<LogMoment> {
  const { rows } = await sql<LogMoment>`
    SELECT clock_timestamp() AS now, epoch, position, ARRAY(SELECT id::text FROM event WHERE position IS NULL) AS "unnumberedIds",
      coalesce((SELECT min(e.position) - 1 FROM event e), position) AS oldest
    FROM event_log`.execute(db);
  return rows[0] as LogMoment;
}
