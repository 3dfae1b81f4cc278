/** Does an approval go through its stages as the policy says? Quorum, order, escalation, distinct persons, shorter durations. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { activate, activateMany } from '../../src/action/activation.ts';
import { extendActivation } from '../../src/action/activationExtension.ts';
import { approve, deny } from '../../src/action/approval.ts';
import type { Outcome } from '../../src/action/perform.ts';
import { processNow } from '../../src/clock.ts';
import { type PersonaName, persona } from '../../src/company/personas.ts';
import { type ApprovalStage, defaultPolicy, type RolePolicyRules } from '../../src/decision/policy.ts';
import { DIRECTORY_SCOPE, ENTRA } from '../../src/decision/role.ts';
import { requestsById } from '../../src/store/request.ts';
import { cloneDemoDatabase, type TestDatabase } from '../support/database.ts';
import { contextOf } from '../support/viewer.ts';

let clone: TestDatabase;
let eligibility: string;

const db = () => clone.database.em.fork().getKysely();

beforeAll(async () => {
  clone = await cloneDemoDatabase();
  const { rows } = await sql<{ id: string }>`SELECT id FROM assignment
    WHERE principal_id = ${persona('maya')} AND role_id = ${ENTRA.globalReader} AND type = 'ELIGIBLE'`.execute(db());
  eligibility = rows[0]?.id as string;
});

afterAll(() => clone.drop());

/** No request of Maya's is open and nothing of hers is active when a test begins. */
beforeEach(async () => {
  await sql`UPDATE request SET status = 'CANCELED', completed_at = now()
    WHERE principal_id = ${persona('maya')} AND status = 'PENDING_APPROVAL'`.execute(db());
  await sql`UPDATE assignment SET ends_at = now(), ended_by = 'REMOVED'
    WHERE principal_id = ${persona('maya')} AND type = 'ACTIVE' AND during @> now()`.execute(db());
});

const one = (approvers: PersonaName[], more: Partial<ApprovalStage> = {}): ApprovalStage => ({
  ...{ approvers: approvers.map((name) => persona(name)), quorum: 1, escalation: null },
  ...more,
});

async function policy(stages: readonly ApprovalStage[], changes: Partial<RolePolicyRules> = {}): Promise<void> {
  const defaults = defaultPolicy('ENTRA_ROLE');
  const rules = {
    ...defaults,
    Approval_EndUser_Assignment: {
      ...defaults.Approval_EndUser_Assignment,
      ...{ isApprovalRequired: stages.length > 0, stages: stages.length > 0 ? stages : [one([])] },
    },
    ...changes,
  };
  await sql`INSERT INTO role_policy_version (id, provider, role_id, scope_id, version, rules, created_at)
    SELECT ${randomUUID()}, 'ENTRA_ROLE', ${ENTRA.globalReader}, ${DIRECTORY_SCOPE}, max(version) + 1, ${JSON.stringify(rules)}::jsonb, now()
    FROM role_policy_version WHERE role_id = ${ENTRA.globalReader} AND scope_id = ${DIRECTORY_SCOPE}`.execute(db());
}

const as = (name: PersonaName) => contextOf(clone.database, persona(name));

const REASONS = { justification: 'Quarterly check', ticketNumber: null, ticketSystem: null };
const item = (durationMinutes: number) => ({
  ...{ eligibilityId: eligibility, scope: null, reasons: REASONS },
  schedule: { startsAt: null, endsAt: null, durationMinutes },
});

async function ask(durationMinutes = 60): Promise<string> {
  const outcome = await activate(await as('maya'), item(durationMinutes));
  expect(outcome).toMatchObject({ status: 'PENDING_APPROVAL', refusals: [] });
  return outcome.requestId as string;
}

async function yes(name: PersonaName, request: string, durationMinutes: number | null = null): Promise<Outcome> {
  const input = { requestIds: [request], justification: 'Known and expected', durationMinutes };
  return (await approve(await as(name), input))[0] as Outcome;
}

const refusedWith = (code: string) => ({ refusals: [expect.objectContaining({ code })] });

async function minutesGranted({ assignmentId }: Outcome): Promise<number> {
  const { rows } = await sql<{ minutes: number }>`
    SELECT (extract(epoch FROM ends_at - starts_at) / 60)::float AS minutes FROM assignment WHERE id = ${assignmentId}`.execute(
    db(),
  );
  return rows[0]?.minutes as number;
}

async function eventsOf(request: string): Promise<string[]> {
  const { rows } = await sql<{
    type: string;
  }>`SELECT type FROM event WHERE request_id = ${request} ORDER BY id`.execute(db());
  return rows.map(({ type }) => type);
}

