/** What would break each rule of the schema? For every constraint, unique index and trigger something that it alone stops. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { DIRECTORY_SCOPE, ENTRA, GROUP_OWNER, TENANT_ROOT_SCOPE } from '../../src/decision/role.ts';

type Row = Readonly<Record<string, unknown>>;

/** Does what the object forbids, or what it accompanies. */
export type Breach = (client: pg.ClientBase) => Promise<unknown>;

export interface Case {
  /** The constraint, index or trigger that stands in the way. */
  readonly object: string;
  readonly breach: Breach;
  /** The name the error gives; default the object's. Null: nothing is refused, and `holds` asks for what must be true then. */
  readonly says?: string | null;
  readonly holds?: string;
}

const id = {
  user: '10000000-0000-4000-8000-000000000001',
  other: '10000000-0000-4000-8000-000000000002',
  group: '10000000-0000-4000-8000-000000000003',
  groupScope: '10000000-0000-4000-8000-000000000004',
  subscription: '10000000-0000-4000-8000-000000000005',
  eligibility: '10000000-0000-4000-8000-000000000006',
  administrator: '10000000-0000-4000-8000-000000000007',
  request: '10000000-0000-4000-8000-000000000008',
  policy: '10000000-0000-4000-8000-000000000009',
  template: '10000000-0000-4000-8000-000000000010',
  templateVersion: '10000000-0000-4000-8000-000000000011',
  owner: '10000000-0000-4000-8000-000000000012',
  unit: '10000000-0000-4000-8000-000000000013',
  operation: '10000000-0000-4000-8000-000000000014',
  upload: '10000000-0000-4000-8000-000000000019',
};
/** A role that nobody in the scene holds otherwise. */
const ROLE = ENTRA.securityReader;
/** So many bytes, as a row in JSON has them. */
const bytes = (count: number) => `\\x${'00'.repeat(count)}`;
const HASH = bytes(32);
const past = (days: number) => new Date(Date.UTC(2020, 0, days));

