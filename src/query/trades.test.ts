import { expect, test } from "vitest";
import { InvalidInputError } from "../base/index.ts";
import { TRADES } from "../domain/index.ts";
import { seededTrades, type TestTrade, tradesChunk } from "../store/test-records.ts";
import type { TradeRow, TradesRequest } from "./index.ts";
import { StoreBehindLakeError } from "./index.ts";
import { TestPlatform } from "./test-platform.ts";

const T0 = 1_700_000_000_000_000;

test("a trade shows natural values, exact, with nine digits of time where there are nanoseconds", async () => {
  await using platform = await TestPlatform.open();
  await platform.store.apply(
    tradesChunk([
      { price: 4_212_345_000_000n, size: 150_000_000n, eventUs: T0, eventNanos: 7, id: 12n, side: 2, flags: 5 },
      { listing: 2, price: 123_456n, size: 1n, eventUs: T0 + 1, id: "x-1", executions: 3 },
    ]),
  );
  const { rows, cursor } = await platform.query.trades({ order: "ascending", limit: 10 });
  expect(cursor).toBeUndefined();
  expect(rows).toEqual([
    {
      venue: "binance",
      symbol: "BTC-USDT-SPOT",
      rawSymbol: "BTCUSDT",
      tradeId: "12",
      price: "42123.45",
      size: "1.5",
      side: "sell",
      eventTime: "2023-11-14T22:13:20.000000007Z",
      receiveTime: "2023-11-14T22:13:20.001000Z",
      executions: 1,
      flags: ["aggregated", "nonMarket"],
      source: "simulated",
    },
    {
      venue: "binance",
      symbol: "TINY-USDT-SPOT",
      rawSymbol: "TINYUSDT",
      tradeId: "x-1",
      price: "0.00000000123456",
      size: "0.01",
      side: "buy",
      eventTime: "2023-11-14T22:13:20.000001Z",
      receiveTime: "2023-11-14T22:13:20.001001Z",
      executions: 3,
      flags: [],
      source: "simulated",
    },
  ]);
});

test("pages of lake and store together hold every trade once, in both orders, with ties and late trades", async () => {
  await using platform = await TestPlatform.open({ segmentRowsMax: 150 });
  const ties: readonly TestTrade[] = Array.from({ length: 20 }, (_, index) => ({
    eventUs: T0 + 100_000,
    id: BigInt(1000 - (index >> 1)),
    frameIndex: index & 1,
  }));
  const late: readonly TestTrade[] = [{ eventUs: T0 - 86_400_000_000 * 3, id: 5000n }];
  await platform.store.apply(tradesChunk([...seededTrades(1, 150), ...ties]));
  await platform.store.apply(tradesChunk(seededTrades(2, 100), { partition: 1 }));
  await platform.land(TRADES);
  await platform.evict();
  await platform.store.apply(tradesChunk([...late, ...seededTrades(1, 60, 300)], { firstOffset: 170 }));
  await platform.store.apply(tradesChunk(seededTrades(2, 30, 100), { partition: 1, firstOffset: 100 }));
  const whole = await platform.query.trades({ order: "ascending", limit: 1000 });
  expect(whole.rows.length).toBe(150 + 20 + 100 + 1 + 60 + 30);
  expect(whole.rows[0]?.tradeId).toBe("5000");
  const given = [...seededTrades(1, 150), ...ties, ...seededTrades(2, 100), ...late].concat(
    seededTrades(1, 60, 300),
    seededTrades(2, 30, 100),
  );
  expect(whole.rows.map(({ tradeId }) => tradeId).sort()).toEqual(given.map(({ id }) => String(id)).sort());
  const keys = whole.rows.map(keyOf);
  for (const limit of [7, 64]) {
    expect((await allPages(platform, { order: "ascending", limit })).map(keyOf)).toEqual(keys);
    expect((await allPages(platform, { order: "descending", limit })).map(keyOf)).toEqual([...keys].reverse());
  }
  const times = whole.rows.map(({ eventTime }) => eventTime.slice(0, 26));
  expect(times).toEqual([...times].sort());
});

test("a cursor continues exactly after its row, whatever arrived since and wherever the rows lie now", async () => {
  await using platform = await TestPlatform.open();
  await platform.store.apply(tradesChunk(seededTrades(1, 100)));
  const request: TradesRequest = { order: "descending", limit: 30 };
  const before = await platform.query.trades({ ...request, limit: 60 });
  const first = await platform.query.trades(request);
  await platform.land(TRADES);
  await platform.evict();
  await platform.store.apply(tradesChunk(seededTrades(1, 50, 100), { firstOffset: 100 }));
  const { cursor = "" } = first;
  const second = await platform.query.trades({ ...request, cursor });
  expect([...first.rows, ...second.rows].map(keyOf)).toEqual(before.rows.map(keyOf));
});

