/** Where can access hold? Scopes as lists, by id or path, and as facts for decisions. */
import { type RawBuilder, sql } from 'kysely';
import { canonicalKey, type ScopeFacts } from '../decision/assignment.ts';
import type { Viewer } from '../decision/powers.ts';
import { KINDS_OF_PROVIDER, PROVIDERS, type Provider, type ScopeKind } from '../decision/words.ts';
import { arrayOf } from './arrayText.ts';
import {
  type Condition,
  chosenFrom,
  columnsOf,
  contradiction,
  type Join,
  type Ordering,
  type Orders,
  ordered,
  type Page,
  type PageArguments,
  readPage,
  selectAll,
  type Wanted,
} from './connection.ts';
import { among, type Sql } from './database.ts';
import { WITH_OTHERS } from './preparingClient.ts';
import type { Read } from './reads.ts';
import { isRare, textFits } from './search.ts';
import { visibleScope } from './visibility.ts';

export interface ScopeRow {
  readonly id: string;
  readonly provider: Provider;
  readonly kind: ScopeKind;
  readonly path: string;
  readonly parentId: string | null;
  readonly displayName: string;
  readonly resourceType: string | null;
  readonly principalId: string | null;
  readonly locked: boolean;
}

/** A scope as a caller names it; the provider tells the two roots `/` apart. */
export type ScopeReference = { readonly id: string } | { readonly provider: Provider; readonly path: string };

export interface ScopeFilter {
  readonly providers?: readonly Provider[] | null | undefined;
  readonly kinds?: readonly ScopeKind[] | null | undefined;
  /** The scope itself and everything below it. */
  readonly below?: string | null | undefined;
  readonly startsWith?: string | null | undefined;
  /** Part of the display name, in any letter case. */
  readonly search?: string | null | undefined;
}

const S = columnsOf('s', {
  ...{ id: 'id', provider: 'provider', kind: 'kind', path: 'path', parentId: 'parent_id', displayName: 'display_name' },
  ...{ resourceType: 'resource_type', principalId: 'principal_id', locked: 'locked' },
} as const satisfies Record<keyof ScopeRow, string>);
const COLUMNS = selectAll(S);

/**
 * The scope that a column names. OFFSET 0 has each looked up by itself: the planner would rather read all scopes into a hash
 * for the thousand of a page, which takes twice as long.
 */
export function scopeJoin(column: RawBuilder<unknown>): Join {
  const from = sql`LEFT JOIN LATERAL (SELECT * FROM scope named WHERE named.id = ${column} OFFSET 0) s ON true`;
  return { from, columns: S };
}

export const SCOPE_ORDERS = ['PATH', 'DISPLAY_NAME'] as const;
export type ScopeOrder = Ordering<(typeof SCOPE_ORDERS)[number]>;

const ORDERS: Orders<ScopeOrder['field']> = {
  fields: { PATH: { by: S.path, type: 'text' }, DISPLAY_NAME: { by: S.displayName, type: 'text' } },
  id: S.id,
  usual: { field: 'PATH', direction: 'ASC' },
};

export async function listScopes(
  db: Sql,
  viewer: Viewer,
  { orderBy, ...filter }: ScopeFilter & { readonly orderBy?: ScopeOrder | null | undefined },
  page: PageArguments,
  wanted?: Wanted,
): Promise<Page<ScopeRow>> {
  refuseContradictions(filter);
  const chosen = [visibleScope(viewer, 's')];
  if (filter.providers) chosen.push(sql<boolean>`s.provider = ANY(${[...filter.providers]})`);
  if (filter.kinds) chosen.push(sql<boolean>`s.kind = ANY(${[...filter.kinds]})`);
  const conditions: Condition[] = chosen.map((condition) => ({ condition, isFew: false }));
  if (filter.below != null) conditions.push(await placeBelow(db, 's.id', filter.below));
  for (const fits of textFits(filter)) {
    conditions.push({ condition: fits(S.displayName), isFew: await isRare(db, 'scope', fits) });
  }
  const { from, where } = chosenFrom(sql`scope s`, 's', conditions);
  return readPage(db, { columns: S, from, where, ...ordered('scopes', ORDERS, orderBy) }, page, wanted);
}

function refuseContradictions({ providers, kinds }: ScopeFilter): void {
  if (!providers?.length || !kinds?.length) return;
  const fits = providers.some((provider) => KINDS_OF_PROVIDER[provider].some((kind) => kinds.includes(kind)));
  if (!fits) throw contradiction(`providers: [${providers.join(', ')}]`, `kinds: [${kinds.join(', ')}]`);
}

/** True for a column, such as `a.scope_id`, that names the scope of the path or one below it; `/` stands for both roots. */
export function atOrBelow(column: string, path: string) {
  return sql<boolean>`${sql.ref(column)} IN (
    SELECT below.scope_id FROM scope top JOIN scope_ancestor below ON below.ancestor_id = top.id
    WHERE top.key = ${canonicalKey(path)})`;
}

const BOUNDS = {
  /** Up to so many scopes are few … */
  few: 500,
  /** … and up to such a part of all of them. */
  fewPart: 0.03,
  /** Up to so many are put together before the rows are looked at: each row then takes a twentieth of what looking it up takes. */
  hashed: 5_000,
};

