import { expect, test } from "vitest";
import { ASK, BID, OrderBook } from "../../domain/index.ts";
import { KeepingContext } from "../decode/test-book-context.ts";
import { recordedMessages, SCALES, TextBook } from "../decode/test-books.ts";
import { frame } from "../decode/test-support.ts";
import { bookChecksum } from "./book-checksum.ts";
import { createOkxBookReader } from "./book-reader.ts";
import { BookSequence } from "./book-sequence.ts";

test("each message names the one before; numbers may stay or fall", () => {
  const sequence = new BookSequence();
  const update = (prevSeqId: number, seqId: number) => sequence.take({ action: "update", prevSeqId, seqId });
  expect(update(9, 10)).toBe("gap");
  // The documentation's own example.
  expect(sequence.take({ action: "snapshot", prevSeqId: -1, seqId: 10 })).toBe("replace");
  expect([update(10, 15), update(15, 15), update(15, 3), update(3, 5)]).toEqual(["apply", "apply", "apply", "apply"]);
  expect(update(6, 7)).toBe("gap");
  expect(update(7, 8)).toBe("gap");
});

test("the checksum takes what there is of either side", () => {
  const book = new TextBook();
  book.replace(
    new Map([
      [BID, [["3366.1", "7"]]],
      [
        ASK,
        [
          ["3366.8", "9"],
          ["3368", "8"],
        ],
      ],
    ]),
  );
  // CRC-32 of "3366.1:7:3366.8:9:3368:8", by another implementation: Python's zlib.crc32.
  expect(bookChecksum(book.book, SCALES)).toBe(-1_471_518_219);
  expect(bookChecksum(new OrderBook(), SCALES)).toBe(0);
});

const messages = recordedMessages("ws/other/okx-20220513.jsonl.gz");
const texts = (messages ?? []).filter(({ url }) => url === undefined).map(({ text }) => text);

test.skipIf(messages === undefined)(
  "recorded: all 290 checksums of three books are reproduced, none is crossed",
  () => {
    const context = new KeepingContext();
    const reader = createOkxBookReader({ channels: ["trades", "books"] });
    for (const text of texts) reader.read(frame(text), context);
    expect(context.counts).toEqual({ replace: 3, apply: 287, checksum: 290 });
    expect([context.books.size, context.refusals, context.losses]).toEqual([3, [], []]);
  },
);

test.skipIf(messages === undefined)("a frame that cannot be read loses all books of a time without numbers", () => {
  const context = new KeepingContext();
  const reader = createOkxBookReader({ channels: ["books"] });
  for (const text of texts.slice(0, 200)) reader.read(frame(text), context);
  const before = { ...context.counts };
  expect(reader.read(frame('{"arg":{"channel":"books"'), context)).toBe("refused");
  expect([context.losses.length, context.refusals.map(({ reason }) => reason)]).toEqual([1, ["malformed"]]);
  for (const text of texts.slice(200, 400)) reader.read(frame(text), context);
  expect(context.counts["apply"]).toBe(before["apply"]);
  expect(context.counts["gap"]).toBeGreaterThan(0);
});

/** A message as of today, numbered and without a checksum that says anything. */
function numbered(action: "snapshot" | "update", prevSeqId: number, seqId: number): string {
  return `{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"${action}","data":[{"asks":[["101","1","0","1"]],"bids":[["100","2.5","0","3"]],"ts":"1763712000350","checksum":0,"prevSeqId":${prevSeqId},"seqId":${seqId}}]}`;
}

test("numbered messages prove themselves; a checksum of zero says nothing", () => {
  const context = new KeepingContext();
  context.isCollecting = true;
  const reader = createOkxBookReader({ channels: ["books"] });
  const all = [
    numbered("update", 5, 6),
    numbered("snapshot", -1, 10),
    numbered("update", 10, 15),
    "not JSON",
    numbered("update", 15, 16),
    numbered("update", 18, 19),
    numbered("update", 19, 20),
  ];
  for (const text of all) reader.read(frame(text), context);
  expect(context.messages.map(({ verdict }) => verdict)).toEqual(["gap", "replace", "apply", "apply", "gap", "gap"]);
  expect(context.messages.map(({ checksum }) => checksum)).toEqual(all.slice(1).map(() => undefined));
  expect(context.messages[2]).toMatchObject({ sequence: 15, eventTimeUs: 1_763_712_000_350_000, depth: 400 });
  expect(context.losses).toEqual([]);
});

test("books5 is a whole book each time, bbo-tbt a quote", () => {
  const context = new KeepingContext();
  context.isCollecting = true;
  const reader = createOkxBookReader({ channels: ["books5", "bbo-tbt"] });
  const text = (channel: string): string =>
    `{"arg":{"channel":"${channel}","instId":"BTC-USDT"},"data":[{"asks":[["101.5","1","0","1"]],"bids":[["100","2.5","0","3"]],"instId":"BTC-USDT","ts":"1763712000350","seqId":123}]}`;
  for (const name of ["books5", "books5", "bbo-tbt", "bbo-tbt", "books"]) reader.read(frame(text(name)), context);
  expect(context.messages.map(({ channel, verdict, depth }) => [channel, verdict, depth])).toEqual([
    ["book", "replace", 5],
    ["book", "replace", 5],
    ["quote", "replace", undefined],
    ["quote", "replace", undefined],
  ]);
  expect(context.messages[2]?.levels).toEqual([
    [ASK, 10_150_000_000n, 100_000_000n],
    [BID, 10_000_000_000n, 250_000_000n],
  ]);
  expect(context.refusals).toEqual([]);
});
