import fc from "fast-check";
import { expect, test } from "vitest";
import { tradeBatch } from "../test-api.ts";
import { RecentTrades } from "./recent-trades.ts";

test("the last trades are those that were pushed last, in that order, as far as they are kept of each listing", () => {
  const input = fc.record({
    perListingMax: fc.integer({ min: 1, max: 6 }),
    listings: fc.array(fc.nat(2), { maxLength: 60 }),
    rowsMax: fc.nat(10),
    wanted: fc.subarray([0, 1, 2]),
    batchSize: fc.integer({ min: 1, max: 7 }),
  });
  fc.assert(
    fc.property(input, ({ perListingMax, listings, rowsMax, wanted, batchSize }) => {
      const recent = new RecentTrades(perListingMax);
      for (let from = 0; from < listings.length; from += batchSize) {
        recent.push(
          tradeBatch(
            listings.slice(from, from + batchSize).map((listing, index) => ({ listing, id: BigInt(from + index) })),
          ),
        );
      }
      const found = recent.last(rowsMax, (listing) => wanted.includes(listing));
      const pushed = listings.flatMap((listing, index) => (wanted.includes(listing) ? [String(index)] : []));
      const count = Math.min(rowsMax, perListingMax);
      expect(found.map(({ batch, row }) => batch.tradeId(row))).toEqual(count === 0 ? [] : pushed.slice(-count));
    }),
  );
});
