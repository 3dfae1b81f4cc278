/**
 * Does every filter choose what it says, alone and with others, for whoever looks, in every order and page by page? Beside a
 * model that looks at each row of the viewer's whole list in turn.
 */
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PersonaName, persona } from '../../src/company/personas.ts';
import type { Viewer } from '../../src/decision/powers.ts';
import { ENTRA, GROUP_MEMBER } from '../../src/decision/role.ts';
import {
  ASSIGNMENT_STATES,
  ASSIGNMENT_TYPES,
  PROVIDERS,
  REQUEST_ACTIONS,
  REQUEST_STATUSES,
} from '../../src/decision/words.ts';
import {
  ASSIGNMENT_ORDERS,
  ASSIGNMENT_PHASES,
  type AssignmentFilter,
  listAssignments,
} from '../../src/store/assignment.ts';
import {
  ArgumentError,
  cursorAt,
  ORDER_DIRECTIONS,
  type Ordering,
  type PageArguments,
} from '../../src/store/connection.ts';
import type { Sql } from '../../src/store/database.ts';
import { listPrincipals } from '../../src/store/principal.ts';
import { listRequests, REQUEST_ORDERS, type RequestFilter } from '../../src/store/request.ts';
import { readFrozen } from '../../src/store/transaction.ts';
import { cloneDatabase, cloneDemoDatabase, type TestDatabase } from '../support/database.ts';
import { type Rows, rowsOf } from '../support/rows.ts';
import { contextOf } from '../support/viewer.ts';

const VIEWERS = ['grace', 'uma', 'ursula', 'maya', 'olga', 'sam'] as const satisfies readonly PersonaName[];
const RUNS = 40;

/** Instants as microseconds since 1970, so that nothing is rounded. */
interface Fact {
  readonly id: string;
  readonly provider: string;
  readonly principalId: string;
  readonly roleId: string;
  readonly createdAt: number;
  readonly keys: readonly string[];
  readonly names: string;
  readonly rank: Readonly<Record<string, number>>;
}

interface AssignmentFact extends Fact {
  readonly type: string;
  readonly state: string;
  readonly startsAt: number;
  readonly endsAt: number | null;
  readonly eligibilityId: string | null;
  readonly requestorId: string | null;
  readonly categories: readonly string[];
  readonly privileged: boolean;
  /** Of the scope of a group that is not deleted. */
  readonly groupId: string | null;
}

interface RequestFact extends Fact {
  readonly action: string;
  readonly status: string;
  readonly requestorId: string | null;
}

const micros = (column: string) => sql.raw(`(extract(epoch FROM ${column}) * 1e6)::float8`);
const COMMON = sql`x.id, x.provider, x.principal_id AS "principalId", x.role_id AS "roleId", ${micros('x.created_at')} AS "createdAt",
  ARRAY(SELECT up.key FROM scope_ancestor a JOIN scope up ON up.id = a.ancestor_id WHERE a.scope_id = x.scope_id) AS keys,
  lower(concat_ws(E'\n', p.display_name, r.display_name, s.display_name)) AS names`;
const JOINED = sql`JOIN principal p ON p.id = x.principal_id JOIN role r ON r.id = x.role_id JOIN scope s ON s.id = x.scope_id`;
const rank = (orders: Readonly<Record<string, string>>) =>
  sql.raw(
    `json_build_object(${Object.entries(orders).map(([name, by]) => `'${name}', row_number() OVER (ORDER BY ${by}, x.id)`)}) AS rank`,
  );

