/** May an administrator assign this? The table of refusals in order; legality of scopes and of kinds of principals. */
import { describe, expect, test } from 'vitest';
import {
  type AssignmentFacts,
  canonicalKey,
  decideAssignment,
  overlap,
  type PrincipalFacts,
  principalRefusal,
  type RoleFacts,
  type ScopeFacts,
  scopeRefusal,
} from '../../src/decision/assignment.ts';
import { defaultPolicy } from '../../src/decision/policy.ts';
import { GROUP_MEMBER, GROUP_OWNER } from '../../src/decision/role.ts';
import type { AssignmentType, PrincipalKind } from '../../src/decision/words.ts';
import {
  ADMINISTRATOR,
  AZURE_ROLE,
  DIRECTORY,
  ENTRA_ROLE,
  GROUP_FACTS,
  GROUP_SCOPE,
  inMinutes,
  MEMBER,
  NO_POWERS,
  NOW,
  RESOURCE_GROUP,
  USER,
} from './facts.ts';
import { codesOf, refusesInOrder } from './precedence.ts';

const FACTS: AssignmentFacts = {
  now: NOW,
  powers: ADMINISTRATOR,
  role: ENTRA_ROLE,
  scope: DIRECTORY,
  principal: USER,
  type: 'ACTIVE',
  schedule: { startsAt: null, endsAt: null, durationMinutes: 60 },
  reasons: { justification: 'New in the team', ticketNumber: null, ticketSystem: null },
  proof: { multiFactorAt: null, authenticationContexts: [] },
  held: [],
  pending: false,
  rules: defaultPolicy('ENTRA_ROLE'),
  condition: null,
};

const withRole = (change: Partial<RoleFacts>) => (f: AssignmentFacts) => ({
  ...f,
  role: f.role && { ...f.role, ...change },
});
const withScope = (change: Partial<ScopeFacts>) => (f: AssignmentFacts) => ({
  ...f,
  scope: f.scope && { ...f.scope, ...change },
});
const withSchedule = (change: Partial<AssignmentFacts['schedule']>) => (f: AssignmentFacts) => ({
  ...f,
  schedule: { ...f.schedule, ...change },
});
const ROBOT: PrincipalFacts = { ...USER, id: 'robot', kind: 'SERVICE_PRINCIPAL' };

