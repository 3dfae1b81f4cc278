/** What was asked for in bulk, and how far is it? @see https://shopify.dev/docs/api/usage/bulk-operations/queries */
import { cancelBulkOperation } from '../src/action/bulkOperation.ts';
import type { Outcome } from '../src/action/perform.ts';
import type { Audience } from '../src/decision/event.ts';
import { BULK_KINDS, BULK_STATUSES } from '../src/decision/words.ts';
import { BULK_EVENTS } from '../src/events.ts';
import {
  type BulkOperationRow,
  bulkOperationIsOver,
  bulkOperationsById,
  listBulkOperations,
} from '../src/store/bulkOperation.ts';
import { instant } from '../src/store/transaction.ts';
import type { StreamItem } from '../src/stream/item.ts';
import { builder } from './builder.ts';
import { connectionOf, pageArguments } from './connection.ts';
import { globalId, idOf } from './ids.ts';
import { Node } from './node.ts';
import { Refusal } from './refusal.ts';
import { eventTypes, feed, itemFields, loadOptional, streamArguments } from './stream.ts';

const KINDS = { EXPORT: 'Rows go out, as a file.', IMPORT: 'Rows come in, from a file.' } as const;
const STATUSES = {
  UPLOADING: 'Its file is on its way.',
  CREATED: 'Waits for a gateway to run it.',
  RUNNING: 'A gateway runs it.',
  COMPLETED: 'Carried out; its file can be downloaded.',
  FAILED: 'Could not be carried out: see `errorCode`.',
  CANCELED: 'Taken back.',
  EXPIRED: 'Carried out, and its file is gone.',
} as const;

const described = <Word extends string>(words: readonly Word[], descriptions: Record<Word, string>) =>
  Object.fromEntries(words.map((word) => [word, { description: descriptions[word] }])) as Record<
    Word,
    { description: string }
  >;

const BulkOperationKind = builder.enumType('BulkOperationKind', {
  description: 'Which way the rows go.',
  values: described(BULK_KINDS, KINDS),
});
const BulkOperationStatus = builder.enumType('BulkOperationStatus', {
  description: 'How far a bulk operation is.',
  values: described(BULK_STATUSES, STATUSES),
});

export const BulkOperation = builder.objectRef<BulkOperationRow>('BulkOperation');
BulkOperation.implement({
  description: 'Something that takes longer than a request: it runs by itself, and only whoever asked for it sees it.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({
      description: 'Opaque and stable: names the object to `node` and in inputs.',
      resolve: ({ id }) => globalId('BulkOperation', id),
    }),
    kind: t.field({ type: BulkOperationKind, description: 'Which way the rows go.', resolve: ({ kind }) => kind }),
    status: t.field({ type: BulkOperationStatus, description: 'How far it is.', resolve: ({ status }) => status }),
    processed: t.field({ type: 'SafeInt', description: 'Rows so far.', resolve: ({ processed }) => processed }),
    total: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'Rows in all; null while nobody has counted them.',
      resolve: ({ total }) => total,
    }),
    bytes: t.field({ type: 'SafeInt', description: 'Size of the file so far.', resolve: ({ bytes }) => bytes }),
    result: t.field({
      type: 'JSONObject',
      description: 'What else came of it; its shape depends on the kind, and it is empty for an export.',
      resolve: ({ result }) => result,
    }),
    errorCode: t.exposeString('errorCode', { nullable: true, description: 'Why it failed; null unless it did.' }),
    errorMessage: t.exposeString('errorMessage', {
      nullable: true,
      description: 'The same in a sentence; null unless it failed.',
    }),
    url: t.string({
      nullable: true,
      description:
        'Path of the file at this gateway, for a GET with the same access token; null unless there is one now. An import that failed has the report of what it had come to.',
      resolve: (row) => (hasFile(row) ? `/exports/${globalId('BulkOperation', row.id)}` : null),
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was asked for.',
      resolve: (row) => instant(row.createdAt),
    }),
    startedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it began to run, the last time; null while it waits.',
      resolve: (row) => instant(row.startedAt),
    }),
    completedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was over; null while it is not.',
      resolve: (row) => instant(row.completedAt),
    }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When its file goes; null while it is not over.',
      resolve: (row) => instant(row.expiresAt),
    }),
  }),
});

