/** Does the gateway do what the reference says, whatever is asked in whatever order? */
import { afterAll, describe, expect, test } from 'vitest';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { tally } from './commands.ts';
import type { Flaw } from './reference.ts';
import { type RunOptions, runModel } from './run.ts';

const given = process.env.MODEL === undefined ? null : (JSON.parse(process.env.MODEL) as Partial<RunOptions>);
const RUNS = given?.runs ?? 300;
/** At once, each in a database of its own. */
const LANES = given?.path === undefined ? 3 : 1;
const SEED = given?.seed ?? 20_260_301;
const MINUTES = 60_000;

/** The clock is moved by moving the dates of every row: what the runs before have left would make each slower than the last. */
const RUNS_PER_DATABASE = 50;

/** A database, and another one after so many runs. */
class Lane {
  #clone: TestDatabase | null = null;
  #runs = 0;

  readonly database = async () => {
    if (this.#clone === null || this.#runs++ % RUNS_PER_DATABASE === 0) {
      await this.drop();
      this.#clone = await cloneDatabase();
    }
    return this.#clone.database;
  };

  async drop() {
    await this.#clone?.drop();
    this.#clone = null;
  }
}

const lanes = Array.from({ length: LANES }, () => new Lane());

afterAll(() => Promise.all(lanes.map((lane) => lane.drop())));

describe('the gateway and the reference', () => {
  test('say and show the same', { timeout: given ? 600 * MINUTES : 5 * MINUTES }, async () => {
    const done = await Promise.allSettled(
      lanes.map(({ database }, lane) =>
        runModel(database, { shrink: given !== null, ...given, runs: Math.ceil(RUNS / LANES), seed: SEED + lane }),
      ),
    );
    const failed = done.filter((lane) => lane.status === 'rejected');
    if (failed.length > 0) throw failed[0]?.reason;
    if (given !== null) {
      const commands = done.reduce((sum, lane) => sum + (lane.status === 'fulfilled' ? lane.value.commands : 0), 0);
      console.log(
        [...tally]
          .sort()
          .map(([name, count]) => `${count}\t${name}`)
          .join('\n'),
      );
      console.log(`${RUNS} runs, ${commands} commands`);
    }
  });

  test.skipIf(given !== null).each<Flaw>(['SELF_APPROVAL', 'MAXIMUM', 'LAST_ADMINISTRATOR'])(
    'would differ if the reference were wrong about %s',
    async (flaw) => {
      const run = runModel((lanes[0] as Lane).database, { runs: 300, seed: SEED, flaw });
      await expect(run).rejects.toThrow(/See it again: npm run model/);
    },
  );
});