describe('an assignment is refused, first of all, for', () => {
  refusesInOrder(FACTS, decideAssignment, [
    ['no such role', 'ROLE_NOT_FOUND', (f) => ({ ...f, role: null })],
    ['no such scope', 'SCOPE_NOT_FOUND', (f) => ({ ...f, scope: null })],
    ['no such principal', 'PRINCIPAL_NOT_FOUND', (f) => ({ ...f, principal: null })],
    ['a role that only the system assigns', 'ROLE_NOT_ASSIGNABLE', withRole({ assignable: false })],
    ['a deprecated role', 'ROLE_NOT_ASSIGNABLE', withRole({ deprecated: true, assignable: true })],
    ['a scope that the role does not reach', 'SCOPE_NOT_ALLOWED', withScope({ kind: 'ADMINISTRATIVE_UNIT' })],
    ['a locked resource', 'RESOURCE_LOCKED', withScope({ locked: true })],
    ['a caller who does not manage it', 'INSUFFICIENT_PERMISSIONS', (f) => ({ ...f, powers: NO_POWERS })],
    [
      'a principal that cannot hold it',
      'PRINCIPAL_NOT_ALLOWED',
      (f) => ({ ...f, type: 'ELIGIBLE' as const, principal: ROBOT }),
    ],
    ['a condition on anything but an Azure role', 'CONDITION_NOT_ALLOWED', (f) => ({ ...f, condition: '' })],
    ['an end and a duration', 'INVALID_SCHEDULE', withSchedule({ endsAt: inMinutes(60), durationMinutes: 60 })],
    ['an end in the past', 'INVALID_SCHEDULE', withSchedule({ endsAt: inMinutes(-60), durationMinutes: null })],
    ['less than five minutes', 'DURATION_TOO_SHORT', withSchedule({ endsAt: null, durationMinutes: 4 })],
    [
      'the same access in that time',
      'ASSIGNMENT_EXISTS',
      (f) => ({
        ...withSchedule({ endsAt: null, durationMinutes: 60 })(f),
        held: [{ startsAt: inMinutes(59), endsAt: null }],
      }),
    ],
    ['a request that waits', 'REQUEST_PENDING', (f) => ({ ...f, pending: true })],
    [
      'a rule of the policy',
      'POLICY_RULES_FAILED',
      (f) => ({ ...f, type: 'ACTIVE' as const, reasons: { ...f.reasons, justification: null } }),
    ],
  ]);

  test('a condition that cannot be read, before its schedule', () => {
    const root = { ...ADMINISTRATOR, azureManage: ['root'] };
    const azure = { ...FACTS, role: AZURE_ROLE, scope: RESOURCE_GROUP, powers: root, condition: 'nonsense' };
    expect(codesOf(decideAssignment({ ...azure, schedule: { ...azure.schedule, durationMinutes: 0 } }))).toEqual([
      'CONDITION_INVALID',
    ]);
  });

  test('the rules of the type that is assigned, and no others', () => {
    const silent = { ...FACTS, reasons: { ...FACTS.reasons, justification: null } };
    expect(codesOf(decideAssignment({ ...silent, type: 'ELIGIBLE' }))).toEqual([]);
    const rules = defaultPolicy('GROUP');
    const permanent = withSchedule({ durationMinutes: null })({ ...silent, rules });
    const failed = (type: AssignmentType) => decideAssignment({ ...permanent, type });
    expect(failed('ELIGIBLE')).toMatchObject({
      refusals: [
        { failedRules: [{ rule: 'EXPIRATION', ruleId: 'Expiration_Admin_Eligibility', allowed: 'at most P365D' }] },
      ],
    });
    expect(failed('ACTIVE')).toMatchObject({
      refusals: [
        {
          failedRules: [
            { rule: 'EXPIRATION', ruleId: 'Expiration_Admin_Assignment', allowed: 'at most P180D', given: 'permanent' },
            { rule: 'JUSTIFICATION', ruleId: 'Enablement_Admin_Assignment' },
          ],
        },
      ],
    });
  });
});

describe('an assignment', () => {
  const access = { provider: 'ENTRA_ROLE', roleId: ENTRA_ROLE.id, scopeId: DIRECTORY.id, principalId: 'una' };

  test('is made for the period asked for', () => {
    expect(decideAssignment(FACTS)).toEqual({ assigned: { ...access, startsAt: NOW, endsAt: inMinutes(60) } });
  });

  test('is permanent when nothing else is asked for and the policy allows it', () => {
    const open = withSchedule({ durationMinutes: null })(FACTS);
    expect(decideAssignment(open)).toEqual({ assigned: { ...access, startsAt: NOW, endsAt: null } });
  });

  test('may follow another one without a gap', () => {
    expect(codesOf(decideAssignment({ ...FACTS, held: [{ startsAt: inMinutes(60), endsAt: null }] }))).toEqual([]);
  });
});

