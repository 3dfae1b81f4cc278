/** Who is there to try the gateway with? A retailer of our invention, the same one at every first start, told as of now. */
import { plus } from '../decision/schedule.ts';
import { standingAccess } from './access.ts';
import { activations } from './activations.ts';
import { administration } from './administration.ts';
import type { Past } from './past.ts';
import { DAY } from './people.ts';
import { places } from './places.ts';
import { currentPolicies, policies } from './policies.ts';
import { seeded } from './random.ts';
import type * as Row from './rows.ts';

/** The rows of every table, in an order in which each refers only to what is already there. */
export interface DemoCompany {
  readonly principals: readonly Row.PrincipalRow[];
  /** Without the directory and the tenant root, which every database has. */
  readonly scopes: readonly Row.ScopeRow[];
  readonly administrativeUnitMembers: readonly Row.AdministrativeUnitMemberRow[];
  readonly policyVersions: readonly Row.PolicyVersionRow[];
  readonly assignments: readonly Row.AssignmentRow[];
  readonly requests: readonly Row.RequestRow[];
  readonly requestApprovers: readonly Row.RequestApproverRow[];
  readonly approvalDecisions: readonly Row.ApprovalDecisionRow[];
  /** In the order in which they happened. */
  readonly events: readonly Row.EventRow[];
}

/** The same `now` gives equal rows; another one gives the same company at another time. */
export function demoCompany(now: Date): DemoCompany {
  const all = places(now);
  const settings = policies(all, now);
  const past: Past = {
    ...{ now, random: seeded(10), policies: currentPolicies(settings) },
    ...{ assignments: [], requests: [], approvers: [], decisions: [], events: [] },
  };
  administration(past, all, standingAccess(all, now));
  activations(past, all);
  const principals = [...all.users, ...all.groups, ...all.servicePrincipals, ...all.managedIdentities];
  const scopes = [...all.scopes, ...all.tree];
  return {
    principals,
    scopes,
    administrativeUnitMembers: all.administrativeUnitMembers,
    policyVersions: settings.map(({ approvers: _approvers, deciders: _deciders, ...version }) => version),
    assignments: past.assignments,
    requests: past.requests,
    requestApprovers: past.approvers,
    approvalDecisions: past.decisions,
    events: [arrival(now, principals.length, scopes.length), ...inOrder(past.events)],
  };
}

/** Everything that is older than 30 days came with an import on the first of them. */
function arrival(now: Date, principals: number, scopes: number): Row.EventRow {
  const nobody = {
    actorId: null,
    provider: null,
    assignmentType: null,
    principalId: null,
    roleId: null,
    scopeId: null,
  };
  const payload = { principals, scopes };
  return {
    at: plus(now, -30 * DAY),
    type: 'directory.imported',
    ...nobody,
    assignmentId: null,
    requestId: null,
    payload,
  };
}

function inOrder(events: readonly Row.EventRow[]): Row.EventRow[] {
  return events.toSorted((one, other) => one.at.getTime() - other.at.getTime());
}
