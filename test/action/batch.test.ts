/** What becomes of several assignments, changes or removals at once? One answer for each, in order; or all of them or none. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AssignInput, assign, assignMany } from '../../src/action/assignment.ts';
import { copyAssignments } from '../../src/action/copy.ts';
import { removeMany } from '../../src/action/removal.ts';
import { updateMany } from '../../src/action/update.ts';
import { ENTRA, GROUP_MEMBER, GROUP_OWNER } from '../../src/decision/role.ts';
import { BECAUSE, type Company, codesIn, foundCompany, NOW_FOR, refusedWith } from '../support/company.ts';
import { AZURE_CONTRIBUTOR, AZURE_READER, PLAIN_ROLE } from '../support/rows.ts';

let company: Company;
beforeEach(async () => {
  company = await foundCompany();
});
afterEach(() => company.drop());

const to = (principalId: string, change: Partial<AssignInput> = {}): AssignInput => ({
  ...{ principalId, roleId: PLAIN_ROLE, scope: null, type: 'ELIGIBLE', condition: null },
  ...{ schedule: NOW_FOR(null), reasons: BECAUSE },
  ...change,
});
const held = (principal: string) =>
  company.run(sql<{ id: string; roleId: string; scopeId: string; type: string; endsAt: string | null }>`
    SELECT id, role_id AS "roleId", scope_id AS "scopeId", type, ends_at AS "endsAt" FROM assignment
    WHERE principal_id = ${principal} AND (ends_at IS NULL OR ends_at > clock_timestamp()) ORDER BY created_at, id`);

describe('assignMany', () => {
  test('answers each item in order, and writes what one `assign` after the other writes', async () => {
    const gail = await company.as(company.gail);
    const items = [to(company.una), to(randomUUID()), to(company.ben, { schedule: NOW_FOR(1) }), to(company.cleo)];
    const outcomes = await assignMany(gail, { assignments: items, atomic: false });
    expect(codesIn(outcomes)).toEqual(['PROVISIONED', 'PRINCIPAL_NOT_FOUND', 'DURATION_TOO_SHORT', 'PROVISIONED']);
    const types = ['assignment.assigned', 'request.refused', 'request.refused', 'assignment.assigned'];
    expect(await company.eventTypes()).toEqual(types);
    await assign(gail, to(company.dan));
    const rows =
      await company.run(sql`SELECT to_jsonb(q) - ARRAY['id', 'principal_id', 'created_at', 'completed_at', 'multi_factor_at'] AS row
      FROM request q ORDER BY created_at`);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toEqual(rows[2]);
  });

  test('refuses the second of two that are the same, judged or done, atomic or not', async () => {
    const gail = await company.as(company.gail);
    const twice = { assignments: [to(company.una), to(company.una)] };
    const wholes = ['BATCH_REFUSED', 'ASSIGNMENT_EXISTS'];
    const each = ['PROVISIONED', 'ASSIGNMENT_EXISTS'];
    expect(codesIn(await assignMany(gail, { ...twice, atomic: true, validateOnly: true }))).toEqual(wholes);
    expect(codesIn(await assignMany(gail, { ...twice, atomic: false, validateOnly: true }))).toEqual(each);
    expect(await held(company.una)).toEqual([]);
    expect(codesIn(await assignMany(gail, { ...twice, atomic: true }))).toEqual(wholes);
    expect(await held(company.una)).toEqual([]);
    expect(codesIn(await assignMany(gail, { ...twice, atomic: false }))).toEqual(each);
    expect(await held(company.una)).toHaveLength(1);
  });

  test('keeps on record what the refused item was about, and not the whole batch', async () => {
    const gail = await company.as(company.gail);
    await assignMany(gail, { assignments: [to(company.una), to(company.ben, { schedule: NOW_FOR(1) })], atomic: true });
    const [event] = await company.events();
    expect(event?.payload).toMatchObject({ verb: 'assignMany', input: { principalId: company.ben } });
  });

  test('gives the same answer to the same key, and goes on where it stopped', async () => {
    const gail = await company.as(company.gail);
    const input = { assignments: [to(company.una), to(company.ben)], atomic: false, idempotencyKey: 'once' };
    await company.run(sql`CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'broken in the middle'; END $$`);
    await company.run(sql`CREATE TRIGGER break BEFORE INSERT ON assignment FOR EACH ROW
      WHEN (NEW.principal_id = ${sql.lit(company.ben)}) EXECUTE FUNCTION break()`);
    await expect(assignMany(gail, input)).rejects.toThrow('broken in the middle');
    await company.run(sql`DROP FUNCTION break CASCADE`);
    const [first] = await held(company.una);
    const outcomes = await assignMany(gail, input);
    expect(outcomes[0]?.assignmentId).toBe(first?.id);
    expect(await assignMany(gail, input)).toEqual(outcomes);
    expect([...(await held(company.una)), ...(await held(company.ben))]).toHaveLength(2);
  });

  test.each([true, false])('refuses a key that came before with another list, atomic: %s', async (atomic) => {
    const gail = await company.as(company.gail);
    const input = { assignments: [to(company.una)], atomic, idempotencyKey: 'once' };
    await assignMany(gail, input);
    const others = [[to(company.ben)], [to(company.una), to(company.ben)], [to(company.ben), to(company.una)]];
    for (const assignments of others) {
      const refused = assignments.map(() => 'IDEMPOTENCY_KEY_REUSED');
      expect(codesIn(await assignMany(gail, { ...input, assignments }))).toEqual(refused);
    }
    expect(await held(company.ben)).toEqual([]);
  });

  test('leaves a key free of which nothing came', async () => {
    const gail = await company.as(company.gail);
    const input = { assignments: [to(randomUUID())], atomic: false, idempotencyKey: 'free' };
    expect(codesIn(await assignMany(gail, input))).toEqual(['PRINCIPAL_NOT_FOUND']);
    expect(codesIn(await assignMany(gail, { ...input, assignments: [to(company.ben)] }))).toEqual(['PROVISIONED']);
  });

  test('leaves nothing behind when it is only validated', async () => {
    const gail = await company.as(company.gail);
    const before = await company.counts();
    for (const atomic of [true, false]) {
      await assignMany(gail, { assignments: [to(company.una), to(randomUUID())], atomic, validateOnly: true });
    }
    expect(await company.counts()).toEqual(before);
  });
});

describe('updateMany and removeMany', () => {
  const lasting = (assignmentId: string, durationMinutes: number) => ({
    assignmentId,
    schedule: { ...NOW_FOR(durationMinutes), permanent: false },
    condition: undefined,
    reasons: BECAUSE,
  });

  test('change and end each on its own', async () => {
    const gail = await company.as(company.gail);
    const [first, second] = [
      await company.assignment({ principal: company.una }),
      await company.assignment({ principal: company.ben, type: 'ELIGIBLE' }),
    ];
    const updates = [lasting(first, 60), lasting(randomUUID(), 60), lasting(second, 90)];
    const codes = codesIn(await updateMany(gail, { updates, atomic: false }));
    expect(codes).toEqual(['PROVISIONED', 'ASSIGNMENT_NOT_FOUND', 'PROVISIONED']);
    expect((await held(company.una))[0]?.endsAt).not.toBeNull();
    const removals = [first, second].map((assignmentId) => ({ assignmentId, reasons: BECAUSE }));
    expect(codesIn(await removeMany(gail, { removals, atomic: false }))).toEqual(['REVOKED', 'REVOKED']);
    expect([...(await held(company.una)), ...(await held(company.ben))]).toEqual([]);
  });

  test('refuse a key that came before with other items', async () => {
    const gail = await company.as(company.gail);
    const [first, second] = [
      await company.assignment({ principal: company.una }),
      await company.assignment({ principal: company.ben }),
    ] as const;
    const update = (...ids: string[]) => ({
      ...{ updates: ids.map((id) => lasting(id, 60)), atomic: false, idempotencyKey: 'u' },
    });
    const removal = (...ids: string[]) => ({
      ...{
        removals: ids.map((assignmentId) => ({ assignmentId, reasons: BECAUSE })),
        atomic: false,
        idempotencyKey: 'r',
      },
    });
    const reused = ['IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_KEY_REUSED'];
    expect(codesIn(await updateMany(gail, update(first)))).toEqual(['PROVISIONED']);
    expect(codesIn(await updateMany(gail, update(first, second)))).toEqual(reused);
    expect(codesIn(await removeMany(gail, removal(first)))).toEqual(['REVOKED']);
    expect(codesIn(await removeMany(gail, removal(first, second)))).toEqual(reused);
    expect(codesIn(await removeMany(gail, removal(first)))).toEqual(['REVOKED']);
    expect((await held(company.ben))[0]?.endsAt).toBeNull();
    expect(await held(company.ben)).toHaveLength(1);
  });

  test('do nothing when atomic and one is refused', async () => {
    const gail = await company.as(company.gail);
    const one = await company.assignment({ principal: company.una });
    const before = await held(company.una);
    const refused = ['BATCH_REFUSED', 'ASSIGNMENT_NOT_FOUND'];
    const updates = [lasting(one, 60), lasting(randomUUID(), 60)];
    expect(codesIn(await updateMany(gail, { updates, atomic: true }))).toEqual(refused);
    const removals = [one, randomUUID()].map((assignmentId) => ({ assignmentId, reasons: BECAUSE }));
    expect(codesIn(await removeMany(gail, { removals, atomic: true }))).toEqual(refused);
    expect(await held(company.una)).toEqual(before);
  });

  test('refuse an assignment that is named again', async () => {
    const gail = await company.as(company.gail);
    const one = await company.assignment({ principal: company.una });
    const updates = [lasting(one, 60), lasting(one, 90)];
    expect(codesIn(await updateMany(gail, { updates, atomic: false }))).toEqual(['PROVISIONED', 'DUPLICATE_ITEM']);
    const removals = [one, one].map((assignmentId) => ({ assignmentId, reasons: BECAUSE }));
    const atomic = await removeMany(gail, { removals, atomic: true });
    expect(codesIn(atomic)).toEqual(['BATCH_REFUSED', 'DUPLICATE_ITEM']);
    expect(codesIn(await removeMany(gail, { removals, atomic: false }))).toEqual(['REVOKED', 'DUPLICATE_ITEM']);
  });

  test('leave the last administrators, whether only validated or done', async () => {
    const gail = await company.as(company.gail);
    await company.assignment({ principal: company.dan, role: ENTRA.globalAdministrator });
    const both = [...(await company.active(company.dan)), ...(await company.active(company.gail))];
    const removals = both.map(({ id }) => ({ assignmentId: id, reasons: BECAUSE }));
    const codes = ['REVOKED', 'LAST_ADMINISTRATOR'];
    expect(codesIn(await removeMany(gail, { removals, atomic: false, validateOnly: true }))).toEqual(codes);
    expect(codesIn(await removeMany(gail, { removals, atomic: false }))).toEqual(codes);
  });
});

describe('copyAssignments', () => {
  const copy = (fromId: string, toId: string, change: object = {}) => ({
    ...{ what: 'PRINCIPAL' as const, fromId, toId, filter: {}, durationMinutes: null, keepEnd: true },
    ...{ reasons: BECAUSE, atomic: false },
    ...change,
  });

  test('gives a principal what another holds, with its end and its later start, and no activation', async () => {
    const gail = await company.as(company.gail);
    const eligibility = await company.assignment({ principal: company.una, type: 'ELIGIBLE', ends: 600 });
    await company.assignment({ principal: company.una, eligibility, ends: 60 });
    await company.assignment({ principal: company.una, role: ENTRA.globalReader, starts: 60, ends: 120 });
    await company.assignment({ principal: company.una, role: ENTRA.securityReader, starts: -60, ends: -1 });
    const { copies, refusals } = await copyAssignments(gail, copy(company.una, company.dan));
    expect(refusals).toEqual([]);
    expect(codesIn(copies)).toEqual(['PROVISIONED', 'GRANTED']);
    const [una, dan] = [await held(company.una), await held(company.dan)];
    expect(copies.map(({ sourceId }) => sourceId)).toEqual([una[0]?.id, una[2]?.id]);
    expect(dan.map(({ roleId, type, endsAt }) => ({ roleId, type, endsAt: endsAt?.slice(0, 19) }))).toEqual(
      [una[0], una[2]].map((row) => ({ roleId: row?.roleId, type: row?.type, endsAt: row?.endsAt?.slice(0, 19) })),
    );
  });

  test('takes what the filter takes, for the time that is asked for', async () => {
    const gail = await company.as(company.gail);
    await company.assignment({ principal: company.una, type: 'ELIGIBLE' });
    await company.assignment({ principal: company.una, role: ENTRA.globalReader });
    await company.assignment({ principal: company.una, role: ENTRA.securityReader, starts: 60 });
    const asked = { filter: { types: ['ACTIVE'], phases: ['IN_FORCE'] }, durationMinutes: 60 };
    expect(codesIn((await copyAssignments(gail, copy(company.una, company.dan, asked))).copies)).toEqual([
      'PROVISIONED',
    ]);
    const [only] = await company.active(company.dan);
    expect(only).toMatchObject({ roleId: ENTRA.globalReader, minutes: 60 });
    const none = copy(company.una, company.dan, { filter: { roleIds: [AZURE_READER] } });
    expect(await copyAssignments(gail, none)).toEqual({ copies: [], refusals: [] });
  });

  test('refuses what the target holds already and what it cannot hold, each for itself; or everything when atomic', async () => {
    const gail = await company.as(company.gail);
    const robot = randomUUID();
    await company.run(
      sql`INSERT INTO principal (id, kind, display_name) VALUES (${robot}, 'SERVICE_PRINCIPAL', 'Robot')`,
    );
    await company.assignment({ principal: company.una, type: 'ELIGIBLE' });
    await company.assignment({ principal: company.una });
    const atomic = await copyAssignments(gail, copy(company.una, robot, { atomic: true }));
    expect(codesIn(atomic.copies)).toEqual(['PRINCIPAL_NOT_ALLOWED', 'BATCH_REFUSED']);
    const codes = async () => codesIn((await copyAssignments(gail, copy(company.una, robot))).copies);
    expect(await codes()).toEqual(['PRINCIPAL_NOT_ALLOWED', 'PROVISIONED']);
    expect(await codes()).toEqual(['PRINCIPAL_NOT_ALLOWED', 'ASSIGNMENT_EXISTS']);
  });

  test('makes at a group whoever is member or owner of another one', async () => {
    const petra = await company.as(company.petra);
    const { admins, crew } = company.groups;
    const other = await company.group(true);
    await company.join(company.una, admins);
    await company.own(company.ben, admins);
    const between = { what: 'SCOPE', durationMinutes: 60 };
    const { copies } = await copyAssignments(petra, copy(admins.scope, other.scope, between));
    expect(codesIn(copies)).toEqual(['PROVISIONED', 'PROVISIONED']);
    expect((await held(company.una)).map(({ roleId, scopeId }) => [roleId, scopeId])).toContainEqual([
      GROUP_MEMBER,
      other.scope,
    ]);
    expect((await held(company.ben)).map(({ roleId, scopeId }) => [roleId, scopeId])).toContainEqual([
      GROUP_OWNER,
      other.scope,
    ]);
    const forbidden = await copyAssignments(petra, copy(admins.scope, crew.scope, between));
    expect(codesIn(forbidden.copies)).toEqual(['INSUFFICIENT_PERMISSIONS', 'INSUFFICIENT_PERMISSIONS']);
  });

  test('copies between Azure scopes only what the caller sees and manages', async () => {
    const { shop, subscription, elsewhere } = company.scopes;
    const azure = { provider: 'AZURE_RESOURCE', role: AZURE_CONTRIBUTOR } as const;
    await company.assignment({ ...azure, principal: company.una, scope: shop });
    await company.assignment({ ...azure, principal: company.ben, scope: elsewhere });
    const olive = await company.as(company.olive);
    const scopes = { what: 'SCOPE', keepEnd: true, durationMinutes: 60 };
    const done = await copyAssignments(olive, copy(shop, subscription, scopes));
    expect(codesIn(done.copies)).toEqual(['PROVISIONED']);
    expect((await copyAssignments(olive, copy(elsewhere, shop, scopes))).refusals).toMatchObject([
      { code: 'SCOPE_NOT_FOUND', field: ['between', 'scopes', 'from'] },
    ]);
    expect((await copyAssignments(olive, copy(shop, elsewhere, scopes))).refusals).toMatchObject([
      { code: 'SCOPE_NOT_FOUND', field: ['between', 'scopes', 'to'] },
    ]);
    expect(
      (
        await copyAssignments(
          await company.as(company.gail),
          copy(company.scopes.unit, company.groups.crew.scope, scopes),
        )
      ).refusals,
    ).toMatchObject([{ code: 'PROVIDER_DIFFERS', field: ['between', 'scopes', 'to'] }]);
  });

  test('names a principal that is not there, and is on record', async () => {
    const gail = await company.as(company.gail);
    const { refusals } = await copyAssignments(gail, copy(company.una, randomUUID()));
    expect(refusals).toMatchObject([{ code: 'PRINCIPAL_NOT_FOUND', field: ['between', 'principals', 'to'] }]);
    expect(await company.eventTypes()).toEqual(['request.refused']);
    const from = await copyAssignments(gail, copy(randomUUID(), company.una));
    expect(from.refusals).toMatchObject([{ code: 'PRINCIPAL_NOT_FOUND', field: ['between', 'principals', 'from'] }]);
  });

  test('copies once for each key, what was there when the key came first', async () => {
    const gail = await company.as(company.gail);
    await company.assignment({ principal: company.una });
    for (const atomic of [true, false]) {
      const person = await company.user();
      const input = copy(company.una, person, { atomic, idempotencyKey: `key ${atomic}` });
      const first = await copyAssignments(gail, input);
      expect(codesIn(first.copies)).toEqual(['PROVISIONED']);
      const role = atomic ? ENTRA.globalReader : ENTRA.securityReader;
      const later = await company.assignment({ principal: company.una, role, ends: 60 });
      expect(await copyAssignments(gail, input)).toEqual(first);
      expect((await copyAssignments(gail, { ...input, keepEnd: false })).refusals).toMatchObject([
        { code: 'IDEMPOTENCY_KEY_REUSED' },
      ]);
      await company.run(sql`UPDATE assignment SET ends_at = starts_at WHERE id = ${later}`);
    }
  });

  test('copies nothing that has ended when the key comes again', async () => {
    const gail = await company.as(company.gail);
    const source = await company.assignment({ principal: company.una, ends: 600 });
    await company.assignment({ principal: company.una, role: ENTRA.globalReader, ends: 600 });
    const kept = await company.assignment({ principal: company.dan, ends: 600 });
    const input = copy(company.una, company.dan, { idempotencyKey: 'key' });
    const first = codesIn((await copyAssignments(gail, input)).copies);
    expect([...first].sort()).toEqual(['ASSIGNMENT_EXISTS', 'PROVISIONED']);
    await company.run(sql`UPDATE assignment SET ends_at = clock_timestamp() WHERE id IN (${source}, ${kept})`);
    const again = codesIn((await copyAssignments(gail, input)).copies);
    expect(again).toEqual(first.map((code) => (code === 'PROVISIONED' ? code : 'ASSIGNMENT_ENDED')));
  });

  test('answers for what its caller sees no more when the key comes again', async () => {
    const { shop } = company.scopes;
    const azure = { provider: 'AZURE_RESOURCE', scope: shop, ends: 600 } as const;
    await company.assignment({ ...azure, principal: company.una, role: AZURE_CONTRIBUTOR });
    await company.assignment({ ...azure, principal: company.una, role: AZURE_READER });
    const kept = await company.assignment({ ...azure, principal: company.ben, role: AZURE_READER });
    const olive = await company.as(company.olive);
    const input = copy(company.una, company.ben, { idempotencyKey: 'key' });
    expect(codesIn((await copyAssignments(olive, input)).copies)).toEqual(['PROVISIONED', 'ASSIGNMENT_EXISTS']);
    await company.run(
      sql`UPDATE assignment SET ends_at = starts_at WHERE principal_id = ${company.olive} OR id = ${kept}`,
    );
    expect(codesIn((await copyAssignments(olive, input)).copies)).toEqual(['PROVISIONED', 'ASSIGNMENT_NOT_FOUND']);
  });

  test('leaves a key free of which nothing came, and nothing when only validated', async () => {
    const gail = await company.as(company.gail);
    await company.assignment({ principal: company.una });
    await company.assignment({ principal: company.dan });
    const input = copy(company.una, company.dan, { idempotencyKey: 'free' });
    expect(codesIn((await copyAssignments(gail, input)).copies)).toEqual(['ASSIGNMENT_EXISTS']);
    const before = await company.counts();
    const dry = { ...input, toId: company.ben, validateOnly: true };
    expect((await copyAssignments(gail, dry)).copies).toMatchObject([{ status: 'PROVISIONED', assignmentId: null }]);
    expect(await company.counts()).toEqual(before);
    expect(codesIn((await copyAssignments(gail, { ...input, toId: company.ben })).copies)).toEqual(['PROVISIONED']);
  });

  test('refuses more than one copy may make', async () => {
    const gail = await company.as(company.gail);
    await company.run(sql`INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, ends_at, created_at)
      SELECT gen_random_uuid(), 'ENTRA_ROLE', ${PLAIN_ROLE}, id, ${company.una}, 'ACTIVE', now() + make_interval(hours => n), now() + make_interval(hours => n + 1), now()
      FROM scope, generate_series(1, 1001) n WHERE kind = 'DIRECTORY'`);
    const input = copy(company.una, company.dan, { idempotencyKey: 'key' });
    expect(await copyAssignments(gail, input)).toMatchObject({ copies: [], refusals: [{ code: 'COPY_TOO_LARGE' }] });
    expect(await held(company.dan)).toEqual([]);
    // Nothing came of it: the key is free for less.
    const less = await copyAssignments(gail, { ...input, filter: { roleIds: [AZURE_READER] } });
    expect(less).toEqual({ copies: [], refusals: [] });
  });

  test('is refused to whoever may not manage it', async () => {
    await company.assignment({ principal: company.una });
    const una = await company.as(company.una);
    expect((await copyAssignments(una, copy(company.una, company.dan))).copies).toMatchObject([
      refusedWith('INSUFFICIENT_PERMISSIONS'),
    ]);
  });
});
