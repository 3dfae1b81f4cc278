/** Does the predicate in the SQL say what the standard's tables say? Every persona and every row, against a reading of the tables in plain sets. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processNow } from '../../src/clock.ts';
import { PERSONAS, type Persona } from '../../src/company/personas.ts';
import type { Viewer } from '../../src/decision/powers.ts';
import { viewerFacts } from '../../src/store/viewer.ts';
import {
  visibleAccess,
  visibleEvent,
  visiblePrincipal,
  visibleRequest,
  visibleScope,
} from '../../src/store/visibility.ts';
import { cloneDemoDatabase, type TestDatabase } from '../support/database.ts';

interface Access {
  id: string;
  provider: string | null;
  type: string | null;
  roleId: string | null;
  scopeId: string | null;
  principalId: string | null;
}
interface Assignment extends Access {
  startsAt: number;
  endsAt: number | null;
  conditional: boolean;
}
interface Asked extends Access {
  by: string | null;
  requestId: string | null;
}
interface Principal {
  id: string;
  kind: string;
  userType: string | null;
  roleAssignable: boolean;
  deleted: boolean;
}
interface Scope {
  id: string;
  provider: string;
  kind: string;
  parentId: string | null;
  principalId: string | null;
}
interface Role {
  id: string;
  name: string;
  actions: { actions?: string[]; notActions?: string[]; condition?: string }[];
}
interface World {
  now: number;
  assignments: Assignment[];
  requests: Asked[];
  events: Asked[];
  principals: Map<string, Principal>;
  scopes: Map<string, Scope>;
  roles: Map<string, Role>;
  approvers: Map<string, Set<string>>;
}

let clone: TestDatabase;
let world: World;
const db = () => clone.database.em.fork().getKysely();

beforeAll(async () => {
  clone = await cloneDemoDatabase();
  world = await readWorld();
});
afterAll(() => clone.drop());

/** Whoever has one of these active for the whole directory views the Entra assignments. */
const ENTRA_READERS = [
  ...['Global Administrator', 'Privileged Role Administrator', 'Security Administrator', 'Global Reader'],
  ...['Security Reader', 'Security Operator'],
];
const ROLE_ASSIGNABLE_GROUP_READERS = ['Global Administrator', 'Privileged Role Administrator', 'Global Reader'];
const OTHER_GROUP_MANAGERS = [
  ...['Directory Writers', 'Groups Administrator', 'Identity Governance Administrator', 'User Administrator'],
];
const OTHER_GROUP_READERS = ['Global Reader', ...OTHER_GROUP_MANAGERS];
const ENTRA_MANAGERS = ['Global Administrator', 'Privileged Role Administrator'];

/** What one persona sees, worked out from the rows alone. */
class Sight {
  readonly me: Principal;
  readonly groups = new Set<string>();
  readonly ownedGroups = new Set<string>();
  /** Names of Entra roles held for the whole directory. */
  readonly directoryRoles = new Set<string>();
  readonly azureReadable = new Set<string>();
  readonly azureManageable = new Set<string>();
  readonly permissions: readonly string[];

  constructor({ objectId, ...persona }: Persona) {
    this.me = world.principals.get(objectId) as Principal;
    this.permissions = persona.appPermissions ?? [];
    const direct = new Set<string>();
    let next = new Set([objectId]);
    while (next.size > 0) {
      const found = new Set<string>();
      for (const membership of inForce('ACTIVE')) {
        if (roleName(membership) !== 'Member' || !next.has(membership.principalId as string)) continue;
        const group = scopeOf(membership)?.principalId as string;
        if (next.has(objectId)) direct.add(group);
        if (!this.groups.has(group)) found.add(group);
        this.groups.add(group);
      }
      next = found;
    }
    for (const held of inForce('ACTIVE')) {
      const mine = held.principalId === objectId || direct.has(held.principalId as string);
      const nested = mine || this.groups.has(held.principalId as string);
      const scope = scopeOf(held) as Scope;
      if (mine && held.provider === 'ENTRA_ROLE' && scope.kind === 'DIRECTORY') this.directoryRoles.add(roleName(held));
      if (mine && held.provider === 'GROUP' && roleName(held) === 'Owner')
        this.ownedGroups.add(scope.principalId as string);
      if (nested && held.provider === 'AZURE_RESOURCE' && !held.conditional) {
        const may = (action: string) => grants(held.roleId as string, action);
        if (may('Microsoft.Authorization/roleAssignments/write')) this.azureManageable.add(scope.id);
        if (may('Microsoft.Authorization/roleAssignments/read')) this.azureReadable.add(scope.id);
      }
    }
    for (const id of this.azureManageable) this.azureReadable.add(id);
  }

