import { expect, test } from "vitest";
import { KeepingContext } from "../decode/test-book-context.ts";
import { recordedMessages } from "../decode/test-books.ts";
import { frame } from "../decode/test-support.ts";
import { createBybitBookReader } from "./book-reader.ts";
import { BookSequence } from "./book-sequence.ts";

test("deltas go on from a snapshot one by one; a snapshot may come at any time", () => {
  const sequence = new BookSequence();
  expect(sequence.take({ type: "delta", u: 5 })).toBe("gap");
  expect(sequence.take({ type: "snapshot", u: 10 })).toBe("replace");
  expect(sequence.take({ type: "delta", u: 11 })).toBe("apply");
  expect(sequence.take({ type: "delta", u: 11 })).toBe("old");
  expect(sequence.take({ type: "snapshot", u: 1 })).toBe("replace");
  expect(sequence.take({ type: "delta", u: 2 })).toBe("apply");
});

test("after a gap nothing is applied until the next snapshot", () => {
  const sequence = new BookSequence();
  sequence.take({ type: "snapshot", u: 10 });
  expect(sequence.take({ type: "delta", u: 12 })).toBe("gap");
  expect(sequence.take({ type: "delta", u: 13 })).toBe("gap");
  expect(sequence.take({ type: "snapshot", u: 20 })).toBe("replace");
});

/** How many messages had each verdict, by symbol. */
function replayed(texts: readonly string[], channel: string): readonly [KeepingContext, Record<string, unknown>] {
  const context = new KeepingContext();
  const bySymbol: Record<string, Record<string, number>> = {};
  context.onMessage = ({ verdict }, rawSymbol) => {
    const counts = bySymbol[rawSymbol] ?? {};
    bySymbol[rawSymbol] = counts;
    counts[verdict] = (counts[verdict] ?? 0) + 1;
  };
  const reader = createBybitBookReader({ channels: [channel] });
  for (const text of texts) reader.read(frame(text), context);
  return [context, bySymbol];
}

const linear = recordedMessages("ws/bybit/v5-linear-20260809.jsonl.gz");
const linearTexts = (linear ?? []).filter(({ url }) => url === undefined).map(({ text }) => text);

test.skipIf(linear === undefined)("recorded linear: one snapshot a symbol, then deltas without a break", () => {
  const [context, bySymbol] = replayed(linearTexts, "orderbook.200");
  expect(bySymbol).toEqual({
    BTCUSDT: { replace: 1, apply: 413 },
    ETHUSDT: { replace: 1, apply: 420 },
    SOLUSDT: { replace: 1, apply: 382 },
    DOGEUSDT: { replace: 1, apply: 379 },
  });
  expect([context.refusals, context.losses, context.counts["crossed"]]).toEqual([[], [], undefined]);
  for (const { book } of context.books.values()) expect([book.bids.length, book.asks.length]).toEqual([200, 200]);
});

test.skipIf(linear === undefined)("recorded linear, begun in the middle: no book is ever said to be proven", () => {
  const [context] = replayed(linearTexts.slice(200), "orderbook.200");
  expect(Object.keys(context.counts)).toEqual(["gap"]);
});

const best = recordedMessages("ws/bybit/v5-orderbook1-linear-20250613.jsonl.gz");

test.skipIf(best === undefined)("recorded orderbook.1: snapshots only, one level a side, never crossed", () => {
  const texts = (best ?? []).map(({ text }) => text);
  const [context] = replayed(texts, "orderbook.1");
  expect([context.counts, context.refusals]).toEqual([{ quote: 198 }, []]);
  for (const { book } of context.books.values()) expect([book.bids.length, book.asks.length]).toEqual([1, 1]);
});
