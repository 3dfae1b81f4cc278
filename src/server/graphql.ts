/** How is a GraphQL request answered over HTTP and SSE? Yoga, with the token checked before the document is looked at. */
import type { ServerResponse } from 'node:http';
import { type ExecutionResult, type GraphQLError, type GraphQLSchema, parse } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { type Context, createContext, type ExportJudge } from '../../schema/context.ts';
import type { Config } from '../config.ts';
import type { Viewer } from '../decision/powers.ts';
import type { TokenIdentity, TokenVerifier } from '../identity/token.ts';
import { UnauthenticatedError } from '../identity/token.ts';
import { type ReadViewer, viewerOf } from '../identity/viewer.ts';
import type { Database } from '../store/database.ts';
import type { Rendering } from '../stream/frame.ts';
import type { Hub } from '../stream/hub.ts';
import { type Budgets, withinBudget } from './budget.ts';
import type { Execute } from './compiled.ts';
import type { Documents } from './documents.ts';
import { clientError, type FaultLog, withoutStatus } from './errors.ts';
import type { Executed, KnownDocuments } from './knownDocument.ts';
import { boundedBodies, LIMITS, limitRule, refuseLargeBody } from './limits.ts';
import { type Delivering, subscribe } from './subscription.ts';
import { fitTextRule, namingArgument, refuseUnfitVariables } from './values.ts';

export interface GraphqlParts {
  readonly config: Config;
  readonly database: Database;
  readonly hub: Hub;
  readonly renderings: Map<string, Rendering>;
  readonly schema: GraphQLSchema;
  readonly verifier: TokenVerifier;
  readonly readViewer: ReadViewer;
  readonly documents: Documents;
  readonly known: KnownDocuments;
  readonly judgeExport: ExportJudge;
  readonly execute: Execute;
  readonly budgets: Budgets;
  readonly log: FaultLog;
}

/** Set by whoever has checked the token: the plugin below, or the WebSocket server. */
export interface Authenticated {
  identity?: TokenIdentity;
  /** Set by the WebSocket server: where the items of a subscription go. */
  delivering?: Delivering;
  /** Set by whoever has run the operation already. */
  executed?: Executed;
}

export type Graphql = ReturnType<typeof createGraphql>;

