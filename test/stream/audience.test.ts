/** Who is told of which event? Every event × every kind of person × every stream, against the standard's tables, over real sockets. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { globalId } from '../../schema/ids.ts';
import { persona } from '../../src/company/personas.ts';
import { ENTRA } from '../../src/decision/role.ts';
import { APPROVAL_EVENTS, ASSIGNMENT_EVENTS, EVENTS, type EventType, POLICY_EVENTS } from '../../src/events.ts';
import { encodeCursor } from '../../src/stream/cursor.ts';
import { type Anything, open, rawSocket, startGateway, type TestGateway } from '../support/gateway.ts';
import { type Audience, ask, type Cast, gather, happen } from '../support/happenings.ts';
import { until } from '../support/process.ts';
import { PLAIN_ROLE } from '../support/rows.ts';
import { type Event, readWorld, Sight, type World } from '../support/sight.ts';

const STREAMS = ['assignmentEvents', 'approvalEvents', 'myAccess', 'policyEvents', 'auditEvents'] as const;
type Stream = (typeof STREAMS)[number];

/** What came over each subscription of one person: positions in order, and how it ended. */
interface Heard {
  readonly positions: Map<string, number[]>;
  readonly completed: Set<string>;
  readonly codes: Map<string, string>;
  close(): void;
}

let gateway: TestGateway;
/** Began when everything had happened, and read it from the log. */
let later: TestGateway;
let cast: Cast;
/** Which of them are followed when. */
const requests = { live: [] as string[], later: [] as string[] };
let world: World;
const sights = new Map<string, Sight>();
let since: number;
const heard = { live: new Map<string, Heard>(), later: new Map<string, Heard>() };

const execute = (statement: string, parameters: unknown[] = []) =>
  gateway.database.em.fork().execute(statement, parameters) as Promise<Anything[]>;

const settled = () =>
  until('every event to be numbered', async () => {
    const [row] = await execute('SELECT count(*)::int AS waiting FROM event WHERE position IS NULL');
    return row.waiting === 0;
  });
const end = async () => (await gateway.ask('olga', '{ eventCursor }')).data.eventCursor as string;

function tokenOf(at: TestGateway, { name, objectId, kind, appPermissions = [] }: Audience): Promise<string> {
  return at.sign({ name, objectId, kind, appPermissions, displayName: name, description: '' });
}

const documentOf = (stream: string, requestId: string | null) =>
  `subscription ($after: Cursor) { item: ${stream}(${requestId ? `id: "${globalId('Request', requestId)}", ` : ''}after: $after) { position type } }`;

/** All streams of one person over one socket. */
async function listen(at: TestGateway, who: Audience, after: string, followed: readonly string[]): Promise<Heard> {
  const { send, messages, socket } = await rawSocket(at.wsUrl);
  send({ type: 'connection_init', payload: { authorization: `Bearer ${await tokenOf(at, who)}` } });
  await messages.atLeast(1);
  const result: Heard = { positions: new Map(), completed: new Set(), codes: new Map(), close: () => socket.close() };
  const begin = (id: string, stream: string, requestId: string | null) => {
    result.positions.set(id, []);
    send({ type: 'subscribe', id, payload: { query: documentOf(stream, requestId), variables: { after } } });
  };
  for (const stream of STREAMS) begin(stream, stream, null);
  for (const id of followed) begin(id, 'requestProgress', id);
  messages.each(({ type, id, payload }) => {
    if (type === 'next') result.positions.get(id)?.push(payload.data?.item.position);
    if (type === 'next' && payload.errors) result.codes.set(id, payload.errors[0].extensions.code);
    if (type === 'error') result.codes.set(id, payload[0].extensions.code);
    if (type === 'complete') result.completed.add(id);
  });
  return result;
}

const SEES: Record<Stream, (sight: Sight, event: Event) => boolean> = {
  assignmentEvents: (sight, event) => isOf(ASSIGNMENT_EVENTS, event) && sight.asked(event),
  approvalEvents: (sight, event) => isOf(APPROVAL_EVENTS, event) && sight.decides(event),
  myAccess: (sight, event) => isOf(ASSIGNMENT_EVENTS, event) && sight.own(event),
  policyEvents: (sight, event) => isOf(POLICY_EVENTS, event) && sight.policy(event),
  auditEvents: (sight, event) => sight.audit(event),
};
const isOf = (types: readonly EventType[], { name }: Event) => types.includes(name as EventType);

