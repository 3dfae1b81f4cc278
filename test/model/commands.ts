/** What can anybody do? Each command is done in the reference and in the gateway, and both must say and show the same. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { activate } from '../../src/action/activation.ts';
import { extendActivation } from '../../src/action/activationExtension.ts';
import { approve, deny } from '../../src/action/approval.ts';
import { assign } from '../../src/action/assignment.ts';
import { cancel } from '../../src/action/cancellation.ts';
import { deactivate } from '../../src/action/deactivation.ts';
import { extend } from '../../src/action/extension.ts';
import type { Outcome } from '../../src/action/perform.ts';
import { remove } from '../../src/action/removal.ts';
import { renew } from '../../src/action/renewal.ts';
import { update } from '../../src/action/update.ts';
import { sweep } from '../../src/schedule/sweep.ts';
import {
  type Answer,
  type Asker,
  type Held,
  HOLDERS,
  MINUTE,
  PEOPLE,
  type Place,
  type Reference,
  ROLES,
} from './reference.ts';
import { ROLE_IDS, type World } from './world.ts';

export type Command = fc.AsyncCommand<Reference, World>;

/** Commands that were carried out, by name: a model that refuses everything proves nothing. */
export const tally = new Map<string, number>();

const small = fc.nat(1_000);
/** One in eight asks without a reason or a second factor; three in eight are asked by just anybody. */
const asking = fc.record({ chance: fc.nat(63), anybody: fc.nat(7) });
type Asking = { chance: number; anybody: number };
const minutes = fc.constantFrom(3, 30, 60, 240, 600, 1_440, 5 * 1_440, 20 * 1_440, 200 * 1_440);
const brief = fc.constantFrom(3, 5, 30, 60, 240, 480, 600);
const later = fc.constantFrom(0, 0, 0, 15, 300);

/** @param likely who would ask; somebody else does at times */
function askerOf({ chance, anybody }: Asking, likely: readonly Asker['who'][]): Asker {
  const who = chance % 8 < 3 || likely.length === 0 ? PEOPLE[anybody] : likely[anybody % likely.length];
  return { who: who as Asker['who'], reason: chance >> 3 !== 0, multiFactor: chance >> 3 !== 1 };
}

const pickFrom = <T>(list: readonly T[], pick: number) => list[pick % list.length] as T;
const MANAGERS = {
  plain: ['gail', 'gus'],
  global: ['gail', 'gus'],
  contributor: ['azra'],
  member: ['olga', 'gail'],
} as const;
const PLACES = {
  plain: ['directory'],
  global: ['directory'],
  contributor: ['subscription', 'resourceGroup'],
  member: ['crew'],
} as const;

function command(
  name: string,
  told: unknown,
  check: Command['check'],
  run: (m: Reference, w: World) => Promise<string>,
) {
  let detail = '';
  return {
    check,
    run: async (m: Reference, w: World) => {
      m.now += 2;
      detail = await run(m, w);
      tally.set(detail, (tally.get(detail) ?? 0) + 1);
      await compare(m, w);
    },
    toString: () => `${name}${JSON.stringify(told)}${detail && ` → ${detail}`}`,
  };
}

/** Both do it; what they say must be the same. */
async function both(
  m: Reference,
  w: World,
  name: string,
  ask: () => Answer,
  act: () => Promise<Outcome>,
): Promise<string> {
  const expected = m.attempt(ask);
  const outcome = await act();
  const said = outcome.refusals.length > 0 ? { no: outcome.refusals[0]?.code } : { status: outcome.status };
  expect(said, name).toEqual('no' in expected ? expected : { status: expected.status });
  if (!('no' in expected)) w.keep(outcome, expected);
  return `${name}: ${'no' in expected ? expected.no : expected.status}`;
}

/** Who holds what, what became of every request, and the rules that nothing may break. */
async function compare(m: Reference, w: World): Promise<void> {
  const { assignments, requests, broken } = await w.look();
  const held = new Map(assignments.map(({ id, ...rest }) => [id, rest]));
  const shown = w.assignments.map((id) => {
    const row = held.get(id);
    return row && { ...row, minutes: row.minutes === null ? null : Math.round(row.minutes) };
  });
  const meant = m.assignments.map((each) => ({
    inForce: m.inForce(each),
    endedBy: each.endedBy,
    minutes: each.end === null ? null : Math.round((each.end - each.start) / MINUTE),
  }));
  expect(shown).toEqual(meant);
  expect(assignments).toHaveLength(meant.length);
  const statuses = new Map(requests.map(({ id, status }) => [id, status]));
  expect(w.requests.map((id) => statuses.get(id))).toEqual(m.requests.map(({ status }) => status));
  expect(requests).toHaveLength(m.requests.length);
  expect(Object.entries(broken).filter(([, count]) => count !== 0)).toEqual([]);
}