export function createGraphql(parts: GraphqlParts) {
  const { config, schema } = parts;
  return createYoga<Authenticated>({
    schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    batching: false,
    logging: false,
    multipart: false,
    parserAndValidationCache: { documentCache: parts.known.parsed },
    extraParamNames: ['documentId'],
    cors: (request) => corsFor(request.headers.get('origin'), config),
    graphiql: config.trustedDocumentsOnly ? false : { title: 'Portcullis', defaultQuery: FIRST_QUERY },
    // Nine megabytes of page: loaded by the first person who opens it.
    renderGraphiQL: async (options) => (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(options),
    maskedErrors: { maskError: (error) => clientError(error, parts.log) },
    context: async ({ identity, params, delivering, executed }) => {
      if (executed) return executed.contextValue;
      if (!identity) throw new UnauthenticatedError('The request carries no access token.');
      return contextOf(parts, identity, params?.variables, delivering);
    },
    maxRequestBodySize: false,
    plugins: [
      authentication(parts),
      boundedBodies(),
      documentParameters(parts),
      limits(parts),
      execution(parts),
      subscriptions(parts),
      partialResults(),
    ],
  });
}

/** Who asks, with the powers of now. @throws ArgumentError, UnknownPrincipalError, DisabledPrincipalError */
export async function contextOf(
  parts: GraphqlParts,
  identity: TokenIdentity,
  variables: unknown,
  delivering?: Delivering,
): Promise<Context> {
  refuseUnfitVariables(variables);
  // Whoever listens already is known as of the last event: thousands who come back at once ask the database nothing.
  const known = delivering ? knownViewer(parts.hub, identity) : null;
  const viewer = known ?? (await viewerOf(parts.readViewer, identity)).viewer;
  return createContext(parts.database, viewer, { judgeExport: parts.judgeExport });
}

function knownViewer(hub: Hub, { objectId, appOnly, appPermissions, expiresAt }: TokenIdentity): Viewer | null {
  const known = hub.viewer(objectId, appOnly ? appPermissions : []);
  return known && (known.kind === 'USER') !== appOnly ? { ...known, expiresAt } : null;
}

interface Cors {
  origin: string;
  credentials: false;
  methods: string[];
}

/** Yoga takes an empty list of origins for all of them, and answers `null`, which is one, where none of several fits. */
export function corsFor(origin: string | null, { allowedOrigins, publicUrl }: Config): Cors | false {
  const known = origin !== null && [new URL(publicUrl).origin, ...allowedOrigins].includes(origin);
  return known ? { origin, credentials: false, methods: ['GET', 'POST', 'OPTIONS'] } : false;
}

const FIRST_QUERY = `# Give an access token in the Headers pane below: { "Authorization": "Bearer …" }
# npm run -s portcullis -- token maya --mfa    prints one while there is no issuer of your own.

query MyRoles {
  me {
    principal { displayName }
    eligible(first: 10) { nodes { id role { displayName } scope { path } activation { maximumDuration requires } } }
    active(first: 10) { nodes { id role { displayName } scope { path } endsAt } }
  }
}
`;

export function bearerToken(header: string | null | undefined): string {
  const [, token] = /^Bearer +([\w~+/.-]+=*)$/i.exec(header ?? '') ?? [];
  if (!token) throw new UnauthenticatedError('Give an access token: Authorization: Bearer …');
  return token;
}

/** Before the body is read: whoever has no good token teaches us nothing and learns nothing. */
function authentication({ verifier, log }: GraphqlParts): Plugin<object, Authenticated> {
  return {
    async onRequestParse({ request, serverContext, endResponse, fetchAPI }) {
      try {
        serverContext.identity = await verifier.verify(bearerToken(request.headers.get('authorization')));
      } catch (error) {
        throw clientError(error, log);
      }
      const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
      if (request.method === 'POST' && type !== 'application/json') {
        endResponse(new fetchAPI.Response(null, { status: 415, headers: { 'accept-post': 'application/json' } }));
      }
    },
  };
}

function documentParameters({ documents }: GraphqlParts): Plugin<object, Authenticated> {
  return {
    onParams({ params, request, setParams }) {
      if (params === null || typeof params !== 'object') return;
      const given = params as { query?: unknown; documentId?: unknown };
      const documentId = given.documentId ?? inAddress(request.url);
      const query = documents.resolve({ query: given.query, documentId });
      refuseLargeBody(request.headers.get('content-length'), { ...params, query });
      if (query !== given.query) setParams({ ...params, query } as typeof params);
    },
  };
}

/** Most addresses have no parameters, and to take one apart costs more than to look. */
function inAddress(url: string): string | null {
  return url.includes('?') ? new URL(url).searchParams.get('documentId') : null;
}

function limits({ known }: GraphqlParts): Plugin {
  return {
    onParse: ({ setParseFn }) =>
      setParseFn((source, options) => parse(source, { ...options, maxTokens: LIMITS.tokens })),
    onValidate({ addValidationRule, params }) {
      addValidationRule(limitRule);
      addValidationRule(fitTextRule);
      return ({ valid, result, setResult }) => {
        if (valid) known.accept(params.documentAST);
        else setResult(result.map((error) => namingArgument(error as GraphQLError, params.documentAST)));
      };
    },
  };
}

function execution({ budgets, execute }: GraphqlParts): Plugin {
  const within = withinBudget(budgets, execute);
  return {
    onExecute({ args, setExecuteFn }) {
      // Over a WebSocket the result becomes part of a message.
      const form = 'request' in (args.contextValue as object) ? 'written' : undefined;
      const { executed } = args.contextValue as Authenticated;
      setExecuteFn(executed ? () => executed.result : (asked) => within(asked, form));
    },
  };
}

function subscriptions(parts: GraphqlParts): Plugin<Authenticated> {
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(async (args) => {
        const { identity, delivering, res } = args.contextValue as Authenticated & { readonly res?: ServerResponse };
        const session = { expiresAt: (identity as TokenIdentity).expiresAt };
        const items = await subscribe(parts, args, delivering ?? { session });
        if (res && Symbol.asyncIterator in items) endWith(res, items);
        return items;
      });
    },
  };
}

/** Nobody reads what is answered to a caller who has gone before it was: such a stream would stay open, and count as one of theirs. */
function endWith(res: ServerResponse, items: AsyncIterableIterator<unknown>): void {
  const end = () => void items.return?.();
  if (res.closed) end();
  else res.once('close', end);
}

function partialResults(): Plugin {
  return {
    onExecutionResult({ result, setResult }) {
      if (!result || Array.isArray(result) || Symbol.asyncIterator in result) return;
      const { data, errors } = result as ExecutionResult;
      if (!errors || !data || Object.values(data).every((value) => value === null)) return;
      setResult({ ...result, errors: errors.map(withoutStatus) } as typeof result);
    },
  };
}
