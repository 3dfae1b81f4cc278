/** How does an operation travel over HTTP? As the id of its document and its variables; streams come back as Server-Sent Events. */
import { connectionError, type GraphqlError, PortcullisError } from './error.ts';
import { pause, retryAfter } from './pause.ts';
import { returnable } from './queue.ts';
import type { Transport } from './transport.ts';

export interface Connection {
  /** Of the GraphQL endpoint. */
  readonly url: string;
  /** Asked before every request, and by a stream whenever it opens. */
  readonly token: () => Promise<string>;
  readonly fetch: typeof fetch;
  /** What a call waits at most, in all, where the gateway asks it to come back later. Default 0. */
  readonly patienceMilliseconds?: number;
}

/** What is sent: the gateway knows the document. */
export interface Request {
  readonly documentId: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface Result {
  readonly data?: unknown;
  readonly errors?: readonly GraphqlError[];
}

/** @see https://graphql.github.io/graphql-over-http/draft/ */
const JSON_ANSWER = 'application/graphql-response+json, application/json;q=0.9';
/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
const EVENTS = 'text/event-stream';

export async function send(connection: Connection, request: Request, signal?: AbortSignal): Promise<unknown> {
  for (let patience = connection.patienceMilliseconds ?? 0; ; ) {
    const response = await post(connection, request, JSON_ANSWER, signal);
    // Nothing of what was asked has been done: a mutation may be sent again.
    const wait = response.status === 429 ? retryAfter(response) : null;
    if (wait === null || wait > patience) return answer(response);
    patience -= wait;
    await response.body?.cancel();
    await pause(wait, signal);
  }
}

/** Streams over HTTP: each has a connection of its own, and a token that is asked for when it opens. */
export function createEvents(connection: Connection): Transport {
  return {
    open(request, onOpen) {
      const over = new AbortController();
      const response = post(connection, request, EVENTS, over.signal);
      // Whoever never looks at the stream need not handle its failure.
      response.catch(() => undefined);
      return {
        items: returnable(read(response, over.signal, onOpen), () => over.abort(RETURNED)),
        drop: (error) => over.abort(error),
      };
    },
  };
}

/** Why the stream is over when nothing is wrong. */
const RETURNED = Symbol('returned');

async function post(
  { url, token, fetch }: Connection,
  request: Request,
  accept: string,
  signal?: AbortSignal,
): Promise<Response> {
  const headers = { accept, 'content-type': 'application/json', authorization: `Bearer ${await token()}` };
  try {
    return await fetch(url, { method: 'POST', headers, body: JSON.stringify(request), signal: signal ?? null });
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw connectionError('CONNECTION_FAILED', `The gateway at ${url} cannot be reached.`, { cause });
  }
}

async function answer(response: Response): Promise<unknown> {
  const { status } = response;
  const text = await response.text();
  const result = parse(text);
  if (result === null)
    throw connectionError('BAD_RESPONSE', `The answer (status ${status}) is not GraphQL.`, { status });
  return dataOf(result, status);
}

function parse(text: string): Result | null {
  try {
    const result = JSON.parse(text) as Result | null;
    return typeof result === 'object' && result !== null && ('data' in result || 'errors' in result) ? result : null;
  } catch {
    return null;
  }
}

/** Any error makes the whole answer one: nobody mistakes half of it for all. */
export function dataOf({ data, errors }: Result, status: number | null): unknown {
  if (errors) throw new PortcullisError(errors, status);
  return data;
}

async function* read(
  pending: Promise<Response>,
  over: AbortSignal,
  onOpen: () => void,
): AsyncGenerator<unknown, undefined, undefined> {
  try {
    const response = await pending;
    if (!response.headers.get('content-type')?.startsWith(EVENTS)) {
      await answer(response);
      throw connectionError('BAD_RESPONSE', 'The answer is no stream.', { status: response.status });
    }
    onOpen();
    for await (const { event, data } of events(response)) {
      if (event === 'complete') return;
      if (event === 'next') yield dataOf(parse(data) ?? {}, response.status);
    }
  } catch (error) {
    if (over.reason === RETURNED) return;
    throw over.aborted ? over.reason : error;
  }
  throw connectionError('CONNECTION_FAILED', 'The gateway closed the stream without ending it.');
}

interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/** Lines that begin with a colon keep the connection open and say nothing. */
async function* events({ body }: Response): AsyncGenerator<ServerSentEvent, void, void> {
  let text = '';
  for await (const chunk of chunks(body)) {
    const blocks = (text + chunk).replaceAll('\r\n', '\n').split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n');
      const field = (name: string) =>
        lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trimStart());
      yield { event: field('event').join(''), data: field('data').join('\n') };
    }
  }
}

/** Safari iterates over no stream. */
async function* chunks(body: ReadableStream<Uint8Array> | null): AsyncGenerator<string, void, void> {
  const reader = body?.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (cause) {
    throw connectionError('CONNECTION_FAILED', 'The connection to the gateway was lost.', { cause });
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
