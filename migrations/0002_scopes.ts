/** Where access holds: the directory, administrative units, applications, groups, and the Azure tree with its closure. */
import { Migration } from '@mikro-orm/migrations';

export class Scopes extends Migration {
  override up(): void {
    this.addSql(`
      CREATE TABLE scope (
        id uuid CONSTRAINT scope_pkey PRIMARY KEY,
        provider text NOT NULL,
        kind text NOT NULL,
        path text NOT NULL,
        -- Identifiers are compared without regard to ASCII letter case and with no locale's surprises.
        key text GENERATED ALWAYS AS (lower(path COLLATE "C")) STORED,
        parent_id uuid CONSTRAINT scope_parent_exists REFERENCES scope (id),
        display_name text NOT NULL,
        resource_type text,
        principal_id uuid CONSTRAINT scope_principal_exists REFERENCES principal (id),
        locked boolean NOT NULL DEFAULT false,
        CONSTRAINT scope_provider_unique UNIQUE (id, provider),
        CONSTRAINT scope_key_unique UNIQUE (provider, key),
        CONSTRAINT scope_path_canonical CHECK (path = '/' OR path ~ '^(/[^/]+)+$'),
        CONSTRAINT scope_kind_of_provider CHECK (
          (provider = 'ENTRA_ROLE' AND kind IN ('DIRECTORY', 'ADMINISTRATIVE_UNIT', 'DIRECTORY_OBJECT'))
          OR (provider = 'AZURE_RESOURCE' AND kind IN ('TENANT_ROOT', 'MANAGEMENT_GROUP', 'SUBSCRIPTION', 'RESOURCE_GROUP', 'RESOURCE'))
          OR (provider = 'GROUP' AND kind = 'GROUP')),
        CONSTRAINT scope_principal_of_kind CHECK ((kind IN ('GROUP', 'DIRECTORY_OBJECT')) = (principal_id IS NOT NULL)),
        CONSTRAINT scope_parent_of_kind CHECK ((kind IN ('DIRECTORY', 'TENANT_ROOT', 'GROUP')) = (parent_id IS NULL))
      );
      CREATE INDEX scope_by_parent ON scope (parent_id);
      CREATE INDEX scope_by_principal ON scope (principal_id) WHERE principal_id IS NOT NULL;
      CREATE INDEX scope_by_path ON scope (provider, path, id);

      -- Every scope with itself (depth 0) and everything above it: coverage is one indexed look-up.
      CREATE TABLE scope_ancestor (
        scope_id uuid NOT NULL CONSTRAINT scope_ancestor_scope_exists REFERENCES scope (id) ON DELETE CASCADE,
        ancestor_id uuid NOT NULL CONSTRAINT scope_ancestor_ancestor_exists REFERENCES scope (id) ON DELETE CASCADE,
        depth integer NOT NULL,
        CONSTRAINT scope_ancestor_pkey PRIMARY KEY (scope_id, ancestor_id)
      );
      CREATE INDEX scope_ancestor_below ON scope_ancestor (ancestor_id, scope_id);

      CREATE FUNCTION scope_closure() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'INSERT' THEN
          INSERT INTO scope_ancestor (scope_id, ancestor_id, depth)
          SELECT NEW.id, NEW.id, 0
          UNION ALL
          SELECT NEW.id, ancestor_id, depth + 1 FROM scope_ancestor WHERE scope_id = NEW.parent_id;
        ELSE
          IF EXISTS (SELECT 1 FROM scope_ancestor WHERE scope_id = NEW.parent_id AND ancestor_id = NEW.id) THEN
            RAISE EXCEPTION 'a scope cannot lie below itself' USING ERRCODE = 'check_violation', CONSTRAINT = 'scope_tree_acyclic';
          END IF;
          DELETE FROM scope_ancestor a
          USING scope_ancestor below
          WHERE below.ancestor_id = NEW.id AND a.scope_id = below.scope_id
            AND a.ancestor_id NOT IN (SELECT scope_id FROM scope_ancestor WHERE ancestor_id = NEW.id);
          INSERT INTO scope_ancestor (scope_id, ancestor_id, depth)
          SELECT below.scope_id, above.ancestor_id, below.depth + above.depth + 1
          FROM scope_ancestor below, scope_ancestor above
          WHERE below.ancestor_id = NEW.id AND above.scope_id = NEW.parent_id;
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER scope_closure_insert AFTER INSERT ON scope FOR EACH ROW EXECUTE FUNCTION scope_closure();
      CREATE TRIGGER scope_closure_move AFTER UPDATE OF parent_id ON scope FOR EACH ROW
        WHEN (OLD.parent_id IS DISTINCT FROM NEW.parent_id) EXECUTE FUNCTION scope_closure();

      -- An administrative unit's role assignments reach its members, never the unit itself.
      CREATE TABLE administrative_unit_member (
        scope_id uuid NOT NULL CONSTRAINT administrative_unit_member_scope_exists REFERENCES scope (id),
        principal_id uuid NOT NULL CONSTRAINT administrative_unit_member_principal_exists REFERENCES principal (id),
        CONSTRAINT administrative_unit_member_pkey PRIMARY KEY (scope_id, principal_id)
      );

      INSERT INTO scope (id, provider, kind, path, display_name) VALUES
        ('00000000-0000-4000-8000-000000000001', 'ENTRA_ROLE', 'DIRECTORY', '/', 'Directory'),
        ('00000000-0000-4000-8000-000000000002', 'AZURE_RESOURCE', 'TENANT_ROOT', '/', 'Tenant root');
    `);
  }
}
