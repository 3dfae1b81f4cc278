/** How many statements does each query of the SDK send to the database, and are they as many for two rows as for fifty? */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../clients/typescript/generated/operations.ts';
import { globalId } from '../../schema/ids.ts';
import { persona } from '../../src/company/personas.ts';
import { ENTRA, GROUP_MEMBER } from '../../src/decision/role.ts';
import { AZURE_OWNER } from '../support/company.ts';
import { documentOf } from '../support/documents.ts';
import { type Anything, type Caller, startGateway, type TestGateway } from '../support/gateway.ts';
import { type Rows, rowsOf } from '../support/rows.ts';
import { watchStatements } from '../support/statements.ts';

type Kind<K> = { [Name in keyof typeof OPERATIONS]: (typeof OPERATIONS)[Name]['kind'] extends K ? Name : never };
type QueryName = Kind<'query'>[keyof typeof OPERATIONS];

const FEW = 2;
const MANY = 50;
type Size = typeof FEW | typeof MANY;

let gateway: TestGateway;
let rows: Rows;
let crowd: Awaited<ReturnType<typeof gather>>;
beforeAll(async () => {
  gateway = await startGateway();
  rows = rowsOf(gateway.database);
  crowd = await gather();
});
afterAll(() => gateway.close());

const ids = (type: Parameters<typeof globalId>[0], found: readonly { readonly id: string }[]) =>
  found.map(({ id }) => globalId(type, id));
const columnOf = (table: string, where: string) =>
  rows.run(sql<{ id: string }>`SELECT id FROM ${sql.table(table)} WHERE ${sql.raw(where)} ORDER BY id LIMIT 60`);

/** Una has everything through groups, as many as there are roles; arun decides on all that she asked for. */
async function gather() {
  const una = await rows.user('Una');
  const roles = (
    await rows.run(sql<{ id: string }>`SELECT id FROM role WHERE provider = 'ENTRA_ROLE' AND built_in AND assignable
      AND NOT manages_assignments AND id NOT IN (SELECT role_id FROM role_policy_version) ORDER BY id LIMIT 60`)
  ).map(({ id }) => id);
  for (const [index, role] of roles.entries()) {
    const { id: group, scope } = await rows.group(true);
    const member = { principal: una, role: GROUP_MEMBER, scope, provider: 'GROUP' } as const;
    await rows.assignment(member);
    const eligibility = await rows.assignment({ principal: group, role, type: 'ELIGIBLE' });
    // Una has activated them herself, too.
    if (index < MANY - 1) await rows.assignment({ principal: group, role: roles[0] as string });
    if (index < FEW - 1) await rows.assignment({ principal: group, role: roles[1] as string });
    await rows.assignment({ principal: una, role, eligibility, starts: -5, ends: 60 });
    const request = await rows.request({ principal: una, role, eligibility, status: 'PENDING_APPROVAL', expires: 600 });
    await rows.run(sql`INSERT INTO request_approver (request_id, approver_id, stage, escalation)
      VALUES (${request}, ${persona('arun')}, 1, false)`);
  }
  await settings(roles);
  return { una, roles, ...(await others()) };
}

/** For every role a template, and settings made from it that name approvers of their own: many for the first, few for all others. */
async function settings(roles: readonly string[]) {
  const approvers: string[] = [];
  for (let count = 0; count < MANY; count++) approvers.push(globalId('User', await rows.user('Ann')));
  for (const [index, role] of roles.entries()) {
    const stages = [{ approvers: index === 0 ? approvers : approvers.slice(index % 40, (index % 40) + FEW) }];
    const rules = { Approval_EndUser_Assignment: { isApprovalRequired: true, stages } };
    const make = { provider: 'ENTRA_ROLE', name: `Template ${index}`, rules };
    const { createPolicyTemplate } = await done('grace', 'CreatePolicyTemplate', { input: make });
    const { id: template } = createPolicyTemplate.template;
    const change = { role: globalId('Role', role), expectedVersion: 0, template, rules };
    await done('grace', 'UpdateRolePolicy', { input: change });
  }
}

