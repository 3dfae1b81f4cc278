/** Who listens, and what may they see now? One entry for each principal, however many subscriptions it has. */
import { viewsLess } from '../decision/event.ts';
import type { Powers, Viewer } from '../decision/powers.ts';
import type { Sql } from '../store/database.ts';
import type { EventRow } from '../store/event.ts';
import { currentViewers } from '../store/viewer.ts';

/** Principals read in one statement. */
const CHUNK = 500;
/** Nothing that a stream shows depends on what a token proves. */
const NO_PROOF = { multiFactorAt: null, authenticationContexts: [] } as const;

export interface LiveViewer {
  readonly key: string;
  /** With the powers of now. Null once the principal is disabled or deleted. */
  viewer: Viewer;
  /** Of equal text for viewers whose roles show the same, whoever they are. */
  sight: string;
  /** By performance.now(): from when on time alone has changed what the viewer holds. */
  staleAt: number;
  subscriptions: number;
  /** The first time; null until it began. */
  read: Promise<void> | null;
}

export type Loss = 'PRINCIPAL_DISABLED' | 'RIGHTS_LOST';

export class Viewers {
  readonly #db: () => Sql;
  readonly #onLoss: (live: LiveViewer, loss: Loss) => void;
  readonly #known = new Map<string, LiveViewer>();

  constructor(db: () => Sql, onLoss: (live: LiveViewer, loss: Loss) => void) {
    this.#db = db;
    this.#onLoss = onLoss;
  }

  /** Known from now on, so that whatever takes a right away from here on is noticed. */
  claim(viewer: Viewer): LiveViewer {
    const key = keyOf(viewer.id, viewer.applicationPermissions);
    const neutral = { ...viewer, proof: NO_PROOF };
    const live = this.#known.get(key) ?? {
      key,
      viewer: neutral,
      sight: sightOf(viewer),
      staleAt: 0,
      subscriptions: 0,
      read: null,
    };
    live.subscriptions++;
    this.#known.set(key, live);
    return live;
  }

  /** Read once since it is known: rights that went before that are not overlooked either. */
  async settle(live: LiveViewer): Promise<void> {
    live.read ??= this.#read([live]);
    try {
      await live.read;
    } catch (error) {
      live.read = null;
      throw error;
    }
  }

  find(principalId: string, applicationPermissions: readonly string[]): Viewer | null {
    const live = this.#known.get(keyOf(principalId, applicationPermissions));
    return live && live.staleAt > performance.now() ? live.viewer : null;
  }

  leave(live: LiveViewer): void {
    live.subscriptions--;
    if (live.subscriptions === 0) this.#known.delete(live.key);
  }

  /** Of one principal over all its tokens. */
  subscriptionsOf(principalId: string): number {
    let count = 0;
    for (const { viewer, subscriptions } of this.#known.values()) if (viewer.id === principalId) count += subscriptions;
    return count;
  }

  /** Before events are judged: those whose access the events are about, and those whom time has overtaken. */
  async refreshFor(events: readonly EventRow[]): Promise<void> {
    const now = performance.now();
    const changed = new Set(events.map(({ principalId }) => principalId));
    // An import may disable people and move groups: it says how many, not whom.
    const imported = events.some(({ type }) => type === 'directory.imported');
    await this.#read(
      [...this.#known.values()].filter(
        ({ viewer, staleAt }) =>
          imported || staleAt <= now || changed.has(viewer.id) || viewer.powers.groups.some((id) => changed.has(id)),
      ),
    );
  }

  /** Everybody, as changes made by hand leave no event. */
  refreshAll(): Promise<void> {
    return this.#read([...this.#known.values()]);
  }

  async #read(lives: readonly LiveViewer[]): Promise<void> {
    for (let start = 0; start < lives.length; start += CHUNK) {
      const chunk = lives.slice(start, start + CHUNK);
      const readAt = performance.now();
      const present = await currentViewers(
        this.#db(),
        chunk.map(({ viewer }) => viewer),
      );
      for (const [index, live] of chunk.entries()) {
        const { viewer, holdsFor } = present[index] as (typeof present)[number];
        live.staleAt = holdsFor === null ? Number.POSITIVE_INFINITY : readAt + holdsFor;
        this.#update(live, viewer);
      }
    }
  }

  #update(live: LiveViewer, viewer: Viewer | null): void {
    if (viewer === null) {
      this.#onLoss(live, 'PRINCIPAL_DISABLED');
      return;
    }
    const before = live.viewer.powers;
    live.viewer = viewer;
    live.sight = sightOf(viewer);
    if (viewsLess(before, viewer.powers)) this.#onLoss(live, 'RIGHTS_LOST');
  }
}

const keyOf = (principalId: string, applicationPermissions: readonly string[]) =>
  JSON.stringify([principalId, applicationPermissions]);

/** Everything that decides what a viewer sees of events in which the viewer has no part. */
function sightOf({ kind, userType, applicationPermissions, powers }: Viewer): string {
  const { groups: _groups, ownedGroups: _owned, ...shown } = powers;
  const lists = Object.values(shown satisfies Partial<Powers>).map((value) =>
    Array.isArray(value) ? [...value].sort() : value,
  );
  return JSON.stringify([kind, userType, applicationPermissions, lists]);
}
