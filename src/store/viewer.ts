/** Who asks, and what do they hold now? One statement, run once for every operation and every delivered batch. */
import { CompiledQuery, type RawBuilder, sql } from 'kysely';
import { FEW_SCOPES, type HeldRole, POWERFUL_ROLES, type Powers, powersOf, type Viewer } from '../decision/powers.ts';
import { TENANT_ROOT_SCOPE } from '../decision/role.ts';
import type { PrincipalKind, UserType } from '../decision/words.ts';
import { inForce, type Sql } from './database.ts';
import { WITH_OTHERS } from './preparingClient.ts';
import { instant } from './transaction.ts';

export interface ViewerFacts {
  /** The instant everything else was read at. */
  readonly now: Date;
  /** Null: no such principal, or a deleted one. */
  readonly principal: {
    readonly id: string;
    readonly kind: PrincipalKind;
    readonly userType: UserType | null;
    readonly enabled: boolean;
  } | null;
  readonly powers: Powers;
}

interface Row {
  now: string;
  changesAt: string | null;
  id: string | null;
  kind: PrincipalKind;
  userType: UserType | null;
  enabled: boolean;
  groups: string[] | null;
  held: HeldRole[] | null;
}

export async function viewerFacts(
  db: Sql,
  principalId: string,
  applicationPermissions: readonly string[],
): Promise<ViewerFacts> {
  const [row] = await readRows(db, [principalId]);
  return factsOf(row as Row, applicationPermissions);
}

export interface ViewerQuestion {
  readonly principalId: string;
  readonly applicationPermissions: readonly string[];
}

/** The same for many by one statement, in the order asked; whoever is asked for twice is read once. */
export async function manyViewerFacts(db: Sql, asked: readonly ViewerQuestion[]): Promise<ViewerFacts[]> {
  const ids = [...new Set(asked.map(({ principalId }) => principalId))];
  const rows = await readRows(db, ids);
  const places = new Map(ids.map((id, index) => [id, index]));
  return asked.map(({ principalId, applicationPermissions }) =>
    factsOf(rows[places.get(principalId) as number] as Row, applicationPermissions),
  );
}

/** The viewer with the powers of this instant, or null once the principal is gone or disabled. */
export async function currentViewer(db: Sql, viewer: Viewer): Promise<Viewer | null> {
  const { principal, powers } = await viewerFacts(db, viewer.id, viewer.applicationPermissions);
  return principal?.enabled ? { ...viewer, powers } : null;
}

export interface PresentViewer {
  /** Null once the principal is gone or disabled. */
  readonly viewer: Viewer | null;
  /** Milliseconds until time alone changes what the viewer holds; null: never. */
  readonly holdsFor: number | null;
}

/** The same for many in one statement, in the order asked. */
export async function currentViewers(db: Sql, viewers: readonly Viewer[]): Promise<PresentViewer[]> {
  const rows = await readRows(
    db,
    viewers.map(({ id }) => id),
    'NOW_AND_CHANGES',
  );
  return viewers.map((viewer, index) => {
    const row = rows[index] as Row;
    const { principal, powers, now } = factsOf(row, viewer.applicationPermissions);
    return {
      viewer: principal?.enabled ? { ...viewer, powers } : null,
      holdsFor: row.changesAt === null ? null : instant(row.changesAt).getTime() - now.getTime(),
    };
  });
}

/** When time alone changes what one holds. */
const CHANGES_AT = sql`(SELECT min(edge) FROM assignment a CROSS JOIN LATERAL (VALUES (a.starts_at), (a.ends_at)) AS edges(edge)
  WHERE a.type = 'ACTIVE' AND a.principal_id = ANY(p.id || member.groups) AND edge > clock.now)`;

function factsOf(row: Row, applicationPermissions: readonly string[]): ViewerFacts {
  return {
    now: instant(row.now),
    principal: row.id === null ? null : { id: row.id, kind: row.kind, userType: row.userType, enabled: row.enabled },
    powers: powersOf(row.held ?? [], row.groups ?? [], applicationPermissions),
  };
}

