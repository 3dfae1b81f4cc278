/**
 * How fast does a whole list leave the gateway, beside what the database alone takes to write it? Every assignment with its
 * names, as JSONL and as CSV, streamed and by `bulkExport`, beside `COPY … TO STDOUT` of the same rows; and how much memory the
 * gateway needs for it. At last the same rows come in. `BENCH_ROWS` makes it smaller.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { importing } from './import.ts';
import { type Measure, median, report } from './report.ts';
import { AUDITOR, startReading } from './support/reading.ts';
import { type Stack, watchMemory } from './support/stack.ts';

const ROWS = Number(process.env.BENCH_ROWS ?? 1_000_000);
const ROUNDS = 3;
const POLL_MILLISECONDS = 200;
const FILTER = '{"phases":["IN_FORCE","FUTURE","ENDED"]}';

/** What is streamed, as the database itself has it. */
const COPY = `COPY (
  SELECT a.id, a.provider, a.type, a.state, p.id, p.kind, p.display_name, p.user_principal_name, r.id, r.display_name,
    s.id, s.kind, s.path, s.display_name, a.starts_at, a.ends_at, a.ended_by, a.condition, a.created_at
  FROM assignment a JOIN principal p ON p.id = a.principal_id JOIN role r ON r.id = a.role_id JOIN scope s ON s.id = a.scope_id
) TO STDOUT`;

const QUERY = `{ assignments(filter: { phases: [IN_FORCE, FUTURE, ENDED] }) { nodes {
  id provider type state principal { __typename id displayName ... on User { userPrincipalName } } role { id displayName }
  scope { id kind path displayName } startsAt endsAt endedBy condition createdAt } } }`;

export async function bench(): Promise<void> {
  console.log(`A company with ${ROWS} assignments is made.`);
  const { stack } = await startReading(ROWS, 500);
  try {
    const token = await stack.token({ objectId: AUDITOR, kind: 'USER' });
    const before = await stack.memory();
    const memory = watchMemory(stack);
    const runs = {
      copy: () => copied(stack.databaseUrl),
      jsonl: () => streamed(stack, token, 'jsonl'),
      csv: () => streamed(stack, token, 'csv'),
    };
    const rates = { copy: [] as number[], jsonl: [] as number[], csv: [] as number[] };
    for (const name of ['copy', 'jsonl', 'csv'] as const) await runs[name]();
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of ['copy', 'jsonl', 'csv'] as const) rates[name].push(await runs[name]());
    }
    const streaming = await memory.stop();
    const bulkMemory = watchMemory(stack);
    const bulk = { JSONL: await bulkExported(stack, token, 'JSONL'), CSV: await bulkExported(stack, token, 'CSV') };
    const exporting = await bulkMemory.stop();
    const out = table(rates, bulk, { before, streaming, exporting });
    report('export', [...out, ...(await importing(stack))]);
  } finally {
    await stack.stop();
  }
}

function table(
  rates: Readonly<Record<'copy' | 'jsonl' | 'csv', number[]>>,
  bulk: Readonly<Record<'JSONL' | 'CSV', number>>,
  memory: Readonly<Record<'before' | 'streaming' | 'exporting', number>>,
): Measure[] {
  const copy = median(rates.copy);
  const share = (rate: number) => ({ value: rate / copy, better: 'higher' }) as const;
  return [
    { what: 'COPY of the same rows, rows/s', value: copy },
    { what: 'streamed as JSONL, rows/s', value: median(rates.jsonl) },
    { what: 'streamed as CSV, rows/s', value: median(rates.csv) },
    { what: 'bulkExport as JSONL, rows/s', value: bulk.JSONL },
    { what: 'bulkExport as CSV, rows/s', value: bulk.CSV },
    { what: 'JSONL / COPY', ...share(median(rates.jsonl)), gate: 0.5 },
    { what: 'CSV / COPY', ...share(median(rates.csv)), gate: 0.5 },
    { what: 'resident memory of the gateway before, MB', value: memory.before },
    { what: 'the most of it while streaming, MB', value: memory.streaming, gate: 300 },
    { what: 'the most of it while bulkExport runs, MB', value: memory.exporting, gate: 300 },
  ];
}

/** @returns rows a second */
async function copied(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const begunAt = performance.now();
    let lines = 0;
    for await (const part of client.query(copyTo(COPY))) lines += linesOf(part as Buffer);
    return rate(lines, begunAt);
  } finally {
    await client.end();
  }
}

async function streamed({ url }: Stack, token: string, extension: string): Promise<number> {
  const address = new URL(`/lists/assignments.${extension}?filter=${encodeURIComponent(FILTER)}`, url);
  const begunAt = performance.now();
  const answer = await fetch(address, { headers: { authorization: `Bearer ${token}` } });
  if (!answer.ok || !answer.body) throw new Error(`${answer.status}: ${await answer.text()}`);
  let lines = 0;
  for await (const part of answer.body) lines += linesOf(part);
  return rate(lines, begunAt);
}

interface Operation {
  readonly id: string;
  readonly status: string;
  readonly url: string;
  readonly processed: number;
  readonly errorMessage: string | null;
}

const EXPORT = `mutation ($input: BulkExportInput!) {
  bulkExport(input: $input) { operation { id status url processed errorMessage } refusals { message } } }`;
const OPERATION = 'query ($id: ID!) { bulkOperation(id: $id) { id status url processed errorMessage } }';

/** From the question to the last byte of the file. */
async function bulkExported({ url }: Stack, token: string, format: string): Promise<number> {
  const authorization = { authorization: `Bearer ${token}` };
  const ask = async (query: string, variables: object) => {
    const headers = { ...authorization, 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
    return answer.json() as Promise<{ data: { bulkExport: { operation: Operation }; bulkOperation: Operation } }>;
  };
  const begunAt = performance.now();
  const asked = await ask(EXPORT, { input: { query: QUERY, format } });
  let operation = asked.data.bulkExport.operation;
  while (operation.status === 'CREATED' || operation.status === 'RUNNING') {
    await delay(POLL_MILLISECONDS);
    operation = (await ask(OPERATION, { id: operation.id })).data.bulkOperation;
  }
  if (operation.status !== 'COMPLETED') throw new Error(`${operation.status}: ${operation.errorMessage}`);
  const answer = await fetch(new URL(operation.url, url), { headers: authorization });
  for await (const _ of answer.body ?? []);
  return rate(operation.processed, begunAt);
}

const rate = (rows: number, begunAt: number) => rows / ((performance.now() - begunAt) / 1_000);

function linesOf(part: Uint8Array): number {
  let lines = 0;
  for (let at = part.indexOf(10); at >= 0; at = part.indexOf(10, at + 1)) lines++;
  return lines;
}
