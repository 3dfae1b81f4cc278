/** Who sees to it that what falls due happens? One sweep a second over all gateways, handed out by graphile-worker. Events go after their retention. */
import type { Runner } from 'graphile-worker';
import { type ConnectionPool, type Database, openPool } from '../store/database.ts';
import { purgeEvents } from '../store/eventLog.ts';
import { sweep } from './sweep.ts';

/**
 * A thing happens at most this long after it has fallen due. Every gateway puts a sweep into the queue so often; they are
 * one and the same job, whoever comes first does it, and the next beat replaces one whose worker died.
 */
const BEAT = 1000;
const RESTART_INTERVAL = 1000;
/** What a sweep that is under way may take to end. */
const STOP_MILLISECONDS = 5_000;
const SWEEP = 'portcullis_sweep';
/** Events whose retention is over are looked for at each start and every hour. */
const PURGE_INTERVAL = 3_600_000;
const PURGE = 'portcullis_purge';

export interface Scheduler {
  /** Waits for the sweep under way. */
  stop(): Promise<void>;
}

export interface SchedulerOptions {
  readonly database: Database;
  /** The same database, for the connections of the queue. */
  readonly url: string;
  /** Told of every failure; the scheduler carries on. */
  readonly onFault: (error: unknown) => void;
}

/** Comes up by itself in the background: the library takes its time to load, and access does not depend on it. */
export function startScheduler(options: SchedulerOptions): Scheduler {
  const stopped = new AbortController();
  const running = keepRunning(options, stopped.signal);
  return {
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

async function keepRunning(options: SchedulerOptions, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    try {
      await runOnce(options, stopped);
    } catch (error) {
      options.onFault(error);
      await pause(RESTART_INTERVAL, stopped);
    }
  }
}

/** Until it is stopped, or fails with its connection; nothing of it is left then. */
async function runOnce(options: SchedulerOptions, stopped: AbortSignal): Promise<void> {
  // One for the job, one that listens, one for the beat. The library's own would still be open when it says that it has stopped.
  const connections = openPool(options.url, 3, options.onFault);
  try {
    const runner = await startRunner(options, connections, stopped);
    if (runner) await beat(runner, options.onFault, stopped);
  } finally {
    await connections.close();
  }
}

/** @returns null when it was stopped before it could start */
async function startRunner({ database, onFault }: SchedulerOptions, { pool }: ConnectionPool, stopped: AbortSignal) {
  const { Logger, run } = await import('graphile-worker');
  if (stopped.aborted) return null;
  return run({
    pgPool: pool,
    concurrency: 1,
    noHandleSignals: true,
    logger: new Logger(() => (level, message) => {
      if (level === 'error') onFault(new Error(message));
    }),
    taskList: {
      [SWEEP]: async () => {
        await sweep(database, { onFault, signal: stopped });
      },
      [PURGE]: async () => {
        await purgeEvents(database, stopped);
      },
    },
    parsedCronItems: [],
  });
}

async function beat(runner: Runner, onFault: (error: unknown) => void, stopped: AbortSignal): Promise<void> {
  const queued = new Set<Promise<void>>();
  const add = (name: string) => {
    const adding = queue(runner, name, onFault).finally(() => queued.delete(adding));
    queued.add(adding);
  };
  const timers = [[SWEEP, BEAT] as const, [PURGE, PURGE_INTERVAL] as const].map(([name, interval]) => {
    add(name);
    return setInterval(add, interval, name);
  });
  const overdue = Promise.withResolvers<void>();
  const stop = () => {
    runner.stop().catch(() => undefined);
    // Without a database it tries again for minutes what it has to tell it.
    setTimeout(overdue.resolve, STOP_MILLISECONDS).unref();
  };
  stopped.addEventListener('abort', stop, { once: true });
  if (stopped.aborted) stop();
  try {
    await Promise.race([runner.promise, overdue.promise]);
  } finally {
    timers.forEach(clearInterval);
    stopped.removeEventListener('abort', stop);
    await Promise.all(queued);
  }
}

async function queue(runner: Runner, name: string, onFault: (error: unknown) => void): Promise<void> {
  try {
    await runner.addJob(name, {}, { jobKey: name, maxAttempts: 1 });
  } catch (error) {
    onFault(error);
  }
}

function pause(milliseconds: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stopped.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    stopped.addEventListener('abort', done);
  });
}
