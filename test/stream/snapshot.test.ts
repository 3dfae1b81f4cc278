/** Do the rows and the changes after them fit? While others write, nothing is missing between them and nothing is in both. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { globalId } from '../../schema/ids.ts';
import { persona } from '../../src/company/personas.ts';
import { type Anything, open, type Stream, startGateway, type TestGateway, TRANSPORTS } from '../support/gateway.ts';
import { until } from '../support/process.ts';
import { PLAIN_ROLE } from '../support/rows.ts';

const DIRECTORY = '00000000-0000-4000-8000-000000000001';
const WRITERS = 6;
const SUBSCRIBERS = 12;

let gateway: TestGateway;
/** Whose access changes: users of the demo company who hold nothing. */
let people: string[];
beforeAll(async () => {
  gateway = await startGateway();
  await settled();
  people = (
    await execute(
      "SELECT id FROM principal p WHERE kind = 'USER' AND NOT EXISTS (SELECT FROM assignment WHERE principal_id = p.id) ORDER BY id LIMIT 1500",
    )
  ).map(({ id }) => id);
});
afterAll(() => gateway.close());

const execute = (statement: string, parameters: unknown[] = []) =>
  gateway.database.em.fork().execute(statement, parameters) as Promise<Anything[]>;
const settled = () =>
  until('every event to be numbered', async () => {
    const [row] = await execute('SELECT count(*)::int AS waiting FROM event WHERE position IS NULL');
    return row.waiting === 0;
  });

/** A connection of its own, ended with `await using`. */
async function connect() {
  const client = new pg.Client({ connectionString: gateway.databaseUrl });
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}
type Connection = Awaited<ReturnType<typeof connect>>;

/** An assignment whose condition counts its changes, which the payloads of its events count too. */
interface Counted {
  readonly id: string;
  readonly principal: string;
  version: number;
}

/** The transaction is left open. */
async function change(client: Connection, row: Counted, type: string): Promise<void> {
  row.version++;
  await client.query('BEGIN');
  if (type === 'assignment.assigned') {
    await client.query(
      `INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, condition, created_at)
      VALUES ($1, 'ENTRA_ROLE', $2, $3, $4, 'ACTIVE', now() - interval '1 hour', $5, clock_timestamp())`,
      [row.id, PLAIN_ROLE, DIRECTORY, row.principal, String(row.version)],
    );
  } else {
    const ending = type === 'assignment.removed' ? ", ends_at = now() - interval '1 second', ended_by = 'REMOVED'" : '';
    await client.query(`UPDATE assignment SET condition = $2 ${ending} WHERE id = $1`, [row.id, String(row.version)]);
  }
  await client.query(
    `INSERT INTO event (at, type, provider, assignment_type, principal_id, role_id, scope_id, assignment_id, payload)
    VALUES (clock_timestamp(), $1, 'ENTRA_ROLE', 'ACTIVE', $2, $3, $4, $5, $6)`,
    [type, row.principal, PLAIN_ROLE, DIRECTORY, row.id, { version: row.version }],
  );
}

const create = (principal: string): Counted => ({ id: crypto.randomUUID(), principal, version: 0 });

const LIVE = `subscription ($roles: [ID!]) { item: assignmentEvents(snapshot: true, filter: { roles: $roles }) {
  kind position assignment { id condition } } }`;
const ROLES = { roles: [globalId('Role', PLAIN_ROLE)] };

/** Rows with their versions, and the positions behind them. */
function read({ items }: Stream) {
  const all = items.map(({ data }) => data?.item);
  const complete = all.findIndex(({ kind }) => kind === 'SNAPSHOT_COMPLETE');
  // What the company holds already counts nothing.
  const rows = all.slice(0, complete).filter(({ assignment }) => assignment?.condition !== null);
  return {
    isComplete: complete >= 0,
    kinds: new Set(rows.map(({ kind }) => kind)),
    rows: new Map<string, number>(rows.map(({ assignment: { id, condition } }) => [id, Number(condition)])),
    at: all[complete]?.position as number,
    positions: all.slice(complete + 1).map(({ position }) => position as number),
  };
}

