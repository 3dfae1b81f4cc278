/** May this approver decide this request, is it decided then, and does everything it was judged by still hold? */
import { type Refused, refuse } from '../refusals.ts';
import { type Activation, type ActivationFacts, activationOf, activationPeriod } from './activation.ts';
import { type ActivationExtension, type ActivationExtensionFacts, decideLongerEnd } from './activationExtension.ts';
import { overlap, scopeRefusal } from './assignment.ts';
import { activationRuleRefusals } from './rules.ts';
import { covers, MINIMUM_MINUTES, minutesBetween, plus, type ScheduleInput } from './schedule.ts';
import type { ApprovalResult, RequestStatus } from './words.ts';

/** A stage with its groups resolved to enabled users; whoever asks is never among them. */
export interface ApprovalStageFacts {
  readonly approvers: readonly string[];
  /** May decide as well once the stage has been open for so long. */
  readonly backups: readonly string[];
  readonly escalateAfterMinutes: number | null;
  readonly quorum: number;
}

export interface Vote {
  /** Counted from 1. */
  readonly stage: number;
  readonly by: string;
  readonly result: ApprovalResult;
  readonly at: Date;
  /** A shorter duration than was asked for; null: as asked. */
  readonly durationMinutes: number | null;
}

export type ApprovalState =
  | { readonly state: 'APPROVED' | 'DENIED' }
  | { readonly state: 'OPEN'; readonly stage: number; readonly openedAt: Date; readonly approvals: number };

/** The stages one after the other over the votes in order: one denial ends it, a quorum opens the next stage. */
export function foldApproval(
  stages: readonly ApprovalStageFacts[],
  votes: readonly Vote[],
  openedAt: Date,
): ApprovalState {
  if (votes.some(({ result }) => result === 'DENY')) return { state: 'DENIED' };
  let opened = openedAt;
  for (const [index, { quorum }] of stages.entries()) {
    const here = votes.filter(({ stage }) => stage === index + 1);
    if (here.length < quorum) return { state: 'OPEN', stage: index + 1, openedAt: opened, approvals: here.length };
    opened = here[quorum - 1]?.at ?? opened;
  }
  return { state: 'APPROVED' };
}

/** From when on the backup approvers of an open stage may decide; null: never. */
export function escalatesAt(stage: ApprovalStageFacts | undefined, openedAt: Date): Date | null {
  return stage?.escalateAfterMinutes == null ? null : plus(openedAt, stage.escalateAfterMinutes);
}

export interface ApprovalFacts {
  readonly now: Date;
  readonly viewerId: string;
  readonly result: ApprovalResult;
  readonly justification: string | null;
  /** A shorter duration than was asked for; null: as asked. */
  readonly durationMinutes: number | null;
  /** Null: absent, or hidden from the viewer. */
  readonly request: {
    readonly requestorId: string | null;
    readonly principalId: string;
    readonly status: RequestStatus;
    readonly createdAt: Date;
    readonly expiresAt: Date | null;
  } | null;
  /** As named when the request was made, by the policy of then. */
  readonly stages: readonly ApprovalStageFacts[];
  /** By the policy and the group memberships of now. */
  readonly stagesNow: readonly ApprovalStageFacts[];
  readonly votes: readonly Vote[];
  /** The activation as it would be asked for at this instant: eligibility, policy and everything else of now. */
  readonly activation: ActivationFacts | null;
  /** The longer end that was asked for, when the request extends a running activation; null when it begins one. */
  readonly extension: ActivationExtensionFacts | null;
}

export type ApprovalDecision =
  | { readonly outcome: 'APPROVED'; readonly stage: number; readonly granted: Activation | ActivationExtension }
  | { readonly outcome: 'DENIED'; readonly stage: number }
  | { readonly outcome: 'STAGE_APPROVED'; readonly stage: number; readonly next: ApprovalState & { state: 'OPEN' } };

