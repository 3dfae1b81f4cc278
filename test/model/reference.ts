/** What should happen? Privileged identity management as the standard describes it, in memory and on whole minutes, without a line of the gateway. */

/** Instants count millionths of a minute, so that of two commands in the same minute one is the earlier. */
export type Instant = number;
export const MINUTE = 1_000_000;
const DAY = 24 * 60;

export const PEOPLE = ['gail', 'gus', 'ann', 'bob', 'hal', 'ida', 'olga', 'azra'] as const;
export type Person = (typeof PEOPLE)[number];
export const HOLDERS = [...PEOPLE, 'crew'] as const;
/** A person, or the role-assignable group. */
export type Holder = (typeof HOLDERS)[number];

/** A role of the directory, its most powerful one, a role in Azure, membership of the group. */
export const ROLES = ['plain', 'global', 'contributor', 'member'] as const;
export type RoleName = (typeof ROLES)[number];
export type Place = 'directory' | 'subscription' | 'resourceGroup' | 'crew';
export type Type = 'ELIGIBLE' | 'ACTIVE';
export type Status =
  | 'PENDING_APPROVAL'
  | 'PENDING_ADMIN_DECISION'
  | 'GRANTED'
  | 'PROVISIONED'
  | 'REVOKED'
  | 'DENIED'
  | 'CANCELED'
  | 'TIMED_OUT'
  | 'FAILED';

export interface Policy {
  readonly approval: boolean;
  readonly multiFactor: boolean;
  /** Minutes. */
  readonly maximum: number;
  readonly extension: boolean;
}

export interface Access {
  readonly role: RoleName;
  readonly place: Place;
  readonly holder: Holder;
  readonly type: Type;
}

interface Period {
  readonly start: Instant;
  readonly end: Instant | null;
}

export interface Held extends Access, Period {
  readonly activated: boolean;
  readonly endedBy: 'REMOVED' | 'DEACTIVATED' | 'EXPIRED' | 'FAILED' | null;
  readonly eligibility: number | null;
  readonly request: number | null;
}

export interface Asked extends Access {
  readonly action: 'ACTIVATE' | 'EXTEND_ACTIVATION' | 'EXTEND' | 'RENEW' | 'ADMIN';
  readonly status: Status;
  readonly by: Person;
  readonly start: Instant | null;
  readonly minutes: number | null;
  readonly expires: Instant | null;
  readonly approvers: readonly Person[];
  readonly eligibility: number | null;
  readonly target: number | null;
  readonly reason: boolean;
  readonly multiFactor: boolean;
  readonly approved: boolean;
  readonly decided: boolean;
}

/** Who asks, with what proof and whether with a reason. */
export interface Asker {
  readonly who: Person;
  readonly reason: boolean;
  readonly multiFactor: boolean;
}

export type Answer =
  | { readonly status: Status; readonly request?: number; readonly assignment?: number }
  | { readonly no: string };

/** A rule that is told wrongly on purpose, to see that the comparison notices. */
export type Flaw = 'SELF_APPROVAL' | 'MAXIMUM' | 'FIVE_MINUTES' | 'LAST_ADMINISTRATOR';

const no = (code: string): Answer => ({ no: code });

export class Reference {
  now: Instant = 0;
  assignments: Held[] = [];
  requests: Asked[] = [];
  policies: Record<RoleName, Policy> = {
    plain: { approval: true, multiFactor: true, maximum: 480, extension: true },
    global: { approval: false, multiFactor: true, maximum: 480, extension: false },
    contributor: { approval: true, multiFactor: false, maximum: 480, extension: true },
    member: { approval: false, multiFactor: false, maximum: 480, extension: true },
  };
  refused = 0;
  readonly flaw: Flaw | null;

  constructor(flaw: Flaw | null = null) {
    this.flaw = flaw;
  }

  /** Does it, unless that leaves the directory without administrators. */
  attempt(work: () => Answer): Answer {
    const before = { assignments: this.assignments, requests: this.requests };
    const tried = work();
    const answer = !('no' in tried) && this.losesAdministrators(before.assignments) ? no('LAST_ADMINISTRATOR') : tried;
    if ('no' in answer) {
      this.refused++;
      // A refusal writes nothing, but that an overdue request has timed out.
      this.assignments = before.assignments;
      if (answer.no !== 'REQUEST_TIMED_OUT') this.requests = before.requests;
    }
    return answer;
  }

