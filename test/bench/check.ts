/**
 * How many permission checks a second does the gateway answer, in a company with 100,000 assignments? 32 callers over HTTP, as
 * applications that ask about their users: a check in each request, and as many as a document may ask for at once.
 */
import pg from 'pg';
import { globalId } from '../../schema/ids.ts';
import { LIMITS } from '../../src/server/limits.ts';
import { AZURE_CONTRIBUTOR, AZURE_READER, PLAIN_ROLE } from '../support/rows.ts';
import { median, report } from './report.ts';
import { startCaller } from './support/caller.ts';
import type { Calls } from './support/callers.ts';
import { type ProcessorTime, type Stack, startStack } from './support/stack.ts';

const CALLERS = 32;
const QUESTIONS = 20_000;
const ROUNDS = 3;
const ROUND_SECONDS = 5;
const WARM_UP_SECONDS = 10;

export async function bench(): Promise<void> {
  const stack = await startStack(process.env.BENCH_NODE_OPTIONS?.split(' '));
  try {
    const company = await prepareCompany(stack.databaseUrl);
    const tokens = await Promise.all(company.applications.map((objectId) => token(stack, objectId)));
    const callers = (size: number) =>
      startCaller({ callers: CALLERS, http: { url: stack.url, ...requests(company, tokens, size) } });
    const single = await callers(1);
    const batched = await callers(LIMITS.aliases);
    try {
      await single.round(WARM_UP_SECONDS);
      await batched.round(WARM_UP_SECONDS);
      const rounds: Round[] = [];
      const batchedRounds: Round[] = [];
      for (let index = 0; index < ROUNDS; index++) {
        rounds.push(await measured(stack, 1, () => single.round(ROUND_SECONDS)));
        batchedRounds.push(await measured(stack, LIMITS.aliases, () => batched.round(ROUND_SECONDS)));
      }
      print(company, rounds, batchedRounds);
    } finally {
      single.stop();
      batched.stop();
    }
  } finally {
    await stack.stop();
  }
}

interface Round extends Calls {
  readonly checks: number;
  readonly spent: ProcessorTime;
}

async function measured(stack: Stack, size: number, round: () => Promise<Calls>): Promise<Round> {
  const before = await stack.processorTime();
  const calls = await round();
  const after = await stack.processorTime();
  const spent = { gateway: after.gateway - before.gateway, database: after.database - before.database };
  return { ...calls, checks: calls.count * size, spent };
}

function print({ assignments }: Company, single: readonly Round[], batched: readonly Round[]): void {
  const rate = (rounds: readonly Round[]) => median(rounds.map(({ checks, seconds }) => checks / seconds));
  const spent = (rounds: readonly Round[], name: keyof ProcessorTime) =>
    median(rounds.map((round) => (1000 * round.spent[name]) / round.checks));
  const p99 = (rounds: readonly Round[]) => median(rounds.map((round) => round.p99));
  const many = `${LIMITS.aliases} checks in a request`;
  report('check', [
    { what: 'assignments in the database', value: assignments },
    { what: `${many}: checks/s, 32 callers`, value: rate(batched), gate: 2_000, goal: 4_000, better: 'higher' },
    { what: `${many}: p99 of the request, ms`, value: p99(batched) },
    { what: `${many}: processor time of a check: gateway, ms`, value: spent(batched, 'gateway') },
    { what: `${many}: processor time of a check: PostgreSQL, ms`, value: spent(batched, 'database') },
    { what: '1 check in a request: checks/s, 32 callers', value: rate(single) },
    { what: '1 check in a request: p99, ms', value: p99(single), gate: 50 },
    { what: '1 check in a request: processor time: gateway, ms', value: spent(single, 'gateway') },
    { what: '1 check in a request: processor time: PostgreSQL, ms', value: spent(single, 'database') },
  ]);
}

/** An application that may see everybody's roles, in the directory as well as in Azure. */
function token(stack: Stack, objectId: string): Promise<string> {
  const appPermissions = ['RoleAssignmentSchedule.Read.Directory'];
  return stack.token({ objectId, kind: 'SERVICE_PRINCIPAL', appPermissions });
}

interface Company {
  readonly assignments: number;
  readonly applications: readonly string[];
  readonly users: readonly string[];
  readonly resourceGroups: readonly string[];
}

/** Memberships of groups, some of them nested; Azure roles of users and of groups on subscriptions and resource groups; roles of the directory. */
export async function prepareCompany(databaseUrl: string): Promise<Company> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(COMPANY);
    const ids = async (text: string) => (await client.query<{ id: string }>(text)).rows.map(({ id }) => id);
    const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM assignment');
    return {
      assignments: Number(rows[0]?.count),
      applications: await ids("SELECT id FROM principal WHERE display_name LIKE 'Bench application %'"),
      users: await ids('SELECT id FROM bench_user ORDER BY n'),
      resourceGroups: await ids(`SELECT id FROM bench_place WHERE kind = 'RESOURCE_GROUP' ORDER BY n`),
    };
  } finally {
    await client.end();
  }
}

const MEMBER = '00000000-0000-4000-8000-0000000000a1';
const TENANT_ROOT = '00000000-0000-4000-8000-000000000002';
const DIRECTORY = '00000000-0000-4000-8000-000000000001';

