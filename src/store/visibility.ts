/** Which rows may a viewer see? One predicate for every noun, inside the SQL of every list, look-up and stream. */
import { type RawBuilder, sql } from 'kysely';
import { browsesDirectory, type Powers, type Viewer } from '../decision/powers.ts';
import { TENANT_ROOT_SCOPE } from '../decision/role.ts';
import { ASSIGNMENT_TYPES, PROVIDERS, type Provider } from '../decision/words.ts';
import { unseen } from './database.ts';

type Predicate = RawBuilder<boolean>;

/** For aliases of `assignment`, `request` and `event`: all name a provider, a scope and a principal. */
export interface AccessColumns {
  readonly alias: string;
  readonly typeColumn: 'type' | 'assignment_type';
  /** The rows are found by their ids: one plan serves everybody. Default false: the planner looks at what the viewer may see. */
  readonly isFound?: boolean;
}

const ids = (values: readonly string[]) => sql`${[...values]}::uuid[]`;
const any = (parts: readonly Predicate[]): Predicate => sql<boolean>`(${sql.join(parts, sql` OR `)})`;

/** Names of this file and its callers, as they are: Kysely takes four microseconds to read one, and as long to write it. */
const columns = new Map<string, RawBuilder<unknown>>();

function column(alias: string, name: string): RawBuilder<unknown> {
  const text = `${alias}.${name}`;
  const known = columns.get(text) ?? sql.raw(text);
  columns.set(text, known);
  return known;
}

/**
 * One's own and one's groups' access, and what one's powers reach. @see domain: who can do what
 * @param providers where only theirs are asked for, so that nobody looks through a million others for what is not there
 */
export function visibleAccess(
  viewer: Viewer,
  { alias, typeColumn, isFound = false }: AccessColumns,
  providers: readonly Provider[] = PROVIDERS,
): Predicate {
  // Every assignment has a provider and a place; a request or an event need not.
  if (typeColumn === 'type' && seesEveryAssignment(viewer)) return sql<boolean>`true`;
  const { id, powers } = viewer;
  const idsOf = isFound ? unseen : ids;
  const provider = column(alias, 'provider');
  const scopeId = column(alias, 'scope_id');
  const parts: Predicate[] = [sql<boolean>`${column(alias, 'principal_id')} = ANY(${idsOf([id, ...powers.groups])})`];
  const entra = providers.includes('ENTRA_ROLE');
  if (entra && powers.entraView.length === ASSIGNMENT_TYPES.length) {
    parts.push(sql<boolean>`${provider} = 'ENTRA_ROLE'`);
  } else if (entra && powers.entraView.length > 0) {
    parts.push(
      sql<boolean>`(${provider} = 'ENTRA_ROLE' AND ${column(alias, typeColumn)} = ANY(${[...powers.entraView]}))`,
    );
  }
  if (powers.azureView.length > 0 && providers.includes('AZURE_RESOURCE')) {
    // A few scopes are found by the index of scopes; among many, the rows of a page are soon found by time.
    const { azureReach: few, azureView: tops } = powers;
    const reached = few ? sql<boolean>`${scopeId} = ANY(${ids(few)})` : azureBelow(scopeId, tops);
    parts.push(sql<boolean>`(${provider} = 'AZURE_RESOURCE' AND ${reached})`);
  }
  const groups = ofGroups(scopeId, viewedGroups(powers));
  if (groups && providers.includes('GROUP')) parts.push(sql<boolean>`(${provider} = 'GROUP' AND ${groups})`);
  return any(parts);
}

/** Nothing is asked about each row then, and PostgreSQL keeps the plan. */
function seesEveryAssignment({ powers }: Viewer): boolean {
  const entra = powers.entraView.length === ASSIGNMENT_TYPES.length;
  return entra && seesAllGroups(powers) && powers.azureView.includes(TENANT_ROOT_SCOPE);
}

