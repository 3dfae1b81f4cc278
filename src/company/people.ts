/** Who works at Quillmarsh Stores? Two thousand users: personas, staff, guests, and one account for emergencies. */
import { plus } from '../decision/schedule.ts';
import { COMPANY, DEPARTMENTS, DOMAIN, FIRST_NAMES, LAST_NAMES, PARTNERS } from './names.ts';
import { PERSONAS, type Persona } from './personas.ts';
import { type Random, seeded } from './random.ts';
import type { PrincipalRow } from './rows.ts';

export const USERS = 2_000;
const GUESTS = 120;
/** Minutes of a day: the unit of every distance in time here. */
export const DAY = 24 * 60;

/** The second of the two accounts that keep the directory reachable whatever happens to the people. */
export const EMERGENCY_ACCOUNT = '00000000-0000-4000-9000-0000000000ee';

const NOT_A_USER = {
  userPrincipalName: null,
  mail: null,
  userType: null,
  jobTitle: null,
  department: null,
  lastSignInAt: null,
  roleAssignable: false,
  dynamicMembership: false,
  synchronized: false,
  securityEnabled: false,
  appId: null,
} as const;

/** A principal with the fields of its kind; what it does not name is empty. */
export function principal(
  facts: Pick<PrincipalRow, 'id' | 'kind' | 'displayName' | 'createdAt'> & Partial<PrincipalRow>,
): PrincipalRow {
  return { enabled: true, ...NOT_A_USER, ...facts };
}

export function users(now: Date): PrincipalRow[] {
  const random = seeded(1);
  const personas = PERSONAS.filter((each) => each.kind === 'USER').map((each) => personaUser(each, now));
  const emergency = principal({
    id: EMERGENCY_ACCOUNT,
    kind: 'USER',
    displayName: 'Emergency Access',
    createdAt: plus(now, -1_500 * DAY),
    userPrincipalName: `emergency.access@${DOMAIN}`,
    userType: 'MEMBER',
    lastSignInAt: plus(now, -210 * DAY),
  });
  const names = fullNames(random, USERS - personas.length - 1);
  const others = names.map((name, index) => (index < GUESTS ? guest(name, random, now) : employee(name, random, now)));
  return [...personas, emergency, ...others];
}

function personaUser(persona: Persona, now: Date): PrincipalRow {
  const guest = persona.userType === 'GUEST';
  const address = `${persona.displayName.toLowerCase().replaceAll(' ', '.')}@${guest ? PARTNERS[1] : DOMAIN}`;
  return principal({
    id: persona.objectId,
    kind: 'USER',
    displayName: persona.displayName,
    createdAt: plus(now, -700 * DAY),
    userPrincipalName: guest ? `${address.replace('@', '_')}#EXT#@${DOMAIN}` : address,
    mail: address,
    userType: guest ? 'GUEST' : 'MEMBER',
    department: guest ? null : 'Information Technology',
    lastSignInAt: plus(now, -DAY),
  });
}

/** Distinct names: they become distinct sign-in names. */
function fullNames(random: Random, count: number): [string, string][] {
  const taken = new Map<string, [string, string]>();
  while (taken.size < count) {
    const name: [string, string] = [random.pick(FIRST_NAMES), random.pick(LAST_NAMES)];
    taken.set(name.join(' '), name);
  }
  return [...taken.values()];
}

function guest([first, last]: [string, string], random: Random, now: Date): PrincipalRow {
  const mail = `${first}.${last}@${random.pick(PARTNERS)}`.toLowerCase();
  return principal({
    id: random.uuid(),
    kind: 'USER',
    displayName: `${first} ${last}`,
    enabled: random.below(100) >= 5,
    createdAt: plus(now, -random.between(40, 500) * DAY),
    userPrincipalName: `${mail.replace('@', '_')}#EXT#@${DOMAIN}`,
    mail,
    userType: 'GUEST',
    lastSignInAt: lastSignIn(random, now, 30),
  });
}

function employee([first, last]: [string, string], random: Random, now: Date): PrincipalRow {
  const address = `${first}.${last}@${DOMAIN}`.toLowerCase();
  const department = departmentAt(random.below(100));
  return principal({
    id: random.uuid(),
    kind: 'USER',
    displayName: `${first} ${last}`,
    enabled: random.below(100) >= 3,
    createdAt: plus(now, -random.between(40, 2_000) * DAY),
    userPrincipalName: address,
    mail: address,
    userType: 'MEMBER',
    jobTitle: random.pick(department.titles),
    department: `${department.name}`,
    lastSignInAt: lastSignIn(random, now, 6),
  });
}

function departmentAt(percent: number): (typeof DEPARTMENTS)[number] {
  let upTo = 0;
  for (const department of DEPARTMENTS) {
    upTo += department.share;
    if (percent < upTo) return department;
  }
  throw new RangeError(`the departments of ${COMPANY} do not add up to 100 percent`);
}

/** Some accounts are stale: months without a sign-in; one in a hundred never had one. */
function lastSignIn(random: Random, now: Date, stalePercent: number): Date | null {
  if (random.below(100) === 0) return null;
  const stale = random.below(100) < stalePercent;
  return plus(now, -(stale ? random.between(60 * DAY, 400 * DAY) : random.between(10, 12 * DAY)));
}
