/** Which assignments does somebody look for? What a filter says, and where it contradicts itself. */
import { type RawBuilder, sql } from 'kysely';
import type { Viewer } from '../decision/powers.ts';
import { GROUP_MEMBER } from '../decision/role.ts';
import {
  ASSIGNMENT_TYPES,
  type AssignmentState,
  type AssignmentType,
  PROVIDERS,
  type Provider,
} from '../decision/words.ts';
import {
  asksOnly,
  type Condition,
  contradiction,
  firstFew,
  holdsFew,
  type IndexRange,
  providersOf,
  refuseEmptySpan,
} from './connection.ts';
import { among, type Sql } from './database.ts';
import { atOrBelow, placeBelow } from './scope.ts';
import { fewNamed, named } from './search.ts';
import { isOwn, seesWidely, visibleAccess } from './visibility.ts';

export interface AssignmentFilter {
  readonly providers?: readonly Provider[] | null | undefined;
  readonly types?: readonly AssignmentType[] | null | undefined;
  readonly states?: readonly AssignmentState[] | null | undefined;
  readonly principalIds?: readonly string[] | null | undefined;
  /** Members of one of these groups, through nesting too, as far as the viewer may see who is a member. */
  readonly memberOfIds?: readonly string[] | null | undefined;
  readonly roleIds?: readonly string[] | null | undefined;
  readonly roleCategory?: string | null | undefined;
  readonly privileged?: boolean | null | undefined;
  /** Path of a scope: assignments at it and below it. */
  readonly below?: string | null | undefined;
  readonly permanent?: boolean | null | undefined;
  readonly endsBefore?: Date | null | undefined;
  readonly endsAfter?: Date | null | undefined;
  readonly neverActivated?: boolean | null | undefined;
  readonly lastActivatedBefore?: Date | null | undefined;
  /** Who asked for them. */
  readonly createdByIds?: readonly string[] | null | undefined;
  /** Part of the display name of the principal, the role or the scope, in any letter case. */
  readonly search?: string | null | undefined;
  /** Which of their times: in force now is the default. */
  readonly phases?: readonly AssignmentPhase[] | null | undefined;
  /** Assignments as they were at this past instant; default now. */
  readonly asOf?: Date | null | undefined;
}

/** Where the clock stands to a period. */
export const ASSIGNMENT_PHASES = ['FUTURE', 'IN_FORCE', 'ENDED'] as const;
export type AssignmentPhase = (typeof ASSIGNMENT_PHASES)[number];

/** As the index of ends knows it, so that PostgreSQL takes it together with a filter's ends for the range that it is. */
const END = sql`coalesce(a.ends_at, 'infinity')`;

const phaseAt = {
  FUTURE: (at: RawBuilder<unknown>) => sql<boolean>`(a.starts_at > ${at} AND a.starts_at IS DISTINCT FROM a.ends_at)`,
  IN_FORCE: (at: RawBuilder<unknown>) => sql<boolean>`(a.starts_at <= ${at} AND ${END} > ${at})`,
  ENDED: (at: RawBuilder<unknown>) => sql<boolean>`(a.ends_at <= ${at} OR a.starts_at = a.ends_at)`,
};

const NOW = sql`statement_timestamp()`;
/** What nearly every list asks for. */
const IN_FORCE_NOW = phaseAt.IN_FORCE(NOW);

const instantOf = ({ asOf }: AssignmentFilter) => (asOf == null ? NOW : sql`${asOf}::timestamptz`);

function inPhases(phases: readonly AssignmentPhase[], at: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`(${sql.join([sql`false`, ...phases.map((phase) => phaseAt[phase](at))], sql` OR `)})`;
}

