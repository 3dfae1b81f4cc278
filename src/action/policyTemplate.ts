/** Administrators of the directory keep sets of rules under a name. Changing one changes no policy that was made from it. */
import { approversNamed, type RuleChanges } from '../decision/policyChange.ts';
import { ruleDifferences } from '../decision/policyOrigin.ts';
import { type DecidedTemplate, decideNewTemplate, decideTemplateChange } from '../decision/policyTemplate.ts';
import type { Provider } from '../decision/words.ts';
import type { EventType } from '../events.ts';
import { isRefused } from '../refusals.ts';
import { record } from '../store/event.ts';
import {
  insertTemplate,
  insertTemplateVersion,
  isTemplateNameTaken,
  lockPolicyTemplate,
  type PolicyTemplateRow,
} from '../store/policyTemplate.ts';
import { databaseNow } from '../store/transaction.ts';
import { type ActionContext, type Attempt, type CommonInput, type Outcome, perform, type Written } from './perform.ts';
import { kindsOf, NO_REQUEST } from './policy.ts';

interface TemplateInput extends CommonInput {
  /** Null: none, or as it was. */
  readonly description: string | null;
  readonly rules: RuleChanges;
}

export interface CreatePolicyTemplateInput extends TemplateInput {
  readonly name: string;
  readonly provider: Provider;
}

export function createPolicyTemplate(context: ActionContext, input: CreatePolicyTemplateInput): Promise<Outcome> {
  return perform(context, 'createPolicyTemplate', input, async (attempt) => {
    const { tx, viewer } = attempt;
    const { provider, rules, description } = input;
    const subject = { provider };
    const name = input.name.trim();
    const decision = decideNewTemplate({
      ...{ powers: viewer.powers, provider, rules, description, name },
      nameTaken: await isTemplateNameTaken(tx.getKysely(), name),
      approvers: await kindsOf(tx.getKysely(), viewer, approversNamed(rules)),
    });
    if (isRefused(decision)) return { ...decision, subject };
    const at = await databaseNow(tx);
    const id = await insertTemplate(tx, { provider, name, createdAt: at });
    const before = { id, provider, name, rules: {} };
    return write(attempt, { type: 'policyTemplate.created', at }, before, decision);
  });
}

export interface UpdatePolicyTemplateInput extends TemplateInput {
  readonly templateId: string;
  readonly expectedVersion: number;
}

export function updatePolicyTemplate(context: ActionContext, input: UpdatePolicyTemplateInput): Promise<Outcome> {
  return perform(context, 'updatePolicyTemplate', input, async (attempt) => {
    const { tx, viewer } = attempt;
    const { rules, description, expectedVersion } = input;
    const template = await lockPolicyTemplate(tx, viewer, input.templateId);
    const decision = decideTemplateChange({
      ...{ powers: viewer.powers, rules, description, template, expectedVersion },
      approvers: await kindsOf(tx.getKysely(), viewer, approversNamed(rules)),
    });
    if (isRefused(decision)) return { ...decision, subject: {} };
    return write(
      attempt,
      { type: 'policyTemplate.updated', at: await databaseNow(tx) },
      template as PolicyTemplateRow,
      decision,
    );
  });
}

type Before = Pick<PolicyTemplateRow, 'id' | 'provider' | 'name' | 'rules'>;

async function write(
  { tx, viewer }: Attempt,
  { type, at }: { readonly type: EventType; readonly at: Date },
  before: Before,
  after: DecidedTemplate,
): Promise<Written> {
  const { id: templateId, provider, name } = before;
  await insertTemplateVersion(tx, { ...after, templateId, createdAt: at, createdBy: viewer.id });
  const { version, description, rules } = after;
  const payload = { templateId, name, version, description, rules: ruleDifferences(before.rules, rules) };
  await record(tx, { type, at, actorId: viewer.id, provider, payload });
  return { ...NO_REQUEST, settingsId: templateId };
}
