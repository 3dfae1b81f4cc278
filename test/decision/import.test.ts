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
const knownGroup = { ...knownUser, kind: 'GROUP' } as const;

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
  ['a page that alone says what is in it', { '@odata.context': 'x#users', value: [user(1)] }],
  ['items that name their own type', { value: [{ '@odata.type': '#microsoft.graph.user', ...user(1) }] }],
])('the file may hold %s', (_what, document) => {
  const { rows, refusals } = decideImport(document, EMPTY);
  expect(refusals).toEqual([]);
  expect(rows.principals).toHaveLength(1);
});

test.each([
  ['its context', { '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#groups', value: [{ id: id(1) }] }],
  ['its name', { groups: { '@odata.context': 7, value: [{ id: id(1) }] } }],
  ['the name of its list', { groups: [{ value: [{ id: id(1) }] }] }],
])('a page is known by %s', (_how, document) => {
  expect(decideImport(document, EMPTY).refusals.map(({ reason }) => reason)).toEqual([
    'displayName is missing: it must be given',
  ]);
});

const azureRole = (number: number) => ({
  id: `/providers/Microsoft.Authorization/roleDefinitions/${id(number)}`,
  properties: { roleName: 'One' },
});

const REFUSED: [what: string, document: unknown, path: (string | number)[], reason: RegExp, facts?: KnownDirectory][] =
  [
    ['no page', 7, [], /it is 7: a page must be an object with a list called value/],
    ['a text', 'x', [], /^it is "x": a page must be an object with a list called value$/],
    ['nothing', null, [], /^it is null: a page must be/],
    ['an object without pages', {}, [], /^it is \{\}: a page must be/],
    ['pages within pages', { users: { more: { value: [] } } }, ['users'], /^it is \{"more":.*: a page must be/],
    ['an item of a list of pages', [{ value: [] }, { value: [7] }], [1, 'value', 0], /^it is 7: it must be an object$/],
    [
      'an item of a named list',
      { users: [{ value: [7] }] },
      ['users', 0, 'value', 0],
      /^it is 7: it must be an object$/,
    ],
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
      'the same scope twice',
      { value: [managementGroup('a'), managementGroup('A')] },
      ['value', 1],
      /^id is "\/providers\/Microsoft.Management\/managementGroups\/A": it is in the file twice$/,
    ],
    [
      'the same role twice',
      { value: [azureRole(1), azureRole(1)] },
      ['value', 1],
      /^id is "1.*": it is in the file twice$/,
    ],
    [
      'a role of another provider',
      { value: [azureRole(1)] },
      ['value', 0],
      /^its id is known as a role of ENTRA_ROLE$/,
      known({ roles: new Map([[id(1), { provider: 'ENTRA_ROLE', builtIn: false }]]) }),
    ],
    [
      'what is wrong with an item, before what it conflicts with',
      { value: [user(1), user(1, { accountEnabled: 7 })] },
      ['value', 1],
      /^accountEnabled is 7: it must be true or false$/,
    ],
    [
      'an id of a managed identity',
      { value: [user(1)] },
      ['value', 0],
      /^it is a user, and 1.* is known as a managed identity$/,
      known({ principals: new Map([[id(1), { ...knownUser, kind: 'MANAGED_IDENTITY' }]]) }),
    ],
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

test.each([
  ['first', ['a', 'b']],
  ['last', ['b', 'a']],
])('what lies below a refused scope is refused too, when that comes %s', (_when, names) => {
  const at = (name: string) => `/providers/Microsoft.Management/managementGroups/${name}`;
  const above = { a: 'lost', b: 'a' };
  const value = names.map((name) => managementGroup(name, at(above[name as 'a' | 'b'])));
  const { refusals, rows } = decideImport({ value }, EMPTY);
  const reasons = refusals.map(({ path, reason }) => [names[path[1] as number], reason]);
  expect(reasons.sort()).toEqual([
    ['a', `the scope above it, "${at('lost').toLowerCase()}", is not known`],
    ['b', `the scope above it, "${at('a')}", is refused`],
  ]);
  expect(rows.scopes).toEqual([]);
});

test('a resource hangs from a resource that is known, and otherwise from its group', () => {
  const cranes = '/subscriptions/60000000-0000-4000-8000-000000000001/resourceGroups/rg-Cranes';
  const server = `${cranes}/providers/Microsoft.Sql/servers/one`;
  const document = { value: [{ id: `${server}/databases/two` }] };
  const above = (...paths: string[]) => {
    const scopes = new Map(paths.map((path) => [path.toLowerCase(), '/'] as const));
    return decideImport(document, known({ scopes: new Map([...scopes, ['/', null]]) })).rows.scopes[0]?.parentPath;
  };
  expect(above(cranes)).toBe(cranes);
  expect(above(cranes, server)).toBe(server);
});

test('what is known and agrees is no conflict', () => {
  const members = [{ id: id(2) }];
  const principals = new Map<string, typeof knownUser | typeof knownGroup>([
    [id(1), knownGroup],
    [id(2), knownUser],
    [id(3), knownUser],
  ]);
  const userNames = new Map([['user3@brackwater.example', id(3)]]);
  const roles = new Map([[id(4), { provider: 'AZURE_RESOURCE' as const, builtIn: false }]]);
  const document = { value: [group(1, { members }), user(3), azureRole(4)] };
  const { refusals, rows } = decideImport(document, known({ principals, userNames, roles }));
  expect(refusals).toEqual([]);
  expect(rows.relations).toEqual([{ relation: 'MEMBER', of: id(1), principalIds: [id(2)], complete: true }]);
  expect([rows.principals.length, rows.roles.length]).toEqual([2, 1]);
});

test('groups may be members of each other in a circle', () => {
  const document = { value: [group(1, { members: [{ id: id(2) }] }), group(2, { members: [{ id: id(1) }] })] };
  expect(decideImport(document, EMPTY).refusals).toEqual([]);
});
