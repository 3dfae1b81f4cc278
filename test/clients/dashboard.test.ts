/** Does the dashboard's server give a browser what it can run, and nothing else of this machine? */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveDashboard } from '../../clients/examples/live-dashboard/serve.ts';

let dashboard: Awaited<ReturnType<typeof serveDashboard>>;

beforeAll(async () => {
  dashboard = await serveDashboard({ gateway: 'https://gateway.example', port: 0 });
});

afterAll(() => dashboard.close());

const get = (path: string) => fetch(`${dashboard.url}${path}`);

test('the address alone leads to the page, which may speak with its gateway only', async () => {
  const response = await get('/');
  expect(new URL(response.url).pathname).toBe('/examples/live-dashboard/');
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const policy = response.headers.get('content-security-policy');
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("connect-src 'self' https://gateway.example wss://gateway.example");
});

test('TypeScript arrives as JavaScript', async () => {
  const response = await get('/typescript/queue.ts');
  expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  const url = `data:text/javascript,${encodeURIComponent(await response.text())}`;
  const { Queue } = await import(url);
  expect(new Queue().size).toBe(0);
});

test.each([
  '/../package.json',
  '/..%2f..%2fcodegen.ts',
  '/%2e%2e/codegen.ts',
  '/typescript/documents.json',
  '/nothing.ts',
])('%s is not served', async (path) => expect((await get(path)).status).toBe(404));