function expectedOf(who: Audience, stream: string): number[] {
  const sight = sights.get(who.name) ?? new Sight(world, who);
  sights.set(who.name, sight);
  const sees =
    SEES[stream as Stream] ??
    ((_: Sight, event: Event) => event.requestId === stream && SEES.assignmentEvents(sight, event));
  const events = world.events.filter((event) => (event.position as number) > since && sees(sight, event));
  return events.map(({ position }) => position as number).sort((one, other) => one - other);
}

const mayNotKnock = ({ kind }: Audience, stream: string) => stream === 'approvalEvents' && kind !== 'USER';

/** Something about everybody's own, and the streams of everybody have told of it. */
async function mark(hearers: ReadonlyMap<string, Heard>): Promise<void> {
  await execute(
    `INSERT INTO event (at, type, provider, assignment_type, principal_id, role_id, scope_id, payload)
    SELECT clock_timestamp(), 'assignment.updated', 'ENTRA_ROLE', 'ACTIVE', id, ?, '00000000-0000-4000-8000-000000000001', '{}'
    FROM unnest(?::uuid[]) id`,
    [PLAIN_ROLE, `{${cast.audience.map(({ objectId }) => objectId)}}`],
  );
  await settled();
  const rows = await execute('SELECT principal_id, max(position)::float8 AS position FROM event GROUP BY 1');
  const last = new Map(rows.map((row) => [row.principal_id, row.position]));
  for (const { name, objectId } of cast.audience) {
    for (const stream of ['assignmentEvents', 'myAccess', 'auditEvents']) {
      await until(`${name} to be told of the mark by ${stream}`, () =>
        hearers.get(name)?.positions.get(stream)?.includes(last.get(objectId)),
      );
    }
  }
}

/** What people do, with the gateway's own verbs; nobody's rights change by it. */
async function act(): Promise<void> {
  const done = async (caller: Parameters<TestGateway['ask']>[0], document: string, input: object) => {
    const { data, errors } = await gateway.ask(caller, document, { input });
    expect(errors).toBeUndefined();
    return Object.values(data as Anything)[0] as Anything;
  };
  const role = globalId('Role', PLAIN_ROLE);
  const ASSIGN = 'mutation ($input: AssignInput!) { assign(input: $input) { status refusals { code } } }';
  const given = {
    principal: globalId('User', persona('olga')),
    role,
    type: 'ELIGIBLE',
    justification: 'Needed',
    duration: 'P30D',
  };
  expect(await done('grace', ASSIGN, given)).toMatchObject({ status: 'PROVISIONED' });
  expect(await done('pia', ASSIGN, given)).toMatchObject({ refusals: [{ code: 'ASSIGNMENT_EXISTS' }] });
  const [eligible] = await execute(
    "SELECT id FROM assignment WHERE principal_id = ? AND type = 'ELIGIBLE' AND role_id = ?",
    [persona('maya'), ENTRA.globalReader],
  );
  const ACTIVATE =
    'mutation ($input: ActivateInput!) { activate(input: $input) { request { id } status refusals { code } } }';
  const asked = await done('maya', ACTIVATE, {
    eligibility: globalId('Assignment', eligible.id),
    duration: 'PT1H',
    justification: 'Review',
  });
  expect(asked).toMatchObject({ status: 'PENDING_APPROVAL' });
  const DENY = 'mutation ($input: DecideInput!) { deny(input: $input) { status } }';
  await done('arun', DENY, { requests: [asked.request.id], justification: 'Not now' });
  const TEMPLATE =
    'mutation ($input: CreatePolicyTemplateInput!) { createPolicyTemplate(input: $input) { template { id } refusals { code } } }';
  const rules = { Expiration_EndUser_Assignment: { maximumDuration: 'PT2H' } };
  const template = await done('grace', TEMPLATE, { provider: 'ENTRA_ROLE', name: 'Short', rules });
  expect(template).toMatchObject({ refusals: [] });
  const SETTINGS =
    'mutation ($input: UpdateRolePolicyInput!) { updateRolePolicy(input: $input) { policy { version } refusals { code } } }';
  expect(await done('pia', SETTINGS, { role, expectedVersion: 0, rules })).toMatchObject({ policy: { version: 1 } });
}

