/** May this expired assignment be made anew, by an administrator at once, or does its former holder's wish wait for one? */
import { type Refusal, type Refused, refusal, refuse } from '../refusals.ts';
import {
  overlap,
  type PrincipalFacts,
  principalRefusal,
  type RoleFacts,
  type ScopeFacts,
  scopeRefusal,
} from './assignment.ts';
import { actsAs, type ExtensionFacts, onlyExpiration, wishRefusal, withDefaultEnd } from './extension.ts';
import type { ExistingAssignment } from './removal.ts';
import { assignmentRuleRefusals } from './rules.ts';
import { isOver, type Period, plus } from './schedule.ts';
import { decideEnd } from './update.ts';
import type { AssignmentType } from './words.ts';

export const RENEWAL_WINDOW_MINUTES = 30 * 24 * 60;

export interface RenewalFacts extends ExtensionFacts {
  readonly role: RoleFacts;
  readonly scope: ScopeFacts;
  /** Null: deleted, or hidden from the viewer. */
  readonly principal: PrincipalFacts | null;
}

export type RenewalDecision = { readonly by: 'ADMINISTRATOR' | 'HOLDER'; readonly renewed: Period };

/** Checks run in order of precedence; the first that fails is the answer, but for policy rules, which are named together. */
export function decideRenewal(f: RenewalFacts | null): RenewalDecision | Refused {
  if (f === null || f.assignment === null) return refuse('ASSIGNMENT_NOT_FOUND', { field: ['assignments'] });
  const { assignment, now } = f;
  if (assignment.locked) return refuse('RESOURCE_LOCKED', { field: ['assignments'] });
  const by = actsAs(f.viewer, f.powers, assignment);
  if (by === null) return refuse('INSUFFICIENT_PERMISSIONS');
  const barred = renewableRefusal(by, assignment, now);
  if (barred) return { refusals: [barred] };
  const illegal = legalityRefusal(f, assignment.type);
  if (illegal) return { refusals: [illegal] };
  if (f.pending) return refuse('REQUEST_PENDING');
  const wish = wishRefusal(by, f.schedule, f.reasons);
  if (wish) return { refusals: [wish] };
  const period = decideEnd(withDefaultEnd(f.schedule, f.rules, assignment.type), now);
  if ('refusals' in period) return period;
  if (f.held.some((held) => overlap(held, period))) return refuse('ASSIGNMENT_EXISTS');
  const rules = by === 'HOLDER' ? onlyExpiration(f.rules, assignment.type) : f.rules;
  const failed = assignmentRuleRefusals(rules, assignment.type, { period, reasons: f.reasons, proof: f.proof });
  if (failed.length) return { refusals: failed };
  return { by, renewed: period };
}

function renewableRefusal(by: 'ADMINISTRATOR' | 'HOLDER', assignment: ExistingAssignment, now: Date): Refusal | null {
  const no = (hint: string) => refusal('NOT_RENEWABLE', { field: ['assignments'], hint });
  if (!isOver(assignment, now)) return no('It is not over: extend it.');
  if (assignment.state === 'ACTIVATED') return no('It was an activation: activate again.');
  if (by === 'HOLDER' && wasTaken(assignment)) return no('An administrator ended it.');
  const closesAt = plus(assignment.endsAt as Date, RENEWAL_WINDOW_MINUTES);
  if (now < closesAt) return null;
  return refusal('RENEWAL_WINDOW_CLOSED', {
    field: ['assignments'],
    hint: `That was until ${closesAt.toISOString()}.`,
  });
}

/** Ended by somebody, rather than by time. */
export function wasTaken({ endedBy }: ExistingAssignment): boolean {
  return endedBy !== null && endedBy !== 'EXPIRED';
}

/** Whether such an assignment could be made at all today. */
export function legalityRefusal(
  { role, scope, principal }: Pick<RenewalFacts, 'role' | 'scope' | 'principal'>,
  type: AssignmentType,
): Refusal | null {
  if (!role.assignable || role.deprecated) return refusal('ROLE_NOT_ASSIGNABLE');
  const misplaced = scopeRefusal(role, scope);
  if (misplaced) return misplaced;
  return principal === null ? refusal('PRINCIPAL_NOT_FOUND') : principalRefusal(role, scope, principal, type);
}
