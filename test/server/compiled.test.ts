/** Does a plan answer as graphql-js does? Both are asked the same, and what they say is compared byte for byte. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import {
  buildSchema,
  execute,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  parse,
  responsePathAsArray,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { persona } from '../../src/company/personas.ts';
import type { BulkExecutor, BulkRun } from '../../src/schedule/bulk.ts';
import { compiledExecution } from '../../src/server/compiled.ts';
import { MANIFEST } from '../../src/server/documents.ts';
import { stringifyWritten, Written } from '../../src/server/written.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { contextOf } from '../support/viewer.ts';

const later = <Value>(value: Value) => Promise.resolve(value);
const broken = (sentence: string) => () => {
  throw new Error(sentence);
};

const SDL = `
  enum Colour { RED GREEN }
  scalar Odd
  input Where { colour: Colour = RED, size: Int!, odd: Odd }
  interface Thing { id: ID! name: String }
  type Cat implements Thing { id: ID! name: String lives: Int! friend: Thing boss: Thing! }
  type Dog implements Thing { id: ID! name: String barks: Boolean friend: Thing }
  union Any = Cat | Dog
  type Mutation { add(n: Int!): Int! fail: Int failHard: Int! }
  type Query {
    cat: Cat cats: [Cat!] maybeCats: [Cat] strictCats: [Cat!]! thing: Thing things(first: Int = 3): [Thing] any: [Any!]
    lost(as: String): Thing hard: Cat! later: Cat laterCats: [Cat] numbers: [[Int!]] colour: Colour odd: Odd notAList: [Int] nothing: Int!
    echo(where: Where, list: [Int!], text: String! = "a"): String thrown: Int rejected: Int rejectedHard: Int! returned: Int undefinedHard: String!
    where: String place: [Cat]
  }`;

const CAT = { __typename: 'Cat', id: 1, name: 'Tom', lives: 9, boss: { __typename: 'Dog', id: 2, name: 'Rex' } };
const DEAD = { ...CAT, lives: null };
const ODD_CAT = { ...CAT, lives: 'many' };
const LOST: Readonly<Record<string, unknown>> = {
  none: null,
  number: 7,
  unknown: 'Nobody',
  scalar: 'Odd',
  other: 'Query',
};

/** What resolvers gave in these words; a plan may hand over an `info` that is made as it is read. */
function toldOf(info: GraphQLResolveInfo): string {
  const { fieldName, returnType, parentType, fieldNodes, operation, fragments, variableValues } = info;
  const nodes = fieldNodes.map(({ loc }) => [loc?.start, loc?.end]);
  const about = { fieldName, returnType: String(returnType), parentType: String(parentType), nodes, variableValues };
  return JSON.stringify({
    ...{ ...about, path: responsePathAsArray(info.path), typename: info.path.typename },
    ...{ operation: operation.name?.value, fragments: Object.keys(fragments), query: info.schema.getQueryType()?.name },
  });
}

function createSchema(): GraphQLSchema {
  const schema = buildSchema(SDL);
  const field = (type: string, name: string, resolve: (...args: never[]) => unknown) => {
    const found = (schema.getType(type) as GraphQLObjectType).getFields()[name] as { resolve: unknown };
    found.resolve = resolve;
  };
  let sum = 0;
  field('Mutation', 'add', (_root: unknown, { n }: { n: number }) =>
    later(n).then(() => {
      sum = sum * 10 + n;
      return sum;
    }),
  );
  field('Mutation', 'fail', broken('no'));
  field('Mutation', 'failHard', () => Promise.reject(new Error('never')));
  field('Query', 'lost', (_root: unknown, { as }: { as: string }) => ({ ...CAT, __typename: LOST[as] }));
  (schema.getType('Thing') as { resolveType?: unknown }).resolveType = (value: {
    __typename: string;
    slow?: boolean;
  }) => (value.slow ? later(value.__typename) : value.__typename);
  field('Query', 'echo', (_root: unknown, args: object) => JSON.stringify(args));
  field('Query', 'where', (...[, , , info]: [unknown, unknown, unknown, GraphQLResolveInfo]) => toldOf(info));
  field(
    'Cat',
    'name',
    ({ name }: typeof CAT, ...[, , info]: [unknown, unknown, GraphQLResolveInfo]) => `${name} ${toldOf(info)}`,
  );
  return schema;
}

