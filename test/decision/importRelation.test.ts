/** Are members and owners judged by what they would hold? */
import { expect, test } from 'vitest';
import { decideChanges, decideRelations, type RelationFacts } from '../../src/decision/importRelation.ts';

const user = { kind: 'USER', roleAssignable: false } as const;
const group = { kind: 'GROUP', roleAssignable: false } as const;
const application = { kind: 'SERVICE_PRINCIPAL', roleAssignable: false } as const;
const robot = { kind: 'MANAGED_IDENTITY', roleAssignable: false } as const;
const FACTS: RelationFacts = {
  known: new Map<string, typeof user | typeof group>([['ada', user]]),
  principals: new Map<string, typeof user | typeof group | typeof application | typeof robot>([
    ['ben', user],
    ['crew', group],
    ['app', application],
    ['robot', robot],
  ]),
  holders: [],
};
const decide = (row: RelationFacts['holders'][number]['row'], item: Record<string, unknown>) =>
  decideRelations({ ...FACTS, holders: [{ row, of: 'holder', item, path: ['value', 0] }] });

test('members are known from the file or the database', () => {
  const members = [{ id: 'ADA' }, { id: 'ben' }, { id: 'crew' }, { id: 'app' }];
  expect(decide(group, { members, owners: [{ id: 'app' }] })).toEqual({
    ...{ read: 5, refusals: [] },
    relations: [
      { relation: 'MEMBER', of: 'holder', principalIds: ['ada', 'ben', 'crew', 'app'], complete: true },
      { relation: 'OWNER', of: 'holder', principalIds: ['app'], complete: true },
    ],
  });
});

test('a managed identity may be a member and an owner, and is a service principal too', () => {
  const members = [{ id: 'robot', '@odata.type': '#microsoft.graph.servicePrincipal' }];
  expect(decide(group, { members, owners: members })).toMatchObject({ read: 2, refusals: [] });
});

test('only groups and administrative units have lists', () => {
  expect(decide(user, { members: [{ id: 'ada' }] })).toEqual({ read: 0, refusals: [], relations: [] });
});

test('a list with a refusal is not complete', () => {
  const { relations, refusals } = decide(group, { members: [{ id: 'ada' }, { id: 'zoe' }] });
  expect(relations).toEqual([{ relation: 'MEMBER', of: 'holder', principalIds: ['ada'], complete: false }]);
  expect(refusals).toMatchObject([{ path: ['value', 0, 'members', 1] }]);
});

test('no list says nothing, an empty one says nobody', () => {
  expect(decide(group, {}).relations).toEqual([]);
  expect(decide(group, { members: [] }).relations).toMatchObject([{ principalIds: [], complete: true }]);
});

test('an administrative unit has users and groups for members, and no owners', () => {
  const members = [{ id: 'ada' }, { id: 'crew' }, { id: 'app' }];
  const { relations, refusals } = decide({ kind: 'ADMINISTRATIVE_UNIT' }, { members, owners: [{ id: 'ada' }] });
  expect(relations).toMatchObject([{ relation: 'UNIT_MEMBER', principalIds: ['ada', 'crew'] }]);
  expect(refusals).toMatchObject([{ reason: 'app is SERVICE_PRINCIPAL: allowed are USER, GROUP' }]);
});

test.each([[7], ['ada'], [null], [{}], [{ id: 7 }]])('the entry %j is refused', (entry) => {
  expect(decide(group, { members: [entry] }).refusals).toMatchObject([
    { reason: expect.stringMatching(/it must be an object with an id/) },
  ]);
});

const NOW = new Date('2026-06-01T12:00:00Z');
const LATER = new Date('2026-06-08T12:00:00Z');
const held = (principalId: string, more: object = {}) => ({
  ...{ id: `of ${principalId}`, of: 'holder', relation: 'MEMBER' as const, principalId, outside: true, startsAt: NOW },
  ...more,
});
const list = (principalIds: string[], complete = true) => ({
  relation: 'MEMBER' as const,
  of: 'holder',
  principalIds,
  complete,
});
const added = (principalId: string, until: Date | null) => ({ relation: 'MEMBER', of: 'holder', principalId, until });

test.each([
  ['who is new is added for good', list(['ada']), [], [added('ada', null)], []],
  ['who is there stays', list(['ada']), [held('ada')], [], []],
  ['who is there by PIM stays as he is', list(['ada']), [held('ada', { outside: false })], [], []],
  ['who is gone is ended', list([]), [held('ada')], [], ['of ada']],
  ['who is gone stays when PIM gave it', list([]), [held('ada', { outside: false })], [], []],
  ['who is gone stays when the list is not complete', list([], false), [held('ada')], [], []],
  ['who is in another group is no matter', list(['ada']), [held('ada', { of: 'other' })], [added('ada', null)], []],
  ['an owner is no member', list(['ada']), [held('ada', { relation: 'OWNER' })], [added('ada', null)], []],
  ['who comes later is added until then', list(['ada']), [held('ada', { startsAt: LATER })], [added('ada', LATER)], []],
  [
    'who comes twice is added until the first time',
    list(['ada']),
    [held('ada', { startsAt: LATER }), held('ada', { startsAt: new Date('2026-06-04T12:00:00Z') })],
    [added('ada', new Date('2026-06-04T12:00:00Z'))],
    [],
  ],
  ['who comes later and is not listed yet stays', list([]), [held('ada', { startsAt: LATER })], [], []],
])('%s', (_what, lists, before, expectedAdded, expectedEnded) => {
  expect(decideChanges([lists], before, NOW)).toEqual({ added: expectedAdded, ended: expectedEnded });
});
