/** Was this very token checked before, with a key that is still good? A caller sends the same one with every request. */
import { hash } from 'node:crypto';
import type { JWTVerifyGetKey } from 'jose';

/** About two megabytes. */
const MOST = 10_000;

type Key = Awaited<ReturnType<JWTVerifyGetKey>>;
type Header = Parameters<JWTVerifyGetKey>[0];

export interface Known<T> {
  readonly value: T;
  readonly header: Header;
  readonly key: Key;
  /** From then until then a check would find what it found. */
  readonly from: Date;
  readonly until: Date;
}

export class KnownTokens<T> {
  /** By a digest: no token is kept. The oldest comes first. */
  readonly #known = new Map<string, Known<T>>();
  readonly #keys: JWTVerifyGetKey;

  constructor(keys: JWTVerifyGetKey) {
    this.#keys = keys;
  }

  /** Asks for the key each time, so that one the issuer has withdrawn is good for nothing as soon as without this. */
  async find(token: string, now: Date): Promise<T | null> {
    const digest = digestOf(token);
    const known = this.#known.get(digest);
    if (known === undefined) return null;
    if (now >= known.from && now < known.until && (await this.#keyOf(known)) === known.key) return known.value;
    this.#known.delete(digest);
    return null;
  }

  /** Null: there is none any more, and the whole check will say so. */
  async #keyOf({ header }: Known<T>): Promise<Key | null> {
    // The token itself is needed for keys that come within it, which are never looked at.
    return Promise.resolve(this.#keys(header, { payload: '', signature: '' })).catch(() => null);
  }

  keep(token: string, known: Known<T>): void {
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MOST && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(digestOf(token), known);
  }
}

const digestOf = (token: string) => hash('sha256', token, 'base64');
