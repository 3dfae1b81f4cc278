/**
 * Of which rows does a large company consist? Statements that make them in the database, every choice drawn from a number;
 * in them SEED stands for the seed and NOW_IS for the instant the company is told at. Equal ones give equal rows.
 */

import { DEPARTMENTS, DOMAIN, FIRST_NAMES, LAST_NAMES } from '../../src/company/names.ts';
import { persona } from '../../src/company/personas.ts';
import { ACTIVATION_REASONS } from '../../src/company/reasons.ts';
import {
  APPLICATION_HELD_ROLES,
  azureRole,
  ORDINARY_AZURE_ROLES,
  ORDINARY_ENTRA_ROLES,
  UNIT_ROLES,
} from '../../src/company/roles.ts';
import { defaultPolicy } from '../../src/decision/policy.ts';
import { DIRECTORY_SCOPE, GROUP_MEMBER, GROUP_OWNER, TENANT_ROOT_SCOPE } from '../../src/decision/role.ts';

const list = (values: readonly string[]) =>
  `ARRAY[${values.map((each) => `'${each.replaceAll("'", "''")}'`).join(',')}]`;
const ids = (values: readonly string[]) => `unnest(${list(values)}::uuid[])`;

export interface Sizes {
  readonly users: number;
  readonly groups: number;
  readonly applications: number;
  readonly units: number;
  readonly managementGroups: number;
  readonly subscriptions: number;
  readonly resourceGroups: number;
  readonly resources: number;
}

/** In the proportions of large directories; at least so many that no role at a scope runs out of people. */
export function sizesOf(assignments: number): Sizes {
  const share = (part: number, least: number) => Math.max(least, Math.round(assignments / part));
  return {
    ...{ users: share(10, 200), groups: share(100, 20), applications: share(50, 100), units: share(5_000, 4) },
    ...{ managementGroups: share(20_000, 10), subscriptions: share(2_000, 20) },
    ...{ resourceGroups: share(100, 60), resources: share(20, 120) },
  };
}

/** `draw`: a number below the limit, for the n-th thing and for a purpose, which keeps two draws for one thing apart. */
export const FUNCTIONS = `
  CREATE FUNCTION pg_temp.draw(seed bigint, purpose text, n bigint, below bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
    RETURN (hashint8extended(n, hashtextextended(purpose, seed)) & 9223372036854775807) % below;
  CREATE FUNCTION pg_temp.named(seed bigint, what text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN md5(seed || ' ' || what || ' ' || n)::uuid;
  CREATE TEMPORARY TABLE holder (pool text, n bigint, id uuid, PRIMARY KEY (pool, n)) ON COMMIT DROP;
  CREATE TEMPORARY TABLE target (list text, n bigint, provider text, role_id uuid, scope_id uuid, PRIMARY KEY (list, n)) ON COMMIT DROP;
  CREATE TEMPORARY TABLE place (kind text, n bigint, id uuid, PRIMARY KEY (kind, n)) ON COMMIT DROP;`;

/** What a statement makes, so that its progress can be told. */
export interface Step {
  readonly what: string;
  readonly text: string;
}

const seconds = (purpose: string, days: number, n = 'n') =>
  `pg_temp.draw(SEED, '${purpose}', ${n}, ${Math.round(days * 86_400)}) * interval '1 second'`;

