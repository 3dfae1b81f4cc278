/** From when until when? Half-open periods, and the refusals of schedules that cannot be. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { overlap } from '../../src/decision/assignment.ts';
import {
  addPeriod,
  besideStart,
  covers,
  decidePeriod,
  isOver,
  minutesBetween,
  type Period,
  plus,
  type ScheduleInput,
} from '../../src/decision/schedule.ts';
import { inMinutes, NOW } from './facts.ts';
import { refusesInOrder } from './precedence.ts';

const OPEN: ScheduleInput = { startsAt: null, endsAt: null, durationMinutes: null };

describe('a schedule is refused, first of all, for', () => {
  refusesInOrder(OPEN, (schedule) => decidePeriod(schedule, NOW), [
    ['an end and a duration', 'INVALID_SCHEDULE', () => ({ ...OPEN, endsAt: inMinutes(60), durationMinutes: 60 })],
    ['an end that is its start', 'INVALID_SCHEDULE', () => ({ ...OPEN, endsAt: NOW })],
    [
      'an end before its start',
      'INVALID_SCHEDULE',
      () => ({ ...OPEN, startsAt: inMinutes(60), endsAt: inMinutes(59) }),
    ],
    ['no duration at all', 'INVALID_SCHEDULE', () => ({ ...OPEN, durationMinutes: 0 })],
    ['an end too soon', 'DURATION_TOO_SHORT', () => ({ ...OPEN, endsAt: inMinutes(4.999) })],
    ['a duration too short', 'DURATION_TOO_SHORT', () => ({ ...OPEN, durationMinutes: 4 })],
  ]);

  test('the field at fault is named', () => {
    expect(decidePeriod({ ...OPEN, durationMinutes: 4 }, NOW)).toMatchObject({ refusals: [{ field: ['duration'] }] });
    expect(decidePeriod({ ...OPEN, endsAt: inMinutes(4) }, NOW)).toMatchObject({ refusals: [{ field: ['endsAt'] }] });
    expect(decidePeriod({ ...OPEN, durationMinutes: 0 }, NOW)).toMatchObject({ refusals: [{ field: ['duration'] }] });
    expect(decidePeriod({ ...OPEN, endsAt: NOW }, NOW)).toMatchObject({ refusals: [{ field: ['endsAt'] }] });
  });
});

describe('a schedule', () => {
  test.each<[string, Partial<ScheduleInput>, Date, Date | null]>([
    ['without anything begins now and is permanent', {}, NOW, null],
    ['with a start in the past begins now', { startsAt: inMinutes(-60), durationMinutes: 60 }, NOW, inMinutes(60)],
    ['with a start ahead begins then', { startsAt: inMinutes(10), durationMinutes: 60 }, inMinutes(10), inMinutes(70)],
    ['ends where it says', { endsAt: inMinutes(5) }, NOW, inMinutes(5)],
    ['lasts five minutes at least', { durationMinutes: 5 }, NOW, inMinutes(5)],
  ])('%s', (_name, schedule, startsAt, endsAt) => {
    expect(decidePeriod({ ...OPEN, ...schedule }, NOW)).toEqual({ startsAt, endsAt });
  });
});

describe('a period', () => {
  const instants = fc.date({ min: new Date('2000-01-01Z'), max: new Date('2100-01-01Z'), noInvalidDate: true });
  const periods = fc.tuple(instants, fc.option(fc.integer({ min: 1, max: 1e9 }))).map(([startsAt, length]) => ({
    startsAt,
    endsAt: length === null ? null : new Date(startsAt.getTime() + length),
  }));
  const shifted = (date: Date, milliseconds: number) => new Date(date.getTime() + milliseconds);

  test('holds its start and not its end', () => {
    fc.assert(
      fc.property(periods, (period) => {
        expect(covers(period, period.startsAt)).toBe(true);
        expect(covers(period, shifted(period.startsAt, -1))).toBe(false);
        if (period.endsAt === null) return;
        expect(covers(period, period.endsAt)).toBe(false);
        expect(covers(period, shifted(period.endsAt, -1))).toBe(true);
      }),
    );
  });

  test('does not overlap the one that follows it', () => {
    fc.assert(
      fc.property(periods, (period) => {
        fc.pre(period.endsAt !== null);
        const next = { startsAt: period.endsAt as Date, endsAt: null };
        return !overlap(period, next) && !overlap(next, period);
      }),
    );
  });

  test('overlaps another one exactly when some instant lies in both', () => {
    fc.assert(
      fc.property(periods, periods, (one, other) => {
        const laterStart = one.startsAt > other.startsAt ? one.startsAt : other.startsAt;
        const both = covers(one, laterStart) && covers(other, laterStart);
        return overlap(one, other) === both && overlap(other, one) === both;
      }),
    );
  });

  test('is over from its end on, or when it never began', () => {
    expect(isOver({ startsAt: inMinutes(-10), endsAt: NOW }, NOW)).toBe(true);
    expect(isOver({ startsAt: inMinutes(-10), endsAt: inMinutes(1) }, NOW)).toBe(false);
    expect(isOver({ startsAt: inMinutes(10), endsAt: inMinutes(10) }, NOW)).toBe(true);
    expect(isOver({ startsAt: inMinutes(10), endsAt: null }, NOW)).toBe(false);
  });

  test('is as long as it was made', () => {
    const minutes = fc.integer({ min: 0, max: 1e6 });
    fc.assert(fc.property(instants, minutes, (start, length) => minutesBetween(start, plus(start, length)) === length));
  });
});

test('of many periods only those beside the start of another can overlap it', () => {
  const minutes = fc.record({
    from: fc.integer({ min: 0, max: 40 }),
    length: fc.option(fc.integer({ min: 1, max: 8 })),
  });
  fc.assert(
    fc.property(fc.array(minutes, { maxLength: 30 }), (given) => {
      const kept: Period[] = [];
      for (const { from, length } of given) {
        const period = { startsAt: inMinutes(from), endsAt: length === null ? null : inMinutes(from + length) };
        const overlaps = besideStart(kept, period).some((other) => overlap(other, period));
        expect(overlaps).toBe(kept.some((other) => overlap(other, period)));
        if (!overlaps) addPeriod(kept, period);
      }
      expect(kept).toEqual([...kept].sort((a, b) => a.startsAt.getTime() - b.startsAt.getTime()));
    }),
  );
});
