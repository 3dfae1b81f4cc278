/** The orders that change access, who may approve them, and what was decided. Requests are never purged. */
import { Migration } from '@mikro-orm/migrations';

export class Requests extends Migration {
  override up(): void {
    this.addSql(`
      CREATE TABLE request (
        id uuid CONSTRAINT request_pkey PRIMARY KEY,
        action text NOT NULL,
        status text NOT NULL,
        assignment_type text NOT NULL,
        provider text NOT NULL,
        role_id uuid NOT NULL,
        scope_id uuid NOT NULL,
        principal_id uuid NOT NULL CONSTRAINT request_principal_exists REFERENCES principal (id),
        -- Null when the gateway itself asks, as in an import.
        requestor_id uuid CONSTRAINT request_requestor_exists REFERENCES principal (id),
        eligibility_id uuid,
        policy_version_id uuid CONSTRAINT request_policy_version_exists REFERENCES role_policy_version (id),
        justification text,
        ticket_number text,
        ticket_system text,
        starts_at timestamptz,
        ends_at timestamptz,
        duration_minutes integer,
        condition text,
        -- What the requestor's token proved when asking; judged again if the policy is tightened before the decision.
        multi_factor_at timestamptz,
        authentication_contexts text[] NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL,
        expires_at timestamptz,
        -- The stage of the approval that is open, and from when on its backup approvers may decide as well.
        stage integer NOT NULL DEFAULT 1,
        escalates_at timestamptz,
        completed_at timestamptz,
        CONSTRAINT request_requestor_unique UNIQUE (id, requestor_id),
        CONSTRAINT request_role_exists FOREIGN KEY (role_id, provider) REFERENCES role (id, provider),
        CONSTRAINT request_scope_exists FOREIGN KEY (scope_id, provider) REFERENCES scope (id, provider),
        CONSTRAINT request_action_known CHECK (action IN ('ADMIN_ASSIGN', 'ADMIN_UPDATE', 'ADMIN_REMOVE', 'ADMIN_EXTEND', 'ADMIN_RENEW',
          'SELF_ACTIVATE', 'SELF_DEACTIVATE', 'SELF_EXTEND', 'SELF_RENEW')),
        CONSTRAINT request_status_known CHECK (status IN ('PENDING_APPROVAL', 'PENDING_ADMIN_DECISION', 'GRANTED', 'PROVISIONED', 'REVOKED',
          'DENIED', 'CANCELED', 'TIMED_OUT', 'FAILED')),
        CONSTRAINT request_assignment_type_known CHECK (assignment_type IN ('ELIGIBLE', 'ACTIVE')),
        CONSTRAINT request_self_is_own CHECK (action NOT LIKE 'SELF%' OR requestor_id = principal_id),
        CONSTRAINT request_pending_expires CHECK (status <> 'PENDING_APPROVAL' OR expires_at IS NOT NULL),
        CONSTRAINT request_open_or_completed CHECK (
          (status IN ('PENDING_APPROVAL', 'PENDING_ADMIN_DECISION')) = (completed_at IS NULL)),
        CONSTRAINT request_end_once CHECK (ends_at IS NULL OR duration_minutes IS NULL),
        CONSTRAINT request_schedule_runs_forward CHECK (ends_at IS NULL OR starts_at IS NULL OR ends_at > starts_at)
      );
      -- At most one undecided request for the same access.
      CREATE UNIQUE INDEX request_one_open ON request (principal_id, role_id, scope_id, assignment_type)
        WHERE status IN ('PENDING_APPROVAL', 'PENDING_ADMIN_DECISION');
      CREATE INDEX request_by_time ON request (created_at DESC, id DESC);
      CREATE INDEX request_by_principal ON request (principal_id, created_at DESC, id DESC);
      CREATE INDEX request_by_scope ON request (scope_id);

      -- The approvers as named when the request was made; whether they still may decide is asked again at the decision.
      CREATE TABLE request_approver (
        request_id uuid NOT NULL CONSTRAINT request_approver_request_exists REFERENCES request (id),
        approver_id uuid NOT NULL CONSTRAINT request_approver_principal_exists REFERENCES principal (id),
        stage integer NOT NULL DEFAULT 1,
        -- May decide only once the stage has been silent for too long.
        escalation boolean NOT NULL DEFAULT false,
        CONSTRAINT request_approver_pkey PRIMARY KEY (request_id, stage, approver_id)
      );
      CREATE INDEX request_approver_inbox ON request_approver (approver_id, request_id);

      CREATE TABLE approval_decision (
        id uuid CONSTRAINT approval_decision_pkey PRIMARY KEY,
        request_id uuid NOT NULL,
        requestor_id uuid NOT NULL,
        stage integer NOT NULL DEFAULT 1,
        decided_by uuid NOT NULL CONSTRAINT approval_decision_approver_exists REFERENCES principal (id),
        result text NOT NULL,
        -- A shorter duration than was asked for; null: as asked.
        duration_minutes integer,
        justification text NOT NULL,
        decided_at timestamptz NOT NULL,
        CONSTRAINT approval_decision_request_exists FOREIGN KEY (request_id, requestor_id) REFERENCES request (id, requestor_id),
        CONSTRAINT approval_decision_result_known CHECK (result IN ('APPROVE', 'DENY')),
        -- Every decision on a request is another person's, in one stage and over all of them.
        CONSTRAINT approval_decision_once_each UNIQUE (request_id, decided_by),
        CONSTRAINT approval_decision_not_own CHECK (decided_by <> requestor_id),
        CONSTRAINT approval_decision_justified CHECK (length(trim(justification)) > 0)
      );
    `);
  }
}
