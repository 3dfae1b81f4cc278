/** Who holds what at this moment? The assignments given so far, none of them twice, counted by provider and type. */
import { plus } from '../decision/schedule.ts';
import type { AssignmentType, Provider } from '../decision/words.ts';
import { DAY } from './people.ts';
import type { Random } from './random.ts';
import type { AssignmentRow, Target } from './rows.ts';

export interface Access extends Target {
  readonly principalId: string;
  readonly type: AssignmentType;
}

export interface Book {
  readonly rows: AssignmentRow[];
  /** Gives access for a likely term; false when the principal holds that role there already, of either type. */
  give(access: Access, term?: Term): boolean;
  count(provider: Provider, type: AssignmentType): number;
}

/** LIKELY: within the provider's default policy. LONG: the longest it allows, only just begun. PERMANENT: without an end. */
export type Term = 'LIKELY' | 'PERMANENT' | 'LONG';

export function openBook(random: Random, now: Date): Book {
  const rows: AssignmentRow[] = [];
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  return {
    rows,
    count: (provider, type) => counts.get(`${provider} ${type}`) ?? 0,
    give: (access, term = 'LIKELY') => {
      const key = `${access.principalId} ${access.roleId} ${access.scopeId}`;
      if (taken.has(key)) return false;
      taken.add(key);
      const counted = `${access.provider} ${access.type}`;
      counts.set(counted, (counts.get(counted) ?? 0) + 1);
      rows.push({ ...assigned(random.uuid(), access), ...period(random, now, access, term) });
      return true;
    },
  };
}

export function assigned(id: string, { provider, roleId, scopeId, principalId, type }: Access) {
  const facts = { id, provider, roleId, scopeId, principalId, type } as const;
  return { ...facts, state: 'ASSIGNED', endedBy: null, eligibilityId: null, requestId: null } as const;
}

/** The longest an assignment may last where it may not be permanent: a year eligible, 180 days active. */
export function longestDays(type: AssignmentType): number {
  return type === 'ELIGIBLE' ? 365 : 180;
}

/** Made more than 30 days ago, before the company came to this gateway; one in twelve ends within the next 14 days. */
function period(random: Random, now: Date, { provider, type }: Access, term: Term) {
  const longest = longestDays(type);
  const age = random.between(31 * DAY, term === 'LONG' ? 35 * DAY : (longest - 30) * DAY);
  const startsAt = plus(now, -age);
  const permanent = term === 'PERMANENT' || (term === 'LIKELY' && provider === 'ENTRA_ROLE' && random.below(100) < 60);
  const soon = random.below(12) === 0 && term === 'LIKELY';
  const endsAt = soon ? plus(now, random.between(DAY / 2, 14 * DAY)) : plus(startsAt, longest * DAY);
  return { startsAt, endsAt: permanent ? null : endsAt, createdAt: startsAt };
}