it('rows and changes fit, whenever a subscriber begins and however long the transactions of others are', async () => {
  const free = [...people.slice(0, 1000)];
  const streams: Stream[] = [];
  let isOver = false;
  const write = async (writer: number) => {
    await using client = await connect();
    const mine: Counted[] = [];
    for (let turn = 0; !isOver; turn++) {
      const known = mine.length > 0 ? mine[(turn * 7) % mine.length] : undefined;
      const isNew = !known || (turn % 3 === 0 && free.length > 0);
      const row = isNew ? create(free.pop() as string) : (known as Counted);
      const removes = !isNew && turn % 5 === 0;
      await change(client, row, isNew ? 'assignment.assigned' : removes ? 'assignment.removed' : 'assignment.updated');
      // Some are long: others commit before them what began after them.
      if ((turn + writer) % 6 === 0) await client.query('SELECT pg_sleep(0.04)');
      await client.query(turn % 11 === 10 && isNew ? 'ROLLBACK' : 'COMMIT');
      if (isNew && turn % 11 !== 10) mine.push(row);
      if (removes) mine.splice(mine.indexOf(row), 1);
    }
  };
  const writing = Array.from({ length: WRITERS }, (_, writer) => write(writer));
  for (let count = 0; count < SUBSCRIBERS; count++) {
    const stream = await open(gateway, TRANSPORTS[count % 2] as (typeof TRANSPORTS)[number], 'grace', LIVE, ROLES);
    streams.push(stream);
    await until('its snapshot', () => read(stream).isComplete && read(stream).positions.length > 2);
  }
  isOver = true;
  await Promise.all(writing);
  await settled();
  const events = await execute(
    "SELECT position::int, assignment_id AS id, type, (payload->>'version')::int AS version FROM event WHERE payload ? 'version' ORDER BY position",
  );
  const last = events.at(-1).position;
  const table = await execute(
    'SELECT id, condition FROM assignment WHERE condition IS NOT NULL AND role_id = ? AND ends_at IS NULL',
    [PLAIN_ROLE],
  );
  for (const stream of streams) {
    await until('the last change', () => read(stream).positions.at(-1) === last);
    stream.stop();
    expectToFit(read(stream), events, table);
  }
  expect(events.length).toBeGreaterThan(100);
});

