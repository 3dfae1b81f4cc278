/** What did the holders of eligible access do in the last 30 days? Activations, and the requests that came to nothing. */
import { plus } from '../decision/schedule.ts';
import type { Provider, RequestStatus } from '../decision/words.ts';
import type { EventType } from '../events.ts';
import { RUNNING } from './access.ts';
import { ago, ask, type Past, tell } from './past.ts';
import { DAY } from './people.ts';
import { persona } from './personas.ts';
import type { Places } from './places.ts';
import { type CompanyPolicy, policyKey } from './policies.ts';
import { ACTIVATION_REASONS, APPROVAL_REASONS, DENIAL_REASONS } from './reasons.ts';
import type { AssignmentRow, RequestRow } from './rows.ts';

/** Requests that each of these leaves behind: 300 of the 600, with the 10 running activations and 50 deactivations. */
const EXPIRED = 135;
const DEACTIVATED = 50;
const DENIED = 20;
const CANCELED = 14;
const TIMED_OUT = 13;
const PENDING = 8;
/** Attempts that a policy refused: on record, and no requests. */
const REFUSED = 20;

/** The longest activation where no policy says otherwise, in minutes. */
const DEFAULT_MAXIMUM = 8 * 60;

type Pick = (approved: boolean) => { eligibility: AssignmentRow; day: number };

export function activations(past: Past, places: Places): void {
  const pools = eligibilities(past, places);
  const pick = picker(past, pools);
  for (let count = 0; count < EXPIRED + DEACTIVATED; count += 1) {
    const { eligibility, day } = named(past, count) ?? pick(count % 3 === 0);
    ended(past, eligibility, day, count >= EXPIRED);
  }
  for (let count = 0; count < DENIED; count += 1) denied(past, pick(true));
  for (let count = 0; count < CANCELED; count += 1) unanswered(past, pick(true), 'CANCELED');
  for (let count = 0; count < TIMED_OUT; count += 1) unanswered(past, pick(true), 'TIMED_OUT');
  for (let count = 0; count < REFUSED; count += 1) refused(past, pick(false));
  pending(past, pools.approved);
  running(past, pools.free);
}

interface Pools {
  /** Activated at once. */
  readonly free: readonly AssignmentRow[];
  /** Activated when somebody approves. */
  readonly approved: readonly AssignmentRow[];
}

/** The eligible access of technicians that is older than the 30 days. */
function eligibilities(past: Past, { technicians }: Places): Pools {
  const people = new Set(technicians.map(({ id }) => id));
  const old = past.assignments.filter(
    (row) =>
      row.type === 'ELIGIBLE' &&
      row.startsAt < plus(past.now, -30 * DAY) &&
      people.has(row.principalId) &&
      row.endedBy === null,
  );
  const isApproved = (row: AssignmentRow) => (past.policies.get(policyKey(row))?.deciders.length ?? 0) > 0;
  return { free: old.filter((row) => !isApproved(row)), approved: old.filter(isApproved) };
}

/** An eligibility, and a day on which nothing else happens with it. */
function picker(past: Past, { free, approved }: Pools): Pick {
  const taken = new Set<string>();
  return (withApproval) => {
    for (;;) {
      const eligibility = past.random.pick(withApproval ? approved : free);
      const day = past.random.between(2, 29);
      const key = `${eligibility.id} ${day}`;
      if (taken.has(key)) continue;
      taken.add(key);
      return { eligibility, day };
    }
  };
}

/** The personas have been here before: maya once, devon three times. */
function named(past: Past, count: number): { eligibility: AssignmentRow; day: number } | null {
  const name = (['maya', 'devon', 'devon', 'devon'] as const)[count];
  const eligibility =
    name && past.assignments.find((row) => row.principalId === persona(name) && row.type === 'ELIGIBLE');
  return eligibility ? { eligibility, day: 3 + 5 * count } : null;
}

/** Asked for within the first ten hours of its day, so that with approval and length it ends before the next. */
function selfActivate(past: Past, eligibility: AssignmentRow, createdAt: Date, status: RequestStatus): RequestRow {
  const activation = { ...eligibility, type: 'ACTIVE' } as const;
  const policy = past.policies.get(policyKey(eligibility));
  const rules = policy?.rules;
  const enabled = rules?.Enablement_EndUser_Assignment.enabledRules ?? ['JUSTIFICATION'];
  const mfa = enabled.includes('MULTI_FACTOR_AUTHENTICATION') || (!rules && eligibility.provider === 'ENTRA_ROLE');
  const context = rules?.AuthenticationContext_EndUser_Assignment.claimValue;
  const ticket = enabled.includes('TICKETING') ? `CHG-${past.random.between(10_000, 99_999)}` : null;
  const maximum = rules?.Expiration_EndUser_Assignment.maximumMinutes ?? DEFAULT_MAXIMUM;
  const waits = (policy?.deciders.length ?? 0) > 0;
  const request = ask(past, activation, {
    ...{ action: 'SELF_ACTIVATE', status, requestorId: eligibility.principalId, eligibilityId: eligibility.id },
    ...{ createdAt, completedAt: createdAt, expiresAt: waits ? plus(createdAt, DAY) : null },
    ...{
      durationMinutes: past.random.between(2, maximum / 30) * 30,
      justification: past.random.pick(ACTIVATION_REASONS),
    },
    ...{ ticketNumber: ticket, ticketSystem: ticket && 'Change desk' },
    ...{ multiFactorAt: mfa ? plus(createdAt, -7) : null, authenticationContexts: context ? [context] : [] },
  });
  if (waits) {
    for (const approverId of policy?.approvers ?? []) past.approvers.push({ requestId: request.id, approverId });
    tell(past, 'request.created', createdAt, request.requestorId, activation, { requestId: request.id });
  }
  return request;
}

