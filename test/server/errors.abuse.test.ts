/** What does a caller get who asks wrongly, or without a right to? A stable code, and nothing about how the gateway is made. */
import { importJWK, SignJWT } from 'jose';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ViewerGoneError } from '../../src/action/perform.ts';
import { persona } from '../../src/company/personas.ts';
import { clientError } from '../../src/server/errors.ts';
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
import { until } from '../support/process.ts';

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

describe('a fault', () => {
  const QUERY = '{ principals(first: 1000) { totalCount nodes { id } } }';
  let faulty: TestGateway;
  let logged: string[];
  beforeEach(async () => {
    faulty = await startGateway();
    logged = [];
    vi.spyOn(console, 'error').mockImplementation((...words) => logged.push(words.map(String).join(' ')));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await faulty.close();
  });
  const expectFault = (answer: { errors?: Anything; text?: string }) => {
    const [{ message, extensions }] = answer.errors;
    expect([extensions.code, message]).toEqual([
      'INTERNAL_SERVER_ERROR',
      'Something went wrong in the gateway. It is on record there under the id.',
    ]);
    expect(JSON.stringify(answer)).not.toMatch(INSIDES);
    expect(logged.some((line) => line.startsWith(extensions.id))).toBe(true);
  };
  const change = (statement: string) => faulty.database.em.fork().execute(statement);

  it('of a connection that is cut during a query tells nothing, and the next query is answered', async () => {
    await faulty.ask('grace', QUERY);
    const client = new pg.Client({ connectionString: faulty.databaseUrl });
    await client.connect();
    await client.query('BEGIN');
    await client.query('LOCK TABLE principal IN ACCESS EXCLUSIVE MODE');
    let answered = false;
    const asked = faulty.ask('grace', QUERY).finally(() => {
      answered = true;
    });
    await until('the query to be cut', async () => {
      // A transaction goes on seeing what its first look at the activity saw: perhaps a query that was not waiting yet.
      await client.query('SELECT pg_stat_clear_snapshot()');
      await client.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      return answered;
    });
    await client.query('ROLLBACK');
    await client.end();
    const answer = await asked;
    expect(answer.status).toBe(500);
    expectFault(answer);
    expect((await faulty.ask('grace', QUERY)).status).toBe(200);
  });

  it.each([
    ['a table that is gone', 'ALTER TABLE role RENAME TO gone', '{ roles { totalCount } }'],
    [
      'a table that is gone behind a list',
      'ALTER TABLE role RENAME COLUMN display_name TO gone',
      '{ assignments(first: 5) { nodes { role { displayName } } } }',
    ],
    [
      'a constraint that nobody foresaw',
      "ALTER TABLE event ADD CONSTRAINT secret_rule CHECK (type <> 'request.refused') NOT VALID",
      'mutation { activate(input: { eligibility: "x" }) { refusals { code } } }',
    ],
  ])('of %s tells nothing', async (_what, statement, query) => {
    await change(statement);
    const answer = await faulty.ask('grace', query);
    expect(answer.status).toBe(500);
    expectFault(answer);
    for (const transport of TRANSPORTS) {
      const stream = await open(faulty, transport, 'grace', query);
      await stream.all();
      expectFault(stream.items[0] as Anything);
      stream.cut();
    }
  });

  it.each(TRANSPORTS)('of what feeds a stream over %s holds it up, and loses nothing', async (transport) => {
    const after = (await faulty.ask('olga', '{ eventCursor }')).data.eventCursor;
    const query = 'subscription ($after: Cursor) { assignmentEvents(after: $after) { position } }';
    const stream = await open(faulty, transport, 'olga', query, { after });
    const happen = () =>
      change(`INSERT INTO event (at, type, provider, assignment_type, principal_id, payload)
        VALUES (now(), 'assignment.assigned', 'ENTRA_ROLE', 'ACTIVE', '${persona('olga')}', '{}')`);
    await happen();
    await stream.atLeast(1);
    await change('ALTER TABLE scope RENAME TO gone');
    await happen();
    await until('the fault', () => logged.some((line) => line.startsWith('streams') && line.includes('scope')));
    await change('ALTER TABLE gone RENAME TO scope');
    await happen();
    await stream.atLeast(3);
    stream.stop();
    const positions = stream.items.map(({ data }) => data?.assignmentEvents.position as number);
    expect(positions).toEqual([0, 1, 2].map((step) => (positions[0] as number) + step));
  });

  it.each(TRANSPORTS)('of an item of a stream over %s ends it, and tells nothing', async (transport) => {
    const after = (await faulty.ask('olga', '{ eventCursor }')).data.eventCursor;
    const query = 'subscription ($after: Cursor) { assignmentEvents(after: $after) { position role { displayName } } }';
    const stream = await open(faulty, transport, 'olga', query, { after });
    await change('ALTER TABLE role RENAME COLUMN display_name TO gone');
    await change(`INSERT INTO event (at, type, provider, assignment_type, principal_id, role_id, payload)
      SELECT now(), 'assignment.assigned', 'ENTRA_ROLE', 'ACTIVE', '${persona('olga')}', id, '{}' FROM role LIMIT 1`);
    const items = await stream.all();
    expect(items).toHaveLength(1);
    expectFault(items[0] as Anything);
  });

  it('of a principal that is gone after the token was checked has a sentence', () => {
    expect(clientError(new ViewerGoneError(), () => undefined)).toMatchObject({
      message: 'The principal that the access token names is disabled.',
      extensions: { code: 'PRINCIPAL_DISABLED' },
    });
  });
});
