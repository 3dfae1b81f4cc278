/** A clock that stands still while a snapshot is read: being in force is a question to the clock, and an export has one answer. */
import { Migration } from '@mikro-orm/migrations';

export class FrozenClock extends Migration {
  override up(): void {
    this.addSql(`
      -- In front of pg_catalog in the search path of such a transaction, and nowhere else.
      CREATE SCHEMA frozen_clock;
      CREATE FUNCTION frozen_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE RETURN pg_catalog.transaction_timestamp();
    `);
  }
}
