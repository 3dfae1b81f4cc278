/** What can be told of, and to whom? People with every kind of right beside the personas, and every event about every kind of access. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { processNow } from '../../src/clock.ts';
import { PERSONAS, type PersonaName, persona } from '../../src/company/personas.ts';
import { DIRECTORY_SCOPE, ENTRA, GROUP_MEMBER, GROUP_OWNER, TENANT_ROOT_SCOPE } from '../../src/decision/role.ts';
import { EVENTS, type EventType } from '../../src/events.ts';
import { insertRows } from '../../src/store/bulk.ts';
import type { Database } from '../../src/store/database.ts';
import { AZURE_OWNER } from './company.ts';
import { AZURE_CONTRIBUTOR, PLAIN_ROLE, rowsOf } from './rows.ts';
import type { Somebody } from './sight.ts';

export interface Audience extends Somebody {
  readonly name: string;
  readonly kind: 'USER' | 'SERVICE_PRINCIPAL';
}

export type Cast = Awaited<ReturnType<typeof gather>>;

const DAY = 24 * 60;

/** The personas, and whoever else has rights of a kind that none of them has. */
export async function gather(database: Database) {
  const rows = rowsOf(database);
  const scope = async (name: string) => {
    const [row] = await rows.run(sql<{ id: string }>`SELECT id FROM scope WHERE display_name = ${name}`);
    return row?.id as string;
  };
  const [unit, retail, production, checkout, development, helpdesk, licences, vpn, guests] = (await Promise.all(
    [
      ...['Stores North', 'Retail', 'Retail Production', 'rg-Checkout-production', 'Retail Development'],
      ...['Helpdesk Operators', 'Licence Desk', 'VPN Users', 'All Guests'],
    ].map(scope),
  )) as [string, string, string, string, string, string, string, string, string];
  const [vault] = await rows.run(sql<{ id: string }>`SELECT id FROM scope WHERE parent_id = ${checkout} ORDER BY path`);
  const [team, division] = await Promise.all([rows.group(), rows.group(true)]);
  const people = Object.fromEntries(
    await Promise.all(
      [
        ...['operator', 'reader', 'auditor', 'writer', 'unitAdmin', 'conditional', 'formerAdmin', 'futureAdmin'],
        ...['divisionMember', 'teamMember', 'teamOwner', 'second', 'backup', 'asked', 'decided'],
      ].map(async (name) => [name, await rows.user(name)]),
    ),
  ) as Record<string, string>;
  const give = (name: string, role: string, more: object = {}) =>
    rows.assignment({ principal: people[name] as string, role, ...more });
  const azure = { provider: 'AZURE_RESOURCE' } as const;
  const group = { provider: 'GROUP' } as const;
  await give('operator', ENTRA.securityOperator);
  await give('reader', ENTRA.globalReader);
  await give('auditor', ENTRA.securityAdministrator);
  await give('writer', ENTRA.directoryWriters);
  await give('unitAdmin', ENTRA.globalAdministrator, { scope: unit });
  await give('conditional', AZURE_OWNER, { ...azure, scope: retail, condition: 'true' });
  await give('formerAdmin', ENTRA.globalAdministrator, { ends: -1 });
  await give('futureAdmin', ENTRA.globalAdministrator, { starts: DAY });
  await give('divisionMember', GROUP_MEMBER, { ...group, scope: division.scope });
  await give('teamMember', GROUP_MEMBER, { ...group, scope: team.scope });
  await give('teamOwner', GROUP_OWNER, { ...group, scope: team.scope });
  // The team is in the division, which holds something of both kinds: one of them reaches the team's members.
  await rows.assignment({ ...group, principal: team.id, role: GROUP_MEMBER, scope: division.scope });
  await rows.assignment({ principal: division.id, role: ENTRA.securityReader });
  await rows.assignment({ ...azure, principal: division.id, role: AZURE_OWNER, scope: development });
  const applications: Audience[] = [
    ['auditRobot', 'AuditLog.Read.All'],
    ['eligibleRobot', 'RoleEligibilitySchedule.Read.Directory'],
    ['policyRobot', 'RoleManagementPolicy.ReadWrite.Directory'],
    ['managingRobot', 'RoleManagement.ReadWrite.Directory'],
  ].map(([name, permission]) => ({
    ...{ name: name as string, objectId: randomUUID(), kind: 'SERVICE_PRINCIPAL' },
    appPermissions: [permission as string],
  }));
  for (const { objectId, name } of applications) {
    await rows.run(
      sql`INSERT INTO principal (id, kind, display_name) VALUES (${objectId}, 'SERVICE_PRINCIPAL', ${name})`,
    );
  }
  const others = Object.entries(people).map(([name, objectId]): Audience => ({ name, objectId, kind: 'USER' }));
  return {
    audience: [...PERSONAS, ...others, ...applications] as readonly Audience[],
    places: {
      entra: { directory: DIRECTORY_SCOPE, unit },
      azure: { root: TENANT_ROOT_SCOPE, retail, production, checkout, vault: vault?.id as string, development },
      group: { helpdesk, licences, vpn, guests, team: team.scope, division: division.scope },
    },
    groups: { team: team.id, division: division.id },
    idOf: (name: string) => people[name] ?? persona(name as PersonaName),
  };
}

