/** Would a test notice? `npm run mutants` changes the decisions bit by bit; `-- --database` drops the rules of the schema. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Measure, report } from '../bench/report.ts';

/** Percent of the mutants that some test must notice. */
const GATE = 90;
const CONFIGURATION = 'test/mutants/stryker.json';
const CONSTRAINTS = 'test/store/constraints.test.ts';

interface Mutant {
  readonly status: 'Killed' | 'Timeout' | 'Survived' | 'NoCoverage' | 'RuntimeError' | 'CompileError' | 'Ignored';
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
}

interface MutationReport {
  readonly files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>>;
}

interface VitestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

const [argument, ...files] = process.argv.slice(2);
const folder = await mkdtemp(path.join(os.tmpdir(), 'portcullis-mutants-'));
try {
  if (argument === '--database') await mutateDatabase();
  else await mutateDecisions(argument === undefined ? [] : [argument, ...files]);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** @param mutate patterns of files; none: every decision */
async function mutateDecisions(mutate: readonly string[]): Promise<void> {
  const output = path.join(folder, 'mutation.json');
  const configuration = JSON.parse(await readFile(CONFIGURATION, 'utf8')) as Record<string, unknown>;
  const own = path.join(folder, 'stryker.json');
  const changes = { jsonReporter: { fileName: output }, tempDirName: path.join(folder, 'copy') };
  await writeFile(own, JSON.stringify({ ...configuration, ...changes, ...(mutate.length > 0 && { mutate }) }));
  await run('stryker', ['run', own]);
  const { files: mutated } = JSON.parse(await readFile(output, 'utf8')) as MutationReport;
  const measures: Measure[] = [];
  for (const [file, { mutants }] of Object.entries(mutated).sort(([a], [b]) => a.localeCompare(b))) {
    if (scored(mutants).length > 0) measures.push({ what: `${file}, %`, value: score(mutants) });
    for (const mutant of missed(mutants)) console.log(describe(file, mutant));
  }
  const all = Object.values(mutated).flatMap(({ mutants }) => mutants);
  const total = { what: 'src/decision: mutants that a test noticed, %', value: score(all) };
  report('mutants', [
    ...measures,
    { what: 'mutants', value: scored(all).length },
    { ...total, gate: GATE, better: 'higher' },
  ]);
}

/** Each rule is dropped in a transaction of its own, beside the tests: what is asked there is asked of the tests here. */
async function mutateDatabase(): Promise<void> {
  const output = path.join(folder, 'vitest.json');
  await run('vitest', ['run', CONSTRAINTS, '--reporter=json', `--outputFile=${output}`]);
  const { testResults } = JSON.parse(await readFile(output, 'utf8')) as VitestReport;
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  const dropped = results.filter(({ title }) => title.startsWith('is not the same without '));
  const noticed = dropped.filter(({ status }) => status === 'passed');
  for (const { title } of dropped.filter((each) => !noticed.includes(each))) console.log(`not noticed: ${title}`);
  const failed = results.filter((each) => each.status !== 'passed' && !dropped.includes(each));
  for (const { title } of failed) console.log(`failed: ${title}`);
  report('mutants-database', [
    { what: 'constraints, unique indexes and triggers', value: dropped.length },
    {
      what: 'whose loss a test noticed, %',
      value: percent(noticed.length, dropped.length),
      gate: 100,
      better: 'higher',
    },
    { what: 'tests of the schema that fail with everything in place', value: failed.length, gate: 0 },
  ]);
}

/** What cannot run at all is no mutant. */
function scored(mutants: readonly Mutant[]): Mutant[] {
  return mutants.filter(({ status }) => !['RuntimeError', 'CompileError', 'Ignored'].includes(status));
}

function missed(mutants: readonly Mutant[]): Mutant[] {
  return mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
}

function score(mutants: readonly Mutant[]): number {
  const all = scored(mutants).length;
  return percent(all - missed(mutants).length, all);
}

/** Of nothing, nothing was noticed. */
function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : (100 * part) / whole;
}

function describe(file: string, { status, mutatorName, replacement, location }: Mutant): string {
  const { line, column } = location.start;
  return `${status} ${file}:${line}:${column} ${mutatorName} → ${(replacement ?? '').replace(/\s+/g, ' ').slice(0, 100)}`;
}

/** Its own words go to the error output: the last line of the output is the result. */
function run(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { stdio: ['ignore', process.stderr, process.stderr] });
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
}
