/** What does a resolver know? Everything here is fresh for each operation, and for each delivered event. */
import DataLoader from 'dataloader';
import type { Viewer } from '../src/decision/powers.ts';
import { type AssignmentRow, assignmentsById } from '../src/store/assignment.ts';
import type { Database, Sql } from '../src/store/database.ts';
import {
  currentPolicies,
  type EffectivePolicy,
  type PolicyKey,
  type RolePolicyRow,
  rolePoliciesById,
} from '../src/store/policy.ts';
import {
  type PolicyTemplateRow,
  policyTemplatesById,
  type TemplateVersionRow,
  templateVersionsById,
} from '../src/store/policyTemplate.ts';
import { type PrincipalRow, principalsById } from '../src/store/principal.ts';
import { type RequestRow, requestsById } from '../src/store/request.ts';
import { type RoleRow, rolesById } from '../src/store/role.ts';
import { type ScopeRow, scopesById } from '../src/store/scope.ts';
import type { Tail } from '../src/stream/tail.ts';

export interface Context {
  readonly database: Database;
  readonly tail: Tail;
  /** Replaced before each delivered event by the viewer with the powers of that moment. */
  viewer: Viewer;
  /** Replaced together with the viewer. */
  loaders: Loaders;
  /** Statements of reads, each on its own. */
  readonly db: () => Sql;
}

/** One batch per level; what the viewer may not see is null, like what does not exist. */
export interface Loaders {
  /** Principals, roles and scopes named by a row that the viewer sees. */
  readonly principal: DataLoader<string, PrincipalRow | null>;
  readonly role: DataLoader<string, RoleRow | null>;
  readonly scope: DataLoader<string, ScopeRow | null>;
  readonly policy: DataLoader<PolicyKey, EffectivePolicy, string>;
  readonly templateVersion: DataLoader<string, TemplateVersionRow | null>;
  /** By an id that the caller gave: hidden rows stay hidden. */
  readonly visiblePrincipal: DataLoader<string, PrincipalRow | null>;
  readonly visibleScope: DataLoader<string, ScopeRow | null>;
  readonly assignment: DataLoader<string, AssignmentRow | null>;
  readonly request: DataLoader<string, RequestRow | null>;
  readonly rolePolicy: DataLoader<string, RolePolicyRow | null>;
  readonly policyTemplate: DataLoader<string, PolicyTemplateRow | null>;
}

export function createContext(database: Database, tail: Tail, viewer: Viewer): Context {
  const db = () => database.em.fork().getKysely();
  return { database, tail, viewer, db, loaders: createLoaders(db, viewer) };
}

/** Makes the context that of another moment: no answer of the last event is given for the next. */
export function renew(context: Context, viewer: Viewer): void {
  context.viewer = viewer;
  context.loaders = createLoaders(context.db, viewer);
}

function createLoaders(db: () => Sql, viewer: Viewer): Loaders {
  return {
    principal: byId((ids) => principalsById(db(), ids)),
    role: byId((ids) => rolesById(db(), ids)),
    scope: byId((ids) => scopesById(db(), ids)),
    policy: new DataLoader(async (keys) => currentPolicies(db(), keys), {
      cacheKeyFn: ({ roleId, scopeId }) => `${roleId} ${scopeId}`,
    }),
    templateVersion: byId((ids) => templateVersionsById(db(), ids)),
    visiblePrincipal: byId((ids) => principalsById(db(), ids, viewer)),
    visibleScope: byId((ids) => scopesById(db(), ids, viewer)),
    assignment: byId((ids) => assignmentsById(db(), ids, viewer)),
    request: byId((ids) => requestsById(db(), ids, viewer)),
    rolePolicy: byId((ids) => rolePoliciesById(db(), ids, viewer)),
    policyTemplate: byId((ids) => policyTemplatesById(db(), ids, viewer)),
  };
}

function byId<Row extends { readonly id: string }>(read: (ids: readonly string[]) => Promise<Row[]>) {
  return new DataLoader<string, Row | null>(async (ids) => {
    const found = new Map((await read(ids)).map((row) => [row.id, row]));
    return ids.map((id) => found.get(id) ?? null);
  });
}
