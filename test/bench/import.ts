/**
 * How fast do a company's assignments come in by the file, beside what the database alone takes to write them? To as many new
 * people, the same roles at the same scopes by `importAssignments`; and then the very rows that came of it, to as many again, by
 * `COPY … FROM` into the same three tables. `BENCH_ROWS` makes it smaller.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { type Measure, report } from './report.ts';
import { startReading, withClient } from './support/reading.ts';
import { type ProcessorTime, type Stack, watchMemory } from './support/stack.ts';

const ROWS = Number(process.env.BENCH_ROWS ?? 1_000_000);
const POLL_MILLISECONDS = 200;

export async function bench(): Promise<void> {
  console.log(`A company with ${ROWS} assignments is made.`);
  const { stack } = await startReading(ROWS, 500);
  try {
    report('import', await importing(stack));
  } finally {
    await stack.stop();
  }
}

const IMPORTER = '00000000-0000-4000-9000-00000000bec2';

/** Manages everything: Global Administrator, Groups Administrator, and User Access Administrator of all of Azure. */
const IMPORTER_ROWS = `
  INSERT INTO principal (id, kind, display_name, user_principal_name, user_type)
    VALUES ('${IMPORTER}', 'USER', 'Importer', 'importer@bench.example', 'MEMBER');
  INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, created_at)
    SELECT gen_random_uuid(), r.provider, r.id, t.scope_id, '${IMPORTER}', 'ACTIVE', now(), now()
    FROM (VALUES ('ENTRA_ROLE', 'Global Administrator', '00000000-0000-4000-8000-000000000001'::uuid),
      ('ENTRA_ROLE', 'Groups Administrator', '00000000-0000-4000-8000-000000000001'),
      ('AZURE_RESOURCE', 'User Access Administrator', '00000000-0000-4000-8000-000000000002')) t (provider, role, scope_id)
    JOIN role r ON r.provider = t.provider AND r.display_name = t.role`;

const NEWCOMER = (id: string) => `md5('newcomer ' || ${id})::uuid`;
const LATECOMER = (id: string) => `md5('latecomer ' || ${id})::uuid`;

/** Of everybody who holds something. */
const twins = (name: 'newcomer' | 'latecomer') => `
  INSERT INTO principal (id, kind, display_name, user_principal_name, mail, user_type, role_assignable, security_enabled, app_id)
  SELECT md5('${name} ' || id)::uuid, kind, '${name} ' || display_name, '${name}.' || user_principal_name, '${name}.' || mail, user_type,
    role_assignable, security_enabled, app_id
  FROM principal WHERE id IN (SELECT principal_id FROM assignment)`;

/**
 * As whoever moves a company would write it: people by what they sign in with, everything else by its id. What is over lasts another
 * 30 days, and every activation becomes a day of its own.
 */
const FILE = `COPY (
  SELECT coalesce('newcomer.' || p.user_principal_name, (${NEWCOMER('p.id')})::text) AS principal, r.display_name AS role,
    r.provider, s.path AS scope, a.type,
    CASE a.state WHEN 'ACTIVATED' THEN to_char(now() + a.n * interval '1 day', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') END AS "startsAt",
    CASE WHEN a.state = 'ASSIGNED' AND a.ends_at > now() + interval '1 hour'
      THEN to_char(least(a.ends_at, now() + interval '179 days'), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') END AS "endsAt",
    CASE WHEN a.state = 'ACTIVATED' THEN 'PT8H' WHEN a.ends_at < now() + interval '1 hour' OR (a.ends_at IS NULL AND a.provider <> 'ENTRA_ROLE')
      THEN 'P30D' END AS duration
  FROM (SELECT *, row_number() OVER (PARTITION BY principal_id, role_id, scope_id, type, state ORDER BY starts_at) AS n FROM assignment) a
  JOIN principal p ON p.id = a.principal_id JOIN role r ON r.id = a.role_id JOIN scope s ON s.id = a.scope_id
  LEFT JOIN principal g ON g.id = s.principal_id AND g.dynamic_membership
  WHERE p.id <> '${IMPORTER}' AND g.id IS NULL AND (a.state = 'ACTIVATED' OR a.n = 1) ORDER BY a.id
) TO STDOUT WITH (FORMAT csv, HEADER)`;

/** Into the company of the stack, whatever was measured with it before. */
export async function importing(stack: Stack): Promise<Measure[]> {
  await withClient(stack.databaseUrl, (client) =>
    client.query(`${IMPORTER_ROWS}; ${twins('newcomer')}; ${twins('latecomer')}; ANALYZE principal`),
  );
  const token = await stack.token({ objectId: IMPORTER, kind: 'USER' });
  const upload = await uploaded(stack, token);
  const before = await stack.processorTime();
  const memory = watchMemory(stack);
  const begunAt = performance.now();
  const { rows, written, refused, half } = await imported(stack, token, upload);
  const seconds = (performance.now() - begunAt) / 1_000;
  const most = await memory.stop();
  const after = await stack.processorTime();
  const copy = await copied(stack, written);
  const perRow = (time: number) => (time / rows) * 1_000_000;
  const sum = ({ gateway, database }: ProcessorTime) => gateway + database;
  const growth = (sum(after) - sum(half)) / (rows - half.rows) / ((sum(half) - sum(before)) / half.rows);
  return [
    { what: 'rows imported', value: written },
    { what: 'rows refused', value: refused, gate: 0 },
    { what: 'COPY of the same rows into the same tables, rows/s', value: copy },
    { what: 'importAssignments, rows/s', value: rows / seconds },
    { what: 'importAssignments / COPY', value: rows / seconds / copy, better: 'higher' },
    { what: 'processor time of the gateway for a row, µs', value: perRow(after.gateway - before.gateway) },
    { what: 'of PostgreSQL, µs', value: perRow(after.database - before.database) },
    { what: 'processor time of a row of the second half / of the first', value: growth, gate: 1.3, goal: 1.1 },
    { what: 'the most resident memory while importing, MB', value: most, gate: 300 },
  ];
}

