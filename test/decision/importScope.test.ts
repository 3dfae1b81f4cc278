/** Does each scope find its place in the tree? */
import { expect, test } from 'vitest';
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
])('what is above a subscription may be told as %s', (_how, item) => {
  expect(readArmItem({ id: SUBSCRIPTION, ...item }, []).parentPath).toBe(`${MANAGEMENT}/top`);
});

test('a subscription listed below a management group keeps its own path', () => {
  expect(readArmItem({ id: `${MANAGEMENT}/top${SUBSCRIPTION}` }, []).path).toBe(SUBSCRIPTION);
});

test('a resource may lie below another one', () => {
  expect(parentResource(`${VAULT}/secrets/one`)).toBe(VAULT);
  expect(parentResource(VAULT)).toBeNull();
});
