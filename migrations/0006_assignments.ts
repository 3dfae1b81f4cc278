/** Who holds what, from when until when. Being active is a question to the clock, never a column. */
import { Migration } from '@mikro-orm/migrations';

export class Assignments extends Migration {
  override up(): void {
    this.addSql(`
      CREATE EXTENSION IF NOT EXISTS btree_gist;

      CREATE TABLE assignment (
        id uuid CONSTRAINT assignment_pkey PRIMARY KEY,
        provider text NOT NULL,
        role_id uuid NOT NULL,
        scope_id uuid NOT NULL,
        principal_id uuid NOT NULL CONSTRAINT assignment_principal_exists REFERENCES principal (id),
        type text NOT NULL,
        -- ACTIVATED: made by its holder from an eligible assignment. ASSIGNED: everything else.
        state text NOT NULL DEFAULT 'ASSIGNED',
        starts_at timestamptz NOT NULL,
        -- Null: permanent.
        ends_at timestamptz,
        during tstzrange GENERATED ALWAYS AS (tstzrange(starts_at, ends_at, '[)')) STORED,
        -- Why it ended before or at its end; null while it has not been ended by anyone.
        ended_by text,
        eligibility_id uuid CONSTRAINT assignment_eligibility_exists REFERENCES assignment (id),
        -- The request that made it; null for access that was given outside PIM and imported.
        request_id uuid CONSTRAINT assignment_request_exists REFERENCES request (id),
        condition text,
        created_at timestamptz NOT NULL,
        CONSTRAINT assignment_role_exists FOREIGN KEY (role_id, provider) REFERENCES role (id, provider),
        CONSTRAINT assignment_scope_exists FOREIGN KEY (scope_id, provider) REFERENCES scope (id, provider),
        CONSTRAINT assignment_type_known CHECK (type IN ('ELIGIBLE', 'ACTIVE')),
        CONSTRAINT assignment_state_known CHECK (state IN ('ASSIGNED', 'ACTIVATED')),
        CONSTRAINT assignment_ended_by_known CHECK (ended_by IN ('REMOVED', 'DEACTIVATED', 'EXPIRED')),
        CONSTRAINT assignment_runs_forward CHECK (ends_at IS NULL OR ends_at >= starts_at),
        CONSTRAINT assignment_ended_has_end CHECK (ended_by IS NULL OR ends_at IS NOT NULL),
        -- An activation is time-bound, active, and rests on an eligibility.
        CONSTRAINT assignment_activation_is_bound CHECK (
          (state = 'ACTIVATED') = (eligibility_id IS NOT NULL)
          AND (state = 'ASSIGNED' OR (type = 'ACTIVE' AND ends_at IS NOT NULL))),
        -- One eligible and one active assignment at any instant for the same principal, role and scope.
        CONSTRAINT assignment_no_overlap EXCLUDE USING gist (
          principal_id WITH =, role_id WITH =, scope_id WITH =, type WITH =, during WITH &&)
      );
      ALTER TABLE request ADD CONSTRAINT request_eligibility_exists FOREIGN KEY (eligibility_id) REFERENCES assignment (id);
      CREATE INDEX assignment_by_principal ON assignment (principal_id, type);
      CREATE INDEX assignment_by_scope ON assignment (scope_id, role_id, type);
      CREATE INDEX assignment_by_role ON assignment (role_id, type);
      CREATE INDEX assignment_by_eligibility ON assignment (eligibility_id) WHERE eligibility_id IS NOT NULL;
      CREATE INDEX assignment_by_request ON assignment (request_id) WHERE request_id IS NOT NULL;
      CREATE INDEX assignment_by_time ON assignment (created_at DESC, id DESC);

      -- The groups a principal is a member of at an instant, through nesting; UNION makes a cycle end.
      CREATE FUNCTION groups_of(member uuid, at timestamptz) RETURNS TABLE (group_id uuid, direct boolean)
      LANGUAGE sql STABLE ROWS 10 AS $$
        WITH RECURSIVE membership (group_id, direct) AS (
          SELECT s.principal_id, true
          FROM assignment a JOIN scope s ON s.id = a.scope_id
          JOIN principal g ON g.id = s.principal_id AND g.deleted_at IS NULL
          WHERE a.principal_id = member AND a.type = 'ACTIVE' AND a.during @> at
            AND a.role_id = '00000000-0000-4000-8000-0000000000a1'
          UNION
          SELECT s.principal_id, false
          FROM membership m
          JOIN assignment a ON a.principal_id = m.group_id AND a.type = 'ACTIVE' AND a.during @> at
            AND a.role_id = '00000000-0000-4000-8000-0000000000a1'
          JOIN scope s ON s.id = a.scope_id
          -- A deleted group is no way to another one.
          JOIN principal g ON g.id = s.principal_id AND g.deleted_at IS NULL)
        SELECT group_id, bool_or(direct) FROM membership GROUP BY group_id
      $$;
    `);
  }
}
