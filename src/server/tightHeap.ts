/**
 * How much garbage may lie about? Left to itself V8 lets it grow to several times of what lives before it looks: 540 MB resident
 * for an import of which 60 MB live at any moment (`npm run bench -- import`).
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let working = 0;

/** For work that makes much garbage for minutes; before and after it V8 does as it likes. */
export async function inTightHeap<T>(work: () => Promise<T>): Promise<T> {
  if (working++ === 0) {
    tighten({ percent: 30, factor: 1 });
    // What holds until the next collection was decided at the last one.
    collect();
  }
  try {
    return await work();
  } finally {
    if (--working === 0) tighten({ percent: 0, factor: 2 });
  }
}

interface Bounds {
  /** By which the heap may grow beyond what lives; 0: as V8 thinks best. */
  readonly percent: number;
  /** By which the young generation grows when it is full. */
  readonly factor: number;
}

/** Both are read at each collection. */
function tighten({ percent, factor }: Bounds): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`);
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}

function collect(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  setFlagsFromString('--no-expose-gc');
}
