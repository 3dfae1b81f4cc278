/** What does the gateway do with what no good client sends? Content types, sizes, shapes of documents, origins, broken HTTP. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { MANIFEST } from '../../src/server/documents.ts';
import {
  type Answer,
  type Anything,
  answered,
  open,
  rawSocket,
  startGateway,
  type TestGateway,
  TRANSPORTS,
} from '../support/gateway.ts';
import { watchStatements } from '../support/statements.ts';

const INSIDES = /pg_|node_modules|\bat [\w.<>]+ \(|\.(ts|js|mjs|cjs)\b|constraint|kysely|mikro|stack/i;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ config: { allowedOrigins: ['https://console.example.com'] } });
});
afterAll(() => gateway.close());

const codesOf = ({ errors }: Answer<Anything>) => (errors ?? []).map((error) => error.extensions.code);

async function send(init: RequestInit, path = ''): Promise<Answer<Anything>> {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${await gateway.token('olga')}`);
  return answered(await fetch(gateway.url + path, { ...init, headers }));
}

const ME = '{ me { principal { id } } }';

describe('only application/json is posted', () => {
  it.each([
    ['a form', 'application/x-www-form-urlencoded', `query=${encodeURIComponent(ME)}`],
    [
      'a multipart form',
      'multipart/form-data; boundary=x',
      `--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${JSON.stringify({ query: ME })}\r\n--x--\r\n`,
    ],
    ['plain text', 'text/plain', JSON.stringify({ query: ME })],
    ['a document', 'application/graphql', ME],
    ['JSON by another name', 'application/json-patch+json', JSON.stringify({ query: ME })],
  ])('%s is answered 415', async (_what, type, body) => {
    const answer = await send({ method: 'POST', headers: { 'content-type': type }, body });
    expect([answer.status, answer.text, answer.headers.get('accept-post')]).toEqual([415, '', 'application/json']);
  });

  it('nothing said about the body is answered 415', async () => {
    const body = new TextEncoder().encode(JSON.stringify({ query: ME }));
    expect((await send({ method: 'POST', body })).status).toBe(415);
  });

  it('with a charset it is taken: the control', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    expect((await send({ method: 'POST', headers, body: JSON.stringify({ query: ME }) })).status).toBe(200);
  });

  it.each(['PUT', 'PATCH', 'DELETE', 'HEAD'])('the method %s is refused', async (method) => {
    const answer = await send({ method });
    expect(answer.status).toBe(405);
  });
});

describe('bodies', () => {
  const post = (body: string | ReadableStream) =>
    send({ method: 'POST', headers: { 'content-type': 'application/json' }, body, duplex: 'half' } as RequestInit);

  it.each([
    ['all at once', (body: string) => body],
    ['in pieces, without its length', (body: string) => new Blob([body]).stream()],
  ])('of more than 100 kB, sent %s, are answered 413', async (_how, form) => {
    const fits = JSON.stringify({ query: ME, variables: { x: '' } });
    const filled = (size: number) => JSON.stringify({ query: ME, variables: { x: 'x'.repeat(size - fits.length) } });
    expect((await post(form(filled(99_000)))).status).toBe(200);
    const answer = await post(form(filled(100_100)));
    expect(answer.status).toBe(413);
    expect(answer.text).not.toMatch(INSIDES);
  });

  it.each([
    ['all at once', (body: string) => body],
    ['in pieces, without its length', (body: string) => new Blob([body]).stream()],
  ])('with a bulk verb, sent %s, may hold a megabyte, of whoever has a token', async (_how, form) => {
    const query = 'mutation ($input: RemoveManyInput!) { removeMany(input: $input) { refusals { code } } }';
    const statusOf = async (size: number, token: string) => {
      const input = { assignments: ['x'], justification: 'x'.repeat(size), validateOnly: true };
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      const body = form(JSON.stringify({ query, variables: { input } }));
      return (await fetch(gateway.url, { method: 'POST', headers, body, duplex: 'half' } as RequestInit)).status;
    };
    expect(await statusOf(900_000, await gateway.token('grace'))).toBe(200);
    expect(await statusOf(1_000_000, await gateway.token('grace'))).toBe(413);
    expect(await statusOf(900_000, 'nobody')).toBe(401);
  });

  it.each([
    ['no JSON', '{'],
    ['a batch', JSON.stringify([{ query: ME }, { query: ME }])],
    ['a string', '"query"'],
    ['null', 'null'],
    ['a number for a query', '{"query": 5}'],
    ['no query', '{}'],
    ['variables that are a list', JSON.stringify({ query: ME, variables: [1] })],
    ['variables that are a string', JSON.stringify({ query: ME, variables: '{}' })],
    ['an operation name that is a number', JSON.stringify({ query: ME, operationName: 5 })],
    ['an operation that is not there', JSON.stringify({ query: ME, operationName: 'Other' })],
    ['two operations and no name', JSON.stringify({ query: 'query A { __typename } query B { __typename }' })],
    ['a parameter that does not exist', JSON.stringify({ query: ME, nonsense: 1 })],
    ['a documentId that is none', JSON.stringify({ documentId: 5 })],
    ['an unknown documentId', JSON.stringify({ documentId: `sha256:${'0'.repeat(64)}` })],
    ['a documentId that names what every object has', JSON.stringify({ documentId: '__proto__' })],
    ['a documentId beside a query', JSON.stringify({ query: ME, documentId: 'sha256:0' })],
    ['a prototype', '{"__proto__": {"query": "{ __typename }"}}'],
  ])('with %s are answered 400, with a code', async (_what, body) => {
    const answer = await gateway.post('olga', body);
    expect(answer.status).toBe(400);
    expect(codesOf(answer)).toEqual([
      expect.stringMatching(/^(BAD_USER_INPUT|BAD_REQUEST|DOCUMENT_NOT_FOUND|OPERATION_RESOLUTION_FAILURE)$/),
    ]);
    expect(answer.text).not.toMatch(INSIDES);
  });
});

describe('documents', () => {
  const levels = (depth: number) => `${'parent { '.repeat(depth - 2)} id ${'} '.repeat(depth - 2)}`;
  const table: [string, string, string][] = [
    ['more than 2,000 tokens', `{ ${'__typename '.repeat(2_001)} }`, 'GRAPHQL_PARSE_FAILED'],
    ['brackets without end', '{a'.repeat(900), 'GRAPHQL_PARSE_FAILED'],
    ['13 levels', `{ scopes { nodes { ${levels(12)} } } }`, 'DOCUMENT_TOO_DEEP'],
    [
      '13 levels through fragments',
      `{ scopes { nodes { ...A } } } fragment A on Scope { parent { parent { parent { parent { ...B } } } } }
      fragment B on Scope { parent { parent { parent { parent { ...C } } } } } fragment C on Scope { parent { parent { id } } }`,
      'DOCUMENT_TOO_DEEP',
    ],
    [
      '13 levels through inline fragments',
      `{ scopes { nodes { ${'... on Scope { parent { '.repeat(10)} id ${'} }'.repeat(10)} } } }`,
      'DOCUMENT_TOO_DEEP',
    ],
    [
      '13 levels through a fragment named __schema',
      `{ scopes { nodes { ...__schema } } } fragment __schema on Scope { ${levels(12)} }`,
      'DOCUMENT_TOO_DEEP',
    ],
    ['16 aliases', `{ ${Array.from({ length: 16 }, (_, n) => `a${n}: __typename`).join(' ')} }`, 'TOO_MANY_ALIASES'],
    [
      '16 aliases through a fragment',
      `{ ...A ...A ...A ...A } fragment A on Query { a: __typename b: __typename c: __typename d: __typename }`,
      'TOO_MANY_ALIASES',
    ],
    [
      'fragments that double',
      `{ ...A0 } ${Array.from({ length: 60 }, (_, n) => `fragment A${n} on Query { ...A${n + 1} ...A${n + 1} }`).join(' ')} fragment A60 on Query { a: __typename }`,
      'TOO_MANY_ALIASES',
    ],
    ['a fragment in itself', '{ ...A } fragment A on Query { ...A }', 'GRAPHQL_VALIDATION_FAILED'],
    [
      'a cycle of fragments',
      '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'introspection in circles',
      '{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['an unknown field', '{ nonsense }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an unknown directive', '{ me @nonsense { principal { id } } }', 'GRAPHQL_VALIDATION_FAILED'],
  ];

  it.each(table)('of %s run nothing', async (_what, query, code) => {
    using statements = watchStatements();
    const answer = await gateway.ask('olga', query);
    expect([answer.status, answer.data]).toEqual([400, undefined]);
    expect(codesOf(answer)).toContain(code);
    expect(answer.text).not.toMatch(INSIDES);
    // The sockets of the tests before are looked after meanwhile.
    expect(statements.reads().filter(({ text }) => !text.includes('NOT enabled OR deleted_at'))).toEqual([]);
    const stream = await open(gateway, 'WebSocket', 'olga', query);
    await stream.all();
    expect(JSON.stringify(stream.items)).toContain(code);
    stream.cut();
  });

  it.each([
    ['2,000 tokens', `{ principals(first: 0, filter: { kinds: [${'USER '.repeat(1_976)}] }) { totalCount } }`],
    ['12 levels', `{ scopes(first: 1) { nodes { ${levels(11)} } } }`],
    ['15 aliases', `{ ${Array.from({ length: 15 }, (_, n) => `a${n}: __typename`).join(' ')} }`],
  ])('of %s run: the control', async (_what, query) => {
    expect((await gateway.ask('olga', query)).errors).toBeUndefined();
  });

  it('that change something are not taken by GET', async () => {
    const query = encodeURIComponent('mutation { approve(input: { requests: ["x"] }) { status } }');
    const answer = await send({}, `?query=${query}`);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
    expect((await send({}, `?query=${encodeURIComponent(ME)}`)).status).toBe(200);
  });

  it('suggest nothing to a caller without a token', async () => {
    const answer = await gateway.ask(null, '{ m }');
    expect([answer.status, codesOf(answer)]).toEqual([401, ['UNAUTHENTICATED']]);
    expect(answer.text).not.toMatch(/Query|me"/);
  });
});

describe('trusted documents', () => {
  const trusted = () => Object.entries(JSON.parse(readFileSync(MANIFEST, 'utf8')) as Record<string, string>);
  /** A query that needs no variables. */
  const query = () => {
    const [id] = trusted().find(([, document]) => /^query \w+(\([^!]*\))? \{/.test(document)) ?? [];
    if (!id) throw new Error('no such trusted document');
    return id;
  };

  it('run by their ids, over HTTP, SSE and WebSocket', async () => {
    const variables = {};
    const byPost = await gateway.post('olga', JSON.stringify({ documentId: query(), variables }));
    expect([byPost.status, codesOf(byPost)]).toEqual([200, []]);
    const byGet = await send({}, `?documentId=${encodeURIComponent(query())}`);
    expect([byGet.status, byGet.data]).toEqual([200, byPost.data]);
    const { socket, messages, send: say } = await rawSocket(gateway.wsUrl);
    say({ type: 'connection_init', payload: await gateway.authorization('olga') });
    await messages.atLeast(1);
    // The protocol wants a query; an empty one is none.
    say({ type: 'subscribe', id: '1', payload: { query: '', documentId: query(), variables } });
    expect((await messages.atLeast(2))[1]).toMatchObject({ type: 'next', id: '1', payload: { data: byPost.data } });
    socket.close();
  });

  it('are the only ones where the setting says so, over HTTP, SSE and WebSocket', async () => {
    await using strict = await startGateway({ config: { trustedDocumentsOnly: true }, database: gateway.clone });
    for (const document of [ME, '{ __schema { queryType { name } } }', '', '{']) {
      const answer = await strict.ask('olga', document);
      expect([answer.status, codesOf(answer)]).toEqual([400, ['DOCUMENT_NOT_TRUSTED']]);
    }
    const authorization = `Bearer ${await strict.token('olga')}`;
    const byGet = await fetch(`${strict.url}?query=${encodeURIComponent(ME)}`, {
      headers: { authorization, accept: 'application/graphql-response+json' },
    });
    expect([byGet.status, await byGet.text()]).toEqual([400, expect.stringContaining('DOCUMENT_NOT_TRUSTED')]);
    for (const transport of TRANSPORTS) {
      const stream = await open(strict, transport, 'olga', 'subscription { assignmentEvents { position } }');
      await stream.all().catch(() => undefined);
      expect(JSON.stringify([stream.items, stream.error])).toContain('DOCUMENT_NOT_TRUSTED');
      stream.cut();
    }
    const good = await strict.post('olga', JSON.stringify({ documentId: query(), variables: {} }));
    expect([good.status, codesOf(good)]).toEqual([200, []]);
    const page = await fetch(strict.url, { headers: { accept: 'text/html' } });
    expect([page.status, await page.text()]).toEqual([406, '']);
  });
});

