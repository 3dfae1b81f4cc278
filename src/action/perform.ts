/** How does every verb run? In one transaction, as the viewer of this instant, once for each idempotency key, on record. */
import { sql } from 'kysely';
import type { Viewer } from '../decision/powers.ts';
import type { RequestStatus } from '../decision/words.ts';
import { isRefused, type Refusal, type RefusalCode, type Refused, refuse } from '../refusals.ts';
import { type Database, type Sql, sqlOf } from '../store/database.ts';
import { type EventSubject, record } from '../store/event.ts';
import { claimKey, keepAnswer, releaseKey } from '../store/idempotency.ts';
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
  /** A role policy or a policy template; absent for verbs that change no settings. */
  readonly settingsId?: string;
  /** A bulk operation; absent for every other verb. */
  readonly operationId?: string;
  readonly refusals: readonly Refusal[];
}

export interface CommonInput {
  readonly idempotencyKey?: string | null | undefined;
  /** Judge and answer, but write nothing. */
  readonly validateOnly?: boolean | null | undefined;
}

export interface Attempt {
  readonly tx: Transaction;
  /** With the powers of this instant. */
  readonly viewer: Viewer;
}

/** Of a holder, whose powers decide nothing: what is locked says by itself that an enabled principal holds it. */
export interface HolderAttempt {
  readonly tx: Transaction;
  /** With the powers that they had when the operation began. */
  readonly holder: Viewer;
  /** With the powers of this instant. @throws ViewerGoneError */
  present(): Promise<Viewer>;
}

export const asHolder = ({ tx, viewer }: Attempt): HolderAttempt => ({
  ...{ tx, holder: viewer, present: () => Promise.resolve(viewer) },
});

/** Refused, with what the attempt was about, for the record. */
export interface RefusedAttempt extends Refused {
  readonly subject: EventSubject;
}

export type Written = Omit<Outcome, 'refusals'>;

/** The principal was disabled or deleted after the token had been checked. */
export class ViewerGoneError extends Error {}

export function perform(context: ActionContext, verb: string, input: CommonInput, work: Work): Promise<Outcome> {
  return performAsHolder(context, verb, input, async ({ tx, present }) => work({ tx, viewer: await present() }));
}

/** Without a look at the powers of this instant, unless the work takes one: a statement less in each activation. */
export async function performAsHolder(
  context: ActionContext,
  verb: string,
  input: CommonInput,
  work: (attempt: HolderAttempt) => Promise<Written | RefusedAttempt>,
): Promise<Outcome> {
  const asked = { verb, input };
  try {
    const [outcome] = await once(context, verb, input, 1, async (attempt) => {
      const result = await work(attempt);
      if (isRefused(result)) await recordRefusal(attempt.tx, attempt.holder.id, asked, result);
      return [answer(result)];
    });
    return outcome as Outcome;
  } catch (error) {
    const refused = refusedByConstraint(error);
    if (refused === null) throw error;
    // The commit was refused, and nothing is left of the transaction: the attempt is put on record in another one.
    const { database, viewer } = context;
    if (!input.validateOnly) await transact(database, (tx) => recordRefusal(tx, viewer.id, asked, refused));
    return answer(refused);
  }
}

/** All of them in one transaction, or none. */
export function performAll(
  context: ActionContext,
  verb: string,
  input: CommonInput,
  works: readonly Work[],
  /** What each of them was about, for the record. Default: the whole input. */
  items: readonly object[] = [],
): Promise<Outcome[]> {
  return once(context, verb, input, works.length, async ({ tx, present }) => {
    const viewer = await present();
    const results = await allOrNothing(tx, viewer, works);
    for (const [index, result] of results.entries()) {
      if (isRefused(result)) await recordRefusal(tx, viewer.id, { verb, input: items[index] ?? input }, result);
    }
    const spoiled = results.some((result) => isRefused(result));
    return results.map((result) => answer(spoiled && !isRefused(result) ? refuse('BATCH_REFUSED') : result));
  });
}

/** What each would answer if they were done one after the other: each sees what those before it did, and nothing is kept. */
export function rehearseEach(
  context: ActionContext,
  verb: string,
  input: CommonInput,
  works: readonly Work[],
): Promise<Outcome[]> {
  return once(context, verb, { ...input, validateOnly: true }, works.length, async ({ tx, present }) => {
    const outcomes: Outcome[] = [];
    for (const work of works) {
      const viewer = await present();
      outcomes.push(answer(await underConstraints(tx, (inner) => work({ tx: inner, viewer }))));
    }
    return outcomes;
  });
}

/**
 * What was found the first time that the idempotency key came, however often it comes again.
 * @returns null when the key came before with another input
 */
export async function remembered<Found>(
  { database, viewer }: ActionContext,
  verb: string,
  input: CommonInput,
  find: (db: Sql) => Promise<Found>,
): Promise<Found | null> {
  const { idempotencyKey: key = null, validateOnly } = input;
  if (key === null || validateOnly) return find(sqlOf(database));
  return transact(database, async (tx) => {
    const claimed = await claimKey(tx, {
      principalId: viewer.id,
      key,
      body: [verb, input],
      now: await databaseNow(tx),
    });
    if (claimed === 'OTHER_INPUT') return null;
    if (claimed !== 'NEW') return claimed.answer as Found;
    const found = await find(tx.getKysely());
    await keepAnswer(tx, viewer.id, key, found);
    return found;
  });
}

