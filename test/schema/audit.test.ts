/** Is the audit read like any other list, by whoever may, and does a stream go on from any of its entries? */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { globalId } from '../../schema/ids.ts';
import { persona } from '../../src/company/personas.ts';
import { type Anything, type Caller, open, startGateway, type TestGateway } from '../support/gateway.ts';
import { watchStatements } from '../support/statements.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
  // The sequencer has numbered what the demo company did.
  while ((await execute('SELECT FROM event WHERE position IS NULL LIMIT 1')).length > 0);
});
afterAll(() => gateway.close());

const execute = (statement: string) => gateway.database.em.fork().execute(statement) as Promise<Anything[]>;
const NAMES = 'actor { displayName } principal { id displayName } role { displayName } scope { path }';

async function list(caller: Caller, page: string, rest: string): Promise<Anything> {
  const { data, errors } = await gateway.ask(caller, `{ auditEvents(${page}) { ${rest} } }`);
  expect(errors).toBeUndefined();
  return data.auditEvents;
}

it('is whole and in order, page by page, from both ends', async () => {
  const whole = (await execute('SELECT position FROM event WHERE position IS NOT NULL ORDER BY position DESC')).map(
    ({ position }) => Number(position),
  );
  const mine: number[] = [];
  for (let after = ''; ; ) {
    const { nodes, pageInfo } = await list(
      'grace',
      `first: 900${after}`,
      'nodes { position } pageInfo { hasNextPage endCursor }',
    );
    mine.push(...nodes.map(({ position }: Anything) => position));
    if (!pageInfo.hasNextPage) break;
    after = `, after: "${pageInfo.endCursor}"`;
  }
  expect(mine).toEqual(mine.toSorted((one, other) => other - one));
  expect(whole).toEqual(expect.arrayContaining(mine));
  const { nodes, totalCount } = await list('grace', 'last: 5', 'totalCount nodes { position }');
  expect([totalCount, nodes.map(({ position }: Anything) => position)]).toEqual([mine.length, mine.slice(-5)]);
});

it('reads the entries with all that they name in one statement, and the same whatever else is asked', async () => {
  const fields = [
    'kind',
    'position',
    'cursor',
    'type',
    'at',
    'provider',
    'details',
    'assignment { id }',
    'request { id }',
  ];
  fields.push(...NAMES.split(/(?<=}) /));
  const all = (await list('grace', 'first: 80', `nodes { ${fields.join(' ')} }`)).nodes as Anything[];
  for (const field of fields) {
    const name = field.split(' ')[0] as string;
    const alone = (await list('grace', 'first: 80', `nodes { ${field} }`)).nodes;
    expect(alone).toEqual(all.map((node) => ({ [name]: node[name] })));
  }
  using statements = watchStatements();
  await list('grace', 'first: 200', `nodes { type at ${NAMES} }`);
  expect(statements.sent.filter(({ text }) => /^\/\* rows [\s\S]*FROM event e\b/.test(text))).toHaveLength(1);
  // The first says who asks.
  const others = statements.reads().slice(1);
  expect(others.filter(({ text }) => /FROM (principal|role|scope) \w WHERE/.test(text))).toEqual([]);
});

it('shows somebody without rights what they did and what concerned them', async () => {
  const { nodes } = await list('maya', 'first: 1000', 'nodes { actor { id } principal { id } }');
  const maya = globalId('User', persona('maya'));
  expect(nodes.length).toBeGreaterThan(0);
  const groups = (await gateway.ask('maya', '{ me { active { nodes { via { id } } } } }')).data.me.active.nodes;
  const own = [maya, ...groups.map(({ via }: Anything) => via?.id)];
  expect(nodes.every(({ actor, principal }: Anything) => actor?.id === maya || own.includes(principal?.id))).toBe(true);
});

it.each([
  ['types: [ASSIGNMENT_ACTIVATED]', "type = 'assignment.activated'"],
  ['providers: []', 'false'],
  [`actors: ["${globalId('User', persona('maya'))}"]`, `actor_id = '${persona('maya')}'`],
  [`principals: ["${globalId('User', persona('maya'))}"]`, `principal_id = '${persona('maya')}'`],
  ['from: "2026-01-01T00:00:00Z", until: "2026-01-02T00:00:00Z"', "at >= '2026-01-01' AND at < '2026-01-02'"],
  ['from: "2026-06-01T00:00:00Z"', "at >= '2026-06-01'"],
])('{ %s } is a filter of it', async (filter, where) => {
  const { totalCount } = await list(
    'grace',
    `filter: { providers: [ENTRA_ROLE], ${filter} }`.replace('providers: [ENTRA_ROLE], providers', 'providers'),
    'totalCount',
  );
  const [{ count }] = await execute(
    `SELECT count(*)::int AS count FROM event WHERE position IS NOT NULL AND provider = 'ENTRA_ROLE' AND ${where}`,
  );
  expect(totalCount).toBe(count);
});

it('has a cursor in each entry from which a stream goes on', async () => {
  const { nodes } = await list('grace', 'first: 3', 'nodes { position cursor }');
  const stream = await open(
    gateway,
    'WebSocket',
    'grace',
    'subscription ($after: Cursor) { auditEvents(after: $after) { position } }',
    {
      after: nodes[2].cursor,
    },
  );
  const items = await stream.atLeast(2);
  stream.stop();
  expect(items.slice(0, 2).map(({ data }) => data.auditEvents.position)).toEqual([
    nodes[1].position,
    nodes[0].position,
  ]);
});

describe('what cannot be used', () => {
  it.each([
    ['filter: { from: "2026-01-02T00:00:00Z", until: "2026-01-01T00:00:00Z" }', 'CONTRADICTING_FILTER'],
    ['first: 1001', 'PAGE_TOO_LARGE'],
    [`after: "${Buffer.from(JSON.stringify(['auditEvents', 'x'])).toString('base64url')}"`, 'BAD_CURSOR'],
    [`after: "${Buffer.from(JSON.stringify(['requests', '1'])).toString('base64url')}"`, 'BAD_CURSOR'],
  ])('%s is refused with %s', async (page, code) => {
    const { status, errors } = await gateway.ask('grace', `{ auditEvents(${page}) { totalCount nodes { position } } }`);
    expect([status, errors?.[0]?.extensions.code]).toEqual([400, code]);
  });
});
