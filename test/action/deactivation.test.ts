/** What happens when an activation is ended before its end? By its holder after a while, by an administrator at once. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { activate } from '../../src/action/activation.ts';
import { deactivate } from '../../src/action/deactivation.ts';
import type { Outcome } from '../../src/action/perform.ts';
import { defaultPolicy } from '../../src/decision/policy.ts';
import { ENTRA, GROUP_MEMBER, GROUP_OWNER } from '../../src/decision/role.ts';
import { BECAUSE, type Company, codesIn, foundCompany, NOW_FOR, refusedWith } from '../support/company.ts';
import { AZURE_CONTRIBUTOR } from '../support/rows.ts';

let company: Company;
let eligibility: string;
beforeEach(async () => {
  company = await foundCompany();
  eligibility = await company.eligibleContributor(company.una);
});
afterEach(() => company.drop());

const at = () => ({ role: AZURE_CONTRIBUTOR, provider: 'AZURE_RESOURCE' as const, scope: company.scopes.subscription });
/** An activation of Una's that began so many minutes ago. */
const running = (minutes: number) =>
  company.assignment({ principal: company.una, ...at(), eligibility, starts: -minutes, ends: 60 });
const ends = async (who: string, assignmentId: string, validateOnly = false): Promise<Outcome> =>
  deactivate(await company.as(who), { assignmentId, justification: 'Done', validateOnly });

describe('a holder', () => {
  test('ends an activation: nothing is active, one request, one event', async () => {
    const assignment = await running(6);
    const outcome = await ends(company.una, assignment);
    expect(outcome).toMatchObject({ assignmentId: assignment, status: 'REVOKED', refusals: [] });
    expect(await company.active(company.una)).toEqual([]);
    expect(await company.events()).toMatchObject([
      { type: 'assignment.deactivated', assignmentId: assignment, requestId: outcome.requestId },
    ]);
    const [row] = await company.run(sql`SELECT q.action, a.ended_by AS "endedBy" FROM request q, assignment a
      WHERE q.id = ${outcome.requestId} AND a.id = ${assignment}`);
    expect(row).toEqual({ action: 'SELF_DEACTIVATE', endedBy: 'DEACTIVATED' });
  });

  test('waits for the five minutes, or for as long as the policy says', async () => {
    expect(await ends(company.una, await running(4.9))).toMatchObject(refusedWith('ACTIVE_TOO_BRIEFLY'));
    const { Expiration_EndUser_Assignment: expiration } = defaultPolicy('AZURE_RESOURCE');
    await company.settle({ Expiration_EndUser_Assignment: { ...expiration, minimumMinutes: 0 } }, at());
    const [activation] = await company.active(company.una);
    expect(await ends(company.una, activation?.id as string)).toMatchObject({ status: 'REVOKED' });
  });

  test('waits as the policy of the eligible assignment says, also at a narrower scope', async () => {
    const { Expiration_EndUser_Assignment: expiration } = defaultPolicy('AZURE_RESOURCE');
    await company.settle({ Expiration_EndUser_Assignment: { ...expiration, minimumMinutes: 30 } }, at());
    const narrower = { ...at(), scope: company.scopes.shop };
    const assignment = await company.assignment({
      principal: company.una,
      ...narrower,
      eligibility,
      starts: -20,
      ends: 60,
    });
    expect(await ends(company.una, assignment)).toMatchObject(refusedWith('ACTIVE_TOO_BRIEFLY'));
  });

  test('may activate again at once', async () => {
    await ends(company.una, await running(6));
    const item = { eligibilityId: eligibility, scope: null, schedule: NOW_FOR(60), reasons: BECAUSE };
    expect(await activate(await company.as(company.una), item)).toMatchObject({ status: 'PROVISIONED' });
  });

  test('ends an activation to come, once', async () => {
    const assignment = await company.assignment({
      principal: company.una,
      ...at(),
      eligibility,
      starts: 60,
      ends: 120,
    });
    expect(await ends(company.una, assignment)).toMatchObject({ status: 'REVOKED' });
    expect(await ends(company.una, assignment)).toMatchObject(refusedWith('NOT_ACTIVATED'));
    expect(await company.eventTypes()).toEqual(['assignment.deactivated', 'request.refused']);
  });

  test('ends it once, however often at once', async () => {
    const assignment = await running(6);
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => ends(company.una, assignment)));
    expect(codesIn(outcomes).toSorted()).toEqual([...Array(4).fill('NOT_ACTIVATED'), 'REVOKED']);
  });
});

