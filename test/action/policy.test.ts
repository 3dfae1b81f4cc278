/** Do role settings change only as whole versions, and is nobody judged by settings that no longer hold? Real sessions, real commits. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { activate } from '../../src/action/activation.ts';
import { approve } from '../../src/action/approval.ts';
import type { ActionContext } from '../../src/action/perform.ts';
import { type UpdateRolePolicyInput, updateRolePolicy } from '../../src/action/policy.ts';
import { createPolicyTemplate, updatePolicyTemplate } from '../../src/action/policyTemplate.ts';
import { processNow } from '../../src/clock.ts';
import { defaultPolicy, type RolePolicyRules } from '../../src/decision/policy.ts';
import { DIRECTORY_SCOPE, ENTRA, TENANT_ROOT_SCOPE } from '../../src/decision/role.ts';
import type { Provider } from '../../src/decision/words.ts';
import { viewerOf } from '../../src/identity/viewer.ts';
import { createViewerReader } from '../../src/server/viewers.ts';
import { currentPolicy, lockPolicy, ruleRows } from '../../src/store/policy.ts';
import { policyTemplatesById } from '../../src/store/policyTemplate.ts';
import { transact } from '../../src/store/transaction.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/process.ts';
import { AZURE_CONTRIBUTOR, AZURE_READER, PLAIN_ROLE, rowsOf } from '../support/rows.ts';

const AZURE_OWNER = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635';

let clone: TestDatabase;
let rows: ReturnType<typeof rowsOf>;
let grace: string;
let subscription: string;
let shop: string;

const db = () => clone.database.em.fork().getKysely();

beforeAll(async () => {
  clone = await cloneDatabase();
  rows = rowsOf(clone.database);
  grace = await rows.user('Grace');
  await rows.assignment({ principal: grace, role: ENTRA.globalAdministrator });
  await rows.assignment({ principal: grace, role: AZURE_OWNER, scope: TENANT_ROOT_SCOPE, provider: 'AZURE_RESOURCE' });
  subscription = await rows.scope('SUBSCRIPTION', TENANT_ROOT_SCOPE, '/subscriptions/a');
  shop = await rows.scope('RESOURCE_GROUP', subscription, '/subscriptions/a/resourceGroups/shop');
});

afterAll(() => clone.drop());

/** Every test begins with settings that nobody has touched. */
beforeEach(() =>
  rows.run(sql`DO $$ BEGIN
    SET LOCAL session_replication_role = replica;
    ALTER TABLE role_policy_version DISABLE TRIGGER role_policy_version_immutable;
    UPDATE request SET policy_version_id = NULL;
    DELETE FROM role_policy_version;
    ALTER TABLE role_policy_version ENABLE ALWAYS TRIGGER role_policy_version_immutable;
  END $$`),
);

async function as(objectId: string): Promise<ActionContext> {
  const now = processNow();
  const { viewer } = await viewerOf(createViewerReader(clone.database), {
    ...{ objectId, appOnly: false, appPermissions: [], authenticationContexts: [] },
    ...{ authenticatedAt: now, multiFactorAt: now, expiresAt: new Date(now.getTime() + 3_600_000) },
  });
  return { database: clone.database, viewer };
}

const change = (more: Partial<UpdateRolePolicyInput>): UpdateRolePolicyInput => ({
  ...{ roleId: PLAIN_ROLE, scope: null, expectedVersion: 0, rules: {}, inherit: false, inheritable: null },
  ...{ templateId: null, justification: 'Because' },
  ...more,
});
const update = async (more: Partial<UpdateRolePolicyInput>, who = grace) =>
  updateRolePolicy(await as(who), change(more));
const azure = (scopeId: string, more: Partial<UpdateRolePolicyInput> = {}) =>
  update({ roleId: AZURE_CONTRIBUTOR, scope: { id: scopeId }, ...more });
const holds = (scopeId = DIRECTORY_SCOPE, provider: Provider = 'ENTRA_ROLE', roleId = PLAIN_ROLE) =>
  currentPolicy(db(), { provider, roleId, scopeId });
