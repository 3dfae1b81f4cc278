/** What of a document is the same whenever it runs? Which fields there are, how each is resolved, what becomes of its value. */
import {
  defaultFieldResolver,
  type ExecutionArgs,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLFieldResolver,
  GraphQLID,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLString,
  getArgumentValues,
  getNullableType,
  getVariableValues,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import { type Column, columnIn } from '../../schema/column.ts';
import type { Layout } from '../store/binaryPage.ts';
import type { BinaryWriter, RowForm } from './binaryList.ts';

export type Variables = Record<string, unknown>;
type Fields = ReadonlyMap<string, readonly FieldNode[]>;
type Resolver = GraphQLFieldResolver<unknown, unknown>;

/** An operation of a document, for one choice of what its `@skip` and `@include` leave. */
export class Plan {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Record<string, FragmentDefinitionNode>;
  #root: Selection | undefined;

  constructor(schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Plan['fragments']) {
    this.schema = schema;
    this.operation = operation;
    this.fragments = fragments;
  }

  /** Planned when it is first run, like every selection below: what fails there fails where graphql-js would. */
  root(type: GraphQLObjectType, variables: Variables): Selection {
    const { schema, fragments, operation } = this;
    this.#root ??= new Selection(this, type, collectFields(schema, fragments, variables, type, operation.selectionSet));
    return this.#root;
  }
}

/** The fields of an object of one type. */
export class Selection {
  readonly fields: readonly FieldPlan[];
  /** An alias of this name would set the prototype of anything that has one. */
  readonly hasProto: boolean;

  constructor(plan: Plan, type: GraphQLObjectType, fields: Fields) {
    this.fields = [...fields].flatMap(([key, nodes]) => {
      const field = fieldOf(plan.schema, type, (nodes[0] as FieldNode).name.value);
      return field ? [new FieldPlan({ plan, parentType: type, field, key, fieldNodes: nodes })] : [];
    });
    this.hasProto = fields.has('__proto__');
  }
}

export function fieldOf(schema: GraphQLSchema, type: GraphQLObjectType, name: string) {
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef;
  if (type === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  }
  return type.getFields()[name];
}

/** A type, with what it is found out once. */
export type Shape =
  | { readonly kind: 'NON_NULL'; readonly of: Shape }
  | { readonly kind: 'LIST'; readonly of: Shape }
  | {
      readonly kind: 'LEAF';
      readonly type: GraphQLLeafType;
      /** The JSON of each value of an enum; null for scalars. */
      readonly texts: ReadonlyMap<unknown, string> | null;
      /** A string serializes to itself. */
      readonly isString: boolean;
    }
  | { readonly kind: 'OBJECT'; readonly type: GraphQLObjectType }
  | { readonly kind: 'ABSTRACT'; readonly type: GraphQLAbstractType };

function shapeOf(type: GraphQLOutputType): Shape {
  if (isNonNullType(type)) return { kind: 'NON_NULL', of: shapeOf(type.ofType) };
  if (isListType(type)) return { kind: 'LIST', of: shapeOf(type.ofType) };
  if (isLeafType(type)) {
    const texts = isEnumType(type) ? new Map(type.getValues().map(({ name, value }) => [value, `"${name}"`])) : null;
    return { kind: 'LEAF', type, texts, isString: type === GraphQLString || type === GraphQLID };
  }
  return isObjectType(type) ? { kind: 'OBJECT', type } : { kind: 'ABSTRACT', type };
}

interface FieldParts {
  readonly plan: Plan;
  readonly parentType: GraphQLObjectType;
  readonly field: GraphQLField<unknown, unknown>;
  readonly key: string;
  readonly fieldNodes: readonly FieldNode[];
}

const NO_ARGUMENTS = Object.freeze({});

export class FieldPlan {
  readonly plan: Plan;
  readonly parentType: GraphQLObjectType;
  readonly field: GraphQLField<unknown, unknown>;
  readonly key: string;
  readonly fieldNodes: readonly FieldNode[];
  readonly shape: Shape;
  readonly resolve: Resolver;
  /** The type of what is read from a property as it stands; null when there is more to do. */
  readonly leaf: GraphQLLeafType | null;
  readonly isNullable: boolean;
  /** What stands before its value in JSON, as the first field and as a further one. */
  readonly label: string;
  readonly furtherLabel: string;
  /** The JSON of a `__typename`; null for every other field. */
  readonly typename: string | null;
  /** Where it stands in a row as the database sends it; undefined: nowhere. */
  readonly column: Column | undefined;
  /** Its list, or something in it, has turned out to be no plain values. */
  waits = false;
  /** Rows below it can be written from bytes; undefined: nobody has asked. */
  takesBinary: boolean | undefined;
  /** How the rows of its list are written, for each layout that they come in. */
  readonly writers = new WeakMap<Layout, Map<RowForm, BinaryWriter>>();
  readonly #constant: Record<string, unknown> | null;
  readonly #selections = new Map<GraphQLObjectType, Selection>();

  constructor({ plan, parentType, field, key, fieldNodes }: FieldParts) {
    this.plan = plan;
    this.parentType = parentType;
    this.field = field;
    this.key = key;
    this.fieldNodes = fieldNodes;
    this.shape = shapeOf(field.type);
    this.resolve = field.resolve ?? defaultFieldResolver;
    const type = getNullableType(field.type);
    this.leaf = field.resolve === undefined && isLeafType(type) ? type : null;
    this.isNullable = !isNonNullType(field.type);
    this.label = `${JSON.stringify(key)}:`;
    this.furtherLabel = `,${this.label}`;
    this.column = columnIn(field.extensions);
    this.typename = field === TypeNameMetaFieldDef ? JSON.stringify(parentType.name) : null;
    this.#constant = constantArguments(field.args, fieldNodes[0] as FieldNode);
  }

  /** @throws GraphQLError */
  arguments(variables: Variables): Record<string, unknown> {
    return this.#constant ?? getArgumentValues(this.field, this.fieldNodes[0] as FieldNode, variables);
  }

  /** Its fields on an object of that type. @throws GraphQLError when a directive lacks its value */
  selection(type: GraphQLObjectType, variables: Variables): Selection {
    const known = this.#selections.get(type);
    if (known) return known;
    const { schema, fragments } = this.plan;
    const selection = new Selection(
      this.plan,
      type,
      collectSubfields(schema, fragments, variables, type, this.fieldNodes),
    );
    this.#selections.set(type, selection);
    return selection;
  }
}

/** Whoever gets arguments may write in them: only none at all are the same for everybody. */
function constantArguments(args: readonly GraphQLArgument[], node: FieldNode): Record<string, unknown> | null {
  const given = node.arguments?.length ?? 0;
  const isEmpty =
    given === 0 && args.every(({ type, defaultValue }) => defaultValue === undefined && !isNonNullType(type));
  return isEmpty ? NO_ARGUMENTS : null;
}

type Coerced = ReturnType<typeof getVariableValues>;
const COERCION_ERRORS = 50;
const coerced = new WeakMap<ExecutionArgs, Coerced>();

/** What the variables are by their types, or what is wrong with them; both the cost and the execution of an operation ask. */
export function variablesOf(args: ExecutionArgs, { variableDefinitions = [] }: OperationDefinitionNode): Coerced {
  const known = coerced.get(args);
  if (known) return known;
  const { schema, variableValues } = args;
  const found = getVariableValues(schema, variableDefinitions, variableValues ?? {}, { maxErrors: COERCION_ERRORS });
  coerced.set(args, found);
  return found;
}

/** Null: which one is meant cannot be told. */
export function operationOf(
  definitions: readonly { readonly kind: Kind }[],
  operationName: string | null | undefined,
): OperationDefinitionNode | null {
  const operations = definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION) as OperationDefinitionNode[];
  if (operationName == null) return operations.length === 1 ? (operations[0] as OperationDefinitionNode) : null;
  return operations.findLast(({ name }) => name?.value === operationName) ?? null;
}
