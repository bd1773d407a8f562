import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binanceUsdm } from "../binance/binance.ts";
import * as answersOfBinance from "../binance/polled-fixtures.ts";
import * as ofBinance from "../binance/venue-data-fixtures.ts";
import { bybitLinear } from "../bybit/bybit.ts";
import * as answersOfBybit from "../bybit/polled-fixtures.ts";
import * as ofBybit from "../bybit/venue-data-fixtures.ts";
import { coinbase, coinbaseExchange } from "../coinbase/coinbase.ts";
import * as ofCoinbase from "../coinbase/venue-data-fixtures.ts";
import { mutations, spoiled } from "../decode/test-mutations.ts";
import { frame } from "../decode/test-support.ts";
import { isDecimalText } from "../decode/trade-fields.ts";
import { kraken, krakenV1 } from "../kraken/kraken.ts";
import * as ofKraken from "../kraken/venue-data-fixtures.ts";
import { okx } from "../okx/okx.ts";
import * as ofOkx from "../okx/venue-data-fixtures.ts";
import { contextOf, type Kept } from "./test-venue-data.ts";

const CASES = [
  [binanceUsdm, ofBinance],
  [bybitLinear, ofBybit],
  [coinbase, ofCoinbase],
  [coinbaseExchange, ofCoinbase],
  [kraken, ofKraken],
  [krakenV1, ofKraken],
  [okx, ofOkx],
] as const;

/** Fields of records that are numbers as the venue wrote them. */
const TEXTS = new Set([
  "channel",
  "rawSymbol",
  "interval",
  "period",
  "side",
  "priceKind",
  "state",
  "rawState",
  "detail",
]);
const OTHER_TEXTS = new Set(["id", "orderType", "orderStatus", "firstTradeId", "lastTradeId"]);

function recordsOf({ tickers, candles, fundings, liquidations, statuses }: Kept): readonly object[] {
  return [...tickers, ...candles, ...fundings, ...liquidations, ...statuses];
}

function isSound(record: object): boolean {
  return Object.entries(record).every(([key, value]) => {
    if (typeof value === "string") return TEXTS.has(key) || OTHER_TEXTS.has(key) || isDecimalText(value);
    if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0;
    return value === undefined || typeof value === "boolean";
  });
}

describe.each(CASES)("$id, however a frame is spoilt", (feed, fixtures) => {
  const channels = (feed.venueData?.channels ?? []).map(({ name }) => name);
  const reader = feed.venueData?.createReader({ channels });
  const texts: readonly string[] = Object.values(fixtures);

  const readOne = (payload: Uint8Array): { readonly outcome: string | undefined; readonly kept: Kept } => {
    const { context, kept } = contextOf();
    const outcome = reader?.read(payload, context);
    return { outcome, kept: { outcomes: [], ...kept } };
  };

  test("nothing is thrown, a refused frame says why, and what is told is sound", () => {
    const changed = fc
      .tuple(fc.constantFrom(...texts), mutations(["BTCUSDT", "", "tickers", "Buy", "sell"]))
      .map(([text, changes]) => frame(changes.reduce((spoilt: string, change) => change(spoilt), text)));
    fc.assert(
      fc.property(fc.oneof(changed, spoiled(texts)), (payload) => {
        const { outcome, kept } = readOne(payload);
        if (outcome === "refused") expect(kept.refusals.length).toBeGreaterThan(0);
        if (outcome === "other") expect([recordsOf(kept), kept.refusals]).toEqual([[], []]);
        expect(recordsOf(kept).filter((record) => !isSound(record))).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  test("the same frames give the same records", () => {
    for (const text of texts) expect(readOne(frame(text))).toEqual(readOne(frame(text)));
  });
});

test("frames beyond any venue's are refused unread", () => {
  const { context, kept } = contextOf();
  const reader = okx.venueData?.createReader({ channels: ["tickers"] });
  expect(reader?.read(new Uint8Array(16_777_217), context)).toBe("refused");
  expect(kept.refusals).toMatchObject([{ reason: "malformed" }]);
});

describe.each([
  [binanceUsdm, Object.values(answersOfBinance)],
  [bybitLinear, Object.values(answersOfBybit)],
] as const)("$0.id, however an answer over HTTP is spoilt", (feed, texts) => {
  const { venueData } = feed;
  const reader = venueData?.createReader({ channels: venueData.channels.map(({ name }) => name) });
  const urls = (venueData?.polled ?? []).map(
    ({ requests }) => `https://venue.example${requests(["BTCUSDT"])[0]?.path}`,
  );

  test("nothing is thrown, a refused answer says why, and what is told is sound", () => {
    const changed = fc
      .tuple(fc.constantFrom<string>(...texts), mutations(["BTCUSDT", "", "TRADING", "symbols", "0"]))
      .map(([text, changes]) => frame(changes.reduce((spoilt: string, change) => change(spoilt), text)));
    fc.assert(
      fc.property(fc.constantFrom(...urls), fc.oneof(changed, spoiled(texts)), (url, body) => {
        const { context, kept } = contextOf();
        const outcome = reader?.fetched?.(url, body, context);
        if (outcome === "refused") expect(kept.refusals.length).toBeGreaterThan(0);
        if (outcome === "other") expect([kept.fundings, kept.statuses, kept.refusals]).toEqual([[], [], []]);
        expect(recordsOf({ outcomes: [], ...kept }).filter((record) => !isSound(record))).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
});
