/** Who can hold access: users, groups, service principals and managed identities, keyed by their immutable object id. */
import { Migration } from '@mikro-orm/migrations';

export class Principals extends Migration {
  override up(): void {
    this.addSql(`
      CREATE TABLE principal (
        id uuid CONSTRAINT principal_pkey PRIMARY KEY,
        kind text NOT NULL,
        display_name text NOT NULL,
        enabled boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        deleted_at timestamptz,
        user_principal_name text,
        mail text,
        user_type text,
        job_title text,
        department text,
        last_sign_in_at timestamptz,
        role_assignable boolean NOT NULL DEFAULT false,
        dynamic_membership boolean NOT NULL DEFAULT false,
        synchronized boolean NOT NULL DEFAULT false,
        security_enabled boolean NOT NULL DEFAULT false,
        app_id uuid,
        CONSTRAINT principal_kind_known CHECK (kind IN ('USER', 'GROUP', 'SERVICE_PRINCIPAL', 'MANAGED_IDENTITY')),
        CONSTRAINT principal_user_fields CHECK (
          (kind = 'USER') = (user_principal_name IS NOT NULL)
          AND (kind = 'USER') = (user_type IS NOT NULL)
          AND (user_type IS NULL OR user_type IN ('MEMBER', 'GUEST'))),
        CONSTRAINT principal_group_flags CHECK (
          kind = 'GROUP' OR NOT (role_assignable OR dynamic_membership OR synchronized OR security_enabled)),
        -- A role-assignable group has an assigned membership and lives in the cloud (PIM for Groups).
        CONSTRAINT principal_role_assignable_is_assigned CHECK (NOT role_assignable OR NOT (dynamic_membership OR synchronized))
      );
      CREATE UNIQUE INDEX principal_user_principal_name_unique
        ON principal (lower(user_principal_name COLLATE "C")) WHERE deleted_at IS NULL;
      CREATE INDEX principal_by_name ON principal (display_name, id);
    `);
  }
}
