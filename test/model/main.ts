/** `npm run model -- --runs 10000 --seed 7`: more of the model than the tests run; `--path` and `--replay` show one failure again. */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { runs: { type: 'string' }, seed: { type: 'string' }, path: { type: 'string' }, replay: { type: 'string' } },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const options = { ...values, runs: Number(values.runs ?? 1_000), seed };
console.log(`seed ${seed}`);
const { status } = spawnSync('vitest', ['run', 'test/model/model.test.ts', '--disable-console-intercept'], {
  stdio: 'inherit',
  env: { ...process.env, MODEL: JSON.stringify(options) },
});
process.exitCode = status ?? 1;
