/** Which warnings come before an end, and when? */
import { expect, test } from 'vitest';
import { minutesLeft, WARNINGS } from '../../src/decision/warning.ts';

test('assignments are warned of 14 days and a day before their end, activations 15 and 5 minutes', () => {
  expect(WARNINGS.map(({ state, minutesBefore }) => [state, minutesBefore])).toEqual([
    ['ASSIGNED', 20_160],
    ['ASSIGNED', 1440],
    ['ACTIVATED', 15],
    ['ACTIVATED', 5],
  ]);
});

test.each([
  ['10:15:00', 15],
  ['10:14:59', 15],
  ['10:00:01', 1],
  ['10:00:00', 0],
  ['09:59:00', 0],
])('at 10:00:00 an end at %s is %i minutes away', (end, minutes) => {
  expect(minutesLeft(new Date(`2026-03-01T${end}Z`), new Date('2026-03-01T10:00:00Z'))).toBe(minutes);
});