describe('a scope', () => {
  const allowed = (role: RoleFacts, scope: ScopeFacts) => scopeRefusal(role, scope) === null;
  const unit = { ...DIRECTORY, id: 'unit', kind: 'ADMINISTRATIVE_UNIT' } as const;
  const application = { ...DIRECTORY, id: 'application', kind: 'DIRECTORY_OBJECT' } as const;

  test('is one of the provider of the role', () => {
    const scopes = [DIRECTORY, RESOURCE_GROUP, GROUP_SCOPE];
    const roles = [ENTRA_ROLE, AZURE_ROLE, MEMBER];
    expect(roles.map((role) => scopes.map((scope) => allowed(role, scope)))).toEqual([
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ]);
  });

  test.each([
    [{ administrativeUnitScope: false, applicationScope: false }, [true, false, false]],
    [{ administrativeUnitScope: true, applicationScope: false }, [true, true, false]],
    [{ administrativeUnitScope: false, applicationScope: true }, [true, false, true]],
  ])('of the directory fits a role with %o', (flags, expected) => {
    expect([DIRECTORY, unit, application].map((scope) => allowed({ ...ENTRA_ROLE, ...flags }, scope))).toEqual(
      expected,
    );
  });

  test.each([
    [['/'], true],
    [['/subscriptions/a'], true],
    [['/SUBSCRIPTIONS/A/'], true],
    [['/subscriptions/a/resourceGroups/SHOP'], true],
    [['/subscriptions/b', '/subscriptions/A'], true],
    [['/subscriptions/ab'], false],
    [['/subscriptions'], false],
    [['/subscriptions/a/resourceGroups/shop/providers/x/y/z'], false],
    [[], false],
  ])('of Azure is assignable to a role assignable at %o: %o', (assignableScopes, expected) => {
    expect(allowed({ ...AZURE_ROLE, assignableScopes }, RESOURCE_GROUP)).toBe(expected);
  });

  test.each(['TENANT_ROOT', 'MANAGEMENT_GROUP', 'SUBSCRIPTION', 'RESOURCE_GROUP', 'RESOURCE'] as const)(
    'of kind %s is judged by the assignable scopes',
    (kind) => {
      const elsewhere = { ...AZURE_ROLE, assignableScopes: ['/subscriptions/ab'] };
      expect(allowed(AZURE_ROLE, { ...RESOURCE_GROUP, kind })).toBe(true);
      expect(allowed(elsewhere, { ...RESOURCE_GROUP, kind })).toBe(false);
    },
  );

  test('of a group with dynamic or synchronized membership takes no assignments', () => {
    expect(allowed(MEMBER, { ...GROUP_SCOPE, group: { ...GROUP_FACTS, dynamicMembership: true } })).toBe(false);
    expect(allowed(MEMBER, { ...GROUP_SCOPE, group: { ...GROUP_FACTS, synchronized: true } })).toBe(false);
  });

  test('of Azure takes a role assignable everywhere, whatever lies above it', () => {
    expect(allowed(AZURE_ROLE, { ...RESOURCE_GROUP, ancestorKeys: ['/subscriptions/a'] })).toBe(true);
  });

  test('of a group that is unknown is not judged by its membership', () => {
    expect(allowed(MEMBER, { ...GROUP_SCOPE, group: null })).toBe(true);
  });

  const elsewhere = { ...AZURE_ROLE, assignableScopes: ['/subscriptions/b', '/subscriptions/c'] };
  test.each<[RoleFacts, ScopeFacts, string]>([
    [ENTRA_ROLE, RESOURCE_GROUP, 'Security Reader is a role of another provider than the scope.'],
    [ENTRA_ROLE, unit, 'Security Reader cannot be limited to an administrative unit.'],
    [ENTRA_ROLE, application, 'Security Reader cannot be limited to an application.'],
    [
      MEMBER,
      { ...GROUP_SCOPE, group: { ...GROUP_FACTS, dynamicMembership: true } },
      'The membership of the group is dynamic.',
    ],
    [
      MEMBER,
      { ...GROUP_SCOPE, group: { ...GROUP_FACTS, synchronized: true } },
      'The group is synchronized from elsewhere.',
    ],
    [elsewhere, RESOURCE_GROUP, 'Contributor is assignable at /subscriptions/b, /subscriptions/c only.'],
  ])('is refused with a reason: $2', (role, scope, hint) => {
    expect(scopeRefusal(role, scope)).toMatchObject({
      code: 'SCOPE_NOT_ALLOWED',
      field: ['scope'],
      message: expect.stringContaining(hint),
    });
  });

  test('is compared without letter case and trailing slash, of ASCII only', () => {
    expect(canonicalKey('/Subscriptions/A/')).toBe('/subscriptions/a');
    expect(canonicalKey('/')).toBe('/');
    expect(canonicalKey('/İ/K')).toBe('/İ/k');
  });
});

