/** Is everybody told exactly what they would be told alone? Deliveries made once for many, against an execution for each. */
import fc from 'fast-check';
import { type DocumentNode, parse, execute as run } from 'graphql';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContext, createDeliveryContext } from '../../schema/context.ts';
import { createSchema } from '../../schema/schema.ts';
import { processNow } from '../../src/clock.ts';
import { type Audience, concerns, showsByPowers, takesPart } from '../../src/decision/event.ts';
import type { Viewer } from '../../src/decision/powers.ts';
import { DIRECTORY_SCOPE, ENTRA, GROUP_MEMBER, GROUP_OWNER, TENANT_ROOT_SCOPE } from '../../src/decision/role.ts';
import { ASSIGNMENT_EVENTS, AUDIT_EVENTS, POLICY_EVENTS } from '../../src/events.ts';
import { type EventRow, readEvents } from '../../src/store/event.ts';
import { instant } from '../../src/store/transaction.ts';
import { encodeCursor } from '../../src/stream/cursor.ts';
import { Entry, Frame, Moment, type Rendering, type View } from '../../src/stream/frame.ts';
import type { StreamItem } from '../../src/stream/item.ts';
import { type LiveViewer, Viewers } from '../../src/stream/viewers.ts';
import { type Anything, rawSocket, startGateway, type TestGateway } from '../support/gateway.ts';
import { ask, type Cast, gather, type Audience as Somebody } from '../support/happenings.ts';
import { until } from '../support/process.ts';
import { AZURE_CONTRIBUTOR, AZURE_READER, PLAIN_ROLE, type Rows, rowsOf } from '../support/rows.ts';

const schema = createSchema();
const parsed = new Map<string, DocumentNode>();

function documentIn(text: string): DocumentNode {
  const document = parsed.get(text) ?? parse(text);
  parsed.set(text, document);
  return document;
}

const PERSON = '{ id displayName enabled ... on User { mail lastSignInAt } }';
const HELD = `{ id type state startsAt endsAt via ${PERSON} principal ${PERSON}
  eligibility { id via { displayName } principal { displayName } activation { requires approvers { displayName } } } }`;
/** What a document may ask of an item, stream by stream. */
const PARTS = {
  assignmentEvents: [
    ...['kind at', 'endsIn', `actor ${PERSON}`, `principal ${PERSON}`, 'role { displayName permissions { actions } }'],
    ...['scope { path parent { path principal { displayName } } }', `assignment ${HELD}`, 'assignment { id endedBy }'],
    ...[
      'assignment { eligibility { id } }',
      'assignment { activation { maximumDuration requires approvers { displayName } } }',
    ],
    'request { assignment { eligibility { id } } }',
    ...['request { id status justification ticket { number } }', `request { requestor ${PERSON} assignment ${HELD} }`],
  ],
  auditEvents: [
    ...['provider details', `actor ${PERSON}`, `assignment ${HELD}`, 'assignment { id condition }'],
    ...['request { id status }', `request { assignment { id } principal ${PERSON} }`, 'scope { displayName }'],
  ],
  policyEvents: [
    ...['provider', `actor ${PERSON}`, 'policy { id version inheritable }', `policy { lastModifiedBy ${PERSON} }`],
    ...[
      'policy { template { version template { name } } }',
      'policy { rules { Approval_EndUser_Assignment { ruleId } } }',
    ],
    ...['template { name version rules { ruleId } }', 'policy { inheritedFrom { path } effectiveRules { ruleId } }'],
  ],
} as const;
type StreamName = keyof typeof PARTS;
const STREAMS = Object.keys(PARTS) as StreamName[];
const AUDIENCES: Record<StreamName, Audience> = {
  assignmentEvents: { kind: 'ASSIGNMENTS' },
  auditEvents: { kind: 'AUDIT' },
  policyEvents: { kind: 'POLICIES' },
};
const TYPES: Record<StreamName, readonly string[]> = {
  assignmentEvents: ASSIGNMENT_EVENTS,
  auditEvents: AUDIT_EVENTS,
  policyEvents: POLICY_EVENTS,
};

const documentOf = (stream: StreamName, parts: readonly string[]) =>
  `subscription ($after: Cursor) { item: ${stream}(after: $after) { position type ${parts.join(' ')} } }`;

let gateway: TestGateway;
let cast: Cast;
let rows: Rows;
let everybody: Somebody[];
let lives: Map<string, LiveViewer>;
const db = () => gateway.database.em.fork().getKysely();

