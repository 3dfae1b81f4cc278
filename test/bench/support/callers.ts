/** How many, how fast? So many callers at once, each with one thing under way, for a while. */

export interface Calls {
  readonly count: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly median: number;
  readonly p99: number;
  /** Seconds of processor time of the calling process. */
  readonly processorTime: number;
}

/** @param call the next thing; false: there is nothing left to do */
export async function callFor(seconds: number, callers: number, call: () => Promise<boolean>): Promise<Calls> {
  const latencies: number[] = [];
  const usage = process.cpuUsage();
  const begin = performance.now();
  const end = begin + seconds * 1000;
  const caller = async () => {
    for (let start = performance.now(); start < end; ) {
      if (!(await call())) return;
      const now = performance.now();
      latencies.push(now - start);
      start = now;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const elapsed = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(usage);
  latencies.sort((one, other) => one - other);
  const quantile = (part: number) => latencies[Math.ceil(latencies.length * part) - 1] ?? Number.NaN;
  return {
    count: latencies.length,
    seconds: elapsed,
    median: quantile(0.5),
    p99: quantile(0.99),
    processorTime: (user + system) / 1e6,
  };
}
