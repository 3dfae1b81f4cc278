/** What happened? Appending to the event log, and reading it in the order of its positions. */
import { sql } from 'kysely';
import type { EventFacts } from '../decision/event.ts';
import type { Viewer } from '../decision/powers.ts';
import type { AssignmentType, Provider } from '../decision/words.ts';
import type { EventType } from '../events.ts';
import type { Sql } from './database.ts';
import { atOrBelow } from './scope.ts';
import type { Transaction } from './transaction.ts';
import { decidersOfRequest, visibleEvent } from './visibility.ts';

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
  readonly roleId: string | null;
  readonly scopeId: string | null;
  readonly assignmentId: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** One row and nothing more: no notification, no lock, no number. The sequencer does those once it is committed. */
export async function record(tx: Transaction, event: EventInput): Promise<void> {
  await sql`
    INSERT INTO event (at, type, actor_id, provider, assignment_type, principal_id, role_id, scope_id, assignment_id, request_id, payload)
    VALUES (${event.at}, ${event.type}, ${event.actorId}, ${event.provider ?? null}, ${event.assignmentType ?? null},
      ${event.principalId ?? null}, ${event.roleId ?? null}, ${event.scopeId ?? null}, ${event.assignmentId ?? null},
      ${event.requestId ?? null}, ${JSON.stringify(event.payload ?? {})}::jsonb)`.execute(tx.getKysely());
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

export interface EventFilter {
  readonly types: readonly EventType[];
  readonly providers?: readonly Provider[] | null | undefined;
  /** Path of a scope: events at it and below it. */
  readonly below?: string | null | undefined;
  readonly principalIds?: readonly string[] | null | undefined;
  readonly roleIds?: readonly string[] | null | undefined;
  readonly actorIds?: readonly string[] | null | undefined;
  readonly requestId?: string | null | undefined;
}

export interface EventRange {
  /** The events behind this position … */
  readonly after: number;
  /** … up to and with this one. */
  readonly upTo: number;
  readonly limit: number;
}

/** What a stream that starts in the past reads of it. */
export interface EventSelection {
  readonly filter: EventFilter;
  /** Leaves out what the viewer certainly may not see; null leaves out nothing. */
  readonly viewer: Viewer | null;
}

/** The next events, oldest first. */
export async function readEvents(
  db: Sql,
  { after, upTo, limit }: EventRange,
  selection: EventSelection | null = null,
): Promise<EventRow[]> {
  const where = [sql<boolean>`e.position > ${after} AND e.position <= ${upTo}`];
  if (selection) where.push(...chosen(selection.filter));
  if (selection?.viewer) where.push(visibleEvent(selection.viewer, 'e'));
  const { rows } = await sql<EventRow & { position: string }>`
    SELECT e.id, e.position, e.at, e.type, e.actor_id AS "actorId", e.provider,
      e.assignment_type AS "assignmentType", e.principal_id AS "principalId", e.role_id AS "roleId", e.scope_id AS "scopeId",
      e.assignment_id AS "assignmentId", e.request_id AS "requestId", e.payload,
      ARRAY(SELECT up.ancestor_id FROM scope_ancestor up WHERE up.scope_id = e.scope_id) AS "ancestorIds",
      CASE WHEN g.id IS NOT NULL THEN json_build_object('id', g.id, 'roleAssignable', g.role_assignable) END AS "group",
      q.requestor_id AS "requestorId", ARRAY(${decidersOfRequest}) AS "deciderIds"
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
  if (filter.requestId) where.push(sql<boolean>`e.request_id = ${filter.requestId}`);
  if (filter.below != null) where.push(atOrBelow('e', 'scope_id', filter.below));
  return where;
}

export function eventsAfter(
  db: Sql,
  viewer: Viewer,
  filter: EventFilter,
  range: { readonly after: string; readonly upTo: string; readonly limit: number },
): Promise<EventRow[]> {
  const { after, upTo, limit } = range;
  return readEvents(db, { after: Number(after), upTo: Number(upTo), limit }, { filter, viewer });
}
