/**
 * Which six questions do benches of reads ask? Each as a document of our clients, as one that has PostGraphile do the same
 * work, and as the SQL that whoever writes it by hand would send, in two forms: as JSON, and as flat rows.
 */
import path from 'node:path';
import pg from 'pg';
import { persona } from '../../../src/company/personas.ts';
import { loadCheckpointKey } from '../../../src/store/checkpointKey.ts';
import { startEmbedded } from '../../../src/store/embedded.ts';
import { makeCompany, numberEvents } from '../../data/company.ts';
import { documentOf } from '../../support/documents.ts';
import { type Stack, startStack } from './stack.ts';

/** By whom, and with what, a question is asked; the requests of a round take their turns. */
export interface Asker {
  readonly objectId: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface Question {
  readonly name: string;
  /** How many rows it is about. */
  readonly large: boolean;
  readonly document: string;
  readonly askers: readonly Asker[];
  readonly postgraphile: string;
  /** Values of the two statements, and variables for PostGraphile by these names. */
  readonly values: readonly Readonly<Record<string, unknown>>[];
  /** What is selected of each list, for a statement that gives them one by one, and one that gives their JSON. */
  readonly lists: readonly List[];
}

export interface List {
  readonly name: string;
  readonly row: Shape;
  /** Everything behind SELECT …, with $1, $2 … for the values in their order. */
  readonly from: string;
}

/** A member for each key: an expression, or a nested object. */
export interface Shape {
  readonly [key: string]: string | Shape;
}

const principal = (alias: string): Shape => ({
  ...{ id: `${alias}.id`, kind: `${alias}.kind`, displayName: `${alias}.display_name` },
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
    role: ROLE,
    scope: SCOPE,
  },
  ...{ startsAt: 'a.starts_at', endsAt: 'a.ends_at', endedBy: 'a.ended_by' },
};
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
  ...{ ticketNumber: 'q.ticket_number', ticketSystem: 'q.ticket_system', startsAt: 'q.starts_at', endsAt: 'q.ends_at' },
  ...{
    duration: 'q.duration_minutes',
    createdAt: 'q.created_at',
    expiresAt: 'q.expires_at',
    completedAt: 'q.completed_at',
  },
};

const EVENT: Shape = {
  ...{ position: 'e.position', type: 'e.type', at: 'e.at', provider: 'e.provider', actor: principal('o') },
  ...{ principal: principal('p'), role: ROLE, scope: SCOPE, details: 'e.payload' },
};

const IN_FORCE = '(a.starts_at <= now() AND (a.ends_at IS NULL OR a.ends_at > now()))';
const JOINS = (alias: string) =>
  `JOIN principal p ON p.id = ${alias}.principal_id JOIN role r ON r.id = ${alias}.role_id JOIN scope s ON s.id = ${alias}.scope_id`;
/** The page first: what is not in it need not be joined. */
const page = (where: string, size: number) => `FROM (SELECT a.* FROM assignment a WHERE ${where}
  ORDER BY a.created_at DESC, a.id DESC LIMIT ${size}) a ${JOINS('a')} ORDER BY a.created_at DESC, a.id DESC`;

const RULES = `LEFT JOIN LATERAL (SELECT v.rules FROM scope_ancestor up
  CROSS JOIN LATERAL (SELECT w.* FROM role_policy_version w WHERE w.role_id = a.role_id AND w.scope_id = up.ancestor_id ORDER BY w.version DESC LIMIT 1) v
  WHERE up.scope_id = CASE a.provider WHEN 'ENTRA_ROLE' THEN '00000000-0000-4000-8000-000000000001'::uuid ELSE a.scope_id END
    AND v.rules IS NOT NULL AND (up.depth = 0 OR v.inheritable) ORDER BY up.depth LIMIT 1) policy ON true`;
const SETTINGS: Shape = {
  maximumMinutes: `policy.rules #> '{Expiration_EndUser_Assignment,maximumMinutes}'`,
  requires: `policy.rules #> '{Enablement_EndUser_Assignment,enabledRules}'`,
  authenticationContext: `policy.rules #>> '{AuthenticationContext_EndUser_Assignment,claimValue}'`,
};

const own = (type: string) =>
  `${IN_FORCE} AND a.type = '${type}' AND a.principal_id = ANY(ARRAY(SELECT $1::uuid UNION SELECT group_id FROM groups_of($1, now())))`;
