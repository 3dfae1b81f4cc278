/**
 * An index that answers whether two periods of one access overlap, and nothing else. Its first column was the principal and its third
 * the scope: PostgreSQL, which does not know that a GiST index has a leading column, read all of it to find what lies at one scope.
 */
import { Migration } from '@mikro-orm/migrations';

export class AccessOverlap extends Migration {
  override up(): void {
    this.addSql(`
      ALTER TABLE assignment DROP CONSTRAINT assignment_no_overlap;
      -- One eligible and one active assignment at any instant for the same principal, role and scope.
      ALTER TABLE assignment ADD CONSTRAINT assignment_no_overlap EXCLUDE USING gist (
        (uuid_send(principal_id) || uuid_send(role_id) || uuid_send(scope_id)
          || CASE type WHEN 'ELIGIBLE' THEN '\\x00'::bytea ELSE '\\x01'::bytea END) WITH =,
        during WITH &&);
    `);
  }
}
