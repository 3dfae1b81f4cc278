/** Who belongs to whom? The members and owners of imported groups, and the members of administrative units. */
import { isObject, type JsonObject, shown } from './importFields.ts';
import type { PrincipalKind, ScopeKind } from './words.ts';

export interface Relation {
  readonly relation: 'MEMBER' | 'OWNER' | 'UNIT_MEMBER';
  /** The group's id, or the path of the administrative unit. */
  readonly of: string;
  readonly principalIds: readonly string[];
  /** False: something in the list was refused, so who is missing from it may belong nevertheless. */
  readonly complete: boolean;
}

type List = 'members' | 'owners';
type Path = readonly (string | number)[];
type Facts = { readonly kind: PrincipalKind; readonly roleAssignable: boolean };

/** A principal or scope of the file; only groups and administrative units have lists. */
interface Holder {
  readonly row: { readonly kind: PrincipalKind | ScopeKind; readonly roleAssignable?: boolean };
  readonly of: string;
  readonly item: JsonObject;
  readonly path: Path;
}

/** The lists of a holder, and what it means to be in them. */
const LISTS: Readonly<Partial<Record<Holder['row']['kind'], readonly (readonly [List, Relation['relation']])[]>>> = {
  GROUP: [
    ['members', 'MEMBER'],
    ['owners', 'OWNER'],
  ],
  ADMINISTRATIVE_UNIT: [['members', 'UNIT_MEMBER']],
};

export interface RelationFacts {
  /** In the database. */
  readonly known: ReadonlyMap<string, Facts>;
  /** In the file, and not refused. */
  readonly principals: ReadonlyMap<string, Facts>;
  readonly holders: readonly Holder[];
}

interface Judged {
  readonly relations: Relation[];
  readonly refusals: { path: Path; reason: string }[];
  read: number;
}

/** A list that is not in the file says nothing; an empty one says that nobody belongs. */
export function decideRelations(facts: RelationFacts): Readonly<Judged> {
  const judged: Judged = { relations: [], refusals: [], read: 0 };
  for (const holder of facts.holders) {
    for (const [list, relation] of LISTS[holder.row.kind] ?? []) {
      if (holder.item[list] !== undefined) decideList(facts, holder, { list, relation }, judged);
    }
  }
  return judged;
}

function decideList(
  facts: RelationFacts,
  holder: Holder,
  { list, relation }: { list: List; relation: Relation['relation'] },
  judged: Judged,
): void {
  const entries = holder.item[list];
  const path = [...holder.path, list];
  // Half of a list would end the memberships of the other half.
  if (!Array.isArray(entries) || holder.item[`${list}@odata.nextLink`] !== undefined) {
    judged.refusals.push({ path, reason: `${list} must be a list, and complete: without an @odata.nextLink` });
    return;
  }
  const principalIds = new Set<string>();
  const before = judged.refusals.length;
  entries.forEach((entry, at) => {
    judged.read += 1;
    const reason = unfit(facts, { relation, holder }, entry, principalIds);
    if (reason === null) principalIds.add(idOf(entry));
    else judged.refusals.push({ path: [...path, at], reason });
  });
  const complete = judged.refusals.length === before;
  judged.relations.push({ relation, of: holder.of, principalIds: [...principalIds], complete });
}

/** Which kinds may stand in a relation. */
const KINDS: Readonly<Record<Relation['relation'], readonly PrincipalKind[]>> = {
  MEMBER: ['USER', 'GROUP', 'SERVICE_PRINCIPAL', 'MANAGED_IDENTITY'],
  OWNER: ['USER', 'SERVICE_PRINCIPAL', 'MANAGED_IDENTITY'],
  UNIT_MEMBER: ['USER', 'GROUP'],
};

function unfit(
  { known, principals }: RelationFacts,
  { relation, holder }: { relation: Relation['relation']; holder: Holder },
  entry: unknown,
  listed: ReadonlySet<string>,
): string | null {
  const id = idOf(entry);
  if (id === '') return `it is ${shown(entry)}: it must be an object with an id`;
  const member = principals.get(id) ?? known.get(id);
  if (!member)
    return `${shown(id)} is neither in the file nor known: only users, groups and service principals can be imported`;
  if (!agrees(entry, member.kind)) return `${id} is said to be ${typeOf(entry)}, and is ${member.kind}`;
  if (listed.has(id)) return `${id} is in the list twice`;
  if (!KINDS[relation].includes(member.kind))
    return `${id} is ${member.kind}: allowed are ${KINDS[relation].join(', ')}`;
  if (holder.of === id) return 'a group is no member of itself';
  if (holder.row.roleAssignable && member.kind === 'GROUP')
    return `${id} is a group: a role-assignable group has no groups as members`;
  return null;
}

function agrees(entry: unknown, kind: PrincipalKind): boolean {
  const expected: Readonly<Record<string, readonly PrincipalKind[]>> = {
    '#microsoft.graph.user': ['USER'],
    '#microsoft.graph.group': ['GROUP'],
    '#microsoft.graph.serviceprincipal': ['SERVICE_PRINCIPAL', 'MANAGED_IDENTITY'],
  };
  const type = typeOf(entry);
  return type === '' || (expected[type.toLowerCase()] ?? []).includes(kind);
}

function typeOf(entry: unknown): string {
  const type = isObject(entry) ? entry['@odata.type'] : undefined;
  return typeof type === 'string' ? type : '';
}

function idOf(entry: unknown): string {
  return isObject(entry) && typeof entry.id === 'string' ? entry.id.toLowerCase() : '';
}

/** Active access to a group that is in force, or scheduled. */
export interface HeldRelation {
  readonly id: string;
  readonly of: string;
  readonly relation: 'MEMBER' | 'OWNER';
  readonly principalId: string;
  /** Made in the directory itself and not by PIM. */
  readonly outside: boolean;
  readonly startsAt: Date;
}

export interface RelationChanges {
  /** `until` is null for a permanent one. */
  readonly added: readonly { relation: Relation['relation']; of: string; principalId: string; until: Date | null }[];
  /** Ids of assignments. */
  readonly ended: readonly string[];
}

/**
 * Memberships and ownerships as the directory keeps them: permanent, and made outside PIM. Access that PIM gave is left
 * alone, whether or not the directory lists it yet; one added ahead of access that PIM has scheduled ends where that begins.
 */
export function decideChanges(lists: readonly Relation[], held: readonly HeldRelation[], now: Date): RelationChanges {
  const keyOf = (list: Pick<Relation, 'relation' | 'of'>) => `${list.relation} ${list.of}`;
  const heldOf = Map.groupBy(held, keyOf);
  const added: RelationChanges['added'][number][] = [];
  const ended: string[] = [];
  for (const { relation, of, principalIds, complete } of lists) {
    const mine = heldOf.get(keyOf({ relation, of })) ?? [];
    const present = new Set(mine.filter(({ startsAt }) => startsAt <= now).map(({ principalId }) => principalId));
    const coming = Map.groupBy(mine, ({ principalId }) => principalId);
    for (const principalId of principalIds.filter((id) => !present.has(id))) {
      const starts = (coming.get(principalId) ?? []).map(({ startsAt }) => startsAt.getTime());
      added.push({ relation, of, principalId, until: starts.length > 0 ? new Date(Math.min(...starts)) : null });
    }
    const listed = new Set(principalIds);
    const gone = mine.filter((row) => row.outside && row.startsAt <= now && !listed.has(row.principalId));
    if (complete) for (const { id } of gone) ended.push(id);
  }
  return { added, ended };
}
