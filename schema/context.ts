/** What does a resolver know? Everything here is fresh for each operation, and for each delivered event. */
import DataLoader from 'dataloader';
import type { Viewer } from '../src/decision/powers.ts';
import type { Refused } from '../src/refusals.ts';
import { type AssignmentRow, assignmentsById } from '../src/store/assignment.ts';
import { type BulkOperationRow, bulkOperationsById } from '../src/store/bulkOperation.ts';
import type { WantedRow } from '../src/store/connection.ts';
import { type Database, type Sql, sqlOf } from '../src/store/database.ts';
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
import type { View } from '../src/stream/frame.ts';
import type { StreamItem } from '../src/stream/item.ts';
import { NOTHING } from './ids.ts';

export interface Context {
  readonly database: Database;
  readonly viewer: Viewer;
  readonly loaders: Loaders;
  /** Statements of reads, each on its own. */
  readonly db: () => Sql;
  /** The server's, which knows how documents are judged and executed. */
  readonly judgeExport?: ExportJudge | undefined;
}

/** A query as somebody wants it exported. */
export interface ExportQuery {
  readonly query: string | null;
  readonly documentId: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | null;
}

/** @returns the document; or why it cannot be exported. @throws what the query itself would fail with */
export type ExportJudge = (
  asker: { readonly database: Database; readonly viewer: Viewer },
  query: ExportQuery,
) => Promise<{ readonly query: string } | Refused>;

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
  /** The same, with no more of each than is wanted, and the rows that it names: one statement for all of it. */
  assignmentWith(wanted: WantedRow): DataLoader<string, AssignmentRow | null>;
  requestWith(wanted: WantedRow): DataLoader<string, RequestRow | null>;
  readonly rolePolicy: DataLoader<string, RolePolicyRow | null>;
  readonly policyTemplate: DataLoader<string, PolicyTemplateRow | null>;
  /** The viewer's own. */
  readonly bulkOperation: DataLoader<string, BulkOperationRow | null>;
}

export interface ContextOptions {
  /** Where everything is read. Default: each statement on its own. */
  readonly db?: () => Sql;
  /** Default: nothing can be exported. */
  readonly judgeExport?: ExportJudge;
}

export function createContext(database: Database, viewer: Viewer, options: ContextOptions = {}): Context {
  const { db = () => sqlOf(database), judgeExport } = options;
  return { database, viewer, db, loaders: createLoaders(db, viewer), judgeExport };
}

/** For one delivery. What is loaded at the same moment for equal viewers is loaded once. */
export function createDeliveryContext(database: Database, item: StreamItem, view: View): Context {
  const db = () => sqlOf(database);
  if (!view.isShared) {
    const loaders = remembered(view.memo, () => createLoaders(db, view.viewer));
    return { database, viewer: view.viewer, db, loaders };
  }
  const loaders = remembered(view.memo, () => createLoaders(db, anybody(view.viewer)));
  return { database, viewer: noticed(view, item), db, loaders: limited(loaders, item, view) };
}

function remembered(memo: Map<unknown, unknown>, create: () => Loaders): Loaders {
  const loaders = (memo.get(createLoaders) as Loaders | undefined) ?? create();
  memo.set(createLoaders, loaders);
  return loaders;
}

/** Somebody who sees as much, and is nobody. */
function anybody(viewer: Viewer): Viewer {
  return { ...viewer, id: NOTHING, powers: { ...viewer.powers, groups: [], ownedGroups: [] } };
}

/** The viewer, with word given whenever somebody looks at what is the viewer's own. */
function noticed({ viewer, onPersonal }: View, { event }: StreamItem): Viewer {
  const { powers } = viewer;
  const notice = <Part extends object>(part: Part, names: readonly (keyof Part)[]): Part =>
    new Proxy(part, {
      get(target, name) {
        if (names.includes(name as keyof Part)) onPersonal();
        return target[name as keyof Part];
      },
    });
  // Whoever is in the group that an event is about has a part in it, and is never told the same as others.
  const groups = new Proxy(powers.groups, {
    get(target, name) {
      if (name !== 'includes') {
        onPersonal();
        return target[name as keyof typeof target];
      }
      return (id: string) => {
        if (id !== event?.principalId) onPersonal();
        return target.includes(id);
      };
    },
  });
  return notice({ ...viewer, powers: notice({ ...powers, groups }, ['ownedGroups']) }, ['id', 'proof', 'expiresAt']);
}

/**
 * Whoever has no part in an event sees the same of its own objects as anybody with the same powers; of any other object
 * one viewer may see more than the next.
 */
