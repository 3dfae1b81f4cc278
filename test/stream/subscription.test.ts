/** Does a subscriber get everything they may see, in order, once, on either transport, and nothing more? */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { globalId } from '../../schema/ids.ts';
import { persona } from '../../src/company/personas.ts';
import { ENTRA } from '../../src/decision/role.ts';
import { encodeCursor } from '../../src/stream/cursor.ts';
import { type Anything, open, startGateway, type TestGateway, TRANSPORTS } from '../support/gateway.ts';
import { until } from '../support/process.ts';

const LIVE = `subscription Live($after: Cursor, $filter: AssignmentEventFilter) {
  assignmentEvents(after: $after, filter: $filter) { position cursor type principal { objectId } }
}`;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const execute = (statement: string, parameters: unknown[] = []) =>
  gateway.database.em.fork().execute(statement, parameters);

/** Commits that many events about somebody's Entra access in one transaction. */
async function happen(principalId: string, count = 1): Promise<void> {
  await execute(
    `INSERT INTO event (at, type, provider, assignment_type, principal_id, role_id, scope_id, payload)
    SELECT clock_timestamp(), 'assignment.assigned', 'ENTRA_ROLE', 'ACTIVE', ?, ?, '00000000-0000-4000-8000-000000000001', '{}'
    FROM generate_series(1, ?::int)`,
    [principalId, ENTRA.globalReader, count],
  );
}

async function end(): Promise<string> {
  const { data } = await gateway.ask('olga', '{ eventCursor }');
  return data.eventCursor;
}

async function settled(): Promise<void> {
  await until('every event to be numbered', async () => {
    const [row] = await execute('SELECT count(*)::int AS waiting FROM event WHERE position IS NULL');
    return (row as { waiting: number }).waiting === 0;
  });
}

const events = (items: { data?: { assignmentEvents: { position: number } } | null }[]) =>
  items.map(({ data }) => data?.assignmentEvents);
const positions = (items: Parameters<typeof events>[0]) => events(items).map((event) => event?.position);

describe.each(TRANSPORTS)('over %s', (transport) => {
  it('delivers what happens, in order and once, and goes on behind any cursor', async () => {
    await settled();
    const after = await end();
    const live = await open(gateway, transport, 'olga', LIVE, { after });
    await happen(persona('olga'), 3);
    await happen(persona('olga'), 2);
    const five = events(await live.atLeast(5));
    live.stop();
    const first = five[0]?.position as number;
    expect(five.map((event) => event?.position)).toEqual([0, 1, 2, 3, 4].map((step) => first + step));
    await happen(persona('olga'), 2);
    for (const [index, event] of five.entries()) {
      const resumed = await open(gateway, transport, 'olga', LIVE, { after: (event as Anything).cursor });
      const rest = positions(await resumed.atLeast(6 - index));
      resumed.stop();
      expect(rest).toEqual(Array.from({ length: 6 - index }, (_, step) => first + index + 1 + step));
    }
  });

  it('delivers from now on without a cursor, and only what the filter names', async () => {
    await settled();
    const filter = { types: ['ASSIGNMENT_ASSIGNED'], principals: [globalId('User', persona('olga'))] };
    const live = await open(gateway, transport, 'grace', LIVE, { filter });
    const marks = await open(gateway, transport, 'grace', LIVE);
    await until('both to be under way', async () => {
      await happen(persona('maya'));
      await happen(persona('olga'));
      return live.items.length > 0 && marks.items.length > 0;
    });
    const after = await end();
    await settled();
    await happen(persona('maya'), 2);
    await happen(persona('olga'));
    const last = await open(gateway, transport, 'olga', LIVE, { after });
    const [mark] = positions((await last.atLeast(1)).slice(-1));
    await until('the mark', () => positions(live.items).includes(mark));
    for (const stream of [live, marks, last]) stream.stop();
    expect(new Set(events(live.items).map((event) => (event as Anything).principal.objectId))).toEqual(
      new Set([persona('olga')]),
    );
    const seen = positions(live.items) as number[];
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
  });

  it.each([
    ['garbage', () => Buffer.from('garbage').toString('base64url'), 'BAD_CURSOR'],
    ['the cursor of a list', () => Buffer.from('["roles","a","b"]').toString('base64url'), 'BAD_CURSOR'],
    ['a negative position', (epoch: string) => Buffer.from(`${epoch}:-1`).toString('base64url'), 'BAD_CURSOR'],
    [
      'a position of twenty digits',
      (epoch: string) => Buffer.from(`${epoch}:${'9'.repeat(20)}`).toString('base64url'),
      'BAD_CURSOR',
    ],
    ['another epoch', () => encodeCursor({ epoch: crypto.randomUUID(), position: 1 }), 'RESYNC_REQUIRED'],
    ['a position still to come', (epoch: string) => encodeCursor({ epoch, position: 10 ** 12 }), 'RESYNC_REQUIRED'],
  ] as const)('answers %s as a cursor with an error that says so', async (_what, cursor, code) => {
    const [{ epoch }] = (await execute('SELECT epoch FROM event_log')) as [{ epoch: string }];
    const stream = await open(gateway, transport, 'olga', LIVE, { after: cursor(epoch) });
    const items = await stream.all();
    expect(items).toHaveLength(1);
    expect(items[0]?.errors?.[0]?.extensions.code).toBe(code);
    expect(items[0]?.errors?.[0]?.message).toMatch(/cursor/);
  });

  it('replays a log longer than a batch', async () => {
    const after = await end();
    await happen(persona('olga'), 700);
    await settled();
    const stream = await open(gateway, transport, 'olga', LIVE, { after });
    const all = positions(await stream.atLeast(700)) as number[];
    stream.stop();
    expect(all).toEqual(all.map((_, index) => (all[0] as number) + index));
  });

  it('tells an outsider nothing', async () => {
    await settled();
    const after = await end();
    const outsider = await open(gateway, transport, 'olga', LIVE, { after });
    const insider = await open(gateway, transport, 'sam', LIVE, { after });
    await happen(persona('maya'), 5);
    await happen(persona('olga'));
    expect(events(await outsider.atLeast(1)).map((event) => (event as Anything).principal.objectId)).toEqual([
      persona('olga'),
    ]);
    // The control: somebody who reads every assignment is told all six.
    await insider.atLeast(6);
    for (const stream of [outsider, insider]) stream.stop();
    expect(outsider.items).toHaveLength(1);
  });
});
