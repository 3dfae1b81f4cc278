/**
 * How is a document executed many times? By a plan made once for each operation, with the results, errors and turns of
 * graphql-js's `execute`, whose steps these are; `test/server/compiled.test.ts` holds the two equal.
 */
import {
  type DocumentNode,
  defaultTypeResolver,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
  Kind,
  locatedError,
  OperationTypeNode,
  visit,
} from 'graphql';
import { inspect } from 'graphql/jsutils/inspect.js';
import { isIterableObject } from 'graphql/jsutils/isIterableObject.js';
import { isPromise } from 'graphql/jsutils/isPromise.js';
import { type Path, pathToArray } from 'graphql/jsutils/Path.js';
import { promiseReduce } from 'graphql/jsutils/promiseReduce.js';
import type { Asker } from '../../schema/selection.ts';
import { type Cells, type RowForm, takesBinary } from './binaryList.ts';
import { type FieldPlan, operationOf, Plan, type Selection, type Shape, type Variables, variablesOf } from './plan.ts';
import { ListWriter, stringifyWritten } from './written.ts';

/**
 * @param form `written`: the result has a `stringify`, which alone makes JSON of it; lists whose rows are all at hand are text in it.
 * `lines`: the rows of a connection are lines of JSON, and with cells they are lines of CSV, where either is done without an object
 * for each of them. Default: plain values.
 */
export type Execute = (args: ExecutionArgs, form?: Form) => ExecutionResult | Promise<ExecutionResult>;
export type Form = 'written' | 'lines' | Cells;

/** Plans kept for one document: one for each operation and each choice of its directives. */
const PLANS = 32;

/** The plans of a document live as long as Yoga keeps the document. */
export function compiledExecution(schema: GraphQLSchema): Execute {
  const documents = new WeakMap<DocumentNode, PlannedDocument>();
  return (args, form) => {
    const { document, operationName } = args;
    const known = documents.get(document) ?? new PlannedDocument(schema, document);
    documents.set(document, known);
    const operation = operationOf(document.definitions, operationName);
    // It says best itself what is wrong.
    if (operation === null || args.schema !== schema) return execute(args) as ReturnType<Execute>;
    const { errors, coerced } = variablesOf(args, operation);
    if (errors) return { errors };
    return new Run(known.plan(operation, coerced), { variables: coerced, form }, args).result();
  };
}

class PlannedDocument {
  readonly #schema: GraphQLSchema;
  readonly #document: DocumentNode;
  readonly #switches: readonly string[];
  readonly #plans = new Map<string, Plan>();

  constructor(schema: GraphQLSchema, document: DocumentNode) {
    this.#schema = schema;
    this.#document = document;
    this.#switches = switchesOf(document);
  }

