/** What does a row of an import name, and what must be known of it? Looked up for thousands of rows by a statement for each kind of fact. */
import { type AssignmentFacts, canonicalKey, type PrincipalFacts, type RoleFacts } from '../decision/assignment.ts';
import type { ReadAssignmentRow } from '../decision/assignmentRow.ts';
import { defaultPolicy } from '../decision/policy.ts';
import type { Viewer } from '../decision/powers.ts';
import type { Reasons } from '../decision/rules.ts';
import { besideStart, decidePeriod, type Period } from '../decision/schedule.ts';
import type { AssignmentType } from '../decision/words.ts';
import type { RowProblem } from '../refusals.ts';
import { periodsHeld, principalsNamed, requestsPending, rolesNamed } from '../store/assignmentImport.ts';
import { type PolicyKey, policiesHeld } from '../store/policy.ts';
import { rolesById } from '../store/role.ts';
import { scopeFactsAt } from '../store/scope.ts';
import { databaseNow, type Transaction } from '../store/transaction.ts';

export interface Row {
  readonly line: number;
  readonly read: ReadAssignmentRow;
}

interface Judged {
  /** Set when a name stands for several. */
  readonly problem: RowProblem | null;
  readonly facts: AssignmentFacts | null;
  readonly policyVersionId: string | null;
  /** Shared by the rows about the same access, in their order. */
  readonly held: Period[];
}

/** What thousands of rows may be about: read once. */
interface Access extends PolicyKey {
  readonly principalId: string;
  readonly type: AssignmentType;
}

/** @returns what each row is judged by, as of those before it */
export async function lookUp(tx: Transaction, viewer: Viewer, rows: readonly Row[], shared: Reasons) {
  const db = tx.getKysely();
  const principalOf = await findPrincipals(tx, viewer, rows);
  const roleOf = await findRoles(tx, rows);
  const scopeOf = await findScopes(tx, viewer, rows, roleOf);
  const accesses = new Map<string, Access>();
  const keys = rows.map(({ read }, index) => {
    const [principal, role, scope] = [principalOf(read), roleOf(read), scopeOf(index)];
    if (!principal || !role || !scope || principal === 'AMBIGUOUS' || role === 'AMBIGUOUS') return '';
    const { type } = read;
    const access = { principalId: principal.id, roleId: role.id, scopeId: scope.id, provider: role.provider, type };
    const key = `${principal.id} ${role.id} ${scope.id} ${type}`;
    if (!accesses.has(key)) accesses.set(key, access);
    return key;
  });
  const distinct = [...accesses.values()];
  const policies = await policiesHeld(db, distinct);
  const periods = await periodsHeld(db, distinct);
  const now = await databaseNow(tx);
  const pending = await requestsPending(db, distinct, now);
  const places = new Map([...accesses.keys()].map((key, index) => [key, index]));
  return ({ read }: Row, index: number): Judged => {
    const [principal, role, scope] = [principalOf(read), roleOf(read), scopeOf(index)];
    if (principal === 'AMBIGUOUS') return unclear('principal');
    if (role === 'AMBIGUOUS') return unclear('role');
    const place = places.get(keys[index] as string);
    // Of what is not there nothing is held, and no rule is read.
    const { rules, versionId } = (place === undefined ? undefined : policies[place]) ?? NO_POLICY;
    const held = (place === undefined ? undefined : periods[place]) ?? [];
    const period = decidePeriod(read.schedule, now);
    const { justification, ticketNumber, ticketSystem } = read.reasons;
    const facts: AssignmentFacts = {
      ...{ now, powers: viewer.powers, proof: viewer.proof, role, scope, principal, rules },
      ...{ type: read.type, schedule: read.schedule, condition: read.condition },
      reasons: {
        justification: justification ?? shared.justification,
        ticketNumber: ticketNumber ?? shared.ticketNumber,
        ticketSystem: ticketSystem ?? shared.ticketSystem,
      },
      held: 'refusals' in period ? [] : besideStart(held, period),
      pending: place !== undefined && pending.has(place),
    };
    return { problem: null, facts, policyVersionId: versionId, held };
  };
}

