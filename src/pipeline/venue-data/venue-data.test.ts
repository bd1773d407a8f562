import { expect, test } from "vitest";
import { frame, MemoryLog, opened, T0 } from "../test-support.ts";
import { dataFrame, refusalsOf, rowsOf, ScriptedVenueReader, scriptedRules, takeAll } from "./test-venue-data.ts";

const SECOND = 1_000_000;
const CANDLE = {
  interval: "1m",
  startUs: T0 - 40 * SECOND,
  ...{ open: "100", high: "101.5", low: "99.5", close: "101", volume: "3.25" },
};

async function taken(frames: Parameters<MemoryLog["putFrames"]>[0]): Promise<MemoryLog> {
  const log = new MemoryLog(3);
  log.putFrames(frames);
  await takeAll(log);
  return log;
}

test("a ticker is a row with its numbers as they were printed, its times and its place", async () => {
  const ticker = {
    last: "61800.20",
    bid: "61800.1",
    bidSize: "0.006",
    ask: "61800.3",
    volume: "12.5",
    vwap: "61799.123456789",
  };
  const log = await taken([
    opened(T0, 3),
    dataFrame(T0 + 5, [["ticker", { ...ticker, eventTimeUs: T0 + 1, eventTimeNanos: 7, sequence: 42, trades: "19" }]], {
      epoch: 3,
    }),
  ]);
  expect(rowsOf(log, "ticker")).toEqual([
    expect.objectContaining({
      ...{ venue: "venue-one", symbol: "BTC-USD-PERP", raw_symbol: "BTC", unit: 1, period: "24h", trades: 19 },
      price: 6_180_020_000_000n,
      bid: 6_180_010_000_000n,
      bid_size: 600_000n,
      ask: 6_180_030_000_000n,
      ask_size: null,
      volume: 1_250_000_000n,
      vwap: 61_799_123456789000000000n,
      ...{ ts_event: T0 + 1, ts_event_nanos: 7, ts_recv: T0 + 5, ts_recv_nanos: 0, sequence: 42, flags: "" },
      ...{ channel: "ticker", connection: "one/0", epoch: 3, frame_index: 0, source: "live", batch: "" },
      ...{ _raw_partition: 0, _raw_offset: 1 },
    }),
  ]);
});

test("a message of changes is laid over what the same socket told before", async () => {
  const log = await taken([
    dataFrame(T0, [["ticker", { last: "100", bid: "99", ask: "101" }]]),
    dataFrame(T0 + 1, [["ticker", { isDelta: true, bid: "99.5" }]]),
    dataFrame(T0 + 2, [["ticker", { isDelta: true, last: "100.5", ask: "101.5" }]]),
  ]);
  expect(rowsOf(log, "ticker").map(({ price, bid, ask, flags }) => [price, bid, ask, flags])).toEqual([
    [100_00000000n, 99_00000000n, 101_00000000n, "noEventTime"],
    [100_00000000n, 99_50000000n, 101_00000000n, "noEventTime"],
    [100_50000000n, 99_50000000n, 101_50000000n, "noEventTime"],
  ]);
});

test("changes on a socket that never told the whole stand alone, and say so", async () => {
  const log = await taken([
    dataFrame(T0, [["funding", { markPrice: "100", indexPrice: "99" }]]),
    dataFrame(T0 + 1, [["funding", { isDelta: true, markPrice: "102" }]], { epoch: 2 }),
    dataFrame(T0 + 2, [["funding", { isDelta: true, openInterest: "5" }]], { epoch: 2 }),
  ]);
  const rows = rowsOf(log, "funding").map((row) => [
    row["mark_price"],
    row["index_price"],
    row["open_interest"],
    row["flags"],
  ]);
  const ONE = 10n ** 18n;
  expect(rows).toEqual([
    [100n * ONE, 99n * ONE, null, "noEventTime"],
    [102n * ONE, null, null, "noEventTime,partial"],
    [102n * ONE, null, 5n * ONE, "noEventTime,partial"],
  ]);
});

test("what is said again is no row, whatever its time; said otherwise and back it is", async () => {
  const log = await taken([
    dataFrame(T0, [["status", { state: "trading", rawState: "online", tickSize: "0.10", eventTimeUs: T0 }]]),
    dataFrame(T0 + 1, [["status", { state: "trading", rawState: "online", tickSize: "0.1", eventTimeUs: T0 + 1 }]], {
      epoch: 2,
    }),
    dataFrame(T0 + 2, [["status", { state: "halted", rawState: "halt", tickSize: "0.1", eventTimeUs: T0 + 2 }]], {
      epoch: 2,
    }),
    dataFrame(T0 + 3, [["status", { state: "trading", rawState: "online", tickSize: "0.1", eventTimeUs: T0 + 3 }]], {
      epoch: 2,
    }),
  ]);
  expect(rowsOf(log, "status").map(({ state, ts_event }) => [state, ts_event])).toEqual([
    ["trading", T0],
    ["halted", T0 + 2],
    ["trading", T0 + 3],
  ]);
});

