import type { Abortable, Clock } from "../../base/index.ts";

/** A clock that stands until it is moved. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #startNs: bigint;
  #sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];

  constructor(startNs = 1_786_309_548_000_000_000n) {
    this.#startNs = startNs;
  }

  nowNs(): bigint {
    return this.#startNs + BigInt(Math.round(this.#nowMs * 1e6));
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  sleep(durationMs: number, { signal }: Abortable = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) reject(signal.reason);
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      this.#sleepers.push({ atMs: this.#nowMs + durationMs, wake: resolve });
    });
  }

  /** Moves on step by step, and lets everything that is due happen in between. */
  async advance(durationMs: number, stepMs = 1): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    while (this.#nowMs < endMs) {
      this.#nowMs = Math.min(endMs, this.#nowMs + stepMs);
      const due = this.#sleepers.filter(({ atMs }) => atMs <= this.#nowMs);
      this.#sleepers = this.#sleepers.filter(({ atMs }) => atMs > this.#nowMs);
      for (const { wake } of due) wake();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
}
