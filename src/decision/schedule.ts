/** From when until when? A requested schedule becomes a half-open period, or a refusal. */
import { type Refused, refuse } from '../refusals.ts';

/** No assignment is made for less, and none reaches a start it never had. */
export const MINIMUM_MINUTES = 5;

export interface ScheduleInput {
  /** Null, or in the past: now. */
  readonly startsAt: Date | null;
  /** At most one of the two is given; neither means permanent, or the longest that is allowed. */
  readonly endsAt: Date | null;
  readonly durationMinutes: number | null;
}

export interface Period {
  readonly startsAt: Date;
  /** Null: permanent. */
  readonly endsAt: Date | null;
}

export function decidePeriod(input: ScheduleInput, now: Date): Period | Refused {
  if (input.endsAt !== null && input.durationMinutes !== null) {
    return refuse('INVALID_SCHEDULE', { field: ['duration'], hint: 'Give either duration or endsAt, not both.' });
  }
  const startsAt = input.startsAt !== null && input.startsAt > now ? input.startsAt : now;
  const endsAt = input.durationMinutes === null ? input.endsAt : plus(startsAt, input.durationMinutes);
  if (endsAt !== null && endsAt <= startsAt) {
    return refuse('INVALID_SCHEDULE', {
      field: [input.endsAt ? 'endsAt' : 'duration'],
      hint: `It would end at ${endsAt.toISOString()}, not after its start at ${startsAt.toISOString()}.`,
    });
  }
  if (endsAt !== null && minutesBetween(startsAt, endsAt) < MINIMUM_MINUTES) {
    return refuse('DURATION_TOO_SHORT', { field: [input.endsAt ? 'endsAt' : 'duration'] });
  }
  return { startsAt, endsAt };
}

export function plus(instant: Date, minutes: number): Date {
  return new Date(instant.getTime() + minutes * 60_000);
}

export function minutesBetween(from: Date, until: Date): number {
  return (until.getTime() - from.getTime()) / 60_000;
}

/** Ended at the instant, or never to begin. */
export function isOver({ startsAt, endsAt }: Period, at: Date): boolean {
  return endsAt !== null && (endsAt <= at || endsAt <= startsAt);
}

/** In force at the instant: `[startsAt, endsAt)`. */
export function covers(period: Period, at: Date): boolean {
  return period.startsAt <= at && (period.endsAt === null || at < period.endsAt);
}

/** Of periods in their order, none of which overlaps another, those that this one can overlap: beside its start, one on each side. */
export function besideStart(periods: readonly Period[], { startsAt }: Period): readonly Period[] {
  const next = firstBehind(periods, startsAt);
  return periods.slice(Math.max(0, next - 1), next + 1);
}

/** Keeps them in their order. */
export function addPeriod(periods: Period[], period: Period): void {
  periods.splice(firstBehind(periods, period.startsAt), 0, period);
}

function firstBehind(periods: readonly Period[], instant: Date): number {
  let [from, to] = [0, periods.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((periods[middle] as Period).startsAt <= instant) from = middle + 1;
    else to = middle;
  }
  return from;
}
