/** How large may a document be? Bounds on tokens, depth and aliases, counted through fragments, before anything runs. */
import {
  type ASTVisitor,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';

export const LIMITS = {
  /** Bytes of a request's body. */
  body: 100_000,
  /** Bytes of the body of a request for one of the bulk verbs. */
  bulkBody: 1_000_000,
  /** Bytes of a WebSocket message. */
  message: 64_000,
  tokens: 2_000,
  /** Levels of fields; introspection is not counted. */
  depth: 12,
  aliases: 15,
} as const;

/** Verbs whose input is a list of up to a thousand items. */
const BULK_VERB = /\b(?:assign|update|remove)Many\b/;

/**
 * Whoever has shown a good token may send a large body, as far as the document asks for a bulk verb.
 * @param length `Content-Length`; null when the body came in pieces
 * @throws GraphQLError
 */
export function refuseLargeBody(length: string | null, params: { readonly query?: unknown }): void {
  const bytes = length === null ? Buffer.byteLength(JSON.stringify(params)) : Number(length);
  if (bytes <= LIMITS.body || BULK_VERB.test(String(params.query))) return;
  throw tooLarge(bytes, LIMITS.body);
}

function tooLarge(bytes: number, most: number): GraphQLError {
  return new GraphQLError(`The request holds ${bytes} bytes: at most ${most} are allowed.`, {
    extensions: { code: 'REQUEST_ENTITY_TOO_LARGE', http: { status: 413 } },
  });
}

/**
 * A body of known length is as long as that: the HTTP server ends it there. Only one that comes in pieces is counted while it
 * comes, which takes a stream, a request and their signals more: a fourteenth of what the gateway does for a small question.
 */
export function boundedBodies(): Plugin {
  return {
    onRequestParse({ request, requestParser, setRequestParser, fetchAPI }) {
      const length = request.headers.get('content-length');
      if (Number(length) > LIMITS.bulkBody) throw tooLarge(Number(length), LIMITS.bulkBody);
      const { url, method, headers, body } = request;
      if (length !== null || body === null || requestParser === undefined) return;
      setRequestParser(async () =>
        requestParser(new fetchAPI.Request(url, { method, headers, body: await wholeBody(body) })),
      );
    },
  };
}

/** Whoever sends more is answered while it comes: a reader lets go of the connection, a loop would end it. */
async function wholeBody(body: ReadableStream<Uint8Array>): Promise<Buffer<ArrayBuffer>> {
  const reader = body.getReader();
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    bytes += next.value.byteLength;
    if (bytes > LIMITS.bulkBody) throw tooLarge(bytes, LIMITS.bulkBody);
    parts.push(next.value);
  }
  return Buffer.concat(parts);
}

/** Walks the document once, with every fragment walked once however often it is spread. */
export function limitRule(context: ValidationContext): ASTVisitor {
  return {
    Document(document) {
      const found = measure(document);
      if (found.depth > LIMITS.depth) {
        report(
          context,
          `The document is ${found.depth} levels deep: at most ${LIMITS.depth} are allowed.`,
          'DOCUMENT_TOO_DEEP',
        );
      }
      if (found.aliases > LIMITS.aliases) {
        report(
          context,
          `The document has ${found.aliases} aliases: at most ${LIMITS.aliases} are allowed.`,
          'TOO_MANY_ALIASES',
        );
      }
      return false;
    },
  };
}

function report(context: ValidationContext, message: string, code: string): void {
  context.reportError(new GraphQLError(message, { extensions: { code } }));
}

interface Measure {
  readonly depth: number;
  readonly aliases: number;
}

function measure(document: DocumentNode): Measure {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const known = new Map<string, Measure>();
  const ofSelections = (set: SelectionSetNode | undefined): Measure => {
    let depth = 0;
    let aliases = 0;
    for (const selection of set?.selections ?? []) {
      let inner: Measure;
      if (selection.kind === Kind.FIELD) {
        if (selection.name.value.startsWith('__')) inner = { depth: 0, aliases: 0 };
        else inner = ofSelections(selection.selectionSet);
        inner = { depth: inner.depth + 1, aliases: inner.aliases + (selection.alias ? 1 : 0) };
      } else if (selection.kind === Kind.INLINE_FRAGMENT) inner = ofSelections(selection.selectionSet);
      else inner = ofFragment(selection.name.value);
      depth = Math.max(depth, inner.depth);
      aliases = Math.min(aliases + inner.aliases, Number.MAX_SAFE_INTEGER);
    }
    return { depth, aliases };
  };
  const ofFragment = (name: string): Measure => {
    const found = known.get(name);
    if (found) return found;
    // A cycle ends here; the specified rules report it.
    known.set(name, { depth: 0, aliases: 0 });
    const measured = ofSelections(fragments.get(name)?.selectionSet);
    known.set(name, measured);
    return measured;
  };
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const measures = operations.map(({ selectionSet }) => ofSelections(selectionSet));
  return {
    depth: Math.max(0, ...measures.map(({ depth }) => depth)),
    aliases: Math.max(0, ...measures.map(({ aliases }) => aliases)),
  };
}
