/** Who and what can be named? The directory and the Azure tree with their look-ups by display name. */
import { DIRECTORY_SCOPE, GROUP_MEMBER, GROUP_OWNER } from '../decision/role.ts';
import { azureTree } from './azure.ts';
import { type Directory, directory } from './directory.ts';
import { PERSONAS } from './personas.ts';
import { azureRole, entraRole } from './roles.ts';
import type { PrincipalRow, ScopeRow, Target } from './rows.ts';

export interface Places extends Directory {
  readonly tree: readonly ScopeRow[];
  /** Enabled staff of the technical departments who are no personas: they hold most of the privileged access. */
  readonly technicians: readonly PrincipalRow[];
}

export function places(now: Date): Places {
  const found = directory(now);
  const named = new Set<string>(PERSONAS.map((each) => each.objectId));
  const technical = ['Information Technology', 'Security', 'Digital'];
  const technicians = found.users.filter(
    ({ id, enabled, department }) => enabled && !named.has(id) && technical.includes(department ?? ''),
  );
  return { ...found, tree: azureTree(), technicians };
}

export function technician({ technicians }: Places, index: number): string {
  return known(technicians[index], `technician ${index}`).id;
}

export function group({ groups }: Places, displayName: string): PrincipalRow {
  return known(
    groups.find((each) => each.displayName === displayName),
    displayName,
  );
}

export function directoryTarget(role: string): Target {
  return { provider: 'ENTRA_ROLE', roleId: entraRole(role), scopeId: DIRECTORY_SCOPE };
}

/** An Azure role at the first scope of that display name, subscriptions and management groups before anything below. */
export function azureTarget({ tree }: Places, role: string, scope: string): Target {
  const order = ['SUBSCRIPTION', 'MANAGEMENT_GROUP', 'RESOURCE_GROUP', 'RESOURCE'];
  const candidates = tree.filter(({ displayName, path }) => displayName === scope || path.endsWith(`/${scope}`));
  const [first] = candidates.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  return { provider: 'AZURE_RESOURCE', roleId: azureRole(role), scopeId: known(first, scope).id };
}

export function groupTarget(places: Places, displayName: string, relation: 'MEMBER' | 'OWNER'): Target {
  const roleId = relation === 'MEMBER' ? GROUP_MEMBER : GROUP_OWNER;
  return { provider: 'GROUP', roleId, scopeId: group(places, displayName).id };
}

function known<T>(found: T | undefined, name: string): T {
  if (found === undefined) throw new RangeError(`the demo company has no ${name}`);
  return found;
}