export function people({ users, groups, applications, units }: Sizes): Step[] {
  return [
    {
      what: 'users',
      text: `
      INSERT INTO principal (id, kind, display_name, created_at, user_principal_name, mail, user_type, department, enabled)
      SELECT pg_temp.named(SEED, 'user', n), 'USER', first || ' ' || last, NOW_IS - interval '60 days' - ${seconds('hired', 2_000)},
        lower(first || '.' || last || '.' || n) || '@${DOMAIN}', lower(first || '.' || last || '.' || n) || '@${DOMAIN}', 'MEMBER',
        (${list(DEPARTMENTS.map(({ name }) => name))})[1 + pg_temp.draw(SEED, 'department', n, ${DEPARTMENTS.length})], true
      FROM (SELECT n, (${list(FIRST_NAMES)})[1 + pg_temp.draw(SEED, 'first name', n, ${FIRST_NAMES.length})] AS first,
          (${list(LAST_NAMES)})[1 + pg_temp.draw(SEED, 'last name', n, ${LAST_NAMES.length})] AS last
        FROM generate_series(0::bigint, ${users - 1}) n) person`,
    },
    {
      what: 'groups',
      text: `
      INSERT INTO principal (id, kind, display_name, created_at, role_assignable, security_enabled)
      SELECT pg_temp.named(SEED, 'group', n), 'GROUP', 'Team ' || n, NOW_IS - interval '60 days' - ${seconds('founded', 1_400)}, n % 20 = 0, true
      FROM generate_series(0::bigint, ${groups - 1}) n`,
    },
    {
      what: 'applications',
      text: `
      INSERT INTO principal (id, kind, display_name, created_at, app_id)
      SELECT pg_temp.named(SEED, 'application', n), CASE n % 3 WHEN 0 THEN 'MANAGED_IDENTITY' ELSE 'SERVICE_PRINCIPAL' END,
        'app-' || n, NOW_IS - interval '60 days' - ${seconds('registered', 1_400)}, pg_temp.named(SEED, 'registration', n)
      FROM generate_series(0::bigint, ${applications - 1}) n`,
    },
    {
      what: 'administrative units and group scopes',
      text: `
      INSERT INTO scope (id, provider, kind, path, parent_id, display_name, principal_id)
      SELECT id, 'ENTRA_ROLE', 'ADMINISTRATIVE_UNIT', '/administrativeUnits/' || id, '${DIRECTORY_SCOPE}'::uuid, 'Region ' || n, NULL::uuid
      FROM (SELECT n, pg_temp.named(SEED, 'unit', n) AS id FROM generate_series(0::bigint, ${units - 1}) n) u
      UNION ALL
      SELECT id, 'GROUP', 'GROUP', '/groups/' || id, NULL, 'Team ' || n, id
      FROM (SELECT n, pg_temp.named(SEED, 'group', n) AS id FROM generate_series(0::bigint, ${groups - 1}) n) g`,
    },
  ];
}

/** Management groups three deep under the tenant root, and below them whatever a company has in a cloud. */
export function tree({ managementGroups, subscriptions, resourceGroups, resources }: Sizes): Step[] {
  const insert = 'INSERT INTO scope (id, provider, kind, path, parent_id, display_name, resource_type)';
  const level = (from: number, to: number) => `${insert}
    SELECT id, 'AZURE_RESOURCE', 'MANAGEMENT_GROUP', '/providers/Microsoft.Management/managementGroups/division-' || n,
      CASE n WHEN 0 THEN '${TENANT_ROOT_SCOPE}'::uuid ELSE pg_temp.named(SEED, 'management group', (n - 1) / 3) END, 'Division ' || n, NULL
    FROM (SELECT n, pg_temp.named(SEED, 'management group', n) AS id FROM generate_series(${from}::bigint, ${to}) n) m`;
  const below = `'/subscriptions/' || pg_temp.named(SEED, 'subscription', `;
  return [
    // Each level after the one above it, whose ancestors become its own.
    ...levels(managementGroups).map(([from, to]) => ({ what: 'management groups', text: level(from, to) })),
    {
      what: 'subscriptions',
      text: `${insert} SELECT id, 'AZURE_RESOURCE', 'SUBSCRIPTION', '/subscriptions/' || id,
        pg_temp.named(SEED, 'management group', pg_temp.draw(SEED, 'division', n, ${managementGroups})), 'Subscription ' || n, NULL
      FROM (SELECT n, pg_temp.named(SEED, 'subscription', n) AS id FROM generate_series(0::bigint, ${subscriptions - 1}) n) s`,
    },
    {
      what: 'resource groups',
      text: `${insert} SELECT pg_temp.named(SEED, 'resource group', n), 'AZURE_RESOURCE', 'RESOURCE_GROUP',
        ${below} n % ${subscriptions}) || '/resourceGroups/rg-' || n, pg_temp.named(SEED, 'subscription', n % ${subscriptions}), 'rg-' || n, NULL
      FROM generate_series(0::bigint, ${resourceGroups - 1}) n`,
    },
    {
      what: 'resources',
      text: `${insert} SELECT pg_temp.named(SEED, 'resource', n), 'AZURE_RESOURCE', 'RESOURCE',
        ${below} n % ${resourceGroups} % ${subscriptions}) || '/resourceGroups/rg-' || n % ${resourceGroups}
          || '/providers/Microsoft.Storage/storageAccounts/store' || n,
        pg_temp.named(SEED, 'resource group', n % ${resourceGroups}), 'store' || n, 'Microsoft.Storage/storageAccounts'
      FROM generate_series(0::bigint, ${resources - 1}) n`,
    },
  ];
}

