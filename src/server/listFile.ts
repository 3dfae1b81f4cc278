/** How does somebody get a whole list at once? As a stream of lines, while the database reads the rows: `GET /lists/assignments.jsonl`. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { coerceInputValue, type GraphQLInputType, isInputType, isNonNullType } from 'graphql';
import { assignmentFilterOf } from '../../schema/assignment.ts';
import { auditFilterOf } from '../../schema/auditEvent.ts';
import { requestFilterOf } from '../../schema/request.ts';
import { recordListExport } from '../action/bulkOperation.ts';
import type { Viewer } from '../decision/powers.ts';
import { refuseFuture } from '../store/access.ts';
import { ArgumentError, PAGE_MAXIMUM } from '../store/connection.ts';
import { sqlOf } from '../store/database.ts';
import type { FileFormat } from '../store/fileLine.ts';
import {
  assignmentRows,
  auditRows,
  type LineStream,
  type ListRows,
  requestRows,
  streamLines,
} from '../store/listFile.ts';
import { answerError, answerProblem, viewerOfRequest } from './bearer.ts';
import { CONTENT_TYPES } from './exportFormat.ts';
import type { GraphqlParts } from './graphql.ts';
import { watchRights } from './rights.ts';
import { refuseUnfitVariables } from './values.ts';

/** A reader that takes nothing for so long is gone, in milliseconds. */
const STALLED = 60_000;
const ADDRESS = /^\/lists\/([\w-]+)\.(jsonl|csv)$/;

interface List {
  /** The query of the same rows, whose arguments it takes … */
  readonly field: string;
  /** … by these names. */
  readonly parameters: readonly string[];
  rows(viewer: Viewer, chosen: Chosen): ListRows;
}

interface Chosen {
  /** Null or as the schema has coerced it. */
  readonly filter: never;
  readonly asOf: Date | null;
}

const LISTS: Readonly<Record<string, List>> = {
  assignments: {
    ...{ field: 'assignments', parameters: ['filter', 'asOf'] },
    rows: (viewer, { filter, asOf }) => assignmentRows(viewer, { ...assignmentFilterOf(filter), asOf }),
  },
  requests: {
    ...{ field: 'requests', parameters: ['filter'] },
    rows: (viewer, { filter }) => requestRows(viewer, requestFilterOf(filter)),
  },
  'audit-events': {
    ...{ field: 'auditEvents', parameters: ['filter'] },
    rows: (viewer, { filter }) => auditRows(viewer, auditFilterOf(filter)),
  },
};

export interface ListFiles {
  answer(req: IncomingMessage, res: ServerResponse): Promise<void>;
}

/** @param url of the database, for connections of their own: as many as `exportStreams`, and half of them for one principal */
export function createListFiles(parts: GraphqlParts, url: string): ListFiles {
  const readers: string[] = [];
  const ofOne = Math.max(1, parts.config.exportStreams / 2);
  return {
    async answer(req, res) {
      try {
        const viewer = await viewerOfRequest(parts, req);
        if (req.method !== 'GET') return void res.writeHead(405, { allow: 'GET' }).end();
        const asked = await askedOf(parts, req);
        if (asked === null)
          return answerProblem(res, { status: 404, code: 'NOT_FOUND', message: 'There is no such list.' });
        const own = readers.filter((id) => id === viewer.id);
        if (readers.length >= parts.config.exportStreams || own.length >= ofOne) return answerProblem(res, TOO_MANY);
        readers.push(viewer.id);
        try {
          await send({ parts, url, viewer, asked, res });
        } finally {
          readers.splice(readers.indexOf(viewer.id), 1);
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
  ...{
    status: 429,
    code: 'TOO_MANY_EXPORTS',
    message: 'As many lists are being streamed as this gateway allows, or half of them by you.',
  },
  headers: { 'retry-after': '5' },
};

interface Asked extends Chosen {
  readonly name: string;
  readonly list: List;
  readonly format: FileFormat;
}

/** Null: no such list. The filter is coerced by the type it has in the schema. @throws ArgumentError */
async function askedOf({ schema, database }: GraphqlParts, { url = '' }: IncomingMessage): Promise<Asked | null> {
  const { pathname, searchParams } = new URL(url, 'http://gateway');
  const [, name = '', extension] = ADDRESS.exec(pathname) ?? [];
  const list = Object.hasOwn(LISTS, name) ? LISTS[name] : undefined;
  if (list === undefined) return null;
  const { field, parameters } = list;
  for (const parameter of searchParams.keys()) {
    if (!parameters.includes(parameter))
      throw new ArgumentError(`${parameter} is no parameter: give ${parameters.join(' or ')}.`);
    if (searchParams.getAll(parameter).length > 1)
      throw new ArgumentError(`${parameter} is given more than once: give one, with all that it is to say.`);
  }
  const type = (argument: string) => {
    const given = schema
      .getQueryType()
      ?.getFields()
      [field]?.args.find(({ name }) => name === argument)?.type;
    if (!isInputType(given)) throw new Error(`${field} has no argument ${argument}`);
    return isNonNullType(given) ? given.ofType : given;
  };
  const [filter, asOf] = [searchParams.get('filter'), searchParams.get('asOf')];
  const at = asOf === null ? null : (coerced('asOf', asOf, type('asOf')) as Date);
  await refuseFuture(sqlOf(database), at, 'asOf');
  return {
    ...{ name, list, format: extension === 'csv' ? 'CSV' : 'JSONL', asOf: at },
    filter: (filter === null ? null : coerced('filter', json(filter), type('filter'))) as never,
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
  const { name, list, format, filter, asOf } = asked;
  const rows = list.rows(viewer, asked);
  parts.budgets.spend(viewer.id, costOf(rows));
  await recordListExport({ database, viewer }, { list: list.field, format, filter, asOf });
  const maximumMinutes = config.exportMaximumMinutes;
  const stream = await streamLines({ db: sqlOf(database), url, maximumMinutes }, rows, format);
  const limit = setTimeout(() => res.destroy(), maximumMinutes * 60_000);
  res.setTimeout(STALLED, () => res.destroy());
  const unwatch = watchRights({ database, viewer, powers: viewer.powers, onLost: () => res.destroy() });
  try {
    await pass(stream, res, () =>
      res.writeHead(200, {
        'content-type': CONTENT_TYPES[format],
        'content-disposition': `attachment; filename="${name}.${format.toLowerCase()}"`,
        'cache-control': 'no-store',
      }),
    );
  } finally {
    unwatch();
    clearTimeout(limit);
    await stream.close();
  }
}

/** To begin a list costs what its first page does as a query; how many are streamed has a bound of its own. */
function costOf({ members }: ListRows): number {
  const objects = Object.values(members).filter(({ kind }) => typeof kind !== 'string');
  return 1 + PAGE_MAXIMUM * (1 + objects.length);
}

/**
 * All but the end, as fast as the reader takes it. What fails after the first byte is cut off without the last chunk,
 * which every client takes for an error; a complete file always has its end.
 */
async function pass(stream: LineStream, res: ServerResponse, begin: () => void): Promise<void> {
  // Also while the database has no row yet: the connection ends, and with it the wait for one.
  res.once('close', () => void stream.close());
  try {
    for await (const part of stream.parts) {
      if (res.destroyed) return;
      if (!res.headersSent) begin();
      await written(res, part);
    }
  } catch (error) {
    if (!res.destroyed) throw error;
  }
}

/** The bytes are with the system, or nobody waits for them any more: what holds them is used again. */
function written(res: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      res.off('close', done);
      resolve();
    };
    res.once('close', done);
    res.write(bytes, done);
  });
}
