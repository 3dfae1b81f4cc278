/** Which settings hold for a role at a scope now? Its own newest version, one inherited from above, or the provider's defaults. */
import { type RawBuilder, sql } from 'kysely';
import { defaultPolicy, type RolePolicyRules, RULE_IDS, type RuleId } from '../decision/policy.ts';
import { type PolicySource, type RuleOrigin, ruleOrigin } from '../decision/policyOrigin.ts';
import type { Viewer } from '../decision/powers.ts';
import { DIRECTORY_SCOPE } from '../decision/role.ts';
import { PROVIDERS, type Provider } from '../decision/words.ts';
import { arrayOf } from './arrayText.ts';
import { columnsOf, type Join, type Page, type PageArguments, readPage, type Wanted } from './connection.ts';
import { among, type Sql, unseen } from './database.ts';
import { RolePolicyVersionEntity } from './entities.ts';
import { type PrincipalRow, principalsNamed } from './principal.ts';
import type { Read } from './reads.ts';
import { type RoleRow, roleJoin, rolesById } from './role.ts';
import { atOrBelow, type ScopeReference, type ScopeRow, scopeFacts, scopeJoin } from './scope.ts';
import type { Transaction } from './transaction.ts';
import { visiblePolicy, visibleScope } from './visibility.ts';

export interface CurrentPolicy {
  /** The version that holds, be it inherited; null: the defaults. */
  readonly versionId: string | null;
  readonly rules: RolePolicyRules;
}

export interface EffectivePolicy extends CurrentPolicy, PolicySource {
  /** Of the role's own settings at this very scope; 0: nobody has touched them. */
  readonly version: number;
  readonly modifiedAt: string | null;
  /** Null also for what the gateway itself made. */
  readonly modifiedBy: string | null;
  /** Scopes below without rules of their own take these. */
  readonly inheritable: boolean;
}

export interface PolicyKey {
  readonly provider: Provider;
  readonly roleId: string;
  readonly scopeId: string;
}

/**
 * The rules to judge by. Whoever judges in a transaction shares them until it ends, and a change waits for that: nothing
 * is committed that was judged by rules which no longer held.
 */
export async function currentPolicy(db: Sql, key: PolicyKey): Promise<EffectivePolicy> {
  const { provider, roleId, scopeId } = key;
  await sql`SELECT ${policyShared({ provider: sql`${provider}`, roleId: sql`${roleId}`, scopeId: sql`${scopeId}` })}`.execute(
    db,
  );
  const [policy] = await currentPolicies(db, [key]);
  return policy as EffectivePolicy;
}

/** Shared from here on. It is a part of an earlier statement than the one that reads: that sees whatever this has waited for. */
export function policyShared({ provider, roleId, scopeId }: Record<keyof PolicyKey, RawBuilder<unknown>>) {
  const scope = sql`CASE ${provider} WHEN 'ENTRA_ROLE' THEN ${DIRECTORY_SCOPE}::uuid ELSE ${scopeId}::uuid END`;
  const lock = sql`pg_advisory_xact_lock_shared(${lockOf(sql`${roleId}::text`, sql`up.ancestor_id::text`)})`;
  return sql`(SELECT count(${lock}) FROM scope_ancestor up WHERE up.scope_id = ${scope})`;
}

/** For whoever shares it already. */
export function policyRead(key: PolicyKey): Read<CurrentPolicy> {
  return {
    query: sql`SELECT held.id AS "versionId", held.rules FROM (${holding(sql`${key.roleId}`, sql`${scopeOf(key)}`)}) held`,
    of: ([row = { versionId: null, rules: defaultPolicy(key.provider) }]) => row,
  };
}

const ACTIVATION_RULES = [
  'Expiration_EndUser_Assignment',
  'Enablement_EndUser_Assignment',
  'Approval_EndUser_Assignment',
  'AuthenticationContext_EndUser_Assignment',
] as const satisfies readonly RuleId[];

/** What activating will ask for. */
export type ActivationRules = Pick<RolePolicyRules, (typeof ACTIVATION_RULES)[number]>;

/** The same as it is read with an eligible assignment; a rule is null where the default holds. */
export interface ActivationRow
  extends Readonly<Partial<{ [Id in keyof ActivationRules]: ActivationRules[Id] | null }>> {
  readonly provider: Provider;
  /** Named as such, in their order. Null: no approval is asked. */
  readonly approvers?: readonly PrincipalRow[] | null;
}

