import { describe, expect, test } from "vitest";
import { fetchedPayload, parseInstrument } from "../../domain/index.ts";
import { decodeTexts } from "../decode/test-decode.ts";
import { CollectingContext, frame } from "../decode/test-support.ts";
import type { TradeFields } from "../decode/trade-fields.ts";
import { createRestDecoder } from "../rest/rest-decoder.ts";
import * as fixtures from "./fixtures.ts";
import { krakenFutures } from "./kraken-futures.ts";
import { krakenFuturesRest } from "./rest-trades.ts";

const SYMBOLS = ["BTC-USD:BTC-PERP", "BTC-USD-PERP", "BTC-USD:BTC-FUT-20261225"];

describe("kraken-futures", () => {
  test("a trade of an inverse contract counts contracts; seq is its place, uid its id", () => {
    const { outcomes, trades } = decodeTexts(krakenFutures, { symbols: SYMBOLS }, [fixtures.TRADE]);
    expect(outcomes).toEqual(["trades"]);
    expect(trades).toMatchObject([
      {
        venue: "kraken-futures",
        symbol: "BTC-USD:BTC-PERP",
        rawSymbol: "PI_XBTUSD",
        tradeId: "15af78ac-b774-478c-a50c-8b9c234e072f",
        price: { mantissa: 8_496_950_000_000n, scale: 8 },
        size: { mantissa: 1_500_000_000_000n, scale: 8 },
        takerSide: "sell",
        eventTimeNs: 1_763_712_000_519_000_000n,
        sequence: 653_355n,
        executions: 1,
        flags: ["contracts"],
      },
    ]);
  });

  test("sizes of linear contracts are base currency; what is no match of two orders is flagged", () => {
    const frames = [fixtures.LINEAR_TRADE, fixtures.ASSIGNMENT];
    const { trades } = decodeTexts(krakenFutures, { symbols: SYMBOLS }, frames);
    expect(trades.map(({ symbol, size, flags }) => [symbol, size.mantissa, flags])).toEqual([
      ["BTC-USD-PERP", 2_350_000n, []],
      ["BTC-USD:BTC-FUT-20261225", 30_000_000_000n, ["nonMarket", "contracts"]],
    ]);
  });

  test("the trades of before come oldest first, and say what they are", () => {
    const { trades } = decodeTexts(krakenFutures, { symbols: SYMBOLS }, [fixtures.TRADE_SNAPSHOT]);
    expect(trades.map(({ sequence, frameIndex, flags }) => [sequence, frameIndex, flags])).toEqual([
      [653_353n, 0, ["snapshot", "block", "contracts"]],
      [653_354n, 1, ["snapshot", "contracts"]],
    ]);
  });

  test.each([
    [fixtures.ACCEPTED, "control", undefined],
    [fixtures.INFO, "control", undefined],
    [fixtures.HEARTBEAT, "control", undefined],
    [fixtures.BOOK_SNAPSHOT, "other", undefined],
    [fixtures.BOOK_CHANGE, "other", undefined],
    [fixtures.TICKER, "other", undefined],
    [fixtures.REFUSED, "refused", "venue_error"],
    ['{"feed":"weather"}', "refused", "unknown_message"],
    ['{"feed":"trade_snapshot","product_id":"PI_XBTUSD"}', "refused", "malformed"],
    [fixtures.TRADE.replace('"fill"', '"gift"'), "refused", "malformed"],
    [fixtures.TRADE.replace('"sell"', '"none"'), "refused", "malformed"],
  ])("%s is %s", (text, outcome, reason) => {
    const { outcomes, refusals } = decodeTexts(krakenFutures, { symbols: SYMBOLS }, [text]);
    if (reason !== "malformed") expect(outcomes).toEqual([outcome]);
    expect(refusals.map((refusal) => refusal.reason)).toEqual(reason === undefined ? [] : [reason]);
  });
});

test("canonical instruments are spelled as Kraken Futures spells them", () => {
  const spelled = (id: string): string | undefined => krakenFutures.rawSymbol(parseInstrument(id));
  expect(spelled("BTC-USD:BTC-PERP")).toBe("PI_XBTUSD");
  expect(spelled("BTC-USD-PERP")).toBe("PF_XBTUSD");
  expect(spelled("ETH-USD-PERP")).toBe("PF_ETHUSD");
  expect(spelled("BTC-USD:BTC-FUT-20261225")).toBe("FI_XBTUSD_261225");
  expect(spelled("BTC-USD-FUT-20261225")).toBe("FF_XBTUSD_261225");
  for (const id of ["BTC-USD-SPOT", "BTC-USDT-PERP", "BTC-USD:ETH-PERP"]) expect(spelled(id)).toBeUndefined();
});

