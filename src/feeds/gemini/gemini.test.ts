import { describe, expect, test } from "vitest";
import { fetchedPayload, parseInstrument } from "../../domain/index.ts";
import { KeepingContext } from "../decode/test-book-context.ts";
import { decodeTexts } from "../decode/test-decode.ts";
import { CollectingContext, frame } from "../decode/test-support.ts";
import type { TradeFields } from "../decode/trade-fields.ts";
import { createRestDecoder } from "../rest/rest-decoder.ts";
import { createGeminiBookReader } from "./book-reader.ts";
import * as fixtures from "./fixtures.ts";
import { gemini } from "./gemini.ts";
import { geminiRest } from "./rest-trades.ts";

const SYMBOLS = ["BTC-USD-SPOT", "ETH-USD-SPOT"];

describe("gemini", () => {
  test("a trade has its event for an id", () => {
    const { outcomes, trades } = decodeTexts(gemini, { symbols: SYMBOLS }, [fixtures.TRADE, fixtures.TRADE_SOLD]);
    expect(outcomes).toEqual(["trades", "trades"]);
    expect(trades).toMatchObject([
      {
        venue: "gemini",
        symbol: "BTC-USD-SPOT",
        rawSymbol: "BTCUSD",
        tradeId: "222278173770",
        price: { mantissa: 8_501_230_000_000n, scale: 8 },
        size: { mantissa: 4_000_000n, scale: 8 },
        takerSide: "buy",
        eventTimeNs: 1_763_712_000_981_000_000n,
        sequence: 222_278_173_770n,
        flags: [],
      },
      { symbol: "ETH-USD-SPOT", takerSide: "sell" },
    ]);
  });

  test("the trades of before come oldest first, and say what they are; a block trade has no taker", () => {
    const texts = [fixtures.FIRST_UPDATES, fixtures.BLOCK_TRADE];
    const { outcomes, trades } = decodeTexts(gemini, { symbols: SYMBOLS }, texts);
    expect(outcomes).toEqual(["trades", "trades"]);
    expect(trades.map(({ tradeId, takerSide, frameIndex, flags }) => [tradeId, takerSide, frameIndex, flags])).toEqual([
      ["222278141090", "sell", 0, ["snapshot"]],
      ["222278166738", "buy", 1, ["snapshot"]],
      ["222278173790", "unknown", 0, ["block"]],
    ]);
  });

  test.each([
    [fixtures.HEARTBEAT, "control", undefined],
    [fixtures.UPDATES, "other", undefined],
    [fixtures.AUCTION, "other", undefined],
    ['{"type":"candles_1m_updates","symbol":"BTCUSD","changes":[]}', "other", undefined],
    [fixtures.REFUSED, "refused", "venue_error"],
    ['{"type":"weather"}', "refused", "unknown_message"],
    ['{"type":"l2_updates","symbol":"BTCUSD","changes":[],"trades":7}', "refused", "malformed"],
    [fixtures.TRADE.replace('"buy"', '"none"'), "trades", "malformed"],
    [fixtures.TRADE.replace('"85012.30"', "85012.30"), "trades", "malformed"],
  ])("%s is %s", (text, outcome, reason) => {
    const { outcomes, refusals } = decodeTexts(gemini, { symbols: SYMBOLS }, [text]);
    expect(outcomes).toEqual([outcome]);
    expect(refusals.map((refusal) => refusal.reason)).toEqual(reason === undefined ? [] : [reason]);
  });
});

test("pairs are spelled without a separator; trades and book are one subscription", () => {
  expect(gemini.rawSymbol(parseInstrument("BTC-USD-SPOT"))).toBe("BTCUSD");
  expect(gemini.rawSymbol(parseInstrument("BTC-USD-PERP"))).toBeUndefined();
  expect(gemini.subscribe(["BTCUSD", "ETHUSD"], ["trades", "l2"]).map((text) => JSON.parse(text))).toEqual([
    { type: "subscribe", subscriptions: [{ name: "l2", symbols: ["BTCUSD", "ETHUSD"] }] },
  ]);
  expect(gemini.subscribe(["BTCUSD"], [])).toEqual([]);
  expect(gemini.books?.renewal?.("BTCUSD", "l2")?.map((text) => JSON.parse(text).type)).toEqual([
    "unsubscribe",
    "subscribe",
  ]);
});

