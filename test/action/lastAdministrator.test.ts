/** Does an administrator who would be missed stay, and is the attempt on record? */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deactivate } from '../../src/action/deactivation.ts';
import { expireAssignment } from '../../src/action/expiry.ts';
import { remove } from '../../src/action/removal.ts';
import { startAssignment } from '../../src/action/start.ts';
import { type PersonaName, persona } from '../../src/company/personas.ts';
import { DIRECTORY_SCOPE, ENTRA, GROUP_OWNER } from '../../src/decision/role.ts';
import { cloneDatabase, cloneDemoDatabase, type TestDatabase } from '../support/database.ts';
import { rowsOf } from '../support/rows.ts';
import { contextOf } from '../support/viewer.ts';

let clone: TestDatabase;
const db = () => clone.database.em.fork().getKysely();

beforeAll(async () => {
  clone = await cloneDemoDatabase();
  // Grace alone is left, and she is one who may remove herself.
  await sql`UPDATE assignment SET ends_at = clock_timestamp(), ended_by = 'REMOVED'
    WHERE role_id = ${ENTRA.globalAdministrator} AND scope_id = ${DIRECTORY_SCOPE} AND type = 'ACTIVE'
      AND principal_id <> ${persona('grace')} AND during @> clock_timestamp()`.execute(db());
});

afterAll(() => clone.drop());

const as = (name: PersonaName) => contextOf(clone.database, persona(name));

async function held(principal: string, role: string): Promise<string> {
  const { rows } = await sql<{ id: string }>`SELECT id FROM assignment
    WHERE principal_id = ${principal} AND role_id = ${role} AND type = 'ACTIVE' AND during @> clock_timestamp()`.execute(
    db(),
  );
  return rows[0]?.id as string;
}

const REASON = { justification: 'No longer needed', ticketNumber: null, ticketSystem: null };

test('the last Global Administrator is not removed, and the attempt is on record', async () => {
  const assignmentId = await held(persona('grace'), ENTRA.globalAdministrator);
  const outcome = await remove(await as('pia'), { assignmentId, reasons: REASON });
  expect(outcome).toMatchObject({ status: null, refusals: [{ code: 'LAST_ADMINISTRATOR' }] });
  expect(await held(persona('grace'), ENTRA.globalAdministrator)).toBe(assignmentId);
  const { rows } = await sql<{ payload: unknown }>`SELECT payload FROM event
    WHERE type = 'request.refused' AND actor_id = ${persona('pia')} ORDER BY id DESC LIMIT 1`.execute(db());
  expect(rows[0]?.payload).toMatchObject({ refusals: [{ code: 'LAST_ADMINISTRATOR' }] });
});

test('asking only whether it would be allowed gets the same answer', async () => {
  const assignmentId = await held(persona('grace'), ENTRA.globalAdministrator);
  const outcome = await remove(await as('pia'), { assignmentId, reasons: REASON, validateOnly: true });
  expect(outcome.refusals).toMatchObject([{ code: 'LAST_ADMINISTRATOR' }]);
});

test('an activation is given back, or removed, as long as somebody else is left', async () => {
  const eligibility = randomUUID();
  const activation = randomUUID();
  await sql`INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, ends_at, created_at)
    VALUES (${eligibility}, 'ENTRA_ROLE', ${ENTRA.globalAdministrator}, ${DIRECTORY_SCOPE}, ${persona('olga')}, 'ELIGIBLE',
      now() - interval '1 day', now() + interval '1 day', now())`.execute(db());
  await sql`INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, state, eligibility_id, starts_at, ends_at, created_at)
    VALUES (${activation}, 'ENTRA_ROLE', ${ENTRA.globalAdministrator}, ${DIRECTORY_SCOPE}, ${persona('olga')}, 'ACTIVE', 'ACTIVATED',
      ${eligibility}, now() - interval '1 hour', now() + interval '1 hour', now())`.execute(db());
  expect(
    await deactivate(await as('olga'), { assignmentId: activation, justification: null, validateOnly: true }),
  ).toMatchObject({
    status: 'REVOKED',
  });
  expect(
    await remove(await as('pia'), { assignmentId: activation, reasons: REASON, validateOnly: true }),
  ).toMatchObject({
    status: 'REVOKED',
  });
});

