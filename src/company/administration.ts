/** What did the administrators do in the last 30 days? Assignments made, ended by themselves, removed, and still to come. */
import { plus } from '../decision/schedule.ts';
import { type Access, assigned, longestDays } from './book.ts';
import { ago, ask, type Past, tell } from './past.ts';
import { DAY } from './people.ts';
import { PERSONAS, persona } from './personas.ts';
import { type Places, technician } from './places.ts';
import { policyKey } from './policies.ts';
import { ASSIGNMENT_REASONS, REMOVAL_REASONS } from './reasons.ts';
import type { AssignmentRow } from './rows.ts';

/** Requests that each of these leaves behind: 300 of the 600. */
const ASSIGNED = 230;
const EXPIRED = 40;
const REMOVED = 15;
const COMING = 15;

/** Adds what the administrators did to the past; some of the standing access turns out to be their recent work. */
export function administration(past: Past, places: Places, standing: readonly AssignmentRow[]): void {
  const movable = standing.filter((row) => isManaged(row) && !isNamed(past, row));
  const stride = Math.floor(movable.length / ASSIGNED);
  const recent = new Set(movable.filter((_, index) => index % stride === 0).slice(0, ASSIGNED));
  for (const row of standing) past.assignments.push(recent.has(row) ? recentlyAssigned(past, places, row) : row);
  const fresh = freshAccess(past, places, standing);
  for (let count = 0; count < EXPIRED; count += 1) expired(past, places, fresh());
  for (let count = 0; count < REMOVED; count += 1) removed(past, places, fresh());
  for (let count = 0; count < COMING; count += 1) coming(past, places, fresh());
}

/** The access of personas, and of roles with settings of their own, is older than this gateway. */
function isNamed(past: Past, row: AssignmentRow): boolean {
  return past.policies.has(policyKey(row)) || PERSONAS.some(({ objectId }) => objectId === row.principalId);
}

/** Memberships and ownerships are mostly the directory's own. */
function isManaged({ provider, type }: AssignmentRow): boolean {
  return provider !== 'GROUP' || type === 'ELIGIBLE';
}

function recentlyAssigned(past: Past, places: Places, row: AssignmentRow): AssignmentRow {
  const startsAt = ago(past, 60, 29 * DAY);
  const endsSoon = row.endsAt !== null && row.endsAt <= plus(past.now, 14 * DAY);
  const endsAt = row.endsAt === null || endsSoon ? row.endsAt : plus(startsAt, longestDays(row.type) * DAY);
  return assignedBy(past, places, { ...row, startsAt, endsAt, createdAt: startsAt }, startsAt);
}

function assignedBy(past: Past, places: Places, row: AssignmentRow, at: Date): AssignmentRow {
  const requestorId = administratorOf(past, places, row);
  const { id: requestId } = ask(past, row, {
    action: 'ADMIN_ASSIGN',
    status: row.startsAt > at ? 'GRANTED' : 'PROVISIONED',
    ...{ requestorId, createdAt: at, completedAt: at, startsAt: row.startsAt, endsAt: row.endsAt },
    justification: past.random.pick(ASSIGNMENT_REASONS),
  });
  tell(past, 'assignment.assigned', at, requestorId, row, { assignmentId: row.id, requestId });
  return { ...row, createdAt: at, requestId };
}

function expired(past: Past, places: Places, access: Access): void {
  const startsAt = ago(past, 20 * DAY, 29 * DAY);
  const endsAt = ago(past, DAY, 15 * DAY);
  const row = { ...assigned(past.random.uuid(), access), startsAt, endsAt, createdAt: startsAt };
  past.assignments.push(assignedBy(past, places, { ...row, endedBy: 'EXPIRED' }, startsAt));
  tell(past, 'assignment.expired', endsAt, null, row, { assignmentId: row.id });
}

function removed(past: Past, places: Places, access: Access): void {
  const startsAt = ago(past, 40 * DAY, 100 * DAY);
  const endsAt = ago(past, DAY, 28 * DAY);
  const row = { ...assigned(past.random.uuid(), access), startsAt, endsAt, createdAt: startsAt };
  past.assignments.push({ ...row, endedBy: 'REMOVED' });
  ask(past, row, {
    ...{ action: 'ADMIN_REMOVE', status: 'REVOKED', requestorId: administratorOf(past, places, row) },
    ...{ createdAt: endsAt, completedAt: endsAt, justification: past.random.pick(REMOVAL_REASONS) },
  });
}

/** Made already, and in force within the next weeks. */
function coming(past: Past, places: Places, access: Access): void {
  const at = ago(past, 60, 10 * DAY);
  const startsAt = plus(past.now, past.random.between(DAY, 30 * DAY));
  const endsAt = plus(startsAt, past.random.between(10, longestDays(access.type)) * DAY);
  const row = { ...assigned(past.random.uuid(), access), startsAt, endsAt, createdAt: at };
  past.assignments.push(assignedBy(past, places, row, at));
}

/** Access like somebody else's, for a technician who does not have it in any form. */
function freshAccess(past: Past, { technicians }: Places, standing: readonly AssignmentRow[]): () => Access {
  const keyOf = ({ principalId, roleId, scopeId }: Access) => `${principalId} ${roleId} ${scopeId}`;
  const taken = new Set(standing.map(keyOf));
  const models = standing.filter((row) => row.type === 'ELIGIBLE' && !isNamed(past, row));
  return () => {
    for (;;) {
      const { provider, roleId, scopeId } = past.random.pick(models);
      const type = past.random.below(3) === 0 ? 'ACTIVE' : 'ELIGIBLE';
      const access: Access = { provider, roleId, scopeId, type, principalId: past.random.pick(technicians).id };
      if (taken.has(keyOf(access))) continue;
      taken.add(keyOf(access));
      return access;
    }
  };
}

/** Somebody who was allowed to: an active Privileged Role, resource or Groups Administrator. */
function administratorOf(past: Past, places: Places, { provider, scopeId }: Access): string {
  if (provider === 'AZURE_RESOURCE') return technician(places, 1);
  const roleAssignable = places.groups.some((group) => group.id === scopeId && group.roleAssignable);
  if (provider === 'GROUP' && !roleAssignable) return persona('uma');
  return past.random.pick([persona('pia'), technician(places, 0)]);
}