beforeAll(async () => {
  gateway = await startGateway();
  cast = await gather(gateway.database);
  await settled();
  const [head] = await execute('SELECT position::float8 AS position FROM event_log');
  since = head.position;
  const after = await end();
  const matters = await ask(gateway.database, cast);
  for (const [index, { requestId }] of matters.entries())
    requests[index % 2 ? 'later' : 'live'].push(requestId as string);
  await happen(gateway.database, cast, matters);
  await Promise.all(
    cast.audience.map(async (who) => heard.live.set(who.name, await listen(gateway, who, after, requests.live))),
  );
  await mark(heard.live);
  await happen(gateway.database, cast, matters);
  await act();
  await mark(heard.live);
  later = await startGateway({ database: gateway.clone });
  await Promise.all(
    cast.audience.map(async (who) => heard.later.set(who.name, await listen(later, who, after, requests.later))),
  );
  await mark(heard.later);
  await mark(heard.later);
  await mark(heard.live);
  world = await readWorld(gateway.database.em.fork().getKysely());
});
afterAll(async () => {
  for (const hearers of Object.values(heard)) for (const { close } of hearers.values()) close();
  await later?.close();
  await gateway.close();
});

describe.each(['live', 'later'] as const)('told %s', (when) => {
  it.each(['every stream', 'every request'])('%s tells everybody exactly what the tables say', async (which) => {
    const differences: object[] = [];
    for (const who of cast.audience) {
      const { positions, completed, codes } = heard[when].get(who.name) as Heard;
      for (const stream of which === 'every stream' ? STREAMS : requests[when]) {
        const expected = mayNotKnock(who, stream) ? [] : expectedOf(who, stream);
        await until(
          `${who.name} to be told all of ${stream}`,
          () => (positions.get(stream)?.length ?? 0) >= expected.length,
        ).catch(() => undefined);
        const got = positions.get(stream) ?? [];
        const wrong = {
          missing: expected.filter((each) => !got.includes(each)),
          leaked: got.filter((each) => !expected.includes(each)),
        };
        if (String(got) !== String(expected)) differences.push({ who: who.name, stream, ...wrong, got: got.length });
        const code = mayNotKnock(who, stream) ? 'FORBIDDEN' : undefined;
        if (codes.get(stream) !== code) differences.push({ who: who.name, stream, code: codes.get(stream) });
        const isOver = which === 'every request' && expected.length === 0;
        if (!code && completed.has(stream) !== isOver) differences.push({ who: who.name, stream, completed: !isOver });
      }
    }
    expect(differences).toEqual([]);
  });
});

it('over SSE, the same', async () => {
  const [row] = await execute('SELECT epoch FROM event_log');
  const after = encodeCursor({ epoch: row.epoch, position: since });
  for (const name of ['arun', 'owen', 'gus', 'robot', 'teamMember']) {
    const who = cast.audience.find((each) => each.name === name) as Audience;
    const token = await tokenOf(later, who);
    for (const stream of STREAMS) {
      const expected = expectedOf(who, stream);
      if (expected.length === 0) continue;
      const sse = await open(later, 'SSE', { token }, documentOf(stream, null), { after });
      await sse.atLeast(mayNotKnock(who, stream) ? 1 : expected.length);
      sse.stop();
      const got = sse.items.map(({ data, errors }) => data?.item.position ?? errors?.[0]?.extensions.code);
      expect([name, stream, got]).toEqual([name, stream, mayNotKnock(who, stream) ? ['FORBIDDEN'] : expected]);
    }
  }
});

describe('the table is worth comparing with:', () => {
  it('everything that can happen did', () => {
    expect(
      new Set(world.events.filter(({ position }) => (position as number) > since).map(({ name }) => name)),
    ).toEqual(new Set(Object.keys(EVENTS)));
  });

  it.each(STREAMS)('%s tells different people different things, and not with the rights of somebody else', (stream) => {
    const different = new Set(cast.audience.map((who) => String(expectedOf(who, stream))));
    expect(different.size).toBeGreaterThan(stream === 'approvalEvents' ? 8 : 10);
    for (const [one, other] of [
      ['sam', 'uma'],
      ['owen', 'rita'],
      ['arun', 'second'],
      ['gwen', 'teamOwner'],
    ]) {
      const [mine, theirs] = [one, other].map((name) => cast.audience.find((each) => each.name === name) as Audience);
      const got = heard.live.get(one as string)?.positions.get(stream);
      const swapped = expectedOf(theirs as Audience, stream);
      if (String(swapped) !== String(expectedOf(mine as Audience, stream))) expect(got).not.toEqual(swapped);
    }
  });

  it.each(STREAMS)('%s tells nobody of everything', (stream) => {
    const all = world.events.filter(({ position }) => (position as number) > since).length;
    for (const who of cast.audience) expect(expectedOf(who, stream).length).toBeLessThan(all);
  });
});
