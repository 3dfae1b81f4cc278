/** What does the company run in Azure? A tree of about 400 scopes, spelled as Azure Resource Manager spells its ids. */
import { TENANT_ROOT_SCOPE } from '../decision/role.ts';
import { type Random, seeded } from './random.ts';
import type { ScopeRow } from './rows.ts';

/** Management groups with their parents; `retail` and `retail-web` are siblings of which one name begins the other. */
const MANAGEMENT_GROUPS: readonly [name: string, parent: string | null, displayName: string][] = [
  ['quillmarsh', null, 'Quillmarsh Stores'],
  ['platform', 'quillmarsh', 'Platform'],
  ['landing-zones', 'quillmarsh', 'Landing Zones'],
  ['sandbox', 'quillmarsh', 'Sandbox'],
  ['retail', 'landing-zones', 'Retail'],
  ['retail-web', 'landing-zones', 'Retail Web'],
  ['logistics', 'landing-zones', 'Logistics'],
  ['corporate', 'landing-zones', 'Corporate'],
];

/** Subscriptions with their management group and the workloads that become their resource groups. */
const SUBSCRIPTIONS: readonly [displayName: string, managementGroup: string, workloads: string][] = [
  ['Platform Connectivity', 'platform', 'Hub Dns Firewall'],
  ['Platform Identity', 'platform', 'Identity Vault'],
  ['Platform Management', 'platform', 'Monitoring Backup Automation'],
  ['Retail Production', 'retail', 'Checkout Loyalty Pricing Stores Search'],
  ['Retail Test', 'retail', 'Checkout Loyalty Pricing Stores'],
  ['Retail Development', 'retail', 'Checkout Loyalty Pricing Playground'],
  ['Retail Web Production', 'retail-web', 'Shop Shop-Assets Images Campaigns'],
  ['Retail Web Test', 'retail-web', 'Shop Shop-Assets Campaigns'],
  ['Logistics Production', 'logistics', 'Warehouse Fleet Robotics Planning'],
  ['Logistics Test', 'logistics', 'Warehouse Fleet Planning'],
  ['Corporate Data', 'corporate', 'Lake Reports Science Ingest'],
  ['Corporate Finance', 'corporate', 'Ledger Payroll'],
  ['Corporate People', 'corporate', 'Hr Training'],
  ['Sandbox One', 'sandbox', 'Experiments Workshops'],
];

/** Kinds of resources: their type, the beginning of their names, and what they hold. Letter case varies as it does in ARM. */
const RESOURCES: readonly [type: string, prefix: string, child?: [type: string, name: string]][] = [
  ['Microsoft.KeyVault/vaults', 'kv'],
  ['Microsoft.Storage/storageAccounts', 'st'],
  ['Microsoft.Sql/servers', 'sql', ['databases', 'Orders']],
  ['Microsoft.Web/sites', 'app'],
  ['Microsoft.Network/virtualNetworks', 'vnet'],
  ['microsoft.insights/components', 'appi'],
  ['Microsoft.OperationalInsights/workspaces', 'log'],
  ['Microsoft.ContainerService/managedClusters', 'aks'],
  ['Microsoft.Compute/virtualMachines', 'vm'],
  ['Microsoft.ServiceBus/namespaces', 'sb', ['queues', 'events']],
];
const RESOURCES_PER_GROUP = 6;

export function azureTree(): ScopeRow[] {
  const random = seeded(7);
  const ids = new Map<string, string>();
  const managementGroups = MANAGEMENT_GROUPS.map(([name, parent, displayName]) => {
    const path = `/providers/Microsoft.Management/managementGroups/${name}`;
    const row = scope(random, 'MANAGEMENT_GROUP', path, ids.get(parent ?? '') ?? TENANT_ROOT_SCOPE, displayName);
    ids.set(name, row.id);
    return row;
  });
  const below = SUBSCRIPTIONS.flatMap(([displayName, managementGroup, workloads]) => {
    const path = `/subscriptions/${random.uuid()}`;
    const parentId = ids.get(managementGroup) ?? TENANT_ROOT_SCOPE;
    const subscription = scope(random, 'SUBSCRIPTION', path, parentId, displayName);
    return [subscription, ...workloads.split(' ').flatMap((name) => resourceGroup(random, subscription, name))];
  });
  return [...managementGroups, ...below];
}

function resourceGroup(random: Random, subscription: ScopeRow, workload: string): ScopeRow[] {
  const name = `rg-${workload}-${(subscription.displayName.split(' ').at(-1) ?? '').toLowerCase()}`;
  const group = scope(random, 'RESOURCE_GROUP', `${subscription.path}/resourceGroups/${name}`, subscription.id, name);
  const first = random.below(RESOURCES.length);
  const kinds = Array.from(
    { length: RESOURCES_PER_GROUP },
    (_, index) => RESOURCES[(first + index) % RESOURCES.length],
  );
  return [group, ...kinds.flatMap((kind) => (kind ? resource(random, group, workload.toLowerCase(), kind) : []))];
}

function resource(
  random: Random,
  group: ScopeRow,
  workload: string,
  [type, prefix, child]: (typeof RESOURCES)[number],
): ScopeRow[] {
  const name = prefix === 'st' ? `st${workload.replaceAll('-', '')}${random.between(10, 99)}` : `${prefix}-${workload}`;
  const own = scope(random, 'RESOURCE', `${group.path}/providers/${type}/${name}`, group.id, name, type);
  if (!child) return [own];
  const [childType, childName] = child;
  const path = `${own.path}/${childType}/${childName}`;
  return [own, scope(random, 'RESOURCE', path, own.id, childName, `${type}/${childType}`)];
}

function scope(
  random: Random,
  kind: ScopeRow['kind'],
  path: string,
  parentId: string,
  displayName: string,
  resourceType: string | null = null,
): ScopeRow {
  const facts = { provider: 'AZURE_RESOURCE', kind, path, parentId, displayName, resourceType } as const;
  return { id: random.uuid(), ...facts, principalId: null, locked: false };
}