const ROOT = {
  cat: CAT,
  cats: [CAT, DEAD, CAT],
  maybeCats: [
    CAT,
    DEAD,
    null,
    ODD_CAT,
    later(CAT),
    Promise.reject(new Error('gone')),
    new Error('an error as a value'),
  ],
  strictCats: [later(CAT), later(DEAD)],
  thing: { ...CAT, slow: true },
  things: [CAT, { __typename: 'Dog', id: 3, barks: true, friend: CAT }, { ...CAT, slow: true, lives: null }],
  any: [CAT, { __typename: 'Dog', id: 3 }],
  hard: null,
  later: () => later(DEAD),
  laterCats: () => later([later(CAT), DEAD]),
  numbers: [[1, 2], null, [3, 'four'], new Set([5])],
  colour: 'BLUE',
  odd: () => Number.NaN,
  notAList: 'text',
  nothing: undefined,
  thrown: broken('thrown'),
  rejected: () => Promise.reject(new Error('rejected')),
  rejectedHard: () => Promise.reject(new Error('rejected hard')),
  returned: () => new Error('returned'),
  place: [CAT],
};
for (const cat of ROOT.maybeCats) if (cat instanceof Promise) cat.catch(() => undefined);

type Asked = readonly [what: string, query: string, variables?: Record<string, unknown>, operationName?: string];

const QUERIES: readonly Asked[] = [
  ['plain values', '{ cat { __typename id lives boss { id __typename } } numbers colour odd }'],
  ['an alias that is the prototype', '{ cat { __proto__: id constructor: lives toString: id } __proto__: colour }'],
  ['null in a list of non-null', '{ cats { id lives } cat { id } }'],
  ['null in a list', '{ maybeCats { id lives boss { name } } }'],
  ['null up to the root', '{ cat { id } strictCats { lives } rejected }'],
  ['promises that fail beside what throws', '{ rejected rejectedHard later { lives } nothing }'],
  ['what throws behind promises', '{ laterCats { lives } thrown returned nothing rejected }'],
  ['a non-null field that is null', '{ hard { id } }'],
  ['no list', '{ notAList cat { id } }'],
  [
    'abstract types',
    '{ thing { id ... on Cat { lives } } things { id __typename ... on Dog { barks friend { id } } ... on Cat { lives } } any { ... on Thing { id } ... on Dog { barks } } }',
  ],
  ...Object.keys(LOST).map((as): Asked => [`a type that is ${as}`, `{ cat { id } lost(as: "${as}") { id } }`]),
  [
    'merged fields',
    '{ cat { id } ...A cat { boss { id } } } fragment A on Query { cat { lives boss { ... on Dog { barks } } } }',
  ],
  [
    'what resolvers are told',
    'query Told($a: Int = 3) { where x: where things(first: $a) { ...N } place { name n: name } } fragment N on Thing { name }',
  ],
  [
    'arguments',
    'query($l: [Int!], $w: Where) { a: echo b: echo(where: { size: 1, odd: "x" }, list: 4, text: "b") c: echo(list: $l, where: $w) }',
    { l: [1], w: { size: 2, colour: 'GREEN' } },
  ],
  ['an argument whose variable is null', 'query($t: String = "x") { echo(text: $t) cat { id } }', { t: null }],
  ['an input whose variable is missing', 'query($s: Int) { echo(where: { size: $s }) }'],
  [
    'variables that do not fit',
    'query($a: Int!, $w: Where, $l: [Int!]!) { echo(where: $w, list: $l) things(first: $a) { id } }',
    { a: 'x', w: { size: null, more: 1, colour: 'BLU' }, l: [1, null] },
  ],
  ['a variable that is missing', 'query($a: Int!) { things(first: $a) { id } }'],
  [
    'directives',
    'query($y: Boolean!, $n: Boolean = false) { cat { id @skip(if: $y) lives @include(if: $y) } ...F @include(if: $n) ...F @skip(if: $n) } fragment F on Query { cat { boss { id @include(if: $y) name @skip(if: $n) @include(if: $y) } } }',
    { y: true },
  ],
  [
    'the same directives the other way',
    'query($y: Boolean!, $n: Boolean = false) { cat { id @skip(if: $y) lives @include(if: $y) } ...F @include(if: $n) ...F @skip(if: $n) } fragment F on Query { cat { boss { id @include(if: $y) } } }',
    { y: false, n: true },
  ],
  [
    'a directive whose variable is null',
    'query($n: Boolean = true) { cat { id lives @include(if: $n) } place { id } }',
    { n: null },
  ],
  [
    'introspection',
    '{ __schema { types { name kind fields { name args { name type { name ofType { name } } } } } directives { name } } __type(name: "Cat") { name possibleTypes { name } } __typename }',
  ],
  ['no operation of the name', 'query A { cat { id } }', {}, 'B'],
  ['no name where there are two', 'query A { cat { id } } query B { colour }'],
  ['the first of two', 'query A { cat { id } } query B { place { id } }', {}, 'A'],
  ['the second of two', 'query A { cat { id } } query B { place { id } }', {}, 'B'],
  ['mutations in turn', 'mutation { a: add(n: 1) fail b: add(n: 2) }'],
  ['a mutation that fails in the middle', 'mutation { a: add(n: 1) failHard b: add(n: 2) }'],
  ['no operation', 'fragment A on Query { cat { id } }'],
];