/** From the first to the last number of each level of a tree in which everything has three children. */
function levels(count: number): [number, number][] {
  const found: [number, number][] = [];
  for (let from = 0; from < count; from = 3 * from + 1) found.push([from, Math.min(3 * from, count - 1)]);
  return found;
}

/** Who may hold something, and what there is to hold; each list numbered from zero. */
export function choices({
  users,
  groups,
  applications,
  units,
  managementGroups,
  subscriptions,
  resourceGroups,
  resources,
}: Sizes): string {
  const series = (count: number) => `generate_series(0::bigint, ${count - 1}) n`;
  const target = (name: string, select: string) =>
    `INSERT INTO target SELECT '${name}', row_number() OVER (ORDER BY role_id, scope_id) - 1, t.* FROM (${select}) t (provider, role_id, scope_id);`;
  const azure = (kind: string, count: number, roles: number) => `
    SELECT 'AZURE_RESOURCE', role, pg_temp.named(SEED, '${kind}', n) FROM ${series(count)},
      LATERAL (SELECT role FROM unnest(${list(ORDINARY_AZURE_ROLES)}::uuid[]) WITH ORDINALITY AS r (role, rank)
        WHERE (rank + n) % ${ORDINARY_AZURE_ROLES.length} < ${roles} ${kind === 'subscription' ? `AND role <> '${azureRole('Contributor')}'` : ''}) r`;
  const all = ORDINARY_AZURE_ROLES.length;
  return `
    INSERT INTO holder SELECT 'user', n, pg_temp.named(SEED, 'user', n) FROM ${series(users)};
    INSERT INTO holder SELECT 'application', n, pg_temp.named(SEED, 'application', n) FROM ${series(applications)};
    INSERT INTO holder SELECT 'group', n, pg_temp.named(SEED, 'group', n) FROM ${series(groups)};
    INSERT INTO holder SELECT 'inner group', row_number() OVER (ORDER BY n) - 1, pg_temp.named(SEED, 'group', n) FROM ${series(groups)} WHERE n < ${groups} / 2;
    ${target('member', `SELECT 'GROUP', '${GROUP_MEMBER}'::uuid, pg_temp.named(SEED, 'group', n) FROM ${series(groups)} WHERE n % 5 <> 1`)}
    ${target('outer group', `SELECT 'GROUP', '${GROUP_MEMBER}'::uuid, pg_temp.named(SEED, 'group', n) FROM ${series(groups)} WHERE n >= ${groups} / 2 AND n % 20 <> 0`)}
    ${target('owner', `SELECT 'GROUP', '${GROUP_OWNER}'::uuid, pg_temp.named(SEED, 'group', n) FROM ${series(groups)}`)}
    ${target('managed group', `SELECT 'GROUP', '${GROUP_MEMBER}'::uuid, pg_temp.named(SEED, 'group', n) FROM ${series(groups)} WHERE n % 5 = 1`)}
    ${target(
      'directory',
      `SELECT 'ENTRA_ROLE', ${ids(ORDINARY_ENTRA_ROLES)}, '${DIRECTORY_SCOPE}'::uuid
      UNION ALL SELECT 'ENTRA_ROLE', role, pg_temp.named(SEED, 'unit', n) FROM ${series(units)}, unnest(${list(UNIT_ROLES)}::uuid[]) role`,
    )}
    ${target('application', `SELECT 'ENTRA_ROLE', ${ids(APPLICATION_HELD_ROLES)}, '${DIRECTORY_SCOPE}'::uuid`)}
    ${target('azure', [azure('management group', managementGroups, all), azure('subscription', subscriptions, all), azure('resource group', resourceGroups, 3), azure('resource', resources, 1)].join(' UNION ALL '))}
    ${target('approved', `SELECT 'AZURE_RESOURCE', '${azureRole('Contributor')}'::uuid, pg_temp.named(SEED, 'subscription', n) FROM ${series(subscriptions)}`)}
    ANALYZE holder; ANALYZE target;`;
}

