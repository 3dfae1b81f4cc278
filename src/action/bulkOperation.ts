/** Bulk operations are asked for, run on, ended and taken back: each step with its event in the same transaction. */
import { decideBulkCancellation, decideBulkOperation } from '../decision/bulkOperation.ts';
import type { BulkKind } from '../decision/words.ts';
import type { EventType } from '../events.ts';
import { isRefused } from '../refusals.ts';
import {
  type BulkClaim,
  type BulkEnd,
  type BulkOperationRow,
  type BulkProgress,
  type ClaimedOperation,
  claimBulkOperation,
  endBulkOperation,
  insertBulkOperation,
  keepBulkProgress,
  lockBulkOperation,
  lockClaim,
  lockLostOperations,
  lockOpenOperations,
  putTogether,
  releaseBulkOperation,
  yieldBulkOperation,
} from '../store/bulkOperation.ts';
import type { Database } from '../store/database.ts';
import { record } from '../store/event.ts';
import { databaseNow, type Transaction, transact } from '../store/transaction.ts';
import {
  type ActionContext,
  type Attempt,
  type CommonInput,
  type Outcome,
  perform,
  type RefusedAttempt,
  type Written,
} from './perform.ts';

export interface BulkOperationInput extends CommonInput {
  readonly kind: BulkKind;
  /** What the kind needs to know. */
  readonly input: object;
  /** Asked first, and only when the idempotency key is new: a refusal, or what else is on record. Default: nothing. */
  readonly judge?: (attempt: Attempt) => Promise<RefusedAttempt | { readonly onRecord: object }>;
  /** Bytes are still to come. Default: nothing is, and it may run. */
  readonly uploading?: boolean;
}

const written = (operationId: string): Written => ({
  ...{ requestId: null, assignmentId: null, status: null },
  operationId,
});

/** @param verb the mutation's name */
export function beginBulkOperation(
  context: ActionContext,
  verb: string,
  { kind, input, judge, uploading = false, ...common }: BulkOperationInput,
): Promise<Outcome> {
  return perform(context, verb, { ...common, kind, input } as CommonInput, async ({ tx, viewer }) => {
    const judged = (await judge?.({ tx, viewer })) ?? { onRecord: {} };
    if (isRefused(judged)) return judged;
    const refused = decideBulkOperation(await lockOpenOperations(tx, viewer.id));
    if (refused) return { ...refused, subject: {} };
    const now = await databaseNow(tx);
    const status = uploading ? 'UPLOADING' : 'CREATED';
    const id = await insertBulkOperation(tx, { kind, status, viewer, input, createdAt: now });
    await tell(
      tx,
      { id, principalId: viewer.id },
      { type: 'created', at: now, payload: { kind, input, ...judged.onRecord } },
    );
    return written(id);
  });
}

/** All its bytes are there: it may run. */
export function submitBulkOperation(context: ActionContext, id: string): Promise<Outcome> {
  return perform(context, 'submitBulkOperation', {}, async ({ tx, viewer }) => {
    const refused = decideBulkCancellation(await lockBulkOperation(tx, viewer, id));
    if (refused) return { ...refused, subject: {} };
    await releaseBulkOperation(tx, id);
    return written(id);
  });
}

export interface CancelBulkOperationInput extends CommonInput {
  readonly operationId: string;
}

export function cancelBulkOperation(
  context: ActionContext,
  { operationId: id, ...common }: CancelBulkOperationInput,
): Promise<Outcome> {
  return perform(context, 'cancelBulkOperation', { ...common, id } as CommonInput, async ({ tx, viewer }) => {
    const operation = await lockBulkOperation(tx, viewer, id);
    const refused = decideBulkCancellation(operation);
    if (refused) return { ...refused, subject: {} };
    const now = await databaseNow(tx);
    await endBulkOperation(tx, id, { status: 'CANCELED', at: now, keptHours: 0 });
    await tell(tx, operation as BulkOperationRow, { type: 'canceled', at: now });
    return written(id);
  });
}

/** Runs of a gateway that died are taken up so often. */
const ATTEMPTS = 3;

/** The next operation to run, if any. What nobody takes up again after its gateway was lost has failed. */
export function takeBulkOperation(
  database: Database,
  runnerId: string,
  lostAfterSeconds: number,
): Promise<ClaimedOperation | null> {
  return transact(database, async (tx) => {
    for (const lost of await lockLostOperations(tx, lostAfterSeconds, ATTEMPTS)) {
      await end(tx, lost, { ...LOST, at: await databaseNow(tx), keptHours: lost.kind === 'IMPORT' ? 24 : 0 });
    }
    const claimed = await claimBulkOperation(tx, runnerId, lostAfterSeconds);
    if (claimed) await tell(tx, claimed.operation, { type: 'started', at: await databaseNow(tx) });
    return claimed;
  });
}

