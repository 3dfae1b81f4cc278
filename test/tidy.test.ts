/** Is the house built as CONTRIBUTING.md says? Files are read as text; each finding names file, line and what to write instead. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');
const CODE = [
  'src/**/*.ts',
  'schema/*.ts',
  'migrations/*.ts',
  'clients/{typescript,examples}/*.ts',
  'clients/examples/*/*.ts',
  '*.ts',
];
const TESTS = ['test/**/*.ts'];
const RATCHET = 70;

interface Floor {
  /** Beginnings of paths it may import from, beside its own; after `type:` types only. */
  readonly may: readonly string[];
  /** Packages and Node's modules. */
  readonly packages: RegExp;
}

const NONE = /^$/;
const ALL = /./;
const FOUNDATION = ['src/refusals.ts', 'src/events.ts', 'src/clock.ts', 'src/config.ts'];
/** Downwards only. The beginning of a file's path is its floor. */
const FLOORS: Readonly<Record<string, Floor>> = {
  'src/refusals.ts': { may: ['type:src/events.ts', 'type:src/clock.ts'], packages: NONE },
  'src/events.ts': { may: ['type:src/refusals.ts', 'type:src/clock.ts'], packages: NONE },
  'src/clock.ts': { may: [], packages: NONE },
  'src/config.ts': { may: [], packages: /^node:/ },
  'src/decision/': { may: ['src/refusals.ts', 'type:src/events.ts'], packages: NONE },
  'src/company/': { may: ['src/decision/', 'type:src/events.ts', 'src/catalogue/'], packages: NONE },
  'src/store/': {
    may: [...FOUNDATION, 'src/decision/', 'src/company/', 'src/catalogue/'],
    packages: /^(@mikro-orm\/|(kysely|pg|pg-copy-streams|jsonc-parser|csv-parse)$|node:)/,
  },
  'src/identity/': {
    may: [...FOUNDATION, 'src/store/', 'src/decision/'],
    packages: /^((jose|oidc-provider)$|node:)/,
  },
  'src/action/': { may: [...FOUNDATION, 'src/decision/', 'src/store/'], packages: /^kysely$/ },
  'src/stream/': {
    may: [...FOUNDATION, 'src/store/', 'src/action/', 'src/decision/event.ts', 'type:src/decision/'],
    packages: /^((pg|@redis\/client)$|node:)/,
  },
  'src/schedule/': {
    may: [...FOUNDATION, 'src/store/', 'src/action/', 'type:src/decision/'],
    packages: /^graphile-worker$/,
  },
  'src/notify/': { may: [...FOUNDATION, 'src/store/', 'src/action/', 'type:src/decision/'], packages: ALL },
  'schema/': {
    // Words, forms and the viewer's powers are vocabulary; everything else of decision would be deciding.
    may: ['words', 'duration', 'powers']
      .map((noun) => `src/decision/${noun}.ts`)
      .concat('type:src/decision/', 'src/action/', 'src/store/', 'src/stream/', 'src/refusals.ts', 'src/events.ts'),
    packages: /^(@pothos\/|graphql|dataloader$|node:module$)/,
  },
  'src/server/': { may: ['src/', 'schema/'], packages: ALL },
  'src/command/': { may: ['src/'], packages: /^node:/ },
  'src/main.ts': { may: ['src/command/', 'src/config.ts'], packages: /^node:/ },
  'migrations/': { may: [], packages: /^@mikro-orm\/migrations$/ },
  // It runs in browsers too.
  'clients/typescript/': { may: [], packages: NONE },
  'clients/examples/': { may: ['clients/typescript/portcullis.ts'], packages: /^node:/ },
};

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const find = (patterns: readonly string[]) => globSync([...patterns], { cwd: ROOT }).sort();
const lineAt = (text: string, index: number) => text.slice(0, index).split('\n').length;

interface Ban {
  readonly pattern: RegExp;
  readonly instead: string;
  /** Files it does not concern. */
  readonly except?: RegExp;
  /** Default false: prose may hold it. */
  readonly inComments?: boolean;
}

