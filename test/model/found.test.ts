/** What did the comparison with the reference, or its writing, find wrong? Each once, as short as it can be told. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { extend } from '../../src/action/extension.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { rowsOf } from '../support/rows.ts';
import { Reference } from './reference.ts';
import { type Beginning, World } from './world.ts';

let clone: TestDatabase;
beforeEach(async () => {
  clone = await cloneDatabase();
});
afterEach(() => clone.drop());

const ADMINISTRATOR: Beginning = { holder: 'gail', role: 'global', place: 'directory', type: 'ACTIVE', ends: null };
const HAL = { who: 'hal', reason: true, multiFactor: true } as const;

describe('a wish to extend', () => {
  test('takes the place of a request for the same access that nobody decided in time', async () => {
    const active: Beginning = { holder: 'hal', role: 'plain', place: 'directory', type: 'ACTIVE', ends: 60 };
    const world = await World.found(clone.database, new Reference(), [ADMINISTRATOR, active]);
    const rows = rowsOf(clone.database);
    await rows.request({ principal: world.holders.hal, status: 'PENDING_APPROVAL', expires: -1 });
    const schedule = { startsAt: null, endsAt: null, durationMinutes: 600, permanent: false };
    const reasons = { justification: 'Not done yet', ticketNumber: null, ticketSystem: null };
    const outcome = await extend(world.as(HAL), { assignmentId: world.assignments[1] as string, schedule, reasons });
    expect(outcome).toMatchObject({ status: 'PENDING_ADMIN_DECISION', refusals: [] });
    expect((await rows.events()).map(({ type }) => type)).toEqual(['request.timedOut', 'request.created']);
  });
});
