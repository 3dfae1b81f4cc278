/** May this be extended, and by whom? The tables of refusals in order: for an administrator, and for a holder. */
import { describe, expect, test } from 'vitest';
import { decideExtension, type ExtensionFacts } from '../../src/decision/extension.ts';
import { defaultPolicy } from '../../src/decision/policy.ts';
import { DAY, EXISTING, having, NO_REASONS, NO_WISH, ONE_FACTOR, WHY } from './existing.ts';
import { ADMINISTRATOR, inMinutes, NO_POWERS, NOW } from './facts.ts';
import { codesOf, type Row, refusesInOrder } from './precedence.ts';

const FACTS: ExtensionFacts = {
  now: NOW,
  viewer: { id: 'root', kind: 'USER' },
  powers: ADMINISTRATOR,
  assignment: { ...EXISTING, type: 'ACTIVE', target: { ...EXISTING.target, type: 'ACTIVE' } },
  schedule: { ...NO_WISH, durationMinutes: 20 * DAY },
  reasons: WHY,
  proof: ONE_FACTOR,
  held: [],
  pending: false,
  rules: defaultPolicy('AZURE_RESOURCE'),
};
const HOLDER: ExtensionFacts = { ...FACTS, viewer: { id: 'una', kind: 'USER' }, powers: NO_POWERS };
const wishing = (wish: Partial<ExtensionFacts['schedule']>) => (f: ExtensionFacts) => ({
  ...f,
  schedule: { ...NO_WISH, ...wish },
});

const COMMON: Row<ExtensionFacts>[] = [
  ['no such assignment', 'ASSIGNMENT_NOT_FOUND', (f) => ({ ...f, assignment: null })],
  ['a lock', 'RESOURCE_LOCKED', having({ locked: true })],
  [
    'somebody else',
    'INSUFFICIENT_PERMISSIONS',
    (f) => ({ ...f, powers: NO_POWERS, viewer: { id: 'ben', kind: 'USER' } }),
  ],
  ['an end that has passed', 'ASSIGNMENT_ENDED', having({ endsAt: NOW })],
  ['an activation', 'IS_ACTIVATION', having({ state: 'ACTIVATED' })],
  ['no end to move', 'NOT_EXTENDABLE', having({ endsAt: null })],
];
const LATER: Row<ExtensionFacts>[] = [
  ['two ends', 'INVALID_SCHEDULE', wishing({ durationMinutes: 1, endsAt: inMinutes(60) })],
  ['an end no later than the present one', 'INVALID_SCHEDULE', wishing({ endsAt: inMinutes(10 * DAY) })],
  [
    'another one in that time',
    'ASSIGNMENT_EXISTS',
    (f) => ({ ...f, held: [{ startsAt: inMinutes(12 * DAY), endsAt: null }] }),
  ],
];

describe('an administrator is refused, first of all, for', () => {
  refusesInOrder(FACTS, decideExtension, [
    ...COMMON,
    ...LATER,
    ['the role settings', 'POLICY_RULES_FAILED', (f) => ({ ...f, reasons: NO_REASONS })],
  ]);
});

describe('a holder is refused, first of all, for', () => {
  refusesInOrder(HOLDER, decideExtension, [
    ...COMMON,
    ['asking too early', 'EXTENSION_WINDOW_CLOSED', having({ endsAt: inMinutes(14 * DAY + 1) })],
    ['a request that waits', 'REQUEST_PENDING', (f) => ({ ...f, pending: true })],
    ['wanting it for ever', 'INVALID_SCHEDULE', wishing({ permanent: true })],
    ['no reason', 'REASON_REQUIRED', (f) => ({ ...f, reasons: { ...NO_REASONS, justification: ' ' } })],
    ...LATER,
    ['the role settings', 'POLICY_RULES_FAILED', wishing({ durationMinutes: 181 * DAY })],
  ]);
});

describe('it goes on', () => {
  test.each([
    ['at once, by an administrator', FACTS, { by: 'ADMINISTRATOR', endsAt: inMinutes(20 * DAY) }],
    ['when an administrator agrees, for a holder', HOLDER, { by: 'HOLDER', endsAt: inMinutes(20 * DAY) }],
    [
      'as long as the settings allow, without a wish',
      wishing({})(HOLDER),
      { by: 'HOLDER', endsAt: inMinutes(180 * DAY) },
    ],
    [
      'without an end, where the settings allow it',
      { ...wishing({ permanent: true })(FACTS), rules: defaultPolicy('ENTRA_ROLE') },
      { by: 'ADMINISTRATOR', endsAt: null },
    ],
    [
      'for a holder from the first instant of the window',
      having({ endsAt: inMinutes(14 * DAY) })(HOLDER),
      { by: 'HOLDER', endsAt: inMinutes(20 * DAY) },
    ],
    [
      'for an administrator before the window, and while a request waits',
      { ...having({ endsAt: inMinutes(15 * DAY) })(FACTS), pending: true },
      { by: 'ADMINISTRATOR', endsAt: inMinutes(20 * DAY) },
    ],
  ] as const)('%s', (_name, facts, decision) => expect(decideExtension(facts)).toEqual(decision));

  test('without what only the deciding administrator must prove', () => {
    const { Enablement_Admin_Assignment: _, ...rest } = FACTS.rules;
    const rules = { ...rest, Enablement_Admin_Assignment: { enabledRules: ['MULTI_FACTOR_AUTHENTICATION' as const] } };
    expect(codesOf(decideExtension({ ...HOLDER, rules }))).toEqual([]);
    expect(codesOf(decideExtension({ ...FACTS, rules }))).toEqual(['POLICY_RULES_FAILED']);
  });

  test('not for a service principal that holds it', () => {
    const robot = { ...HOLDER, viewer: { id: 'una', kind: 'SERVICE_PRINCIPAL' as const } };
    expect(codesOf(decideExtension(robot))).toEqual(['INSUFFICIENT_PERMISSIONS']);
  });
});
