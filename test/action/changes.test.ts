/** What becomes of an assignment once it is made? Removed, changed, extended, renewed and taken back, on a real database. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { activate } from '../../src/action/activation.ts';
import { approve, deny } from '../../src/action/approval.ts';
import { type AssignInput, assign } from '../../src/action/assignment.ts';
import { cancel } from '../../src/action/cancellation.ts';
import { deactivate } from '../../src/action/deactivation.ts';
import { extend } from '../../src/action/extension.ts';
import type { Outcome } from '../../src/action/perform.ts';
import { remove } from '../../src/action/removal.ts';
import { renew } from '../../src/action/renewal.ts';
import { update } from '../../src/action/update.ts';
import { ENTRA, TENANT_ROOT_SCOPE } from '../../src/decision/role.ts';
import { listRequests } from '../../src/store/request.ts';
import { instant } from '../../src/store/transaction.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { AZURE_READER, PLAIN_ROLE, type Rows, rowsOf } from '../support/rows.ts';
import { contextOf } from '../support/viewer.ts';

const DAY = 24 * 60;
/** Of Azure: its holder manages everything below. */
const USER_ACCESS_ADMINISTRATOR = '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9';
const WHY = { justification: 'Because', ticketNumber: 'T-1', ticketSystem: 'Desk' };
const NO_WISH = { startsAt: null, endsAt: null, durationMinutes: null, permanent: false };

let clone: TestDatabase;
let rows: Rows;
let root: string;
let una: string;
let ben: string;
beforeAll(async () => {
  clone = await cloneDatabase();
  rows = rowsOf(clone.database);
  root = await rows.user('Root');
  await rows.assignment({ principal: root, role: ENTRA.globalAdministrator });
  await rows.assignment({
    ...{ principal: root, role: USER_ACCESS_ADMINISTRATOR, scope: TENANT_ROOT_SCOPE },
    provider: 'AZURE_RESOURCE',
  });
});
afterAll(() => clone.drop());
beforeEach(async () => {
  una = await rows.user('Una');
  ben = await rows.user('Ben');
});

const as = (principal: string) => contextOf(clone.database, principal);
const eligible = (more: object = {}) => rows.assignment({ principal: una, type: 'ELIGIBLE', ends: 10 * DAY, ...more });
const removing = (assignmentId: string) => ({ assignmentId, reasons: WHY });
const extending = (assignmentId: string, wish: object = {}) => ({
  ...{ assignmentId, reasons: WHY },
  schedule: { ...NO_WISH, ...wish },
});
const updating = (assignmentId: string, wish: object = {}, condition?: string | null) => ({
  ...extending(assignmentId, wish),
  condition,
});
const renewing = (assignmentIds: string[], wish: object = {}) => ({
  ...{ assignmentIds, reasons: WHY },
  schedule: { ...NO_WISH, ...wish },
});
const activating = (eligibilityId: string, more: object = {}) => ({
  ...{ eligibilityId, scope: null, reasons: WHY },
  schedule: { startsAt: null, endsAt: null, durationMinutes: 60, ...more },
});
const deciding = (requestId: string, more: object = {}) => ({
  ...{ requestIds: [requestId], justification: 'Agreed', durationMinutes: null },
  ...more,
});
const first = async (outcomes: Promise<Outcome[]>) => (await outcomes)[0] as Outcome;
const codes = ({ refusals }: Outcome) => refusals.map(({ code }) => code);
const later = (minutes: number) => new Date(Date.now() + minutes * 60_000);

