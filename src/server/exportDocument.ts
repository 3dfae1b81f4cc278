/** Can this query be exported? One list at its root, read page by page: the document is judged, and made to turn pages. */
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLError,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  getOperationRootType,
  type InlineFragmentNode,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
  isTypeSystemDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  parseType,
  type SelectionNode,
  type SelectionSetNode,
  specifiedRules,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { isRefused, type RefusalCode, type Refused, refuse } from '../refusals.ts';
import { LIMITS, limitRule } from './limits.ts';
import { fitTextRule } from './values.ts';

export interface ExportQuery {
  readonly query: string;
  readonly operationName: string | null;
}

/** A value of a row: its column, and where it stands. */
export interface Column {
  readonly name: string;
  readonly path: readonly string[];
}

export interface ExportDocument {
  /** Takes the size of a page and where it begins as variables of the names below. */
  readonly document: DocumentNode;
  readonly operationName: string | null;
  /** Where the list stands in the response. */
  readonly field: string;
  /** Where the rows stand in the list. */
  readonly rows: string;
  readonly columns: readonly Column[];
}

export const PAGE_SIZE_VARIABLE = 'portcullisFirst';
export const PAGE_START_VARIABLE = 'portcullisAfter';
export const PAGE_FIELD = 'portcullisPage';
const RESERVED = [PAGE_SIZE_VARIABLE, PAGE_START_VARIABLE, PAGE_FIELD];
const NAMES_TAKEN = `These names are taken: ${RESERVED.join(', ')}.`;

const PAGE_ARGUMENTS = ['first', 'after', 'last', 'before'];
const ERRORS_SHOWN = 5;

/** In order of precedence: the document, the operation, its list, what is selected of it. */
export function exportDocument(schema: GraphQLSchema, { query, operationName }: ExportQuery): ExportDocument | Refused {
  const document = validDocument(schema, query);
  if (isRefused(document)) return document;
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== OperationTypeNode.QUERY) return refused('EXPORT_NOT_A_QUERY');
  const root = getOperationRootType(schema, operation);
  const connections = operation.selectionSet.selections.filter(
    (selection) => selection.kind === Kind.FIELD && isConnection(typeOf(root, selection)),
  ) as FieldNode[];
  const [list] = connections;
  if (list === undefined) return refused('EXPORT_CONNECTION_REQUIRED');
  if (operation.selectionSet.selections.length > 1) return refused('EXPORT_ONE_CONNECTION');
  if (list.arguments?.some(({ name }) => PAGE_ARGUMENTS.includes(name.value))) return refused('EXPORT_PAGE_ARGUMENTS');
  const nodes = nodesOf(list);
  if (nodes === null) return refused('EXPORT_NODES_REQUIRED');
  const names = [
    keyOf(nodes.list),
    ...(operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value),
  ];
  if (names.some((name) => RESERVED.includes(name))) return refused('EXPORT_DOCUMENT_INVALID', NAMES_TAKEN);
  if (countConnections(schema, document, operation) > 1) return refused('EXPORT_NESTED_CONNECTION');
  return {
    ...{ document: pagedDocument(document, operation, list, nodes.selection), operationName },
    field: keyOf(list),
    rows: keyOf(nodes.list),
    columns: columnsOf(schema, document, nodes.type(typeOf(root, list)), nodes.node.selectionSet),
  };
}

const refused = (code: RefusalCode, hint?: string) => refuse(code, { field: ['query'], ...(hint && { hint }) });

function validDocument(schema: GraphQLSchema, query: string): DocumentNode | Refused {
  try {
    const document = parse(query, { maxTokens: LIMITS.tokens });
    if (document.definitions.some(isTypeSystemDefinitionNode)) return refused('EXPORT_NOT_A_QUERY');
    const errors = validate(schema, document, [...specifiedRules, limitRule, fitTextRule]);
    return errors.length === 0 ? document : invalid(errors);
  } catch (error) {
    return invalid([error as GraphQLError]);
  }
}

function invalid(errors: readonly GraphQLError[]): Refused {
  return refused(
    'EXPORT_DOCUMENT_INVALID',
    errors
      .slice(0, ERRORS_SHOWN)
      .map(({ message }) => message)
      .join(' '),
  );
}

const keyOf = ({ alias, name }: FieldNode) => (alias ?? name).value;

function typeOf(parent: unknown, { name }: FieldNode): GraphQLCompositeType | null {
  const fields = isCompositeType(parent) && 'getFields' in parent ? parent.getFields() : {};
  const type = fields[name.value] && getNamedType(fields[name.value]?.type);
  return isCompositeType(type) ? type : null;
}

