/** Who may be told of an event? Judged for every delivery, from the rights of now and the facts of the event. */
import type { EventType } from '../events.ts';
import { canonicalKey } from './assignment.ts';
import { managesSomething, mayManage, type Powers, type Viewer } from './powers.ts';
import { ASSIGNMENT_TYPES, type AssignmentType, type Provider } from './words.ts';

/** What the judgement needs to know of an event; whatever does not apply is null or empty. */
export interface EventFacts {
  readonly type: EventType;
  readonly actorId: string | null;
  readonly provider: Provider | null;
  readonly assignmentType: AssignmentType | null;
  readonly principalId: string | null;
  readonly roleId: string | null;
  readonly requestId: string | null;
  /** The bulk operation it is about. */
  readonly operationId: string | null;
  /** The scope itself and everything above it. */
  readonly ancestorIds: readonly string[];
  /** Their canonical paths. */
  readonly ancestorKeys: readonly string[];
  /** The group of a GROUP scope. */
  readonly group: { readonly id: string; readonly roleAssignable: boolean } | null;
  /** Who made the request. */
  readonly requestorId: string | null;
  /** Who is, or was, asked to decide the request. */
  readonly deciderIds: readonly string[];
  /** A holder's wish to extend or to renew: whoever manages the access decides it. */
  readonly administratorsDecide: boolean;
}

/** Which events somebody wants; every field given must hold. */
export interface EventFilter {
  readonly types: readonly EventType[];
  readonly providers?: readonly Provider[] | null | undefined;
  /** Path of a scope: events at it and below it. */
  readonly below?: string | null | undefined;
  readonly principalIds?: readonly string[] | null | undefined;
  readonly roleIds?: readonly string[] | null | undefined;
  readonly actorIds?: readonly string[] | null | undefined;
}

export function isChosen(filter: EventFilter, event: EventFacts): boolean {
  return (
    filter.types.includes(event.type) &&
    names(filter.providers, event.provider) &&
    names(filter.principalIds, event.principalId) &&
    names(filter.roleIds, event.roleId) &&
    names(filter.actorIds, event.actorId) &&
    (filter.below == null || event.ancestorKeys.includes(canonicalKey(filter.below)))
  );
}

const names = <T>(wanted: readonly T[] | null | undefined, value: T | null) =>
  wanted == null || (value !== null && wanted.includes(value));

/** Whom a stream is for. */
export type Audience =
  /** Everybody, each with what they may view. */
  | { readonly kind: 'ASSIGNMENTS' }
  /** Those who decide requests. */
  | { readonly kind: 'APPROVALS' }
  /** Holders, with what they hold themselves or through a group. */
  | { readonly kind: 'OWN_ACCESS' }
  /** Whoever may view one request. */
  | { readonly kind: 'REQUEST'; readonly requestId: string }
  /** Whoever asked for one bulk operation. */
  | { readonly kind: 'BULK_OPERATION'; readonly operationId: string }
  | { readonly kind: 'POLICIES' }
  | { readonly kind: 'AUDIT' };

/** What one's roles show, whoever one is: viewers of equal powers and no part in the event are told the same. */
export function showsByPowers(audience: Audience, powers: Powers, event: EventFacts): boolean {
  switch (audience.kind) {
    case 'ASSIGNMENTS':
      return viewsAccess(powers, event);
    case 'REQUEST':
      return event.requestId === audience.requestId && viewsAccess(powers, event);
    case 'APPROVALS':
    case 'OWN_ACCESS':
    case 'BULK_OPERATION':
      return false;
    case 'POLICIES':
      return event.type === 'policy.updated' && viewsPolicy(powers, event);
    case 'AUDIT':
      return audits(powers, event);
    default:
      return audience satisfies never;
  }
}

