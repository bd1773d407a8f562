import { describe, expect, test } from "vitest";
import { readFrames, readTexts, recorded, tally } from "../venue-data/test-venue-data.ts";
import { kraken, krakenV1 } from "./kraken.ts";
import * as fixtures from "./venue-data-fixtures.ts";

const ALL_V2 = (kraken.venueData?.channels ?? []).map(({ name }) => name);
const ALL_V1 = (krakenV1.venueData?.channels ?? []).map(({ name }) => name);

describe("Kraken v2 beside trades and books", () => {
  test("a ticker keeps the digits of its bare numbers", () => {
    expect(readTexts(kraken, ["ticker"], [fixtures.V2_TICKER]).tickers).toEqual([
      {
        channel: "ticker",
        rawSymbol: "BTC/USD",
        eventTimeUs: Date.UTC(2025, 10, 21, 8) * 1000 + 123_456,
        eventTimeNanos: 0,
        frameIndex: 0,
        last: "85012.4",
        bid: "85012.3",
        bidSize: "0.00010000",
        ask: "85012.4",
        askSize: "1.50000000",
        high: "86000.1",
        low: "84000.0",
        volume: "2604.11750000",
        vwap: "84950.1",
        period: "24h",
      },
    ]);
    const old = fixtures.V2_TICKER.replace(/,"timestamp":"[^"]*"/, "");
    expect(readTexts(kraken, ["ticker"], [old]).tickers).toMatchObject([{ eventTimeUs: undefined }]);
  });

  test("candles are of the interval that was chosen, and carry the time of their message", () => {
    const { candles } = readTexts(kraken, ["ohlc-5"], [fixtures.V2_OHLC]);
    expect(candles).toMatchObject([
      {
        channel: "ohlc-5",
        rawSymbol: "DOGE/USD",
        interval: "5m",
        startUs: Date.UTC(2025, 10, 21, 8) * 1000,
        eventTimeUs: Date.UTC(2025, 10, 21, 8, 3, 12) * 1000 + 524_394,
        eventTimeNanos: 914,
        open: "0.1500001",
        low: "1e-1",
        volume: "30927.68066226",
        trades: "12",
      },
    ]);
    expect(readTexts(kraken, ["ohlc-1"], [fixtures.V2_OHLC]).candles).toEqual([]);
  });

  test("instruments tell states and increments of what is configured", () => {
    const { statuses } = readTexts(kraken, ["instrument"], [fixtures.V2_INSTRUMENT], ["BTC/USD"]);
    expect(statuses).toMatchObject([
      {
        rawSymbol: "BTC/USD",
        state: "post-only",
        rawState: "post_only",
        tickSize: "0.1",
        lotSize: "1e-08",
        minSize: "0.00005",
        minNotional: "0.5",
      },
    ]);
    const odd = fixtures.V2_INSTRUMENT.replace('"online"', '"frozen"');
    expect(readTexts(kraken, ["instrument"], [odd], ["EUR/USD"]).statuses).toMatchObject([
      { state: "unknown", rawState: "frozen", tickSize: "1e-05" },
    ]);
  });

  test("the venue speaks of itself under no symbol", () => {
    expect(readTexts(kraken, ["status"], [fixtures.V2_STATUS]).statuses).toMatchObject([
      { rawSymbol: "", state: "maintenance", rawState: "maintenance", detail: "version 2.0.10" },
    ]);
  });

  test.each([
    ["last is missing", "ticker", fixtures.V2_TICKER.replace('"last":85012.4,', "")],
    ["interval_begin is not an RFC 3339 time", "ohlc-5", fixtures.V2_OHLC.replace("08:00:00.000000000Z", "25:00:00Z")],
    ["interval is none of the venue's", "ohlc-5", fixtures.V2_OHLC.replace('"interval":5', '"interval":7')],
    ["status is not a text", "instrument", fixtures.V2_INSTRUMENT.replace('"status":"post_only"', '"status":7')],
  ])("refuses a record: %s", (detail, channel, text) => {
    const { refusals } = readTexts(kraken, [channel], [text]);
    expect(refusals).toMatchObject([{ reason: "malformed", frameIndex: 0 }]);
    expect(refusals[0]?.detail).toContain(detail);
  });

  test("a frame that is no JSON, or lacks its data, is refused whole", () => {
    const broken = ['{"channel":"ticker","type":"update","data":[', '{"channel":"ticker","type":"update"}'];
    const { outcomes, refusals } = readTexts(kraken, ["ticker"], broken);
    expect(outcomes).toEqual(["refused", "refused"]);
    expect(refusals.map(({ frameIndex }) => frameIndex)).toEqual([undefined, undefined]);
  });
});

