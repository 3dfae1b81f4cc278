/** How does the matrix guard the schema? Each of its rows wraps its field, and `subscribe` with it; nothing else is touched. */
import { createRequire } from 'node:module';
import { GraphQLError, type GraphQLResolveInfo, type GraphQLSchema, isObjectType } from 'graphql';
import { applyMiddleware } from 'graphql-middleware';
import { columnIn } from './column.ts';
import { MATRIX } from './permissions.ts';

const { shield, deny } = createRequire(import.meta.url)('graphql-shield') as typeof import('graphql-shield');

export const FORBIDDEN = new GraphQLError('You may not use this field.', {
  extensions: { code: 'FORBIDDEN' },
});

type Rules = Record<string, Record<string, unknown>>;
type Wrapper = (
  resolve: never,
  parent: unknown,
  args: object,
  context: unknown,
  info: GraphQLResolveInfo,
) => Promise<unknown>;
type Wrappers = Record<string, Record<string, Wrapper | { readonly resolve: Wrapper }>>;

const ROOTS = ['Query', 'Mutation', 'Subscription'] as const;

export function guard(schema: GraphQLSchema, matrix: Rules = MATRIX): GraphQLSchema {
  checkMatrix(schema, matrix);
  const generated = shield(matrix as never, {
    fallbackRule: deny,
    fallbackError: FORBIDDEN,
    allowExternalErrors: true,
  }).generate(schema) as Wrappers;
  const guarded = applyMiddleware(schema, onlyNamed(generated, matrix));
  guardSubscribe(guarded, generated);
  return guarded;
}

/** Shield turns every field of every type into a promise; only the fields of the matrix are worth that. */
function onlyNamed(generated: Wrappers, matrix: Rules): Wrappers {
  return Object.fromEntries(
    Object.entries(matrix).map(([type, fields]) => [
      type,
      Object.fromEntries(Object.keys(fields).map((field) => [field, generated[type]?.[field] as Wrapper])),
    ]),
  );
}

/** Shield wraps `resolve` alone: without this a forbidden subscription would start its source. */
function guardSubscribe(schema: GraphQLSchema, generated: Wrappers): void {
  for (const [name, field] of Object.entries(schema.getSubscriptionType()?.getFields() ?? {})) {
    const { subscribe } = field;
    const wrap = generated.Subscription?.[name];
    if (!subscribe || !wrap) throw new Error(`Subscription.${name} cannot be guarded`);
    // A rule made of others comes with the fragments that it reads.
    const guardedBy = typeof wrap === 'function' ? wrap : wrap.resolve;
    field.subscribe = (parent, args, context, info) => guardedBy(subscribe as never, parent, args, context, info);
  }
}

/** A rule that is none would silently drop its whole type to the fallback; a forgotten field would be found by its users. */
function checkMatrix(schema: GraphQLSchema, matrix: Rules): void {
  for (const root of ROOTS) {
    for (const field of Object.keys(
      schema.getType(root) ? (schema.getRootType(root.toLowerCase() as never)?.getFields() ?? {}) : {},
    )) {
      if (!matrix[root]?.[field]) throw new Error(`${root}.${field} has no row in schema/permissions.ts`);
    }
  }
  for (const [typeName, fields] of Object.entries(matrix)) {
    const type = schema.getType(typeName);
    if (!isObjectType(type)) throw new Error(`schema/permissions.ts names ${typeName}, which is no object type`);
    for (const [field, rule] of Object.entries(fields)) {
      const guarded = type.getFields()[field];
      if (!guarded) throw new Error(`schema/permissions.ts names ${typeName}.${field}, which does not exist`);
      if (columnIn(guarded.extensions)) {
        throw new Error(`${typeName}.${field} is written from a column, past the rule it has in schema/permissions.ts`);
      }
      if (typeof (rule as { resolve?: unknown } | undefined)?.resolve !== 'function') {
        throw new Error(`the row of ${typeName}.${field} in schema/permissions.ts is not a rule`);
      }
    }
  }
}
