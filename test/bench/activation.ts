/**
 * How many activations a second does the gateway grant? 32 callers over HTTP against a gateway as people start it: tokens,
 * matrix, policy, events, sequencer and scheduler. Each activation is another holder's. Beside it, round by round, the same
 * statements run bare by as many callers over as many connections, which is as fast as the database lets it be.
 */
import { graphql } from 'graphql';
import pg from 'pg';
import { createContext } from '../../schema/context.ts';
import { globalId } from '../../schema/ids.ts';
import { createSchema } from '../../schema/schema.ts';
import { openDatabase } from '../../src/store/database.ts';
import { documentOf } from '../support/documents.ts';
import { AZURE_READER, PLAIN_ROLE } from '../support/rows.ts';
import { watchStatements } from '../support/statements.ts';
import { contextOf } from '../support/viewer.ts';
import { median, report } from './report.ts';
import { startCaller } from './support/caller.ts';
import type { Calls } from './support/callers.ts';
import { type ProcessorTime, type Stack, startStack } from './support/stack.ts';

const CALLERS = 32;
/** As the gateway has without a setting. */
const CONNECTIONS = 16;
const HOLDERS = 36_000;
const ROUNDS = 3;
const ROUND_SECONDS = 6;
/** Until the compiler of the gateway's JavaScript has done its work. */
const WARM_UP_SECONDS = 15;

interface Holder {
  readonly principalId: string;
  readonly eligibilityId: string;
}

export async function bench(): Promise<void> {
  const stack = await startStack(process.env.BENCH_NODE_OPTIONS?.split(' '));
  try {
    const holders = await prepareHolders(stack.databaseUrl);
    const bare = holders.splice(0, holders.length / 2);
    const direct = await startCaller({ callers: CALLERS, sql: await bareWork(stack, bare) });
    const callers = await startCaller({ callers: CALLERS, http: await httpWork(stack, holders) });
    try {
      await callers.round(WARM_UP_SECONDS);
      await direct.round(WARM_UP_SECONDS);
      const rounds: Round[] = [];
      const bareRounds: Round[] = [];
      for (let index = 0; index < ROUNDS; index++) {
        rounds.push(await measured(stack, () => callers.round(ROUND_SECONDS)));
        bareRounds.push(await measured(stack, () => direct.round(ROUND_SECONDS)));
      }
      if (process.env.BENCH_ROUNDS) console.log(rounds, bareRounds);
      print(rounds, bareRounds);
    } finally {
      callers.stop();
      direct.stop();
    }
  } finally {
    await stack.stop();
  }
}

interface Round extends Calls {
  readonly spent: ProcessorTime;
}

async function measured(stack: Stack, round: () => Promise<Calls>): Promise<Round> {
  const before = await stack.processorTime();
  const calls = await round();
  const after = await stack.processorTime();
  return { ...calls, spent: { gateway: after.gateway - before.gateway, database: after.database - before.database } };
}

function print(rounds: readonly Round[], bare: readonly Round[]): void {
  const rate = ({ count, seconds }: Round) => count / seconds;
  const of = (all: readonly Round[], value: (round: Round) => number) => median(all.map(value));
  const each = (seconds: (round: Round) => number) => (round: Round) => (1000 * seconds(round)) / round.count;
  report('activation', [
    { what: 'activations/s, 32 callers', value: of(rounds, rate), gate: 300, goal: 600, better: 'higher' },
    { what: 'p50, ms', value: of(rounds, (round) => round.median) },
    { what: 'p99, ms', value: of(rounds, ({ p99 }) => p99), gate: 250, goal: 150 },
    {
      what: 'processor time each: gateway, ms',
      value: of(
        rounds,
        each(({ spent }) => spent.gateway),
      ),
    },
    {
      what: 'processor time each: PostgreSQL, ms',
      value: of(
        rounds,
        each(({ spent }) => spent.database),
      ),
    },
    {
      what: 'processor time each: callers, ms',
      value: of(
        rounds,
        each(({ processorTime }) => processorTime),
      ),
    },
    { what: 'bare limit: the same statements, times/s', value: of(bare, rate) },
    { what: 'bare limit: p99, ms', value: of(bare, ({ p99 }) => p99) },
    {
      what: 'bare limit: processor time each: PostgreSQL, ms',
      value: of(
        bare,
        each(({ spent }) => spent.database),
      ),
    },
    {
      what: 'bare limit: processor time each: driver, ms',
      value: of(
        bare,
        each(({ processorTime }) => processorTime),
      ),
    },
    { what: 'part of the bare limit that is reached, %', value: (100 * of(rounds, rate)) / of(bare, rate) },
  ]);
}

