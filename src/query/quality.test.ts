import { expect, test } from "vitest";
import {
  encodeQuality,
  encodeQuoteMinutes,
  QUALITY,
  QUOTE_QUALITY,
  type QualityMinute,
  type QuoteMinute,
  TOPICS,
} from "../domain/index.ts";
import { TestPlatform } from "./test-platform.ts";

const MINUTE = 60_000_000;
const T0 = 1_700_000_040_000_000;

function minute(listing: number, number: number, of: Partial<QualityMinute> = {}): QualityMinute {
  return {
    listing,
    startUs: T0 + number * MINUTE,
    trades: number,
    duplicates: 1,
    refused: 2,
    outOfOrder: 3,
    gapUs: 4,
    latency: { minUs: -5, p50Us: 6, p99Us: 7, maxUs: 8 },
    priceOutliers: 1,
    sizeOutliers: 1,
    outlierIds: ["17", "a-18"],
    divergencePpm: -12,
    expectedTrades: 9,
    flags: ["partial", "sparse"],
    source: 0,
    ...of,
  };
}

const EMPTY = { latency: undefined, divergencePpm: undefined, expectedTrades: undefined, flags: [], outlierIds: [] };

const QUOTES: QuoteMinute = {
  listing: 0,
  startUs: T0,
  changes: 4,
  quotedUs: MINUTE,
  ownCrossedUs: 5,
  spread: { minPpb: 1, meanPpb: 2, maxPpb: 3 },
  comparedUs: 6,
  locked: undefined,
  crossed: { venue: "kraken", us: 7 },
  crossedMaxPpb: 8,
  flags: ["cut"],
  source: 1,
};

function chunk(topic: string, firstOffset: number) {
  return { topic, partition: 0, firstOffset, appendedMs: 0 };
}

test("judged minutes come in pages over lake and live tail, each once, a minute that was told again in both its rows", async () => {
  await using platform = await TestPlatform.open();
  const { store, query } = platform;
  const rows = [0, 1, 2, 3, 4].flatMap((number) => [minute(0, number), minute(1, number, EMPTY)]);
  await store.apply({ ...chunk(TOPICS.quality, 0), records: encodeQuality(rows.slice(0, 5)) });
  await platform.land(QUALITY);
  await store.apply({
    ...chunk(TOPICS.quality, 5),
    records: encodeQuality([...rows.slice(5), minute(0, 2, { trades: 77, flags: ["again"] })]),
  });

  const found: string[] = [];
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const page = await query.quality({ order: "descending", limit: 3, cursor });
    found.push(...page.rows.map(({ venue, start, trades }) => `${venue} ${start.slice(11, 16)} ${trades}`));
    cursor = page.cursor;
  }
  expect(found).toEqual([
    "kraken 22:18 4",
    "binance 22:18 4",
    "kraken 22:17 3",
    "binance 22:17 3",
    "kraken 22:16 2",
    "binance 22:16 77",
    "binance 22:16 2",
    "kraken 22:15 1",
    "binance 22:15 1",
    "kraken 22:14 0",
    "binance 22:14 0",
  ]);
  const one = await query.quality({
    symbols: ["BTC-USDT-SPOT"],
    startUs: T0 + MINUTE,
    endUs: T0 + 2 * MINUTE,
    order: "ascending",
    limit: 10,
  });
  expect(one.rows).toEqual([
    {
      venue: "binance",
      symbol: "BTC-USDT-SPOT",
      rawSymbol: "BTCUSDT",
      start: "2023-11-14T22:15:00.000000Z",
      trades: 1,
      duplicates: 1,
      refused: 2,
      outOfOrder: 3,
      gapUs: 4,
      latencyMinUs: -5,
      latencyP50Us: 6,
      latencyP99Us: 7,
      latencyMaxUs: 8,
      priceOutliers: 1,
      sizeOutliers: 1,
      outlierIds: ["17", "a-18"],
      divergencePpm: -12,
      expectedTrades: 9,
      flags: ["partial", "sparse"],
      source: "live",
    },
  ]);
  const other = await query.quality({ venues: ["kraken"], order: "ascending", limit: 1 });
  expect(other.rows[0]).toMatchObject({ latencyP50Us: null, divergencePpm: null, expectedTrades: null, flags: [] });
});

test("minutes of quotes are answered with what was not, as null", async () => {
  await using platform = await TestPlatform.open();
  const { store, query } = platform;
  const silent = { ...QUOTES, listing: 1, spread: undefined, crossed: undefined, crossedMaxPpb: undefined };
  await store.apply({ ...chunk(TOPICS.quoteQuality, 0), records: encodeQuoteMinutes([QUOTES, silent]) });
  await platform.land(QUOTE_QUALITY);
  const { rows, cursor } = await query.quoteQuality({ order: "ascending", limit: 10 });
  expect(cursor).toBeUndefined();
  expect(rows).toMatchObject([
    {
      venue: "binance",
      start: "2023-11-14T22:14:00.000000Z",
      changes: 4,
      quotedUs: MINUTE,
      ownCrossedUs: 5,
      comparedUs: 6,
      lockedUs: 0,
      lockedWith: null,
      crossedUs: 7,
      crossedWith: "kraken",
      crossedMaxPpb: 8,
      spreadMinPpb: 1,
      spreadMeanPpb: 2,
      spreadMaxPpb: 3,
      flags: ["cut"],
      source: "simulated",
    },
    { venue: "kraken", crossedUs: 0, crossedWith: null, crossedMaxPpb: null, spreadMeanPpb: null },
  ]);
});