/** Twenty subscriptions each: whoever approves has about as much waiting in a small company as in a large one. */
const SUBSCRIPTIONS_PER_APPROVER = 20;

/** Contributors of subscriptions are approved by somebody; the first of those who approve is a persona. */
export function approvalPolicies({ subscriptions }: Sizes): string {
  const rules = defaultPolicy('AZURE_RESOURCE');
  const approval = { ...rules.Approval_EndUser_Assignment, isApprovalRequired: true };
  const text = JSON.stringify({ ...rules, Approval_EndUser_Assignment: approval });
  return `
    INSERT INTO holder SELECT 'approver', n, CASE n WHEN 0 THEN '${persona('arun')}'::uuid ELSE pg_temp.named(SEED, 'user', n) END
    FROM generate_series(0::bigint, ${Math.ceil(subscriptions / SUBSCRIPTIONS_PER_APPROVER) - 1}) n;
    INSERT INTO role_policy_version (id, provider, role_id, scope_id, version, rules, created_at, created_by)
    SELECT pg_temp.named(SEED, 'policy', t.n), t.provider, t.role_id, t.scope_id, 1,
      jsonb_set('${text}', '{Approval_EndUser_Assignment,stages,0,approvers}', jsonb_build_array(a.id)), NOW_IS - interval '40 days', '${persona('grace')}'
    FROM target t JOIN holder a ON a.pool = 'approver' AND a.n = t.n / ${SUBSCRIPTIONS_PER_APPROVER} WHERE t.list = 'approved';`;
}

export interface Category {
  readonly name: string;
  /** Of a thousand assignments. */
  readonly share: number;
  readonly holders: string;
  readonly targets: string;
  /** Of a hundred, how many are eligible. */
  readonly eligible: number;
  /** Of a hundred active ones, how many have no end; the eligible ones of Entra roles have none as often. */
  readonly permanent: number;
  /** As the directory keeps them: standing, permanent, never asked for. */
  readonly plain?: boolean;
}

/** No two of them have both a holder and a target in common, so that nothing is given twice. What is left are memberships. */
export const CATEGORIES: readonly Category[] = [
  {
    name: 'nested groups',
    share: 4,
    holders: 'inner group',
    targets: 'outer group',
    eligible: 0,
    permanent: 100,
    plain: true,
  },
  { name: 'owners', share: 10, holders: 'user', targets: 'owner', eligible: 0, permanent: 100, plain: true },
  { name: 'eligible members', share: 45, holders: 'user', targets: 'managed group', eligible: 100, permanent: 0 },
  { name: 'directory roles', share: 70, holders: 'user', targets: 'directory', eligible: 60, permanent: 60 },
  {
    name: 'roles of applications',
    share: 5,
    holders: 'application',
    targets: 'application',
    eligible: 0,
    permanent: 80,
  },
  { name: 'Azure roles of people', share: 235, holders: 'user', targets: 'azure', eligible: 55, permanent: 40 },
  {
    name: 'Azure roles of applications',
    share: 30,
    holders: 'application',
    targets: 'azure',
    eligible: 0,
    permanent: 60,
  },
  { name: 'Azure roles of groups', share: 15, holders: 'group', targets: 'azure', eligible: 20, permanent: 60 },
];
export const APPROVED: Category = {
  name: 'with approval',
  share: 0,
  holders: 'user',
  targets: 'approved',
  eligible: 100,
  permanent: 0,
};
export const MEMBERSHIPS: Category = {
  name: 'memberships',
  share: 0,
  holders: 'user',
  targets: 'member',
  eligible: 0,
  permanent: 100,
  plain: true,
};
/** Of a thousand; they rest on what is eligible. */
export const ACTIVATIONS_SHARE = 80;

/**
 * The assignments from $1 to $2 of a category. The i-th is of the i-th target, and from the beginning again for another
 * holder: a stride of its own for each target, short enough never to come round to the same one.
 * Of a hundred, 3 begin later, 8 began within 30 days (both were asked for), 12 are over, 2 end soon.
 */
