import { describe, expect, test } from "vitest";
import { formatShortest, parseInstrument } from "../../domain/index.ts";
import { countOutcomes, decodeFrames, decodeTexts, recordedFrames } from "../decode/test-decode.ts";
import type { Feed } from "../feed.ts";
import { binance, binanceCoinm, binanceUsdm } from "./binance.ts";
import * as fixtures from "./fixtures.ts";

function decode(feed: Feed, symbols: readonly string[], frames: readonly string[], channels = ["trade"]) {
  return decodeTexts(feed, { symbols, channels }, frames);
}

const SPOT = ["BTC-USDT-SPOT", "ETH-USDT-SPOT"];

describe("binance", () => {
  test("a spot trade becomes a row: m says that the buyer rested, T is when it happened", () => {
    const { outcomes, trades } = decode(binance, SPOT, [fixtures.SPOT_TRADE, fixtures.SPOT_TRADE_BARE]);
    expect(outcomes).toEqual(["trades", "trades"]);
    expect(trades[0]).toMatchObject({
      venue: "binance",
      rawSymbol: "BTCUSDT",
      symbol: "BTC-USDT-SPOT",
      tradeId: "5500000001",
      price: { mantissa: 8_501_234_000_000n, scale: 8 },
      size: { mantissa: 1_500_000n, scale: 8 },
      takerSide: "sell",
      eventTimeNs: 1_763_712_000_104_000_000n,
      sequence: 5_500_000_001n,
      executions: 1,
      flags: [],
    });
    expect(trades[1]).toMatchObject({ tradeId: "5500000002", takerSide: "buy" });
  });

  test("times of 16 digits are microseconds, and order ids are ignored", () => {
    const { trades } = decode(binance, SPOT, [fixtures.SPOT_TRADE_OLD]);
    expect(trades[0]).toMatchObject({ symbol: "ETH-USDT-SPOT", eventTimeNs: 1_763_712_000_104_999_000n });
  });

  test("an aggregate is one row for its executions, under an id of its own", () => {
    const { trades } = decode(binance, SPOT, [fixtures.SPOT_AGGREGATE], ["aggTrade"]);
    expect(trades[0]).toMatchObject({
      tradeId: "a3300000001",
      sequence: 3_300_000_001n,
      executions: 5,
      flags: ["aggregated"],
    });
  });

  test("a channel that is not asked for is market data of another channel", () => {
    expect(decode(binance, SPOT, [fixtures.SPOT_AGGREGATE, fixtures.SPOT_TRADE], ["aggTrade"]).outcomes).toEqual([
      "trades",
      "other",
    ]);
    expect(decode(binance, SPOT, [fixtures.SPOT_AGGREGATE]).outcomes).toEqual(["other"]);
  });

  test("an execution is a trade once: beside raw trades, aggregates are market data of another channel", () => {
    const both = decode(binance, SPOT, [fixtures.SPOT_TRADE, fixtures.SPOT_AGGREGATE], ["aggTrade", "trade"]);
    expect(both.outcomes).toEqual(["trades", "other"]);
    expect(both.trades.map(({ tradeId, executions }) => [tradeId, executions])).toEqual([["5500000001", 1]]);
    const alone = decode(binance, SPOT, [fixtures.SPOT_TRADE, fixtures.SPOT_AGGREGATE], ["aggTrade", "depth"]);
    expect(alone.outcomes).toEqual(["other", "trades"]);
    expect(alone.trades.map(({ tradeId, executions }) => [tradeId, executions])).toEqual([["a3300000001", 5]]);
  });

  test("insurance fund prints are rows that say they are no market trades", () => {
    const { trades } = decode(
      binanceUsdm,
      ["BTC-USDT-PERP"],
      [fixtures.FUTURES_TRADE, fixtures.FUTURES_INSURANCE_FUND],
    );
    expect(trades.map((trade) => trade.flags)).toEqual([[], ["nonMarket"]]);
  });

  test("an id without a trade, price and size 0, is refused", () => {
    const { outcomes, trades, refusals } = decode(binanceUsdm, ["BTC-USDT-PERP"], [fixtures.FUTURES_NOTHING]);
    expect([outcomes, trades]).toEqual([["trades"], []]);
    expect(refusals).toMatchObject([{ reason: "non_positive_price", rawSymbol: "BTCUSDT", frameIndex: 0 }]);
  });

  test("sizes on COIN-M say that they count contracts", () => {
    const { trades } = decode(binanceCoinm, ["BTC-USD:BTC-PERP"], [fixtures.COINM_TRADE]);
    expect(trades[0]).toMatchObject({ size: { mantissa: 400_000_000n, scale: 8 }, flags: ["contracts"] });
  });

  test.each([
    [fixtures.BOOK_TICKER, "other", undefined],
    [fixtures.DEPTH, "other", undefined],
    [fixtures.ACCEPTED, "control", undefined],
    ['{"e":"serverShutdown","E":1763712000110}', "control", undefined],
    [fixtures.REFUSED, "refused", "venue_error"],
    ['{"e":"wonder","E":1}', "refused", "unknown_message"],
    ["hello", "refused", "malformed"],
    ["17", "refused", "malformed"],
  ])("%s is %s", (text, outcome, reason) => {
    const { outcomes, refusals } = decode(binance, SPOT, [text]);
    expect(outcomes).toEqual([outcome]);
    expect(refusals.map((refusal) => refusal.reason)).toEqual(reason === undefined ? [] : [reason]);
  });

  test.each([
    ["unknown_symbol", fixtures.SPOT_TRADE.replace('"BTCUSDT"', '"XRPUSDT"')],
    ["inexact_price", fixtures.SPOT_TRADE.replace("85012.34000000", "85012.340000001")],
    ["inexact_size", fixtures.SPOT_TRADE.replace("0.01500000", "1e-9")],
    ["out_of_range_price", fixtures.SPOT_TRADE.replace("85012.34000000", "10000000000")],
    ["out_of_range_size", fixtures.SPOT_TRADE.replace("0.01500000", "1e10")],
    ["non_positive_price", fixtures.SPOT_TRADE.replace("85012.34000000", "-1")],
    ["non_positive_size", fixtures.SPOT_TRADE.replace("0.01500000", "0.000")],
    ["malformed", fixtures.SPOT_TRADE.replace('"p":"85012.34000000"', '"p":85012.34')],
    ["malformed", fixtures.SPOT_TRADE.replace('"m":true', '"m":"true"')],
    ["malformed", fixtures.SPOT_TRADE.replace('"t":5500000001,', "")],
  ])("refuses a trade as %s", (reason, text) => {
    // The first frame makes the listing, so that its unit is not chosen for the odd one.
    const { trades, refusals } = decode(binance, SPOT, [fixtures.SPOT_TRADE_BARE, text]);
    expect(trades).toHaveLength(1);
    expect(refusals.map((refusal) => refusal.reason)).toEqual([reason]);
  });

  test("ids beyond 64 bits are kept as text", () => {
    const text = fixtures.SPOT_TRADE.replace("5500000001", "9223372036854775808");
    expect(decode(binance, SPOT, [text]).trades[0]).toMatchObject({ tradeId: "9223372036854775808", sequence: 0n });
  });
});

