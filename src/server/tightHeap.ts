/**
 * How much garbage may lie about? Left to itself V8 lets it grow to several times of what lives before it looks: 540 MB resident
 * for an import of which 60 MB live at any moment, and 290 MB like this, at a few microseconds a row (`npm run bench -- import`).
 */
import { setFlagsFromString } from 'node:v8';

let working = 0;

/** For work that makes much garbage for minutes; before and after it V8 does as it likes. */
export async function inTightHeap<T>(work: () => Promise<T>): Promise<T> {
  if (working++ === 0) tighten(30, 1);
  try {
    return await work();
  } finally {
    if (--working === 0) tighten(0, 2);
  }
}

/** Both are read at each collection. @param percent beyond what lives; 0: as V8 thinks best @param factor of the young generation */
function tighten(percent: number, factor: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`);
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}
