/** How do clients keep a line open? graphql-transport-ws on the path of everything else, with the token in `connection_init`. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ExecutionArgs, FormattedExecutionResult, GraphQLError } from 'graphql';
import { CloseCode } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { processNow } from '../clock.ts';
import type { Config } from '../config.ts';
import { type TokenIdentity, type TokenVerifier, UnauthenticatedError } from '../identity/token.ts';
import { clientError, withoutStatus } from './errors.ts';
import { bearerToken, type Graphql, type GraphqlParts } from './graphql.ts';
import { LIMITS } from './limits.ts';

const INIT_TIMEOUT = 3_000;
/** Longest delay a timer can have; a token that lives longer is looked at again then. */
const TIMER_MAXIMUM = 2 ** 31 - 1;

export interface WebSockets {
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): Promise<void>;
}

type Extra = Record<PropertyKey, unknown> & { identity?: TokenIdentity; expiry?: NodeJS.Timeout };

export function createWebSockets(parts: GraphqlParts, graphql: Graphql): WebSockets {
  const { config, verifier, documents, log } = parts;
  const server = new WebSocketServer({ noServer: true, maxPayload: LIMITS.message, perMessageDeflate: false });
  const safe = (error: unknown) => withoutStatus(clientError(error, log));
  const disposable = useServer<{ authorization?: unknown }, Extra>(
    {
      connectionInitWaitTimeout: INIT_TIMEOUT,
      async onConnect({ connectionParams, extra }) {
        try {
          extra.identity = await authenticate(verifier, connectionParams?.authorization);
          closeAtExpiry(extra, extra.identity.expiresAt);
          return true;
        } catch (error) {
          const { message, extensions } = safe(error);
          const code = extensions.code === 'UNAUTHENTICATED' ? CloseCode.Unauthorized : CloseCode.InternalServerError;
          extra.socket.close(code, reason(message));
          return false;
        }
      },
      async onSubscribe({ extra }, _id, payload): Promise<ExecutionArgs | GraphQLError[]> {
        try {
          const request = payload as { query?: unknown; documentId?: unknown };
          // The protocol wants a query to be there: an empty one is none.
          const query = documents.resolve({ ...request, query: request.query || null }) ?? '';
          const enveloped = graphql.getEnveloped({ identity: extra.identity, params: { ...payload, query } } as never);
          const document = enveloped.parse(query);
          const errors = enveloped.validate(enveloped.schema, document) as readonly GraphQLError[];
          if (errors.length > 0) return errors.map(withoutStatus);
          const { operationName, variables } = payload;
          return {
            schema: enveloped.schema,
            document,
            contextValue: await enveloped.contextFactory(),
            rootValue: { execute: enveloped.execute, subscribe: enveloped.subscribe },
            operationName: operationName ?? null,
            variableValues: variables ?? null,
          };
        } catch (error) {
          return [safe(error)];
        }
      },
      execute: (args) => (args.rootValue as { execute: (args: ExecutionArgs) => never }).execute(args),
      subscribe: (args) => (args.rootValue as { subscribe: (args: ExecutionArgs) => never }).subscribe(args),
      onNext: (_context, _id, _payload, _args, result) => {
        if (!result.errors) return;
        return {
          ...result,
          errors: result.errors.map((error) => withoutStatus(error).toJSON()),
        } as FormattedExecutionResult;
      },
      onDisconnect: ({ extra }) => clearTimeout(extra.expiry),
    },
    server,
  );
  return {
    upgrade(req, socket, head) {
      if (!isAllowed(req, config)) {
        socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
        return;
      }
      server.handleUpgrade(req, socket, head, (webSocket) => server.emit('connection', webSocket, req));
    },
    close: async () => {
      await disposable.dispose();
    },
  };
}

/** The tolerance for other clocks is no use here: the socket would close at once, and its client come back. */
async function authenticate(verifier: TokenVerifier, authorization: unknown): Promise<TokenIdentity> {
  const identity = await verifier.verify(bearerToken(typeof authorization === 'string' ? authorization : null));
  if (identity.expiresAt <= processNow()) throw new UnauthenticatedError('The access token has expired.');
  return identity;
}

/** 4403 tells the client to come back with a new token; 4401 would tell it to give up. */
function closeAtExpiry(
  extra: Extra & { socket: { close(code: number, reason: string): void } },
  expiresAt: Date,
): void {
  const left = expiresAt.getTime() - processNow().getTime();
  const look = () =>
    left <= TIMER_MAXIMUM
      ? extra.socket.close(CloseCode.Forbidden, 'The access token has expired.')
      : closeAtExpiry(extra, expiresAt);
  extra.expiry = setTimeout(look, Math.max(0, Math.min(left, TIMER_MAXIMUM)));
  extra.expiry.unref();
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