/** Lines that hold the pattern. */
function banned(files: readonly string[], { pattern, instead, except = NONE, inComments = false }: Ban): string[] {
  return files
    .filter((file) => !except.test(file))
    .flatMap((file) =>
      read(file)
        .split('\n')
        .flatMap((line, index) =>
          pattern.test(line) && (inComments || !/^\s*(\*|\/\*\*|\/\/)/.test(line))
            ? [`${file}:${index + 1}: ${instead}`]
            : [],
        ),
    );
}

function wrongImports(file: string): string[] {
  const floor = Object.keys(FLOORS).find((beginning) => file.startsWith(beginning));
  if (floor === undefined) return file.includes('/') ? [`${file}:1: give its folder a row in FLOORS`] : [];
  const { may, packages } = FLOORS[floor] as Floor;
  const text = read(file);
  return [...text.matchAll(/^(?:import|export) (type )?[^;']*?from '([^']+)'|\bimport\('([^']+)'\)/gm)].flatMap(
    (found) => {
      const target = found[2] ?? found[3] ?? '';
      const to = target.startsWith('.') ? path.join(path.dirname(file), target) : target;
      const allowed = target.startsWith('.')
        ? [floor, ...may].some((begin) => to.startsWith(found[1] ? begin.replace('type:', '') : begin))
        : packages.test(to);
      return allowed
        ? []
        : [`${file}:${lineAt(text, found.index)}: ${floor} does not import ${to}; move it to where both may look`];
    },
  );
}

/** The formatter puts the brace that closes a function below the beginning of the line that opened it. */
function longFunctions(file: string): string[] {
  const lines = read(file).split('\n');
  return lines.flatMap((line, start) => {
    if (!/(\)(: .+)?|=>) \{$/.test(line) || /^\s*(\} )?(if|else|for|while|switch|catch|describe)\b/.test(line))
      return [];
    const indent = /^\s*/.exec(line)?.[0] ?? '';
    const length = lines.slice(start).findIndex((each) => each.startsWith(`${indent}}`)) + 1;
    return length > RATCHET ? [`${file}:${start + 1}: ${length} lines; split it, at most ${RATCHET}`] : [];
  });
}

/** Fields of the root types, as `Query.me`. */
function rootFields(): string[] {
  const roots = [...read('schema/schema.graphql').matchAll(/^type (Query|Mutation|Subscription) \{\n(.*?)^\}/gms)];
  return roots.flatMap(([, root, body = '']) =>
    [...body.matchAll(/^ {2}(\w+)[(:]/gm)].map(([, field]) => `${root}.${field}`),
  );
}

const code = find(CODE);
const tests = find(TESTS);

const keysOf = (file: string, pattern: RegExp) => [...read(file).matchAll(pattern)].map(([, key]) => key as string);
/** The failure is the list of what to mend. */
const none = (findings: readonly string[]) => expect(findings.join('\n')).toBe('');
const all = (files: readonly string[]) => files.map(read).join('\n');

describe('the house', () => {
  it('is imported downwards only', () => {
    none(code.flatMap(wrongImports));
  });

  it.each<[string, readonly string[], Ban]>([
    [
      'one clock',
      code,
      {
        pattern: /\bnew Date\(\)|\bDate\.now\(\)/,
        instead: 'ask the database, or processNow() of src/clock.ts',
        // A client has neither of them, and only a token to measure.
        except: /^(src\/clock|clients\/typescript\/token)\.ts$/,
      },
    ],
    [
      'one reader of the process',
      code,
      {
        pattern: /\bprocess\./,
        instead: 'take it as a parameter from src/main.ts or src/config.ts',
        except: /^(src\/(main|config)\.ts|clients\/examples\/.*)$/,
      },
    ],
    [
      'one publisher',
      code,
      {
        pattern: /\bNOTIFY\b|pg_notify/,
        instead: 'record an event; src/stream publishes it',
        except: /^src\/stream\//,
      },
    ],
    ['no SQL in the schema', find(['schema/*.ts']), { pattern: /\bsql`/, instead: 'a view in src/store' }],
    [
      'nothing to wait for in decisions',
      find(['src/decision/*.ts']),
      { pattern: /\b(async|await|Promise)\b/, instead: 'take the fact as an argument' },
    ],
    [
      'named exports',
      [...code, ...tests],
      { pattern: /^export default\b/, instead: 'export it by name', except: /(^|\/)[^/]+\.config\.ts$/ },
    ],
    ['all tests run', tests, { pattern: /\b(it|test|describe)\.(only|skip|todo)\b/, instead: 'run it or delete it' }],
    [
      'nothing unfinished',
      [...code, ...tests],
      { pattern: /\b(?:TO|FIX)(?:DO|ME)\b/, instead: 'do it or leave it', inComments: true },
    ],
  ])('has %s', (_rule, files, ban) => {
    none(banned(files, ban));
  });

  it('has short functions', () => {
    // A migration is as long as its tables.
    none(code.filter((file) => !file.startsWith('migrations/')).flatMap(longFunctions));
  });

  it('says at the top of each file which question it answers', () => {
    const silent = [...code, ...tests].filter(
      (file) => !/^\/\*\*((?!\*\/).)+?[.?!]\W((?!\*\/).)*\*\//s.test(read(file)),
    );
    none(silent.map((file) => `${file}:1: begin with /** a sentence. */`));
  });

  it('names files after nouns', () => {
    const vague = [...code, ...tests].filter((file) =>
      /\b(utils?|helpers?|common|services?|types|index)(\.ts$|\/)/.test(file),
    );
    none(vague.map((file) => `${file}:1: name it after the noun it is about`));
  });
});

describe('the contract', () => {
  it('has a row of the matrix for every root field', () => {
    const matrix = read('schema/permissions.ts').split('export const MATRIX')[1] ?? '';
    const rows = [...matrix.matchAll(/^ {2}(\w+): \{\n(.*?)^ {2}\}/gms)].flatMap(([, type, body = '']) =>
      [...body.matchAll(/^ {4}(\w+):/gm)].map(([, field]) => `${type}.${field}`),
    );
    const missing = rootFields().filter((field) => !rows.includes(field));
    none(missing.map((field) => `schema/permissions.ts: a row for ${field}`));
  });

  it('has a document for every root field, in a file of its name', () => {
    const documents = find(['clients/operations/*.graphql']);
    const used = new Set(documents.flatMap((file) => keysOf(file, /^ {2}(\w+)/gm)));
    const missing = rootFields().filter((field) => !used.has(field.split('.')[1] as string));
    none(missing.map((field) => `clients/operations: a document that uses ${field}`));
    const misnamed = documents.filter((file) =>
      keysOf(file, /^(?:query|mutation|subscription) (\w+)/gm).some((name) => name !== path.basename(file, '.graphql')),
    );
    none(misnamed.map((file) => `${file}:1: name the file after its operation`));
  });

  it('records every event', () => {
    const text = all(find(['src/*/**/*.ts']));
    const silent = keysOf('src/events.ts', /^ {2}'(\w+\.\w+)':/gm).filter((event) => !text.includes(`'${event}'`));
    none(silent.map((event) => `src/events.ts: record ${event} in an action, or delete it`));
  });

  it('provokes every refusal in some test', () => {
    const declared = /export const REFUSALS = \{(.*?)^\}/ms.exec(read('src/refusals.ts'))?.[1] ?? '';
    const text = all(tests);
    const untested = [...declared.matchAll(/^ {2}([A-Z_]+):/gm)].filter(
      ([, name]) => !new RegExp(`\\b${name}\\b`).test(text),
    );
    none(untested.map(([, name]) => `src/refusals.ts: a test that provokes ${name}`));
  });

  it('has a twin in test/decision for every decision', () => {
    const twins = find(['src/decision/*.ts'])
      .filter((file) => /\bfunction\b|=>/.test(read(file)))
      .map((file) => `test/decision/${path.basename(file, '.ts')}.test.ts`);
    none(twins.filter((twin) => !existsSync(path.join(ROOT, twin))).map((twin) => `${twin}: write it`));
  });
});
