/** What is an item of a Microsoft Graph or ARM list, and which row does it become? One reader for each kind of item. */
import { fieldsOf, isObject, type JsonObject, shown } from './importFields.ts';
import { type ImportedScope, readArmItem } from './importScope.ts';
import { assignmentRights, type Permission } from './role.ts';
import type { PrincipalKind, Provider, UserType } from './words.ts';

export interface ImportedPrincipal {
  readonly id: string;
  readonly kind: PrincipalKind;
  readonly displayName: string;
  readonly enabled: boolean;
  /** Null: not told. */
  readonly createdAt: Date | null;
  readonly userPrincipalName: string | null;
  readonly mail: string | null;
  readonly userType: UserType | null;
  readonly jobTitle: string | null;
  readonly department: string | null;
  /** Null: not told, which leaves what is known. */
  readonly lastSignInAt: Date | null;
  readonly roleAssignable: boolean;
  readonly dynamicMembership: boolean;
  readonly synchronized: boolean;
  readonly securityEnabled: boolean;
  readonly appId: string | null;
}

export interface ImportedRole {
  readonly id: string;
  readonly provider: Provider;
  readonly displayName: string;
  readonly builtIn: boolean;
  readonly privileged: boolean;
  readonly assignable: boolean;
  readonly administrativeUnitScope: boolean;
  readonly applicationScope: boolean;
  readonly assignableScopes: readonly string[];
  readonly permissions: readonly Permission[];
  readonly managesAssignments: boolean;
  readonly readsAssignments: boolean;
}

export type ImportedItem =
  | { readonly is: 'PRINCIPAL'; readonly row: ImportedPrincipal }
  | { readonly is: 'SCOPE'; readonly row: ImportedScope }
  | { readonly is: 'ROLE'; readonly row: ImportedRole };

type Reader = (item: JsonObject, problems: string[]) => ImportedItem;

/** Names of Graph types and collections, in small letters, as `@odata.type`, `@odata.context` and page names end. */
const GRAPH_READERS: Readonly<Record<string, Reader>> = {
  user: readUser,
  users: readUser,
  group: readGroup,
  groups: readGroup,
  serviceprincipal: readServicePrincipal,
  serviceprincipals: readServicePrincipal,
  administrativeunit: readAdministrativeUnit,
  administrativeunits: readAdministrativeUnit,
  unifiedroledefinition: readEntraRole,
  roledefinitions: readEntraRole,
};

/** `hint` is the page's `@odata.context` or, without one, its name in the file. */
export function readItem(item: JsonObject, hint: string, problems: string[]): ImportedItem | null {
  const reader = isArm(item) ? readArm : (GRAPH_READERS[graphName(item, hint)] ?? readerByShape(item));
  if (reader) return reader(item, problems);
  problems.push(
    'its kind is not known: expected are users, groups, servicePrincipals, administrativeUnits and roleDefinitions of ' +
      'Microsoft Graph, and management groups, subscriptions, resource groups, resources and roleDefinitions of ARM',
  );
  return null;
}

/** ARM ids are paths. */
function isArm(item: JsonObject): boolean {
  return typeof item.id === 'string' && item.id.includes('/');
}