/** Of the alias `a`. @throws ArgumentError when no assignment could ever fit */
export function chosenAssignments(viewer: Viewer, filter: AssignmentFilter): RawBuilder<boolean>[] {
  refuseContradictions(filter);
  const at = instantOf(filter);
  const where = [filter.phases == null && at === NOW ? IN_FORCE_NOW : inPhases(filter.phases ?? ['IN_FORCE'], at)];
  // What had yet to begin was there from the moment that it was assigned; what was in force elsewhere may be imported later.
  if (at !== NOW) where.push(sql<boolean>`(a.starts_at <= ${at} OR a.created_at <= ${at})`);
  if (filter.providers) where.push(sql<boolean>`a.provider = ANY(${[...filter.providers]})`);
  if (filter.types) where.push(ofTypes(filter.types));
  if (filter.states) where.push(sql<boolean>`a.state = ANY(${[...filter.states]})`);
  if (filter.principalIds) where.push(sql<boolean>`a.principal_id = ANY(${[...filter.principalIds]}::uuid[])`);
  if (filter.memberOfIds) where.push(ofMembers(viewer, filter.memberOfIds, at));
  if (filter.roleIds) where.push(sql<boolean>`a.role_id = ANY(${[...filter.roleIds]}::uuid[])`);
  if (filter.roleCategory != null || filter.privileged != null) where.push(ofRoles(filter));
  if (filter.below != null) where.push(atOrBelow('a.scope_id', filter.below));
  if (filter.permanent != null) where.push(sql<boolean>`${END} ${filter.permanent ? sql`=` : sql`<`} 'infinity'`);
  if (filter.endsBefore != null) where.push(sql<boolean>`${END} < ${filter.endsBefore}`);
  if (filter.endsAfter != null) where.push(sql<boolean>`(${END} > ${filter.endsAfter} AND ${END} < 'infinity')`);
  where.push(...activated(viewer, filter, at));
  if (filter.createdByIds) where.push(askedForBy(filter.createdByIds));
  if (filter.search != null) where.push(named('a', filter.search));
  return where;
}

/**
 * What somebody holds is little, and so is what lies at few scopes, what has a rare name, and what is seen by whoever has no
 * part in the rest. Names, roles and scopes are looked at first: PostgreSQL does not know how many of them a filter finds.
 */
export async function assignmentConditions(
  db: Sql,
  viewer: Viewer,
  filter: AssignmentFilter,
  isUsualOrder: boolean,
): Promise<Condition[]> {
  const { principalIds, memberOfIds, createdByIds, below, roleCategory, privileged, search, ...rest } = filter;
  const conditions: Condition[] = chosenAssignments(viewer, rest).map((condition) => ({ condition, isFew: false }));
  if (principalIds) {
    // The index of principals holds the type as well.
    const types = filter.types ? [ofTypes(filter.types)] : [];
    const condition = sql<boolean>`${sql.join([among(sql`a.principal_id`, principalIds), ...types], sql` AND `)}`;
    conditions.push({ condition, isFew: true });
  }
  if (memberOfIds) conditions.push({ condition: ofMembers(viewer, memberOfIds, instantOf(filter)), isFew: true });
  const table = isUsualOrder || filter.asOf != null ? null : sql`assignment a`;
  if (createdByIds) {
    const range = { where: askedForBy(createdByIds), by: sql`a.request_id` };
    conditions.push({ condition: range.where, isFew: table !== null && (await holdsFew(db, table, range)) });
  }
  if (table) conditions.push(...(await firstFew(db, table, indexRanges(filter))));
  const found: Condition[] = [];
  if (below != null) found.push(await placeBelow(db, 'a.scope_id', below));
  if (roleCategory != null || privileged != null) found.push(await ofFoundRoles(db, { roleCategory, privileged }));
  const providers = providersOf(filter.providers, found);
  const wide = seesWidely(viewer, providers);
  const columns = { alias: 'a', typeColumn: 'type' } as const;
  if (search != null) {
    const narrow = providers.filter((provider) => !wide.includes(provider));
    const others = visibleAccess(viewer, columns, narrow);
    conditions.push(...(await fewNamed(db, { table: 'assignment', alias: 'a', text: search, wide, others })));
  }
  if (!principalIds || !isOwn(viewer, principalIds)) {
    conditions.push({ condition: visibleAccess(viewer, columns, providers), isFew: wide.length === 0 });
  }
  return [...conditions, ...found];
}

