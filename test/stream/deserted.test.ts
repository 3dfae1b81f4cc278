/** What does a gateway read of the log while nobody listens? Nothing, unless somebody may come back. */
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { documentOf } from '../support/documents.ts';
import { open, startGateway, type TestGateway } from '../support/gateway.ts';
import { until } from '../support/process.ts';
import { watchStatements } from '../support/statements.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
  await numbered();
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => gateway.close());

const MINUTE = 60_000;
/** Whoever left, or might have been there before the gateway began, has been away for so long. */
function pass(milliseconds: number): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + milliseconds);
}

const execute = (statement: string) => gateway.database.em.fork().execute(statement) as Promise<unknown[]>;
const numbered = () =>
  until('the events to be numbered', async () => {
    const waiting = await execute('SELECT FROM event WHERE position IS NULL');
    return waiting.length === 0;
  });
const end = async () => (await gateway.ask('grace', '{ eventCursor }')).data.eventCursor as string;
const happen = async () => {
  await execute(`
    INSERT INTO event (at, type, provider, assignment_type, principal_id, role_id, scope_id, assignment_id, payload)
    SELECT clock_timestamp(), 'assignment.updated', provider, type, principal_id, role_id, scope_id, id, '{}'
    FROM assignment WHERE provider = 'ENTRA_ROLE' ORDER BY id LIMIT 1`);
  await numbered();
};
const isLook = ({ text }: { text: string }) => /^SELECT epoch, position FROM event_log$/.test(text);
const isRead = ({ text }: { text: string }) => /e\.payload ->> 'operationId'/.test(text);
/** For a single subscription, which is given what it wants alone. */
const isReplay = (statement: { text: string }) => isRead(statement) && statement.text.includes('e.type = ANY');

it('events are read at first, for whoever was there before the gateway began', async () => {
  using statements = watchStatements();
  await happen();
  await until('the gateway to have read it', () => statements.sent.some(isRead) && statements.areAnswered());
});

it('events are not read after a minute, and whoever begins later is given them from the log', async () => {
  pass(MINUTE);
  const after = await end();
  using statements = watchStatements();
  await happen();
  const looks = statements.sent.filter(isLook).length;
  await until('the gateway to have heard of it', () => statements.sent.filter(isLook).length >= looks + 2);
  expect(statements.sent.filter(isRead)).toEqual([]);
  const stream = await open(gateway, 'SSE', 'grace', documentOf('assignmentEvents'), { after });
  await stream.atLeast(1);
  expect(statements.sent.filter(isReplay)).not.toEqual([]);
  stream.stop();
});

it('events are kept in mind for whoever was there just now', async () => {
  const stream = await open(gateway, 'SSE', 'grace', documentOf('assignmentEvents'));
  await happen();
  await stream.atLeast(1);
  const after = await end();
  stream.stop();
  await stream.all();
  using statements = watchStatements();
  await happen();
  await until('the gateway to have read it', () => statements.sent.some(isRead) && statements.areAnswered());
  const back = await open(gateway, 'SSE', 'grace', documentOf('assignmentEvents'), { after });
  await back.atLeast(1);
  expect(statements.sent.filter(isReplay)).toEqual([]);
  back.stop();
});
