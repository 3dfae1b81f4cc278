/** Which object does an id name? Global object ids are opaque: a type's name and a uuid, or two. @see https://relay.dev/graphql/objectidentification.htm */

export type NodeType =
  | 'User'
  | 'Group'
  | 'ServicePrincipal'
  | 'ManagedIdentity'
  | 'Role'
  | 'Scope'
  | 'Assignment'
  | 'Request'
  | 'RolePolicy'
  | 'PolicyTemplate'
  | 'BulkOperation';

export const PRINCIPAL_TYPES = ['User', 'Group', 'ServicePrincipal', 'ManagedIdentity'] as const;

/** What an id of another type, or none at all, is taken for: it names nothing, like an id that does not exist. */
export const NOTHING = '00000000-0000-0000-0000-000000000000';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What is no row of its own is named by two: a role policy by its role and its scope. */
const PAIRS: readonly string[] = ['RolePolicy'];

/** Of ASCII letters, digits, `:`, `/` and `-` base64 makes neither `+` nor `/`; a Buffer takes twice the time of `btoa`. */
export function globalId(type: NodeType, id: string): string {
  const text = btoa(`${type}:${id}`);
  return text.endsWith('==') ? text.slice(0, -2) : text.endsWith('=') ? text.slice(0, -1) : text;
}

export function decodeId(globalId: string): { type: string; id: string } | null {
  const [type = '', id = '', ...rest] = Buffer.from(globalId, 'base64url').toString().split(':');
  const parts = id.split('/');
  const complete = parts.length === (PAIRS.includes(type) ? 2 : 1) && parts.every((part) => UUID.test(part));
  return rest.length === 0 && complete ? { type, id } : null;
}

/** The uuid behind an id of one of the types, otherwise that of nothing. */
export function idOf(id: string, ...types: readonly NodeType[]): string {
  const decoded = decodeId(id);
  return decoded && (types as readonly string[]).includes(decoded.type) ? decoded.id : NOTHING;
}

export function idsOf(ids: readonly string[] | null | undefined, ...types: readonly NodeType[]): string[] | undefined {
  return ids?.map((id) => idOf(id, ...types));
}