describe("Kraken v1 beside trades and books", () => {
  test("a ticker is of the last 24 hours, not of the day", () => {
    expect(readTexts(krakenV1, ["ticker"], [fixtures.V1_TICKER]).tickers).toMatchObject([
      {
        rawSymbol: "XBT/USD",
        eventTimeUs: undefined,
        last: "85012.40000",
        lastSize: "0.01000000",
        bid: "85012.30000",
        bidSize: "0.00010000",
        askSize: "1.50000000",
        open: "85825.00000",
        high: "86000.10000",
        low: "84000.00000",
        volume: "2604.11750000",
        vwap: "84950.10000",
        trades: "23019",
      },
    ]);
  });

  test("a candle's end tells its begin", () => {
    const later = fixtures.V1_OHLC.replace("1763712300.000000", "1763712300.435743");
    for (const text of [fixtures.V1_OHLC, later])
      expect(readTexts(krakenV1, ["ohlc-5"], [text]).candles).toMatchObject([
        {
          channel: "ohlc-5",
          interval: "5m",
          startUs: 1_763_712_000_000_000,
          eventTimeUs: 1_763_712_192_748_456,
          vwap: "85010.12345",
          volume: "3.03373000",
          trades: "27",
        },
      ]);
  });

  test("states of the venue, and what is wrong with a record", () => {
    expect(readTexts(krakenV1, ["systemStatus"], [fixtures.V1_STATUS]).statuses).toMatchObject([{ state: "trading" }]);
    const { refusals } = readTexts(
      krakenV1,
      ["ticker"],
      [fixtures.V1_TICKER.replace('"c":["85012.40000"', '"c":[true')],
    );
    expect(refusals).toMatchObject([{ reason: "malformed", rawSymbol: "XBT/USD" }]);
  });
});

test("requests name intervals as numbers; what the venue sends by itself is not asked for", () => {
  const asked = (frames: readonly string[]) => frames.map((text) => JSON.parse(text));
  const channels = ["ohlc-5", "instrument", "status"];
  expect(asked(kraken.subscribe(["BTC/USD", "ETH/USD"], channels)).map(({ params }) => params)).toEqual([
    { channel: "ohlc", interval: 5, symbol: ["BTC/USD", "ETH/USD"], snapshot: true },
    { channel: "instrument", snapshot: true },
  ]);
  const v1 = asked(krakenV1.subscribe(["XBT/USD"], ["ohlc-1440", "ticker", "systemStatus"]));
  expect(v1.map(({ subscription }) => subscription)).toEqual([{ name: "ohlc", interval: 1440 }, { name: "ticker" }]);
});

test("snapshots of all instruments are what the answer to a request without symbols brings", () => {
  expect(
    kraken.readAnswer('{"method":"subscribe","result":{"channel":"instrument"},"success":true,"req_id":2}'),
  ).toEqual({
    kind: "accepted",
    count: 1,
  });
});

const V1 = recorded("ws/kraken/v1/cryptofeed-kraken-20210417.jsonl.gz");
test.skipIf(V1 === undefined)("recorded on v1: 18 tickers and 3 states, none refused", () => {
  const kept = readFrames(krakenV1, ALL_V1, V1 ?? []);
  expect(kept.refusals).toEqual([]);
  expect([kept.tickers.length, kept.statuses.length]).toEqual([18, 3]);
  expect(tally(kept.outcomes)["venue-data"]).toBe(21);
});

const V2 = recorded("ws/kraken/v2-book/kraken_btcusd_l2.jsonl.gz");
test.skipIf(V2 === undefined)("recorded on v2: the venue's state, none refused", () => {
  const kept = readFrames(kraken, ALL_V2, V2 ?? []);
  expect(kept).toMatchObject({ refusals: [], statuses: [{ state: "trading", rawState: "online" }] });
  expect(tally(kept.outcomes)).toEqual({ "venue-data": 1, other: 376 });
});
