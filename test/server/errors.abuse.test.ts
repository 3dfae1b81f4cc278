/** What does a caller get who asks wrongly, or without a right to? A stable code, and nothing about how the gateway is made. */
import { importJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { persona } from '../../src/company/personas.ts';
import { makeKey } from '../identity/testIssuer.ts';
import {
  type Anything,
  answered,
  open,
  rawSocket,
  startGateway,
  type TestGateway,
  TRANSPORTS,
} from '../support/gateway.ts';

/** How the gateway is made: stacks, files, SQL, constraints. */
const INSIDES =
  /\bselect\b[^"]*\bfrom\b|insert into|pg_|node_modules|\bat [\w.<>]+ \(|\.(ts|js|mjs|cjs)\b|relation "|constraint|violates|kysely|mikro|stack/i;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const execute = (statement: string, parameters: unknown[] = []) =>
  gateway.database.em.fork().execute(statement, parameters) as Promise<Anything[]>;
const codesOf = ({ errors }: { errors?: Anything }) => (errors ?? []).map((error: Anything) => error.extensions.code);

describe('a token that is none', () => {
  const signed = async (changes: { issuer?: string; audience?: string; key?: string; seconds?: number }) => {
    const { privateKey } = gateway.keys;
    const forged = await makeKey(privateKey.kid);
    const key = changes.key === 'foreign' ? forged.privateKey : await importJWK(privateKey, 'ES256');
    return new SignJWT({ oid: persona('grace'), scp: 'access_as_user' })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: privateKey.kid })
      .setIssuer(changes.issuer ?? `${gateway.config.publicUrl}/identity`)
      .setAudience(changes.audience ?? 'api://portcullis')
      .setIssuedAt()
      .setExpirationTime(`${changes.seconds ?? 60}s`)
      .sign(key);
  };
  const tokens: [string, () => Promise<string | null>][] = [
    ['none', async () => null],
    ['a malformed one', async () => 'Bearer garbage'],
    ['another scheme', async () => 'Basic b2xnYTpvbGdh'],
    ['an expired one', async () => `Bearer ${await signed({ seconds: -120 })}`],
    ['one for another audience', async () => `Bearer ${await signed({ audience: 'api://other' })}`],
    ['one of another issuer', async () => `Bearer ${await signed({ issuer: 'https://elsewhere.example' })}`],
    ['a forged one', async () => `Bearer ${await signed({ key: 'foreign' })}`],
    ['one that was changed', async () => `Bearer ${(await signed({})).replace(/\.[^.]{6}/, '.AAAAAA')}`],
  ];
  const query = '{ me { principal { id } } __schema { queryType { name } } }';
  const requests: [string, () => [string, RequestInit & { headers?: Record<string, string> }]][] = [
    ['GET', () => [`${gateway.url}?query=${encodeURIComponent(query)}`, {}]],
    [
      'POST',
      () => [
        gateway.url,
        { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) },
      ],
    ],
    [
      'SSE',
      () => [
        gateway.url,
        {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
          body: JSON.stringify({ query: 'subscription { assignmentEvents { position } }' }),
        },
      ],
    ],
    [
      'POST of nonsense',
      () => [gateway.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{{{' }],
    ],
  ];

  describe.each(tokens)('%s', (_what, token) => {
    it.each(requests)('is 401 over %s', async (_how, request) => {
      const [url, init] = request();
      const authorization = await token();
      const response = await fetch(url, {
        ...init,
        headers: { ...init.headers, ...(authorization && { authorization }) },
      });
      const answer = await answered<Anything>(response);
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
      expect(answer.text).toContain('"UNAUTHENTICATED"');
      expect(answer.text).not.toMatch(/queryType|"data":\{/);
      expect(answer.text).not.toMatch(INSIDES);
    });

    it('closes a WebSocket with 4401', async () => {
      const { send, closed } = await rawSocket(gateway.wsUrl);
      const authorization = await token();
      send({ type: 'connection_init', ...(authorization && { payload: { authorization } }) });
      const { code, reason } = await closed;
      expect(code).toBe(4401);
      expect(reason).not.toMatch(INSIDES);
      expect(reason).toMatch(/token/i);
    });
  });

  it('lets a good one in: the control', async () => {
    const token = await signed({});
    expect(codesOf(await gateway.ask({ token }, query))).toEqual([]);
    const { send, messages, socket } = await rawSocket(gateway.wsUrl);
    send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
    expect(await messages.atLeast(1)).toEqual([{ type: 'connection_ack' }]);
    socket.close();
  });

  it('is asked for before anything else: an operation before connection_init closes with 4401', async () => {
    const { send, closed } = await rawSocket(gateway.wsUrl);
    send({ type: 'subscribe', id: '1', payload: { query } });
    expect(await closed).toEqual({ code: 4401, reason: 'Unauthorized' });
  });

  it('is waited for three seconds', async () => {
    const { closed } = await rawSocket(gateway.wsUrl);
    expect(await closed).toEqual({ code: 4408, reason: 'Connection initialisation timeout' });
  });

  it.each([
    ['a second connection_init', { type: 'connection_init' }, 4429],
    ['a message that is none', { type: 'nonsense' }, 4400],
    ['a message of 64,001 bytes', { type: 'ping', payload: { text: 'x'.repeat(64_001) } }, 1009],
  ])('%s closes the socket', async (_what, message, code) => {
    const { send, closed, messages } = await rawSocket(gateway.wsUrl);
    send({ type: 'connection_init', payload: await gateway.authorization('olga') });
    await messages.atLeast(1);
    send(message);
    const { code: closedWith, reason } = await closed;
    expect(closedWith).toBe(code);
    expect(reason).not.toMatch(INSIDES);
  });
});

describe('a principal that may not come in', () => {
  const ME = '{ me { principal { id } } }';
  const cases: [string, string, () => Promise<string>][] = [
    ['an unknown one', 'UNKNOWN_PRINCIPAL', () => gateway.tokenOf(crypto.randomUUID())],
    [
      'an application that is a person',
      'UNKNOWN_PRINCIPAL',
      () => gateway.tokenOf(persona('olga'), 'SERVICE_PRINCIPAL'),
    ],
    ['a person that is an application', 'UNKNOWN_PRINCIPAL', () => gateway.tokenOf(persona('robot'))],
    [
      'a group',
      'UNKNOWN_PRINCIPAL',
      async () =>
        gateway.tokenOf(
          (await execute("SELECT id FROM principal WHERE kind = 'GROUP' LIMIT 1"))[0].id,
          'SERVICE_PRINCIPAL',
        ),
    ],
    ['a deleted one', 'UNKNOWN_PRINCIPAL', async () => gateway.tokenOf(await somebody('deleted_at = now()'))],
    ['a disabled one', 'PRINCIPAL_DISABLED', async () => gateway.tokenOf(await somebody('enabled = false'))],
  ];
  const somebody = async (change: string) => {
    const [{ id }] = await execute(
      "SELECT id FROM principal WHERE kind = 'USER' AND enabled AND deleted_at IS NULL ORDER BY id DESC LIMIT 1",
    );
    await execute(`UPDATE principal SET ${change} WHERE id = ?`, [id]);
    return id as string;
  };

  it.each(cases)('%s gets 403 %s over HTTP, and the same over streams', async (_who, code, tokenOf) => {
    const token = await tokenOf();
    const answer = await gateway.ask({ token }, ME);
    expect([answer.status, codesOf(answer), answer.data ?? null]).toEqual([403, [code], null]);
    expect(answer.text).not.toMatch(INSIDES);
    for (const transport of TRANSPORTS) {
      const stream = await open(gateway, transport, { token }, 'subscription { assignmentEvents { position } }');
      await stream.all().catch(() => undefined);
      expect(JSON.stringify([stream.items, stream.error])).toContain(code);
      stream.cut();
    }
  });
});
