import { expect, test } from "vitest";
import { ASK, BID } from "../../domain/index.ts";
import { KeepingContext } from "../decode/test-book-context.ts";
import { recordedMessages } from "../decode/test-books.ts";
import { frame } from "../decode/test-support.ts";
import { createBybitV2BookReader } from "./book-reader.ts";
import { BookSequence } from "./book-sequence.ts";
import * as fixtures from "./fixtures.ts";

test("cross_seq grows by no fixed step; where it does not grow the book is broken until its next snapshot", () => {
  const sequence = new BookSequence();
  const take = (crossSeq: number, isSnapshot = false) => sequence.take({ isSnapshot, crossSeq });
  expect(take(5)).toBe("gap");
  expect([take(9, true), take(11), take(40)]).toEqual(["replace", "apply", "apply"]);
  expect([take(40), take(41), take(42, true), take(43)]).toEqual(["gap", "gap", "replace", "apply"]);
});

test("deleted levels have no size, updated and inserted ones contracts", () => {
  const context = new KeepingContext();
  context.isCollecting = true;
  const reader = createBybitV2BookReader({ channels: ["trade", "orderBookL2_25"] });
  const texts = [fixtures.TRADES, fixtures.ORDER_BOOK_SNAPSHOT, fixtures.ORDER_BOOK_CHANGES, fixtures.ORDER_BOOK];
  expect(texts.map((text) => reader.read(frame(text), context))).toEqual(["other", "book", "book", "book"]);
  expect(context.messages.map(({ verdict, sequence, depth }) => [verdict, sequence, depth])).toEqual([
    ["replace", 5_938_955_290, 25],
    ["apply", 5_938_955_303, 25],
    ["gap", 5_938_955_302, 25],
  ]);
  expect(context.messages[1]).toMatchObject({
    eventTimeUs: 1_618_677_786_610_002,
    levels: [
      [BID, 8_501_200_000_000n, 0n],
      [ASK, 8_501_250_000_000n, 70_000_000_000n],
      [BID, 8_501_150_000_000n, 3_000_000_000n],
    ],
  });
});

test.each([
  fixtures.ORDER_BOOK_CHANGES.replace('"delta"', '"gamma"'),
  fixtures.ORDER_BOOK_CHANGES.replace('"side":"Sell"', '"side":"Both"'),
  fixtures.ORDER_BOOK_CHANGES.replace('"symbol":"BTCUSD"', '"symbol":"ETHUSD"'),
  fixtures.ORDER_BOOK_CHANGES.replace('"size":700', '"size":"700"'),
  fixtures.ORDER_BOOK_CHANGES.replace('"insert"', '"added"'),
  fixtures.ORDER_BOOK_CHANGES.replace("5938955303", "0.5"),
])("%s is refused, and its book is not proven without it", (text) => {
  const context = new KeepingContext();
  const reader = createBybitV2BookReader({ channels: ["orderBookL2_25"] });
  for (const each of [fixtures.ORDER_BOOK_SNAPSHOT, text, fixtures.ORDER_BOOK_CHANGES])
    reader.read(frame(each), context);
  expect(context.refusals.map(({ reason }) => reason)).toEqual(["malformed"]);
  expect(context.counts["gap"]).toBe(2);
});

const messages = recordedMessages("ws/bybit/v2-inverse-20210417.jsonl.gz");
const texts = (messages ?? []).filter(({ url }) => url === undefined).map(({ text }) => text);

test.skipIf(messages === undefined)("recorded: two books of 25 levels, 1,016 deltas, never crossed", () => {
  const context = new KeepingContext();
  const reader = createBybitV2BookReader({ channels: ["trade", "orderBookL2_25"] });
  let otherDepth = 0;
  context.onMessage = (_message, _symbol, { book }) => {
    if (book.bids.length !== 25 || book.asks.length !== 25) otherDepth += 1;
  };
  for (const text of texts) reader.read(frame(text), context);
  expect(context.counts).toEqual({ replace: 2, apply: 1016 });
  expect([context.books.size, otherDepth, context.refusals, context.losses]).toEqual([2, 0, [], []]);
});

test.skipIf(messages === undefined)("recorded: begun in the middle, nothing is proven", () => {
  const context = new KeepingContext();
  const reader = createBybitV2BookReader({ channels: ["orderBookL2_25"] });
  const from = texts.findIndex((text) => text.includes('"delta"'));
  for (const text of texts.slice(from + 100).filter((each) => !each.includes('"snapshot"')))
    reader.read(frame(text), context);
  expect(Object.keys(context.counts)).toEqual(["gap"]);
});