const azureHolds = (scopeId: string) => holds(scopeId, 'AZURE_RESOURCE', AZURE_CONTRIBUTOR);
const hours = (count: number) => ({ Expiration_EndUser_Assignment: { maximumMinutes: count * 60 } });
const codes = ({ refusals }: { refusals: readonly { code: string }[] }) => refusals.map(({ code }) => code);
const approvedBy = (...approvers: string[]) => ({
  Approval_EndUser_Assignment: {
    isApprovalRequired: true,
    stages: [{ approvers, quorum: 1, escalation: null }],
  },
});

describe('a change of role settings', () => {
  test('is a new version, on record with every rule before and after', async () => {
    expect(await update({ rules: hours(4) })).toMatchObject({
      refusals: [],
      settingsId: `${PLAIN_ROLE}/${DIRECTORY_SCOPE}`,
    });
    const policy = await holds();
    expect(policy).toMatchObject({ version: 1, modifiedBy: grace, inherited: false, sourceScopeId: DIRECTORY_SCOPE });
    expect(policy.rules).toEqual({
      ...defaultPolicy('ENTRA_ROLE'),
      Expiration_EndUser_Assignment: {
        ...defaultPolicy('ENTRA_ROLE').Expiration_EndUser_Assignment,
        maximumMinutes: 240,
      },
    });
    const [event] = await rows.run(sql`SELECT type, actor_id, provider, role_id, scope_id, payload FROM event
      WHERE type = 'policy.updated' ORDER BY id DESC LIMIT 1`);
    expect(event).toMatchObject({
      ...{ actor_id: grace, provider: 'ENTRA_ROLE', role_id: PLAIN_ROLE, scope_id: DIRECTORY_SCOPE },
      payload: {
        version: 1,
        justification: 'Because',
        rules: {
          Expiration_EndUser_Assignment: { before: { maximumMinutes: 480 }, after: { maximumMinutes: 240 } },
        },
      },
    });
    expect(Object.keys((event as { payload: { rules: object } }).payload.rules)).toHaveLength(1);
  });

  test('leaves the versions before it as they were', async () => {
    await update({ rules: hours(4) });
    await update({ expectedVersion: 1, rules: hours(2) });
    const versions = await rows.run(sql`SELECT version,
      rules->'Expiration_EndUser_Assignment'->'maximumMinutes' AS minutes FROM role_policy_version ORDER BY version`);
    expect(versions).toEqual([
      { version: 1, minutes: 240 },
      { version: 2, minutes: 120 },
    ]);
    await expect(rows.run(sql`UPDATE role_policy_version SET inheritable = true`)).rejects.toMatchObject({
      constraint: 'role_policy_version_immutable',
    });
  });

  test('made for an older version is refused with the version of now', async () => {
    await update({ rules: hours(4) });
    const late = await update({ rules: hours(2) });
    expect(codes(late)).toEqual(['POLICY_CHANGED']);
    expect(late.refusals[0]?.message).toContain('Version 1 holds now.');
    expect((await holds()).version).toBe(1);
  });

  test('is one of two made at once for the same version', async () => {
    const outcomes = await Promise.all([update({ rules: hours(4) }), update({ rules: hours(2) })]);
    expect(outcomes.map(codes).sort()).toEqual([[], ['POLICY_CHANGED']]);
    expect((await holds()).version).toBe(1);
  });

  test('names every bad value at once, and writes nothing but the attempt', async () => {
    const outcome = await update({
      rules: {
        ...hours(25),
        Expiration_Admin_Eligibility: { maximumMinutes: 20 * 1440 },
        Notification_Admin_Admin_Eligibility: { notificationRecipients: ['a@example.com', 'nobody'] },
        ...approvedBy(shop),
      },
    });
    expect(outcome.refusals.map(({ field }) => field.join('.'))).toEqual([
      'rules.Expiration_Admin_Eligibility.maximumDuration',
      'rules.Notification_Admin_Admin_Eligibility.notificationRecipients.1',
      'rules.Expiration_EndUser_Assignment.maximumDuration',
      'rules.Approval_EndUser_Assignment.stages.0.approvers.0',
    ]);
    expect(new Set(codes(outcome))).toEqual(new Set(['INVALID_POLICY']));
    expect((await holds()).version).toBe(0);
    const [event] = await rows.run(sql`SELECT type, role_id, scope_id FROM event ORDER BY id DESC LIMIT 1`);
    expect(event).toEqual({ type: 'request.refused', role_id: PLAIN_ROLE, scope_id: DIRECTORY_SCOPE });
  });

  test('that is only validated writes nothing', async () => {
    expect(await update({ rules: hours(4), validateOnly: true })).toEqual({
      ...{ requestId: null, assignmentId: null, status: null, refusals: [] },
    });
    expect((await holds()).version).toBe(0);
  });

  test('acts once for one idempotency key', async () => {
    const first = await update({ rules: hours(4), idempotencyKey: 'once' });
    expect(await update({ rules: hours(4), idempotencyKey: 'once' })).toEqual(first);
    expect((await holds()).version).toBe(1);
    expect(codes(await update({ rules: hours(2), idempotencyKey: 'once' }))).toEqual(['IDEMPOTENCY_KEY_REUSED']);
  });

  test('is for administrators: of the directory, at and above an Azure scope, of a group', async () => {
    const resourceOwner = await rows.user('Owen');
    const provider = 'AZURE_RESOURCE';
    await rows.assignment({ principal: resourceOwner, role: AZURE_OWNER, scope: subscription, provider });
    const input = { roleId: AZURE_READER, rules: hours(4) };
    expect(codes(await update({ ...input, scope: { id: shop } }, resourceOwner))).toEqual([]);
    expect(codes(await update({ ...input, scope: { id: TENANT_ROOT_SCOPE } }, resourceOwner))).toEqual([
      'INSUFFICIENT_PERMISSIONS',
    ]);
    expect(codes(await update({ rules: hours(4) }, resourceOwner))).toEqual(['INSUFFICIENT_PERMISSIONS']);
    const other = await rows.user('Olga');
    expect(codes(await update({ ...input, scope: { id: shop } }, other))).toEqual(['SCOPE_NOT_FOUND']);
  });
});