/** A row of each table that every rule allows; a function, so that what must be unique is. */
export const ROWS: Readonly<Record<string, () => Row>> = {
  principal: () => ({
    id: randomUUID(),
    kind: 'USER',
    display_name: 'Una',
    user_principal_name: `${randomUUID()}@a.example`,
    user_type: 'MEMBER',
  }),
  scope: () => ({
    id: randomUUID(),
    provider: 'AZURE_RESOURCE',
    kind: 'SUBSCRIPTION',
    path: `/subscriptions/${randomUUID()}`,
    parent_id: TENANT_ROOT_SCOPE,
    display_name: 'A',
  }),
  // The trigger wrote the scope's own; the other way round nothing lies above the root.
  scope_ancestor: () => ({ scope_id: TENANT_ROOT_SCOPE, ancestor_id: id.subscription, depth: 1 }),
  administrative_unit_member: () => ({ scope_id: id.unit, principal_id: id.user }),
  role: () => ({ id: randomUUID(), provider: 'ENTRA_ROLE', display_name: 'Custom', built_in: false }),
  role_policy_version: () => ({
    id: randomUUID(),
    provider: 'ENTRA_ROLE',
    role_id: ROLE,
    scope_id: DIRECTORY_SCOPE,
    version: 2,
    rules: '{}',
    created_at: past(1),
    created_by: id.user,
  }),
  policy_template: () => ({ id: randomUUID(), provider: 'ENTRA_ROLE', name: randomUUID(), created_at: past(1) }),
  policy_template_version: () => ({
    id: randomUUID(),
    template_id: id.template,
    version: 2,
    rules: '{}',
    created_at: past(1),
    created_by: id.user,
  }),
  request: () => ({
    ...{
      id: randomUUID(),
      action: 'SELF_ACTIVATE',
      status: 'PROVISIONED',
      assignment_type: 'ACTIVE',
      provider: 'ENTRA_ROLE',
      role_id: ROLE,
    },
    ...{
      scope_id: DIRECTORY_SCOPE,
      principal_id: id.user,
      requestor_id: id.user,
      created_at: past(1),
      completed_at: past(1),
    },
  }),
  request_approver: () => ({ request_id: id.request, approver_id: id.group }),
  approval_decision: () => ({
    id: randomUUID(),
    request_id: id.request,
    requestor_id: id.user,
    decided_by: id.administrator,
    result: 'APPROVE',
    justification: 'Known',
    decided_at: past(1),
  }),
  assignment: () => ({
    ...{
      id: randomUUID(),
      provider: 'ENTRA_ROLE',
      role_id: ROLE,
      scope_id: DIRECTORY_SCOPE,
      principal_id: id.user,
      type: 'ACTIVE',
    },
    ...{ starts_at: past(1), ends_at: past(2), created_at: past(1) },
  }),
  event_batch: () => ({
    first_position: 2,
    last_position: 3,
    epoch: randomUUID(),
    root: HASH,
    log_root: HASH,
    oldest_at: past(1),
    newest_at: past(1),
  }),
  event_checkpoint: () => ({
    position: 2,
    epoch: randomUUID(),
    log_root: HASH,
    signed_at: past(1),
    public_key: HASH,
    signature: bytes(64),
  }),
  event: () => ({ at: past(1), type: 'assignment.assigned', payload: '{}' }),
  idempotency_key: () => ({ principal_id: id.user, key: randomUUID(), body_hash: 'hash', created_at: past(1) }),
  request_escalation: () => ({ request_id: id.request, stage: 2, escalated_at: past(1) }),
  assignment_warning: () => ({ assignment_id: id.eligibility, ends_at: past(3), kind: 'ONE_DAY', warned_at: past(1) }),
  assignment_history: () => ({
    ...{
      assignment_id: id.eligibility,
      valid_until: past(2),
      provider: 'ENTRA_ROLE',
      role_id: ROLE,
      scope_id: DIRECTORY_SCOPE,
      principal_id: id.user,
    },
    ...{ type: 'ELIGIBLE', state: 'ASSIGNED', starts_at: past(1), created_at: past(1) },
  }),
  bulk_operation: () => ({
    ...{
      id: randomUUID(),
      kind: 'EXPORT',
      status: 'CREATED',
      principal_id: id.user,
      viewer: {},
      input: {},
      result: {},
    },
    ...{ processed: 0, bytes: 0, attempts: 0, created_at: past(1) },
  }),
  bulk_chunk: () => ({ operation_id: id.operation, file: 'OUTPUT', start_byte: 1, bytes: bytes(1) }),
  upload: () => ({ id: randomUUID(), principal_id: id.user, format: 'CSV', created_at: past(1), expires_at: past(0) }),
  upload_chunk: () => ({ upload_id: id.upload, start_byte: 1, bytes: bytes(1) }),
  administrator_guard: () => ({ role_id: randomUUID() }),
};

/** Said twice: the type of another column refuses the same, and before. What it says, and what breaks it. */
export const ECHOES: readonly Case[] = [
  {
    object: 'assignment_runs_forward',
    breach: (client) => insert(client, 'assignment', { starts_at: past(3) }),
    says: 'range lower bound must be less than or equal to range upper bound',
  },
];

/** Rows are given as JSON, so that the table itself says which types they have. */
export async function insert(client: pg.ClientBase, table: string, change: Row = {}): Promise<void> {
  const row = { ...ROWS[table]?.(), ...change };
  const columns = Object.keys(row).join(', ');
  await client.query(
    `INSERT INTO ${table} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM jsonb_populate_record(NULL::${table}, $1)`,
    [JSON.stringify(row)],
  );
}

