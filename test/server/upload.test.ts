/** Is a file taken from whoever may send one, kept for them alone, and given up when they say so? */
import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type Rows, rowsOf } from '../support/rows.ts';
import { otherUpload, told, type Uploads, uploadsOf } from '../support/uploads.ts';

let gateway: TestGateway;
let rows: Rows;
let uploads: Uploads;
beforeAll(async () => {
  gateway = await startGateway({ config: { uploadMaximumMegabytes: 1 } });
  rows = rowsOf(gateway.database);
  uploads = uploadsOf(gateway);
});
afterAll(() => gateway.close());
afterEach(() => rows.run(sql`DELETE FROM upload`));

const HEADER = 'principal,role,type\n';

describe('an upload', () => {
  test('is answered with its id, its size and its end', async () => {
    const { status, body } = await uploads.send('grace', HEADER, 'text/csv; charset=utf-8');
    expect([status, body]).toEqual([
      201,
      { id: expect.any(String), bytes: HEADER.length, expiresAt: expect.any(String) },
    ]);
  });

  test.each<[string, () => ReturnType<Uploads['send']>, number, string]>([
    ['nobody', () => uploads.send(null, 'x'), 401, 'UNAUTHENTICATED'],
    ['somebody who manages nothing', () => uploads.send('maya', 'x'), 403, 'FORBIDDEN'],
    ['a form', () => uploads.send('grace', 'x', 'multipart/form-data; boundary=x'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a PUT', () => uploads.send('grace', 'x', 'text/csv', { method: 'PUT' }), 405, 'METHOD_NOT_ALLOWED'],
    [
      'a compressed file',
      () => uploads.send('grace', gzipSync('x'), 'text/csv', { encoding: 'gzip' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['an empty file', () => uploads.send('grace', ''), 400, 'EMPTY_FILE'],
    ['too large a file', () => uploads.send('grace', 'x'.repeat(1_000_001)), 413, 'REQUEST_ENTITY_TOO_LARGE'],
    [
      'too large a file that does not say so',
      () => uploads.send('grace', new Blob(['x'.repeat(1_000_001)]).stream()),
      413,
      'REQUEST_ENTITY_TOO_LARGE',
    ],
  ])('of %s is refused, and leaves nothing', async (_what, ask, status, code) => {
    const answer = await ask();
    expect([answer.status, answer.body.errors?.[0].extensions.code]).toEqual([status, code]);
    expect(await rows.run(sql`SELECT 1 FROM upload`)).toEqual([]);
  });

  test('is taken up to ten times, however many come at once, and again when one is removed', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => uploads.send('grace', HEADER)));
    const taken = answers.filter(({ status }) => status === 201);
    expect([taken.length, answers.filter(({ status }) => status === 429).length]).toEqual([10, 20]);
    const [refused] = answers.filter(({ status }) => status === 429).map(told);
    expect(refused).toEqual([429, 'TOO_MANY_UPLOADS', expect.stringContaining('remove one with DELETE /uploads/{id}')]);
    expect((await uploads.remove('grace', taken[0]?.body.id)).status).toBe(204);
    expect((await uploads.send('grace', HEADER)).status).toBe(201);
  });

  const NOT_FOUND = [404, 'UPLOAD_NOT_FOUND', 'There is no such upload of yours.'];
  test('is removed by whoever uploaded it and by nobody else, once', async () => {
    const id = await uploads.upload(HEADER);
    expect(await uploads.remove('pia', id)).toEqual(await uploads.remove('pia', otherUpload()));
    expect(told(await uploads.remove('pia', id))).toEqual(NOT_FOUND);
    expect(told(await uploads.remove(null, id)).slice(0, 2)).toEqual([401, 'UNAUTHENTICATED']);
    expect(await uploads.remove('grace', id)).toEqual({ status: 204, body: {} });
    expect(await rows.run(sql`SELECT 1 FROM upload_chunk`)).toEqual([]);
    for (const gone of [id, otherUpload(), 'x', '', Buffer.from(`User:${randomUUID()}`).toString('base64url')]) {
      expect(told(await uploads.remove('grace', gone))).toEqual(NOT_FOUND);
    }
    const posted = await uploads.send('grace', HEADER, 'text/csv', { path: `/${id}` });
    expect(told(posted).slice(0, 2)).toEqual([405, 'METHOD_NOT_ALLOWED']);
  });

  test('whose bytes still come is none to remove yet', async () => {
    const id = await uploads.upload(HEADER);
    await rows.run(sql`UPDATE upload SET bytes = NULL`);
    expect(told(await uploads.remove('grace', id))).toEqual(NOT_FOUND);
  });
});
