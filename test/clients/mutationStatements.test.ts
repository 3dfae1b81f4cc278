/** How many statements does each mutation of the SDK send to the database when it succeeds, and how many more for each further item? */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../clients/typescript/generated/operations.ts';
import { globalId } from '../../schema/ids.ts';
import { persona } from '../../src/company/personas.ts';
import { documentOf } from '../support/documents.ts';
import { type Anything, type Caller, startGateway, type TestGateway } from '../support/gateway.ts';
import { type AssignmentOptions, PLAIN_ROLE, type Rows, rowsOf } from '../support/rows.ts';
import { watchStatements } from '../support/statements.ts';
import { uploadsOf } from '../support/uploads.ts';

type Kind<K> = { [Name in keyof typeof OPERATIONS]: (typeof OPERATIONS)[Name]['kind'] extends K ? Name : never };
type MutationName = Kind<'mutation'>[keyof typeof OPERATIONS];

const SEVERAL = 3;
const JUSTIFIED = { justification: 'Because', ticket: { number: '7', system: 'Desk' } };

let gateway: TestGateway;
let rows: Rows;
let plainRoles: string[];
/** Activating them waits for approval. */
let approvedRoles: string[];
let extensibleRole: string;
let names = 0;
beforeAll(async () => {
  gateway = await startGateway();
  rows = rowsOf(gateway.database);
  const found = await rows.run(sql<{
    id: string;
  }>`SELECT id FROM role WHERE provider = 'ENTRA_ROLE' AND built_in AND assignable
    AND NOT privileged AND id NOT IN (SELECT role_id FROM role_policy_version) ORDER BY id LIMIT ${2 * SEVERAL + 1}`);
  plainRoles = found.slice(0, SEVERAL).map(({ id }) => id);
  approvedRoles = found.slice(SEVERAL, 2 * SEVERAL).map(({ id }) => id);
  extensibleRole = found.at(-1)?.id as string;
  await rows.policy(
    ({ Expiration_EndUser_Assignment: rule, ...rules }) => ({
      ...rules,
      Expiration_EndUser_Assignment: { ...rule, isExtensionAllowed: true },
    }),
    { role: extensibleRole },
  );
  for (const role of approvedRoles) {
    const stages = [{ approvers: [persona('arun')], quorum: 1, escalation: null }];
    await rows.policy(
      ({ Approval_EndUser_Assignment: rule, ...rules }) => ({
        ...rules,
        Approval_EndUser_Assignment: { ...rule, isApprovalRequired: true, stages },
      }),
      { role },
    );
  }
});
afterAll(() => gateway.close());

const signed = async (id: string): Promise<Caller> => ({
  token: await gateway.tokenOf(id, 'USER', { multiFactor: true }),
});
const user = async () => globalId('User', await rows.user());
const assigned = async (options: Partial<AssignmentOptions> = {}) =>
  globalId('Assignment', await rows.assignment({ principal: await rows.user(), ends: 600, ...options }));
const plain = (principal: string) => ({
  principal,
  role: globalId('Role', PLAIN_ROLE),
  type: 'ELIGIBLE',
  duration: 'P5D',
});
const times = <T>(count: number, make: () => Promise<T>) => Promise.all(Array.from({ length: count }, make));

/** Somebody who is eligible for these roles. */
async function holder(roles: readonly string[]) {
  const una = await rows.user();
  const held = await Promise.all(roles.map((role) => rows.assignment({ principal: una, role, type: 'ELIGIBLE' })));
  return { una, caller: await signed(una), held: held.map((id) => globalId('Assignment', id)) };
}

async function done(caller: Caller, name: MutationName, input: object): Promise<Anything> {
  const document = documentOf(`${name.charAt(0).toUpperCase()}${name.slice(1)}`);
  const { data, errors } = await gateway.ask(caller, document, { input });
  expect(errors).toBeUndefined();
  return data[name];
}

/** Requests that arun may decide. */
async function waiting(count: number) {
  const { caller, held } = await holder(approvedRoles.slice(0, count));
  const requests: string[] = [];
  for (const eligibility of held) {
    requests.push((await done(caller, 'activate', { eligibility, duration: 'PT1H', ...JUSTIFIED })).request.id);
  }
  return { caller, requests };
}

/** One that runs, and whoever holds it. */
async function activation(minutes: number) {
  const una = await rows.user();
  const role = extensibleRole;
  const eligibility = await rows.assignment({ principal: una, role, type: 'ELIGIBLE' });
  const id = await rows.assignment({ principal: una, role, eligibility, starts: -minutes, ends: 10 });
  return { caller: await signed(una), assignment: globalId('Assignment', id) };
}