beforeAll(async () => {
  gateway = await startGateway();
  rows = rowsOf(gateway.database);
  cast = await gather(gateway.database);
  const twins = await sameRolesOtherSelves();
  await happenToThose();
  everybody = [...cast.audience, ...twins, ...(await sameSightOfWhatIsBelow())];
  lives = new Map(await Promise.all(everybody.map(async (who) => [who.name, await viewerOf(who)] as const)));
});
afterAll(() => gateway.close());

/** Their roles show what Sam's do; what is their own differs. */
async function sameRolesOtherSelves(): Promise<Somebody[]> {
  const twins: Somebody[] = [];
  for (const name of ['twinMember', 'twinOwner', 'twin']) {
    const objectId = await rows.user(name);
    await rows.assignment({ principal: objectId, role: ENTRA.securityReader });
    twins.push({ name, objectId, kind: 'USER' });
  }
  const [member, owner] = twins as [Somebody, Somebody];
  const crew = await rows.group(true);
  const of = { provider: 'GROUP', scope: crew.scope } as const;
  await rows.assignment({ ...of, principal: member.objectId, role: GROUP_MEMBER });
  await rows.assignment({ ...of, principal: owner.objectId, role: GROUP_OWNER });
  // Somebody else's activation of what the twin's group is eligible for.
  const eligibility = await rows.assignment({ principal: crew.id, type: 'ELIGIBLE' });
  const holder = await rows.user('Holder');
  const activation = await rows.assignment({ principal: holder, eligibility, ends: 60 });
  await event({ type: 'assignment.activated', principal: holder, assignment: activation });
  // Of two applications that read the whole audit and no assignment, one holds something itself.
  const auditor = cast.audience.find(({ name }) => name === 'auditRobot') as Somebody;
  const objectId = crypto.randomUUID();
  await rows.run(
    sql`INSERT INTO principal (id, kind, display_name) VALUES (${objectId}, 'SERVICE_PRINCIPAL', 'auditTwin')`,
  );
  const held = await rows.assignment({ principal: objectId });
  await event({ type: 'assignment.assigned', principal: objectId, assignment: held });
  return [...twins, { ...auditor, name: 'auditTwin', objectId }];
}

/** Both see an activation, and one of them the eligible assignment above: it is that of a group which the other is not in. */
async function sameSightOfWhatIsBelow(): Promise<Somebody[]> {
  const above = await rows.scope('RESOURCE_GROUP', TENANT_ROOT_SCOPE, '/above');
  const below = await rows.scope('RESOURCE', above, '/above/below');
  const azure = { provider: 'AZURE_RESOURCE', role: AZURE_CONTRIBUTOR } as const;
  const readers: Somebody[] = [];
  for (const name of ['belowMember', 'below']) {
    const objectId = await rows.user(name);
    await rows.assignment({ ...azure, role: AZURE_READER, principal: objectId, scope: below });
    readers.push({ name, objectId, kind: 'USER' });
  }
  const crew = await rows.group();
  const [member] = readers as [Somebody];
  await rows.assignment({
    ...{ provider: 'GROUP', scope: crew.scope, principal: member.objectId, role: GROUP_MEMBER },
  });
  const eligibility = await rows.assignment({ ...azure, principal: crew.id, scope: above, type: 'ELIGIBLE' });
  const principal = await rows.user('Holder below');
  const assignment = await rows.assignment({ ...azure, principal, scope: below, eligibility, ends: 60 });
  const request = await rows.request({ ...azure, principal, scope: below, status: 'PROVISIONED', eligibility });
  await rows.run(sql`UPDATE request SET target_id = ${assignment} WHERE id = ${request}`);
  activatedBelow = { ...azure, type: 'assignment.activated', principal, assignment, request, scope: below };
  return readers;
}

let activatedBelow: Told;

interface Told {
  readonly type: string;
  readonly provider?: string;
  readonly scope?: string;
  readonly principal?: string;
  readonly assignment?: string;
  readonly request?: string;
  readonly role?: string;
  readonly payload?: object;
}

async function event({ type, principal, assignment, role = PLAIN_ROLE, payload = {}, ...at }: Told): Promise<void> {
  const { provider = 'ENTRA_ROLE', scope = DIRECTORY_SCOPE, request = null } = at;
  await rows.run(sql`INSERT INTO event (at, type, provider, assignment_type, principal_id, role_id, scope_id, assignment_id, request_id, payload)
    VALUES (clock_timestamp(), ${type}, ${provider}, ${principal ? 'ACTIVE' : null}, ${principal ?? null}, ${role},
      ${scope}, ${assignment ?? null}, ${request}, ${JSON.stringify(payload)}::jsonb)`);
}

