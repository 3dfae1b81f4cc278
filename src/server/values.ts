/** Can a value be used, and if not, which argument was it given for? What graphql-js leaves out of its errors. */
import {
  type ASTNode,
  type ASTVisitor,
  BREAK,
  type DocumentNode,
  GraphQLError,
  type GraphQLErrorOptions,
  Kind,
  type ValidationContext,
  visit,
} from 'graphql';
import { ArgumentError } from '../store/connection.ts';

const UNFIT = 'holds a character that cannot be kept: leave out U+0000 and halves of surrogate pairs.';

const isUnfit = (text: string) => text.includes('\0') || !text.isWellFormed();

/** PostgreSQL's text holds no U+0000, and its jsonb no half of a surrogate pair. */
export function fitTextRule(context: ValidationContext): ASTVisitor {
  return {
    StringValue(node) {
      if (isUnfit(node.value)) context.reportError(new GraphQLError(`The text ${UNFIT}`, { nodes: node }));
    },
  };
}

/** The same for variables. @throws ArgumentError */
export function refuseUnfitVariables(variables: unknown): void {
  if (variables === null || typeof variables !== 'object') return;
  for (const [name, value] of Object.entries(variables)) {
    if (holdsUnfit(value)) throw new ArgumentError(`The variable "$${name}" ${UNFIT}`);
  }
}

/** However deep it lies: what nobody asks for is looked at too, and a call for each level would run out of stack. */
function holdsUnfit(value: unknown): boolean {
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next === 'string' && isUnfit(next)) return true;
    if (next !== null && typeof next === 'object') for (const each of Object.values(next)) left.push(each);
  }
  return false;
}

/** graphql-js says at which line and column a bad value stands, but not what it was given for. */
export function namingArgument(error: GraphQLError, document: DocumentNode): GraphQLError {
  const { nodes, source, positions, extensions } = error;
  let name = '';
  visit(document, {
    enter(node, _key, parent, _path, ancestors) {
      if (node !== nodes?.[0]) return undefined;
      const above = [...ancestors, parent].filter((each) => each && !Array.isArray(each)) as ASTNode[];
      name = above.flatMap(nameOf).join('.');
      return BREAK;
    },
  });
  if (name === '') return error;
  return new GraphQLError(`${name}: ${error.message}`, {
    ...{ nodes, source, positions, extensions },
  } as GraphQLErrorOptions);
}

function nameOf(node: ASTNode): string[] {
  return node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD ? [node.name.value] : [];
}
