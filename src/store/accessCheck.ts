/** What does it take to tell whether principals have access? Everything about many questions, read by one statement. */
import { type RawBuilder, sql } from 'kysely';
import {
  type AccessFacts,
  type AccessQuestion,
  type Candidate,
  type Membership,
  mayViewAccess,
} from '../decision/access.ts';
import { canonicalKey } from '../decision/assignment.ts';
import { browsesDirectory, type Viewer } from '../decision/powers.ts';
import { DIRECTORY_SCOPE } from '../decision/role.ts';
import type { Provider } from '../decision/words.ts';
import { ANY_AROUND, type InstantsAsText, membershipsUp, present, sourceOf } from './access.ts';
import type { Sql } from './database.ts';
import { instant } from './transaction.ts';
import { visiblePrincipal, visibleScope } from './visibility.ts';

export interface CheckInput {
  readonly principalId: string;
  readonly question: AccessQuestion;
  /** Null with a role of the directory: the directory. */
  readonly scope: { readonly id: string } | { readonly path: string } | null;
  /** Null: now. */
  readonly at: Date | null;
}

export type CheckFacts = AccessFacts & { readonly at: Date };

interface Row {
  readonly n: number | string;
  readonly id: string;
  readonly provider: Provider;
  readonly groupId: string | null;
  readonly roleAssignable: boolean | null;
  readonly at: string;
  readonly principalEnabled: boolean;
  readonly ancestorIds: string[];
  readonly memberships: InstantsAsText<Membership>[] | null;
  readonly candidates: InstantsAsText<Candidate>[] | null;
}

/** Null: no such principal, role or scope, or none whose access the viewer may see. */
export async function accessFacts(db: Sql, viewer: Viewer, input: CheckInput): Promise<CheckFacts | null> {
  const [facts = null] = await accessFactsOf(db, [{ viewer, input }], input.at);
  return facts;
}

export interface AccessQuery {
  readonly viewer: Viewer;
  readonly input: CheckInput;
}

/** Of another's access, by somebody who sees every principal: whoever else asks such a thing is answered by the same statement. */
export function asksLikeOthers({ viewer, input }: AccessQuery): boolean {
  return input.at === null && browsesDirectory(viewer) && !askedOf(viewer, input).own;
}

/**
 * The same for many questions about one instant, in the order asked. All are one viewer's, or such as anybody's.
 * @see asksLikeOthers
 */
export async function accessFactsOf(
  db: Sql,
  queries: readonly AccessQuery[],
  at: Date | null,
): Promise<(CheckFacts | null)[]> {
  const [first] = queries;
  if (first === undefined) return [];
  const asked = queries.map(({ viewer, input }) => askedOf(viewer, input));
  const { rows } = await sql<Row>`
    SELECT asked.n, facts.* FROM ${askedTable(asked)} AS asked (principal_id, role_id, scope_id, key, own, n)
    CROSS JOIN LATERAL (${factsQuery(first.viewer, asked, at)}) facts`.execute(db);
  const facts: (CheckFacts | null)[] = queries.map(() => null);
  for (const row of rows) {
    const index = Number(row.n) - 1;
    const [query, about] = [queries[index], asked[index]];
    if (query && about && (about.own || viewerMaySee(query.viewer, row))) facts[index] = factsOf(query.input, row);
  }
  return facts;
}

interface Asked {
  readonly principalId: string;
  /** Null: an operation in Azure is asked about. */
  readonly roleId: string | null;
  readonly scopeId: string | null;
  readonly key: string | null;
  /** The viewer's own access, or that of a group of theirs. */
  readonly own: boolean;
}

function askedOf({ id, powers }: Viewer, { principalId, question, scope }: CheckInput): Asked {
  return {
    principalId,
    roleId: 'roleId' in question ? question.roleId : null,
    scopeId: scope === null ? DIRECTORY_SCOPE : 'id' in scope ? scope.id : null,
    key: scope !== null && 'path' in scope ? canonicalKey(scope.path) : null,
    own: principalId === id || powers.groups.includes(principalId),
  };
}

/** So many are named one by one: a statement for each number of them. */
export const FEW_QUESTIONS = 16;

