/** What happened last? Kept in memory for those who come back after a short break, and ask the database nothing. */
import type { Entry } from './frame.ts';

const KEPT = 4096;

export class Recent {
  /** Of the last event that was added. */
  position: number;
  #entries: Entry[] = [];

  constructor(position: number) {
    this.position = position;
  }

  /** Whether every event behind that position is here. */
  covers(position: number): boolean {
    return position >= this.position - this.#entries.length;
  }

  /** Events behind the position, oldest first. */
  since(position: number): readonly Entry[] {
    const count = Math.max(0, this.position - position);
    return count === 0 ? [] : this.#entries.slice(-count);
  }

  add(entries: readonly Entry[]): void {
    this.#entries.push(...entries);
    if (this.#entries.length > KEPT) this.#entries = this.#entries.slice(-KEPT);
    this.position = entries.at(-1)?.item.position ?? this.position;
  }

  restart(position: number): void {
    this.position = position;
    this.#entries = [];
  }

  forgetFrames(): void {
    for (const entry of this.#entries) entry.forgetFrames();
  }
}
