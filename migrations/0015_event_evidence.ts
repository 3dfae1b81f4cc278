/** Proof of what happened: a hash for every event, a root for every batch, signed checkpoints, and an end after the retention. */
import { Migration } from '@mikro-orm/migrations';

export class EventEvidence extends Migration {
  override up(): void {
    this.addSql(LEAVES);
    this.addSql(BATCHES);
    this.addSql(SEAL_EARLIER_EVENTS);
    this.addSql(APPEND_ONLY);
    this.addSql(RETENTION);
    this.addSql(GRANTS);
  }
}

/** A later migration that gives an event another column adds it here, to the trigger and to the grant: src/store/evidence.ts says the rest. */
const LEAVES = `
  -- RFC 6962: a leaf is hashed behind 0x00 and an inner node behind 0x01, so that neither can be taken for the other.
  ALTER TABLE event ADD COLUMN leaf_hash bytea;

  -- What is hashed is a JSON array of texts: whoever has the row can say it again, in any language.
  CREATE FUNCTION event_leaf(epoch uuid, given bigint, e event) RETURNS bytea LANGUAGE sql STABLE
  RETURN sha256('\\x00'::bytea || convert_to(json_build_array(
    epoch::text, given::text, e.id::text, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.type,
    e.actor_id::text, e.provider, e.assignment_type, e.principal_id::text, e.role_id::text, e.scope_id::text,
    e.assignment_id::text, e.request_id::text, e.payload::text)::text, 'UTF8'));`;

const BATCHES = `
  -- The chain's end: every batch hashes the one before it. Of an empty log it is the hash of nothing.
  ALTER TABLE event_log
    ADD COLUMN log_root bytea NOT NULL DEFAULT sha256(''::bytea),
    -- Events up to here have been removed after their retention.
    ADD COLUMN purged bigint NOT NULL DEFAULT 0,
    ADD COLUMN audit_retention_days integer NOT NULL DEFAULT 400,
    ADD COLUMN replay_retention_days integer NOT NULL DEFAULT 30,
    ADD CONSTRAINT event_log_replay_within_audit CHECK (replay_retention_days BETWEEN 1 AND audit_retention_days),
    ADD CONSTRAINT event_log_purged_was_given CHECK (purged BETWEEN 0 AND position);

  CREATE TABLE event_batch (
    last_position bigint CONSTRAINT event_batch_pkey PRIMARY KEY,
    first_position bigint NOT NULL CONSTRAINT event_batch_first_unique UNIQUE,
    -- Of its leaves; the log's is the hash of the previous batch's and this one's.
    epoch uuid NOT NULL,
    root bytea NOT NULL,
    log_root bytea NOT NULL,
    -- For the retention alone.
    oldest_at timestamptz NOT NULL,
    newest_at timestamptz NOT NULL,
    sealed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT event_batch_runs_forward CHECK (first_position BETWEEN 1 AND last_position),
    CONSTRAINT event_batch_hash_length CHECK (octet_length(root) = 32 AND octet_length(log_root) = 32)
  );
  CREATE INDEX event_batch_by_age ON event_batch (oldest_at);

  -- Ed25519 over the text that src/store/evidence.ts describes.
  CREATE TABLE event_checkpoint (
    position bigint CONSTRAINT event_checkpoint_pkey PRIMARY KEY,
    epoch uuid NOT NULL,
    log_root bytea NOT NULL,
    signed_at timestamptz NOT NULL,
    public_key bytea NOT NULL,
    signature bytea NOT NULL,
    CONSTRAINT event_checkpoint_lengths CHECK (octet_length(log_root) = 32 AND octet_length(public_key) = 32 AND octet_length(signature) = 64)
  );
  CREATE INDEX event_checkpoint_by_age ON event_checkpoint (signed_at);`;

/** In parts of a thousand, so that nobody who checks them later needs more memory for these than for others. */
const SEAL_EARLIER_EVENTS = `
  ALTER TABLE event DISABLE TRIGGER event_append_only;
  UPDATE event SET leaf_hash = event_leaf(epoch, event.position, event) FROM event_log WHERE event.position IS NOT NULL;
  ALTER TABLE event ENABLE ALWAYS TRIGGER event_append_only;

  DO $$
  DECLARE
    head event_log;
    level bytea[];
    batch record;
  BEGIN
    SELECT * INTO head FROM event_log FOR UPDATE;
    FOR batch IN
      SELECT array_agg(leaf_hash ORDER BY position) AS leaves, min(position) AS first, max(position) AS last, min(at) AS oldest, max(at) AS newest
      FROM event WHERE position IS NOT NULL GROUP BY (position - 1) / 1000 ORDER BY 2
    LOOP
      level := batch.leaves;
      WHILE cardinality(level) > 1 LOOP
        SELECT array_agg(coalesce(sha256('\\x01'::bytea || level[n] || level[n + 1]), level[n]) ORDER BY n) INTO level
        FROM generate_series(1, cardinality(level), 2) n;
      END LOOP;
      head.log_root := sha256('\\x01'::bytea || head.log_root || level[1]);
      INSERT INTO event_batch (first_position, last_position, epoch, root, log_root, oldest_at, newest_at)
      VALUES (batch.first, batch.last, head.epoch, level[1], head.log_root, batch.oldest, batch.newest);
    END LOOP;
    UPDATE event_log SET log_root = head.log_root;
  END $$;

  ALTER TABLE event ADD CONSTRAINT event_sealed_with_position CHECK ((position IS NULL) = (leaf_hash IS NULL));`;

