import { type Abortable, abortable } from "../../base/index.ts";

/** Wakes whoever waits for something to change; those look again by themselves whether it concerns them. */
export class Notice {
  #next = Promise.withResolvers<void>();

  notify(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  /** Resolves at the next `notify()`. */
  wait({ signal }: Abortable = {}): Promise<void> {
    return abortable(this.#next.promise, signal);
  }
}
