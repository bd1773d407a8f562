import { describe, expect, test } from "vitest";
import { parseInstrument } from "../../domain/index.ts";
import { countOutcomes, decodeFrames, decodeTexts, recordedFrames } from "../decode/test-decode.ts";
import * as fixtures from "./fixtures.ts";
import { kraken, krakenV1 } from "./kraken.ts";

const SYMBOLS = ["BTC-USD-SPOT", "DOGE-USD-SPOT"];

describe("kraken v2", () => {
  test("a trade becomes a row: side is the taker's, numbers keep their digits", () => {
    const { outcomes, trades } = decodeTexts(kraken, { symbols: SYMBOLS }, [fixtures.V2_UPDATE, fixtures.V2_UPDATE]);
    expect(outcomes).toEqual(["trades", "trades"]);
    expect(trades[0]).toMatchObject({
      venue: "kraken",
      rawSymbol: "BTC/USD",
      symbol: "BTC-USD-SPOT",
      tradeId: "77000001",
      price: { mantissa: 8_501_230_000_000n, scale: 8 },
      size: { mantissa: 1_500_000n, scale: 8 },
      takerSide: "sell",
      eventTimeNs: 1_763_712_000_104_123_000n,
      sequence: 77_000_001n,
      frameIndex: 0,
      flags: [],
    });
    expect(trades[1]).toMatchObject({ takerSide: "buy", frameIndex: 1 });
    // The first frame taught the fast path the symbol; the second took it.
    expect(trades.slice(2)).toEqual(trades.slice(0, 2));
  });

  test("a number that a double would round, and one with an exponent, stay exact", () => {
    const { trades } = decodeTexts(kraken, { symbols: SYMBOLS }, [fixtures.V2_EXACT]);
    expect(trades[0]).toMatchObject({
      price: { mantissa: 9_007_199_254_740_993n, scale: 8 },
      size: { mantissa: 5_000n, scale: 8 },
    });
  });

  test("trades of a snapshot say that they are from before", () => {
    const { trades } = decodeTexts(kraken, { symbols: SYMBOLS }, [fixtures.V2_SNAPSHOT]);
    expect(trades[0]).toMatchObject({ flags: ["snapshot"], eventTimeNs: 1_763_711_999_900_000_000n });
  });

  test("one bad record of a frame is refused and the others go on", () => {
    const spoiled = fixtures.V2_UPDATE.replace('"side":"sell"', '"side":"short"');
    const { outcomes, trades, refusals } = decodeTexts(kraken, { symbols: SYMBOLS }, [spoiled]);
    expect(outcomes).toEqual(["trades"]);
    expect(trades).toMatchObject([{ tradeId: "77000002", frameIndex: 1 }]);
    expect(refusals).toMatchObject([{ reason: "malformed", rawSymbol: "BTC/USD", frameIndex: 0 }]);
  });

  test.each([
    [fixtures.V2_HEARTBEAT, "control", undefined],
    [fixtures.V2_STATUS, "control", undefined],
    [fixtures.V2_ACCEPTED, "control", undefined],
    ['{"channel":"trade","type":"update","data":[]}', "control", undefined],
    [fixtures.V2_BOOK, "other", undefined],
    [fixtures.V2_REFUSED, "refused", "venue_error"],
    ['{"channel":"weather","data":[]}', "refused", "unknown_message"],
    ['{"channel":"trade"}', "refused", "malformed"],
  ])("%s is %s", (text, outcome, reason) => {
    const { outcomes, refusals } = decodeTexts(kraken, { symbols: SYMBOLS }, [text]);
    expect(outcomes).toEqual([outcome]);
    expect(refusals.map((refusal) => refusal.reason)).toEqual(reason === undefined ? [] : [reason]);
  });
});

describe("kraken v1", () => {
  test("a trade becomes a row under an id made of what the venue wrote", () => {
    const { trades } = decodeTexts(krakenV1, { symbols: SYMBOLS }, [fixtures.V1_TRADES, fixtures.V1_TRADES]);
    expect(trades.slice(0, 3)).toMatchObject([
      {
        symbol: "BTC-USD-SPOT",
        rawSymbol: "XBT/USD",
        tradeId: "1763712000.104123/85012.30000/0.01500000/sm",
        takerSide: "sell",
        eventTimeNs: 1_763_712_000_104_123_000n,
        sequence: 0n,
        flags: ["syntheticId"],
      },
      { tradeId: "1763712000.104124/85012.40000/1.25000000/bl", takerSide: "buy", frameIndex: 1 },
      { tradeId: "1763712000.104124/85012.40000/1.25000000/bl/1", takerSide: "buy", frameIndex: 2 },
    ]);
    expect(trades.slice(3)).toEqual(trades.slice(0, 3));
  });

  test.each([
    [fixtures.V1_HEARTBEAT, "control", undefined],
    [fixtures.V1_STATUS, "control", undefined],
    [fixtures.V1_ACCEPTED, "control", undefined],
    [fixtures.V1_TICKER, "other", undefined],
    [fixtures.V1_BOOK, "other", undefined],
    [fixtures.V1_REFUSED, "refused", "venue_error"],
    ['[1,[],"weather","XBT/USD"]', "refused", "unknown_message"],
    ["[1,2]", "refused", "malformed"],
  ])("%s is %s", (text, outcome, reason) => {
    const { outcomes, refusals } = decodeTexts(krakenV1, { symbols: SYMBOLS }, [text]);
    expect(outcomes).toEqual([outcome]);
    expect(refusals.map((refusal) => refusal.reason)).toEqual(reason === undefined ? [] : [reason]);
  });
});

