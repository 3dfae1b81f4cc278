/** Who may see what, by the standard's tables alone? Read from the rows in plain sets, by other means than the gateway's. */
import { type Kysely, sql } from 'kysely';

export interface Access {
  id: string;
  provider: string | null;
  type: string | null;
  roleId: string | null;
  scopeId: string | null;
  principalId: string | null;
}
export interface Assignment extends Access {
  startsAt: number;
  endsAt: number | null;
  conditional: boolean;
}
export interface Asked extends Access {
  by: string | null;
  requestId: string | null;
}
export interface Request extends Asked {
  action: string;
  eligibilityId: string | null;
}
export interface Event extends Asked {
  name: string;
  /** Null until it is numbered. */
  position: number | null;
}
export interface Principal {
  id: string;
  kind: string;
  userType: string | null;
  roleAssignable: boolean;
  deleted: boolean;
}
export interface Scope {
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
export interface World {
  now: number;
  assignments: Assignment[];
  requests: Map<string, Request>;
  events: Event[];
  principals: Map<string, Principal>;
  scopes: Map<string, Scope>;
  roles: Map<string, Role>;
  approvers: Map<string, Set<string>>;
}

export interface Somebody {
  readonly objectId: string;
  readonly appPermissions?: readonly string[];
}

/** Whoever has one of these active for the whole directory views the Entra assignments. */
const ENTRA_AUDITORS = [
  ...['Global Administrator', 'Privileged Role Administrator', 'Security Administrator', 'Global Reader'],
  'Security Reader',
];
const ENTRA_READERS = [...ENTRA_AUDITORS, 'Security Operator'];
const ENTRA_MANAGERS = ['Global Administrator', 'Privileged Role Administrator'];
const ROLE_ASSIGNABLE_GROUP_READERS = ['Global Administrator', 'Privileged Role Administrator', 'Global Reader'];
const OTHER_GROUP_MANAGERS = [
  ...['Directory Writers', 'Groups Administrator', 'Identity Governance Administrator', 'User Administrator'],
];
const OTHER_GROUP_READERS = ['Global Reader', ...OTHER_GROUP_MANAGERS];

/** What somebody sees, worked out from the rows alone. */
export class Sight {
  readonly me: Principal;
  readonly groups = new Set<string>();
  readonly ownedGroups = new Set<string>();
  /** Names of Entra roles held for the whole directory. */
  readonly directoryRoles = new Set<string>();
  readonly azureReadable = new Set<string>();
  readonly azureManageable = new Set<string>();
  readonly permissions: readonly string[];
  readonly #world: World;

