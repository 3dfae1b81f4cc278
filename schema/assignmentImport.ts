/** Administrators bring in assignments by the file. */
import { IMPORT_MODES, type ImportMode, importAssignments } from '../src/action/assignmentImport.ts';
import { builder } from './builder.ts';
import { bulkPayload } from './bulkOperation.ts';
import { decodeId, NOTHING } from './ids.ts';
import { reasonsOf, TicketInput } from './outcome.ts';

const MODES: Record<ImportMode, string> = {
  DRY_RUN: 'Every row is judged, each after those before it, and nothing is written.',
  ATOMIC: 'All rows in one transaction, or none when one is refused, or when role settings change meanwhile.',
  BEST_EFFORT: 'Whatever may be written is, a few thousand rows at a time.',
};

const ImportModeEnum = builder.enumType('ImportMode', {
  description: 'How a file is brought in.',
  values: Object.fromEntries(IMPORT_MODES.map((mode) => [mode, { description: MODES[mode] }])) as Record<
    ImportMode,
    { description: string }
  >,
});

const ImportAssignmentsInput = builder.inputType('ImportAssignmentsInput', {
  description: 'Which file to bring in, how, and why.',
  fields: (t) => ({
    upload: t.id({
      required: true,
      description: 'What `POST /uploads` answered as `id`. Any mode may follow another.',
    }),
    mode: t.field({ type: ImportModeEnum, required: true, description: 'Try it, all or nothing, or what can be.' }),
    justification: t.string({ description: 'Why, of every row that does not say.' }),
    ticket: t.field({ type: TicketInput, description: 'A ticket, of every row that names none.' }),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
  }),
});

builder.mutationFields((t) => ({
  importAssignments: t.field({
    type: bulkPayload('ImportAssignmentsPayload', 'What `importAssignments` began, or why not.'),
    description:
      "Brings in the assignments of an uploaded file, as a bulk operation, each judged like `assign` judges it by the caller's rights at that moment. The columns of a CSV file, or the properties of JSON lines, are principal, role and type, and as needed provider, scope, startsAt, endsAt, duration, condition, justification, ticketNumber and ticketSystem. The operation's file is the report: a JSON line for each row, with its line, its status (`REFUSED`, `ACCEPTED` by a dry run, `WRITTEN`, or `NOT_WRITTEN` where an atomic import came to nothing), where refused the code, the column and the reason, and where written the ids; those that were refused come first. Its result counts rows, written and refused, holds the first 100 problems, and says through which line rows are committed.",
    args: { input: t.arg({ type: ImportAssignmentsInput, required: true, description: 'The import.' }) },
    resolve: (_root, { input }, context) =>
      importAssignments(context, {
        uploadId: uploadOf(input.upload),
        mode: input.mode,
        reasons: reasonsOf(input),
        idempotencyKey: input.idempotencyKey,
      }),
  }),
}));

/** An upload is no object that can be asked for. */
function uploadOf(upload: string): string {
  const decoded = decodeId(upload);
  return decoded?.type === 'Upload' ? decoded.id : NOTHING;
}
