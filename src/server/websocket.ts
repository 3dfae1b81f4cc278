/** How do clients keep a line open? graphql-transport-ws on the path of everything else, with the token in `connection_init`. */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type ExecutionArgs,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLError,
  getOperationAST,
  OperationTypeNode,
} from 'graphql';
import { CloseCode, type Context, type SubscribePayload } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { processNow } from '../clock.ts';
import type { Config } from '../config.ts';
import { type TokenIdentity, type TokenVerifier, UnauthenticatedError } from '../identity/token.ts';
import { sqlOf } from '../store/database.ts';
import { absentPrincipals } from '../store/principal.ts';
import { StreamEndedError } from '../stream/item.ts';
import type { Session } from '../stream/subscriber.ts';
import { clientError, withoutStatus } from './errors.ts';
import { type Authenticated, bearerToken, type Graphql, type GraphqlParts } from './graphql.ts';
import { LIMITS } from './limits.ts';
import { type Results, SocketSinks } from './outlet.ts';
import { type Delivering, subscribe } from './subscription.ts';

const INIT_TIMEOUT = 3_000;
/** How often each socket is asked whether it is still there, in milliseconds; graphql-ws would have a timer for each. */
const KEEP_ALIVE = 12_000;
const NO_KEEP_ALIVE = 0;
/** How often it is asked whose principals are disabled, in milliseconds. */
const WATCH_INTERVAL = 1_000;
/** Longest delay a timer can have; a token that lives longer is looked at again then. */
const TIMER_MAXIMUM = 2 ** 31 - 1;

export interface WebSockets {
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): Promise<void>;
}

interface Extra {
  [name: PropertyKey]: unknown;
  identity?: TokenIdentity;
  expiry?: NodeJS.Timeout;
  /** Of the token that counts: a newer one given in band takes its place for all streams of the socket. */
  session?: Session;
  sinks?: SocketSinks;
}
type Present = Extra & { readonly socket: WebSocket; request?: IncomingMessage | undefined };

export function createWebSockets(parts: GraphqlParts, graphql: Graphql): WebSockets {
  const { config, verifier, log } = parts;
  const server = new WebSocketServer({ noServer: true, maxPayload: LIMITS.message, perMessageDeflate: false });
  const safe = (error: unknown) => withoutStatus(clientError(error, log));
  const present = new Set<Present>();
  const refuse = (extra: Present, error: unknown) => {
    const { message, extensions } = safe(error);
    const code = extensions.code === 'UNAUTHENTICATED' ? CloseCode.Unauthorized : CloseCode.InternalServerError;
    extra.socket.close(code, reason(message));
  };
  const disposable = useServer<{ authorization?: unknown }, Extra>(
    {
      connectionInitWaitTimeout: INIT_TIMEOUT,
      async onConnect({ connectionParams, extra }) {
        try {
          extra.identity = await authenticate(verifier, connectionParams?.authorization);
          // As long as the socket lives nobody needs the token again.
          Object.assign(connectionParams ?? {}, { authorization: undefined });
          extra.session = { expiresAt: extra.identity.expiresAt };
          extra.sinks = new SocketSinks(extra.socket, (extra.request as IncomingMessage).socket);
          // Its headers would be kept as long as the socket.
          Object.assign(extra, { request: undefined });
          // It may have gone meanwhile, and nobody would be told again.
          if (extra.socket.readyState !== extra.socket.OPEN) return false;
          present.add(extra);
          closeAtExpiry(extra);
          return true;
        } catch (error) {
          refuse(extra, error);
          return false;
        }
      },
      async onPing({ extra }, payload) {
        if (payload && 'authorization' in payload) await prolong(extra, verifier, payload);
      },
      onSubscribe: (context, id, payload) => prepare({ parts, graphql }, context, { id, payload }),
      execute: (args) => (args.rootValue as { execute: (args: ExecutionArgs) => never }).execute(args),
      subscribe: (args) => follow(parts, args),
      onNext: (_context, _id, _payload, _args, result) => formatted(result),
      onDisconnect: ({ extra }) => {
        present.delete(extra);
        clearTimeout(extra.expiry);
      },
    },
    server,
    NO_KEEP_ALIVE,
  );
  const watch = setInterval(() => void closeDisabled(parts, present), WATCH_INTERVAL);
  const beat = setInterval(() => endSilent(server), KEEP_ALIVE);
  return {
    upgrade(req, socket, head) {
      if (!isAllowed(req, config)) {
        socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
        return;
      }
      server.handleUpgrade(req, socket, head, (webSocket) => {
        webSocket.on('pong', hasAnswered);
        server.emit('connection', webSocket, req);
      });
    },
    close: async () => {
      clearInterval(watch);
      clearInterval(beat);
      await disposable.dispose();
    },
  };
}

/** Undefined: as it is. */
function formatted(result: { readonly errors?: readonly GraphQLError[] | undefined }) {
  const { errors, ...rest } = result;
  if (!errors) return undefined;
  return { ...rest, errors: errors.map((error) => withoutStatus(error).toJSON()) } as FormattedExecutionResult;
}

type Connection = Pick<Context<{ authorization?: unknown }, Present>, 'extra' | 'subscriptions'>;