test("canonical instruments are spelled as each Binance market spells them", () => {
  const spelled = (feed: Feed, id: string) => feed.rawSymbol(parseInstrument(id));
  expect(spelled(binance, "BTC-USDT-SPOT")).toBe("BTCUSDT");
  expect(spelled(binance, "BTC-USDT-PERP")).toBeUndefined();
  expect(spelled(binanceUsdm, "BTC-USDT-PERP")).toBe("BTCUSDT");
  expect(spelled(binanceUsdm, "BTC-USDT-FUT-20261225")).toBe("BTCUSDT_261225");
  expect(spelled(binanceUsdm, "BTC-USD:BTC-PERP")).toBeUndefined();
  expect(spelled(binanceCoinm, "BTC-USD:BTC-PERP")).toBe("BTCUSD_PERP");
  expect(spelled(binanceCoinm, "BTC-USD:BTC-FUT-20261225")).toBe("BTCUSD_261225");
});

test("requests and answers of Binance count streams", () => {
  const symbols = Array.from({ length: 201 }, (_, index) => `A${index}USDT`);
  const frames = binance.subscribe(symbols, ["trade"]);
  expect(frames.map((text) => JSON.parse(text).params.length)).toEqual([200, 1]);
  expect(JSON.parse(frames[0] ?? "")).toMatchObject({ method: "SUBSCRIBE", id: 1200 });
  expect(JSON.parse(frames[0] ?? "").params[0]).toBe("a0usdt@trade");
  expect(binance.readAnswer('{"result":null,"id":1200}')).toEqual({ kind: "accepted", count: 200 });
  expect(binance.readAnswer(fixtures.REFUSED)).toMatchObject({ kind: "refused" });
  expect(binance.readAnswer(fixtures.SPOT_TRADE)).toBeUndefined();
});

