import { describe, expect, test } from "vitest";
import { parseInstrument } from "../../domain/index.ts";
import { countOutcomes, decodeFrames, decodeTexts, recordedFrames } from "../decode/test-decode.ts";
import { bybit, bybitInverse, bybitLinear } from "./bybit.ts";
import * as fixtures from "./fixtures.ts";

const LINEAR = ["BTC-USDT-PERP", "ETH-USDT-PERP", "SOL-USDT-PERP", "DOGE-USDT-PERP"];
const SPOT = ["BTC-USDT-SPOT", "ETH-USDT-SPOT"];

describe("bybit", () => {
  test("trades of contracts become rows: S is the taker's side, seq the order, BT and RPI flags", () => {
    const { outcomes, trades } = decodeTexts(bybitLinear, { symbols: LINEAR }, [fixtures.LINEAR_TRADES]);
    expect(outcomes).toEqual(["trades"]);
    expect(trades).toMatchObject([
      {
        venue: "bybit-linear",
        symbol: "BTC-USDT-PERP",
        tradeId: "19d7df56-4f10-5290-a969-d9d9f2c74cc3",
        price: { mantissa: 8_501_230_000_000n, scale: 8 },
        size: { mantissa: 1_000_000n, scale: 8 },
        takerSide: "buy",
        eventTimeNs: 1_763_712_000_346_000_000n,
        sequence: 753_843_954_913n,
        frameIndex: 0,
        flags: [],
      },
      { takerSide: "sell", frameIndex: 1, flags: ["block", "retailImprovement"] },
    ]);
  });

  test("spot ids are numbers of 19 digits, exact on either path", () => {
    const frames = [fixtures.SPOT_TRADES, fixtures.SPOT_TRADES_IN_ORDER];
    const { trades } = decodeTexts(bybit, { symbols: SPOT }, frames);
    expect(trades.map((trade) => [trade.tradeId, trade.sequence])).toEqual([
      ["2290000000958674212", 121_000_000_001n],
      ["2290000000958674213", 121_000_000_002n],
    ]);
  });

  test("sizes of inverse contracts count contracts of 1 USD, and say so", () => {
    const { trades } = decodeTexts(bybitInverse, { symbols: ["BTC-USD:BTC-PERP"] }, [fixtures.INVERSE_TRADES]);
    expect(trades).toMatchObject([
      {
        venue: "bybit-inverse",
        rawSymbol: "BTCUSD",
        tradeId: "a02c4a34-8f2f-5b36-a0dc-0a7ca5c90c41",
        size: { mantissa: 150_000_000_000n, scale: 8 },
        takerSide: "sell",
        flags: ["contracts"],
      },
    ]);
  });

  test("without seq, text ids say no order", () => {
    const { trades } = decodeTexts(bybitLinear, { symbols: LINEAR }, [fixtures.LINEAR_TRADES_OLD]);
    expect(trades).toMatchObject([{ sequence: 0n, flags: [] }]);
  });

  test.each([
    [fixtures.ACCEPTED, "control", undefined],
    [fixtures.PONG, "control", undefined],
    [fixtures.ORDER_BOOK, "other", undefined],
    [fixtures.REFUSED, "refused", "venue_error"],
    ['{"topic":"weather.BTCUSDT","data":[]}', "refused", "unknown_message"],
    ['{"topic":"publicTrade.BTCUSDT"}', "refused", "malformed"],
  ])("%s is %s", (text, outcome, reason) => {
    const { outcomes, refusals } = decodeTexts(bybit, { symbols: SPOT }, [text]);
    expect(outcomes).toEqual([outcome]);
    expect(refusals.map((refusal) => refusal.reason)).toEqual(reason === undefined ? [] : [reason]);
  });
});

test("canonical instruments are spelled as each Bybit market spells them", () => {
  expect(bybit.rawSymbol(parseInstrument("BTC-USDT-SPOT"))).toBe("BTCUSDT");
  expect(bybitLinear.rawSymbol(parseInstrument("BTC-USDT-PERP"))).toBe("BTCUSDT");
  expect(bybitLinear.rawSymbol(parseInstrument("BTC-USDC-PERP"))).toBe("BTCPERP");
  expect(bybitLinear.rawSymbol(parseInstrument("BTC-USDT-FUT-20261225"))).toBe("BTCUSDT-25DEC26");
  expect(bybitLinear.rawSymbol(parseInstrument("BTC-USD:BTC-PERP"))).toBeUndefined();
  expect(bybitInverse.rawSymbol(parseInstrument("BTC-USD:BTC-PERP"))).toBe("BTCUSD");
  expect(bybitInverse.rawSymbol(parseInstrument("BTC-USD:BTC-FUT-20261225"))).toBe("BTCUSDZ26");
  expect(bybitInverse.rawSymbol(parseInstrument("ETH-USD:ETH-FUT-20270326"))).toBe("ETHUSDH27");
  expect(bybitInverse.rawSymbol(parseInstrument("BTC-USD:BTC-FUT-20261127"))).toBeUndefined();
  expect(bybitInverse.rawSymbol(parseInstrument("BTC-USD-PERP"))).toBeUndefined();
});

test("requests of Bybit hold at most ten topics, and answers count them", () => {
  const symbols = Array.from({ length: 12 }, (_, index) => `A${index}USDT`);
  const frames = bybit.subscribe(symbols, ["publicTrade"]).map((text) => JSON.parse(text));
  expect(frames.map((request) => [request.req_id, request.args.length])).toEqual([
    ["1-10", 10],
    ["2-2", 2],
  ]);
  expect(frames[1].args[1]).toBe("publicTrade.A11USDT");
  expect(bybit.readAnswer(fixtures.ACCEPTED)).toEqual({ kind: "accepted", count: 2 });
  expect(bybit.readAnswer(fixtures.REFUSED)).toEqual({
    kind: "refused",
    reason: "Invalid symbol :[publicTrade.XXX]",
  });
  expect(bybit.readAnswer(fixtures.PONG)).toBeUndefined();
  expect(bybit.readAnswer(fixtures.LINEAR_TRADES)).toBeUndefined();
});

const linearFrames = recordedFrames("ws/bybit/v5-linear-20260809.jsonl.gz");

test.skipIf(linearFrames === undefined)("recorded linear: 327 trades in 102 frames, none refused", () => {
  const decoded = decodeFrames(bybitLinear, { symbols: LINEAR }, linearFrames ?? []);
  expect(decoded.refusals).toEqual([]);
  expect(countOutcomes(decoded)).toEqual({ trades: 102, control: 17, other: 758 + 1598 + 71 });
  expect(decoded.trades).toHaveLength(327);
  expect(new Set(decoded.trades.map((trade) => trade.tradeId)).size).toBe(327);
});
