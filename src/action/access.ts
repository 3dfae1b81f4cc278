/** Has this principal that access? The facts, read in one statement, and the decision on them; nothing is written. */
import { type AccessDecision as Decision, decideAccess } from '../decision/access.ts';
import type { Viewer } from '../decision/powers.ts';
import { refuseFuture } from '../store/access.ts';
import { accessFactsOf, type CheckFacts, type CheckInput } from '../store/accessCheck.ts';
import type { Sql } from '../store/database.ts';

export interface AccessDecision extends Decision {
  readonly at: Date;
}

/**
 * In the order asked; one statement for all that is asked about now, and one for each past instant. Null: no such
 * principal, role or scope, or none whose access the viewer may see. An error: that question cannot be answered.
 */
export async function checkAccess(
  db: Sql,
  viewer: Viewer,
  inputs: readonly CheckInput[],
): Promise<(AccessDecision | Error | null)[]> {
  const present = inputs.filter(({ at }) => at === null);
  const facts = present.length > 0 ? await accessFactsOf(db, viewer, present, null) : [];
  const found = new Map(present.map((input, index) => [input, facts[index] ?? null]));
  return Promise.all(
    inputs.map((input) => (input.at === null ? decided(found.get(input) ?? null) : pastAccess(db, viewer, input))),
  );
}

async function pastAccess(db: Sql, viewer: Viewer, input: CheckInput): Promise<AccessDecision | Error | null> {
  try {
    await refuseFuture(db, input.at, 'at');
    const [facts = null] = await accessFactsOf(db, viewer, [input], input.at);
    return decided(facts);
  } catch (error) {
    return error as Error;
  }
}

const decided = (facts: CheckFacts | null) => facts && { ...decideAccess(facts), at: facts.at };
