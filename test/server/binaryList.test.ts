/** What becomes of rows that nobody expects, where a list is written from bytes? */
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { until } from '../support/process.ts';

let gateway: TestGateway;
let client: pg.Client;
beforeAll(async () => {
  gateway = await startGateway({ config: { execution: 'compiled' } });
  client = new pg.Client({ connectionString: gateway.clone.administratorUrl });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await gateway.close();
});

test('names that are all escapes are whole, beside cursors that hold them once more', async () => {
  const { rows } = await client.query<{ id: string }>('SELECT id FROM role ORDER BY display_name LIMIT 3');
  await client.query('ALTER TABLE role DISABLE TRIGGER USER');
  const names = rows.map((_, index) => `${'\u0001'.repeat(20_000)}${index}`);
  for (const [index, { id }] of rows.entries()) {
    await client.query('UPDATE role SET display_name = $1 WHERE id = $2', [names[index], id]);
  }
  const { data } = await gateway.ask(
    'grace',
    '{ roles(first: 3) { edges { cursor node { a: displayName b: displayName } } } }',
  );
  const { edges } = data.roles;
  expect(edges.map(({ node }: { node: object }) => node)).toEqual(names.map((name) => ({ a: name, b: name })));
  const keys = edges.map(
    ({ cursor }: { cursor: string }) => JSON.parse(Buffer.from(cursor, 'base64url').toString())[1],
  );
  expect(keys).toEqual(names);
});

test('an event of a type that another version of the gateway has is there, without its type', async () => {
  const list = async () =>
    (await gateway.ask('grace', '{ auditEvents(last: 4) { nodes { position type } } }')).data.auditEvents.nodes;
  await until('four events to be numbered', async () => (await list()).length === 4);
  const [first, second, ...others] = await list();
  await client.query('ALTER TABLE event DISABLE TRIGGER USER');
  await client.query(`UPDATE event SET type = 'assignment.newer' WHERE position = $1`, [second.position]);
  expect(await list()).toEqual([first, { ...second, type: null }, ...others]);
});

test('a ticket is there with its number alone, and with its system alone', async () => {
  const tickets = [
    { number: 'CHG-1', system: null },
    { number: null, system: 'Change desk' },
    { number: 'CHG-2', system: 'Change desk' },
    { number: null, system: null },
  ];
  for (const { number, system } of tickets) {
    await client.query(
      `INSERT INTO request (id, action, status, assignment_type, provider, role_id, scope_id, principal_id, created_at, completed_at, ticket_number, ticket_system)
       SELECT gen_random_uuid(), 'ADMIN_ASSIGN', 'PROVISIONED', type, provider, role_id, scope_id, principal_id, clock_timestamp(), clock_timestamp(), $1, $2
       FROM assignment WHERE provider = 'ENTRA_ROLE' LIMIT 1`,
      [number, system],
    );
  }
  const { data } = await gateway.ask('grace', '{ requests(first: 4) { nodes { ticket { number system } } } }');
  expect(data.requests.nodes.reverse()).toEqual([
    ...tickets.slice(0, 3).map((ticket) => ({ ticket })),
    { ticket: null },
  ]);
});

test('a null where none may be is a fault, and no value', async () => {
  await client.query(
    'ALTER TABLE scope DISABLE TRIGGER USER; ALTER TABLE scope ALTER COLUMN display_name DROP NOT NULL',
  );
  await client.query('UPDATE scope SET display_name = NULL WHERE id IN (SELECT id FROM scope LIMIT 1)');
  const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const { data, errors } = await gateway.ask('grace', '{ scopes { nodes { path displayName } } }');
  expect(data).toBeNull();
  expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
  expect(String(logged.mock.calls)).toContain('non-nullable field Scope.displayName');
  logged.mockRestore();
});
