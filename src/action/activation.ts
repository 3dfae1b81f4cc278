/** A holder turns an eligible assignment into an active one, at once or once it is approved. */
import { type Activation, type ActivationFacts, decideActivation } from '../decision/activation.ts';
import { type ApprovalStageFacts, escalatesAt } from '../decision/approval.ts';
import { defaultPolicy, type RolePolicyRules } from '../decision/policy.ts';
import type { Viewer } from '../decision/powers.ts';
import { DIRECTORY_SCOPE, ENTRA } from '../decision/role.ts';
import type { Proof, Reasons } from '../decision/rules.ts';
import type { ScheduleInput } from '../decision/schedule.ts';
import type { Provider } from '../decision/words.ts';
import { isRefused } from '../refusals.ts';
import { assignmentRow, heldRead, lockEligibility } from '../store/assignment.ts';
import { insertTogether } from '../store/bulk.ts';
import type { Sql } from '../store/database.ts';
import { type EventSubject, eventRow, record } from '../store/event.ts';
import { type CurrentPolicy, policyRead } from '../store/policy.ts';
import { enabledHolders, enabledUsers } from '../store/principal.ts';
import { readAtOnce } from '../store/reads.ts';
import { closeOverdue, insertRequest, pendingRead, requestRow } from '../store/request.ts';
import { roleRead } from '../store/role.ts';
import { scopeIdOf, scopeRead } from '../store/scope.ts';
import { databaseNow, type Transaction } from '../store/transaction.ts';
import { type ScopeArgument, scopeReference } from './assignment.ts';
import { type BatchInput, performMany } from './batch.ts';
import {
  type ActionContext,
  asHolder,
  type CommonInput,
  type HolderAttempt,
  type Outcome,
  performAsHolder,
  type Written,
} from './perform.ts';

export interface ActivateInput extends CommonInput {
  readonly eligibilityId: string;
  /** Null: the scope of the eligible assignment; otherwise that or one below it. */
  readonly scope: ScopeArgument | null;
  readonly schedule: ScheduleInput;
  readonly reasons: Reasons;
}

export function activate(context: ActionContext, input: ActivateInput): Promise<Outcome> {
  return performAsHolder(context, 'activate', input, (attempt) => activateOne(attempt, input));
}

export interface ActivateManyInput extends BatchInput {
  readonly activations: readonly ActivateInput[];
}

export function activateMany(context: ActionContext, input: ActivateManyInput): Promise<Outcome[]> {
  return performMany(context, 'activateMany', input, {
    items: input.activations,
    verb: 'activate',
    work: (attempt, item) => activateOne(asHolder(attempt), item),
    one: (item) => activate(context, item),
  });
}

async function activateOne({ tx, holder: viewer, present }: HolderAttempt, input: ActivateInput) {
  const { facts, policy } = await activationFacts(tx, {
    viewerId: viewer.id,
    eligibilityId: input.eligibilityId,
    scope: input.scope,
    scopeViewer: present,
    schedule: input.schedule,
    reasons: input.reasons,
    proof: viewer.proof,
  });
  // Nothing eligible was found, perhaps because there is nobody any more: that has an answer of its own.
  if (facts.eligibility === null) await present();
  const decision = decideActivation(facts);
  if (isRefused(decision)) return { ...decision, subject: subjectOf(facts) };
  if ('granted' in decision) {
    const { granted } = decision;
    const status = granted.startsAt > facts.now ? 'GRANTED' : 'PROVISIONED';
    const times = { status, expiresAt: null, escalatesAt: null, completedAt: granted.startsAt } as const;
    const requestId = crypto.randomUUID();
    const request = requestRow(requestId, { ...requestOf(granted, facts, policy), ...times });
    const assignmentId = await grant(tx, granted, { requestId, actorId: viewer.id, at: facts.now, request });
    return { requestId, assignmentId, status } satisfies Written;
  }
  const status = 'PENDING_APPROVAL';
  const { pendingApproval, expiresAt, stages } = decision;
  const times = { status, expiresAt, escalatesAt: escalatesAt(stages[0], facts.now), completedAt: null } as const;
  const row = { ...requestOf(pendingApproval, facts, policy), ...times };
  const { provider, roleId, scopeId, principalId, assignmentType } = row;
  await closeOverdue(tx, row, facts.now);
  const requestId = await insertRequest(tx, row, stages);
  const subject = { provider, roleId, scopeId, principalId, assignmentType, requestId };
  await record(tx, { ...subject, type: 'request.created', at: facts.now, actorId: viewer.id, payload: { expiresAt } });
  return { requestId, assignmentId: null, status } satisfies Written;
}

interface ActivationQuestion {
  readonly viewerId: string;
  readonly eligibilityId: string;
  readonly scope: ScopeArgument | null;
  /** Whose sight limits the scope that is named; null where the request itself named it. */
  readonly scopeViewer: (() => Promise<Viewer>) | null;
  readonly schedule: ScheduleInput;
  readonly reasons: Reasons;
  readonly proof: Proof;
}

/**
 * Everything an activation is judged by, at this instant; the eligible assignment is locked against its removal, and its
 * settings against a change. Two statements: the second sees whatever the first has waited for.
 */