describe('web pages of other origins', () => {
  const asked = async (origin: string, init: RequestInit) => {
    const { headers } = await send({ ...init, headers: { ...init.headers, origin } });
    return headers.get('access-control-allow-origin');
  };
  const preflight = {
    method: 'OPTIONS',
    headers: {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  };
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query: ME }) };

  it.each([
    ['a preflight', preflight],
    ['a request', post],
  ])('read nothing with %s, unless allowed', async (_what, init) => {
    expect(await asked('https://evil.example', init)).not.toBe('https://evil.example');
    expect(await asked('null', init)).not.toBe('null');
    expect(await asked('https://console.example.com', init)).toBe('https://console.example.com');
  });

  it.each([
    ['a preflight', preflight],
    ['a request', post],
  ])('read nothing with %s where no origin is allowed', async (_what, init) => {
    await using closed = await startGateway({ database: gateway.clone });
    const response = await fetch(closed.url, {
      ...init,
      headers: { ...init.headers, ...(await closed.authorization('olga')), origin: 'https://evil.example' },
    });
    expect(response.headers.get('access-control-allow-origin')).toBeOneOf([null, closed.config.publicUrl]);
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
  });

  const status = (url: string, headers: Record<string, string>) =>
    new Promise<number>((resolve, reject) => {
      const socket = new WebSocket(url, 'graphql-transport-ws', { headers });
      socket.once('unexpected-response', (request, response) => {
        request.destroy();
        resolve(response.statusCode ?? 0);
      });
      socket.once('open', () => {
        socket.close();
        resolve(101);
      });
      socket.once('error', reject);
    });

  it.each([
    ['https://evil.example', 403],
    ['null', 403],
    ['https://console.example.com.evil.example', 403],
    ['http://console.example.com', 403],
    ['', 403],
    ['https://console.example.com', 101],
  ])('open a WebSocket from %j: %d', async (origin, expected) => {
    expect(await status(gateway.wsUrl, { origin })).toBe(expected);
  });

  it('its own pages, and programs that have none, open one', async () => {
    expect(await status(gateway.wsUrl, { origin: gateway.config.publicUrl })).toBe(101);
    expect(await status(gateway.wsUrl, {})).toBe(101);
    expect(await status(gateway.wsUrl.replace('/graphql', '/other'), {})).toBe(403);
  });
});

