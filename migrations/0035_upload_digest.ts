/** Which bytes did an import read? The record of it names the file by its digest, long after the upload is gone. */
import { Migration } from '@mikro-orm/migrations';

export class UploadDigest extends Migration {
  override up(): void {
    this.addSql(`
      -- SHA-256 in hexadecimal; null until the last byte has come, and of uploads from before.
      ALTER TABLE upload ADD COLUMN sha256 text;
    `);
  }
}
