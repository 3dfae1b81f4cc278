/** How long? What is a duration, what is none, and both ways back. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../src/decision/duration.ts';

test.each([
  ['PT5M', 5],
  ['PT8H', 480],
  ['PT1H45M', 105],
  ['P1D', 1440],
  ['PT24H', 1440],
  ['P180D', 259_200],
  ['P1DT1H', 1500],
  ['P2W', 20_160],
  ['P1W1D', 11_520],
  ['PT0M', 0],
  ['PT90M', 90],
])('%s is %s minutes', (text, minutes) => {
  expect(parseDuration(text)).toBe(minutes);
});

test.each([
  ...[
    '',
    'P',
    'PT',
    'P1DT',
    'T5M',
    '5M',
    'PT5',
    'P5M',
    'P1Y',
    'P1M',
    'PT5S',
    'PT5M3S',
    'PT1.5H',
    '-PT5M',
    'PT-5M',
    'pt5m',
  ],
  ...[' PT5M', 'PT5M ', 'PT5M\n', 'PT5MPT5M', 'PT5M1H', 'PT١H', 'PT999999999M', 'P100000D'],
])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeNull();
});

test.each([
  [0, 'PT0M'],
  [5, 'PT5M'],
  [60, 'PT1H'],
  [105, 'PT1H45M'],
  [1440, 'P1D'],
  [1441, 'P1DT1M'],
  [525_600, 'P365D'],
])('%s minutes are %s', (minutes, text) => {
  expect(formatDuration(minutes)).toBe(text);
});

test('what is formatted is parsed back to the same minutes', () => {
  const minutes = fc.integer({ min: 0, max: 99_999 * 1440 });
  fc.assert(fc.property(minutes, (given) => parseDuration(formatDuration(given)) === given));
});

test('no text makes it throw, and what is parsed is a whole number of minutes', () => {
  const text = fc.stringMatching(/^[PTDHMW0-9]{0,12}$/);
  fc.assert(
    fc.property(text, (given) => {
      const minutes = parseDuration(given);
      return minutes === null || (Number.isSafeInteger(minutes) && minutes >= 0);
    }),
  );
});
