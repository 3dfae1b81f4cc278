/** Role settings: immutable versions of the rules that govern one role at one scope; none means the provider's defaults. */
import { Migration } from '@mikro-orm/migrations';

export class Policies extends Migration {
  override up(): void {
    this.addSql(`
      CREATE TABLE role_policy_version (
        id uuid CONSTRAINT role_policy_version_pkey PRIMARY KEY,
        provider text NOT NULL,
        role_id uuid NOT NULL,
        scope_id uuid NOT NULL,
        version integer NOT NULL,
        rules jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        created_by uuid CONSTRAINT role_policy_version_author_exists REFERENCES principal (id),
        CONSTRAINT role_policy_version_role_exists FOREIGN KEY (role_id, provider) REFERENCES role (id, provider),
        CONSTRAINT role_policy_version_scope_exists FOREIGN KEY (scope_id, provider) REFERENCES scope (id, provider),
        CONSTRAINT role_policy_version_counts_up UNIQUE (role_id, scope_id, version),
        CONSTRAINT role_policy_version_from_one CHECK (version >= 1)
      );

      CREATE FUNCTION role_policy_version_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'a policy version never changes' USING ERRCODE = 'check_violation', CONSTRAINT = 'role_policy_version_immutable';
      END $$;
      CREATE TRIGGER role_policy_version_immutable BEFORE UPDATE OR DELETE ON role_policy_version
        FOR EACH ROW EXECUTE FUNCTION role_policy_version_is_immutable();
      ALTER TABLE role_policy_version ENABLE ALWAYS TRIGGER role_policy_version_immutable;
    `);
  }
}
