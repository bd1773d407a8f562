import { describe, expect, test } from "vitest";
import { readFrames, readTexts, recorded, tally } from "../venue-data/test-venue-data.ts";
import { bybit, bybitInverse, bybitLinear } from "./bybit.ts";
import * as fixtures from "./venue-data-fixtures.ts";

describe("Bybit beside trades and books", () => {
  test("spot's tickers are whole each time, and hold no funding", () => {
    const { tickers, fundings } = readTexts(bybit, ["tickers"], [fixtures.SPOT_TICKERS]);
    expect(fundings).toEqual([]);
    expect(tickers).toMatchObject([
      {
        channel: "tickers",
        rawSymbol: "BTCUSDT",
        eventTimeUs: 1_763_712_000_853_000,
        sequence: 2_588_407_389,
        isDelta: false,
        last: "85012.34",
        open: "85825",
        volume: "6780.866843",
        quoteVolume: "577410000.84",
      },
    ]);
  });

  test("a snapshot of a contract is a ticker and its funding, a delta what it names of them", () => {
    const frames = [fixtures.LINEAR_TICKERS, fixtures.LINEAR_TICKERS_DELTA, fixtures.LINEAR_TICKERS_DIRECTION];
    const { tickers, fundings, outcomes, refusals } = readTexts(bybitLinear, ["tickers"], frames);
    expect([outcomes, refusals]).toEqual([["venue-data", "venue-data", "venue-data"], []]);
    expect(tickers).toMatchObject([{ bid: "85012.20", bidSize: "5.954", isDelta: false, frameIndex: 0 }]);
    expect(fundings).toMatchObject([
      {
        isDelta: false,
        frameIndex: 1,
        fundingRate: "-0.0001",
        nextFundingTimeUs: 1_763_740_800_000_000,
        markPrice: "85017.44",
        indexPrice: "85037.76",
        openInterest: "59891.732",
        openInterestValue: "5091837226.01",
      },
      { isDelta: true, frameIndex: 0, markPrice: "85017.43", indexPrice: undefined, fundingRate: undefined },
    ]);
  });

  test("an inverse contract that expires has no funding rate; its turnover is no quote volume", () => {
    const { tickers, fundings } = readTexts(bybitInverse, ["tickers"], [fixtures.INVERSE_TICKERS]);
    expect(tickers).toMatchObject([{ rawSymbol: "BTCUSDZ26", volume: "8041559", quoteVolume: undefined }]);
    expect(fundings).toMatchObject([
      { fundingRate: undefined, nextFundingTimeUs: undefined, settlePrice: undefined, markPrice: "86023.60" },
    ]);
  });

  test("candles are of the topic's symbol and interval", () => {
    expect(readTexts(bybitLinear, ["kline.60"], [fixtures.KLINE]).candles).toMatchObject([
      {
        channel: "kline.60",
        rawSymbol: "BTCUSDT",
        interval: "1h",
        startUs: 1_763_712_000_000_000,
        eventTimeUs: 1_763_712_018_440_000,
        volume: "1.576",
        quoteVolume: "134147.995",
        isClosed: false,
      },
    ]);
    expect(readTexts(bybitLinear, ["kline.1"], [fixtures.KLINE]).outcomes).toEqual(["other"]);
  });

  test("a long position that is liquidated is sold, at the price of its bankruptcy", () => {
    const { liquidations } = readTexts(
      bybitLinear,
      ["allLiquidation", "liquidation"],
      [fixtures.ALL_LIQUIDATION, fixtures.LIQUIDATION],
    );
    expect(liquidations).toMatchObject([
      { channel: "allLiquidation", side: "sell", price: "84456.10", size: "0.846", priceKind: "bankruptcy" },
      { channel: "allLiquidation", side: "buy", price: "86000", size: "2", frameIndex: 1 },
      { channel: "liquidation", rawSymbol: "GALAUSDT", side: "sell", eventTimeUs: 1_673_251_091_822_000 },
    ]);
  });

  test("what is wrong with the ticker of a message leaves its funding", () => {
    const text = fixtures.LINEAR_TICKERS.replace('"bid1Size":"5.954"', '"bid1Size":"many"');
    const { tickers, fundings, refusals } = readTexts(bybitLinear, ["tickers"], [text]);
    expect([tickers.length, fundings.length]).toEqual([0, 1]);
    expect(refusals).toMatchObject([{ reason: "malformed", rawSymbol: "BTCUSDT", frameIndex: 0 }]);
    const untyped = fixtures.LINEAR_TICKERS.replace('"type":"snapshot"', '"type":"other"');
    expect(readTexts(bybitLinear, ["tickers"], [untyped]).outcomes).toEqual(["refused"]);
  });

  test("topics are a channel and a symbol", () => {
    const [request = ""] = bybitLinear.subscribe(["BTCUSDT"], ["tickers", "kline.D", "allLiquidation"]);
    expect(JSON.parse(request).args).toEqual(["tickers.BTCUSDT", "kline.D.BTCUSDT", "allLiquidation.BTCUSDT"]);
    expect(bybit.venueData?.channels.some(({ kinds }) => kinds.includes("funding"))).toBe(false);
  });
});

const LINEAR = recorded("ws/bybit/v5-linear-20260809.jsonl.gz");
test.skipIf(LINEAR === undefined)("recorded of linear contracts: 758 tickers and 71 candles, none refused", () => {
  const channels = (bybitLinear.venueData?.channels ?? []).map(({ name }) => name);
  const kept = readFrames(bybitLinear, channels, LINEAR ?? []);
  expect(kept.refusals).toEqual([]);
  expect(tally(kept.outcomes)["venue-data"]).toBe(758 + 71);
  expect([kept.tickers.length, kept.fundings.length, kept.candles.length]).toEqual([640, 156, 75]);
  const whole = kept.tickers.filter(({ isDelta }) => isDelta === false);
  expect(whole.map(({ rawSymbol }) => rawSymbol).sort()).toEqual(["BTCUSDT", "DOGEUSDT", "ETHUSDT", "SOLUSDT"]);
  expect(whole.every((ticker) => ticker.quoteVolume !== undefined && ticker.open !== undefined)).toBe(true);
});