test("a sample is a row for each time of the venue's, also where nothing has changed; an older one is none", async () => {
  const sample = (at: number, openInterest: string) =>
    dataFrame(T0 + SECOND, [["funding", { isSample: true, eventTimeUs: T0 + at, openInterest }]]);
  const log = await taken([
    ...[sample(10, "7.5"), sample(20, "7.5"), sample(20, "7.50")],
    ...[sample(15, "7.4"), sample(30, "8"), sample(30, "8.1")],
  ]);
  expect(rowsOf(log, "funding").map(({ ts_event, open_interest }) => [Number(ts_event) - T0, open_interest])).toEqual([
    [10, 7_500000000000000000n],
    [20, 7_500000000000000000n],
    [30, 8_000000000000000000n],
    [30, 8_100000000000000000n],
  ]);
  expect(refusalsOf(log)).toEqual([]);
});

test("a status has the prices between which an order may be, exactly", async () => {
  const log = await taken([
    dataFrame(T0, [["status", { state: "trading", priceMin: "0.00000001", priceMax: "114450.00" }]]),
    dataFrame(T0 + 1, [["status", { state: "trading", priceMin: "0.00000001", priceMax: "114450" }]]),
  ]);
  expect(rowsOf(log, "status")).toMatchObject([
    { price_min: 10_000000000n, price_max: 114450_000000000000000000n, contract_size: null, state: "trading" },
  ]);
});

test("each distinct update of a candle is a revision of it; a repeat after a reconnect is none", async () => {
  const log = await taken([
    dataFrame(T0, [["candle", { ...CANDLE, isClosed: false }]]),
    dataFrame(T0 + 1, [["candle", { ...CANDLE, close: "101.25", volume: "3.5", isClosed: false }]]),
    dataFrame(T0 + 2, [["candle", { ...CANDLE, close: "101.25", volume: "3.50", isClosed: false }]], { epoch: 2 }),
    dataFrame(
      T0 + 3,
      [
        ["candle", { ...CANDLE, close: "101.25", volume: "3.5", isClosed: true }],
        ["candle", { ...CANDLE, startUs: CANDLE.startUs + 60 * SECOND, isClosed: false }],
      ],
      { epoch: 2 },
    ),
  ]);
  expect(
    rowsOf(log, "candle").map(({ start, revision, close, state, known_at }) => [
      start,
      revision,
      close,
      state,
      known_at,
    ]),
  ).toEqual([
    [CANDLE.startUs, 0, 101_00000000n, "open", T0],
    [CANDLE.startUs, 1, 101_25000000n, "open", T0 + 1],
    [CANDLE.startUs, 2, 101_25000000n, "closed", T0 + 3],
    [CANDLE.startUs + 60 * SECOND, 0, 101_00000000n, "open", T0 + 3],
  ]);
});

test("in a change-over the newer socket is believed, and what it tells late is not taken", async () => {
  const said = (timeUs: number, last: string, epoch: number, at: number) =>
    dataFrame(timeUs, [["ticker", { last, eventTimeUs: at }]], { epoch });
  const log = await taken([
    said(T0, "100", 1, T0),
    said(T0 + 1, "101", 1, T0 + 10),
    said(T0 + 2, "100.5", 2, T0 + 5), // Older than what the old socket told.
    said(T0 + 3, "101", 2, T0 + 10),
    said(T0 + 4, "102", 2, T0 + 20),
    said(T0 + 5, "101.5", 1, T0 + 30), // The old socket, that is not believed any more.
  ]);
  expect(rowsOf(log, "ticker").map(({ price, epoch }) => [price, epoch])).toEqual([
    [100_00000000n, 1],
    [101_00000000n, 1],
    [102_00000000n, 2],
  ]);
});

test("liquidations on two sockets at once are rows once, and two that are alike are two", async () => {
  const one = { side: "sell", price: "100", size: "2", priceKind: "order", eventTimeUs: T0 } as const;
  const other = { ...one, size: "3" } as const;
  const log = await taken([
    dataFrame(T0, [
      ["liquidation", one],
      ["liquidation", one],
    ]),
    dataFrame(
      T0 + 1,
      [
        ["liquidation", one],
        ["liquidation", other],
        ["liquidation", one],
      ],
      { epoch: 2 },
    ),
    dataFrame(T0 + 2, [["liquidation", other]]),
    dataFrame(T0 + 3, [
      ["liquidation", { ...one, id: "7" }],
      ["liquidation", { ...one, id: "7" }],
    ]),
    dataFrame(T0 + 4, [["liquidation", { ...one, id: "7" }]], { epoch: 2 }),
  ]);
  expect(rowsOf(log, "liquidation").map((row) => [row["size"], row["liquidation_id"], row["_raw_offset"]])).toEqual([
    [2_00000000n, null, 0],
    [2_00000000n, null, 0],
    [3_00000000n, null, 1],
    [2_00000000n, "7", 3],
  ]);
});

