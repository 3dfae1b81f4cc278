/** Changes of assignments as a client asks for them: their arguments, their payloads and who may knock. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { globalId } from '../../schema/ids.ts';
import { type PersonaName, persona } from '../../src/company/personas.ts';
import { type Anything, startGateway, type TestGateway } from '../support/gateway.ts';
import { PLAIN_ROLE } from '../support/rows.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const PAYLOAD = `{ status refusals { code field message }
  request { id action status assignment { id } condition }
  assignment { id type startsAt endsAt endedBy condition conditionVersion } }`;

async function change(caller: PersonaName, verb: string, input: object): Promise<Anything> {
  const type = `${verb[0]?.toUpperCase()}${verb.slice(1)}Input`.replace(/Approve|Deny/, 'Decide');
  const document = `mutation ($input: ${type}!) { ${verb}(input: $input) ${PAYLOAD} }`;
  const { data, errors } = await gateway.ask(caller, document, { input });
  if (errors) return errors[0]?.extensions.code;
  return (data as Anything)[verb];
}

async function assigned(more: object = {}): Promise<string> {
  const principal = globalId('User', persona('maya'));
  const input = { principal, role: globalId('Role', PLAIN_ROLE), type: 'ELIGIBLE', duration: 'P5D', ...more };
  const { assignment, refusals } = await change('grace', 'assign', input);
  expect(refusals).toEqual([]);
  return assignment.id;
}

describe('one assignment from its beginning to its end', () => {
  let assignment: string;

  it('is extended at once by an administrator', async () => {
    assignment = await assigned();
    const { status, request, ...rest } = await change('grace', 'extend', { assignment, duration: 'P10D' });
    expect([status, request.action, request.assignment.id]).toEqual(['PROVISIONED', 'ADMIN_EXTEND', assignment]);
    expect(rest).toMatchObject({ refusals: [], assignment: { id: assignment, endedBy: null } });
  });

  it('is extended for its holder once an administrator agrees', async () => {
    const wish = { assignment, duration: 'P20D', justification: 'The project goes on' };
    const { status, request } = await change('maya', 'extend', wish);
    expect([status, request.action]).toEqual(['PENDING_ADMIN_DECISION', 'SELF_EXTEND']);
    const endsAt = new Date(Date.now() + 12 * 86_400_000).toISOString();
    const decision = { requests: [request.id], justification: 'Until the audit', endsAt };
    const [decided] = await change('grace', 'approve', decision);
    expect(decided).toMatchObject({ status: 'PROVISIONED', assignment: { id: assignment, endsAt } });
  });

  it('is updated', async () => {
    const updated = await change('grace', 'update', { assignment, permanent: true });
    expect(updated).toMatchObject({ request: { action: 'ADMIN_UPDATE' }, assignment: { endsAt: null } });
    expect(await change('grace', 'update', { assignment })).toMatchObject({
      refusals: [{ code: 'NOTHING_TO_CHANGE' }],
    });
    const conditioned = await change('grace', 'update', { assignment, condition: 'Exists' });
    expect(conditioned).toMatchObject({ refusals: [{ code: 'CONDITION_NOT_ALLOWED', field: ['condition'] }] });
  });

  it('is removed, and renewed by an administrator', async () => {
    const removed = await change('grace', 'remove', { assignment, ticket: { number: '7', system: 'Desk' } });
    expect(removed).toMatchObject({ status: 'REVOKED', assignment: { endedBy: 'REMOVED' } });
    const input = { assignments: [assignment], justification: 'Please', duration: 'P1D' };
    expect(await change('maya', 'renew', input)).toMatchObject([{ refusals: [{ code: 'NOT_RENEWABLE' }] }]);
    const [renewed] = await change('grace', 'renew', input);
    expect(renewed).toMatchObject({ status: 'PROVISIONED', request: { assignment: { id: assignment } } });
    expect(renewed.assignment.id).not.toBe(assignment);
    await change('grace', 'remove', { assignment: renewed.assignment.id });
  });

  it('is granted for later and taken back', async () => {
    const startsAt = new Date(Date.now() + 86_400_000).toISOString();
    const id = await assigned({ startsAt });
    const { data } = await gateway.ask('grace', `{ requests(first: 1) { nodes { id status } } }`);
    const [request] = (data as Anything).requests.nodes;
    expect(request.status).toBe('GRANTED');
    const [canceled] = await change('grace', 'cancel', { requests: [request.id] });
    expect(canceled).toMatchObject({ status: 'CANCELED', assignment: { id, startsAt, endsAt: startsAt } });
  });
});

describe('who may not knock', () => {
  it('removes and updates nothing', async () => {
    const assignment = await assigned();
    expect(await change('maya', 'remove', { assignment })).toBe('FORBIDDEN');
    expect(await change('maya', 'update', { assignment, permanent: true })).toBe('FORBIDDEN');
  });
});

describe('a list of none, or of too many', () => {
  it.each([[0], [51]])('%i', async (count) => {
    const ids = Array.from({ length: count }, () => 'x');
    expect(await change('grace', 'renew', { assignments: ids })).toBe('BAD_USER_INPUT');
    expect(await change('grace', 'cancel', { requests: ids })).toBe('BAD_USER_INPUT');
  });
});
