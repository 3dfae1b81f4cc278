/** Does every verb run as promised? Once for each key, without a trace when only validated, as the viewer of this instant. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ActivateInput, activate } from '../../src/action/activation.ts';
import { approve, deny } from '../../src/action/approval.ts';
import { type AssignInput, assign } from '../../src/action/assignment.ts';
import { deactivate } from '../../src/action/deactivation.ts';
import { type Outcome, ViewerGoneError } from '../../src/action/perform.ts';
import { BECAUSE, type Company, foundCompany, NOW_FOR, refusedWith } from '../support/company.ts';
import { PLAIN_ROLE } from '../support/rows.ts';

let company: Company;
let eligibility: string;
beforeEach(async () => {
  company = await foundCompany();
  eligibility = await company.assignment({ principal: company.una, type: 'ELIGIBLE' });
});
afterEach(() => company.drop());

const item = (change: Partial<ActivateInput> = {}): ActivateInput => ({
  ...{ eligibilityId: eligibility, scope: null, schedule: NOW_FOR(60), reasons: BECAUSE },
  ...change,
});
const assignment = (change: Partial<AssignInput> = {}): AssignInput => ({
  ...{ principalId: company.dan, roleId: PLAIN_ROLE, scope: null, type: 'ELIGIBLE', condition: null },
  ...{ schedule: NOW_FOR(null), reasons: BECAUSE },
  ...change,
});
const pending = async (): Promise<string> => {
  await company.approvedBy([company.ben]);
  return (await activate(await company.as(company.una), item())).requestId as string;
};
const decision = (requestId: string) => ({ requestIds: [requestId], justification: 'Fine', durationMinutes: null });

describe('validateOnly', () => {
  type Verb = () => Promise<() => Promise<Outcome | Outcome[]>>;
  const dry = { validateOnly: true, idempotencyKey: 'a key' };
  const verbs: Record<string, Verb> = {
    assign: async () => {
      const gail = await company.as(company.gail);
      return () => assign(gail, assignment(dry));
    },
    'assign, refused': async () => {
      const dan = await company.as(company.dan);
      return () => assign(dan, assignment(dry));
    },
    activate: async () => {
      const una = await company.as(company.una);
      return () => activate(una, item(dry));
    },
    'activate, to be approved': async () => {
      await company.approvedBy([company.ben]);
      const una = await company.as(company.una);
      return () => activate(una, item(dry));
    },
    'activate, after a request that timed out': async () => {
      await company.run(sql`UPDATE request SET expires_at = clock_timestamp() WHERE id = ${await pending()}`);
      const una = await company.as(company.una);
      return () => activate(una, item(dry));
    },
    'activate, refused': async () => {
      const una = await company.as(company.una, { multiFactorAt: null });
      return () => activate(una, item(dry));
    },
    approve: async () => {
      const request = await pending();
      const ben = await company.as(company.ben);
      return () => approve(ben, { ...decision(request), ...dry });
    },
    'approve, too late': async () => {
      const request = await pending();
      await company.run(sql`UPDATE request SET expires_at = clock_timestamp() WHERE id = ${request}`);
      const ben = await company.as(company.ben);
      return () => approve(ben, { ...decision(request), ...dry });
    },
    deny: async () => {
      const request = await pending();
      const ben = await company.as(company.ben);
      return () => deny(ben, { ...decision(request), ...dry });
    },
    deactivate: async () => {
      const held = await company.assignment({ principal: company.una, eligibility, ends: 60 });
      const una = await company.as(company.una);
      return () => deactivate(una, { assignmentId: held, justification: null, ...dry });
    },
  };

  test.each(Object.entries(verbs))('%s answers as it would, and writes nothing at all', async (name, prepare) => {
    const verb = await prepare();
    const before = { rows: await company.counts(), content: await everything() };
    const answers = [await verb()].flat();
    for (const answer of answers) {
      expect(answer).toMatchObject({ requestId: null, assignmentId: null });
      expect(answer.refusals.length > 0).toBe(/refused|too late/.test(name));
      expect(answer.status === null).toBe(/refused|too late/.test(name));
    }
    expect({ rows: await company.counts(), content: await everything() }).toEqual(before);
  });

  test('the status says what would come: approval, or access', async () => {
    const una = await company.as(company.una);
    expect(await activate(una, item({ validateOnly: true }))).toMatchObject({ status: 'PROVISIONED' });
    await company.approvedBy([company.ben]);
    expect(await activate(una, item({ validateOnly: true }))).toMatchObject({ status: 'PENDING_APPROVAL' });
  });

  /** What could be changed in place. */
  const everything = () =>
    company.run(sql`SELECT id::text, status AS a, completed_at::text AS b, stage::text AS c FROM request
      UNION ALL SELECT id::text, ended_by, ends_at::text, starts_at::text FROM assignment ORDER BY 1`);
});

