import { expect, test } from "vitest";
import { ASK, BID } from "../../domain/index.ts";
import { KeepingContext } from "../decode/test-book-context.ts";
import { frame } from "../decode/test-support.ts";
import { createKrakenFuturesBookReader } from "./book-reader.ts";
import { BookSequence } from "./book-sequence.ts";
import * as fixtures from "./fixtures.ts";

test("each message is numbered one more; what comes again is old, what is left out breaks the book", () => {
  const sequence = new BookSequence();
  const take = (seq: number, isSnapshot = false) => sequence.take({ isSnapshot, seq });
  expect(take(9)).toBe("gap");
  expect(take(10, true)).toBe("replace");
  expect([take(11), take(11), take(10), take(12)]).toEqual(["apply", "old", "old", "apply"]);
  expect([take(14), take(15)]).toEqual(["gap", "gap"]);
  expect([take(20, true), take(21)]).toEqual(["replace", "apply"]);
});

test("a snapshot and what goes on from it make a book; a lost message is told with its number", () => {
  const context = new KeepingContext();
  context.isCollecting = true;
  const reader = createKrakenFuturesBookReader({ channels: ["trade", "book"] });
  const lost = fixtures.BOOK_CHANGE_NEXT.replace("326072251", "326072253");
  for (const text of [fixtures.TRADE, fixtures.BOOK_SNAPSHOT, fixtures.BOOK_CHANGE, fixtures.BOOK_CHANGE_NEXT, lost])
    reader.read(frame(text), context);
  expect(context.messages.map(({ verdict, sequence }) => [verdict, sequence])).toEqual([
    ["replace", 326_072_249],
    ["apply", 326_072_250],
    ["apply", 326_072_251],
    ["gap", 326_072_253],
  ]);
  expect(context.messages[3]?.detail).toBe("seq is 326072253 where 326072252 was expected");
  expect(context.messages[1]?.levels).toEqual([[ASK, 8_501_250_000_000n, 0n]]);
  expect(context.messages[2]).toMatchObject({ eventTimeUs: 1_763_712_000_960_000, depth: undefined });
  expect(context.messages[2]?.levels).toEqual([[BID, 8_501_240_000_000n, 120_000_000_000n]]);
  expect([context.refusals, context.losses]).toEqual([[], []]);
});

test.each([
  fixtures.BOOK_CHANGE.replace('"sell"', '"none"'),
  fixtures.BOOK_CHANGE.replace("326072250", '"326072250"'),
  fixtures.BOOK_CHANGE.replace("85012.5", "null"),
  fixtures.BOOK_SNAPSHOT.replace('"asks"', '"offers"'),
  fixtures.BOOK_CHANGE.replace("1763712000953", "0.5"),
])("%s is refused, and its book is not proven without it", (text) => {
  const context = new KeepingContext();
  const reader = createKrakenFuturesBookReader({ channels: ["book"] });
  for (const each of [fixtures.BOOK_SNAPSHOT, text, fixtures.BOOK_CHANGE]) reader.read(frame(each), context);
  expect(context.refusals.map(({ reason }) => reason)).toEqual(["malformed"]);
  expect(context.counts["gap"]).toBe(2);
});