describe('a plan', () => {
  const schemas = [createSchema(), createSchema(), createSchema()] as const;
  const compiled = compiledExecution(schemas[1]);
  const writing = compiledExecution(schemas[2]);

  it.each(QUERIES.map((asked) => ({ what: asked[0], asked })))(
    'answers as graphql-js does, twice: $what',
    async ({ asked }) => {
      const [, query, variableValues, operationName] = asked;
      const document = parse(query);
      const args = {
        document,
        rootValue: ROOT,
        variableValues: variableValues ?? null,
        operationName: operationName ?? null,
      };
      for (const _time of ['first', 'again']) {
        const expected = JSON.stringify(await execute({ ...args, schema: schemas[0] }));
        expect(JSON.stringify(await compiled({ ...args, schema: schemas[1] }))).toBe(expected);
        const written = await writing({ ...args, schema: schemas[2] }, 'written');
        expect(stringifyWritten(written)).toBe(expected);
        expect(JSON.stringify(written)).toBe(expected);
      }
    },
  );

  it('runs the operation that is asked for, and no other', async () => {
    const document = parse('mutation M { add(n: 7) } query B { colour: __typename }');
    const before = await compiled({ schema: schemas[1], document, operationName: 'B' });
    const sum = await compiled({ schema: schemas[1], document: parse('mutation { add(n: 0) }') });
    await execute({ schema: schemas[0], document: parse('mutation { add(n: 0) }') });
    expect(before).toEqual({ data: { colour: 'Query' } });
    expect(String(sum.data?.add)).not.toContain('7');
  });

  it('has one for each operation of a document, and for each choice of its directives', async () => {
    const document = parse(
      'query A($y: Boolean!) { cat { id lives @include(if: $y) } } query B { colour: __typename } query C { other: __typename }',
    );
    const run = async (operationName: string, y: boolean) =>
      (await compiled({ schema: schemas[1], document, operationName, variableValues: { y }, rootValue: ROOT })).data;
    expect(await run('A', true)).toEqual({ cat: { id: '1', lives: 9 } });
    expect(await run('A', false)).toEqual({ cat: { id: '1' } });
    expect(await run('B', true)).toEqual({ colour: 'Query' });
    expect(await run('C', true)).toEqual({ other: 'Query' });
  });

  it('says nothing of what fails when all around it is null already', async () => {
    const behind = async (turns: number, end: () => unknown) => {
      for (let turn = 0; turn < turns; turn++) await null;
      return end();
    };
    const cat = () => ({ ...CAT, boss: () => behind(1, broken('first')), friend: () => behind(20, broken('second')) });
    const rootValue = { cat, rejected: () => behind(40, () => 1) };
    const document = parse('{ cat { boss { id } friend { id } } rejected }');
    const expected = JSON.stringify(await execute({ schema: schemas[0], document, rootValue }));
    expect(JSON.stringify(await compiled({ schema: schemas[1], document, rootValue }))).toBe(expected);
    expect(expected).toContain('first');
    expect(expected).not.toContain('second');
  });

  it('keeps the error that was thrown, for whoever masks it', async () => {
    const { errors } = await compiled({ schema: schemas[1], document: parse('{ thrown }'), rootValue: ROOT });
    expect(errors?.[0]?.originalError?.message).toBe('thrown');
  });

  it('has no more arguments in common than none', async () => {
    const schema = buildSchema('input I { n: Int } type Query { write(in: I): Int }');
    const write = schema.getQueryType()?.getFields().write as { resolve?: unknown };
    write.resolve = (_root: unknown, args: { in: { n: number } }) => args.in.n++;
    const document = parse('{ write(in: { n: 1 }) }');
    const run = compiledExecution(schema);
    await run({ schema, document });
    expect(await run({ schema, document })).toEqual({ data: { write: 1 } });
  });
});

