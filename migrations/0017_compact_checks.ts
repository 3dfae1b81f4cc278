/** How dear is a check? PostgreSQL reads the text of each one again for every statement: lists of words are kept in functions. */
import { Migration } from '@mikro-orm/migrations';

/**
 * PostgreSQL keeps a check as text that spells out each byte of each word, and parses it anew for every statement that
 * writes to the table: a third of what an activation writes was that. A call has no words in it, and its body stays parsed.
 */
const CHECKS: readonly Check[] = [
  { table: 'assignment', name: 'assignment_type_known', given: 'type text', rule: `type IN ('ELIGIBLE', 'ACTIVE')` },
  {
    table: 'assignment',
    name: 'assignment_state_known',
    given: 'state text',
    rule: `state IN ('ASSIGNED', 'ACTIVATED')`,
  },
  {
    ...{ table: 'assignment', name: 'assignment_ended_by_known', given: 'ended_by text' },
    rule: `ended_by IN ('REMOVED', 'DEACTIVATED', 'EXPIRED', 'FAILED')`,
  },
  {
    ...{ table: 'assignment', name: 'assignment_activation_is_bound' },
    given: 'type text, state text, eligibility_id uuid, ends_at timestamptz',
    rule: `(state = 'ACTIVATED') = (eligibility_id IS NOT NULL)
      AND (state = 'ASSIGNED' OR (type = 'ACTIVE' AND ends_at IS NOT NULL))`,
  },
  {
    ...{ table: 'request', name: 'request_action_known', given: 'action text' },
    rule: `action IN ('ADMIN_ASSIGN', 'ADMIN_UPDATE', 'ADMIN_REMOVE', 'ADMIN_EXTEND', 'ADMIN_RENEW',
      'SELF_ACTIVATE', 'SELF_DEACTIVATE', 'SELF_EXTEND', 'SELF_RENEW')`,
  },
  {
    ...{ table: 'request', name: 'request_status_known', given: 'status text' },
    rule: `status IN ('PENDING_APPROVAL', 'PENDING_ADMIN_DECISION', 'GRANTED', 'PROVISIONED', 'REVOKED',
      'DENIED', 'CANCELED', 'TIMED_OUT', 'FAILED')`,
  },
  {
    ...{ table: 'request', name: 'request_assignment_type_known', given: 'assignment_type text' },
    rule: `assignment_type IN ('ELIGIBLE', 'ACTIVE')`,
  },
  {
    ...{ table: 'request', name: 'request_self_is_own', given: 'action text, requestor_id uuid, principal_id uuid' },
    rule: `action NOT LIKE 'SELF%' OR requestor_id = principal_id`,
  },
  {
    ...{ table: 'request', name: 'request_pending_expires', given: 'status text, expires_at timestamptz' },
    rule: `status <> 'PENDING_APPROVAL' OR expires_at IS NOT NULL`,
  },
  {
    ...{ table: 'request', name: 'request_open_or_completed', given: 'status text, completed_at timestamptz' },
    rule: `(status IN ('PENDING_APPROVAL', 'PENDING_ADMIN_DECISION')) = (completed_at IS NULL)`,
  },
  {
    ...{ table: 'request', name: 'request_change_has_target', given: 'action text, target_id uuid' },
    rule: `action NOT IN ('ADMIN_UPDATE', 'ADMIN_EXTEND', 'ADMIN_RENEW', 'SELF_EXTEND', 'SELF_RENEW') OR target_id IS NOT NULL`,
  },
  {
    ...{ table: 'event', name: 'event_type_form', given: 'type text' },
    rule: `type ~ '^[a-z]+([A-Z][a-z]+)*[.][a-z]+([A-Z][a-z]+)*$'`,
  },
];

interface Check {
  readonly table: string;
  readonly name: string;
  /** The columns, with their types. */
  readonly given: string;
  readonly rule: string;
}

export class CompactChecks extends Migration {
  override up(): void {
    for (const { table, name, given, rule } of CHECKS) {
      const columns = given.split(', ').map((column) => column.split(' ')[0]);
      this.addSql(`
        CREATE FUNCTION ${name}(${given}) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
          BEGIN RETURN ${rule}; END
        $$;
        ALTER TABLE ${table} DROP CONSTRAINT ${name}, ADD CONSTRAINT ${name} CHECK (${name}(${columns.join(', ')}));`);
    }
  }
}
