/** In which groups a principal is, found along their own memberships however many others there are. */
import { Migration } from '@mikro-orm/migrations';

export class MembershipWalk extends Migration {
  override up(): void {
    this.addSql(`
      -- Periods are compared by their ends: by the index of periods, which the planner takes for more selective than it is,
      -- each step looked through every membership in force.
      CREATE OR REPLACE FUNCTION groups_of(member uuid, at timestamptz) RETURNS TABLE (group_id uuid, direct boolean)
      LANGUAGE sql STABLE ROWS 10 AS $$
        WITH RECURSIVE membership (group_id, direct) AS (
          SELECT s.principal_id, true
          FROM assignment a JOIN scope s ON s.id = a.scope_id
          JOIN principal g ON g.id = s.principal_id AND g.deleted_at IS NULL
          WHERE a.principal_id = member AND a.type = 'ACTIVE' AND a.starts_at <= at AND (a.ends_at IS NULL OR a.ends_at > at)
            AND a.role_id = '00000000-0000-4000-8000-0000000000a1'
          UNION
          SELECT s.principal_id, false
          FROM membership m
          JOIN assignment a ON a.principal_id = m.group_id AND a.type = 'ACTIVE' AND a.starts_at <= at AND (a.ends_at IS NULL OR a.ends_at > at)
            AND a.role_id = '00000000-0000-4000-8000-0000000000a1'
          JOIN scope s ON s.id = a.scope_id
          -- A deleted group is no way to another one.
          JOIN principal g ON g.id = s.principal_id AND g.deleted_at IS NULL)
        SELECT group_id, bool_or(direct) FROM membership GROUP BY group_id
      $$;
    `);
  }
}
