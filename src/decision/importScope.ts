/** Which scope is an ARM id? Management group, subscription, resource group or resource, and where it hangs in the tree. */
import { fieldsOf, isObject, type JsonObject, shown, unfitPath } from './importFields.ts';
import type { Provider, ScopeKind } from './words.ts';

export interface ImportedScope {
  readonly provider: Provider;
  readonly kind: ScopeKind;
  readonly path: string;
  /** Null: the item does not tell, and a scope that is known stays where it is. */
  readonly parentPath: string | null;
  readonly displayName: string;
  readonly resourceType: string | null;
  /** The object id behind a directory scope: it becomes the scope's own id. Null for Azure. */
  readonly objectId: string | null;
}

const MANAGEMENT_GROUP = '/providers/Microsoft.Management/managementGroups/';
const KINDS: readonly (readonly [ScopeKind, RegExp])[] = [
  ['MANAGEMENT_GROUP', /^\/providers\/Microsoft\.Management\/managementGroups\/[^/]+$/i],
  ['SUBSCRIPTION', /^\/subscriptions\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i],
  ['RESOURCE_GROUP', /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+$/i],
  ['RESOURCE', /^\/subscriptions\/[^/]+(\/resourceGroups\/[^/]+)?\/providers\/[^/]+(\/[^/]+\/[^/]+)+$/i],
];

export function readArmItem(item: JsonObject, problems: string[]): ImportedScope {
  const path = armPath(item, problems);
  const kind = KINDS.find(([, pattern]) => pattern.test(path))?.[0];
  if (kind === undefined && problems.length === 0) {
    problems.push(
      `id is ${shown(path)}: it must be the id of a management group, subscription, resource group or resource`,
    );
  }
  const fields = fieldsOf(item, problems);
  const properties = isObject(item.properties) ? item.properties : {};
  const name = fields.optional('displayName') ?? fieldsOf(properties, problems).optional('displayName');
  return {
    ...{ provider: 'AZURE_RESOURCE', kind: kind ?? 'RESOURCE', path, objectId: null },
    parentPath: kind === 'RESOURCE' || kind === 'RESOURCE_GROUP' ? parentByPath(path) : parentByField(item, properties),
    displayName: name ?? fields.optional('name') ?? path.split('/').at(-1) ?? path,
    resourceType: kind === 'RESOURCE' ? (fields.optional('type') ?? typeOf(path)) : null,
  };
}

/** A list below a management group names its subscriptions by another path. */
function armPath(item: JsonObject, problems: string[]): string {
  const id = fieldsOf(item, problems).text('id');
  const unfit = unfitPath(id);
  if (unfit !== null && id !== '') problems.push(`id is ${shown(id)}: ${unfit}`);
  return id.replace(/^\/providers\/Microsoft\.Management\/managementGroups\/[^/]+(\/subscriptions\/[^/]+)$/i, '$1');
}

/** The resource group is above a resource, unless the parent resource is: that is looked for when all are known. */
function parentByPath(path: string): string {
  const provider = path.search(/\/providers\/[^/]+(\/[^/]+\/[^/]+)+$/i);
  return provider > 0 ? path.slice(0, provider) : path.slice(0, path.search(/\/resourceGroups\/[^/]+$/i));
}

/** `…/Microsoft.Sql/servers/one/databases/two` → `…/Microsoft.Sql/servers/one`; null when nothing is above but a group. */
export function parentResource(path: string): string | null {
  return ownPart(path).length > 3 ? path.split('/').slice(0, -2).join('/') : null;
}

/** Namespace, then types and names by turns: what follows the last `providers` that is no resource group's own name. */
function ownPart(path: string): string[] {
  return /^.*\/providers\/([^/]+(\/[^/]+\/[^/]+)+)$/i.exec(path)?.[1]?.split('/') ?? [];
}

function parentByField(item: JsonObject, properties: JsonObject): string | null {
  const details = isObject(properties.details) ? properties.details : {};
  const parent = [details.parent, properties.parent].find(isObject)?.id ?? item.managementGroupId;
  if (typeof parent !== 'string' || parent === '') return null;
  return parent.includes('/') ? parent : `${MANAGEMENT_GROUP}${parent}`;
}

function typeOf(path: string): string {
  return ownPart(path)
    .filter((_, index) => index === 0 || index % 2 === 1)
    .join('/');
}
