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

/** Wall clock minus `performance.now()`, milliseconds: moved when the system's clock was set. */
let wallOffsetMs = performance.timeOrigin;

/**
 * The wall clock to the microsecond. Node gives it in whole milliseconds, and the monotonic clock in microseconds but
 * unaware that the wall clock was corrected since the process began: so the second, held within the first.
 */
function wallMs(): number {
  const earliest = Date.now();
  const monotonic = performance.now();
  const ms = monotonic + wallOffsetMs;
  if (ms >= earliest && ms <= earliest + WITHIN_MS) return ms;
  const latest = Date.now() + WITHIN_MS; // Read on both sides: a pause in between must not look like a correction.
  if (ms >= earliest && ms <= latest) return ms;
  const held = ms < earliest ? earliest : latest;
  wallOffsetMs = held - monotonic;
  return held;
}

/** The last microsecond of a millisecond. */
const WITHIN_MS = 0.999;
/** Node's timers hold 31 bits, and one that is set for longer rings at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowNs: () => BigInt(Math.round(wallMs() * 1000)) * 1000n,
  monotonicMs: () => performance.now(),
  async sleep(durationMs, { signal } = {}) {
    try {
      let leftMs = durationMs;
      for (; leftMs > TIMER_MS_MAX; leftMs -= TIMER_MS_MAX)
        await sleepFor(TIMER_MS_MAX, undefined, signal && { signal });
      await sleepFor(leftMs, undefined, signal && { signal });
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
};
