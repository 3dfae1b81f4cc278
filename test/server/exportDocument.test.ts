/** Which columns has a query, and what is refused that the contract does not hold yet? On a small schema of its own. */
import { buildSchema, print } from 'graphql';
import { expect, test } from 'vitest';
import { isRefused } from '../../src/refusals.ts';
import { exportDocument } from '../../src/server/exportDocument.ts';

const SCHEMA = buildSchema(`
  scalar Cursor
  type PageInfo { hasNextPage: Boolean! endCursor: Cursor }
  interface Named { name: String! tags: [String!]! }
  type Shop implements Named { name: String! tags: [String!]! owner: Person! customers(first: Int, after: Cursor): PersonConnection! }
  type Person implements Named { name: String! tags: [String!]! friends: [Person!]! age: Int }
  type PersonConnection { nodes: [Person!]! pageInfo: PageInfo! }
  type NamedConnection { nodes: [Named!]! pageInfo: PageInfo! }
  type Query { everybody(first: Int, after: Cursor, older: Int): NamedConnection! }
`);
const judged = (query: string) => exportDocument(SCHEMA, { query, operationName: null });

test('a list within the rows is refused, however deep in a fragment', () => {
  const found = judged(`{ everybody { nodes { ...S } } } fragment S on Shop { customers { nodes { name } } }`);
  expect(isRefused(found) && found.refusals[0]?.code).toBe('EXPORT_NESTED_CONNECTION');
});

test('columns are in the order of the selection, each once; objects are dotted, and lists are one value', () => {
  const found = judged(`{ everybody { nodes { title: name ...S ... on Person { age friends { name } } ... { tags } } } }
    fragment S on Shop { name owner { name who: age } }`);
  if (isRefused(found)) throw new Error('refused');
  expect(found.columns.map(({ name }) => name)).toEqual([
    ...['title', 'name', 'owner.name', 'owner.who', 'age', 'friends', 'tags'],
  ]);
});

test('the pages are turned by variables beside those of the query', () => {
  const found = judged('query Q($o: Int) { all: everybody(older: $o) { nodes { name } } }');
  if (isRefused(found)) throw new Error('refused');
  expect([found.field, found.rows, print(found.document).replaceAll(/\s+/g, ' ')]).toEqual([
    ...['all', 'nodes'],
    'query Q($o: Int, $portcullisFirst: Int, $portcullisAfter: Cursor) { all: everybody(older: $o, first: $portcullisFirst, after: $portcullisAfter) { nodes { name } portcullisPage: pageInfo { hasNextPage endCursor } } }',
  ]);
});
