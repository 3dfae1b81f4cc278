/** Does any path lead from asking to approving? Random groups in groups, with circles, name the approvers. */
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { activate } from '../../src/action/activation.ts';
import { approve, deny } from '../../src/action/approval.ts';
import { ENTRA, GROUP_MEMBER } from '../../src/decision/role.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { type Rows, rowsOf } from '../support/rows.ts';
import { contextOf } from '../support/viewer.ts';

let clone: TestDatabase;
let rows: Rows;

beforeAll(async () => {
  clone = await cloneDatabase();
  rows = rowsOf(clone.database);
});

afterAll(() => clone.drop());

const PEOPLE = 4;
const GROUPS = 4;

/** Who is in which group, groups in groups too; who is named as approver; and what happens after the request. */
const companies = fc.record({
  members: fc.array(fc.tuple(fc.nat(PEOPLE + GROUPS - 1), fc.nat(GROUPS - 1)), { maxLength: 14 }),
  approvers: fc.array(fc.nat(PEOPLE + GROUPS - 1), { minLength: 1, maxLength: 4 }),
  later: fc.array(fc.nat(GROUPS - 1), { maxLength: 4 }),
  administrator: fc.boolean(),
});

test('whoever asks is never asked to decide, and refused when they try, also when they become an approver later', async () => {
  const property = fc.asyncProperty(companies, async ({ members, approvers, later, administrator }) => {
    const people = await Promise.all(Array.from({ length: PEOPLE }, () => rows.user()));
    const groups = await Promise.all(Array.from({ length: GROUPS }, () => rows.group()));
    const ids = [...people, ...groups.map(({ id }) => id)];
    const requestor = people[0] as string;
    const join = (member: string, group: number) => {
      const { id, scope } = groups[group] as (typeof groups)[number];
      return member === id
        ? null
        : rows.assignment({ principal: member, role: GROUP_MEMBER, scope, provider: 'GROUP' });
    };
    const joined = new Set<string>();
    for (const [member, group] of members) {
      if (joined.has(`${member} ${group}`)) continue;
      joined.add(`${member} ${group}`);
      await join(ids[member] as string, group);
    }
    const named = approvers.map((index) => ids[index] as string);
    await rows.policy((rules) => ({
      ...rules,
      Enablement_EndUser_Assignment: { enabledRules: [], multiFactorMaximumAgeMinutes: null },
      Approval_EndUser_Assignment: {
        ...rules.Approval_EndUser_Assignment,
        ...{ isApprovalRequired: true, stages: [{ approvers: named, quorum: 1, escalation: null }] },
      },
    }));
    const eligibilityId = await rows.assignment({ principal: requestor, type: 'ELIGIBLE' });
    const reasons = { justification: null, ticketNumber: null, ticketSystem: null };
    const schedule = { startsAt: null, endsAt: null, durationMinutes: 60 };
    const outcome = await activate(await contextOf(clone.database, requestor), {
      eligibilityId,
      scope: null,
      reasons,
      schedule,
    });
    if (outcome.requestId === null) {
      expect(outcome.refusals.map(({ code }) => code)).toEqual(['NO_APPROVER']);
      return;
    }
    const asked = await rows.run(
      sql<{ id: string }>`SELECT approver_id AS id FROM request_approver WHERE request_id = ${outcome.requestId}`,
    );
    expect(asked.map(({ id }) => id)).not.toContain(requestor);
    for (const group of later) if (!joined.has(`0 ${group}`) && joined.add(`0 ${group}`)) await join(requestor, group);
    if (administrator) await rows.assignment({ principal: requestor, role: ENTRA.globalAdministrator });
    const input = { requestIds: [outcome.requestId], justification: 'Mine', durationMinutes: null };
    for (const decide of [approve, deny]) {
      expect(await decide(await contextOf(clone.database, requestor), input)).toMatchObject([
        { status: null, refusals: [{ code: 'SELF_APPROVAL' }] },
      ]);
    }
  });
  await fc.assert(property, { numRuns: 25 });
});
