/** Does anything of one viewer reach another? Two with equal roles and the same document, and what each may see of the rest. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { seeded } from '../../src/company/random.ts';
import { DIRECTORY_SCOPE, GROUP_MEMBER, TENANT_ROOT_SCOPE } from '../../src/decision/role.ts';
import { Entry } from '../../src/stream/frame.ts';
import { type Anything, open, startGateway, type TestGateway, TRANSPORTS } from '../support/gateway.ts';
import { until } from '../support/process.ts';
import { AZURE_CONTRIBUTOR, AZURE_READER, PLAIN_ROLE, type Rows, rowsOf } from '../support/rows.ts';

/** A guard that a control takes out. */
const guard = vi.hoisted(() => ({ isOut: false }));
vi.mock('../../src/decision/event.ts', async (load) => {
  const real = await load<typeof import('../../src/decision/event.ts')>();
  const concerns: typeof real.concerns = (...facts) => guard.isOut || real.concerns(...facts);
  return { ...real, concerns };
});

/** How often each kind of event happens. */
const ROUNDS = 25;
const SIGNED_IN_AT = '2026-01-02T03:04:05.000Z';

const VIEWERS = ['one', 'other'] as const;
type Viewer = (typeof VIEWERS)[number];

interface Scene {
  readonly users: Readonly<Record<Viewer, string>>;
  /** A group of each, which the other is no member of. */
  readonly groups: Readonly<Record<Viewer, string>>;
  /** Their activations, at a scope that both viewers may see, rest each on an eligibility of one of the groups. */
  readonly holders: Readonly<Record<Viewer, string>>;
  readonly eligibilities: Readonly<Record<Viewer, string>>;
  readonly activations: Readonly<Record<Viewer, string>>;
  readonly shop: string;
  readonly subscription: string;
}

let gateway: TestGateway;
let rows: Rows;
let scene: Scene;

beforeAll(async () => {
  gateway = await startGateway({ empty: true });
  rows = rowsOf(gateway.database);
  scene = await setScene();
});
afterAll(() => gateway.close());

const both = async <T>(make: (viewer: Viewer) => Promise<T>): Promise<Record<Viewer, T>> => ({
  one: await make('one'),
  other: await make('other'),
});

async function setScene(): Promise<Scene> {
  const subscription = await rows.scope('SUBSCRIPTION', TENANT_ROOT_SCOPE, '/subscriptions/web');
  const shop = await rows.scope('RESOURCE_GROUP', subscription, '/subscriptions/web/resourceGroups/shop');
  const azure = { provider: 'AZURE_RESOURCE', role: AZURE_CONTRIBUTOR } as const;
  const holders = await both(() => rows.user('Holder'));
  const users = await both((viewer) => rows.user(viewer));
  const groups = await both(async (viewer) => {
    const { id, scope } = await rows.group();
    await rows.assignment({ ...azure, principal: users[viewer], role: AZURE_READER, scope: shop });
    await rows.assignment({ principal: users[viewer], role: GROUP_MEMBER, provider: 'GROUP', scope });
    return id;
  });
  const eligibilities = await both((viewer) =>
    rows.assignment({ ...azure, principal: groups[viewer], scope: subscription, type: 'ELIGIBLE' }),
  );
  const activations = await both((viewer) =>
    rows.assignment({
      ...azure,
      principal: holders[viewer],
      scope: shop,
      eligibility: eligibilities[viewer],
      ends: 60,
    }),
  );
  await rows.run(sql`UPDATE principal SET last_sign_in_at = ${SIGNED_IN_AT} WHERE kind = 'USER'`);
  return { users, groups, holders, eligibilities, activations, shop, subscription };
}

/** What happens to whom, and what of it each of them is due. */
interface Happening {
  readonly columns: Readonly<Record<string, string | null>>;
  readonly due: (viewer: Viewer) => object | null;
}

function happenings(): Happening[] {
  const { users, groups, holders, eligibilities, activations, shop, subscription } = scene;
  const azure = { provider: 'AZURE_RESOURCE', role_id: AZURE_CONTRIBUTOR };
  return VIEWERS.flatMap((whose) => [
    {
      columns: { provider: 'ENTRA_ROLE', role_id: PLAIN_ROLE, scope_id: DIRECTORY_SCOPE, principal_id: users[whose] },
      due: (viewer) =>
        viewer === whose
          ? { principal: { objectId: users[whose], lastSignInAt: SIGNED_IN_AT }, assignment: null }
          : null,
    },
    {
      columns: { ...azure, scope_id: subscription, principal_id: groups[whose], assignment_id: eligibilities[whose] },
      due: (viewer) =>
        viewer === whose
          ? {
              principal: { objectId: groups[whose] },
              assignment: { via: { objectId: groups[whose] }, eligibility: null },
            }
          : null,
    },
    {
      columns: { ...azure, scope_id: shop, principal_id: holders[whose], assignment_id: activations[whose] },
      due: (viewer) => ({
        principal: { objectId: holders[whose], lastSignInAt: null },
        assignment: {
          via: null,
          eligibility: viewer === whose ? { principal: { objectId: groups[whose] } } : null,
        },
      }),
    },
  ]);
}

