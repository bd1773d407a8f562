import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { createMetrics, InternalError } from "../base/index.ts";
import { type Frame, type Refusal, TRADE_FLAGS } from "../domain/index.ts";
import { BAR_RULES } from "./candles.ts";
import { openPipeline, type Pipeline, type PipelineOptions } from "./pipeline.ts";
import type { DurableEvents } from "./pipeline-status.ts";
import {
  closed,
  contentOf,
  decimalText,
  frame,
  LogFullForNow,
  latestBars,
  MemoryLog,
  opened,
  reasons,
  type ScriptedTrade,
  scriptedRules,
  T0,
} from "./test-support.ts";

const S = 1_000_000;

function optionsFor(log: MemoryLog, of: Partial<PipelineOptions> = {}): PipelineOptions {
  return { raw: log, events: log, rules: scriptedRules, rawTopics: ["raw.one"], recall: log.recall, ...of };
}

async function runThrough(log: MemoryLog, of: Partial<PipelineOptions> = {}): Promise<Pipeline> {
  const pipeline = await openPipeline(optionsFor(log, of));
  await pipeline.run({ follow: false });
  return pipeline;
}

const trade = (id: number | string, of: Partial<ScriptedTrade> = {}): ScriptedTrade => ({
  s: "BTC",
  id,
  p: "50000.5",
  q: "0.25",
  side: "buy",
  t: T0,
  ...of,
});
const trades = (timeUs: number, ...list: readonly ScriptedTrade[]): Frame => frame(timeUs, { trades: list });

let running: { readonly stop: AbortController; readonly ended: Promise<unknown> } | undefined;
afterEach(async () => {
  running?.stop.abort();
  await running?.ended;
  running = undefined;
});

/** Runs until the test ends; resolves with the events of each transaction as they become durable. */
async function follow(log: MemoryLog, of: Partial<PipelineOptions> = {}) {
  const events: { readonly trades: number; readonly refusals: readonly Refusal[] }[] = [];
  let told = Promise.withResolvers<void>();
  const pipeline = await openPipeline(
    optionsFor(log, {
      ...of,
      onEvents: ({ trades: { length }, refusals }) => {
        events.push({ trades: length, refusals });
        told.resolve();
        told = Promise.withResolvers();
      },
    }),
  );
  const stop = new AbortController();
  const ended = pipeline.run({ signal: stop.signal }).catch((error: unknown) => error);
  running = { stop, ended };
  const until = async (enough: () => boolean): Promise<void> => {
    while (!enough()) await told.promise;
  };
  return { pipeline, events, until, ended, stop };
}

test("frames become trades, listings, bars, gaps and refusals, each raw record counted once", async () => {
  const log = new MemoryLog();
  log.putFrames([
    opened(T0, 1),
    frame(T0 + 1, { subscribe: "BTC" }, { kind: "sent" }),
    frame(T0 + 2, { ack: true }),
    trades(T0 + 3, trade(1), trade(2, { p: "50001", side: "sell", t: T0 + 1 })),
    frame(T0 + 4, { book: true }),
    frame(T0 + 5, "no json"),
    trades(T0 + 6, trade(2, { p: "50001", side: "sell", t: T0 + 1 }), trade(3, { s: "ETH", p: "2000.12345678" })),
    closed(T0 + 7, 1),
    opened(T0 + 8, 2),
    { ...trades(T0 + 3 * S, trade(4, { t: T0 + 3 * S })), epoch: 2 },
  ]);
  const pipeline = await runThrough(log);
  expect(log.listings()).toEqual([
    { index: 0, venue: "one", rawSymbol: "BTC", symbol: "BTC-USD-SPOT", unitExponent: 0 },
    { index: 1, venue: "one", rawSymbol: "ETH", symbol: "ETH-USD-SPOT", unitExponent: 0 },
  ]);
  expect(
    log
      .trades()
      .map((one) => [one.rawSymbol, one.tradeId, decimalText(one.price), one.takerSide])
      .sort(),
  ).toEqual([
    ["BTC", "1", "5000050000000e-8", "buy"],
    ["BTC", "2", "5000100000000e-8", "sell"],
    ["BTC", "4", "5000050000000e-8", "buy"],
    ["ETH", "3", "200012345678e-8", "buy"],
  ]);
  const first = log.trades().find(({ tradeId }) => tradeId === "1");
  expect(first).toMatchObject({
    receiveTimeNs: BigInt(T0 + 3) * 1000n,
    eventTimeNs: BigInt(T0) * 1000n,
    source: "live",
  });
  expect(
    [...latestBars(log.bars()).values()].map(({ interval, open, close, trades: count }) => [
      interval,
      open,
      close,
      count,
    ]),
  ).toEqual([["1s", 5_000_050_000_000n, 5_000_100_000_000n, 2]]);
  expect(log.gaps().map(({ gapId, state }) => `${gapId} ${state}`)).toEqual(["one/0#1 open", "one/0#1 closed"]);
  expect(log.refusals()).toMatchObject([{ stage: "decode", reason: "malformed", rawOffset: 5 }]);
  expect(pipeline.status()).toMatchObject({
    feeds: {
      one: {
        frames: { trades: 3, control: 1, other: 1, refused: 1, sent: 1, opened: 2, closed: 1, concluded: 0 },
        rows: 5,
        trades: 4,
        duplicates: 1,
        refusedRows: 0,
        refusals: 1,
      },
    },
    positions: [{ topic: "raw.one", partition: 0, offset: 10 }],
    stalled: undefined,
  });
});

