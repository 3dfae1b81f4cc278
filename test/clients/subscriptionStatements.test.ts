/** How many statements does each subscription of the SDK send when it is opened, and how many for each event, however many hear of it? */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { OPERATIONS } from '../../clients/typescript/generated/operations.ts';
import { globalId } from '../../schema/ids.ts';
import { persona } from '../../src/company/personas.ts';
import { DIRECTORY_SCOPE, ENTRA } from '../../src/decision/role.ts';
import { documentOf } from '../support/documents.ts';
import { type Caller, open, startGateway, type TestGateway } from '../support/gateway.ts';
import { until } from '../support/process.ts';
import { PLAIN_ROLE, type Rows, rowsOf } from '../support/rows.ts';
import { watchStatements } from '../support/statements.ts';

type Kind<K> = { [Name in keyof typeof OPERATIONS]: (typeof OPERATIONS)[Name]['kind'] extends K ? Name : never };
type SubscriptionName = Kind<'subscription'>[keyof typeof OPERATIONS];

let gateway: TestGateway;
let rows: Rows;
beforeAll(async () => {
  // Once a second a gateway looks at its subscribers and its log: here it does not, so that nothing comes in between.
  vi.useFakeTimers({ toFake: ['setInterval'] });
  gateway = await startGateway();
  vi.useRealTimers();
  rows = rowsOf(gateway.database);
  const una = await rows.user();
  // What the company lived through comes first, and is read by the gateway: until then a stream is given it from the log.
  const stream = await open(gateway, 'WebSocket', await signed(una), documentOf('MyAccess'), { snapshot: true });
  await stream.atLeast(1);
  await happen({ type: 'assignment.assigned', principalId: una });
  await stream.atLeast(2);
  stream.stop();
});
afterAll(() => gateway.close());

const signed = async (id: string): Promise<Caller> => ({ token: await gateway.tokenOf(id) });

interface Happening {
  readonly type: string;
  readonly principalId?: string;
  readonly assignmentId?: string;
  readonly requestId?: string;
  readonly payload?: object;
  readonly isOfAccess?: boolean;
}

/** The same as an action leaves it in the log. */
const happen = ({ type, principalId, assignmentId, requestId, payload = {}, isOfAccess = true }: Happening) =>
  rows.run(sql`INSERT INTO event (at, type, actor_id, provider, assignment_type, principal_id, role_id, scope_id, assignment_id, request_id, payload)
    VALUES (clock_timestamp(), ${type}, ${persona('pia')}, ${isOfAccess ? 'ENTRA_ROLE' : null}, ${principalId && isOfAccess ? 'ACTIVE' : null},
      ${principalId ?? null}, ${isOfAccess ? PLAIN_ROLE : null}, ${isOfAccess ? DIRECTORY_SCOPE : null}, ${assignmentId ?? null}, ${requestId ?? null},
      ${JSON.stringify(payload)}::jsonb)`);

interface Told {
  readonly variables?: object;
  readonly event: Happening;
}

interface Bound {
  /** Two with the same rights, of whom the gateway knows nothing yet: principals, who may be the same. */
  callers(): Promise<readonly [string, string]>;
  /** The first who asks; and another one, for whom the gateway may know something already. */
  readonly opening: readonly [first: number, second: number];
  /** To one, and to both. */
  readonly event: readonly [one: number, both: number];
  about(caller: string): Promise<Told>;
}

async function granted(): Promise<Happening & { requestId: string }> {
  const principalId = await rows.user();
  const requestId = await rows.request({ principal: principalId, status: 'PROVISIONED' });
  const assignmentId = await rows.assignment({ principal: principalId, request: requestId });
  return { type: 'assignment.assigned', principalId, requestId, assignmentId };
}

async function administrator(): Promise<string> {
  const id = await rows.user();
  await rows.assignment({ principal: id, role: ENTRA.globalAdministrator });
  return id;
}
const administrators = async () => [await administrator(), await administrator()] as const;
const themselves = async () => {
  const una = await rows.user();
  return [una, una] as const;
};