/** What the cases break: one user who is the only administrator, and one of everything else. */
export async function setScene(client: pg.ClientBase): Promise<void> {
  for (const user of [id.user, id.other, id.administrator, id.owner]) {
    await insert(client, 'principal', { id: user, user_principal_name: `${user}@a.example` });
  }
  await insert(client, 'principal', { id: id.group, kind: 'GROUP', user_principal_name: null, user_type: null });
  await insert(client, 'scope', {
    id: id.groupScope,
    provider: 'GROUP',
    kind: 'GROUP',
    path: '/groups/a',
    parent_id: null,
    principal_id: id.group,
  });
  await insert(client, 'scope', { id: id.subscription, path: '/subscriptions/a' });
  await insert(client, 'scope', {
    id: id.unit,
    provider: 'ENTRA_ROLE',
    kind: 'ADMINISTRATIVE_UNIT',
    path: '/administrativeUnits/a',
    parent_id: DIRECTORY_SCOPE,
  });
  await insert(client, 'role_policy_version', { id: id.policy, version: 1 });
  await insert(client, 'policy_template', { id: id.template, name: 'Template' });
  await insert(client, 'policy_template_version', { id: id.templateVersion, version: 1 });
  const permanent = { ends_at: null };
  await insert(client, 'assignment', { ...permanent, id: id.eligibility, type: 'ELIGIBLE' });
  await insert(client, 'assignment', {
    ...permanent,
    principal_id: id.administrator,
    role_id: ENTRA.globalAdministrator,
  });
  await insert(client, 'assignment', {
    ...permanent,
    principal_id: id.owner,
    provider: 'GROUP',
    role_id: GROUP_OWNER,
    scope_id: id.groupScope,
  });
  await insert(client, 'request', { id: id.request, eligibility_id: id.eligibility, policy_version_id: id.policy });
  await insert(client, 'request_approver', { approver_id: id.other });
  await insert(client, 'approval_decision', { decided_by: id.other });
  await insert(client, 'request_escalation', { stage: 1 });
  await insert(client, 'bulk_operation', { id: id.operation });
  await insert(client, 'bulk_chunk', { start_byte: 0 });
  await insert(client, 'upload', { id: id.upload });
  await insert(client, 'upload_chunk', { start_byte: 0 });
  await insert(client, 'assignment_warning', { kind: 'FOURTEEN_DAYS' });
  await insert(client, 'idempotency_key', { key: 'key' });
  await insert(client, 'administrative_unit_member', { principal_id: id.other });
  await insert(client, 'event', { id: 1_000_000, position: 1, leaf_hash: HASH });
  await insert(client, 'event_batch', { first_position: 1, last_position: 1 });
  await insert(client, 'event_checkpoint', { position: 1 });
}

const row =
  (table: string, change: Row): Breach =>
  (client) =>
    insert(client, table, change);
const statement =
  (text: string): Breach =>
  (client) =>
    client.query(text);
const replica = (text: string): Breach => statement(`SET LOCAL session_replication_role = replica; ${text}`);
const refused = (object: string, table: string, change: Row): Case => ({ object, breach: row(table, change) });
/** A reference to what is not there. */
const dangling = (object: string, table: string, column: string, change: Row = {}): Case =>
  refused(object, table, { ...change, [column]: randomUUID() });

const GONE = past(3);
const waiting = { status: 'PENDING_APPROVAL', expires_at: GONE, completed_at: null };

