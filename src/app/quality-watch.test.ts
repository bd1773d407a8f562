import { expect, test } from "vitest";
import { Listings, type QualityMinute } from "../domain/index.ts";
import { QualityWatch } from "./quality-watch.ts";

const MINUTE = 60_000_000;
const T0 = 1_700_000_040_000_000;

const minute = (of: Partial<QualityMinute>): QualityMinute => ({
  listing: 0,
  startUs: T0,
  trades: 10,
  duplicates: 0,
  refused: 0,
  outOfOrder: 0,
  gapUs: 0,
  latency: undefined,
  priceOutliers: 0,
  sizeOutliers: 0,
  outlierIds: [],
  divergencePpm: undefined,
  expectedTrades: undefined,
  flags: [],
  source: 0,
  ...of,
});

test("the report names the worst listings of the last five minutes, the worst first, each with its reason", () => {
  const listings = new Listings();
  for (let index = 0; index < 4; index += 1)
    listings.add({ index, venue: `v${index}`, rawSymbol: "BTC", symbol: "BTC-USD-SPOT", unitExponent: 0 });
  const watch = new QualityWatch();
  expect(watch.report(listings)).toEqual({ minute: null, listings: 0, worst: [] });
  watch.saw([minute({}), minute({ listing: 3, gapUs: MINUTE })]);
  watch.saw([minute({ startUs: T0 + 3 * MINUTE, listing: 1, priceOutliers: 2 })]);
  watch.saw([
    minute({ startUs: T0 + 5 * MINUTE }),
    minute({ startUs: T0 + 5 * MINUTE, listing: 1, divergencePpm: -12_000 }),
    minute({ startUs: T0 + 5 * MINUTE, listing: 2, gapUs: 1_500_000, flags: ["sparse"] }),
  ]);
  expect(watch.report(listings)).toEqual({
    minute: "2023-11-14T22:19:00.000000Z",
    listings: 3,
    worst: [
      { venue: "v2", symbol: "BTC-USD-SPOT", minute: "2023-11-14T22:19:00.000000Z", problem: "a gap of 1.5 s" },
      {
        venue: "v1",
        symbol: "BTC-USD-SPOT",
        minute: "2023-11-14T22:19:00.000000Z",
        problem: "its price is -1.20 % off the other venues'",
      },
    ],
  });
});