  holds(names: readonly string[]): boolean {
    return names.some((name) => this.directoryRoles.has(name));
  }

  entra(type: string | null): boolean {
    if (this.holds(ENTRA_READERS)) return true;
    const noun = type === 'ELIGIBLE' ? 'RoleEligibilitySchedule' : 'RoleAssignmentSchedule';
    return (
      type !== null &&
      this.permissions.some((name) => name.startsWith(`${noun}.`) || name.startsWith('RoleManagement.'))
    );
  }

  access({ provider, type, scopeId, principalId }: Access): boolean {
    if (principalId === this.me.id || this.groups.has(principalId ?? '')) return true;
    const scope = world.scopes.get(scopeId ?? '');
    switch (provider) {
      case 'ENTRA_ROLE':
        return this.entra(type);
      case 'AZURE_RESOURCE':
        return scope !== undefined && upwards(scope.id).some((id) => this.azureReadable.has(id));
      case 'GROUP': {
        const group = world.principals.get(scope?.principalId ?? '');
        if (!group) return false;
        if (this.groups.has(group.id) || this.ownedGroups.has(group.id)) return true;
        return this.holds(group.roleAssignable ? ROLE_ASSIGNABLE_GROUP_READERS : OTHER_GROUP_READERS);
      }
      default:
        return false;
    }
  }

  asked(row: Asked): boolean {
    return (
      row.by === this.me.id || this.access(row) || (world.approvers.get(row.requestId ?? '')?.has(this.me.id) ?? false)
    );
  }

  browses(): boolean {
    if (this.me.kind === 'USER' && this.me.userType === 'MEMBER') return true;
    const reads = this.entra('ELIGIBLE') || this.entra('ACTIVE');
    const manages = this.holds([...ENTRA_MANAGERS, ...OTHER_GROUP_MANAGERS]) || this.azureManageable.size > 0;
    return reads || manages || this.ownedGroups.size > 0;
  }

  principal({ id, deleted }: Principal): boolean {
    const own = id === this.me.id || this.groups.has(id) || this.ownedGroups.has(id);
    return !deleted && (own || this.browses());
  }

  scopes(): Set<string> {
    const anchors = new Set(this.azureReadable);
    for (const { principalId, scopeId, endsAt } of world.assignments) {
      const own = principalId === this.me.id || this.groups.has(principalId as string);
      if (own && (endsAt === null || endsAt > world.now)) anchors.add(scopeId as string);
    }
    const seen = new Set<string>();
    for (const scope of world.scopes.values()) {
      const above = upwards(scope.id);
      const azure = scope.provider === 'AZURE_RESOURCE';
      if (azure ? above.some((id) => anchors.has(id)) : scope.kind === 'DIRECTORY' || this.browses())
        seen.add(scope.id);
      if (anchors.has(scope.id)) for (const id of above) seen.add(id);
    }
    return seen;
  }
}

describe.each(PERSONAS.map((persona): [string, Persona] => [persona.name, persona]))('%s', (_name, persona) => {
  test('sees exactly the assignments of the tables', async () => {
    const seen = await idsOf(sql`assignment x`, (viewer) => visibleAccess(viewer, { alias: 'x', typeColumn: 'type' }));
    const sight = new Sight(persona);
    expect(seen).toEqual(expected(world.assignments, (row) => sight.access(row)));
  });

  test('sees exactly the requests of the tables', async () => {
    const seen = await idsOf(sql`request x`, (viewer) => visibleRequest(viewer, 'x'));
    const sight = new Sight(persona);
    expect(seen).toEqual(expected(world.requests, (row) => sight.asked(row)));
  });

  test('sees exactly the events of the tables', async () => {
    const seen = await idsOf(sql`event x`, (viewer) => visibleEvent(viewer, 'x'));
    const sight = new Sight(persona);
    expect(seen).toEqual(expected(world.events, (row) => sight.asked(row)));
  });

  test('sees exactly the principals of the tables', async () => {
    const seen = await idsOf(sql`principal x`, (viewer) => visiblePrincipal(viewer, 'x'));
    const sight = new Sight(persona);
    expect(seen).toEqual(expected([...world.principals.values()], (row) => sight.principal(row)));
  });

  test('sees exactly the scopes of the tables', async () => {
    const seen = await idsOf(sql`scope x`, (viewer) => visibleScope(viewer, 'x'));
    expect(seen).toEqual([...new Sight(persona).scopes()].toSorted());
  });

  async function idsOf(from: ReturnType<typeof sql>, predicate: (viewer: Viewer) => ReturnType<typeof sql<boolean>>) {
    const viewer = await viewerFor(persona);
    const { rows } = await sql<{ id: string }>`SELECT x.id::text AS id FROM ${from} WHERE ${predicate(viewer)}`.execute(
      db(),
    );
    return rows.map(({ id }) => id).toSorted();
  }
});