const APPEND_ONLY = `
  CREATE OR REPLACE FUNCTION event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'UPDATE' THEN
      IF OLD.position IS NULL AND NEW.position IS NOT NULL
        AND (OLD.id, OLD.at, OLD.type, OLD.actor_id, OLD.provider, OLD.assignment_type, OLD.principal_id, OLD.role_id, OLD.scope_id, OLD.assignment_id, OLD.request_id, OLD.payload)
          IS NOT DISTINCT FROM
          (NEW.id, NEW.at, NEW.type, NEW.actor_id, NEW.provider, NEW.assignment_type, NEW.principal_id, NEW.role_id, NEW.scope_id, NEW.assignment_id, NEW.request_id, NEW.payload)
      THEN
        RETURN NEW;
      END IF;
    ELSIF TG_OP = 'DELETE' THEN
      -- What its retention is over for, and only in the order of the log.
      IF EXISTS (SELECT FROM event_log l WHERE OLD.position <= l.purged AND OLD.at < clock_timestamp() - make_interval(days => l.audit_retention_days)) THEN
        RETURN OLD;
      END IF;
    END IF;
    RAISE EXCEPTION 'the event log is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = 'event_append_only';
  END $$;

  CREATE FUNCTION evidence_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'the evidence of the event log is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_append_only';
  END $$;
  CREATE TRIGGER event_batch_append_only BEFORE UPDATE OR DELETE ON event_batch FOR EACH ROW EXECUTE FUNCTION evidence_is_append_only();
  CREATE TRIGGER event_batch_no_truncate BEFORE TRUNCATE ON event_batch FOR EACH STATEMENT EXECUTE FUNCTION evidence_is_append_only();
  CREATE TRIGGER event_checkpoint_append_only BEFORE UPDATE OR DELETE ON event_checkpoint FOR EACH ROW EXECUTE FUNCTION evidence_is_append_only();
  CREATE TRIGGER event_checkpoint_no_truncate BEFORE TRUNCATE ON event_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION evidence_is_append_only();
  ALTER TABLE event_batch ENABLE ALWAYS TRIGGER event_batch_append_only;
  ALTER TABLE event_batch ENABLE ALWAYS TRIGGER event_batch_no_truncate;
  ALTER TABLE event_checkpoint ENABLE ALWAYS TRIGGER event_checkpoint_append_only;
  ALTER TABLE event_checkpoint ENABLE ALWAYS TRIGGER event_checkpoint_no_truncate;`;

const RETENTION = `
  -- Removes whole batches whose events are all older than the retention and which a checkpoint of that age covers, the
  -- oldest first. Their hashes stay, so that everything behind them can still be proved.
  CREATE FUNCTION purge_events(most integer) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DECLARE
    cutoff timestamptz;
    before bigint;
    covered bigint;
    upto bigint;
  BEGIN
    SELECT purged, clock_timestamp() - make_interval(days => audit_retention_days) INTO before, cutoff FROM event_log FOR UPDATE;
    SELECT position INTO covered FROM event_checkpoint WHERE signed_at < cutoff ORDER BY signed_at DESC LIMIT 1;
    SELECT max(last_position) INTO upto FROM (
      SELECT last_position, bool_and(newest_at < cutoff) OVER oldest_first AS old, sum(last_position - first_position + 1) OVER oldest_first AS events,
        row_number() OVER oldest_first AS batch
      FROM (SELECT * FROM event_batch WHERE first_position > before AND last_position <= covered ORDER BY first_position LIMIT most) next
      WINDOW oldest_first AS (ORDER BY first_position)
    ) candidate WHERE old AND (events <= most OR batch = 1);
    IF upto IS NULL THEN
      RETURN 0;
    END IF;
    UPDATE event_log SET purged = upto;
    -- Nobody else ever sees this right: it is gone again when the transaction ends.
    GRANT DELETE ON event TO CURRENT_USER;
    DELETE FROM event WHERE position <= upto;
    REVOKE DELETE ON event FROM CURRENT_USER;
    RETURN upto - before;
  END $$;
  REVOKE EXECUTE ON FUNCTION purge_events FROM PUBLIC;`;

/** An owner could give itself these rights again; what the gateway runs cannot use them by mistake or through an injection. */
const GRANTS = `
  REVOKE ALL ON event, event_batch, event_checkpoint, event_log FROM PUBLIC;
  REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON event FROM CURRENT_USER;
  GRANT INSERT (at, type, actor_id, provider, assignment_type, principal_id, role_id, scope_id, assignment_id, request_id, payload),
    UPDATE (position, leaf_hash) ON event TO CURRENT_USER;
  REVOKE UPDATE, DELETE, TRUNCATE ON event_batch, event_checkpoint FROM CURRENT_USER;
  REVOKE INSERT, DELETE, TRUNCATE ON event_log FROM CURRENT_USER;`;
