/** The directory never loses its last administrators, nor a group its last owner, by whatever route. @see https://learn.microsoft.com/entra/id-governance/privileged-identity-management/groups-concept */
import { Migration } from '@mikro-orm/migrations';

export class LastAdministrators extends Migration {
  override up(): void {
    this.addSql(`
      -- The roles that must stay in somebody's hands. The row is also the lock behind which two removals see each other.
      CREATE TABLE administrator_guard (
        role_id uuid CONSTRAINT administrator_guard_pkey PRIMARY KEY,
        minimum integer NOT NULL DEFAULT 1,
        CONSTRAINT administrator_guard_minimum_positive CHECK (minimum >= 1)
      );
      INSERT INTO administrator_guard (role_id) VALUES
        ('62e90394-69f5-4237-9190-012177145e10'), -- Global Administrator
        ('e8611ab8-c189-46e8-94e1-60213ab1f814'); -- Privileged Role Administrator

      -- Enabled users who hold the role for the whole directory actively: directly or as a direct member of a group.
      CREATE FUNCTION administrators(role uuid, permanent boolean) RETURNS TABLE (id uuid) LANGUAGE sql STABLE AS $$
        SELECT DISTINCT p.id
        FROM assignment a
        LEFT JOIN scope s ON s.principal_id = a.principal_id AND s.kind = 'GROUP'
        LEFT JOIN assignment m ON m.scope_id = s.id AND m.role_id = '00000000-0000-4000-8000-0000000000a1'
          AND m.type = 'ACTIVE' AND m.during @> clock_timestamp() AND (NOT permanent OR m.ends_at IS NULL)
        JOIN principal p ON p.id = coalesce(m.principal_id, a.principal_id)
        WHERE a.role_id = role AND a.scope_id = '00000000-0000-4000-8000-000000000001' AND a.type = 'ACTIVE'
          AND a.during @> clock_timestamp() AND (NOT permanent OR a.ends_at IS NULL)
          AND p.kind = 'USER' AND p.enabled AND p.deleted_at IS NULL
      $$;

      -- What has no end counts towards the minimum, so that time alone never takes the last one away; and whoever ends
      -- anything else leaves somebody active behind.
      CREATE FUNCTION keep_administrators(role uuid, lost_permanent boolean) RETURNS void LANGUAGE plpgsql AS $$
      DECLARE
        required integer;
      BEGIN
        SELECT minimum INTO required FROM administrator_guard WHERE role_id = role FOR UPDATE;
        IF (lost_permanent AND (SELECT count(*) FROM administrators(role, true)) < required)
          OR NOT EXISTS (SELECT 1 FROM administrators(role, false))
        THEN
          RAISE EXCEPTION 'the last administrators stay' USING ERRCODE = 'check_violation', CONSTRAINT = 'last_administrator';
        END IF;
      END $$;

      CREATE FUNCTION keep_owner(group_scope uuid) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM 1 FROM scope WHERE id = group_scope FOR UPDATE;
        IF NOT EXISTS (
          SELECT 1 FROM assignment a JOIN principal p ON p.id = a.principal_id
          WHERE a.scope_id = group_scope AND a.role_id = '00000000-0000-4000-8000-0000000000a2' AND a.type = 'ACTIVE'
            AND a.during @> clock_timestamp() AND p.enabled AND p.deleted_at IS NULL)
        THEN
          RAISE EXCEPTION 'the last owner stays' USING ERRCODE = 'check_violation', CONSTRAINT = 'last_owner';
        END IF;
      END $$;

      -- An assignment that was in force and is not any more, or that has lost its permanence.
      CREATE FUNCTION assignment_keeps_administrators() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        was boolean := OLD.during @> clock_timestamp();
        same boolean := TG_OP = 'UPDATE' AND (OLD.principal_id, OLD.role_id, OLD.scope_id, OLD.type)
          = (NEW.principal_id, NEW.role_id, NEW.scope_id, NEW.type);
        lost boolean := was AND NOT (same AND NEW.during @> clock_timestamp());
        lost_permanent boolean := was AND OLD.ends_at IS NULL AND NOT (same AND NEW.during @> clock_timestamp() AND NEW.ends_at IS NULL);
        held uuid;
      BEGIN
        IF NOT (lost OR lost_permanent) THEN
          RETURN NULL;
        END IF;
        IF OLD.role_id = '00000000-0000-4000-8000-0000000000a2' THEN
          IF lost AND OLD.type = 'ACTIVE' THEN
            PERFORM keep_owner(OLD.scope_id);
          END IF;
        ELSIF OLD.role_id = '00000000-0000-4000-8000-0000000000a1' THEN
          IF OLD.type = 'ACTIVE' THEN
            -- A member of a group that holds the role.
            FOR held IN
              SELECT DISTINCT a.role_id FROM scope s
              JOIN assignment a ON a.principal_id = s.principal_id AND a.type = 'ACTIVE' AND a.during @> clock_timestamp()
              JOIN administrator_guard g ON g.role_id = a.role_id
              WHERE s.id = OLD.scope_id AND a.scope_id = '00000000-0000-4000-8000-000000000001'
              ORDER BY a.role_id
            LOOP
              PERFORM keep_administrators(held, lost_permanent);
            END LOOP;
          END IF;
        ELSIF OLD.scope_id = '00000000-0000-4000-8000-000000000001' THEN
          -- The last eligible way to Global Administrator is kept as well while nobody holds it actively.
          IF OLD.type = 'ACTIVE' OR (lost AND OLD.role_id = '62e90394-69f5-4237-9190-012177145e10') THEN
            PERFORM keep_administrators(OLD.role_id, OLD.type = 'ACTIVE' AND lost_permanent);
          END IF;
        END IF;
        RETURN NULL;
      END $$;
      -- Deferred: what counts is what the whole transaction leaves behind.
      CREATE CONSTRAINT TRIGGER assignment_last_administrator AFTER UPDATE OR DELETE ON assignment
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
        WHEN (OLD.role_id IN ('62e90394-69f5-4237-9190-012177145e10', 'e8611ab8-c189-46e8-94e1-60213ab1f814',
          '00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000a2'))
        EXECUTE FUNCTION assignment_keeps_administrators();

      -- A principal that was disabled or deleted takes along whatever it held.
      CREATE FUNCTION principal_keeps_administrators() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        held assignment;
      BEGIN
        FOR held IN
          SELECT a.* FROM assignment a
          WHERE a.type = 'ACTIVE' AND a.during @> clock_timestamp()
            AND (a.principal_id = OLD.id OR a.principal_id IN (SELECT group_id FROM groups_of(OLD.id, clock_timestamp()) WHERE direct))
            AND (a.role_id = '00000000-0000-4000-8000-0000000000a2'
              OR (a.scope_id = '00000000-0000-4000-8000-000000000001' AND a.role_id IN (SELECT role_id FROM administrator_guard)))
          ORDER BY a.role_id, a.scope_id
        LOOP
          IF held.role_id <> '00000000-0000-4000-8000-0000000000a2' THEN
            PERFORM keep_administrators(held.role_id, held.ends_at IS NULL);
          ELSIF held.principal_id = OLD.id THEN
            PERFORM keep_owner(held.scope_id);
          END IF;
        END LOOP;
        RETURN NULL;
      END $$;
      CREATE CONSTRAINT TRIGGER principal_last_administrator AFTER UPDATE OF enabled, deleted_at ON principal
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
        WHEN (OLD.enabled AND OLD.deleted_at IS NULL AND NOT (NEW.enabled AND NEW.deleted_at IS NULL))
        EXECUTE FUNCTION principal_keeps_administrators();
    `);
  }
}