async function stored(id: string) {
  const [row] = await rows.run(sql<{ startsAt: string; endsAt: string | null; endedBy: string; condition: string }>`
    SELECT starts_at AS "startsAt", ends_at AS "endsAt", ended_by AS "endedBy", condition, type FROM assignment WHERE id = ${id}`);
  if (!row) throw new Error('no such assignment');
  return { ...row, startsAt: instant(row.startsAt), endsAt: instant(row.endsAt) };
}
async function statusOf(requestId: string | null) {
  const [row] = await rows.run(sql<{ status: string }>`SELECT status FROM request WHERE id = ${requestId}`);
  return row?.status;
}
/** What happened to the access of Una, in order. */
async function told(): Promise<string[]> {
  const events = await rows.run(sql<{ type: string }>`SELECT type FROM event WHERE principal_id = ${una} ORDER BY id`);
  return events.map(({ type }) => type);
}
/** What waits for the decision of somebody. */
async function inbox(principal: string): Promise<string[]> {
  const { viewer } = await as(principal);
  const db = clone.database.em.fork().getKysely();
  const { nodes } = await listRequests(db, viewer, { awaitingMyApproval: true }, { first: 100 });
  return nodes.map(({ id }) => id);
}
const approvalBy = (approver: string) =>
  rows.policy((rules) => ({
    ...rules,
    Approval_EndUser_Assignment: {
      ...rules.Approval_EndUser_Assignment,
      isApprovalRequired: true,
      stages: [{ approvers: [approver], quorum: 1, escalation: null }],
    },
  }));
const noApproval = () => rows.policy((rules) => rules);

describe('an administrator removes', () => {
  test('an eligible assignment, and with it what rests on it', async () => {
    const id = await eligible();
    const running = await activate(await as(una), activating(id));
    const outcome = await remove(await as(root), removing(id));
    expect(outcome).toMatchObject({ status: 'REVOKED', assignmentId: id, refusals: [] });
    expect(await stored(id)).toMatchObject({ endedBy: 'REMOVED' });
    expect((await stored(running.assignmentId as string)).endedBy).toBe('REMOVED');
    expect(await told()).toEqual(['assignment.activated', 'assignment.removed', 'assignment.removed']);
    expect(codes(await activate(await as(una), activating(id)))).toEqual(['NOT_ELIGIBLE']);
    expect(codes(await remove(await as(root), removing(id)))).toEqual(['ASSIGNMENT_ENDED']);
  });

  test('or their holder deactivates, what was granted for later: its request says so', async () => {
    const granted = await activate(await as(una), activating(await eligible(), { startsAt: later(60) }));
    const input = { assignmentId: granted.assignmentId as string, justification: null };
    expect(codes(await deactivate(await as(una), input))).toEqual([]);
    expect(await statusOf(granted.requestId)).toBe('CANCELED');
    expect(await told()).toEqual(['assignment.activated', 'assignment.deactivated', 'request.canceled']);
  });

  test('one whose activation waits for approval, and one whose extension waits', async () => {
    await approvalBy(root);
    const id = await eligible();
    const asked = await activate(await as(una), activating(id));
    await noApproval();
    const wish = await extend(await as(una), extending(id, { durationMinutes: 20 * DAY }));
    expect([asked.status, wish.status]).toEqual(['PENDING_APPROVAL', 'PENDING_ADMIN_DECISION']);
    await remove(await as(root), removing(id));
    expect([await statusOf(asked.requestId), await statusOf(wish.requestId)]).toEqual(['CANCELED', 'CANCELED']);
    const made = ['request.created', 'request.created'];
    expect(await told()).toEqual([...made, 'assignment.removed', 'request.canceled', 'request.canceled']);
  });

  test('one that is still to begin: it never does, and its request says so', async () => {
    const made = await assign(await as(root), future());
    const id = made.assignmentId as string;
    expect(made.status).toBe('GRANTED');
    await remove(await as(root), removing(id));
    const { startsAt, endsAt } = await stored(id);
    expect(endsAt).toEqual(startsAt);
    expect(await statusOf(made.requestId)).toBe('CANCELED');
    expect(await told()).toEqual(['assignment.assigned', 'assignment.removed', 'request.canceled']);
  });

  test('nothing that is not theirs to manage, or hidden', async () => {
    const id = await eligible();
    expect(codes(await remove(await as(una), removing(id)))).toEqual(['INSUFFICIENT_PERMISSIONS']);
    expect(codes(await remove(await as(ben), removing(id)))).toEqual(['ASSIGNMENT_NOT_FOUND']);
    expect(await stored(id)).toMatchObject({ endedBy: null });
    expect(await told()).toEqual(['request.refused']);
  });

  test('only in thought, when it is validated', async () => {
    const id = await eligible();
    const outcome = await remove(await as(root), { ...removing(id), validateOnly: true });
    expect(outcome).toMatchObject({ status: 'REVOKED', requestId: null, refusals: [] });
    expect(await stored(id)).toMatchObject({ endedBy: null });
    expect(await told()).toEqual([]);
  });
});

