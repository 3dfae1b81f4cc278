/** The answer already given to a caller's idempotency key, bound to the caller and to the body it came with. */
import { Migration } from '@mikro-orm/migrations';

export class Idempotency extends Migration {
  override up(): void {
    this.addSql(`
      CREATE TABLE idempotency_key (
        principal_id uuid NOT NULL CONSTRAINT idempotency_key_principal_exists REFERENCES principal (id),
        key text NOT NULL,
        body_hash text NOT NULL,
        answer jsonb,
        created_at timestamptz NOT NULL,
        CONSTRAINT idempotency_key_pkey PRIMARY KEY (principal_id, key),
        CONSTRAINT idempotency_key_length CHECK (length(key) BETWEEN 1 AND 200)
      );
    `);
  }
}
