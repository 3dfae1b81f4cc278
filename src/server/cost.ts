/**
 * What does an operation cost? An object is one, a list as many as were asked for, a count ten, a mutation ten and ten more
 * for each item it is given, or may find at most; values cost nothing. Found out once for each document, and answered from coerced variables.
 */
import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';
import { PAGE_DEFAULT, PAGE_MAXIMUM } from '../store/connection.ts';
import { fieldOf, type Variables } from './plan.ts';

export const PRICES = {
  /** Every list of objects that nobody gave a size: approvers, stages, refusals are few. */
  list: 2,
  count: 10,
  mutation: 10,
} as const;

/** Beyond every limit, so that no product of large pages leaves the numbers that are exact. */
const PRICE_MAXIMUM = Number.MAX_SAFE_INTEGER;

interface Asked {
  readonly variables: Variables;
  /** Of the lists right below; null: nobody said. */
  readonly size: number | null;
  /** What is spread in many places is worked out once for each size. */
  readonly known: Map<string, number>;
}

type Price = (asked: Asked) => number;

interface Answered {
  readonly node: FieldNode;
  readonly field: GraphQLField<unknown, unknown>;
  readonly price: number;
}

export interface OperationCost {
  of(variables: Variables): number;
  /** The list that costs most, or what is not one, by the names in the answer that lead to it, such as `me.eligible`. */
  costliest(variables: Variables): string;
}

export function operationCost(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) {
  const type = schema.getRootType(operation.operation) as GraphQLNamedType;
  const prices = new Prices(schema, document);
  const base = operation.operation === OperationTypeNode.SUBSCRIPTION ? PRICES.mutation : 0;
  const all = prices.selections(operation.selectionSet, type);
  const asked = (variables: Variables): Asked => ({ variables, size: null, known: new Map() });
  const cost: OperationCost = {
    of: (variables) => base + all(asked(variables)),
    costliest: (variables) => prices.costliest(operation.selectionSet, type, asked(variables)),
  };
  return cost;
}

class Prices {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #prices = new Map<string, Price>();

  constructor(schema: GraphQLSchema, { definitions }: DocumentNode) {
    this.#schema = schema;
    const fragments = definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map(fragments.map((each) => [each.name.value, each]));
  }

  /** What is asked for twice costs twice. */
  selections(set: SelectionSetNode | undefined, type: GraphQLNamedType): Price {
    const prices = (set?.selections ?? []).flatMap((selection) => {
      const price = this.#selection(selection, type);
      return price ? [unless(selection.directives ?? [], price)] : [];
    });
    return (asked) => prices.reduce((sum, price) => Math.min(sum + price(asked), PRICE_MAXIMUM), 0);
  }

  costliest(set: SelectionSetNode, type: GraphQLNamedType, asked: Asked): string {
    const [most] = this.#answered(set, type, { asked, spread: new Set() }).sort((a, b) => b.price - a.price);
    if (!most) return '';
    const { node, field } = most;
    const name = (node.alias ?? node.name).value;
    const isSized = sizeOf(node, field)(asked.variables) !== null || isListType(getNullableType(field.type));
    const below =
      isSized || !node.selectionSet ? '' : this.costliest(node.selectionSet, getNamedType(field.type), asked);
    return below === '' ? name : `${name}.${below}`;
  }

