/** What happened? Appending to the event log, and reading it in the order of its positions. */
import { sql } from 'kysely';
import type { Viewer } from '../decision/powers.ts';
import type { AssignmentType, Provider } from '../decision/words.ts';
import type { EventType } from '../events.ts';
import type { Sql } from './database.ts';
import { atOrBelow } from './scope.ts';
import type { Transaction } from './transaction.ts';
import { visibleEvent } from './visibility.ts';

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

export interface EventRow {
  readonly position: string;
  readonly at: string;
  readonly type: EventType;
  readonly actorId: string | null;
  readonly provider: Provider | null;
  readonly principalId: string | null;
  readonly roleId: string | null;
  readonly scopeId: string | null;
  readonly assignmentId: string | null;
  readonly requestId: string | null;
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
}

/** The next events after a position that the viewer may see, oldest first. */
export async function eventsAfter(
  db: Sql,
  viewer: Viewer,
  filter: EventFilter,
  range: { readonly after: string; readonly upTo: string; readonly limit: number },
): Promise<EventRow[]> {
  const where = [
    sql<boolean>`e.position > ${range.after} AND e.position <= ${range.upTo}`,
    sql<boolean>`e.type = ANY(${[...filter.types]})`,
    visibleEvent(viewer, 'e'),
  ];
  if (filter.providers) where.push(sql<boolean>`e.provider = ANY(${[...filter.providers]})`);
  if (filter.principalIds) where.push(sql<boolean>`e.principal_id = ANY(${[...filter.principalIds]}::uuid[])`);
  if (filter.roleIds) where.push(sql<boolean>`e.role_id = ANY(${[...filter.roleIds]}::uuid[])`);
  if (filter.below != null) where.push(atOrBelow('e', 'scope_id', filter.below));
  const { rows } = await sql<EventRow>`
    SELECT e.position, e.at, e.type, e.actor_id AS "actorId", e.provider, e.principal_id AS "principalId", e.role_id AS "roleId",
      e.scope_id AS "scopeId", e.assignment_id AS "assignmentId", e.request_id AS "requestId"
    FROM event e WHERE ${sql.join(where, sql` AND `)}
    ORDER BY e.position LIMIT ${range.limit}`.execute(db);
  return rows;
}
