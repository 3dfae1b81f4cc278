/** Does the directory keep its last administrators, by every route and under every race? Real sessions, real commits. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DIRECTORY_SCOPE, ENTRA, GROUP_MEMBER, GROUP_OWNER } from '../../src/decision/role.ts';
import { keepAdministrators } from '../../src/store/administrators.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';

let clone: TestDatabase;
let one: pg.Client;
let other: pg.Client;

beforeAll(async () => {
  clone = await cloneDatabase();
  one = new pg.Client({ connectionString: clone.url });
  other = new pg.Client({ connectionString: clone.url });
  await Promise.all([one.connect(), other.connect()]);
});

afterAll(async () => {
  await Promise.all([one.end(), other.end()]);
  await clone.drop();
});

/** An administrator with everything the routes below take away: directly, or as a member of a group that holds the role. */
interface Administrator {
  readonly user: string;
  readonly assignment: string;
  readonly membership: string | null;
}

let direct: Administrator;
let throughGroup: Administrator;

beforeEach(async () => {
  // Between tests nobody is an administrator; the guard is no part of that, so it is taken out of the way.
  await one.query(`BEGIN; SET LOCAL session_replication_role = replica; DELETE FROM assignment; COMMIT`);
  direct = await administrator(false);
  throughGroup = await administrator(true);
});

type Route = (client: pg.Client, administrator: Administrator) => Promise<unknown>;

const ROUTES: Record<string, Route> = {
  'ending the assignment': (client, { assignment }) =>
    client.query('UPDATE assignment SET ends_at = clock_timestamp() WHERE id = $1', [assignment]),
  'making it time-bound': (client, { assignment }) =>
    client.query(`UPDATE assignment SET ends_at = clock_timestamp() + interval '1 day' WHERE id = $1`, [assignment]),
  'deleting the assignment': (client, { assignment }) =>
    client.query('DELETE FROM assignment WHERE id = $1', [assignment]),
  'disabling the user': (client, { user }) =>
    client.query('UPDATE principal SET enabled = false WHERE id = $1', [user]),
  'deleting the user': (client, { user }) =>
    client.query('UPDATE principal SET deleted_at = clock_timestamp() WHERE id = $1', [user]),
  'ending the membership, or the assignment': (client, { membership, assignment }) =>
    client.query('UPDATE assignment SET ends_at = clock_timestamp() WHERE id = $1', [membership ?? assignment]),
};

describe('the last administrator', () => {
  test.each(Object.entries(ROUTES))('stays, whichever way: %s', async (_name, route) => {
    await route(one, direct);
    await expect(route(one, throughGroup)).rejects.toMatchObject({ constraint: 'last_administrator' });
    expect(await usable()).toEqual([throughGroup.user]);
  });

  test('may go once another one has come in the same transaction', async () => {
    await ROUTES['ending the assignment']?.(one, direct);
    await one.query('BEGIN');
    await ROUTES['disabling the user']?.(one, throughGroup);
    const successor = await administrator(false);
    await one.query('COMMIT');
    expect(await usable()).toEqual([successor.user]);
  });

  const pairs = Object.keys(ROUTES).flatMap((first) => Object.keys(ROUTES).map((second) => [first, second] as const));
  test.each(pairs)('stays when two go at once: %s, and %s', async (first, second) => {
    await Promise.all([one.query('BEGIN'), other.query('BEGIN')]);
    await Promise.all([ROUTES[first]?.(one, direct), ROUTES[second]?.(other, throughGroup)]);
    const ends = await Promise.allSettled([one.query('COMMIT'), other.query('COMMIT')]);
    const refused = ends.filter((end) => end.status === 'rejected');
    expect(refused).toHaveLength(1);
    expect(refused[0]?.reason).toMatchObject({ constraint: 'last_administrator' });
    expect(await usable()).toHaveLength(1);
  });

  test('are two where the setting says two', async () => {
    await keepAdministrators(clone.database, 2);
    try {
      await expect(ROUTES['disabling the user']?.(one, direct)).rejects.toMatchObject({
        constraint: 'last_administrator',
      });
    } finally {
      await keepAdministrators(clone.database, 1);
    }
  });

  test('leaves the eligible way in place while nobody is active', async () => {
    const eligible = await assignment(await principal('USER'), ENTRA.globalAdministrator, DIRECTORY_SCOPE, 'ELIGIBLE');
    await one.query(
      `BEGIN; SET LOCAL session_replication_role = replica; DELETE FROM assignment WHERE type = 'ACTIVE'; COMMIT`,
    );
    await expect(one.query('DELETE FROM assignment WHERE id = $1', [eligible])).rejects.toMatchObject({
      constraint: 'last_administrator',
    });
  });

  test('is no matter for roles that are not guarded', async () => {
    const reader = await assignment(await principal('USER'), ENTRA.globalReader, DIRECTORY_SCOPE, 'ACTIVE');
    await one.query('DELETE FROM assignment WHERE id = $1', [reader]);
    expect(await usable()).toHaveLength(2);
  });
});

