/** Is every list whole, in order and cheap: page by page, from both ends, and counted only when somebody asks? */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { globalId } from '../../schema/ids.ts';
import { persona } from '../../src/company/personas.ts';
import { GROUP_MEMBER } from '../../src/decision/role.ts';
import { type Anything, type Caller, startGateway, type TestGateway } from '../support/gateway.ts';
import { watchStatements } from '../support/statements.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const execute = (statement: string, parameters: unknown[] = []) =>
  gateway.database.em.fork().execute(statement, parameters) as Promise<Anything[]>;

async function page(caller: Caller, list: string, page: string, rest = ''): Promise<Anything> {
  const { data, errors } = await gateway.ask(
    caller,
    `{ ${list}(${page}) { nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } ${rest} } }`,
  );
  expect(errors).toBeUndefined();
  return data[list];
}

/** Whole lists in their order, straight from the tables. */
const WHOLE: [string, string, string, string][] = [
  ['principals', '', 'principal', 'SELECT id, kind FROM principal WHERE deleted_at IS NULL ORDER BY display_name, id'],
  ['roles', ', filter: { builtIn: true }', 'Role', 'SELECT id FROM role WHERE built_in ORDER BY display_name, id'],
  [
    'scopes',
    ', filter: { providers: [GROUP, ENTRA_ROLE] }',
    'Scope',
    "SELECT id FROM scope WHERE provider <> 'AZURE_RESOURCE' ORDER BY path, id",
  ],
  [
    'assignments',
    ', filter: { providers: [ENTRA_ROLE], phases: [FUTURE, IN_FORCE, ENDED] }',
    'Assignment',
    "SELECT id FROM assignment WHERE provider = 'ENTRA_ROLE' ORDER BY created_at DESC, id DESC",
  ],
  [
    'requests',
    ', filter: { providers: [ENTRA_ROLE] }',
    'Request',
    "SELECT id FROM request WHERE provider = 'ENTRA_ROLE' ORDER BY created_at DESC, id DESC",
  ],
];
const TYPE = {
  USER: 'User',
  GROUP: 'Group',
  SERVICE_PRINCIPAL: 'ServicePrincipal',
  MANAGED_IDENTITY: 'ManagedIdentity',
} as const;

describe.each(WHOLE)('%s', (list, filter, type, statement) => {
  const whole = async () =>
    (await execute(statement)).map(({ id, kind }) =>
      globalId(kind ? TYPE[kind as keyof typeof TYPE] : (type as never), id),
    );

  it('is whole and in order, page by page, forwards', async () => {
    const ids: string[] = [];
    let after = '';
    for (;;) {
      const { nodes, edges, pageInfo } = await page('grace', list, `first: 173${filter}${after}`);
      ids.push(...nodes.map(({ id }: { id: string }) => id));
      expect(edges.map(({ node }: Anything) => node)).toEqual(nodes);
      expect([pageInfo.startCursor, pageInfo.endCursor]).toEqual([edges[0].cursor, edges.at(-1).cursor]);
      expect(pageInfo.hasPreviousPage).toBe(after !== '');
      if (!pageInfo.hasNextPage) break;
      after = `, after: "${pageInfo.endCursor}"`;
    }
    expect(ids).toEqual(await whole());
  });

  it('is whole and in order, page by page, backwards', async () => {
    const ids: string[] = [];
    let before = '';
    for (;;) {
      const { nodes, pageInfo } = await page('grace', list, `last: 211${filter}${before}`);
      ids.unshift(...nodes.map(({ id }: { id: string }) => id));
      expect(pageInfo.hasNextPage).toBe(before !== '');
      if (!pageInfo.hasPreviousPage) break;
      before = `, before: "${pageInfo.startCursor}"`;
    }
    expect(ids).toEqual(await whole());
  });

  it('gives 50 rows when nobody says how many, none when asked for none, and a window between two cursors', async () => {
    const all = await whole();
    const head = await page('grace', list, filter.slice(2) || 'first: null');
    expect(head.nodes).toHaveLength(Math.min(50, all.length));
    const none = await page('grace', list, `first: 0${filter}`);
    expect(none.nodes).toEqual([]);
    expect(none.pageInfo).toMatchObject({ startCursor: null, endCursor: null, hasNextPage: true });
    const [first, , , fourth] = head.edges;
    const window = await page('grace', list, `after: "${first.cursor}", before: "${fourth.cursor}"${filter}`);
    expect(window.nodes.map(({ id }: { id: string }) => id)).toEqual(all.slice(1, 3));
  });

  it('counts its rows only when somebody asks, whatever the page', async () => {
    const counts = (statements: ReturnType<typeof watchStatements>) =>
      statements.reads().filter(({ text }) => /count\(\*\)/i.test(text)).length;
    using statements = watchStatements();
    await page('grace', list, `first: 3${filter}`);
    expect(counts(statements)).toBe(0);
    const { totalCount } = await page('grace', list, `first: 3${filter}`, 'totalCount again: totalCount');
    expect(counts(statements)).toBe(1);
    expect(totalCount).toBe((await whole()).length);
  });

  it('goes on behind a row that is gone meanwhile', async () => {
    const { edges } = await page('grace', list, `first: 3${filter}`);
    const [, key, ...rest] = JSON.parse(Buffer.from(edges[1].cursor, 'base64url').toString());
    const gone = Buffer.from(JSON.stringify([list, key, ...rest])).toString('base64url');
    const { nodes } = await page('grace', list, `first: 1, after: "${gone}"${filter}`);
    expect(nodes[0]).toEqual(edges[2].node);
  });
});

