/** How does a whole list leave the database? By one statement of flat columns, as fast as its rows are made lines and taken. */
import { type RawBuilder, sql } from 'kysely';
import pg from 'pg';
import type { Viewer } from '../decision/powers.ts';
import type { PrincipalKind } from '../decision/words.ts';
import { type EventType, eventName } from '../events.ts';
import { type AssignmentFilter, chosenAssignments } from './assignmentFilter.ts';
import { type AuditFilter, chosenEvents } from './audit.ts';
import { CopyOut } from './copyOut.ts';
import type { Sql } from './database.ts';
import { type FileFormat, LineWriter, type Members, type Name, type Value } from './fileLine.ts';
import { chosenRequests, REQUEST_STATUS, type RequestFilter } from './request.ts';
import { auditedEvent, visibleAccess, visibleRequest, visibleSingleRequest } from './visibility.ts';

/** Rows and how each of them becomes a line. */
export interface ListRows {
  readonly columns: readonly RawBuilder<unknown>[];
  /** Everything behind the columns. */
  readonly from: RawBuilder<unknown>;
  readonly members: Members;
}

/** The columns of a statement, each of them once, in the order in which somebody first asks for them. */
class Columns {
  readonly all: RawBuilder<unknown>[] = [];
  readonly #places = new Map<string, number>();

  at(name: string, value: RawBuilder<unknown> = sql.ref(name)): number {
    const place = this.#places.get(name) ?? this.all.push(value) - 1;
    this.#places.set(name, place);
    return place;
  }

  value(kind: Exclude<Value['kind'], 'ID' | 'NAME'>, name: string): Value {
    return { kind, column: this.at(name) };
  }

  id(name: string, type: string | Name): Value {
    return { kind: 'ID', column: this.at(name), type };
  }

  principal(alias: string): Readonly<Record<string, Value>> {
    const type = { column: this.at(`${alias}.kind`), nameOf: (kind: string) => TYPE_OF[kind as PrincipalKind] };
    return {
      id: this.id(`${alias}.id`, type),
      kind: this.value('WORD', `${alias}.kind`),
      displayName: this.value('TEXT', `${alias}.display_name`),
      userPrincipalName: this.value('TEXT', `${alias}.user_principal_name`),
    };
  }

  role(): Readonly<Record<string, Value>> {
    return { id: this.id('r.id', 'Role'), displayName: this.value('TEXT', 'r.display_name') };
  }

  scope(): Readonly<Record<string, Value>> {
    return {
      id: this.id('s.id', 'Scope'),
      kind: this.value('WORD', 's.kind'),
      path: this.value('TEXT', 's.path'),
      displayName: this.value('TEXT', 's.display_name'),
    };
  }
}

const TYPE_OF: Readonly<Record<PrincipalKind, string>> = {
  ...{ USER: 'User', GROUP: 'Group', SERVICE_PRINCIPAL: 'ServicePrincipal', MANAGED_IDENTITY: 'ManagedIdentity' },
};

const all = (where: readonly RawBuilder<boolean>[]) => sql.join([...where], sql` AND `);

/** With the names of what they name; whoever sees the assignment sees those. */
export function assignmentRows(viewer: Viewer, filter: AssignmentFilter): ListRows {
  const c = new Columns();
  const members = {
    id: c.id('a.id', 'Assignment'),
    ...{ provider: c.value('WORD', 'a.provider'), type: c.value('WORD', 'a.type'), state: c.value('WORD', 'a.state') },
    ...{ principal: c.principal('p'), role: c.role(), scope: c.scope() },
    ...{ startsAt: c.value('INSTANT', 'a.starts_at'), endsAt: c.value('INSTANT', 'a.ends_at') },
    ...{ endedBy: c.value('WORD', 'a.ended_by'), condition: c.value('TEXT', 'a.condition') },
    createdAt: c.value('INSTANT', 'a.created_at'),
  };
  const { asOf = null } = filter;
  const rows = asOf === null ? sql`assignment a` : sql`assignments_at(${asOf}::timestamptz) a`;
  const where = [visibleAccess(viewer, { alias: 'a', typeColumn: 'type' }), ...chosenAssignments(viewer, filter)];
  const from = sql`FROM ${rows} JOIN principal p ON p.id = a.principal_id JOIN role r ON r.id = a.role_id
    JOIN scope s ON s.id = a.scope_id WHERE ${all(where)}`;
  return { columns: c.all, from, members };
}

