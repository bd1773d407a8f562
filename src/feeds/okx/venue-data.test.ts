import { describe, expect, test } from "vitest";
import { readFrames, readTexts, recorded, tally } from "../venue-data/test-venue-data.ts";
import { okx } from "./okx.ts";
import * as fixtures from "./venue-data-fixtures.ts";

const ALL = (okx.venueData?.channels ?? []).map(({ name }) => name);

describe("OKX beside trades and books", () => {
  test("a ticker's second volume is in quote currency on spot alone", () => {
    const { tickers } = readTexts(okx, ["tickers"], [fixtures.TICKERS, fixtures.SWAP_TICKERS]);
    expect(tickers).toMatchObject([
      {
        channel: "tickers",
        rawSymbol: "BTC-USDT",
        eventTimeUs: 1_763_712_000_956_000,
        last: "85012.3",
        lastSize: "0.00020001",
        bid: "85012.2",
        askSize: "1.55896972",
        volume: "6182.13085371",
        quoteVolume: "525802090.62716611",
      },
      { rawSymbol: "BTC-USD-SWAP", bid: undefined, bidSize: undefined, volume: "779573", quoteVolume: undefined },
    ]);
  });

  test("candles are of their channel, and of old have seven fields", () => {
    const { candles } = readTexts(okx, ["candle1Dutc", "candle1m"], [fixtures.CANDLE, fixtures.CANDLE_OLD]);
    expect(candles).toMatchObject([
      {
        interval: "1d",
        startUs: Date.UTC(2025, 10, 21) * 1000,
        volume: "911.5",
        quoteVolume: "77491000.12345678",
        isClosed: true,
      },
      { interval: "1m", channel: "candle1m", volume: "1.5", quoteVolume: undefined, isClosed: undefined },
    ]);
  });

  test("four channels tell a derivative's funding, each its part", () => {
    const frames = [fixtures.FUNDING_RATE, fixtures.MARK_PRICE, fixtures.OPEN_INTEREST, fixtures.INDEX_TICKERS];
    const { fundings, refusals } = readTexts(okx, ALL, frames, ["BTC-USD-SWAP"]);
    expect(refusals).toEqual([]);
    expect(fundings.map(({ rawSymbol }) => rawSymbol)).toEqual(frames.map(() => "BTC-USD-SWAP"));
    expect(fundings).toMatchObject([
      {
        channel: "funding-rate",
        fundingRate: "0.0001875391284828",
        nextFundingRate: undefined,
        nextFundingTimeUs: 1_763_740_800_000_000,
        eventTimeUs: 1_763_712_000_402_000,
      },
      { channel: "mark-price", markPrice: "85013.1", fundingRate: undefined },
      { channel: "open-interest", openInterest: "2216113.01", openInterestValue: "221611301" },
      { channel: "index-tickers", indexPrice: "85015.05" },
    ]);
    expect(readTexts(okx, ALL, [fixtures.INDEX_TICKERS], ["BTC-USD-261225"]).fundings).toEqual([]);
  });

  test("liquidations of an instrument come together; those of others are left out", () => {
    const { liquidations } = readTexts(okx, ["liquidation-orders"], [fixtures.LIQUIDATION_ORDERS], ["BTC-USD-SWAP"]);
    expect(liquidations).toMatchObject([
      { rawSymbol: "BTC-USD-SWAP", side: "sell", price: "84007.8", size: "13", priceKind: "bankruptcy", frameIndex: 0 },
      { rawSymbol: "BTC-USD-SWAP", side: "sell", price: "84001.1", size: "2", frameIndex: 1 },
    ]);
  });

  test("instruments and the venue have states", () => {
    const { statuses } = readTexts(okx, ALL, [fixtures.INSTRUMENTS, fixtures.STATUS], ["BTC-USD-SWAP"]);
    expect(statuses).toMatchObject([
      { rawSymbol: "BTC-USD-SWAP", state: "halted", tickSize: "0.1", contractSize: "100", maxSize: "100000" },
      { rawSymbol: "", state: "maintenance", rawState: "ongoing", detail: "Spot System Upgrade" },
    ]);
  });

  test("an answer to a request, and another channel, are no data", () => {
    const answer = '{"event":"subscribe","arg":{"channel":"tickers","instId":"BTC-USDT"},"connId":"a4d3ae55"}';
    expect(readTexts(okx, ["tickers"], [answer, fixtures.MARK_PRICE]).outcomes).toEqual(["other", "other"]);
  });

  test.each([
    ["ts is not a Unix time", fixtures.MARK_PRICE.replace('"1763712000500"', '"now"')],
    ["side is neither buy nor sell", fixtures.LIQUIDATION_ORDERS.replace('"side":"sell"', '"side":"net"')],
    ["2 is missing", fixtures.CANDLE.replace('"85500"', '""')],
  ])("refuses a record: %s", (detail, text) => {
    const { refusals } = readTexts(okx, ALL, [text]);
    expect(refusals).toMatchObject([{ reason: "malformed", frameIndex: 0 }]);
    expect(refusals[0]?.detail).toContain(detail);
  });
});

test("channels are asked for by instrument, by its kind, by its index, or by nothing", () => {
  const channels = ["tickers", "funding-rate", "index-tickers", "liquidation-orders", "instruments", "status"];
  const frames = okx.subscribe(["BTC-USDT", "BTC-USDT-SWAP"], channels);
  expect(frames.flatMap((text) => JSON.parse(text).args)).toEqual([
    { channel: "tickers", instId: "BTC-USDT" },
    { channel: "tickers", instId: "BTC-USDT-SWAP" },
    { channel: "funding-rate", instId: "BTC-USDT-SWAP" },
    { channel: "index-tickers", instId: "BTC-USDT" },
    { channel: "liquidation-orders", instType: "MARGIN" },
    { channel: "liquidation-orders", instType: "SWAP" },
    { channel: "instruments", instType: "SPOT" },
    { channel: "instruments", instType: "SWAP" },
    { channel: "status" },
  ]);
});

const RECORDED = recorded("ws/other/okx-20220513.jsonl.gz");
test.skipIf(RECORDED === undefined)("recorded: 28 tickers, none refused", () => {
  const kept = readFrames(okx, ALL, RECORDED ?? []);
  expect([kept.refusals, kept.tickers.length, tally(kept.outcomes)["venue-data"]]).toEqual([[], 28, 28]);
});
