/** What do 30 days leave behind? Requests, approvals, ended access and events, each written through one of these. */
import { plus } from '../decision/schedule.ts';
import type { RequestAction, RequestStatus } from '../decision/words.ts';
import type { EventType } from '../events.ts';
import type { CompanyPolicy } from './policies.ts';
import { policyKey } from './policies.ts';
import type { Random } from './random.ts';
import type { ApprovalDecisionRow, AssignmentRow, EventRow, RequestApproverRow, RequestRow } from './rows.ts';

export interface Past {
  readonly now: Date;
  readonly random: Random;
  readonly policies: ReadonlyMap<string, CompanyPolicy>;
  readonly assignments: AssignmentRow[];
  readonly requests: RequestRow[];
  readonly approvers: RequestApproverRow[];
  readonly decisions: ApprovalDecisionRow[];
  readonly events: EventRow[];
}

type Asked = Pick<AssignmentRow, 'provider' | 'roleId' | 'scopeId' | 'principalId' | 'type'>;

/** Who asked for what, and how it went; what is not named is null. */
type Order = Partial<RequestRow> & {
  readonly action: RequestAction;
  readonly status: RequestStatus;
  readonly requestorId: string;
  readonly createdAt: Date;
  readonly completedAt: Date | null;
};

export function ask(past: Past, { provider, roleId, scopeId, principalId, type }: Asked, order: Order): RequestRow {
  const policy = past.policies.get(policyKey({ provider, roleId, scopeId }));
  const request: RequestRow = {
    ...{ id: past.random.uuid(), provider, roleId, scopeId, principalId, assignmentType: type },
    ...{ eligibilityId: null, policyVersionId: policy?.id ?? null, justification: null },
    ...{ ticketNumber: null, ticketSystem: null, startsAt: null, endsAt: null, durationMinutes: null },
    ...{ multiFactorAt: null, authenticationContexts: [], expiresAt: null },
    ...order,
  };
  past.requests.push(request);
  return request;
}

type Subject = Partial<Pick<EventRow, 'assignmentId' | 'requestId'>>;

/** One line of the log: it happened at that instant, done by the actor, or by the gateway when that is null. */
export function tell(
  past: Past,
  type: EventType,
  at: Date,
  actorId: string | null,
  asked: Asked,
  subject: Subject,
): void {
  const { provider, roleId, scopeId, principalId, type: assignmentType } = asked;
  const ids = { assignmentId: null, requestId: null, ...subject };
  past.events.push({ at, type, actorId, provider, assignmentType, principalId, roleId, scopeId, ...ids, payload: {} });
}

/** Minutes before now, at random. */
export function ago(past: Past, least: number, most: number): Date {
  return plus(past.now, -past.random.between(least, most));
}
