/** Does everything that falls due happen once, in order, also late and also when two see to it at once? Time is moved by dates. */
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RolePolicyRules } from '../../src/decision/policy.ts';
import { sweep } from '../../src/schedule/sweep.ts';
import { openDatabase } from '../../src/store/database.ts';
import { dueItems } from '../../src/store/due.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { PLAIN_ROLE, type Rows, rowsOf } from '../support/rows.ts';

let clone: TestDatabase;
let given: Rows;
beforeEach(async () => {
  clone = await cloneDatabase();
  given = rowsOf(clone.database);
});
afterEach(() => clone.drop());

const onFault = (error: unknown) => {
  throw error;
};
const run = () => sweep(clone.database, { onFault });
const types = async () => (await given.events()).map(({ type }) => type);
const assignmentOf = async (id: string) =>
  (
    await given.run(sql<{ endedBy: string | null; inForce: boolean }>`
      SELECT ended_by AS "endedBy", during @> clock_timestamp() AS "inForce" FROM assignment WHERE id = ${id}`)
  )[0];
const statusOf = async (id: string) =>
  (await given.run(sql<{ status: string }>`SELECT status FROM request WHERE id = ${id}`))[0]?.status;

/** An activation asked for two hours ago, to begin a minute ago, on an eligible assignment that is in force. */
async function futureActivation(options: { enabled?: boolean; eligibleUntil?: number; multiFactor?: boolean } = {}) {
  const principal = await given.user('Una', options.enabled ?? true);
  const eligibility = await given.assignment({
    ...{ principal, type: 'ELIGIBLE', starts: -5000, ends: options.eligibleUntil ?? null },
  });
  const { multiFactor = true } = options;
  const request = await given.request({ principal, status: 'GRANTED', starts: -1, eligibility, multiFactor });
  const assignment = await given.assignment({ principal, starts: -1, ends: 59, eligibility, request });
  return { principal, eligibility, request, assignment };
}

describe('starts', () => {
  test('an activation that was granted for later begins, once', async () => {
    const { assignment, request } = await futureActivation();
    expect(await run()).toBe(1);
    expect(await run()).toBe(0);
    expect(await statusOf(request)).toBe('PROVISIONED');
    expect(await given.events()).toMatchObject([
      { type: 'assignment.started', assignmentId: assignment, requestId: request },
    ]);
  });

  test('an assignment that was granted for later begins', async () => {
    const principal = await given.user();
    const request = await given.request({ principal, type: 'ELIGIBLE', status: 'GRANTED', starts: -1 });
    await given.assignment({ principal, type: 'ELIGIBLE', starts: -1, request });
    expect(await run()).toBe(1);
    expect(await types()).toEqual(['assignment.started']);
  });

  test('nothing begins before its start', async () => {
    const principal = await given.user();
    const request = await given.request({ principal, type: 'ELIGIBLE', status: 'GRANTED', starts: 1 });
    await given.assignment({ principal, type: 'ELIGIBLE', starts: 1, request });
    expect(await run()).toBe(0);
    expect(await statusOf(request)).toBe('GRANTED');
  });

  const approval = (rules: RolePolicyRules) => ({
    ...rules,
    Approval_EndUser_Assignment: { ...rules.Approval_EndUser_Assignment, isApprovalRequired: true },
  });
  const shorter = (rules: RolePolicyRules) => ({
    ...rules,
    Expiration_EndUser_Assignment: { ...rules.Expiration_EndUser_Assignment, maximumMinutes: 30 },
  });
  test.each([
    ['its holder has been disabled', { enabled: false }, null, 'PRINCIPAL_DISABLED'],
    ['the eligible assignment has ended', { eligibleUntil: -30 }, null, 'NOT_ELIGIBLE'],
    ['the policy now asks for less', {}, shorter, 'POLICY_RULES_FAILED'],
    ['the policy now asks for approval', {}, approval, 'NOT_APPROVED'],
  ])('an activation fails when %s', async (_name, options, policy, code) => {
    const { assignment, request } = await futureActivation(options);
    if (policy) await given.policy(policy);
    expect(await run()).toBeGreaterThanOrEqual(1);
    expect(await statusOf(request)).toBe('FAILED');
    expect(await assignmentOf(assignment)).toEqual({ endedBy: 'FAILED', inForce: false });
    const failed = (await given.events()).filter(({ type }) => type === 'request.failed');
    expect(failed).toMatchObject([{ assignmentId: assignment, payload: { refusals: [{ code }] } }]);
    expect(await types()).not.toContain('assignment.started');
    expect(await run()).toBe(0);
  });

  test('a start in a locked scope fails', async () => {
    const { assignment } = await futureActivation();
    await given.run(sql`UPDATE scope SET locked = true`);
    await run();
    expect(await assignmentOf(assignment)).toMatchObject({ endedBy: 'FAILED' });
  });
});

