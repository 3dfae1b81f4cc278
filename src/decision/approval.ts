/** May this approver decide this request, and does everything it was judged by still hold? */
import { type Refused, refuse } from '../refusals.ts';
import { type Activation, type ActivationFacts, activationOf, activationPeriod } from './activation.ts';
import { overlap } from './assignment.ts';
import { activationRuleRefusals } from './rules.ts';
import { covers } from './schedule.ts';
import type { ApprovalResult, RequestStatus } from './words.ts';

export interface ApprovalFacts {
  readonly now: Date;
  readonly viewerId: string;
  readonly result: ApprovalResult;
  readonly justification: string | null;
  /** Null: absent, or hidden from the viewer. */
  readonly request: {
    readonly requestorId: string | null;
    readonly principalId: string;
    readonly status: RequestStatus;
    readonly expiresAt: Date | null;
  } | null;
  /** Named when the request was made, and still an approver under the policy of now. */
  readonly isApprover: boolean;
  /** The activation as it would be asked for at this instant: eligibility, policy and everything else of now. */
  readonly activation: ActivationFacts | null;
}

export type ApprovalDecision = { readonly approved: Activation } | { readonly denied: true };

/** Checks run in order of precedence; whatever the activation must meet is asked again, and must hold now. */
export function decideApproval(f: ApprovalFacts): ApprovalDecision | Refused {
  if (f.request === null || f.activation === null) return refuse('REQUEST_NOT_FOUND', { field: ['requests'] });
  if (f.viewerId === f.request.requestorId || f.viewerId === f.request.principalId) return refuse('SELF_APPROVAL');
  if (!f.isApprover) return refuse('NOT_APPROVER');
  if (f.request.status !== 'PENDING_APPROVAL') {
    return refuse('REQUEST_NOT_PENDING', { hint: `It is ${f.request.status}.` });
  }
  if (f.request.expiresAt !== null && f.request.expiresAt <= f.now) return refuse('REQUEST_TIMED_OUT');
  if (f.justification === null || f.justification.trim() === '') {
    return refuse('JUSTIFICATION_REQUIRED', { field: ['justification'] });
  }
  if (f.result === 'DENY') return { denied: true };
  return decideGrant(f.activation);
}

function decideGrant(f: ActivationFacts): ApprovalDecision | Refused {
  const { eligibility, scope, rules, now } = f;
  if (eligibility === null || scope === null) return refuse('NOT_ELIGIBLE');
  if (scope.locked) return refuse('RESOURCE_LOCKED');
  const period = activationPeriod(f.schedule, rules, eligibility, now);
  if ('refusals' in period) return period;
  if (!covers(eligibility, period.startsAt)) return refuse('NOT_ELIGIBLE');
  // Waiting for the decision must not cost the holder the request: it ends with the eligible assignment at the latest.
  const endsAt = eligibility.endsAt !== null && eligibility.endsAt < period.endsAt ? eligibility.endsAt : period.endsAt;
  if (f.held.some((held) => overlap(held, { startsAt: period.startsAt, endsAt }))) return refuse('ALREADY_ACTIVE');
  const failed = activationRuleRefusals(rules, { period, reasons: f.reasons, proof: f.proof });
  if (failed.length) return { refusals: failed };
  return { approved: activationOf(f.viewerId, eligibility, scope, { startsAt: period.startsAt, endsAt }) };
}