const future = (): AssignInput => ({
  ...{ principalId: una, roleId: PLAIN_ROLE, scope: null, type: 'ELIGIBLE', reasons: WHY, condition: null },
  schedule: { startsAt: later(DAY), endsAt: null, durationMinutes: 10 * DAY },
});

describe('an administrator updates', () => {
  test('the end; activations that would outlast it end with it', async () => {
    const id = await eligible();
    const running = await activate(await as(una), activating(id));
    const outcome = await update(await as(root), updating(id, { durationMinutes: 30 }));
    expect(outcome).toMatchObject({ status: 'PROVISIONED', refusals: [] });
    const { endsAt } = await stored(id);
    expect(await stored(running.assignmentId as string)).toMatchObject({ endsAt, endedBy: null });
    expect(await told()).toEqual(['assignment.activated', 'assignment.updated', 'assignment.updated']);
  });

  test('the start of one that has not begun; activations for before it never begin', async () => {
    const made = await assign(await as(root), future());
    const id = made.assignmentId as string;
    const early = await activate(await as(una), activating(id, { startsAt: later(DAY + 60) }));
    expect(early.status).toBe('GRANTED');
    const startsAt = later(3 * DAY);
    expect(codes(await update(await as(root), updating(id, { startsAt })))).toEqual([]);
    expect((await stored(id)).startsAt).toEqual(startsAt);
    const never = await stored(early.assignmentId as string);
    expect(never.endsAt).toEqual(never.startsAt);
    expect(await statusOf(early.requestId)).toBe('CANCELED');
    const [request] = await rows.run(
      sql<{ at: string }>`SELECT completed_at AS at FROM request WHERE id = ${made.requestId}`,
    );
    expect(instant(request?.at ?? '')).toEqual(startsAt);
  });

  test('not over another one, and not against the role settings', async () => {
    const id = await eligible();
    await eligible({ starts: 20 * DAY, ends: 30 * DAY });
    expect(codes(await update(await as(root), updating(id, { permanent: true })))).toEqual(['ASSIGNMENT_EXISTS']);
    const active = await rows.assignment({ principal: una, ends: DAY });
    const silent = { ...updating(active, { permanent: true }), reasons: { ...WHY, justification: null } };
    expect(codes(await update(await as(root), silent))).toEqual(['POLICY_RULES_FAILED']);
  });

  test('the condition of an Azure role, which an activation carries on', async () => {
    const condition = "@Resource[Microsoft.Storage/storageAccounts:name] StringEquals 'logs'";
    const scope = await rows.scope('SUBSCRIPTION', TENANT_ROOT_SCOPE, `/subscriptions/${una}`);
    const input = { ...future(), roleId: AZURE_READER, scope: { id: scope }, condition };
    const schedule = { startsAt: null, endsAt: null, durationMinutes: DAY };
    const made = await assign(await as(root), { ...input, schedule });
    const id = made.assignmentId as string;
    expect((await stored(id)).condition).toBe(condition);
    const active = await activate(await as(una), activating(id));
    expect((await stored(active.assignmentId as string)).condition).toBe(condition);
    expect(codes(await update(await as(root), updating(id, {}, 'StringEquals')))).toEqual(['CONDITION_INVALID']);
    expect(codes(await update(await as(root), updating(id, {}, null)))).toEqual([]);
    expect((await stored(id)).condition).toBeNull();
    expect(codes(await assign(await as(root), { ...input, condition: '(' }))).toEqual(['CONDITION_INVALID']);
    expect(codes(await assign(await as(root), { ...future(), condition }))).toEqual(['CONDITION_NOT_ALLOWED']);
  });
});