const seesAllGroups = (powers: Powers) => powers.roleAssignableGroupsView && powers.otherGroupsView;

/** Nobody's access but the viewer's and that of the viewer's groups. */
export function isOwn({ id, powers }: Viewer, principalIds: readonly string[]): boolean {
  return principalIds.every((each) => each === id || powers.groups.includes(each));
}

/** Of which providers somebody sees more than what is found by its principals and scopes: a page of it is soon found in all. */
export function seesWidely({ powers }: Viewer, providers: readonly Provider[] = PROVIDERS): Provider[] {
  const wide = {
    ENTRA_ROLE: powers.entraView.length > 0,
    AZURE_RESOURCE: powers.azureView.length > 0 && !powers.azureReach,
    GROUP: powers.roleAssignableGroupsView || powers.otherGroupsView,
  };
  return providers.filter((provider) => wide[provider]);
}

/** What one's powers let one manage. @see src/decision/powers.ts, which says the same of one assignment */
export function manageableAccess({ powers }: Viewer, { alias, typeColumn }: AccessColumns): Predicate {
  const provider = column(alias, 'provider');
  const scopeId = column(alias, 'scope_id');
  return any([
    sql<boolean>`(${provider} = 'ENTRA_ROLE' AND ${column(alias, typeColumn)} = ANY(${[...powers.entraManage]}::text[]))`,
    sql<boolean>`(${provider} = 'AZURE_RESOURCE' AND ${azureBelow(scopeId, powers.azureManage)})`,
    sql<boolean>`(${provider} = 'GROUP' AND ${ofGroups(scopeId, managedGroups(powers)) ?? sql`false`})`,
  ]);
}

/**
 * Adds what one asked for, and what one is asked to decide.
 * @param isFew what all of it finds by indexes is little; otherwise each row is asked about, and what one decides is hashed
 */
export function visibleRequest(
  viewer: Viewer,
  alias: string,
  { providers, isFew = false }: { readonly providers?: readonly Provider[]; readonly isFew?: boolean } = {},
): Predicate {
  const id = column(alias, 'id');
  const asked = isFew
    ? sql<boolean>`${id} = ANY(ARRAY(${decidable(viewer)}))`
    : sql<boolean>`${id} IN (${decidable(viewer)})`;
  return ownOr(viewer, alias, asked, providers);
}

/** The same of single requests, of the alias `q`: the approvers of each instead of all that the viewer is asked to decide. */
export function visibleSingleRequest(viewer: Viewer): Predicate {
  return ownOr(viewer, 'q', sql<boolean>`${viewer.id} IN (${decidersOfRequest})`);
}

function ownOr(viewer: Viewer, alias: string, asked: Predicate, providers?: readonly Provider[]): Predicate {
  return any([
    visibleAccess(viewer, { alias, typeColumn: 'assignment_type' }, providers),
    sql<boolean>`${column(alias, 'requestor_id')} = ${viewer.id}`,
    asked,
  ]);
}

/** Requests that the viewer is, or was, asked to decide: whoever stands behind a later stage hears of it when it opens. */
function decidable(viewer: Viewer) {
  return sql`SELECT asked.request_id FROM request_approver asked JOIN request q ON q.id = asked.request_id
    WHERE asked.approver_id = ${viewer.id} AND ${isAsked}`;
}

const isAsked = sql<boolean>`(
  (asked.stage <= q.stage AND NOT asked.escalation)
  OR (asked.stage = q.stage AND q.escalates_at <= clock_timestamp())
  OR EXISTS (SELECT 1 FROM approval_decision d WHERE d.request_id = q.id AND d.decided_by = asked.approver_id))`;

/** Who is, or was, asked to decide the request of the alias `q`. */
export const decidersOfRequest = sql`SELECT asked.approver_id FROM request_approver asked WHERE asked.request_id = q.id AND ${isAsked}`;

