/** Which documents are trusted? Those of the manifest, named by their hash. @see https://github.com/graphql/graphql-over-http/blob/main/spec/Appendix%20A%20--%20Persisted%20Documents.md */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { GraphQLError } from 'graphql';
import { PROJECT_FOLDER } from '../config.ts';

export const MANIFEST = path.join(PROJECT_FOLDER, 'clients', 'typescript', 'documents.json');

export interface Documents {
  /** The document to run; none when neither is given. @throws GraphQLError when it is unknown, or has to be trusted and is not */
  resolve(request: { query?: unknown; documentId?: unknown }): string | null | undefined;
}

export function trustedDocuments(onlyTrusted: boolean, manifest = MANIFEST): Documents {
  const documents = new Map(Object.entries(JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, string>));
  return {
    resolve({ query, documentId }) {
      if (documentId === undefined || documentId === null) {
        if (onlyTrusted)
          throw refusal('This gateway runs trusted documents only: give a documentId.', 'DOCUMENT_NOT_TRUSTED');
        return query as string | null | undefined;
      }
      if (query !== undefined && query !== null) {
        throw refusal('Give either query or documentId, not both.', 'BAD_USER_INPUT');
      }
      const document = typeof documentId === 'string' ? documents.get(documentId) : undefined;
      if (document === undefined) throw refusal('The documentId names no trusted document.', 'DOCUMENT_NOT_FOUND');
      return document;
    },
  };
}

function refusal(message: string, code: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