/** For the assignments of those columns; there is none for an active one. */
export function activationJoin(columns: Record<keyof PolicyKey | 'type', RawBuilder<unknown>>): Join {
  const { type, provider, roleId } = columns;
  const isEligible = sql`${type} = 'ELIGIBLE'`;
  const scopeId = sql`CASE ${provider} WHEN 'ENTRA_ROLE' THEN ${sql.lit(DIRECTORY_SCOPE)}::uuid ELSE ${columns.scopeId} END`;
  const rule = (id: RuleId) => sql`activation.rules -> ${sql.lit(id)}`;
  const approval = rule('Approval_EndUser_Assignment');
  const named = sql`jsonb_path_query(${approval}, '$.stages[*].approvers[*]')`;
  return {
    from: sql`LEFT JOIN LATERAL (SELECT held.rules FROM (${holding(roleId, scopeId)}) held WHERE ${isEligible}) activation ON true`,
    columns: {
      provider: sql`CASE WHEN ${isEligible} THEN ${provider} END`,
      ...Object.fromEntries(ACTIVATION_RULES.map((id) => [id, rule(id)])),
      approvers: sql`CASE WHEN (${approval} -> 'isApprovalRequired')::boolean THEN ${principalsNamed(named)} END`,
    },
  };
}

const DEFAULTS = Object.fromEntries(PROVIDERS.map((each) => [each, defaultPolicy(each)])) as Record<
  Provider,
  RolePolicyRules
>;

export function activationRules(row: ActivationRow): ActivationRules {
  const defaults = DEFAULTS[row.provider];
  return {
    Expiration_EndUser_Assignment: row.Expiration_EndUser_Assignment ?? defaults.Expiration_EndUser_Assignment,
    Enablement_EndUser_Assignment: row.Enablement_EndUser_Assignment ?? defaults.Enablement_EndUser_Assignment,
    Approval_EndUser_Assignment: row.Approval_EndUser_Assignment ?? defaults.Approval_EndUser_Assignment,
    AuthenticationContext_EndUser_Assignment:
      row.AuthenticationContext_EndUser_Assignment ?? defaults.AuthenticationContext_EndUser_Assignment,
  };
}

/** The newest version with rules, of the scope itself or the nearest one above that passes them down. */
function holding(roleId: RawBuilder<unknown>, scopeId: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    SELECT v.*, up.depth FROM scope_ancestor up
    CROSS JOIN LATERAL (
      SELECT w.* FROM role_policy_version w WHERE w.role_id = ${roleId} AND w.scope_id = up.ancestor_id
      ORDER BY w.version DESC LIMIT 1) v
    WHERE up.scope_id = ${scopeId} AND v.rules IS NOT NULL AND (up.depth = 0 OR v.inheritable)
    ORDER BY up.depth LIMIT 1`;
}

/** Waits for everybody who judges by the settings, at the scope and below, and keeps others from it until the change is done. */
export async function lockPolicy(tx: Transaction, { roleId, scopeId }: PolicyKey): Promise<void> {
  // In this order: whoever judges by all settings at once takes the first alone.
  await sql`SELECT pg_advisory_xact_lock(${ALL_POLICIES})`.execute(tx.getKysely());
  await sql`SELECT pg_advisory_xact_lock(${lockOf(sql`${roleId}::text`, sql`${scopeId}::text`)})`.execute(
    tx.getKysely(),
  );
}

const ALL_POLICIES = 7_041_776_019;

/** All settings at once, for whoever judges thousands of requests: a lock for each would be more than the server keeps. */
export async function shareAllPolicies(tx: Transaction): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock_shared(${ALL_POLICIES})`.execute(tx.getKysely());
}

/** Another number once any settings have changed: every change is a version more. */
export async function policyVersions(db: Sql): Promise<string> {
  const { rows } = await sql<{ count: string }>`SELECT count(*) FROM role_policy_version`.execute(db);
  return rows[0]?.count as string;
}

const lockOf = (roleId: ReturnType<typeof sql>, scopeId: ReturnType<typeof sql>) =>
  sql`hashtextextended('role policy ' || ${roleId} || ' ' || ${scopeId}, 0)`;

/** An Entra role has one policy for the whole directory, also when it is assigned for an administrative unit. */
const scopeOf = (key: PolicyKey) => (key.provider === 'ENTRA_ROLE' ? DIRECTORY_SCOPE : key.scopeId);

interface Row extends Omit<EffectivePolicy, 'provider' | 'rules'> {
  readonly n: string;
  readonly rules: RolePolicyRules | null;
}

