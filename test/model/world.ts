/** What happens? The same small company on a real database, asked by the real actions; the clock is moved by moving every date. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { ActionContext, Outcome } from '../../src/action/perform.ts';
import { processNow } from '../../src/clock.ts';
import { powersOf } from '../../src/decision/powers.ts';
import { DIRECTORY_SCOPE, ENTRA, GROUP_MEMBER, GROUP_OWNER, TENANT_ROOT_SCOPE } from '../../src/decision/role.ts';
import type { Provider } from '../../src/decision/words.ts';
import type { Database } from '../../src/store/database.ts';
import { AZURE_CONTRIBUTOR, PLAIN_ROLE, type Rows, rowsOf } from '../support/rows.ts';
import {
  type Asker,
  type Held,
  type Holder,
  MINUTE,
  PEOPLE,
  type Place,
  type Policy,
  type Reference,
  ROLES,
  type RoleName,
} from './reference.ts';

const AZURE_OWNER = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635';

export const ROLE_IDS: Record<RoleName, string> = {
  plain: PLAIN_ROLE,
  global: ENTRA.globalAdministrator,
  contributor: AZURE_CONTRIBUTOR,
  member: GROUP_MEMBER,
};
const PROVIDERS: Record<RoleName, Provider> = {
  plain: 'ENTRA_ROLE',
  global: 'ENTRA_ROLE',
  contributor: 'AZURE_RESOURCE',
  member: 'GROUP',
};

export interface Seen {
  readonly assignments: readonly { id: string; inForce: boolean; endedBy: string | null; minutes: number | null }[];
  readonly requests: readonly { id: string; status: string }[];
  /** Who holds a role actively, once for each. */
  readonly activeNow: readonly string[];
  /** How often each rule that must never be broken is broken. */
  readonly broken: Readonly<Record<string, number>>;
}

/** People, a group and places of one run; nobody else is in the database then. */
export class World {
  readonly assignments: string[] = [];
  readonly requests: string[] = [];
  /** Of the settings of the plain role. */
  readonly versions = { plain: 0 };
  readonly database: Database;
  readonly subscriptionPath: string;
  readonly holders: Readonly<Record<Holder, string>>;
  readonly places: Readonly<Record<Place, string>>;
  readonly #rows: Rows;
  readonly #firstEvent: number;

  private constructor(
    database: Database,
    holders: Record<Holder, string>,
    places: Record<Place, string>,
    { firstEvent, subscriptionPath }: { firstEvent: number; subscriptionPath: string },
  ) {
    this.database = database;
    this.holders = holders;
    this.places = places;
    this.#rows = rowsOf(database);
    this.#firstEvent = firstEvent;
    this.subscriptionPath = subscriptionPath;
  }

  /** As the reference begins, with what it is told to begin with. */
  static async found(database: Database, reference: Reference, beginning: readonly Beginning[]): Promise<World> {
    const rows = rowsOf(database);
    // What the last run left behind would be administrators of this one; the guard is taken out of the way.
    await unguarded(database, 'DELETE FROM assignment');
    const crew = await rows.group(true);
    const ids = await Promise.all(PEOPLE.map((name) => rows.user(name)));
    const people = Object.fromEntries(PEOPLE.map((name, index) => [name, ids[index]]));
    const path = `/subscriptions/${randomUUID()}`;
    const subscription = await rows.scope('SUBSCRIPTION', TENANT_ROOT_SCOPE, path);
    const resourceGroup = await rows.scope('RESOURCE_GROUP', subscription, `${path}/resourceGroups/shop`);
    const places = { directory: DIRECTORY_SCOPE, subscription, resourceGroup, crew: crew.scope };
    const holders = { ...people, crew: crew.id } as Record<Holder, string>;
    const [last] = await rows.run(sql<{ id: string }>`SELECT coalesce(max(id), 0) AS id FROM event`);
    const world = new World(database, holders, places, { firstEvent: Number(last?.id), subscriptionPath: path });
    const azra = {
      principal: holders.azra,
      role: AZURE_OWNER,
      provider: 'AZURE_RESOURCE',
      scope: subscription,
    } as const;
    await rows.assignment(azra);
    await rows.assignment({ principal: holders.olga, role: GROUP_OWNER, provider: 'GROUP', scope: crew.scope });
    for (const role of ROLES) await world.setPolicy(role, reference.policies[role]);
    const touched = await rows.run(sql<{ version: number }>`
      SELECT max(version) AS version FROM role_policy_version WHERE role_id = ${ROLE_IDS.plain}`);
    world.versions.plain = touched[0]?.version ?? 0;
    for (const { ends, ...access } of beginning) {
      const end = ends === null ? null : ends * MINUTE;
      reference.add({ ...access, start: -60 * MINUTE, end, activated: false, eligibility: null, request: null });
      world.assignments.push(await world.#assignment(access, ends));
    }
    return world;
  }

  #assignment({ holder, role, place, type }: Omit<Beginning, 'ends'>, ends: number | null): Promise<string> {
    const access = { principal: this.holders[holder], role: ROLE_IDS[role], scope: this.places[place] };
    return this.#rows.assignment({ ...access, type, provider: PROVIDERS[role], ends });
  }

