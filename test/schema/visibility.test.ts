/** Who sees and does what? A walk of every root field as every persona, and the powers of now. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { globalId } from '../../schema/ids.ts';
import { createSchema, printedSchema } from '../../schema/schema.ts';
import { PERSONAS, type PersonaName, persona } from '../../src/company/personas.ts';
import { PROJECT_FOLDER } from '../../src/config.ts';
import { DIRECTORY_SCOPE, ENTRA } from '../../src/decision/role.ts';
import { type Anything, type Caller, open, startGateway, type TestGateway } from '../support/gateway.ts';

const INSIDES =
  /\bselect\b[^"]*\bfrom\b|pg_|node_modules|\bat [\w.<>]+ \(|\.(ts|js|mjs|cjs)\b|constraint|violates|stack/i;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const execute = (statement: string, parameters: unknown[] = []) =>
  gateway.database.em.fork().execute(statement, parameters) as Promise<Anything[]>;
const codesOf = ({ errors }: { errors?: Anything }) => (errors ?? []).map((error: Anything) => error.extensions.code);

/** The least that the type takes; ids name nothing. */
function value(type: GraphQLInputType): string {
  if (isNonNullType(type)) return value(type.ofType);
  if (isListType(type)) return `[${value(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name as string;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    const given = type.isOneOf ? fields.slice(0, 1) : fields.filter((field) => isNonNullType(field.type));
    return `{ ${given.map((field) => `${field.name}: ${value(field.type)}`).join(', ')} }`;
  }
  const SCALARS: Record<string, string> = {
    Int: '1',
    SafeInt: '1',
    Boolean: 'false',
    Duration: '"PT1H"',
    ScopePath: '"/"',
    DateTime: '"2030-01-01T00:00:00Z"',
  };
  return SCALARS[getNamedType(type).name] ?? '"x"';
}

function documentFor(operation: string, field: GraphQLField<unknown, unknown>): string {
  const given = field.args.filter((argument) => isNonNullType(argument.type));
  const values = given.map((argument) => `${argument.name}: ${value(argument.type)}`);
  const selection = isLeafType(getNamedType(field.type)) ? '' : '{ __typename }';
  return `${operation} { ${field.name}${values.length ? `(${values.join(', ')})` : ''} ${selection} }`;
}

const schema = createSchema();
const fieldsOf = (type: ReturnType<typeof schema.getQueryType>) => Object.values(type?.getFields() ?? {});
const ROOT_FIELDS = [
  ...fieldsOf(schema.getQueryType()).map((field) => [field.name, documentFor('query', field)] as const),
  ...fieldsOf(schema.getMutationType()).map((field) => [field.name, documentFor('mutation', field)] as const),
];
/** Who holds something that manages assignments, now. */
const MANAGERS: readonly PersonaName[] = ['grace', 'pia', 'owen', 'ursula', 'gwen', 'uma'];
/** What every known caller may ask. */
const OPEN = ['eventCursor', 'me', 'node', 'nodes'].concat(
  ['assignment', 'principal', 'request', 'role', 'scope'].flatMap((noun) => [noun, `${noun}s`]),
);
/** Mutations by who may knock: an application acts for nobody who activates, approves or denies. */
const FORBIDDEN: Record<string, (name: PersonaName) => boolean> = {
  assign: (name) => !MANAGERS.includes(name),
  activate: (name) => name === 'robot',
  approve: (name) => name === 'robot',
  deny: (name) => name === 'robot',
  deactivate: (name) => name === 'robot',
};

describe('every root field', () => {
  it.each(PERSONAS.map(({ name }) => name))('as %s', async (name) => {
    for (const [field, document] of ROOT_FIELDS) {
      const answer = await gateway.ask(name, document);
      const [code = 'DATA'] = codesOf(answer);
      expect([200, 400, 403], `${field}: ${answer.text}`).toContain(answer.status);
      expect(['DATA', 'FORBIDDEN', 'BAD_USER_INPUT', 'BAD_CURSOR'], `${field}: ${answer.text}`).toContain(code);
      expect(answer.text).not.toMatch(INSIDES);
      const forbidden = FORBIDDEN[field];
      if (forbidden) expect([field, code]).toEqual([field, forbidden(name) ? 'FORBIDDEN' : 'DATA']);
      if (OPEN.includes(field)) expect([field, code]).toEqual([field, 'DATA']);
    }
  });

  it.each<[string, () => Promise<Caller>, number, string]>([
    ['nobody', async () => null, 401, 'UNAUTHENTICATED'],
    ['a stranger', async () => ({ token: await gateway.tokenOf(crypto.randomUUID()) }), 403, 'UNKNOWN_PRINCIPAL'],
  ])('as %s', async (_who, caller, status, code) => {
    for (const [field, document] of [...ROOT_FIELDS, ['__schema', '{ __schema { types { name } } }'] as const]) {
      const answer = await gateway.ask(await caller(), document);
      expect([field, answer.status, codesOf(answer), answer.data ?? null]).toEqual([field, status, [code], null]);
    }
  });
});

describe('every stream', () => {
  const STREAMS = fieldsOf(schema.getSubscriptionType()).map(
    (field) => [field.name, documentFor('subscription', field).replace('snapshot: false', 'snapshot: true')] as const,
  );
  it.each(PERSONAS.map(({ name }) => name))('as %s', async (name) => {
    expect(STREAMS.map(([field]) => field)).toHaveLength(7);
    for (const [field, document] of STREAMS) {
      const stream = await open(gateway, 'WebSocket', name, document);
      const [first] = await stream.atLeast(1);
      stream.stop();
      const [code = 'DATA'] = codesOf(first as Anything);
      const forbidden = field === 'approvalEvents' && name === 'robot';
      expect([field, code]).toEqual([field, forbidden ? 'FORBIDDEN' : 'DATA']);
      expect(JSON.stringify(first)).not.toMatch(INSIDES);
    }
  });

  it.each<[string, () => Promise<Caller>, number, string]>([
    ['nobody', async () => null, 401, 'UNAUTHENTICATED'],
    ['a stranger', async () => ({ token: await gateway.tokenOf(crypto.randomUUID()) }), 403, 'UNKNOWN_PRINCIPAL'],
  ])('as %s, who is told no more than that', async (_who, caller, status, code) => {
    for (const [field, query] of STREAMS) {
      const body = JSON.stringify({ query });
      const answer = await gateway.post(await caller(), body, { accept: 'text/event-stream' });
      expect([field, answer.status, answer.text.includes(`"${code}"`), answer.text.includes('"data"')]).toEqual([
        field,
        status,
        true,
        false,
      ]);
    }
  });
});

describe('the rows of each persona', () => {
  const group = (name: string) =>
    `scope_id = (SELECT s.id FROM scope s WHERE s.kind = 'GROUP' AND s.display_name LIKE '${name}%')`;
  const below = (name: string) =>
    `scope_id IN (SELECT b.scope_id FROM scope s JOIN scope_ancestor b ON b.ancestor_id = s.id WHERE s.display_name = '${name}' AND s.provider = 'AZURE_RESOURCE')`;
  const groups = (assignable: boolean) =>
    `provider = 'GROUP' AND scope_id IN (SELECT s.id FROM scope s JOIN principal g ON g.id = s.principal_id WHERE s.kind = 'GROUP' AND g.role_assignable = ${assignable})`;
  const ENTRA_ALL = "provider = 'ENTRA_ROLE'";

  it.each<[PersonaName, string, string]>([
    ['olga', 'nothing', 'false'],
    ['maya', 'her own', 'false'],
    ['arun', 'nothing', 'false'],
    ['piet', 'his own: an eligible administrator has no power', 'false'],
    ['grace', 'all Entra roles and role-assignable groups', `${ENTRA_ALL} OR ${groups(true)}`],
    ['pia', 'all Entra roles and role-assignable groups', `${ENTRA_ALL} OR ${groups(true)}`],
    ['sam', 'all Entra roles', ENTRA_ALL],
    ['robot', 'all Entra roles', ENTRA_ALL],
    ['uma', 'all other groups', groups(false)],
    ['owen', 'his subscription', below('Retail Production')],
    ['rita', 'her resource group', below('rg-Checkout-production')],
    ['gwen', 'her group', `provider = 'GROUP' AND ${group('Helpdesk Operators')}`],
    ['gus', 'his own, who else is a guest, and what the role of that group reads', below('sql-campaigns')],
    ['devon', 'his own', 'false'],
    ['mia', 'her own', 'false'],
  ])('%s sees the assignments of %s', async (name, _what, where) => {
    const own = `principal_id IN ('${persona(name)}') OR principal_id IN (SELECT group_id FROM groups_of('${persona(name)}', now()))`;
    // Members see who else is in their groups.
    const members = `provider = 'GROUP' AND scope_id IN (SELECT s.id FROM scope s JOIN groups_of('${persona(name)}', now()) g ON g.group_id = s.principal_id)`;
    const rows = await execute(`SELECT id FROM assignment WHERE (${own}) OR (${members}) OR ${where}`);
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { data }: Anything = await gateway.ask(
        name,
        'query ($after: Cursor) { assignments(first: 1000, after: $after, filter: { phases: [FUTURE, IN_FORCE, ENDED] }) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } }',
        { after },
      );
      seen.push(...data.assignments.nodes.map(({ id }: { id: string }) => id));
      expect(data.assignments.totalCount).toBe(rows.length);
      after = data.assignments.pageInfo.hasNextPage ? data.assignments.pageInfo.endCursor : null;
    } while (after);
    expect(seen.sort()).toEqual(rows.map(({ id }) => globalId('Assignment', id)).sort());
  });

  it.each<[PersonaName, number | null]>([
    ['olga', null],
    ['maya', null],
    ['grace', null],
    ['robot', null],
    ['gus', 2],
  ])('%s sees %j principals, where null is everybody', async (name, count) => {
    const { data } = await gateway.ask(name, '{ principals { totalCount } }');
    const [{ all }] = await execute('SELECT count(*)::int AS all FROM principal WHERE deleted_at IS NULL');
    expect(data.principals.totalCount).toBe(count ?? all);
  });
});

describe('what waits for the decision of', () => {
  beforeAll(async () => {
    // Those that administrators decide, of each provider: nothing but a manager's powers makes them theirs.
    await execute(`INSERT INTO request (id, action, status, assignment_type, provider, role_id, scope_id, principal_id, requestor_id, target_id, created_at)
      SELECT gen_random_uuid(), 'SELF_RENEW', 'PENDING_ADMIN_DECISION', type, provider, role_id, scope_id, principal_id, principal_id, id, now()
      FROM (SELECT DISTINCT ON (provider, scope_id) * FROM assignment WHERE state = 'ASSIGNED' ORDER BY provider, scope_id, id) a
      WHERE NOT EXISTS (SELECT FROM request q WHERE q.principal_id = a.principal_id AND q.role_id = a.role_id AND q.scope_id = a.scope_id
        AND q.status IN ('PENDING_APPROVAL', 'PENDING_ADMIN_DECISION'))`);
  });

  it.each(PERSONAS.map(({ name }) => name))('%s is among what they see', async (name) => {
    const list = (filter: string) => `requests(first: 1000, filter: { ${filter} }) { nodes { id } }`;
    const { data }: Anything = await gateway.ask(
      name,
      `{ waiting: ${list('awaitingMyApproval: true')} all: ${list('statuses: [PENDING_APPROVAL, PENDING_ADMIN_DECISION]')} }`,
    );
    const seen = data.all.nodes.map(({ id }: Anything) => id);
    expect(seen).toEqual(expect.arrayContaining(data.waiting.nodes.map(({ id }: Anything) => id)));
    const manages = ['grace', 'pia', 'uma', 'owen'].includes(name);
    if (manages) expect(data.waiting.nodes.length).toBeGreaterThan(0);
  });
});

describe('powers come from what is active now', () => {
  const assign = (validateOnly: boolean) => ({
    principal: globalId('User', persona('olga')),
    role: globalId('Role', ENTRA.globalReader),
    type: 'ELIGIBLE',
    justification: 'Needed.',
    validateOnly,
  });
  const tryTo = async () => {
    const answer = await gateway.ask(
      'piet',
      'mutation ($input: AssignInput!) { assign(input: $input) { status refusals { code } } }',
      { input: assign(true) },
    );
    return codesOf(answer)[0] ?? answer.data.assign.status ?? answer.data.assign.refusals[0].code;
  };

  it('an eligible administrator may nothing, an active one everything, one whose time is over nothing again', async () => {
    const me = async () => (await gateway.ask('piet', '{ me { manages } assignments { totalCount } }')).data;
    expect([await tryTo(), await me()]).toEqual([
      'FORBIDDEN',
      { me: { manages: false }, assignments: { totalCount: 1 } },
    ]);
    const id = crypto.randomUUID();
    await execute(
      `INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, ends_at, created_at)
      VALUES (?, 'ENTRA_ROLE', ?, ?, ?, 'ACTIVE', now() - interval '1 hour', now() + interval '1 hour', now())`,
      [id, ENTRA.privilegedRoleAdministrator, DIRECTORY_SCOPE, persona('piet')],
    );
    expect(await tryTo()).toBe('PROVISIONED');
    expect((await me()).assignments.totalCount).toBeGreaterThan(100);
    await execute("UPDATE assignment SET ends_at = now() - interval '1 second', ended_by = 'REMOVED' WHERE id = ?", [
      id,
    ]);
    expect([await tryTo(), (await me()).me.manages]).toEqual(['FORBIDDEN', false]);
  });

  it('a disabled administrator may nothing at the next request', async () => {
    expect(codesOf(await gateway.ask('uma', '{ me { manages } }'))).toEqual([]);
    await execute('UPDATE principal SET enabled = false WHERE id = ?', [persona('uma')]);
    expect(codesOf(await gateway.ask('uma', '{ me { manages } }'))).toEqual(['PRINCIPAL_DISABLED']);
    await execute('UPDATE principal SET enabled = true WHERE id = ?', [persona('uma')]);
  });
});

it('schema.graphql is as printed now', () => {
  expect(readFileSync(path.join(PROJECT_FOLDER, 'schema', 'schema.graphql'), 'utf8')).toBe(printedSchema());
});

it('the page to try it with needs no token and nothing from elsewhere', async () => {
  const response = await fetch(gateway.url, { headers: { accept: 'text/html' } });
  const html = await response.text();
  expect([response.status, response.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
  expect(html).toContain('<title>Portcullis</title>');
  const loaded = [...html.matchAll(/<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)\s*=\s*["']?([^"'\s>]+)/gi)].map(
    ([, url]) => url,
  );
  expect(loaded.filter((url) => !/^(data:|\$\{)/.test(url ?? ''))).toEqual([]);
  expect(html).not.toMatch(
    /\bimport\(["']https?:|@import\s+url\(["']?https?:|unpkg\.com\/[^"']*\.js["']|cdn\.jsdelivr\.net[^"']*\.js["']/,
  );
});
