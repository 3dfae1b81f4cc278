/** Lists ask the clock of their statement: where the clock stands still, each page of an export has the same answer. */
import { Migration } from '@mikro-orm/migrations';

export class FrozenStatements extends Migration {
  override up(): void {
    this.addSql(`
      CREATE FUNCTION frozen_clock.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE RETURN pg_catalog.transaction_timestamp();
    `);
  }
}
