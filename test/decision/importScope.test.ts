/** Does each scope find its place in the tree? */
import { expect, test } from 'vitest';
import { shown } from '../../src/decision/importFields.ts';
import { parentResource, readArmItem } from '../../src/decision/importScope.ts';

const SUBSCRIPTION = '/subscriptions/60000000-0000-4000-8000-000000000001';
const GROUP = `${SUBSCRIPTION}/resourceGroups/rg-Cranes`;
const VAULT = `${GROUP}/providers/Microsoft.KeyVault/vaults/kv`;
const MANAGEMENT = '/providers/Microsoft.Management/managementGroups';

test.each([
  [`${MANAGEMENT}/quay`, 'MANAGEMENT_GROUP', null, null],
  [SUBSCRIPTION, 'SUBSCRIPTION', null, null],
  [GROUP, 'RESOURCE_GROUP', SUBSCRIPTION, null],
  [GROUP.replace('resourceGroups', 'resourcegroups'), 'RESOURCE_GROUP', SUBSCRIPTION, null],
  [VAULT, 'RESOURCE', GROUP, 'Microsoft.KeyVault/vaults'],
  [`${VAULT}/secrets/one`, 'RESOURCE', GROUP, 'Microsoft.KeyVault/vaults/secrets'],
  [`${SUBSCRIPTION}/resourceGroups/providers`, 'RESOURCE_GROUP', SUBSCRIPTION, null],
  [`${VAULT}/providers/Microsoft.Insights/settings/one`, 'RESOURCE', GROUP, 'Microsoft.Insights/settings'],
  [`${SUBSCRIPTION}/providers/Microsoft.Cdn/profiles/one`, 'RESOURCE', SUBSCRIPTION, 'Microsoft.Cdn/profiles'],
])('%s is a %s below %s', (id, kind, parentPath, resourceType) => {
  const problems: string[] = [];
  expect(readArmItem({ id }, problems)).toMatchObject({ kind, path: id, parentPath, resourceType });
  expect(problems).toEqual([]);
});

test.each([
  ['the management group of a detailed answer', { properties: { details: { parent: { id: `${MANAGEMENT}/top` } } } }],
  ['the parent of a list below a management group', { properties: { parent: { id: `${MANAGEMENT}/top` } } }],
  ['an id', { managementGroupId: `${MANAGEMENT}/top` }],
  ['a name', { managementGroupId: 'top' }],
  ['an id beside a parent that is none', { properties: { parent: 'x' }, managementGroupId: 'top' }],
])('what is above a subscription may be told as %s', (_how, item) => {
  expect(readArmItem({ id: SUBSCRIPTION, ...item }, []).parentPath).toBe(`${MANAGEMENT}/top`);
});

test.each([[{}], [{ managementGroupId: '' }], [{ managementGroupId: 7 }], [{ properties: 'x' }]])(
  'what is above a subscription is not told by %j',
  (item) => {
    expect(readArmItem({ id: SUBSCRIPTION, ...item }, []).parentPath).toBeNull();
  },
);

test('a resource group may be called like a part of a path', () => {
  const group = `${SUBSCRIPTION}/resourceGroups/providers`;
  const resource = { id: `${group}/providers/Microsoft.Cdn/profiles/one`, type: 'Microsoft.Cdn/profiles' };
  expect(readArmItem(resource, []).parentPath).toBe(group);
});

test.each([
  ['its own display name', { displayName: 'One', name: 'three', properties: { displayName: 'Two' } }, 'One'],
  ['the display name of its properties', { name: 'three', properties: { displayName: 'Two' } }, 'Two'],
  ['its name', { name: 'three' }, 'three'],
  ['the end of its id', {}, 'kv'],
])('a scope is called by %s', (_how, item, displayName) => {
  expect(readArmItem({ id: VAULT, ...item }, [])).toEqual({
    ...{ provider: 'AZURE_RESOURCE', kind: 'RESOURCE', path: VAULT, parentPath: GROUP, displayName, objectId: null },
    resourceType: 'Microsoft.KeyVault/vaults',
  });
});

test('the type of a resource is the one it tells, and nothing else has one', () => {
  const type = 'Microsoft.KeyVault/managedHSMs';
  expect(readArmItem({ id: VAULT, type }, []).resourceType).toBe(type);
  expect(readArmItem({ id: GROUP, type }, []).resourceType).toBeNull();
});

const NONE = 'it must be the id of a management group, subscription, resource group or resource';

test.each([
  [`/x${MANAGEMENT}/quay`, NONE],
  [`${MANAGEMENT}/quay/x`, NONE],
  [`/x${SUBSCRIPTION}`, NONE],
  [`${SUBSCRIPTION}0`, NONE],
  ['/subscriptions/one', NONE],
  [`/x${GROUP}`, NONE],
  [`${GROUP}/x`, NONE],
  [`/x${VAULT}`, NONE],
  [`${VAULT}/x`, NONE],
  [`${GROUP}/providers/Microsoft.KeyVault`, NONE],
  [`/x${MANAGEMENT}/quay${SUBSCRIPTION}`, NONE],
  [`${MANAGEMENT}/quay${GROUP}`, NONE],
  [`${SUBSCRIPTION}/`, 'it must not end with /'],
  ['one', 'it must begin with /'],
])('%s is no scope', (id, reason) => {
  const problems: string[] = [];
  expect(readArmItem({ id }, problems)).toMatchObject({ kind: 'RESOURCE', path: id, resourceType: null });
  expect(problems).toEqual([`id is ${shown(id)}: ${reason}`]);
});

test('an id that is missing is told once', () => {
  const problems: string[] = [];
  readArmItem({ displayName: 'One' }, problems);
  expect(problems).toEqual(['id is missing: it must be given']);
});

test('a subscription listed below a management group keeps its own path', () => {
  expect(readArmItem({ id: `${MANAGEMENT}/top${SUBSCRIPTION}` }, []).path).toBe(SUBSCRIPTION);
});

test('a resource may lie below another one', () => {
  expect(parentResource(`${VAULT}/secrets/one`)).toBe(VAULT);
  expect(parentResource(VAULT)).toBeNull();
  expect(parentResource(`${VAULT}/secrets/one/providers/Microsoft.Insights/settings/two`)).toBeNull();
});

test.each(['providers', 'Providers'])('a resource group may be called %s, and a resource as well', (name) => {
  const group = `${SUBSCRIPTION}/resourceGroups/${name}`;
  const site = `${group}/providers/Microsoft.Web/sites/${name}`;
  const slot = `${site}/slots/green`;
  expect(readArmItem({ id: site }, [])).toMatchObject({ resourceType: 'Microsoft.Web/sites', parentPath: group });
  expect(readArmItem({ id: slot }, []).resourceType).toBe('Microsoft.Web/sites/slots');
  expect([parentResource(site), parentResource(slot)]).toEqual([null, site]);
});