describe('broken HTTP', () => {
  const raw = async (lines: string[], end?: 'reset'): Promise<string> => {
    const socket = connect(gateway.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    if (end === 'reset') {
      socket.resetAndDestroy();
      return '';
    }
    return text(socket).catch(() => '');
  };
  const alive = async () => expect((await gateway.ask('olga', ME)).status).toBe(200);

  it.each([
    ['a host that is none', 'GET /graphql HTTP/1.1', 'Host: a b%%['],
    ['an empty host', 'GET /graphql HTTP/1.1', 'Host: '],
    ['a port that is none', 'GET /graphql HTTP/1.1', 'Host: localhost:99999999'],
    ['a path that is none', 'GET //%ff%00 HTTP/1.1', 'Host: localhost'],
    ['a URL for a path', 'GET http://[ HTTP/1.1', 'Host: localhost'],
    ['a URL for the path of GraphQL', 'POST http://localhost/graphql HTTP/1.1', 'Host: localhost'],
    ['two slashes', 'GET // HTTP/1.1', 'Host: localhost'],
  ])('with %s gets an answer that says nothing, and the next caller theirs', async (_what, first, host) => {
    const answer = await raw([first, host, 'Connection: close']);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(answer).not.toMatch(INSIDES);
    await alive();
  });

  it('survives upgrades whose peers are gone before the answer', async () => {
    for (const path of ['/graphql', '/other', '/graphql?x', '//[']) {
      for (let turn = 0; turn < 20; turn++) {
        const upgrade = ['Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Origin: https://evil.example'];
        await raw([`GET ${path} HTTP/1.1`, ...upgrade], 'reset');
      }
      await alive();
    }
  });
});
