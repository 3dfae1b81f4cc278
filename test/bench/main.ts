/** `npm run bench -- NAME`: every other file of this folder that exports `bench` is a bench of its name. */
import { readdirSync } from 'node:fs';

const NOT_BENCHES = ['main', 'report'];

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .filter((name) => !NOT_BENCHES.includes(name));
const [name] = process.argv.slice(2);

if (name !== undefined && names.includes(name)) {
  const { bench } = (await import(`./${name}.ts`)) as { bench: () => Promise<void> };
  await bench();
} else {
  console.error(name === undefined ? 'Usage: npm run bench -- NAME' : `There is no bench called ${name}.`);
  console.error(`Benches: ${names.join(', ')}`);
  process.exitCode = name === undefined ? 0 : 2;
}
