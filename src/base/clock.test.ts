import { expect, test } from "vitest";
import { systemClock } from "./index.ts";

test("the clock tells the wall's millisecond, to the microsecond, without running back", () => {
  let before = 0n;
  for (let reading = 0; reading < 2_000; reading += 1) {
    const earliest = BigInt(Date.now()) * 1_000_000n;
    const now = systemClock.nowNs();
    const latest = (BigInt(Date.now()) + 1n) * 1_000_000n;
    expect(now >= earliest && now <= latest).toBe(true);
    expect(now >= before).toBe(true);
    expect(now % 1000n).toBe(0n);
    before = now;
  }
});
