/** Which catalogue of built-in roles is loaded: one digest, so that a start without news writes nothing. */
import { Migration } from '@mikro-orm/migrations';

export class Catalogue extends Migration {
  override up(): void {
    this.addSql(`
      CREATE TABLE catalogue (
        digest text NOT NULL,
        singleton boolean NOT NULL DEFAULT true CONSTRAINT catalogue_singleton UNIQUE CONSTRAINT catalogue_is_singleton CHECK (singleton)
      );
    `);
  }
}
