import { expect, test } from "vitest";
import { createMetrics, silentLogger } from "../../base/index.ts";
import { Listings, type QualityMinute, SOURCES } from "../../domain/index.ts";
import { ClockWatch } from "./clock-watch.ts";

const MINUTE = 60_000_000;
const T0 = 1_700_000_040_000_000;

const minute = (listing: number, number: number, of: Partial<QualityMinute> = {}): QualityMinute => ({
  ...{ listing, startUs: T0 + number * MINUTE, trades: 10, duplicates: 0, refused: 0, outOfOrder: 0, gapUs: 0 },
  ...{ priceOutliers: 0, sizeOutliers: 0, outlierIds: [], divergencePpm: undefined, expectedTrades: undefined },
  ...{ flags: [], source: SOURCES.indexOf("live"), latency: undefined },
  ...of,
});
const latency = (minUs: number, p50Us = minUs + 1_000, p99Us = minUs + 9_000) => ({
  latency: { minUs, p50Us, p99Us, maxUs: p99Us },
});

const VENUES = ["binance", "kraken", "coinbase"];

function open() {
  const listings = new Listings();
  for (const [index, venue] of [...VENUES, "binance"].entries())
    listings.add({ index, venue, rawSymbol: index < 3 ? "A" : "B", symbol: "BTC-USD-SPOT", unitExponent: 0 });
  const metrics = createMetrics();
  const status = () => [
    { feed: "binance", venue: "binance", connection: "binance/0", symbols: ["A"] },
    { feed: "binance", venue: "binance", connection: "binance/1", symbols: ["B"] },
    { feed: "kraken", venue: "kraken", connection: "kraken/0", symbols: ["A"] },
    { feed: "coinbase", venue: "coinbase", connection: "coinbase/0", symbols: ["A"] },
  ];
  const watch = new ClockWatch({ status, logger: silentLogger, metrics });
  return { watch, metrics, saw: (minutes: readonly QualityMinute[]) => watch.saw(minutes, listings) };
}

test("each connection has the floor, the middle and the slow end of its own listings' last quarter of an hour", async () => {
  const { watch, metrics, saw } = open();
  expect(watch.report()).toEqual({ connections: [], notes: [] });
  saw([minute(0, 0, latency(-900_000))]); // Old by the end.
  for (let number = 1; number <= 15; number += 1) {
    // One wild minute makes no floor; two listings of one connection are joined, others are not.
    const least = number === 7 ? -50_000 : 20_000 + number;
    saw([minute(0, number, latency(least)), minute(3, number, latency(70_000)), minute(1, number, latency(2_500))]);
  }
  expect(watch.report().connections).toEqual([
    {
      ...{ feed: "binance", venue: "binance", connection: "binance/0", minutes: 15 },
      ...{ floorMs: 20.001, typicalMs: 21.008, slowMs: 29.015, driftPpm: null },
    },
    {
      ...{ feed: "binance", venue: "binance", connection: "binance/1", minutes: 15 },
      ...{ floorMs: 70, typicalMs: 71, slowMs: 79, driftPpm: null },
    },
    {
      ...{ feed: "kraken", venue: "kraken", connection: "kraken/0", minutes: 15 },
      ...{ floorMs: 2.5, typicalMs: 3.5, slowMs: 11.5, driftPpm: null },
    },
  ]);
  const exposition = await metrics.expose();
  expect(exposition).toContain('k2_clock_floor_seconds{feed="kraken",venue="kraken",connection="kraken/0"} 0.0025');
  expect(exposition).toContain("k2_clock_suspect 0");
});

test("a drift is found through noise and wild minutes, and only after twenty minutes", () => {
  const { watch, saw } = open();
  const drifts: (number | null | undefined)[] = [];
  for (let number = 0; number < 90; number += 1) {
    const noise = ((number * 7_919) % 13) * 10; // Up to 120 µs.
    const least = 10_000 - number * 60 * 50 + noise + (number % 9 === 4 ? 400_000 : 0); // 50 µs a second.
    saw([minute(0, number, latency(least))]);
    drifts.push(watch.report().connections[0]?.driftPpm);
  }
  expect([drifts[18], drifts[19]]).toEqual([null, expect.any(Number)]);
  expect(drifts.at(-1)).toBeCloseTo(-50, 0);
});

test("our own clock is suspected where most venues agree, and not where one differs; and it is told that it is well again", async () => {
  const { watch, metrics, saw } = open();
  const told = (number: number, least: readonly number[]): readonly string[] => {
    saw(least.map((us, listing) => minute(listing, number, latency(us))));
    return watch.report().notes;
  };
  expect(told(0, [-300_000, 4_000, 6_000])).toEqual([]);
  expect(told(20, [-300_000, -280_500, 6_000])).toEqual([
    "this machine's clock is behind those of 2 of 3 venues (binance 300.0 ms, kraken 280.5 ms, each at the least): check its time synchronisation",
  ]);
  expect(await metrics.expose()).toContain("k2_clock_suspect 1");
  expect(told(40, [1_200_000, 1_300_000, 1_250_000])).toEqual([
    "this machine's clock is ahead of those of all 3 venues, or they are all slow (binance 1200 ms, kraken 1300 ms, coinbase 1250 ms, each at the most): check its time synchronisation",
  ]);
  expect(told(60, [-1_000, 900, 6_000])).toEqual([]);
  expect(told(80, [-300_000])).toEqual([]); // A single venue says nothing of ours.
});

test("a clock that runs wrong is told before it is far off", () => {
  const { watch, saw } = open();
  for (let number = 0; number < 24; number += 1)
    saw([0, 1, 2].map((listing) => minute(listing, number, latency(5_000 + listing + number * 60 * 70))));
  expect(watch.report().notes).toEqual([
    "this machine's clock runs too fast against 3 of 3 venues (binance 70 ppm, kraken 70 ppm, coinbase 70 ppm): check its time synchronisation",
  ]);
});

test("recordings, imports and minutes that were told before say nothing of this machine's clock", () => {
  const { watch, saw } = open();
  const of = (source: (typeof SOURCES)[number]) => ({ source: SOURCES.indexOf(source), ...latency(-9_000_000) });
  saw([minute(0, 0, of("replay")), minute(1, 1, of("import")), minute(2, 2, of("backfill"))]);
  saw([minute(0, 3, { ...of("live"), flags: ["again"] })]);
  expect(watch.report()).toEqual({ connections: [], notes: [] });
  saw([minute(0, 4, { ...of("simulated") })]);
  expect(watch.report().connections).toHaveLength(1);
});