  inForce(period: Period, at = this.now): boolean {
    return period.start <= at && (period.end === null || at < period.end);
  }

  over({ start, end }: Period): boolean {
    return end !== null && (end <= this.now || end <= start);
  }

  /** Everything in force at this instant. */
  present(type: Type): Held[] {
    return this.assignments.filter((held) => held.type === type && this.inForce(held));
  }

  members(): Holder[] {
    return this.present('ACTIVE')
      .filter(({ role }) => role === 'member')
      .map(({ holder }) => holder);
  }

  administrators(permanent = false, assignments = this.assignments): Set<Holder> {
    const counts = (held: Held) => held.type === 'ACTIVE' && this.inForce(held) && (!permanent || held.end === null);
    const found = new Set<Holder>();
    for (const { holder } of assignments.filter((held) => held.role === 'global' && counts(held))) {
      if (holder !== 'crew') found.add(holder);
      else for (const held of assignments) if (held.role === 'member' && counts(held)) found.add(held.holder);
    }
    found.delete('crew');
    return found;
  }

  losesAdministrators(before: readonly Held[]): boolean {
    if (this.flaw === 'LAST_ADMINISTRATOR') return false;
    const crewRules = this.present('ACTIVE').some(({ role, holder }) => role === 'global' && holder === 'crew');
    return before.some((was, index) => {
      if (!this.inForce(was) || (was.role !== 'global' && was.role !== 'member')) return false;
      const is = this.assignments[index] as Held;
      const lost = !this.inForce(is);
      const lostPermanent = was.end === null && (lost || is.end !== null);
      if (!lost && !lostPermanent) return false;
      if (was.role === 'member' && (was.type !== 'ACTIVE' || !crewRules)) return false;
      if (was.type === 'ELIGIBLE') return lost && this.administrators().size === 0;
      return (lostPermanent && this.administrators(true).size === 0) || this.administrators().size === 0;
    });
  }

  manages(who: Person, { role }: Access): boolean {
    if (role === 'contributor') return who === 'azra';
    return this.#rules(who) || (role === 'member' && who === 'olga');
  }