/** The same as `atOrBelow`, by the number of scopes there: PostgreSQL, which expects seven anywhere, would read all of a million rows. */
export async function placeBelow(db: Sql, column: string, path: string, bounds = BOUNDS): Promise<Condition> {
  const key = canonicalKey(path);
  if (key === '/') return placeInTrees(column);
  const { rows } = await sql<{ isFew: boolean; isHashed: boolean; providers: Provider[] }>`
    SELECT below.count <= few.most AS "isFew", below.count <= ${bounds.hashed} AS "isHashed",
      ARRAY(SELECT top.provider FROM scope top WHERE top.key = ${key}) AS providers
    FROM (SELECT greatest(${bounds.few}, reltuples * ${bounds.fewPart})::bigint AS most FROM pg_class WHERE oid = 'scope'::regclass) few
    CROSS JOIN LATERAL (SELECT count(*) FROM (SELECT FROM scope top JOIN scope_ancestor below ON below.ancestor_id = top.id
      WHERE top.key = ${key} LIMIT greatest(few.most, ${bounds.hashed}) + 1) found) below`.execute(db);
  const { isFew, isHashed, providers } = rows[0] as (typeof rows)[number];
  const isBelow = atOrBelow(column, path);
  if (isFew) return { condition: isBelow, isFew, providers };
  // Not as a join, for which the planner would turn the walk by time around.
  if (isHashed) return { condition: sql<boolean>`(${isBelow}) IS TRUE`, isFew, providers };
  const condition = sql<boolean>`EXISTS (SELECT FROM scope_ancestor up WHERE up.scope_id = ${sql.ref(column)}
    AND up.ancestor_id = ANY(ARRAY(SELECT top.id FROM scope top WHERE top.key = ${key})) OFFSET 0)`;
  return { condition, isFew, providers };
}

/** Below the two roots lies everything but groups. */
function placeInTrees(column: string): Condition {
  const provider = sql.ref(`${column.split('.')[0]}.provider`);
  const condition = sql<boolean>`(${provider} <> 'GROUP' AND ${sql.ref(column)} IS NOT NULL)`;
  return { condition, isFew: false, providers: PROVIDERS.filter((each) => each !== 'GROUP') };
}

/** @param viewer null when the caller already sees a row that names them */
export async function scopesById(db: Sql, ids: readonly string[], viewer: Viewer | null = null): Promise<ScopeRow[]> {
  const visible = viewer ? visibleScope(viewer, 's') : sql<boolean>`true`;
  const { rows } = await sql<ScopeRow>`
    ${sql.raw(WITH_OTHERS)} SELECT ${COLUMNS} FROM scope s WHERE ${among(sql`s.id`, ids)} AND ${visible}`.execute(db);
  return rows;
}

export async function scopeFacts(
  db: Sql,
  viewer: Viewer | null,
  reference: ScopeReference,
): Promise<ScopeFacts | null> {
  const { query, of } = scopeRead(viewer, reference);
  return of((await sql`${query}`.execute(db)).rows);
}

export function scopeRead(viewer: Viewer | null, reference: ScopeReference): Read<ScopeFacts | null> {
  const visible = viewer ? visibleScope(viewer, 's') : sql<boolean>`true`;
  return { query: factsWhere(sql<boolean>`${referred(reference)} AND ${visible}`), of: ([row = null]) => row };
}

/** The same of many paths, each of its provider, by one statement. */
export async function scopeFactsAt(
  db: Sql,
  viewer: Viewer,
  paths: readonly { readonly provider: Provider; readonly path: string }[],
): Promise<(ScopeFacts & { readonly key: string })[]> {
  const named = sql<boolean>`(s.provider, s.key) IN (SELECT * FROM unnest(
    ${arrayOf(paths.map(({ provider }) => provider))}::text[], ${arrayOf(paths.map(({ path }) => canonicalKey(path)))}::text[]))`;
  const query = factsWhere(sql<boolean>`${named} AND ${visibleScope(viewer, 's')}`);
  return (await sql<ScopeFacts & { key: string }>`${query}`.execute(db)).rows;
}

function factsWhere(where: RawBuilder<boolean>): RawBuilder<unknown> {
  return sql`
    SELECT s.id, s.provider, s.kind, s.path, s.key,
      above.locked, above.ids AS "ancestorIds", above.keys AS "ancestorKeys",
      CASE WHEN s.kind = 'GROUP' THEN json_build_object('id', g.id, 'roleAssignable', g.role_assignable,
        'dynamicMembership', g.dynamic_membership, 'synchronized', g.synchronized) END AS "group"
    FROM scope s LEFT JOIN principal g ON g.id = s.principal_id
    CROSS JOIN LATERAL (
      SELECT bool_or(up.locked) AS locked, array_agg(up.id) AS ids, array_agg(up.key) AS keys
      FROM scope_ancestor a JOIN scope up ON up.id = a.ancestor_id WHERE a.scope_id = s.id) above
    WHERE ${where}`;
}

/** The id of a scope that may be named by its path, whether or not anybody may see it. */
export function scopeIdOf(reference: ScopeReference): RawBuilder<unknown> {
  return 'id' in reference ? sql`${reference.id}` : sql`(SELECT s.id FROM scope s WHERE ${referred(reference)})`;
}

function referred(reference: ScopeReference): RawBuilder<boolean> {
  return 'id' in reference
    ? sql`s.id = ${reference.id}`
    : sql`(s.provider = ${reference.provider} AND s.key = ${canonicalKey(reference.path)})`;
}
