/** What is asked for in bulk: operations that outlive the request for them, and their files, which any gateway can serve. */
import { Migration } from '@mikro-orm/migrations';

export class BulkOperations extends Migration {
  override up(): void {
    this.addSql(`
      CREATE TABLE bulk_operation (
        id uuid CONSTRAINT bulk_operation_pkey PRIMARY KEY,
        kind text NOT NULL,
        status text NOT NULL,
        principal_id uuid NOT NULL CONSTRAINT bulk_operation_principal_exists REFERENCES principal (id),
        -- What the token proved; powers are those of the moment of the run.
        viewer jsonb NOT NULL,
        input jsonb NOT NULL,
        result jsonb NOT NULL DEFAULT '{}',
        processed bigint NOT NULL DEFAULT 0,
        -- Null as long as nobody has counted.
        total bigint,
        bytes bigint NOT NULL DEFAULT 0,
        error_code text,
        error_message text,
        created_at timestamptz NOT NULL,
        started_at timestamptz,
        completed_at timestamptz,
        -- Its files are gone from then on.
        expires_at timestamptz,
        -- Who runs it, and when that one was last heard of.
        runner_id uuid,
        alive_at timestamptz,
        attempts integer NOT NULL DEFAULT 0,
        CONSTRAINT bulk_operation_status_known CHECK (status IN ('UPLOADING', 'CREATED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELED')),
        CONSTRAINT bulk_operation_run_by_somebody CHECK (status <> 'RUNNING' OR (runner_id IS NOT NULL AND alive_at IS NOT NULL)),
        CONSTRAINT bulk_operation_over_has_end CHECK ((status IN ('COMPLETED', 'FAILED', 'CANCELED')) = (completed_at IS NOT NULL AND expires_at IS NOT NULL))
      );
      CREATE INDEX bulk_operation_open ON bulk_operation (created_at) WHERE status IN ('UPLOADING', 'CREATED', 'RUNNING');
      CREATE INDEX bulk_operation_of_principal ON bulk_operation (principal_id, created_at DESC, id DESC);

      CREATE TABLE bulk_chunk (
        operation_id uuid NOT NULL CONSTRAINT bulk_chunk_operation_exists REFERENCES bulk_operation (id),
        file text NOT NULL,
        start_byte bigint NOT NULL,
        bytes bytea NOT NULL,
        CONSTRAINT bulk_chunk_pkey PRIMARY KEY (operation_id, file, start_byte)
      );
      -- Compressing them would take longer than everything else about them.
      ALTER TABLE bulk_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;
    `);
  }
}
