import fc from "fast-check";
import { expect, test } from "vitest";
import { pushTradeRow, someListings, tradeBatchOf, tradeRow, tradeRowsOf } from "../../test/trade-rows.ts";
import { TRADE_FLAGS, TradeBatch, tradeFlagNames } from "./index.ts";

const rows = fc.array(tradeRow, { maxLength: 40 });

test("growing past any capacity keeps every column of every row", () => {
  fc.assert(
    fc.property(rows, fc.nat(5), (values, capacity) => {
      const trades = tradeBatchOf(values, capacity);
      expect(tradeRowsOf(trades)).toEqual(values);
      expect(trades.capacity).toBeGreaterThanOrEqual(values.length);
    }),
  );
});

test("a copied row is equal in every column, and the original stays", () => {
  fc.assert(
    fc.property(rows, (values) => {
      const trades = tradeBatchOf(values);
      const copies = new TradeBatch(1);
      for (let row = trades.length - 1; row >= 0; row -= 1) copies.pushRow(trades, row);
      expect(tradeRowsOf(copies)).toEqual([...values].reverse());
      expect(tradeRowsOf(trades)).toEqual(values);
    }),
  );
});

test("a cleared batch is empty, keeps its memory, and shows nothing of its old rows in the new ones", () => {
  fc.assert(
    fc.property(rows, rows, (before, after) => {
      const trades = tradeBatchOf(before);
      const { capacity } = trades;
      trades.clear();
      expect(trades.length).toBe(0);
      expect(trades.capacity).toBe(capacity);
      for (const value of after) pushTradeRow(trades, value);
      expect(tradeRowsOf(trades)).toEqual(after);
    }),
  );
});

test("a row reads as a trade with natural numbers and nanoseconds", () => {
  const trades = tradeBatchOf([
    {
      listing: 1,
      price: 100_000n,
      size: 1_000_000_000n,
      side: 2,
      eventTimeUs: 1_700_000_000_123_456,
      eventTimeNanos: 789,
      receiveTimeUs: 1_700_000_000_200_000,
      receiveTimeNanos: 0,
      id: 4_000_000_000_000n,
      sequence: 12n,
      frameIndex: 3,
      executions: 2,
      flags: TRADE_FLAGS.aggregated | TRADE_FLAGS.block,
      source: 1,
      rawPartition: 0,
      rawOffset: 5,
    },
  ]);
  expect(trades.trade(0, someListings())).toEqual({
    venue: "kraken",
    rawSymbol: "BTC/USD",
    symbol: "BTC-USD-SPOT",
    tradeId: "4000000000000",
    price: { mantissa: 100_000n, scale: 14 },
    size: { mantissa: 1_000_000_000n, scale: 2 },
    takerSide: "sell",
    eventTimeNs: 1_700_000_000_123_456_789n,
    receiveTimeNs: 1_700_000_000_200_000_000n,
    sequence: 12n,
    frameIndex: 3,
    executions: 2,
    flags: ["aggregated", "block"],
    source: "simulated",
  });
});

test("flags name exactly the bits that are set", () => {
  for (let bits = 0; bits < 128; bits += 1) {
    const back = tradeFlagNames(bits).reduce((sum, name) => sum | TRADE_FLAGS[name], 0);
    expect(back).toBe(bits);
  }
});
