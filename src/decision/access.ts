/** Does this access reach that principal, by which way, until when, and does it grant what is asked? */
import type { Powers, Target } from './powers.ts';
import { GROUP_MEMBER, grantsAction, type Permission } from './role.ts';
import type { AssignmentType, Provider } from './words.ts';

/** The member belongs to the group, by a membership that is in force. */
export interface Membership {
  readonly memberId: string;
  readonly groupId: string;
  /** Null: permanent. */
  readonly endsAt: Date | null;
}

export interface Way {
  /** From the group that holds the access to the one that the principal is a member of; empty when held directly. */
  readonly groupIds: readonly string[];
  /** When the first membership on the way ends; null: never. */
  readonly until: Date | null;
}

/**
 * An active Entra role, and the ownership of a group, reach the direct members of the group that holds them; an Azure
 * role and a membership reach nested members too. What is eligible is activated by nested members but for Entra roles.
 */
export function reachesNested({
  provider,
  type,
  roleId,
}: {
  provider: Provider;
  type: AssignmentType;
  roleId: string;
}): boolean {
  switch (provider) {
    case 'ENTRA_ROLE':
      return false;
    case 'AZURE_RESOURCE':
      return true;
    case 'GROUP':
      return type === 'ELIGIBLE' || roleId === GROUP_MEMBER;
    default:
      return provider satisfies never;
  }
}

const NEVER = Number.POSITIVE_INFINITY;
const endOf = (endsAt: Date | null) => endsAt?.getTime() ?? NEVER;

/** The way that lasts longest, and of those one of the shortest; null: there is none. Cycles of groups do no harm. */
export function lastingWay(
  memberships: readonly Membership[],
  { holderId, principalId, nested }: { holderId: string; principalId: string; nested: boolean },
): Way | null {
  if (holderId === principalId) return { groupIds: [], until: null };
  if (!nested) {
    const direct = memberships.filter((one) => one.memberId === principalId && one.groupId === holderId);
    const until = Math.max(...direct.map(({ endsAt }) => endOf(endsAt)));
    return direct.length === 0 ? null : { groupIds: [holderId], until: until === NEVER ? null : new Date(until) };
  }
  const settled = new Map<string, { until: number; groupIds: readonly string[] }>();
  const open = new Map([[principalId, { until: NEVER, groupIds: [] as readonly string[] }]]);
  while (open.size > 0) {
    const [id, here] = [...open].reduce((best, one) => (isBetter(one[1], best[1]) ? one : best));
    open.delete(id);
    settled.set(id, here);
    for (const { memberId, groupId, endsAt } of memberships) {
      if (memberId !== id || settled.has(groupId)) continue;
      const there = { until: Math.min(here.until, endOf(endsAt)), groupIds: [groupId, ...here.groupIds] };
      const known = open.get(groupId);
      if (known === undefined || isBetter(there, known)) open.set(groupId, there);
    }
  }
  const found = settled.get(holderId);
  return found ? { groupIds: found.groupIds, until: found.until === NEVER ? null : new Date(found.until) } : null;
}

type Reached = { readonly until: number; readonly groupIds: readonly string[] };

function isBetter(a: Reached, b: Reached): boolean {
  return a.until > b.until || (a.until === b.until && a.groupIds.length < b.groupIds.length);
}

export type AccessQuestion =
  | { readonly roleId: string }
  /** An operation of Azure's control plane, or of its data plane; its name does not say which. */
  | { readonly action: string }
  | { readonly dataAction: string };

/** An active assignment at the scope or above it, held by the principal or by a group around it. */
export interface Candidate {
  readonly assignmentId: string;
  readonly provider: Provider;
  readonly roleId: string;
  readonly holderId: string;
  readonly scopeId: string;
  readonly endsAt: Date | null;
  readonly condition: string | null;
  readonly permissions: readonly Permission[];
}

