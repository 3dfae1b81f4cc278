/** What does an import find in the database, and how does it change it? All of it inside the caller's transaction. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { canonicalKey } from '../decision/assignment.ts';
import type { ImportRows, KnownDirectory } from '../decision/import.ts';
import type { ImportedPrincipal } from '../decision/importItem.ts';
import { DIRECTORY_SCOPE, TENANT_ROOT_SCOPE } from '../decision/role.ts';
import type { PrincipalKind, Provider } from '../decision/words.ts';
import { parts, upsertRows } from './bulk.ts';
import type { Sql } from './database.ts';
import { writeGroupRelations, writeUnitMembers } from './importRelation.ts';

/** Any number nobody else takes: imports wait for each other. */
const IMPORT_LOCK = 7_041_776_005;

/** How far the writing is: rows done, rows in all, and what is being written. */
export type ImportProgress = (done: number, total: number, what: string) => void;

/** Rows added or changed, by noun, and relations ended because the source no longer has them. */
export interface ImportCounts {
  readonly principals: number;
  readonly scopes: number;
  readonly roles: number;
  readonly relations: number;
  readonly ended: number;
}

/** Lets one import at a time go on; the lock ends with the transaction. */
export async function lockImports(db: Sql): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${IMPORT_LOCK})`.execute(db);
}

interface KnownPrincipalRow {
  readonly id: string;
  readonly kind: PrincipalKind;
  readonly roleAssignable: boolean;
  readonly deleted: boolean;
  /** In small letters; null when it is free for others. */
  readonly name: string | null;
}

export async function knownDirectory(db: Sql): Promise<KnownDirectory> {
  const principals = await sql<KnownPrincipalRow>`
    SELECT id, kind, role_assignable AS "roleAssignable", deleted_at IS NOT NULL AS deleted,
      CASE WHEN deleted_at IS NULL THEN lower(user_principal_name COLLATE "C") END AS name
    FROM principal`.execute(db);
  const scopes = await sql<{ key: string; parentKey: string | null }>`
    SELECT s.key, p.key AS "parentKey" FROM scope s LEFT JOIN scope p ON p.id = s.parent_id
    WHERE s.provider = 'AZURE_RESOURCE' OR s.kind = 'ADMINISTRATIVE_UNIT'`.execute(db);
  const roles = await sql<{ id: string; provider: Provider; builtIn: boolean }>`
    SELECT id, provider, built_in AS "builtIn" FROM role`.execute(db);
  return {
    principals: new Map(principals.rows.map((row) => [row.id, row])),
    userNames: new Map(principals.rows.flatMap(({ id, name }) => (name === null ? [] : [[name, id]]))),
    scopes: new Map(scopes.rows.map((row) => [row.key, row.parentKey])),
    roles: new Map(roles.rows.map((row) => [row.id, row])),
  };
}

export async function writeImport(
  db: Sql,
  rows: ImportRows,
  { now, report }: { now: Date; report: ImportProgress },
): Promise<ImportCounts> {
  const entries = rows.relations.reduce((sum, { principalIds }) => sum + principalIds.length, 0);
  const total = rows.principals.length + rows.scopes.length + rows.roles.length + entries;
  let done = 0;
  const step = <T>(all: readonly T[], what: string, write: (part: T[]) => Promise<number>) =>
    writeParts(all, async (part) => {
      const written = await write(part);
      done += part.length;
      report(done, total, what);
      return written;
    });
  const principals = await step(rows.principals, 'users, groups and service principals', (part) =>
    writePrincipals(db, part, now),
  );
  const scopes = await writeScopes(db, rows, (all, write) => step(all, 'scopes', write));
  const roles = await step(rows.roles, 'roles', (part) => upsertRows(db, 'role', part, { columns: ['id'] }));
  const groups = await writeGroupRelations(db, rows.relations, {
    now,
    report: (added) => {
      done += added;
      report(done, total, 'members and owners');
    },
  });
  const units = await writeUnitMembers(db, rows.relations);
  if (total > 0) report(total, total, 'members and owners');
  return { principals, scopes, roles, relations: groups.added + units.added, ended: groups.ended + units.ended };
}

async function writeParts<T>(all: readonly T[], write: (part: T[]) => Promise<number>): Promise<number> {
  let written = 0;
  for (const part of parts(all)) written += await write(part);
  return written;
}

/** A principal that was deleted is back. Sign-ins are told only to those who may read them: silence changes nothing. */
async function writePrincipals(db: Sql, principals: readonly ImportedPrincipal[], now: Date): Promise<number> {
  const rows = principals.map((row) => ({ ...row, createdAt: row.createdAt ?? now, deletedAt: null }));
  const [seen, unseen] = [rows.filter((row) => row.lastSignInAt), rows.filter((row) => !row.lastSignInAt)];
  const written = await upsertRows(db, 'principal', seen, { columns: ['id'], keep: ['created_at'] });
  const others = await upsertRows(db, 'principal', unseen, {
    columns: ['id'],
    keep: ['created_at', 'last_sign_in_at'],
  });
  await upsertScopes(db, principals.flatMap(scopeOfPrincipal));
  return written + others;
}

/** Groups and applications are scopes too, under their own object id. */
function scopeOfPrincipal({ id, kind, displayName }: ImportedPrincipal): object[] {
  const facts = { id, displayName, resourceType: null, principalId: id };
  if (kind === 'GROUP') return [{ ...facts, provider: 'GROUP', kind: 'GROUP', path: `/groups/${id}`, parentId: null }];
  if (kind !== 'SERVICE_PRINCIPAL') return [];
  return [{ ...facts, provider: 'ENTRA_ROLE', kind: 'DIRECTORY_OBJECT', path: `/${id}`, parentId: DIRECTORY_SCOPE }];
}

async function writeScopes(
  db: Sql,
  { scopes }: ImportRows,
  step: (all: readonly object[], write: (part: object[]) => Promise<number>) => Promise<number>,
): Promise<number> {
  const known = await sql<{ key: string; id: string }>`
    SELECT key, id FROM scope WHERE provider = 'AZURE_RESOURCE'`.execute(db);
  const ids = new Map(known.rows.map(({ key, id }) => [key, id]));
  const rows = scopes.map(({ objectId, parentPath, ...scope }) => {
    if (objectId !== null) return { ...scope, id: objectId, parentId: DIRECTORY_SCOPE, principalId: null };
    const key = canonicalKey(scope.path);
    const id = ids.get(key) ?? randomUUID();
    ids.set(key, id);
    return {
      ...scope,
      id,
      parentId: ids.get(canonicalKey(parentPath ?? '/')) ?? TENANT_ROOT_SCOPE,
      principalId: null,
    };
  });
  return step(rows, (part) => upsertScopes(db, part));
}

function upsertScopes(db: Sql, rows: readonly object[]): Promise<number> {
  return upsertRows(db, 'scope', rows, { columns: ['provider', 'key'], keep: ['id', 'principal_id'] });
}
