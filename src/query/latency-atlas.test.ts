import { expect, test } from "vitest";
import { encodeQuality, QUALITY, type QualityMinute, TOPICS } from "../domain/index.ts";
import { TestPlatform } from "./test-platform.ts";

const MINUTE = 60_000_000;
/** 2023-11-14T22:00Z. */
const HOUR = 1_699_999_200_000_000;

function minute(listing: number, number: number, leastUs: number | undefined, flags: QualityMinute["flags"] = []) {
  const latency = leastUs === undefined ? undefined : { minUs: leastUs, p50Us: 5_000, p99Us: 9_000, maxUs: 9_500 };
  return {
    ...{ listing, startUs: HOUR + number * MINUTE, trades: 10, duplicates: 0, refused: 0, outOfOrder: 0, gapUs: 0 },
    ...{ latency, priceOutliers: 0, sizeOutliers: 0, outlierIds: [], divergencePpm: undefined },
    ...{ expectedTrades: undefined, flags, source: 0 },
  } satisfies QualityMinute;
}

test("the latency atlas says each venue's floor, middle, slow end and drift, hour by hour, over lake and live tail", async () => {
  await using platform = await TestPlatform.open();
  // Twenty minutes at 100 µs a second; one wild, one without trades, one told again, and one of the next hour.
  const rows = Array.from({ length: 20 }, (_, number) => minute(0, number, 1_000 + number * 6_000));
  const chunk = { topic: TOPICS.quality, partition: 0, appendedMs: 0 };
  await platform.store.apply({ ...chunk, firstOffset: 0, records: encodeQuality(rows.slice(0, 12)) });
  await platform.land(QUALITY);
  const rest = [
    ...rows.slice(12),
    minute(0, 20, undefined, ["quiet"]),
    minute(0, 3, -900_000, ["again"]),
    minute(1, 4, -2_500),
    minute(0, 65, 7_000),
  ];
  await platform.store.apply({ ...chunk, firstOffset: 12, records: encodeQuality(rest) });

  const { columns, rows: atlas } = await platform.query.sql("SELECT * FROM ops.latency_atlas ORDER BY venue, hour");
  const named = atlas.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
  const rest_ = { source: "live", typical_us: 5_000, slow_us: "9000", most_us: "9500" };
  expect(named).toEqual([
    {
      ...rest_,
      ...{ venue: "binance", hour: "2023-11-14T22:00:00.000000Z", minutes: "20", trades: "200" },
      ...{ least_us: "1000", floor_us: "7000", drift_ppm: expect.closeTo(100, 6) },
    },
    {
      ...rest_,
      ...{ venue: "binance", hour: "2023-11-14T23:00:00.000000Z", minutes: "1", trades: "10" },
      ...{ least_us: "7000", floor_us: "7000", drift_ppm: null },
    },
    {
      ...rest_,
      ...{ venue: "kraken", hour: "2023-11-14T22:00:00.000000Z", minutes: "1", trades: "10" },
      ...{ least_us: "-2500", floor_us: "-2500", drift_ppm: null },
    },
  ]);
});

test("the atlas of a K2 without minutes is empty, and other questions do not pay for it", async () => {
  await using platform = await TestPlatform.open();
  expect((await platform.query.sql("SELECT * FROM ops.latency_atlas")).rows).toEqual([]);
  await expect(platform.query.sql("SELECT * FROM ops.nothing, trades")).rejects.toThrow(/does not exist/);
});