const BOUNDS: Record<SubscriptionName, Bound> = {
  approvalEvents: {
    callers: themselves,
    ...{ opening: [2, 0], event: [5, 5] },
    about: async (arun) => {
      const principalId = await rows.user();
      const requestId = await rows.request({ principal: principalId, status: 'PENDING_APPROVAL', expires: 600 });
      await rows.run(sql`INSERT INTO request_approver (request_id, approver_id, stage, escalation)
        VALUES (${requestId}, ${arun}, 1, false)`);
      return { event: { type: 'request.created', principalId, requestId } };
    },
  },
  assignmentEvents: {
    callers: administrators,
    ...{ opening: [2, 2], event: [6, 6] },
    about: async () => ({ event: await granted() }),
  },
  auditEvents: {
    callers: administrators,
    ...{ opening: [2, 2], event: [6, 6] },
    about: async () => ({ event: await granted() }),
  },
  bulkOperationProgress: {
    callers: themselves,
    ...{ opening: [3, 1], event: [4, 5] },
    about: async (una) => {
      const [operation] = await rows.run(sql<{ id: string }>`
        INSERT INTO bulk_operation (id, kind, status, principal_id, viewer, input, result, processed, bytes, created_at, attempts)
        VALUES (gen_random_uuid(), 'EXPORT', 'CREATED', ${una}, '{}', '{}', '{}', 1, 1, clock_timestamp(), 0) RETURNING id`);
      const operationId = operation?.id as string;
      const event = {
        type: 'bulkOperation.progressed',
        principalId: una,
        payload: { operationId },
        isOfAccess: false,
      };
      return { variables: { id: globalId('BulkOperation', operationId) }, event };
    },
  },
  myAccess: {
    callers: themselves,
    ...{ opening: [2, 0], event: [7, 7] },
    about: async (una) => {
      const requestId = await rows.request({ principal: una, status: 'PROVISIONED' });
      const assignmentId = await rows.assignment({ principal: una, request: requestId });
      return { event: { type: 'assignment.assigned', principalId: una, requestId, assignmentId } };
    },
  },
  policyEvents: {
    callers: administrators,
    ...{ opening: [2, 2], event: [6, 6] },
    about: async () => ({ event: { type: 'policy.updated' } }),
  },
  requestProgress: {
    callers: administrators,
    ...{ opening: [3, 3], event: [6, 7] },
    about: async () => {
      const principalId = await rows.user();
      const requestId = await rows.request({ principal: principalId, status: 'PENDING_APPROVAL', expires: 600 });
      const event = { type: 'request.approved', principalId, requestId };
      return { variables: { id: globalId('Request', requestId) }, event };
    },
  },
};

describe.each(Object.entries(BOUNDS))('%s', (name, { callers, opening, event: told, about }) => {
  it(`takes ${opening.join(' and ')} statements to be opened, and ${told.join(', to two ')} for an event`, async () => {
    const [first, second] = await callers();
    const { variables, event } = await about(first);
    const { data } = await gateway.ask('olga', '{ eventCursor }');
    const document = documentOf(`${name.charAt(0).toUpperCase()}${name.slice(1)}`);
    using watched = watchStatements();
    const sent = () => watched.ofStreams().filter(({ text }) => !/^\s*INSERT INTO event/.test(text)).length;
    let expected = 0;
    const hasSent = async (further: number) => {
      expected += further;
      await until(`${further} statements`, () => sent() >= expected && watched.areAnswered());
      expect(sent()).toBe(expected);
    };
    const one = await open(gateway, 'WebSocket', await signed(first), document, {
      ...variables,
      after: data.eventCursor,
    });
    await hasSent(opening[0]);
    await happen(event);
    await one.atLeast(1);
    await hasSent(told[0]);
    const two = await open(gateway, 'WebSocket', await signed(second), document, {
      ...variables,
      after: one.items[0]?.data[name].cursor,
    });
    await hasSent(opening[1]);
    await happen(event);
    await Promise.all([one.atLeast(2), two.atLeast(1)]);
    await hasSent(told[1]);
    expect([...one.items, ...two.items].flatMap(({ errors }) => errors ?? [])).toEqual([]);
    one.stop();
    two.stop();
  });
});

it('is asked of every subscription that there is', () => {
  const subscriptions = Object.entries(OPERATIONS).filter(([, { kind }]) => kind === 'subscription');
  expect(Object.keys(BOUNDS).sort()).toEqual(subscriptions.map(([name]) => name).sort());
});