type Provider = 'ENTRA_ROLE' | 'AZURE_RESOURCE' | 'GROUP';

interface Place {
  readonly provider: Provider;
  readonly scopeId: string;
  readonly roleId: string;
}

export interface Matter extends Place {
  readonly assignmentType: 'ELIGIBLE' | 'ACTIVE';
  readonly principalId: string;
  readonly requestId?: string;
  readonly actorId?: string;
}

const PROVIDERS = { entra: 'ENTRA_ROLE', azure: 'AZURE_RESOURCE', group: 'GROUP' } as const;
const ROLES = { entra: PLAIN_ROLE, azure: AZURE_CONTRIBUTOR, group: GROUP_MEMBER } as const;
const TYPES = Object.keys(EVENTS) as EventType[];
const OF_ACCESS = TYPES.filter((type) => /^(assignment|request)\./.test(type));
const OF_BULK = TYPES.filter((type) => /^(bulkOperation|list)\./.test(type));

function placesOf({ places }: Cast): Place[] {
  return (['entra', 'azure', 'group'] as const).flatMap((kind) =>
    Object.values(places[kind]).map((scopeId) => ({ provider: PROVIDERS[kind], scopeId, roleId: ROLES[kind] })),
  );
}

/** Requests in every state of being decided. */
export async function ask(database: Database, cast: Cast): Promise<Matter[]> {
  const people = await strangers(database);
  const requests: Matter[] = [];
  await database.em.fork().transactional(async (tx) => {
    const db = tx.getKysely();
    for (const wish of wishesOf(cast)) {
      const principalId = people.pop() as string;
      const requestor = wish.requestor ? cast.idOf(wish.requestor) : principalId;
      const requestId = randomUUID();
      const { action, provider, scopeId, roleId, assignmentType: type } = wish;
      const byAdministrators = action === 'SELF_EXTEND' || action === 'SELF_RENEW';
      const targetId = byAdministrators ? randomUUID() : null;
      if (targetId) {
        await sql`INSERT INTO assignment (id, provider, role_id, scope_id, principal_id, type, starts_at, ends_at, created_at)
          VALUES (${targetId}, ${provider}, ${roleId}, ${scopeId}, ${principalId}, ${type}, now() - interval '9 days', now() - interval '1 day', now())`.execute(
          db,
        );
      }
      const status =
        action === 'ADMIN_ASSIGN' ? 'GRANTED' : byAdministrators ? 'PENDING_ADMIN_DECISION' : 'PENDING_APPROVAL';
      await sql`INSERT INTO request (id, action, status, assignment_type, provider, role_id, scope_id, principal_id, requestor_id,
          target_id, created_at, expires_at, completed_at, stage, escalates_at)
        VALUES (${requestId}, ${action}, ${status}, ${type}, ${provider}, ${roleId}, ${scopeId}, ${principalId}, ${requestor},
          ${targetId}, now(), now() + interval '1 day', ${status === 'GRANTED' ? sql`now() + interval '1 day'` : sql`NULL`}, ${wish.stage ?? 1},
          now() + make_interval(mins => ${wish.escalates ?? 60}))`.execute(db);
      const asked = (wish.asked ?? []).map(({ who, stage = 1, escalation = false }) => ({
        ...{ requestId, approverId: cast.idOf(who), stage, escalation },
      }));
      if (asked.length > 0) await insertRows(db, 'request_approver', asked);
      if (wish.decidedBy) {
        await sql`INSERT INTO approval_decision (id, request_id, requestor_id, decided_by, result, justification, decided_at)
          VALUES (${randomUUID()}, ${requestId}, ${requestor}, ${cast.idOf(wish.decidedBy)}, 'APPROVE', 'Yes', now())`.execute(
          db,
        );
      }
      requests.push({ provider, scopeId, roleId, assignmentType: type, principalId, requestId });
    }
  });
  return requests;
}