const NO_POLICY = { rules: defaultPolicy('ENTRA_ROLE'), versionId: null };

const unclear = (column: 'principal' | 'role'): Judged => ({
  ...{ problem: ambiguous(column), facts: null, policyVersionId: null, held: [] },
});

function ambiguous(column: 'principal' | 'role'): RowProblem {
  const reason =
    column === 'role'
      ? 'Several roles have this name: name the provider too, or give an id.'
      : 'Several principals have this name: give an id.';
  return { code: column === 'role' ? 'ROLE_AMBIGUOUS' : 'PRINCIPAL_AMBIGUOUS', column, reason };
}

async function findPrincipals(tx: Transaction, viewer: Viewer, rows: readonly Row[]) {
  const ids = new Set<string>();
  const names = new Set<string>();
  for (const { read } of rows) {
    if ('id' in read.principal) ids.add(read.principal.id);
    else names.add(read.principal.name);
  }
  const found = await principalsNamed(tx.getKysely(), viewer, { ids: [...ids], names: [...names] });
  const known = new Map<string, PrincipalFacts | 'AMBIGUOUS'>();
  for (const { calledAs, ...facts } of found) {
    const before = known.get(calledAs);
    known.set(
      calledAs,
      before === undefined || (before !== 'AMBIGUOUS' && before.id === facts.id) ? facts : 'AMBIGUOUS',
    );
  }
  return ({ principal }: ReadAssignmentRow) => known.get('id' in principal ? principal.id : principal.name) ?? null;
}

async function findRoles(tx: Transaction, rows: readonly Row[]) {
  const db = tx.getKysely();
  const names = new Set(rows.flatMap(({ read: { role } }) => ('name' in role ? [role.name] : [])));
  const named = await rolesNamed(db, [...names]);
  const ids = new Set(rows.flatMap(({ read: { role } }) => ('id' in role ? [role.id] : [])));
  for (const { id } of named) ids.add(id);
  const byId = new Map<string, RoleFacts>((await rolesById(db, [...ids])).map((role) => [role.id, role]));
  const byName = new Map<string, RoleFacts[]>();
  for (const { id, name } of named) byName.set(name, [...(byName.get(name) ?? []), byId.get(id) as RoleFacts]);
  return ({ role, provider }: ReadAssignmentRow): RoleFacts | 'AMBIGUOUS' | null => {
    const candidates = 'id' in role ? [byId.get(role.id)] : (byName.get(role.name) ?? []);
    const fitting = candidates.filter((each) => each && (provider === null || each.provider === provider));
    return fitting.length > 1 ? 'AMBIGUOUS' : (fitting[0] ?? null);
  };
}

async function findScopes(
  tx: Transaction,
  viewer: Viewer,
  rows: readonly Row[],
  roles: Awaited<ReturnType<typeof findRoles>>,
) {
  const places = rows.map(({ read }) => {
    const role = roles(read);
    if (role === null || role === 'AMBIGUOUS') return null;
    const path = read.scope ?? (role.provider === 'ENTRA_ROLE' ? '/' : '');
    return { provider: role.provider, path };
  });
  const keyOf = ({ provider, path }: NonNullable<(typeof places)[number]>) => `${provider} ${canonicalKey(path)}`;
  const distinct = new Map(places.flatMap((place) => (place ? [[keyOf(place), place] as const] : [])));
  const found = await scopeFactsAt(tx.getKysely(), viewer, [...distinct.values()]);
  const byKey = new Map(found.map((scope) => [`${scope.provider} ${scope.key}`, scope]));
  return (index: number) => {
    const place = places[index];
    return (place && byKey.get(keyOf(place))) || null;
  };
}