async function assignmentFacts(db: Sql): Promise<Map<string, AssignmentFact>> {
  const orders = {
    ...{ CREATED_AT: 'x.created_at', STARTS_AT: 'x.starts_at', ENDS_AT: "coalesce(x.ends_at, 'infinity')" },
    PRINCIPAL_NAME: 'p.display_name',
  };
  const { rows } = await sql<AssignmentFact>`SELECT ${COMMON}, x.type, x.state, ${micros('x.starts_at')} AS "startsAt",
      ${micros('x.ends_at')} AS "endsAt", x.eligibility_id AS "eligibilityId", q.requestor_id AS "requestorId",
      r.categories, r.privileged, g.id AS "groupId", ${rank(orders)}
    FROM assignment x ${JOINED} LEFT JOIN principal g ON g.id = s.principal_id AND s.kind = 'GROUP' AND g.deleted_at IS NULL
    LEFT JOIN request q ON q.id = x.request_id`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

async function requestFacts(db: Sql): Promise<Map<string, RequestFact>> {
  const { rows } = await sql<RequestFact>`SELECT ${COMMON}, x.action, x.requestor_id AS "requestorId",
      CASE WHEN x.status = 'PENDING_APPROVAL' AND x.expires_at <= clock_timestamp() THEN 'TIMED_OUT'
        WHEN x.status = 'GRANTED' AND x.completed_at <= clock_timestamp() THEN 'PROVISIONED' ELSE x.status END AS status,
      ${rank({ CREATED_AT: 'x.created_at', PRINCIPAL_NAME: 'p.display_name' })}
    FROM request x ${JOINED}`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

let demo: TestDatabase;
let viewers: ReadonlyMap<PersonaName, Viewer>;
beforeAll(async () => {
  demo = await cloneDemoDatabase();
  const all = VIEWERS.map(async (name) => [name, (await contextOf(demo.database, persona(name))).viewer] as const);
  viewers = new Map(await Promise.all(all));
});
afterAll(() => demo.drop());

interface Found {
  readonly nodes: readonly { readonly id: string }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** Ids page by page, from the front or from the back. */
async function walk(read: (page: PageArguments) => Promise<Found>, size: number, backward: boolean): Promise<string[]> {
  const ids: string[] = [];
  for (let page: PageArguments = {}; ; ) {
    const found = await read({ [backward ? 'last' : 'first']: size, ...page });
    const here = found.nodes.map(({ id }) => id);
    if (backward) ids.unshift(...here);
    else ids.push(...here);
    if (!(backward ? found.hasPreviousPage : found.hasNextPage)) return ids;
    const edge = cursorAt(found as never, backward ? 0 : here.length - 1);
    page = backward ? { before: edge } : { after: edge };
  }
}

const DAY = 86_400_000;
const TEXTS = ['reader', 'ADMIN', 'lind', '%__', 'retail', 'nobody is called this'];
const PATHS = ['/', '/nowhere', '/providers/Microsoft.Management/managementGroups/RETAIL'];

const inMicros = (at: Date) => at.getTime() * 1_000;
const fits = <T>(wanted: readonly T[] | null | undefined, value: T) => wanted == null || wanted.includes(value);

function isOfAll(
  fact: Fact,
  { providers, principalIds, roleIds, below, search }: AssignmentFilter & RequestFilter,
): boolean {
  return (
    [fits(providers, fact.provider), fits(principalIds, fact.principalId), fits(roleIds, fact.roleId)].every(Boolean) &&
    (below == null || fact.keys.includes(below.toLowerCase())) &&
    (search == null || fact.names.includes(search.toLowerCase()))
  );
}

/** Ids of what is chosen of the viewer's whole list, in the order asked for. */
function expected<F extends Fact>(
  whole: readonly F[],
  isChosen: (fact: F) => boolean,
  { field, direction }: Ordering<string>,
) {
  const chosen = whole.filter(isChosen).sort((a, b) => (a.rank[field] as number) - (b.rank[field] as number));
  return (direction === 'DESC' ? chosen.reverse() : chosen).map(({ id }) => id);
}

/** What the filter says of one row. */
function choice(filter: AssignmentFilter, whole: readonly AssignmentFact[], now: number) {
  const activations = Map.groupBy(
    whole.filter(({ startsAt, endsAt }) => startsAt <= now && startsAt !== endsAt),
    ({ eligibilityId }) => eligibilityId,
  );
  const { memberOfIds, lastActivatedBefore, neverActivated, permanent, endsAfter, endsBefore } = filter;
  const members = memberOfIds && membersOf(memberOfIds, whole, now);
  return (fact: AssignmentFact): boolean => {
    const [starts, ends] = [fact.startsAt, fact.endsAt ?? Number.POSITIVE_INFINITY];
    const phase = ends <= now || starts === ends ? 'ENDED' : starts > now ? 'FUTURE' : 'IN_FORCE';
    const own = activations.get(fact.id) ?? [];
    const last = Math.max(...own.map(({ startsAt }) => startsAt));
    return (
      isOfAll(fact, filter) &&
      fits(filter.types, fact.type) &&
      fits(filter.states, fact.state) &&
      (filter.phases ?? ['IN_FORCE']).includes(phase) &&
      (members == null || members.has(fact.principalId)) &&
      (filter.roleCategory == null || fact.categories.includes(filter.roleCategory)) &&
      (filter.privileged == null || fact.privileged === filter.privileged) &&
      (permanent == null || (fact.endsAt === null) === permanent) &&
      (endsBefore == null || ends < inMicros(endsBefore)) &&
      (endsAfter == null || (fact.endsAt !== null && ends > inMicros(endsAfter))) &&
      (neverActivated == null || (fact.type === 'ELIGIBLE' && (own.length === 0) === neverActivated)) &&
      (lastActivatedBefore == null ||
        (fact.type === 'ELIGIBLE' && own.length > 0 && last < inMicros(lastActivatedBefore))) &&
      (filter.createdByIds == null || filter.createdByIds.includes(fact.requestorId ?? ''))
    );
  };
}

function isChosenRequest(fact: RequestFact, filter: RequestFilter): boolean {
  const { createdAfter, createdBefore } = filter;
  return (
    isOfAll(fact, filter) &&
    fits(filter.statuses, fact.status) &&
    fits(filter.actions, fact.action) &&
    fits(filter.requestorIds, fact.requestorId ?? '') &&
    (createdAfter == null || fact.createdAt > inMicros(createdAfter)) &&
    (createdBefore == null || fact.createdAt < inMicros(createdBefore))
  );
}

/** Through groups in groups, by the memberships that the viewer sees. */
function membersOf(groupIds: readonly string[], whole: readonly AssignmentFact[], now: number): Set<string> {
  const memberships = whole.filter(
    ({ roleId, type, startsAt, endsAt }) =>
      roleId === GROUP_MEMBER && type === 'ACTIVE' && startsAt <= now && (endsAt === null || endsAt > now),
  );
  const members = new Set<string>();
  const open = [...groupIds];
  for (let group = open.pop(); group !== undefined; group = open.pop()) {
    for (const { groupId, principalId } of memberships) {
      if (groupId !== group || members.has(principalId)) continue;
      members.add(principalId);
      open.push(principalId);
    }
  }
  return members;
}

const nowOf = async (db: Sql) =>
  (await sql<{ now: number }>`SELECT ${micros('clock_timestamp()')} AS now`.execute(db)).rows[0]?.now as number;

/** Null where the filter contradicts itself. */
async function unlessContradicting<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ArgumentError && error.code === 'CONTRADICTING_FILTER') return null;
    throw error;
  }
}