export interface AccessFacts {
  readonly question: AccessQuestion;
  readonly principalId: string;
  /** Neither deleted nor, as far as is known of that instant, disabled. */
  readonly principalEnabled: boolean;
  readonly scopeId: string;
  readonly candidates: readonly Candidate[];
  readonly memberships: readonly Membership[];
}

/** One way in which a principal holds a role at a scope. */
export interface AccessPath {
  readonly assignmentId: string;
  readonly type: AssignmentType;
  readonly provider: Provider;
  readonly principalId: string;
  readonly roleId: string;
  /** Where it is assigned: the scope asked about, or one above it. */
  readonly scopeId: string;
  readonly inherited: boolean;
  readonly groupIds: readonly string[];
  readonly until: Date | null;
  /** The assignment's ABAC condition, or the role's own. */
  readonly condition: string | null;
}

export interface AccessDecision {
  /** On some path that no condition narrows. */
  readonly allowed: boolean;
  /** Every path is narrowed by a condition, which the gateway cannot judge. */
  readonly conditional: boolean;
  /** When the last path ends that decides the answer; null: never, or there is none. */
  readonly until: Date | null;
  readonly paths: readonly AccessPath[];
}

export function decideAccess(f: AccessFacts): AccessDecision {
  const paths = f.principalEnabled ? f.candidates.flatMap((candidate) => pathOf(f, candidate)) : [];
  const firm = paths.filter(({ condition }) => condition === null);
  const deciding = firm.length > 0 ? firm : paths;
  const until = Math.max(...deciding.map((path) => endOf(path.until)));
  return {
    allowed: firm.length > 0,
    conditional: firm.length === 0 && paths.length > 0,
    until: deciding.length === 0 || until === NEVER ? null : new Date(until),
    paths: [...paths].sort((a, b) => endOf(b.until) - endOf(a.until) || (a.assignmentId < b.assignmentId ? -1 : 1)),
  };
}

function pathOf({ question, principalId, scopeId, memberships }: AccessFacts, candidate: Candidate): AccessPath[] {
  const { assignmentId, provider, roleId, holderId } = candidate;
  const type = 'ACTIVE';
  const grant = grantOf(question, candidate);
  const way =
    grant && lastingWay(memberships, { holderId, principalId, nested: reachesNested({ provider, type, roleId }) });
  if (grant === null || way === null) return [];
  const until = Math.min(endOf(candidate.endsAt), endOf(way.until));
  return [
    {
      ...{ assignmentId, type, provider, principalId, roleId, scopeId: candidate.scopeId },
      inherited: candidate.scopeId !== scopeId,
      groupIds: way.groupIds,
      until: until === NEVER ? null : new Date(until),
      condition: candidate.condition ?? grant.condition,
    },
  ];
}

/** Null: it does not grant what is asked. A block without a condition is preferred to one with. */
function grantOf(question: AccessQuestion, { roleId, permissions }: Candidate): { condition: string | null } | null {
  if ('roleId' in question) return question.roleId === roleId ? { condition: null } : null;
  const granting = permissions.filter((block) =>
    'action' in question
      ? grantsAction([block], question.action)
      : grantsAction(
          [{ actions: block.dataActions ?? [], notActions: block.notDataActions ?? [] }],
          question.dataAction,
        ),
  );
  if (granting.length === 0) return null;
  const firm = granting.some(({ condition }) => condition === undefined);
  return { condition: firm ? null : (granting[0]?.condition ?? null) };
}

/** Types of other people's access at a scope that the powers let one see; one's own is always seen. */
export function mayViewAccess(powers: Powers, { provider, type, ancestorIds, group }: Target): boolean {
  switch (provider) {
    case 'ENTRA_ROLE':
      return powers.entraView.includes(type);
    case 'AZURE_RESOURCE':
      return powers.azureView.some((scopeId) => ancestorIds.includes(scopeId));
    case 'GROUP':
      if (group === null) return false;
      if (powers.ownedGroups.includes(group.id) || powers.groups.includes(group.id)) return true;
      return group.roleAssignable ? powers.roleAssignableGroupsView : powers.otherGroupsView;
    default:
      return provider satisfies never;
  }
}
