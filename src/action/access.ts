/** Has this principal that access? The facts, read in one statement, and the decision on them; nothing is written. */
import { type AccessDecision as Decision, decideAccess } from '../decision/access.ts';
import { refuseFuture } from '../store/access.ts';
import { type AccessQuery, accessFactsOf, type CheckFacts } from '../store/accessCheck.ts';
import type { Sql } from '../store/database.ts';

export interface AccessDecision extends Decision {
  readonly at: Date;
}

/**
 * In the order asked; one statement for all that is asked about now, and one for each past instant. Null: no such
 * principal, role or scope, or none whose access the viewer may see. An error: that question cannot be answered.
 * All are one viewer's, or such as anybody's.
 */
export async function checkAccess(
  db: Sql,
  queries: readonly AccessQuery[],
): Promise<(AccessDecision | Error | null)[]> {
  const present = queries.filter(({ input }) => input.at === null);
  const facts = await accessFactsOf(db, present, null);
  const found = new Map(present.map((query, index) => [query, facts[index] ?? null]));
  return Promise.all(
    queries.map((query) => (query.input.at === null ? decided(found.get(query) ?? null) : pastAccess(db, query))),
  );
}

async function pastAccess(db: Sql, query: AccessQuery): Promise<AccessDecision | Error | null> {
  try {
    await refuseFuture(db, query.input.at, 'at');
    const [facts = null] = await accessFactsOf(db, [query], query.input.at);
    return decided(facts);
  } catch (error) {
    return error as Error;
  }
}

const decided = (facts: CheckFacts | null) => facts && { ...decideAccess(facts), at: facts.at };