/** Checks run in order of precedence; whatever the activation must meet is asked again, and must hold now. */
export function decideApproval(f: ApprovalFacts): ApprovalDecision | Refused {
  if (f.request === null || f.activation === null) return refuse('REQUEST_NOT_FOUND', { field: ['requests'] });
  if (f.viewerId === f.request.requestorId || f.viewerId === f.request.principalId) return refuse('SELF_APPROVAL');
  const before = foldApproval(f.stages, f.votes, f.request.createdAt);
  if (!isApprover(f, before)) return refuse('NOT_APPROVER');
  if (f.request.status !== 'PENDING_APPROVAL' || before.state !== 'OPEN') {
    return refuse('REQUEST_NOT_PENDING', { hint: `It is ${f.request.status}.` });
  }
  if (f.request.expiresAt !== null && f.request.expiresAt <= f.now) return refuse('REQUEST_TIMED_OUT');
  if (f.votes.some(({ by }) => by === f.viewerId)) return refuse('ALREADY_DECIDED');
  if (f.justification === null || f.justification.trim() === '') {
    return refuse('JUSTIFICATION_REQUIRED', { field: ['justification'] });
  }
  const { stage } = before;
  if (f.result === 'DENY') return { outcome: 'DENIED', stage };
  if (demandsMore(f.stagesNow, f.stages)) return refuse('REQUEST_OUTDATED');
  const { schedule, rules } = f.activation;
  const asked =
    schedule.durationMinutes ?? (schedule.endsAt ? null : rules.Expiration_EndUser_Assignment.maximumMinutes);
  if (f.durationMinutes !== null && asked !== null && f.durationMinutes > asked) {
    return refuse('INVALID_SCHEDULE', {
      field: ['duration'],
      hint: 'An approver may shorten an activation, not prolong it.',
    });
  }
  const vote: Vote = { stage, by: f.viewerId, result: 'APPROVE', at: f.now, durationMinutes: f.durationMinutes };
  const votes = [...f.votes, vote];
  const wished = shortened(f.extension ?? schedule, votes, f.now);
  const granted = f.extension
    ? decideLongerEnd({ ...f.extension, ...wished })
    : decideGrant({ ...f.activation, schedule: wished });
  if ('refusals' in granted) return granted;
  const after = foldApproval(f.stages, votes, f.request.createdAt);
  if (after.state === 'OPEN') return { outcome: 'STAGE_APPROVED', stage, next: after };
  return { outcome: 'APPROVED', stage, granted };
}

/** Named for the open stage when the request was made, and named by the policy of now. For a closed request: for any stage. */
function isApprover({ now, viewerId, stages, stagesNow }: ApprovalFacts, state: ApprovalState): boolean {
  const names = ({ approvers, backups }: ApprovalStageFacts) => [...approvers, ...backups].includes(viewerId);
  if (state.state !== 'OPEN') return stages.some(names);
  const open = stages[state.stage - 1];
  const from = escalatesAt(open, state.openedAt);
  const escalated = from !== null && from <= now && open?.backups.includes(viewerId) === true;
  return (open?.approvers.includes(viewerId) === true || escalated) && stagesNow.some(names);
}

/** The settings have become stricter since: whoever approved before did not answer what is asked now. */
function demandsMore(now: readonly ApprovalStageFacts[], then: readonly ApprovalStageFacts[]): boolean {
  return now.some(({ quorum }, index) => quorum > (then[index]?.quorum ?? 0));
}

type Wish = Omit<ScheduleInput, 'startsAt'> & { readonly startsAt?: Date | null };

/** The shortest that anybody approved. */
function shortened(wish: Wish, votes: readonly Vote[], now: Date): ScheduleInput {
  const schedule = { startsAt: wish.startsAt ?? null, endsAt: wish.endsAt, durationMinutes: wish.durationMinutes };
  const wishes = votes.flatMap(({ durationMinutes }) => (durationMinutes === null ? [] : [durationMinutes]));
  if (wishes.length === 0) return schedule;
  const shortest = Math.min(...wishes, schedule.durationMinutes ?? Number.POSITIVE_INFINITY);
  const { startsAt, endsAt } = schedule;
  const begins = startsAt !== null && startsAt > now ? startsAt : now;
  // An end that was asked for stays the latest.
  if (endsAt !== null && plus(begins, shortest) > endsAt) return schedule;
  return { startsAt, endsAt: null, durationMinutes: shortest };
}

function decideGrant(f: ActivationFacts): Activation | Refused {
  const { eligibility, scope, rules, now } = f;
  if (eligibility === null || scope === null) return refuse('NOT_ELIGIBLE');
  if (!scope.ancestorIds.includes(eligibility.scopeId)) return refuse('SCOPE_NOT_ALLOWED');
  const misplaced = scopeRefusal(eligibility.role, scope);
  if (misplaced) return { refusals: [misplaced] };
  if (scope.locked) return refuse('RESOURCE_LOCKED');
  const period = activationPeriod(f.schedule, rules, eligibility, now);
  if ('refusals' in period) return period;
  if (!covers(eligibility, period.startsAt)) return refuse('NOT_ELIGIBLE');
  // Waiting for the decision must not cost the holder the request: it ends with the eligible assignment at the latest.
  const endsAt = eligibility.endsAt !== null && eligibility.endsAt < period.endsAt ? eligibility.endsAt : period.endsAt;
  if (minutesBetween(period.startsAt, endsAt) < MINIMUM_MINUTES) return refuse('DURATION_TOO_SHORT');
  if (f.held.some((held) => overlap(held, { startsAt: period.startsAt, endsAt }))) return refuse('ALREADY_ACTIVE');
  const failed = activationRuleRefusals(rules, { period, reasons: f.reasons, proof: f.proof, now: f.provedAt });
  if (failed.length) return { refusals: failed };
  return activationOf(f.viewerId, eligibility, scope, { startsAt: period.startsAt, endsAt });
}
