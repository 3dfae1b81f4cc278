/** May this activation be ended? The table in order; the floor is the holder's alone. */
import { describe, expect, test } from 'vitest';
import { type DeactivationFacts, decideDeactivation } from '../../src/decision/deactivation.ts';
import { DIRECTORY_SCOPE } from '../../src/decision/role.ts';
import { ADMINISTRATOR, inMinutes, NO_POWERS, NOW } from './facts.ts';
import { codesOf, refusesInOrder } from './precedence.ts';

const FACTS: DeactivationFacts = {
  now: NOW,
  viewerId: 'una',
  powers: NO_POWERS,
  assignment: {
    principalId: 'una',
    state: 'ACTIVATED',
    startsAt: inMinutes(-60),
    endsAt: inMinutes(60),
    target: { provider: 'ENTRA_ROLE', type: 'ACTIVE', ancestorIds: [DIRECTORY_SCOPE], group: null },
  },
  minimumMinutes: 5,
};

const withAssignment = (change: Partial<NonNullable<DeactivationFacts['assignment']>>) => (f: DeactivationFacts) => ({
  ...f,
  assignment: f.assignment && { ...f.assignment, ...change },
});

describe('a deactivation is refused, first of all, for', () => {
  refusesInOrder(FACTS, decideDeactivation, [
    ['no such assignment', 'ASSIGNMENT_NOT_FOUND', (f) => ({ ...f, assignment: null })],
    ['somebody else without powers', 'INSUFFICIENT_PERMISSIONS', (f) => ({ ...f, viewerId: 'dan' })],
    [
      'an assignment that nobody activated',
      'NOT_ACTIVATED',
      (f) =>
        withAssignment({ state: 'ASSIGNED', startsAt: inMinutes(-60), endsAt: inMinutes(60) })({
          ...f,
          viewerId: 'una',
        }),
    ],
    ['an activation that has ended', 'NOT_ACTIVATED', withAssignment({ startsAt: inMinutes(-60), endsAt: NOW })],
    [
      'an activation that was ended before it began',
      'NOT_ACTIVATED',
      withAssignment({ startsAt: inMinutes(10), endsAt: inMinutes(10) }),
    ],
    [
      'an activation that has hardly begun',
      'ACTIVE_TOO_BRIEFLY',
      withAssignment({ startsAt: inMinutes(-4.99), endsAt: inMinutes(60) }),
    ],
  ]);
});

describe('a deactivation', () => {
  test('by the holder ends the activation now, from five minutes on', () => {
    expect(decideDeactivation(FACTS)).toEqual({ endedAt: NOW, by: 'HOLDER' });
    expect(decideDeactivation(withAssignment({ startsAt: inMinutes(-5) })(FACTS))).toEqual({
      endedAt: NOW,
      by: 'HOLDER',
    });
  });

  test('waits as long as the policy says', () => {
    const slow = { ...withAssignment({ startsAt: inMinutes(-9) })(FACTS), minimumMinutes: 10 };
    expect(decideDeactivation(slow)).toMatchObject({
      refusals: [{ code: 'ACTIVE_TOO_BRIEFLY', message: expect.stringContaining('2026-03-01T09:01:00.000Z') }],
    });
  });

  test('by an administrator does not wait, even for their own', () => {
    const young = withAssignment({ startsAt: NOW })({ ...FACTS, powers: ADMINISTRATOR });
    expect(decideDeactivation({ ...young, viewerId: 'gail' })).toEqual({ endedAt: NOW, by: 'ADMINISTRATOR' });
    expect(decideDeactivation(young)).toEqual({ endedAt: NOW, by: 'HOLDER' });
  });

  test('of an activation to come ends it where it would begin', () => {
    const later = withAssignment({ startsAt: inMinutes(10) })(FACTS);
    expect(decideDeactivation(later)).toEqual({ endedAt: inMinutes(10), by: 'HOLDER' });
    expect(codesOf(decideDeactivation({ ...later, viewerId: 'dan' }))).toEqual(['INSUFFICIENT_PERMISSIONS']);
    expect(decideDeactivation({ ...later, viewerId: 'gail', powers: ADMINISTRATOR })).toEqual({
      endedAt: inMinutes(10),
      by: 'ADMINISTRATOR',
    });
  });

  test('of an activation that begins at this instant waits as any other', () => {
    expect(codesOf(decideDeactivation(withAssignment({ startsAt: NOW })(FACTS)))).toEqual(['ACTIVE_TOO_BRIEFLY']);
  });
});