describe('an approval in stages', () => {
  test('goes through them one after the other, each opened by the last', async () => {
    await policy([one(['arun']), one(['sam'])]);
    const request = await ask();
    expect(await yes('sam', request)).toMatchObject(refusedWith('NOT_APPROVER'));
    expect(await yes('arun', request)).toMatchObject({ status: 'PENDING_APPROVAL', assignmentId: null });
    expect(await yes('sam', request)).toMatchObject({ status: 'PROVISIONED', assignmentId: expect.any(String) });
    expect((await eventsOf(request)).filter((type) => type !== 'request.refused')).toEqual([
      'request.created',
      'request.stageApproved',
      'request.approved',
      'assignment.activated',
    ]);
  });

  test('waits for a quorum of distinct persons', async () => {
    await policy([one(['arun', 'sam', 'pia'], { quorum: 2 })]);
    const request = await ask();
    expect(await yes('arun', request)).toMatchObject({ status: 'PENDING_APPROVAL' });
    expect(await yes('arun', request)).toMatchObject(refusedWith('ALREADY_DECIDED'));
    expect(await yes('pia', request)).toMatchObject({ status: 'PROVISIONED' });
  });

  test('has nobody decide in two of its stages', async () => {
    await policy([one(['arun']), one(['arun', 'sam'])]);
    const request = await ask();
    await yes('arun', request);
    expect(await yes('arun', request)).toMatchObject(refusedWith('ALREADY_DECIDED'));
    expect(await yes('sam', request)).toMatchObject({ status: 'PROVISIONED' });
  });

  test('ends with a single denial, in whichever stage', async () => {
    await policy([one(['arun']), one(['sam'])]);
    const request = await ask();
    await yes('arun', request);
    const [outcome] = await deny(await as('sam'), {
      requestIds: [request],
      justification: 'Not now',
      durationMinutes: null,
    });
    expect(outcome).toMatchObject({ status: 'DENIED' });
    expect(await yes('sam', request)).toMatchObject(refusedWith('REQUEST_NOT_PENDING'));
  });

  test('lets backup approvers decide once the stage has been silent for too long', async () => {
    await policy([one(['arun'], { escalation: { afterMinutes: 30, approvers: [persona('sam')] } })]);
    const request = await ask();
    expect(await yes('sam', request)).toMatchObject(refusedWith('NOT_APPROVER'));
    await sql`UPDATE request SET created_at = created_at - interval '31 minutes', escalates_at = escalates_at - interval '31 minutes'
      WHERE id = ${request}`.execute(db());
    expect(await yes('sam', request)).toMatchObject({ status: 'PROVISIONED' });
  });

  test('shows nothing to backup approvers who were not asked before it was decided', async () => {
    const seenBy = async (name: PersonaName, request: string) =>
      (await requestsById(db(), [request], (await as(name)).viewer)).length;
    const silent = (request: string) =>
      sql`UPDATE request SET escalates_at = escalates_at - interval '31 minutes' WHERE id = ${request}`.execute(db());
    await policy([one(['arun'], { escalation: { afterMinutes: 30, approvers: [persona('olga')] } })]);
    const decided = await ask();
    await yes('arun', decided);
    await silent(decided);
    expect([await seenBy('arun', decided), await seenBy('olga', decided)]).toEqual([1, 0]);
    await sql`UPDATE assignment SET ends_at = now(), ended_by = 'REMOVED' WHERE request_id = ${decided}`.execute(db());
    const escalated = await ask();
    await silent(escalated);
    await yes('arun', escalated);
    expect(await seenBy('olga', escalated)).toBe(1);
  });

  test('can shorten the activation, never prolong it; the shortest wish holds', async () => {
    await policy([one(['arun']), one(['sam'])]);
    const request = await ask(60);
    expect(await yes('arun', request, 90)).toMatchObject(refusedWith('INVALID_SCHEDULE'));
    await yes('arun', request, 30);
    expect(await minutesGranted(await yes('sam', request, 45))).toBe(30);
  });

  test('is outdated once the policy asks for more than it did', async () => {
    await policy([one(['arun'])]);
    const request = await ask();
    await policy([one(['arun']), one(['sam'])]);
    expect(await yes('arun', request)).toMatchObject(refusedWith('REQUEST_OUTDATED'));
  });

  test('is refused where a stage has fewer approvers than its quorum', async () => {
    await policy([one(['arun'], { quorum: 2 })]);
    expect(await activate(await as('maya'), item(60))).toMatchObject(refusedWith('NO_APPROVER'));
  });

  test('of two simultaneous last decisions counts one', async () => {
    await policy([one(['arun', 'sam'])]);
    const request = await ask();
    const outcomes = await Promise.all([yes('arun', request), yes('sam', request)]);
    expect(outcomes.filter(({ status }) => status === 'PROVISIONED')).toHaveLength(1);
    expect(outcomes.filter(({ refusals }) => refusals[0]?.code === 'REQUEST_NOT_PENDING')).toHaveLength(1);
  });
});