test('the last owner of a group is not removed', async () => {
  const { rows } = await sql<{
    id: string;
  }>`SELECT min(a.id::text) AS id FROM assignment a JOIN principal p ON p.id = a.principal_id
    JOIN scope s ON s.id = a.scope_id JOIN principal g ON g.id = s.principal_id
    WHERE a.role_id = ${GROUP_OWNER} AND a.type = 'ACTIVE' AND a.during @> clock_timestamp() AND p.enabled AND g.role_assignable
    GROUP BY a.scope_id HAVING count(*) = 1 LIMIT 1`.execute(db());
  const outcome = await remove(await as('pia'), { assignmentId: rows[0]?.id as string, reasons: REASON });
  expect(outcome.refusals).toMatchObject([{ code: 'LAST_OWNER' }]);
});

describe('at the end of its time', () => {
  const ended = async (principal: string, role: string, type: 'ELIGIBLE' | 'ACTIVE') => {
    const id = await rowsOf(clone.database).assignment({ principal, role, type, starts: -600, ends: -1 });
    await expireAssignment(clone.database, id);
    const [row] = await rowsOf(clone.database).run(
      sql<{ endedBy: string | null; runs: boolean }>`
        SELECT ended_by AS "endedBy", ends_at > clock_timestamp() AS runs FROM assignment WHERE id = ${id}`,
    );
    return row;
  };

  test('the last way to Global Administrator is kept for another hour, and everything else expires', async () => {
    const solo = await cloneDatabase();
    const whole = clone;
    clone = solo;
    try {
      const user = await rowsOf(solo.database).user();
      expect(await ended(user, ENTRA.globalAdministrator, 'ELIGIBLE')).toEqual({ endedBy: null, runs: true });
      expect(await ended(user, ENTRA.globalAdministrator, 'ACTIVE')).toEqual({ endedBy: null, runs: true });
      const other = await rowsOf(solo.database).user();
      expect(await ended(other, ENTRA.globalAdministrator, 'ACTIVE')).toEqual({ endedBy: 'EXPIRED', runs: false });
      expect(await ended(other, ENTRA.globalReader, 'ACTIVE')).toEqual({ endedBy: 'EXPIRED', runs: false });
      expect((await rowsOf(solo.database).events()).map(({ type }) => type)).toEqual([
        'assignment.extended',
        'assignment.extended',
        'assignment.expired',
        'assignment.expired',
      ]);
    } finally {
      clone = whole;
      await solo.drop();
    }
  });
});

test('the start of the last administrator stands, also where it should have failed', async () => {
  const solo = await cloneDatabase();
  try {
    const rows = rowsOf(solo.database);
    const principal = await rows.user();
    const role = ENTRA.globalAdministrator;
    const request = await rows.request({ principal, role, status: 'GRANTED', justification: null, starts: -1 });
    const assignment = await rows.assignment({ principal, role, request, starts: -1 });
    expect(await startAssignment(solo.database, assignment)).toBe(true);
    expect((await rows.events()).map(({ type }) => type)).toEqual(['assignment.started']);
    const other = await rows.user();
    const more = await rows.request({ principal: other, role, status: 'GRANTED', justification: null, starts: -1 });
    expect(
      await startAssignment(
        solo.database,
        await rows.assignment({ principal: other, role, request: more, starts: -1 }),
      ),
    ).toBe(true);
    expect((await rows.events()).map(({ type }) => type)).toEqual(['assignment.started', 'request.failed']);
  } finally {
    await solo.drop();
  }
});