export function assignmentsOf(
  { name, holders, targets, eligible, permanent, plain = false }: Category,
  counts: { count: number; holders: number; targets: number },
): Step {
  const rounds = Math.ceil(counts.count / counts.targets);
  if (rounds > counts.holders) throw new RangeError(`${name}: more than there are holders`);
  const draw = (purpose: string, n: string, below: number) =>
    `pg_temp.draw(SEED, '${name}: ${purpose}', ${n}, ${below})`;
  const drawn = (purpose: string, days: number) => seconds(`${name}: ${purpose}`, days, 'i');
  return {
    what: name,
    text: `
    WITH chosen AS MATERIALIZED (
      SELECT i, t.provider, t.role_id, t.scope_id, h.id AS principal_id, pg_temp.named(SEED, '${name}', i) AS id,
        CASE WHEN ${draw('type', 'i', 100)} < ${eligible} THEN 'ELIGIBLE' ELSE 'ACTIVE' END AS type,
        ${plain || name === APPROVED.name ? '99' : draw('part', 'i', 100)} AS part, ${draw('end', 'i', 100)} < ${permanent} AS endless
      FROM generate_series($1::bigint, $2::bigint) i
      JOIN target t ON t.list = '${targets}' AND t.n = i % ${counts.targets}
      JOIN holder h ON h.pool = '${holders}' AND h.n = (${draw('first', 't.n', counts.holders)}
        + i / ${counts.targets} * (1 + ${draw('stride', 't.n', Math.max(1, Math.floor(counts.holders / rounds) - 1))})) % ${counts.holders}),
    timed AS MATERIALIZED (
      SELECT chosen.*, CASE type WHEN 'ELIGIBLE' THEN 365 ELSE 180 END AS longest, endless AND (type = 'ACTIVE' OR provider = 'ENTRA_ROLE') AS permanent,
        CASE WHEN part < 3 THEN NOW_IS + interval '1 day' + ${drawn('begin', 29)}
          WHEN part < 11 THEN NOW_IS - interval '1 hour' - ${drawn('begin', 29)}
          WHEN part < 23 THEN NOW_IS - interval '200 days' - ${drawn('begin', 300)}
          ELSE NOW_IS - interval '31 days' - ${drawn('begin', 130)} END AS starts_at
      FROM chosen),
    given AS MATERIALIZED (
      SELECT timed.*, CASE WHEN part BETWEEN 11 AND 22 THEN starts_at + interval '20 days' + ${drawn('over', 150)}
          WHEN part IN (23, 24) THEN NOW_IS + interval '1 day' + ${drawn('soon', 13)}
          WHEN permanent THEN NULL ELSE starts_at + longest * interval '1 day' END AS ends_at,
        CASE WHEN part BETWEEN 11 AND 22 THEN CASE part WHEN 11 THEN 'REMOVED' ELSE 'EXPIRED' END END AS ended_by,
        CASE WHEN part < 3 THEN NOW_IS - interval '1 hour' - ${drawn('asked', 25)} ELSE starts_at END AS created_at,
        CASE WHEN part < 11 THEN md5('request of ' || id)::uuid END AS request_id,
        CASE provider WHEN 'ENTRA_ROLE' THEN '${persona('pia')}' WHEN 'GROUP' THEN '${persona('uma')}' ELSE '${persona('ursula')}' END::uuid AS administrator
      FROM timed),
    asked AS (
      INSERT INTO request (id, action, status, assignment_type, provider, role_id, scope_id, principal_id, requestor_id, justification,
        starts_at, ends_at, created_at, completed_at)
      SELECT request_id, 'ADMIN_ASSIGN', CASE WHEN part < 3 THEN 'GRANTED' ELSE 'PROVISIONED' END, type, provider, role_id, scope_id, principal_id,
        administrator, 'New in the team', starts_at, ends_at, created_at, created_at
      FROM given WHERE request_id IS NOT NULL ORDER BY i)
    INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, ends_at, ended_by, request_id, created_at)
    SELECT id, provider, role_id, scope_id, principal_id, type, starts_at, ends_at, ended_by, request_id, created_at FROM given ORDER BY i`,
  };
}

