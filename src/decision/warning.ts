/** Of which ends are people warned, and how long before? @see https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-email-notifications */
import type { AssignmentState } from './words.ts';

export interface Warning {
  readonly kind: 'FOURTEEN_DAYS' | 'ONE_DAY' | 'FIFTEEN_MINUTES' | 'FIVE_MINUTES';
  /** Assignments last for months and activations for hours. */
  readonly state: AssignmentState;
  readonly minutesBefore: number;
}

const DAY = 24 * 60;

/** Whatever lasts no longer than a warning's time before its end begins without that warning. */
export const WARNINGS: readonly Warning[] = [
  { kind: 'FOURTEEN_DAYS', state: 'ASSIGNED', minutesBefore: 14 * DAY },
  { kind: 'ONE_DAY', state: 'ASSIGNED', minutesBefore: DAY },
  { kind: 'FIFTEEN_MINUTES', state: 'ACTIVATED', minutesBefore: 15 },
  { kind: 'FIVE_MINUTES', state: 'ACTIVATED', minutesBefore: 5 },
];

/** Whole minutes, rounded up: somebody with half a minute left has one, not none. */
export function minutesLeft(endsAt: Date, now: Date): number {
  return Math.max(0, Math.ceil((endsAt.getTime() - now.getTime()) / 60_000));
}