const NAMED = ['principal', 'role', 'scope']
  .map((noun) => `EXISTS (SELECT FROM ${noun} n WHERE n.id = x.${noun}_id AND n.display_name ILIKE '%lind%')`)
  .join(' OR ');
const ACTIVATED = 'SELECT FROM assignment x WHERE x.eligibility_id = a.id';

/** Of the assignments of Entra roles in force. */
const ASSIGNMENT_FILTERS: [string, string][] = [
  ['roleCategory: "identity"', "role_id IN (SELECT id FROM role WHERE 'identity' = ANY(categories))"],
  ['privileged: true', 'role_id IN (SELECT id FROM role WHERE privileged)'],
  ['privileged: false', 'role_id IN (SELECT id FROM role WHERE NOT privileged)'],
  ['endsAfter: "2026-01-01T00:00:00Z"', "ends_at > '2026-01-01'"],
  ['permanent: false, endsBefore: "9000-01-01T00:00:00Z"', 'ends_at IS NOT NULL'],
  ['neverActivated: true', `type = 'ELIGIBLE' AND NOT EXISTS (${ACTIVATED})`],
  ['neverActivated: false', `type = 'ELIGIBLE' AND EXISTS (${ACTIVATED})`],
  [
    'lastActivatedBefore: "9000-01-01T00:00:00Z", types: [ELIGIBLE, ACTIVE]',
    `type = 'ELIGIBLE' AND EXISTS (${ACTIVATED} AND x.starts_at <= clock_timestamp())`,
  ],
  ['lastActivatedBefore: "2001-01-01T00:00:00Z"', 'false'],
  [
    `createdBy: ["${globalId('User', persona('olga'))}", "${globalId('User', persona('maya'))}"]`,
    `request_id IN (SELECT id FROM request WHERE requestor_id IN ('${persona('olga')}', '${persona('maya')}'))`,
  ],
  ['search: "LIND"', `EXISTS (SELECT FROM assignment x WHERE x.id = a.id AND (${NAMED}))`],
  ['search: "l%d"', 'false'],
];