test("one bad record does not stop its frame; the frame's bytes go into quarantine once", async () => {
  const log = new MemoryLog();
  const bad = trades(
    T0,
    trade(1, { q: "0" }),
    trade(2, { p: "-5" }),
    trade(3),
    trade(4, { t: 1_700_000_000 }),
    trade(5, { s: "UNKNOWN" }),
    trade(6, { q: "0.123456789" }),
    trade("x".repeat(257)),
    trade(3, { q: "1" }),
  );
  log.putFrames([bad]);
  const pipeline = await runThrough(log);
  expect(log.trades().map(({ tradeId }) => tradeId)).toEqual(["3"]);
  expect(reasons(log.refusals())).toEqual([
    "unknown_symbol",
    "inexact_size",
    "non_positive_size",
    "non_positive_price",
    "time_out_of_range",
    "malformed",
    "conflicting_duplicate",
  ]);
  expect(log.refusals().map(({ payload }) => payload.byteLength)).toEqual([bad.payload.byteLength, 0, 0, 0, 0, 0, 0]);
  expect(Buffer.from(log.refusals()[0]?.payload ?? []).equals(Buffer.from(bad.payload))).toBe(true);
  expect(log.refusals().map(({ frameIndex, rawSymbol }) => [frameIndex, rawSymbol])).toEqual([
    [4, "UNKNOWN"],
    [5, "BTC"],
    [0, undefined],
    [1, undefined],
    [3, "BTC"],
    [6, "BTC"],
    [7, "BTC"],
  ]);
  expect(pipeline.status().feeds["one"]).toMatchObject({ rows: 6, trades: 1, refusedRows: 5, refusals: 7 });
});

test("a decoder that throws, or refuses without a reason, loses that frame alone, and says so", async () => {
  const log = new MemoryLog();
  log.putFrames([frame(T0, { throw: true }), trades(T0, trade(1))]);
  await runThrough(log);
  expect(log.refusals()).toMatchObject([
    { reason: "malformed", detail: expect.stringContaining("breaks its contract") },
  ]);
  expect(log.trades()).toHaveLength(1);
});

test("a listing's unit is chosen by its first sound trade and stays", async () => {
  const log = new MemoryLog();
  log.putFrames([
    trades(T0, trade(1, { s: "PEPE", p: "0", q: "1" })),
    trades(T0, trade(2, { s: "PEPE", p: "0.0000000000123", q: "12000000000000" })),
    trades(T0, trade(3, { s: "PEPE", p: "1", q: "1000000" })),
  ]);
  await runThrough(log);
  expect(log.listings()).toMatchObject([{ rawSymbol: "PEPE", unitExponent: 6 }]);
  expect(log.trades().map(({ price, size }) => [decimalText(price), decimalText(size)])).toEqual([
    ["123e-14", "1200000000000000e-2"].map((_, index) =>
      decimalText(
        [
          { mantissa: 1230n, scale: 14 },
          { mantissa: 1_200_000_000_000_000n, scale: 2 },
        ][index] ?? { mantissa: 0n, scale: 0 },
      ),
    ),
    ["100000000000000e-14", "100000000e-2"],
  ]);
  expect(reasons(log.refusals())).toEqual(["non_positive_price"]);
});

test("two feeds of one venue are one market: the first row of a trade is the trade", async () => {
  const log = new MemoryLog();
  log.putFrames([trades(T0, trade(1)), trades(T0 + 10, trade(2))]);
  const other = (timeUs: number, ...list: readonly ScriptedTrade[]): Frame =>
    frame(timeUs, { trades: list }, { feed: "one-other", connection: "one-other/0" });
  log.putFrames([other(T0 + 5, trade(1), trade(2, { flags: TRADE_FLAGS.snapshot }))], 0, "one-other");
  const pipeline = await runThrough(log, { rawTopics: ["raw.one", "raw.one-other"] });
  expect(log.listings()).toHaveLength(1);
  expect(log.trades().map(({ tradeId, flags }) => [tradeId, flags])).toEqual([
    ["1", []],
    ["2", ["snapshot"]],
  ]);
  expect(pipeline.status().feeds["one-other"]).toMatchObject({ trades: 1, duplicates: 1 });
  expect(pipeline.status().feeds["one"]).toMatchObject({ trades: 1, duplicates: 1 });
});

test("a backlog of several partitions is read in the order in which it was received", async () => {
  const log = new MemoryLog(1);
  log.chunkRecords = 3;
  for (let partition = 0; partition < 3; partition += 1) {
    log.putFrames(
      Array.from({ length: 20 }, (_, index) =>
        trades(T0 + (index * 3 + partition) * 1000, trade(index * 3 + partition)),
      ),
      partition,
    );
  }
  await runThrough(log, { framesMax: 7 });
  expect(log.trades().map(({ tradeId }) => Number(tradeId))).toEqual(Array.from({ length: 60 }, (_, index) => index));
});

