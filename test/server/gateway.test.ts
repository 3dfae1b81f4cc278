/** Where does a request go that names no field? */
import { expect, test } from 'vitest';
import { startGateway } from '../support/gateway.ts';

test('the bare address leads to GraphiQL, and any other path to nothing', async () => {
  await using gateway = await startGateway({ empty: true });
  const root = new URL('/', gateway.url);
  const bare = await fetch(root, { redirect: 'manual' });
  expect([bare.status, bare.headers.get('location')]).toEqual([302, '/graphql']);
  expect((await fetch(new URL('/elsewhere', root))).status).toBe(404);
});