/** Commits at once everything that can happen, those requests included. */
export async function happen(database: Database, cast: Cast, requests: readonly Matter[]): Promise<void> {
  const at = processNow();
  const events = eventsOf(cast, await strangers(database), requests);
  await insertRows(
    database.em.fork().getKysely(),
    'event',
    events.map((event) => ({ ...event, at })),
  );
}

/** Users who hold nothing and whom nobody knows. */
async function strangers(database: Database): Promise<string[]> {
  const rows = await rowsOf(database).run(sql<{ id: string }>`SELECT id FROM principal p WHERE kind = 'USER'
    AND enabled AND deleted_at IS NULL AND NOT EXISTS (SELECT FROM assignment a WHERE a.principal_id = p.id)
    AND NOT EXISTS (SELECT FROM request q WHERE p.id IN (q.principal_id, q.requestor_id))
    AND id::text NOT LIKE '00000000-%' AND display_name <> ALL('{second,backup,asked,decided}') ORDER BY id LIMIT 400`);
  return rows.map(({ id }) => id);
}

interface Wish extends Place {
  readonly assignmentType: 'ELIGIBLE' | 'ACTIVE';
  readonly action: 'SELF_ACTIVATE' | 'SELF_EXTEND' | 'SELF_RENEW' | 'ADMIN_ASSIGN';
  readonly requestor?: string;
  readonly stage?: number;
  /** Minutes from now. */
  readonly escalates?: number;
  readonly asked?: readonly { readonly who: string; readonly stage?: number; readonly escalation?: boolean }[];
  readonly decidedBy?: string;
}

function wishesOf(cast: Cast): Wish[] {
  const { entra, azure, group } = cast.places;
  const at = (kind: keyof typeof PROVIDERS, scopeId: string) => ({
    ...{ provider: PROVIDERS[kind], scopeId, roleId: ROLES[kind], assignmentType: 'ACTIVE' as const },
  });
  const activate = { ...at('entra', entra.directory), action: 'SELF_ACTIVATE' as const };
  const stages = [{ who: 'arun' }, { who: 'asked' }, { who: 'second', stage: 2 }, { who: 'backup', escalation: true }];
  const extend = { action: 'SELF_EXTEND', assignmentType: 'ELIGIBLE' } as const;
  const renew = { action: 'SELF_RENEW', assignmentType: 'ACTIVE' } as const;
  return [
    { ...activate, asked: stages },
    { ...activate, asked: stages, escalates: -1 },
    { ...activate, asked: stages, stage: 2 },
    { ...activate, asked: stages, stage: 2, escalates: -1 },
    { ...activate, asked: [...stages, { who: 'decided', escalation: true }], decidedBy: 'decided' },
    { ...activate, ...at('azure', azure.checkout), asked: [{ who: 'asked' }, { who: 'gwen' }] },
    { ...activate, ...at('group', group.helpdesk), asked: [{ who: 'asked' }, { who: 'second', stage: 3 }] },
    { ...at('azure', azure.vault), action: 'ADMIN_ASSIGN', requestor: 'devon' },
    { ...at('entra', entra.unit), ...extend },
    { ...at('entra', entra.directory), ...renew },
    { ...at('azure', azure.checkout), ...extend },
    { ...at('azure', azure.development), ...renew },
    { ...at('group', group.helpdesk), ...extend },
    { ...at('group', group.team), ...renew },
  ];
}

