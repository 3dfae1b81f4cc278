/** Is a whole file judged before anything is written? */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decideImport, type KnownDirectory } from '../../src/decision/import.ts';

const SAMPLE = new URL('../support/import/brackwater.json', import.meta.url);
const sample = () => JSON.parse(readFileSync(SAMPLE, 'utf8'));

const GLOBAL_ADMINISTRATOR = '62e90394-69f5-4237-9190-012177145e10';
const EMPTY: KnownDirectory = {
  ...{ principals: new Map(), userNames: new Map(), scopes: new Map() },
  roles: new Map([[GLOBAL_ADMINISTRATOR, { provider: 'ENTRA_ROLE', builtIn: true }]]),
};
const id = (number: number) => `10000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const user = (number: number, more: object = {}) => ({
  ...{ id: id(number), displayName: `User ${number}`, userPrincipalName: `user${number}@brackwater.example` },
  ...more,
});
const group = (number: number, more: object = {}) => ({
  ...{ id: id(number), displayName: `Group ${number}`, securityEnabled: true },
  ...more,
});
const managementGroup = (name: string, parent?: string) => ({
  id: `/providers/Microsoft.Management/managementGroups/${name}`,
  ...{ name, type: 'Microsoft.Management/managementGroups' },
  ...{ properties: { displayName: name, details: parent ? { parent: { id: parent } } : {} } },
});
const known = (more: Partial<KnownDirectory>): KnownDirectory => ({ ...EMPTY, ...more });
const knownUser = { kind: 'USER', roleAssignable: false, deleted: false } as const;

test('every kind of a list becomes rows, with parents before children', () => {
  const { read, rows, refusals } = decideImport(sample(), EMPTY);
  expect(refusals).toEqual([]);
  expect(read).toBe(28);
  expect(rows.principals.map(({ kind }) => kind).sort()).toEqual(
    [...Array(3).fill('GROUP'), 'MANAGED_IDENTITY', 'SERVICE_PRINCIPAL', ...Array(4).fill('USER')].sort(),
  );
  expect(rows.scopes.map(({ displayName }) => displayName)).toEqual([
    'North Quay',
    'Brackwater',
    'Quay',
    'Cranes',
    'rg-Cranes',
    'sql-cranes',
    'Loads',
    'kv-Cranes',
  ]);
  expect(rows.scopes.find(({ displayName }) => displayName === 'Loads')?.parentPath).toMatch(/servers\/sql-cranes$/);
  expect(rows.roles.map((role) => [role.displayName, role.administrativeUnitScope, role.managesAssignments])).toEqual([
    ['Badge Printer', true, false],
    ['Crane Driver', false, true],
  ]);
  expect(rows.relations).toHaveLength(5);
});

test.each([
  ['one page', { '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#users', value: [user(1)] }],
  ['a list of pages', [{ value: [user(1)] }, { value: [] }]],
  ['named pages', { users: { value: [{ id: id(1), displayName: 'A', userPrincipalName: 'a@b.example' }] } }],
  ['a name for several pages', { users: [{ value: [user(1)] }] }],
  ['items that name their own type', { value: [{ '@odata.type': '#microsoft.graph.user', ...user(1) }] }],
])('the file may hold %s', (_what, document) => {
  const { rows, refusals } = decideImport(document, EMPTY);
  expect(refusals).toEqual([]);
  expect(rows.principals).toHaveLength(1);
});

const REFUSED: [what: string, document: unknown, path: (string | number)[], reason: RegExp, facts?: KnownDirectory][] =
  [
    ['no page', 7, [], /it is 7: a page must be an object with a list called value/],
    ['an item that is no object', { value: ['x'] }, ['value', 0], /it is "x": it must be an object/],
    ['an unknown kind', { value: [{ id: id(1), serialNumber: 'x' }] }, ['value', 0], /its kind is not known/],
    ['a missing id', { value: [{ ...user(1), id: undefined }] }, ['value', 0], /id is missing: it must be a GUID/],
    [
      'all that is wrong with an item',
      { value: [user(1, { displayName: 3, accountEnabled: 'yes' })] },
      ['value', 0],
      /displayName is 3.*; accountEnabled is "yes": it must be true or false/,
    ],
    ['text no database holds', { value: [user(1, { mail: 'a\u0000b' })] }, ['value', 0], /mail is .*: it must be text/],
    ['the same id twice', { value: [user(1), group(1)] }, ['value', 1], /it is in the file twice/],
    [
      'the same sign-in name twice',
      { value: [user(1), user(2, { userPrincipalName: 'USER1@brackwater.example' })] },
      ['value', 1],
      /belongs to the user 1/,
    ],
    [
      'the sign-in name of somebody else',
      { value: [user(1)] },
      ['value', 0],
      /belongs to the user/,
      known({ userNames: new Map([['user1@brackwater.example', id(2)]]) }),
    ],
    [
      'an id of another kind',
      { value: [group(1)] },
      ['value', 0],
      /it is a group, and .* is known as a user/,
      known({ principals: new Map([[id(1), knownUser]]) }),
    ],
    [
      'a group that becomes role-assignable',
      { value: [group(1, { isAssignableToRole: true })] },
      ['value', 0],
      /a group never changes that/,
      known({ principals: new Map([[id(1), { ...knownUser, kind: 'GROUP' }]]) }),
    ],
    [
      'a role-assignable dynamic group',
      { value: [group(1, { isAssignableToRole: true, groupTypes: ['DynamicMembership'] })] },
      ['value', 0],
      /neither dynamic nor synchronized/,
    ],
    [
      'an unknown member',
      { value: [group(1, { members: [{ id: id(9) }] })] },
      ['value', 0, 'members', 0],
      /neither in the file nor known/,
    ],
    [
      'a deleted member',
      { value: [group(1, { members: [{ id: id(9) }] })] },
      ['value', 0, 'members', 0],
      /neither in the file nor known/,
      known({ principals: new Map([[id(9), { ...knownUser, deleted: true }]]) }),
    ],
    [
      'a member of another type',
      { value: [user(1), group(2, { members: [{ id: id(1), '@odata.type': '#microsoft.graph.device' }] })] },
      ['value', 1, 'members', 0],
      /is said to be #microsoft.graph.device, and is USER/,
    ],
    [
      'a member listed twice',
      { value: [user(1), group(2, { members: [{ id: id(1) }, { id: id(1) }] })] },
      ['value', 1, 'members', 1],
      /in the list twice/,
    ],
    [
      'a group in a role-assignable group',
      { value: [group(1), group(2, { isAssignableToRole: true, members: [{ id: id(1) }] })] },
      ['value', 1, 'members', 0],
      /has no groups as members/,
    ],
    [
      'a group in itself',
      { value: [group(1, { members: [{ id: id(1) }] })] },
      ['value', 0, 'members', 0],
      /no member of itself/,
    ],
    [
      'a group as an owner',
      { value: [group(1), group(2, { owners: [{ id: id(1) }] })] },
      ['value', 1, 'owners', 0],
      /is GROUP: allowed are USER/,
    ],
    [
      'half of a list',
      { value: [group(1, { members: [], 'members@odata.nextLink': 'https://next' })] },
      ['value', 0, 'members'],
      /complete/,
    ],
    ['a path with ..', { value: [{ id: '/subscriptions/../x' }] }, ['value', 0], /must not hold \. or \.\. segments/],
    ['a path with //', { value: [{ id: '/subscriptions//x' }] }, ['value', 0], /must not hold \/\//],
    ['a path that ends with /', { value: [{ id: '/subscriptions/x/' }] }, ['value', 0], /must not end with \//],
    [
      'a path that is none of the four',
      { value: [{ id: '/planets/mars' }] },
      ['value', 0],
      /must be the id of a management group/,
    ],
    [
      'an unknown parent',
      { value: [managementGroup('a', '/providers/Microsoft.Management/managementGroups/b')] },
      ['value', 0],
      /the scope above it, .* is not known/,
    ],
    [
      'a built-in role of the future',
      { roleDefinitions: { value: [{ id: id(1), displayName: 'New', isBuiltIn: true, rolePermissions: [] }] } },
      ['roleDefinitions', 'value', 0],
      /does not know/,
    ],
    [
      'a custom role in disguise',
      {
        roleDefinitions: {
          value: [{ id: GLOBAL_ADMINISTRATOR, displayName: 'Mine', isBuiltIn: false, rolePermissions: [] }],
        },
      },
      ['roleDefinitions', 'value', 0],
      /with the id of a built-in role/,
    ],
  ];

test.each(REFUSED)('%s is refused, with its place and the reason', (_what, document, path, reason, facts = EMPTY) => {
  const { refusals } = decideImport(document, facts);
  expect(refusals).toEqual([
    { path, reason: expect.stringMatching(new RegExp(reason.source.replace('the user 1', `the user ${id(1)}`))) },
  ]);
});

test('scopes that lie below each other are refused, also when the database closes the circle', () => {
  const at = (name: string) => `/providers/Microsoft.Management/managementGroups/${name}`;
  const inFile = { value: [managementGroup('a', at('b')), managementGroup('b', at('a'))] };
  expect(
    decideImport(inFile, EMPTY)
      .refusals.map(({ path }) => path)
      .sort(),
  ).toEqual([
    ['value', 0],
    ['value', 1],
  ]);
  const scopes = new Map([
    [at('a').toLowerCase(), '/'],
    [at('b').toLowerCase(), at('a').toLowerCase()],
  ]);
  const { refusals, rows } = decideImport({ value: [managementGroup('a', at('b'))] }, known({ scopes }));
  expect(refusals).toEqual([{ path: ['value', 0], reason: 'it would lie below itself' }]);
  expect(rows.scopes).toEqual([]);
});

test('a known scope whose item tells no parent stays where it is', () => {
  const path = '/providers/microsoft.management/managementgroups/';
  const scopes = new Map([
    [`${path}top`, '/'],
    [`${path}a`, `${path}top`],
  ]);
  const { rows } = decideImport({ value: [managementGroup('a')] }, known({ scopes }));
  expect(rows.scopes[0]?.parentPath).toBe(`${path}top`);
});

test('groups may be members of each other in a circle', () => {
  const document = { value: [group(1, { members: [{ id: id(2) }] }), group(2, { members: [{ id: id(1) }] })] };
  expect(decideImport(document, EMPTY).refusals).toEqual([]);
});
