/** Can anybody tell what is hidden from what does not exist? Every answer is the same, byte for byte. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { globalId, type NodeType } from '../../schema/ids.ts';
import { type PersonaName, persona } from '../../src/company/personas.ts';
import { type Anything, startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
/** Ids of rows that olga (a member), gus (a guest) and gwen (who owns one group) may not see. */
const hidden = new Map<string, string>();

beforeAll(async () => {
  gateway = await startGateway();
  const find = async (statement: string, ...parameters: unknown[]) => {
    const [row] = (await gateway.database.em.fork().execute(statement, parameters)) as { id: string }[];
    return row?.id as string;
  };
  const maya = await find("SELECT id FROM assignment WHERE principal_id = ? AND type = 'ELIGIBLE'", persona('maya'));
  hidden.set('Assignment', maya);
  hidden.set(
    'Request',
    await find("SELECT id FROM request WHERE provider = 'ENTRA_ROLE' AND principal_id <> ? LIMIT 1", persona('gus')),
  );
  hidden.set(
    'Scope',
    await find("SELECT id FROM scope WHERE kind = 'SUBSCRIPTION' AND display_name = 'Retail Development'"),
  );
  hidden.set('User', persona('maya'));
  hidden.set('Group', await find("SELECT id FROM principal WHERE display_name = 'Helpdesk Operators'"));
});
afterAll(() => gateway.close());

type Case = readonly [field: string, type: NodeType, document: string];
const OUTCOME = '{ status request { id } assignment { id } refusals { code message field stepUp { claims } } }';
const LOOKUPS: Case[] = [
  ...(['Assignment', 'Request', 'Scope', 'User', 'Group'] as const).flatMap((type): Case[] => [
    ['node', type, 'query ($id: ID!) { node(id: $id) { __typename id } }'],
    ['nodes', type, 'query ($id: ID!) { nodes(ids: [$id, $id]) { __typename id } }'],
  ]),
  ['assignment', 'Assignment', 'query ($id: ID!) { assignment(id: $id) { id } }'],
  ['request', 'Request', 'query ($id: ID!) { request(id: $id) { id } }'],
  ['scope', 'Scope', 'query ($id: ID!) { scope(id: $id) { id } }'],
  ['principal', 'User', 'query ($id: ID!) { principal(id: $id) { id } }'],
  ['principal', 'Group', 'query ($id: ID!) { principal(id: $id) { id } }'],
  [
    'assignments by principal',
    'User',
    'query ($id: ID!) { assignments(filter: { principals: [$id] }) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } }',
  ],
  [
    'requests by principal',
    'User',
    'query ($id: ID!) { requests(filter: { principals: [$id] }) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } }',
  ],
  [
    'activate',
    'Assignment',
    `mutation ($id: ID!) { activate(input: { eligibility: $id, justification: "x" }) ${OUTCOME} }`,
  ],
  ['deactivate', 'Assignment', `mutation ($id: ID!) { deactivate(input: { assignment: $id }) ${OUTCOME} }`],
  ['approve', 'Request', `mutation ($id: ID!) { approve(input: { requests: [$id], justification: "x" }) ${OUTCOME} }`],
  [
    'extendActivation',
    'Assignment',
    `mutation ($id: ID!) { extendActivation(input: { assignment: $id, duration: "PT1H" }) ${OUTCOME} }`,
  ],
  [
    'activateMany',
    'Assignment',
    `mutation ($id: ID!) { activateMany(input: { activations: [{ eligibility: $id }], atomic: true }) ${OUTCOME} }`,
  ],
  ['extend', 'Assignment', `mutation ($id: ID!) { extend(input: { assignment: $id, justification: "x" }) ${OUTCOME} }`],
  [
    'renew',
    'Assignment',
    `mutation ($id: ID!) { renew(input: { assignments: [$id], justification: "x" }) ${OUTCOME} }`,
  ],
  ['cancel', 'Request', `mutation ($id: ID!) { cancel(input: { requests: [$id] }) ${OUTCOME} }`],
  [
    'explainActivation',
    'Assignment',
    'query ($id: ID!) { explainActivation(input: { eligibility: $id }) { __typename refusals { code message } } }',
  ],
  ['effectiveAccess by scope', 'Scope', 'query ($id: ID!) { effectiveAccess(scope: { id: $id }) { totalCount } }'],
  ['effectiveAccess by principal', 'User', 'query ($id: ID!) { effectiveAccess(principal: $id) { totalCount } }'],
  [
    'checkAccess of a principal',
    'User',
    `query ($id: ID!) { checkAccess(input: { principal: $id, access: { role: "${globalId('Role', 'f2ef992c-3afb-46b9-b7cf-a126ee74c451')}" } }) { allowed } }`,
  ],
  [
    'rolePolicy at a scope',
    'Scope',
    `query ($id: ID!) { rolePolicy(role: "${globalId('Role', 'b24988ac-6180-42a0-ab88-20f7382dd24c')}", scope: { id: $id }) { id } }`,
  ],
  ['deny', 'Request', `mutation ($id: ID!) { deny(input: { requests: [$id], justification: "x" }) ${OUTCOME} }`],
];
const role = globalId('Role', 'b24988ac-6180-42a0-ab88-20f7382dd24c');
const ASSIGN = (changes: string) =>
  `mutation ($id: ID!) { assign(input: { role: "${role}", type: ELIGIBLE, ${changes} }) ${OUTCOME} }`;