describe('an extension of a running activation', () => {
  const lasting = (isExtensionAllowed: boolean) => ({
    Expiration_EndUser_Assignment: {
      isExpirationRequired: true,
      maximumMinutes: 120,
      minimumMinutes: 5,
      isExtensionAllowed,
    },
  });
  const longer = async (assignmentId: string, durationMinutes: number | null, endsAt: Date | null = null) =>
    extendActivation(await as('maya'), { assignmentId, durationMinutes, endsAt, reasons: REASONS });
  const running = async () => (await activate(await as('maya'), item(60))).assignmentId as string;

  test('moves the end of the same row, up to the maximum from its start', async () => {
    await policy([], lasting(true));
    const assignment = await running();
    expect(await longer(assignment, 61)).toMatchObject(refusedWith('POLICY_RULES_FAILED'));
    const outcome = await longer(assignment, 60);
    expect(outcome).toMatchObject({ status: 'PROVISIONED', assignmentId: assignment });
    expect(await minutesGranted(outcome)).toBe(120);
    expect(await eventsOf(outcome.requestId as string)).toEqual(['assignment.extended']);
  });

  test('is refused unless the policy allows it', async () => {
    await policy([], lasting(false));
    expect(await longer(await running(), 30)).toMatchObject(refusedWith('EXTENSION_NOT_ALLOWED'));
  });

  test('needs a later end, and one of the two ways to say it', async () => {
    await policy([], lasting(true));
    const assignment = await running();
    expect(await longer(assignment, null, processNow())).toMatchObject(refusedWith('INVALID_SCHEDULE'));
    expect(await longer(assignment, null)).toMatchObject(refusedWith('INVALID_SCHEDULE'));
    expect(await longer(assignment, 5, processNow())).toMatchObject(refusedWith('INVALID_SCHEDULE'));
  });

  test('waits for approval where the role asks for it, and goes on without a gap', async () => {
    await policy([one(['arun'])], lasting(true));
    const first = await yes('arun', await ask(60));
    const asked = await longer(first.assignmentId as string, 30);
    expect(asked).toMatchObject({ status: 'PENDING_APPROVAL', assignmentId: null });
    expect(await longer(first.assignmentId as string, 30)).toMatchObject(refusedWith('REQUEST_PENDING'));
    const granted = await yes('arun', asked.requestId as string);
    expect(granted).toMatchObject({ status: 'PROVISIONED', assignmentId: first.assignmentId });
    expect(await minutesGranted(granted)).toBe(90);
  });

  test("is not for somebody else's activation, nor for one that has ended", async () => {
    await policy([], lasting(true));
    const assignment = await running();
    const stranger = { assignmentId: assignment, durationMinutes: 30, endsAt: null, reasons: REASONS };
    expect(await extendActivation(await as('olga'), stranger)).toMatchObject(refusedWith('ASSIGNMENT_NOT_FOUND'));
    await sql`UPDATE assignment SET ends_at = now(), ended_by = 'DEACTIVATED' WHERE id = ${assignment}`.execute(db());
    expect(await longer(assignment, 30)).toMatchObject(refusedWith('NOT_ACTIVATED'));
  });
});

describe('several activations at once', () => {
  const bad = () => ({ ...item(60), eligibilityId: randomUUID() });

  test('each stand on their own', async () => {
    await policy([]);
    const outcomes = await activateMany(await as('maya'), { activations: [bad(), item(60)], atomic: false });
    expect(outcomes).toMatchObject([refusedWith('NOT_ELIGIBLE'), { status: 'PROVISIONED', refusals: [] }]);
  });

  test('are all done or none when atomic, and every refusal is named and kept on record', async () => {
    await policy([]);
    const before = await refusalsOnRecord();
    const outcomes = await activateMany(await as('maya'), { activations: [item(60), bad()], atomic: true });
    expect(outcomes).toMatchObject([refusedWith('BATCH_REFUSED'), refusedWith('NOT_ELIGIBLE')]);
    const { rows } = await sql`SELECT 1 FROM assignment
      WHERE principal_id = ${persona('maya')} AND type = 'ACTIVE' AND during @> clock_timestamp()`.execute(db());
    expect(rows).toEqual([]);
    expect(await refusalsOnRecord()).toBe(before + 1);
  });

  test('give the same answer to the same key, once', async () => {
    await policy([]);
    const input = { activations: [item(60)], atomic: true, idempotencyKey: randomUUID() };
    const first = await activateMany(await as('maya'), input);
    expect(first).toMatchObject([{ status: 'PROVISIONED' }]);
    expect(await activateMany(await as('maya'), input)).toEqual(first);
  });
});

async function refusalsOnRecord(): Promise<number> {
  const { rows } = await sql<{ count: string }>`SELECT count(*) FROM event WHERE type = 'request.refused'`.execute(
    db(),
  );
  return Number(rows[0]?.count);
}