export async function activationFacts(
  tx: Transaction,
  { viewerId, eligibilityId, scope: named, scopeViewer, ...asked }: ActivationQuestion,
): Promise<{ facts: ActivationFacts; policy: CurrentPolicy }> {
  const db = tx.getKysely();
  const row = await lockEligibility(tx, viewerId, eligibilityId);
  if (row === null) return unknown(await databaseNow(tx), { viewerId, eligibility: null, ...asked });
  const { provider, roleId } = row;
  // The policy is that of the eligible assignment's scope: a narrower scope must not slip past its approval.
  const key = { provider, roleId, scopeId: row.scopeId };
  const reference = named ? scopeReference(named, provider) : { id: row.scopeId };
  // Whoever holds the eligible assignment knows its scope, also once it has ended.
  const sight = named && scopeViewer ? await scopeViewer() : null;
  const access = { principalId: viewerId, roleId, scopeId: scopeIdOf(reference) };
  const [now, role, scope, policy, held, pending] = await readAtOnce(
    db,
    roleRead(roleId),
    scopeRead(sight, reference),
    policyRead(key),
    heldRead({ ...access, type: 'ACTIVE' }),
    pendingRead({ ...access, assignmentType: 'ACTIVE' }),
  );
  const eligibility = { ...row, role };
  if (scope === null) return unknown(now, { viewerId, eligibility, ...asked });
  const { rules } = policy;
  const stages = rules.Approval_EndUser_Assignment.isApprovalRequired
    ? await stagesOf(db, provider, rules, viewerId)
    : [];
  const facts = { now, provedAt: now, viewerId, eligibility, scope, ...asked, rules, held, pending, stages };
  return { facts, policy };
}

type Unknown = Pick<ActivationFacts, 'viewerId' | 'eligibility' | 'schedule' | 'reasons' | 'proof'>;

/** The eligible assignment or the scope is none of the viewer's. */
function unknown(now: Date, asked: Unknown): { facts: ActivationFacts; policy: CurrentPolicy } {
  const policy = { versionId: null, rules: defaultPolicy('ENTRA_ROLE') };
  const nothing = { scope: null, held: [], pending: false, stages: [] };
  return { facts: { now, provedAt: now, ...asked, ...nothing, rules: policy.rules }, policy };
}

/** Stage by stage the enabled users who may decide; an Entra role that names nobody has its active administrators. */
export async function stagesOf(
  db: Sql,
  provider: Provider,
  rules: RolePolicyRules,
  requestorId: string,
): Promise<ApprovalStageFacts[]> {
  const others = async (named: readonly string[]) =>
    named.length === 0 ? [] : (await enabledUsers(db, named)).filter((id) => id !== requestorId);
  const byDefault = async () => {
    if (provider !== 'ENTRA_ROLE') return [];
    const administrators = [ENTRA.privilegedRoleAdministrator, ENTRA.globalAdministrator];
    return (await enabledHolders(db, administrators, DIRECTORY_SCOPE)).filter((id) => id !== requestorId);
  };
  const stages: ApprovalStageFacts[] = [];
  for (const { approvers: named, quorum, escalation } of rules.Approval_EndUser_Assignment.stages) {
    const approvers = named.length > 0 ? await others(named) : await byDefault();
    const backups = (await others(escalation?.approvers ?? [])).filter((id) => !approvers.includes(id));
    stages.push({ approvers, backups, escalateAfterMinutes: escalation?.afterMinutes ?? null, quorum });
  }
  return stages;
}

interface Grant {
  readonly requestId: string;
  readonly actorId: string;
  readonly at: Date;
  /** The row of the request where there is none yet. */
  readonly request?: object;
}

/** The active assignment that rests on an eligible one, and its event. */
export async function grant(
  tx: Transaction,
  { startsAt, endsAt, ...activation }: Activation,
  { requestId, actorId, at, request }: Grant,
): Promise<string> {
  const { provider, roleId, scopeId, principalId } = activation;
  const assignmentId = crypto.randomUUID();
  const assignment = assignmentRow(assignmentId, {
    ...activation,
    ...{ type: 'ACTIVE', state: 'ACTIVATED', startsAt, endsAt, requestId, createdAt: at },
  });
  const event = eventRow({
    ...{ provider, roleId, scopeId, principalId },
    ...{ type: 'assignment.activated', at, actorId, assignmentType: 'ACTIVE', assignmentId, requestId },
    payload: { startsAt, endsAt },
  });
  await insertTogether(tx.getKysely(), [
    ...(request ? [['request', request] as const] : []),
    ['assignment', assignment],
    ['event', event],
  ]);
  return assignmentId;
}

function requestOf(activation: Activation, facts: ActivationFacts, policy: CurrentPolicy) {
  const { eligibilityId, provider, roleId, scopeId, principalId } = activation;
  return {
    ...{ eligibilityId, provider, roleId, scopeId, principalId },
    ...facts.schedule,
    ...facts.reasons,
    ...facts.proof,
    action: 'SELF_ACTIVATE',
    assignmentType: 'ACTIVE',
    requestorId: facts.viewerId,
    policyVersionId: policy.versionId,
    createdAt: facts.now,
  } as const;
}

function subjectOf({ viewerId, eligibility, scope }: ActivationFacts): EventSubject {
  if (eligibility === null) return { principalId: viewerId, assignmentType: 'ACTIVE' };
  const { role, scopeId } = eligibility;
  const access = { provider: role.provider, roleId: role.id, scopeId: scope?.id ?? scopeId };
  return { ...access, principalId: viewerId, assignmentType: 'ACTIVE' };
}