/** The same for many at once, in the order asked, without a lock: to be shown. */
export async function currentPolicies(db: Sql, keys: readonly PolicyKey[]): Promise<EffectivePolicy[]> {
  const { rows } = await sql<Row>`${policyQuery(keys)}`.execute(db);
  return rows.map(({ n, ...row }) => {
    const { provider } = keys[Number(n) - 1] as PolicyKey;
    return { ...row, provider, rules: row.rules ?? defaultPolicy(provider) };
  });
}

/** The rules to judge many by, for whoever shares them all; equal rules are one object. */
export async function policiesHeld(db: Sql, keys: readonly PolicyKey[]): Promise<CurrentPolicy[]> {
  const { rows: held } = await sql<{ n: string; versionId: string }>`
    SELECT wanted.n, held.id AS "versionId"
    FROM unnest(${arrayOf(keys.map(({ roleId }) => roleId))}::uuid[], ${arrayOf(keys.map(scopeOf))}::uuid[]) WITH ORDINALITY AS wanted (role_id, scope_id, n)
    CROSS JOIN LATERAL (${holding(sql`wanted.role_id`, sql`wanted.scope_id`)}) held
    -- Nobody has ever touched the settings of most roles.
    WHERE EXISTS (SELECT FROM role_policy_version v WHERE v.role_id = wanted.role_id)`.execute(db);
  const ids = [...new Set(held.map(({ versionId }) => versionId))];
  const { rows } = await sql<CurrentPolicy>`
    SELECT id AS "versionId", rules FROM role_policy_version WHERE ${among(sql`id`, ids)}`.execute(db);
  const versions = new Map(rows.map((row) => [row.versionId, row]));
  const versionOf = new Map(held.map(({ n, versionId }) => [Number(n) - 1, versionId]));
  const defaults = new Map(PROVIDERS.map((each) => [each, { versionId: null, rules: defaultPolicy(each) }]));
  return keys.map(
    ({ provider }, index) => versions.get(versionOf.get(index) ?? null) ?? (defaults.get(provider) as CurrentPolicy),
  );
}

function policyQuery(keys: readonly PolicyKey[]): RawBuilder<unknown> {
  const [key] = keys;
  // PostgreSQL keeps the plan for one key, and takes an array for a long one.
  const wanted =
    key && keys.length === 1
      ? sql`(VALUES (${key.roleId}::uuid, ${scopeOf(key)}::uuid, 1))`
      : sql`unnest(${unseen(keys.map(({ roleId }) => roleId))}, ${unseen(keys.map(scopeOf))}) WITH ORDINALITY`;
  return sql`
    SELECT wanted.n, held.id AS "versionId", held.rules, held.scope_id AS "sourceScopeId",
      coalesce(held.depth > 0, false) AS inherited,
      coalesce(own.version, 0) AS version, own.created_at AS "modifiedAt", own.created_by AS "modifiedBy",
      coalesce(own.inheritable, false) AS inheritable,
      (SELECT json_build_object('versionId', t.id, 'rules', t.rules) FROM policy_template_version t
        WHERE t.id = held.template_version_id) AS template
    FROM ${wanted} AS wanted (role_id, scope_id, n)
    LEFT JOIN LATERAL (
      SELECT v.* FROM role_policy_version v WHERE v.role_id = wanted.role_id AND v.scope_id = wanted.scope_id
      ORDER BY v.version DESC LIMIT 1) own ON true
    LEFT JOIN LATERAL (${holding(sql`wanted.role_id`, sql`wanted.scope_id`)}) held ON true
    ORDER BY wanted.n`;
}

/** A rule of a policy with where its value comes from. */
export interface RuleRow {
  readonly ruleId: RuleId;
  readonly rule: RolePolicyRules[RuleId];
  readonly origin: RuleOrigin;
}

/** Every rule that holds. */
export function ruleRows(policy: EffectivePolicy): RuleRow[] {
  return RULE_IDS.map((ruleId) => ({ ruleId, rule: policy.rules[ruleId], origin: ruleOrigin(policy, ruleId) }));
}

/** The rules a request was judged by. */
export async function policyVersion(db: Sql, id: string): Promise<RolePolicyRules> {
  const { rows } = await sql<{ rules: RolePolicyRules }>`
    SELECT rules FROM role_policy_version WHERE id = ${id}`.execute(db);
  return (rows[0] as { rules: RolePolicyRules }).rules;
}

export interface NewPolicyVersion extends PolicyKey {
  readonly version: number;
  /** Null: from now on what holds without rules of one's own. */
  readonly rules: RolePolicyRules | null;
  readonly inheritable: boolean;
  readonly templateVersionId: string | null;
  readonly createdAt: Date;
  readonly createdBy: string;
}

