/** What else is in the directory? Groups, applications, managed identities, administrative units, and the scopes they are. */
import { DIRECTORY_SCOPE } from '../decision/role.ts';
import { plus } from '../decision/schedule.ts';
import {
  ADMINISTRATIVE_UNITS,
  DOMAIN,
  DYNAMIC_GROUPS,
  MANAGED_IDENTITIES,
  ROLE_ASSIGNABLE_GROUPS,
  SECURITY_GROUPS,
  SERVICE_PRINCIPALS,
  SYNCHRONIZED_GROUPS,
  UNIFIED_GROUPS,
} from './names.ts';
import { DAY, principal, users } from './people.ts';
import { persona } from './personas.ts';
import { seeded } from './random.ts';
import type { AdministrativeUnitMemberRow, PrincipalRow, ScopeRow } from './rows.ts';

export interface Directory {
  readonly users: readonly PrincipalRow[];
  readonly groups: readonly PrincipalRow[];
  readonly servicePrincipals: readonly PrincipalRow[];
  readonly managedIdentities: readonly PrincipalRow[];
  readonly scopes: readonly ScopeRow[];
  readonly administrativeUnitMembers: readonly AdministrativeUnitMemberRow[];
}

export function directory(now: Date): Directory {
  const everyone = users(now);
  const allGroups = groups(now);
  const servicePrincipals = applications(now, 'SERVICE_PRINCIPAL', SERVICE_PRINCIPALS);
  const units = administrativeUnits();
  return {
    users: everyone,
    groups: allGroups,
    servicePrincipals,
    managedIdentities: applications(now, 'MANAGED_IDENTITY', MANAGED_IDENTITIES),
    scopes: [...units, ...servicePrincipals.map(applicationScope), ...allGroups.map(groupScope)],
    administrativeUnitMembers: unitMembers(units, everyone),
  };
}

function groups(now: Date): PrincipalRow[] {
  const random = seeded(2);
  const named = (names: readonly string[], flags: Partial<PrincipalRow>) =>
    names.map((displayName) => {
      const createdAt = plus(now, -random.between(60, 1_400) * DAY);
      return principal({ id: random.uuid(), kind: 'GROUP', displayName, createdAt, securityEnabled: true, ...flags });
    });
  return [
    ...named(ROLE_ASSIGNABLE_GROUPS, { roleAssignable: true }),
    ...named(DYNAMIC_GROUPS, { dynamicMembership: true }),
    ...named(SYNCHRONIZED_GROUPS, { synchronized: true }),
    ...named(UNIFIED_GROUPS, { securityEnabled: false }).map(withMail),
    ...named(SECURITY_GROUPS, {}),
  ];
}

function withMail(group: PrincipalRow): PrincipalRow {
  return { ...group, mail: `${group.displayName.toLowerCase().replaceAll(' ', '.')}@${DOMAIN}` };
}

function applications(
  now: Date,
  kind: 'SERVICE_PRINCIPAL' | 'MANAGED_IDENTITY',
  names: readonly string[],
): PrincipalRow[] {
  const random = seeded(kind === 'SERVICE_PRINCIPAL' ? 3 : 4);
  return names.map((displayName) => {
    const id = random.uuid();
    return principal({
      id: displayName === 'access-reporting-robot' ? persona('robot') : id,
      kind,
      displayName,
      createdAt: plus(now, -random.between(60, 1_000) * DAY),
      appId: random.uuid(),
    });
  });
}

function administrativeUnits(): ScopeRow[] {
  const random = seeded(5);
  return ADMINISTRATIVE_UNITS.map((displayName) => {
    const id = random.uuid();
    const path = `/administrativeUnits/${id}`;
    return {
      ...{ id, provider: 'ENTRA_ROLE', kind: 'ADMINISTRATIVE_UNIT', path, parentId: DIRECTORY_SCOPE, displayName },
      ...{ resourceType: null, principalId: null, locked: false },
    };
  });
}

/** An application has no segment of its own in a directory scope: its path is its object id alone. */
function applicationScope({ id, displayName }: PrincipalRow): ScopeRow {
  return {
    ...{ id, provider: 'ENTRA_ROLE', kind: 'DIRECTORY_OBJECT', path: `/${id}`, parentId: DIRECTORY_SCOPE, displayName },
    ...{ resourceType: null, principalId: id, locked: false },
  };
}

function groupScope({ id, displayName }: PrincipalRow): ScopeRow {
  return {
    ...{ id, provider: 'GROUP', kind: 'GROUP', path: `/groups/${id}`, parentId: null, displayName },
    ...{ resourceType: null, principalId: id, locked: false },
  };
}

/** Staff are spread over the regions, partners are together, and nobody is a member of Shared Devices. */
function unitMembers(units: readonly ScopeRow[], everyone: readonly PrincipalRow[]): AdministrativeUnitMemberRow[] {
  const random = seeded(6);
  const unit = (name: (typeof ADMINISTRATIVE_UNITS)[number]) => {
    const found = units.find(({ displayName }) => displayName === name);
    if (!found) throw new RangeError(`no administrative unit is called ${name}`);
    return found.id;
  };
  const regions = ['Stores North', 'Stores South', 'Stores East', 'Stores West'] as const;
  return everyone.flatMap(({ id, department, userType }) => {
    if (userType === 'GUEST') return [{ scopeId: unit('Guests and Partners'), principalId: id }];
    if (department === 'Stores') return [{ scopeId: unit(random.pick(regions)), principalId: id }];
    if (department === 'Logistics') return [{ scopeId: unit('Logistics Centres'), principalId: id }];
    return random.below(2) === 0 ? [{ scopeId: unit('Headquarters'), principalId: id }] : [];
  });
}
