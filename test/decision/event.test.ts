/** Who may be told of an event? Every stream's rule and its negation: by what one's roles show, and by one's own part in it. */
import { describe, expect, test } from 'vitest';
import {
  type Audience,
  concerns,
  type EventFacts,
  type EventFilter,
  isChosen,
  showsByPowers,
  takesPart,
  viewsLess,
} from '../../src/decision/event.ts';
import type { Powers, Viewer } from '../../src/decision/powers.ts';
import { DIRECTORY_SCOPE } from '../../src/decision/role.ts';
import { NO_POWERS, NOW } from './facts.ts';

/** Nobody's event about nothing. */
const NOTHING: EventFacts = {
  type: 'assignment.assigned',
  actorId: null,
  provider: null,
  assignmentType: null,
  principalId: null,
  roleId: null,
  requestId: null,
  operationId: null,
  ancestorIds: [],
  ancestorKeys: [],
  group: null,
  requestorId: null,
  deciderIds: [],
  administratorsDecide: false,
};
const ENTRA: EventFacts = {
  ...NOTHING,
  provider: 'ENTRA_ROLE',
  assignmentType: 'ACTIVE',
  principalId: 'una',
  roleId: 'reader',
  ancestorIds: [DIRECTORY_SCOPE],
  ancestorKeys: ['/'],
};
const AZURE: EventFacts = {
  ...ENTRA,
  provider: 'AZURE_RESOURCE',
  ancestorIds: ['shop', 'web', 'root'],
  ancestorKeys: ['/subscriptions/web/resourcegroups/shop', '/subscriptions/web', '/'],
};
const CREW: EventFacts = {
  ...ENTRA,
  provider: 'GROUP',
  ancestorIds: ['crew-scope'],
  ancestorKeys: ['/groups/crew'],
  group: { id: 'crew', roleAssignable: false },
};
const ADMINS: EventFacts = { ...CREW, group: { id: 'admins', roleAssignable: true } };

const HEAVY: EventFacts = { ...NOTHING, type: 'bulkOperation.created', principalId: 'una', operationId: 'heavy' };
const OTHER_HEAVY: EventFacts = { ...HEAVY, operationId: 'other' };

const ASSIGNMENTS: Audience = { kind: 'ASSIGNMENTS' };
const APPROVALS: Audience = { kind: 'APPROVALS' };
const OWN_ACCESS: Audience = { kind: 'OWN_ACCESS' };
const REQUEST: Audience = { kind: 'REQUEST', requestId: 'wish' };
const BULK: Audience = { kind: 'BULK_OPERATION', operationId: 'heavy' };
const POLICIES: Audience = { kind: 'POLICIES' };
const AUDIT: Audience = { kind: 'AUDIT' };
const AUDIENCES = [ASSIGNMENTS, APPROVALS, OWN_ACCESS, REQUEST, BULK, POLICIES, AUDIT];

/** Somebody who is nobody in any of the events. */
const DAN: Viewer = {
  id: 'dan',
  kind: 'USER',
  userType: 'MEMBER',
  proof: { multiFactorAt: null, authenticationContexts: [] },
  expiresAt: NOW,
  applicationPermissions: [],
  powers: NO_POWERS,
};
const who = (change: Partial<Viewer>, powers: Partial<Powers> = {}): Viewer => ({
  ...DAN,
  ...change,
  powers: { ...NO_POWERS, ...powers },
});

describe('a filter', () => {
  const ALL: EventFilter = { types: ['assignment.assigned'] };
  const event = { ...AZURE, actorId: 'olive' };

  test.each<[string, Partial<EventFilter>, boolean]>([
    ['of that type', {}, true],
    ['of other types', { types: ['assignment.removed', 'request.created'] }, false],
    ['of no type', { types: [] }, false],
    [
      'that leaves everything open',
      { providers: null, principalIds: null, roleIds: null, actorIds: null, below: null },
      true,
    ],
    ['of the provider', { providers: ['ENTRA_ROLE', 'AZURE_RESOURCE'] }, true],
    ['of another provider', { providers: ['ENTRA_ROLE'] }, false],
    ['of no provider', { providers: [] }, false],
    ['of the principal', { principalIds: ['dan', 'una'] }, true],
    ['of another principal', { principalIds: ['dan'] }, false],
    ['of the role', { roleIds: ['reader'] }, true],
    ['of another role', { roleIds: ['writer'] }, false],
    ['of the actor', { actorIds: ['olive'] }, true],
    ['of another actor', { actorIds: ['una'] }, false],
    ['at the scope, in any letter case', { below: '/subscriptions/Web/resourceGroups/SHOP/' }, true],
    ['above it', { below: '/subscriptions/web' }, true],
    ['beside it', { below: '/subscriptions/web/resourceGroups/sho' }, false],
    ['where one of two things does not hold', { providers: ['AZURE_RESOURCE'], roleIds: ['writer'] }, false],
  ])('%s', (_what, change, expected) => {
    expect(isChosen({ ...ALL, ...change }, event)).toBe(expected);
  });

  test.each<[string, Partial<EventFilter>]>([
    ['a provider', { providers: ['ENTRA_ROLE'] }],
    ['a principal', { principalIds: ['una'] }],
    ['a role', { roleIds: ['reader'] }],
    ['an actor', { actorIds: ['una'] }],
    ['a scope', { below: '/' }],
  ])('that names %s leaves out what has none', (_what, change) => {
    expect(isChosen(ALL, NOTHING)).toBe(true);
    expect(isChosen({ ...ALL, ...change }, NOTHING)).toBe(false);
  });
});