/** A wish to extend or to renew what was assigned is decided by whoever manages it; a longer activation by approvers. */
export const administratorsDecide = sql<boolean>`(q.action = 'SELF_RENEW' OR (q.action = 'SELF_EXTEND' AND q.eligibility_id IS NULL))`;

/** @see src/decision/event.ts, which says the same of one event */
export function visibleEvent(viewer: Viewer, alias: string): Predicate {
  return any([
    visibleAccess(viewer, { alias, typeColumn: 'assignment_type' }),
    sql<boolean>`${column(alias, 'actor_id')} = ${viewer.id}`,
    sql<boolean>`${column(alias, 'request_id')} IN (${decidable(viewer)})`,
    sql<boolean>`EXISTS (SELECT FROM request own WHERE own.id = ${column(alias, 'request_id')} AND own.requestor_id = ${viewer.id})`,
  ]);
}

/** What one did, what concerned one's own, and what one audits. @see src/decision/event.ts, which says the same of one event */
export function auditedEvent({ id, powers }: Viewer, alias: string): Predicate {
  // What is about no place is of the directory's audit, whatever provider it is about.
  if (powers.entraAudit && seesAllGroups(powers) && powers.azureManage.includes(TENANT_ROOT_SCOPE)) {
    return sql<boolean>`true`;
  }
  const [provider, scopeId] = [column(alias, 'provider'), column(alias, 'scope_id')];
  const parts = [
    sql<boolean>`${column(alias, 'actor_id')} = ${id}`,
    sql<boolean>`${column(alias, 'principal_id')} = ANY(${ids([id, ...powers.groups])})`,
  ];
  if (powers.ownedGroups.length > 0) {
    parts.push(sql<boolean>`${scopeId} = ANY(ARRAY(
      SELECT gs.id FROM scope gs WHERE gs.kind = 'GROUP' AND gs.principal_id = ANY(${ids(powers.ownedGroups)})))`);
  }
  if (powers.entraAudit) {
    parts.push(sql<boolean>`(${scopeId} IS NULL OR ${provider} IS NULL OR ${provider} = 'ENTRA_ROLE')`);
  }
  if (powers.azureManage.length > 0) {
    parts.push(sql<boolean>`(${provider} = 'AZURE_RESOURCE' AND ${azureBelow(scopeId, powers.azureManage)})`);
  }
  const groups = ofGroups(scopeId, { ...viewedGroups(powers), named: [] });
  if (groups) parts.push(sql<boolean>`(${provider} = 'GROUP' AND ${groups})`);
  return any(parts);
}

export function visiblePrincipal(viewer: Viewer, alias: string): Predicate {
  const present = sql<boolean>`${column(alias, 'deleted_at')} IS NULL`;
  if (browsesDirectory(viewer)) return present;
  const own = ids([viewer.id, ...viewer.powers.groups, ...viewer.powers.ownedGroups]);
  return sql<boolean>`(${present} AND ${column(alias, 'id')} = ANY(${own}))`;
}

/** Directory and group scopes go with their principals; Azure scopes with a right, or something held, above or below. */
export function visibleScope(viewer: Viewer, alias: string): Predicate {
  const id = column(alias, 'id');
  const own = ids([viewer.id, ...viewer.powers.groups]);
  // The scopes the viewer has anything to do with; everything above them is named on the way down.
  const anchors = sql`(
    SELECT unnest(${ids(viewer.powers.azureView)}) AS scope_id
    UNION SELECT a.scope_id FROM assignment a
      WHERE a.principal_id = ANY(${own}) AND (a.ends_at IS NULL OR a.ends_at > clock_timestamp()))`;
  const below = viewer.powers.azureView.includes(TENANT_ROOT_SCOPE)
    ? sql<boolean>`${column(alias, 'provider')} = 'AZURE_RESOURCE'`
    : sql<boolean>`${id} IN (SELECT b.scope_id FROM scope_ancestor b JOIN ${anchors} x ON x.scope_id = b.ancestor_id
        JOIN scope t ON t.id = x.scope_id AND t.provider = 'AZURE_RESOURCE')`;
  const parts: Predicate[] = [
    below,
    sql<boolean>`${id} IN (SELECT b.ancestor_id FROM scope_ancestor b JOIN ${anchors} x ON x.scope_id = b.scope_id)`,
    sql<boolean>`${column(alias, 'kind')} = 'DIRECTORY'`,
  ];
  if (browsesDirectory(viewer)) parts.push(sql<boolean>`${column(alias, 'provider')} <> 'AZURE_RESOURCE'`);
  return any(parts);
}