describe('a list that is written', () => {
  const schema = createSchema();
  const writing = compiledExecution(schema);
  const dog = { __typename: 'Dog', id: 4, name: 'R\u00e9x "the \\ \u2028 \ud800', barks: false };
  const listOf = async (query: string, rootValue: object) => {
    const { data } = await writing({ schema, document: parse(query), rootValue }, 'written');
    return Object.values(data ?? {})[0];
  };

  it('has no object for a row', async () => {
    const written = await listOf('{ things { __typename id name ... on Dog { barks friend { id } } } }', {
      things: [dog, null, { ...dog, friend: dog }],
    });
    expect(written).toBeInstanceOf(Written);
    const row = JSON.stringify({ __typename: 'Dog', id: '4', name: dog.name, barks: false, friend: null });
    expect((written as Written).json).toBe(`[${row},null,${row.replace('"friend":null', '"friend":{"id":"4"}')}]`);
  });

  it('is put into its response as it is', () => {
    const data = {
      ä: new Written('["ü"]'),
      text: new Written('[1,"ö"]'),
      é: 'ß',
      none: new Written('[]'),
    };
    const expected = '{"data":{"ä":["ü"],"text":[1,"ö"],"é":"ß","none":[]}}';
    expect(stringifyWritten({ data })).toBe(expected);
    expect(JSON.stringify({ data })).toBe(expected);
  });

  it.each<[string, string, unknown[]]>([
    ['waits for something', '{ cats { id } }', [{ ...CAT, id: later(1) }]],
    ['waits for a row', '{ cats { id } }', [later(CAT)]],
    ['is told where a field stands', '{ cats { id name } }', [CAT]],
    ['calls a function of its rows', '{ cats { id } }', [{ ...CAT, id: () => 1 }]],
    ['lacks what cannot be null', '{ cats { lives } }', [DEAD]],
    ['has what is no value of its type', '{ cats { lives } }', [ODD_CAT]],
    ['has an error for a value', '{ cats { id } }', [{ ...CAT, id: new Error('no') }]],
    ['has a row of another type', '{ things { id } }', [{ ...CAT, __typename: 'Query' }]],
  ])('is none that %s', async (_what, query, rows) => {
    expect(await listOf(query, { cats: rows, things: rows })).not.toBeInstanceOf(Written);
  });

  it('is written again after a row that could not be', async () => {
    const document = parse('{ cats { lives } }');
    const run = async (cats: unknown[]) => {
      const { data } = await writing({ schema, document, rootValue: { cats } }, 'written');
      return data?.cats;
    };
    expect(await run([DEAD])).toBeNull();
    expect(await run([CAT])).toBeInstanceOf(Written);
  });

  it('is not looked at again once it has had to wait', async () => {
    const document = parse('{ cats { lives } }');
    let reads = 0;
    const cat = () => ({
      get lives() {
        reads++;
        return later(9);
      },
    });
    const readsOfOne = async () => {
      reads = 0;
      await writing({ schema, document, rootValue: { cats: [cat()] } }, 'written');
      return reads;
    };
    const first = await readsOfOne();
    expect(await readsOfOne()).toBe(first - 1);
  });
});