test("a record that cannot be held is refused with its reason, and its neighbours are kept", async () => {
  const log = await taken([
    dataFrame(T0, [
      ["ticker", { last: "100" }],
      ["candle", { ...CANDLE, open: "0.1234567890123456789012345" }],
      ["candle", { ...CANDLE, volume: "many" }],
      ["ticker", { rawSymbol: "DOGE", last: "1" }],
      ["liquidation", { side: "buy", price: "0", size: "1", priceKind: "order" }],
      ["funding", { fundingRate: "-0.000012345678901234", eventTimeUs: 5 }],
      ["candle", { ...CANDLE, startUs: T0 * 3 }],
      ["funding", { fundingRate: "-0.000012345678901234", nextFundingTimeUs: T0 + SECOND }],
    ]),
    frame(T0 + 1, '{"vd": tru'),
    frame(T0 + 2, { vd: 1, throw: true }),
  ]);
  expect(
    refusalsOf(log).map(({ stage, reason, rawSymbol, frameIndex }) => [stage, reason, rawSymbol, frameIndex]),
  ).toEqual([
    ["venue-data", "inexact_price", "BTC", 1],
    ["venue-data", "malformed", "BTC", 2],
    ["venue-data", "unknown_symbol", "DOGE", 3],
    ["venue-data", "non_positive_price", "BTC", 4],
    ["venue-data", "time_out_of_range", "BTC", 5],
    ["venue-data", "time_out_of_range", "BTC", 6],
    ["venue-data", "malformed", undefined, undefined],
    ["venue-data", "malformed", undefined, undefined],
  ]);
  expect(rowsOf(log, "ticker")).toHaveLength(1);
  expect(rowsOf(log, "candle")).toHaveLength(0);
  expect(rowsOf(log, "funding")).toEqual([
    expect.objectContaining({ funding_rate: -12345678901234000000n, next_funding_time: T0 + SECOND }),
  ]);
});

test("a statistic that cannot be held costs its own column, told once, and not the price", async () => {
  const volume = "12.123456789";
  const log = await taken([
    dataFrame(T0, [["ticker", { last: "100.5", lastSize: "123456789.5", volume }]]),
    dataFrame(T0 + 1, [["ticker", { last: "100.5", lastSize: "123456789.5", volume }]]),
  ]);
  expect(rowsOf(log, "ticker")).toEqual([
    expect.objectContaining({ price: 100_50000000n, last_size: 12345678950000000n, volume: null, unit: 1 }),
  ]);
  expect(refusalsOf(log).map(({ reason, detail }) => [reason, detail])).toEqual([
    [
      "inexact_size",
      'the ticker is kept without it: volume is "12123456789e-9", which decimal(38,8) cannot hold exactly',
    ],
  ]);
});

test("prices of many digits share a unit that holds the row exactly", async () => {
  const log = await taken([
    dataFrame(T0, [
      [
        "candle",
        {
          ...CANDLE,
          open: "0.000000000012",
          high: "0.000000000013",
          low: "0.000000000011",
          close: "0.000000000012",
          volume: "25000000000000",
        },
      ],
    ]),
  ]);
  expect(rowsOf(log, "candle")).toEqual([
    expect.objectContaining({ unit: 1_000_000, open: 1_200n, high: 1_300n, volume: 25_000_000_00000000n }),
  ]);
});

test("frames without a mark of the channels are never read", async () => {
  const reader = new ScriptedVenueReader();
  const log = new MemoryLog(3);
  log.putFrames([
    ...Array.from({ length: 500 }, (_, index) => frame(T0 + index, { trades: [{ s: "BTC", id: index }] })),
    dataFrame(T0 + 600, [["ticker", { last: "1" }]]),
    frame(T0 + 700, `{"padding":"${"x".repeat(200)}","vd":[["ticker",{"last":"2"}]]}`), // Beyond where a mark may stand.
  ]);
  await takeAll(log, { rules: scriptedRules(reader) });
  expect(reader.reads).toBe(1);
  expect(rowsOf(log, "ticker")).toHaveLength(1);
});

test("frames that give nothing are not worth a write: their progress goes with the next row", async () => {
  const log = new MemoryLog(3);
  log.putFrames(Array.from({ length: 5_000 }, (_, index) => frame(T0 + index, { trades: [] })));
  await takeAll(log);
  expect(log.appends).toBe(0);
  log.putFrames([dataFrame(T0 + 9_000, [["ticker", { last: "1" }]])]);
  await takeAll(log);
  expect(log.appends).toBe(1);
  expect(await log.progress("venue-data")).toEqual([{ topic: "raw.one", partition: 0, offset: 5_001 }]);
  await takeAll(log, { idleFramesMax: 100 });
  log.putFrames(Array.from({ length: 1_000 }, (_, index) => frame(T0 + 10_000 + index, { trades: [] })));
  await takeAll(log, { idleFramesMax: 100, framesMax: 200 });
  expect(log.appends).toBe(6);
});