async function uploaded({ url, databaseUrl }: Stack, token: string): Promise<string> {
  return withClient(databaseUrl, async (client) => {
    const answer = await fetch(new URL('/uploads', url), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' },
      body: Readable.toWeb(client.query(copyTo(FILE))) as ReadableStream,
      duplex: 'half',
    } as RequestInit);
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    return ((await answer.json()) as { id: string }).id;
  });
}

interface Operation {
  readonly id: string;
  readonly status: string;
  readonly processed: number;
  readonly result: { readonly rows: number; readonly written: number; readonly refused: number };
  readonly errorMessage: string | null;
}

const FIELDS = 'id status processed result errorMessage';
const IMPORT = `mutation ($input: ImportAssignmentsInput!) { importAssignments(input: $input) { operation { ${FIELDS} } refusals { message } } }`;
const OPERATION = `query ($id: ID!) { bulkOperation(id: $id) { ${FIELDS} } }`;

/** How far it had come by the middle, and what that had taken. */
type Half = ProcessorTime & { readonly rows: number };

async function imported(stack: Stack, token: string, upload: string): Promise<Operation['result'] & { half: Half }> {
  const { url } = stack;
  const ask = async (query: string, variables: object) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
    return answer.json() as Promise<{
      data: { importAssignments: { operation: Operation }; bulkOperation: Operation };
    }>;
  };
  const input = { upload, mode: 'BEST_EFFORT', justification: 'The company moves' };
  let half: Half | undefined;
  let { operation } = (await ask(IMPORT, { input })).data.importAssignments;
  while (operation.status === 'CREATED' || operation.status === 'RUNNING') {
    await delay(POLL_MILLISECONDS);
    operation = (await ask(OPERATION, { id: operation.id })).data.bulkOperation;
    if (!half && operation.processed >= ROWS / 2)
      half = { ...(await stack.processorTime()), rows: operation.processed };
  }
  if (operation.status !== 'COMPLETED') throw new Error(`${operation.status}: ${operation.errorMessage}`);
  if (!half) throw new Error('it was over before its middle was seen');
  return { ...operation.result, half };
}

/** Its tables with their columns, and how each came to be for somebody else. */
const REQUEST = `action, status, assignment_type, provider, role_id, scope_id, requestor_id, policy_version_id, justification, starts_at, ends_at,
  duration_minutes, multi_factor_at, authentication_contexts, created_at, completed_at`;
const ASSIGNMENT = 'provider, role_id, scope_id, type, state, starts_at, ends_at, created_at';
const EVENT = 'at, type, actor_id, provider, assignment_type, role_id, scope_id, payload';
const copyOf = (id: string) => `md5('copy ' || ${id})::uuid`;
const columns = (alias: string, list: string) => list.replace(/\w+/g, (name) => `${alias}.${name}`);

const COPIES = [
  {
    into: `request (id, principal_id, ${REQUEST})`,
    select: `${copyOf('q.id')}, n.late, ${columns('q', REQUEST)} FROM request q JOIN newcomer n ON n.id = q.principal_id WHERE q.requestor_id = '${IMPORTER}'`,
  },
  {
    into: `assignment (id, principal_id, request_id, ${ASSIGNMENT})`,
    select: `${copyOf('a.id')}, n.late, ${copyOf('a.request_id')}, ${columns('a', ASSIGNMENT)} FROM assignment a JOIN newcomer n ON n.id = a.principal_id`,
  },
  {
    into: `event (principal_id, assignment_id, request_id, ${EVENT})`,
    select: `n.late, ${copyOf('e.assignment_id')}, ${copyOf('e.request_id')}, ${columns('e', EVENT)} FROM event e
      JOIN newcomer n ON n.id = e.principal_id WHERE e.type = 'assignment.assigned' AND e.actor_id = '${IMPORTER}'`,
  },
];

/** @returns rows a second */
async function copied({ databaseUrl: url }: Stack, rows: number): Promise<number> {
  return withClient(url, (source) =>
    withClient(url, async (target) => {
      await source.query(`CREATE TEMPORARY TABLE newcomer AS
        SELECT ${NEWCOMER('id')} AS id, ${LATECOMER('id')} AS late FROM principal; ANALYZE newcomer`);
      await waitForPositions(source);
      const files: Buffer[][] = [];
      for (const { select } of COPIES)
        files.push(await source.query(copyTo(`COPY (SELECT ${select}) TO STDOUT`)).toArray());
      const begunAt = performance.now();
      await target.query('BEGIN');
      for (const [index, { into }] of COPIES.entries()) {
        await pipeline(files[index] ?? [], target.query(copyFrom(`COPY ${into} FROM STDIN`)));
      }
      await target.query('COMMIT');
      return rows / ((performance.now() - begunAt) / 1_000);
    }),
  );
}

/** The numbering of what was imported takes a processor too. */
async function waitForPositions(client: pg.Client): Promise<void> {
  for (;;) {
    const { rowCount } = await client.query('SELECT FROM event WHERE position IS NULL LIMIT 1');
    if (rowCount === 0) return;
    await delay(POLL_MILLISECONDS);
  }
}
