import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Ledger, type SummedTrade, sameTotals, TradeSum } from "./index.ts";
import { RangeSet } from "./range-set.ts";

const trade: fc.Arbitrary<SummedTrade> = fc.record({
  id: fc.oneof(fc.nat().map(String), fc.uuid()),
  price: fc
    .tuple(fc.nat(), fc.integer({ min: 0, max: 99_999_999 }))
    .map(([whole, part]) => `${whole}.${String(part).padStart(8, "0")}`),
  size: fc
    .tuple(fc.nat(), fc.integer({ min: 0, max: 999 }))
    .map(([whole, part]) => `${whole}.${String(part).padStart(3, "0")}`),
  side: fc.constantFrom("buy", "sell", "unknown"),
});

function sumOf(trades: readonly SummedTrade[]): TradeSum {
  const sum = new TradeSum();
  for (const item of trades) sum.add(item);
  return sum;
}

describe("TradeSum", () => {
  test("is the same in any order, and whatever zeros end the numbers", () => {
    fc.assert(
      fc.property(fc.uniqueArray(trade, { selector: ({ id }) => id }), fc.infiniteStream(fc.nat()), (trades, keys) => {
        const numeric = trades.filter(({ id }) => /^\d+$/.test(id));
        const shuffled = numeric
          .map((item) => ({ item: { ...item, price: `${item.price}000` }, key: keys.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ item }) => item);
        expect(sameTotals(sumOf(numeric).totals(), sumOf(shuffled).totals())).toBe(true);
      }),
    );
  });

  test("differs when one trade's price, size, side or id differs, or one is missing or repeated", () => {
    fc.assert(
      fc.property(fc.array(trade, { minLength: 1, maxLength: 20 }), (trades) => {
        const whole = sumOf(trades).totals();
        const [first, ...rest] = trades as [SummedTrade, ...SummedTrade[]];
        const changed: SummedTrade[][] = [
          [{ ...first, price: `${first.price}1` }, ...rest],
          [{ ...first, size: `${first.size}1` }, ...rest],
          [{ ...first, side: first.side === "buy" ? "sell" : "buy" }, ...rest],
          [{ ...first, id: `${first.id}1` }, ...rest],
          rest,
          [first, first, ...rest],
        ];
        for (const other of changed) expect(sameTotals(whole, sumOf(other).totals())).toBe(false);
      }),
    );
  });

  test("addScaled() adds what add() adds, exactly, beyond what a double holds", () => {
    const parsed = new TradeSum();
    const scaled = new TradeSum();
    for (let index = 0; index < 3000; index += 1) {
      const sizeMantissa = 4_503_599_627_370_000 - index * 7;
      parsed.add({ id: String(index), price: "0.50", size: `${sizeMantissa}.000`, side: "buy" });
      scaled.addScaled({ id: String(index), price: "0.5", size: String(sizeMantissa), side: "buy" }, sizeMantissa, 0);
    }
    expect(scaled.totals()).toEqual(parsed.totals());
    expect(parsed.totals().sizeSum).toBe(String(3000n * 4_503_599_627_370_000n - 7n * ((2999n * 3000n) / 2n)));
  });

  test("names the lowest and the highest id by number, not by text", () => {
    expect(
      sumOf(["9", "100", "11"].map((id) => ({ id, price: "1", size: "1", side: "buy" as const }))).totals(),
    ).toMatchObject({ firstId: "9", lastId: "100", trades: 3, sizeSum: "3" });
  });

  test("its checksum is the documented one", () => {
    // FNV-1a of "1|2|3|buy" from both offsets, each through MurmurHash3's fmix32; computed apart from this code.
    const sum = sumOf([{ id: "1", price: "2.0", size: "3.00", side: "buy" }]);
    expect(sum.totals().checksum).toBe("1e2fc864add1361d");
  });
});

describe("RangeSet", () => {
  test("knows exactly what was added", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 })), (values) => {
        const ranges = new RangeSet();
        const model = new Set<number>();
        for (const value of values) {
          expect(ranges.add(value)).toBe(!model.has(value));
          model.add(value);
        }
        const runs = [...model].filter((value) => !model.has(value - 1)).length;
        expect(ranges.runs).toBe(runs);
      }),
    );
  });

  test("forgets the lowest when there are too many runs", () => {
    const ranges = new RangeSet(8);
    for (let value = 0; value < 18; value += 2) ranges.add(value);
    expect(ranges.runs).toBe(8);
    expect(ranges.add(16)).toBe(false);
    expect(ranges.add(0)).toBe(true);
  });
});

test("Ledger counts a trade once however often it is sent, and says how often it was", () => {
  const ledger = new Ledger();
  const row = ledger.row({ feed: "binance", channel: "trade", symbol: "BTCUSDT" });
  const sent = { key: 5, id: "5", price: "1.50", size: "0.1", side: "sell" as const };
  row.add(sent);
  row.add({ ...sent, key: 6, id: "6" });
  row.add(sent);
  ledger.fault("binance", "duplicate", { times: 1, frames: 1, trades: 1 });
  ledger.fault("binance", "duplicate", { times: 1, frames: 1, trades: 2 });
  const report = ledger.report();
  expect(report.trades).toEqual([
    {
      feed: "binance",
      channel: "trade",
      symbol: "BTCUSDT",
      trades: 2,
      firstId: "5",
      lastId: "6",
      sizeSum: "0.2",
      checksum: expect.stringMatching(/^[0-9a-f]{16}$/),
      repeats: 1,
    },
  ]);
  expect(report.faults).toEqual([{ feed: "binance", kind: "duplicate", times: 2, frames: 2, trades: 3 }]);
});