/** What an index has beside each other may be at the very end of a list in another order. */
function indexRanges({ phases, states, endsBefore, endsAfter, roleIds }: AssignmentFilter): IndexRange[] {
  const isOnly = (words: readonly string[] | null | undefined, word: string) =>
    words?.length === 1 && words[0] === word;
  const inForce = phases == null || isOnly(phases, 'IN_FORCE');
  const ranges: IndexRange[] = [];
  if (roleIds) ranges.push({ where: among(sql`a.role_id`, roleIds), by: sql`a.role_id` });
  if (isOnly(phases, 'FUTURE')) ranges.push({ where: sql`a.starts_at > ${NOW}`, by: sql`a.starts_at` });
  if (isOnly(states, 'ACTIVATED') && inForce) {
    ranges.push({ where: sql`(a.state = 'ACTIVATED' AND a.ends_at > ${NOW})`, by: sql`a.ends_at` });
  }
  if (endsBefore != null || endsAfter != null) {
    const bounds = [sql`${END} < ${endsBefore ?? 'infinity'}::timestamptz`];
    if (endsAfter != null) bounds.push(sql`${END} > ${endsAfter}::timestamptz`);
    if (inForce) bounds.push(sql`${END} > ${NOW}`);
    ranges.push({ where: sql`(${sql.join(bounds, sql` AND `)})`, by: END });
  }
  return ranges;
}

/** Whether nearly all assignments fit, or none. */
export function dependsOnValues({
  endsBefore,
  endsAfter,
  lastActivatedBefore,
  neverActivated,
}: AssignmentFilter): boolean {
  return [endsBefore, endsAfter, lastActivatedBefore, neverActivated].some((each) => each != null);
}

/** What somebody holds is little; and where nothing in particular is asked for, the newest are at hand. */
export function isSoonFound(filter: AssignmentFilter, isUsualOrder: boolean): boolean {
  const { principalIds, asOf, memberOfIds, search } = filter;
  if (principalIds != null) return asOf == null && memberOfIds == null && search == null;
  return isUsualOrder && asksOnly(filter, ['types']);
}

async function ofFoundRoles(
  db: Sql,
  wanted: Pick<AssignmentFilter, 'roleCategory' | 'privileged'>,
): Promise<Condition> {
  const { rows } = await sql<{ id: string; provider: Provider }>`
    SELECT r.id, r.provider FROM role r WHERE ${roleConditions(wanted)}`.execute(db);
  const ids = rows.map(({ id }) => id);
  const providers = PROVIDERS.filter((each) => rows.some(({ provider }) => provider === each));
  return { condition: sql`a.role_id = ANY(${ids}::uuid[])`, isFew: ids.length === 0, providers };
}

const askedForBy = (requestorIds: readonly string[]) => sql<boolean>`a.request_id = ANY(ARRAY(
  SELECT made.id FROM request made WHERE made.requestor_id = ANY(${[...requestorIds]}::uuid[])))`;

const ofMembers = (viewer: Viewer, groupIds: readonly string[], at: RawBuilder<unknown>) =>
  sql<boolean>`a.principal_id = ANY(${membersOf(viewer, groupIds, at)})`;

/** Members who are hidden from the viewer are no members here: nobody finds out by a filter what no list shows. */
export function membersOf(viewer: Viewer, groupIds: readonly string[], at: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`ARRAY(
    WITH RECURSIVE member (id) AS (
      SELECT m.principal_id FROM principal g JOIN ${memberships}
      WHERE g.id = ANY(${[...groupIds]}::uuid[]) AND ${membership(viewer, at)}
      UNION
      SELECT m.principal_id FROM member JOIN principal g ON g.id = member.id JOIN ${memberships}
      WHERE ${membership(viewer, at)})
    SELECT id FROM member)`;
}

const memberships = sql`scope s ON s.principal_id = g.id AND s.kind = 'GROUP' JOIN assignment m ON m.scope_id = s.id`;

/** A deleted group has no members. */
const membership = (
  viewer: Viewer,
  at: RawBuilder<unknown>,
) => sql<boolean>`g.deleted_at IS NULL AND m.role_id = ${GROUP_MEMBER}
  AND m.type = 'ACTIVE' AND m.starts_at <= ${at} AND (m.ends_at IS NULL OR m.ends_at > ${at})
  AND ${visibleAccess(viewer, { alias: 'm', typeColumn: 'type' }, ['GROUP'])}`;