/** At one of these Azure scopes or below; everything of Azure lies below the root of the tenant. */
function azureBelow(scopeId: RawBuilder<unknown>, tops: readonly string[]): Predicate {
  if (tops.includes(TENANT_ROOT_SCOPE)) return sql<boolean>`${scopeId} IS NOT NULL`;
  return sql<boolean>`${scopeId} IN (SELECT scope_id FROM scope_ancestor WHERE ancestor_id = ANY(${ids(tops)}))`;
}

/** Groups somebody has to do with: some by their ids, the role-assignable ones, and the others. */
interface GroupReach {
  readonly named: readonly string[];
  readonly roleAssignable: boolean;
  readonly others: boolean;
}

const viewedGroups = ({ groups, ownedGroups, roleAssignableGroupsView, otherGroupsView }: Powers): GroupReach => ({
  ...{ named: [...ownedGroups, ...groups], roleAssignable: roleAssignableGroupsView, others: otherGroupsView },
});

const managedGroups = ({ ownedGroups, roleAssignableGroupsManage, otherGroupsManage }: Powers): GroupReach => ({
  ...{ named: ownedGroups, roleAssignable: roleAssignableGroupsManage, others: otherGroupsManage },
});

/**
 * For a column that names the scope of a group: the role-assignable groups are few, and the others are all but them.
 * What is about no place, such as a template, is not about a group. Null: none.
 */
function ofGroups(scopeId: RawBuilder<unknown>, { named, roleAssignable, others }: GroupReach): Predicate | null {
  const present = sql<boolean>`${scopeId} IS NOT NULL`;
  if (roleAssignable && others) return present;
  const parts: Predicate[] = [];
  if (named.length > 0) {
    parts.push(sql<boolean>`${scopeId} = ANY(ARRAY(
      SELECT gs.id FROM scope gs WHERE gs.kind = 'GROUP' AND gs.principal_id = ANY(${ids(named)})))`);
  }
  const few = sql`(SELECT gs.id FROM principal g JOIN scope gs ON gs.principal_id = g.id AND gs.kind = 'GROUP'
    WHERE g.role_assignable)`;
  if (roleAssignable) parts.push(sql<boolean>`${scopeId} IN ${few}`);
  if (others) parts.push(sql<boolean>`(${present} AND ${scopeId} NOT IN ${few})`);
  return parts.length > 0 ? any(parts) : null;
}

/** Role settings: for readers of the directory, for resource administrators at and below their scopes, for readers of a group. */
export function visiblePolicy({ powers }: Viewer, alias: string): Predicate {
  const provider = column(alias, 'provider');
  const scopeId = column(alias, 'scope_id');
  const parts: Predicate[] = [sql<boolean>`false`];
  if (powers.entraPoliciesView) parts.push(sql<boolean>`${provider} = 'ENTRA_ROLE'`);
  if (powers.azureManage.length > 0) {
    parts.push(sql<boolean>`(${provider} = 'AZURE_RESOURCE' AND ${azureBelow(scopeId, powers.azureManage)})`);
  }
  const groups = ofGroups(scopeId, viewedGroups(powers));
  if (groups) parts.push(sql<boolean>`(${provider} = 'GROUP' AND ${groups})`);
  return any(parts);
}
