/** May this viewer make such a policy template, or change it? */
import { type Refused, refuse } from '../refusals.ts';
import { defaultPolicy, type RolePolicyRules } from './policy.ts';
import { merged, type RuleChanges } from './policyChange.ts';
import { same } from './policyOrigin.ts';
import { proofConflict, rangeRefusals } from './policyRange.ts';
import type { Powers } from './powers.ts';
import type { PrincipalKind, Provider } from './words.ts';

const NAME_LONGEST = 100;

export interface PolicyTemplateFacts {
  readonly powers: Powers;
  readonly provider: Provider;
  readonly rules: RuleChanges;
  /** Null: none, or as it was. */
  readonly description: string | null;
  readonly approvers: ReadonlyMap<string, PrincipalKind>;
}

export interface NewTemplateFacts extends PolicyTemplateFacts {
  readonly name: string;
  readonly nameTaken: boolean;
}

export interface TemplateChangeFacts extends Omit<PolicyTemplateFacts, 'provider'> {
  /** Null: absent. */
  readonly template: {
    readonly version: number;
    readonly provider: Provider;
    readonly rules: Partial<RolePolicyRules>;
    readonly description: string | null;
  } | null;
  readonly expectedVersion: number;
}

/** A template's rules are complete; those it does not have leave the policy's alone. */
export interface DecidedTemplate {
  readonly version: number;
  readonly rules: Partial<RolePolicyRules>;
  readonly description: string | null;
}

/** Whoever applies a template trusts it: it is made by those who manage the role settings of the directory. */
export function decideNewTemplate(f: NewTemplateFacts): DecidedTemplate | Refused {
  if (!f.powers.entraPoliciesManage) return refuse('INSUFFICIENT_PERMISSIONS');
  const name = f.name.trim();
  if (name === '' || name.length > NAME_LONGEST) {
    return refuse('INVALID_POLICY', { field: ['name'], hint: `Give a name of 1 to ${NAME_LONGEST} characters.` });
  }
  if (f.nameTaken) return refuse('POLICY_TEMPLATE_EXISTS', { field: ['name'] });
  return decided(f, { version: 0, rules: {} });
}

export function decideTemplateChange(f: TemplateChangeFacts): DecidedTemplate | Refused {
  if (!f.powers.entraPoliciesManage) return refuse('INSUFFICIENT_PERMISSIONS');
  if (f.template === null) return refuse('POLICY_TEMPLATE_NOT_FOUND', { field: ['template'] });
  const { version, provider, rules } = f.template;
  if (f.expectedVersion !== version) {
    return refuse('POLICY_CHANGED', { field: ['expectedVersion'], hint: `Version ${version} holds now.` });
  }
  const description = f.description ?? f.template.description;
  const answer = decided({ ...f, provider, description }, { version, rules });
  if ('refusals' in answer) return answer;
  const unchanged = same(answer.rules, rules) && description === f.template.description;
  return unchanged ? refuse('POLICY_UNCHANGED') : answer;
}

function decided(
  f: PolicyTemplateFacts,
  before: Pick<DecidedTemplate, 'version' | 'rules'>,
): DecidedTemplate | Refused {
  const anew = merged({ ...defaultPolicy(f.provider), ...before.rules }, f.rules);
  const rules = { ...before.rules, ...anew };
  if (Object.keys(rules).length === 0) {
    return refuse('INVALID_POLICY', { field: ['rules'], hint: 'A template has at least one rule.' });
  }
  const bad = [
    ...rangeRefusals({ provider: f.provider, rules: anew, approvers: f.approvers }),
    ...proofConflict(rules),
  ];
  if (bad.length) return { refusals: bad };
  return { version: before.version + 1, rules, description: f.description };
}
