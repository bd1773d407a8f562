import fc from "fast-check";
import { expect, test } from "vitest";
import { someListings, tradeBatchOf, tradeRow } from "../../../test/trade-rows.ts";
import { tradeRowOf } from "../../query/index.ts";
import { testListings, tradeBatch } from "../test-api.ts";
import { TradeTexts } from "./trade-texts.ts";

test("a trade's text is what JSON.stringify() gives of the row that a query answers", () => {
  const listings = someListings();
  const texts = new TradeTexts(listings);
  fc.assert(
    fc.property(fc.array(tradeRow, { minLength: 1, maxLength: 5 }), (rows) => {
      const trades = tradeBatchOf(rows);
      for (let row = 0; row < trades.length; row += 1) {
        const listing = listings.at(trades.listing[row] ?? 0);
        expect(texts.text(trades, row)).toBe(JSON.stringify(tradeRowOf(trades, row, listing)));
      }
    }),
    { numRuns: 300 },
  );
});

test("prices and sizes are the shortest exact text", () => {
  const texts = new TradeTexts(testListings());
  const shown = (price: bigint, size: bigint, listing = 0): readonly string[] => {
    const row = JSON.parse(texts.text(tradeBatch([{ price, size, listing }]), 0)) as Record<string, string>;
    return [row["price"] ?? "", row["size"] ?? ""];
  };
  expect(shown(1n, 100_000_000n)).toEqual(["0.00000001", "1"]);
  expect(shown(6_180_020_000_000n, 600_000n)).toEqual(["61800.2", "0.006"]);
  expect(shown(999_999_999_999_999_999n, 9_007_199_254_740_993n)).toEqual(["9999999999.99999999", "90071992.54740993"]);
  expect(shown(123_456n, 1_000_000n, 2), "a unit of 10^6").toEqual(["0.00000000123456", "10000"]);
});