  constructor(world: World, { objectId, appPermissions = [] }: Somebody) {
    this.#world = world;
    this.me = world.principals.get(objectId) as Principal;
    this.permissions = appPermissions;
    const direct = new Set<string>();
    let next = new Set([objectId]);
    while (next.size > 0) {
      const found = new Set<string>();
      for (const membership of this.#inForce('ACTIVE')) {
        if (this.#roleName(membership) !== 'Member' || !next.has(membership.principalId as string)) continue;
        const group = this.#scopeOf(membership)?.principalId as string;
        if (next.has(objectId)) direct.add(group);
        if (!this.groups.has(group)) found.add(group);
        this.groups.add(group);
      }
      next = found;
    }
    for (const held of this.#inForce('ACTIVE')) {
      const mine = held.principalId === objectId || direct.has(held.principalId as string);
      const nested = mine || this.groups.has(held.principalId as string);
      const scope = this.#scopeOf(held) as Scope;
      const name = this.#roleName(held);
      if (mine && held.provider === 'ENTRA_ROLE' && scope.kind === 'DIRECTORY') this.directoryRoles.add(name);
      if (mine && held.provider === 'GROUP' && name === 'Owner') this.ownedGroups.add(scope.principalId as string);
      if (nested && held.provider === 'AZURE_RESOURCE' && !held.conditional) {
        const may = (action: string) => this.#grants(held.roleId as string, action);
        if (may('Microsoft.Authorization/roleAssignments/write')) this.azureManageable.add(scope.id);
        if (may('Microsoft.Authorization/roleAssignments/read')) this.azureReadable.add(scope.id);
      }
    }
    for (const id of this.azureManageable) this.azureReadable.add(id);
  }

  access(row: Access): boolean {
    if (this.own(row)) return true;
    switch (row.provider) {
      case 'ENTRA_ROLE':
        return this.#entra(row.type);
      case 'AZURE_RESOURCE':
        return this.#lies(row, this.azureReadable);
      case 'GROUP':
        return this.#readsGroup(row) || this.groups.has(this.#scopeOf(row)?.principalId as string);
      default:
        return false;
    }
  }

  own({ principalId }: Access): boolean {
    return principalId === this.me.id || this.groups.has(principalId ?? '');
  }

  asked(row: Asked): boolean {
    const request = this.#world.requests.get(row.requestId ?? '');
    return row.by === this.me.id || request?.by === this.me.id || this.access(row) || this.#approves(row);
  }

  /** Whether the inbox of those who decide holds it. */
  decides(row: Asked): boolean {
    if (this.#approves(row)) return true;
    const request = this.#world.requests.get(row.requestId ?? '');
    const administered =
      request?.action === 'SELF_RENEW' || (request?.action === 'SELF_EXTEND' && request.eligibilityId === null);
    return administered && this.me.kind === 'USER' && row.principalId !== this.me.id && this.#manages(row);
  }

  policy(row: Event): boolean {
    if (row.name !== 'policy.updated') return this.#managesSomething();
    switch (row.provider) {
      case 'ENTRA_ROLE':
        return this.#holds(ENTRA_READERS) || this.#permitted(/^RoleManagement(Policy)?\.Read(Write)?\.Directory$/);
      case 'AZURE_RESOURCE':
        return this.#lies(row, this.azureManageable);
      default:
        return this.#readsGroup(row) || this.groups.has(this.#scopeOf(row)?.principalId as string);
    }
  }

  audit(row: Event): boolean {
    if (row.by === this.me.id || this.own(row)) return true;
    if (row.scopeId === null || row.provider === 'ENTRA_ROLE') {
      return this.#holds(ENTRA_AUDITORS) || this.permissions.includes('AuditLog.Read.All');
    }
    return row.provider === 'GROUP' ? this.#readsGroup(row) : this.#lies(row, this.azureManageable);
  }

  browses(): boolean {
    if (this.me.kind === 'USER' && this.me.userType === 'MEMBER') return true;
    return this.#entra('ELIGIBLE') || this.#entra('ACTIVE') || this.#managesSomething();
  }

  principal({ id, deleted }: Principal): boolean {
    const own = id === this.me.id || this.groups.has(id) || this.ownedGroups.has(id);
    return !deleted && (own || this.browses());
  }

  scopes(): Set<string> {
    const { assignments, now, scopes } = this.#world;
    const anchors = new Set(this.azureReadable);
    for (const row of assignments) {
      if (this.own(row) && (row.endsAt === null || row.endsAt > now)) anchors.add(row.scopeId as string);
    }
    const seen = new Set<string>();
    for (const scope of scopes.values()) {
      const above = this.#upwards(scope.id);
      const azure = scope.provider === 'AZURE_RESOURCE';
      if (azure ? above.some((id) => anchors.has(id)) : scope.kind === 'DIRECTORY' || this.browses())
        seen.add(scope.id);
      if (anchors.has(scope.id)) for (const id of above) seen.add(id);
    }
    return seen;
  }

  #approves({ requestId }: Asked): boolean {
    return this.#world.approvers.get(requestId ?? '')?.has(this.me.id) ?? false;
  }

  #holds(names: readonly string[]): boolean {
    return names.some((name) => this.directoryRoles.has(name));
  }

  #permitted(form: RegExp): boolean {
    return this.permissions.some((name) => form.test(name));
  }

  #entra(type: string | null): boolean {
    if (this.#holds(ENTRA_READERS)) return true;
    const noun = type === 'ELIGIBLE' ? 'RoleEligibilitySchedule' : 'RoleAssignmentSchedule';
    const both = this.permissions.some((name) => name.startsWith('RoleManagement.'));
    return type === null
      ? both || ['RoleEligibilitySchedule.', 'RoleAssignmentSchedule.'].every((each) => this.#begins(each))
      : both || this.#begins(`${noun}.`);
  }

  #begins(start: string): boolean {
    return this.permissions.some((name) => name.startsWith(start));
  }