describe('inheritance down the tree', () => {
  test('is off unless a version says so', async () => {
    await azure(subscription, { rules: hours(2) });
    expect(await azureHolds(shop)).toMatchObject({ version: 0, versionId: null, sourceScopeId: null });
    await azure(subscription, { expectedVersion: 1, inheritable: true });
    const policy = await azureHolds(shop);
    expect(policy).toMatchObject({ version: 0, inherited: true, sourceScopeId: subscription });
    expect(policy.rules.Expiration_EndUser_Assignment.maximumMinutes).toBe(120);
    expect(ruleRows(policy).map(({ origin }) => origin.kind)).toEqual(Array.from({ length: 17 }, () => 'INHERITED'));
  });

  test('takes the nearest one above, and never a role of another name', async () => {
    await azure(TENANT_ROOT_SCOPE, { rules: hours(1), inheritable: true });
    await azure(subscription, { rules: hours(2), inheritable: true });
    expect((await azureHolds(shop)).sourceScopeId).toBe(subscription);
    await azure(subscription, { expectedVersion: 1, inheritable: false });
    expect((await azureHolds(shop)).sourceScopeId).toBe(TENANT_ROOT_SCOPE);
    expect((await holds(shop, 'AZURE_RESOURCE', AZURE_READER)).sourceScopeId).toBeNull();
  });

  test('gives way to settings of its own, and comes back when they are given up', async () => {
    await azure(subscription, { rules: hours(2), inheritable: true });
    await azure(shop, { rules: { Enablement_EndUser_Assignment: { enabledRules: ['TICKETING'] } } });
    const own = await azureHolds(shop);
    expect(own).toMatchObject({ version: 1, inherited: false, sourceScopeId: shop });
    // The change started from what held, which was inherited.
    expect(own.rules.Expiration_EndUser_Assignment.maximumMinutes).toBe(120);
    expect(codes(await azure(shop, { expectedVersion: 1, inherit: true }))).toEqual([]);
    expect(await azureHolds(shop)).toMatchObject({ version: 2, inherited: true, sourceScopeId: subscription });
    expect(codes(await azure(shop, { expectedVersion: 2, inherit: true }))).toEqual(['POLICY_UNCHANGED']);
  });

  test('does not let an activation at a narrower scope slip past the settings of the eligibility', async () => {
    const una = await rows.user();
    const provider = 'AZURE_RESOURCE';
    const access = { principal: una, role: AZURE_CONTRIBUTOR, provider } as const;
    const eligibilityId = await rows.assignment({ ...access, scope: subscription, type: 'ELIGIBLE' });
    await azure(subscription, { rules: hours(2) });
    await azure(shop, { rules: hours(8) });
    const ask = async (scopeId: string, durationMinutes: number) =>
      activate(await as(una), {
        ...{ eligibilityId, scope: { id: scopeId }, validateOnly: true },
        schedule: { startsAt: null, endsAt: null, durationMinutes },
        reasons: { justification: 'Because', ticketNumber: null, ticketSystem: null },
      });
    expect(codes(await ask(shop, 180))).toEqual(['POLICY_RULES_FAILED']);
    expect(codes(await ask(shop, 120))).toEqual([]);
    // The same where the eligibility's own settings are inherited.
    await azure(TENANT_ROOT_SCOPE, { rules: hours(1), inheritable: true });
    await azure(subscription, { expectedVersion: 1, inherit: true });
    expect(codes(await ask(shop, 90))).toEqual(['POLICY_RULES_FAILED']);
    expect(codes(await ask(shop, 60))).toEqual([]);
  });
});

