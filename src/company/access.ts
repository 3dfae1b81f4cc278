/** Who holds what today? First what is named, then as much likely access as the company is known to have. */
import { DIRECTORY_SCOPE, GROUP_MEMBER, GROUP_OWNER } from '../decision/role.ts';
import type { AssignmentType, Provider } from '../decision/words.ts';
import { type Access, type Book, openBook } from './book.ts';
import { MANAGED_GROUP_NAMES, nameAccess } from './named.ts';
import type { Places } from './places.ts';
import { type Random, seeded } from './random.ts';
import {
  APPLICATION_HELD_ROLES,
  APPLICATION_ROLES,
  ORDINARY_AZURE_ROLES,
  ORDINARY_ENTRA_ROLES,
  UNIT_ROLES,
} from './roles.ts';
import type { AssignmentRow, PrincipalRow, ScopeRow, Target } from './rows.ts';

/** Assignments in force, running activations included: 3,000. */
export const IN_FORCE: Readonly<Record<Provider, Readonly<Record<AssignmentType, number>>>> = {
  ENTRA_ROLE: { ELIGIBLE: 320, ACTIVE: 180 },
  AZURE_RESOURCE: { ELIGIBLE: 400, ACTIVE: 310 },
  GROUP: { ELIGIBLE: 150, ACTIVE: 1_640 },
};

/** Of the active ones, how many are activations that run at this moment. */
export const RUNNING: Readonly<Record<Provider, number>> = { ENTRA_ROLE: 4, AZURE_RESOURCE: 4, GROUP: 2 };

/** Those who may come to hold something, sorted by what they may hold. */
interface Pools {
  readonly technicians: readonly PrincipalRow[];
  readonly shopStaff: readonly PrincipalRow[];
  readonly applications: readonly PrincipalRow[];
  readonly groups: readonly PrincipalRow[];
  readonly roleAssignable: readonly PrincipalRow[];
  readonly securityEnabled: readonly PrincipalRow[];
  readonly managed: readonly PrincipalRow[];
  readonly scopes: ReadonlyMap<ScopeRow['kind'], readonly ScopeRow[]>;
}

export function standingAccess(found: Places, now: Date): AssignmentRow[] {
  const random = seeded(8);
  const book = openBook(random, now);
  nameAccess(found, book);
  const places = pools(found);
  fill(book, 'ENTRA_ROLE', 'ELIGIBLE', () => entraEligible(random, places));
  fill(book, 'ENTRA_ROLE', 'ACTIVE', () => entraActive(random, places));
  fill(book, 'AZURE_RESOURCE', 'ELIGIBLE', () => azureAccess(random, places, 'ELIGIBLE'));
  fill(book, 'AZURE_RESOURCE', 'ACTIVE', () => azureAccess(random, places, 'ACTIVE'));
  fill(book, 'GROUP', 'ELIGIBLE', () => groupEligible(random, places));
  while (missing(book, 'GROUP', 'ACTIVE') > 0) book.give(membership(random, places), 'PERMANENT');
  return book.rows;
}

function fill(book: Book, provider: Provider, type: AssignmentType, next: () => Access): void {
  while (missing(book, provider, type) > 0) book.give(next());
}

function pools({ users, groups, servicePrincipals, managedIdentities, technicians, scopes, tree }: Places): Pools {
  return {
    technicians,
    shopStaff: users.filter((each) => each.department === 'Stores'),
    // Without the robot, which has application permissions and nothing else.
    applications: [...servicePrincipals.slice(1), ...managedIdentities],
    groups,
    roleAssignable: groups.filter((each) => each.roleAssignable),
    securityEnabled: groups.filter((each) => each.securityEnabled),
    managed: groups.filter((each) => MANAGED_GROUP_NAMES.includes(each.displayName)),
    scopes: Map.groupBy([...scopes, ...tree], (scope) => scope.kind),
  };
}

