/** An administrator gives what one principal holds to another, or what is held at one scope at another. */
import type { Reasons } from '../decision/rules.ts';
import { isOver } from '../decision/schedule.ts';
import { type Refusal, type RefusalCode, type Refused, refuse } from '../refusals.ts';
import { assignmentsById, type CopyFilter, copyable } from '../store/assignment.ts';
import { principalsById } from '../store/principal.ts';
import { scopesById } from '../store/scope.ts';
import { databaseNow, instant } from '../store/transaction.ts';
import { assignOne } from './assignment.ts';
import { type BatchInput, performMany } from './batch.ts';
import {
  type ActionContext,
  type Attempt,
  forget,
  type Outcome,
  perform,
  type RefusedAttempt,
  remembered,
  type Written,
} from './perform.ts';

export interface CopyInput extends BatchInput {
  readonly what: 'PRINCIPAL' | 'SCOPE';
  readonly fromId: string;
  readonly toId: string;
  readonly filter: CopyFilter;
  /** How long each copy lasts; null: as `keepEnd` says. */
  readonly durationMinutes: number | null;
  /** Each copy ends with what it is a copy of; otherwise never. */
  readonly keepEnd: boolean;
  readonly reasons: Reasons;
}

export interface CopyOutcome {
  readonly copies: readonly (Outcome & { readonly sourceId: string })[];
  /** Why nothing was copied at all. */
  readonly refusals: readonly Refusal[];
}

/** More is a matter for an import. */
export const COPY_MAXIMUM = 1000;

/** One answer for each assignment that the caller sees and the filter takes, oldest first. Activations are not copied. */
export async function copyAssignments(context: ActionContext, input: CopyInput): Promise<CopyOutcome> {
  const { refusals } = await perform(context, 'copyAssignments', { ...input, idempotencyKey: null }, (attempt) =>
    judgeEnds(attempt, input),
  );
  if (refusals.length > 0) return { copies: [], refusals };
  const sourceIds = await remembered(context, 'copyAssignments', input, (db) =>
    copyable(db, context.viewer, { ...input, limit: COPY_MAXIMUM + 1 }),
  );
  if (sourceIds === null) return none('IDEMPOTENCY_KEY_REUSED', { field: ['idempotencyKey'] });
  if (sourceIds.length > COPY_MAXIMUM) {
    await forget(context, input);
    return none('COPY_TOO_LARGE', { field: ['filter'], hint: `At most ${COPY_MAXIMUM} are copied at once.` });
  }
  const items = sourceIds.map((sourceId) => ({ ...input, sourceId }));
  // The key itself keeps which assignments they were.
  const idempotencyKey = input.idempotencyKey == null ? null : `${input.idempotencyKey} copy`;
  const work = { items, verb: 'copyAssignments', work: copyOne };
  const outcomes = await performMany(context, 'copyAssignments', { ...input, idempotencyKey }, work);
  if (outcomes.every((outcome) => outcome.refusals.length > 0)) await forget(context, input);
  return { copies: outcomes.map((each, at) => ({ ...each, sourceId: sourceIds[at] as string })), refusals: [] };
}

function none(...refused: Parameters<typeof refuse>): CopyOutcome {
  return { copies: [], refusals: refuse(...refused).refusals };
}

async function judgeEnds({ tx, viewer }: Attempt, input: CopyInput): Promise<Written | RefusedAttempt> {
  const { what, fromId, toId } = input;
  const db = tx.getKysely();
  const refused = (code: RefusalCode, end: 'from' | 'to'): Refused =>
    refuse(code, { field: ['between', what === 'SCOPE' ? 'scopes' : 'principals', end] });
  const judge = async (): Promise<Refused | null> => {
    if (what === 'PRINCIPAL') {
      const known = new Set((await principalsById(db, [fromId, toId], viewer)).map(({ id }) => id));
      if (!known.has(fromId)) return refused('PRINCIPAL_NOT_FOUND', 'from');
      return known.has(toId) ? null : refused('PRINCIPAL_NOT_FOUND', 'to');
    }
    const known = new Map((await scopesById(db, [fromId, toId], viewer)).map((row) => [row.id, row.provider]));
    if (!known.has(fromId)) return refused('SCOPE_NOT_FOUND', 'from');
    if (!known.has(toId)) return refused('SCOPE_NOT_FOUND', 'to');
    return known.get(fromId) === known.get(toId) ? null : refused('PROVIDER_DIFFERS', 'to');
  };
  const found = await judge();
  return found ? { ...found, subject: {} } : { requestId: null, assignmentId: null, status: null };
}

interface CopyItem extends CopyInput {
  readonly sourceId: string;
}

/** The source is read again: what has ended since is not copied. */
async function copyOne(attempt: Attempt, item: CopyItem): Promise<Written | RefusedAttempt> {
  const { tx, viewer } = attempt;
  const [source] = await assignmentsById(tx.getKysely(), [item.sourceId], viewer);
  if (!source) return { ...refuse('ASSIGNMENT_NOT_FOUND'), subject: {} };
  const endsAt = instant(source.endsAt);
  if (isOver({ startsAt: instant(source.startsAt), endsAt }, await databaseNow(tx))) {
    return { ...refuse('ASSIGNMENT_ENDED'), subject: {} };
  }
  const { roleId, scopeId, principalId, type, condition } = source;
  return assignOne(attempt, {
    principalId: item.what === 'PRINCIPAL' ? item.toId : principalId,
    roleId,
    scope: { id: item.what === 'SCOPE' ? item.toId : scopeId },
    type,
    schedule: {
      startsAt: instant(source.startsAt),
      endsAt: item.durationMinutes === null && item.keepEnd ? endsAt : null,
      durationMinutes: item.durationMinutes,
    },
    reasons: item.reasons,
    condition,
  });
}