/** Eligible for more than 30 days, and nobody has to approve it. */
export const ACTIVATABLE = `
  CREATE TEMPORARY TABLE activatable (n bigint PRIMARY KEY, id uuid) ON COMMIT DROP;
  INSERT INTO activatable SELECT row_number() OVER (ORDER BY a.id) - 1, a.id
  FROM assignment a JOIN principal p ON p.id = a.principal_id AND p.kind = 'USER'
  WHERE a.type = 'ELIGIBLE' AND a.starts_at < NOW_IS - interval '30 days' AND (a.ends_at IS NULL OR a.ends_at > NOW_IS + interval '1 day')
    AND NOT EXISTS (SELECT FROM role_policy_version v WHERE v.role_id = a.role_id AND v.scope_id = a.scope_id);
  ANALYZE activatable;`;

/** Of a hundred activations 3 are running, 24 were given back, and the others have reached their ends. */
export function activations(activatable: number): Step {
  const reasons = `(${list(ACTIVATION_REASONS)})[1 + pg_temp.draw(SEED, 'reason', i, ${ACTIVATION_REASONS.length})]`;
  return {
    what: 'activations',
    text: `
    WITH given AS MATERIALIZED (
      SELECT i, pg_temp.named(SEED, 'activation', i) AS id, e.id AS eligibility_id, e.provider, e.role_id, e.scope_id, e.principal_id, r.running,
        r.returned, s.starts_at, s.starts_at + CASE WHEN r.returned THEN s.minutes / 3 ELSE s.minutes END * interval '1 minute' AS ends_at, s.minutes
      FROM generate_series($1::bigint, $2::bigint) i
      JOIN activatable x ON x.n = i % ${activatable} JOIN assignment e ON e.id = x.id,
      LATERAL (SELECT pg_temp.draw(SEED, 'activation', i, 100) < 3 AND i < ${activatable} AS running,
        pg_temp.draw(SEED, 'activation', i, 100) BETWEEN 3 AND 26 AS returned) r,
      LATERAL (SELECT CASE WHEN running THEN NOW_IS - interval '5 minutes' - pg_temp.draw(SEED, 'activated', i, 3000) * interval '1 second'
          ELSE NOW_IS - interval '1 day' - (i / ${activatable}) * interval '10 days' - ${seconds('activated', 8, 'i')} END AS starts_at,
        CASE WHEN running THEN 480 ELSE 60 * (1 + pg_temp.draw(SEED, 'hours', i, 8)) END AS minutes) s),
    asked AS (
      INSERT INTO request (id, action, status, assignment_type, provider, role_id, scope_id, principal_id, requestor_id, eligibility_id,
        justification, duration_minutes, multi_factor_at, created_at, completed_at)
      SELECT md5('request of ' || id)::uuid, 'SELF_ACTIVATE', 'PROVISIONED', 'ACTIVE', provider, role_id, scope_id, principal_id, principal_id,
        eligibility_id, ${reasons}, minutes, starts_at - interval '10 minutes', starts_at, starts_at FROM given
      UNION ALL
      SELECT md5('return of ' || id)::uuid, 'SELF_DEACTIVATE', 'REVOKED', 'ACTIVE', provider, role_id, scope_id, principal_id, principal_id,
        eligibility_id, NULL, NULL, NULL, ends_at, ends_at FROM given WHERE returned)
    INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, state, starts_at, ends_at, ended_by, eligibility_id, request_id, created_at)
    SELECT id, provider, role_id, scope_id, principal_id, 'ACTIVE', 'ACTIVATED', starts_at, ends_at,
      CASE WHEN running THEN NULL WHEN returned THEN 'DEACTIVATED' ELSE 'EXPIRED' END, eligibility_id, md5('request of ' || id)::uuid, starts_at
    FROM given ORDER BY i`,
  };
}

