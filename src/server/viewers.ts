/** Who are the callers of this moment? Whoever arrives while others do is read with them, by one statement. */
import DataLoader from 'dataloader';
import type { ReadViewer } from '../identity/viewer.ts';
import { type Database, sqlOf } from '../store/database.ts';
import { FEW, manyViewerFacts, type ViewerFacts, type ViewerQuestion } from '../store/viewer.ts';

/** Nothing is remembered: each is read after they have arrived, so that a right that was taken away is gone at once. */
export function createViewerReader(database: Database): ReadViewer {
  const arriving = new DataLoader<ViewerQuestion, ViewerFacts>(
    (questions) => manyViewerFacts(sqlOf(database), questions),
    // What has come in over all sockets, and no more than leaves the others' connections something to do.
    { cache: false, maxBatchSize: FEW, batchScheduleFn: (dispatch) => setImmediate(dispatch) },
  );
  return (question) => arriving.load(question);
}