describe('ends', () => {
  test('an assignment that reached its end is put on record, once', async () => {
    const principal = await given.user();
    const assignment = await given.assignment({ principal, ends: -1 });
    expect(await run()).toBe(1);
    expect(await run()).toBe(0);
    expect(await assignmentOf(assignment)).toEqual({ endedBy: 'EXPIRED', inForce: false });
    expect(await given.events()).toMatchObject([{ type: 'assignment.expired', assignmentId: assignment }]);
  });

  test('it is over before anybody has put it on record', async () => {
    const assignment = await given.assignment({ principal: await given.user(), ends: -0.001 });
    expect(await assignmentOf(assignment)).toEqual({ endedBy: null, inForce: false });
  });

  test('what was removed does not expire as well, nor what never began', async () => {
    const principal = await given.user();
    const removed = await given.assignment({ principal, ends: -1 });
    await given.run(sql`UPDATE assignment SET ended_by = 'REMOVED' WHERE id = ${removed}`);
    await given.assignment({ principal: await given.user(), starts: -10, ends: -10 });
    expect(await run()).toBe(0);
  });
});

describe('time-outs', () => {
  test.each(['PENDING_APPROVAL', 'PENDING_ADMIN_DECISION'] as const)('%s times out, once', async (status) => {
    const request = await given.request({ principal: await given.user(), status, expires: -1 });
    const waiting = await given.request({ principal: await given.user(), status, expires: 1 });
    expect(await run()).toBe(1);
    expect(await run()).toBe(0);
    expect([await statusOf(request), await statusOf(waiting)]).toEqual(['TIMED_OUT', status]);
    expect(await given.events()).toMatchObject([{ type: 'request.timedOut', requestId: request }]);
  });
});

describe('escalations', () => {
  test('a stage that nobody decided calls its backup approvers, once; the next stage again', async () => {
    const request = await given.request({ principal: await given.user(), status: 'PENDING_APPROVAL', expires: 60 });
    const escalate = (stage: number, minutes: number) =>
      given.run(
        sql`UPDATE request SET stage = ${stage}, escalates_at = clock_timestamp() + make_interval(mins => ${minutes}::int) WHERE id = ${request}`,
      );
    await escalate(1, 1);
    expect(await run()).toBe(0);
    await escalate(1, -1);
    expect([await run(), await run()]).toEqual([1, 0]);
    await escalate(2, -1);
    expect([await run(), await run()]).toEqual([1, 0]);
    expect(await given.events()).toMatchObject([
      { type: 'request.escalated', requestId: request, payload: { stage: 1 } },
      { type: 'request.escalated', requestId: request, payload: { stage: 2 } },
    ]);
  });
});

describe('warnings', () => {
  const DAY = 24 * 60;
  test.each([
    ['an assignment with 13 days left', false, 13 * DAY, ['FOURTEEN_DAYS']],
    ['an assignment with 15 days left', false, 15 * DAY, []],
    ['an assignment with 10 hours left', false, 600, ['FOURTEEN_DAYS', 'ONE_DAY']],
    ['an activation with 14 minutes left', true, 14, ['FIFTEEN_MINUTES']],
    ['an activation with 16 minutes left', true, 16, []],
    ['an activation with 4 minutes left', true, 4, ['FIFTEEN_MINUTES', 'FIVE_MINUTES']],
  ])('%s', async (_name, activated, ends, kinds) => {
    const principal = await given.user();
    const eligibility = activated ? await given.assignment({ principal, type: 'ELIGIBLE' }) : null;
    const assignment = await given.assignment({ principal, starts: -20 * DAY, ends, eligibility });
    await run();
    expect(await run()).toBe(0);
    const events = await given.events();
    expect(events.map(({ payload }) => payload.kind)).toEqual(kinds);
    for (const event of events) {
      expect(event).toMatchObject({
        type: 'assignment.expiring',
        assignmentId: assignment,
        payload: { minutesLeft: ends },
      });
    }
  });

  test('an end that is moved is warned of anew', async () => {
    const principal = await given.user();
    const assignment = await given.assignment({ principal, starts: -40 * DAY, ends: 13 * DAY });
    expect(await run()).toBe(1);
    await given.run(sql`UPDATE assignment SET ends_at = ends_at + interval '60 days' WHERE id = ${assignment}`);
    expect(await run()).toBe(0);
    await given.run(sql`UPDATE assignment SET ends_at = ends_at - interval '61 days' WHERE id = ${assignment}`);
    expect(await run()).toBe(1);
  });

  test('what lasts no longer than the warning gets none', async () => {
    await given.assignment({ principal: await given.user(), starts: -1, ends: 10 });
    expect(await run()).toBe(0);
  });
});

