import { expect, test } from "vitest";
import type { FeedRules } from "./index.ts";
import { openPipeline } from "./pipeline.ts";
import { frame, MemoryLog, reasons, type ScriptedTrade, scriptedRules, T0 } from "./test-support.ts";

const trade = (of: Partial<ScriptedTrade>): ScriptedTrade => ({
  s: "BTC",
  id: 1,
  p: "50000.5",
  q: "0.25",
  t: T0,
  ...of,
});

async function runThrough(log: MemoryLog, rules: FeedRules): Promise<void> {
  const pipeline = await openPipeline({ raw: log, events: log, rules, rawTopics: ["raw.one"], recall: log.recall });
  await pipeline.run({ follow: false });
}

test("a trade of another century does not choose the unit that all later trades of its listing are held by", async () => {
  const log = new MemoryLog();
  const absurd = { p: "0.00000000001", q: "10000" };
  log.putFrames([
    frame(T0, { trades: [trade({ ...absurd, t: 0 })] }),
    frame(T0 + 1, { trades: [trade({ ...absurd, t: T0 + 7 * 86_400_000_000 })] }),
    frame(T0 + 2, { trades: [trade({ id: 2 })] }),
  ]);
  await runThrough(log, scriptedRules);
  expect(log.listings()).toMatchObject([{ rawSymbol: "BTC", unitExponent: 0 }]);
  expect(log.trades().map(({ tradeId }) => tradeId)).toEqual(["2"]);
  expect(log.refusals()).toHaveLength(2);
});

test("a frame of more bad records than anybody reads becomes a bounded number of refusals; its bytes and its good records are kept", async () => {
  const log = new MemoryLog();
  const bad = Array.from({ length: 50_000 }, (_, index) => trade({ id: index + 10, q: "0.123456789" }));
  const content = { trades: [trade({ id: 1 }), ...bad, trade({ id: 2 })] };
  log.putFrames([frame(T0, content), frame(T0 + 1, { trades: [trade({ id: 3, q: "0.123456789" })] })]);
  await runThrough(log, scriptedRules);
  expect(log.trades().map(({ tradeId }) => tradeId)).toEqual(["1", "2"]);
  const refusals = log.refusals();
  expect(refusals).toHaveLength(1000 + 1 + 1);
  expect(new TextDecoder().decode(refusals[0]?.payload)).toBe(JSON.stringify(content));
  expect(refusals[1000]).toMatchObject({
    reason: "inexact_size",
    frameIndex: 1001,
    detail: "49000 further records of the frame are refused, this one the first of them",
  });
  expect(refusals[1001]).toMatchObject({ rawOffset: 1, frameIndex: 0 });
});

test("a symbol of a million characters is not told with each refusal", async () => {
  const log = new MemoryLog();
  const rules: FeedRules = { ...scriptedRules, instrument: () => undefined };
  log.putFrames([frame(T0, { trades: [trade({ s: "X".repeat(1_000_000) })] })]);
  await runThrough(log, rules);
  expect(reasons(log.refusals())).toEqual(["unknown_symbol"]);
  expect(log.refusals()[0]?.rawSymbol).toBe("X".repeat(256));
});
