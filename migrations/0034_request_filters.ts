/** How are requests found by role, status and action, and activations that run? Consoles and reviews ask for them, and they are few. */
import { Migration } from '@mikro-orm/migrations';

export class RequestFilters extends Migration {
  override up(): void {
    this.addSql(`
      CREATE INDEX request_by_role ON request (role_id, created_at DESC, id DESC);
      CREATE INDEX request_by_status ON request (status, created_at DESC, id DESC);
      CREATE INDEX request_by_action ON request (action, created_at DESC, id DESC);
      CREATE INDEX assignment_activated_by_end ON assignment (ends_at) WHERE state = 'ACTIVATED';
    `);
  }
}
