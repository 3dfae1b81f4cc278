/** Each row spoils its own fact and the next one: it proves precedence, not only presence. */
import { expect, test } from 'vitest';
import { defaultPolicy } from '../../src/decision/policy.ts';
import { decideStart, type StartFacts } from '../../src/decision/start.ts';

const at = (time: string) => new Date(`2026-03-01T${time}Z`);
const rules = defaultPolicy('ENTRA_ROLE');
const approval = { ...rules.Approval_EndUser_Assignment, isApprovalRequired: true };

const FACTS: StartFacts = {
  principalEnabled: true,
  type: 'ACTIVE',
  state: 'ACTIVATED',
  period: { startsAt: at('10:00:00'), endsAt: at('11:00:00') },
  eligibility: { startsAt: at('00:00:00'), endsAt: null },
  role: { assignable: true, deprecated: false },
  scope: { locked: false },
  rules,
  reasons: { justification: 'Because', ticketNumber: null, ticketSystem: null },
  proof: { multiFactorAt: at('08:00:00'), authenticationContexts: [] },
  requestedAt: at('08:00:00'),
  approved: false,
};
const ASSIGNED = { state: 'ASSIGNED', eligibility: null } as const;
const LONG = { startsAt: at('10:00:00'), endsAt: at('19:00:00') };

const gone = { principalEnabled: false };
const ineligible = { eligibility: { startsAt: at('00:00:00'), endsAt: at('10:00:00') } };
const locked = { scope: { locked: true } };
const tooLong = { period: LONG };
const unapproved = { rules: { ...rules, Approval_EndUser_Assignment: approval } };

test.each<[string, Partial<StartFacts>, string | null]>([
  ['a disabled principal', { ...gone, ...ineligible }, 'PRINCIPAL_DISABLED'],
  ['an eligible assignment that ended', { ...ineligible, ...locked }, 'NOT_ELIGIBLE'],
  ['an eligible assignment that is gone', { eligibility: null, ...locked }, 'NOT_ELIGIBLE'],
  [
    'a deprecated role',
    { ...ASSIGNED, role: { assignable: true, deprecated: true }, ...locked },
    'ROLE_NOT_ASSIGNABLE',
  ],
  [
    'a role only the system assigns',
    { ...ASSIGNED, role: { assignable: false, deprecated: false } },
    'ROLE_NOT_ASSIGNABLE',
  ],
  ['a locked scope', { ...locked, ...tooLong }, 'RESOURCE_LOCKED'],
  ['a period longer than the policy allows now', { ...tooLong, ...unapproved }, 'POLICY_RULES_FAILED'],
  [
    'an assignment longer than the policy allows now',
    { ...ASSIGNED, reasons: { ...FACTS.reasons, justification: null } },
    'POLICY_RULES_FAILED',
  ],
  ['an approval that the request never had', unapproved, 'NOT_APPROVED'],
  ['an approval that it had', { ...unapproved, approved: true }, null],
  ['an assignment, which needs no approval', { ...unapproved, ...ASSIGNED }, null],
  ['an activation of a role that has been deprecated since', { role: { assignable: true, deprecated: true } }, null],
  ['everything as it was', {}, null],
])('%s', (_name, spoilt, code) => {
  const decision = decideStart({ ...FACTS, ...spoilt });
  if (code === null) expect(decision).toEqual({ started: true });
  else expect(decision).toMatchObject({ refusals: [{ code }] });
});
