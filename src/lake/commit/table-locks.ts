/** Commits of one process to one table go one after another: between themselves they would only conflict. */
export class TableLocks {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Runs `act` when every earlier call that shares one of the names is done. */
  async run<T>(names: readonly string[], act: () => Promise<T>): Promise<T> {
    const before = names.map((name) => this.#tails.get(name));
    const own = Promise.allSettled(before).then(act);
    const tail = own.catch(() => undefined);
    for (const name of names) this.#tails.set(name, tail);
    try {
      return await own;
    } finally {
      for (const name of names) if (this.#tails.get(name) === tail) this.#tails.delete(name);
    }
  }

  async idle(): Promise<void> {
    await Promise.allSettled(this.#tails.values());
  }
}