/** What is to be executed, or why it is not. */
async function prepare(
  { parts, graphql }: { parts: GraphqlParts; graphql: Graphql },
  { extra, subscriptions }: Connection,
  { id, payload }: { id: string; payload: SubscribePayload },
): Promise<ExecutionArgs | GraphQLError[]> {
  const { config, documents, log } = parts;
  try {
    const limit = config.subscriptionsPerSocket;
    if (Object.keys(subscriptions).length > limit) throw new StreamEndedError('TOO_MANY_SUBSCRIPTIONS', { limit });
    const request = payload as { query?: unknown; documentId?: unknown };
    // The protocol wants a query to be there: an empty one is none.
    const query = documents.resolve({ ...request, query: request.query || null }) ?? '';
    const initial: Authenticated = { identity: extra.identity as TokenIdentity };
    const enveloped = graphql.getEnveloped(Object.assign(initial, { params: { ...payload, query } }) as never);
    const document = enveloped.parse(query);
    const isStream = getOperationAST(document, payload.operationName)?.operation === OperationTypeNode.SUBSCRIPTION;
    if (isStream) initial.delivering = deliveringTo(extra, id);
    const errors = enveloped.validate(enveloped.schema, document) as readonly GraphQLError[];
    if (errors.length > 0) return errors.map(withoutStatus);
    const { operationName, variables } = payload;
    return {
      schema: enveloped.schema,
      document,
      contextValue: await enveloped.contextFactory(),
      rootValue: isStream ? { delivering: initial.delivering } : { execute: enveloped.execute },
      operationName: operationName ?? null,
      variableValues: variables ?? null,
    };
  } catch (error) {
    return [withoutStatus(clientError(error, log))];
  }
}

/** Past Yoga's plugins, each of which would keep something for as long as the stream lasts. */
async function follow(parts: GraphqlParts, args: ExecutionArgs): Promise<Results | ExecutionResult> {
  const { delivering } = args.rootValue as { delivering: Delivering };
  const result = await subscribe(parts, { ...args, rootValue: null }, delivering);
  Object.assign(args, { rootValue: null, contextValue: null });
  return result;
}

function deliveringTo(extra: Present, id: string): Delivering {
  const { sinks, session } = extra as Required<Present>;
  return { session, sink: (options) => sinks.sink(id, options) };
}

/** Principals that are disabled or gone: their streams are told so, and then their sockets close. */
async function closeDisabled({ database, hub, log }: GraphqlParts, present: ReadonlySet<Present>): Promise<void> {
  const ids = new Set([...present].map(({ identity }) => (identity as TokenIdentity).objectId));
  if (ids.size === 0) return;
  try {
    const absent = new Set(await absentPrincipals(sqlOf(database), [...ids]));
    const closing = [...present].filter(({ identity }) => absent.has((identity as TokenIdentity).objectId));
    for (const id of absent) hub.expel(id);
    // The last items are on their way by then.
    setImmediate(() => {
      for (const { socket } of closing) socket.close(CloseCode.Forbidden, 'The principal was disabled or deleted.');
    });
  } catch (error) {
    log('sockets of disabled principals', error);
  }
}

/** A newer token of the same principal takes the place of the one before; any other ends the connection. */
async function prolong(extra: Present, verifier: TokenVerifier, payload: Record<string, unknown>): Promise<void> {
  const { authorization } = payload;
  // What is left in the payload goes back with the pong.
  delete payload.authorization;
  try {
    const identity = await authenticate(verifier, authorization);
    if (!isSame(identity, extra.identity)) throw new UnauthenticatedError('The access token is of another principal.');
    extra.identity = identity;
    (extra.session as Session).expiresAt = identity.expiresAt;
    closeAtExpiry(extra);
    payload.expiresAt = identity.expiresAt.toISOString();
  } catch (error) {
    const known = error instanceof UnauthenticatedError ? error.message : 'The access token is not accepted.';
    extra.socket.close(CloseCode.Forbidden, reason(known));
  }
}

function isSame(one: TokenIdentity, other: TokenIdentity | undefined): boolean {
  const who = ({ objectId, appOnly, appPermissions }: TokenIdentity) =>
    JSON.stringify([objectId, appOnly, appOnly ? appPermissions : []]);
  return other !== undefined && who(one) === who(other);
}

/** The tolerance for other clocks is no use here: the socket would close at once, and its client come back. */
async function authenticate(verifier: TokenVerifier, authorization: unknown): Promise<TokenIdentity> {
  const identity = await verifier.verify(bearerToken(typeof authorization === 'string' ? authorization : null));
  if (identity.expiresAt <= processNow()) throw new UnauthenticatedError('The access token has expired.');
  return identity;
}

/** 4403 tells the client to come back with a new token; 4401 would tell it to give up. */
function closeAtExpiry(extra: Present): void {
  clearTimeout(extra.expiry);
  const left = (extra.session as Session).expiresAt.getTime() - processNow().getTime();
  const look = () =>
    left <= TIMER_MAXIMUM
      ? extra.socket.close(CloseCode.Forbidden, 'The access token has expired.')
      : closeAtExpiry(extra);
  extra.expiry = setTimeout(look, Math.max(0, Math.min(left, TIMER_MAXIMUM)));
  extra.expiry.unref();
}

/** Sockets that have been asked whether they are still there, and have not answered yet. */
const asked = new WeakSet<WebSocket>();

function hasAnswered(this: WebSocket): void {
  asked.delete(this);
}

/** One timer for all: whoever has not answered since the last time is gone. */
function endSilent(server: WebSocketServer): void {
  for (const socket of server.clients) {
    if (asked.has(socket)) socket.terminate();
    else {
      asked.add(socket);
      socket.ping();
    }
  }
}

/** A browser names the page that opens the socket; other clients name none. */
function isAllowed({ headers, url }: IncomingMessage, config: Config): boolean {
  if (url?.split('?')[0] !== '/graphql') return false;
  const { origin } = headers;
  return origin === undefined || origin === new URL(config.publicUrl).origin || config.allowedOrigins.includes(origin);
}

/** A close frame carries at most 123 bytes. */
function reason(text: string): string {
  return Buffer.from(text)
    .subarray(0, 120)
    .toString()
    .replace(/\uFFFD$/, '');
}
