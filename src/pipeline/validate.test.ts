import { expect, test } from "vitest";
import { batchOf, type StoredTrade, T0 } from "./test-support.ts";
import { describeRefusal, refusalOf } from "./validate.ts";

const whole: StoredTrade = { listing: 0, id: 1, price: 1n, size: 1n, t: T0, receivedUs: T0 };
const day = 86_400_000_000;

test.each<[string, Partial<StoredTrade>, string | undefined]>([
  ["a trade", {}, undefined],
  ["the largest price that the column holds", { price: 10n ** 18n - 1n }, undefined],
  ["a venue clock 1.2 s ahead of ours", { t: T0 + 1_200_000 }, undefined],
  ["a trade of 2009", { t: 1_230_768_000_000_000 }, undefined],
  ["an id of 256 characters", { id: "x".repeat(256) }, undefined],
  ["price zero", { price: 0n }, "non_positive_price"],
  ["a negative price", { price: -5n }, "non_positive_price"],
  ["size zero", { size: 0n }, "non_positive_size"],
  ["a negative size beyond 2^53", { size: -(2n ** 60n) }, "non_positive_size"],
  ["price 10^18", { price: 10n ** 18n }, "out_of_range_price"],
  ["size 2^62", { size: 2n ** 62n }, "out_of_range_size"],
  ["a notional of 10^14", { price: 10n ** 15n, size: 10n ** 15n }, "out_of_range_notional"],
  [
    "a price of 10^10 and a size of nearly as much",
    { price: 10n ** 18n - 1n, size: 10n ** 17n },
    "out_of_range_notional",
  ],
  ["a notional just below 10^14", { price: 10n ** 15n, size: 10n ** 15n - 1n }, undefined],
  ["a large price and a small size", { price: 10n ** 18n - 1n, size: 10n ** 12n }, undefined],
  ["a time in seconds instead of microseconds", { t: 1_700_000_000 }, "time_out_of_range"],
  ["more than a day ahead of its receipt", { t: T0 + day + 1 }, "time_out_of_range"],
  ["no time", { t: Number.NaN }, "time_out_of_range"],
  ["an id of 257 characters", { id: "x".repeat(257) }, "malformed"],
  ["an empty id", { id: "" }, "malformed"],
])("refusalOf(): %s", (_, change, expected) => {
  const trades = batchOf({ ...whole, ...change });
  const reason = refusalOf(trades, 0);
  expect(reason).toBe(expected);
  if (reason !== undefined) expect(describeRefusal(reason, trades, 0)).toMatch(/;|expected/);
});

test("refusalOf(): a trade without any id", () => {
  const trades = batchOf(whole);
  trades.idNumber.set(0, -1n);
  expect(refusalOf(trades, 0)).toBe("malformed");
  expect(describeRefusal("malformed", trades, 0)).toMatch(/no id/);
});