/** A third of them each for a role of the directory, one on a resource group, and the membership of a group. */
export async function prepareHolders(databaseUrl: string): Promise<Holder[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`
      INSERT INTO principal (id, kind, display_name, user_principal_name, user_type)
      SELECT gen_random_uuid(), 'USER', 'Holder ' || n, 'holder' || n || '@bench.example', 'MEMBER'
      FROM generate_series(1, ${HOLDERS}) n;
      WITH made AS (
        INSERT INTO principal (id, kind, display_name, role_assignable, security_enabled)
        VALUES (gen_random_uuid(), 'GROUP', 'Bench', false, true) RETURNING id)
      INSERT INTO scope (id, provider, kind, path, display_name, principal_id)
      SELECT gen_random_uuid(), 'GROUP', 'GROUP', '/groups/' || id, 'Bench', id FROM made;
      INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, ends_at, created_at)
      SELECT gen_random_uuid(), place.provider, place.role_id, place.scope_id, holder.id, 'ELIGIBLE', now(), now() + interval '90 days', now()
      FROM (SELECT id, row_number() OVER () % 3 AS part FROM principal WHERE display_name LIKE 'Holder %') holder
      JOIN (
        SELECT 0 AS part, 'ENTRA_ROLE' AS provider, '${PLAIN_ROLE}'::uuid AS role_id, '00000000-0000-4000-8000-000000000001'::uuid AS scope_id
        UNION ALL
        (SELECT 1, 'AZURE_RESOURCE', '${AZURE_READER}', s.id FROM scope s WHERE s.kind = 'RESOURCE_GROUP' ORDER BY s.path LIMIT 1)
        UNION ALL
        (SELECT 2, 'GROUP', '00000000-0000-4000-8000-0000000000a1', s.id FROM scope s WHERE s.display_name = 'Bench')) place USING (part);
      ANALYZE;`);
    const { rows } = await client.query<Holder>(`
      SELECT a.principal_id AS "principalId", a.id AS "eligibilityId"
      FROM assignment a JOIN principal p ON p.id = a.principal_id WHERE p.display_name LIKE 'Holder %'`);
    return rows;
  } finally {
    await client.end();
  }
}

const inputOf = ({ eligibilityId }: Holder) => ({
  ...{ eligibility: globalId('Assignment', eligibilityId), duration: 'PT1H' },
  justification: 'Rotating the certificates of the order service',
});

/** As the SDK sends it. */
async function httpWork({ url, token }: Stack, holders: readonly Holder[]) {
  const query = documentOf('Activate');
  const requests = await Promise.all(
    holders.map(async (holder) => ({
      token: await token({ objectId: holder.principalId, kind: 'USER' }),
      body: JSON.stringify({ query, variables: { input: inputOf(holder) } }),
    })),
  );
  return { url, requests, expected: '"status":"PROVISIONED"', again: false };
}

/** What the gateway says to the database for one activation, for everybody else with their own ids. */
export async function bareWork({ databaseUrl }: Stack, holders: Holder[]) {
  const [first, ...others] = holders as [Holder, ...Holder[]];
  const database = await openDatabase(databaseUrl);
  try {
    using statements = watchStatements();
    const { viewer } = await contextOf(database, first.principalId);
    const { data, errors } = await graphql({
      schema: createSchema(),
      source: documentOf('Activate'),
      variableValues: { input: inputOf(first) },
      contextValue: createContext(database, viewer),
    });
    if (errors) throw errors[0];
    const made = (data as { activate: Record<'request' | 'assignment', { id: string }> }).activate;
    const idsOf = [made.request.id, made.assignment.id].map((id) =>
      Buffer.from(id, 'base64url').toString().replace(/^.*:/, ''),
    );
    if (process.env.BENCH_STATEMENTS) for (const { text, values } of statements.sent) console.log(text, values, '\n');
    return {
      ...{ databaseUrl, connections: CONNECTIONS },
      // Prepared, as the gateway has them: those with values.
      statements: statements.sent.map(({ text, values }, index) =>
        values.length > 0 ? { text, values: [...values], name: `${index}` } : { text },
      ),
      placeholders: [first.principalId, first.eligibilityId, ...idsOf],
      replacements: others.map(({ principalId, eligibilityId }) => [
        ...[principalId, eligibilityId, crypto.randomUUID(), crypto.randomUUID()],
      ]),
    };
  } finally {
    await database.close();
  }
}
