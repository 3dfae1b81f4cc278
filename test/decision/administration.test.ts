/** May an administrator decide what a holder asked for? The table of refusals in order, and what becomes of it. */
import { describe, expect, test } from 'vitest';
import { type AdministrationFacts, decideAdministration } from '../../src/decision/administration.ts';
import { defaultPolicy } from '../../src/decision/policy.ts';
import { DAY, EXISTING, having, ONE_FACTOR } from './existing.ts';
import { ADMINISTRATOR, DIRECTORY, ENTRA_ROLE, inMinutes, NO_POWERS, NOW, USER } from './facts.ts';
import { codesOf, refusesInOrder } from './precedence.ts';

const AS_ASKED = { startsAt: null, endsAt: null, durationMinutes: null };
const FACTS: AdministrationFacts = {
  now: NOW,
  viewer: { id: 'root', kind: 'USER' },
  powers: ADMINISTRATOR,
  result: 'APPROVE',
  justification: 'Agreed',
  ticket: { ticketNumber: null, ticketSystem: null },
  request: { ...AS_ASKED, durationMinutes: 20 * DAY, requestorId: 'una', status: 'PENDING_ADMIN_DECISION' },
  assignment: EXISTING,
  type: 'ELIGIBLE',
  role: ENTRA_ROLE,
  scope: DIRECTORY,
  principal: USER,
  schedule: AS_ASKED,
  proof: ONE_FACTOR,
  held: [],
  rules: defaultPolicy('AZURE_RESOURCE'),
};
const EXPIRED = having({ endsAt: inMinutes(-DAY), endedBy: 'EXPIRED' })(FACTS);
const choosing = (wish: Partial<AdministrationFacts['schedule']>) => (f: AdministrationFacts) => ({
  ...f,
  schedule: { ...AS_ASKED, ...wish },
});

describe('a decision is refused, first of all, for', () => {
  refusesInOrder<AdministrationFacts>(FACTS, decideAdministration, [
    ['whoever asked', 'SELF_APPROVAL', (f) => ({ ...f, viewer: { id: 'una', kind: 'USER' } })],
    ['somebody who may not manage it', 'INSUFFICIENT_PERMISSIONS', (f) => ({ ...f, powers: NO_POWERS })],
    ['one taken before', 'REQUEST_NOT_PENDING', (f) => ({ ...f, request: { ...f.request, status: 'CANCELED' } })],
    ['no justification', 'JUSTIFICATION_REQUIRED', (f) => ({ ...f, justification: ' ' })],
    ['what was removed meanwhile', 'ASSIGNMENT_ENDED', having({ endsAt: NOW, endedBy: 'REMOVED' })],
    ['a lock', 'RESOURCE_LOCKED', having({ locked: true, endedBy: null, endsAt: EXISTING.endsAt })],
    ['a role that is deprecated now', 'ROLE_NOT_ASSIGNABLE', (f) => ({ ...f, role: { ...f.role, deprecated: true } })],
    ['no end to move', 'NOT_EXTENDABLE', having({ endsAt: null })],
    ['a start, for what goes on', 'INVALID_SCHEDULE', choosing({ startsAt: inMinutes(DAY) })],
    ['an end no later than the present one', 'INVALID_SCHEDULE', choosing({ endsAt: inMinutes(10 * DAY) })],
    [
      'another one in that time',
      'ASSIGNMENT_EXISTS',
      (f) => ({ ...f, held: [{ startsAt: inMinutes(DAY), endsAt: null }] }),
    ],
    ['the role settings', 'POLICY_RULES_FAILED', choosing({ durationMinutes: 366 * DAY })],
  ]);

  test.each([
    ['holds it', { requestorId: 'ben' }, 'una'],
    ['asked for it', {}, 'ben'],
    ['holds what nobody asked for any more', { requestorId: null }, 'una'],
  ])('whoever %s, without the other', (_name, asker, principalId) => {
    const facts = having({ principalId })({ ...FACTS, request: { ...FACTS.request, ...asker } });
    expect(codesOf(decideAdministration({ ...facts, viewer: { id: 'una', kind: 'USER' } }))).toEqual(['SELF_APPROVAL']);
    expect(codesOf(decideAdministration(facts))).toEqual([]);
  });

  test('no justification at all', () => {
    expect(codesOf(decideAdministration({ ...FACTS, justification: null }))).toEqual(['JUSTIFICATION_REQUIRED']);
  });

  test('somebody who may manage the old type and not the new one', () => {
    const powers = { ...NO_POWERS, entraManage: ['ELIGIBLE' as const] };
    expect(codesOf(decideAdministration({ ...FACTS, powers }))).toEqual([]);
    expect(codesOf(decideAdministration({ ...FACTS, powers, type: 'ACTIVE' }))).toEqual(['INSUFFICIENT_PERMISSIONS']);
  });
});

describe('it becomes', () => {
  const twentyDays = { startsAt: NOW, endsAt: inMinutes(20 * DAY) };
  test.each([
    ['nothing, when denied', { ...FACTS, result: 'DENY' as const }, { outcome: 'DENIED' }],
    ['longer, as asked', FACTS, { outcome: 'EXTENDED', endsAt: inMinutes(20 * DAY) }],
    [
      'longer, as the administrator says',
      choosing({ endsAt: inMinutes(11 * DAY) })(FACTS),
      { outcome: 'EXTENDED', endsAt: inMinutes(11 * DAY) },
    ],
    ['a new one, when it is over', EXPIRED, { outcome: 'MADE', period: twentyDays, replacedAt: null }],
    [
      'a new one for later',
      choosing({ startsAt: inMinutes(DAY), durationMinutes: DAY })(EXPIRED),
      { outcome: 'MADE', period: { startsAt: inMinutes(DAY), endsAt: inMinutes(2 * DAY) }, replacedAt: null },
    ],
    [
      'one of the other type, in place of the running one',
      { ...FACTS, type: 'ACTIVE' as const },
      { outcome: 'MADE', period: twentyDays, replacedAt: NOW },
    ],
    [
      'one of the other type at a later start, without a gap',
      { ...choosing({ startsAt: inMinutes(DAY), durationMinutes: DAY })(FACTS), type: 'ACTIVE' as const },
      {
        outcome: 'MADE',
        period: { startsAt: inMinutes(DAY), endsAt: inMinutes(2 * DAY) },
        replacedAt: inMinutes(DAY),
      },
    ],
    [
      'one of the other type, in place of one without an end',
      { ...having({ endsAt: null })(FACTS), type: 'ACTIVE' as const },
      { outcome: 'MADE', period: twentyDays, replacedAt: NOW },
    ],
    [
      'one of the other type after the running one',
      { ...choosing({ startsAt: inMinutes(10 * DAY), durationMinutes: DAY })(FACTS), type: 'ACTIVE' as const },
      {
        outcome: 'MADE',
        period: { startsAt: inMinutes(10 * DAY), endsAt: inMinutes(11 * DAY) },
        replacedAt: null,
      },
    ],
  ])('%s', (_name, facts, decision) => expect(decideAdministration(facts)).toEqual(decision));

  test('the rules are those of the chosen type, and what they ask the administrator gives', () => {
    const mfa = { enabledRules: ['MULTI_FACTOR_AUTHENTICATION' as const, 'JUSTIFICATION' as const] };
    const rules = { ...FACTS.rules, Enablement_Admin_Assignment: mfa };
    expect(codesOf(decideAdministration({ ...FACTS, rules }))).toEqual([]);
    expect(codesOf(decideAdministration({ ...FACTS, rules, type: 'ACTIVE' }))).toEqual(['POLICY_RULES_FAILED']);
  });
});
