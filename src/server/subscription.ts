/** How does a subscription run? The document is prepared once, and the hub asks for each item in its words. */
import { createHash } from 'node:crypto';
import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  getOperationAST,
  print,
  visit,
} from 'graphql';
import { createDeliveryContext } from '../../schema/context.ts';
import type { Database } from '../store/database.ts';
import { Frame, type Rendering } from '../stream/frame.ts';
import type { Hub } from '../stream/hub.ts';
import type { Feed } from '../stream/item.ts';
import type { Session } from '../stream/subscriber.ts';
import type { Budgets } from './budget.ts';
import type { Execute } from './compiled.ts';
import { clientError, type FaultLog, withoutStatus } from './errors.ts';
import { pulledSink, type Results, type Sink, type SinkOptions } from './outlet.ts';

/** Where a subscription comes from. */
export interface Delivering {
  readonly session: Session;
  /** Default: whoever iterates over the results. */
  readonly sink?: (options: SinkOptions) => Sink;
}

export interface SubscriptionParts {
  readonly database: Database;
  readonly hub: Hub;
  readonly execute: Execute;
  readonly budgets: Budgets;
  readonly log: FaultLog;
  /** Made once for each document, whoever subscribes with it. */
  readonly renderings: Map<string, Rendering>;
}

const RENDERINGS = 1_000;

/** Instead of graphql-js's own, which would execute every event once for each subscriber. */
export async function subscribe(
  parts: SubscriptionParts,
  args: ExecutionArgs,
  { session, sink: create = pulledSink }: Delivering,
): Promise<Results | ExecutionResult> {
  const source = await sourceWithinBudget(parts, args);
  if (!(Symbol.asyncIterator in source)) {
    return { ...source, errors: source.errors?.map((error) => withoutStatus(clientError(error, parts.log))) ?? [] };
  }
  const feed = source as unknown as Feed;
  let stop = () => undefined as undefined;
  const describe = (error: Error): GraphQLError => clientError(error, parts.log);
  const sink = create({ describe, onReturn: () => stop() });
  const end = parts.hub.open({ feed, rendering: renderingOf(parts, args), session, outlet: sink });
  stop = () => {
    end();
  };
  return sink.results;
}

/** A stream costs once, when it begins. */
async function sourceWithinBudget({ budgets }: SubscriptionParts, args: ExecutionArgs) {
  try {
    budgets.charge(args);
  } catch (error) {
    return { errors: [error as GraphQLError] };
  }
  return createSourceEventStream(args);
}

function renderingOf({ database, execute, log, renderings }: SubscriptionParts, args: ExecutionArgs): Rendering {
  const key = keyOf(args);
  const known = renderings.get(key);
  if (known) return known;
  const { schema, document, operationName, variableValues } = args;
  const rendering: Rendering = {
    key,
    async render(item, view) {
      const contextValue = createDeliveryContext(database, item, view);
      const operation = {
        schema,
        document,
        operationName: operationName ?? null,
        variableValues: variableValues ?? null,
      };
      const { data, errors } = await execute({ ...operation, rootValue: item, contextValue });
      if (!errors) return new Frame(JSON.stringify({ data }));
      const described = errors.map((error) => withoutStatus(clientError(error, log)));
      // Half an item would be taken for all of it: after a fault the stream ends, and whoever resumes gets the whole.
      const fault = described.find(({ extensions }) => extensions.code === 'INTERNAL_SERVER_ERROR');
      const failure = fault ?? (data ? null : (described[0] as GraphQLError));
      return new Frame(JSON.stringify({ errors: described, data }), failure);
    },
  };
  // Whoever is left out makes one anew.
  if (renderings.size >= RENDERINGS) renderings.clear();
  renderings.set(key, rendering);
  return rendering;
}

/** Whatever decides the words of an item: the document, and the variables used below its root field. */
function keyOf({ document, operationName, variableValues }: ExecutionArgs): string {
  const used = variablesBelowRoot(document, operationName);
  const values = Object.entries(variableValues ?? {}).filter(([name]) => used.has(name));
  return JSON.stringify([digest(document), operationName ?? null, values.sort(([a], [b]) => (a < b ? -1 : 1))]);
}

const digest = (document: DocumentNode) =>
  createHash('sha256')
    .update(document.loc?.source.body ?? print(document))
    .digest('base64');

/** Arguments of the root field choose events, and say nothing of how they are shown. */
function variablesBelowRoot(document: DocumentNode, operationName: string | null | undefined): ReadonlySet<string> {
  const roots = new Set<unknown>(getOperationAST(document, operationName)?.selectionSet.selections);
  const used = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Argument: (_node, _key, _parent, _path, ancestors) => (roots.has(ancestors.at(-1)) ? false : undefined),
    Variable: ({ name }) => {
      used.add(name.value);
    },
  });
  return used;
}
