import { describe, expect, test } from "vitest";
import { formatShortest, parseInstrument, type Trade } from "../../domain/index.ts";
import { countOutcomes, decodeFrames, decodeTexts, recordedFrames } from "../decode/test-decode.ts";
import { coinbase, coinbaseExchange } from "./coinbase.ts";
import * as fixtures from "./fixtures.ts";

const SYMBOLS = ["BTC-USD-SPOT", "ETH-USD-SPOT"];

describe("coinbase (Advanced Trade)", () => {
  test("a trade becomes a row: the maker sold, so the taker bought", () => {
    const { outcomes, trades } = decodeTexts(coinbase, { symbols: SYMBOLS }, [fixtures.MARKET_TRADES]);
    expect(outcomes).toEqual(["trades"]);
    expect(trades).toMatchObject([
      {
        venue: "coinbase",
        symbol: "BTC-USD-SPOT",
        tradeId: "900000002",
        price: { mantissa: 8_501_234_000_000n, scale: 8 },
        size: { mantissa: 150_000n, scale: 8 },
        takerSide: "buy",
        eventTimeNs: 1_763_712_000_104_123_000n,
        sequence: 900_000_002n,
        flags: [],
      },
      { symbol: "ETH-USD-SPOT", takerSide: "sell", eventTimeNs: 1_763_712_000_504_360_000n, frameIndex: 1 },
    ]);
  });

  test("records count through the events of a frame, and those of a snapshot say so", () => {
    const frames = [fixtures.MARKET_TRADES_DOCUMENTED, fixtures.MARKET_TRADES_DOCUMENTED];
    const { trades } = decodeTexts(coinbase, { symbols: SYMBOLS }, frames);
    expect(trades.slice(0, 2)).toMatchObject([
      { tradeId: "900000001", frameIndex: 0, flags: ["snapshot"], takerSide: "sell" },
      { tradeId: "900000003", frameIndex: 1, flags: [], eventTimeNs: 1_763_712_000_123_456_789n },
    ]);
    expect(trades.slice(2)).toEqual(trades.slice(0, 2));
  });

  test("an id that is no canonical number is kept as it is written", () => {
    const text = fixtures.MARKET_TRADES.replace('"900000002"', '"0900000002"');
    expect(decodeTexts(coinbase, { symbols: SYMBOLS }, [text]).trades[0]).toMatchObject({
      tradeId: "0900000002",
      sequence: 0n,
    });
  });

  test.each([
    [fixtures.HEARTBEATS, "control", undefined],
    [fixtures.SUBSCRIPTIONS, "control", undefined],
    [fixtures.L2_DATA, "other", undefined],
    [fixtures.ADVANCED_ERROR, "refused", "venue_error"],
    ['{"channel":"weather","events":[]}', "refused", "unknown_message"],
    ['{"channel":"market_trades","events":[{"type":"update"}]}', "refused", "malformed"],
  ])("%s is %s", (text, outcome, reason) => {
    const { outcomes, refusals } = decodeTexts(coinbase, { symbols: SYMBOLS }, [text]);
    expect(outcomes).toEqual([outcome]);
    expect(refusals.map((refusal) => refusal.reason)).toEqual(reason === undefined ? [] : [reason]);
  });
});

describe("coinbase-exchange", () => {
  test("a match and the same trade on Advanced Trade are the same row", () => {
    const exchange = decodeTexts(coinbaseExchange, { symbols: SYMBOLS }, [fixtures.MATCH, fixtures.MATCH]);
    const advanced = decodeTexts(coinbase, { symbols: SYMBOLS }, [fixtures.MARKET_TRADES]);
    expect(exchange.trades[0]).toEqual(advanced.trades[0]);
    expect(exchange.trades[1]).toEqual(advanced.trades[0]);
  });

  test("the last match before the subscription is from before", () => {
    const { trades } = decodeTexts(coinbaseExchange, { symbols: SYMBOLS }, [fixtures.LAST_MATCH]);
    expect(trades).toMatchObject([{ tradeId: "900000001", takerSide: "sell", flags: ["snapshot"] }]);
  });

  test.each([
    [fixtures.EXCHANGE_HEARTBEAT, "control", undefined],
    [fixtures.EXCHANGE_SUBSCRIPTIONS, "control", undefined],
    [fixtures.EXCHANGE_TICKER, "other", undefined],
    [fixtures.EXCHANGE_ERROR, "refused", "venue_error"],
    ['{"type":"weather"}', "refused", "unknown_message"],
  ])("%s is %s", (text, outcome, reason) => {
    const { outcomes, refusals } = decodeTexts(coinbaseExchange, { symbols: SYMBOLS }, [text]);
    expect(outcomes).toEqual([outcome]);
    expect(refusals.map((refusal) => refusal.reason)).toEqual(reason === undefined ? [] : [reason]);
  });
});

