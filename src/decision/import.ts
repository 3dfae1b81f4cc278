/** Which of a directory's lists may be written? Every item is judged, against what is known and against the other items. */
import { asciiLower, canonicalKey } from './assignment.ts';
import { isObject, type JsonObject, shown } from './importFields.ts';
import { type ImportedPrincipal, type ImportedRole, readItem } from './importItem.ts';
import { decideRelations, type Relation } from './importRelation.ts';
import { type ImportedScope, parentResource } from './importScope.ts';
import type { PrincipalKind, Provider } from './words.ts';

interface KnownPrincipal {
  readonly kind: PrincipalKind;
  readonly roleAssignable: boolean;
  /** Kept for the audit: it comes back when it is in the file, and is nobody's member before. */
  readonly deleted: boolean;
}

/** What the database holds already, as far as an import must agree with it. */
export interface KnownDirectory {
  readonly principals: ReadonlyMap<string, KnownPrincipal>;
  /** Sign-in names in small letters, with the users they belong to. */
  readonly userNames: ReadonlyMap<string, string>;
  /** Paths in small letters of the Azure scopes and of administrative units, with the path above in small letters. */
  readonly scopes: ReadonlyMap<string, string | null>;
  readonly roles: ReadonlyMap<string, { readonly provider: Provider; readonly builtIn: boolean }>;
}

export type JsonPath = readonly (string | number)[];

export interface ImportRefusal {
  readonly path: JsonPath;
  readonly reason: string;
}

export interface ImportRows {
  readonly principals: readonly ImportedPrincipal[];
  /** Every scope after the one above it. */
  readonly scopes: readonly ImportedScope[];
  readonly roles: readonly ImportedRole[];
  readonly relations: readonly Relation[];
}

export interface ImportDecision {
  /** Items, members and owners looked at. */
  readonly read: number;
  readonly rows: ImportRows;
  readonly refusals: readonly ImportRefusal[];
}

/** An item that has been read, with the place it was read from. */
interface Read<T> {
  readonly row: T;
  readonly item: JsonObject;
  readonly path: JsonPath;
}

/** The judgement so far. */
interface Draft {
  readonly known: KnownDirectory;
  readonly refusals: ImportRefusal[];
  readonly principals: Map<string, Read<ImportedPrincipal>>;
  readonly scopes: Map<string, Read<ImportedScope>>;
  readonly roles: Map<string, Read<ImportedRole>>;
  readonly names: Map<string, string>;
}

/** `rows` leaves out what was refused; whether they are written nevertheless is the caller's choice. */
export function decideImport(document: unknown, known: KnownDirectory): ImportDecision {
  const refusals: ImportRefusal[] = [];
  const draft: Draft = {
    ...{ known, refusals, principals: new Map(), scopes: new Map(), roles: new Map(), names: new Map() },
  };
  const items = pagesOf(document, refusals).flatMap((page) => itemsOf(page, refusals));
  for (const item of items) place(draft, item);
  const scopes = hangTogether(draft);
  const relations = decideRelations({
    known: new Map([...known.principals].filter(([, principal]) => !principal.deleted)),
    principals: new Map([...draft.principals].map(([id, { row }]) => [id, row])),
    holders: [
      ...[...draft.principals.values()].map((read) => ({ ...read, of: read.row.id })),
      ...[...draft.scopes.values()].map((read) => ({ ...read, of: read.row.path })),
    ],
  });
  return {
    read: items.length + relations.read,
    rows: {
      principals: [...draft.principals.values()].map(({ row }) => row),
      scopes,
      roles: [...draft.roles.values()].map(({ row }) => row).filter((row) => !row.builtIn),
      relations: relations.relations,
    },
    refusals: [...refusals, ...relations.refusals],
  };
}

interface Page {
  readonly value: readonly unknown[];
  readonly hint: string;
  readonly path: JsonPath;
}

/** One page, a list of pages, or an object of named pages; a name may stand for a list of pages too. */
function pagesOf(document: unknown, refusals: ImportRefusal[], path: JsonPath = [], hint = ''): Page[] {
  if (Array.isArray(document)) return document.flatMap((page, at) => pagesOf(page, refusals, [...path, at], hint));
  if (isObject(document) && Array.isArray(document.value)) {
    const context = document['@odata.context'];
    return [{ value: document.value, hint: typeof context === 'string' ? context : hint, path: [...path, 'value'] }];
  }
  if (isObject(document) && path.length === 0 && Object.keys(document).length > 0) {
    return Object.entries(document).flatMap(([name, page]) => pagesOf(page, refusals, [name], name));
  }
  refusals.push({ path, reason: `it is ${shown(document)}: a page must be an object with a list called value` });
  return [];
}

interface Item {
  readonly item: JsonObject;
  readonly hint: string;
  readonly path: JsonPath;
}

function itemsOf({ value, hint, path }: Page, refusals: ImportRefusal[]): Item[] {
  return value.flatMap((item, at) => {
    if (isObject(item)) return [{ item, hint, path: [...path, at] }];
    refusals.push({ path: [...path, at], reason: `it is ${shown(item)}: it must be an object` });
    return [];
  });
}