/** Each a commit of its own, in an order that mixes all of them. */
async function happen(): Promise<Happening[]> {
  const random = seeded(7);
  const kinds = happenings();
  const story = kinds.flatMap((kind) => Array.from({ length: ROUNDS }, () => ({ kind, turn: random.below(2 ** 30) })));
  const ordered = story.toSorted((a, b) => a.turn - b.turn).map(({ kind }) => kind);
  for (const { columns } of ordered) {
    const { provider, role_id, scope_id, principal_id, assignment_id = null } = columns;
    await rows.run(sql`INSERT INTO event (at, type, provider, assignment_type, principal_id, role_id, scope_id, assignment_id, payload)
      VALUES (clock_timestamp(), 'assignment.updated', ${provider}, 'ACTIVE', ${principal_id}, ${role_id}, ${scope_id}, ${assignment_id}, '{}')`);
  }
  return ordered;
}

/** A document of its own for each telling, so that nothing is known of it from the one before. */
const document = (name: string) => `subscription ${name}($after: Cursor) {
  assignmentEvents(after: $after) {
    principal { objectId ... on User { lastSignInAt } }
    assignment { via { objectId } eligibility { principal { objectId } } }
  }
}`;

/** What each viewer was told over each transport, and what each was due. */
async function tell(name: string) {
  const tokens = await both(async (viewer) => ({ token: await gateway.tokenOf(scene.users[viewer]) }));
  const after = (await gateway.ask(tokens.one, '{ eventCursor }')).data.eventCursor;
  const tellings = VIEWERS.flatMap((viewer) => TRANSPORTS.map((transport) => ({ viewer, transport })));
  const streams = await Promise.all(
    tellings.map(({ viewer, transport }) => open(gateway, transport, tokens[viewer], document(name), { after })),
  );
  const story = await happen();
  const due = await both(async (viewer) => story.flatMap(({ due }) => due(viewer) ?? []));
  await until('every event to be numbered', async () => {
    const [row] = await rows.run(sql<Anything>`SELECT count(*)::int AS waiting FROM event WHERE position IS NULL`);
    return row.waiting === 0;
  });
  for (const [index, { viewer }] of tellings.entries()) await streams[index]?.atLeast(due[viewer].length);
  for (const stream of streams) stream.stop();
  return tellings.map((telling, index) => ({
    ...telling,
    told: streams[index]?.items.map(({ data }) => data?.assignmentEvents),
    due: due[telling.viewer],
  }));
}

it('tells each of two viewers with the same document what they are due, in order, and nothing of the other', async () => {
  for (const { told, due } of await tell('Guarded')) {
    expect(due).toHaveLength(4 * ROUNDS);
    expect(told).toEqual(due);
  }
});

it('would be noticed to tell what concerns another', async () => {
  guard.isOut = true;
  const tellings = await tell('Unjudged');
  guard.isOut = false;
  for (const { told, due } of tellings) expect(told).not.toEqual(due);
});

it('would be noticed to share what depends on the viewer', async () => {
  const { shared } = Entry.prototype;
  Entry.prototype.shared = function (this: Entry, rendering, { viewer, sight }, moment) {
    const memo = moment.memo(sight);
    return rendering.render(this.item, { viewer, isShared: true, onPersonal: () => undefined, memo });
  };
  const tellings = await tell('Neutral');
  Entry.prototype.shared = shared;
  for (const { told, due } of tellings) {
    expect(told).toHaveLength(due.length);
    expect(told).not.toEqual(due);
  }
});

it('would be noticed to share what is personal', async () => {
  const { shared, personal } = Entry.prototype;
  let first: Parameters<typeof personal>[1] | null = null;
  Entry.prototype.shared = function (this: Entry, rendering, live, moment) {
    first ??= live;
    return personal.call(this, rendering, first, moment);
  };
  const tellings = await tell('Shared');
  Entry.prototype.shared = shared;
  const wronged = tellings.filter(({ viewer }) => scene.users[viewer] !== first?.viewer.id);
  expect(wronged).toHaveLength(2);
  for (const { told, due } of wronged) {
    expect(told).toHaveLength(due.length);
    expect(told).not.toEqual(due);
  }
});
