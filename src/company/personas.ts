/** Whom can one sign in as? Named members of the demo company, each of whom shows one thing; their object ids never change. */

export interface Persona {
  readonly objectId: string;
  /** What one types to sign in. */
  readonly name: string;
  readonly displayName: string;
  /** One line: what this persona shows. */
  readonly description: string;
  readonly kind: 'USER' | 'SERVICE_PRINCIPAL';
  readonly userType?: 'GUEST';
  /** Microsoft Graph application permissions of an app-only token. */
  readonly appPermissions?: readonly string[];
}

const objectId = (number: number) => `00000000-0000-4000-9000-${String(number).padStart(12, '0')}`;

export const PERSONAS = [
  {
    objectId: objectId(1),
    name: 'maya',
    displayName: 'Maya Lindholm',
    description:
      'Eligible Global Reader: activating it needs MFA, a reason and the approval of arun, for at most 4 hours.',
    kind: 'USER',
  },
  {
    objectId: objectId(2),
    name: 'arun',
    displayName: 'Arun Mehta',
    description: 'Approves activations of Global Reader, and holds no role himself.',
    kind: 'USER',
  },
  {
    objectId: objectId(3),
    name: 'olga',
    displayName: 'Olga Petrenko',
    description: 'Holds nothing and sees nothing but herself.',
    kind: 'USER',
  },
  {
    objectId: objectId(4),
    name: 'grace',
    displayName: 'Grace Oyelaran',
    description: 'Permanently active Global Administrator, kept for emergencies.',
    kind: 'USER',
  },
  {
    objectId: objectId(5),
    name: 'pia',
    displayName: 'Pia Sandberg',
    description: 'Active Privileged Role Administrator: manages every Entra role.',
    kind: 'USER',
  },
  {
    objectId: objectId(6),
    name: 'piet',
    displayName: 'Piet van Dorn',
    description: 'Eligible Privileged Role Administrator: no power at all until he activates.',
    kind: 'USER',
  },
  {
    objectId: objectId(7),
    name: 'sam',
    displayName: 'Sam Rosenthal',
    description: 'Active Security Reader: sees the Entra assignments of everybody and changes none.',
    kind: 'USER',
  },
  {
    objectId: objectId(8),
    name: 'owen',
    displayName: 'Owen Fairweather',
    description: 'Owner of the subscription Retail Production: manages access to it and to all below it.',
    kind: 'USER',
  },
  {
    objectId: objectId(9),
    name: 'ursula',
    displayName: 'Ursula Brandt',
    description: 'User Access Administrator of the management group retail.',
    kind: 'USER',
  },
  {
    objectId: objectId(10),
    name: 'rita',
    displayName: 'Rita Calloway',
    description: 'Reader of one resource group: sees who holds access there, and manages none.',
    kind: 'USER',
  },
  {
    objectId: objectId(11),
    name: 'gwen',
    displayName: 'Gwen Adair',
    description: 'Owner of the role-assignable group Helpdesk Operators.',
    kind: 'USER',
  },
  {
    objectId: objectId(12),
    name: 'uma',
    displayName: 'Uma Krishnan',
    description: 'Groups Administrator: manages every group that is not role-assignable.',
    kind: 'USER',
  },
  {
    objectId: objectId(13),
    name: 'gus',
    displayName: 'Gus Pellegrino',
    description: 'Guest of a partner, eligible for one role at one resource group.',
    kind: 'USER',
    userType: 'GUEST',
  },
  {
    objectId: objectId(14),
    name: 'devon',
    displayName: 'Devon Achebe',
    description: 'Eligible Contributor of the subscription Retail Development; activating it needs a reason only.',
    kind: 'USER',
  },
  {
    objectId: objectId(15),
    name: 'mia',
    displayName: 'Mia Tolvanen',
    description: 'Eligible member of Helpdesk Operators, a group that holds Helpdesk Administrator.',
    kind: 'USER',
  },
  {
    objectId: objectId(16),
    name: 'robot',
    displayName: 'access-reporting-robot',
    description: 'Service principal that reads every Entra assignment with application permissions.',
    kind: 'SERVICE_PRINCIPAL',
    appPermissions: ['RoleAssignmentSchedule.Read.Directory', 'RoleEligibilitySchedule.Read.Directory'],
  },
] as const satisfies readonly Persona[];

export type PersonaName = (typeof PERSONAS)[number]['name'];

/** The object id behind a login name. */
export function persona(name: PersonaName): string {
  const found = PERSONAS.find((each) => each.name === name);
  if (!found) throw new RangeError(`no persona is called ${name}`);
  return found.objectId;
}