describe('an assignment is extended', () => {
  test('by an administrator, at once', async () => {
    const id = await eligible({ ends: 100 * DAY });
    const endsAt = later(200 * DAY);
    const outcome = await extend(await as(root), extending(id, { endsAt }));
    expect(outcome).toMatchObject({ status: 'PROVISIONED', assignmentId: id, refusals: [] });
    expect((await stored(id)).endsAt).toEqual(endsAt);
    expect(await told()).toEqual(['assignment.extended']);
  });

  test('for its holder, when an administrator agrees', async () => {
    const id = await eligible();
    const asked = await extend(await as(una), extending(id, { durationMinutes: 20 * DAY }));
    expect(asked).toMatchObject({ status: 'PENDING_ADMIN_DECISION', refusals: [] });
    expect(codes(await extend(await as(una), extending(id)))).toEqual(['REQUEST_PENDING']);
    const request = asked.requestId as string;
    expect(await inbox(root)).toContain(request);
    expect([await inbox(una), await inbox(ben)]).toEqual([[], []]);
    expect(codes(await first(approve(await as(una), deciding(request))))).toEqual(['SELF_APPROVAL']);
    expect(codes(await first(approve(await as(ben), deciding(request))))).toEqual(['REQUEST_NOT_FOUND']);
    const decided = await first(approve(await as(root), deciding(request)));
    expect(decided).toMatchObject({ status: 'PROVISIONED', assignmentId: id, refusals: [] });
    const { endsAt } = await stored(id);
    expect(Math.abs((endsAt?.getTime() ?? 0) - later(20 * DAY).getTime())).toBeLessThan(60_000);
    expect(await told()).toEqual([
      ...['request.created', 'request.refused', 'request.refused'],
      ...['request.approved', 'assignment.extended'],
    ]);
    expect(codes(await first(deny(await as(root), deciding(request))))).toEqual(['REQUEST_NOT_PENDING']);
  });

  test('not for its holder, when an administrator denies it', async () => {
    const id = await eligible();
    const { endsAt } = await stored(id);
    const { requestId } = await extend(await as(una), extending(id));
    expect(codes(await first(deny(await as(root), deciding(requestId as string, { justification: ' ' }))))).toEqual([
      'JUSTIFICATION_REQUIRED',
    ]);
    const denied = await first(deny(await as(root), deciding(requestId as string)));
    expect(denied).toMatchObject({ status: 'DENIED', assignmentId: null, refusals: [] });
    expect((await stored(id)).endsAt).toEqual(endsAt);
    expect(await told()).toEqual(['request.created', 'request.refused', 'request.denied']);
  });

  test('as an active one from now on, when the administrator says so', async () => {
    const id = await eligible();
    const running = await activate(await as(una), activating(id));
    const { requestId } = await extend(await as(una), extending(id));
    const approved = deciding(requestId as string, { assignmentType: 'ACTIVE', durationMinutes: DAY });
    const decided = await first(approve(await as(root), approved));
    expect(decided).toMatchObject({ status: 'PROVISIONED', refusals: [] });
    expect(await stored(id)).toMatchObject({ endedBy: 'REMOVED' });
    expect(await stored(running.assignmentId as string)).toMatchObject({ endedBy: 'REMOVED' });
    expect(await stored(decided.assignmentId as string)).toMatchObject({ type: 'ACTIVE', endedBy: null });
    const happened = (await told()).slice(-4);
    expect(happened).toEqual(['request.approved', 'assignment.removed', 'assignment.removed', 'assignment.renewed']);
  });

  test('as an active one later: the eligible one lasts until then', async () => {
    const id = await eligible();
    const { requestId } = await extend(await as(una), extending(id));
    const startsAt = later(DAY);
    const more = { assignmentType: 'ACTIVE', startsAt, durationMinutes: DAY };
    const decided = await first(approve(await as(root), deciding(requestId as string, more)));
    expect(decided.status).toBe('GRANTED');
    expect(await stored(id)).toMatchObject({ endsAt: startsAt, endedBy: null });
    expect((await stored(decided.assignmentId as string)).startsAt).toEqual(startsAt);
  });

  test('not by a member of the group that holds it', async () => {
    const group = await rows.group(true);
    await rows.assignment({
      ...{ principal: una, role: '00000000-0000-4000-8000-0000000000a1' },
      ...{ provider: 'GROUP', scope: group.scope },
    });
    const id = await eligible({ principal: group.id });
    expect(codes(await extend(await as(una), extending(id)))).toEqual(['INSUFFICIENT_PERMISSIONS']);
  });
});

