import { expect, test } from "vitest";
import { ASK, BID } from "../../domain/index.ts";
import { type LevelText, recordedMessages, TextBook } from "../decode/test-books.ts";

/*
 * "orderBookL2_25.<symbol>": a snapshot's data is a list of levels, a delta's has the lists delete, update and insert; a
 * deleted level has no size. Nothing numbers the messages of a topic: only a crossed book would tell of a loss.
 */
interface Level {
  readonly price: string;
  readonly side: "Buy" | "Sell";
  readonly size?: number;
}

interface Delta {
  readonly delete: readonly Level[];
  readonly update: readonly Level[];
  readonly insert: readonly Level[];
}

function sidesOf(levels: readonly Level[]): ReadonlyMap<number, readonly LevelText[]> {
  const of = (name: string): readonly LevelText[] =>
    levels.filter(({ side }) => side === name).map(({ price, size = 0 }) => [price, String(size)]);
  return new Map([
    [BID, of("Buy")],
    [ASK, of("Sell")],
  ]);
}

const messages = recordedMessages("ws/bybit/v2-inverse-20210417.jsonl.gz");

test.skipIf(messages === undefined)("recorded: two books of 25 levels, 1,016 deltas, never crossed", () => {
  const books = new Map<string, TextBook>();
  const counts = { snapshot: 0, delta: 0, crossed: 0, otherDepth: 0 };
  for (const { url, text } of messages ?? []) {
    const { topic, type, data } = JSON.parse(text) as {
      readonly topic?: string;
      readonly type: "snapshot" | "delta";
      readonly data: readonly Level[] | Delta;
    };
    if (url !== undefined || topic?.startsWith("orderBookL2_25.") !== true) continue;
    const book = books.get(topic) ?? new TextBook();
    books.set(topic, book);
    counts[type] += 1;
    if ("delete" in data) book.apply(sidesOf([...data.delete, ...data.update, ...data.insert]));
    else book.replace(sidesOf(data));
    if (book.book.isCrossed) counts.crossed += 1;
    if (book.book.bids.length !== 25 || book.book.asks.length !== 25) counts.otherDepth += 1;
  }
  expect(counts).toEqual({ snapshot: 2, delta: 1016, crossed: 0, otherDepth: 0 });
});
