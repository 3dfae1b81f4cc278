/** What has arrived and was not asked for yet? Items in their order, and after them the end. */

/** One reader; any number of writers. */
export class Queue<Item> {
  readonly #items: Item[] = [];
  #end: { readonly error: unknown } | null = null;
  #news: () => void = () => undefined;
  #room: () => void = () => undefined;

  get size(): number {
    return this.#items.length;
  }

  /** Of no effect after the end. */
  push(item: Item): void {
    if (this.#end) return;
    this.#items.push(item);
    this.#news();
  }

  /** Puts the item in the place of the last one, if that one is alike. */
  replaceLast(item: Item, isAlike: (last: Item) => boolean): void {
    const last = this.#items.at(-1);
    if (last !== undefined && isAlike(last)) this.#items.pop();
    this.push(item);
  }

  /** What has arrived is still read; then the reader is done, or meets the error. The first end counts. */
  end(error: unknown = null): void {
    this.#end ??= { error };
    this.#news();
    this.#room();
  }

  /** Nothing more is read. */
  clear(): void {
    this.#items.length = 0;
    this.end();
  }

  /** Waits until there are fewer items than that, or the end has come. */
  async below(size: number): Promise<void> {
    while (this.#items.length >= size && !this.#end) {
      await new Promise<void>((resolve) => {
        this.#room = resolve;
      });
    }
  }

  async *read(): AsyncGenerator<Item, undefined, undefined> {
    for (;;) {
      while (this.#items.length > 0) {
        const item = this.#items.shift() as Item;
        this.#room();
        yield item;
      }
      if (this.#end?.error) throw this.#end.error;
      if (this.#end) return;
      await new Promise<void>((resolve) => {
        this.#news = resolve;
      });
    }
  }
}

/** A generator that waits cannot be returned: `wake` brings it to its end first. */
export function returnable<Item>(
  generator: AsyncGenerator<Item, undefined, undefined>,
  wake: () => void,
): AsyncIterableIterator<Item, undefined, undefined> {
  return {
    next: () => generator.next(),
    return: () => {
      wake();
      return generator.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