function complete(past: Past, request: RequestRow, completedAt: Date | null): RequestRow {
  const completed = { ...request, completedAt };
  past.requests[past.requests.lastIndexOf(request)] = completed;
  return completed;
}

function decide(past: Past, request: RequestRow, result: 'APPROVE' | 'DENY', policy: CompanyPolicy): Date {
  const { id: requestId, requestorId } = request;
  const decidedAt = plus(request.createdAt, past.random.between(2, 170));
  const decidedBy = past.random.pick(policy.deciders.filter((decider) => decider !== requestorId));
  const justification = past.random.pick(result === 'APPROVE' ? APPROVAL_REASONS : DENIAL_REASONS);
  past.decisions.push({ id: past.random.uuid(), requestId, requestorId, decidedBy, result, justification, decidedAt });
  complete(past, request, decidedAt);
  const type: EventType = result === 'APPROVE' ? 'request.approved' : 'request.denied';
  tell(past, type, decidedAt, decidedBy, { ...request, type: 'ACTIVE' }, { requestId });
  return decidedAt;
}

function startOf(past: Past, day: number): Date {
  return plus(past.now, -day * DAY + past.random.below(10 * 60));
}

function ended(past: Past, eligibility: AssignmentRow, day: number, early: boolean): void {
  const request = selfActivate(past, eligibility, startOf(past, day), 'PROVISIONED');
  const policy = past.policies.get(policyKey(eligibility));
  const startsAt = policy?.deciders.length ? decide(past, request, 'APPROVE', policy) : request.createdAt;
  const minutes = request.durationMinutes ?? DEFAULT_MAXIMUM;
  const endsAt = plus(startsAt, early ? past.random.between(6, minutes - 1) : minutes);
  const row = activated(past, eligibility, request, { startsAt, endsAt });
  past.assignments.push({ ...row, endedBy: early ? 'DEACTIVATED' : 'EXPIRED' });
  if (early) deactivated(past, row, endsAt);
  else tell(past, 'assignment.expired', endsAt, null, row, { assignmentId: row.id });
}

function deactivated(past: Past, row: AssignmentRow, endsAt: Date): void {
  const { id: requestId } = ask(past, row, {
    ...{ action: 'SELF_DEACTIVATE', status: 'REVOKED', requestorId: row.principalId, eligibilityId: row.eligibilityId },
    ...{ createdAt: endsAt, completedAt: endsAt },
  });
  tell(past, 'assignment.deactivated', endsAt, row.principalId, row, { assignmentId: row.id, requestId });
}

function activated(
  past: Past,
  eligibility: AssignmentRow,
  request: RequestRow,
  period: { startsAt: Date; endsAt: Date },
): AssignmentRow {
  const row: AssignmentRow = {
    ...{ ...eligibility, id: past.random.uuid(), type: 'ACTIVE', state: 'ACTIVATED' },
    ...{ ...period, createdAt: period.startsAt, eligibilityId: eligibility.id, requestId: request.id },
  };
  tell(past, 'assignment.activated', row.startsAt, row.principalId, row, {
    assignmentId: row.id,
    requestId: request.id,
  });
  return row;
}

function denied(past: Past, { eligibility, day }: ReturnType<Pick>): void {
  const policy = past.policies.get(policyKey(eligibility));
  if (policy) decide(past, selfActivate(past, eligibility, startOf(past, day), 'DENIED'), 'DENY', policy);
}

function unanswered(past: Past, { eligibility, day }: ReturnType<Pick>, status: 'CANCELED' | 'TIMED_OUT'): void {
  const request = selfActivate(past, eligibility, startOf(past, day), status);
  const after = status === 'TIMED_OUT' ? DAY : past.random.between(5, 90);
  const { id: requestId, completedAt } = complete(past, request, plus(request.createdAt, after));
  if (status === 'TIMED_OUT' && completedAt)
    tell(past, 'request.timedOut', completedAt, null, { ...eligibility, type: 'ACTIVE' }, { requestId });
}

function refused(past: Past, { eligibility, day }: ReturnType<Pick>): void {
  tell(past, 'request.refused', startOf(past, day), eligibility.principalId, { ...eligibility, type: 'ACTIVE' }, {});
}

/** Waiting now, two of them for arun. Each is another eligibility: one open request at a time. */
function pending(past: Past, approved: readonly AssignmentRow[]): void {
  const forArun = approved.filter((row) => past.policies.get(policyKey(row))?.approvers.includes(persona('arun')));
  const others = approved.filter((row) => !forArun.includes(row));
  const spread = others.filter((_, index) => index % Math.floor(others.length / PENDING) === 0);
  for (const eligibility of [...forArun.slice(0, 2), ...spread].slice(0, PENDING)) {
    const request = selfActivate(past, eligibility, ago(past, 10, 20 * 60), 'PENDING_APPROVAL');
    complete(past, request, null);
  }
}

/** Active at this moment, for between twenty minutes and a working day to come. */
function running(past: Past, free: readonly AssignmentRow[]): void {
  const plain = free.filter((row) => !past.policies.has(policyKey(row)));
  for (const provider of Object.keys(RUNNING) as Provider[]) {
    for (const eligibility of plain.filter((row) => row.provider === provider).slice(0, RUNNING[provider])) {
      const request = selfActivate(past, eligibility, ago(past, 6, 40), 'PROVISIONED');
      const endsAt = plus(request.createdAt, request.durationMinutes ?? DEFAULT_MAXIMUM);
      past.assignments.push(activated(past, eligibility, request, { startsAt: request.createdAt, endsAt }));
    }
  }
}
