/** Files that callers have uploaded, for any gateway to read: in pieces, for a day, for whoever uploaded them. */
import { Migration } from '@mikro-orm/migrations';

export class Uploads extends Migration {
  override up(): void {
    this.addSql(`
      CREATE TABLE upload (
        id uuid CONSTRAINT upload_pkey PRIMARY KEY,
        principal_id uuid NOT NULL CONSTRAINT upload_principal_exists REFERENCES principal (id),
        format text NOT NULL,
        -- Null until the last byte has come.
        bytes bigint,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        expires_at timestamptz NOT NULL
      );
      CREATE INDEX upload_by_end ON upload (expires_at);

      CREATE TABLE upload_chunk (
        upload_id uuid NOT NULL CONSTRAINT upload_chunk_upload_exists REFERENCES upload (id) ON DELETE CASCADE,
        start_byte bigint NOT NULL,
        bytes bytea NOT NULL,
        CONSTRAINT upload_chunk_pkey PRIMARY KEY (upload_id, start_byte)
      );
      ALTER TABLE upload_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;
    `);
  }
}