const isConnection = (type: unknown) =>
  isObjectType(type) && type.name.endsWith('Connection') && type.getFields().pageInfo !== undefined;

/** `nodes { … }` or `edges { node { … } }`, and nothing beside it: what belongs to a page means nothing in a file. Both are read as the first. */
function nodesOf(list: FieldNode) {
  const inner = onlyField(list);
  if (inner?.name.value === 'nodes') {
    return { node: inner, list: inner, selection: inner, type: (connection: unknown) => typeOf(connection, inner) };
  }
  const node = inner?.name.value === 'edges' ? onlyField(inner) : null;
  if (!inner || node?.name.value !== 'node') return null;
  const { alias: _, ...unnamed } = node;
  const rows: FieldNode = { ...unnamed, name: { kind: Kind.NAME, value: 'nodes' } };
  const selection: InlineFragmentNode = {
    kind: Kind.INLINE_FRAGMENT,
    directives: inner.directives ?? [],
    selectionSet: { kind: Kind.SELECTION_SET, selections: [rows] },
  };
  return { node, list: rows, selection, type: (connection: unknown) => typeOf(typeOf(connection, inner), node) };
}

function onlyField({ selectionSet }: FieldNode): FieldNode | null {
  const [only, ...more] = selectionSet?.selections ?? [];
  return only?.kind === Kind.FIELD && more.length === 0 ? only : null;
}

/** Of the operation and of every fragment. */
function countConnections(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): number {
  const typeInfo = new TypeInfo(schema);
  let count = 0;
  const visitor = visitWithTypeInfo(typeInfo, {
    OperationDefinition: (node) => (node === operation ? undefined : false),
    Field() {
      const type = typeInfo.getType();
      if (type && isConnection(getNamedType(type))) count++;
    },
  });
  visit(document, visitor);
  return count;
}

function pagedDocument(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  list: FieldNode,
  rows: SelectionNode,
): DocumentNode {
  const variable = (name: string) => ({ kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } }) as const;
  const argument = (name: string, value: string) =>
    ({ kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: name }, value: variable(value) }) as const;
  const definition = (name: string, type: string) =>
    ({ kind: Kind.VARIABLE_DEFINITION, variable: variable(name), type: parseType(type) }) as const;
  const pageInfo = `{ ${PAGE_FIELD}: pageInfo { hasNextPage endCursor } }`;
  const page = (parse(pageInfo).definitions[0] as OperationDefinitionNode).selectionSet.selections;
  const paged: OperationDefinitionNode = {
    ...operation,
    variableDefinitions: [
      ...(operation.variableDefinitions ?? []),
      definition(PAGE_SIZE_VARIABLE, 'Int'),
      definition(PAGE_START_VARIABLE, 'Cursor'),
    ],
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: [
        {
          ...list,
          arguments: [
            ...(list.arguments ?? []),
            argument('first', PAGE_SIZE_VARIABLE),
            argument('after', PAGE_START_VARIABLE),
          ],
          selectionSet: {
            kind: Kind.SELECTION_SET,
            selections: [rows, ...page],
          },
        },
      ],
    },
  };
  return { ...document, definitions: document.definitions.map((each) => (each === operation ? paged : each)) };
}

/** Objects become dotted names, in the order of the selection; a list is one value, as JSON. */
function columnsOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  type: GraphQLCompositeType | null,
  selectionSet: SelectionSetNode | undefined,
): Column[] {
  const columns = new Map<string, Column>();
  const walk = (parent: GraphQLCompositeType | null, set: SelectionSetNode | undefined, path: readonly string[]) => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) {
        const here = [...path, keyOf(selection)];
        const inner = isList(parent, selection) ? null : typeOf(parent, selection);
        if (inner) walk(inner, selection.selectionSet, here);
        else columns.set(here.join('.'), { name: here.join('.'), path: here });
      } else {
        const fragment =
          selection.kind === Kind.INLINE_FRAGMENT ? selection : fragmentOf(document, selection.name.value);
        const on = fragment?.typeCondition ? schema.getType(fragment.typeCondition.name.value) : parent;
        walk(isCompositeType(on) ? on : parent, fragment?.selectionSet, path);
      }
    }
  };
  walk(type, selectionSet, []);
  return [...columns.values()];
}

function isList(parent: GraphQLCompositeType | null, { name }: FieldNode): boolean {
  const field = parent && 'getFields' in parent ? parent.getFields()[name.value] : undefined;
  return field !== undefined && isListType(isNonNullType(field.type) ? field.type.ofType : field.type);
}

function fragmentOf({ definitions }: DocumentNode, name: string) {
  const found = definitions.find((each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name);
  return found?.kind === Kind.FRAGMENT_DEFINITION ? found : undefined;
}