/** Reads one item and puts it with its kind, or refuses it. */
function place(draft: Draft, { item, hint, path }: Item): void {
  const problems: string[] = [];
  const read = readItem(item, hint, problems);
  if (problems.length === 0 && read) problems.push(...conflicts(draft, read));
  if (problems.length > 0 || !read) {
    draft.refusals.push({ path, reason: problems.join('; ') });
  } else if (read.is === 'PRINCIPAL') {
    draft.principals.set(read.row.id, { row: read.row, item, path });
    if (read.row.userPrincipalName) draft.names.set(asciiLower(read.row.userPrincipalName), read.row.id);
  } else if (read.is === 'SCOPE') {
    draft.scopes.set(canonicalKey(read.row.path), { row: read.row, item, path });
  } else {
    draft.roles.set(read.row.id, { row: read.row, item, path });
  }
}

type ReadItem = NonNullable<ReturnType<typeof readItem>>;

function conflicts(draft: Draft, read: ReadItem): string[] {
  if (read.is === 'PRINCIPAL') return principalConflicts(draft, read.row);
  if (read.is === 'ROLE') return roleConflicts(draft, read.row);
  return draft.scopes.has(canonicalKey(read.row.path))
    ? [`id is ${shown(read.row.path)}: it is in the file twice`]
    : [];
}

function principalConflicts({ known, principals, names }: Draft, row: ImportedPrincipal): string[] {
  if (principals.has(row.id)) return [`id is ${shown(row.id)}: it is in the file twice`];
  const before = known.principals.get(row.id);
  if (before && before.kind !== row.kind)
    return [`it is ${word(row.kind)}, and ${row.id} is known as ${word(before.kind)}`];
  if (before && before.kind === 'GROUP' && before.roleAssignable !== row.roleAssignable) {
    return [
      `isAssignableToRole is ${row.roleAssignable}: it is ${before.roleAssignable} here, and a group never changes that`,
    ];
  }
  const name = asciiLower(row.userPrincipalName ?? '');
  const owner = names.get(name) ?? known.userNames.get(name) ?? row.id;
  return owner === row.id
    ? []
    : [`userPrincipalName is ${shown(row.userPrincipalName)}: it belongs to the user ${owner}`];
}

/** A list of roles holds the built-in ones too: those the catalogue knows are passed over. */
function roleConflicts({ known, roles }: Draft, row: ImportedRole): string[] {
  if (roles.has(row.id)) return [`id is ${shown(row.id)}: it is in the file twice`];
  const before = known.roles.get(row.id);
  if (row.builtIn && !before?.builtIn)
    return ['it is a built-in role that the catalogue of this version does not know'];
  if (!row.builtIn && before?.builtIn) return ['it is a custom role with the id of a built-in role'];
  if (before && before.provider !== row.provider) return [`its id is known as a role of ${before.provider}`];
  return [];
}

const BELOW_ITSELF = 'it would lie below itself';

/** Every scope must hang from a known one, and none from itself. @returns them, each after the one above it */
function hangTogether({ known, scopes, refusals }: Draft): ImportedScope[] {
  const settled = new Map<string, ImportedScope | null>();
  const hangsInDatabase = (key: string, below: ReadonlySet<string>): string | null => {
    const above = key === '/' ? null : known.scopes.get(key);
    if (above === undefined) return `the scope above it, ${shown(key)}, is not known`;
    return above !== null && hangs(above, below) === BELOW_ITSELF ? BELOW_ITSELF : null;
  };
  const hangs = (key: string, below: ReadonlySet<string>): string | null => {
    if (below.has(key)) return BELOW_ITSELF;
    const read = scopes.get(key);
    if (!read) return hangsInDatabase(key, below);
    const done = settled.get(key);
    if (done !== undefined) return done ? null : `the scope above it, ${shown(read.row.path)}, is refused`;
    const parentPath = parentOf(read.row, (path) => scopes.has(path) || known.scopes.has(path), known);
    const reason = hangs(canonicalKey(parentPath), new Set([...below, key]));
    settled.set(key, reason === null ? { ...read.row, parentPath } : null);
    if (reason !== null) refusals.push({ path: read.path, reason });
    return reason === null ? null : `the scope above it, ${shown(read.row.path)}, is refused`;
  };
  for (const key of scopes.keys()) hangs(key, new Set());
  return [...settled.values()].filter((scope) => scope !== null);
}

function parentOf(
  { path, kind, parentPath }: ImportedScope,
  isKnown: (key: string) => boolean,
  known: KnownDirectory,
): string {
  const resource = kind === 'RESOURCE' ? parentResource(path) : null;
  if (resource !== null && isKnown(canonicalKey(resource))) return resource;
  return parentPath ?? known.scopes.get(canonicalKey(path)) ?? '/';
}

function word(kind: PrincipalKind): string {
  return `a ${kind.toLowerCase().replaceAll('_', ' ')}`;
}