/** `#microsoft.graph.user` → `user`; `…/$metadata#groups(id,members())` → `groups`. */
function graphName(item: JsonObject, hint: string): string {
  const type = item['@odata.type'];
  if (typeof type === 'string') return type.replace(/^#?microsoft\.graph\./i, '').toLowerCase();
  const name = hint.slice(hint.indexOf('#') + 1).split('(')[0] ?? '';
  return (name.split('/').findLast((part) => part !== '' && part !== '$entity') ?? '').toLowerCase();
}

function readerByShape(item: JsonObject): Reader | null {
  if ('userPrincipalName' in item) return readUser;
  if ('servicePrincipalType' in item) return readServicePrincipal;
  if ('rolePermissions' in item) return readEntraRole;
  if ('securityEnabled' in item || 'isAssignableToRole' in item || 'groupTypes' in item) return readGroup;
  return null;
}

const NO_FIELDS = {
  ...{ enabled: true, userPrincipalName: null, mail: null, userType: null, jobTitle: null, department: null },
  ...{ lastSignInAt: null, roleAssignable: false, dynamicMembership: false, synchronized: false },
  ...{ securityEnabled: false, appId: null },
} as const;

function readUser(item: JsonObject, problems: string[]): ImportedItem {
  const fields = fieldsOf(item, problems);
  const signIn = isObject(item.signInActivity) ? fieldsOf(item.signInActivity, problems) : null;
  const userType = fields.optional('userType') ?? 'Member';
  if (!['member', 'guest'].includes(userType.toLowerCase())) {
    problems.push(`userType is ${shown(userType)}: it must be Member or Guest`);
  }
  const row: ImportedPrincipal = {
    ...{ ...NO_FIELDS, id: fields.id('id'), kind: 'USER', displayName: fields.text('displayName') },
    ...{ enabled: fields.flag('accountEnabled', true), createdAt: fields.instant('createdDateTime') },
    ...{ userPrincipalName: fields.text('userPrincipalName'), mail: fields.optional('mail') },
    ...{ userType: userType.toLowerCase() === 'guest' ? 'GUEST' : 'MEMBER', jobTitle: fields.optional('jobTitle') },
    ...{ department: fields.optional('department'), lastSignInAt: signIn?.instant('lastSignInDateTime') ?? null },
  };
  return { is: 'PRINCIPAL', row };
}

function readGroup(item: JsonObject, problems: string[]): ImportedItem {
  const fields = fieldsOf(item, problems);
  const row: ImportedPrincipal = {
    ...{ ...NO_FIELDS, id: fields.id('id'), kind: 'GROUP', displayName: fields.text('displayName') },
    ...{ createdAt: fields.instant('createdDateTime'), mail: fields.optional('mail') },
    ...{
      roleAssignable: fields.flag('isAssignableToRole', false),
      synchronized: fields.flag('onPremisesSyncEnabled', false),
    },
    ...{ dynamicMembership: fields.texts('groupTypes').includes('DynamicMembership') },
    securityEnabled: fields.flag('securityEnabled', false),
  };
  if (row.roleAssignable && (row.dynamicMembership || row.synchronized)) {
    problems.push('isAssignableToRole is true: such a group must be neither dynamic nor synchronized');
  }
  return { is: 'PRINCIPAL', row };
}

function readServicePrincipal(item: JsonObject, problems: string[]): ImportedItem {
  const fields = fieldsOf(item, problems);
  const managed = fields.optional('servicePrincipalType') === 'ManagedIdentity';
  const row: ImportedPrincipal = {
    ...{ ...NO_FIELDS, id: fields.id('id'), kind: managed ? 'MANAGED_IDENTITY' : 'SERVICE_PRINCIPAL' },
    ...{ displayName: fields.text('displayName'), enabled: fields.flag('accountEnabled', true) },
    ...{ createdAt: fields.instant('createdDateTime'), appId: fields.optionalId('appId') },
  };
  return { is: 'PRINCIPAL', row };
}

function readAdministrativeUnit(item: JsonObject, problems: string[]): ImportedItem {
  const fields = fieldsOf(item, problems);
  const id = fields.id('id');
  const row: ImportedScope = {
    ...{ provider: 'ENTRA_ROLE', kind: 'ADMINISTRATIVE_UNIT', path: `/administrativeUnits/${id}`, parentPath: '/' },
    ...{ displayName: fields.text('displayName'), resourceType: null, objectId: id },
  };
  return { is: 'SCOPE', row };
}

/** A custom role may be scoped to an administrative unit, or to an application, when it grants something about what is there. */
function readEntraRole(item: JsonObject, problems: string[]): ImportedItem {
  const fields = fieldsOf(item, problems);
  const permissions = fields.objects('rolePermissions').map((block) => {
    const of = fieldsOf(block, problems);
    const condition = of.optional('condition');
    const actions = { actions: of.texts('allowedResourceActions'), notActions: of.texts('excludedResourceActions') };
    return condition === null ? actions : { ...actions, condition };
  });
  const grants = (objects: RegExp) => permissions.some(({ actions }) => actions.some((action) => objects.test(action)));
  const row: ImportedRole = {
    ...{ id: fields.id('id'), provider: 'ENTRA_ROLE', displayName: fields.text('displayName') },
    ...{ builtIn: fields.flag('isBuiltIn', false), privileged: fields.flag('isPrivileged', false) },
    ...{ assignable: fields.flag('isEnabled', true), assignableScopes: ['/'], permissions },
    administrativeUnitScope: grants(/^microsoft\.directory\/(users|groups|devices)[/.]/i),
    applicationScope: grants(/^microsoft\.directory\/(applications|servicePrincipals)[/.]/i),
    ...assignmentRights('ENTRA_ROLE', permissions),
  };
  return { is: 'ROLE', row };
}

function readArm(item: JsonObject, problems: string[]): ImportedItem {
  if (/\/providers\/Microsoft\.Authorization\/roleDefinitions\/[^/]+$/i.test(String(item.id))) {
    return readAzureRole(item, problems);
  }
  return { is: 'SCOPE', row: readArmItem(item, problems) };
}

function readAzureRole(item: JsonObject, problems: string[]): ImportedItem {
  const properties = isObject(item.properties) ? item.properties : {};
  const fields = fieldsOf(properties, problems);
  const permissions = fields.objects('permissions').map((block) => {
    const of = fieldsOf(block, problems);
    const condition = of.optional('condition');
    return {
      ...{ actions: of.texts('actions'), notActions: of.texts('notActions') },
      ...{ dataActions: of.texts('dataActions'), notDataActions: of.texts('notDataActions') },
      ...(condition === null ? {} : { condition, conditionVersion: of.optional('conditionVersion') ?? '2.0' }),
    };
  });
  const type = fields.optional('type') ?? 'CustomRole';
  if (!['CustomRole', 'BuiltInRole'].includes(type)) {
    problems.push(`properties.type is ${shown(type)}: it must be CustomRole or BuiltInRole`);
  }
  const row: ImportedRole = {
    ...{ id: fieldsOf({ id: String(item.id).split('/').at(-1) }, problems).id('id'), provider: 'AZURE_RESOURCE' },
    ...{ displayName: fields.text('roleName'), builtIn: type === 'BuiltInRole', privileged: false, assignable: true },
    ...{ administrativeUnitScope: false, applicationScope: false },
    ...{ assignableScopes: fields.texts('assignableScopes'), permissions },
    ...assignmentRights('AZURE_RESOURCE', permissions),
  };
  return { is: 'ROLE', row };
}