const HFT = "ws/binance/hftbacktest";
/** Captures: how many trades, and how much base currency (contracts) they trade, as their README verified. */
const CAPTURES = [
  [binanceUsdm, ["BTC-USDT-PERP"], [`${HFT}/usdm_btcusdt_20240808.gz`], 21_313, "2429.366"],
  [
    binance,
    ["BTC-USDT-SPOT"],
    [`${HFT}/spot_btcusdt_20240808.gz`, `${HFT}/spot_btcusdt_20240809.gz`],
    19_904,
    "437.91552",
  ],
  [
    binanceUsdm,
    ["BTC-USDT-PERP"],
    [`${HFT}/usdm_btcusdt_20230404.dat.gz`, `${HFT}/usdm_btcusdt_20230405.dat.gz`],
    12_935,
    "1189.086",
  ],
  [binanceCoinm, ["BTC-USD:BTC-PERP"], [`${HFT}/cm_btcusd_perp_20240808.gz`], 2286, "83241"],
] as const;

describe.each(CAPTURES)("recorded %#", (feed, symbols, paths, count, volume) => {
  const frames = recordedFrames(...paths);

  test.skipIf(frames === undefined)(`${feed.id} ${paths[0]}: every trade, none refused`, () => {
    const decoded = decodeFrames(feed, { symbols }, frames ?? []);
    const { trades, refusals } = decoded;
    expect(refusals).toEqual([]);
    expect(countOutcomes(decoded)).toEqual({ trades: count, other: (frames?.length ?? 0) - count });
    expect(trades).toHaveLength(count);
    const first = trades[0]?.sequence ?? 0n;
    expect(trades.every((trade, index) => trade.sequence === first + BigInt(index))).toBe(true);
    const traded = trades.reduce((sum, trade) => sum + trade.size.mantissa, 0n);
    expect(formatShortest({ mantissa: traded, scale: 8 })).toBe(volume);
    const nonMarket = trades.filter((trade) => trade.flags.includes("nonMarket"));
    expect(nonMarket.map((trade) => trade.tradeId)).toEqual(count === 12_935 ? ["3535191080"] : []);
  });
});

/** Captures of aggregates: rows, and how many executions they stand for in all. */
const AGGREGATES = [
  [binance, ["NKN-USDT-SPOT", "BLZ-ETH-SPOT", "LRC-BTC-SPOT", "RUNE-EUR-SPOT"], "cryptofeed-spot-20211011", 2],
  [
    binanceUsdm,
    ["SUSHI-USDT-PERP", "AKRO-USDT-PERP", "KEEP-USDT-PERP", "CTK-USDT-PERP"],
    "cryptofeed-usdm-20210722",
    91,
  ],
  [binance, ["BTC-USDT-SPOT", "ETH-USDT-SPOT", "DOT-USDT-SPOT"], "cryptofeed-spot-btc-eth-dot-20210404", 1910],
] as const;

describe.each(AGGREGATES)("recorded aggregates %#", (feed, symbols, name, count) => {
  const frames = recordedFrames(`ws/binance/${name}.jsonl.gz`);

  test.skipIf(frames === undefined)(`${feed.id} ${name}: every aggregate, in the order of its ids`, () => {
    const decoded = decodeFrames(feed, { symbols, channels: ["aggTrade"] }, frames ?? []);
    expect(decoded.refusals).toEqual([]);
    expect(countOutcomes(decoded)).toEqual({ trades: count, other: (frames?.length ?? 0) - count });
    expect(decoded.trades.every((trade) => trade.tradeId === `a${trade.sequence}`)).toBe(true);
    expect(decoded.trades.every((trade) => trade.executions >= 1 && trade.flags.includes("aggregated"))).toBe(true);
    for (const symbol of symbols) {
      const ids = decoded.trades.filter((trade) => trade.symbol === symbol).map((trade) => trade.sequence);
      expect(ids).toEqual([...ids].sort((a, b) => Number(a - b)));
    }
  });
});
