/** What does the SDK send? The text behind the hash of one of its documents. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { OPERATIONS } from '../../clients/typescript/generated/operations.ts';
import { PROJECT_FOLDER } from '../../src/config.ts';

const MANIFEST = path.join(PROJECT_FOLDER, 'clients', 'typescript', 'documents.json');
const texts: Record<string, string> = JSON.parse(readFileSync(MANIFEST, 'utf8'));

/** @param name as in the document, such as `RolePolicy` */
export function documentOf(name: string): string {
  return texts[documentIdOf(name)] as string;
}

/** What the SDK sends instead of it. */
export function documentIdOf(name: string): string {
  const method = `${name.charAt(0).toLowerCase()}${name.slice(1)}` as keyof typeof OPERATIONS;
  return OPERATIONS[method].documentId;
}
