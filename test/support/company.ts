/** Whom do the stories of the actions tell of? A company small enough to know everybody by name, on a database of its own. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { ActionContext, Outcome } from '../../src/action/perform.ts';
import { processNow } from '../../src/clock.ts';
import type { RolePolicyRules } from '../../src/decision/policy.ts';
import { ENTRA, GROUP_MEMBER, GROUP_OWNER, TENANT_ROOT_SCOPE } from '../../src/decision/role.ts';
import type { Proof } from '../../src/decision/rules.ts';
import type { ScheduleInput } from '../../src/decision/schedule.ts';
import type { Provider } from '../../src/decision/words.ts';
import type { RefusalCode } from '../../src/refusals.ts';
import { viewerFacts } from '../../src/store/viewer.ts';
import { cloneDatabase } from './database.ts';
import { AZURE_CONTRIBUTOR, rowsOf } from './rows.ts';

export const AZURE_OWNER = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635';

export const NOW_FOR = (durationMinutes: number | null): ScheduleInput => ({
  startsAt: null,
  endsAt: null,
  durationMinutes,
});
export const BECAUSE = { justification: 'A story to tell', ticketNumber: null, ticketSystem: null };

/** Una asks, Ben and Cleo approve, Dan is nobody, Gail and Petra administrate the directory, Olive the subscription. */
export type Company = Awaited<ReturnType<typeof foundCompany>>;

export async function foundCompany() {
  const clone = await cloneDatabase();
  const rows = rowsOf(clone.database);
  const [una, ben, cleo, dan, gail, petra, olive] = await Promise.all(
    ['Una', 'Ben', 'Cleo', 'Dan', 'Gail', 'Petra', 'Olive'].map((name) => rows.user(name)),
  );
  const people = { una, ben, cleo, dan, gail, petra, olive } as Record<
    'una' | 'ben' | 'cleo' | 'dan' | 'gail' | 'petra' | 'olive',
    string
  >;
  const [crew, nested, admins] = await Promise.all([rows.group(), rows.group(), rows.group(true)]);
  const retail = await rows.scope(
    'MANAGEMENT_GROUP',
    TENANT_ROOT_SCOPE,
    '/providers/Microsoft.Management/managementGroups/retail',
  );
  const subscription = await rows.scope('SUBSCRIPTION', retail, '/subscriptions/web');
  const shop = await rows.scope('RESOURCE_GROUP', subscription, '/subscriptions/web/resourceGroups/Shop');
  const elsewhere = await rows.scope('SUBSCRIPTION', retail, '/subscriptions/web2');
  const unit = randomUUID();
  await rows.run(sql`INSERT INTO scope (id, provider, kind, path, parent_id, display_name)
    SELECT ${unit}, 'ENTRA_ROLE', 'ADMINISTRATIVE_UNIT', ${`/administrativeUnits/${unit}`}, id, 'Unit' FROM scope WHERE kind = 'DIRECTORY'`);
  await rows.assignment({ principal: people.gail, role: ENTRA.globalAdministrator });
  await rows.assignment({ principal: people.petra, role: ENTRA.privilegedRoleAdministrator });
  await rows.assignment({
    principal: people.olive,
    role: AZURE_OWNER,
    provider: 'AZURE_RESOURCE',
    scope: subscription,
  });

  const as = async (id: string, proof: Partial<Proof> = {}): Promise<ActionContext> => {
    const { principal, powers } = await viewerFacts(clone.database.em.fork().getKysely(), id, []);
    if (principal === null) throw new Error('nobody of that id');
    const { kind, userType } = principal;
    const full = { multiFactorAt: processNow(), authenticationContexts: [], ...proof };
    const expiresAt = new Date(processNow().getTime() + 3_600_000);
    return {
      database: clone.database,
      viewer: { id, kind, userType, proof: full, expiresAt, applicationPermissions: [], powers },
    };
  };

  return {
    ...rows,
    ...people,
    groups: { crew, nested, admins },
    scopes: { retail, subscription, shop, elsewhere, unit },
    database: clone.database,
    drop: clone.drop,
    as,
    join: (principal: string, group: { scope: string }, ends: number | null = null) =>
      rows.assignment({ principal, role: GROUP_MEMBER, provider: 'GROUP', scope: group.scope, ends }),
    own: (principal: string, group: { scope: string }, ends: number | null = null) =>
      rows.assignment({ principal, role: GROUP_OWNER, provider: 'GROUP', scope: group.scope, ends }),
    /** Eligible for Contributor of the whole subscription. */
    eligibleContributor: (principal: string, ends: number | null = null) =>
      rows.assignment({
        ...{ principal, role: AZURE_CONTRIBUTOR, provider: 'AZURE_RESOURCE', scope: subscription, type: 'ELIGIBLE' },
        ends,
      }),
    /** The policy of an access, from now on, with these rules instead of the defaults. */
    settle: (rules: Partial<RolePolicyRules>, at: { role?: string; scope?: string; provider?: Provider } = {}) =>
      rows.policy((defaults) => ({ ...defaults, ...rules }), at),
    /** Activating it waits for one of these. */
    approvedBy: (approvers: readonly string[], at: { role?: string; scope?: string; provider?: Provider } = {}) =>
      rows.policy(
        (defaults) => ({
          ...defaults,
          Approval_EndUser_Assignment: {
            ...defaults.Approval_EndUser_Assignment,
            ...{ isApprovalRequired: true, stages: [{ approvers, quorum: 1, escalation: null }] },
          },
        }),
        at,
      ),
    /** Rows of every table there is: what is not in here was not written. */
    counts: async (): Promise<Record<string, number>> => {
      const tables = await rows.run(sql<{ name: string }>`
        SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`);
      const each = tables.map(
        ({ name }) => sql`SELECT ${name}::text AS name, count(*)::int AS count FROM ${sql.table(name)}`,
      );
      const rowCounts = await rows.run(sql<{ name: string; count: number }>`${sql.join(each, sql` UNION ALL `)}`);
      return Object.fromEntries(rowCounts.map(({ name, count }) => [name, count]));
    },
    eventTypes: async () => (await rows.events()).map(({ type }) => type),
    disable: (principal: string) => rows.run(sql`UPDATE principal SET enabled = false WHERE id = ${principal}`),
    /** Ended now, by whomever. */
    end: (assignment: string) =>
      rows.run(sql`UPDATE assignment SET ends_at = clock_timestamp(), ended_by = 'REMOVED' WHERE id = ${assignment}`),
    active: (principal: string) =>
      rows.run(sql<{
        id: string;
        roleId: string;
        scopeId: string;
        eligibilityId: string | null;
        minutes: number | null;
      }>`
        SELECT id, role_id AS "roleId", scope_id AS "scopeId", eligibility_id AS "eligibilityId",
          (extract(epoch FROM ends_at - starts_at) / 60)::float AS minutes
        FROM assignment WHERE principal_id = ${principal} AND type = 'ACTIVE' AND during @> clock_timestamp() ORDER BY created_at`),
  };
}

export function refusedWith(...codes: readonly RefusalCode[]) {
  return { requestId: null, assignmentId: null, status: null, refusals: codes.map((code) => ({ code })) };
}

export function codesIn(outcomes: readonly Outcome[]): (string | null)[] {
  return outcomes.map(({ refusals, status }) => refusals[0]?.code ?? status);
}
