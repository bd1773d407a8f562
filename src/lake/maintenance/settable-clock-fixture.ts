import { type Clock, systemClock } from "../../base/index.ts";

/** A clock whose wall time the test sets. */
export function settableClock(startMs: number): Clock & { nowMs: number } {
  const clock = { ...systemClock, nowMs: startMs, nowNs: () => BigInt(clock.nowMs) * 1_000_000n };
  return clock;
}
