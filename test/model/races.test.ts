/** What if two ask at once? One is served, the other hears why not: never a fault, never the same access twice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activate } from '../../src/action/activation.ts';
import { extendActivation } from '../../src/action/activationExtension.ts';
import { approve, deny } from '../../src/action/approval.ts';
import { assign, type ScopeArgument } from '../../src/action/assignment.ts';
import { cancel } from '../../src/action/cancellation.ts';
import { deactivate } from '../../src/action/deactivation.ts';
import { extend } from '../../src/action/extension.ts';
import type { Outcome } from '../../src/action/perform.ts';
import { updateRolePolicy } from '../../src/action/policy.ts';
import { remove } from '../../src/action/removal.ts';
import { update } from '../../src/action/update.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { type Person, type Policy, Reference, type RoleName } from './reference.ts';
import { type Beginning, ROLE_IDS, World } from './world.ts';

/** Of each race: which of the two comes first is chance. */
const ROUNDS = 10;

let clone: TestDatabase;
beforeAll(async () => {
  clone = await cloneDatabase();
});
afterAll(() => clone.drop());

const BEGINNING: readonly Beginning[] = [
  { holder: 'gail', role: 'global', place: 'directory', type: 'ACTIVE', ends: null },
  { holder: 'gus', role: 'global', place: 'directory', type: 'ACTIVE', ends: null },
  { holder: 'hal', role: 'plain', place: 'directory', type: 'ELIGIBLE', ends: 1_440 },
  { holder: 'hal', role: 'contributor', place: 'subscription', type: 'ELIGIBLE', ends: 1_440 },
];
const PLAIN = 2;
const CONTRIBUTOR = 3;

type Move = (world: World) => Promise<Outcome>;

const REASONS = { justification: 'Because', ticketNumber: null, ticketSystem: null };
const as = (world: World, who: Person) => world.as({ who, reason: true, multiFactor: true });
const first = (outcomes: readonly Outcome[]) => outcomes[0] as Outcome;

const activating =
  (index: number, scope: (world: World) => ScopeArgument | null = () => null): Move =>
  (world) =>
    activate(as(world, 'hal'), {
      ...{ eligibilityId: world.assignments[index] as string, scope: scope(world), reasons: REASONS },
      schedule: { startsAt: null, endsAt: null, durationMinutes: 60 },
    });
const deciding =
  (verb: typeof approve, who: Person): Move =>
  async (world) =>
    first(await verb(as(world, who), { requestIds: world.requests, justification: 'Known', durationMinutes: null }));
const removing =
  (who: Person): Move =>
  (world) =>
    remove(as(world, who), { assignmentId: world.assignments[PLAIN] as string, reasons: REASONS });
const extending =
  (who: Person): Move =>
  (world) =>
    extend(as(world, who), {
      ...{ assignmentId: world.assignments[PLAIN] as string, reasons: REASONS },
      schedule: { startsAt: null, endsAt: null, durationMinutes: 3 * 1_440, permanent: false },
    });
const shortening: Move = (world) =>
  update(as(world, 'gus'), {
    ...{ assignmentId: world.assignments[PLAIN] as string, reasons: REASONS, condition: undefined },
    schedule: { startsAt: null, endsAt: null, durationMinutes: 30, permanent: false },
  });
const assigning =
  (who: Person): Move =>
  (world) =>
    assign(as(world, who), {
      ...{ principalId: world.holders.ida, roleId: ROLE_IDS.plain, scope: null, type: 'ACTIVE', condition: null },
      ...{ schedule: { startsAt: null, endsAt: null, durationMinutes: 60 }, reasons: REASONS },
    });
const canceling: Move = async (world) =>
  first(await cancel(as(world, 'hal'), { requestIds: world.requests, justification: null }));
const tightening: Move = (world) =>
  updateRolePolicy(as(world, 'gail'), {
    ...{
      roleId: ROLE_IDS.plain,
      scope: null,
      templateId: null,
      justification: null,
      inherit: false,
      inheritable: null,
    },
    ...{ expectedVersion: world.versions.plain, rules: { Approval_EndUser_Assignment: { isApprovalRequired: true } } },
  });
