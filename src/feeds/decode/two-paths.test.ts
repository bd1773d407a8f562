import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DecodedListing } from "../../domain/index.ts";
import { binanceFormat } from "../binance/messages.ts";
import { bybitFormat } from "../bybit/messages.ts";
import { BYBIT_V2_FORMAT } from "../bybit-v2/messages.ts";
import { ADVANCED_FORMAT } from "../coinbase/advanced-messages.ts";
import { EXCHANGE_FORMAT } from "../coinbase/exchange-messages.ts";
import { KRAKEN_V1_FORMAT } from "../kraken/v1-messages.ts";
import { okxFormat } from "../okx/messages.ts";
import { recordedFrames } from "./test-decode.ts";
import { FORMATS, SYMBOLS } from "./test-formats.ts";
import { mutations, spoiled } from "./test-mutations.ts";
import { FixedContext, frame } from "./test-support.ts";
import { TradeCursor } from "./trade-cursor.ts";
import { createSlowDecoder, createWireDecoder, type WireFormat } from "./wire-decoder.ts";

const UNIT_EXPONENTS = [0, 0, 0, 3, 6, 9, 12];
const RUNS = 1000;

/** A frame through both paths; returns what each made of it. The fast path knows the symbols by then. */
function bothPaths(format: WireFormat, primers: readonly string[], unitExponent: number) {
  const listings = new Map<string, DecodedListing>(
    SYMBOLS.map((symbol, index) => [symbol, { index, unitExponent }] as const),
  );
  const quick = new FixedContext(listings);
  const slow = new FixedContext(listings);
  const quickDecoder = createWireDecoder(format);
  const slowDecoder = createSlowDecoder(format);
  for (const primer of primers) quickDecoder.decode(frame(primer), quick);
  return (payload: Uint8Array) => {
    quick.clear();
    slow.clear();
    return [
      { outcome: quickDecoder.decode(payload, quick), rows: quick.columns(), refusals: [...quick.refusals] },
      { outcome: slowDecoder.decode(payload, slow), rows: slow.columns(), refusals: [...slow.refusals] },
    ] as const;
  };
}

describe.each(FORMATS)("$name", ({ format, plain, unusual }) => {
  const frames = [...plain, ...unusual];

  test("what the venue sends all day takes the fast path", () => {
    const context = new FixedContext(new Map(SYMBOLS.map((symbol, index) => [symbol, { index, unitExponent: 0 }])));
    const cursor = new TradeCursor();
    for (const text of plain) {
      cursor.beginFrame(frame(text), context);
      for (const [index, symbol] of SYMBOLS.entries()) cursor.listings.learn(symbol, { index, unitExponent: 0 });
      expect(format.readBytes(cursor, context.trades) && cursor.atEnd, text).toBe(true);
    }
  });

  test("frames as the venue sends them give the same rows on both paths", () => {
    const decode = bothPaths(format, frames, 0);
    for (const text of frames) {
      const [quick, slow] = decode(frame(text));
      expect(quick.outcome).toBe("trades");
      expect(quick).toEqual(slow);
    }
  });

  test("frames with other numbers, strings, keys, orders and white space give the same rows on both paths", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...frames),
        fc.constantFrom(...UNIT_EXPONENTS),
        mutations(SYMBOLS),
        (text, unit, changes) => {
          const payload = frame(changes.reduce((changed, change) => change(changed), text));
          const [quick, slow] = bothPaths(format, frames, unit)(payload);
          expect(quick).toEqual(slow);
        },
      ),
      { numRuns: RUNS },
    );
  });

  test("any bytes have an outcome, and never an exception", () => {
    const decode = bothPaths(format, frames, 0);
    const outcomes = ["trades", "control", "other", "refused"];
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), spoiled(frames), fc.json().map(frame)), (payload) => {
        const [quick, slow] = decode(payload);
        expect(outcomes).toContain(quick.outcome);
        expect(quick).toEqual(slow);
      }),
      { numRuns: RUNS },
    );
  });

  test("a frame that is nested deeper than the stack is refused", () => {
    const decode = bothPaths(format, frames, 0);
    const deep = "[".repeat(200_000) + "]".repeat(200_000);
    expect(decode(frame(deep))[0].outcome).toBe("refused");
    expect(decode(frame(`{"data":${deep},"channel":"trade","type":"update","e":"trade"}`))[0].outcome).toBe("refused");
  });
});

