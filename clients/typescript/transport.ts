/** What carries a stream from one interruption to the next? WebSocket and Server-Sent Events do it alike. */
import type { Request } from './http.ts';

export interface Transport {
  /** Starts at once. */
  open(request: Request, onOpen: () => void): Channel;
}

/** One stream over one connection. */
export interface Channel {
  /** The data of each result. Done when the gateway completes the stream or the reader returns; otherwise it throws. */
  readonly items: AsyncIterableIterator<unknown, undefined, undefined>;
  /** Gives the connection up, with everything else that uses it: `items` throws the error, and the next stream opens a new one. */
  drop(error: Error): void;
}