function expectToFit(
  { rows, positions, kinds, at }: ReturnType<typeof read>,
  events: Anything[],
  table: Anything[],
): void {
  expect(kinds).toEqual(new Set(['SNAPSHOT']));
  expect(positions).toEqual([...new Set(positions)].sort((one, other) => one - other));
  expect(positions[0]).toBeGreaterThan(at);
  const told = new Set(positions);
  const state = new Map(rows);
  const byId = Map.groupBy(events, ({ id }) => globalId('Assignment', id));
  for (const [id, changes] of byId) {
    const held = rows.get(id) ?? 0;
    const behind = changes.filter(({ position }) => told.has(position)).map(({ version }) => version);
    // What had been removed by then is in no row, and nothing of it comes after.
    const wasOver = held === 0 && behind.length === 0;
    if (wasOver) expect(changes.at(-1).type).toBe('assignment.removed');
    else expect([id, behind]).toEqual([id, changes.map(({ version }) => version).filter((version) => version > held)]);
    for (const { position, version, type } of changes) {
      if (told.has(position) && type === 'assignment.removed') state.delete(id);
      else if (told.has(position)) state.set(id, version);
    }
  }
  expect(state).toEqual(new Map(table.map(({ id, condition }) => [globalId('Assignment', id), Number(condition)])));
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  const begin = async () => {
    const stream = await open(gateway, transport, 'grace', LIVE, ROLES);
    await until('its snapshot', () => read(stream).isComplete);
    return stream;
  };

  it('what is not committed yet comes after the rows', async () => {
    await using client = await connect();
    const row = create(people.pop() as string);
    await change(client, row, 'assignment.assigned');
    const stream = await begin();
    await client.query('COMMIT');
    await until('the change', () => read(stream).positions.length > 0);
    stream.stop();
    expect(read(stream).rows.has(globalId('Assignment', row.id))).toBe(false);
    expect(stream.items.at(-1)?.data?.item.assignment).toEqual({ id: globalId('Assignment', row.id), condition: '1' });
  });

  it('what is committed and not numbered yet is in the rows, and does not come again', async () => {
    await settled();
    await using sequencer = await connect();
    await using client = await connect();
    const [early, late] = [create(people.pop() as string), create(people.pop() as string)];
    // Whoever numbers events waits for this.
    await sequencer.query('BEGIN; SELECT FROM event_log FOR UPDATE');
    await change(client, early, 'assignment.assigned');
    await client.query('COMMIT');
    const stream = await begin();
    await change(client, late, 'assignment.assigned');
    await client.query('COMMIT');
    await sequencer.query('COMMIT');
    await until('the change', () => read(stream).positions.length > 0);
    stream.stop();
    expect(read(stream).rows.get(globalId('Assignment', early.id))).toBe(1);
    expect(stream.items.at(-1)?.data?.item.assignment?.id).toBe(globalId('Assignment', late.id));
    expect(read(stream).positions).toHaveLength(1);
    // The control: the one that was not repeated is numbered, behind the snapshot.
    const [{ position }] = await execute('SELECT position::int FROM event WHERE assignment_id = ?', [early.id]);
    expect(position).toBeGreaterThan(read(stream).at);
  });

  it('what waits for an approver is in the rows, and what becomes of it comes after', async () => {
    const waiting = await execute(
      `SELECT q.id FROM request q JOIN request_approver a ON a.request_id = q.id
      WHERE a.approver_id = ? AND q.status = 'PENDING_APPROVAL' AND q.expires_at > now()`,
      [persona('arun')],
    );
    const query = 'subscription { item: approvalEvents(snapshot: true) { kind type request { id status } } }';
    const stream = await open(gateway, transport, 'arun', query);
    await until('its snapshot', () => stream.items.some(({ data }) => data?.item.kind === 'SNAPSHOT_COMPLETE'));
    const rows = stream.items.slice(0, -1).map(({ data }) => data?.item.request);
    expect(rows.map(({ id }) => id).sort()).toEqual(waiting.map(({ id }) => globalId('Request', id)).sort());
    const input = { requests: [rows[0].id], justification: 'Not now' };
    await gateway.ask('arun', 'mutation ($input: DecideInput!) { deny(input: $input) { status } }', { input });
    await until('the decision', () => stream.items.length > rows.length + 1);
    stream.stop();
    expect(stream.items.at(-1)?.data?.item).toEqual({
      kind: 'EVENT',
      type: 'REQUEST_DENIED',
      request: { id: rows[0].id, status: 'DENIED' },
    });
  });

  it('a wish that administrators decide is in their rows, and what becomes of it comes after', async () => {
    const [target, wish] = [crypto.randomUUID(), crypto.randomUUID()];
    const holder = people.pop();
    await execute(
      `INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, ends_at, created_at)
      VALUES (?, 'ENTRA_ROLE', ?, ?, ?, 'ELIGIBLE', now() - interval '1 day', now() + interval '1 day', now())`,
      [target, PLAIN_ROLE, DIRECTORY, holder],
    );
    await execute(
      `INSERT INTO request (id, action, status, assignment_type, provider, role_id, scope_id, principal_id, requestor_id, target_id,
        duration_minutes, created_at) VALUES (?, 'SELF_EXTEND', 'PENDING_ADMIN_DECISION', 'ELIGIBLE', 'ENTRA_ROLE', ?, ?, ?, ?, ?, 2880, now())`,
      [wish, PLAIN_ROLE, DIRECTORY, holder, holder, target],
    );
    const query = 'subscription { item: approvalEvents(snapshot: true) { kind type request { id status } } }';
    const stream = await open(gateway, transport, 'pia', query);
    const id = globalId('Request', wish);
    await until('the wish', () =>
      stream.items.some(({ data }) => data?.item.kind === 'SNAPSHOT' && data.item.request.id === id),
    );
    const input = { requests: [id], justification: 'Not any longer' };
    await gateway.ask('grace', 'mutation ($input: DecideInput!) { deny(input: $input) { status } }', { input });
    await until('the decision', () => stream.items.some(({ data }) => data?.item.type === 'REQUEST_DENIED'));
    stream.stop();
    expect(stream.items.at(-1)?.data?.item.request).toEqual({ id, status: 'DENIED' });
  });
});