  plan(operation: Plan['operation'], variables: Variables): Plan {
    const chosen = this.#switches.map((name) => variables[name] ?? null);
    const key = JSON.stringify([this.#document.definitions.indexOf(operation), chosen]);
    const known = this.#plans.get(key);
    if (known) return known;
    const fragments = this.#document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
    const byName = Object.assign(
      Object.create(null) as Record<string, FragmentDefinitionNode>,
      Object.fromEntries(fragments.map((each) => [each.name.value, each])),
    );
    if (this.#plans.size >= PLANS) this.#plans.clear();
    const plan = new Plan(this.#schema, operation, byName);
    this.#plans.set(key, plan);
    return plan;
  }
}

/** The variables that decide which fields there are. */
function switchesOf(document: DocumentNode): readonly string[] {
  const names = new Set<string>();
  visit(document, {
    Directive(directive) {
      if (directive.name.value !== 'skip' && directive.name.value !== 'include') return;
      for (const { value } of directive.arguments ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}

/** Where in the response something stands, and what a resolver there may ask; all of it is worked out when somebody asks. */
class Place implements Asker {
  readonly run: Run;
  readonly field: FieldPlan;
  readonly above: Place | null;
  /** In a list; null: the field itself. */
  readonly index: number | null;
  #path: Path | undefined;

  constructor(run: Run, field: FieldPlan, above: Place | null, index: number | null) {
    this.run = run;
    this.field = field;
    this.above = above;
    this.index = index;
  }

  get path(): Path {
    const { above, index, field } = this;
    this.#path ??= {
      prev: above?.path,
      key: index ?? field.key,
      typename: index === null ? field.parentType.name : undefined,
    };
    return this.#path;
  }
  get fieldName() {
    return this.field.field.name;
  }
  get fieldNodes() {
    return this.field.fieldNodes;
  }
  get returnType() {
    return this.field.field.type;
  }
  get parentType() {
    return this.field.parentType;
  }
  get schema() {
    return this.run.plan.schema;
  }
  get fragments() {
    return this.run.plan.fragments;
  }
  get operation() {
    return this.run.plan.operation;
  }
  get rootValue() {
    return this.run.rootValue;
  }
  get takesBinary() {
    return this.run.takesBinary && takesBinary(this.field, this.run.variables);
  }
  get variableValues() {
    return this.run.variables as Record<string, unknown>;
  }
}

type Result = Record<string, unknown>;

interface Running {
  readonly variables: Variables;
  readonly form: Form | undefined;
}

function rowForm(form: Form): RowForm {
  if (typeof form !== 'string') return form;
  return form === 'lines' ? 'LINE' : 'ITEM';
}

/** One execution of a plan. */
class Run {
  readonly plan: Plan;
  readonly variables: Variables;
  readonly rootValue: unknown;
  readonly takesBinary: boolean;
  readonly #context: unknown;
  readonly #errors: GraphQLError[] = [];
  /** Null: the whole response. */
  readonly #failed = new Set<Place | null>();
  readonly #writer: ListWriter | null;

  constructor(plan: Plan, { variables, form }: Running, { rootValue, contextValue }: ExecutionArgs) {
    this.plan = plan;
    this.variables = variables;
    this.#writer = form === undefined ? null : new ListWriter(variables, contextValue, rowForm(form));
    this.takesBinary = form !== undefined;
    this.rootValue = rootValue;
    this.#context = contextValue;
  }

  result(): ExecutionResult | Promise<ExecutionResult> {
    try {
      const data = this.#operation();
      if (!isPromise(data)) return this.#response(data);
      return data.then(
        (resolved) => this.#response(resolved),
        (error: GraphQLError) => this.#withoutData(error),
      );
    } catch (error) {
      return this.#withoutData(error as GraphQLError);
    }
  }

  #response(data: Result | null): ExecutionResult {
    const result = this.#errors.length === 0 ? { data } : { errors: this.#errors, data };
    return this.#writer ? Object.assign(result, { stringify: stringifyWritten }) : result;
  }

  #withoutData(error: GraphQLError): ExecutionResult {
    this.#add(error, null);
    return this.#response(null);
  }

  #operation(): Result | Promise<Result> {
    const { schema, operation } = this.plan;
    const type = schema.getRootType(operation.operation);
    if (!type) {
      const sentence = `Schema is not configured to execute ${operation.operation} operation.`;
      throw new GraphQLError(sentence, { nodes: operation });
    }
    const selection = this.plan.root(type, this.variables);
    return operation.operation === OperationTypeNode.MUTATION
      ? this.#serially(selection)
      : this.#fields(selection, this.rootValue, null);
  }

  #serially(selection: Selection): Result | Promise<Result> {
    return promiseReduce(
      selection.fields,
      (results: Result, field) => {
        const result = this.#field(field, this.rootValue, null);
        const add = (resolved: unknown) => {
          results[field.key] = resolved;
          return results;
        };
        return isPromise(result) ? result.then(add) : add(result);
      },
      emptyResult(selection),
    );
  }

  #fields(selection: Selection, source: unknown, above: Place | null): Result | Promise<Result> {
    const results = emptyResult(selection);
    let hasPromise = false;
    try {
      for (const field of selection.fields) {
        const plain = plainLeaf(field, source);
        const result = plain === undefined ? this.#field(field, source, above) : plain;
        results[field.key] = result;
        if (isPromise(result)) hasPromise = true;
      }
    } catch (error) {
      if (!hasPromise) throw error;
      // The others may fail too, and somebody has to hear it.
      return settled(results).finally(() => {
        throw error;
      });
    }
    return hasPromise ? settled(results) : results;
  }

  #field(field: FieldPlan, source: unknown, above: Place | null): unknown {
    const place = new Place(this, field, above, null);
    try {
      const result = field.resolve(source, field.arguments(this.variables), this.#context, place);
      return this.#guarded(field.shape, place, result);
    } catch (error) {
      return this.#failure(field.shape, place, error);
    }
  }

  /** What may be a promise, and what may fail, at a place of its own. */
  #guarded(shape: Shape, place: Place, value: unknown): unknown {
    const completed = isPromise(value)
      ? value.then((resolved) => this.#complete(shape, place, resolved))
      : this.#complete(shape, place, value);
    if (!isPromise(completed)) return completed;
    return completed.then(undefined, (error: unknown) => this.#failure(shape, place, error));
  }

  #failure({ kind }: Shape, place: Place, raw: unknown): null {
    const error = locatedError(raw, place.fieldNodes, pathToArray(place.path));
    if (kind === 'NON_NULL') throw error;
    this.#add(error, place);
    return null;
  }

  /** Nothing is said of what is null already. */
  #add(error: GraphQLError, place: Place | null): void {
    for (let at = place; at !== null; at = at.above) if (this.#failed.has(at)) return;
    if (this.#failed.has(null)) return;
    this.#failed.add(place);
    this.#errors.push(error);
  }

  #complete(shape: Shape, place: Place, value: unknown): unknown {
    if (value instanceof Error) throw value;
    if (shape.kind === 'NON_NULL') {
      const completed = this.#complete(shape.of, place, value);
      if (completed !== null) return completed;
      throw new Error(`Cannot return null for non-nullable field ${place.parentType.name}.${place.fieldName}.`);
    }
    if (value === null || value === undefined) return null;
    if (shape.kind === 'LEAF') return leafOf(shape.type, value);
    if (shape.kind === 'OBJECT') return this.#object(shape.type, place, value);
    if (shape.kind === 'LIST') return this.#list(shape.of, place, value);
    return this.#abstract(shape.type, place, value);
  }

  #list(shape: Shape, place: Place, value: unknown): unknown {
    const written = this.#writer?.list(shape, place.field, value);
    if (written) return written;
    if (!isIterableObject(value)) {
      const field = `${place.parentType.name}.${place.fieldName}`;
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${field}".`);
    }
    const itemField = place.field;
    let hasPromise = false;
    const items = Array.from(value as Iterable<unknown>, (item, index) => {
      const at = new Place(this, itemField, place, index);
      let completed: unknown;
      try {
        completed = this.#guarded(shape, at, item);
      } catch (error) {
        completed = this.#failure(shape, at, error);
      }
      if (isPromise(completed)) hasPromise = true;
      return completed;
    });
    return hasPromise ? Promise.all(items) : items;
  }

  #abstract(type: GraphQLAbstractType, place: Place, value: unknown): unknown {
    const resolveType = type.resolveType ?? defaultTypeResolver;
    const name = resolveType(value, this.#context, place, type);
    const complete = (resolved: unknown) => this.#object(objectTypeOf(resolved, type, place, value), place, value);
    return isPromise(name) ? name.then(complete) : complete(name);
  }

  #object(type: GraphQLObjectType, place: Place, value: unknown): unknown {
    const selection = place.field.selection(type, this.variables);
    if (!type.isTypeOf) return this.#fields(selection, value, place);
    const complete = (isOfType: boolean) => {
      if (isOfType) return this.#fields(selection, value, place);
      const sentence = `Expected value of type "${type.name}" but got: ${inspect(value)}.`;
      throw new GraphQLError(sentence, { nodes: place.fieldNodes });
    };
    const isOfType = type.isTypeOf(value, this.#context, place);
    return isPromise(isOfType) ? isOfType.then(complete) : complete(isOfType);
  }
}

const emptyResult = ({ hasProto }: Selection): Result => (hasProto ? (Object.create(null) as Result) : {});

function settled(results: Result): Promise<Result> {
  const keys = Object.keys(results);
  return Promise.all(Object.values(results)).then((values) => {
    for (const [index, key] of keys.entries()) results[key] = values[index];
    return results;
  });
}

/** Most fields of most documents. Undefined: it is none, or something is wrong with it. */
function plainLeaf({ leaf, isNullable, field }: FieldPlan, source: unknown): unknown {
  if (leaf === null || source === null || typeof source !== 'object') return undefined;
  const value = (source as Result)[field.name];
  if (value === null || value === undefined) return isNullable ? null : undefined;
  if (typeof value === 'function' || value instanceof Error || isPromise(value)) return undefined;
  try {
    return leaf.serialize(value) ?? undefined;
  } catch {
    return undefined;
  }
}

function leafOf(type: GraphQLLeafType, value: unknown): unknown {
  const serialized = type.serialize(value);
  if (serialized !== null && serialized !== undefined) return serialized;
  const call = `${inspect(type)}.serialize(${inspect(value)})`;
  throw new Error(`Expected \`${call}\` to return non-nullable value, returned: ${inspect(serialized)}`);
}

/** @throws GraphQLError when it names none, or one of another family */
function objectTypeOf(name: unknown, type: GraphQLAbstractType, place: Place, value: unknown): GraphQLObjectType {
  const { schema, fieldNodes: nodes, parentType, fieldName } = place;
  const known = typeof name === 'string' ? schema.getType(name) : undefined;
  if (isObjectType(known) && schema.isSubType(type, known)) return known;
  const abstract = `Abstract type "${type.name}"`;
  const must = `${abstract} must resolve to an Object type at runtime for field "${parentType.name}.${fieldName}"`;
  if (name === null || name === undefined) {
    const advice = `Either the "${type.name}" type should provide a "resolveType" function or each possible type should provide an "isTypeOf" function.`;
    throw new GraphQLError(`${must}. ${advice}`, { nodes });
  }
  if (typeof name !== 'string')
    throw new GraphQLError(`${must} with value ${inspect(value)}, received "${inspect(name)}".`);
  if (!known) {
    throw new GraphQLError(`${abstract} was resolved to a type "${name}" that does not exist inside the schema.`, {
      nodes,
    });
  }
  if (!isObjectType(known)) {
    throw new GraphQLError(`${abstract} was resolved to a non-object type "${name}".`, { nodes });
  }
  throw new GraphQLError(`Runtime Object type "${name}" is not a possible type for "${type.name}".`, { nodes });
}
