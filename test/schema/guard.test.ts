/** Does the matrix stand in front of everything it names, and of nothing else? */
import { createRequire } from 'node:module';
import {
  GraphQLInt,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  graphql,
  isObjectType,
  parse,
  subscribe,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { property } from '../../schema/column.ts';
import { FORBIDDEN, guard } from '../../schema/guard.ts';
import { globalId } from '../../schema/ids.ts';
import { MATRIX } from '../../schema/permissions.ts';
import { createSchema } from '../../schema/schema.ts';
import { PERSONAS, type PersonaName, persona } from '../../src/company/personas.ts';
import { type Anything, open, startGateway, type TestGateway, TRANSPORTS } from '../support/gateway.ts';
import { watchStatements } from '../support/statements.ts';

const { rule, and, or, allow, deny } = createRequire(import.meta.url)(
  'graphql-shield',
) as typeof import('graphql-shield');

describe('a small schema', () => {
  const calls: string[] = [];
  const field = (name: string) => ({
    type: GraphQLString,
    resolve: () => {
      calls.push(name);
      return name;
    },
  });
  const schema = () => {
    calls.length = 0;
    const stored = { ...field('stored'), ...property('stored') };
    const Thing = new GraphQLObjectType({
      name: 'Thing',
      fields: { open: field('open'), secret: field('secret'), stored },
    });
    return new GraphQLSchema({
      query: new GraphQLObjectType({
        name: 'Query',
        fields: {
          thing: { type: new GraphQLNonNull(Thing), resolve: () => ({}) },
          number: { type: GraphQLInt, resolve: () => 1 },
        },
      }),
      subscription: new GraphQLObjectType({
        name: 'Subscription',
        fields: {
          ticks: {
            ...field('tick'),
            subscribe: async function* () {
              calls.push('source');
              yield {};
            },
          },
        },
      }),
    });
  };
  const matrix = (changes: object = {}) =>
    ({ Query: { thing: allow, number: allow }, Subscription: { ticks: allow }, ...changes }) as never;

  it.each([
    ['a root field without a row', { Query: { thing: allow } }, 'Query.number has no row in schema/permissions.ts'],
    ['a root type without rows', { Subscription: {} }, 'Subscription.ticks has no row in schema/permissions.ts'],
    ['a row without a field', { Thing: { other: allow } }, 'names Thing.other, which does not exist'],
    [
      'a row of a root type without a field',
      { Query: { thing: allow, number: allow, x: allow } },
      'names Query.x, which does not exist',
    ],
    [
      'a row of a field that is written from a column',
      { Thing: { stored: allow } },
      'Thing.stored is written from a column, past the rule it has in schema/permissions.ts',
    ],
    ['rows without a type', { Other: { x: allow } }, 'names Other, which is no object type'],
    ['rows of a scalar', { String: { x: allow } }, 'names String, which is no object type'],
    [
      'a row that is undefined',
      { Thing: { secret: undefined } },
      'the row of Thing.secret in schema/permissions.ts is not a rule',
    ],
    [
      'a row that is a function',
      { Thing: { secret: () => true } },
      'the row of Thing.secret in schema/permissions.ts is not a rule',
    ],
    [
      'a row that is true',
      { Query: { thing: true, number: allow } },
      'the row of Query.thing in schema/permissions.ts is not a rule',
    ],
  ])('is not started with %s', (_what, changes, message) => {
    expect(() => guard(schema(), matrix(changes))).toThrow(message);
  });

  it('resolves what is allowed: the control', async () => {
    const guarded = guard(schema(), matrix({ Thing: { secret: allow } }));
    expect(await graphql({ schema: guarded, source: '{ thing { open secret } number }' })).toEqual({
      data: { thing: { open: 'open', secret: 'secret' }, number: 1 },
    });
  });

  it.each([
    ['denies', deny],
    ['answers undefined', rule('undefined', { cache: 'no_cache' })((() => undefined) as never)],
    ['throws', rule('throws', { cache: 'no_cache' })(() => Promise.reject(new Error('the rule is broken')))],
    [
      'throws at once',
      rule('throws at once', { cache: 'no_cache' })((() => {
        throw new Error('the rule is broken');
      }) as never),
    ],
  ])('does not resolve a field whose rule %s, and leaves the rest alone', async (_what, no) => {
    const guarded = guard(schema(), matrix({ Thing: { secret: no } }));
    const { data, errors } = await graphql({ schema: guarded, source: '{ thing { open secret } number }' });
    expect(data).toEqual({ thing: { open: 'open', secret: null }, number: 1 });
    expect(errors?.map(({ path }) => path)).toEqual([['thing', 'secret']]);
    expect(calls).toEqual(['open']);
  });

  it('does not start the source of a forbidden subscription, and starts that of an allowed one', async () => {
    const run = (row: unknown) =>
      subscribe({
        schema: guard(schema(), matrix({ Subscription: { ticks: row } })),
        document: parse('subscription { ticks }'),
      });
    expect(await run(deny)).toMatchObject({ errors: [{ message: FORBIDDEN.message }] });
    expect(calls).toEqual([]);
    expect(await run(or(deny, deny))).toMatchObject({ errors: [{ message: FORBIDDEN.message }] });
    const stream = (await run(and(allow, allow))) as AsyncGenerator;
    expect(await stream.next()).toEqual({ value: { data: { ticks: 'tick' } }, done: false });
    expect(calls).toEqual(['source', 'tick']);
  });

  it('touches only what the matrix names', () => {
    const plain = schema();
    const resolvers = (from: GraphQLSchema) =>
      Object.fromEntries(
        Object.values(from.getTypeMap())
          .filter(isObjectType)
          .flatMap((type) =>
            Object.values(type.getFields()).map((each) => [`${type.name}.${each.name}`, each.resolve]),
          ),
      );
    const before = resolvers(plain);
    const after = resolvers(guard(plain, matrix({ Thing: { secret: allow } })));
    const wrapped = Object.keys(after).filter((name) => after[name] !== before[name]);
    expect(wrapped.sort()).toEqual(['Query.number', 'Query.thing', 'Subscription.ticks', 'Thing.secret']);
  });
});

describe('the gateway', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());
  const codesOf = (answer: { errors?: Anything }) =>
    (answer.errors ?? []).map((error: Anything) => error.extensions.code);

  it('names every root field in its matrix', () => {
    const schema = createSchema();
    for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
      expect(Object.keys(MATRIX[root?.name as keyof typeof MATRIX]).sort()).toEqual(
        Object.keys(root?.getFields() ?? {}).sort(),
      );
    }
  });

  it('leaves the resolvers of thousands of rows synchronous', () => {
    const fields = (createSchema().getType('Role') as GraphQLObjectType).getFields();
    expect(fields.categories?.resolve?.({ categories: ['x'] }, {}, {}, {} as never)).toEqual(['x']);
  });

  it('answers FORBIDDEN to a mutation that the caller may not use, and runs nothing', async () => {
    using statements = watchStatements();
    const robot = await gateway.ask(
      'robot',
      'mutation { approve(input: { requests: ["x"], justification: "x" }) { status } }',
    );
    expect([robot.status, codesOf(robot), robot.data]).toEqual([403, ['FORBIDDEN'], null]);
    const assign = 'mutation { assign(input: { principal: "x", role: "x", type: ELIGIBLE }) { status } }';
    const olga = await gateway.ask('olga', assign);
    expect([olga.status, codesOf(olga), olga.errors?.[0]?.message]).toEqual([403, ['FORBIDDEN'], FORBIDDEN.message]);
    expect(statements.sent.filter(({ text }) => /insert into (?!event_batch|event_checkpoint)/i.test(text))).toEqual(
      [],
    );
    const pia = await gateway.ask('pia', assign);
    expect([pia.status, codesOf(pia)]).toEqual([200, []]);
  });

  const sign =
    'query ($id: ID!) { principal(id: $id) { displayName ... on User { lastSignInAt } } me { principal { id } } }';

  it.each<[string, PersonaName, PersonaName, boolean]>([
    ['their own', 'olga', 'olga', true],
    ['a colleague’s', 'olga', 'maya', false],
    ['a colleague’s, by an approver', 'arun', 'maya', false],
    ['a colleague’s, by the owner of a subscription', 'owen', 'maya', false],
    ['anybody’s, by a reader of the directory', 'sam', 'maya', true],
    ['anybody’s, by an application that reads the directory', 'robot', 'maya', true],
    ['anybody’s, by a merely eligible administrator', 'piet', 'maya', false],
  ])('shows when somebody last signed in: %s', async (_what, caller, whom, shown) => {
    const answer = await gateway.ask(caller, sign, { id: globalId('User', persona(whom)) });
    expect(answer.status).toBe(200);
    const { displayName } = PERSONAS.find(({ name }) => name === whom) as { displayName: string };
    expect(answer.data).toMatchObject({ principal: { displayName }, me: { principal: { id: expect.any(String) } } });
    expect(codesOf(answer)).toEqual(shown ? [] : ['FORBIDDEN']);
    if (shown) expect(answer.data.principal.lastSignInAt).not.toBeUndefined();
    else
      expect([answer.data.principal.lastSignInAt, answer.errors?.[0]?.path]).toEqual([
        null,
        ['principal', 'lastSignInAt'],
      ]);
  });

  it('judges each row on its own', async () => {
    const { data, errors } = await gateway.ask(
      'olga',
      '{ principals(first: 40, filter: { startsWith: "ol" }) { nodes { id ... on User { lastSignInAt } } } }',
    );
    const own = data.principals.nodes.findIndex(({ id }: { id: string }) => id === globalId('User', persona('olga')));
    expect(own).toBeGreaterThanOrEqual(0);
    const forbidden = errors?.map(({ path }) => path?.[2]);
    expect(forbidden).not.toContain(own);
    expect(new Set(forbidden).size).toBe(
      data.principals.nodes.filter((node: object) => 'lastSignInAt' in node).length - 1,
    );
  });

  it.each(TRANSPORTS)(
    'judges the sensitive fields of a stream over %s by the rights of the moment',
    async (transport) => {
      const query = `subscription ($after: Cursor) { assignmentEvents(after: $after) { principal { ... on User { id lastSignInAt } } actor { ... on User { lastSignInAt } } } }`;
      const after = (await gateway.ask('olga', '{ eventCursor }')).data.eventCursor;
      const stream = await open(gateway, transport, 'olga', query, { after });
      await gateway.database.em.fork().execute(
        `INSERT INTO event (at, type, provider, assignment_type, principal_id, actor_id, role_id, scope_id, payload)
      SELECT clock_timestamp(), 'assignment.assigned', 'ENTRA_ROLE', 'ACTIVE', ?, ?, role_id, scope_id, '{}'
      FROM assignment WHERE provider = 'ENTRA_ROLE' LIMIT 1`,
        [persona('olga'), persona('pia')],
      );
      const [item] = await stream.atLeast(1);
      stream.stop();
      expect(item?.data.assignmentEvents.principal.id).toBe(globalId('User', persona('olga')));
      expect(item?.errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
        [['assignmentEvents', 'actor', 'lastSignInAt'], 'FORBIDDEN'],
      ]);
    },
  );
});
