/** What is written from code and never by hand? The printed schema, the types of the SDK, and the manifest of trusted documents. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type CodegenConfig, executeCodegen } from '@graphql-codegen/cli';
import { type FragmentDefinitionNode, Kind, type OperationDefinitionNode, print, visit } from 'graphql';
import { printedSchema } from './schema/schema.ts';

type Plugin = Awaited<ReturnType<NonNullable<CodegenConfig['pluginLoader']>>>;
type DocumentFile = Parameters<Plugin['plugin']>[1][number];

const FOLDER = import.meta.dirname;

/** Everything generated, as it should be now. Paths are relative to the checkout. */
export async function generate(): Promise<{ readonly path: string; readonly content: string }[]> {
  const schema = printedSchema();
  const { result, error } = await executeCodegen(configuration(schema));
  if (error) throw error;
  const generated = result.map(({ filename, content }) => ({ path: filename, content }));
  return [{ path: 'schema/schema.graphql', content: schema }, ...generated];
}

function configuration(schema: string): CodegenConfig {
  return {
    schema,
    cwd: FOLDER,
    documents: ['clients/operations/*.graphql'],
    silent: true,
    // Plugins of this file beside those of packages.
    pluginLoader: async (name) => PLUGINS[name] ?? import(name),
    generates: {
      'clients/typescript/generated/operations.ts': {
        plugins: ['header', '@graphql-codegen/typescript-operations', 'operations'],
        config: {
          immutableTypes: true,
          useTypeImports: true,
          skipTypename: true,
          mergeFragmentTypes: true,
          arrayInputCoercion: false,
          namingConvention: 'keep',
          scalars: {
            ID: 'string',
            Cursor: 'string',
            DateTime: 'string',
            Duration: 'string',
            SafeInt: 'number',
            ScopePath: 'string',
          },
        },
      },
      'clients/typescript/documents.json': { plugins: ['manifest'] },
    },
  };
}

const PLUGINS: Record<string, Plugin> = {
  header: { plugin: () => ({ content: '', prepend: [HEADER] }) },
  operations: { plugin: (_schema, files) => operations(trusted(files)) },
  manifest: { plugin: (_schema, files) => manifest(trusted(files)) },
};

const HEADER = '/** What can be asked, and what comes back? Written by `npm run codegen`. */';

interface Trusted {
  /** As in the document, such as `MyRoles`. */
  readonly name: string;
  readonly kind: string;
  /** The exact text that its hash names. */
  readonly text: string;
  readonly id: string;
}

/** What the SDK needs at run time, and the one table of types behind its methods. */
function operations(documents: readonly Trusted[]): string {
  const rows = documents.map(({ name, kind, id }) => `  ${method(name)}: { kind: '${kind}', documentId: '${id}' },`);
  const types = documents.map(({ name, kind }) => {
    const type = `${name}${kind[0]?.toUpperCase()}${kind.slice(1)}`;
    return `  readonly ${method(name)}: { readonly variables: ${type}Variables; readonly data: ${type} };`;
  });
  return [
    '',
    '/** Each operation, named by the hash of its document. */',
    `export const OPERATIONS = {\n${rows.join('\n')}\n} as const;`,
    '',
    '/** The types of each operation. */',
    `export interface Operations {\n${types.join('\n')}\n}`,
    '',
  ].join('\n');
}

function manifest(documents: readonly Trusted[]): string {
  return `${JSON.stringify(Object.fromEntries(documents.map(({ id, text }) => [id, text])), null, 2)}\n`;
}

const method = (name: string) => `${name[0]?.toLowerCase()}${name.slice(1)}`;

/** Every operation with the fragments it spreads, by name. */
function trusted(files: readonly DocumentFile[]): Trusted[] {
  const definitions = files.flatMap(({ document }) => document?.definitions ?? []);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const each of definitions) if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each);
  return definitions
    .filter((each) => each.kind === Kind.OPERATION_DEFINITION)
    .map((operation) => {
      const name = operation.name?.value ?? '';
      const text = [operation, ...spread(operation, fragments)].map((each) => print(each)).join('\n\n');
      const id = `sha256:${createHash('sha256').update(text).digest('hex')}`;
      return { name, kind: operation.operation, text, id };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function spread(operation: OperationDefinitionNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
  const found = new Map<string, FragmentDefinitionNode>();
  const look = (node: OperationDefinitionNode | FragmentDefinitionNode) => {
    visit(node, {
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value);
        if (!fragment || found.has(name.value)) return;
        found.set(name.value, fragment);
        look(fragment);
      },
    });
  };
  look(operation);
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, fragment]) => fragment);
}

if (import.meta.main) {
  for (const file of await generate()) await writeFile(path.join(FOLDER, file.path), file.content);
}