describe('an idempotency key', () => {
  const key = 'k-1';

  test('gives the same answer to the same input, and acts once', async () => {
    const una = await company.as(company.una);
    const first = await activate(una, item({ idempotencyKey: key }));
    const before = await company.counts();
    expect(await activate(una, item({ idempotencyKey: key }))).toEqual(first);
    expect(await company.counts()).toEqual(before);
  });

  test('is free again after a refusal, also for a mended input; each attempt is on record', async () => {
    const gail = await company.as(company.gail);
    const input = assignment({ idempotencyKey: key, schedule: NOW_FOR(1) });
    expect(await assign(gail, input)).toMatchObject(refusedWith('DURATION_TOO_SHORT'));
    expect(await assign(gail, input)).toMatchObject(refusedWith('DURATION_TOO_SHORT'));
    expect(await company.eventTypes()).toEqual(['request.refused', 'request.refused']);
    expect(await assign(gail, assignment({ idempotencyKey: key }))).toMatchObject({ status: 'PROVISIONED' });
  });

  test('with another input is refused, with another verb too', async () => {
    const una = await company.as(company.una);
    await activate(una, item({ idempotencyKey: key }));
    const before = await company.counts();
    const other = refusedWith('IDEMPOTENCY_KEY_REUSED');
    expect(await activate(una, item({ idempotencyKey: key, schedule: NOW_FOR(61) }))).toMatchObject(other);
    const held = { assignmentId: randomUUID(), justification: null, idempotencyKey: key };
    expect(await deactivate(una, held)).toMatchObject(other);
    expect(await company.counts()).toEqual(before);
  });

  test('belongs to its caller', async () => {
    const [gail, petra] = [await company.as(company.gail), await company.as(company.petra)];
    expect(await assign(gail, assignment({ idempotencyKey: key }))).toMatchObject({ status: 'PROVISIONED' });
    expect(await assign(petra, assignment({ idempotencyKey: key }))).toMatchObject(refusedWith('ASSIGNMENT_EXISTS'));
  });

  test('of two calls at once acts once', async () => {
    const una = await company.as(company.una);
    const calls = Array.from({ length: 5 }, () => activate(una, item({ idempotencyKey: key })));
    const [first, ...others] = await Promise.all(calls);
    expect(first).toMatchObject({ status: 'PROVISIONED' });
    for (const other of others) expect(other).toEqual(first);
    expect(await company.eventTypes()).toEqual(['assignment.activated']);
  });

  test('covers each of several decisions on its own', async () => {
    const request = await pending();
    const ben = await company.as(company.ben);
    const requestIds = [request, randomUUID()];
    const input = { ...decision(request), requestIds, idempotencyKey: key };
    const first = await approve(ben, input);
    expect(first).toMatchObject([{ status: 'PROVISIONED' }, refusedWith('REQUEST_NOT_FOUND')]);
    expect(await approve(ben, { ...input, requestIds: requestIds.toReversed() })).toEqual(first.toReversed());
    expect(await deny(ben, input)).toMatchObject([
      refusedWith('IDEMPOTENCY_KEY_REUSED'),
      refusedWith('REQUEST_NOT_FOUND'),
    ]);
  });

  test('is free again when the viewer had gone', async () => {
    const una = await company.as(company.una);
    await company.disable(company.una);
    await expect(activate(una, item({ idempotencyKey: key }))).rejects.toBeInstanceOf(ViewerGoneError);
    await company.run(sql`UPDATE principal SET enabled = true WHERE id = ${company.una}`);
    expect(await activate(una, item({ idempotencyKey: key }))).toMatchObject({ status: 'PROVISIONED' });
  });
});

describe('the viewer', () => {
  test.each([
    ['disabled', sql`enabled = false`],
    ['deleted', sql`deleted_at = clock_timestamp()`],
  ])('who was %s since the token was checked does nothing', async (_name, change) => {
    const una = await company.as(company.una);
    await company.run(sql`UPDATE principal SET ${change} WHERE id = ${company.una}`);
    const before = await company.counts();
    await expect(activate(una, item())).rejects.toBeInstanceOf(ViewerGoneError);
    await expect(activate(una, item({ validateOnly: true }))).rejects.toBeInstanceOf(ViewerGoneError);
    expect(await company.counts()).toEqual(before);
  });

  test('has the powers of this instant, not those of the token', async () => {
    const dan = await company.as(company.dan);
    const role = '62e90394-69f5-4237-9190-012177145e10';
    const held = await company.assignment({ principal: company.dan, role });
    expect(await assign(dan, assignment())).toMatchObject({ status: 'PROVISIONED' });
    await company.end(held);
    const later = await assign(dan, assignment({ principalId: company.cleo }));
    expect(later).toMatchObject(refusedWith('INSUFFICIENT_PERMISSIONS'));
  });
});

test('what goes wrong leaves nothing behind', async () => {
  await company.run(sql`ALTER TABLE event ADD CONSTRAINT no_more CHECK (type <> 'assignment.activated') NOT VALID`);
  const before = await company.counts();
  await expect(activate(await company.as(company.una), item({ idempotencyKey: 'k' }))).rejects.toThrow();
  expect(await company.counts()).toEqual(before);
});
