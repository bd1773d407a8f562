/** What was opened, to be closed in the opposite order. Node 22 has no AsyncDisposableStack. */
export class Owned {
  readonly #resources: AsyncDisposable[] = [];

  add<T extends AsyncDisposable>(resource: T): T {
    this.#resources.push(resource);
    return resource;
  }

  /** Of what opens beside other things: it is closed too where one of those fails meanwhile. */
  opening<T extends AsyncDisposable>(resource: Promise<T>): Promise<T> {
    const opened = resource.catch(() => undefined);
    this.#resources.push({
      async [Symbol.asyncDispose]() {
        await (await opened)?.[Symbol.asyncDispose]();
      },
    });
    return resource;
  }

  /** Closes all, even where one fails, and then throws the first failure. */
  async dispose(): Promise<void> {
    const failures: unknown[] = [];
    for (let resource = this.#resources.pop(); resource !== undefined; resource = this.#resources.pop()) {
      try {
        await resource[Symbol.asyncDispose]();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
