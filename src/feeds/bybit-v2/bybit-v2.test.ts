import { describe, expect, test } from "vitest";
import { parseInstrument } from "../../domain/index.ts";
import { countOutcomes, decodeFrames, decodeTexts, recordedFrames } from "../decode/test-decode.ts";
import { bybitV2 } from "./bybit-v2.ts";
import * as fixtures from "./fixtures.ts";

const SYMBOLS = ["BTC-USD:BTC-PERP", "ETH-USD:ETH-PERP"];

describe("bybit-v2", () => {
  test("trades become rows of the inverse market: sizes in contracts, cross_seq the order", () => {
    const { outcomes, trades } = decodeTexts(bybitV2, { symbols: SYMBOLS }, [fixtures.TRADES]);
    expect(outcomes).toEqual(["trades"]);
    expect(trades).toMatchObject([
      {
        venue: "bybit-inverse",
        symbol: "BTC-USD:BTC-PERP",
        rawSymbol: "BTCUSD",
        tradeId: "6f2c8d77-911c-547d-97b2-1922557ffe50",
        price: { mantissa: 6_062_150_000_000n, scale: 8 },
        size: { mantissa: 400_000_000n, scale: 8 },
        takerSide: "sell",
        eventTimeNs: 1_618_677_786_614_000_000n,
        sequence: 5_938_955_301n,
        frameIndex: 0,
        flags: ["contracts"],
      },
      { takerSide: "buy", frameIndex: 1, sequence: 5_938_955_301n, flags: ["contracts"] },
    ]);
  });

  test("trades of 2019 have their time in whole seconds", () => {
    const { trades } = decodeTexts(bybitV2, { symbols: SYMBOLS }, [fixtures.TRADES_OLD]);
    expect(trades).toMatchObject([{ rawSymbol: "ETHUSD", eventTimeNs: 1_573_044_652_000_000_000n }]);
  });

  test.each([
    [fixtures.ACCEPTED, "control", undefined],
    [fixtures.PONG, "control", undefined],
    [fixtures.ORDER_BOOK, "other", undefined],
    [fixtures.REFUSED, "refused", "venue_error"],
    ['{"topic":"publicTrade.BTCUSD","data":[]}', "refused", "unknown_message"],
    ['{"topic":"trade.BTCUSD"}', "refused", "malformed"],
  ])("%s is %s", (text, outcome, reason) => {
    const { outcomes, refusals } = decodeTexts(bybitV2, { symbols: SYMBOLS }, [text]);
    expect(outcomes).toEqual([outcome]);
    expect(refusals.map((refusal) => refusal.reason)).toEqual(reason === undefined ? [] : [reason]);
  });
});

test("an inverse contract is spelled as in v5", () => {
  expect(bybitV2.rawSymbol(parseInstrument("EOS-USD:EOS-PERP"))).toBe("EOSUSD");
  expect(bybitV2.rawSymbol(parseInstrument("BTC-USD:BTC-FUT-20210625"))).toBe("BTCUSDM21");
  expect(bybitV2.rawSymbol(parseInstrument("BTC-USDT-PERP"))).toBeUndefined();
});

test("requests hold ten topics, and answers repeat them", () => {
  const symbols = Array.from({ length: 12 }, (_, index) => `A${index}USD`);
  const requests = bybitV2.subscribe(symbols, ["trade"]).map((text) => JSON.parse(text));
  expect(requests.map(({ op, args }) => [op, args.length, args[0]])).toEqual([
    ["subscribe", 10, "trade.A0USD"],
    ["subscribe", 2, "trade.A10USD"],
  ]);
  expect(bybitV2.readAnswer(fixtures.ACCEPTED)).toEqual({ kind: "accepted", count: 2 });
  expect(bybitV2.readAnswer(fixtures.REFUSED)).toEqual({
    kind: "refused",
    reason: "error:handler not found,topic:gossip.BTCUSD",
  });
  expect(bybitV2.readAnswer(fixtures.PONG)).toBeUndefined();
  expect(bybitV2.readAnswer(fixtures.TRADES)).toBeUndefined();
});

const frames = recordedFrames("ws/bybit/v2-inverse-20210417.jsonl.gz");

test.skipIf(frames === undefined)("recorded: 150 trades in 76 frames, none refused", () => {
  const decoded = decodeFrames(bybitV2, { symbols: ["BTC-USD:BTC-PERP", "EOS-USD:EOS-PERP"] }, frames ?? []);
  expect(decoded.refusals).toEqual([]);
  expect(countOutcomes(decoded)).toEqual({ trades: 76, control: 4, other: 1018 });
  expect(decoded.trades).toHaveLength(150);
  expect(new Set(decoded.trades.map((trade) => trade.tradeId)).size).toBe(150);
  expect(decoded.trades.filter((trade) => trade.rawSymbol === "EOSUSD")).toHaveLength(19);
  // Contracts of 1 USD: no size is broken.
  expect(decoded.trades.every((trade) => trade.size.mantissa % 100_000_000n === 0n)).toBe(true);
});
