/** How do streams travel over WebSocket? graphql-transport-ws: one socket for all streams of a client, open while there are any. */
import { type Client, CloseCode, createClient } from 'graphql-ws';
import { connectionError, PortcullisError } from './error.ts';
import { dataOf, type Request, type Result } from './http.ts';

export interface SocketOptions {
  /** Of the GraphQL endpoint, with http or https. */
  readonly url: string;
  readonly token: () => string | Promise<string>;
  /** Default: the one of the platform. */
  readonly WebSocket?: unknown;
}

/** The token is asked for whenever the socket is opened. */
export function createSocket({ url, token, WebSocket }: SocketOptions): Client {
  return createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
    retryAttempts: 0,
  });
}

/** Starts at once; ends when its consumer returns, when the signal is aborted, or with an error. */
export function openStream(client: Client, request: Request, signal?: AbortSignal): AsyncIterableIterator<unknown> {
  // The protocol wants a query to be there; an empty one says that the document is the one of the id.
  const results = client.iterate({ ...request, query: '' } as never) as AsyncIterableIterator<Result, void>;
  const end = async () => {
    await results.return?.();
    return { done: true, value: undefined } as const;
  };
  signal?.addEventListener('abort', end, { once: true });
  return {
    async next() {
      if (signal?.aborted) return end();
      try {
        const { done, value } = await results.next();
        return done ? { done, value: undefined } : { done: false, value: dataOf(value, null) };
      } catch (error) {
        await end();
        throw streamError(error);
      }
    },
    return: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** graphql-ws throws the errors of the operation, the event that closed the socket, or the one that kept it from opening. */
function streamError(error: unknown): PortcullisError {
  if (error instanceof PortcullisError) return error;
  if (Array.isArray(error)) return new PortcullisError(error, null);
  const { code, reason } = error as Partial<CloseEvent>;
  if (code === CloseCode.Unauthorized || code === CloseCode.Forbidden) {
    return connectionError('UNAUTHENTICATED', reason || 'The access token is not accepted.', { cause: error });
  }
  const sentence = reason ? `The gateway closed the stream: ${reason}` : 'The connection to the gateway was lost.';
  return connectionError('CONNECTION_FAILED', sentence, { cause: error });
}
