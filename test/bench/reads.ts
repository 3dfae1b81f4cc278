/**
 * What does a read cost? Questions to the gateway with tokens and matrix, to PostGraphile, and to what one would write by
 * hand behind plain `node:http`, in turns, on one database with 100,000 assignments. The latter two ask nobody for a token and
 * show everything to everybody. What is written by hand must answer the same as the gateway before anything is measured; of
 * PostGraphile a little less is asked.
 */
import { SESSION } from '../../src/store/database.ts';
import { type Measure, median, report } from './report.ts';
import { type Caller, startCaller } from './support/caller.ts';
import type { Calls } from './support/callers.ts';
import { type Question, startReading } from './support/reading.ts';
import { type Rival, startRival } from './support/rivals.ts';
import { type Answer, expectSame } from './support/sameAnswer.ts';
import { processorTimeOf, type Stack } from './support/stack.ts';

const ASSIGNMENTS = Number(process.env.BENCH_ASSIGNMENTS ?? 100_000);
/** Two cores: enough to keep the server and the database busy. */
const CALLERS = 8;
/** Short and many: what disturbs a shared machine for seconds disturbs all in turn, and the median of each leaves it out. */
const ROUNDS = 9;
const ROUND_SECONDS = 1;
/** Until the compilers of JavaScript have done their work. */
const WARM_UP_SECONDS = 10;
const IDLE_SECONDS = 4;
const PAGE_BELOW = 1_000;

export async function bench(): Promise<void> {
  const { stack, questions } = await startReading(ASSIGNMENTS, PAGE_BELOW);
  const rivals: Rival[] = [];
  try {
    const input = { url: stack.databaseUrl, questions };
    const postgraphile = await startRival('postgraphile', input);
    rivals.push(postgraphile);
    const limit = await startRival('limit', { ...input, session: SESSION });
    rivals.push(limit);
    const idle = await idleRate(stack);
    const measures: Measure[] = [];
    for (const [index, question] of questions.entries()) {
      measures.push(...(await measure({ stack, postgraphile, limit, idle }, question, index)));
    }
    report('reads', measures);
  } finally {
    for (const rival of rivals) await rival.stop();
    await stack.stop();
  }
}

interface Servers {
  readonly stack: Stack;
  readonly postgraphile: Rival;
  readonly limit: Rival;
  /** Seconds of the database's processor time in a second in which nobody asks: the gateway looks for events and what is due. */
  readonly idle: number;
}

/** What a request costs, in milliseconds. */
interface Cost {
  readonly server: number;
  readonly database: number;
  readonly median: number;
  readonly p99: number;
}

interface Contender {
  readonly caller: Caller;
  readonly spent: () => Promise<{ readonly server: number; readonly database: number }>;
  /** Taken off for each second: the gateway's own work counts for the gateway. */
  readonly idle: number;
}

async function idleRate(stack: Stack): Promise<number> {
  const before = await stack.processorTime();
  await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1_000));
  return ((await stack.processorTime()).database - before.database) / IDLE_SECONDS;
}

async function measure(servers: Servers, question: Question, index: number): Promise<Measure[]> {
  const answers = await answersOf(servers, question, index);
  const [gateway, , ...byHand] = answers.map(({ answers: all }) => all);
  for (const each of byHand) {
    for (const [asker, own] of (gateway ?? []).entries()) expectSame(question.name, own, each[asker] ?? {});
  }
  const sizes = answers.map(({ rows }) => rows);
  if (new Set(sizes).size !== 1) throw new Error(`${question.name}: different numbers of rows: ${sizes.join(', ')}`);
  const contenders = await Promise.all(answers.map(({ start }) => start()));
  try {
    const [gateway, postgraphile, json, flat] = contenders as [Contender, Contender, Contender, Contender];
    for (const each of contenders) await each.caller.round(WARM_UP_SECONDS);
    const byJson = await costOf(json);
    const byFlat = await costOf(flat);
    const form = byJson.server + byJson.database <= byFlat.server + byFlat.database ? 'json_agg' : 'flat rows';
    const costs: [Cost[], Cost[], Cost[]] = [[], [], []];
    for (let round = 0; round < ROUNDS; round++) {
      costs[0].push(await costOf(gateway));
      costs[1].push(await costOf(postgraphile));
      costs[2].push(await costOf(form === 'json_agg' ? json : flat));
    }
    return table(question, { rows: sizes[0] ?? 0, form }, costs);
  } finally {
    for (const { caller } of contenders) caller.stop();
  }
}

