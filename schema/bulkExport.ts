/** A query becomes a file. @see https://shopify.dev/docs/api/usage/bulk-operations/queries */
import { beginBulkOperation } from '../src/action/bulkOperation.ts';
import { isRefused } from '../src/refusals.ts';
import { ArgumentError } from '../src/store/connection.ts';
import { builder } from './builder.ts';
import { bulkPayload } from './bulkOperation.ts';

const BulkExportFormat = builder.enumType('BulkExportFormat', {
  description: 'What a row of an export looks like.',
  values: {
    JSONL: { description: 'A line of JSON: the node as the query selects it.' },
    CSV: {
      description:
        'A line of CSV (RFC 4180) under a header of names such as `principal.displayName`; a list is JSON. A text that begins with = + - @ has an apostrophe in front, so that no spreadsheet takes it for a formula.',
    },
  },
});

const BulkExportInput = builder.inputType('BulkExportInput', {
  description: 'Which rows to export, and as what.',
  fields: (t) => ({
    query: t.string({
      description:
        'A query with one list at its root, of which `nodes` or `edges { node }` is selected, without page arguments. Either this or `documentId`.',
    }),
    documentId: t.string({ description: 'A trusted document instead.' }),
    variables: t.field({ type: 'JSONObject', description: 'The variables of the query. Default: none.' }),
    operationName: t.string({ description: 'Which operation, where the document holds several.' }),
    format: t.field({ type: BulkExportFormat, description: 'Default: `JSONL`.' }),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
  }),
});

builder.mutationFields((t) => ({
  bulkExport: t.field({
    type: bulkPayload('BulkExportPayload', 'The export that was begun, or why none was.'),
    description:
      'Reads a whole list into a file, in one snapshot of the database, with the rights that the caller has then; when some of them are lost meanwhile, it fails. Follow `bulkOperationProgress`, then download `url`.',
    args: { input: t.arg({ type: BulkExportInput, required: true, description: 'The query and the format.' }) },
    resolve: async (_root, { input }, context) => {
      const { query = null, documentId = null, operationName = null, idempotencyKey } = input;
      const variables = input.variables ?? {};
      if (!context.judgeExport) throw new ArgumentError('Nothing can be exported here.');
      const judged = await context.judgeExport(context, { query, documentId, variables, operationName });
      if (isRefused(judged)) return { requestId: null, assignmentId: null, status: null, ...judged };
      const exported = { query: judged.query, variables, operationName, format: input.format ?? 'JSONL' };
      return beginBulkOperation(context, 'bulkExport', { kind: 'EXPORT', input: exported, idempotencyKey });
    },
  }),
}));
