/**
 * What does it cost to execute a document by a plan, and what by graphql-js alone? Both in this process, in turns, over rows in
 * memory: neither HTTP nor a database is in it, and the answer is made a string in the end.
 */
import { execute, type GraphQLObjectType, parse } from 'graphql';
import { globalId } from '../../schema/ids.ts';
import { createSchema } from '../../schema/schema.ts';
import { compiledExecution, type Execute } from '../../src/server/compiled.ts';
import { stringifyWritten } from '../../src/server/written.ts';
import { median, report } from './report.ts';

const ROUNDS = 9;
const ROUND_MILLISECONDS = 600;

const ASSIGNMENTS = parse(`query Assignments($first: Int) {
  assignments(first: $first) {
    nodes {
      id type state startsAt endsAt
      principal { id displayName } role { id displayName provider } scope { id displayName path }
    }
    pageInfo { hasNextPage endCursor }
  }
}`);

export async function bench(): Promise<void> {
  const schema = createSchema();
  const fields = (type: string) => (schema.getType(type) as GraphQLObjectType).getFields();
  const sizes = { 'a list of 1,000 assignments': 1_000, 'a list of 5 assignments': 5 };
  const measures = [];
  for (const [what, size] of Object.entries(sizes)) {
    Object.assign(fields('Query').assignments as object, { resolve: () => page(size) });
    const compiled = compiledExecution(schema);
    const run = (executor: Execute) => milliseconds(async () => JSON.stringify(await executor(asked)));
    const asked = { schema, document: ASSIGNMENTS, contextValue: CONTEXT, variableValues: { first: size } };
    const text = () => milliseconds(async () => stringifyWritten(await compiled(asked, 'written')));
    const rounds: { plan: number; text: number; alone: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push({ plan: await run(compiled), text: await text(), alone: await run(execute as Execute) });
    }
    const part = median(rounds.map(({ plan, alone }) => plan / alone));
    measures.push(
      { what: `${what}: by a plan, ms of processor`, value: median(rounds.map(({ plan }) => plan)) },
      { what: `${what}: by a plan that writes text, ms of processor`, value: median(rounds.map(({ text }) => text)) },
      { what: `${what}: by graphql-js, ms of processor`, value: median(rounds.map(({ alone }) => alone)) },
      { what: `${what}: a plan's part of graphql-js's`, value: part, gate: 0.8 },
      {
        what: `${what}: the part of one that writes text`,
        value: median(rounds.map(({ text, alone }) => text / alone)),
        gate: 0.6,
      },
    );
  }
  report('execution', measures);
}

/** Processor time of one call. */
async function milliseconds(call: () => Promise<unknown>): Promise<number> {
  const end = performance.now() + ROUND_MILLISECONDS;
  const before = process.cpuUsage();
  let count = 0;
  for (; performance.now() < end; count++) await call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / count;
}

const ID = '00000000-0000-4000-8000-000000000001';
const PRINCIPAL = { id: ID, kind: 'USER', displayName: 'Maya Lindqvist', __typename: 'User' };
const ROLE = { id: ID, provider: 'AZURE_RESOURCE', displayName: 'Contributor' };
const SCOPE = { id: ID, path: '/subscriptions/retail', displayName: 'Retail' };
const found = (row: object) => ({ load: () => Promise.resolve(row) });
const CONTEXT = { loaders: { principal: found(PRINCIPAL), role: found(ROLE), scope: found(SCOPE) } };

/** With the rows of the other tables at hand, as a view that joins them gives them. */
function page(size: number) {
  const [startsAt, endsAt] = ['2026-01-01 00:00:00+00', '2027-01-01 00:00:00+00'];
  const row = { id: ID, type: 'ACTIVE', state: 'ASSIGNED', startsAt, endsAt, principalId: ID, roleId: ID, scopeId: ID };
  const nodes = Array.from({ length: size }, () => ({ ...row, principal: PRINCIPAL, role: ROLE, scope: SCOPE }));
  const cursors = nodes.map(() => globalId('Assignment', ID));
  return { nodes, cursors, hasNextPage: true, hasPreviousPage: false, count: () => size };
}