test("requests and answers of Coinbase count products", () => {
  expect(coinbase.rawSymbol(parseInstrument("BTC-USD-SPOT"))).toBe("BTC-USD");
  expect(coinbase.subscribe(["BTC-USD"], ["market_trades"]).map((text) => JSON.parse(text))).toEqual([
    { type: "subscribe", channel: "heartbeats" },
    { type: "subscribe", product_ids: ["BTC-USD"], channel: "market_trades" },
  ]);
  expect(coinbaseExchange.subscribe(["BTC-USD"], ["matches"]).map((text) => JSON.parse(text))).toEqual([
    { type: "subscribe", product_ids: ["BTC-USD"], channels: ["matches", "heartbeat"] },
  ]);
  expect(coinbase.readAnswer(fixtures.SUBSCRIPTIONS)).toEqual({ kind: "accepted", count: 2, isTotal: true });
  expect(coinbaseExchange.readAnswer(fixtures.EXCHANGE_SUBSCRIPTIONS)).toEqual({
    kind: "accepted",
    count: 2,
    isTotal: true,
  });
  expect(coinbase.readAnswer(fixtures.ADVANCED_ERROR)).toEqual({ kind: "refused", reason: "authentication failure" });
  expect(coinbaseExchange.readAnswer(fixtures.EXCHANGE_ERROR)).toEqual({
    kind: "refused",
    reason: "Failed to subscribe: XXX-USD is not a valid product",
  });
  expect(coinbase.readAnswer(fixtures.MARKET_TRADES)).toBeUndefined();
  expect(coinbaseExchange.readAnswer(fixtures.MATCH)).toBeUndefined();
});

const advancedFrames = recordedFrames("ws/coinbase/advanced-trade-20260809-part1.jsonl.gz");

describe.skipIf(advancedFrames === undefined)("recorded Advanced Trade", () => {
  const decoded = decodeFrames(coinbase, { symbols: SYMBOLS }, advancedFrames ?? []);

  test("57 new trades and 100 old ones of each product, none refused", () => {
    expect(decoded.refusals).toEqual([]);
    expect(countOutcomes(decoded)).toEqual({ trades: 42, control: 19, other: 539 });
    const old = decoded.trades.filter((trade) => trade.flags.includes("snapshot"));
    expect(old).toHaveLength(200);
    expect(decoded.trades.length - old.length).toBe(57);
  });

  test("the book shows who rested: at the bid the taker sold, at the offer the taker bought", () => {
    const quotes = bestQuotes((advancedFrames ?? []).map((payload) => new TextDecoder().decode(payload)));
    const sides = decoded.trades.flatMap((trade) => {
      const quote = quotes.findLast((entry) => entry.product === trade.rawSymbol && entry.timeNs < trade.eventTimeNs);
      if (quote === undefined || trade.flags.includes("snapshot")) return [];
      const price = Number(formatShortest(trade.price));
      const expected: Trade["takerSide"] = Math.abs(price - quote.bid) < Math.abs(price - quote.offer) ? "sell" : "buy";
      return [trade.takerSide === expected];
    });
    expect(sides.length).toBeGreaterThanOrEqual(50);
    expect(sides).not.toContain(false);
  });
});

interface Quote {
  readonly product: string;
  readonly timeNs: bigint;
  readonly bid: number;
  readonly offer: number;
}

interface LevelEvent {
  readonly product_id: string;
  readonly updates: readonly {
    readonly side: "bid" | "offer";
    readonly event_time: string;
    readonly price_level: string;
    readonly new_quantity: string;
  }[];
}

/** The best prices after each change of the recorded books; doubles do for telling bid from offer. */
function bestQuotes(frames: readonly string[]): readonly Quote[] {
  const books = new Map<string, Record<"bid" | "offer", Set<number>>>();
  const quotes: Quote[] = [];
  for (const text of frames.filter((candidate) => candidate.startsWith('{"channel":"l2_data"'))) {
    const { events } = JSON.parse(text) as { readonly events: readonly LevelEvent[] };
    for (const event of events) {
      const book = books.get(event.product_id) ?? { bid: new Set<number>(), offer: new Set<number>() };
      books.set(event.product_id, book);
      for (const update of event.updates) {
        if (Number(update.new_quantity) === 0) book[update.side].delete(Number(update.price_level));
        else book[update.side].add(Number(update.price_level));
      }
      const timeNs = BigInt(Date.parse(event.updates.at(-1)?.event_time ?? "")) * 1_000_000n;
      const bid = [...book.bid].reduce((best, price) => Math.max(best, price), 0);
      const offer = [...book.offer].reduce((best, price) => Math.min(best, price), Number.POSITIVE_INFINITY);
      quotes.push({ product: event.product_id, timeNs, bid, offer });
    }
  }
  return quotes;
}

const EXCHANGE_PRODUCTS = [
  "SKL-USD",
  "SKL-BTC",
  "BAND-GBP",
  "NMR-EUR",
  "BAND-BTC",
  "YFI-BTC",
  "DASH-BTC",
  "NU-GBP",
  "CRV-EUR",
  "SKL-GBP",
];
const exchangeFrames = recordedFrames("ws/coinbase/exchange-feed-20210417.jsonl.gz");

test.skipIf(exchangeFrames === undefined)("recorded Exchange: 97 matches and 10 last ones, none refused", () => {
  const symbols = EXCHANGE_PRODUCTS.map((product) => `${product}-SPOT`);
  const decoded = decodeFrames(coinbaseExchange, { symbols }, exchangeFrames ?? []);
  expect(decoded.refusals).toEqual([]);
  expect(countOutcomes(decoded)).toEqual({ trades: 107, control: 3, other: 10 + 107 + 9719 });
  expect(decoded.trades.filter((trade) => trade.flags.includes("snapshot"))).toHaveLength(10);
});
