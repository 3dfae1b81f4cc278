/** Role settings that reach further: down the tree where a version says so, and as named templates that are copied. */
import { Migration } from '@mikro-orm/migrations';

export class PolicyInheritance extends Migration {
  override up(): void {
    this.addSql(`
      CREATE TABLE policy_template (
        id uuid CONSTRAINT policy_template_pkey PRIMARY KEY,
        -- Defaults and ranges differ between providers, and so do the roles a template fits.
        provider text NOT NULL,
        name text NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT policy_template_provider_known CHECK (provider IN ('ENTRA_ROLE', 'AZURE_RESOURCE', 'GROUP')),
        CONSTRAINT policy_template_name_length CHECK (length(trim(name)) BETWEEN 1 AND 100)
      );
      CREATE UNIQUE INDEX policy_template_name_unique ON policy_template (lower(name));

      CREATE TABLE policy_template_version (
        id uuid CONSTRAINT policy_template_version_pkey PRIMARY KEY,
        template_id uuid NOT NULL CONSTRAINT policy_template_version_template_exists REFERENCES policy_template (id),
        version integer NOT NULL,
        description text,
        -- Any subset of the 17 rules.
        rules jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        created_by uuid CONSTRAINT policy_template_version_author_exists REFERENCES principal (id),
        CONSTRAINT policy_template_version_counts_up UNIQUE (template_id, version),
        CONSTRAINT policy_template_version_from_one CHECK (version >= 1)
      );
      CREATE TRIGGER policy_template_version_immutable BEFORE UPDATE OR DELETE ON policy_template_version
        FOR EACH ROW EXECUTE FUNCTION role_policy_version_is_immutable();
      ALTER TABLE policy_template_version ENABLE ALWAYS TRIGGER policy_template_version_immutable;

      -- Without rules: from this version on whatever holds without settings of one's own.
      ALTER TABLE role_policy_version ALTER COLUMN rules DROP NOT NULL;
      -- Scopes below without rules of their own take these instead of the defaults.
      ALTER TABLE role_policy_version ADD COLUMN inheritable boolean NOT NULL DEFAULT false;
      -- The template its rules were copied from; what was changed since differs from it.
      ALTER TABLE role_policy_version ADD COLUMN template_version_id uuid
        CONSTRAINT role_policy_version_template_exists REFERENCES policy_template_version (id);
      ALTER TABLE role_policy_version ADD CONSTRAINT role_policy_version_passes_on_its_own
        CHECK (rules IS NOT NULL OR (NOT inheritable AND template_version_id IS NULL));
    `);
  }
}