function limited(loaders: Loaders, { event }: StreamItem, { onPersonal }: View): Loaders {
  const only = <Row>(loader: DataLoader<string, Row>, own: unknown): DataLoader<string, Row> =>
    Object.assign(Object.create(loader) as DataLoader<string, Row>, {
      load(id: string) {
        if (id !== own) onPersonal();
        return loader.load(id);
      },
    });
  return {
    principal: loaders.principal,
    role: loaders.role,
    scope: loaders.scope,
    policy: loaders.policy,
    templateVersion: loaders.templateVersion,
    visiblePrincipal: only(loaders.visiblePrincipal, null),
    visibleScope: only(loaders.visibleScope, null),
    assignment: only(loaders.assignment, event?.assignmentId),
    request: only(loaders.request, event?.requestId),
    assignmentWith(wanted) {
      // It is another object, although it is read with its activation.
      if (wanted?.eligibility) onPersonal();
      return only(loaders.assignmentWith(wanted), event?.assignmentId);
    },
    requestWith: (wanted) => only(loaders.requestWith(wanted), event?.requestId),
    rolePolicy: only(loaders.rolePolicy, `${event?.roleId}/${event?.scopeId}`),
    policyTemplate: only(loaders.policyTemplate, event?.payload.templateId),
    bulkOperation: only(loaders.bulkOperation, null),
  };
}

/** Each is made when it is first used: an operation uses few of them, and a subscription none. */
class LazyLoaders implements Loaders {
  readonly #db: () => Sql;
  readonly #viewer: Viewer;
  readonly #made = new Map<unknown, unknown>();

  constructor(db: () => Sql, viewer: Viewer) {
    this.#db = db;
    this.#viewer = viewer;
  }

  get principal() {
    return this.#once('principal', () => byId((ids) => principalsById(this.#db(), ids)));
  }
  get role() {
    return this.#once('role', () => byId((ids) => rolesById(this.#db(), ids)));
  }
  get scope() {
    return this.#once('scope', () => byId((ids) => scopesById(this.#db(), ids)));
  }
  get policy() {
    return this.#once('policy', () => policyLoader(this.#db));
  }
  get templateVersion() {
    return this.#once('templateVersion', () => byId((ids) => templateVersionsById(this.#db(), ids)));
  }
  get visiblePrincipal() {
    return this.#once('visiblePrincipal', () => byId((ids) => principalsById(this.#db(), ids, this.#viewer)));
  }
  get visibleScope() {
    return this.#once('visibleScope', () => byId((ids) => scopesById(this.#db(), ids, this.#viewer)));
  }
  get assignment() {
    return this.#once('assignment', () => byId((ids) => assignmentsById(this.#db(), ids, this.#viewer)));
  }
  get request() {
    return this.#once('request', () => byId((ids) => requestsById(this.#db(), ids, this.#viewer)));
  }
  assignmentWith(wanted: WantedRow) {
    return this.#once(wanted, () => byId((ids) => assignmentsById(this.#db(), ids, this.#viewer, wanted)));
  }
  requestWith(wanted: WantedRow) {
    return this.#once(wanted, () => byId((ids) => requestsById(this.#db(), ids, this.#viewer, wanted)));
  }
  get rolePolicy() {
    return this.#once('rolePolicy', () => byId((ids) => rolePoliciesById(this.#db(), ids, this.#viewer)));
  }
  get policyTemplate() {
    return this.#once('policyTemplate', () => byId((ids) => policyTemplatesById(this.#db(), ids, this.#viewer)));
  }
  get bulkOperation() {
    return this.#once('bulkOperation', () => byId((ids) => bulkOperationsById(this.#db(), ids, this.#viewer)));
  }

  #once<Loader>(name: unknown, make: () => Loader): Loader {
    const known = this.#made.get(name);
    if (known) return known as Loader;
    const loader = make();
    this.#made.set(name, loader);
    return loader;
  }
}

const createLoaders = (db: () => Sql, viewer: Viewer): Loaders => new LazyLoaders(db, viewer);

function policyLoader(db: () => Sql): Loaders['policy'] {
  return new DataLoader(async (keys) => currentPolicies(db(), keys), {
    cacheKeyFn: ({ roleId, scopeId }) => `${roleId} ${scopeId}`,
  });
}

function byId<Row extends { readonly id: string }>(read: (ids: readonly string[]) => Promise<Row[]>) {
  return new DataLoader<string, Row | null>(async (ids) => {
    const found = new Map((await read(ids)).map((row) => [row.id, row]));
    return ids.map((id) => found.get(id) ?? null);
  });
}