test("data are the answer, and a heartbeat says that there is a subscription", () => {
  expect(gemini.readAnswer(fixtures.FIRST_UPDATES)).toEqual({ kind: "accepted", count: 1 });
  expect(gemini.readAnswer(fixtures.HEARTBEAT)).toEqual({ kind: "accepted", count: 0 });
  expect(gemini.readAnswer(fixtures.REFUSED)).toMatchObject({ kind: "refused", reason: /not a valid symbol/ });
  for (const text of [fixtures.UPDATES, fixtures.TRADE, '{"result":']) expect(gemini.readAnswer(text)).toBeUndefined();
});

test("the first message is the book, those after it change it; a frame that cannot be read loses it", () => {
  const context = new KeepingContext();
  context.isCollecting = true;
  const reader = createGeminiBookReader({ channels: ["trades", "l2"] });
  const texts = [fixtures.UPDATES, fixtures.FIRST_UPDATES, fixtures.TRADE, fixtures.UPDATES, "{", fixtures.UPDATES];
  expect(texts.map((text) => reader.read(frame(text), context))).toEqual([
    "book",
    "book",
    "other",
    "book",
    "refused",
    "book",
  ]);
  expect(context.messages.map(({ verdict, eventTimeUs }) => [verdict, eventTimeUs])).toEqual([
    ["gap", undefined],
    ["replace", undefined],
    ["apply", undefined],
    ["gap", undefined],
  ]);
  expect(context.messages[2]?.levels).toEqual([
    [1, 8_501_235_000_000n, 0n],
    [0, 8_501_231_000_000n, 175_000_000n],
  ]);
  expect(context.losses).toHaveLength(1);
});

const TRADES =
  '[{"timestamp":1763712000,"timestampms":1763712000981,"tid":222278173770,"price":"85012.30","amount":"0.04","exchange":"gemini","type":"buy"}]';

test("a trade is the same row, whether it was streamed or asked for", () => {
  const context = CollectingContext.of(gemini, SYMBOLS);
  const url = "https://venue.example/v1/trades/btcusd?limit_trades=500";
  const payload = fetchedPayload({ url, status: 200, symbol: "BTCUSD", body: frame(TRADES) });
  expect(createRestDecoder(geminiRest).decode(payload, context)).toBe("trades");
  expect(context.rows()).toEqual(decodeTexts(gemini, { symbols: SYMBOLS }, [fixtures.TRADE]).trades);
  const read = (body: string) => geminiRest.read({ url, status: 200, symbol: "BTCUSD", body: frame(body) });
  expect(read('{"result":"error","reason":"RateLimited"}')).toMatchObject({ kind: "refused", isTemporary: true });
  expect(read(fixtures.REFUSED)).toMatchObject({ kind: "refused", isTemporary: false });
  expect(read("7")).toMatchObject({ kind: "malformed" });
});

test("asking goes on from each page's newest trade until the time that was wanted", () => {
  const startUs = 1_763_712_000_000_000;
  const all = Array.from({ length: 3000 }, (_, index) => ({ id: 10 + index * 7, us: startUs + index * 1000 }));
  const dialogue = geminiRest.ask({
    rawSymbol: "BTCUSD",
    channel: "trades",
    fromUs: startUs + 100_000,
    toUs: startUs + 1_700_000,
  });
  const seen = new Set<number>();
  let requests = 0;
  for (let step = dialogue.next(); step.done !== true; requests += 1) {
    const query = new URLSearchParams(step.value.path.split("?")[1]);
    const since = query.get("since_tid");
    const page = all
      .filter(({ id, us }) => (since === null ? us > Number(query.get("timestamp")) * 1000 : id > Number(since)))
      .slice(0, 500);
    for (const { us } of page) seen.add(us);
    step = dialogue.next(
      page.toReversed().map(
        ({ id, us }): TradeFields => ({
          rawSymbol: "BTCUSD",
          price: "1",
          size: "1",
          side: 1,
          time: { us, nanos: 0 },
          id: String(id),
          flags: 0,
        }),
      ),
    );
    if (step.done === true) expect(step.value).toBe("whole");
  }
  for (let us = startUs + 100_000; us <= startUs + 1_700_000; us += 1000) expect(seen.has(us)).toBe(true);
  expect(requests).toBe(4);
});