const MANAGED: Case[] = [
  ['assign at a scope', 'Scope', ASSIGN(`principal: "${globalId('User', persona('devon'))}", scope: { id: $id }`)],
  ['remove', 'Assignment', `mutation ($id: ID!) { remove(input: { assignment: $id }) ${OUTCOME} }`],
  ['update', 'Assignment', `mutation ($id: ID!) { update(input: { assignment: $id, permanent: true }) ${OUTCOME} }`],
  ['extend as a manager', 'Assignment', `mutation ($id: ID!) { extend(input: { assignment: $id }) ${OUTCOME} }`],
  ['renew as a manager', 'Assignment', `mutation ($id: ID!) { renew(input: { assignments: [$id] }) ${OUTCOME} }`],
  ['cancel as a manager', 'Request', `mutation ($id: ID!) { cancel(input: { requests: [$id] }) ${OUTCOME} }`],
];

describe.each<[PersonaName, Case[]]>([
  ['gus', LOOKUPS],
  ['gwen', MANAGED],
])('for %s', (name, cases) => {
  it.each(cases)('%s with the id of a hidden %s', async (_field, type, document) => {
    const answerTo = async (id: string) => {
      const answer = await gateway.ask(name, document, { id });
      const headers = [...answer.headers].filter(([header]) => header !== 'date');
      // What was asked before is in what is left of the budget.
      const text = answer.text.replace(/"budget":\{.*?\}/, '');
      return { status: answer.status, text, headers };
    };
    const random = await answerTo(globalId(type, crypto.randomUUID()));
    const id = globalId(type, hidden.get(type) as string);
    const others: [string, string][] = [
      ['hidden', id],
      ['of a type that does not exist', Buffer.from(`Nonsense:${hidden.get(type)}`).toString('base64url')],
      ['of what every object has', Buffer.from(`constructor:${hidden.get(type)}`).toString('base64url')],
      ['of another type', globalId(type === 'Request' ? 'Assignment' : 'Request', hidden.get(type) as string)],
      ['in capitals', globalId(type, (hidden.get(type) as string).toUpperCase())],
      ['a bare uuid', hidden.get(type) as string],
      ['garbage', 'garbage'],
      ['empty', ''],
      ['SQL', Buffer.from(`${type}:' OR true --`).toString('base64url')],
      ['long', 'A'.repeat(10_000)],
    ];
    for (const [what, other] of others) expect(await answerTo(other), what).toEqual(random);
    expect(random.status).toBe(200);
  });
});

it.each<[string, NodeType, PersonaName]>([
  ['an assignment', 'Assignment', 'sam'],
  ['a request', 'Request', 'sam'],
  ['a scope', 'Scope', 'devon'],
  ['a user', 'User', 'olga'],
  ['a group', 'Group', 'olga'],
])('shows %s to somebody who may see it: the control', async (_what, type, name) => {
  const id = globalId(type, hidden.get(type) as string);
  const { data } = await gateway.ask(
    name,
    'query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { __typename } }',
    { id },
  );
  expect(data).toEqual({ node: { id }, nodes: [{ __typename: type }] });
});

it('hides what lies behind a visible object too', async () => {
  const { data } = await gateway.ask<Anything>(
    'gus',
    '{ me { eligible { nodes { scope { parent { parent { parent { id displayName } } } } principal { id } } } } principals { totalCount } }',
  );
  expect(data.principals.totalCount).toBe(2);
  expect(data.me.eligible.nodes).toHaveLength(1);
});
