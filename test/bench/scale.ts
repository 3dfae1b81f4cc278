/**
 * Does a read stay as quick when the company grows? The questions of the bench of reads to gateways with 10,000, 100,000 and
 * 1,000,000 assignments, in turns; callers come one at a time, so that what is measured is an answer and no queue.
 */
import { type Measure, median, report } from './report.ts';
import { type Caller, startCaller } from './support/caller.ts';
import { type Question, type Reading, startReading } from './support/reading.ts';

const SIZES = (process.env.BENCH_SIZES ?? '10000,100000,1000000').split(',').map(Number);
const ROUNDS = 5;
const ROUND_SECONDS = 1;
const WARM_UP_SECONDS = 3;
/** There are so many below a management group in the smallest company. */
const PAGE_BELOW = 500;
const CALLERS = 1;

export async function bench(): Promise<void> {
  const readings: Reading[] = [];
  try {
    for (const size of SIZES) {
      console.log(`A company with ${size} assignments is made.`);
      readings.push(await startReading(size, PAGE_BELOW));
    }
    const measures: Measure[] = [];
    for (const [index, { name }] of (readings[0]?.questions ?? []).entries()) {
      measures.push(...(await measure(readings, name, index)));
    }
    report('scale', measures);
  } finally {
    for (const { stack } of readings) await stack.stop();
  }
}

/** What an answer takes, in milliseconds. */
interface Round {
  readonly latency: number;
  readonly server: number;
  readonly database: number;
}

async function measure(readings: readonly Reading[], name: string, index: number): Promise<Measure[]> {
  const callers: Caller[] = [];
  try {
    for (const { stack, questions } of readings) callers.push(await callerOf(stack, questions[index] as Question));
    for (const caller of callers) await caller.round(WARM_UP_SECONDS);
    const rounds: Round[][] = readings.map(() => []);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [size, caller] of callers.entries()) {
        rounds[size]?.push(await roundOf(readings[size] as Reading, caller));
      }
    }
    return table(name, rounds);
  } finally {
    for (const caller of callers) caller.stop();
  }
}

async function callerOf(stack: Reading['stack'], { document, askers }: Question): Promise<Caller> {
  const requests = await Promise.all(
    askers.map(async ({ objectId, variables }) => ({
      token: await stack.token({ objectId, kind: 'USER' }),
      body: JSON.stringify({ query: document, variables }),
    })),
  );
  return startCaller({ callers: CALLERS, http: { url: stack.url, requests, expected: '"nodes":[{', again: true } });
}

async function roundOf({ stack }: Reading, caller: Caller): Promise<Round> {
  const before = await stack.processorTime();
  const { count, median: latency } = await caller.round(ROUND_SECONDS);
  const after = await stack.processorTime();
  const each = (seconds: number) => (1_000 * seconds) / count;
  return { latency, server: each(after.gateway - before.gateway), database: each(after.database - before.database) };
}

function table(name: string, rounds: readonly (readonly Round[])[]): Measure[] {
  const of = (index: number, value: (round: Round) => number) => median((rounds[index] ?? []).map(value));
  const shown = SIZES.flatMap((size, index) => [
    { what: `${name}, of ${size}: median, ms`, value: of(index, ({ latency }) => latency) },
    { what: `${name}, of ${size}: processor time of the gateway, ms`, value: of(index, ({ server }) => server) },
    { what: `${name}, of ${size}: processor time of PostgreSQL, ms`, value: of(index, ({ database }) => database) },
  ]);
  const last = SIZES.length - 1;
  const growth = of(last, ({ latency }) => latency) / of(0, ({ latency }) => latency);
  return [...shown, { what: `${name}: median of ${SIZES[last]} / median of ${SIZES[0]}`, value: growth, gate: 2 }];
}