test("a full log is waited for: the same append again, nothing lost and nothing twice", async () => {
  const log = new MemoryLog();
  let refusals = 0;
  log.beforeAppend = (appends) => {
    if (appends === 2 && refusals < 3) {
      refusals += 1;
      throw new LogFullForNow("no room");
    }
  };
  log.putFrames(Array.from({ length: 50 }, (_, id) => trades(T0 + id * S, trade(id, { t: T0 + id * S }))));
  const slept: number[] = [];
  const clock = { nowNs: () => 0n, monotonicMs: () => 0, sleep: async (ms: number) => void slept.push(ms) };
  await runThrough(log, { framesMax: 10, clock });
  expect(slept).toHaveLength(3);
  const whole = new MemoryLog();
  whole.putFrames(Array.from({ length: 50 }, (_, id) => trades(T0 + id * S, trade(id, { t: T0 + id * S }))));
  await runThrough(whole);
  expect(log.eventBytes()).toEqual(whole.eventBytes());
});

test("another writer on the event topics is noticed, loudly", async () => {
  const log = new MemoryLog();
  log.putFrames([trades(T0, trade(1))]);
  const pipeline = await openPipeline(optionsFor(log));
  const rival = log.copy();
  await runThrough(rival);
  await runThrough(log);
  log.putFrames([trades(T0 + 1, trade(2))]);
  await expect(pipeline.run({ follow: false })).rejects.toThrow(InternalError);
});

test("an append that fails while the market is silent ends the run at once", async () => {
  const log = new MemoryLog();
  log.beforeAppend = () => {
    throw new Error("the device is gone");
  };
  log.putFrames([trades(T0, trade(1))]);
  const { ended } = await follow(log);
  expect(await ended).toMatchObject({ message: "the device is gone" });
});

test("events are told once they are durable, in order, with their positions", async () => {
  const log = new MemoryLog(3);
  log.putFrames([]);
  const positions: string[] = [];
  const onEvents = ({ trades: batch, tradePositions }: DurableEvents): void => {
    for (let row = 0; row < batch.length; row += 1) {
      positions.push(`${batch.tradeId(row)}@${tradePositions.partition[row]}/${tradePositions.offset[row]}`);
    }
  };
  const pipeline = await openPipeline(optionsFor(log, { onEvents, framesMax: 2 }));
  log.putFrames([1, 2, 3, 4, 5].map((id) => trades(T0 + id, trade(id, { s: id % 2 === 0 ? "BTC" : "ETH" }))));
  await pipeline.run({ follow: false });
  expect(positions.map((text) => text.split("@")[0])).toEqual(["1", "2", "3", "4", "5"]);
  const [eth, btc] = [positions[0]?.split(/[@/]/)[1], positions[1]?.split(/[@/]/)[1]];
  const expected = eth === btc ? [0, 1, 2, 3, 4] : [0, 0, 1, 1, 2];
  expect(positions.map((text) => Number(text.split("/")[1]))).toEqual(expected);
});

test("a running pipeline takes what comes, shows open bars, and stops when asked", async () => {
  const log = new MemoryLog();
  log.putFrames([opened(T0, 1)]);
  const { pipeline, events, until, ended, stop } = await follow(log);
  log.putFrames([trades(T0 + 10, trade(1))]);
  await until(() => events.some(({ trades: count }) => count === 1));
  expect(pipeline.openBars({ intervals: ["1s", "1d"] })).toMatchObject([
    { interval: "1s", trades: 1, complete: false },
    { interval: "1d", trades: 1, complete: false },
  ]);
  expect(log.bars()).toEqual([]);
  log.putFrames([trades(T0 + 2 * S, trade(2, { t: T0 + 2 * S }))]);
  await until(() => events.reduce((count, one) => count + one.trades, 0) === 2);
  expect(log.bars()).toHaveLength(1);
  stop.abort(new Error("enough"));
  expect(await ended).toMatchObject({ message: "enough" });
});

test("metrics count what was durable", async () => {
  const log = new MemoryLog();
  const metrics = createMetrics();
  log.putFrames([
    trades(T0, trade(1), trade(1), trade(2, { q: "0" })),
    trades(T0 + 2 * S, trade(3, { t: T0 + 2 * S })),
  ]);
  await runThrough(log, { metrics });
  const text = await metrics.expose();
  expect(text).toContain('k2_pipeline_frames_total{feed="one",outcome="trades"} 2');
  expect(text).toContain('k2_pipeline_trades_total{venue="one"} 2');
  expect(text).toContain('k2_pipeline_duplicates_total{feed="one"} 1');
  expect(text).toContain('k2_pipeline_refused_total{feed="one",stage="validate",reason="non_positive_size"} 1');
  expect(text).toContain('k2_pipeline_bars_total{interval="1s",cause="closed"} 1');
  expect(text).toMatch(/k2_pipeline_chunk_seconds_count 1/);
  expect(text).toMatch(/k2_pipeline_latency_ms_count 1/);
});

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