/** Walked by time, whatever the planner expects: its other plan looks up each scope below in the index of overlaps. */
const BELOW = `${IN_FORCE} AND EXISTS (SELECT FROM scope_ancestor up WHERE up.ancestor_id = $1 AND up.scope_id = a.scope_id OFFSET 0)`;
const WAITING = `q.status = 'PENDING_APPROVAL' AND q.expires_at > now()
  AND EXISTS (SELECT FROM request_approver asked WHERE asked.request_id = q.id AND asked.approver_id = $1 AND asked.stage = q.stage
    AND (NOT asked.escalation OR q.escalates_at <= now()))
  AND NOT EXISTS (SELECT FROM approval_decision d WHERE d.request_id = q.id AND d.decided_by = $1)`;

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
      .join(', ')}) FROM (SELECT a.role_id, a.scope_id, a.provider) a ${RULES} $$;`;

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

/** Sees everything: Global Reader of the directory, and Reader of all of Azure. */
const AUDITOR_ROWS = `
  INSERT INTO principal (id, kind, display_name, user_principal_name, user_type)
    VALUES ('${AUDITOR}', 'USER', 'Auditor', 'auditor@bench.example', 'MEMBER');
  INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, created_at)
    SELECT gen_random_uuid(), r.provider, r.id, t.scope_id, '${AUDITOR}', 'ACTIVE', now(), now()
    FROM (VALUES ('ENTRA_ROLE', 'Global Reader', '00000000-0000-4000-8000-000000000001'::uuid),
      ('AZURE_RESOURCE', 'Reader', '00000000-0000-4000-8000-000000000002')) t (provider, role, scope_id)
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
  const list = (name: string, from: string): List => ({ name, row: ASSIGNMENT, from });
  const inForce = (size: number): Question => ({
    ...{
      name: `${size} assignments`,
      large: size >= 1_000,
      document: documentOf('Assignments'),
      askers: auditor({ first: size }),
    },
    postgraphile: `query { inForce(first: ${size}) { nodes { ${COLUMNS} } ${PAGE} } }`,
    ...{ values: [{}], lists: [list('assignments', page(IN_FORCE, size))] },
  });
  return [
    {
      ...{ name: 'my roles', large: false, document: documentOf('MyRoles') },
      askers: people.map(({ id }) => ({ objectId: id, variables: {} })),
      postgraphile: `query ($holder: UUID!) {
        eligible: eligibleOf(holder: $holder, first: 50) { nodes { ${COLUMNS} settings } ${PAGE} }
        active: activeOf(holder: $holder, first: 50) { nodes { ${COLUMNS} eligibilityId } ${PAGE} } }`,
      values: people.map(({ id }) => ({ holder: id })),
      lists: [
        {
          ...{ name: 'eligible', row: { ...ASSIGNMENT, activation: SETTINGS } },
          from: page(own('ELIGIBLE'), 50).replace(JOINS('a'), `${JOINS('a')} ${RULES}`),
        },
        { name: 'active', row: { ...ASSIGNMENT, eligibility: 'a.eligibility_id' }, from: page(own('ACTIVE'), 50) },
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
      values: [{ approver: persona('arun') }],
      lists: [
        { name: 'total', row: { count: 'count(*)' }, from: `FROM request q WHERE ${WAITING}` },
        {
          ...{ name: 'approvals', row: REQUEST },
          from: `FROM (SELECT q.* FROM request q WHERE ${WAITING} ORDER BY q.created_at DESC, q.id DESC LIMIT 50) q
            ${JOINS('q')} JOIN principal o ON o.id = q.requestor_id ORDER BY q.created_at DESC, q.id DESC`,
        },
      ],
    },
    {
      ...{
        name: `${pageBelow} assignments below a management group`,
        large: true,
        document: documentOf('Assignments'),
      },
      askers: auditor({ first: pageBelow, filter: { below: DIVISION } }),
      postgraphile: `query ($place: UUID!) { below(place: $place, first: ${pageBelow}) { nodes { ${COLUMNS} } ${PAGE} } }`,
      ...{ values: [{ place: places[0]?.id }], lists: [list('assignments', page(BELOW, pageBelow))] },
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
      values: [{}],
      lists: [
        {
          ...{ name: 'events', row: EVENT },
          from: `FROM (SELECT e.* FROM event e WHERE e.position IS NOT NULL ORDER BY e.position DESC LIMIT 50) e
            LEFT JOIN principal o ON o.id = e.actor_id LEFT JOIN principal p ON p.id = e.principal_id
            LEFT JOIN role r ON r.id = e.role_id LEFT JOIN scope s ON s.id = e.scope_id ORDER BY e.position DESC`,
        },
      ],
    },
  ];
}

/** One statement for a question whose answer comes as JSON. */
export function jsonStatement({ lists }: Question): string {
  const object = (shape: Shape): string =>
    `json_build_object(${Object.entries(shape)
      .map(([key, value]) => `'${key}', ${typeof value === 'string' ? value : object(value)}`)
      .join(', ')})`;
  const parts = lists.map(
    ({ name, row, from }) =>
      `'${name}', (SELECT coalesce(json_agg(o), '[]') FROM (SELECT ${object(row)} AS o ${from}) rows)`,
  );
  return `SELECT json_build_object('data', json_build_object(${parts.join(', ')}))::text AS answer`;
}

/** A statement for each list, whose columns come in the order of the shape. */
export function flatStatement({ row, from }: List): string {
  const columns = (shape: Shape): string[] =>
    Object.values(shape).flatMap((value) => (typeof value === 'string' ? [value] : columns(value)));
  return `SELECT ${columns(row)
    .map((column, index) => `${column} AS c${index}`)
    .join(', ')} ${from}`;
}
