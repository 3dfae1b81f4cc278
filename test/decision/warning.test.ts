/** Which warnings come before an end, and when? */
import { expect, test } from 'vitest';
import { minutesLeft, WARNINGS } from '../../src/decision/warning.ts';

test('assignments are warned of 14 days and a day before their end, activations 15 and 5 minutes', () => {
  expect(WARNINGS).toEqual([
    { kind: 'FOURTEEN_DAYS', state: 'ASSIGNED', minutesBefore: 20_160 },
    { kind: 'ONE_DAY', state: 'ASSIGNED', minutesBefore: 1440 },
    { kind: 'FIFTEEN_MINUTES', state: 'ACTIVATED', minutesBefore: 15 },
    { kind: 'FIVE_MINUTES', state: 'ACTIVATED', minutesBefore: 5 },
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
