/** May this assignment be given a later end, by an administrator at once, or does its holder's wish wait for one? */
import { type Refusal, type Refused, refusal, refuse } from '../refusals.ts';
import { overlap } from './assignment.ts';
import type { RolePolicyRules } from './policy.ts';
import { mayManage, type Powers } from './powers.ts';
import { type ExistingAssignment, overRefusal } from './removal.ts';
import { assignmentRuleRefusals, type Proof, type Reasons } from './rules.ts';
import { type Period, plus } from './schedule.ts';
import { decideEnd, type EndInput, namesEnd } from './update.ts';
import type { AssignmentType, PrincipalKind } from './words.ts';

/** @see https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-renew-extend */
export const EXTENSION_WINDOW_MINUTES = 14 * 24 * 60;

export interface ExtensionFacts {
  readonly now: Date;
  readonly viewer: { readonly id: string; readonly kind: PrincipalKind };
  readonly powers: Powers;
  /** Null: absent, or hidden from the viewer. */
  readonly assignment: ExistingAssignment | null;
  /** Its start means nothing: what runs goes on without a gap. */
  readonly schedule: EndInput;
  readonly reasons: Reasons;
  readonly proof: Proof;
  /** The other periods in which the principal holds the role at the scope in this type. */
  readonly held: readonly Period[];
  readonly pending: boolean;
  readonly rules: RolePolicyRules;
}

export type ExtensionDecision = { readonly by: 'ADMINISTRATOR' | 'HOLDER'; readonly endsAt: Date | null };

/** Checks run in order of precedence; the first that fails is the answer, but for policy rules, which are named together. */
export function decideExtension(f: ExtensionFacts): ExtensionDecision | Refused {
  const { assignment, now } = f;
  if (assignment === null) return refuse('ASSIGNMENT_NOT_FOUND', { field: ['assignment'] });
  if (assignment.locked) return refuse('RESOURCE_LOCKED', { field: ['assignment'] });
  const by = actsAs(f.viewer, f.powers, assignment);
  if (by === null) return refuse('INSUFFICIENT_PERMISSIONS');
  const over = overRefusal(assignment, now);
  if (over) return { refusals: [over] };
  if (assignment.state === 'ACTIVATED') return refuse('IS_ACTIVATION', { field: ['assignment'] });
  if (assignment.endsAt === null) return refuse('NOT_EXTENDABLE', { field: ['assignment'] });
  const opensAt = plus(assignment.endsAt, -EXTENSION_WINDOW_MINUTES);
  if (by === 'HOLDER' && now < opensAt) {
    return refuse('EXTENSION_WINDOW_CLOSED', { hint: `You can ask from ${opensAt.toISOString()} on.` });
  }
  if (by === 'HOLDER' && f.pending) return refuse('REQUEST_PENDING');
  const wish = wishRefusal(by, f.schedule, f.reasons);
  if (wish) return { refusals: [wish] };
  const period = laterEnd(assignment, f.schedule, f.rules, now);
  if ('refusals' in period) return period;
  if (f.held.some((held) => overlap(held, { ...period, startsAt: assignment.startsAt }))) {
    return refuse('ASSIGNMENT_EXISTS');
  }
  const rules = by === 'HOLDER' ? onlyExpiration(f.rules, assignment.type) : f.rules;
  const failed = assignmentRuleRefusals(rules, assignment.type, { period, reasons: f.reasons, proof: f.proof });
  if (failed.length) return { refusals: failed };
  return { by, endsAt: period.endsAt };
}

/** Whoever may manage it decides at once; a user who holds it directly asks. A member of a group that holds it does neither. */
export function actsAs(
  viewer: { readonly id: string; readonly kind: PrincipalKind },
  powers: Powers,
  assignment: ExistingAssignment,
): 'ADMINISTRATOR' | 'HOLDER' | null {
  if (mayManage(powers, assignment.target)) return 'ADMINISTRATOR';
  return viewer.kind === 'USER' && assignment.principalId === viewer.id ? 'HOLDER' : null;
}

/** A holder says why, and leaves it to an administrator to do without an end. */
export function wishRefusal(by: 'ADMINISTRATOR' | 'HOLDER', schedule: EndInput, reasons: Reasons): Refusal | null {
  if (by === 'ADMINISTRATOR') return null;
  if (schedule.permanent) {
    const hint = 'Only an administrator does without an end.';
    return refusal('INVALID_SCHEDULE', { field: ['permanent'], hint });
  }
  if (reasons.justification?.trim()) return null;
  return refusal('REASON_REQUIRED', { field: ['justification'] });
}

/** From now until the new end, which is what the role settings judge. */
export function laterEnd(
  assignment: ExistingAssignment,
  schedule: EndInput,
  rules: RolePolicyRules,
  now: Date,
): Period | Refused {
  const from = { ...schedule, startsAt: assignment.startsAt };
  const period = decideEnd(withDefaultEnd(from, rules, assignment.type), now);
  if ('refusals' in period) return period;
  const { endsAt } = assignment;
  if (endsAt !== null && period.endsAt !== null && period.endsAt <= endsAt) {
    const hint = `It ends at ${endsAt.toISOString()} already.`;
    return refuse('INVALID_SCHEDULE', { field: [schedule.durationMinutes === null ? 'endsAt' : 'duration'], hint });
  }
  return period;
}

/** Without a wish, as long as the role settings allow, or offer where they allow more. */
export function withDefaultEnd(schedule: EndInput, rules: RolePolicyRules, type: AssignmentType): EndInput {
  if (namesEnd(schedule)) return schedule;
  const rule = type === 'ELIGIBLE' ? rules.Expiration_Admin_Eligibility : rules.Expiration_Admin_Assignment;
  return { ...schedule, durationMinutes: rule.maximumMinutes };
}

/** What an administrator must give or prove, the one who decides will. */
export function onlyExpiration(rules: RolePolicyRules, type: AssignmentType): RolePolicyRules {
  const level = type === 'ELIGIBLE' ? 'Eligibility' : 'Assignment';
  return { ...rules, [`Enablement_Admin_${level}`]: { enabledRules: [] } };
}
