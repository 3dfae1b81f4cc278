/** Which role settings has the company changed? The rest is governed by the defaults of its provider. */
import { defaultPolicy, type RolePolicyRules } from '../decision/policy.ts';
import { plus } from '../decision/schedule.ts';
import { DAY, EMERGENCY_ACCOUNT } from './people.ts';
import { persona } from './personas.ts';
import { azureTarget, directoryTarget, group, groupTarget, type Places, technician } from './places.ts';
import { seeded } from './random.ts';
import type { PolicyVersionRow, Target } from './rows.ts';

export interface CompanyPolicy extends PolicyVersionRow {
  /** The people who may decide on an activation now; empty when it needs no approval. */
  readonly deciders: readonly string[];
  /** As named in a request: people and groups. */
  readonly approvers: readonly string[];
}

interface Setting {
  readonly target: Target;
  /** Oldest first; each starts from the defaults. */
  readonly versions: readonly Partial<RolePolicyRules>[];
  readonly approvers?: readonly string[];
  /** The approvers, with groups replaced by members. */
  readonly deciders?: readonly string[];
}

export function policies(places: Places, now: Date): CompanyPolicy[] {
  const random = seeded(9);
  return [...entraSettings(places), ...azureSettings(places), ...groupSettings(places)].flatMap((setting) => {
    const madeAt = plus(now, -random.between(40, 90) * DAY);
    const approvers = setting.approvers ?? [];
    const deciders = setting.deciders ?? approvers;
    return setting.versions.map((changes, index) => ({
      ...{ ...setting.target, id: random.uuid(), version: index + 1 },
      rules: { ...defaultPolicy(setting.target.provider), ...changes },
      ...{ createdAt: plus(madeAt, index * DAY), createdBy: persona('grace'), approvers, deciders },
    }));
  });
}

/** The version in force of every changed policy, by role and scope. */
export function currentPolicies(all: readonly CompanyPolicy[]): ReadonlyMap<string, CompanyPolicy> {
  return new Map(all.map((policy) => [policyKey(policy), policy]));
}

export function policyKey({ roleId, scopeId }: Target): string {
  return `${roleId} ${scopeId}`;
}

function entraSettings(places: Places): Setting[] {
  // Nobody named: the active Privileged Role and Global Administrators decide.
  const byDefault = [persona('pia'), persona('grace'), EMERGENCY_ACCOUNT, technician(places, 0)];
  const mail = [technician(places, 44), technician(places, 54)];
  const securityDesk = [persona('pia'), persona('grace')];
  return [
    {
      target: directoryTarget('Global Reader'),
      // A minimum of zero: an activation may end at once, which a demonstration of a minute's length needs.
      versions: [{ ...approvedBy([persona('arun')]), ...lasting(4, 0) }],
      approvers: [persona('arun')],
    },
    {
      target: directoryTarget('Global Administrator'),
      versions: [
        {
          ...approvedBy(securityDesk),
          ...lasting(2),
          ...asking('MULTI_FACTOR_AUTHENTICATION', 'JUSTIFICATION', 'TICKETING'),
        },
      ],
      approvers: securityDesk,
    },
    {
      target: directoryTarget('Privileged Role Administrator'),
      versions: [{ ...asking('JUSTIFICATION'), ...lasting(4), ...inContext('c1') }],
    },
    { target: directoryTarget('User Administrator'), versions: [approvedBy(securityDesk)], approvers: securityDesk },
    { target: directoryTarget('Security Administrator'), versions: [approvedBy([])], approvers: byDefault },
    {
      target: directoryTarget('Exchange Administrator'),
      versions: [lasting(8), { ...approvedBy(mail), ...lasting(6) }],
      approvers: mail,
    },
    { target: directoryTarget('Helpdesk Administrator'), versions: [lasting(8), lasting(10)] },
    {
      target: directoryTarget('Conditional Access Administrator'),
      versions: [{ ...lasting(2), ...inContext('c2'), ...asking('JUSTIFICATION') }],
    },
  ];
}

function azureSettings(places: Places): Setting[] {
  const centre = group(places, 'Cloud Centre of Excellence').id;
  const ticketed = { ...asking('JUSTIFICATION', 'TICKETING'), ...lasting(4) };
  return [
    {
      target: azureTarget(places, 'Owner', 'Retail Production'),
      versions: [{ ...approvedBy([persona('owen'), centre]), ...lasting(2) }],
      approvers: [persona('owen'), centre],
      deciders: [persona('owen'), technician(places, 3), technician(places, 4)],
    },
    { target: azureTarget(places, 'Contributor', 'Retail Production'), versions: [ticketed] },
    { target: azureTarget(places, 'Contributor', 'Retail Web Production'), versions: [ticketed] },
    { target: azureTarget(places, 'Contributor', 'Logistics Production'), versions: [lasting(6), ticketed] },
    { target: azureTarget(places, 'Key Vault Administrator', 'rg-Vault-identity'), versions: [lasting(1)] },
  ];
}

function groupSettings(places: Places): Setting[] {
  const custodian = [technician(places, 2)];
  return [
    {
      target: groupTarget(places, 'Key Custodians', 'MEMBER'),
      versions: [{ ...approvedBy(custodian), ...lasting(2) }],
      approvers: custodian,
    },
    {
      target: groupTarget(places, 'Helpdesk Operators', 'MEMBER'),
      versions: [{ ...asking('MULTI_FACTOR_AUTHENTICATION', 'JUSTIFICATION'), ...lasting(8) }],
    },
    { target: groupTarget(places, 'Security Operations', 'MEMBER'), versions: [lasting(12)] },
  ];
}

function approvedBy(approvers: readonly string[]): Pick<RolePolicyRules, 'Approval_EndUser_Assignment'> {
  const rule = {
    ...defaultPolicy('ENTRA_ROLE').Approval_EndUser_Assignment,
    isApprovalRequired: true,
    stages: [{ approvers, quorum: 1, escalation: null }],
  };
  return { Approval_EndUser_Assignment: rule };
}

function lasting(hours: number, minimumMinutes = 5): Pick<RolePolicyRules, 'Expiration_EndUser_Assignment'> {
  const rule = { isExpirationRequired: true, maximumMinutes: hours * 60, minimumMinutes, isExtensionAllowed: false };
  return { Expiration_EndUser_Assignment: rule };
}

function asking(
  ...enabledRules: RolePolicyRules['Enablement_EndUser_Assignment']['enabledRules']
): Pick<RolePolicyRules, 'Enablement_EndUser_Assignment'> {
  return { Enablement_EndUser_Assignment: { enabledRules, multiFactorMaximumAgeMinutes: null } };
}

/** An authentication context takes the place of the MFA rule: the two exclude each other. */
function inContext(claimValue: string): Pick<RolePolicyRules, 'AuthenticationContext_EndUser_Assignment'> {
  return { AuthenticationContext_EndUser_Assignment: { isEnabled: true, claimValue } };
}
