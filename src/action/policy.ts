/** An administrator changes role settings: a new version that whoever judges from now on is judged by. */
import {
  approversNamed,
  decidePolicyChange,
  type PolicyChange,
  type PolicyChangeFacts,
} from '../decision/policyChange.ts';
import { ruleDifferences } from '../decision/policyOrigin.ts';
import type { Viewer } from '../decision/powers.ts';
import { DIRECTORY_SCOPE } from '../decision/role.ts';
import type { PrincipalKind } from '../decision/words.ts';
import { isRefused } from '../refusals.ts';
import type { Sql } from '../store/database.ts';
import { type EventSubject, record } from '../store/event.ts';
import { currentPolicy, type EffectivePolicy, insertPolicyVersion, lockPolicy, policyId } from '../store/policy.ts';
import { policyTemplatesById } from '../store/policyTemplate.ts';
import { principalsById } from '../store/principal.ts';
import { rolesById } from '../store/role.ts';
import { scopeFacts } from '../store/scope.ts';
import { databaseNow } from '../store/transaction.ts';
import { type ScopeArgument, scopeReference } from './assignment.ts';
import { type ActionContext, type Attempt, type CommonInput, type Outcome, perform } from './perform.ts';

export interface UpdateRolePolicyInput extends CommonInput, PolicyChange {
  readonly roleId: string;
  /** Null: the directory, for an Entra role. */
  readonly scope: ScopeArgument | null;
  readonly templateId: string | null;
  readonly justification: string | null;
}

/** What a verb answers that makes no request and no assignment. */
export const NO_REQUEST = { requestId: null, assignmentId: null, status: null } as const;

export function updateRolePolicy(context: ActionContext, input: UpdateRolePolicyInput): Promise<Outcome> {
  return perform(context, 'updateRolePolicy', input, async (attempt) => {
    const { facts, before } = await policyChangeFacts(attempt, input);
    const decision = decidePolicyChange(facts);
    if (isRefused(decision)) return { ...decision, subject: subjectOf(facts) };
    const { tx, viewer } = attempt;
    const now = await databaseNow(tx);
    await insertPolicyVersion(tx, { ...decision, createdAt: now, createdBy: viewer.id });
    const { provider, roleId, scopeId, version, inheritable, templateVersionId } = decision;
    const key = { provider, roleId, scopeId };
    const after = await currentPolicy(tx.getKysely(), key);
    const payload = {
      ...{ version, justification: input.justification, rules: ruleDifferences(before.rules, after.rules) },
      ...{ inherit: decision.rules === null, inheritable, templateVersionId },
    };
    await record(tx, { ...key, type: 'policy.updated', at: now, actorId: viewer.id, payload });
    return { ...NO_REQUEST, settingsId: policyId(key) };
  });
}

async function policyChangeFacts(
  { tx, viewer }: Attempt,
  { roleId, scope: named, templateId, expectedVersion, rules, inherit, inheritable }: UpdateRolePolicyInput,
): Promise<{ facts: PolicyChangeFacts; before: EffectivePolicy }> {
  const db = tx.getKysely();
  const [role = null] = await rolesById(db, [roleId]);
  const scope = role && (await scopeFacts(db, viewer, scopeReference(named, role.provider)));
  const key = { provider: role?.provider ?? 'ENTRA_ROLE', roleId, scopeId: scope?.id ?? DIRECTORY_SCOPE };
  await lockPolicy(tx, key);
  const before = await currentPolicy(db, key);
  const own = before.sourceScopeId !== null && !before.inherited;
  const [template = null] = templateId === null ? [] : await policyTemplatesById(db, [templateId], viewer);
  const names = [...approversNamed(template?.rules ?? {}), ...approversNamed(rules)];
  const facts = {
    ...{ powers: viewer.powers, role, scope, expectedVersion, rules, inherit, inheritable, template },
    current: { ...before, own, templateVersionId: own ? (before.template?.versionId ?? null) : null },
    templateNamed: templateId !== null,
    // Whoever stays an approver was seen by whoever named them.
    approvers: new Map([
      ...(await kindsOf(db, null, approversNamed(before.rules))),
      ...(await kindsOf(db, viewer, names)),
    ]),
  };
  return { facts, before };
}

/** Only what exists and the viewer may see is named on record. */
function subjectOf({ role, scope }: PolicyChangeFacts): EventSubject {
  return { ...(role && { provider: role.provider, roleId: role.id }), ...(scope && { scopeId: scope.id }) };
}

/** What the named principals are, those that the viewer may see; null: all of them. */
export async function kindsOf(
  db: Sql,
  viewer: Viewer | null,
  ids: readonly string[],
): Promise<ReadonlyMap<string, PrincipalKind>> {
  const rows = ids.length === 0 ? [] : await principalsById(db, ids, viewer);
  return new Map(rows.map(({ id, kind }) => [id, kind]));
}