test("requests hold at most fifty products; answers repeat them; the ping is the protocol's", () => {
  const symbols = Array.from({ length: 60 }, (_, index) => `PF_A${index}USD`);
  const requests = krakenFutures.subscribe(symbols, ["trade", "book"]).map((text) => JSON.parse(text));
  expect(requests.map(({ event, feed, product_ids }) => [event, feed, product_ids.length])).toEqual([
    ["subscribe", "trade", 50],
    ["subscribe", "trade", 10],
    ["subscribe", "book", 50],
    ["subscribe", "book", 10],
  ]);
  expect(krakenFutures.books?.renewal?.("PI_XBTUSD", "book")?.map((text) => JSON.parse(text))).toEqual([
    { event: "unsubscribe", feed: "book", product_ids: ["PI_XBTUSD"] },
    { event: "subscribe", feed: "book", product_ids: ["PI_XBTUSD"] },
  ]);
  expect(krakenFutures.readAnswer(fixtures.ACCEPTED)).toEqual({ kind: "accepted", count: 2 });
  expect(krakenFutures.readAnswer(fixtures.REFUSED)).toEqual({ kind: "refused", reason: "Invalid product id" });
  for (const text of [fixtures.INFO, fixtures.TRADE, '{"event":'])
    expect(krakenFutures.readAnswer(text)).toBeUndefined();
  expect(krakenFutures.ping?.frame()).toBeUndefined();
});

const HISTORY =
  '{"result":"success","history":[{"time":"2025-11-21T08:00:00.519Z","trade_id":100,"price":84969.5,"size":15000,"side":"sell","type":"fill","uid":"15af78ac-b774-478c-a50c-8b9c234e072f"},{"time":"2025-11-21T08:00:00.400Z","trade_id":99,"price":84969,"size":0,"side":"sell","type":"fill","uid":"05af78ac-b774-478c-a50c-8b9c234e072f"}],"serverTime":"2025-11-21T08:00:01.000Z"}';

function answered(body: string) {
  const context = CollectingContext.of(krakenFutures, SYMBOLS);
  const url = "https://venue.example/derivatives/api/v3/history?symbol=PI_XBTUSD";
  const payload = fetchedPayload({ url, status: 200, symbol: "PI_XBTUSD", body: frame(body) });
  const outcome = createRestDecoder(krakenFuturesRest).decode(payload, context);
  return { outcome, trades: context.rows(), refusals: context.refusals };
}

test("a trade is the same row, whether it was streamed or asked for, but for its number in the stream", () => {
  const { outcome, trades, refusals } = answered(HISTORY);
  const [streamed] = decodeTexts(krakenFutures, { symbols: SYMBOLS }, [fixtures.TRADE]).trades;
  expect(outcome).toBe("trades");
  expect(trades).toEqual([{ ...streamed, sequence: 0n, frameIndex: 1 }]);
  expect(refusals).toMatchObject([{ reason: "non_positive_size", frameIndex: 0 }]);
});

test.each([
  ['{"result":"error","error":"apiLimitExceeded"}', { kind: "refused", isTemporary: true }],
  ['{"result":"error","error":"invalidArgument: symbol"}', { kind: "refused", isTemporary: false }],
  ['{"result":"success"}', { kind: "malformed" }],
  ["[]", { kind: "malformed" }],
])("%s is no answer with trades", (body, expected) => {
  const url = "https://venue.example/derivatives/api/v3/history";
  expect(krakenFuturesRest.read({ url, status: 200, symbol: "X", body: frame(body) })).toMatchObject(expected);
});

/** A venue with so many trades, one every `everyMs`; answers the hundred newest before a time. */
function asked(count: number, everyMs: number, wanted: { readonly fromUs: number; readonly toUs: number }) {
  const dialogue = krakenFuturesRest.ask({ rawSymbol: "PI_XBTUSD", channel: "trade", ...wanted });
  const ids = new Set<string>();
  let requests = 0;
  for (let step = dialogue.next(); ; ) {
    if (step.done === true) return { coverage: step.value, ids, requests };
    requests += 1;
    const beforeUs = Date.parse(new URLSearchParams(step.value.path.split("?")[1]).get("lastTime") ?? "") * 1000;
    const page: TradeFields[] = [];
    for (let index = count - 1; index >= 0 && page.length < 100; index -= 1) {
      const us = 1_763_712_000_000_000 + Math.floor(index * everyMs) * 1000;
      if (us >= beforeUs) continue;
      page.push({
        rawSymbol: "X",
        price: "1",
        size: "1",
        side: 1,
        time: { us, nanos: 0 },
        id: String(index),
        flags: 0,
      });
      ids.add(String(index));
    }
    step = dialogue.next(page);
  }
}

test("asking by time goes back page by page, over trades that share a millisecond", () => {
  const fromUs = 1_763_712_000_100_000;
  const { coverage, ids, requests } = asked(3000, 0.25, { fromUs, toUs: fromUs + 400_000 });
  expect(coverage).toBe("whole");
  for (let index = 400; index <= 2000; index += 1) expect(ids.has(String(index))).toBe(true);
  expect(requests).toBeLessThan(25);
});

test("who asks for more than the venue has, or than a millisecond lets through, is told", () => {
  const toUs = 1_763_712_000_400_000;
  expect(asked(300, 1, { fromUs: toUs - 900_000, toUs }).coverage).toBe("beyond");
  expect(asked(0, 1, { fromUs: 0, toUs }).coverage).toBe("beyond");
  expect(asked(5000, 0.001, { fromUs: toUs - 400_001, toUs })).toMatchObject({ coverage: "beyond", requests: 2 });
});
