/** Where does the development issuer keep sessions, codes and refresh tokens? In memory: a restart signs everybody out. */
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';
import { processNow } from '../clock.ts';

interface Entry {
  readonly payload: AdapterPayload;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** One store per issuer, one adapter per model, as oidc-provider asks for them. */
export function memoryStore(): AdapterFactory {
  const entries = new Map<string, Entry>();
  return (model) => adapterFor(entries, model);
}

function adapterFor(entries: Map<string, Entry>, model: string): Adapter {
  const key = (id: string) => `${model}:${id}`;
  const find = (id: string) => {
    const entry = entries.get(key(id));
    return entry && entry.expiresAt > nowMs() ? entry.payload : undefined;
  };
  return {
    find: async (id) => find(id),
    findByUid: async (uid) => live(entries, model).find(({ payload }) => payload.uid === uid)?.payload,
    // Codes typed on another device: a flow this issuer does not offer.
    findByUserCode: async () => undefined,
    upsert: async (id, payload, expiresIn) => {
      dropExpired(entries);
      const expiresAt = expiresIn === undefined ? Number.POSITIVE_INFINITY : nowMs() + expiresIn * 1000;
      entries.set(key(id), { payload, expiresAt });
    },
    consume: async (id) => {
      const payload = find(id);
      if (payload) payload.consumed = Math.floor(nowMs() / 1000);
    },
    destroy: async (id) => {
      entries.delete(key(id));
    },
    revokeByGrantId: async (grantId) => {
      for (const [id, { payload }] of entries) if (payload.grantId === grantId) entries.delete(id);
    },
  };
}

function live(entries: Map<string, Entry>, model: string): Entry[] {
  const now = nowMs();
  return [...entries]
    .filter(([key, { expiresAt }]) => key.startsWith(`${model}:`) && expiresAt > now)
    .map(([, e]) => e);
}

/** At every write, so an issuer that runs for weeks holds no more than what is valid. */
function dropExpired(entries: Map<string, Entry>): void {
  const now = nowMs();
  for (const [id, { expiresAt }] of entries) if (expiresAt <= now) entries.delete(id);
}

const nowMs = () => processNow().getTime();