describe('the last owner of a group', () => {
  test.each(['ending the assignment', 'deleting the assignment', 'disabling the user', 'deleting the user'])(
    'stays, whichever way: %s',
    async (name) => {
      const group = await principal('GROUP');
      const scope = await groupScope(group);
      const owners = [await owner(scope), await owner(scope)] as const;
      await ROUTES[name]?.(one, owners[0]);
      await expect(ROUTES[name]?.(one, owners[1])).rejects.toMatchObject({ constraint: 'last_owner' });
    },
  );
});

async function administrator(group: boolean): Promise<Administrator> {
  const user = await principal('USER');
  if (!group) {
    const held = await assignment(user, ENTRA.globalAdministrator, DIRECTORY_SCOPE, 'ACTIVE');
    return { user, assignment: held, membership: null };
  }
  const id = await principal('GROUP');
  const held = await assignment(id, ENTRA.globalAdministrator, DIRECTORY_SCOPE, 'ACTIVE');
  return { user, assignment: held, membership: await assignment(user, GROUP_MEMBER, await groupScope(id), 'ACTIVE') };
}

async function owner(scope: string): Promise<Administrator> {
  const user = await principal('USER');
  return { user, assignment: await assignment(user, GROUP_OWNER, scope, 'ACTIVE'), membership: null };
}

async function principal(kind: 'USER' | 'GROUP'): Promise<string> {
  const id = randomUUID();
  const user = kind === 'USER';
  await one.query(
    `INSERT INTO principal (id, kind, display_name, user_principal_name, user_type, role_assignable, security_enabled)
     VALUES ($1, $2, 'Somebody', $3, $4, $5, $5)`,
    [id, kind, user ? `${id}@company.example` : null, user ? 'MEMBER' : null, !user],
  );
  return id;
}

async function groupScope(group: string): Promise<string> {
  const id = randomUUID();
  await one.query(
    `INSERT INTO scope (id, provider, kind, path, display_name, principal_id) VALUES ($1, 'GROUP', 'GROUP', $2, 'Group', $3)`,
    [id, `/groups/${group}`, group],
  );
  return id;
}

async function assignment(holder: string, role: string, scope: string, type: 'ELIGIBLE' | 'ACTIVE'): Promise<string> {
  const id = randomUUID();
  await one.query(
    `INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, created_at)
     SELECT $1, s.provider, $2, s.id, $4, $5, clock_timestamp() - interval '1 hour', clock_timestamp() FROM scope s WHERE s.id = $3`,
    [id, role, scope, holder, type],
  );
  return id;
}

async function usable(): Promise<string[]> {
  const { rows } = await one.query<{ id: string }>('SELECT id FROM administrators($1, true)', [
    ENTRA.globalAdministrator,
  ]);
  return rows.map(({ id }) => id);
}
