/** How does a test set a scene? Rows as they are wanted, with whatever times the story needs: the clock is moved by dates. */
import { randomUUID } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { defaultPolicy, type RolePolicyRules } from '../../src/decision/policy.ts';
import { DIRECTORY_SCOPE } from '../../src/decision/role.ts';
import type { AssignmentState, AssignmentType, Provider, RequestStatus, ScopeKind } from '../../src/decision/words.ts';
import type { Database } from '../../src/store/database.ts';

/** Message Center Reader: a role that gives no rights in this gateway. */
export const PLAIN_ROLE = '790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b';
export const AZURE_CONTRIBUTOR = 'b24988ac-6180-42a0-ab88-20f7382dd24c';
export const AZURE_READER = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';

export interface AssignmentOptions {
  readonly principal: string;
  readonly role?: string;
  readonly scope?: string;
  readonly provider?: Provider;
  readonly type?: AssignmentType;
  /** Minutes from now; negative for the past. Default: an hour ago. */
  readonly starts?: number;
  /** Minutes from now; default permanent. */
  readonly ends?: number | null;
  readonly eligibility?: string | null;
  readonly request?: string | null;
  readonly condition?: string | null;
}

export interface RequestOptions extends Omit<AssignmentOptions, 'request' | 'condition'> {
  readonly status: RequestStatus;
  /** Minutes from now; for one that waits. */
  readonly expires?: number;
  readonly justification?: string | null;
  readonly multiFactor?: boolean;
}

const inMinutes = (minutes: number | null | undefined) =>
  minutes == null ? sql`NULL` : sql`statement_timestamp() + make_interval(secs => ${minutes * 60}::float8)`;

export function rowsOf(database: Database) {
  const run = async <T>(query: RawBuilder<T>): Promise<T[]> =>
    (await query.execute(database.em.fork().getKysely())).rows as T[];
  return {
    run,
    async user(name = 'Una', enabled = true): Promise<string> {
      const id = randomUUID();
      await run(sql`INSERT INTO principal (id, kind, display_name, enabled, user_principal_name, user_type)
        VALUES (${id}, 'USER', ${name}, ${enabled}, ${`${id}@example.com`}, 'MEMBER')`);
      return id;
    },
    /** With the scope that its members and owners are assigned at. */
    async group(roleAssignable = false): Promise<{ id: string; scope: string }> {
      const id = randomUUID();
      const scope = randomUUID();
      await run(
        sql`INSERT INTO principal (id, kind, display_name, role_assignable, security_enabled) VALUES (${id}, 'GROUP', 'Group', ${roleAssignable}, true)`,
      );
      await run(sql`INSERT INTO scope (id, provider, kind, path, display_name, principal_id)
        VALUES (${scope}, 'GROUP', 'GROUP', ${`/groups/${id}`}, 'Group', ${id})`);
      return { id, scope };
    },
    async scope(kind: ScopeKind, parent: string, path: string): Promise<string> {
      const id = randomUUID();
      await run(
        sql`INSERT INTO scope (id, provider, kind, path, parent_id, display_name) VALUES (${id}, 'AZURE_RESOURCE', ${kind}, ${path}, ${parent}, ${path})`,
      );
      return id;
    },
    async assignment(options: AssignmentOptions): Promise<string> {
      const {
        principal,
        role = PLAIN_ROLE,
        scope = DIRECTORY_SCOPE,
        provider = 'ENTRA_ROLE',
        type = 'ACTIVE',
      } = options;
      const { starts = -60, ends = null, eligibility = null, request = null, condition = null } = options;
      const state: AssignmentState = eligibility === null ? 'ASSIGNED' : 'ACTIVATED';
      const id = randomUUID();
      await run(sql`INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, state, starts_at, ends_at, eligibility_id, request_id, condition, created_at)
        VALUES (${id}, ${provider}, ${role}, ${scope}, ${principal}, ${type}, ${state}, ${inMinutes(starts)}, ${inMinutes(ends)},
          ${eligibility}, ${request}, ${condition}, clock_timestamp() - interval '30 days')`);
      return id;
    },
    async request(options: RequestOptions): Promise<string> {
      const {
        principal,
        role = PLAIN_ROLE,
        scope = DIRECTORY_SCOPE,
        provider = 'ENTRA_ROLE',
        type = 'ACTIVE',
        status,
      } = options;
      const { starts, expires, eligibility = null, justification = 'Because', multiFactor = true } = options;
      const waits = status === 'PENDING_APPROVAL' || status === 'PENDING_ADMIN_DECISION';
      const id = randomUUID();
      await run(sql`INSERT INTO request (id, action, status, assignment_type, provider, role_id, scope_id, principal_id, requestor_id, eligibility_id,
          justification, multi_factor_at, created_at, expires_at, completed_at)
        VALUES (${id}, ${type === 'ACTIVE' ? 'SELF_ACTIVATE' : 'ADMIN_ASSIGN'}, ${status}, ${type}, ${provider}, ${role}, ${scope}, ${principal}, ${principal}, ${eligibility},
          ${justification}, ${multiFactor ? sql`clock_timestamp() - interval '2 hours'` : sql`NULL`}, clock_timestamp() - interval '2 hours',
          ${inMinutes(expires)}, ${waits ? sql`NULL` : inMinutes(starts ?? -60)})`);
      return id;
    },
    async policy(
      change: (rules: RolePolicyRules) => RolePolicyRules,
      at: { role?: string; scope?: string; provider?: Provider } = {},
    ) {
      const { role = PLAIN_ROLE, scope = DIRECTORY_SCOPE, provider = 'ENTRA_ROLE' } = at;
      await run(sql`INSERT INTO role_policy_version (id, provider, role_id, scope_id, version, rules, created_at)
        SELECT ${randomUUID()}, ${provider}, ${role}, ${scope}, count(*) + 1, ${JSON.stringify(change(defaultPolicy(provider)))}::jsonb, clock_timestamp()
        FROM role_policy_version WHERE role_id = ${role} AND scope_id = ${scope}`);
    },
    events: () =>
      run(sql<{
        type: string;
        assignmentId: string | null;
        requestId: string | null;
        payload: Record<string, unknown>;
      }>`
        SELECT type, assignment_id AS "assignmentId", request_id AS "requestId", payload FROM event ORDER BY id`),
  };
}

export type Rows = ReturnType<typeof rowsOf>;