/** So many are named one by one: a statement for each number of them. */
export const FEW = 8;

/** Put together once for each number of ids: it took thirty microseconds of every operation. */
const texts = new Map<string, string>();

type Asked = 'NOW' | 'NOW_AND_CHANGES';

/** One row for each id, in their order. */
async function readRows(db: Sql, principalIds: readonly string[], what: Asked = 'NOW'): Promise<Row[]> {
  const isFew = principalIds.length <= FEW;
  const name = `${what} ${isFew ? principalIds.length : 'of many'}`;
  const text = texts.get(name) ?? statement(principalIds, what).compile(db).sql;
  texts.set(name, text);
  return (await db.executeQuery<Row>(CompiledQuery.raw(text, isFew ? [...principalIds] : [principalIds]))).rows;
}

/** Its values are the ids alone. */
function statement(principalIds: readonly string[], what: Asked): RawBuilder<Row> {
  const changesAt = what === 'NOW_AND_CHANGES' ? CHANGES_AT : sql`NULL`;
  // PostgreSQL keeps the plan for few principals, and takes an array for a long one: 1 ms of planning in each operation.
  const asked =
    principalIds.length <= FEW
      ? sql`(VALUES ${sql.join(principalIds.map((id, index) => sql`(${id}::uuid, ${sql.lit(index + 1)})`))})`
      : sql`unnest(${[...principalIds]}::uuid[]) WITH ORDINALITY`;
  return sql<Row>`${sql.raw(principalIds.length <= FEW ? WITH_OTHERS : '')}
    SELECT clock.now, ${changesAt} AS "changesAt", p.id, p.kind, p.user_type AS "userType", p.enabled, member.groups,
      (SELECT json_agg(json_build_object(
          'provider', a.provider, 'roleId', a.role_id, 'scopeId', a.scope_id,
          'groupId', CASE a.provider WHEN 'GROUP' THEN (SELECT s.principal_id FROM scope s WHERE s.id = a.scope_id) END,
          'managesAssignments', r.manages_assignments, 'readsAssignments', r.reads_assignments,
          'conditional', a.condition IS NOT NULL,
          'reach', CASE WHEN a.provider = 'AZURE_RESOURCE' AND a.scope_id <> ${sql.lit(TENANT_ROOT_SCOPE)}
              AND (r.manages_assignments OR r.reads_assignments)
            THEN ARRAY(SELECT b.scope_id FROM scope_ancestor b WHERE b.ancestor_id = a.scope_id LIMIT ${sql.lit(FEW_SCOPES + 1)}) END))
        FROM assignment a
        JOIN role r ON r.id = a.role_id
        -- Nearly all roles that people hold give no powers here.
        WHERE (a.role_id IN (${sql.join(POWERFUL_ROLES.map((id) => sql.lit(id)))})
            OR (a.provider = 'AZURE_RESOURCE' AND (r.manages_assignments OR r.reads_assignments)))
          AND a.type = 'ACTIVE' AND ${inForce('a', sql`clock.now`)} AND a.principal_id = ANY(p.id || member.groups)
          -- An Entra role reaches the direct members of the group that holds it, an Azure role the nested ones too.
          AND (a.provider = 'AZURE_RESOURCE' OR a.principal_id = ANY(p.id || member.direct))) AS held
    FROM (SELECT clock_timestamp() AS now OFFSET 0) clock
    CROSS JOIN ${asked} asked(id, n)
    LEFT JOIN principal p ON p.id = asked.id AND p.deleted_at IS NULL
    CROSS JOIN LATERAL (
      SELECT coalesce(array_agg(g.group_id), '{}') AS groups,
        coalesce(array_agg(g.group_id) FILTER (WHERE g.direct), '{}') AS direct
      FROM groups_of(asked.id, clock.now) g) member
    ORDER BY asked.n`;
}