/** Changes of role settings, one of them made from a template, and of the template. */
async function happenToThose(): Promise<void> {
  await ask(gateway.database, cast);
  const said = async (caller: 'grace' | 'pia', document: string, input: object) => {
    const { data, errors } = await gateway.ask(caller, document, { input });
    expect([errors, (Object.values(data)[0] as Anything).refusals]).toEqual([undefined, []]);
    return Object.values(data)[0] as Anything;
  };
  const rules = { Expiration_EndUser_Assignment: { maximumDuration: 'PT2H' } };
  const { template } = await said(
    'grace',
    'mutation ($input: CreatePolicyTemplateInput!) { createPolicyTemplate(input: $input) { template { id } refusals { code } } }',
    { provider: 'ENTRA_ROLE', name: 'Short', rules },
  );
  const [role] = (
    await gateway.ask('pia', `{ roles(first: 1, filter: { startsWith: "Message Center Reader" }) { nodes { id } } }`)
  ).data.roles.nodes;
  await said(
    'pia',
    'mutation ($input: UpdateRolePolicyInput!) { updateRolePolicy(input: $input) { policy { id } refusals { code } } }',
    { role: role.id, expectedVersion: 0, template: template.id },
  );
}

const settled = () =>
  until('every event to be numbered', async () => {
    const [row] = await rows.run(sql<{ n: number }>`SELECT count(*)::int AS n FROM event WHERE position IS NULL`);
    return row?.n === 0;
  });

/** As one's own operation would be answered. */
async function alone(document: string, item: StreamItem, viewer: Viewer): Promise<object> {
  const contextValue = createContext(gateway.database, viewer);
  return comparable(await run({ schema, document: documentIn(document), rootValue: item, contextValue }));
}

/** What was said, and of what was not said where and why. */
function comparable({ data, errors = [] }: Anything): object {
  const said = errors.map(({ path, extensions }: Anything) => [path.join('.'), extensions.code]).sort();
  return JSON.parse(JSON.stringify({ data, errors: said }));
}

async function itemOf(row: EventRow): Promise<StreamItem> {
  const { epoch } = (await rows.run(sql<{ epoch: string }>`SELECT epoch FROM event_log`))[0] as { epoch: string };
  const cursor = encodeCursor({ epoch, position: row.position });
  return { kind: 'EVENT', position: row.position, cursor, at: instant(row.at), event: row, row: null };
}

async function viewerOf({ objectId, kind, appPermissions = [] }: Somebody): Promise<LiveViewer> {
  const [row] = await rows.run(
    sql<Pick<Viewer, 'userType'>>`SELECT user_type AS "userType" FROM principal WHERE id = ${objectId}`,
  );
  const viewers = new Viewers(db, () => undefined);
  const live = viewers.claim({
    ...{ id: objectId, kind, userType: row?.userType ?? null, applicationPermissions: appPermissions },
    proof: { multiFactorAt: null, authenticationContexts: [] },
    expiresAt: new Date(processNow().getTime() + 3_600_000),
    powers: {
      ...{ groups: [], ownedGroups: [], entraView: [], entraManage: [], azureView: [], azureManage: [] },
      ...{ entraAudit: false, entraPoliciesView: false, entraPoliciesManage: false, otherGroupsView: false },
      ...{ otherGroupsManage: false, roleAssignableGroupsView: false, roleAssignableGroupsManage: false },
    },
  });
  await viewers.settle(live);
  return live;
}

const isTold = (stream: StreamName, viewer: Viewer, row: EventRow) =>
  TYPES[stream].includes(row.type) &&
  (showsByPowers(AUDIENCES[stream], viewer.powers, row) || concerns(AUDIENCES[stream], viewer, row));

/** Any stream, and two to five parts of it. */
const documents = fc
  .constantFrom(...STREAMS)
  .chain((stream) =>
    fc.subarray([...PARTS[stream]], { minLength: 2, maxLength: 5 }).map((parts) => ({ stream, parts })),
  );

