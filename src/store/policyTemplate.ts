/** Which sets of rules are kept under a name? Templates and their immutable versions. */
import { sql } from 'kysely';
import type { RolePolicyRules, RuleId } from '../decision/policy.ts';
import { managesSomething, type Viewer } from '../decision/powers.ts';
import type { Provider } from '../decision/words.ts';
import { columnsOf, type Page, type PageArguments, readPage, selectAll } from './connection.ts';
import type { Sql } from './database.ts';
import { PolicyTemplateEntity, PolicyTemplateVersionEntity } from './entities.ts';
import type { RuleRow } from './policy.ts';
import type { Transaction } from './transaction.ts';

export interface PolicyTemplateRow {
  readonly id: string;
  readonly provider: Provider;
  readonly name: string;
  readonly versionId: string;
  readonly version: number;
  readonly description: string | null;
  readonly rules: Partial<RolePolicyRules>;
  readonly modifiedAt: string;
  readonly modifiedBy: string | null;
}

export interface PolicyTemplateFilter {
  readonly providers?: readonly Provider[] | null | undefined;
}

const T = {
  ...columnsOf('t', { id: 'id', provider: 'provider', name: 'name' }),
  ...columnsOf('v', { versionId: 'id', version: 'version', description: 'description', rules: 'rules' }),
  ...columnsOf('v', { modifiedAt: 'created_at', modifiedBy: 'created_by' }),
};
const COLUMNS = selectAll(T);

const NEWEST = sql`policy_template t JOIN LATERAL (
  SELECT * FROM policy_template_version w WHERE w.template_id = t.id ORDER BY w.version DESC LIMIT 1) v ON true`;

/** Templates are for whoever manages something. */
const visibleTemplate = ({ powers }: Viewer) => sql<boolean>`${managesSomething(powers)}::boolean`;

export function listPolicyTemplates(
  db: Sql,
  viewer: Viewer,
  filter: PolicyTemplateFilter,
  page: PageArguments,
): Promise<Page<PolicyTemplateRow>> {
  const where = [visibleTemplate(viewer)];
  if (filter.providers) where.push(sql<boolean>`t.provider = ANY(${[...filter.providers]})`);
  const order = [
    { by: sql`t.name`, type: 'text' },
    { by: sql`t.id`, type: 'uuid' },
  ] as const;
  return readPage(db, { name: 'policyTemplates', columns: T, from: NEWEST, where, order, descending: false }, page);
}

export async function policyTemplatesById(
  db: Sql,
  ids: readonly string[],
  viewer: Viewer,
): Promise<PolicyTemplateRow[]> {
  const { rows } = await sql<PolicyTemplateRow>`
    SELECT ${COLUMNS} FROM ${NEWEST} WHERE t.id = ANY(${[...ids]}::uuid[]) AND ${visibleTemplate(viewer)}`.execute(db);
  return rows;
}

/** The rules of a template, as those of a policy are shown. */
export function templateRuleRows({ rules, versionId }: PolicyTemplateRow): RuleRow[] {
  const origin = { kind: 'TEMPLATE', scopeId: null, templateVersionId: versionId } as const;
  return Object.entries(rules).map(([ruleId, rule]) => ({ ruleId: ruleId as RuleId, rule, origin }));
}

/** The newest version; two changes of one template wait for each other here. */
export async function lockPolicyTemplate(
  tx: Transaction,
  viewer: Viewer,
  id: string,
): Promise<PolicyTemplateRow | null> {
  const db = tx.getKysely();
  await sql`SELECT FROM policy_template WHERE id = ${id} FOR UPDATE`.execute(db);
  const [row = null] = await policyTemplatesById(db, [id], viewer);
  return row;
}

/** The version of a template that rules were copied from, by the version's id. */
export interface TemplateVersionRow {
  readonly id: string;
  readonly version: number;
  readonly templateId: string;
}

export async function templateVersionsById(db: Sql, ids: readonly string[]): Promise<TemplateVersionRow[]> {
  const { rows } = await sql<TemplateVersionRow>`
    SELECT v.id, v.version, v.template_id AS "templateId" FROM policy_template_version v
    WHERE v.id = ANY(${[...ids]}::uuid[])`.execute(db);
  return rows;
}

export async function isTemplateNameTaken(db: Sql, name: string): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM policy_template WHERE lower(name) = lower(${name})`.execute(db);
  return rows.length > 0;
}

export interface NewTemplate {
  readonly provider: Provider;
  readonly name: string;
  readonly createdAt: Date;
}

export async function insertTemplate(tx: Transaction, row: NewTemplate): Promise<string> {
  const id = crypto.randomUUID();
  await tx.insert(PolicyTemplateEntity, { ...row, id });
  return id;
}

export interface NewTemplateVersion {
  readonly templateId: string;
  readonly version: number;
  readonly description: string | null;
  readonly rules: Partial<RolePolicyRules>;
  readonly createdAt: Date;
  readonly createdBy: string;
}

export async function insertTemplateVersion(tx: Transaction, row: NewTemplateVersion): Promise<void> {
  await tx.insert(PolicyTemplateVersionEntity, { ...row, id: crypto.randomUUID() });
}