describe('an expired assignment is renewed', () => {
  const expired = () => eligible({ starts: -20 * DAY, ends: -DAY });

  test('by an administrator, several at once, each on its own', async () => {
    const [old, running] = [await expired(), await eligible({ principal: ben })];
    const [made, refused] = await renew(await as(root), renewing([old, running], { durationMinutes: DAY }));
    expect(made).toMatchObject({ status: 'PROVISIONED', refusals: [] });
    expect(codes(refused as Outcome)).toEqual(['NOT_RENEWABLE']);
    expect(made?.assignmentId).not.toBe(old);
    expect(await stored(made?.assignmentId as string)).toMatchObject({ type: 'ELIGIBLE', endedBy: null });
    expect(await told()).toEqual(['assignment.renewed']);
    expect(codes(await first(renew(await as(root), renewing([old]))))).toEqual(['ASSIGNMENT_EXISTS']);
  });

  test('for its former holder, when an administrator agrees', async () => {
    const old = await expired();
    const asked = await first(renew(await as(una), renewing([old])));
    expect(asked).toMatchObject({ status: 'PENDING_ADMIN_DECISION', assignmentId: null, refusals: [] });
    expect(codes(await first(renew(await as(una), renewing([old]))))).toEqual(['REQUEST_PENDING']);
    const more = { startsAt: later(DAY), durationMinutes: DAY };
    const decided = await first(approve(await as(root), deciding(asked.requestId as string, more)));
    expect(decided).toMatchObject({ status: 'GRANTED', refusals: [] });
    expect(await stored(decided.assignmentId as string)).toMatchObject({ startsAt: more.startsAt, type: 'ELIGIBLE' });
    expect(await told()).toEqual(['request.created', 'request.refused', 'request.approved', 'assignment.renewed']);
  });

  test('not when it was taken, too old, or somebody else held it', async () => {
    const taken = await eligible();
    await remove(await as(root), removing(taken));
    expect(codes(await first(renew(await as(una), renewing([taken]))))).toEqual(['NOT_RENEWABLE']);
    const old = await eligible({ starts: -60 * DAY, ends: -31 * DAY });
    expect(codes(await first(renew(await as(una), renewing([old]))))).toEqual(['RENEWAL_WINDOW_CLOSED']);
    expect(codes(await first(renew(await as(ben), renewing([old]))))).toEqual(['ASSIGNMENT_NOT_FOUND']);
  });

  test('once for the same key', async () => {
    const old = await expired();
    const input = { ...renewing([old]), idempotencyKey: old };
    const [made] = await renew(await as(root), input);
    expect(await renew(await as(root), input)).toEqual([made]);
  });

  test('an extension whose assignment expired meanwhile makes it anew', async () => {
    const id = await eligible();
    const { requestId } = await extend(await as(una), extending(id, { durationMinutes: 20 * DAY }));
    await rows.run(sql`UPDATE assignment SET ends_at = clock_timestamp() - interval '1 minute' WHERE id = ${id}`);
    const decided = await first(approve(await as(root), deciding(requestId as string)));
    expect(decided).toMatchObject({ status: 'PROVISIONED', refusals: [] });
    expect(decided.assignmentId).not.toBe(id);
  });
});