  #lies({ scopeId }: Access, places: ReadonlySet<string>): boolean {
    return scopeId !== null && this.#upwards(scopeId).some((id) => places.has(id));
  }

  #readsGroup(row: Access): boolean {
    const group = this.#world.principals.get(this.#scopeOf(row)?.principalId ?? '');
    if (!group) return false;
    const readers = group.roleAssignable ? ROLE_ASSIGNABLE_GROUP_READERS : OTHER_GROUP_READERS;
    return this.ownedGroups.has(group.id) || this.#holds(readers);
  }

  #manages(row: Access): boolean {
    if (row.provider === 'ENTRA_ROLE') return this.#holds(ENTRA_MANAGERS);
    if (row.provider === 'AZURE_RESOURCE') return this.#lies(row, this.azureManageable);
    const group = this.#world.principals.get(this.#scopeOf(row)?.principalId ?? '');
    if (!group) return false;
    return this.ownedGroups.has(group.id) || this.#holds(group.roleAssignable ? ENTRA_MANAGERS : OTHER_GROUP_MANAGERS);
  }

  #managesSomething(): boolean {
    const nouns = /^Role(Management|ManagementPolicy|EligibilitySchedule|AssignmentSchedule)\.ReadWrite\.Directory$/;
    const roles = this.#holds([...ENTRA_MANAGERS, ...OTHER_GROUP_MANAGERS]) || this.#permitted(nouns);
    return roles || this.azureManageable.size > 0 || this.ownedGroups.size > 0;
  }

  #inForce(type: string): Assignment[] {
    const { assignments, now } = this.#world;
    return assignments.filter(
      (row) => row.type === type && row.startsAt <= now && (row.endsAt === null || now < row.endsAt),
    );
  }

  #scopeOf({ scopeId }: Access): Scope | undefined {
    return this.#world.scopes.get(scopeId ?? '');
  }

  #roleName({ roleId }: Access): string {
    return this.#world.roles.get(roleId ?? '')?.name ?? '';
  }

  /** The scope and everything above it, by the parents alone. */
  #upwards(id: string): string[] {
    const { parentId } = this.#world.scopes.get(id) as Scope;
    return parentId === null ? [id] : [id, ...this.#upwards(parentId)];
  }

  #grants(roleId: string, action: string): boolean {
    const matches = (patterns: readonly string[] = []) =>
      patterns.some((pattern) => {
        const form = pattern.split('*').map((piece) => piece.replaceAll(/[.\\+?^${}()|[\]]/g, '\\$&'));
        return new RegExp(`^${form.join('.*')}$`, 'i').test(action);
      });
    const blocks = this.#world.roles.get(roleId)?.actions ?? [];
    return blocks.some((block) => !block.condition && matches(block.actions) && !matches(block.notActions));
  }
}

// biome-ignore lint/suspicious/noExplicitAny: any database will do, nothing is asked of its types
export async function readWorld(db: Kysely<any>): Promise<World> {
  const all = async <T>(query: ReturnType<typeof sql<T>>): Promise<T[]> => (await query.execute(db)).rows;
  const byId = <T extends { id: string }>(rows: T[]) => new Map(rows.map((row) => [row.id, row]));
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
      WHERE CASE WHEN a.escalation THEN a.stage = q.stage AND q.escalates_at <= clock_timestamp() ELSE a.stage <= q.stage END
      UNION SELECT request_id, decided_by FROM approval_decision`,
  )) {
    approvers.set(request, (approvers.get(request) ?? new Set()).add(approver));
  }
  const requests = await all(
    sql<Request>`SELECT id, assignment_type AS type, ${access}, requestor_id AS by, id AS "requestId", action,
      eligibility_id AS "eligibilityId" FROM request`,
  );
  return {
    now: clock?.now as number,
    assignments: await all(sql<Assignment>`SELECT id, type, ${access}, condition IS NOT NULL AS conditional,
      (extract(epoch FROM starts_at) * 1000)::float8 AS "startsAt", (extract(epoch FROM ends_at) * 1000)::float8 AS "endsAt" FROM assignment`),
    requests: byId(requests),
    events: await all(
      sql<Event>`SELECT id::text, type AS name, position::float8 AS position, assignment_type AS type, ${access},
        actor_id AS by, request_id AS "requestId" FROM event`,
    ),
    principals: byId(principals),
    scopes: byId(scopes),
    roles: byId(roles),
    approvers,
  };
}
