import { expect, test } from "vitest";
import type { QualityRow, QuoteQualityRow } from "../app/index.ts";
import { qualityText } from "./quality.ts";

const LISTING = { venue: "kraken", symbol: "BTC-USD-SPOT", rawSymbol: "BTC/USD", source: "live" };

function tradesAt(minute: number, of: Partial<QualityRow> = {}): QualityRow {
  return {
    ...LISTING,
    start: `2026-11-21T08:${minute}:00.000000Z`,
    trades: 20,
    duplicates: 0,
    refused: 0,
    outOfOrder: 0,
    gapUs: 0,
    latencyMinUs: 900,
    latencyP50Us: 1_250,
    latencyP99Us: 9_000,
    latencyMaxUs: 12_000,
    priceOutliers: 0,
    sizeOutliers: 0,
    outlierIds: [],
    divergencePpm: null,
    expectedTrades: 21,
    flags: [],
    ...of,
  };
}

function quotesAt(minute: number, of: Partial<QuoteQualityRow> = {}): QuoteQualityRow {
  return {
    ...LISTING,
    start: `2026-11-21T08:${minute}:00.000000Z`,
    changes: 12,
    quotedUs: 60_000_000,
    ownCrossedUs: 0,
    comparedUs: 60_000_000,
    lockedUs: 0,
    lockedWith: null,
    crossedUs: 0,
    crossedWith: null,
    crossedMaxPpb: null,
    spreadMinPpb: 1_000,
    spreadMeanPpb: 16_000,
    spreadMaxPpb: 30_000,
    flags: [],
    ...of,
  };
}

test("the worst minutes stand first, of equals the newest, with what is wrong", () => {
  const trades = [
    tradesAt(30),
    tradesAt(31),
    tradesAt(29, { gapUs: 4_200_000, trades: 3 }),
    tradesAt(28, { flags: ["silent"], trades: 0, latencyP50Us: null, latencyP99Us: null }),
  ];
  const quotes = [
    quotesAt(31),
    quotesAt(30, { crossedUs: 2_500_000, crossedWith: "coinbase", crossedMaxPpb: 123_000 }),
  ];
  const lines = qualityText({ trades, quotes }, 3).split("\n");
  expect(lines.filter((line) => line.startsWith("2026")).map((line) => line.replaceAll(/ {2,}/g, " | "))).toEqual([
    "2026-11-21 08:29 | kraken | BTC-USD-SPOT | 3 | 21 | 1.3 ms | 9.0 ms | 4.2 s | a gap of 4.2 s",
    "2026-11-21 08:28 | kraken | BTC-USD-SPOT | 0 | 21 | silent | nothing from the venue",
    "2026-11-21 08:31 | kraken | BTC-USD-SPOT | 20 | 21 | 1.3 ms | 9.0 ms",
    "2026-11-21 08:30 | kraken | BTC-USD-SPOT | 100 % | 12 | 0.160 bp | 2.5 s | coinbase | crossed with coinbase for 2.5 s, by up to 1.23 bp",
    "2026-11-21 08:31 | kraken | BTC-USD-SPOT | 100 % | 12 | 0.160 bp",
  ]);
});

test("where nothing was judged yet it is said when the first minute comes", () => {
  expect(qualityText({ trades: [], quotes: [] }, 10)).toMatch(/^No minute was judged yet/);
});