/** Nothing came of it: the key is free again. */
export async function forget({ database, viewer }: ActionContext, { idempotencyKey, validateOnly }: CommonInput) {
  if (idempotencyKey != null && !validateOnly) {
    await transact(database, (tx) => releaseKey(tx, viewer.id, idempotencyKey));
  }
}

export type Work = (attempt: Attempt) => Promise<Written | RefusedAttempt>;

/** In one transaction, and only the first time for the same idempotency key. */
async function once(
  { database, viewer }: ActionContext,
  verb: string,
  input: CommonInput,
  size: number,
  body: (attempt: HolderAttempt) => Promise<Outcome[]>,
): Promise<Outcome[]> {
  const asPresent = (tx: Transaction) =>
    body({
      ...{ tx, holder: viewer },
      async present() {
        const present = await currentViewer(tx.getKysely(), viewer);
        if (present === null) throw new ViewerGoneError();
        return present;
      },
    });
  if (input.validateOnly) return rehearse(database, asPresent);
  return transact(database, async (tx) => {
    const key = input.idempotencyKey ?? null;
    if (key === null) return asPresent(tx);
    const now = await databaseNow(tx);
    const claimed = await claimKey(tx, { principalId: viewer.id, key, body: [verb, input], now });
    if (claimed === 'OTHER_INPUT') {
      const refused = answer(refuse('IDEMPOTENCY_KEY_REUSED', { field: ['idempotencyKey'] }));
      return Array.from({ length: size }, () => refused);
    }
    if (claimed !== 'NEW') return claimed.answer as Outcome[];
    const outcomes = await asPresent(tx);
    if (outcomes.every(({ refusals }) => refusals.length > 0)) await releaseKey(tx, viewer.id, key);
    else await keepAnswer(tx, viewer.id, key, outcomes);
    return outcomes;
  });
}

/** Carries results out of a savepoint that must not be kept. */
class Spoiled extends Error {
  readonly results: (Written | RefusedAttempt)[];
  constructor(results: (Written | RefusedAttempt)[]) {
    super();
    this.results = results;
  }
}

async function allOrNothing(tx: Transaction, viewer: Viewer, works: readonly Work[]) {
  try {
    return await tx.transactional(async (whole) => {
      const results: (Written | RefusedAttempt)[] = [];
      for (const work of works) {
        results.push(await underConstraints(whole as Transaction, (inner) => work({ tx: inner, viewer })));
      }
      if (results.some((result) => isRefused(result))) throw new Spoiled(results);
      return results;
    });
  } catch (error) {
    if (error instanceof Spoiled) return error.results;
    throw error;
  }
}

/** Deferred constraints that refuse rather than fail: the database has the last word, and says it in our words. */
const REFUSING_CONSTRAINTS: Record<string, RefusalCode> = {
  last_administrator: 'LAST_ADMINISTRATOR',
  last_owner: 'LAST_OWNER',
};

function refusedByConstraint(error: unknown): RefusedAttempt | null {
  const code = REFUSING_CONSTRAINTS[String((error as { constraint?: unknown }).constraint)];
  return code === undefined ? null : { ...refuse(code), subject: {} };
}

/** Whatever a refusing constraint objects to is undone, and the transaction goes on with the others. */
async function underConstraints(
  tx: Transaction,
  work: (inner: Transaction) => Promise<Written | RefusedAttempt>,
): Promise<Written | RefusedAttempt> {
  try {
    return await tx.transactional(async (inner) => {
      const result = await work(inner as Transaction);
      await checkConstraints(inner as Transaction);
      return result;
    });
  } catch (error) {
    const refused = refusedByConstraint(error);
    if (refused === null) throw error;
    return refused;
  }
}

/** What is deferred to the commit. */
async function checkConstraints(tx: Transaction): Promise<void> {
  await sql`SET CONSTRAINTS ALL IMMEDIATE`.execute(tx.getKysely());
}

/** Carries the answers out of a transaction that must not be kept. */
class Rehearsed extends Error {
  readonly outcomes: Outcome[];
  constructor(outcomes: Outcome[]) {
    super();
    this.outcomes = outcomes;
  }
}

/** Does everything, constraints included, and undoes it. What it would have written has no id to give. */
async function rehearse(database: Database, body: (tx: Transaction) => Promise<Outcome[]>): Promise<Outcome[]> {
  try {
    return await transact(database, async (tx) => {
      const outcomes = await body(tx);
      await checkConstraints(tx);
      throw new Rehearsed(outcomes);
    });
  } catch (error) {
    if (!(error instanceof Rehearsed)) throw error;
    return error.outcomes.map(({ settingsId: _, ...outcome }) => ({ ...outcome, requestId: null, assignmentId: null }));
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
