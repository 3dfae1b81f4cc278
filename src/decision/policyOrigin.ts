/** Where does the value of each rule come from, and what did a change of the settings change? */
import { defaultPolicy, type RolePolicyRules, RULE_IDS, type RuleId } from './policy.ts';
import type { Provider, RuleOriginKind } from './words.ts';

export interface RuleOrigin {
  readonly kind: RuleOriginKind;
  /** Of the scope above whose settings it takes; null unless inherited. */
  readonly scopeId: string | null;
  /** Null unless it is as the template has it. */
  readonly templateVersionId: string | null;
}

export interface PolicySource {
  readonly provider: Provider;
  readonly rules: RolePolicyRules;
  /** Of the scope whose settings hold; null: nobody has made any. */
  readonly sourceScopeId: string | null;
  /** The settings that hold are those of a scope above. */
  readonly inherited: boolean;
  readonly template: { readonly versionId: string; readonly rules: Partial<RolePolicyRules> } | null;
}

/** A value that equals the template's, or the default, is called so: what was set by hand is what differs from both. */
export function ruleOrigin(policy: PolicySource, id: RuleId): RuleOrigin {
  const origin = { kind: 'OWN', scopeId: null, templateVersionId: null } as const;
  const { provider, rules, template, sourceScopeId } = policy;
  if (sourceScopeId === null) return { ...origin, kind: 'DEFAULT' };
  if (policy.inherited) return { ...origin, kind: 'INHERITED', scopeId: sourceScopeId };
  if (template && same(template.rules[id], rules[id])) {
    return { ...origin, kind: 'TEMPLATE', templateVersionId: template.versionId };
  }
  return same(defaultPolicy(provider)[id], rules[id]) ? { ...origin, kind: 'DEFAULT' } : origin;
}

export type RuleDifferences = { readonly [Id in RuleId]?: { readonly before: unknown; readonly after: unknown } };

export function ruleDifferences(before: Partial<RolePolicyRules>, after: Partial<RolePolicyRules>): RuleDifferences {
  const changed = RULE_IDS.filter((id) => !same(before[id], after[id]));
  return Object.fromEntries(
    changed.map((id) => [id, { before: before[id] ?? null, after: after[id] ?? null }]),
  ) as RuleDifferences;
}

/** Equal as JSON, in whatever order the properties come. */
export function same(one: unknown, other: unknown): boolean {
  if (one === null || other === null || typeof one !== 'object' || typeof other !== 'object') return one === other;
  const [left, right] = [Object.entries(one), Object.entries(other)];
  if (left.length !== right.length || Array.isArray(one) !== Array.isArray(other)) return false;
  return left.every(
    ([key, value]) => Object.hasOwn(other, key) && same(value, (other as Record<string, unknown>)[key]),
  );
}
