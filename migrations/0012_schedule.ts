/** What falls due, once each; and what an assignment was before it was changed, so that any past instant can be asked about. */
import { Migration } from '@mikro-orm/migrations';

export class Schedule extends Migration {
  override up(): void {
    this.addSql(`
      -- Access that could not begin: at its start something that it had been granted by no longer held.
      ALTER TABLE assignment DROP CONSTRAINT assignment_ended_by_known;
      ALTER TABLE assignment ADD CONSTRAINT assignment_ended_by_known
        CHECK (ended_by IN ('REMOVED', 'DEACTIVATED', 'EXPIRED', 'FAILED'));

      -- What the sweeps look at every second holds nothing but what is still to come.
      CREATE INDEX assignment_due_end ON assignment (ends_at) WHERE ended_by IS NULL AND ends_at IS NOT NULL;
      CREATE INDEX request_due_decision ON request (expires_at)
        WHERE status IN ('PENDING_APPROVAL', 'PENDING_ADMIN_DECISION');
      CREATE INDEX request_due_start ON request (completed_at, id) WHERE status = 'GRANTED';

      -- The backup approvers of a stage are called once.
      CREATE TABLE request_escalation (
        request_id uuid NOT NULL CONSTRAINT request_escalation_request_exists REFERENCES request (id),
        stage integer NOT NULL,
        escalated_at timestamptz NOT NULL,
        CONSTRAINT request_escalation_once PRIMARY KEY (request_id, stage)
      );
      CREATE INDEX request_due_escalation ON request (escalates_at) WHERE status = 'PENDING_APPROVAL' AND escalates_at IS NOT NULL;

      -- A warning is given once for an end: an end that is moved is warned of anew.
      CREATE TABLE assignment_warning (
        assignment_id uuid NOT NULL CONSTRAINT assignment_warning_assignment_exists REFERENCES assignment (id),
        ends_at timestamptz NOT NULL,
        kind text NOT NULL,
        warned_at timestamptz NOT NULL,
        CONSTRAINT assignment_warning_once PRIMARY KEY (assignment_id, ends_at, kind),
        CONSTRAINT assignment_warning_kind_known CHECK (kind IN ('FOURTEEN_DAYS', 'ONE_DAY', 'FIFTEEN_MINUTES', 'FIVE_MINUTES'))
      );

      -- Each row as it was until it was changed. What never changed is in assignment alone.
      CREATE TABLE assignment_history (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT assignment_history_pkey PRIMARY KEY,
        assignment_id uuid NOT NULL CONSTRAINT assignment_history_assignment_exists REFERENCES assignment (id),
        valid_until timestamptz NOT NULL,
        provider text NOT NULL,
        role_id uuid NOT NULL,
        scope_id uuid NOT NULL,
        principal_id uuid NOT NULL,
        type text NOT NULL,
        state text NOT NULL,
        starts_at timestamptz NOT NULL,
        ends_at timestamptz,
        ended_by text,
        eligibility_id uuid,
        request_id uuid,
        condition text,
        created_at timestamptz NOT NULL
      );
      CREATE INDEX assignment_history_by_assignment ON assignment_history (assignment_id, valid_until, id);

      -- What ends something is valid from the end it gives, a moment before its row is written.
      CREATE FUNCTION assignment_keeps_history() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO assignment_history (assignment_id, valid_until, provider, role_id, scope_id, principal_id, type, state,
          starts_at, ends_at, ended_by, eligibility_id, request_id, condition, created_at)
        VALUES (OLD.id,
          CASE WHEN OLD.ended_by IS NULL AND NEW.ended_by IS NOT NULL
            THEN least(clock_timestamp(), NEW.ends_at) ELSE clock_timestamp() END,
          OLD.provider, OLD.role_id, OLD.scope_id, OLD.principal_id, OLD.type, OLD.state,
          OLD.starts_at, OLD.ends_at, OLD.ended_by, OLD.eligibility_id, OLD.request_id, OLD.condition, OLD.created_at);
        RETURN NULL;
      END $$;
      CREATE TRIGGER assignment_history_kept AFTER UPDATE ON assignment FOR EACH ROW
        WHEN ((OLD.provider, OLD.role_id, OLD.scope_id, OLD.principal_id, OLD.type, OLD.state, OLD.starts_at, OLD.ends_at, OLD.condition)
          IS DISTINCT FROM
          (NEW.provider, NEW.role_id, NEW.scope_id, NEW.principal_id, NEW.type, NEW.state, NEW.starts_at, NEW.ends_at, NEW.condition))
        EXECUTE FUNCTION assignment_keeps_history();
      ALTER TABLE assignment ENABLE ALWAYS TRIGGER assignment_history_kept;

      CREATE FUNCTION assignment_history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'the history of assignments is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = 'assignment_history_append_only';
      END $$;
      CREATE TRIGGER assignment_history_append_only BEFORE UPDATE OR DELETE ON assignment_history
        FOR EACH ROW EXECUTE FUNCTION assignment_history_is_append_only();
      CREATE TRIGGER assignment_history_no_truncate BEFORE TRUNCATE ON assignment_history
        FOR EACH STATEMENT EXECUTE FUNCTION assignment_history_is_append_only();
      ALTER TABLE assignment_history ENABLE ALWAYS TRIGGER assignment_history_append_only;
      ALTER TABLE assignment_history ENABLE ALWAYS TRIGGER assignment_history_no_truncate;

      -- Every assignment as it was at an instant, whether or not it was in force then.
      CREATE FUNCTION assignments_at(at timestamptz) RETURNS TABLE (id uuid, provider text, role_id uuid, scope_id uuid,
        principal_id uuid, type text, state text, starts_at timestamptz, ends_at timestamptz, during tstzrange, ended_by text,
        eligibility_id uuid, request_id uuid, condition text, created_at timestamptz)
      LANGUAGE sql STABLE AS $$
        SELECT a.id, a.provider, a.role_id, a.scope_id, a.principal_id, a.type, a.state, a.starts_at, a.ends_at, a.during,
          a.ended_by, a.eligibility_id, a.request_id, a.condition, a.created_at
        FROM assignment a
        WHERE NOT EXISTS (SELECT FROM assignment_history h WHERE h.assignment_id = a.id AND h.valid_until > at)
        UNION ALL
        SELECT h.assignment_id, h.provider, h.role_id, h.scope_id, h.principal_id, h.type, h.state, h.starts_at, h.ends_at,
          tstzrange(h.starts_at, h.ends_at, '[)'), h.ended_by, h.eligibility_id, h.request_id, h.condition, h.created_at
        FROM (SELECT DISTINCT ON (v.assignment_id) v.* FROM assignment_history v WHERE v.valid_until > at
          ORDER BY v.assignment_id, v.valid_until, v.id) h
      $$;
    `);
  }
}