describe('filters', () => {
  const SQL_IN_FORCE = 'during @> clock_timestamp()';
  const cases: [string, string, string, string][] = [
    ['principals', 'kinds: [GROUP]', 'principal', "kind = 'GROUP'"],
    ['principals', 'startsWith: "mAyA l"', 'principal', "display_name = 'Maya Lindholm'"],
    ['principals', 'startsWith: "%"', 'principal', 'false'],
    ['principals', 'startsWith: "_"', 'principal', "display_name LIKE '\\_%'"],
    ['principals', 'enabled: false', 'principal', 'NOT enabled'],
    ['principals', 'roleAssignable: true, kinds: [GROUP, USER]', 'principal', 'role_assignable'],
    ['principals', 'kinds: []', 'principal', 'false'],
    ['roles', 'providers: [GROUP]', 'role', "provider = 'GROUP'"],
    ['roles', 'privileged: true, builtIn: true', 'role', 'privileged AND built_in'],
    ['roles', 'assignable: false', 'role', 'NOT (assignable AND NOT deprecated)'],
    ['scopes', 'kinds: [ADMINISTRATIVE_UNIT, DIRECTORY]', 'scope', "kind IN ('ADMINISTRATIVE_UNIT', 'DIRECTORY')"],
    [
      'assignments',
      'types: [ELIGIBLE], providers: [ENTRA_ROLE]',
      'assignment',
      `type = 'ELIGIBLE' AND provider = 'ENTRA_ROLE' AND ${SQL_IN_FORCE}`,
    ],
    [
      'assignments',
      'states: [ACTIVATED], providers: [ENTRA_ROLE], phases: [IN_FORCE, ENDED]',
      'assignment',
      "state = 'ACTIVATED' AND provider = 'ENTRA_ROLE' AND starts_at <= clock_timestamp()",
    ],
    [
      'assignments',
      'permanent: true, providers: [ENTRA_ROLE]',
      'assignment',
      `ends_at IS NULL AND provider = 'ENTRA_ROLE' AND ${SQL_IN_FORCE}`,
    ],
    [
      'assignments',
      'phases: [FUTURE], providers: [ENTRA_ROLE]',
      'assignment',
      "starts_at > clock_timestamp() AND provider = 'ENTRA_ROLE'",
    ],
    ['assignments', 'phases: []', 'assignment', 'false'],
    ...ASSIGNMENT_FILTERS.map(([filter, where]): [string, string, string, string] => [
      'assignments',
      `providers: [ENTRA_ROLE], ${filter}`,
      'assignment a',
      `provider = 'ENTRA_ROLE' AND ${where} AND ${SQL_IN_FORCE}`,
    ]),
    ['principals', 'search: " LIND"', 'principal', "display_name ILIKE '%lind%' OR user_principal_name ILIKE '%lind%'"],
    ['principals', 'search: "%%%"', 'principal', 'false'],
    ['roles', 'search: "curity"', 'role', "display_name ILIKE '%curity%'"],
    ['scopes', 'search: "irector", kinds: [DIRECTORY]', 'scope', "kind = 'DIRECTORY'"],
    [
      'requests',
      `requestors: ["${globalId('User', persona('maya'))}"], providers: [ENTRA_ROLE]`,
      'request',
      `requestor_id = '${persona('maya')}' AND provider = 'ENTRA_ROLE'`,
    ],
    ['requests', 'search: "lind", providers: [ENTRA_ROLE]', 'request x', `provider = 'ENTRA_ROLE' AND (${NAMED})`],
    [
      'assignments',
      `principals: ["${globalId('User', persona('maya'))}"]`,
      'assignment',
      `principal_id = '${persona('maya')}' AND ${SQL_IN_FORCE}`,
    ],
    [
      'requests',
      'actions: [SELF_ACTIVATE], providers: [ENTRA_ROLE]',
      'request',
      "action = 'SELF_ACTIVATE' AND provider = 'ENTRA_ROLE'",
    ],
    [
      'requests',
      'statuses: [DENIED], providers: [ENTRA_ROLE]',
      'request',
      "status = 'DENIED' AND provider = 'ENTRA_ROLE'",
    ],
    [
      'requests',
      'statuses: [TIMED_OUT], providers: [ENTRA_ROLE]',
      'request',
      "(status = 'TIMED_OUT' OR status = 'PENDING_APPROVAL' AND expires_at <= now()) AND provider = 'ENTRA_ROLE'",
    ],
  ];

  it.each(cases)('%s with { %s }', async (list, filter, table, where) => {
    const { totalCount } = await page('grace', list, `first: 1, filter: { ${filter} }`, 'totalCount');
    const [{ count }] = await execute(`SELECT count(*)::int AS count FROM ${table} WHERE ${where}`);
    expect(totalCount).toBe(count);
  });

  it.each([
    ['in other letters', (path: string) => path.toUpperCase()],
    ['with a slash at the end', (path: string) => `${path}/`],
  ])('below a scope, its path %s', async (_how, change) => {
    const [{ id, path }] = await execute("SELECT id, path FROM scope WHERE display_name = 'Retail Production'");
    const [{ count }] = await execute('SELECT count(*)::int AS count FROM scope_ancestor WHERE ancestor_id = ?', [id]);
    const { totalCount } = await page('owen', 'scopes', `first: 1, filter: { below: "${change(path)}" }`, 'totalCount');
    expect([count > 5, totalCount]).toEqual([true, count]);
  });

  it('below a path that only begins like a scope finds nothing', async () => {
    const [{ path }] = await execute("SELECT path FROM scope WHERE display_name = 'Retail Production'");
    const { totalCount } = await page(
      'owen',
      'scopes',
      `first: 1, filter: { below: "${path.slice(0, -1)}" }`,
      'totalCount',
    );
    expect(totalCount).toBe(0);
  });
});

