import { expect, test } from "vitest";
import { parseDecimal, storedPrice } from "../../domain/index.ts";
import { KeepingContext } from "../decode/test-book-context.ts";
import { recordedMessages } from "../decode/test-books.ts";
import { frame } from "../decode/test-support.ts";
import { createAdvancedBookReader } from "./advanced-book-reader.ts";
import { ConnectionSequence } from "./connection-sequence.ts";
import { createExchangeBookReader } from "./exchange-book-reader.ts";

test("numbers go on from 0; a hole is told once, and what came before it is old", () => {
  const sequence = new ConnectionSequence();
  expect([0, 1, 1, 3, 4, 2].map((number) => sequence.take(number))).toEqual([
    ...["next", "next", "old", "gap", "next", "old"],
  ]);
});

interface TickerMessage {
  readonly channel: string;
  readonly events: readonly {
    readonly tickers: readonly {
      readonly product_id: string;
      readonly best_bid: string;
      readonly best_ask: string;
    }[];
  }[];
}

const advanced = recordedMessages("ws/coinbase/advanced-trade-20260809-part1.jsonl.gz");
const advancedTexts = (advanced ?? []).filter(({ url }) => url === undefined).map(({ text }) => text);
const mantissa = (text: string): bigint | undefined => storedPrice(parseDecimal(text), 0);

/** How many tickers name the best bid and ask of the book that stands at that moment. */
function compareTickers(
  { events }: TickerMessage,
  { books }: KeepingContext,
  seen: { tickers: number; equal: number },
): void {
  for (const { product_id, best_bid, best_ask } of events.flatMap(({ tickers }) => tickers)) {
    const book = books.get(`book ${product_id}`)?.book;
    if (book === undefined) continue;
    seen.tickers += 1;
    if (book.bids.price(0) === mantissa(best_bid) && book.asks.price(0) === mantissa(best_ask)) seen.equal += 1;
  }
}

test.skipIf(advanced === undefined)(
  "recorded Advanced Trade: 600 messages without a hole, books never crossed, the ticker's prices but where it lags",
  () => {
    const context = new KeepingContext();
    const reader = createAdvancedBookReader({ channels: ["market_trades", "level2"] });
    const seen = { tickers: 0, equal: 0 };
    for (const text of advancedTexts) {
      reader.read(frame(text), context);
      if (text.startsWith('{"channel":"ticker"')) compareTickers(JSON.parse(text), context, seen);
    }
    expect(advancedTexts).toHaveLength(600);
    expect(context.counts).toEqual({ replace: 2, apply: 436 });
    expect([context.losses, context.refusals]).toEqual([[], []]);
    expect(seen).toEqual({ tickers: 91, equal: 85 });
  },
);

test.skipIf(advanced === undefined)("one frame left out, of whatever channel, and no book is proven after it", () => {
  const context = new KeepingContext();
  const reader = createAdvancedBookReader({ channels: ["level2"] });
  const lost = advancedTexts.findIndex((text, index) => index > 300 && text.startsWith('{"channel":"market_trades"'));
  const before = advancedTexts.slice(0, lost).filter((text) => text.startsWith('{"channel":"l2_data"')).length;
  for (const [index, text] of advancedTexts.entries()) if (index !== lost) reader.read(frame(text), context);
  expect(context.counts).toEqual({ replace: 2, apply: before - 2, gap: 438 - before });
  expect(context.losses).toHaveLength(1);
  expect([...context.books.values()].map(({ isProven }) => isProven)).toEqual([false, false]);
});

const exchange = recordedMessages("ws/coinbase/exchange-feed-20210417.jsonl.gz");
const exchangeTexts = (exchange ?? []).filter(({ url }) => url === undefined).map(({ text }) => text);

test.skipIf(exchange === undefined)("recorded Exchange: ten books, 9,719 updates, never crossed", () => {
  const context = new KeepingContext();
  const reader = createExchangeBookReader({ channels: ["matches", "level2"] });
  for (const text of exchangeTexts) reader.read(frame(text), context);
  expect(context.counts).toEqual({ replace: 10, apply: 9719 });
  expect([context.losses, context.refusals]).toEqual([[], []]);
});

test.skipIf(exchange === undefined)("Exchange numbers nothing: a frame that cannot be read loses all books", () => {
  const context = new KeepingContext();
  const reader = createExchangeBookReader({ channels: ["level2"] });
  for (const text of exchangeTexts.slice(0, 1000)) reader.read(frame(text), context);
  const applied = context.counts["apply"];
  expect(reader.read(frame('{"type":"l2update","product_id":"SKL-USD","changes":[["bu'), context)).toBe("refused");
  for (const text of exchangeTexts.slice(1000, 1100)) reader.read(frame(text), context);
  expect(context.counts["apply"]).toBe(applied);
  expect([context.losses.length, (context.counts["gap"] ?? 0) > 50]).toEqual([1, true]);
});