test('the personas see different things: everything, something, nothing', async () => {
  const counts = new Set(
    PERSONAS.map((each) => {
      const sight = new Sight(each);
      return world.assignments.filter((row) => sight.access(row)).length;
    }),
  );
  expect(counts.size).toBeGreaterThan(6);
  expect(world.assignments.length).toBeGreaterThan(2000);
});

function expected<Row extends { id: string }>(rows: readonly Row[], sees: (row: Row) => boolean): string[] {
  return rows
    .filter(sees)
    .map(({ id }) => id)
    .toSorted();
}

async function viewerFor({ objectId, appPermissions = [] }: Persona): Promise<Viewer> {
  const { principal, powers } = await viewerFacts(db(), objectId, appPermissions);
  if (principal === null) throw new Error('a persona is not there');
  const { kind, userType } = principal;
  const proof = { multiFactorAt: null, authenticationContexts: [] };
  return {
    id: objectId,
    kind,
    userType,
    proof,
    expiresAt: processNow(),
    applicationPermissions: appPermissions,
    powers,
  };
}

function inForce(type: string): Assignment[] {
  return world.assignments.filter(
    (row) => row.type === type && row.startsAt <= world.now && (row.endsAt === null || world.now < row.endsAt),
  );
}

function scopeOf({ scopeId }: Access): Scope | undefined {
  return world.scopes.get(scopeId ?? '');
}

function roleName({ roleId }: Access): string {
  return world.roles.get(roleId ?? '')?.name ?? '';
}

/** The scope and everything above it, by the parents alone. */
function upwards(id: string): string[] {
  const { parentId } = world.scopes.get(id) as Scope;
  return parentId === null ? [id] : [id, ...upwards(parentId)];
}

function grants(roleId: string, action: string): boolean {
  const matches = (patterns: readonly string[] = []) =>
    patterns.some((pattern) => {
      const form = pattern.split('*').map((piece) => piece.replaceAll(/[.\\+?^${}()|[\]]/g, '\\$&'));
      return new RegExp(`^${form.join('.*')}$`, 'i').test(action);
    });
  const blocks = world.roles.get(roleId)?.actions ?? [];
  return blocks.some((block) => !block.condition && matches(block.actions) && !matches(block.notActions));
}

async function readWorld(): Promise<World> {
  const all = async <T>(query: ReturnType<typeof sql<T>>): Promise<T[]> => (await query.execute(db())).rows;
  const access = sql`provider, role_id AS "roleId", scope_id AS "scopeId", principal_id AS "principalId"`;
  const [clock] = await all(sql<{ now: number }>`SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`);
  const principals =
    await all(sql<Principal>`SELECT id, kind, user_type AS "userType", role_assignable AS "roleAssignable",
    deleted_at IS NOT NULL AS deleted FROM principal`);
  const scopes = await all(
    sql<Scope>`SELECT id, provider, kind, parent_id AS "parentId", principal_id AS "principalId" FROM scope`,
  );
  const roles = await all(sql<Role>`SELECT id, display_name AS name, permissions AS actions FROM role`);
  const approvers = new Map<string, Set<string>>();
  for (const { request, approver } of await all(
    sql<{ request: string; approver: string }>`SELECT a.request_id AS request, a.approver_id AS approver
      FROM request_approver a JOIN request q ON q.id = a.request_id
      WHERE a.stage <= q.stage AND (NOT a.escalation OR q.escalates_at <= clock_timestamp())`,
  )) {
    approvers.set(request, (approvers.get(request) ?? new Set()).add(approver));
  }
  return {
    now: clock?.now as number,
    assignments: await all(sql<Assignment>`SELECT id, type, ${access}, condition IS NOT NULL AS conditional,
      (extract(epoch FROM starts_at) * 1000)::float8 AS "startsAt", (extract(epoch FROM ends_at) * 1000)::float8 AS "endsAt" FROM assignment`),
    requests: await all(
      sql<Asked>`SELECT id, assignment_type AS type, ${access}, requestor_id AS by, id AS "requestId" FROM request`,
    ),
    events: await all(
      sql<Asked>`SELECT id::text, assignment_type AS type, ${access}, actor_id AS by, request_id AS "requestId" FROM event`,
    ),
    principals: new Map(principals.map((row) => [row.id, row])),
    scopes: new Map(scopes.map((row) => [row.id, row])),
    roles: new Map(roles.map((row) => [row.id, row])),
    approvers,
  };
}