describe('orders', () => {
  const DAY = 'providers: [ENTRA_ROLE], phases: [FUTURE, IN_FORCE, ENDED]';
  const ORDERS: [string, string, string, string, string][] = [
    ['assignments', 'STARTS_AT', DAY, 'assignment', 'starts_at'],
    ['assignments', 'ENDS_AT', DAY, 'assignment', "coalesce(ends_at, 'infinity')"],
    ['assignments', 'CREATED_AT', DAY, 'assignment', 'created_at'],
    [
      'assignments',
      'PRINCIPAL_NAME',
      DAY,
      'assignment',
      '(SELECT display_name FROM principal p WHERE p.id = principal_id)',
    ],
    [
      'requests',
      'PRINCIPAL_NAME',
      'providers: [ENTRA_ROLE]',
      'request',
      '(SELECT display_name FROM principal p WHERE p.id = principal_id)',
    ],
    ['requests', 'CREATED_AT', 'providers: [ENTRA_ROLE]', 'request', 'created_at'],
    ['principals', 'DISPLAY_NAME', 'kinds: [GROUP]', "(SELECT * FROM principal WHERE kind = 'GROUP')", 'display_name'],
    ['principals', 'CREATED_AT', 'kinds: [GROUP]', "(SELECT * FROM principal WHERE kind = 'GROUP')", 'created_at'],
    [
      'scopes',
      'DISPLAY_NAME',
      'providers: [GROUP, ENTRA_ROLE]',
      "(SELECT * FROM scope WHERE provider <> 'AZURE_RESOURCE')",
      'display_name',
    ],
  ];
  const cases = ORDERS.flatMap((order) => ['ASC', 'DESC'].map((direction) => [...order, direction] as const));

  it.each(cases)('%s by %s of { %s } of %s by %s, %s', async (list, field, filter, table, by, direction) => {
    const of = { scopes: '', principals: 'WHERE deleted_at IS NULL' }[list] ?? "WHERE provider = 'ENTRA_ROLE'";
    const rows = await execute(`SELECT id FROM ${table} t ${of} ORDER BY ${by} ${direction}, id ${direction}`);
    const types = { assignments: 'Assignment', requests: 'Request', scopes: 'Scope', principals: 'Group' };
    const type = types[list as keyof typeof types] as 'Scope';
    const orderBy = `orderBy: { field: ${field}, direction: ${direction} }, filter: { ${filter} }`;
    const ids: string[] = [];
    for (let after = ''; ; ) {
      const { nodes, pageInfo } = await page('grace', list, `first: 230, ${orderBy}${after}`);
      ids.push(...nodes.map(({ id }: { id: string }) => id));
      if (!pageInfo.hasNextPage) break;
      after = `, after: "${pageInfo.endCursor}"`;
    }
    expect(ids).toEqual(rows.map(({ id }) => globalId(type, id)));
    const { nodes: last } = await page('grace', list, `last: 7, ${orderBy}`);
    expect(last.map(({ id }: { id: string }) => id)).toEqual(ids.slice(-7));
  });
});

describe('members of a group', () => {
  const members = async (caller: Caller, list: string, group: string) =>
    (await page(caller, list, `first: 1000, filter: { memberOf: ["${globalId('Group', group)}"] }`)).nodes;
  /** Somebody holds a role, and belongs to a group only through another one. */
  const nested = async () => {
    const [row] = await execute(`SELECT up.principal_id AS outer, low.principal_id AS inner
      FROM assignment n JOIN scope up ON up.id = n.scope_id JOIN scope low ON low.principal_id = n.principal_id AND low.kind = 'GROUP'
      JOIN principal g ON g.id = low.principal_id AND g.deleted_at IS NULL JOIN principal h ON h.id = up.principal_id AND h.deleted_at IS NULL
      WHERE n.role_id = '${GROUP_MEMBER}' AND n.type = 'ACTIVE' AND n.during @> clock_timestamp()
        AND EXISTS (SELECT FROM assignment m WHERE m.scope_id = low.id AND m.role_id = '${GROUP_MEMBER}' AND m.type = 'ACTIVE' AND m.during @> clock_timestamp())
      LIMIT 1`);

    return row as { outer: string; inner: string };
  };

  it('are those in its groups as well, for whoever may see who is a member', async () => {
    const { outer, inner } = await nested();
    const ids = async (group: string) => (await members('uma', 'principals', group)).map(({ id }: Anything) => id);
    const [all, some] = [await ids(outer), await ids(inner)];
    expect(some.length).toBeGreaterThan(0);
    expect(all).toEqual(expect.arrayContaining([...some, globalId('Group', inner)]));
  });

  it('are nobody for whoever may not', async () => {
    const { inner } = await nested();
    const [{ id }] =
      await execute(`SELECT p.id FROM principal p WHERE p.kind = 'USER' AND p.user_type = 'MEMBER' AND p.enabled
      AND NOT EXISTS (SELECT FROM assignment a WHERE a.principal_id = p.id) LIMIT 1`);
    const somebody = { token: await gateway.tokenOf(id) };
    expect(await members(somebody, 'principals', inner)).toEqual([]);
    expect((await page(somebody, 'principals', 'first: 1')).nodes).toHaveLength(1);
  });
});

