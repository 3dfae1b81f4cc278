/** May this be made anew, and by whom? The tables of refusals in order: for an administrator, and for a former holder. */
import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '../../src/decision/policy.ts';
import { decideRenewal, type RenewalFacts } from '../../src/decision/renewal.ts';
import { DAY, EXISTING, having, NO_REASONS, NO_WISH, ONE_FACTOR, WHY } from './existing.ts';
import { ADMINISTRATOR, DIRECTORY, ENTRA_ROLE, inMinutes, NO_POWERS, NOW, USER } from './facts.ts';
import { codesOf, type Row, refusesInOrder } from './precedence.ts';

const FACTS: RenewalFacts = {
  now: NOW,
  viewer: { id: 'root', kind: 'USER' },
  powers: ADMINISTRATOR,
  assignment: {
    ...EXISTING,
    ...{ type: 'ACTIVE', endsAt: inMinutes(-10 * DAY), endedBy: 'EXPIRED' },
    target: { ...EXISTING.target, type: 'ACTIVE' },
  },
  role: ENTRA_ROLE,
  scope: DIRECTORY,
  principal: USER,
  schedule: { ...NO_WISH, durationMinutes: 20 * DAY },
  reasons: WHY,
  proof: ONE_FACTOR,
  held: [],
  pending: false,
  rules: defaultPolicy('AZURE_RESOURCE'),
};
const HOLDER: RenewalFacts = { ...FACTS, viewer: { id: 'una', kind: 'USER' }, powers: NO_POWERS };
const wishing = (wish: Partial<RenewalFacts['schedule']>) => (f: RenewalFacts) => ({
  ...f,
  schedule: { ...NO_WISH, ...wish },
});

const COMMON: Row<RenewalFacts>[] = [
  ['no such assignment', 'ASSIGNMENT_NOT_FOUND', (f) => ({ ...f, assignment: null })],
  ['a lock', 'RESOURCE_LOCKED', having({ locked: true })],
  [
    'somebody else',
    'INSUFFICIENT_PERMISSIONS',
    (f) => ({ ...f, powers: NO_POWERS, viewer: { id: 'ben', kind: 'USER' } }),
  ],
  ['not being over', 'NOT_RENEWABLE', having({ endsAt: inMinutes(1) })],
  ['having been an activation', 'NOT_RENEWABLE', having({ state: 'ACTIVATED' })],
];
const LEGALITY: Row<RenewalFacts>[] = [
  [
    'more than 30 days',
    'RENEWAL_WINDOW_CLOSED',
    having({ endsAt: inMinutes(-30 * DAY), endedBy: 'EXPIRED', state: 'ASSIGNED' }),
  ],
  ['a role that is deprecated now', 'ROLE_NOT_ASSIGNABLE', (f) => ({ ...f, role: { ...f.role, deprecated: true } })],
  [
    'a scope that the role no longer reaches',
    'SCOPE_NOT_ALLOWED',
    (f) => ({ ...f, scope: { ...f.scope, kind: 'ADMINISTRATIVE_UNIT' } }),
  ],
  ['a principal that is gone', 'PRINCIPAL_NOT_FOUND', (f) => ({ ...f, principal: null })],
  ['a request that waits', 'REQUEST_PENDING', (f) => ({ ...f, pending: true })],
];
const SCHEDULE: Row<RenewalFacts>[] = [
  ['an end that has passed', 'INVALID_SCHEDULE', wishing({ endsAt: NOW })],
  ['another one in that time', 'ASSIGNMENT_EXISTS', (f) => ({ ...f, held: [{ startsAt: NOW, endsAt: null }] })],
];

describe('an administrator is refused, first of all, for', () => {
  refusesInOrder(FACTS, decideRenewal, [
    ...COMMON,
    ...LEGALITY,
    ...SCHEDULE,
    ['the role settings', 'POLICY_RULES_FAILED', (f) => ({ ...f, reasons: NO_REASONS })],
  ]);
});

describe('a former holder is refused, first of all, for', () => {
  refusesInOrder(HOLDER, decideRenewal, [
    ...COMMON,
    ['what an administrator took', 'NOT_RENEWABLE', having({ endedBy: 'REMOVED' })],
    ...LEGALITY,
    ['wanting it for ever', 'INVALID_SCHEDULE', wishing({ permanent: true })],
    ['no reason', 'REASON_REQUIRED', (f) => ({ ...f, reasons: NO_REASONS })],
    ...SCHEDULE,
    ['the role settings', 'POLICY_RULES_FAILED', wishing({ durationMinutes: 181 * DAY })],
  ]);
});

describe('it is made anew', () => {
  const twentyDays = { startsAt: NOW, endsAt: inMinutes(20 * DAY) };
  const tomorrow = { startsAt: inMinutes(DAY), endsAt: inMinutes(2 * DAY) };
  test.each([
    ['at once, by an administrator', FACTS, 'ADMINISTRATOR', twentyDays],
    ['when an administrator agrees, for a holder', HOLDER, 'HOLDER', twentyDays],
    ['before anybody wrote its end down', having({ endedBy: null })(HOLDER), 'HOLDER', twentyDays],
    ['by an administrator, although removed', having({ endedBy: 'REMOVED' })(FACTS), 'ADMINISTRATOR', twentyDays],
    [
      'until the last instant of the 30 days',
      having({ endsAt: inMinutes(-30 * DAY + 1) })(HOLDER),
      'HOLDER',
      twentyDays,
    ],
    ['for later', wishing({ startsAt: inMinutes(DAY), durationMinutes: DAY })(FACTS), 'ADMINISTRATOR', tomorrow],
    ['as long as the settings allow', wishing({})(HOLDER), 'HOLDER', { startsAt: NOW, endsAt: inMinutes(180 * DAY) }],
  ] as const)('%s', (_name, facts, by, renewed) => expect(decideRenewal(facts)).toEqual({ by, renewed }));

  test('by whoever proves what the settings ask of an administrator, which they do not ask of a holder', () => {
    const enabledRules = ['MULTI_FACTOR_AUTHENTICATION' as const];
    const rules = { ...FACTS.rules, Enablement_Admin_Assignment: { enabledRules } };
    expect(codesOf(decideRenewal({ ...FACTS, rules }))).toEqual(['POLICY_RULES_FAILED']);
    expect(decideRenewal({ ...HOLDER, rules })).toEqual({ by: 'HOLDER', renewed: twentyDays });
  });

  test('not for what is absent', () => expect(codesOf(decideRenewal(null))).toEqual(['ASSIGNMENT_NOT_FOUND']));
});