const reasons = ({ reason }: Asker) => ({
  justification: reason ? 'Because' : null,
  ticketNumber: null,
  ticketSystem: null,
});
const until = (durationMinutes: number | null, startsAt: Date | null = null) => ({
  startsAt,
  endsAt: null,
  durationMinutes,
});
const lasting = (durationMinutes: number | null) => ({
  ...until(durationMinutes),
  permanent: durationMinutes === null,
});
const inMinutes = async (w: World, ahead: number) =>
  ahead === 0 ? null : new Date((await w.now()).getTime() + ahead * 60_000);

const assignments = (m: Reference) => m.assignments.map((_, index) => index);
const some = (of: (m: Reference) => readonly number[]) => (m: Readonly<Reference>) => of(m as Reference).length > 0;

/** Commands on one assignment: who would ask for it, and what is asked. */
function onAssignment(
  name: string,
  of: (m: Reference) => readonly number[],
  likely: (m: Reference, index: number) => readonly Asker['who'][],
  work: {
    readonly ask: (m: Reference, asker: Asker, index: number, length: number) => Answer;
    readonly act: (w: World, asker: Asker, id: string, length: number) => Promise<Outcome>;
    readonly lengths?: fc.Arbitrary<number>;
  },
): fc.Arbitrary<Command> {
  return fc.record({ asking, pick: small, length: work.lengths ?? fc.constant(0) }).map((told) =>
    command(name, told, some(of), async (m, w) => {
      const index = pickFrom(of(m), told.pick);
      const asker = askerOf(told.asking, likely(m, index));
      const id = w.assignments[index] as string;
      return both(
        m,
        w,
        name,
        () => work.ask(m, asker, index, told.length),
        () => work.act(w, asker, id, told.length),
      );
    }),
  );
}

const holder = (m: Reference, index: number) => {
  const who = m.assignments[index]?.holder;
  return who === 'crew' ? (m.members() as Asker['who'][]) : who === undefined ? [] : [who];
};
const manager = (m: Reference, index: number) => MANAGERS[m.assignments[index]?.role ?? 'plain'];
const either = (m: Reference, index: number) => [...holder(m, index), ...manager(m, index)];
const where = (test: (m: Reference, index: number) => boolean) => (m: Reference) =>
  assignments(m).filter((index) => test(m, index));

const assigning = fc
  .record({
    asking,
    role: fc.constantFrom(...ROLES),
    holder: fc.constantFrom(...HOLDERS),
    place: small,
    eligible: fc.boolean(),
    later,
    length: fc.option(minutes, { freq: 4 }),
  })
  .map((told) =>
    command(
      'assign',
      told,
      () => true,
      async (m, w) => {
        const asker = askerOf(told.asking, MANAGERS[told.role]);
        const place: Place = pickFrom<Place>(PLACES[told.role], told.place);
        const type = told.eligible ? 'ELIGIBLE' : 'ACTIVE';
        const access = { role: told.role, place, holder: told.holder, type } as const;
        const startsAt = await inMinutes(w, told.later);
        const input = {
          principalId: w.holders[told.holder],
          roleId: ROLE_IDS[told.role],
          scope: { id: w.places[place] },
          type,
          condition: null,
        } as const;
        const schedule = until(told.length, startsAt);
        const act = () => assign(w.as(asker), { ...input, schedule, reasons: reasons(asker) });
        return both(m, w, 'assign', () => m.assign(asker, access, told.later, told.length), act);
      },
    ),
  );

const eligible = where((m, index) => m.assignments[index]?.type === 'ELIGIBLE');
const activating = fc
  .record({ asking, pick: small, narrower: fc.nat(3), later, length: fc.option(brief, { freq: 6 }) })
  .map((told) =>
    command('activate', told, some(eligible), async (m, w) => {
      const index = pickFrom(eligible(m), told.pick);
      const asker = askerOf(told.asking, holder(m, index));
      const held = m.assignments[index] as Reference['assignments'][number];
      const place = told.narrower === 0 ? pickFrom<Place>(PLACES[held.role], told.pick) : held.place;
      const startsAt = await inMinutes(w, told.later);
      const input = { eligibilityId: w.assignments[index] as string, scope: { id: w.places[place] } };
      const act = () =>
        activate(w.as(asker), { ...input, schedule: until(told.length, startsAt), reasons: reasons(asker) });
      return both(m, w, 'activate', () => m.activate(asker, index, place, told.later, told.length), act);
    }),
  );

/** Rather what waits than what is decided. */
function requestOf(m: Reference, pick: number): number {
  const waiting = m.requests.flatMap((request, index) => (m.isWaiting(request) ? [index] : []));
  return pick % 4 > 0 && waiting.length > 0 ? pickFrom(waiting, pick) : pick % m.requests.length;
}

/** Mostly while something waits, or is still to begin. */
const someRequest = (pick: number, status: 'PENDING' | 'GRANTED') => (m: Readonly<Reference>) =>
  m.requests.length > 0 &&
  (pick % 8 === 0 || m.requests.some((request) => request.status.startsWith(status) || m.isWaiting(request)));
