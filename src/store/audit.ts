/** What is on record? The event log as a list, newest first, with what its entries name. */
import { type RawBuilder, sql } from 'kysely';
import type { Viewer } from '../decision/powers.ts';
import type { Provider } from '../decision/words.ts';
import type { EventType } from '../events.ts';
import {
  asksOnly,
  type Condition,
  chosenFrom,
  columnsOf,
  type Page,
  type PageArguments,
  readPage,
  refuseEmptySpan,
  type Wanted,
} from './connection.ts';
import type { Sql } from './database.ts';
import { type PrincipalRow, principalJoin } from './principal.ts';
import { type RoleRow, roleJoin } from './role.ts';
import { atOrBelow, placeBelow, type ScopeRow, scopeJoin } from './scope.ts';
import { auditedEvent } from './visibility.ts';

export interface AuditRow {
  readonly position: string;
  readonly epoch: string;
  readonly at: string;
  readonly type: EventType;
  readonly actorId: string | null;
  readonly provider: Provider | null;
  readonly principalId: string | null;
  readonly roleId: string | null;
  readonly scopeId: string | null;
  readonly assignmentId: string | null;
  readonly requestId: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
  /** What it names, where that was read with it. */
  readonly actor?: PrincipalRow | null;
  readonly principal?: PrincipalRow | null;
  readonly role?: RoleRow | null;
  readonly scope?: ScopeRow | null;
}

export interface AuditFilter {
  readonly types?: readonly EventType[] | null | undefined;
  readonly providers?: readonly Provider[] | null | undefined;
  readonly actorIds?: readonly string[] | null | undefined;
  readonly principalIds?: readonly string[] | null | undefined;
  readonly roleIds?: readonly string[] | null | undefined;
  readonly requestIds?: readonly string[] | null | undefined;
  /** Path of a scope: events at it and below it. */
  readonly below?: string | null | undefined;
  /** The first instant … */
  readonly from?: Date | null | undefined;
  /** … and the first that is too late. */
  readonly until?: Date | null | undefined;
}

const E = columnsOf('e', {
  ...{ position: 'position', at: 'at', type: 'type', actorId: 'actor_id', provider: 'provider', payload: 'payload' },
  ...{ principalId: 'principal_id', roleId: 'role_id', scopeId: 'scope_id' },
  ...{ assignmentId: 'assignment_id', requestId: 'request_id' },
} as const);
const COLUMNS = { ...E, epoch: sql`(SELECT epoch FROM event_log)` };

const JOINS = {
  actor: principalJoin('o', E.actorId),
  principal: principalJoin('p', E.principalId),
  role: roleJoin(E.roleId),
  scope: scopeJoin(E.scopeId),
};

const HAS_POSITION = sql<boolean>`e.position IS NOT NULL`;

/** Events that have a position: all that was committed a moment ago. */
export async function listAudit(
  db: Sql,
  viewer: Viewer,
  filter: AuditFilter,
  page: PageArguments,
  wanted?: Wanted,
): Promise<Page<AuditRow>> {
  const { below, ...rest } = filter;
  const chosen = [auditedEvent(viewer, 'e'), ...chosenEvents(rest)];
  const conditions: Condition[] = chosen.map((condition) => ({ condition, isFew: false }));
  if (below != null) {
    const place = await placeBelow(db, 'e.scope_id', below);
    // The index of scopes holds events with positions alone.
    conditions.push({ ...place, condition: sql`(${place.condition} AND ${HAS_POSITION})` });
  }
  const { from, where } = chosenFrom(sql`event e`, 'e', conditions);
  const order = [{ by: E.position, type: 'bigint' }] as const;
  const list = { name: 'auditEvents', columns: COLUMNS, alias: 'e', joins: JOINS, from };
  // Whoever audits the directory sees many of the newest; the few that somebody else sees may lie far back.
  const isSoonFound = viewer.powers.entraAudit && asksOnly(filter, []);
  return readPage(db, { ...list, where, order, descending: true, isSoonFound }, page, wanted);
}

/** Of the alias `e`, and of those that have a position. @throws ArgumentError when no event could ever fit */
export function chosenEvents(filter: AuditFilter): RawBuilder<boolean>[] {
  refuseEmptySpan(['from', filter.from], ['until', filter.until]);
  const where = [HAS_POSITION];
  if (filter.types) where.push(sql<boolean>`e.type = ANY(${[...filter.types]})`);
  if (filter.providers) where.push(sql<boolean>`e.provider = ANY(${[...filter.providers]})`);
  if (filter.actorIds) where.push(sql<boolean>`e.actor_id = ANY(${[...filter.actorIds]}::uuid[])`);
  if (filter.principalIds) where.push(sql<boolean>`e.principal_id = ANY(${[...filter.principalIds]}::uuid[])`);
  if (filter.roleIds) where.push(sql<boolean>`e.role_id = ANY(${[...filter.roleIds]}::uuid[])`);
  if (filter.requestIds) where.push(sql<boolean>`e.request_id = ANY(${[...filter.requestIds]}::uuid[])`);
  if (filter.below != null) where.push(atOrBelow('e.scope_id', filter.below));
  if (filter.from != null) where.push(sql<boolean>`e.at >= ${filter.from}`);
  if (filter.until != null) where.push(sql<boolean>`e.at < ${filter.until}`);
  return where;
}
