/** Has this principal that access? The facts, read in one statement, and the decision on them; nothing is written. */
import { type AccessDecision as Decision, decideAccess } from '../decision/access.ts';
import type { Viewer } from '../decision/powers.ts';
import { accessFacts, type CheckInput, refuseFuture } from '../store/access.ts';
import type { Sql } from '../store/database.ts';

export interface AccessDecision extends Decision {
  readonly at: Date;
}

/** Null: no such principal, role or scope, or none whose access the viewer may see. */
export async function checkAccess(db: Sql, viewer: Viewer, input: CheckInput): Promise<AccessDecision | null> {
  await refuseFuture(db, input.at, 'at');
  const facts = await accessFacts(db, viewer, input);
  return facts && { ...decideAccess(facts), at: facts.at };
}
