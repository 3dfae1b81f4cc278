/** How does a file of a bulk operation get out? A chunk at a time, to whoever asked for it, from any byte on. @see https://www.rfc-editor.org/rfc/rfc9110#name-range-requests */

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeId } from '../../schema/ids.ts';
import { recordDownload } from '../action/bulkOperation.ts';
import { viewsLess } from '../decision/event.ts';
import type { Viewer } from '../decision/powers.ts';
import { type BulkOperationRow, bulkOperationsById, keptBulkPowers, readChunk } from '../store/bulkOperation.ts';
import { release } from '../store/copyOut.ts';
import { sqlOf } from '../store/database.ts';
import { answerError, answerProblem, type Problem, viewerOfRequest } from './bearer.ts';
import { CONTENT_TYPES, type ExportFormat } from './exportFormat.ts';
import type { GraphqlParts } from './graphql.ts';
import { watchRights } from './rights.ts';

/** A reader that takes nothing for so long is gone, in milliseconds. */
const STALLED = 60_000;

/** `GET /exports/{id}`. */
export async function download(parts: GraphqlParts, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    const viewer = await viewerOfRequest(parts, req);
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    const operation = await operationOf(parts, viewer, req);
    const problem = await problemOf(parts, viewer, operation);
    if (problem || !operation) answerProblem(res, problem ?? NOT_FOUND);
    else await send(parts, viewer, operation, { req, res });
  } catch (error) {
    answerError(res, error, parts);
  }
}

/** Null: there is none, or none of the viewer's. */
async function operationOf({ database }: GraphqlParts, viewer: Viewer, { url }: IncomingMessage) {
  const name = /^\/exports\/([\w-]+)(?:\?|$)/.exec(url ?? '')?.[1];
  const decoded = name === undefined ? null : decodeId(name);
  if (decoded?.type !== 'BulkOperation') return null;
  const [found] = await bulkOperationsById(sqlOf(database), [decoded.id], viewer);
  return found ?? null;
}

const NOT_FOUND: Problem = { status: 404, code: 'NOT_FOUND', message: 'There is no such export.' };

/** Null: there is a file, and the viewer may have it. */
async function problemOf(
  { database }: GraphqlParts,
  viewer: Viewer,
  operation: BulkOperationRow | null,
): Promise<Problem | null> {
  if (operation === null) return NOT_FOUND;
  const { status, processed, total, bytes } = operation;
  switch (status) {
    case 'UPLOADING':
    case 'CREATED':
    case 'RUNNING':
      return {
        ...{ status: 409, code: 'EXPORT_NOT_COMPLETE', message: 'The export is not complete yet.' },
        ...{ headers: { 'retry-after': '1' }, extensions: { status, processed, total, bytes } },
      };
    case 'EXPIRED':
      return { status: 410, code: 'EXPORT_EXPIRED', message: 'The file has expired: export it again.' };
    case 'FAILED':
    case 'CANCELED':
      if (operation.kind === 'IMPORT' && operation.kept && bytes > 0 && status === 'FAILED') return null;
      return { status: 410, code: `EXPORT_${status}`, message: 'The export has no file.' };
    case 'COMPLETED': {
      const kept = await keptBulkPowers(sqlOf(database), operation.id);
      if (kept === null || !viewsLess(kept, viewer.powers)) return null;
      const message = 'You may see less by now than when the export was made: export it again.';
      return { status: 403, code: 'FORBIDDEN', message, extensions: { reason: 'RIGHTS_LOST' } };
    }
    default:
      return status satisfies never;
  }
}

interface Range {
  readonly from: number;
  /** The last byte. */
  readonly to: number;
}

interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

async function send(
  parts: GraphqlParts,
  viewer: Viewer,
  operation: BulkOperationRow,
  { req, res }: Exchange,
): Promise<void> {
  const { id, bytes: size } = operation;
  // What was written stays as it is.
  const etag = `"${id}"`;
  const headers = {
    ...{ 'content-type': typeOf(operation), 'accept-ranges': 'bytes', etag, 'cache-control': 'private, no-cache' },
    'content-disposition': `attachment; filename="${fileName(operation)}"`,
  };
  if (names(req.headers['if-none-match'], etag)) {
    res.writeHead(304, headers).end();
    return;
  }
  const given = req.headers['if-range'];
  const range = given === undefined || given === etag ? rangeOf(req.headers.range, size) : null;
  if (range === 'UNSATISFIABLE') {
    const message = `The file has ${size} bytes.`;
    const found = { 'content-range': `bytes */${size}` };
    answerProblem(res, { status: 416, code: 'RANGE_NOT_SATISFIABLE', message, headers: found });
    return;
  }
  const { from, to } = range ?? { from: 0, to: size - 1 };
  const part = range && { 'content-range': `bytes ${from}-${to}/${size}` };
  if (req.method !== 'HEAD') await recordDownload({ database: parts.database, viewer }, id, range);
  res.writeHead(range ? 206 : 200, { ...headers, ...part, 'content-length': to - from + 1 });
  if (req.method === 'HEAD') return void res.end();
  const { database } = parts;
  const unwatch = watchRights({ database, viewer, powers: viewer.powers, onLost: () => res.destroy() });
  try {
    await sendBytes(parts, id, { from, to }, res);
  } finally {
    unwatch();
  }
}

/** Only one chunk is in memory, and no connection is held while the reader takes its time. */
async function sendBytes({ database }: GraphqlParts, id: string, { from, to }: Range, res: ServerResponse) {
  res.setTimeout(STALLED, () => res.destroy());
  for (let at = from; at <= to && !res.destroyed; ) {
    const chunk = await readChunk(sqlOf(database), id, 'OUTPUT', at);
    if (chunk === null) throw new Error(`the file of ${id} ends at ${at}`);
    // Nobody would tell of a reader who has left meanwhile.
    if (res.destroyed) return;
    const bytes = chunk.subarray(0, to - at + 1);
    at += bytes.length;
    const written = () => release(Buffer.from(bytes.buffer));
    if (!res.write(bytes, written)) await drained(res);
  }
  if (!res.destroyed) res.end();
}

/** Room for more, or nobody there any more. */
async function drained(res: ServerResponse): Promise<void> {
  const done = new AbortController();
  const { signal } = done;
  await Promise.race([once(res, 'drain', { signal }), once(res, 'close', { signal })]);
  done.abort();
}

const formatOf = ({ input }: BulkOperationRow) => (input.format === 'CSV' ? 'CSV' : 'JSONL') satisfies ExportFormat;
const typeOf = (operation: BulkOperationRow) => CONTENT_TYPES[formatOf(operation)];
const fileName = (operation: BulkOperationRow) => `${operation.id}.${formatOf(operation).toLowerCase()}`;

const names = (given: string | undefined, etag: string) =>
  given?.split(',').some((each) => each.trim() === '*' || each.trim().replace(/^W\//, '') === etag) === true;

/** One range; null for none, several or another unit, of which everything is the answer. */
function rangeOf(given: string | undefined, size: number): Range | 'UNSATISFIABLE' | null {
  const found = /^bytes=(\d*)-(\d*)$/.exec(given?.trim() ?? '');
  const [, first = '', last = ''] = found ?? [];
  if (!found || (first === '' && last === '')) return null;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < from) return null;
  return from >= size || (first === '' && Number(last) === 0) ? 'UNSATISFIABLE' : { from, to };
}