/** Every other one of those who need an approval has asked for it within twelve hours; the others were denied it some days ago. */
export const APPROVALS: Step = {
  what: 'approvals',
  text: `
    WITH asked AS MATERIALIZED (
      SELECT a.*, v.id AS version, (v.rules #>> '{Approval_EndUser_Assignment,stages,0,approvers,0}')::uuid AS approver,
        md5('request of ' || a.id)::uuid AS request, open, CASE WHEN open THEN NOW_IS - interval '10 minutes' - b.back / 20 ELSE NOW_IS - interval '2 days' - b.back END AS at
      FROM role_policy_version v JOIN assignment a ON a.role_id = v.role_id AND a.scope_id = v.scope_id AND a.type = 'ELIGIBLE'
      JOIN target t ON t.list = 'approved' AND t.scope_id = a.scope_id,
      LATERAL (SELECT (hashtextextended(a.id::text, SEED) & 1023) % 2 = 0 AS open,
        (hashtextextended(a.id::text, SEED) & 65535) * interval '9 seconds' AS back) b
      -- Nobody approves their own.
      WHERE a.principal_id <> (v.rules #>> '{Approval_EndUser_Assignment,stages,0,approvers,0}')::uuid),
    made AS (
      INSERT INTO request (id, action, status, assignment_type, provider, role_id, scope_id, principal_id, requestor_id, eligibility_id,
        policy_version_id, justification, duration_minutes, multi_factor_at, created_at, expires_at, completed_at)
      SELECT request, 'SELF_ACTIVATE', CASE WHEN open THEN 'PENDING_APPROVAL' ELSE 'DENIED' END, 'ACTIVE', provider, role_id, scope_id,
        principal_id, principal_id, id, version, 'Release of this week', 120, at - interval '10 minutes', at, at + interval '1 day',
        CASE WHEN NOT open THEN at + interval '1 hour' END
      FROM asked RETURNING id),
    named AS (INSERT INTO request_approver (request_id, approver_id) SELECT request, approver FROM asked)
    INSERT INTO approval_decision (id, request_id, requestor_id, decided_by, result, justification, decided_at)
    SELECT md5('decision of ' || request)::uuid, request, principal_id, approver, 'DENY', 'Please ask with a ticket', at + interval '1 hour'
    FROM asked WHERE NOT open`,
};

/** What happened, in its order: the import first, by which this company can be told from others. */
export const EVENTS: Step = {
  what: 'events',
  text: `
    INSERT INTO event (at, type, actor_id, provider, assignment_type, principal_id, role_id, scope_id, assignment_id, request_id, payload)
    SELECT at, type, actor_id, provider, assignment_type, principal_id, role_id, scope_id, assignment_id, request_id, payload FROM (
      SELECT NOW_IS - interval '30 days' AS at, 'directory.imported' AS type, NULL::uuid AS actor_id, NULL AS provider, NULL AS assignment_type, NULL::uuid AS principal_id,
        NULL::uuid AS role_id, NULL::uuid AS scope_id, NULL::uuid AS assignment_id, NULL::uuid AS request_id,
        jsonb_build_object('principals', (SELECT count(*) FROM principal), 'scopes', (SELECT count(*) FROM scope),
          'assignments', (SELECT count(*) FROM assignment), 'seed', SEED) AS payload
      UNION ALL
      SELECT q.created_at, CASE q.action WHEN 'ADMIN_ASSIGN' THEN 'assignment.assigned' ELSE 'assignment.activated' END, q.requestor_id, q.provider,
        q.assignment_type, q.principal_id, q.role_id, q.scope_id, a.id, q.id, '{}'
      FROM request q JOIN assignment a ON a.request_id = q.id
      UNION ALL
      SELECT a.ends_at, CASE a.ended_by WHEN 'EXPIRED' THEN 'assignment.expired' ELSE 'assignment.deactivated' END,
        CASE a.ended_by WHEN 'DEACTIVATED' THEN a.principal_id END, a.provider, a.type, a.principal_id, a.role_id, a.scope_id, a.id,
        CASE a.ended_by WHEN 'DEACTIVATED' THEN md5('return of ' || a.id)::uuid END, '{}'
      FROM assignment a WHERE a.state = 'ACTIVATED' AND a.ended_by IS NOT NULL
      UNION ALL
      SELECT q.created_at, 'request.created', q.requestor_id, q.provider, q.assignment_type, q.principal_id, q.role_id, q.scope_id, NULL, q.id,
        jsonb_build_object('expiresAt', q.expires_at)
      FROM request q WHERE q.status IN ('PENDING_APPROVAL', 'DENIED')
      UNION ALL
      SELECT d.decided_at, 'request.denied', d.decided_by, q.provider, q.assignment_type, q.principal_id, q.role_id, q.scope_id, NULL, q.id, '{}'
      FROM approval_decision d JOIN request q ON q.id = d.request_id
    ) happened ORDER BY at, request_id, assignment_id, type`,
};
