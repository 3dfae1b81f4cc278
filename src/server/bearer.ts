/** Who asks, where no document is sent? The same token, viewer and errors as of GraphQL, over plain HTTP. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Viewer } from '../decision/powers.ts';
import { viewerOf } from '../identity/viewer.ts';
import { clientError } from './errors.ts';
import { bearerToken, type GraphqlParts } from './graphql.ts';

/** @throws what `answerError` understands */
export async function viewerOfRequest({ verifier, readViewer }: GraphqlParts, req: IncomingMessage): Promise<Viewer> {
  const identity = await verifier.verify(bearerToken(req.headers.authorization));
  return (await viewerOf(readViewer, identity)).viewer;
}

export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For programs. */
  readonly extensions?: object;
}

export function answerProblem(res: ServerResponse, { status, code, message, headers, extensions }: Problem): void {
  const body = JSON.stringify({ errors: [{ message, extensions: { ...extensions, code } }] });
  const type = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  res.writeHead(status, { ...type, ...headers }).end(body);
}

/** What was thrown, as far as the caller may see it. What has begun cannot be answered otherwise: it is cut off. */
export function answerError(res: ServerResponse, error: unknown, { log }: Pick<GraphqlParts, 'log'>): void {
  const { message, extensions } = clientError(error, log);
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const { http, code, ...rest } = extensions as {
    http?: { status: number; headers: Record<string, string> };
    code: string;
  };
  answerProblem(res, { status: http?.status ?? 400, headers: http?.headers ?? {}, code, message, extensions: rest });
}