/** Written out, so that there is one plan for each of them. */
function ofTypes(types: readonly AssignmentType[]): RawBuilder<boolean> {
  const named = ASSIGNMENT_TYPES.filter((type) => types.includes(type)).map((type) => sql.lit(type));
  return named.length === 0 ? sql`false` : sql`a.type IN (${sql.join(named)})`;
}

function ofRoles(filter: AssignmentFilter): RawBuilder<boolean> {
  return sql`a.role_id = ANY(ARRAY(SELECT r.id FROM role r WHERE ${roleConditions(filter)}))`;
}

function roleConditions({ roleCategory, privileged }: AssignmentFilter): RawBuilder<unknown> {
  const where = [];
  if (roleCategory != null) where.push(sql`${roleCategory} = ANY(r.categories)`);
  if (privileged != null) where.push(sql`r.privileged = ${privileged}`);
  return sql.join(where, sql` AND `);
}

/** As far as the viewer may see the activations; one that was given up before it began was none. */
function activated(
  viewer: Viewer,
  { neverActivated, lastActivatedBefore }: AssignmentFilter,
  at: RawBuilder<unknown>,
): RawBuilder<boolean>[] {
  if (neverActivated == null && lastActivatedBefore == null) return [];
  const activations = sql`FROM assignment x WHERE x.eligibility_id IS NOT NULL AND x.starts_at <= ${at}
    AND x.starts_at IS DISTINCT FROM x.ends_at AND ${visibleAccess(viewer, { alias: 'x', typeColumn: 'type' })}`;
  const where = [];
  if (neverActivated != null) {
    // OFFSET 0 has those of each row looked up: PostgreSQL would hash all that ever were for a page of twenty.
    const isActivated = sql`EXISTS (SELECT ${activations} AND x.eligibility_id = a.id OFFSET 0)`;
    where.push(sql<boolean>`(a.type = 'ELIGIBLE' AND ${isActivated} <> ${neverActivated})`);
  }
  if (lastActivatedBefore != null) {
    where.push(sql<boolean>`(a.type = 'ELIGIBLE' AND a.id IN (
      SELECT x.eligibility_id ${activations} GROUP BY x.eligibility_id HAVING max(x.starts_at) < ${lastActivatedBefore}))`);
  }
  return where;
}

function refuseContradictions(filter: AssignmentFilter): void {
  const { types, states, phases, permanent, endsBefore, endsAfter, neverActivated, lastActivatedBefore } = filter;
  const activations = states?.length === 1 && states[0] === 'ACTIVATED';
  const unlessEligible = types != null && types.length > 0 && !types.includes('ELIGIBLE');
  const over = phases != null && phases.length > 0 && phases.every((phase) => phase === 'ENDED');
  const excluding: readonly (readonly [boolean, string, string])[] = [
    [permanent === true && over, 'permanent: true', 'phases: [ENDED]'],
    [permanent === true && endsBefore != null, 'permanent: true', 'endsBefore'],
    [permanent === true && endsAfter != null, 'permanent: true', 'endsAfter'],
    [permanent === true && activations, 'permanent: true', 'states: [ACTIVATED]'],
    [neverActivated === true && lastActivatedBefore != null, 'neverActivated: true', 'lastActivatedBefore'],
    [neverActivated != null && unlessEligible, 'neverActivated', 'types without ELIGIBLE'],
    [lastActivatedBefore != null && unlessEligible, 'lastActivatedBefore', 'types without ELIGIBLE'],
    [neverActivated != null && activations, 'neverActivated', 'states: [ACTIVATED]'],
    [lastActivatedBefore != null && activations, 'lastActivatedBefore', 'states: [ACTIVATED]'],
    [activations && types?.length === 1 && types[0] === 'ELIGIBLE', 'states: [ACTIVATED]', 'types: [ELIGIBLE]'],
  ];
  for (const [holds, one, other] of excluding) if (holds) throw contradiction(one, other);
  refuseEmptySpan(['endsAfter', endsAfter], ['endsBefore', endsBefore]);
}
