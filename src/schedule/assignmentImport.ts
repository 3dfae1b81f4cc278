/** What runs an import of assignments? The action, under the runner of bulk operations. */
import { ImportFailure, runAssignmentImport } from '../action/assignmentImport.ts';
import { type BulkExecutor, BulkFailure } from './bulk.ts';

export const importAssignmentRows: BulkExecutor = async (run) => {
  try {
    await runAssignmentImport(run);
  } catch (error) {
    if (error instanceof ImportFailure) throw new BulkFailure(error.code, error.message);
    throw error;
  }
};
