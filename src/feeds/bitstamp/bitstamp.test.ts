import { describe, expect, test } from "vitest";
import { fetchedPayload, parseInstrument } from "../../domain/index.ts";
import { decodeTexts } from "../decode/test-decode.ts";
import { CollectingContext, frame } from "../decode/test-support.ts";
import type { TradeFields } from "../decode/trade-fields.ts";
import { createRestDecoder } from "../rest/rest-decoder.ts";
import { bitstamp } from "./bitstamp.ts";
import * as fixtures from "./fixtures.ts";
import { bitstampRest } from "./rest-trades.ts";

const SYMBOLS = ["BTC-USD-SPOT", "ETH-USD-SPOT"];

describe("bitstamp", () => {
  test("a trade's numbers come from its texts, its time in microseconds", () => {
    const { outcomes, trades } = decodeTexts(bitstamp, { symbols: SYMBOLS }, [fixtures.TRADE, fixtures.TRADE_SOLD]);
    expect(outcomes).toEqual(["trades", "trades"]);
    expect(trades).toMatchObject([
      {
        venue: "bitstamp",
        symbol: "BTC-USD-SPOT",
        rawSymbol: "btcusd",
        tradeId: "412337562",
        price: { mantissa: 8_501_200_000_000n, scale: 8 },
        size: { mantissa: 280_000n, scale: 8 },
        takerSide: "buy",
        eventTimeNs: 1_763_712_000_587_123_000n,
        sequence: 412_337_562n,
        executions: 1,
        flags: [],
      },
      { takerSide: "sell", size: { mantissa: 100n, scale: 8 }, price: { mantissa: 8_501_235_000_000n, scale: 8 } },
    ]);
  });

  test("keys in the order of 2019 mean the same", () => {
    const { trades } = decodeTexts(bitstamp, { symbols: SYMBOLS }, [fixtures.TRADE_OLD]);
    expect(trades).toMatchObject([{ symbol: "ETH-USD-SPOT", tradeId: "84550458", takerSide: "buy" }]);
  });

  test.each([
    [fixtures.ACCEPTED, "control", undefined],
    [fixtures.HEARTBEAT, "control", undefined],
    [fixtures.RECONNECT, "control", undefined],
    [fixtures.DIFFERENCE, "other", undefined],
    [fixtures.BEST_LEVELS, "other", undefined],
    [fixtures.ORDER_CREATED, "other", undefined],
    [fixtures.REFUSED, "refused", "venue_error"],
    ['{"event":"data","channel":"weather_btcusd","data":{}}', "refused", "unknown_message"],
    ['{"event":"order_created","channel":"live_trades_btcusd","data":{}}', "refused", "unknown_message"],
    ['{"event":"trade"}', "refused", "unknown_message"],
    [fixtures.TRADE.replace('"type":0', '"type":2'), "trades", "malformed"],
    [fixtures.TRADE.replace('"price_str":"85012"', '"price_str":85012'), "trades", "malformed"],
  ])("%s is %s", (text, outcome, reason) => {
    const { outcomes, refusals } = decodeTexts(bitstamp, { symbols: SYMBOLS }, [text]);
    expect(outcomes).toEqual([outcome]);
    expect(refusals.map((refusal) => refusal.reason)).toEqual(reason === undefined ? [] : [reason]);
  });
});

test("pairs are spelled without a separator, in lower case", () => {
  expect(bitstamp.rawSymbol(parseInstrument("BTC-USDT-SPOT"))).toBe("btcusdt");
  expect(bitstamp.rawSymbol(parseInstrument("BTC-USD-PERP"))).toBeUndefined();
});

test("each channel of a pair is asked for and answered by itself", () => {
  const requests = bitstamp.subscribe(["btcusd", "ethusd"], ["live_trades", "diff_order_book"]);
  expect(requests.map((text) => JSON.parse(text).data.channel)).toEqual([
    "live_trades_btcusd",
    "live_trades_ethusd",
    "diff_order_book_btcusd",
    "diff_order_book_ethusd",
  ]);
  expect(bitstamp.readAnswer(fixtures.ACCEPTED)).toEqual({ kind: "accepted", count: 1 });
  expect(bitstamp.readAnswer(fixtures.REFUSED)).toMatchObject({ kind: "refused", reason: /4009/ });
  for (const text of [fixtures.HEARTBEAT, fixtures.TRADE, '{"event":"bts:']) {
    expect(bitstamp.readAnswer(text)).toBeUndefined();
  }
});

const TRANSACTIONS =
  '[{"date":"1763712001","tid":"412337565","amount":"0.00000100","type":"1","price":"85012.35"},{"date":"1763712000","tid":"412337562","amount":"0.00280000","type":"0","price":"85012"}]';

function answered(body: string, path = "/api/v2/transactions/btcusd/") {
  const context = CollectingContext.of(bitstamp, SYMBOLS);
  const url = `https://venue.example${path}?time=hour`;
  const payload = fetchedPayload({ url, status: 200, symbol: "btcusd", body: frame(body) });
  return { outcome: createRestDecoder(bitstampRest).decode(payload, context), trades: context.rows() };
}

test("a trade is the same row, whether it was streamed or asked for, but for what is finer than a second", () => {
  const { trades: streamed } = decodeTexts(bitstamp, { symbols: SYMBOLS }, [fixtures.TRADE, fixtures.TRADE_SOLD]);
  const { outcome, trades } = answered(TRANSACTIONS);
  expect(outcome).toBe("trades");
  expect(trades).toEqual(
    streamed.map((trade, frameIndex) => ({
      ...trade,
      frameIndex,
      eventTimeNs: (trade.eventTimeNs / 1_000_000_000n) * 1_000_000_000n,
    })),
  );
  expect(answered(TRANSACTIONS, "/api/v2/ticker/btcusd/").outcome).toBe("other");
  expect(answered("7").outcome).toBe("refused");
});

test("the shortest window that reaches far enough back is asked for", () => {
  const fromUs = 1_763_712_000_000_000;
  const wanted = { rawSymbol: "btcusd", channel: "live_trades", fromUs, toUs: fromUs + 1_000_000 };
  const at = (us: number): TradeFields => ({
    rawSymbol: "btcusd",
    price: "1",
    size: "1",
    side: 1,
    time: { us, nanos: 0 },
    id: "1",
    flags: 0,
  });
  const dialogue = bitstampRest.ask(wanted);
  expect(dialogue.next().value).toMatchObject({ path: "/api/v2/transactions/btcusd/?time=minute" });
  expect(dialogue.next([at(fromUs - 999_999)]).value).toMatchObject({ path: "/api/v2/transactions/btcusd/?time=hour" });
  // Its times are whole seconds: the trade may have happened at the end of one.
  expect(dialogue.next([at(fromUs - 1_000_000)])).toEqual({ done: true, value: "whole" });
  const beyond = bitstampRest.ask(wanted);
  beyond.next();
  beyond.next([]);
  beyond.next([]);
  expect(beyond.next([])).toEqual({ done: true, value: "beyond" });
});

test("a refusal in a body is no market data", () => {
  const url = "https://venue.example/api/v2/transactions/btcusd/";
  const body = frame('{"status":"error","reason":"Rate limit exceeded","code":"400.002"}');
  expect(bitstampRest.read({ url, status: 200, symbol: "btcusd", body })).toMatchObject({
    kind: "refused",
    isTemporary: true,
  });
});
