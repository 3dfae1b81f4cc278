/** How does a program talk to the gateway? A typed method for every document of clients/operations. Node 24 and browsers. */

import { type DownloadOptions, download } from './download.ts';
import { connectionError } from './error.ts';
import { OPERATIONS, type Operations } from './generated/operations.ts';
import { type Connection, createEvents, send } from './http.ts';
import { follow, type LiveOptions, type Source } from './live.ts';
import { createSockets } from './webSocket.ts';

export type { DownloadOptions } from './download.ts';
export { type GraphqlError, PortcullisError } from './error.ts';
export type * from './generated/operations.ts';
export type { Gap, Heartbeat, LiveOptions, LiveState } from './live.ts';

export interface PortcullisOptions {
  /** Of the GraphQL endpoint, such as `http://localhost:4000/graphql`. */
  readonly url: string;
  /**
   * An access token, or what gives one: asked before every request, whenever a stream opens, and over WebSocket also when a
   * fifth of the token's life is left. A stream that finds no token tries again later; a call fails with what was thrown.
   */
  readonly token: string | (() => string | Promise<string>);
  /** How streams travel: `websocket`, the default, or `sse` where proxies let no WebSocket through. */
  readonly transport?: 'websocket' | 'sse';
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
  /** Default: the platform's. */
  readonly WebSocket?: unknown;
  /**
   * A call that the budget of its principal does not allow now (429, `BUDGET_EXHAUSTED`) waits for as long as the gateway says, and
   * is sent again; so long in all at most. 0: never. Default 90,000: a budget is of a minute.
   */
  readonly patienceMilliseconds?: number;
}

export interface CallOptions {
  /** Aborted, the request fails with the signal's reason. */
  readonly signal?: AbortSignal;
}

type Kinds = typeof OPERATIONS;
type NamesOf<Kind> = { [Name in keyof Kinds]: Kinds[Name]['kind'] extends Kind ? Name : never }[keyof Kinds];
type Arguments<Variables, Options> =
  Record<string, never> extends Variables
    ? [variables?: Variables, options?: Options]
    : [variables: Variables, options?: Options];
type CallArguments<Name extends keyof Operations> = Arguments<Operations[Name]['variables'], CallOptions>;
/** Heartbeats are the SDK's own affair: it always asks for them. */
type LiveArguments<Name extends keyof Operations> = Arguments<
  Omit<Operations[Name]['variables'], 'heartbeats'>,
  LiveOptions
>;

/**
 * Queries and mutations by name, and subscriptions below `live`.
 * @throws PortcullisError, in which a promise is rejected and a stream ends
 */
export type Portcullis = {
  readonly [Name in NamesOf<'query' | 'mutation'>]: (...args: CallArguments<Name>) => Promise<Operations[Name]['data']>;
} & {
  readonly live: Live;
  /**
   * A file of the gateway, such as the `url` of an export, part by part. A download that is cut off goes on behind the last byte;
   * a streamed list, which cannot, fails. @param url a path, or an address of the same origin
   */
  download(url: string, options?: DownloadOptions): AsyncGenerator<Uint8Array, void, void>;
};

/**
 * Each begins at once and keeps what arrives until it is asked for; `return()` or leaving the loop ends it. It outlives its
 * connections: it goes on behind the last item, in order, nothing left out and nothing twice, or tells `onGap`.
 */
export type Live = {
  readonly [Name in NamesOf<'subscription'>]: (
    ...args: LiveArguments<Name>
  ) => AsyncIterableIterator<Operations[Name]['data'], undefined>;
};

export function createPortcullis(options: PortcullisOptions): Portcullis {
  const connection = connectionOf(options);
  const source = sourceOf(options, connection);
  const calls: Record<string, unknown> = {};
  const live: Record<string, unknown> = {};
  for (const [name, { kind, documentId }] of Object.entries(OPERATIONS)) {
    if (kind === 'subscription') {
      live[name] = (variables = {}, more: LiveOptions = {}) => follow(source, { documentId, variables }, more);
    } else {
      calls[name] = (variables = {}, { signal }: CallOptions = {}) =>
        send(connection, { documentId, variables }, signal);
    }
  }
  const fetchFile: Portcullis['download'] = (url, more = {}) => download(connection, url, more);
  return { ...calls, live, download: fetchFile } as Portcullis;
}

function connectionOf(options: PortcullisOptions): Connection {
  const { url, token, fetch: given, patienceMilliseconds = 90_000 } = options;
  return {
    ...{ url, patienceMilliseconds },
    token: async () => (typeof token === 'string' ? token : token()),
    // A browser's fetch wants to be called without an owner.
    fetch: given ?? ((...call) => fetch(...call)),
  };
}

function sourceOf({ transport, token: given, WebSocket }: PortcullisOptions, connection: Connection): Source {
  const renewable = typeof given !== 'string';
  const token = () => connection.token().catch(noToken);
  const patient = { ...connection, token };
  const { documentId } = OPERATIONS.eventCursor;
  return {
    renewable,
    transport:
      transport === 'sse' ? createEvents(patient) : createSockets({ url: connection.url, token, renewable, WebSocket }),
    end: async (signal) => {
      const data = await send(patient, { documentId, variables: {} }, signal);
      return (data as Operations['eventCursor']['data']).eventCursor;
    },
  };
}

function noToken(cause: unknown): never {
  throw connectionError('TOKEN_FAILED', 'No access token could be had.', { cause });
}