describe('statements', () => {
  const operations: [string, string, number][] = [
    ['me', '{ me { principal { displayName } manages } }', 2],
    [
      'a page of 200 assignments with everything',
      `{ assignments(first: 200, filter: { types: [ELIGIBLE] }) { totalCount nodes { id principal { id displayName } role { displayName } scope { path parent { path } } via { id }
        eligibility { id } activation { maximumDuration requires approvers { displayName } } } } }`,
      // Who asks, the page, its count, parents of scopes and groups.
      5,
    ],
    [
      'a page of 200 requests with everything',
      '{ requests(first: 200) { nodes { id principal { id } requestor { id } role { id } scope { id parent { id } } } } }',
      3,
    ],
    [
      'a page of assignments by everything that is looked at first',
      '{ assignments(first: 5, filter: { below: "/", privileged: true, search: "lind" }, orderBy: { field: STARTS_AT }) { nodes { id principal { id } role { id } scope { id } } } }',
      // Who asks, scopes, roles and names, and the page.
      5,
    ],
    ['a page of 1,000 principals', '{ principals(first: 1000) { nodes { __typename id displayName } } }', 2],
    [
      'what is mine',
      '{ me { eligible { nodes { role { id } scope { id } activation { requires } } } active { nodes { role { id } scope { id } } } approvals { totalCount } } }',
      4,
    ],
  ];

  it.each(operations)('%s takes a fixed number of them', async (_what, query, most) => {
    await gateway.ask('grace', query);
    using statements = watchStatements();
    const { errors } = await gateway.ask('grace', query);
    expect(errors).toBeUndefined();
    expect(statements.reads().length).toBeLessThanOrEqual(most);
  });

  it('a hundred ids of one type take one', async () => {
    const rows = await execute('SELECT id FROM assignment LIMIT 100');
    using statements = watchStatements();
    const { data } = await gateway.ask('grace', 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: rows.map(({ id }) => globalId('Assignment', id)),
    });
    expect(data.nodes).toHaveLength(100);
    expect(statements.reads()).toHaveLength(2);
  });
});

it('goes on behind a row with the longest name', async () => {
  for (const [n, letter] of ['あ', 'い'].entries()) {
    await execute(`INSERT INTO principal (id, kind, display_name, security_enabled) VALUES
      ('00000000-0000-4000-9000-0000000ab0c${n}', 'GROUP', repeat('${letter}', 2000), true)`);
  }
  const orderBy = 'orderBy: { field: DISPLAY_NAME, direction: DESC }';
  const { nodes, pageInfo } = await page('grace', 'principals', `first: 1, ${orderBy}`);
  const next = await page('grace', 'principals', `first: 1, ${orderBy}, after: "${pageInfo.endCursor}"`);
  const ids = [...nodes, ...next.nodes].map(({ id }: { id: string }) => id);
  expect(ids).toEqual([1, 0].map((n) => globalId('Group', `00000000-0000-4000-9000-0000000ab0c${n}`)));
});

it('gives every node by its id again, alone and among others', async () => {
  const { data } = await gateway.ask(
    'grace',
    `{ ${WHOLE.map(([list]) => `${list}(first: 20) { nodes { __typename id } }`).join(' ')} }`,
  );
  const nodes: { __typename: string; id: string }[] = Object.values<Anything>(data).flatMap((list) => list.nodes);
  expect(new Set(nodes.map(({ __typename }) => __typename)).size).toBeGreaterThanOrEqual(5);
  const again = await gateway.ask('grace', 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }', {
    ids: nodes.map(({ id }) => id),
  });
  expect(again.data.nodes).toEqual(nodes);
  for (const node of nodes.filter((_, index) => index % 20 === 0)) {
    const one = await gateway.ask('grace', 'query ($id: ID!) { node(id: $id) { __typename id } }', { id: node.id });
    expect(one.data.node).toEqual(node);
  }
});
