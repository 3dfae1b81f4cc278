/**
 * How long until a loss is noticed? Of rights, of the principal, of a token's and an assignment's time, of connections and of the leader of
 * the event log: from the moment at which it is lost to the end of the streams, or to the next event that they deliver.
 * Nothing else goes on. The gateway complains meanwhile of the connections that are taken from it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import pg from 'pg';
import { DIRECTORY_SCOPE, ENTRA } from '../../src/decision/role.ts';
import { open, type Reachable, TRANSPORTS, type Transport } from '../support/gateway.ts';
import { type Program, runNode, until } from '../support/process.ts';
import { type Measure, median, report } from './report.ts';
import { startServer } from './support/server.ts';
import { type Stack, startStack } from './support/stack.ts';

const ROUNDS = 10;
const PROMISED_SECONDS = 2;
const QUERY = 'subscription Live($after: Cursor) { assignmentEvents(after: $after) { type } }';

export async function bench(): Promise<void> {
  report('losses', [...(await ofStreams()), ...(await ofLeaders())]);
}

async function ofStreams(): Promise<Measure[]> {
  const stack = await startStack();
  const client = new pg.Client({ connectionString: stack.databaseUrl });
  // The database ends with the gateway that is stopped.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const scene = { stack, client };
    const measures: Measure[] = [];
    for (const transport of TRANSPORTS) {
      measures.push(
        ...(await measured(`rights are revoked: its stream over ${transport} ends`, () => revoke(scene, transport))),
        ...(await measured(`a principal is disabled: its stream over ${transport} ends`, () =>
          disable(scene, transport),
        )),
      );
    }
    for (const transport of TRANSPORTS) {
      measures.push(
        ...(await measured(`a token expires: its stream over ${transport} ends`, () => outlive(scene, transport))),
      );
    }
    measures.push(...(await measured("an assignment's time is over: its event is delivered", () => expire(scene))));
    for (const session of ['tail', 'sequencer']) {
      measures.push(
        ...(await measured(`the gateway's ${session} loses its connection: the next event is delivered`, () =>
          cut(scene, session),
        )),
      );
    }
    return [...measures, await stopped(scene)];
  } finally {
    await client.end();
    await stack.stop();
  }
}

/** @param lose gives the seconds that it took */
async function measured(what: string, lose: () => Promise<number>): Promise<Measure[]> {
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // At another moment of the second in which it is looked for.
    await delay((1000 * round) / ROUNDS);
    seconds.push(await lose());
  }
  return [
    { what: `${what}, median s`, value: median(seconds) },
    { what: `${what}, longest s`, value: Math.max(...seconds), gate: PROMISED_SECONDS },
  ];
}

interface Scene {
  readonly stack: Stack;
  readonly client: pg.Client;
}

async function revoke(scene: Scene, transport: Transport): Promise<number> {
  const { id, stream } = await watch(scene, transport);
  await scene.client.query(`UPDATE assignment SET ends_at = clock_timestamp(), ended_by = 'REMOVED'
    WHERE principal_id = '${id}'`);
  const lostAt = performance.now();
  await happen(scene, 'assignment.removed', id);
  await stream.all();
  return secondsSince(lostAt);
}

async function disable(scene: Scene, transport: Transport): Promise<number> {
  const { id, stream } = await watch(scene, transport);
  await scene.client.query(`UPDATE principal SET enabled = false WHERE id = '${id}'`);
  const lostAt = performance.now();
  await stream.all();
  return secondsSince(lostAt);
}

/** From the expiry that the token names, in whole seconds, on. */
async function outlive(scene: Scene, transport: Transport): Promise<number> {
  const { token, stream } = await watch(scene, transport, 3);
  await stream.all();
  return Date.now() / 1000 - (decodeJwt(token).exp as number);
}

async function stopped(scene: Scene): Promise<Measure> {
  const watched = await Promise.all(TRANSPORTS.map((transport) => watch(scene, transport)));
  const stoppedAt = performance.now();
  const stopping = scene.stack.stop();
  await Promise.all(watched.map(({ stream }) => stream.all()));
  const value = secondsSince(stoppedAt);
  await stopping;
  return { what: 'the gateway is stopped: its streams end, s', value, gate: PROMISED_SECONDS };
}

async function expire(scene: Scene): Promise<number> {
  const { stream } = await watch(scene, 'WebSocket');
  const { rows } = await scene.client.query<{ endsAt: Date }>(
    `INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, ends_at, created_at)
     VALUES (gen_random_uuid(), 'ENTRA_ROLE', $1, $2, $3, 'ACTIVE', now() - interval '1 day',
       clock_timestamp() + interval '0.5 seconds', now())
     RETURNING ends_at AS "endsAt"`,
    [ENTRA.globalReader, DIRECTORY_SCOPE, await reader(scene)],
  );
  const over = new Promise<number>((resolve) => {
    stream.each(({ data }) => data?.assignmentEvents.type === 'ASSIGNMENT_EXPIRED' && resolve(Date.now()));
  });
  const milliseconds = (await over) - (rows[0] as { endsAt: Date }).endsAt.getTime();
  stream.stop();
  return milliseconds / 1000;
}