function eventsOf(cast: Cast, people: string[], requests: readonly Matter[]) {
  const events: ReturnType<typeof eventOf>[] = [];
  const some = (matter: Matter, types: readonly EventType[]) => {
    for (const type of types) events.push(eventOf(type, matter));
  };
  const places = placesOf(cast);
  const stranger = () => people.pop() as string;
  for (const [index, place] of places.entries()) {
    const turn = [index, index + 7].map((n) => OF_ACCESS[n % OF_ACCESS.length] as EventType);
    some({ ...place, assignmentType: 'ELIGIBLE', principalId: stranger() }, turn);
    some({ ...place, assignmentType: 'ACTIVE', principalId: stranger() }, turn);
    some({ ...place, assignmentType: 'ACTIVE', principalId: stranger(), actorId: cast.idOf('devon') }, [
      'assignment.removed',
      'request.refused',
    ]);
    events.push(eventOf('policy.updated', place));
  }
  // Of the first place of each kind, everything that can happen.
  const { entra, azure, group } = cast.places;
  for (const scopeId of [entra.directory, azure.production, group.helpdesk, group.vpn]) {
    const place = places.find((each) => each.scopeId === scopeId) as Place;
    some({ ...place, assignmentType: 'ACTIVE', principalId: stranger() }, OF_ACCESS);
  }
  const holders = ['maya', 'olga', 'gus', 'devon', 'mia', 'robot', 'conditional'].map((name) => cast.idOf(name));
  for (const principalId of [...holders, ...Object.values(cast.groups)]) {
    some({ ...(places[0] as Place), assignmentType: 'ACTIVE', principalId }, OF_ACCESS);
    const development = places.find((each) => each.scopeId === azure.development) as Place;
    some({ ...development, assignmentType: 'ELIGIBLE', principalId }, ['assignment.expiring']);
  }
  for (const matter of requests)
    some(
      matter,
      OF_ACCESS.filter((type) => type.startsWith('request.')),
    );
  for (const provider of Object.values(PROVIDERS)) {
    events.push(eventOf('policyTemplate.created', { provider }), eventOf('policyTemplate.updated', { provider }));
    events.push(eventOf('request.refused', { provider, actorId: cast.idOf('olga') }));
  }
  for (const ownerId of ['maya', 'uma', 'robot'].map((name) => cast.idOf(name))) {
    const payload = { operationId: randomUUID() };
    for (const type of OF_BULK) {
      events.push({ ...eventOf(type, { actorId: ownerId }), principalId: ownerId, payload });
    }
  }
  events.push(eventOf('directory.imported', {}), eventOf('request.refused', { actorId: cast.idOf('robot') }));
  return events;
}

function eventOf(type: EventType, matter: Partial<Matter>) {
  const isOfAccess = OF_ACCESS.includes(type);
  const { actorId = null, provider = null, roleId = null, scopeId = null, requestId = null } = matter;
  return {
    ...{ type, actorId, provider, roleId, scopeId, requestId, assignmentId: null, payload: {} as object },
    assignmentType: isOfAccess ? (matter.assignmentType ?? null) : null,
    principalId: isOfAccess ? (matter.principalId ?? null) : null,
  };
}
