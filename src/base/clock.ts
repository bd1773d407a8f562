import { setTimeout as sleepFor } from "node:timers/promises";
import type { Abortable } from "./abort.ts";

/** The seam through which all time enters K2, so that a test can be the clock. */
export interface Clock {
  /** Wall clock, nanoseconds since the Unix epoch. Resolution: a microsecond on the system clock. */
  nowNs(): bigint;
  /** Milliseconds that never run backwards; for intervals only. */
  monotonicMs(): number;
  /** Waits; aborting rejects with the signal's reason. */
  sleep(durationMs: number, options?: Abortable): Promise<void>;
}

export const systemClock: Clock = {
  nowNs: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n,
  monotonicMs: () => performance.now(),
  async sleep(durationMs, { signal } = {}) {
    try {
      await sleepFor(durationMs, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
};
