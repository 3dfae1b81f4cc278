/** How do several of one verb run? In the order given: each on its own with its own answer, or all of them or none. */
import { refuse } from '../refusals.ts';
import {
  type ActionContext,
  type Attempt,
  type CommonInput,
  forget,
  type Outcome,
  perform,
  performAll,
  type RefusedAttempt,
  rehearseEach,
  remembered,
  type Written,
} from './perform.ts';

export interface BatchInput extends CommonInput {
  /** All in one transaction or none; otherwise each on its own. */
  readonly atomic: boolean;
}

interface Batch<Item> {
  readonly items: readonly Item[];
  /** What one of them is called when it runs in a transaction of its own. */
  readonly verb: string;
  work(attempt: Attempt, item: Item): Promise<Written | RefusedAttempt>;
  /** Default: `perform`. */
  readonly one?: (input: Item & CommonInput) => Promise<Outcome>;
}

/** Each has its own answer and, unless atomic, its own share of the idempotency key, which stands for the whole input. */
export async function performMany<Item extends object>(
  context: ActionContext,
  verb: string,
  input: BatchInput,
  { items, verb: single, work, one }: Batch<Item>,
): Promise<Outcome[]> {
  const works = items.map((item) => (attempt: Attempt) => work(attempt, item));
  if (input.atomic) return performAll(context, verb, input, works, items);
  if (input.validateOnly) return rehearseEach(context, verb, input, works);
  if (!(await remembered(context, verb, input, async () => true))) return items.map(() => OTHER_INPUT);
  const outcomes: Outcome[] = [];
  for (const [index, item] of items.entries()) {
    const idempotencyKey = input.idempotencyKey == null ? null : `${input.idempotencyKey} ${index}`;
    const common = { ...item, idempotencyKey };
    outcomes.push(await (one?.(common) ?? perform(context, single, common, (attempt) => work(attempt, item))));
  }
  if (outcomes.every(({ refusals }) => refusals.length > 0)) await forget(context, input);
  return outcomes;
}

const OTHER_INPUT: Outcome = {
  ...{ requestId: null, assignmentId: null, status: null },
  ...refuse('IDEMPOTENCY_KEY_REUSED', { field: ['idempotencyKey'] }),
};

export const DUPLICATE: RefusedAttempt = { ...refuse('DUPLICATE_ITEM', { field: ['assignment'] }), subject: {} };

/** Whatever was named before in the same batch is named once too often. */
export function repeated<Item extends { readonly assignmentId: string }>(items: readonly Item[]): ReadonlySet<Item> {
  const known = new Set<string>();
  return new Set(items.filter(({ assignmentId }) => known.has(assignmentId) || !known.add(assignmentId)));
}
