/** May this viewer change the role settings so, and what do they say then? */
import { type Refusal, type Refused, refusal, refuse } from '../refusals.ts';
import { type RoleFacts, type ScopeFacts, scopeRefusal } from './assignment.ts';
import { type RolePolicyRules, RULE_IDS, type RuleId } from './policy.ts';
import { same } from './policyOrigin.ts';
import { proofConflict, rangeRefusals } from './policyRange.ts';
import { mayManagePolicy, type Powers } from './powers.ts';
import type { PrincipalKind, Provider } from './words.ts';

/** Any subset of the rules, and of each any subset of its fields; what is left out stays as it is. */
export type RuleChanges = { readonly [Id in RuleId]?: Partial<RolePolicyRules[Id]> };

export interface PolicyChange {
  /** The version that the change was made for; 0: nobody had touched the settings. */
  readonly expectedVersion: number;
  readonly rules: RuleChanges;
  /** From now on no settings of one's own: what is inherited from above, or the defaults. */
  readonly inherit: boolean;
  /** Scopes below without settings of their own take these; null: as before. */
  readonly inheritable: boolean | null;
}

export interface PolicyChangeFacts extends PolicyChange {
  readonly powers: Powers;
  /** Null: absent, or hidden from the viewer, which is the same answer. */
  readonly role: RoleFacts | null;
  readonly scope: ScopeFacts | null;
  readonly current: {
    readonly version: number;
    /** What holds, from wherever it comes: the change starts from it. */
    readonly rules: RolePolicyRules;
    /** The settings that hold are the scope's own. */
    readonly own: boolean;
    readonly inheritable: boolean;
    readonly templateVersionId: string | null;
  };
  /** The template to copy; null: none is named, or none is found. */
  readonly templateNamed: boolean;
  readonly template: {
    readonly versionId: string;
    readonly provider: Provider;
    readonly rules: Partial<RolePolicyRules>;
  } | null;
  readonly approvers: ReadonlyMap<string, PrincipalKind>;
}

export interface ChangedPolicy {
  readonly provider: Provider;
  readonly roleId: string;
  readonly scopeId: string;
  readonly version: number;
  /** Null: no settings of its own. */
  readonly rules: RolePolicyRules | null;
  readonly inheritable: boolean;
  readonly templateVersionId: string | null;
}

/** Checks run in order of precedence; the first that fails is the answer, but for values out of range, which are named together. */
export function decidePolicyChange(f: PolicyChangeFacts): ChangedPolicy | Refused {
  if (f.role === null) return refuse('ROLE_NOT_FOUND', { field: ['role'] });
  if (f.scope === null) return refuse('SCOPE_NOT_FOUND', { field: ['scope'] });
  const { provider } = f.role;
  const misplaced = placeRefusal(f.role, f.scope);
  if (misplaced) return { refusals: [misplaced] };
  const { ancestorIds, group } = f.scope;
  if (!mayManagePolicy(f.powers, { provider, ancestorIds, group })) return refuse('INSUFFICIENT_PERMISSIONS');
  if (f.templateNamed && f.template === null) return refuse('POLICY_TEMPLATE_NOT_FOUND', { field: ['template'] });
  if (f.expectedVersion !== f.current.version) {
    return refuse('POLICY_CHANGED', { field: ['expectedVersion'], hint: `Version ${f.current.version} holds now.` });
  }
  const contradictions = contradictionsOf(f, provider);
  if (contradictions.length) return { refusals: contradictions };
  const key = { provider, roleId: f.role.id, scopeId: f.scope.id };
  if (f.inherit) {
    if (!f.current.own) return refuse('POLICY_UNCHANGED');
    return { ...key, version: f.current.version + 1, rules: null, inheritable: false, templateVersionId: null };
  }
  const anew = merged({ ...f.current.rules, ...f.template?.rules }, f.rules);
  const rules: RolePolicyRules = { ...f.current.rules, ...f.template?.rules, ...anew };
  const bad = [
    ...rangeRefusals({ provider, rules: { ...f.template?.rules, ...anew }, approvers: f.approvers }),
    ...proofConflict(rules),
  ];
  if (bad.length) return { refusals: bad };
  const templateVersionId = f.template?.versionId ?? f.current.templateVersionId;
  const before = f.current;
  const inheritable = f.inheritable ?? before.inheritable;
  const unchanged = same(before.rules, rules) && inheritable === before.inheritable;
  // What was inherited so far is kept from following what it was inherited from.
  if (before.own && unchanged && templateVersionId === before.templateVersionId) return refuse('POLICY_UNCHANGED');
  return { ...key, version: before.version + 1, rules, inheritable, templateVersionId };
}

/** The rules that a change names, complete: their other fields stay as they were. */
export function merged(before: RolePolicyRules, changes: RuleChanges): Partial<RolePolicyRules> {
  const named = RULE_IDS.filter((id) => changes[id] !== undefined);
  return Object.fromEntries(named.map((id) => [id, { ...before[id], ...changes[id] }])) as Partial<RolePolicyRules>;
}

/** Everybody whom the rules name as approvers, of whatever stage. */
export function approversNamed(rules: RuleChanges): string[] {
  const stages = rules.Approval_EndUser_Assignment?.stages ?? [];
  return [...new Set(stages.flatMap(({ approvers, escalation }) => [...approvers, ...(escalation?.approvers ?? [])]))];
}

function placeRefusal(role: RoleFacts, scope: ScopeFacts): Refusal | null {
  if (scope.provider === 'ENTRA_ROLE' && role.provider === 'ENTRA_ROLE' && scope.kind !== 'DIRECTORY') {
    const hint = 'An Entra role has one policy, that of the whole directory.';
    return refusal('SCOPE_NOT_ALLOWED', { field: ['scope'], hint });
  }
  return scopeRefusal(role, scope);
}

function contradictionsOf(f: PolicyChangeFacts, provider: Provider): Refusal[] {
  const found: Refusal[] = [];
  const no = (field: string, hint: string) => found.push(refusal('INVALID_POLICY', { field: [field], hint }));
  const changesRules = Object.keys(f.rules).length > 0;
  if (!changesRules && !f.templateNamed && !f.inherit && f.inheritable === null) {
    no('rules', 'Give at least one rule, a template, inherit or inheritable.');
  }
  if (f.inherit && (changesRules || f.templateNamed || f.inheritable)) {
    no('inherit', 'It gives up the settings of the scope: give nothing else with it.');
  }
  if (f.inheritable && provider !== 'AZURE_RESOURCE') no('inheritable', 'Only Azure scopes have scopes below them.');
  if (f.template !== null && f.template.provider !== provider) {
    no('template', `It is made for ${f.template.provider}, and the role is of ${provider}.`);
  }
  return found;
}
