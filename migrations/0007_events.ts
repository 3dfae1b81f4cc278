/** What happened: one append-only table that is audit, outbox and stream. The sequencer alone gives positions. */
import { Migration } from '@mikro-orm/migrations';

export class Events extends Migration {
  override up(): void {
    this.addSql(`
      CREATE TABLE event (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT event_pkey PRIMARY KEY,
        -- Dense and in commit order for every aggregate; null until the sequencer has seen the committed row.
        position bigint,
        at timestamptz NOT NULL,
        type text NOT NULL,
        -- Null when the gateway itself acts.
        actor_id uuid CONSTRAINT event_actor_exists REFERENCES principal (id),
        provider text,
        assignment_type text,
        principal_id uuid CONSTRAINT event_principal_exists REFERENCES principal (id),
        role_id uuid CONSTRAINT event_role_exists REFERENCES role (id),
        scope_id uuid CONSTRAINT event_scope_exists REFERENCES scope (id),
        assignment_id uuid CONSTRAINT event_assignment_exists REFERENCES assignment (id),
        request_id uuid CONSTRAINT event_request_exists REFERENCES request (id),
        payload jsonb NOT NULL,
        CONSTRAINT event_position_unique UNIQUE (position),
        CONSTRAINT event_position_from_one CHECK (position >= 1),
        CONSTRAINT event_type_form CHECK (type ~ '^[a-z]+([A-Z][a-z]+)*[.][a-z]+([A-Z][a-z]+)*$')
      );
      CREATE INDEX event_unsequenced ON event (id) WHERE position IS NULL;

      CREATE FUNCTION event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' AND OLD.position IS NULL AND NEW.position IS NOT NULL
          AND (OLD.id, OLD.at, OLD.type, OLD.actor_id, OLD.provider, OLD.assignment_type, OLD.principal_id, OLD.role_id, OLD.scope_id, OLD.assignment_id, OLD.request_id, OLD.payload)
            IS NOT DISTINCT FROM
            (NEW.id, NEW.at, NEW.type, NEW.actor_id, NEW.provider, NEW.assignment_type, NEW.principal_id, NEW.role_id, NEW.scope_id, NEW.assignment_id, NEW.request_id, NEW.payload)
        THEN
          RETURN NEW;
        END IF;
        RAISE EXCEPTION 'the event log is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = 'event_append_only';
      END $$;
      CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION event_is_append_only();
      CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION event_is_append_only();
      -- ALWAYS: a session in replica mode does not get past them either.
      ALTER TABLE event ENABLE ALWAYS TRIGGER event_append_only;
      ALTER TABLE event ENABLE ALWAYS TRIGGER event_no_truncate;

      -- One row: the last position given, and the epoch that makes a restored copy another log.
      CREATE TABLE event_log (
        epoch uuid NOT NULL DEFAULT gen_random_uuid(),
        position bigint NOT NULL DEFAULT 0,
        singleton boolean NOT NULL DEFAULT true CONSTRAINT event_log_singleton UNIQUE CONSTRAINT event_log_is_singleton CHECK (singleton)
      );
      INSERT INTO event_log DEFAULT VALUES;
    `);
  }
}