async function others() {
  for (let count = 0; count < 60; count++) {
    await rows.run(sql`INSERT INTO bulk_operation (id, kind, status, principal_id, viewer, input, result, processed, bytes, created_at, completed_at, expires_at, attempts)
      VALUES (${randomUUID()}, 'EXPORT', 'COMPLETED', ${persona('grace')}, '{}', '{}', '{}', 1, 1, clock_timestamp(), clock_timestamp(),
        clock_timestamp() + interval '1 day', 1)`);
  }
  const scopes = await columnOf('scope', "kind = 'RESOURCE_GROUP'");
  const managerOf = async (count: number) => {
    const manager = await rows.user('Olive');
    for (const { id: scope } of scopes.slice(0, count)) {
      await rows.assignment({ principal: manager, role: AZURE_OWNER, provider: 'AZURE_RESOURCE', scope });
    }
    return manager;
  };
  return { managers: { [FEW]: await managerOf(FEW), [MANY]: await managerOf(30) } };
}

async function done(caller: Caller, name: string, variables: object): Promise<Anything> {
  const { data, errors } = await gateway.ask(caller, documentOf(name), variables);
  expect(errors).toBeUndefined();
  expect(Object.values<Anything>(data)[0]?.refusals ?? []).toEqual([]);
  return data;
}

interface Asked {
  readonly caller: Caller;
  readonly variables: object;
  /** In the answer. Default: nobody counts. */
  readonly rows?: (data: Anything) => readonly unknown[];
}

interface Bound {
  /** Who asks is one of them. */
  readonly statements: number;
  ask(size: Size): Asked | Promise<Asked>;
}
const list = (name: string, statements: number, variables: object = {}): Bound => ({
  statements,
  ask: (size) => ({
    caller: 'grace',
    variables: { first: size, count: true, ...variables },
    rows: (data) => data[name].nodes,
  }),
});
const one = (statements: number, variables: () => object | Promise<object>, caller: Caller = 'grace'): Bound => ({
  statements,
  ask: async () => ({ caller, variables: await variables() }),
});
const una = async () => ({ token: await gateway.tokenOf(crowd.una, 'USER', { multiFactor: true }) });
const roleOf = (size: Size) => crowd.roles[size === MANY ? 0 : 1] as string;
const eligibilityOf = (size: Size) =>
  first(
    'Assignment',
    'assignment',
    `type = 'ELIGIBLE' AND role_id = '${roleOf(size)}' AND principal_id IN (SELECT group_id FROM groups_of('${crowd.una}', now()))`,
  );
const first = async (type: Parameters<typeof globalId>[0], table: string, where = 'true') =>
  ids(type, await columnOf(table, where))[0];

