/** A holder asks what activating would take; nothing is written. */
import { type ActivationExplanation, explainActivation as explain } from '../decision/explanation.ts';
import type { Reasons } from '../decision/rules.ts';
import type { ScheduleInput } from '../decision/schedule.ts';
import { transact } from '../store/transaction.ts';
import { activationFacts } from './activation.ts';
import type { ScopeArgument } from './assignment.ts';
import type { ActionContext } from './perform.ts';

export interface ExplainActivationInput {
  readonly eligibilityId: string;
  readonly scope: ScopeArgument | null;
  readonly schedule: ScheduleInput;
  readonly reasons: Reasons;
}

/** By the same facts, read in the same way, as `activate` decides by. */
export function explainActivation(
  { database, viewer }: ActionContext,
  input: ExplainActivationInput,
): Promise<ActivationExplanation> {
  return transact(database, async (tx) => {
    const question = { ...input, viewerId: viewer.id, scopeViewer: () => Promise.resolve(viewer), proof: viewer.proof };
    const { facts } = await activationFacts(tx, question);
    return explain(facts);
  });
}
