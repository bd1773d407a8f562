import { expect, test } from "vitest";
import { ASK, BID } from "../../domain/index.ts";
import { type LevelText, recordedMessages, TextBook } from "../decode/test-books.ts";
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

interface BookMessage {
  readonly topic?: string;
  readonly type: "snapshot" | "delta";
  readonly data: { readonly u: number; readonly b: readonly LevelText[]; readonly a: readonly LevelText[] };
}

/** How many messages had each verdict, and how many books were crossed, by topic. */
function replayed(texts: readonly string[], depthMax: number): ReadonlyMap<string, Record<string, number>> {
  const books = new Map<string, { readonly sequence: BookSequence; readonly book: TextBook }>();
  const counts = new Map<string, Record<string, number>>();
  for (const text of texts) {
    const { topic = "", type, data } = JSON.parse(text) as BookMessage;
    if (!topic.startsWith("orderbook.")) continue;
    const { sequence, book } = books.get(topic) ?? { sequence: new BookSequence(), book: new TextBook({ depthMax }) };
    books.set(topic, { sequence, book });
    const verdict = sequence.take({ type, u: data.u });
    const sides = new Map([
      [BID, data.b],
      [ASK, data.a],
    ]);
    if (verdict === "replace") book.replace(sides);
    else if (verdict === "apply") book.apply(sides);
    const count = counts.get(topic) ?? {};
    counts.set(topic, count);
    count[verdict] = (count[verdict] ?? 0) + 1;
    if (book.book.isCrossed) count["crossed"] = (count["crossed"] ?? 0) + 1;
  }
  return counts;
}

const linear = recordedMessages("ws/bybit/v5-linear-20260809.jsonl.gz");

test.skipIf(linear === undefined)("recorded linear: one snapshot a symbol, then deltas without a break", () => {
  const texts = (linear ?? []).filter(({ url }) => url === undefined).map(({ text }) => text);
  expect(Object.fromEntries(replayed(texts, 200))).toEqual({
    "orderbook.200.BTCUSDT": { replace: 1, apply: 413 },
    "orderbook.200.ETHUSDT": { replace: 1, apply: 420 },
    "orderbook.200.SOLUSDT": { replace: 1, apply: 382 },
    "orderbook.200.DOGEUSDT": { replace: 1, apply: 379 },
  });
});

const best = recordedMessages("ws/bybit/v5-orderbook1-linear-20250613.jsonl.gz");

test.skipIf(best === undefined)("recorded orderbook.1: snapshots only, one level a side, never crossed", () => {
  const counts = [
    ...replayed(
      (best ?? []).map(({ text }) => text),
      1,
    ).values(),
  ];
  expect(counts.reduce((sum, { replace = 0 }) => sum + replace, 0)).toBe(198);
  expect(counts.flatMap((count) => Object.keys(count)).filter((key) => key !== "replace")).toEqual([]);
});