  as({ who, multiFactor }: Asker): ActionContext {
    const now = processNow();
    const proof = { multiFactorAt: multiFactor ? now : null, authenticationContexts: [] };
    const { holders } = this;
    const viewer = {
      ...{ id: holders[who], kind: 'USER' as const, userType: 'MEMBER' as const, proof },
      ...{ expiresAt: now, applicationPermissions: [] },
      // Every action looks for the powers of its own instant.
      powers: powersOf([], [], []),
    };
    return { database: this.database, viewer };
  }

  async now(): Promise<Date> {
    const [row] = await this.#rows.run(sql<{ ms: string }>`SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms`);
    return new Date(Math.floor(Number(row?.ms)));
  }

  /** The answers that made something say its id. */
  keep({ requestId, assignmentId }: Outcome, answer: { request?: number; assignment?: number }): void {
    if (answer.request !== undefined) this.requests[answer.request] ??= requestId as string;
    if (answer.assignment !== undefined) this.assignments[answer.assignment] ??= assignmentId as string;
  }

  async setPolicy(role: RoleName, { approval, multiFactor, maximum, extension }: Policy): Promise<void> {
    const { ann, bob, hal } = this.holders;
    const approvers = { plain: [ann, bob], contributor: [ann], member: [bob, hal], global: [] }[role];
    const scopes = {
      ...{
        plain: ['directory'],
        global: ['directory'],
        member: ['crew'],
        contributor: ['subscription', 'resourceGroup'],
      },
    }[role] as Place[];
    const enabledRules = multiFactor
      ? (['JUSTIFICATION', 'MULTI_FACTOR_AUTHENTICATION'] as const)
      : (['JUSTIFICATION'] as const);
    for (const place of scopes) {
      await this.#rows.policy(
        (rules) => ({
          ...rules,
          Enablement_EndUser_Assignment: { ...rules.Enablement_EndUser_Assignment, enabledRules },
          Expiration_EndUser_Assignment: {
            ...rules.Expiration_EndUser_Assignment,
            ...{ maximumMinutes: maximum, isExtensionAllowed: extension },
          },
          Approval_EndUser_Assignment: {
            ...rules.Approval_EndUser_Assignment,
            ...{ isApprovalRequired: approval, stages: [{ approvers, quorum: 1, escalation: null }] },
          },
        }),
        { role: ROLE_IDS[role], scope: this.places[place], provider: PROVIDERS[role] },
      );
    }
  }

  /** All dates move into the past. */
  async pass(minutes: number): Promise<void> {
    const back = `interval '${minutes} minutes'`;
    await unguarded(
      this.database,
      `ALTER TABLE assignment DISABLE TRIGGER assignment_history_kept;
      -- The oldest first: none moves into the time of another one of the same access.
      DO $$ DECLARE moved uuid; BEGIN
        FOR moved IN SELECT id FROM assignment ORDER BY starts_at, ends_at NULLS LAST LOOP
          UPDATE assignment SET starts_at = starts_at - ${back}, ends_at = ends_at - ${back}, created_at = created_at - ${back} WHERE id = moved;
        END LOOP;
      END $$;
      ALTER TABLE assignment ENABLE ALWAYS TRIGGER assignment_history_kept;
      UPDATE request SET starts_at = starts_at - ${back}, ends_at = ends_at - ${back}, created_at = created_at - ${back},
        expires_at = expires_at - ${back}, completed_at = completed_at - ${back}, multi_factor_at = multi_factor_at - ${back};
      UPDATE approval_decision SET decided_at = decided_at - ${back};
      UPDATE assignment_warning SET ends_at = ends_at - ${back}`,
    );
  }

  async look(): Promise<Seen> {
    const people = Object.values(this.holders);
    const [seen] = await this.#rows.run(sql<Seen>`
      WITH mine AS (SELECT * FROM assignment WHERE principal_id = ANY(${people}::uuid[]) AND role_id = ANY(${Object.values(ROLE_IDS)}::uuid[])),
        asked AS (SELECT * FROM request WHERE principal_id = ANY(${people}::uuid[]))
      SELECT
        (SELECT coalesce(json_agg(json_build_object('id', id, 'inForce', during @> clock_timestamp(), 'endedBy', ended_by,
          'minutes', extract(epoch FROM ends_at - starts_at) / 60)), '[]') FROM mine) AS assignments,
        (SELECT coalesce(json_agg(json_build_object('id', id, 'status', status)), '[]') FROM asked) AS requests,
        (SELECT coalesce(json_agg(principal_id), '[]') FROM mine WHERE type = 'ACTIVE' AND during @> clock_timestamp()) AS "activeNow",
        json_build_object(
          'access that overlaps', (SELECT count(*) FROM mine a JOIN mine b ON a.id < b.id AND a.principal_id = b.principal_id
            AND a.role_id = b.role_id AND a.scope_id = b.scope_id AND a.type = b.type AND a.during && b.during),
          'activations outside of what they rest on', (SELECT count(*) FROM mine a JOIN assignment e ON e.id = a.eligibility_id
            WHERE NOT isempty(a.during) AND a.ends_at > clock_timestamp() AND NOT a.during <@ e.during),
          'own decisions', (SELECT count(*) FROM approval_decision d JOIN asked q ON q.id = d.request_id
            WHERE d.decided_by IN (q.requestor_id, q.principal_id)),
          'directories without an administrator', (SELECT count(*) FROM (SELECT) one
            WHERE NOT EXISTS (SELECT FROM administrators(${ENTRA.globalAdministrator}, true)))) AS broken`);
    return seen as Seen;
  }

  /** Every change of state has exactly one event, and every refused attempt is on record. */
  async audit(reference: Reference): Promise<Record<string, number>> {
    const people = Object.values(this.holders);
    const [found] = await this.#rows.run(sql<{ counts: Record<string, number> }>`
      WITH news AS (SELECT * FROM event WHERE id > ${this.#firstEvent}),
        mine AS (SELECT * FROM assignment WHERE request_id IS NOT NULL OR ended_by IS NOT NULL),
        asked AS (SELECT * FROM request WHERE principal_id = ANY(${people}::uuid[])),
        per_assignment AS (SELECT m.*,
          (SELECT count(*) FROM news e WHERE e.assignment_id = m.id
            AND e.type IN ('assignment.assigned', 'assignment.activated', 'assignment.renewed')) AS made,
          (SELECT count(*) FROM news e WHERE e.assignment_id = m.id AND (e.type IN ('assignment.removed', 'assignment.deactivated',
            'assignment.expired', 'request.failed') OR (e.type = 'request.canceled'))) AS gone FROM mine m),
        per_request AS (SELECT q.status, q.action,
          (SELECT count(*) FROM news e WHERE e.request_id = q.id AND e.type = CASE q.status WHEN 'DENIED' THEN 'request.denied'
            WHEN 'CANCELED' THEN 'request.canceled' WHEN 'TIMED_OUT' THEN 'request.timedOut' WHEN 'FAILED' THEN 'request.failed' END) AS closed,
          (SELECT count(*) FROM news e WHERE e.request_id = q.id AND e.type LIKE 'request.%' AND e.type <> 'request.refused'
            AND e.type NOT IN ('request.created', 'request.stageApproved')) AS ends FROM asked q)
      SELECT json_build_object(
        'assignments not made once', (SELECT count(*) FROM per_assignment WHERE request_id IS NOT NULL AND made <> 1),
        'assignments not ended once', (SELECT count(*) FROM per_assignment WHERE (ended_by IS NOT NULL)::int <> gone),
        'requests not closed once', (SELECT count(*) FROM per_request
          WHERE status IN ('DENIED', 'CANCELED', 'TIMED_OUT', 'FAILED') AND closed <> 1),
        'refusals not on record', ${reference.refused}::int - (SELECT count(*) FROM news WHERE type = 'request.refused')) AS counts`);
    return (found as { counts: Record<string, number> }).counts;
  }
}

/** In one transaction past the guards, which are there for people. */
async function unguarded(database: Database, statements: string): Promise<void> {
  await database.em
    .fork()
    .transactional((tx) => tx.execute(`SET LOCAL session_replication_role = replica; ${statements}`));
}

export type Beginning = Pick<Held, 'holder' | 'role' | 'place' | 'type'> & {
  /** Minutes from now. */
  readonly ends: number | null;
};