describe('what roles show', () => {
  const POWERS = {
    nothing: {},
    'every Entra assignment': { entraView: ['ELIGIBLE', 'ACTIVE'] },
    'eligible Entra assignments': { entraView: ['ELIGIBLE'] },
    'active Entra assignments': { entraView: ['ACTIVE'] },
    'the audit': { entraAudit: true },
    'role settings': { entraPoliciesView: true },
    'the subscription': { azureView: ['web'] },
    'the resource group': { azureView: ['other', 'shop'] },
    'another subscription': { azureView: ['web2'] },
    'management of the subscription': { azureManage: ['web'] },
    'management of another subscription': { azureManage: ['web2'] },
    'role-assignable groups': { roleAssignableGroupsView: true },
    'other groups': { otherGroupsView: true },
    'the management of everything else': {
      entraManage: ['ELIGIBLE', 'ACTIVE'],
      entraPoliciesManage: true,
      roleAssignableGroupsManage: true,
      otherGroupsManage: true,
    },
    'a group of their own': { groups: ['crew', 'admins', 'una'], ownedGroups: ['crew', 'admins', 'una'] },
  } as const satisfies Record<string, Partial<Powers>>;
  type Right = keyof typeof POWERS;

  const updated = (event: EventFacts): EventFacts => ({
    ...event,
    type: 'policy.updated',
    assignmentType: null,
    principalId: null,
  });
  const eligible: EventFacts = { ...ENTRA, assignmentType: 'ELIGIBLE' };
  const untyped: EventFacts = { ...ENTRA, assignmentType: null };
  const template: EventFacts = { ...NOTHING, type: 'policyTemplate.created' };
  const everyEntra: Right[] = ['every Entra assignment'];

  test.each<[string, Audience, EventFacts, readonly Right[]]>([
    ['an active Entra assignment', ASSIGNMENTS, ENTRA, [...everyEntra, 'active Entra assignments']],
    ['an eligible one', ASSIGNMENTS, eligible, [...everyEntra, 'eligible Entra assignments']],
    ['an Entra event of neither type', ASSIGNMENTS, untyped, everyEntra],
    ['an Azure assignment', ASSIGNMENTS, AZURE, ['the subscription', 'the resource group']],
    ['one at no scope', ASSIGNMENTS, { ...AZURE, ancestorIds: [] }, []],
    ['membership of a group', ASSIGNMENTS, CREW, ['other groups']],
    ['membership of a role-assignable one', ASSIGNMENTS, ADMINS, ['role-assignable groups']],
    ['membership of no group', ASSIGNMENTS, { ...CREW, group: null }, []],
    ['what concerns nobody', ASSIGNMENTS, NOTHING, []],
    ['the request', REQUEST, { ...ENTRA, requestId: 'wish' }, [...everyEntra, 'active Entra assignments']],
    ['another request', REQUEST, { ...ENTRA, requestId: 'other' }, []],
    ['no request', REQUEST, ENTRA, []],
    ['a request that others decide', APPROVALS, { ...ENTRA, requestId: 'wish', deciderIds: ['ben'] }, []],
    ["others' access", OWN_ACCESS, ENTRA, []],
    ['Entra role settings', POLICIES, updated(ENTRA), ['role settings']],
    ['Azure role settings', POLICIES, updated(AZURE), ['management of the subscription']],
    ["a group's settings", POLICIES, updated(CREW), ['other groups']],
    ["a role-assignable group's settings", POLICIES, updated(ADMINS), ['role-assignable groups']],
    ['a template', POLICIES, { ...template, provider: 'ENTRA_ROLE' }, []],
    ['an assignment, as if it were a setting', POLICIES, ENTRA, []],
    ['the record of an Entra role', AUDIT, ENTRA, ['the audit']],
    ['the record of the directory', AUDIT, { ...NOTHING, type: 'directory.imported' }, ['the audit']],
    ['the record of a template for Azure roles', AUDIT, { ...template, provider: 'AZURE_RESOURCE' }, ['the audit']],
    ['the record of a template for groups', AUDIT, { ...template, provider: 'GROUP' }, ['the audit']],
    ['a bulk operation', BULK, HEAVY, []],
    ['the record of a bulk operation', AUDIT, HEAVY, ['the audit']],
    ['the record of a resource', AUDIT, AZURE, ['management of the subscription']],
    ['the record of a group', AUDIT, CREW, ['other groups']],
    ['the record of a role-assignable group', AUDIT, ADMINS, ['role-assignable groups']],
  ])('%s', (_what, audience, event, expected) => {
    const rights = (Object.keys(POWERS) as Right[]).filter((right) =>
      showsByPowers(audience, { ...NO_POWERS, ...POWERS[right] }, event),
    );
    expect(rights).toEqual(expected);
  });
});

