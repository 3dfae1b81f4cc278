/** How little work is there in a question? Plain `node:http` before the database: JSON as the database builds it, or flat rows written by hand. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import pg from 'pg';
import { flatStatement, jsonStatement, type Question, type Shape } from './reading.ts';

/** As the gateway has without a setting. */
const CONNECTIONS = 10;

interface Asked {
  readonly question: number;
  readonly form: 'json' | 'flat';
  readonly values: readonly unknown[];
}

type Write = (value: string) => string;
const quote: Write = (value) => `"${value}"`;
const asIs: Write = (value) => value;
/** Only what people have written needs escaping. */
const writeOf = (expression: string): Write => {
  if (/name$|path$|justification|ticket|#>>/.test(expression)) return JSON.stringify;
  if (/privileged$/.test(expression)) return (value) => (value === 't' ? 'true' : 'false');
  return /#>|minutes$|payload$|position$/.test(expression) ? asIs : quote;
};

/** A function that writes a row: the text between the values is made once. */
function writer(shape: Shape): (row: readonly (string | null)[]) => string {
  const values: { readonly before: string; readonly write: Write }[] = [];
  let text = '';
  const visit = (object: Shape) => {
    text += '{';
    for (const [index, [key, value]] of Object.entries(object).entries()) {
      text += `${index > 0 ? ',' : ''}${JSON.stringify(key)}:`;
      if (typeof value === 'string') {
        values.push({ before: text, write: writeOf(value) });
        text = '';
      } else visit(value);
    }
    text += '}';
  };
  visit(shape);
  return (row) => {
    let written = '';
    for (let index = 0; index < values.length; index++) {
      const { before, write } = values[index] as (typeof values)[number];
      const value = row[index] ?? null;
      written += before + (value === null ? 'null' : write(value));
    }
    return written + text;
  };
}

function serve(url: string, questions: readonly Question[]): void {
  // Values come as PostgreSQL writes them: nobody makes dates of what becomes text again.
  const types = { getTypeParser: () => (value: string) => value };
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS, options: '-c timezone=UTC' });
  const prepared = questions.map((question, number) => ({
    json: { name: `json ${number}`, text: jsonStatement(question) },
    lists: question.lists.map((list, index) => ({
      ...{ name: list.name, write: writer(list.row) },
      query: { name: `flat ${number} ${index}`, text: flatStatement(list), rowMode: 'array' as const, types },
    })),
  }));
  const answer = async ({ question, form, values }: Asked): Promise<string> => {
    const { json, lists } = prepared[question] as (typeof prepared)[number];
    if (form === 'json') return (await pool.query({ ...json, values: [...values] })).rows[0].answer;
    const parts = await Promise.all(
      lists.map(async ({ name, write, query }) => {
        const { rows } = await pool.query<(string | null)[]>({ ...query, values: [...values] });
        return `"${name}":[${rows.map(write).join(',')}]`;
      }),
    );
    return `{"data":{${parts.join(',')}}}`;
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

const { url, questions } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as {
  url: string;
  questions: Question[];
};
serve(url, questions);
process.on('disconnect', () => process.exit());
