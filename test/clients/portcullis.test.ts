/** Does the SDK do what its types say, over HTTP, WebSocket and SSE, against a real gateway? */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPortcullis, type PortcullisOptions } from '../../clients/typescript/portcullis.ts';
import type { PersonaName } from '../../src/company/personas.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(() => gateway.close());

const as = (name: PersonaName, more: Partial<PortcullisOptions> = {}) =>
  createPortcullis({ url: gateway.url, token: () => gateway.token(name), ...more });

async function eligibilityOf(name: PersonaName): Promise<string> {
  const { me } = await as(name).myRoles();
  return me.eligible.nodes[0]?.id as string;
}

describe('a call', () => {
  test('answers a query with typed data', async () => {
    const { me } = await as('maya').myRoles();
    expect(me.eligible.nodes[0]).toMatchObject({ role: { displayName: 'Global Reader' }, scope: { path: '/' } });
    const { roles } = await as('maya').roles({ first: 1, count: true });
    expect(roles.totalCount).toBe(1080);
  });

  test('gives a refusal as data, with every failed rule', async () => {
    const once = as('maya', { token: () => gateway.token('maya', { multiFactor: false }) });
    const { activate } = await once.activate({ input: { eligibility: await eligibilityOf('maya') } });
    expect(activate.refusals[0]?.failedRules.map(({ rule }) => rule)).toEqual(['JUSTIFICATION', 'MFA']);
    expect(activate.refusals[0]?.stepUp?.acrValues).toEqual(['mfa']);
  });

  test.each<[string, Partial<PortcullisOptions>, object]>([
    ['a token that is none', { token: 'nonsense' }, { code: 'UNAUTHENTICATED', status: 401 }],
    ['a gateway that is not there', { url: 'http://127.0.0.1:9/graphql' }, { code: 'CONNECTION_FAILED', status: null }],
  ])('is rejected with one error for %s', async (_name, options, error) => {
    await expect(as('maya', options).me()).rejects.toMatchObject({ name: 'PortcullisError', ...error });
  });

  test('is rejected with the code of what is forbidden', async () => {
    const forbidden = { input: { principal: 'x', role: 'x', type: 'ELIGIBLE' as const } };
    await expect(as('olga').assign(forbidden)).rejects.toMatchObject({ code: 'FORBIDDEN', status: 403 });
  });

  test('fails with the reason of its signal', async () => {
    const reason = new Error('enough');
    await expect(as('maya').me({}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe.each(['websocket', 'sse'] as const)('a stream over %s', (transport) => {
  test('delivers what happens after a cursor, in order, and ends when it is left', async () => {
    const devon = as('devon', { transport });
    const { eventCursor } = await devon.eventCursor();
    const eligibility = await eligibilityOf('devon');
    const ticket = { number: 'CHG-1', system: 'Changes' };
    const input = { eligibility, duration: 'PT30M', justification: 'Release', ticket };
    const { activate } = await devon.activate({ input });
    expect(activate.refusals).toEqual([]);
    const seen: unknown[] = [];
    for await (const { assignmentEvents } of devon.live.assignmentEvents({ after: eventCursor })) {
      if (assignmentEvents.principal?.displayName !== activate.assignment?.principal.displayName) continue;
      seen.push(assignmentEvents.type);
      break;
    }
    expect(seen).toEqual(['ASSIGNMENT_ACTIVATED']);
    const administrator = as('ursula');
    const removed = await administrator.deactivate({ input: { assignment: activate.assignment?.id as string } });
    expect([...removed.deactivate.refusals.map(({ code }) => code)]).toEqual([]);
  });

  test('ends with an error that says why', async () => {
    const stream = as('maya', { transport }).live.assignmentEvents({ after: 'bm90LWEtY3Vyc29y' });
    await expect(stream.next()).rejects.toMatchObject({ name: 'PortcullisError', code: 'BAD_CURSOR' });
  });

  test('ends for a token that is none', async () => {
    const stream = as('maya', { transport, token: 'nonsense' }).live.assignmentEvents();
    await expect(stream.next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('ends with its signal', async () => {
    const stop = new AbortController();
    const stream = as('olga', { transport }).live.assignmentEvents({}, { signal: stop.signal });
    const next = stream.next();
    stop.abort();
    await expect(next).resolves.toEqual({ done: true, value: undefined });
  });
});