/** PostgreSQL keeps the plan for few questions, and takes arrays for long ones. */
function askedTable(asked: readonly Asked[]): RawBuilder<unknown> {
  if (asked.length <= FEW_QUESTIONS) {
    const rows = asked.map(
      (one, index) =>
        sql`(${one.principalId}::uuid, ${one.roleId}::uuid, ${one.scopeId}::uuid, ${one.key}::text, ${one.own}::boolean, ${sql.lit(index + 1)})`,
    );
    return sql`(VALUES ${sql.join(rows)})`;
  }
  const column = (name: keyof Asked) => asked.map((each) => each[name]);
  return sql`unnest(${column('principalId')}::uuid[], ${column('roleId')}::uuid[], ${column('scopeId')}::uuid[], ${column('key')}::text[],
    ${column('own')}::boolean[]) WITH ORDINALITY`;
}

/** About `asked`: a path is one of the role's provider, and of Azure for an operation. */
function factsQuery(viewer: Viewer, asked: readonly Asked[], at: Date | null): RawBuilder<unknown> {
  const source = sourceOf(at);
  // Whoever views the access of others at a scope sees the scope.
  const visible = asked.some(({ own }) => own) ? sql`(NOT asked.own OR ${visibleScope(viewer, 's')})` : sql`true`;
  return sql`
    WITH RECURSIVE place AS MATERIALIZED (
      SELECT s.id, s.provider, g.id AS "groupId", g.role_assignable AS "roleAssignable"
      FROM (SELECT CASE WHEN asked.role_id IS NULL THEN 'AZURE_RESOURCE' ELSE (SELECT r.provider FROM role r WHERE r.id = asked.role_id) END) about (provider)
      JOIN scope s ON s.provider = about.provider
        AND s.id = coalesce(asked.scope_id, (SELECT k.id FROM scope k WHERE k.provider = about.provider AND k.key = asked.key))
      LEFT JOIN principal g ON g.id = s.principal_id AND s.kind = 'GROUP'
      WHERE ${visible}),
    ${membershipsUp(sql`SELECT asked.principal_id`, at)},
    -- By their principals first: a role at a scope may be held by very many.
    held AS MATERIALIZED (
      SELECT * FROM ${source.table} a WHERE a.principal_id = ${ANY_AROUND} AND a.type = 'ACTIVE' AND ${source.inForce('a')}),
    candidate AS (
      SELECT a.id AS "assignmentId", a.provider, a.role_id AS "roleId", a.principal_id AS "holderId", a.scope_id AS "scopeId",
        a.ends_at AS "endsAt", a.condition, CASE WHEN asked.role_id IS NULL THEN r.permissions ELSE '[]' END AS permissions
      FROM held a JOIN role r ON r.id = a.role_id
      WHERE CASE WHEN asked.role_id IS NULL THEN a.provider = 'AZURE_RESOURCE' ELSE a.role_id = asked.role_id END
        AND a.scope_id IN (SELECT x.ancestor_id FROM scope_ancestor x JOIN place ON place.id = x.scope_id))
    SELECT place.*, ${source.at} AS at, ${present('p', at)} AS "principalEnabled",
      ARRAY(SELECT ancestor_id FROM scope_ancestor WHERE scope_id = place.id) AS "ancestorIds",
      (SELECT json_agg(step) FROM step) AS memberships, (SELECT json_agg(candidate) FROM candidate) AS candidates
    FROM place JOIN principal p ON p.id = asked.principal_id AND ${visiblePrincipal(viewer, 'p')}`;
}

function factsOf({ question, principalId }: CheckInput, row: Row): CheckFacts {
  const dated = <T extends { endsAt: string | null }>(list: T[] | null) =>
    (list ?? []).map((one) => ({ ...one, endsAt: instant(one.endsAt) }));
  return {
    ...{ question, principalId, principalEnabled: row.principalEnabled, scopeId: row.id, at: instant(row.at) },
    candidates: dated(row.candidates) as Candidate[],
    memberships: dated(row.memberships) as Membership[],
  };
}

function viewerMaySee({ powers }: Viewer, { groupId, roleAssignable, provider, ancestorIds }: Row): boolean {
  const group = groupId === null ? null : { id: groupId, roleAssignable: roleAssignable === true };
  return mayViewAccess(powers, { provider, type: 'ACTIVE', ancestorIds, group });
}
