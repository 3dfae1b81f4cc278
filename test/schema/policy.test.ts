/** Role settings as a client gets them: the demo company, tokens, the matrix and the documents of the SDK. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { globalId } from '../../schema/ids.ts';
import { type PersonaName, persona } from '../../src/company/personas.ts';
import { DIRECTORY_SCOPE, ENTRA, GROUP_MEMBER } from '../../src/decision/role.ts';
import { documentOf } from '../support/documents.ts';
import { type Anything, startGateway, type TestGateway } from '../support/gateway.ts';

const OWNER = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635';
const READER = globalId('Role', ENTRA.globalReader);

let gateway: TestGateway;
let production: string;
let checkout: string;
let helpdesk: string;
let custodians: string;

beforeAll(async () => {
  gateway = await startGateway();
  const scope = async (kind: string, name: string) => {
    const [row] = await gateway.database.em
      .fork()
      .execute('SELECT id FROM scope WHERE kind = ? AND display_name = ?', [kind, name]);
    return row?.id as string;
  };
  production = await scope('SUBSCRIPTION', 'Retail Production');
  checkout = await scope('RESOURCE_GROUP', 'rg-Checkout-production');
  helpdesk = await scope('GROUP', 'Helpdesk Operators');
  custodians = await scope('GROUP', 'Key Custodians');
});
afterAll(() => gateway.close());

async function ask(caller: PersonaName | { token: string }, name: string, variables: object): Promise<Anything> {
  const { data, errors } = await gateway.ask(caller, documentOf(name), variables);
  expect(errors).toBeUndefined();
  return data;
}

const policyOf = async (caller: PersonaName | { token: string }, role: string, scope?: string) => {
  const variables = { role: globalId('Role', role), scope: scope && { id: globalId('Scope', scope) } };
  return (await ask(caller, 'RolePolicy', variables)).rolePolicy;
};

describe('rolePolicy', () => {
  it('has all 17 rules with where each comes from, as a list and under their ids', async () => {
    const policy = await policyOf('grace', ENTRA.globalReader);
    expect(policy).toMatchObject({
      id: globalId('RolePolicy', `${ENTRA.globalReader}/${DIRECTORY_SCOPE}`),
      ...{ provider: 'ENTRA_ROLE', version: 1, inheritable: false, inheritedFrom: null },
      lastModifiedBy: { displayName: expect.any(String) },
    });
    expect(policy.effectiveRules).toHaveLength(17);
    expect(policy.effectiveRules).toContainEqual({
      __typename: 'ActivationExpirationRule',
      ruleId: 'Expiration_EndUser_Assignment',
      origin: { kind: 'OWN', scope: null, template: null },
      ...{ maximumDuration: 'PT4H', minimumDuration: 'PT0M', isExtensionAllowed: false },
    });
    expect(policy.effectiveRules).toContainEqual(
      expect.objectContaining({
        ...{ __typename: 'ApprovalRule', isApprovalRequired: true, timeout: 'P1D' },
        stages: [{ quorum: 1, escalation: null, approvers: [expect.objectContaining({ objectId: persona('arun') })] }],
      }),
    );
    const { data, errors } = await gateway.ask(
      'grace',
      `query ($id: ID!) { node(id: $id) { id ... on RolePolicy { rules {
        Enablement_EndUser_Assignment { enabledRules multiFactorMaximumAge origin { kind } }
        Notification_Admin_Admin_Eligibility { notificationLevel notificationRecipients }
        AuthenticationContext_EndUser_Assignment { isEnabled claimValue } } } } }`,
      { id: policy.id },
    );
    expect(errors).toBeUndefined();
    expect(data.node).toEqual({
      id: policy.id,
      rules: {
        Enablement_EndUser_Assignment: {
          enabledRules: ['MULTI_FACTOR_AUTHENTICATION', 'JUSTIFICATION'],
          ...{ multiFactorMaximumAge: null, origin: { kind: 'DEFAULT' } },
        },
        Notification_Admin_Admin_Eligibility: { notificationLevel: 'ALL', notificationRecipients: [] },
        AuthenticationContext_EndUser_Assignment: { isEnabled: false, claimValue: null },
      },
    });
  });

  it('is there for a role that nobody has touched, and one for the whole directory', async () => {
    const [unit] = await gateway.database.em
      .fork()
      .execute("SELECT id FROM scope WHERE kind = 'ADMINISTRATIVE_UNIT' LIMIT 1");
    const policy = await policyOf('grace', ENTRA.groupsAdministrator, unit?.id);
    expect(policy).toMatchObject({ version: 0, lastModifiedAt: null, lastModifiedBy: null, scope: { path: '/' } });
    expect(new Set(policy.effectiveRules.map(({ origin }: Anything) => origin.kind))).toEqual(new Set(['DEFAULT']));
  });

  it.each<[PersonaName, string[]]>([
    ['grace', ['entra', 'helpdesk']],
    ['sam', ['entra']],
    ['owen', ['azure', 'below']],
    ['ursula', ['azure', 'below']],
    ['rita', []],
    ['devon', []],
    ['gwen', ['helpdesk']],
    ['uma', ['custodians']],
    ['mia', []],
    ['olga', []],
    ['gus', []],
    ['robot', []],
  ])(
    'is for those who manage what it governs, and for readers of the directory and of the group: %s',
    async (name, seen) => {
      const targets = {
        entra: [ENTRA.globalReader, DIRECTORY_SCOPE],
        azure: [OWNER, production],
        below: [OWNER, checkout],
        helpdesk: [GROUP_MEMBER, helpdesk],
        custodians: [GROUP_MEMBER, custodians],
      } as const;
      const found: string[] = [];
      for (const [target, [role, scope]] of Object.entries(targets)) {
        if (await policyOf(name, role, scope)) found.push(target);
        const id = globalId('RolePolicy', `${role}/${scope}`);
        const { data } = await gateway.ask(name, 'query ($id: ID!) { node(id: $id) { id } }', { id });
        expect(data.node !== null).toBe(found.includes(target));
      }
      expect(found).toEqual(seen);
      const { rolePolicies } = await ask(name, 'RolePolicies', { count: true, first: 1000 });
      expect(rolePolicies.totalCount).toBe(rolePolicies.nodes.length);
      expect(rolePolicies.nodes.length > 0).toBe(seen.length > 0);
    },
  );

  it.each([
    ['RoleManagementPolicy.Read.Directory', true],
    ['RoleManagement.Read.Directory', true],
    ['RoleAssignmentSchedule.Read.Directory', false],
  ])('of Entra roles is for an application with a permission for it: %s', async (permission, expected) => {
    const robot = { objectId: persona('robot'), kind: 'SERVICE_PRINCIPAL', appPermissions: [permission] } as const;
    const token = await gateway.sign({ ...robot, name: 'robot', displayName: 'Robot', description: '' });
    expect((await policyOf({ token }, ENTRA.globalReader)) !== null).toBe(expected);
  });

  it.each([
    ['no such scope', { role: READER, scope: { path: '/administrativeUnits/none' } }],
    ['no such role', { role: globalId('Role', persona('maya')) }],
    ['an id of something else', { role: globalId('User', persona('maya')) }],
    ['a scope of another provider', { role: READER, scope: { id: 'production' } }],
    ['no scope for an Azure role', { role: globalId('Role', OWNER) }],
  ])('is null for %s', async (_name, variables: Anything) => {
    if (variables.scope?.id) variables.scope.id = globalId('Scope', production);
    expect((await ask('grace', 'RolePolicy', variables)).rolePolicy).toBeNull();
  });

  it.each([
    'RolePolicy:x',
    `RolePolicy:${DIRECTORY_SCOPE}`,
    `RolePolicy:${DIRECTORY_SCOPE}/`,
    `Scope:${DIRECTORY_SCOPE}/${DIRECTORY_SCOPE}`,
  ])('is not named by %s', async (text) => {
    const id = Buffer.from(text).toString('base64url');
    const { data, errors } = await gateway.ask('grace', 'query ($id: ID!) { node(id: $id) { id } }', { id });
    expect([data, errors]).toEqual([{ node: null }, undefined]);
  });
});

describe('rolePolicies', () => {
  it('lists what somebody has touched, by provider, role, scope and whether it is passed on', async () => {
    const list = async (filter: object) => (await ask('owen', 'RolePolicies', { filter })).rolePolicies.nodes;
    const all = await list({});
    expect(all.map(({ role, scope }: Anything) => `${role.displayName} ${scope.displayName}`)).toContain(
      'Owner Retail Production',
    );
    expect(await list({ providers: ['ENTRA_ROLE'] })).toEqual([]);
    expect(await list({ roles: [globalId('Role', OWNER)] })).toHaveLength(1);
    expect(await list({ inheritable: true })).toEqual([]);
    const [{ scope }] = await list({ roles: [globalId('Role', OWNER)] });
    expect(await list({ below: scope.path })).toEqual(all);
  });
});

describe('updateRolePolicy', () => {
  const update = async (caller: PersonaName, input: object) =>
    (await ask(caller, 'UpdateRolePolicy', { input })).updateRolePolicy;
  const azure = (scope: string) => ({ role: globalId('Role', OWNER), scope: { id: globalId('Scope', scope) } });

  it('is not for those who manage nothing', async () => {
    const { errors } = await gateway.ask('sam', documentOf('UpdateRolePolicy'), {
      input: { role: READER, expectedVersion: 1, rules: {} },
    });
    expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('changes what is named, and answers with the settings as they are now', async () => {
    const role = globalId('Role', ENTRA.groupsAdministrator);
    const rules = {
      Expiration_EndUser_Assignment: { maximumDuration: 'PT1H45M', isExtensionAllowed: true },
      Enablement_EndUser_Assignment: { enabledRules: ['TICKETING', 'TICKETING'], multiFactorMaximumAge: 'PT30M' },
      Approval_EndUser_Assignment: {
        isApprovalRequired: true,
        timeout: 'PT4H',
        stages: [
          {
            approvers: [globalId('User', persona('arun')), globalId('User', persona('pia'))],
            ...{ quorum: 2, escalation: { after: 'PT1H', approvers: [globalId('User', persona('grace'))] } },
          },
          { approvers: [] },
        ],
      },
      AuthenticationContext_EndUser_Assignment: { isEnabled: true, claimValue: 'c3' },
      Notification_Admin_Admin_Assignment: {
        notificationLevel: 'CRITICAL',
        notificationRecipients: ['soc@example.com'],
      },
    };
    const { policy, refusals } = await update('pia', { role, expectedVersion: 0, rules, justification: 'Review' });
    expect(refusals).toEqual([]);
    expect(policy).toMatchObject({ version: 1, lastModifiedBy: { objectId: persona('pia') } });
    const own = policy.effectiveRules.filter(({ origin }: Anything) => origin.kind === 'OWN');
    expect(own.map(({ ruleId }: Anything) => ruleId).sort()).toEqual(Object.keys(rules).sort());
    expect(own).toMatchObject([
      {
        ruleId: 'Notification_Admin_Admin_Assignment',
        isDefaultRecipientsEnabled: true,
        notificationLevel: 'CRITICAL',
      },
      { maximumDuration: 'PT1H45M', minimumDuration: 'PT5M', isExtensionAllowed: true },
      { enabledRules: ['TICKETING'], multiFactorMaximumAge: 'PT30M' },
      {
        timeout: 'PT4H',
        stages: [
          { quorum: 2, escalation: { after: 'PT1H' } },
          { quorum: 1, approvers: [] },
        ],
      },
      { isEnabled: true, claimValue: 'c3' },
    ]);
    // Null clears what may be empty, and is otherwise as good as left out.
    const cleared = {
      AuthenticationContext_EndUser_Assignment: { isEnabled: false, claimValue: null },
      Enablement_EndUser_Assignment: { enabledRules: null, multiFactorMaximumAge: null },
      Approval_EndUser_Assignment: null,
    };
    const after = await update('grace', { role, expectedVersion: 1, rules: cleared });
    expect(after.refusals).toEqual([]);
    const rule = (id: string) => after.policy.effectiveRules.find(({ ruleId }: Anything) => ruleId === id);
    expect(rule('AuthenticationContext_EndUser_Assignment')).toMatchObject({
      claimValue: null,
      origin: { kind: 'DEFAULT' },
    });
    expect(rule('Enablement_EndUser_Assignment')).toMatchObject({
      enabledRules: ['TICKETING'],
      multiFactorMaximumAge: null,
    });
    expect(rule('Approval_EndUser_Assignment')).toMatchObject({ timeout: 'PT4H' });
  });

  it('names every bad value with what is allowed', async () => {
    const rules = {
      Expiration_EndUser_Assignment: { maximumDuration: 'PT4M', minimumDuration: 'PT0M' },
      Approval_EndUser_Assignment: {
        isApprovalRequired: true,
        stages: [{ approvers: [globalId('Role', OWNER), globalId('User', production)] }],
      },
    };
    const { policy, refusals } = await update('grace', { role: READER, expectedVersion: 1, rules });
    expect(policy).toBeNull();
    expect(refusals).toMatchObject([
      {
        code: 'INVALID_POLICY',
        field: ['rules', 'Expiration_EndUser_Assignment', 'maximumDuration'],
        failedRules: [{ rule: 'EXPIRATION', allowed: 'PT5M to P1D', given: 'PT4M' }],
      },
      {
        field: ['rules', 'Approval_EndUser_Assignment', 'stages', '0', 'approvers', '0'],
        failedRules: [{ rule: 'APPROVAL' }],
      },
      { field: ['rules', 'Approval_EndUser_Assignment', 'stages', '0', 'approvers', '1'] },
    ]);
    // What is hidden, what is of another kind and what does not exist read alike.
    expect(refusals[1].failedRules[0].given).toBe(refusals[2].failedRules[0].given);
  });

  it('lets scopes below inherit where the version says so, and give up settings of their own', async () => {
    const { version } = await policyOf('owen', OWNER, production);
    const passedOn = await update('owen', { ...azure(production), expectedVersion: version, inheritable: true });
    expect(passedOn).toMatchObject({ refusals: [], policy: { inheritable: true, version: version + 1 } });
    const below = await policyOf('ursula', OWNER, checkout);
    expect(below).toMatchObject({ version: 0, inheritedFrom: { displayName: 'Retail Production' } });
    expect(below.effectiveRules[0].origin).toMatchObject({
      kind: 'INHERITED',
      scope: { displayName: 'Retail Production' },
    });
    const rules = { Expiration_EndUser_Assignment: { maximumDuration: 'PT30M' } };
    expect(await update('ursula', { ...azure(checkout), expectedVersion: 0, rules })).toMatchObject({
      policy: { version: 1, inheritedFrom: null },
    });
    expect(await update('ursula', { ...azure(checkout), expectedVersion: 1, inherit: true })).toMatchObject({
      policy: { version: 2, inheritedFrom: { displayName: 'Retail Production' } },
    });
    expect(await update('ursula', { ...azure(checkout), expectedVersion: 1, rules })).toMatchObject({
      refusals: [{ code: 'POLICY_CHANGED', field: ['expectedVersion'] }],
    });
  });
});

describe('policy templates', () => {
  const make = async (caller: PersonaName, input: object) =>
    (await ask(caller, 'CreatePolicyTemplate', { input })).createPolicyTemplate;

  it('are made, listed, applied and changed', async () => {
    const rules = { Expiration_EndUser_Assignment: { maximumDuration: 'PT1H' } };
    const { template, refusals } = await make('grace', { provider: 'ENTRA_ROLE', name: 'Short', rules });
    expect(refusals).toEqual([]);
    expect(template).toMatchObject({
      name: 'Short',
      version: 1,
      rules: [{ maximumDuration: 'PT1H', minimumDuration: 'PT5M' }],
    });
    expect((await ask('owen', 'PolicyTemplates', {})).policyTemplates.nodes).toMatchObject([{ name: 'Short' }]);
    expect((await ask('owen', 'PolicyTemplates', { filter: { providers: ['GROUP'] } })).policyTemplates.nodes).toEqual(
      [],
    );
    const role = globalId('Role', ENTRA.securityOperator);
    const applied = await ask('grace', 'UpdateRolePolicy', {
      input: { role, expectedVersion: 0, template: template.id },
    });
    const origins = applied.updateRolePolicy.policy.effectiveRules.map(({ origin }: Anything) => origin);
    expect(origins).toContainEqual({
      ...{ kind: 'TEMPLATE', scope: null },
      template: { version: 1, template: { id: template.id, name: 'Short' } },
    });
    const input = { template: template.id, expectedVersion: 1, description: 'One hour' };
    expect((await ask('pia', 'UpdatePolicyTemplate', { input })).updatePolicyTemplate).toMatchObject({
      template: { version: 2, description: 'One hour' },
    });
    const { data } = await gateway.ask('grace', 'query ($id: ID!) { node(id: $id) { __typename } }', {
      id: template.id,
    });
    expect(data.node).toEqual({ __typename: 'PolicyTemplate' });
  });

  it('are not for those who manage nothing', async () => {
    const { errors } = await gateway.ask('olga', '{ policyTemplates { totalCount } }');
    expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    const refused = await make('owen', { provider: 'AZURE_RESOURCE', name: 'Mine', rules: {} });
    expect(refused.refusals).toMatchObject([{ code: 'INSUFFICIENT_PERMISSIONS' }]);
  });
});

describe('what activating asks for', () => {
  const SETTINGS =
    'id activation { maximumDuration requires authenticationContext approvers { id kind displayName enabled } }';

  it('is the same with a list as with single rows, inherited, given up and by default, its approvers in their order', async () => {
    const [arun, maya, uma] = (['arun', 'maya', 'uma'] as const).map((name) => globalId('User', persona(name)));
    const stages = [{ approvers: [uma, arun] }, { approvers: [maya, uma] }];
    const rules = { Approval_EndUser_Assignment: { isApprovalRequired: true, stages } };
    const held = await gateway.ask(
      'grace',
      '{ assignments(first: 1, filter: { types: [ELIGIBLE], providers: [ENTRA_ROLE] }) { nodes { role { id templateId } } } }',
    );
    const { id: role, templateId } = held.data.assignments.nodes[0].role;
    const { version } = await policyOf('grace', templateId);
    const input = { role, expectedVersion: version, rules };
    expect((await ask('grace', 'UpdateRolePolicy', { input })).updateRolePolicy.refusals).toEqual([]);
    const { data } = await gateway.ask(
      'grace',
      `{ assignments(first: 1000) { nodes { type role { id } ${SETTINGS} } } }`,
    );
    const listed: Anything[] = data.assignments.nodes;
    for (const type of ['ELIGIBLE', 'ACTIVE']) {
      const some = listed.filter((row) => row.type === type).slice(0, 100);
      const ids = some.map(({ id }) => id);
      const single = await gateway.ask(
        'grace',
        `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Assignment { ${SETTINGS} } } }`,
        { ids },
      );
      expect(some.map(({ id, activation }) => ({ id, activation }))).toEqual(single.data.nodes);
    }
    const ours = listed.find((row) => row.type === 'ELIGIBLE' && row.role.id === input.role);
    expect(ours.activation.approvers.map(({ id }: Anything) => id)).toEqual([uma, arun, maya]);
  });
});
