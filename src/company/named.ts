/** Which access must exist by name? What the personas hold, who owns the groups, and which groups lie in others. */
import type { Access, Book, Term } from './book.ts';
import { ROLE_ASSIGNABLE_GROUPS, SECURITY_GROUPS } from './names.ts';
import { EMERGENCY_ACCOUNT } from './people.ts';
import { type PersonaName, persona } from './personas.ts';
import { azureTarget, directoryTarget, group, groupTarget, type Places, technician } from './places.ts';
import type { Target } from './rows.ts';

/** Groups that PIM manages: dynamic, synchronized and Microsoft 365 groups are left to the directory here. */
export const MANAGED_GROUP_NAMES: readonly string[] = [...ROLE_ASSIGNABLE_GROUPS, ...SECURITY_GROUPS];

/** Member, then the group it is an active member of; three of them form a chain. */
const NESTED = [
  ['Retail Web Developers', 'Retail Platform Team'],
  ['Retail Web Operators', 'Retail Platform Team'],
  ['Retail Platform Team', 'Cloud Cost Watch'],
  ['Contractors: Web', 'Retail Web Developers'],
  ['Contractors: Logistics', 'Supply Chain Developers'],
  ['Regional IT North', 'Point of Sale Support'],
  ['Regional IT South', 'Point of Sale Support'],
  ['Data Scientists', 'Business Intelligence Readers'],
] as const;

export function nameAccess(places: Places, book: Book): void {
  personaAccess(places, book);
  entraAccess(places, book);
  azureAdministration(places, book);
  groupAccess(places, book);
}

function personaAccess(places: Places, book: Book): void {
  const hold = (name: PersonaName, type: Access['type'], target: Target, term: Term) =>
    book.give({ ...target, principalId: persona(name), type }, term);
  hold('maya', 'ELIGIBLE', directoryTarget('Global Reader'), 'PERMANENT');
  hold('grace', 'ACTIVE', directoryTarget('Global Administrator'), 'PERMANENT');
  hold('pia', 'ACTIVE', directoryTarget('Privileged Role Administrator'), 'PERMANENT');
  hold('piet', 'ELIGIBLE', directoryTarget('Privileged Role Administrator'), 'PERMANENT');
  hold('sam', 'ACTIVE', directoryTarget('Security Reader'), 'PERMANENT');
  hold('uma', 'ACTIVE', directoryTarget('Groups Administrator'), 'PERMANENT');
  hold('owen', 'ACTIVE', azureTarget(places, 'Owner', 'Retail Production'), 'LONG');
  hold('ursula', 'ACTIVE', azureTarget(places, 'User Access Administrator', 'managementGroups/retail'), 'LONG');
  hold('rita', 'ACTIVE', azureTarget(places, 'Reader', 'rg-Checkout-production'), 'LONG');
  hold('gus', 'ELIGIBLE', azureTarget(places, 'Website Contributor', 'rg-Shop-production'), 'LONG');
  hold('devon', 'ELIGIBLE', azureTarget(places, 'Contributor', 'Retail Development'), 'LONG');
  hold('gwen', 'ACTIVE', groupTarget(places, 'Helpdesk Operators', 'OWNER'), 'PERMANENT');
  hold('mia', 'ELIGIBLE', groupTarget(places, 'Helpdesk Operators', 'MEMBER'), 'LONG');
}

/** The guarded Entra roles, and enough holders of the roles whose activation somebody has to approve. */
function entraAccess(places: Places, book: Book): void {
  const eligible = (role: string, from: number, count: number) => {
    for (let index = from; index < from + count; index += 1) {
      book.give({ ...directoryTarget(role), principalId: technician(places, index), type: 'ELIGIBLE' }, 'PERMANENT');
    }
  };
  const active = (role: string, principalId: string) =>
    book.give({ ...directoryTarget(role), principalId, type: 'ACTIVE' }, 'PERMANENT');
  active('Global Administrator', EMERGENCY_ACCOUNT);
  active('Privileged Role Administrator', technician(places, 0));
  active('Helpdesk Administrator', group(places, 'Helpdesk Operators').id);
  active('Security Operator', group(places, 'Security Operations').id);
  book.give({
    ...{ ...directoryTarget('Exchange Administrator'), type: 'ELIGIBLE' },
    principalId: group(places, 'Messaging Administrators').id,
  });
  eligible('Global Administrator', 5, 4);
  eligible('Privileged Authentication Administrator', 9, 3);
  eligible('Global Reader', 12, 6);
  eligible('User Administrator', 20, 12);
  eligible('Security Administrator', 34, 8);
  eligible('Exchange Administrator', 44, 10);
}

function azureAdministration(places: Places, book: Book): void {
  const top = azureTarget(places, 'User Access Administrator', 'managementGroups/quillmarsh');
  book.give({ ...top, principalId: technician(places, 1), type: 'ACTIVE' }, 'LONG');
  const owner = azureTarget(places, 'Owner', 'Retail Production');
  for (let index = 60; index < 68; index += 1) {
    book.give({ ...owner, principalId: technician(places, index), type: 'ELIGIBLE' }, 'LONG');
  }
}

function groupAccess(places: Places, book: Book): void {
  const member = (name: string, principalId: string) =>
    book.give({ ...groupTarget(places, name, 'MEMBER'), principalId, type: 'ACTIVE' }, 'PERMANENT');
  for (const [inner, outer] of NESTED) member(outer, group(places, inner).id);
  for (const { id } of places.users.filter((each) => each.userType === 'GUEST')) member('All Guests', id);
  for (const index of [2, 3, 4]) member('Cloud Centre of Excellence', technician(places, index));
  // A group may be an eligible member even of a role-assignable group, never an active one.
  book.give({
    ...{ ...groupTarget(places, 'Security Operations', 'MEMBER'), type: 'ELIGIBLE' },
    principalId: group(places, 'Incident Commanders').id,
  });
  for (let index = 70; index < 80; index += 1) {
    const custodian = groupTarget(places, 'Key Custodians', 'MEMBER');
    book.give({ ...custodian, principalId: technician(places, index), type: 'ELIGIBLE' }, 'LONG');
  }
  places.groups.forEach(({ displayName, synchronized }, index) => {
    if (synchronized) return;
    const owners = displayName === 'Helpdesk Operators' ? [] : [80 + index, 150 + index];
    for (const owner of owners.slice(0, 1 + (index % 2))) {
      const target = groupTarget(places, displayName, 'OWNER');
      book.give({ ...target, principalId: technician(places, owner), type: 'ACTIVE' }, 'PERMANENT');
    }
  });
}
