/** How does a program talk to the gateway? A typed method for every document of clients/operations. Node 24 and browsers. */
import { OPERATIONS, type Operations } from './generated/operations.ts';
import { openEvents, send } from './http.ts';
import { createSocket, openStream } from './webSocket.ts';

export { type GraphqlError, PortcullisError } from './error.ts';
export type * from './generated/operations.ts';

export interface PortcullisOptions {
  /** Of the GraphQL endpoint, such as `http://localhost:4000/graphql`. */
  readonly url: string;
  /** An access token, or what gives one: asked before every request and whenever a socket is opened. */
  readonly token: string | (() => string | Promise<string>);
  /** How streams travel: `websocket`, the default, or `sse` where proxies let no WebSocket through. */
  readonly transport?: 'websocket' | 'sse';
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
  /** Default: the platform's. */
  readonly WebSocket?: unknown;
}

export interface CallOptions {
  /** Aborted, the request fails with the signal's reason, and a stream ends. */
  readonly signal?: AbortSignal;
}

type Kinds = typeof OPERATIONS;
type NamesOf<Kind> = { [Name in keyof Kinds]: Kinds[Name]['kind'] extends Kind ? Name : never }[keyof Kinds];
type Arguments<Name extends keyof Operations> =
  Record<string, never> extends Operations[Name]['variables']
    ? [variables?: Operations[Name]['variables'], options?: CallOptions]
    : [variables: Operations[Name]['variables'], options?: CallOptions];

/**
 * Queries and mutations by name, and subscriptions below `live`.
 * @throws PortcullisError, in which a promise is rejected and a stream ends
 */
export type Portcullis = {
  readonly [Name in NamesOf<'query' | 'mutation'>]: (...args: Arguments<Name>) => Promise<Operations[Name]['data']>;
} & { readonly live: Live };

/** Each begins at once and keeps what arrives until it is asked for; `return()` or leaving the loop ends it. */
export type Live = {
  readonly [Name in NamesOf<'subscription'>]: (
    ...args: Arguments<Name>
  ) => AsyncIterableIterator<Operations[Name]['data'], undefined>;
};

export function createPortcullis(options: PortcullisOptions): Portcullis {
  const { url, token: given, transport = 'websocket' } = options;
  const token = typeof given === 'string' ? () => given : given;
  // A browser's fetch wants to be called without an owner.
  const connection = { url, token, fetch: options.fetch ?? ((...call) => fetch(...call)) };
  const socket = createSocket({ url, token, WebSocket: options.WebSocket });
  const calls: Record<string, unknown> = {};
  const live: Record<string, unknown> = {};
  for (const [name, { kind, documentId }] of Object.entries(OPERATIONS)) {
    if (kind === 'subscription') {
      live[name] = (variables = {}, { signal }: CallOptions = {}) => {
        const request = { documentId, variables };
        return transport === 'sse' ? openEvents(connection, request, signal) : openStream(socket, request, signal);
      };
    } else {
      calls[name] = (variables = {}, { signal }: CallOptions = {}) =>
        send(connection, { documentId, variables }, signal);
    }
  }
  return { ...calls, live } as Portcullis;
}
