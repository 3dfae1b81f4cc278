/** How are thousands of rows of a file looked up? Principals by what people call them, and what somebody holds by all that makes it one access. */
import { Migration } from '@mikro-orm/migrations';

export class ImportLookups extends Migration {
  override up(): void {
    this.addSql(`
      -- Of a hash nobody asks how long the value is.
      CREATE INDEX principal_by_mail ON principal USING hash (lower(mail)) WHERE deleted_at IS NULL;
      CREATE INDEX principal_by_whole_name ON principal USING hash (lower(display_name)) WHERE deleted_at IS NULL;

      -- One access is found at once, however much its principal holds and however many hold the role at its scope.
      DROP INDEX assignment_by_principal;
      CREATE INDEX assignment_by_principal ON assignment (principal_id, type, role_id, scope_id);
    `);
  }
}