const RECORDED = [
  [binanceFormat({ channels: ["trade", "aggTrade"], flags: 0 }), "ws/binance/hftbacktest/spot_btcusdt_20240808.gz"],
  [binanceFormat({ channels: ["trade", "aggTrade"], flags: 0 }), "ws/binance/hftbacktest/usdm_btcusdt_20230404.dat.gz"],
  [binanceFormat({ channels: ["trade", "aggTrade"], flags: 0 }), "ws/binance/hftbacktest/usdm_btcusdt_20230405.dat.gz"],
  [binanceFormat({ channels: ["trade", "aggTrade"], flags: 0 }), "ws/binance/hftbacktest/usdm_btcusdt_20240808.gz"],
  [binanceFormat({ channels: ["trade", "aggTrade"], flags: 0 }), "ws/binance/hftbacktest/cm_btcusd_perp_20240808.gz"],
  [
    binanceFormat({ channels: ["trade", "aggTrade"], flags: 0 }),
    "ws/binance/cryptofeed-spot-btc-eth-dot-20210404.jsonl.gz",
  ],
  [binanceFormat({ channels: ["trade", "aggTrade"], flags: 0 }), "ws/binance/cryptofeed-usdm-20210722.jsonl.gz"],
  [KRAKEN_V1_FORMAT, "ws/kraken/v1/cryptofeed-kraken-20210417.jsonl.gz"],
  [ADVANCED_FORMAT, "ws/coinbase/advanced-trade-20260809-part1.jsonl.gz"],
  [EXCHANGE_FORMAT, "ws/coinbase/exchange-feed-20210417.jsonl.gz"],
  [bybitFormat({ marketFlags: 0 }), "ws/bybit/v5-linear-20260809.jsonl.gz"],
  [BYBIT_V2_FORMAT, "ws/bybit/v2-inverse-20210417.jsonl.gz"],
  [okxFormat({ channels: ["trades"] }), "ws/other/okx-20220513.jsonl.gz"],
] as const;

describe.each(RECORDED)("recorded %#", (format, path) => {
  const frames = recordedFrames(path);

  test.skipIf(frames === undefined)(`${path}: trades take the fast path and give what the slow path gives`, () => {
    const symbols = new Set<string>();
    const everySymbol = {
      get(symbol: string) {
        symbols.add(symbol);
        return { index: symbol.length, unitExponent: 0 };
      },
    };
    const quick = new FixedContext(everySymbol);
    const slow = new FixedContext(everySymbol);
    let gaveUp = false;
    const decoder = createWireDecoder({
      ...format,
      readBytes(cursor, trades) {
        gaveUp = !format.readBytes(cursor, trades);
        return !gaveUp;
      },
    });
    const slowDecoder = createSlowDecoder(format);
    let slowFrames = 0;
    for (const payload of frames ?? []) {
      if (decoder.decode(payload, quick) !== "trades") continue;
      if (gaveUp) slowFrames += 1;
      if (slowDecoder.decode(payload, slow) !== "trades") throw new Error("the slow path finds no trades");
    }
    expect(quick.trades.length).toBeGreaterThan(0);
    expect(quick.columns().map(String)).toEqual(slow.columns().map(String));
    // The first trade of each symbol teaches the fast path; a frame may teach several.
    expect(slowFrames).toBeLessThanOrEqual(symbols.size);
  });
});