export const CASES: readonly Case[] = [
  refused('principal_pkey', 'principal', { id: id.user }),
  refused('principal_kind_known', 'principal', { kind: 'DEVICE', user_principal_name: null, user_type: null }),
  refused('principal_user_fields', 'principal', { user_type: null }),
  refused('principal_user_fields', 'principal', { user_type: 'VISITOR' }),
  refused('principal_group_flags', 'principal', { role_assignable: true }),
  refused('principal_role_assignable_is_assigned', 'principal', {
    ...{ kind: 'GROUP', user_principal_name: null, user_type: null, role_assignable: true, dynamic_membership: true },
  }),
  refused('principal_user_principal_name_unique', 'principal', { user_principal_name: `${id.user}@A.Example` }),

  refused('scope_pkey', 'scope', { id: id.subscription }),
  dangling('scope_parent_exists', 'scope', 'parent_id'),
  dangling('scope_principal_exists', 'scope', 'principal_id', { provider: 'GROUP', kind: 'GROUP', parent_id: null }),
  // What two columns together are unique for is that others can name them together.
  {
    object: 'scope_provider_unique',
    breach: row('assignment', { scope_id: TENANT_ROOT_SCOPE }),
    says: 'assignment_scope_exists',
  },
  refused('scope_key_unique', 'scope', { path: '/Subscriptions/A' }),
  refused('scope_path_canonical', 'scope', { path: '/subscriptions/b/' }),
  refused('scope_kind_of_provider', 'scope', { kind: 'ADMINISTRATIVE_UNIT' }),
  refused('scope_principal_of_kind', 'scope', { principal_id: id.group }),
  refused('scope_parent_of_kind', 'scope', { parent_id: null }),
  refused('scope_ancestor_pkey', 'scope_ancestor', { scope_id: id.subscription, ancestor_id: id.subscription }),
  dangling('scope_ancestor_scope_exists', 'scope_ancestor', 'scope_id'),
  dangling('scope_ancestor_ancestor_exists', 'scope_ancestor', 'ancestor_id'),
  {
    object: 'scope_closure_insert',
    breach: row('scope', {
      kind: 'RESOURCE_GROUP',
      path: '/subscriptions/a/resourceGroups/g',
      parent_id: id.subscription,
    }),
    says: null,
    holds: `SELECT count(*) = 3 FROM scope_ancestor a JOIN scope s ON s.id = a.scope_id WHERE s.path = '/subscriptions/a/resourceGroups/g'`,
  },
  {
    object: 'scope_closure_move',
    breach: async (client) => {
      await insert(client, 'scope', { kind: 'MANAGEMENT_GROUP', path: '/m', id: id.template });
      await client.query(`UPDATE scope SET parent_id = '${id.template}' WHERE id = '${id.subscription}'`);
    },
    says: null,
    holds: `SELECT count(*) = 3 FROM scope_ancestor WHERE scope_id = '${id.subscription}'`,
  },
  {
    object: 'scope_closure_move',
    breach: statement(`UPDATE scope SET parent_id = id WHERE id = '${id.subscription}'`),
    says: 'scope_tree_acyclic',
  },
  refused('administrative_unit_member_pkey', 'administrative_unit_member', { principal_id: id.other }),
  dangling('administrative_unit_member_scope_exists', 'administrative_unit_member', 'scope_id'),
  dangling('administrative_unit_member_principal_exists', 'administrative_unit_member', 'principal_id'),

  refused('role_pkey', 'role', { id: ROLE }),
  refused('role_provider_known', 'role', { provider: 'EXCHANGE' }),
  {
    object: 'role_provider_unique',
    breach: row('assignment', { role_id: GROUP_OWNER }),
    says: 'assignment_role_exists',
  },
  refused('role_scopes_of_provider', 'role', { provider: 'AZURE_RESOURCE', application_scope: true }),

  refused('role_policy_version_pkey', 'role_policy_version', { id: id.policy }),
  dangling('role_policy_version_author_exists', 'role_policy_version', 'created_by'),
  dangling('role_policy_version_role_exists', 'role_policy_version', 'role_id'),
  dangling('role_policy_version_scope_exists', 'role_policy_version', 'scope_id'),
  dangling('role_policy_version_template_exists', 'role_policy_version', 'template_version_id'),
  refused('role_policy_version_counts_up', 'role_policy_version', { version: 1 }),
  refused('role_policy_version_from_one', 'role_policy_version', { version: 0 }),
  refused('role_policy_version_passes_on_its_own', 'role_policy_version', { rules: null, inheritable: true }),
  { object: 'role_policy_version_immutable', breach: statement('UPDATE role_policy_version SET inheritable = true') },
  { object: 'role_policy_version_immutable', breach: statement('DELETE FROM role_policy_version WHERE version = 1') },
  refused('policy_template_pkey', 'policy_template', { id: id.template }),
  refused('policy_template_provider_known', 'policy_template', { provider: 'EXCHANGE' }),
  refused('policy_template_name_length', 'policy_template', { name: '  ' }),
  refused('policy_template_name_unique', 'policy_template', { name: 'TEMPLATE' }),
  refused('policy_template_version_pkey', 'policy_template_version', { id: id.templateVersion }),
  dangling('policy_template_version_template_exists', 'policy_template_version', 'template_id'),
  dangling('policy_template_version_author_exists', 'policy_template_version', 'created_by'),
  refused('policy_template_version_counts_up', 'policy_template_version', { version: 1 }),
  refused('policy_template_version_from_one', 'policy_template_version', { version: 0 }),
  {
    object: 'policy_template_version_immutable',
    breach: statement(`UPDATE policy_template_version SET description = 'Another'`),
    says: 'role_policy_version_immutable',
  },

  refused('request_pkey', 'request', { id: id.request }),
  {
    object: 'request_requestor_unique',
    breach: row('approval_decision', { requestor_id: id.owner }),
    says: 'approval_decision_request_exists',
  },
  dangling('request_principal_exists', 'request', 'principal_id', { action: 'ADMIN_ASSIGN' }),
  dangling('request_requestor_exists', 'request', 'requestor_id', { action: 'ADMIN_ASSIGN' }),
  dangling('request_policy_version_exists', 'request', 'policy_version_id'),
  dangling('request_role_exists', 'request', 'role_id'),
  dangling('request_scope_exists', 'request', 'scope_id'),
  dangling('request_eligibility_exists', 'request', 'eligibility_id'),
  dangling('request_target_exists', 'request', 'target_id'),
  refused('request_action_known', 'request', { action: 'ADMIN_WISH' }),
  refused('request_status_known', 'request', { status: 'LOST' }),
  refused('request_assignment_type_known', 'request', { assignment_type: 'BOTH' }),
  refused('request_self_is_own', 'request', { requestor_id: id.other }),
  refused('request_pending_expires', 'request', { status: 'PENDING_APPROVAL', completed_at: null }),
  refused('request_open_or_completed', 'request', { completed_at: null }),
  refused('request_open_or_completed', 'request', { ...waiting, completed_at: past(1) }),
  refused('request_end_once', 'request', { ends_at: past(9), duration_minutes: 60 }),
  refused('request_schedule_runs_forward', 'request', { starts_at: past(2), ends_at: past(2) }),
  refused('request_change_has_target', 'request', { action: 'SELF_EXTEND' }),
  {
    object: 'request_one_open',
    breach: async (client) => {
      await insert(client, 'request', waiting);
      await insert(client, 'request', { ...waiting, status: 'PENDING_ADMIN_DECISION' });
    },
  },
  refused('request_approver_pkey', 'request_approver', { approver_id: id.other }),
  dangling('request_approver_request_exists', 'request_approver', 'request_id'),
  dangling('request_approver_principal_exists', 'request_approver', 'approver_id'),
  {
    object: 'approval_decision_pkey',
    breach: async (client) => {
      await insert(client, 'approval_decision', { id: id.request });
      await insert(client, 'approval_decision', { id: id.request, decided_by: id.owner });
    },
  },
  dangling('approval_decision_approver_exists', 'approval_decision', 'decided_by'),
  dangling('approval_decision_request_exists', 'approval_decision', 'request_id'),
  refused('approval_decision_request_exists', 'approval_decision', { requestor_id: id.owner }),
  refused('approval_decision_result_known', 'approval_decision', { result: 'PERHAPS' }),
  refused('approval_decision_once_each', 'approval_decision', { decided_by: id.other, stage: 2 }),
  refused('approval_decision_not_own', 'approval_decision', { decided_by: id.user }),
  refused('approval_decision_justified', 'approval_decision', { justification: '  ' }),
  refused('bulk_operation_pkey', 'bulk_operation', { id: id.operation }),
  dangling('bulk_operation_principal_exists', 'bulk_operation', 'principal_id'),
  refused('bulk_operation_status_known', 'bulk_operation', { status: 'EXPIRED' }),
  refused('bulk_operation_run_by_somebody', 'bulk_operation', { status: 'RUNNING', alive_at: past(1) }),
  refused('bulk_operation_run_by_somebody', 'bulk_operation', { status: 'RUNNING', runner_id: randomUUID() }),
  refused('bulk_operation_over_has_end', 'bulk_operation', { status: 'FAILED', completed_at: past(1) }),
  refused('bulk_operation_over_has_end', 'bulk_operation', { completed_at: past(1), expires_at: past(2) }),
  refused('bulk_chunk_pkey', 'bulk_chunk', { start_byte: 0 }),
  dangling('bulk_chunk_operation_exists', 'bulk_chunk', 'operation_id'),
  refused('upload_pkey', 'upload', { id: id.upload }),
  dangling('upload_principal_exists', 'upload', 'principal_id'),
  refused('upload_chunk_pkey', 'upload_chunk', { start_byte: 0 }),
  dangling('upload_chunk_upload_exists', 'upload_chunk', 'upload_id'),
  refused('request_escalation_once', 'request_escalation', { stage: 1 }),
  dangling('request_escalation_request_exists', 'request_escalation', 'request_id'),

  refused('assignment_pkey', 'assignment', { id: id.eligibility }),
  dangling('assignment_principal_exists', 'assignment', 'principal_id'),
  dangling('assignment_role_exists', 'assignment', 'role_id'),
  dangling('assignment_scope_exists', 'assignment', 'scope_id'),
  dangling('assignment_eligibility_exists', 'assignment', 'eligibility_id', { state: 'ACTIVATED' }),
  dangling('assignment_request_exists', 'assignment', 'request_id'),
  refused('assignment_type_known', 'assignment', { type: 'BOTH' }),
  refused('assignment_state_known', 'assignment', { state: 'GIVEN' }),
  refused('assignment_ended_by_known', 'assignment', { ended_by: 'CHANCE' }),
  refused('assignment_ended_has_end', 'assignment', { ends_at: null, ended_by: 'REMOVED' }),
  refused('assignment_activation_is_bound', 'assignment', { state: 'ACTIVATED' }),
  refused('assignment_activation_is_bound', 'assignment', { eligibility_id: id.eligibility }),
  refused('assignment_activation_is_bound', 'assignment', {
    state: 'ACTIVATED',
    eligibility_id: id.eligibility,
    ends_at: null,
  }),
  refused('assignment_no_overlap', 'assignment', { type: 'ELIGIBLE' }),
  dangling('assignment_warning_assignment_exists', 'assignment_warning', 'assignment_id'),
  refused('assignment_warning_once', 'assignment_warning', { kind: 'FOURTEEN_DAYS' }),
  refused('assignment_warning_kind_known', 'assignment_warning', { kind: 'SOON' }),
  {
    object: 'assignment_history_kept',
    breach: statement(`UPDATE assignment SET ends_at = '2099-01-01' WHERE id = '${id.eligibility}'`),
    says: null,
    holds: `SELECT count(*) = 1 FROM assignment_history WHERE assignment_id = '${id.eligibility}' AND ends_at IS NULL`,
  },
  {
    object: 'assignment_history_pkey',
    breach: async (client) => {
      await insert(client, 'assignment_history', { id: 1_000_000 });
      await insert(client, 'assignment_history', { id: 1_000_000 });
    },
  },
  dangling('assignment_history_assignment_exists', 'assignment_history', 'assignment_id'),
  {
    object: 'assignment_history_append_only',
    breach: async (client) => {
      await insert(client, 'assignment_history');
      await client.query(
        `SET LOCAL session_replication_role = replica; UPDATE assignment_history SET valid_until = now()`,
      );
    },
  },
  {
    object: 'assignment_history_no_truncate',
    breach: statement('SET LOCAL session_replication_role = replica; TRUNCATE assignment_history'),
    says: 'assignment_history_append_only',
  },

  refused('administrator_guard_pkey', 'administrator_guard', { role_id: ENTRA.globalAdministrator }),
  refused('administrator_guard_minimum_positive', 'administrator_guard', { minimum: 0 }),
  {
    object: 'assignment_last_administrator',
    breach: statement(`UPDATE assignment SET ends_at = now() WHERE principal_id = '${id.administrator}'`),
    says: 'last_administrator',
  },
  {
    object: 'assignment_last_administrator',
    breach: statement(`UPDATE assignment SET ends_at = now() WHERE principal_id = '${id.owner}'`),
    says: 'last_owner',
  },
  {
    object: 'principal_last_administrator',
    breach: statement(`UPDATE principal SET enabled = false WHERE id = '${id.administrator}'`),
    says: 'last_administrator',
  },
  {
    object: 'principal_last_administrator',
    breach: statement(`UPDATE principal SET deleted_at = now() WHERE id = '${id.owner}'`),
    says: 'last_owner',
  },

  refused('event_pkey', 'event', { id: 1_000_000 }),
  dangling('event_actor_exists', 'event', 'actor_id'),
  dangling('event_principal_exists', 'event', 'principal_id'),
  dangling('event_role_exists', 'event', 'role_id'),
  dangling('event_scope_exists', 'event', 'scope_id'),
  dangling('event_assignment_exists', 'event', 'assignment_id'),
  dangling('event_request_exists', 'event', 'request_id'),
  refused('event_position_unique', 'event', { position: 1, leaf_hash: HASH }),
  refused('event_position_from_one', 'event', { position: 0, leaf_hash: HASH }),
  refused('event_sealed_with_position', 'event', { position: 2 }),
  refused('event_sealed_with_position', 'event', { leaf_hash: HASH }),
  refused('event_type_form', 'event', { type: 'assigned' }),
  {
    object: 'event_append_only',
    breach: statement(`SET LOCAL session_replication_role = replica; UPDATE event SET type = 'assignment.removed'`),
  },
  { object: 'event_append_only', breach: statement('DELETE FROM event') },
  {
    object: 'event_no_truncate',
    breach: statement('SET LOCAL session_replication_role = replica; TRUNCATE event'),
    says: 'event_append_only',
  },
  {
    object: 'event_append_only',
    breach: statement('UPDATE event_log SET position = 1, purged = 1, audit_retention_days = 36500; DELETE FROM event'),
  },
  {
    object: 'event_batch_pkey',
    breach: async (client) => {
      await insert(client, 'event_batch');
      await insert(client, 'event_batch', { first_position: 3 });
    },
  },
  refused('event_batch_first_unique', 'event_batch', { first_position: 1 }),
  refused('event_batch_runs_forward', 'event_batch', { first_position: 4 }),
  refused('event_batch_runs_forward', 'event_batch', { first_position: 0 }),
  refused('event_batch_hash_length', 'event_batch', { root: bytes(31) }),
  refused('event_batch_hash_length', 'event_batch', { log_root: bytes(33) }),
  { object: 'event_batch_append_only', breach: replica('UPDATE event_batch SET root = log_root') },
  { object: 'event_batch_append_only', breach: replica('DELETE FROM event_batch') },
  { object: 'event_batch_no_truncate', breach: replica('TRUNCATE event_batch'), says: 'event_batch_append_only' },
  refused('event_checkpoint_pkey', 'event_checkpoint', { position: 1 }),
  refused('event_checkpoint_lengths', 'event_checkpoint', { log_root: bytes(31) }),
  refused('event_checkpoint_lengths', 'event_checkpoint', { public_key: bytes(33) }),
  refused('event_checkpoint_lengths', 'event_checkpoint', { signature: bytes(63) }),
  { object: 'event_checkpoint_append_only', breach: replica('UPDATE event_checkpoint SET position = 2') },
  { object: 'event_checkpoint_append_only', breach: replica('DELETE FROM event_checkpoint') },
  {
    object: 'event_checkpoint_no_truncate',
    breach: replica('TRUNCATE event_checkpoint'),
    says: 'event_checkpoint_append_only',
  },
  {
    object: 'event_log_replay_within_audit',
    breach: statement('UPDATE event_log SET replay_retention_days = 31, audit_retention_days = 30'),
  },
  { object: 'event_log_replay_within_audit', breach: statement('UPDATE event_log SET replay_retention_days = 0') },
  { object: 'event_log_purged_was_given', breach: statement('UPDATE event_log SET purged = position + 1') },
  { object: 'event_log_singleton', breach: statement('INSERT INTO event_log DEFAULT VALUES') },
  { object: 'event_log_is_singleton', breach: statement('INSERT INTO event_log (singleton) VALUES (false)') },
  { object: 'catalogue_singleton', breach: statement(`INSERT INTO catalogue (digest) VALUES ('another')`) },
  {
    object: 'catalogue_is_singleton',
    breach: statement(`INSERT INTO catalogue (digest, singleton) VALUES ('another', false)`),
  },
  refused('idempotency_key_pkey', 'idempotency_key', { key: 'key' }),
  dangling('idempotency_key_principal_exists', 'idempotency_key', 'principal_id'),
  refused('idempotency_key_length', 'idempotency_key', { key: '' }),
];
