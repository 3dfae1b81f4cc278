/** What access grants: Entra and Azure roles, and the two relations to a group. */
import { Migration } from '@mikro-orm/migrations';

export class Roles extends Migration {
  override up(): void {
    this.addSql(`
      CREATE TABLE role (
        id uuid CONSTRAINT role_pkey PRIMARY KEY,
        provider text NOT NULL,
        display_name text NOT NULL,
        built_in boolean NOT NULL,
        privileged boolean NOT NULL DEFAULT false,
        assignable boolean NOT NULL DEFAULT true,
        deprecated boolean NOT NULL DEFAULT false,
        administrative_unit_scope boolean NOT NULL DEFAULT false,
        application_scope boolean NOT NULL DEFAULT false,
        categories text[] NOT NULL DEFAULT '{}',
        assignable_scopes text[] NOT NULL DEFAULT '{}',
        permissions jsonb NOT NULL DEFAULT '[]',
        -- Derived from the permissions when the role is written, so that every check is a column read.
        manages_assignments boolean NOT NULL DEFAULT false,
        reads_assignments boolean NOT NULL DEFAULT false,
        CONSTRAINT role_provider_known CHECK (provider IN ('ENTRA_ROLE', 'AZURE_RESOURCE', 'GROUP')),
        CONSTRAINT role_provider_unique UNIQUE (id, provider),
        CONSTRAINT role_scopes_of_provider CHECK (provider = 'ENTRA_ROLE' OR NOT (administrative_unit_scope OR application_scope))
      );
      CREATE INDEX role_by_name ON role (display_name, id);

      INSERT INTO role (id, provider, display_name, built_in) VALUES
        ('00000000-0000-4000-8000-0000000000a1', 'GROUP', 'Member', true),
        ('00000000-0000-4000-8000-0000000000a2', 'GROUP', 'Owner', true);
    `);
  }
}