test("v1 and v2 spell bitcoin and dogecoin each in its own way", () => {
  const bitcoin = parseInstrument("BTC-USD-SPOT");
  const dogecoin = parseInstrument("DOGE-BTC-SPOT");
  expect([kraken, krakenV1].map((feed) => feed.rawSymbol(bitcoin))).toEqual(["BTC/USD", "XBT/USD"]);
  expect([kraken, krakenV1].map((feed) => feed.rawSymbol(dogecoin))).toEqual(["DOGE/BTC", "XDG/XBT"]);
  expect(kraken.rawSymbol(parseInstrument("BTC-USD-PERP"))).toBeUndefined();
});

test("requests and answers of Kraken count symbols", () => {
  expect(kraken.subscribe(["BTC/USD", "ETH/USD"], ["trade"]).map((text) => JSON.parse(text))).toEqual([
    { method: "subscribe", params: { channel: "trade", symbol: ["BTC/USD", "ETH/USD"], snapshot: true }, req_id: 1 },
  ]);
  expect(krakenV1.subscribe(["XBT/USD"], ["trade"]).map((text) => JSON.parse(text))).toEqual([
    { event: "subscribe", reqid: 1, pair: ["XBT/USD"], subscription: { name: "trade" } },
  ]);
  expect(kraken.readAnswer(fixtures.V2_ACCEPTED)).toEqual({ kind: "accepted", count: 1 });
  expect(kraken.readAnswer(fixtures.V2_REFUSED)).toEqual({
    kind: "refused",
    reason: "Currency pair not supported BTC/XXX",
  });
  expect(krakenV1.readAnswer(fixtures.V1_ACCEPTED)).toEqual({ kind: "accepted", count: 1 });
  expect(krakenV1.readAnswer(fixtures.V1_REFUSED)).toMatchObject({ kind: "refused" });
  expect([kraken.readAnswer(fixtures.V2_UPDATE), krakenV1.readAnswer(fixtures.V1_TRADES)]).toEqual([
    undefined,
    undefined,
  ]);
});

const V1_PAIRS = [
  "KSM-BTC",
  "XMR-USD",
  "ETH-CHF",
  "OMG-USD",
  "GRT-ETH",
  "WAVES-EUR",
  "ADA-BTC",
  "BTC-CHF",
  "SC-EUR",
  "OCEAN-BTC",
];
const v1Frames = recordedFrames("ws/kraken/v1/cryptofeed-kraken-20210417.jsonl.gz");

test.skipIf(v1Frames === undefined)("recorded v1: 10 trades in 8 frames, none refused", () => {
  const symbols = V1_PAIRS.map((pair) => `${pair}-SPOT`);
  const decoded = decodeFrames(krakenV1, { symbols }, v1Frames ?? []);
  expect(decoded.refusals).toEqual([]);
  expect(countOutcomes(decoded)).toEqual({ trades: 8, control: 125, other: 4297 });
  expect(decoded.trades).toHaveLength(10);
  expect(new Set(decoded.trades.map((trade) => trade.tradeId)).size).toBe(10);
});

const v2Frames = recordedFrames(
  "ws/kraken/v2-book/kraken_btcusd_l2.jsonl.gz",
  "ws/kraken/v2-book/kraken_btcusd_sample.jsonl.gz",
  "ws/kraken/v2-book/kraken_ethusd_sample.jsonl.gz",
);

test.skipIf(v2Frames === undefined)("recorded v2 books: every frame has its outcome, and none is a trade", () => {
  const decoded = decodeFrames(kraken, { symbols: SYMBOLS }, v2Frames ?? []);
  expect(decoded.refusals).toEqual([]);
  expect(decoded.trades).toEqual([]);
  expect(countOutcomes(decoded)["other"]).toBe(301 + 2052 + 1129);
});
