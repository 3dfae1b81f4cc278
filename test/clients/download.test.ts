/** Does a file come whole through the SDK, and does a call wait where the gateway asks it to? Over real sockets, with what no good network does. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createPortcullis, type PortcullisOptions } from '../../clients/typescript/portcullis.ts';
import { startGateway } from '../support/gateway.ts';

type Answer = (res: ServerResponse, req: IncomingMessage) => void;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** Each request gets the next answer. */
async function answering(...answers: readonly Answer[]) {
  const asked: IncomingMessage[] = [];
  const server = createServer((req, res) => {
    const answer = answers[asked.push(req) - 1];
    if (answer) answer(res, req);
    else res.writeHead(500).end();
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  return {
    url,
    asked,
    sdk: (more: Partial<PortcullisOptions> = {}) => createPortcullis({ url, token: 'token', ...more }),
  };
}

const FILE = Buffer.from(Array.from({ length: 100_000 }, (_, n) => `line ${n}\n`).join(''));
const QUICK = { firstPauseMilliseconds: 1 };

/** From the byte on that was asked for. @param cutAfter bytes, after which the connection is cut */
const part =
  ({ cutAfter = FILE.length, etag = '"one"' } = {}): Answer =>
  (res, { headers }) => {
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    const range = headers.range && { 'content-range': `bytes ${from}-${FILE.length - 1}/${FILE.length}` };
    const isSame = headers['if-range'] === undefined || headers['if-range'] === etag;
    const rest = isSame ? FILE.subarray(from) : FILE;
    const about = { etag, 'accept-ranges': 'bytes', 'content-length': rest.length, ...(isSame && range) };
    res.writeHead(range && isSame ? 206 : 200, about);
    if (cutAfter >= rest.length) res.end(rest);
    else res.write(rest.subarray(0, cutAfter), () => setImmediate(() => res.destroy()));
  };
const problem =
  (status: number, code: string, headers: Record<string, string> = {}): Answer =>
  (res) =>
    res.writeHead(status, headers).end(JSON.stringify({ errors: [{ message: code, extensions: { code } }] }));

async function read(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const found: Uint8Array[] = [];
  for await (const each of parts) found.push(each);
  return Buffer.concat(found);
}

describe('a download', () => {
  test('goes on behind the last byte, of the same file', async () => {
    const { sdk, asked } = await answering(part({ cutAfter: 1000 }), part({ cutAfter: 2000 }), part());
    expect((await read(sdk().download('/exports/x', QUICK))).equals(FILE)).toBe(true);
    expect(asked.map(({ headers }) => [headers.range, headers['if-range']])).toEqual([
      [undefined, undefined],
      ['bytes=1000-', '"one"'],
      ['bytes=3000-', '"one"'],
    ]);
    expect(asked[2]?.headers.authorization).toBe('Bearer token');
  });

  test('goes on where somebody has a part already, and is over where they have all', async () => {
    const { sdk } = await answering(part(), (res) =>
      res.writeHead(416, { 'content-range': `bytes */${FILE.length}` }).end(),
    );
    expect((await read(sdk().download('/exports/x', { from: 500 }))).equals(FILE.subarray(500))).toBe(true);
    expect((await read(sdk().download('/exports/x', { from: FILE.length }))).length).toBe(0);
  });

  test('does not go on with another file', async () => {
    const { sdk } = await answering(part({ cutAfter: 1000 }), part({ etag: '"other"' }));
    await expect(read(sdk().download('/exports/x', QUICK))).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
  });

  test('waits as long as it is asked to', async () => {
    const { sdk } = await answering(problem(429, 'TOO_MANY_EXPORTS', { 'retry-after': '1' }), part());
    const begunAt = performance.now();
    expect((await read(sdk().download('/exports/x', QUICK))).length).toBe(FILE.length);
    expect(performance.now() - begunAt).toBeGreaterThan(990);
  });

  test('gives up after so many attempts that bring nothing', async () => {
    const { sdk, asked } = await answering(...Array.from({ length: 9 }, () => problem(503, 'GATEWAY_STOPPING')));
    const failing = read(sdk().download('/exports/x', { ...QUICK, retries: 3 }));
    await expect(failing).rejects.toMatchObject({ code: 'GATEWAY_STOPPING', status: 503 });
    expect(asked).toHaveLength(4);
  });

  test.each([
    [410, 'EXPORT_EXPIRED'],
    [403, 'FORBIDDEN'],
    [404, 'NOT_FOUND'],
    [409, 'EXPORT_NOT_COMPLETE'],
  ])('fails at once for %i %s', async (status, code) => {
    const { sdk, asked } = await answering(problem(status, code));
    await expect(read(sdk().download('/exports/x', QUICK))).rejects.toMatchObject({ code, status });
    expect(asked).toHaveLength(1);
  });

  test('of a streamed list, which cannot go on, fails', async () => {
    const { sdk, asked } = await answering((res) => {
      res.writeHead(200).write('half of a line', () => setImmediate(() => res.destroy()));
    });
    const failing = read(sdk().download('/lists/assignments.jsonl', QUICK));
    await expect(failing).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    expect(asked).toHaveLength(1);
  });

  test('shows the token to nobody else', async () => {
    const [{ sdk }, other] = [await answering(part()), await answering(part())];
    await expect(read(sdk().download(other.url, QUICK))).rejects.toThrow(TypeError);
    expect(other.asked).toHaveLength(0);
  });

  test('ends with the reason of its signal', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const { sdk } = await answering(part({ cutAfter: 1000 }), () => stop.abort(reason));
    await expect(read(sdk().download('/exports/x', { ...QUICK, signal: stop.signal }))).rejects.toBe(reason);
  });

  test('of a list of a real gateway is the list', async () => {
    await using gateway = await startGateway();
    const pia = createPortcullis({ url: gateway.url, token: () => gateway.token('pia') });
    const text = (await read(pia.download('/lists/assignments.jsonl?filter={"types":["ELIGIBLE"]}'))).toString();
    const { assignments } = await pia.assignments({ filter: { types: ['ELIGIBLE'] }, count: true });
    expect(text.split('\n').length - 1).toBe(assignments.totalCount);
  });
});

describe('a call that the budget does not allow now', () => {
  const exhausted = problem(429, 'BUDGET_EXHAUSTED', { 'retry-after': '1' });
  const answered: Answer = (res) => res.writeHead(200).end('{"data":{"eventCursor":"c"}}');

  test('is sent again when the gateway says so', async () => {
    const { sdk, asked } = await answering(exhausted, exhausted, answered);
    expect(await sdk().eventCursor()).toEqual({ eventCursor: 'c' });
    expect(asked).toHaveLength(3);
  });

  test.each([
    ['waits no longer than its patience', 1500, exhausted, 2],
    ['does not wait without any', 0, exhausted, 1],
    ['does not wait where nobody says how long', 90_000, problem(429, 'BUDGET_EXHAUSTED'), 1],
  ])('%s', async (_what, patienceMilliseconds, answer, count) => {
    const { sdk, asked } = await answering(answer, answer, answered);
    const failing = sdk({ patienceMilliseconds }).eventCursor();
    await expect(failing).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED', status: 429 });
    expect(asked).toHaveLength(count);
  });

  test('ends its wait with its signal', async () => {
    const { sdk } = await answering(problem(429, 'BUDGET_EXHAUSTED', { 'retry-after': '60' }), answered);
    const signal = AbortSignal.timeout(50);
    await expect(sdk().eventCursor({}, { signal })).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('is refused by a real gateway with the time to wait', async () => {
    await using gateway = await startGateway({ config: { costPerOperation: 1000, costPerMinute: 1000 } });
    const maya = createPortcullis({ url: gateway.url, token: () => gateway.token('maya'), patienceMilliseconds: 0 });
    const asking = async () => {
      for (;;) await maya.roles({ first: 100 });
    };
    await expect(asking()).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED', status: 429 });
  });
});