/** Lists whose rows are written from bytes, as nobody of the clients asks for them. */
const LISTS = [
  '{ assignments(first: 7) { edges { cursor node { id startsAt endsAt } } pageInfo { startCursor endCursor hasNextPage } } }',
  '{ requests(last: 9) { e: edges { c: cursor n: node { createdAt ticket { system } } } nodes { id } pageInfo { startCursor endCursor hasPreviousPage } } }',
  '{ principals(first: 200) { edges { cursor } nodes { __typename a: displayName b: displayName ... on User { mail } ... on Node { id } } } }',
  '{ scopes(first: 200, orderBy: { field: DISPLAY_NAME, direction: DESC }) { edges { cursor node { path resourceType locked } } } }',
  '{ auditEvents(first: 200) { edges { cursor node { kind position cursor type at details actor { id } role { templateId } } } } }',
  '{ roles(first: 3) { edges { cursor node { displayName } } } more: roles(first: 2) { nodes { builtIn privileged } } }',
  '{ me { active { nodes { via { id displayName } principal { id } } } eligible { nodes { via { kind } id } edges { cursor } } } }',
  '{ assignments(filter: { search: "nobody has such a name" }) { edges { cursor } nodes { id } pageInfo { startCursor endCursor } } }',
  ...['CREATED_AT', 'STARTS_AT', 'ENDS_AT', 'PRINCIPAL_NAME'].flatMap((field) =>
    ['ASC', 'DESC'].map(
      (direction) =>
        `{ assignments(first: 900, orderBy: { field: ${field}, direction: ${direction} }) { edges { cursor node { objectId: id endsAt } } } }`,
    ),
  ),
  `query ($x: Boolean = false) { assignments(first: 1) { nodes { id @include(if: $x) state @skip(if: $x) } } }`,
  'query ($x: Boolean!) { assignments(first: 1) { nodes @include(if: $x) { id } } }',
];

