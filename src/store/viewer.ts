/** Who asks, and what do they hold now? One statement, run once for every operation and every delivered batch. */
import { sql } from 'kysely';
import { type HeldRole, type Powers, powersOf, type Viewer } from '../decision/powers.ts';
import type { PrincipalKind, UserType } from '../decision/words.ts';
import type { Sql } from './database.ts';
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
  const { rows } = await sql<Row>`
    WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
      membership AS MATERIALIZED (SELECT g.* FROM clock, groups_of(${principalId}, clock.now) g)
    SELECT clock.now, p.id, p.kind, p.user_type AS "userType", p.enabled,
      (SELECT json_agg(group_id) FROM membership) AS groups,
      (SELECT json_agg(json_build_object(
          'provider', a.provider, 'roleId', a.role_id, 'scopeId', a.scope_id, 'groupId', s.principal_id,
          'managesAssignments', r.manages_assignments, 'readsAssignments', r.reads_assignments,
          'conditional', a.condition IS NOT NULL))
        FROM assignment a
        JOIN role r ON r.id = a.role_id
        JOIN scope s ON s.id = a.scope_id
        WHERE a.type = 'ACTIVE' AND a.during @> clock.now
          AND (a.principal_id = p.id OR a.principal_id IN (
            -- An Entra role reaches the direct members of the group that holds it, an Azure role the nested ones too.
            SELECT group_id FROM membership WHERE direct OR a.provider = 'AZURE_RESOURCE'))) AS held
    FROM clock LEFT JOIN principal p ON p.id = ${principalId} AND p.deleted_at IS NULL`.execute(db);
  const row = rows[0] as Row;
  return {
    now: instant(row.now),
    principal: row.id === null ? null : { id: row.id, kind: row.kind, userType: row.userType, enabled: row.enabled },
    powers: powersOf(row.held ?? [], row.groups ?? [], applicationPermissions),
  };
}

/** The viewer with the powers of this instant, or null once the principal is gone or disabled. */
export async function currentViewer(db: Sql, viewer: Viewer): Promise<Viewer | null> {
  const { principal, powers } = await viewerFacts(db, viewer.id, viewer.applicationPermissions);
  return principal?.enabled ? { ...viewer, powers } : null;
}