describe('over sockets', () => {
  it('whoever listens beside others is told what they would be told alone', async () => {
    const texts = new Map<string, Set<string>>();
    await fc.assert(
      fc.asyncProperty(documents, fc.integer({ min: 0, max: 2 ** 30 }), async ({ stream, parts }, seed) => {
        await settled();
        const [head] = await rows.run(sql<{ position: number }>`SELECT position::float8 AS position FROM event_log`);
        const document = documentOf(stream, parts);
        const listeners = await Promise.all(everybody.map((who) => listen(who, document)));
        await repeat(seed);
        await settled();
        const happened = await readEvents(db(), { after: head?.position as number, upTo: 10 ** 9, limit: 1000 });
        for (const { who, received } of listeners) {
          const { viewer } = lives.get(who.name) as LiveViewer;
          const told = happened.filter((row) => isTold(stream, viewer, row));
          await until(`${who.name} to be told`, () => received.length >= told.length);
          const expected = await Promise.all(told.map(async (row) => alone(document, await itemOf(row), viewer)));
          expect({ who: who.name, document, items: received.map(comparable) }).toEqual({
            who: who.name,
            document,
            items: expected,
          });
          for (const item of received) {
            const key = `${document} ${item.data?.item.position}`;
            texts.set(key, (texts.get(key) ?? new Set()).add(JSON.stringify(item)));
          }
        }
        for (const { close } of listeners) close();
      }),
      { numRuns: 4 },
    );
    // The control: there were differences to be kept apart.
    expect([...texts.values()].some((each) => each.size > 1)).toBe(true);
  });

  async function listen(who: Somebody, query: string) {
    const { send, messages, socket } = await rawSocket(gateway.wsUrl);
    const { name, objectId, kind, appPermissions = [] } = who;
    const token = await gateway.sign({ name, objectId, kind, appPermissions, displayName: name, description: '' });
    send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
    await messages.atLeast(1);
    const { data } = await gateway.ask({ token }, '{ eventCursor }');
    const received: Anything[] = [];
    messages.each(({ type, payload }) => {
      if (type === 'next') received.push(payload);
    });
    send({ type: 'subscribe', id: '1', payload: { query, variables: { after: data.eventCursor } } });
    return { who, received, close: () => socket.close() };
  }

  it('whoever has a part in what everybody is told is told of it as their own', async () => {
    await settled();
    const [mine, theirs] = ['auditTwin', 'auditRobot'].map(
      (name) => everybody.find((who) => who.name === name) as Somebody,
    );
    const listeners = [];
    // The first to be told decides what is shared: it is the one without a part.
    for (const who of [theirs, mine]) {
      listeners.push(
        await listen(who as Somebody, documentOf('auditEvents', ['assignment { principal { objectId } }'])),
      );
    }
    const last = { type: 'assignment.updated', principal: (mine as Somebody).objectId };
    const [held] = await rows.run(
      sql<{ id: string }>`SELECT id FROM assignment WHERE principal_id = ${last.principal}`,
    );
    await event({ ...last, assignment: held?.id as string });
    for (const { who, received, close } of listeners) {
      await until(`${who.name} to be told`, () => received.length > 0);
      const expected = who === mine ? { principal: { objectId: last.principal } } : null;
      expect([who.name, received.at(-1).data.item.assignment]).toEqual([who.name, expected]);
      close();
    }
  });

  /** Some of the past, once more, and all that was set up for this. */
  async function repeat(seed: number): Promise<void> {
    await rows.run(sql`INSERT INTO event (at, type, actor_id, provider, assignment_type, principal_id, role_id, scope_id, assignment_id, request_id, payload)
      SELECT clock_timestamp(), type, actor_id, provider, assignment_type, principal_id, role_id, scope_id, assignment_id, request_id, payload
      FROM (SELECT * FROM event e WHERE type <> 'directory.imported' ORDER BY type LIKE 'policy%' DESC, payload <> '{}' DESC,
          type = 'assignment.activated' AND request_id IS NULL DESC, md5(${String(seed)} || id) LIMIT 25) past`);
  }
});

