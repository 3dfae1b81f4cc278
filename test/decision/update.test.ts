/** May an administrator change this? The table of refusals in order, and what a change means. */
import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '../../src/decision/policy.ts';
import { decideUpdate, type UpdateFacts } from '../../src/decision/update.ts';
import { DAY, EXISTING, having, NO_REASONS, NO_WISH, ONE_FACTOR, WHY } from './existing.ts';
import { ADMINISTRATOR, inMinutes, NO_POWERS, NOW } from './facts.ts';
import { codesOf, refusesInOrder } from './precedence.ts';

const FACTS: UpdateFacts = {
  now: NOW,
  powers: ADMINISTRATOR,
  assignment: { ...EXISTING, type: 'ACTIVE', target: { ...EXISTING.target, type: 'ACTIVE' } },
  schedule: { ...NO_WISH, durationMinutes: 20 * DAY },
  condition: undefined,
  reasons: WHY,
  proof: ONE_FACTOR,
  held: [],
  rules: defaultPolicy('ENTRA_ROLE'),
};
const wishing = (wish: Partial<UpdateFacts['schedule']>) => (f: UpdateFacts) => ({
  ...f,
  schedule: { ...NO_WISH, ...wish },
});
const FUTURE = having({ startsAt: inMinutes(DAY) })(FACTS);

describe('an update is refused, first of all, for', () => {
  refusesInOrder(FACTS, decideUpdate, [
    ['no such assignment', 'ASSIGNMENT_NOT_FOUND', (f) => ({ ...f, assignment: null })],
    ['a lock', 'RESOURCE_LOCKED', having({ locked: true })],
    ['somebody who may not manage it', 'INSUFFICIENT_PERMISSIONS', (f) => ({ ...f, powers: NO_POWERS })],
    ['an end that has passed', 'ASSIGNMENT_ENDED', having({ endsAt: NOW })],
    ['an activation', 'IS_ACTIVATION', having({ state: 'ACTIVATED' })],
    ['nothing to change', 'NOTHING_TO_CHANGE', (f) => ({ ...f, schedule: NO_WISH, condition: undefined })],
    ['a condition on an Entra role', 'CONDITION_NOT_ALLOWED', (f) => ({ ...f, condition: 'x' })],
    ['a start that lies behind', 'INVALID_SCHEDULE', wishing({ startsAt: inMinutes(60) })],
    ['two ends', 'INVALID_SCHEDULE', wishing({ permanent: true, endsAt: inMinutes(60) })],
    ['an end that has passed', 'INVALID_SCHEDULE', wishing({ endsAt: NOW })],
    ['a few moments', 'DURATION_TOO_SHORT', wishing({ durationMinutes: 4 })],
    ['another one in that time', 'ASSIGNMENT_EXISTS', (f) => ({ ...f, held: [{ startsAt: NOW, endsAt: null }] })],
    ['the role settings', 'POLICY_RULES_FAILED', (f) => ({ ...f, reasons: NO_REASONS })],
  ]);
});

describe('it becomes', () => {
  const { startsAt, endsAt } = EXISTING;
  test.each([
    ['longer, from now', FACTS, { durationMinutes: 20 * DAY }, { startsAt, endsAt: inMinutes(20 * DAY) }],
    ['shorter', FACTS, { endsAt: inMinutes(60) }, { startsAt, endsAt: inMinutes(60) }],
    ['permanent', FACTS, { permanent: true }, { startsAt, endsAt: null }],
    ['earlier', FUTURE, { startsAt: inMinutes(60) }, { startsAt: inMinutes(60), endsAt }],
    ['one that begins now', FUTURE, { startsAt: inMinutes(-60) }, { startsAt: NOW, endsAt }],
    [
      'longer, from its start',
      FUTURE,
      { durationMinutes: DAY },
      { startsAt: inMinutes(DAY), endsAt: inMinutes(2 * DAY) },
    ],
  ])('%s', (_name, facts, wish, period) => {
    expect(decideUpdate(wishing(wish)(facts))).toEqual({ updated: { ...period, condition: null } });
  });

  test('as long as the settings allow, counted from now and not from its start', () => {
    const rules = defaultPolicy('AZURE_RESOURCE');
    const wish = (days: number) => decideUpdate({ ...wishing({ durationMinutes: days * DAY })(FACTS), rules });
    expect(codesOf(wish(180))).toEqual([]);
    expect(codesOf(wish(181))).toEqual(['POLICY_RULES_FAILED']);
  });

  const azure = having({ provider: 'AZURE_RESOURCE', condition: 'old' })(FACTS);
  const condition = "@Resource[a:b] StringEquals 'a'";
  test.each([
    ['keeps its condition', undefined, 'old'],
    ['loses it', null, null],
    ['gets another', condition, condition],
  ])('%s', (_name, given, kept) => {
    const powers = { ...ADMINISTRATOR, azureManage: EXISTING.target.ancestorIds };
    expect(decideUpdate({ ...azure, powers, condition: given })).toMatchObject({ updated: { condition: kept } });
  });
});