const uploaded = async () =>
  uploadsOf(gateway).upload(`principal,role,type\n${await rows.user()},${PLAIN_ROLE},ELIGIBLE\n`);

interface Asked {
  readonly caller?: Caller;
  readonly input: object;
}

interface Bound {
  readonly name: MutationName;
  readonly how?: string;
  /** Who asks and what is answered are among them. */
  readonly statements: number;
  /** For each item after the first; left out where there is one. */
  readonly further?: number;
  ask(count: number): Promise<Asked>;
}

const EXPORTED = { query: '{ roles { nodes { id } } }' };
const APPROVAL = {
  Approval_EndUser_Assignment: {
    isApprovalRequired: true,
    stages: [{ approvers: [globalId('User', persona('arun'))] }],
  },
};
const template = () =>
  done('grace', 'createPolicyTemplate', { provider: 'ENTRA_ROLE', name: `Template ${names++}`, rules: APPROVAL });

const BOUNDS: readonly Bound[] = [
  {
    ...{ name: 'activate', how: 'at once', statements: 8 },
    ask: async () => {
      const {
        caller,
        held: [eligibility],
      } = await holder(plainRoles.slice(0, 1));
      return { caller, input: { eligibility, duration: 'PT1H', ...JUSTIFIED } };
    },
  },
  {
    ...{ name: 'activate', how: 'with approval', statements: 11 },
    ask: async () => {
      const {
        caller,
        held: [eligibility],
      } = await holder(approvedRoles.slice(0, 1));
      return { caller, input: { eligibility, duration: 'PT1H', ...JUSTIFIED } };
    },
  },
  {
    ...{ name: 'activate', how: 'with an idempotency key', statements: 11 },
    ask: async () => {
      const {
        caller,
        held: [eligibility],
      } = await holder(plainRoles.slice(0, 1));
      return { caller, input: { eligibility, duration: 'PT1H', idempotencyKey: 'once', ...JUSTIFIED } };
    },
  },
  ...[false, true].map(
    (atomic): Bound => ({
      ...{
        name: 'activateMany',
        how: atomic ? 'all or none' : 'each on its own',
        statements: atomic ? 14 : 8,
        further: atomic ? 6 : 5,
      },
      ask: async (count) => {
        const { caller, held } = await holder(plainRoles.slice(0, count));
        return {
          caller,
          input: { atomic, activations: held.map((eligibility) => ({ eligibility, duration: 'PT1H', ...JUSTIFIED })) },
        };
      },
    }),
  ),
  ...(['approve', 'deny'] as const).map(
    (name): Bound => ({
      ...(name === 'approve' ? { name, statements: 21, further: 18 } : { name, statements: 19, further: 17 }),
      ask: async (count) => {
        const { requests } = await waiting(count);
        return { caller: 'arun', input: { requests, justification: 'Fine' } };
      },
    }),
  ),
  {
    ...{ name: 'cancel', statements: 11, further: 9 },
    ask: async (count) => {
      const { caller, requests } = await waiting(count);
      return { caller, input: { requests } };
    },
  },
  { name: 'assign', statements: 17, ask: async () => ({ input: { ...plain(await user()), ...JUSTIFIED } }) },
  ...[false, true].map(
    (atomic): Bound => ({
      ...{
        name: 'assignMany',
        how: atomic ? 'all or none' : 'each on its own',
        statements: atomic ? 22 : 17,
        further: 14,
      },
      ask: async (count) => ({ input: { atomic, assignments: (await times(count, user)).map(plain), ...JUSTIFIED } }),
    }),
  ),
  { name: 'remove', statements: 17, ask: async () => ({ input: { assignment: await assigned(), ...JUSTIFIED } }) },
  ...[false, true].map(
    (atomic): Bound => ({
      ...{
        name: 'removeMany',
        how: atomic ? 'all or none' : 'each on its own',
        statements: atomic ? 22 : 17,
        further: 14,
      },
      ask: async (count) => ({ input: { atomic, assignments: await times(count, assigned), ...JUSTIFIED } }),
    }),
  ),
  {
    ...{ name: 'update', statements: 16 },
    ask: async () => ({ input: { assignment: await assigned(), duration: 'P9D', ...JUSTIFIED } }),
  },
  ...[false, true].map(
    (atomic): Bound => ({
      ...{
        name: 'updateMany',
        how: atomic ? 'all or none' : 'each on its own',
        statements: atomic ? 21 : 16,
        further: 13,
      },
      ask: async (count) => {
        const updates = (await times(count, assigned)).map((assignment) => ({ assignment, duration: 'P9D' }));
        return { input: { atomic, updates, ...JUSTIFIED } };
      },
    }),
  ),
  {
    ...{ name: 'extend', how: 'by an administrator', statements: 16 },
    ask: async () => ({ input: { assignment: await assigned(), duration: 'P9D', ...JUSTIFIED } }),
  },
  {
    ...{ name: 'extend', how: 'for its holder', statements: 16 },
    ask: async () => {
      const una = await rows.user();
      const assignment = await assigned({ principal: una, type: 'ELIGIBLE' });
      return { caller: await signed(una), input: { assignment, duration: 'P9D', ...JUSTIFIED } };
    },
  },
  {
    ...{ name: 'renew', statements: 20, further: 17 },
    ask: async (count) => ({
      input: { assignments: await times(count, () => assigned({ ends: -1 })), duration: 'P1D', ...JUSTIFIED },
    }),
  },
  {
    ...{ name: 'extendActivation', statements: 19 },
    ask: async () => {
      const { caller, assignment } = await activation(10);
      return { caller, input: { assignment, duration: 'PT10M', ...JUSTIFIED } };
    },
  },
  {
    ...{ name: 'deactivate', statements: 14 },
    ask: async () => {
      const { caller, assignment } = await activation(10);
      return { caller, input: { assignment } };
    },
  },
  ...[false, true].map(
    (atomic): Bound => ({
      ...{
        name: 'copyAssignments',
        how: atomic ? 'all or none' : 'each on its own',
        statements: atomic ? 30 : 25,
        further: 16,
      },
      ask: async (count) => {
        const { una } = await holder(plainRoles.slice(0, count));
        return {
          input: { atomic, between: { principals: { from: globalId('User', una), to: await user() } }, ...JUSTIFIED },
        };
      },
    }),
  ),
  {
    ...{ name: 'createPolicyTemplate', statements: 13 },
    ask: async () => ({ input: { provider: 'ENTRA_ROLE', name: `Template ${names++}`, rules: APPROVAL } }),
  },
  {
    ...{ name: 'updatePolicyTemplate', statements: 13 },
    ask: async () => {
      const { id } = (await template()).template;
      return { input: { template: id, expectedVersion: 1, rules: APPROVAL, description: 'Anew' } };
    },
  },
  {
    ...{ name: 'updateRolePolicy', statements: 24 },
    ask: async () => {
      const { id } = (await template()).template;
      const role = globalId('Role', plainRoles[SEVERAL - 1] as string);
      return { input: { role, expectedVersion: 0, template: id } };
    },
  },
  { name: 'bulkExport', statements: 11, ask: async () => ({ input: EXPORTED }) },
  {
    ...{ name: 'cancelBulkOperation', statements: 9 },
    ask: async () => ({ input: { id: (await done('grace', 'bulkExport', EXPORTED)).operation.id } }),
  },
  {
    ...{ name: 'importAssignments', statements: 11 },
    ask: async () => ({ input: { upload: await uploaded(), mode: 'DRY_RUN', ...JUSTIFIED } }),
  },
];

const measure = async ({ name, ask }: Bound, count: number) => {
  const { caller = 'grace', input } = await ask(count);
  using watched = watchStatements();
  const payload = await done(caller, name, input);
  const texts = watched.ofRequests().map(({ text }) => text);
  const items: Anything[] = [payload.copies ?? payload].flat();
  expect([items.length, items.flatMap(({ refusals }) => refusals), payload.refusals ?? []]).toEqual([count, [], []]);
  return texts;
};

describe.each(BOUNDS.map((bound) => [bound.name, bound.how ?? '', bound] as const))('%s %s', (_name, _how, bound) => {
  it(`takes ${bound.statements} statements`, async () => {
    expect(await measure(bound, 1)).toHaveLength(bound.statements);
  });

  const { further } = bound;
  if (further === undefined) return;
  it(`takes ${further} more for each further item`, async () => {
    expect(await measure(bound, SEVERAL)).toHaveLength(bound.statements + (SEVERAL - 1) * further);
  });
});

it('is asked of every mutation that there is', () => {
  const mutations = Object.entries(OPERATIONS).filter(([, { kind }]) => kind === 'mutation');
  expect([...new Set(BOUNDS.map(({ name }) => name))].sort()).toEqual(mutations.map(([name]) => name).sort());
});
