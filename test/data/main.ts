/** `npm run data -- --assignments 1000000`: a large company for those who develop or judge, the same one for the same seed. */
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { processNow } from '../../src/clock.ts';
import { type Config, readConfig, SettingError } from '../../src/config.ts';
import { parseInstant } from '../../src/decision/instant.ts';
import { loadCheckpointKey } from '../../src/store/checkpointKey.ts';
import { joinEmbedded } from '../../src/store/embedded.ts';
import { FEWEST, MOST, makeCompany, numberEvents, OtherCompany, SEED } from './company.ts';

const HOUR = 3_600_000;
const USAGE = 'Usage: npm run data -- --assignments NUMBER [--seed NUMBER] [--at INSTANT] [--database URL]';

interface Wish {
  readonly assignments: number;
  readonly seed: number;
  readonly at: Date;
  readonly database: string | undefined;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

try {
  const wish = readWish();
  const config = readConfig(
    wish.database === undefined ? process.env : { ...process.env, DATABASE_URL: wish.database },
  );
  await fillDatabase(config, wish);
} catch (error) {
  if (!(error instanceof SettingError || error instanceof OtherCompany)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function fillDatabase(config: Config, wish: Wish): Promise<void> {
  const { databaseUrl, dataFolder } = config;
  const embedded = databaseUrl === null ? await joinEmbedded({ folder: dataFolder, pid: process.pid }) : null;
  try {
    await make(embedded?.url ?? databaseUrl ?? '', config, wish);
  } finally {
    await embedded?.stop();
  }
}

async function make(url: string, { checkpointKeyFile }: Config, { assignments, seed, at }: Wish): Promise<void> {
  const begin = performance.now();
  const seconds = () => (performance.now() - begin) / 1000;
  const tell = progressOf(assignments);
  try {
    if (!(await makeCompany(url, { assignments, seed, at, progress: tell }))) {
      say(`This company is there already: ${assignments} assignments, seed ${seed}.`);
      return;
    }
    const written = seconds();
    await numberEvents(url, await loadCheckpointKey(checkpointKeyFile), (given, of) =>
      tell(assignments, `${Math.floor((100 * given) / Math.max(1, of))} % of the positions of events`),
    );
    tell.end();
    say(
      `${assignments} assignments in ${written.toFixed(1)} s: ${Math.round(assignments / written)} a second; seed ${seed}, as of ${at.toISOString()}.`,
    );
    say(`With the positions of all events: ${seconds().toFixed(1)} s.`);
  } finally {
    tell.end();
  }
}

/** A bar where a person looks, and otherwise a line whenever something else is written. */
function progressOf(total: number) {
  if (process.stdout.isTTY) {
    const bar = new SingleBar({
      format: '{bar} {percentage} % | {value} of {total} assignments | {what}',
      hideCursor: true,
    });
    bar.start(total, 0, { what: '' });
    return Object.assign((done: number, what: string) => bar.update(done, { what }), { end: () => bar.stop() });
  }
  let told = '';
  const line = (done: number, what: string) => {
    const subject = what.replace(/^\d+ % of the /, '');
    if (subject === told) return;
    told = subject;
    say(`${done} of ${total} assignments; next: ${subject}`);
  };
  return Object.assign(line, { end: () => undefined });
}

/** @throws SettingError */
function readWish(): Wish {
  const { assignments, seed, at, database } = readWords();
  if (assignments === undefined) throw new SettingError(USAGE);
  return {
    assignments: integer('--assignments', assignments, FEWEST, MOST),
    seed: seed === undefined ? SEED : integer('--seed', seed, 0, 2 ** 31 - 1),
    // Activations that run and requests that wait are of now; within the hour the same command makes the same rows.
    at: at === undefined ? new Date(Math.floor(processNow().getTime() / HOUR) * HOUR) : instant(at),
    database,
  };
}

function readWords() {
  const option = { type: 'string' } as const;
  try {
    return parseArgs({ options: { assignments: option, seed: option, at: option, database: option } }).values;
  } catch (error) {
    throw new SettingError(`${(error as Error).message.replace(/\.?$/, '.')} ${USAGE}`);
  }
}

function integer(name: string, text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
  throw new SettingError(`${name} is ${JSON.stringify(text)}: give a whole number from ${minimum} to ${maximum}.`);
}

function instant(text: string): Date {
  const at = parseInstant(text);
  if (at !== null) return at;
  throw new SettingError(`--at is ${JSON.stringify(text)}: give an instant that exists, such as 2026-03-01T09:00:00Z.`);
}
