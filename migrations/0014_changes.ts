/** Which assignment a request changes, extends, renews or removes. */
import { Migration } from '@mikro-orm/migrations';

export class Changes extends Migration {
  override up(): void {
    this.addSql(`
      ALTER TABLE request ADD COLUMN target_id uuid CONSTRAINT request_target_exists REFERENCES assignment (id);
      ALTER TABLE request ADD CONSTRAINT request_change_has_target CHECK (
        action NOT IN ('ADMIN_UPDATE', 'ADMIN_EXTEND', 'ADMIN_RENEW', 'SELF_EXTEND', 'SELF_RENEW') OR target_id IS NOT NULL);
      -- What is canceled when an assignment is removed.
      CREATE INDEX request_open_by_target ON request (target_id)
        WHERE target_id IS NOT NULL AND status IN ('PENDING_APPROVAL', 'PENDING_ADMIN_DECISION');
      CREATE INDEX request_open_by_eligibility ON request (eligibility_id)
        WHERE eligibility_id IS NOT NULL AND status IN ('PENDING_APPROVAL', 'PENDING_ADMIN_DECISION');
    `);
  }
}