test("symbols, venues and times choose the same rows in the store and in the lake", async () => {
  await using platform = await TestPlatform.open();
  await platform.store.apply(tradesChunk(seededTrades(4, 300)));
  const requests: readonly Partial<TradesRequest>[] = [
    { symbols: ["BTC-USD-SPOT"] },
    { symbols: [] },
    { venues: ["binance"], startUs: T0 + 50_000, endUs: T0 + 90_000 },
    { symbols: ["BTC-USDT-SPOT", "TINY-USDT-SPOT"], venues: ["kraken"] },
    { symbols: ["NO-SUCH-SPOT"] },
    { startUs: T0 + 100_000 },
    { endUs: T0 },
  ];
  const ask = async (): Promise<readonly (readonly TradeRow[])[]> =>
    Promise.all(
      requests.map(async (each) => (await platform.query.trades({ order: "ascending", limit: 1000, ...each })).rows),
    );
  const live = await ask();
  expect(live.map((rows) => rows.length > 0)).toEqual([true, true, true, false, false, true, false]);
  expect(live[0]?.every(({ symbol }) => symbol === "BTC-USD-SPOT")).toBe(true);
  expect(live[2]?.every(({ venue }) => venue === "binance")).toBe(true);
  await platform.land(TRADES);
  expect(await ask()).toEqual(live);
  await platform.evict();
  expect(await ask()).toEqual(live);
});

test("asOf answers from the lake as it was, without the live tail", async () => {
  await using platform = await TestPlatform.open();
  await platform.store.apply(tradesChunk(seededTrades(1, 10)));
  const snapshotId = (await platform.land(TRADES)) ?? 0n;
  await platform.store.apply(tradesChunk(seededTrades(1, 5, 10), { firstOffset: 10 }));
  await platform.land(TRADES);
  await platform.store.apply(tradesChunk(seededTrades(1, 5, 15), { firstOffset: 15 }));
  const request: TradesRequest = { order: "ascending", limit: 100 };
  const then = await platform.query.trades({ ...request, asOf: { snapshotId } });
  expect(then.rows.length).toBe(10);
  expect(then.receipt).toEqual({
    snapshots: { "silver.trades": snapshotId.toString() },
    lakeOffsets: { "silver.trades": ["0:10"] },
    tailOffsets: { "silver.trades": [] },
  });
  const now = await platform.query.trades(request);
  expect(now.rows.length).toBe(20);
  expect(now.receipt.lakeOffsets).toEqual({ "silver.trades": ["0:15"] });
  expect(now.receipt.tailOffsets).toEqual({ "silver.trades": ["0:20"] });
  await expect(platform.query.trades({ ...request, asOf: { snapshotId: 1n } })).rejects.toThrow(/snapshot/i);
  await expect(platform.query.trades({ ...request, asOf: { timeUs: 0 } })).rejects.toThrow(/1970/);
});

test("a bad cursor, limit or time is refused", async () => {
  await using platform = await TestPlatform.open();
  await platform.store.apply(tradesChunk(seededTrades(1, 3)));
  const request: TradesRequest = { order: "ascending", limit: 1 };
  const { cursor = "" } = await platform.query.trades(request);
  const forged = Buffer.from('[1,"t","a","1) OR (1=1",0,"0",0,0,0]').toString("base64url");
  for (const wrong of ["", "x", `${cursor}AA`.slice(4), forged, Buffer.from("{}").toString("base64url")])
    await expect(platform.query.trades({ ...request, cursor: wrong })).rejects.toThrow(InvalidInputError);
  await expect(platform.query.trades({ order: "descending", limit: 1, cursor })).rejects.toThrow(/other order/);
  await expect(platform.query.trades({ order: "ascending", limit: 0 })).rejects.toThrow(InvalidInputError);
  await expect(platform.query.trades({ ...request, startUs: 1.5 })).rejects.toThrow(InvalidInputError);
});

test("a store that does not reach back to the lake's offsets is an error, never a partial answer", async () => {
  await using platform = await TestPlatform.open();
  await platform.store.apply(tradesChunk(seededTrades(1, 10, 40), { firstOffset: 40 }));
  await expect(platform.query.trades({ order: "ascending", limit: 1 })).rejects.toThrow(StoreBehindLakeError);
  await expect(platform.query.sql("SELECT count(*) FROM silver.trades")).rejects.toThrow(/starts at 40/);
});

test("an aborted question rejects with the signal's reason", async () => {
  await using platform = await TestPlatform.open();
  const signal = AbortSignal.abort(new Error("not wanted any more"));
  await expect(platform.query.trades({ order: "ascending", limit: 1 }, { signal })).rejects.toThrow("not wanted");
  const slow = platform.query.sql("SELECT count(*) FROM range(1000000000000::BIGINT)", {
    signal: AbortSignal.timeout(30),
  });
  await expect(slow).rejects.toThrow(/timeout/);
});

async function allPages(platform: TestPlatform, request: TradesRequest): Promise<readonly TradeRow[]> {
  const rows: TradeRow[] = [];
  let cursor: string | undefined;
  do {
    const page = await platform.query.trades({ ...request, cursor });
    rows.push(...page.rows);
    expect(page.rows.length).toBeLessThanOrEqual(request.limit);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return rows;
}

function keyOf({ eventTime, rawSymbol, tradeId, price, size }: TradeRow): string {
  return [eventTime, rawSymbol, tradeId, price, size].join(" ");
}
