/** May an administrator end this? The table of refusals in order, and when it ends. */
import { describe, expect, test } from 'vitest';
import { decideRemoval, type RemovalFacts } from '../../src/decision/removal.ts';
import { EXISTING, having } from './existing.ts';
import { ADMINISTRATOR, inMinutes, NO_POWERS, NOW } from './facts.ts';
import { refusesInOrder } from './precedence.ts';

const FACTS: RemovalFacts = { now: NOW, powers: ADMINISTRATOR, assignment: EXISTING };

describe('a removal is refused, first of all, for', () => {
  refusesInOrder(FACTS, decideRemoval, [
    ['no such assignment', 'ASSIGNMENT_NOT_FOUND', (f) => ({ ...f, assignment: null })],
    ['a lock', 'RESOURCE_LOCKED', having({ locked: true })],
    ['somebody who may not manage it', 'INSUFFICIENT_PERMISSIONS', (f) => ({ ...f, powers: NO_POWERS })],
    ['an end that has passed', 'ASSIGNMENT_ENDED', having({ endsAt: NOW })],
  ]);
});

describe('it ends', () => {
  test.each([
    ['now, when it runs', {}, NOW],
    ['now, when it is permanent', { endsAt: null }, NOW],
    ['now, when it begins now', { startsAt: NOW }, NOW],
    ['now, when it is an activation, however young', { state: 'ACTIVATED', startsAt: inMinutes(-1) }, NOW],
    ['where it would begin, when it lies ahead', { startsAt: inMinutes(60) }, inMinutes(60)],
  ] as const)('%s', (_name, change, endedAt) => {
    expect(decideRemoval(having(change)(FACTS))).toEqual({ endedAt });
  });

  test('not a second time, when it never began', () => {
    const never = having({ startsAt: inMinutes(60), endsAt: inMinutes(60) })(FACTS);
    expect(decideRemoval(never)).toMatchObject({ refusals: [{ code: 'ASSIGNMENT_ENDED' }] });
  });
});