/** Every n-th of something gets every m-th of another: the same company at every run, but for its ids. */
const COMPANY = `
  CREATE TEMPORARY TABLE bench_user AS SELECT n, gen_random_uuid() AS id FROM generate_series(0, 19999) n;
  CREATE TEMPORARY TABLE bench_group AS SELECT n, gen_random_uuid() AS id, gen_random_uuid() AS scope_id FROM generate_series(0, 999) n;
  CREATE TEMPORARY TABLE bench_place AS
    SELECT n, 'SUBSCRIPTION' AS kind, gen_random_uuid() AS id, gen_random_uuid() AS subscription FROM generate_series(0, 49) n
    UNION ALL SELECT n, 'RESOURCE_GROUP', gen_random_uuid(), NULL FROM generate_series(0, 999) n;
  INSERT INTO principal (id, kind, display_name, user_principal_name, user_type)
    SELECT id, 'USER', 'Bench user ' || n, 'user' || n || '@bench.example', 'MEMBER' FROM bench_user;
  INSERT INTO principal (id, kind, display_name, role_assignable, security_enabled) SELECT id, 'GROUP', 'Bench group ' || n, false, true FROM bench_group;
  INSERT INTO principal (id, kind, display_name, app_id) SELECT gen_random_uuid(), 'SERVICE_PRINCIPAL', 'Bench application ' || n, gen_random_uuid() FROM generate_series(1, ${CALLERS}) n;
  INSERT INTO scope (id, provider, kind, path, display_name, principal_id) SELECT scope_id, 'GROUP', 'GROUP', '/groups/' || id, 'Bench group ' || n, id FROM bench_group;
  INSERT INTO scope (id, provider, kind, path, display_name, parent_id)
    SELECT id, 'AZURE_RESOURCE', kind, '/subscriptions/' || subscription, 'Bench', '${TENANT_ROOT}' FROM bench_place WHERE kind = 'SUBSCRIPTION';
  INSERT INTO scope (id, provider, kind, path, display_name, parent_id)
    SELECT g.id, 'AZURE_RESOURCE', g.kind, '/subscriptions/' || s.subscription || '/resourceGroups/group-' || g.n, 'Bench', s.id
    FROM bench_place g JOIN bench_place s ON s.kind = 'SUBSCRIPTION' AND s.n = g.n % 50 WHERE g.kind = 'RESOURCE_GROUP';
  CREATE TEMPORARY TABLE bench_access (provider text, role_id uuid, scope_id uuid, principal_id uuid, type text);
  INSERT INTO bench_access
    SELECT 'GROUP', '${MEMBER}'::uuid, g.scope_id, u.id, 'ACTIVE' FROM bench_user u CROSS JOIN generate_series(0, 2) k
      JOIN bench_group g ON g.n = (u.n * 7 + k * 331) % 1000
    UNION ALL SELECT 'GROUP', '${MEMBER}'::uuid, above.scope_id, g.id, 'ACTIVE' FROM bench_group g JOIN bench_group above ON above.n = g.n / 10 WHERE g.n >= 100
    UNION ALL SELECT 'AZURE_RESOURCE', '${AZURE_CONTRIBUTOR}'::uuid, p.id, u.id, 'ACTIVE' FROM bench_user u
      JOIN bench_place p ON p.kind = 'RESOURCE_GROUP' AND p.n = (u.n * 13) % 1000
    UNION ALL SELECT 'AZURE_RESOURCE', '${AZURE_READER}'::uuid, p.id, g.id, 'ACTIVE' FROM bench_group g
      JOIN bench_place p ON p.kind = 'SUBSCRIPTION' AND p.n = g.n % 50
    UNION ALL SELECT 'ENTRA_ROLE', '${PLAIN_ROLE}'::uuid, '${DIRECTORY}'::uuid, u.id, 'ELIGIBLE' FROM bench_user u WHERE u.n % 2 = 0
    UNION ALL SELECT 'ENTRA_ROLE', '${PLAIN_ROLE}'::uuid, '${DIRECTORY}'::uuid, u.id, 'ACTIVE' FROM bench_user u WHERE u.n % 4 = 1
    UNION ALL SELECT 'AZURE_RESOURCE', '${AZURE_READER}'::uuid, '${TENANT_ROOT}'::uuid, p.id, 'ACTIVE' FROM principal p WHERE p.display_name LIKE 'Bench application %';
  INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, created_at)
    SELECT gen_random_uuid(), provider, role_id, scope_id, principal_id, type, now() - interval '1 day', now() FROM bench_access;
  ANALYZE;`;

const FIELD = 'allowed conditional until';

/** About a user and a third each: a role of the directory, a role on a resource group, an operation there. */
function requests({ users, resourceGroups }: Company, tokens: readonly string[], size: number) {
  const input = (n: number) => {
    const user = (n * 7919) % users.length;
    const principal = globalId('User', users[user] as string);
    // Every second time where they are a contributor.
    const place = n % 2 === 0 ? user * 13 : n;
    const scope = { id: globalId('Scope', resourceGroups[place % resourceGroups.length] as string) };
    const reader = { role: globalId('Role', AZURE_READER) };
    if (n % 3 === 0) return { principal, access: { role: globalId('Role', PLAIN_ROLE) } };
    return { principal, scope, access: n % 3 === 1 ? reader : { action: 'Microsoft.Web/sites/write' } };
  };
  const names = Array.from({ length: size }, (_, index) => `c${index}`);
  const variables = names.map((name) => `$${name}: CheckAccessInput!`).join(', ');
  const fields = names.map((name) => `${name}: checkAccess(input: $${name}) { ${FIELD} }`).join(' ');
  const query = `query Check(${variables}) { ${fields} }`;
  const bodyOf = (from: number) =>
    JSON.stringify({ query, variables: Object.fromEntries(names.map((name, index) => [name, input(from + index)])) });
  return {
    requests: Array.from({ length: Math.ceil(QUESTIONS / size) }, (_, index) => ({
      token: tokens[index % tokens.length] as string,
      body: bodyOf(index * size),
    })),
    expected: '"allowed":',
    again: true,
  };
}
