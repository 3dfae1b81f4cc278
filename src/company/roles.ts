/** Which roles does the company use? Names a person recognizes, looked up in the shipped catalogue. */
import azureRoles from '../catalogue/azure-built-in-roles.json' with { type: 'json' };
import entraRoles from '../catalogue/entra-built-in-roles.json' with { type: 'json' };

const assignable = entraRoles.filter((role) => role.assignable && !role.deprecated);
const idsOf = (roles: typeof assignable) => roles.map((role) => role.templateId);

/** Given only to the people named for it: it governs all other access. */
const GUARDED = [
  'Global Administrator',
  'Privileged Role Administrator',
  'Privileged Authentication Administrator',
  'Global Reader',
  'Partner Tier1 Support',
  'Partner Tier2 Support',
];

/** Entra roles that anybody technical may come to hold. */
export const ORDINARY_ENTRA_ROLES = idsOf(assignable.filter((role) => !GUARDED.includes(role.displayName)));
export const UNIT_ROLES = idsOf(
  assignable.filter((role) => role.administrativeUnitScope && !GUARDED.includes(role.displayName)),
);
export const APPLICATION_ROLES = idsOf(assignable.filter((role) => role.applicationScope));

/** The Entra roles an application is given. */
export const APPLICATION_HELD_ROLES = [
  'Directory Readers',
  'Reports Reader',
  'Message Center Reader',
  'Security Reader',
  'Usage Summary Reports Reader',
  'License Administrator',
  'Exchange Recipient Administrator',
  'Service Support Administrator',
].map(entraRole);

/** Azure roles that make nobody an administrator of access. */
export const ORDINARY_AZURE_ROLES = [
  'Contributor',
  'Reader',
  'Key Vault Administrator',
  'Key Vault Secrets User',
  'Key Vault Secrets Officer',
  'Key Vault Reader',
  'Storage Blob Data Contributor',
  'Storage Blob Data Reader',
  'Storage Account Contributor',
  'Virtual Machine Contributor',
  'Virtual Machine Administrator Login',
  'Network Contributor',
  'SQL DB Contributor',
  'SQL Server Contributor',
  'Website Contributor',
  'Monitoring Reader',
  'Monitoring Contributor',
  'Log Analytics Reader',
  'Log Analytics Contributor',
  'Cost Management Reader',
  'Backup Operator',
  'AcrPull',
  'AcrPush',
  'Azure Kubernetes Service Cluster Admin Role',
  'Azure Kubernetes Service RBAC Reader',
  'Tag Contributor',
  'Data Factory Contributor',
  'Azure Service Bus Data Receiver',
  'Application Insights Component Contributor',
].map(azureRole);

export function entraRole(name: string): string {
  const found = assignable.find((role) => role.displayName === name);
  if (!found) throw new RangeError(`no assignable Entra role is called ${name}`);
  return found.templateId;
}

export function azureRole(name: string): string {
  const found = azureRoles.find((role) => role.roleName === name);
  if (!found) throw new RangeError(`no Azure role is called ${name}`);
  return found.id;
}
