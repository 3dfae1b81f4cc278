/**
 * How is a request answered whose document was found valid before? As Yoga answers it, to the byte, without the request object,
 * the forty hooks and the promises that Yoga has for each, which took the gateway a tenth of a millisecond.
 * Whatever is less plain, and whatever does not end in data alone, is Yoga's.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { type DocumentNode, type ExecutionResult, type GraphQLError, OperationTypeNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { TokenIdentity } from '../identity/token.ts';
import { withinBudget } from './budget.ts';
import { bearerToken, contextOf, corsFor, type Graphql, type GraphqlParts } from './graphql.ts';
import { LIMITS } from './limits.ts';
import { operationOf } from './plan.ts';

/** As many as Yoga keeps by itself. */
const DOCUMENTS = 1_024;

/** Documents by their texts, those used last. */
export class KnownDocuments {
  /** Yoga's: whatever could be parsed. */
  readonly parsed = new LRUCache<string, DocumentNode>({ max: DOCUMENTS });
  readonly #valid = new WeakSet<DocumentNode>();

  accept(document: DocumentNode): void {
    this.#valid.add(document);
  }

  /** Null: it has to be parsed and validated first. */
  find(text: string): DocumentNode | null {
    const document = this.parsed.get(text);
    return document && this.#valid.has(document) ? document : null;
  }
}

/** An operation that has been run, whose result is still to be told. */
export interface Executed {
  readonly contextValue: object;
  readonly result: ExecutionResult & { readonly stringify?: (result: unknown) => string };
}

interface Parameters {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>> | null | undefined;
  readonly operationName: string | null | undefined;
}

/** @returns what answers requests to the address of GraphQL */
export function answersKnown(parts: GraphqlParts, yoga: Graphql) {
  const { budgets, execute, known, schema } = parts;
  const within = withinBudget(budgets, execute);

  /** Null: nothing has been run. */
  async function run({ query, variables, operationName }: Parameters, identity: TokenIdentity) {
    const document = known.find(query);
    const operation = document && operationOf(document.definitions, operationName);
    if (!operation || operation.operation === OperationTypeNode.SUBSCRIPTION) return null;
    const contextValue = await contextOf(parts, identity, variables);
    const args = { schema, document, contextValue, variableValues: variables, operationName };
    return { contextValue, result: (await within(args, 'written')) as Executed['result'] };
  }

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const identity = await identityOf(parts, req);
    if (identity === null) return void yoga(req, res);
    const body = await bodyOf(req);
    if (body === null) return;
    let executed: Executed | null;
    try {
      const given = parametersOf(body, parts);
      executed = given && (await run(given, identity));
      if (executed && !executed.result.errors) return send(parts, { req, res }, executed.result);
    } catch (error) {
      executed = { contextValue: {}, result: { errors: [error as GraphQLError] } };
    }
    // A body that has been read is looked for there; the characters of a string would be counted one by one.
    Object.assign(req, { body: Readable.from([Buffer.from(body)]) });
    void yoga(req, res, executed ? { executed } : {});
  }

  return (req: IncomingMessage, res: ServerResponse): void => void (isPlain(req) ? answer(req, res) : yoga(req, res));
}

/** What a response says of itself, where `Accept` asks for one thing. */
const MEDIA_TYPES = new Map<string | undefined, string>([
  [undefined, 'application/json'],
  ['*/*', 'application/json'],
  ['application/json', 'application/json'],
  ['application/graphql-response+json', 'application/graphql-response+json'],
]);

function isPlain({ method, url, headers }: IncomingMessage): boolean {
  const bytes = Number(headers['content-length']);
  return (
    method === 'POST' &&
    url === '/graphql' &&
    headers['content-type'] === 'application/json' &&
    MEDIA_TYPES.has(headers.accept) &&
    headers['access-control-request-headers'] === undefined &&
    bytes > 0 &&
    bytes <= LIMITS.body
  );
}

/** Null: Yoga says why not. */
async function identityOf({ verifier }: GraphqlParts, { headers }: IncomingMessage): Promise<TokenIdentity | null> {
  try {
    return await verifier.verify(bearerToken(headers.authorization));
  } catch {
    return null;
  }
}

/** Null: it never came whole, and nobody waits for an answer. */
function bodyOf(req: IncomingMessage): Promise<string | null> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    req.on('data', (part: Buffer) => parts.push(part));
    req.on('end', () => resolve(Buffer.concat(parts).toString()));
    req.on('error', () => resolve(null));
  });
}

const PARAMETERS = ['query', 'documentId', 'variables', 'operationName'];

/** Null: something about them is unusual, or wrong. */
function parametersOf(body: string, { documents }: GraphqlParts): Parameters | null {
  try {
    const given = JSON.parse(body);
    if (!isObject(given) || !Object.keys(given).every((name) => PARAMETERS.includes(name))) return null;
    const query = documents.resolve(given);
    const { variables, operationName } = given as Partial<Parameters>;
    if (typeof query !== 'string' || (variables != null && !isObject(variables))) return null;
    return operationName == null || typeof operationName === 'string' ? { query, variables, operationName } : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

function send({ config }: GraphqlParts, { req, res }: Exchange, result: Executed['result']): void {
  const { accept, origin = null } = req.headers;
  const text = result.stringify ? result.stringify(result) : JSON.stringify(result);
  const cors = corsFor(origin, config);
  res.writeHead(200, {
    'Content-Type': `${MEDIA_TYPES.get(accept)}; charset=utf-8`,
    'content-length': Buffer.byteLength(text),
    ...(cors && {
      'access-control-allow-origin': cors.origin,
      'access-control-allow-methods': cors.methods.join(', '),
    }),
  });
  res.end(text);
}
