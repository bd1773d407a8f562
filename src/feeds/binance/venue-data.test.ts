import { describe, expect, test } from "vitest";
import { readFrames, readTexts, recorded, tally } from "../venue-data/test-venue-data.ts";
import { binance, binanceCoinm, binanceUsdm } from "./binance.ts";
import { ACCEPTED, BOOK_TICKER, SPOT_TRADE } from "./fixtures.ts";
import * as fixtures from "./venue-data-fixtures.ts";

describe("Binance beside trades and books", () => {
  test("a ticker is of the last 24 hours, with the digits that the venue wrote", () => {
    const { tickers, refusals } = readTexts(binance, ["ticker"], [fixtures.SPOT_TICKER]);
    expect(refusals).toEqual([]);
    expect(tickers).toEqual([
      {
        channel: "ticker",
        rawSymbol: "BTCUSDT",
        eventTimeUs: 1_763_712_000_500_000,
        frameIndex: 0,
        last: "85012.34000000",
        lastSize: "0.01500000",
        bid: "85012.33000000",
        bidSize: "31.21000000",
        ask: "85012.34000000",
        askSize: "40.66000000",
        open: "85825.00000000",
        high: "86100.00000000",
        low: "84700.50000000",
        volume: "12345.67890000",
        quoteVolume: "1054321987.65432100",
        vwap: "85400.12345678",
        trades: "1000001",
        previousClose: "85824.99000000",
        period: "24h",
      },
    ]);
  });

  test("on COIN-M volume counts contracts, and the base currency's is no quote volume", () => {
    const text = fixtures.MINI_TICKER.replaceAll("BTCUSDT", "BTCUSD_PERP");
    expect(readTexts(binanceCoinm, ["miniTicker"], [text]).tickers).toMatchObject([
      { rawSymbol: "BTCUSD_PERP", volume: "12345.678", quoteVolume: undefined },
    ]);
    expect(readTexts(binanceUsdm, ["miniTicker"], [fixtures.MINI_TICKER]).tickers).toMatchObject([
      { last: "85012.34", quoteVolume: "1054321987.65", bid: undefined, trades: undefined },
    ]);
    const { candles } = readTexts(binanceCoinm, ["kline_1m"], [fixtures.KLINE]);
    expect(candles).toMatchObject([{ volume: "12.50000000", quoteVolume: undefined, buyQuoteVolume: undefined }]);
  });

  test("a candle knows whether it is closed, and what of it takers bought", () => {
    const { candles } = readTexts(binance, ["kline_1m"], [fixtures.KLINE]);
    expect(candles).toMatchObject([
      {
        channel: "kline_1m",
        interval: "1m",
        startUs: 1_763_712_000_000_000,
        open: "85012.34000000",
        high: "85031.10000000",
        low: "85000.00000000",
        close: "85020.00000000",
        volume: "12.50000000",
        quoteVolume: "1062654.32100000",
        buyVolume: "7.25000000",
        buyQuoteVolume: "616400.00000000",
        trades: "480",
        firstTradeId: "5500000001",
        lastTradeId: "5500000480",
        isClosed: true,
      },
    ]);
    expect(readTexts(binanceUsdm, ["kline_1M"], [fixtures.KLINE_EMPTY]).candles).toMatchObject([
      { interval: "1mo", firstTradeId: undefined, lastTradeId: undefined, trades: "0", isClosed: false },
    ]);
  });

  test("mark price, index and funding; a contract that expires has no funding", () => {
    expect(readTexts(binanceUsdm, ["markPrice@1s"], [fixtures.MARK_PRICE]).fundings).toMatchObject([
      {
        channel: "markPrice@1s",
        markPrice: "85011.12345678",
        indexPrice: "85013.00000001",
        settlePrice: "85009.50000000",
        fundingRate: "-0.00001234",
        nextFundingTimeUs: 1_763_740_800_000_000,
        eventTimeUs: 1_763_712_001_000_000,
      },
    ]);
    expect(readTexts(binanceCoinm, ["markPrice"], [fixtures.MARK_PRICE_DELIVERY]).fundings).toMatchObject([
      { rawSymbol: "BTCUSD_261225", markPrice: "86011.1", fundingRate: undefined, nextFundingTimeUs: undefined },
    ]);
  });

  test("a liquidation is the order that ends the position, at its limit", () => {
    expect(readTexts(binanceUsdm, ["forceOrder"], [fixtures.FORCE_ORDER]).liquidations).toEqual([
      {
        channel: "forceOrder",
        rawSymbol: "BTCUSDT",
        eventTimeUs: 1_763_712_002_003_000,
        frameIndex: 0,
        side: "sell",
        price: "84500.10",
        size: "0.014",
        priceKind: "order",
        averagePrice: "84712.30",
        filledSize: "0.014",
        orderType: "LIMIT",
        orderStatus: "FILLED",
      },
    ]);
  });

  test("streams of all symbols tell of those alone that are configured", () => {
    const contract = readTexts(binanceUsdm, ["!contractInfo"], [fixtures.CONTRACT_INFO], ["BTCUSDT"]);
    expect(contract.statuses).toMatchObject([{ state: "halted", rawState: "SETTLING", rawSymbol: "BTCUSDT" }]);
    expect(readTexts(binanceUsdm, ["!contractInfo"], [fixtures.CONTRACT_INFO], ["ETHUSDT"])).toMatchObject({
      outcomes: ["venue-data"],
      statuses: [],
      refusals: [],
    });
    const all = readTexts(binanceUsdm, ["miniTicker"], [fixtures.ALL_MINI_TICKERS], ["ETHUSDT"]);
    expect(all.tickers).toMatchObject([{ rawSymbol: "ETHUSDT", last: "2800.1" }]);
  });

  test("bare frames tell by their event what they are of", () => {
    const bare = (text: string) => text.replace(/^\{"stream":"[^"]*","data":/, "").replace(/\}$/, "");
    const texts = [fixtures.SPOT_TICKER, fixtures.KLINE, fixtures.MARK_PRICE, fixtures.FORCE_ORDER].map(bare);
    const kept = readTexts(binanceUsdm, ["ticker", "kline_1m", "kline_5m", "markPrice", "forceOrder"], texts);
    expect(kept.outcomes).toEqual(["venue-data", "venue-data", "venue-data", "venue-data"]);
    expect(kept.fundings[0]?.channel).toBe("markPrice");
    expect(kept.candles[0]?.channel).toBe("kline_1m");
  });

  test("frames of channels that are not chosen, trades and answers are others", () => {
    const frames = [fixtures.KLINE, SPOT_TRADE, BOOK_TICKER, ACCEPTED, fixtures.MARK_PRICE];
    expect(readTexts(binanceUsdm, ["kline_5m", "ticker", "markPrice"], frames).outcomes).toEqual(
      frames.map(() => "other"),
    );
  });

  test.each([
    ["malformed", "E", fixtures.MARK_PRICE.replace('"E":1763712001000', '"E":"soon"')],
    ["malformed", "p", fixtures.MARK_PRICE.replace('"85011.12345678"', '"eighty"')],
    ["malformed", "i", fixtures.MARK_PRICE.replace('"85013.00000001"', "85013.00000001")],
    ["malformed", "T", fixtures.MARK_PRICE.replace("1763740800000", "1e99")],
  ])("a record is refused as %s for its %s", (reason, key, text) => {
    const { fundings, refusals } = readTexts(binanceUsdm, ["markPrice@1s"], [text, fixtures.MARK_PRICE]);
    expect(refusals).toMatchObject([{ reason, rawSymbol: "BTCUSDT", frameIndex: 0 }]);
    expect(refusals[0]?.detail).toMatch(new RegExp(`^${key} `));
    expect(fundings).toHaveLength(1);
  });

  test("a bad record leaves its neighbours", () => {
    const text = fixtures.ALL_MINI_TICKERS.replace('"c":"85012.34"', '"c":"-"');
    const { tickers, refusals } = readTexts(binance, ["miniTicker"], [text]);
    expect(tickers).toMatchObject([{ rawSymbol: "ETHUSDT", frameIndex: 1 }]);
    expect(refusals).toMatchObject([{ reason: "malformed", rawSymbol: "BTCUSDT", frameIndex: 0 }]);
  });
});

const HFT = "ws/binance/hftbacktest";

/** Recordings: frames of these channels, as their README counts them. */
const RECORDINGS = [
  [binanceUsdm, `${HFT}/usdm_btcusdt_20230404.dat.gz`, { fundings: 99, candles: 0 }],
  [binanceUsdm, `${HFT}/usdm_btcusdt_20230405.dat.gz`, { fundings: 415, candles: 0 }],
  [binance, "ws/binance/cryptofeed-spot-20211011.jsonl.gz", { fundings: 0, candles: 2 }],
  [binanceUsdm, "ws/binance/cryptofeed-usdm-20210722.jsonl.gz", { fundings: 0, candles: 67 }],
  [binance, "ws/binance/cryptofeed-spot-btc-eth-dot-20210404.jsonl.gz", { fundings: 0, candles: 118 }],
] as const;

describe.each(RECORDINGS)("recorded %#", (feed, path, expected) => {
  const frames = recorded(path);
  test.skipIf(frames === undefined)(`${feed.id} ${path}: every record, none refused`, () => {
    const channels = (feed.venueData?.channels ?? []).map(({ name }) => name);
    const kept = readFrames(feed, channels, frames ?? []);
    expect(kept.refusals).toEqual([]);
    expect({ fundings: kept.fundings.length, candles: kept.candles.length }).toEqual(expected);
    expect(tally(kept.outcomes)["venue-data"]).toBe(expected.fundings + expected.candles);
  });
});
