/** Who calls? A process of its own that does a round of calls each time it is told to, over HTTP or straight to the database. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { PreparingClient } from '../../../src/store/preparingClient.ts';
import { type Calls, callFor } from './callers.ts';

/** What goes over HTTP: each with its caller's token, and what a good answer holds. */
export interface HttpWork {
  readonly url: string;
  readonly requests: readonly { readonly token: string; readonly body: string }[];
  readonly expected: string;
  /** From the beginning again once all have been sent. */
  readonly again: boolean;
}

/** The statements of one operation, in their order, for each time they are run; all of it on one connection. */
export interface SqlWork {
  readonly databaseUrl: string;
  readonly connections: number;
  readonly statements: readonly pg.QueryConfig[];
  /** What stands in the statements for what differs from one time to the next. */
  readonly placeholders: readonly string[];
  readonly replacements: readonly (readonly string[])[];
}

type Work = { readonly callers: number } & ({ readonly http: HttpWork } | { readonly sql: SqlWork });

export interface Caller {
  round(seconds: number): Promise<Calls>;
  stop(): void;
}

/** The work is left behind in a file: it may have many megabytes. */
export async function startCaller(work: Work): Promise<Caller> {
  const file = path.join(os.tmpdir(), `portcullis-bench-${crypto.randomUUID()}.json`);
  writeFileSync(file, JSON.stringify(work));
  const child: ChildProcess = fork(import.meta.filename, [file]);
  child.once('exit', () => rmSync(file, { force: true }));
  const ended = once(child, 'exit');
  await once(child, 'message');
  return {
    async round(seconds) {
      child.send(seconds);
      const [answer] = (await Promise.race([once(child, 'message'), ended])) as [Calls | number | null];
      if (answer === null || typeof answer === 'number') throw new Error('the caller has failed');
      return answer;
    },
    stop: () => child.disconnect(),
  };
}

function callHttp(callers: number, { url, requests, expected, again }: HttpWork): () => Promise<boolean> {
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  let next = 0;
  const send = ({ token, body }: HttpWork['requests'][number]) =>
    new Promise<boolean>((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        authorization: `Bearer ${token}`,
        'content-length': Buffer.byteLength(body),
      };
      const sent = request(url, { method: 'POST', agent, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part) => {
          text += part;
        });
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200 && text.includes(expected)) resolve(true);
          else reject(new Error(`not as expected (${response.statusCode}): ${text}`));
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  return () => {
    const one = requests[again ? next % requests.length : next];
    next++;
    return one ? send(one) : Promise.resolve(false);
  };
}

function callSql({ databaseUrl, connections, statements, placeholders, replacements }: SqlWork) {
  const options = '-c timezone=UTC';
  // As the gateway sends them: some wait for the next.
  const pool = new pg.Pool({
    Client: PreparingClient,
    connectionString: databaseUrl,
    max: connections,
    options,
    pipeline: true,
  });
  // Dates come as text: nobody looks at them.
  const texts = statements.map((statement) => JSON.stringify(statement));
  let next = 0;
  return async () => {
    const values = replacements[next++];
    if (!values) return false;
    const client = await pool.connect();
    try {
      for (const text of texts) {
        const filled = placeholders.reduce((sofar, name, index) => sofar.replaceAll(name, values[index] ?? ''), text);
        const { text: sent, values: given } = JSON.parse(filled) as pg.QueryConfig;
        await client.query(sent, given);
      }
    } finally {
      client.release();
    }
    return true;
  };
}

if (process.argv[1] === import.meta.filename) {
  const work = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Work;
  const call = 'http' in work ? callHttp(work.callers, work.http) : callSql(work.sql);
  process.on('message', (seconds: number) => {
    void callFor(seconds, work.callers, call).then(
      (calls) => process.send?.(calls),
      (error) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.on('disconnect', () => process.exit());
  process.send?.('ready');
}