async function costOf({ caller, spent, idle }: Contender): Promise<Cost> {
  const before = await spent();
  const calls: Calls = await caller.round(ROUND_SECONDS);
  const after = await spent();
  const each = (seconds: number) => (1_000 * seconds) / calls.count;
  return {
    server: each(after.server - before.server),
    database: each(after.database - before.database - idle * calls.seconds),
    ...{ median: calls.median, p99: calls.p99 },
  };
}

/** Each of the four with its answers to every asker, and with what starts its callers. */
async function answersOf({ stack, postgraphile, limit, idle }: Servers, question: Question, index: number) {
  const spent = (rival: Rival) => async () => ({
    server: await processorTimeOf(rival.pid, false),
    database: (await stack.processorTime()).database,
  });
  const ours = async () => {
    const { gateway, database } = await stack.processorTime();
    return { server: gateway, database };
  };
  const tokens = new Map<string, string>();
  for (const { objectId } of question.askers) tokens.set(objectId, await stack.token({ objectId, kind: 'USER' }));
  const own = question.askers.map(({ objectId, variables }) => ({
    token: tokens.get(objectId) ?? '',
    body: JSON.stringify({ query: question.document, variables }),
  }));
  const theirs = question.values.map((variables) => ({
    ...{ token: '', body: JSON.stringify({ query: question.postgraphile, variables }) },
  }));
  const bare = (form: 'json' | 'flat') =>
    question.values.map((values) => ({
      ...{ token: '', body: JSON.stringify({ question: index, form, values: Object.values(values) }) },
    }));
  return [
    await answer(stack.url, own, ours, 0),
    await answer(postgraphile.url, theirs, spent(postgraphile), idle),
    await answer(limit.url, bare('json'), spent(limit), idle),
    await answer(limit.url, bare('flat'), spent(limit), idle),
  ];
}

interface Request {
  readonly token: string;
  readonly body: string;
}

async function answer(url: string, requests: readonly Request[], spent: Contender['spent'], idle: number) {
  const answers: Answer[] = [];
  for (const request of requests) answers.push(await ask(url, request));
  return {
    answers,
    rows: rowsIn(answers[0]),
    start: async (): Promise<Contender> => {
      const http = { url, requests, expected: '"data"', again: true };
      return { caller: await startCaller({ callers: CALLERS, http }), spent, idle };
    },
  };
}

async function ask(url: string, { token, body }: Request): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(url, { method: 'POST', headers, body });
  const text = await response.text();
  if (!response.ok || text.includes('"errors"'))
    throw new Error(`${url} answered ${response.status}: ${text.slice(0, 2_000)}`);
  return JSON.parse(text) as Answer;
}

/** Assignments, requests and events: whatever is about a role. */
function rowsIn(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + rowsIn(each), 0);
  if (typeof value !== 'object' || value === null) return 0;
  const entries = Object.entries(value);
  const row = entries.some(([key]) => key === 'role' || key === 'roleByRoleId');
  return row ? 1 : entries.reduce((sum, [, each]) => sum + rowsIn(each), 0);
}

function table(
  { name, large }: Question,
  { rows, form }: { rows: number; form: string },
  costs: readonly (readonly Cost[])[],
): Measure[] {
  const of = (index: number, value: (cost: Cost) => number) => median((costs[index] ?? []).map(value));
  const total = ({ server, database }: Cost) => server + database;
  const what = (text: string) => `${name} (${rows}): ${text}`;
  const shown = ['gateway', 'PostGraphile', `by hand (${form})`].flatMap((who, index) => [
    { what: what(`${who}: processor time of server, ms`), value: of(index, ({ server }) => server) },
    { what: what(`${who}: processor time of PostgreSQL, ms`), value: of(index, ({ database }) => database) },
    { what: what(`${who}: p50, ms`), value: of(index, (cost) => cost.median) },
    { what: what(`${who}: p99, ms`), value: of(index, ({ p99 }) => p99) },
  ]);
  return [
    ...shown,
    {
      what: what('gateway / PostGraphile'),
      value: of(0, total) / of(1, total),
      gate: large ? 0.5 : 0.8,
      goal: large ? 0.33 : 0.6,
    },
    { what: what('gateway / by hand'), value: of(0, total) / of(2, total), gate: 1.5, goal: 1.2 },
  ];
}
