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

test("a sleep of a month, which no timer holds, does not end at once", async () => {
  const stopping = new AbortController();
  const sleeping = systemClock.sleep(31 * 86_400_000, { signal: stopping.signal }).then(
    () => "ended",
    () => "aborted",
  );
  await systemClock.sleep(20);
  stopping.abort();
  expect(await sleeping).toBe("aborted");
});