/** Whether a stream for this audience tells the viewer of the event for the viewer's own part in it. */
export function concerns(audience: Audience, viewer: Viewer, event: EventFacts): boolean {
  switch (audience.kind) {
    case 'ASSIGNMENTS':
      return takesPart(viewer, event);
    case 'REQUEST':
      return event.requestId === audience.requestId && takesPart(viewer, event);
    case 'APPROVALS':
      return event.deciderIds.includes(viewer.id) || administers(viewer, event);
    case 'OWN_ACCESS':
      return holds(viewer, event);
    case 'BULK_OPERATION':
      return event.operationId === audience.operationId && event.principalId === viewer.id;
    case 'POLICIES':
      if (event.type === 'policy.updated') return belongsToGroup(viewer, event);
      return event.type.startsWith('policyTemplate.') && managesSomething(viewer.powers);
    case 'AUDIT':
      return event.actorId === viewer.id || holds(viewer, event) || owns(viewer, event);
    default:
      return audience satisfies never;
  }
}

/** As holder, actor, requestor or decider, or with the group that it is about. */
export function takesPart(viewer: Viewer, event: EventFacts): boolean {
  return (
    holds(viewer, event) ||
    event.actorId === viewer.id ||
    event.requestorId === viewer.id ||
    event.deciderIds.includes(viewer.id) ||
    belongsToGroup(viewer, event)
  );
}

/** An administrator who is not the one that asks; an application decides nothing. */
function administers({ id, kind, powers }: Viewer, event: EventFacts): boolean {
  const { administratorsDecide, provider, assignmentType: type, principalId } = event;
  if (!administratorsDecide || kind !== 'USER' || principalId === id) return false;
  return provider !== null && type !== null && mayManage(powers, { ...event, provider, type });
}

function holds({ id, powers }: Viewer, { principalId }: EventFacts): boolean {
  return principalId !== null && (principalId === id || powers.groups.includes(principalId));
}

function owns({ powers }: Viewer, { group }: EventFacts): boolean {
  return group !== null && powers.ownedGroups.includes(group.id);
}

function belongsToGroup(viewer: Viewer, event: EventFacts): boolean {
  return owns(viewer, event) || (event.group !== null && viewer.powers.groups.includes(event.group.id));
}

function viewsAccess(powers: Powers, event: EventFacts): boolean {
  switch (event.provider) {
    case null:
      return false;
    case 'ENTRA_ROLE':
      if (event.assignmentType === null) return powers.entraView.length === ASSIGNMENT_TYPES.length;
      return powers.entraView.includes(event.assignmentType);
    case 'AZURE_RESOURCE':
      return reaches(powers.azureView, event);
    case 'GROUP':
      return viewsGroup(powers, event);
    default:
      return event.provider satisfies never;
  }
}

function viewsPolicy(powers: Powers, event: EventFacts): boolean {
  if (event.provider === 'ENTRA_ROLE') return powers.entraPoliciesView;
  return event.provider === 'GROUP' ? viewsGroup(powers, event) : reaches(powers.azureManage, event);
}

/** Resource administrators audit their resources; what lies nowhere, such as a template, is the directory's. */
function audits(powers: Powers, event: EventFacts): boolean {
  if (event.ancestorIds.length === 0) return powers.entraAudit;
  if (event.provider === 'AZURE_RESOURCE') return reaches(powers.azureManage, event);
  return event.provider === 'GROUP' ? viewsGroup(powers, event) : powers.entraAudit;
}

const reaches = (scopeIds: readonly string[], { ancestorIds }: EventFacts) =>
  scopeIds.some((id) => ancestorIds.includes(id));

function viewsGroup(powers: Powers, { group }: EventFacts): boolean {
  if (group === null) return false;
  return group.roleAssignable ? powers.roleAssignableGroupsView : powers.otherGroupsView;
}

/** Whether somebody may view less than before. */
export function viewsLess(before: Powers, after: Powers): boolean {
  return (
    before.entraView.some((type) => !after.entraView.includes(type)) ||
    before.azureView.some((id) => !after.azureView.includes(id)) ||
    before.azureManage.some((id) => !after.azureManage.includes(id)) ||
    before.groups.some((id) => !after.groups.includes(id)) ||
    before.ownedGroups.some((id) => !after.ownedGroups.includes(id)) ||
    (before.entraAudit && !after.entraAudit) ||
    (before.entraPoliciesView && !after.entraPoliciesView) ||
    (before.roleAssignableGroupsView && !after.roleAssignableGroupsView) ||
    (before.otherGroupsView && !after.otherGroupsView) ||
    (managesSomething(before) && !managesSomething(after))
  );
}
