import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../base/index.ts";
import { runFeed } from "../feed-run.ts";
import { feedById } from "../registry.ts";
import { testRunOptions } from "../test-feed.ts";
import { channelsOfWords } from "./channel-words.ts";

const WORDS = ["tickers", "candles-5m", "funding", "liquidations", "status"];

describe("words for channels", () => {
  test.each([
    ["binance", ["ticker", "kline_5m", "funding", "liquidations", "exchangeInfo"]],
    [
      "binance-usdm",
      ["ticker", "kline_5m", ...["markPrice@1s", "openInterest"], "forceOrder", ...["!contractInfo", "exchangeInfo"]],
    ],
    ["kraken", ["ticker", "ohlc-5", "funding", "liquidations", "instrument", "status"]],
    ["kraken-v1", ["ticker", "ohlc-5", "funding", "liquidations", "systemStatus"]],
    ["coinbase", ["ticker", "candles", "funding", "liquidations", "status"]],
    ["bybit-linear", ["tickers", "kline.5", "allLiquidation", "instruments-info"]],
    [
      "okx",
      [
        "tickers",
        "candle5m",
        ...["funding-rate", "mark-price", "index-tickers", "open-interest"],
        "liquidation-orders",
        ...["instruments", "status"],
      ],
    ],
  ])("on %s stand for %j", (id, meant) => {
    expect(channelsOfWords(feedById(id), WORDS)).toEqual(meant);
  });

  test("candles are of a minute unless an interval is named, or there is but one", () => {
    expect(channelsOfWords(feedById("bybit"), ["publicTrade", "candles", "candles-1d"])).toEqual([
      "publicTrade",
      "kline.1",
      "kline.D",
    ]);
    expect(channelsOfWords(feedById("coinbase"), ["candles"])).toEqual(["candles"]);
    // By the clock of Greenwich, as the same day is on other venues.
    expect(channelsOfWords(feedById("okx"), ["candles-1d"])).toEqual(["candle1Dutc"]);
  });

  test("a word for what the venue does not tell is refused by name", () => {
    const feed = feedById("binance");
    const channels = channelsOfWords(feed, ["trade", "funding", "candles-7m"]);
    expect(channels).toEqual(["trade", "funding", "candles-7m"]);
    expect(() => runFeed(testRunOptions({ feed, channels }))).toThrow(InvalidInputError);
    expect(() => runFeed(testRunOptions({ feed, channels }))).toThrow(/it has no channel funding, candles-7m/);
  });
});