describe('a template', () => {
  const make = async (name: string, rules: object, provider: Provider = 'ENTRA_ROLE') =>
    createPolicyTemplate(await as(grace), { provider, name, description: null, rules });

  test('is copied, and a change of it leaves the copies alone', async () => {
    const { settingsId: templateId = '' } = await make('Strict', hours(1));
    expect(codes(await make(' strict ', hours(1)))).toEqual(['POLICY_TEMPLATE_EXISTS']);
    await update({ templateId, rules: { Enablement_Admin_Assignment: { enabledRules: [] } } });
    const origins = async () => {
      const policy = await holds();
      return Object.fromEntries(ruleRows(policy).map(({ ruleId, origin }) => [ruleId, origin.kind]));
    };
    expect(await origins()).toMatchObject({
      Expiration_EndUser_Assignment: 'TEMPLATE',
      Enablement_Admin_Assignment: 'OWN',
      Approval_EndUser_Assignment: 'DEFAULT',
    });
    const next = { templateId, expectedVersion: 1, description: null, rules: hours(2) };
    expect(codes(await updatePolicyTemplate(await as(grace), next))).toEqual([]);
    expect(codes(await updatePolicyTemplate(await as(grace), next))).toEqual(['POLICY_CHANGED']);
    const [template] = await policyTemplatesById(db(), [templateId], (await as(grace)).viewer);
    expect(template).toMatchObject({ version: 2, rules: { Expiration_EndUser_Assignment: { maximumMinutes: 120 } } });
    expect((await holds()).rules.Expiration_EndUser_Assignment.maximumMinutes).toBe(60);
    expect(await origins()).toMatchObject({ Expiration_EndUser_Assignment: 'TEMPLATE' });
    await update({ expectedVersion: 1, rules: hours(3) });
    expect(await origins()).toMatchObject({ Expiration_EndUser_Assignment: 'OWN' });
  });

  test('fits roles of its provider only', async () => {
    const { settingsId: templateId = '' } = await make('For Azure', hours(1), 'AZURE_RESOURCE');
    expect((await update({ templateId })).refusals).toMatchObject([{ code: 'INVALID_POLICY', field: ['template'] }]);
    expect(codes(await update({ templateId: shop }))).toEqual(['POLICY_TEMPLATE_NOT_FOUND']);
  });

  test('is made by those who manage the settings of the directory, and seen by whoever manages something', async () => {
    const owen = await rows.user('Owen');
    const provider = 'AZURE_RESOURCE';
    await rows.assignment({ principal: owen, role: AZURE_OWNER, scope: subscription, provider });
    const input = { provider, name: 'Mine', description: null, rules: hours(1) } as const;
    expect(codes(await createPolicyTemplate(await as(owen), input))).toEqual(['INSUFFICIENT_PERMISSIONS']);
    const { settingsId = '' } = await make('Anybody', hours(1), provider);
    expect(await policyTemplatesById(db(), [settingsId], (await as(owen)).viewer)).toHaveLength(1);
    const una = await rows.user();
    expect(await policyTemplatesById(db(), [settingsId], (await as(una)).viewer)).toEqual([]);
  });
});

