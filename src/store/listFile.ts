/** How does a whole list leave the database? As lines that PostgreSQL writes itself, by one statement, as fast as they are taken. */
import { type RawBuilder, sql } from 'kysely';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Viewer } from '../decision/powers.ts';
import { type AssignmentFilter, chosenAssignments } from './assignmentFilter.ts';
import type { Sql } from './database.ts';
import { visibleAccess } from './visibility.ts';

export const FILE_FORMATS = ['JSONL', 'CSV'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

/** A value of each line. `PLAIN` has nothing in it that JSON would escape or a spreadsheet take for a formula; `OPTIONAL` neither, and may be null. */
interface Field {
  readonly kind: 'PLAIN' | 'OPTIONAL' | 'TEXT';
  readonly value: RawBuilder<unknown>;
}
type Inner = Readonly<Record<string, Field>>;
type Fields = Readonly<Record<string, Field | Inner>>;

const plain = (value: RawBuilder<unknown>): Field => ({ kind: 'PLAIN', value });
const optional = ({ value }: Field): Field => ({ kind: 'OPTIONAL', value });
const text = (value: RawBuilder<unknown>): Field => ({ kind: 'TEXT', value });
/** As the ids of the schema are. */
const globalId = (type: RawBuilder<unknown>, id: string) =>
  plain(sql`translate(encode(convert_to(${type} || ${sql.ref(id)}, 'UTF8'), 'base64'), '+/=', '-_')`);
const instant = (name: string) => plain(sql`to_char(${sql.ref(name)}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);
const column = (name: string) => plain(sql.ref(name));

const PRINCIPAL_TYPE = sql`CASE p.kind WHEN 'USER' THEN 'User:' WHEN 'GROUP' THEN 'Group:'
  WHEN 'SERVICE_PRINCIPAL' THEN 'ServicePrincipal:' ELSE 'ManagedIdentity:' END`;

const ASSIGNMENT: Fields = {
  id: globalId(sql`'Assignment:'`, 'a.id'),
  provider: column('a.provider'),
  type: column('a.type'),
  state: column('a.state'),
  principal: {
    id: globalId(PRINCIPAL_TYPE, 'p.id'),
    kind: column('p.kind'),
    displayName: text(sql`p.display_name`),
    userPrincipalName: text(sql`p.user_principal_name`),
  },
  role: { id: globalId(sql`'Role:'`, 'r.id'), displayName: text(sql`r.display_name`) },
  scope: {
    id: globalId(sql`'Scope:'`, 's.id'),
    kind: column('s.kind'),
    path: text(sql`s.path`),
    displayName: text(sql`s.display_name`),
  },
  startsAt: instant('a.starts_at'),
  endsAt: optional(instant('a.ends_at')),
  endedBy: optional(column('a.ended_by')),
  condition: text(sql`a.condition`),
  createdAt: instant('a.created_at'),
};

/** Where the objects within a row come from. */
const SOURCES = { principal: sql`principal p`, role: sql`role r`, scope: sql`scope s` } as const;
type Named = keyof typeof SOURCES;
const NAMED = Object.keys(SOURCES) as Named[];
const ID = { principal: sql`p.id`, role: sql`r.id`, scope: sql`s.id` } as const;

/** With the names of what they name; whoever sees the assignment sees those. */
export function assignmentLines(viewer: Viewer, filter: AssignmentFilter, format: FileFormat): RawBuilder<unknown> {
  const { asOf = null } = filter;
  const where = [visibleAccess(viewer, { alias: 'a', typeColumn: 'type' }), ...chosenAssignments(viewer, filter)];
  // What thousands of rows name is written once; of a few rows it would take longer than the rows.
  const once = isWide(filter) ? sql`MATERIALIZED` : sql`NOT MATERIALIZED`;
  const objects = NAMED.map((name) => {
    const source = sql`SELECT ${ID[name]} AS key, ${objectOf(ASSIGNMENT[name] as Inner, format)} FROM ${SOURCES[name]}`;
    return sql`${sql.ref(`named_${name}`)} AS ${once} (${source})`;
  });
  const joins = NAMED.map(
    (name) => sql`JOIN ${sql.ref(`named_${name}`)} ON ${sql.ref(`named_${name}.key`)} = ${sql.ref(`a.${name}_id`)}`,
  );
  return sql`WITH ${sql.join(objects)} SELECT ${selected(ASSIGNMENT, format)}
    FROM ${asOf === null ? sql`assignment a` : sql`assignments_at(${asOf}::timestamptz) a`} ${sql.join(joins, sql` `)}
    WHERE ${sql.join(where, sql` AND `)}`;
}

function isWide({ principalIds, memberOfIds, roleIds, createdByIds, below, search }: AssignmentFilter): boolean {
  return [principalIds, memberOfIds, roleIds, createdByIds, below, search].every((given) => given == null);
}

const isField = (field: Fields[string]): field is Field => typeof field.kind === 'string';

function objectOf(fields: Inner, format: FileFormat): RawBuilder<unknown> {
  if (format === 'JSONL') return sql`${jsonOf(fields)} AS json`;
  return sql.join(Object.entries(fields).map(([name, field]) => sql`${cell(field)} AS ${sql.id(name)}`));
}

function selected(fields: Fields, format: FileFormat): RawBuilder<unknown> {
  if (format === 'JSONL') return jsonOf(fields);
  const cells = Object.entries(fields).flatMap(([name, field]) => {
    if (isField(field)) return [sql`${cell(field)} AS ${sql.id(name)}`];
    return Object.keys(field).map(
      (inner) => sql`${sql.ref(`named_${name}.${inner}`)} AS ${sql.id(`${name}.${inner}`)}`,
    );
  });
  return sql.join(cells);
}

/** Constants between two values are one piece. */
function jsonOf(fields: Fields): RawBuilder<unknown> {
  const pieces: RawBuilder<unknown>[] = [];
  let constant = '{';
  for (const [index, [name, field]] of Object.entries(fields).entries()) {
    const isQuoted = isField(field) && field.kind === 'PLAIN';
    constant += `${index === 0 ? '' : ','}"${name}":${isQuoted ? '"' : ''}`;
    pieces.push(sql.lit(constant), isField(field) ? jsonValue(field) : sql.ref(`named_${name}.json`));
    constant = isQuoted ? '"' : '';
  }
  return sql`concat(${sql.join([...pieces, sql.lit(`${constant}}`)])})`;
}

function jsonValue({ kind, value }: Field): RawBuilder<unknown> {
  if (kind === 'PLAIN') return value;
  if (kind === 'TEXT') return sql`coalesce(to_json(${value})::text, 'null')`;
  return sql`coalesce('"' || ${value} || '"', 'null')`;
}

const cell = ({ kind, value }: Field) => (kind === 'TEXT' ? unlikeFormula(value) : value);

/** @see https://owasp.org/www-community/attacks/CSV_Injection */
const unlikeFormula = (value: RawBuilder<unknown>) =>
  sql`CASE WHEN ${value} ~ '^[=+@\t\r＝＋－＠-]' THEN '''' || ${value} ELSE ${value} END`;

/** A line of JSON holds neither of these characters nor the end of a line, so that it is written as it is. */
const OPTIONS: Readonly<Record<FileFormat, string>> = {
  JSONL: String.raw`FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02'`,
  CSV: 'FORMAT csv, HEADER true',
};

/** COPY takes no parameters: its values are written into it, each as the literal that it is. */
export function copyStatement(db: Sql, lines: RawBuilder<unknown>, format: FileFormat): string {
  const { sql: statement, parameters } = lines.compile(db);
  const filled = statement.replace(/\$(\d+)/g, (_all, number: string) => literal(parameters[Number(number) - 1]));
  return `COPY (${filled}) TO STDOUT WITH (${OPTIONS[format]}, ENCODING 'UTF8')`;
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
  /** Bytes of whole and of broken lines; destroyed when the statement fails. */
  readonly bytes: NodeJS.ReadableStream & { destroy(): unknown };
  /** Ends the connection, whatever it is doing. */
  close(): Promise<void>;
}

/** On a connection of its own, so that a slow reader keeps nobody waiting; no snapshot is held for longer than that. */
export async function streamLines(url: string, statement: string, maximumMinutes: number): Promise<LineStream> {
  const client = new pg.Client({
    ...{ connectionString: url, connectionTimeoutMillis: 5_000, statement_timeout: maximumMinutes * 60_000 },
    options: '-c timezone=UTC -c default_transaction_read_only=on',
  });
  // It ends with the stream, which is told.
  client.on('error', () => undefined);
  await client.connect();
  const bytes = client.query(copyTo(statement));
  return { bytes, close: () => client.end().catch(() => undefined) };
}
