/** What can a caller of the SDK catch? One error, with what the gateway said or what became of the connection. */

/** An entry of a response's `errors`. @see https://spec.graphql.org/draft/#sec-Errors */
export interface GraphqlError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly extensions?: { readonly code?: string; readonly [name: string]: unknown };
}

/** Codes of the SDK's own, beside those of the gateway. `TOKEN_FAILED`: the `token` function threw while a stream opened. */
export type ConnectionCode = 'CONNECTION_FAILED' | 'BAD_RESPONSE' | 'TOKEN_FAILED';

/** The gateway answered with errors, or there was no answer. A refusal is not an error: it is in the payload. */
export class PortcullisError extends Error {
  override readonly name = 'PortcullisError';
  /** At least one. */
  readonly errors: readonly GraphqlError[];
  /** Of the first error: stable, such as `UNAUTHENTICATED` or `FORBIDDEN`; or one of the SDK's own. */
  readonly code: string;
  /** Of the HTTP response; null for streams over WebSocket, and when there was no response. */
  readonly status: number | null;

  constructor(errors: readonly GraphqlError[], status: number | null, options?: ErrorOptions) {
    const [first] = errors;
    super(first?.message ?? 'The gateway answered with an error that it did not describe.', options);
    this.errors = errors;
    this.code = first?.extensions?.code ?? 'BAD_RESPONSE';
    this.status = status;
  }
}

interface Circumstances {
  /** Default null: there was no response. */
  readonly status?: number | null;
  readonly cause?: unknown;
}

/** For failures that the gateway could not describe itself. */
export function connectionError(
  code: ConnectionCode | 'UNAUTHENTICATED',
  message: string,
  { status = null, cause }: Circumstances = {},
): PortcullisError {
  return new PortcullisError([{ message, extensions: { code } }], status, { cause });
}