describe('an administrator', () => {
  test('need not wait, and removes', async () => {
    const assignment = await running(1);
    const outcome = await ends(company.olive, assignment);
    expect(outcome).toMatchObject({ status: 'REVOKED' });
    const [row] = await company.run(sql`SELECT q.action, a.ended_by AS "endedBy" FROM request q, assignment a
      WHERE q.id = ${outcome.requestId} AND a.id = ${assignment}`);
    expect(row).toEqual({ action: 'ADMIN_REMOVE', endedBy: 'REMOVED' });
  });

  test('of another provider sees no such assignment', async () => {
    const assignment = await running(6);
    expect(await ends(company.gail, assignment)).toEqual(await ends(company.gail, randomUUID()));
  });
});

describe('a deactivation is refused, and the attempt is on record, for', () => {
  test.each([
    ['what is not there', 'ASSIGNMENT_NOT_FOUND', async () => [company.una, randomUUID()]],
    ['what is hidden', 'ASSIGNMENT_NOT_FOUND', async () => [company.dan, await running(6)]],
    [
      'whoever only sees it',
      'INSUFFICIENT_PERMISSIONS',
      async () => {
        const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';
        await company.assignment({ principal: company.dan, ...at(), role: reader });
        return [company.dan, await running(6)];
      },
    ],
    [
      'a member of the group that holds it',
      'INSUFFICIENT_PERMISSIONS',
      async () => {
        const { crew } = company.groups;
        await company.join(company.dan, crew);
        return [company.dan, await company.assignment({ principal: crew.id, ...at() })];
      },
    ],
    ['the eligible assignment itself', 'NOT_ACTIVATED', async () => [company.una, eligibility]],
    [
      'what was assigned',
      'NOT_ACTIVATED',
      async () => [company.una, await company.assignment({ principal: company.una, ...at() })],
    ],
    [
      'what has ended',
      'NOT_ACTIVATED',
      async () => [company.una, await company.assignment({ principal: company.una, ...at(), eligibility, ends: -1 })],
    ],
    ['what has hardly begun', 'ACTIVE_TOO_BRIEFLY', async () => [company.una, await running(1)]],
  ] as const)('%s: %s', async (_name, code, prepare) => {
    const [who, assignment] = await prepare();
    const before = await company.counts();
    expect(await ends(who as string, assignment as string)).toMatchObject(refusedWith(code));
    expect(await company.counts()).toEqual({ ...before, event: (before.event ?? 0) + 1 });
    expect(await company.events()).toMatchObject([
      { type: 'request.refused', payload: { verb: 'deactivate', refusals: [{ code }] } },
    ]);
  });

  test('the last administrator, and the last owner: nothing is written but the refusal', async () => {
    await company.run(sql`UPDATE administrator_guard SET minimum = 1`);
    const [permanent] = await company.active(company.petra);
    await company.run(
      sql`BEGIN; SET LOCAL session_replication_role = replica; DELETE FROM assignment WHERE id = '${sql.raw(permanent?.id as string)}'; COMMIT`,
    );
    const role = ENTRA.privilegedRoleAdministrator;
    const eligible = await company.assignment({ principal: company.petra, role, type: 'ELIGIBLE' });
    const last = await company.assignment({ principal: company.petra, role, eligibility: eligible, ends: 60 });
    const { crew } = company.groups;
    const owning = { principal: company.dan, role: GROUP_OWNER, provider: 'GROUP' as const, scope: crew.scope };
    const eligibleOwner = await company.assignment({ ...owning, type: 'ELIGIBLE' });
    const owner = await company.assignment({ ...owning, eligibility: eligibleOwner, ends: 60 });
    const before = await company.counts();
    expect(await ends(company.petra, last)).toMatchObject(refusedWith('LAST_ADMINISTRATOR'));
    expect(await ends(company.petra, last, true)).toMatchObject(refusedWith('LAST_ADMINISTRATOR'));
    expect(await ends(company.dan, owner)).toMatchObject(refusedWith('LAST_OWNER'));
    expect(await company.counts()).toEqual({ ...before, event: (before.event ?? 0) + 2 });
    expect(await company.active(company.petra)).toMatchObject([{ id: last }]);
    expect(await company.active(company.dan)).toMatchObject([{ id: owner }]);
  });
});

test('an activated membership ends like any other access', async () => {
  const { crew } = company.groups;
  const member = { principal: company.una, role: GROUP_MEMBER, provider: 'GROUP' as const, scope: crew.scope };
  const eligible = await company.assignment({ ...member, type: 'ELIGIBLE' });
  const assignment = await company.assignment({ ...member, eligibility: eligible, starts: -10, ends: 60 });
  expect((await company.as(company.una)).viewer.powers.groups).toEqual([crew.id]);
  expect(await ends(company.una, assignment)).toMatchObject({ status: 'REVOKED' });
  expect((await company.as(company.una)).viewer.powers.groups).toEqual([]);
});