describe('catching up', () => {
  test('after a time without a scheduler everything happens in the order in which it was due', async () => {
    const early = await given.assignment({ principal: await given.user(), starts: -5000, ends: -300 });
    const request = await given.request({ principal: await given.user(), status: 'PENDING_APPROVAL', expires: -200 });
    const late = await given.assignment({ principal: await given.user(), starts: -5000, ends: -100 });
    const principal = await given.user();
    const eligibility = await given.assignment({ principal, type: 'ELIGIBLE', starts: -5000 });
    const granted = await given.request({ principal, status: 'GRANTED', starts: -250, eligibility });
    const both = await given.assignment({ principal, starts: -250, ends: -150, eligibility, request: granted });
    expect(await run()).toBe(5);
    const seen = (await given.events()).map(({ type, assignmentId, requestId }) => [type, assignmentId ?? requestId]);
    expect(seen).toEqual([
      ['assignment.expired', early],
      ['assignment.started', both],
      ['request.timedOut', request],
      ['assignment.expired', both],
      ['assignment.expired', late],
    ]);
  });

  test('two schedulers at once do each thing once', async () => {
    const holders = await Promise.all(Array.from({ length: 40 }, () => given.user()));
    for (const principal of holders) {
      await given.assignment({ principal, starts: -5000, ends: -1 });
      await given.request({ principal, role: PLAIN_ROLE, status: 'PENDING_APPROVAL', expires: -1 });
      await given.assignment({ principal, type: 'ELIGIBLE', starts: -60 * 24 * 40, ends: 600 });
    }
    const other = await openDatabase(clone.url);
    try {
      const done = await Promise.all([run(), sweep(other, { onFault }), run(), sweep(other, { onFault })]);
      expect(done.reduce((sum, count) => sum + count)).toBe(160);
    } finally {
      await other.close();
    }
    expect(await run()).toBe(0);
    const seen = (await given.events()).map(({ type, assignmentId, requestId, payload }) =>
      [type, assignmentId ?? requestId, payload.kind].join(' '),
    );
    expect(seen).toHaveLength(160);
    expect(new Set(seen).size).toBe(160);
  });

  test('one thing that cannot be done does not hold up the others', async () => {
    const { assignment } = await futureActivation();
    const ended = await given.assignment({ principal: await given.user(), ends: -1 });
    await given.run(sql`CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$`);
    await given.run(
      sql`CREATE TRIGGER broken BEFORE INSERT ON event FOR EACH ROW WHEN (NEW.type = 'assignment.started') EXECUTE FUNCTION broken()`,
    );
    const faults: unknown[] = [];
    expect(await sweep(clone.database, { onFault: (error) => faults.push(error) })).toBe(1);
    expect(faults).toHaveLength(1);
    expect(await types()).toEqual(['assignment.expired']);
    await given.run(sql`DROP TRIGGER broken ON event`);
    expect(await run()).toBe(1);
    expect([await assignmentOf(assignment), await assignmentOf(ended)]).toMatchObject([
      { endedBy: null },
      { endedBy: 'EXPIRED' },
    ]);
  });

  test('what has not fallen due is not even looked at', async () => {
    await given.assignment({ principal: await given.user(), ends: 60 * 24 * 100 });
    expect(await dueItems(clone.database.em.fork().getKysely(), 10)).toEqual([]);
  });
});
