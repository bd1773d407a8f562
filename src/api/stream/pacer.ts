import type { Clock } from "../../base/index.ts";

/** Something that sends what it has gathered. Its pacer keeps the times. */
export interface Paced {
  /** Sends all that is gathered and forgets it. */
  flush(): void;
}

export interface PacerOptions {
  readonly clock: Clock;
  /** The shortest pause between two flushes of one item. */
  readonly pauseMsMin: number;
  /** The longest. */
  readonly pauseMsMax: number;
}

/** Pause after a flush, in multiples of the time it took: sending then takes at most a fifth of the thread. */
const PAUSE_PER_COST = 4;

/**
 * When to send: an item's first row at once, those of a burst together after a pause. A cheap flush is followed by a
 * short pause, one to a thousand clients by a longer one, so that latency is low while it costs little.
 */
export class Pacer {
  readonly #options: PacerOptions;
  /** Before when an item is not flushed again. */
  readonly #dueMs = new Map<Paced, number>();
  readonly #waiting = new Set<Paced>();
  readonly #stop = new AbortController();
  #isAwake = false;

  constructor(options: PacerOptions) {
    this.#options = options;
  }

  /** The item has something to send: flushed now, or when its pause ends. */
  offer(item: Paced): void {
    if (this.#waiting.has(item)) return;
    if (this.#options.clock.monotonicMs() >= (this.#dueMs.get(item) ?? Number.NEGATIVE_INFINITY)) {
      this.flush(item);
      return;
    }
    this.#waiting.add(item);
    if (!this.#isAwake) void this.#wake();
  }

  /** Flushes the item without waiting for its pause to end. */
  flush(item: Paced): void {
    const { clock, pauseMsMin, pauseMsMax } = this.#options;
    this.#waiting.delete(item);
    const startMs = clock.monotonicMs();
    item.flush();
    const endMs = clock.monotonicMs();
    const pauseMs = Math.min(pauseMsMax, Math.max(pauseMsMin, PAUSE_PER_COST * (endMs - startMs)));
    this.#dueMs.set(item, endMs + pauseMs);
  }

  /** The item is gone; what it has gathered is not sent. */
  forget(item: Paced): void {
    this.#waiting.delete(item);
    this.#dueMs.delete(item);
  }

  [Symbol.dispose](): void {
    this.#waiting.clear();
    this.#stop.abort();
  }

  /** Runs while something waits, and no longer. */
  async #wake(): Promise<void> {
    const { clock } = this.#options;
    this.#isAwake = true;
    while (this.#waiting.size > 0) {
      const waitMs = Math.max(0, this.#nextDueMs() - clock.monotonicMs());
      const isOver = await clock.sleep(waitMs, { signal: this.#stop.signal }).then(
        () => false,
        () => true,
      );
      if (isOver) break;
      const nowMs = clock.monotonicMs();
      for (const item of [...this.#waiting]) if ((this.#dueMs.get(item) ?? 0) <= nowMs) this.flush(item);
    }
    this.#isAwake = false;
  }

  #nextDueMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const item of this.#waiting) nextMs = Math.min(nextMs, this.#dueMs.get(item) ?? 0);
    return nextMs;
  }
}