describe('a request is taken back', () => {
  const cancelling = (...requestIds: (string | null)[]) => ({
    requestIds: requestIds as string[],
    justification: 'No longer needed',
  });

  test('by whoever asked, several at once, each on its own', async () => {
    const id = await eligible();
    const asked = await extend(await as(una), extending(id));
    const done = await activate(await as(una), activating(id));
    const [canceled, refused] = await cancel(await as(una), cancelling(asked.requestId, done.requestId));
    expect(canceled).toMatchObject({ status: 'CANCELED', assignmentId: null, refusals: [] });
    expect(codes(refused as Outcome)).toEqual(['NOT_CANCELABLE']);
    expect(await statusOf(asked.requestId)).toBe('CANCELED');
    expect((await told()).slice(-2)).toEqual(['request.canceled', 'request.refused']);
    expect(codes(await extend(await as(una), extending(id)))).toEqual([]);
  });

  test('granted for later, it never begins, nor does what rests on it', async () => {
    const made = await assign(await as(root), future());
    const early = await activate(await as(una), activating(made.assignmentId as string, { startsAt: later(2 * DAY) }));
    expect(early.status).toBe('GRANTED');
    expect(codes(await first(cancel(await as(una), cancelling(made.requestId))))).toEqual(['INSUFFICIENT_PERMISSIONS']);
    const canceled = await first(cancel(await as(root), cancelling(made.requestId)));
    expect(canceled).toMatchObject({ status: 'CANCELED', assignmentId: made.assignmentId, refusals: [] });
    for (const id of [made.assignmentId, early.assignmentId]) {
      const { startsAt, endsAt } = await stored(id as string);
      expect(endsAt).toEqual(startsAt);
    }
    expect(await statusOf(early.requestId)).toBe('CANCELED');
    expect(codes(await first(cancel(await as(root), cancelling(made.requestId))))).toEqual(['NOT_CANCELABLE']);
  });

  test('not by others, and not when its time is up', async () => {
    await approvalBy(root);
    const asked = await activate(await as(una), activating(await eligible()));
    await noApproval();
    expect(codes(await first(cancel(await as(ben), cancelling(asked.requestId))))).toEqual(['REQUEST_NOT_FOUND']);
    await rows.run(sql`UPDATE request SET expires_at = clock_timestamp() WHERE id = ${asked.requestId}`);
    expect(codes(await first(cancel(await as(una), cancelling(asked.requestId))))).toEqual(['REQUEST_TIMED_OUT']);
    expect(await statusOf(asked.requestId)).toBe('TIMED_OUT');
    expect(await told()).toEqual(['request.created', 'request.timedOut', 'request.refused']);
  });
});

describe('the last Global Administrator', () => {
  const last = async () => {
    const [row] = await rows.run(sql<{ id: string }>`SELECT id FROM assignment
      WHERE principal_id = ${root} AND role_id = ${ENTRA.globalAdministrator} AND during @> clock_timestamp()`);
    return row?.id as string;
  };

  test('stays, and stays without an end', async () => {
    const id = await last();
    expect(codes(await remove(await as(root), removing(id)))).toEqual(['LAST_ADMINISTRATOR']);
    const ending = updating(id, { durationMinutes: 30 * DAY });
    expect(codes(await update(await as(root), ending))).toEqual(['LAST_ADMINISTRATOR']);
    expect(await stored(id)).toMatchObject({ endsAt: null, endedBy: null });
  });

  test('goes once there is another', async () => {
    await rows.assignment({ principal: ben, role: ENTRA.globalAdministrator });
    expect(codes(await remove(await as(ben), removing(await last())))).toEqual([]);
    await rows.assignment({ principal: root, role: ENTRA.globalAdministrator, starts: 0 });
  });
});

