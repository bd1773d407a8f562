import type { Abortable } from "../../base/index.ts";

/** Lets at most `slots` in at a time, in the order of asking. */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(slots: number) {
    this.#free = slots;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves with the slot: dispose it to leave. Aborting rejects with the signal's reason. */
  async enter({ signal }: Abortable = {}): Promise<Disposable> {
    signal?.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return this.#slot();
    }
    await new Promise<void>((resolve, reject) => {
      const wake = (): void => {
        signal?.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(wake), 1);
        reject(signal?.reason);
      };
      this.#waiting.push(wake);
      signal?.addEventListener("abort", giveUp, { once: true });
    });
    return this.#slot();
  }

  #slot(): Disposable {
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        const next = this.#waiting.shift();
        if (next === undefined) this.#free += 1;
        else next(); // The slot passes on; nobody can slip in between.
      },
    };
  }
}
