/** Who goes on behind the last cursor, wherever and however often the line is cut, and keeps a record of all that came? */
import type { Random } from '../../src/company/random.ts';
import { type Anything, type Caller, open, type Reachable, type Stream, TRANSPORTS } from './gateway.ts';

export const FOLLOWED = `subscription Followed($after: Cursor) {
  assignmentEvents(after: $after, filter: { types: [ASSIGNMENT_ASSIGNED, ASSIGNMENT_REMOVED] }) {
    position cursor type principal { displayName }
  }
}`;

export interface FollowerOptions {
  readonly caller: Caller;
  /** Gateways that answer now. */
  readonly gateways: () => readonly Reachable[];
  readonly random: Random;
  /** Where to begin. */
  readonly after: string;
  /** False: goes on from the moment of its return, as a client without cursors does. */
  readonly resumes?: boolean;
}

/** Follows until somebody's access is removed, which is the last thing that happens. */
export class Follower {
  readonly caller: Caller;
  /** Positions in the order of their arrival. */
  readonly record: number[] = [];
  visits = 0;
  /** Streams that the other side cut. */
  losses = 0;
  at: Reachable | null = null;
  readonly #options: FollowerOptions;
  #cursor: string | undefined;
  #isOver = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.caller = options.caller;
    this.#cursor = options.after;
  }

  async follow(stopped: AbortSignal): Promise<void> {
    while (!this.#isOver && !stopped.aborted) {
      this.visits++;
      await this.#visit(stopped).catch(() => {
        this.losses++;
      });
    }
  }

  /** Stays for a few events, and goes without a word or with one. */
  async #visit(stopped: AbortSignal): Promise<void> {
    const { random, gateways, resumes = true } = this.#options;
    this.at = random.pick(gateways());
    const stream = await open(this.at, random.pick(TRANSPORTS), this.caller, FOLLOWED, { after: this.#cursor });
    const stay = random.between(1, 120);
    try {
      await this.#listen(stream, stay, stopped);
    } finally {
      this.at = null;
      if (random.below(2) === 0) stream.cut();
      else stream.stop();
      // What is still under way counts for nothing: it comes again.
      stream.end();
      if (!resumes) this.#cursor = undefined;
    }
  }

  async #listen(stream: Stream, stay: number, stopped: AbortSignal): Promise<void> {
    const onStop = () => stream.end();
    stopped.addEventListener('abort', onStop);
    if (stopped.aborted) onStop();
    for (let seen = 0; seen < stay && !this.#isOver; seen++) this.#keep((await stream.atLeast(seen + 1))[seen]);
    stopped.removeEventListener('abort', onStop);
  }

  #keep({ data, errors }: Anything): void {
    if (errors) throw new Error('the stream ended', { cause: errors });
    const { position, cursor, type } = data.assignmentEvents;
    this.record.push(position);
    this.#cursor = cursor;
    this.#isOver = type === 'ASSIGNMENT_REMOVED';
  }
}

/** What is wrong with a record; null when nothing is. */
export function flaw(record: readonly number[], expected: readonly number[]): string | null {
  const [kept, wanted] = [new Set(record), new Set(expected)];
  const lost = expected.filter((position) => !kept.has(position));
  const foreign = record.filter((position) => !wanted.has(position));
  const twice = record.filter((position, index) => record.indexOf(position) !== index);
  const late = record.filter((position, index) => index > 0 && position < (record[index - 1] as number));
  const flaws = Object.entries({ lost, foreign, twice, late }).filter(([, positions]) => positions.length > 0);
  return flaws.map(([kind, positions]) => `${kind}: ${positions.slice(0, 5)} (${positions.length})`).join('; ') || null;
}
