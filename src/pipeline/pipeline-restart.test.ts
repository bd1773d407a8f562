import fc from "fast-check";
import { expect, test } from "vitest";
import { type Frame, TRADE_FLAGS } from "../domain/index.ts";
import { BAR_RULES } from "./candles.ts";
import { openPipeline, type Pipeline } from "./pipeline.ts";
import { optionsFor, runThrough, S, trade, trades } from "./test-runs.ts";
import { closed, contentOf, frame, MemoryLog, opened, T0 } from "./test-support.ts";

const anyFrame = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("trades" as const),
      wait: fc.nat(2 * S),
      trades: fc.array(
        fc.record({
          s: fc.constantFrom("BTC", "ETH", "UNKNOWN"),
          id: fc.oneof(
            fc.nat(60),
            fc.nat(30).map((id) => `a${id}`),
            fc.nat(30).map((id) => `u-${id}`),
          ),
          p: fc.constantFrom("1", "2.5", "0", "123456789.12345678"),
          q: fc.constantFrom("1", "0.00000001", "9999999999"),
          side: fc.constantFrom("buy" as const, "sell" as const),
          late: fc.oneof(fc.nat(S), fc.nat(300 * S)),
          flags: fc.constantFrom(0, 0, TRADE_FLAGS.nonMarket),
        }),
        { maxLength: 3 },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("ack", "open", "close", "junk", "other"), wait: fc.nat(70 * S) }),
  },
);

/** The frames of one connection, from T0 on. */
function framesOf(
  script: readonly (typeof anyFrame extends fc.Arbitrary<infer One> ? One : never)[],
  connection: string,
): Frame[] {
  let at = T0;
  let epoch = 1;
  return script.map((step): Frame => {
    at += step.wait;
    const of = { connection, epoch };
    if ("trades" in step) {
      const list = step.trades.map(({ late, ...one }) => ({ ...one, t: at - late }));
      return frame(at, { trades: list }, of);
    }
    switch (step.kind) {
      case "ack":
        return frame(at, { ack: true }, of);
      case "other":
        return frame(at, { book: true }, of);
      case "open":
        epoch += 1;
        return { ...opened(at, epoch), connection };
      case "close":
        return { ...closed(at, epoch), connection };
      default:
        return frame(at, "junk", of);
    }
  });
}

/** Small in everything, so that state leaves memory, is recalled and is checkpointed within a short test. */
const small = {
  bars: { ...BAR_RULES, closedBarsMax: BAR_RULES.closedBarsMax.map(() => 2) },
  dedupe: { idRangesMax: 1000 },
  checkpointBytes: 400,
  framesMax: 3,
};

test("killed after any appends and started again, the event log is the one of an undisturbed run", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyFrame, { maxLength: 40 }),
      fc.array(anyFrame, { maxLength: 20 }),
      fc.array(
        fc.record({
          after: fc.integer({ min: 1, max: 6 }),
          taken: fc.boolean(),
          checkpointBytes: fc.constantFrom(1, 400, 3000),
        }),
        {
          maxLength: 12,
        },
      ),
      async (one, two, kills) => {
        const [whole, killed] = [new MemoryLog(), new MemoryLog()];
        for (const log of [whole, killed]) {
          log.putFrames(framesOf(one, "one/0"), 0);
          log.putFrames(framesOf(two, "one/1"), 1);
        }
        const undisturbed = await runThrough(whole, { ...small, checkpointBytes: 1_000_000, framesMax: 1000 });
        for (const { after, taken, checkpointBytes } of kills) {
          await runUntilKilled(killed, killed.appends + after, taken, checkpointBytes);
        }
        killed.beforeAppend = () => {};
        killed.afterAppend = () => {};
        const resumed = await runThrough(killed, small);
        expect(killed.eventBytes()).toEqual(whole.eventBytes());
        expect(resumed.status().feeds).toEqual(undisturbed.status().feeds);
        const stated = (pipeline: Pipeline) => pipeline.openBars().map(contentOf);
        expect(stated(resumed)).toEqual(stated(undisturbed));
      },
    ),
    { numRuns: 60 },
  );
});

async function runUntilKilled(log: MemoryLog, appends: number, taken: boolean, checkpointBytes: number): Promise<void> {
  const kill = (count: number): void => {
    if (count >= appends) throw new Error("killed");
  };
  log.beforeAppend = taken ? () => {} : kill;
  log.afterAppend = taken ? kill : () => {};
  await runThrough(log, { ...small, checkpointBytes }).catch((error: Error) => expect(error.message).toBe("killed"));
}

test("keepFrom() names the frames, events and state that the next start needs", async () => {
  const log = new MemoryLog();
  log.putFrames(Array.from({ length: 40 }, (_, id) => trades(T0 + id * S, trade(id, { t: T0 + id * S }))));
  const pipeline = await runThrough(log, { framesMax: 5, checkpointBytes: 1500 });
  const keep = new Map(pipeline.keepFrom().map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
  expect(keep.get("raw.one/0")).toBe(40);
  expect(keep.get("market.listings/0")).toBe(0);
  expect(keep.get("pipeline.state/0")).toBeGreaterThan(0);
  const tradeEnds = [keep.get("market.trades/0") ?? 0, keep.get("market.trades/1") ?? 0];
  expect(Math.max(...tradeEnds)).toBeGreaterThan(0);
  expect(Math.max(...tradeEnds)).toBeLessThanOrEqual(40);
});

test("a start whose events were removed by retention is refused, with the reason", async () => {
  const log = new MemoryLog();
  log.putFrames([trades(T0, trade(1)), trades(T0 + 1, trade(2))]);
  await runThrough(log);
  const trimmed = {
    ensureTopic: log.ensureTopic.bind(log),
    append: log.append.bind(log),
    progress: log.progress.bind(log),
    read: log.read.bind(log),
    bounds: async (topic: string) =>
      (await log.bounds(topic)).map((bounds) => ({ ...bounds, startOffset: Math.min(1, bounds.endOffset) })),
  };
  await expect(openPipeline(optionsFor(log, { events: trimmed }))).rejects.toThrow(/retention has removed/);
});