const BOUNDS: Record<QueryName, Bound> = {
  assignment: {
    statements: 2,
    ask: async (size) => ({
      caller: 'grace',
      variables: { id: await eligibilityOf(size) },
      rows: (data) => data.assignment.activation.approvers,
    }),
  },
  assignments: list('assignments', 3),
  auditLog: list('auditEvents', 3),
  bulkOperation: one(2, async () => ({ id: await first('BulkOperation', 'bulk_operation') })),
  bulkOperations: list('bulkOperations', 2),
  checkAccess: {
    statements: 6,
    ask: (size) => {
      const input = { principal: globalId('User', crowd.una), access: { role: globalId('Role', roleOf(size)) } };
      return { caller: 'grace', variables: { input }, rows: (data) => data.checkAccess.paths };
    },
  },
  effectiveAccess: {
    statements: 9,
    ask: (size) => {
      const filter = { types: ['ELIGIBLE'] };
      const variables = { principal: globalId('User', crowd.una), first: size, count: true, filter };
      return { caller: 'grace', variables, rows: (data) => data.effectiveAccess.nodes };
    },
  },
  eventCursor: one(2, () => ({})),
  explainActivation: {
    statements: 7,
    ask: async (size) => {
      const input = { eligibility: await eligibilityOf(size) };
      const rows = (data: Anything) => data.explainActivation.stages[0].approvers;
      return { caller: await una(), variables: { input }, rows };
    },
  },
  me: {
    statements: 3,
    ask: async (size) => ({
      caller: { token: await gateway.tokenOf(crowd.managers[size] as string) },
      variables: {},
    }),
  },
  myApprovals: {
    statements: 3,
    ask: (size) => ({ caller: 'arun', variables: { first: size }, rows: (data) => data.me.approvals.nodes }),
  },
  myRequests: {
    statements: 2,
    ask: async (size) => ({
      caller: await una(),
      variables: { first: size },
      rows: (data) => data.me.requests.nodes,
    }),
  },
  myRoles: {
    statements: 3,
    ask: async (size) => ({
      caller: await una(),
      variables: { first: size },
      rows: (data) => data.me.eligible.nodes,
    }),
  },
  node: one(5, async () => ({ id: await eligibilityOf(FEW) })),
  nodes: {
    statements: 9,
    ask: async (size) => {
      const of = size === FEW ? 2 : 20;
      const all = await Promise.all([
        columnOf('assignment', 'true').then((found) => ids('Assignment', found.slice(0, of))),
        columnOf('request', 'true').then((found) => ids('Request', found.slice(0, of))),
        columnOf('principal', "kind = 'USER'").then((found) => ids('User', found.slice(0, of))),
        columnOf('role', 'true').then((found) => ids('Role', found.slice(0, of))),
        columnOf('scope', 'true').then((found) => ids('Scope', found.slice(0, of))),
      ]);
      return { caller: 'grace', variables: { ids: all.flat() } };
    },
  },
  policyTemplates: list('policyTemplates', 6),
  principal: one(2, () => ({ id: globalId('User', persona('maya')) })),
  principals: list('principals', 3),
  request: one(3, async () => {
    const assignment = globalId('Assignment', await rows.assignment({ principal: await rows.user() }));
    const { remove } = await done('grace', 'Remove', { input: { assignment } });
    return { id: remove.request.id };
  }),
  requests: list('requests', 3),
  role: one(2, () => ({ id: globalId('Role', ENTRA.globalReader) })),
  rolePolicies: list('rolePolicies', 5),
  rolePolicy: {
    statements: 9,
    ask: (size) => {
      const rows = (data: Anything) =>
        data.rolePolicy.effectiveRules.find((rule: Anything) => rule.stages).stages[0].approvers;
      return { caller: 'grace', variables: { role: globalId('Role', roleOf(size)) }, rows };
    },
  },
  roles: list('roles', 3),
  scope: one(3, async () => ({ id: await first('Scope', 'scope', "kind = 'GROUP'") })),
  scopes: list('scopes', 4, { filter: { providers: ['GROUP', 'AZURE_RESOURCE'] } }),
};

describe.each(Object.entries(BOUNDS))('%s', (name, { statements, ask }) => {
  it.each<Size>([FEW, MANY])(`takes ${statements} statements for %i rows`, async (size) => {
    const { caller, variables, rows: rowsIn } = await ask(size);
    const document = documentOf(name.charAt(0).toUpperCase() + name.slice(1));
    using watched = watchStatements();
    const { data, errors } = await gateway.ask(caller, document, variables);
    const texts = watched.ofRequests().map(({ text }) => text);
    expect(errors).toBeUndefined();
    expect(Object.values<Anything>(data)[0]).toBeTruthy();
    if (rowsIn) expect(rowsIn(data)).toHaveLength(size);
    expect(texts).toHaveLength(statements);
  });
});

it('is asked of every query that there is', () => {
  const queries = Object.entries(OPERATIONS).filter(([, { kind }]) => kind === 'query');
  expect(Object.keys(BOUNDS).sort()).toEqual(queries.map(([name]) => name).sort());
});
