/** How do lists of members and owners become rows? What is missing begins, what is no longer listed ends. */
import { sql } from 'kysely';
import type { Relation } from '../decision/importRelation.ts';
import { GROUP_MEMBER, GROUP_OWNER } from '../decision/role.ts';
import { parts } from './bulk.ts';
import type { Sql } from './database.ts';

export interface RelationCounts {
  readonly added: number;
  readonly ended: number;
}

/**
 * Memberships and ownerships as the directory keeps them: permanent, and made outside PIM. Access that PIM gave is left
 * alone, whether or not the directory lists it yet; a membership made ahead of one that PIM has scheduled ends where
 * that one begins.
 */
export async function writeGroupRelations(db: Sql, relations: readonly Relation[], now: Date): Promise<RelationCounts> {
  const groups = relations.filter(({ relation }) => relation !== 'UNIT_MEMBER');
  const roleId = ({ relation }: Relation) => (relation === 'OWNER' ? GROUP_OWNER : GROUP_MEMBER);
  const lists = groups.filter((list) => list.complete).map((list) => ({ group_id: list.of, role_id: roleId(list) }));
  const listed = groups.flatMap((list) =>
    list.principalIds.map((id) => ({ group_id: list.of, role_id: roleId(list), principal_id: id })),
  );
  const ended = await sql`
    UPDATE assignment a SET ends_at = ${now}, ended_by = 'REMOVED'
    FROM json_to_recordset(${JSON.stringify(lists)}::json) AS l (group_id uuid, role_id uuid)
    JOIN scope s ON s.principal_id = l.group_id AND s.kind = 'GROUP'
    WHERE a.scope_id = s.id AND a.role_id = l.role_id AND a.type = 'ACTIVE' AND a.state = 'ASSIGNED' AND a.request_id IS NULL
      AND a.during @> ${now}::timestamptz
      AND (l.group_id, l.role_id, a.principal_id) NOT IN (SELECT group_id, role_id, principal_id
        FROM json_to_recordset(${JSON.stringify(listed)}::json) AS m (group_id uuid, role_id uuid, principal_id uuid))
  `.execute(db);
  let added = 0;
  for (const part of parts(listed)) added += await addRelations(db, part, now);
  return { added, ended: Number(ended.numAffectedRows ?? 0) };
}

async function addRelations(db: Sql, listed: readonly object[], now: Date): Promise<number> {
  const result = await sql`
    INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, state, starts_at, ends_at, created_at)
    SELECT gen_random_uuid(), 'GROUP', m.role_id, s.id, m.principal_id, 'ACTIVE', 'ASSIGNED', ${now},
      (SELECT min(f.starts_at) FROM assignment f WHERE f.principal_id = m.principal_id AND f.scope_id = s.id
        AND f.role_id = m.role_id AND f.type = 'ACTIVE' AND f.starts_at > ${now} AND NOT isempty(f.during)),
      ${now}
    FROM json_to_recordset(${JSON.stringify(listed)}::json) AS m (group_id uuid, role_id uuid, principal_id uuid)
    JOIN scope s ON s.principal_id = m.group_id AND s.kind = 'GROUP'
    WHERE NOT EXISTS (SELECT FROM assignment a WHERE a.principal_id = m.principal_id AND a.scope_id = s.id
      AND a.role_id = m.role_id AND a.type = 'ACTIVE' AND a.during @> ${now}::timestamptz)
  `.execute(db);
  return Number(result.numAffectedRows ?? 0);
}

export async function writeUnitMembers(db: Sql, relations: readonly Relation[]): Promise<RelationCounts> {
  const units = relations.filter(({ relation }) => relation === 'UNIT_MEMBER');
  const keyed = (list: Relation) => list.of.toLowerCase();
  const lists = units.filter((list) => list.complete).map((list) => ({ key: keyed(list) }));
  const listed = units.flatMap((list) => list.principalIds.map((id) => ({ key: keyed(list), principal_id: id })));
  const ended = await sql`
    DELETE FROM administrative_unit_member u
    USING json_to_recordset(${JSON.stringify(lists)}::json) AS l (key text), scope s
    WHERE s.provider = 'ENTRA_ROLE' AND s.key = l.key AND u.scope_id = s.id
      AND (l.key, u.principal_id) NOT IN (SELECT key, principal_id
        FROM json_to_recordset(${JSON.stringify(listed)}::json) AS m (key text, principal_id uuid))
  `.execute(db);
  let added = 0;
  for (const part of parts(listed)) {
    const result = await sql`
      INSERT INTO administrative_unit_member (scope_id, principal_id)
      SELECT s.id, m.principal_id FROM json_to_recordset(${JSON.stringify(part)}::json) AS m (key text, principal_id uuid)
      JOIN scope s ON s.provider = 'ENTRA_ROLE' AND s.key = m.key
      ON CONFLICT DO NOTHING`.execute(db);
    added += Number(result.numAffectedRows ?? 0);
  }
  return { added, ended: Number(ended.numAffectedRows ?? 0) };
}