function hasFile({ kind, status, bytes, kept }: BulkOperationRow): boolean {
  if (kind === 'EXPORT') return status === 'COMPLETED';
  return kept && bytes > 0 && (status === 'COMPLETED' || status === 'FAILED');
}

const BulkOperationConnection = connectionOf(BulkOperation, 'BulkOperation');

builder.queryFields((t) => ({
  bulkOperation: t.field({
    type: BulkOperation,
    nullable: true,
    description: 'A bulk operation of the caller by its id. Null when there is none.',
    args: { id: t.arg.id({ required: true, description: "A bulk operation's id." }) },
    resolve: (_root, { id }, { loaders }) => loaders.bulkOperation.load(idOf(id, 'BulkOperation')),
  }),
  bulkOperations: t.field({
    type: BulkOperationConnection,
    description: "The caller's own bulk operations, newest first.",
    args: pageArguments(),
    resolve: (_root, page, { db, viewer }) => listBulkOperations(db(), viewer, page),
  }),
}));

/** A payload type of its own for each mutation that begins or ends one. */
export function bulkPayload(name: string, description: string) {
  return builder.objectRef<Outcome>(name).implement({
    description,
    fields: (t) => ({
      operation: t.field({
        type: BulkOperation,
        nullable: true,
        description: 'The operation; null when refused.',
        resolve: ({ operationId }, _args, { loaders }) => loadOptional(operationId, loaders.bulkOperation),
      }),
      refusals: t.field({
        type: [Refusal],
        description: 'Every reason for a no; empty when it was done.',
        resolve: ({ refusals }) => refusals,
      }),
    }),
  });
}

const CancelBulkOperationInput = builder.inputType('CancelBulkOperationInput', {
  description: 'Which bulk operation to take back.',
  fields: (t) => ({
    id: t.id({ required: true, description: "A bulk operation's id." }),
    idempotencyKey: t.id({ description: 'The same key with the same input gives the same answer, and acts once.' }),
  }),
});

builder.mutationFields((t) => ({
  cancelBulkOperation: t.field({
    type: bulkPayload('CancelBulkOperationPayload', 'What `cancelBulkOperation` did, or why not.'),
    description:
      "Takes back one of the caller's bulk operations that is not over. It stops within a second or two, and has no file.",
    args: { input: t.arg({ type: CancelBulkOperationInput, required: true, description: 'The operation.' }) },
    resolve: (_root, { input: { id, ...common } }, context) =>
      cancelBulkOperation(context, { ...common, operationId: idOf(id, 'BulkOperation') }),
  }),
}));

const BulkOperationEventType = eventTypes('BulkOperationEventType', 'What became of a bulk operation.', BULK_EVENTS);
const BulkOperationEvent = builder.objectRef<StreamItem>('BulkOperationEvent');
BulkOperationEvent.implement({
  description: 'Something that became of a bulk operation.',
  fields: (t) => ({
    operation: t.field({
      type: BulkOperation,
      nullable: true,
      description: 'The operation as it is now; null for what stands in the place of an event.',
      resolve: ({ event, row }, _args, { loaders }) =>
        (row as { operation?: BulkOperationRow } | null)?.operation ??
        loadOptional(event?.operationId, loaders.bulkOperation),
    }),
  }),
});
itemFields(BulkOperationEvent, BulkOperationEventType);

builder.subscriptionFields((t) => ({
  bulkOperationProgress: t.field({
    type: BulkOperationEvent,
    description:
      'What becomes of one bulk operation of the caller, with its progress at most once a second. Complete once it is over and everything about it has been delivered. A snapshot holds the operation.',
    args: { id: t.arg.id({ required: true, description: 'The bulk operation.' }), ...streamArguments(t) },
    subscribe: (_root, { id, ...beginning }, context) => {
      const operationId = idOf(id, 'BulkOperation');
      const audience: Audience = { kind: 'BULK_OPERATION', operationId };
      return feed(context, beginning, {
        audience,
        filter: { types: BULK_EVENTS },
        rows: async (db, viewer) =>
          (await bulkOperationsById(db, [operationId], viewer)).map((operation) => ({ operation })),
        isOver: (db, viewer, position) => bulkOperationIsOver(db, viewer, { id: operationId, position }),
      });
    },
    resolve: (item) => item,
  }),
}));
