/** How does somebody get a whole list at once? As a stream of lines, while the database writes them: `GET /lists/assignments.jsonl`. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { coerceInputValue, type GraphQLInputType, isInputType, isNonNullType } from 'graphql';
import { assignmentFilterOf } from '../../schema/assignment.ts';
import { recordListExport } from '../action/bulkOperation.ts';
import type { Viewer } from '../decision/powers.ts';
import { refuseFuture } from '../store/access.ts';
import { ArgumentError } from '../store/connection.ts';
import { sqlOf } from '../store/database.ts';
import { assignmentLines, copyStatement, type FileFormat, streamLines } from '../store/listFile.ts';
import { answerError, answerProblem, viewerOfRequest } from './bearer.ts';
import { drained } from './download.ts';
import { CONTENT_TYPES } from './exportFormat.ts';
import type { GraphqlParts } from './graphql.ts';
import { refuseUnfitVariables } from './values.ts';

/** A reader that takes nothing for so long is gone, in milliseconds. */
const STALLED = 60_000;
const LISTS = /^\/lists\/(assignments)\.(jsonl|csv)$/;
const PARAMETERS = ['filter', 'asOf'];

export interface ListFiles {
  answer(req: IncomingMessage, res: ServerResponse): Promise<void>;
}

/** @param url of the database, for connections of their own, as many as `exportStreams` */
export function createListFiles(parts: GraphqlParts, url: string): ListFiles {
  let streams = 0;
  return {
    async answer(req, res) {
      try {
        const viewer = await viewerOfRequest(parts, req);
        if (req.method !== 'GET') return void res.writeHead(405, { allow: 'GET' }).end();
        const asked = await askedOf(parts, req);
        if (asked === null)
          return answerProblem(res, { status: 404, code: 'NOT_FOUND', message: 'There is no such list.' });
        if (streams >= parts.config.exportStreams) return answerProblem(res, TOO_MANY);
        streams++;
        try {
          await send({ parts, url, viewer, asked, res });
        } finally {
          streams--;
        }
        // The last byte tells the reader that the place is free again.
        res.end();
      } catch (error) {
        answerError(res, error, parts);
      }
    },
  };
}

const TOO_MANY = {
  ...{ status: 429, code: 'TOO_MANY_EXPORTS', message: 'As many lists are being streamed as this gateway allows.' },
  headers: { 'retry-after': '5' },
};

interface Asked {
  readonly list: string;
  readonly format: FileFormat;
  readonly filter: unknown;
  readonly asOf: Date | null;
}

/** Null: no such list. The filter is coerced by the type it has in the schema. @throws ArgumentError */
async function askedOf({ schema, database }: GraphqlParts, { url = '' }: IncomingMessage): Promise<Asked | null> {
  const { pathname, searchParams } = new URL(url, 'http://gateway');
  const [, list, extension] = LISTS.exec(pathname) ?? [];
  if (list === undefined) return null;
  for (const name of searchParams.keys()) {
    if (!PARAMETERS.includes(name))
      throw new ArgumentError(`${name} is no parameter: give ${PARAMETERS.join(' or ')}.`);
  }
  const type = (argument: string) => {
    const given = schema
      .getQueryType()
      ?.getFields()
      [list]?.args.find(({ name }) => name === argument)?.type;
    if (!isInputType(given)) throw new Error(`${list} has no argument ${argument}`);
    return isNonNullType(given) ? given.ofType : given;
  };
  const [filter, asOf] = [searchParams.get('filter'), searchParams.get('asOf')];
  const at = asOf === null ? null : (coerced('asOf', asOf, type('asOf')) as Date);
  await refuseFuture(sqlOf(database), at, 'asOf');
  return {
    ...{ list, format: extension === 'csv' ? 'CSV' : 'JSONL', asOf: at },
    filter: filter === null ? null : coerced('filter', json(filter), type('filter')),
  };
}

function json(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    throw new ArgumentError('filter is not JSON: give an object as the argument `filter` of the list takes it.');
  }
}

function coerced(name: string, given: unknown, type: GraphQLInputType): unknown {
  refuseUnfitVariables({ [name]: given });
  return coerceInputValue(given, type, (path, _value, { message }) => {
    throw new ArgumentError(`${[name, ...path].join('.')}: ${message}`);
  });
}

interface Sending {
  readonly parts: GraphqlParts;
  readonly url: string;
  readonly viewer: Viewer;
  readonly asked: Asked;
  readonly res: ServerResponse;
}

async function send({ parts, url, viewer, asked, res }: Sending): Promise<void> {
  const { database, config } = parts;
  const { list, format, asOf } = asked;
  const filter = { ...assignmentFilterOf(asked.filter as never), asOf };
  const lines = assignmentLines(viewer, filter, format);
  const statement = copyStatement(sqlOf(database), lines, format);
  await recordListExport({ database, viewer }, { list, format, filter: asked.filter, asOf });
  const stream = await streamLines(url, statement, config.exportMaximumMinutes);
  const limit = setTimeout(() => res.destroy(), config.exportMaximumMinutes * 60_000);
  res.setTimeout(STALLED, () => res.destroy());
  try {
    await pass(stream.bytes as Readable, res, () => {
      const disposition = `attachment; filename="${list}.${format.toLowerCase()}"`;
      res.writeHead(200, {
        'content-type': CONTENT_TYPES[format],
        'content-disposition': disposition,
        'cache-control': 'no-store',
      });
    });
  } finally {
    clearTimeout(limit);
    await stream.close();
  }
}

/**
 * All but the end, as fast as the reader takes it. What fails after the first byte is cut off without the last chunk,
 * which every client takes for an error; a complete file always has its end.
 */
async function pass(bytes: Readable, res: ServerResponse, begin: () => void): Promise<void> {
  const gone = new AbortController();
  const leave = () => {
    gone.abort();
    bytes.destroy();
  };
  res.once('close', leave);
  if (res.destroyed) leave();
  try {
    for await (const part of bytes) {
      if (!res.headersSent) begin();
      if (!res.write(part)) await drained(res);
      if (res.destroyed) return;
    }
    if (!res.headersSent) begin();
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
}