describe('who may hold what', () => {
  type Case = readonly [
    kind: PrincipalKind,
    flags: Partial<PrincipalFacts>,
    type: AssignmentType,
    entra: boolean,
    azure: boolean,
    group: boolean,
    roleAssignableGroup: boolean,
  ];
  test.each<Case>([
    ['USER', {}, 'ELIGIBLE', true, true, true, true],
    ['USER', {}, 'ACTIVE', true, true, true, true],
    ['SERVICE_PRINCIPAL', {}, 'ELIGIBLE', false, false, false, false],
    ['SERVICE_PRINCIPAL', {}, 'ACTIVE', true, true, true, true],
    ['MANAGED_IDENTITY', {}, 'ELIGIBLE', false, false, false, false],
    ['MANAGED_IDENTITY', {}, 'ACTIVE', true, true, true, true],
    ['GROUP', { roleAssignable: true, securityEnabled: true }, 'ELIGIBLE', true, true, true, true],
    ['GROUP', { roleAssignable: true, securityEnabled: true }, 'ACTIVE', true, true, true, false],
    ['GROUP', { roleAssignable: false, securityEnabled: true }, 'ELIGIBLE', false, true, true, true],
    ['GROUP', { roleAssignable: false, securityEnabled: true }, 'ACTIVE', false, true, true, false],
    ['GROUP', { roleAssignable: false, securityEnabled: false }, 'ELIGIBLE', false, false, true, true],
    ['GROUP', { roleAssignable: false, securityEnabled: false }, 'ACTIVE', false, false, true, false],
  ])('%s %o %s: Entra %s, Azure %s, group %s, role-assignable group %s', (kind, flags, type, ...expected) => {
    const principal = { ...USER, ...flags, kind };
    const roleAssignable = { ...GROUP_SCOPE, group: { ...GROUP_FACTS, roleAssignable: true } };
    const targets = [
      [ENTRA_ROLE, DIRECTORY],
      [AZURE_ROLE, RESOURCE_GROUP],
      [MEMBER, GROUP_SCOPE],
      [MEMBER, roleAssignable],
    ] as const;
    expect(targets.map(([role, scope]) => principalRefusal(role, scope, principal, type) === null)).toEqual(expected);
  });

  const group = (flags: Partial<PrincipalFacts>): PrincipalFacts => ({ ...USER, kind: 'GROUP', ...flags });
  test.each<[RoleFacts, ScopeFacts, PrincipalFacts, AssignmentType, string]>([
    [
      ENTRA_ROLE,
      DIRECTORY,
      ROBOT,
      'ELIGIBLE',
      'Service principals and managed identities can be active only, never eligible.',
    ],
    [ENTRA_ROLE, DIRECTORY, group({}), 'ACTIVE', 'Only a role-assignable group can hold an Entra role.'],
    [AZURE_ROLE, RESOURCE_GROUP, group({}), 'ACTIVE', 'Only a security group can hold an Azure role.'],
    [MEMBER, GROUP_SCOPE, group({ id: 'crew' }), 'ACTIVE', 'A group cannot be a member or an owner of itself.'],
    [
      MEMBER,
      { ...GROUP_SCOPE, group: { ...GROUP_FACTS, roleAssignable: true } },
      group({}),
      'ACTIVE',
      'A group cannot be an active member or owner of a role-assignable group.',
    ],
  ])('is refused with a reason: $4', (role, scope, principal, type, hint) => {
    expect(principalRefusal(role, scope, principal, type)).toMatchObject({
      code: 'PRINCIPAL_NOT_ALLOWED',
      field: ['principal'],
      message: expect.stringContaining(hint),
    });
  });

  test('a group may hold what is no group', () => {
    expect(principalRefusal(MEMBER, { ...GROUP_SCOPE, group: null }, group({}), 'ACTIVE')).toBeNull();
  });

  test.each([GROUP_MEMBER, GROUP_OWNER])('a group is neither member nor owner of itself', (id) => {
    const itself: PrincipalFacts = { ...USER, id: 'crew', kind: 'GROUP' };
    for (const type of ['ELIGIBLE', 'ACTIVE'] as const) {
      expect(principalRefusal({ ...MEMBER, id }, GROUP_SCOPE, itself, type)?.code).toBe('PRINCIPAL_NOT_ALLOWED');
    }
  });
});

describe('two periods overlap', () => {
  const period = (from: number, until: number | null) => ({
    startsAt: inMinutes(from),
    endsAt: until === null ? null : inMinutes(until),
  });
  test.each([
    [0, 10, 10, 20, false],
    [0, 11, 10, 20, true],
    [0, null, 10, 20, true],
    [20, null, 10, 20, false],
    [0, null, 5, null, true],
    [12, 15, 10, 20, true],
  ] as const)('[%s, %s) and [%s, %s): %s', (a, b, c, d, expected) => {
    expect(overlap(period(a, b), period(c, d))).toBe(expected);
    expect(overlap(period(c, d), period(a, b))).toBe(expected);
  });
});