const running = (world: World) => world.assignments.at(-1) as string;
const prolonging: Move = (world) =>
  extendActivation(as(world, 'hal'), {
    ...{ assignmentId: running(world), endsAt: null, durationMinutes: 30, reasons: REASONS },
  });
const deactivating =
  (who: Person): Move =>
  (world) =>
    deactivate(as(world, who), { assignmentId: running(world), justification: null });

/** What was done, or why not. */
const said = ({ status, refusals }: Outcome) => refusals[0]?.code ?? status ?? 'CHANGED';

interface Race {
  readonly settings: Partial<Policy>;
  /** Before the two begin. */
  readonly before?: Move;
  readonly moves: readonly [Move, Move];
  /** Pairs of answers, in the order of the moves. */
  readonly either: readonly (readonly [string, string])[];
  /** Whether Hal holds the role actively in the end; left out: as the answers say. */
  readonly active?: boolean;
}

const OPEN = { approval: false, extension: true };
const APPROVED = { approval: true, extension: true };
const bySubscription = (spell: (path: string) => string) => (world: World) => ({ path: spell(world.subscriptionPath) });

const once = (done: string, refused: string) =>
  [
    [done, refused],
    [refused, done],
  ] as const;

const RACES: Readonly<Record<string, Race>> = {
  'activate twice': {
    ...{ settings: OPEN, moves: [activating(PLAIN), activating(PLAIN)], active: true },
    either: once('PROVISIONED', 'ALREADY_ACTIVE'),
  },
  'activate at a scope and at the same in capitals': {
    ...{ settings: OPEN, active: true, either: once('PROVISIONED', 'ALREADY_ACTIVE') },
    moves: [
      activating(CONTRIBUTOR),
      activating(
        CONTRIBUTOR,
        bySubscription((path) => path.toUpperCase()),
      ),
    ],
  },
  'activate at a scope and at the same with a slash behind it': {
    ...{ settings: OPEN, active: true, either: once('PROVISIONED', 'ALREADY_ACTIVE') },
    moves: [
      activating(
        CONTRIBUTOR,
        bySubscription((path) => path),
      ),
      activating(
        CONTRIBUTOR,
        bySubscription((path) => `${path}/`),
      ),
    ],
  },
  'ask twice for what needs approval': {
    ...{ settings: APPROVED, moves: [activating(PLAIN), activating(PLAIN)], active: false },
    either: once('PENDING_APPROVAL', 'REQUEST_PENDING'),
  },
  'approve and approve': {
    ...{ settings: APPROVED, before: activating(PLAIN), active: true },
    moves: [deciding(approve, 'ann'), deciding(approve, 'bob')],
    either: once('PROVISIONED', 'REQUEST_NOT_PENDING'),
  },
  'approve and deny': {
    ...{ settings: APPROVED, before: activating(PLAIN) },
    moves: [deciding(approve, 'ann'), deciding(deny, 'bob')],
    either: [
      ['PROVISIONED', 'REQUEST_NOT_PENDING'],
      ['REQUEST_NOT_PENDING', 'DENIED'],
    ],
  },
  'approve and cancel': {
    ...{ settings: APPROVED, before: activating(PLAIN), moves: [deciding(approve, 'ann'), canceling] },
    either: [
      ['PROVISIONED', 'NOT_CANCELABLE'],
      ['REQUEST_NOT_PENDING', 'CANCELED'],
    ],
  },
  'approve and remove the eligible assignment': {
    ...{
      settings: APPROVED,
      before: activating(PLAIN),
      moves: [deciding(approve, 'ann'), removing('gus')],
      active: false,
    },
    either: [
      ['PROVISIONED', 'REVOKED'],
      ['REQUEST_NOT_PENDING', 'REVOKED'],
    ],
  },
  'activate and remove the eligible assignment': {
    ...{ settings: OPEN, moves: [activating(PLAIN), removing('gus')], active: false },
    either: [
      ['PROVISIONED', 'REVOKED'],
      ['NOT_ELIGIBLE', 'REVOKED'],
    ],
  },
  'activate and shorten the eligible assignment below it': {
    ...{ settings: OPEN, moves: [activating(PLAIN), shortening] },
    either: [
      ['PROVISIONED', 'PROVISIONED'],
      ['INVALID_SCHEDULE', 'PROVISIONED'],
    ],
  },
  'activate and tighten the settings': {
    ...{ settings: OPEN, moves: [activating(PLAIN), tightening] },
    either: [
      ['PROVISIONED', 'CHANGED'],
      ['PENDING_APPROVAL', 'CHANGED'],
    ],
  },
  'tighten the settings twice': {
    ...{ settings: OPEN, moves: [tightening, tightening], active: false },
    either: once('CHANGED', 'POLICY_CHANGED'),
  },
  'extend and remove': {
    ...{ settings: OPEN, moves: [extending('gail'), removing('gus')], active: false },
    either: [
      ['PROVISIONED', 'REVOKED'],
      ['ASSIGNMENT_ENDED', 'REVOKED'],
    ],
  },
  'ask for an extension and remove': {
    ...{ settings: OPEN, moves: [extending('hal'), removing('gus')], active: false },
    either: [
      ['PENDING_ADMIN_DECISION', 'REVOKED'],
      ['ASSIGNMENT_ENDED', 'REVOKED'],
    ],
  },
  'remove twice': {
    ...{ settings: OPEN, moves: [removing('gail'), removing('gus')], active: false },
    either: once('REVOKED', 'ASSIGNMENT_ENDED'),
  },
  'assign the same twice': {
    ...{ settings: OPEN, moves: [assigning('gail'), assigning('gus')], active: false },
    either: once('PROVISIONED', 'ASSIGNMENT_EXISTS'),
  },
  'prolong an activation and end it': {
    ...{ settings: OPEN, before: activating(PLAIN), moves: [prolonging, deactivating('gail')], active: false },
    either: [
      ['PROVISIONED', 'REVOKED'],
      ['NOT_ACTIVATED', 'REVOKED'],
    ],
  },
  'prolong an activation and remove what it rests on': {
    ...{ settings: OPEN, before: activating(PLAIN), moves: [prolonging, removing('gus')], active: false },
    either: [
      ['PROVISIONED', 'REVOKED'],
      ['NOT_ACTIVATED', 'REVOKED'],
    ],
  },
  'end an activation twice': {
    ...{ settings: OPEN, before: activating(PLAIN), moves: [deactivating('gail'), deactivating('gus')], active: false },
    either: once('REVOKED', 'NOT_ACTIVATED'),
  },
};

