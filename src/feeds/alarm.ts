import type { Clock } from "../base/index.ts";

/** Something due later. Setting it anew forgets the earlier time; cancelled, it leaves no timer behind. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #pending: AbortController | undefined;

  /** @param ring must not throw */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  set(delayMs: number): void {
    this.cancel();
    const pending = new AbortController();
    this.#pending = pending;
    this.#clock.sleep(delayMs, { signal: pending.signal }).then(
      () => {
        if (this.#pending !== pending) return;
        this.#pending = undefined;
        this.#ring();
      },
      () => {}, // Cancelled.
    );
  }

  cancel(): void {
    this.#pending?.abort();
    this.#pending = undefined;
  }
}
