/** Does a list answer the same whatever else is asked of it, and with how many statements? */
import {
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  getNamedType,
  isCompositeType,
  isInterfaceType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { globalId } from '../../schema/ids.ts';
import { createSchema } from '../../schema/schema.ts';
import { TENANT_ROOT_SCOPE } from '../../src/decision/role.ts';
import { type Anything, startGateway, type TestGateway } from '../support/gateway.ts';
import { AZURE_CONTRIBUTOR, AZURE_READER, rowsOf } from '../support/rows.ts';
import { watchStatements } from '../support/statements.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const schema = createSchema();

/** Everything that can be asked of a row, and of the rows it names one level down. */
function fieldsOf(typeName: string, depth = 1): string[] {
  const type = schema.getType(typeName) as GraphQLObjectType | GraphQLInterfaceType;
  if (isInterfaceType(type)) {
    const own = Object.keys(type.getFields());
    const more = schema.getPossibleTypes(type).flatMap((each) => {
      const fields = Object.keys(each.getFields()).filter((name) => !own.includes(name));
      return fields.map((name) => `... on ${each.name} { ${name} }`);
    });
    return ['__typename', ...own, ...more];
  }
  return Object.values(type.getFields()).flatMap(({ name, type: of }) => {
    const below = getNamedType(of);
    if (!isCompositeType(below)) return [name];
    if (depth === 0 || /rules$/i.test(name)) return [`${name} { __typename }`];
    return fieldsOf(below.name, 0).map((field) => `${name} { ${field} }`);
  });
}

const LISTS: [string, string][] = [
  ['principals', 'Principal'],
  ['roles', 'Role'],
  ['scopes', 'Scope'],
  ['assignments', 'Assignment'],
  ['requests', 'Request'],
  ['rolePolicies', 'RolePolicy'],
];

async function nodes(list: string, selection: string): Promise<Anything[]> {
  const { data, errors } = await gateway.ask('grace', `{ ${list}(first: 60) { nodes { ${selection} } } }`);
  expect(errors).toBeUndefined();
  return data[list].nodes;
}

describe.each(LISTS)('%s', (list, typeName) => {
  it('says of each field alone what the row says of it by its id', async () => {
    const ids = (await nodes(list, 'id')).map(({ id }) => id);
    for (const field of fieldsOf(typeName)) {
      const alone = await nodes(list, field);
      const on = typeName === 'Principal' ? field : `... on ${typeName} { ${field} }`;
      const document = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on ${typeName} { ${on} } } }`;
      const byId = (await gateway.ask('grace', document, { ids })).data.nodes;
      expect(alone, field).toEqual(byId);
    }
  });
});

it('an activation does not show the eligible assignment above to whoever sees only what is below', async () => {
  const rows = rowsOf(gateway.database);
  const above = await rows.scope('RESOURCE_GROUP', TENANT_ROOT_SCOPE, '/above');
  const below = await rows.scope('RESOURCE', above, '/above/below');
  const [una, reader, wide] = await Promise.all([rows.user(), rows.user(), rows.user()]);
  const azure = { provider: 'AZURE_RESOURCE', role: AZURE_CONTRIBUTOR } as const;
  const eligibility = await rows.assignment({ ...azure, principal: una, scope: above, type: 'ELIGIBLE' });
  await rows.assignment({ ...azure, principal: una, scope: below, eligibility, ends: 60 });
  for (const [principal, scope] of [
    [reader, below],
    [wide, above],
  ] as const) {
    await rows.assignment({ ...azure, role: AZURE_READER, principal, scope });
  }
  const read = async (who: string, fields: string) => {
    const query = `{ assignments(filter: { states: [ACTIVATED], below: "/above/below" }) { nodes { eligibility { ${fields} } } } }`;
    const { data } = await gateway.ask({ token: await gateway.tokenOf(who) }, query);
    return data.assignments.nodes;
  };
  for (const fields of ['id', 'id principal { id }']) {
    expect(await read(reader, fields), fields).toEqual([{ eligibility: null }]);
    for (const who of [wide, una]) {
      expect(await read(who, fields), fields).toMatchObject([
        { eligibility: { id: globalId('Assignment', eligibility) } },
      ]);
    }
  }
});

describe('one statement', () => {
  const count = async (query: string, variables?: object) => {
    await gateway.ask('grace', query, variables);
    using statements = watchStatements();
    const { errors } = await gateway.ask('grace', query, variables);
    expect(errors).toBeUndefined();
    // The first says who asks.
    return statements.reads().slice(1);
  };
  const NAMES = 'principal { displayName } role { displayName } scope { path }';

  it('reads a list with everything that its rows name', async () => {
    expect(await count(`{ assignments(first: 200) { nodes { id ${NAMES} } } }`)).toHaveLength(1);
    expect(await count(`{ requests(first: 200) { nodes { id ${NAMES} requestor { displayName } } } }`)).toHaveLength(1);
    expect(await count('{ rolePolicies { nodes { id role { displayName } scope { path } } } }')).toHaveLength(1);
    expect(await count('{ assignments(first: 200) { nodes { eligibility { id startsAt } } } }')).toHaveLength(1);
  });

  it.each([
    'eligibility { id role @include(if: $yes) { displayName } }',
    'a: eligibility { id } b: eligibility @include(if: $yes) { role { displayName } }',
    'eligibility { id ...Named @include(if: $yes) }',
  ])('reads them also where a directive leaves out what they name: %s', async (field) => {
    const fragment = field.includes('Named') ? 'fragment Named on Assignment { scope { path } }' : '';
    const query = `query ($yes: Boolean!) { assignments(first: 200) { nodes { id ${field} } } } ${fragment}`;
    const [without, whole] = await Promise.all([false, true].map((yes) => gateway.ask('grace', query, { yes })));
    expect([without?.errors, whole?.errors]).toEqual([undefined, undefined]);
    const ids = ({ data }: Anything) =>
      data.assignments.nodes.map(({ eligibility, a }: Anything) => (eligibility ?? a)?.id ?? null);
    expect(ids(without)).toEqual(ids(whole));
    expect(ids(without).some((id: string | null) => id !== null)).toBe(true);
  });

  it('reads what eligible assignments name with one more', async () => {
    const names = `eligibility { id ${NAMES} via { id } }`;
    expect(await count(`{ assignments(first: 200) { nodes { ${names} } } }`)).toHaveLength(2);
  });

  it('reads it through fragments, aliases and edges, and with a field that a variable leaves out or not', async () => {
    const query = `query ($roles: Boolean!) { ...List }
      fragment List on Query { list: assignments(first: 200) { edges { node { ...Row } } } }
      fragment Row on Node { id ... on Assignment { holder: principal { ...Name } role @include(if: $roles) { displayName } } }
      fragment Name on Principal { ... on User { mail } ... on Node { id } }`;
    for (const roles of [false, true]) {
      expect(await count(query, { roles })).toHaveLength(1);
      const { data } = await gateway.ask('grace', query, { roles });
      expect(data.list.edges.every(({ node }: Anything) => 'role' in node === roles)).toBe(true);
    }
  });

  it('reads what an operation asks for in several places, and what another one of the same document asks for', async () => {
    const document = `query A { ...L ... { assignments(first: 9) { totalCount nodes { role { displayName } } } } }
      query B { ...L } fragment L on Query { assignments(first: 9) { nodes { id } } }`;
    const run = async (operationName: string) =>
      JSON.parse((await gateway.post('grace', JSON.stringify({ query: document, operationName }))).text).data;
    const [b, a, again] = [await run('B'), await run('A'), await run('B')];
    expect(a.assignments.nodes.map(({ id }: Anything) => ({ id }))).toEqual(b.assignments.nodes);
    expect(a.assignments.nodes.every(({ role }: Anything) => role.displayName.length > 0)).toBe(true);
    expect(again).toEqual(b);
  });

  it('reads nothing but the count where nobody looks at the page', async () => {
    const [statement, ...others] = await count('{ assignments { totalCount } }');
    expect([statement?.text.includes('count(*)'), others]).toEqual([true, []]);
  });

  it('counts the rows of the page where they are all that there are', async () => {
    const list = (page: string) =>
      `{ requests(${page}) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } }`;
    const { nodes, totalCount, pageInfo } = (await gateway.ask('grace', list('first: 1000'))).data.requests;
    expect([totalCount, pageInfo.hasNextPage]).toEqual([nodes.length, false]);
    for (const [page, length] of [
      ['first: 1000', 1],
      ['last: 1000', 1],
      [`first: ${totalCount}`, 1],
      ['first: 3', 2],
      [`first: 1000, after: "${pageInfo.endCursor}"`, 2],
      [`last: 1000, before: "${pageInfo.endCursor}"`, 2],
    ] as const) {
      expect(await count(list(page)), page).toHaveLength(length);
      expect((await gateway.ask('grace', list(page))).data.requests.totalCount, page).toBe(totalCount);
    }
  });

  it('reads a row more only to tell whether there is one, and no column that nobody asks for', async () => {
    const [plain] = await count('{ roles(first: 7) { nodes { displayName } } }');
    expect(plain?.values.at(-1)).toBe(7);
    expect(plain?.text).not.toMatch(/permissions|assignable_scopes/);
    const [flagged] = await count('{ roles(first: 7) { nodes { displayName } pageInfo { hasNextPage } } }');
    expect(flagged?.values.at(-1)).toBe(8);
  });
});
