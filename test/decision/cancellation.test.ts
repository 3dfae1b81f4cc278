/** May this request be taken back? The table of refusals in order, and every status. */
import { describe, expect, test } from 'vitest';
import { type CancellationFacts, decideCancellation } from '../../src/decision/cancellation.ts';
import { REQUEST_STATUSES, type RequestStatus } from '../../src/decision/words.ts';
import { EXISTING } from './existing.ts';
import { ADMINISTRATOR, inMinutes, NO_POWERS, NOW } from './facts.ts';
import { codesOf, refusesInOrder } from './precedence.ts';

const REQUEST: NonNullable<CancellationFacts['request']> = {
  requestorId: 'una',
  status: 'PENDING_APPROVAL',
  expiresAt: inMinutes(60),
  target: EXISTING.target,
};
const FACTS: CancellationFacts = {
  now: NOW,
  viewerId: 'una',
  powers: NO_POWERS,
  request: REQUEST,
  assignment: null,
};
const having =
  (change: Partial<typeof REQUEST>) =>
  (f: CancellationFacts): CancellationFacts => ({ ...f, request: f.request && { ...f.request, ...change } });
const GRANTED = {
  ...having({ status: 'GRANTED', expiresAt: null })(FACTS),
  assignment: { startsAt: inMinutes(60), endsAt: null },
};

describe('a cancellation is refused, first of all, for', () => {
  refusesInOrder(FACTS, decideCancellation, [
    ['no such request', 'REQUEST_NOT_FOUND', (f) => ({ ...f, request: null })],
    ['somebody else', 'INSUFFICIENT_PERMISSIONS', (f) => ({ ...f, viewerId: 'ben' })],
    ['time that is up', 'REQUEST_TIMED_OUT', having({ expiresAt: NOW, status: 'PENDING_APPROVAL' })],
    ['what is carried out', 'NOT_CANCELABLE', having({ status: 'PROVISIONED' })],
  ]);
});

test.each(REQUEST_STATUSES)('%s', (status: RequestStatus) => {
  const cancelable = ['PENDING_APPROVAL', 'PENDING_ADMIN_DECISION'].includes(status);
  expect(codesOf(decideCancellation(having({ status })(FACTS)))).toEqual(cancelable ? [] : ['NOT_CANCELABLE']);
});

test('an administrator takes back the requests of others', () => {
  expect(decideCancellation({ ...FACTS, viewerId: 'root', powers: ADMINISTRATOR })).toEqual({ endedAt: null });
});

describe('what was granted', () => {
  test('for later never begins', () => expect(decideCancellation(GRANTED)).toEqual({ endedAt: inMinutes(60) }));
  test.each([
    ['has begun', { startsAt: NOW, endsAt: null }],
    ['is over', { startsAt: inMinutes(60), endsAt: inMinutes(60) }],
  ])('stays when it %s', (_name, assignment) => {
    expect(codesOf(decideCancellation({ ...GRANTED, assignment }))).toEqual(['NOT_CANCELABLE']);
  });
});
