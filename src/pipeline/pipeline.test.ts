import { expect, test } from "vitest";
import { type Frame, TRADE_FLAGS } from "../domain/index.ts";
import { runThrough, S, trade, trades } from "./test-runs.ts";
import {
  closed,
  decimalText,
  frame,
  latestBars,
  MemoryLog,
  opened,
  reasons,
  type ScriptedTrade,
  T0,
} from "./test-support.ts";

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
