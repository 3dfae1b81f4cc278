/** What does a client learn when something goes wrong? A stable code and a sentence; never how the gateway is made. */
import { GraphQLError, type GraphQLErrorOptions } from 'graphql';
import { ViewerGoneError } from '../action/perform.ts';
import { IdentityProviderUnavailable } from '../identity/issuerKeys.ts';
import { UnauthenticatedError } from '../identity/token.ts';
import { DisabledPrincipalError, UnknownPrincipalError } from '../identity/viewer.ts';
import { ArgumentError } from '../store/connection.ts';
import { StreamEndedError } from '../stream/item.ts';

/** HTTP status of a response whose data is null because of such an error. */
const STATUS: Record<string, number> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  UNKNOWN_PRINCIPAL: 403,
  PRINCIPAL_DISABLED: 403,
  IDENTITY_PROVIDER_UNAVAILABLE: 503,
  TOO_MANY_SUBSCRIPTIONS: 429,
  INTERNAL_SERVER_ERROR: 500,
};

/** Told of every fault with the id that the client was given. */
export type FaultLog = (id: string, error: unknown) => void;

/** Turns whatever was thrown into what a client may see. */
export function clientError(error: unknown, log: FaultLog): GraphQLError {
  const cause = causeOf(error);
  const known = codeOf(cause);
  const more = cause instanceof StreamEndedError ? cause.extensions : {};
  if (known !== null) return made(error, messageOf(error, cause as Error), known, more);
  if (cause instanceof GraphQLError) {
    if (cause.extensions.code) return made(error, cause.message, String(cause.extensions.code), cause.extensions);
    return made(
      error,
      messageOf(error, cause),
      cause.message.startsWith('Syntax Error') ? 'GRAPHQL_PARSE_FAILED' : 'BAD_USER_INPUT',
    );
  }
  if (isTimeOut(cause)) return made(error, TIMED_OUT, 'STATEMENT_TIMED_OUT');
  const id = crypto.randomUUID();
  log(id, cause);
  const sentence = 'Something went wrong in the gateway. It is on record there under the id.';
  return made(error, sentence, 'INTERNAL_SERVER_ERROR', { id });
}

const TIMED_OUT =
  'The database took too long, and nothing was changed: narrow the filter, ask for a smaller page, or leave out totalCount.';

/** PostgreSQL's query_canceled; drivers wrap it. */
function isTimeOut(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  return (cause as { code?: unknown }).code === '57014' || isTimeOut(cause.cause);
}

/** A response that carries some data is a success with errors in it: their status is not that of the response. */
export function withoutStatus({ message, nodes, source, positions, path, extensions }: GraphQLError): GraphQLError {
  const { http: _http, ...rest } = extensions;
  return new GraphQLError(message, { nodes, source, positions, path, extensions: rest } as GraphQLErrorOptions);
}

/** What was thrown first; GraphQL wraps an error once for each level that has something to add. */
function causeOf(error: unknown): unknown {
  if (error instanceof GraphQLError && error.originalError) return causeOf(error.originalError);
  return error instanceof ViewerGoneError ? new DisabledPrincipalError() : error;
}

/** GraphQL names the argument or variable in front of a scalar's own sentence. */
function messageOf(error: unknown, cause: Error): string {
  return error instanceof GraphQLError && error.path === undefined ? error.message : cause.message;
}

function codeOf(cause: unknown): string | null {
  if (cause instanceof ArgumentError || cause instanceof StreamEndedError) return cause.code;
  if (cause instanceof UnauthenticatedError) return 'UNAUTHENTICATED';
  if (cause instanceof UnknownPrincipalError) return 'UNKNOWN_PRINCIPAL';
  if (cause instanceof DisabledPrincipalError) return 'PRINCIPAL_DISABLED';
  if (cause instanceof IdentityProviderUnavailable) return 'IDENTITY_PROVIDER_UNAVAILABLE';
  return null;
}

function made(error: unknown, message: string, code: string, extensions: Record<string, unknown> = {}): GraphQLError {
  const { nodes, source, positions, path } = (error instanceof GraphQLError ? error : {}) as Partial<GraphQLError>;
  const headers = code === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer error="invalid_token"' } : {};
  // Errors that the specification of GraphQL over HTTP knows are 200 for clients that accept application/json only.
  const spec = !Object.hasOwn(STATUS, code);
  const http = { status: STATUS[code] ?? 400, headers, spec };
  const place = { nodes, source, positions, path } as GraphQLErrorOptions;
  return new GraphQLError(message, { ...place, extensions: { http, ...extensions, code } });
}
