/** Does the gateway speak GraphQL over HTTP as the specification's own audits hear it? @see https://github.com/graphql/graphql-http */
import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ empty: false });
});
afterAll(() => gateway.close());

const audits = serverAudits({
  url: () => gateway.url,
  fetchFn: async (url: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${await gateway.token('olga')}`);
    return fetch(url, { ...init, headers });
  },
});

it('is asked all 61 audits', () => {
  expect(audits).toHaveLength(61);
});

it.each(audits.map((audit) => [audit.id, audit.name, audit] as const))('%s: %s', async (_id, _name, audit) => {
  const result = await audit.fn();
  expect(result.status === 'ok' ? 'ok' : `${result.status}: ${result.reason}`).toBe('ok');
});
