/** What of a list does a document ask for? Its selection as plain data, read once for each place in a document. */
import { type FieldNode, type GraphQLResolveInfo, Kind, type SelectionNode } from 'graphql';
import type { Wanted, WantedRow } from '../src/store/connection.ts';

/** Names of the fields selected below a field, whatever their aliases and types. */
export interface Selection {
  readonly [field: string]: Selection;
}

type Fragments = GraphQLResolveInfo['fragments'];
type Growing = { [field: string]: Growing };

/** How the fields of a type are read from its rows, where a field is no property of the same name. */
export interface Source {
  /** Properties that are read in any case, beside the first. */
  readonly always?: readonly string[];
  /** Properties that a field is made of; of a field that is not named here, the property of its name. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  /** Fields that are rows of their own, joined under their names. */
  readonly joins?: Readonly<Record<string, Source>>;
  /** Fields of a row that is joined: where one of these is selected too, it is looked up instead, with what they name. */
  readonly unless?: readonly string[];
  /** Fields that are the row of another field, where they are one. */
  readonly sameAs?: Readonly<Record<string, string>>;
}

/** What the execution that asks can do. */
export interface Asker extends GraphQLResolveInfo {
  /** The rows of this list are written from bytes, if they come so. Default false. */
  readonly takesBinary?: boolean;
}

const inObjects = remembering(pageWanted);
const inBinary = new WeakMap<Wanted, Wanted>();

/** Of a list. A field that a directive may leave out counts as selected: which of them are asked for is no part of the document. */
export function wantedOf(info: Asker, source: Source): Wanted {
  const wanted = inObjects(info, source);
  if (!info.takesBinary || looksUp(wanted.row, source)) return wanted;
  const binary = inBinary.get(wanted) ?? { ...wanted, binary: true };
  inBinary.set(wanted, binary);
  return binary;
}

/** What is looked up makes the list one of objects. */
function looksUp(row: WantedRow, { joins = {}, fields = {} }: Source): boolean {
  return Object.entries(joins).some(
    ([name, { unless }]) =>
      unless && row?.[name] === undefined && fields[name]?.some((property) => row?.[property] !== undefined),
  );
}

/** Of a field that is one row. */
export const wantedRowOf = remembering((selection, source): WantedRow => rowWanted([selection], source));

function remembering<T>(read: (selection: Selection, source: Source) => T) {
  const known = new WeakMap<Source, WeakMap<object, T>>();
  return ({ fieldNodes, fragments }: GraphQLResolveInfo, source: Source): T => {
    const [node, ...others] = fieldNodes as readonly FieldNode[] as [FieldNode, ...FieldNode[]];
    // What is written in several places may come together differently in each operation of a document: in its plan, where it has one.
    const place = others.length > 0 ? fieldNodes : node;
    const remembered = known.get(source) ?? new WeakMap<object, T>();
    known.set(source, remembered);
    const wanted = remembered.get(place) ?? read(selectionOf(fieldNodes, fragments), source);
    remembered.set(place, wanted);
    return wanted;
  };
}

/** Through fragments and inline fragments. */
export function selectionOf(nodes: readonly FieldNode[], fragments: Fragments): Selection {
  const selection: Growing = {};
  for (const { selectionSet } of nodes) addAll(selection, selectionSet?.selections ?? [], fragments);
  return selection;
}

function addAll(selection: Growing, nodes: readonly SelectionNode[], fragments: Fragments): void {
  for (const node of nodes) {
    if (node.kind === Kind.FIELD) {
      const field = selection[node.name.value] ?? {};
      selection[node.name.value] = field;
      addAll(field, node.selectionSet?.selections ?? [], fragments);
    } else {
      const { selectionSet } = node.kind === Kind.INLINE_FRAGMENT ? node : (fragments[node.name.value] ?? {});
      addAll(selection, selectionSet?.selections ?? [], fragments);
    }
  }
}

function pageWanted({ nodes, edges, pageInfo }: Selection, source: Source): Wanted {
  const cursors = edges?.cursor ?? pageInfo?.startCursor ?? pageInfo?.endCursor;
  return {
    page: (nodes ?? edges ?? pageInfo) !== undefined,
    row: rowWanted([nodes, edges?.node], source),
    cursors: cursors !== undefined,
    hasNextPage: pageInfo?.hasNextPage !== undefined,
    hasPreviousPage: pageInfo?.hasPreviousPage !== undefined,
  };
}

function rowWanted(selections: readonly (Selection | undefined)[], source: Source) {
  const { always = [], fields = {}, joins = {}, sameAs = {} } = source;
  const row: { [name: string]: true | WantedRow } = Object.fromEntries(always.map((name) => [name, true]));
  for (const selection of selections) {
    for (const name of Object.keys(selection ?? {})) {
      if (!Object.hasOwn(joins, name)) for (const property of fields[name] ?? [name]) row[property] = true;
    }
  }
  for (const [name, joined] of Object.entries(joins)) {
    const names = [name, ...Object.keys(sameAs).filter((each) => sameAs[each] === name)];
    const below = selections.flatMap((selection) => names.flatMap((each) => selection?.[each] ?? []));
    if (below.length === 0) continue;
    const isLookedUp = below.some((selection) => joined.unless?.some((each) => Object.hasOwn(selection, each)));
    if (isLookedUp) for (const property of fields[name] ?? []) row[property] = true;
    else row[name] = rowWanted(below, joined);
  }
  return row;
}
