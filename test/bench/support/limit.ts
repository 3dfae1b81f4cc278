/**
 * How little work is there in a question? Plain `node:http` before the database: JSON as the database builds it, or flat rows written
 * by hand. It answers what the gateway answers, but knows no tokens, rights, costs or limits: it shows everything to everybody.
 * Ids are uuids, durations minutes, cursors plain values, and instants and types of events stand as PostgreSQL has them.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import pg from 'pg';
import type { Question } from './reading.ts';
import { columnsOf, flatStatement, jsonStatement, type List, NULL, type Shape, TYPENAMES } from './statement.ts';

/** As the gateway has without a setting. */
const CONNECTIONS = 10;

interface Input {
  readonly url: string;
  /** Settings of a session, as the gateway has them. */
  readonly session: string;
  readonly questions: readonly Question[];
}

interface Asked {
  readonly question: number;
  readonly form: 'json' | 'flat';
  readonly values: readonly unknown[];
}

type Row = readonly (string | null)[];
type Write = (value: string) => string;
const quote: Write = (value) => `"${value}"`;
const asIs: Write = (value) => value;
/** Only what people have written needs escaping. */
const writeOf = (key: string, expression: string): Write => {
  if (key === '__typename') return (kind) => `"${TYPENAMES[kind]}"`;
  if (/name$|path$|justification|ticket/.test(expression)) return JSON.stringify;
  if (/privileged$/.test(expression)) return (value) => (value === 't' ? 'true' : 'false');
  return /^coalesce|minutes$|payload$|position$/.test(expression) ? asIs : quote;
};

/** A function that writes a row: the text between the values is made once. */
function writer({ '?': given, ...members }: Shape, columns: readonly string[]): (row: Row) => string {
  const parts: { readonly before: string; readonly write: (row: Row) => string }[] = [];
  let text = '';
  const add = (write: (row: Row) => string) => {
    parts.push({ before: text, write });
    text = '';
  };
  const visit = (object: Shape) => {
    text += '{';
    for (const [index, [key, value]] of Object.entries(object).entries()) {
      text += `${index > 0 ? ',' : ''}${JSON.stringify(key)}:`;
      if (value === NULL) text += 'null';
      else if (typeof value === 'string') add(cell(columns.indexOf(value), writeOf(key, value)));
      else if ('?' in value) add(writer(value, columns));
      else visit(value);
    }
    text += '}';
  };
  visit(members);
  const test = typeof given === 'string' ? columns.indexOf(given) : -1;
  return (row) => {
    if (test >= 0 && row[test] === null) return 'null';
    let written = '';
    for (const { before, write } of parts) written += before + write(row);
    return written + text;
  };
}

const cell = (column: number, write: Write) => (row: Row) => {
  const value = row[column] ?? null;
  return value === null ? 'null' : write(value);
};

/** A function that writes a page: one row more than it has tells that another one follows. */
function pageWriter(list: List): (rows: Row[]) => string {
  const columns = columnsOf(list);
  const writeRow = writer(list.row, columns);
  const cursor = cell(columns.indexOf(list.cursor), quote);
  const total = list.total === undefined ? -1 : columns.indexOf(list.total);
  return (rows) => {
    const count = total < 0 ? '' : `"totalCount":${rows[0]?.[total] ?? 0},`;
    const page = rows.slice(0, list.size);
    const [first, last] = [page[0] ?? [], page.at(-1) ?? []];
    return `"${list.name}":{${count}"nodes":[${page.map(writeRow).join(',')}],"pageInfo":{"hasNextPage":${rows.length > list.size},"endCursor":${cursor(last)},"hasPreviousPage":false,"startCursor":${cursor(first)}}}`;
  };
}

function serve({ url, session, questions }: Input): void {
  // Values come as PostgreSQL writes them: nobody makes dates of what becomes text again.
  const types = { getTypeParser: () => (value: string) => value };
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS, options: session });
  const flat = { rowMode: 'array' as const, types };
  const prepared = questions.map((question, number) => ({
    json: { name: `json ${number}`, text: jsonStatement(question) },
    shared: question.shared && { name: `shared ${number}`, text: question.shared, ...flat },
    isMine: question.isMine,
    lists: question.lists.map((list, index) => {
      const text = flatStatement(list, Object.keys(question.values[0] ?? {}).length);
      return { write: pageWriter(list), query: { name: `flat ${number} ${index}`, text, ...flat } };
    }),
  }));
  const answer = async ({ question, form, values: given }: Asked): Promise<string> => {
    const { json, shared, isMine, lists } = prepared[question] as (typeof prepared)[number];
    const values = [...given];
    if (form === 'json') return (await pool.query({ ...json, values })).rows[0].answer;
    if (shared) values.push((await pool.query<string[]>({ ...shared, values })).rows[0]?.[0]);
    const parts = await Promise.all(
      lists.map(async ({ write, query }) => write((await pool.query<(string | null)[]>({ ...query, values })).rows)),
    );
    return isMine ? `{"data":{"me":{${parts.join(',')}}}}` : `{"data":{${parts.join(',')}}}`;
  };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      answer(JSON.parse(body) as Asked).then(
        (text) => response.setHeader('content-type', 'application/json').end(text),
        (error) => response.writeHead(500).end(String(error)),
      );
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
}

serve(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Input);
process.on('disconnect', () => process.exit());