const deciding = fc
  .record({ asking, pick: small, yes: fc.nat(3), shorter: fc.option(brief, { freq: 1 }) })
  .map((told) =>
    command('decide', told, someRequest(told.pick, 'PENDING'), async (m, w) => {
      const index = requestOf(m, told.pick);
      const request = m.requests[index] as Reference['requests'][number];
      const asker = askerOf(told.asking, request.approvers.length > 0 ? request.approvers : MANAGERS[request.role]);
      const requestIds = [w.requests[index] as string];
      const { justification } = reasons(asker);
      const verb = told.yes > 0 ? approve : deny;
      const act = async () =>
        (await verb(w.as(asker), { requestIds, justification, durationMinutes: told.shorter }))[0] as Outcome;
      return both(m, w, 'decide', () => m.decide(asker, index, told.yes > 0, told.shorter), act);
    }),
  );

const canceling = fc.record({ asking, pick: small }).map((told) =>
  command('cancel', told, someRequest(told.pick, 'GRANTED'), async (m, w) => {
    const index = requestOf(m, told.pick);
    const asker = askerOf(told.asking, [m.requests[index]?.by as Asker['who']]);
    const requestIds = [w.requests[index] as string];
    const act = async () => (await cancel(w.as(asker), { requestIds, justification: null }))[0] as Outcome;
    return both(m, w, 'cancel', () => m.cancel(asker, index), act);
  }),
);

const setting = fc
  .record({
    role: fc.constantFrom(...ROLES),
    approval: fc.boolean(),
    multiFactor: fc.boolean(),
    maximum: fc.constantFrom(60, 480),
    extension: fc.boolean(),
  })
  .map((told) =>
    command(
      'settings',
      told,
      () => true,
      async (m, w) => {
        const { role, ...policy } = told;
        m.policies = { ...m.policies, [role]: policy };
        await w.setPolicy(role, policy);
        return 'settings';
      },
    ),
  );

const passing = fc.constantFrom(1, 4, 5, 16, 60, 240, 480, 1_440, 1_441, 8 * 1_440, 31 * 1_440).map((length) =>
  command(
    'pass',
    length,
    () => true,
    async (m, w) => {
      m.now += length * MINUTE;
      await w.pass(length);
      return 'pass';
    },
  ),
);

const sweeping = fc.constant(0).map(() =>
  command(
    'sweep',
    '',
    () => true,
    async (m, w) => {
      const faults: unknown[] = [];
      const expected = m.sweep();
      await sweep(w.database, { onFault: (error) => faults.push(error) });
      expect(faults.map((error) => (error as { constraint?: string }).constraint ?? String(error))).toEqual(
        Array.from({ length: expected }, () => 'last_administrator'),
      );
      return 'sweep';
    },
  ),
);

const current = where((m, index) => !m.over(m.assignments[index] as Held) || index % 5 === 0);
/** Rather what runs; at times what never was an activation, or is over. */
const activated = where((m, index) => {
  const held = m.assignments[index] as Held;
  return held.type === 'ACTIVE' && ((held.activated && !m.over(held)) || index % 7 === 6);
});
const first = (outcomes: readonly Outcome[]) => outcomes[0] as Outcome;

/** More often what makes something to look at. */
export const COMMANDS: fc.Arbitrary<Command>[] = [
  assigning,
  assigning,
  activating,
  activating,
  activating,
  deciding,
  deciding,
  deciding,
  canceling,
  setting,
  passing,
  passing,
  sweeping,
  onAssignment('remove', current, manager, {
    ask: (m, asker, index) => m.remove(asker, index),
    act: (w, asker, assignmentId) => remove(w.as(asker), { assignmentId, reasons: reasons(asker) }),
  }),
  onAssignment('deactivate', activated, either, {
    ask: (m, asker, index) => m.deactivate(asker, index),
    act: (w, asker, assignmentId) => deactivate(w.as(asker), { assignmentId, justification: null }),
  }),
  onAssignment('update', current, manager, {
    lengths: minutes,
    ask: (m, asker, index, length) => m.update(asker, index, length === 600 ? null : length),
    act: (w, asker, assignmentId, length) =>
      update(w.as(asker), {
        assignmentId,
        schedule: lasting(length === 600 ? null : length),
        condition: undefined,
        reasons: reasons(asker),
      }),
  }),
  onAssignment('extend', current, either, {
    lengths: minutes,
    ask: (m, asker, index, length) => m.extend(asker, index, length),
    act: (w, asker, assignmentId, length) =>
      extend(w.as(asker), { assignmentId, schedule: lasting(length), reasons: reasons(asker) }),
  }),
  onAssignment('renew', assignments, either, {
    lengths: minutes,
    ask: (m, asker, index, length) => m.renew(asker, index, length),
    act: async (w, asker, id, length) =>
      first(await renew(w.as(asker), { assignmentIds: [id], schedule: lasting(length), reasons: reasons(asker) })),
  }),
  onAssignment('extendActivation', activated, holder, {
    lengths: brief,
    ask: (m, asker, index, length) => m.extendActivation(asker, index, length),
    act: (w, asker, assignmentId, durationMinutes) =>
      extendActivation(w.as(asker), { assignmentId, endsAt: null, durationMinutes, reasons: reasons(asker) }),
  }),
];
