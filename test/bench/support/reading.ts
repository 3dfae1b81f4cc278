/**
 * Which six questions do benches of reads ask? Each as a document of our clients, as the SQL that whoever writes the same answer
 * by hand would send, in two forms: as JSON, and as flat rows; and as one for PostGraphile, of which a little less is asked: rules as
 * they are stored and without defaults, no approvers, and no group beside the principal.
 */
import path from 'node:path';
import pg from 'pg';
import { persona } from '../../../src/company/personas.ts';
import { loadCheckpointKey } from '../../../src/store/checkpointKey.ts';
import { startEmbedded } from '../../../src/store/embedded.ts';
import { makeCompany, numberEvents } from '../../data/company.ts';
import { documentOf } from '../../support/documents.ts';
import { type Stack, startStack } from './stack.ts';
import { type ByHand, type List, NULL, object, SHARED, type Shape } from './statement.ts';

/** By whom, and with what, a question is asked; the requests of a round take their turns. */
export interface Asker {
  readonly objectId: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface Question extends ByHand {
  readonly name: string;
  /** How many rows it is about. */
  readonly large: boolean;
  readonly document: string;
  readonly askers: readonly Asker[];
  readonly postgraphile: string;
  /** Values of the two statements, and variables for PostGraphile by these names. */
  readonly values: readonly Readonly<Record<string, unknown>>[];
}

/** The name of the type is made from the kind. */
const principal = (alias: string): Shape => ({
  ...{ __typename: `${alias}.kind`, id: `${alias}.id`, objectId: `${alias}.id` },
  ...{ kind: `${alias}.kind`, displayName: `${alias}.display_name` },
});
const ROLE: Shape = { id: 'r.id', provider: 'r.provider', displayName: 'r.display_name', privileged: 'r.privileged' };
const SCOPE: Shape = { id: 's.id', kind: 's.kind', displayName: 's.display_name', path: 's.path' };
const ASSIGNMENT: Shape = {
  ...{
    id: 'a.id',
    provider: 'a.provider',
    type: 'a.type',
    state: 'a.state',
    principal: principal('p'),
    via: NULL,
    role: ROLE,
    scope: SCOPE,
  },
  ...{ startsAt: 'a.starts_at', endsAt: 'a.ends_at', endedBy: 'a.ended_by' },
};
const MINE: Shape = { ...ASSIGNMENT, via: { '?': 'nullif(a.principal_id, $1)', ...principal('p') } };
const REQUEST: Shape = {
  ...{
    id: 'q.id',
    provider: 'q.provider',
    action: 'q.action',
    status: 'q.status',
    assignmentType: 'q.assignment_type',
  },
  ...{
    principal: principal('p'),
    requestor: principal('o'),
    role: ROLE,
    scope: SCOPE,
    justification: 'q.justification',
  },
  ticket: {
    '?': 'coalesce(q.ticket_number, q.ticket_system)',
    ...{ number: 'q.ticket_number', system: 'q.ticket_system' },
  },
  ...{ startsAt: 'q.starts_at', endsAt: 'q.ends_at' },
  ...{
    duration: 'q.duration_minutes',
    createdAt: 'q.created_at',
    expiresAt: 'q.expires_at',
    completedAt: 'q.completed_at',
  },
};

const EVENT: Shape = {
  ...{ position: 'e.position', cursor: 'e.position', type: 'e.type', at: 'e.at', provider: 'e.provider' },
  ...{ actor: { '?': 'o.id', ...principal('o') }, principal: { '?': 'p.id', ...principal('p') } },
  ...{ role: { '?': 'r.id', ...ROLE }, scope: { '?': 's.id', ...SCOPE }, details: 'e.payload' },
};

const IN_FORCE = '(a.starts_at <= now() AND (a.ends_at IS NULL OR a.ends_at > now()))';
/** Scopes one by one, as the gateway has them: the planner would read all of them into a hash for a page of a thousand. */
const JOINS = (alias: string) =>
  `JOIN principal p ON p.id = ${alias}.principal_id JOIN role r ON r.id = ${alias}.role_id
  JOIN LATERAL (SELECT * FROM scope WHERE scope.id = ${alias}.scope_id OFFSET 0) s ON true`;
/** The page first: what is not in it need not be joined. */
const page = (name: string, where: string, size: number): List => {
  const order = 'a.created_at DESC, a.id DESC';
  const from = `FROM (SELECT a.* FROM assignment a WHERE ${where} ORDER BY ${order} LIMIT ${size + 1}) a ${JOINS('a')}`;
  return { name, row: ASSIGNMENT, from, order, size, cursor: 'a.id' };
};

const HELD = `SELECT v.rules FROM scope_ancestor up
  CROSS JOIN LATERAL (SELECT w.* FROM role_policy_version w WHERE w.role_id = a.role_id AND w.scope_id = up.ancestor_id ORDER BY w.version DESC LIMIT 1) v
  WHERE up.scope_id = CASE a.provider WHEN 'ENTRA_ROLE' THEN '00000000-0000-4000-8000-000000000001'::uuid ELSE a.scope_id END
    AND v.rules IS NOT NULL AND (up.depth = 0 OR v.inheritable) ORDER BY up.depth LIMIT 1`;
const SETTINGS: Shape = {
  maximumMinutes: `policy.rules #> '{Expiration_EndUser_Assignment,maximumMinutes}'`,
  requires: `policy.rules #> '{Enablement_EndUser_Assignment,enabledRules}'`,
  authenticationContext: `policy.rules #>> '{AuthenticationContext_EndUser_Assignment,claimValue}'`,
};

const enabled = (rule: string, requirement: string) =>
  `CASE WHEN held.rules #> '{Enablement_EndUser_Assignment,enabledRules}' ? '${rule}' THEN '${requirement}' END`;
const CONTEXT = `(held.rules #> '{AuthenticationContext_EndUser_Assignment,isEnabled}')::boolean`;
const APPROVAL = `(held.rules #> '{Approval_EndUser_Assignment,isApprovalRequired}')::boolean`;
const REQUIRES = `to_json(array_remove(ARRAY[${enabled('MULTI_FACTOR_AUTHENTICATION', 'MFA')},
  CASE WHEN ${CONTEXT} THEN 'AUTHENTICATION_CONTEXT' END, ${enabled('JUSTIFICATION', 'JUSTIFICATION')},
  ${enabled('TICKETING', 'TICKET')}, CASE WHEN ${APPROVAL} THEN 'APPROVAL' END], NULL))`;
const APPROVERS = `(SELECT json_agg(${object(principal('n'))} ORDER BY named.first)
  FROM (SELECT (each.id #>> '{}')::uuid AS id, min(each.n) AS first
    FROM jsonb_path_query(held.rules, '$.Approval_EndUser_Assignment.stages[*].approvers[*]') WITH ORDINALITY each (id, n) GROUP BY 1) named
  JOIN principal n ON n.id = named.id)`;
/** What role settings say; where there are none, the defaults hold. */
const ACTIVATION_JOIN = `LEFT JOIN LATERAL (SELECT ${REQUIRES} AS requires,
    held.rules #> '{Expiration_EndUser_Assignment,maximumMinutes}' AS maximum,
    CASE WHEN ${CONTEXT} THEN held.rules #>> '{AuthenticationContext_EndUser_Assignment,claimValue}' END AS context,
    CASE WHEN ${APPROVAL} THEN ${APPROVERS} END AS approvers
  FROM (${HELD}) held) policy ON true`;
const ACTIVATION: Shape = {
  maximumDuration: `coalesce(policy.maximum, '480')`,
  requires: `coalesce(policy.requires, CASE a.provider WHEN 'ENTRA_ROLE' THEN '["MFA","JUSTIFICATION"]'::json ELSE '["JUSTIFICATION"]' END)`,
  authenticationContext: 'policy.context',
  approvers: `coalesce(policy.approvers, '[]')`,
};

const HOLDERS = 'SELECT $1::uuid || ARRAY(SELECT group_id FROM groups_of($1, now())) AS value';
const own = (type: string, holders = `ARRAY(SELECT $1::uuid UNION SELECT group_id FROM groups_of($1, now()))`) =>
  `${IN_FORCE} AND a.type = '${type}' AND a.principal_id = ANY(${holders})`;
const mine = (type: string) => own(type, `${SHARED}::uuid[]`);
/** Walked by time, with the scopes below in a hash: of a join the planner expects so little that it turns the walk around. */
const BELOW = `${IN_FORCE} AND (a.scope_id IN (SELECT up.scope_id FROM scope_ancestor up WHERE up.ancestor_id = $1)) IS TRUE`;
const WAITING = `q.status = 'PENDING_APPROVAL' AND q.expires_at > now()
  AND EXISTS (SELECT FROM request_approver asked WHERE asked.request_id = q.id AND asked.approver_id = $1 AND asked.stage = q.stage
    AND (NOT asked.escalation OR q.escalates_at <= now()))
  AND NOT EXISTS (SELECT FROM approval_decision d WHERE d.request_id = q.id AND d.decided_by = $1)`;

const APPROVALS: List = {
  ...{ name: 'approvals', row: REQUEST, order: 'q.created_at DESC, q.id DESC', size: 50, cursor: 'q.id' },
  total: 'q.total',
  from: `FROM (SELECT q.*, count(*) OVER () AS total FROM request q WHERE ${WAITING} ORDER BY q.created_at DESC, q.id DESC LIMIT 51) q
    ${JOINS('q')} JOIN principal o ON o.id = q.requestor_id`,
};
const EVENTS: List = {
  ...{ name: 'auditEvents', row: EVENT, order: 'e.position DESC', size: 50, cursor: 'e.position' },
  from: `FROM (SELECT e.* FROM event e WHERE e.position IS NOT NULL ORDER BY e.position DESC LIMIT 51) e
    LEFT JOIN principal o ON o.id = e.actor_id LEFT JOIN principal p ON p.id = e.principal_id
    LEFT JOIN role r ON r.id = e.role_id LEFT JOIN scope s ON s.id = e.scope_id`,
};

/** As whoever uses PostGraphile writes what its own conditions cannot say: functions that the planner looks into. */
const FUNCTIONS = `
  -- One column to join by instead of two.
  COMMENT ON TABLE assignment IS E'@foreignKey (role_id) references role (id)\\n@foreignKey (scope_id) references scope (id)';
  COMMENT ON TABLE request IS E'@foreignKey (role_id) references role (id)\\n@foreignKey (scope_id) references scope (id)';
  CREATE OR REPLACE FUNCTION eligible_of(holder uuid) RETURNS SETOF assignment LANGUAGE sql STABLE AS $$
    SELECT a.* FROM assignment a WHERE ${own('ELIGIBLE')} ORDER BY a.created_at DESC, a.id DESC $$;
  CREATE OR REPLACE FUNCTION active_of(holder uuid) RETURNS SETOF assignment LANGUAGE sql STABLE AS $$
    SELECT a.* FROM assignment a WHERE ${own('ACTIVE')} ORDER BY a.created_at DESC, a.id DESC $$;
  CREATE OR REPLACE FUNCTION in_force() RETURNS SETOF assignment LANGUAGE sql STABLE AS $$
    SELECT a.* FROM assignment a WHERE ${IN_FORCE} ORDER BY a.created_at DESC, a.id DESC $$;
  CREATE OR REPLACE FUNCTION below(place uuid) RETURNS SETOF assignment LANGUAGE sql STABLE AS $$
    SELECT a.* FROM assignment a WHERE ${BELOW} ORDER BY a.created_at DESC, a.id DESC $$;
  CREATE OR REPLACE FUNCTION audit_log() RETURNS SETOF event LANGUAGE sql STABLE AS $$
    SELECT e.* FROM event e WHERE e.position IS NOT NULL ORDER BY e.position DESC $$;
  CREATE OR REPLACE FUNCTION waiting_for(approver uuid) RETURNS SETOF request LANGUAGE sql STABLE AS $$
    SELECT q.* FROM request q WHERE ${WAITING} ORDER BY q.created_at DESC, q.id DESC $$;
  CREATE OR REPLACE FUNCTION assignment_settings(a public.assignment) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(${Object.entries(SETTINGS)
      .map(([key, value]) => `'${key}', ${value}`)
      .join(', ')}) FROM (SELECT a.role_id, a.scope_id, a.provider) a LEFT JOIN LATERAL (${HELD}) policy ON true $$;`;

const NAMED = `principalByPrincipalId { rowId: id kind displayName } roleByRoleId { rowId: id provider displayName privileged } scopeByScopeId { rowId: id kind displayName path }`;
const COLUMNS = `id provider type state ${NAMED} startsAt endsAt endedBy`;
const PAGE = 'pageInfo { hasNextPage endCursor hasPreviousPage startCursor }';

const PEOPLE = 20;
export const AUDITOR = '00000000-0000-4000-9000-00000000bec1';
const DIVISION = '/providers/Microsoft.Management/managementGroups/division-1';

export interface Reading {
  readonly stack: Stack;
  readonly questions: readonly Question[];
}

/** A gateway with a company of that size, and what is asked of it. @param pageBelow rows of the page below a management group */
export async function startReading(assignments: number, pageBelow: number): Promise<Reading> {
  const stack = await startStack(process.env.BENCH_NODE_OPTIONS?.split(' '), {}, async (folder) => {
    const embedded = await startEmbedded({ folder, pid: process.pid });
    try {
      // The auditor is one assignment of the directory's and one of the tenant's root more.
      await makeCompany(embedded.url, { assignments, at: new Date() });
      await numberEvents(embedded.url, await loadCheckpointKey(path.join(folder, 'checkpoint-key.pem')));
      await withClient(embedded.url, (client) => client.query(`${AUDITOR_ROWS}; ${FUNCTIONS}`));
      await withClient(embedded.url, (client) => client.query('VACUUM ANALYZE'));
    } finally {
      await embedded.stop();
    }
  });
  try {
    const all = await withClient(stack.databaseUrl, (client) => questions(client, pageBelow));
    return { stack, questions: all.filter(({ name }) => name.includes(process.env.BENCH_QUESTION ?? '')) };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Sees everything, and audits everything: Global Reader of the directory, and User Access Administrator of all of Azure. */
const AUDITOR_ROWS = `
  INSERT INTO principal (id, kind, display_name, user_principal_name, user_type)
    VALUES ('${AUDITOR}', 'USER', 'Auditor', 'auditor@bench.example', 'MEMBER');
  INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, created_at)
    SELECT gen_random_uuid(), r.provider, r.id, t.scope_id, '${AUDITOR}', 'ACTIVE', now(), now()
    FROM (VALUES ('ENTRA_ROLE', 'Global Reader', '00000000-0000-4000-8000-000000000001'::uuid),
      ('AZURE_RESOURCE', 'User Access Administrator', '00000000-0000-4000-8000-000000000002')) t (provider, role, scope_id)
    JOIN role r ON r.provider = t.provider AND r.display_name = t.role`;

async function questions(client: pg.Client, pageBelow: number): Promise<Question[]> {
  // As many roles each in a small company as in a large one.
  const { rows: people } = await client.query<{ id: string }>(`
    SELECT principal_id AS id FROM assignment a JOIN principal p ON p.id = a.principal_id AND p.user_principal_name ~ '[.][0-9]+@'
    WHERE ${IN_FORCE} GROUP BY principal_id
    HAVING count(*) FILTER (WHERE a.type = 'ELIGIBLE') = 3 AND count(*) FILTER (WHERE a.type = 'ACTIVE') BETWEEN 6 AND 8
    ORDER BY principal_id LIMIT ${PEOPLE}`);
  const { rows: places } = await client.query<{ id: string }>('SELECT id FROM scope WHERE path = $1', [DIVISION]);
  const auditor = (variables: Asker['variables']) => [{ objectId: AUDITOR, variables }];
  const inForce = (size: number): Question => ({
    ...{
      name: `${size} assignments`,
      large: size >= 1_000,
      document: documentOf('Assignments'),
      askers: auditor({ first: size }),
    },
    postgraphile: `query { inForce(first: ${size}) { nodes { ${COLUMNS} } ${PAGE} } }`,
    ...{ values: [{}], isMine: false, lists: [page('assignments', IN_FORCE, size)] },
  });
  return [
    {
      ...{ name: 'my roles', large: false, document: documentOf('MyRoles') },
      askers: people.map(({ id }) => ({ objectId: id, variables: {} })),
      postgraphile: `query ($holder: UUID!) {
        eligible: eligibleOf(holder: $holder, first: 50) { nodes { ${COLUMNS} settings } ${PAGE} }
        active: activeOf(holder: $holder, first: 50) { nodes { ${COLUMNS} eligibilityId } ${PAGE} } }`,
      values: people.map(({ id }) => ({ holder: id })),
      ...{ isMine: true, shared: HOLDERS },
      lists: [
        withActivation(page('eligible', mine('ELIGIBLE'), 50)),
        {
          ...page('active', mine('ACTIVE'), 50),
          row: { ...MINE, eligibility: { '?': 'a.eligibility_id', id: 'a.eligibility_id' } },
        },
      ],
    },
    inForce(50),
    inForce(1_000),
    {
      ...{ name: 'approvals waiting', large: false, document: documentOf('MyApprovals') },
      askers: [{ objectId: persona('arun'), variables: {} }],
      postgraphile: `query ($approver: UUID!) { waitingFor(approver: $approver, first: 50) { totalCount nodes { id provider action status
        assignmentType principalByPrincipalId { rowId: id kind displayName } principalByRequestorId { rowId: id kind displayName }
        roleByRoleId { rowId: id provider displayName privileged } scopeByScopeId { rowId: id kind displayName path }
        justification ticketNumber ticketSystem startsAt endsAt durationMinutes createdAt expiresAt completedAt } ${PAGE} } }`,
      ...{ values: [{ approver: persona('arun') }], isMine: true, lists: [APPROVALS] },
    },
    {
      ...{
        name: `${pageBelow} assignments below a management group`,
        large: true,
        document: documentOf('Assignments'),
      },
      askers: auditor({ first: pageBelow, filter: { below: DIVISION } }),
      postgraphile: `query ($place: UUID!) { below(place: $place, first: ${pageBelow}) { nodes { ${COLUMNS} } ${PAGE} } }`,
      ...{ values: [{ place: places[0]?.id }], isMine: false, lists: [page('assignments', BELOW, pageBelow)] },
    },
    {
      ...{
        name: 'a page of the audit',
        large: false,
        document: documentOf('AuditLog'),
        askers: auditor({ first: 50 }),
      },
      postgraphile: `query { auditLog(first: 50) { nodes { position type at provider
        principalByActorId { rowId: id kind displayName } ${NAMED} payload } ${PAGE} } }`,
      ...{ values: [{}], isMine: false, lists: [EVENTS] },
    },
  ];
}

const withActivation = (list: List): List => ({
  ...list,
  row: { ...MINE, activation: ACTIVATION },
  from: `${list.from} ${ACTIVATION_JOIN}`,
});
