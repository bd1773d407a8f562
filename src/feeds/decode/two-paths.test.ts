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

const digits = (max: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${max}}$`));
/** Numbers of every length, scale and notation, also wrong ones. */
const numberText = fc.oneof(
  digits(22),
  fc.tuple(digits(20), digits(22)).map(([whole, fraction]) => `${whole}.${fraction}`),
  fc.tuple(digits(8), digits(8)).map(([whole, fraction]) => `${Number(whole)}.${fraction}`),
  fc.tuple(digits(6), fc.integer({ min: -30, max: 30 })).map(([whole, exponent]) => `${whole}e${exponent}`),
  fc.double().map(String),
  fc.bigInt({ min: 0n, max: 2n ** 64n }).map(String),
  fc.constantFrom(
    "0",
    "-1",
    "0.0",
    "1.",
    ".5",
    "+1",
    "01",
    "1e400",
    "NaN",
    "",
    "9223372036854775807",
    "9007199254740993",
  ),
);
const timeText = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc
    .tuple(digits(12), fc.constantFrom("Z", "+01:00", "", "z"))
    .map(([fraction, zone]) => `2024-02-29T23:59:59.${fraction}${zone}`),
  fc.constantFrom(
    "2023-02-29T00:00:00Z",
    "2024-02-29T24:00:00Z",
    "2024-12-31T23:59:60Z",
    "1969-12-31T23:59:59Z",
    "2300-01-01T00:00:00Z",
  ),
);

type Mutation = (text: string) => string;

/** Puts a text in place of one of the numbers, or of one of the strings. */
const replaceNumber: fc.Arbitrary<Mutation> = fc.tuple(fc.nat(40), numberText).map(
  ([nth, number]) =>
    (text: string) =>
      replaceNth(text, /-?\d+(?:\.\d+)?(?:e-?\d+)?/g, nth, number),
);
const replaceString: fc.Arbitrary<Mutation> = fc
  .tuple(
    fc.nat(40),
    fc.oneof(numberText, timeText, fc.string({ maxLength: 5, unit: "binary" }), fc.constantFrom(...SYMBOLS)),
  )
  .map(
    ([nth, string]) =>
      (text: string) =>
        replaceNth(text, /"[^"]*"/g, nth, JSON.stringify(string)),
  );
const cut: fc.Arbitrary<Mutation> = fc.nat(600).map((at) => (text: string) => text.slice(0, at));
const drop: fc.Arbitrary<Mutation> = fc.tuple(fc.nat(600), fc.integer({ min: 1, max: 8 })).map(
  ([at, count]) =>
    (text: string) =>
      text.slice(0, at) + text.slice(at + count),
);
const insert: fc.Arbitrary<Mutation> = fc
  .tuple(
    fc.nat(600),
    fc.constantFrom(" ", "\n", "0", '"', ",", "\\", "\\u0041", "é", "{", "]", "null", "true", "-", "."),
  )
  .map(
    ([at, piece]) =>
      (text: string) =>
        text.slice(0, at) + piece + text.slice(at),
  );
/** The same message with its keys in another order, some missing, some in other notation. */
const rewrite: fc.Arbitrary<Mutation> = fc.tuple(fc.infiniteStream(fc.nat(1000)), fc.constantFrom(undefined, 1)).map(
  ([order, indent]) =>
    (text: string) =>
      rewritten(text, order, indent),
);

const mutations = fc.array(fc.oneof(replaceNumber, replaceNumber, replaceString, cut, drop, insert, rewrite), {
  minLength: 1,
  maxLength: 3,
});

function replaceNth(text: string, pattern: RegExp, nth: number, by: string): string {
  const matches = [...text.matchAll(pattern)];
  const match = matches[nth % Math.max(1, matches.length)];
  return match === undefined ? text : text.slice(0, match.index) + by + text.slice(match.index + match[0].length);
}

function rewritten(text: string, order: Iterator<number>, indent: number | undefined): string {
  try {
    const shuffled: unknown = JSON.parse(text, (_key, value: unknown) => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
      const entries = Object.entries(value).map((entry) => [Number(order.next().value), entry] as const);
      return Object.fromEntries(entries.sort(([a], [b]) => a - b).map(([, entry]) => entry));
    });
    return JSON.stringify(shuffled, undefined, indent);
  } catch {
    return text;
  }
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
      fc.property(fc.constantFrom(...frames), fc.constantFrom(...UNIT_EXPONENTS), mutations, (text, unit, changes) => {
        const payload = frame(changes.reduce((changed, change) => change(changed), text));
        const [quick, slow] = bothPaths(format, frames, unit)(payload);
        expect(quick).toEqual(slow);
      }),
      { numRuns: RUNS },
    );
  });

  test("any bytes have an outcome, and never an exception", () => {
    const decode = bothPaths(format, frames, 0);
    const outcomes = ["trades", "control", "other", "refused"];
    const spoiled = fc
      .tuple(fc.constantFrom(...frames), fc.array(fc.tuple(fc.nat(1000), fc.nat(255)), { minLength: 1, maxLength: 4 }))
      .map(([text, bytes]) => {
        const payload = frame(text);
        for (const [at, byte] of bytes) payload[at % payload.length] = byte;
        return payload;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), spoiled, fc.json().map(frame)), (payload) => {
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