describe('of two at once', () => {
  const outcomes = async (...works: Promise<Outcome>[]) =>
    (await Promise.all(works)).flatMap((one) => codes(one)).sort();

  test('two removals: one counts, the other is told', async () => {
    const [id, admin] = [await eligible(), await as(root)];
    const codes = await outcomes(remove(admin, removing(id)), remove(admin, removing(id)));
    expect(codes).toEqual(['ASSIGNMENT_ENDED']);
    expect(await told()).toEqual(['assignment.removed', 'request.refused']);
  });

  test('a removal and activations: nothing outlives it', async () => {
    for (let round = 0; round < 5; round++) {
      una = await rows.user();
      const id = await eligible();
      const [admin, holder] = [await as(root), await as(una)];
      const refused = await outcomes(activate(holder, activating(id)), remove(admin, removing(id)));
      expect([[], ['NOT_ELIGIBLE']]).toContainEqual(refused);
      const alive = await rows.run(
        sql`SELECT 1 FROM assignment WHERE principal_id = ${una} AND during @> clock_timestamp()`,
      );
      expect(alive).toEqual([]);
    }
  });

  test('an extension and a removal: it stays removed', async () => {
    for (let round = 0; round < 5; round++) {
      una = await rows.user();
      const id = await eligible();
      const [admin, other] = [await as(root), await as(root)];
      const wish = extending(id, { durationMinutes: 20 * DAY });
      const refused = await outcomes(extend(admin, wish), remove(other, removing(id)));
      expect([[], ['ASSIGNMENT_ENDED']]).toContainEqual(refused);
      expect(await stored(id)).toMatchObject({ endedBy: 'REMOVED' });
    }
  });

  test('an approval and a cancellation: one counts, the other is told', async () => {
    const { requestId } = await extend(await as(una), extending(await eligible()));
    const [admin, holder] = [await as(root), await as(una)];
    const request = requestId as string;
    const taking = first(cancel(holder, { requestIds: [request], justification: null }));
    const refused = await outcomes(first(approve(admin, deciding(request))), taking);
    expect([['REQUEST_NOT_PENDING'], ['NOT_CANCELABLE']]).toContainEqual(refused);
  });

  test('two wishes: one waits, the other is told', async () => {
    const [id, holder] = [await eligible(), await as(una)];
    const refused = await outcomes(extend(holder, extending(id)), extend(holder, extending(id)));
    expect(refused).toEqual(['REQUEST_PENDING']);
  });
});

describe('the database has the last word', () => {
  const insert = (action: string, target: string | null) =>
    rows.run(sql`INSERT INTO request (id, action, status, assignment_type, provider, role_id, scope_id, principal_id, requestor_id, target_id, created_at, completed_at)
      SELECT gen_random_uuid(), ${action}, 'PROVISIONED', 'ELIGIBLE', 'ENTRA_ROLE', ${PLAIN_ROLE}, id, ${una}, ${una}, ${target}::uuid, now(), now()
      FROM scope WHERE kind = 'DIRECTORY'`);

  test.each(['ADMIN_UPDATE', 'ADMIN_EXTEND', 'ADMIN_RENEW', 'SELF_EXTEND', 'SELF_RENEW'])(
    '%s names the assignment that it is about',
    async (action) => {
      await expect(insert(action, null)).rejects.toMatchObject({ constraint: 'request_change_has_target' });
      await expect(insert(action, await eligible())).resolves.toBeDefined();
    },
  );

  test('which exists', async () => {
    await expect(insert('ADMIN_REMOVE', una)).rejects.toMatchObject({ constraint: 'request_target_exists' });
  });
});
