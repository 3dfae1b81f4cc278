/** How are lists found by what consoles ask of them? Indexes for every order and for names, and for whoever reads the audit. */
import { Migration } from '@mikro-orm/migrations';

export class ListViews extends Migration {
  override up(): void {
    this.addSql(`
      CREATE INDEX assignment_by_start ON assignment (starts_at, id);
      -- Permanent ones come last.
      CREATE INDEX assignment_by_end ON assignment ((coalesce(ends_at, 'infinity'::timestamptz)), id);
      CREATE INDEX request_by_requestor ON request (requestor_id, created_at DESC, id DESC);
      CREATE INDEX principal_by_time ON principal (created_at, id);
      CREATE INDEX scope_by_name ON scope (display_name, id);

      -- An event is in them from the moment that it has a position.
      CREATE INDEX event_by_principal ON event (principal_id, position) WHERE position IS NOT NULL;
      CREATE INDEX event_by_actor ON event (actor_id, position) WHERE position IS NOT NULL;
      CREATE INDEX event_by_scope ON event (scope_id, position) WHERE position IS NOT NULL;
    `);
    // Part of every PostgreSQL's own extensions, but not every host allows it: without it a search reads every name once.
    this.addSql(`
      DO $$
      BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX principal_by_part_of_name ON principal USING gin (lower(display_name) gin_trgm_ops, lower(user_principal_name) gin_trgm_ops);
        CREATE INDEX scope_by_part_of_name ON scope USING gin (lower(display_name) gin_trgm_ops);
      EXCEPTION WHEN feature_not_supported OR insufficient_privilege OR undefined_file OR undefined_object THEN
        RAISE NOTICE 'pg_trgm is not available: %', SQLERRM;
      END $$;
    `);
  }
}
