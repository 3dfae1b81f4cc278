/** How do lists of members and owners become rows? What is missing begins, what is no longer listed ends. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { decideChanges, type HeldRelation, type Relation } from '../decision/importRelation.ts';
import { GROUP_MEMBER, GROUP_OWNER } from '../decision/role.ts';
import { insertRows, parts } from './bulk.ts';
import type { Sql } from './database.ts';
import { instant } from './transaction.ts';

export interface RelationCounts {
  readonly added: number;
  readonly ended: number;
}

/**
 * What there is comes out in one scan and is compared here: within the transaction that has just filled the tables, the
 * planner knows nothing about them and would compare each with each.
 */
export async function writeGroupRelations(
  db: Sql,
  relations: readonly Relation[],
  { now, report }: { now: Date; report: (done: number) => void },
): Promise<RelationCounts> {
  const lists = relations.filter(({ relation }) => relation !== 'UNIT_MEMBER');
  if (lists.length === 0) return { added: 0, ended: 0 };
  const { added, ended } = decideChanges(lists, await heldRelations(db, now), now);
  await sql`UPDATE assignment SET ends_at = ${now}, ended_by = 'REMOVED' WHERE id = ANY(${[...ended]}::uuid[])`.execute(
    db,
  );
  const scopes = await sql<{ id: string; of: string }>`
    SELECT id, principal_id AS of FROM scope WHERE kind = 'GROUP'`.execute(db);
  const scopeIds = new Map(scopes.rows.map(({ id, of }) => [of, id]));
  const rows = added.map(({ relation, of, principalId, until }) => ({
    ...{ id: randomUUID(), provider: 'GROUP', roleId: relation === 'OWNER' ? GROUP_OWNER : GROUP_MEMBER },
    ...{ scopeId: scopeIds.get(of), principalId, type: 'ACTIVE', state: 'ASSIGNED' },
    ...{ startsAt: now, endsAt: until, createdAt: now },
  }));
  for (const part of parts(rows)) {
    await insertRows(db, 'assignment', part);
    report(part.length);
  }
  return { added: added.length, ended: ended.length };
}

async function heldRelations(db: Sql, now: Date): Promise<HeldRelation[]> {
  const { rows } = await sql<Omit<HeldRelation, 'startsAt'> & { startsAt: string }>`
    SELECT a.id, s.principal_id AS of, CASE a.role_id WHEN ${GROUP_OWNER}::uuid THEN 'OWNER' ELSE 'MEMBER' END AS relation,
      a.principal_id AS "principalId", a.starts_at AS "startsAt", a.request_id IS NULL AND a.state = 'ASSIGNED' AS outside
    FROM assignment a JOIN scope s ON s.id = a.scope_id
    WHERE a.provider = 'GROUP' AND a.type = 'ACTIVE' AND (a.ends_at IS NULL OR a.ends_at > ${now}) AND NOT isempty(a.during)
  `.execute(db);
  return rows.map((row) => ({ ...row, startsAt: instant(row.startsAt) }));
}

export async function writeUnitMembers(db: Sql, relations: readonly Relation[]): Promise<RelationCounts> {
  const lists = relations.filter(({ relation }) => relation === 'UNIT_MEMBER');
  if (lists.length === 0) return { added: 0, ended: 0 };
  const scopes = await sql<{ id: string; key: string }>`
    SELECT id, key FROM scope WHERE kind = 'ADMINISTRATIVE_UNIT'`.execute(db);
  const scopeIds = new Map(scopes.rows.map(({ id, key }) => [key, id]));
  const members = await sql<UnitMember>`
    SELECT scope_id AS "scopeId", principal_id AS "principalId" FROM administrative_unit_member`.execute(db);
  const membersOf = Map.groupBy(members.rows, ({ scopeId }) => scopeId);
  const added: UnitMember[] = [];
  const ended: UnitMember[] = [];
  for (const { of, principalIds, complete } of lists) {
    const scopeId = scopeIds.get(of.toLowerCase()) ?? '';
    const [listed, present] = [new Set(principalIds), membersOf.get(scopeId) ?? []];
    const known = new Set(present.map(({ principalId }) => principalId));
    for (const principalId of principalIds) if (!known.has(principalId)) added.push({ scopeId, principalId });
    for (const member of present) if (complete && !listed.has(member.principalId)) ended.push(member);
  }
  await insertRows(db, 'administrative_unit_member', added);
  await sql`
    DELETE FROM administrative_unit_member WHERE (scope_id, principal_id) IN (
      SELECT * FROM unnest(${ended.map(({ scopeId }) => scopeId)}::uuid[], ${ended.map(({ principalId }) => principalId)}::uuid[]))
  `.execute(db);
  return { added: added.length, ended: ended.length };
}

interface UnitMember {
  readonly scopeId: string;
  readonly principalId: string;
}
