/**
 * How much garbage may lie about? Left to itself V8 lets it grow to several times of what lives before it looks: 540 MB resident
 * for an import of which 60 MB live at any moment, 440 for an export (`npm run bench -- export`).
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** By which the heap may grow beyond what lives. */
const PERCENT = 40;
/** Of the young generation: two halves of 8 MB. Left alone it has 134 once long lists were asked for, and keeps them. */
const YOUNG_MEGABYTES = 17;
/** What it grows by in one step from its beginning, a megabyte, to that. */
const LARGEST_STEP = 8;
const LOOK_MILLISECONDS = 100;

let working = 0;
let growing: NodeJS.Timeout | undefined;

/**
 * For work that makes much garbage for minutes; before and after it V8 does as it likes. The same bounds for good would have a
 * list of 1,000 rows cost half as much again (`npm run bench -- reads`, with `BENCH_NODE_OPTIONS=--max-semi-space-size=16`).
 */
export async function inTightHeap<T>(work: () => Promise<T>): Promise<T> {
  if (working++ === 0) tighten();
  try {
    return await work();
  } finally {
    if (--working === 0) loosen();
  }
}

function tighten(): void {
  // What holds until the next collection was decided at the last one; and what has grown too large shrinks at one of this kind alone.
  collect(youngMegabytes() > YOUNG_MEGABYTES ? 'last-resort' : 'regular');
  const step = Math.round(YOUNG_MEGABYTES / youngMegabytes());
  setFlags({ percent: PERCENT, factor: Math.min(Math.max(step, 1), LARGEST_STEP) });
  growing = setInterval(stayYoung, LOOK_MILLISECONDS).unref();
}

/** One step was as far as it should. */
function stayYoung(): void {
  if (youngMegabytes() < YOUNG_MEGABYTES / 2) return;
  setFlags({ percent: PERCENT, factor: 1 });
  clearInterval(growing);
}

function loosen(): void {
  clearInterval(growing);
  setFlags({ percent: 0, factor: 2 });
}

interface Bounds {
  /** 0: as V8 thinks best. */
  readonly percent: number;
  /** By which the young generation grows when it is full. */
  readonly factor: number;
}

/** Both are read at each collection. */
function setFlags({ percent, factor }: Bounds): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`);
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}

function youngMegabytes(): number {
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  return Math.round((young?.space_size ?? 0) / 1_000_000);
}

function collect(flavor: 'regular' | 'last-resort'): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: object) => void;
  gc({ type: 'major', execution: 'sync', flavor });
  setFlagsFromString('--no-expose-gc');
}