describe('settings that change while somebody is judged by them', () => {
  let una: string;
  let eligibilityId: string;
  let approver: string;

  beforeEach(async () => {
    una = await rows.user();
    approver = await rows.user('Arun');
    eligibilityId = await rows.assignment({ principal: una, type: 'ELIGIBLE' });
  });

  const ask = async () =>
    activate(await as(una), {
      ...{ eligibilityId, scope: null },
      schedule: { startsAt: null, endsAt: null, durationMinutes: 240 },
      reasons: { justification: 'Because', ticketNumber: null, ticketSystem: null },
    });
  const waiting = (count: number) =>
    until(`${count} sessions that wait for a lock`, async () => {
      const [found] = await rows.run(sql<{ count: number }>`SELECT count(*)::int AS count FROM pg_locks
        WHERE locktype = 'advisory' AND NOT granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
      return found?.count === count;
    });

  test('judge a request that comes while the change is under way', async () => {
    const key = { provider: 'ENTRA_ROLE', roleId: PLAIN_ROLE, scopeId: DIRECTORY_SCOPE } as const;
    let asked: ReturnType<typeof ask> | undefined;
    await transact(clone.database, async (tx) => {
      await lockPolicy(tx, key);
      const { Expiration_EndUser_Assignment: before, ...others } = defaultPolicy('ENTRA_ROLE');
      const rules: RolePolicyRules = { ...others, Expiration_EndUser_Assignment: { ...before, maximumMinutes: 60 } };
      await sql`INSERT INTO role_policy_version (id, provider, role_id, scope_id, version, rules, created_at)
        VALUES (gen_random_uuid(), 'ENTRA_ROLE', ${PLAIN_ROLE}, ${DIRECTORY_SCOPE}, 1, ${JSON.stringify(rules)}::jsonb, now())`.execute(
        tx.getKysely(),
      );
      asked = ask();
      await waiting(1);
    });
    expect(codes((await asked) as Awaited<ReturnType<typeof ask>>)).toEqual(['POLICY_RULES_FAILED']);
  });

  test('wait for a request that is being judged by them', async () => {
    const key = { provider: 'ENTRA_ROLE', roleId: PLAIN_ROLE, scopeId: DIRECTORY_SCOPE } as const;
    let changed: ReturnType<typeof update> | undefined;
    await transact(clone.database, async (tx) => {
      const judged = await currentPolicy(tx.getKysely(), key);
      changed = update({ rules: hours(1) });
      await waiting(1);
      // Whoever judges goes on by the same settings for as long as it takes.
      expect((await currentPolicy(tx.getKysely(), key)).version).toBe(judged.version);
    });
    expect(codes((await changed) as Awaited<ReturnType<typeof update>>)).toEqual([]);
  });

  test('above wait for a request that is being judged below', async () => {
    let changed: ReturnType<typeof update> | undefined;
    await transact(clone.database, async (tx) => {
      const key = { provider: 'AZURE_RESOURCE', roleId: AZURE_CONTRIBUTOR, scopeId: shop } as const;
      await currentPolicy(tx.getKysely(), key);
      changed = azure(subscription, { rules: hours(1), inheritable: true });
      await waiting(1);
    });
    expect(codes((await changed) as Awaited<ReturnType<typeof update>>)).toEqual([]);
  });

  test('judge a pending request again when it is approved', async () => {
    await update({ rules: approvedBy(approver) });
    const { requestId } = await ask();
    const [pinned] = await rows.run(sql<{ version: number }>`SELECT v.version FROM request q
      JOIN role_policy_version v ON v.id = q.policy_version_id WHERE q.id = ${requestId}`);
    expect(pinned?.version).toBe(1);
    await update({ expectedVersion: 1, rules: { Enablement_EndUser_Assignment: { enabledRules: ['TICKETING'] } } });
    const decide = async () => {
      const decision = { justification: 'Fine', durationMinutes: null };
      const [outcome] = await approve(await as(approver), { ...decision, requestIds: [requestId as string] });
      return outcome as Awaited<ReturnType<typeof ask>>;
    };
    const refused = await decide();
    expect(refused.refusals).toMatchObject([{ code: 'POLICY_RULES_FAILED', failedRules: [{ rule: 'TICKETING' }] }]);
    await update({ expectedVersion: 2, rules: { Enablement_EndUser_Assignment: { enabledRules: [] } } });
    await update({ expectedVersion: 3, rules: approvedBy(grace) });
    expect(codes(await decide())).toEqual(['NOT_APPROVER']);
    await update({ expectedVersion: 4, rules: approvedBy(grace, approver) });
    expect(codes(await decide())).toEqual([]);
  });
});
