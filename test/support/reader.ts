/** Who reads streams and can be frozen meanwhile? A process of its own that prints what it gets, one line each. */
import { request } from 'node:http';
import { WebSocket } from 'ws';

interface Task {
  readonly url: string;
  readonly wsUrl: string;
  readonly authorization: string;
  readonly query: string;
  readonly after: string;
  /** Of each transport. */
  readonly streams: number;
}

/** What it prints: the position of an event, or how a stream ended and where it goes on. */
export interface ReaderLine {
  readonly stream: string;
  readonly position?: number;
  readonly end?: { readonly code: string; readonly reason?: string; readonly cursor?: string };
}

const task: Task = JSON.parse(process.argv[2] as string);
const print = (line: ReaderLine) => process.stdout.write(`${JSON.stringify(line)}\n`);

type Follow = (stream: string, after: string) => void;

function take(stream: string, { data, errors }: { data?: never; errors?: never }, follow: Follow): void {
  const [event] = Object.values(data ?? {}) as { position: number }[];
  if (event) {
    print({ stream, position: event.position });
    return;
  }
  const [{ extensions: end }] = errors as unknown as [{ extensions: { code: string; cursor: string } }];
  print({ stream, end });
  if (end.code === 'RESYNC_REQUIRED') follow(stream, end.cursor);
}

function followSocket(stream: string, after: string): void {
  const socket = new WebSocket(task.wsUrl, 'graphql-transport-ws');
  const send = (message: object) => socket.send(JSON.stringify(message));
  socket.on('open', () => send({ type: 'connection_init', payload: { authorization: task.authorization } }));
  socket.on('message', (text) => {
    const { type, payload } = JSON.parse(String(text));
    if (type === 'connection_ack') {
      send({ type: 'subscribe', id: stream, payload: { query: task.query, variables: { after } } });
    }
    if (type === 'next') take(stream, payload, followSocket);
    if (type === 'error') take(stream, { errors: payload as never }, followSocket);
    if (type === 'complete') socket.close();
  });
}

function followEvents(stream: string, after: string): void {
  const { authorization, query, url } = task;
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream', authorization };
  const sent = request(url, { method: 'POST', headers }, (response) => {
    let rest = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() as string;
      for (const block of blocks) {
        const data = /^data: (.+)$/m.exec(block)?.[1];
        if (block.startsWith('event: next') && data) take(stream, JSON.parse(data), followEvents);
      }
    });
  });
  sent.end(JSON.stringify({ query, variables: { after } }));
}

for (let number = 0; number < task.streams; number++) {
  followSocket(`WebSocket ${number}`, task.after);
  followEvents(`SSE ${number}`, task.after);
}