describe('two at once', () => {
  test.each(Object.entries(RACES))('%s', async (_name, race) => {
    for (let round = 0; round < ROUNDS; round++) await run(race, round);
  });
});

async function run({ settings, before, moves, either, active }: Race, round: number): Promise<void> {
  const reference = new Reference();
  const settled = Object.entries(reference.policies).map(([role, policy]) => [role, { ...policy, ...settings }]);
  reference.policies = Object.fromEntries(settled) as Record<RoleName, Policy>;
  const world = await World.found(clone.database, reference, BEGINNING);
  const made = await before?.(world);
  if (made?.requestId) world.requests.push(made.requestId);
  if (made?.assignmentId) world.assignments.push(made.assignmentId);
  // Each of the two has the start in every other round.
  const [one, other] = round % 2 === 0 ? moves : ([moves[1], moves[0]] as const);
  const outcomes = await Promise.all([one(world), other(world)]);
  const answers = (round % 2 === 0 ? outcomes : outcomes.toReversed()).map(said);
  expect(either).toContainEqual(answers);
  const { broken, activeNow } = await world.look();
  expect(Object.entries(broken).filter(([, count]) => count !== 0)).toEqual([]);
  const hal = activeNow.filter((id) => id === world.holders.hal).length;
  expect(hal).toBe((active ?? answers[0] === 'PROVISIONED') ? 1 : 0);
}