export function requestRows(viewer: Viewer, filter: RequestFilter): ListRows {
  const c = new Columns();
  const members = {
    id: c.id('q.id', 'Request'),
    ...{ action: c.value('WORD', 'q.action'), status: { kind: 'WORD', column: c.at('status', REQUEST_STATUS) } },
    ...{ provider: c.value('WORD', 'q.provider'), assignmentType: c.value('WORD', 'q.assignment_type') },
    ...{ principal: c.principal('p'), requestor: c.principal('o'), role: c.role(), scope: c.scope() },
    ...{ condition: c.value('TEXT', 'q.condition'), justification: c.value('TEXT', 'q.justification') },
    ticket: { number: c.value('TEXT', 'q.ticket_number'), system: c.value('TEXT', 'q.ticket_system') },
    ...{ startsAt: c.value('INSTANT', 'q.starts_at'), endsAt: c.value('INSTANT', 'q.ends_at') },
    ...{ duration: c.value('DURATION', 'q.duration_minutes'), createdAt: c.value('INSTANT', 'q.created_at') },
    ...{ expiresAt: c.value('INSTANT', 'q.expires_at'), completedAt: c.value('INSTANT', 'q.completed_at') },
  } satisfies Members;
  const from = sql`FROM request q JOIN principal p ON p.id = q.principal_id LEFT JOIN principal o ON o.id = q.requestor_id
    JOIN role r ON r.id = q.role_id JOIN scope s ON s.id = q.scope_id
    WHERE ${all([visibleRequest(viewer, 'q'), ...chosenRequests(viewer, filter)])}`;
  return { columns: c.all, from, members };
}

/** With the assignment and the request that an event is about, where the viewer may see them. */
export function auditRows(viewer: Viewer, filter: AuditFilter): ListRows {
  const c = new Columns();
  const members = {
    position: { kind: 'NUMBER', column: c.at('position', sql`e.position::text`) },
    type: { kind: 'NAME', column: c.at('e.type'), nameOf: (type) => eventName(type as EventType) },
    ...{ at: c.value('INSTANT', 'e.at'), actor: c.principal('o'), provider: c.value('WORD', 'e.provider') },
    ...{ principal: c.principal('p'), role: c.role(), scope: c.scope() },
    ...{ assignment: { id: c.id('a.id', 'Assignment') }, request: { id: c.id('q.id', 'Request') } },
    details: { kind: 'JSON', column: c.at('details', sql`e.payload::text`) },
  } satisfies Members;
  const from = sql`FROM event e LEFT JOIN principal o ON o.id = e.actor_id LEFT JOIN principal p ON p.id = e.principal_id
    LEFT JOIN role r ON r.id = e.role_id LEFT JOIN scope s ON s.id = e.scope_id
    LEFT JOIN assignment a ON a.id = e.assignment_id AND ${visibleAccess(viewer, { alias: 'a', typeColumn: 'type' })}
    LEFT JOIN request q ON q.id = e.request_id AND ${visibleSingleRequest(viewer)}
    WHERE ${all([auditedEvent(viewer, 'e'), ...chosenEvents(filter)])}`;
  return { columns: c.all, from, members };
}

/** In binary, which takes the database less than text. COPY takes no parameters: each value is written into it as the literal that it is. */
function copyStatement(db: Sql, { columns, from }: ListRows): string {
  const { sql: statement, parameters } = sql`SELECT ${sql.join(columns)} ${from}`.compile(db);
  const filled = statement.replace(/\$(\d+)/g, (_all, number: string) => literal(parameters[Number(number) - 1]));
  return `COPY (${filled}) TO STDOUT WITH (FORMAT binary)`;
}

export function literal(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'number' || typeof value === 'bigint') return `'${value}'`;
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (value instanceof Date) return `'${value.toISOString()}'`;
  if (Array.isArray(value)) return pg.escapeLiteral(`{${value.map(arrayElement).join(',')}}`);
  return pg.escapeLiteral(String(value));
}

function arrayElement(value: unknown): string {
  return value === null ? 'NULL' : `"${String(value).replaceAll(/["\\]/g, '\\$&')}"`;
}

export interface LineStream {
  /** Each part is written over as soon as the next one is asked for. Throws when the statement fails. */
  readonly parts: AsyncGenerator<Buffer, void, void>;
  /** Ends the connection, whatever it is doing. */
  close(): Promise<void>;
}

export interface LineSource {
  readonly db: Sql;
  /** Of the same database. */
  readonly url: string;
  /** No snapshot is held for longer. */
  readonly maximumMinutes: number;
}

/**
 * On a connection of its own, so that a slow reader keeps nobody waiting. The clock stands still: whatever begins or ends
 * meanwhile is as it was at the start.
 */
export async function streamLines(source: LineSource, rows: ListRows, format: FileFormat): Promise<LineStream> {
  const { db, url, maximumMinutes } = source;
  const statement = copyStatement(db, rows);
  const client = new pg.Client({
    ...{ connectionString: url, connectionTimeoutMillis: 5_000, statement_timeout: maximumMinutes * 60_000 },
    options: '-c timezone=UTC -c default_transaction_read_only=on -c search_path=frozen_clock,pg_catalog,public',
  });
  // It ends with the stream, which is told.
  client.on('error', () => undefined);
  await client.connect();
  const copy = client.query(new CopyOut(statement));
  const writer = new LineWriter(rows.members, rows.columns.length, format);
  async function* parts() {
    for await (const _ of copy.chunks((chunk, from, end) => writer.take(chunk, from, end))) yield* writer.lines();
    yield writer.rest();
  }
  return { parts: parts(), close: () => client.end().catch(() => undefined) };
}