  /** Fields that are not left out, those of fragments too; each fragment once, as they may double at each level. */
  #answered(
    set: SelectionSetNode,
    type: GraphQLNamedType,
    { asked, spread }: { asked: Asked; spread: Set<string> },
  ): Answered[] {
    return set.selections.flatMap((selection): Answered[] => {
      if (!isAnswered(selection.directives ?? [], asked.variables)) return [];
      if (selection.kind === Kind.FIELD) {
        const field = this.#fieldOf(selection, type);
        const price = this.#field(selection, type);
        return field && price ? [{ node: selection, field, price: price(asked) }] : [];
      }
      const name = selection.kind === Kind.FRAGMENT_SPREAD ? selection.name.value : null;
      if (name !== null && spread.has(name)) return [];
      if (name !== null) spread.add(name);
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(selection.name.value) : selection;
      const condition = fragment?.typeCondition && this.#schema.getType(fragment.typeCondition.name.value);
      return fragment ? this.#answered(fragment.selectionSet, condition ?? type, { asked, spread }) : [];
    });
  }

  #selection(selection: SelectionSetNode['selections'][number], type: GraphQLNamedType): Price | null {
    if (selection.kind === Kind.FIELD) return this.#field(selection, type);
    if (selection.kind === Kind.FRAGMENT_SPREAD) return this.#fragment(selection.name.value);
    const condition = selection.typeCondition && this.#schema.getType(selection.typeCondition.name.value);
    return this.selections(selection.selectionSet, condition ?? type);
  }

  #fragment(name: string): Price {
    const known = this.#prices.get(name);
    if (known) return known;
    const fragment = this.#fragments.get(name);
    const type = this.#schema.getType(fragment?.typeCondition.name.value ?? '') as GraphQLNamedType;
    const price = this.selections(fragment?.selectionSet, type);
    const once: Price = (asked) => {
      const key = `${asked.size} ${name}`;
      const found = asked.known.get(key) ?? price(asked);
      asked.known.set(key, found);
      return found;
    };
    this.#prices.set(name, once);
    return once;
  }

  #fieldOf(node: FieldNode, parent: GraphQLNamedType): GraphQLField<unknown, unknown> | null {
    const field = 'getFields' in parent ? fieldOf(this.#schema, parent as never, node.name.value) : undefined;
    return field && !field.name.startsWith('__') ? field : null;
  }

  #field(node: FieldNode, parent: GraphQLNamedType): Price | null {
    const field = this.#fieldOf(node, parent);
    if (!field) return null;
    const type = getNamedType(field.type);
    if (!isCompositeType(type)) return field.name === 'totalCount' ? () => PRICES.count : null;
    const below = this.selections(node.selectionSet, type);
    const size = sizeOf(node, field);
    const isList = isListType(getNullableType(field.type));
    const isMutation = parent === this.#schema.getMutationType();
    return (asked) => {
      const own = size(asked.variables);
      const count = isList ? (own ?? asked.size ?? PRICES.list) : 1;
      const base = isMutation ? PRICES.mutation * (1 + (own ?? 0)) : 0;
      return Math.min(base + count * (1 + below({ ...asked, size: isList ? null : own })), PRICE_MAXIMUM);
    };
  }
}

/** Rows of the page, items that it finds by itself at most, or items of the longest list that it is given; null: none of these. */
function sizeOf(
  node: FieldNode,
  { args, extensions }: GraphQLField<unknown, unknown>,
): (variables: Variables) => number | null {
  const { mostItems } = extensions as { mostItems?: number };
  if (mostItems !== undefined) return () => mostItems;
  const given = new Map((node.arguments ?? []).map(({ name, value }) => [name.value, value]));
  const value = (name: string, variables: Variables) => givenBy(given.get(name), variables);
  if (args.some(({ name }) => name === 'first')) {
    return (variables) => pageSize(value('last', variables) ?? value('first', variables) ?? PAGE_DEFAULT);
  }
  if (given.size === 0) return () => null;
  return (variables) => longest([...given.values()].map((each) => givenBy(each, variables)));
}

/** A size that is none is refused by the list itself, which then reads nothing. */
function pageSize(size: unknown): number {
  return typeof size === 'number' ? Math.min(Math.max(size, 0), PAGE_MAXIMUM) : PAGE_DEFAULT;
}

const givenBy = (node: ValueNode | undefined, variables: Variables): unknown =>
  node && valueFromASTUntyped(node, variables);

function longest(values: readonly unknown[]): number | null {
  return values.reduce<number | null>((found, value) => {
    if (value === null || typeof value !== 'object') return found;
    const inner = longest(Object.values(value));
    const own = Array.isArray(value) ? value.length : null;
    return [found, inner, own].reduce((a, b) => (a === null ? b : Math.max(a, b ?? 0)), null);
  }, null);
}

/** What is left out costs nothing. */
function unless(directives: readonly DirectiveNode[], price: Price): Price {
  if (directives.length === 0) return price;
  return (asked) => (isAnswered(directives, asked.variables) ? price(asked) : 0);
}

function isAnswered(directives: readonly DirectiveNode[], variables: Variables): boolean {
  return directives.every(({ name, arguments: given }) => {
    const condition = given?.find((each) => each.name.value === 'if')?.value;
    if (!condition || !['skip', 'include'].includes(name.value)) return true;
    return (givenBy(condition, variables) === true) === (name.value === 'include');
  });
}
