/** Which settings hold for a role at a scope now? The newest version, or the provider's defaults when there is none. */
import { sql } from 'kysely';
import { defaultPolicy, type RolePolicyRules } from '../decision/policy.ts';
import { DIRECTORY_SCOPE } from '../decision/role.ts';
import type { Provider } from '../decision/words.ts';
import type { Sql } from './database.ts';

export interface CurrentPolicy {
  /** Null: nobody has touched these settings. */
  readonly versionId: string | null;
  readonly rules: RolePolicyRules;
}

export interface PolicyKey {
  readonly provider: Provider;
  readonly roleId: string;
  readonly scopeId: string;
}

export async function currentPolicy(db: Sql, key: PolicyKey): Promise<CurrentPolicy> {
  const [policy] = await currentPolicies(db, [key]);
  return policy as CurrentPolicy;
}

/** The same for many at once, in the order asked. */
export async function currentPolicies(db: Sql, keys: readonly PolicyKey[]): Promise<CurrentPolicy[]> {
  // An Entra role has one policy for the whole directory, also when it is assigned for an administrative unit.
  const scopeOf = (key: PolicyKey) => (key.provider === 'ENTRA_ROLE' ? DIRECTORY_SCOPE : key.scopeId);
  const { rows } = await sql<CurrentPolicy & { roleId: string; scopeId: string }>`
    SELECT DISTINCT ON (v.role_id, v.scope_id) v.role_id AS "roleId", v.scope_id AS "scopeId", v.id AS "versionId", v.rules
    FROM unnest(${keys.map((key) => key.roleId)}::uuid[], ${keys.map(scopeOf)}::uuid[]) AS wanted (role_id, scope_id)
    JOIN role_policy_version v USING (role_id, scope_id)
    ORDER BY v.role_id, v.scope_id, v.version DESC`.execute(db);
  const found = new Map(rows.map((row) => [`${row.roleId} ${row.scopeId}`, row]));
  return keys.map((key) => {
    const row = found.get(`${key.roleId} ${scopeOf(key)}`);
    return row ?? { versionId: null, rules: defaultPolicy(key.provider) };
  });
}

/** The rules a request was judged by. */
export async function policyVersion(db: Sql, id: string): Promise<RolePolicyRules> {
  const { rows } = await sql<{ rules: RolePolicyRules }>`
    SELECT rules FROM role_policy_version WHERE id = ${id}`.execute(db);
  return (rows[0] as { rules: RolePolicyRules }).rules;
}
