/** How does a file come in? As the body of a POST, in pieces to the database, from whoever manages assignments; and out by a DELETE. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeId } from '../../schema/ids.ts';
import { beginUpload, dropUpload, UPLOADS_OF_PRINCIPAL } from '../action/upload.ts';
import type { Config } from '../config.ts';
import { managesSomething, type Viewer } from '../decision/powers.ts';
import { sqlOf } from '../store/database.ts';
import { completeUpload, fillUpload, removeUpload, type UploadFormat } from '../store/upload.ts';
import { viewerOfRequest } from './bearer.ts';
import { clientError } from './errors.ts';
import type { GraphqlParts } from './graphql.ts';

const FORMATS: Readonly<Record<string, UploadFormat>> = {
  'text/csv': 'CSV',
  'application/jsonl': 'JSONL',
  'application/x-ndjson': 'JSONL',
};

/** Answered as JSON: `{ id, bytes, expiresAt }`, or `{ errors: [{ message, extensions: { code } }] }` as from GraphQL. */
class UploadError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Answers `/uploads` and `/uploads/{id}`. */
export function createUploads(parts: GraphqlParts) {
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    try {
      const id = /^\/uploads\/([^?]*)/.exec(req.url ?? '')?.[1];
      const method = id === undefined ? 'POST' : 'DELETE';
      if (req.method !== method) {
        res.setHeader('allow', method);
        throw new UploadError(405, 'METHOD_NOT_ALLOWED', METHODS[method]);
      }
      if (id === undefined) return answer(res, 201, await receive(parts, req));
      await remove(parts, req, id);
      res.writeHead(204).end();
    } catch (error) {
      refuse(parts, req, res, error);
    }
  };
}

const METHODS = {
  POST: 'Send the file as a POST.',
  DELETE: 'Remove an upload with DELETE; send a file as a POST to /uploads.',
} as const;

async function receive(parts: GraphqlParts, req: IncomingMessage): Promise<object> {
  const { config, database } = parts;
  const viewer = await viewerOfRequest(parts, req);
  const db = () => sqlOf(database);
  const format = formatFor(req, viewer);
  const maximum = config.uploadMaximumMegabytes * 1_000_000;
  if (Number(req.headers['content-length'] ?? 0) > maximum) throw tooLarge(config);
  const id = await beginUpload({ database, viewer }, format);
  if (id === null) throw new UploadError(429, 'TOO_MANY_UPLOADS', TOO_MANY);
  try {
    const file = await fillUpload(db, id, within(req, maximum, config));
    if (file.bytes === 0) throw new UploadError(400, 'EMPTY_FILE', 'The body is empty.');
    const expiresAt = await completeUpload(db(), id, file);
    return { id: uploadId(id), bytes: file.bytes, expiresAt };
  } catch (error) {
    await removeUpload(db(), id);
    throw error;
  }
}

const TOO_MANY = `You have ${UPLOADS_OF_PRINCIPAL} uploads that have not expired, and no more are kept: use one of them, remove one with DELETE /uploads/{id}, or wait until one expires.`;

async function remove(parts: GraphqlParts, req: IncomingMessage, upload: string): Promise<void> {
  const viewer = await viewerOfRequest(parts, req);
  const decoded = decodeId(upload);
  const removed = decoded?.type === 'Upload' ? await dropUpload({ ...parts, viewer }, decoded.id) : 'NOT_FOUND';
  if (removed === 'NOT_FOUND') throw new UploadError(404, 'UPLOAD_NOT_FOUND', 'There is no such upload of yours.');
  if (removed === 'IN_USE') throw new UploadError(409, 'UPLOAD_IN_USE', IN_USE);
}

const IN_USE = 'An import waits for the upload or reads it: remove it when that is over, or cancel that first.';

/** As opaque as any other id. */
export function uploadId(id: string): string {
  return Buffer.from(`Upload:${id}`).toString('base64url');
}

function formatFor(req: IncomingMessage, viewer: Viewer): UploadFormat {
  if (!managesSomething(viewer.powers)) {
    throw new UploadError(403, 'FORBIDDEN', 'Files are taken from whoever may manage assignments.');
  }
  const type = req.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  const format = Object.hasOwn(FORMATS, type) ? FORMATS[type] : undefined;
  if (!format) {
    const sentence = `The content type is not one of ${Object.keys(FORMATS).join(', ')}.`;
    throw new UploadError(415, 'UNSUPPORTED_MEDIA_TYPE', sentence);
  }
  // What a few bytes unpack to is nobody's to store.
  if ((req.headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new UploadError(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the file as it is, not compressed.');
  }
  return format;
}

async function* within(req: IncomingMessage, maximum: number, config: Config): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const bytes of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += bytes.length;
    if (size > maximum) throw tooLarge(config);
    yield bytes;
  }
}

function tooLarge({ uploadMaximumMegabytes: megabytes }: Config): UploadError {
  return new UploadError(413, 'REQUEST_ENTITY_TOO_LARGE', `The file holds more than ${megabytes} MB.`);
}

function refuse({ log }: GraphqlParts, req: IncomingMessage, res: ServerResponse, error: unknown): void {
  // Whoever has gone in the middle hears nothing any more.
  if (req.destroyed && !req.complete) {
    res.destroy();
    return;
  }
  // What is left of the body is not read.
  if (!req.complete) res.setHeader('connection', 'close');
  if (error instanceof UploadError) {
    answer(res, error.status, { errors: [{ message: error.message, extensions: { code: error.code } }] });
    return;
  }
  const { message, extensions } = clientError(error, log);
  const { http, ...rest } = extensions as { http: { status: number; headers: Record<string, string> } };
  for (const [name, value] of Object.entries(http.headers)) res.setHeader(name, value);
  answer(res, http.status, { errors: [{ message, extensions: rest }] });
}

function answer(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  res.end(JSON.stringify(body));
}