/** One to three of the filters: with all of them next to nothing would be left. */
function someOf<F extends object>(filters: { readonly [Name in keyof F]: fc.Arbitrary<F[Name]> }): fc.Arbitrary<F> {
  const names = Object.keys(filters) as (keyof F)[];
  return fc.uniqueArray(fc.constantFrom(...names), { minLength: 0, maxLength: 3 }).chain((chosen) => {
    const parts = Object.fromEntries(chosen.map((name) => [name, filters[name]]));
    return fc.record(parts) as unknown as fc.Arbitrary<F>;
  });
}

const few = <T>(words: readonly T[]) => fc.uniqueArray(fc.constantFrom(...words), { maxLength: 3 });
const orders = <Field extends string>(fields: readonly Field[]) =>
  fc.record({ field: fc.constantFrom(...fields), direction: fc.constantFrom(...ORDER_DIRECTIONS) });
/** In so many pages, unless these would be too small or too large. */
const walks = fc.record({ pages: fc.integer({ min: 1, max: 12 }), backward: fc.boolean() });
const sizeOf = (count: number, pages: number) => Math.min(1_000, Math.max(7, Math.ceil(count / pages)));
const ASKED_FOR_BY = [persona('maya'), persona('grace'), persona('pia'), persona('uma')];

/** What occurs, mostly in what the viewer sees. */
function assignmentFilters(known: readonly AssignmentFact[], now: number) {
  const day = fc.integer({ min: -200, max: 400 }).map((days) => new Date(now / 1_000 + days * DAY));
  const groups = known.flatMap(({ groupId }) => groupId ?? []);
  return someOf<AssignmentFilter>({
    ...{ providers: few(PROVIDERS), types: few(ASSIGNMENT_TYPES), states: few(ASSIGNMENT_STATES) },
    ...{ phases: few(ASSIGNMENT_PHASES), principalIds: few(known.map(({ principalId }) => principalId)) },
    ...{ roleIds: few(known.map(({ roleId }) => roleId)), createdByIds: few(ASKED_FOR_BY) },
    memberOfIds: few([persona('maya'), ...groups]),
    roleCategory: fc.constantFrom('identity', 'security', 'nothing'),
    ...{ privileged: fc.boolean(), permanent: fc.boolean(), neverActivated: fc.boolean() },
    ...{ below: fc.constantFrom(...PATHS), search: fc.constantFrom(...TEXTS) },
    ...{ endsBefore: day, endsAfter: day, lastActivatedBefore: day },
  });
}