describe("one's own part", () => {
  const wish: EventFacts = { ...ENTRA, requestId: 'wish' };
  const settings: EventFacts = { ...CREW, type: 'policy.updated', principalId: null };
  const template: EventFacts = { ...NOTHING, type: 'policyTemplate.updated' };
  const extension: EventFacts = { ...AZURE, requestId: 'wish', administratorsDecide: true };
  const manager = who({}, { azureManage: ['web'] });

  /** The audiences that tell of it, in the order of AUDIENCES. */
  test.each<[string, Viewer, EventFacts, readonly Audience[]]>([
    ['somebody else', DAN, wish, []],
    ['somebody with every power', who({}, { entraView: ['ELIGIBLE', 'ACTIVE'], entraAudit: true }), wish, []],
    ['the holder', who({ id: 'una' }), ENTRA, [ASSIGNMENTS, OWN_ACCESS, AUDIT]],
    ['the holder, of the request', who({ id: 'una' }), wish, [ASSIGNMENTS, OWN_ACCESS, REQUEST, AUDIT]],
    ['a member of the group that holds', who({}, { groups: ['una'] }), wish, [ASSIGNMENTS, OWN_ACCESS, REQUEST, AUDIT]],
    ['whoever asked for the bulk operation', who({ id: 'una' }), HEAVY, [ASSIGNMENTS, OWN_ACCESS, BULK, AUDIT]],
    ['whoever asked for another one', who({ id: 'una' }), OTHER_HEAVY, [ASSIGNMENTS, OWN_ACCESS, AUDIT]],
    ['somebody else, of the bulk operation', DAN, HEAVY, []],
    ['whoever ran it', who({ id: 'ben' }), { ...HEAVY, actorId: 'ben' }, [ASSIGNMENTS, AUDIT]],
    ['an owner of the group that holds', who({}, { ownedGroups: ['una'] }), wish, []],
    ['whoever did it', who({ id: 'ben' }), { ...wish, actorId: 'ben' }, [ASSIGNMENTS, REQUEST, AUDIT]],
    ['whoever asked', who({ id: 'ben' }), { ...wish, requestorId: 'ben' }, [ASSIGNMENTS, REQUEST]],
    ['an approver', who({ id: 'ben' }), { ...wish, deciderIds: ['cleo', 'ben'] }, [ASSIGNMENTS, APPROVALS, REQUEST]],
    [
      'an approver, of another request',
      who({ id: 'ben' }),
      { ...ENTRA, requestId: 'other', deciderIds: ['ben'] },
      [ASSIGNMENTS, APPROVALS],
    ],
    ['a member of the group it is about', who({}, { groups: ['crew'] }), CREW, [ASSIGNMENTS]],
    ['an owner of the group it is about', who({}, { ownedGroups: ['crew'] }), CREW, [ASSIGNMENTS, AUDIT]],
    ['a member of another group', who({}, { groups: ['admins'], ownedGroups: ['admins'] }), CREW, []],
    ['a member of a group, of no group', who({}, { groups: ['crew'], ownedGroups: ['crew'] }), NOTHING, []],
    ["a member, of the group's settings", who({}, { groups: ['crew'] }), settings, [ASSIGNMENTS, POLICIES]],
    ["an owner, of the group's settings", who({}, { ownedGroups: ['crew'] }), settings, [ASSIGNMENTS, POLICIES, AUDIT]],
    ["a manager of anything, of others' settings", who({}, { otherGroupsManage: true }), settings, []],
    ['a manager of anything, of a template', who({}, { otherGroupsManage: true }), template, [POLICIES]],
    ['somebody else, of a template', DAN, template, []],
    ['the gateway itself is nobody', who({ id: 'una' }), NOTHING, []],
    ['an administrator who decides an extension', manager, extension, [APPROVALS]],
    ['an administrator of something else', who({}, { azureManage: ['web2'] }), extension, []],
    ['an administrator who only views', who({}, { azureView: ['web'] }), extension, []],
    ['an administrator, where approvers decide', manager, { ...extension, administratorsDecide: false }, []],
    ['an application that manages', { ...manager, kind: 'SERVICE_PRINCIPAL' }, extension, []],
    [
      'an administrator of either type',
      who({}, { entraManage: ['ACTIVE'] }),
      { ...extension, ...ENTRA, requestId: 'wish', administratorsDecide: true },
      [APPROVALS],
    ],
    [
      'an administrator of the other type',
      who({}, { entraManage: ['ELIGIBLE'] }),
      { ...ENTRA, requestId: 'wish', administratorsDecide: true },
      [],
    ],
    ['an administrator, of no provider', manager, { ...extension, provider: null }, []],
    ['an administrator, of no type', manager, { ...extension, assignmentType: null }, []],
  ])('%s', (_who, viewer, event, expected) => {
    expect(AUDIENCES.filter((audience) => concerns(audience, viewer, event))).toEqual(
      AUDIENCES.filter((audience) => expected.includes(audience)),
    );
    expect(takesPart(viewer, event)).toBe(expected.includes(ASSIGNMENTS));
  });

  test('no administrator decides a wish of their own, and hears of it as its holder', () => {
    const una = { ...manager, id: 'una' };
    expect(AUDIENCES.filter((audience) => concerns(audience, una, extension))).toEqual([
      ASSIGNMENTS,
      OWN_ACCESS,
      REQUEST,
      AUDIT,
    ]);
  });
});

