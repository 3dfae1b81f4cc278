/** How is the model run? Random commands, side by side on the reference and the gateway; what fails says how to see it again. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Database } from '../../src/store/database.ts';
import { COMMANDS, type Command } from './commands.ts';
import { type Flaw, Reference } from './reference.ts';
import { type Beginning, World } from './world.ts';

export interface RunOptions {
  readonly runs: number;
  readonly seed: number;
  /** Of one failure, as it was printed. */
  readonly path?: string | undefined;
  readonly replay?: string | undefined;
  /** Look for the shortest way to fail. */
  readonly shrink?: boolean | undefined;
  readonly flaw?: Flaw | undefined;
}

const LONGEST = 40;

const BEGINNING: readonly Beginning[] = [
  { holder: 'gail', role: 'global', place: 'directory', type: 'ACTIVE', ends: null },
  { holder: 'gus', role: 'global', place: 'directory', type: 'ACTIVE', ends: 20 * 1_440 },
  { holder: 'hal', role: 'plain', place: 'directory', type: 'ELIGIBLE', ends: null },
  { holder: 'crew', role: 'plain', place: 'directory', type: 'ELIGIBLE', ends: 3 * 1_440 },
  { holder: 'ida', role: 'global', place: 'directory', type: 'ELIGIBLE', ends: null },
  { holder: 'ida', role: 'contributor', place: 'subscription', type: 'ELIGIBLE', ends: 10 * 1_440 },
  { holder: 'ann', role: 'member', place: 'crew', type: 'ACTIVE', ends: 5 * 1_440 },
  { holder: 'bob', role: 'member', place: 'crew', type: 'ELIGIBLE', ends: 1_440 },
];

/**
 * @param databaseOf asked before each run: what is left of the runs before is nobody's
 * @throws with the command that replays the failure
 */
export async function runModel(
  databaseOf: () => Promise<Database>,
  options: RunOptions,
): Promise<{ commands: number }> {
  let commands = 0;
  const commandsOf = fc.commands(COMMANDS, {
    ...{ maxCommands: LONGEST, size: 'max' },
    ...(options.replay !== undefined && { replayPath: options.replay }),
  });
  const property = fc.asyncProperty(commandsOf, async (list) => {
    const reference = new Reference(options.flaw ?? null);
    const real = await World.found(await databaseOf(), reference, BEGINNING);
    await fc.asyncModelRun(() => ({ model: reference, real }), list);
    commands += [...String(list).matchAll(/ → /g)].length;
    const counts = await real.audit(reference);
    expect(Object.entries(counts).filter(([, count]) => Number(count) !== 0)).toEqual([]);
  });
  const details = await fc.check(property, {
    ...{ numRuns: options.runs, seed: options.seed, endOnFailure: !options.shrink },
    ...(options.path !== undefined && { path: options.path }),
  });
  if (details.failed) throw new Error(failure(details), { cause: details.errorInstance });
  return { commands };
}

function failure({
  seed,
  counterexamplePath,
  counterexample,
  errorInstance,
}: fc.RunDetails<[Iterable<Command>]>): string {
  const text = String(counterexample?.[0]);
  const replay = /replayPath="([^"]*)"/.exec(text)?.[1] ?? '';
  const told = text.replace(/\/\*.*\*\//, '').split(/,(?=\w+[{"\d])/);
  return [
    String((errorInstance as Error)?.message ?? errorInstance),
    ...told.map((line) => `  ${line}`),
    `See it again: npm run model -- --runs 1 --seed ${seed} --path ${counterexamplePath} --replay '${replay}'`,
  ].join('\n');
}