function requestFilters(known: readonly RequestFact[], now: number) {
  const day = fc.integer({ min: -200, max: 5 }).map((days) => new Date(now / 1_000 + days * DAY));
  return someOf<RequestFilter>({
    ...{ providers: few(PROVIDERS), statuses: few(REQUEST_STATUSES), actions: few(REQUEST_ACTIONS) },
    ...{ principalIds: few(known.map(({ principalId }) => principalId)), requestorIds: few(ASKED_FOR_BY) },
    ...{ roleIds: few(known.map(({ roleId }) => roleId)), createdAfter: day, createdBefore: day },
    ...{ below: fc.constantFrom(...PATHS), search: fc.constantFrom(...TEXTS) },
  });
}

describe.each(VIEWERS)('as %s', (name) => {
  const viewer = () => viewers.get(name) as Viewer;

  it('assignments are those that the filter says, in their order', () =>
    readFrozen(demo.database, async (db) => {
      const [facts, now] = [await assignmentFacts(db), await nowOf(db)];
      const all = { phases: ASSIGNMENT_PHASES };
      const ids = await walk((page) => listAssignments(db, viewer(), all, page), 1_000, false);
      const whole = ids.map((id) => facts.get(id) as AssignmentFact);
      const filters = assignmentFilters([...whole.slice(0, 300), ...[...facts.values()].slice(0, 50)], now);
      const property = fc.asyncProperty(filters, orders(ASSIGNMENT_ORDERS), walks, async (filter, orderBy, way) => {
        const read = (page: PageArguments) => listAssignments(db, viewer(), { ...filter, orderBy }, page);
        const wanted = expected(whole, choice(filter, whole, now), orderBy);
        const found = await unlessContradicting(walk(read, sizeOf(wanted.length, way.pages), way.backward));
        fc.pre(found !== null);
        expect(found).toEqual(wanted);
        expect(await (await read({ first: 1 })).count()).toBe(found?.length);
      });
      await fc.assert(property, { numRuns: RUNS });
    }));

  it('requests are those that the filter says, in their order', () =>
    readFrozen(demo.database, async (db) => {
      const [facts, now] = [await requestFacts(db), await nowOf(db)];
      const ids = await walk((page) => listRequests(db, viewer(), {}, page), 1_000, false);
      const whole = ids.map((id) => facts.get(id) as RequestFact);
      const filters = requestFilters([...whole.slice(0, 300), ...[...facts.values()].slice(0, 50)], now);
      const property = fc.asyncProperty(filters, orders(REQUEST_ORDERS), walks, async (filter, orderBy, way) => {
        const read = (page: PageArguments) => listRequests(db, viewer(), { ...filter, orderBy }, page);
        const wanted = expected(whole, (fact) => isChosenRequest(fact, filter), orderBy);
        const found = await unlessContradicting(walk(read, sizeOf(wanted.length, way.pages), way.backward));
        fc.pre(found !== null);
        expect(found).toEqual(wanted);
        expect(await (await read({ first: 1 })).count()).toBe(found?.length);
      });
      await fc.assert(property, { numRuns: RUNS });
    }));
});