async function cut(scene: Scene, session: string): Promise<number> {
  const { id, stream } = await watch(scene, 'WebSocket');
  const { rowCount } = await scene.client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = $1`,
    [`portcullis ${session}`],
  );
  const lostAt = performance.now();
  if (rowCount !== 1) throw new Error(`the gateway has ${rowCount} sessions of its ${session}`);
  const { length } = stream.items;
  await happen(scene, 'assignment.updated', id);
  await stream.atLeast(length + 1);
  const seconds = secondsSince(lostAt);
  stream.stop();
  return seconds;
}

/** Somebody who sees every Entra assignment, and has been told of an event. */
async function watch(scene: Scene, transport: Transport, lifetimeSeconds?: number) {
  const id = await reader(scene);
  const token = await scene.stack.token({ objectId: id, kind: 'USER' }, lifetimeSeconds);
  const gateway = reachable(scene.stack, token);
  const stream = await open(gateway, transport, null, QUERY, { after: await cursor(gateway) });
  await happen(scene, 'assignment.updated', id);
  await stream.atLeast(1);
  return { id, token, stream };
}

async function reader({ client }: Scene): Promise<string> {
  const id = crypto.randomUUID();
  await client.query(`INSERT INTO principal (id, kind, display_name, enabled, created_at, user_principal_name, user_type)
    VALUES ('${id}', 'USER', 'Reader', true, now(), '${id}@example.com', 'MEMBER')`);
  await client.query(`INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, created_at)
    VALUES (gen_random_uuid(), 'ENTRA_ROLE', '${ENTRA.securityReader}', '${DIRECTORY_SCOPE}', '${id}', 'ACTIVE',
      now() - interval '1 day', now())`);
  return id;
}

async function cursor({ url, authorization }: Reachable): Promise<string> {
  const headers = { 'content-type': 'application/json', ...(await authorization(null)) };
  const answer = await fetch(url, { method: 'POST', headers, body: '{"query":"{ eventCursor }"}' });
  return ((await answer.json()) as { data: { eventCursor: string } }).data.eventCursor;
}

function reachable({ url }: Stack, token: string): Reachable {
  const authorization = async () => ({ authorization: `Bearer ${token}` });
  const { host } = new URL(url);
  const address = host.replace('localhost', '127.0.0.1');
  return { url: `http://${address}/graphql`, wsUrl: `ws://${address}/graphql`, authorization };
}

const happen = ({ client }: Scene, type: string, principalId: string) =>
  client.query(
    `INSERT INTO event (at, type, provider, assignment_type, principal_id, role_id, scope_id, payload)
     VALUES (clock_timestamp(), $1, 'ENTRA_ROLE', 'ACTIVE', $2, $3, $4, '{}')`,
    [type, principalId, ENTRA.globalReader, DIRECTORY_SCOPE],
  );

const secondsSince = (milliseconds: number) => (performance.now() - milliseconds) / 1000;

/** Processes that number events and do nothing else: the leader dies or stands still, and the one that follows takes over. */
async function ofLeaders(): Promise<Measure[]> {
  const { url, client, stop } = await startServer();
  const programs: Program[] = [];
  try {
    const measures: Measure[] = [];
    for (const [what, signal] of LOSSES_OF_LEADERS) {
      const lose = () => loseLeader(client, () => startSequencer(url, programs), signal);
      measures.push(...(await measured(`a leader ${what}: the next event has its position`, lose)));
    }
    return measures;
  } finally {
    for (const { child } of programs) child.kill('SIGKILL');
    await Promise.all(programs.map(({ ended }) => ended));
    await stop();
  }
}

const LOSSES_OF_LEADERS = [
  ['is killed', 'SIGKILL'],
  ['stands still', 'SIGSTOP'],
] as const;

function startSequencer(url: string, programs: Program[]): Program {
  const program = runNode('test/support/holdSequencer.ts', [url], {});
  programs.push(program);
  return program;
}

async function loseLeader(client: pg.Client, start: () => Program, signal: NodeJS.Signals): Promise<number> {
  const insert = () =>
    client.query("INSERT INTO event (at, type, payload) VALUES (clock_timestamp(), 'directory.imported', '{}')");
  const count = async (from: string) => (await client.query(`SELECT FROM ${from}`)).rowCount;
  const numbered = () => until('a position', async () => (await count('event WHERE position IS NULL')) === 0);
  const sessions = `pg_stat_activity WHERE application_name = 'portcullis sequencer'`;
  const leader = start();
  await insert();
  await numbered();
  const follower = start();
  await until('a follower', async () => (await count(sessions)) === 2);
  leader.child.kill(signal);
  const lostAt = performance.now();
  await insert();
  await numbered();
  const seconds = secondsSince(lostAt);
  for (const { child, ended } of [leader, follower]) {
    child.kill('SIGKILL');
    await ended;
  }
  await until('nobody', async () => (await count(sessions)) === 0);
  return seconds;
}