describe('the gateway', () => {
  const documents = Object.values(JSON.parse(readFileSync(path.resolve(MANIFEST), 'utf8')) as Record<string, string>);
  const queries = documents
    .filter((document) => /^query/m.test(document))
    .map((text) => [/query (\w+)/.exec(text)?.[1], text]);
  let interpreted: TestGateway;
  let compiled: TestGateway;
  beforeAll(async () => {
    interpreted = await startGateway({ config: { execution: 'interpreted' } });
    compiled = await startGateway({ config: { execution: 'compiled' }, database: interpreted.clone });
  });
  afterAll(async () => {
    await compiled?.close();
    await interpreted?.close();
  });

  it.each(['grace', 'maya', 'arun', 'gus'] as const)(
    'writes lists from bytes as it does from objects for %s',
    async (name) => {
      for (const query of LISTS) {
        const answers = [interpreted, compiled].map(async (gateway) => {
          const { status, text } = await gateway.post({ token: await gateway.token(name) }, JSON.stringify({ query }));
          return [status, JSON.parse(text.replace(/,"budget":\{.*?\}/, ''))];
        });
        const [one, other] = await Promise.all(answers);
        expect(other, query).toEqual(one);
      }
    },
  );

  /** A file as it is written, from beginning to end. */
  async function exported(gateway: TestGateway, query: string, format: 'JSONL' | 'CSV'): Promise<string> {
    const { viewer } = await contextOf(gateway.database, persona('grace'));
    const parts: Buffer[] = [];
    const run = {
      ...{ viewer, database: gateway.database, signal: new AbortController().signal },
      operation: { input: { query, variables: { on: true, off: false }, operationName: null, format } },
      ...{ present: async () => viewer, rememberPowers: async () => undefined, progress: () => undefined },
      write: async (bytes: Buffer | string) => void parts.push(Buffer.from(bytes)),
    };
    await (gateway.executors.EXPORT as BulkExecutor)(run as unknown as BulkRun);
    return Buffer.concat(parts).toString();
  }

  /** PostgreSQL puts spaces into the JSON that it keeps. */
  const cellOf = (cell: string) => (cell.startsWith('{') ? JSON.parse(cell) : cell);
  const rowsOf = (file: string, format: 'JSONL' | 'CSV') =>
    format === 'CSV' ? parseCsv(file, { cast: cellOf }) : file.split('\n').map((line) => line && JSON.parse(line));

  it.each([
    'query ($on: Boolean!, $off: Boolean!) { assignments { nodes { id t: type via { id } endsAt role @include(if: $on) { displayName } scope @skip(if: $off) { path } } } }',
    '{ principals { e: edges { n: node { __typename id kind a: displayName ... on User { mail jobTitle } ... on Group { synchronized } } } } }',
    '{ requests { nodes { status ticket { number system } requestor { id ... on User { userPrincipalName } } duration } } }',
    '{ auditEvents { nodes { kind position cursor type at actor { displayName } scope { path } details } } }',
    '{ roles { nodes { id displayName categories permissions { actions } } } }',
    'query ($on: Boolean!, $off: Boolean!) { scopes { edges @include(if: $on) { node @skip(if: $off) { path locked resourceType } } } }',
  ])('writes the files of an export from bytes as it does from objects: %s', async (query) => {
    for (const format of ['JSONL', 'CSV'] as const) {
      const [one, other] = [await exported(interpreted, query, format), await exported(compiled, query, format)];
      expect(rowsOf(one, format).length).toBeGreaterThan(2);
      expect(rowsOf(other, format)).toEqual(rowsOf(one, format));
    }
  });

  it.each(queries)('gives the same answer to %s', async (_name, query) => {
    const asked = await interpreted.ask(
      'grace',
      '{ assignments(first: 1) { nodes { id role { id } scope { id path } principal { id } } } }',
    );
    const row = asked.data?.assignments.nodes[0];
    const { id, role, scope, principal } = row ?? {};
    const variables = {
      id,
      ids: [id, role.id, scope.id, 'nobody'],
      role: role.id,
      scope: scope.id,
      principal: principal.id,
      first: 20,
      count: true,
    };
    const now = new Date();
    const body = (values: object) => JSON.stringify({ query, variables: values });
    const answers = async (gateway: TestGateway, values: object) => {
      const { status, text } = await gateway.post({ token: await gateway.token('grace', { now }) }, body(values));
      // The time and the questions before this one are in what is left.
      return [status, text.replace(/"budget":\{.*?\}/, '')];
    };
    for (const values of [variables, {}, { ...variables, first: -1, id: role.id }]) {
      const [one, other] = await Promise.all([answers(interpreted, values), answers(compiled, values)]);
      expect(other).toEqual(one);
    }
  });
});