describe('one row at a time', () => {
  let empty: TestDatabase;
  let rows: Rows;
  let auditor: Viewer;
  beforeAll(async () => {
    empty = await cloneDatabase();
    rows = rowsOf(empty.database);
    const id = await rows.user('Auditor');
    await rows.assignment({ principal: id, role: ENTRA.globalReader });
    auditor = (await contextOf(empty.database, id)).viewer;
  });
  afterAll(() => empty.drop());
  const idsOf = async (filter: AssignmentFilter) =>
    (await listAssignments(empty.database.em.fork().getKysely(), auditor, filter, {})).nodes.map(({ id }) => id);

  it('an activation that was given up before it began is none', async () => {
    const principal = await rows.user();
    const eligibility = await rows.assignment({ principal, type: 'ELIGIBLE' });
    await rows.assignment({ principal, eligibility, starts: -10, ends: -10 });
    const of = { principalIds: [principal] };
    const later = new Date('9000-01-01T00:00:00Z');
    expect(await idsOf({ ...of, neverActivated: true })).toEqual([eligibility]);
    expect(await idsOf({ ...of, neverActivated: false })).toEqual([]);
    expect(await idsOf({ ...of, lastActivatedBefore: later })).toEqual([]);
    await rows.assignment({ principal, eligibility, starts: -10, ends: -5 });
    expect(await idsOf({ ...of, neverActivated: true })).toEqual([]);
    expect(await idsOf({ ...of, lastActivatedBefore: later })).toEqual([eligibility]);
  });

  it('what had yet to begin at a past instant is what had been assigned by then', async () => {
    const principal = await rows.user();
    const id = await rows.assignment({ principal, starts: 600 });
    const days = (count: number) => new Date(Date.now() - count * DAY);
    const future = { principalIds: [principal], phases: ['FUTURE'] } as const;
    // The row was made thirty days ago.
    expect(await idsOf({ ...future, asOf: days(29) })).toEqual([id]);
    expect(await idsOf({ ...future, asOf: days(31) })).toEqual([]);
  });

  it.each(['İsmail Yıldız', 'ΓΙΩΡΓΟΣ ΠΑΠΑΣ', 'ÅSA ÖBERG', 'Straße'])('%s is found by its own name', async (name) => {
    const principal = await rows.user(name);
    const id = await rows.assignment({ principal });
    expect(await idsOf({ search: name })).toEqual([id]);
    const db = empty.database.em.fork().getKysely();
    for (const filter of [{ search: name }, { startsWith: name }]) {
      const { nodes } = await listPrincipals(db, auditor, filter, {});
      expect(nodes.map((each) => each.id)).toEqual([principal]);
    }
  });
});
