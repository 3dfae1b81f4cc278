/** `npm run check`: is everything generated fresh, typed, formatted, compatible and tidy? One line for each part. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';
import { generate } from '../codegen.ts';
import { printedSchema } from '../schema/schema.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const run = promisify(execFile);

/** What was found, for the line of a part that is as it should be. */
type Part = () => Promise<string>;

/** A finding: its message is what the person reads who has to mend it. */
class Finding extends Error {}

const PARTS: Readonly<Record<string, Part>> = {
  generated: async () => {
    const files = await generate().catch((error: Error) => {
      throw new Finding(error.message);
    });
    const stale: string[] = [];
    for (const { path: file, content } of files) {
      const present = await readFile(path.join(ROOT, file), 'utf8').catch(() => null);
      if (present !== content) stale.push(file);
    }
    if (stale.length > 0)
      throw new Finding(`${stale.join(', ')}: stale; run \`npm run codegen\` and commit the result.`);
    return `${files.length} files are as generated`;
  },
  compatible: async () => {
    const release = await lastRelease();
    if (release === null) return 'no release yet, so there is nothing to be compatible with';
    const before = await git('show', `${release}:schema/schema.graphql`);
    const changes = await diff(buildSchema(before), buildSchema(printedSchema()));
    const breaking = changes.filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking);
    if (breaking.length > 0) {
      const sentences = breaking.map(({ message }) => `  ${message}`).join('\n');
      throw new Finding(`clients of ${release} would break; deprecate instead of removing:\n${sentences}`);
    }
    return `with ${release}`;
  },
  types: () => tool('tsc', []),
  lint: () => tool('biome', ['ci']),
  tidy: () => tool('vitest', ['run', 'test/tidy.test.ts']),
};

/** The newest tag `v…`; null when there is none, and outside a repository. */
async function lastRelease(): Promise<string | null> {
  const tags = await git('tag', '--list', 'v*', '--sort=-version:refname').catch(() => '');
  return tags.split('\n')[0] || null;
}

async function git(...words: string[]): Promise<string> {
  return (await run('git', words, { cwd: ROOT, maxBuffer: 10_000_000 })).stdout;
}

/** A program of node_modules/.bin, where npm looks first. */
async function tool(name: string, words: string[]): Promise<string> {
  try {
    await run(name, words, { cwd: ROOT, maxBuffer: 10_000_000 });
    return `${[name, ...words].join(' ')} has nothing to say`;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Finding(`${[name, ...words].join(' ')} says:\n${stdout}${stderr || (error as Error).message}`);
  }
}

// Side by side: the slowest of them, and not their sum, is what one waits for.
const results = await Promise.allSettled(Object.values(PARTS).map((part) => part()));
for (const [index, name] of Object.keys(PARTS).entries()) {
  const result = results[index] as PromiseSettledResult<string>;
  if (result.status === 'fulfilled') console.log(`ok      ${name}: ${result.value}`);
  else {
    process.exitCode = 1;
    console.log(`FAILED  ${name}: ${result.reason instanceof Finding ? result.reason.message : result.reason.stack}`);
  }
}