export async function insertPolicyVersion(tx: Transaction, row: NewPolicyVersion): Promise<void> {
  await tx.insert(RolePolicyVersionEntity, { ...row, id: crypto.randomUUID() });
}

/** A role at a scope, whether or not anybody has touched its settings. */
export interface RolePolicyRow extends PolicyKey {
  readonly id: string;
  /** What it names, where that was read with it. */
  readonly role?: RoleRow;
  readonly scope?: ScopeRow;
}

export function policyId({ roleId, scopeId }: PolicyKey): string {
  return `${roleId}/${scopeId}`;
}

/** Those that the viewer may see, by ids of `policyId`. */
export async function rolePoliciesById(db: Sql, ids: readonly string[], viewer: Viewer): Promise<RolePolicyRow[]> {
  const pairs = ids.map((id) => id.split('/'));
  const { rows } = await sql<PolicyKey>`
    SELECT r.provider, r.id AS "roleId", s.id AS "scopeId"
    FROM unnest(${pairs.map(([role]) => role)}::uuid[], ${pairs.map(([, scope]) => scope)}::uuid[]) AS wanted (role_id, scope_id)
    JOIN role r ON r.id = wanted.role_id
    JOIN (SELECT *, id AS scope_id FROM scope) s ON s.id = wanted.scope_id AND s.provider = r.provider
    WHERE (s.provider <> 'ENTRA_ROLE' OR s.kind = 'DIRECTORY') AND ${visibleScope(viewer, 's')} AND ${visiblePolicy(viewer, 's')}`.execute(
    db,
  );
  return rows.map((row) => ({ ...row, id: policyId(row) }));
}

/** The policy that governs a role at a scope. Null: no such role or scope, or none that the viewer may see. */
export async function findRolePolicy(
  db: Sql,
  viewer: Viewer,
  { roleId, scope: named }: { roleId: string; scope: { readonly id: string } | { readonly path: string } | null },
): Promise<RolePolicyRow | null> {
  const [role] = await rolesById(db, [roleId]);
  if (!role) return null;
  const { provider } = role;
  if (named === null && provider !== 'ENTRA_ROLE') return null;
  const reference: ScopeReference = named === null ? { id: DIRECTORY_SCOPE } : { provider, ...named };
  const scope = await scopeFacts(db, viewer, reference);
  if (scope?.provider !== provider) return null;
  const key = { provider, roleId, scopeId: scopeOf({ provider, roleId, scopeId: scope.id }) };
  const [row = null] = await rolePoliciesById(db, [policyId(key)], viewer);
  return row && { ...row, role };
}

export interface RolePolicyFilter {
  readonly providers?: readonly Provider[] | null | undefined;
  readonly roleIds?: readonly string[] | null | undefined;
  /** Path of a scope: policies at it and below it. */
  readonly below?: string | null | undefined;
  readonly inheritable?: boolean | null | undefined;
}

/** Settings that somebody has touched, the latest first. */
export function listRolePolicies(
  db: Sql,
  viewer: Viewer,
  filter: RolePolicyFilter,
  page: PageArguments,
  wanted?: Wanted,
): Promise<Page<RolePolicyRow>> {
  const where = [
    visiblePolicy(viewer, 'v'),
    sql<boolean>`NOT EXISTS (SELECT 1 FROM role_policy_version w
      WHERE w.role_id = v.role_id AND w.scope_id = v.scope_id AND w.version > v.version)`,
  ];
  if (filter.providers) where.push(sql<boolean>`v.provider = ANY(${[...filter.providers]})`);
  if (filter.roleIds) where.push(sql<boolean>`v.role_id = ANY(${[...filter.roleIds]}::uuid[])`);
  if (filter.inheritable != null) where.push(sql<boolean>`v.inheritable = ${filter.inheritable}`);
  if (filter.below != null) where.push(atOrBelow('v.scope_id', filter.below));
  const columns = {
    id: sql`v.role_id || '/' || v.scope_id`,
    ...columnsOf('v', { provider: 'provider', roleId: 'role_id', scopeId: 'scope_id' }),
  };
  const order = [
    { by: sql`v.created_at`, type: 'timestamptz' },
    { by: sql`v.id`, type: 'uuid' },
  ] as const;
  const from = sql`role_policy_version v`;
  const joins = { role: roleJoin(sql`v.role_id`), scope: scopeJoin(sql`v.scope_id`) };
  const list = { name: 'rolePolicies', columns, alias: 'v', joins, from };
  return readPage(db, { ...list, where, order, descending: true }, page, wanted);
}