  #rules(who: Person): boolean {
    return this.administrators().has(who);
  }

  sees(who: Person, access: Access): boolean {
    const { holder, role } = access;
    if (holder === who || (holder === 'crew' && this.members().includes(who))) return true;
    if (role === 'member') return this.#rules(who) || who === 'olga' || this.members().includes(who);
    if (role !== 'contributor') return this.#rules(who);
    const reads = this.present('ACTIVE').filter((held) => held.role === 'contributor' && this.#holds(who, held));
    return who === 'azra' || reads.some(({ place }) => place === 'subscription' || place === access.place);
  }

  /** Directly, or as a member of the group. */
  #holds(who: Person, { holder }: Access): boolean {
    return holder === who || (holder === 'crew' && this.members().includes(who));
  }

  /** Azure is hidden from whoever has nothing there, nor will have. */
  #seesPlace(who: Person, place: Place): boolean {
    if (place === 'directory' || place === 'crew' || who === 'azra') return true;
    return this.assignments.some(
      (held) => held.role === 'contributor' && this.#holds(who, held) && (held.end === null || held.end > this.now),
    );
  }

  seesRequest(who: Person, request: Asked): boolean {
    return this.sees(who, request) || request.by === who || request.approvers.includes(who);
  }

  /** Who would be asked, the one who asks aside. */
  approvers(role: RoleName, asker: Person): Person[] {
    const named: Record<RoleName, () => Person[]> = {
      plain: () => ['ann', 'bob'],
      contributor: () => ['ann'],
      member: () => ['bob', 'hal'],
      global: () => {
        const holding = this.present('ACTIVE')
          .filter((held) => held.role === 'global')
          .map(({ holder }) => holder);
        const all = holding.flatMap((holder) => (holder === 'crew' ? this.members() : [holder]));
        return PEOPLE.filter((person) => all.includes(person));
      },
    };
    return named[role]().filter((person) => person !== asker);
  }

  overlaps(access: Access, period: Period, except: (index: number) => boolean = () => false): boolean {
    return this.assignments.some(
      (held, index) =>
        !except(index) &&
        sameAccess(held, access) &&
        held.end !== held.start &&
        (held.end === null || held.end > this.now) &&
        (held.end === null || period.start < held.end) &&
        (period.end === null || held.start < period.end),
    );
  }

  isWaiting(request: Asked): boolean {
    return request.status === 'PENDING_APPROVAL' || request.status === 'PENDING_ADMIN_DECISION';
  }

  overdue(request: Asked): boolean {
    return this.isWaiting(request) && request.expires !== null && request.expires <= this.now;
  }

  pending(access: Access): boolean {
    return this.requests.some(
      (request) => sameAccess(request, access) && this.isWaiting(request) && !this.overdue(request),
    );
  }

  change(index: number, change: Partial<Held>): void {
    this.assignments = this.assignments.with(index, { ...(this.assignments[index] as Held), ...change });
  }

  answer(index: number, change: Partial<Asked>): void {
    this.requests = this.requests.with(index, { ...(this.requests[index] as Asked), ...change });
  }

  add(held: Omit<Held, 'endedBy'>): number {
    this.assignments = [...this.assignments, { ...held, endedBy: null }];
    return this.assignments.length - 1;
  }

  ask(asked: Partial<Asked> & Access & Pick<Asked, 'action' | 'status' | 'by'>): number {
    const rest = { start: null, minutes: null, expires: null, approvers: [], eligibility: null, target: null };
    this.requests = [
      ...this.requests,
      { ...rest, reason: true, multiFactor: false, approved: false, decided: false, ...asked },
    ];
    return this.requests.length - 1;
  }

  /** A new request takes the place of one that nobody decided in time. */
  closeOverdue(access: Access): void {
    for (const [index, request] of this.requests.entries()) {
      if (sameAccess(request, access) && this.overdue(request)) this.answer(index, { status: 'TIMED_OUT' });
    }
  }

  // Administrators

  assign(asker: Asker, access: Access, startsIn: number, minutes: number | null): Answer {
    if (!this.#seesPlace(asker.who, access.place)) return no('SCOPE_NOT_FOUND');
    if (!this.manages(asker.who, access)) return no('INSUFFICIENT_PERMISSIONS');
    if (access.role === 'member' && access.holder === 'crew') return no('PRINCIPAL_NOT_ALLOWED');
    const start = this.#startIn(startsIn);
    const period = { start, end: minutes === null ? null : start + minutes * MINUTE };
    if (minutes !== null && minutes < 5) return no('DURATION_TOO_SHORT');
    if (this.overlaps(access, period)) return no('ASSIGNMENT_EXISTS');
    if (this.pending(access)) return no('REQUEST_PENDING');
    if (this.#breaksAssignmentRules(access, period, asker.reason)) return no('POLICY_RULES_FAILED');
    const status = start > this.now ? 'GRANTED' : 'PROVISIONED';
    const request = this.ask({ ...access, action: 'ADMIN', status, by: asker.who, reason: asker.reason });
    const assignment = this.add({ ...access, ...period, activated: false, eligibility: null, request });
    return { status, request, assignment };
  }

  /** A start that a caller names was read from the clock a moment before. */
  #startIn(minutes: number): Instant {
    return minutes === 0 ? this.now : this.now - 1 + minutes * MINUTE;
  }

  #breaksAssignmentRules({ role, type }: Access, { start, end }: Period, reason: boolean): boolean {
    const directory = role === 'plain' || role === 'global';
    const longest = (type === 'ELIGIBLE' ? 365 : 180) * DAY * MINUTE;
    const tooLong = !directory && (end === null || end - start > longest);
    return tooLong || (type === 'ACTIVE' && !reason);
  }

  remove({ who, reason }: Asker, index: number): Answer {
    const held = this.assignments[index] as Held;
    if (!this.sees(who, held)) return no('ASSIGNMENT_NOT_FOUND');
    if (!this.manages(who, held)) return no('INSUFFICIENT_PERMISSIONS');
    if (this.over(held)) return no('ASSIGNMENT_ENDED');
    const request = this.ask({ ...bare(held), action: 'ADMIN', status: 'REVOKED', by: who, reason });
    this.end(index);
    this.drop(index);
    return { status: 'REVOKED', request, assignment: index };
  }

  end(index: number, endedBy: Held['endedBy'] = 'REMOVED'): void {
    const { start, request } = this.assignments[index] as Held;
    this.change(index, { end: Math.max(start, this.now), endedBy });
    if (start > this.now && request !== null && this.requests[request]?.status === 'GRANTED') {
      this.answer(request, { status: 'CANCELED' });
    }
  }

  /** With an eligible assignment go its activations, and with any the requests about it. */
  drop(index: number): void {
    for (const [other, held] of this.assignments.entries()) {
      if (held.eligibility === index && !this.over(held)) this.end(other);
    }
    for (const [other, request] of this.requests.entries()) {
      if (!this.isWaiting(request) || (request.eligibility !== index && request.target !== index)) continue;
      this.answer(other, { status: this.overdue(request) ? 'TIMED_OUT' : 'CANCELED' });
    }
  }

  /** @param minutes from now, or from a later start; null: for ever */
  update({ who, reason }: Asker, index: number, minutes: number | null): Answer {
    const held = this.assignments[index] as Held;
    if (!this.sees(who, held)) return no('ASSIGNMENT_NOT_FOUND');
    if (!this.manages(who, held)) return no('INSUFFICIENT_PERMISSIONS');
    if (this.over(held)) return no('ASSIGNMENT_ENDED');
    if (held.activated) return no('IS_ACTIVATION');
    const from = Math.max(held.start, this.now);
    if (minutes !== null && minutes < 5) return no('DURATION_TOO_SHORT');
    const end = minutes === null ? null : from + minutes * MINUTE;
    const others = (other: number) => other === index || this.assignments[other]?.eligibility === index;
    if (this.overlaps(held, { start: held.start, end }, others)) return no('ASSIGNMENT_EXISTS');
    if (this.#breaksAssignmentRules(held, { start: from, end }, reason)) return no('POLICY_RULES_FAILED');
    const request = this.ask({ ...bare(held), action: 'ADMIN', status: 'PROVISIONED', by: who, reason });
    this.change(index, { end });
    for (const [other, activation] of this.assignments.entries()) {
      if (activation.eligibility !== index || this.over(activation)) continue;
      if (end === null || (activation.end as number) <= end) continue;
      if (activation.start < end) this.change(other, { end });
      else this.end(other);
    }
    return { status: 'PROVISIONED', request, assignment: index };
  }

  extend({ who, reason, multiFactor }: Asker, index: number, minutes: number): Answer {
    const held = this.assignments[index] as Held;
    if (!this.sees(who, held)) return no('ASSIGNMENT_NOT_FOUND');
    const administers = this.manages(who, held);
    if (!administers && held.holder !== who) return no('INSUFFICIENT_PERMISSIONS');
    if (this.over(held)) return no('ASSIGNMENT_ENDED');
    if (held.activated) return no('IS_ACTIVATION');
    if (held.end === null) return no('NOT_EXTENDABLE');
    if (!administers && this.now < held.end - 14 * DAY * MINUTE) return no('EXTENSION_WINDOW_CLOSED');
    if (!administers && this.pending(held)) return no('REQUEST_PENDING');
    if (!administers && !reason) return no('REASON_REQUIRED');
    const end = this.#laterEnd(held, minutes, administers ? reason : true);
    if (typeof end === 'string') return no(end);
    if (!administers) return this.#wish({ who, reason, multiFactor }, index, minutes, 'EXTEND');
    const request = this.ask({ ...bare(held), action: 'ADMIN', status: 'PROVISIONED', by: who, reason });
    this.change(index, { end });
    return { status: 'PROVISIONED', request, assignment: index };
  }

  #laterEnd(held: Held, minutes: number, reason: boolean): Instant | string {
    const from = Math.max(held.start, this.now);
    const end = from + minutes * MINUTE;
    if (minutes < 5) return 'DURATION_TOO_SHORT';
    if (held.end !== null && end <= held.end) return 'INVALID_SCHEDULE';
    const index = this.assignments.indexOf(held);
    const others = (other: number) => other === index || this.assignments[other]?.eligibility === index;
    if (this.overlaps(held, { start: held.start, end }, others)) return 'ASSIGNMENT_EXISTS';
    return this.#breaksAssignmentRules(held, { start: from, end }, reason) ? 'POLICY_RULES_FAILED' : end;
  }

  #wish({ who, reason, multiFactor }: Asker, target: number, minutes: number, action: 'EXTEND' | 'RENEW'): Answer {
    const status = 'PENDING_ADMIN_DECISION';
    const held = this.assignments[target] as Held;
    this.closeOverdue(held);
    const request = this.ask({ ...bare(held), action, status, by: who, reason, multiFactor, minutes, target });
    return { status, request };
  }

  renew({ who, reason, multiFactor }: Asker, index: number, minutes: number): Answer {
    const held = this.assignments[index] as Held;
    if (!this.sees(who, held)) return no('ASSIGNMENT_NOT_FOUND');
    const administers = this.manages(who, held);
    if (!administers && held.holder !== who) return no('INSUFFICIENT_PERMISSIONS');
    const taken = held.endedBy !== null && held.endedBy !== 'EXPIRED';
    if (!this.over(held) || held.activated || (!administers && taken)) return no('NOT_RENEWABLE');
    if (this.now >= (held.end as number) + 30 * DAY * MINUTE) return no('RENEWAL_WINDOW_CLOSED');
    if (this.pending(held)) return no('REQUEST_PENDING');
    if (!administers && !reason) return no('REASON_REQUIRED');
    const period = this.#anew(held, minutes, administers ? reason : true);
    if (typeof period === 'string') return no(period);
    if (!administers) return this.#wish({ who, reason, multiFactor }, index, minutes, 'RENEW');
    const request = this.ask({ ...bare(held), action: 'ADMIN', status: 'PROVISIONED', by: who, reason });
    const assignment = this.add({ ...bare(held), ...period, activated: false, eligibility: null, request });
    return { status: 'PROVISIONED', request, assignment };
  }

  #anew(held: Held, minutes: number, reason: boolean): Period | string {
    if (minutes < 5) return 'DURATION_TOO_SHORT';
    const period = { start: this.now, end: this.now + minutes * MINUTE };
    if (this.overlaps(held, period)) return 'ASSIGNMENT_EXISTS';
    return this.#breaksAssignmentRules(held, period, reason) ? 'POLICY_RULES_FAILED' : period;
  }

  // Holders

  activate(asker: Asker, eligibility: number, place: Place, startsIn: number, minutes: number | null): Answer {
    const { who } = asker;
    const held = this.assignments[eligibility] as Held;
    if (held.type !== 'ELIGIBLE' || !this.#holds(who, held)) return no('NOT_ELIGIBLE');
    if (!this.#seesPlace(who, place)) return no('SCOPE_NOT_FOUND');
    if (held.place === 'resourceGroup' && place === 'subscription') return no('SCOPE_NOT_ALLOWED');
    const access = { role: held.role, place, holder: who, type: 'ACTIVE' } as const;
    const { approval } = this.policies[held.role];
    const start = this.#startIn(startsIn);
    const period = this.#activationPeriod(held, start, minutes);
    if (minutes !== null && minutes < 5) return no('DURATION_TOO_SHORT');
    if (!this.inForce(held, start)) return no('NOT_ELIGIBLE');
    if (this.overlaps(access, period)) return no('ALREADY_ACTIVE');
    if (this.pending(access)) return no('REQUEST_PENDING');
    if (held.end !== null && period.end > held.end) return no('INVALID_SCHEDULE');
    if (this.#breaksActivationRules(held.role, period, asker)) return no('POLICY_RULES_FAILED');
    const approvers = this.approvers(held.role, who);
    if (approval && approvers.length === 0) return no('NO_APPROVER');
    const asked = { ...access, action: 'ACTIVATE', by: who, eligibility, minutes, reason: asker.reason } as const;
    const more = { start: startsIn === 0 ? null : start, multiFactor: asker.multiFactor };
    if (approval) {
      this.closeOverdue(access);
      const expires = this.now + DAY * MINUTE;
      const request = this.ask({ ...asked, ...more, status: 'PENDING_APPROVAL', expires, approvers });
      return { status: 'PENDING_APPROVAL', request };
    }
    const status = start > this.now ? 'GRANTED' : 'PROVISIONED';
    const request = this.ask({ ...asked, ...more, status });
    const assignment = this.add({ ...access, ...period, activated: true, eligibility, request });
    return { status, request, assignment };
  }

  /** Without a wish as long as is allowed. */
  #activationPeriod(eligibility: Held, start: Instant, minutes: number | null) {
    const { maximum } = this.policies[eligibility.role];
    if (minutes !== null) return { start, end: start + minutes * MINUTE };
    return { start, end: Math.min(start + maximum * MINUTE, eligibility.end ?? Number.POSITIVE_INFINITY) };
  }

  #breaksActivationRules(
    role: RoleName,
    { start, end }: { start: Instant; end: Instant },
    { reason, multiFactor }: Pick<Asker, 'reason' | 'multiFactor'>,
  ): boolean {
    const policy = this.policies[role];
    const longest = this.flaw === 'MAXIMUM' ? policy.maximum * 2 : policy.maximum;
    return end - start > longest * MINUTE || !reason || (policy.multiFactor && !multiFactor);
  }

  extendActivation(asker: Asker, index: number, minutes: number): Answer {
    const { who } = asker;
    const held = this.assignments[index] as Held;
    if (!this.sees(who, held)) return no('ASSIGNMENT_NOT_FOUND');
    const access = { role: held.role, place: held.place, holder: held.holder, type: held.type };
    const end = this.#longerEnd(asker, index, minutes);
    if (typeof end === 'string') return no(end);
    if (this.pending(access)) return no('REQUEST_PENDING');
    const asked = {
      ...access,
      action: 'EXTEND_ACTIVATION',
      by: who,
      eligibility: held.eligibility,
      target: index,
      minutes,
    } as const;
    const more = { reason: asker.reason, multiFactor: asker.multiFactor };
    if (!this.policies[held.role].approval) {
      const request = this.ask({ ...asked, ...more, status: 'PROVISIONED' });
      this.change(index, { end });
      return { status: 'PROVISIONED', request, assignment: index };
    }
    const approvers = this.approvers(held.role, who);
    if (approvers.length === 0) return no('NO_APPROVER');
    this.closeOverdue(access);
    const expires = this.now + DAY * MINUTE;
    const request = this.ask({ ...asked, ...more, status: 'PENDING_APPROVAL', expires, approvers });
    return { status: 'PENDING_APPROVAL', request };
  }

  #longerEnd(asker: Asker, index: number | null, minutes: number): Instant | string {
    const held = index === null ? undefined : this.assignments[index];
    if (held === undefined) return 'ASSIGNMENT_NOT_FOUND';
    if (held.holder !== asker.who || !held.activated || !this.inForce(held)) return 'NOT_ACTIVATED';
    if (!this.policies[held.role].extension) return 'EXTENSION_NOT_ALLOWED';
    const eligibility = this.assignments[held.eligibility as number] as Held;
    if (!this.#holds(asker.who, eligibility) || !this.inForce(eligibility)) return 'NOT_ELIGIBLE';
    const end = (held.end as number) + minutes * MINUTE;
    if (end <= (held.end as number) || (eligibility.end !== null && end > eligibility.end)) return 'INVALID_SCHEDULE';
    if (this.overlaps(held, { start: held.start, end }, (other) => other === index)) return 'ALREADY_ACTIVE';
    return this.#breaksActivationRules(held.role, { start: held.start, end }, asker) ? 'POLICY_RULES_FAILED' : end;
  }

  deactivate({ who, reason }: Asker, index: number): Answer {
    const held = this.assignments[index] as Held;
    if (!this.sees(who, held)) return no('ASSIGNMENT_NOT_FOUND');
    const administers = this.manages(who, held);
    const own = held.holder === who;
    if (!own && !administers) return no('INSUFFICIENT_PERMISSIONS');
    if (!held.activated || this.over(held)) return no('NOT_ACTIVATED');
    const floor = this.flaw === 'FIVE_MINUTES' ? 0 : 5 * MINUTE;
    const begun = held.start <= this.now;
    if (begun && !administers && this.now < held.start + floor) return no('ACTIVE_TOO_BRIEFLY');
    const request = this.ask({ ...bare(held), action: 'ADMIN', status: 'REVOKED', by: who, reason });
    this.end(index, own ? 'DEACTIVATED' : 'REMOVED');
    return { status: 'REVOKED', request, assignment: index };
  }

  // Decisions

  decide(asker: Asker, index: number, approve: boolean, shorter: number | null): Answer {
    const { who } = asker;
    const request = this.requests[index] as Asked;
    if (!this.seesRequest(who, request)) return no('REQUEST_NOT_FOUND');
    if (request.action === 'EXTEND' || request.action === 'RENEW')
      return this.#administer(asker, index, approve, shorter);
    if (who === request.by || who === request.holder) {
      if (this.flaw !== 'SELF_APPROVAL') return no('SELF_APPROVAL');
    }
    const standing = request.decided || this.approvers(request.role, request.by).includes(who);
    if (!request.approvers.includes(who) || !standing) return no('NOT_APPROVER');
    if (request.status !== 'PENDING_APPROVAL') return no('REQUEST_NOT_PENDING');
    if (this.overdue(request)) {
      this.answer(index, { status: 'TIMED_OUT' });
      return no('REQUEST_TIMED_OUT');
    }
    if (!asker.reason) return no('JUSTIFICATION_REQUIRED');
    if (!approve) {
      this.answer(index, { status: 'DENIED', decided: true });
      return { status: 'DENIED' };
    }
    if (shorter !== null && shorter > (request.minutes ?? this.policies[request.role].maximum))
      return no('INVALID_SCHEDULE');
    return this.#grant(index, shorter === null ? request.minutes : Math.min(shorter, request.minutes ?? shorter));
  }

  /** Everything is judged again as of now, for the one who asked. */
  #grant(index: number, minutes: number | null): Answer {
    const request = this.requests[index] as Asked;
    const asker = { who: request.by, reason: request.reason, multiFactor: request.multiFactor };
    const decided = { decided: true, approved: true };
    if (request.action === 'EXTEND_ACTIVATION') {
      const running = this.assignments.findIndex(
        (held) => sameAccess(held, request) && held.activated && this.inForce(held),
      );
      const end = this.#longerEnd(asker, running < 0 ? null : running, minutes as number);
      if (typeof end === 'string') return no(end);
      this.change(running, { end });
      this.answer(index, { status: 'PROVISIONED', ...decided });
      return { status: 'PROVISIONED', assignment: running };
    }
    const eligibility = this.assignments[request.eligibility as number] as Held;
    if (!this.#holds(request.by, eligibility)) return no('NOT_ELIGIBLE');
    const start = Math.max(request.start ?? this.now, this.now);
    const period = this.#activationPeriod(eligibility, start, minutes);
    if (minutes !== null && minutes < 5) return no('DURATION_TOO_SHORT');
    if (!this.inForce(eligibility, start)) return no('NOT_ELIGIBLE');
    const end = Math.min(period.end, eligibility.end ?? Number.POSITIVE_INFINITY);
    if (end - start < 5 * MINUTE) return no('DURATION_TOO_SHORT');
    if (this.overlaps(request, { start, end })) return no('ALREADY_ACTIVE');
    if (this.#breaksActivationRules(request.role, period, asker)) return no('POLICY_RULES_FAILED');
    const status = start > this.now ? 'GRANTED' : 'PROVISIONED';
    this.answer(index, { status, ...decided });
    const { role, place, holder } = request;
    const access = { role, place, holder, type: 'ACTIVE', activated: true } as const;
    const assignment = this.add({ ...access, start, end, eligibility: request.eligibility, request: index });
    return { status, assignment };
  }

  #administer({ who, reason }: Asker, index: number, approve: boolean, other: number | null): Answer {
    const request = this.requests[index] as Asked;
    const held = this.assignments[request.target as number] as Held;
    if (who === request.by) return no('SELF_APPROVAL');
    if (!this.manages(who, held)) return no('INSUFFICIENT_PERMISSIONS');
    if (request.status !== 'PENDING_ADMIN_DECISION') return no('REQUEST_NOT_PENDING');
    if (!reason) return no('JUSTIFICATION_REQUIRED');
    if (!approve) {
      this.answer(index, { status: 'DENIED', decided: true });
      return { status: 'DENIED' };
    }
    const minutes = other ?? (request.minutes as number);
    if (this.over(held)) {
      if (held.endedBy !== null && held.endedBy !== 'EXPIRED') return no('ASSIGNMENT_ENDED');
      const period = this.#anew(held, minutes, reason);
      if (typeof period === 'string') return no(period);
      const assignment = this.add({ ...bare(held), ...period, activated: false, eligibility: null, request: index });
      this.answer(index, { status: 'PROVISIONED', decided: true });
      return { status: 'PROVISIONED', assignment };
    }
    if (held.end === null) return no('NOT_EXTENDABLE');
    const end = this.#laterEnd(held, minutes, reason);
    if (typeof end === 'string') return no(end);
    this.change(request.target as number, { end });
    this.answer(index, { status: 'PROVISIONED', decided: true });
    return { status: 'PROVISIONED', assignment: request.target as number };
  }

  cancel({ who }: Asker, index: number): Answer {
    const request = this.requests[index] as Asked;
    if (!this.seesRequest(who, request)) return no('REQUEST_NOT_FOUND');
    if (request.by !== who && !this.manages(who, request)) return no('INSUFFICIENT_PERMISSIONS');
    if (this.isWaiting(request)) {
      if (this.overdue(request)) {
        this.answer(index, { status: 'TIMED_OUT' });
        return no('REQUEST_TIMED_OUT');
      }
      this.answer(index, { status: 'CANCELED' });
      return { status: 'CANCELED' };
    }
    const granted = this.assignments.findIndex((held) => held.request === index);
    const later = this.assignments[granted];
    if (request.status !== 'GRANTED' || !later || later.start <= this.now || this.over(later))
      return no('NOT_CANCELABLE');
    this.answer(index, { status: 'CANCELED' });
    this.change(granted, { end: later.start, endedBy: 'REMOVED' });
    this.drop(granted);
    return { status: 'CANCELED', assignment: granted };
  }

  // Time

  /** What has fallen due, the oldest first. @returns how much of it could not be done */
  sweep(): number {
    let faults = 0;
    const starts = this.assignments.flatMap((held, index) =>
      held.request !== null && this.requests[held.request]?.status === 'GRANTED' && held.start <= this.now
        ? [{ at: held.start, rank: 0, index }]
        : [],
    );
    const overdue = this.requests.flatMap((request, index) =>
      this.overdue(request) ? [{ at: request.expires as number, rank: 1, index }] : [],
    );
    const ends = this.assignments.flatMap((held, index) =>
      held.end !== null && held.end <= this.now ? [{ at: held.end, rank: 2, index }] : [],
    );
    for (const { rank, index } of [...starts, ...overdue, ...ends].sort((a, b) => a.at - b.at || a.rank - b.rank)) {
      if (rank === 0) faults += this.#begin(index);
      else if (rank === 1) this.answer(index, { status: 'TIMED_OUT' });
      else this.#expire(index);
    }
    return faults;
  }

  #expire(index: number): void {
    const held = this.assignments[index] as Held;
    const granted = held.request !== null && this.requests[held.request]?.status === 'GRANTED';
    if (held.endedBy === null && held.start !== held.end && !granted) this.change(index, { endedBy: 'EXPIRED' });
  }

  #begin(index: number): number {
    const held = this.assignments[index] as Held;
    if (held.endedBy !== null || held.start === held.end) return 0;
    const request = held.request as number;
    if (this.#mayBegin(held, this.requests[request] as Asked)) {
      this.answer(request, { status: 'PROVISIONED' });
      return 0;
    }
    const before = { assignments: this.assignments, requests: this.requests };
    this.change(index, { end: held.end !== null && held.end < this.now ? held.end : this.now, endedBy: 'FAILED' });
    this.answer(request, { status: 'FAILED' });
    if (!this.losesAdministrators(before.assignments)) return 0;
    Object.assign(this, before);
    return 1;
  }

  #mayBegin(held: Held, request: Asked): boolean {
    if (!held.activated) return !this.#breaksAssignmentRules(held, held, request.reason);
    const eligibility = this.assignments[held.eligibility as number] as Held;
    if (!this.#holds(request.by, eligibility) || !this.inForce(eligibility, held.start)) return false;
    const period = { start: held.start, end: held.end as number };
    if (this.#breaksActivationRules(held.role, period, request)) return false;
    return !this.policies[held.role].approval || request.approved;
  }
}

function sameAccess(a: Access, b: Access): boolean {
  return a.role === b.role && a.place === b.place && a.holder === b.holder && a.type === b.type;
}

const bare = ({ role, place, holder, type }: Access): Access => ({ role, place, holder, type });
