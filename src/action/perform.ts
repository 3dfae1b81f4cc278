/** How does every verb run? In one transaction, as the viewer of this instant, once for each idempotency key, on record. */
import { sql } from 'kysely';
import type { Viewer } from '../decision/powers.ts';
import type { RequestStatus } from '../decision/words.ts';
import { isRefused, type Refusal, type RefusalCode, type Refused, refuse } from '../refusals.ts';
import type { Database } from '../store/database.ts';
import { type EventSubject, record } from '../store/event.ts';
import { claimKey, keepAnswer } from '../store/idempotency.ts';
import { databaseNow, type Transaction, transact } from '../store/transaction.ts';
import { currentViewer } from '../store/viewer.ts';

export interface ActionContext {
  readonly database: Database;
  readonly viewer: Viewer;
}

/** What every verb answers: what it wrote, by id, or why it wrote nothing. */
export interface Outcome {
  readonly requestId: string | null;
  readonly assignmentId: string | null;
  /** The request's status, or the one it would have when only validated. */
  readonly status: RequestStatus | null;
  readonly refusals: readonly Refusal[];
}

export interface CommonInput {
  readonly idempotencyKey?: string | null | undefined;
  /** Judge and answer, but write nothing. */
  readonly validateOnly?: boolean | null | undefined;
}

export interface Attempt {
  readonly tx: Transaction;
  readonly viewer: Viewer;
}

/** Refused, with what the attempt was about, for the record. */
export interface RefusedAttempt extends Refused {
  readonly subject: EventSubject;
}

export type Written = Omit<Outcome, 'refusals'>;

/** The principal was disabled or deleted after the token had been checked. */
export class ViewerGoneError extends Error {}

export async function perform(
  { database, viewer }: ActionContext,
  verb: string,
  input: CommonInput,
  work: (attempt: Attempt) => Promise<Written | RefusedAttempt>,
): Promise<Outcome> {
  const attempt = async (tx: Transaction) => {
    const present = await currentViewer(tx.getKysely(), viewer);
    if (present === null) throw new ViewerGoneError();
    return underConstraints(tx, (inner) => work({ tx: inner, viewer: present }));
  };
  if (input.validateOnly) return rehearse(database, attempt);
  return transact(database, async (tx) => {
    const key = input.idempotencyKey ?? null;
    if (key !== null) {
      const now = await databaseNow(tx);
      const claimed = await claimKey(tx, { principalId: viewer.id, key, body: [verb, input], now });
      if (claimed === 'OTHER_INPUT') return answer(refuse('IDEMPOTENCY_KEY_REUSED', { field: ['idempotencyKey'] }));
      if (claimed !== 'NEW') return claimed.answer as Outcome;
    }
    const result = await attempt(tx);
    if (isRefused(result)) await recordRefusal(tx, viewer.id, { verb, input }, result);
    const outcome = answer(result);
    if (key !== null) await keepAnswer(tx, viewer.id, key, outcome);
    return outcome;
  });
}

/** Deferred constraints that refuse rather than fail: the database has the last word, and says it in our words. */
const REFUSING_CONSTRAINTS: Record<string, RefusalCode> = {
  last_administrator: 'LAST_ADMINISTRATOR',
  last_owner: 'LAST_OWNER',
};

/** Whatever a refusing constraint objects to is undone, and the transaction goes on to keep the refusal on record. */
async function underConstraints(
  tx: Transaction,
  work: (inner: Transaction) => Promise<Written | RefusedAttempt>,
): Promise<Written | RefusedAttempt> {
  try {
    return await tx.transactional(async (inner) => {
      const result = await work(inner as Transaction);
      await sql`SET CONSTRAINTS ALL IMMEDIATE`.execute(inner.getKysely());
      return result;
    });
  } catch (error) {
    const code = REFUSING_CONSTRAINTS[String((error as { constraint?: unknown }).constraint)];
    if (code === undefined) throw error;
    return { ...refuse(code), subject: {} };
  }
}

/** Carries the answer out of a transaction that must not be kept. */
class Rehearsed extends Error {
  readonly outcome: Outcome;
  constructor(outcome: Outcome) {
    super();
    this.outcome = outcome;
  }
}

/** Does everything, constraints included, and undoes it. What it would have written has no id to give. */
async function rehearse(
  database: Database,
  attempt: (tx: Transaction) => Promise<Written | RefusedAttempt>,
): Promise<Outcome> {
  try {
    return await transact(database, async (tx) => {
      throw new Rehearsed(answer(await attempt(tx)));
    });
  } catch (error) {
    if (!(error instanceof Rehearsed)) throw error;
    return { ...error.outcome, requestId: null, assignmentId: null };
  }
}

function answer(result: Written | Refused): Outcome {
  if (!isRefused(result)) return { ...result, refusals: [] };
  return { requestId: null, assignmentId: null, status: null, refusals: result.refusals };
}

interface Asked {
  readonly verb: string;
  readonly input: object;
}

async function recordRefusal(tx: Transaction, actorId: string, asked: Asked, refused: RefusedAttempt): Promise<void> {
  const refusals = refused.refusals.map(({ code, failedRules }) => ({ code, failedRules }));
  await record(tx, {
    ...refused.subject,
    type: 'request.refused',
    at: await databaseNow(tx),
    actorId,
    payload: { ...asked, refusals },
  });
}