describe('what is made once for many', () => {
  // It is the last of its kind, and so among the sample.
  beforeAll(() => event(activatedBelow));

  /** As the gateway puts it into words; `heeding` whatever is found to be somebody's own. */
  function renderingOf(document: string, heeding: boolean): Rendering {
    return {
      key: document,
      async render(item, view) {
        const seen: View = heeding ? view : { ...view, onPersonal: () => undefined };
        const contextValue = createDeliveryContext(gateway.database, item, seen);
        return new Frame(
          JSON.stringify(
            comparable(await run({ schema, document: documentIn(document), rootValue: item, contextValue })),
          ),
        );
      },
    };
  }

  /** @returns who would be told something else than alone, and how often one frame served many */
  async function compare(stream: StreamName, parts: readonly string[], heeding: boolean) {
    const document = documentOf(stream, parts);
    const rendering = renderingOf(document, heeding);
    const found = { wrong: [] as string[], shared: 0, personal: 0 };
    for (const row of await sample()) {
      const entry = new Entry(await itemOf(row));
      const moment = new Moment();
      const telling = [...lives.values()].filter(
        ({ viewer }) => showsByPowers(AUDIENCES[stream], viewer.powers, row) && !takesPart(viewer, row),
      );
      for (const live of TYPES[stream].includes(row.type) ? telling : []) {
        const shared = await entry.shared(rendering, live, moment);
        if (shared === null) found.personal++;
        if (shared === null) continue;
        found.shared++;
        const own = await alone(document, entry.item, live.viewer);
        if (shared.text !== JSON.stringify(own)) found.wrong.push(`${row.type} ${live.viewer.id}`);
      }
    }
    return found;
  }

  /** One event of each type for each provider, and those that were set up for this. */
  async function sample(): Promise<EventRow[]> {
    await settled();
    const kinds = new Map<string, EventRow>();
    for (const row of await readEvents(db(), { after: 0, upTo: 10 ** 9, limit: 10_000 })) {
      kinds.set(`${row.type} ${row.provider} ${row.assignmentId !== null} ${row.requestId !== null}`, row);
    }
    return [...kinds.values()];
  }

  it.each(STREAMS.flatMap((stream) => PARTS[stream].map((part) => [stream, part] as const)))(
    '%s: %s',
    async (stream, part) => {
      const { wrong } = await compare(stream, [part], true);
      expect(wrong).toEqual([]);
    },
  );

  it('is for those whose roles show the same, whoever they are', () => {
    const sightOf = (name: string) => lives.get(name)?.sight;
    for (const name of ['auditor', 'twin', 'twinMember', 'twinOwner']) expect(sightOf(name)).toBe(sightOf('sam'));
    for (const name of ['operator', 'reader', 'grace', 'olga', 'divisionMember', 'robot']) {
      expect([name, sightOf(name) === sightOf('sam')]).toEqual([name, false]);
    }
    expect(sightOf('gus')).not.toBe(sightOf('olga'));
    expect(sightOf('owen')).not.toBe(sightOf('rita'));
  });

  it('is made once for many indeed, unless something is the viewer’s own', async () => {
    const plain = await compare(
      'assignmentEvents',
      ['scope { path }', 'assignment { id endedBy via { displayName } }'],
      true,
    );
    expect([plain.shared > 100, plain.personal]).toEqual([true, 0]);
    const own = await compare('assignmentEvents', ['assignment { eligibility { via { displayName } } }'], true);
    expect([own.shared > 0, own.personal > 10]).toEqual([true, true]);
  });

  it.each([
    ['assignmentEvents', 'assignment { eligibility { via { displayName } } }'],
    ['assignmentEvents', 'request { assignment { eligibility { id } } }'],
    ['policyEvents', 'policy { template { template { name } } }'],
  ] as const)('would be wrong if nobody heeded what is the viewer’s own: %s, %s', async (stream, part) => {
    expect((await compare(stream, [part], false)).wrong.length).toBeGreaterThan(0);
  });
});

it('an approver is shown the request, and neither the assignment nor what is others’ alone', async () => {
  await settled();
  const [row] = await rows.run(sql<{ position: number }>`SELECT e.position::float8 AS position FROM event e
    JOIN approval_decision d ON d.request_id = e.request_id AND e.type = 'assignment.activated'
    JOIN request_approver r ON r.request_id = e.request_id AND r.approver_id = (SELECT id FROM principal WHERE display_name = 'Arun Mehta') LIMIT 1`);
  const position = row?.position as number;
  const [event] = await readEvents(db(), { after: position - 1, upTo: position, limit: 1 });
  const who = cast.audience.find(({ name }) => name === 'arun') as Somebody;
  const document = documentOf('assignmentEvents', [
    `request { id requestor ${PERSON} }`,
    `assignment ${HELD}`,
    `principal ${PERSON}`,
  ]);
  const entry = new Entry(await itemOf(event as EventRow));
  const rendering: Rendering = {
    key: document,
    async render(item, view) {
      const contextValue = createDeliveryContext(gateway.database, item, view);
      return new Frame(
        JSON.stringify(await run({ schema, document: documentIn(document), rootValue: item, contextValue })),
      );
    },
  };
  const { data, errors } = JSON.parse((await entry.personal(rendering, await viewerOf(who), new Moment())).text);
  expect(data.item).toMatchObject({ request: { id: expect.any(String) }, assignment: null });
  expect(data.item.principal).toMatchObject({ displayName: expect.any(String), lastSignInAt: null });
  expect(data.item.request.requestor).toMatchObject({ lastSignInAt: null });
  expect(errors.map(({ path }: Anything) => path.at(-1))).toEqual(['lastSignInAt', 'lastSignInAt']);
});
