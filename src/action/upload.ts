/** How many files may somebody keep here, and when may one go? */
import { transact } from '../store/transaction.ts';
import { insertUpload, lockUpload, lockUploads, removeUpload, type UploadFormat } from '../store/upload.ts';
import type { ActionContext } from './perform.ts';

/** Of one principal that have not expired. */
export const UPLOADS_OF_PRINCIPAL = 10;

/** @returns null when the principal has too many already */
export function beginUpload({ database, viewer }: ActionContext, format: UploadFormat): Promise<string | null> {
  return transact(database, async (tx) => {
    if ((await lockUploads(tx, viewer.id)) >= UPLOADS_OF_PRINCIPAL) return null;
    return insertUpload(tx, viewer.id, format);
  });
}

/** Only by whoever uploaded it, and not while an import waits for it or reads it. */
export function dropUpload(
  { database, viewer }: ActionContext,
  id: string,
): Promise<'DROPPED' | 'IN_USE' | 'NOT_FOUND'> {
  return transact(database, async (tx) => {
    const found = await lockUpload(tx, viewer.id, id);
    if (found === null) return 'NOT_FOUND';
    if (found.inUse) return 'IN_USE';
    await removeUpload(tx.getKysely(), id);
    return 'DROPPED';
  });
}