function missing(book: Book, provider: Provider, type: AssignmentType): number {
  const running = type === 'ACTIVE' ? RUNNING[provider] : 0;
  return IN_FORCE[provider][type] - running - book.count(provider, type);
}

function entraEligible(random: Random, places: Pools): Access {
  const type = 'ELIGIBLE';
  const chance = random.below(100);
  if (chance < 5) {
    const holder = random.pick(places.roleAssignable);
    return { ...inDirectory(random.pick(ORDINARY_ENTRA_ROLES)), principalId: holder.id, type };
  }
  const principalId = random.pick(places.technicians).id;
  return { ...entraTarget(random, places, chance), principalId, type };
}

function entraActive(random: Random, places: Pools): Access {
  const type = 'ACTIVE';
  const chance = random.below(100);
  if (chance >= 25) {
    const principalId = random.pick(places.technicians).id;
    return { ...entraTarget(random, places, chance), principalId, type };
  }
  const holders = chance < 8 ? places.roleAssignable : places.applications;
  return { ...inDirectory(random.pick(APPLICATION_HELD_ROLES)), principalId: random.pick(holders).id, type };
}

/** Most roles are held for the whole directory, some for an administrative unit or for one application. */
function entraTarget(random: Random, { scopes }: Pools, chance: number): Target {
  const at = (kind: ScopeRow['kind']) => random.pick(scopes.get(kind) ?? []).id;
  if (chance < 72) return inDirectory(random.pick(ORDINARY_ENTRA_ROLES));
  if (chance < 91) {
    return { provider: 'ENTRA_ROLE', roleId: random.pick(UNIT_ROLES), scopeId: at('ADMINISTRATIVE_UNIT') };
  }
  return { provider: 'ENTRA_ROLE', roleId: random.pick(APPLICATION_ROLES), scopeId: at('DIRECTORY_OBJECT') };
}

function inDirectory(roleId: string): Target {
  return { provider: 'ENTRA_ROLE', roleId, scopeId: DIRECTORY_SCOPE };
}

function azureAccess(random: Random, places: Pools, type: AssignmentType): Access {
  const kinds = ['SUBSCRIPTION', 'RESOURCE_GROUP', 'RESOURCE', 'RESOURCE_GROUP', 'RESOURCE', 'RESOURCE_GROUP'] as const;
  const kind = random.below(20) === 0 ? 'MANAGEMENT_GROUP' : random.pick(kinds);
  const scope = random.pick(places.scopes.get(kind) ?? []);
  return {
    ...{ provider: 'AZURE_RESOURCE', roleId: random.pick(ORDINARY_AZURE_ROLES), scopeId: scope.id },
    ...{ principalId: azureHolder(random, places, type).id, type },
  };
}

/** Whatever cannot perform the steps of an activation is never eligible. */
function azureHolder(random: Random, places: Pools, type: AssignmentType): PrincipalRow {
  const chance = random.below(100);
  if (chance < 15) return random.pick(places.securityEnabled);
  if (type === 'ACTIVE' && chance < 55) return random.pick(places.applications);
  return random.pick(places.technicians);
}

function groupEligible(random: Random, places: Pools): Access {
  const target = random.pick(places.managed);
  const roleId = random.below(8) === 0 ? GROUP_OWNER : GROUP_MEMBER;
  const principalId = random.pick(places.technicians).id;
  return { provider: 'GROUP', roleId, scopeId: target.id, principalId, type: 'ELIGIBLE' };
}

/** A membership as the directory itself keeps it: permanent, and made outside PIM. */
function membership(random: Random, places: Pools): Access {
  const { id, dynamicMembership, synchronized } = random.pick(places.groups);
  const wide = dynamicMembership || synchronized;
  const people = wide ? places.shopStaff : places.technicians;
  const member = random.below(60) === 0 && !wide ? random.pick(places.applications) : random.pick(people);
  return { provider: 'GROUP', roleId: GROUP_MEMBER, scopeId: id, principalId: member.id, type: 'ACTIVE' };
}
