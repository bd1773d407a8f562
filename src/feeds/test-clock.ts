import type { Clock } from "../base/index.ts";

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** A clock that stands still until a test moves it. Starts at 2026-01-01T00:00:00Z. */
export class TestClock implements Clock {
  static readonly startNs = 1_767_225_600_000_000_000n;
  readonly #sleepers = new Set<Sleeper>();
  #nowMs = 0;

  nowNs(): bigint {
    return TestClock.startNs + BigInt(Math.round(this.#nowMs * 1e6));
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** Timers that wait: 0 once everything has been stopped. */
  get waiting(): number {
    return this.#sleepers.size;
  }

  sleep(durationMs: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper: Sleeper = {
        dueMs: this.#nowMs + durationMs,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener("abort", cancel);
          resolve();
        },
      };
      const cancel = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", cancel, { once: true });
      return undefined;
    });
  }

  /** Moves to each timer in its order, letting what it starts happen, up to `durationMs` from now. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    for (;;) {
      await settle();
      const next = [...this.#sleepers].sort((one, other) => one.dueMs - other.dueMs)[0];
      if (next === undefined || next.dueMs > endMs) break;
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.wake();
    }
    this.#nowMs = endMs;
    await settle();
  }
}

/** Lets promises and immediate callbacks run. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Waits for real I/O to bring about a condition; fails after five seconds, or as many as are named. */
export async function until(
  isTrue: () => boolean,
  what: string,
  { seconds = 5 }: { readonly seconds?: number } = {},
): Promise<void> {
  const deadline = performance.now() + seconds * 1_000;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(`Waited ${seconds} seconds in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
