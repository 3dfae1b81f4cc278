/** How does one ask for lists by hand? What they select, put into one statement that makes JSON, or one for each that gives rows. */

export interface ByHand {
  readonly lists: readonly List[];
  /** The lists are those of `me`. */
  readonly isMine: boolean;
  /** A statement for one value that the lists share: they name it `SHARED`. */
  readonly shared?: string;
}

export interface List {
  readonly name: string;
  readonly row: Shape;
  /** Everything between SELECT … and ORDER BY, with $1, $2 … for the values in their order; a row more than the page has. */
  readonly from: string;
  readonly order: string;
  readonly size: number;
  readonly cursor: string;
  /** How many rows the whole list has, where that is asked. */
  readonly total?: string;
}

/** A member for each key: an expression, or a nested object. That is null where the expression under `?` is. */
export interface Shape {
  readonly [key: string]: string | Shape;
}

export const SHARED = '(SELECT value FROM shared)';
export const NULL = 'NULL';
export const TYPENAMES: Readonly<Record<string, string>> = {
  ...{ USER: 'User', GROUP: 'Group', SERVICE_PRINCIPAL: 'ServicePrincipal', MANAGED_IDENTITY: 'ManagedIdentity' },
};

/** One statement for a question whose answer comes as JSON. */
export function jsonStatement({ lists, isMine, shared }: ByHand): string {
  const parts = `json_build_object(${lists.map((list) => `'${list.name}', ${jsonList(list)}`).join(', ')})`;
  const data = isMine ? `json_build_object('me', ${parts})` : parts;
  return `${shared ? `WITH shared AS MATERIALIZED (${shared}) ` : ''}SELECT json_build_object('data', ${data})::text AS answer`;
}

function jsonList({ row, from, order, size, cursor, total }: List): string {
  const count = total ? `'totalCount', coalesce(max(total), 0), ` : '';
  const info = `'hasNextPage', count(*) > ${size}, 'endCursor', (array_agg(cursor))[least(count(*), ${size})::integer],
    'hasPreviousPage', false, 'startCursor', (array_agg(cursor))[1]`;
  return `(SELECT json_build_object(${count}'nodes', coalesce(json_agg(o) FILTER (WHERE n <= ${size}), '[]'), 'pageInfo', json_build_object(${info}))
    FROM (SELECT ${object(row)} AS o, ${cursor} AS cursor, ${total ?? NULL} AS total, row_number() OVER (ORDER BY ${order}) AS n
      ${from} ORDER BY ${order}) rows)`;
}

export function object({ '?': given, ...members }: Shape): string {
  const values = Object.entries(members).map(([key, value]) => {
    if (typeof value !== 'string') return `'${key}', ${object(value)}`;
    return `'${key}', ${key === '__typename' ? typeName(value) : value}`;
  });
  const built = `json_build_object(${values.join(', ')})`;
  return given === undefined ? built : `CASE WHEN ${given} IS NOT NULL THEN ${built} END`;
}

function typeName(kind: string): string {
  const cases = Object.entries(TYPENAMES).map(([value, name]) => `WHEN '${value}' THEN '${name}'`);
  return `CASE ${kind} ${cases.join(' ')} END`;
}

/** A statement for each list; what the lists share is the value behind the others. */
export function flatStatement(list: List, values: number): string {
  const columns = columnsOf(list).map((column, index) => `${column} AS c${index}`);
  return `SELECT ${columns.join(', ')} ${list.from} ORDER BY ${list.order}`.replace(SHARED, () => `$${values + 1}`);
}

/** Each expression once. */
export function columnsOf({ row, cursor, total }: List): string[] {
  const within = (shape: Shape): string[] =>
    Object.values(shape).flatMap((value) => (typeof value === 'string' ? [value] : within(value)));
  return [...new Set([...within(row), cursor, total ?? NULL])].filter((column) => column !== NULL);
}