describe('seeing less than before', () => {
  const FULL: Powers = {
    groups: ['crew', 'admins'],
    ownedGroups: ['crew', 'admins'],
    entraView: ['ELIGIBLE', 'ACTIVE'],
    entraManage: [],
    entraAudit: true,
    entraPoliciesView: true,
    entraPoliciesManage: false,
    azureView: ['web', 'web2'],
    azureManage: ['web', 'web2'],
    roleAssignableGroupsView: true,
    roleAssignableGroupsManage: false,
    otherGroupsView: true,
    otherGroupsManage: false,
  };
  const losses: Partial<Powers>[] = [
    { groups: ['crew'] },
    { ownedGroups: ['admins'] },
    { entraView: ['ACTIVE'] },
    { entraView: [] },
    { entraAudit: false },
    { entraPoliciesView: false },
    { azureView: ['web2'] },
    { azureView: [] },
    { azureManage: ['web', 'web3'] },
    { roleAssignableGroupsView: false },
    { otherGroupsView: false },
  ];

  test.each(losses)('%o is less, and its opposite is not', (change) => {
    const less = { ...FULL, ...change };
    expect(viewsLess(FULL, less)).toBe(true);
    if (!change.azureManage) expect(viewsLess(less, FULL)).toBe(false);
  });

  test('nothing changed is not less, and neither is another order', () => {
    expect(viewsLess(FULL, FULL)).toBe(false);
    expect(viewsLess(NO_POWERS, NO_POWERS)).toBe(false);
    expect(viewsLess(FULL, { ...FULL, groups: ['admins', 'crew'], azureView: ['web2', 'web', 'web3'] })).toBe(false);
  });

  test.each<Partial<Powers>>([{ entraManage: ['ACTIVE'] }, { entraPoliciesManage: true }, { otherGroupsManage: true }])(
    'whoever managed with %o alone no longer sees templates',
    (powers) => {
      const manager = { ...NO_POWERS, ...powers };
      expect(viewsLess(manager, NO_POWERS)).toBe(true);
      expect(viewsLess(NO_POWERS, manager)).toBe(false);
      expect(viewsLess({ ...manager, ...powers }, { ...NO_POWERS, roleAssignableGroupsManage: true })).toBe(false);
    },
  );
});
