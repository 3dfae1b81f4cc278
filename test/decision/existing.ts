/** What do the tables about existing assignments start from? An eligible one of Una's that ends in ten days. */
import type { ExistingAssignment } from '../../src/decision/removal.ts';
import { DIRECTORY, inMinutes } from './facts.ts';

export const DAY = 24 * 60;

export const EXISTING: ExistingAssignment = {
  id: 'existing',
  provider: 'ENTRA_ROLE',
  principalId: 'una',
  type: 'ELIGIBLE',
  state: 'ASSIGNED',
  startsAt: inMinutes(-100 * DAY),
  endsAt: inMinutes(10 * DAY),
  endedBy: null,
  condition: null,
  locked: false,
  target: { provider: 'ENTRA_ROLE', type: 'ELIGIBLE', ancestorIds: DIRECTORY.ancestorIds, group: null },
};

export const NO_WISH = { startsAt: null, endsAt: null, durationMinutes: null, permanent: false };
export const WHY = { justification: 'Still needed', ticketNumber: null, ticketSystem: null };
export const NO_REASONS = { justification: null, ticketNumber: null, ticketSystem: null };
export const ONE_FACTOR = { multiFactorAt: null, authenticationContexts: [] };

/** A change of the assignment among the facts. */
export function having(change: Partial<ExistingAssignment>) {
  return <F extends { readonly assignment: ExistingAssignment | null }>(f: F): F => ({
    ...f,
    assignment: f.assignment && { ...f.assignment, ...change },
  });
}
