/** Which groups are role-assignable? A directory has at most 500 of them, among a hundred thousand principals. */
import { Migration } from '@mikro-orm/migrations';

export class RoleAssignable extends Migration {
  override up(): void {
    this.addSql('CREATE INDEX principal_role_assignable ON principal (id) WHERE role_assignable;');
  }
}
