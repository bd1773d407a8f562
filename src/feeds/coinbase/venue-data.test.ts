import { describe, expect, test } from "vitest";
import { readFrames, readTexts, recorded, tally } from "../venue-data/test-venue-data.ts";
import { coinbase, coinbaseExchange } from "./coinbase.ts";
import * as fixtures from "./venue-data-fixtures.ts";

const EIGHT_US = Date.UTC(2025, 10, 21, 8) * 1000;

describe("Coinbase Advanced Trade beside trades and books", () => {
  test("a ticker has the time and the number of its message", () => {
    expect(readTexts(coinbase, ["ticker"], [fixtures.ADVANCED_TICKER]).tickers).toEqual([
      {
        channel: "ticker",
        rawSymbol: "BTC-USD",
        eventTimeUs: EIGHT_US + 298_032,
        eventTimeNanos: 46,
        sequence: 10,
        frameIndex: 0,
        last: "85012.34",
        bid: "85012.33",
        bidSize: "0.02858092",
        ask: "85012.34",
        askSize: "0.07814824",
        high: "86000.99",
        low: "84000.22",
        volume: "2867.54532609",
        period: "24h",
      },
    ]);
  });

  test("batches have no best bid and ask, and several products", () => {
    const { tickers, outcomes } = readTexts(
      coinbase,
      ["ticker_batch"],
      [fixtures.ADVANCED_TICKER_BATCH, fixtures.ADVANCED_TICKER],
    );
    expect(outcomes).toEqual(["venue-data", "other"]);
    expect(tickers.map(({ rawSymbol, frameIndex, bid }) => [rawSymbol, frameIndex, bid])).toEqual([
      ["BTC-USD", 0, undefined],
      ["ETH-USD", 1, undefined],
    ]);
  });

  test("candles are of five minutes", () => {
    const { candles } = readTexts(coinbase, ["candles"], [fixtures.ADVANCED_CANDLES]);
    expect(candles.map(({ interval, startUs, open }) => [interval, startUs, open])).toEqual([
      ["5m", 1_763_711_700_000_000, "85000.5"],
      ["5m", 1_763_711_400_000_000, "85100"],
    ]);
  });

  test("status is of the products that are configured", () => {
    const { statuses } = readTexts(coinbase, ["status"], [fixtures.ADVANCED_STATUS], ["BTC-USD", "OLD-USD"]);
    expect(statuses).toMatchObject([
      { rawSymbol: "BTC-USD", state: "trading", tickSize: "0.01", lotSize: "0.00000001", minNotional: "1" },
      { rawSymbol: "OLD-USD", state: "closed", rawState: "delisted", detail: "gone" },
    ]);
    expect(readTexts(coinbase, ["status"], [fixtures.ADVANCED_STATUS], []).statuses).toEqual([]);
  });

  test("a bad record leaves its neighbours, a bad head refuses the frame", () => {
    const bad = fixtures.ADVANCED_TICKER_BATCH.replace('"price":"85012.34"', '"price":{}');
    const kept = readTexts(coinbase, ["ticker_batch"], [bad, fixtures.ADVANCED_TICKER_BATCH.replace("08:00:00", "8h")]);
    expect(kept.tickers.map(({ rawSymbol }) => rawSymbol)).toEqual(["ETH-USD"]);
    expect(kept.refusals).toMatchObject([
      { reason: "malformed", rawSymbol: "BTC-USD", frameIndex: 0 },
      { reason: "malformed" },
    ]);
    expect(kept.outcomes).toEqual(["venue-data", "refused"]);
  });
});

describe("Coinbase Exchange beside trades and books", () => {
  test("a ticker is the match that caused it, with the best bid and ask", () => {
    expect(readTexts(coinbaseExchange, ["ticker"], [fixtures.EXCHANGE_TICKER]).tickers).toMatchObject([
      {
        rawSymbol: "BTC-USD",
        eventTimeUs: EIGHT_US + 122_581,
        sequence: 50_978_628_538,
        last: "85012.34",
        lastSize: "0.05",
        bidSize: "0.61540890",
        open: "85825.00",
        volume: "2867.54532609",
      },
    ]);
  });

  test("flags narrow what a product is open for", () => {
    const { statuses } = readTexts(coinbaseExchange, ["status"], [fixtures.EXCHANGE_STATUS], ["BTC-USD"]);
    expect(statuses).toMatchObject([
      { state: "cancel-only", rawState: "online cancel_only limit_only", eventTimeUs: undefined },
    ]);
  });
});

const ADVANCED = recorded("ws/coinbase/advanced-trade-20260809-part1.jsonl.gz");
test.skipIf(ADVANCED === undefined)(
  "recorded of Advanced Trade: 97 tickers, 4 messages of candles, none refused",
  () => {
    const kept = readFrames(coinbase, ["ticker", "ticker_batch", "candles", "status"], ADVANCED ?? []);
    expect(kept.refusals).toEqual([]);
    expect(tally(kept.outcomes)["venue-data"]).toBe(97 + 4);
    expect(kept.tickers).toHaveLength(97);
    // Two snapshots of a hundred, and two messages of one.
    expect(kept.candles).toHaveLength(202);
    expect(kept.candles.every(({ startUs }) => startUs % 300_000_000 === 0)).toBe(true);
    expect(kept.tickers.map(({ sequence }) => sequence)).toEqual(
      kept.tickers.map(({ sequence }) => sequence).sort((a, b) => Number(a) - Number(b)),
    );
  },
);

const EXCHANGE = recorded("ws/coinbase/exchange-feed-20210417.jsonl.gz");
test.skipIf(EXCHANGE === undefined)("recorded of Exchange: 107 tickers, none refused", () => {
  const kept = readFrames(coinbaseExchange, ["ticker", "status"], EXCHANGE ?? []);
  expect([kept.refusals, kept.tickers.length]).toEqual([[], 107]);
  expect(kept.tickers.every(({ last, bid, ask }) => last !== undefined && bid !== undefined && ask !== undefined)).toBe(
    true,
  );
});