const LOST = {
  status: 'FAILED',
  errorCode: 'GATEWAY_LOST',
  errorMessage: 'The gateway that ran it is gone: ask for it again.',
} as const;

/** @returns false when somebody else runs it, or it is over */
export function noteBulkProgress(
  database: Database,
  operation: BulkOperationRow & BulkClaim,
  progress: BulkProgress,
  isNews: boolean,
): Promise<boolean> {
  return transact(database, async (tx) => {
    if (!(await keepBulkProgress(tx.getKysely(), operation, progress))) return false;
    const { processed, total, bytes } = progress;
    if (isNews) {
      await tell(tx, operation, {
        type: 'progressed',
        at: await databaseNow(tx),
        payload: { processed, total, bytes },
      });
    }
    return true;
  });
}

/** @returns false when somebody else has ended it, or runs it */
export function finishBulkOperation(
  database: Database,
  operation: BulkOperationRow & BulkClaim,
  progress: BulkProgress,
  ended: Omit<BulkEnd, 'at'>,
): Promise<boolean> {
  return transact(database, async (tx) => {
    if (!(await lockClaim(tx, operation))) return false;
    await keepBulkProgress(tx.getKysely(), operation, progress);
    await end(tx, { ...operation, ...progress, result: operation.result }, { ...ended, at: await databaseNow(tx) });
    return true;
  });
}

/** The gateway stops: another one takes it up. What cannot begin again has failed. */
export function giveUpBulkOperation(database: Database, operation: BulkOperationRow & BulkClaim): Promise<void> {
  return transact(database, async (tx) => {
    if (!(await lockClaim(tx, operation))) return;
    if (operation.kind === 'EXPORT') await yieldBulkOperation(tx, operation.id);
    else await end(tx, operation, { ...LOST, at: await databaseNow(tx), keptHours: 24 });
  });
}

async function end(tx: Transaction, operation: BulkOperationRow, bulkEnd: BulkEnd): Promise<void> {
  const bytes = operation.kind === 'IMPORT' ? await putTogether(tx, operation.id) : operation.bytes;
  await endBulkOperation(tx, operation.id, { ...bulkEnd, bytes });
  const { processed, total } = operation;
  const { errorCode, errorMessage } = bulkEnd;
  const failed = bulkEnd.status === 'FAILED';
  const payload = { processed, total, bytes, ...(failed && { errorCode, errorMessage }) };
  await tell(tx, operation, { type: failed ? 'failed' : 'completed', at: bulkEnd.at, payload });
}

/** Whoever begins to read the file is on record before the first byte. */
export async function recordDownload(
  { database, viewer }: ActionContext,
  id: string,
  range: { readonly from: number; readonly to: number } | null,
): Promise<void> {
  await transact(database, async (tx) =>
    tell(tx, { id, principalId: viewer.id }, { type: 'downloaded', at: await databaseNow(tx), payload: { range } }),
  );
}

/** The same of a list that is streamed as it is read. */
export async function recordListExport({ database, viewer }: ActionContext, payload: object): Promise<void> {
  await transact(database, async (tx) =>
    record(tx, { type: 'list.exported', at: await databaseNow(tx), actorId: viewer.id, payload: { ...payload } }),
  );
}

const TYPES = {
  created: 'bulkOperation.created',
  started: 'bulkOperation.started',
  progressed: 'bulkOperation.progressed',
  completed: 'bulkOperation.completed',
  failed: 'bulkOperation.failed',
  canceled: 'bulkOperation.canceled',
  downloaded: 'bulkOperation.downloaded',
} as const satisfies Record<string, EventType>;

interface Told {
  readonly type: keyof typeof TYPES;
  readonly at: Date;
  readonly payload?: object;
}

/** It is about whoever asked, who is the one that sees it, beside the auditors. */
async function tell(
  tx: Transaction,
  { id, principalId }: Pick<BulkOperationRow, 'id' | 'principalId'>,
  { type, at, payload }: Told,
): Promise<void> {
  const own = type === 'created' || type === 'canceled' || type === 'downloaded';
  const event = { type: TYPES[type], at, principalId, actorId: own ? principalId : null };
  await record(tx, { ...event, payload: { operationId: id, ...payload } });
}
